"""Where a run stops of itself or calls a person: at the first failure if told to, and when too great a part of the deals waits."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fakes import Stage, lost, refused
from sfspiris.cli.exits import Exit, of_run
from sfspiris.core.actions import CreateDraft
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.outcome import Outcome
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from shorthand import deal, deal_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sfspiris.core.outcome import RunResult


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    for number in range(1, 5):
        made.crm.add(deal(f"D{number}", "2 x 500 KONS"))
    return made


def run(stage: Stage, scope: Scope | None = None, *, fail_fast: bool = False, most: str = "1") -> RunResult:
    with stage.world() as world:
        guard = Guard(max_changes=200, fail_fast=fail_fast, max_held_share=Decimal(most))
        return push(world, scope or Scope(), guard)


# --- at the first failure ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [refused, lost])
def test_a_run_that_is_told_to_tries_nothing_more_after_the_first_write_that_fails(
    stage: Stage, trouble: Callable[[], BaseException]
) -> None:
    stage.se.trouble.before[2] = trouble  # the first is the customer, the second the first draft
    result = run(stage, fail_fast=True)
    outcomes = Counter(one.outcome for one in result.results if isinstance(one.action, CreateDraft))
    assert outcomes == {Outcome.UNKNOWN if trouble is lost else Outcome.FAILED: 1, Outcome.SKIPPED: 3}
    assert result.stopped is not None
    assert result.stopped.code == "STOPPED_AT_FAILURE"
    assert deal_id("D1") in result.stopped.message
    assert of_run(result, allow_held=True, detailed=False) == Exit.SAFETY_STOP
    assert stage.se.creates == 1, "the customer alone"


def test_what_was_not_tried_is_made_by_the_next_run(stage: Stage) -> None:
    stage.se.trouble.before[2] = refused
    run(stage, fail_fast=True)
    result = run(stage, fail_fast=True)
    assert result.stopped is None
    assert len(stage.se.made) == 4


def test_without_that_word_the_others_go_on(stage: Stage) -> None:
    stage.se.trouble.before[2] = refused
    result = run(stage)
    assert result.stopped is None
    assert len(stage.se.made) == 3
    assert of_run(result, allow_held=True, detailed=False) == Exit.HELD


# --- when too much waits -----------------------------------------------------------------------------------------------


def hold_two(stage: Stage) -> None:
    stage.crm.add(deal("D3"))
    stage.crm.add(deal("D4"))


@pytest.mark.parametrize(("most", "code"), [("0.49", Exit.HELD), ("0.5", Exit.DONE), ("1", Exit.DONE)])
def test_too_great_a_part_that_waits_is_told_and_ends_a_run_with_3_whatever_is_allowed(
    stage: Stage, most: str, code: Exit
) -> None:
    hold_two(stage)
    result = run(stage, most=most)
    assert {one.hold.code for one in result.holds} == {HoldCode.NO_LINES}
    told = [str(one.message) for one in result.warnings if one.code is WarningCode.HELD_SHARE]
    assert bool(told) == (code == Exit.HELD)
    assert all(one.startswith("2 of 4 deals wait for a person") for one in told)
    assert of_run(result, allow_held=True, detailed=False) == code
    assert len(stage.se.made) == 2, "the others are made all the same"


def test_of_deals_that_were_asked_for_nothing_follows_about_the_others(stage: Stage) -> None:
    hold_two(stage)
    result = run(stage, Scope(deal_ids=(deal_id("D3"),)), most="0.1")
    assert [one.code for one in result.warnings if one.code is WarningCode.HELD_SHARE] == []


def test_a_run_without_deals_has_no_share(tmp_path: Path) -> None:
    assert run(Stage(tmp_path), most="0").warnings == ()
