"""`sfspiris draft pdf`: what the buyer would get, before it is issued."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sfspiris.cli.options import Common, with_common

app = typer.Typer(help="What a deal's draft looks like.", no_args_is_help=True)

_LONGEST = 60  # characters of a deal's name in a file's name


@app.command("pdf")
@with_common
def pdf(
    common: Common,
    *,
    deal: Annotated[str, typer.Argument(metavar="DEAL", help="The deal's Salesforce id.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The file; else one named after the deal and the day.", show_default=False),
    ] = None,
    attach: Annotated[bool, typer.Option("--attach", help="Put it on the deal in Salesforce too.")] = False,
) -> None:
    """Save the draft's print as Spiris makes it: a preview without a number. Issues and sends nothing."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine import printing
    from sfspiris.report.files import check_file, write_bytes
    from sfspiris.report.printed import PrintedDocument, print_printed

    if out is not None:
        check_file(out)
    with open_session(common, "draft pdf", dry=not attach) as session:
        found = printing.print_draft(session.world, deal)
        file = out or Path(_file_name(found.deal_name, f"{session.world.clock.today()}"))
        write_bytes(file, found.content)
        attached = printing.attach(session.world, found) if attach else None
    document = PrintedDocument(
        deal=found.deal_id,
        company=found.company,
        draft_id=found.draft_id,
        file=str(file),
        bytes=len(found.content),
        attached={True: "now", False: "before", None: "no"}[attached],
    )
    answer(common, document, lambda console: print_printed(console, document))


def _file_name(deal: str, day: str) -> str:
    """Letters, digits and hyphens of any script; nothing that could lead to another folder."""
    words = re.sub(r"[^\w]+", "-", deal).strip("-_")[:_LONGEST].strip("-_")
    return f"{words or 'deal'}-{day}-draft.pdf"
