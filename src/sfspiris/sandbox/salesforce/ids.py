"""Record ids: 15 case-sensitive characters, and the 18-character form that survives case-insensitive tools.

The last three characters of the long form are a checksum: five characters at a time, one bit per upper-case letter, written
in base 32. Source: Salesforce Help, "How to convert a 15-digit Id to an 18-character Id" (read November 2026).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_CHECKSUM_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_COUNTER_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_INSTANCE: Final = "J6"
"""The two characters that name the server group on real orgs; always the same here."""

_COUNTER_WIDTH: Final = 9
_SHORT: Final = 15
_LONG: Final = 18
_ALPHANUMERIC: Final = frozenset(_COUNTER_ALPHABET)
_COUNTER_START: Final = 3 * len(_COUNTER_ALPHABET) ** 4
"""Ids of a fresh org begin here, so that they look like ids of a real one: letters of both cases near the end."""


def checksum(short: str) -> str:
    """The three characters that follow a 15-character id in its 18-character form."""
    suffix = ""
    for start in (0, 5, 10):
        bits = 0
        for offset, character in enumerate(short[start : start + 5]):
            if "A" <= character <= "Z":
                bits |= 1 << offset
        suffix += _CHECKSUM_ALPHABET[bits]
    return suffix


def mint(prefix: str, number: int) -> str:
    """The 18-character id number `number` (from 1) of the object with this three-character key prefix."""
    rest = _COUNTER_START + number * 7  # neighbours differ in more than case
    digits = []
    for _ in range(_COUNTER_WIDTH):
        rest, digit = divmod(rest, len(_COUNTER_ALPHABET))
        digits.append(_COUNTER_ALPHABET[digit])
    short = f"{prefix}{_INSTANCE}0{''.join(reversed(digits))}"
    return short + checksum(short)


@lru_cache(maxsize=100_000)
def canonical(text: str) -> str | None:
    """The 18-character form of an id given with 15 or 18 characters, or None if it cannot be an id.

    A wrong checksum is refused; lower-cased long ids are repaired from their checksum, as the vendor does.
    """
    if len(text) == _SHORT:
        return text + checksum(text) if _ALPHANUMERIC.issuperset(text) else None
    if len(text) != _LONG or not _ALPHANUMERIC.issuperset(text):
        return None
    short, suffix = text[:_SHORT], text[_SHORT:].upper()
    if checksum(short) == suffix:
        return short + suffix
    repaired = _with_case_of(short, suffix)
    return repaired + suffix if repaired is not None and checksum(repaired) == suffix else None


def prefix_of(record_id: str) -> str:
    """The three characters that say which object an id belongs to."""
    return record_id[:3]


def _with_case_of(short: str, suffix: str) -> str | None:
    """The short id with upper and lower case as its checksum says; None if the checksum is no checksum."""
    characters = list(short.lower())
    for block, mark in enumerate(suffix):
        bits = _CHECKSUM_ALPHABET.find(mark)
        if bits < 0:
            return None
        for offset in range(5):
            if bits >> offset & 1:
                place = block * 5 + offset
                characters[place] = characters[place].upper()
    return "".join(characters)
