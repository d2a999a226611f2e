"""Prices that include VAT: the net price that a row gets, or a hold where no net price comes to what the buyer was promised.

A ledger's rows are net. A Deal whose prices include VAT is screened as it stands, and each line becomes net once it is decided
at what rate it is taxed. What the buyer pays must be what the Deal says, line by line and in all; nothing is rounded away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sfspiris.core import vat
from sfspiris.core.holds import HoldCode
from sfspiris.core.money import Money, plain
from sfspiris.core.planning.buyers import HOME
from sfspiris.sentences import say
from sfspiris.swedish import rounding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sfspiris.core.model import DraftRow, Totals
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.lines import ScreenedLine
    from sfspiris.core.planning.screening import Screened
    from sfspiris.core.planning.taxation import Taxed

_WITHOUT_VAT: Final = frozenset({"SE_EXEMPT", "SE_0"})
"""Sales in which there is no VAT to include, whoever buys: with or without it the price is the same."""


def to_net(line: ScreenedLine, taxed: Taxed, screened: Screened, found: Findings) -> ScreenedLine | None:
    """The line at its net price; None with a hold. Where the Deal's prices are net, the line as it is."""
    if not screened.is_gross:
        return line
    if taxed.rate == 0 and taxed.treatment not in _WITHOUT_VAT:
        found.hold(
            HoldCode.VAT_TREATMENT_UNCLEAR,
            say(
                "%(line)s: the deal's prices include VAT, but this sale carries none (%(why)s), so what the buyer is to pay "
                "is not clear.",
                line=line.where,
                why=taxed.why,
            ),
            say(
                "Agree with the buyer on prices without VAT, enter those on the deal, and say that its prices do not include VAT."
            ),
            about="prices_include_vat",
            value=screened.deal.prices_include_vat,
        )
        return None
    limits, factor = screened.company.capabilities, 1 + taxed.rate / 100
    is_foreign = screened.customer.country != HOME or screened.currency != screened.company.currency
    decimals = limits.price_decimals_foreign if is_foreign else limits.price_decimals_domestic
    price = rounding.to_decimals(line.unit_price / factor, decimals)
    net = rounding.to_ore(line.quantity * price * (1 - line.discount))
    if abs(rounding.to_ore(net * factor) - line.net) > found.policy.tolerance:
        _hold_inexact(line, taxed, screened, found, wanted=line.net, made=rounding.to_ore(net * factor))
        return None
    return replace(line, unit_price=price, net=net)


def check_total(
    rows: Sequence[DraftRow],
    lines: Sequence[tuple[ScreenedLine, Taxed]],
    screened: Screened,
    found: Findings,
) -> None:
    """Hold a draft whose total with VAT is not the Deal's: a ledger takes VAT on the sum of a rate, not on each line.

    `lines` are those sold, still gross. The line that was rounded most is named. Rounding to whole kronor is the ledger's own.
    """
    if not screened.is_gross or found.holds or not lines:
        return
    total = vat.foretell(rows, to_krona=False).gross
    if abs(total - screened.net) <= found.policy.tolerance:
        return
    priced = [row for row in rows if not row.is_text]
    line, taxed = max(
        zip(lines, priced, strict=True),
        key=lambda pair: abs(vat.row_net(pair[1]) * (1 + pair[1].vat_rate / 100) - pair[0][0].net),
    )[0]
    _hold_inexact(line, taxed, screened, found, wanted=screened.net, made=total)


def is_other_sum(screened: Screened, totals: Totals, *, tolerance: Decimal) -> bool:
    """Whether a document comes to something else than the Deal: with VAT where the Deal's prices include it, else net."""
    if screened.is_gross:
        return abs(totals.net + totals.vat - screened.net) > tolerance
    return vat.mismatch(screened.net, totals, tolerance=tolerance) is not None


def _hold_inexact(
    line: ScreenedLine, taxed: Taxed, screened: Screened, found: Findings, *, wanted: Decimal, made: Decimal
) -> None:
    found.hold(
        HoldCode.PRECISION_LOST,
        say(
            "%(line)s costs %(price)s including %(rate)s %% VAT. No net price that a row in %(ledger)s holds comes to that: "
            "%(made)s would be invoiced instead of %(wanted)s.",
            line=line.where,
            price=Money(line.unit_price, screened.currency),
            rate=plain(taxed.rate, 0),
            ledger=screened.company.ledger,
            made=Money(made, screened.currency),
            wanted=Money(wanted, screened.currency),
        ),
        say(
            "Choose a price that comes out even, or sell the line as one piece at its whole price; or enter the deal's "
            "prices without VAT and say that they do not include it."
        ),
        about="line_unit_price",
        amount=line.unit_price,
    )
