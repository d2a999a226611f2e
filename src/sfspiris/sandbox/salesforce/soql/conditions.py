"""WHERE and HAVING: conditions bound to readers, with the vendor's type checks and its ways with nulls and case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.soql import syntax
from sfspiris.sandbox.salesforce.soql.days import is_relative, span
from sfspiris.sandbox.salesforce.soql.matching import (
    OPERATORS,
    RANGES,
    Bound,
    Seek,
    all_of,
    any_of,
    compared,
    folded,
    holds_text,
    like_pattern,
    null_test,
    opposite,
    seek_many,
    seek_one,
)
from sfspiris.sandbox.salesforce.soql.parser import located, malformed

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from sfspiris.sandbox.salesforce.soql.run import Run, Test
    from sfspiris.sandbox.salesforce.soql.scope import Scalar

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
                return all_of([self.bind(part) for part in parts])
            case syntax.Or(parts):
                return Bound(any_of([self.bind(part).test for part in parts]))
            case syntax.Not(part):
                return Bound(opposite(self.bind(part).test))
            case _:
                return self._simple(condition)

    def _simple(
        self, condition: syntax.Comparison | syntax.Like | syntax.InList | syntax.InQuery | syntax.Includes
    ) -> Bound:
        match condition:
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
            isinstance(value, syntax.String) and not value.text and (scalar.is_plain and holds_text(scalar))
        ):
            return Bound(null_test(scalar, sign))
        if scalar.type == "boolean" and sign not in {"=", "!="}:
            raise malformed(self._statement, scalar.at, "invalid operator on boolean field")
        if scalar.type in {"date", "datetime"} and isinstance(value, syntax.Relative):
            return Bound(self._within_days(scalar, sign, value))
        if isinstance(value, syntax.Money):
            return Bound(self._money(scalar, sign, value))
        wanted = self._operand(scalar, value)
        seeks = seek_one(scalar, wanted) if sign == "=" else ()
        return Bound(compared(scalar, sign, wanted), seeks)

    def _operand(self, scalar: Scalar, value: syntax.Value) -> Any:
        """A literal as the field's values compare with it."""
        match value:
            case syntax.String(text=text) if scalar.type in {"id", "reference"}:
                return self._id(text, value.at)
            case syntax.String(text=text) if holds_text(scalar):
                return folded(text)
            case syntax.Relative() if not is_relative(value.name, value.count):
                raise malformed(self._statement, value.at, f"unexpected token: '{value.name}'")
            case _:
                return self._plain_operand(scalar, value)

    def _plain_operand(self, scalar: Scalar, value: syntax.Value) -> Any:
        match value:
            case syntax.Number(value=number) if scalar.type in {"int", "double", "currency", "percent"}:
                return number
            case syntax.Boolean(value=said) if scalar.type == "boolean":
                return said
            case syntax.Date(iso=iso) if scalar.type == "date":
                return iso
            case syntax.DateTime(wire=wire) if scalar.type == "datetime":
                return wire
            case _:
                raise self._wrong_type(scalar)

    def _wrong_type(self, scalar: Scalar) -> ApiError:
        kind = _TYPE_NAMES.get(scalar.type, scalar.type)
        quotes = "should be" if holds_text(scalar) or scalar.type in {"id", "reference"} else "should not be"
        return ApiError(
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
            within = RANGES[sign]
            on_null = sign == "!="
            return lambda row: on_null if (found := read(row)) is None else within(found, low, high)

        return test

    def _money(self, scalar: Scalar, sign: str, value: syntax.Money) -> Callable[[Run], Test]:
        if scalar.type != "currency" or scalar.currency is None:
            raise self._wrong_type(scalar)
        compare, on_null = OPERATORS[sign], sign == "!="

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
        if not isinstance(condition.pattern, syntax.String) or not holds_text(scalar):
            if scalar.type in {"id", "reference"}:
                raise ApiError(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    located(self._statement, scalar.at, "invalid operator on id field"),
                )
            raise self._wrong_type(scalar)
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
        seeks = () if negated or spans or with_null else seek_many(scalar, wanted)
        fold = folded if holds_text(scalar) else None

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
                raise self._wrong_type(scalar)
            choices.append(frozenset(folded(one) for one in value.text.split(";")))

        def test(run: Run) -> Test:
            read = scalar.reader(run)

            def passes(row: Any) -> bool:
                found = read(row)
                picked = frozenset(folded(one) for one in found.split(";")) if found else frozenset()
                return any(choice <= picked for choice in choices) is not negated

            return passes

        return test
