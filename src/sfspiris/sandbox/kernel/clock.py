"""The time a simulator believes in."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

NO_OFFSET = timedelta(0)


class Clock:
    """A clock that follows real time until it is set, and runs on from there.

    It keeps ticking after being set, so that limits per minute, session lengths and indexing delays also end for a client
    that simply waits. A test that wants time to pass sets it forward.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.offset = NO_OFFSET
        """How far ahead of real time this clock is; kept with the data, so that a restart resumes at the right moment."""
        self.set(now)

    def now(self) -> datetime:
        """The present moment, UTC and aware."""
        return _real_now() + self.offset

    def set(self, now: datetime | None) -> None:
        """Make `now` the present moment; `None` returns to real time. A moment without a zone is refused."""
        if now is None:
            self.offset = NO_OFFSET
            return
        if now.tzinfo is None:
            raise ValueError(f"a clock needs a moment with a time zone, not {now.isoformat()}")
        self.offset = now - _real_now()

    def today_in(self, zone: "ZoneInfo") -> date:
        """The calendar day in `zone` at the present moment."""
        return self.now().astimezone(zone).date()


def _real_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the sandbox keeps its own time, and starts from the real one
