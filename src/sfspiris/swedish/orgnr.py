"""Organisation numbers, and the person, co-ordination and GD numbers that sole traders have instead.

Shape (act 1974:174; oid-base.com 1.3.7): ten digits shown NNNNNN-NNNN, the last a Luhn check over the first nine, the
third 2 or higher for a legal entity so that the number never looks like a birth date. Authorities' files prefix 16 to
a legal entity's number and the century (18, 19, 20) to a person's. The first digit (gruppnummer) is a hint only: legal
form and VAT status are never derived from it.

A sole trader's number is personal data (dataskyddslagen 2018:218, 3 kap. 10 §). Whether a number is personal is decided
from its shape, before the check digit, so that a mistyped one is masked too. Reasons never contain the number.

The arithmetic is python-stdnum's; its gaps (placeholders, third digit, series, 16 prefix, co-ordination numbers, plus
signs, birth dates to come) are closed here.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from stdnum import luhn

from sfspiris.sentences import Sentence, say
from sfspiris.swedish import personal_shape, text
from sfspiris.swedish.legal_forms import says_legal_entity
from sfspiris.swedish.verdict import PERSONAL_ID, Finding, Problem, Verdict, rewritten

OrgnrKind = Literal["legal_entity", "personnummer", "samordningsnummer", "gd_nummer", "foreign", "unknown"]

FOREIGN_LIMIT = 20
"""Longest registration number of another country that is carried: the ledger's field has 20 characters."""

_PLACEHOLDERS = frozenset({"5566778899", "1234567897", "1212121212"})
"""Sample numbers everybody types that pass the check digit. Ten equal digits are placeholders as well."""

_PUBLIC_SERIES = ("202100", "212000", "222000", "232100")
"""State, municipality, municipal federation, region. The Church of Sweden (252002) shows that digit 2 is not enough."""

_RARE_SERIES = {
    "1": say("series 1 (estates) is rare for a customer"),
    "3": say("series 3 (foreign companies) is rare"),
    "6": say("series 6 (simple partnerships, VAT groups) is rare"),
}
_UNUSED_SERIES = ("0", "4")

_GD_SERIES = "302"

_CENTURIES = ("18", "19", "20")
_SWEDISH_ABROAD = re.compile(r"\d{6}-\d{4}|SE ?\d{6}[- ]?\d{4} ?01|16\d{6}-?\d{4}")
_BODY = re.compile(r"[\d +-]*|\d{6}\.\d{4}")
_NUMBER = re.compile(r"\d{6}[ .+-]{0,3}\d{4}")
_TEN = 10
_TWELVE = 12  # with a century or 16 in front, or a VAT number's 01 behind
_FOURTEEN = 14  # with both
_COORDINATION_OFFSET = 60
_AGE_OF_PLUS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgnrFinding(Finding):
    """What an organisation number field holds.

    `canonical` is NNNNNN-NNNN (NNNNNN+NNNN from the year a person turns 100), or a registration number of another
    country as it is written there. `canonical12` is set for persons only and is as personal as the number itself.
    `derived_vat` is set only when a Swedish VAT number was typed in this field; VIES has not seen it.
    `is_public_sector` says that the number lies in the series of state, regions and municipalities.
    """

    kind: OrgnrKind
    personal: bool
    canonical12: str | None = None
    derived_vat: str | None = None
    is_public_sector: bool = False

    @property
    def log_form(self) -> str | None:
        """What logs and reports may show: the canonical number, or a mask for anything shaped like a person's."""
        return PERSONAL_ID if self.personal else self.canonical


def parse(raw: text.Raw, *, today: date, country: str = "SE") -> OrgnrFinding:
    """What the field holds, judged by every rule that needs nothing but the number.

    `today` is the Swedish day: it tells a hundred-year-old's plus sign and a birth date to come. `country` is the ISO
    code of the customer's country; abroad, the field may be empty or hold that country's own registration number.
    Whether the number is the seller's own is for the caller to compare.
    """
    raw = text.written(raw)
    typed = text.identifier(raw)
    if country != "SE":
        return _abroad(typed, raw=raw, today=today, country=country)
    if not typed:
        return _held("missing", say("a Swedish business customer needs an organisation number"))
    if text.is_scientific(typed):
        return _held(
            "digits_lost",
            say("a spreadsheet shortened the number to scientific notation; its digits cannot be restored"),
            personal=personal_shape.in_text(typed),
        )
    return _judged(typed, raw=raw, today=today)


def contradicts_name(finding: OrgnrFinding, name: str) -> bool:
    """Whether a person's number stands under a name that only a legal entity can have, such as one ending in AB."""
    return finding.personal and says_legal_entity(name)


def _judged(typed: str, *, raw: str, today: date) -> OrgnrFinding:
    found = _read(typed, today=today)
    if found.canonical is None:
        return found
    return replace(found, verdict=max(found.verdict, rewritten(found.canonical, raw)))


def _read(typed: str, *, today: date) -> OrgnrFinding:
    """The finding for a cleaned, non-empty Swedish field, as if it had been typed canonically."""
    personal = personal_shape.in_text(typed)
    if len(_NUMBER.findall(typed)) > 1:
        return _held(
            "ambiguous", say("the field holds more than one number and nobody can choose"), personal=personal
        )
    has_prefix = typed.startswith("SE")
    body = typed.removeprefix("SE").strip(" -")
    if not _BODY.fullmatch(body):
        return _held(
            "characters",
            say("the number contains letters or signs; digits are never guessed from letters"),
            personal=personal,
        )
    digits = re.sub(r"\D", "", body)
    readings = _readings(digits, plus="+" in body, today=today)
    sound = [reading for reading in readings if not reading.is_held]
    if readings:
        # Two readings of twelve digits can both be sound only for 19: a person whose number ends in 01, or an estate's
        # VAT number. Without SE in front it is the person, who is both likelier and to be masked.
        return (sound[-1] if has_prefix else sound[0]) if sound else readings[0]
    if has_prefix and len(digits) == _TWELVE:
        return _held(
            "suffix",
            say("a Swedish VAT number ends in 01; ask for the organisation number"),
            personal=personal,
        )
    return _held("length", say("an organisation number has ten digits"), personal=personal)


def _readings(digits: str, *, plus: bool, today: date) -> list[OrgnrFinding]:
    """Every way the digits can be read, the one as a VAT number last."""
    readings = (
        _read_ten(digits, century=None, plus=plus, today=today),
        _read_century(digits, plus=plus, today=today),
        _read_vat(digits, today=today),
    )
    return [reading for reading in readings if reading is not None]


def _read_vat(digits: str, *, today: date) -> OrgnrFinding | None:
    """The reading as a VAT number without its SE: ten (or century and ten) digits and 01."""
    if len(digits) not in {_TWELVE, _FOURTEEN} or not digits.endswith("01"):
        return None
    inner = digits[:-2]
    found = _read_ten(inner, century=None, plus=False, today=today) or _read_century(
        inner, plus=False, today=today
    )
    if found is None or found.canonical is None:
        return found
    ten = re.sub(r"\D", "", found.canonical)
    return replace(
        found, derived_vat=f"SE{ten}01", reason=say("a Swedish VAT number; %(reason)s", reason=found.reason)
    )


def _read_century(digits: str, *, plus: bool, today: date) -> OrgnrFinding | None:
    """The reading as authorities' twelve digits: 16 and a legal entity, or a century and a person."""
    if len(digits) != _TWELVE or digits[:2] not in ("16", *_CENTURIES):
        return None
    prefix, ten = digits[:2], digits[2:]
    if _is_placeholder(ten) or ten.startswith(_GD_SERIES):
        return _read_ten(ten, century=None, plus=plus, today=today)
    is_entity = ten[2] >= "2"
    if (prefix == "16") != is_entity:
        return _held(
            "ambiguous",
            say(
                "the two leading digits announce a legal entity and the rest a person, or the other way round"
            ),
            personal=personal_shape.is_dated(ten) or not is_entity,
        )
    return _read_ten(ten, century=None if is_entity else int(prefix), plus=plus, today=today)


def _read_ten(ten: str, *, century: int | None, plus: bool, today: date) -> OrgnrFinding | None:
    if len(ten) != _TEN:
        return None
    personal = personal_shape.is_dated(ten) or century is not None
    if _is_placeholder(ten):
        return _held(
            "placeholder",
            say("a placeholder or well-known sample number belongs to nobody"),
            personal=personal,
        )
    if ten.startswith(_GD_SERIES):
        return _held(
            "gd_nummer",
            say("numbers from 302 are the companies register's identities for natural persons (GD-nummer)"),
            personal=True,
            kind="gd_nummer",
        )
    if ten[2] in "01":
        return _read_person(ten, century=century, plus=plus, today=today, personal=personal)
    if plus:
        return _held(
            "characters",
            say("a plus sign belongs to a person born over a hundred years ago, not to a legal entity"),
        )
    return _read_entity(ten)


def _is_placeholder(ten: str) -> bool:
    return len(set(ten)) == 1 or ten in _PLACEHOLDERS


def _read_entity(ten: str) -> OrgnrFinding:
    if not luhn.is_valid(ten):
        return _held("check_digit", say("the check digit is wrong; it is never repaired"))
    if ten.startswith(_UNUSED_SERIES):
        return _held("series", say("no organisation number starts with this digit"))
    rare = _RARE_SERIES.get(ten[0])
    return OrgnrFinding(
        verdict=Verdict.ACCEPT if rare is None else Verdict.WARN,
        canonical=f"{ten[:6]}-{ten[6:]}",
        reason=rare or say("an organisation number with a right check digit"),
        kind="legal_entity",
        personal=False,
        is_public_sector=ten.startswith(_PUBLIC_SERIES),
    )


def _read_person(ten: str, *, century: int | None, plus: bool, today: date, personal: bool) -> OrgnrFinding:
    if not personal_shape.is_dated(ten):
        return _held(
            "third_digit",
            say("the third digit rules out a legal entity and the date rules out a person"),
            personal=personal,
        )
    if not luhn.is_valid(ten):
        return _held(
            "check_digit",
            say("the check digit of a person's number is wrong; it is never repaired"),
            personal=True,
        )
    year = _birth_year(int(ten[:2]), century=century, plus=plus, today=today)
    is_over_hundred = today.year - year >= _AGE_OF_PLUS
    if plus and not is_over_hundred:
        return _held(
            "ambiguous", say("the plus sign and the birth year contradict each other"), personal=True
        )
    month, day = int(ten[2:4]), int(ten[4:6])
    is_coordination = day >= _COORDINATION_OFFSET
    if not _has_come(year, month, day % _COORDINATION_OFFSET, today=today):
        return _held("date", say("the birth date does not exist or is still to come"), personal=True)
    return OrgnrFinding(
        verdict=Verdict.WARN,
        canonical=f"{ten[:6]}{'+' if is_over_hundred else '-'}{ten[6:]}",
        reason=say("a natural person's number: right for a sole trader, and personal data"),
        kind="samordningsnummer" if is_coordination else "personnummer",
        personal=True,
        canonical12=f"{year // 100:02d}{ten}",
    )


def _birth_year(two_digits: int, *, century: int | None, plus: bool, today: date) -> int:
    """The year of birth: as written, or the latest year not after this one, a century earlier with a plus sign."""
    if century is not None:
        return century * 100 + two_digits
    latest = today.year - (today.year - two_digits) % 100
    return latest - _AGE_OF_PLUS if plus else latest


def _has_come(year: int, month: int, day: int, *, today: date) -> bool:
    """Whether the date exists and is not after today. Co-ordination numbers may lack a known month or day (0)."""
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return False
    return (year, month, day) <= (today.year, today.month, today.day)


def _abroad(typed: str, *, raw: str, today: date, country: str) -> OrgnrFinding:
    if not typed:
        return OrgnrFinding(
            verdict=Verdict.ACCEPT,
            canonical=None,
            reason=say("a customer abroad needs no Swedish organisation number"),
            kind="unknown",
            personal=False,
        )
    if personal_shape.is_foreign_person(typed, country=country):
        return _held(
            "personal", say("the number has the shape of a natural person's identity number"), personal=True
        )
    if text.is_scientific(typed):
        return _held("digits_lost", say("a spreadsheet shortened the number; its digits cannot be restored"))
    if _SWEDISH_ABROAD.fullmatch(typed):
        found = _judged(typed, raw=raw, today=today)
        if found.kind == "legal_entity":
            return replace(
                found,
                verdict=Verdict.WARN,
                reason=say("a Swedish organisation number on a customer in another country"),
            )
    if text.length(typed) > FOREIGN_LIMIT:
        return _held(
            "length",
            say(
                "a registration number of another country may have %(limit)s characters",
                limit=FOREIGN_LIMIT,
            ),
        )
    return OrgnrFinding(
        verdict=rewritten(typed, raw),
        canonical=typed,
        reason=say("a registration number of another country; its check digit is not known here"),
        kind="foreign",
        personal=False,
    )


def _held(
    problem: Problem, reason: Sentence, *, personal: bool = False, kind: OrgnrKind = "unknown"
) -> OrgnrFinding:
    return OrgnrFinding(
        verdict=Verdict.HOLD, canonical=None, reason=reason, problem=problem, kind=kind, personal=personal
    )
