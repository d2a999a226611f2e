"""One line of `make proof`: a class of faults, how often it was tried, and what it came to."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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


@dataclass(frozen=True)
class Verdict:
    """What a history checker found in one trial; `wrong` are sentences about whatever else must not be."""

    duplicates: int = 0
    lost: int = 0
    held: int = 0
    wrong: tuple[str, ...] = ()

    @property
    def is_as_promised(self) -> bool:
        return not (self.duplicates or self.lost or self.wrong)

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.duplicates + other.duplicates,
            self.lost + other.lost,
            self.held + other.held,
            (*self.wrong, *other.wrong),
        )


def line_of(name: str, verdicts: Iterable[tuple[str, Verdict]]) -> Line:
    """The line of a class of faults; each trial has a name, by which one that is not as promised is told on stderr."""
    began, tried, summed, wrong = time.monotonic(), 0, Counter[str](), 0
    for trial, one in verdicts:
        tried += 1
        summed.update(duplicates=one.duplicates, lost=one.lost, held=one.held)
        wrong += bool(one.wrong)
        if not one.is_as_promised:
            sys.stderr.write(f"{name}, {trial}: {one}\n")
    return Line(
        name,
        tried,
        summed["duplicates"],
        summed["lost"],
        summed["held"],
        wrong,
        time.monotonic() - began,
    )


def must_be_as_promised(line: Line, *, trials: int = 1) -> None:
    """For tests: nothing doubled, nothing lost, nothing wrong, and enough was tried for that to mean something."""
    assert (line.duplicates, line.lost, line.wrong) == (0, 0, 0)
    assert line.trials >= trials


def spread(count: int, some: int | None) -> list[int]:
    """The numbers 0 to `count` - 1, or about `some` of them, evenly spread and the first and last among them."""
    if some is None or some >= count:
        return list(range(count))
    if some == 1:
        return [0]
    return sorted({round(place * (count - 1) / (some - 1)) for place in range(some)})
