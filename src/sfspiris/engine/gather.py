"""Reads what a decision needs: the CRM's won Deals first, then the ledgers, and only as much of them as is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.push import PushInputs, claims_a_document, companies_to_read
from sfspiris.core.routing import route
from sfspiris.engine import registers
from sfspiris.errors import UsageError
from sfspiris.ports.crm import Selection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sfspiris.core.model import Deal
    from sfspiris.core.planning.push import Unresolved
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger

FEED: Final = "deals"
OVERLAP: Final = timedelta(minutes=15)
"""How far each run reads back behind its cursor.

A change can be committed minutes after the stamp it carries, so what was read up to a moment is not all that belongs
before it; longer than the longest call to Salesforce (10 minutes).
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which Deals the operator asked for. Days are calendar days, both included; the default is everything new."""

    deal_ids: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    companies: tuple[str, ...] = ()
    limit: int | None = None
    full: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether this reads all that is new, so that the cursor may move past it."""
        return not (self.deal_ids or self.since or self.until or self.companies or self.limit is not None)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The Deals of a run and the CRM's time when reading began; `gone` wait in the queue but are no longer won."""

    deals: tuple[Deal, ...]
    read_at: datetime
    gone: frozenset[str] = frozenset()


def deals(world: World, scope: Scope) -> Gathered:
    """The Deals to decide about; the clock follows the CRM from here on.

    Raises UsageError for a Deal that was asked for by id and is not there or not won.
    """
    found = _selected(world, scope) if scope.deal_ids or scope.since or scope.until else _new(world, scope)
    if not scope.companies:
        return found
    return Gathered(of_companies(found.deals, world, scope.companies), found.read_at)


def of_companies(deals: Sequence[Deal], world: World, companies: Collection[str]) -> tuple[Deal, ...]:
    """Those Deals that a route sends to one of the companies; all of them when none is named."""
    return tuple(
        deal
        for deal in deals
        if not companies or ((company := route(deal, world.policy)) is not None and company.key in companies)
    )


def _selected(world: World, scope: Scope) -> Gathered:
    batch = world.crm.read_deals(
        Selection(ids=scope.deal_ids or None, closed_from=scope.since, closed_to=scope.until)
    )
    world.clock.follow(batch.read_at)
    missing = [
        asked for asked in scope.deal_ids if not any(deal.id[:15] == asked[:15] for deal in batch.deals)
    ]
    if missing:
        known = {long[:15]: what for long, what in world.crm.exist(missing).items()}
        raise UsageError(
            " ".join(
                f"Deal {asked} is not won: {known[asked[:15]]}."
                if asked[:15] in known
                else f"Salesforce knows no deal {asked}, or the integration user may not see it."
                for asked in missing
            ),
            remedy="Check the id; only deals that pass the gate of the configuration are invoiced.",
            record=missing[0],
        )
    return Gathered(batch.deals, batch.read_at)


def _new(world: World, scope: Scope) -> Gathered:
    cursor = None if scope.full else world.state.cursors.get(FEED)
    batch = world.crm.read_deals(
        Selection(changed_since=cursor - OVERLAP if cursor else None, closed_from=world.policy.start_date)
    )
    world.clock.follow(batch.read_at)
    read = {deal.id: deal for deal in batch.deals}
    waiting = _waiting(world) - read.keys()
    if waiting:
        again = world.crm.read_deals(
            Selection(ids=tuple(sorted(waiting)), closed_from=world.policy.start_date)
        )
        read |= {deal.id: deal for deal in again.deals}
    return Gathered(tuple(read.values()), batch.read_at, frozenset(waiting - read.keys()))


def _waiting(world: World) -> frozenset[str]:
    """Deals that an earlier run could not finish: what stopped them may have been mended where no stamp shows it."""
    journal = world.state.journal
    return (
        world.state.holds.deal_ids()
        | {one.deal_id for one in journal.open_intents()}
        | journal.untold_deals()
    )


def push_inputs(
    world: World, gathered: Gathered, unresolved: Sequence[Unresolved], *, fresh: bool
) -> PushInputs:
    """Everything that the decision depends on, with the ledgers read that it needs."""
    links = {link.deal_id: link for deal in gathered.deals for link in world.state.links.of_deal(deal.id)}
    inputs = PushInputs(
        deals=gathered.deals,
        policy=world.policy,
        today=world.clock.today(),
        links=links,
        customer_links={
            (company, buyer_id): link.customer_id
            for company in world.policy.companies
            for buyer_id, link in world.state.links.customers(company).items()
        },
        unresolved=unresolved,
    )
    needed = sorted(companies_to_read(inputs) & world.ledgers.keys())
    searched = [company for company in needed if _must_search(world, gathered.deals, links, company)]
    return PushInputs(
        deals=inputs.deals,
        policy=inputs.policy,
        today=inputs.today,
        links=inputs.links,
        customer_links=inputs.customer_links,
        unresolved=inputs.unresolved,
        ledgers={company: registers.view(world, world.ledgers[company], fresh=fresh) for company in needed},
        documents={company: documents(world.ledgers[company]) for company in searched},
    )


def documents(ledger: Ledger) -> Documents:
    """All drafts and invoices of a company.

    Drafts are read first: one that is issued meanwhile is then seen on both lists, never on none.
    """
    drafts = ledger.drafts()
    invoices, _ = ledger.invoices()
    return Documents.of(drafts, invoices)


def _must_search(world: World, read: Iterable[Deal], known: Collection[str], company: str) -> bool:
    """Whether the ledger may hold documents of these Deals that our memory does not know.

    So it is as long as this memory has never finished a run, because then it may stand in for one that was lost; and when
    the CRM says that a Deal was drafted though we do not know of it.
    """
    if world.state.cursors.get(FEED) is None:
        return True
    strangers = (deal for deal in read if deal.id not in known and claims_a_document(deal))
    return any(
        (found := route(deal, world.policy)) is not None and found.key == company for deal in strangers
    )
