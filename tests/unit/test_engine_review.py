"""The queue of held deals: planned again from today's data, settled by a person, and back when its reason changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes import Stage
from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.review import reason_print
from sfspiris.engine.gather import Scope
from sfspiris.engine.review import plan_again, push_only, waiting
from sfspiris.engine.run import Guard, push
from sfspiris.sentences import as_told
from shorthand import NOW, buyer, deal, deal_id

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.core.outcome import RunResult

ROOMY = Guard(max_changes=200)
D1 = deal_id("D1")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A deal without an organisation number, held by a first run."""
    made = Stage(tmp_path)
    made.crm.add(deal("D1", "2 x 500 KONS", buyer=buyer(orgnr=None)))
    assert codes(run(made)) == [HoldCode.ORGNR_MISSING]
    return made


def run(stage: Stage, *, dry: bool = False) -> RunResult:
    with stage.world(dry=dry) as world:
        return push(world, Scope(), ROOMY)


def codes(result: RunResult) -> list[HoldCode]:
    return [one.hold.code for one in result.holds]


def resolve(stage: Stage) -> None:
    with stage.world(dry=False) as world:
        reason = world.state.reviews.reason(D1)
        assert reason
        world.state.reviews.resolve(D1, reason=reason, at=NOW, who="anna", note="Invoiced by hand.")
        world.state.holds.clear([D1])


def mend(stage: Stage, orgnr: str) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS", buyer=buyer(orgnr=orgnr)))


def test_the_queue_is_planned_from_todays_data_and_writes_nothing(stage: Stage) -> None:
    mend(stage, "556012-5790")
    saved = len(stage.crm.saved)
    with stage.world(dry=True) as world:
        queue = plan_again(world, waiting(world))
    (one,) = queue.differences
    assert (one.before, one.today, one.becomes) == ((HoldCode.ORGNR_MISSING,), (), "create_draft")
    assert (stage.se.made, len(stage.crm.saved)) == ([], saved)


def test_a_deal_that_is_won_no_more_is_told_and_not_pushed(stage: Stage) -> None:
    stage.crm.deals.clear()
    with stage.world(dry=True) as world:
        queue = plan_again(world, waiting(world))
    assert [one.is_gone for one in queue.differences] == [True]
    with stage.world(dry=False) as world:
        assert push_only(world, queue.still_won, ROOMY).results == ()


def test_a_resolved_deal_stays_away_as_long_as_its_reason_is_the_same(stage: Stage) -> None:
    resolve(stage)
    assert codes(run(stage)) == []
    assert codes(run(stage)) == []
    with stage.world(dry=True) as world:
        assert waiting(world) == frozenset()


def test_a_resolved_deal_comes_back_with_another_reason_and_stays(stage: Stage) -> None:
    resolve(stage)
    mend(stage, "556012-5791")
    assert codes(run(stage)) == [HoldCode.ORGNR_INVALID]
    stage.crm.add(deal("D1", "2 x 500 KONS", buyer=buyer(orgnr=None)))
    assert codes(run(stage)) == [HoldCode.ORGNR_MISSING], "the settled reason ended when it changed"


def test_a_resolved_deal_that_is_mended_is_invoiced(stage: Stage) -> None:
    resolve(stage)
    mend(stage, "556012-5790")
    assert codes(run(stage)) == []
    assert len(stage.se.made) == 1


def test_a_dry_run_ends_no_resolution(stage: Stage) -> None:
    resolve(stage)
    mend(stage, "556012-5791")
    assert codes(run(stage, dry=True)) == [HoldCode.ORGNR_INVALID]
    with stage.world(dry=True) as world:
        assert D1 in world.state.reviews.resolved()


def test_sales_asks_for_another_try_and_the_mark_is_taken_away(stage: Stage) -> None:
    resolve(stage)
    stage.crm.add(replace(stage.crm.deals[D1], retry=True))
    assert codes(run(stage)) == [HoldCode.ORGNR_MISSING]
    assert not stage.crm.deals[D1].retry
    writes = stage.crm.writes
    run(stage)
    assert stage.crm.writes == writes


def held(code: HoldCode = HoldCode.NO_LINES) -> Hold:
    return Hold("D1", "Affär", "se", code, as_told("It has no products."), as_told("Add them."))


def test_a_reason_is_the_same_whatever_its_order_and_another_with_another_value() -> None:
    one, other = held(), held(HoldCode.ORGNR_MISSING)
    assert reason_print([one, other], "a") == reason_print([other, one], "b")
    assert reason_print([one], "a") != reason_print([replace(one, value="1")], "a")
    assert reason_print([], "a") is None


def test_a_further_change_of_an_invoiced_deal_is_another_reason() -> None:
    changed = held(HoldCode.DEAL_CHANGED_AFTER_INVOICE)
    assert reason_print([changed], "a") != reason_print([changed], "b")
