"""Every key of the configuration with its type, default and an example; the examples are shown in refusals.

Values that later versions will understand are known here and refused in words, so that nobody believes they work.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationInfo, field_validator

from sfspiris.config.values import (
    Address,
    ApiVersion,
    CompanyKey,
    CrmPath,
    Currency,
    Day,
    Environment,
    Frame,
    Number,
    Owner,
    Paths,
    Secret,
    Section,
    Steps,
    Text,
    Texts,
    frame,
    is_loopback,
    key,
)
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.searchlag import SHORTEST
from sfspiris.errors import ConfigError
from sfspiris.state.address import state_file
from sfspiris.swedish import orgnr, vat_table

SOURCE_FIELDS: Final = frozenset(
    {
        "buyer",
        "contact",
        "contact_name",
        "contact_email",
        "contact_phone",
        "contact_street",
        "contact_postal_code",
        "contact_city",
        "contact_country",
        "contact_personal_number",
        "contact_customer_number",
        "contact_customer_key",
        "closed_on",
        "amount",
        "deal_amount",
        "currency",
        "delivery_date",
        "delivery_name",
        "delivery_street",
        "delivery_postal_code",
        "delivery_city",
        "delivery_country",
        "prices_include_vat",
        "housework",
        "owner_name",
        "our_reference",
        "your_reference",
        "purchase_order",
        "electronic_reference",
        "comment",
        "cost_centre",
        "project",
        "payment_terms_days",
        "name",
        "orgnr",
        "vat_number",
        "customer_number",
        "customer_key",
        "street",
        "postal_code",
        "city",
        "country",
        "email",
        "phone",
        "is_person",
        "personal_number",
        "person_email",
        "person_street",
        "person_postal_code",
        "person_city",
        "person_country",
        "sells_construction",
        "line_quantity",
        "line_unit_price",
        "line_discount",
        "line_total",
        "line_article",
        "line_name",
        "line_text",
        "line_family",
        "line_unit",
        "line_service_from",
        "line_service_until",
        "line_vat_category",
        "line_vat_rate",
        "line_cost_centre",
        "line_project",
    }
)

_STANDARD_GATES: Final = {"Opportunity": "IsWon = true", "Order": "StatusCode = 'Activated'"}
_OWN_OBJECT: Final = re.compile(r"[A-Za-z]\w*__c", re.ASCII)
_PRODUCTION_LOGIN: Final = "https://login.salesforce.com"
_SANDBOX_LOGIN: Final = "https://test.salesforce.com"
_SHORTEST_SETTLE: Final = SHORTEST // timedelta(minutes=1)
"""Minutes; longer than any proxy or server keeps a request in hand. Our own judgement: the vendor promises nothing."""
_CALLBACK: Final = "http://127.0.0.1:8765/callback"


class StateSettings(Section):
    """Where the memory between runs is kept."""

    url: Text = key('url = "sqlite:///sfspiris.db"', default="sqlite:///sfspiris.db")

    @field_validator("url")
    @classmethod
    def _is_supported(cls, value: str, info: ValidationInfo) -> str:
        try:
            state_file(value, base=frame(info).folder)
        except ConfigError:
            raise ValueError("does not name a SQLite file, which is all that this version supports") from None
        return value


class SecretsSettings(Section):
    """Where sign-ins are kept. `file` is the folder of the file store, `command` the helper of the command store."""

    store: Literal["keyring", "file", "env", "command"] = key('store = "keyring"', default="keyring")
    file: Path = key('file = "tokens"', default=None, strict=False)
    command: Text | None = key('command = "/usr/local/bin/token-helper"', default=None)

    @field_validator("file", mode="before")
    @classmethod
    def _is_beside_the_file(cls, value: object, info: ValidationInfo) -> object:
        if value is None:
            return platformdirs.user_config_path("sfspiris") / "tokens"
        if not isinstance(value, str):
            raise ValueError("is not text in quotes")  # noqa: TRY004 - pydantic's protocol
        return frame(info).folder / Path(value).expanduser()

    @field_validator("command")
    @classmethod
    def _goes_with_the_store(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("store") == "command" and value is None:
            raise ValueError('is needed by store = "command": the helper that keeps the tokens')
        return value


class LimitsSettings(Section):
    """Where a run stops of itself, or calls a person. `tolerance` is in document currency; both shares are parts of 1."""

    max_changes: int = key("max_changes = 200", default=200, ge=1)
    max_held_share: Number = key("max_held_share = 0.5", default="1", ge=0, le=1)
    on_error: Literal["continue", "stop"] = key('on_error = "continue"', default="continue")
    tolerance: Number = key('tolerance = "0.00"', default="0.00", ge=0)
    settle_minutes: int = key("settle_minutes = 15", default=15, le=24 * 60)
    max_minutes: int = key("max_minutes = 60", default=60, ge=1, le=24 * 60)
    concurrent_creates: int = key("concurrent_creates = 4", default=4, ge=1, le=16)
    spiris_calls_per_minute: int = key("spiris_calls_per_minute = 600", default=600, ge=1)
    salesforce_daily_share: Number = key("salesforce_daily_share = 0.8", default="0.8", gt=0, le=1)

    @field_validator("settle_minutes")
    @classmethod
    def _outlasts_every_call(cls, value: int) -> int:
        if value < _SHORTEST_SETTLE:
            raise ValueError(
                f"is below {_SHORTEST_SETTLE}, and no measurement justifies that: a request that was sent without an answer, or "
                "a list that lags behind, may show its document minutes later, and whoever sends again before that makes a "
                "second invoice"
            )
        return value


class SalesforceSettings(Section):
    """Which org, and how to sign in to it. `base_url` is the local sandbox's address and stands nowhere else."""

    environment: Environment = key('environment = "production"', default="production")
    auth: Literal["jwt", "client-credentials", "web"] = key('auth = "jwt"', default="jwt")
    base_url: Address | None = key('base_url = "http://127.0.0.1:8701"', default=None)
    login_url: Address = key(f'login_url = "{_PRODUCTION_LOGIN}"', default="")
    client_id: Text = key('client_id = "3MVG9…"')
    client_secret: Secret | None = key('client_secret = "env:SALESFORCE_CLIENT_SECRET"', default=None)
    username: Text | None = key('username = "integration@example.com"', default=None)
    private_key: Secret | None = key('private_key = "file:salesforce.key"', default=None)
    redirect_uri: Address = key(f'redirect_uri = "{_CALLBACK}"', default=_CALLBACK)
    api_version: ApiVersion | None = key('api_version = "66.0"', default=None)

    @field_validator("base_url")
    @classmethod
    def _fits_environment(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _local_address(value, info)

    @field_validator("login_url", mode="before")
    @classmethod
    def _default_login(cls, value: object, info: ValidationInfo) -> object:
        return value if value != "" else usual_login(info.data.get("environment"), info.data.get("base_url"))

    @field_validator("login_url")
    @classmethod
    def _login_fits_environment(cls, value: str, info: ValidationInfo) -> str:
        host = urlsplit(value).hostname or ""
        opens_sandbox = host == "test.salesforce.com" or host.endswith(".sandbox.my.salesforce.com")
        environment = info.data.get("environment")
        if environment == "local" and not is_loopback(value):
            raise ValueError('leaves this machine, but environment = "local" must not')
        if environment == "production" and (opens_sandbox or is_loopback(value)):
            raise ValueError('does not open a production org; set environment = "sandbox" or "local"')
        if environment == "sandbox" and (value == _PRODUCTION_LOGIN or is_loopback(value)):
            raise ValueError("does not open a sandbox; use https://test.salesforce.com or its My Domain")
        return value

    @field_validator("username", "private_key")
    @classmethod
    def _is_there_for_jwt(cls, value: object, info: ValidationInfo) -> object:
        if value is None and info.data.get("auth") == "jwt":
            raise ValueError('is needed by auth = "jwt"')
        return value

    @field_validator("client_secret")
    @classmethod
    def _is_there_for_client_credentials(cls, value: object, info: ValidationInfo) -> object:
        if value is None and info.data.get("auth") == "client-credentials":
            raise ValueError('is needed by auth = "client-credentials"')
        return value


class SourceSettings(Section):
    """Where a deal comes from. `fields` are our names → Salesforce paths, of which the first that is not empty wins.

    `lines` is "quote" for an Opportunity whose lines are those of its synced quote, and for one of the org's own objects
    the child relationship to its lines. Such an object has no gate of its own: the operator says what counts as won.
    """

    object: Text = key('object = "Opportunity"', default="Opportunity")
    lines: Text | None = key('lines = "quote"', default=None)
    gate: Text = key('gate = "IsWon = true"', default="")
    record_types: Texts = key('record_types = ["Services"]', default=())
    fields: Mapping[str, Paths] = key('{name} = "Account.Organisation_Number__c"', default_factory=dict)

    @field_validator("object")
    @classmethod
    def _is_supported(cls, value: str) -> str:
        if value in _STANDARD_GATES or _OWN_OBJECT.fullmatch(value):
            return value
        close = difflib.get_close_matches(value, _STANDARD_GATES, n=1)
        hint = (
            f"did you mean {close[0]}?"
            if close
            else 'use "Opportunity", "Order" or an object that ends in __c'
        )
        raise ValueError(f'"{value}" is nothing that deals are read from; {hint}')

    @field_validator("lines")
    @classmethod
    def _fits_object(cls, value: str | None, info: ValidationInfo) -> str | None:
        object_ = info.data.get("object")
        if object_ == "Opportunity" and value not in {None, "quote", "OpportunityLineItems"}:
            raise ValueError(f'"{value}" is no list of an Opportunity; use lines = "quote" or leave it out')
        if object_ == "Order" and value not in {None, "OrderItems"}:
            raise ValueError(f'"{value}" is no list of an Order; leave it out')
        if object_ is not None and object_ not in _STANDARD_GATES and value is None:
            raise ValueError(
                f"is needed by an object of your own: the child relationship of {object_} to its lines"
            )
        return value

    @field_validator("gate", mode="before")
    @classmethod
    def _default_gate(cls, value: Any, info: ValidationInfo) -> Any:
        if value != "":
            return value
        object_ = info.data.get("object", "Opportunity")
        if object_ not in _STANDARD_GATES:
            raise ValueError(
                f"is needed by an object of your own: the SOQL condition by which {object_} counts as won"
            )
        return _STANDARD_GATES[object_]


def _known_category(value: str) -> str:
    known = vat_table.table().categories
    if value not in known:
        close = difflib.get_close_matches(value, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(sorted(known))}"
        raise ValueError(f'"{value}" is no kind of sale; {hint}')
    return value


def _known_treatment(value: str) -> str:
    known = vat_table.table().treatments
    if value not in known:
        close = difflib.get_close_matches(value, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(sorted(known))}"
        raise ValueError(f'"{value}" is no VAT treatment; {hint}')
    return value


Category = Annotated[Text, AfterValidator(_known_category)]
Treatment = Annotated[Text, AfterValidator(_known_treatment)]


class MarkerSettings(Section):
    """Where the deal's id lives on the draft, so that a lost reply can be found again."""

    field: Annotated[MarkerField, Field(strict=False)] = key(
        'field = "OurReference"', default=MarkerField.OUR_REFERENCE
    )


class ArticlesSettings(Section):
    """Which article a line gets, and what to do about products that the ledger has no article for."""

    fallback: Mapping[Literal["25", "12", "6", "0"], Text] = key(
        'fallback = { "25" = "SALJ25" }', default_factory=dict
    )
    default: Text | None = key('default = "DIVERSE"', default=None)
    missing: Literal["hold", "create", "fallback"] = key('missing = "hold"', default="hold")
    without_product: Literal["hold", "fallback", "text-row"] = key('without_product = "hold"', default="hold")
    by_family: Mapping[Text, Text] = key('by_family = { "Services" = "KONSULT" }', default_factory=dict)
    by_treatment: Mapping[Treatment, Text] = key(
        'by_treatment = { "SE_RC_ELECTRONICS" = "TELEFON-OMV" }', default_factory=dict
    )
    codings: Mapping[Literal["25", "12", "6", "0"], Text] = key(
        'codings = { "25" = "Tjänster 25 % moms" }', default_factory=dict
    )
    units: Mapping[Text, Text] = key('units = { "Hours" = "tim" }', default_factory=dict)
    unit: Text = key('unit = "st"', default="st")
    created_as: Literal["service", "goods"] = key('created_as = "service"', default="service")

    @field_validator("missing", "without_product")
    @classmethod
    def _has_a_fallback(cls, value: str, info: ValidationInfo) -> str:
        named = info.data.get("fallback") or info.data.get("default")
        if value == "fallback" and not named and {"fallback", "default"} <= info.data.keys():
            raise ValueError('needs an article to fall back on: fallback = { "25" = "SALJ25" }')
        return value


class RouteSettings(Section):
    """What becomes of deals for which every condition holds: Salesforce path → accepted values, "*" for any.

    They go to `company`, by its articles and as its target or by those of the route; or, with `skip`, they are left out of
    invoicing.
    """

    skip: bool = key("skip = true", default=False)
    company: Text | None = key('company = "se"', default=None)
    when: Mapping[CrmPath, Texts] = key(
        'when = { "Account.BillingCountryCode" = "SE" }', default_factory=dict
    )
    articles: ArticlesSettings | None = key('articles = { missing = "create" }', default=None)
    target: Literal["draft", "order"] | None = key('target = "order"', default=None)

    @field_validator("company")
    @classmethod
    def _leads_somewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "skip" in info.data and (value is None) != info.data["skip"]:
            raise ValueError(
                "is missing"
                if value is None
                else "goes with skip = true, which leaves the deals out; keep one of them"
            )
        return value


class VatSettings(Section):
    """What decides the VAT and stands in neither system: kinds of sale are those of the table of Swedish rates."""

    category_by_article: Mapping[Text, Category] = key(
        'category_by_article = { "BYGG-TIM" = "construction" }', default_factory=dict
    )
    category_by_family: Mapping[Text, Category] = key(
        'category_by_family = { "Livsmedel" = "food" }', default_factory=dict
    )
    eu_consumers_over_limit: bool | None = key("eu_consumers_over_limit = false", default=None)
    private_prices_are_net: bool = key("private_prices_are_net = false", default=False)
    texts: Literal["rows", "ledger"] = key('texts = "rows"', default="rows")


class MatchSettings(Section):
    """How the customer of an account is found: these steps, in this order; the first that finds anybody decides."""

    steps: Steps = key(
        'steps = ["link", "key", "orgnr", "vat_number", "customer_number"]',
        default=("link", "key", "orgnr", "vat_number", "customer_number"),
    )

    @field_validator("steps")
    @classmethod
    def _has_each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("must name at least one step, and each only once")
        return value


class CustomersSettings(Section):
    """Who becomes a customer of the company, beyond an account with one currency."""

    contact_only: Literal["hold", "private"] = key('contact_only = "hold"', default="hold")
    per_currency: Literal["hold", "create"] = key('per_currency = "hold"', default="hold")
    numbers: Literal["spiris", "salesforce"] = key('numbers = "spiris"', default="spiris")


class OwnershipSettings(Section):
    """Who wins when both sides changed a customer field; a field without its own rule follows `default`."""

    default: Owner = key('default = "salesforce"', default="salesforce")
    name: Owner | None = key('name = "salesforce"', default=None)
    orgnr: Owner | None = key('orgnr = "salesforce"', default=None)
    vat_number: Owner | None = key('vat_number = "salesforce"', default=None)
    street: Owner | None = key('street = "salesforce"', default=None)
    postal_code: Owner | None = key('postal_code = "salesforce"', default=None)
    city: Owner | None = key('city = "salesforce"', default=None)
    country: Owner | None = key('country = "salesforce"', default=None)
    email: Owner | None = key('email = "spiris"', default=None)
    phone: Owner | None = key('phone = "spiris"', default=None)


class CompanySettings(Section):
    """One company with its own books. `orgnr` has ten digits, however it was written; `name` is what reports call it."""

    ledger: Literal["spiris", "fortnox"] = key('ledger = "spiris"', default="spiris")
    environment: Environment = key('environment = "production"', default="production")
    base_url: Address | None = key('base_url = "http://127.0.0.1:8702"', default=None)
    orgnr: Text = key('orgnr = "556012-5790"')
    name: Text | None = key('name = "Exempel AB"', default=None)
    client_id: Text = key('client_id = "yourapp"')
    client_secret: Secret = key('client_secret = "env:SPIRIS_CLIENT_SECRET"')
    redirect_uri: Address = key(f'redirect_uri = "{_CALLBACK}"', default=_CALLBACK)
    target: Literal["draft", "order"] = key('target = "draft"', default="draft")
    currency: Currency = key('currency = "SEK"', default="SEK")
    default_terms_days: int = key("default_terms_days = 30", default=30, ge=0, le=365)
    marker: MarkerSettings = key('field = "OurReference"', default_factory=dict)
    articles: ArticlesSettings = key('missing = "hold"', default_factory=dict)
    vat: VatSettings = key('texts = "rows"', default_factory=dict)
    personal_numbers: Literal["optional", "required"] = key(
        'personal_numbers = "optional"', default="optional"
    )
    customers: CustomersSettings = key('contact_only = "hold"', default_factory=dict)
    match: MatchSettings = key('steps = ["link", "orgnr"]', default_factory=dict)
    ownership: OwnershipSettings = key('default = "salesforce"', default_factory=dict)

    @field_validator("ledger")
    @classmethod
    def _ledger_is_supported(cls, value: str) -> str:
        if value != "spiris":
            raise ValueError(f'"{value}" is not supported by this version; use ledger = "spiris"')
        return value

    @field_validator("base_url")
    @classmethod
    def _fits_environment(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _local_address(value, info)

    @field_validator("orgnr")
    @classmethod
    def _is_a_number(cls, value: str, info: ValidationInfo) -> str:
        finding = orgnr.parse(value, today=frame(info).today)
        if finding.canonical is None:
            raise ValueError(f"is not an organisation number: {finding.reason}")
        return re.sub(r"\D", "", finding.canonical)


class WriteBackSettings(Section):
    """What is written to Salesforce about invoices. `language` is that of sentences; codes and picklist values are names.

    `bulk_above` is Salesforce's own advice on when a job is worth its waiting: Bulk API 2.0 Developer Guide, introduction (read
    November 2026). Below it, ten calls of 200 records are sooner done.
    """

    invoice_object: bool = key("invoice_object = true", default=True)
    account_summary: bool = key("account_summary = true", default=True)
    deal_status: bool = key("deal_status = true", default=True)
    language: Literal["en", "sv"] = key('language = "sv"', default="en")
    bulk_above: int = key("bulk_above = 2000", default=2000, ge=200)
    invoice_ready: bool = key("invoice_ready = false", default=False)
    invoice_ready_days: int = key("invoice_ready_days = 90", default=90, ge=0, le=3650)
    attachments: Literal["off", "pdf"] = key('attachments = "pdf"', default="off")
    ledger_links: bool = key("ledger_links = true", default=True)


class FlowSettings(Section):
    """Whether a flow runs: `push` makes drafts of won deals, `pull` brings their status back. Off, it asks nothing of anybody."""

    enabled: bool = key("enabled = true", default=True)


class ReviewSettings(Section):
    """Who looks at deals that wait. `owner` is a person or a mailbox; each held deal is theirs until it is assigned to somebody."""

    owner: Text | None = key('owner = "Karin Berg, ekonomi"', default=None)


def _entries(value: object) -> object:
    if not isinstance(value, list):
        raise ValueError("is not a list of tables; write it with double brackets")  # noqa: TRY004 - pydantic's protocol
    return tuple(value)


class Settings(Section):
    """The whole configuration. Every path in it is absolute; secrets are references until `secrets.resolve`.

    `extends` names the file that this one goes over; `layers` has read it before anything is judged here.
    """

    extends: Text | None = key('extends = "sfspiris.toml"', default=None)
    version: Literal[1] = key("version = 1")
    mode: Literal["active", "read-only"] = key('mode = "active"', default="active")
    start_date: Day | None = key("start_date = 2026-11-01", default=None)
    state: StateSettings = key("[state]", default_factory=dict)
    secrets: SecretsSettings = key("[secrets]", default_factory=dict)
    limits: LimitsSettings = key("[limits]", default_factory=dict)
    salesforce: SalesforceSettings = key("[salesforce]")
    source: SourceSettings = key("[source]", default_factory=dict)
    companies: Mapping[CompanyKey, CompanySettings] = key("[companies.se]")
    routes: Annotated[tuple[RouteSettings, ...], BeforeValidator(_entries)] = key("[[routes]]")
    write_back: WriteBackSettings = key("[write_back]", default_factory=dict)
    push: FlowSettings = key("[push]", default_factory=dict)
    pull: FlowSettings = key("[pull]", default_factory=dict)
    review: ReviewSettings = key("[review]", default_factory=dict)
    _folder: Path = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Remember where the file stood, for the paths and commands of secrets."""
        place: Frame = context
        self._folder = place.folder

    @field_validator("companies", "routes")
    @classmethod
    def _has_some(cls, value: Any) -> Any:
        if not value:
            raise ValueError("is empty, so that no deal could be invoiced")
        return value

    @property
    def folder(self) -> Path:
        """The folder of the configuration file."""
        return self._folder

    @property
    def is_read_only(self) -> bool:
        """Whether every write is refused in the HTTP layer."""
        return self.mode == "read-only"

    @property
    def state_file(self) -> Path:
        """The state's file."""
        return state_file(self.state.url, base=self._folder)


def usual_login(environment: object, base_url: str | None) -> str:
    """Where a user of such an org signs in, unless the configuration says otherwise."""
    if environment == "local":
        return base_url or _CALLBACK  # a missing base_url is told by itself
    return _SANDBOX_LOGIN if environment == "sandbox" else _PRODUCTION_LOGIN


def _local_address(value: str | None, info: ValidationInfo) -> str | None:
    """Keep the local sandbox and the real systems apart by their addresses."""
    is_local = info.data.get("environment") == "local"
    if is_local and value is None:
        raise ValueError(
            'is needed by environment = "local": the sandbox\'s address, as `sandbox up` prints it'
        )
    if is_local and value is not None and not is_loopback(value):
        raise ValueError('leaves this machine, but environment = "local" must not')
    if value is not None and "environment" in info.data and not is_local:
        raise ValueError('belongs to environment = "local" only; the real systems\' addresses are known')
    return value
