"""What a report may show of a text that somebody else wrote.

Names, messages and values come from two foreign systems and end on a terminal, in a browser and in a spreadsheet. Here
they lose what is not meant to be read: terminal commands, invisible characters that make one name look like another,
and data that identifies a person. Escaping for HTML, Markdown or CSV is each layout's own business on top.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sfspiris.swedish.personal_shape import is_dated
from sfspiris.swedish.verdict import PERSONAL_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

# ECMA-48 control sequences, in their 7-bit (ESC) and 8-bit (C1) spelling: CSI, the strings that end in ST or BEL, and
# the two-character escapes. A string that never ends loses its introducer only, so that it cannot swallow what follows.
_TERMINAL_COMMANDS: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_BREAKS: Final = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_JOINERS: Final = frozenset("\u200c\u200d")  # they spell words in some scripts, and some emoji
_DROPPED: Final = frozenset({"Cc", "Cf"})

# Not inside a word, and not one group of a UUID, whose groups look like this by chance.
_PERSON_NUMBER: Final = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9A-Fa-f]{4}-)(?:SE)?"
    r"(?P<century>18|19|20)?(?P<birth>\d{6})(?P<separator>[ ]{0,2}[-+\u2010-\u2015][ ]{0,2}|[ ])?(?P<serial>\d{4})"
    r"(?:01)?(?![0-9A-Za-z])(?!-[0-9A-Fa-f]{4}-)"
)
_EMAIL: Final = re.compile(
    r"(?P<first>[^\s@<>()\[\],;:\"'=])[^\s@<>()\[\],;:\"'=]{0,63}@(?P<domain>[\w.-]+\.\w{2,})"
)
_MASKED_MAILBOX: Final = "\N{HORIZONTAL ELLIPSIS}@"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def visible(raw: str) -> str:
    """The text on one line, without terminal commands, control characters, and marks that turn or hide what is read.

    No-break spaces stay, since amounts are written with them. A lone surrogate, which no file can hold, becomes the
    replacement character.
    """
    if raw.isprintable():
        return raw
    line = _LINE_BREAKS.sub(" ", _TERMINAL_COMMANDS.sub("", raw))
    return "".join(_shown(character) for character in line)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in _DROPPED and character not in _JOINERS else character


def private(text: str) -> str:
    """The text without what identifies a natural person.

    A person or co-ordination number becomes `[personal-id]`: with a separator by its shape alone, so that a mistyped
    one is masked too; ten or twelve bare digits only when the check digit holds, since order numbers look like that as
    well. An e-mail address keeps its first letter and its domain, enough to see that it is the right one.
    """
    masked = _PERSON_NUMBER.sub(_without_person, text) if len(text) > 9 else text  # noqa: PLR2004 - a number has ten digits
    return _EMAIL.sub(rf"\g<first>{_MASKED_MAILBOX}\g<domain>", masked) if "@" in masked else masked


def _without_person(found: re.Match[str]) -> str:
    digits = found["birth"] + found["serial"]
    is_person = is_dated(digits) and (found["separator"] is not None or _luhn(digits))
    return PERSONAL_ID if is_person else found[0]


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def numbers_pattern(numbers: Iterable[str]) -> re.Pattern[str] | None:
    """Finds these numbers however their digits are set apart, with or without a century; None without any number."""
    spelled = {r"[-+ .]?".join(digits) for one in numbers if (digits := re.sub(r"\D", "", one))}
    if not spelled:
        return None
    longest_first = "|".join(sorted(spelled, key=lambda one: (-len(one), one)))
    return re.compile(rf"(?:SE)?(?:18|19|20)?(?:{longest_first})(?:01(?!\d))?")


def safe_url(url: str | None) -> str | None:
    """The address if a browser may be sent there: https, or plain http on this machine; else None."""
    if url is None or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        is_local = parts.hostname in _LOOPBACK
    except ValueError:
        return None
    is_safe = bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_local))
    return url if is_safe else None
