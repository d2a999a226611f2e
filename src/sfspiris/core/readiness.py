"""A Deal that is not won yet, judged as if it were won today."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from sfspiris.core.model import Deal


def as_if_won(deal: Deal, today: date) -> Deal:
    """The Deal as it would read if it were closed now: the day on which it is expected to close becomes today.

    Salesforce itself sets the closing day when a deal is won. A delivery day that only follows the closing day moves
    with it; one of its own stays. `today` is a Swedish day.
    """
    if deal.closed_on <= today:
        return deal
    follows = deal.delivery_date == deal.closed_on
    return replace(deal, closed_on=today, delivery_date=today if follows else deal.delivery_date)
