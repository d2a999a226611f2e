"""A syntax tree and a schema make a plan."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.soql import syntax
from sfspiris.sandbox.salesforce.soql.conditions import Conditions
from sfspiris.sandbox.salesforce.soql.grouping import Groups, is_bare_count, is_grouped
from sfspiris.sandbox.salesforce.soql.parser import located, malformed, parse, parse_condition
from sfspiris.sandbox.salesforce.soql.plan import Ordering, Plan
from sfspiris.sandbox.salesforce.soql.scope import Scalar, Scope
from sfspiris.sandbox.salesforce.soql.selection import ChildColumn, Node, TypeOfColumn

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.sandbox.salesforce.schema.registry import Entity, Schema
    from sfspiris.sandbox.salesforce.soql.matching import Bound
    from sfspiris.sandbox.salesforce.soql.run import Run

FURTHEST_OFFSET: Final = 2000
MOST_CHILD_QUERIES: Final = 20
_MOST_PLANS: Final = 2000
FIELDS_LIMIT: Final = 200
"""The LIMIT that FIELDS(ALL) and FIELDS(CUSTOM) demand. Source: SOQL and SOSL Reference, "FIELDS()"."""

_BY_AN_END: Final = re.compile(r"\b(ContentDocumentId|LinkedEntityId)\s*(=|IN\b)", re.IGNORECASE)


def plan_of(statement: str, schema: Schema, *, deepest: int = 1) -> Plan:
    """The plan of a complete statement; bound once per schema. Raises `ApiError` with the vendor's refusals.

    `deepest` is how many levels of child subqueries the API version reads: 1, since version 58.0 4.
    """
    known: Plan | None = schema.plans.get((statement, deepest))
    if known is None:
        if len(schema.plans) >= _MOST_PLANS:
            schema.plans.clear()
        known = schema.plans[statement, deepest] = Binder(statement, schema, deepest).plan(parse(statement))
    return known


def condition_of(text: str, schema: Schema, entity: Entity) -> Bound:
    """A bare condition on an object, as rules state them."""
    binder = Binder(text, schema)
    scope = Scope(text, schema, entity, None)
    return binder.conditions(scope.scalar).bind(parse_condition(text))


class Binder:
    """Binds one statement."""

    def __init__(self, statement: str, schema: Schema, deepest: int = 1) -> None:
        self._statement = statement
        self._schema = schema
        self._deepest = deepest

    def plan(self, query: syntax.Query) -> Plan:
        """The plan of the outer query."""
        entity = self._entity(query)
        if "UPDATE" in query.locking and query.order_by:
            raise self._malformed(query.at, "FOR UPDATE is not allowed with ORDER BY")
        return self._bound(query, Scope(self._statement, self._schema, entity, query.alias))

    def conditions(self, scalar: Callable[[syntax.Target], Scalar]) -> Conditions:
        """The binder of conditions whose targets `scalar` resolves."""
        return Conditions(self._statement, scalar, self._members)

    def _entity(self, query: syntax.Query) -> Entity:
        entity = self._schema.entity(query.source)
        if entity is None or not entity.definition.queryable:
            raise ApiError(
                "INVALID_TYPE",
                located(
                    self._statement,
                    query.source_at,
                    f"sObject type '{query.source}' is not supported. If you are attempting to use a custom object, be sure to "
                    "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
                    "appropriate names.",
                ),
            )
        return entity

    def _bound(self, query: syntax.Query, scope: Scope, *, level: int = 0) -> Plan:
        self._check_numbers(query, is_child=level > 0)
        where = self.conditions(scope.scalar).bind(query.where) if query.where is not None else None
        if scope.entity.name == "ContentDocumentLink" and level == 0:
            self._check_links(query)
        bare_count = any(
            isinstance(item, syntax.Column) and is_bare_count(item.target) for item in query.items
        )
        if bare_count and (len(query.items) > 1 or query.group_by):
            raise self._malformed(query.at, "COUNT() must be the only element of the SELECT list")
        if query.having is not None and not query.group_by:
            raise self._malformed(query.at, "HAVING is only allowed with GROUP BY")
        common: dict[str, Any] = {
            "object": scope.entity.name,
            "where": where,
            "limit": query.limit,
            "offset": query.offset or 0,
            "deleted": query.all_rows,
            "mine": query.scope in {"mine", "my_territory"},
        }
        if is_grouped(query) and level == 0:
            return self._grouped(query, scope, common)
        return Plan(
            **common,
            orderings=tuple(self._ordering(order, scope.scalar) for order in query.order_by),
            node=Node(scope.entity) if bare_count else self._selection(query, scope, level),
            bare_count=bare_count,
        )

    def _check_links(self, query: syntax.Query) -> None:
        """Links of files can only be asked for by what they join. Source: Object Reference, ContentDocumentLink."""
        if _BY_AN_END.search(self._statement) is None:
            raise self._malformed(
                query.source_at,
                "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or "
                "LinkedEntityId using the equals operator or multiple Id's using the IN operator.",
            )

    def _check_numbers(self, query: syntax.Query, *, is_child: bool) -> None:
        if query.offset is not None and query.offset > FURTHEST_OFFSET:
            raise ApiError(
                "NUMBER_OUTSIDE_VALID_RANGE",
                located(self._statement, query.at, f"Maximum SOQL offset allowed is {FURTHEST_OFFSET}"),
            )
        if is_child and query.offset is not None:
            raise self._malformed(query.source_at, "OFFSET clause is not allowed in a subquery")
        if is_child and (query.locking or query.all_rows):
            raise self._malformed(query.source_at, "FOR and ALL ROWS clauses are not allowed in a subquery")

    # SELECT

    def _selection(self, query: syntax.Query, scope: Scope, level: int) -> Node:
        root = Node(scope.entity)
        subqueries = 0
        for item in query.items:
            match item:
                case syntax.Column(target=syntax.Call(name=name)) if name.upper() == "FIELDS":
                    self._all_fields(item, query, root, scope)
                case syntax.Column():
                    self._column(item, root, scope)
                case syntax.TypeOf():
                    self._type_of(item, root, scope)
                case syntax.Children():
                    subqueries += 1
                    if level >= self._deepest:
                        raise self._malformed(
                            item.query.at,
                            f"SOQL statements cannot query aggregate relationships more than {self._deepest} level away",
                        )
                    if subqueries > MOST_CHILD_QUERIES:
                        raise self._malformed(
                            item.query.at, f"SOQL statements can have at most {MOST_CHILD_QUERIES} subqueries"
                        )
                    self._child(item.query, root, scope, level + 1)
        return root

    def _column(self, item: syntax.Column, root: Node, scope: Scope) -> None:
        scalar = scope.scalar(item.target)
        if item.alias is not None and scalar.is_plain:
            raise self._malformed(scalar.at, "only aggregate expressions use field aliasing")
        node = root
        if item.alias is None:
            for hop in scalar.hops:
                node = node.parent(hop)
            name = scalar.name
        else:
            name = item.alias
            scalar = replace(scalar, name=name, last=scalar.reader, hops=())
        if name in node.columns:
            raise self._malformed(scalar.at, f"duplicate field selected: {name}")
        node.columns[name] = scalar

    def _all_fields(self, item: syntax.Column, query: syntax.Query, root: Node, scope: Scope) -> None:
        call = item.target
        argument = call.arguments[0] if isinstance(call, syntax.Call) and len(call.arguments) == 1 else None
        kind = argument.parts[0].upper() if isinstance(argument, syntax.Path) else ""
        if kind not in {"ALL", "STANDARD", "CUSTOM"}:
            raise self._malformed(call.at, "FIELDS() takes ALL, STANDARD or CUSTOM")
        if kind != "STANDARD" and (query.limit is None or query.limit > FIELDS_LIMIT):
            raise self._malformed(
                call.at, f"The SOQL FIELDS function must have a LIMIT of at most {FIELDS_LIMIT}"
            )
        for field in scope.entity.visible.values():
            if kind == "ALL" or field.custom is (kind == "CUSTOM"):
                if field.name in root.columns:
                    raise self._malformed(call.at, f"duplicate field selected: {field.name}")
                root.columns[field.name] = scope.path(syntax.Path((field.name,), call.at))

    def _type_of(self, item: syntax.TypeOf, root: Node, scope: Scope) -> None:
        hops, _ = scope.relationship(item.relationship)
        branches: dict[str | None, Node] = {}
        for branch in item.branches:
            entity = self._schema.entity(branch.object)
            if entity is None:
                raise self._malformed(
                    item.relationship.at, f"sObject type '{branch.object}' is not supported."
                )
            branches[entity.name] = self._branch(branch.fields, entity)
        if item.otherwise:
            branches[None] = self._branch(item.otherwise, hops[-1].entity)
        root.columns[hops[-1].relationship] = TypeOfColumn(hops, branches)

    def _branch(self, fields: tuple[syntax.Path, ...], entity: Entity) -> Node:
        inner = Scope(self._statement, self._schema, entity, None)
        node = Node(entity)
        for path in fields:
            self._column(syntax.Column(path, None), node, inner)
        return node

    def _child(self, query: syntax.Query, root: Node, scope: Scope, level: int) -> None:
        name = query.source.rpartition(".")[2]
        child = self._schema.child(scope.entity.name, name)
        if child is None or child.relationship is None:
            raise ApiError(
                "INVALID_TYPE",
                located(
                    self._statement,
                    query.source_at,
                    f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a custom "
                    "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL "
                    "or the describe call for the appropriate names.",
                ),
            )
        entity = self._schema[child.object]
        plan = self._bound(query, Scope(self._statement, self._schema, entity, query.alias), level=level)
        if child.relationship in root.columns:
            raise self._malformed(query.source_at, f"duplicate field selected: {child.relationship}")
        root.columns[child.relationship] = ChildColumn(plan, child.field.name, child.relationship)

    # GROUP BY

    def _grouped(self, query: syntax.Query, scope: Scope, common: dict[str, Any]) -> Plan:
        groups = Groups(scope, self._group_targets(query))
        columns: dict[str, Scalar] = {}
        aliases: dict[str, Scalar] = {}
        unnamed = 0
        for item in query.items:
            if not isinstance(item, syntax.Column):
                raise self._malformed(
                    query.at, "Grouped query cannot use child relationships in the SELECT list"
                )
            scalar = groups.scalar(item.target)
            if item.alias is not None:
                name = item.alias
                aliases[name.lower()] = scalar
            elif scalar.is_plain:
                name = scalar.name
            else:
                name, unnamed = f"expr{unnamed}", unnamed + 1
            if name in columns:
                raise self._malformed(scalar.at, f"duplicate alias: {name}")
            columns[name] = scalar

        def resolved(target: syntax.Target) -> Scalar:
            if (
                isinstance(target, syntax.Path)
                and len(target.parts) == 1
                and target.parts[0].lower() in aliases
            ):
                return aliases[target.parts[0].lower()]
            return groups.scalar(target)

        return Plan(
            **common,
            orderings=tuple(self._ordering(order, resolved) for order in query.order_by),
            node=Node(scope.entity),
            groups=groups,
            grouped_columns=tuple(columns.items()),
            having=self.conditions(groups.scalar).bind(query.having) if query.having is not None else None,
        )

    def _group_targets(self, query: syntax.Query) -> tuple[syntax.Target, ...]:
        """What is grouped by; an alias of the SELECT list stands for its expression."""
        named = {
            item.alias.lower(): item.target
            for item in query.items
            if isinstance(item, syntax.Column) and item.alias is not None
        }
        return tuple(
            named.get(target.parts[0].lower(), target)
            if isinstance(target, syntax.Path) and len(target.parts) == 1
            else target
            for target in query.group_by
        )

    # ORDER BY, semi-joins

    def _ordering(self, order: syntax.Order, scalar_of: Callable[[syntax.Target], Scalar]) -> Ordering:
        scalar = scalar_of(order.target)
        if scalar.field is not None and not scalar.field.sortable:
            raise ApiError(
                "INVALID_FIELD",
                located(
                    self._statement, scalar.at, f"field '{scalar.name}' can not be sorted in a query call"
                ),
            )
        return Ordering(scalar, order.descending, order.nulls_first is not False)

    def _members(self, query: syntax.Query, outer: Scalar) -> Callable[[Run], frozenset[str]]:
        entity = self._entity(query)
        scope = Scope(self._statement, self._schema, entity, query.alias)
        plan = self._bound(query, scope)
        column = _only_id(plan.node)
        if column is None or query.order_by or query.limit is not None or plan.groups is not None:
            raise self._malformed(
                query.at,
                "The inner select of a semi join must be one id field, without ORDER BY, LIMIT or aggregates",
            )
        if set(outer.points_to).isdisjoint(column.points_to):
            raise self._malformed(
                query.at,
                f"The selected field '{column.name}' in the subquery and the left operand field in the where expression in the "
                f"outer query '{outer.name}' should point to the same object type",
            )
        return lambda run: plan.members(run, column)

    def _malformed(self, at: int, complaint: str) -> ApiError:
        return malformed(self._statement, at, complaint)


def _only_id(node: Node) -> Scalar | None:
    """The one id of an inner select, found among its parents too: `SELECT Account.ParentId` is one."""
    columns = list(node.columns.values())
    if len(columns) != 1:
        return None
    (column,) = columns
    if isinstance(column, Node):
        return _only_id(column)
    return column if isinstance(column, Scalar) and column.points_to else None
