"""Opening the local memory alone, for commands that ask neither system."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sfspiris.cli.desk import open_desk
from sfspiris.cli.machine import new_run_id, utc_now
from sfspiris.state.server_clock import kept_ahead
from sfspiris.state.store import State, open_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sfspiris.cli.options import Common
    from sfspiris.config import Settings


@dataclass(frozen=True, slots=True)
class Memory:
    """The configuration and the state, opened at `now` (UTC), which is the CRM's time as far as it is known here."""

    settings: Settings
    state: State
    now: datetime


@contextmanager
def open_memory(common: Common, command: str | None = None) -> Iterator[Memory]:
    """The state for the time of a block: to be read only, or for a named command that writes to it.

    A command that writes keeps runs away meanwhile. Raises Locked when one is at work, and what opening the state raises.
    """
    now = utc_now()
    with open_desk(common, read_only=True) as desk:
        base = Path.cwd() if common.state else desk.settings.folder
        address = common.state or desk.settings.state_file
        with open_state(address, dry=command is None, now=now, base=base) as state:
            lock = state.run_lock(
                command or "", new_run_id(now), pid=os.getpid(), host=socket.gethostname(), started_at=now
            )
            with lock:
                yield Memory(desk.settings, state, now + kept_ahead(state.catalog))
