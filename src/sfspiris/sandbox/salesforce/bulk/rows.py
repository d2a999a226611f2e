"""What a bulk query selects: one flat row per record, parents' fields in dotted columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.soql.scope import Scalar
from sfspiris.sandbox.salesforce.soql.selection import Node

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.rest.call import Call
    from sfspiris.sandbox.salesforce.rest.dispatch import Api
    from sfspiris.sandbox.salesforce.soql.plan import Plan


@dataclass(frozen=True, slots=True)
class Table:
    """A query's result: column names in the order of the SELECT list, and the rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def checked_plan(api: Api, call: Call, statement: str) -> Plan:
    """The plan of a statement that the bulk APIs take. Raises `ApiError` for what they do not."""
    plan = api.querying.plan(call, statement)
    refused = None
    if plan.groups is not None or plan.bare_count:
        refused = "Aggregate functions and GROUP BY are not supported in Bulk Query"
    elif plan.offset:
        refused = "OFFSET is not supported in Bulk Query"
    else:
        refused = _refused_column(plan.node)
    if refused is not None:
        raise ApiError("API_ERROR", refused)
    return plan


def _refused_column(node: Node) -> str | None:
    for column in node.columns.values():
        if isinstance(column, Node):
            inner = _refused_column(column)
            if inner is not None:
                return inner
        elif not isinstance(column, Scalar):
            return "Child relationships and TYPEOF are not supported in Bulk Query"
        elif column.type == "address":
            return "Selecting compound data not supported in Bulk Query"
    return None


def table(api: Api, call: Call, plan: Plan, *, deleted: bool) -> Table:
    """The rows of a plan that was checked."""
    run = api.querying.run(call, deleted=deleted)
    columns = _columns(plan.node, "")
    readers = [scalar.reader(run) for _, scalar in columns]
    rows = tuple(tuple(read(row) for read in readers) for row in plan.rows(run))
    return Table(tuple(name for name, _ in columns), rows)


def _columns(node: Node, before: str) -> list[tuple[str, Scalar]]:
    found: list[tuple[str, Scalar]] = []
    for name, column in node.columns.items():
        if isinstance(column, Node):
            found += _columns(column, f"{before}{name}.")
        elif isinstance(column, Scalar):
            found.append((before + name, column))
    return found
