"""Compares a company's invoices, as its ledger tells them, with the vouchers of a SIE file: a second witness.

The file is made by another way out of the books, so what stands in both is right in both. Each invoice must have its
voucher on the customers' account with the same amount in the currency of the books, and no such voucher may be left over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.core.money import ZERO, Money
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.model import Invoice
    from sfspiris.swedish.sie import SieFile, SieVoucher

RECEIVABLES: Final = "151"
"""Accounts receivable from customers begin with these digits in the BAS chart (1510-1519)."""

_TOKEN: Final = re.compile(r"\w+")


class SieClass(StrEnum):
    """What a line of the cross-check tells; stable names."""

    SIE_MISSING = "SIE_MISSING"  # an invoice without a voucher
    SIE_AMOUNT = "SIE_AMOUNT"  # its voucher has another amount
    SIE_EXTRA = "SIE_EXTRA"  # a voucher on the customers' account without an invoice
    SIE_UNBALANCED = "SIE_UNBALANCED"  # debit and credit of a voucher differ
    SIE_BALANCE = "SIE_BALANCE"  # the customers' account is not what they owe


@dataclass(frozen=True, slots=True, kw_only=True)
class SieLine:
    """One difference between file and ledger, with both values as a person reads them."""

    code: SieClass
    message: str
    fix: str
    invoice_number: str | None = None
    voucher: str | None = None
    in_file: str | None = None
    in_ledger: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SieCheck:
    """The cross-check of one company's file, in the currency of the books; debit is positive.

    `start` and `end` are the days that the file covers, both included. `invoiced_*` are the invoices and credit notes of
    those days, `receivables_*` what customers owe at the end of the file, and today.
    """

    company: str
    currency: str
    start: date
    end: date
    vouchers: int
    matched: int
    invoiced_in_file: Decimal
    invoiced_in_ledger: Decimal
    receivables_in_file: Decimal
    receivables_in_ledger: Decimal
    lines: tuple[SieLine, ...]


def check_sie(
    file: SieFile, invoices: Iterable[Invoice], *, company: str, currency: str, today: date
) -> SieCheck:
    """The file beside all invoices and credit notes of the company. `today` is a Swedish day.

    What customers owe is only held against the file when that was made today: a payment of a later day is in the ledger alone.
    """
    known = list(invoices)
    start, end = _span(file, today)
    wanted = sorted(
        (one for one in known if start <= one.issued_on <= end), key=lambda one: (one.issued_on, one.number)
    )
    moved = {place: _on_receivables(one) for place, one in enumerate(file.vouchers)}
    pairs = _paired(file.vouchers, moved, wanted)
    lines = [_unbalanced(one, currency) for one in file.vouchers if one.difference]
    for invoice in wanted:
        place = pairs.get(invoice.id)
        if place is None:
            lines.append(_missing(invoice, currency))
        elif moved[place] != invoice.gross_in_books:
            lines.append(_amount(invoice, file.vouchers[place], moved[place], currency))
    left = sorted(place for place, amount in moved.items() if amount > 0 and place not in pairs.values())
    lines += [_extra(file.vouchers[place], moved[place], currency) for place in left]
    opening = sum((amount for account, amount in file.opening.items() if _is_receivable(account)), ZERO)
    owed_in_file = opening + sum(moved.values(), ZERO)
    owed = sum((one.remaining_in_books for one in known), ZERO)
    if end >= today and owed_in_file != owed:
        lines.append(_balance(owed_in_file, owed, currency))
    return SieCheck(
        company=company,
        currency=currency,
        start=start,
        end=end,
        vouchers=len(file.vouchers),
        matched=len(pairs),
        invoiced_in_file=sum((moved[place] for place in pairs.values()), ZERO)
        + sum((moved[place] for place in left), ZERO),
        invoiced_in_ledger=sum((one.gross_in_books for one in wanted), ZERO),
        receivables_in_file=owed_in_file,
        receivables_in_ledger=owed,
        lines=tuple(lines),
    )


def _span(file: SieFile, today: date) -> tuple[date, date]:
    """The days that the file speaks of: its year, up to the day on which it was made."""
    days = [one.day for one in file.vouchers] or [today]
    first, last = file.years.get(0, (min(days), max(days)))
    made = file.made_on or max(days)
    return first, min(last, made)


def _is_receivable(account: str) -> bool:
    return account.startswith(RECEIVABLES)


def _on_receivables(voucher: SieVoucher) -> Decimal:
    return sum((row.amount for row in voucher.rows if _is_receivable(row.account)), ZERO)


def _paired(
    vouchers: Sequence[SieVoucher], moved: dict[int, Decimal], invoices: Sequence[Invoice]
) -> dict[str, int]:
    """The voucher of each invoice, by its place: one that names the number, else one of the same day and amount.

    Those that agree to the öre are found first, so that a wrong one never takes another's voucher.
    """
    words = {place: _words(voucher) for place, voucher in enumerate(vouchers)}
    free = {place for place, amount in moved.items() if amount}
    pairs: dict[str, int] = {}

    def pair(invoice: Invoice, places: Iterable[int]) -> None:
        place = min((one for one in places if one in free), default=None)
        if place is not None and invoice.id not in pairs:
            free.discard(place)
            pairs[invoice.id] = place

    for invoice in invoices:
        pair(
            invoice,
            (
                place
                for place, amount in moved.items()
                if amount == invoice.gross_in_books and invoice.number in words[place]
            ),
        )
    for invoice in invoices:
        pair(
            invoice,
            (
                place
                for place, amount in moved.items()
                if amount == invoice.gross_in_books and vouchers[place].day == invoice.issued_on
            ),
        )
    for invoice in invoices:
        pair(
            invoice,
            (
                place
                for place, amount in moved.items()
                if (amount > 0) == (invoice.gross_in_books > 0)
                and vouchers[place].day == invoice.issued_on
                and invoice.number in words[place]
            ),
        )
    return pairs


def _words(voucher: SieVoucher) -> frozenset[str]:
    """Every word of a voucher in which an invoice's number may stand."""
    texts = [voucher.text, *(row.text for row in voucher.rows)]
    objects = {value for row in voucher.rows for _, value in row.objects}
    return frozenset(objects | {word for text in texts for word in _TOKEN.findall(text)})


def _unbalanced(voucher: SieVoucher, currency: str) -> SieLine:
    return SieLine(
        code=SieClass.SIE_UNBALANCED,
        voucher=voucher.name,
        in_file=str(Money(voucher.difference, currency)),
        message=say(
            "voucher %(name)s of %(day)s does not balance: %(difference)s too much in debit.",
            name=voucher.name,
            day=voucher.day,
            difference=Money(voucher.difference, currency),
        ),
        fix=say("Make the file anew; a voucher in the books always balances."),
    )


def _missing(invoice: Invoice, currency: str) -> SieLine:
    amount = Money(invoice.gross_in_books, currency)
    return SieLine(
        code=SieClass.SIE_MISSING,
        invoice_number=invoice.number,
        in_ledger=str(amount),
        message=say(
            "invoice %(number)s of %(issued_on)s over %(amount)s has no voucher on the customers' account.",
            number=invoice.number,
            issued_on=invoice.issued_on,
            amount=amount,
        ),
        fix=say("Look at the invoice's voucher in Spiris, and make the file anew if it is there."),
    )


def _amount(invoice: Invoice, voucher: SieVoucher, moved: Decimal, currency: str) -> SieLine:
    here, there = Money(moved, currency), Money(invoice.gross_in_books, currency)
    return SieLine(
        code=SieClass.SIE_AMOUNT,
        invoice_number=invoice.number,
        voucher=voucher.name,
        in_file=str(here),
        in_ledger=str(there),
        message=say(
            "invoice %(number)s comes to %(there)s, its voucher %(name)s to %(here)s on the customers' account.",
            number=invoice.number,
            there=there,
            name=voucher.name,
            here=here,
        ),
        fix=say("Somebody has changed one of them: look at both in Spiris."),
    )


def _extra(voucher: SieVoucher, moved: Decimal, currency: str) -> SieLine:
    amount = Money(moved, currency)
    return SieLine(
        code=SieClass.SIE_EXTRA,
        voucher=voucher.name,
        in_file=str(amount),
        message=say(
            "voucher %(name)s of %(day)s books %(amount)s on the customers' account, and no invoice belongs to "
            "it.",
            name=voucher.name,
            day=voucher.day,
            amount=amount,
        ),
        fix=say(
            "Find out what it is: a manual voucher, or an invoice that was imported without the customer ledger."
        ),
    )


def _balance(in_file: Decimal, in_ledger: Decimal, currency: str) -> SieLine:
    here, there = Money(in_file, currency), Money(in_ledger, currency)
    return SieLine(
        code=SieClass.SIE_BALANCE,
        in_file=str(here),
        in_ledger=str(there),
        message=say(
            "the customers' accounts (%(accounts)sx) come to %(here)s, and what customers owe by their invoices to %(there)s.",
            accounts=RECEIVABLES,
            here=here,
            there=there,
        ),
        fix=say(
            "Look for vouchers on the account that belong to no invoice, and for payments that were booked by hand."
        ),
    )
