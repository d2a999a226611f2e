"""The beginning of a run, recorded by the CRM's clock as its end is, although the CRM has not been heard yet.

It is told by how far the two clocks were apart in the run before. Where that turns out to be wrong, as in the first run of all
on a machine whose clock is, the record is put right at the CRM's first answer, before anything else is recorded for the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.state.server_clock import AGREE, keep_ahead

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.engine.world import World


def begin(world: World) -> datetime:
    """Record that the run begins; when that is on this machine's clock, for `clock.seen_from_here` at its end."""
    clock, state = world.clock, world.state
    here = clock.here()
    recorded = state.runs.start(world.run_id, world.command, at=clock.seen_from_here(here)).started_at

    def put_right() -> None:
        keep_ahead(state.catalog, clock.ahead, at=clock.now())
        began = clock.seen_from_here(here)
        if abs(began - recorded) > AGREE:
            state.runs.correct_start(world.run_id, began)

    clock.once_heard(put_right)
    return here
