"""`/query` and `/queryAll`: pages, locators, column metadata and query plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.soql.binder import plan_of
from sfspiris.sandbox.salesforce.soql.run import Run
from sfspiris.sandbox.salesforce.soql.selection import metadata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.switches import Switches
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.soql.plan import Plan
    from sfspiris.sandbox.salesforce.soql.run import Row
    from sfspiris.sandbox.salesforce.store import Store

SMALLEST_PAGE: Final = 200
LARGEST_PAGE: Final = 2000
LOCATOR_LIFE: Final = timedelta(days=2)
"""Source: Salesforce Developer Limits, "SOQL and SOSL Limits" (read November 2026)."""

_LOCATOR_PREFIX: Final = "01g"
_MOST_CURSORS: Final = 1000
_NESTED_SINCE: Final = 58
_NESTED_LEVELS: Final = 4


@dataclass(frozen=True, slots=True)
class Cursor:
    """The rows of a query that has more pages. They are those of the moment when it was asked."""

    plan: Plan
    rows: Sequence[Row]
    deleted: bool
    opened: datetime
    user_id: str


class Querying:
    """Runs queries and keeps their cursors, in memory: a restart of the sandbox ends them."""

    def __init__(self, store: Store, org: Org, clock: Clock, switches: Switches) -> None:
        self._store = store
        self._org = org
        self._clock = clock
        self._switches = switches
        self.traps = org.traps
        self._cursors: dict[str, Cursor] = {}
        self._opened = 0

    def clear(self) -> None:
        """End every cursor."""
        self._cursors.clear()

    # the resources

    def query(self, call: Call) -> Answer:
        """`GET /query` and `/queryAll`, with a statement or with a locator."""
        call.only("GET")
        deleted = call.segments[0].lower() == "queryall"
        if len(call.segments) > 1:
            return Answer(content=self._more(call, call.segments[1]))
        if "explain" in call.query:
            return Answer(content=self._explained(call, call.query["explain"]))
        statement = call.query.get("q")
        if statement is None or not statement.strip():
            raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
        if call.flag("columns"):
            return Answer(content=self._columns(call, statement))
        return Answer(content=self.first_page(call, statement, deleted=deleted))

    def plan(self, call: Call, statement: str) -> Plan:
        """The bound statement, as the call's API version reads it."""
        return plan_of(
            statement, self._org.schema, deepest=_NESTED_LEVELS if call.number >= _NESTED_SINCE else 1
        )

    def run(self, call: Call, *, deleted: bool, page: Page | None = None) -> Run:
        """An execution for the caller; child records are enveloped by the page, where there is one."""
        user = self._store.current("User", call.session.user_id)
        return Run(
            reading=self._store,
            calendar=self._org.calendar(user["TimeZoneSidKey"] if user is not None else None),
            version=call.version,
            envelope=(page or Page(self, call, LARGEST_PAGE, deleted=deleted)).children,
            deleted=deleted,
            user_id=call.session.user_id,
        )

    def first_page(self, call: Call, statement: str, *, deleted: bool) -> dict[str, Any]:
        """The envelope that answers a statement."""
        plan = self.plan(call, statement)
        if deleted or plan.deleted:
            self._store.empty_bin(plan.object)
        page = Page(self, call, self._page_size(call), deleted=deleted)
        run = self.run(call, deleted=deleted, page=page)
        if plan.groups is not None:
            return _aggregates(plan.aggregated(run))
        rows = plan.rows(run)
        if plan.bare_count:
            return {"totalSize": len(rows), "done": True, "records": []}
        return page.envelope(plan, run, rows, 0, None)

    def _more(self, call: Call, locator: str) -> dict[str, Any]:
        name, _, position = locator.partition("-")
        cursor = self._cursors.get(name)
        if (
            cursor is None
            or not position.isdecimal()
            or cursor.opened + LOCATOR_LIFE <= self._clock.now()
            or cursor.user_id != call.session.user_id
            or int(position) > len(cursor.rows)
        ):
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        page = Page(self, call, self._page_size(call), deleted=cursor.deleted)
        run = self.run(call, deleted=cursor.deleted, page=page)
        return page.envelope(cursor.plan, run, cursor.rows, int(position), name)

    def open(self, plan: Plan, rows: Sequence[Row], call: Call, *, deleted: bool) -> str:
        """A new cursor over rows that do not fit one page; its name."""
        self._opened += 1
        name = ids.mint(_LOCATOR_PREFIX, self._opened)
        self._cursors[name] = Cursor(plan, rows, deleted, self._clock.now(), call.session.user_id)
        if len(self._cursors) > _MOST_CURSORS:
            del self._cursors[next(iter(self._cursors))]
        return name

    def _page_size(self, call: Call) -> int:
        asked = call.header_options("sforce-query-options").get("batchsize", "")
        size = min(max(int(asked), SMALLEST_PAGE), LARGEST_PAGE) if asked.isdecimal() else LARGEST_PAGE
        switched = self._switches.get("page_size")
        return min(size, max(switched, 1)) if isinstance(switched, int) else size

    def _columns(self, call: Call, statement: str) -> dict[str, Any]:
        plan = self.plan(call, statement)
        node = plan.node if plan.groups is None else replace(plan.node, columns=dict(plan.grouped_columns))
        definition = self._org.schema[plan.object].definition
        return {
            "columnMetadata": metadata(node),
            "entityName": plan.object,
            "groupBy": plan.groups is not None,
            "idSelected": "Id" in node.columns,
            "keyPrefix": definition.prefix,
        }

    def _explained(self, call: Call, statement: str) -> dict[str, Any]:
        plan = self.plan(call, statement)
        rows = self._store.records.count(plan.object)
        seeks = plan.where.seeks if plan.where is not None else ()
        indexed = bool(seeks)
        return {
            "plans": [
                {
                    "cardinality": 1 if indexed else rows,
                    "fields": [seek.field.name for seek in seeks[:1]],
                    "leadingOperationType": "Index" if indexed else "TableScan",
                    "notes": [],
                    "relativeCost": 0 if indexed else 1,
                    "sobjectCardinality": rows,
                    "sobjectType": plan.object,
                }
            ],
            "sourceQuery": statement,
        }


def _aggregates(results: list[dict[str, Any]]) -> dict[str, Any]:
    if len(results) > LARGEST_PAGE:
        raise ApiError(
            "EXCEEDED_ID_LIMIT",
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
        )
    return {"totalSize": len(results), "done": True, "records": results}


class Page:
    """One page under construction. Child records count towards its size, so it may hold fewer records than that."""

    def __init__(self, querying: Querying, call: Call, size: int, *, deleted: bool) -> None:
        self._querying = querying
        self._call = call
        self._size = size
        self._deleted = deleted
        self._children = 0

    def envelope(
        self, plan: Plan, run: Run, rows: Sequence[Row], start: int, cursor: str | None
    ) -> dict[str, Any]:
        """The records from `start` on that fit, and where the next page is."""
        show = plan.node.shower(run)
        records: list[dict[str, Any]] = []
        used = 0
        for position in range(start, len(rows)):
            if used >= self._size:
                break
            self._children = 0
            record = show(rows[position])
            used += 1 + self._children
            if used > self._size and records:
                break
            records.append(record)
        end = start + len(records)
        answer: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
        if not answer["done"]:
            name = cursor or self._querying.open(plan, rows, self._call, deleted=self._deleted)
            answer["nextRecordsUrl"] = f"{self._call.root}/query/{name}-{end}"
        answer["records"] = records
        return answer

    def children(self, run: Run, plan: Plan, rows: list[Row]) -> dict[str, Any] | None:
        """The envelope of a child subquery; None when the parent has no such records."""
        if not rows:
            return None
        show = plan.node.shower(run)
        traps = self._querying.traps
        shown = rows[: self._size] if "child_rows_come_in_pages" in traps else rows
        if "child_rows_fill_pages" in traps:
            self._children += len(shown)
        answer: dict[str, Any] = {"totalSize": len(rows), "done": len(shown) == len(rows)}
        if not answer["done"]:
            name = self._querying.open(plan, rows, self._call, deleted=self._deleted)
            answer["nextRecordsUrl"] = f"{self._call.root}/query/{name}-{len(shown)}"
        answer["records"] = [show(row) for row in shown]
        return answer
