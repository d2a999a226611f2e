"""When a run began is told by the CRM's clock, as its end is, however wrong this machine's clock is."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from fakes import Killed, Stage
from sfspiris.core.audit import Happened
from sfspiris.core.outcome import RunResult
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from sfspiris.engine.sync import sync
from sfspiris.engine.world import ServerClock, World
from sfspiris.state.history import Configuration
from sfspiris.state.runs import Run
from sfspiris.state.server_clock import kept_ahead
from shorthand import deal

ROOMY = Guard(max_changes=200)
NINE_DAYS = timedelta(days=9)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=[NINE_DAYS, -NINE_DAYS, timedelta(seconds=40)], ids=["fast", "slow", "a little fast"])
def off(request: pytest.FixtureRequest) -> timedelta:
    """How far this machine's clock is ahead of the CRM's."""
    given: timedelta = request.param
    return given


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    made.crm.add(deal("D1", "2 x 500 KONS"))
    return made


def skewed(stage: Stage, world: World, off: timedelta) -> World:
    """The world as the command opens it on such a machine."""
    return replace(world, clock=ServerClock(lambda: stage.crm.time + off, kept_ahead(world.state.catalog)))


def run(stage: Stage, off: timedelta) -> RunResult:
    with stage.world() as world:
        return push(skewed(stage, world, off), Scope(), ROOMY)


def recorded(stage: Stage) -> list[Run]:
    """The runs as they are listed, newest first."""
    with stage.state() as state:
        return list(state.runs.recent())


def test_a_run_begins_and_ends_by_one_clock(stage: Stage, off: timedelta) -> None:
    result = run(stage, off)
    (known,) = recorded(stage)
    assert known.started_at == known.finished_at == result.started_at == result.finished_at == stage.crm.time


def test_runs_are_listed_in_the_order_in_which_they_ran(stage: Stage, off: timedelta) -> None:
    for _ in range(3):
        with stage.world(command="sync") as world:
            sync(skewed(stage, world, off), Scope(), ROOMY)
        stage.pass_time(MINUTE)
    assert [one.run_id for one in recorded(stage)] == [
        "run-3-pull",
        "run-3",
        "run-2-pull",
        "run-2",
        "run-1-pull",
        "run-1",
    ]
    assert all(one.finished_at is not None and one.started_at <= one.finished_at for one in recorded(stage))


def test_a_run_that_was_ended_in_the_middle_has_begun_by_the_same_clock(stage: Stage, off: timedelta) -> None:
    stage.se.trouble.before[1] = Killed
    with pytest.raises(Killed):
        run(stage, off)
    (known,) = recorded(stage)
    assert (known.started_at, known.finished_at) == (stage.crm.time, None)
    stage.pass_time(timedelta(hours=1))
    run(stage, off)
    assert [one.run_id for one in recorded(stage)] == ["run-2", "run-1"]


def test_what_was_told_of_a_run_once_is_not_told_otherwise_after_the_next(
    stage: Stage, off: timedelta
) -> None:
    """An auditor's file of yesterday is the beginning of today's, with the decisions that were made in between."""
    told = []
    for number in (1, 2, 3):
        with stage.world() as world:
            here = skewed(stage, world, off)
            used = Configuration(here.clock.now(), here.run_id, f"{number}" * 64, "sfspiris 1", "anna")
            here.state.history.note_configuration(used)
            push(here, Scope(), ROOMY)
            told.append(here.state.history.all())
        stage.pass_time(MINUTE)
        with stage.state() as state:  # as a command does that asks no system
            now = stage.crm.time + off + kept_ahead(state.catalog)
            state.reviews.assign("D1", to=f"Bo {number}", at=now, who="anna")
            told.append(state.history.all())
        stage.pass_time(MINUTE)
    for earlier, later in pairwise(told):
        assert later[: len(earlier)] == earlier
    began = [one for one in told[-1] if one.what is Happened.RUN_BEGAN]
    assert [one.config for one in began] == ["1" * 64, "2" * 64, "3" * 64]
    assert [one.at for one in told[-1]] == sorted(one.at for one in told[-1])


def test_clocks_that_agree_are_not_remembered(stage: Stage) -> None:
    run(stage, timedelta(seconds=1))
    with stage.state() as state:
        assert kept_ahead(state.catalog) == timedelta(0)
    assert recorded(stage)[0].started_at <= stage.crm.time + timedelta(seconds=1)


def test_a_clock_that_was_set_between_two_runs_is_found_out(stage: Stage) -> None:
    run(stage, NINE_DAYS)
    stage.pass_time(MINUTE)
    run(stage, -NINE_DAYS)
    newest, _ = recorded(stage)
    assert (newest.run_id, newest.started_at) == ("run-2", stage.crm.time)
