"""The three-way comparison of deals, documents and links."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sfspiris.core.drift import Drift, Symbol
from sfspiris.core.identity import Marker
from sfspiris.core.model import Deal, Invoice, LedgerDraft
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.reconcile import ReconcileInputs, reconcile
from shorthand import POLICY, TAG, deal, deal_id, invoice, ledger_draft, link

SOLD = deal("D1", "2 x 400 KONS", amount=Decimal(800))
MARK = str(Marker(SOLD.id, 1, TAG))


def compare(*deals: Deal, seen: tuple[LedgerDraft | Invoice, ...] = (), **changes: Any) -> tuple[Drift, ...]:
    documents = Documents.of(
        [one for one in seen if isinstance(one, LedgerDraft)],
        [one for one in seen if isinstance(one, Invoice)],
    )
    made = ReconcileInputs(deals=deals, documents={"se": documents}, links={}, policy=POLICY)
    return reconcile(replace(made, **changes)).lines


def only(*deals: Deal, seen: tuple[LedgerDraft | Invoice, ...] = (), **changes: Any) -> Drift:
    (line,) = compare(*deals, seen=seen, **changes)
    return line


def test_a_deal_and_its_draft_over_the_same_net_are_the_same() -> None:
    assert only(SOLD, seen=(ledger_draft("d", "800", MARK),)).symbol is Symbol.SAME


def test_a_document_is_found_by_its_link_when_somebody_removed_the_marker() -> None:
    known = link(SOLD)
    line = only(SOLD, seen=(ledger_draft(known.draft_id, "800"),), links={SOLD.id: known})
    assert line.symbol is Symbol.SAME


def test_an_invoice_is_found_by_its_link_when_nothing_else_leads_to_it() -> None:
    known = link(SOLD, invoice_id="inv-1042")
    line = only(SOLD, seen=(invoice("1042"),), links={SOLD.id: known})
    assert (line.symbol, line.document_number) == (Symbol.SAME, "1042")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "not pushed yet"),
        ({"reasons": {SOLD.id: ["ORGNR_MISSING"]}}, "ORGNR_MISSING"),
        ({"links": {SOLD.id: link(SOLD)}}, "its document is gone"),
    ],
)
def test_a_deal_without_a_document_says_why(changes: dict[str, Any], reason: str) -> None:
    line = only(SOLD, **changes)
    assert line.symbol is Symbol.ONLY_IN_CRM
    assert reason in line.message


@pytest.mark.parametrize(
    ("seen", "field"),
    [
        ((ledger_draft("d", "799.99", MARK),), "net"),
        (
            (
                ledger_draft(
                    "d", "800", MARK, totals=replace(ledger_draft("d", "800").totals, currency="EUR")
                ),
            ),
            "currency",
        ),
        ((ledger_draft("d", "800", MARK), ledger_draft("e", "800", MARK)), "document"),
    ],
)
def test_one_ore_another_currency_or_two_documents_differ(seen: tuple[LedgerDraft, ...], field: str) -> None:
    line = only(SOLD, seen=seen)
    assert (line.symbol, line.field) == (Symbol.DIFFERS, field)


def test_a_document_whose_deal_is_gone_is_told() -> None:
    lost = ledger_draft("d", "800", str(Marker(deal_id("D9"), 1, TAG)))
    line = only(seen=(lost, ledger_draft("e", "100")))
    assert (line.symbol, line.deal_id) == (Symbol.ONLY_IN_LEDGER, deal_id("D9"))


def test_documents_of_other_periods_are_not_called_lost() -> None:
    lost = ledger_draft("d", "800", str(Marker(deal_id("D9"), 1, TAG)))
    assert compare(seen=(lost,), start=date(2026, 11, 1)) == ()


def test_a_company_that_could_not_be_read_is_told_and_its_deals_are_not_called_missing() -> None:
    line = only(SOLD, unreadable={"se": "no answer"}, documents={})
    assert line.symbol is Symbol.UNREADABLE


def test_the_sums_of_both_sides_stand_beside_each_other() -> None:
    found = reconcile(
        ReconcileInputs(
            deals=[SOLD, deal("D2", "1 x 100 KONS", amount=Decimal(100)), deal("D3", buyer=None)],
            documents={"se": Documents.of([ledger_draft("d", "799", MARK)], [])},
            links={},
            policy=POLICY,
        )
    )
    nowhere, compared = found.sums
    assert (nowhere.company, nowhere.crm, nowhere.ledger) == ("", Decimal(0), Decimal(0))
    assert (compared.crm, compared.ledger, compared.difference) == (Decimal(900), Decimal(799), Decimal(-101))
    assert (found.has_drift, found.is_complete) == (True, True)


def test_every_document_of_a_deal_is_named_and_counted_in_the_sums() -> None:
    twins = (ledger_draft("d1", "800", MARK), ledger_draft("d2", "800", MARK))
    inputs = ReconcileInputs(deals=[SOLD], documents={"se": Documents.of(twins, [])}, links={}, policy=POLICY)
    found = reconcile(inputs)
    assert (found.sums[0].crm, found.sums[0].ledger) == (Decimal(800), Decimal(1600))
    assert found.lines[0].symbol is Symbol.DIFFERS
    for one in twins:
        assert one.id in found.lines[0].message


def test_an_invoice_that_was_credited_in_full_is_not_the_same() -> None:
    booked = invoice("1042", texts=(MARK,))
    whole = replace(booked, credited=booked.totals.gross)
    line = only(replace(SOLD, amount=booked.totals.net), seen=(whole,))
    assert (line.symbol, line.field) == (Symbol.DIFFERS, "credited")
