"""The comparison of deals, documents, payments and links: one line per record, with its class, and sums to the öre."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sfspiris.core.actions import Adopt, WriteDeal
from sfspiris.core.drift import BooksLock, Drift, DriftClass, Figures, Reconciliation, Symbol, by_currency
from sfspiris.core.identity import Marker
from sfspiris.core.model import Deal, DealLink, DealStatus, Invoice, LedgerDraft, SyncState
from sfspiris.core.planning.differences import Expected
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.reconcile import Reason, ReconcileInputs, reconcile
from sfspiris.core.planning.repairs import repairs
from shorthand import POLICY, TAG, TODAY, deal, deal_id, invoice, ledger_draft, link, totals
from shorthand import inputs as pushable

SOLD = deal("D1", "2 x 400 KONS", amount=Decimal(800))
MARK = str(Marker(SOLD.id, 1, TAG))
DRAFTED = link(SOLD, draft_id="d")
ISSUED = link(SOLD, draft_id="d", invoice_id="inv-1042", invoice_number="1042", status=DealStatus.ISSUED)
DRAFT = ledger_draft("d", "800", MARK)
INVOICE = invoice("1042", texts=(MARK,), draft_id="d")
NOTE = invoice(
    "1043",
    is_credit_note=True,
    credits_id="inv-1042",
    totals=totals("-320", "-80"),
    remaining=Decimal(0),
)
PARTLY_CREDITED = replace(INVOICE, credited=Decimal(400), remaining=Decimal(600))


def told(known: DealLink, **changes: Any) -> Deal:
    """The deal as the CRM has it once it has been told what we know of its document."""
    return replace(SOLD, sync=replace(known.told, **changes))


def inputs(
    *deals: Deal,
    seen: tuple[LedgerDraft | Invoice, ...] = (),
    known: DealLink | None = DRAFTED,
    **changes: Any,
) -> ReconcileInputs:
    invoices = [one for one in seen if isinstance(one, Invoice)]
    documents = Documents.of([one for one in seen if isinstance(one, LedgerDraft)], invoices)
    made = ReconcileInputs(
        deals=deals,
        documents={"se": documents, "int": Documents()},
        links={known.deal_id: known} if known else {},
        policy=POLICY,
        today=TODAY,
        notes={"se": [one for one in invoices if one.is_credit_note]},
    )
    return replace(made, **changes)


def compare(*deals: Deal, **changes: Any) -> Reconciliation:
    return reconcile(inputs(*deals, **changes))


def only(*deals: Deal, **changes: Any) -> Drift:
    (line,) = compare(*deals, **changes).lines
    return line


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        (DRAFTED, (DRAFT,)),
        (DRAFTED, (ledger_draft("d", "800"),)),
        (ISSUED, (INVOICE,)),
        (ISSUED, (replace(INVOICE, texts=(), draft_id=None),)),
    ],
    ids=["draft", "draft without its marker", "invoice", "invoice that only the link knows"],
)
def test_a_deal_and_its_document_over_the_same_net_are_the_same(
    known: DealLink, seen: tuple[LedgerDraft | Invoice, ...]
) -> None:
    line = only(told(known), seen=seen, known=known)
    assert (line.symbol, line.code, line.fix) == (Symbol.SAME, None, None), line


SHOWN = {"se:inv-1042": {"amount_paid": "0", "amount_credited": "0", "balance": "1000"}}
OTHER = replace(DRAFT, customer_id="cust-1007")
EUR = replace(DRAFT, totals=totals("800", currency="EUR"))


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (DriftClass.MISSING_IN_SPIRIS, {"known": None}),
        (DriftClass.TWIN_DOCUMENT, {"seen": (DRAFT, ledger_draft("e", "800", MARK))}),
        (DriftClass.CURRENCY, {"seen": (EUR,)}),
        (DriftClass.AMOUNT, {"seen": (ledger_draft("d", "799.99", MARK),)}),
        (DriftClass.VAT, {"seen": (DRAFT,), "expected": {SOLD.id: Expected(Decimal(200), None)}}),
        (DriftClass.CREDITED, {"known": ISSUED, "seen": (PARTLY_CREDITED, NOTE)}),
        (DriftClass.CUSTOMER, {"seen": (OTHER,)}),
        (DriftClass.LINK, {"seen": (DRAFT,), "known": None}),
        (
            DriftClass.PAYMENT,
            {"known": ISSUED, "seen": (replace(INVOICE, remaining=Decimal(600)),), "shown": SHOWN},
        ),
        (
            DriftClass.STATUS,
            {
                "known": ISSUED,
                "seen": (replace(INVOICE, remaining=Decimal(0), last_payment_on=date(2026, 11, 20)),),
            },
        ),
    ],
    ids=lambda value: value.value if isinstance(value, DriftClass) else "",
)
def test_each_kind_of_difference_is_one_line_with_its_class(
    code: DriftClass, changes: Mapping[str, Any]
) -> None:
    policy = replace(POLICY, invoice_fields=frozenset({"amount_paid", "balance"}))
    line = only(told(changes.get("known") or DRAFTED), policy=policy, **changes)
    assert line.code is code, line
    assert line.symbol is (Symbol.ONLY_IN_CRM if code is DriftClass.MISSING_IN_SPIRIS else Symbol.DIFFERS)
    assert line.fix


def test_a_deal_whose_route_leads_to_other_books_than_its_document_is_told() -> None:
    moved = replace(told(DRAFTED), values=dict.fromkeys(SOLD.values, "NO"))
    line = only(moved, seen=(DRAFT,))
    assert (line.code, line.crm_value, line.ledger_value) == (DriftClass.COMPANY, "int", "se")


def test_a_customer_is_told_by_number_and_name_and_never_by_the_id_of_other_books() -> None:
    """What a deal would become in the books that it goes to now says nothing about who pays in those that it is in."""
    names = {("se", "cust-1001"): "1001 AB Volvo", ("se", "cust-1007"): "1007 SKF"}
    elsewhere = replace(told(DRAFTED), values=dict.fromkeys(SOLD.values, "NO"))
    there = {SOLD.id: Expected(DRAFT.totals.vat, "0c8f9909-d6f0")}
    line = only(elsewhere, seen=(DRAFT,), expected=there, customers=names)
    assert (line.code, line.also) == (DriftClass.COMPANY, ())
    gone = replace(DRAFTED, customer_id="0c8f9909-d6f0")
    line = only(told(gone), seen=(replace(DRAFT, customer_id="cust-1007"),), known=gone, customers=names)
    assert (line.crm_value, line.ledger_value) == (
        "a customer that is gone from Spiris (0c8f9909-d6f0)",
        "1007 SKF",
    )


def test_a_deal_that_a_person_has_settled_is_no_drift() -> None:
    found = compare(SOLD, known=None, settled=frozenset({SOLD.id}))
    assert [(one.symbol, one.is_settled) for one in found.lines] == [(Symbol.ONLY_IN_CRM, True)]
    assert all(one.is_settled_by(()) for one in found.lines)


def test_twins_in_the_books_of_two_companies_are_found() -> None:
    other = Documents.of([ledger_draft("e", "800", MARK)], [])
    line = only(told(DRAFTED), documents={"se": Documents.of([DRAFT], []), "int": other})
    assert line.code is DriftClass.TWIN_DOCUMENT
    assert "draft d over" in line.message
    assert "draft e over" in line.message


def test_several_differences_are_one_line_that_leads_with_the_gravest() -> None:
    line = only(told(DRAFTED), seen=(replace(INVOICE, totals=totals("700", "175")),))
    assert (line.code, line.also) == (DriftClass.AMOUNT, (DriftClass.STATUS,))
    assert line.field == "net"
    assert "Issued" in line.message


def test_an_invoice_that_was_credited_in_full_and_made_anew_is_no_twin() -> None:
    anew = ledger_draft("e", "800", MARK)
    whole = replace(INVOICE, credited=Decimal(1000), remaining=Decimal(0))
    line = only(told(DRAFTED), seen=(whole, anew), known=link(SOLD, draft_id="e"))
    assert line.code is not DriftClass.TWIN_DOCUMENT
    assert line.document_id == "e"


def test_an_invoice_that_was_credited_in_full_is_not_the_same() -> None:
    whole = replace(INVOICE, credited=Decimal(1000), remaining=Decimal(0))
    note = replace(NOTE, totals=totals("-800", "-200"))
    known = replace(ISSUED, status=DealStatus.CREDITED)
    line = only(told(known), seen=(whole, note), known=known)
    assert (line.code, line.also) == (DriftClass.CREDITED, ())
    assert "credit note 1043" in line.message
    assert line.ledger_value == "0,00 SEK net left"


def test_a_deal_that_was_brought_in_line_with_the_credit_is_the_same() -> None:
    known = replace(ISSUED, status=DealStatus.PARTLY_CREDITED)
    smaller = replace(told(known), amount=Decimal(480))
    assert only(smaller, seen=(PARTLY_CREDITED, NOTE), known=known).symbol is Symbol.SAME


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"known": None}, "not been pushed yet"),
        (
            {"known": None, "reasons": {SOLD.id: [Reason("ORGNR_MISSING", "No number.", "Add it.")]}},
            "No number.",
        ),
        ({}, "gone from Spiris"),
    ],
)
def test_a_deal_without_a_document_says_why_and_what_to_do(changes: dict[str, Any], reason: str) -> None:
    line = only(SOLD, **changes)
    assert line.symbol is Symbol.ONLY_IN_CRM
    assert reason in line.message
    assert line.fix


@pytest.mark.parametrize("queued", [(), (Reason("DRAFT_DELETED", "It waits.", "Ask for help."),)])
def test_a_deleted_draft_asks_for_what_a_push_asks_for_and_never_for_an_invoice_by_hand(
    queued: tuple[Reason, ...],
) -> None:
    known = replace(DRAFTED, status=DealStatus.DELETED)
    line = only(SOLD, known=known, reasons={SOLD.id: queued})
    (hold,) = decide(pushable(SOLD, links={SOLD.id: known})).holds
    assert line.reasons == (str(hold.code),) == ("DRAFT_DELETED",)
    assert line.fix == hold.fix
    assert str(hold.message) in line.message
    assert "by hand" not in str(line.fix)


def test_what_became_of_a_document_that_is_gone_is_found_out_before_anything_is_asked_for() -> None:
    assert "pull-invoice-status" in str(only(SOLD).fix)


def test_reasons_are_codes_for_programs() -> None:
    reasons = {SOLD.id: [Reason("ORGNR_MISSING", "No number.", "Add it.")]}
    assert only(SOLD, known=None, reasons=reasons).reasons == ("ORGNR_MISSING",)


def test_the_status_of_a_deal_that_waits_is_that_of_its_hold() -> None:
    waits = replace(SOLD, sync=SyncState(status="Held", company="se", draft_id="d"))
    assert only(waits, seen=(DRAFT,), waiting=frozenset({SOLD.id})).symbol is Symbol.SAME
    assert only(waits, seen=(DRAFT,)).code is DriftClass.STATUS


def test_what_the_crm_has_no_field_for_is_not_compared() -> None:
    policy = replace(POLICY, sync_fields=frozenset())
    assert only(SOLD, seen=(DRAFT,), policy=policy).symbol is Symbol.SAME


LOST = str(Marker(deal_id("D9"), 1, TAG))


def test_a_document_whose_deal_is_gone_is_told() -> None:
    line = only(seen=(ledger_draft("d", "800", LOST), ledger_draft("e", "100")), known=None)
    assert (line.symbol, line.code, line.deal_id) == (
        Symbol.ONLY_IN_LEDGER,
        DriftClass.MISSING_IN_SALESFORCE,
        deal_id("D9"),
    )


def test_a_document_without_its_marker_is_still_the_lost_deals() -> None:
    assert only(seen=(ledger_draft("d", "800"),)).deal_id == SOLD.id


def test_the_stage_of_a_deal_that_is_not_won_any_more_is_told() -> None:
    line = only(
        seen=(ledger_draft("d", "800", LOST),), known=None, departed={deal_id("D9"): "Affär (Negotiation)"}
    )
    assert "Affär (Negotiation)" in line.message


def test_documents_of_other_periods_and_of_deals_won_elsewhere_are_not_called_lost() -> None:
    lost = replace(invoice("1042"), texts=(LOST,), issued_on=date(2026, 11, 12))
    assert compare(seen=(lost,), known=None, start=date(2026, 12, 1)).lines == ()
    assert compare(seen=(lost,), known=None, end=date(2026, 11, 11)).lines == ()
    assert compare(seen=(lost,), known=None, elsewhere=frozenset({deal_id("D9")})).lines == ()
    inside = compare(seen=(lost,), known=None, start=date(2026, 11, 1), end=date(2026, 11, 30))
    assert [one.symbol for one in inside.lines] == [Symbol.ONLY_IN_LEDGER]


def test_another_orgs_documents_are_not_ours() -> None:
    theirs = ledger_draft("e", "800", str(Marker(SOLD.id, 1, "AAAAA")))
    assert compare(seen=(theirs,), known=None).lines == ()


def test_deals_that_share_an_invoice_are_compared_with_it_together_and_it_counts_once() -> None:
    second = deal("D2", "1 x 100 KONS", amount=Decimal(100))
    marks = (MARK, str(Marker(second.id, 1, TAG)))
    shared = ledger_draft("d", "900", *marks)
    links = {SOLD.id: DRAFTED, second.id: link(second, draft_id="d")}
    deals = (told(DRAFTED), replace(second, sync=links[second.id].told))
    found = reconcile(inputs(*deals, seen=(shared,), links=links))
    assert [one.symbol for one in found.lines] == [Symbol.SAME, Symbol.SAME]
    assert (found.sums[0].crm, found.sums[0].ledger) == (Decimal(900), Decimal(900))


def test_a_company_that_could_not_be_read_is_told_and_its_deals_are_not_called_missing() -> None:
    line = only(SOLD, unreadable={"se": "no answer"}, documents={})
    assert (line.symbol, line.code) == (Symbol.UNREADABLE, DriftClass.UNREADABLE)


def test_a_correction_in_locked_books_belongs_on_a_later_day() -> None:
    locks = {"se": BooksLock("se", date(2026, 11, 15))}
    wrong = replace(INVOICE, totals=totals("700", "175"))
    found = compare(told(ISSUED), seen=(wrong,), known=ISSUED, locks=locks)
    assert "after 2026-11-15" in (found.lines[0].fix or "")
    assert found.locks == (locks["se"],)


def test_books_are_locked_through_a_day_or_by_the_year() -> None:
    lock = BooksLock("se", date(2026, 3, 31), ((date(2025, 1, 1), date(2025, 12, 31)),))
    assert [lock.covers(one) for one in (date(2026, 3, 31), date(2026, 4, 1), date(2025, 6, 1))] == [
        True,
        False,
        True,
    ]
    assert lock.last == date(2026, 3, 31)
    assert BooksLock("se").last is None


# --- sums ----------------------------------------------------------------------------------------------------------


def test_the_sums_count_every_deal_and_every_document() -> None:
    second = deal("D2", "1 x 100 KONS", amount=Decimal(100))
    nowhere = deal("D3", buyer=None, amount=Decimal(50))
    twins = (ledger_draft("d", "799", MARK), ledger_draft("e", "1", MARK), ledger_draft("f", "7", LOST))
    found = compare(SOLD, second, nowhere, seen=twins)
    assert [(one.company, one.crm, one.ledger, one.difference) for one in found.sums] == [
        ("", Decimal(50), Decimal(0), Decimal(-50)),
        ("se", Decimal(900), Decimal(807), Decimal(-93)),
    ]
    assert not all(one.is_settled_by(()) for one in found.lines)
    assert found.is_complete


def test_what_was_billed_is_credited_paid_or_open_to_the_ore() -> None:
    paid = replace(PARTLY_CREDITED, remaining=Decimal("99.99"))
    (summed,) = compare(told(ISSUED), seen=(paid, NOTE), known=ISSUED).sums
    figures = summed.figures
    assert figures is not None
    assert [figures.sold, figures.invoiced, figures.credited, summed.ledger] == [
        Decimal(one) for one in (800, 800, 320, 480)
    ]
    assert [figures.billed, figures.credited_gross, figures.paid, figures.remaining] == [
        Decimal(one) for one in ("1000", "400", "500.01", "99.99")
    ]
    assert figures.billed == figures.credited_gross + figures.paid + figures.remaining


def test_currencies_are_never_added_up() -> None:
    sek, eur = Figures(currency="SEK", sold=Decimal(1)), Figures(currency="EUR", sold=Decimal(1))
    assert by_currency([sek, eur, sek]) == (eur, Figures(currency="SEK", sold=Decimal(2)))
    with pytest.raises(ValueError, match="never added"):
        _ = sek + eur


# --- what is put right ---------------------------------------------------------------------------------------------


def repaired(*deals: Deal, **changes: Any) -> tuple[WriteDeal | Adopt, ...]:
    made = inputs(*deals, **changes)
    found = repairs(reconcile(made), made).plan.actions
    return tuple(one for one in found if isinstance(one, WriteDeal | Adopt))


def test_a_wrong_status_is_written_again_and_nothing_else() -> None:
    paid = replace(INVOICE, remaining=Decimal(0), last_payment_on=date(2026, 11, 20))
    (write,) = repaired(told(ISSUED), seen=(paid,), known=ISSUED)
    assert isinstance(write, WriteDeal)
    assert (write.before.status, write.after.status) == (DealStatus.ISSUED, DealStatus.PAID)


def test_a_document_that_our_memory_lost_is_remembered_and_told() -> None:
    adopt, write = repaired(SOLD, seen=(INVOICE,), known=None)
    assert isinstance(adopt, Adopt)
    assert isinstance(write, WriteDeal)
    assert (adopt.draft_id, adopt.revision, adopt.marker) == ("d", 1, MARK)
    assert (write.after.status, write.after.invoice_number) == (DealStatus.ISSUED, "1042")


@pytest.mark.parametrize(
    "seen",
    [(ledger_draft("d", "799", MARK),), (DRAFT, ledger_draft("e", "800", MARK))],
    ids=["another amount", "twins"],
)
def test_a_document_that_may_not_be_the_deals_is_left_to_a_person(seen: tuple[LedgerDraft, ...]) -> None:
    assert repaired(SOLD, seen=seen, known=None) == ()


def test_what_agrees_is_left_alone() -> None:
    assert repaired(told(DRAFTED), seen=(DRAFT,)) == ()
