"""Takes back what one run made, as far as nobody has touched it: recover → gather → decide → stop here if dry → execute."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import DeleteDraft
from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.identity import Marker
from sfspiris.core.lifecycle import LIVE_STATES, OPEN_STATES, IntentState
from sfspiris.core.model import DealStatus
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.core.planning.changed import told_deleted
from sfspiris.core.planning.rollback import Found, RollbackInputs, Told, decide_rollback
from sfspiris.engine import tracing
from sfspiris.engine.beginning import begin
from sfspiris.engine.execute import Carried, execute
from sfspiris.engine.recover import recover
from sfspiris.engine.run import finish
from sfspiris.engine.search import documents
from sfspiris.errors import UsageError
from sfspiris.sentences import joined, say
from sfspiris.state.journal import IntentKind
from sfspiris.state.schema import NEW_DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sfspiris.core.actions import Plan
    from sfspiris.core.model import DealLink
    from sfspiris.core.outcome import RunResult
    from sfspiris.engine.world import World
    from sfspiris.sentences import Sentence
    from sfspiris.state.journal import Intent
    from sfspiris.state.runs import Run

_MADE = (IntentState.DONE, IntentState.ADOPTED)


def rollback(world: World, run_id: str, companies: Collection[str] = ()) -> RunResult:
    """Delete the drafts that a run made and that are untouched drafts still; or, in a dry run, the plan for it.

    Customers and articles stay, and that is told, as it is when the run made no documents. Raises UsageError when no such
    run is known.
    """
    asked = world.state.runs.get(run_id)
    if asked is None:
        raise UsageError(
            f"No run {run_id} is recorded in this state.", remedy="`sfspiris runs list` shows those that are."
        )
    started = begin(world)
    recover(world)
    wanted = set(companies)
    written = [
        one
        for one in world.state.journal.of_run(run_id)
        if not wanted or one.company is None or one.company in wanted
    ]
    links = _drafts_made(world, written)
    told = _told(world, [one.deal_id for one in links])
    plan = decide_rollback(
        RollbackInputs(
            made=links,
            policy=world.policy,
            found=_found(world, links),
            told=told,
            taken_back=_taken_back(world, links),
        )
    )
    if world.dry:
        carried = Carried([ActionResult(action, Outcome.PLANNED) for action in plan.actions])
    else:
        carried = execute(world, plan)
        _wait_for_a_word(world, plan, carried)
    unanswered = _unanswered(written)
    made_none = () if links or unanswered else (_made_none(asked, companies),)
    holds = (*plan.holds, *carried.holds, *unanswered)
    return finish(
        world,
        started,
        carried,
        holds=tracing.named(world, holds),
        warnings=(*made_none, *_left_in_ledgers(world, written), *carried.warnings),
        unchanged=plan.unchanged,
        names={deal_id: one.name for deal_id, one in told.items()},
    )


def _drafts_made(world: World, written: Sequence[Intent]) -> list[DealLink]:
    """The links of the drafts that the run sent; what it only found in the ledger and took over is not its own."""
    made = [
        one for one in written if one.kind in NEW_DOCUMENTS and one.state in _MADE and one.wrote is not None
    ]
    by_id = {(one.company, one.deal_id, one.revision): one for one in world.state.links.all()}
    return [by_id[one.company or "", one.deal_id, one.revision] for one in made]


def _taken_back(world: World, links: Sequence[DealLink]) -> frozenset[str]:
    return frozenset(
        link.deal_id
        for link in links
        if link.status is DealStatus.DELETED
        and any(
            one.kind in {IntentKind.DELETE_DRAFT, IntentKind.DELETE_ORDER}
            and one.state in _MADE
            and (one.company, one.revision) == (link.company, link.revision)
            for one in world.state.journal.of_deal(link.deal_id)
        )
    )


def _found(world: World, links: Sequence[DealLink]) -> dict[str, Found]:
    """What stands for each of these drafts now. One that a list does not show is asked for by its id."""
    by_company: dict[str, list[DealLink]] = defaultdict(list)
    for link in links:
        if link.company in world.ledgers:
            by_company[link.company].append(link)
    found: dict[str, Found] = {}
    for company, own in by_company.items():
        ledger = world.ledgers[company]
        listed = documents(world, ledger)
        standing = {known: one for one in listed.all for known in one.ids}
        for link in own:
            marker = Marker(link.deal_id, link.revision, world.policy.org_tag)
            marked = [one.invoice for one in listed.marked(marker) if one.invoice is not None]
            document = standing.get(link.draft_id)
            invoice = (document and document.invoice) or (marked[0] if marked else None)
            draft = document.draft if document else None
            if draft is None and invoice is None:
                draft = ledger.draft(link.draft_id, target=link.target)
            found[link.deal_id] = Found(
                draft, invoice, has_moved_on=document is not None and document.has_moved_on
            )
    return found


def _told(world: World, deal_ids: Sequence[str]) -> Mapping[str, Told]:
    if not deal_ids:
        return {}
    return {
        one.deal_id: Told(one.name, one.owner_name, one.sync, one.is_deleted)
        for one in world.crm.fates(ids=sorted(set(deal_ids)))
    }


def _unanswered(written: Sequence[Intent]) -> list[Hold]:
    """Drafts of the run of which nobody knows yet whether they were made."""
    return [
        Hold(
            deal_id=one.deal_id,
            deal_name="",
            company=one.company,
            code=HoldCode.OUTCOME_UNKNOWN,
            message=say(
                "The run sent a document for the deal that was never answered; whether there is one is not known yet."
            ),
            fix=say(
                "Run `sfspiris push-closed-won` after the settle window, which finds out, then the rollback again."
            ),
        )
        for one in written
        if one.kind in NEW_DOCUMENTS and one.state in OPEN_STATES
    ]


def _wait_for_a_word(world: World, plan: Plan, carried: Carried) -> None:
    """The Deals whose drafts are gone now wait for a person, as they would once the next pull had found it out."""
    links, resolved = world.state.links.latest(), world.state.reviews.resolved().keys()
    found: dict[str, list[Hold]] = {}
    for one in carried.results:
        action = one.action
        if not isinstance(action, DeleteDraft) or one.outcome is not Outcome.DONE:
            continue
        link = links.get(action.deal_id)
        if link is None or link.status is not DealStatus.DELETED or link.deal_id in resolved:
            continue
        message, fix = told_deleted(link, world.policy.companies[link.company].ledger)
        found[link.deal_id] = [
            Hold(
                deal_id=link.deal_id,
                deal_name=action.deal_name,
                company=link.company,
                code=HoldCode.DRAFT_DELETED,
                message=message,
                fix=fix,
                field=world.policy.crm_field("draft_id"),
                value=link.draft_id,
                owner=action.owner,
            )
        ]
    tracing.remember_held(world, found, plan)


def _made_none(run: Run, companies: Collection[str]) -> Warn:
    """There is nothing to take back; the operator may have named another run than was meant."""
    where = joined(sorted(companies), ", ") if companies else None
    return Warn(
        WarningCode.NOTHING_TO_TAKE_BACK,
        say(
            "The run %(run)s (%(command)s) made no drafts or orders, so there is nothing to take back. `sfspiris runs list` "
            "shows which runs made something.",
            run=run.run_id,
            command=run.command,
        )
        if where is None
        else say(
            "The run %(run)s (%(command)s) made no drafts or orders in company %(company)s, so there is nothing to take "
            "back there. `sfspiris runs show %(run)s` shows what it made.",
            run=run.run_id,
            command=run.command,
            company=where,
        ),
    )


def _left_in_ledgers(world: World, written: Sequence[Intent]) -> list[Warn]:
    """Customers and articles that the run made, since others may rest on them by now, and what it changed of customers."""
    found: dict[str, list[Sentence]] = defaultdict(list)
    changed: dict[str, list[Sentence]] = defaultdict(list)
    for one in written:
        if one.state not in LIVE_STATES or one.company is None:
            continue
        if one.kind is IntentKind.CREATE_CUSTOMER:
            found[one.company].append(_customer(world, one.company, one.remote_id))
        elif one.kind is IntentKind.CREATE_ARTICLE:
            found[one.company].append(say("article %(number)s", number=one.marker))
        elif one.kind is IntentKind.UPDATE_CUSTOMER and one.state in _MADE:
            changed[one.company].append(_changed_customer(world, one))
    return [
        Warn(
            WarningCode.LEFT_IN_LEDGER,
            say(
                "The run also made %(things)s in company %(company)s. They are left: other documents may use them by "
                "now, and no draft depends on their going.",
                things=joined(things, ", "),
                company=company,
            )
            if len(things) > 1
            else say(
                "The run also made %(thing)s in company %(company)s. It is left: other documents may use it by now, and no "
                "draft depends on its going.",
                thing=things[0],
                company=company,
            ),
        )
        for company, things in sorted(found.items())
    ] + [
        Warn(
            WarningCode.LEFT_IN_LEDGER,
            say(
                "The run also changed %(things)s in company %(company)s. That is left: finance may have gone by it since.",
                things=joined(things, ", "),
                company=company,
            ),
        )
        for company, things in sorted(changed.items())
    ]


def _customer(world: World, company: str, customer_id: str | None) -> Sentence:
    numbers = {known.customer_id: known.number for known in world.state.links.all_customers(company)}
    return say("customer %(number)s", number=numbers.get(customer_id or "", customer_id))


def _changed_customer(world: World, written: Intent) -> Sentence:
    """The customer and the fields, as far as they were written down: earlier versions did not."""
    customer = _customer(world, written.company or "", written.subject)
    names = [label for name, label in _FIELDS.items() if name in json.loads(written.wrote or "{}")]
    if not names:
        return customer
    return say("%(customer)s (%(fields)s)", customer=customer, fields=joined(names, ", "))


_FIELDS: Final[Mapping[str, Sentence]] = {
    "name": say("name"),
    "orgnr": say("organisation number"),
    "vat_number": say("VAT number"),
    "street": say("address"),
    "postal_code": say("postal code"),
    "city": say("town"),
    "country": say("country"),
    "email": say("e-mail address"),
    "phone": say("phone"),
}
"""The fields of a customer that a run may change, as people call them."""
