"""Push, then pull, told as one run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfspiris.engine.run import pull, push
from sfspiris.state.runs import PULL_HALF

if TYPE_CHECKING:
    from sfspiris.core.outcome import RunResult
    from sfspiris.engine.gather import Scope
    from sfspiris.engine.run import Guard
    from sfspiris.engine.world import World


def sync(world: World, scope: Scope, guard: Guard) -> RunResult:
    """Won Deals become drafts, and then what became of all drafts is told; one result for both.

    The pull is recorded as a run of its own, whose id ends in `-pull`. It is left out when the push stopped early, for
    then the same systems do not answer. Raises what `push` and `pull` raise.
    """
    pushed = push(world, scope, guard)
    if pushed.stopped is not None:
        return pushed
    second = replace(world, run_id=f"{world.run_id}{PULL_HALF}")
    pulled = pull(second, full=scope.full, companies=scope.companies)
    results = (*pushed.results, *pulled.results)
    moved = {one.action.deal_id for one in results}
    told = {(one.code, one.message, one.deal_id) for one in pushed.warnings}
    held = {(one.hold.deal_id, one.hold.code) for one in pushed.holds}
    return replace(
        pushed,
        finished_at=pulled.finished_at,
        results=results,
        holds=(
            *pushed.holds,
            *(one for one in pulled.holds if (one.hold.deal_id, one.hold.code) not in held),
        ),
        warnings=(
            *pushed.warnings,
            *(one for one in pulled.warnings if (one.code, one.message, one.deal_id) not in told),
        ),
        unchanged=tuple(
            one for one in dict.fromkeys((*pushed.unchanged, *pulled.unchanged)) if one not in moved
        ),
        api_calls=pulled.api_calls,
        stopped=pulled.stopped,
        deal_names={**pulled.deal_names, **pushed.deal_names},
    )
