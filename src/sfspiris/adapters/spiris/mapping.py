"""What Spiris tells, in our words. Pure: no calls, no clock.

Amounts are always given in the document's own currency. Spiris names its twins crosswise: a draft's plain totals are in
the document's currency and the base currency's have a suffix, an invoice's plain totals are in base currency and the
document's have the suffix (vendor's OpenAPI document, February 2026).
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.adapters.spiris import wire
from sfspiris.adapters.spiris.replacing import draft_print, order_print
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

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE_KRONOR = 1
_ACTIVE = 1
_DAYS_FROM_INVOICE_DATE = 0
_OVERDUE = 2
_ONGOING = 1
_ORDER_SHIPPED, _ORDER_INVOICED = 3, 4
_COST_CENTRE_GROUPS: Final = (1, 2, 3)
_SERVICE = "service"
_ORE = Decimal("0.01")


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
        next_order_number=settings.next_order_number,
        currency=settings.currency_code,
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
    """The coding's rate in percent."""
    return in_percent(coding.vat_rate_percent)


def in_percent(rate: Decimal) -> Decimal:
    """A VAT rate as percent.

    The vendor does not say whether 25 % is written 25 or 0.25. No rate lies between 0 and 1 %, so both can be read.
    """
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
        terms_id=one.terms_of_payment_id,
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


def invoice_content(one: wire.WholeInvoice) -> LedgerDraft:
    """What a booked invoice says, told as the draft that it was; it has no print, for nothing can be written to it."""
    told = invoice(one)
    rows = tuple(_row_as_ours(row, reverse_charge=False) for row in one.rows)
    return LedgerDraft(
        id=one.id,
        customer_id=one.customer_id,
        totals=told.totals,
        texts=told.texts,
        created_at=told.created_at,
        draft=_said(one, rows, one.currency_code),
    )


def _as_ours(one: wire.Draft) -> Draft:
    """What the draft says in our words. It has no marker of its own: that stands in one of its texts."""
    rows = tuple(
        _row_as_ours(row, reverse_charge=row.reversed_construction_services_vat_free) for row in one.rows
    )
    return _said(one, rows, one.invoice_currency_code)


def _said(one: wire.Draft | wire.WholeInvoice, rows: tuple[DraftRow, ...], currency: str) -> Draft:
    return Draft(
        currency=currency,
        rows=rows,
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


def _delivery_as_ours(one: wire.Draft | wire.Order | wire.WholeInvoice) -> DeliveryAddress | None:
    address = DeliveryAddress(
        name=one.delivery_customer_name or None,
        address1=one.delivery_address1 or None,
        address2=one.delivery_address2 or None,
        postal_code=one.delivery_postal_code or None,
        city=one.delivery_city or None,
        country=one.delivery_country_code or None,
    )
    return None if address == DeliveryAddress() else address


def _row_as_ours(row: wire.DraftRow | wire.OrderRow | wire.InvoiceRow, *, reverse_charge: bool) -> DraftRow:
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
