"""Cleaning: what spreadsheets, CSV exports, web forms and mail leave around a value, removed without losing the value.

Two depths. `one_line` is for names and addresses: it keeps every visible character and only settles how it is written.
`code` is for numbers and identifiers: it also turns typographic dashes, full-width forms and invisible marks into what
a keyboard would have typed. Both are idempotent and never raise, whatever the text. A number, or nothing at all, in place of
a text is first written as one (`written`).
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from sfspiris.sentences import say
from sfspiris.swedish.legal_forms import shorten
from sfspiris.swedish.verdict import Finding, Verdict, rewritten

Raw = str | int | float | Decimal | None
"""What a field may hold: a text, the number that some export made of it, or nothing."""

_JOINERS = frozenset("\u200c\u200d")
"""Format characters that spell words in some scripts: kept in names, dropped from codes."""

_MINUS_SIGNS = frozenset("\u2212\u2043\u02d7\u207b\u208b")
"""Signs used as a hyphen although Unicode does not count them among the dashes (Pd)."""

_ASCII_UPPER = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}

_LABEL = re.compile(
    r"(?:(?:ORGANI[SZ]ATION(?:AL|S)?|ORG|CORPORATE|COMPANY|IDENTITY|IDENTIFICATION|ID|REGISTRATION|REGISTRERINGS?|REG"
    r"|PERSON|PERS|SAMORDNINGS?|MOMSREGISTRERINGS?|MOMSREG|MOMS|VAT|TAX|CIN|PNR|NUMMER|NUMBER|NR|(?<=.)NO(?=[ .:#-]))"
    r"[ .:#-]*)+"
)
"""Words in front of a number that only say what it is. NO is a word only inside a label: alone it is Norway's prefix."""

_AROUND = " \"'=.,;:"
_FLOAT = re.compile(r"(\d+)[.,]0+")
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)? ?E ?\+?\d{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFinding(Finding):
    """Whether a text fits its field; `proposal` is a short form to offer when it does not."""

    proposal: str | None = None


def written(raw: object) -> str:
    """What a field holds as text: a number with its digits, nothing as the empty text. Never raises.

    What is no text at all, such as a list, is written as Python shows it, which no rule takes for a number of somebody's.
    """
    if isinstance(raw, str):
        return raw
    if raw is None:
        return ""
    try:
        return str(raw)
    except ValueError:  # more digits than Python writes, and than any number of anybody's has
        return repr(type(raw))


def length(text: str) -> int:
    """Length as the ledger's field limits count it: code points after NFC, so a decomposed å is one."""
    return len(unicodedata.normalize("NFC", text))


def one_line(raw: str) -> str:
    """The text on a single line, in NFC, without invisible marks.

    Line breaks, tabs and every kind of space, alone or in runs, become one plain space; the ends are trimmed. Other
    control characters, byte-order marks, zero-width spaces, direction marks and lone surrogates are removed; joiners
    stay, since they spell words in some scripts.
    """
    spaced = re.sub(r"\s+", " ", raw)
    visible = "".join(
        character
        for character in spaced
        if character in _JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
    )
    # A removed mark may have stood between two spaces, or between a letter and its accent.
    return unicodedata.normalize("NFC", re.sub(" +", " ", visible).strip())


def code(raw: str) -> str:
    """A number or identifier as a keyboard would have typed it: upper case, plain digits, hyphens and spaces.

    Every decimal digit of Unicode becomes ASCII, every dash a hyphen, and full-width signs their narrow form. Letters
    are never turned into digits: an O in place of a 0 is for a person to correct.
    """
    typed = "".join(_typed(character) for character in one_line(raw) if character not in _JOINERS)
    return one_line(typed.translate(_ASCII_UPPER))


def identifier(raw: str) -> str:
    """A code without what stands around it: a label (`ORG.NR:`, `VAT NO`), quotes, a spreadsheet's `.0`, a full stop."""
    bare, before = code(raw), None
    while bare != before:
        before = bare
        unquoted = bare.strip(_AROUND)
        label = _LABEL.match(unquoted)
        bare = without_float_tail(unquoted[label.end() :] if label else unquoted)
    return bare


def without_float_tail(text: str) -> str:
    """A digit code without the `.0` it got when a spreadsheet took it for a number."""
    whole = _FLOAT.fullmatch(text)
    return whole[1] if whole else text


def is_scientific(text: str) -> bool:
    """Whether a code was shown in scientific notation (5.56016E+09), so that digits of it are gone."""
    return _SCIENTIFIC.fullmatch(text) is not None


def fit(raw: Raw, limit: int) -> TextFinding:
    """A text for a field of `limit` code points: on one line, in NFC, and never cut silently.

    A longer text is held; where whole words can go without losing the legal form, a short form is proposed.
    """
    raw = written(raw)
    line = one_line(raw)
    if length(line) > limit:
        return TextFinding(
            verdict=Verdict.HOLD,
            canonical=None,
            reason=say(
                "the text has %(length)s characters and the field takes %(limit)s; it is never cut silently",
                length=length(line),
                limit=limit,
            ),
            problem="length",
            proposal=shorten(line, limit),
        )
    verdict = rewritten(line, raw)
    reason = (
        say("fits")
        if verdict is Verdict.ACCEPT
        else say("spaces, line breaks or decomposed letters were settled")
    )
    return TextFinding(verdict=verdict, canonical=line, reason=reason)


def _typed(character: str) -> str:
    if character in _MINUS_SIGNS or unicodedata.category(character) == "Pd":
        return "-"
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.decomposition(character).startswith("<wide>"):
        return unicodedata.normalize("NFKC", character)
    return character
