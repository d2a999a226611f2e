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

_NEVER_GIVEN: Final = frozenset({"Id", "IsDeleted"})


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
                reference = (
                    entity.parents.get(name.lower()) if isinstance(value, dict) or value is None else None
                )
                if reference is not None:
                    if not _writable(reference, author, is_insert=is_insert):
                        forbidden.append(reference.name)
                    else:
                        values[reference.name] = self._by_external_id(reference, value, name)
                elif name.lower() not in {"attributes", "_locked"}:
                    raise ApiError(
                        "INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}"
                    )
                elif name == "_locked" and author.in_product:
                    values[name] = bool(value)
                continue
            if one.name in _NEVER_GIVEN:
                self._refuse_id(one.name, is_insert=is_insert)
            if not _writable(one, author, is_insert=is_insert):
                forbidden.append(one.name)
                continue
            values[one.name] = coerce.stored(one, value)
        if forbidden:
            raise read_only(tuple(forbidden))
        for name, value in values.items():
            if value is not None and name in entity.fields and entity.fields[name].type == "reference":
                self._check_reference(entity.fields[name], value, author)
        return values

    @staticmethod
    def _refuse_id(name: str, *, is_insert: bool) -> None:
        if name == "Id" and is_insert:
            raise ApiError(
                "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", fields=("Id",)
            )
        if name == "Id":
            raise ApiError(
                "INVALID_FIELD", "The Id field should not be specified in the sobject data.", fields=("Id",)
            )
        raise read_only((name,))

    def _check_reference(self, one: Field, value: str, author: Author) -> None:
        if value in author.promised:
            return
        target = self._org.schema.of_id(value)
        if target is None or (target.name not in one.targets and one.targets):
            if target is None and not any(name in self._org.schema.entities for name in one.targets):
                return  # it points to an object that is not simulated
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
        if one.type == "id":
            found = ids.canonical(str(content))
            rows = [row for row in [self._store.current(target.name, found or "")] if row is not None]
        else:
            text = str(content) if one.case_sensitive else str(content).casefold()
            rows = self._store.by_key(target, one.lookup_key, text)
        if len(rows) != 1:
            complaint = "not found" if not rows else "is not unique"
            raise ApiError(
                "INVALID_FIELD",
                f"Foreign key external ID: {content} {complaint} for field {one.name} in entity {target.name}",
            )
        return str(rows[0]["Id"])


def _writable(one: Field, author: Author, *, is_insert: bool) -> bool:
    if author.in_product:
        return one.type != "address" and not one.calculated
    return one.createable if is_insert else one.updateable
