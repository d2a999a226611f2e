"""What makes a bound condition true of a row: comparisons, spans, patterns, and how they join."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.schema.model import TEXT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.soql.run import Reader, Run, Test
    from sfspiris.sandbox.salesforce.soql.scope import Scalar

OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Seek:
    """A way to the few records a condition can be true of: by id, by a reference, or by an external id's folded text."""

    field: Field
    values: Callable[[Run], Collection[str]]


@dataclass(frozen=True, slots=True)
class Bound:
    """A condition ready to run; `seeks` are the shortcuts that may be taken instead of reading every record."""

    test: Callable[[Run], Test]
    seeks: tuple[Seek, ...] = ()


def folded(text: str) -> str:
    """Text as SOQL compares it: without regard to case."""
    return text.casefold()


def like_pattern(raw: str) -> re.Pattern[str]:
    """The regular expression of a LIKE pattern, escapes still in it: `%` any text, `_` one character."""
    parts = []
    position = 0
    while position < len(raw):
        character = raw[position]
        if character == "\\" and position + 1 < len(raw):
            position += 1
            escaped = raw[position]
            parts.append(
                re.escape({"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(escaped, escaped))
            )
        elif character == "%":
            parts.append(".*")
        elif character == "_":
            parts.append(".")
        else:
            parts.append(re.escape(character))
        position += 1
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


RANGES: Final[dict[str, Callable[[str, str, str], bool]]] = {
    # Of a value, the first moment of a span and the first one beyond it.
    "=": lambda value, low, high: low <= value < high,
    "!=": lambda value, low, high: not low <= value < high,
    "<": lambda value, low, _high: value < low,
    "<=": lambda value, _low, high: value < high,
    ">": lambda value, _low, high: value >= high,
    ">=": lambda value, low, _high: value >= low,
}


def holds_text(scalar: Scalar) -> bool:
    """Whether the values are compared as text."""
    return scalar.type in TEXT_TYPES or scalar.type in {"multipicklist", "time"}


def null_test(scalar: Scalar, sign: str) -> Callable[[Run], Test]:
    """A comparison with null: only equality and its opposite ever hold."""

    def test(run: Run) -> Test:
        read = scalar.reader(run)
        if sign == "=":
            return lambda row: read(row) is None
        if sign == "!=":
            return lambda row: read(row) is not None
        return lambda _row: False

    return test


def compared(scalar: Scalar, sign: str, wanted: Any) -> Callable[[Run], Test]:
    """A comparison with a value; a null differs from every value and is neither less nor more."""
    compare, on_null = OPERATORS[sign], sign == "!="
    fold = holds_text(scalar)

    def test(run: Run) -> Test:
        read: Reader = scalar.reader(run)
        if fold:
            return lambda row: on_null if (found := read(row)) is None else compare(folded(found), wanted)
        return lambda row: on_null if (found := read(row)) is None else compare(found, wanted)

    return test


def seek_one(scalar: Scalar, wanted: Any) -> tuple[Seek, ...]:
    """The shortcut to records whose field has this value, if there is one."""
    return seek_many(scalar, (wanted,))


def seek_many(scalar: Scalar, wanted: Collection[Any]) -> tuple[Seek, ...]:
    """The shortcut to records whose field has one of these values, if there is one."""
    field = scalar.field
    if field is None or scalar.hops or not scalar.is_plain:
        return ()
    has_key = (field.external_id or field.unique) and field.is_text and not field.case_sensitive
    if field.is_id or has_key:
        return (Seek(field, lambda _run: wanted),)
    return ()


def all_of(parts: list[Bound]) -> Bound:
    """All conditions together; a shortcut of any of them will do."""
    tests = [part.test for part in parts]
    seeks = tuple(seek for part in parts for seek in part.seeks)

    def test(run: Run) -> Test:
        ready = [one(run) for one in tests]
        if len(ready) == 2:  # noqa: PLR2004 - the common case, without a generator
            first, second = ready
            return lambda row: first(row) and second(row)
        return lambda row: all(one(row) for one in ready)

    return Bound(test, seeks)


def any_of(tests: list[Callable[[Run], Test]]) -> Callable[[Run], Test]:
    """Any of the conditions."""

    def test(run: Run) -> Test:
        ready = [one(run) for one in tests]
        return lambda row: any(one(row) for one in ready)

    return test


def opposite(test: Callable[[Run], Test]) -> Callable[[Run], Test]:
    """The opposite of a condition."""

    def flipped(run: Run) -> Test:
        ready = test(run)
        return lambda row: not ready(row)

    return flipped
