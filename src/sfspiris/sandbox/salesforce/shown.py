"""Records in wire shape, every field of theirs, as the state shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfspiris.sandbox.salesforce.soql.run import Run
from sfspiris.sandbox.salesforce.soql.scope import leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.schema.registry import Entity
    from sfspiris.sandbox.salesforce.store import Store

_VERSION = "68.0"


def whole_record(store: Store, org: Org, entity: Entity, record_id: str) -> dict[str, Any]:
    """One record as last written, committed or not, with fields that permissions hide."""
    row = store.current(entity.name, record_id)
    return {} if row is None else shower(store, org, entity)(row)


def shower(store: Store, org: Org, entity: Entity) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """From a record of the object to its wire shape."""
    run = Run(
        reading=store, calendar=org.calendar(), version=_VERSION, envelope=lambda *_: None, deleted=True
    )
    readers = [(name, leaf(entity, field)(run)) for name, field in entity.fields.items()]
    url = f"/services/data/v{_VERSION}/sobjects/{entity.name}/"

    def show(row: Mapping[str, Any]) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": {"type": entity.name, "url": url + row["Id"]}}
        for name, read in readers:
            record[name] = read(row)
        return record

    return show
