"""Who is to be invoiced: number, VAT number, country and address of a buyer, checked before anything is written.

The rules are those of `sfspiris.swedish`; each names its source there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.model import Customer
from sfspiris.core.planning.findings import Findings, fitted, named, record, too_long
from sfspiris.sentences import say
from sfspiris.swedish import countries, orgnr, personal_shape, postal, text, vat_numbers
from sfspiris.swedish.verdict import PERSONAL_ID, Verdict

if TYPE_CHECKING:
    from datetime import date

    from sfspiris.core.model import Buyer
    from sfspiris.core.policy import CompanyPolicy
    from sfspiris.sentences import Sentence

HOME: Final = "SE"


def screen_buyer(
    buyer: Buyer, company: CompanyPolicy, currency: str, found: Findings, *, today: date
) -> tuple[Customer | None, bool]:
    """The customer as it would be written, or None when a hold was found; and whether Swedish VAT is charged."""
    limits = company.capabilities
    name = fitted(buyer.name, limits.name_length, "name", found)
    if name is None and not found.holds:
        found.hold(
            HoldCode.CUSTOMER_NAME_MISSING,
            say("The %(record)s has no name.", record=record(buyer)),
            say("Fill in the name of the %(record)s in Salesforce.", record=record(buyer)),
            about="name",
        )
    country = _country(buyer, found, today=today)
    who = _person_number if buyer.is_person else _orgnr
    number = who(buyer, country, company, found, today=today)
    vat = _vat_number(buyer, country, number, found, today=today)
    address = _address(buyer, country, company, found)
    email = fitted(buyer.email, limits.email_length, "email", found)
    phone = fitted(buyer.phone, limits.phone_length, "phone", found)
    if found.holds or name is None or country is None or address is None:
        return None, True
    customer = Customer(
        name=name,
        postal_code=address.postal_code,
        city=address.city,
        country=country.iso2,
        currency=currency,
        orgnr=number.canonical,
        vat_number=vat.canonical or number.vat,
        address1=address.lines[0] if address.lines else None,
        address2=address.lines[1] if len(address.lines) > 1 else None,
        email=email,
        phone=phone,
        is_private=buyer.is_person,
        is_personal=buyer.is_person or number.personal or vat.personal,
    )
    return customer, country.iso2 == HOME


_SWISS_LENGTH: Final = len("CHE123456789")


@dataclass(frozen=True, slots=True)
class _Country:
    iso2: str
    eu_vat_area: bool


@dataclass(frozen=True, slots=True)
class _Number:
    canonical: str | None
    personal: bool = False
    vat: str | None = None  # the VAT number that was typed in the field of the organisation number


@dataclass(frozen=True, slots=True)
class _Address:
    lines: tuple[str, ...]
    postal_code: str
    city: str


def _country(buyer: Buyer, found: Findings, *, today: date) -> _Country | None:
    raw = text.one_line(buyer.country or "")
    if not raw:
        if buyer.orgnr and orgnr.parse(buyer.orgnr, today=today).canonical:
            found.warn(
                WarningCode.COUNTRY_ASSUMED,
                say(
                    "%(buyer)s has no country; its Swedish organisation number says Sweden.",
                    buyer=named(buyer),
                ),
            )
            return _Country(HOME, eu_vat_area=True)
        found.hold(
            HoldCode.CUSTOMER_ADDRESS_INCOMPLETE,
            say("%(buyer)s has no country.", buyer=named(buyer)),
            say("Fill in the country of the %(address)s.", address=_address_of(buyer)),
            about="country",
        )
        return None
    parsed = countries.parse(raw)
    if parsed.iso2 is None:
        found.hold(
            HoldCode.COUNTRY_UNKNOWN,
            say("“%(raw)s” on %(buyer)s is no country that we know.", raw=raw, buyer=named(buyer)),
            say("Write the country as a two-letter code or by its Swedish or English name."),
            about="country",
            value=raw,
        )
        return None
    if parsed.verdict is Verdict.WARN:
        found.warn(
            WarningCode.TERRITORY,
            say("%(buyer)s: %(reason)s", buyer=named(buyer), reason=_sentence(parsed.reason)),
        )
    return _Country(parsed.iso2, eu_vat_area=bool(parsed.eu_vat_area))


_ORGNR_CODES = {"missing": HoldCode.ORGNR_MISSING, "placeholder": HoldCode.ORGNR_PLACEHOLDER}


def _orgnr(
    buyer: Buyer, country: _Country | None, company: CompanyPolicy, found: Findings, *, today: date
) -> _Number:
    raw = text.one_line(buyer.orgnr or "")
    if country is None:
        return _Number(None)
    at_home = country.iso2 == HOME
    parsed = orgnr.parse(raw, today=today, country=country.iso2)
    # Abroad a Swedish person's number is just another registration number; it is masked there all the same.
    is_masked = parsed.personal or (parsed.kind == "foreign" and personal_shape.in_text(text.identifier(raw)))
    shown = (PERSONAL_ID if is_masked else raw) or None
    if parsed.verdict is Verdict.HOLD or (at_home and parsed.canonical is None):
        code = _ORGNR_CODES.get(parsed.problem or "missing", HoldCode.ORGNR_INVALID)
        if not at_home and parsed.problem == "length":
            code = HoldCode.FIELD_TOO_LONG
        found.hold(
            code,
            say("%(buyer)s has no organisation number.", buyer=named(buyer))
            if code is HoldCode.ORGNR_MISSING
            else say(
                "The organisation number of %(buyer)s cannot be right: %(reason)s",
                buyer=named(buyer),
                reason=_sentence(parsed.reason),
            ),
            say(
                "Look the company up (for instance at bolagsverket.se) and correct the number on the account."
            ),
            about="orgnr",
            value=shown,
        )
        return _Number(None, is_masked)
    is_contradiction = orgnr.contradicts_name(parsed, buyer.name)
    if is_contradiction:
        found.hold(
            HoldCode.ORGNR_INVALID,
            say(
                "%(buyer)s has the name of a company, but a person's number as its organisation number.",
                buyer=named(buyer),
            ),
            say("Correct the organisation number on the account, or its name."),
            about="orgnr",
            value=shown,
        )
    if at_home and _digits(parsed.canonical or "") == company.orgnr:
        found.hold(
            HoldCode.ORGNR_IS_OURS,
            say(
                "%(buyer)s carries the organisation number of the invoicing company itself.",
                buyer=named(buyer),
            ),
            say(
                "Correct the organisation number on the account, or the route that sends the deal to this company."
            ),
            about="orgnr",
            value=shown,
        )
    if parsed.verdict is Verdict.WARN and not parsed.personal:
        found.warn(
            WarningCode.ORGNR_UNUSUAL,
            say("%(buyer)s: %(reason)s", buyer=named(buyer), reason=_sentence(parsed.reason)),
        )
    if parsed.personal and parsed.canonical and not is_contradiction:
        found.warn(
            WarningCode.ORGNR_PERSONAL,
            say(
                "%(buyer)s is a sole trader, whose personal number is its organisation number. Only the customer in "
                "%(ledger)s gets it.",
                buyer=named(buyer),
                ledger=company.ledger,
            ),
        )
    typed_vat = parsed.derived_vat if at_home and not text.one_line(buyer.vat_number or "") else None
    return _Number(parsed.canonical, is_masked, typed_vat)


def _person_number(
    buyer: Buyer, country: _Country | None, company: CompanyPolicy, found: Findings, *, today: date
) -> _Number:
    """A consumer's personal number, if the CRM has it: none is needed unless the operator wants one.

    Dataskyddslagen (2018:218) 3 kap. 10 §: such a number is used only where it is clearly needed, so it is never asked for
    by default, and its digits stand nowhere but in the customer.
    """
    raw = text.one_line(buyer.personal_number or buyer.orgnr or "")
    if country is None:
        return _Number(None, personal=True)
    if not raw:
        if company.needs_personal_numbers and country.iso2 == HOME:
            found.hold(
                HoldCode.ORGNR_MISSING,
                say("%(buyer)s is a private person without a personal number.", buyer=named(buyer)),
                say(
                    "Fill it in on the %(record)s, or let [companies.…] personal_numbers be optional.",
                    record=record(buyer),
                ),
                about="personal_number",
            )
        return _Number(None, personal=True)
    if country.iso2 != HOME:  # a Swedish register's number means nothing there
        return _Number(None, personal=True)
    parsed = orgnr.parse(raw, today=today, country=country.iso2)
    if parsed.canonical is None or parsed.verdict is Verdict.HOLD or not parsed.personal:
        found.hold(
            HoldCode.ORGNR_INVALID,
            say(
                "%(buyer)s is a private person, and the number in the field is no personal number.",
                buyer=named(buyer),
            ),
            say("Correct the number on the %(record)s, or take it away.", record=record(buyer)),
            about="personal_number",
            value=PERSONAL_ID,
        )
        return _Number(None, personal=True)
    return _Number(parsed.canonical, personal=True)


def _vat_number(
    buyer: Buyer, country: _Country | None, number: _Number, found: Findings, *, today: date
) -> _Number:
    raw = text.one_line(buyer.vat_number or "")
    if country is None:
        return _Number(None)
    if not raw:
        if country.eu_vat_area and country.iso2 != HOME and not buyer.is_person:
            found.hold(
                HoldCode.VAT_TREATMENT_UNCLEAR,
                say(
                    "%(buyer)s is in another EU country and has no VAT number, so the VAT cannot be decided.",
                    buyer=named(buyer),
                ),
                say(
                    "Fill in the buyer's VAT number on the account (without one, Swedish VAT is a person's choice)."
                ),
                about="vat_number",
            )
        return _Number(None)
    swedish_orgnr = number.canonical if country.iso2 == HOME else None
    parsed = vat_numbers.parse(raw, country=country.iso2, orgnr=swedish_orgnr, today=today)
    shown = PERSONAL_ID if parsed.personal or number.personal else raw
    if parsed.verdict is Verdict.HOLD:
        code = HoldCode.VAT_NUMBER_MISMATCH if parsed.problem == "mismatch" else HoldCode.VAT_NUMBER_INVALID
        found.hold(
            code,
            say(
                "The VAT number of %(buyer)s cannot be used: %(reason)s",
                buyer=named(buyer),
                reason=_sentence(parsed.reason),
            ),
            say("Check the number with the buyer or in VIES and correct it on the account."),
            about="vat_number",
            value=shown,
        )
        return _Number(None, parsed.personal)
    if parsed.verdict is Verdict.WARN and not parsed.personal:
        found.warn(
            WarningCode.VAT_NUMBER_UNCONFIRMED,
            say("%(buyer)s: %(reason)s", buyer=named(buyer), reason=_sentence(parsed.reason)),
        )
    # One Swiss company may end its number in MWST, TVA or IVA, after its language; what says who it is stands before that.
    canonical = (
        parsed.canonical[:_SWISS_LENGTH] if parsed.scheme == "CH" and parsed.canonical else parsed.canonical
    )
    return _Number(canonical, parsed.personal)


def _address(
    buyer: Buyer, country: _Country | None, company: CompanyPolicy, found: Findings
) -> _Address | None:
    limits = company.capabilities
    lines = _street_lines(buyer.street or "", limits.address_length, found)
    city = fitted(buyer.city, limits.city_length, "city", found)
    raw_code = text.one_line(buyer.postal_code or "")
    missing = [what for what, value in (("postal_code", raw_code), ("city", city)) if not value and country]
    if missing:
        found.hold(
            HoldCode.CUSTOMER_ADDRESS_INCOMPLETE,
            say(
                "%(buyer)s has no postal code and no city."
                if len(missing) > 1
                else "%(buyer)s has no postal code."
                if "postal_code" in missing
                else "%(buyer)s has no city.",
                buyer=named(buyer),
            ),
            say(
                "Complete the %(address)s; %(ledger)s takes no customer without postal code and city.",
                address=_address_of(buyer),
                ledger=company.ledger,
            ),
            about=missing[0],
        )
    if not raw_code or country is None:
        return None
    parsed = postal.parse(raw_code, country=country.iso2)
    if parsed.canonical is None or parsed.verdict is Verdict.HOLD:
        found.hold(
            HoldCode.POSTAL_CODE_INVALID,
            say(
                "“%(code)s” on %(buyer)s is no postal code in %(country)s: %(reason)s",
                code=raw_code,
                buyer=named(buyer),
                country=country.iso2,
                reason=_sentence(parsed.reason),
            ),
            say("Correct the postal code of the %(address)s.", address=_address_of(buyer)),
            about="postal_code",
            value=raw_code,
        )
        return None
    if text.length(parsed.canonical) > limits.postal_code_length:
        too_long(found, "postal_code", parsed.canonical, limits.postal_code_length)
        return None
    if parsed.verdict is Verdict.WARN:
        code = WarningCode.TERRITORY if parsed.territory else WarningCode.POSTAL_CODE_REPAIRED
        found.warn(code, say("%(buyer)s: %(reason)s", buyer=named(buyer), reason=_sentence(parsed.reason)))
    return _Address(lines, parsed.canonical, city) if city else None


def _street_lines(street: str, limit: int, found: Findings) -> tuple[str, ...]:
    """At most two lines: the first as it stands, the others joined on the second."""
    lines = [line for raw in street.splitlines() if (line := text.one_line(raw))]
    fitted = (lines[0], ", ".join(lines[1:])) if len(lines) > 1 else tuple(lines)
    for line in fitted:
        if text.length(line) > limit:
            too_long(found, "street", line, limit)
    return fitted


def _address_of(buyer: Buyer) -> Sentence:
    """Where the buyer's address stands, as a message calls it."""
    return say("mailing address on the contact" if buyer.is_contact else "billing address on the account")


def _sentence(reason: Sentence) -> Sentence:
    """A reason with its full stop."""
    return reason if reason.endswith((".", "!", "?")) else say("%(reason)s.", reason=reason)


def _digits(value: str) -> str:
    return "".join(one for one in value if one.isdigit())
