"""The vocabulary of the tables: a field, its kind and its limits; a shape is an ordered set of fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a value is on the wire."""

    TEXT = "a string"
    GUID = "a GUID"
    FLAG = "true or false"
    WHOLE = "an integer"
    NUMBER = "a number"
    DAY = "a date"
    MOMENT = "a timestamp"
    TEXTS = "a list of strings"
    GUIDS = "a list of GUIDs"
    OBJECT = "an object"
    OBJECTS = "a list of objects"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object.

    `required` and the limits speak of what is sent; a read-only field may be sent and its value is passed over, because
    clients send back what they have read. `nullable` holds both ways. `longest` counts characters; `least` and `most` are
    inclusive; `decimals` is the number of digits allowed after the point; `bits` are those of an integer; `default` is what
    an answer has where nothing was ever set; a field that is `absent` is left out of answers then.
    """

    name: str
    kind: Kind
    required: bool = False
    nullable: bool = False
    read_only: bool = False
    longest: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    decimals: int | None = None
    most_items: int | None = None
    choices: frozenset[int] | None = None
    shape: "Shape | None" = None
    default: Any = None
    absent: bool = False
    bits: int = 32

    @property
    def inner(self) -> "Shape":
        """The shape of the object, or of each object in the list."""
        if self.shape is None:
            raise TypeError(f"{self.name} is {self.kind} without a shape")
        return self.shape


class Shape:
    """An object of the API: its name in the manual and its fields, in order."""

    def __init__(self, name: str, fields: Iterable[Field]) -> None:
        self.name = name
        self.fields = {field.name: field for field in fields}
        self.required = tuple(f for f in self.fields.values() if f.required and not f.read_only)
        self._blank = tuple(
            (f.name, f.default, f.kind in {Kind.TEXTS, Kind.GUIDS, Kind.OBJECTS})
            for f in self.fields.values()
            if not f.absent
        )

    def blank(self) -> dict[str, Any]:
        """A record with every field of an answer at its default."""
        return {name: [] if is_list else default for name, default, is_list in self._blank}

    def filled(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """A whole record of what was sent: what is not there is at its default, in the objects inside as well."""
        record = {**self.blank(), **sent}
        for name, value in record.items():
            if isinstance(value, dict) and name in self.fields:
                record[name] = self.fields[name].inner.filled(value)
        return record

    def with_fields(self, name: str, *fields: Field, without: Iterable[str] = ()) -> "Shape":
        """A variation: some fields replaced or added, some left out."""
        left_out = set(without)
        merged = {key: field for key, field in self.fields.items() if key not in left_out}
        merged.update({field.name: field for field in fields})
        return Shape(name, merged.values())


def text(name: str, longest: int | None = None, *, required: bool = False) -> Field:
    """A string; null unless required."""
    return Field(name, Kind.TEXT, required, not required, longest=longest, default="" if required else None)


def guid(name: str, *, required: bool = False, nullable: bool = True) -> Field:
    """An id; may be null unless required or said otherwise."""
    return Field(name, Kind.GUID, required, nullable and not required)


def flag(name: str, *, required: bool = False, nullable: bool = False, default: bool | None = False) -> Field:
    """A boolean."""
    return Field(name, Kind.FLAG, required, nullable, default=None if nullable else default)


def whole(
    name: str,
    least: int | None = None,
    most: int | None = None,
    *,
    required: bool = False,
    nullable: bool = False,
    choices: Iterable[int] | None = None,
    default: int | None = 0,
    bits: int = 32,
) -> Field:
    """An integer of so many bits, within bounds or among choices."""
    return Field(
        name,
        Kind.WHOLE,
        required,
        nullable,
        least=None if least is None else Decimal(least),
        most=None if most is None else Decimal(most),
        choices=None if choices is None else frozenset(choices),
        default=None if nullable else default,
        bits=bits,
    )


def number(
    name: str,
    decimals: int | None = None,
    *,
    least: str | None = None,
    most: str | None = None,
    required: bool = False,
    nullable: bool = False,
) -> Field:
    """A number, with at most so many decimals and within bounds."""
    return Field(
        name,
        Kind.NUMBER,
        required,
        nullable,
        least=None if least is None else Decimal(least),
        most=None if most is None else Decimal(most),
        decimals=decimals,
        default=None if nullable else 0,
    )


def day(name: str, *, required: bool = False, nullable: bool = True) -> Field:
    """A date. Sent as YYYY-MM-DD or as a timestamp whose time is dropped; answered as YYYY-MM-DD."""
    return Field(name, Kind.DAY, required, nullable and not required)


def moment(name: str, *, nullable: bool = True) -> Field:
    """A UTC timestamp, kept and answered as `2026-11-20T08:00:00.000Z`."""
    return Field(name, Kind.MOMENT, nullable=nullable)


def texts(name: str, most_items: int | None = None) -> Field:
    """A list of strings."""
    return Field(name, Kind.TEXTS, nullable=True, most_items=most_items)


def guids(name: str, *, required: bool = False) -> Field:
    """A list of ids."""
    return Field(name, Kind.GUIDS, required, not required)


def nested(name: str, shape: Shape) -> Field:
    """An object; left out of answers until there is one."""
    return Field(name, Kind.OBJECT, nullable=True, shape=shape, absent=True)


def rows(name: str, shape: Shape, *, required: bool = False) -> Field:
    """A list of objects."""
    return Field(name, Kind.OBJECTS, required, not required, shape=shape)


def ro(*fields: Field) -> tuple[Field, ...]:
    """The fields as read-only: set by the system, passed over when sent."""
    return tuple(replace(field, read_only=True, required=False) for field in fields)


def one_ro(field: Field) -> Field:
    """One field as read-only."""
    return replace(field, read_only=True, required=False)
