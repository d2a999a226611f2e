"""The flows. A push: gather the Deals → recover → gather what the decision needs → decide → stop here if dry → execute → remember.

Recovery comes after the Deals, whose answer sets the clock that it goes by, and before the ledgers are read. A pull creates nothing
and so has nothing to recover: gather the ledgers → decide → stop here if dry → execute → remember.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import Adopt, WriteDeal, kind
from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.model import Target
from sfspiris.core.outcome import ActionResult, HeldSince, Outcome, RunResult
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.pull import (
    LedgerNews,
    PullPlan,
    decide_pull,
    unseen,
    vanished,
)
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.twins import TWINS
from sfspiris.engine import (
    attaching,
    badges,
    counting,
    dealurls,
    gather,
    mirror,
    orders,
    pairing,
    rates,
    search,
    searchlag,
    tracing,
    twins,
    wholeness,
)
from sfspiris.engine.beginning import begin
from sfspiris.engine.execute import Carried, execute
from sfspiris.engine.recover import recover
from sfspiris.engine.settled import without_resolved
from sfspiris.errors import SafetyStop
from sfspiris.sentences import as_told, say
from sfspiris.state.runs import RunCounts, SeenDeal
from sfspiris.state.schema import SeenAs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sfspiris.core.actions import Action, Plan
    from sfspiris.core.conversion import Conversion
    from sfspiris.core.model import DealLink
    from sfspiris.engine.gather import Gathered, Scope
    from sfspiris.engine.world import World
    from sfspiris.ports.crm import Fate
    from sfspiris.ports.ledger import Ledger

log = logging.getLogger(__name__)

INVOICE_OVERLAP: Final = timedelta(minutes=15)
"""How far each pull reads invoices back behind its cursor; a list may lag behind what was written."""


_ASKED_FOR: Final = (
    100  # documents that are asked for by themselves, by company and pull; more wait for the next
)
_FOUND_BY_A_PULL: Final = frozenset({HoldCode.DRAFT_DELETED, HoldCode.INVOICE_UNCERTAIN})


_TOLD: Final = frozenset({Outcome.DONE, Outcome.PLANNED})


@dataclass(frozen=True, slots=True)
class Guard:
    """Where one run stops of itself, or calls a person.

    More than `max_changes` customers and documents are made or changed only when a person says that it is meant. A part of the
    deals greater than `max_held_share` (0 to 1) that is held is told, whatever else is allowed.
    """

    max_changes: int
    allow_large: bool = False
    is_pilot: bool = False  # stop at the first document whose total is not as expected
    fail_fast: bool = False  # stop at the first write that is refused or has no answer
    max_held_share: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Part:
    """A plan of which something was left out: `refused` counts the Deals, `left` names those that stay as they are.

    `warnings` say why.
    """

    plan: Plan
    left: frozenset[str]
    refused: int
    warnings: tuple[Warn, ...] = ()


def push(world: World, scope: Scope, guard: Guard) -> RunResult:
    """Won Deals become customers and drafts; or, in a dry run, the plan for it.

    Raises SafetyStop when the plan is larger than the guard allows; nothing has been written then.
    """
    started = begin(world)
    gathered = gather.deals(world, scope)
    unresolved = recover(world)
    looked_for = (
        twins.look(world, gathered, full=scope.full)
        if scope.is_everything
        else twins.look_again(world, gathered)
    )
    gathered = looked_for.gathered
    inputs = replace(
        gather.push_inputs(world, gathered, unresolved, fresh=scope.full, asked=scope.is_asked),
        twins=looked_for.holds,
    )
    plan = decide(inputs, limit=scope.limit)
    log.info(
        "planned: %d actions, %d holds, %d unchanged", len(plan.actions), len(plan.holds), len(plan.unchanged)
    )
    carried = _carried(world, plan, guard)
    holds = _remember_holds(world, gathered, plan, carried)
    if carried.stopped is None and not world.dry:
        search.conclude(world, inputs.documents, inputs.gaps, gathered.read_at)
    told = badges.Told()
    if scope.is_everything and carried.stopped is None:
        if not gathered.unseen:
            gather.read_to(world, gathered.read_at)
        told = badges.tell_open_deals(world, inputs, carried, fresh=scope.full)
    warnings = (
        *_about_the_crm(world),
        *_early(world, scope, gathered),
        *plan.warnings,
        *carried.warnings,
        *told.warnings,
        *_much_held(scope, plan, holds, most=guard.max_held_share),
        *_counted(world, scope, gathered, plan, inputs.documents),
    )
    return finish(
        world,
        started,
        carried,
        holds=holds,
        warnings=warnings,
        unchanged=plan.unchanged,
        names=told.names,
        out_of_scope=len(plan.out_of_scope),
        beyond_limit=plan.beyond_limit,
        conversions=rates.conversions(world, plan.actions, gathered.deals) if carried.stopped is None else {},
    )


def _counted(
    world: World, scope: Scope, gathered: Gathered, plan: Plan, documents: Mapping[str, Documents]
) -> tuple[Warn, ...]:
    """What does not add up after a push; a run that was told to leave Deals out counts nothing."""
    if not scope.is_everything:
        return ()
    decided = _decided(plan) | {*plan.out_of_scope}
    return (
        *counting.unseen(gathered.unseen),
        *counting.deals(world, [deal.id for deal in gathered.deals], decided),
        *(
            warned
            for company, found in sorted(documents.items())
            for warned in counting.documents(world, company, found, decided)
        ),
    )


def _much_held(scope: Scope, plan: Plan, holds: tuple[HeldSince, ...], *, most: Decimal) -> tuple[Warn, ...]:
    """That too great a part of all deals waits; of deals that were asked for nothing follows about the others."""
    if not scope.is_everything:
        return ()
    return counting.held({one.hold.deal_id for one in holds}, _decided(plan), most=most)


def _decided(plan: Plan) -> set[str]:
    """The deals that the plan says something of, those aside that a route leaves out."""
    return {one.deal_id for one in plan.actions} | {*plan.unchanged} | plan.held_deals


def push_part(world: World, started: datetime, gathered: Gathered, part: Part, guard: Guard) -> RunResult:
    """Carry out a part of a plan as a push would, journal, limits and all; or, in a dry run, show it.

    No cursor moves and no search is concluded, so that the next push looks at whatever was left out. Raises what `push`
    raises.
    """
    carried = _carried(world, part.plan, guard)
    decided = replace(
        gathered, deals=tuple(one for one in gathered.deals if one.id not in part.left), gone=()
    )
    holds = _remember_holds(world, decided, part.plan, carried)
    warnings = (*_about_the_crm(world), *part.warnings, *part.plan.warnings, *carried.warnings)
    return finish(
        world,
        started,
        carried,
        holds=holds,
        warnings=warnings,
        unchanged=part.plan.unchanged,
        refused=part.refused,
        out_of_scope=len(part.plan.out_of_scope),
    )


def rebuild(world: World) -> RunResult:
    """Take over every document that carries a Deal's marker, so that a memory made anew knows what was made.

    Accounts are linked again to the customers whose numbers the CRM shows of them.

    Nothing is made or written in either system; Deals without a document are left to the next push.
    """
    started = begin(world)
    gathered = gather.deals(world, gather.Scope(full=True))
    log.info("links recovered from customer numbers: %d", pairing.recover_links(world))
    inputs = gather.push_inputs(world, gathered, (), fresh=True)
    decided = decide(inputs)
    plan = replace(decided, actions=tuple(one for one in decided.actions if isinstance(one, Adopt)))
    carried = execute(world, plan)
    holds = _remember_holds(world, gathered, plan, carried)
    if carried.stopped is None:
        search.conclude(world, inputs.documents, inputs.gaps, gathered.read_at)
    warnings = (*plan.warnings, *carried.warnings)
    return finish(world, started, carried, holds=holds, warnings=warnings)


def pull(world: World, *, full: bool, companies: Collection[str] = ()) -> RunResult:
    """Drafts, invoices and payments are told on their Deals; or, in a dry run, what would be told."""
    started = begin(world)
    links = [one for one in world.state.links.latest().values() if one.company in world.ledgers]
    if companies:
        links = [one for one in links if one.company in companies]
    news: dict[str, LedgerNews] = {}
    cursors: dict[str, datetime] = {}
    for company in sorted({one.company for one in links} | _mirrored_companies(world, companies)):
        own = [one for one in links if one.company == company]
        news[company], cursors[company] = _news(world, company, own, full=full)
    miscounted = [
        warned
        for company, one in news.items()
        for warned in counting.documents(world, company, Documents.of(one.drafts, one.invoices, one.orders))
    ]
    decided = _with_reasons(
        world,
        decide_pull(links, news, world.policy, today=world.clock.today(), doubted=_doubted(world, links)),
    )
    if world.dry:
        carried = Carried([ActionResult(action, Outcome.PLANNED) for action in decided.plan.actions])
    else:
        carried = execute(world, decided.plan)
        _remember_links(world, decided, carried, cursors)
    restored = _mirror(world, decided, links, news, carried, full=full)
    told = _told_about(world, decided.plan)
    names = {deal_id: one.name for deal_id, one in told.items()}
    holds = _remember_deleted(world, links, decided.plan, told)
    warnings = (
        *_about_the_crm(world),
        *mirror.unshown(world),
        *decided.plan.warnings,
        *restored,
        *miscounted,
        *carried.warnings,
    )
    return finish(
        world, started, carried, holds=holds, warnings=warnings, unchanged=decided.plan.unchanged, names=names
    )


def _with_reasons(world: World, decided: PullPlan) -> PullPlan:
    """The plan with the reasons for which Deals wait left on them: those are the next push's to take away, not a pull's.

    The CRM is asked for the words, and only about Deals that wait and are to be told something; the queue keeps none.
    """
    held = {one.deal_id for one in world.state.holds.all() if one.code not in _FOUND_BY_A_PULL}
    held |= world.state.reviews.resolved().keys()
    kept = {
        one.deal_id
        for one in decided.plan.actions
        if isinstance(one, WriteDeal)
        and one.deal_id in held
        and not (one.before.code or one.after.code)  # else the reason is one that a pull has found, or mended
    }
    if not kept:
        return decided
    said = {one.deal_id: one.sync for one in world.crm.fates(ids=sorted(kept))}
    actions: list[Action] = []
    for one in decided.plan.actions:
        if isinstance(one, WriteDeal) and one.deal_id in kept & said.keys():
            reason = said[one.deal_id].only(world.policy.sync_fields)
            before, after = (
                replace(state, code=reason.code, message=reason.message) for state in (one.before, one.after)
            )
            actions.append(replace(one, before=before, after=after))
        else:
            actions.append(one)
    return replace(decided, plan=replace(decided.plan, actions=tuple(actions)))


def conclude(world: World, started: datetime, carried: Carried) -> RunResult:
    """The result of a run that has its own way of deciding: what was carried out, and what came up on the way."""
    return finish(world, started, carried, warnings=tuple(carried.warnings))


def conclude_plan(
    world: World, started: datetime, gathered: Gathered, plan: Plan, carried: Carried
) -> RunResult:
    """The result of a plan that is looked at and not carried out; the queue is compared with, in a dry world's copy."""
    holds = _remember_holds(world, gathered, plan, carried)
    warnings = (*_about_the_crm(world), *plan.warnings)
    return finish(
        world,
        started,
        carried,
        holds=holds,
        warnings=warnings,
        unchanged=plan.unchanged,
        out_of_scope=len(plan.out_of_scope),
    )


def idle(world: World) -> RunResult:
    """A run in which there was nothing to do."""
    started = begin(world)
    return finish(world, started, Carried())


def _carried(world: World, plan: Plan, guard: Guard) -> Carried:
    if world.dry:
        return Carried([ActionResult(action, Outcome.PLANNED) for action in plan.actions])
    _check_size(plan, guard)
    carried = execute(world, plan, is_pilot=guard.is_pilot, fail_fast=guard.fail_fast)
    world.state.links.save_bases(plan.remembered, at=world.clock.now())
    dealurls.link(world, carried)
    return carried


def looked(world: World, started: datetime) -> RunResult:
    """The result of a run that began at `started` (this machine's time, UTC), only read, and is over."""
    return finish(world, started, Carried())


def _check_size(plan: Plan, guard: Guard) -> None:
    count = len(plan.ledger_writes)
    if count > guard.max_changes and not guard.allow_large:
        raise SafetyStop(
            f"The run would make or change {count} customers and documents; at most {guard.max_changes} are allowed in one run "
            "([limits] max_changes). Nothing was written.",
            remedy="Look at the plan with --dry-run. If all of them are meant, run again with --allow-large.",
            code="TOO_MANY_CHANGES",
        )


def _remember_holds(world: World, gathered: Gathered, plan: Plan, carried: Carried) -> tuple[HeldSince, ...]:
    """The queue of held Deals as it is after this run; Deals that were decided about and are not held leave it."""
    found: dict[str, list[Hold]] = {deal.id: [] for deal in gathered.deals}
    found |= {one.deal_id: [] for one in gathered.departed}
    names = {deal.id: deal.name for deal in gathered.deals}
    for hold in (*plan.holds, *carried.holds):
        found.setdefault(hold.deal_id, []).append(
            hold if hold.deal_name else replace(hold, deal_name=names.get(hold.deal_id, ""))
        )
    untold = {one.action.deal_id for one in carried.results if one.outcome not in _TOLD}
    world.state.holds.clear(one.deal_id for one in gathered.gone if one.deal_id not in untold)
    if carried.stopped is not None:
        tried = {one.action.deal_id for one in carried.results if one.outcome is not Outcome.SKIPPED}
        found = {deal_id: holds for deal_id, holds in found.items() if holds or deal_id in tried}
    waiting = without_resolved(world, gathered, found)
    return tracing.remember_held(world, waiting, plan)


def _remember_deleted(
    world: World, links: list[DealLink], plan: Plan, told: Mapping[str, Fate]
) -> tuple[HeldSince, ...]:
    """The holds of a pull, in the same queue as those of a push, with their owners; those that it found settled leave it."""
    found: dict[str, list[Hold]] = {}
    resolved = world.state.reviews.resolved().keys()
    for hold in plan.holds:
        if hold.deal_id in resolved:  # the next push sees whether that is still so
            continue
        known_as = told.get(hold.deal_id)
        named = replace(hold, deal_name="") if known_as is None else _named(hold, known_as)
        found.setdefault(hold.deal_id, []).append(named)
    known = {one.deal_id for one in world.state.holds.all() if one.code in _FOUND_BY_A_PULL}
    known |= {one.deal_id for one in links if one.code == TWINS}
    world.state.holds.clear(known & {one.deal_id for one in links} - found.keys())
    return tracing.remember_held(world, found, plan)


def _named(hold: Hold, known_as: Fate) -> Hold:
    return replace(hold, deal_name=known_as.name, owner=known_as.owner_name or hold.owner)


def _told_about(world: World, plan: Plan) -> Mapping[str, Fate]:
    """What the Deals of a pull are called, and whose they are; our memory holds no names, so the CRM is asked about these."""
    ids = {one.deal_id for one in plan.actions} | plan.held_deals
    return {one.deal_id: one for one in world.crm.fates(ids=sorted(ids))} if ids else {}


def _news(world: World, company: str, links: list[DealLink], *, full: bool) -> tuple[LedgerNews, datetime]:
    """What to know of one company: its drafts, and its invoices since the last pull, or all where that is not enough."""
    ledger = world.ledgers[company]
    is_doubled = any(one.code == TWINS for one in links)  # the other may have been issued long ago
    complete = full or is_doubled or mirror.must_read_all(world, company)
    cursor = None if complete else world.state.cursors.get(_invoice_feed(company))
    ordered = orders.of(world, ledger)
    drafts = ledger.drafts()
    invoices, read_at = ledger.invoices(modified_since=cursor - INVOICE_OVERLAP if cursor else None)
    wholeness.check_documents(world, ledger, (*drafts, *ordered), invoices)
    world.clock.follow(read_at)
    searchlag.observe(world, company, lambda: Documents.of(drafts, invoices, ordered), read_at)
    news = LedgerNews(drafts, invoices, complete=cursor is None, read_at=read_at, orders=ordered)
    if not news.complete and vanished(links, news, world.policy.org_tag):
        every, read_at = ledger.invoices()
        news = LedgerNews(drafts, every, complete=True, read_at=read_at, orders=ordered)
    news = _asked_for(world, ledger, links, news)
    mirror.remember(world, company, news.invoices, complete=news.complete, read_at=read_at)
    return news, read_at


def _asked_for(world: World, ledger: Ledger, links: list[DealLink], news: LedgerNews) -> LedgerNews:
    """The news with what became of documents that no list shows: each is asked for by itself.

    Where one is gone, invoices are read once more after that, for it may have been issued since they were read.
    """
    missing = unseen(links, news, world.policy.org_tag, settle=world.settle)[:_ASKED_FOR]
    if not missing:
        return news
    found = {one.draft_id: ledger.draft(one.draft_id, target=one.target) for one in missing}
    absent = frozenset(draft_id for draft_id, one in found.items() if one is None)
    standing = [one for one in found.values() if one is not None]
    news = replace(
        news,
        drafts=(*news.drafts, *(one for one in standing if one.target is Target.DRAFT)),
        orders=(*news.orders, *(one for one in standing if one.target is Target.ORDER)),
        absent=absent,
    )
    if not absent:
        return news
    earliest = news.read_at - world.settle  # what was issued before that stands among those that were read
    since = min(max(one.created_at, earliest) for one in missing if one.draft_id in absent)
    again, read_at = ledger.invoices(modified_since=since - INVOICE_OVERLAP)
    invoices = {one.id: one for one in (*news.invoices, *again)}
    return replace(news, invoices=tuple(invoices.values()), read_at=read_at)


def _doubted(world: World, links: list[DealLink]) -> dict[str, datetime]:
    """Since when Deals have been held for a document of which nobody knows yet what became of it."""
    doubted = {one.deal_id for one in links if one.code == TWINS}
    return {
        one.deal_id: one.first_seen
        for one in world.state.holds.all()
        if one.deal_id in doubted and one.code is TWINS
    }


def _mirrored_companies(world: World, companies: Collection[str]) -> frozenset[str]:
    """The companies whose customers stand for accounts, so that the CRM shows what these owe."""
    if not mirror.is_on(world):
        return frozenset()
    wanted = world.ledgers.keys() & set(companies) if companies else world.ledgers.keys()
    return frozenset(one for one in wanted if world.state.links.customers(one))


def _mirror(
    world: World,
    decided: PullPlan,
    links: list[DealLink],
    news: Mapping[str, LedgerNews],
    carried: Carried,
    *,
    full: bool,
) -> tuple[Warn, ...]:
    """Bring invoices and accounts in the CRM up to date; or, in a dry run, plan it. What others changed there is told."""
    now = [decided.links.get(one.deal_id, one) for one in links]
    actions, restored = mirror.plan(world, news, now, full=full)
    if world.dry:
        carried.results += [ActionResult(one, Outcome.PLANNED) for one in actions]
    else:
        mirror.carry_out(world, actions, carried)
    attaching.attach(world, actions, news, carried)
    return restored


def _invoice_feed(company: str) -> str:
    return f"invoices:{company}"


def _remember_links(
    world: World, decided: PullPlan, carried: Carried, cursors: Mapping[str, datetime]
) -> None:
    """Keep what the CRM was told. What it did not save is found again by the next pull, whose cursor stays behind."""
    failed = {one.action.deal_id for one in carried.results if one.outcome is not Outcome.DONE}
    world.state.links.save(link for deal_id, link in decided.links.items() if deal_id not in failed)
    behind = {decided.links[deal_id].company for deal_id in failed if deal_id in decided.links}
    for company, read_at in cursors.items():
        if company not in behind and carried.stopped is None:
            world.state.cursors.move(_invoice_feed(company), read_at, at=world.clock.now())


def _early(world: World, scope: Scope, gathered: Gathered) -> tuple[Warn, ...]:
    """Deals asked for by id and day that closed before anything is invoiced from here: they may have been invoiced by hand."""
    first = world.policy.start_date
    if not scope.deal_ids or first is None or not scope.since:
        return ()
    return tuple(
        Warn(
            WarningCode.BEFORE_START_DATE,
            say(
                "The deal closed on %(closed_on)s, before start_date (%(first)s), and is planned because it was named. Make "
                "sure that it has not been invoiced in another way already.",
                closed_on=deal.closed_on,
                first=first,
            ),
            deal.id,
        )
        for deal in gathered.deals
        if deal.closed_on < first
    )


def _about_the_crm(world: World) -> tuple[Warn, ...]:
    """What the CRM lacks, told once a run; everything else works without it."""
    lacks = tuple(
        Warn(WarningCode.SOURCE_FIELD_MISSING, as_told(words)) for words in world.crm.shortcomings()
    )
    missing = world.crm.missing_sync_fields()
    if not missing:
        return lacks
    return (
        *lacks,
        Warn(
            WarningCode.WRITE_BACK_UNAVAILABLE,
            say(
                "Salesforce has no field %(fields)s on the deal that the integration user may write, so sales "
                "does not see it there; everything else works.",
                fields=", ".join(missing),
            ),
        ),
    )


def finish(
    world: World,
    started: datetime,
    carried: Carried,
    *,
    holds: tuple[HeldSince, ...] = (),
    warnings: tuple[Warn, ...] = (),
    unchanged: tuple[str, ...] = (),
    names: Mapping[str, str] | None = None,
    refused: int = 0,
    out_of_scope: int = 0,
    beyond_limit: int = 0,
    conversions: Mapping[str, Conversion] | None = None,
) -> RunResult:
    """The run's result, which is recorded as its end; `started` is what `begin` gave."""
    result = RunResult(
        command=world.command,
        run_id=world.run_id,
        dry=world.dry,
        started_at=world.clock.seen_from_here(started),
        finished_at=world.clock.now(),
        results=tuple(carried.results),
        holds=holds,
        warnings=warnings,
        unchanged=unchanged,
        api_calls=world.api_calls(),
        stopped=carried.stopped,
        deal_names=names or {},
        refused=refused,
        out_of_scope=out_of_scope,
        beyond_limit=beyond_limit,
        conversions=conversions or {},
    )
    done = [kind(one.action) for one in result.results if one.outcome is Outcome.DONE]
    made = sum(one.startswith("create_") for one in done)
    counts = RunCounts(
        created=made,
        updated=0 if world.dry else result.updated,
        deleted=sum(one.startswith("delete_") for one in done),
        unchanged=len(unchanged),
        held=result.held,
        failed=result.failed,
    )
    world.state.runs.finish(
        world.run_id,
        result.status,
        counts,
        at=result.finished_at,
        seen=_seen(result),
        ended_by=None if result.stopped is None else result.stopped.code,
    )
    return result


def _seen(result: RunResult) -> tuple[SeenDeal, ...]:
    """What the run decided about the Deals that it held, or that were what they should be."""
    held: dict[str, SeenDeal] = {}
    for one in result.holds:
        deal_id = one.hold.deal_id
        before = held[deal_id].codes if deal_id in held else ()
        codes = tuple(dict.fromkeys((*before, str(one.hold.code))))
        held[deal_id] = SeenDeal(deal_id, SeenAs.HELD, one.hold.company, codes, one.correlation_id)
    left = {one: SeenDeal(one, SeenAs.UNCHANGED) for one in result.unchanged if one not in held}
    return (*held.values(), *left.values())
