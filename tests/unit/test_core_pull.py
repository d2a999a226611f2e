"""What sales sees of an invoiced deal."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sfspiris.core.actions import Plan, WriteDeal
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.identity import Marker
from sfspiris.core.model import DealLink, DealStatus, Invoice, LedgerDraft
from sfspiris.core.planning.pull import LedgerNews, PullPlan, decide_pull, vanished
from shorthand import NOW, POLICY, TAG, TODAY, deal, invoice, ledger_draft, link

SOLD = deal("D1", "2 x 400 KONS")
LINK = link(SOLD)
DRAFT = ledger_draft(LINK.draft_id, "800")
ISSUED = invoice("1042", draft_id=LINK.draft_id)
LATER = NOW + timedelta(days=1)


def pull(known: DealLink, *seen: LedgerDraft | Invoice, complete: bool = False) -> PullPlan:
    """What is on no list was asked for by itself, where every invoice was read, and is not there."""
    drafts = [one for one in seen if isinstance(one, LedgerDraft)]
    invoices = [one for one in seen if isinstance(one, Invoice)]
    absent = frozenset({known.draft_id} - {one.id for one in drafts}) if complete else frozenset()
    news = LedgerNews(drafts, invoices, complete, LATER, absent=absent)
    return decide_pull([known], {"se": news}, POLICY, today=TODAY)


def status_after(known: DealLink, *seen: LedgerDraft | Invoice, complete: bool = False) -> DealStatus:
    return pull(known, *seen, complete=complete).links.get(known.deal_id, known).status


def test_a_draft_that_still_stands_changes_nothing() -> None:
    assert pull(LINK, DRAFT).plan.unchanged == (LINK.deal_id,)


def test_an_issued_draft_is_followed_by_its_origin_and_its_number_told() -> None:
    found = pull(LINK, ISSUED)
    (told,) = found.plan.actions
    assert isinstance(told, WriteDeal)
    assert (told.after.status, told.after.invoice_number) == (DealStatus.ISSUED, "1042")
    assert found.links[LINK.deal_id].remaining == Decimal(1000)


def test_without_an_origin_the_marker_leads_to_the_invoice() -> None:
    marked = replace(ISSUED, draft_id=None, texts=(f"Anna {Marker(SOLD.id, 1, TAG)}",))
    assert status_after(LINK, marked) is DealStatus.ISSUED


def test_two_invoices_with_the_marker_are_not_guessed_between() -> None:
    twins = [invoice(number, texts=(str(Marker(SOLD.id, 1, TAG)),)) for number in ("1", "2")]
    assert status_after(LINK, DRAFT, *twins) is DealStatus.DRAFT


def test_an_open_invoice_becomes_overdue_by_the_calendar_without_being_read() -> None:
    known = replace(
        LINK, invoice_id="inv-1042", status=DealStatus.ISSUED, due_on=date(2026, 11, 19), remaining=Decimal(5)
    )
    assert status_after(known) is DealStatus.OVERDUE


def test_a_paid_invoice_never_becomes_overdue() -> None:
    known = replace(
        LINK, invoice_id="inv-1042", status=DealStatus.PAID, due_on=date(2026, 11, 1), remaining=Decimal(0)
    )
    assert status_after(known) is DealStatus.PAID


def test_a_paid_invoice_is_told() -> None:
    known = replace(LINK, invoice_id=ISSUED.id, invoice_number="1042", status=DealStatus.ISSUED)
    assert (
        status_after(known, replace(ISSUED, remaining=Decimal(0), last_payment_on=date(2026, 11, 20)))
        is DealStatus.PAID
    )


def test_a_vanished_draft_is_not_called_deleted_until_every_invoice_was_read() -> None:
    news = LedgerNews([], [], complete=False, read_at=LATER)
    assert vanished([LINK], news, TAG)
    assert status_after(LINK) is DealStatus.DRAFT
    found = pull(LINK, complete=True)
    assert found.links[LINK.deal_id].status is DealStatus.DELETED
    assert [hold.code for hold in found.plan.holds] == [HoldCode.DRAFT_DELETED]


def test_a_list_alone_never_proves_that_a_draft_was_deleted() -> None:
    """It may lack any row; the draft is asked for by itself first."""
    unasked = LedgerNews([], [], complete=True, read_at=LATER)
    found = decide_pull([LINK], {"se": unasked}, POLICY, today=TODAY)
    assert (found.links, found.plan.holds) == ({}, ())


def test_a_draft_once_found_deleted_asks_for_no_full_reading_again() -> None:
    assert not vanished(
        [replace(LINK, status=DealStatus.DELETED)], LedgerNews([], [], complete=False, read_at=LATER), TAG
    )


def test_a_credit_note_is_never_taken_for_the_invoice() -> None:
    assert status_after(LINK, DRAFT, replace(ISSUED, is_credit_note=True)) is DealStatus.DRAFT


def test_a_company_that_was_not_read_keeps_what_it_had() -> None:
    assert decide_pull([LINK], {}, POLICY, today=TODAY) == PullPlan(Plan(), {})


# --- a draft that is gone, and nothing that proves where it went -----------------------------------------------------

NAMELESS = replace(ISSUED, draft_id=None, customer_id=LINK.customer_id, created_at=LATER)


def only_hold(found: PullPlan) -> tuple[HoldCode, str]:
    (hold,) = found.plan.holds
    return hold.code, hold.message


def test_an_invoice_of_the_same_customer_that_nothing_proves_is_a_proposal_and_no_fact() -> None:
    code, message = only_hold(pull(LINK, NAMELESS, complete=True))
    assert code is HoldCode.INVOICE_UNCERTAIN
    assert "1042" in message
    assert status_after(LINK, NAMELESS, complete=True) is DealStatus.DRAFT


def test_the_same_amount_for_another_customer_is_a_proposal_too() -> None:
    moved = replace(NAMELESS, customer_id="cust-9")
    assert only_hold(pull(LINK, moved, complete=True))[0] is HoldCode.INVOICE_UNCERTAIN


def test_what_belongs_to_another_deal_or_is_older_or_another_sale_is_no_candidate() -> None:
    others = (
        replace(NAMELESS, texts=(str(Marker("006000000000009AAA", 1, TAG)),)),
        replace(NAMELESS, draft_id="draft-of-another"),
        replace(NAMELESS, created_at=NOW - timedelta(days=30)),
        invoice("7", "123", "0", customer_id="cust-9", created_at=LATER),
    )
    for one in others:
        assert only_hold(pull(LINK, one, complete=True))[0] is HoldCode.DRAFT_DELETED


def test_two_invoices_with_the_marker_and_no_draft_wait_for_a_person() -> None:
    twins = [invoice(number, texts=(str(Marker(SOLD.id, 1, TAG)),)) for number in ("1", "2")]
    code, message = only_hold(pull(LINK, *twins, complete=True))
    assert code is HoldCode.INVOICE_UNCERTAIN
    assert "1 over" in message
    assert "2 over" in message


def test_a_doubt_stays_until_a_person_speaks_and_ends_when_the_draft_is_back() -> None:
    doubtful = pull(LINK, NAMELESS, complete=True).links[LINK.deal_id]
    again = pull(doubtful, NAMELESS, complete=True)
    assert (again.links, again.plan.unchanged) == ({}, ())
    assert only_hold(again)[0] is HoldCode.INVOICE_UNCERTAIN
    back = pull(doubtful, DRAFT).links[LINK.deal_id]
    assert (back.code, back.status) == (None, DealStatus.DRAFT)


def test_what_a_person_called_deleted_is_not_doubted_again() -> None:
    said = replace(LINK, status=DealStatus.DELETED)
    assert only_hold(pull(said, NAMELESS, complete=True))[0] is HoldCode.DRAFT_DELETED


def test_an_invoice_issued_with_changes_is_told_once() -> None:
    changed = replace(ISSUED, customer_id="cust-9", totals=replace(ISSUED.totals, net=Decimal(700)))
    found = pull(LINK, changed)
    assert [one.code for one in found.plan.warnings] == [WarningCode.INVOICE_DIFFERS] * 2
    assert pull(found.links[LINK.deal_id], changed).plan.warnings == ()


def test_an_invoice_made_anew_for_a_credited_one_is_followed() -> None:
    credited = replace(LINK, invoice_id="inv-1042", invoice_number="1042", status=DealStatus.CREDITED)
    anew = invoice("1050", texts=(str(Marker(SOLD.id, 1, TAG)),), created_at=LATER)
    found = pull(credited, anew)
    assert found.links[LINK.deal_id].invoice_number == "1050"
    assert [one.code for one in found.plan.warnings] == [WarningCode.INVOICE_DIFFERS]


@pytest.mark.parametrize("origin", [LINK.draft_id, None])
def test_credited_and_invoiced_anew_before_anybody_looked_is_followed_at_once(origin: str | None) -> None:
    """Both carry the Deal's reference; the one that nothing stands of any more does not make it a guess."""
    marked = (str(Marker(SOLD.id, 1, TAG)),)
    credited = invoice("1042", draft_id=origin, texts=marked, credited=Decimal(1000), remaining=Decimal(0))
    anew = invoice("1050", texts=marked)
    found = pull(LINK, credited, anew)
    assert found.links[LINK.deal_id].invoice_number == "1050"
    assert found.links[LINK.deal_id].status is DealStatus.ISSUED
    assert found.plan.holds == ()


def test_two_invoices_that_stand_are_for_a_person_to_tell_apart() -> None:
    marked = (str(Marker(SOLD.id, 1, TAG)),)
    two = (invoice("1042", texts=marked), invoice("1050", texts=marked))
    assert only_hold(pull(LINK, *two, complete=True))[0] is HoldCode.INVOICE_UNCERTAIN


def test_deals_that_finance_merged_into_one_invoice_all_lead_to_it() -> None:
    """One draft became it, the other was deleted after its rows had been moved over with its reference."""
    other = replace(LINK, deal_id=deal("D2", "1 x 400 KONS").id, draft_id="draft-2")
    texts = tuple(str(Marker(one.deal_id, one.revision, TAG)) for one in (LINK, other))
    collective = invoice("1042", "1600", "400", draft_id=LINK.draft_id, texts=texts)
    news = {"se": LedgerNews((), (collective,), complete=True, read_at=LATER)}
    found = decide_pull([LINK, other], news, POLICY, today=TODAY)
    assert {one.invoice_number for one in found.links.values()} == {"1042"}
    assert len(found.links) == 2
    assert found.plan.holds == ()
