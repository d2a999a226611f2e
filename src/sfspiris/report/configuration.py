"""The configuration in force, and what two of them differ in, for people and for programs.

What comes here may be shown: secrets are references already.
"""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from rich.text import Text

from sfspiris.report.page import Page
from sfspiris.report.view import how_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from sfspiris.report.shapes import (
        ConfigDiffDocument,
        ConfigDocument,
        ConfigSideFacts,
        OriginFacts,
        SettingFacts,
        SettingValue,
    )

_NARROWEST: Final = 12  # cells, below which nothing in a column can be read
_GAP: Final = 2  # cells between columns


def print_config(console: Console, document: ConfigDocument) -> None:
    """Print every setting under its table, with where it comes from."""
    page = Page(console)
    _print_files(page, "", document)
    for table, settings in _by_table(document.settings).items():
        page.title(f"[{table}]" if table else "(at the top)")
        _print_rows(
            console,
            [
                (
                    Text(one.key.removeprefix(table).removeprefix(".")),
                    Text(written(one.value)),
                    Text(one.place, style="dim"),
                )
                for one in settings
            ],
        )
    said = sum(one.source == "file" for one in document.settings)
    page.last(
        f"{how_many(len(document.settings), 'setting')} in force, {said} of them said in "
        f"{how_many(len(document.files), 'file')}."
    )


def print_config_diff(console: Console, document: ConfigDiffDocument) -> None:
    """Print each setting that differs, both sides beside each other, with where each comes from."""
    page = Page(console)
    _print_files(page, "A ", document.a)
    _print_files(page, "B ", document.b)
    if document.differences:
        rows = [tuple(Text(one, style="bold") for one in ("setting", "A", "B"))]
        for one in document.differences:
            again = ", another" if one.a.value == one.b.value and one.a.source != "absent" else ""
            rows.append((Text(one.key), _side(one.a), _side(one.b, again)))
        page.gap()
        _print_rows(console, rows)
    count = len(document.differences)
    page.last(
        f"{how_many(count, 'setting')} {'differs' if count == 1 else 'differ'}."
        if count
        else "Both say the same."
    )


def written(value: SettingValue) -> str:
    """A value as JSON writes it; the words "not set" for none."""
    match value:
        case None:
            return "not set"
        case tuple():
            return f"[{', '.join(written(one) for one in value)}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def _print_files(page: Page, sign: str, document: ConfigDocument | ConfigSideFacts) -> None:
    *below, top = document.files
    page.say(f"{sign}{top.file}", style="bold")
    for one in reversed(below):
        page.say(f"goes over {one.file}", indent=2 + len(sign))
    page.entry("sha256", document.sha256, indent=len(sign))


def _by_table(settings: Iterable[SettingFacts]) -> Mapping[str, list[SettingFacts]]:
    tables: dict[str, list[SettingFacts]] = {}
    for one in settings:
        tables.setdefault(one.table, []).append(one)
    return tables


def _side(one: OriginFacts, again: str = "") -> Text:
    if one.source == "absent":
        return Text("(not there)", style="dim")
    return Text(written(one.value) + again).append(f"\n{one.place}", style="dim")


def _print_rows(console: Console, rows: Sequence[Sequence[Text]]) -> None:
    """Print the cells in columns; what is too long for its column goes on below."""
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    room = console.width - _GAP * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    for row in rows:
        folded = [cell.wrap(console, width, overflow="fold") for cell, width in zip(row, widths, strict=True)]
        for pieces in zip_longest(*folded, fillvalue=Text()):
            line = Text()
            for piece, width in zip(pieces, widths, strict=True):
                piece.rstrip()
                line.append_text(piece).append(" " * (width + _GAP - piece.cell_len))
            line.rstrip()
            console.print(line, overflow="ignore", no_wrap=True, crop=False)


def _width(cell: Text) -> int:
    return max(line.cell_len for line in cell.split("\n", allow_blank=True))
