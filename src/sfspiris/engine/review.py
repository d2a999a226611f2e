"""The queue of held Deals as it is today: planned again from today's data, and what changed since the last run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sfspiris.core.actions import Adopt, CreateDraft
from sfspiris.core.model import Target
from sfspiris.core.review import Difference
from sfspiris.engine.gather import Scope, of_companies
from sfspiris.engine.run import Guard, idle, push
from sfspiris.ports.crm import Selection

if TYPE_CHECKING:
    from collections.abc import Collection

    from sfspiris.core.holds import HoldCode
    from sfspiris.core.outcome import RunResult
    from sfspiris.engine.world import World


@dataclass(frozen=True, slots=True)
class Queue:
    """Some held Deals planned again: the plan, and each Deal's difference, by name and id."""

    plan: RunResult
    differences: tuple[Difference, ...]

    @property
    def still_won(self) -> tuple[str, ...]:
        """The Deals that can be pushed."""
        return tuple(one.deal_id for one in self.differences if not one.is_gone)


def waiting(world: World, code: HoldCode | None = None) -> frozenset[str]:
    """The Deals that were held in the last run, or those held for one reason."""
    return frozenset(one.deal_id for one in world.state.holds.all() if code is None or one.code is code)


def push_only(world: World, deal_ids: tuple[str, ...], guard: Guard) -> RunResult:
    """Push these Deals and no others: none at all when none is named, and none of a company that this run leaves out.

    Raises what `push` raises.
    """
    scope = Scope(deal_ids=deal_ids, companies=_chosen(world), is_queue=True)
    return push(world, scope, guard) if deal_ids else idle(world)


def _chosen(world: World) -> tuple[str, ...]:
    """The companies that the run is about, when these are not all."""
    chosen = tuple(sorted(world.ledgers))
    return chosen if len(chosen) < len(world.policy.companies) else ()


def plan_again(world: World, deal_ids: Collection[str]) -> Queue:
    """These Deals planned from today's data, in a dry world; nothing is written.

    Those that go to a company which this run leaves out are not among them.
    """
    before: dict[str, list[HoldCode]] = defaultdict(list)
    for known in world.state.holds.all():
        before[known.deal_id].append(known.code)
    selection = Selection(ids=tuple(sorted(deal_ids)))
    read = world.crm.read_deals(selection).deals if deal_ids else ()
    won = {deal.id: deal for deal in of_companies(read, world, _chosen(world))}
    deal_ids = set(deal_ids) - {deal.id for deal in read if deal.id not in won}
    plan = push_only(world, tuple(won), Guard(max_changes=0))
    today: dict[str, list[HoldCode]] = defaultdict(list)
    for one in plan.holds:
        today[one.hold.deal_id].append(one.hold.code)
    makes: dict[str, Literal["create_draft", "create_order", "adopt"]] = {
        one.action.deal_id: _creation(one.action) if isinstance(one.action, CreateDraft) else "adopt"
        for one in plan.results
        if isinstance(one.action, CreateDraft | Adopt)
    }
    differences = (
        Difference(
            deal_id=deal_id,
            deal_name=won[deal_id].name if deal_id in won else "",
            before=tuple(dict.fromkeys(before[deal_id])),
            today=tuple(dict.fromkeys(today[deal_id])),
            becomes=makes.get(deal_id),
            is_gone=deal_id not in won,
        )
        for deal_id in deal_ids
    )
    return Queue(plan, tuple(sorted(differences, key=lambda one: (one.deal_name, one.deal_id))))


def _creation(action: CreateDraft) -> Literal["create_draft", "create_order"]:
    return "create_order" if action.target is Target.ORDER else "create_draft"
