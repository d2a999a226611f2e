"""Links, cursors, holds, cached descriptions and runs: what is put in comes out, in the words it was put in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sfspiris.core.holds import HoldCode
from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.model import DealStatus
from sfspiris.core.outcome import HeldSince, RunStatus
from sfspiris.errors import SafetyStop
from sfspiris.state.runs import Run, RunCounts, SeenDeal
from sfspiris.state.schema import SeenAs
from sfspiris.state.store import open_state
from statekit import NOW, customer_link, deal_link, hold, later, new_draft, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sfspiris.state.store import State


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def state(file: Path) -> Iterator[State]:
    with open_state(file, dry=False, now=NOW) as opened:
        yield opened


# --- links ---------------------------------------------------------------------------------------------------------


def test_a_link_comes_back_whole_also_when_the_invoice_is_there(state: State) -> None:
    issued = replace(
        deal_link(),
        invoice_id="I1",
        invoice_number="10017",
        status=DealStatus.PARTLY_PAID,
        due_on=date(2026, 12, 20),
        remaining=Decimal("0.10"),
        code="TOTAL_MISMATCH",
        message="The total differs by 0,01 SEK.",
    )
    state.links.save([deal_link()])
    assert state.links.all() == (deal_link(),)
    state.links.save([issued])
    assert state.links.all() == (issued,)
    assert str(state.links.all()[0].remaining) == "0.10"


def test_links_are_found_by_company_and_by_deal(state: State) -> None:
    one, two = deal_link("D1", draft_id="U1"), deal_link("D1", company="no", draft_id="U1")
    three = deal_link("D2", draft_id="U3")
    state.links.save([three, one, two])
    assert state.links.all() == (two, one, three)
    assert state.links.all("se") == (one, three)
    assert state.links.of_deal("D1") == (two, one)
    assert state.links.of_deal("D9") == ()


def test_one_draft_cannot_stand_for_two_deals(state: State) -> None:
    state.links.save([deal_link("D1")])
    with pytest.raises(SafetyStop, match="one document cannot invoice two deals") as stopped:
        state.links.save([deal_link("D3", draft_id="U3"), deal_link("D2", draft_id="U1")])
    assert stopped.value.record == "D2"
    assert state.links.all() == (deal_link("D1"),)


def test_a_buyer_has_one_customer_per_company(state: State) -> None:
    state.links.save_customers([customer_link(), customer_link("B2"), customer_link(company="no")])
    state.links.save_customers([customer_link(customer_id="K9")])
    assert state.links.customers("se") == {"B1": customer_link(customer_id="K9"), "B2": customer_link("B2")}
    assert state.links.customer("no", "B1") == customer_link(company="no")
    assert state.links.customer("no", "B2") is None


def test_a_buyer_may_have_one_customer_per_currency_and_the_last_one_stands_for_it(state: State) -> None:
    kronor, euro = (
        customer_link(customer_id=name, currency=code, at=later(minute))
        for name, code, minute in (("K1", "SEK", 1), ("K2", "EUR", 2))
    )
    state.links.save_customers([kronor, euro])
    assert state.links.all_customers("se") == (kronor, euro)
    assert state.links.customer("se", "B1") == euro
    again = customer_link(customer_id="K3", currency="SEK", at=later(3))
    state.links.save_customers([again])
    assert state.links.all_customers("se") == (euro, again)


# --- cursors -------------------------------------------------------------------------------------------------------


def test_by_what_a_customer_was_found_at_first_stays_when_the_link_finds_it_again(state: State) -> None:
    state.links.save_customers([replace(customer_link(), evidence="organisation number")])
    again = replace(customer_link(), evidence="link", at=later(1))
    state.links.save_customers([again, replace(again, currency="EUR")])
    found = {one.currency: (one.evidence, one.at) for one in state.links.all_customers("se")}
    assert found == {one: ("organisation number", later(1)) for one in ("", "EUR")}
    state.links.save_customers([replace(again, customer_id="K9", currency="NOK")])
    assert state.links.all_customers("se")[-1].evidence == "link", "of another customer nothing is known"


def test_a_hold_is_found_by_the_id_that_logs_and_reports_give_its_deal(state: State) -> None:
    state.holds.replace({"D1": [hold("D1")]}, at=NOW, run_id="r1", correlations={"D1": "C1"})
    assert [one.correlation_id for one in state.holds.all()] == ["C1"]
    assert (state.deal_behind("C1"), state.deal_behind("C2")) == ("D1", None)
    state.links.save([deal_link("D2")])
    assert state.deal_behind(deal_link("D2").correlation_id) == "D2"


def test_a_cursor_is_where_it_was_last_put(state: State) -> None:
    assert state.cursors.get("deals") is None
    state.cursors.move("deals", later(5), at=later(6))
    state.cursors.move("invoices:se", later(7), at=later(8))
    state.cursors.move("deals", later(3), at=later(9))
    assert state.cursors.get("deals") == later(3)
    assert state.cursors.all() == {"deals": later(3), "invoices:se": later(7)}


# --- holds ---------------------------------------------------------------------------------------------------------


def test_a_hold_keeps_the_day_it_began_as_long_as_the_reason_stays(state: State) -> None:
    orgnr = hold("D1", HoldCode.ORGNR_INVALID, "Account.Orgnr")
    lines = hold("D1", HoldCode.NO_LINES)
    assert state.holds.replace({"D1": [orgnr]}, at=NOW, run_id="r1") == (HeldSince(orgnr, NOW),)
    told = state.holds.replace({"D1": [lines, replace(orgnr, value="other")]}, at=later(60), run_id="r2")
    assert [one.since for one in told] == [later(60), NOW]
    known = state.holds.all()
    assert [(one.code, one.field, one.first_seen, one.last_seen, one.run_id) for one in known] == [
        (HoldCode.ORGNR_INVALID, "Account.Orgnr", NOW, later(60), "r2"),
        (HoldCode.NO_LINES, None, later(60), later(60), "r2"),
    ]
    assert {(one.deal_id, one.company) for one in known} == {("D1", "se")}


def test_a_reason_that_went_away_and_came_back_begins_anew(state: State) -> None:
    state.holds.replace({"D1": [hold("D1")]}, at=NOW, run_id="r1")
    state.holds.replace({"D1": []}, at=later(1), run_id="r2")
    assert state.holds.deal_ids() == frozenset()
    assert state.holds.replace({"D1": [hold("D1")]}, at=later(2), run_id="r3")[0].since == later(2)


def test_two_lines_with_the_same_fault_are_two_findings_and_one_reason(state: State) -> None:
    both = [hold("D1", HoldCode.ARTICLE_MISSING, "ProductCode", value) for value in ("A", "B")]
    assert len(state.holds.replace({"D1": both}, at=NOW, run_id="r1")) == 2
    assert len(state.holds.all()) == 1


def test_deals_that_were_not_looked_at_stay_held(state: State) -> None:
    state.holds.replace({"D1": [hold("D1")], "D2": [hold("D2")]}, at=NOW, run_id="r1")
    state.holds.replace({"D1": [], "D3": [hold("D3")]}, at=later(1), run_id="r2")
    assert state.holds.deal_ids() == {"D2", "D3"}
    state.holds.clear(["D2", "D9"])
    assert state.holds.deal_ids() == {"D3"}


def test_thousands_of_holds_are_replaced_at_once(state: State) -> None:
    many = {f"D{number}": [hold(f"D{number}")] for number in range(1201)}
    state.holds.replace(many, at=NOW, run_id="r1")
    told = state.holds.replace(many, at=later(1), run_id="r2")
    assert {one.since for one in told} == {NOW}
    assert len(state.holds.deal_ids()) == 1201


def test_nothing_of_a_hold_but_ids_and_codes_reaches_the_file(state: State, file: Path) -> None:
    """Names, values and sentences may be a person's; the file must be safe to copy."""
    state.holds.replace(
        {"D1": [hold("D1", HoldCode.ORGNR_INVALID, "Account.Orgnr", value="8112189876")]}, at=NOW, run_id="r1"
    )
    content = file.read_bytes()
    assert b"Account.Orgnr" in content
    assert b"Secret" not in content
    assert b"8112189876" not in content


# --- catalog -------------------------------------------------------------------------------------------------------


def test_a_description_comes_back_with_its_age(state: State) -> None:
    assert state.catalog.load("articles:se") is None
    state.catalog.save("articles:se", {"old": True}, at=NOW)
    state.catalog.save("articles:se", [{"id": "A1", "name": "Rådgivning", "rate": "25.00"}], at=later(1))
    assert state.catalog.load("articles:se") == (
        [{"id": "A1", "name": "Rådgivning", "rate": "25.00"}],
        later(1),
    )
    state.catalog.forget("articles:se")
    state.catalog.forget("articles:se")
    assert state.catalog.load("articles:se") is None


def test_a_description_with_a_decimal_must_carry_it_as_text(state: State) -> None:
    """A float would change the number on its way."""
    with pytest.raises(TypeError, match="Decimal"):
        state.catalog.save("articles:se", {"rate": Decimal("25.1")}, at=NOW)


# --- runs ----------------------------------------------------------------------------------------------------------


def test_a_run_is_known_from_its_start_and_told_with_its_end(state: State) -> None:
    assert state.runs.get("r1") is None
    assert state.runs.start("r1", "sync", at=NOW) == state.runs.get("r1") == Run("r1", "sync", NOW)
    counts = RunCounts(created=2, updated=1, deleted=3, unchanged=5, held=4, failed=6)
    state.runs.finish("r1", RunStatus.PARTIAL, counts, at=later(1))
    assert state.runs.get("r1") == Run("r1", "sync", NOW, later(1), RunStatus.PARTIAL, counts)


def test_the_latest_runs_come_first(state: State) -> None:
    for number in range(5):
        state.runs.start(f"r{number}", "sync", at=later(number))
    assert [one.run_id for one in state.runs.recent(3)] == ["r4", "r3", "r2"]
    assert len(state.runs.recent()) == 5


def test_a_run_never_begins_before_the_last_one_ended_for_a_second_s_rounding(state: State) -> None:
    state.runs.start("a", "sync", at=NOW)
    state.runs.finish("a", RunStatus.OK, RunCounts(), at=NOW + timedelta(seconds=3))
    second = state.runs.start("B", "sync", at=NOW + timedelta(seconds=2))
    assert NOW + timedelta(seconds=3) < second.started_at < NOW + timedelta(seconds=4)
    assert state.runs.get("B") == second
    assert [one.run_id for one in state.runs.recent()] == ["B", "a"]


def test_a_clock_that_was_set_back_is_believed(state: State) -> None:
    state.runs.start("a", "sync", at=later(60))
    assert state.runs.start("b", "sync", at=NOW).started_at == NOW


def test_a_run_never_ends_before_it_began(state: State) -> None:
    state.runs.start("a", "sync", at=NOW)
    state.runs.finish("a", RunStatus.OK, RunCounts(), at=NOW - timedelta(seconds=1))
    found = state.runs.get("a")
    assert found is not None
    assert found.finished_at == NOW


def test_only_a_run_that_is_at_work_can_have_begun_at_another_time(state: State) -> None:
    state.runs.start("a", "sync", at=NOW)
    state.runs.correct_start("a", later(5))
    assert state.runs.get("a") == Run("a", "sync", later(5))
    state.runs.finish("a", RunStatus.OK, RunCounts(), at=later(6))
    state.runs.correct_start("a", NOW)
    assert state.runs.get("a") == Run("a", "sync", later(5), later(6), RunStatus.OK)


def test_a_run_that_an_error_ended_is_recorded_as_failed_with_its_code_and_what_it_had_written(
    state: State,
) -> None:
    for run in ("old", "old-pull", "r1", "r1-pull", "r10"):
        state.runs.start(run, "sync", at=NOW)
    state.runs.finish("r1", RunStatus.PARTIAL, RunCounts(held=4), at=later(1))
    state.runs.fail("r1", "UNREACHABLE", at=later(2))
    told = {
        one.run_id: (one.status, one.ended_by, one.finished_at, one.counts) for one in state.runs.recent()
    }
    assert told["r1"] == (RunStatus.PARTIAL, None, later(1), RunCounts(held=4)), "its end was recorded"
    assert told["r1-pull"] == (RunStatus.FAILED, "UNREACHABLE", later(2), RunCounts())
    for other in ("old", "old-pull", "r10"):
        assert told[other] == (None, None, None, RunCounts()), "it was killed, or is at work"
    state.runs.fail("r99", "UNREACHABLE", at=later(3))
    assert state.runs.get("r99") is None


def test_what_a_failed_run_had_made_is_counted_by_its_journal(state: State) -> None:
    started(state)
    intent = state.journal.record_intent(new_draft(), at=NOW, run_id="r1")
    sent = state.journal.move(intent, IntentEvent.ARM, at=later(1), run_id="r1", customer_id="c1")
    state.journal.move(sent, IntentEvent.CONFIRM, at=later(2), run_id="r1", remote_id="draft-1")
    state.runs.fail("r1", "OUT_OF_QUOTA", at=NOW)
    found = state.runs.get("r1")
    assert found is not None
    assert (found.counts, found.finished_at) == (RunCounts(created=1), NOW)


def test_a_run_that_never_started_cannot_end(state: State) -> None:
    started(state)
    with pytest.raises(KeyError, match="r9"):
        state.runs.finish("r9", RunStatus.OK, RunCounts(), at=NOW)


def test_what_a_run_decided_without_writing_is_known_for_ninety_days(tmp_path: Path) -> None:
    held = SeenDeal("D1", SeenAs.HELD, "se", ("NO_LINES", "ORGNR_INVALID"), "K7Q2")
    left = SeenDeal("D2", SeenAs.UNCHANGED)
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        for run, days in (("r1", 0), ("r2", 90), ("r3", 91)):
            at = NOW + timedelta(days=days)
            state.runs.start(run, "push", at=at)
            state.runs.finish(run, RunStatus.PARTIAL, RunCounts(held=1), at=at, seen=(left, held))
            assert state.runs.seen(run) == (held, left)
            assert (state.runs.seen("r1") == ()) == (days > 90)
        assert state.runs.seen("r2") == (held, left)
