"""What keeps a buyer from being forgotten, what may go, and until when the rest must stay."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from sfspiris.core.erasing import SETTLED, Document, Held, Write, judge, kept_until
from sfspiris.core.lifecycle import OPEN_STATES, IntentState
from sfspiris.core.model import DealStatus, Target
from statekit import NOW, later

MINE, SHARED = ("se", "K1"), ("se", "K2")


@pytest.mark.parametrize("status", DealStatus)
def test_only_what_is_paid_credited_or_deleted_is_settled(status: DealStatus) -> None:
    judged = judge([Document("D1", MINE, status)], [], [], shared=(), entries=[NOW])
    is_settled = status in {DealStatus.PAID, DealStatus.CREDITED, DealStatus.DELETED}
    assert (not judged.under_way) == is_settled == (status in SETTLED)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (Document("D1", MINE, DealStatus.DRAFT), "draft"),
        (Document("D1", MINE, DealStatus.DRAFT, Target.ORDER), "order"),
        (Document("D1", MINE, DealStatus.PARTLY_PAID, Target.ORDER), "partly paid"),
    ],
)
def test_a_refusal_says_how_the_document_stands(document: Document, why: str) -> None:
    assert judge([document], [], [], shared=(), entries=[]).under_way == (("D1", why),)


@pytest.mark.parametrize("state", IntentState)
def test_an_open_write_and_a_held_deal_are_under_way(state: IntentState) -> None:
    judged = judge([], [Write("D1", "create_customer", state)], [], shared=(), entries=[NOW])
    expected = (("D1", f"create_customer is {state}"),) if state in OPEN_STATES else ()
    assert judged.under_way == expected
    assert judge([], [], [Held("D2", "NO_LINES")], shared=(), entries=[]).under_way == (
        ("D2", "held: NO_LINES"),
    )


def test_each_deal_is_named_once() -> None:
    judged = judge(
        [Document("D2", MINE, DealStatus.DRAFT), Document("D1", MINE, DealStatus.ISSUED)],
        [Write("D2", "create_draft", IntentState.SENT, MINE)],
        [Held("D2", "OUTCOME_UNKNOWN"), Held("D2", "NO_LINES")],
        shared=(),
        entries=[],
    )
    assert judged.under_way == (("D1", "issued"), ("D2", "create_draft is sent"))


def test_of_a_customer_that_others_are_too_no_deal_is_taken_for_the_buyers() -> None:
    judged = judge(
        [Document("D1", MINE, DealStatus.PAID), Document("D2", SHARED, DealStatus.PAID)],
        [
            Write("D3", "create_draft", IntentState.REFUSED, SHARED),
            Write("D1", "write_deal", IntentState.DONE),
        ],
        [],
        shared={SHARED},
        entries=[NOW],
    )
    assert judged.deals == {"D1"}


def test_history_is_kept_to_the_end_of_the_seventh_year_by_the_swedish_calendar() -> None:
    assert kept_until(datetime(2026, 1, 1, 12, tzinfo=UTC)) == date(2033, 12, 31)
    assert kept_until(datetime(2026, 12, 31, 22, 59, tzinfo=UTC)) == date(2033, 12, 31)
    assert kept_until(datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == date(2034, 12, 31)
    assert judge([], [], [], shared=(), entries=[later(9), NOW]).kept_until == date(2033, 12, 31)
    assert judge([], [], [], shared=(), entries=[]).kept_until is None
