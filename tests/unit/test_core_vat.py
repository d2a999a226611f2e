"""Totals foretold before anything is sent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sfspiris.core.model import DraftRow
from sfspiris.core.vat import foretell, mismatch
from shorthand import totals


def row(quantity: str, price: str, rate: str, discount: str = "0") -> DraftRow:
    return DraftRow("x", "a", "A", Decimal(quantity), Decimal(price), Decimal(discount), Decimal(rate))


def test_vat_is_taken_on_the_sum_of_each_rate_and_not_line_by_line() -> None:
    """Three lines of 33,33 at 25 % make 25,00 of VAT, though 8,33 three times would be 24,99."""
    summary = foretell([row("1", "33.33", "25")] * 3, to_krona=False)
    assert (summary.net, summary.vat, summary.gross) == (
        Decimal("99.99"),
        Decimal("25.00"),
        Decimal("124.99"),
    )


def test_rates_stand_apart_highest_first_and_text_rows_weigh_nothing() -> None:
    rows = [row("1", "100", "6"), row("2", "100", "25"), DraftRow("bara text"), row("1", "100", "12")]
    assert [(line.rate, line.vat) for line in foretell(rows, to_krona=False).lines] == [
        (Decimal(25), Decimal("50.00")),
        (Decimal(12), Decimal("12.00")),
        (Decimal(6), Decimal("6.00")),
    ]


@pytest.mark.parametrize(
    ("price", "rounding", "gross"), [("99.60", "0.50", "125"), ("1234.56", "-0.20", "1543")]
)
def test_a_company_that_rounds_to_kronor_rounds_the_total_and_never_the_vat(
    price: str, rounding: str, gross: str
) -> None:
    exact, rounded = (foretell([row("1", price, "25")], to_krona=to_krona) for to_krona in (False, True))
    assert rounded.vat == exact.vat
    assert (rounded.rounding, rounded.gross) == (Decimal(rounding), Decimal(gross))


def test_a_discount_is_a_fraction_of_the_row() -> None:
    assert foretell([row("3", "33.33", "25", "0.1")], to_krona=False).net == Decimal("89.99")


def test_a_difference_within_tolerance_is_none() -> None:
    made = totals("100.00")
    assert mismatch(Decimal("100.01"), made, tolerance=Decimal("0.01")) is None
    assert mismatch(Decimal("100.01"), made, tolerance=Decimal(0)) == Decimal("-0.01")
    assert mismatch(Decimal(90), replace(made, vat=Decimal(5)), tolerance=Decimal(0)) == Decimal(10)
