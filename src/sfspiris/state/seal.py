"""A seal beside the state file: what the last program left, so that a flipped bit or an older copy is not believed.

SQLite notices a broken page, not a changed letter in one, and cannot know that a file is yesterday's. So whoever has
written seals the file's content when it is closed, and breaks the seal before it writes again. A file without a seal is
not judged: a program died, or the file came from elsewhere. The file's generation, a counter in its header, tells an
interrupted program, whose file is newer than the seal, from a copy that is older.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Seal:
    """What the file was when it was closed; `at` is when something last happened in it, UTC."""

    state_id: str
    generation: int
    digest: str
    at: datetime


class Finding(Enum):
    """What a seal says about the file that now stands beside it."""

    UNSEALED = "not sealed"
    WHOLE = "as the last run left it"
    INTERRUPTED = "a program was interrupted while it wrote; what it had committed is there"
    OLDER = "not the file that the last run left: an older copy, or another state"
    CHANGED = "changed since the last run left it, by no program of ours"


def read(file: Path) -> Seal | None:
    """The seal of a state file; None when there is none that can be read."""
    try:
        document = json.loads(_place(file).read_text(encoding="utf-8"))
        return Seal(**document | {"at": datetime.fromisoformat(document["at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write(file: Path, *, state_id: str, generation: int, at: datetime) -> None:
    """Seal the file as it is now. A seal that cannot be written is left out: it proves, it does not protect."""
    with contextlib.suppress(OSError):
        _put(file, Seal(state_id, generation, digest(file), at))


def _put(file: Path, seal: Seal) -> None:
    whole = _place(file).with_name(f"{_place(file).name}.tmp")
    whole.write_text(json.dumps(asdict(seal) | {"at": seal.at.isoformat()}), encoding="utf-8")
    os.replace(whole, _place(file))  # noqa: PTH105 - a reader sees the old seal or the new, never half of one


def expect(file: Path, *, at: datetime) -> None:
    """Seal that a file stood here whose runs were at work until then (UTC): none that is found instead is that one.

    On the disk when this returns; raises OSError when it cannot be.
    """
    _put(file, Seal("", 0, "", at))
    sync(file)


def sync(file: Path) -> None:
    """See that the seal is on the disk; raises OSError when there is none, or it cannot be."""
    handle = os.open(_place(file), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(file: Path) -> None:
    """Break the seal; nothing happens when there is none."""
    with contextlib.suppress(OSError):
        _place(file).unlink()


def move(file: Path, to: Path) -> None:
    """The file is about to take another's place, and its seal goes before it."""
    os.replace(_place(file), _place(to))  # noqa: PTH105 - one seal or the other


def judge(file: Path, *, state_id: str | None, generation: int) -> Finding:
    """Compare the file with its seal; `state_id` and `generation` are what the file says of itself."""
    known = read(file)
    if known is None:
        return Finding.UNSEALED
    if file.exists() and digest(file) == known.digest:
        return Finding.WHOLE
    if state_id == known.state_id and generation > known.generation:
        return Finding.INTERRUPTED
    if state_id == known.state_id and generation == known.generation:
        return Finding.CHANGED
    return Finding.OLDER


def digest(file: Path) -> str:
    """SHA-256 of the whole file, hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _place(file: Path) -> Path:
    return file.with_name(f"{file.name}.seal")
