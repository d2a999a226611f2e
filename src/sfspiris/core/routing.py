"""Which company invoices a Deal, by which articles and as what: the first route whose conditions all hold decides, or none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfspiris.core.policy import ANY_VALUE

if TYPE_CHECKING:
    from sfspiris.core.model import Deal
    from sfspiris.core.policy import CompanyPolicy, Policy, Route


def route(deal: Deal, policy: Policy) -> CompanyPolicy | None:
    """The company of the first matching route, with that route's rules; None when no route matches, or one that skips."""
    taken = _taken(deal, policy)
    if taken is None or taken.company is None:
        return None
    company = policy.companies[taken.company]
    if taken.target is not None:
        company = replace(company, target=taken.target)
    return company if taken.articles is None else replace(company, articles=taken.articles)


def is_out_of_scope(deal: Deal, policy: Policy) -> bool:
    """Whether the first matching route leaves the Deal out of invoicing."""
    taken = _taken(deal, policy)
    return taken is not None and taken.skips


def _taken(deal: Deal, policy: Policy) -> Route | None:
    return next((one for one in policy.routes if matches(deal, one)), None)


def matches(deal: Deal, candidate: Route) -> bool:
    """Whether every condition of the route holds. Text is compared without regard to case; an empty value matches nothing."""
    return all(_holds(deal.values.get(path), accepted) for path, accepted in candidate.when.items())


def _holds(value: str | None, accepted: tuple[str, ...]) -> bool:
    if value is None or not value.strip():
        return False
    return ANY_VALUE in accepted or value.strip().casefold() in {one.casefold() for one in accepted}
