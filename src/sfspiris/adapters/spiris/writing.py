"""What we tell Spiris: the documents that make a customer, an article, a draft, an order or a link. Pure: no calls, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfspiris.core.capabilities import MarkerField
from sfspiris.core.model import DeliveryAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.core.model import Customer, Draft, DraftRow, NewArticle

_ORDER_ONGOING = 2


def customer_body(one: Customer, *, terms_id: str) -> dict[str, Any]:
    """The document that makes a customer: active, numbered by Spiris unless a number is given. Absent values are left out."""
    return without_absent(
        {
            "CustomerNumber": one.number,
            "Name": one.name,
            "CorporateIdentityNumber": one.orgnr,
            "VatNumber": one.vat_number,
            "InvoiceAddress1": one.address1,
            "InvoiceAddress2": one.address2,
            "InvoicePostalCode": one.postal_code,
            "InvoiceCity": one.city,
            "InvoiceCountryCode": one.country,
            "CurrencyCode": one.currency,
            "EmailAddress": one.email,
            "Telephone": one.phone,
            "TermsOfPaymentId": terms_id,
            "Note": one.note or None,
            "ReverseChargeOnConstructionServices": True if one.sells_construction else None,
            "IsPrivatePerson": one.is_private,
            "IsActive": True,
        }
    )


def article_body(one: NewArticle) -> dict[str, Any]:
    """The document that makes an article: active, without a price, since every row of ours carries its own."""
    return {
        "Number": one.number,
        "Name": one.name,
        "CodingId": one.coding.id,
        "UnitId": one.unit.id,
        "IsActive": True,
    }


def draft_body(one: Draft, *, customer_id: str, marker_field: MarkerField) -> dict[str, Any]:
    """The document that makes a draft, as `whole_draft_body`; absent values are left out."""
    return without_absent(whole_draft_body(one, customer_id=customer_id, marker_field=marker_field))


def whole_draft_body(one: Draft, *, customer_id: str, marker_field: MarkerField) -> dict[str, Any]:
    """Everything that a Deal says on a draft, None where it says nothing.

    The marker stands in one of the references already, or goes into a text row of its own. A zero price stays zero. The
    currency is not sent: Spiris takes the customer's.
    """
    rows = [_row_body(row) for row in one.rows]
    if marker_field is MarkerField.TEXT_ROW and not any(row.text == one.marker for row in one.rows):
        rows.append(_text_row_body(one.marker))
    return {
        "CustomerId": customer_id,
        "EuThirdParty": False,
        "RotReducedInvoicingType": 0,
        "ReplaceUnitPriceWhenZero": False,
        "InvoiceDate": one.invoice_date.isoformat(),
        "DeliveryDate": one.delivery_date.isoformat() if one.delivery_date else None,
        "TermsOfPaymentId": one.terms_id,
        "OurReference": one.our_reference,
        "YourReference": one.your_reference,
        "BuyersOrderReference": one.purchase_order,
        "ElectronicReference": one.electronic_reference,
        "ContractNumber": one.contract_number,
        "SubscriptionNumber": one.subscription_number,
        **_delivery_body(one.delivery or DeliveryAddress()),
        "Rows": rows,
    }


_DRAFT_RESOURCE: Final = 5
"""PartnerResourceLinkApi.ResourceType of a customer invoice draft."""


def partner_link_body(draft_id: str, address: str, name: str) -> dict[str, Any]:
    """A link from a draft to an address of at most 256 characters, which is the vendor's limit; a longer one is a bug."""
    return {
        "ResourceId": draft_id,
        "ResourceType": _DRAFT_RESOURCE,
        "Href": address,
        "PartnerCompanyName": name,
        "PartnerSystemName": "Salesforce",
    }


def order_body(one: Draft, *, customer_id: str, marker_field: MarkerField) -> dict[str, Any]:
    """The document that makes an order, as `whole_order_body`; absent values are left out."""
    return without_absent(whole_order_body(one, customer_id=customer_id, marker_field=marker_field))


def whole_order_body(one: Draft, *, customer_id: str, marker_field: MarkerField) -> dict[str, Any]:
    """Everything that a Deal says on an order, None where it says nothing: what it would say on a draft, in an order's words.

    The order is ongoing from the first: it has a number and awaits delivery. Spiris adds up what it comes to.
    """
    document = whole_draft_body(one, customer_id=customer_id, marker_field=marker_field)
    rows = [_order_row(number, row) for number, row in enumerate(document.pop("Rows"), start=1)]
    for name in _NOT_ON_ORDERS:
        document.pop(name)
    return {
        **document,
        "CurrencyCode": one.currency,
        "Status": _ORDER_ONGOING,
        "OrderDate": one.invoice_date.isoformat(),
        "ReverseChargeOnConstructionServices": any(row["EligibleForReverseChargeOnVat"] for row in rows),
        "Rows": rows,
    }


_NOT_ON_ORDERS: Final = (
    "InvoiceDate",
    "ReplaceUnitPriceWhenZero",
    "ElectronicReference",
    "ContractNumber",
    "SubscriptionNumber",
)


def _order_row(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name != "ReversedConstructionServicesVatFree"}
    return {
        "LineNumber": number,
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": row["ReversedConstructionServicesVatFree"],
        **kept,
    }


def _delivery_body(one: DeliveryAddress) -> dict[str, Any]:
    return {
        "DeliveryCustomerName": one.name,
        "DeliveryAddress1": one.address1,
        "DeliveryAddress2": one.address2,
        "DeliveryPostalCode": one.postal_code,
        "DeliveryCity": one.city,
        "DeliveryCountryCode": one.country,
    }


def _row_body(row: DraftRow) -> dict[str, Any]:
    if row.is_text:
        return _text_row_body(row.text)
    return {
        "IsTextRow": False,
        "ReversedConstructionServicesVatFree": row.reverse_charge,
        "ArticleId": row.article_id,
        "Text": row.text,
        "Quantity": row.quantity,
        "UnitPrice": row.unit_price,
        "DiscountPercentage": row.discount,
        **{f"CostCenterItemId{one.group}": one.id for one in row.cost_centres},
        **({"ProjectId": row.project.id} if row.project else {}),
    }


def _text_row_body(text: str) -> dict[str, Any]:
    return {"IsTextRow": True, "ReversedConstructionServicesVatFree": False, "Text": text}


def without_absent(body: dict[str, Any]) -> dict[str, Any]:
    """The document with only those fields that have a value."""
    return {name: value for name, value in body.items() if value is not None}
