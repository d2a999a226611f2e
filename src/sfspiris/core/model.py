"""The things we speak of, on both sides. See the vocabulary: Deal, Customer, Draft, Invoice, Link.

Values as the CRM tells them (`Deal`, `DealLine`, `Buyer`) are unchecked text and numbers. Values that we intend to write
(`Customer`, `Draft`, `DraftRow`) have passed every rule. Values as a ledger tells them carry the ledger's own ids.
All amounts are net unless a name says otherwise, in major units of the currency beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.sentences import Sentence, say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

# --- as the CRM tells it -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is to be invoiced, as the CRM describes them: nothing here has been checked."""

    id: str
    name: str
    orgnr: str | None = None
    vat_number: str | None = None
    customer_number: str | None = None
    customer_key: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None
    is_person: bool = False  # a consumer, not a business
    is_contact: bool = False  # a contact of a deal that has no account; `id` is the contact's
    personal_number: str | None = None  # of a person, where the CRM has it; its digits are masked everywhere
    sells_construction: str | None = (
        None  # yes or no in the CRM's words; decides reverse charge on building services
    )


@dataclass(frozen=True, slots=True)
class DealLine:
    """One sold item. `unit_price` is before discount, `discount_percent` 0-100, `total` the CRM's own sum.

    Prices and sums are net, unless the Deal says that they include VAT.

    `service_from` and `service_until` are the days of delivery or performance, where the line has its own. `vat_category`
    names the kind of sale as `swedish/vat.toml` does, `vat_rate` is the rate as the CRM writes it; both are often empty.
    """

    id: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    article: str | None = None
    family: str | None = None
    text: str | None = None
    discount_percent: Decimal = Decimal(0)
    total: Decimal | None = None
    service_from: date | None = None
    service_until: date | None = None
    unit: str | None = None
    vat_category: str | None = None
    vat_rate: str | None = None
    cost_centre: str | None = None
    project: str | None = None


class DealStatus(StrEnum):
    """What sales sees on the Deal; the values of the Salesforce picklist."""

    HELD = "Held"
    DRAFT = "Draft"
    ISSUED = "Issued"
    PARTLY_PAID = "Partly Paid"
    PAID = "Paid"
    OVERDUE = "Overdue"
    PARTLY_CREDITED = "Partly Credited"
    CREDITED = "Credited"
    DELETED = "Deleted"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class SyncState:
    """What is written on the Deal in the CRM about its invoicing; absent values are None."""

    status: str | None = None
    code: str | None = None
    message: str | None = None
    correlation_id: str | None = None
    company: str | None = None
    draft_id: str | None = None
    invoice_number: str | None = None

    def only(self, names: Collection[str]) -> SyncState:
        """The same, with every field outside `names` empty: what a CRM that lacks those fields can say."""
        return SyncState(**{one.name: getattr(self, one.name) for one in fields(self) if one.name in names})


@dataclass(frozen=True, slots=True)
class Readiness:
    """What sales sees on a Deal that is not won yet: whether it could be invoiced as it stands, and what keeps it from that.

    `ready` is None where the CRM has no such field.
    """

    ready: bool | None = None
    reasons: str | None = None


SYNC_FIELDS: Final = frozenset(one.name for one in fields(SyncState))


@dataclass(frozen=True, slots=True)
class Deal:
    """A won deal as the CRM tells it.

    `changed_at` is the CRM's own stamp in UTC; `closed_on` a calendar day without a zone. `currency` is None in a CRM
    that keeps one currency only. `deal_amount` is the Deal's own amount where `amount` is that of its quote, which its lines
    come from. `values` holds what routes ask about, by the CRM's path. `retry` says that sales asks for
    another try. `prices_include_vat` is yes or no in the CRM's words: with yes, its amounts and prices are gross.
    """

    id: str
    name: str
    buyer: Buyer | None
    lines: tuple[DealLine, ...]
    closed_on: date
    changed_at: datetime
    amount: Decimal | None = None
    currency: str | None = None
    owner_id: str | None = None
    owner_name: str | None = None
    your_reference: str | None = None
    our_reference: str | None = None
    purchase_order: str | None = None
    electronic_reference: str | None = None  # what the buyer's e-invoice must carry, in the buyer's words
    comment: str | None = None
    cost_centre: str | None = None  # of every line without its own
    project: str | None = None
    payment_terms_days: str | None = None
    delivery_date: date | None = None
    delivery_name: str | None = None
    delivery_street: str | None = None
    delivery_postal_code: str | None = None
    delivery_city: str | None = None
    delivery_country: str | None = None
    prices_include_vat: str | None = None
    housework: str | None = None  # a tax reduction that was asked for, or a tick for one
    sync: SyncState = SyncState()
    readiness: Readiness = Readiness()
    retry: bool = False
    deal_amount: Decimal | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)


# --- what we intend to write ---------------------------------------------------------------------------------------


class Target(StrEnum):
    """What a won Deal becomes in the ledger; finance makes the invoice of either.

    An order says the same as a draft would and is invoiced later, alone or together with other orders.
    """

    DRAFT = "draft"
    ORDER = "order"

    @property
    def word(self) -> Sentence:
        """What messages call it, as in "its draft"."""
        return say("order") if self is Target.ORDER else say("draft")

    @property
    def the(self) -> Sentence:
        """What messages call the one that they are about."""
        return say("the order") if self is Target.ORDER else say("the draft")


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer ready to be created: every field fits, every number has passed its check digit."""

    name: str
    postal_code: str
    city: str
    country: str
    currency: str
    orgnr: str | None = None
    vat_number: str | None = None
    address1: str | None = None
    address2: str | None = None
    email: str | None = None
    phone: str | None = None
    payment_terms_days: int | None = None
    note: str = ""
    number: str | None = None  # None: the ledger takes the next one of its series
    sells_construction: bool = False  # building services to it are under reverse charge
    is_private: bool = field(default=False, metadata={"shown": False})  # a consumer, not a business
    is_personal: bool = field(
        default=False, metadata={"shown": False}
    )  # a number of it is a person's: mask them


@dataclass(frozen=True, slots=True)
class CostCentre:
    """An item that costs and income are told apart by. `group`, 1-3, is the kind of item; a row has at most one of each.

    `code` is its short name, as people write it.
    """

    id: str
    code: str
    name: str = ""
    group: int = 1
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Project:
    """A project in the ledger, by its `number`; one that is finished takes no more rows."""

    id: str
    number: str
    name: str = ""
    is_ongoing: bool = True


@dataclass(frozen=True, slots=True)
class DeliveryAddress:
    """Where a draft says that it was delivered to, in place of the customer's own; at least one part is there."""

    name: str | None = None
    address1: str | None = None
    address2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One row as it will stand. A text row has no article, quantity or price. `discount` is a fraction, 0-1.

    `article_id` is None for an article that the same plan makes, until it is there. `treatment` is how the row is taxed, by
    its name in `swedish/vat.toml`; `reverse_charge` the flag that a row of building services needs.
    """

    text: str
    article_id: str | None = None
    article_number: str | None = None
    quantity: Decimal = Decimal(0)
    unit_price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    vat_rate: Decimal = Decimal(0)  # percent that we expect the ledger to apply
    treatment: str | None = None
    reverse_charge: bool = False
    cost_centres: tuple[CostCentre, ...] = ()
    project: Project | None = None

    @property
    def is_text(self) -> bool:
        """Whether the row only carries words."""
        return self.article_number is None


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice draft ready to be created, but for the customer's id, which may not exist yet.

    `invoice_date` is a Swedish day. There is no due date: the ledger derives it from the terms when finance issues.
    `references` carry the marker already, in the field that the company chose.
    """

    currency: str
    rows: tuple[DraftRow, ...]
    invoice_date: date
    marker: str
    delivery_date: date | None = None
    terms_id: str | None = None
    payment_terms_days: int | None = None
    our_reference: str | None = None
    your_reference: str | None = None
    purchase_order: str | None = None
    electronic_reference: str | None = None
    contract_number: str | None = None
    subscription_number: str | None = None
    delivery: DeliveryAddress | None = None


# --- as a ledger tells it ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LedgerCustomer:
    """A customer that exists in a ledger."""

    id: str
    number: str
    name: str
    is_active: bool = True
    orgnr: str | None = None
    vat_number: str | None = None
    currency: str | None = None
    country: str | None = None
    note: str | None = None
    is_private: bool = False
    delivery_country: str | None = None
    vat_by_delivery: bool = False  # the delivery country decides the VAT, not that of the invoice
    sells_construction: bool = False  # marked for reverse charge on building services
    vat_outside_eu: bool = False  # Swedish VAT is charged though the country is outside the EU
    address1: str | None = None
    address2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    email: str | None = None
    phone: str | None = None
    terms_id: str | None = None  # the payment terms of a document that says nothing of them


@dataclass(frozen=True, slots=True)
class Coding:
    """Which accounts and which VAT articles are sold on. `vat_rate` is percent for a Swedish customer."""

    id: str
    name: str
    vat_rate: Decimal
    is_service: bool
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of quantity that the ledger knows; `names` are all it goes by: name, abbreviations, code."""

    id: str
    name: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """A financial year in the ledger; both days belong to it."""

    start: date
    end: date
    is_locked: bool = False
    method: int | None = None  # 0 accrual, 1 cash, 2 none; None where the ledger does not say


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article ready to be created; `vat_rate` is percent and is that of its coding."""

    number: str
    name: str
    coding: Coding
    unit: Unit


@dataclass(frozen=True, slots=True)
class Article:
    """An article that exists in a ledger. `vat_rate` is percent, as its coding applies it to a Swedish customer.

    `is_service` is None where the ledger does not say whether it is goods or a service; `unit` as it prints it.
    """

    id: str
    number: str
    name: str
    is_active: bool
    vat_rate: Decimal | None
    is_service: bool | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """A term of payment that the ledger offers for sales: net `days`."""

    id: str
    name: str
    days: int


@dataclass(frozen=True, slots=True)
class CompanyProfile:
    """A company as its ledger introduces itself. `orgnr` has ten digits, no hyphen.

    `locked_until` is the last day on which nothing may be booked any more; `has_iban` is None where the ledger does not say.
    """

    name: str
    orgnr: str
    currency: str
    rounds_to_krona: bool = False
    locked_until: date | None = None
    has_iban: bool | None = None
    uses_cost_centres: bool = False
    uses_projects: bool = False


@dataclass(frozen=True, slots=True)
class LedgerSetup:
    """How a company is set up in its ledger, as far as it decides whether runs can work.

    `status` is 1 for an active company. The next numbers are None where the ledger does not tell them.
    """

    name: str
    status: int
    next_customer_number: int | None
    next_invoice_number: int | None
    locked_until: date | None
    keeps_draft_date: bool
    currency: str
    next_order_number: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """A document's sums in its own currency: `net` + `vat` + `rounding` = `gross`."""

    net: Decimal
    vat: Decimal
    rounding: Decimal
    gross: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class LedgerDraft:
    """An unbooked invoice, or an order, that exists in a ledger. `texts` are all places where a marker may stand.

    `draft` is what it says in our words, and `print` a hash of everything in it that a person could have set, so that
    two readings with the same print are the same draft. Of an order, `is_delivered` says that goods have left for it and
    `is_invoiced` that finance has made a draft or an invoice of it; it stays in the ledger even then.
    """

    id: str
    customer_id: str
    totals: Totals
    texts: tuple[str, ...] = ()
    created_at: datetime | None = None
    draft: Draft | None = None
    print: str | None = None
    target: Target = Target.DRAFT
    is_delivered: bool = False
    is_invoiced: bool = False

    @property
    def has_moved_on(self) -> bool:
        """Whether it is an order that has been delivered or invoiced, and so stands as it is."""
        return self.is_delivered or self.is_invoiced


@dataclass(frozen=True, slots=True)
class Invoice:
    """A booked invoice. `remaining` and `credited` are absolute amounts in document currency.

    What ends in `_in_books` is in the currency of the books, negative on a credit note; `net_in_books` is None where only
    the gross is known. `rate` is that currency per unit of the document's. `last_payment_on` may be the day of a part payment. `credits_id` is the invoice that a credit note credits.

    `draft_id` is the draft it came from, where the ledger says so, and `order_ids` are the orders; a collective invoice has
    several. `is_overdue` is the ledger's own flag.
    """

    id: str
    number: str
    customer_id: str
    totals: Totals
    issued_on: date
    remaining: Decimal
    credited: Decimal = Decimal(0)
    due_on: date | None = None
    paid_on: date | None = None
    is_overdue: bool = False
    is_credit_note: bool = False
    draft_id: str | None = None
    order_ids: tuple[str, ...] = ()
    net_in_books: Decimal | None = None
    gross_in_books: Decimal = Decimal(0)
    remaining_in_books: Decimal = Decimal(0)
    rate: Decimal | None = None
    last_payment_on: date | None = None
    ocr: str | None = None
    credits_id: str | None = None
    texts: tuple[str, ...] = ()
    created_at: datetime | None = None
    modified_at: datetime | None = None

    @property
    def is_void(self) -> bool:
        """Whether the invoice was voided: nothing remains, although nothing was paid and nothing credited.

        No field of the ledger's says so, and a payment, also of a part, leaves its day. What remains after a credit note
        was set off is told as credited. Source: the ledger manual on invoices; without a flag this is the inference.
        """
        is_settled = not self.is_credit_note and self.totals.gross > 0 and not self.remaining
        return is_settled and not self.credited and self.last_payment_on is None and self.paid_on is None

    @property
    def taken_back(self) -> Decimal:
        """What of it nobody will ever pay: what was credited, or all of it when it was voided; absolute, gross."""
        return self.totals.gross if self.is_void else self.credited


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What planning must know of one company's ledger, read in this run.

    `fiscal_years` and `currencies` are empty when they were not read; then nothing is held for their sake. `codings` and
    `units` are read only where articles may be created, `cost_centres` and `projects` only where a Deal names one.
    """

    profile: CompanyProfile
    customers: tuple[LedgerCustomer, ...]
    articles: tuple[Article, ...]
    terms: tuple[PaymentTerms, ...]
    fiscal_years: tuple[FiscalYear, ...] = ()
    currencies: frozenset[str] = frozenset()
    codings: tuple[Coding, ...] = ()
    units: tuple[Unit, ...] = ()
    cost_centres: tuple[CostCentre, ...] = ()
    projects: tuple[Project, ...] = ()


# --- what we remember ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldBase:
    """Prints of one customer field as both sides had it when they last agreed; the print of an empty field is empty.

    `theirs` is None when the ledger's value never was one that both agreed on: it is finance's own.
    """

    ours: str
    theirs: str | None


@dataclass(frozen=True, slots=True)
class CustomerBase:
    """What a customer's fields were when both sides last agreed, and the account that speaks for it.

    Of two accounts that are one customer the first speaks; the other one's data is never written. Prints only, too short
    to tell what they were made from: our memory holds no names, addresses or numbers.
    """

    company: str
    customer_id: str
    buyer_id: str
    fields: Mapping[str, FieldBase] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DealLink:
    """A Deal and the one document that stands for it in a company's ledger.

    `target` says whether `draft_id` is that of a draft or of an order.
    `content` is the hash of what the Deal sold when the draft was last written; `net` what we wrote. The invoice's fields
    are filled once the draft has been issued, and are what the last pull saw. `source` is the print of all that the Deal
    said then, `wrote` what we wrote field by field (core.written), and `stood` the print of the whole draft as the ledger
    had it right after. They are None where that is not known: a document was found that this memory did not write, or the
    reply was lost, so that somebody may have edited it before we saw it.
    """

    company: str
    deal_id: str
    revision: int
    draft_id: str
    customer_id: str
    content: str
    correlation_id: str
    net: Decimal
    currency: str
    created_at: datetime
    invoice_id: str | None = None
    invoice_number: str | None = None
    status: DealStatus = DealStatus.DRAFT
    due_on: date | None = None
    remaining: Decimal | None = None
    code: str | None = None
    message: str | None = None
    source: str | None = None
    wrote: str | None = None
    stood: str | None = None
    target: Target = Target.DRAFT

    @property
    def told(self) -> SyncState:
        """What the CRM should say about the Deal."""
        return SyncState(
            status=self.status,
            code=self.code,
            message=self.message,
            correlation_id=self.correlation_id,
            company=self.company,
            draft_id=self.draft_id,
            invoice_number=self.invoice_number,
        )
