"""From a draft, an order or a request to a booked invoice: number, reference, dates, voucher, ledger item."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.bookkeeping import (
    INVOICE_CREDIT,
    INVOICE_DEBIT,
    book,
    entries_of_document,
    open_year,
)
from sfspiris.sandbox.spiris.books import (
    ATTACHMENTS,
    CUSTOMERS,
    DRAFTS,
    INVOICE_SERIES,
    INVOICES,
    LEDGER_ITEMS,
    NOTES,
    ORDERS,
    Books,
)
from sfspiris.sandbox.spiris.documents import (
    Document,
    Party,
    RowRules,
    addressed,
    chosen_terms,
    composed,
    due_date,
)
from sfspiris.sandbox.spiris.model.sales import DRAFT_ROW, INVOICE, INVOICE_ROW, NO_ID, REFERENCES
from sfspiris.sandbox.spiris.numbers import payment_reference
from sfspiris.sandbox.spiris.pricing import rounded

HANGING: Final[Mapping[str, str]] = MappingProxyType({ATTACHMENTS: "DocumentId", NOTES: "AttachedTo"})
"""What hangs on a draft, and the field that says on which."""

_INVOICE_ATTACHMENT, _INVOICE_NOTE = 1, 1
_ONGOING_ORDER, _SHIPPED_ORDER, _INVOICED_ORDER = 2, 3, 4
DRAFT_ROW_RULES: Final = RowRules(
    DRAFT_ROW, is_text="IsTextRow", construction="ReversedConstructionServicesVatFree"
)
_CARRIED = frozenset(INVOICE.fields) - {"Id", "Rows", "Persons", "InvoiceDate", "DueDate", "CreatedUtc"}


def issue(
    books: Books,
    draft: Record,
    *,
    user_id: str,
    keep_date: bool,
    day: str | None = None,
    send_type: int | None = None,
    invoice_id: str | None = None,
) -> Record:
    """Make an invoice of the draft; the draft is gone then. `day` is a date a person chose, `invoice_id` an id that a
    world did.

    Raises a refusal, and leaves the draft, when the date is in the future or in a locked period, or when customer or
    articles are no longer active.
    """
    customer = books.needed(CUSTOMERS, "Customer", draft["CustomerId"])
    party = Party.of(books, customer, is_private=draft["CustomerIsPrivatePerson"])
    kept = {name: draft[name] for name in _CARRIED if name in draft}
    kept["WorkHouseOtherCosts"] = draft["HouseWorkOtherCosts"]
    survives = books.switches.is_on("references_survive_issue")
    if not survives:
        kept.update(dict.fromkeys(REFERENCES))
    document = composed(
        books,
        party,
        [{name: row[name] for name in DRAFT_ROW.fields if name in row} for row in draft["Rows"]],
        DRAFT_ROW_RULES,
        is_credit=draft["IsCreditInvoice"],
        third_party=draft["EuThirdParty"],
    )
    date = day or (draft["InvoiceDate"] if keep_date else books.today)
    due = draft["DueDate"] if draft["DueDate"] and (keep_date or draft["DueDate"] >= date) else None
    invoice = booked(
        books,
        party,
        document,
        {**kept, "Persons": draft["Persons"]},
        day=date,
        due=due,
        user_id=user_id,
        origin={
            "CreatedFromDraftId": draft["Id"]
            if books.switches.get("created_from_draft_id") == "filled"
            else None,
            "CreatedFromOrderId": draft.get("_order"),
            "SendType": send_type,
        },
        invoice_id=invoice_id,
    )
    if order := books.get(ORDERS, draft.get("_order") or ""):
        books.put(ORDERS, {**order, "Status": _INVOICED_ORDER, "ModifiedUtc": books.now})
    _move_hanging(books, draft["Id"], invoice["Id"] if survives else None)
    if "drafts_vanish_when_issued" in books.traps:
        books.delete(DRAFTS, draft["Id"])
    return invoice


def status_before_invoicing(order: Record) -> int:
    """The status of an order whose invoice draft was deleted."""
    return _SHIPPED_ORDER if order["ShippedDateTime"] else _ONGOING_ORDER


def booked(
    books: Books,
    party: Party,
    document: Document,
    kept: Mapping[str, Any],
    *,
    day: str,
    due: str | None,
    user_id: str,
    origin: Mapping[str, Any],
    invoice_id: str | None = None,
) -> Record:
    """Book an invoice with the fields in `kept`. Raises the refusal of whatever stands against it."""
    customer = party.customer
    if not customer["IsActive"]:
        raise errors.cannot_change(f"Customer {customer['CustomerNumber']} is not active.")
    if day > books.today:
        raise errors.cannot_change(
            f"The invoice date {day} is in the future, which these terms and currency do not allow."
        )
    open_year(books, day)
    terms = chosen_terms(books, kept.get("TermsOfPaymentId"), customer)
    number = books.take_number(INVOICE_SERIES)
    totals, now = document.totals, books.now
    uses_reference = books.settings["UsesPaymentReferenceNumber"]
    base_total = document.in_base(totals.total)
    invoice: Record = {
        **INVOICE.blank(),
        **{name: value for name, value in kept.items() if value is not None},
        **addressed(party, kept, INVOICE),
        **origin,
        "Id": invoice_id or books.new_id(),
        "CustomerId": customer["Id"],
        "InvoiceNumber": number,
        "InvoiceDate": day,
        "DueDate": due or due_date(day, terms),
        "TermsOfPaymentId": terms["Id"],
        "CurrencyCode": document.currency,
        "CurrencyRate": document.rate,
        "CreatedByUserId": user_id,
        "CreatedUtc": now,
        "ModifiedUtc": now,
        "CustomerEmail": customer["EmailAddress"],
        "ElectronicAddress": customer["ElectronicAddress"],
        "PaymentReferenceNumber": payment_reference(customer["CustomerNumber"], number)
        if uses_reference
        else None,
        "ReverseChargeOnConstructionServices": document.has_reverse_charge,
        "ReversedConstructionVatInvoicing": document.has_reverse_charge,
        "Rows": _rows(document),
        "VatSpecification": _specification(document),
        "TotalAmountInvoiceCurrency": totals.total,
        "TotalVatAmountInvoiceCurrency": totals.vat,
        "TotalAmount": base_total,
        "TotalVatAmount": document.in_base(totals.vat),
        "TotalRoundings": document.in_base(totals.rounding),
        "RemainingAmount": base_total,
        "RemainingAmountInvoiceCurrency": totals.total,
        "_rounding": totals.rounding,
    }
    kind = INVOICE_CREDIT if invoice["IsCreditInvoice"] else INVOICE_DEBIT
    word = "Kreditfaktura" if invoice["IsCreditInvoice"] else "Kundfaktura"
    voucher = book(
        books,
        day,
        f"{word} {number}, {customer['Name']}",
        entries_of_document(document),
        kind=kind,
        source_id=invoice["Id"],
    )
    invoice["VoucherId"] = voucher["Id"] if voucher else NO_ID
    invoice["VoucherNumber"] = voucher["NumberAndNumberSeries"] if voucher else None
    books.put(LEDGER_ITEMS, {"Id": books.new_id(), "CustomerId": customer["Id"], "_invoice": invoice["Id"]})
    return books.put(INVOICES, invoice)


def with_vat(row: Mapping[str, Any], *, includes_vat: bool) -> Decimal:
    """What an invoice row comes to with VAT."""
    amount = Decimal(row["Amount"])
    return amount if includes_vat else rounded(amount * (1 + (row["VatRate"] or Decimal(0))))


def _rows(document: Document) -> list[Record]:
    """The rows as an invoice words them."""
    rows = []
    for line in document.lines:
        blank = INVOICE_ROW.blank()
        row = {name: line.record.get(name, value) for name, value in blank.items()}
        row["IsTextRow"] = line.priced is None
        if line.priced:
            row.update(AmountNoVat=line.priced.net, VatRate=line.priced.rate, PercentVat=line.priced.rate)
        rows.append(row)
    return rows


def _specification(document: Document) -> list[Record]:
    return specification([(group.rate, group.net, group.vat) for group in document.totals.groups])


def specification(groups: Sequence[tuple[Decimal, Decimal, Decimal]]) -> list[Record]:
    """The VAT specification of an invoice: rate, net and VAT of each rate."""
    return [
        {"AmountInvoiceCurrency": net, "VatAmountInvoiceCurrency": vat, "VatPercent": rate}
        for rate, net, vat in groups
    ]


def _move_hanging(books: Books, draft_id: str, invoice_id: str | None) -> None:
    """Notes and attachments go over to the invoice, or away with the draft."""
    for table, name in HANGING.items():
        for record in books.find(table, name, draft_id):
            if invoice_id is None:
                books.delete(table, record["Id"])
            else:
                kind = _INVOICE_ATTACHMENT if table == ATTACHMENTS else _INVOICE_NOTE
                books.put(table, {**record, name: invoice_id, "DocumentType": kind})
