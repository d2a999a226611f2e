"""Both sides are counted against the memory: nothing is lost or doubled in silence."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import Stage
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.outcome import RunResult, RunStatus
from sfspiris.engine import counting
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, pull, push
from shorthand import deal, deal_id


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    made.crm.add(deal("D1", "2 x 500 KONS"), deal("D2"))  # the second has no lines and is held
    return made


def run(stage: Stage, scope: Scope | None = None) -> RunResult:
    with stage.world() as world:
        return push(world, scope or Scope(), Guard(max_changes=200))


def miscounted(result: RunResult) -> list[str]:
    return [one.message for one in result.warnings if one.code is WarningCode.COUNT_MISMATCH]


@pytest.mark.parametrize("scope", [Scope(), Scope(full=True), Scope(limit=1)], ids=("new", "full", "limit"))
def test_linked_held_and_left_out_deals_all_count(stage: Stage, scope: Scope) -> None:
    stage.crm.add(deal("D3", "1 x 70 MAT"))
    assert [miscounted(run(stage, scope)) for _ in range(2)] == [[], []]


def test_a_won_deal_without_document_or_reason_is_told(stage: Stage) -> None:
    run(stage)
    with stage.world() as world:
        (warned,) = counting.deals(world, [deal_id("D1"), deal_id("D2"), deal_id("D9")], ())
        assert counting.deals(world, [deal_id("D9")], [deal_id("D9")]) == ()
    assert warned.code is WarningCode.COUNT_MISMATCH
    assert deal_id("D9") in warned.message
    assert deal_id("D1") not in warned.message


def test_a_document_with_our_marker_that_the_memory_does_not_know_makes_the_run_partial(stage: Stage) -> None:
    """Its deal has left the gate meanwhile, so no plan takes it over."""
    run(stage)
    stage.crm.leave(deal_id("D1"))
    for one in stage.folder.iterdir():
        one.unlink()
    stage.pass_time(timedelta(hours=1))
    stage.crm.deals.pop(deal_id("D2"))
    stage.crm.add(deal("D3", "1 x 70 MAT"))
    result = run(stage)
    (told,) = miscounted(result)
    assert f"SF:{deal_id('D1')}:1:" in told
    assert "state rebuild" in told
    assert result.status is RunStatus.PARTIAL


def test_a_second_document_for_a_known_deal_is_told_by_push_and_pull(stage: Stage) -> None:
    run(stage)
    (made,) = stage.se.made
    stage.se.made.append(replace(made, id="draft-77"))
    stage.crm.add(deal("D3", "1 x 70 MAT"))
    (told,) = miscounted(run(stage))
    assert told.startswith("2 documents")
    with stage.world() as world:
        assert miscounted(pull(world, full=False)) == [told]


def test_a_quiet_run_counts_without_a_call_to_any_ledger(stage: Stage) -> None:
    stage.crm.deals.pop(deal_id("D2"))
    run(stage)
    calls = stage.se.calls
    assert miscounted(run(stage)) == []
    assert stage.se.calls == calls


def test_a_push_holds_a_deal_that_has_two_documents_until_one_is_gone(stage: Stage) -> None:
    """The list showed the second one late; nothing of the deal has changed, and nothing new is made."""
    run(stage)
    (made,) = stage.se.made
    stage.se.made.append(replace(made, id="draft-77"))
    assert held(run(stage)) == [], "nothing asks for a list yet"
    stage.pass_time(timedelta(minutes=15))
    for _ in range(2):
        (told,) = held(run(stage))
        assert "draft draft-1 over" in told
        assert "draft draft-77 over" in told
    assert stage.crm.deals[deal_id("D1")].sync.code == HoldCode.OUTCOME_UNKNOWN
    stage.se.made.pop()
    assert held(run(stage)) == []
    assert stage.crm.deals[deal_id("D1")].sync.code is None
    reads = stage.se.reads["drafts"]
    run(stage)
    assert stage.se.reads["drafts"] == reads


def held(result: RunResult) -> list[str]:
    return [one.hold.message for one in result.holds if one.hold.code is HoldCode.OUTCOME_UNKNOWN]
