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

    Until the CRM has been heard, the machine's own time and `ahead`, what is known from an earlier run, stand for it.
    """

    def __init__(self, local: Callable[[], datetime], ahead: timedelta = timedelta(0)) -> None:
        self._local = local
        self._is_heard = False
        self._waiting: list[Callable[[], None]] = []
        self.ahead = ahead
        """How far the CRM's clock is ahead of this machine's."""

    def follow(self, server_time: datetime) -> None:
        """Go by this time (UTC) from now on."""
        self.ahead = server_time - self._local()
        self._is_heard = True
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one()

    def once_heard(self, told: Callable[[], None]) -> None:
        """Call this when the CRM is first heard; never, when it has been heard already."""
        if not self._is_heard:
            self._waiting.append(told)

    def here(self) -> datetime:
        """The time in UTC on this machine."""
        return self._local()

    def seen_from_here(self, here: datetime) -> datetime:
        """A time of this machine's clock, by the CRM's; never later than now."""
        return min(here + self.ahead, self.now())

    def now(self) -> datetime:
        """The time in UTC."""
        return self._local() + self.ahead

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
    `ticks` are seconds that go on while the machine sleeps or the process is stopped.
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
    ticks: Callable[[], float] = field(default=lambda: 0.0)

    @property
    def settle(self) -> timedelta:
        """How long what was sent without an answer is waited for before it may be sent again."""
        return self.policy.settle

    @property
    def settle_documents(self) -> timedelta:
        """The same for a new draft or order, which may be less where the ledger's lists were measured."""
        return self.policy.settle_documents or self.policy.settle

    def api_calls(self) -> dict[str, int]:
        """Requests sent so far, by side."""
        return {"salesforce": self.crm.calls, "spiris": sum(one.calls for one in self.ledgers.values())}
