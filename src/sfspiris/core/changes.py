"""What an action would change, field by field, as reports and saved plans show it; personal numbers are masked."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from sfspiris.core.actions import (
    Adopt,
    AttachPdf,
    Change,
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    DeleteDraft,
    UpdateCustomer,
    UpdateDraft,
    WriteAccount,
    WriteDeal,
    WriteInvoice,
    WriteReadiness,
)
from sfspiris.core.money import decimal_text
from sfspiris.core.receivables import values
from sfspiris.swedish import personal_shape, vat_numbers
from sfspiris.swedish.verdict import PERSONAL_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.core.actions import Action, Mirrored
    from sfspiris.core.model import Customer, NewArticle
    from sfspiris.core.receivables import Value


def changes(action: Action | Mirrored) -> tuple[Change, ...]:  # noqa: C901, PLR0911 - one for each kind
    """What the action would change, field by field, in a stable order; personal numbers are masked."""
    match action:
        case CreateCustomer():
            return _customer_changes(action.customer)
        case UpdateCustomer():
            return tuple(
                Change(_title(one.field), _shown(one, one.before), _shown(one, one.after))
                for one in action.wanted
            )
        case CreateArticle():
            return _article_changes(action.article)
        case CreateDraft():
            return _draft_changes(action)
        case UpdateDraft():
            return action.changed
        case DeleteDraft():
            return (
                Change("DraftId", action.draft_id, None),
                Change("Net", decimal_text(action.net), None, action.currency),
            )
        case WriteInvoice():
            return _shown_changes(action.before, values(action.record))
        case WriteAccount():
            return _shown_changes(action.before, values(action.summary))
        case WriteReadiness():
            before, after = action.before, action.after
            shown = (
                Change("InvoiceReady", _as_text(before.ready), _as_text(after.ready)),
                Change("InvoiceReadyReasons", before.reasons, after.reasons),
            )
            return tuple(one for one in shown if one.before != one.after)
        case AttachPdf():
            return (Change("InvoiceNumber", None, action.number), Change("Status", None, str(action.status)))
        case Adopt():
            number = action.invoice.number if action.invoice else None
            return (
                Change("DraftId", None, action.draft_id),
                *((Change("InvoiceNumber", None, number),) if number else ()),
            )
        case WriteDeal():
            told = tuple(
                Change(_title(one.name), getattr(action.before, one.name), getattr(action.after, one.name))
                for one in fields(action.after)
                if getattr(action.before, one.name) != getattr(action.after, one.name)
            )
            return (*told, Change("Retry", "true", "false")) if action.answers_retry else told
    assert_never(action)


def _shown_changes(before: Mapping[str, Value] | None, after: Mapping[str, Value]) -> tuple[Change, ...]:
    said = before or {}
    return tuple(
        Change(_title(name), _as_text(said.get(name)), _as_text(value))
        for name, value in after.items()
        if said.get(name) != value and (before is not None or value not in {None, False})
    )


def _as_text(value: Value) -> str | None:
    return str(value).lower() if isinstance(value, bool) else value


def _customer_changes(customer: Customer) -> tuple[Change, ...]:
    masked = {"orgnr", "vat_number"} if customer.is_personal else set()
    shown = [one.name for one in fields(customer) if one.metadata.get("shown", True)]
    return tuple(
        Change(_title(name), None, PERSONAL_ID if name in masked and value else _text(value))
        for name in shown
        if (value := getattr(customer, name)) not in {None, ""}
    )


def _article_changes(article: NewArticle) -> tuple[Change, ...]:
    return (
        Change("Number", None, article.number),
        Change("Name", None, article.name),
        Change("Coding", None, article.coding.name),
        Change("VatPercent", None, _text(article.coding.vat_rate)),
        Change("Unit", None, article.unit.name),
    )


def _draft_changes(action: CreateDraft) -> tuple[Change, ...]:
    draft = action.draft
    found = [Change("Customer", None, action.customer_name)]
    found += [
        Change(_title(name), None, _text(value))
        for name in (
            "currency",
            "invoice_date",
            "delivery_date",
            "payment_terms_days",
            "our_reference",
            "your_reference",
            "purchase_order",
            "electronic_reference",
            "contract_number",
            "subscription_number",
            "marker",
        )
        if (value := getattr(draft, name)) is not None
    ]
    if draft.delivery is not None:
        found += [
            Change(f"Delivery{_title(one.name)}", None, value)
            for one in fields(draft.delivery)
            if (value := getattr(draft.delivery, one.name)) is not None
        ]
    for position, row in enumerate(draft.rows, start=1):
        prefix = f"Rows[{position}]."
        if not row.is_text:
            found.append(Change(f"{prefix}Article", None, row.article_number))
        found.append(Change(f"{prefix}Text", None, row.text))
        if not row.is_text:
            found.append(Change(f"{prefix}Quantity", None, _text(row.quantity)))
            found.append(Change(f"{prefix}UnitPrice", None, decimal_text(row.unit_price), draft.currency))
            if row.discount:
                found.append(Change(f"{prefix}DiscountPercent", None, _text(row.discount * 100)))
            found.append(Change(f"{prefix}VatPercent", None, _text(row.vat_rate)))
            if row.cost_centres:
                codes = ", ".join(one.code for one in row.cost_centres)
                found.append(Change(f"{prefix}CostCentre", None, codes))
            if row.project:
                found.append(Change(f"{prefix}Project", None, row.project.number))
            if row.treatment is not None and row.vat_rate == 0:
                found.append(Change(f"{prefix}VatTreatment", None, row.treatment))
    return tuple(found)


def _shown(change: Change, value: str | None) -> str | None:
    if value and change.field == "vat_number" and personal_shape.in_text(value):
        return value if vat_numbers.is_of_a_company_abroad(value) else PERSONAL_ID
    return value.replace("\n", ", ") if value else None


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
