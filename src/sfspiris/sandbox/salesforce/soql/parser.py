"""SOQL text to syntax tree. What the grammar cannot read is `MALFORMED_QUERY`: nothing is ever skipped."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final, cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken, v_args

from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.soql import syntax
from sfspiris.sandbox.salesforce.soql.grammar import SOQL
from sfspiris.sandbox.salesforce.values import wire_datetime

LONGEST_STATEMENT: Final = 100_000
"""Characters. Source: Salesforce Developer Limits, "SOQL and SOSL Limits"."""

LONGEST_STRING: Final = 4_000
"""Characters of one string literal in a WHERE clause. Source: as above."""

_ESCAPES: Final = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "_": "_",
    "%": "%",
}
_WORD: Final = re.compile(r"[\w.:+-]+|.", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def malformed(statement: str, at: int, complaint: str) -> ApiError:
    """`MALFORMED_QUERY` that shows where."""
    return ApiError("MALFORMED_QUERY", located(statement, at, complaint))


def located(statement: str, at: int, complaint: str) -> str:
    """The vendor's message: the surroundings, a caret below the offending place, row and column, the complaint."""
    at = min(at, len(statement))
    row = statement.count("\n", 0, at) + 1
    line_start = statement.rfind("\n", 0, at) + 1
    line_end = statement.find("\n", at)
    line = statement[line_start : line_end if line_end >= 0 else len(statement)]
    column = at - line_start
    before = max(0, column - 40)
    excerpt = line[before : column + 40]
    return f"\n{excerpt}\n{' ' * (column - before)}^\nERROR at Row:{row}:Column:{column + 1}\n{complaint}"


@lru_cache(maxsize=512)
def parse(statement: str) -> syntax.Query:
    """The tree of one complete statement; `ApiError` (MALFORMED_QUERY) if any of it cannot be read."""
    if len(statement) > LONGEST_STATEMENT:
        raise ApiError(
            "MALFORMED_QUERY", f"SOQL statements cannot be longer than {LONGEST_STATEMENT} characters."
        )
    return cast("syntax.Query", _parse(statement, "start"))


@lru_cache(maxsize=512)
def parse_condition(text: str) -> syntax.Condition:
    """The tree of a bare condition, as validation rules and duplicate rules of a world state them."""
    return cast("syntax.Condition", _parse(text, "condition"))


def _parse(text: str, start: str) -> object:
    try:
        return _parser().parse(text, start=start)
    except UnexpectedToken as refused:
        end = refused.token.type == "$END"
        at = len(text) if end else (refused.token.start_pos or 0)
        raise malformed(text, at, f"unexpected token: '{'<EOF>' if end else refused.token}'") from refused
    except UnexpectedCharacters as refused:
        raise _unreadable(text, cast("int", refused.pos_in_stream)) from refused
    except _Complaint as refused:
        raise malformed(text, refused.at, str(refused)) from refused


def _unreadable(text: str, at: int) -> ApiError:
    word = _WORD.match(text, at)
    return malformed(text, at, f"unexpected token: '{word.group() if word else '<EOF>'}'")


@cache
def _parser() -> Lark:
    return Lark(SOQL, parser="lalr", transformer=_Tree(), start=["start", "condition"])


class _Complaint(Exception):
    def __init__(self, at: int, words: str) -> None:
        super().__init__(words)
        self.at = at


def _at(token: Token) -> int:
    return token.start_pos or 0


def _unescaped(raw: str, at: int) -> str:
    def replace(match: re.Match[str]) -> str:
        sequence = match.group(1)
        if len(sequence) > 1:
            return chr(int(sequence[1:], 16))
        try:
            return _ESCAPES[sequence]
        except KeyError:
            raise _Complaint(
                at,
                f"Invalid string literal '{raw}'. Illegal character sequence '\\{sequence}' in string literal.",
            ) from None

    return _ESCAPE.sub(replace, raw) if "\\" in raw else raw


@v_args(inline=True)
class _Tree(Transformer[Token, Any]):
    """One method per rule of the grammar; words that carry nothing are filtered by their token type."""

    def start(self, query: syntax.Query) -> syntax.Query:
        return query

    # values

    def string(self, token: Token) -> syntax.String:
        raw = token[1:-1]
        text = _unescaped(raw, _at(token))
        if len(text) > LONGEST_STRING:
            raise _Complaint(_at(token), f"string literals cannot be longer than {LONGEST_STRING} characters")
        return syntax.String(text, raw, _at(token))

    def number(self, token: Token) -> syntax.Number:
        return syntax.Number(Decimal(str(token)), _at(token))

    def money(self, token: Token) -> syntax.Money:
        return syntax.Money(token[:3].upper(), Decimal(token[3:]), _at(token))

    def date(self, token: Token) -> syntax.Date:
        try:
            datetime.fromisoformat(token)
        except ValueError:
            raise _Complaint(_at(token), f"Invalid date: {token}") from None
        return syntax.Date(str(token), _at(token))

    def datetime(self, token: Token) -> syntax.DateTime:
        wire = wire_datetime(str(token))
        if wire is None:
            raise _Complaint(_at(token), f"Invalid datetime: {token}")
        return syntax.DateTime(wire, _at(token))

    def relative(self, name: Token, count: Token | None = None) -> syntax.Relative:
        return syntax.Relative(name.upper(), int(count) if count is not None else None, _at(name))

    def boolean(self, token: Token) -> syntax.Boolean:
        return syntax.Boolean(token.lower() == "true", _at(token))

    def null(self, token: Token) -> syntax.Null:
        return syntax.Null(_at(token))

    def values(self, *values: syntax.Value) -> tuple[syntax.Value, ...]:
        return values

    # targets

    def path(self, *names: Token) -> syntax.Path:
        return syntax.Path(tuple(str(name) for name in names), _at(names[0]))

    def call(self, name: Token, *arguments: syntax.Target) -> syntax.Call:
        return syntax.Call(str(name), arguments, _at(name))

    # conditions

    def comparison(self, target: syntax.Target, operator: Token, value: syntax.Value) -> syntax.Comparison:
        sign = "!=" if operator == "<>" else str(operator)
        return syntax.Comparison(target, cast("syntax.Operator", sign), value)

    def like(self, target: syntax.Target, _like: Token, pattern: syntax.Value) -> syntax.Like:
        return syntax.Like(target, pattern)

    def listed(self, target: syntax.Target, _in: Token, values: tuple[syntax.Value, ...]) -> syntax.InList:
        return syntax.InList(target, values, negated=False)

    def unlisted(
        self, target: syntax.Target, _not: Token, _in: Token, values: tuple[syntax.Value, ...]
    ) -> syntax.InList:
        return syntax.InList(target, values, negated=True)

    def semi_join(self, target: syntax.Target, _in: Token, query: syntax.Query) -> syntax.InQuery:
        return syntax.InQuery(target, query, negated=False)

    def anti_join(
        self, target: syntax.Target, _not: Token, _in: Token, query: syntax.Query
    ) -> syntax.InQuery:
        return syntax.InQuery(target, query, negated=True)

    def includes(
        self, target: syntax.Target, _word: Token, values: tuple[syntax.Value, ...]
    ) -> syntax.Includes:
        return syntax.Includes(target, values, negated=False)

    def excludes(
        self, target: syntax.Target, _word: Token, values: tuple[syntax.Value, ...]
    ) -> syntax.Includes:
        return syntax.Includes(target, values, negated=True)

    def all_of(self, *parts: syntax.Condition | Token) -> syntax.And:
        return syntax.And(_without_words(parts))

    def any_of(self, *parts: syntax.Condition | Token) -> syntax.Or:
        return syntax.Or(_without_words(parts))

    def negation(self, _not: Token, part: syntax.Condition) -> syntax.Not:
        return syntax.Not(part)

    # the SELECT list

    def column(self, target: syntax.Target, alias: Token | None = None) -> syntax.Column:
        return syntax.Column(target, str(alias) if alias is not None else None)

    def children(self, query: syntax.Query) -> syntax.Children:
        return syntax.Children(query)

    def branch(self, _when: Token, name: Token, _then: Token, *paths: syntax.Path) -> syntax.Branch:
        return syntax.Branch(str(name), paths)

    def otherwise(self, _else: Token, *paths: syntax.Path) -> tuple[syntax.Path, ...]:
        return paths

    def type_of(self, _word: Token, relationship: syntax.Path, *rest: Any) -> syntax.TypeOf:
        branches = tuple(part for part in rest if isinstance(part, syntax.Branch))
        otherwise = next((part for part in rest if isinstance(part, tuple)), ())
        return syntax.TypeOf(relationship, branches, otherwise)

    def items(self, *items: syntax.Item) -> tuple[syntax.Item, ...]:
        return items

    # clauses: each is a pair of its name and its content, collected by `query`

    def source(self, path: syntax.Path, *alias: Token) -> tuple[str, Any]:
        return "source", (path, str(alias[-1]) if alias else None)

    def scope(self, _using: Token, _scope: Token, name: Token) -> tuple[str, Any]:
        return "scope", str(name).lower()

    def where(self, _where: Token, condition: syntax.Condition) -> tuple[str, Any]:
        return "where", condition

    def group(self, _group: Token, _by: Token, *targets: syntax.Target) -> tuple[str, Any]:
        return "group", targets

    def having(self, _having: Token, condition: syntax.Condition) -> tuple[str, Any]:
        return "having", condition

    def order(self, _order: Token, _by: Token, *orders: syntax.Order) -> tuple[str, Any]:
        return "order", orders

    def ordered(self, target: syntax.Target, *rest: tuple[str, bool]) -> syntax.Order:
        said = dict(rest)
        return syntax.Order(target, said.get("descending", False), said.get("nulls_first"))

    def direction(self, token: Token) -> tuple[str, bool]:
        return "descending", token.type == "DESC"

    def nulls(self, _nulls: Token, place: Token) -> tuple[str, bool]:
        return "nulls_first", place.type == "FIRST"

    def limit(self, _limit: Token, count: Token) -> tuple[str, Any]:
        return "limit", int(count)

    def offset(self, _offset: Token, count: Token) -> tuple[str, Any]:
        return "offset", int(count)

    def locking(self, _for: Token, kind: Token) -> tuple[str, Any]:
        return "locking", str(kind).upper()

    def query(
        self, select: Token, items: tuple[syntax.Item, ...], _from: Token, *clauses: tuple[str, Any] | Token
    ) -> syntax.Query:
        said: dict[str, Any] = {}
        locking: list[str] = []
        for clause in clauses:
            if isinstance(clause, Token):  # ALL ROWS, the only clause of words alone
                said["all_rows"] = True
            elif clause[0] == "locking":
                locking.append(clause[1])
            else:
                said[clause[0]] = clause[1]
        path, alias = said["source"]
        return syntax.Query(
            items=items,
            source=".".join(path.parts),
            source_at=path.at,
            alias=alias,
            scope=said.get("scope"),
            where=said.get("where"),
            group_by=said.get("group", ()),
            having=said.get("having"),
            order_by=said.get("order", ()),
            limit=said.get("limit"),
            offset=said.get("offset"),
            locking=tuple(locking),
            all_rows=said.get("all_rows", False),
            at=_at(select),
        )


def _without_words(parts: tuple[syntax.Condition | Token, ...]) -> tuple[syntax.Condition, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))
