"""What a request says about a record: its names resolved to fields, its values to their types, its references to ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import coerce, ids
from sfspiris.sandbox.salesforce.behaviours.base import read_only
from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.sandbox.salesforce.dml import Author
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.schema.registry import Entity
    from sfspiris.sandbox.salesforce.store import Store

LOCKED: Final = "_locked"
"""A person's mark on a record that an approval process holds; no field of the object."""


class Incoming:
    """Reads bodies of creates and updates."""

    def __init__(self, store: Store, org: Org) -> None:
        self._store = store
        self._org = org

    def values(
        self, entity: Entity, body: Mapping[str, Any], author: Author, *, is_insert: bool
    ) -> dict[str, Any]:
        """Stored values by API name. Raises `ApiError` for what the object does not have, or not let be written."""
        known = entity.every if author.in_product else entity.visible
        forbidden: list[str] = []
        values: dict[str, Any] = {}
        for name, value in body.items():
            one = known.get(name.lower())
            if one is None:
                one = self._reference_meant(entity, name, value)
            if one is None:
                self._other(entity, name, value, values, author)
            elif one.name == "Id" or (one.name == "IsDeleted" and not author.in_product):
                raise _refused_id(one.name, is_insert=is_insert)
            elif not _writable(one, author, is_insert=is_insert):
                forbidden.append(one.name)
            elif name.lower() in known:
                values[one.name] = self._stored(one, value)
            else:
                values[one.name] = self._by_external_id(one, value, name)
        if forbidden:
            raise read_only(tuple(forbidden))
        for one in entity.references:
            if values.get(one.name) is not None:
                self._check_reference(one, values[one.name], author)
        return values

    def _stored(self, one: Field, value: Any) -> Any:
        kept = coerce.stored(one, value)
        if one.type == "string" and isinstance(kept, str):
            if "digits_are_text" not in self._org.traps and kept.isdecimal():
                return str(int(kept))
            if "text_is_trimmed" not in self._org.traps:
                return str(value)
        return kept

    @staticmethod
    def _reference_meant(entity: Entity, name: str, value: Any) -> Field | None:
        """The reference whose relationship the body names, with a parent's external id or null for it."""
        if isinstance(value, dict) or value is None:
            return entity.parents.get(name.lower())
        return None

    @staticmethod
    def _other(entity: Entity, name: str, value: Any, values: dict[str, Any], author: Author) -> None:
        if name == LOCKED and author.in_product:
            values[LOCKED] = bool(value)
        elif name.lower() != "attributes":
            raise ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}")

    def _check_reference(self, one: Field, value: str, author: Author) -> None:
        if value in author.promised:
            return
        target = self._org.schema.of_id(value)
        if (
            target is None
            and one.targets
            and not any(name in self._org.schema.entities for name in one.targets)
        ):
            return  # it points to an object that is not simulated
        if target is None or (one.targets and target.name not in one.targets):
            raise ApiError(
                "MALFORMED_ID", f"{one.label}: id value of incorrect type: {value}", fields=(one.name,)
            )
        row = self._store.current(target.name, value)
        if row is None:
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=(one.name,))
        if row["IsDeleted"]:
            raise ApiError("ENTITY_IS_DELETED", "entity is deleted", fields=(one.name,))

    def _by_external_id(self, reference: Field, value: dict[str, Any] | None, name: str) -> str | None:
        """The id of the parent that `{"External_Id__c": "…"}` names."""
        if value is None:
            return None
        said = {key: content for key, content in value.items() if key.lower() not in {"attributes", "type"}}
        named = (value.get("attributes") or {}).get("type") or value.get("type")
        target = self._org.schema.entity(named or reference.targets[0])
        if target is None or len(said) != 1:
            raise ApiError(
                "INVALID_FIELD", f"Relationship {name} names its parent by exactly one external id field"
            )
        ((key, content),) = said.items()
        one = target.visible.get(key.lower())
        if one is None:
            raise ApiError("INVALID_FIELD", f"No such column '{key}' on sobject of type {target.name}")
        if not one.id_lookup:
            raise ApiError(
                "INVALID_FIELD",
                f"Field name provided, {key} is not an External ID or indexed field for {target.name}",
            )
        found = self._parents(target, one, str(content))
        if len(found) != 1:
            complaint = "is not unique" if found else "not found"
            raise ApiError(
                "INVALID_FIELD",
                f"Foreign key external ID: {content} {complaint} for field {one.name} in entity {target.name}",
            )
        return found[0]

    def _parents(self, target: Entity, one: Field, said: str) -> list[str]:
        """Ids of the records that a key names."""
        if one.type == "id":
            record_id = ids.canonical(said)
            there = record_id is not None and self._store.current(target.name, record_id) is not None
            return [record_id] if record_id is not None and there else []
        text = said if one.case_sensitive else said.casefold()
        return [str(row["Id"]) for row in self._store.by_key(target, one.lookup_key, text)]


def _refused_id(name: str, *, is_insert: bool) -> ApiError:
    if name != "Id":
        return read_only((name,))
    if is_insert:
        return ApiError(
            "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", fields=("Id",)
        )
    return ApiError(
        "INVALID_FIELD", "The Id field should not be specified in the sobject data.", fields=("Id",)
    )


def _writable(one: Field, author: Author, *, is_insert: bool) -> bool:
    if author.in_product:
        return one.type != "address" and not one.calculated
    return one.createable if is_insert else one.updateable
