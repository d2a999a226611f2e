"""`/tooling`: a single custom field made without a zip. Tooling queries know none of the sandbox's objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from sfspiris.sandbox.salesforce.metadata.components import Problem, field_declaration
from sfspiris.sandbox.salesforce.metadata.deployment import declare_field
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.soql.parser import located, parse

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.rest.dispatch import Api


def resource(api: Api, call: Call) -> Answer:
    """Everything below `/tooling`."""
    match tuple(part.lower() for part in call.segments[1:]):
        case ("query",):
            call.only("GET")
            return _queried(call.query.get("q", ""))
        case ("sobjects", "customfield"):
            call.only("POST")
            return _made(api, call)
        case _:
            raise not_found()


def _queried(statement: str) -> Answer:
    query = parse(statement)
    complaint = f"sObject type '{query.source}' is not supported."
    raise ApiError("INVALID_TYPE", located(statement, query.source_at, complaint))


def _made(api: Api, call: Call) -> Answer:
    body = call.object_body()
    full_name, meta = body.get("FullName"), body.get("Metadata")
    if not isinstance(full_name, str) or "." not in full_name or not isinstance(meta, dict):
        raise malformed_json("A custom field needs FullName (Object.Field__c) and Metadata")
    object_name, _, field_name = full_name.partition(".")
    entity = api.org.schema.entity(object_name)
    if entity is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{object_name}' is not supported.")
    declared = api.records.get(tables.DECLARATIONS, entity.name) or {}
    if field_name.lower() in entity.every:
        raise ApiError(
            "DUPLICATE_DEVELOPER_NAME",
            f"There is already a field named {field_name} on {entity.definition.label}.",
            fields=("FullName",),
        )
    try:
        with api.records.transaction():
            declare_field(api, entity.name, declared, field_declaration({**meta, "fullName": field_name}))
            field_id = ids.mint("00N", api.records.next("custom field"))
    except (Problem, SandboxError) as error:
        api.org.refresh()
        raise ApiError("FIELD_INTEGRITY_EXCEPTION", str(error)) from error
    return Answer(201, {"id": field_id, "success": True, "errors": [], "warnings": [], "infos": []})
