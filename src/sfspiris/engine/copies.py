"""Finds the Deals whose fields about a document were copied from another Deal, and takes that claim off them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfspiris.core.planning.copied import Copied, other_link
from sfspiris.ports.crm import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfspiris.core.model import Deal, DealLink
    from sfspiris.engine.world import World


def told_apart(world: World, deals: Sequence[Deal]) -> tuple[tuple[Deal, ...], dict[str, Copied]]:
    """The Deals, those that are proven to be copies without what was copied; and of whom each copy is one, by Deal id.

    The CRM is asked again only about what was copied from and is not among the Deals: whether it is still won, and its name.
    """
    links = world.state.links.all()
    own = {one.deal_id for one in links}
    claims = {
        deal.id: link
        for deal in deals
        if deal.id not in own and (link := other_link(deal, links)) is not None
    }
    if not claims:
        return tuple(deals), {}
    won = {deal.id: deal.name for deal in deals}
    unread = sorted({link.deal_id for link in claims.values()} - won.keys())
    if unread:
        won |= {deal.id: deal.name for deal in world.crm.read_deals(Selection(ids=tuple(unread))).deals}
    copied = {
        deal.id: Copied(link.deal_id, won.get(link.deal_id, ""), is_proven=_is_copy(deal, link, won))
        for deal in deals
        if (link := claims.get(deal.id)) is not None
    }
    return (
        tuple(
            _unclaimed(deal) if (one := copied.get(deal.id)) is not None and one.is_proven else deal
            for deal in deals
        ),
        copied,
    )


def _is_copy(deal: Deal, link: DealLink, won: dict[str, str]) -> bool:
    return deal.sync.correlation_id == link.correlation_id and link.deal_id in won


def _unclaimed(deal: Deal) -> Deal:
    return replace(deal, sync=replace(deal.sync, draft_id=None, invoice_number=None, correlation_id=None))
