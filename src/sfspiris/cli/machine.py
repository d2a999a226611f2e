"""What the machine itself tells a command: the time, who runs it, a name for the run; and how it waits. Nobody else asks."""

from __future__ import annotations

import getpass
import logging
import os
import random
import secrets as randomness
import time
from datetime import UTC, datetime
from typing import Final

from sfspiris.adapters.transport import Pace

log = logging.getLogger(__name__)

_NOTICEABLE: Final = 5.0  # seconds


def utc_now() -> datetime:
    """The machine's time; everything else takes time as an argument."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def new_run_id(now: datetime) -> str:
    """A run's name: when it began, and six random letters and digits, so that two machines never agree on one."""
    return f"{now:%Y%m%dT%H%M%S}-{randomness.token_hex(3)}"


def login_name() -> str:
    """Who runs this, as the system calls them; a container may know its user by number alone."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def wait(seconds: float) -> None:
    """Wait; a wait that a person would notice is told, or the terminal would look dead."""
    if seconds >= _NOTICEABLE:
        log.warning("waiting %d seconds before asking again", round(seconds))
    time.sleep(seconds)


_CLOCK: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def ticks() -> float:
    """Seconds that only go forward, also while this machine sleeps: Linux counts those in CLOCK_BOOTTIME, macOS in CLOCK_MONOTONIC."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


PACE: Final = Pace(sleep=wait, monotonic=ticks, jitter=random.random)
"""How time passes between two attempts at a request."""
