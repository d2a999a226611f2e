"""What `review accept` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Facts, Id, Moment, Words
from sfspiris.sentences import say

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from sfspiris.report.helping import Language


class AcceptedDocument(Facts):
    """A person's word about one document in Spiris; `document` is `company:number` or `company:id`, as it was given."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["review accept"] = "review accept"
    document: Id
    event: Literal["accepted", "unaccepted"]
    at: Moment
    who: Words
    words: Words


def accepted_document(
    document: str, at: datetime, who: str, words: str, *, is_accepted: bool
) -> AcceptedDocument:
    """The facts of one decision; `at` is UTC."""
    return AcceptedDocument(
        document=document,
        event="accepted" if is_accepted else "unaccepted",
        at=at,
        who=who,
        words=words,
    )


def print_accepted(console: Console, document: AcceptedDocument, language: Language = "en") -> None:
    """Print what was recorded."""
    page = Page(console, language)
    named = {"document": document.document, "note": document.words}
    if document.event == "accepted":
        page.say(say("Document %(document)s is accepted without a deal: %(note)s", **named))
        page.say(say("reconcile tells it again when what it says changes, or after --undo."), style="dim")
    else:
        page.say(say("Document %(document)s needs a deal again: %(note)s", **named))
