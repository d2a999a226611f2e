"""The tests of faults by number, for whoever prints a table of them: each counts what was tried and what it came to."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from faultproxy import NINE, between
from faults import test_memory_dies as memory
from faults import test_peers_failures as peers
from faults import test_storms as storms
from faults import test_two_at_once as two
from loopback import Loopback
from playground import sandbox_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playground import Playground


@dataclass
class Tried:
    """One class of fault; `wrong` is whatever must be nought beside duplicates and lost deals."""

    name: str
    trials: int = 0
    duplicates: int = 0
    lost: int = 0
    held: int = 0
    wrong: int = 0
    seconds: float = 0.0

    def count(self, trial: Callable[[], object]) -> None:
        """One trial; what its oracle says against it is told on stderr and counted."""
        began = time.monotonic()
        self.trials += 1
        try:
            trial()
        except AssertionError as broken:
            sys.stderr.write(f"{self.name}, trial {self.trials}: {broken}\n")
            if peers.ONE_DRAFT in str(broken):
                self.duplicates += 1
            else:
                self.wrong += 1
        self.seconds += time.monotonic() - began


def failures_of_reading(places: int) -> list[Tried]:
    """Each of the nine failures at so many places of a run's reading, one at a time; the next run must make all good."""
    with _demo() as demo, between(demo) as wire:
        wanted = peers.undisturbed(wire)
        wire.start_over()
        reads = peers.reads_of_a_run(wire)
        told = []
        for fault in NINE:
            tried = Tried(f"while reading: {fault}")
            for seed in range(places):
                tried.count(partial(peers.spoil_one_place, wire, wanted, fault, seed, reads))
            told.append(tried)
        return told


def storms_of_refusals(number: int) -> Tried:
    """Made-up answers of a tired service, in virtual time."""
    tried = Tried("429, 5xx and redirects without end")
    with Loopback() as server:
        storm = storms.Storm(server)
        for seed in range(number):
            tried.count(partial(storms.one, storm, seed))
        storm.transport.close()
    return tried


def pairs_of_runs(number: int) -> Tried:
    """Two processes started together."""
    tried = Tried("two processes started together")
    with _demo() as demo, between(demo) as wire:
        for seed in range(number):
            tried.count(partial(two.pair, wire, seed))
    return tried


def memories_that_die(*, everywhere: bool) -> Tried:
    """The demo's story with its state file deleted, replaced or flipped before every run; or `everywhere`, before each alone."""
    tried = Tried("state file deleted, older or flipped")
    with _demo() as demo:
        wanted = memory.tell(demo)
        gaps = [frozenset(range(1, memory.RUNS))]
        gaps += [frozenset({gap}) for gap in range(1, memory.RUNS)] if everywhere else []
        for what in memory.HARMS:
            for disturbed in gaps:
                tried.count(partial(_same_end, demo, what, disturbed, wanted))
    return tried


def _same_end(demo: Playground, what: str, disturbed: frozenset[int], wanted: memory.Json) -> None:
    assert memory.tell(demo, what, disturbed) == wanted, "the end of the story is another"


@contextmanager
def _demo() -> Iterator[Playground]:
    """A sandbox and a home of its own, for this process too."""
    home = os.environ.get("HOME")
    with tempfile.TemporaryDirectory() as folder, sandbox_up(Path(folder) / "demo") as demo:
        os.environ["HOME"] = demo.environ["HOME"]
        try:
            yield demo
        finally:
            if home is not None:
                os.environ["HOME"] = home
