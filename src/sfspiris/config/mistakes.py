"""Mistakes in the configuration in the operator's words: which key, what is wrong, the nearest valid name, an example."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel

from sfspiris.config.layers import around
from sfspiris.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from sfspiris.config.positions import Key

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED: Final = re.compile(r"'([^']*)'")
_NAME_ITSELF: Final = "[key]"  # how pydantic marks that not a value but its name is wrong

_WORDS: Final = {
    "missing": "is missing",
    "string_type": "is not text in quotes",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "int_type": "is not a whole number",
    "bool_type": "is neither true nor false",
    "model_type": "is not a table",
    "dict_type": "is not a table",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "value_error": "{error}",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to correct. `key` leads to it; `nearest` is what was probably meant, `beside` what it does not go with."""

    key: Key
    what: str
    nearest: str | None = None
    beside: Key | None = None

    def __str__(self) -> str:
        guess = f"; did you mean {self.nearest}?" if self.nearest else "."
        return f"{dotted(self.key)} {self.what}{guess}{self._example()}"

    def _example(self) -> str:
        """A whole valid line for the key, or for the one that was probably meant."""
        for key in ((*self.key[:-1], self.nearest or ""), *around(self.key)):
            if line := _valid_line(key):
                inside = self.key[len(key) :]
                name = self.nearest or (str(inside[0]) if inside else "orgnr")
                return f" For example: {line.replace('{name}', name)}"
        return ""


def from_pydantic(error: ValidationError) -> Iterator[Mistake]:
    """Each finding of pydantic in our words; the values found are left out, for they may be secrets."""
    for one in error.errors(include_url=False):
        key = tuple(part for part in one["loc"] if part != _NAME_ITSELF)
        if one["type"] == "extra_forbidden":
            yield unknown(key, _names(key[:-1]))
        elif one["type"] in {"literal_error", "enum"}:
            yield _not_a_choice(key, one)
        else:
            words = _WORDS.get(one["type"])
            yield Mistake(key, words.format(**one.get("ctx", {})) if words else one["msg"])


def unknown(key: Key, names: Iterable[str]) -> Mistake:
    """A key that nothing reads, of a table in which `names` are valid."""
    valid = sorted(names)
    near = nearest(str(key[-1]), valid)
    return Mistake(
        key, "is not known here" if near else f"is not known here; known are {', '.join(valid)}", near
    )


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The valid name that was probably meant, or None when none is like it."""
    by_folded = {one.casefold(): one for one in names}
    close = difflib.get_close_matches(name.strip().casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def dotted(key: Key) -> str:
    """A key as TOML writes it; entries of lists are counted from 1, as people do."""
    written = ""
    for part in key:
        if isinstance(part, int):
            written += f"[{part + 1}]"
        else:
            written += f"{'.' if written else ''}{part if _PLAIN.fullmatch(part) else repr(part)}"
    return written


def _not_a_choice(key: Key, one: ErrorDetails) -> Mistake:
    expected = one["ctx"]["expected"]
    near = nearest(str(one["input"]), _QUOTED.findall(expected))
    return Mistake(key, "must be " + expected.replace("'", '"'), f'"{near}"' if near else None)


def _names(key: Key) -> Iterable[str]:
    """The names that are valid in a table."""
    table = _kind(key)
    return table.model_fields if _is_table(table) else ()


def _valid_line(key: Key) -> str | None:
    """A whole valid line for a key of a table."""
    table = _kind(key[:-1])
    if not _is_table(table) or key[-1] not in table.model_fields:
        return None
    return str((table.model_fields[str(key[-1])].examples or [""])[0])


def _kind(key: Key) -> Any:
    """The type of what a key leads to; None when it leads nowhere."""
    kind: Any = Settings
    for part in key:
        if _is_table(kind):
            field = kind.model_fields.get(part)
            kind = field.annotation if field else None
        else:  # an entry of a list, or a name in a table of any names
            kind = next((one for one in reversed(get_args(kind)) if one is not Ellipsis), None)
    return kind


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
