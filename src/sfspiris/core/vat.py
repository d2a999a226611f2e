"""What a draft will come to, predicted before it is sent: net per VAT rate, VAT, rounding and total.

The ledger computes VAT; we only foretell it so that a person can judge a plan, and compare afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.money import ZERO
from sfspiris.swedish import countries, rounding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from sfspiris.core.model import DraftRow, Totals


@dataclass(frozen=True, slots=True)
class VatLine:
    """One rate: `rate` in percent, `net` and `vat` in the document's currency."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class VatSummary:
    """A document's expected sums, highest rate first: `net` + `vat` + `rounding` = `gross`."""

    lines: tuple[VatLine, ...]
    rounding: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Net of all rates."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def vat(self) -> Decimal:
        """VAT of all rates."""
        return sum((line.vat for line in self.lines), ZERO)

    @property
    def gross(self) -> Decimal:
        """The total to pay."""
        return self.net + self.vat + self.rounding


@dataclass(frozen=True, slots=True)
class Billed:
    """What a ledger takes from the customer to decide its VAT. `country` is ISO; `vat_outside_eu` charges VAT on exports."""

    country: str
    has_vat_number: bool
    is_private: bool = False
    sells_construction: bool = False
    vat_outside_eu: bool = False


def charged_rate(coded: Decimal, billed: Billed, *, reverse_charge: bool = False) -> Decimal:
    """The rate in percent that the ledger will charge on a row whose article is coded `coded` percent.

    There is no VAT rate on a row: the article's coding, the customer's country and whether it is a private person or has
    a VAT number decide (vendor's manual; learnt from its answers). `reverse_charge` is the row's flag for building
    services, which counts for a customer that is marked for them.
    """
    if billed.country == "SE":
        return ZERO if reverse_charge and billed.sells_construction else coded
    if billed.country in countries.EU_MEMBERS:
        return coded if billed.is_private or not billed.has_vat_number else ZERO
    return coded if billed.vat_outside_eu else ZERO


def row_net(row: DraftRow) -> Decimal:
    """A row's net amount after discount, to the öre (or cent), half up."""
    return rounding.to_ore(row.quantity * row.unit_price * (1 - row.discount))


def foretell(rows: Iterable[DraftRow], *, to_krona: bool) -> VatSummary:
    """The sums that the ledger should arrive at.

    VAT is taken on the sum per rate, half up; a company that rounds to whole kronor rounds the total, not the VAT.
    """
    nets: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        if not row.is_text:
            nets[row.vat_rate] += row_net(row)
    lines = tuple(
        VatLine(rate, net, rounding.vat_on_sum(net, rate)) for rate, net in sorted(nets.items(), reverse=True)
    )
    exact = VatSummary(lines)
    if not to_krona:
        return exact
    _, difference = rounding.to_krona(exact.gross)
    return VatSummary(lines, difference)


def mismatch(net: Decimal, made: Totals, *, tolerance: Decimal) -> Decimal | None:
    """How far the ledger's net is from ours when that is more than `tolerance`; None when they agree."""
    difference = made.net - net
    return difference if abs(difference) > tolerance else None
