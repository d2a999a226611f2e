"""Which company invoices a Deal: the first route whose conditions all hold, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.policy import ANY_VALUE

if TYPE_CHECKING:
    from sfspiris.core.model import Deal
    from sfspiris.core.policy import CompanyPolicy, Policy, Route


def route(deal: Deal, policy: Policy) -> CompanyPolicy | None:
    """The company of the first matching route; None when no route matches."""
    for candidate in policy.routes:
        if matches(deal, candidate):
            return policy.companies[candidate.company]
    return None


def matches(deal: Deal, candidate: Route) -> bool:
    """Whether every condition of the route holds. Text is compared without regard to case; an empty value matches nothing."""
    return all(_holds(deal.values.get(path), accepted) for path, accepted in candidate.when.items())


def _holds(value: str | None, accepted: tuple[str, ...]) -> bool:
    if value is None or not value.strip():
        return False
    return ANY_VALUE in accepted or value.strip().casefold() in {one.casefold() for one in accepted}
