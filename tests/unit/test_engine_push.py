"""A whole run against both sides in memory and a real state file."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fakes import Killed, Stage, Trouble, lost, over_quota, refused, unreachable
from sfspiris.core.actions import CreateDraft
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.lifecycle import IntentState
from sfspiris.core.model import DealStatus, SyncState
from sfspiris.core.outcome import Outcome, RunResult, RunStatus
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.gather import FEED, OVERLAP, Scope
from sfspiris.engine.run import Guard, push
from sfspiris.engine.work import UNANSWERED_IN_A_ROW
from sfspiris.errors import SafetyStop, Unreachable, UsageError
from shorthand import buyer, customer, deal, deal_id, line

ROOMY = Guard(max_changes=200)
OTHER = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def run(stage: Stage, scope: Scope | None = None, *, dry: bool = False, guard: Guard = ROOMY) -> RunResult:
    with stage.world(dry=dry) as world:
        return push(world, scope or Scope(), guard)


def codes(result: RunResult) -> list[HoldCode]:
    return [one.hold.code for one in result.holds]


# --- the straight path ---------------------------------------------------------------------------------------------


def test_a_won_deal_becomes_one_customer_and_one_draft_and_is_told(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    result = run(stage)
    assert result.status is RunStatus.OK
    (draft,) = stage.se.made
    assert draft.totals.net == Decimal(1000)
    told = stage.crm.deals[deal_id("D1")].sync
    assert (told.status, told.draft_id, told.company) == (DealStatus.DRAFT, draft.id, "se")
    assert told.correlation_id


def test_a_second_run_writes_nothing_and_reads_no_ledger(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    calls, creates, saved = stage.se.calls, stage.se.creates, len(stage.crm.saved)
    second = run(stage)
    assert (stage.se.calls, stage.se.creates, len(stage.crm.saved)) == (calls, creates, saved)
    assert second.unchanged == (deal_id("D1"),)


def test_what_was_planned_dry_is_what_is_done(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER), deal("D3"))
    planned = run(stage, dry=True)
    assert stage.se.creates == 0
    assert not stage.file.exists()
    done = run(stage)
    assert [one.action.id for one in planned.results] == [one.action.id for one in done.results]
    assert {one.outcome for one in planned.results} == {Outcome.PLANNED}
    assert {one.outcome for one in done.results} == {Outcome.DONE}


def test_a_dry_run_leaves_the_state_file_as_it_was(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    before = stage.file.read_bytes()
    stage.crm.add(deal("D2", "1 x 70 MAT"), deal("D3"))
    run(stage, dry=True)
    assert stage.file.read_bytes() == before


def test_a_total_that_differs_is_held_for_a_look_and_told_on_the_record(stage: Stage) -> None:
    stage.se.off_by = Decimal("0.01")
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    result = run(stage)
    assert [one.hold.code for one in result.holds] == [HoldCode.TOTAL_MISMATCH] * 2
    assert result.status is RunStatus.PARTIAL
    told = stage.crm.deals[deal_id("D1")].sync
    assert (told.status, told.code) == (DealStatus.DRAFT, HoldCode.TOTAL_MISMATCH)
    assert set(run(stage).unchanged) == {deal_id("D1"), deal_id("D2")}


def test_a_pilot_ends_at_the_first_total_that_differs_and_the_next_run_makes_the_rest(stage: Stage) -> None:
    stage.se.off_by = Decimal("0.01")
    stage.crm.add(*(deal(f"D{number}", "1 x 70 MAT", buyer=OTHER) for number in (1, 2, 3)))
    with stage.world() as world:
        stopped = push(world, Scope(limit=2), Guard(max_changes=50, is_pilot=True))
    assert len(stage.se.made) == 1
    assert isinstance(stopped.stopped, SafetyStop)
    assert "not as expected" in stopped.stopped.message
    stage.se.off_by = Decimal(0)
    assert run(stage).status is RunStatus.OK
    assert len(stage.se.made) == 3


def test_vat_that_differs_from_what_was_foretold_is_held_too(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    made = stage.se.create_draft

    def taxed(*given: Any, **named: Any) -> Any:
        draft = made(*given, **named)
        return replace(draft, totals=replace(draft.totals, vat=Decimal(0), gross=draft.totals.net))

    stage.se.create_draft = taxed  # type: ignore[method-assign]  # the fake's own books, not ours
    assert [one.hold.code for one in run(stage).holds] == [HoldCode.TOTAL_MISMATCH]


# --- what is read --------------------------------------------------------------------------------------------------


def test_the_cursor_follows_the_crms_clock_and_reads_back_over_an_overlap(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    with stage.state() as state:
        assert state.cursors.get(FEED) == stage.crm.time
    late = deal("D2", "1 x 70 MAT", buyer=OTHER)
    stage.crm.add(late)
    stage.crm.deals[late.id] = replace(late, changed_at=stage.crm.time - OVERLAP)
    run(stage)
    assert len(stage.se.made) == 2


@pytest.mark.parametrize(
    "scope",
    [
        Scope(deal_ids=(deal_id("D1"),)),
        Scope(limit=1),
        Scope(since=date(2026, 11, 1)),
        Scope(companies=("se",)),
    ],
    ids=str,
)
def test_a_run_that_does_not_read_everything_never_moves_the_cursor(stage: Stage, scope: Scope) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    run(stage, scope)
    with stage.state() as state:
        assert state.cursors.get(FEED) is None


def test_a_pilot_of_one_is_followed_by_the_rest(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    run(stage, Scope(limit=1))
    assert len(stage.se.made) == 1
    run(stage)
    assert len(stage.se.made) == 2


def test_a_backfill_takes_the_deals_of_its_days(stage: Stage) -> None:
    stage.policy = replace(stage.policy, start_date=date(2026, 11, 1))
    stage.crm.add(deal("D1", "2 x 500 KONS", closed_on=date(2026, 10, 30)))
    assert run(stage).results == ()
    run(stage, Scope(since=date(2026, 10, 1), until=date(2026, 10, 31)))
    assert len(stage.se.made) == 1


def test_a_deal_that_is_asked_for_by_id_and_is_not_won_is_named(stage: Stage) -> None:
    with pytest.raises(UsageError, match="not won") as refused:
        run(stage, Scope(deal_ids=(deal_id("D9"),)))
    assert refused.value.code == "GATE_NOT_MET"
    with pytest.raises(UsageError, match="knows no deal"):
        run(stage, Scope(deal_ids=("00Q000000000001AAA",)))


def test_a_run_for_one_company_leaves_the_others_deals_alone(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2"))
    result = run(stage, Scope(companies=("int",)))
    assert (result.results, result.holds, stage.se.calls) == ((), (), 0)


def test_a_mended_deal_leaves_the_queue_though_no_stamp_moved(stage: Stage) -> None:
    """The account is mended, not the opportunity, so the deal is not in the delta."""
    broken = deal("D1", "2 x 500 KONS", buyer=buyer(postal_code=None))
    stage.crm.add(broken)
    assert codes(run(stage)) == [HoldCode.CUSTOMER_ADDRESS_INCOMPLETE]
    stage.pass_time(timedelta(days=3))
    stage.crm.deals[broken.id] = replace(stage.crm.deals[broken.id], buyer=buyer())
    assert run(stage).holds == ()
    assert len(stage.se.made) == 1


def test_a_hold_keeps_since_when_it_stands(stage: Stage) -> None:
    stage.crm.add(deal("D1"))
    first = run(stage).holds[0].since
    stage.pass_time(timedelta(days=3))
    assert run(stage).holds[0].since == first


@pytest.mark.parametrize("deleted", [False, True])
def test_a_held_deal_that_is_no_longer_won_leaves_the_queue(stage: Stage, deleted: bool) -> None:
    stage.crm.add(deal("D1"))
    run(stage)
    stage.crm.leave(deal_id("D1"), deleted=deleted)
    assert run(stage).holds == ()
    with stage.state() as state:
        assert state.holds.deal_ids() == frozenset()


def test_a_held_deal_of_which_the_crm_tells_nothing_stays_until_somebody_settles_it(stage: Stage) -> None:
    stage.crm.add(deal("D1"))
    run(stage)
    stage.crm.deals.clear()
    for _ in range(2):
        result = run(stage)
        assert [one.code for one in result.warnings] == [WarningCode.COUNT_MISMATCH]
        assert result.status is RunStatus.PARTIAL
    with stage.state() as state:
        assert state.holds.deal_ids() == {deal_id("D1")}


def test_payment_terms_are_remembered_for_minutes_and_read_anew_when_asked(stage: Stage) -> None:
    stage.crm.add(deal("D1", "1 x 5 FINNSEJ"))
    for scope, seconds, reads in [
        (Scope(), 0, 1),
        (Scope(), 60, 1),
        (Scope(full=True), 0, 2),
        (Scope(), 301, 3),
    ]:
        stage.pass_time(timedelta(seconds=seconds))
        run(stage, scope)
        assert stage.se.reads["terms"] == reads


# --- limits and refusals -------------------------------------------------------------------------------------------


def test_more_creates_than_allowed_stop_the_run_before_anything_is_written(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT"))
    with pytest.raises(SafetyStop, match="3 customers and documents"):
        run(stage, guard=Guard(max_changes=2))
    assert stage.se.creates == 0
    run(stage, guard=Guard(max_changes=2, allow_large=True))
    assert len(stage.se.made) == 2


def test_a_refused_customer_holds_its_deals_and_lets_the_others_go_on(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT"), deal("D3", "1 x 5 KONS", buyer=OTHER))
    stage.se.trouble.before[1] = refused
    result = run(stage)
    assert codes(result) == [HoldCode.LEDGER_REFUSED] * 2
    assert result.status is RunStatus.PARTIAL
    assert len(stage.se.made) == 1
    assert stage.crm.deals[deal_id("D1")].sync.code == HoldCode.LEDGER_REFUSED
    assert codes(run(stage)) == [HoldCode.LEDGER_REFUSED] * 2, "nothing has changed"
    assert run(stage, Scope(full=True)).holds == (), "a person asks for another try"
    assert len(stage.se.made) == 3


def test_over_quota_waits_as_told_and_goes_on(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.before[1] = lambda: over_quota(55)
    assert run(stage).status is RunStatus.OK
    assert stage.paused == [55]


def test_quota_that_never_comes_stops_the_run_with_nothing_lost(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))

    class Full(dict[int, Any]):
        def pop(self, *_: Any) -> Any:
            return over_quota

    stage.se.trouble.before = Full()
    result = run(stage)
    assert result.stopped is not None
    assert result.stopped.exit_code == 8
    stage.se.trouble.before = {}
    run(stage)
    assert len(stage.se.made) == 1


@pytest.mark.parametrize("seconds", [66, 3600, 365 * 86_400])
def test_a_longer_wait_for_quota_than_a_minute_ends_the_run_instead(stage: Stage, seconds: float) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.before[1] = lambda: over_quota(seconds)
    result = run(stage)
    assert result.stopped is not None
    assert result.stopped.exit_code == 8
    assert stage.paused == []
    assert run(stage).status is RunStatus.OK


def a_bad_day(stage: Stage, moment: str, *creates: int) -> None:
    """Six deals for one known customer, and no answer to these creates."""
    stage.se.known.append(customer("1001"))
    stage.crm.add(*[deal(f"D{number}", "2 x 500 KONS") for number in range(1, 7)])
    for nth in creates:
        getattr(stage.se.trouble, moment)[nth] = lost


def test_three_creates_in_a_row_without_an_answer_stop_the_run_and_leave_the_rest_untouched(
    stage: Stage,
) -> None:
    a_bad_day(stage, "after", 1, 2, 3, 4, 5, 6)
    result = run(stage)
    assert isinstance(result.stopped, Unreachable)
    assert (result.stopped.code, result.stopped.exit_code) == ("NO_ANSWERS", 8)
    drafts = [one.outcome for one in result.results if isinstance(one.action, CreateDraft)]
    assert drafts == [Outcome.UNKNOWN] * UNANSWERED_IN_A_ROW + [Outcome.SKIPPED] * 3
    assert stage.se.creates == UNANSWERED_IN_A_ROW
    with stage.state() as state:
        assert state.cursors.get(FEED) is None
        assert len(state.journal.open_intents()) == UNANSWERED_IN_A_ROW
    assert [one.sync.status for one in stage.crm.deals.values()] == ["Held"] * 3 + [None] * 3
    stage.se.trouble = Trouble()
    run(stage)
    assert len(stage.se.made) == 6, "what was made is adopted, and the rest is made"
    assert run(stage).results == ()


def test_an_answer_in_between_lets_the_run_go_on(stage: Stage) -> None:
    a_bad_day(stage, "after", 1, 2, 4, 5)
    result = run(stage)
    assert result.stopped is None
    assert result.failed == 4
    assert stage.se.creates == 6


def test_a_refusal_is_an_answer(stage: Stage) -> None:
    a_bad_day(stage, "after", 1, 2, 4, 5)
    stage.se.trouble.before[3] = refused
    assert run(stage).stopped is None


def test_no_connection_stops_the_run_moves_no_cursor_and_the_next_run_does_the_rest(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 5 KONS", buyer=OTHER))
    stage.se.trouble.before[3] = unreachable
    result = run(stage)
    assert result.status is RunStatus.FAILED
    assert [one.outcome for one in result.results].count(Outcome.SKIPPED) == 2
    with stage.state() as state:
        assert state.cursors.get(FEED) is None
    run(stage)
    assert len(stage.se.made) == 2


def test_a_status_that_the_crm_does_not_save_is_told_again_later_and_stops_nobody(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    stage.crm.broken[deal_id("D1")] = "FIELD_CUSTOM_VALIDATION_EXCEPTION: Fyll i säljchef."
    result = run(stage)
    assert [one.code for one in result.warnings] == [WarningCode.WRITE_BACK_FAILED]
    assert stage.crm.deals[deal_id("D2")].sync.status == DealStatus.DRAFT
    stage.crm.broken.clear()
    stage.pass_time(timedelta(days=3))
    run(stage)
    assert stage.crm.deals[deal_id("D1")].sync.status == DealStatus.DRAFT
    assert len(stage.se.made) == 2


def test_a_crm_that_falls_silent_after_the_drafts_is_told_by_the_next_run(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.crm.trouble.before[3] = unreachable
    assert run(stage).stopped is not None
    assert run(stage).stopped is None
    assert stage.crm.deals[deal_id("D1")].sync.status == DealStatus.DRAFT
    assert len(stage.se.made) == 1


def test_without_status_fields_the_run_says_so_once_and_works(stage: Stage) -> None:
    stage.crm.writable = frozenset()
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    result = run(stage)
    assert [one.code for one in result.warnings] == [WarningCode.WRITE_BACK_UNAVAILABLE]
    assert (len(stage.se.made), stage.crm.saved) == (1, [])


def test_a_field_that_the_org_lacks_and_that_we_can_do_without_is_told_once(stage: Stage) -> None:
    stage.crm.lacks = ("There is no PO_Number__c.",)
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    assert [(one.code, one.message) for one in run(stage).warnings] == [
        (WarningCode.SOURCE_FIELD_MISSING, "There is no PO_Number__c.")
    ]


# --- lost replies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nth", [1, 2], ids=["customer", "draft"])
def test_a_lost_reply_is_looked_up_and_adopted_and_nothing_is_made_twice(stage: Stage, nth: int) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.after[nth] = lost
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    result = run(stage)
    assert result.status is RunStatus.OK
    assert (len(stage.se.known), len(stage.se.made)) == (1, 1)
    assert stage.crm.deals[deal_id("D1")].sync.draft_id == stage.se.made[0].id


@pytest.mark.parametrize("nth", [1, 2], ids=["customer", "draft"])
def test_a_lost_request_is_sent_again_only_after_the_settle_window(stage: Stage, nth: int) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.before[nth] = lost
    run(stage)
    stage.pass_time(SETTLE - timedelta(seconds=1))
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    assert len(stage.se.made) == 0
    stage.pass_time(timedelta(seconds=1))
    assert run(stage).status is RunStatus.OK
    assert (len(stage.se.known), len(stage.se.made)) == (1, 1)


def test_a_draft_that_finance_issued_before_its_reply_was_looked_up_is_adopted_as_invoice(
    stage: Stage,
) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.after[2] = lost
    run(stage)
    stage.se.issue("draft-1", "1042")
    run(stage)
    assert stage.crm.deals[deal_id("D1")].sync.invoice_number == "1042"
    assert stage.se.made == []


def test_a_list_that_lags_behind_is_not_believed_within_the_window(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.after[2] = lost
    run(stage)
    stage.se.hidden = {"draft-1"}
    stage.pass_time(SETTLE / 2)
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    stage.se.hidden = set()
    run(stage)
    assert len(stage.se.made) == 1


def test_a_marker_that_finance_removed_leaves_the_deal_to_a_person(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.after[2] = lost
    run(stage)
    stage.se.made[0] = replace(stage.se.made[0], texts=())
    stage.pass_time(SETTLE)
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    with stage.state() as state:
        assert [one.state for one in state.journal.open_intents()] == [IntentState.REVIEW]
    assert len(stage.se.made) == 1


def test_a_company_outside_the_run_keeps_its_open_writes_open(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    stage.se.trouble.after[2] = lost
    run(stage)
    with stage.world() as world:
        result = push(replace(world, ledgers={"int": stage.international}), Scope(), ROOMY)
    assert codes(result) == [HoldCode.OUTCOME_UNKNOWN]


# --- a memory that was lost ----------------------------------------------------------------------------------------


def test_a_lost_state_file_makes_nothing_twice(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT", buyer=OTHER))
    run(stage)
    stage.se.issue("draft-1", "1042")
    stage.file.unlink()
    result = run(stage)
    assert stage.se.creates == 4
    assert {one.adopted for one in result.results if one.action.deal_id == deal_id("D1")} >= {True}
    assert stage.crm.deals[deal_id("D1")].sync.invoice_number == "1042"
    stage.pass_time(timedelta(minutes=1))
    assert len(run(stage).unchanged) == 2


def test_an_older_backup_of_the_state_makes_nothing_twice(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    backup = stage.file.read_bytes()
    stage.crm.add(deal("D2", "1 x 70 MAT", buyer=OTHER))
    run(stage)
    stage.file.write_bytes(backup)
    run(stage)
    assert len(stage.se.made) == 2


# --- a kill at every step ------------------------------------------------------------------------------------------


def killed() -> BaseException:
    return Killed()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_kill_around_any_create_ends_in_the_same_world_as_an_undisturbed_run(
    stage: Stage, nth: int, moment: str
) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", line("1 x 70 MAT"), buyer=OTHER))
    getattr(stage.se.trouble, moment)[nth] = killed
    with pytest.raises(Killed):
        run(stage)
    run(stage)
    stage.pass_time(SETTLE)
    run(stage)
    assert run(stage).unchanged == (deal_id("D1"), deal_id("D2"))
    assert [len(stage.se.known), len(stage.se.made)] == [2, 2]
    assert {one.sync.status for one in stage.crm.deals.values()} == {DealStatus.DRAFT}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_telling_the_crm_is_made_good_by_the_next_run(stage: Stage, moment: str) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    getattr(stage.crm.trouble, moment)[3] = killed
    with pytest.raises(Killed):
        run(stage)
    run(stage)
    assert stage.crm.deals[deal_id("D1")].sync.draft_id == "draft-1"
    assert len(stage.se.made) == 1


def test_an_existing_customer_is_remembered_by_its_link(stage: Stage) -> None:
    stage.se.known.append(customer("1001"))
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    stage.se.known[0] = replace(stage.se.known[0], orgnr=None, name="Ett nytt namn")
    stage.crm.add(deal("D2", "1 x 70 MAT"))
    run(stage)
    assert len(stage.se.known) == 1


def test_a_deal_named_by_id_that_closed_before_the_start_needs_since(stage: Stage) -> None:
    old = deal("D1", "2 x 500 KONS")
    stage.crm.add(old)
    stage.policy = replace(stage.policy, start_date=old.closed_on + timedelta(days=1))
    assert run(stage, dry=True).results == ()
    with pytest.raises(UsageError, match=f"closed on {old.closed_on}, before start_date") as refused:
        run(stage, Scope(deal_ids=(deal_id("D1"),)))
    assert refused.value.remedy.endswith(f"--since {old.closed_on} as well.")
    assert (refused.value.code, stage.se.made) == ("BEFORE_START_DATE", [])

    meant = Scope(deal_ids=(deal_id("D1"),), since=old.closed_on)
    named = run(stage, meant)
    (warning,) = [one for one in named.warnings if one.code is WarningCode.BEFORE_START_DATE]
    assert warning.deal_id == deal_id("D1")
    assert str(old.closed_on) in warning.message
    assert len(stage.se.made) == 1
    followed = run(stage, Scope(deal_ids=(deal_id("D1"),)))
    assert followed.unchanged == (deal_id("D1"),), "what has a document is followed whenever it closed"


def test_a_held_deal_of_a_backfill_waits_on_and_a_daily_run_does_not_plan_it(stage: Stage) -> None:
    stage.policy = replace(stage.policy, start_date=date(2026, 11, 1))
    old = deal("D1", "2 x 500 OKÄND", closed_on=date(2026, 10, 30))
    stage.crm.add(old)
    assert run(stage, Scope(since=date(2026, 10, 1))).held == 1
    told = stage.crm.deals[deal_id("D1")].sync
    mended = replace(stage.crm.deals[deal_id("D1")], lines=deal("D1", "2 x 500 KONS").lines)
    stage.crm.deals[deal_id("D1")] = mended
    for scope in (Scope(), Scope(full=True)):
        assert run(stage, scope).results == ()
        with stage.state() as state:
            assert state.holds.deal_ids() == {deal_id("D1")}
    assert stage.crm.deals[deal_id("D1")].sync == told
    run(stage, Scope(deal_ids=(deal_id("D1"),), is_queue=True))
    assert len(stage.se.made) == 1


def test_a_deal_outside_the_days_that_it_was_asked_for_with_is_told_so(stage: Stage) -> None:
    stage.crm.add(old := deal("D1", "2 x 500 KONS"))
    later = old.closed_on + timedelta(days=1)
    with pytest.raises(UsageError, match="outside the days of --since"):
        run(stage, Scope(deal_ids=(deal_id("D1"),), since=later))


def test_a_lost_deal_that_salesforce_refuses_to_save_keeps_its_place_until_it_was_told(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 OKÄND"))
    assert run(stage).held == 1
    stage.crm.leave(deal_id("D1"))
    stage.crm.broken[deal_id("D1")] = "FIELD_CUSTOM_VALIDATION_EXCEPTION: nej"
    run(stage)
    with stage.state() as state:
        assert state.holds.deal_ids() == {deal_id("D1")}
    stage.crm.broken.clear()
    stage.pass_time(timedelta(hours=1))
    run(stage)
    assert stage.crm.reopened[deal_id("D1")].sync == SyncState()
    with stage.state() as state:
        assert state.holds.deal_ids() == frozenset()
    assert run(stage).results == ()
