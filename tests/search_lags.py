"""A measurement of a company's list as weeks of runs leave it behind, without the weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.model import Target
from sfspiris.core.outcome import RunStatus
from sfspiris.core.searchlag import DAYS, OBSERVED
from sfspiris.state.runs import RunCounts
from sfspiris.state.searchlag import Awaited, Looked
from statekit import new_draft

if TYPE_CHECKING:
    from sfspiris.state.store import State

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def measured(
    state: State,
    company: str,
    *,
    until: datetime,
    number: int = OBSERVED,
    days: int = DAYS,
    after: timedelta = 2 * SECOND,
) -> None:
    """So many drafts that were made on the days up to then (UTC), and each seen that long after it was made.

    They stand for deals that nobody knows any more, so that no run goes on with them.
    """
    run_id = f"measured-{company}"
    state.runs.start(run_id, "push-closed-won", at=until - days * DAY)
    wanted = [replace(new_draft(f"{company}-{one}", company=company), wrote="{}") for one in range(number)]
    intents = state.journal.record_intents(wanted, at=until - days * DAY, run_id=run_id)
    looked = []
    for place in range(days):
        made_at = until - (days - 1 - place) * DAY - after
        for event in (IntentEvent.ARM, IntentEvent.NOT_EXECUTED, IntentEvent.DROP):
            moved = state.journal.move_all(intents[place::days], event, at=made_at - SECOND, run_id=run_id)
            intents = tuple({**{one.id: one for one in intents}, **{one.id: one for one in moved}}.values())
        looked += [
            Looked(
                Awaited(
                    one.id,
                    company,
                    Target.DRAFT,
                    one.marker or "",
                    None,
                    made_at - SECOND,
                    is_answered=True,
                    is_known=False,
                ),
                made_at + after,
                made_at,
            )
            for one in intents[place::days]
        ]
    state.search_lags.note(looked, now=until)
    state.runs.finish(run_id, RunStatus.OK, RunCounts(), at=until)
