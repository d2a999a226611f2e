"""Taking back what a run made: only untouched drafts, each read just before, and nothing is deleted blindly."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import Killed, Stage, lost, refused, unreachable
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.lifecycle import IntentState
from sfspiris.core.model import DealStatus
from sfspiris.core.outcome import Outcome, RunResult, RunStatus
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.gather import Scope
from sfspiris.engine.rollback import rollback
from sfspiris.engine.run import Guard, pull, push
from sfspiris.errors import UsageError
from sfspiris.report.language import words
from sfspiris.state.journal import IntentKind
from shorthand import deal, deal_id, line

D1, D2 = deal_id("D1"), deal_id("D2")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Two deals of one customer, with their drafts, made by run-1."""
    made = Stage(tmp_path)
    made.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT"))
    run(made)
    assert [one.id for one in made.se.made] == ["draft-1", "draft-2"]
    return made


def run(stage: Stage) -> RunResult:
    with stage.world() as world:
        return push(world, Scope(), Guard(max_changes=200))


def take_back(stage: Stage, run_id: str = "run-1", *, dry: bool = False) -> RunResult:
    with stage.world(dry=dry, command="rollback") as world:
        return rollback(world, run_id)


def codes(result: RunResult) -> dict[str, HoldCode]:
    return {one.hold.deal_id: one.hold.code for one in result.holds}


def test_the_untouched_drafts_of_a_run_are_deleted_and_sales_is_told(stage: Stage) -> None:
    result = take_back(stage)
    assert (result.status, result.holds) == (RunStatus.OK, ())
    assert stage.se.made == []
    told = stage.crm.deals[D1].sync
    assert (told.status, told.code, told.draft_id) == (DealStatus.DELETED, "DRAFT_DELETED", "draft-1")
    assert "rollback" in (told.message or "")


def test_what_to_do_about_an_issued_draft_stands_by_itself(stage: Stage) -> None:
    """Reports put the next step above the deals that it is for."""
    stage.se.issue("draft-1", "1042")
    (held,) = (one.hold for one in take_back(stage).holds)
    assert held.fix == "If the invoice should not stand, credit it in Spiris."
    assert words("sv").sentence(held.fix) == "Om fakturan inte ska stå kvar, kreditera den i Spiris."
    assert " har ställts ut som faktura 1042" in words("sv").sentence(held.message)


def test_customers_stay_and_that_is_said(stage: Stage) -> None:
    (warned,) = take_back(stage).warnings
    assert warned.code is WarningCode.LEFT_IN_LEDGER
    assert ". It is left: other documents may use it by now" in warned.message
    assert ". Den lämnas kvar: andra dokument kan använda den nu" in words("sv").sentence(warned.message)
    assert stage.se.known[0].number in warned.message
    assert len(stage.se.known) == 1


def test_what_the_run_changed_of_a_customer_stays_and_that_is_said_with_the_fields(stage: Stage) -> None:
    sold = stage.crm.deals[D1]
    assert sold.buyer is not None
    moved = replace(sold.buyer, phone="08-2", city="Lund")
    stage.crm.deals[D1] = replace(sold, buyer=moved, changed_at=stage.crm.time)
    run(stage)
    said = [str(one.message) for one in take_back(stage, "run-2").warnings if one.code == "LEFT_IN_LEDGER"]
    number = stage.se.known[0].number
    assert said == [
        f"The run also changed customer {number} (town, phone) in company se. That is left: finance may have gone by it since."
    ]


def test_a_dry_run_says_what_would_go_and_writes_nothing(stage: Stage) -> None:
    before, told = stage.file.read_bytes(), dict(stage.crm.deals)
    result = take_back(stage, dry=True)
    assert {one.outcome for one in result.results} == {Outcome.PLANNED}
    assert (stage.se.deleted, stage.crm.deals, stage.file.read_bytes()) == ([], told, before)


def test_a_draft_of_another_run_is_left(stage: Stage) -> None:
    stage.crm.add(deal("D3", "1 x 70 MAT"))
    run(stage)
    take_back(stage, "run-1")
    assert [one.id for one in stage.se.made] == ["draft-3"]


def test_what_finance_has_edited_issued_or_deleted_is_left_and_named(stage: Stage) -> None:
    stage.crm.add(deal("D3", "3 x 70 MAT"))
    run(stage)
    stage.se.edit("draft-1", your_reference="Kajsa")
    stage.se.issue("draft-2", "1042")
    left = {D1: HoldCode.DRAFT_EDITED_BY_FINANCE, D2: HoldCode.DRAFT_ISSUED}
    assert [codes(take_back(stage, dry=dry)) for dry in (True, False)] == [left, left]
    stage.se.made = [one for one in stage.se.made if one.id != "draft-3"]
    assert codes(take_back(stage, "run-2")) == {deal_id("D3"): HoldCode.DRAFT_DELETED}
    assert stage.se.deleted == []


def test_a_draft_that_is_edited_between_plan_and_deletion_is_left(stage: Stage) -> None:
    """Lists show the draft as it was a moment ago; what counts is the reading just before."""
    listed = list(stage.se.made)
    stage.se.edit("draft-1", your_reference="Kajsa")
    stage.se.drafts = lambda: listed  # type: ignore[method-assign]
    result = take_back(stage)
    assert codes(result) == {D1: HoldCode.DRAFT_EDITED_BY_FINANCE}
    assert stage.se.deleted == ["draft-2"]
    assert stage.crm.deals[D1].sync.status is DealStatus.DRAFT


def test_a_draft_that_we_updated_ourselves_is_untouched_still(stage: Stage) -> None:
    stage.crm.deals[D1] = replace(stage.crm.deals[D1], lines=(line("3 x 500 KONS"),))
    run(stage)
    assert stage.se.updates == 1
    take_back(stage)
    assert stage.se.made == []


def test_a_draft_whose_creation_was_not_answered_is_left_since_somebody_may_have_been_at_it(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.after[2] = lost
    run(stage)
    stage.pass_time(SETTLE)
    run(stage)
    for dry in (True, False):
        assert codes(take_back(stage, dry=dry)) == {D1: HoldCode.DRAFT_EDITED_BY_FINANCE}
    assert len(stage.se.made) == 1


def test_a_later_push_makes_no_new_draft_until_a_person_asks_for_it(stage: Stage) -> None:
    take_back(stage)
    stage.pass_time(timedelta(days=1))
    assert codes(run(stage)) == {D1: HoldCode.DRAFT_DELETED, D2: HoldCode.DRAFT_DELETED}
    assert stage.se.made == []
    stage.crm.deals[D1] = replace(stage.crm.deals[D1], retry=True)
    run(stage)
    (again,) = stage.se.made
    assert f"SF:{D1}:2:" in " ".join(again.texts)


def test_a_pull_after_it_leaves_what_sales_was_told(stage: Stage) -> None:
    take_back(stage)
    stage.pass_time(timedelta(days=1))
    before = stage.crm.deals[D1].sync
    with stage.world() as world:
        assert pull(world, full=True).results == ()
    assert stage.crm.deals[D1].sync == before


def test_taking_back_twice_deletes_nothing_more_and_is_no_error(stage: Stage) -> None:
    take_back(stage)
    again = take_back(stage)
    assert (again.results, again.holds, set(again.unchanged)) == ((), (), {D1, D2})


def test_a_lost_state_file_makes_no_new_draft_of_what_was_taken_back(stage: Stage) -> None:
    take_back(stage)
    for one in stage.folder.iterdir():
        one.unlink()
    stage.pass_time(2 * SETTLE)
    assert set(codes(run(stage)).values()) == {HoldCode.OUTCOME_UNKNOWN}
    assert stage.se.made == []


def test_a_lost_reply_is_answered_by_the_draft_itself(stage: Stage) -> None:
    stage.se.delete_trouble.after[1] = lost
    result = take_back(stage)
    assert (result.status, stage.se.made) == (RunStatus.OK, [])
    assert stage.se.deleted == ["draft-1", "draft-2"]


def test_a_deletion_that_may_still_arrive_is_not_sent_again_in_the_same_run(stage: Stage) -> None:
    stage.se.delete_trouble.before[1] = lost
    result = take_back(stage)
    assert codes(result) == {D1: HoldCode.OUTCOME_UNKNOWN}
    assert [one.id for one in stage.se.made] == ["draft-1"]
    stage.pass_time(SETTLE)
    assert take_back(stage).holds == ()
    assert stage.se.made == []


def test_a_draft_that_was_issued_while_the_reply_was_lost_is_no_deleted_one(stage: Stage) -> None:
    stage.se.delete_trouble.before[1] = lost
    take_back(stage)
    stage.se.issue("draft-1", "1042")
    again = take_back(stage)
    assert codes(again) == {D1: HoldCode.DRAFT_ISSUED}
    with stage.state() as state:
        states = [one.state for one in state.journal.of_deal(D1) if one.kind is IntentKind.DELETE_DRAFT]
    assert states == [IntentState.REFUSED]


def test_a_process_that_dies_after_the_deletion_is_followed_by_one_that_sees_it(stage: Stage) -> None:
    stage.se.delete_trouble.after[1] = Killed
    with pytest.raises(Killed):
        take_back(stage)
    take_back(stage)
    assert stage.se.deleted == ["draft-1", "draft-2"]
    stage.pass_time(timedelta(days=1))
    assert set(codes(run(stage)).values()) == {HoldCode.DRAFT_DELETED}


def test_a_refusal_leaves_the_draft_and_the_others_go_on(stage: Stage) -> None:
    stage.se.delete_trouble.before[1] = refused
    assert codes(take_back(stage)) == {D1: HoldCode.LEDGER_REFUSED}
    assert [one.id for one in stage.se.made] == ["draft-1"]
    assert stage.crm.deals[D1].sync.status is DealStatus.DRAFT


def test_a_ledger_that_is_away_stops_it_and_nothing_is_told_that_was_not_done(stage: Stage) -> None:
    stage.se.delete_trouble.before[1] = unreachable
    result = take_back(stage)
    assert result.status is RunStatus.FAILED
    assert {one.sync.status for one in stage.crm.deals.values()} == {DealStatus.DRAFT}
    assert len(stage.se.made) == 2


def test_an_unknown_run_is_named(stage: Stage) -> None:
    with pytest.raises(UsageError, match="run-99"):
        take_back(stage, "run-99")


@pytest.mark.parametrize("dry", [True, False], ids=["dry", "carried out"])
def test_a_run_that_made_nothing_is_named_as_such(stage: Stage, dry: bool) -> None:
    """Whoever names another run than was meant learns it, and nothing is touched."""
    run(stage)
    result = take_back(stage, "run-2", dry=dry)
    assert (result.status, result.results) == (RunStatus.OK, ())
    (warned,) = result.warnings
    assert warned.code is WarningCode.NOTHING_TO_TAKE_BACK
    assert "run-2" in warned.message
    assert "runs list" in warned.message
    assert len(stage.se.made) == 2


def test_a_run_that_made_nothing_in_the_chosen_company_says_where(stage: Stage) -> None:
    with stage.world(command="rollback") as world:
        result = rollback(world, "run-1", ["int"])
    (warned,) = result.warnings
    assert warned.code is WarningCode.NOTHING_TO_TAKE_BACK
    assert "in company int" in warned.message


def test_a_run_whose_drafts_are_taken_back_already_did_make_some(stage: Stage) -> None:
    take_back(stage)
    assert WarningCode.NOTHING_TO_TAKE_BACK not in {one.code for one in take_back(stage).warnings}
