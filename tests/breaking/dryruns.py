"""Dry runs of made-up worlds: nothing is written anywhere, and what they plan is what the run then does."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from breaking.line import Verdict, line_of
from property.test_property_histories import Histories
from schedules import possible
from sfspiris.core.outcome import Outcome
from sfspiris.engine.gather import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breaking.line import Line
    from sfspiris.core.outcome import RunResult


def against_the_run(count: int) -> Line:
    """So many worlds, each with a past of its own."""
    return line_of("dry run beside the run", _worlds(count))


def _worlds(count: int) -> Iterator[tuple[str, Verdict]]:
    for seed in range(count):
        chance = random.Random(seed)  # noqa: S311 - replays
        machine = Histories()
        try:
            for _ in range(12):
                possible(machine, chance)[chance.randrange(4)][1]()
                chance.choice(possible(machine, chance))[1]()
            yield f"seed {seed}", _compared(machine)
        finally:
            machine.sitting.close()
            machine.room.cleanup()


def _compared(machine: Histories) -> Verdict:
    machine.tell_of_what_nobody_could_know()
    before = machine.photograph()
    planned = machine.pushed(Scope(), dry=True)
    wrong = [] if machine.photograph() == before else ["the dry run changed something"]
    done = machine.pushed(Scope())
    if _plan(planned) != _plan(done):
        wrong.append(f"planned {_plan(planned)}, done {_plan(done)}")
    if any(one.outcome is not Outcome.DONE for one in done.results):
        wrong.append(f"not done: {[one.outcome for one in done.results]}")
    return Verdict(wrong=tuple(wrong))


def _plan(result: RunResult) -> tuple[object, ...]:
    return (
        [
            (type(one.action).__name__, one.action.deal_id, getattr(one.action, "draft", None))
            for one in result.results
        ],
        sorted((one.hold.deal_id, one.hold.code) for one in result.holds),
    )
