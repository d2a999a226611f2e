"""One Deal laid open: how it was read, which route took it, what is planned, and what has happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.model import Target
from sfspiris.core.routing import matches

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from sfspiris.core.actions import CreateDraft, Plan
    from sfspiris.core.conversion import Conversion
    from sfspiris.core.holds import Hold
    from sfspiris.core.model import Deal, DealLink, LedgerDraft
    from sfspiris.core.policy import Policy


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """Where one of our fields looked: each CRM path with its value, in order, and the path that won.

    `line` is the position of the sold item from 1, None for a field of the Deal itself.
    """

    field: str
    tried: tuple[tuple[str, str | None], ...]
    won: str | None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class VatSeen:
    """How one sold item, by its position from 1, is taxed: `rate` in percent, `treatment` by its name in `swedish/vat.toml`.

    `tried` are the places that may say what kind of sale it is, in order, and `won` the one that did.
    """

    line: int
    rate: Decimal
    treatment: str
    tried: tuple[tuple[str, str | None], ...]
    won: str | None


@dataclass(frozen=True, slots=True)
class CustomerSeen:
    """The customer that the Deal's document stands on, and by what account and customer were found to be the same.

    `evidence` is None where this memory does not know.
    """

    number: str
    name: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class ConditionSeen:
    """One condition of a route: the CRM path, the Deal's value, and the values that are accepted."""

    path: str
    value: str | None
    accepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RouteSeen:
    """One route in the order of the configuration; the first that matches takes the Deal, or leaves it out with no company."""

    position: int
    company: str | None
    is_match: bool
    conditions: tuple[ConditionSeen, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something in the Deal's past, in UTC: what, by which run or person, and words that explain it."""

    at: datetime
    what: str
    who: str
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """One write for the Deal and the last thing that happened to it, at `at` (UTC) in that run; `net` in major units.

    `event` and `note` are the journal's.
    """

    at: datetime
    kind: str
    event: str
    run_id: str
    note: str | None = None
    target_id: str | None = None
    net: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything known of one Deal, as found today; nothing was written for it.

    `stage` is the CRM's own word. `is_gated` says whether the Deal passes the gate of the configuration; one that does not
    is planned as if it were won. `is_too_old` says that it closed before the configured start. `conversion` is the CRM's own
    rate where the Deal is in a foreign currency and the CRM has one, `books` the currency of the company's books.
    """

    deal: Deal
    stage: str
    is_gated: bool
    is_too_old: bool
    routes: tuple[RouteSeen, ...]
    sources: tuple[SourceSeen, ...]
    plan: Plan
    holds: tuple[Hold, ...]
    link: DealLink | None
    happened: tuple[Happened, ...]
    conversion: Conversion | None = None
    books: str | None = None
    correlation_id: str | None = None  # the Deal's in logs, reports and the CRM
    expected: CreateDraft | None = None  # what it would become as it is now, had it no document
    customer: CustomerSeen | None = None  # whom its document invoices
    document: LedgerDraft | None = None  # its document as it stands; an invoice told as the draft that it was
    vat: tuple[VatSeen, ...] = ()
    target: Target = Target.DRAFT
    written: tuple[Written, ...] = ()  # one for each write, oldest first; `happened` has every step of them
    settled: Happened | None = (
        None  # the person's word that nothing more is to be done, while its reason stands
    )
    advice: str | None = None  # what a comparison of the Deal with its credited invoice asks for


def routes_seen(deal: Deal, policy: Policy) -> tuple[RouteSeen, ...]:
    """Every route of the configuration as it looks at the Deal."""
    return tuple(
        RouteSeen(
            position=position,
            company=one.company,
            is_match=matches(deal, one),
            conditions=tuple(
                ConditionSeen(path, deal.values.get(path), accepted)
                for path, accepted in sorted(one.when.items())
            ),
        )
        for position, one in enumerate(policy.routes, start=1)
    )
