"""`/composite/sobjects`: up to 200 records in one call, each with its own outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.rest.rollback import undone_if
from sfspiris.sandbox.salesforce.rest.sobjects import entity_of, shown_record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sfspiris.sandbox.salesforce.dml import Author, Dml
    from sfspiris.sandbox.salesforce.rest.dispatch import Api
    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.schema.registry import Entity

MOST_RECORDS: Final = 200
MOST_RETRIEVED: Final = 2000

_ROLLED_BACK: Final = ApiError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


def resource(api: Api, call: Call) -> Answer:
    """Everything below `/composite/sobjects`."""
    match call.segments[2:]:
        case ():
            call.only("POST", "PATCH", "DELETE", "GET")
            if call.method == "DELETE":
                return _deleted(api, call)
            return _saved(api, call)
        case (name,):
            call.only("POST", "GET")
            return _retrieved(api, call, entity_of(api, name))
        case (name, key):
            call.only("PATCH")
            return _upserted(api, call, entity_of(api, name), key)
        case _:
            raise not_found()


def _records(call: Call) -> tuple[list[dict[str, Any]], bool]:
    """The records of a request and whether all of them must succeed. Raises `ApiError`."""
    body = call.object_body()
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise malformed_json("Cannot deserialize request body: it has no array of records")
    check_count(len(records))
    return records, body.get("allOrNone") is True


def check_count(count: int, most: int = MOST_RECORDS) -> None:
    """Refuse more records than one call takes."""
    if count > most:
        raise ApiError(
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {most} records into this call",
        )


def _saved(api: Api, call: Call) -> Answer:
    records, all_or_none = _records(call)

    def create(record: dict[str, Any]) -> dict[str, Any]:
        body, _ = _split(record)
        record_id = api.dml.create(_typed(api, record), body, call.author)
        return {"id": record_id, "success": True, "errors": []}

    def update(record: dict[str, Any]) -> dict[str, Any]:
        body, said = _split(record)
        if said is None:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call", fields=("Id",))
        entity, record_id = _typed(api, record), ids.canonical(str(said))
        if record_id is None or api.org.schema.of_id(record_id) is not entity:
            raise ApiError(
                "MALFORMED_ID",
                f"{entity.definition.label} ID: id value of incorrect type: {said}",
                fields=("Id",),
            )
        api.dml.update(entity, record_id, body, call.author)
        return {"id": record_id, "success": True, "errors": []}

    return _outcomes(
        api, each(api, records, create if call.method == "POST" else update, all_or_none=all_or_none)
    )


def _upserted(api: Api, call: Call, entity: Entity, key: str) -> Answer:
    records, all_or_none = _records(call)
    key_field = entity.visible.get(key.lower())
    if key_field is None or not key_field.id_lookup:
        raise ApiError("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {key}")
    seen: dict[str, int] = {}
    for record in records:
        value = _key_of(record, key_field)
        seen[value] = seen.get(value, 0) + 1

    def upsert(record: dict[str, Any]) -> dict[str, Any]:
        if _typed(api, record) is not entity:
            raise ApiError("INVALID_TYPE", f"all records of this call are of type {entity.name}")
        value = _key_of(record, key_field)
        if value and seen[value] > 1:
            raise ApiError(
                "DUPLICATE_VALUE", f"Duplicate external id specified: {value}", fields=(key_field.name,)
            )
        record_id, created = upsert_one(api.dml, entity, key_field, record, call.author)
        return {"id": record_id, "success": True, "errors": [], "created": created}

    return _outcomes(api, each(api, records, upsert, all_or_none=all_or_none))


def upsert_one(
    dml: Dml, entity: Entity, key_field: Field, record: dict[str, Any], author: Author
) -> tuple[str, bool]:
    """Create or update the record that its external id names; its id and whether it is new."""
    body, said = _split(record)
    if said is not None and key_field.type != "id":
        raise ApiError(
            "INVALID_FIELD", "The Id field should not be specified in the sobject data.", fields=("Id",)
        )
    value = str(said or "") if key_field.type == "id" else _key_of(record, key_field)
    if not value:
        if key_field.type == "id":
            return dml.create(entity, body, author), True
        raise ApiError("MISSING_ARGUMENT", f"{key_field.name} not specified", fields=(key_field.name,))
    found = dml.matches(entity, key_field, value)
    if len(found) > 1:
        raise ApiError(
            "DUPLICATE_EXTERNAL_ID",
            f"{key_field.name}: more than one record found for external id field: [{', '.join(row['Id'] for row in found)}]",
            fields=(key_field.name,),
        )
    if not found:
        if key_field.type == "id":
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        return dml.create(entity, body, author), True
    changes = {name: content for name, content in body.items() if name.lower() != key_field.name.lower()}
    dml.update(entity, found[0]["Id"], changes, author)
    return found[0]["Id"], False


def _deleted(api: Api, call: Call) -> Answer:
    said = [one.strip() for one in call.query.get("ids", "").split(",") if one.strip()]
    if not said:
        raise ApiError("MISSING_ARGUMENT", "ids: required")
    check_count(len(said))

    def delete(given: str) -> dict[str, Any]:
        record_id = ids.canonical(given)
        entity = api.org.schema.of_id(record_id) if record_id is not None else None
        if record_id is None or entity is None:
            raise ApiError("MALFORMED_ID", f"malformed id {given}")
        api.dml.delete(entity, record_id, call.author)
        return {"id": record_id, "success": True, "errors": []}

    return _outcomes(api, each(api, said, delete, all_or_none=call.flag("allOrNone")))


def _outcomes(api: Api, outcomes: list[dict[str, Any]]) -> Answer:
    """The answer that holds them: a success, whatever became of the records."""
    if "partial_success_is_200" in api.org.traps or all(outcome["success"] for outcome in outcomes):
        return Answer(content=outcomes)
    return Answer(400, outcomes)


def each(
    api: Api, items: Sequence[Any], work: Callable[[Any], dict[str, Any]], *, all_or_none: bool
) -> list[dict[str, Any]]:
    """The outcome of the work on each item, in order; with `all_or_none` one failure undoes the others.

    Whatever succeeds becomes durable in one commit.
    """
    outcomes: list[dict[str, Any]] = []

    def is_undone() -> bool:
        return all_or_none and not all(outcome["success"] for outcome in outcomes)

    with undone_if(api, is_undone):
        outcomes.extend(_outcome(work, item) for item in items)
    if is_undone():
        rolled_back = {"success": False, "errors": [_ROLLED_BACK.item()]}
        return [rolled_back if outcome["success"] else outcome for outcome in outcomes]
    return outcomes


def _outcome(work: Callable[[Any], dict[str, Any]], item: Any) -> dict[str, Any]:
    try:
        return work(item)
    except ApiError as error:
        return {"success": False, "errors": [error.item()]}


def _retrieved(api: Api, call: Call, entity: Entity) -> Answer:
    if call.method == "POST":
        body = call.object_body()
        said, names = body.get("ids"), body.get("fields")
    else:
        said, names = call.query.get("ids", "").split(","), call.query.get("fields", "").split(",")
    if not isinstance(said, list) or not isinstance(names, list):
        raise malformed_json("Cannot deserialize request body: it needs arrays of ids and fields")
    if len(said) > MOST_RETRIEVED:
        raise ApiError(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot retrieve more than {MOST_RETRIEVED} records"
        )
    found: list[dict[str, Any] | None] = []
    for one in said:
        record_id = ids.canonical(str(one))
        row = api.store.row(entity.name, record_id) if record_id is not None else None
        if row is None or row["IsDeleted"]:
            found.append(None)
        else:
            found.append(
                shown_record(
                    api, call, entity, row, [str(name).strip() for name in names if str(name).strip()]
                )
            )
    return Answer(content=found)


def _typed(api: Api, record: dict[str, Any]) -> Entity:
    """The object that a record's attributes name. Raises `ApiError`."""
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise ApiError("INVALID_TYPE", "The type of the record is missing: attributes.type")
    entity = api.org.schema.entity(name)
    if entity is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return entity


def _split(record: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """The record without attributes and id, and the id."""
    said = next((value for name, value in record.items() if name.lower() == "id"), None)
    body = {name: value for name, value in record.items() if name.lower() not in {"id", "attributes"}}
    return body, said


def _key_of(record: dict[str, Any], key_field: Field) -> str:
    wanted = key_field.name.lower()
    value = next((value for name, value in record.items() if name.lower() == wanted), None)
    return "" if value is None else str(value)
