"""The formula language of calculated fields and validation rules, as much of it as such rules commonly use.

Source: Salesforce Help, "Formula Operators and Functions" (read November 2026). A formula is computed whenever it is read: its
value can change with a parent or with the day, and no stamp moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce.functions import FUNCTIONS, is_blank, number, text
from sfspiris.sandbox.salesforce.soql.syntax import Path
from sfspiris.sandbox.salesforce.values import parse_datetime, rounded, to_wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.schema.registry import Entity
    from sfspiris.sandbox.salesforce.soql.run import Reader, Run

_GRAMMAR: Final = r"""
?start: disjunction
?disjunction: conjunction | disjunction "||" conjunction -> either
?conjunction: comparison | conjunction "&&" comparison -> both
?comparison: concatenation | concatenation COMPARE concatenation -> compared
?concatenation: sum | concatenation "&" sum -> joined
?sum: product | sum "+" product -> plus | sum "-" product -> minus
?product: unary | product "*" unary -> times | product "/" unary -> divided
?unary: primary | "-" unary -> negative | "!" unary -> negated
?primary: NUMBER -> number | STRING -> string | call | path | "(" disjunction ")"
call: NAME "(" (disjunction ("," disjunction)*)? ")"
path: NAME ("." NAME)*
COMPARE: /<=|>=|<>|!=|==|=|<|>/
NUMBER: /\d+(\.\d+)?/
STRING: /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'/
NAME: /[A-Za-z$]\w*/
%ignore /\s+|\/\*(.|\n)*?\*\//
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a formula is computed from: a record, what it was before the save, and the run that reads its parents."""

    run: Run
    entity: Entity
    row: Mapping[str, Any]
    old: Mapping[str, Any] | None = None
    is_new: bool = False


Expression: TypeAlias = Callable[[Moment], Any]


def checked(formula: str, where: str) -> str:
    """The formula, if it can be read. Raises `SandboxError` naming where it stands."""
    try:
        compiled(formula)
    except UnexpectedInput as error:
        raise SandboxError(
            f"The formula of {where} cannot be read near {error.get_context(formula, 20)!r}."
        ) from error
    return formula


@lru_cache(maxsize=256)
def compiled(formula: str) -> Expression:
    """The formula, ready to be computed. Raises lark's `UnexpectedInput`."""
    expression: Expression = _parser().parse(formula)  # type: ignore[assignment]  # the transformer makes expressions
    return expression


def field_reader(field: Field, entity: Entity) -> Callable[[Run], Reader]:
    """How a calculated field is read from its record."""
    expression = compiled(field.formula or "")

    def reader(run: Run) -> Reader:
        return lambda row: _as_stored(expression(Moment(run, entity, row)), field)

    return reader


def is_true(formula: str, moment: Moment) -> bool:
    """Whether a rule's condition holds."""
    return compiled(formula)(moment) is True


def _as_stored(value: Any, field: Field) -> Any:
    """A computed value as the field shows it."""
    if field.type == "boolean":
        return value is True
    if is_blank(value):
        return None
    if field.is_number:
        return int(value) if field.type == "int" else rounded(number(value), field.scale)
    if isinstance(value, datetime):
        return to_wire(value) if field.type == "datetime" else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return text(value)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Compiler(), start="start")


def _field(parts: tuple[str, ...]) -> Expression:
    def read(moment: Moment) -> Any:
        from sfspiris.sandbox.salesforce.soql.scope import Scope

        name = ".".join(parts)
        scope = Scope(name, moment.run.reading.schema, moment.entity, None)
        scalar = scope.path(Path(parts, 0))
        value = scalar.reader(moment.run)(moment.row)
        return _typed(value, scalar.type)

    return read


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "date":
        return date.fromisoformat(value)
    return parse_datetime(value) if kind == "datetime" else value


def _minus(left: Any, right: Any) -> Any:
    if isinstance(left, date) and isinstance(right, date):
        span = left - right
        return Decimal(span.days) + Decimal(span.seconds) / 86400
    if isinstance(left, date):
        return left - timedelta(days=int(number(right)))
    return number(left) - number(right)


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, date):
        return left + timedelta(days=int(number(right)))
    if isinstance(left, str) or isinstance(right, str):
        return text(left) + text(right)
    return number(left) + number(right)


def _compare(sign: str, left: Any, right: Any) -> bool:
    """Blank equals blank and the empty text; otherwise a comparison with a blank date or text fails, a blank number is 0."""
    if sign in {"=", "==", "<>", "!="}:
        same = left == right or (is_blank(left) and is_blank(right)) or _equal_numbers(left, right)
        return same is (sign in {"=", "=="})
    if isinstance(left, date) or isinstance(right, date):
        if left is None or right is None:
            return False
    else:
        left, right = number(left), number(right)
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign])


def _equal_numbers(left: Any, right: Any) -> bool:
    if isinstance(left, Decimal | int) or isinstance(right, Decimal | int):
        if isinstance(left, str | date) or isinstance(right, str | date):
            return False
        return number(left) == number(right)
    return False


@v_args(inline=True)
class _Compiler(Transformer[Token, Expression]):
    """From a parsed formula to a function of the moment."""

    def number(self, token: Token) -> Expression:
        value = Decimal(str(token))
        return lambda _moment: value

    def string(self, token: Token) -> Expression:
        value = token[1:-1].replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")
        return lambda _moment: value

    def path(self, *names: Token) -> Expression:
        parts = tuple(str(name) for name in names)
        constant = {"true": True, "false": False, "null": None}
        if len(parts) == 1 and parts[0].lower() in constant:
            value = constant[parts[0].lower()]
            return lambda _moment: value
        return _field(parts)

    def call(self, name: Token, *arguments: Expression) -> Expression:
        function = FUNCTIONS.get(name.upper())
        if function is None:
            raise SandboxError(
                f"The sandbox knows no formula function {name}. It knows: {', '.join(FUNCTIONS)}."
            )
        return lambda moment: function(moment, arguments)

    def either(self, left: Expression, right: Expression) -> Expression:
        return lambda moment: left(moment) is True or right(moment) is True

    def both(self, left: Expression, right: Expression) -> Expression:
        return lambda moment: left(moment) is True and right(moment) is True

    def compared(self, left: Expression, sign: Token, right: Expression) -> Expression:
        return lambda moment: _compare(str(sign), left(moment), right(moment))

    def joined(self, left: Expression, right: Expression) -> Expression:
        return lambda moment: text(left(moment)) + text(right(moment))

    def plus(self, left: Expression, right: Expression) -> Expression:
        return lambda moment: _plus(left(moment), right(moment))

    def minus(self, left: Expression, right: Expression) -> Expression:
        return lambda moment: _minus(left(moment), right(moment))

    def times(self, left: Expression, right: Expression) -> Expression:
        return lambda moment: number(left(moment)) * number(right(moment))

    def divided(self, left: Expression, right: Expression) -> Expression:
        def quotient(moment: Moment) -> Any:
            divisor = number(right(moment))
            return number(left(moment)) / divisor if divisor else None

        return quotient

    def negative(self, part: Expression) -> Expression:
        return lambda moment: -number(part(moment))

    def negated(self, part: Expression) -> Expression:
        return lambda moment: part(moment) is not True
