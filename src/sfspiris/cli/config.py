"""`sfspiris config`: what is in force and where it is said, and what two configurations differ in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import Common, with_common
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from sfspiris.config.loading import Loaded
    from sfspiris.config.shown import Setting
    from sfspiris.report.shapes import ConfigFileFacts, ConfigSideFacts, OriginFacts

app = typer.Typer(
    help="The configuration: what is in force, and what two of them differ in; asks neither system.",
    no_args_is_help=True,
)


@app.command("show")
@with_common
def show(common: Common) -> None:
    """Every setting in force with its value and where it comes from: file and line, or default. Of a secret, its reference only."""
    from sfspiris.cli.answers import answer
    from sfspiris.config.shown import settings_of
    from sfspiris.report.configuration import print_config
    from sfspiris.report.shapes import ConfigDocument, SettingFacts

    loaded = _read(common, common.config)
    _check_companies(common, loaded)
    document = ConfigDocument(
        files=_files(loaded),
        sha256=loaded.checksum,
        settings=tuple(
            SettingFacts(key=one.name, table=one.table, **_origin(one, state=common.state).model_dump())
            for one in settings_of(loaded)
            if not (common.companies and one.key[0] == "companies" and one.key[1] not in common.companies)
        ),
    )
    answer(common, document, lambda console: print_config(console, document))


@app.command("diff")
@with_common
def diff(
    common: Common,
    *,
    a: Annotated[Path, typer.Argument(metavar="A", help="A configuration file.")],
    b: Annotated[
        Path | None,
        typer.Argument(metavar="[B]", help="Another one; else the one in force.", show_default=False),
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 4 when something differs.")
    ] = False,
) -> None:
    """Every setting in which two configurations differ, side by side, each file with what it extends. Of a secret, its reference only."""
    from sfspiris.cli.answers import answer
    from sfspiris.config.shown import differences
    from sfspiris.report.configuration import print_config_diff
    from sfspiris.report.shapes import ConfigDiffDocument, ConfigDifferenceFacts

    if common.companies:
        raise UsageError("Two configurations are compared whole.", remedy="Leave --company out.")
    left, right = _read(common, a), _read(common, b or common.config)
    document = ConfigDiffDocument(
        a=_side(left),
        b=_side(right),
        differences=tuple(
            ConfigDifferenceFacts(key=one.name, a=_origin(one.a), b=_origin(one.b))
            for one in differences(left, right)
        ),
    )
    answer(common, document, lambda console: print_config_diff(console, document))
    if document.differences and detailed_exitcode:
        raise typer.Exit(Exit.CHANGES)


def _read(common: Common, named: Path | None) -> Loaded:
    import os

    from sfspiris import config
    from sfspiris.cli import logs
    from sfspiris.cli.machine import new_run_id, utc_now
    from sfspiris.engine.world import STOCKHOLM

    now = utc_now()
    logs.start(common, new_run_id(now))
    place = config.find(str(named) if named else None, os.environ)
    return config.read(place, today=now.astimezone(STOCKHOLM).date())


def _check_companies(common: Common, loaded: Loaded) -> None:
    known = loaded.settings.companies
    for asked in common.companies:
        if asked not in known:
            raise UsageError(
                f"There is no company “{asked}” in the configuration.",
                remedy=f"Choose among {', '.join(known)}.",
            )


def _origin(one: Setting | None, *, state: str | None = None) -> OriginFacts:
    """Where a setting comes from; `state` is the address that was given instead of the configuration's."""
    from sfspiris.report.shapes import OriginFacts

    if one is None:
        return OriginFacts(value=None, source="absent")
    if state and one.key == ("state", "url"):
        return OriginFacts(value=state, source="option")
    if one.place is None:
        return OriginFacts(value=one.value, source="default")
    return OriginFacts(value=one.value, source="file", file=str(one.place.file), line=one.place.line)


def _side(loaded: Loaded) -> ConfigSideFacts:
    from sfspiris.report.shapes import ConfigSideFacts

    return ConfigSideFacts(files=_files(loaded), sha256=loaded.checksum)


def _files(loaded: Loaded) -> tuple[ConfigFileFacts, ...]:
    from sfspiris.report.shapes import ConfigFileFacts

    return tuple(ConfigFileFacts(file=str(one.file), sha256=one.checksum) for one in loaded.files)
