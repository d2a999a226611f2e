"""What the operator decided, as values: which company takes which Deal, and what it tolerates."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from sfspiris.core.model import SYNC_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sfspiris.core.capabilities import Capabilities, MarkerField

ANY_VALUE = "*"


@dataclass(frozen=True, slots=True)
class Route:
    """Sends a Deal to a company when every condition holds: CRM path → accepted values, `*` for any non-empty one."""

    company: str
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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
    articles_by_family: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """All that planning needs to know beyond the records themselves.

    `tolerance` is the accepted difference of two totals, in document currency. `crm_fields` gives the CRM's own name
    for each of our field names, so that a message names what the reader sees on the screen;
    `sync_fields` are the parts of a SyncState that the CRM has fields for and lets us write.
    """

    companies: Mapping[str, CompanyPolicy]
    routes: tuple[Route, ...]
    org_tag: str
    start_date: date | None = None
    tolerance: Decimal = Decimal("0.00")
    crm_fields: Mapping[str, str] = field(default_factory=dict)
    sync_fields: frozenset[str] = SYNC_FIELDS

    def crm_field(self, ours: str) -> str:
        """The CRM's name of one of our fields."""
        return self.crm_fields.get(ours, ours)
