"""The two tables: what may become of an intent, and what an invoice's figures mean."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sfspiris.core.lifecycle import (
    TRANSITIONS,
    IllegalTransitionError,
    IntentEvent,
    IntentState,
    deal_status,
    next_state,
)
from sfspiris.core.model import DealStatus
from shorthand import TODAY, invoice


@pytest.mark.parametrize(
    ("state", "event"), [(state, event) for state in IntentState for event in IntentEvent]
)
def test_an_intent_moves_by_the_table_or_not_at_all(state: IntentState, event: IntentEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalTransitionError):
            next_state(state, event)


def test_nothing_but_not_found_or_not_executed_leads_back_to_where_it_may_be_sent() -> None:
    ways = {event for (_, event), after in TRANSITIONS.items() if after is IntentState.NEW}
    assert ways == {IntentEvent.NOT_EXECUTED, IntentEvent.GIVE_BACK}


def test_an_intent_is_sent_only_from_new() -> None:
    assert {state for (state, event) in TRANSITIONS if event is IntentEvent.ARM} == {IntentState.NEW}


@pytest.mark.parametrize(
    ("remaining", "credited", "due", "flag", "status"),
    [
        ("1000", "0", "2026-12-12", False, DealStatus.ISSUED),
        ("1000", "0", None, False, DealStatus.ISSUED),
        ("1000", "0", "2026-11-20", False, DealStatus.ISSUED),
        ("1000", "0", "2026-11-19", False, DealStatus.OVERDUE),
        ("400", "0", "2026-11-19", False, DealStatus.OVERDUE),
        ("400", "0", "2026-12-12", True, DealStatus.OVERDUE),
        ("600", "0", "2026-12-12", False, DealStatus.PARTLY_PAID),
        ("0", "0", "2026-11-01", False, DealStatus.PAID),
        ("0", "1000", "2026-11-01", False, DealStatus.CREDITED),
        ("0", "400", "2026-11-01", False, DealStatus.PAID),
        ("600", "400", "2026-12-12", False, DealStatus.PARTLY_CREDITED),
        ("300", "400", "2026-12-12", False, DealStatus.PARTLY_PAID),
        ("-1000", "0", "2026-12-12", False, DealStatus.ISSUED),
    ],
)
def test_the_figures_decide_what_sales_sees(
    remaining: str, credited: str, due: str | None, flag: bool, status: DealStatus
) -> None:
    seen = replace(
        invoice("1"),
        remaining=Decimal(remaining),
        credited=Decimal(credited),
        due_on=date.fromisoformat(due) if due else None,
        is_overdue=flag,
        paid_on=TODAY,
    )
    assert deal_status(seen, today=TODAY) is status
