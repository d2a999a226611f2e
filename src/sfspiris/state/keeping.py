"""Keeping the state: looking at it without touching it, copying it, and putting another file in its place.

None of these trusts the file: they are what is used when it may be damaged. Whatever leaves the state's place is kept
aside under a name of its own, never deleted.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sfspiris.core.audit import Earlier, Replaced
from sfspiris.errors import StateDamaged, UsageError
from sfspiris.state import place, runlock, seal, sqlite
from sfspiris.state.earlier import keep_earlier
from sfspiris.state.schema import HEAD
from sfspiris.state.store import open_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from sfspiris.core.searchlag import Measurement
    from sfspiris.state.runlock import LockOwner

_COUNTED = ("runs", "intents", "links", "customer_links", "holds")


@dataclass(frozen=True, slots=True)
class Look:
    """What the state file is. Times are UTC; `finding` is what its seal says, `trouble` why it cannot be used.

    `measured` is what was seen of the ledgers' lists.

    `place` is what to know about where it lies, and `place_remedy` what to do about it; both are None on a local disk.
    """

    file: str
    exists: bool
    bytes: int
    state_id: str | None
    schema_known: str
    generation: int | None
    finding: str
    trouble: str | None
    counts: dict[str, int]
    open_writes: int
    cursors: dict[str, datetime]
    measured: tuple[Measurement, ...] = ()
    place: str | None = None
    place_remedy: str | None = None
    is_place_refused: bool = False


def look(file: Path, *, now: datetime) -> Look:
    """Everything about the state file that can be told without changing a byte of it, also when it is damaged."""
    where = place.of(file)
    return replace(
        _look(file, now),
        place=where.message or None,
        place_remedy=where.remedy or None,
        is_place_refused=where.kind is place.Kind.UNLOCKED,
    )


def _look(file: Path, now: datetime) -> Look:
    known = seal.read(file)
    if not file.exists():
        finding = seal.Finding.UNSEALED if known is None else seal.Finding.OLDER
        words = "there is none" if known is None else "it is gone: the last run left one here"
        return _unusable(file, finding, words)
    size = file.stat().st_size
    try:
        with open_state(file, dry=True, now=now) as state:
            facts = state.facts()
            return Look(
                file=str(file),
                exists=True,
                bytes=size,
                state_id=state.id,
                schema_known=HEAD,
                generation=facts.generation,
                finding=seal.judge(file, state_id=state.id, generation=facts.generation).value,
                trouble=None,
                counts={name: facts.counts[name] for name in _COUNTED},
                open_writes=len(state.journal.open_intents()),
                cursors=state.cursors.all(),
                measured=state.search_lags.all(),
            )
    except StateDamaged as error:
        finding = seal.Finding.UNSEALED if known is None else seal.Finding.CHANGED
        return _unusable(file, finding, error.message)


def _unusable(file: Path, finding: seal.Finding, trouble: str) -> Look:
    return Look(
        file=str(file),
        exists=file.exists(),
        bytes=file.stat().st_size if file.exists() else 0,
        state_id=None,
        schema_known=HEAD,
        generation=None,
        finding=finding.value,
        trouble=trouble,
        counts={},
        open_writes=0,
        cursors={},
    )


def back_up(file: Path, target: Path) -> None:
    """Copy the state to a new file that only its owner can read, from one moment, checked before it is called a backup.

    Raises UsageError when the target exists or there is nothing to copy, and what opening a damaged state raises.
    """
    if not file.exists():
        raise UsageError(
            f"There is no state file {file} to back up.",
            remedy="Run a command that makes one first, or give --state.",
        )
    if target.exists():
        raise UsageError(
            f"{target} exists already.", remedy="Give another name with --out; nothing is overwritten."
        )
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with (
            closing(sqlite.copy_into_memory(file, patience=sqlite.PATIENCE)) as memory,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            sqlite.check(memory, file)
            memory.backup(copy)
        _sync(unfinished)
        os.replace(unfinished, target)  # noqa: PTH105 - a backup is whole or not there
        _sync(target.parent)
    except sqlite3.Error as error:
        raise (sqlite.explain(error, file) or sqlite.damaged(file)) from error
    except UnicodeError as error:
        raise sqlite.damaged(file) from error
    except OSError as error:
        raise UsageError(
            f"The backup {target} cannot be written ({error.strerror}).",
            remedy="Give another place with --out.",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def put_back(file: Path, backup: Path, owner: LockOwner, *, now: datetime) -> Path | None:
    """Put a backup in the state's place and give where the old file was kept aside, None when there was none.

    The memory then knows that it has lost what happened since; until then the old one stays as it is, also when this ends
    half-way. Raises UsageError for a file that is no backup of ours, and Locked while a run is at work.
    """
    backup = backup.absolute()  # SQLite's own names of files know no working folder
    arriving = _arriving(file)
    if not backup.is_file() or backup.resolve() in {file.resolve(), arriving.resolve()}:
        raise UsageError(f"{backup} is no backup.", remedy="Name a file that `sfspiris state backup` made.")
    try:
        with open_state(backup, dry=True, now=now) as state:
            if state.is_new:
                raise UsageError(
                    f"{backup} is empty.", remedy="Name a file that `sfspiris state backup` made."
                )
    except StateDamaged as error:
        raise UsageError(
            f"{backup} is not a whole state of this version: {error.message}",
            remedy="Name another backup, or make the memory anew with `sfspiris state rebuild`.",
        ) from error
    place.check(file)
    with runlock.hold(file, owner):
        _remove(arriving)
        try:
            back_up(backup, arriving)
            lost, aside = _last_at_work(file, now), aside_of(file, now)
            _note_loss(arriving, lost, now, Earlier(Replaced.PUT_BACK, now, aside.name if aside else None))
            return _put_in_place(file, arriving, lost, now)
        finally:
            _remove(arriving)


@contextmanager
def made_anew(file: Path, owner: LockOwner, *, now: datetime) -> Iterator[Path]:
    """A file beside the state for a memory that is made anew, which knows that it has lost everything.

    When the block ends well it takes the state's place and the old file is kept aside; until then, and when the block does
    not end well, the old one stays as it is. Raises Locked while a run is at work.
    """
    if not file.parent.is_dir():
        raise sqlite.unopenable(file, f"there is no folder {file.parent}")
    place.check(file)
    with runlock.hold(file, owner):
        arriving = _arriving(file)
        _remove(arriving)
        try:
            lost, aside = _last_at_work(file, now), aside_of(file, now)
            _note_loss(arriving, lost, now, Earlier(Replaced.MADE_ANEW, now, aside.name if aside else None))
            yield arriving
            _put_in_place(file, arriving, lost, now)
        finally:
            _remove(arriving)


def _arriving(file: Path) -> Path:
    """Where what is to take the state's place is made whole first."""
    return file.with_name(f"{file.name}.arriving")


def _remove(file: Path) -> None:
    for left in (file, *(file.with_name(f"{file.name}{end}") for end in ("-journal", ".lock", ".lock.json"))):
        left.unlink(missing_ok=True)
    seal.remove(file)


def _last_at_work(file: Path, now: datetime) -> datetime:
    """Until when the runs were at work whose memory is about to be replaced: as its seal tells, else until now."""
    known = seal.read(file)
    return known.at if known is not None and not _is_in_doubt(file) else now


def _is_in_doubt(file: Path) -> bool:
    return file.with_name(f"{file.name}-journal").exists()


def _note_loss(file: Path, until: datetime, now: datetime, earlier: Earlier) -> None:
    with open_state(file, dry=False, now=now) as state:
        state.note_loss(until, at=now)
        keep_earlier(state.catalog, earlier)


def aside_of(file: Path, now: datetime) -> Path | None:
    """The name under which a file is kept when another one takes its place now; None when there is none."""
    return _aside_name(file, now) if file.exists() else None


def _aside_name(file: Path, now: datetime) -> Path:
    return file.with_name(f"{file.name}.{now:%Y%m%dT%H%M%SZ}.aside")


def _put_in_place(file: Path, arriving: Path, lost: datetime, now: datetime) -> Path | None:
    """Let the new file, which knows what it has lost, take the old one's place, and give where the old one was kept aside.

    Whoever dies in between leaves the old file, the new one, or none beside a seal that tells that there was one, and until
    when (UTC) its runs were at work.
    """
    try:
        if seal.read(file) is None or _is_in_doubt(file):
            seal.expect(file, at=lost)
        seal.sync(arriving)
        aside = _move_aside(file, now)
        seal.move(arriving, file)
        os.replace(arriving, file)  # noqa: PTH105 - the old file or the new, never half of one
        _sync(file.parent)
    except OSError as error:
        raise sqlite.unusable(file, error, "another could not be put in its place") from error
    return aside


def _move_aside(file: Path, now: datetime) -> Path | None:
    """Give the file another name, with the journal of an interrupted commit; neither is ever without the other there."""
    is_there = file.exists()
    aside = _aside_name(file, now)
    journal = file.with_name(f"{file.name}-journal")
    if journal.exists():
        kept = aside.with_name(f"{aside.name}-journal")
        kept.touch(mode=0o600)
        shutil.copyfile(journal, kept)
        _sync(kept)
    if is_there:
        file.rename(aside)
    journal.unlink(missing_ok=True)
    _sync(file.parent)
    return aside if is_there else None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
