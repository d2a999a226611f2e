"""Spiris' words ↔ ours. Pure: no calls, no clock.

Amounts are always given in the document's own currency. Spiris names its twins crosswise: a draft's plain totals are in
the document's currency and the base currency's have a suffix, an invoice's plain totals are in base currency and the
document's have the suffix (vendor's OpenAPI document, February 2026).
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.adapters.spiris import wire
from sfspiris.core.capabilities import Capabilities, MarkerField
from sfspiris.core.identity import payload_hash
from sfspiris.core.model import (
    Article,
    Coding,
    CompanyProfile,
    CostCentre,
    DeliveryAddress,
    Draft,
    DraftRow,
    FiscalYear,
    Invoice,
    LedgerCustomer,
    LedgerDraft,
    LedgerSetup,
    PaymentTerms,
    Project,
    Target,
    Totals,
    Unit,
)
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.core.actions import Change
    from sfspiris.core.model import Customer, NewArticle

CAPABILITIES: Final = Capabilities(
    name_length=50,
    address_length=50,
    city_length=50,
    postal_code_length=10,
    email_length=255,
    phone_length=50,
    reference_length=100,
    purchase_order_length=35,
    row_text_length=2000,
    article_number_length=40,
    article_name_length=50,
    quantity_decimals=2,
    price_decimals_domestic=2,
    price_decimals_foreign=4,
    discount_decimals=4,
)
"""What Spiris' fields hold: CustomerApi, CustomerInvoiceDraftApi and its rows, OpenAPI document of February 2026."""

_WHOLE_KRONOR = 1
_ACTIVE = 1
_DAYS_FROM_INVOICE_DATE = 0
_OVERDUE = 2
_ONGOING = 1
_ORDER_ONGOING, _ORDER_SHIPPED, _ORDER_INVOICED = 2, 3, 4
_COST_CENTRE_GROUPS: Final = (1, 2, 3)
_SERVICE = "service"
_ORE = Decimal("0.01")


# --- what Spiris tells ---------------------------------------------------------------------------------------------


def profile(settings: wire.CompanySettings) -> CompanyProfile:
    """The company; `orgnr` is the last ten digits of what it has registered, or empty."""
    return CompanyProfile(
        name=settings.name,
        orgnr=ten_digits(settings.corporate_identity_number),
        currency=settings.currency_code,
        rounds_to_krona=settings.domestic_currency_rounding == _WHOLE_KRONOR,
        locked_until=settings.accounting_locked_to,
        has_iban=bool(settings.iban),
        uses_cost_centres=bool(settings.uses_cost_center),
        uses_projects=bool(settings.uses_project),
    )


def setup(settings: wire.CompanySettings) -> LedgerSetup:
    """How the company is set up."""
    return LedgerSetup(
        name=settings.name,
        status=_ACTIVE if settings.company_status is None else settings.company_status,
        next_customer_number=settings.next_customer_number,
        next_invoice_number=settings.next_customer_invoice_number,
        locked_until=settings.accounting_locked_to,
        keeps_draft_date=bool(settings.keep_original_draft_date),
    )


def cost_centres(one: wire.CostCenter) -> list[CostCentre]:
    """The items of a group; those of a group that is switched off count as closed."""
    return [
        CostCentre(
            id=item.id,
            code=item.short_name or item.name or "",
            name=item.name or "",
            group=one.number,
            is_active=one.is_active and item.is_active,
        )
        for item in one.items
        if one.number in _COST_CENTRE_GROUPS
    ]


def project(one: wire.Project) -> Project:
    """The project."""
    return Project(one.id, one.number, one.name or "", is_ongoing=one.status == _ONGOING)


def ten_digits(number: str | None) -> str:
    """The digits of an organisation number without the century or 16 that authorities put before it."""
    return "".join(sign for sign in number or "" if sign in "0123456789")[-10:]


def payment_terms(terms: wire.TermsOfPayment) -> PaymentTerms | None:
    """The terms, or None when they are not for sales or do not count days from the invoice date (cash, end of month)."""
    if not terms.available_for_sales or terms.terms_of_payment_type_id != _DAYS_FROM_INVOICE_DATE:
        return None
    return PaymentTerms(terms.id, terms.name or f"{terms.number_of_days}", terms.number_of_days)


def article(one: wire.Article, rates: Mapping[str, Decimal]) -> Article:
    """The article; `rates` gives percent by coding id."""
    return Article(
        id=one.id,
        number=one.number,
        name=one.name,
        is_active=one.is_active,
        vat_rate=rates.get(one.coding_id or ""),
        is_service=one.is_service_article,
        unit=one.unit_abbreviation or None,
    )


def coding(one: wire.Coding) -> Coding:
    """The coding; its type is told in words, of which only one means a service."""
    return Coding(
        id=one.id,
        name=one.name or "",
        vat_rate=vat_rate(one),
        is_service=(one.type or "").casefold() == _SERVICE,
        is_active=one.is_active,
    )


def unit(one: wire.Unit) -> Unit:
    """The unit with everything it goes by."""
    names = (one.name, one.abbreviation, one.abbreviation_english, one.code)
    return Unit(one.id, one.abbreviation or one.name or "", tuple(name for name in names if name))


def fiscal_year(one: wire.FiscalYear) -> FiscalYear:
    """The year."""
    return FiscalYear(one.start_date, one.end_date, one.is_locked_for_accounting, one.bookkeeping_method)


def vat_rate(coding: wire.Coding) -> Decimal:
    """The coding's rate in percent.

    The vendor does not say whether 25 % is written 25 or 0.25. No rate lies between 0 and 1 %, so both can be read.
    """
    rate = coding.vat_rate_percent
    return rate * 100 if 0 < rate < 1 else rate


def customer(one: wire.Customer) -> LedgerCustomer:
    """The customer."""
    return LedgerCustomer(
        id=one.id,
        number=one.customer_number or "",
        name=one.name,
        is_active=one.is_active,
        orgnr=one.corporate_identity_number or None,
        vat_number=one.vat_number or None,
        currency=one.currency_code or None,
        country=one.invoice_country_code or None,
        note=one.note or None,
        is_private=one.is_private_person,
        delivery_country=one.delivery_country_code or None,
        vat_by_delivery=one.delivery_based_vat,
        sells_construction=one.reverse_charge_on_construction_services,
        vat_outside_eu=one.force_bookkeep_vat,
        address1=one.invoice_address1 or None,
        address2=one.invoice_address2 or None,
        postal_code=one.invoice_postal_code or None,
        city=one.invoice_city or None,
        email=one.email_address or None,
        phone=one.telephone or None,
    )


def draft(one: wire.Draft) -> LedgerDraft:
    """The draft, in the document's currency."""
    return LedgerDraft(
        id=one.id,
        customer_id=one.customer_id,
        totals=_totals(
            one.total_amount, one.total_vat_amount, one.total_roundings, one.invoice_currency_code
        ),
        texts=_texts(one),
        created_at=one.created_utc,
        draft=_as_ours(one),
        print=draft_print(one),
    )


def order(one: wire.Order) -> LedgerDraft:
    """The order, in the customer's currency, as the draft that it stands in place of."""
    return LedgerDraft(
        id=one.id,
        customer_id=one.customer_id,
        totals=_totals(one.amount, one.vat_amount, one.roundings_amount, one.currency_code),
        texts=_texts(one),
        created_at=one.created_utc,
        draft=Draft(
            currency=one.currency_code,
            rows=tuple(
                _row_as_ours(row, reverse_charge=row.eligible_for_reverse_charge_on_vat) for row in one.rows
            ),
            invoice_date=one.order_date or date.min,
            marker="",
            delivery_date=one.delivery_date,
            terms_id=one.terms_of_payment_id,
            our_reference=one.our_reference or None,
            your_reference=one.your_reference or None,
            purchase_order=one.buyers_order_reference or None,
            delivery=_delivery_as_ours(one),
        ),
        print=order_print(one),
        target=Target.ORDER,
        is_delivered=one.status >= _ORDER_SHIPPED or any(row.delivered_quantity for row in one.rows),
        is_invoiced=one.status == _ORDER_INVOICED,
    )


def _as_ours(one: wire.Draft) -> Draft:
    """What the draft says in our words. It has no marker of its own: that stands in one of its texts."""
    return Draft(
        currency=one.invoice_currency_code,
        rows=tuple(
            _row_as_ours(row, reverse_charge=row.reversed_construction_services_vat_free) for row in one.rows
        ),
        invoice_date=one.invoice_date or date.min,
        marker="",
        delivery_date=one.delivery_date,
        terms_id=one.terms_of_payment_id,
        our_reference=one.our_reference or None,
        your_reference=one.your_reference or None,
        purchase_order=one.buyers_order_reference or None,
        electronic_reference=one.electronic_reference or None,
        delivery=_delivery_as_ours(one),
        contract_number=one.contract_number or None,
        subscription_number=one.subscription_number or None,
    )


def _delivery_as_ours(one: wire.Draft | wire.Order) -> DeliveryAddress | None:
    address = DeliveryAddress(
        name=one.delivery_customer_name or None,
        address1=one.delivery_address1 or None,
        address2=one.delivery_address2 or None,
        postal_code=one.delivery_postal_code or None,
        city=one.delivery_city or None,
        country=one.delivery_country_code or None,
    )
    return None if address == DeliveryAddress() else address


def _row_as_ours(row: wire.DraftRow | wire.OrderRow, *, reverse_charge: bool) -> DraftRow:
    if row.is_text_row or row.article_id is None:
        return DraftRow(text=row.text or "")
    return DraftRow(
        text=row.text or "",
        article_id=row.article_id,
        article_number=row.article_number or row.article_id,
        reverse_charge=reverse_charge,
        quantity=row.quantity or Decimal(0),
        unit_price=row.unit_price or Decimal(0),
        discount=row.discount_percentage or Decimal(0),
        cost_centres=tuple(
            CostCentre(item, code=item, group=group)
            for group, item in enumerate(
                (row.cost_center_item_id1, row.cost_center_item_id2, row.cost_center_item_id3), start=1
            )
            if item is not None
        ),
        project=Project(row.project_id, row.project_id) if row.project_id is not None else None,
    )


def invoice(one: wire.Invoice) -> Invoice:
    """The invoice or credit note, in the document's currency.

    A payment date appears after a part payment too, so it counts as the day of payment only when nothing remains.
    Amounts of credit notes are negative in Spiris; `remaining` and `credited` are absolute.
    """
    return Invoice(
        id=one.id,
        number=str(one.invoice_number),
        customer_id=one.customer_id,
        totals=_totals(
            one.total_amount_invoice_currency,
            one.total_vat_amount_invoice_currency,
            _rounding_in_document_currency(one),
            one.currency_code,
        ),
        issued_on=one.invoice_date,
        remaining=abs(one.remaining_amount_invoice_currency),
        credited=abs(one.set_off_amount_invoice_currency),
        due_on=one.due_date,
        paid_on=one.payment_date if one.remaining_amount_invoice_currency == 0 else None,
        is_overdue=one.payment_status == _OVERDUE,
        net_in_books=one.total_amount - one.total_vat_amount - one.total_roundings,
        gross_in_books=one.total_amount,
        remaining_in_books=one.remaining_amount,
        rate=one.currency_rate,
        last_payment_on=one.payment_date,
        ocr=one.payment_reference_number or None,
        credits_id=one.referring_invoice_id,
        is_credit_note=one.is_credit_invoice,
        draft_id=one.created_from_draft_id,
        order_ids=_orders_of(one),
        texts=_texts(one),
        created_at=one.created_utc,
        modified_at=one.modified_utc,
    )


def _orders_of(one: wire.Invoice) -> tuple[str, ...]:
    collected = (each.order_id for each in one.collective_customer_invoice_rows_relation_to_orders)
    return tuple(dict.fromkeys(known for known in (one.created_from_order_id, *collected) if known))


def _totals(gross: Decimal, vat: Decimal, rounding: Decimal, currency: str) -> Totals:
    return Totals(net=gross - vat - rounding, vat=vat, rounding=rounding, gross=gross, currency=currency)


def _rounding_in_document_currency(one: wire.Invoice) -> Decimal:
    # The one amount of an invoice that has no twin. Where both totals agree it is the same; else scaled as they are.
    if one.total_amount in (one.total_amount_invoice_currency, 0):
        return one.total_roundings
    scaled = one.total_roundings * one.total_amount_invoice_currency / one.total_amount
    return scaled.quantize(_ORE, ROUND_HALF_UP)


def _texts(one: wire.Draft | wire.Invoice | wire.Order) -> tuple[str, ...]:
    numbers = () if isinstance(one, wire.Order) else (one.contract_number, one.subscription_number)
    places = (
        one.our_reference,
        one.your_reference,
        *numbers,
        one.buyers_order_reference,
        *(row.text for row in one.rows),
    )
    return tuple(text for text in places if text)


# --- a draft that is replaced --------------------------------------------------------------------------------------

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
    return _without_absent(kept | ours)


def order_print(one: wire.Order) -> str:
    """A hash of everything on the order that somebody may have set, its status and what was delivered of it included."""
    return payload_hash(_comparable(_as_sent(one)))


def order_replacement(one: wire.Order, body: Mapping[str, Any]) -> dict[str, Any]:
    """The document that replaces the order, as `replacement`; its day and its status stay."""
    kept = _as_sent(one)
    if str(body.get("CustomerId", "")).lower() != one.customer_id:
        kept = {name: value for name, value in kept.items() if name not in _ORDER_ADDRESSES}
    ours = {name: value for name, value in body.items() if name not in {"OrderDate", "Status"}}
    return _without_absent(kept | ours)


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


# --- what we tell Spiris -------------------------------------------------------------------------------------------


def customer_body(one: Customer, *, terms_id: str) -> dict[str, Any]:
    """The document that makes a customer: active, numbered by Spiris unless a number is given. Absent values are left out."""
    return _without_absent(
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
    """Those of our fields that no longer stand on the record as they did when the change was planned."""
    return tuple(
        one.field
        for one in wanted
        if [text.one_line(record.get(name) or "") for name in _CUSTOMER_FIELDS[one.field]]
        != list(_lines(one.field, one.before))
    )


def updated_customer(record: Mapping[str, Any], wanted: Sequence[Change]) -> dict[str, Any]:
    """The whole record with these fields set. A PUT replaces everything, so what is not ours is sent back as it came."""
    changed = {
        name: line or None
        for one in wanted
        for name, line in zip(_CUSTOMER_FIELDS[one.field], _lines(one.field, one.after), strict=True)
    }
    return {**record, **changed}


def _lines(field: str, value: str | None) -> tuple[str, ...]:
    places = len(_CUSTOMER_FIELDS[field])
    lines = (value or "").split("\n") if places > 1 else [value or ""]
    return tuple([*lines, *[""] * places][:places])


def draft_body(one: Draft, *, customer_id: str, marker_field: MarkerField) -> dict[str, Any]:
    """The document that makes a draft, as `whole_draft_body`; absent values are left out."""
    return _without_absent(whole_draft_body(one, customer_id=customer_id, marker_field=marker_field))


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
    return _without_absent(whole_order_body(one, customer_id=customer_id, marker_field=marker_field))


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


def _without_absent(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
