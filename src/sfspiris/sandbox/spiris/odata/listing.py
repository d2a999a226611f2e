"""One page of a list: which records, in which order, with which fields, and the envelope around them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfspiris.sandbox.spiris.errors import bad_query
from sfspiris.sandbox.spiris.model.fields import Kind, Shape
from sfspiris.sandbox.spiris.odata.evaluate import Compiler, Predicate
from sfspiris.sandbox.spiris.odata.parser import parsed
from sfspiris.sandbox.spiris.odata.syntax import Node

Pair = tuple[dict[str, Any], dict[str, Any]]
"""A record as it is kept and as it is answered."""

DEFAULT_PAGE_SIZE: Final = 50
LARGEST_PAGE: Final = 1_000
_OPTIONS = frozenset({"$filter", "$orderby", "$select", "$page", "$pagesize"})
_UNORDERED = frozenset({Kind.OBJECT, Kind.OBJECTS, Kind.TEXTS, Kind.GUIDS})


@dataclass(frozen=True, slots=True)
class Query:
    """What a list call asks for, checked against the shape of its records."""

    page: int
    size: int
    filter: Node | None
    predicate: Predicate | None
    order: tuple[tuple[str, bool], ...]
    """Fields to sort by, and whether downwards."""
    select: tuple[str, ...] | None

    @classmethod
    def read(
        cls,
        options: Mapping[str, str],
        shape: Shape,
        *,
        filterable: frozenset[str] | None = None,
        blind: bool = False,
        refuse_large_pages: bool = False,
    ) -> "Query":
        """Read the query options of a call. Raises the refusal of anything not understood.

        Names without `$` are left to the call; unknown names with it are refused.
        """
        for name in options:
            if name.startswith("$") and name not in _OPTIONS:
                raise bad_query(
                    f"The query parameter '{name}' is not supported. Page with $page and $pagesize."
                )
        size = _positive(options, "$pagesize", DEFAULT_PAGE_SIZE)
        if size > LARGEST_PAGE and refuse_large_pages:
            raise bad_query(f"$pagesize can be at most {LARGEST_PAGE}.")
        text = options.get("$filter", "").strip()
        node = parsed(text) if text else None
        compiler = Compiler(shape, filterable, blind)
        return cls(
            page=_positive(options, "$page", 1),
            size=min(size, LARGEST_PAGE),
            filter=node,
            predicate=None if node is None else compiler.predicate(node),
            order=_order(options.get("$orderby", ""), shape),
            select=_select(options.get("$select", ""), shape),
        )

    def chosen(self, records: Iterable[Pair]) -> tuple[list[Pair], int]:
        """The records of the page, each as kept and as answered, and how many there are in all."""
        found = (
            list(records) if self.predicate is None else [pair for pair in records if self.predicate(pair[1])]
        )
        for name, downwards in reversed(self.order):
            found.sort(key=lambda pair, name=name: _sort_key(pair[1].get(name)), reverse=downwards)  # type: ignore[misc]
        start = (self.page - 1) * self.size
        return found[start : start + self.size], len(found)

    def selected(self, record: dict[str, Any]) -> dict[str, Any]:
        """The fields of a record that were asked for."""
        if self.select is None:
            return record
        return {name: record[name] for name in self.select if name in record}

    def meta(self, total: int, server_time: str) -> dict[str, Any]:
        """The envelope's account of the page. A page beyond the end is empty and says so."""
        return {
            "CurrentPage": self.page,
            "PageSize": self.size,
            "TotalNumberOfPages": -(-total // self.size),
            "TotalNumberOfResults": total,
            "ServerTimeUtc": server_time,
        }


def _positive(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:  # noqa: PLR2004 - an int32
        raise bad_query(f"{name} must be a whole number from 1, not '{text}'.")
    return int(text)


def _order(text: str, shape: Shape) -> tuple[tuple[str, bool], ...]:
    order: list[tuple[str, bool]] = []
    for part in text.split(",") if text.strip() else ():
        name, _, direction = part.strip().partition(" ")
        if direction.strip() not in {"", "asc", "desc"}:
            raise bad_query(f"'{part.strip()}' is not understood in $orderby; write a field and asc or desc.")
        if _known(name, shape).kind in _UNORDERED:
            raise bad_query(f"The property '{name}' cannot be used in the $orderby query option.")
        order.append((name, direction.strip() == "desc"))
    return tuple(order)


def _select(text: str, shape: Shape) -> tuple[str, ...] | None:
    names = tuple(part.strip() for part in text.split(",")) if text.strip() else ()
    if not names or names == ("*",):
        return None
    return tuple(dict.fromkeys(_known(name, shape).name for name in names))


def _known(name: str, shape: Shape) -> Any:
    field = shape.fields.get(name)
    if field is None:
        raise bad_query(f"Could not find a property named '{name}' on type '{shape.name}'.")
    return field


def _sort_key(value: Any) -> tuple[bool, Any]:
    """Nulls first, as the vendor's database sorts."""
    return (value is not None, "" if value is None else value)
