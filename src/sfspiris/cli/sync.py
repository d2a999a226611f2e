"""`sfspiris sync`: push, then pull, under one lock and with one report."""

from __future__ import annotations

from dataclasses import replace

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
    Report,
    Since,
    Until,
    days,
    with_common,
)


@with_common
def sync(
    common: Common,
    *,
    dry_run: DryRun = False,
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
    """Push won deals, then pull the status of drafts and invoices: both halves under one lock, in one report."""
    from sfspiris.cli import flows
    from sfspiris.cli.output import check_report, show_run
    from sfspiris.cli.policies import guard_of
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.gather import Scope
    from sfspiris.engine.run import pull, push
    from sfspiris.engine.sync import sync as push_and_pull

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
    off = flows.off_for(common)
    if off == flows.FLOWS:
        flows.show_off(common, "sync", off, dry=dry_run, report=report, lang=lang)
        return
    with open_session(common, "sync", dry=dry_run) as session:
        guard = guard_of(session.settings, allow_large=allow_large, fail_fast=fail_fast)
        if "push" in off:
            result = pull(session.world, full=full, companies=common.companies)
        elif "pull" in off:
            result = push(session.world, scope, guard)
        else:
            result = push_and_pull(session.world, scope, guard)
        result = replace(result, warnings=(*flows.told(off), *result.warnings))
        show_run(common, session, result, report=report, lang=lang)
    raise typer.Exit(exits.of_run(result, allow_held=allow_held, detailed=detailed_exitcode and dry_run))
