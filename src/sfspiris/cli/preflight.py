"""`sfspiris preflight`: every open and won deal judged as if it were pushed now."""

from __future__ import annotations

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import AllowHeld, Common, Lang, Report, with_common


@with_common
def preflight(
    common: Common, *, report: Report = None, lang: Lang = "en", allow_held: AllowHeld = False
) -> None:
    """Judge every open and won deal as if it were pushed now, and list what would be held. Writes nothing."""
    from sfspiris.cli.output import check_report, show_preflight
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.preflight import preflight as judge

    check_report(report)
    with open_session(common, "preflight", dry=True) as session:
        found = judge(session.world, common.companies)
        show_preflight(common, session, found, report=report, lang=lang)
    raise typer.Exit(Exit.HELD if found.result.held and not allow_held else Exit.DONE)
