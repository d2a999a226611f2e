"""What customers owe: every invoice as the CRM should show it, and each account's sums over its own.

Amounts of an invoice are in its own currency, sums of an account in that of the books; the two are never added. Credit notes
count with negative amounts. A payment is only what came in as money: a set-off against a credit note is none.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.core.lifecycle import deal_status
from sfspiris.core.model import DealStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sfspiris.core.model import Invoice

Value = str | bool | None
_ZERO: Final = Decimal("0.00")
_RATE: Final = Decimal("0.000001")
"""The decimals that the CRM keeps of a rate; with more, what it says would never equal what it was told."""
_MOST_PRESSING: Final = (
    DealStatus.OVERDUE,
    DealStatus.PARTLY_PAID,
    DealStatus.PARTLY_CREDITED,
    DealStatus.ISSUED,
    DealStatus.PAID,
    DealStatus.CREDITED,
)


@dataclass(frozen=True, slots=True)
class InvoiceRecord:
    """One invoice or credit note as the CRM should show it.

    `paid_date` is set once nothing remains and money came in; `last_payment_date` as soon as some did.
    """

    external_id: str
    company: str
    account: str | None
    opportunity: str | None
    invoice_number: str
    status: DealStatus
    invoice_date: date
    due_date: date | None
    paid_date: date | None
    last_payment_date: date | None
    currency: str
    amount_net: Decimal
    amount_vat: Decimal
    amount_total: Decimal
    amount_paid: Decimal
    amount_credited: Decimal
    balance: Decimal
    amount_total_base: Decimal
    exchange_rate: Decimal | None
    ocr: str | None
    is_credit_note: bool
    credits_invoice: str | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """What one account owes and has paid, over all its invoices in all companies, in the currency of the books.

    Without any invoice the sums are zero, and there is no status and no date.
    """

    account: str
    spiris_customer_number: str | None
    spiris_payment_status: DealStatus | None
    spiris_open_balance: Decimal
    spiris_overdue_balance: Decimal
    spiris_oldest_due_date: date | None
    spiris_last_paid_date: date | None
    spiris_invoiced_total: Decimal
    spiris_collected_total: Decimal


Shown = InvoiceRecord | AccountSummary


def values(shown: Shown) -> dict[str, Value]:
    """Every field but the key, as text that compares equal exactly when the values do.

    An account's customer number is left out where it has none or several: people may have filled it in to say which.
    """
    found = {one.name: as_value(getattr(shown, one.name)) for one in fields(shown)}
    if isinstance(shown, InvoiceRecord):
        del found["external_id"]
        return found
    del found["account"]
    if shown.spiris_customer_number is None:
        del found["spiris_customer_number"]
    return found


def as_value(value: object) -> Value:
    """A value as it is compared and kept: decimals without trailing zeros, days in ISO form."""
    match value:
        case None | bool():
            return value
        case Decimal():
            return format(value.normalize() + 0, "f")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def external_id(company: str, invoice_id: str) -> str:
    """What one invoice is known by in the CRM, whichever company's books hold it."""
    return f"{company}:{invoice_id}"


def company_of(external: str) -> str:
    """The company of an external id; a company's key has no colon."""
    return external.partition(":")[0]


def paid(invoice: Invoice, notes: Sequence[Invoice] = ()) -> Decimal:
    """What came in as money so far, in the invoice's currency, `notes` being those that credit it.

    An invoice shares its money with its credit notes: what all of them come to less what remains of them. What was paid before
    a credit, and what was paid back after one, then count right, and a set-off never counts. A credit note that names its
    invoice has no money of its own; one that names none is negative when it was paid out.
    """
    if invoice.is_credit_note and invoice.credits_id is not None:
        return Decimal(0)
    family = (invoice, *notes)
    money = sum((one.totals.gross - _signed(one, one.remaining) for one in family), Decimal(0))
    return money if notes else money - _signed(invoice, invoice.taken_back)


def _signed(invoice: Invoice, amount: Decimal) -> Decimal:
    """An amount that is told without sign: negative on a credit note."""
    return -amount if invoice.totals.gross < 0 else amount


def notes_by_invoice(invoices: Iterable[Invoice]) -> Mapping[str, tuple[Invoice, ...]]:
    """The credit notes of each invoice, by its id."""
    found: dict[str, tuple[Invoice, ...]] = {}
    for one in invoices:
        if one.is_credit_note and one.credits_id is not None:
            found[one.credits_id] = (*found.get(one.credits_id, ()), one)
    return found


def invoice_record(
    invoice: Invoice,
    *,
    company: str,
    account: str | None,
    deal_id: str | None,
    credits_number: str | None,
    today: date,
    notes: Sequence[Invoice] = (),
) -> InvoiceRecord:
    """The invoice as the CRM should show it on a Swedish day."""
    status = invoice_status(invoice, today=today)
    money = paid(invoice, notes)
    return InvoiceRecord(
        external_id=external_id(company, invoice.id),
        company=company,
        account=account,
        opportunity=deal_id,
        invoice_number=invoice.number,
        status=status,
        invoice_date=invoice.issued_on,
        due_date=invoice.due_on,
        paid_date=invoice.last_payment_on if status is DealStatus.PAID else None,
        last_payment_date=invoice.last_payment_on if money else None,
        currency=invoice.totals.currency,
        amount_net=invoice.totals.net,
        amount_vat=invoice.totals.vat,
        amount_total=invoice.totals.gross,
        amount_paid=money,
        amount_credited=_signed(invoice, invoice.taken_back),
        balance=_signed(invoice, invoice.remaining),
        amount_total_base=invoice.gross_in_books,
        exchange_rate=invoice.rate and invoice.rate.quantize(_RATE),
        ocr=invoice.ocr,
        is_credit_note=invoice.is_credit_note,
        credits_invoice=credits_number,
        is_overdue=status is DealStatus.OVERDUE,
    )


def invoice_status(invoice: Invoice, *, today: date) -> DealStatus:
    """The status of an invoice; a credit note, which nobody has to pay, is issued until it has been set off or paid out."""
    if invoice.is_credit_note:
        return DealStatus.ISSUED if invoice.remaining else DealStatus.CREDITED
    return deal_status(invoice, today=today)


def account_summary(
    account: str, number: str | None, invoices: Iterable[Invoice], *, today: date
) -> AccountSummary:
    """One account's sums. What remains of a credit note lowers the balance, but makes nothing less overdue.

    A voided invoice was never invoiced, as far as the books are concerned: they have taken it back without a credit note.
    """
    known = list(invoices)
    notes = notes_by_invoice(known)
    owed = [one for one in known if not one.is_credit_note and one.remaining]
    overdue = [one for one in owed if invoice_status(one, today=today) is DealStatus.OVERDUE]
    billed = sum((one.gross_in_books for one in known if not one.is_void), _ZERO)
    remaining = sum((one.remaining_in_books for one in known), _ZERO)
    statuses = {invoice_status(one, today=today) for one in known if not one.is_credit_note}
    return AccountSummary(
        account=account,
        spiris_customer_number=number,
        spiris_payment_status=next((one for one in _MOST_PRESSING if one in statuses), None),
        spiris_open_balance=remaining,
        spiris_overdue_balance=sum((one.remaining_in_books for one in overdue), _ZERO),
        spiris_oldest_due_date=min((one.due_on for one in owed if one.due_on), default=None),
        spiris_last_paid_date=max(
            (
                one.last_payment_on
                for one in known
                if one.last_payment_on and paid(one, notes.get(one.id, ())) > 0
            ),
            default=None,
        ),
        spiris_invoiced_total=billed,
        spiris_collected_total=billed - remaining,
    )


def numbers_by_id(invoices: Sequence[Invoice]) -> Mapping[str, str]:
    """The number of each invoice, for those that credit it."""
    return {one.id: one.number for one in invoices}
