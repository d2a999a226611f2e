"""`sfspiris push-closed-won`: won deals become customers and invoice drafts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from sfspiris.cli import exits
from sfspiris.cli.options import Common, days, with_common


@with_common
def push_closed_won(
    common: Common,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and write nothing, anywhere.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="Also write the plan or result as .html, .md or .csv.", show_default=False),
    ] = None,
    deal: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this deal, by its Salesforce id; may be given several times.", show_default=False
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="A backfill: deals closed on or after this day.", show_default=False
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="A backfill: deals closed on or before this day.", show_default=False
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many drafts; the rest waits.", show_default=False)
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every won deal again, not only changed ones.")
    ] = False,
    allow_large: Annotated[
        bool, typer.Option("--allow-large", help="Make more than \\[limits] max_changes in one run.")
    ] = False,
    allow_held: Annotated[
        bool, typer.Option("--allow-held", help="Exit 0 even when deals are held.")
    ] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 4 when a dry run finds something to do.")
    ] = False,
) -> None:
    """Turn Closed Won deals into customers and invoice drafts in Spiris. Finance issues the drafts."""
    from sfspiris.cli.output import check_report, show_run
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.gather import Scope
    from sfspiris.engine.run import Guard, push

    first, last = days(since, until)
    scope = Scope(
        deal_ids=tuple(deal or ()),
        since=first,
        until=last,
        companies=common.companies,
        limit=limit,
        full=full,
    )
    check_report(report)
    with open_session(common, "push-closed-won", dry=dry_run) as session:
        guard = Guard(session.settings.limits.max_changes, allow_large=allow_large)
        result = push(session.world, scope, guard)
        show_run(common, session, result, report=report)
    raise typer.Exit(exits.of_run(result, allow_held=allow_held, detailed=detailed_exitcode and dry_run))
