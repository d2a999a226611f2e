"""Creating, changing and deleting records, with everything the platform checks and does on the way.

A save goes: names to fields, values to their types, references to ids, defaults, the object's own behaviour, required fields,
unique fields, validation rules, duplicate rules; then the record is kept and its consequences follow. Nothing is written
before the last check has passed, so a refused record leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.behaviours import BEHAVIOURS, NO_BEHAVIOUR, Behaviour, Removal, Save
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.incoming import Incoming
from sfspiris.sandbox.salesforce.places import settle_addresses
from sfspiris.sandbox.salesforce.rules import check_duplicates, check_validation, run_flows
from sfspiris.sandbox.salesforce.values import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.kernel.switches import Switches
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.schema.registry import Entity
    from sfspiris.sandbox.salesforce.store import Store

_AUDIT: Final = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp")
_SHORT_ID: Final = 15


@dataclass(frozen=True, slots=True)
class Author:
    """Who saves, and how."""

    user_id: str
    in_product: bool = False
    """A person in the product, or a world being loaded: sees every field and may set read-only ones."""
    allows_duplicates: bool = False
    """Whether the request asked to save despite alerting duplicate rules."""
    promised: frozenset[str] = field(default=frozenset())
    """Ids that records of the same batch will have, made or not yet."""
    loading: bool = False
    """Whether a world is being loaded: an admin's rules do not look at it."""

    def as_product(self) -> Author:
        """The same user, the platform acting for them."""
        return replace(self, in_product=True)


class Dml:
    """Writes records of one org."""

    def __init__(self, store: Store, org: Org, clock: Clock, switches: Switches) -> None:
        self.store = store
        self.org = org
        self.switches = switches
        self._clock = clock
        self._incoming = Incoming(store, org)
        self._writes = 0

    # time

    def stamp(self, author: Author) -> str:
        """The stamp of a save by this author now, in whole seconds.

        With `commit_lag_seconds`, a save through the API, answered after its commit, began that long ago; one in the product
        begins now and commits that much later (see `store`).
        """
        return stamp(self._begun(author))

    def _begun(self, author: Author) -> datetime:
        lag = 0 if author.in_product else self.switches.number("commit_lag_seconds")
        return self._clock.now() - timedelta(seconds=lag)

    def _settles_at(self, author: Author) -> datetime | None:
        lag = self.switches.number("commit_lag_seconds")
        return self._clock.now() + timedelta(seconds=lag) if lag and author.in_product else None

    # saves

    def create(
        self, entity: Entity, body: Mapping[str, Any], author: Author, *, record_id: str | None = None
    ) -> str:
        """Make a record from API names and values; its id. Raises `ApiError`."""
        if not entity.definition.createable and not author.in_product:
            raise ApiError(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {entity.name} does not support create"
            )
        with self.store.records.transaction():
            return self._created(entity, body, author, record_id)

    def _created(self, entity: Entity, body: Mapping[str, Any], author: Author, record_id: str | None) -> str:
        values = self._incoming.values(entity, body, author, is_insert=True)
        self._lock(author, entity.definition.prefix)
        row = {**self._fresh(entity, author), **values}
        now = self.stamp(author)
        record_id = record_id or self.store.new_id(entity)
        row["Id"] = record_id
        for name in _AUDIT:
            given = values.get(name)
            row[name] = given if given is not None else (now if not name.endswith("ById") else author.user_id)
        self._number(entity, row)
        name_field = entity.definition.name_field
        if entity.definition.custom and name_field is not None and row["Name"] is None:
            row["Name"] = record_id[:_SHORT_ID]
        self._save(Save(self, entity, author, None, row, frozenset(values)))
        return record_id

    def update(self, entity: Entity, record_id: str, body: Mapping[str, Any], author: Author) -> None:
        """Change a record. Raises `ApiError`, also where there is no such record."""
        if not entity.definition.updateable and not author.in_product:
            raise ApiError(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {entity.name} does not support update"
            )
        old = self.existing(entity, record_id)
        values = self._incoming.values(entity, body, author, is_insert=False)
        self._lock(author, record_id)
        if old.get("_locked") and not author.in_product:
            raise ApiError("ENTITY_IS_LOCKED", "the entity is locked for editing")
        row = {**old, **values}
        self._touch(row, values, author)
        self._save(Save(self, entity, author, old, row, frozenset(values)))

    def adjust(
        self,
        object_name: str,
        record_id: str,
        values: Mapping[str, Any],
        author: Author,
        *,
        stamps: bool = True,
    ) -> None:
        """Bring computed fields of a record up to date on behalf of another save; rules do not run again."""
        entity = self.org.all_schema[object_name]
        old = self.existing(entity, record_id)
        row = {**old, **values}
        if stamps:
            self._touch(row, {}, author)
        save = Save(self, entity, author, old, row, frozenset(), by_platform=True)
        behaviour = _behaviour(entity)
        behaviour.before(save)
        self.store.put(entity, row, settles_at=self._settles_at(author))
        behaviour.after(save)

    def note(self, entity: Entity, values: Mapping[str, Any], author: Author) -> str:
        """Keep a record that the platform writes by itself, such as a line of history; its id."""
        now = self.stamp(author)
        record_id = self.store.new_id(entity)
        audit = {name: now if not name.endswith("ById") else author.user_id for name in _AUDIT}
        row = {**entity.blank, **audit, **values, "Id": record_id}
        self.store.put(entity, row, settles_at=self._settles_at(author))
        return record_id

    def _save(self, save: Save) -> None:
        entity, behaviour = save.entity, _behaviour(save.entity)
        with self.store.records.transaction():
            settle_addresses(save, self.org)
            if not save.author.loading:
                run_flows(save, self.store, self.org)
            behaviour.before(save)
            self._require(save)
            self._unique(save)
            if not save.author.loading:
                check_validation(save, self.store, self.org)
                check_duplicates(save, self.store)
            self.store.put(entity, save.row, settles_at=self._settles_at(save.author))
            behaviour.after(save)
            if "formulas_leave_no_stamp" not in self.org.traps:
                self._touch_formulas(save)

    def _touch_formulas(self, save: Save) -> None:
        """Move the stamps of records whose formulas may read the saved one: what the platform does not do."""
        for child in self.org.all_schema.children(save.entity.name):
            if any(one.calculated for one in self.org.all_schema[child.object].fields.values()):
                for referring in self.store.now_referring(child.object, child.field.name, save.row["Id"]):
                    self.adjust(child.object, referring["Id"], {}, save.author)

    def _touch(self, row: Record, given: Mapping[str, Any], author: Author) -> None:
        now = self.stamp(author)
        row["LastModifiedDate"] = given.get("LastModifiedDate") or now
        row["LastModifiedById"] = given.get("LastModifiedById") or author.user_id
        row["SystemModstamp"] = given.get("SystemModstamp") or now

    # upsert

    def matches(self, entity: Entity, key_field: Field, value: str) -> list[Record]:
        """The records that an upsert by this field and value means."""
        if key_field.type == "id":
            record_id = ids.canonical(value)
            row = self.store.current(entity.name, record_id) if record_id is not None else None
            return [row] if row is not None and not row["IsDeleted"] else []
        text = value if key_field.case_sensitive else value.casefold()
        return self.store.by_key(entity, key_field.lookup_key, text)

    # deletes

    def delete(self, entity: Entity, record_id: str, author: Author) -> None:
        """Put a record and what belongs to it into the recycle bin. Raises `ApiError`."""
        if not entity.definition.deletable and not author.in_product:
            raise ApiError(
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {entity.name} does not support delete"
            )
        row = self.existing(entity, record_id)
        self._lock(author, record_id)
        if row.get("_locked") and not author.in_product:
            raise ApiError("ENTITY_IS_LOCKED", "the entity is locked for editing")
        with self.store.records.transaction():
            _behaviour(entity).deleting(Removal(self, row, author))
            self._bin(entity, row, author)

    def _bin(self, entity: Entity, row: Record, author: Author) -> None:
        gone = {**row, "IsDeleted": True}
        self._touch(gone, {}, author)
        for child in self.org.all_schema.cascades.get(entity.name, ()):
            for dependent in self.store.now_referring(child.object, child.field.name, row["Id"]):
                self._bin(self.org.all_schema[child.object], dependent, author)
        for child in self.org.all_schema.children(entity.name):
            if child.field.custom and not child.field.cascades:
                for referring in self.store.now_referring(child.object, child.field.name, row["Id"]):
                    self.adjust(child.object, referring["Id"], {child.field.name: None}, author)
        self.store.put(entity, gone, settles_at=self._settles_at(author))
        _behaviour(entity).deleted(Removal(self, gone, author))

    def undelete(self, entity: Entity, record_id: str, author: Author) -> None:
        """Take a record, and what went with it, out of the recycle bin. Raises `ApiError`."""
        row = self.store.current(entity.name, record_id)
        if row is None or not row["IsDeleted"]:
            raise ApiError("UNDELETE_FAILED", "Entity is not in the recycle bin")
        with self.store.records.transaction():
            back = {**row, "IsDeleted": False}
            self._touch(back, {}, author)
            self.store.put(entity, back, settles_at=self._settles_at(author))
            for child in self.org.all_schema.cascades.get(entity.name, ()):
                for dependent in self.store.records.find(child.object, child.field.name, record_id):
                    if dependent["IsDeleted"] and dependent["SystemModstamp"] == row["SystemModstamp"]:
                        self.undelete(self.org.all_schema[child.object], dependent["Id"], author)
            _behaviour(entity).deleted(Removal(self, back, author))

    def merge(self, entity: Entity, loser_id: str, winner_id: str, author: Author) -> None:
        """Move what belongs to one record to another, then delete the one with `MasterRecordId` set. Raises `ApiError`."""
        self.existing(entity, winner_id)
        loser = self.existing(entity, loser_id)
        for child in self.org.all_schema.children(entity.name):
            for dependent in self.store.now_referring(child.object, child.field.name, loser_id):
                self.adjust(child.object, dependent["Id"], {child.field.name: winner_id}, author)
        gone = {**loser, "IsDeleted": True}
        if "merge_leaves_a_pointer" in self.org.traps:
            gone["MasterRecordId"] = winner_id
        self._touch(gone, {}, author)
        self.store.put(entity, gone, settles_at=self._settles_at(author))
        self.adjust(entity.name, winner_id, {}, author)

    def existing(self, entity: Entity, record_id: str) -> Record:
        """The record that a write means. Raises `ApiError` where it is deleted or was never there."""
        row = self.store.current(entity.name, record_id)
        if row is None:
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row["IsDeleted"]:
            raise ApiError("ENTITY_IS_DELETED", "entity is deleted")
        return row

    # parts of a save

    def _lock(self, author: Author, record_id: str) -> None:
        """Fail every so many API writes as if another transaction held the row."""
        every = self.switches.number("lock_every_nth")
        if not every or author.in_product:
            return
        self._writes += 1
        if self._writes % every == 0:
            raise ApiError(
                "UNABLE_TO_LOCK_ROW",
                f"unable to obtain exclusive access to this record or 1 records: {record_id}",
            )

    def _fresh(self, entity: Entity, author: Author) -> Record:
        """A new record before the request's values: its defaults, its maker as owner, the default record type."""
        fresh = dict(entity.fresh)
        if "OwnerId" in entity.fields:
            fresh["OwnerId"] = author.user_id
        if entity.record_types:
            fresh["RecordTypeId"] = self._default_record_type(entity)
        return fresh

    def _default_record_type(self, entity: Entity) -> str | None:
        types = self.store.records.find("RecordType", "SobjectType", entity.name)
        return next((str(one["Id"]) for one in types if one["IsActive"]), None)

    def _number(self, entity: Entity, row: Record) -> None:
        """Give automatic numbers, in the field's display format."""
        for one in entity.numbered:
            if row[one.name] is None and one.auto_number is not None:
                number = self.store.records.next(f"{entity.name}.{one.name}")
                row[one.name] = formatted(one.auto_number, number)

    def _require(self, save: Save) -> None:
        missing = [
            one.name
            for one in save.entity.needed
            if save.row.get(one.name) is None and (save.is_insert or one.name in save.given)
        ]
        if missing:
            raise ApiError(
                "REQUIRED_FIELD_MISSING",
                f"Required fields are missing: [{', '.join(missing)}]",
                fields=tuple(missing),
            )

    def _unique(self, save: Save) -> None:
        for one in save.entity.keyed:
            value = save.row.get(one.name)
            if not one.unique or value is None or not save.changed(one.name):
                continue
            text = str(value) if one.case_sensitive else str(value).casefold()
            for other in self.store.by_key(save.entity, one.lookup_key, text):
                if other["Id"] != save.row["Id"]:
                    raise ApiError(
                        "DUPLICATE_VALUE",
                        f"duplicate value found: {one.name} duplicates value on record with id: {other['Id'][:_SHORT_ID]}",
                    )


def formatted(display: str, number: int) -> str:
    """An automatic number in its display format: `INV-{0000}` and 7 make INV-0007."""
    before, _, rest = display.partition("{")
    digits, _, after = rest.partition("}")
    return f"{before}{number:0{len(digits)}d}{after}" if digits.strip("0") == "" and digits else str(number)


def _behaviour(entity: Entity) -> Behaviour:
    return BEHAVIOURS.get(entity.name, NO_BEHAVIOUR)
