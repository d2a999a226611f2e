"""Carries out a saved plan: its Deals are planned again from today's data, and only what is still the same is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import Action
from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.saved import rules_print, weigh
from sfspiris.core.planning.saved import save as saved_plan
from sfspiris.engine import gather
from sfspiris.engine.beginning import begin
from sfspiris.engine.recover import recover
from sfspiris.engine.run import Part, push_part
from sfspiris.errors import SafetyStop
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.core.outcome import RunResult
    from sfspiris.core.planning.saved import SavedPlan, Stale
    from sfspiris.engine.gather import Scope
    from sfspiris.engine.run import Guard
    from sfspiris.engine.world import World

_PLAN_AGAIN: Final = "Save a new plan with `sfspiris push-closed-won --dry-run --out PLAN.json`."
_NAMED: Final = 5  # in the message of a strict stop; the rest is counted


def apply(world: World, saved: SavedPlan, guard: Guard, *, strict: bool) -> RunResult:
    """What of the saved plan is still the same is done, through everything that a push goes through; the rest is named.

    Raises SafetyStop when the plan was made for another org, other companies or other rules, when it is larger than the
    guard allows, and, with `strict`, when a single item has moved; nothing has been written then.
    """
    _check_origin(world, saved)
    started = begin(world)
    gathered = gather.named(world, saved.deals)
    inputs = gather.push_inputs(world, gathered, recover(world), fresh=saved.fresh, asked=saved.asked)
    plan = decide(inputs)
    won = {deal.id for deal in gathered.deals}
    weighed = weigh(saved, plan, made=inputs.made_customers, won=won)
    names = {deal.id: deal.name for deal in gathered.deals}
    if strict and weighed.stale:
        raise _stopped(weighed.stale, names)
    alone = {one.deal_id for one in weighed.stale} - plan.held_deals
    part = Part(weighed.plan, weighed.left, len(alone), tuple(_warning(one) for one in weighed.stale))
    return push_part(world, started, gathered, part, guard)


def save(world: World, planned: RunResult, scope: Scope) -> SavedPlan:
    """The plan of a dry run, as it is recognised again."""
    return saved_plan(
        [one.action for one in planned.results if isinstance(one.action, Action)],
        [one.hold.deal_id for one in planned.holds],
        world.policy,
        made=world.state.journal.made_customers(),
        asked=scope.is_asked,
        fresh=scope.full,
    )


def _check_origin(world: World, saved: SavedPlan) -> None:
    if saved.org != world.policy.org_tag:
        raise SafetyStop(
            "The plan was made for another Salesforce org. Nothing was written.",
            remedy=f"Apply it with the configuration that it was made with, or: {_PLAN_AGAIN}",
            code="PLAN_FOREIGN",
        )
    companies = {key: one.orgnr for key, one in world.policy.companies.items()}
    if companies != saved.companies:
        differing = sorted({key for key, _ in saved.companies.items() ^ companies.items()})
        raise SafetyStop(
            f"The plan was made for other companies: {', '.join(differing)} is not what the configuration says now. "
            "Nothing was written.",
            remedy=f"Apply it with the configuration that it was made with, or: {_PLAN_AGAIN}",
            code="PLAN_FOREIGN",
        )
    if saved.rules != rules_print(world.policy):
        raise SafetyStop(
            "The configuration has changed since the plan was made. Nothing was written.",
            remedy=_PLAN_AGAIN,
            code="PLAN_FOREIGN",
        )


def _stopped(stale: Sequence[Stale], names: Mapping[str, str]) -> SafetyStop:
    told = [f"{_called(one, names)}: {one.why}" for one in stale[:_NAMED]]
    more = f" And {len(stale) - _NAMED} more." if len(stale) > _NAMED else ""
    return SafetyStop(
        f"{len(stale)} of the plan's items moved since it was saved, so nothing was written. {' '.join(told)}{more}",
        remedy=f"{_PLAN_AGAIN} Without --strict, what is still the same is carried out.",
        code="PLAN_STALE",
    )


def _called(one: Stale, names: Mapping[str, str]) -> str:
    return f"{names[one.deal_id]} ({one.deal_id})" if one.deal_id in names else f"Deal {one.deal_id}"


def _warning(one: Stale) -> Warn:
    return Warn(
        WarningCode.PLAN_STALE,
        say(
            "The plan's %(kind)s was left alone: %(why)s A push or a new plan takes it up again.",
            kind=one.kind,
            why=one.why,
        ),
        one.deal_id,
    )
