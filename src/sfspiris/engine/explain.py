"""Lays one Deal open: read whatever its stage, planned in a dry world, with what the memory knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.explain import Explanation, Happened, routes_seen
from sfspiris.core.planning.push import decide
from sfspiris.core.readiness import as_if_won
from sfspiris.core.routing import route
from sfspiris.engine import gather, rates, tracing
from sfspiris.engine.beginning import begin
from sfspiris.engine.recover import recover
from sfspiris.errors import UsageError
from sfspiris.ports.crm import Reach, Selection

if TYPE_CHECKING:
    from sfspiris.core.model import Deal
    from sfspiris.engine.world import World


def explain(world: World, asked: str) -> Explanation:
    """Everything about one Deal, by its id of 15 or 18 characters; `world` must be dry.

    Raises UsageError when the CRM does not know it.
    """
    begin(world)
    batch = world.crm.read_deals(Selection(ids=(asked,), reach=Reach.ANY))
    world.clock.follow(batch.read_at)
    if not batch.deals:
        raise UsageError(
            f"Salesforce knows no deal {asked}, or the integration user may not see it.",
            remedy="Copy the id from the deal's address in the browser.",
            record=asked,
        )
    deal = batch.deals[0]
    is_gated = bool(world.crm.read_deals(Selection(ids=(deal.id,))).deals)
    judged = deal if is_gated else as_if_won(deal, world.clock.today())
    company = route(judged, world.policy)
    if company is not None and company.key not in world.ledgers:
        raise UsageError(
            f"Deal {deal.id} goes to company {company.key}, which --company leaves out.",
            remedy=f"Leave --company out, or name {company.key}.",
            record=deal.id,
        )
    gathered = gather.Gathered((judged,), batch.read_at)
    plan = decide(gather.push_inputs(world, gathered, recover(world), fresh=False))
    start = world.policy.start_date
    links = world.state.links.of_deal(deal.id)
    company = route(judged, world.policy)
    known = world.crm.exist([deal.id]).get(deal.id)
    return Explanation(
        deal=deal,
        stage=str(known) if known else "",
        is_gated=is_gated,
        is_too_old=start is not None and deal.closed_on < start,
        routes=routes_seen(deal, world.policy),
        sources=world.crm.trace(deal.id),
        plan=plan,
        holds=plan.holds,
        link=links[-1] if links else None,
        happened=_happened(world, deal),
        books=company.currency if company else None,
        correlation_id=tracing.of_deal(
            world, deal.id, company.key if company else None, links[-1] if links else None
        ),
        conversion=rates.conversions(world, plan.actions, (judged,)).get(deal.id),
    )


def _happened(world: World, deal: Deal) -> tuple[Happened, ...]:
    """What the journal and the review queue tell of the Deal, oldest first."""
    journal = world.state.journal
    steps = [
        Happened(one.at, f"{intent.kind} {one.event}", one.run_id, one.note)
        for intent in journal.of_deal(deal.id)
        for one in journal.history(intent.id)
        if one.run_id != world.run_id
    ]
    decisions = [
        Happened(one.at, f"review {one.event}", one.who, one.words)
        for one in world.state.reviews.history(deal.id)
    ]
    return tuple(sorted((*steps, *decisions), key=lambda one: one.at))
