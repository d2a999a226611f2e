"""Objects and fields as one org has them, found by name, by id, and by relationship. `assembly` puts them together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.schema.build import computed, identity, mail, pick, sobject, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.sandbox.salesforce.schema.model import Field, SObject

NAME_OBJECT: Final = "Name"
"""What a relationship to several kinds of parent looks like to SOQL: an object with the fields they share."""

_NAME: Final = sobject(
    NAME_OBJECT,
    "000",
    computed(text("Name", 255, name_field=True)),
    computed(text("FirstName", 40)),
    computed(text("LastName", 80)),
    computed(text("Alias", 8)),
    computed(text("Username", 80)),
    computed(text("Title", 80)),
    computed(mail("Email")),
    computed(pick("Type", length=40)),
    queryable=False,
    createable=False,
)


@dataclass(frozen=True, slots=True)
class Child:
    """A relationship seen from the parent."""

    relationship: str | None
    object: str
    field: Field


@dataclass(frozen=True)
class Entity:
    """One object as this org has it. `fields` are all of them by API name; `visible` those that permissions let be read."""

    definition: SObject
    fields: Mapping[str, Field]
    hidden: frozenset[str]
    record_types: bool = False

    @property
    def name(self) -> str:
        """The API name."""
        return self.definition.name

    @cached_property
    def visible(self) -> dict[str, Field]:
        """Readable fields by lower-case name."""
        return {name.lower(): field for name, field in self.fields.items() if name not in self.hidden}

    @cached_property
    def every(self) -> dict[str, Field]:
        """All fields by lower-case name."""
        return {name.lower(): field for name, field in self.fields.items()}

    @cached_property
    def parents(self) -> dict[str, Field]:
        """Readable references by the lower-case name of their relationship."""
        return {field.relationship.lower(): field for field in self.visible.values() if field.relationship}

    @cached_property
    def blank(self) -> dict[str, Any]:
        """A record with nothing in it: every stored field, checkboxes off."""
        return {
            name: False if field.type == "boolean" else None
            for name, field in self.fields.items()
            if field.type != "address" and not field.calculated
        }

    @cached_property
    def fresh(self) -> dict[str, Any]:
        """A new record of which nothing is said: a blank one with the fields' defaults."""
        picked = {
            name: pick.value for name, field in self.fields.items() for pick in field.picks if pick.default
        }
        said = {name: field.default for name, field in self.fields.items() if field.default is not None}
        return {**self.blank, **picked, **said}

    @cached_property
    def numbered(self) -> tuple[Field, ...]:
        """Fields that number records automatically."""
        return tuple(field for field in self.fields.values() if field.auto_number is not None)

    @cached_property
    def needed(self) -> tuple[Field, ...]:
        """Fields that a saved record must have."""
        return tuple(
            field
            for field in self.fields.values()
            if not field.nillable and (field.createable or field.updateable)
        )

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """What the names of the fields of each address with a country code begin with."""
        return tuple(name.removesuffix("CountryCode") for name in self.fields if name.endswith("CountryCode"))

    @cached_property
    def keyed(self) -> tuple[Field, ...]:
        """Fields that find a record without regard to case: external ids and unique ones."""
        return tuple(field for field in self.fields.values() if field.external_id or field.unique)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """Every reference, readable or not."""
        return tuple(field for field in self.fields.values() if field.type == "reference")

    @cached_property
    def compounds(self) -> dict[str, tuple[str, ...]]:
        """The parts of each compound address field."""
        parts: dict[str, list[str]] = defaultdict(list)
        for one in self.fields.values():
            if one.compound is not None and one.compound in self.fields:
                parts[one.compound].append(one.name)
        return {name: tuple(names) for name, names in parts.items()}


@dataclass(frozen=True)
class Schema:
    """Every object that the org has. Built anew whenever anything about it changes."""

    entities: Mapping[str, Entity]
    plans: dict[Any, Any] = field(default_factory=dict)
    """What was bound against this schema; gone with it."""

    @cached_property
    def _by_lower(self) -> dict[str, Entity]:
        return {name.lower(): entity for name, entity in self.entities.items()}

    def entity(self, name: str) -> Entity | None:
        """The object of this name, whatever the case."""
        return self._by_lower.get(name.lower())

    def __getitem__(self, name: str) -> Entity:
        return self.entities[name]

    def of_id(self, record_id: str) -> Entity | None:
        """The object that an id belongs to."""
        return self._by_prefix.get(record_id[:3])

    @cached_property
    def _by_prefix(self) -> dict[str, Entity]:
        return {entity.definition.prefix: entity for entity in self.entities.values()}

    def parent(self, reference: Field) -> Entity | None:
        """What a reference leads to in SOQL; None where the org has no such object."""
        if len(reference.targets) > 1:
            return _NAME_ENTITY
        return self.entities.get(reference.targets[0])

    @cached_property
    def _children(self) -> dict[str, dict[str, Child]]:
        found: dict[str, dict[str, Child]] = defaultdict(dict)
        for name, entity in self.entities.items():
            for one in entity.visible.values():
                if one.type != "reference":
                    continue
                for target in one.targets:
                    relationship = _child_name(one, entity, taken=found[target])
                    key = relationship.lower() if relationship else f":{name}.{one.name}"
                    found[target][key] = Child(relationship, name, one)
        return found

    def child(self, parent: str, relationship: str) -> Child | None:
        """The child relationship of this name, whatever the case."""
        return self._children[parent].get(relationship.lower()) if parent in self._children else None

    def children(self, parent: str) -> list[Child]:
        """Every reference that points to the object, named or not."""
        return list(self._children.get(parent, {}).values())

    @cached_property
    def cascades(self) -> dict[str, list[Child]]:
        """By parent, the references whose records go with it."""
        found: dict[str, list[Child]] = defaultdict(list)
        for name, entity in self.entities.items():
            for one in entity.references:
                if one.cascades:
                    for target in one.targets:
                        found[target].append(Child(one.children, name, one))
        return found


_NAME_ENTITY: Final = Entity(_NAME, _NAME.fields, frozenset({field.name for field in identity()[1:]}))


def _child_name(one: Field, entity: Entity, *, taken: Mapping[str, Child]) -> str | None:
    """The name of a reference's relationship seen from its parent; custom ones are named after the children."""
    if not one.custom:
        return one.children
    said = one.children or entity.definition.label_plural.replace(" ", "_")
    name = said if said.endswith("__r") else said + "__r"
    return name if name.lower() not in taken else f"{name[:-3]}_{one.name[:-3]}__r"
