"""Reads both sides for a comparison, reads again what differs, and puts right what can be without touching a document."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import CreateDraft, ExistingCustomer
from sfspiris.core.drift import BooksLock, Symbol
from sfspiris.core.model import SyncState, Target
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.core.planning.differences import Expected
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import PushInputs
from sfspiris.core.planning.reconcile import Reason, ReconcileInputs, reconcile, strangers
from sfspiris.core.planning.repairs import mirror_repairs, repairs
from sfspiris.core.routing import is_out_of_scope, route
from sfspiris.core.siecheck import check_sie
from sfspiris.engine import gather, mirror, orders, registers, unclaimed
from sfspiris.engine.beginning import begin
from sfspiris.engine.execute import Carried, execute
from sfspiris.engine.run import conclude
from sfspiris.errors import Retryable, UsageError
from sfspiris.ports.crm import Selection
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sfspiris.core.actions import Plan, Shown
    from sfspiris.core.drift import Reconciliation
    from sfspiris.core.model import Deal, DealLink, Invoice, LedgerDraft, LedgerView
    from sfspiris.core.outcome import RunResult
    from sfspiris.core.siecheck import SieCheck
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger
    from sfspiris.swedish.sie import SieFile

_OVERLAP: Final = timedelta(minutes=15)
"""How far the second reading of invoices goes back behind the first: the longest lag of a list."""
_ONE_BY_ONE: Final = 20  # differing drafts asked for by id; beyond that the list must do


@dataclass(frozen=True, slots=True)
class Period:
    """The Swedish days that are compared, both included; None where the period is open."""

    start: date | None = None
    end: date | None = None

    def has(self, day: date) -> bool:
        """Whether the day belongs to the period."""
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)


@dataclass(slots=True)
class _Books:
    """What was read of one company. `read_at` is the ledger's time (UTC) when invoices were read."""

    view: LedgerView
    drafts: dict[str, LedgerDraft]
    orders: dict[str, LedgerDraft]
    invoices: dict[str, Invoice]
    read_at: datetime


@dataclass(slots=True)
class _Read:
    """What was read of both sides; `unreadable` are companies with the reason.

    `mirrored` is what would make the CRM show the invoices and sums of these books.
    """

    deals: dict[str, Deal] = field(default_factory=dict)
    books: dict[str, _Books] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    departed: dict[str, str] = field(default_factory=dict)
    mirrored: tuple[Shown, ...] = ()

    def documents(self) -> dict[str, Documents]:
        return {
            company: Documents.of(own.drafts.values(), own.invoices.values(), own.orders.values())
            for company, own in self.books.items()
        }


def reconcile_all(
    world: World,
    *,
    start: date | None,
    end: date | None,
    companies: Collection[str] = (),
    fix: bool = False,
    sie: SieFile | None = None,
) -> tuple[RunResult, Reconciliation]:
    """Every won Deal of the period beside every document, both ways. Days are both included.

    What differs is read once more before it is told, since people and other runs are at work meanwhile. Nothing is written
    unless `fix` asks for it; in a dry world what it would write is planned only. `sie` is held against the invoices of its
    company besides.

    Raises UsageError when the file belongs to no company of this run.
    """
    witness = _company_of(world, sie, companies) if sie is not None else None
    started = begin(world)
    period = Period(start, end)
    read = _read(world, period, companies)
    inputs = _inputs(world, read, period)
    found = reconcile(inputs)
    differing = [one for one in found.lines if one.symbol not in {Symbol.SAME, Symbol.UNREADABLE}]
    if differing:
        _read_again(world, read, period, {one.deal_id for one in differing if one.deal_id})
        _read_drafts_again(
            world,
            read,
            [(one.company, one.document_id) for one in differing if one.company and one.document_id],
        )
        inputs = _inputs(world, read, period)
        found = replace(reconcile(inputs), reread=len(differing))
    if sie is not None and witness in read.books:
        found = replace(found, sie=_sie_check(world, sie, witness, read.books[witness]))
    carried = _fix(world, found, inputs, read.mirrored) if fix else Carried()
    return conclude(world, started, carried), found


# --- reading -------------------------------------------------------------------------------------------------------


def _read(world: World, period: Period, companies: Collection[str]) -> _Read:
    read = _Read()
    floor = world.policy.start_date if period.start is None else period.start
    batch = world.crm.read_deals(Selection(closed_from=floor, closed_to=period.end))
    world.clock.follow(batch.read_at)
    _sort_in(world, read, batch.deals, period, companies)
    for company in sorted(world.ledgers.keys() & set(companies) if companies else world.ledgers.keys()):
        try:
            read.books[company] = _books(world, world.ledgers[company], read.deals.values())
        except Retryable as error:
            read.unreadable[company] = say(
                "%(company)s could not be read: %(why)s", company=company, why=error.message
            )
    _look_for_deals(world, read, period, companies)
    return read


def _books(world: World, ledger: Ledger, deals: Iterable[Deal]) -> _Books:
    """Orders and drafts are read first: one that is invoiced meanwhile is then seen on both lists, never on none."""
    own = world.policy.companies[ledger.company].currency
    ordered = orders.of(world, ledger)
    drafts = ledger.drafts()
    invoices, read_at = ledger.invoices()
    view = registers.view(world, ledger, fresh=True, asked=registers.asked_by(deals, own))
    return _Books(
        view,
        {one.id: one for one in drafts},
        {one.id: one for one in ordered},
        {one.id: one for one in invoices},
        read_at,
    )


def _look_for_deals(world: World, read: _Read, period: Period, companies: Collection[str]) -> None:
    """The Deals of documents that none of those read stands for: won at another time, or not won."""
    found = strangers(
        read.documents(),
        world.state.links.latest(),
        frozenset(read.deals) | read.elsewhere,
        org_tag=world.policy.org_tag,
        start=period.start,
        end=period.end,
    )
    if not found:
        return
    won = world.crm.read_deals(Selection(ids=tuple(sorted(found)))).deals
    _sort_in(world, read, won, period, companies)
    lost = sorted(found.keys() - {one.id for one in won})
    if lost:
        read.departed |= {
            one.deal_id: say("%(name)s, deleted", name=one.name)
            if one.is_deleted
            else f"{one.name} ({one.stage})"
            for one in world.crm.fates(ids=lost)
        }


def _sort_in(
    world: World, read: _Read, deals: Iterable[Deal], period: Period, companies: Collection[str]
) -> None:
    """Deals that belong to the comparison, and those that are won elsewhere: at another time, or for another company."""
    links = world.state.links.latest()
    for deal in deals:
        link, company = links.get(deal.id), route(deal, world.policy)
        if link is None and is_out_of_scope(deal, world.policy):
            continue
        home = link.company if link else company.key if company else None
        if period.has(deal.closed_on) and (not companies or home in companies):
            read.deals[deal.id] = deal
        else:
            read.elsewhere.add(deal.id)


def _read_again(world: World, read: _Read, period: Period, deal_ids: Collection[str]) -> None:
    """These Deals as they are now, and what has moved in the books since they were read."""
    again = world.crm.read_deals(Selection(ids=tuple(sorted(deal_ids)))).deals
    for deal_id in deal_ids:
        read.deals.pop(deal_id, None)
    for deal in again:
        if period.has(deal.closed_on) and deal.id not in read.elsewhere:
            read.deals[deal.id] = deal
    for company, own in sorted(read.books.items()):
        ledger = world.ledgers[company]
        try:
            own.orders = {one.id: one for one in orders.of(world, ledger)}
            own.drafts = {one.id: one for one in ledger.drafts()}
            moved, _ = ledger.invoices(modified_since=own.read_at - _OVERLAP)
        except Retryable as error:
            read.unreadable[company] = say(
                "%(company)s could not be read a second time: %(why)s", company=company, why=error.message
            )
            continue
        own.invoices |= {one.id: one for one in moved}
    for company in read.unreadable:
        read.books.pop(company, None)


def _read_drafts_again(world: World, read: _Read, places: Sequence[tuple[str, str]]) -> None:
    """Differing drafts as they are now, not as a list may still show them."""
    wanted = [
        (company, draft_id, target, listed)
        for company, draft_id in places
        if company in read.books
        for target, listed in (
            (Target.DRAFT, read.books[company].drafts),
            (Target.ORDER, read.books[company].orders),
        )
        if draft_id in listed
    ]
    for company, draft_id, target, listed in wanted[:_ONE_BY_ONE]:
        now = world.ledgers[company].draft(draft_id, target=target)
        if now is None:
            listed.pop(draft_id)
        else:
            listed[draft_id] = now


# --- what the decision needs ---------------------------------------------------------------------------------------


def _inputs(world: World, read: _Read, period: Period) -> ReconcileInputs:
    links = world.state.links.latest()
    reasons, expected, plan = _judged_today(world, read, links)
    documents = read.documents()
    known = world.state.holds.all()
    explained = frozenset(reasons)
    for held in known:
        if held.deal_id not in explained:
            reasons[held.deal_id].append(
                Reason(
                    str(held.code),
                    say("it waits for a person (%(code)s).", code=held.code),
                    say(
                        "`sfspiris help %(code)s` says what to do, `sfspiris explain %(deal)s` shows the deal.",
                        code=held.code,
                        deal=held.deal_id,
                    ),
                )
            )
    for deal_id in world.state.reviews.resolved():
        reasons[deal_id] = _settled(reasons[deal_id])
    has_invoices = any(own.invoices for own in read.books.values())
    shown = world.crm.read_invoices() if has_invoices and world.policy.invoice_fields else None
    books = {company: tuple(own.invoices.values()) for company, own in read.books.items()}
    read.mirrored, overwritten = mirror.compare(world, books, shown or {})
    return ReconcileInputs(
        deals=tuple(read.deals.values()),
        documents=documents,
        links=links,
        policy=world.policy,
        today=world.clock.today(),
        notes={
            company: tuple(one for one in own.invoices.values() if one.is_credit_note)
            for company, own in read.books.items()
        },
        reasons=reasons,
        waiting=frozenset(one.deal_id for one in known),
        expected=expected,
        shown=shown,
        overwritten=overwritten,
        unreadable=read.unreadable,
        elsewhere=frozenset(read.elsewhere),
        departed=read.departed,
        customers={
            (company, one.id): f"{one.number} {one.name}"
            for company, own in read.books.items()
            for one in own.view.customers
        },
        locks={company: _lock(company, own.view) for company, own in read.books.items()},
        start=period.start,
        end=period.end,
        settled=unclaimed.settled(world, read.deals, plan.holds, expected.keys()),
        by_hand=unclaimed.known_by_hand(
            world,
            documents,
            read.deals,
            expected,
            {one.deal_id: one.company for one in plan.actions if isinstance(one, CreateDraft)},
        ),
    )


def _settled(reasons: Sequence[Reason]) -> list[Reason]:
    """Why a Deal has no document that a person has settled without one: what was settled stands, and asks for nothing more."""
    fix = say("Nothing, unless its reason has changed.")
    if not reasons:
        return [Reason("", say("somebody has settled it without an invoice."), fix)]
    word = Reason("", say("Somebody has settled it without an invoice."), fix)
    return [*(replace(one, fix=fix) for one in reasons), word]


def _judged_today(
    world: World, read: _Read, links: Mapping[str, DealLink]
) -> tuple[dict[str, list[Reason]], dict[str, Expected], Plan]:
    """Every Deal judged as if it had never been pushed: why one waits, and what the others would become."""
    deals = [
        replace(deal, sync=SyncState())
        for deal in read.deals.values()
        if (company := route(deal, world.policy)) is None or company.key in read.books
    ]
    plan = decide(
        PushInputs(
            deals=deals,
            policy=world.policy,
            today=world.clock.today(),
            customer_links={
                (company, buyer_id): link.customer_id
                for company in read.books
                for buyer_id, link in world.state.links.customers(company).items()
            },
            currency_links=gather.links_by_currency(world, read.books),
            made_customers=world.state.journal.made_customers(),
            parted=world.state.links.parted(),
            ledgers={company: own.view for company, own in read.books.items()},
        )
    )
    reasons: dict[str, list[Reason]] = defaultdict(list)
    for hold in plan.holds:
        if hold.deal_id not in links:
            reasons[hold.deal_id].append(Reason(str(hold.code), hold.message, hold.fix))
    expected = {
        one.deal_id: Expected(
            one.vat.vat, one.customer.id if isinstance(one.customer, ExistingCustomer) else None, one.net
        )
        for one in plan.actions
        if isinstance(one, CreateDraft)
    }
    return reasons, expected, plan


def _lock(company: str, view: LedgerView) -> BooksLock:
    years = tuple((one.start, one.end) for one in view.fiscal_years if one.is_locked)
    return BooksLock(company, view.profile.locked_until, years)


# --- a second witness ----------------------------------------------------------------------------------------------


def _company_of(world: World, sie: SieFile, companies: Collection[str]) -> str:
    """The company whose file it is, by its organisation number."""
    wanted = world.ledgers.keys() & set(companies) if companies else world.ledgers.keys()
    for company in sorted(wanted):
        own = world.policy.companies[company]
        if not sie.orgnr or own.orgnr != sie.orgnr:
            continue
        if own.currency != sie.currency:
            raise UsageError(
                f"The SIE file is in {sie.currency}, and the books of {company} are in {own.currency}.",
                remedy="Export the file in the currency of the books.",
                code="SIE_OTHER_CURRENCY",
            )
        return company
    raise UsageError(
        "The SIE file has another organisation number (#ORGNR) than the companies that are compared.",
        remedy="Export the file of one of these companies, or leave --company out.",
        code="SIE_OTHER_COMPANY",
    )


def _sie_check(world: World, sie: SieFile, company: str, own: _Books) -> SieCheck:
    currency = world.policy.companies[company].currency
    return check_sie(
        sie, own.invoices.values(), company=company, currency=currency, today=world.clock.today()
    )


# --- putting right -------------------------------------------------------------------------------------------------


def _fix(world: World, found: Reconciliation, inputs: ReconcileInputs, mirrored: Sequence[Shown]) -> Carried:
    decided = repairs(found, inputs)
    shown = mirror_repairs(found, inputs, mirrored)
    if world.dry:
        return Carried([ActionResult(one, Outcome.PLANNED) for one in (*decided.plan.actions, *shown)])
    carried = execute(world, decided.plan)
    told = {one.action.deal_id for one in carried.results if one.outcome is Outcome.DONE}
    world.state.links.save(link for deal_id, link in decided.links.items() if deal_id in told)
    mirror.carry_out(world, shown, carried)
    return carried
