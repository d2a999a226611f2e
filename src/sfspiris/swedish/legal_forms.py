"""Swedish legal forms inside names: recognising one, and proposing a shorter spelling that keeps it.

The name is the only place where sales data says what kind of buyer it is, and the legal form is part of the legal name:
a person number under the name of an AB is a contradiction, and a short form without AB names somebody else.
"""

import re
from itertools import count

_ABBREVIATIONS = (
    (re.compile(r"\baktiebolag(?:et)?\b", re.IGNORECASE), "AB"),
    (re.compile(r"\bhandelsbolag(?:et)?\b", re.IGNORECASE), "HB"),
    (re.compile(r"\bkommanditbolag(?:et)?\b", re.IGNORECASE), "KB"),
    (re.compile(r"\bekonomiska?\s+förening(?:en)?\b", re.IGNORECASE), "ek. för."),
    (re.compile(r"\bbostadsrättsförening(?:en)?\b", re.IGNORECASE), "Brf"),
)
_FORM = re.compile(r"(?<![\w.-])(?:AB|HB|KB|Brf|ek\.?\s?för\.?|\(publ\.?\))(?![\w-])", re.IGNORECASE)
_FOREIGN = re.compile(
    r"(?<![\w.-])(?:A/S|ApS|GmbH|Inc\.?|Limited|LLC|Ltd\.?|Oyj|Oy|PLC)(?![\w-])", re.IGNORECASE
)
_CARE_OF = re.compile(r"[\s,;]*\bc/o\b.*$", re.IGNORECASE)

_LEADING_ON = frozenset(
    {"och", "&", "i", "av", "för", "med", "på", "till", "vid", "and", "of", "in", "for", "the"}
)
"""Words a name does not end with: they point to a next word."""


def says_legal_entity(name: str) -> bool:
    """Whether the name carries a form only a legal entity can have (AB, HB, KB, an economic or housing association)."""
    return _FORM.search(_abbreviated(name)) is not None


def without_form(name: str) -> str:
    """The name without its legal form, for comparison only: `AB Volvo` and `Volvo Aktiebolag (publ)` are both Volvo."""
    return " ".join(_FOREIGN.sub(" ", _FORM.sub(" ", _abbreviated(name))).split())


def legal_forms(name: str) -> frozenset[str]:
    """The Swedish forms that a name carries, each in one spelling (`ab`, `ekför`); `(publ)` only says what kind of AB."""
    found = (
        "".join(one for one in form[0].casefold() if one.isalpha())
        for form in _FORM.finditer(_abbreviated(name))
    )
    return frozenset(found) - {"publ"}


def shorten(name: str, limit: int) -> str | None:
    """A short form of a legal name within `limit` code points, for a person to approve; None when there is no decent one.

    Legal forms are abbreviated first (Aktiebolaget to AB). If that is not enough, whole words go from the end, never
    the legal form and never part of a word. A c/o does not belong to the name and is left to the address.
    """
    short = _abbreviated(_CARE_OF.sub("", name)).strip()
    forms = [form.span() for form in _FORM.finditer(short)]
    words = [
        (short[slice(*span)], any(start <= span[0] < end for start, end in forms)) for span in _words(short)
    ]
    spare = [word for word, is_form in words if not is_form]
    if len(" ".join(word for word, is_form in words if is_form)) > limit:
        return None
    # Every word takes at least its space, so that no more than `limit` of them can stay.
    for kept in range(min(len(spare), limit), 0, -1):
        if kept < len(spare) and spare[kept - 1].lower() in _LEADING_ON:
            continue
        proposal = _with_first(kept, words)
        if len(proposal) <= limit:
            return proposal
    return None


def _words(text: str) -> list[tuple[int, int]]:
    return [word.span() for word in re.finditer(r"\S+", text)]


def _with_first(kept: int, words: list[tuple[str, bool]]) -> str:
    """The name with its first `kept` ordinary words and all of its legal forms."""
    ordinary = count(1)
    stays = [word for word, is_form in words if is_form or next(ordinary) <= kept]
    return " ".join(stays).rstrip(" ,;-")


def _abbreviated(name: str) -> str:
    for long_form, short_form in _ABBREVIATIONS:
        name = long_form.sub(short_form, name)
    return name
