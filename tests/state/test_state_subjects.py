"""Everything about one buyer, and nothing about another; what is forgotten is gone, and history stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.model import CustomerBase, FieldBase
from sfspiris.core.outcome import RunStatus
from sfspiris.state.links import LinkEvent
from sfspiris.state.receivables import ACCOUNT, INVOICE
from sfspiris.state.runs import RunCounts, SeenDeal
from sfspiris.state.schema import SeenAs
from sfspiris.state.store import State, open_state
from statekit import NOW, customer_link, deal_link, hold, later, new_customer, new_draft, new_write, started

if TYPE_CHECKING:
    from pathlib import Path

ME, OTHER, TWIN = "001000000000A01AAA", "001000000000B02AAA", "001000000000a01AAA"
"""The twin's id differs by case alone."""


def done(state: State, deal_id: str, customer_id: str, draft_id: str) -> None:
    draft = replace(new_draft(deal_id), customer_id=customer_id)
    intent = state.journal.record_intent(draft, at=NOW, run_id="r1")
    intent = state.journal.move(intent, IntentEvent.ARM, at=NOW, run_id="r1")
    state.confirm_draft(
        intent,
        replace(deal_link(deal_id, draft_id=draft_id), customer_id=customer_id, invoice_id=f"I-{draft_id}"),
        at=later(1),
        run_id="r1",
    )


def filled(state: State) -> State:
    """Two buyers with a customer, a deal, a hold and all that hangs on them each; what nobody else is told of stands too."""
    started(state)
    for buyer, key, customer, deal in ((ME, "me", "K1", "D1"), (OTHER, "other", "K2", "D2")):
        made = replace(new_customer(key, deal_id=deal), marker=f"SF:{buyer}:TAG")
        intent = state.journal.record_intent(made, at=NOW, run_id="r1")
        intent = state.journal.move(intent, IntentEvent.ARM, at=NOW, run_id="r1")
        base = CustomerBase("se", customer, buyer, {"phone": FieldBase("a", "b")})
        link = customer_link(buyer, customer_id=customer)
        state.confirm_customer(intent, link, at=NOW, run_id="r1", base=base)
        done(state, deal, customer, f"U-{deal}")
        state.journal.record_intent(new_write(deal), at=NOW, run_id="r1")
        state.reviews.remember_reasons({deal: "print"})
        state.reviews.assign(deal, to="Bo", at=later(5), who="karin")
        state.reviews.accept(f"se:I-U-{deal}", content="c", at=later(6), who="karin", note="by hand")
        told = {f"se:I-U-{deal}": {"account": buyer, "status": "Paid"}}
        state.receivables.note_told(INVOICE, told, at=NOW, run_id="r1")
        state.receivables.note_told(ACCOUNT, {buyer: {"spiris_open_balance": "0"}}, at=NOW, run_id="r1")
    state.holds.replace({"D1": [hold("D1")], "D2": [hold("D2")]}, at=NOW, run_id="r1")
    seen = [SeenDeal("D1", SeenAs.UNCHANGED), SeenDeal("D2", SeenAs.HELD, "se", ("NO_LINES",))]
    state.runs.finish("r1", RunStatus.OK, RunCounts(), at=later(9), seen=seen)
    return state


def counted(state: State, buyer: str) -> dict[str, int]:
    return {name: len(rows) for name, rows in state.subjects.about(buyer).rows.items() if rows}


def test_all_about_a_buyer_is_found_and_nothing_about_another(tmp_path: Path) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        filled(state)
        about = state.subjects.about(ME)
        assert counted(state, ME) == counted(state, OTHER)
        assert counted(state, ME) == {
            "customer_links": 1,
            "customer_bases": 1,
            "links": 1,
            "intents": 3,
            "journal": 7,
            "holds": 1,
            "review_reasons": 1,
            "reviews": 2,
            "seen_deals": 1,
            "mirrored": 2,
            "shown_events": 2,
        }
        assert about.customers == {("se", "K1")}
        assert about.others == ()
        assert "D2" not in repr(about)
        assert OTHER not in repr(about)
        assert not state.subjects.about(TWIN).is_known, "the case of an id counts"


def test_what_is_no_history_is_forgotten_and_the_history_of_before_is_the_history_of_after(
    tmp_path: Path,
) -> None:
    file = tmp_path / "state.db"
    with open_state(file, dry=False, now=NOW) as state:
        filled(state)
        history, other = state.history.all(), state.subjects.about(OTHER)
        with state._database.writing() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        assert state.subjects.forget(ME, ["D1"]) == {
            "customer_links": 1,
            "customer_bases": 1,
            "mirrored": 2,
            "holds": 1,
            "review_reasons": 1,
            "seen_deals": 1,
        }
        assert state.history.all() == history
        assert state.subjects.about(OTHER) == other
        assert state.links.parted() == frozenset()
        assert counted(state, ME) == {
            "links": 1,
            "intents": 3,
            "journal": 7,
            "reviews": 2,
            "shown_events": 2,
        }
        assert not any(state.subjects.forget(ME, ["D1"]).values())
        assert state.journal.made_customers()["se", "me"] == "K1", "it is never made twice"
    kept = 2  # the marker of its create, and when the CRM was told of the account
    assert file.read_bytes().count(ME.encode()) == kept, "what is deleted is overwritten"


def test_a_customer_of_several_buyers_is_told_and_one_that_a_person_took_away_counts_no_more(
    tmp_path: Path,
) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        filled(state)
        state.links.save_customers([customer_link(OTHER, customer_id="K1")])
        (shared,) = state.subjects.about(ME).others
        assert (shared["buyer_id"], shared["customer_id"]) == (OTHER, "K1")
        state.links.say_by_hand([LinkEvent("se", ME, "K1", None, NOW, "anna", "r1")])
        about = state.subjects.about(ME)
        assert about.customers == frozenset()
        assert about.rows["links"] == ()
        assert len(about.rows["link_events"]) == 1


def test_more_deals_than_one_question_may_name_are_all_found_and_forgotten(tmp_path: Path) -> None:
    with open_state(tmp_path / "state.db", dry=True, now=NOW) as state:
        started(state)
        state.links.save_customers([customer_link(ME)])
        deals = [f"D{place:04}" for place in range(520)]
        state.links.save([deal_link(one, draft_id=f"U-{one}") for one in deals])
        state.holds.replace({one: [hold(one)] for one in deals}, at=NOW, run_id="r1")
        assert len(state.subjects.about(ME).rows["holds"]) == len(deals)
        assert state.subjects.forget(ME, deals)["holds"] == len(deals)
        assert state.holds.all() == ()
