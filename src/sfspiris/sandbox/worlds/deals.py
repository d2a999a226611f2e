"""Shorthand for the accounts, deals and lines of a world, in Salesforce's own records."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sfspiris.sandbox.worlds import group

Json = dict[str, Any]

_CENT = Decimal("0.01")
_COUNTRIES = {"SE": "Sweden", "DE": "Germany", "NO": "Norway", "FI": "Finland", "DK": "Denmark"}

WON, LOST, OPEN = "Closed Won", "Closed Lost", "Proposal/Price Quote"
_PROBABILITY = {WON: 100, LOST: 0, OPEN: 50}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a deal. `price` per unit without VAT, in the deal's currency; `discount` in percent."""

    code: str
    quantity: Decimal
    price: Decimal
    discount: Decimal | None = None
    text: str | None = None

    @property
    def total(self) -> Decimal:
        """The line's amount, as Salesforce shows it: two decimals, halves away from zero."""
        factor = 1 - (self.discount or Decimal(0)) / 100
        return (self.quantity * self.price * factor).quantize(_CENT, ROUND_HALF_UP)


def line(
    code: str, quantity: str, price: str | None = None, *, currency: str = "SEK", **more: str | None
) -> Line:
    """A line at list price unless another is given; `discount` (percent) and `text` by name."""
    discount = more.get("discount")
    return Line(
        code,
        Decimal(quantity),
        group.PRICES[code][currency] if price is None else Decimal(price),
        None if discount is None else Decimal(discount),
        more.get("text"),
    )


def account(
    ref: str, name: str, address: tuple[str, str | None, str], *, country: str | None = "SE", **more: Any
) -> Json:
    """An account with its billing address: street (several lines allowed), postal code and town."""
    street, postal_code, city = address
    record: Json = {
        "_ref": ref,
        "Name": name,
        "OwnerId": f"@{group.OWNERS[0]}",
        "CurrencyIsoCode": "SEK",
        "BillingStreet": street,
        "BillingPostalCode": postal_code,
        "BillingCity": city,
    }
    if country is not None:
        record |= {"BillingCountryCode": country, "BillingCountry": _COUNTRIES[country]}
    return record | more


def deal(
    ref: str,
    name: str,
    account_ref: str,
    closes: str,
    lines: list[Line],
    *,
    stage: str = WON,
    currency: str = "SEK",
    owner: str = group.OWNERS[0],
    **more: Any,
) -> tuple[Json, list[Json]]:
    """A deal and its lines; its amount is the sum of the lines unless another is given."""
    record: Json = {
        "_ref": ref,
        "Name": name,
        "AccountId": f"@{account_ref}",
        "StageName": stage,
        "Probability": _PROBABILITY[stage],
        "CloseDate": closes,
        "Amount": sum((each.total for each in lines), start=Decimal("0.00")),
        "CurrencyIsoCode": currency,
        "OwnerId": f"@{owner}",
        "Pricebook2Id": f"@{group.PRICE_BOOK}",
    }
    return record | more, [
        _line_record(ref, each, currency, position) for position, each in enumerate(lines, start=1)
    ]


def _line_record(deal_ref: str, each: Line, currency: str, position: int) -> Json:
    record: Json = {
        "OpportunityId": f"@{deal_ref}",
        "PricebookEntryId": f"@{group.entry_ref(each.code, currency)}",
        "Product2Id": f"@{group.product_ref(each.code)}",
        "Quantity": each.quantity,
        "UnitPrice": each.price,
        "TotalPrice": each.total,
        "CurrencyIsoCode": currency,
        "SortOrder": position,
    }
    if each.discount is not None:
        record["Discount"] = each.discount
    if each.text is not None:
        record["Description"] = each.text
    return record
