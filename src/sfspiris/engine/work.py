"""What every action of a plan shares: the record of one write, before and after it, and what became of them all."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sfspiris.core.actions import (
    Action,
    Adopt,
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    DeleteDraft,
    UpdateCustomer,
    UpdateDraft,
    WriteDeal,
    kind,
)
from sfspiris.core.holds import Hold, HoldCode, Warn, for_sales
from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.model import DealStatus, SyncState
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.errors import (
    Fatal,
    OutcomeUnknown,
    OutOfQuota,
    Refused,
    Retryable,
    SafetyStop,
    Unreachable,
    stood_still,
)
from sfspiris.sentences import as_told

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.engine.world import World
    from sfspiris.errors import SfspirisError
    from sfspiris.state.journal import Intent, NewIntent

log = logging.getLogger(__name__)

Made = TypeVar("Made")
Sent = CreateCustomer | CreateArticle | UpdateCustomer | CreateDraft | UpdateDraft | DeleteDraft

_QUOTA_WAITS: Final = 3  # how often one create waits for quota before the run gives up for now
_LONGEST_WAIT: Final = (
    65.0  # seconds; a quota counted per minute is free again by then, and no longer one is waited for
)
_FAILURES: Final = frozenset({Outcome.FAILED, Outcome.UNKNOWN})
_FRESH: Final = 60.0  # seconds from when a write is written down until somebody begins to send it
UNANSWERED_IN_A_ROW: Final = 3
"""After so many creates in a row without a trustworthy answer from one company the run stops.

One lost reply is an accident; several in a row mean that the line or the service is down, and every further create would
only be one more document whose existence nobody can tell until the settle window has passed. Those that were under way at
the same time still get their answers.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A step that waits for a ledger: the generator that gave it gets what `send` gives, or what it raises."""

    send: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Pause:
    """A step that waits so many seconds, with nothing under way."""

    seconds: float


Result = TypeVar("Result")
Steps = Generator[Call | Pause, object, Result]
"""How one action is carried out: everything is decided and written down by the generator, which waits by what it gives."""


@dataclass(slots=True)
class Carried:
    """What became of the actions, and what came up on the way. `stopped` is the error that ended the run early."""

    results: list[ActionResult] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    warnings: list[Warn] = field(default_factory=list)
    stopped: SfspirisError | None = None


class Work:
    """What is known of the plan under way; `number` is the place in the plan of the action that is being carried out.

    Results, holds and warnings come out in the order of the plan, in whatever order the answers came in.
    """

    def __init__(self, world: World, *, fail_fast: bool = False) -> None:
        self.world = world
        self._fail_fast = fail_fast
        self.number = 0
        self.after: dict[str, SyncState] = {}  # what the CRM must be told otherwise than planned
        self.untouched: set[str] = set()  # deals of whose write nothing is known: the CRM is told nothing
        self.stopped: SfspirisError | None = None
        self.sent: set[str] = set()  # the actions that left us and have not been noted yet
        self._results: list[tuple[int, ActionResult]] = []
        self._holds: list[tuple[int, Hold]] = []
        self._warnings: list[tuple[int, Warn]] = []
        self._unanswered: Counter[str] = Counter()  # by company: creates in a row that nobody answered

    @property
    def carried(self) -> Carried:
        """What became of everything so far, in the order of the plan."""
        return Carried(
            _in_order(self._results), _in_order(self._holds), _in_order(self._warnings), self.stopped
        )

    # --- what became of it -----------------------------------------------------------------------------------------

    def note(
        self, action: Action, outcome: Outcome, target_id: str | None = None, *, adopted: bool = False
    ) -> None:
        """Say how the action ended."""
        self._results.append((self.number, ActionResult(action, outcome, target_id, adopted)))
        if self._fail_fast and outcome in _FAILURES and not isinstance(action, WriteDeal):
            self.stop(
                SafetyStop(
                    f"The run stopped at the first write that failed, as it was told to: {kind(action)} for deal "
                    f"{action.deal_id}. What was under way with it was finished; the rest was not tried.",
                    remedy="Mend what the hold of that deal says, then run again: what was made stays, and nothing is made "
                    "twice.",
                    code="STOPPED_AT_FAILURE",
                )
            )

    def hold(self, hold: Hold) -> None:
        """Somebody must look at the Deal."""
        self._holds.append((self.number, hold))

    def warn(self, warning: Warn) -> None:
        """Somebody should know."""
        self._warnings.append((self.number, warning))

    def hold_deal(
        self, action: CreateDraft | UpdateDraft, hold: Hold, *, keep: SyncState | None = None
    ) -> None:
        """Hold the Deal; `keep` is what the CRM goes on saying about a document that exists already."""
        self.hold(hold)
        state = keep or SyncState(
            status=DealStatus.HELD, correlation_id=action.correlation_id, company=action.company
        )
        spoken = self.world.policy.spoken
        self.after[action.deal_id] = replace(state, code=hold.code, message=for_sales([hold], spoken))

    def stop(self, error: SfspirisError) -> None:
        """Nothing more begins; the first reason is the one that is told."""
        self.stopped = self.stopped or error

    # --- one write -------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The time in UTC."""
        return self.world.clock.now()

    def record(self, wanted: NewIntent) -> Intent:
        """Write down what is wanted."""
        return self.world.state.journal.record_intent(wanted, at=self.now(), run_id=self.world.run_id)

    def move(self, intent: Intent, event: IntentEvent, note: str | None = None) -> Intent:
        """Write down what happened to it."""
        return self.world.state.journal.move(
            intent, event, at=self.now(), run_id=self.world.run_id, note=note
        )

    def send(
        self, action: Sent, intent: Intent, send: Callable[[], Made]
    ) -> Steps[tuple[Intent, Made] | Hold]:
        """Send one write and give what came of it, or the hold that its Deal gets.

        Raises Retryable or Fatal when it was provably not carried out and no other would be either.
        """
        quota_waits = 0
        while True:
            intent = self.move(intent, IntentEvent.ARM)
            log.info(
                "%s for deal %s",
                kind(action),
                action.deal_id,
                extra={"correlation_id": action.correlation_id},
            )
            self.sent.add(action.id)
            try:
                made = cast("Made", (yield Call(self._while_fresh(send))))
            except OutOfQuota as error:
                self.sent.discard(action.id)
                intent = self.move(intent, IntentEvent.NOT_EXECUTED, error.code)
                quota_waits += 1
                if quota_waits > _QUOTA_WAITS or error.retry_after > _LONGEST_WAIT:
                    self.move(intent, IntentEvent.DROP, error.code)
                    raise
                over_quota = error
            except (Retryable, Fatal) as error:
                self.sent.discard(action.id)
                intent = self.move(intent, IntentEvent.NOT_EXECUTED, error.code)
                self.move(intent, IntentEvent.DROP, error.code)
                raise
            except Refused as error:
                self._unanswered[action.company] = 0
                code = HoldCode(error.code)
                told = error.vendor_code if code is HoldCode.LEDGER_REFUSED else error.code
                self.move(intent, IntentEvent.REFUSE, told or error.code)
                self.note(action, Outcome.FAILED)
                return held(action, code, error)
            except OutcomeUnknown as error:
                self.move(intent, IntentEvent.LOSE, error.code)
                self.note(action, Outcome.UNKNOWN)
                self._stop_when_nobody_answers(action.company)
                return held(action, HoldCode.OUTCOME_UNKNOWN, error)
            else:
                self._unanswered[action.company] = 0
                return intent, made
            yield Pause(over_quota.retry_after)
            if self.stopped is not None:  # meanwhile, for another action: nothing more begins
                self.move(intent, IntentEvent.DROP, over_quota.code)
                raise over_quota

    def _while_fresh(self, send: Callable[[], Made]) -> Callable[[], Made]:
        """The same, but nothing is sent when this process has stood still since it was written down.

        The settle window begins there: what is sent long after it may appear when the window is over. So it is written down
        anew first, as after a refusal for want of quota.
        """
        ticks = self.world.ticks
        armed = ticks()

        def fresh() -> Made:
            if ticks() - armed > _FRESH:
                raise stood_still()
            return send()

        return fresh

    def _stop_when_nobody_answers(self, company: str) -> None:
        self._unanswered[company] += 1
        if self._unanswered[company] >= UNANSWERED_IN_A_ROW:
            ledger = self.world.policy.companies[company].ledger
            self.stop(
                Unreachable(
                    f"{ledger} gave no trustworthy answer to {UNANSWERED_IN_A_ROW} creates in a row for company "
                    f"{company}, so the run stopped; the rest was not tried.",
                    remedy="Nothing is lost and nothing is sent twice. When the service works again, run the same "
                    "command: it first looks for what may have been made.",
                    code="NO_ANSWERS",
                )
            )

    def give_up(self, action: Sent | Adopt, error: SfspirisError) -> None:
        """The action was not carried out, or nobody could write down that it was; nothing more begins."""
        self.stop(error)
        self.untouched.add(action.deal_id)
        self.note(action, Outcome.UNKNOWN if action.id in self.sent else Outcome.SKIPPED)

    def skip(self, action: Sent | Adopt) -> None:
        """The action is not tried, for the run has been stopped."""
        self.untouched.add(action.deal_id)
        self.note(action, Outcome.SKIPPED)


def held(action: Sent, code: HoldCode, error: SfspirisError) -> Hold:
    """The hold of a Deal whose write ended with that error, in the error's own words."""
    return Hold(
        deal_id=action.deal_id,
        deal_name="" if isinstance(action, CreateCustomer | CreateArticle) else action.deal_name,
        company=action.company,
        code=code,
        message=as_told(error.message),
        fix=as_told(error.remedy),
        owner=None if isinstance(action, CreateCustomer | CreateArticle | UpdateCustomer) else action.owner,
    )


def _in_order(found: list[tuple[int, Any]]) -> list[Any]:
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]
