"""What a run works with, and the clock that it goes by."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sfspiris.engine.crew import Alone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from sfspiris.core.policy import Policy
    from sfspiris.engine.crew import Crew
    from sfspiris.ports.crm import Crm
    from sfspiris.ports.ledger import Ledger
    from sfspiris.state.store import State

STOCKHOLM = ZoneInfo("Europe/Stockholm")


class ServerClock:
    """Tells the CRM's time, so that a wrong clock on this machine moves no cursor, date or settle window.

    Until the CRM has been heard it is the machine's own time.
    """

    def __init__(self, local: Callable[[], datetime]) -> None:
        self._local = local
        self._ahead = timedelta(0)

    def follow(self, server_time: datetime) -> None:
        """Go by this time (UTC) from now on."""
        self._ahead = server_time - self._local()

    def seen_from_here(self, earlier: datetime) -> datetime:
        """A time that was told before the CRM was heard, by the CRM's clock; never later than now."""
        return min(earlier + self._ahead, self.now())

    def now(self) -> datetime:
        """The time in UTC."""
        return self._local() + self._ahead

    def today(self) -> date:
        """The calendar day in Sweden, which is the day that invoices carry."""
        return self.now().astimezone(STOCKHOLM).date()


def _at_once() -> AbstractContextManager[Callable[[], bool]]:
    """Nothing ever interrupts."""
    return nullcontext(lambda: False)


@dataclass(frozen=True, slots=True)
class World:
    """One run's tools. `policy` is what the operator decided; `pause` waits that many seconds.

    What happens in a block of `unit` is finished before an interruption ends the run, and what the block gets tells whether
    one is waiting. `progress` hears how many of how many actions are done. `crew` waits for the ledgers' answers.
    """

    crm: Crm
    ledgers: Mapping[str, Ledger]
    state: State
    policy: Policy
    clock: ServerClock
    run_id: str
    command: str
    dry: bool
    pause: Callable[[float], None]
    unit: Callable[[], AbstractContextManager[Callable[[], bool]]] = _at_once
    crew: Crew = field(default_factory=Alone)
    progress: Callable[[int, int], None] = field(default=lambda _done, _all: None)

    @property
    def settle(self) -> timedelta:
        """How long what was sent without an answer is waited for before it may be sent again."""
        return self.policy.settle

    def api_calls(self) -> dict[str, int]:
        """Requests sent so far, by side."""
        return {"salesforce": self.crm.calls, "spiris": sum(one.calls for one in self.ledgers.values())}
