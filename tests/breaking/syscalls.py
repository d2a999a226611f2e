"""Runs that are killed, or that the disk fails, at a system call: strace counts the calls and does it at the nth.

The command runs as it is, in a process of its own. First an undisturbed run is watched, to know how often each call is
made; then each of them is tried.
"""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from breaking.bench import PUSH
from breaking.line import Verdict, line_of, spread
from sfspiris.core.identity import markers_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from breaking.bench import Bench, Ran
    from breaking.line import Line

WRITES = (
    "write", "writev", "pwrite64", "pwritev", "fsync", "fdatasync", "ftruncate", "rename", "renameat2", "unlink", "sendto",
    "sendmsg",
)  # fmt: skip
TO_THE_DISK = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "unlink", "openat")
ERRORS = ("EIO", "ENOSPC", "EROFS")
TO_THE_NET = ("socket", "connect", "sendto", "recvfrom", "close", "shutdown")
COMMITS = ("fsync", "fdatasync")
STOPS = {"KILL": -signal.SIGKILL, "TERM": 143, "INT": 130}
_CALL = re.compile(r"^\d+\s+(\w+)\(", re.MULTILINE)


def is_here() -> bool:
    """Whether strace is installed."""
    return shutil.which("strace") is not None


def killed_at_every_write(bench: Bench, some: int | None) -> Line:
    """SIGKILL at each call that writes to the disk or the network; `some` of them, or all."""
    return line_of("killed at a system call that writes", _killed(bench, some))


def failed_at_every_write(bench: Bench, some: int | None) -> Line:
    """An input/output error, a full disk or a read-only one at each call that touches a file, once or from then on."""
    return line_of("disk fails at a system call", _failed(bench, some))


def stopped_at_every_boundary(bench: Bench, some: int | None) -> Line:
    """SIGKILL, SIGTERM and SIGINT before each connection, request, part of an answer, end of a connection, and commit."""
    return line_of("killed or ended at an HTTP boundary", _stopped(bench, some))


def _killed(bench: Bench, some: int | None) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    before = bench.touched()
    places = _places(bench, WRITES)
    for place in spread(len(places), some):
        name, nth = places[place]
        bench.put_back()
        ran = bench.run_traced(*_quietly(name, f"signal=KILL:when={nth}"))
        verdict = bench.rest_and_judge(ran=ran, before=before)
        if ran.code != -signal.SIGKILL:
            verdict += Verdict(wrong=(f"it was not killed but ended with {ran.code}",))
        yield f"{name} {nth}", verdict


def _failed(bench: Bench, some: int | None) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    before = bench.touched()
    trials = [
        (name, nth, error, for_good)
        for name, nth in _places(bench, TO_THE_DISK)
        for error in ERRORS
        for for_good in ("", "+")
    ]
    for place in spread(len(trials), some):
        name, nth, error, for_good = trials[place]
        bench.put_back()
        ran = bench.run_traced(*_quietly(name, f"error={error}:when={nth}{for_good}"))
        verdict = all_was_armed(bench) + bench.rest_and_judge(ran=ran, before=before)
        yield f"{name} {nth}{for_good} {error}", verdict


def _stopped(bench: Bench, some: int | None) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    before = bench.touched()
    trials = [(name, nth, word) for name, nth in _places(bench, (*TO_THE_NET, *COMMITS)) for word in STOPS]
    for place in spread(len(trials), some):
        name, nth, word = trials[place]
        bench.put_back()
        ran = bench.run_traced(*_quietly(name, f"signal={word}:when={nth}"))
        verdict = bench.rest_and_judge(ran=ran, before=before)
        yield f"{word} at {name} {nth}", verdict + _ended_as_told(ran, word)


def _ended_as_told(ran: Ran, word: str) -> Verdict:
    if ran.code in {
        STOPS[word],
        3,
    }:  # 3: the signal came when everything was done, or nothing could be left undone
        return Verdict()
    return Verdict(wrong=(f"after SIG{word} it ended with {ran.code}: {ran.err[-300:]}",))


def _places(bench: Bench, names: Sequence[str]) -> list[tuple[str, int]]:
    """Each call of an undisturbed run, by name and number."""
    bench.put_back()
    ran = bench.run_traced("-e", f"trace={','.join(names)}", arguments=PUSH)
    assert ran.code == 3, ran.err
    seen: Counter[str] = Counter()
    found = []
    for name in _CALL.findall((bench.folder / "calls").read_text(encoding="utf-8", errors="replace")):
        seen[name] += 1
        found.append((name, seen[name]))
    return found


def _quietly(name: str, what: str) -> tuple[str, ...]:
    return ("-e", f"trace={name}", "-e", f"inject={name}:{what}")


def all_was_armed(bench: Bench) -> Verdict:
    """Of every draft in Spiris the state file says that it was about to be sent, or is there."""
    file = bench.folder / "sfspiris.db"
    with closing(sqlite3.connect(file)) as connection:
        armed = {
            row[0]
            for row in connection.execute(
                "SELECT deal_id FROM intents WHERE kind = 'create_draft' AND state IN ('sent', 'done')"
            )
        }
    sent = {
        mark.deal_id
        for company in bench.simulators[1].state()["companies"]
        for one in (*company["drafts"], *company["invoices"])
        for mark in markers_in(one.get("OurReference"))
    }
    unarmed = sorted(sent - armed)
    return Verdict(wrong=(f"{unarmed} stood in Spiris, and no intent had been armed",) if unarmed else ())
