"""Customer invoice drafts: `/customerinvoicedrafts`.

A draft is prices and texts without a number; nothing is booked. Every save gives its rows new ids. Issuing
(`/convert`, or a person in the product) makes an invoice of it, and the draft is gone.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors, issuing
from sfspiris.sandbox.spiris.books import CUSTOMERS, DRAFTS, ORDERS, TERMS, Books, public
from sfspiris.sandbox.spiris.documents import (
    Party,
    addressed,
    attached,
    checked_tax_reduction,
    chosen_terms,
    composed,
    due_date,
)
from sfspiris.sandbox.spiris.invoices import shown as shown_invoice
from sfspiris.sandbox.spiris.lists import found, page
from sfspiris.sandbox.spiris.model.sales import CONVERSION, DRAFT
from sfspiris.sandbox.spiris.printout import draft_pdf
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Operation, created


def shown(books: Books, record: Record) -> dict[str, Any]:
    """The draft as it is answered: its date is today's unless the company keeps the dates of drafts."""
    draft = public(record)
    if not books.keeps_draft_dates or draft["InvoiceDate"] is None:
        draft["InvoiceDate"] = books.today
    if draft["DueDate"] is None:
        terms = books.get(TERMS, draft["TermsOfPaymentId"])
        draft["DueDate"] = due_date(draft["InvoiceDate"], terms) if terms else draft["InvoiceDate"]
    draft.update(attached(books, record["Id"]))
    if "drafts_tell_no_time_of_change" not in books.traps:
        draft["ModifiedUtc"] = record["_saved"]
    return draft


def save(
    books: Books, sent: Mapping[str, Any], before: Record | None = None, *, as_private: bool | None = None
) -> Record:
    """Create the draft, or replace `before` by what was sent. Raises the refusal of the first broken rule.

    `as_private` treats the customer as a private person whatever it is.
    """
    customer = books.needed(CUSTOMERS, "Customer", sent["CustomerId"])
    if not customer["IsActive"]:
        raise errors.cannot_change(f"Customer {customer['CustomerNumber']} is not active.")
    party = Party.of(books, customer, is_private=as_private)
    checked_tax_reduction(sent)
    if party.is_private and sent.get("ElectronicReference"):
        raise errors.invalid_field("ElectronicReference", "It can be set for non-private customers only.")
    terms = chosen_terms(books, sent.get("TermsOfPaymentId"), customer)
    document = composed(
        books,
        party,
        sent.get("Rows") or (),
        issuing.DRAFT_ROW_RULES,
        is_credit=bool(sent.get("IsCreditInvoice")),
        third_party=bool(sent["EuThirdParty"]),
        replace_zero_prices=bool(sent.get("ReplaceUnitPriceWhenZero")),
    )
    totals = document.totals
    if before is not None and "draft_rows_get_new_ids" not in books.traps:
        for row, known in zip(document.rows, before["Rows"], strict=False):
            row["Id"] = known["Id"]
    draft = {
        **DRAFT.blank(),
        **{name: value for name, value in sent.items() if value is not None},
        **addressed(party, sent, DRAFT),
        "Id": books.id_for(sent, before),
        "CreatedUtc": books.now if before is None else before["CreatedUtc"],
        "InvoiceDate": sent.get("InvoiceDate") or books.today,
        "TermsOfPaymentId": terms["Id"],
        "InvoiceCurrencyCode": party.currency,
        "ReverseChargeOnConstructionServices": document.has_reverse_charge,
        "Rows": document.rows,
        "Persons": [{**person, "Id": books.new_id()} for person in sent.get("Persons") or ()],
        "TotalAmount": totals.total,
        "TotalVatAmount": totals.vat,
        "TotalRoundings": totals.rounding,
        "TotalAmountBaseCurrency": document.in_base(totals.total),
        "TotalVatAmountBaseCurrency": document.in_base(totals.vat),
        "_saved": books.now,
        "_order": before.get("_order") if before else None,
    }
    return books.put(DRAFTS, draft)


def _beside(_record: Record, answered: dict[str, Any]) -> tuple[Any, ...]:
    """What an answered draft has that is not in its record: the dates of today, and what hangs on it."""
    hanging = (*answered["Notes"], *answered["SalesDocumentAttachments"])
    return (answered["InvoiceDate"], answered["DueDate"], *hanging)


# Operations


def _list(call: Call) -> Answer:
    return page(call, DRAFTS, DRAFT, lambda record: shown(call.books, record), beside=_beside)


def _get(call: Call) -> Answer:
    return Answer(shown(call.books, found(call, DRAFTS, "Customer invoice draft")))


def _create(call: Call) -> Answer:
    as_private = True if call.option("overrideCustomerIsPrivatePerson") else None
    return created(shown(call.books, save(call.books, call.body(DRAFT), as_private=as_private)))


def _replace(call: Call) -> Answer:
    before = found(call, DRAFTS, "Customer invoice draft")
    return Answer(shown(call.books, save(call.books, call.body(DRAFT), before)))


def _delete(call: Call) -> Answer:
    discard(call.books, found(call, DRAFTS, "Customer invoice draft"))
    return DONE


def discard(books: Books, draft: Record) -> None:
    """Delete the draft and what hangs on it; no number is used, so no gap arises."""
    if order := books.get(ORDERS, draft.get("_order") or ""):  # what it was made of may be invoiced anew
        books.put(ORDERS, {**order, "Status": issuing.status_before_invoicing(order)})
    for table, ids in issuing.HANGING.items():
        for record in books.find(table, ids, draft["Id"]):
            books.delete(table, record["Id"])
    books.delete(DRAFTS, draft["Id"])


def _convert(call: Call) -> Answer:
    draft = found(call, DRAFTS, "Customer invoice draft")
    keep = call.option("keepOriginalDraftDate")
    if not call.option("overrideCompanyKeepOriginalDraftDate"):
        keep = call.books.keeps_draft_dates
    expected = call.optional_body(CONVERSION)
    invoice = issuing.issue(call.books, draft, keep_date=keep, user_id=call.session.user_id)
    _check_expected(expected, invoice)
    return created(shown_invoice(call.books, invoice))


def _check_expected(expected: Mapping[str, Any], invoice: Record) -> None:
    """Whether the invoice came to what the client expected. The refusal undoes the issuing."""
    totals = {
        "TotalAmountInvoiceCurrency": invoice["TotalAmountInvoiceCurrency"],
        "TotalVatAmountInvoiceCurrency": invoice["TotalVatAmountInvoiceCurrency"],
        "TotalRoundingsInvoiceCurrency": invoice["_rounding"],
    }
    for name, actual in totals.items():
        wanted = expected.get(name)
        if wanted is not None and wanted != actual:
            raise errors.invalid_field(name, f"The invoice comes to {actual}, not {wanted}.", "Mismatch")
    rows = {row["LineNumber"]: row for row in invoice["Rows"]}
    for place, wanted_row in enumerate(expected.get("Rows") or ()):
        where = f"Rows[{place}]"
        row = rows.get(wanted_row.get("LineNumber"))
        if row is None:
            raise errors.invalid_field(
                f"{where}.LineNumber", "The draft has no row with this line number.", "Mismatch"
            )
        net = Decimal(row["AmountNoVat"])
        amounts = {
            "TotalAmountNoVatInvoiceCurrency": net,
            "TotalAmountIncVatInvoiceCurrency": issuing.with_vat(row, includes_vat=invoice["IncludesVat"]),
        }
        for name, actual in amounts.items():
            wanted = wanted_row.get(name)
            if wanted is not None and wanted != actual:
                raise errors.invalid_field(
                    f"{where}.{name}", f"The row comes to {actual}, not {wanted}.", "Mismatch"
                )


def _print(call: Call) -> Answer:
    draft = found(call, DRAFTS, "Customer invoice draft")
    return Answer(data=draft_pdf(call.books, shown(call.books, draft)), media_type="application/pdf")


OPERATIONS = (
    Operation("GET", "/customerinvoicedrafts", _list),
    Operation("POST", "/customerinvoicedrafts", _create),
    Operation("GET", "/customerinvoicedrafts/{}", _get),
    Operation("PUT", "/customerinvoicedrafts/{}", _replace),
    Operation("DELETE", "/customerinvoicedrafts/{}", _delete),
    Operation("POST", "/customerinvoicedrafts/{}/convert", _convert),
    Operation("GET", "/customerinvoicedrafts/{}/print", _print),
)
