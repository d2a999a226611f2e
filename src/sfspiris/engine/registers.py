"""Registers that people change seldom, remembered for a few minutes so that a run with nothing to do costs next to nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.core import written
from sfspiris.core.model import (
    Coding,
    CompanyProfile,
    FiscalYear,
    LedgerView,
    PaymentTerms,
    Unit,
)
from sfspiris.engine import wholeness
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sfspiris.core.model import Deal
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger

FRESH: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Asked:
    """What only some Deals need to be read: the currencies, the cost centres, the projects."""

    currencies: bool = False
    cost_centres: bool = False
    projects: bool = False

    def covers(self, other: Asked) -> bool:
        """Whether what was read for these is enough for the others."""
        return all(getattr(self, one.name) or not getattr(other, one.name) for one in fields(self))


def asked_by(deals: Iterable[Deal], books: str, wrote: Iterable[str] = ()) -> Asked:
    """The registers that these Deals of one company need. `books` is its currency, `wrote` what was written of them."""
    deals, wrote = tuple(deals), tuple(wrote)
    return Asked(
        currencies=any(deal.currency not in {None, books} for deal in deals),
        cost_centres=any(deal.cost_centre or any(line.cost_centre for line in deal.lines) for deal in deals)
        or any(written.mentions(one, "CostCentre") for one in wrote),
        projects=any(deal.project or any(line.project for line in deal.lines) for deal in deals)
        or any(written.mentions(one, "Project") for one in wrote),
    )


def view(world: World, ledger: Ledger, *, fresh: bool, asked: Asked) -> LedgerView:
    """What planning must know of one company.

    Customers and articles are read each time, since a person may just have mended one; the company itself, its years,
    payment terms, currencies and VAT rates at most every five minutes, or now when `fresh`. Codings and units are read
    only where articles may be created, and what few Deals need only when `asked` for. A person may just have made a cost
    centre or a project that a Deal was held for, so these are read each time too. Raises ConfigError for a company whose books
    are kept in another currency than configured.
    """
    own = world.policy.companies[ledger.company]
    books = _books_of(world, ledger, fresh=fresh)
    terms = _remembered(
        world,
        f"{ledger.company}:terms",
        lambda: [[one.id, one.name, one.days] for one in ledger.payment_terms()],
        fresh=fresh,
    )
    locked_until = books["locked_until"]
    creates = own.articles.creates or any(
        one.articles.creates for one in world.policy.routes if one.company == own.key and one.articles
    )
    return LedgerView(
        profile=CompanyProfile(
            name=ledger.company,
            orgnr=own.orgnr,
            currency=books["currency"],
            rounds_to_krona=books["rounds_to_krona"],
            locked_until=date.fromisoformat(locked_until) if locked_until else None,
            has_iban=books["has_iban"],
            uses_cost_centres=books.get("uses_cost_centres", False),
            uses_projects=books.get("uses_projects", False),
        ),
        customers=tuple(wholeness.customers(world, ledger)),
        articles=tuple(ledger.articles(fresh=fresh)),
        terms=tuple(PaymentTerms(*one) for one in terms),
        fiscal_years=_fiscal_years(world, ledger, fresh=fresh),
        currencies=_currencies(world, ledger, fresh=fresh) if asked.currencies else frozenset(),
        codings=_codings(world, ledger, fresh=fresh) if creates else (),
        units=_units(world, ledger, fresh=fresh) if creates else (),
        cost_centres=tuple(ledger.cost_centres())
        if asked.cost_centres and books.get("uses_cost_centres")
        else (),
        projects=tuple(ledger.projects()) if asked.projects and books.get("uses_projects") else (),
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


def _books_of(world: World, ledger: Ledger, *, fresh: bool) -> dict[str, Any]:
    """The company's books; those in another currency than configured are looked at again before that is believed.

    Every amount in the books' currency would be told under the name of another one.
    """
    own = world.policy.companies[ledger.company].currency
    key = f"{ledger.company}:books"
    books: dict[str, Any] = _remembered(world, key, lambda: _books(ledger.profile()), fresh=fresh)
    if books["currency"] != own and not fresh:
        books = _remembered(world, key, lambda: _books(ledger.profile()), fresh=True)
    if books["currency"] == own:
        return books
    raise ConfigError(
        f"Spiris keeps the books of company {ledger.company} in {books['currency']}, but currency under "
        f"[companies.{ledger.company}] says {own}. Nothing was planned.",
        remedy=f'Set currency = "{books["currency"]}" under [companies.{ledger.company}], and check what was drafted before.',
    )


def _books(profile: CompanyProfile) -> dict[str, Any]:
    """What is worth remembering of a company whose identity has just been checked; its name and number are not."""
    return {
        "currency": profile.currency,
        "rounds_to_krona": profile.rounds_to_krona,
        "locked_until": profile.locked_until.isoformat() if profile.locked_until else None,
        "has_iban": profile.has_iban,
        "uses_cost_centres": profile.uses_cost_centres,
        "uses_projects": profile.uses_projects,
    }


def _remembered(world: World, key: str, read: Callable[[], Any], *, fresh: bool) -> Any:
    now = world.clock.now()
    if not fresh and (known := world.state.catalog.load(key)):
        data, saved_at = known
        if (
            abs(now - saved_at) < FRESH
        ):  # servers tell whole seconds, so the next run may seem to be a little earlier
            return data
    data = read()
    world.state.catalog.save(key, data, at=now)
    return data
