"""JSON of records that lists answer again and again, written once.

A page of a thousand invoices is four megabytes of exact numbers; writing it takes longer than everything else about it.
"""

from collections.abc import Hashable
from typing import Any, Final

from sfspiris.sandbox.kernel.jsonio import encode
from sfspiris.sandbox.kernel.records import Record

KEPT: Final = 5_000
"""Fragments kept before all are dropped; about 4 kB each."""


class Fragments:
    """Remembers the JSON of a record for as long as that record is stored and nothing beside it has changed."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Record, Hashable, bytes]] = {}

    def of(self, record: Record, answered: dict[str, Any], beside: Hashable) -> bytes:
        """The JSON of `answered`, which is made of the stored `record` and of what `beside` stands for."""
        known = self._texts.get(id(record))
        if known is not None and known[0] is record and known[1] == beside:
            return known[2]
        text = encode(answered)
        if len(self._texts) >= KEPT:
            self._texts.clear()
        self._texts[id(record)] = (record, beside, text)
        return text
