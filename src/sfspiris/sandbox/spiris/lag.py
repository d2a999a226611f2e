"""Lists that are some moments behind, as lists served from an index are."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.kernel.switches import Switches

_Write = tuple[datetime, str, Record | None]


class Lag:
    """Remembers what fresh writes replaced, for as long as lists must not show them.

    Kept in memory: after a restart every list has caught up.
    """

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._writes: dict[str, deque[_Write]] = {}

    def wrote(self, table: str, record_id: str, before: Record | None) -> None:
        """A record is about to change; `before` is what was there."""
        if self._switches.number("index_lag_seconds"):
            self._writes.setdefault(table, deque()).append((self._clock.now(), record_id, before))

    def is_behind(self, table: str) -> bool:
        """Whether lists of the table hide something at this moment."""
        writes = self._writes.get(table)
        if not writes:
            return False
        horizon = self._clock.now() - timedelta(seconds=self._switches.number("index_lag_seconds"))
        while writes and writes[0][0] <= horizon:
            writes.popleft()
        return bool(writes)

    def seen(self, table: str, records: Iterable[Record]) -> Iterator[Record]:
        """The table as it was before the writes that are still too fresh."""
        earliest: dict[str, Record | None] = {}
        for _, record_id, before in self._writes.get(table, ()):
            earliest.setdefault(record_id, before)
        for record in records:
            before = earliest.pop(record["Id"], record)
            if before is not None:
                yield before
        yield from (before for before in earliest.values() if before is not None)

    def forget(self) -> None:
        """Everything has caught up."""
        self._writes.clear()
