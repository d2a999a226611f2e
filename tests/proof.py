"""`make proof`: every class of fault, tried, and what it came to, in one table. `--release` tries ten to a hundred times as much.

Words after the options choose classes by name, as in `proof.py --release power clocks`; `--at-most=500` bounds the trials of each,
spread evenly over all that there are, for whoever has an hour and not a night.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

import fault_proofs
from breaking import clocks, drifting, dryruns, malformed, powerloss, signins, syscalls, together
from breaking.bench import open_bench
from breaking.line import Line
from schedules import play_many, play_on_all_cores
from sfspiris.cli.selftest import run_trials
from sfspiris.errors import StateDamaged
from sfspiris.state.store import open_state
from statekit import NOW, deal_link, new_draft, started
from unit.test_quota import rush

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from breaking.bench import Bench


def runs_broken_over_http(*, every: int) -> list[Line]:
    return [
        Line(one.name, one.tried, one.duplicates, one.lost, one.held, one.differing, one.seconds)
        for one in run_trials(every=every)
    ]


def random_schedules(count: int, *, chaos: bool = False) -> Line:
    play = play_many if count < 100 else play_on_all_cores
    tally = play(range(count), chaos=chaos)
    if tally.broken:
        sys.stderr.write(f"{tally.name}, broken seeds: {tally.broken}\n")
    return Line(
        tally.name, tally.tried, tally.duplicates, tally.lost, tally.held, len(tally.broken), tally.seconds
    )


def flipped_bits(count: int) -> Line:
    """A bit somewhere in the state file; wrong is a file that was believed."""
    began, believed = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state.db"
        with open_state(file, dry=False, now=NOW) as state:
            started(state).journal.record_intent(new_draft(), at=NOW, run_id="r1")
            state.links.save([deal_link("D2")])
        whole = file.read_bytes()
        for seed in range(count):
            flipped = bytearray(whole)
            place = random.Random(seed).randrange(len(whole) * 8)  # noqa: S311 - replays
            flipped[place // 8] ^= 1 << place % 8
            file.write_bytes(flipped)
            try:
                with open_state(file, dry=True, now=NOW):
                    believed += 1
            except StateDamaged:
                pass
    return Line("one bit of the state file flipped", count, 0, 0, 0, believed, time.monotonic() - began)


def quota(requests: int) -> Line:
    """Eight processes on one client id, as fast as they may; wrong is a refusal."""
    began = time.monotonic()
    refused, share = rush(1, processes=8, requests=requests, slowest=0.2)
    name = f"requests of 8 processes at {share:.1%} of the quota"
    return Line(name, requests, 0, 0, 0, refused, time.monotonic() - began)


def _lines(tried: Iterable[fault_proofs.Tried]) -> list[Line]:
    return [
        Line(one.name, one.trials, one.duplicates, one.lost, one.held, one.wrong, one.seconds)
        for one in tried
    ]


def on_a_bench(try_it: Callable[[Bench], Line]) -> list[Line]:
    """A class of faults that needs a sandbox whose world can be put back."""
    with open_bench() as bench:
        return [try_it(bench)]


def creates_together(some: int | None) -> list[Line]:
    """Several creates under way at once, in a world of their own."""
    with open_bench(together.crowd(), half_done=False, hands=together.HANDS) as bench:
        return [together.broken_together(bench, some)]


def classes(*, is_release: bool, at_most: int | None = None) -> dict[str, Callable[[], list[Line]]]:
    """What is tried, by name; the release profile tries everything that can be counted, and much of what cannot."""
    bound = sys.maxsize if at_most is None else at_most

    def size(usual: int, release: int | None) -> int | None:
        if not is_release:
            return min(usual, bound)
        return at_most if release is None else min(release, bound)

    def number(usual: int, release: int) -> int:
        return min(release if is_release else usual, bound)

    found: dict[str, Callable[[], list[Line]]] = {
        "http": lambda: runs_broken_over_http(every=1 if is_release else 7),
        "schedules": lambda: [random_schedules(number(20, 10_000))],
        "chaos": lambda: [random_schedules(number(20, 2000), chaos=True)],
        "flips": lambda: [flipped_bits(number(100, 1000))],
        "quota": lambda: [quota(number(6000, 60_000))],
        "reading": lambda: _lines(fault_proofs.failures_of_reading(number(1, 20))),
        "storms": lambda: _lines([fault_proofs.storms_of_refusals(number(1000, 30_000))]),
        "pairs": lambda: _lines([fault_proofs.pairs_of_runs(number(5, 100))]),
        "memory": lambda: _lines([fault_proofs.memories_that_die(everywhere=is_release)]),
        "together": lambda: creates_together(size(15, None)),
        "dryruns": lambda: [dryruns.against_the_run(number(10, 1000))],
    }
    benched: dict[str, Callable[[Bench], Line]] = {
        "malformed": partial(malformed.read_in_process, count=number(1000, 10_000)),
        "malformed-runs": partial(malformed.met_by_a_run, some=number(10, 1000)),
        "drift": partial(drifting.while_they_are_read, count=number(50, 1000)),
        "clocks": partial(clocks.disagreeing, some=size(8, None)),
        "sign-ins": partial(signins.expired_and_revoked, some=size(15, None)),
        "rotation": partial(signins.rotated, some=size(15, None)),
        "rotation-at-once": partial(signins.rotated_at_once, times=number(10, 100)),
    }
    if syscalls.is_here():
        benched |= {
            "kills": partial(syscalls.killed_at_every_write, some=size(25, None)),
            "disk-errors": partial(syscalls.failed_at_every_write, some=size(25, None)),
            "boundaries": partial(syscalls.stopped_at_every_boundary, some=size(25, None)),
            "power-states": partial(powerloss.state_after_power_cuts, count=number(200, 2000)),
            "power-runs": partial(powerloss.run_after_power_cuts, some=number(10, 500)),
        }
    else:
        sys.stderr.write("strace is not installed: no kills at system calls, disk errors or power cuts.\n")
    return found | {name: partial(on_a_bench, try_it) for name, try_it in benched.items()}


HEAD = f"{'fault class':<62}{'trials':>8}{'duplicates':>12}{'lost':>6}{'held':>6}{'wrong':>7}{'seconds':>9}"


def row(one: Line) -> str:
    return f"{one.name:<62}{one.trials:>8}{one.duplicates:>12}{one.lost:>6}{one.held:>6}{one.wrong:>7}{one.seconds:>9.1f}"


def main() -> int:
    """Print the table as it grows; 1 when something is not nought that must be."""
    chosen = [one for one in sys.argv[1:] if not one.startswith("-")]
    bounds = [int(one.partition("=")[2]) for one in sys.argv[1:] if one.startswith("--at-most=")]
    lines: list[Line] = []
    sys.stdout.write(f"{HEAD}\n")
    for name, try_it in classes(
        is_release="--release" in sys.argv[1:], at_most=min(bounds, default=None)
    ).items():
        if chosen and not any(one in name for one in chosen):
            continue
        for line in try_it():
            lines.append(line)
            sys.stdout.write(f"{row(line)}\n")
            sys.stdout.flush()
    bad = sum(one.duplicates + one.lost + one.wrong for one in lines)
    trials = sum(one.trials for one in lines)
    sys.stdout.write(f"{trials} trials: {'all as promised' if not bad else f'{bad} NOT as promised'}.\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
