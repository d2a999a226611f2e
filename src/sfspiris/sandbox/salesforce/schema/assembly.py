"""Putting an org's schema together: the platform's objects, what was declared on top, features, and what permissions hide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce.schema.declared import (
    custom_object,
    duplicate_rules_of,
    field_from,
    flows_of,
    rules_of,
)
from sfspiris.sandbox.salesforce.schema.model import Field, Pick, SObject
from sfspiris.sandbox.salesforce.schema.registry import Entity, Schema
from sfspiris.sandbox.salesforce.schema.standard import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Granted:
    """What a user's permission sets grant: fields as `Object.Field`, and objects."""

    readable: frozenset[str] = frozenset()
    editable: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    createable: frozenset[str] = frozenset()
    updateable: frozenset[str] = frozenset()
    deletable: frozenset[str] = frozenset()


_NOTHING: Final = Granted()
_WRITES: Final = ("createable", "updateable", "deletable")
"""What may be done with an object's records, as describe names it."""


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
    granted: Granted | None,
    countries: Mapping[str, str],
    states: Mapping[str, Mapping[str, str]],
    price_decimals: int = 2,
    quantity_decimals: int = 2,
) -> Schema:
    """The schema of an org.

    `record_types` names the objects that have any; `prefixes` the key prefixes of custom objects; `granted` what
    assigned permission sets make visible of that which came by deployment, None for all of it.
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
        declaration = declarations.get(name, {})
        if _object_is_there(definition, declaration, features, granted):
            has_types = definition.record_types and record_types.get(name, False)
            there = _Presence(features, has_types, granted)
            entities[name] = _entity(definition, declaration, there, values)
    return Schema(entities)


@dataclass(frozen=True, slots=True)
class _Presence:
    """What decides which fields of an object are there and which are seen."""

    features: frozenset[str]
    has_types: bool
    granted: Granted | None

    def has(self, one: Field) -> bool:
        """Whether the org has the field at all."""
        if one.needs == "record_types":
            return self.has_types
        return one.needs is None or one.needs in self.features


def _object_is_there(
    definition: SObject, declaration: dict[str, Any], features: frozenset[str], granted: Granted | None
) -> bool:
    if definition.needs is not None and definition.needs not in features:
        return False
    waits = granted is not None and declaration.get("granted") is False
    return not declaration.get("hidden_object") and not (
        waits and definition.name not in (granted or _NOTHING).objects
    )


def _entity(definition: SObject, declaration: dict[str, Any], there: _Presence, values: _OrgValues) -> Entity:
    """One object as the org has it: its own fields and the declared ones, less what is absent or not to be seen."""
    name, fields = definition.name, dict(definition.fields)
    if not definition.custom:
        for document in declaration.get("fields", {}).values():
            made = field_from(document, name, _named(fields, document["name"]))
            fields[made.name] = made
    fields = {key: values.given_to(one) for key, one in fields.items() if there.has(one)}
    for said in declaration.get("read_only", []):
        one = _known(fields, said, name)
        fields[one.name] = replace(one, createable=False, updateable=False)
    for said in declaration.get("required", []):
        one = _known(fields, said, name)
        fields[one.name] = replace(one, nillable=False)
    named = (_named(fields, said) for said in declaration.get("hidden", []))
    hidden = {found.name for found in named if found is not None}
    if there.granted is not None:
        hidden |= _not_granted(fields, declaration, name, there.granted)
    changes = {key: declaration[key] for key in _WRITES if key in declaration}
    if there.granted is not None and declaration.get("granted") is False:
        changes |= {key: name in getattr(there.granted, key) for key in _WRITES}
    return Entity(
        definition=replace(
            definition,
            rules=rules_of(declaration),
            duplicate_rules=duplicate_rules_of(declaration),
            flows=flows_of(declaration),
            **changes,
        ),
        fields=fields,
        hidden=frozenset(hidden),
        record_types=there.has_types,
    )


def _not_granted(
    fields: dict[str, Field], declaration: dict[str, Any], object_name: str, granted: Granted
) -> set[str]:
    """Deployed fields that no assigned permission set shows; those shown but not editable become read-only."""
    unseen = set()
    for document in declaration.get("fields", {}).values():
        name, full_name = document["name"], f"{object_name}.{document['name']}"
        if document.get("granted") is not False or name not in fields:
            continue
        if full_name not in granted.readable:
            unseen.add(name)
        if full_name not in granted.editable:
            fields[name] = replace(fields[name], createable=False, updateable=False)
    return unseen


def _named(fields: Mapping[str, Field], name: str) -> Field | None:
    wanted = name.lower()
    return fields.get(name) or next((one for key, one in fields.items() if key.lower() == wanted), None)


def _known(fields: Mapping[str, Field], name: str, object_name: str) -> Field:
    found = _named(fields, name)
    if found is None:
        raise SandboxError(f"{object_name} has no field {name}.")
    return found
