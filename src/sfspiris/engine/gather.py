"""Reads what a decision needs: the CRM's won Deals first, then the ledgers, and only as much of them as is needed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.identity import Marker, payload_hash
from sfspiris.core.lifecycle import IntentState
from sfspiris.core.model import DealStatus, Target
from sfspiris.core.outcome import RunStatus
from sfspiris.core.planning.adoption import claims_a_document
from sfspiris.core.planning.changed import Standing, needs_comparison, needs_invoice
from sfspiris.core.planning.departed import Departed
from sfspiris.core.planning.documents import no_documents
from sfspiris.core.planning.mirroring import STATUS_PARTS
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import PushInputs, companies_to_read
from sfspiris.core.routing import route
from sfspiris.engine import orders, registers
from sfspiris.engine.copies import told_apart
from sfspiris.engine.search import documents as search_documents
from sfspiris.engine.search import search
from sfspiris.errors import UsageError
from sfspiris.ports.crm import Selection
from sfspiris.state.journal import IntentKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sfspiris.core.model import Deal, DealLink, Invoice, LedgerDraft
    from sfspiris.core.planning.documents import Documents
    from sfspiris.core.planning.pushinputs import Unresolved
    from sfspiris.engine.world import World
    from sfspiris.ports.crm import Fate
    from sfspiris.ports.ledger import Ledger

FEED: Final = "deals"
_SCOPE: Final = "deals:scope"
_RUNS_LOOKED_BACK: Final = 50
_READ_ONE_BY_ONE: Final = 20  # changed drafts; beyond that the whole list costs less
OVERLAP: Final = timedelta(minutes=15)
"""How far each run reads back behind its cursor.

A change can be committed minutes after the stamp it carries, so what was read up to a moment is not all that belongs
before it; longer than the longest call to Salesforce (10 minutes).
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which Deals the operator asked for. Days are calendar days, both included; the default is everything new.

    `is_queue`: they wait for a person already, so that a run has let them in whenever they closed.
    """

    deal_ids: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    companies: tuple[str, ...] = ()
    limit: int | None = None
    full: bool = False
    is_queue: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether a person asks for these Deals to be tried, even those that the ledger refused before."""
        return self.full or bool(self.deal_ids)

    @property
    def is_everything(self) -> bool:
        """Whether this reads all that is new, so that the cursor may move past it."""
        return not (self.deal_ids or self.since or self.until or self.companies or self.limit is not None)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The Deals of a run and the CRM's time when reading began; `gone` have no document and are no longer won.

    `departed` are no longer won either, but have a document. Of `unseen` the CRM tells nothing at all, won or not, deleted or
    not: whoever reads may not see them today, and nothing follows from that.
    """

    deals: tuple[Deal, ...]
    read_at: datetime
    gone: tuple[Departed, ...] = ()
    departed: tuple[Departed, ...] = ()
    unseen: frozenset[str] = frozenset()


def deals(world: World, scope: Scope) -> Gathered:
    """The Deals to decide about; the clock follows the CRM from here on.

    Raises UsageError for a Deal that was asked for by id and is not there, not won, or won too long ago.
    """
    found = _selected(world, scope) if scope.deal_ids or scope.since or scope.until else _new(world, scope)
    if not scope.companies:
        return found
    return Gathered(of_companies(found.deals, world, scope.companies), found.read_at)


def of_companies(deals: Sequence[Deal], world: World, companies: Collection[str]) -> tuple[Deal, ...]:
    """Those Deals that a route sends to one of the companies; all of them when none is named."""
    return tuple(
        deal
        for deal in deals
        if not companies or ((company := route(deal, world.policy)) is not None and company.key in companies)
    )


def named(world: World, deal_ids: Sequence[str]) -> Gathered:
    """These Deals as they are today. Those that left the gate are no mistake here: `departed` with a document, else `gone`."""
    if not deal_ids:
        return Gathered((), world.clock.now())
    batch = world.crm.read_deals(Selection(ids=tuple(deal_ids)))
    world.clock.follow(batch.read_at)
    links = world.state.links.latest()
    left = sorted(set(deal_ids) - {deal.id for deal in batch.deals})
    fates = [_departed(fate) for fate in world.crm.fates(ids=left)] if left else []
    return Gathered(
        batch.deals,
        batch.read_at,
        gone=tuple(one for one in fates if one.deal_id not in links),
        departed=tuple(one for one in fates if one.deal_id in links),
    )


def _selected(world: World, scope: Scope) -> Gathered:
    batch = world.crm.read_deals(
        Selection(
            ids=scope.deal_ids or None,
            closed_from=scope.since or (None if scope.deal_ids else world.policy.start_date),
            closed_to=scope.until,
        )
    )
    world.clock.follow(batch.read_at)
    missing = [
        asked for asked in scope.deal_ids if not any(deal.id[:15] == asked[:15] for deal in batch.deals)
    ]
    if missing:
        raise _not_there(world, missing)
    _check_start(world, scope, batch.deals)
    return Gathered(batch.deals, batch.read_at)


def _not_there(world: World, missing: Sequence[str]) -> UsageError:
    """Why Deals that were asked for by id cannot be pushed: outside the days, not through the gate, or not there at all."""
    won = {deal.id[:15]: deal for deal in world.crm.read_deals(Selection(ids=tuple(missing))).deals}
    known = {long[:15]: what for long, what in world.crm.exist(missing).items()}

    def told(asked: str) -> str:
        if (deal := won.get(asked[:15])) is not None:
            return f"Deal {asked} closed on {deal.closed_on}, outside the days of --since and --until."
        if asked[:15] in known:
            return f"Deal {asked} is not won, or does not pass the gate: {known[asked[:15]]}."
        return f"Salesforce knows no deal {asked}, or the integration user may not see it."

    stands_outside = all(one[:15] in known and one[:15] not in won for one in missing)
    return UsageError(
        " ".join(told(asked) for asked in missing),
        remedy="Check the id; only deals that pass the gate of the configuration are invoiced.",
        record=missing[0],
        code="GATE_NOT_MET" if stands_outside else None,
    )


def _check_start(world: World, scope: Scope, deals: Sequence[Deal]) -> None:
    """Raise UsageError for a Deal that was asked for by id and closed before anything is invoiced from here.

    Such a Deal may have been invoiced in another way, so a person says with --since that it is meant. What has a document
    of ours already is followed whenever it closed.
    """
    first = world.policy.start_date
    if first is None or not scope.deal_ids or scope.since or scope.is_queue:
        return
    links = world.state.links.latest()
    early = [deal for deal in deals if deal.closed_on < first and deal.id not in links]
    if early:
        day = min(deal.closed_on for deal in early)
        raise UsageError(
            " ".join(
                f"Deal {deal.id} closed on {deal.closed_on}, before start_date ({first})." for deal in early
            )
            + " It may have been invoiced in another way. Nothing was planned.",
            remedy=f"If it was not, run again with --since {day} as well.",
            record=early[0].id,
            code="BEFORE_START_DATE",
        )


def _new(world: World, scope: Scope) -> Gathered:
    cursor = None if scope.full or _is_of_another_scope(world) else world.state.cursors.get(FEED)
    batch = world.crm.read_deals(
        Selection(changed_since=cursor - OVERLAP if cursor else None, closed_from=world.policy.start_date)
    )
    world.clock.follow(batch.read_at)
    read = {deal.id: deal for deal in batch.deals}
    waiting = _waiting(world) - read.keys()
    if waiting:
        again = world.crm.read_deals(Selection(ids=tuple(sorted(waiting)))).deals
        late = {deal.id: deal for deal in again if not _is_early(deal, world.policy.start_date)}
        read |= (
            late  # a backfill's, which closed before the first day, wait on in the queue and are not planned
        )
        waiting -= {deal.id for deal in again if deal.id not in late} - world.state.links.latest().keys()
    links = world.state.links.latest()
    suspects = _suspects(world, links, cursor, waiting & links.keys()) if links else {}
    suspects = {deal_id: fate for deal_id, fate in suspects.items() if deal_id not in read}
    if suspects:  # won before the first day that counts, or changed while we were reading
        still = world.crm.read_deals(Selection(ids=tuple(sorted(suspects))))
        read |= {deal.id: deal for deal in still.deals}
    left = tuple(_departed(fate) for deal_id, fate in sorted(suspects.items()) if deal_id not in read)
    missing = waiting - read.keys() - links.keys()
    gone = [_departed(fate) for fate in world.crm.fates(ids=sorted(missing))] if missing else []
    unseen = missing - {one.deal_id for one in gone} - world.state.reviews.resolved().keys()
    return Gathered(
        tuple(read.values()),
        batch.read_at,
        gone=tuple(gone),
        departed=left,
        unseen=frozenset(unseen | _hidden(world, links, read, cursor)),
    )


def _is_early(deal: Deal, first: date | None) -> bool:
    return first is not None and deal.closed_on < first


def read_to(world: World, read_at: datetime) -> None:
    """Remember that all Deals of the policy's scope have been read up to that moment (UTC)."""
    world.state.cursors.move(FEED, read_at, at=world.clock.now())
    if _is_of_another_scope(world):
        world.state.catalog.save(_SCOPE, world.policy.scope, at=world.clock.now())


def _is_of_another_scope(world: World) -> bool:
    """Whether other Deals were looked at when the cursor was moved: another gate, other routes, another first day."""
    known = world.state.catalog.load(_SCOPE)
    return known is None or known[0] != world.policy.scope


def _hidden(
    world: World, links: Mapping[str, DealLink], read: Collection[str], cursor: datetime | None
) -> frozenset[str]:
    """Deals with a document, when all was read and most of them are not in sight: then it is the sight that is wrong.

    A few may have been deleted for good long ago.
    """
    if cursor is not None:
        return frozenset()
    expected = {one for one, link in links.items() if link.status is not DealStatus.DELETED}
    missing = expected - set(read)
    if len(missing) * 2 <= len(expected):
        return frozenset()
    missing -= {fate.deal_id for fate in world.crm.fates(ids=sorted(missing))}
    return frozenset(missing) if len(missing) * 2 > len(expected) else frozenset()


def _suspects(
    world: World, links: Mapping[str, DealLink], cursor: datetime | None, waiting: Collection[str]
) -> dict[str, Fate]:
    """The linked Deals that may have left the gate: those changed lately, those held before, or all when all is read."""
    if cursor is None:
        asked = sorted(deal_id for deal_id, link in links.items() if link.status is not DealStatus.DELETED)
        fates = world.crm.fates(ids=asked) if asked else ()
    else:
        fates = world.crm.fates(changed_since=cursor - OVERLAP)
        if again := sorted(set(waiting) - {fate.deal_id for fate in fates}):
            fates = (*fates, *world.crm.fates(ids=again))
    return {fate.deal_id: fate for fate in fates if fate.deal_id in links}


def _departed(fate: Fate) -> Departed:
    return Departed(fate.deal_id, fate.name, fate.stage, fate.is_deleted, fate.owner_name, fate.sync)


def _waiting(world: World) -> frozenset[str]:
    """Deals that an earlier run could not finish: what stopped them may have been mended where no stamp shows it.

    A run that broke off may have made what it had no time to tell the CRM about.
    """
    journal = world.state.journal
    broken_off = [
        run.run_id
        for run in world.state.runs.recent(_RUNS_LOOKED_BACK)
        if run.run_id != world.run_id and run.status in {None, RunStatus.FAILED}
    ]
    return (
        world.state.holds.deal_ids()
        | world.state.reviews.resolved().keys()
        | {one.deal_id for one in journal.open_intents()}
        | {one.deal_id for run_id in broken_off for one in journal.of_run(run_id)}
        | journal.unfinished_deals()
    )


def _companies_to_search(inputs: PushInputs) -> frozenset[str]:
    """The companies in which something would be made, or has been made according to the CRM.

    With Deals that only wait, nothing is searched: a run with nothing to do costs next to nothing.
    """
    claimed = {
        company.key
        for deal in inputs.deals
        if deal.id not in inputs.links and claims_a_document(deal) and (company := route(deal, inputs.policy))
    }
    return frozenset({one.company for one in decide(inputs).creates} | claimed)


def _company_key(deal: Deal, inputs: PushInputs) -> str | None:
    company = route(deal, inputs.policy)
    return company.key if company else None


def _asked(inputs: PushInputs, company: str) -> registers.Asked:
    """The registers that some Deal of the company needs, and most do without."""
    own = inputs.policy.companies[company].currency
    deals = [deal for deal in inputs.deals if _company_key(deal, inputs) == company]
    wrote = [link.wrote for deal in deals if (link := inputs.links.get(deal.id)) is not None and link.wrote]
    return registers.asked_by(deals, own, wrote)


def push_inputs(
    world: World, gathered: Gathered, unresolved: Sequence[Unresolved], *, fresh: bool, asked: bool = False
) -> PushInputs:
    """Everything that the decision depends on, with the ledgers read that it needs."""
    links = world.state.links.latest()
    departed = (*gathered.departed, *gathered.gone)
    about = {deal.id for deal in gathered.deals} | {one.deal_id for one in departed}
    links = {deal_id: link for deal_id, link in links.items() if deal_id in about}
    deals, copied = told_apart(world, gathered.deals)
    made = world.state.journal.made_customers()
    inputs = PushInputs(
        deals=deals,
        policy=world.policy,
        today=world.clock.today(),
        links=links,
        customer_links={
            (company, buyer_id): link.customer_id
            for company in world.policy.companies
            for buyer_id, link in world.state.links.customers(company).items()
        },
        currency_links=links_by_currency(world, world.policy.companies),
        customer_bases={
            (company, customer_id): base
            for company in world.policy.companies
            for customer_id, base in world.state.links.bases(company).items()
        },
        made_customers=made,
        awaited_customers=_awaited(world, made),
        parted=world.state.links.parted(),
        unresolved=unresolved,
        departed=departed,
        resolved=world.state.reviews.resolved(),
        copied=copied,
        refused=world.state.journal.refused(),
        asked=asked,
    )
    needed = sorted(companies_to_read(inputs) & world.ledgers.keys())
    inputs = replace(
        inputs,
        ledgers={
            company: registers.view(world, world.ledgers[company], fresh=fresh, asked=_asked(inputs, company))
            for company in needed
        },
    )
    inputs = replace(inputs, standing=_standing(world, inputs), overwritten=_overwritten(world, inputs))
    needed_now = _companies_to_search(inputs) & world.ledgers.keys()
    searched = search(world, deals, needed_now, copied=copied)
    return replace(
        inputs,
        documents=searched.documents,
        gaps=searched.gaps,
        taken=searched.taken,
    )


def inputs_for_others(world: World, deals: Sequence[Deal], inputs: PushInputs, *, fresh: bool) -> PushInputs:
    """The inputs of the same run for other Deals, which have no document; what was read of a ledger is not read again."""
    others = replace(
        inputs,
        deals=deals,
        links={},
        unresolved=(),
        documents={},
        gaps={},
        standing={},
        departed=(),
        refused={},
    )
    ledgers = dict(inputs.ledgers)
    for company in sorted(companies_to_read(others) & world.ledgers.keys()):
        asked = _asked(others, company)
        if company not in ledgers or not _asked(inputs, company).covers(asked):
            ledgers[company] = registers.view(world, world.ledgers[company], fresh=fresh, asked=asked)
    return replace(others, ledgers=ledgers)


def links_by_currency(world: World, companies: Iterable[str]) -> dict[tuple[str, str, str], str]:
    """Customer ids by company, buyer and the currency of the Deals that they stand for."""
    return {
        (company, link.buyer_id, link.currency): link.customer_id
        for company in companies
        for link in world.state.links.all_customers(company)
    }


def _awaited(world: World, made: Mapping[tuple[str, str], str]) -> frozenset[tuple[str, str]]:
    """Customers, by company and id, that a list may not show yet though they are there."""
    before = world.clock.now() - world.settle
    linked = [link for company in world.policy.companies for link in world.state.links.all_customers(company)]
    return frozenset(
        (
            *((company, customer_id) for (company, _), customer_id in made.items()),
            *((one.company, one.customer_id) for one in linked if one.at > before),
        )
    )


def _overwritten(world: World, inputs: PushInputs) -> dict[str, tuple[str, ...]]:
    """What somebody else has changed of the status on linked Deals: it says neither what was told last nor what it should.

    Where the last telling was not saved, or is not known to this memory, nothing can be said of anybody else.
    """
    known = world.policy.sync_fields
    found: dict[str, tuple[str, ...]] = {}
    for deal in inputs.deals:
        link = inputs.links.get(deal.id)
        if link is None:
            continue
        names = tuple(
            name
            for name in STATUS_PARTS
            if name in known and getattr(deal.sync, name) != getattr(link.told, name)
        )
        if not names:
            continue
        tellings = [one for one in world.state.journal.of_deal(deal.id) if one.kind is IntentKind.WRITE_DEAL]
        says = payload_hash(asdict(deal.sync.only(known)))
        if tellings and tellings[-1].state is IntentState.DONE and tellings[-1].payload_hash != says:
            found[deal.id] = names
    return found


def _standing(world: World, inputs: PushInputs) -> dict[str, Standing]:
    """What became of the drafts of Deals that have changed, by Deal id; companies outside this run are not asked.

    Of Deals that are invoiced already, what the invoice says.
    """
    wanted: dict[str, list[DealLink]] = {}
    invoiced: dict[str, list[DealLink]] = {}
    for deal in inputs.deals:
        link = inputs.links.get(deal.id)
        if link is None or link.company not in world.ledgers:
            continue
        if needs_comparison(deal, link):
            wanted.setdefault(link.company, []).append(link)
        elif needs_invoice(deal, link):
            invoiced.setdefault(link.company, []).append(link)
    found: dict[str, Standing] = {}
    for company, links in sorted(wanted.items()):
        found |= _standing_in(world, world.ledgers[company], links)
        issued = {one.deal_id: one for one in links if found[one.deal_id].invoice is not None}
        said = _what_stands(world.ledgers[company], list(issued.values()), found)
        found |= {deal_id: replace(found[deal_id], invoiced=said[deal_id]) for deal_id in issued}
    for company, links in sorted(invoiced.items()):
        said = _what_stands(world.ledgers[company], links, {})
        found |= {
            one.deal_id: Standing(None, None, world.clock.now(), invoiced=said[one.deal_id]) for one in links
        }
    return found


def _what_stands(
    ledger: Ledger, links: Sequence[DealLink], known: Mapping[str, Standing]
) -> dict[str, LedgerDraft | None]:
    """What the invoices of these Deals say; of an order the order itself, for its invoice may have others beside it."""
    ids: dict[str, str] = {}
    said: dict[str, LedgerDraft | None] = {}
    for link in links:
        standing = known.get(link.deal_id)
        if link.target is Target.ORDER:
            order = standing.draft if standing else None
            said[link.deal_id] = order or ledger.draft(link.draft_id, target=Target.ORDER)
            continue
        invoice_id = standing.invoice.id if standing and standing.invoice else link.invoice_id
        ids[link.deal_id] = invoice_id or ""
    contents = ledger.invoice_contents(set(ids.values())) if ids else {}
    return said | {deal_id: contents.get(invoice_id) for deal_id, invoice_id in ids.items()}


def _standing_in(world: World, ledger: Ledger, links: list[DealLink]) -> dict[str, Standing]:
    if len(links) > _READ_ONE_BY_ONE:
        listed = {one.id: one for one in (*ledger.drafts(), *orders.of(world, ledger))}
        drafts = {link.draft_id: listed.get(link.draft_id) for link in links}
    else:
        drafts = {link.draft_id: ledger.draft(link.draft_id, target=link.target) for link in links}
    # An order stays where it is when finance invoices it, or makes a draft of it.
    may_have_moved = any(drafts[one.draft_id] is None or one.target is Target.ORDER for one in links)
    found = search_documents(world, ledger) if may_have_moved else no_documents
    return {link.deal_id: _standing_of(world, link, drafts[link.draft_id], found) for link in links}


def _standing_of(world: World, link: DealLink, draft: LedgerDraft | None, found: Documents) -> Standing:
    if draft is not None and link.target is Target.DRAFT:
        return Standing(draft, None, world.clock.now())
    invoice = _invoice_of(link, found, world.policy.org_tag)
    own = next((one for one in found.all if link.draft_id in one.ids), None)
    has_moved_on = draft is not None and (draft.has_moved_on or (own is not None and own.has_moved_on))
    return Standing(draft, invoice, world.clock.now(), has_moved_on=has_moved_on)


def _invoice_of(link: DealLink, documents: Documents, org_tag: str) -> Invoice | None:
    """The invoice that came of the draft, by its origin or by the Deal's marker."""
    origin = [one.invoice for one in documents.all if link.draft_id in one.ids]
    marked = [one.invoice for one in documents.marked(Marker(link.deal_id, link.revision, org_tag))]
    return next((one for one in (*origin, *marked) if one is not None), None)
