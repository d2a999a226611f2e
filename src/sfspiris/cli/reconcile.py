"""`sfspiris reconcile`: won deals beside drafts, invoices, payments and credits, both ways."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import Common, days, with_common
from sfspiris.core.outcome import Outcome
from sfspiris.errors import UsageError


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
        bool, typer.Option("--detailed-exitcode", help="Exit 4 when the sides differ.")
    ] = False,
) -> None:
    """Compare won deals with drafts, invoices, payments and credits to the öre.

    = same, + only in Salesforce, - only in Spiris, * differs, ! could not be read.
    """
    from sfspiris.cli.output import check_report, show_reconciliation
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.reconcile import reconcile_all

    start, end = _days(period, since, until)
    check_report(report)
    with open_session(common, "reconcile", dry=dry_run or not fix) as session:
        result, found = reconcile_all(
            session.world, start=start, end=end, companies=common.companies, fix=fix
        )
        show_reconciliation(common, session, result, found, report=report)
    if not found.is_complete:
        raise typer.Exit(Exit.UNREACHABLE)
    if result.stopped is not None:
        raise typer.Exit(result.stopped.exit_code)
    if result.failed:
        raise typer.Exit(Exit.HELD)
    put_right = {one.action.deal_id for one in result.results if one.outcome is Outcome.DONE}
    is_left = any(not line.is_settled_by(put_right) for line in found.lines)
    raise typer.Exit(Exit.CHANGES if detailed_exitcode and is_left else Exit.DONE)


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
