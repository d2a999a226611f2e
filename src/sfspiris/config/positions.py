"""On which line of a TOML document each key stands. tomllib reads the values; it does not tell where they were."""

from __future__ import annotations

import re
import tomllib
from typing import Final

Key = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_DOT: Final = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS: Final = re.compile(r"[ \t]*=[ \t]*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS: Final = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")


def positions(document: str) -> dict[Key, int]:
    """The line, from 1, of every key and table of a valid TOML document; entries of arrays are counted from 0.

    A table has the line of its header, an entry of an array the line where it begins.
    """
    return _Reader(document).read()


class _Reader:
    """Walks over a document that tomllib has accepted, so it need not look for mistakes."""

    def __init__(self, document: str) -> None:
        self._text = document
        self._at = 0
        self._lines: dict[Key, int] = {}
        self._tables: dict[Key, int] = {}  # arrays of tables, and how many entries they have so far

    def read(self) -> dict[Key, int]:
        """Every key with its line."""
        table: Key = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self._lines

    def _header(self) -> Key:
        is_array = self._text.startswith("[[", self._at)
        line = self._line()
        self._at += 2 if is_array else 1
        self._skip(_BLANK)
        table = self._in_arrays(self._name())
        self._skip(_BLANK)
        self._at += 2 if is_array else 1
        if is_array:
            count = self._tables.get(table, 0)
            self._tables[table] = count + 1
            self._note(table, line)
            table = (*table, count)
        self._note(table, line)
        return table

    def _in_arrays(self, name: Key) -> Key:
        """The key with the number of the entry wherever it leads through an array of tables."""
        place: Key = ()
        for part in name[:-1]:
            place = (*place, part)
            if place in self._tables:
                place = (*place, self._tables[place] - 1)
        return (*place, name[-1])

    def _pair(self, table: Key) -> None:
        line = self._line()
        key = table
        for part in self._name():
            key = (*key, part)
            self._note(key, line)
        self._skip(_EQUALS)
        self._value(key)

    def _value(self, key: Key) -> None:
        match self._text[self._at]:
            case "[":
                self._array(key)
            case "{":
                self._inline_table(key)
            case '"' | "'":
                self._string()
            case _:
                self._skip(_SCALAR)

    def _array(self, key: Key) -> None:
        self._at += 1
        self._skip(_BLANK)
        count = 0
        while self._text[self._at] != "]":
            self._note((*key, count), self._line())
            self._value((*key, count))
            count += 1
            self._skip_comma()
        self._at += 1

    def _inline_table(self, key: Key) -> None:
        self._at += 1
        self._skip(_BLANK)
        while self._text[self._at] != "}":
            self._pair(key)
            self._skip_comma()
        self._at += 1

    def _skip_comma(self) -> None:
        self._skip(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BLANK)

    def _name(self) -> Key:
        parts: list[str] = []
        while not parts or self._skip(_DOT):
            bare = self._skip(_BARE)
            parts.append(bare or _meaning(self._string()))
        return tuple(parts)

    def _string(self) -> str:
        """Step over a string and give it as it is written, quotes included."""
        return next(text for kind in _STRINGS if (text := self._skip(kind)))

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        text = found[0] if found else ""
        self._at += len(text)
        return text

    def _note(self, key: Key, line: int) -> None:
        self._lines.setdefault(key, line)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1


def _meaning(quoted: str) -> str:
    """What a quoted key says, escapes undone."""
    return str(tomllib.loads(f"key = {quoted}")["key"])
