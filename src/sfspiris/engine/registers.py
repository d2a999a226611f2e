"""Registers that people change seldom, remembered for a few minutes so that a run with nothing to do costs next to nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sfspiris.core.model import CompanyProfile, LedgerView, PaymentTerms

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger

FRESH: Final = timedelta(minutes=5)


def view(world: World, ledger: Ledger, *, fresh: bool) -> LedgerView:
    """What planning must know of one company.

    Customers and articles are read each time, since a person may just have mended one; the company itself, its payment
    terms and its VAT rates at most every five minutes, or now when `fresh`.
    """
    own = world.policy.companies[ledger.company]
    books = _remembered(world, f"{ledger.company}:books", lambda: _books(ledger.profile()), fresh=fresh)
    terms = _remembered(
        world,
        f"{ledger.company}:terms",
        lambda: [[one.id, one.name, one.days] for one in ledger.payment_terms()],
        fresh=fresh,
    )
    return LedgerView(
        profile=CompanyProfile(name=ledger.company, orgnr=own.orgnr, **books),
        customers=tuple(ledger.customers()),
        articles=tuple(ledger.articles(fresh=fresh)),
        terms=tuple(PaymentTerms(*one) for one in terms),
    )


def _books(profile: CompanyProfile) -> dict[str, Any]:
    """What is worth remembering of a company whose identity has just been checked; its name and number are not."""
    return {"currency": profile.currency, "rounds_to_krona": profile.rounds_to_krona}


def _remembered(world: World, key: str, read: Callable[[], Any], *, fresh: bool) -> Any:
    now = world.clock.now()
    if not fresh and (known := world.state.catalog.load(key)):
        data, saved_at = known
        if timedelta(0) <= now - saved_at < FRESH:
            return data
    data = read()
    world.state.catalog.save(key, data, at=now)
    return data
