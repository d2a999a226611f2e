"""The customer ledger: `/customerledgeritems`. Every invoice is in it; a POST adds a claim booked by a manual voucher."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import CUSTOMERS, INVOICES, LEDGER_ITEMS, VOUCHERS, Books, public
from sfspiris.sandbox.spiris.lists import found, page
from sfspiris.sandbox.spiris.model.accounting import VOUCHER
from sfspiris.sandbox.spiris.model.fields import nested
from sfspiris.sandbox.spiris.model.sales import LEDGER_ITEM
from sfspiris.sandbox.spiris.standard.registers import EXCHANGE_RATES
from sfspiris.sandbox.spiris.vouchers import created_as_asked
from sfspiris.sandbox.spiris.wire import Answer, Call, Operation, created

LEDGER_ITEM_WITH_VOUCHER: Final = LEDGER_ITEM.with_fields(
    "CustomerLedgerItemWithVoucherApi",
    replace(nested("Voucher", VOUCHER), required=True),
    without=["VoucherId"],
)
_VOUCHERS_THAT_CARRY = frozenset({2, 9})
"""Manual vouchers and SIE imports."""


def shown(books: Books, record: Record) -> dict[str, Any]:
    """The item as it is answered; that of an invoice follows the invoice."""
    invoice_id = record.get("_invoice")
    invoice = books.get(INVOICES, invoice_id) if invoice_id else None
    if invoice is None:
        return public(record)
    return {
        "CurrencyCode": invoice["CurrencyCode"],
        "CurrencyRate": invoice["CurrencyRate"],
        "CurrencyRateUnit": 1,
        "CustomerId": invoice["CustomerId"],
        "DueDate": invoice["DueDate"],
        "Id": record["Id"],
        "InvoiceDate": invoice["InvoiceDate"],
        "InvoiceNumber": invoice["InvoiceNumber"],
        "IsCreditInvoice": invoice["IsCreditInvoice"],
        "ModifiedUtc": invoice["ModifiedUtc"],
        "PaymentReferenceNumber": invoice["PaymentReferenceNumber"],
        "RemainingAmountInvoiceCurrency": invoice["RemainingAmountInvoiceCurrency"],
        "RoundingsAmountInvoiceCurrency": invoice["_rounding"],
        "TotalAmountInvoiceCurrency": invoice["TotalAmountInvoiceCurrency"],
        "VATAmountInvoiceCurrency": invoice["TotalVatAmountInvoiceCurrency"],
        "VoucherId": invoice["VoucherId"],
    }


def _list(call: Call) -> Answer:
    return page(call, LEDGER_ITEMS, LEDGER_ITEM, lambda record: shown(call.books, record))


def _get(call: Call) -> Answer:
    return Answer(shown(call.books, found(call, LEDGER_ITEMS, "Customer ledger item")))


def _create(call: Call) -> Answer:
    return created(public(_saved(call.books, call.body(LEDGER_ITEM))))


def _create_with_voucher(call: Call) -> Answer:
    """The voucher and the claim together, or neither."""
    sent = call.body(LEDGER_ITEM_WITH_VOUCHER)
    voucher = created_as_asked(call, sent.pop("Voucher"))
    return created(public(_saved(call.books, {**sent, "VoucherId": voucher["Id"]})))


def _saved(books: Books, sent: Mapping[str, Any]) -> Record:
    """A claim that was booked by a voucher. Raises the refusal of the first broken rule."""
    books.needed(CUSTOMERS, "Customer", sent["CustomerId"])
    voucher = books.needed(VOUCHERS, "Voucher", sent["VoucherId"])
    if voucher["VoucherType"] not in _VOUCHERS_THAT_CARRY:
        raise errors.cannot_change("The voucher must be a manual voucher or a SIE import.")
    if sent["CurrencyCode"] not in EXCHANGE_RATES:
        raise errors.invalid_field(
            "CurrencyCode", f"'{sent['CurrencyCode']}' is not a currency of the company."
        )
    item = {
        **LEDGER_ITEM.blank(),
        **{name: value for name, value in sent.items() if value is not None},
        "Id": books.new_id(),
        "DueDate": sent.get("DueDate") or books.today,
        "InvoiceDate": sent.get("InvoiceDate") or books.today,
        "ModifiedUtc": books.now,
    }
    return books.put(LEDGER_ITEMS, item)


OPERATIONS = (
    Operation("GET", "/customerledgeritems", _list),
    Operation("POST", "/customerledgeritems", _create),
    Operation("POST", "/customerledgeritems/customerledgeritemswithvoucher", _create_with_voucher),
    Operation("GET", "/customerledgeritems/{}", _get),
)
