"""API usage: what counts against the daily limit, over a rolling 24 hours."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.switches import Switches

_WINDOW: Final = timedelta(hours=24)


class Usage:
    """Counts requests by the minute. Kept in memory: a restart of the sandbox begins at nought."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._minutes: deque[tuple[datetime, int]] = deque()
        self._used = 0

    @property
    def limit(self) -> int:
        """Requests allowed in 24 hours."""
        return self._switches.number("daily_limit")

    @property
    def used(self) -> int:
        """Requests counted in the last 24 hours."""
        self._forget()
        return self._used

    def count(self, requests: int = 1) -> None:
        """Count requests, or refuse them when the limit has been reached."""
        if self.used >= self.limit:
            raise ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        minute = self._clock.now().replace(second=0, microsecond=0)
        if self._minutes and self._minutes[-1][0] == minute:
            self._minutes[-1] = (minute, self._minutes[-1][1] + requests)
        else:
            self._minutes.append((minute, requests))
        self._used += requests

    def header(self) -> str:
        """The text of `Sforce-Limit-Info`."""
        return f"api-usage={self.used}/{self.limit}"

    def clear(self) -> None:
        """Begin at nought."""
        self._minutes.clear()
        self._used = 0

    def _forget(self) -> None:
        limit = self._clock.now() - _WINDOW
        while self._minutes and self._minutes[0][0] < limit:
            self._used -= self._minutes.popleft()[1]
