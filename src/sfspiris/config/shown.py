"""The settings one by one, as they may be shown: each with its value, where it comes from, and never a secret.

Of a secret only the reference is shown; of a command only its program, since what follows may be a secret itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from sfspiris.config.layers import EXTENDS
from sfspiris.config.mistakes import dotted
from sfspiris.swedish.personal_shape import is_dated
from sfspiris.swedish.verdict import PERSONAL_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.config.layers import Place
    from sfspiris.config.loading import Loaded
    from sfspiris.config.positions import Key

Shown = bool | int | str | tuple[str, ...] | None

HIDDEN: Final = "[hidden]"
_REFERENCES: Final = ("env:", "file:")
_COMMAND: Final = "cmd:"
_ADDRESSES: Final = ("base_url", "login_url", "redirect_uri")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `value` is what may be shown of it, None where there is none; `place` is None for a default.

    `meaning` is what it is compared by: it may be a secret, and shows in no repr.
    """

    key: Key
    value: Shown
    place: Place | None
    meaning: Any = field(repr=False)

    @property
    def name(self) -> str:
        """The setting by its dotted name, entries of lists counted from 1."""
        return dotted(self.key)

    @property
    def table(self) -> str:
        """The table that it stands in, likewise; empty at the top."""
        return dotted(self.key[:-1])


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that is not the same in two configurations; a side is None where there is no such company, route or entry."""

    name: str
    a: Setting | None
    b: Setting | None


def settings_of(loaded: Loaded) -> tuple[Setting, ...]:
    """Every setting in force, in the order of the example; what no file says has no place. `extends` is none of them."""
    return tuple(_within(loaded.settings, (), loaded))


def differences(a: Loaded, b: Loaded) -> tuple[Difference, ...]:
    """Every setting that differs, in the order of `a`, then those that only `b` has.

    Companies are compared by their key, routes by their position. Of a company or route that only one side has, what its files
    say is told, and not the defaults.
    """
    ours, theirs = ({one.key: one for one in settings_of(side)} for side in (a, b))
    found = []
    for key in dict.fromkeys((*ours, *theirs)):
        left, right = ours.get(key), theirs.get(key)
        if left is not None and right is not None and left.meaning == right.meaning:
            continue
        if (left and right) or _is_said(left) or _is_said(right):
            found.append(Difference(dotted(key), left, right))
    return tuple(found)


def _is_said(one: Setting | None) -> bool:
    return one is not None and one.place is not None and one.value is not None


def _within(table: BaseModel, key: Key, loaded: Loaded) -> Iterator[Setting]:
    for name in type(table).model_fields:
        if (*key, name) != (EXTENDS,):
            yield from _value(getattr(table, name), (*key, name), loaded)


def _value(value: object, key: Key, loaded: Loaded) -> Iterator[Setting]:
    place = loaded.places.get(key)
    match value:
        case BaseModel():
            yield from _within(value, key, loaded)
        case Mapping() if value:
            for name, inner in value.items():
                yield from _value(inner, (*key, name), loaded)
        case tuple() if value and isinstance(value[0], BaseModel):
            for number, inner in enumerate(value):
                yield from _value(inner, (*key, number), loaded)
        case Path():  # as it is written, so that the same words are the same in every folder
            written = str(loaded.document["secrets"]["file"]) if place else str(value)
            yield Setting(key, written, place, written)
        case SecretStr():
            secret = value.get_secret_value()
            yield Setting(key, _reference(secret), place, secret)
        case Mapping():  # with nothing in it
            yield Setting(key, None, place, None)
        case _:
            yield Setting(key, _plain(key, value), place, value)


def _plain(key: Key, value: object) -> Shown:
    match value:
        case None | bool() | int():
            return value
        case str():
            return _text(key, value)
        case tuple():
            return tuple(str(one) for one in value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _text(key: Key, value: str) -> str:
    """A text that is no secret by itself, without what may be one in it."""
    if key[0] == "companies" and key[-1] == "orgnr":
        return PERSONAL_ID if is_dated(value) else value
    if key == ("secrets", "command"):
        return _program(value)
    if value.startswith(_COMMAND):
        return _reference(value)
    return _without_password(value) if key[-1] in _ADDRESSES and "@" in value else str(value)


def _reference(secret: str) -> str:
    """Where a secret really is; never the secret."""
    if secret.startswith(_COMMAND):
        return _COMMAND + _program(secret.removeprefix(_COMMAND))
    return secret if secret.startswith(_REFERENCES) else HIDDEN


def _program(line: str) -> str:
    try:
        words = shlex.split(line)
    except ValueError:  # a quote that is not closed
        return "…"
    return f"{words[0]} …" if len(words) > 1 else "".join(words)


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=f"{HIDDEN}@{parts.netloc.rpartition('@')[2]}").geturl()
