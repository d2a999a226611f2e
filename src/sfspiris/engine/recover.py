"""First thing in every run: find out what became of writes that nobody answered, before anything new is decided.

The ledger is asked, never our hopes: what it has is adopted when it equals what was sent, what it does not have may be
sent again only after the settle window, and everything in between waits for a later run or for a person.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sfspiris.core import written
from sfspiris.core.holds import Hold, HoldCode, for_sales
from sfspiris.core.identity import markers_in
from sfspiris.core.lifecycle import IntentEvent, IntentState
from sfspiris.core.model import DealLink, DealStatus, Target
from sfspiris.core.planning import arrived
from sfspiris.core.planning.changed import as_it_stands
from sfspiris.core.planning.documents import Resolution, Sent, Verdict, resolve, resolve_customer
from sfspiris.core.planning.pull import as_invoiced
from sfspiris.core.planning.pushinputs import Unresolved
from sfspiris.core.planning.rollback import taken_back
from sfspiris.engine import searchlag, wholeness
from sfspiris.engine.removal import was_issued
from sfspiris.engine.search import documents
from sfspiris.sentences import say
from sfspiris.state.journal import IntentKind
from sfspiris.state.links import CustomerLink
from sfspiris.state.schema import NEW_DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.core.model import LedgerDraft, Totals
    from sfspiris.core.planning.documents import Document, Documents
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger
    from sfspiris.state.journal import Intent

log = logging.getLogger(__name__)

_MAY_BE_WRITTEN_AGAIN: Final = (IntentKind.WRITE_DEAL, IntentKind.UPDATE_CUSTOMER)
"""Writes that set values rather than make something: they are planned anew from what stands on both sides today."""


_UPDATES: Final = (IntentKind.UPDATE_DRAFT, IntentKind.UPDATE_ORDER)
_DELETIONS: Final = (IntentKind.DELETE_DRAFT, IntentKind.DELETE_ORDER)


def recover(world: World) -> tuple[Unresolved, ...]:
    """Close every open intent whose outcome can be known now; those that cannot are given back, to be waited for.

    Raises ConfigError when the settle window is shorter than what was measured of the ledgers' lists allows.
    """
    searchlag.check(world)
    unresolved: list[Unresolved] = []
    for company, intents in _open_by_company(world).items():
        ledger = world.ledgers.get(company)
        if ledger is None:
            unresolved += [_not_asked(intent) for intent in intents]
            continue
        unresolved += _customers(
            world, ledger, [one for one in intents if one.kind is IntentKind.CREATE_CUSTOMER]
        )
        unresolved += _articles(
            world, ledger, [one for one in intents if one.kind is IntentKind.CREATE_ARTICLE]
        )
        unresolved += _drafts(world, ledger, [one for one in intents if one.kind in NEW_DOCUMENTS])
        unresolved += _updates(world, ledger, [one for one in intents if one.kind in _UPDATES])
        unresolved += _deletions(world, ledger, [one for one in intents if one.kind in _DELETIONS])
    return tuple(unresolved)


def _open_by_company(world: World) -> Mapping[str, list[Intent]]:
    """Creates that were sent; what was never sent, or may simply be written again, is dropped on the way."""
    found: dict[str, list[Intent]] = {}
    for intent in world.state.journal.open_intents():
        if intent.kind in _MAY_BE_WRITTEN_AGAIN or intent.state is IntentState.NEW:
            _drop(world, intent)
        else:
            found.setdefault(intent.company or "", []).append(intent)
    return found


def _drop(world: World, intent: Intent) -> None:
    if intent.state is not IntentState.NEW:
        intent = _move(world, intent, IntentEvent.GIVE_BACK, "the same words may be written again")
    _move(world, intent, IntentEvent.DROP, "planned anew from today's data")


def _customers(world: World, ledger: Ledger, intents: list[Intent]) -> list[Unresolved]:
    if not intents:
        return []
    customers = wholeness.customers(world, ledger)
    unresolved: list[Unresolved] = []
    for intent in intents:
        verdict, customer = resolve_customer(
            intent.marker or "",
            customers,
            sent_at=intent.sent_at or intent.created_at,
            now=world.clock.now(),
            settle=searchlag.window(world, intent),
        )
        _tell(intent, verdict)
        if verdict is Verdict.ADOPT and customer is not None:
            buyer_id = (intent.marker or "").split(":")[1]
            link = CustomerLink(
                ledger.company,
                buyer_id,
                customer.id,
                customer.number,
                "created",
                world.clock.now(),
                customer.currency or "",
            )
            world.state.confirm_customer(
                intent, link, at=world.clock.now(), run_id=world.run_id, event=IntentEvent.ADOPT
            )
        elif verdict is Verdict.GIVE_BACK:
            _give_back(world, intent)
        else:
            if verdict is Verdict.DOUBT:
                _move(world, intent, IntentEvent.DOUBT, "two customers carry the mark")
            unresolved.append(_customer_open(intent, verdict))
    return unresolved


def _articles(world: World, ledger: Ledger, intents: list[Intent]) -> list[Unresolved]:
    """An article is found again by its number, which names it for good; there is nothing to doubt."""
    if not intents:
        return []
    known = {one.number.casefold(): one.id for one in ledger.articles()}
    unresolved: list[Unresolved] = []
    for intent in intents:
        sent_at = intent.sent_at or intent.created_at
        if article_id := known.get(intent.subject):
            _tell(intent, Verdict.ADOPT)
            world.state.journal.move(
                intent,
                IntentEvent.ADOPT,
                at=world.clock.now(),
                run_id=world.run_id,
                remote_id=article_id,
                note="found by its number",
            )
        elif world.clock.now() - sent_at < searchlag.window(world, intent):
            _tell(intent, Verdict.WAIT)
            unresolved.append(
                Unresolved(
                    intent.company or "",
                    intent.deal_id,
                    None,
                    say(
                        "The reply to the article %(marker)s was lost, and it is not to be seen yet.",
                        marker=intent.marker,
                    ),
                    say("Run again later: it is looked for first and never sent twice."),
                    article_key=intent.subject,
                )
            )
        else:
            _tell(intent, Verdict.GIVE_BACK)
            _give_back(world, intent)
    return unresolved


def _drafts(world: World, ledger: Ledger, intents: list[Intent]) -> list[Unresolved]:
    if not intents:
        return []
    found = documents(world, ledger)
    known = {link.draft_id for link in world.state.links.all(ledger.company)}
    unresolved: list[Unresolved] = []
    for intent in intents:
        resolution = _resolve(world, intent, found, known)
        _tell(intent, resolution.verdict)
        match resolution.verdict:
            case Verdict.ADOPT if resolution.document is not None:
                unresolved += _adopt(world, intent, resolution.document)
                known.add(resolution.document.draft_id)
            case Verdict.GIVE_BACK:
                _give_back(world, intent)
            case Verdict.DOUBT:
                _move(world, intent, IntentEvent.DOUBT, resolution.reason)
                unresolved.append(_draft_open(world, intent, resolution))
            case _:
                unresolved.append(_draft_open(world, intent, resolution))
    return unresolved


def _resolve(world: World, intent: Intent, found: Documents, known: set[str]) -> Resolution:
    (marker,) = markers_in(intent.marker)
    if intent.net is None or intent.currency is None:  # the schema refuses a draft without them
        raise AssertionError(intent.id)
    sent = Sent(
        marker, intent.customer_id or "", intent.net, intent.currency, intent.sent_at or intent.created_at
    )
    return resolve(sent, found, now=world.clock.now(), known=known, settle=searchlag.window(world, intent))


def _adopt(world: World, intent: Intent, document: Document) -> list[Unresolved]:
    """Keep the document as the Deal's, and give what a person should look at, as where it was answered for.

    What the Deal said when it was sent is in the intent, as its payload's print. Finance may have been at it since, so how
    it stands now is not taken for how we left it.
    """
    if intent.company is None or intent.net is None or intent.currency is None:
        raise AssertionError(intent.id)
    link = DealLink(
        company=intent.company,
        deal_id=intent.deal_id,
        revision=intent.revision,
        draft_id=document.draft_id,
        customer_id=document.customer_id,
        content=intent.payload_hash,
        correlation_id=intent.correlation_id or "",
        net=intent.net,
        currency=intent.currency,
        created_at=world.clock.now(),
        invoice_id=document.invoice.id if document.invoice else None,
        invoice_number=document.invoice.number if document.invoice else None,
        status=DealStatus.ISSUED if document.invoice else DealStatus.DRAFT,
        target=document.target,
    )
    if document.invoice:
        link = as_invoiced(link, document.invoice, today=world.clock.today())
    if _says_what_was_sent(world, intent, document.draft):
        link = replace(link, source=intent.source, wrote=intent.wrote)
    link, differs = _compared(world, intent, link, document.totals)
    world.state.confirm_draft(
        intent,
        link,
        at=world.clock.now(),
        run_id=world.run_id,
        event=IntentEvent.ADOPT,
        note="found by its marker",
    )
    return differs


def _compared(
    world: World, intent: Intent, link: DealLink, totals: Totals
) -> tuple[DealLink, list[Unresolved]]:
    """The link, with what is to be said on its Deal where the ledger arrived at another total than was sent or foretold."""
    if intent.net is None or intent.currency is None:
        raise AssertionError(intent.id)
    words = arrived.differs(
        totals,
        net=intent.net,
        gross=intent.gross,
        currency=intent.currency,
        target=link.target,
        ledger=world.policy.companies[link.company].ledger,
        tolerance=world.policy.tolerance,
    )
    if words is None:
        return replace(link, code=None, message=None), []
    code, look = HoldCode.TOTAL_MISMATCH, arrived.look(link.target, is_issued=link.invoice_id is not None)
    told = for_sales([Hold(link.deal_id, "", link.company, code, words, look)], world.policy.spoken)
    differs = Unresolved(link.company, link.deal_id, None, words, look, code=code)
    return replace(link, code=code, message=told), [differs]


def _says_what_was_sent(world: World, intent: Intent, draft: LedgerDraft | None) -> bool:
    """Whether a draft that was found is as it was sent. If not, a person may have edited it meanwhile."""
    if draft is None or intent.wrote is None or intent.company is None:
        return False
    terms = world.ledgers[intent.company].payment_terms()
    return written.says(as_it_stands(draft, terms=terms), intent.wrote, intent.deal_id)


# --- updates -----------------------------------------------------------------------------------------------------------


def _updates(world: World, ledger: Ledger, intents: list[Intent]) -> list[Unresolved]:
    """Close updates whose reply was lost by what their drafts say now; none is ever sent again from here."""
    return [waiting for intent in intents if (waiting := _update(world, ledger, intent)) is not None]


def _adopt_update(world: World, intent: Intent, link: DealLink, standing: LedgerDraft) -> Unresolved | None:
    """Keep the update as done, and give what a person should look at. What else stands on the draft may be finance's by now, so it is never replaced again."""
    if intent.net is None or intent.currency is None:  # the schema refuses an update without them
        raise AssertionError(intent.id)
    after = replace(
        link,
        customer_id=standing.customer_id,
        content=intent.payload_hash,
        net=intent.net,
        currency=intent.currency,
        source=intent.source,
        wrote=intent.wrote,
        stood=None,
    )
    after, differs = _compared(world, intent, after, standing.totals)
    world.state.confirm_draft(
        intent,
        after,
        at=world.clock.now(),
        run_id=world.run_id,
        event=IntentEvent.ADOPT,
        note="the draft says what was sent",
    )
    _tell(intent, Verdict.ADOPT)
    return next(iter(differs), None)


def _link_of(world: World, intent: Intent) -> DealLink:
    return next(
        one
        for one in world.state.links.of_deal(intent.deal_id)
        if (one.company, one.revision) == (intent.company, intent.revision)
    )


def _update(world: World, ledger: Ledger, intent: Intent) -> Unresolved | None:
    link = _link_of(world, intent)
    standing = ledger.draft(link.draft_id, target=link.target)
    if standing is not None and standing.print != link.stood and _says_what_was_sent(world, intent, standing):
        return _adopt_update(world, intent, link, standing)
    sent_at = intent.sent_at or intent.created_at
    until = sent_at + searchlag.window(world, intent)
    if world.clock.now() < until:
        _tell(intent, Verdict.WAIT)
        return Unresolved(
            intent.company or "",
            intent.deal_id,
            None,
            say(
                "The reply to the update of %(document)s sent at %(sent_at)s UTC was lost, and %(document)s does not "
                "say what was sent.",
                document=link.target.the,
                sent_at=f"{sent_at:%Y-%m-%d %H:%M}",
            ),
            say(
                "Run again after %(until)s UTC: %(document)s is read first, and nothing in it is overwritten unseen.",
                until=f"{until:%H:%M}",
                document=link.target.the,
            ),
        )
    _tell(intent, Verdict.GIVE_BACK)
    _give_back(world, intent)
    return None


# --- deletions ---------------------------------------------------------------------------------------------------------


def _deletions(world: World, ledger: Ledger, intents: list[Intent]) -> list[Unresolved]:
    """Close deletions whose reply was lost by whether their drafts stand; none is ever sent again from here."""
    return [waiting for intent in intents if (waiting := _deletion(world, ledger, intent)) is not None]


def _deletion(world: World, ledger: Ledger, intent: Intent) -> Unresolved | None:
    link = _link_of(world, intent)
    if ledger.draft(link.draft_id, target=link.target) is None:
        if was_issued(ledger, link.draft_id, intent.marker or ""):
            _move(world, intent, IntentEvent.REFUSE, "it was issued instead")
            return None
        _tell(intent, Verdict.ADOPT)
        world.state.confirm_draft(
            intent,
            taken_back(link, world.policy.spoken),
            at=world.clock.now(),
            run_id=world.run_id,
            event=IntentEvent.ADOPT,
            note="the draft is gone",
        )
        return None
    sent_at = intent.sent_at or intent.created_at
    until = sent_at + searchlag.window(world, intent)
    if world.clock.now() < until:
        _tell(intent, Verdict.WAIT)
        return Unresolved(
            intent.company or "",
            intent.deal_id,
            None,
            say(
                "The reply to the deletion of %(document)s sent at %(sent_at)s UTC was lost, and %(document)s still "
                "stands.",
                document=link.target.the,
                sent_at=f"{sent_at:%Y-%m-%d %H:%M}",
            ),
            say(
                "Run again after %(until)s UTC: %(document)s is read first, and nothing is deleted unseen.",
                until=f"{until:%H:%M}",
                document=link.target.the,
            ),
        )
    _tell(intent, Verdict.GIVE_BACK)
    _give_back(world, intent)
    return None


def _give_back(world: World, intent: Intent) -> None:
    intent = _move(world, intent, IntentEvent.GIVE_BACK, "looked for after the settle window and not there")
    _move(world, intent, IntentEvent.DROP, "planned anew from today's data")


def _move(world: World, intent: Intent, event: IntentEvent, note: str) -> Intent:
    return world.state.journal.move(intent, event, at=world.clock.now(), run_id=world.run_id, note=note)


def _tell(intent: Intent, verdict: Verdict) -> None:
    log.info(
        "recovered: %s of deal %s: %s",
        intent.kind,
        intent.deal_id,
        verdict.value,
        extra={"deal": intent.deal_id, "correlation_id": intent.correlation_id},
    )


def _draft_open(world: World, intent: Intent, resolution: Resolution) -> Unresolved:
    sent_at = intent.sent_at or intent.created_at
    what = Target.ORDER if intent.kind is IntentKind.CREATE_ORDER else Target.DRAFT
    if resolution.verdict is Verdict.WAIT:
        until = sent_at + searchlag.window(world, intent)
        message = say(
            "The reply to %(document)s sent at %(sent_at)s UTC was lost, and %(document)s is not to be seen yet.",
            document=what.the,
            sent_at=f"{sent_at:%Y-%m-%d %H:%M}",
        )
        fix = say(
            "Run again after %(until)s UTC: it is looked for first and never sent twice.",
            until=f"{until:%H:%M}",
        )
    else:
        message = say(
            "The reply to %(document)s sent at %(sent_at)s UTC was lost, and %(reason)s",
            document=what.the,
            sent_at=f"{sent_at:%Y-%m-%d %H:%M}",
            reason=resolution.reason,
        )
        fix = say(
            "Look at it in the ledger: delete what should not be there, or put the marker "
            "%(marker)s into its reference if it is this deal's; then run again.",
            marker=intent.marker,
        )
    return Unresolved(intent.company or "", intent.deal_id, None, message, fix)


def _customer_open(intent: Intent, verdict: Verdict) -> Unresolved:
    sent_at = intent.sent_at or intent.created_at
    waits = verdict is Verdict.WAIT
    return Unresolved(
        intent.company or "",
        intent.deal_id,
        intent.subject,
        say(
            "The reply to the customer sent at %(sent_at)s UTC was lost, and the customer is not to be seen yet.",
            sent_at=f"{sent_at:%Y-%m-%d %H:%M}",
        )
        if waits
        else say(
            "The reply to the customer sent at %(sent_at)s UTC was lost, and several customers carry the note %(note)s.",
            sent_at=f"{sent_at:%Y-%m-%d %H:%M}",
            note=intent.marker,
        ),
        say("Run again later: it is looked for first and never sent twice.")
        if waits
        else say("Take the note out of the customer that should not be used; then run again."),
        customer_note=intent.marker,
    )


def _not_asked(intent: Intent) -> Unresolved:
    return Unresolved(
        intent.company or "",
        intent.deal_id,
        intent.subject if intent.kind is IntentKind.CREATE_CUSTOMER else None,
        say(
            "A write to company %(company)s has no known outcome, and that company is not part of this run.",
            company=intent.company,
        ),
        say("Run without --company, or put the company back into the configuration."),
        article_key=intent.subject if intent.kind is IntentKind.CREATE_ARTICLE else None,
        customer_note=intent.marker if intent.kind is IntentKind.CREATE_CUSTOMER else None,
    )
