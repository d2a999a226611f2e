"""What the command-line library says of a wrong value, in words for whoever typed it."""

from __future__ import annotations

import difflib
import re
from typing import Final

from sfspiris.core.holds import HoldCode

_VALUE: Final = re.compile(
    r"Invalid value for '(?P<option>[^']+)'(?: \(env var: '(?P<variable>[^']+)'\))?: (?P<why>.*)"
)
_CHOICE: Final = re.compile(r"Value error, '(?P<said>.*)' is not one of (?P<choices>'.*')\.")
_DAY: Final = re.compile(r"Value error, '(?P<said>.*)' does not match the formats '%Y-%m-%d'\.")
_PLAINLY: Final = (
    (re.compile(r"Input should be a valid integer\b.*"), "it is no whole number."),
    (re.compile(r"Input should be a valid number\b.*"), "it is no number."),
    (re.compile(r"Input should be greater than or equal to (\S+)"), r"the least is \1."),
    (re.compile(r"Input should be less than or equal to (\S+)"), r"the most is \1."),
    (re.compile(r"Value error, "), ""),
)
_OF_CODES: Final = "--code"


def plainly(words: str) -> tuple[str, str | None]:
    """A sentence of the library on one line, without its way of speaking, and a next step where there is a better one than --help.

    Words that it does not know stay as they are.
    """
    words = " ".join(words.split())
    wrong = _VALUE.fullmatch(words)
    if wrong is None:
        return words, None
    option, why = wrong["option"], wrong["why"]
    choice = _CHOICE.fullmatch(why)
    if choice and option == _OF_CODES:
        near = difflib.get_close_matches(choice["said"].upper(), list(HoldCode), n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        return f"There is no hold code {choice['said']}.{meant}", "`sfspiris help` lists them."
    if choice:
        why = f"“{choice['said']}” is none of {choice['choices'].replace(chr(39), '')}."
    elif day := _DAY.fullmatch(why):
        why = f"“{day['said']}” is no day. Write one as 2026-11-20."
    else:
        for theirs, ours in _PLAINLY:
            why = theirs.sub(ours, why)
    place = f"{option} (or {wrong['variable']})" if wrong["variable"] else option
    return f"{place}: {why}", None
