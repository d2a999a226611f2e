"""What we send in place of a customer, a draft or an order that Spiris has: ours where we speak, theirs everywhere else.

A PUT replaces the whole record, so whatever is left out of it is lost. Pure: no calls, no clock.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.adapters.spiris import wire
from sfspiris.adapters.spiris.writing import without_absent
from sfspiris.core.identity import payload_hash
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.core.actions import Change

# --- a draft or an order -------------------------------------------------------------------------------------------

_DATES: Final = ("InvoiceDate", "DueDate")
_ADDRESSES: Final = (
    "InvoiceAddress1",
    "InvoiceAddress2",
    "DeliveryCustomerName",
    "DeliveryAddress1",
    "DeliveryAddress2",
    "DeliveryPostalCode",
    "DeliveryCity",
    "DeliveryCountryCode",
)
_SETTABLE: Final = (
    "CustomerId",
    "IsCreditInvoice",
    "EuThirdParty",
    "RotReducedInvoicingType",
    "RotReducedInvoicingPropertyName",
    "RotReducedInvoicingOrgNumber",
    "RotReducedInvoicingAmount",
    "RotReducedInvoicingAutomaticDistribution",
    "RotPropertyType",
    "HouseWorkOtherCosts",
    "UsesGreenTechnology",
    "YourReference",
    "OurReference",
    "BuyersOrderReference",
    "ElectronicReference",
    "SubscriptionNumber",
    "ContractNumber",
    *_ADDRESSES,
    "DeliveryMethodCode",
    "DeliveryMethodName",
    "DeliveryTermCode",
    "DeliveryTermName",
    "TermsOfPaymentId",
    "DeliveryDate",
    "ReplaceUnitPriceWhenZero",
    "IsDirectDebit",
    "BackgroundId",
)
"""What a client can set on a draft but its rows, persons and dates: CustomerInvoiceDraftApi, OpenAPI of February 2026."""
_SETTABLE_ON_ROWS: Final = (
    "LineNumber",
    "ArticleId",
    "IsTextRow",
    "Text",
    "UnitPrice",
    "DiscountPercentage",
    "Quantity",
    "WorkCostType",
    "IsWorkCost",
    "WorkHours",
    "MaterialCosts",
    "ReversedConstructionServicesVatFree",
    "CostCenterItemId1",
    "CostCenterItemId2",
    "CostCenterItemId3",
    "ProjectId",
    "GreenTechnologyType",
)
_SETTABLE_ON_PERSONS: Final = ("Ssn", "Amount")
_ORDER_ADDRESSES: Final = (
    *_ADDRESSES,
    "InvoiceCustomerName",
    "InvoicePostalCode",
    "InvoiceCity",
    "InvoiceCountryCode",
)
_SETTABLE_ON_ORDERS: Final = (
    "CustomerId",
    "CurrencyCode",
    "Status",
    "EuThirdParty",
    "ReverseChargeOnConstructionServices",
    "RotReducedInvoicingType",
    "RotPropertyType",
    "HouseWorkAmount",
    "HouseWorkAutomaticDistribution",
    "HouseWorkCorporateIdentityNumber",
    "HouseWorkPropertyName",
    "UsesGreenTechnology",
    "YourReference",
    "OurReference",
    "BuyersOrderReference",
    *_ORDER_ADDRESSES,
    "DeliveryMethodCode",
    "DeliveryMethodName",
    "DeliveryTermCode",
    "DeliveryTermName",
    "TermsOfPaymentId",
    "OrderDate",
    "DeliveryDate",
    "ShippedDateTime",
)
"""What a client can set on an order but its rows, persons and sums, which the product adds up: OrderApi, as above."""
_SETTABLE_ON_ORDER_ROWS: Final = (
    *(name for name in _SETTABLE_ON_ROWS if name != "ReversedConstructionServicesVatFree"),
    "DeliveredQuantity",
    "EligibleForReverseChargeOnVat",
)


def draft_print(one: wire.Draft) -> str:
    """A hash of everything on the draft that somebody may have set.

    Row ids change at every save and are left out. So are the dates, which read as today's unless the company keeps those
    of drafts; the days between them, which a person may have set, are not.
    """
    document = _as_sent(one)
    between = (one.due_date - one.invoice_date).days if one.due_date and one.invoice_date else None
    document = {name: value for name, value in document.items() if name not in _DATES}
    return payload_hash(_comparable(document | {"days": between}))


def replacement(one: wire.Draft, body: Mapping[str, Any]) -> dict[str, Any]:
    """The document that replaces the draft: all that it says, but for what `body` says; None in `body` takes it away.

    The due date is left to the terms and the invoice date as it stands, so that neither becomes a fixed day by our doing.
    An address goes with its customer.
    """
    kept = _as_sent(one)
    kept.pop("DueDate", None)
    if str(body.get("CustomerId", "")).lower() != one.customer_id:
        kept = {name: value for name, value in kept.items() if name not in _ADDRESSES}
    ours = {name: value for name, value in body.items() if name != "InvoiceDate"}
    return without_absent(kept | ours)


def order_print(one: wire.Order) -> str:
    """A hash of everything on the order that somebody may have set, its status and what was delivered of it included."""
    return payload_hash(_comparable(_as_sent(one)))


def order_replacement(one: wire.Order, body: Mapping[str, Any]) -> dict[str, Any]:
    """The document that replaces the order, as `replacement`; its day and its status stay."""
    kept = _as_sent(one)
    if str(body.get("CustomerId", "")).lower() != one.customer_id:
        kept = {name: value for name, value in kept.items() if name not in _ORDER_ADDRESSES}
    ours = {name: value for name, value in body.items() if name not in {"OrderDate", "Status"}}
    return without_absent(kept | ours)


def _as_sent(one: wire.Draft | wire.Order) -> dict[str, Any]:
    """The settable part of a draft or an order, as it was read."""
    is_order = isinstance(one, wire.Order)
    names = _SETTABLE_ON_ORDERS if is_order else (*_SETTABLE, *_DATES)
    document = one.model_dump(by_alias=True)
    rows = sorted(document["Rows"], key=lambda row: row.get("LineNumber") or 0)
    found = {name: document[name] for name in names if document.get(name) is not None}
    found["Rows"] = [_only(row, _SETTABLE_ON_ORDER_ROWS if is_order else _SETTABLE_ON_ROWS) for row in rows]
    if persons := document.get("Persons"):
        found["Persons"] = [_only(person, _SETTABLE_ON_PERSONS) for person in persons]
    return {name: one.isoformat() if isinstance(one, date) else one for name, one in found.items()}


def _only(record: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: record[name] for name in names if record.get(name) is not None}


def _comparable(value: Any) -> Any:
    """The same values as text that is always the same: 1, 1.0 and 1.00 are one number, and empty is absent."""
    match value:
        case dict():
            return {name: _comparable(one) for name, one in value.items() if one not in (None, "")}
        case list():
            return [_comparable(one) for one in value]
        case bool() | None:
            return value
        case int() | Decimal():
            return format(Decimal(value).normalize() + 0, "f")
        case _:
            return str(value)


# --- a customer ----------------------------------------------------------------------------------------------------

_CUSTOMER_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("Name",),
    "orgnr": ("CorporateIdentityNumber",),
    "vat_number": ("VatNumber",),
    "street": ("InvoiceAddress1", "InvoiceAddress2"),
    "postal_code": ("InvoicePostalCode",),
    "city": ("InvoiceCity",),
    "country": ("InvoiceCountryCode",),
    "email": ("EmailAddress",),
    "phone": ("Telephone",),
}
"""Our names of what an update may change, with Spiris'; a street has a line for each."""


def moved_fields(record: Mapping[str, Any], wanted: Sequence[Change]) -> tuple[str, ...]:
    """Those of our fields that stand on the record neither as when the change was planned nor as it wants them."""
    return tuple(
        one.field
        for one in wanted
        if _standing(record, one.field) not in {_lines(one.field, one.before), _lines(one.field, one.after)}
    )


def says(record: Mapping[str, Any], wanted: Sequence[Change]) -> bool:
    """Whether the record has all fields as the change wants them."""
    return all(_standing(record, one.field) == _lines(one.field, one.after) for one in wanted)


def updated_customer(record: Mapping[str, Any], wanted: Sequence[Change]) -> dict[str, Any]:
    """The whole record with these fields set. A PUT replaces everything, so what is not ours is sent back as it came."""
    changed = {
        name: line or None
        for one in wanted
        for name, line in zip(_CUSTOMER_FIELDS[one.field], _lines(one.field, one.after), strict=True)
    }
    return {**record, **changed}


def _standing(record: Mapping[str, Any], field: str) -> tuple[str, ...]:
    return tuple(text.one_line(record.get(name) or "") for name in _CUSTOMER_FIELDS[field])


def _lines(field: str, value: str | None) -> tuple[str, ...]:
    places = len(_CUSTOMER_FIELDS[field])
    lines = (value or "").split("\n") if places > 1 else [value or ""]
    return tuple([*lines, *[""] * places][:places])
