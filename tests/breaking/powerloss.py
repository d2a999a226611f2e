"""Power cuts: what the disk may hold then, worked out from the file operations of a real run.

strace records every write, sync, cut, rename and removal of the state's files with their bytes. A disk keeps what was
synced before the cut, and of everything else any part: a write may be there, be lost, or be torn at 512 bytes, and names
change in their order, but only as far as the folder was synced. The state is opened by our own code from such a disk.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from breaking.line import Verdict, line_of, spread
from breaking.syscalls import all_was_armed
from sfspiris.errors import SfspirisError
from sfspiris.state.store import open_state
from statekit import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from breaking.bench import Bench
    from breaking.line import Line

SECTOR = 512
FILE = "sfspiris.db"
JOURNAL = f"{FILE}-journal"
WATCHED = "openat,write,pwrite64,ftruncate,fsync,fdatasync,unlink,rename"
RECORD = ("-y", "-xx", "-s", "100000", "-e", f"trace={WATCHED}")
_LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OPENED = re.compile(r"<((?:\\x[0-9a-f]{2})+)>")


@dataclass(frozen=True)
class Step:
    """One operation on one file of the folder, by its name; "" is the folder itself."""

    call: str
    name: str
    data: bytes = b""
    at: int = 0
    to: str = ""


@dataclass(eq=False)
class _Inode:
    synced: bytes = b""
    unsynced: list[tuple[int, bytes | None]] = field(
        default_factory=list
    )  # None cuts the file to that length


@dataclass
class Disk:
    """Files as they are on the disk, and what has not been synced yet."""

    names: dict[str, _Inode]  # as programs see them
    synced_names: dict[str, _Inode] = field(default_factory=dict)
    changes: list[tuple[str, _Inode | None]] = field(default_factory=list)  # of names, not synced yet
    places: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, files: dict[str, bytes]) -> Disk:
        names = {name: _Inode(content) for name, content in files.items()}
        return cls(names, dict(names))

    def take(self, step: Step) -> None:
        """Carry out one operation."""
        match step.call:
            case "openat":
                if step.name not in self.names:
                    self._name(step.name, _Inode())
                if step.data:
                    self.names[step.name].unsynced.append((0, None))
                self.places[step.name] = 0
            case "pwrite64":
                self.names[step.name].unsynced.append((step.at, step.data))
            case "write":
                self.names[step.name].unsynced.append((self.places[step.name], step.data))
                self.places[step.name] += len(step.data)
            case "ftruncate":
                self.names[step.name].unsynced.append((step.at, None))
            case "unlink":
                self._name(step.name, None)
            case "rename":
                self._name(step.to, self.names[step.name])
                self._name(step.name, None)
            case _ if step.name:
                self.names[step.name] = self._whole(step.name)
            case _:
                self._keep_names(len(self.changes))

    def after_power_cut(self, chance: random.Random) -> dict[str, bytes]:
        """What stands on the disk when the power comes back."""
        kept = dict(self.synced_names)
        for name, inode in self.changes[: chance.randint(0, len(self.changes))]:
            _rename(kept, name, inode)
        return {name: _survived(inode, chance) for name, inode in kept.items()}

    def as_seen(self) -> dict[str, bytes]:
        """What programs see."""
        return {name: _applied(inode.synced, inode.unsynced) for name, inode in self.names.items()}

    def _name(self, name: str, inode: _Inode | None) -> None:
        _rename(self.names, name, inode)
        self.changes.append((name, inode))

    def _keep_names(self, count: int) -> None:
        for name, inode in self.changes[:count]:
            _rename(self.synced_names, name, inode)
        del self.changes[:count]

    def _whole(self, name: str) -> _Inode:
        inode = self.names[name]
        inode.synced, inode.unsynced = _applied(inode.synced, inode.unsynced), []
        return inode


def _rename(names: dict[str, _Inode], name: str, inode: _Inode | None) -> None:
    if inode is None:
        names.pop(name, None)
    else:
        names[name] = inode


def _applied(content: bytes, changes: Sequence[tuple[int, bytes | None]]) -> bytes:
    made = bytearray(content)
    for at, data in changes:
        if data is None:
            del made[at:]
            made.extend(bytes(at - len(made)))
        else:
            made.extend(bytes(max(0, at - len(made))))
            made[at : at + len(data)] = data
    return bytes(made)


def _survived(inode: _Inode, chance: random.Random) -> bytes:
    kept: list[tuple[int, bytes | None]] = []
    for at, data in inode.unsynced:
        fate = chance.choice(["kept", "lost", "torn"])
        if fate == "lost":
            continue
        if fate == "kept" or data is None:
            kept.append((at, data))
            continue
        kept += [
            (at + start, data[start : start + SECTOR])
            for start in range(0, len(data), SECTOR)
            if chance.random() < 0.5
        ]
    return _applied(inode.synced, kept)


# --- what a run did ----------------------------------------------------------------------------------------------------


def steps_in(calls: str, folder: Path) -> list[Step]:
    """The operations on the state's files, in order, from what strace wrote."""
    found = []
    for line in calls.splitlines():
        parsed = _LINE.match(line)
        if parsed is None or int(parsed[3]) < 0:
            continue
        call, arguments = parsed[1], parsed[2]
        texts = [_bytes(one) for one in _TEXT.findall(arguments)]
        opened = [os.fsdecode(_bytes(one)) for one in _OPENED.findall(arguments.partition('"')[0])]
        path = os.fsdecode(texts[0]) if call in {"openat", "unlink", "rename"} else (opened or [""])[0]
        name = "" if path == str(folder) else os.path.relpath(path, folder)
        if name and not name.startswith(FILE):
            continue
        match call:
            case "openat":
                if "O_CREAT" in arguments:
                    found.append(Step(call, name, b"cut" if "O_TRUNC" in arguments else b""))
            case "pwrite64":
                found.append(Step(call, name, texts[0], int(arguments.rsplit(", ", 1)[1])))
            case "write":
                found.append(Step(call, name, texts[0]))
            case "ftruncate":
                found.append(Step(call, name, at=int(arguments.rsplit(", ", 1)[1])))
            case "rename":
                found.append(Step(call, name, to=os.path.relpath(os.fsdecode(texts[1]), folder)))
            case _:
                found.append(Step(call, name))
    return found


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


# --- trials ------------------------------------------------------------------------------------------------------------


def state_after_power_cuts(bench: Bench, count: int) -> Line:
    """A cut at any operation of a run: the state must be that of the last commit told to us, or of the one under way."""
    return line_of("power cut: the state opened from what the disk kept", _states(bench, count))


def run_after_power_cuts(bench: Bench, some: int) -> Line:
    """A run that a cut ends at any write, and what the next one makes of the disk and the vendors' worlds."""
    return line_of("power cut: the next run from what the disk kept", _runs(bench, some))


def _states(bench: Bench, count: int) -> Iterator[tuple[str, Verdict]]:
    with tempfile.TemporaryDirectory() as room:
        bench.put_back()
        start = _files(bench)
        ran = bench.run_traced(*RECORD)
        assert ran.code == 3, ran.err
        steps = steps_in(_calls(bench), bench.folder)
        commits = [place for place, step in enumerate(steps) if (step.call, step.name) == ("unlink", JOURNAL)]
        assert len(commits) > 5 * 3
        file = Path(room) / FILE
        stories = _stories(start, steps, commits, file)
        for seed in range(count):
            chance = random.Random(seed)  # noqa: S311 - replays
            cut = chance.randint(0, len(steps))
            disk = Disk.of(start)
            for step in steps[:cut]:
                disk.take(step)
            told = sum(place + 1 < cut for place in commits)  # the folder is synced right after
            yield f"seed {seed}", _opened(file, disk.after_power_cut(chance), stories[told : told + 2])


def _runs(bench: Bench, some: int) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    before = bench.touched()
    start = _files(bench)
    bench.run_traced("-e", "trace=pwrite64,fdatasync,sendto")
    places = [
        (name, nth)
        for name in ("pwrite64", "fdatasync", "sendto")
        for nth in range(1, 1 + _calls(bench).count(f" {name}("))
    ]
    for place in spread(len(places), some):
        name, nth = places[place]
        bench.put_back()
        watched = f"trace={WATCHED}" if name in WATCHED else f"trace={WATCHED},{name}"
        ran = bench.run_traced(*RECORD[:-1], watched, "-e", f"inject={name}:signal=KILL:when={nth}")
        assert ran.code == -signal.SIGKILL
        disk = Disk.of(start)
        for step in steps_in(_calls(bench), bench.folder):
            disk.take(step)
        _lay(bench.folder, disk.after_power_cut(random.Random(place)))  # noqa: S311 - replays
        verdict = all_was_armed(bench) + bench.rest_and_judge(ran=ran, before=before)
        yield f"{name} {nth}", verdict


def _files(bench: Bench) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in bench.folder.glob(f"{FILE}*")}


def _calls(bench: Bench) -> str:
    return (bench.folder / "calls").read_text(encoding="ascii", errors="replace")


def _lay(folder: Path, files: dict[str, bytes]) -> None:
    for old in folder.glob(f"{FILE}*"):
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _stories(
    start: dict[str, bytes], steps: Sequence[Step], commits: Sequence[int], file: Path
) -> list[list[str]]:
    """What the state says at the start and after each commit; the last twice, for there is none under way then."""
    told, disk = [_story(file, start)], Disk.of(start)
    for place, step in enumerate(steps):
        disk.take(step)
        if place in commits:
            told.append(_story(file, disk.as_seen()))
    return told


def _story(file: Path, files: dict[str, bytes]) -> list[str]:
    _lay(file.parent, files)
    with closing(sqlite3.connect(file)) as connection:
        return [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]


def _opened(file: Path, files: dict[str, bytes], allowed: Sequence[list[str]]) -> Verdict:
    _lay(file.parent, files)
    try:
        with open_state(file, dry=False, now=NOW) as state:
            if state.is_new:
                return Verdict(wrong=("it was taken for a new one",))
    except SfspirisError as error:
        return Verdict(wrong=(f"it could not be opened: {error.message}",))
    with closing(sqlite3.connect(file)) as connection:
        told = [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]
    return Verdict() if told in allowed else Verdict(lost=1)
