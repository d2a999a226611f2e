"""The sheet that text reports are printed on: folded lines with hanging indents, plain wherever it must be.

Everything is printed as plain text objects; nothing that comes from a record is ever read as markup. Lines are folded
here rather than by the terminal, so that an amount is never broken at its no-break spaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from sfspiris.report.language import spelled, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sfspiris.report.helping import Language

_LABEL_WIDTH: Final = 11
_NARROWEST: Final = 12
_ADDRESSES: Final = ("https://", "http://")  # whoever follows one needs it in one piece


def terminal(stream: IO[str], *, plain: bool = False, width: int | None = None) -> Console:
    """A console for `stream` as all reports need it: no markup, no guessing at highlights.

    Output is plain text without any escape sequence when `plain` is asked for, when NO_COLOR is set, and when the stream
    is not a terminal; it then is 80 columns wide unless `width` or COLUMNS says otherwise.
    """
    wanted = Console(file=stream)
    is_plain = plain or wanted.no_color or not wanted.is_terminal
    return Console(
        file=stream,
        width=width,
        color_system=None if is_plain else "auto",
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a small table."""

    cells: tuple[str, ...]
    style: str = "default"


class Page:
    """Writes folded lines with hanging indents to a console; sentences are told in the language, other text as it is."""

    def __init__(self, console: Console, language: Language = "en") -> None:
        self.console = console
        self._spoken = words(language)
        self.arrow = "->" if console.options.ascii_only else "→"

    def field(self, name: str) -> str:
        """A field of ours as readers know it: its name among programs in English, in other languages that on the screen."""
        return name if self._spoken.language == "en" else spelled(name)

    def gap(self) -> None:
        """Print an empty line."""
        self.console.print()

    def title(self, text: str) -> None:
        """Print a heading with air above it."""
        self.gap()
        self.say(text, style="bold")

    def last(self, text: str) -> None:
        """Print the line that sums everything up, in one piece, so that scripts and people find it at the very end."""
        self.gap()
        self.console.print(Text(self._spoken.sentence(text), style="bold"), soft_wrap=True)

    def say(
        self, text: str, *, sign: str = "", indent: int = 0, style: str = "", sign_style: str | None = None
    ) -> None:
        """Print a text after a sign; what does not fit goes on below the text's first letter."""
        margin = " " * indent + (f"{sign} " if sign else "")
        told = self._spoken.sentence(text)
        for position, line in enumerate(folded(told, max(self.console.width - len(margin), _NARROWEST))):
            lead = margin if position == 0 else " " * len(margin)
            parts = Text(lead, style=style if sign_style is None else sign_style).append(
                line, style=style or "default"
            )
            self.console.print(parts, overflow="ignore", no_wrap=True, crop=False)

    def entry(self, label: str, text: str, *, indent: int = 0, style: str = "") -> None:
        """Print a labelled text in two columns."""
        self.say(
            text,
            sign=self._spoken.sentence(label).ljust(_LABEL_WIDTH - 1),
            indent=indent,
            style=style,
            sign_style="dim",
        )

    def columns(self, rows: Sequence[Row], *, indent: int = 2) -> None:
        """Print rows of equally many cells: the first to the left, the others to the right, none ever cut."""
        told = [tuple(map(self._spoken.sentence, row.cells)) for row in rows]
        widths = [max(map(cell_len, column)) for column in zip(*told, strict=True)]
        for row, written in zip(rows, told, strict=True):
            first, *others = zip(written, widths, strict=True)
            cells = [_padded(*first), *(_padded(*one, left=True) for one in others)]
            line = Text(" " * indent + "  ".join(cells).rstrip(" "), style=row.style)
            self.console.print(line, overflow="ignore", no_wrap=True, crop=False)


def _padded(text: str, width: int, *, left: bool = False) -> str:
    padding = " " * (width - cell_len(text))
    return padding + text if left else text + padding


def folded(text: str, width: int) -> Iterator[str]:
    """The text in lines of at most `width` cells, broken at plain spaces only; a longer word is cut, but never an address."""
    line = ""
    for word in text.split(" "):
        wider = f"{line} {word}" if line else word
        if cell_len(wider) <= width:
            line = wider
            continue
        if line.strip(" "):
            yield line.rstrip(" ")
        line = word
        while cell_len(line) > width and not line.startswith(_ADDRESSES):
            piece = set_cell_size(line, width).rstrip(" ") or line[0]
            yield piece
            line = line[len(piece) :]
    yield line.rstrip(" ")
