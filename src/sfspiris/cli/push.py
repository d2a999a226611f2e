"""`sfspiris push-closed-won`: won deals become customers and invoice drafts."""

from __future__ import annotations

import typer

from sfspiris.cli import exits
from sfspiris.cli.options import (
    AllowHeld,
    AllowLarge,
    Common,
    Deals,
    DetailedExitcode,
    DryRun,
    FailFast,
    Full,
    Lang,
    Limit,
    Out,
    Report,
    Since,
    Until,
    days,
    with_common,
)


@with_common
def push_closed_won(
    common: Common,
    *,
    dry_run: DryRun = False,
    out: Out = None,
    report: Report = None,
    lang: Lang = "en",
    deal: Deals = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    full: Full = False,
    allow_large: AllowLarge = False,
    allow_held: AllowHeld = False,
    fail_fast: FailFast = False,
    detailed_exitcode: DetailedExitcode = False,
) -> None:
    """Turn Closed Won deals into customers and invoice drafts in Spiris. Finance issues the drafts."""
    from sfspiris.cli import flows
    from sfspiris.cli.output import check_plan, check_report, show_run
    from sfspiris.cli.policies import guard_of
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.apply import save
    from sfspiris.engine.gather import Scope
    from sfspiris.engine.run import push

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
    check_plan(out, dry=dry_run)
    if "push" in flows.off_for(common):
        flows.show_off(common, "push-closed-won", ("push",), dry=dry_run, report=report, lang=lang)
        return
    with open_session(common, "push-closed-won", dry=dry_run) as session:
        guard = guard_of(
            session.settings, allow_large=allow_large, fail_fast=fail_fast, is_pilot=limit is not None
        )
        result = push(session.world, scope, guard)
        saved = save(session.world, result, scope) if out is not None else None
        show_run(common, session, result, report=report, lang=lang, out=out, saved=saved)
    raise typer.Exit(exits.of_run(result, allow_held=allow_held, detailed=detailed_exitcode and dry_run))
