"""Öre, kronor and VAT: halves go away from zero, sums survive."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.swedish import rounding

AMOUNTS = st.decimals(min_value=-10_000_000, max_value=10_000_000, places=4)
RATES = st.sampled_from([Decimal(25), Decimal(12), Decimal(6), Decimal(0)])


@pytest.mark.parametrize(
    ("amount", "ore"),
    [
        ("0.005", "0.01"),
        ("0.0049", "0.00"),
        ("-0.005", "-0.01"),
        ("-0.001", "0.00"),
        ("2.675", "2.68"),
        ("1E+3", "1000.00"),
    ],
)
def test_a_half_ore_goes_away_from_zero(amount: str, ore: str) -> None:
    assert str(rounding.to_ore(Decimal(amount))) == ore


@pytest.mark.parametrize(
    ("total", "payable", "difference"),
    [
        ("1543.20", "1543", "-0.20"),
        ("124.50", "125", "0.50"),
        ("124.49", "124", "-0.49"),
        ("-124.50", "-125", "-0.50"),
        ("-0.30", "0", "0.30"),
        ("100.00", "100", "0.00"),
        ("0.495", "1", "0.50"),
    ],
)
def test_the_total_is_rounded_to_whole_kronor(total: str, payable: str, difference: str) -> None:
    assert tuple(map(str, rounding.to_krona(Decimal(total)))) == (payable, difference)


def test_vat_on_the_sum_and_by_line_may_differ_by_an_ore() -> None:
    lines = [Decimal("33.33")] * 3
    assert rounding.vat_on_sum(sum(lines, start=Decimal(0)), Decimal(25)) == Decimal("25.00")
    assert rounding.vat_by_line(lines, Decimal(25)) == Decimal("24.99")


def test_no_lines_have_no_vat() -> None:
    assert str(rounding.vat_by_line([], Decimal(25))) == "0.00"


@pytest.mark.parametrize(
    ("gross", "rate", "vat"), [("1250", 25, "250.00"), ("99.50", 6, "5.63"), ("-99.50", 6, "-5.63")]
)
def test_the_vat_in_a_gross_amount(gross: str, rate: int, vat: str) -> None:
    assert str(rounding.vat_in_gross(Decimal(gross), Decimal(rate))) == vat


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+40"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="finite number"):
        rounding.to_ore(Decimal(amount))


@given(AMOUNTS)
def test_rounding_twice_equals_once_and_a_credit_mirrors_its_invoice(amount: Decimal) -> None:
    rounded = rounding.to_ore(amount)
    assert rounding.to_ore(rounded) == rounded
    assert rounding.to_ore(-amount) == -rounded
    assert abs(rounded - amount) <= Decimal("0.005")


@given(AMOUNTS)
def test_what_is_to_pay_is_the_total_plus_its_rounding(amount: Decimal) -> None:
    payable, difference = rounding.to_krona(amount)
    assert payable == rounding.to_ore(amount) + difference
    assert abs(difference) <= Decimal("0.50")
    assert payable == payable.to_integral_value()


@given(AMOUNTS, RATES)
def test_net_and_vat_of_a_gross_amount_lead_back_to_it(gross: Decimal, rate: Decimal) -> None:
    vat = rounding.vat_in_gross(gross, rate)
    net = rounding.to_ore(gross) - vat
    assert abs(rounding.vat_on_sum(net, rate) - vat) <= Decimal("0.01")
