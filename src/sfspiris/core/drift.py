"""What the comparison of Deal, document, payments and links found: one line per record, one symbol and one class per line."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.core.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.siecheck import SieCheck


class Symbol(StrEnum):
    """How both sides stand to each other, in the five signs that rclone's `check --combined` made common."""

    SAME = "="
    ONLY_IN_CRM = "+"
    ONLY_IN_LEDGER = "-"
    DIFFERS = "*"
    UNREADABLE = "!"


class DriftClass(StrEnum):
    """What kind of difference a line tells, gravest first; stable names for filters: add, never rename."""

    UNREADABLE = "UNREADABLE"  # a company's books did not answer
    MISSING_IN_SPIRIS = "MISSING_IN_SPIRIS"  # a won Deal without a document
    MISSING_IN_SALESFORCE = "MISSING_IN_SALESFORCE"  # our document, without a won Deal
    WITHOUT_DEAL = (
        "WITHOUT_DEAL"  # made by hand for a customer that the CRM knows, and no Deal stands behind it
    )
    TWIN_DOCUMENT = "TWIN_DOCUMENT"  # one Deal with several documents
    CURRENCY = "CURRENCY"
    AMOUNT = "AMOUNT"  # net
    VAT = "VAT"
    CREDITED = "CREDITED"  # what was invoiced has been taken back, in part or whole
    CUSTOMER = "CUSTOMER"  # made out to somebody else
    COMPANY = "COMPANY"  # in other books than the Deal goes to now
    LINK = "LINK"  # our memory, or the Deal, points elsewhere or nowhere
    PAYMENT = "PAYMENT"  # the CRM shows other payments, or owed sums
    STATUS = "STATUS"  # the Deal, or the CRM's record of an invoice or account, tells another status


SYMBOLS: Final[Mapping[DriftClass, Symbol]] = {
    DriftClass.UNREADABLE: Symbol.UNREADABLE,
    DriftClass.MISSING_IN_SPIRIS: Symbol.ONLY_IN_CRM,
    DriftClass.MISSING_IN_SALESFORCE: Symbol.ONLY_IN_LEDGER,
    DriftClass.WITHOUT_DEAL: Symbol.ONLY_IN_LEDGER,
}
"""The symbol of each class that is not simply a difference."""

REPAIRABLE: Final = frozenset({DriftClass.LINK, DriftClass.PAYMENT, DriftClass.STATUS})
"""What can be put right without touching a document: the ledger is right, and we or the CRM say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One currency's figures of a Deal or of many. Net: `sold` as the CRM has it, `drafted`, `invoiced`, `credited`.

    Gross: `billed` on invoices, of which `credited_gross` has been credited, `paid` has come in as money and `remaining` is
    open: `billed` = `credited_gross` + `paid` + `remaining`. Credits are positive.
    """

    currency: str
    sold: Decimal = ZERO
    drafted: Decimal = ZERO
    invoiced: Decimal = ZERO
    credited: Decimal = ZERO
    billed: Decimal = ZERO
    credited_gross: Decimal = ZERO
    paid: Decimal = ZERO
    remaining: Decimal = ZERO

    @property
    def in_ledger(self) -> Decimal:
        """Net of what stands in the ledger: drafts and invoices less what was credited."""
        return self.drafted + self.invoiced - self.credited

    def __add__(self, other: Figures) -> Figures:
        """Both together. Raises ValueError for two currencies, which are never added."""
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never added up")
        amounts = [one.name for one in fields(self) if one.name != "currency"]
        return Figures(
            currency=self.currency, **{name: getattr(self, name) + getattr(other, name) for name in amounts}
        )


def by_currency(figures: Iterable[Figures]) -> tuple[Figures, ...]:
    """The sums of each currency, in the currencies' order."""
    found: dict[str, Figures] = {}
    for one in figures:
        found[one.currency] = found[one.currency] + one if one.currency in found else one
    return tuple(found[currency] for currency in sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One record compared. `crm_value` and `ledger_value` are set where one field differs, and say it as a person reads it.

    `code` is the gravest class of difference and `also` are the others; a line of agreement has none. `reasons` are the hold
    codes for which a Deal has no document. `fix` is the next step. `deal_id` is None for a document without a Deal,
    `document_id` None for a Deal without a document. `record` is the CRM's record of an invoice or account that no Deal has:
    its external id or its id. `is_settled` says that a person gave the reason, so that what is missing on one side is shown and
    is no difference.
    """

    symbol: Symbol
    message: str
    code: DriftClass | None = None
    also: tuple[DriftClass, ...] = ()
    deal_id: str | None = None
    deal_name: str | None = None
    company: str | None = None
    document_id: str | None = None
    document_number: str | None = None
    field: str | None = None
    crm_value: str | None = None
    ledger_value: str | None = None
    reasons: tuple[str, ...] = ()
    fix: str | None = None
    figures: tuple[Figures, ...] = ()
    record: str | None = None
    is_settled: bool = False

    @property
    def codes(self) -> tuple[DriftClass, ...]:
        """All classes, gravest first."""
        return (self.code, *self.also) if self.code is not None else ()

    def is_settled_by(self, put_right: Collection[str]) -> bool:
        """Whether nothing is left of it: both sides agreed, or all of it could be put right and its Deal or record was."""
        if self.symbol is Symbol.SAME or self.is_settled:
            return True
        return (
            bool(self.codes) and set(self.codes) <= REPAIRABLE and (self.record or self.deal_id) in put_right
        )


@dataclass(frozen=True, slots=True)
class ComparedSum:
    """The net of everything compared for one company and currency, as each side has it, and what it is made of.

    `company` is empty for Deals that go to none.
    """

    company: str
    currency: str
    crm: Decimal = ZERO
    ledger: Decimal = ZERO
    figures: Figures | None = None

    @property
    def difference(self) -> Decimal:
        """How much more the ledger has than the CRM; zero when the books agree."""
        return self.ledger - self.crm


@dataclass(frozen=True, slots=True)
class BooksLock:
    """How far a company's books are locked: through `until`, and in the financial years `years` (first and last day)."""

    company: str
    until: date | None = None
    years: tuple[tuple[date, date], ...] = ()

    def covers(self, day: date) -> bool:
        """Whether nothing can be booked on the day any more."""
        is_before = self.until is not None and day <= self.until
        return is_before or any(first <= day <= last for first, last in self.years)

    @property
    def last(self) -> date | None:
        """The last locked day; None when all is open."""
        ends = [last for _, last in self.years]
        return max([*ends, self.until] if self.until else ends, default=None)


class ApartReason(StrEnum):
    """Why a document of the ledger is no part of the comparison; stable names: add, never rename."""

    NO_ACCOUNT = "no_account"  # its customer is linked to nobody in the CRM
    BEFORE_START = "before_start"  # dated before the first day that counts
    OTHER_ORG = "other_org"  # it carries the marker of another org's Deal


@dataclass(frozen=True, slots=True)
class Apart:
    """So many documents of one company and currency stand apart for one reason. `net` is less what was credited of them."""

    company: str
    reason: ApartReason
    currency: str
    documents: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All lines in a stable order, and the sums of both sides.

    `start` and `end` are the Swedish days of the period, both included; None where the period is open. `reread` counts the
    records that were read a second time because they differed at first. `sie` is the cross-check against a SIE file. `apart` are
    the ledger's other documents of the period, which no sum counts.
    """

    lines: tuple[Drift, ...]
    sums: tuple[ComparedSum, ...] = ()
    start: date | None = None
    end: date | None = None
    locks: tuple[BooksLock, ...] = ()
    reread: int = 0
    sie: SieCheck | None = None
    apart: tuple[Apart, ...] = ()

    def count(self, symbol: Symbol) -> int:
        """How many lines carry the symbol."""
        return sum(line.symbol is symbol for line in self.lines)

    @property
    def is_complete(self) -> bool:
        """Whether everything could be read."""
        return not self.count(Symbol.UNREADABLE)

    @property
    def has_sie_drift(self) -> bool:
        """Whether the SIE file says something else than the ledger."""
        return self.sie is not None and bool(self.sie.lines)
