"""What the CRM should show of invoices and accounts, and which of it is written."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sfspiris.core.actions import WriteAccount, WriteInvoice
from sfspiris.core.changes import changes
from sfspiris.core.model import DealStatus, Invoice
from sfspiris.core.planning.mirroring import CustomerOf, MirrorInputs, decide_mirror
from sfspiris.core.receivables import (
    AccountSummary,
    InvoiceRecord,
    account_summary,
    invoice_record,
    paid,
    values,
)
from shorthand import TODAY, deal, deal_id, invoice, link

ACME = "001000000000A01AAA"
TWIN = "001000000000A09AAA"
INVOICE_FIELDS = frozenset(one.name for one in fields(InvoiceRecord)) - {"external_id"}
ACCOUNT_FIELDS = frozenset(one.name for one in fields(AccountSummary)) - {"account"}


def booked(number: str, gross: str = "1000", **given: Any) -> Invoice:
    """An invoice in kronor: base amounts follow."""
    net = Decimal(gross) * Decimal("0.8")
    made = invoice(number, str(net), str(Decimal(gross) - net), remaining=abs(Decimal(gross)), **given)
    sign = -1 if made.totals.gross < 0 else 1
    return replace(made, gross_in_books=made.totals.gross, remaining_in_books=sign * made.remaining)


def credited_in_part() -> tuple[Invoice, Invoice]:
    """An invoice over 1 000, 40 % of it credited, the credit note set off against it."""
    first = replace(
        booked("1"), credited=Decimal(400), remaining=Decimal(600), remaining_in_books=Decimal(600)
    )
    note = replace(
        booked("2", "-400", is_credit_note=True, credits_id="inv-1"),
        remaining=Decimal(0),
        remaining_in_books=Decimal(0),
        credited=Decimal(400),
    )
    return first, note


def inputs(*invoices: Invoice, **given: Any) -> MirrorInputs:
    made = MirrorInputs(
        invoices={"se": invoices},
        links=[],
        customers=[CustomerOf("se", ACME, "cust-1001", "1001")],
        told_invoices={},
        told_accounts={},
        currencies={"se": "SEK", "int": "SEK"},
        invoice_fields=INVOICE_FIELDS,
        account_fields=ACCOUNT_FIELDS,
        today=TODAY,
    )
    return replace(made, **given)


def record(one: Invoice) -> InvoiceRecord:
    return invoice_record(one, company="se", account=ACME, deal_id=None, credits_number=None, today=TODAY)


def told(wanted: MirrorInputs) -> dict[str, Any]:
    """What the CRM says once everything wanted has been written."""
    actions = decide_mirror(wanted)
    return {
        "told_invoices": {
            one.record.external_id: values(one.record) for one in actions if isinstance(one, WriteInvoice)
        },
        "told_accounts": {
            one.summary.account: values(one.summary) for one in actions if isinstance(one, WriteAccount)
        },
    }


def test_a_set_off_is_no_money() -> None:
    first, note = credited_in_part()
    assert [paid(first, [note]), paid(note)] == [Decimal(0)] * 2
    part_paid = replace(first, remaining=Decimal(100))
    assert paid(part_paid, [note]) == paid(part_paid) == 500


def test_what_was_paid_before_a_credit_was_paid_until_it_is_paid_back() -> None:
    settled = replace(booked("1"), remaining=Decimal(0), credited=Decimal(400))
    owed_back = booked("2", "-400", is_credit_note=True, credits_id="inv-1")
    assert paid(settled, [owed_back]) == 1000
    assert paid(settled, [replace(owed_back, remaining=Decimal(0))]) == 600


def test_a_credit_note_that_was_paid_out_has_paid_a_negative_amount() -> None:
    note = replace(booked("2", "-400", is_credit_note=True), remaining=Decimal(0))
    assert paid(note) == -400


def test_a_part_payment_has_a_last_payment_day_and_no_day_of_full_payment() -> None:
    shown = record(replace(booked("1"), remaining=Decimal(600), last_payment_on=date(2026, 11, 18)))
    assert shown.amount_paid == 400
    assert shown.balance == 600
    assert shown.status is DealStatus.PARTLY_PAID
    assert (shown.last_payment_date, shown.paid_date) == (date(2026, 11, 18), None)


def test_what_is_paid_in_full_has_both_days() -> None:
    shown = record(replace(booked("1"), remaining=Decimal(0), last_payment_on=date(2026, 11, 18)))
    assert (shown.status, shown.paid_date) == (DealStatus.PAID, date(2026, 11, 18))


def test_a_fully_credited_invoice_shows_no_payment() -> None:
    shown = record(
        replace(
            booked("1"),
            remaining=Decimal(0),
            credited=Decimal(1000),
            last_payment_on=date(2026, 11, 18),
        )
    )
    assert (shown.status, shown.paid_date, shown.last_payment_date) == (DealStatus.CREDITED, None, None)


def test_a_credit_note_is_negative_and_never_overdue() -> None:
    note = booked("2", "-400", is_credit_note=True, due_on=date(2026, 1, 1))
    shown = record(note)
    assert shown.amount_total == shown.balance == -400
    assert (shown.status, shown.is_overdue) == (DealStatus.ISSUED, False)


def test_after_a_credit_of_forty_percent_the_account_owes_the_rest() -> None:
    summary = account_summary(ACME, "1001", credited_in_part(), today=TODAY)
    assert summary.spiris_invoiced_total == 600
    assert summary.spiris_open_balance == 600
    assert summary.spiris_collected_total == 0
    assert summary.spiris_payment_status is DealStatus.PARTLY_CREDITED


def test_what_is_overdue_is_the_part_past_its_day() -> None:
    late = booked("1", due_on=date(2026, 11, 1))
    early = booked("2", "500")
    summary = account_summary(ACME, "1001", [late, early], today=TODAY)
    assert summary.spiris_open_balance == 1500
    assert summary.spiris_overdue_balance == 1000
    assert summary.spiris_oldest_due_date == date(2026, 11, 1)
    assert summary.spiris_payment_status is DealStatus.OVERDUE


def test_an_account_without_invoices_owes_zero_and_not_nothing() -> None:
    (action,) = decide_mirror(inputs())
    assert isinstance(action, WriteAccount)
    assert action.summary.spiris_open_balance == 0
    assert action.summary.spiris_payment_status is None


def test_what_was_told_is_not_written_again() -> None:
    wanted = inputs(booked("3"), *credited_in_part())
    assert decide_mirror(replace(wanted, **told(wanted))) == ()


def test_an_invoice_becomes_overdue_by_the_calendar_alone() -> None:
    wanted = inputs(booked("1"))
    later = replace(wanted, **told(wanted), today=date(2026, 12, 13))
    written = decide_mirror(later)
    assert [type(one) for one in written] == [WriteInvoice, WriteAccount]
    shown = {one.field: (one.before, one.after) for one in changes(written[0])}
    assert shown == {"Status": ("Issued", "Overdue"), "IsOverdue": ("false", "true")}


def test_invoices_of_customers_that_no_account_stands_for_are_left_out() -> None:
    assert decide_mirror(inputs(booked("1", customer_id="cust-9"), account_fields=frozenset())) == ()


def test_an_invoice_made_by_hand_belongs_to_its_account_and_to_no_deal() -> None:
    (action,) = decide_mirror(inputs(booked("1"), account_fields=frozenset()))
    assert isinstance(action, WriteInvoice)
    assert (action.record.account, action.record.opportunity) == (ACME, None)


def test_a_credit_note_belongs_to_the_deal_of_the_invoice_that_it_credits() -> None:
    ours = replace(link(deal("D1")), invoice_id="inv-1", invoice_number="1")
    actions = decide_mirror(inputs(*credited_in_part(), links=[ours], account_fields=frozenset()))
    assert [
        (one.record.opportunity, one.record.credits_invoice)
        for one in actions
        if isinstance(one, WriteInvoice)
    ] == [(deal_id("D1"), None), (deal_id("D1"), "1")]


def test_two_accounts_of_one_customer_both_show_what_it_owes_and_neither_is_guessed_to_have_bought() -> None:
    twins = [CustomerOf("se", one, "cust-1001", "1001") for one in (ACME, TWIN)]
    actions = decide_mirror(inputs(booked("1"), customers=twins))
    assert [one.record.account for one in actions if isinstance(one, WriteInvoice)] == [None]
    assert [
        (one.summary.account, one.summary.spiris_open_balance)
        for one in actions
        if isinstance(one, WriteAccount)
    ] == [(ACME, Decimal(1000)), (TWIN, Decimal(1000))]


def test_an_account_in_two_companies_adds_up_and_keeps_the_customer_number_that_people_gave() -> None:
    both = [CustomerOf("se", ACME, "cust-1001", "1001"), CustomerOf("int", ACME, "cust-7", "2007")]
    there = booked("9", "500", customer_id="cust-7")
    actions = decide_mirror(
        inputs(customers=both, invoices={"se": [booked("1")], "int": [there]}, invoice_fields=frozenset())
    )
    (action,) = actions
    assert isinstance(action, WriteAccount)
    assert action.summary.spiris_open_balance == 1500
    assert "spiris_customer_number" not in values(action.summary)


def test_sums_are_never_made_of_two_currencies() -> None:
    both = [CustomerOf("se", ACME, "cust-1001", "1001"), CustomerOf("int", ACME, "cust-7", "2007")]
    wanted = inputs(
        customers=both,
        invoices={"se": [booked("1")], "int": []},
        currencies={"se": "SEK", "int": "EUR"},
        invoice_fields=frozenset(),
    )
    assert decide_mirror(wanted) == ()


@pytest.mark.parametrize("without", ["balance", "status", "is_overdue"])
def test_a_field_that_the_crm_lacks_makes_no_difference(without: str) -> None:
    wanted = inputs(booked("1"), invoice_fields=INVOICE_FIELDS - {without})
    known = told(wanted)
    for document in known["told_invoices"].values():
        document[without] = "something else"
    assert decide_mirror(replace(wanted, **known)) == ()


def test_a_voided_invoice_is_credited_in_full_and_no_money() -> None:
    """Nothing remains of it, no payment day, no credit note: no money came, and the books hold nothing of it any more."""
    void = replace(booked("1"), remaining=Decimal(0), remaining_in_books=Decimal(0))
    assert void.is_void
    record = invoice_record(void, company="se", account=ACME, deal_id=None, credits_number=None, today=TODAY)
    assert record.status is DealStatus.CREDITED
    assert [record.amount_paid, record.amount_credited] == [0, 1000]
    assert record.paid_date is None
    summary = account_summary(ACME, "1001", [void, booked("2")], today=TODAY)
    assert [summary.spiris_invoiced_total, summary.spiris_collected_total] == [1000, 0]
    assert not replace(void, last_payment_on=TODAY).is_void, "a payment leaves its day"
    assert not booked("3", "0").is_void, "an invoice over nothing has nothing to take back"


def test_an_invoice_that_two_deals_were_merged_into_names_neither() -> None:
    """Each of the deals names it; the record has room for one of them, and either would be half the truth."""
    two = [
        replace(link(deal(name, "1 x 400 KONS")), invoice_id="inv-1", company="se") for name in ("D1", "D2")
    ]
    [both] = [one for one in decide_mirror(inputs(booked("1"), links=two)) if isinstance(one, WriteInvoice)]
    assert both.record.opportunity is None
    [one] = [
        one for one in decide_mirror(inputs(booked("1"), links=two[:1])) if isinstance(one, WriteInvoice)
    ]
    assert one.record.opportunity == deal_id("D1")
