"""What we ask of the CRM."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sfspiris.core.conversion import Conversion
    from sfspiris.core.explain import SourceSeen
    from sfspiris.core.model import Buyer, Deal, Readiness, SyncState
    from sfspiris.core.receivables import AccountSummary, InvoiceRecord, Value


class Reach(Enum):
    """How far a reading goes beyond the won deals."""

    WON = "won"  # deals that pass the configured gate
    OPEN = "open"  # deals that are neither won nor lost yet, whatever the gate says
    ANY = "any"  # every deal


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deals to read; the conditions add up. Unless `reach` says otherwise, all of them pass the configured gate.

    `changed_since` is inclusive, in UTC, and counts a change of the deal's account as well. `closed_from` and `closed_to` are calendar days, both inclusive. `ids` may have
    15 or 18 characters.
    """

    changed_since: datetime | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    ids: tuple[str, ...] | None = None
    reach: Reach = Reach.WON


@dataclass(frozen=True, slots=True)
class DealBatch:
    """All deals of one reading, complete, ordered by (changed_at, id), and the CRM's own time when reading began."""

    deals: tuple[Deal, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class DealUpdate:
    """What to write on one deal about its invoicing, and when (UTC) it was found out.

    `clear_retry` takes away the mark by which sales asked for another try.
    """

    deal_id: str
    sync: SyncState
    at: datetime
    clear_retry: bool = False


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one record's update: `error` is None when it was saved, else the CRM's code and sentence.

    `deal_id` is the key of what was written: a deal's or an account's id, or an invoice's external id.
    """

    deal_id: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Showing:
    """What the CRM shows of invoices, by external id, and of accounts, by id, as `core.receivables.values` would tell it.

    `gone` are the external ids of invoices that somebody has deleted there; `read_at` is the CRM's time when reading began.
    """

    invoices: Mapping[str, Mapping[str, Value]]
    accounts: Mapping[str, Mapping[str, Value]]
    gone: frozenset[str]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceFiles:
    """Where the prints of one invoice belong in the CRM: its record, the document that they are versions of, and their names.

    `record_id` is None when the CRM does not show the invoice, `document_id` when it has no print of it yet.
    """

    record_id: str | None
    document_id: str | None
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to put beside a record, or, when `document_id` is given, in place of the document's latest version."""

    name: str
    title: str
    content: bytes
    record_id: str
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """How one deal stands, whether or not it is won; `is_deleted` when it lies in the recycle bin."""

    deal_id: str
    name: str
    stage: str
    is_deleted: bool
    owner_name: str | None
    sync: SyncState


@dataclass(frozen=True, slots=True)
class Witness:
    """A deal on which some run has said that it makes, or made, a document of it; `company` where the CRM has a field for that.

    `correlation_id` is what it said; a copy of the deal says the same. `at` is when (UTC) the deal was last changed, by whomever.
    """

    deal_id: str
    correlation_id: str
    company: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownDeal:
    """A deal as people call it, and the stage that it is in."""

    name: str
    stage: str

    def __str__(self) -> str:
        """For a sentence about it: `Hissar (Closed Lost)`."""
        return f"{self.name} ({self.stage})"


class Crm(Protocol):
    """A CRM that won deals are read from and status is written back to.

    Reads raise Unreachable, OutOfQuota, BrokenReply, SignInNeeded or ConfigError and are retried inside where that is safe.
    """

    @property
    def org_id(self) -> str:
        """The org that the sign-in opened."""

    @property
    def calls(self) -> int:
        """Requests sent so far, for the cost line of a run."""

    def field_names(self) -> Mapping[str, str]:
        """Our field names → the CRM's, for messages."""

    def record_url(self, record_id: str) -> str:
        """Where a person sees the record in a browser."""

    def read_deals(self, selection: Selection) -> DealBatch:
        """All matching won deals with lines, buyer and owner; complete, or an error."""

    def trace(self, deal_id: str) -> tuple[SourceSeen, ...]:
        """Where each of our fields looked for the deal's values and which place won; empty for an unknown deal."""

    def exist(self, ids: Iterable[str]) -> Mapping[str, KnownDeal]:
        """Of these deal ids (15 or 18 characters), those the CRM knows, by their long form, each with its name and stage."""

    def fates(
        self, *, changed_since: datetime | None = None, ids: Iterable[str] | None = None
    ) -> tuple[Fate, ...]:
        """How deals stand, won or not, deleted ones too: all changed since (UTC), or those with these ids.

        What is not there is not told: nothing follows from a deal that is missing here.
        """

    def witnesses(self, *, changed_since: datetime | None) -> tuple[Witness, ...]:
        """The deals, won or not, deleted ones too, on which a run has borne witness, and that were changed since (UTC).

        With None, the 200 that were changed last. None at all where the CRM has no field for it.
        """

    def shortcomings(self) -> tuple[str, ...]:
        """What the CRM lacks that a run can do without, each in a sentence for people."""

    def sync_fields(self) -> frozenset[str]:
        """The parts of a SyncState (by our names) that the CRM has fields for and lets us write."""

    def missing_sync_fields(self) -> tuple[str, ...]:
        """The CRM's names of status fields that do not exist or cannot be written; those are left out of updates."""

    def receivable_fields(self) -> tuple[frozenset[str], frozenset[str]]:
        """The fields of an InvoiceRecord and of an AccountSummary (by our names) that the CRM has and lets us write.

        None at all where it has no place for invoices, or for an account's sums.
        """

    def missing_receivable_fields(self, *, invoices: bool, accounts: bool) -> tuple[str, ...]:
        """The CRM's names of fields of invoices and of accounts' sums, where wanted, that it lacks or does not let us write."""

    def read_invoices(self) -> Mapping[str, Mapping[str, Value]]:
        """Every invoice that the CRM shows, by external id, as `core.receivables.values` would tell it."""

    def read_accounts(self, accounts: Iterable[str]) -> Mapping[str, Mapping[str, Value]]:
        """What the CRM shows of these accounts, likewise; those it does not know are left out."""

    def read_shown(self, *, changed_since: datetime | None, accounts: Iterable[str] = ()) -> Showing:
        """Invoices and accounts' sums that anybody, we too, has changed since (UTC); with None, all of them.

        An account that shows nothing is left out; `accounts`, with None, names those that are told of in any case.
        """

    def invoices_at_once(self, count: int) -> int:
        """How many invoices one call of `write_invoices` should be given when `count` are to be shown.

        What is noted as shown after each call is not written again by a run that follows one that was cut off.
        """

    def conversions(self, wanted: Iterable[tuple[str, date]]) -> Mapping[tuple[str, date], Conversion]:
        """The CRM's own rate for each of these currencies on its day; without an entry where it has none."""

    def write_readiness(self, told: Sequence[tuple[str, Readiness]]) -> list[WriteResult]:
        """Tell open deals, by id, whether they could be invoiced, in the order given; told per deal."""

    def is_account(self, buyer_id: str) -> bool:
        """Whether a buyer is an account; a private person who buys without one is a contact, and has no sums there."""

    def write_invoices(self, records: Sequence[InvoiceRecord]) -> list[WriteResult]:
        """Show these invoices, each in place of what was shown of it, in the order given; told per record."""

    def write_accounts(self, summaries: Sequence[AccountSummary]) -> list[WriteResult]:
        """Show what these accounts owe, in the order given; told per account."""

    def files_unavailable(self) -> str | None:
        """Why files cannot be put beside records, in a sentence; None when they can."""

    def invoice_files(self, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, InvoiceFiles]:
        """What prints the CRM has of the invoices with these external ids, looked for by the file names given for each."""

    def file_names(self, names: Sequence[str]) -> Mapping[str, str]:
        """The documents that have a version with one of these file names, by name."""

    def attach(self, file: NewFile) -> str:
        """Put a file there and give its id.

        Sent at most once per call, and raises as a create in a ledger does; ConfigError when the CRM refused the file.
        """

    def write_deals(self, updates: Sequence[DealUpdate]) -> list[WriteResult]:
        """Write status to the deals, in the order given; partial failure is normal and told per deal."""

    def read_buyers(self, ids: Iterable[str] | None = None) -> tuple[Buyer, ...]:
        """Every account that the CRM shows us, or those with these ids (15 or 18 characters), by id.

        A field that the operator feeds from the deal is empty here. What is not there is not told.
        """

    def write_customer_numbers(self, numbers: Mapping[str, str | None]) -> list[WriteResult]:
        """Write the customer's number, or that there is none, on these accounts and nothing else; told per account."""
