"""What a `$filter` says, as data."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Comparison(StrEnum):
    """The comparisons."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. `kind` is "string", "number", "bool", "null", "guid", "date" or "moment"."""

    kind: str
    value: str | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Path:
    """A field, or a field of the object that a lambda's variable stands for: ("r", "Text")."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function applied to values."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Minus:
    """A number negated."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared."""

    left: "Node"
    comparison: Comparison
    right: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    """`and`."""

    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Either:
    """`or`."""

    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Not:
    """`not`."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Any:
    """`Rows/any(r: …)`: whether some item of a list fulfils the condition; without one, whether there is any item."""

    path: Path
    variable: str | None
    condition: "Node | None"


Node = Literal | Path | Call | Minus | Compare | Both | Either | Not | Any
