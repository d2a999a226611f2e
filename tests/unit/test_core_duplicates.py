"""What exists twice in the books, and what only looks like it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sfspiris.core.identity import Marker
from sfspiris.core.model import Invoice, LedgerCustomer, LedgerDraft
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.duplicates import TwinClass, TwinGroup, twin_customers, twin_documents
from shorthand import TAG, customer, deal_id, invoice, ledger_draft

MARK, OTHER = (str(Marker(deal_id(name), 1, TAG)) for name in ("D1", "D2"))


def buyer(number: str, name: str = "AB Volvo", **changes: Any) -> LedgerCustomer:
    return customer(number, name=name, **{"orgnr": None, **changes})


def customers(*known: LedgerCustomer) -> list[TwinClass]:
    return [one.code for one in twin_customers("se", known)]


def documents(*seen: LedgerDraft | Invoice) -> list[TwinGroup]:
    drafts = [one for one in seen if isinstance(one, LedgerDraft)]
    invoices = [one for one in seen if isinstance(one, Invoice)]
    return twin_documents("se", Documents.of(drafts, invoices), [buyer("1001")])


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (
            buyer("1", "Volvo", orgnr="5560125790"),
            buyer("2", "Personvagnar", orgnr="16556012-5790"),
            TwinClass.CUSTOMER_ORGNR,
        ),
        (
            buyer("1", "Müller", vat_number="DE 136695976"),
            buyer("2", "Mueller", vat_number="de136695976"),
            TwinClass.CUSTOMER_VAT_NUMBER,
        ),
        (buyer("1", "AB Volvo"), buyer("2", "VOLVO, Aktiebolag"), TwinClass.CUSTOMER_NAME),
    ],
)
def test_customers_with_one_number_or_name_are_twins(
    one: LedgerCustomer, other: LedgerCustomer, code: TwinClass
) -> None:
    assert customers(one, other) == [code]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (buyer("1"), buyer("2", is_active=False)),
        (buyer("1", currency="SEK"), buyer("2", currency="EUR")),
        (buyer("1", orgnr="5560125790"), buyer("2", orgnr="5560160680")),
        (buyer("1", "Volvo"), buyer("2", "Volvo Lastvagnar")),
        (buyer("1", ""), buyer("2", "")),
    ],
    ids=["inactive", "two currencies", "two numbers under one name", "another name", "no name"],
)
def test_customers_that_only_look_alike_are_no_twins(one: LedgerCustomer, other: LedgerCustomer) -> None:
    assert customers(one, other) == []


def test_twins_are_told_once_though_they_share_everything() -> None:
    known = [buyer(str(one), orgnr="5560125790", vat_number="SE556012579001") for one in range(2)]
    assert customers(*known) == [TwinClass.CUSTOMER_ORGNR]


def test_no_number_stands_in_the_words() -> None:
    (group,) = twin_customers("se", [buyer(one, orgnr="19811228-9874") for one in ("1", "2")])
    assert "9874" not in str(group)


def test_documents_with_one_marker_are_twins_even_over_other_amounts() -> None:
    (group,) = documents(
        ledger_draft("d", "800", MARK), invoice("1042", "700", "175", texts=(MARK,), draft_id="x")
    )
    assert group.code is TwinClass.DOCUMENT_MARKER
    assert {(one.kind, one.number) for one in group.records} == {("draft", None), ("invoice", "1042")}


def test_documents_of_one_customer_amount_and_day_are_alike() -> None:
    (group,) = documents(invoice("1042"), invoice("1043", texts=(MARK,)))
    assert group.code is TwinClass.DOCUMENT_ALIKE
    assert [one.name for one in group.records] == ["1001 AB Volvo", "1001 AB Volvo"]


@pytest.mark.parametrize(
    "other",
    [
        invoice("1043", "801"),
        invoice("1043", issued_on=date(2026, 11, 13)),
        invoice("1043", customer_id="cust-1002"),
        replace(invoice("1043"), credited=invoice("1043").totals.gross),
        invoice("1043", is_credit_note=True),
        invoice("1043", texts=(OTHER,)),
    ],
    ids=["amount", "day", "customer", "credited in full", "credit note", "another deal's"],
)
def test_documents_that_only_look_alike_are_no_twins(other: Invoice) -> None:
    assert documents(invoice("1042", texts=(MARK,)), other) == []
