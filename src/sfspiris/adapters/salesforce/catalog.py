"""What the org said about its objects and fields, reduced to what we ask of it.

An object that the signed-in user may not see has no fields here; a field that field-level security hides is simply absent,
exactly as if it did not exist. Salesforce does not tell the two apart, so neither can a message.
"""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OPPORTUNITY: Final = "Opportunity"
LINE_ITEM: Final = "OpportunityLineItem"
ACCOUNT: Final = "Account"
PRODUCT: Final = "Product2"
USER: Final = "User"
CONTACT: Final = "Contact"
CONTACT_ROLE: Final = "OpportunityContactRole"

_PLAIN_VERSION: Final = 2
_CHILDREN: Final = "children"
"""The type under which a list of child records is kept beside the fields; no field of Salesforce has it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object.

    `length` counts characters of a text, `scale` decimals of a number. `relationship` is the name by which a path walks on
    from a lookup, and `refers_to` the objects it may lead to.
    """

    name: str
    type: str
    length: int = 0
    scale: int = 0
    updateable: bool = False
    relationship: str | None = None
    refers_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """A list of child records: the relationship by which a query names it, and the object of its records."""

    relationship: str
    object: str


def child_list(relationship: str, object_: str) -> Field:
    """A list of child records as it is kept beside the fields of an object."""
    return Field(relationship, _CHILDREN, refers_to=(object_,))


@dataclass(frozen=True, slots=True)
class Found:
    """A path that exists, in the org's own spelling, and the field it ends in."""

    path: str
    field: Field


@dataclass(frozen=True, slots=True)
class Missing:
    """A path that breaks off at `object`, which has no field or relationship `name`; `names` are those that it does have."""

    object: str
    name: str
    names: tuple[str, ...] = dataclasses.field(compare=False, repr=False)

    @property
    def nearest(self) -> str | None:
        """The name that is most like the one sought, if any is; it takes time, so only who tells a person asks."""
        return _closest(self.name, self.names)


@dataclass(frozen=True, slots=True)
class Undescribed:
    """A path that cannot be judged before `object` has been described."""

    object: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """The described objects, each with its fields by lower-case name: Salesforce does not tell case apart here."""

    objects: Mapping[str, Mapping[str, Field]]

    def field(self, owner: str, name: str) -> Field | None:
        """The field of a described object, or None."""
        found = self.objects.get(owner, {}).get(name.lower())
        return None if found is None or found.type == _CHILDREN else found

    def children(self, owner: str) -> tuple[Child, ...]:
        """The lists of child records of a described object."""
        known = self.objects.get(owner, {}).values()
        return tuple(Child(one.name, one.refers_to[0]) for one in known if one.type == _CHILDREN)

    def nearest(self, owner: str, name: str) -> str | None:
        """The field of a described object whose name is most like this one, if any is."""
        return _closest(name, self._names(owner))

    def nearest_child(self, owner: str, name: str) -> str | None:
        """The list of child records whose name is most like this one, if any is."""
        return _closest(name, [one.relationship for one in self.children(owner)])

    def find(self, root: str, path: str) -> Found | Missing | Undescribed:
        """Follow a dotted path from an object, such as `Account.BillingCity` from Opportunity."""
        owner = root
        *steps, last = path.split(".")
        walked: list[str] = []
        for step in steps:
            if owner not in self.objects:
                return Undescribed(owner)
            lookup = self._lookup(owner, step)
            if lookup is None or lookup.relationship is None:
                return Missing(owner, step, self._names(owner, relationships=True))
            walked.append(lookup.relationship)
            owner = _target(lookup)
        if owner not in self.objects:
            return Undescribed(owner)
        field = self.field(owner, last)
        if field is None:
            return Missing(owner, last, self._names(owner))
        return Found(".".join((*walked, field.name)), field)

    def with_objects(self, described: Mapping[str, Mapping[str, Field]]) -> Catalog:
        """This catalog with more objects."""
        return Catalog({**self.objects, **described})

    def to_plain(self) -> dict[str, Any]:
        """Plain data for JSON; `from_plain` reads it."""
        return {
            "version": _PLAIN_VERSION,
            "objects": {
                name: [_to_plain(one) for one in fields.values()] for name, fields in self.objects.items()
            },
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Catalog | None:
        """A kept catalog, or None when another version of this module wrote it: then the org is simply asked again."""
        if data.get("version") != _PLAIN_VERSION:
            return None
        return cls(
            {
                owner: fields_by_name(_from_plain(one) for one in fields)
                for owner, fields in data["objects"].items()
            }
        )

    def _lookup(self, owner: str, relationship: str) -> Field | None:
        wanted = relationship.lower()
        return next(
            (
                one
                for one in self.objects[owner].values()
                if one.relationship is not None and one.refers_to and one.relationship.lower() == wanted
            ),
            None,
        )

    def _names(self, owner: str, *, relationships: bool = False) -> tuple[str, ...]:
        """The names that a step of a path may have: of relationships where there are any and they are sought, or of fields."""
        fields = [one for one in self.objects[owner].values() if one.type != _CHILDREN]
        names = [one.relationship for one in fields if one.relationship] if relationships else []
        return tuple(names or [one.name for one in fields])


def _closest(name: str, names: Iterable[str]) -> str | None:
    by_lower = {one.lower(): one for one in names}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def fields_by_name(fields: Iterable[Field]) -> dict[str, Field]:
    """The fields of one object as a catalog keeps them."""
    return {one.name.lower(): one for one in fields}


def _to_plain(field: Field) -> dict[str, Any]:
    """What differs from a field's usual values; an org has thousands of fields, and most say little."""
    told = {one.name: getattr(field, one.name) for one in dataclasses.fields(field)}
    told["refers_to"] = list(field.refers_to)
    return {name: value for name, value in told.items() if value}


def _from_plain(told: Mapping[str, Any]) -> Field:
    return Field(**{**told, "refers_to": tuple(told.get("refers_to", ()))})


def _target(lookup: Field) -> str:
    """Where a lookup leads; one that may lead to several objects is taken to lead to a person if it can."""
    return USER if USER in lookup.refers_to else lookup.refers_to[0]
