"""Pure: which of the org's conversion rates applies to a currency on a day.

CurrencyType has one rate per currency against the corporate currency, without a day; DatedConversionRate, where Advanced
Currency Management is on, has rates from StartDate until NextStartDate, exclusive, and goes before it for opportunities.
Source: Salesforce's object reference, CurrencyType and DatedConversionRate.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.core.conversion import Conversion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sfspiris.adapters.salesforce.wire import Row

CURRENCIES: Final = "CurrencyType"
DATED: Final = "DatedConversionRate"
CURRENCY_QUERY: Final = f"SELECT IsoCode, ConversionRate, IsCorporate FROM {CURRENCIES} ORDER BY IsoCode"  # noqa: S608 - our own words
DATED_QUERY: Final = (
    f"SELECT IsoCode, ConversionRate, StartDate, NextStartDate FROM {DATED} ORDER BY IsoCode, StartDate"  # noqa: S608 - our own words
)


def conversions(
    wanted: Iterable[tuple[str, date]], currencies: Sequence[Row], dated: Sequence[Row]
) -> dict[tuple[str, date], Conversion]:
    """The rates by currency and day; without an entry for what has no rate, and for the corporate currency itself."""
    corporate = next((str(row["IsoCode"]) for row in currencies if row.get("IsCorporate") is True), None)
    if corporate is None:
        return {}
    found = {}
    for currency, day in wanted:
        if currency == corporate:
            continue
        for row in (*(one for one in dated if _covers(one, day)), *currencies):
            rate = row.get("ConversionRate")
            if row["IsoCode"] != currency or not rate:
                continue
            start = row.get("StartDate")
            valid_from = date.fromisoformat(start) if start else None
            found[currency, day] = Conversion(currency, corporate, Decimal(rate), valid_from)
            break
    return found


def _covers(row: Row, day: date) -> bool:
    start, end = row.get("StartDate"), row.get("NextStartDate")
    return (not start or date.fromisoformat(start) <= day) and (not end or day < date.fromisoformat(end))
