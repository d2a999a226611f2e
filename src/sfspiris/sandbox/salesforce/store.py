"""Records of sObjects: as readers see them, and as writers keep them.

A record is a dict of the object's stored fields. Beside these it may hold lookup keys (`External_Id__c:key`), the folded
text of fields that find a record without regard to case; a colon cannot stand in a field's name.

What a person saved while `commit_lag_seconds` is on is there for other writers at once, as a running transaction's rows are,
but readers see it only when the transaction commits, with a stamp that is older by then.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.values import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Record, Records
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.schema.registry import Entity, Schema

RECYCLE_BIN_DAYS: Final = 15
"""How long a deleted record can still be read by queryAll. Source: Salesforce Help, "Recycle Bin"."""


class Store:
    """The records of every object of one org. Implements what SOQL reads (`soql.run.Reading`)."""

    def __init__(self, records: Records, clock: Clock, org: Org) -> None:
        self.records = records
        self._clock = clock
        self._org = org
        self._unsettled: dict[tuple[str, str], tuple[datetime, Record | None]] = {}
        """Until when readers see which former state (None: nothing) of a record that is still being committed."""

    # what readers see

    @property
    def schema(self) -> Schema:
        """What the objects and fields are."""
        return self._org.schema

    def row(self, object_name: str, record_id: str) -> Record | None:
        """The committed record, deleted or not."""
        if self._unsettled:
            held = self._held(object_name, record_id)
            if held is not None:
                return held[1]
        return self.records.get(object_name, record_id)

    def rows(self, object_name: str) -> list[Mapping[str, Any]]:
        """Every committed record, deleted ones too."""
        found = self.records.all(object_name)
        return self._committed(object_name, found) if self._unsettled else list(found)

    def referring(self, object_name: str, field: str, record_id: str) -> list[Mapping[str, Any]]:
        """The committed records whose reference holds the id."""
        if not self._unsettled:
            return list(self.records.find(object_name, field, record_id))
        return [row for row in self.rows(object_name) if row.get(field) == record_id]

    def keyed(self, object_name: str, key: str, value: str) -> list[Mapping[str, Any]]:
        """The committed records that keep the value under a lookup key."""
        return self.referring(object_name, key, value)

    def object_of(self, record_id: str) -> str | None:
        """The object an id belongs to, by its prefix."""
        entity = self._org.schema.of_id(record_id)
        return entity.name if entity is not None else None

    def corporate(self, amount: Decimal, currency: str) -> Decimal:
        """An amount in the corporate currency."""
        return self._org.converted(amount, currency, self._org.corporate_currency)

    def personal(self, amount: Decimal, currency: str) -> Decimal:
        """An amount in the user's currency: in the sandbox every user's is the corporate one."""
        return self.corporate(amount, currency)

    def _held(self, object_name: str, record_id: str) -> tuple[datetime, Record | None] | None:
        held = self._unsettled.get((object_name, record_id))
        if held is not None and held[0] <= self._clock.now():
            del self._unsettled[object_name, record_id]
            return None
        return held

    def _committed(self, object_name: str, found: list[Record]) -> list[Mapping[str, Any]]:
        now = self._clock.now()
        former = {
            record_id: before
            for (name, record_id), (until, before) in self._unsettled.items()
            if name == object_name and until > now
        }
        if not former:
            return list(found)
        rows = []
        for row in found:
            if row["Id"] not in former:
                rows.append(row)
            elif (before := former[row["Id"]]) is not None:
                rows.append(before)
        return list(rows)

    # what writers see

    def current(self, object_name: str, record_id: str) -> Record | None:
        """The record as last written, committed or not."""
        return self.records.get(object_name, record_id)

    def now_referring(self, object_name: str, field: str, record_id: str) -> list[Record]:
        """The records as last written whose reference holds the id, those in the recycle bin left out."""
        return [row for row in self.records.find(object_name, field, record_id) if not row["IsDeleted"]]

    def by_key(self, entity: Entity, key: str, value: str) -> list[Record]:
        """The records as last written that keep the value under a lookup key, those in the recycle bin left out."""
        return [row for row in self.records.find(entity.name, key, value) if not row["IsDeleted"]]

    def new_id(self, entity: Entity) -> str:
        """A fresh id of the object."""
        return ids.mint(entity.definition.prefix, self.records.next(f"{entity.name} id"))

    def put(self, entity: Entity, row: Record, *, settles_at: datetime | None = None) -> None:
        """Keep the record with its lookup keys; readers see it from `settles_at` on (None: at once)."""
        record_id = row["Id"]
        for field in entity.keyed:
            value = row.get(field.name)
            text = None if value is None else str(value)
            row[field.lookup_key] = text if text is None or field.case_sensitive else text.casefold()
        if settles_at is not None:
            self._hold(entity.name, record_id, settles_at)
        self.records.put(entity.name, record_id, row)

    def erase(self, object_name: str, record_id: str) -> None:
        """Take the record away for good, past the recycle bin."""
        self._unsettled.pop((object_name, record_id), None)
        self.records.delete(object_name, record_id)

    def empty_bin(self, object_name: str) -> None:
        """Erase what has lain in the recycle bin for longer than it is kept."""
        limit = stamp(self._clock.now() - timedelta(days=RECYCLE_BIN_DAYS))
        for row in self.records.find(object_name, "IsDeleted", value=True):
            if row["SystemModstamp"] < limit:
                self.erase(object_name, row["Id"])

    def settle(self) -> None:
        """Commit everything that is still being committed."""
        self._unsettled.clear()

    def _hold(self, object_name: str, record_id: str, until: datetime) -> None:
        held = self._held(object_name, record_id)
        before = held[1] if held is not None else self.records.get(object_name, record_id)
        self._unsettled[object_name, record_id] = (until, before)
