"""Looks in the ledgers for documents that our memory does not know, before anything new is made.

The memory may stand in for one that was lost, or be an older copy that was put back. So each company is searched in whole
once, and from then on as far back as everything that carries a marker of ours is known. Where the two systems tell of runs
that this memory knows nothing of, there is a gap: what those runs sent last may not be listed yet, and is waited for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import HoldCode
from sfspiris.core.model import SyncState
from sfspiris.core.planning.adoption import Gap, Searched, claims_a_document
from sfspiris.core.planning.documents import Documents
from sfspiris.core.routing import route
from sfspiris.engine import orders, searchlag, wholeness
from sfspiris.state.store import LOST

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sfspiris.core.model import Deal
    from sfspiris.core.planning.copied import Copied
    from sfspiris.engine.world import World
    from sfspiris.ports.crm import Witness
    from sfspiris.ports.ledger import Ledger

WITNESS: Final = "correlation_id"
"""The part of a SyncState that is written to the CRM before a Deal's draft is sent, where the CRM has a field for it."""
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_OVERLAP: Final = timedelta(minutes=15)
"""How far each search reads back behind the last one: the longest lag of a list, and clocks that are not quite alike."""


def documents(
    world: World, ledger: Ledger, *, since: datetime | None = None, thorough: bool = False
) -> Documents:
    """All drafts, orders and invoices of a company; or, of the invoices, those changed since then (UTC).

    Orders are read first, then drafts: one that is invoiced meanwhile is then seen on both lists, never on none.
    `thorough` as in `orders.of`.
    """
    ordered = orders.of(world, ledger, thorough=thorough)
    drafts = ledger.drafts()
    invoices, read_at = ledger.invoices(modified_since=since)
    wholeness.check_documents(world, ledger, (*drafts, *ordered), invoices)
    found = Documents.of(drafts, invoices, ordered)
    searchlag.observe(world, ledger.company, lambda: found, read_at)
    return found


def search(
    world: World, deals: Sequence[Deal], needed: Collection[str], *, copied: Mapping[str, Copied]
) -> Searched:
    """What the ledgers hold beyond our memory; `needed` are the companies in which something may be made for the Deals.

    Of those that were `copied` the CRM names a document that we know; that is no trace of a run that we do not know.

    With nothing to make nothing is read. A company that was never searched is searched along with the others, since a
    Deal may have gone to it when it was made.
    """
    taken = frozenset((link.company, link.draft_id) for link in world.state.links.all())
    if not needed:
        return Searched({}, {}, taken, copied)
    known = _known_deals(world)
    unknown = [deal for deal in deals if deal.id not in known]
    claims = [deal for deal in unknown if claims_a_document(deal) and deal.id not in copied]
    borne = _borne_by_others(world, known)
    claimed = {goes_to.key for deal in claims if (goes_to := route(deal, world.policy))}
    found: dict[str, Documents] = {}
    gaps: dict[str, Gap] = {}
    for company, ledger in sorted(world.ledgers.items()):
        searched_to = world.state.cursors.get(_feed(company))
        if searched_to is not None and company not in needed:
            continue
        since = None if searched_to is None or company in claimed else searched_to - _OVERLAP
        found[company] = documents(world, ledger, since=since, thorough=since is None)
        signs = [
            *_strangers(world, found[company], known).values(),
            *(deal.changed_at for deal in claims if company in claimed),
            *(_told_by_others(world, unknown) if searched_to is None else ()),
            *_armed_by_others(world, unknown, searched_to),
            *_lost(world, searched_to),
            *(one.at for one in borne if one.company in {company, None}),
        ]
        if gap := _gap(world, company, searched_to, signs):
            gaps[company] = gap
    return Searched(found, gaps, taken, copied)


def conclude(
    world: World, searched: Mapping[str, Documents], gaps: Mapping[str, Gap], read_at: datetime
) -> None:
    """Remember how far the companies have been searched, where that left nothing open; `read_at` is when it began, UTC."""
    known = _known_deals(world)
    waited_for = {one.company for one in world.state.holds.all() if one.code is HoldCode.OUTCOME_UNKNOWN}
    for company, found in searched.items():
        gap = gaps.get(company)
        is_open = gap is not None and not gap.is_over
        if not is_open and company not in waited_for and not _strangers(world, found, known):
            world.state.cursors.move(_feed(company), read_at, at=world.clock.now())


def _known_deals(world: World) -> frozenset[str]:
    """The Deals whose documents we know, or have in hand."""
    linked = {link.deal_id for link in world.state.links.all()}
    return frozenset(linked | {one.deal_id for one in world.state.journal.open_intents()})


def _strangers(world: World, found: Documents, known: Collection[str]) -> dict[str, datetime]:
    """The Deals of our org that a document stands for though we know nothing of it, and when the latest one was made."""
    return {
        marker.deal_id: max(one.created_at or _LONG_AGO for one in marked)
        for marker, marked in found.by_marker.items()
        if marker.org_tag == world.policy.org_tag and marker.deal_id not in known
    }


def _told_by_others(world: World, unknown: Sequence[Deal]) -> list[datetime]:
    """When the CRM was told about Deals of which this memory never told it anything."""
    held = world.state.holds.deal_ids() | world.state.reviews.resolved().keys()
    return [
        deal.changed_at
        for deal in unknown
        if deal.sync != SyncState() and deal.id not in held and not world.state.journal.of_deal(deal.id)
    ]


def _armed_by_others(world: World, unknown: Sequence[Deal], searched_to: datetime | None) -> list[datetime]:
    """When a run of which this memory knows nothing bore witness in the CRM that it was about to make a Deal's draft.

    A search that was concluded a settle window later has seen what became of it.
    """
    held = world.state.holds.deal_ids()
    return [
        deal.changed_at
        for deal in unknown
        if deal.sync.correlation_id
        and deal.sync.status is None
        and deal.id not in held
        and not world.state.journal.of_deal(deal.id)
        and (searched_to is None or deal.changed_at + world.settle > searched_to)
    ]


def _borne_by_others(world: World, known: Collection[str]) -> list[Witness]:
    """The Deals of which a run that this memory knows nothing of has said in the CRM that it makes a document.

    Such a Deal need not be won any more, nor be among those that were asked for: what that run made for it, the customer
    above all, may not be listed yet. What was said before the companies were last searched is no news, and what was copied with
    a Deal is no run's word.
    """
    searched = [world.state.cursors.get(_feed(company)) for company in world.ledgers]
    since = None if None in searched else min(one for one in searched if one is not None) - _OVERLAP
    told = world.state.holds.deal_ids() | world.state.reviews.resolved().keys() | set(known)
    words = {
        one.correlation_id for one in world.state.links.all()
    } | world.state.journal.correlations().keys()
    return [
        one
        for one in world.crm.witnesses(changed_since=since)
        if one.deal_id not in told and one.correlation_id not in words
    ]


def _lost(world: World, searched_to: datetime | None) -> list[datetime]:
    """Until when runs were at work that this memory has lost, where the CRM bears no witness of what they sent."""
    if WITNESS in world.policy.sync_fields:
        return []
    lost = world.state.cursors.get(LOST)
    return [lost] if lost is not None and (searched_to is None or lost + world.settle > searched_to) else []


def _gap(world: World, company: str, searched_to: datetime | None, signs: Sequence[datetime]) -> Gap | None:
    """The gap that is open for the company, if any. `signs` are when (UTC) the runs that we do not know left traces.

    A search that left nothing open has closed it; a sign that is younger than the gap opens it anew.
    """
    cursors, now = world.state.cursors, world.clock.now()
    since = cursors.get(_gap_feed(company))
    if since is not None and searched_to is not None and searched_to > since:
        since = None
    if signs and (since is None or max(signs) > since):
        since = now
        cursors.move(_gap_feed(company), since, at=now)
    return None if since is None else Gap(since, since + world.settle, is_over=now - since >= world.settle)


def _feed(company: str) -> str:
    return f"documents:{company}"


def _gap_feed(company: str) -> str:
    return f"gap:{company}"
