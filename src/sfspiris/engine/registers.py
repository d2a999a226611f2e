"""Registers that people change seldom, remembered for a few minutes so that a run with nothing to do costs next to nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.core.model import Coding, CompanyProfile, FiscalYear, LedgerView, PaymentTerms, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger

FRESH: Final = timedelta(minutes=5)


def view(world: World, ledger: Ledger, *, fresh: bool, foreign: bool = False) -> LedgerView:
    """What planning must know of one company.

    Customers and articles are read each time, since a person may just have mended one; the company itself, its years,
    payment terms, currencies and VAT rates at most every five minutes, or now when `fresh`. Codings and units are read
    only where articles may be created, `foreign` asks for the currencies.
    """
    own = world.policy.companies[ledger.company]
    books = _remembered(world, f"{ledger.company}:books", lambda: _books(ledger.profile()), fresh=fresh)
    terms = _remembered(
        world,
        f"{ledger.company}:terms",
        lambda: [[one.id, one.name, one.days] for one in ledger.payment_terms()],
        fresh=fresh,
    )
    locked_until = books["locked_until"]
    return LedgerView(
        profile=CompanyProfile(
            name=ledger.company,
            orgnr=own.orgnr,
            currency=books["currency"],
            rounds_to_krona=books["rounds_to_krona"],
            locked_until=date.fromisoformat(locked_until) if locked_until else None,
            has_iban=books["has_iban"],
        ),
        customers=tuple(ledger.customers()),
        articles=tuple(ledger.articles(fresh=fresh)),
        terms=tuple(PaymentTerms(*one) for one in terms),
        fiscal_years=_fiscal_years(world, ledger, fresh=fresh),
        currencies=_currencies(world, ledger, fresh=fresh) if foreign else frozenset(),
        codings=_codings(world, ledger, fresh=fresh) if own.articles.creates else (),
        units=_units(world, ledger, fresh=fresh) if own.articles.creates else (),
    )


def _fiscal_years(world: World, ledger: Ledger, *, fresh: bool) -> tuple[FiscalYear, ...]:
    years = _remembered(
        world,
        f"{ledger.company}:years",
        lambda: [
            [one.start.isoformat(), one.end.isoformat(), one.is_locked] for one in ledger.fiscal_years()
        ],
        fresh=fresh,
    )
    return tuple(
        FiscalYear(date.fromisoformat(start), date.fromisoformat(end), is_locked)
        for start, end, is_locked in years
    )


def _currencies(world: World, ledger: Ledger, *, fresh: bool) -> frozenset[str]:
    return frozenset(
        _remembered(world, f"{ledger.company}:currencies", lambda: sorted(ledger.currencies()), fresh=fresh)
    )


def _codings(world: World, ledger: Ledger, *, fresh: bool) -> tuple[Coding, ...]:
    codings = _remembered(
        world,
        f"{ledger.company}:codings",
        lambda: [
            [one.id, one.name, str(one.vat_rate), one.is_service, one.is_active] for one in ledger.codings()
        ],
        fresh=fresh,
    )
    return tuple(
        Coding(coding_id, name, Decimal(rate), is_service, is_active)
        for coding_id, name, rate, is_service, is_active in codings
    )


def _units(world: World, ledger: Ledger, *, fresh: bool) -> tuple[Unit, ...]:
    units = _remembered(
        world,
        f"{ledger.company}:units",
        lambda: [[one.id, one.name, list(one.names)] for one in ledger.units()],
        fresh=fresh,
    )
    return tuple(Unit(unit_id, name, tuple(names)) for unit_id, name, names in units)


def _books(profile: CompanyProfile) -> dict[str, Any]:
    """What is worth remembering of a company whose identity has just been checked; its name and number are not."""
    return {
        "currency": profile.currency,
        "rounds_to_krona": profile.rounds_to_krona,
        "locked_until": profile.locked_until.isoformat() if profile.locked_until else None,
        "has_iban": profile.has_iban,
    }


def _remembered(world: World, key: str, read: Callable[[], Any], *, fresh: bool) -> Any:
    now = world.clock.now()
    if not fresh and (known := world.state.catalog.load(key)):
        data, saved_at = known
        if timedelta(0) <= now - saved_at < FRESH:
            return data
    data = read()
    world.state.catalog.save(key, data, at=now)
    return data
