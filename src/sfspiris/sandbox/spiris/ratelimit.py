"""So many calls per minute, client and endpoint: a sliding window over real time.

Real time because the limit protects a server from a client's pace, and a test that moves the simulator's clock does not
change that. An endpoint is a path pattern, whatever the method. Refused calls do not count.
"""

import math
import time
from collections import deque
from typing import Final

WINDOW_SECONDS: Final = 60.0


class RateLimit:
    """Remembers when each client called each endpoint during the last minute."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def wait(self, client_id: str, endpoint: str, limit: int) -> int:
        """Count a call; 0 when it is within the limit, else the whole seconds after which there is room again."""
        now = time.monotonic()
        calls = self._calls.setdefault((client_id, endpoint), deque())
        while calls and calls[0] <= now - WINDOW_SECONDS:
            calls.popleft()
        if len(calls) < limit:
            calls.append(now)
            return 0
        if not limit:
            return int(WINDOW_SECONDS)
        return max(1, math.ceil(calls[len(calls) - limit] + WINDOW_SECONDS - now))

    def forget(self) -> None:
        """As if nobody had called."""
        self._calls.clear()
