"""Several creates under way at the same time: no more than wanted, a customer's in order, and all told in the plan's order."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes import Killed, Shuffled, Stage, lost, over_quota, refused, unreachable
from sfspiris.cli.crew import Threads
from sfspiris.cli.interruption import Interruption
from sfspiris.core.outcome import Outcome
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from shorthand import buyer, deal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sfspiris.core.model import LedgerDraft
    from sfspiris.core.outcome import RunResult

ORGNRS = ("556012-5790", "556016-0680", "556000-3468", "556003-2533")
BUYERS = tuple(
    buyer(f"Kund {place}", id=f"001000000000A0{place}AAA", orgnr=orgnr) for place, orgnr in enumerate(ORGNRS)
)
PATIENCE = 20.0  # seconds until a test that waits for what never comes is over


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - replays


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Three deals of each of four customers, in turn."""
    made = Stage(tmp_path)
    for number in range(12):
        made.crm.add(deal(f"D{number + 10}", f"{number + 1} x 100 KONS", buyer=BUYERS[number % len(BUYERS)]))
    return made


def run(stage: Stage, guard: Guard | None = None, scope: Scope | None = None) -> RunResult:
    with stage.world() as world:
        return push(world, scope or Scope(), guard or Guard(max_changes=200))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_order_of_the_answers_all_is_made_and_told_in_the_order_of_the_plan(
    stage: Stage, tmp_path: Path, seed: int
) -> None:
    stage.crew = crew = Shuffled(chance(seed), size=4)
    result = run(stage)
    assert crew.most == 4
    assert len(stage.se.made) == 12
    alone = Stage(tmp_path / "alone")
    alone.folder.mkdir()
    for one in stage.crm.deals.values():
        alone.crm.add(replace(one, sync=type(one.sync)()))
    expected = run(alone)
    assert [one.action.id for one in result.results] == [one.action.id for one in expected.results]
    per_customer: dict[str, list[LedgerDraft]] = {}
    for made in stage.se.made:
        per_customer.setdefault(made.customer_id, []).append(made)
    assert [[one.totals.net for one in many] for many in per_customer.values()] == [
        sorted(one.totals.net for one in many) for many in per_customer.values()
    ]


BLOWS: dict[str, tuple[Callable[[], BaseException], bool]] = {
    "lost before": (lost, False),
    "lost after": (lost, True),
    "refused": (refused, False),
    "over quota": (over_quota, False),
    "no connection": (unreachable, False),
    "killed before": (Killed, False),
    "killed after": (Killed, True),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("blow", BLOWS)
def test_whatever_fails_while_others_are_under_way_nothing_is_doubled_or_lost(
    stage: Stage, seed: int, blow: str
) -> None:
    stage.crew = Shuffled(chance(seed), size=4)
    what, is_after = BLOWS[blow]
    (stage.se.trouble.after if is_after else stage.se.trouble.before)[5 + seed] = what
    with suppress(Killed):
        run(stage)
    stage.pass_time(SETTLE * 2)
    run(stage)
    assert sorted(one.totals.net for one in stage.se.made) == [100 * (number + 1) for number in range(12)]
    assert len(stage.se.known) == 4


def test_answers_that_are_under_way_when_the_run_stops_are_still_written_down(stage: Stage) -> None:
    stage.crew = Shuffled(chance(3), size=4)
    for nth in (1, 2, 3, 4):
        stage.se.trouble.after[nth] = lost
    result = run(stage)
    outcomes = Counter(one.outcome for one in result.results)
    assert outcomes[Outcome.UNKNOWN] == 4  # the run stopped at the third, and the fourth was under way
    assert stage.se.made == []
    assert result.stopped is not None
    stage.pass_time(SETTLE * 2)
    run(stage)
    assert len(stage.se.made) == 12
    assert len(stage.se.known) == 4


def test_a_pause_for_quota_waits_once_for_all_and_with_nothing_under_way(stage: Stage) -> None:
    stage.crew = crew = Shuffled(chance(1), size=4)
    for nth in (5, 6, 7):
        stage.se.trouble.before[nth] = lambda: over_quota(30)
    paused: list[tuple[float, int]] = []
    with stage.world() as world:
        waiting = replace(world, pause=lambda seconds: paused.append((seconds, crew.under_way)))
        result = push(waiting, Scope(), Guard(max_changes=200))
    assert len(stage.se.made) == 12
    assert result.stopped is None
    assert crew.most == 4
    assert set(paused) == {(30, 0)}
    assert len(paused) < 3


def test_a_pilot_goes_one_by_one(stage: Stage) -> None:
    stage.crew = crew = Shuffled(chance(1), size=4)
    run(stage, Guard(max_changes=200, is_pilot=True), Scope(limit=3))
    assert crew.most == 1


def test_several_threads_wait_at_the_same_time_and_only_one_decides(stage: Stage) -> None:
    """Four creates must be in the ledger at once for any to be answered; a barrier breaks if they are not."""
    together = threading.Barrier(4)
    decided: set[int] = set()
    create, write = stage.se.create_customer, stage.crm.write_deals

    def slow(*arguments: object, **named: object) -> object:
        together.wait(PATIENCE)
        return create(*arguments, **named)  # type: ignore[arg-type]

    def noted(*arguments: object) -> object:
        decided.add(threading.get_ident())
        return write(*arguments)  # type: ignore[arg-type]

    stage.se.create_customer, stage.crm.write_deals = slow, noted  # type: ignore[method-assign, assignment]
    stage.crew = Threads(4)
    result = run(stage)
    assert result.stopped is None
    assert len(stage.se.made) == 12
    assert decided == {threading.get_ident()}


@pytest.mark.parametrize("started", [0, 1, 3])
def test_where_no_thread_can_be_started_nothing_was_sent_and_the_run_ends_with_words(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, started: int
) -> None:
    """It is answered like any other failure: a call that never began must not be waited for."""
    start, begun = threading.Thread.start, []

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith("call-"):
            begun.append(thread)
            if len(begun) > started:
                raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    stage.crew = Threads(4)
    result = run(stage)
    assert result.stopped is not None
    assert (result.stopped.code, result.stopped.exit_code) == ("UNREACHABLE", 8)
    assert "can't start new thread" in result.stopped.message
    assert "concurrent_creates = 1" in result.stopped.remedy
    assert len(stage.se.known) == started
    assert stage.se.made == []
    monkeypatch.undo()
    assert run(stage).stopped is None
    assert (len(stage.se.known), len(stage.se.made)) == (4, 12)


def test_a_thread_that_dies_answers_and_what_it_may_have_sent_is_looked_for(stage: Stage) -> None:
    create = stage.se.create_customer

    def die(*arguments: object, **named: object) -> object:
        create(*arguments, **named)  # type: ignore[arg-type]
        raise Killed

    stage.se.create_customer = die  # type: ignore[method-assign, assignment]
    stage.crew = Threads(4)
    with pytest.raises(Killed):
        run(stage)
    stage.crew.let_go()
    stage.se.create_customer = create  # type: ignore[method-assign]
    stage.crew = Threads(4)
    stage.pass_time(SETTLE * 2)
    run(stage)
    assert (len(stage.se.known), len(stage.se.made)) == (4, 12)


def test_a_crew_that_cannot_begin_a_call_at_all_is_not_waited_for(stage: Stage) -> None:
    class Stubborn(Threads):
        def give(self, number: int, call: Callable[[], object]) -> None:
            raise OSError(f"{number}: {call}")

    stage.crew = Stubborn(4)
    with pytest.raises(OSError, match="0:"):
        run(stage)
    stage.crew = Threads(4)
    stage.pass_time(SETTLE * 2)
    run(stage)
    assert (len(stage.se.known), len(stage.se.made)) == (4, 12)


def test_a_signal_lets_what_is_under_way_be_finished_and_nothing_more_begin(stage: Stage) -> None:
    usual = signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(Killed()))
    interruption = Interruption(sleep=lambda _: None, tell=lambda _: None)
    together = threading.Barrier(4, action=lambda: signal.raise_signal(signal.SIGTERM))
    begun: list[object] = []
    create = stage.se.create_customer

    def slow(*arguments: object, **named: object) -> object:
        begun.append(arguments)
        together.wait(PATIENCE)
        return create(*arguments, **named)  # type: ignore[arg-type]

    stage.se.create_customer = slow  # type: ignore[method-assign, assignment]
    stage.crew = Threads(4)
    try:
        with stage.world() as world, pytest.raises(Killed):
            push(replace(world, unit=interruption.unit), Scope(), Guard(max_changes=200))
    finally:
        signal.signal(signal.SIGTERM, usual)
    assert len(begun) == len(stage.se.known) == 4
    with stage.state() as state:
        assert len(state.links.customers("se")) == 4
    assert stage.se.made == []
    stage.se.create_customer = create  # type: ignore[method-assign]
    assert run(stage).holds == ()
    assert len(stage.se.made) == 12
