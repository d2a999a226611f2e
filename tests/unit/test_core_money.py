"""Amounts that know their currency."""

from decimal import Decimal

import pytest

from sfspiris.core.money import CurrencyMismatchError, Money, decimals_of, plain


def test_amounts_of_one_currency_add_up_and_of_two_never_do() -> None:
    assert Money(Decimal("10.50"), "SEK") + Money(Decimal("0.50"), "SEK") == Money(Decimal("11.00"), "SEK")
    assert Money(Decimal(10), "SEK") - Money(Decimal(4), "SEK") == Money(Decimal(6), "SEK")
    with pytest.raises(CurrencyMismatchError):
        Money(Decimal(1), "SEK") + Money(Decimal(1), "EUR")


@pytest.mark.parametrize("currency", ["kr", "sek", "SEKK", "S1K"])
def test_a_currency_is_its_iso_code(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(Decimal(1), currency)


def test_an_amount_is_a_finite_number() -> None:
    with pytest.raises(ValueError, match="finite"):
        Money(Decimal("NaN"), "SEK")


def test_a_swedish_reader_sees_grouped_kronor_and_a_decimal_comma() -> None:
    assert str(Money(Decimal(12500), "SEK")) == "12\N{NO-BREAK SPACE}500,00 SEK"
    assert plain(Decimal("-1234567.5")) == "-1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,50"


def test_no_decimal_is_hidden_even_when_two_would_look_nicer() -> None:
    assert plain(Decimal("99.995")) == "99,995"
    assert plain(Decimal("2.50"), 0) == "2,5"


@pytest.mark.parametrize(
    ("number", "decimals"), [("1.50", 1), ("100", 0), ("100.000", 0), ("0.1250", 3), ("1E+2", 0)]
)
def test_trailing_zeros_are_no_decimals(number: str, decimals: int) -> None:
    assert decimals_of(Decimal(number)) == decimals
