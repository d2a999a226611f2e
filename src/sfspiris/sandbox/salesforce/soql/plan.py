"""A bound query: what it reads, what it keeps, in which order, and how it shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.soql.matching import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sfspiris.sandbox.salesforce.soql.grouping import Group, Groups
    from sfspiris.sandbox.salesforce.soql.matching import Bound, Seek
    from sfspiris.sandbox.salesforce.soql.run import Row, Run, Test
    from sfspiris.sandbox.salesforce.soql.scope import Scalar
    from sfspiris.sandbox.salesforce.soql.selection import Node

_SEEK_SHARE: Final = 4
"""A shortcut is taken when it names at most a quarter as many ids as the object has records."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """One key of ORDER BY."""

    scalar: Scalar
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A query bound to a schema; runs any number of times."""

    object: str
    where: Bound | None
    orderings: tuple[Ordering, ...]
    limit: int | None
    offset: int
    node: Node
    deleted: bool
    mine: bool = False
    bare_count: bool = False
    groups: Groups | None = None
    grouped_columns: tuple[tuple[str, Scalar], ...] = ()
    having: Bound | None = None

    def rows(self, run: Run) -> list[Row]:
        """The records in order, cut to OFFSET and LIMIT."""
        return self._cut(self._ordered(self._matching(run), run))

    def children(self, run: Run, reference: str) -> Callable[[Row], list[Row]]:
        """From a parent to its records of this plan, found through their `reference`."""
        test = self.where.test(run) if self.where is not None else None
        deleted = run.deleted or self.deleted
        referring = run.reading.referring

        def of(parent: Row) -> list[Row]:
            found: Iterable[Row] = referring(self.object, reference, parent["Id"])
            if not deleted:
                found = [row for row in found if not row["IsDeleted"]]
            if test is not None:
                found = [row for row in found if test(row)]
            return self._cut(self._ordered(list(found), run))

        return of

    def aggregated(self, run: Run) -> list[dict[str, Any]]:
        """The aggregate results of a grouped query, in order and cut."""
        if self.groups is None:
            raise ValueError("this query is not grouped")
        groups: list[Any] = self.groups.grouped(self._matching(run), run)
        if self.having is not None:
            test = self.having.test(run)
            groups = [group for group in groups if test(group)]
        readers = [(name, scalar.reader(run)) for name, scalar in self.grouped_columns]

        def shown(group: Group) -> dict[str, Any]:
            return {
                "attributes": {"type": "AggregateResult"},
                **{name: read(group) for name, read in readers},
            }

        return [shown(group) for group in self._cut(self._ordered(groups, run))]

    def members(self, run: Run, column: Scalar) -> frozenset[str]:
        """The ids in the one column of a semi-join's inner query; nulls are no members."""
        read = column.reader(run)
        return frozenset(value for row in self._matching(run) if (value := read(row)) is not None)

    def _matching(self, run: Run) -> list[Row]:
        rows = self._candidates(run)
        if not (run.deleted or self.deleted):
            rows = [row for row in rows if not row["IsDeleted"]]
        if self.mine:
            rows = [row for row in rows if row.get("OwnerId") == run.user_id]
        if self.where is not None:
            test: Test = self.where.test(run)
            rows = [row for row in rows if test(row)]
        return rows

    def _candidates(self, run: Run) -> list[Row]:
        reading = run.reading
        everything = reading.rows(self.object)
        for seek in self.where.seeks if self.where is not None else ():
            values = seek.values(run)
            if len(values) * _SEEK_SHARE <= max(len(everything), _SEEK_SHARE):
                return self._sought(run, seek, values)
        return everything

    def _sought(self, run: Run, seek: Seek, values: Iterable[str]) -> list[Row]:
        reading, field = run.reading, seek.field
        if field.type == "id":
            found = (reading.row(self.object, value) for value in sorted(values))
            return [row for row in found if row is not None]
        if field.type == "reference":
            return [
                row for value in sorted(values) for row in reading.referring(self.object, field.name, value)
            ]
        return [
            row for value in sorted(values) for row in reading.keyed(self.object, field.lookup_key, value)
        ]

    def _ordered(self, rows: list[Any], run: Run) -> list[Any]:
        for ordering in reversed(self.orderings):
            rows = _sorted(rows, ordering, run)
        return rows

    def _cut(self, rows: list[Any]) -> list[Any]:
        end = None if self.limit is None else self.offset + self.limit
        return rows[self.offset : end] if self.offset or end is not None else rows


def _sorted(rows: list[Any], ordering: Ordering, run: Run) -> list[Any]:
    read, key = ordering.scalar.reader(run), _sort_key(ordering.scalar)
    filled, empty = [], []
    for row in rows:
        value = read(row)
        if value is None:
            empty.append(row)
        else:
            filled.append((key(value), row))
    filled.sort(key=lambda pair: pair[0], reverse=ordering.descending)
    sorted_rows = [row for _, row in filled]
    return [*empty, *sorted_rows] if ordering.nulls_first else [*sorted_rows, *empty]


def _sort_key(scalar: Scalar) -> Callable[[Any], Any]:
    """Text sorts without regard to case, picklists in the order of their values, unknown values after these."""
    field = scalar.field
    if scalar.is_plain and field is not None and field.type == "picklist" and field.picks:
        places = {pick.value: place for place, pick in enumerate(field.picks)}
        beyond = len(places)
        return lambda value: (places.get(value, beyond), folded(value))
    if scalar.type in {
        "int",
        "double",
        "currency",
        "percent",
        "boolean",
        "date",
        "datetime",
        "id",
        "reference",
    }:
        return lambda value: value
    return folded
