"""`/sobjects`: describe, and one record at a time."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.errors import ApiError, not_found
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.rest.replication import deleted, updated
from sfspiris.sandbox.salesforce.schema.describe import describe, describe_global, summary
from sfspiris.sandbox.salesforce.soql.scope import leaf
from sfspiris.sandbox.salesforce.values import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.rest.dispatch import Api
    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.schema.registry import Entity

_MULTIPLE_CHOICES: Final = 300


def resource(api: Api, call: Call) -> Answer:
    """Everything below `/sobjects`."""
    segments = call.segments[1:]
    if not segments:
        call.only("GET")
        return Answer(content=describe_global(api.org.schema, call.root))
    entity = entity_of(api, segments[0])
    below = segments[1:]
    if "slash_ends_external_id" not in api.org.traps:
        below = (*below[:1], "/".join(below[1:])) if len(below) > 1 else below
    match below:
        case ():
            return _object(api, call, entity)
        case (one,):
            part = _PARTS.get(one.lower())
            return part(api, call, entity) if part is not None else _record(api, call, entity, one)
        case (field_name, value):
            key_field = entity.visible.get(field_name.lower())
            if key_field is None or not key_field.id_lookup:
                return _related(api, call, entity, field_name, value)
            return _by_key(api, call, entity, key_field, value)
        case _:
            raise not_found()


def entity_of(api: Api, name: str) -> Entity:
    """The object of a path. Raises `ApiError`: an unknown one is 404."""
    entity = api.org.schema.entity(name)
    if entity is None:
        raise not_found()
    return entity


def _object(api: Api, call: Call, entity: Entity) -> Answer:
    call.only("GET", "POST")
    if call.method == "POST":
        return _created(api, call, entity, call.object_body())
    return Answer(content={"objectDescribe": summary(entity, call.root), "recentItems": []})


def _described(api: Api, call: Call, entity: Entity) -> Answer:
    call.only("GET")
    changed = api.schema_changed
    since = _http_date(call.headers.get("if-modified-since"))
    headers = {"Last-Modified": format_datetime(changed, usegmt=True)}
    if since is not None and changed <= since:
        return Answer(304, headers=headers)
    return Answer(
        content=describe(api.org.schema, entity, api.record_types(entity), call.root), headers=headers
    )


def _created(api: Api, call: Call, entity: Entity, body: dict[str, Any], *, upsert: bool = False) -> Answer:
    record_id = api.dml.create(entity, body, call.author)
    content: dict[str, Any] = {"id": record_id, "success": True, "errors": []}
    if upsert:
        content["created"] = True
    return Answer(201, content, {"Location": f"{call.root}/sobjects/{entity.name}/{record_id}"})


# one record by id


def _record(api: Api, call: Call, entity: Entity, said: str) -> Answer:
    call.only("GET", "PATCH", "DELETE")
    record_id = ids.canonical(said)
    if record_id is None or (record_id != said and "ids_have_two_lengths" not in api.org.traps):
        raise ApiError("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {said}")
    try:
        if call.method == "GET":
            return _shown(api, call, entity, api.store.row(entity.name, record_id))
        if call.method == "DELETE":
            api.dml.delete(entity, record_id, call.author)
            return Answer(204)
        row = api.dml.existing(entity, record_id)
        if _unmet(call, row):
            return Answer(412, [{"errorCode": "PRECONDITION_FAILED", "message": "Precondition failed"}])
        api.dml.update(entity, record_id, call.object_body(), call.author)
    except ApiError as error:
        raise error.on_path() if not error.fields else error from None
    return Answer(204)


def _shown(api: Api, call: Call, entity: Entity, row: Any) -> Answer:
    if row is None:
        raise not_found()
    if row["IsDeleted"]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    since = _http_date(call.headers.get("if-modified-since"))
    changed = parse_datetime(row["SystemModstamp"])
    if since is not None and changed is not None and changed <= since:
        return Answer(304)
    names = [name.strip() for name in call.query.get("fields", "").split(",") if name.strip()]
    content = shown_record(api, call, entity, row, names or None)
    headers = {"Last-Modified": format_datetime(changed, usegmt=True)} if changed is not None else {}
    return Answer(content=content, headers=headers)


def shown_record(
    api: Api, call: Call, entity: Entity, row: Record, names: list[str] | None
) -> dict[str, Any]:
    """A record as it is retrieved: the named fields, or all that can be seen. Raises `ApiError` for an unknown one."""
    fields = list(entity.visible.values()) if names is None else [_field(entity, name) for name in names]
    run = api.querying.run(call, deleted=True)
    record: dict[str, Any] = {
        "attributes": {"type": entity.name, "url": f"{call.root}/sobjects/{entity.name}/{row['Id']}"}
    }
    for one in fields:
        record[one.name] = leaf(entity, one)(run)(row)
    if names is not None:
        record.setdefault("Id", row["Id"])
    return record


def _field(entity: Entity, name: str) -> Field:
    found = entity.visible.get(name.lower())
    if found is None:
        raise ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {entity.name}")
    return found


def _unmet(call: Call, row: Record) -> bool:
    """Whether `If-Unmodified-Since` forbids the write."""
    since = _http_date(call.headers.get("if-unmodified-since"))
    changed = parse_datetime(row["SystemModstamp"])
    return since is not None and changed is not None and changed > since


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


# one record by external id


def _by_key(api: Api, call: Call, entity: Entity, key_field: Field, value: str) -> Answer:
    call.only("GET", "PATCH", "DELETE", "HEAD")
    found = api.dml.matches(entity, key_field, value)
    if len(found) > 1 and "shared_external_id_is_300" in api.org.traps:
        return Answer(_MULTIPLE_CHOICES, [f"{call.root}/sobjects/{entity.name}/{row['Id']}" for row in found])
    if call.method == "PATCH":
        return _upserted(api, call, _Named(entity, key_field, value), found)
    if not found:
        raise not_found()
    if call.method == "DELETE":
        api.dml.delete(entity, found[0]["Id"], call.author)
        return Answer(204)
    return _shown(api, call, entity, api.store.row(entity.name, found[0]["Id"]))


@dataclass(frozen=True, slots=True)
class _Named:
    """What an upsert's path says: the object, the external id, and its value."""

    entity: Entity
    key_field: Field
    value: str


def _upserted(api: Api, call: Call, named: _Named, found: list[Record]) -> Answer:
    body, name = call.object_body(), named.key_field.name
    if any(said.lower() == name.lower() for said in body):
        raise ApiError(
            "INVALID_FIELD", f"The {name} field should not be specified in the sobject data.", fields=(name,)
        )
    if found:
        record_id = found[0]["Id"]
        api.dml.update(named.entity, record_id, body, call.author)
        return Answer(200, {"id": record_id, "success": True, "errors": [], "created": False})
    if call.flag("updateOnly") or named.key_field.type == "id":
        raise not_found()
    return _created(api, call, named.entity, {**body, name: named.value}, upsert=True)


# one record's relatives


def _related(api: Api, call: Call, entity: Entity, said: str, relationship: str) -> Answer:
    """`/sobjects/Account/<id>/Owner` and `/sobjects/Account/<id>/Opportunities`."""
    record_id = ids.canonical(said)
    row = api.store.row(entity.name, record_id) if record_id is not None else None
    if row is None:
        raise ApiError("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {said}")
    call.only("GET")
    column = entity.visible.get(relationship.lower())
    if column is not None and column.type == "base64":
        kept = api.store.records.get(tables.FILES, row["Id"]) or {"base64": ""}
        return Answer(text=base64.b64decode(kept["base64"]), media_type="application/octetstream")
    reference = entity.parents.get(relationship.lower())
    if reference is not None:
        parent_id = row.get(reference.name)
        parent = api.org.schema.of_id(parent_id) if parent_id is not None else None
        if parent is None or parent_id is None:
            raise not_found()
        return _shown(api, call, parent, api.store.row(parent.name, parent_id))
    child = api.org.schema.child(entity.name, relationship)
    if child is None:
        raise not_found()
    names = call.query.get("fields") or ",".join(
        one.name for one in api.org.schema[child.object].visible.values() if one.type != "address"
    )
    statement = f"SELECT {names} FROM {child.object} WHERE {child.field.name} = '{row['Id']}'"  # noqa: S608 - ids are checked
    return Answer(content=api.querying.first_page(call, statement, deleted=False))


def _posted_to_id(api: Api, call: Call, entity: Entity) -> Answer:
    """`POST /sobjects/X/Id`, which creates as `POST /sobjects/X` does."""
    call.only("POST")
    return _created(api, call, entity, call.object_body())


_PARTS: Final[dict[str, Callable[[Api, Call, Entity], Answer]]] = {
    "deleted": deleted,
    "describe": _described,
    "id": _posted_to_id,
    "updated": updated,
}
"""What may stand in the place of a record's id."""
