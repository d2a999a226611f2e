"""Bankgiro and plusgiro numbers and OCR references: check digits, lengths, and how they are written.

A bankgiro number has 7 or 8 digits (NNN-NNNN, NNNN-NNNN), a plusgiro number 2 to 8, in pairs from the right with the check
digit after a hyphen (28 65 43-4), an OCR reference 2 to 25. The last digit is a Luhn check in all three. With length
control, the digit before an OCR's check digit is its whole length modulo ten.
"""

import re
from collections.abc import Callable

from stdnum import luhn

from sfspiris.sentences import Sentence, say
from sfspiris.swedish import text
from sfspiris.swedish.verdict import Finding, Problem, Verdict, rewritten

_GIRO_LABEL = re.compile(r"(?:BANKGIRO|PLUSGIRO|POSTGIRO|BG|PG)(?:NUMMER|NR)?[ .:#-]*")
_OCR_LABEL = re.compile(r"OCR(?:-?(?:NUMMER|NR|REFERENS))?[ .:#-]*")

_BANKGIRO = range(7, 9)
_PLUSGIRO = range(2, 9)
_OCR = range(2, 26)


def bankgiro(raw: text.Raw) -> Finding:
    """A bankgiro number, written NNN-NNNN or NNNN-NNNN."""
    return _giro(raw, _BANKGIRO, lambda digits: f"{digits[:-4]}-{digits[-4:]}")


def plusgiro(raw: text.Raw) -> Finding:
    """A plusgiro number, written in pairs from the right with the check digit after a hyphen."""
    return _giro(raw, _PLUSGIRO, _in_pairs)


def ocr(raw: text.Raw, *, length_control: bool = False) -> Finding:
    """An OCR reference as digits. With `length_control` the digit before the last must tell its length."""
    raw = text.written(raw)
    digits = _digits(raw, _OCR_LABEL)
    if digits is None:
        return _held("characters", say("an OCR reference has digits only"))
    if len(digits) not in _OCR:
        return _held("length", say("an OCR reference has 2 to 25 digits"))
    if not luhn.is_valid(digits):
        return _held("check_digit", say("the check digit of the OCR reference is wrong"))
    if length_control and digits[-2] != str(len(digits) % 10):
        return _held("length", say("the length digit of the OCR reference does not match its length"))
    return Finding(
        verdict=rewritten(digits, raw),
        canonical=digits,
        reason=say("an OCR reference with a right check digit"),
    )


def build_ocr(raw: text.Raw) -> Finding:
    """The OCR reference for a payload of 1 to 23 digits, such as an invoice number: payload, length digit, check digit."""
    raw = text.written(raw)
    payload = _digits(raw, _OCR_LABEL)
    if payload is None:
        return _held("characters", say("an OCR reference is built from digits only"))
    total = len(payload) + 2
    if not payload or total not in _OCR:
        return _held("length", say("an OCR reference is built from 1 to 23 digits"))
    body = f"{payload}{total % 10}"
    return Finding(
        verdict=rewritten(payload, raw),
        canonical=body + luhn.calc_check_digit(body),
        reason=say("payload, length digit and check digit"),
    )


def _giro(raw: text.Raw, lengths: range, written: Callable[[str], str]) -> Finding:
    raw = text.written(raw)
    digits = _digits(raw, _GIRO_LABEL)
    if digits is None:
        return _held("characters", say("a giro number has digits, spaces and a hyphen only"))
    if len(digits) not in lengths:
        return _held(
            "length",
            say("the giro number must have %(least)s to %(most)s digits", least=lengths[0], most=lengths[-1]),
        )
    if digits.startswith("0"):
        return _held("series", say("no giro number starts with 0"))
    if not luhn.is_valid(digits):
        return _held("check_digit", say("the check digit of the giro number is wrong"))
    canonical = written(digits)
    return Finding(
        verdict=rewritten(canonical, raw),
        canonical=canonical,
        reason=say("a giro number with a right check digit"),
    )


def _in_pairs(digits: str) -> str:
    body = digits[:-1]
    odd = len(body) % 2
    pairs = [body[:odd], *(body[start : start + 2] for start in range(odd, len(body), 2))]
    return f"{' '.join(filter(None, pairs))}-{digits[-1]}"


def _digits(raw: str, label: re.Pattern[str]) -> str | None:
    """The digits of a field without its label, spaces and hyphens; None when anything else is left."""
    digits = re.sub(r"[ -]", "", label.sub("", text.identifier(raw), count=1))
    return digits if re.fullmatch(r"\d*", digits) else None


def _held(problem: Problem, reason: Sentence) -> Finding:
    return Finding(verdict=Verdict.HOLD, canonical=None, reason=reason, problem=problem)
