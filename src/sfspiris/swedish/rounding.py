"""Rounding to öre and to whole kronor, and VAT on amounts.

All amounts are kronor as `Decimal`, never float; rates are percent (25 means 25 %). Halves go away from zero, for credits
as well: −0.125 kr is −0.13 kr. The vendor changed to this in 2019 and the rule for the invoice total is the same (half
up, lag 1970:1029, with the difference on 3740 and no effect on VAT); Python's own `round` would go to the even neighbour.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

ORE = Decimal("0.01")
KRONA = Decimal(1)
HUNDRED = Decimal(100)

# Wide enough that no intermediate product of two amounts loses a digit before the one rounding that is meant.
_EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
_LARGEST_POWER = 29


def to_ore(amount: Decimal) -> Decimal:
    """The amount in kronor with exactly two decimals, halves away from zero. ValueError for NaN, infinity and absurd sizes."""
    return _rounded(amount, ORE)


def to_decimals(number: Decimal, decimals: int) -> Decimal:
    """The number with at most so many decimals, halves away from zero. ValueError as for `to_ore`."""
    rounded = _rounded(number, Decimal(1).scaleb(-decimals))
    return rounded.quantize(KRONA) if rounded == rounded.to_integral_value() else rounded.normalize(_EXACT)


def to_krona(total: Decimal) -> tuple[Decimal, Decimal]:
    """What is to pay in whole kronor, and the rounding that leads there: payable = total + rounding.

    124.50 gives (125, 0.50). VAT is not touched; the rounding is booked on 3740. Card and transfer payments need none.
    """
    exact = to_ore(total)
    payable = _rounded(exact, KRONA)
    return payable, to_ore(payable - exact)


def vat_on_sum(net: Decimal, rate: Decimal) -> Decimal:
    """VAT in kronor on the net sum of one rate: this is how an invoice's VAT is computed."""
    return to_ore(_EXACT.divide(_EXACT.multiply(net, rate), HUNDRED))


def vat_by_line(lines: Iterable[Decimal], rate: Decimal) -> Decimal:
    """The sum of each net line's own rounded VAT.

    It may differ from `vat_on_sum` by some öre, in which case the sum per rate is right and lines are never edited to
    agree: compare with a tolerance.
    """
    return sum((vat_on_sum(line, rate) for line in lines), start=Decimal("0.00"))


def vat_in_gross(gross: Decimal, rate: Decimal) -> Decimal:
    """The VAT contained in a gross sum of one rate: gross times rate / (100 + rate), halves away from zero."""
    return to_ore(_EXACT.divide(_EXACT.multiply(gross, rate), _EXACT.add(HUNDRED, rate)))


def _rounded(amount: Decimal, unit: Decimal) -> Decimal:
    if not amount.is_finite() or amount.adjusted() > _LARGEST_POWER:
        raise ValueError("an amount is a finite number of at most 30 digits before the decimal point")
    # Adding zero turns −0.00 into 0.00.
    return _EXACT.add(amount.quantize(unit, context=_EXACT), Decimal(0))
