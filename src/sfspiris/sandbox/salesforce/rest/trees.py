"""`/composite/tree`: records with their children in one go, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.rest.collections import MOST_RECORDS, check_count
from sfspiris.sandbox.salesforce.rest.rollback import undone_if
from sfspiris.sandbox.salesforce.rest.sobjects import entity_of

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.rest.dispatch import Api
    from sfspiris.sandbox.salesforce.schema.registry import Entity

DEEPEST: Final = 5
_PATH_PARTS: Final = 3
"""composite, tree, and the object."""


def resource(api: Api, call: Call) -> Answer:
    """`POST /composite/tree/X`."""
    call.only("POST")
    if len(call.segments) != _PATH_PARTS:
        raise not_found()
    root = entity_of(api, call.segments[_PATH_PARTS - 1])
    records = call.object_body().get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise malformed_json("Cannot deserialize request body: it has no array of records")
    tree = _Tree(api, call)
    with undone_if(api, lambda: bool(tree.failures)):
        for record in records:
            tree.plant(root, record)
    if tree.failures:
        return Answer(400, {"hasErrors": True, "results": tree.failures})
    return Answer(201, {"hasErrors": False, "results": tree.results})


class _Tree:
    """The records of one request on their way into the org."""

    def __init__(self, api: Api, call: Call) -> None:
        self._api = api
        self._call = call
        self._names: set[str] = set()
        self.results: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []

    def plant(
        self, entity: Entity, record: dict[str, Any], *, parent: dict[str, str] | None = None, depth: int = 1
    ) -> None:
        """Create one record below its parent (its reference and the id in it), and then its children."""
        name = (record.get("attributes") or {}).get("referenceId")
        children = {key: value["records"] for key, value in record.items() if _is_branch(value)}
        body = {key: value for key, value in record.items() if key not in children and key != "attributes"}
        try:
            self._check(name, depth)
            record_id = self._api.dml.create(entity, {**body, **(parent or {})}, self._call.author)
            self.results.append({"referenceId": name, "id": record_id})
            for key, inner in children.items():
                self._plant_children(entity, record_id, key, inner, depth)
        except ApiError as error:
            self.failures.append({"referenceId": name, "errors": [error.item()]})

    def _plant_children(self, entity: Entity, parent_id: str, key: str, inner: list[Any], depth: int) -> None:
        child = self._api.org.schema.child(entity.name, key)
        if child is None:
            raise ApiError("INVALID_FIELD", f"No such relationship '{key}' on sobject of type {entity.name}")
        for one in inner:
            self.plant(
                self._api.org.schema[child.object], one, parent={child.field.name: parent_id}, depth=depth + 1
            )

    def _check(self, name: Any, depth: int) -> None:
        if not isinstance(name, str) or not name or name in self._names:
            raise ApiError("INVALID_INPUT", "Include a unique referenceId in the attributes of each record")
        if depth > DEEPEST:
            raise ApiError("INVALID_INPUT", f"a tree can have at most {DEEPEST} levels")
        self._names.add(name)
        check_count(len(self._names), MOST_RECORDS)


def _is_branch(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("records"), list)
