"""`sfspiris report revenue`: from pipeline to payment, by month, company and currency."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import Common, Lang, days, with_common
from sfspiris.core.revenue import Dimension
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from sfspiris.report.helping import Language
    from sfspiris.report.revenue import RevenueDocument

app = typer.Typer(help="What management and finance look at together.", no_args_is_help=True)

_SUFFIXES: Final = (".html", ".csv")
_ALL: Final = ",".join(Dimension)


@app.callback()
def reports() -> None:
    """What management and finance look at together."""


@app.command("revenue")
@with_common
def revenue(
    common: Common,
    *,
    by: Annotated[
        str, typer.Option(metavar="LIST", help="What to split by: month, company, currency, or some of them.")
    ] = _ALL,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Deals and documents of this day and later.", show_default=False
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Deals and documents of this day and earlier.", show_default=False
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write it as .html or .csv.", show_default=False)
    ] = None,
    lang: Lang = "en",
) -> None:
    """Pipeline, drafted, invoiced, collected, overdue and credited, in the documents' currencies and that of the books.

    Every draft and invoice of the books counts, whoever made it, in the month of its own date. Writes nothing.
    """
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.revenue import revenue as sum_up
    from sfspiris.report import files
    from sfspiris.report.revenue import print_revenue, revenue_document

    split = _dimensions(by)
    start, end = days(since, until)
    if report is not None:
        files.check_report(report, _SUFFIXES)
    with open_session(common, "report revenue", dry=True) as session:
        result, found = sum_up(session.world, by=split, start=start, end=end, companies=common.companies)
        session.progress.clear()
        document = revenue_document(result, found, companies=session.company_names)
        if report is not None:
            files.write_text(report, _rendered(report, document, lang))
        answer(common, document, lambda console: print_revenue(console, document, lang))
    raise typer.Exit(Exit.DONE)


def _dimensions(asked: str) -> tuple[Dimension, ...]:
    names = [one.strip().lower() for one in asked.split(",") if one.strip()]
    if not names or len(set(names)) != len(names) or not set(names) <= set(Dimension):
        raise UsageError(
            f"--by cannot be “{asked}”.",
            remedy=f"Name each of {', '.join(Dimension)} at most once, with commas between.",
        )
    return tuple(Dimension(one) for one in names)


def _rendered(report: Path, document: RevenueDocument, lang: Language) -> str:
    if report.suffix.lower() == ".csv":
        from sfspiris.report.revenue import revenue_csv

        return revenue_csv(document)
    from sfspiris.report.revenue_page import revenue_page

    return revenue_page(document, lang)
