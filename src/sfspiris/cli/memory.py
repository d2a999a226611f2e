"""Opening the local memory alone, for commands that ask neither system."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sfspiris import __version__
from sfspiris.cli.desk import open_desk
from sfspiris.cli.machine import login_name, new_run_id, utc_now
from sfspiris.core.outcome import RunStatus
from sfspiris.state.history import Configuration
from sfspiris.state.runs import RunCounts
from sfspiris.state.server_clock import kept_ahead
from sfspiris.state.store import State, open_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sfspiris.cli.options import Common
    from sfspiris.config import Settings


@dataclass(frozen=True, slots=True)
class Memory:
    """The configuration and the state, opened at `now` (UTC), which is the CRM's time as far as it is known here.

    `run_id` names this opening, for a command that is recorded as a run; `config_print` is the configuration's SHA-256.
    """

    settings: Settings
    state: State
    now: datetime
    run_id: str
    config_print: str


@contextmanager
def open_memory(common: Common, command: str | None = None) -> Iterator[Memory]:
    """The state for the time of a block: to be read only, or for a named command that writes to it.

    A command that writes keeps runs away meanwhile. Raises Locked when one is at work, and what opening the state raises.
    """
    now = utc_now()
    run_id = new_run_id(now)
    with open_desk(common, read_only=True) as desk:
        base = Path.cwd() if common.state else desk.settings.folder
        address = common.state or desk.settings.state_file
        with open_state(address, dry=command is None, now=now, base=base) as state:
            lock = state.run_lock(
                command or "", run_id, pid=os.getpid(), host=socket.gethostname(), started_at=now
            )
            with lock:
                yield Memory(desk.settings, state, now + kept_ahead(state.catalog), run_id, desk.config_print)


@contextmanager
def recorded(memory: Memory, command: str) -> Iterator[None]:
    """Record the block as a run of this command for the processing history: under which configuration, by whom, when, and how it ended.

    What ends the block by an error is recorded as failed, and raised.
    """
    state, opened = memory.state, utc_now()
    state.history.note_configuration(
        Configuration(memory.now, memory.run_id, memory.config_print, f"sfspiris {__version__}", login_name())
    )
    began = state.runs.start(memory.run_id, command, at=memory.now).started_at
    try:
        yield
    except BaseException:
        state.runs.finish(memory.run_id, RunStatus.FAILED, RunCounts(), at=began + (utc_now() - opened))
        raise
    state.runs.finish(memory.run_id, RunStatus.OK, RunCounts(), at=began + (utc_now() - opened))
