"""Tells the CRM: before the creates that they are coming, and after everything what became of it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import CreateDraft, WriteDeal
from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.identity import payload_hash
from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.model import SyncState
from sfspiris.core.outcome import Outcome
from sfspiris.engine.search import WITNESS
from sfspiris.errors import Fatal, Retryable
from sfspiris.ports.crm import DealUpdate
from sfspiris.sentences import say
from sfspiris.state.journal import IntentKind, NewIntent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfspiris.engine.work import Work

_TOLD_AT_ONCE: Final = 200  # deals per write to the CRM: one call


class Telling:
    """Writes to the CRM what the plan's Deals have come to, on the record before and after."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def bear_witness(self, drafts: Sequence[CreateDraft]) -> None:
        """Write on each Deal that its draft is about to be sent, many in a call, where the CRM has a field for it.

        Whoever runs next then knows, though our memory be lost with the disk that it was on. A Deal that cannot be saved
        goes on without: our own memory is the first witness. A CRM that does not answer stops the run before anything is
        made that it could not be told about.
        """
        fields = self._work.world.policy.sync_fields
        if WITNESS not in fields:
            return
        for start in range(0, len(drafts), _TOLD_AT_ONCE):
            armed = [
                WriteDeal(
                    deal_id=one.deal_id,
                    company=one.company,
                    correlation_id=one.correlation_id,
                    before=SyncState(),
                    after=SyncState(correlation_id=one.correlation_id, company=one.company).only(fields),
                )
                for one in drafts[start : start + _TOLD_AT_ONCE]
            ]
            try:
                self._write_deals(armed)
            except (Retryable, Fatal) as error:
                self._work.stop(error)
                return

    def tell(self, planned: Sequence[WriteDeal]) -> None:
        """Tell the CRM what really became of the Deals, many in a call. One that cannot be saved does not stop the rest."""
        sync_fields = self._work.world.policy.sync_fields
        actual = [
            replace(one, after=self._work.after[one.deal_id].only(sync_fields))
            if one.deal_id in self._work.after
            else one
            for one in planned
            if one.deal_id not in self._work.untouched
        ]
        actual = [one for one in actual if one.before != one.after or one.answers_retry]
        for start in range(0, len(actual), _TOLD_AT_ONCE):
            try:
                self._tell_some(actual[start : start + _TOLD_AT_ONCE])
            except (Retryable, Fatal) as error:
                self._work.stop(error)
                for place, one in enumerate(actual[start:]):
                    self._work.note(one, Outcome.UNKNOWN if place < _TOLD_AT_ONCE else Outcome.SKIPPED)
                return

    def _write_deals(self, actions: list[WriteDeal]) -> dict[str, str | None]:
        """Write to the CRM, on the record before and after; by Deal None, or why it was not saved."""
        world, journal = self._work.world, self._work.world.state.journal
        intents = journal.record_intents(
            [
                NewIntent(
                    kind=IntentKind.WRITE_DEAL,
                    company=one.company,
                    subject=one.deal_id,
                    deal_id=one.deal_id,
                    payload_hash=payload_hash(asdict(one.after)),
                    correlation_id=one.correlation_id,
                )
                for one in actions
            ],
            at=self._work.now(),
            run_id=world.run_id,
        )
        armed = journal.move_all(intents, IntentEvent.ARM, at=self._work.now(), run_id=world.run_id)
        results = world.crm.write_deals(
            [DealUpdate(one.deal_id, one.after, self._work.now(), one.answers_retry) for one in actions]
        )
        errors = {one.deal_id: one.error for one in results}
        saved = [one for one in armed if errors.get(one.deal_id) is None]
        refused = [one for one in armed if errors.get(one.deal_id) is not None]
        journal.move_all(saved, IntentEvent.CONFIRM, at=self._work.now(), run_id=world.run_id)
        journal.move_all(refused, IntentEvent.REFUSE, at=self._work.now(), run_id=world.run_id)
        return errors

    def _tell_some(self, actions: list[WriteDeal]) -> None:
        errors = self._write_deals(actions)
        for one in actions:
            error = errors.get(one.deal_id)
            self._work.note(one, Outcome.DONE if error is None else Outcome.FAILED, one.deal_id)
            if error is not None:
                self._work.warn(
                    Warn(
                        WarningCode.WRITE_BACK_FAILED,
                        say(
                            "Salesforce did not save the status of the deal: %(error)s. It is tried again in the next run.",
                            error=error.rstrip("."),
                        ),
                        one.deal_id,
                    )
                )
