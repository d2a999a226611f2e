"""How far a run is, on one line of the terminal; a file, a pipe or a log collector never sees it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_FEWEST: Final = 2  # actions for which a count says anything


class Progress:
    """Rewrites one line on `stream` while the block lasts, and leaves nothing of it behind.

    Nothing is written unless the stream is a terminal that can erase a line, nor when `is_wanted` is false.
    """

    def __init__(self, stream: TextIO, *, environ: Mapping[str, str], is_wanted: bool) -> None:
        self._stream = stream
        self._is_shown = is_wanted and stream.isatty() and environ.get("TERM", "") not in {"", "dumb"}
        self._is_dirty = False

    def __enter__(self) -> Self:
        self._show("Reading Salesforce and Spiris …")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def told(self, done: int, every: int) -> None:
        """So many of so many actions are done."""
        if every >= _FEWEST:
            self._show(f"{done} of {every} written")

    def clear(self) -> None:
        """Leave the line empty for what is printed next."""
        if self._is_dirty:
            self._write("\r\x1b[K")
            self._is_dirty = False

    def _show(self, words: str) -> None:
        if self._is_shown:
            self._write(f"\r{words}\x1b[K")
            self._is_dirty = True

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a terminal that has gone is no reason to stop
            self._stream.write(text)
            self._stream.flush()
