"""VAT numbers: Swedish ones against the organisation number, those of the EU, and those VIES does not know.

The arithmetic of each country is python-stdnum's. Around it stand the rules it leaves open: GR becomes EL, one-stop-shop
numbers are refused, leading zeros lost in a spreadsheet are restored where a country has one length, a missing prefix is
taken from the customer's country, and a Swedish number must be that of the customer.

A number that passes here has the right form. Whether it is valid is for VIES to say, at the time of supply.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import stdnum.ch.uid
import stdnum.eu.vat
import stdnum.no.orgnr
from stdnum import luhn
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from sfspiris.sentences import Sentence, joined, say
from sfspiris.swedish import countries, personal_shape, text
from sfspiris.swedish.orgnr import OrgnrFinding
from sfspiris.swedish.orgnr import parse as parse_orgnr
from sfspiris.swedish.verdict import PERSONAL_ID, Finding, Problem, Verdict, rewritten

VatScheme = Literal["EU", "XI", "GB", "NO", "CH", "OSS", "OTHER"]

OTHER_LIMIT = 20
"""Longest number of a country without a known scheme that is carried: the ledger's field has 20 characters."""

_EU_PREFIXES = (countries.EU_MEMBERS - {"GR"}) | {"EL"}
_SCHEMES: dict[str, VatScheme] = {
    **dict.fromkeys(_EU_PREFIXES, "EU"),
    "XI": "XI",
    "GB": "GB",
    "NO": "NO",
    "CHE": "CH",
}
_IN_VIES = frozenset({"EU", "XI"})

# One-stop shop: EU (non-union), IM (import), IN (intermediary). They identify a scheme, never a customer.
_ONE_STOP_SHOP = re.compile(r"EU\d+|IM\d{10}|IN\d{10}")

_DIGITS_OF_ONE_LENGTH = {
    "BE": 10,
    "DK": 8,
    "EE": 9,
    "EL": 9,
    "FI": 8,
    "HR": 11,
    "HU": 8,
    "IT": 11,
    "LU": 8,
    "LV": 11,
    "MT": 8,
    "PL": 10,
    "PT": 9,
    "SI": 8,
    "SK": 10,
}
"""Countries whose numbers are digits of a single length, where lost leading zeros can be told. (The nine digits before
the B of a Dutch number are restored by the library.)"""
_MOST_LOST_ZEROS = 3

# Numbers that are, or contain, a natural person's identity number by construction.
_PERSONS: dict[str, str] = {
    "BG": r"\d{10}",
    "CZ": r"\d{9,10}",
    "ES": r"\d{8}[A-Z]|[KLMXYZ]\d{7}[A-Z]",
    "LV": r"[0-3]\d{10}",
}

_WRITABLE = re.compile(r"[0-9A-Z+*]+")
_BETWEEN = re.compile(r"[^0-9A-Z .-]+| (?:OCH|AND) ")
_FEWEST_DIGITS = 5

_SWISS = re.compile(r"(\d{9})(MWST|TVA|IVA|TPV)?")
_NORWEGIAN = re.compile(r"(\d{9})(MVA)?")
_ONE_DIGIT = re.compile(r"[A-Z]?(\d)\1*(?:[A-Z]|B\d\d)?")
_REFUSALS: dict[type[ValidationError], tuple[Problem, Sentence]] = {
    InvalidChecksum: ("check_digit", say("the check digits are wrong; they are never repaired")),
    InvalidLength: ("length", say("the number has too few or too many characters for its country")),
}
_OTHER_REFUSAL: tuple[Problem, Sentence] = (
    "characters",
    say("the number does not have the form its country uses"),
)
_PREFIX = re.compile(r"[A-Z]{2,3}")
_TEN = 10
_TEN_AND_ENDING = 12
_TWELVE_AND_ENDING = 14
_GROUP_SERIES = "66"


@dataclass(frozen=True, slots=True, kw_only=True)
class VatFinding(Finding):
    """What a VAT number field holds. `vies` says that VIES can and must confirm it; it never means that VIES did."""

    scheme: VatScheme | None
    vies: bool
    personal: bool

    @property
    def log_form(self) -> str | None:
        """What logs and reports may show: the canonical number, or a mask when it contains a person's number."""
        return PERSONAL_ID if self.personal else self.canonical


def parse(raw: text.Raw, *, country: str | None, orgnr: text.Raw, today: date) -> VatFinding:
    """The VAT number in a field.

    `country` is the customer's ISO code, or None when unknown: it supplies a missing prefix, and a prefix of another
    country is a warning. `orgnr` is the customer's Swedish organisation number, if any, to be compared with a Swedish VAT number.
    `today` is the Swedish day (see `orgnr.parse`). An empty field is held as missing; whether a number is needed at all
    depends on the supply and is for the caller to know.
    """
    raw = text.written(raw)
    typed = text.identifier(raw)
    compact = re.sub(r"[ .-]", "", typed)
    refused = _unreadable(typed, compact)
    if refused is not None:
        return refused
    expected = countries.vat_prefix(country) if country else None
    prefix, number, prefix_missing = _split(compact, expected=expected)
    if prefix is None:
        return _unprefixed(typed, country=country)
    if prefix == "SE":
        found = _swedish(number, raw=raw, orgnr=orgnr, today=today)
    else:
        found = _foreign(prefix, number, raw=raw)
    if found.canonical is None:
        return found
    if prefix_missing and prefix != "SE":
        return _warned(
            found, say("the prefix was missing; %(prefix)s is that of the customer's country", prefix=prefix)
        )
    if expected not in {None, prefix} and (expected, prefix) != ("GB", "XI"):
        return _warned(
            found, say("a number of another country (%(prefix)s) than the customer's", prefix=prefix)
        )
    return found


def is_of_a_company_abroad(typed: str) -> bool:
    """Whether a field holds a right VAT number of another country that cannot be a person's identity number as well.

    For masking: eight or nine digits of a Finnish company may read as a birth date, and are none when the country stands
    before them and the check digit is that country's. Without a prefix, with Sweden's, or when the digits would also pass
    as a Swedish person number, nothing is sure and the answer is no.
    """
    compact = re.sub(r"[ .-]", "", text.identifier(typed))
    prefix = _PREFIX.match(compact)
    if prefix is None or compact.startswith("SE"):
        return False
    found = parse(
        compact, country=None, orgnr=None, today=date.max
    )  # the day matters to Swedish numbers only
    if found.canonical is None or found.scheme in {None, "OTHER"} or found.personal:
        return False
    country = found.canonical[:2]
    body = found.canonical[2:].removeprefix("E")  # of CHE
    digits = re.sub(r"\D", "", compact)
    tens = (digits[start : start + _TEN] for start in range(len(digits) - _TEN + 1))
    could_be_swedish = any(personal_shape.is_dated(ten) and luhn.is_valid(ten) for ten in tens)
    return not could_be_swedish and not personal_shape.is_foreign_person(body, country=country)


def proposal(orgnr: OrgnrFinding) -> str | None:
    """The Swedish VAT number an organisation number would have. Only a proposal: many entities are not registered."""
    if orgnr.canonical is None or orgnr.kind == "foreign":
        return None
    return f"SE{_digits(orgnr.canonical)}01"


def _unreadable(typed: str, compact: str) -> VatFinding | None:
    """The finding for a field that holds no single number of any country."""
    if not compact:
        return _held("missing", say("there is no VAT number"))
    personal = personal_shape.in_text(typed)
    if text.is_scientific(typed):
        return _held(
            "digits_lost",
            say("a spreadsheet shortened the number to scientific notation; its digits cannot be restored"),
            personal=personal,
        )
    if _ONE_STOP_SHOP.fullmatch(compact):
        return _held(
            "scheme", say("a one-stop-shop number (OSS, IOSS) is never a customer's VAT number"), scheme="OSS"
        )
    if sum(len(re.findall(r"\d", part)) >= _FEWEST_DIGITS for part in _BETWEEN.split(typed)) > 1:
        return _held(
            "ambiguous", say("the field holds more than one number and nobody can choose"), personal=personal
        )
    if not _WRITABLE.fullmatch(compact):
        return _held("characters", say("the field contains signs that no VAT number has"), personal=personal)
    return None


def _split(compact: str, *, expected: str | None) -> tuple[str | None, str, bool]:
    """The prefix, the number after it, and whether the prefix had to be taken from the customer's country."""
    if compact.startswith("CHE"):
        return "CHE", compact[3:], False
    if compact.startswith("GR"):
        return "EL", compact[2:], False
    if compact[:2] in _SCHEMES:
        return compact[:2], compact[2:], False
    if compact.endswith("MVA"):
        return "NO", compact, False
    swiss = _SWISS.fullmatch(compact)
    if swiss and swiss[2]:
        return "CHE", compact, False
    return (expected, compact, True) if expected in _SCHEMES else (None, compact, True)


def _foreign(prefix: str, number: str, *, raw: str) -> VatFinding:
    if prefix == "NO":
        return _norwegian(number, raw=raw)
    if prefix == "CHE":
        return _swiss(number, raw=raw)
    return _european(prefix, number, raw=raw)


def _european(prefix: str, number: str, *, raw: str) -> VatFinding:
    scheme = _SCHEMES[prefix]
    try:
        body = _validated(prefix, number)
    except ValidationError as refusal:
        try:
            body = _validated(prefix, _with_lost_zeros(prefix, number))
        except ValidationError:
            problem, reason = _REFUSALS.get(type(refusal), _OTHER_REFUSAL)
            return _held(problem, reason, scheme=scheme)
    if _ONE_DIGIT.fullmatch(body):
        return _held("placeholder", say("a number of equal digits belongs to nobody"), scheme=scheme)
    canonical = prefix + body
    return VatFinding(
        verdict=rewritten(canonical, raw),
        canonical=canonical,
        reason=say("the form and check digits of a VAT number are right"),
        scheme=scheme,
        vies=scheme in _IN_VIES,
        personal=re.fullmatch(_PERSONS.get(prefix, "-"), body) is not None,
    )


def _validated(prefix: str, number: str) -> str:
    # Great Britain and Northern Ireland share their numbers; the library checks both under XI.
    return str(stdnum.eu.vat.validate(("XI" if prefix == "GB" else prefix) + number))[2:]


def _with_lost_zeros(prefix: str, number: str) -> str:
    full = _DIGITS_OF_ONE_LENGTH.get(prefix, 0)
    is_short = number.isdigit() and full - _MOST_LOST_ZEROS <= len(number) < full
    return number.zfill(full) if is_short else number


def _norwegian(number: str, *, raw: str) -> VatFinding:
    parts = _NORWEGIAN.fullmatch(number)
    if parts is None:
        return _held("length", say("a Norwegian VAT number is nine digits and MVA"), scheme="NO")
    digits, suffix = parts[1], parts[2] or ""
    if not stdnum.no.orgnr.is_valid(digits):
        return _held("check_digit", say("the check digit of the Norwegian number is wrong"), scheme="NO")
    return _outside_eu(f"NO{digits}{suffix}", raw=raw, scheme="NO", suffix=suffix)


def _swiss(number: str, *, raw: str) -> VatFinding:
    parts = _SWISS.fullmatch(number)
    if parts is None:
        return _held(
            "length", say("a Swiss VAT number is CHE, nine digits and MWST, TVA or IVA"), scheme="CH"
        )
    digits, suffix = parts[1], parts[2] or ""
    if not stdnum.ch.uid.is_valid(f"CHE{digits}"):
        return _held("check_digit", say("the check digit of the Swiss number is wrong"), scheme="CH")
    return _outside_eu(f"CHE{digits}{suffix}", raw=raw, scheme="CH", suffix=suffix)


def _outside_eu(canonical: str, *, raw: str, scheme: VatScheme, suffix: str) -> VatFinding:
    found = VatFinding(
        verdict=rewritten(canonical, raw),
        canonical=canonical,
        reason=say(
            "the form and check digit are right; the number is checked in a national register, not in VIES"
        ),
        scheme=scheme,
        vies=False,
        personal=False,
    )
    if suffix:
        return found
    return _warned(
        found,
        say("without its ending the number identifies the entity and does not say that it is VAT-registered"),
    )


def _unprefixed(typed: str, *, country: str | None) -> VatFinding:
    personal = personal_shape.in_text(typed)
    if country is None:
        return _held(
            "prefix",
            say("the number has no known country prefix and the customer's country is unknown"),
            personal=personal,
        )
    if text.length(typed) > OTHER_LIMIT:
        return _held(
            "length",
            say("a VAT number may have %(limit)s characters", limit=OTHER_LIMIT),
            scheme="OTHER",
            personal=personal,
        )
    return VatFinding(
        verdict=Verdict.WARN,
        canonical=typed,
        reason=say("no check is known for tax numbers of this country"),
        scheme="OTHER",
        vies=False,
        personal=personal,
    )


def _swedish(number: str, *, raw: str, orgnr: text.Raw, today: date) -> VatFinding:
    inner, suffix = _swedish_parts(number, prefixed=raw.strip().upper().startswith("SE"), today=today)
    own = parse_orgnr(inner, today=today)
    if own.problem is not None:
        return _held(
            own.problem,
            say("inside the VAT number: %(reason)s", reason=own.reason),
            scheme="EU",
            personal=own.personal,
        )
    if own.derived_vat is not None:
        return _held(
            "length", say("a Swedish VAT number is SE, ten digits and 01"), scheme="EU", personal=own.personal
        )
    if suffix not in {"", "01"}:
        return _held(
            "suffix",
            say("a Swedish VAT number ends in 01; older endings must be asked of VIES"),
            scheme="EU",
            personal=own.personal,
        )
    ten = _digits(own.canonical or "")
    found = VatFinding(
        verdict=rewritten(f"SE{ten}01", raw),
        canonical=f"SE{ten}01",
        reason=say("SE, the organisation number and 01"),
        scheme="EU",
        vies=True,
        personal=own.personal,
    )
    if not suffix:
        found = _warned(found, say("01 was added at the end; the number is right only if VIES knows it"))
    if own.personal:
        found = _warned(found, say("a sole trader's VAT number contains a person number"))
    if ten.startswith(_GROUP_SERIES):
        return _warned(found, say("a VAT group's number, which is not the organisation number of its member"))
    if orgnr and _digits(parse_orgnr(orgnr, today=today).canonical or "") != ten:
        return replace(
            found,
            verdict=Verdict.HOLD,
            problem="mismatch",
            vies=False,
            reason=say("the VAT number belongs to another organisation number than the customer's"),
        )
    return found


def _swedish_parts(number: str, *, prefixed: bool, today: date) -> tuple[str, str]:
    """The inner number and the ending: ten digits, or twelve with a century, and two digits or nothing.

    Twelve digits after SE are ten and an ending, as the format says, unless they begin with the 16 that only an
    organisation has; without SE they may be a person's century and ten as well.
    """
    if len(number) == _TEN_AND_ENDING:
        is_century = (
            (not prefixed or number.startswith("16"))
            and not number.endswith("01")
            and not parse_orgnr(number, today=today).is_held
        )
        return (number, "") if is_century else (number[:-2], number[-2:])
    return (number[:-2], number[-2:]) if len(number) == _TWELVE_AND_ENDING else (number, "")


def _digits(canonical: str) -> str:
    return re.sub(r"[-+]", "", canonical)


def _warned(found: VatFinding, reason: Sentence) -> VatFinding:
    """The finding, at least a warning, for this reason; a reason already given is kept beside it."""
    if found.verdict is Verdict.WARN:
        reason = joined((found.reason, reason), "; ")
    return replace(found, verdict=max(found.verdict, Verdict.WARN), reason=reason)


def _held(
    problem: Problem, reason: Sentence, *, scheme: VatScheme | None = None, personal: bool = False
) -> VatFinding:
    return VatFinding(
        verdict=Verdict.HOLD,
        canonical=None,
        reason=reason,
        problem=problem,
        scheme=scheme,
        vies=False,
        personal=personal,
    )
