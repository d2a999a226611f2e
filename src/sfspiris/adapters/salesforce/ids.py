"""Record ids: 15 characters whose case counts, or 18 characters that survive tools which forget case.

The last three characters of the long form are a checksum over the case of the first fifteen: five characters at a time, one
bit per upper-case letter, lowest bit first, written in base 32. Source: Salesforce Help, article 000385585 on converting a
15-character id to 18 characters (read November 2026).
"""

from __future__ import annotations

import re
import string
from typing import Final

_SHORT: Final = 15
_BLOCKS: Final = (slice(4, None, -1), slice(9, 4, -1), slice(14, 9, -1))
_CHECKSUM_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE: Final = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", re.ASCII)
_CASE: Final = {ord(one): "1" if one.isupper() else "0" for one in string.ascii_letters + string.digits}


def is_id(text: str) -> bool:
    """Whether the text can be a record id: 15 letters and digits, or 18 with the right checksum."""
    return _SHAPE.fullmatch(text) is not None and text[_SHORT:] in {"", _checksum(text)}


def long_id(text: str) -> str:
    """The 18-character form of an id given with 15 or 18 characters.

    Raises ValueError for anything else: a wrong checksum means a mistyped character or a tool that changed case.
    """
    if _SHAPE.fullmatch(text) is not None:
        checksum = _checksum(text)
        if text[_SHORT:] in {"", checksum}:
            return text[:_SHORT] + checksum
    raise ValueError(f"not a Salesforce record id: {text!r}")


def _checksum(text: str) -> str:
    case = text.translate(_CASE)
    return "".join(_CHECKSUM_DIGITS[int(case[block], 2)] for block in _BLOCKS)
