"""`sfspiris state`: what the local memory is, its backups, and the ways back when it is damaged or lost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfspiris.cli import exits
from sfspiris.cli.options import Common, with_common

app = typer.Typer(
    help="The local memory: what it is, backing it up, and making it again.", no_args_is_help=True
)


@app.command("info")
@with_common
def info(common: Common) -> None:
    """What the state file is, whether it is as the last run left it, and what it remembers. Changes nothing."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.machine import utc_now
    from sfspiris.cli.wiring import state_file
    from sfspiris.report.memory import print_state, state_document
    from sfspiris.state.keeping import look

    now = utc_now()
    document = state_document(look(state_file(common), now=now), now=now)
    answer(common, document, lambda console: print_state(console, document))


@app.command("backup")
@with_common
def backup(
    common: Common,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The copy's name; else one with today's time, beside the state.", show_default=False
        ),
    ] = None,
) -> None:
    """Copy the state to a file of its own, whole and checked, also while a run is at work."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.machine import utc_now
    from sfspiris.cli.wiring import state_file
    from sfspiris.report.memory import KeptDocument, print_kept
    from sfspiris.state.keeping import back_up

    now, file = utc_now(), state_file(common)
    target = out or file.with_name(f"{file.stem}-{now:%Y%m%dT%H%M%SZ}.backup{file.suffix}")
    back_up(file, target)
    document = KeptDocument(command="state backup", file=str(target), kept_aside=None)
    answer(common, document, lambda console: print_kept(console, document))


@app.command("restore")
@with_common
def restore(
    common: Common,
    *,
    backup_file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy made by `state backup`.")],
) -> None:
    """Put a backup in the state's place; what stood there is kept aside. What happened since is found in the two systems."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.machine import utc_now
    from sfspiris.cli.wiring import lock_owner, state_file
    from sfspiris.report.memory import KeptDocument, print_kept
    from sfspiris.state.keeping import put_back

    now, file = utc_now(), state_file(common)
    aside = put_back(file, backup_file, lock_owner("state restore", now), now=now)
    document = KeptDocument(command="state restore", file=str(file), kept_aside=str(aside) if aside else None)
    answer(common, document, lambda console: print_kept(console, document))


@app.command("rebuild")
@with_common
def rebuild(
    common: Common,
    *,
    allow_held: Annotated[
        bool, typer.Option("--allow-held", help="Exit 0 even when deals are held.")
    ] = False,
) -> None:
    """Make the memory anew from Salesforce and Spiris: every draft and invoice that carries a deal's marker is taken over.

    Nothing is made or changed in Spiris. The old file stays until the new one is whole, and is kept aside then: runs, decisions
    and the processing history until now stand in it alone.
    """
    from dataclasses import replace

    from sfspiris.cli.machine import utc_now
    from sfspiris.cli.output import rebuild_document, show_rebuild
    from sfspiris.cli.wiring import lock_owner, open_session, state_file
    from sfspiris.engine.run import rebuild as take_over
    from sfspiris.errors import UsageError
    from sfspiris.state.keeping import aside_of, made_anew

    if common.companies:
        raise UsageError(
            "The memory is one for all companies, and is made anew for all of them.",
            remedy="Leave --company out.",
        )
    now, file = utc_now(), state_file(common)
    aside = aside_of(file, now)
    with made_anew(file, lock_owner("state rebuild", now), now=now) as arriving:
        beside = replace(common, state=str(arriving))
        with open_session(beside, "state rebuild", dry=False, has_dry_run=False) as session:
            result = take_over(session.world)
            if result.stopped is not None:
                raise result.stopped
            document = rebuild_document(session, result, kept_aside=aside)
    show_rebuild(common, document)
    raise typer.Exit(exits.of_run(result, allow_held=allow_held, detailed=False))
