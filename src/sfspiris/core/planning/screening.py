"""What can be judged from the Deal alone, before any ledger is asked.

A Deal either comes out `Screened`, with every value in the form in which it will be written, or with the holds that
stop it. All findings are gathered, so that whoever owns the Deal can mend everything at once.
The rules on numbers, addresses and lengths are those of `sfspiris.swedish`; each names its source there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.model import Customer
from sfspiris.core.money import ZERO, Money, decimals_of, plain
from sfspiris.core.routing import route
from sfspiris.swedish import countries, orgnr, postal, rounding, text, vat_numbers
from sfspiris.swedish.verdict import Verdict

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.model import Buyer, Deal, DealLine
    from sfspiris.core.policy import CompanyPolicy, Policy

HOME = "SE"
_PERSONAL = "[personal-id]"


@dataclass(frozen=True, slots=True)
class ScreenedLine:
    """One line whose numbers fit the ledger. `net` is after discount, to the öre; `discount` a fraction."""

    article: str | None
    family: str | None
    text: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Screened:
    """A Deal that may be invoiced as far as the CRM's own data tell."""

    deal: Deal
    company: CompanyPolicy
    customer: Customer
    customer_number: str | None
    lines: tuple[ScreenedLine, ...]
    currency: str
    net: Decimal
    charges_vat: bool  # Swedish VAT applies to this buyer; else the buyer accounts for it or it is an export
    payment_terms_days: int | None
    your_reference: str | None
    our_reference: str | None
    purchase_order: str | None


@dataclass(slots=True)
class Findings:
    """Collects what was found about one Deal while its rules run."""

    deal: Deal
    policy: Policy
    company: CompanyPolicy | None = None
    holds: list[Hold] = field(default_factory=list)
    warnings: list[Warn] = field(default_factory=list)

    def hold(
        self, code: HoldCode, message: str, fix: str, *, about: str | None = None, value: str | None = None
    ) -> None:
        """Note a reason to leave the Deal alone. `about` is our name of the field; the CRM's name is what is shown."""
        self.holds.append(
            Hold(
                deal_id=self.deal.id,
                deal_name=text.one_line(self.deal.name),
                company=self.company.key if self.company else None,
                code=code,
                message=message,
                fix=fix,
                field=self.policy.crm_field(about) if about else None,
                value=value,
                owner=self.deal.owner_name,
            )
        )

    def warn(self, code: WarningCode, message: str) -> None:
        """Note something that a person should see though the Deal passes."""
        self.warnings.append(Warn(code, message, self.deal.id))


def screen(deal: Deal, policy: Policy, *, today: date) -> tuple[Screened | None, Findings]:
    """The Deal in the form in which it may be invoiced, or None when a hold stops it; and all findings.

    `today` is a Swedish day.
    """
    found = Findings(deal, policy)
    company = found.company = route(deal, policy)
    if deal.buyer is None:
        found.hold(
            HoldCode.CUSTOMER_MISSING,
            "The deal has no account, so there is nobody to invoice.",
            "Choose the account on the opportunity in Salesforce.",
            about="buyer",
        )
        return None, found
    if company is None:
        found.hold(
            HoldCode.NO_ROUTE,
            f"No route sends the deal of {_named(deal.buyer)} to a company: "
            + (_route_values(deal) or "no route has a condition that it meets")
            + ".",
            "Fill in the account's country, or add a route for such deals to the configuration.",
            about="country",
        )
        return None, found

    currency = deal.currency or company.currency
    customer, charges_vat = _customer(deal.buyer, company, currency, found, today=today)
    abroad = customer is not None and customer.country != HOME
    lines = _lines(deal, company, found, foreign=abroad or currency != company.currency)
    terms = _terms(deal, found)
    references = {
        name: _fitted(getattr(deal, name), limit, name, found)
        for name, limit in (
            ("your_reference", company.capabilities.reference_length),
            ("our_reference", company.capabilities.reference_length),
            ("purchase_order", company.capabilities.purchase_order_length),
        )
    }
    if found.holds or customer is None:
        return None, found
    screened = Screened(
        deal=deal,
        company=company,
        customer=customer,
        customer_number=(deal.buyer.customer_number or "").strip() or None,
        lines=lines,
        currency=currency,
        net=sum((line.net for line in lines), ZERO),
        charges_vat=charges_vat,
        payment_terms_days=terms,
        **references,
    )
    return screened, found


# --- the buyer -----------------------------------------------------------------------------------------------------


def _customer(
    buyer: Buyer, company: CompanyPolicy, currency: str, found: Findings, *, today: date
) -> tuple[Customer | None, bool]:
    limits = company.capabilities
    name = _fitted(buyer.name, limits.name_length, "name", found)
    if name is None and not found.holds:
        found.hold(
            HoldCode.CUSTOMER_NAME_MISSING,
            "The account has no name.",
            "Fill in the account's name in Salesforce.",
            about="name",
        )
    country = _country(buyer, found, today=today)
    number = _orgnr(buyer, country, company, found, today=today)
    vat = _vat_number(buyer, country, number, found, today=today)
    address = _address(buyer, country, company, found)
    email = _fitted(buyer.email, limits.email_length, "email", found)
    phone = _fitted(buyer.phone, limits.phone_length, "phone", found)
    if found.holds or name is None or country is None or address is None:
        return None, True
    customer = Customer(
        name=name,
        postal_code=address.postal_code,
        city=address.city,
        country=country.iso2,
        currency=currency,
        orgnr=number.canonical,
        vat_number=vat,
        address1=address.lines[0] if address.lines else None,
        address2=address.lines[1] if len(address.lines) > 1 else None,
        email=email,
        phone=phone,
        is_personal=number.personal,
    )
    return customer, country.iso2 == HOME


@dataclass(frozen=True, slots=True)
class _Country:
    iso2: str
    eu_vat_area: bool


@dataclass(frozen=True, slots=True)
class _Number:
    canonical: str | None
    personal: bool = False


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
                f"{_named(buyer)} has no country; its Swedish organisation number says Sweden.",
            )
            return _Country(HOME, eu_vat_area=True)
        found.hold(
            HoldCode.CUSTOMER_ADDRESS_INCOMPLETE,
            f"{_named(buyer)} has no country.",
            "Fill in the country of the billing address on the account.",
            about="country",
        )
        return None
    parsed = countries.parse(raw)
    if parsed.iso2 is None:
        found.hold(
            HoldCode.COUNTRY_UNKNOWN,
            f"“{raw}” on {_named(buyer)} is no country that we know.",
            "Write the country as a two-letter code or by its Swedish or English name.",
            about="country",
            value=raw,
        )
        return None
    if parsed.verdict is Verdict.WARN:
        found.warn(WarningCode.TERRITORY, f"{_named(buyer)}: {_sentence(parsed.reason)}")
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
    shown = (_PERSONAL if parsed.personal else raw) or None
    if parsed.verdict is Verdict.HOLD or (at_home and parsed.canonical is None):
        code = _ORGNR_CODES.get(parsed.problem or "missing", HoldCode.ORGNR_INVALID)
        if not at_home and parsed.problem == "length":
            code = HoldCode.FIELD_TOO_LONG
        found.hold(
            code,
            f"{_named(buyer)} has no organisation number."
            if code is HoldCode.ORGNR_MISSING
            else f"The organisation number of {_named(buyer)} cannot be right: {_sentence(parsed.reason)}",
            "Look the company up (for instance at bolagsverket.se) and correct the number on the account.",
            about="orgnr",
            value=shown,
        )
        return _Number(None, parsed.personal)
    if orgnr.contradicts_name(parsed, buyer.name):
        found.hold(
            HoldCode.ORGNR_INVALID,
            f"{_named(buyer)} has the name of a company, but a person's number as its organisation number.",
            "Correct the organisation number on the account, or its name.",
            about="orgnr",
            value=shown,
        )
    if at_home and _digits(parsed.canonical or "") == company.orgnr:
        found.hold(
            HoldCode.ORGNR_IS_OURS,
            f"{_named(buyer)} carries the organisation number of the invoicing company itself.",
            "Correct the organisation number on the account, or the route that sends the deal to this company.",
            about="orgnr",
            value=shown,
        )
    if parsed.verdict is Verdict.WARN and not parsed.personal:
        found.warn(WarningCode.ORGNR_UNUSUAL, f"{_named(buyer)}: {_sentence(parsed.reason)}")
    return _Number(parsed.canonical, parsed.personal)


def _vat_number(
    buyer: Buyer, country: _Country | None, number: _Number, found: Findings, *, today: date
) -> str | None:
    raw = text.one_line(buyer.vat_number or "")
    if country is None:
        return None
    if not raw:
        if country.eu_vat_area and country.iso2 != HOME:
            found.hold(
                HoldCode.VAT_TREATMENT_UNCLEAR,
                f"{_named(buyer)} is in another EU country and has no VAT number, so the VAT cannot be decided.",
                "Fill in the buyer's VAT number on the account (without one, Swedish VAT is a person's choice).",
                about="vat_number",
            )
        return None
    swedish_orgnr = number.canonical if country.iso2 == HOME else None
    parsed = vat_numbers.parse(raw, country=country.iso2, orgnr=swedish_orgnr, today=today)
    shown = _PERSONAL if parsed.personal or number.personal else raw
    if parsed.verdict is Verdict.HOLD:
        code = HoldCode.VAT_NUMBER_MISMATCH if parsed.problem == "mismatch" else HoldCode.VAT_NUMBER_INVALID
        found.hold(
            code,
            f"The VAT number of {_named(buyer)} cannot be used: {_sentence(parsed.reason)}",
            "Check the number with the buyer or in VIES and correct it on the account.",
            about="vat_number",
            value=shown,
        )
        return None
    if parsed.verdict is Verdict.WARN and not parsed.personal:
        found.warn(WarningCode.VAT_NUMBER_UNCONFIRMED, f"{_named(buyer)}: {_sentence(parsed.reason)}")
    return parsed.canonical


def _address(
    buyer: Buyer, country: _Country | None, company: CompanyPolicy, found: Findings
) -> _Address | None:
    limits = company.capabilities
    lines = _street_lines(buyer.street or "", limits.address_length, found)
    city = _fitted(buyer.city, limits.city_length, "city", found)
    raw_code = text.one_line(buyer.postal_code or "")
    missing = [what for what, value in (("postal_code", raw_code), ("city", city)) if not value and country]
    if missing:
        found.hold(
            HoldCode.CUSTOMER_ADDRESS_INCOMPLETE,
            f"{_named(buyer)} has no {' and no '.join(what.replace('_', ' ') for what in missing)}.",
            f"Complete the billing address on the account; {company.ledger} takes no customer without postal code and city.",
            about=missing[0],
        )
    if not raw_code or country is None:
        return None
    parsed = postal.parse(raw_code, country=country.iso2)
    if parsed.canonical is None or parsed.verdict is Verdict.HOLD:
        found.hold(
            HoldCode.POSTAL_CODE_INVALID,
            f"“{raw_code}” on {_named(buyer)} is no postal code in {country.iso2}: {_sentence(parsed.reason)}",
            "Correct the postal code of the billing address on the account.",
            about="postal_code",
            value=raw_code,
        )
        return None
    if text.length(parsed.canonical) > limits.postal_code_length:
        _too_long(found, "postal_code", parsed.canonical, limits.postal_code_length)
        return None
    if parsed.verdict is Verdict.WARN:
        code = WarningCode.TERRITORY if parsed.territory else WarningCode.POSTAL_CODE_REPAIRED
        found.warn(code, f"{_named(buyer)}: {_sentence(parsed.reason)}")
    return _Address(lines, parsed.canonical, city) if city else None


def _street_lines(street: str, limit: int, found: Findings) -> tuple[str, ...]:
    """At most two lines: the first as it stands, the others joined on the second."""
    lines = [line for raw in street.splitlines() if (line := text.one_line(raw))]
    fitted = (lines[0], ", ".join(lines[1:])) if len(lines) > 1 else tuple(lines)
    for line in fitted:
        if text.length(line) > limit:
            _too_long(found, "street", line, limit)
    return fitted


# --- the lines -----------------------------------------------------------------------------------------------------


def _lines(deal: Deal, company: CompanyPolicy, found: Findings, *, foreign: bool) -> tuple[ScreenedLine, ...]:
    if not deal.lines:
        found.hold(
            HoldCode.NO_LINES,
            "The deal has no products, so there is nothing to put on an invoice.",
            "Add the sold products to the opportunity in Salesforce.",
            about="lines",
        )
        return ()
    before = len(found.holds)
    screened = tuple(
        line
        for position, raw in enumerate(deal.lines, start=1)
        if (line := _line(position, raw, company, found, foreign=foreign))
    )
    if len(found.holds) > before:
        return screened
    _compare_with_amount(deal, screened, company, found)
    return screened


def _line(
    position: int, line: DealLine, company: CompanyPolicy, found: Findings, *, foreign: bool
) -> ScreenedLine | None:
    limits = company.capabilities
    where = f"Line {position} ({text.one_line(line.name)})"
    if line.quantity <= 0 or line.unit_price < 0:
        about = "line_unit_price" if line.unit_price < 0 else "line_quantity"
        found.hold(
            HoldCode.NEGATIVE_PRICE,
            f"{where} has quantity {plain(line.quantity, 0)} at {plain(line.unit_price)}; "
            "a draft takes neither negative prices nor zero or negative quantities.",
            f"Correct the line; give money back with a credit note in {company.ledger} instead.",
            about=about,
            value=plain(line.unit_price if line.unit_price < 0 else line.quantity),
        )
        return None
    if not ZERO <= line.discount_percent <= 100:  # noqa: PLR2004 - percent
        found.hold(
            HoldCode.AMOUNT_MISMATCH,
            f"{where} has a discount of {plain(line.discount_percent, 0)} %.",
            "A discount lies between 0 and 100 %; correct the line.",
            about="line_discount",
            value=plain(line.discount_percent, 0),
        )
        return None
    price_decimals = limits.price_decimals_foreign if foreign else limits.price_decimals_domestic
    discount = line.discount_percent / 100
    exact = True
    for about, number, decimals in (
        ("line_quantity", line.quantity, limits.quantity_decimals),
        ("line_unit_price", line.unit_price, price_decimals),
        ("line_discount", discount, limits.discount_decimals),
    ):
        if decimals_of(number) > decimals:
            exact = False
            shown = plain(number * 100, 0) + " %" if about == "line_discount" else plain(number, 0)
            found.hold(
                HoldCode.PRECISION_LOST,
                f"{where}: {shown} has more decimals than {company.ledger} keeps, so the invoice would differ from the deal.",
                f"Round it to what an invoice row holds ({decimals} decimals"
                + (" of the discount as a fraction)." if about == "line_discount" else ")."),
                about=about,
                value=shown,
            )
    words = _row_text(line)
    if text.length(words) > limits.row_text_length:
        _too_long(found, "line_text", words, limits.row_text_length)
        return None
    if not exact:
        return None
    return ScreenedLine(
        article=text.one_line(line.article or "") or None,
        family=text.one_line(line.family or "") or None,
        text=words,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=discount,
        net=rounding.to_ore(line.quantity * line.unit_price * (1 - discount)),
    )


def _row_text(line: DealLine) -> str:
    """The line's own words, else the product's name; line breaks stay, since a row may have several."""
    own = [cleaned for raw in (line.text or "").splitlines() if (cleaned := text.one_line(raw))]
    return "\n".join(own) or text.one_line(line.name)


def _compare_with_amount(
    deal: Deal, lines: tuple[ScreenedLine, ...], company: CompanyPolicy, found: Findings
) -> None:
    currency = deal.currency or company.currency
    net = sum((line.net for line in lines), ZERO)
    if net == 0:
        found.hold(
            HoldCode.ZERO_AMOUNT,
            "The deal's products come to nothing, and an invoice over 0,00 is not sent.",
            "Correct the prices, or leave the deal out of invoicing.",
            about="amount",
            value=plain(net),
        )
        return
    for position, (raw, line) in enumerate(zip(deal.lines, lines, strict=True), start=1):
        if raw.total is not None and abs(rounding.to_ore(raw.total) - line.net) > found.policy.tolerance:
            found.hold(
                HoldCode.AMOUNT_MISMATCH,
                f"Line {position} ({text.one_line(raw.name)}) comes to {Money(line.net, currency)}, "
                f"but Salesforce says {Money(raw.total, currency)}.",
                "Check quantity, price and discount of the line.",
                about="lines",
                value=plain(raw.total),
            )
            return
    if deal.amount is not None and abs(rounding.to_ore(deal.amount) - net) > found.policy.tolerance:
        found.hold(
            HoldCode.AMOUNT_MISMATCH,
            f"The deal's amount is {Money(deal.amount, currency)}, but its products come to {Money(net, currency)}.",
            "Bring the amount and the products into agreement on the opportunity.",
            about="amount",
            value=plain(deal.amount),
        )


# --- the rest ------------------------------------------------------------------------------------------------------


def _terms(deal: Deal, found: Findings) -> int | None:
    raw = (deal.payment_terms_days or "").strip()
    if not raw:
        return None
    whole = raw.removesuffix(".0")
    if whole.isdecimal():
        return int(whole)
    found.hold(
        HoldCode.PAYMENT_TERMS_UNKNOWN,
        f"“{raw}” is no number of days.",
        "Write the payment terms as a whole number of days, for instance 30.",
        about="payment_terms_days",
        value=raw,
    )
    return None


def _fitted(raw: str | None, limit: int, about: str, found: Findings) -> str | None:
    """The value on one line; None when empty or when it does not fit, which is a hold and never a cut."""
    value = text.one_line(raw or "")
    if text.length(value) > limit:
        _too_long(found, about, value, limit)
        return None
    return value or None


def _too_long(found: Findings, about: str, value: str, limit: int) -> None:
    taker = found.company.ledger if found.company else "the ledger"
    found.hold(
        HoldCode.FIELD_TOO_LONG,
        f"{found.policy.crm_field(about)} has {text.length(value)} characters and {taker} takes {limit}: “{value}”.",
        "Shorten it in Salesforce; nothing is ever cut off silently.",
        about=about,
        value=value,
    )


def _route_values(deal: Deal) -> str:
    asked = [f"{path} is {value or 'empty'}" for path, value in sorted(deal.values.items())]
    return ", ".join(asked)


def _named(buyer: Buyer) -> str:
    return f"{text.one_line(buyer.name) or 'the account'} ({buyer.id})"


def _sentence(reason: str) -> str:
    """A reason with its full stop."""
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def _digits(value: str) -> str:
    return "".join(one for one in value if one.isdigit())
