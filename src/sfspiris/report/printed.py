"""What `sfspiris draft pdf` did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Facts, Words

if TYPE_CHECKING:
    from rich.console import Console


class PrintedDocument(Facts):
    """What `draft pdf` prints. `attached`: put on the deal by this command, there already, or not asked for.

    `target` is what stands for the deal, and `draft_id` its id. `rendering` says whose print it is: Spiris' own, or ours, and
    then `reason` why.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["draft pdf"] = "draft pdf"
    deal: str
    company: str
    draft_id: str
    file: str
    bytes: int
    attached: Literal["now", "before", "no"]
    target: Literal["draft", "order"] = "draft"
    rendering: Literal["spiris", "sfspiris"] = "spiris"
    reason: Words | None = None


def print_printed(console: Console, document: PrintedDocument) -> None:
    """Print where the file is."""
    page = Page(console)
    if document.rendering == "spiris":
        page.say(
            f"{document.file}: the {document.target} as it stands in Spiris. Nothing was issued or sent."
        )
    else:
        page.say(
            f"{document.file}: our own rendering of what the {document.target} says, marked PRO FORMA / UTKAST, since Spiris "
            "gave no print of it. It is no invoice; nothing was issued or sent."
        )
        page.say(f"Why: {document.reason}", indent=2)
    match document.attached:
        case "now":
            page.say(f"It is on the deal {document.deal} in Salesforce now.")
        case "before":
            page.say(f"It was on the deal {document.deal} in Salesforce already.")
        case "no":
            pass
