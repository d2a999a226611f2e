"""Tells sales, on Deals that are not won yet, whether they could be invoiced as they stand.

They are judged as `preflight` judges them. A push does it last, so that nothing of it can come between won Deals and drafts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.core.planning.push import decide
from sfspiris.core.readiness import as_if_won, readiness
from sfspiris.engine.gather import inputs_for_others
from sfspiris.errors import Fatal, Retryable
from sfspiris.ports.crm import Reach, Selection
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.core.actions import WriteReadiness
    from sfspiris.core.planning.pushinputs import PushInputs
    from sfspiris.engine.execute import Carried
    from sfspiris.engine.world import World

_AT_ONCE: Final = 200  # records per write: one call


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it besides the results: the Deals' names, by id, and what a person should know."""

    names: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Warn, ...] = ()


def tell_open_deals(world: World, inputs: PushInputs, carried: Carried, *, fresh: bool) -> Told:
    """Write on open Deals what has changed about them, or, in a dry run, plan it; `carried` gets the results.

    `inputs` are the push's own. A CRM or a ledger that does not answer ends the run here, with all that was done before kept.
    """
    policy = world.policy.readiness
    if policy is None or carried.stopped is not None:
        return Told()
    warnings = _about_fields(policy.missing)
    if not policy.can_mark:
        return Told(warnings=warnings)
    try:
        actions, names = _planned(world, inputs, days=policy.days, length=policy.reasons_length, fresh=fresh)
    except (Retryable, Fatal) as error:
        carried.stopped = error
        return Told(warnings=warnings)
    if world.dry:
        carried.results += [ActionResult(one, Outcome.PLANNED) for one in actions]
        return Told(names, warnings)
    refused: Counter[str] = Counter()
    for start in range(0, len(actions), _AT_ONCE):
        _write(world, actions[start : start + _AT_ONCE], carried, refused)
    return Told(names, (*warnings, *_about_refusals(refused)))


def _planned(
    world: World, inputs: PushInputs, *, days: int, length: int, fresh: bool
) -> tuple[tuple[WriteReadiness, ...], dict[str, str]]:
    today = inputs.today
    known = world.state.links.latest()
    found = world.crm.read_deals(Selection(reach=Reach.OPEN, closed_to=today + timedelta(days=days))).deals
    deals = [as_if_won(one, today) for one in found if one.id not in known]
    plan = decide(inputs_for_others(world, deals, inputs, fresh=fresh))
    told = readiness(deals, plan, reasons_length=length, spoken=world.policy.spoken)
    return told, {one.id: one.name for one in deals}


def _write(world: World, actions: Sequence[WriteReadiness], carried: Carried, refused: Counter[str]) -> None:
    if carried.stopped is not None:
        carried.results += [ActionResult(one, Outcome.SKIPPED) for one in actions]
        return
    try:
        results = world.crm.write_readiness([(one.deal_id, one.after) for one in actions])
    except (Retryable, Fatal) as error:
        carried.stopped = error
        carried.results += [ActionResult(one, Outcome.UNKNOWN) for one in actions]
        return
    for action, result in zip(actions, results, strict=True):
        if result.error is not None:
            refused[result.error] += 1
        outcome = Outcome.DONE if result.error is None else Outcome.FAILED
        carried.results.append(ActionResult(action, outcome, result.deal_id))


def _about_fields(missing: Sequence[str]) -> tuple[Warn, ...]:
    if not missing:
        return ()
    return (
        Warn(
            WarningCode.WRITE_BACK_UNAVAILABLE,
            say(
                "Salesforce has no field %(fields)s on the deal that the integration user may write, so open deals "
                "are not told there whether they could be invoiced; `sfspiris salesforce fields --deploy` adds it. Everything "
                "else works.",
                fields=", ".join(missing),
            ),
        ),
    )


def _about_refusals(refused: Mapping[str, int]) -> tuple[Warn, ...]:
    return tuple(
        Warn(
            WarningCode.WRITE_BACK_FAILED,
            say(
                "Salesforce did not save on %(count)s of the open deals whether they could be invoiced: %(error)s. "
                "They are tried again in the next run.",
                count=count,
                error=error.rstrip("."),
            ),
        )
        for error, count in sorted(refused.items())
    )
