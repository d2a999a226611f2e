"""Swedish VAT rates by the day of the chargeable event (beskattningsgrundande händelse).

The day of delivery decides, not that of the invoice; an advance is taxed when it is received, at that day's rate; a credit
note has the rate of the sale it credits. Rates and days are rows in `vat.toml`.
"""

from datetime import date, timedelta
from decimal import Decimal

from sfspiris.swedish.vat_table import Limit, table


def chargeable_day(
    supplied: date | None, *, advance_paid: date | None = None, credits_sale_of: date | None = None
) -> date | None:
    """The Swedish day whose rate applies, or None when it is not known.

    A payment after delivery is no advance and changes nothing.
    """
    if credits_sale_of is not None:
        return credits_sale_of
    if advance_paid is not None and (supplied is None or advance_paid < supplied):
        return advance_paid
    return supplied


def rate(category: str, on: date | None) -> Decimal | None:
    """The rate in percent of a category of sale; None when the category has none, or several and the day is unknown.

    KeyError for a category that is not in the table.
    """
    rates = table().categories[category].rates
    if on is None:
        return rates[0].percent if len(rates) == 1 else None
    return next((dated.percent for dated in rates if dated.period.covers(on)), None)


def is_dated(category: str) -> bool:
    """Whether the category's rate depends on the day, so that a supply date is needed. KeyError as for `rate`."""
    return len(table().categories[category].rates) > 1


def rates_in_use(on: date) -> frozenset[Decimal]:
    """Every rate in percent that some sale has on that day."""
    return frozenset(
        dated.percent
        for category in table().categories.values()
        for dated in category.rates
        if dated.period.covers(on)
    )


def change_between(first: date, last: date) -> date | None:
    """The first day in (first, last] on which some category has a new rate; None when rates stand still."""
    days = {
        dated.period.end + timedelta(days=1)
        for category in table().categories.values()
        for dated in category.rates
        if dated.period.end is not None
    }
    return min((day for day in days if first < day <= last), default=None)


def limit(name: str, on: date) -> Limit:
    """A dated limit by name: `electronics`, `eu_consumers`, `simplified_invoice`. KeyError when there is none that day."""
    for row in table().limits:
        if row.name == name and row.period.covers(on):
            return row
    raise KeyError(name)
