"""The facts of a run as documents: what `--json` prints, and what every other report lays out.

Field names are a promise to pipelines (schema version 1): fields may be added, never renamed or removed. Every text that
somebody else wrote is cleaned and masked when a document is built or read, so that no layout can forget it.
Amounts are decimal strings in major units of the currency beside them; times are UTC, to the second.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from sfspiris.core.drift import ApartReason, DriftClass, Symbol
from sfspiris.core.money import Money, decimals_of
from sfspiris.core.outcome import Outcome, RunStatus
from sfspiris.core.siecheck import SieClass
from sfspiris.report.clean import private, safe_url, visible
from sfspiris.report.values import value_words

SCHEMA_VERSION: Final = 1
_MONEY_DECIMALS: Final = 2

Kind = Literal[
    "create_customer",
    "update_customer",
    "create_article",
    "create_draft",
    "update_draft",
    "delete_draft",
    "create_order",
    "update_order",
    "delete_order",
    "write_invoice",
    "write_account",
    "write_readiness",
    "write_deal",
    "attach_pdf",
    "adopt",
]
IN_CRM: Final = frozenset({"write_deal", "write_invoice", "write_account", "write_readiness", "attach_pdf"})
"""What only shows in the CRM how the ledgers stand."""

Mode = Literal["dry-run", "apply"]


def _words(text: str) -> str:
    return private(visible(text))


def _whole_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def money_text(amount: Decimal) -> str:
    """An amount as documents carry it: decimal point, no thousands, at least two decimals, no negative zero."""
    return f"{amount + 0:.{max(_MONEY_DECIMALS, decimals_of(amount))}f}"


def _is_none(value: object) -> bool:
    return value is None


def amount_words(value: str | None, currency: str | None) -> str | None:
    """An amount that is told to programs, the Swedish way for people; any other text as it is."""
    return value if value is None or currency is None else str(Money(Decimal(value), currency))


def _number(value: Decimal) -> str:
    return f"{value.normalize() + 0:f}"


Words = Annotated[str, AfterValidator(_words)]
"""Text that somebody wrote: one line, masked."""

Id = Annotated[str, AfterValidator(visible)]
"""A record's id or a code: never masked, since it is what people search for."""

Url = Annotated[str | None, AfterValidator(safe_url)]
Moment = Annotated[
    datetime,
    AfterValidator(_whole_second),
    PlainSerializer(_stamp, return_type=str),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
    ),
]
Amount = Annotated[
    Decimal,
    PlainSerializer(money_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{2,}$"}),
]
Number = Annotated[
    Decimal,
    PlainSerializer(_number, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
]


class Facts(BaseModel):
    """A part of a document: frozen, and tolerant of fields that a newer version added."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)


class Links(Facts):
    """Where a person sees the record in a browser."""

    salesforce: Url = None
    spiris: Url = None


class ChangeFacts(Facts):
    """One field before and after; null is empty or not there. Money is a decimal string with its currency beside it."""

    field: Words
    before: Words | None
    after: Words | None
    currency: str | None = Field(default=None, exclude_if=_is_none)

    @property
    def was(self) -> str | None:
        """What was there, as a person reads it."""
        return self._read(self.before)

    @property
    def becomes(self) -> str | None:
        """What is there then, as a person reads it."""
        return self._read(self.after)

    def _read(self, value: str | None) -> str | None:
        told = amount_words(value, self.currency)
        return told and value_words(self.field, told)


class CustomerFacts(Facts):
    """Who is invoiced: `new` is made by the action `action`, `existing` was found by `evidence`."""

    name: Words
    state: Literal["new", "existing"]
    id: Id | None = None
    number: Id | None = None
    evidence: Words | None = None
    action: Id | None = None


class RateFacts(Facts):
    """One VAT rate in percent: the net sold at it and the VAT on that."""

    rate: Number
    net: Amount
    vat: Amount


class TotalsFacts(Facts):
    """What the ledger is expected to arrive at: `net` + `vat` + `rounding` = `total`."""

    currency: Id
    net: Amount
    vat: Amount
    rounding: Amount
    total: Amount
    rates: tuple[RateFacts, ...]


class RowFacts(Facts):
    """One row of a draft; a row that only carries words has no numbers. `net` is after discount, in the draft's currency."""

    text: Words
    article: Words | None = None
    quantity: Number | None = None
    unit_price: Amount | None = None
    discount_percent: Number | None = None
    vat_rate: Number | None = None
    vat_treatment: Id | None = None
    net: Amount | None = None


class DraftFacts(Facts):
    """An invoice draft. `deal_net` is what the Deal's lines come to, for comparison with `totals.net`.

    `vat_reasons` say why rows carry no VAT: the rule, the buyer's VAT number and where it is declared.
    """

    invoice_date: date
    delivery_date: date | None
    payment_terms_days: int | None
    our_reference: Words | None
    your_reference: Words | None
    purchase_order: Words | None
    marker: Words
    deal_net: Amount
    totals: TotalsFacts
    vat_reasons: tuple[Words, ...] = ()
    rows: tuple[RowFacts, ...]


class ConversionFacts(Facts):
    """Salesforce's own rate of a deal in a foreign currency: units of the deal's currency per one unit of `corporate`.

    `valid_from` is null for a rate that Salesforce keeps without a day; `net` is the deal's net in `corporate`. It only
    informs: what an invoice comes to in the books is the ledger's to say, once it is booked.
    """

    corporate: Id
    rate: Number
    valid_from: date | None
    net: Amount


class InvoiceFacts(Facts):
    """An invoice or credit note as the ledger has it: what was asked for, what has come in and what is still open.

    `exchange_rate` is the ledger's, books' currency per unit of `currency`, as booked on `invoice_date`, and
    `total_in_books` what the total comes to by it; both only of an invoice for which the ledger tells a rate. A credit note names
    the number of the invoice that it credits, where it credits one.
    """

    number: Id
    status: Words
    invoice_date: date
    due_date: date | None
    currency: Id
    total: Amount
    paid: Amount
    credited: Amount
    remaining: Amount
    is_credit_note: bool = False
    credits_invoice: Id | None = None
    exchange_rate: Number | None = Field(default=None, exclude_if=_is_none)
    total_in_books: Amount | None = Field(default=None, exclude_if=_is_none)


class ActionFacts(Facts):
    """One intended effect and what became of it.

    An action that was found done by an earlier, broken run has the kind `adopt`, and `adopted` names what it was meant to
    be. `net` is the net of the document that the action makes or finds, in `currency`.
    """

    id: Id
    kind: Kind
    adopted: Kind | None = None
    deal: Id | None
    deal_name: Words | None = None
    company: Id | None
    target_id: Id | None
    outcome: Outcome
    correlation_id: Id | None
    changes: tuple[ChangeFacts, ...]
    net: Amount | None = None
    currency: Id | None = None
    customer: CustomerFacts | None = None
    draft: DraftFacts | None = None
    invoice: InvoiceFacts | None = Field(default=None, exclude_if=_is_none)
    conversion: ConversionFacts | None = Field(default=None, exclude_if=_is_none)
    links: Links = Links()

    @property
    def intended(self) -> Kind:
        """What the action was meant to do, whoever did it in the end."""
        return self.adopted or self.kind


class VersionFacts(Facts):
    """One field of a draft that a person has edited: what we wrote, what Salesforce says and what Spiris says now."""

    field: Words
    written: Words | None
    salesforce: Words | None
    spiris: Words | None


class HoldFacts(Facts):
    """One reason why one Deal waits for a person, and since when; `versions` of each field where the two sides differ."""

    deal: Id
    deal_name: Words
    company: Id | None
    code: Id
    field: Words | None
    value: Words | None
    message: Words
    fix: Words
    owner: Words | None
    since: Moment
    links: Links
    versions: tuple[VersionFacts, ...] = ()
    correlation_id: Id | None = None
    currency: str | None = Field(default=None, exclude_if=_is_none)

    @property
    def shown(self) -> str | None:
        """The value as a person reads it."""
        return amount_words(self.value, self.currency)


class WarningFacts(Facts):
    """One finding that stopped nothing; `deal` is null when it concerns the whole run."""

    code: Id
    deal: Id | None
    message: Words


class Summary(Facts):
    """How many actions make, change or delete something in a ledger, and how many Deals were left as they are.

    `create`, `update` and `delete` count what is planned or done; what an earlier run had made (`adopt`) is not counted
    again. A `write_deal` only mirrors on the Deal where it stands, so it is never an update. `unchanged` and `held` count
    Deals, `failed` counts actions that were refused or whose outcome is unknown, `out_of_scope` Deals that a route with
    `skip` leaves out, `beyond_limit` Deals that are ready too and that `--limit` left for another run.
    """

    create: int
    update: int
    delete: int
    unchanged: int
    held: int
    failed: int
    out_of_scope: int = 0
    beyond_limit: int = 0


class ErrorFacts(Facts):
    """What happened and what to do next, under a stable code."""

    code: Id
    message: Words
    remedy: Words


class RunDocument(Facts):
    """Everything there is to tell about one run.

    `plan_hash` is a print of what is to be created, without times and outcomes: a dry run and the run that carried out
    the same plan have the same one. `companies` gives each company's name by its key. `stopped` is what ended the run
    before everything was tried; what was done until then is done.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: str
    run_id: Id
    mode: Mode
    status: RunStatus
    started_at: Moment
    finished_at: Moment
    stopped: ErrorFacts | None = None
    plan_hash: str
    companies: dict[Id, Words]
    summary: Summary
    actions: tuple[ActionFacts, ...]
    holds: tuple[HoldFacts, ...]
    warnings: tuple[WarningFacts, ...]
    api_calls: dict[str, int]

    @property
    def is_dry(self) -> bool:
        """Whether nothing was written."""
        return self.mode == "dry-run"

    @property
    def is_rehearsal(self) -> bool:
        """Whether something would have been written without --dry-run."""
        return self.is_dry


class FiguresFacts(Facts):
    """One currency's figures. Net: `sold` in Salesforce, `drafted`, `invoiced` and `credited` in Spiris.

    Gross: `billed` = `credited_gross` + `paid` + `remaining`. Credits are positive.
    """

    currency: Id
    sold: Amount
    drafted: Amount
    invoiced: Amount
    credited: Amount
    billed: Amount
    credited_gross: Amount
    paid: Amount
    remaining: Amount


class LockFacts(Facts):
    """How far a company's books are locked, and whether the period is: `locked`, `partly` or `open`; null without a period."""

    company: Id
    locked_until: date | None
    period: Literal["locked", "partly", "open"] | None


class SavedItemFacts(Facts):
    """What one action of a saved plan is recognised by; see `core/planning/saved.py`. `content` is the print of the deal."""

    action: Id
    kind: Kind
    deal: Id
    company: Id | None
    intent: str
    content: str | None
    rests_on: str
    fields: dict[str, str]


class SavedFacts(Facts):
    """What must be the same for the plan to be carried out. `seal` is a print of the whole file."""

    version: Literal[1] = 1
    org: str
    companies: dict[str, str]
    rules: str
    asked: bool
    fresh: bool
    deals: tuple[Id, ...]
    items: tuple[SavedItemFacts, ...]
    seal: str


class PlanDocument(RunDocument):
    """A dry run that was saved, for `sfspiris apply`."""

    saved: SavedFacts


class LineFacts(Facts):
    """One comparison; `salesforce` and `spiris` are the two values of a field that differs.

    `code` is the gravest class of difference, `also` the others, `reasons` the hold codes of a Deal without a document,
    `fix` the next step, and `figures` what the line adds to the sums.
    """

    symbol: Symbol
    code: DriftClass | None = None
    also: tuple[DriftClass, ...] = ()
    deal: Id | None
    deal_name: Words | None
    company: Id | None
    document_id: Id | None
    document_number: Id | None
    field: Words | None
    salesforce: Words | None
    spiris: Words | None
    message: Words
    reasons: tuple[Id, ...] = ()
    fix: Words | None = None
    figures: tuple[FiguresFacts, ...] = ()
    settled: bool = False
    links: Links = Links()


class SumFacts(Facts):
    """The net of one company and currency on both sides; `difference` is what Spiris has more.

    `company` is empty for Deals that go to none. `figures` are what both sides are made of.
    """

    company: Id
    currency: Id
    salesforce: Amount
    spiris: Amount
    difference: Amount
    figures: FiguresFacts | None = None


class ApartFacts(Facts):
    """Documents in Spiris that no sum counts, with the reason; `net` is less what was credited of them."""

    company: Id
    reason: ApartReason
    currency: Id
    documents: int
    net: Amount


class SieLineFacts(Facts):
    """One difference between a SIE file and the ledger."""

    code: SieClass
    invoice_number: Id | None
    voucher: Id | None
    in_file: Words | None
    in_ledger: Words | None
    message: Words
    fix: Words


class SieFacts(Facts):
    """A company's invoices held against a SIE file, in the currency of the books; `start` and `end` are its days.

    `invoiced_*` are the invoices less the credit notes of those days, `receivables_*` what customers owe at the end of the file, and now.
    """

    company: Id
    currency: Id
    start: date
    end: date
    vouchers: int
    matched: int
    invoiced_in_file: Amount
    invoiced_in_ledger: Amount
    receivables_in_file: Amount
    receivables_in_ledger: Amount
    lines: tuple[SieLineFacts, ...]


class Counts(Facts):
    """How many lines there are of each symbol: `=`, `+`, `-`, `*`, `!`; `settled` are those among them for which a person gave the reason."""

    same: int
    only_in_salesforce: int
    only_in_spiris: int
    differs: int
    unreadable: int
    settled: int = 0


class Period(Facts):
    """Swedish days, both included; null is open."""

    start: date | None
    end: date | None


class ReconcileDocument(RunDocument):
    """A run that compared both sides; its `actions` are what `--fix` repaired.

    `locks` tell how far the books are locked. `classes` counts the lines by their gravest difference. `reread` lines differed
    at first and were read a second time before they were told. `sie` is the cross-check against a SIE file. `apart` are Spiris'
    other documents of the period, which no sum counts.
    """

    period: Period
    locks: tuple[LockFacts, ...] = ()
    classes: dict[DriftClass, int] = {}
    reread: int = 0
    sie: SieFacts | None = None
    apart: tuple[ApartFacts, ...] = ()
    counts: Counts
    sums: tuple[SumFacts, ...]
    lines: tuple[LineFacts, ...]

    @property
    def is_rehearsal(self) -> bool:
        """Whether something would have been put right without --dry-run; to compare never writes."""
        return self.is_dry and bool(self.actions)


class FailureDocument(Facts):
    """What a command prints that could not do its work at all."""

    schema_version: Literal[1] = SCHEMA_VERSION
    error: ErrorFacts


class RuleFacts(Facts):
    """How many Deals one rule would hold, and what the rule is about."""

    code: Id
    title: str
    deals: int


class OwnerFacts(Facts):
    """How many of one owner's Deals would be held, and by which rules; `owner` is null where nobody owns them."""

    owner: Words | None
    deals: int
    codes: tuple[Id, ...]


class PreflightDocument(RunDocument):
    """Every open and won Deal judged as if it were pushed now. `actions` are what would be made; nothing was written.

    `checked` counts all Deals, `open_deals` are the ids of those that are not won yet.
    """

    checked: int
    open_deals: tuple[Id, ...]
    by_rule: tuple[RuleFacts, ...]
    by_owner: tuple[OwnerFacts, ...]


class StartDocument(Facts):
    """What `sfspiris init` wrote, and the next steps in order."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["init"] = "init"
    path: str
    mode: Literal["read-only"]
    next: tuple[str, ...]


SettingValue = bool | int | Id | tuple[Id, ...] | None


class ConfigFileFacts(Facts):
    """One file that the configuration was read from. `sha256` is that of the file alone."""

    file: Id
    sha256: str


class OriginFacts(Facts):
    """The value of a setting, null where there is none, and where it comes from.

    `source` is "file" (then `file` and `line` say where), "default", "option" (--state or SFSPIRIS_STATE) or "absent": this
    configuration has no such company, route or entry.
    """

    value: SettingValue
    source: Literal["file", "default", "option", "absent"]
    file: Id | None = None
    line: int | None = None

    @property
    def place(self) -> str:
        """Where the value comes from, for people; the file by its name, since all of one configuration stand in one folder."""
        if self.source == "file" and self.file:
            return f"{Path(self.file).name}:{self.line}"
        return {"default": "default", "option": "--state or SFSPIRIS_STATE"}.get(self.source, "")


class SettingFacts(OriginFacts):
    """One setting by its dotted name, entries of lists counted from 1; `table` is the table that it stands in, empty at the top."""

    key: Id
    table: Id


class ConfigDocument(Facts):
    """What `sfspiris config show --json` prints: the files, the lowest first, and every setting in force.

    `sha256` is the checksum by which the processing history names the configuration.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["config show"] = "config show"
    files: tuple[ConfigFileFacts, ...]
    sha256: str
    settings: tuple[SettingFacts, ...]


class ConfigSideFacts(Facts):
    """One of two configurations that are compared: its files, the lowest first, and its checksum."""

    files: tuple[ConfigFileFacts, ...]
    sha256: str


class ConfigDifferenceFacts(Facts):
    """One setting that is not the same. Where both values read alike, they are secrets or commands that differ."""

    key: Id
    a: OriginFacts
    b: OriginFacts


class ConfigDiffDocument(Facts):
    """What `sfspiris config diff --json` prints."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["config diff"] = "config diff"
    a: ConfigSideFacts
    b: ConfigSideFacts
    differences: tuple[ConfigDifferenceFacts, ...]


SCHEMAS: Final[Mapping[str, type[Facts]]] = {
    "run": RunDocument,
    "plan": PlanDocument,
    "reconcile": ReconcileDocument,
    "preflight": PreflightDocument,
    "error": FailureDocument,
    "config-show": ConfigDocument,
    "config-diff": ConfigDiffDocument,
}
"""The documents of runs and failures; `report.json.SHIPPED` has all whose JSON Schema ships with the package."""
