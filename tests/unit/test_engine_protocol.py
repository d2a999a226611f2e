"""The protocol of exactly-once, claim by claim: clocks, cursors, lost memories and witnesses, each where a bug would hide."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakes import Killed, Shuffled, Stage, lost, over_quota
from sfspiris.core.actions import CreateDraft
from sfspiris.core.holds import HoldCode
from sfspiris.core.model import SYNC_FIELDS, DealStatus, SyncState
from sfspiris.core.outcome import Outcome
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.crew import Alone
from sfspiris.engine.gather import FEED, Scope
from sfspiris.engine.run import Guard, pull, push, rebuild
from sfspiris.engine.world import ServerClock
from sfspiris.errors import SignInNeeded
from shorthand import POLICY, buyer, deal, deal_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sfspiris.core.model import LedgerCustomer, LedgerDraft
    from sfspiris.core.outcome import RunResult

OTHER = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    made.crm.add(deal("D1", "2 x 500 KONS"))
    return made


def run(stage: Stage, *, ahead: timedelta = timedelta(0)) -> RunResult:
    """A push from a machine whose clock is that much ahead of Salesforce's."""
    with stage.world() as world:
        skewed = replace(world, clock=ServerClock(lambda: stage.crm.time + ahead))
        return push(skewed, Scope(), Guard(max_changes=200))


def codes(result: RunResult) -> list[HoldCode]:
    return [one.hold.code for one in result.holds]


def forget(stage: Stage) -> None:
    """The disk is gone, seal and all: a runner without one, or another machine."""
    for left_over in stage.folder.glob("sfspiris.db*"):
        left_over.unlink()


def killed() -> BaseException:
    return Killed()


# --- clocks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=15), timedelta(hours=-1)])
@pytest.mark.parametrize("nth", [1, 2], ids=["customer", "draft"])
def test_a_wrong_clock_of_this_machine_never_shortens_the_settle_window(
    stage: Stage, nth: int, ahead: timedelta
) -> None:
    """Sent by a right clock and looked for by a wrong one, and the other way round."""
    stage.se.trouble.before[nth] = lost
    run(stage)
    stage.pass_time(MINUTE)
    assert codes(run(stage, ahead=ahead)) == [HoldCode.OUTCOME_UNKNOWN]
    assert stage.se.made == []
    stage.pass_time(SETTLE)
    run(stage, ahead=ahead)
    assert len(stage.se.made) == 1


def test_what_was_sent_by_a_wrong_clock_is_waited_for_by_the_right_one(stage: Stage) -> None:
    stage.se.trouble.before[2] = lost
    run(stage, ahead=timedelta(days=-15))
    stage.pass_time(MINUTE)
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    assert stage.se.made == []


# --- cursors -----------------------------------------------------------------------------------------------------------


def test_a_deal_won_while_a_long_run_lasts_is_read_by_the_next(stage: Stage) -> None:
    """The cursor is where reading began: a run may last longer than the overlap."""
    began = stage.crm.time
    stage.se.trouble.before[2] = over_quota

    def wait(_seconds: float) -> None:
        stage.pass_time(2 * MINUTE)
        stage.crm.add(deal("D2", "1 x 70 MAT", buyer=OTHER))
        stage.pass_time(58 * MINUTE)

    with stage.world() as world:
        push(replace(world, pause=wait), Scope(), Guard(max_changes=200))
    with stage.state() as state:
        assert state.cursors.get(FEED) == began
    run(stage)
    assert stage.crm.deals[deal_id("D2")].sync.status == DealStatus.DRAFT


# --- a memory that is gone ---------------------------------------------------------------------------------------------


def test_without_a_memory_an_invoice_of_long_ago_is_found_though_salesforce_knows_nothing(
    stage: Stage,
) -> None:
    stage.crm.writable = frozenset()
    run(stage)
    stage.se.issue("draft-1", "1042")
    stage.pass_time(timedelta(days=3))
    forget(stage)
    run(stage)
    assert (stage.se.made, stage.se.creates) == ([], 2)


@pytest.mark.parametrize("has_fields", [True, False], ids=["with fields", "without fields"])
def test_after_a_loss_what_no_list_shows_yet_is_waited_for(stage: Stage, has_fields: bool) -> None:
    """Where Salesforce bears no witness, the seal that was left beside the lost file does."""
    if not has_fields:
        stage.crm.writable = frozenset()
    stage.se.lag = 10 * MINUTE
    stage.se.trouble.after[2] = killed
    with pytest.raises(Killed):
        run(stage)
    with stage.state() as state:  # it had been sealed before it died
        state.note_loss(stage.crm.time, at=stage.crm.time)
    stage.file.unlink()
    stage.pass_time(5 * MINUTE)
    run(stage)
    assert len(stage.se.made) == 1
    stage.pass_time(SETTLE)
    run(stage)
    assert len(stage.se.made) == 1
    assert len(stage.se.known) == 1


def test_the_witness_in_salesforce_speaks_where_an_older_copy_knows_nothing(stage: Stage) -> None:
    """Written before the draft is sent; read by whoever has neither the memory nor its seal."""
    run(stage)
    stage.pass_time(20 * MINUTE)
    run(stage)
    copy = stage.folder / "yesterday"
    shutil.copyfile(stage.file, copy)
    stage.crm.add(deal("D2", "1 x 70 MAT", buyer=OTHER))
    stage.se.lag = 10 * MINUTE
    stage.se.trouble.after[4] = killed
    with pytest.raises(Killed):
        run(stage)
    assert stage.crm.deals[deal_id("D2")].sync.correlation_id, "told before it was sent"
    forget(stage)
    shutil.copyfile(copy, stage.file)
    stage.pass_time(MINUTE)
    result = run(stage)
    assert len(stage.se.made) == 2
    assert codes(result) == [HoldCode.OUTCOME_UNKNOWN]
    stage.pass_time(SETTLE)
    run(stage)
    run(stage)
    assert len(stage.se.made) == 2
    assert stage.crm.deals[deal_id("D2")].sync.status == DealStatus.DRAFT


@pytest.mark.parametrize("is_lost", ["memory", "reply"])
def test_what_was_paid_meanwhile_is_paid_when_its_invoice_is_found_again(stage: Stage, is_lost: str) -> None:
    """Neither the next push nor a memory made anew tells sales that it is merely issued."""
    if is_lost == "reply":
        stage.se.trouble.after[2] = lost
    run(stage)
    stage.se.issue("draft-1", "1042", remaining=Decimal(0), last_payment_on=stage.se.time().date())
    if is_lost == "memory":
        with stage.world(command="pull-invoice-status") as world:
            pull(world, full=True)
        forget(stage)
    run(stage)
    assert stage.crm.deals[deal_id("D1")].sync.status == DealStatus.PAID
    assert run(stage).results == ()
    with stage.state() as state:
        assert state.links.latest()[deal_id("D1")].status is DealStatus.PAID


# --- a list that lags --------------------------------------------------------------------------------------------------


def test_a_pull_right_after_a_push_calls_no_draft_deleted_that_lists_do_not_show_yet(stage: Stage) -> None:
    stage.se.lag = 5 * MINUTE
    run(stage)
    for _ in range(2):
        with stage.world(command="pull-invoice-status") as world:
            result = pull(world, full=True)
        assert result.holds == ()
        assert stage.crm.deals[deal_id("D1")].sync.status == DealStatus.DRAFT
        stage.pass_time(6 * MINUTE)


# --- writes whose replies were lost ------------------------------------------------------------------------------------


def test_a_customer_that_nobody_answered_for_hides_no_update_of_the_same_deal(stage: Stage) -> None:
    """An update that may still arrive would undo the next one, and no run would ever notice."""
    sold = stage.crm.deals[deal_id("D1")]
    run(stage)
    stage.se.lag = 10 * MINUTE
    stage.se.trouble.after[3] = lost
    stage.crm.add(replace(sold, buyer=OTHER))
    run(stage)
    for quantity, trouble in ((3, {4: lost}), (4, {})):
        stage.pass_time(MINUTE)
        stage.se.trouble.before |= trouble
        stage.crm.add(replace(sold, lines=deal("D1", f"{quantity} x 500 KONS").lines))
        assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    assert (stage.se.updates, stage.se.made[0].totals.net) == (0, Decimal(1000))
    stage.pass_time(SETTLE)
    run(stage)
    assert (stage.se.updates, stage.se.made[0].totals.net) == (1, Decimal(2000))


@pytest.mark.parametrize(
    ("what", "is_lost"),
    [("draft", False), ("draft", True), ("update", False), ("update", True), ("invoice", True)],
)
def test_another_vat_than_foretold_is_held_whether_the_reply_arrived_or_not(
    stage: Stage, what: str, is_lost: bool
) -> None:
    """What is found by its marker is compared like what was answered for, and the deal keeps its document."""
    sold = stage.crm.deals[deal_id("D1")]
    if what == "update":
        run(stage)
        stage.pass_time(MINUTE)
        stage.crm.add(replace(sold, lines=deal("D1", "3 x 500 KONS").lines))
    stage.se.vat_off_by = Decimal("-0.05")
    if is_lost:
        stage.se.trouble.after[stage.se.creates + (1 if what == "update" else 2)] = killed
        with pytest.raises(Killed):
            run(stage)
        stage.pass_time(MINUTE)
    if what == "invoice":
        stage.se.issue("draft-1", "1042")
    result = run(stage)
    assert codes(result) == [HoldCode.TOTAL_MISMATCH]
    told = stage.crm.deals[deal_id("D1")].sync
    assert told.code == HoldCode.TOTAL_MISMATCH
    assert result.holds[0].hold.message in (told.message or "")
    assert ("credit" if what == "invoice" else "before it is issued") in (told.message or "")
    with stage.state() as state:
        assert state.links.latest()[deal_id("D1")].code == HoldCode.TOTAL_MISMATCH
    assert run(stage).results == ()
    assert stage.crm.deals[deal_id("D1")].sync == told


# --- people who touch what we wrote ------------------------------------------------------------------------------------


def test_a_draft_whose_marker_finance_removed_is_still_known_by_its_id(stage: Stage) -> None:
    """The id in our memory counts; what a person wrote in the field stays as it is."""
    run(stage)
    edited = stage.se.edit("draft-1", our_reference="Anna Ek")
    stage.se.made[0] = replace(edited, texts=("Anna Ek",))
    stage.pass_time(timedelta(days=1))
    assert run(stage).results == ()
    with stage.world(command="pull-invoice-status") as world:
        result = pull(world, full=True)
    assert (result.results, result.holds) == ((), ())
    assert stage.crm.deals[deal_id("D1")].sync.status == DealStatus.DRAFT
    assert [one.texts for one in stage.se.made] == [("Anna Ek",)]


def test_a_marker_whose_letter_case_a_field_has_lost_is_not_believed_and_nothing_is_made_twice(
    stage: Stage,
) -> None:
    """Ids differ by case alone, so a folded one may be another deal's: a person decides."""
    stage.se.trouble.after[2] = lost
    run(stage)
    made = stage.se.made[0]
    stage.se.made[0] = replace(made, texts=tuple(words.lower() for words in made.texts))
    stage.pass_time(SETTLE)
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    assert len(stage.se.made) == 1


def test_a_deal_that_is_won_again_for_another_amount_changes_its_draft_and_makes_no_second(
    stage: Stage,
) -> None:
    run(stage)
    stage.crm.leave(deal_id("D1"))
    run(stage)
    back = stage.crm.reopened.pop(deal_id("D1"))
    stage.pass_time(MINUTE)
    stage.crm.add(replace(back, lines=deal("D1", "3 x 500 KONS").lines))
    run(stage)
    assert [(one.id, one.totals.net) for one in stage.se.made] == [("draft-1", Decimal(1500))]


def test_another_orgs_deal_with_the_same_id_is_not_ours(stage: Stage) -> None:
    """A sandbox copied from production has the same ids; the marker tells the orgs apart."""
    run(stage)
    (theirs,) = stage.se.made
    stage.se.made[0] = replace(
        theirs, texts=tuple(one.replace(POLICY.org_tag, "ZZZZZ") for one in theirs.texts)
    )
    forget(stage)
    stage.crm.deals[deal_id("D1")] = replace(stage.crm.deals[deal_id("D1")], sync=SyncState())
    run(stage)
    assert len(stage.se.made) == 2
    assert POLICY.org_tag in " ".join(stage.se.made[1].texts)


def test_a_run_that_lost_its_lock_meets_the_journal_and_makes_nothing_twice(stage: Stage) -> None:
    """A lock is politeness: a run stopped for hours may wake when another is at work. The open write is the guard."""
    inner: list[RunResult] = []

    def another_run() -> BaseException:
        inner.append(run(stage))
        return lost()

    stage.se.trouble.before[2] = another_run
    run(stage)
    (second,) = inner
    assert codes(second) == [HoldCode.OUTCOME_UNKNOWN]
    assert stage.se.made == []
    stage.pass_time(SETTLE)
    run(stage)
    run(stage)
    assert len(stage.se.made) == 1


# --- documents of another revision -----------------------------------------------------------------------------------


def pulled(stage: Stage) -> RunResult:
    with stage.world(command="pull-invoice-status") as world:
        return pull(world, full=True)


def ask_again(stage: Stage) -> None:
    """A person ticks the box that asks for a new draft in place of a deleted one."""
    sold = stage.crm.deals[deal_id("D1")]
    stage.crm.deals[deal_id("D1")] = replace(sold, retry=True, changed_at=stage.crm.time)


def made_twice_on_purpose(stage: Stage) -> None:
    """Finance deletes the draft, and a person asks for another, which is the second revision."""
    run(stage)
    stage.pass_time(HOUR)
    stage.se.made.clear()
    pulled(stage)
    ask_again(stage)
    stage.pass_time(HOUR)
    run(stage)
    (again,) = stage.se.made
    assert f"{deal_id('D1')}:2:" in " ".join(again.texts)


@pytest.mark.parametrize("fields", [SYNC_FIELDS, frozenset[str]()], ids=["witness", "no witness"])
@pytest.mark.parametrize("way", ["rebuild", "push"])
def test_a_memory_made_anew_takes_over_a_document_of_a_later_revision(
    stage: Stage, fields: frozenset[str], way: str
) -> None:
    stage.crm.writable = fields
    made_twice_on_purpose(stage)
    forget(stage)
    stage.crm.deals[deal_id("D1")] = replace(stage.crm.deals[deal_id("D1")], retry=False)
    stage.pass_time(HOUR)
    if way == "rebuild":
        with stage.world(command="state rebuild") as world:
            rebuild(world)
    for _ in range(3):
        assert codes(run(stage)) == []
        stage.pass_time(SETTLE)
    assert len(stage.se.made) == 1
    with stage.world() as world:
        assert [one.revision for one in world.state.links.all()] == [2]


def test_two_documents_of_different_revisions_are_for_a_person_to_look_at(stage: Stage) -> None:
    made_twice_on_purpose(stage)
    (second,) = stage.se.made
    first = replace(second, id="draft-1", texts=tuple(one.replace(":2:", ":1:") for one in second.texts))
    stage.se.made.append(first)
    with stage.world() as world:
        result = push(world, Scope(full=True), Guard(max_changes=200))
    assert codes(result) == [HoldCode.OUTCOME_UNKNOWN]
    forget(stage)
    stage.pass_time(HOUR)
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    assert len(stage.se.made) == 2


def test_a_draft_that_a_list_lacks_is_asked_for_before_anybody_is_told_that_it_was_deleted(
    stage: Stage,
) -> None:
    stage.crm.add(deal("D2", "1 x 500 KONS"), deal("D3", "3 x 500 KONS"))
    run(stage)
    stage.pass_time(HOUR)
    stage.se.hidden.add(stage.se.made[0].id)
    result = pulled(stage)
    assert result.holds == ()
    with stage.world() as world:
        assert {one.status for one in world.state.links.all()} == {DealStatus.DRAFT}


def test_nothing_is_made_again_while_what_was_taken_for_deleted_still_stands(stage: Stage) -> None:
    """It came back from a backup, say: the box asks for a second document then, and a person must choose."""
    run(stage)
    stage.pass_time(HOUR)
    (back,) = stage.se.made
    stage.se.made.clear()
    pulled(stage)
    stage.se.made.append(back)
    ask_again(stage)
    result = run(stage)
    assert codes(result) == [HoldCode.OUTCOME_UNKNOWN]
    assert "pull-invoice-status" in result.holds[0].hold.fix
    assert stage.se.made == [back]
    assert pulled(stage).holds == ()
    with stage.world() as world:
        assert [one.status for one in world.state.links.all()] == [DealStatus.DRAFT]


# --- runs that stand still ---------------------------------------------------------------------------------------------


class Sleepy(Alone):
    """A machine that sleeps once, after a write was written down and before anybody sent it."""

    def __init__(self, sleep: Callable[[], None], *, before: int) -> None:
        super().__init__()
        self._sleep, self._before = sleep, before

    def give(self, number: int, send: Callable[[], object]) -> None:
        self._before -= 1
        if self._before == 0:
            self._sleep()
        super().give(number, send)


@pytest.mark.parametrize("what", ["customer", "draft"])
def test_a_create_that_slept_before_it_was_sent_is_written_down_anew(stage: Stage, what: str) -> None:
    """Its settle window would be over before it was sent, and the next run would make it again."""
    nth = {"customer": 1, "draft": 2}[what]
    stage.se.lag = 2 * MINUTE
    stage.crew = Sleepy(lambda: stage.pass_time(SETTLE + MINUTE), before=nth)
    stage.se.trouble.after[nth] = lost
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    stage.pass_time(MINUTE)
    run(stage)
    stage.pass_time(SETTLE)
    run(stage)
    assert (len(stage.se.known), len(stage.se.made)) == (1, 1)
    with stage.world() as world:
        (intent,) = [one for one in world.state.journal.of_run("run-1") if one.kind == f"create_{what}"]
        events = [one.event for one in world.state.journal.history(intent.id)]
    assert events[:4] == ["record", "arm", "not_executed", "arm"]


@pytest.mark.parametrize("what", ["customer", "draft"])
def test_the_settle_window_begins_when_a_request_was_given_up(stage: Stage, what: str) -> None:
    """It may have been carried out until then, however long ago it was written down."""

    def slowly() -> BaseException:
        stage.pass_time(SETTLE + MINUTE)
        made: Sequence[LedgerDraft | LedgerCustomer] = stage.se.made or stage.se.known
        newest = made[-1].id
        stage.se.listed_from[newest] = stage.crm.time + 2 * MINUTE
        return lost()

    stage.se.trouble.after[{"customer": 1, "draft": 2}[what]] = slowly
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    stage.pass_time(MINUTE)
    assert codes(run(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    stage.pass_time(SETTLE)
    run(stage)
    assert (len(stage.se.known), len(stage.se.made)) == (1, 1)


def test_a_create_that_rests_for_quota_is_not_sent_once_the_run_was_stopped(stage: Stage) -> None:
    stage.crm.add(deal("D2", "1 x 500 KONS", buyer=OTHER))
    run(stage)  # both customers are known now
    before = len(stage.se.made)
    stage.crm.add(deal("D3", "3 x 500 KONS"), deal("D4", "4 x 500 KONS", buyer=OTHER))
    stage.crew = Shuffled(random.Random(0), size=2)  # noqa: S311 - replays
    nth = stage.se.creates + 1

    def over_quota_and_then_signed_out() -> BaseException:
        stage.se.trouble.before[nth] = lambda: SignInNeeded("It is over.", remedy="Sign in.")
        return over_quota()

    stage.se.trouble.before[nth] = over_quota_and_then_signed_out
    result = run(stage)
    assert result.stopped is not None
    assert {one.outcome for one in result.results if isinstance(one.action, CreateDraft)} == {Outcome.SKIPPED}
    assert (len(stage.se.made), stage.paused) == (before, [])
    assert codes(run(stage)) == []
    assert len(stage.se.made) == before + 2


# --- witnesses in the CRM of runs that this memory lost ------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["reopened", "deleted", "still won"])
@pytest.mark.parametrize("asked", ["one", "all"])
def test_a_memory_that_was_lost_waits_for_the_lists_also_when_the_deal_that_tells_of_it_is_not_read(
    stage: Stage, fate: str, asked: str
) -> None:
    """The customer that was made for the first deal is listed minutes later; the second deal is of the same account."""
    stage.se.lag = 10 * MINUTE
    run(stage)
    if fate != "still won":
        stage.crm.leave(deal_id("D1"), deleted=fate == "deleted")
    forget(stage)
    stage.pass_time(MINUTE)
    stage.crm.add(deal("D2", "1 x 500 KONS"))

    def again() -> RunResult:
        with stage.world() as world:
            scope = Scope(deal_ids=(deal_id("D2"),)) if asked == "one" else Scope()
            return push(world, scope, Guard(max_changes=200))

    assert HoldCode.OUTCOME_UNKNOWN in codes(again())
    assert len(stage.se.known) == 1
    stage.pass_time(SETTLE + MINUTE)
    again()
    assert len(stage.se.known) == 1
    assert deal_id("D2") in " ".join(words for one in stage.se.made for words in one.texts)


def test_a_first_run_waits_for_nothing(stage: Stage) -> None:
    assert codes(run(stage)) == []
    assert len(stage.se.made) == 1
