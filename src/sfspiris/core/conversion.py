"""What a Deal in another currency than the org's corporate one comes to there, by the CRM's own rate and on its day.

Only what the CRM tells: where it has no rate there is no Conversion, and nothing is ever converted at a rate of ours. What an
invoice comes to in the books is the ledger's to say, at the rate of the day on which it was booked.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Conversion:
    """The CRM's rate for one currency: units of `currency` per one unit of `corporate`.

    `valid_from` is the first day of a dated rate; None for a rate that the CRM keeps without a day.
    """

    currency: str
    corporate: str
    rate: Decimal
    valid_from: date | None = None

    def converted(self, amount: Decimal) -> Decimal:
        """An amount of `currency` in `corporate`, to the hundredth, half away from zero."""
        return (amount / self.rate).quantize(_CENT, ROUND_HALF_UP)
