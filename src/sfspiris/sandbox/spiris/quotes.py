"""Quotes and their drafts: `/quotes`, `/quotedrafts` (module `sales_standard`).

A draft of a quote has no number. A quote becomes an order, or an invoice that is booked at once.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors, issuing, orders
from sfspiris.sandbox.spiris.books import (
    CUSTOMERS,
    ORDERS,
    OUTBOX,
    QUOTE_SERIES,
    QUOTES,
    TERMS,
    Books,
    public,
)
from sfspiris.sandbox.spiris.documents import (
    Document,
    Party,
    RowRules,
    addressed,
    attached,
    checked_tax_reduction,
    composed,
)
from sfspiris.sandbox.spiris.invoices import shown as shown_invoice
from sfspiris.sandbox.spiris.lists import found, missing, page
from sfspiris.sandbox.spiris.model.quotes import QUOTE, QUOTE_CONVERSION, QUOTE_ROW
from sfspiris.sandbox.spiris.model.sales import EMAIL
from sfspiris.sandbox.spiris.moments import days_after
from sfspiris.sandbox.spiris.printout import quote_pdf
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Handler, Operation, created

DRAFT, ONGOING, APPROVED, INVOICED, ORDERED = range(5)
_STATUS_NAMES = ("a draft", "ongoing", "approved", "invoiced", "an order already")
_ROW_RULES: Final = RowRules(QUOTE_ROW, is_text=None, construction=None)
_VALID_DAYS = 30
_ORDER_STATUS = (orders.PLANNED, orders.ONGOING)
"""By the `Type` that a conversion asks for."""
_CARRIED = frozenset(
    {"BuyersOrderReference", "DeliveryDate", "RotReducedInvoicingType", "RotReducedInvoicingPropertyName", "RotPropertyType"}
)  # fmt: skip


def shown(books: Books, record: Record) -> dict[str, Any]:
    """The quote as it is answered."""
    quote = {**public(record), **attached(books, record["Id"])}
    customer = books.get(CUSTOMERS, record["CustomerId"])
    terms = books.get(TERMS, customer["TermsOfPaymentId"]) if customer else None
    if terms is not None:
        quote["TermsOfPayment"] = public(terms)
    return quote


def save(books: Books, sent: Mapping[str, Any], status: int, before: Record | None = None) -> Record:
    """Create the quote, or replace `before`. Raises the refusal of the first broken rule."""
    party = _party(books, sent["CustomerId"])
    checked_tax_reduction(sent)
    document = _composed(books, party, sent)
    totals, now = document.totals, books.now
    quote = {
        **QUOTE.blank(),
        **{name: value for name, value in sent.items() if value is not None},
        **addressed(party, sent, QUOTE),
        "Id": books.id_for(sent, before),
        "CreatedUtc": now if before is None else before["CreatedUtc"],
        "ModifiedUtc": now,
        "CurrencyCode": party.currency,
        "CurrencyRate": document.rate,
        "IsDomestic": not party.is_foreign,
        "QuoteDate": sent.get("QuoteDate") or books.today,
        "DueDate": sent.get("DueDate") or days_after(sent.get("QuoteDate") or books.today, _VALID_DAYS),
        "Rows": document.rows,
        "Persons": [{**person, "Id": books.new_id()} for person in sent.get("Persons") or ()],
        "TotalAmount": totals.total,
        "VatAmount": totals.vat,
        "RoundingsAmount": totals.rounding,
        "Status": status,
        "Number": before["Number"] if before else None,
    }
    return books.put(QUOTES, _numbered(books, quote))


def _party(books: Books, customer_id: str) -> Party:
    customer = books.needed(CUSTOMERS, "Customer", customer_id)
    if not customer["IsActive"]:
        raise errors.cannot_change(f"Customer {customer['CustomerNumber']} is not active.")
    return Party.of(books, customer)


def _composed(books: Books, party: Party, quote: Mapping[str, Any]) -> Document:
    return composed(
        books, party, quote.get("Rows") or (), _ROW_RULES, third_party=bool(quote.get("EuThirdParty"))
    )


def _numbered(books: Books, quote: Record) -> Record:
    """The quote with a number, once it is more than a draft."""
    if quote["Status"] != DRAFT and quote["Number"] is None:
        return {**quote, "Number": books.take_number(QUOTE_SERIES)}
    return quote


def _named(call: Call, *, is_draft: bool) -> Record:
    """The quote, or the draft of one, that the address names; neither is found at the other's address."""
    quote = found(call, QUOTES, "Quote")
    if (quote["Status"] == DRAFT) != is_draft:
        raise missing(call, "Quote", quote["Id"])
    return quote


def _demand_open(quote: Record) -> None:
    if quote["Status"] not in {ONGOING, APPROVED}:
        raise errors.cannot_change(f"The quote is {_STATUS_NAMES[quote['Status']]}.")


def _moved(books: Books, quote: Record, status: int, **changes: Any) -> Record:
    moved = {**quote, "Status": status, "ModifiedUtc": books.now, **changes}
    return books.put(QUOTES, _numbered(books, moved))


# What becomes of it


def _ordered(books: Books, quote: Record, kind: int) -> Record:
    """The order that comes of the quote."""
    flags = {"IsTextRow": False, "IsWorkCost": False, "EligibleForReverseChargeOnVat": False}
    rows = [
        {
            **{name: row[name] for name in orders.ROW_RULES.shape.fields if name in row},
            **{name: row.get(name) or value for name, value in flags.items()},
        }
        for row in quote["Rows"]
    ]
    order = orders.save(
        books,
        {
            **{name: quote[name] for name in ("CustomerId", "CurrencyCode", "EuThirdParty", "Persons", *_CARRIED)},
            "YourReference": quote["CustomerReference"],
            "OurReference": quote["CompanyReference"],
            "HouseWorkPropertyName": quote["RotReducedInvoicingPropertyName"],
            "ReverseChargeOnConstructionServices": False,
            "Status": _ORDER_STATUS[kind],
            "Rows": rows,
        },
    )  # fmt: skip
    return books.put(ORDERS, {**order, "CreatedFromQuoteId": quote["Id"]})


def _to_order(call: Call) -> Answer:
    books, quote = call.books, _named(call, is_draft=False)
    _demand_open(quote)
    sent = call.optional_body(QUOTE_CONVERSION)
    order = _ordered(books, quote, sent.get("Type") or 0)
    _moved(books, quote, ORDERED)
    return Answer(orders.shown(books, order))


class _OnlyLooked(Exception):
    """Undoes what a preview did."""


def _preview(call: Call) -> Answer:
    """The order that would come of the quote, which then does not."""
    books, quote = call.books, _named(call, is_draft=False)
    _demand_open(quote)
    sent = call.optional_body(QUOTE_CONVERSION)
    answered: dict[str, Any] = {}
    with suppress(_OnlyLooked), books.records.transaction():
        answered = orders.shown(books, _ordered(books, quote, sent.get("Type") or 0))
        raise _OnlyLooked
    return Answer(answered)


def _to_invoice(call: Call) -> Answer:
    """Books an invoice at once."""
    books, quote = call.books, _named(call, is_draft=False)
    _demand_open(quote)
    sent = call.optional_body(QUOTE_CONVERSION)
    party = _party(books, quote["CustomerId"])
    invoice = issuing.booked(
        books,
        party,
        _composed(books, party, quote),
        {
            **{name: quote[name] for name in ("EuThirdParty", "Persons", *_CARRIED)},
            "YourReference": quote["CustomerReference"],
            "OurReference": quote["CompanyReference"],
            "WorkHouseOtherCosts": sent.get("WorkHouseOtherCosts"),
        },
        day=books.today,
        due=None,
        user_id=call.session.user_id,
        origin={"CreatedFromQuoteId": quote["Id"]},
    )
    _moved(books, quote, INVOICED)
    return Answer(shown_invoice(books, invoice))


def _accept(call: Call) -> Answer:
    quote = _named(call, is_draft=False)
    if quote["Status"] != ONGOING:
        raise errors.cannot_change(f"The quote is {_STATUS_NAMES[quote['Status']]}; it must be ongoing.")
    _moved(call.books, quote, APPROVED, ApprovedDate=call.books.today)
    return DONE


def _activate(call: Call) -> Answer:
    return Answer(shown(call.books, _moved(call.books, _named(call, is_draft=True), ONGOING)))


def _print(call: Call) -> Answer:
    quote = _named(call, is_draft=False)
    return Answer(data=quote_pdf(call.books, shown(call.books, quote)), media_type="application/pdf")


def _email(call: Call) -> Answer:
    books, quote = call.books, _named(call, is_draft=False)
    sent = call.optional_body(EMAIL)
    customer = books.needed(CUSTOMERS, "Customer", quote["CustomerId"])
    address = sent.get("Email") or customer["EmailAddressQuote"] or customer["EmailAddress"]
    if not address:
        raise errors.invalid_field(
            "Email", "The customer has no e-mail address and none was given.", "Required"
        )
    mail = {"Id": books.new_id(), "Kind": "email", "QuoteId": quote["Id"], "SentUtc": books.now}
    books.put(OUTBOX, {**mail, **sent, "Email": address})
    return DONE


# Reading and saving


def _list(*, is_draft: bool) -> Handler:
    return lambda call: page(
        call,
        QUOTES,
        QUOTE,
        lambda record: shown(call.books, record),
        keep=lambda record: (record["Status"] == DRAFT) == is_draft,
    )


def _get(*, is_draft: bool) -> Handler:
    return lambda call: Answer(shown(call.books, _named(call, is_draft=is_draft)))


def _create(status: int) -> Handler:
    return lambda call: created(shown(call.books, save(call.books, call.body(QUOTE), status)))


def _replace(*, is_draft: bool) -> Handler:
    def replace(call: Call) -> Answer:
        before = _named(call, is_draft=is_draft)
        if not is_draft:
            _demand_open(before)
        return Answer(shown(call.books, save(call.books, call.body(QUOTE), before["Status"], before)))

    return replace


def _delete(*, is_draft: bool) -> Handler:
    def delete(call: Call) -> Answer:
        quote = _named(call, is_draft=is_draft)
        if quote["Status"] in {INVOICED, ORDERED}:
            raise errors.cannot_delete(f"The quote is {_STATUS_NAMES[quote['Status']]}.")
        call.books.delete(QUOTES, quote["Id"])
        return DONE

    return delete


OPERATIONS = (
    *(
        operation
        for path, is_draft, status in (("/quotes", False, ONGOING), ("/quotedrafts", True, DRAFT))
        for operation in (
            Operation("GET", path, _list(is_draft=is_draft)),
            Operation("POST", path, _create(status)),
            Operation("GET", f"{path}/{{}}", _get(is_draft=is_draft)),
            Operation("PUT", f"{path}/{{}}", _replace(is_draft=is_draft)),
            Operation("DELETE", f"{path}/{{}}", _delete(is_draft=is_draft)),
        )
    ),
    Operation("PUT", "/quotedrafts/{}/convert", _activate),
    Operation("PUT", "/quotes/{}/accept", _accept),
    Operation("POST", "/quotes/{}/converttoorder", _to_order),
    Operation("POST", "/quotes/{}/previeworder", _preview),
    Operation("POST", "/quotes/{}/converttocustomerinvoice", _to_invoice),
    Operation("GET", "/quotes/{}/print", _print),
    Operation("POST", "/quotes/{}/email", _email),
)
