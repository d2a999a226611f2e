"""Reads at which rate the CRM itself counts the foreign Deals of a plan; nothing is asked where there are none."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sfspiris.core.actions import CreateDraft, UpdateDraft
from sfspiris.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sfspiris.core.actions import Action
    from sfspiris.core.conversion import Conversion
    from sfspiris.core.model import Deal
    from sfspiris.engine.world import World

log = logging.getLogger(__name__)


def conversions(world: World, actions: Sequence[Action], deals: Iterable[Deal]) -> Mapping[str, Conversion]:
    """The conversion of each Deal that gets or changes a draft in another currency than that of the books, by Deal id.

    A rate only informs the reader: when the CRM does not answer, it is left out and the run goes on.
    """
    days = {one.id: one.closed_on for one in deals}
    wanted = {
        one.deal_id: (one.draft.currency, days[one.deal_id])
        for one in actions
        if isinstance(one, CreateDraft | UpdateDraft)
        and one.deal_id in days
        and one.draft.currency != world.policy.companies[one.company].currency
    }
    known = known_rates(world, wanted.values())
    return {deal_id: known[key] for deal_id, key in wanted.items() if key in known}


def known_rates(world: World, wanted: Iterable[tuple[str, date]]) -> Mapping[tuple[str, date], Conversion]:
    """The CRM's own rates for these currencies and days, as far as it has and tells them."""
    keys = sorted(set(wanted))
    if not keys:
        return {}
    try:
        return world.crm.conversions(keys)
    except Retryable as error:
        log.warning("no conversion rates: %s", error.code)
        return {}
