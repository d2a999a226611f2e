"""What became of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import Mirrored, WriteAccount, WriteDeal, WriteInvoice, kind
from sfspiris.core.holds import WarningCode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sfspiris.core.actions import Action
    from sfspiris.core.conversion import Conversion
    from sfspiris.core.holds import Hold, Warn
    from sfspiris.errors import SfspirisError


class Outcome(StrEnum):
    """What became of one action."""

    PLANNED = "planned"  # a dry run stopped here
    DONE = "done"
    FAILED = "failed"  # refused; nothing was written
    UNKNOWN = "unknown"  # sent, no trustworthy answer
    SKIPPED = "skipped"  # not tried, because something it needs did not come about


@dataclass(frozen=True, slots=True)
class ActionResult:
    """One action and what became of it. `target_id` is the other side's id once it exists."""

    action: Action | Mirrored
    outcome: Outcome
    target_id: str | None = None
    adopted: bool = False


class RunStatus(StrEnum):
    """One word for a whole run."""

    OK = "ok"
    PARTIAL = "partial"  # something was held or failed
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HeldSince:
    """A hold and when (UTC) this Deal was first held for this reason; `correlation_id` is the Deal's in logs and in the CRM."""

    hold: Hold
    since: datetime
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything a report tells about one run; times are UTC. `stopped` is what ended it before all was tried.

    `deal_names` names Deals that neither an action nor a hold names. `refused` counts the items of a saved plan that have
    moved since and were left alone without being held; `out_of_scope` counts the Deals that a route leaves out, and
    `beyond_limit` those that were ready beyond the number that was asked for.
    `conversions` are the CRM's own rates of Deals in a foreign currency, by Deal id.
    """

    command: str
    run_id: str
    dry: bool
    started_at: datetime
    finished_at: datetime
    results: tuple[ActionResult, ...]
    holds: tuple[HeldSince, ...]
    warnings: tuple[Warn, ...]
    unchanged: tuple[str, ...]
    api_calls: Mapping[str, int]
    stopped: SfspirisError | None = None
    deal_names: Mapping[str, str] = field(default_factory=dict)
    refused: int = 0
    out_of_scope: int = 0
    beyond_limit: int = 0
    conversions: Mapping[str, Conversion] = field(default_factory=dict)

    @property
    def updated(self) -> int:
        """How many records were brought up to date, or would be: those of a ledger, and what the CRM shows of them.

        What the CRM is told of a Deal only because its document was made, changed or held counts with that.
        """
        counted = [one for one in self.results if one.outcome in _COUNTED and not one.adopted]
        mirrored = {
            one.action.deal_id for one in self.results if not isinstance(one.action, WriteDeal | Mirrored)
        }
        mirrored |= {one.hold.deal_id for one in self.holds}
        return sum(
            kind(one.action).startswith("update_")
            or (isinstance(one.action, _SHOWN) and not _mirrors(one.action, mirrored))
            for one in counted
        )

    @property
    def held(self) -> int:
        """How many Deals wait for a person."""
        return len({one.hold.deal_id for one in self.holds})

    @property
    def failed(self) -> int:
        """How many actions failed or are unknown, and how many items of a saved plan were refused."""
        failed = sum(one.outcome in {Outcome.FAILED, Outcome.UNKNOWN} for one in self.results)
        return failed + self.refused

    @property
    def miscounted(self) -> int:
        """How often the two sides and our memory do not agree on how many documents there are."""
        return sum(one.code is WarningCode.COUNT_MISMATCH for one in self.warnings)

    @property
    def is_much_held(self) -> bool:
        """Whether a greater part of the Deals waits for a person than the configuration allows."""
        return any(one.code is WarningCode.HELD_SHARE for one in self.warnings)

    @property
    def status(self) -> RunStatus:
        """`partial` as soon as one Deal is held or one action failed; `failed` when it could not go on."""
        if self.stopped is not None:
            return RunStatus.FAILED
        return RunStatus.PARTIAL if self.held or self.failed or self.miscounted else RunStatus.OK


_COUNTED: Final = {Outcome.PLANNED, Outcome.DONE}
_SHOWN: Final = (WriteDeal, WriteInvoice, WriteAccount)


def _mirrors(action: Action | Mirrored, deals: Collection[str]) -> bool:
    return isinstance(action, WriteDeal) and action.deal_id in deals
