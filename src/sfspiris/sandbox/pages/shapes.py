"""What a view hands to the templates: tables, figures, forms. Text and numbers only, nothing of HTML."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from starlette.requests import Request

from sfspiris.sandbox.pages.formats import address

Tone = Literal["", "good", "hold", "bad", "quiet"]
PAGE_SIZE: Final = 100
_PAGE: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Button:
    """A form of one button that posts to `action`; `about` says for whom or what, to those who cannot see the row."""

    label: str
    action: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. A `tone` makes its text a tag; `under` stands small below it."""

    text: str
    link: str | None = None
    tone: Tone | None = None
    under: str = ""
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """The heading of a column. Numbers are set to the right; they and what is short, such as days, are not broken."""

    name: str
    is_number: bool = False
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Pager:
    """Which part of a longer list a table shows, `first` and `last` from 1, and where the parts beside it are."""

    first: int
    last: int
    total: int
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A list of records. `empty` says what it means that there are none."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    total: int
    pager: Pager | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at the top of a page."""

    label: str
    figure: str
    unit: str = ""
    under: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """One entry of a navigation."""

    label: str
    link: str
    is_here: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form."""

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "date", "amount", "choice"] = "text"
    hint: str = ""
    longest: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    """What can be chosen: the value, and how it is shown."""


@dataclass(frozen=True, slots=True)
class Form:
    """Something a person can do to a record. A dangerous one is folded away behind its title."""

    title: str
    action: str
    button: str
    inputs: tuple[Input, ...] = ()
    intro: str = ""
    is_main: bool = False
    is_dangerous: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of a record: what it is called, its value, and its technical name where that is another."""

    name: str
    value: Cell
    code: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Fields of a record under a heading; folded where they matter less."""

    title: str
    rows: tuple[Fact, ...]
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A page: its template, its title, and what the template needs beside the frame."""

    template: str
    title: str
    data: Mapping[str, Any] = field(default_factory=dict)


def paged(request: Request, name: str, records: Sequence[Any]) -> tuple[Sequence[Any], Pager | None]:
    """The part of a list that the request asks for (`?drafts=2`), and the way to the rest when it does not fit."""
    asked = request.query_params.get(name, "1")
    total = len(records)
    last_page = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, int(asked)), last_page) if _PAGE.fullmatch(asked) else 1
    start = (page - 1) * PAGE_SIZE
    shown = records[start : start + PAGE_SIZE]
    if total <= PAGE_SIZE:
        return shown, None

    def link(to: int) -> str | None:
        others = {key: value for key, value in request.query_params.items() if key not in (name, "notice")}
        return f"{address(request.url.path, **others, **{name: to})}#{name}" if 1 <= to <= last_page else None

    return shown, Pager(start + 1, start + len(shown), total, link(page - 1), link(page + 1))
