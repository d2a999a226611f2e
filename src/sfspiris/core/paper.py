"""A draft or an order as it would stand on paper: what the ledger itself says of it, to be laid out where it gives no print."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sfspiris.core.money import ZERO
from sfspiris.swedish.rounding import vat_in_gross, vat_on_sum

if TYPE_CHECKING:
    from datetime import date

    from sfspiris.core.model import Target, Totals


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One row, in the document's currency. A row of words alone has no `quantity`.

    `discount` is a fraction, 0-1, and `discount_amount` a discount that was given as a sum instead. `vat_rate` is percent.
    `amount` is what the ledger says that the row comes to; it and `vat_rate` are None where the ledger does not say.
    """

    text: str
    article_number: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal = ZERO
    discount: Decimal = ZERO
    discount_amount: Decimal = ZERO
    vat_rate: Decimal | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a draft or an order. Days are Swedish; `number` is that of an order, since a draft has none.

    `includes_vat` says that the rows' prices and amounts are with VAT, as for private persons in some companies. `totals` are
    the ledger's own.
    """

    target: Target
    customer_name: str
    totals: Totals
    rows: tuple[PaperRow, ...]
    number: str | None = None
    customer_number: str | None = None
    address: tuple[str, ...] = ()
    dated: date | None = None
    due_on: date | None = None
    delivered_on: date | None = None
    your_reference: str | None = None
    our_reference: str | None = None
    order_reference: str | None = None
    includes_vat: bool = False


@dataclass(frozen=True, slots=True)
class RateSum:
    """What the rows of one rate come to: `net` and `vat` in the document's currency, `rate` in percent."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class VatTable:
    """VAT by rate, highest first, and what the ledger's own sums have beyond it: `net` and `vat` that no rate explains.

    Together they are the ledger's sums to the öre.
    """

    rates: tuple[RateSum, ...]
    other_net: Decimal
    other_vat: Decimal


def vat_table(paper: Paper) -> VatTable:
    """VAT for each rate on the sum of its rows, as an invoice's VAT is computed (ML 17 kap. 24 §: by rate).

    The ledger gives VAT in one sum only. With a single rate that sum is the rate's VAT. With several each rate's is computed,
    and an öre or more that they differ from the ledger's sum by is told as such and given to no rate. When a row's rate or
    amount is not told, nothing is computed: all stands under other.
    """
    counted = [one for one in paper.rows if one.quantity is not None]
    sums: dict[Decimal, Decimal] = defaultdict(Decimal)
    for one in counted:
        if one.amount is None or one.vat_rate is None:
            return VatTable((), paper.totals.net, paper.totals.vat)
        sums[one.vat_rate] += one.amount
    rates = [_of_rate(rate, amount, includes_vat=paper.includes_vat) for rate, amount in sums.items()]
    if len(rates) == 1 and rates[0].net == paper.totals.net:
        rates = [RateSum(rates[0].rate, rates[0].net, paper.totals.vat)]
    rates.sort(key=lambda one: one.rate, reverse=True)
    return VatTable(
        tuple(rates),
        paper.totals.net - sum((one.net for one in rates), ZERO),
        paper.totals.vat - sum((one.vat for one in rates), ZERO),
    )


def _of_rate(rate: Decimal, amount: Decimal, *, includes_vat: bool) -> RateSum:
    if includes_vat:
        vat = vat_in_gross(amount, rate)
        return RateSum(rate, amount - vat, vat)
    return RateSum(rate, amount, vat_on_sum(amount, rate))
