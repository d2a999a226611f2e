"""From the text of a `$filter` to what it says."""

from decimal import Decimal
from functools import lru_cache
from typing import Any as AnyValue
from typing import Final

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, VisitError

from sfspiris.sandbox.spiris.errors import bad_query
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

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction
    | disjunction _OR conjunction -> either
?conjunction: negation
    | conjunction _AND negation -> both
?negation: comparison
    | _NOT negation -> negated
?comparison: operand
    | operand COMPARISON operand -> compare
?operand: atom
    | "-" operand -> minus
?atom: literal
    | call
    | any
    | path
    | "(" disjunction ")"
call: FUNCTION "(" disjunction ("," disjunction)* ")"
any: path "/" _ANY "(" (NAME ":" disjunction)? ")"
?path: NAME -> field
    | path "/" NAME -> member
literal: STRING -> string
    | GUID -> guid
    | MOMENT -> moment
    | DATE -> date
    | NUMBER -> number
    | BOOL -> boolean
    | _NULL -> null

STRING: /'(?:[^']|'')*'/
GUID.9: /[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![\w-])/
MOMENT.8: /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|z|[+-]\d\d:\d\d)?(?![\w-])/
DATE.7: /\d{4}-\d\d-\d\d(?![\w-])/
NUMBER.6: /\d+(?:\.\d+)?(?![\w.])/
_OR.5: /or(?![\w\/])/
_AND.5: /and(?![\w\/])/
_NOT.5: /not(?![\w\/])/
COMPARISON.5: /(?:eq|ne|gt|ge|lt|le)(?![\w\/])/
BOOL.5: /(?:true|false)(?![\w\/])/
_NULL.5: /null(?![\w\/])/
FUNCTION.5: /(?:contains|startswith|endswith|year|month|day)(?=\s*\()/
_ANY.5: /any(?=\s*\()/
NAME: /[A-Za-z_]\w*/
%ignore /[ \t]+/
"""

Part = AnyValue
"""A node or a token; the grammar says which stands where."""

LONGEST_FILTER: Final = 8_000
"""Characters; a real server's address line ends about there."""


class _Reader(Transformer[Token, Node]):
    """Builds the nodes; one method per rule of the grammar."""

    def either(self, parts: list[Node]) -> Node:
        return Either(*parts)

    def both(self, parts: list[Node]) -> Node:
        return Both(*parts)

    def negated(self, parts: list[Node]) -> Node:
        return Not(parts[0])

    def compare(self, parts: list[Part]) -> Node:
        left, comparison, right = parts
        return Compare(left, Comparison(str(comparison)), right)

    def minus(self, parts: list[Node]) -> Node:
        return Minus(parts[0])

    def call(self, parts: list[Part]) -> Node:
        return Call(str(parts[0]), tuple(parts[1:]))

    def any(self, parts: list[Part]) -> Node:
        path, *rest = parts
        if not rest:
            return Any(path, None, None)
        variable, condition = rest
        return Any(path, str(variable), condition)

    def field(self, parts: list[Token]) -> Node:
        return Path((str(parts[0]),))

    def member(self, parts: list[Part]) -> Node:
        path, name = parts
        return Path((*path.names, str(name)))

    def string(self, parts: list[Token]) -> Node:
        return Literal("string", str(parts[0])[1:-1].replace("''", "'"))

    def guid(self, parts: list[Token]) -> Node:
        return Literal("guid", str(parts[0]).lower())

    def moment(self, parts: list[Token]) -> Node:
        return Literal("moment", str(parts[0]))

    def date(self, parts: list[Token]) -> Node:
        return Literal("date", str(parts[0]))

    def number(self, parts: list[Token]) -> Node:
        return Literal("number", Decimal(str(parts[0])))

    def boolean(self, parts: list[Token]) -> Node:
        return Literal("bool", str(parts[0]) == "true")

    def null(self, parts: list[Token]) -> Node:
        del parts
        return Literal("null", None)


_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)
_READER = _Reader()


@lru_cache(maxsize=512)
def parsed(text: str) -> Node:
    """What the filter says. Raises the refusal of a query that is not understood."""
    if len(text) > LONGEST_FILTER:
        raise bad_query(f"The filter is longer than {LONGEST_FILTER} characters.")
    try:
        return _READER.transform(_PARSER.parse(text))
    except (LarkError, VisitError, RecursionError) as error:
        place = getattr(error, "column", None)
        where = f" at position {place - 1}" if isinstance(place, int) and place > 0 else ""
        raise bad_query(
            f"The query specified in the URI is not valid. Syntax error{where} in '{text}'."
        ) from error
