"""A Deal that is not won yet, judged as if it were won today, and what sales is told about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import WriteReadiness
from sfspiris.core.model import Readiness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from sfspiris.core.actions import Plan
    from sfspiris.core.holds import Hold
    from sfspiris.core.model import Deal

_LONGEST: Final = 1000  # characters: enough for several reasons, and the field is read on a screen


def as_if_won(deal: Deal, today: date) -> Deal:
    """The Deal as it would read if it were closed now: the day on which it is expected to close becomes today.

    Salesforce itself sets the closing day when a deal is won. A delivery day that only follows the closing day moves
    with it; one of its own stays. `today` is a Swedish day.
    """
    if deal.closed_on <= today:
        return deal
    follows = deal.delivery_date == deal.closed_on
    return replace(deal, closed_on=today, delivery_date=today if follows else deal.delivery_date)


def readiness(
    deals: Iterable[Deal], plan: Plan, *, reasons_length: int, spoken: Callable[[str], str] = str
) -> tuple[WriteReadiness, ...]:
    """What to write on these open Deals, of which `plan` says what would become of them if they were won; by id.

    Nothing for a Deal that says the same already. One that a route leaves out says neither. `spoken` says the reasons in the
    CRM's language.
    """
    written = []
    for deal in sorted(deals, key=lambda one: one.id):
        holds = [hold for hold in plan.holds if hold.deal_id == deal.id]
        after = Readiness(
            ready=not holds and deal.id not in plan.out_of_scope,
            reasons=_in_words(holds, reasons_length, spoken) if holds and reasons_length else None,
        )
        if after != replace(deal.readiness, ready=bool(deal.readiness.ready)):
            company = next((hold.company for hold in holds), None)
            written.append(WriteReadiness(deal.id, company, deal.readiness, after))
    return tuple(written)


def _in_words(holds: Iterable[Hold], length: int, spoken: Callable[[str], str]) -> str:
    """The reasons as they fit into the field; the same holds give the same words, so that they are written once."""
    words = " ".join(" ".join(f"{spoken(hold.message)} {spoken(hold.fix)}".split()) for hold in holds)
    most = min(length, _LONGEST)
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
