"""`sfspiris draft pdf`: what the buyer would get, before it is issued."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sfspiris.cli.options import Common, with_common

app = typer.Typer(help="What a deal's draft or order looks like.", no_args_is_help=True)

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
    """Save the print of a deal's draft or order as Spiris makes it, without a number. Issues and sends nothing.

    Where Spiris gives no print, the file is an .html page of our own that says what stands there, marked PRO FORMA / UTKAST.
    """
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine import printing
    from sfspiris.report.files import check_file, write_bytes
    from sfspiris.report.printed import PrintedDocument, print_printed
    from sfspiris.report.proforma import Seller, proforma

    if out is not None:
        check_file(out)
    with open_session(common, "draft pdf", dry=not attach) as session:
        found = printing.print_draft(session.world, deal)
        today = session.world.clock.today()
        match found.found:
            case bytes() as content:
                file = out or Path(_file_name(found.deal_name, f"{today}-{found.target}.pdf"))
                reason = None
            case ours:
                number = ours.seller.orgnr
                seller = Seller(ours.seller.name, f"{number[:6]}-{number[6:]}" if number else None)
                content = proforma(ours.paper, seller, why=ours.why, made_on=today).encode()
                file = _as_page(out) if out else Path(_file_name(found.deal_name, f"{today}-proforma.html"))
                reason = ours.why
        write_bytes(file, content)
        attached = printing.attach(session.world, found, content) if attach else None
    document = PrintedDocument(
        deal=found.deal_id,
        company=found.company,
        draft_id=found.draft_id,
        file=str(file),
        bytes=len(content),
        attached={True: "now", False: "before", None: "no"}[attached],
        target=found.target.value,
        rendering="spiris" if reason is None else "sfspiris",
        reason=reason,
    )
    answer(common, document, lambda console: print_printed(console, document))


def _as_page(out: Path) -> Path:
    """Where our own page goes when a file was named for the print: a page that is called .pdf would open nowhere."""
    return out if out.suffix.lower() in {".html", ".htm"} else out.with_suffix(".html")


def _file_name(deal: str, ending: str) -> str:
    """Letters, digits and hyphens of any script before the ending; nothing that could lead to another folder."""
    words = re.sub(r"[^\w]+", "-", deal).strip("-_")[:_LONGEST].strip("-_")
    return f"{words or 'deal'}-{ending}"
