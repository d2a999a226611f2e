"""`sfspiris rollback`: takes back the untouched drafts of one run."""

from __future__ import annotations

from typing import Annotated

import typer

from sfspiris.cli import exits
from sfspiris.cli.options import AllowHeld, Common, DetailedExitcode, DryRun, Lang, Report, with_common


@with_common
def rollback(
    common: Common,
    *,
    run_id: Annotated[
        str, typer.Argument(metavar="RUN", help="The run's id, as in logs, reports and `runs list`.")
    ],
    dry_run: DryRun = False,
    report: Report = None,
    lang: Lang = "en",
    allow_held: AllowHeld = False,
    detailed_exitcode: DetailedExitcode = False,
) -> None:
    """Delete the drafts that a run made, while nobody has edited or issued them. Customers stay."""
    from sfspiris.cli.output import check_report, show_run
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.rollback import rollback as take_back

    check_report(report)
    with open_session(common, "rollback", dry=dry_run) as session:
        result = take_back(session.world, run_id, common.companies)
        show_run(common, session, result, report=report, lang=lang)
    raise typer.Exit(exits.of_run(result, allow_held=allow_held, detailed=detailed_exitcode and dry_run))
