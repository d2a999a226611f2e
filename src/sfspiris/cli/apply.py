"""`sfspiris apply`: a saved plan is carried out, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfspiris.cli import exits
from sfspiris.cli.options import AllowHeld, AllowLarge, Common, DryRun, FailFast, Lang, Report, with_common


@with_common
def apply(
    common: Common,
    *,
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN.json", help="What `push-closed-won --dry-run --out` saved.")
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse the whole plan (exit 7) when one item has moved since.")
    ] = False,
    dry_run: DryRun = False,
    report: Report = None,
    lang: Lang = "en",
    allow_large: AllowLarge = False,
    allow_held: AllowHeld = False,
    fail_fast: FailFast = False,
) -> None:
    """Carry out a saved plan and nothing else. What has moved since is refused, each item with its reason."""
    from sfspiris.cli.flows import require_push
    from sfspiris.cli.output import check_report, show_run
    from sfspiris.cli.policies import guard_of
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.apply import apply as apply_plan
    from sfspiris.report.saved import read_plan

    check_report(report)
    saved = read_plan(plan)
    require_push(common, "apply")
    with open_session(common, "apply", dry=dry_run) as session:
        guard = guard_of(session.settings, allow_large=allow_large, fail_fast=fail_fast)
        result = apply_plan(session.world, saved.of(common.companies), guard, strict=strict)
        show_run(common, session, result, report=report, lang=lang)
    raise typer.Exit(exits.of_run(result, allow_held=allow_held, detailed=False))
