"""Whether a record fulfils a `$filter`: names and types checked once, then one closure per filter."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any as AnyValue

from sfspiris.sandbox.spiris.errors import bad_query
from sfspiris.sandbox.spiris.model.fields import Field, Kind, Shape
from sfspiris.sandbox.spiris.moments import parsed_moment, sortable
from sfspiris.sandbox.spiris.odata.syntax import (
    Any,
    Both,
    Call,
    Compare,
    Comparison,
    Either,
    Literal,
    Minus,
    Node,
    Not,
    Path,
)

Record = Mapping[str, AnyValue]
Scope = Mapping[str, AnyValue]
Predicate = Callable[[Record], bool]
_Read = Callable[[Record, Scope], AnyValue]

# What may be compared with what. Fields and literals fall into these classes; null goes with each of them.
_CLASS_OF_KIND = {
    Kind.TEXT: "string",
    Kind.GUID: "guid",
    Kind.FLAG: "bool",
    Kind.WHOLE: "number",
    Kind.NUMBER: "number",
    Kind.DAY: "moment",
    Kind.MOMENT: "moment",
}
_ORDERINGS: dict[Comparison, Callable[[AnyValue, AnyValue], bool]] = {
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
}
_TEXT_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}
_DATE_FUNCTIONS = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}


@dataclass(frozen=True, slots=True)
class _Value:
    """A compiled expression: how to read it, and its class; "list" stands for collections."""

    read: _Read
    kind: str


@dataclass(frozen=True, slots=True)
class Compiler:
    """Turns what a filter says into a predicate over records of one shape.

    `allowed` limits which top-level fields may be named (None: all); `blind` compares texts without regard to case.
    """

    shape: Shape
    allowed: frozenset[str] | None = None
    blind: bool = False

    def predicate(self, node: Node) -> Predicate:
        """The filter as a function of a record. Raises the refusal for unknown names and types that do not go together."""
        value = self._compiled(node, {})
        if value.kind != "bool":
            raise bad_query("The $filter expression must evaluate to a boolean value.")
        read = value.read
        return lambda record: read(record, {}) is True

    def _compiled(self, node: Node, variables: Mapping[str, Field]) -> _Value:  # noqa: PLR0911 - one return per node
        match node:
            case Literal():
                return self._literal(node)
            case Path():
                return self._path(node, variables)
            case Minus():
                return self._minus(node, variables)
            case Call():
                return self._call(node, variables)
            case Compare():
                return self._compare(node, variables)
            case Both():
                return self._joined(node, variables, all_of=True)
            case Either():
                return self._joined(node, variables, all_of=False)
            case Not():
                operand = self._truth(node.operand, variables)
                return _Value(lambda record, scope: operand(record, scope) is not True, "bool")
            case Any():
                return self._any(node, variables)

    def _literal(self, node: Literal) -> _Value:
        value: AnyValue = node.value
        kind = node.kind
        if kind in {"date", "moment"}:
            value, kind = parsed_moment(value), "moment"
            if value is None:
                raise bad_query(f"'{node.value}' is not a date.")
        elif kind == "string" and self.blind:
            value = value.casefold()
        return _Value(lambda _record, _scope: value, kind)

    def _path(self, node: Path, variables: Mapping[str, Field]) -> _Value:
        first, *rest = node.names
        if first in variables:
            return self._of_variable(first, variables[first], rest)
        return self._fields(self.shape, node.names, lambda record, _scope: record, is_top=True)

    def _of_variable(self, name: str, source: Field, rest: list[str]) -> _Value:
        def item(_record: Record, scope: Scope) -> AnyValue:
            return scope[name]

        if source.shape is not None:
            if not rest:
                raise bad_query(f"'{name}' is an object; name one of its properties.")
            return self._fields(source.shape, tuple(rest), item, is_top=False)
        if rest:
            raise bad_query(f"'{name}' is a plain value and has no property '{rest[0]}'.")
        kind = "guid" if source.kind is Kind.GUIDS else "string"
        return _Value(self._normal(item, kind), kind)

    def _fields(self, shape: Shape, names: tuple[str, ...], start: _Read, *, is_top: bool) -> _Value:
        name, *rest = names
        field = shape.fields.get(name)
        if field is None:
            raise bad_query(f"Could not find a property named '{name}' on type '{shape.name}'.")
        if is_top and self.allowed is not None and name not in self.allowed:
            raise bad_query(f"The property '{name}' cannot be used in the $filter query option.")

        def read(record: Record, scope: Scope) -> AnyValue:
            owner = start(record, scope)
            return None if owner is None else owner.get(name)

        if rest:
            if field.kind is not Kind.OBJECT or field.shape is None:
                raise bad_query(f"The property '{name}' has no property '{rest[0]}'.")
            return self._fields(field.shape, tuple(rest), read, is_top=False)
        kind = _CLASS_OF_KIND.get(field.kind)
        if kind is None:
            raise bad_query(f"The property '{name}' is {field.kind} and cannot be compared.")
        return _Value(self._normal(read, kind), kind)

    def _normal(self, read: _Read, kind: str) -> _Read:
        """Values of the class in the one form that compares: moments alike, texts without case when `blind`."""
        if kind == "moment":

            def moment(record: Record, scope: Scope) -> AnyValue:
                value = read(record, scope)
                return None if value is None else sortable(value)

            return moment
        if kind == "string" and self.blind:

            def folded(record: Record, scope: Scope) -> AnyValue:
                value = read(record, scope)
                return None if value is None else value.casefold()

            return folded
        return read

    def _minus(self, node: Minus, variables: Mapping[str, Field]) -> _Value:
        operand = self._compiled(node.operand, variables)
        if operand.kind != "number":
            raise bad_query("Only a number can be negated.")
        read = operand.read

        def negated(record: Record, scope: Scope) -> AnyValue:
            value = read(record, scope)
            return None if value is None else -value

        return _Value(negated, "number")

    def _call(self, node: Call, variables: Mapping[str, Field]) -> _Value:
        arguments = [self._compiled(argument, variables) for argument in node.arguments]
        kinds = [argument.kind for argument in arguments]
        if node.function in _TEXT_FUNCTIONS:
            if kinds != ["string", "string"]:
                raise bad_query(f"The function '{node.function}' takes two strings.")
            return _Value(_text_call(node.function, arguments[0].read, arguments[1].read), "bool")
        if kinds != ["moment"]:
            raise bad_query(f"The function '{node.function}' takes one date.")
        return _Value(_date_call(node.function, arguments[0].read), "number")

    def _compare(self, node: Compare, variables: Mapping[str, Field]) -> _Value:
        left, right = self._compiled(node.left, variables), self._compiled(node.right, variables)
        if left.kind != right.kind and "null" not in {left.kind, right.kind}:
            raise bad_query(
                "A binary operator with incompatible types was detected. "
                f"Found operand types '{left.kind}' and '{right.kind}' for operator '{node.comparison}'."
            )
        return _Value(_comparison(node.comparison, left.read, right.read), "bool")

    def _joined(self, node: Both | Either, variables: Mapping[str, Field], *, all_of: bool) -> _Value:
        left, right = self._truth(node.left, variables), self._truth(node.right, variables)
        if all_of:
            return _Value(lambda record, scope: left(record, scope) and right(record, scope), "bool")
        return _Value(lambda record, scope: left(record, scope) or right(record, scope), "bool")

    def _truth(self, node: Node, variables: Mapping[str, Field]) -> _Read:
        value = self._compiled(node, variables)
        if value.kind != "bool":
            raise bad_query("'and', 'or' and 'not' join conditions, not values.")
        return value.read

    def _any(self, node: Any, variables: Mapping[str, Field]) -> _Value:
        name = node.path.names[0]
        field = self.shape.fields.get(name)
        if field is None:
            raise bad_query(f"Could not find a property named '{name}' on type '{self.shape.name}'.")
        if len(node.path.names) > 1 or field.kind not in {Kind.OBJECTS, Kind.TEXTS, Kind.GUIDS}:
            raise bad_query(f"'any' needs a list; '{'/'.join(node.path.names)}' is none.")
        if self.allowed is not None and name not in self.allowed:
            raise bad_query(f"The property '{name}' cannot be used in the $filter query option.")
        if node.condition is None or node.variable is None:
            return _Value(lambda record, _scope: bool(record.get(name)), "bool")
        variable = node.variable
        condition = self._truth(node.condition, {**variables, variable: field})

        def some(record: Record, scope: Scope) -> bool:
            return any(
                condition(record, {**scope, variable: item}) is True for item in record.get(name) or ()
            )

        return _Value(some, "bool")


def _comparison(comparison: Comparison, left: _Read, right: _Read) -> _Read:
    if comparison is Comparison.EQ:
        return lambda record, scope: left(record, scope) == right(record, scope)
    if comparison is Comparison.NE:
        return lambda record, scope: left(record, scope) != right(record, scope)
    holds = _ORDERINGS[comparison]

    def ordered(record: Record, scope: Scope) -> bool:
        one, other = left(record, scope), right(record, scope)
        return one is not None and other is not None and holds(one, other)

    return ordered


def _text_call(function: str, text: _Read, part: _Read) -> _Read:
    holds = _TEXT_FUNCTIONS[function]

    def call(record: Record, scope: Scope) -> bool:
        one, other = text(record, scope), part(record, scope)
        return one is not None and other is not None and holds(one, other)

    return call


def _date_call(function: str, moment: _Read) -> _Read:
    piece = _DATE_FUNCTIONS[function]

    def call(record: Record, scope: Scope) -> Decimal | None:
        value = moment(record, scope)
        return None if value is None else Decimal(value[piece])

    return call


def equalities(node: Node) -> dict[str, str]:
    """Fields that every matching record has with exactly this text or id; lets a list start from an index."""
    match node:
        case Both():
            return {**equalities(node.left), **equalities(node.right)}
        case Compare(Path((name,)), Comparison.EQ, Literal(kind="string" | "guid", value=str(value))):
            return {name: value}
        case Compare(Literal(kind="string" | "guid", value=str(value)), Comparison.EQ, Path((name,))):
            return {name: value}
        case _:
            return {}
