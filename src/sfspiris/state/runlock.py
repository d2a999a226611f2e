"""One run at a time: a lock beside the state file that the operating system itself lets go when a process dies."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from sfspiris.errors import Locked
from sfspiris.state import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_LOOKS: Final = 5
_MOMENT: Final = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class LockOwner:
    """Who holds the lock; `started_at` is UTC. Kept beside it only to be named to the next run."""

    command: str
    run_id: str
    pid: int
    host: str
    started_at: datetime


@contextmanager
def hold(file: Path, owner: LockOwner) -> Iterator[None]:
    """Keep other runs away from a state file while the block lasts.

    Raises Locked at once, naming the run at work, when there is one. The lock's file stays; it says nothing by itself.
    """
    facts = _facts(file)
    lock = FileLock(file.with_name(f"{file.name}.lock"), timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise _locked(file, _introduced(facts)) from None
    except OSError as error:
        raise sqlite.unusable(file, error, "its lock cannot be made") from error
    try:
        try:
            _write_owner(facts, owner)
        except OSError as error:
            raise sqlite.unusable(file, error, "who holds its lock cannot be noted") from error
        yield
    finally:
        with suppress(OSError):
            facts.unlink(missing_ok=True)
        lock.release()


def naming(file: Path, otherwise: Locked) -> Locked:
    """The error for a state file that some program is inside of, with the name of the run when it is one of ours."""
    owner = _introduced(_facts(file))
    return otherwise if owner is None or owner.pid == os.getpid() else _locked(file, owner)


def at_work(file: Path) -> LockOwner | None:
    """The run that is at work with a state file, as it introduced itself, without asking for its lock; None when there is none."""
    owner = _read_owner(_facts(file))
    return None if owner is None or _is_dead(owner) else owner


@contextmanager
def alone(file: Path) -> Iterator[bool]:
    """Whether no run is at work with a state file; while the block lasts none begins then."""
    lock = FileLock(file.with_name(f"{file.name}.lock"), timeout=0, mode=0o600)
    try:
        lock.acquire()
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _facts(file: Path) -> Path:
    return file.with_name(f"{file.name}.lock.json")


def _write_owner(facts: Path, owner: LockOwner) -> None:
    document = json.dumps(asdict(owner) | {"started_at": owner.started_at.isoformat()})
    whole = facts.with_name(f"{facts.name}.tmp")
    whole.write_text(document, encoding="utf-8")
    os.replace(whole, facts)  # noqa: PTH105 - a reader sees the old facts or the new, never half of them


def _read_owner(facts: Path) -> LockOwner | None:
    """The owner, or None when it has not introduced itself yet."""
    try:
        document = json.loads(facts.read_text(encoding="utf-8"))
        return LockOwner(**document | {"started_at": datetime.fromisoformat(document["started_at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _introduced(facts: Path) -> LockOwner | None:
    """Whoever holds the lock, given a moment to introduce itself; never the one before, that died with its name still there."""
    for _ in range(_LOOKS):
        owner = _read_owner(facts)
        if owner is not None and not _is_dead(owner):
            return owner
        time.sleep(_MOMENT)
    return None


def _is_dead(owner: LockOwner) -> bool:
    """Whether it was a process of this machine that is there no more."""
    if os.name != "posix" or owner.host != socket.gethostname():
        return False
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # somebody else's, and there
        return False
    return False


def _locked(file: Path, owner: LockOwner | None) -> Locked:
    who = (
        "Another run"
        if owner is None
        else f"`sfspiris {owner.command}` (run {owner.run_id}, process {owner.pid} on {owner.host}, since "
        f"{owner.started_at:%Y-%m-%d %H:%M:%S} UTC)"
    )
    return Locked(
        f"{who} is at work with the state file {file}.",
        remedy="Wait until it has finished, then run again. It lets go by itself when it ends, however it ends.",
    )
