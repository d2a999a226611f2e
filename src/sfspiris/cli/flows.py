"""The flows that the configuration switches off: neither system is asked anything for them, and whoever runs one is told so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sfspiris.core.holds import Warn, WarningCode
from sfspiris.errors import ConfigError
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sfspiris.cli.options import Common
    from sfspiris.config import Settings
    from sfspiris.core.outcome import RunResult
    from sfspiris.report.helping import Language

Flow = Literal["push", "pull"]
FLOWS: Final[tuple[Flow, ...]] = ("push", "pull")


def off(settings: Settings) -> tuple[Flow, ...]:
    """The flows that are switched off."""
    return tuple(one for one in FLOWS if not getattr(settings, one).enabled)


def off_for(common: Common) -> tuple[Flow, ...]:
    """As `off`, of the command's configuration; asks neither system."""
    from sfspiris.cli.desk import open_desk

    with open_desk(common, read_only=True) as desk:
        return off(desk.settings)


def told(flows: Iterable[Flow]) -> tuple[Warn, ...]:
    """That these flows are switched off, for a run's report."""
    return tuple(
        Warn(
            WarningCode.FLOW_DISABLED,
            say(
                "The configuration has %(flow)s switched off ([%(flow)s] enabled = false): neither system was asked for it, and "
                "nothing was planned or written.",
                flow=one,
            ),
        )
        for one in flows
    )


def require_push(common: Common, command: str) -> None:
    """Raise ConfigError for a command that makes drafts though pushing is switched off."""
    if "push" in off_for(common):
        raise ConfigError(
            f"The configuration has push switched off ([push] enabled = false), so {command} writes nothing.",
            remedy="Set enabled = true under [push] when drafts are to be made.",
            code=str(WarningCode.FLOW_DISABLED),
        )


def show_off(
    common: Common,
    command: str,
    flows: Iterable[Flow],
    *,
    dry: bool,
    report: Path | None,
    lang: Language = "en",
) -> None:
    """Show a run that is switched off: an empty plan or result that says so."""
    from sfspiris.cli.output import show_without_session

    show_without_session(common, _nothing(command, flows, dry=dry), report=report, lang=lang)


def _nothing(command: str, flows: Iterable[Flow], *, dry: bool) -> RunResult:
    from sfspiris.cli.machine import new_run_id, utc_now
    from sfspiris.core.outcome import RunResult

    now = utc_now()
    return RunResult(
        command=command,
        run_id=new_run_id(now),
        dry=dry,
        started_at=now,
        finished_at=now,
        results=(),
        holds=(),
        warnings=told(flows),
        unchanged=(),
        api_calls={"salesforce": 0, "spiris": 0},
    )
