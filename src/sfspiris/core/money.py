"""Amounts that know their currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
LARGEST = Decimal(10) ** 15
"""In major units; no sum of money in a deal or in books is larger, so a number beyond it is damage."""
_SMALLEST_EXPONENT = -30


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies met; adding them would be a guess."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in major units (kronor, not öre) of an ISO 4217 currency."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise ValueError("an amount of money is a finite number")
        if not is_currency(self.currency):
            raise ValueError(f"not an ISO 4217 currency code: {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} do not add up")
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + Money(-other.amount, other.currency)

    def __str__(self) -> str:
        """The Swedish way: thousands apart by a no-break space, decimal comma, currency last: `12 500,00 SEK`."""
        return f"{plain(self.amount)} {self.currency}"


def is_currency(code: str) -> bool:
    """Whether the text has the shape of an ISO 4217 code: three capital letters."""
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()  # noqa: PLR2004 - ISO 4217


def is_sane(number: Decimal) -> bool:
    """Whether a number could be part of a sum of money at all: finite, not beyond LARGEST, at most 30 decimals."""
    if not number.is_finite():
        return False
    exponent = number.as_tuple().exponent
    return number.copy_abs() <= LARGEST and isinstance(exponent, int) and exponent >= _SMALLEST_EXPONENT


def plain(amount: Decimal, decimals: int = 2) -> str:
    """An amount as a Swedish reader expects it, with at least `decimals` decimals and never fewer than it carries."""
    shown = max(decimals, decimals_of(amount))
    return f"{amount:,.{shown}f}".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")


def decimal_text(amount: Decimal) -> str:
    """An amount as programs read it: decimal point, no thousands apart, at least two decimals, no negative zero."""
    return f"{amount + 0:.{max(2, decimals_of(amount))}f}"


def decimals_of(number: Decimal) -> int:
    """How many decimals a number really needs: 2 for 1.50 is 1, for 100 is 0."""
    exponent = number.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
