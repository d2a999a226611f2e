"""Aggregates: groups of rows, and what a grouped query may select, filter and order by."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.soql.matching import folded
from sfspiris.sandbox.salesforce.soql.parser import located, malformed
from sfspiris.sandbox.salesforce.soql.scope import Scalar, Scope
from sfspiris.sandbox.salesforce.soql.syntax import Call, Column, Path, Query, Target
from sfspiris.sandbox.salesforce.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sfspiris.sandbox.salesforce.schema.model import FieldType
    from sfspiris.sandbox.salesforce.soql.run import Reader, Row, Run

AGGREGATES: Final = frozenset({"AVG", "COUNT", "COUNT_DISTINCT", "MAX", "MIN", "SUM"})
_NUMERIC: Final = frozenset({"AVG", "SUM"})
_AVERAGE_PLACES: Final = Decimal("0.000000000001")


class Group:
    """Rows that agree on the grouped values; `keys` holds these in the order of GROUP BY."""

    __slots__ = ("keys", "rows")

    def __init__(self, keys: tuple[Any, ...]) -> None:
        self.keys = keys
        self.rows: list[Row] = []


def is_grouped(query: Query) -> bool:
    """Whether the query answers with aggregate results; `COUNT()` alone does not."""
    if query.group_by:
        return True
    return any(
        isinstance(item, Column) and _aggregates(item.target) and not is_bare_count(item.target)
        for item in query.items
    )


def is_bare_count(target: Target) -> bool:
    """Whether this is `COUNT()`, which counts records and answers with a size only."""
    return isinstance(target, Call) and target.name.upper() == "COUNT" and not target.arguments


def _aggregates(target: Target) -> bool:
    return isinstance(target, Call) and target.name.upper() in AGGREGATES


class Groups:
    """The groups of one statement: binds targets to group readers."""

    def __init__(self, scope: Scope, group_by: tuple[Target, ...]) -> None:
        self._scope = scope
        self.keys = tuple(scope.scalar(target) for target in group_by)
        for key in self.keys:
            if key.is_plain and key.field is not None and not key.field.groupable:
                raise ApiError(
                    "INVALID_FIELD",
                    located(
                        scope.statement, key.at, f"field '{key.name}' can not be grouped in a query call"
                    ),
                )
        self._places = {key.identity: place for place, key in enumerate(self.keys)}

    def scalar(self, target: Target) -> Scalar:
        """A grouped value or an aggregate, read from a group."""
        if isinstance(target, Call) and target.name.upper() in AGGREGATES:
            return self._aggregate(target)
        inner = self._scope.scalar(target)
        place = self._places.get(inner.identity)
        if place is None and inner.identity[:1] in {("TOLABEL",), ("FORMAT",)}:
            return self._outside(inner)
        if place is None:
            raise malformed(
                self._scope.statement, inner.at, f"Field must be grouped or aggregated: {_written(target)}"
            )
        return Scalar(
            type=inner.type,
            name=inner.name,
            last=lambda _run: lambda group: group.keys[place],
            at=inner.at,
            field=inner.field,
            is_plain=inner.is_plain,
            identity=inner.identity,
        )

    def _outside(self, inner: Scalar) -> Scalar:
        """A function around a grouped field: read from any row of the group, since all agree."""
        if inner.identity[1:] not in self._places:
            raise malformed(
                self._scope.statement, inner.at, f"Field must be grouped or aggregated: {inner.name}"
            )

        def last(run: Run) -> Reader:
            read = inner.reader(run)
            return lambda group: read(group.rows[0])

        return Scalar(inner.type, inner.name, last, inner.at, identity=inner.identity)

    def grouped(self, rows: Iterable[Row], run: Run) -> list[Group]:
        """The groups of the rows, in the order in which they first appear; one for all rows without GROUP BY."""
        if not self.keys:
            everything = Group(())
            everything.rows.extend(rows)
            return [everything]
        readers = [key.reader(run) for key in self.keys]
        groups: dict[tuple[Any, ...], Group] = {}
        for row in rows:
            values = tuple(read(row) for read in readers)
            key = tuple(folded(value) if isinstance(value, str) else value for value in values)
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(values)
            group.rows.append(row)
        return list(groups.values())

    def _aggregate(self, call: Call) -> Scalar:
        name = call.name.upper()
        if not call.arguments:
            raise malformed(
                self._scope.statement, call.at, f"Grouped query cannot use {call.name}() without a field"
            )
        inner = self._scope.argument(call)
        field = inner.field
        if (field is not None and not field.aggregatable and name != "COUNT") or (
            name in _NUMERIC and inner.type not in {"int", "double", "currency", "percent"}
        ):
            raise malformed(
                self._scope.statement,
                inner.at,
                f"field {inner.name} does not support aggregate operator {name}",
            )
        compute = _COMPUTE[name]

        def last(run: Run) -> Reader:
            read = _corporate(inner, run)
            return lambda group: compute([value for row in group.rows if (value := read(row)) is not None])

        kind: FieldType = "int" if name.startswith("COUNT") else "double" if name == "AVG" else inner.type
        return Scalar(kind, name, last, call.at, identity=(name, *inner.identity))


def _corporate(inner: Scalar, run: Run) -> Reader:
    """The reader of a field as aggregates add it up: money of several currencies in the corporate one."""
    read = inner.reader(run)
    code = inner.currency_reader(run)
    if code is None:
        return read
    corporate = run.reading.corporate

    def value(row: Any) -> Any:
        amount = read(row)
        return None if amount is None else corporate(amount, code(row))

    return value


def _sum(values: list[Any]) -> Any:
    if not values:
        return None
    total = sum(values)
    return shown(total) if isinstance(total, Decimal) else total


def _average(values: list[Any]) -> Decimal | None:
    if not values:
        return None
    return shown((Decimal(sum(values)) / len(values)).quantize(_AVERAGE_PLACES))


def _distinct(values: list[Any]) -> int:
    return len({folded(value) if isinstance(value, str) else value for value in values})


def _order(value: Any) -> Any:
    return folded(value) if isinstance(value, str) else value


_COMPUTE: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "AVG": _average,
    "COUNT": len,
    "COUNT_DISTINCT": _distinct,
    "MAX": lambda values: max(values, key=_order, default=None),
    "MIN": lambda values: min(values, key=_order, default=None),
    "SUM": _sum,
}


def _written(target: Target) -> str:
    return ".".join(target.parts) if isinstance(target, Path) else target.name
