"""`sfspiris reconcile`: won deals beside drafts, invoices, payments and credits, both ways."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import Common, Lang, days, with_common
from sfspiris.core.outcome import Outcome
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from sfspiris.swedish.sie import SieFile


@with_common
def reconcile(
    common: Common,
    *,
    period: Annotated[
        str | None, typer.Option(help="A month, such as 2026-11: deals closed in it.", show_default=False)
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Deals closed on or after this day.", show_default=False),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Deals closed on or before this day.", show_default=False),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write it as .html, .md, .csv or .json.", show_default=False)
    ] = None,
    lang: Lang = "en",
    sie: Annotated[
        Path | None,
        typer.Option(
            help="Hold the invoices against this SIE 4 file of one company besides.", show_default=False
        ),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Put right links and statuses; never a draft, an invoice or anything else in Spiris.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --fix: show what would be put right and write nothing.")
    ] = False,
    detailed_exitcode: Annotated[
        bool,
        typer.Option(
            "--detailed-exitcode",
            help="Exit 4 when the sides differ, but for what review resolve or review accept has settled.",
        ),
    ] = False,
) -> None:
    """Compare won deals with drafts, invoices, payments and credits to the öre.

    = same, + only in Salesforce, - only in Spiris, * differs, ! could not be read. Documents made by hand in Spiris are among them
    when their customer is linked to an account; the others are summed apart.
    """
    from sfspiris.cli.output import check_report, show_reconciliation
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.reconcile import reconcile_all

    start, end = _days(period, since, until)
    check_report(report)
    file = None if sie is None else _sie_file(sie)
    with open_session(common, "reconcile", dry=dry_run or not fix) as session:
        result, found = reconcile_all(
            session.world, start=start, end=end, companies=common.companies, fix=fix, sie=file
        )
        show_reconciliation(common, session, result, found, report=report, lang=lang)
    if not found.is_complete:
        raise typer.Exit(Exit.UNREACHABLE)
    if result.stopped is not None:
        raise typer.Exit(result.stopped.exit_code)
    if result.failed:
        raise typer.Exit(Exit.HELD)
    done = [one for one in result.results if one.outcome is Outcome.DONE]
    put_right = {record for one in done for record in (one.action.deal_id, one.target_id) if record}
    is_left = found.has_sie_drift or any(not line.is_settled_by(put_right) for line in found.lines)
    raise typer.Exit(Exit.CHANGES if detailed_exitcode and is_left else Exit.DONE)


def _sie_file(path: Path) -> SieFile:
    """The file, read and understood in whole. Raises UsageError when it cannot be."""
    from sfspiris.swedish.sie import SieError, parse

    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"The file {path} could not be read: {error.strerror}.",
            remedy="Name a SIE 4 file that you may read.",
        ) from error
    except SieError as error:
        raise UsageError(
            f"The file {path} is not understood: {error}.",
            remedy="Export it again as SIE 4 (bokföring, all vouchers of the year).",
            code="SIE_UNREADABLE",
        ) from error


def _days(
    period: str | None, since: datetime | None, until: datetime | None
) -> tuple[date | None, date | None]:
    """The first and last day that are meant; None where it is open."""
    if period is None:
        return days(since, until)
    if since or until:
        raise UsageError("--period and --since or --until were both given.", remedy="Give one of them.")
    try:
        first = datetime.strptime(period, "%Y-%m").date()  # noqa: DTZ007 - a calendar month has no zone
    except ValueError:
        raise UsageError(f"“{period}” is not a month.", remedy="Write it as 2026-11.") from None
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
