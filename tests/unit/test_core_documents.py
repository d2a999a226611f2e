"""What became of a draft that was sent without an answer."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from sfspiris.core.identity import Marker, customer_note
from sfspiris.core.model import Invoice, LedgerDraft
from sfspiris.core.planning.documents import (
    SETTLE,
    Documents,
    Resolution,
    Sent,
    Verdict,
    resolve,
    resolve_customer,
)
from shorthand import NOW, TAG, customer, deal_id, invoice, ledger_draft

MARKER = Marker(deal_id("D1"), 1, TAG)
SENT = Sent(MARKER, "cust-1001", Decimal("1000.00"), "SEK", NOW)
LATE = NOW + SETTLE


def after(
    *seen: LedgerDraft | Invoice, known: tuple[str, ...] = (), at: timedelta = timedelta()
) -> Resolution:
    documents = Documents.of(
        [one for one in seen if isinstance(one, LedgerDraft)],
        [one for one in seen if isinstance(one, Invoice)],
    )
    return resolve(SENT, documents, now=NOW + at, known=known)


def test_found_once_by_its_marker_and_equal_to_the_ore_it_is_ours() -> None:
    found = after(ledger_draft("d", "1000", f"Anna {MARKER}"))
    assert found.verdict is Verdict.ADOPT
    assert found.document is not None
    assert found.document.draft_id == "d"


def test_it_is_ours_when_finance_has_issued_it_meanwhile() -> None:
    found = after(invoice("1042", "1000", texts=(str(MARKER),), draft_id="d"))
    assert found.verdict is Verdict.ADOPT
    assert found.document is not None
    assert found.document.invoice is not None


@pytest.mark.parametrize("age", [timedelta(), timedelta(minutes=14, seconds=59)])
def test_what_is_not_found_yet_may_still_appear(age: timedelta) -> None:
    assert after(at=age).verdict is Verdict.WAIT


def test_after_the_settle_window_it_may_be_sent_again() -> None:
    assert after(at=SETTLE).verdict is Verdict.GIVE_BACK


def test_an_unmarked_twin_made_at_that_time_is_left_to_a_person() -> None:
    assert after(ledger_draft("d", "1000"), at=SETTLE).verdict is Verdict.DOUBT


@pytest.mark.parametrize(
    "other",
    [
        ledger_draft("d", "1000", customer_id="cust-2"),
        ledger_draft("d", "1001"),
        replace(ledger_draft("d", "1000"), created_at=NOW - timedelta(minutes=6)),
    ],
    ids=["another customer", "another amount", "made before"],
)
def test_a_document_that_cannot_be_ours_does_not_stop_us(other: LedgerDraft) -> None:
    assert after(other, at=SETTLE).verdict is Verdict.GIVE_BACK


def test_a_twin_that_belongs_to_another_deal_does_not_stop_us() -> None:
    assert after(ledger_draft("d", "1000"), known=("d",), at=SETTLE).verdict is Verdict.GIVE_BACK


def test_found_twice_or_with_another_amount_or_customer_a_person_decides() -> None:
    twice = [ledger_draft(name, "1000", str(MARKER)) for name in "ab"]
    assert after(*twice).verdict is Verdict.DOUBT
    assert after(ledger_draft("d", "999.99", str(MARKER))).verdict is Verdict.DOUBT
    assert after(ledger_draft("d", "1000", str(MARKER), customer_id="cust-2")).verdict is Verdict.DOUBT


NOTE = customer_note("001000000000A01AAA", TAG)


@pytest.mark.parametrize(
    ("notes", "age", "verdict"),
    [
        ([f"VIP\n{NOTE} sedan 2026"], timedelta(), Verdict.ADOPT),
        ([NOTE, NOTE], SETTLE, Verdict.DOUBT),
        ([None, f"x{NOTE}"], timedelta(), Verdict.WAIT),
        ([], SETTLE, Verdict.GIVE_BACK),
    ],
)
def test_a_customer_that_was_sent_without_an_answer_is_known_by_its_note(
    notes: list[str | None], age: timedelta, verdict: Verdict
) -> None:
    customers = [customer(str(n), note=note) for n, note in enumerate(notes)]
    judged, found = resolve_customer(NOTE, customers, sent_at=NOW, now=NOW + age)
    assert judged is verdict
    assert (found is not None) == (verdict is Verdict.ADOPT)


def test_a_draft_that_was_issued_between_two_readings_counts_once() -> None:
    documents = Documents.of(
        [ledger_draft("d", "1000", str(MARKER))], [invoice("1", "1000", texts=(str(MARKER),), draft_id="d")]
    )
    assert len(documents.marked(MARKER)) == 1
