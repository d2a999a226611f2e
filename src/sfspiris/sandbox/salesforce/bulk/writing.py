"""One record of a bulk job, whichever API it came by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.rest.collections import upsert_one

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.dml import Author
    from sfspiris.sandbox.salesforce.rest.dispatch import Api
    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.schema.registry import Entity

OPERATIONS: Final = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})


@dataclass(frozen=True, slots=True)
class Work:
    """What a job does to each of its records."""

    entity: Entity
    operation: str
    key_field: Field | None
    """For upserts: the field that names a record."""

    def done(self, api: Api, record: dict[str, Any], author: Author) -> tuple[str, bool]:
        """Do it; the record's id and whether it is new. Raises `ApiError`."""
        said = next((value for name, value in record.items() if name.lower() == "id"), None)
        body = {name: value for name, value in record.items() if name.lower() not in {"id", "attributes"}}
        if self.operation == "insert":
            return api.dml.create(self.entity, body, author), True
        if self.operation == "upsert" and self.key_field is not None:
            return upsert_one(api.dml, self.entity, self.key_field, record, author)
        record_id = ids.canonical(str(said)) if said else None
        if record_id is None:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call", fields=("Id",))
        if self.operation == "update":
            api.dml.update(self.entity, record_id, body, author)
        else:
            api.dml.delete(self.entity, record_id, author)
            if self.operation == "hardDelete":
                api.store.erase(self.entity.name, record_id)
        return record_id, False


def work_of(api: Api, job: dict[str, Any]) -> Work:
    """What a job's description asks for. Raises `ApiError`."""
    operation, name = str(job.get("operation")), job.get("object")
    entity = api.org.schema.entity(name) if isinstance(name, str) else None
    if entity is None:
        raise ApiError("INVALIDENTITY", f"InvalidEntity : Entity '{name}' is not supported by the Bulk API.")
    if operation not in OPERATIONS:
        raise ApiError("INVALIDJOB", f"InvalidJob : Unknown operation {operation}")
    key_field = None
    if operation == "upsert":
        key = str(job.get("externalIdFieldName") or "")
        key_field = entity.visible.get(key.lower())
        if key_field is None or not key_field.id_lookup:
            raise ApiError(
                "INVALIDJOB", f"InvalidJob : External ID field {key or 'missing'} is not one of {entity.name}"
            )
    return Work(entity, operation, key_field)
