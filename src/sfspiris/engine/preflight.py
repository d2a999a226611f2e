"""Every open and won Deal judged as if it were pushed now; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sfspiris.core.actions import Adopt, CreateCustomer, CreateDraft
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.core.planning.push import decide
from sfspiris.core.readiness import as_if_won
from sfspiris.engine import gather
from sfspiris.engine.beginning import begin
from sfspiris.engine.execute import Carried
from sfspiris.engine.recover import recover
from sfspiris.engine.run import conclude_plan
from sfspiris.ports.crm import Reach, Selection

if TYPE_CHECKING:
    from collections.abc import Collection

    from sfspiris.core.outcome import RunResult
    from sfspiris.engine.world import World


@dataclass(frozen=True, slots=True)
class Preflight:
    """What would be made and what would wait. `open_ids` are the Deals that are not won yet, `checked` counts all."""

    result: RunResult
    open_ids: frozenset[str]
    checked: int


def preflight(world: World, companies: Collection[str] = ()) -> Preflight:
    """Judge every Deal that is open, and every won one since the start date; `world` must be dry.

    An open Deal is judged without the gate of the configuration, which it may pass only once it is won.
    """
    started = begin(world)
    won = world.crm.read_deals(Selection(closed_from=world.policy.start_date))
    world.clock.follow(won.read_at)
    open_ones = world.crm.read_deals(Selection(reach=Reach.OPEN))
    today = world.clock.today()
    every = (*won.deals, *(as_if_won(deal, today) for deal in open_ones.deals))
    gathered = gather.Gathered(gather.of_companies(every, world, companies), won.read_at)
    plan = decide(gather.push_inputs(world, gathered, recover(world), fresh=True))
    made = [one for one in plan.actions if isinstance(one, CreateCustomer | CreateDraft | Adopt)]
    result = conclude_plan(
        world,
        started,
        gathered,
        replace(plan, actions=tuple(made)),
        Carried([ActionResult(action, Outcome.PLANNED) for action in made]),
    )
    chosen = {deal.id for deal in gathered.deals}
    return Preflight(result, frozenset(deal.id for deal in open_ones.deals) & chosen, len(chosen))
