"""Spiris' words ↔ ours. Pure: no calls, no clock.

Amounts are always given in the document's own currency. Spiris names its twins crosswise: a draft's plain totals are in
the document's currency and the base currency's have a suffix, an invoice's plain totals are in base currency and the
document's have the suffix (vendor's OpenAPI document, February 2026).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.core.capabilities import Capabilities, MarkerField
from sfspiris.core.model import (
    Article,
    Coding,
    CompanyProfile,
    FiscalYear,
    Invoice,
    LedgerCustomer,
    LedgerDraft,
    PaymentTerms,
    Totals,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.adapters.spiris import wire
    from sfspiris.core.model import Customer, Draft, DraftRow, NewArticle

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
    quantity_decimals=2,
    price_decimals_domestic=2,
    price_decimals_foreign=4,
    discount_decimals=4,
)
"""What Spiris' fields hold: CustomerApi, CustomerInvoiceDraftApi and its rows, OpenAPI document of February 2026."""

_WHOLE_KRONOR = 1
_DAYS_FROM_INVOICE_DATE = 0
_OVERDUE = 2
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
    )


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
    return FiscalYear(one.start_date, one.end_date, one.is_locked_for_accounting)


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
        is_credit_note=one.is_credit_invoice,
        draft_id=one.created_from_draft_id,
        texts=_texts(one),
        created_at=one.created_utc,
        modified_at=one.modified_utc,
    )


def _totals(gross: Decimal, vat: Decimal, rounding: Decimal, currency: str) -> Totals:
    return Totals(net=gross - vat - rounding, vat=vat, rounding=rounding, gross=gross, currency=currency)


def _rounding_in_document_currency(one: wire.Invoice) -> Decimal:
    # The one amount of an invoice that has no twin. Where both totals agree it is the same; else scaled as they are.
    if one.total_amount in (one.total_amount_invoice_currency, 0):
        return one.total_roundings
    scaled = one.total_roundings * one.total_amount_invoice_currency / one.total_amount
    return scaled.quantize(_ORE, ROUND_HALF_UP)


def _texts(one: wire.Draft | wire.Invoice) -> tuple[str, ...]:
    places = (
        one.our_reference,
        one.your_reference,
        one.contract_number,
        one.subscription_number,
        one.buyers_order_reference,
        *(row.text for row in one.rows),
    )
    return tuple(text for text in places if text)


# --- what we tell Spiris -------------------------------------------------------------------------------------------


def customer_body(one: Customer, *, terms_id: str) -> dict[str, Any]:
    """The document that makes a customer: a business, active, numbered by Spiris. Absent values are left out."""
    return _without_absent(
        {
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
            "IsPrivatePerson": False,
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
    """The document that makes a draft.

    The marker stands in one of the references already, or goes into a text row of its own. A zero price stays zero. The
    currency is not sent: Spiris takes the customer's.
    """
    rows = [_row_body(row) for row in one.rows]
    if marker_field is MarkerField.TEXT_ROW:
        rows.append(_text_row_body(one.marker))
    return _without_absent(
        {
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
            "ContractNumber": one.contract_number,
            "SubscriptionNumber": one.subscription_number,
            "Rows": rows,
        }
    )


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
    }


def _text_row_body(text: str) -> dict[str, Any]:
    return {"IsTextRow": True, "ReversedConstructionServicesVatFree": False, "Text": text}


def _without_absent(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
