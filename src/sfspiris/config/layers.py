"""The files that make one configuration: which they are, what they say together, and where each key stands.

A file may begin with `extends`: the file that it names is read first, and what this one says goes over it. Tables are merged
key by key; everything else, lists and `[[routes]]` included, takes the place of the whole. What the file below says can be said
anew but not taken away, so what two environments share may stand in a file that is used by neither alone.

All files of a configuration stand in one folder. Paths, and the commands that give secrets, are taken from the folder of the file
that names them, and so mean the same whichever file says them. Refused: a folder of its own for every key, which each reader of a
path would have to ask for, and which would move when a key moves to the other file.
"""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sfspiris.config.positions import positions
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sfspiris.config.positions import Key

EXTENDS: Final = "extends"
EXAMPLE: Final = "`config.example.toml`, which comes with sfspiris, shows every key and what it means"
_PLACE: Final = re.compile(r" \(at line (?P<line>\d+), column \d+\)$|\s*\(at end of document\)$")
_VALID: Final = 'For example: extends = "sfspiris.toml".'


@dataclass(frozen=True, slots=True)
class Place:
    """A line, from 1, of a file."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Layer:
    """One file as it was read. `text` has one kind of line break; `lines` has the line of every key in it."""

    file: Path
    content: bytes
    text: str
    document: Mapping[str, Any]
    lines: Mapping[Key, int]

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, hexadecimal; what `sha256sum` prints."""
        return sha256(self.content).hexdigest()

    def place(self, key: Key) -> Place:
        """Where a key stands, or the closest table around it; the first line when neither does."""
        return Place(self.file, next((self.lines[one] for one in around(key) if one in self.lines), 1))


def read(file: Path) -> tuple[Layer, ...]:
    """The file and all that it extends, the lowest first, so that the last one is the file itself.

    Raises ConfigError for a file that is not there, not readable or not TOML, for one in another folder, for files that go round
    in a circle, and for two that are written in different versions.
    """
    chain = [_layer(file)]
    while (below := _extended(chain[-1])) is not None:
        names = [one.file.resolve() for one in chain]
        if below.resolve() in names:
            circle = [one.file for one in chain[names.index(below.resolve()) :]]
            raise ConfigError(
                f"{chain[-1].place((EXTENDS,))}: extends leads round in a circle: "
                f"{' → '.join(one.name for one in (*circle, below))}.",
                remedy=f"Take extends out of one of them; {EXAMPLE}.",
            )
        chain.append(_layer(below))
    layers = tuple(reversed(chain))
    _check_versions(layers)
    return layers


def merged(layers: Sequence[Layer]) -> tuple[dict[str, Any], dict[Key, Place]]:
    """What the files say together, and where each key of it stands. A table stands where it was spoken of last.

    Of `extends`, only that of the last file is left.
    """
    document: dict[str, Any] = {}
    places: dict[Key, Place] = {}
    for layer in layers:
        document.pop(EXTENDS, None)
        _lay(layer, layer.document, document, (), places)
    return document, places


def checksum(layers: Sequence[Layer]) -> str:
    """By what the processing history names a configuration, hexadecimal.

    Of one file it is the SHA-256 of the file. Of several it is the SHA-256 of the lines that `sha256sum` prints for them, the lowest
    first, by their bare names: `sha256sum sfspiris.toml rehearsal.toml | sha256sum`. So it covers what each file says, which file
    says it, and which goes over which.
    """
    if len(layers) == 1:
        return layers[0].checksum
    listed = "".join(f"{one.checksum}  {one.file.name}\n" for one in layers)
    return sha256(listed.encode()).hexdigest()


def place_of(key: Key, places: Mapping[Key, Place], top: Path) -> Place:
    """Where a key stands, or the closest table around it; the first line of `top` when neither does."""
    return next((places[one] for one in around(key) if one in places), Place(top, 1))


def around(key: Key) -> Iterator[Key]:
    """The key and all tables around it, innermost first."""
    for length in range(len(key), 0, -1):
        yield key[:length]


def _layer(file: Path) -> Layer:
    content = _content(file)
    text = _text(content, file)
    return Layer(file, content, text, _parse(text, file), positions(text))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"The configuration file {file} cannot be read: {error.strerror}.",
            remedy="Correct the path, or the rights on the file.",
        ) from error


def _text(content: bytes, file: Path) -> str:
    """The text of the file, with line breaks of any kind as one."""
    try:
        text = content.decode("utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{file}:{line}: the file is not saved as UTF-8.",
            remedy="Save it again in your editor with the encoding UTF-8.",
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = (place and place["line"]) or text.count("\n") + 1
        raise ConfigError(
            f"{file}:{line}: this is not TOML: {_PLACE.sub('', str(error))}.",
            remedy=f'A line looks like this: mode = "active". {EXAMPLE.capitalize()}.',
        ) from None


def _extended(layer: Layer) -> Path | None:
    """The file that this one goes over, absolute; None when it stands alone."""
    if EXTENDS not in layer.document:
        return None
    named, place = layer.document[EXTENDS], layer.place((EXTENDS,))
    if not isinstance(named, str) or not named.strip():
        what = "is empty" if isinstance(named, str) else "is not text in quotes"
        raise ConfigError(
            f"{place}: extends {what}. {_VALID}", remedy=f"Correct it and run again; {EXAMPLE}."
        )
    folder = layer.file.parent
    found = folder / Path(named.strip()).expanduser()
    if found.parent.resolve() != folder.resolve():
        raise ConfigError(
            f"{place}: extends leads to another folder ({found.parent}), where the paths in that file would mean other places.",
            remedy=f"Keep the two files in one folder. {_VALID}",
        )
    if not found.exists():
        raise ConfigError(
            f"{place}: extends names {found}, which is not there.",
            remedy=f"Correct the name, or put the file there. {_VALID}",
        )
    return folder / found.name


def _check_versions(layers: Sequence[Layer]) -> None:
    told = [(one, one.document["version"]) for one in layers if "version" in one.document]
    for (below, older), (above, newer) in pairwise(told):
        if (type(older), older) != (type(newer), newer):
            raise ConfigError(
                f"{above.place(('version',))}: version is another one than in {below.place(('version',))}.",
                remedy=f"Write the same in both, or leave it out of {above.file.name}; {EXAMPLE}.",
            )


def _lay(
    layer: Layer, above: Mapping[str, Any], below: dict[str, Any], key: Key, places: dict[Key, Place]
) -> None:
    """Lay what a table of the layer says over what is there."""
    for name, value in above.items():
        inner = (*key, name)
        known = below.get(name)
        if isinstance(value, dict) and isinstance(known, dict):
            if inner in layer.lines:
                places[inner] = layer.place(inner)
            _lay(layer, value, known, inner, places)
            continue
        below[name] = deepcopy(value)
        for gone in [one for one in places if one[: len(inner)] == inner]:
            del places[gone]
        for one, line in layer.lines.items():
            if one[: len(inner)] == inner:
                places[one] = Place(layer.file, line)
