"""One id per Deal, the same in logs, reports, the review queue, the journal and the CRM: search for it and find the whole story."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sfspiris.core.actions import CreateDraft
from sfspiris.core.identity import correlation_id
from sfspiris.core.outcome import HeldSince

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.core.actions import Plan
    from sfspiris.core.holds import Hold
    from sfspiris.core.model import DealLink
    from sfspiris.engine.world import World

log = logging.getLogger(__name__)


def remember_held(world: World, found: Mapping[str, Sequence[Hold]], plan: Plan) -> tuple[HeldSince, ...]:
    """Keep the holds of these Deals, as `Holds.replace`, under the id of each; the log names them."""
    made = {one.deal_id: one.correlation_id for one in plan.actions if isinstance(one, CreateDraft)}
    links = world.state.links.latest()
    told = world.state.holds.replace(
        found,
        at=world.clock.now(),
        run_id=world.run_id,
        correlations={
            deal_id: made.get(deal_id) or of_deal(world, deal_id, holds[0].company, links.get(deal_id))
            for deal_id, holds in found.items()
            if holds
        },
    )
    _log_held(told)
    return told


def named(world: World, holds: Sequence[Hold]) -> tuple[HeldSince, ...]:
    """Holds that no queue keeps, each with its Deal's id and the time of now; the log names them."""
    links, now = world.state.links.latest(), world.clock.now()
    told = tuple(
        HeldSince(one, now, of_deal(world, one.deal_id, one.company, links.get(one.deal_id))) for one in holds
    )
    _log_held(told)
    return told


def of_deal(world: World, deal_id: str, company: str | None, link: DealLink | None) -> str:
    """The Deal's id: that of its latest document, or what the first one's will be."""
    if link is not None:
        return link.correlation_id
    return correlation_id(world.policy.org_tag, company or "", deal_id)


def _log_held(told: Sequence[HeldSince]) -> None:
    for one in told:
        log.info(
            "held: %s",
            one.hold.code,
            extra={
                "company": one.hold.company,
                "deal": one.hold.deal_id,
                "correlation_id": one.correlation_id,
            },
        )
