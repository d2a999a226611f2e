"""What happens to an invoice after it is booked: payments, credits, voiding.

Amounts are in the invoice's currency. What remains goes down by payments and by what credits set off; a credit larger
than what remains leaves the rest to be paid out on the credit invoice.
"""

from decimal import Decimal
from typing import Any

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.bookkeeping import (
    BANK_DEPOSIT,
    INVOICE_CREDIT,
    INVOICING_METHOD,
    Entry,
    book,
    open_year,
    turned,
)
from sfspiris.sandbox.spiris.books import (
    BANK_ACCOUNTS,
    INVOICE_SERIES,
    INVOICES,
    LEDGER_ITEMS,
    PAYMENTS,
    VOUCHERS,
    Books,
)
from sfspiris.sandbox.spiris.issuing import specification
from sfspiris.sandbox.spiris.model.sales import NO_ID
from sfspiris.sandbox.spiris.moments import midnight
from sfspiris.sandbox.spiris.numbers import payment_reference
from sfspiris.sandbox.spiris.pricing import Group, Totals, rounded, share
from sfspiris.sandbox.spiris.standard.accounts import BANK_FEES, RECEIVABLES, ROUNDING

PARTIAL, COMPLETE, ROUNDING_OFF, BANK_CHARGE = 1, 2, 3, 4
ZERO = Decimal(0)


def in_base(invoice: Record, amount: Decimal) -> Decimal:
    """An amount of the invoice in the currency of the books."""
    return rounded(amount * invoice["CurrencyRate"])


def pay(
    books: Books,
    invoice: Record,
    amount: Decimal,
    day: str,
    bank: Record,
    *,
    kind: int = PARTIAL,
    fee: Decimal = ZERO,
) -> Record:
    """Register a payment; answers with the invoice as it is then. Raises the refusal of one that cannot be.

    `amount` is negative on a credit invoice, where it is paid out. `fee` is what the bank kept of it, in the currency of
    the books.
    """
    remaining = invoice["RemainingAmountInvoiceCurrency"]
    year = open_year(books, day)
    if year["BookkeepingMethod"] != INVOICING_METHOD:
        raise errors.cannot_change("Payments can be registered with the invoicing method only.")
    if day > books.today:
        raise errors.invalid_field("PaymentDate", f"The date {day} is in the future.")
    if not amount or (amount > 0) != (remaining > 0) or abs(amount) > abs(remaining):
        raise errors.cannot_change(
            f"The payment of {amount} does not go with the remaining amount of {remaining} {invoice['CurrencyCode']}."
        )
    if kind == COMPLETE and amount != remaining:
        raise errors.cannot_change(
            f"A complete payment must be the remaining amount of {remaining}, not {amount}."
        )
    base = in_base(invoice, amount) if amount != remaining else invoice["RemainingAmount"]
    bank_account: int = bank["LedgerAccountNumber"]
    account = {ROUNDING_OFF: ROUNDING, BANK_CHARGE: BANK_FEES}.get(kind, bank_account)
    book(
        books,
        day,
        f"Inbetalning kundfaktura {invoice['InvoiceNumber']}",
        [Entry(account, base - fee), Entry(BANK_FEES, fee), Entry(RECEIVABLES, -base)],
        kind=BANK_DEPOSIT,
        source_id=invoice["Id"],
    )
    books.put(
        PAYMENTS,
        {
            "Id": books.new_id(),
            "CustomerInvoiceId": invoice["Id"],
            "PaymentDate": day,
            "PaymentAmount": amount,
            "PaymentCurrency": invoice["CurrencyCode"],
            "PaymentType": kind,
            "CompanyBankAccountId": bank["Id"],
        },
    )
    paid = {
        **invoice,
        "RemainingAmountInvoiceCurrency": remaining - amount,
        "RemainingAmount": invoice["RemainingAmount"] - base,
        "_has_payment": True,
    }
    if amount == remaining or "part_payments_set_the_date" in books.traps:
        paid["PaymentDate"] = midnight(day)
    if books.switches.is_on("payment_moves_modified"):
        paid["ModifiedUtc"] = books.now
    return books.put(INVOICES, paid)


def default_bank(books: Books) -> Record:
    """The account that payments arrive on unless another is named."""
    accounts = books.all(BANK_ACCOUNTS)
    if not accounts:
        raise errors.cannot_change("The company has no bank account.")
    return next((account for account in accounts if account["IsDefaultChequeAccount"]), accounts[0])


def credit(books: Books, invoice: Record, amount: Decimal | None, day: str, *, user_id: str) -> Record:
    """Credit the invoice, wholly or by `amount` (with VAT); answers with the credit invoice.

    The credit is set off against what remains; both invoices then name each other.
    """
    if invoice["IsCreditInvoice"]:
        raise errors.cannot_change("A credit invoice cannot be credited.")
    left = invoice["TotalAmountInvoiceCurrency"] - invoice["SetOffAmountInvoiceCurrency"]
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise errors.cannot_change(
            f"Invoice {invoice['InvoiceNumber']} can be credited by at most {left}, not {wanted}."
        )
    open_year(books, day)
    part = share(_totals_of(invoice), wanted)
    factor = wanted / invoice["TotalAmountInvoiceCurrency"]
    set_off = min(wanted, max(invoice["RemainingAmountInvoiceCurrency"], ZERO))
    note = _credit_invoice(books, invoice, part, factor, day=day, user_id=user_id)
    note["RemainingAmountInvoiceCurrency"] += set_off
    note["RemainingAmount"] = in_base(note, note["RemainingAmountInvoiceCurrency"])
    books.put(INVOICES, note)
    remaining = invoice["RemainingAmountInvoiceCurrency"] - set_off
    books.put(
        INVOICES,
        {
            **invoice,
            "RemainingAmountInvoiceCurrency": remaining,
            "RemainingAmount": in_base(invoice, remaining),
            "SetOffAmountInvoiceCurrency": invoice["SetOffAmountInvoiceCurrency"] + wanted,
            "CreditedBy": [*invoice["CreditedBy"], {"CreditInvoiceId": note["Id"]}],
            "ModifiedUtc": books.now,
        },
    )
    return note


def void(books: Books, invoice: Record, *, user_id: str) -> None:
    """Void the invoice. Refused with payments or credits, for quick and for sold invoices, as the manual lists."""
    obstacles = (
        (invoice.get("_has_payment"), "it has payments"),
        (invoice["CreditedBy"] or invoice["ReferringInvoiceId"], "it is credited or credits another"),
        (invoice["IsQuickInvoice"], "it is a quick invoice"),
        (invoice["IsSold"], "it has been sold"),
        (invoice.get("_is_void"), "it is void already"),
    )
    for stands_in_the_way, why in obstacles:
        if stands_in_the_way:
            raise errors.cannot_change(f"Invoice {invoice['InvoiceNumber']} cannot be voided: {why}.")
    day = books.today
    if books.switches.is_on("void_shows_as_credit"):
        credit(books, invoice, None, day, user_id=user_id)
        return
    _book_back(books, invoice, Decimal(1), day, invoice["Id"])
    books.put(
        INVOICES,
        {
            **invoice,
            "RemainingAmount": ZERO,
            "RemainingAmountInvoiceCurrency": ZERO,
            "ModifiedUtc": books.now,
            "_is_void": True,
        },
    )


def _totals_of(invoice: Record) -> Totals:
    groups = tuple(
        Group(group["VatPercent"], group["AmountInvoiceCurrency"], group["VatAmountInvoiceCurrency"])
        for group in invoice["VatSpecification"]
    )
    return Totals(
        invoice["TotalAmountInvoiceCurrency"],
        invoice["TotalVatAmountInvoiceCurrency"],
        invoice["_rounding"],
        groups,
    )


def _credit_invoice(
    books: Books, invoice: Record, part: Totals, factor: Decimal, *, day: str, user_id: str
) -> Record:
    """A credit invoice over `part` of the invoice, not yet set off."""
    now, number = books.now, books.take_number(INVOICE_SERIES)
    note_id = books.new_id()
    uses_reference = books.settings["UsesPaymentReferenceNumber"]
    voucher = _book_back(books, invoice, factor, day, note_id)
    books.put(LEDGER_ITEMS, {"Id": books.new_id(), "CustomerId": invoice["CustomerId"], "_invoice": note_id})
    return {
        **invoice,
        "Id": note_id,
        "InvoiceNumber": number,
        "IsCreditInvoice": True,
        "ReferringInvoiceId": invoice["Id"],
        "CreatedFromDraftId": None,
        "CreatedFromOrderId": None,
        "CreditedBy": [],
        "InvoiceDate": day,
        "DueDate": day,
        "CreatedUtc": now,
        "ModifiedUtc": now,
        "CreatedByUserId": user_id,
        "PaymentDate": None,
        "PaymentReferenceNumber": payment_reference(invoice["CustomerNumber"], number)
        if uses_reference
        else None,
        "Rows": [_turned_row(books, row, factor) for row in invoice["Rows"]],
        "VatSpecification": specification([(group.rate, -group.net, -group.vat) for group in part.groups]),
        "TotalAmountInvoiceCurrency": -part.total,
        "TotalVatAmountInvoiceCurrency": -part.vat,
        "TotalAmount": in_base(invoice, -part.total),
        "TotalVatAmount": in_base(invoice, -part.vat),
        "TotalRoundings": in_base(invoice, -part.rounding),
        "RemainingAmountInvoiceCurrency": -part.total,
        "RemainingAmount": in_base(invoice, -part.total),
        "SetOffAmountInvoiceCurrency": ZERO,
        "VoucherId": voucher["Id"] if voucher else NO_ID,
        "VoucherNumber": voucher["NumberAndNumberSeries"] if voucher else None,
        "_rounding": -part.rounding,
        "_has_payment": False,
    }


def _turned_row(books: Books, row: Record, factor: Decimal) -> dict[str, Any]:
    turned_row = {**row, "Id": books.new_id()}
    for name in ("Amount", "AmountNoVat"):
        turned_row[name] = rounded(-row[name] * factor)
    return turned_row


def _book_back(books: Books, invoice: Record, factor: Decimal, day: str, source_id: str) -> Record | None:
    """The voucher that takes back `factor` of the invoice's own."""
    voucher = books.get(VOUCHERS, invoice["VoucherId"])
    if voucher is None:
        return None
    return book(
        books,
        day,
        f"Kreditering av kundfaktura {invoice['InvoiceNumber']}, {invoice['CustomerName']}",
        turned(voucher["Rows"], factor),
        kind=INVOICE_CREDIT,
        source_id=source_id,
    )
