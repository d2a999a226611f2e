"""Intents: recorded before, moved after, never two for one document, and never lost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from sfspiris.core.lifecycle import IllegalTransitionError, IntentEvent, IntentState
from sfspiris.errors import SafetyStop
from sfspiris.state.journal import IntentKind
from sfspiris.state.store import open_state
from statekit import (
    NOW,
    customer_link,
    deal_link,
    die_in_child,
    later,
    new_customer,
    new_draft,
    new_write,
    started,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sfspiris.state.journal import Intent
    from sfspiris.state.store import State


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def state(file: Path) -> Iterator[State]:
    with open_state(file, dry=False, now=NOW) as opened:
        yield started(opened)


def recorded(state: State, deal_id: str = "D1") -> Intent:
    return state.journal.record_intent(new_draft(deal_id), at=NOW, run_id="r1")


def armed(state: State, deal_id: str = "D1") -> Intent:
    return state.journal.move(recorded(state, deal_id), IntentEvent.ARM, at=later(1), run_id="r1")


def test_a_recorded_intent_is_read_back_as_it_was_given(state: State) -> None:
    intent = recorded(state)
    assert state.journal.of_run("r1") == (intent,)
    assert (intent.kind, intent.state, intent.attempt) == (IntentKind.CREATE_DRAFT, IntentState.NEW, 0)
    assert (intent.net, intent.created_at, intent.sent_at) == (Decimal("1000.50"), NOW, None)
    assert str(state.journal.of_run("r1")[0].net) == "1000.50"
    assert state.journal.of_run("r2") == ()


def test_arming_counts_the_attempt_and_stamps_it(state: State) -> None:
    intent = armed(state)
    assert state.journal.of_deal("D1") == (intent,)
    assert (intent.state, intent.attempt, intent.sent_at) == (IntentState.SENT, 1, later(1))


def test_a_second_attempt_has_its_own_time(state: State) -> None:
    given_back = state.journal.move(armed(state), IntentEvent.GIVE_BACK, at=later(20), run_id="r1")
    assert (given_back.state, given_back.sent_at) == (IntentState.NEW, later(1))
    again = state.journal.move(given_back, IntentEvent.ARM, at=later(21), run_id="r1")
    assert (again.attempt, again.sent_at) == (2, later(21))
    assert state.journal.open_intents() == (again,)


def test_the_history_tells_every_step_its_run_and_its_note(state: State) -> None:
    intent = armed(state)
    started(state, "r2").journal.move(intent, IntentEvent.LOSE, at=later(2), run_id="r2", note="ReadTimeout")
    told = [
        (one.event, one.from_state, one.to_state, one.at, one.run_id, one.note)
        for one in state.journal.history(intent.id)
    ]
    assert told == [
        ("record", None, "new", NOW, "r1", None),
        ("arm", "new", "sent", later(1), "r1", None),
        ("lose", "sent", "sent", later(2), "r2", "ReadTimeout"),
    ]
    assert state.journal.history(4711) == ()


def test_an_event_that_cannot_happen_changes_nothing(state: State) -> None:
    intent = recorded(state)
    with pytest.raises(IllegalTransitionError):
        state.journal.move(intent, IntentEvent.CONFIRM, at=later(1), run_id="r1", remote_id="U1")
    assert state.journal.of_deal("D1") == (intent,)
    assert len(state.journal.history(intent.id)) == 1


@pytest.mark.parametrize("event", [IntentEvent.CONFIRM, IntentEvent.LOSE])
def test_an_intent_that_another_run_has_moved_is_not_moved_again(state: State, event: IntentEvent) -> None:
    """Acting on what was true a while ago could send a document twice."""
    intent = armed(state)
    given_back = state.journal.move(intent, IntentEvent.GIVE_BACK, at=later(20), run_id="r1")
    with pytest.raises(SafetyStop) as stopped:
        state.journal.move(intent, event, at=later(21), run_id="r1", remote_id="U1")
    again = state.journal.move(given_back, IntentEvent.ARM, at=later(22), run_id="r1")
    with pytest.raises(SafetyStop, match="another run"):
        state.journal.move(intent, event, at=later(23), run_id="r1", remote_id="U1")
    assert (stopped.value.code, stopped.value.record) == ("INTENT_MOVED", "D1")
    assert state.journal.of_deal("D1") == (again,)


def test_a_candidate_is_remembered_for_review_and_forgotten_when_it_was_not_ours(state: State) -> None:
    doubted = state.journal.move(armed(state), IntentEvent.DOUBT, at=later(2), run_id="r1", remote_id="U9")
    assert (doubted.state, doubted.remote_id) == (IntentState.REVIEW, "U9")
    again = state.journal.move(doubted, IntentEvent.DOUBT, at=later(3), run_id="r1")
    assert again.remote_id == "U9"
    back = state.journal.move(again, IntentEvent.GIVE_BACK, at=later(4), run_id="r1", note="not ours")
    assert (back.state, back.remote_id) == (IntentState.NEW, None)
    assert state.journal.of_deal("D1") == (back,)


def test_the_same_create_is_not_recorded_twice(state: State) -> None:
    armed(state)
    with pytest.raises(SafetyStop, match="never made twice") as stopped:
        recorded(state)
    assert (stopped.value.code, stopped.value.record) == ("INTENT_EXISTS", "D1")
    assert len(state.journal.of_deal("D1")) == 1


def test_a_refused_create_may_be_recorded_anew(state: State) -> None:
    state.journal.move(armed(state), IntentEvent.REFUSE, at=later(2), run_id="r1", note="4010")
    assert recorded(state).state is IntentState.NEW


def test_other_companies_and_revisions_have_their_own_intents(state: State) -> None:
    wanted = [new_draft(), new_draft(company="no"), new_draft(revision=2), new_customer("D1")]
    made = state.journal.record_intents(wanted, at=NOW, run_id="r1")
    assert [one.id for one in made] == [1, 2, 3, 4]
    assert state.journal.open_intents("no") == (made[1],)
    assert state.journal.open_intents() == made


def test_several_intents_are_recorded_together_or_not_at_all(state: State) -> None:
    with pytest.raises(SafetyStop):
        state.journal.record_intents([new_draft("D1"), new_draft("D2"), new_draft("D1")], at=NOW, run_id="r1")
    assert state.journal.open_intents() == ()


def test_a_batch_of_write_backs_moves_together_or_not_at_all(state: State) -> None:
    wanted = [new_write("D1"), new_write("D2"), new_write("D3", company=None)]
    batch = state.journal.record_intents(wanted, at=NOW, run_id="r1")
    sent = state.journal.move_all(batch, IntentEvent.ARM, at=later(1), run_id="r1")
    done = state.journal.move(sent[1], IntentEvent.CONFIRM, at=later(2), run_id="r1")
    with pytest.raises(SafetyStop):
        state.journal.move_all(sent, IntentEvent.CONFIRM, at=later(3), run_id="r1", note="batch 1")
    assert state.journal.of_run("r1") == (sent[0], done, sent[2])
    rest = state.journal.move_all(
        [sent[0], sent[2]], IntentEvent.CONFIRM, at=later(3), run_id="r1", note="batch 1"
    )
    assert state.journal.of_run("r1") == (rest[0], done, rest[1])
    assert state.journal.history(rest[1].id)[-1].note == "batch 1"


def test_a_batch_may_be_larger_than_one_question_to_the_database(state: State) -> None:
    batch = state.journal.record_intents([new_write(f"D{n}") for n in range(1201)], at=NOW, run_id="r1")
    sent = state.journal.move_all(batch, IntentEvent.ARM, at=later(1), run_id="r1")
    assert state.journal.of_run("r1") == sent
    assert {one.attempt for one in sent} == {1}


def test_an_empty_batch_is_nothing(state: State) -> None:
    assert state.journal.record_intents([], at=NOW, run_id="r1") == ()
    assert state.journal.move_all([], IntentEvent.ARM, at=NOW, run_id="r1") == ()


def test_a_draft_may_be_recorded_before_its_customer_exists_but_not_sent(state: State) -> None:
    early = state.journal.record_intent(replace(new_draft(), customer_id=None), at=NOW, run_id="r1")
    with pytest.raises(sa.exc.IntegrityError, match="intents_sent_draft_has_customer"):
        state.journal.move(early, IntentEvent.ARM, at=later(1), run_id="r1")
    sent = state.journal.move(early, IntentEvent.ARM, at=later(1), run_id="r1", customer_id="K7")
    assert state.journal.of_deal("D1") == (sent,)
    assert sent.customer_id == "K7"


def test_an_intent_belongs_to_a_run_that_was_started(state: State) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"):
        state.journal.record_intent(new_draft(), at=NOW, run_id="r9")


def test_a_create_without_a_company_cannot_be_recorded(state: State) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="intents_create_has_company"):
        state.journal.record_intent(replace(new_draft(), company=None), at=NOW, run_id="r1")


def test_a_deal_whose_latest_write_back_did_not_arrive_is_still_to_be_told(state: State) -> None:
    def write(deal_id: str, event: IntentEvent) -> None:
        intent = state.journal.record_intent(new_write(deal_id), at=NOW, run_id="r1")
        sent = state.journal.move(intent, IntentEvent.ARM, at=NOW, run_id="r1")
        state.journal.move(sent, event, at=NOW, run_id="r1")

    write("D1", IntentEvent.CONFIRM)
    write("D1", IntentEvent.REFUSE)
    write("D2", IntentEvent.LOSE)
    write("D3", IntentEvent.REFUSE)
    write("D3", IntentEvent.CONFIRM)
    recorded(state, "D4")
    assert state.journal.unfinished_deals() == {"D1", "D2"}


# --- outcome and link are one --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "expected"),
    [(IntentEvent.CONFIRM, IntentState.DONE), (IntentEvent.ADOPT, IntentState.ADOPTED)],
)
def test_a_made_draft_is_confirmed_and_linked_at_once(
    state: State, event: IntentEvent, expected: IntentState
) -> None:
    closed = state.confirm_draft(armed(state), deal_link(), at=later(2), run_id="r1", event=event, note="n")
    assert (closed.state, closed.remote_id) == (expected, "U1")
    assert state.links.of_deal("D1") == (deal_link(),)
    assert state.journal.open_intents() == ()
    assert state.journal.of_deal("D1") == (closed,)
    assert state.journal.history(closed.id)[-1].note == "n"


def test_a_draft_that_cannot_be_confirmed_is_not_linked(state: State) -> None:
    with pytest.raises(IllegalTransitionError):
        state.confirm_draft(recorded(state), deal_link(), at=later(2), run_id="r1")
    assert state.links.all() == ()


def test_a_draft_that_stands_for_another_deal_confirms_nothing(state: State) -> None:
    state.confirm_draft(armed(state, "D1"), deal_link("D1"), at=later(2), run_id="r1")
    other = armed(state, "D2")
    with pytest.raises(SafetyStop, match="deal D1") as stopped:
        state.confirm_draft(other, deal_link("D2", draft_id="U1"), at=later(3), run_id="r1")
    assert (stopped.value.code, stopped.value.record) == ("DRAFT_ALREADY_LINKED", "D2")
    assert state.journal.open_intents() == (other,)
    assert state.links.of_deal("D2") == ()


def test_a_link_of_another_deal_does_not_confirm_an_intent(state: State) -> None:
    intent = armed(state)
    with pytest.raises(ValueError, match="not that of intent"):
        state.confirm_draft(intent, deal_link("D2"), at=later(2), run_id="r1")
    assert state.journal.open_intents() == (intent,)


def test_a_made_customer_is_confirmed_and_linked_at_once(state: State) -> None:
    intent = state.journal.record_intent(new_customer(), at=NOW, run_id="r1")
    with pytest.raises(IllegalTransitionError):
        state.confirm_customer(intent, customer_link(), at=later(1), run_id="r1")
    assert state.links.customer("se", "B1") is None
    sent = state.journal.move(intent, IntentEvent.ARM, at=later(1), run_id="r1")
    with pytest.raises(ValueError, match="company no"):
        state.confirm_customer(sent, customer_link(company="no"), at=later(2), run_id="r1")
    closed = state.confirm_customer(sent, customer_link(), at=later(2), run_id="r1", event=IntentEvent.ADOPT)
    assert (closed.state, closed.remote_id) == (IntentState.ADOPTED, "K1")
    assert state.links.customer("se", "B1") == customer_link()


# --- kills ---------------------------------------------------------------------------------------------------------

DIE_AFTER = """
    import os, signal, sys
    from statekit import NOW, deal_link, later, new_draft, started
    from sfspiris.core.lifecycle import IntentEvent
    from sfspiris.state.store import open_state

    def step(number):
        if number == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    with open_state(sys.argv[1], dry=False, now=NOW) as state:
        step(0)
        started(state)
        step(1)
        intent = state.journal.record_intent(new_draft(), at=NOW, run_id="r1")
        step(2)
        intent = state.journal.move(intent, IntentEvent.ARM, at=later(1), run_id="r1")
        step(3)
        state.confirm_draft(intent, deal_link(), at=later(2), run_id="r1")
        step(4)
"""


@pytest.mark.parametrize(
    ("after", "runs", "expected", "links"),
    [(0, 0, [], 0), (1, 1, [], 0), (2, 1, ["new"], 0), (3, 1, ["sent"], 0), (4, 1, ["done"], 1)],
)
def test_a_kill_between_two_steps_loses_nothing_that_was_committed(
    file: Path, after: int, runs: int, expected: list[str], links: int
) -> None:
    die_in_child(DIE_AFTER, file, after)
    with open_state(file, dry=False, now=NOW) as state:
        assert len(state.runs.recent()) == runs
        found = state.journal.of_deal("D1")
        assert [str(one.state) for one in found] == expected
        assert len(state.links.all()) == links
        assert sum(len(state.journal.history(one.id)) for one in found) == max(0, after - 1)


def test_a_kill_within_a_transaction_leaves_no_half_of_it(file: Path) -> None:
    die_in_child(
        """
        import os, signal, sys
        from statekit import NOW, new_draft, started
        from sfspiris.state.store import open_state

        def wanted():
            yield new_draft("D2")
            os.kill(os.getpid(), signal.SIGKILL)

        with open_state(sys.argv[1], dry=False, now=NOW) as state:
            started(state).journal.record_intent(new_draft("D1"), at=NOW, run_id="r1")
            state.journal.record_intents(wanted(), at=NOW, run_id="r1")
        """,
        file,
    )
    with open_state(file, dry=False, now=NOW) as state:
        assert [one.deal_id for one in state.journal.open_intents()] == ["D1"]


def test_of_two_processes_that_record_the_same_create_one_is_refused(state: State, file: Path) -> None:
    """Also when the lock that keeps runs apart has failed, as it may on a network folder."""
    recorded(state)
    with (
        open_state(file, dry=False, now=NOW) as second,
        pytest.raises(SafetyStop, match="never made twice"),
    ):
        started(second, "r2").journal.record_intent(new_draft(), at=NOW, run_id="r2")
