"""Documents made by hand in the ledger: which are told, which are counted apart, and for how long a person's word holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sfspiris.core.drift import ApartReason, DriftClass, Symbol
from sfspiris.core.identity import Marker
from sfspiris.core.model import Draft, Invoice, LedgerDraft
from sfspiris.core.money import Money
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.unclaimed import Accepted, ByHand, Waiting, by_hand, content_of
from shorthand import TAG, deal_id, invoice, ledger_draft, totals

if TYPE_CHECKING:
    from sfspiris.core.drift import Apart, Drift

HAND = replace(invoice("1042"), issued_on=date(2026, 11, 12))
CUSTOMER = HAND.customer_id
KNOWN = ByHand(accounts={("se", CUSTOMER): ("001A",)}, first=date(2026, 1, 1))
NOTE = invoice(
    "1043", is_credit_note=True, credits_id="inv-1042", totals=totals("-320", "-80"), remaining=Decimal(0)
)


def found(
    *seen: LedgerDraft | Invoice,
    known: ByHand = KNOWN,
    start: date | None = None,
    end: date | None = None,
    waiting: tuple[Waiting, ...] = (),
) -> tuple[list[Drift], tuple[Apart, ...]]:
    invoices = [one for one in seen if isinstance(one, Invoice)]
    documents = Documents.of([one for one in seen if isinstance(one, LedgerDraft)], invoices)
    return by_hand(
        {"se": documents},
        {"se": [one for one in invoices if one.is_credit_note]},
        known,
        org_tag=TAG,
        start=start,
        end=end,
        customers={("se", CUSTOMER): "1001 AB Volvo"},
        waiting=waiting,
    )


def test_an_invoice_for_a_linked_customer_is_told_with_customer_account_and_figures() -> None:
    (line,), apart = found(HAND)
    assert (line.symbol, line.code, apart) == (Symbol.ONLY_IN_LEDGER, DriftClass.WITHOUT_DEAL, ())
    assert (line.document_number, line.is_settled) == ("1042", False)
    for words in ("1001 AB Volvo", "001A", "2026-11-12"):
        assert words in line.message
    assert "review accept se:1042" in (line.fix or "")
    assert line.figures[0].invoiced == HAND.totals.net


def test_what_a_deal_claims_by_marker_or_link_is_not_told() -> None:
    marked = ledger_draft("d", "800", str(Marker(deal_id("D9"), 1, TAG)))
    linked = replace(KNOWN, claimed=frozenset({("se", HAND.id)}))
    assert found(marked) == ([], ())
    assert found(HAND, known=linked) == ([], ())


@pytest.mark.parametrize(
    ("document", "known", "reason"),
    [
        (HAND, replace(KNOWN, accounts={}), ApartReason.NO_ACCOUNT),
        (replace(HAND, texts=(str(Marker(deal_id("D9"), 1, "AAAAA")),)), KNOWN, ApartReason.OTHER_ORG),
        (replace(HAND, issued_on=date(2025, 12, 31)), KNOWN, ApartReason.BEFORE_START),
    ],
    ids=["of nobody", "of another org", "before the first day"],
)
def test_what_is_no_part_of_the_comparison_is_summed_apart(
    document: Invoice, known: ByHand, reason: ApartReason
) -> None:
    credited = replace(NOTE, issued_on=document.issued_on)
    lines, (apart,) = found(document, credited, known=known, start=date(2025, 12, 1))
    assert lines == []
    assert (apart.reason, apart.documents, apart.net) == (reason, 1, HAND.totals.net - 320)


@pytest.mark.parametrize(
    "period",
    [{"start": date(2026, 11, 13)}, {"end": date(2026, 11, 11)}],
    ids=["later", "earlier"],
)
def test_documents_of_other_periods_are_neither_told_nor_summed(period: dict[str, Any]) -> None:
    assert found(HAND, **period) == ([], ())
    assert found(replace(HAND, issued_on=date(2025, 1, 1))) == ([], ())


def test_a_draft_without_a_date_belongs_to_the_day_on_which_it_was_made() -> None:
    undated = replace(
        ledger_draft("d", "800"),
        draft=Draft(currency="SEK", rows=(), invoice_date=date.min, marker=""),
        customer_id=CUSTOMER,
    )
    (line,), _ = found(undated)
    assert str(undated.created_at.date() if undated.created_at else "") in line.message


def test_a_credit_note_goes_with_its_invoice_and_one_that_stands_alone_is_told() -> None:
    partly = replace(HAND, credited=Decimal(400), remaining=Decimal(600))
    (line,), _ = found(partly, NOTE)
    assert (line.figures[0].credited, line.is_settled) == (Decimal(320), False)
    (alone,), _ = found(replace(NOTE, credits_id=None))
    assert (alone.figures[0].in_ledger, alone.document_number) == (Decimal(-320), "1043")
    assert alone.message.startswith("Credit note 1043")


def test_an_invoice_that_was_taken_back_in_full_is_shown_and_asks_for_nothing() -> None:
    (line,), _ = found(replace(HAND, credited=HAND.totals.gross, remaining=Decimal(0)))
    assert (line.is_settled, line.fix) == (True, "Nothing.")


def test_a_deal_of_the_same_customer_over_the_same_amount_is_named() -> None:
    net = Money(HAND.totals.net, "SEK")
    deals = (
        Waiting("Affär D1", "001A", net),
        Waiting("Affär D2", "001B", net),
        Waiting("Affär D3", "001A", net + Money(Decimal(1), "SEK")),
    )
    (line,), _ = found(HAND, waiting=deals)
    assert "deal Affär D1, of" in line.message


def test_a_persons_word_holds_until_the_document_says_something_else() -> None:
    draft = replace(ledger_draft("d", "800"), customer_id=CUSTOMER)
    (document,) = Documents.of([draft], []).all
    word = Accepted(content_of(document), "anna", "Sold over the counter.")
    known = replace(KNOWN, accepted={"se:d": word})
    (line,), _ = found(draft, known=known)
    assert line.is_settled
    assert "anna accepted it: Sold over the counter." in line.message
    assert line.is_settled_by(())
    issued = replace(HAND, draft_id="d", totals=draft.totals)
    (line,), _ = found(issued, known=known)
    assert line.is_settled
    (line,), _ = found(replace(issued, totals=totals("801")), known=known)
    assert not line.is_settled
