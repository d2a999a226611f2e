"""Two runs at once, as cron and a person make them: one works, the other says who does, and nobody has to tidy up."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from faultproxy import Between, between, held_back
from playground import Playground, settled
from sfspiris.state import seal
from sfspiris.state.runlock import LockOwner, hold
from sfspiris.state.store import open_state
from statekit import NOW, later

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playground import Served

PAIRS = 2
"""Of the first two, one finds a state file and the other finds none."""


DRAFTS = "/v2/customerinvoicedrafts"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, common_sandbox: Served) -> Iterator[Between]:
    with between(settled(tmp_path_factory.mktemp("two"), common_sandbox)) as found:
        yield found


@pytest.fixture
def wire(line: Between) -> Between:
    line.start_over()
    return line


def must_stand_once_each(demo: Playground) -> int:
    standing = Counter(one["OurReference"] for one in demo.drafts())
    assert set(standing.values()) == {1}, "one deal, one draft"
    return len(standing)


def ended(process: subprocess.Popen[str]) -> tuple[int, int, str]:
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode, process.pid, out


def pair(wire: Between, seed: int) -> int:
    """Start two together; by seed, the state is there already, or both have to make it.

    Whichever comes first stays at work until the other has come and gone.
    """
    wire.start_over()
    demo = wire.demo
    if random.Random(seed).random() < 0.5:  # noqa: S311 - replays
        assert demo.sfspiris("push-closed-won", "--limit", "1").code == 3
    with held_back(wire.spiris, "POST", DRAFTS):
        both = [demo.start("push-closed-won", "--json") for _ in range(2)]
        while not any(has_ended(one) for one in both):
            pass
    results = sorted(ended(one) for one in both)
    assert [code for code, _, _ in results] == [3, 6], f"pair {seed}: {results}"
    (_, worker, _), (_, _, told) = results
    assert "push-closed-won" in told
    assert f"process {worker} on {socket.gethostname()}" in told, "the second says who holds the lock"
    assert not (demo.folder / "sfspiris.db.lock.json").exists()
    return must_stand_once_each(demo)


def has_ended(process: subprocess.Popen[str]) -> bool:
    """Waits for a moment."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.05)
    return process.returncode is not None


def test_of_two_processes_started_together_one_works_and_one_says_so(wire: Between) -> None:
    assert len({pair(wire, seed) for seed in range(PAIRS)}) == 1, "as many drafts each time"
    assert wire.demo.sfspiris("push-closed-won", "--json").kinds() == []


@pytest.mark.release
@pytest.mark.timeout(3600)
def test_a_hundred_pairs(wire: Between) -> None:
    assert len({pair(wire, seed) for seed in range(100)}) == 1


@contextmanager
def at_work(wire: Between) -> Iterator[subprocess.Popen[str]]:
    """A run that has sent its second draft and does nothing but wait for the answer, until the block ends."""
    wire.demo.add_config("[limits]\nconcurrent_creates = 1\n")
    with held_back(wire.spiris, "POST", DRAFTS, nth=2) as held:
        process = wire.demo.start("push-closed-won", "--json")
        held.wait_for(process)
        yield process


def test_a_run_that_stands_still_keeps_its_lock_and_goes_on(wire: Between) -> None:
    """Stopped like a laptop that sleeps: nobody takes its lock from it, and what it had sent counts once."""
    demo = wire.demo
    with at_work(wire) as process:
        process.send_signal(signal.SIGSTOP)
        try:
            refused = demo.sfspiris("push-closed-won", "--json")
            dry = demo.sfspiris("push-closed-won", "--dry-run", "--json")
        finally:
            process.send_signal(signal.SIGCONT)
    assert refused.code == 6
    assert f"process {process.pid} on" in refused.document["error"]["message"]
    assert "lets go by itself" in refused.document["error"]["remedy"]
    assert dry.code == 3, "looking is always possible"
    assert ended(process)[0] == 3
    must_stand_once_each(demo)
    assert demo.sfspiris("push-closed-won", "--json").kinds() == []


def test_a_run_that_died_leaves_no_lock_that_anybody_must_remove(wire: Between) -> None:
    demo = wire.demo
    with at_work(wire) as process:
        process.kill()
        process.communicate(timeout=60)
    assert (demo.folder / "sfspiris.db.lock.json").exists(), "it had no time to tidy up"
    assert demo.sfspiris("push-closed-won", "--json").code == 3
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2026-11-20T08:30:00Z"})
    assert demo.sfspiris("push-closed-won", "--json").code == 3
    must_stand_once_each(demo)
    assert demo.sfspiris("push-closed-won", "--json").kinds() == []


def test_a_dead_runs_name_is_not_told_for_the_one_at_work(tmp_path: Path) -> None:
    """Its facts are still there when the next has the lock and has not introduced itself yet."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    file = tmp_path / "state.db"
    with hold(file, LockOwner("sync", "run-7", os.getpid(), socket.gethostname(), NOW)):
        facts = file.with_name("state.db.lock.json")
        facts.write_text(facts.read_text().replace(str(os.getpid()), str(gone.pid)))
        with (
            pytest.raises(Exception, match=r"^Another run is at work"),
            hold(file, LockOwner("sync", "run-8", os.getpid(), socket.gethostname(), NOW)),
        ):
            pass


@pytest.mark.parametrize("moment", ["begins", "ends"])
def test_a_run_that_begins_or_ends_while_another_opens_the_file_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The second has read the seal, and then the first writes to the file."""
    file = tmp_path / "state.db"
    with open_state(file, dry=False, now=NOW) as state:
        state.cursors.move("deals", NOW, at=NOW)
    digest = seal.digest

    def meanwhile(place: Path) -> str:
        monkeypatch.setattr(seal, "digest", digest)
        with open_state(file, dry=False, now=later(1)) as first:
            first.cursors.move("deals", later(1), at=later(1))
            if moment == "begins":
                return digest(place)
        return digest(place)

    monkeypatch.setattr(seal, "digest", meanwhile)
    with open_state(file, dry=True, now=later(2)) as second:
        assert "lost" not in second.cursors.all()
