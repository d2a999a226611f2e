"""Bar charts as SVG inside a page: drawn by pygal when the page is made, coloured by the page's own style sheet.

What pygal adds for pages of its own, scripts, styles and tooltips, is taken out again, so that a page may forbid all of it.
A chart is a picture of a table that stands beside it; the figures are read there.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pygal
from markupsafe import Markup
from pygal.style import Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

# pygal hooks into every import of the process, to find plug-ins that we do not have, by a protocol that Python dropped.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

_SVG: Final = "{http://www.w3.org/2000/svg}"
_WIDTH, _HEIGHT, _LETTERS = 560, 250, 13  # of the drawing; a page scales it
_MILLION, _THOUSAND = 1_000_000, 1_000
_NOT_DRAWN: Final = frozenset(
    {"defs", "desc", "title"}
)  # scripts and styles, and texts that only scripts read


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of bars: its name, how the style sheet knows it, and one amount for each label."""

    name: str
    style: str
    amounts: tuple[Decimal, ...]


def bar_chart(title: str, labels: Sequence[str], series: Sequence[Series], *, stacked: bool) -> Markup:
    """The chart as one `svg` element with the title as its name for those who do not see it."""
    make = pygal.StackedBar if stacked else pygal.Bar
    chart = make(
        width=_WIDTH,
        height=_HEIGHT,
        js=(),
        css=(),
        style=Style(label_font_size=_LETTERS, major_label_font_size=_LETTERS),
        classes=("chart",),
        no_prefix=True,
        disable_xml_declaration=True,
        show_legend=False,
        truncate_label=-1,  # never
        margin=6,
        margin_right=2,
        spacing=6,
        min_scale=3,
        max_scale=6,
        x_labels=list(labels),
        value_formatter=_short,
    )
    for one in series:  # lengths on a screen, no longer money
        chart.add(one.name, [float(amount) for amount in one.amounts])
    drawn = ET.fromstring(chart.render(is_unicode=True))  # noqa: S314 - made by our own library a line above
    _strip(drawn)
    for position, one in enumerate(series):
        for group in drawn.iter(f"{_SVG}g"):
            if f"serie-{position}" in group.get("class", "").split():
                group.set("class", f"bars-of {one.style}")
    drawn.set("role", "img")
    drawn.set("aria-label", title)
    ET.register_namespace("", _SVG.strip("{}"))
    return Markup(ET.tostring(drawn, encoding="unicode"))  # noqa: S704 - every text in it is escaped by the serializer


def _strip(element: ET.Element) -> None:
    """Take out whatever is not drawn, and every style and name that could clash with another chart's."""
    for child in list(element):
        kind = child.tag.removeprefix(_SVG)
        if kind in _NOT_DRAWN or "overlay" in child.get("class", ""):
            element.remove(child)
            continue
        _strip(child)
    for name in ("style", "id"):
        element.attrib.pop(name, None)


def _short(amount: float) -> str:
    """An amount on an axis: `250`, `12 k`, `1,5 M`."""
    whole = round(amount)
    if abs(whole) >= _MILLION:
        return f"{amount / _MILLION:.1f}".removesuffix(".0").replace(".", ",") + "\N{NO-BREAK SPACE}M"
    if abs(whole) >= _THOUSAND:
        return f"{amount / _THOUSAND:.1f}".removesuffix(".0").replace(".", ",") + "\N{NO-BREAK SPACE}k"
    return f"{whole}"
