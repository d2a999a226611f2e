"""`make proof`: every class of fault, tried, and what it came to, in one table. `--release` tries ten times as much."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from schedules import play_many
from sfspiris.cli.selftest import run_trials
from sfspiris.errors import StateDamaged
from sfspiris.state.store import open_state
from statekit import NOW, deal_link, new_draft, started
from unit.test_quota import rush


@dataclass(frozen=True)
class Line:
    """One line of the table; `lost` counts what nobody was told of, and `wrong` whatever else must be nought."""

    name: str
    trials: int
    duplicates: int
    lost: int
    held: int
    wrong: int
    seconds: float


def runs_broken_over_http(*, every: int) -> list[Line]:
    return [
        Line(one.name, one.tried, one.duplicates, one.lost, one.held, one.differing, one.seconds)
        for one in run_trials(every=every)
    ]


def random_schedules(count: int) -> Line:
    tally = play_many(range(count))
    if tally.broken:
        sys.stderr.write(f"broken seeds: {tally.broken}\n")
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


def main() -> int:
    """Print the table; 1 when something is not nought that must be."""
    is_release = "--release" in sys.argv[1:]
    lines = [
        *runs_broken_over_http(every=1 if is_release else 7),
        random_schedules(500 if is_release else 20),
        flipped_bits(1000 if is_release else 100),
        quota(60_000 if is_release else 6000),
    ]
    told = [
        f"{'fault class':<48}{'trials':>8}{'duplicates':>12}{'lost':>6}{'held':>6}{'wrong':>7}{'seconds':>9}",
        *(
            f"{one.name:<48}{one.trials:>8}{one.duplicates:>12}{one.lost:>6}{one.held:>6}{one.wrong:>7}{one.seconds:>9.1f}"
            for one in lines
        ),
    ]
    bad = sum(one.duplicates + one.lost + one.wrong for one in lines)
    trials = sum(one.trials for one in lines)
    told.append(f"{trials} trials: {'all as promised' if not bad else f'{bad} NOT as promised'}.")
    sys.stdout.write("\n".join(told) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
