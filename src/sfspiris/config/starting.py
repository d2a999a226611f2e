"""A first `sfspiris.toml`: the commented example, with what the operator already knows filled in."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = "config.example.toml"
_SECTION: Final = re.compile(r"\[+(?P<name>[^\[\]]+)\]+\s*")
_SETTING: Final = re.compile(r'(?P<key>\w+) = (?:"[^"]*"|\d{4}-\d\d-\d\d)(?P<rest>\s*(?:#.*)?)')


def example_text() -> str:
    """The example that ships with the package; in a checkout of the source it stands at its top."""
    shipped = files("sfspiris.config").joinpath(_NAME)
    if shipped.is_file():
        return shipped.read_text(encoding="utf-8")
    return (Path(__file__).parents[3] / _NAME).read_text(encoding="utf-8")


def filled(text: str, answers: Mapping[tuple[str, str], str]) -> str:
    """The text with these settings' values, by (section, key), in place of the example's; comments stay.

    A day is written as a day, everything else as text. Raises KeyError for a setting that the text does not have.
    """
    left = dict(answers)
    section, lines = "", []
    for line in text.splitlines():
        if heading := _SECTION.fullmatch(line):
            section = heading["name"]
        setting = _SETTING.fullmatch(line)
        if setting is None or (section, setting["key"]) not in left:
            lines.append(line)
            continue
        value = left.pop((section, setting["key"]))
        written = value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else json.dumps(value, ensure_ascii=False)
        lines.append(f"{setting['key']} = {written}{setting['rest']}".rstrip())
    if left:
        raise KeyError(", ".join(key for _, key in left))
    return "\n".join(lines) + "\n"
