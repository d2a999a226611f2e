"""Drafts and orders as they stand on paper: the fields that Spiris only tells, beside those that a run reads and writes.

They are read for a print alone, so that one of them that is missing or garbled breaks no run.
Source: CustomerInvoiceDraftApi, OrderApi and their rows, the vendor's OpenAPI document of February 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from sfspiris.adapters.spiris import mapping, wire
from sfspiris.core.model import Target, Totals
from sfspiris.core.paper import Paper, PaperRow

if TYPE_CHECKING:
    from collections.abc import Iterable


class DraftRow(wire.DraftRow):
    """A row of a draft with what it comes to. Only a row of words has no rate."""

    amount: wire.NumberOrNone = None
    vat_rate: wire.NumberOrNone = None
    unit_abbreviation: str | None = None
    is_discount_in_fixed_amount: bool = False
    discount_fixed_amount: wire.NumberOrNone = None


class Draft(wire.Draft):
    """A draft with the customer as it stands on it."""

    rows: wire.Many[DraftRow]  # type: ignore[assignment]  # they say more
    customer_number: str | None = None
    customer_name: str | None = None
    invoice_customer_name: str | None = None
    invoice_address1: str | None = None
    invoice_address2: str | None = None
    invoice_postal_code: str | None = None
    invoice_city: str | None = None
    invoice_country_code: str | None = None
    includes_vat: bool = False


class OrderRow(wire.OrderRow):
    """A row of an order, likewise; it names no unit."""

    amount: wire.NumberOrNone = None
    vat_rate: wire.NumberOrNone = None
    is_discount_in_fixed_amount: bool = False
    discount_fixed_amount: wire.NumberOrNone = None


class Order(wire.Order):
    """An order with the customer as it stands on it."""

    rows: wire.Many[OrderRow]  # type: ignore[assignment]  # they say more
    number: int | None = None
    customer_number: str | None = None
    customer_name: str | None = None
    invoice_customer_name: str | None = None
    invoice_address1: str | None = None
    invoice_address2: str | None = None
    invoice_postal_code: str | None = None
    invoice_city: str | None = None
    invoice_country_code: str | None = None
    includes_vat: bool = False


_AnyRow = TypeVar("_AnyRow", DraftRow, OrderRow)


def of_draft(one: Draft) -> Paper:
    """The draft, in its own currency."""
    return Paper(
        target=Target.DRAFT,
        customer_name=one.invoice_customer_name or one.customer_name or "",
        totals=_totals(
            one.total_amount, one.total_vat_amount, one.total_roundings, one.invoice_currency_code
        ),
        rows=tuple(_row(row, unit=row.unit_abbreviation) for row in _in_order(one.rows)),
        customer_number=one.customer_number or None,
        address=_address(one),
        dated=one.invoice_date,
        due_on=one.due_date,
        delivered_on=one.delivery_date,
        your_reference=one.your_reference or None,
        our_reference=one.our_reference or None,
        order_reference=one.buyers_order_reference or None,
        includes_vat=one.includes_vat,
    )


def of_order(one: Order) -> Paper:
    """The order, in the customer's currency."""
    return Paper(
        target=Target.ORDER,
        number=None if one.number is None else str(one.number),
        customer_name=one.invoice_customer_name or one.customer_name or "",
        totals=_totals(one.amount, one.vat_amount, one.roundings_amount, one.currency_code),
        rows=tuple(_row(row, unit=None) for row in _in_order(one.rows)),
        customer_number=one.customer_number or None,
        address=_address(one),
        dated=one.order_date,
        delivered_on=one.delivery_date,
        your_reference=one.your_reference or None,
        our_reference=one.our_reference or None,
        order_reference=one.buyers_order_reference or None,
        includes_vat=one.includes_vat,
    )


def _totals(gross: Decimal, vat: Decimal, rounding: Decimal, currency: str) -> Totals:
    return Totals(net=gross - vat - rounding, vat=vat, rounding=rounding, gross=gross, currency=currency)


def _in_order(rows: Iterable[_AnyRow]) -> list[_AnyRow]:
    return sorted(rows, key=lambda row: row.line_number or 0)


def _row(row: DraftRow | OrderRow, *, unit: str | None) -> PaperRow:
    if row.is_text_row or row.article_id is None:
        return PaperRow(row.text or "")
    return PaperRow(
        text=row.text or "",
        article_number=row.article_number or None,
        quantity=row.quantity or Decimal(0),
        unit=unit or None,
        unit_price=row.unit_price or Decimal(0),
        discount=row.discount_percentage or Decimal(0),
        discount_amount=(row.discount_fixed_amount or Decimal(0))
        if row.is_discount_in_fixed_amount
        else Decimal(0),
        vat_rate=None if row.vat_rate is None else mapping.in_percent(row.vat_rate),
        amount=row.amount,
    )


def _address(one: Draft | Order) -> tuple[str, ...]:
    place = f"{one.invoice_postal_code or ''} {one.invoice_city or ''}".strip()
    lines = (one.invoice_address1, one.invoice_address2, place, one.invoice_country_code)
    return tuple(line for line in lines if line)
