"""`sfspiris duplicates`: what exists twice in the books."""

from __future__ import annotations

from typing import Annotated

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import Common, Lang, with_common

app = typer.Typer(help="Twin customers, drafts and invoices; read-only.", no_args_is_help=True)


@app.callback()
def duplicates() -> None:
    """Twin customers, drafts and invoices; read-only."""


@app.command("scan")
@with_common
def scan(
    common: Common,
    *,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 4 when something is there twice.")
    ] = False,
    lang: Lang = "en",
) -> None:
    """Look for customers by number and name, and for drafts and invoices by marker, customer, amount and day. Writes nothing."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.duplicates import scan as look
    from sfspiris.report.duplicates import duplicates_document, print_duplicates

    with open_session(common, "duplicates", dry=True) as session:
        found = look(session.world, common.companies)
        names = session.company_names
    document = duplicates_document(found, language="en" if common.json else lang)
    answer(common, document, lambda console: print_duplicates(console, document, names, lang))
    if found.unreadable:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.CHANGES if detailed_exitcode and found.groups else Exit.DONE)
