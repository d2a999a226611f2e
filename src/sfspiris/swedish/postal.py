"""Postal codes of Sweden and abroad, and the territories they lie in.

Swedish codes are NNN NN from 100 00 to 984 99. Foreign codes keep their leading zeros, letters and hyphens; a zero that
a spreadsheet lost is restored, with a warning, only where the country has codes of one length that may begin with it.
Nothing else is corrected: a letter O in place of a zero is for a person. Towns are never corrected at all.
"""

import re
from dataclasses import dataclass
from functools import cache

from sfspiris.sentences import Sentence, say
from sfspiris.swedish import text
from sfspiris.swedish.territories import Territory, of_postal_code
from sfspiris.swedish.verdict import Finding, Problem, Verdict, rewritten

LIMIT = 10
"""Longest postal code the ledger's field takes."""

_SWEDISH = range(10000, 98500)
_SWEDISH_DIGITS = 5
_MOST_LOST_ZEROS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalFinding(Finding):
    """A postal code; `territory` names a special VAT territory it lies in (see `territories.py`)."""

    territory: str | None = None


@dataclass(frozen=True, slots=True)
class _Format:
    """How a country writes its codes: shapes of 9 (digit), A (letter) and X (either), and what a code begins with."""

    shapes: tuple[str, ...]
    begins: str = "."
    prefixes: str = ""
    """Old or international prefixes written before a hyphen, such as S for Sweden; the ISO code is always known."""


_BRITISH = _Format(("A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA"))

_FORMATS: dict[str, _Format] = {
    "AD": _Format(("AA999",), "AD"),
    "AL": _Format(("9999",), "[1-9]"),
    "AM": _Format(("9999",)),
    "AT": _Format(("9999",), "[1-9]", "A"),
    "AU": _Format(("9999",)),
    "AX": _Format(("99999",), "22", "FI|FIN"),
    "BA": _Format(("99999",), "[7-8]"),
    "BE": _Format(("9999",), "[1-9]", "B"),
    "BG": _Format(("9999",), "[1-9]"),
    "BR": _Format(("99999-999",)),
    "BY": _Format(("999999",)),
    "CA": _Format(("A9A 9A9",)),
    "CH": _Format(("9999",), "[1-9]"),
    "CN": _Format(("999999",)),
    "CY": _Format(("9999",), "[1-9]"),
    "CZ": _Format(("999 99",), "[1-7]"),
    "DE": _Format(("99999",), "0[1-9]|[1-9]", "D"),
    "DK": _Format(("9999",)),
    "EE": _Format(("99999",), "[1-9]", "EST"),
    "ES": _Format(("99999",), "0[1-9]|[1-4]|5[0-2]", "E"),
    "FI": _Format(("99999",), ".", "FIN|AX"),
    "FO": _Format(("999",), "[1-9]"),
    "FR": _Format(("99999",), "0[1-9]|[1-9]", "F"),
    "GB": _BRITISH,
    "GF": _Format(("99999",), "973"),
    "GG": _BRITISH,
    "GL": _Format(("9999",), "39"),
    "GP": _Format(("99999",), "971"),
    "GR": _Format(("999 99",), "[1-8]", "EL"),
    "HR": _Format(("99999",), "[1-5]"),
    "HU": _Format(("9999",), "[1-9]", "H"),
    "IE": _Format(("A9X XXXX",)),
    "IM": _BRITISH,
    "IN": _Format(("999999",), "[1-9]"),
    "IS": _Format(("999",), "[1-9]"),
    "IT": _Format(("99999",), ".", "I"),
    "JE": _BRITISH,
    "JP": _Format(("999-9999",)),
    "KR": _Format(("99999",)),
    "LI": _Format(("9999",), "94", "FL"),
    "LT": _Format(("LT-99999",)),
    "LU": _Format(("9999",), "[1-9]", "L"),
    "LV": _Format(("LV-9999",), "[1-9]"),
    "MC": _Format(("99999",), "980", "F|FR"),
    "MD": _Format(("MD-9999",)),
    "ME": _Format(("99999",), "8"),
    "MK": _Format(("9999",), "[1-9]"),
    "MQ": _Format(("99999",), "972"),
    "MT": _Format(("AAA 9999",)),
    "MX": _Format(("99999",)),
    "NL": _Format(("9999 AA",), r"[1-9]\d{3}(?!S[ADS])"),
    "NO": _Format(("9999",), ".", "N"),
    "NZ": _Format(("9999",)),
    "PL": _Format(("99-999",)),
    "PT": _Format(("9999-999",), "[1-9]", "P"),
    "RE": _Format(("99999",), "974"),
    "RO": _Format(("999999",)),
    "RS": _Format(("99999",), "[1-3]"),
    "RU": _Format(("999999",), "[1-6]"),
    "SG": _Format(("999999",)),
    "SI": _Format(("9999",), "[1-9]"),
    "SJ": _Format(("9999",), "[89]", "N|NO"),
    "SK": _Format(("999 99",), "[089]"),
    "SM": _Format(("99999",), "4789"),
    "TH": _Format(("99999",), "[1-9]"),
    "TR": _Format(("99999",)),
    "UA": _Format(("99999",)),
    "US": _Format(("99999", "99999-9999")),
    "VA": _Format(("99999",), "00120"),
    "XK": _Format(("99999",), "[1-7]"),
    "YT": _Format(("99999",), "976"),
    "ZA": _Format(("9999",)),
}
"""Countries whose form is known; codes of all others are carried as they are written, up to `LIMIT` characters."""


def parse(raw: text.Raw, *, country: str | None) -> PostalFinding:
    """The postal code in a field; `country` is the address's ISO code, or None when unknown."""
    raw = text.written(raw)
    typed = text.without_float_tail(text.code(raw)).strip(" .,;")
    if not typed:
        return _held("missing", say("the postal code is empty and the ledger needs one"))
    if country == "SE":
        return _swedish(typed, raw=raw)
    known = _FORMATS.get(country or "")
    if country is None or known is None:
        return _as_written(typed, raw=raw, country=country)
    compact = re.sub(
        r"[ .-]", "", _without_prefix(typed, (country, *filter(None, known.prefixes.split("|"))))
    )
    for shape in known.shapes:
        if _pattern(shape).fullmatch(compact) and re.match(known.begins, compact):
            return _found(_rendered(compact, shape), compact=compact, raw=raw, country=country)
    padded = _with_lost_zeros(compact, known)
    if padded is not None:
        found = _found(_rendered(padded, known.shapes[0]), compact=padded, raw=raw, country=country)
        return PostalFinding(
            verdict=Verdict.WARN,
            canonical=found.canonical,
            reason=say("a leading zero that a spreadsheet lost was restored"),
            territory=found.territory,
        )
    return _held(*_mismatch(compact, known))


def _swedish(typed: str, *, raw: str) -> PostalFinding:
    digits = re.sub(r"[ .-]", "", _without_prefix(typed, ("SE", "S")))
    if not digits.isdigit():
        return _held("characters", say("the postal code contains letters or signs; zeros are never guessed"))
    if len(digits) != _SWEDISH_DIGITS:
        return _held("length", say("a Swedish postal code has five digits"))
    if int(digits) not in _SWEDISH:
        return _held("range", say("Swedish postal codes run from 100 00 to 984 99"))
    return _found(f"{digits[:3]} {digits[3:]}", compact=digits, raw=raw, country="SE")


def _as_written(typed: str, *, raw: str, country: str | None) -> PostalFinding:
    if text.length(typed) > LIMIT:
        return _held(
            "length", say("the postal code has more than %(limit)s characters; it is never cut", limit=LIMIT)
        )
    return _found(typed, compact=typed, raw=raw, country=country or "")


def _found(canonical: str, *, compact: str, raw: str, country: str) -> PostalFinding:
    territory = of_postal_code(compact, country=country)
    if territory is None:
        verdict = rewritten(canonical, raw)
        reason = (
            say("the form its country uses")
            if verdict is Verdict.ACCEPT
            else say("spaces, hyphens or a prefix were settled")
        )
        return PostalFinding(verdict=verdict, canonical=canonical, reason=reason)
    return PostalFinding(
        verdict=Verdict.WARN,
        canonical=canonical,
        reason=say(
            "%(name)s: %(standing)s, unlike its country code",
            name=territory.name,
            standing=_standing(territory),
        ),
        territory=territory.code,
    )


def _standing(territory: Territory) -> Sentence:
    if territory.goods_only:
        return say("inside the EU VAT area for goods only")
    return say("inside the EU VAT area") if territory.in_eu_vat_area else say("outside the EU VAT area")


def _without_prefix(typed: str, prefixes: tuple[str, ...]) -> str:
    return re.sub(rf"^(?:{'|'.join(prefixes)})[ -]*(?=\d)", "", typed)


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    """A shape without its separators and fixed prefix, as a regular expression."""
    classes = {"9": r"\d", "A": "[A-Z]", "X": "[A-Z0-9]"}
    return re.compile("".join(classes[sign] for sign in _slots(shape)))


def _slots(shape: str) -> str:
    return re.sub(r"^(?:LT|LV|MD)-|[ -]", "", shape)


def _rendered(compact: str, shape: str) -> str:
    """The code written as the shape has it."""
    signs = iter(compact)
    fixed = shape[:3] if shape.startswith(("LT-", "LV-", "MD-")) else ""
    return fixed + "".join(sign if sign in " -" else next(signs) for sign in shape.removeprefix(fixed))


def _with_lost_zeros(compact: str, known: _Format) -> str | None:
    slots = _slots(known.shapes[0])
    full = len(slots)
    is_short = compact.isdigit() and full - _MOST_LOST_ZEROS <= len(compact) < full
    if len(known.shapes) > 1 or set(slots) != {"9"} or not is_short:
        return None
    padded = compact.zfill(full)
    return padded if re.match(known.begins, padded) else None


def _mismatch(compact: str, known: _Format) -> tuple[Problem, Sentence]:
    lengths = {len(_slots(shape)) for shape in known.shapes}
    if len(compact) not in lengths:
        return "length", say("the postal code has too few or too many characters for its country")
    if any(_pattern(shape).fullmatch(compact) for shape in known.shapes):
        return "range", say("no postal code of its country begins like this")
    return "characters", say("the postal code has letters or digits where its country has none")


def _held(problem: Problem, reason: Sentence) -> PostalFinding:
    return PostalFinding(verdict=Verdict.HOLD, canonical=None, reason=reason, problem=problem)
