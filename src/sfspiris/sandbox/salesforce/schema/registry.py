"""The schema of one org: the platform's objects, what was declared on top, the org's features, and what permissions hide."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce.schema.build import computed, identity, mail, pick, sobject, text
from sfspiris.sandbox.salesforce.schema.declared import (
    custom_object,
    duplicate_rules_of,
    field_from,
    rules_of,
)
from sfspiris.sandbox.salesforce.schema.model import Field, Pick, SObject
from sfspiris.sandbox.salesforce.schema.standard import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    def keyed(self) -> tuple[Field, ...]:
        """Fields that find a record without regard to case: external ids and unique ones."""
        return tuple(field for field in self.fields.values() if field.external_id or field.unique)

    @cached_property
    def references(self) -> tuple[Field, ...]:
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


@dataclass(frozen=True, slots=True)
class _OrgValues:
    """Picklist values and decimal places that the org's set-up decides."""

    currencies: tuple[Pick, ...]
    stages: tuple[Pick, ...]
    countries: tuple[Pick, ...]
    states: tuple[Pick, ...]
    price_decimals: int
    quantity_decimals: int

    def given_to(self, one: Field) -> Field:
        """The field with those of them that are its own."""
        if one.name in {"UnitPrice", "ListPrice"}:
            return replace(one, scale=max(one.scale, self.price_decimals))
        if one.name == "Quantity":
            return replace(one, scale=max(one.scale, self.quantity_decimals))
        if one.name in {"CurrencyIsoCode", "DefaultCurrencyIsoCode", "IsoCode"}:
            return replace(one, picks=self.currencies)
        if one.name == "StageName":
            return replace(one, picks=self.stages)
        if one.needs == "state_country_picklists":
            return replace(one, picks=self.countries if one.name.endswith("CountryCode") else self.states)
        return one


def build(
    *,
    features: frozenset[str],
    declarations: Mapping[str, dict[str, Any]],
    record_types: Mapping[str, bool],
    currencies: Iterable[Pick],
    stages: Iterable[Pick],
    prefixes: Mapping[str, str],
    granted: frozenset[str],
    countries: Mapping[str, str],
    states: Mapping[str, Mapping[str, str]],
    price_decimals: int = 2,
    quantity_decimals: int = 2,
) -> Schema:
    """The schema of an org.

    `record_types` names the objects that have any; `prefixes` the key prefixes of custom objects; `granted` the
    `Object.Field` pairs that an assigned permission set makes visible, for fields that came by deployment.
    """
    definitions = {one.name: one for one in STANDARD}
    for name, declaration in declarations.items():
        if name not in definitions:
            definitions[name] = custom_object(name, prefixes[name], declaration)
    values = _OrgValues(
        currencies=tuple(currencies),
        stages=tuple(stages),
        countries=tuple(Pick(code, name) for code, name in countries.items()),
        states=tuple(Pick(code, name) for each in states.values() for code, name in each.items()),
        price_decimals=price_decimals,
        quantity_decimals=quantity_decimals,
    )
    entities = {}
    for name, definition in definitions.items():
        if definition.needs is not None and definition.needs not in features:
            continue
        declaration = declarations.get(name, {})
        if declaration.get("hidden_object"):
            continue
        fields = dict(definition.fields)
        if not definition.custom:
            for document in declaration.get("fields", {}).values():
                base = _named(fields, document["name"])
                made = field_from(document, name, base)
                fields[made.name] = made
        has_types = definition.record_types and record_types.get(name, False)
        fields = {
            key: values.given_to(one)
            for key, one in fields.items()
            if _is_there(one, features, has_types=has_types)
        }
        for key in ("read_only", "required"):
            for said in declaration.get(key, []):
                one = _known(fields, said, name)
                change: dict[str, Any] = (
                    {"createable": False, "updateable": False} if key == "read_only" else {"nillable": False}
                )
                fields[one.name] = replace(one, **change)
        hidden = {
            _known(fields, said, name).name for said in declaration.get("hidden", []) if _named(fields, said)
        }
        hidden |= {
            document["name"]
            for document in declaration.get("fields", {}).values()
            if document.get("granted") is False and f"{name}.{document['name']}" not in granted
        }
        entities[name] = Entity(
            definition=replace(
                definition,
                rules=rules_of(declaration),
                duplicate_rules=duplicate_rules_of(declaration),
                **{
                    key: declaration[key]
                    for key in ("createable", "updateable", "deletable")
                    if key in declaration
                },
            ),
            fields=fields,
            hidden=frozenset(hidden),
            record_types=has_types,
        )
    return Schema(entities)


def _named(fields: Mapping[str, Field], name: str) -> Field | None:
    wanted = name.lower()
    return fields.get(name) or next((one for key, one in fields.items() if key.lower() == wanted), None)


def _known(fields: Mapping[str, Field], name: str, object_name: str) -> Field:
    found = _named(fields, name)
    if found is None:
        raise SandboxError(f"{object_name} has no field {name}.")
    return found


def _is_there(one: Field, features: frozenset[str], *, has_types: bool) -> bool:
    if one.needs == "record_types":
        return has_types
    return one.needs is None or one.needs in features


def _child_name(one: Field, entity: Entity, *, taken: Mapping[str, Child]) -> str | None:
    """The name of a reference's relationship seen from its parent; custom ones are named after the children."""
    if not one.custom:
        return one.children
    said = one.children or entity.definition.label_plural.replace(" ", "_")
    name = said if said.endswith("__r") else said + "__r"
    return name if name.lower() not in taken else f"{name[:-3]}_{one.name[:-3]}__r"
