"""`sfspiris review accept`: a document in Spiris that needs no deal, with the reason, so that `reconcile` takes it for settled."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from sfspiris.cli.options import Common, Lang, with_common


@with_common
def accept(
    common: Common,
    *,
    document: Annotated[
        str,
        typer.Argument(
            metavar="COMPANY:NUMBER",
            help="The invoice or credit note, such as se:1042; a draft by its id, as reconcile shows it.",
        ),
    ],
    note: Annotated[str, typer.Option(help="Why it needs no deal; kept for whoever asks.")],
    undo: Annotated[bool, typer.Option("--undo", help="It needs a deal after all.")] = False,
    lang: Lang = "en",
) -> None:
    """Accept a document that was made by hand in Spiris: reconcile shows it, and takes it for no difference.

    Kept with your login name, for as long as customer, amount, VAT and currency stay what they are. Changes nothing in Spiris or Salesforce.
    """
    from sfspiris.cli.answers import answer
    from sfspiris.cli.review import note_words
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.unclaimed import accept as keep
    from sfspiris.report.accepting import accepted_document, print_accepted

    words = note_words(note)
    with open_session(common, "review accept", dry=False, remembers=True, has_dry_run=False) as session:
        said = keep(session.world, document, who=getpass.getuser(), note=words, undo=undo)
        session.progress.clear()
    told = accepted_document(said.key, said.review.at, said.review.who, words, is_accepted=not undo)
    answer(common, told, lambda console: print_accepted(console, told, lang))
