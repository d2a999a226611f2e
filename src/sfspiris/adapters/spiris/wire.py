"""The documents that we read from Spiris, in its own words and shape: the fields we use, each checked, and no others.

Source: the vendor's OpenAPI document of February 2026. It promises that no unknown field appears; answers have grown all
the same, so unknown fields are let through unread. A used field that is missing or of another type makes the whole
answer broken: half-understood bookkeeping is worse than none. Only a field that may be null may be absent too, since the
document does not promise that an empty value is written.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

EMPTY_GUID: Final = "00000000-0000-0000-0000-000000000000"
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LARGEST = Decimal(10) ** 15  # kronor; beyond this a number is not an amount but damage


def _guid(value: Any) -> str:
    if not isinstance(value, str) or not _GUID.fullmatch(value.lower()):
        raise ValueError("not an id")
    return value.lower()


def _guid_or_none(value: Any) -> str | None:
    # .NET writes an absent id as null or as zeros.
    return None if value is None or value == EMPTY_GUID else _guid(value)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("not a number")  # noqa: TRY004 - pydantic collects ValueErrors
    number = Decimal(value)
    if not -_LARGEST <= number <= _LARGEST:
        raise ValueError("too large for an amount")
    return number


def _number_or_none(value: Any) -> Decimal | None:
    return None if value is None else _number(value)


def _day(value: Any) -> date | None:
    # Plain dates and timestamps occur in the same field; the calendar day is what its first ten characters say.
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("not a date")  # noqa: TRY004 - as above
    day = date.fromisoformat(value[:10])
    return None if day == date.min else day  # .NET's "no date"


def _instant(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("not a timestamp")  # noqa: TRY004 - as above
    instant = datetime.fromisoformat(value)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _list(value: Any) -> Any:
    return [] if value is None else value


_Item = TypeVar("_Item")

Guid = Annotated[str, BeforeValidator(_guid)]
"""An id, in lower case."""
GuidOrNone = Annotated[str | None, BeforeValidator(_guid_or_none)]
Number = Annotated[Decimal, BeforeValidator(_number)]
NumberOrNone = Annotated[Decimal | None, BeforeValidator(_number_or_none)]
Day = Annotated[date, BeforeValidator(_day)]
DayOrNone = Annotated[date | None, BeforeValidator(_day)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
"""A moment in UTC; the API's field names end in Utc whether or not the value carries a Z."""
InstantOrNone = Annotated[datetime | None, BeforeValidator(_instant)]
Many = Annotated[list[_Item], BeforeValidator(_list)]
"""A list; the API writes an empty one as null too."""


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, alias_generator=to_pascal)


class Meta(_Document):
    """What a page says about the list it belongs to."""

    total_number_of_pages: int = Field(ge=0)
    total_number_of_results: int = Field(ge=0)
    server_time_utc: Instant


class Page(_Document, Generic[_Item]):
    """One page of a list."""

    meta: Meta
    data: list[_Item]


class CompanySettings(_Document):
    """The company that the sign-in opens."""

    name: str
    corporate_identity_number: str | None = None
    currency_code: str
    domestic_currency_rounding: int
    accounting_locked_to: DayOrNone = None
    iban: str | None = None
    company_status: int | None = None
    next_customer_number: int | None = None
    next_customer_invoice_number: int | None = None
    next_order_number: int | None = None
    keep_original_draft_date: bool | None = None
    uses_cost_center: bool | None = None
    uses_project: bool | None = None


class CostCenterItem(_Document):
    """One cost centre."""

    id: Guid
    name: str | None = None
    short_name: str | None = None
    is_active: bool = True


class CostCenter(_Document):
    """A group of cost centres; a company has up to three, and `number` tells in which field of a row its items go."""

    id: Guid
    number: int
    is_active: bool = True
    items: Many[CostCenterItem] = Field(default_factory=list)


class Project(_Document):
    """A project; status 1 is ongoing."""

    id: Guid
    number: str
    name: str | None = None
    status: int


class TermsOfPayment(_Document):
    """A term of payment; type 0 counts days from the invoice date."""

    id: Guid
    name: str | None = None
    number_of_days: int
    terms_of_payment_type_id: int
    available_for_sales: bool


class Coding(_Document):
    """Which accounts and which VAT an article is sold on; `type` is Service or Goods."""

    id: Guid
    name: str | None = None
    type: str | None = None
    is_active: bool = True
    vat_rate_percent: Number


class Unit(_Document):
    """A unit of quantity."""

    id: Guid
    name: str | None = None
    code: str | None = None
    abbreviation: str | None = None
    abbreviation_english: str | None = None


class FiscalYear(_Document):
    """A financial year."""

    id: Guid
    start_date: Day
    end_date: Day
    is_locked_for_accounting: bool = False
    bookkeeping_method: int | None = None


class Currency(_Document):
    """A currency that can be invoiced in."""

    code: str

    @property
    def id(self) -> str:
        """What tells it from the others in a list."""
        return self.code


class Article(_Document):
    """Something that can be sold."""

    id: Guid
    number: str
    name: str
    is_active: bool
    coding_id: GuidOrNone = None
    is_service_article: bool | None = None
    unit_abbreviation: str | None = None
    changed_utc: InstantOrNone = None


class Customer(_Document):
    """Somebody who can be invoiced."""

    id: Guid
    customer_number: str | None = None
    name: str
    is_active: bool
    corporate_identity_number: str | None = None
    vat_number: str | None = None
    currency_code: str | None = None
    invoice_country_code: str | None = None
    note: str | None = None
    is_private_person: bool = False
    delivery_country_code: str | None = None
    delivery_based_vat: bool = False
    reverse_charge_on_construction_services: bool = False
    force_bookkeep_vat: bool = False
    invoice_address1: str | None = None
    invoice_address2: str | None = None
    invoice_postal_code: str | None = None
    invoice_city: str | None = None
    email_address: str | None = None
    telephone: str | None = None
    terms_of_payment_id: GuidOrNone = None
    changed_utc: InstantOrNone = None


class Row(_Document):
    """A row of a draft or invoice; only its words concern us."""

    text: str | None = None


class _Referring(_Document):
    our_reference: str | None = None
    your_reference: str | None = None
    buyers_order_reference: str | None = None
    contract_number: str | None = None
    subscription_number: str | None = None
    rows: Many[Row]


class DraftRow(Row):
    """A row of a draft, whole: what we do not name is kept as it came, for it is sent back when the draft is replaced."""

    model_config = ConfigDict(extra="allow")

    is_text_row: bool = False
    reversed_construction_services_vat_free: bool = False
    line_number: int | None = None
    article_id: GuidOrNone = None
    article_number: str | None = None
    quantity: NumberOrNone = None
    unit_price: NumberOrNone = None
    discount_percentage: NumberOrNone = None
    cost_center_item_id1: GuidOrNone = None
    cost_center_item_id2: GuidOrNone = None
    cost_center_item_id3: GuidOrNone = None
    project_id: GuidOrNone = None


class Draft(_Referring):
    """An unbooked invoice, whole. Its totals are in the customer's currency; the twins named BaseCurrency are not read."""

    model_config = ConfigDict(extra="allow")

    rows: Many[DraftRow]  # type: ignore[assignment]  # a draft's rows say more than an invoice's
    invoice_date: DayOrNone = None
    due_date: DayOrNone = None
    delivery_date: DayOrNone = None
    terms_of_payment_id: GuidOrNone = None
    electronic_reference: str | None = None
    delivery_customer_name: str | None = None
    delivery_address1: str | None = None
    delivery_address2: str | None = None
    delivery_postal_code: str | None = None
    delivery_city: str | None = None
    delivery_country_code: str | None = None
    id: Guid
    customer_id: Guid
    created_utc: InstantOrNone = None
    invoice_currency_code: str
    total_amount: Number
    total_vat_amount: Number
    total_roundings: Number
    persons: list[dict[str, Any]] | None = None  # who shares a tax deduction; sent back as they came


class OrderRow(Row):
    """A row of an order, whole, as that of a draft."""

    model_config = ConfigDict(extra="allow")

    is_text_row: bool = False
    eligible_for_reverse_charge_on_vat: bool = False
    line_number: int | None = None
    article_id: GuidOrNone = None
    article_number: str | None = None
    quantity: NumberOrNone = None
    delivered_quantity: NumberOrNone = None
    unit_price: NumberOrNone = None
    discount_percentage: NumberOrNone = None
    cost_center_item_id1: GuidOrNone = None
    cost_center_item_id2: GuidOrNone = None
    cost_center_item_id3: GuidOrNone = None
    project_id: GuidOrNone = None


class Order(_Document):
    """A sales order, whole. Its totals are in the customer's currency.

    `status` is 1 draft, 2 ongoing, 3 shipped or 4 invoiced. It has none of a draft's contract number, subscription number and
    electronic reference.
    """

    model_config = ConfigDict(extra="allow")

    id: Guid
    customer_id: Guid
    currency_code: str
    status: int = Field(ge=1, le=4)
    created_utc: InstantOrNone = None
    modified_utc: InstantOrNone = None
    order_date: DayOrNone = None
    delivery_date: DayOrNone = None
    terms_of_payment_id: GuidOrNone = None
    our_reference: str | None = None
    your_reference: str | None = None
    buyers_order_reference: str | None = None
    delivery_customer_name: str | None = None
    delivery_address1: str | None = None
    delivery_address2: str | None = None
    delivery_postal_code: str | None = None
    delivery_city: str | None = None
    delivery_country_code: str | None = None
    amount: Number
    vat_amount: Number
    roundings_amount: Number
    rows: Many[OrderRow]


class CollectedOrder(_Document):
    """An order that a collective invoice was made of."""

    order_id: GuidOrNone = None


class Invoice(_Referring):
    """A booked invoice or credit note. Plain totals are in the company's currency, unlike on a draft."""

    id: Guid
    customer_id: Guid
    invoice_number: int
    currency_code: str
    is_credit_invoice: bool
    total_amount: Number
    total_amount_invoice_currency: Number
    total_vat_amount: Number
    total_vat_amount_invoice_currency: Number
    total_roundings: Number
    remaining_amount: Number = Decimal(0)
    remaining_amount_invoice_currency: Number
    currency_rate: Number | None = None
    payment_reference_number: str | None = None
    referring_invoice_id: GuidOrNone = None
    set_off_amount_invoice_currency: Number
    payment_status: int
    invoice_date: Day
    due_date: DayOrNone = None
    payment_date: DayOrNone = None
    created_from_draft_id: GuidOrNone = None
    created_from_order_id: GuidOrNone = None
    collective_customer_invoice_rows_relation_to_orders: Many[CollectedOrder] = Field(default_factory=list)
    created_utc: InstantOrNone = None
    modified_utc: InstantOrNone = None


class InvoiceRow(Row):
    """A row of a booked invoice, whole. Whether it is under reverse charge on building services is not told."""

    is_text_row: bool = False
    line_number: int | None = None
    article_id: GuidOrNone = None
    article_number: str | None = None
    quantity: NumberOrNone = None
    unit_price: NumberOrNone = None
    discount_percentage: NumberOrNone = None
    cost_center_item_id1: GuidOrNone = None
    cost_center_item_id2: GuidOrNone = None
    cost_center_item_id3: GuidOrNone = None
    project_id: GuidOrNone = None


class WholeInvoice(Invoice):
    """A booked invoice with all that its draft said."""

    rows: Many[InvoiceRow]  # type: ignore[assignment]  # whole rows, which a list of invoices has no use for
    delivery_date: DayOrNone = None
    terms_of_payment_id: GuidOrNone = None
    electronic_reference: str | None = None
    delivery_customer_name: str | None = None
    delivery_address1: str | None = None
    delivery_address2: str | None = None
    delivery_postal_code: str | None = None
    delivery_city: str | None = None
    delivery_country_code: str | None = None


class Violation(_Document):
    """One field that broke a rule."""

    model_config = ConfigDict(strict=False)

    field: str | None = None
    message: str | None = None


class ErrorBody(_Document):
    """The vendor's own refusal. Lenient but for its code: a refusal must stay recognisable."""

    model_config = ConfigDict(strict=False)

    error_code: int
    developer_error_message: str | None = None
    error_id: str | None = None
    errors: Many[Violation] = Field(default_factory=list)


class PrintAddress(_Document):
    """Where a print can be had for a while."""

    url: str


class PartnerLink(_Document):
    """A link between one of Spiris' records and another system's."""

    id: Guid
    resource_id: Guid
    href: str
