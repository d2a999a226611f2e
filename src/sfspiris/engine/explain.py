"""Lays one Deal open: read whatever its stage, planned in a dry world, with what the memory knows of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfspiris.core.actions import Adopt, CreateDraft
from sfspiris.core.drift import DriftClass
from sfspiris.core.explain import CustomerSeen, Explanation, Happened, Written, routes_seen
from sfspiris.core.identity import content_hash
from sfspiris.core.model import DealStatus, SyncState, Target
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.reconcile import WHAT_BECAME_OF_IT, ReconcileInputs, reconcile
from sfspiris.core.precedence import Standards, chained, customer_of, vat_seen
from sfspiris.core.readiness import as_if_won
from sfspiris.core.review import reason_print
from sfspiris.core.routing import route
from sfspiris.engine import gather, rates, tracing, twins
from sfspiris.engine.beginning import begin
from sfspiris.engine.recover import recover
from sfspiris.errors import UsageError
from sfspiris.ports.crm import Reach, Selection
from sfspiris.state.reviews import ReviewEvent
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfspiris.core.actions import Action, Plan
    from sfspiris.core.model import Deal, DealLink, LedgerDraft
    from sfspiris.core.planning.pushinputs import PushInputs
    from sfspiris.core.policy import CompanyPolicy
    from sfspiris.engine.world import World


def explain(world: World, asked: str) -> Explanation:
    """Everything about one Deal, by its id of 15 or 18 characters; `world` must be dry.

    Raises UsageError when the CRM does not know it.
    """
    begin(world)
    batch = world.crm.read_deals(Selection(ids=(asked,), reach=Reach.ANY))
    world.clock.follow(batch.read_at)
    if not batch.deals:
        raise UsageError(
            f"Salesforce knows no deal {asked}, or the integration user may not see it.",
            remedy="Copy the id from the deal's address in the browser.",
            record=asked,
        )
    deal = batch.deals[0]
    is_gated = bool(world.crm.read_deals(Selection(ids=(deal.id,))).deals)
    judged = deal if is_gated else as_if_won(deal, world.clock.today())
    company = route(judged, world.policy)
    if company is not None and company.key not in world.ledgers:
        raise UsageError(
            f"Deal {deal.id} goes to company {company.key}, which --company leaves out.",
            remedy=f"Leave --company out, or name {company.key}.",
            record=deal.id,
        )
    gathered = gather.Gathered((judged,), batch.read_at)
    unresolved = recover(world)
    doubted = twins.look_again(world, gathered)
    inputs = replace(gather.push_inputs(world, gathered, unresolved, fresh=False), twins=doubted.holds)
    plan = decide(inputs)
    start = world.policy.start_date
    links = world.state.links.of_deal(deal.id)
    link = links[-1] if links else None
    company = route(judged, world.policy)
    known = world.crm.exist([deal.id]).get(deal.id)
    sources = world.crm.trace(deal.id)
    expected, inputs, actions = _expected(world, judged, inputs, plan)
    own = _standards(inputs, company, expected, link)
    happened, written = _happened(world, deal)
    document = _document(world, link)
    return Explanation(
        deal=deal,
        stage=str(known) if known else "",
        is_gated=is_gated,
        is_too_old=start is not None and deal.closed_on < start,
        routes=routes_seen(deal, world.policy),
        sources=chained(sources, own) if own else sources,
        plan=plan,
        holds=plan.holds,
        link=link,
        happened=happened,
        written=written,
        books=company.currency if company else None,
        conversion=rates.conversions(world, [expected] if expected else [], (judged,)).get(deal.id),
        correlation_id=tracing.of_deal(world, deal.id, company.key if company else None, link),
        expected=expected,
        customer=_customer(world, link, inputs),
        document=document,
        vat=vat_seen(judged, sources, own, actions) if own else (),
        target=link.target if link else company.target if company else Target.DRAFT,
        settled=_settled(world, judged, plan),
        advice=_after_credit(world, deal, link) or _gone(world, link, document),
    )


def _expected(
    world: World, deal: Deal, inputs: PushInputs, plan: Plan
) -> tuple[CreateDraft | None, PushInputs, Sequence[Action]]:
    """What the Deal would become as it is now, had it no document yet; with the inputs and actions that this is told from."""
    planned = next((one for one in plan.actions if isinstance(one, CreateDraft)), None)
    has_document = deal.id in inputs.links or any(isinstance(one, Adopt) for one in plan.actions)
    if planned is not None or not has_document:
        return planned, inputs, plan.actions
    afresh = gather.inputs_for_others(world, (replace(deal, sync=SyncState()),), inputs, fresh=False)
    again = decide(afresh)
    made = next((one for one in again.actions if isinstance(one, CreateDraft)), None)
    return made, afresh, again.actions


def _standards(
    inputs: PushInputs, company: CompanyPolicy | None, expected: CreateDraft | None, link: DealLink | None
) -> Standards | None:
    if company is None:
        return None
    ledger = inputs.ledgers.get(company.key)
    return Standards(company, customer_of(expected, link, ledger), ledger, expected)


def _customer(world: World, link: DealLink | None, inputs: PushInputs) -> CustomerSeen | None:
    """Whom the Deal's document invoices, and by what this was found; None where there is none, or its books are not open."""
    if link is None or link.company not in world.ledgers:
        return None
    ledger = inputs.ledgers.get(link.company)
    listed = ledger.customers if ledger is not None else world.ledgers[link.company].customers()
    found = next((one for one in listed if one.id == link.customer_id), None)
    known = [
        one for one in world.state.links.all_customers(link.company) if one.customer_id == link.customer_id
    ]
    buyers = {deal.buyer.id for deal in inputs.deals if deal.buyer}
    agreed = next((one for one in known if one.buyer_id in buyers), None)
    if found is None:
        return CustomerSeen(agreed.number, "", agreed.evidence) if agreed else None
    return CustomerSeen(found.number, text.one_line(found.name), agreed.evidence if agreed else None)


def _document(world: World, link: DealLink | None) -> LedgerDraft | None:
    """What the Deal's document says as it stands; None where there is none, or it is gone."""
    if link is None or link.company not in world.ledgers or link.status is DealStatus.DELETED:
        return None
    ledger = world.ledgers[link.company]
    if link.invoice_id and link.target is Target.DRAFT:
        return ledger.invoice_contents({link.invoice_id}).get(link.invoice_id)
    return ledger.draft(link.draft_id, target=link.target)


def _settled(world: World, deal: Deal, plan: Plan) -> Happened | None:
    """The word of the person who settled the Deal, as long as the reasons are those that were settled."""
    reason = world.state.reviews.resolved().get(deal.id)
    if reason is None or deal.retry or reason_print(plan.holds, content_hash(deal)) != reason:
        return None
    made = [one for one in world.state.reviews.history(deal.id) if one.event is ReviewEvent.RESOLVED][-1]
    return Happened(made.at, f"review {made.event}", made.who, made.words)


def _gone(world: World, link: DealLink | None, document: LedgerDraft | None) -> str | None:
    """What to do about a draft that is not there any more, of which no run has found out yet what became of it."""
    is_open = link is not None and link.status is DealStatus.DRAFT and link.company in world.ledgers
    return WHAT_BECAME_OF_IT if is_open and document is None else None


def _after_credit(world: World, deal: Deal, link: DealLink | None) -> str | None:
    """What a comparison asks for of a Deal whose invoice was credited; None where it is in line with what is left, or no credit is known."""
    credited = (DealStatus.CREDITED, DealStatus.PARTLY_CREDITED)
    if link is None or link.status not in credited or link.company not in world.ledgers:
        return None
    invoices, _ = world.ledgers[link.company].invoices()
    own = [one for one in invoices if one.id == link.invoice_id]
    compared = reconcile(
        ReconcileInputs(
            deals=(deal,),
            documents={link.company: Documents.of((), own)},
            links={deal.id: link},
            policy=world.policy,
            today=world.clock.today(),
            notes={link.company: [one for one in invoices if one.credits_id == link.invoice_id]},
        )
    )
    return next(
        (one.fix for one in compared.lines if one.deal_id == deal.id and DriftClass.CREDITED in one.codes),
        None,
    )


def _happened(world: World, deal: Deal) -> tuple[tuple[Happened, ...], tuple[Written, ...]]:
    """What the journal and the review queue tell of the Deal, and how each write ended; both oldest first."""
    journal = world.state.journal
    steps: list[Happened] = []
    written: list[Written] = []
    for intent in journal.of_deal(deal.id):
        own = [one for one in journal.history(intent.id) if one.run_id != world.run_id]
        steps += [Happened(one.at, f"{intent.kind} {one.event}", one.run_id, one.note) for one in own]
        written += [
            Written(
                last.at,
                intent.kind,
                last.event,
                last.run_id,
                last.note,
                intent.remote_id,
                intent.net,
                intent.currency,
            )
            for last in own[-1:]
        ]
    decisions = [
        Happened(one.at, f"review {one.event}", one.who, one.words)
        for one in world.state.reviews.history(deal.id)
    ]
    return (
        tuple(sorted((*steps, *decisions), key=lambda one: one.at)),
        tuple(sorted(written, key=lambda one: one.at)),
    )
