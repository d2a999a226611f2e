"""Orders: `/orders` (module `sales_standard`). A draft order has no number; converting books an invoice at once."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import drafts, errors, issuing
from sfspiris.sandbox.spiris.books import CUSTOMERS, DRAFTS, ORDER_SERIES, ORDERS, OUTBOX, Books, public
from sfspiris.sandbox.spiris.documents import (
    Party,
    RowRules,
    addressed,
    attached,
    checked_tax_reduction,
    chosen_terms,
    composed,
)
from sfspiris.sandbox.spiris.invoices import shown as shown_invoice
from sfspiris.sandbox.spiris.lists import found, page
from sfspiris.sandbox.spiris.model.sales import (
    DRAFT,
    DRAFT_ROW,
    EMAIL,
    INVOICE,
    ORDER,
    ORDER_CONVERSION,
    ORDER_ROW,
    REFERENCES,
)
from sfspiris.sandbox.spiris.printout import order_pdf
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Handler, Operation, created

ROW_RULES: Final = RowRules(ORDER_ROW, is_text="IsTextRow", construction="EligibleForReverseChargeOnVat")

PLANNED, ONGOING, SHIPPED, INVOICED = 1, 2, 3, 4
_STATUS_NAMES = {PLANNED: "a draft", ONGOING: "ongoing", SHIPPED: "shipped", INVOICED: "invoiced"}
_CARRIED = frozenset(INVOICE.fields) - {"Id", "Rows", "Persons", "CreatedUtc", "ModifiedUtc", "CustomerId"}


def shown(books: Books, record: Record) -> dict[str, Any]:
    """The order as it is answered."""
    return {**public(record), **attached(books, record["Id"])}


def save(books: Books, sent: Mapping[str, Any], before: Record | None = None) -> Record:
    """Create the order, or replace `before`. Raises the refusal of the first broken rule."""
    customer = books.needed(CUSTOMERS, "Customer", sent["CustomerId"])
    if not customer["IsActive"]:
        raise errors.cannot_change(f"Customer {customer['CustomerNumber']} is not active.")
    party = Party.of(books, customer)
    if sent["CurrencyCode"] != party.currency:
        raise errors.invalid_field("CurrencyCode", f"The currency of the customer is {party.currency}.")
    if sent["Status"] == INVOICED or (before is None and sent["Status"] == SHIPPED):
        raise errors.cannot_change("An order becomes shipped or invoiced by being completed or converted.")
    checked_tax_reduction(
        {
            "RotReducedInvoicingType": sent["RotReducedInvoicingType"],
            "Persons": sent.get("Persons"),
            "RotReducedInvoicingPropertyName": sent.get("HouseWorkPropertyName"),
        }
    )
    terms = chosen_terms(books, sent.get("TermsOfPaymentId"), customer)
    document = composed(
        books, party, sent.get("Rows") or (), ROW_RULES, third_party=bool(sent["EuThirdParty"])
    )
    totals, now = document.totals, books.now
    order = {
        **ORDER.blank(),
        **{name: value for name, value in sent.items() if value is not None},
        **addressed(party, sent, ORDER),
        "Id": books.id_for(sent, before),
        "CreatedUtc": now if before is None else before["CreatedUtc"],
        "ModifiedUtc": now,
        "OrderDate": sent.get("OrderDate") or books.today,
        "TermsOfPaymentId": terms["Id"],
        "ReverseChargeOnConstructionServices": document.has_reverse_charge,
        "Rows": document.rows,
        "Persons": [{**person, "Id": books.new_id()} for person in sent.get("Persons") or ()],
        "Amount": totals.total,
        "VatAmount": totals.vat,
        "RoundingsAmount": totals.rounding,
        "Number": before["Number"] if before else None,
    }
    return books.put(ORDERS, _numbered(books, order))


def _numbered(books: Books, order: Record) -> Record:
    """The order with a number, once it is more than a draft."""
    if order["Status"] != PLANNED and order["Number"] is None:
        return {**order, "Number": books.take_number(ORDER_SERIES)}
    return order


def _moved(frm: int, to: int) -> Handler:
    """An operation that moves an order from one status to another."""

    def move(call: Call) -> Answer:
        order = _put_as(call.books, found(call, ORDERS, "Order"), frm, to)
        return Answer(shown(call.books, order))

    return move


def _put_as(books: Books, order: Record, frm: int, to: int) -> Record:
    demand_status(order, frm)
    is_delivered = to == SHIPPED
    rows = [{**row, "DeliveredQuantity": row["Quantity"] if is_delivered else 0} for row in order["Rows"]]
    moved = {
        **order,
        "Status": to,
        "Rows": rows,
        "DeliveredAmount": order["Amount"] if is_delivered else 0,
        "DeliveredVatAmount": order["VatAmount"] if is_delivered else 0,
        "DeliveredRoundingsAmount": order["RoundingsAmount"] if is_delivered else 0,
        "ShippedDateTime": books.today if is_delivered else None,
        "ModifiedUtc": books.now,
    }
    return books.put(ORDERS, _numbered(books, moved))


def demand_status(order: Record, *wanted: int) -> None:
    """Raise the refusal of an order that is in none of these states."""
    if order["Status"] not in wanted:
        names = " or ".join(_STATUS_NAMES[status] for status in wanted)
        raise errors.cannot_change(f"The order is {_STATUS_NAMES[order['Status']]}; it must be {names}.")


def _convert(call: Call) -> Answer:
    books, order = call.books, found(call, ORDERS, "Order")
    sent = call.optional_body(ORDER_CONVERSION)
    invoice = invoiced(
        books, [order], user_id=call.session.user_id, other_costs=sent.get("WorkHouseOtherCosts")
    )
    return Answer(shown_invoice(books, invoice))


def invoiced(
    books: Books,
    orders: Sequence[Record],
    *,
    user_id: str,
    day: str | None = None,
    other_costs: Any = None,
) -> Record:
    """Book an invoice of these orders, of one customer; of several it is a collective invoice, headed as the first is.

    Raises a refusal, and leaves the orders, when one is not ongoing or shipped, or when they have different customers.
    """
    first = orders[0]
    for order in orders:
        demand_status(order, ONGOING, SHIPPED)
        if order["CustomerId"] != first["CustomerId"]:
            raise errors.cannot_change("The orders of a collective invoice have one customer.")
    party = Party.of(books, books.needed(CUSTOMERS, "Customer", first["CustomerId"]))
    rows = [{**row, "LineNumber": None} for order in orders for row in order["Rows"]]
    document = composed(books, party, rows, ROW_RULES, third_party=first["EuThirdParty"])
    kept = {name: first[name] for name in _CARRIED if name in first}
    if not books.switches.is_on("references_survive_issue"):
        kept.update(dict.fromkeys(REFERENCES))
    is_collective = len(orders) > 1
    origin: dict[str, Any] = {
        "CreatedFromOrderId": first["Id"],
        "CreatedFromQuoteId": first["CreatedFromQuoteId"],
    }
    if is_collective:
        origin = {
            "IsCollectiveInvoice": True,
            "CollectiveCustomerInvoiceRowsRelationToOrders": [collected(order) for order in orders],
        }
    invoice = issuing.booked(
        books,
        party,
        document,
        {
            **kept,
            "Persons": first["Persons"],
            "RotReducedInvoicingPropertyName": first["HouseWorkPropertyName"],
            "WorkHouseOtherCosts": other_costs,
        },
        day=day or books.today,
        due=None,
        user_id=user_id,
        origin=origin,
    )
    for order in orders:
        books.put(ORDERS, {**order, "Status": INVOICED, "ModifiedUtc": books.now})
    return invoice


def collected(order: Record) -> dict[str, Any]:
    """How a collective invoice names one of its orders."""
    return {
        "OrderId": order["Id"],
        "OrderNumber": order["Number"],
        "OrderReference": order["BuyersOrderReference"],
        "DeliveryDate": order["DeliveryDate"],
    }


def drafted(books: Books, order: Record) -> Record:
    """Make an invoice draft of the order, as a person does who wants to look at the invoice before it is booked.

    Whether the order counts as invoiced then, or only once the draft is issued, is a switch.
    """
    demand_status(order, ONGOING, SHIPPED)
    survives = books.switches.is_on("references_survive_issue")
    rows = [
        {
            **{
                name: row[name]
                for name in DRAFT_ROW.fields
                if name in row and not DRAFT_ROW.fields[name].read_only
            },
            "ReversedConstructionServicesVatFree": row["EligibleForReverseChargeOnVat"],
        }
        for row in order["Rows"]
    ]
    kept = {
        name: order[name]
        for name, field in DRAFT.fields.items()
        if name in order and not field.read_only and (survives or name not in REFERENCES)
    }
    draft = drafts.save(books, {**kept, "Rows": rows})
    if books.switches.get("order_of_a_draft") == "invoiced":
        books.put(ORDERS, {**order, "Status": INVOICED, "ModifiedUtc": books.now})
    return books.put(DRAFTS, {**draft, "_order": order["Id"]})


def delivered(books: Books, order: Record) -> Record:
    """The order as shipped."""
    return _put_as(books, order, ONGOING, SHIPPED)


def discard(books: Books, order: Record) -> None:
    """Delete the order. Raises the refusal of one that is shipped or invoiced."""
    if order["Status"] in {SHIPPED, INVOICED}:
        raise errors.cannot_delete(f"The order is {_STATUS_NAMES[order['Status']]}.")
    books.delete(ORDERS, order["Id"])


def _back_order(call: Call) -> Answer:
    """A new ongoing order of what was not delivered; the given order keeps what was."""
    books, order = call.books, found(call, ORDERS, "Order")
    demand_status(order, ONGOING)
    left = [
        {**row, "Quantity": Decimal(row["Quantity"]) - row["DeliveredQuantity"], "DeliveredQuantity": 0}
        for row in order["Rows"]
        if not row["IsTextRow"] and row["Quantity"] > row["DeliveredQuantity"]
    ]
    if not left or not any(row["DeliveredQuantity"] for row in order["Rows"]):
        raise errors.cannot_change("A back order needs rows that are delivered in part.")
    fresh = {name: order[name] for name in ORDER.fields if name in order and not ORDER.fields[name].read_only}
    kept_rows = [
        {**row, "Quantity": row["DeliveredQuantity"]}
        for row in order["Rows"]
        if row["IsTextRow"] or row["DeliveredQuantity"]
    ]
    save(books, {**fresh, "Rows": kept_rows}, order)
    return Answer(shown(books, save(books, {**fresh, "Rows": left})))


def _list(call: Call) -> Answer:
    return page(call, ORDERS, ORDER, lambda record: shown(call.books, record))


def _get(call: Call) -> Answer:
    return Answer(shown(call.books, found(call, ORDERS, "Order")))


def _create(call: Call) -> Answer:
    return created(shown(call.books, save(call.books, call.body(ORDER))))


def _replace(call: Call) -> Answer:
    before = found(call, ORDERS, "Order")
    demand_status(before, PLANNED, ONGOING)
    return Answer(shown(call.books, save(call.books, call.body(ORDER), before)))


def _delete(call: Call) -> Answer:
    discard(call.books, found(call, ORDERS, "Order"))
    return DONE


def _print(call: Call) -> Answer:
    order = found(call, ORDERS, "Order")
    return Answer(data=order_pdf(call.books, shown(call.books, order)), media_type="application/pdf")


def _email(call: Call) -> Answer:
    books, order = call.books, found(call, ORDERS, "Order")
    sent = call.optional_body(EMAIL)
    customer = books.needed(CUSTOMERS, "Customer", order["CustomerId"])
    address = sent.get("Email") or customer["EmailAddressOrder"] or customer["EmailAddress"]
    if not address:
        raise errors.invalid_field(
            "Email", "The customer has no e-mail address and none was given.", "Required"
        )
    books.put(
        OUTBOX,
        {
            "Id": books.new_id(),
            "Kind": "email",
            "OrderId": order["Id"],
            "SentUtc": books.now,
            **sent,
            "Email": address,
        },
    )
    return DONE


OPERATIONS = (
    Operation("GET", "/orders", _list),
    Operation("POST", "/orders", _create),
    Operation("GET", "/orders/{}", _get),
    Operation("PUT", "/orders/{}", _replace),
    Operation("DELETE", "/orders/{}", _delete),
    Operation("POST", "/orders/{}/convert", _convert),
    Operation("POST", "/orders/{}/converteddrafttoorder", _moved(PLANNED, ONGOING)),
    Operation("POST", "/orders/{}/completed", _moved(ONGOING, SHIPPED)),
    Operation("POST", "/orders/{}/voided", _moved(SHIPPED, ONGOING)),
    Operation("POST", "/orders/{}/backorder", _back_order),
    Operation("GET", "/orders/{}/print", _print),
    Operation("POST", "/orders/{}/email", _email),
)
