"""WHERE and HAVING: conditions bound to readers, with the vendor's type checks and its ways with nulls and case."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.soql import syntax
from sfspiris.sandbox.salesforce.soql.days import is_relative, span
from sfspiris.sandbox.salesforce.soql.parser import located, malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from decimal import Decimal

    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.soql.run import Reader, Run, Test
    from sfspiris.sandbox.salesforce.soql.scope import Scalar

_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TYPE_NAMES: Final = {
    "datetime": "dateTime",
    "id": "ID",
    "reference": "reference",
    "picklist": "string",
    "textarea": "string",
    "email": "string",
    "phone": "string",
    "url": "string",
    "combobox": "string",
    "multipicklist": "string",
    "currency": "double",
    "percent": "double",
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


class Conditions:
    """Binds conditions of one statement. `scalar` resolves targets; `members` runs the inner query of a semi-join."""

    def __init__(
        self,
        statement: str,
        scalar: Callable[[syntax.Target], Scalar],
        members: Callable[[syntax.Query, Scalar], Callable[[Run], frozenset[str]]],
    ) -> None:
        self._statement = statement
        self._scalar = scalar
        self._members = members

    def bind(self, condition: syntax.Condition) -> Bound:
        """The condition with every name and literal resolved. Raises `ApiError` as the vendor would."""
        match condition:
            case syntax.And(parts):
                return _all([self.bind(part) for part in parts])
            case syntax.Or(parts):
                return Bound(_any([self.bind(part).test for part in parts]))
            case syntax.Not(part):
                return Bound(_not(self.bind(part).test))
            case syntax.Comparison():
                return self._comparison(condition)
            case syntax.Like():
                return Bound(self._like(condition))
            case syntax.InList():
                return self._in_list(condition)
            case syntax.InQuery():
                return self._in_query(condition)
            case syntax.Includes():
                return Bound(self._includes(condition))

    def _filterable(self, target: syntax.Target) -> Scalar:
        scalar = self._scalar(target)
        if scalar.field is not None and not scalar.field.filterable:
            raise ApiError(
                "INVALID_FIELD",
                located(
                    self._statement, scalar.at, f"field '{scalar.name}' can not be filtered in a query call"
                ),
            )
        return scalar

    # comparisons

    def _comparison(self, condition: syntax.Comparison) -> Bound:
        scalar, sign, value = self._filterable(condition.target), condition.operator, condition.value
        if isinstance(value, syntax.Null) or (
            isinstance(value, syntax.String) and not value.text and (scalar.is_plain and _holds_text(scalar))
        ):
            return Bound(_null(scalar, sign))
        if scalar.type == "boolean" and sign not in {"=", "!="}:
            raise malformed(self._statement, scalar.at, "invalid operator on boolean field")
        if scalar.type in {"date", "datetime"} and isinstance(value, syntax.Relative):
            return Bound(self._within_days(scalar, sign, value))
        if isinstance(value, syntax.Money):
            return Bound(self._money(scalar, sign, value))
        wanted = self._operand(scalar, value)
        seeks = _seek_one(scalar, wanted) if sign == "=" else ()
        return Bound(_compared(scalar, sign, wanted), seeks)

    def _operand(self, scalar: Scalar, value: syntax.Value) -> Any:
        """A literal as the field's values compare with it."""
        match value:
            case syntax.String(text=text) if scalar.type in {"id", "reference"}:
                return self._id(text, value.at)
            case syntax.String(text=text) if _holds_text(scalar):
                return folded(text)
            case syntax.Number(value=number) if scalar.type in {"int", "double", "currency", "percent"}:
                return number
            case syntax.Boolean(value=said) if scalar.type == "boolean":
                return said
            case syntax.Date(iso=iso) if scalar.type == "date":
                return iso
            case syntax.DateTime(wire=wire) if scalar.type == "datetime":
                return wire
            case syntax.Relative() if not is_relative(value.name, value.count):
                raise malformed(self._statement, value.at, f"unexpected token: '{value.name}'")
        self._wrong_type(scalar)

    def _wrong_type(self, scalar: Scalar) -> NoReturn:
        kind = _TYPE_NAMES.get(scalar.type, scalar.type)
        quotes = "should be" if _holds_text(scalar) or scalar.type in {"id", "reference"} else "should not be"
        raise ApiError(
            "INVALID_FIELD",
            located(
                self._statement,
                scalar.at,
                f"value of filter criterion for field '{scalar.name}' must be of type {kind} and {quotes} enclosed in quotes",
            ),
        )

    def _id(self, text: str, at: int) -> str:
        found = ids.canonical(text) if text else ""
        if found is None:
            raise ApiError(
                "INVALID_QUERY_FILTER_OPERATOR", located(self._statement, at, f"invalid ID field: {text}")
            )
        return found

    def _within_days(self, scalar: Scalar, sign: str, value: syntax.Relative) -> Callable[[Run], Test]:
        if not is_relative(value.name, value.count):
            raise malformed(self._statement, value.at, f"unexpected token: '{value.name}'")
        name, count, instants = value.name, value.count, scalar.type == "datetime"

        def test(run: Run) -> Test:
            read = scalar.reader(run)
            first, beyond = span(name, count, run.calendar)
            if instants:
                low, high = run.calendar.midnight(first), run.calendar.midnight(beyond)
            else:
                low, high = first.isoformat(), beyond.isoformat()
            within = _RANGES[sign]
            on_null = sign == "!="
            return lambda row: on_null if (found := read(row)) is None else within(found, low, high)

        return test

    def _money(self, scalar: Scalar, sign: str, value: syntax.Money) -> Callable[[Run], Test]:
        if scalar.type != "currency" or scalar.currency is None:
            self._wrong_type(scalar)
        compare, on_null = _OPERATORS[sign], sign == "!="

        def test(run: Run) -> Test:
            amount, code = scalar.reader(run), scalar.currency_reader(run)
            corporate = run.reading.corporate
            wanted = corporate(value.amount, value.currency)

            def passes(row: Any) -> bool:
                found: Decimal | None = amount(row)
                return (
                    on_null if found is None else compare(corporate(found, code(row) if code else ""), wanted)
                )

            return passes

        return test

    # LIKE, IN, INCLUDES

    def _like(self, condition: syntax.Like) -> Callable[[Run], Test]:
        scalar = self._filterable(condition.target)
        if not isinstance(condition.pattern, syntax.String) or not _holds_text(scalar):
            if scalar.type in {"id", "reference"}:
                raise ApiError(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    located(self._statement, scalar.at, "invalid operator on id field"),
                )
            self._wrong_type(scalar)
        matches = like_pattern(condition.pattern.raw).fullmatch

        def test(run: Run) -> Test:
            read = scalar.reader(run)
            return lambda row: (found := read(row)) is not None and matches(found) is not None

        return test

    def _in_list(self, condition: syntax.InList) -> Bound:
        scalar, negated = self._filterable(condition.target), condition.negated
        with_null = any(isinstance(value, syntax.Null) for value in condition.values)
        values = [value for value in condition.values if not isinstance(value, syntax.Null)]
        spans = [
            self._within_days(scalar, "=", value)
            for value in values
            if isinstance(value, syntax.Relative) and scalar.type in {"date", "datetime"}
        ]
        wanted = frozenset(
            self._operand(scalar, value)
            for value in values
            if not (isinstance(value, syntax.Relative) and scalar.type in {"date", "datetime"})
        )
        seeks = () if negated or spans or with_null else _seek_many(scalar, wanted)
        fold = folded if _holds_text(scalar) else None

        def test(run: Run) -> Test:
            read = scalar.reader(run)
            within = [one(run) for one in spans]

            def passes(row: Any) -> bool:
                found = read(row)
                if found is None:
                    return with_null is not negated
                hit = (fold(found) if fold else found) in wanted or any(one(row) for one in within)
                return hit is not negated

            return passes

        return Bound(test, seeks)

    def _in_query(self, condition: syntax.InQuery) -> Bound:
        scalar, negated = self._filterable(condition.target), condition.negated
        if scalar.type not in {"id", "reference"} or not scalar.is_plain:
            raise malformed(
                self._statement,
                scalar.at,
                "Semi join sub-selects can only query id fields, cannot use: '" + scalar.name + "'",
            )
        members = self._members(condition.query, scalar)

        def test(run: Run) -> Test:
            read, found = scalar.reader(run), members(run)
            return lambda row: (read(row) in found) is not negated

        seeks = () if negated or scalar.hops or scalar.field is None else (Seek(scalar.field, members),)
        return Bound(test, seeks)

    def _includes(self, condition: syntax.Includes) -> Callable[[Run], Test]:
        scalar, negated = self._filterable(condition.target), condition.negated
        if scalar.type != "multipicklist":
            raise malformed(
                self._statement, scalar.at, f"field '{scalar.name}' is not a multi-select picklist"
            )
        choices = []
        for value in condition.values:
            if not isinstance(value, syntax.String):
                self._wrong_type(scalar)
            choices.append(frozenset(folded(one) for one in value.text.split(";")))

        def test(run: Run) -> Test:
            read = scalar.reader(run)

            def passes(row: Any) -> bool:
                found = read(row)
                picked = frozenset(folded(one) for one in found.split(";")) if found else frozenset()
                return any(choice <= picked for choice in choices) is not negated

            return passes

        return test


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


_RANGES: Final[dict[str, Callable[[str, str, str], bool]]] = {
    # Value, first moment inside, first moment beyond.
    "=": lambda value, low, high: low <= value < high,
    "!=": lambda value, low, high: not low <= value < high,
    "<": lambda value, low, _high: value < low,
    "<=": lambda value, _low, high: value < high,
    ">": lambda value, _low, high: value >= high,
    ">=": lambda value, low, _high: value >= low,
}


def _holds_text(scalar: Scalar) -> bool:
    from sfspiris.sandbox.salesforce.schema.model import TEXT_TYPES

    return scalar.type in TEXT_TYPES or scalar.type in {"multipicklist", "time"}


def _null(scalar: Scalar, sign: str) -> Callable[[Run], Test]:
    def test(run: Run) -> Test:
        read = scalar.reader(run)
        if sign == "=":
            return lambda row: read(row) is None
        if sign == "!=":
            return lambda row: read(row) is not None
        return lambda _row: False

    return test


def _compared(scalar: Scalar, sign: str, wanted: Any) -> Callable[[Run], Test]:
    compare, on_null = _OPERATORS[sign], sign == "!="
    fold = _holds_text(scalar)

    def test(run: Run) -> Test:
        read: Reader = scalar.reader(run)
        if fold:
            return lambda row: on_null if (found := read(row)) is None else compare(folded(found), wanted)
        return lambda row: on_null if (found := read(row)) is None else compare(found, wanted)

    return test


def _seek_one(scalar: Scalar, wanted: Any) -> tuple[Seek, ...]:
    return _seek_many(scalar, (wanted,))


def _seek_many(scalar: Scalar, wanted: Collection[Any]) -> tuple[Seek, ...]:
    field = scalar.field
    if field is None or scalar.hops or not scalar.is_plain:
        return ()
    if field.is_id or ((field.external_id or field.unique) and field.is_text):
        return (Seek(field, lambda _run: wanted),)
    return ()


def _all(parts: list[Bound]) -> Bound:
    tests = [part.test for part in parts]
    seeks = tuple(seek for part in parts for seek in part.seeks)

    def test(run: Run) -> Test:
        ready = [one(run) for one in tests]
        if len(ready) == 2:  # noqa: PLR2004 - the common case, without a generator
            first, second = ready
            return lambda row: first(row) and second(row)
        return lambda row: all(one(row) for one in ready)

    return Bound(test, seeks)


def _any(tests: list[Callable[[Run], Test]]) -> Callable[[Run], Test]:
    def test(run: Run) -> Test:
        ready = [one(run) for one in tests]
        return lambda row: any(one(row) for one in ready)

    return test


def _not(test: Callable[[Run], Test]) -> Callable[[Run], Test]:
    def negated(run: Run) -> Test:
        ready = test(run)
        return lambda row: not ready(row)

    return negated
