"""Adding a batch of records that may refer to each other: a world's, or what a person enters in one go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.behaviours.lines import total_deal
from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.dml import Author, Dml
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.schema.registry import Entity

_ORDER: Final = (
    "Organization",
    "Profile",
    "User",
    "Group",
    "RecordType",
    "CurrencyType",
    "DatedConversionRate",
    "OpportunityStage",
    "PermissionSet",
    "PermissionSetAssignment",
    "Account",
    "Contact",
    "Campaign",
    "Product2",
    "Pricebook2",
    "PricebookEntry",
    "Contract",
    "Opportunity",
    "OpportunityContactRole",
    "OpportunityLineItem",
    "Quote",
    "QuoteLineItem",
    "Order",
    "OrderItem",
)
"""Parents before children. Custom objects follow in the order in which the world names them."""


_Planned: TypeAlias = "dict[str, list[tuple[str, dict[str, Any], str]]]"
"""By object: the id that each record will have, its body, and where it stands, for messages."""


class Adding:
    """One batch of records whose references to each other are resolved before any is made."""

    def __init__(self, org: Org, dml: Dml, author: Author) -> None:
        self._org = org
        self._dml = dml
        self._author = author
        self._refs: dict[str, str] = {}
        self._deals: dict[str, set[str] | None] = {}

    def add(self, records: dict[str, Any]) -> dict[str, list[str]]:
        """Make them, parents first; the ids by object."""
        planned = self._planned(records)
        promised = frozenset(record_id for rows in planned.values() for record_id, _, _ in rows)
        author = replace(self._author, in_product=True, promised=promised | self._author.promised)
        if author.loading and "User" in planned:
            # A world is the work of the first of its people, and what has no other owner is theirs.
            author = replace(author, user_id=planned["User"][0][0])
        made: dict[str, list[str]] = {}
        order = [
            *(name for name in _ORDER if name in planned),
            *(name for name in planned if name not in _ORDER),
        ]
        for name in order:
            entity = self._org.schema[name]
            for record_id, body, place in planned[name]:
                self._make(entity, record_id, body, place, author)
                made.setdefault(name, []).append(record_id)
        for deal_id, given in self._deals.items():
            total_deal(self._dml, deal_id, author, keeping=given or frozenset(), now=True)
        return made

    def _planned(self, records: dict[str, Any]) -> _Planned:
        """By object: the id each record will have, its body, and where it stands, for messages."""
        planned: _Planned = {}
        if not isinstance(records, dict):
            raise SandboxError('Records are given by object, such as {"Account": [{"Name": "Exempel AB"}]}.')
        for name, rows in records.items():
            self._plan(name, rows, planned, name)
        return planned

    def _plan(
        self, name: str, rows: Any, planned: _Planned, where: str, parent: dict[str, str] | None = None
    ) -> None:
        entity = self._org.schema.entity(name)
        if entity is None:
            raise SandboxError(f"The org has no object {name}. Declare it under schema.")
        if not isinstance(rows, list):
            raise SandboxError(f"The records of {where} are a list.")
        for index, row in enumerate(rows):
            place = f"{where}[{index}]"
            if not isinstance(row, dict):
                raise SandboxError(f"{place} is not an object.")
            body = dict(row)
            record_id = self._id(entity, body.pop("Id", None), place)
            ref = body.pop("_ref", None)
            if ref is not None:
                self._refs[str(ref)] = record_id
            body |= parent or {}
            for key in list(body):
                child = self._org.schema.child(entity.name, key)
                if child is not None and isinstance(body[key], list | dict):
                    inner = body.pop(key)
                    inner = inner.get("records", []) if isinstance(inner, dict) else inner
                    self._plan(child.object, inner, planned, f"{place}.{key}", {child.field.name: record_id})
            planned.setdefault(entity.name, []).append((record_id, body, place))

    def _id(self, entity: Entity, given: Any, place: str) -> str:
        if given is None:
            return self._dml.store.new_id(entity)
        record_id = ids.canonical(str(given))
        if record_id is None or ids.prefix_of(record_id) != entity.definition.prefix:
            raise SandboxError(
                f"{place} cannot have the id {given!r}: ids of {entity.name} have 15 or 18 characters and begin with "
                f"{entity.definition.prefix}."
            )
        return record_id

    def _make(self, entity: Entity, record_id: str, body: dict[str, Any], place: str, author: Author) -> None:
        try:
            self._dml.create(entity, self._resolved(entity, body, place), author, record_id=record_id)
        except ApiError as error:
            raise SandboxError(f"{place} cannot be saved: {error.message} ({error.code})") from error
        if entity.name == "OpportunityLineItem":
            row = self._dml.store.current(entity.name, record_id)
            if row is not None:
                self._deals.setdefault(row["OpportunityId"], None)
        elif entity.name == "Opportunity" and body.get("Amount") is not None:
            self._deals[record_id] = {"Amount"}

    def _resolved(self, entity: Entity, body: dict[str, Any], place: str) -> dict[str, Any]:
        """The body with each `@ref` replaced by the id it stands for."""
        result = {}
        for name, value in body.items():
            result[name] = value
            if isinstance(value, str) and value.startswith("@"):
                found = self._refs.get(value[1:])
                field = entity.every.get(name.lower())
                if found is not None:
                    result[name] = found
                elif field is not None and field.type == "reference":
                    raise SandboxError(f"{place}.{name} names {value}, but no record has that _ref.")
        return result
