"""Street addresses on two lines of a limited length.

A Swedish address is written name, c/o, street or box, code and town; the country only abroad. The ledger has one line for
street and number and a second for c/o, floor or box. Nothing is ever cut: what does not fit is for a person to shorten.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sfspiris.sentences import say
from sfspiris.swedish import text
from sfspiris.swedish.verdict import Finding, Verdict, rewritten

_LINE_BREAK = re.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_CARE_OF = re.compile(r"c/o\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFinding(Finding):
    """An address on up to two lines: `canonical` is the street line, `second_line` the c/o, floor or box, or empty."""

    second_line: str = ""


def fit_lines(raw: text.Raw, limit: int) -> AddressFinding:
    """An address on two lines of at most `limit` code points (NFC) each.

    A single line that fits stays as it is. Otherwise the first part that is no c/o, by line break or, where that is not
    enough, by comma, becomes the street line, and the other parts go to the second line in their order.
    """
    raw = text.written(raw)
    lines = _parts(_LINE_BREAK.split(raw))
    for parts in (lines, _parts(piece for line in lines for piece in line.split(","))):
        street = next((part for part in parts if not _CARE_OF.match(part)), "")
        rest = ", ".join(part for part in parts if part is not street)
        if len(parts) == 1 and text.length(parts[0]) <= limit:
            street, rest = parts[0], ""
        if street and max(text.length(street), text.length(rest)) <= limit:
            return AddressFinding(
                verdict=Verdict.NORMALISE if rest else rewritten(street, raw),
                canonical=street,
                second_line=rest,
                reason=say("street and number on the first line, the rest on the second")
                if rest
                else say("fits on one line"),
            )
    if not lines:
        return AddressFinding(verdict=rewritten("", raw), canonical="", reason=say("the address is empty"))
    return AddressFinding(
        verdict=Verdict.HOLD,
        canonical=None,
        reason=say(
            "the address does not fit on two lines of %(limit)s characters; it is never cut silently",
            limit=limit,
        ),
        problem="length",
    )


def _parts(pieces: Iterable[str]) -> list[str]:
    return [part for part in (text.one_line(piece).strip(" ,") for piece in pieces) if part]
