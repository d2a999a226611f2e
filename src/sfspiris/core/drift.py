"""What the three-way comparison of Deal, document and link found: one line per fact, one symbol per line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sfspiris.core.money import ZERO

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal


class Symbol(StrEnum):
    """How both sides stand to each other, in the five signs that rclone's `check --combined` made common."""

    SAME = "="
    ONLY_IN_CRM = "+"
    ONLY_IN_LEDGER = "-"
    DIFFERS = "*"
    UNREADABLE = "!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One comparison. `crm_value` and `ledger_value` are set where one field differs, and say it as a person reads it.

    `deal_id` is None for a document without a Deal, `document_id` None for a Deal without a document.
    """

    symbol: Symbol
    message: str
    deal_id: str | None = None
    deal_name: str | None = None
    company: str | None = None
    document_id: str | None = None
    document_number: str | None = None
    field: str | None = None
    crm_value: str | None = None
    ledger_value: str | None = None


@dataclass(frozen=True, slots=True)
class ComparedSum:
    """The net of everything compared for one company and currency, as each side has it."""

    company: str
    currency: str
    crm: Decimal = ZERO
    ledger: Decimal = ZERO

    @property
    def difference(self) -> Decimal:
        """How much more the ledger has than the CRM; zero when the books agree."""
        return self.ledger - self.crm


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All lines in a stable order, and the sums of both sides.

    `start` and `end` are the Swedish days of the period, both included; None where the period is open.
    """

    lines: tuple[Drift, ...]
    sums: tuple[ComparedSum, ...] = ()
    start: date | None = None
    end: date | None = None

    def count(self, symbol: Symbol) -> int:
        """How many lines carry the symbol."""
        return sum(line.symbol is symbol for line in self.lines)

    @property
    def is_complete(self) -> bool:
        """Whether everything could be read."""
        return not self.count(Symbol.UNREADABLE)

    @property
    def has_drift(self) -> bool:
        """Whether anything but agreement was found."""
        return any(line.symbol is not Symbol.SAME for line in self.lines)
