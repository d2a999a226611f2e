"""What a document adds up to: VAT by article coding, customer and country, and roundings.

Amounts are in the document's currency, two decimals, unless said otherwise. Halves go away from zero, which Spiris has
done since 2019 (developer.vismaonline.com changelog: 100.45 becomes 100.5). VAT is computed on the sum per rate, not per
row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

ZERO = Decimal(0)
ORE = Decimal("0.01")
KRONA = Decimal(1)


def rounded(value: Decimal, unit: Decimal = ORE) -> Decimal:
    """`value` to whole `unit`s, halves away from zero."""
    return value.quantize(unit, rounding=ROUND_HALF_UP)


class Treatment(StrEnum):
    """Why a row bears VAT or not; decides the rate and the sales account."""

    DOMESTIC = "domestic"
    DOMESTIC_EXEMPT = "domestic, no VAT on the article"
    CONSTRUCTION = "reverse charge on construction services"
    EU_BUSINESS = "business in another EU country with a VAT number"
    EU_THIRD_PARTY = "middleman in a three-party trade within the EU"
    EU_TAXED = "another EU country, Swedish VAT"
    EXPORT = "outside the EU"

    @property
    def is_taxed(self) -> bool:
        """Whether the rate of the article coding applies."""
        return self in {Treatment.DOMESTIC, Treatment.EU_TAXED}


@dataclass(frozen=True, slots=True)
class Buyer:
    """What the VAT of a document depends on, of its customer and of the company's own country."""

    country: str
    home: str
    is_in_eu: bool
    is_private: bool
    has_vat_number: bool
    reverse_charge: bool
    force_vat: bool

    @classmethod
    def of(cls, customer: Mapping[str, Any], *, home: str, eu: frozenset[str], is_private: bool) -> "Buyer":
        """Read from a customer record. No country means the company's own; `DeliveryBasedVat` looks at the delivery."""
        field = "DeliveryCountryCode" if customer.get("DeliveryBasedVat") else "InvoiceCountryCode"
        country = customer.get(field) or customer.get("InvoiceCountryCode") or home
        return cls(
            country=country,
            home=home,
            is_in_eu=country in eu or bool(customer.get("IsNorthernIreland")),
            is_private=is_private,
            has_vat_number=bool(customer.get("VatNumber")),
            reverse_charge=bool(customer.get("ReverseChargeOnConstructionServices")),
            force_vat=bool(customer.get("ForceBookkeepVat")),
        )

    def treatment(self, *, rate: Decimal, construction: bool, third_party: bool) -> Treatment:
        """How a row at the coding's `rate` is treated; `construction` and `third_party` are flags of row and document."""
        if self.country == self.home:
            if construction and self.reverse_charge:
                return Treatment.CONSTRUCTION
            return Treatment.DOMESTIC if rate else Treatment.DOMESTIC_EXEMPT
        if self.is_in_eu:
            if self.is_private or not self.has_vat_number:
                return Treatment.EU_TAXED
            return Treatment.EU_THIRD_PARTY if third_party else Treatment.EU_BUSINESS
        return Treatment.DOMESTIC if self.force_vat else Treatment.EXPORT


@dataclass(frozen=True, slots=True)
class Priced:
    """One row: its amount as entered (with VAT in a document that includes it) and its share without VAT."""

    amount: Decimal
    net: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one VAT rate together."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """What the document comes to. `total` is to be paid: net, VAT and rounding."""

    total: Decimal
    vat: Decimal
    rounding: Decimal
    groups: tuple[Group, ...]


def priced(
    quantity: Decimal,
    unit_price: Decimal,
    discount: Decimal,
    rate: Decimal,
    *,
    includes_vat: bool,
    sign: int = 1,
) -> Priced:
    """A row of so many at that price, `discount` and `rate` as fractions; `sign` is -1 on a credit invoice."""
    amount = sign * rounded(quantity * unit_price * (1 - discount))
    net = rounded(amount / (1 + rate)) if includes_vat else amount
    return Priced(amount, net, rate)


def totals(rows: Iterable[Priced], *, includes_vat: bool, whole_krona: bool) -> Totals:
    """Sums per rate, highest rate first. `whole_krona` rounds what is to be paid."""
    sums: dict[Decimal, Decimal] = {}
    for row in rows:
        sums[row.rate] = sums.get(row.rate, ZERO) + row.amount
    groups = tuple(_group(rate, amount, includes_vat) for rate, amount in sorted(sums.items(), reverse=True))
    vat = sum((group.vat for group in groups), ZERO)
    exact = sum((group.net for group in groups), ZERO) + vat
    total = rounded(rounded(exact, KRONA)) if whole_krona else exact
    return Totals(total=rounded(total), vat=rounded(vat), rounding=rounded(total - exact), groups=groups)


def _group(rate: Decimal, amount: Decimal, includes_vat: bool) -> Group:
    if includes_vat:
        net = rounded(amount / (1 + rate))
        return Group(rate, net, amount - net)
    return Group(rate, amount, rounded(amount * rate))


def share(whole: Totals, part: Decimal) -> Totals:
    """`part` of what a document comes to, split over its rates so that the sums still agree; for part credits.

    The last rate takes what rounding leaves over. The rounding of the whole document is not carried over.
    """
    gross = [group.net + group.vat for group in whole.groups]
    full = sum(gross, ZERO)
    if part == whole.total or not full:
        return whole
    groups: list[Group] = []
    left = part
    for place, (group, amount) in enumerate(zip(whole.groups, gross, strict=True)):
        taken = left if place == len(gross) - 1 else rounded(part * amount / full)
        left -= taken
        net = rounded(taken / (1 + group.rate))
        groups.append(Group(group.rate, net, taken - net))
    vat = sum((group.vat for group in groups), ZERO)
    return Totals(total=part, vat=vat, rounding=ZERO, groups=tuple(groups))
