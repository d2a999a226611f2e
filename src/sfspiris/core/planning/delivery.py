"""Where the sale was delivered to, when that is another place than the invoice goes to and the operator asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.holds import HoldCode
from sfspiris.core.model import DeliveryAddress
from sfspiris.core.planning.findings import fitted, named, too_long
from sfspiris.sentences import say
from sfspiris.swedish import countries, postal, text
from sfspiris.swedish.verdict import Verdict

if TYPE_CHECKING:
    from sfspiris.core.model import Customer, Deal
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.policy import CompanyPolicy


def delivery_address(
    deal: Deal, customer: Customer, company: CompanyPolicy, found: Findings
) -> DeliveryAddress | None:
    """The address for the draft; None when the Deal names no place, or the place of the invoice, or with a hold.

    A country alone is no address: it decides the VAT and is read for its sake. An address without a country lies in the
    country of the invoice.
    """
    limits = company.capabilities
    lines = [line for raw in (deal.delivery_street or "").splitlines() if (line := text.one_line(raw))]
    street = (lines[0], ", ".join(lines[1:])) if len(lines) > 1 else tuple(lines)
    for line in street:
        if text.length(line) > limits.address_length:
            too_long(found, "delivery_street", line, limits.address_length)
    city = fitted(deal.delivery_city, limits.city_length, "delivery_city", found)
    code = text.one_line(deal.delivery_postal_code or "")
    if not (street or city or code):
        return None
    country = _country(deal, customer, found)
    if country is None:
        return None
    address = DeliveryAddress(
        name=fitted(deal.delivery_name, limits.name_length, "delivery_name", found),
        address1=street[0] if street else None,
        address2=street[1] if len(street) > 1 else None,
        postal_code=_postal_code(code, country, deal, found),
        city=city,
        country=country,
    )
    return None if _is_invoiced_there(address, customer) else address


def _country(deal: Deal, customer: Customer, found: Findings) -> str | None:
    raw = text.one_line(deal.delivery_country or "")
    if not raw:
        return customer.country
    parsed = countries.parse(raw)
    if parsed.iso2 is None:
        found.hold(
            HoldCode.COUNTRY_UNKNOWN,
            say(
                "“%(raw)s” in the delivery address of %(who)s is no country that we know.",
                raw=raw,
                who=_who(deal),
            ),
            say("Write the country as a two-letter code or by its Swedish or English name."),
            about="delivery_country",
            value=raw,
        )
    return parsed.iso2


def _postal_code(code: str, country: str, deal: Deal, found: Findings) -> str | None:
    if not code:
        return None
    parsed = postal.parse(code, country=country)
    if parsed.canonical is None or parsed.verdict is Verdict.HOLD:
        found.hold(
            HoldCode.POSTAL_CODE_INVALID,
            say(
                "“%(code)s” in the delivery address of %(who)s is no postal code in %(country)s.",
                code=code,
                who=_who(deal),
                country=country,
            ),
            say("Correct the postal code of the delivery address."),
            about="delivery_postal_code",
            value=code,
        )
        return None
    return parsed.canonical


def _is_invoiced_there(address: DeliveryAddress, customer: Customer) -> bool:
    """Whether every part of the address is that of the invoice, however it is written."""
    pairs = (
        (address.name, customer.name),
        (address.address1, customer.address1),
        (address.address2, customer.address2),
        (address.postal_code, customer.postal_code),
        (address.city, customer.city),
        (address.country, customer.country),
    )
    return all(one is None or _plain(one) == _plain(other) for one, other in pairs)


def _plain(value: str | None) -> str:
    return "".join((value or "").casefold().split())


def _who(deal: Deal) -> str:
    return named(deal.buyer) if deal.buyer else text.one_line(deal.name)
