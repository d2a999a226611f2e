"""The syntax tree of a SOQL statement. `at` is always the character offset of the thing in the statement's text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Path:
    """A field, with the relationships that lead to it: `Account.Owner.Name`."""

    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of fields: an aggregate, a date function, `toLabel`, … `COUNT()` has no arguments."""

    name: str
    arguments: tuple[Path | Call, ...]
    at: int


Target: TypeAlias = Path | Call


@dataclass(frozen=True, slots=True)
class String:
    """A quoted string. `raw` keeps its escapes, which mean something else to LIKE."""

    text: str
    raw: str
    at: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number, exact."""

    value: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class Money:
    """A number with its currency: `USD5000`."""

    currency: str
    amount: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class Date:
    """A day, in ISO form."""

    iso: str
    at: int


@dataclass(frozen=True, slots=True)
class DateTime:
    """An instant, in the API's wire form and in UTC."""

    wire: str
    at: int


@dataclass(frozen=True, slots=True)
class Relative:
    """A span of days named from today, such as LAST_N_DAYS:30. The name is upper case."""

    name: str
    count: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Boolean:
    """TRUE or FALSE."""

    value: bool
    at: int


@dataclass(frozen=True, slots=True)
class Null:
    """NULL."""

    at: int


Value: TypeAlias = String | Number | Money | Date | DateTime | Relative | Boolean | Null


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field or function against one value."""

    target: Target
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Like:
    """A text against a pattern."""

    target: Target
    pattern: Value


@dataclass(frozen=True, slots=True)
class InList:
    """Membership in a list of values."""

    target: Target
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class InQuery:
    """A semi-join, or an anti-join when negated."""

    target: Target
    query: Query
    negated: bool


@dataclass(frozen=True, slots=True)
class Includes:
    """INCLUDES, or EXCLUDES when negated; each value may name several picks, joined by semicolons."""

    target: Target
    values: tuple[Value, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition: TypeAlias = Comparison | Like | InList | InQuery | Includes | And | Or | Not


@dataclass(frozen=True, slots=True)
class Column:
    """One selected field or function, with its alias if it was given one."""

    target: Target
    alias: str | None


@dataclass(frozen=True, slots=True)
class Children:
    """A child subquery in the SELECT list."""

    query: Query


@dataclass(frozen=True, slots=True)
class Branch:
    """`WHEN Account THEN Name, Phone` of a TYPEOF."""

    object: str
    fields: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class TypeOf:
    """Fields of a polymorphic parent, by what it turns out to be."""

    relationship: Path
    branches: tuple[Branch, ...]
    otherwise: tuple[Path, ...]


Item: TypeAlias = Column | Children | TypeOf


@dataclass(frozen=True, slots=True)
class Order:
    """`nulls_first` is None where the statement does not say."""

    target: Target
    descending: bool
    nulls_first: bool | None


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT. `source` is the object, or in a child subquery the relationship, exactly as written."""

    items: tuple[Item, ...]
    source: str
    source_at: int
    alias: str | None
    scope: str | None
    where: Condition | None
    group_by: tuple[Target, ...]
    having: Condition | None
    order_by: tuple[Order, ...]
    limit: int | None
    offset: int | None
    locking: tuple[str, ...]
    all_rows: bool
    at: int
