"""JSON that keeps every digit: numbers with a fraction are Decimal both ways, never binary floats.

RFC 8259 leaves names that occur twice, and NaN, to chance; a document with either is refused here, because two readers
of one amount must not see two amounts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn


def loads(document: bytes) -> Any:
    """The document's value, fractions as Decimal; ValueError when it is cut, empty, not UTF-8, or ambiguous."""
    try:
        return json.loads(
            document.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_twins,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def dumps(value: object) -> bytes:
    """ASCII JSON of plain data. A Decimal is written with exactly its own digits; a float is refused."""
    return _written(value).encode("ascii")


def _written(value: object) -> str:
    match value:
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"JSON has no number for {value}")
            return format(value, "f")
        case float():
            raise TypeError("a binary float would lose digits: use Decimal")
        case Mapping():
            return (
                "{" + ",".join(f"{json.dumps(str(key))}:{_written(one)}" for key, one in value.items()) + "}"
            )
        case list() | tuple():
            return "[" + ",".join(_written(one) for one in value) + "]"
        case _:
            return json.dumps(value)


def _object_without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
