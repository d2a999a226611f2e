"""Leaves alone what a person has settled, for as long as its reason is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.identity import content_hash
from sfspiris.core.review import reason_print

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.core.holds import Hold
    from sfspiris.engine.gather import Gathered
    from sfspiris.engine.world import World


def without_resolved(
    world: World, gathered: Gathered, found: Mapping[str, Sequence[Hold]]
) -> dict[str, Sequence[Hold]]:
    """The holds by Deal, with none for a Deal that was resolved for exactly these reasons.

    A resolution ends when the reasons have changed or gone, or when sales asks for another try.
    """
    deals = {deal.id: deal for deal in gathered.deals}
    reasons = {
        deal_id: reason_print(holds, content_hash(deals[deal_id]) if deal_id in deals else "")
        for deal_id, holds in found.items()
    }
    resolved = world.state.reviews.resolved()
    settled = {
        deal_id
        for deal_id, reason in reasons.items()
        if reason is not None
        and resolved.get(deal_id) == reason
        and not (deal_id in deals and deals[deal_id].retry)
    }
    world.state.reviews.reopen(
        sorted((resolved.keys() & reasons.keys()) - settled), at=world.clock.now(), who=world.run_id
    )
    world.state.reviews.remember_reasons(reasons)
    return {deal_id: () if deal_id in settled else holds for deal_id, holds in found.items()}
