"""What the operator decided, as values: which company takes which Deal, and what it tolerates."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from sfspiris.core.model import SYNC_FIELDS, Target
from sfspiris.core.planning.documents import SETTLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, timedelta

    from sfspiris.core.capabilities import Capabilities, MarkerField

ANY_VALUE = "*"


@dataclass(frozen=True, slots=True)
class Route:
    """Sends a Deal to a company when every condition holds: CRM path → accepted values, `*` for any non-empty one.

    `articles` replaces the company's own rules about articles, `target` what its Deals become. With no company, such Deals
    are left out of invoicing.
    """

    company: str | None
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    articles: ArticlePolicy | None = None
    target: Target | None = None

    @property
    def skips(self) -> bool:
        """Whether the Deals that it takes are none of ours."""
        return self.company is None


class MissingArticle(StrEnum):
    """What to do about a product that the ledger has no article for."""

    HOLD = "hold"
    CREATE = "create"
    FALLBACK = "fallback"


class WithoutProduct(StrEnum):
    """What to do about a line that names no product. A text row can only stand for a line that costs nothing."""

    HOLD = "hold"
    FALLBACK = "fallback"
    TEXT_ROW = "text-row"


@dataclass(frozen=True, slots=True)
class ArticlePolicy:
    """How a line gets its article: by product code, else by product family, else as `missing` says.

    `fallback` names an article for each VAT rate in percent, `default` one for all other rates. `by_treatment` names the
    article for lines under a treatment of `swedish/vat.toml` that no customer setting of the ledger brings about.
    Articles are created with a coding of the right rate; `codings` names it where several would do, by rate, `units` maps
    the CRM's units to the ledger's, `unit` is the one for products without, and `created_as_goods` says what a new
    article is when neither its VAT category nor its unit tells.
    """

    missing: MissingArticle = MissingArticle.HOLD
    without_product: WithoutProduct = WithoutProduct.HOLD
    fallback: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    by_family: Mapping[str, str] = field(default_factory=dict)
    by_treatment: Mapping[str, str] = field(default_factory=dict)
    codings: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    unit: str = "st"
    created_as_goods: bool = False

    @property
    def creates(self) -> bool:
        """Whether articles may be created."""
        return self.missing is MissingArticle.CREATE


@dataclass(frozen=True, slots=True)
class VatPolicy:
    """What decides the VAT and stands in neither system.

    Kinds of sale (`swedish/vat.toml`, category) by product code and by product family. `eu_consumers_over_limit` says
    whether the yearly sales to consumers in the EU are above 10 000 EUR; None is not known. `writes_texts` puts the
    words that the law asks for on a row of their own. `private_prices_are_net` says that the ledger reads prices to
    customers marked as private persons without VAT, as it does all others.
    """

    category_by_article: Mapping[str, str] = field(default_factory=dict)
    category_by_family: Mapping[str, str] = field(default_factory=dict)
    eu_consumers_over_limit: bool | None = None
    writes_texts: bool = True
    private_prices_are_net: bool = False


class Owner(StrEnum):
    """Who is right when a customer's field was changed on both sides.

    FIRST_WRITE: whatever stands in the ledger stays; we only fill in what is empty.
    """

    SALESFORCE = "salesforce"
    SPIRIS = "spiris"
    FIRST_WRITE = "first-write"


class MatchStep(StrEnum):
    """One way to find the customer that a buyer already is.

    KEY is a word that both sides have agreed on: a field of the account, and a word in the customer's note.
    """

    LINK = "link"
    KEY = "key"
    ORGNR = "orgnr"
    VAT_NUMBER = "vat_number"
    CUSTOMER_NUMBER = "customer_number"
    EMAIL = "email"


MATCH_STEPS = tuple(one for one in MatchStep if one is not MatchStep.EMAIL)
"""The steps in their usual order. Without e-mail: one mailbox often serves several companies of a group or of an accountant."""


@dataclass(frozen=True, slots=True)
class CompanyPolicy:
    """One company with its own books. `orgnr` has ten digits; `currency` is that of its books.

    `default_terms_days` goes on a new customer when neither the Deal nor the Account says anything.
    """

    key: str
    orgnr: str
    currency: str
    marker_field: MarkerField
    capabilities: Capabilities
    ledger: str = "Spiris"  # what people call the system
    default_terms_days: int = 30
    articles: ArticlePolicy = ArticlePolicy()
    vat: VatPolicy = VatPolicy()
    needs_personal_numbers: bool = False  # a private person without one is held
    takes_contacts: bool = False  # a deal without an account is sold to its contact, a private person
    customer_per_currency: bool = (
        False  # a second customer is made where a buyer's customer has another currency
    )
    numbers_from_crm: bool = (
        False  # a new customer gets its number from the CRM, not from the ledger's series
    )
    match_steps: tuple[MatchStep, ...] = MATCH_STEPS
    default_owner: Owner = Owner.SALESFORCE
    owners: Mapping[str, Owner] = field(default_factory=dict)
    target: Target = Target.DRAFT  # what Deals become, unless their route says otherwise

    def owner(self, customer_field: str) -> Owner:
        """Who is right about a field of a customer that both sides changed."""
        return self.owners.get(customer_field, self.default_owner)


@dataclass(frozen=True, slots=True)
class ReadinessPolicy:
    """Open Deals that close within `days` are told whether they could be invoiced.

    `reasons_length` is how many characters the field for what keeps them from it takes; 0 where there is none. `missing` are
    the fields that do not exist or may not be written, by the CRM's names; without the mark itself nothing is told.
    """

    days: int
    reasons_length: int
    missing: tuple[str, ...] = ()
    can_mark: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """All that planning needs to know beyond the records themselves.

    `tolerance` is the accepted difference of two totals, in document currency. `crm_fields` gives the CRM's own name
    for each of our field names, so that a message names what the reader sees on the screen;
    `sync_fields` are the parts of a SyncState that the CRM has fields for and lets us write; `invoice_fields` and `account_fields` likewise
    those of an InvoiceRecord and an AccountSummary, none where nothing is to be shown; `shows_invoices` and `shows_accounts` say
    what the operator wants shown. `settle` is how long what
    was sent, or a list that should show it, is waited for; `settle_documents` takes its place for a new draft or order that
    nobody answered for, where a measurement allows less (see core.searchlag). `attaches_pdfs` puts the print of each invoice beside its
    record in the CRM; `links_drafts` puts a link to its Deal beside each draft in the ledger. `readiness` is None where open Deals are told nothing.
    `spoken` says a sentence in the language of those who read the CRM; what is compared with what stands there has been said
    by it too. `scope` is a print of all that decides which Deals are looked at: how far they have been read counts for that
    scope only.
    """

    companies: Mapping[str, CompanyPolicy]
    routes: tuple[Route, ...]
    org_tag: str
    start_date: date | None = None
    tolerance: Decimal = Decimal("0.00")
    crm_fields: Mapping[str, str] = field(default_factory=dict)
    sync_fields: frozenset[str] = SYNC_FIELDS
    invoice_fields: frozenset[str] = frozenset()
    account_fields: frozenset[str] = frozenset()
    shows_invoices: bool = False
    shows_accounts: bool = False
    settle: timedelta = SETTLE
    settle_documents: timedelta | None = None
    readiness: ReadinessPolicy | None = None
    spoken: Callable[[str], str] = str
    attaches_pdfs: bool = False
    links_drafts: bool = False
    scope: str = ""

    def makes(self, company: str, target: Target) -> bool:
        """Whether some Deals of the company become this."""
        own = self.companies.get(company)
        return (own is not None and own.target is target) or any(
            one.company == company and one.target is target for one in self.routes
        )

    def makes_orders(self, company: str) -> bool:
        """Whether some Deals of the company become orders."""
        return self.makes(company, Target.ORDER)

    def crm_field(self, ours: str) -> str:
        """The CRM's name of one of our fields."""
        return self.crm_fields.get(ours, ours)
