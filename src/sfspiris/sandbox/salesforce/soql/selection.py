"""The SELECT list: from rows to records on the wire, parents nested, children enveloped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfspiris.sandbox.salesforce.soql.scope import Hop, Scalar, climb

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.sandbox.salesforce.schema.registry import Entity
    from sfspiris.sandbox.salesforce.soql.plan import Plan
    from sfspiris.sandbox.salesforce.soql.run import Reader, Row, Run


@dataclass(slots=True)
class Node:
    """What is shown of one record: columns, parents and child envelopes, in the order of the SELECT list."""

    entity: Entity
    columns: dict[str, Scalar | Node | ChildColumn | TypeOfColumn] = field(default_factory=dict)
    hop: Hop | None = None
    """How to get here from the record below; None for the record itself."""

    def parent(self, hop: Hop) -> Node:
        """The node of a parent, made at its first mention."""
        found = self.columns.get(hop.relationship)
        if not isinstance(found, Node):
            found = self.columns[hop.relationship] = Node(hop.entity, hop=hop)
        return found

    def shower(self, run: Run) -> Callable[[Row], dict[str, Any]]:
        """From a row of this node's object to its record on the wire."""
        name = self.entity.name
        url = f"/services/data/v{run.version}/sobjects/{name}/"
        polymorphic = self.hop is not None and self.hop.object is None
        object_of = run.reading.object_of
        steps = [(key, _reader(column, run)) for key, column in self.columns.items()]

        def show(row: Row) -> dict[str, Any]:
            record_id = row["Id"]
            place = f"/services/data/v{run.version}/sobjects/{object_of(record_id)}/" if polymorphic else url
            record: dict[str, Any] = {"attributes": {"type": name, "url": place + record_id}}
            for key, read in steps:
                record[key] = read(row)
            return record

        return show


@dataclass(frozen=True, slots=True)
class ChildColumn:
    """A child subquery: its plan, and the reference by which its records point to the parent."""

    plan: Plan
    reference: str
    relationship: str


@dataclass(frozen=True, slots=True)
class TypeOfColumn:
    """A parent of several kinds, shown by what it is; `branches` by object name, None for ELSE."""

    hops: tuple[Hop, ...]
    branches: dict[str | None, Node]


def _reader(column: Scalar | Node | ChildColumn | TypeOfColumn, run: Run) -> Reader:
    match column:
        case Scalar():
            return column.last(run)  # its node has taken the way up
        case ChildColumn():
            return _children(column, run)
        case TypeOfColumn():
            return _type_of(column, run)
        case Node():
            return _nested(column, run)


def _nested(node: Node, run: Run) -> Reader:
    if node.hop is None:
        raise ValueError("only a parent is nested")
    up, show = climb((node.hop,), run), node.shower(run)

    def read(row: Row) -> dict[str, Any] | None:
        parent = up(row)
        return None if parent is None else show(parent)

    return read


def _children(column: ChildColumn, run: Run) -> Reader:
    of, plan = column.plan.children(run, column.reference), column.plan
    return lambda row: run.envelope(run, plan, of(row))


def _type_of(column: TypeOfColumn, run: Run) -> Reader:
    up = climb(column.hops, run)
    showers = {name: node.shower(run) for name, node in column.branches.items()}
    object_of = run.reading.object_of

    def read(row: Row) -> dict[str, Any] | None:
        parent = up(row)
        if parent is None:
            return None
        show = showers.get(object_of(parent["Id"])) or showers.get(None)
        return show(parent) if show is not None else None

    return read


def metadata(node: Node) -> list[dict[str, Any]]:
    """The columns as `columns=true` describes them: parents and children carry theirs in `joinColumns`."""
    described = []
    for key, column in node.columns.items():
        match column:
            case Scalar():
                described.append(_column(key, column))
            case ChildColumn():
                described.append(_joined(column.relationship, metadata(column.plan.node), aggregate=True))
            case TypeOfColumn():
                first = next(iter(column.branches.values()))
                described.append(_joined(key, metadata(first), aggregate=False))
            case Node():
                described.append(_joined(key, metadata(column), aggregate=False))
    return described


def _column(key: str, column: Scalar) -> dict[str, Any]:
    known = column.field
    return {
        "aggregate": not column.is_plain and known is None,
        "apexType": column.type.capitalize(),
        "booleanType": column.type == "boolean",
        "columnName": key,
        "custom": known is not None and known.custom,
        "displayName": key,
        "foreignKeyName": known.relationship if known is not None else None,
        "insertable": known is not None and known.createable,
        "joinColumns": [],
        "numberType": column.type in {"int", "double", "currency", "percent"},
        "textType": column.type
        not in {"int", "double", "currency", "percent", "boolean", "date", "datetime"},
        "updatable": known is not None and known.updateable,
    }


def _joined(name: str, columns: list[dict[str, Any]], *, aggregate: bool) -> dict[str, Any]:
    return {
        "aggregate": aggregate,
        "apexType": None,
        "booleanType": False,
        "columnName": name,
        "custom": name.endswith("__r"),
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": columns,
        "numberType": False,
        "textType": False,
        "updatable": False,
    }
