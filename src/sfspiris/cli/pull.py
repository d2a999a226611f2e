"""`sfspiris pull-invoice-status`: what became of the drafts, told on their deals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfspiris.cli import exits
from sfspiris.cli.options import Common, Lang, with_common


@with_common
def pull_invoice_status(
    common: Common,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be told and write nothing.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read every invoice again, not only changed ones.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Also write it as .html, .md, .csv or .json.", show_default=False)
    ] = None,
    lang: Lang = "en",
    allow_held: Annotated[
        bool, typer.Option("--allow-held", help="Exit 0 even when deals are held.")
    ] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 4 when a dry run finds something to tell.")
    ] = False,
) -> None:
    """Bring invoice and payment status from Spiris back to the deals in Salesforce."""
    from sfspiris.cli import flows
    from sfspiris.cli.output import check_report, show_run
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.run import pull

    check_report(report)
    if "pull" in flows.off_for(common):
        flows.show_off(common, "pull-invoice-status", ("pull",), dry=dry_run, report=report, lang=lang)
        return
    with open_session(common, "pull-invoice-status", dry=dry_run) as session:
        result = pull(session.world, full=full, companies=common.companies)
        show_run(common, session, result, report=report, lang=lang)
    raise typer.Exit(exits.of_run(result, allow_held=allow_held, detailed=detailed_exitcode and dry_run))
