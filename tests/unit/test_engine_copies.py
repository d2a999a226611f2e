"""A Deal that was made with Clone, which copies what we wrote about the other Deal's document."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import Stage
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.model import Deal
from sfspiris.core.outcome import RunResult
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from shorthand import deal, deal_id

D1, COPY = deal_id("D1"), deal_id("D2")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """One deal with its draft, and a copy of it."""
    made = Stage(tmp_path)
    made.crm.add(deal("D1", "2 x 500 KONS"))
    run(made)
    made.pass_time(timedelta(days=1))
    made.crm.add(replace(deal("D2", "2 x 500 KONS"), sync=made.crm.deals[D1].sync))
    return made


def run(stage: Stage, *, full: bool = False) -> RunResult:
    with stage.world() as world:
        return push(world, Scope(full=full), Guard(max_changes=200))


def copy(stage: Stage) -> Deal:
    return stage.crm.deals[COPY]


def let_go(stage: Stage) -> None:
    """What the hold says a person should do when the copy is a sale of its own."""
    empty = replace(copy(stage).sync, draft_id=None, invoice_number=None)
    stage.crm.deals[COPY] = replace(copy(stage), sync=empty, changed_at=stage.crm.time)


def drafts(stage: Stage) -> int:
    return len(stage.se.drafts())


@pytest.mark.parametrize("full", [False, True])
def test_a_copy_of_a_deal_that_is_still_won_gets_a_draft_of_its_own_and_is_told(
    stage: Stage, *, full: bool
) -> None:
    first = stage.crm.deals[D1].sync
    result = run(stage, full=full)
    assert result.holds == ()
    (told,) = [one for one in result.warnings if one.code is WarningCode.COPIED_FIELDS]
    assert told.deal_id == COPY
    assert f"copied from deal {stage.crm.deals[D1].name} ({D1})" in told.message
    assert copy(stage).sync.draft_id not in {None, first.draft_id}
    assert stage.crm.deals[D1].sync == first
    assert drafts(stage) == 2
    again = run(stage, full=full)
    assert (again.results, again.warnings, drafts(stage)) == ((), (), 2)


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_copy_of_a_deal_that_is_not_won_any_more_waits_since_it_may_take_its_place(
    stage: Stage, *, is_deleted: bool
) -> None:
    stage.crm.leave(D1, deleted=is_deleted)
    result = run(stage)
    (hold,) = [one.hold for one in result.holds if one.hold.deal_id == COPY]
    assert hold.code is HoldCode.OUTCOME_UNKNOWN
    assert f"that is the document of deal {D1}" in hold.message
    assert drafts(stage) == 1

    let_go(stage)
    again = run(stage)
    assert drafts(stage) == 2, again.holds


def test_a_document_that_a_person_wrote_on_another_deal_is_not_taken_for_a_copy(stage: Stage) -> None:
    """As when one invoice is meant for two deals: only a copy carries the other deal's correlation id."""
    typed = replace(copy(stage).sync, correlation_id=None)
    stage.crm.deals[COPY] = replace(copy(stage), sync=typed)
    result = run(stage)
    (hold,) = [one.hold for one in result.holds]
    assert (hold.deal_id, hold.code) == (COPY, HoldCode.OUTCOME_UNKNOWN)
    assert f"({D1})" in hold.message
    assert drafts(stage) == 1


def test_without_our_memory_the_marker_on_the_document_tells_whose_it_is(stage: Stage) -> None:
    for left_over in stage.folder.glob("*.db*"):
        left_over.unlink()
    stage.pass_time(timedelta(hours=1))
    result = run(stage)
    (hold,) = [one.hold for one in result.holds]
    assert hold.deal_id == COPY
    assert f"the document of deal {D1}" in hold.message
    assert drafts(stage) == 1
    let_go(stage)
    stage.pass_time(timedelta(hours=1))
    again = run(stage)
    assert drafts(stage) == 2, again.holds
