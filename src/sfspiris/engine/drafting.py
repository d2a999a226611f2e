"""Makes drafts and orders, brings them up to date, takes them back, and remembers those that are there already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sfspiris.core import written
from sfspiris.core.actions import Adopt, CreateDraft, DeleteDraft, ExistingCustomer, UpdateDraft
from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.identity import payload_hash
from sfspiris.core.lifecycle import NOTHING_IS_SENT, IntentEvent
from sfspiris.core.model import DealLink, Target
from sfspiris.core.outcome import Outcome
from sfspiris.core.planning import arrived
from sfspiris.core.planning.changed import as_it_stands
from sfspiris.core.planning.pull import as_invoiced
from sfspiris.core.planning.rollback import taken_back
from sfspiris.engine.removal import remove
from sfspiris.errors import Fatal, OutcomeUnknown, Retryable, SafetyStop
from sfspiris.sentences import joined, say
from sfspiris.state.journal import IntentKind, NewIntent
from sfspiris.state.links import CustomerLink

if TYPE_CHECKING:
    from sfspiris.core.model import LedgerDraft
    from sfspiris.engine.entering import Entering
    from sfspiris.engine.work import Steps, Work
    from sfspiris.state.journal import Intent

_CREATIONS: Final = {Target.DRAFT: IntentKind.CREATE_DRAFT, Target.ORDER: IntentKind.CREATE_ORDER}
_UPDATES: Final = {Target.DRAFT: IntentKind.UPDATE_DRAFT, Target.ORDER: IntentKind.UPDATE_ORDER}
_DELETIONS: Final = {Target.DRAFT: IntentKind.DELETE_DRAFT, Target.ORDER: IntentKind.DELETE_ORDER}


class Drafting:
    """Carries out what is planned for documents. A pilot is stopped at the first one that the ledger makes another total of."""

    def __init__(self, work: Work, entering: Entering, *, is_pilot: bool) -> None:
        self._work = work
        self._entering = entering
        self._is_pilot = is_pilot
        self.made: list[CreateDraft] = []

    # --- drafts ----------------------------------------------------------------------------------------------------

    def create(self, action: CreateDraft) -> Steps[None]:
        """Make the document, unless something that it needs could not be made."""
        customer = self._entering.customer_id(action)
        if isinstance(customer, Hold):
            self._work.hold_deal(
                action, replace(customer, deal_id=action.deal_id, deal_name=action.deal_name)
            )
            self._work.note(action, Outcome.SKIPPED)
            return
        wanted = self._entering.with_articles(action)
        if isinstance(wanted, Hold):
            self._work.hold_deal(action, replace(wanted, deal_id=action.deal_id, deal_name=action.deal_name))
            self._work.note(action, Outcome.SKIPPED)
            return
        world, ledger = self._work.world, self._work.world.ledgers[action.company]
        marker_field = world.policy.companies[action.company].marker_field
        wrote = _remembered(action, customer)
        intent = self._record_draft(action, customer, wrote)
        made = yield from self._work.send(
            action,
            intent,
            lambda: ledger.create_draft(
                wanted, customer_id=customer, marker_field=marker_field, target=action.target
            ),
        )
        if isinstance(made, Hold):
            self._work.hold_deal(action, made)
            return
        intent, draft = made
        differs = self._compare(action, draft)
        link = self._link(
            action,
            draft.id,
            customer,
            code=HoldCode.TOTAL_MISMATCH if differs else None,
            message=differs,
            source=action.source,
            wrote=wrote,
            stood=draft.print,
        )
        world.state.confirm_draft(intent, link, at=self._work.now(), run_id=world.run_id)
        if isinstance(action.customer, ExistingCustomer):
            self._remember(action, action.customer)
        self._work.after[action.deal_id] = link.told
        self._work.note(action, Outcome.DONE, draft.id)
        self.made.append(action)
        self._end_pilot(differs)

    # --- drafts that follow their Deal -----------------------------------------------------------------------------

    def _link_of(self, action: UpdateDraft | DeleteDraft) -> DealLink:
        (link,) = (
            one
            for one in self._work.world.state.links.of_deal(action.deal_id)
            if (one.company, one.revision) == (action.company, action.revision)
        )
        return link

    def update(self, action: UpdateDraft) -> Steps[None]:
        """Let the document follow its Deal, unless somebody has been at it meanwhile."""
        world = self._work.world
        link = self._link_of(action)
        customer = self._entering.customer_id(action)
        if isinstance(customer, Hold):
            held = replace(customer, deal_id=action.deal_id, deal_name=action.deal_name)
            self._work.hold_deal(action, held, keep=link.told)
            self._work.note(action, Outcome.SKIPPED)
            return
        wanted = self._entering.with_articles(action)
        if isinstance(wanted, Hold):
            held = replace(wanted, deal_id=action.deal_id, deal_name=action.deal_name)
            self._work.hold_deal(action, held, keep=link.told)
            self._work.note(action, Outcome.SKIPPED)
            return
        wrote = _remembered(action, customer)
        intent = self._record_draft(action, customer, wrote)
        changed = replace(action, draft=wanted)
        made = yield from self._work.send(
            action, intent, lambda: self._replace_draft(changed, customer, wrote)
        )
        if isinstance(made, Hold):
            self._work.hold_deal(action, made, keep=link.told)
            return
        intent, draft = made
        if draft is None:
            intent = self._work.move(
                intent, IntentEvent.NOT_EXECUTED, "the draft is not any more as it was read"
            )
            self._work.move(intent, IntentEvent.DROP, "planned anew from what stands then")
            self._work.hold_deal(action, self._moved(action), keep=link.told)
            self._work.note(action, Outcome.SKIPPED)
            return
        differs = self._compare(action, draft)
        link = replace(
            link,
            customer_id=customer,
            content=action.content,
            net=action.net,
            currency=action.currency,
            code=HoldCode.TOTAL_MISMATCH if differs else None,
            message=differs,
            source=action.source,
            wrote=wrote,
            stood=draft.print,
        )
        world.state.confirm_draft(intent, link, at=self._work.now(), run_id=world.run_id)
        if isinstance(action.customer, ExistingCustomer):
            self._remember(action, action.customer)
        self._work.after[action.deal_id] = link.told
        self._work.note(action, Outcome.DONE, draft.id)
        self._end_pilot(differs)

    def _replace_draft(self, action: UpdateDraft, customer: str, wrote: str) -> LedgerDraft | None:
        """The draft as it stands after the update, or None when it was not any more as it was read.

        A lost reply is answered by the draft itself. It is never sent again: finance may have been at it since.
        """
        ledger = self._work.world.ledgers[action.company]
        marker_field = self._work.world.policy.companies[action.company].marker_field
        try:
            return ledger.update_draft(
                action.draft_id,
                action.draft,
                customer_id=customer,
                marker_field=marker_field,
                stood=action.stood,
                target=action.target,
            )
        except OutcomeUnknown as unknown:
            try:
                seen = ledger.draft(action.draft_id, target=action.target)
                fields = None if seen is None else as_it_stands(seen, terms=ledger.payment_terms())
            except (Retryable, Fatal):
                raise unknown from None
            if seen is None or seen.print == action.stood or fields is None:
                raise
            if not written.says(fields, wrote, action.deal_id):
                raise
            return seen

    def _moved(self, action: UpdateDraft | DeleteDraft) -> Hold:
        ledger = self._work.world.policy.companies[action.company].ledger
        return Hold(
            deal_id=action.deal_id,
            deal_name=action.deal_name,
            company=action.company,
            code=HoldCode.DRAFT_EDITED_BY_FINANCE,
            message=say(
                "Somebody changed %(document)s in %(ledger)s while this run was about to delete it. It was left as it is."
                if isinstance(action, DeleteDraft)
                else "Somebody changed %(document)s in %(ledger)s while this run was about to update it. It was left as it is.",
                document=action.target.the,
                ledger=ledger,
            ),
            fix=say(
                "Run again: %(document)s is read anew, and what both sides say is shown.",
                document=action.target.the,
            ),
            owner=action.owner,
        )

    # --- drafts that are taken back --------------------------------------------------------------------------------

    def delete(self, action: DeleteDraft) -> Steps[None]:
        """Delete the draft. One that was not deleted leaves the Deal and what the CRM says of it as they are."""
        world, ledger = self._work.world, self._work.world.ledgers[action.company]
        link = self._link_of(action)
        intent = self._work.record(
            NewIntent(
                kind=_DELETIONS[action.target],
                company=action.company,
                subject=action.deal_id,
                deal_id=action.deal_id,
                revision=action.revision,
                payload_hash=payload_hash([action.draft_id, action.stood]),
                correlation_id=action.correlation_id,
                marker=action.marker,
                customer_id=action.customer_id,
                net=action.net,
                currency=action.currency,
            )
        )
        sent = yield from self._work.send(action, intent, lambda: remove(ledger, action))
        if isinstance(sent, Hold):
            self._work.hold(sent)
            self._work.untouched.add(action.deal_id)
            return
        intent, is_gone = sent
        if not is_gone:
            intent = self._work.move(
                intent, IntentEvent.NOT_EXECUTED, "the draft is not any more as it was read"
            )
            self._work.move(intent, IntentEvent.DROP, "a person has been at it")
            self._work.hold(self._moved(action))
            self._work.untouched.add(action.deal_id)
            self._work.note(action, Outcome.SKIPPED)
            return
        after = taken_back(link, world.policy.spoken)
        world.state.confirm_draft(intent, after, at=self._work.now(), run_id=world.run_id)
        self._work.after[action.deal_id] = after.told
        self._work.note(action, Outcome.DONE, action.draft_id)

    def adopt(self, action: Adopt) -> None:
        """Remember what the ledger has; the journal says that nothing was sent by us."""
        world = self._work.world
        intent = self._record_draft(action, action.customer_id)
        intent = self._work.move(intent, IntentEvent.ARM, NOTHING_IS_SENT)
        link = self._link(
            action,
            action.draft_id,
            action.customer_id,
        )
        if action.invoice:
            link = as_invoiced(link, action.invoice, today=world.clock.today())
        world.state.confirm_draft(
            intent,
            link,
            at=self._work.now(),
            run_id=world.run_id,
            event=IntentEvent.ADOPT,
            note="found by its marker",
        )
        self._work.note(action, Outcome.DONE, action.draft_id, adopted=True)

    def _record_draft(
        self, action: CreateDraft | UpdateDraft | Adopt, customer_id: str, wrote: str | None = None
    ) -> Intent:
        kinds = _UPDATES if isinstance(action, UpdateDraft) else _CREATIONS
        return self._work.record(
            NewIntent(
                kind=kinds[action.target],
                company=action.company,
                subject=action.deal_id,
                deal_id=action.deal_id,
                revision=action.revision,
                payload_hash=action.content,
                correlation_id=action.correlation_id,
                marker=action.marker,
                customer_id=customer_id,
                net=action.net,
                currency=action.currency,
                source=None if isinstance(action, Adopt) else action.source,
                wrote=wrote,
                basis=None if isinstance(action, Adopt) else action.basis,
                gross=None if isinstance(action, Adopt) else action.vat.gross,
            )
        )

    def _link(self, action: CreateDraft | Adopt, draft_id: str, customer_id: str, **more: Any) -> DealLink:
        return DealLink(
            company=action.company,
            deal_id=action.deal_id,
            revision=action.revision,
            draft_id=draft_id,
            customer_id=customer_id,
            content=action.content,
            correlation_id=action.correlation_id,
            net=action.net,
            currency=action.currency,
            created_at=self._work.now(),
            target=action.target,
            **more,
        )

    # --- what is compared and remembered ---------------------------------------------------------------------------

    def _remember(self, action: CreateDraft | UpdateDraft, customer: ExistingCustomer) -> None:
        """Keep what buyer and customer are the same, so that a later rename or new number does not part them."""
        self._work.world.state.links.save_customers(
            [
                CustomerLink(
                    action.company,
                    action.buyer_id,
                    customer.id,
                    customer.number,
                    customer.evidence,
                    self._work.now(),
                    action.draft.currency,
                )
            ]
        )

    def _compare(self, action: CreateDraft | UpdateDraft, draft: LedgerDraft) -> str | None:
        """The sentence when the ledger arrived at another total than the Deal or than foretold; a person should look."""
        policy = self._work.world.policy
        words = arrived.differs(
            draft.totals,
            net=action.net,
            gross=action.vat.gross,
            currency=action.currency,
            target=action.target,
            ledger=policy.companies[action.company].ledger,
            tolerance=policy.tolerance,
        )
        if words is None:
            return None
        look = arrived.look(action.target)
        self._work.hold(
            Hold(
                deal_id=action.deal_id,
                deal_name=action.deal_name,
                company=action.company,
                code=HoldCode.TOTAL_MISMATCH,
                message=words,
                fix=look,
                owner=action.owner,
            )
        )
        return joined((words, look))

    def _end_pilot(self, differs: str | None) -> None:
        """Stop a pilot at the first document that needs a look; what is the matter with it may be the matter with all."""
        if self._is_pilot and differs is not None:
            self._work.stop(
                SafetyStop(
                    f"The run of a few deals stopped at the first one whose total is not as expected: {differs}",
                    remedy="Find out why, then run again; what was made stays, and nothing is made twice.",
                )
            )


def _remembered(action: CreateDraft | UpdateDraft, customer_id: str) -> str:
    return written.remembered(written.draft_fields(action.draft, customer=customer_id), action.deal_id)
