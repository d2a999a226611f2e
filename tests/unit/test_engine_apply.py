"""A saved plan against both sides in memory: what may be carried out, what is refused, and that no deal is lost by it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes import Stage
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.outcome import Outcome, RunResult, RunStatus
from sfspiris.core.planning.saved import SavedPlan
from sfspiris.engine.apply import apply, save
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from sfspiris.errors import SafetyStop
from shorthand import buyer, deal, deal_id

ROOMY = Guard(max_changes=200)
OTHER = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def plan(stage: Stage, scope: Scope | None = None) -> SavedPlan:
    with stage.world(dry=True) as world:
        return save(world, push(world, scope or Scope(), ROOMY), scope or Scope())


def carry_out(
    stage: Stage, saved: SavedPlan, *, strict: bool = False, guard: Guard = ROOMY, dry: bool = False
) -> RunResult:
    with stage.world(dry=dry) as world:
        return apply(world, saved, guard, strict=strict)


def pushed(stage: Stage) -> RunResult:
    with stage.world() as world:
        return push(world, Scope(), ROOMY)


def made(stage: Stage) -> list[Decimal]:
    return [one.totals.net for one in stage.se.made]


def refused(result: RunResult) -> dict[str | None, str]:
    return {one.deal_id: one.message for one in result.warnings if one.code is WarningCode.PLAN_STALE}


def test_what_was_saved_is_made_and_deals_won_since_wait_for_the_next_push(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    saved = plan(stage)
    stage.crm.add(deal("D2", "1 x 70 MAT", buyer=OTHER))
    result = carry_out(stage, saved, strict=True)
    assert (result.status, made(stage)) == (RunStatus.OK, [Decimal(1000)])
    pushed(stage)
    assert made(stage) == [Decimal(1000), Decimal(70)]


def test_the_same_plan_twice_makes_nothing_and_is_not_stale(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    saved = plan(stage)
    carry_out(stage, saved)
    again = carry_out(stage, saved, strict=True)
    assert (again.results, again.status) == ((), RunStatus.OK)
    assert len(stage.se.made) == 2


def test_a_moved_deal_is_refused_with_the_field_that_moved_and_its_customer_is_not_made(
    stage: Stage,
) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    saved = plan(stage)
    stage.crm.add(deal("D2", "3 x 70 MAT", buyer=OTHER))
    result = carry_out(stage, saved)
    assert made(stage) == [Decimal(1000)]
    assert list(refused(result)) == [deal_id("D2")]
    assert "Rows[1].Quantity" in refused(result)[deal_id("D2")]
    assert [one.action.deal_id for one in result.results if one.action.deal_id == deal_id("D2")] == []
    assert (result.failed, result.status) == (1, RunStatus.PARTIAL)
    pushed(stage)
    assert made(stage) == [Decimal(1000), Decimal(210)]


def test_a_shared_customer_is_made_for_the_deal_that_stayed_the_same(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT"))
    saved = plan(stage)
    stage.crm.add(deal("D1", "3 x 500 KONS"))
    result = carry_out(stage, saved)
    assert list(refused(result)) == [deal_id("D1")]
    assert made(stage) == [Decimal(70)]


def test_a_deal_that_was_mended_planned_and_moved_stays_in_the_queue(stage: Stage) -> None:
    """The cursor is past it and no stamp may show what moved, so the queue is all that remembers it."""
    stage.crm.add(deal("D1", "1 x 70 MAT", buyer=buyer(orgnr="556036-0794")))
    assert [one.hold.code for one in pushed(stage).holds] == [HoldCode.ORGNR_INVALID]
    mended = deal("D1", "1 x 70 MAT")
    stage.crm.add(mended)
    saved = plan(stage)
    stage.crm.add(replace(mended, purchase_order="PO 7"))
    result = carry_out(stage, saved)
    assert list(refused(result)) == [deal_id("D1")]
    with stage.world() as world:
        assert world.state.holds.deal_ids() == {deal_id("D1")}
    pushed(stage)
    assert made(stage) == [Decimal(70)]


def test_a_deal_that_is_held_now_counts_as_held_and_not_as_failed(stage: Stage) -> None:
    stage.crm.add(deal("D1", "1 x 70 MAT"))
    saved = plan(stage)
    stage.crm.add(deal("D1", "1 x 70 MAT", buyer=buyer(orgnr="556036-0794")))
    result = carry_out(stage, saved)
    assert (result.held, result.failed) == (1, 0)
    assert "ORGNR_INVALID" in refused(result)[deal_id("D1")]
    assert stage.se.creates == 0


def test_strict_refuses_all_for_one_and_writes_nothing(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    saved = plan(stage)
    stage.crm.add(deal("D2", "3 x 70 MAT", buyer=OTHER))
    with pytest.raises(SafetyStop) as stopped:
        carry_out(stage, saved, strict=True)
    assert stopped.value.code == "PLAN_STALE"
    assert deal_id("D2") in stopped.value.message
    assert (stage.se.creates, stage.crm.saved) == (0, [])


def test_a_deal_that_is_not_won_any_more_is_refused_while_the_others_go(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    saved = plan(stage)
    del stage.crm.deals[deal_id("D2")]
    result = carry_out(stage, saved)
    assert "not won any more" in refused(result)[deal_id("D2")]
    assert made(stage) == [Decimal(1000)]


@pytest.mark.parametrize(
    "other", [{"org": "ZZZZZ"}, {"companies": {"se": "5560125790", "no": "1"}}, {"rules": "0"}]
)
def test_a_plan_of_another_org_other_companies_or_other_rules_is_refused(
    stage: Stage, other: dict[str, object]
) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    saved = replace(plan(stage), **other)  # type: ignore[arg-type]  # one field at a time
    with pytest.raises(SafetyStop) as stopped:
        carry_out(stage, saved)
    assert stopped.value.code == "PLAN_FOREIGN"
    assert stage.se.creates == 0


def test_the_limit_on_changes_holds_for_a_saved_plan_too(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    with pytest.raises(SafetyStop, match="at most 3"):
        carry_out(stage, plan(stage), guard=Guard(max_changes=3))
    assert stage.se.creates == 0


def test_a_dry_application_shows_what_would_be_done(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    result = carry_out(stage, plan(stage), dry=True)
    assert {one.outcome for one in result.results} == {Outcome.PLANNED}
    assert stage.se.creates == 0
