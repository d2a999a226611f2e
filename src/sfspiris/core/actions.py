"""Intended effects as data. An action never acts by itself; the engine matches each kind and carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from sfspiris.core.identity import action_id
from sfspiris.core.model import Target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sfspiris.core.holds import Hold, Warn
    from sfspiris.core.model import (
        Customer,
        CustomerBase,
        DealStatus,
        Draft,
        Invoice,
        NewArticle,
        Readiness,
        SyncState,
    )
    from sfspiris.core.receivables import AccountSummary, InvoiceRecord, Value
    from sfspiris.core.vat import VatSummary


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after, as text; None means empty or not there.

    Money is a decimal number as programs read it, in `currency`.
    """

    field: str
    before: str | None
    after: str | None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class ExistingCustomer:
    """The customer is in the ledger already; `evidence` says by what it was found."""

    id: str
    number: str
    name: str
    evidence: str


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """The customer that the CreateCustomer action with this key makes in the same plan."""

    key: str


@dataclass(frozen=True, slots=True)
class CreateCustomer:
    """Make one customer. `key` names it within its company; `deal_id` is the first Deal that needs it.

    `terms_id` is the ledger's id of the customer's payment terms, which a customer cannot be without.
    """

    company: str
    key: str
    buyer_id: str
    deal_id: str
    correlation_id: str
    customer: Customer
    terms_id: str
    basis: str | None = None  # print of all that it rests on, on both sides

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("create_customer", self.company, self.key)


def article_key(number: str | None) -> str:
    """What tells the articles apart that a plan makes: numbers, however their capitals are written."""
    return (number or "").casefold()


@dataclass(frozen=True, slots=True)
class CreateArticle:
    """Make one article. Its number names it within its company; `deal_id` is the first Deal that needs it."""

    company: str
    deal_id: str
    correlation_id: str
    article: NewArticle

    @property
    def key(self) -> str:
        """What names the article: its number, however its capitals are written."""
        return article_key(self.article.number)

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("create_article", self.company, self.key)


@dataclass(frozen=True, slots=True)
class UpdateCustomer:
    """Bring some fields of a customer up to date with its account; everything else of it stays as finance has it.

    `wanted` names our fields with the ledger's value now and the one to write; a street may have two lines. `deal_id` is
    the Deal through which it was noticed, `base` what both sides agree on once this is done.
    """

    company: str
    customer_id: str
    number: str
    name: str
    buyer_id: str
    deal_id: str
    deal_name: str
    correlation_id: str
    wanted: tuple[Change, ...]
    base: CustomerBase

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("update_customer", self.company, self.customer_id)


@dataclass(frozen=True, slots=True)
class CreateDraft:
    """Make one invoice draft, or, where `target` says so, the order that stands in its place and says the same.

    `net` is what the Deal's lines come to, in the draft's currency; `content` its print. `vat_reasons` say why rows carry no VAT, in sentences for people.
    """

    company: str
    deal_id: str
    deal_name: str
    revision: int
    correlation_id: str
    buyer_id: str
    customer: ExistingCustomer | NewCustomer
    customer_name: str
    draft: Draft
    net: Decimal
    content: str
    vat: VatSummary
    vat_reasons: tuple[str, ...] = ()
    owner: str | None = None
    source: str | None = None  # print of all that the Deal says
    basis: str | None = None  # print of all that the draft rests on, on both sides
    target: Target = Target.DRAFT

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id(f"create_{self.target}", self.company, self.deal_id, self.revision)

    @property
    def currency(self) -> str:
        """The draft's currency."""
        return self.draft.currency

    @property
    def marker(self) -> str:
        """The words that tie the draft to its Deal."""
        return self.draft.marker


@dataclass(frozen=True, slots=True)
class UpdateDraft:
    """Bring a draft, or an order, that nobody has touched to what its Deal says now.

    `stood` is the print that the draft must still have just before it is written, `changed` every field that becomes
    another one; the other fields as of CreateDraft.
    """

    company: str
    deal_id: str
    deal_name: str
    revision: int
    correlation_id: str
    buyer_id: str
    customer: ExistingCustomer | NewCustomer
    customer_name: str
    draft_id: str
    draft: Draft
    net: Decimal
    content: str
    vat: VatSummary
    stood: str
    changed: tuple[Change, ...]
    vat_reasons: tuple[str, ...] = ()
    owner: str | None = None
    source: str | None = None
    basis: str | None = None
    target: Target = Target.DRAFT

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id(f"update_{self.target}", self.company, self.deal_id, self.revision)

    @property
    def currency(self) -> str:
        """The draft's currency."""
        return self.draft.currency

    @property
    def marker(self) -> str:
        """The words that tie the draft to its Deal."""
        return self.draft.marker


@dataclass(frozen=True, slots=True)
class DeleteDraft:
    """Take back a draft, or an order, that one of our runs made and that nobody has touched since.

    `stood` is the print that the draft must still have just before it is deleted; `net` in `currency` is what we wrote.
    """

    company: str
    deal_id: str
    deal_name: str
    revision: int
    correlation_id: str
    marker: str
    draft_id: str
    customer_id: str
    stood: str
    net: Decimal
    currency: str
    owner: str | None = None
    target: Target = Target.DRAFT

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id(f"delete_{self.target}", self.company, self.deal_id, self.revision)


@dataclass(frozen=True, slots=True)
class WriteDeal:
    """Tell the CRM where the Deal stands. `after.draft_id` is None while the draft does not exist yet.

    `answers_retry` says that sales asked for another try, and that the mark for it is taken away.
    """

    deal_id: str
    company: str | None
    correlation_id: str | None
    before: SyncState
    after: SyncState
    answers_retry: bool = False

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("write_deal", self.company or "", self.deal_id)


@dataclass(frozen=True, slots=True)
class WriteInvoice:
    """Show one invoice in the CRM as the ledger has it. `deal_id` is empty for one that no Deal of ours stands for.

    `before` is what the CRM was told last; None when it has not heard of the invoice.
    """

    company: str
    deal_id: str
    record: InvoiceRecord
    before: Mapping[str, Value] | None
    correlation_id: str | None = None

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("write_invoice", self.company, self.record.external_id)


@dataclass(frozen=True, slots=True)
class WriteAccount:
    """Show in the CRM what an account owes. `before` is what it was told last; None when it was told nothing."""

    company: str
    summary: AccountSummary
    before: Mapping[str, Value] | None
    deal_id: str = ""
    correlation_id: str | None = None

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("write_account", "", self.summary.account)


@dataclass(frozen=True, slots=True)
class WriteReadiness:
    """Tell sales on a Deal that is not won yet whether it could be invoiced, and what keeps it from that."""

    deal_id: str
    company: str | None
    before: Readiness
    after: Readiness
    correlation_id: str | None = None

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("write_readiness", "", self.deal_id)


@dataclass(frozen=True, slots=True)
class Adopt:
    """Remember a document that the ledger has already for the Deal: made by a run that could not note its success.

    Nothing is sent to the ledger. `invoice` is set when finance has issued the draft meanwhile.
    """

    company: str
    deal_id: str
    deal_name: str
    revision: int
    correlation_id: str
    marker: str
    draft_id: str
    invoice: Invoice | None
    customer_id: str
    net: Decimal
    currency: str
    content: str
    target: Target = Target.DRAFT

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("adopt", self.company, self.deal_id, self.revision)


Action = (
    CreateCustomer
    | CreateArticle
    | UpdateCustomer
    | CreateDraft
    | UpdateDraft
    | DeleteDraft
    | Adopt
    | WriteDeal
)


@dataclass(frozen=True, slots=True)
class AttachPdf:
    """Put the print of one invoice, as it is in this status, beside its record in the CRM."""

    company: str
    deal_id: str
    invoice_id: str
    external_id: str
    number: str
    status: DealStatus
    correlation_id: str | None = None

    @property
    def id(self) -> str:
        """The action's stable name."""
        return action_id("attach_pdf", self.company, f"{self.external_id}:{self.status}")


Shown = WriteInvoice | WriteAccount
Mirrored = Shown | WriteReadiness | AttachPdf


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one run intends, in the order in which it would be done, and all that it leaves alone, with reasons.

    `unchanged` are Deals that are in the ledger already and say the same as when they were written; `out_of_scope` those
    that a route leaves out. `remembered` is what
    was seen of customers that need no change, to be kept when the plan is carried out. `beyond_limit` counts the Deals that are
    ready too, beyond the number that was asked for.
    """

    actions: tuple[Action, ...] = ()
    holds: tuple[Hold, ...] = ()
    warnings: tuple[Warn, ...] = ()
    unchanged: tuple[str, ...] = ()
    remembered: tuple[CustomerBase, ...] = ()
    out_of_scope: tuple[str, ...] = ()
    beyond_limit: int = 0

    @property
    def creates(self) -> tuple[CreateCustomer | CreateArticle | CreateDraft, ...]:
        """The actions that make something new in a ledger."""
        return tuple(
            one for one in self.actions if isinstance(one, CreateCustomer | CreateArticle | CreateDraft)
        )

    @property
    def ledger_writes(
        self,
    ) -> tuple[
        CreateCustomer | CreateArticle | UpdateCustomer | CreateDraft | UpdateDraft | DeleteDraft, ...
    ]:
        """The actions that make, change or delete something in a ledger; what the limit on changes counts."""
        return tuple(one for one in self.actions if not isinstance(one, Adopt | WriteDeal))

    @property
    def held_deals(self) -> frozenset[str]:
        """The Deals with at least one hold."""
        return frozenset(hold.deal_id for hold in self.holds)


def kind(action: Action | Mirrored) -> str:  # noqa: C901, PLR0911 - one for each kind
    """The action's kind as reports and pipelines know it."""
    match action:
        case CreateCustomer():
            return "create_customer"
        case UpdateCustomer():
            return "update_customer"
        case CreateArticle():
            return "create_article"
        case CreateDraft():
            return f"create_{action.target}"
        case UpdateDraft():
            return f"update_{action.target}"
        case DeleteDraft():
            return f"delete_{action.target}"
        case Adopt():
            return "adopt"
        case WriteDeal():
            return "write_deal"
        case WriteInvoice():
            return "write_invoice"
        case WriteAccount():
            return "write_account"
        case WriteReadiness():
            return "write_readiness"
        case AttachPdf():
            return "attach_pdf"
    assert_never(action)
