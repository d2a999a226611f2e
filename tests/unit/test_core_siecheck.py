"""Invoices held against the vouchers of a SIE file."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sfspiris.core.model import Invoice
from sfspiris.core.siecheck import SieCheck, SieClass, check_sie
from sfspiris.swedish.sie import SieFile, SieRow, SieVoucher
from shorthand import TODAY, invoice

DAY = date(2026, 11, 12)


def voucher(number: str, amount: str, text: str = "", **changes: Any) -> SieVoucher:
    rows = (SieRow("1510", Decimal(amount)), SieRow("3001", -Decimal(amount)))
    return replace(SieVoucher("B", number, DAY, text, rows), **changes)


def booked(number: str, gross: str = "1000", **changes: Any) -> Invoice:
    amount = Decimal(gross)
    return replace(
        invoice(number), issued_on=DAY, gross_in_books=amount, remaining_in_books=amount, **changes
    )


def check(*sides: SieVoucher | Invoice, opening: str = "0", made_on: date = TODAY) -> SieCheck:
    file = SieFile(
        orgnr="5590000001",
        company="Norrsken",
        currency="SEK",
        years={0: (date(2026, 1, 1), date(2026, 12, 31))},
        accounts={},
        opening={"1510": Decimal(opening), "1930": Decimal(5)},
        closing={},
        vouchers=tuple(one for one in sides if isinstance(one, SieVoucher)),
        made_on=made_on,
    )
    invoices = [one for one in sides if isinstance(one, Invoice)]
    return check_sie(file, invoices, company="se", currency="SEK", today=TODAY)


def test_an_invoice_and_its_voucher_agree_by_number_or_by_day_and_amount() -> None:
    found = check(
        voucher("1", "1000"), voucher("2", "500", "Kundfaktura 1042"), booked("1041"), booked("1042", "500")
    )
    assert found.lines == ()
    assert (found.matched, found.vouchers) == (2, 2)
    assert found.invoiced_in_file == found.invoiced_in_ledger == Decimal(1500)
    assert found.receivables_in_file == found.receivables_in_ledger == Decimal(1500)


@pytest.mark.parametrize(
    ("sides", "codes"),
    [
        ((booked("1042"),), [SieClass.SIE_MISSING, SieClass.SIE_BALANCE]),
        ((voucher("1", "1000"),), [SieClass.SIE_EXTRA, SieClass.SIE_BALANCE]),
        (
            (voucher("1", "999.99", "Kundfaktura 1042"), booked("1042")),
            [SieClass.SIE_AMOUNT, SieClass.SIE_BALANCE],
        ),
        ((voucher("1", "1000", rows=(SieRow("3001", Decimal(1)),)),), [SieClass.SIE_UNBALANCED]),
    ],
    ids=["missing", "extra", "amount", "unbalanced"],
)
def test_each_difference_has_its_class(
    sides: tuple[SieVoucher | Invoice, ...], codes: list[SieClass]
) -> None:
    found = check(*sides)
    assert [one.code for one in found.lines] == codes
    assert all(one.fix for one in found.lines)


def test_a_wrong_voucher_does_not_take_anothers() -> None:
    """1042 in a text that belongs to 1043 must not make both of them differ."""
    found = check(
        voucher("1", "1000", "Kundfaktura 1042"),
        voucher("2", "700", "Kundfaktura 1043, ersätter 1042"),
        booked("1042"),
        booked("1043", "700"),
    )
    assert found.lines == ()


def test_a_number_is_a_whole_word() -> None:
    found = check(voucher("1", "900", "Kundfaktura 10421"), booked("1042"))
    assert SieClass.SIE_MISSING in [one.code for one in found.lines]


def test_payments_and_credit_notes_lower_what_is_owed() -> None:
    note = replace(
        booked("1043", "-400"), is_credit_note=True, remaining_in_books=Decimal(0), credits_id="inv-1042"
    )
    owed = replace(booked("1042"), remaining_in_books=Decimal(500))
    found = check(
        voucher("1", "1000", "Kundfaktura 1042"),
        voucher("2", "-400", "Kreditering av kundfaktura 1042"),
        voucher("3", "-100", "Inbetalning kundfaktura 1042", day=date(2026, 11, 13)),
        owed,
        note,
    )
    assert found.lines == ()
    assert (found.invoiced_in_file, found.receivables_in_file) == (Decimal(600), Decimal(500))


def test_the_opening_balance_counts_and_other_accounts_do_not() -> None:
    old = replace(booked("900", "300"), issued_on=date(2025, 12, 1))
    assert check(old, opening="300").lines == ()


def test_an_older_file_is_not_held_against_what_came_after_it() -> None:
    late = replace(booked("1050"), issued_on=date(2026, 11, 19))
    found = check(voucher("1", "1000", "Kundfaktura 1042"), booked("1042"), late, made_on=date(2026, 11, 15))
    assert found.lines == ()
    assert found.end == date(2026, 11, 15)
