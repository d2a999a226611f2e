"""Reads both systems for the revenue report: every draft and invoice of the books, the deals that lead to them, our links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core import revenue as sums
from sfspiris.core.planning.documents import Documents
from sfspiris.core.revenue import CrmRates, Dimension, Measure, Revenue
from sfspiris.core.routing import route
from sfspiris.engine import gather, orders
from sfspiris.engine.beginning import begin
from sfspiris.engine.rates import known_rates
from sfspiris.engine.run import looked
from sfspiris.engine.world import STOCKHOLM
from sfspiris.ports.crm import Reach, Selection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sfspiris.core.model import Deal, DealLink, Invoice, LedgerDraft
    from sfspiris.core.outcome import RunResult
    from sfspiris.core.revenue import Entry, Passage
    from sfspiris.engine.world import World


@dataclass(frozen=True, slots=True)
class Books:
    """What one company's ledger holds, read in this run."""

    currency: str
    drafts: Sequence[LedgerDraft]
    invoices: Sequence[Invoice]
    documents: Documents


def revenue(
    world: World,
    *,
    by: Sequence[Dimension],
    start: date | None,
    end: date | None,
    companies: Collection[str] = (),
) -> tuple[RunResult, Revenue]:
    """The sums of a period by the days of deals and documents; `world` must be dry. Days are both included.

    Raises what a ledger raises that cannot be read: sums without a company would only look complete.
    """
    started = begin(world)
    won, pipeline = _deals(world, start, end, companies)
    wanted = world.ledgers.keys() & set(companies) if companies else world.ledgers.keys()
    books = {company: _books(world, company) for company in sorted(wanted)}
    waiting = sums.without_document(
        won,
        {company: one.documents for company, one in books.items()},
        world.state.links.latest(),
        org_tag=world.policy.org_tag,
    )
    currencies = {company: one.currency for company, one in books.items()}
    rates = CrmRates(known_rates(world, _foreign(world, (*pipeline, *waiting), books)))
    entries: list[Entry] = []
    for deals, measure in ((pipeline, Measure.PIPELINE), (waiting, Measure.WON)):
        entries += sums.deal_entries(
            deals, measure, policy=world.policy, base_currencies=currencies, rates=rates
        )
    for company, one in books.items():
        entries += _booked(one, company, start, end, rates, today=world.clock.today())
    found = Revenue(
        rows=sums.tabulate(entries, by),
        totals=sums.tabulate(entries, (Dimension.COMPANY, Dimension.CURRENCY)),
        base_totals=sums.tabulate(entries, (Dimension.COMPANY,)),
        lead_times=sums.lead_times(_passages(world, won, books, start, end)),
        by=tuple(by),
        start=start,
        end=end,
        without_amount=tuple(
            sorted(deal.name for deal in (*pipeline, *waiting) if sums.deal_amount(deal) is None)
        ),
        rates=rates.towards(set(currencies.values())),
    )
    return looked(world, started), found


def _deals(
    world: World, start: date | None, end: date | None, companies: Collection[str]
) -> tuple[tuple[Deal, ...], tuple[Deal, ...]]:
    """The period's won Deals, none before the day that the configuration begins with, and its open ones."""
    days = [day for day in (start, world.policy.start_date) if day is not None]
    won = world.crm.read_deals(Selection(closed_from=max(days, default=None), closed_to=end))
    world.clock.follow(won.read_at)
    pipeline = world.crm.read_deals(Selection(closed_from=start, closed_to=end, reach=Reach.OPEN))
    return (
        gather.of_companies(won.deals, world, companies),
        gather.of_companies(pipeline.deals, world, companies),
    )


def _books(world: World, company: str) -> Books:
    """An order counts as a draft until finance has made an invoice, or a draft of its own, of it."""
    ledger = world.ledgers[company]
    invoices, _ = ledger.invoices()
    found = Documents.of(ledger.drafts(), invoices, orders.of(world, ledger))
    drafts = [one.draft for one in found.all if one.draft is not None and not one.draft.is_invoiced]
    return Books(ledger.profile().currency, drafts, invoices, found)


def _foreign(world: World, deals: Iterable[Deal], books: Mapping[str, Books]) -> Iterator[tuple[str, date]]:
    """The currencies and days of what is not booked yet and not in the currency of its books."""
    for deal in deals:
        company = route(deal, world.policy)
        if company is not None and deal.currency not in {None, company.currency}:
            yield str(deal.currency), deal.closed_on
    for one in books.values():
        for draft in one.drafts:
            day = _draft_day(draft)
            if day is not None and draft.totals.currency != one.currency:
                yield draft.totals.currency, day


def _booked(
    books: Books, company: str, start: date | None, end: date | None, rates: CrmRates, *, today: date
) -> Iterator[Entry]:
    for draft in books.drafts:
        day = _draft_day(draft)
        if _is_within(day, start, end):
            yield sums.draft_entry(draft, day, company=company, base_currency=books.currency, rates=rates)
    for invoice, family in sums.families(books.invoices):
        if _is_within(invoice.issued_on, start, end):
            yield from sums.invoice_entries(
                invoice, family, company=company, base_currency=books.currency, today=today
            )


def _draft_day(draft: LedgerDraft) -> date | None:
    """The date that the draft carries, else the Swedish day on which it was made."""
    if (
        draft.draft is not None and draft.draft.invoice_date.year > 1
    ):  # no date at all is read as the first day there is
        return draft.draft.invoice_date
    return draft.created_at.astimezone(STOCKHOLM).date() if draft.created_at else None


def _is_within(day: date | None, start: date | None, end: date | None) -> bool:
    """Whether a day lies in the period; an unknown day lies in an open period only."""
    if day is None:
        return start is None and end is None
    return (start is None or day >= start) and (end is None or day <= end)


def _passages(
    world: World,
    won: Sequence[Deal],
    books: Mapping[str, Books],
    start: date | None,
    end: date | None,
) -> Iterator[Passage]:
    """The way of every linked Deal that was closed in the period, also of those before the configuration's first day."""
    links = {deal_id: link for deal_id, link in world.state.links.latest().items() if link.company in books}
    invoices = {(company, invoice.id): invoice for company, one in books.items() for invoice in one.invoices}
    read = {deal.id: deal for deal in won}
    if missing := sorted(links.keys() - read.keys()):
        more = world.crm.read_deals(Selection(ids=tuple(missing), closed_from=start, closed_to=end))
        read |= {deal.id: deal for deal in more.deals}
    for deal_id, link in links.items():
        if deal_id in read:
            yield _passage(world, read[deal_id], link, invoices)


def _passage(
    world: World, deal: Deal, link: DealLink, invoices: Mapping[tuple[str, str], Invoice]
) -> Passage:
    drafted = link.created_at.astimezone(STOCKHOLM).date()
    invoice = invoices.get((link.company, link.invoice_id)) if link.invoice_id else None
    return sums.passage(deal.closed_on, drafted, invoice, today=world.clock.today())
