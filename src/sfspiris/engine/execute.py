"""Carries out a plan: one action, one call, written down before the first byte leaves and after the answer is there."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, assert_never

from sfspiris.core import vat, written
from sfspiris.core.actions import (
    Action,
    Adopt,
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    DeleteDraft,
    ExistingCustomer,
    Plan,
    UpdateCustomer,
    UpdateDraft,
    WriteDeal,
    kind,
)
from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.identity import customer_note, payload_hash
from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.model import DealLink, DealStatus, SyncState, Target
from sfspiris.core.money import Money
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.core.planning.changed import as_it_stands
from sfspiris.core.planning.pull import as_invoiced
from sfspiris.core.planning.push import for_sales
from sfspiris.core.planning.rollback import taken_back
from sfspiris.core.planning.updates import base_of
from sfspiris.engine.removal import remove
from sfspiris.engine.search import WITNESS
from sfspiris.errors import Fatal, OutcomeUnknown, OutOfQuota, Refused, Retryable, SafetyStop, Unreachable
from sfspiris.ports.crm import DealUpdate
from sfspiris.sentences import as_told, joined, say
from sfspiris.state.journal import IntentKind, NewIntent
from sfspiris.state.links import CustomerLink

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sfspiris.core.model import Draft, LedgerDraft
    from sfspiris.engine.world import World
    from sfspiris.errors import SfspirisError
    from sfspiris.state.journal import Intent

log = logging.getLogger(__name__)

Made = TypeVar("Made")

_QUOTA_WAITS: Final = 3  # how often one create waits for quota before the run gives up for now
_LONGEST_WAIT: Final = (
    65.0  # seconds; a quota counted per minute is free again by then, and no longer one is waited for
)
UNANSWERED_IN_A_ROW: Final = 3
"""After so many creates in a row without a trustworthy answer from one company the run stops.

One lost reply is an accident; several in a row mean that the line or the service is down, and every further create would
only be one more document whose existence nobody can tell until the settle window has passed.
"""
_TOLD_AT_ONCE: Final = 200  # deals per write to the CRM: one call


@dataclass(slots=True)
class Carried:
    """What became of the actions, and what came up on the way. `stopped` is the error that ended the run early."""

    results: list[ActionResult] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    warnings: list[Warn] = field(default_factory=list)
    stopped: SfspirisError | None = None


_CREATIONS: Final = {Target.DRAFT: IntentKind.CREATE_DRAFT, Target.ORDER: IntentKind.CREATE_ORDER}
_UPDATES: Final = {Target.DRAFT: IntentKind.UPDATE_DRAFT, Target.ORDER: IntentKind.UPDATE_ORDER}
_DELETIONS: Final = {Target.DRAFT: IntentKind.DELETE_DRAFT, Target.ORDER: IntentKind.DELETE_ORDER}
_NEXT: Final = {Target.DRAFT: "issued", Target.ORDER: "invoiced"}
_TAX_FIELDS: Final = frozenset({"vat_number", "country"})
_NUMBER_TREATMENTS: Final = frozenset(
    {
        "EU_GOODS_IC",
        "EU_TRIANGULATION",
        "EU_SERVICES_RC",
        "SE_RC_CONSTRUCTION",
        "SE_RC_ELECTRONICS",
        "SE_RC_OTHER",
    }
)
"""Treatments without VAT whose condition is the buyer's VAT number."""


@dataclass(frozen=True, slots=True)
class _NotUpdated:
    """A customer that could not be updated: why, and which fields it does not have."""

    hold: Hold
    fields: frozenset[str]

    def concerns(self, draft: Draft) -> bool:
        """Whether the draft's VAT was foretold for another customer than the ledger now has, or rests on a doubtful number."""
        if self.fields & _TAX_FIELDS:
            return True
        doubtful = self.hold.code in {HoldCode.VIES_REFUSED, HoldCode.VIES_UNAVAILABLE}
        return doubtful and any(row.treatment in _NUMBER_TREATMENTS for row in draft.rows)


def execute(world: World, plan: Plan, *, is_pilot: bool = False) -> Carried:
    """Carry out the plan, in order. A Deal that cannot be written becomes a hold and the others go on.

    A pilot is a few Deals that somebody looks at before the rest follows: it ends at the first document that the ledger
    makes another total of than the Deal has.

    Only trouble that would meet every further write stops the run: no connection, no quota, no sign-in. What was done
    until then is told to the CRM all the same, and `stopped` says why the rest was not tried.
    """
    return _Execution(world, is_pilot=is_pilot).carry_out(plan)


class _Execution:
    def __init__(self, world: World, *, is_pilot: bool) -> None:
        self._world = world
        self._is_pilot = is_pilot
        self._carried = Carried()
        self._customers: dict[tuple[str, str], str | Hold] = {}  # what became of each CreateCustomer
        self._articles: dict[tuple[str, str], str | Hold] = {}  # what became of each CreateArticle
        self._not_updated: dict[tuple[str, str], _NotUpdated] = {}  # customers whose update failed
        self._after: dict[str, SyncState] = {}  # what the CRM must be told otherwise than planned
        self._untouched: set[str] = set()  # deals of whose write nothing is known: the CRM is told nothing
        self._sent: str | None = None  # the action that left us and has not been noted yet
        self._unanswered: Counter[str] = Counter()  # by company: creates in a row that nobody answered

    def carry_out(self, plan: Plan) -> Carried:
        told: list[WriteDeal] = []
        self._bear_witness([one for one in plan.actions if isinstance(one, CreateDraft)])
        for number, action in enumerate(plan.actions):
            self._world.progress(number, len(plan.actions))
            match action:
                case WriteDeal():
                    told.append(action)
                case (
                    CreateCustomer()
                    | CreateArticle()
                    | UpdateCustomer()
                    | CreateDraft()
                    | UpdateDraft()
                    | DeleteDraft()
                    | Adopt()
                ):
                    with self._world.unit():
                        self._one(action)
                case _:
                    assert_never(action)
        self._tell(told)
        return self._carried

    def _bear_witness(self, drafts: list[CreateDraft]) -> None:
        """Write on each Deal that its draft is about to be sent, many in a call, where the CRM has a field for it.

        Whoever runs next then knows, though our memory be lost with the disk that it was on. A Deal that cannot be saved
        goes on without: our own memory is the first witness. A CRM that does not answer stops the run before anything is
        made that it could not be told about.
        """
        fields = self._world.policy.sync_fields
        if WITNESS not in fields:
            return
        for start in range(0, len(drafts), _TOLD_AT_ONCE):
            armed = [
                WriteDeal(
                    deal_id=one.deal_id,
                    company=one.company,
                    correlation_id=one.correlation_id,
                    before=SyncState(),
                    after=SyncState(correlation_id=one.correlation_id, company=one.company).only(fields),
                )
                for one in drafts[start : start + _TOLD_AT_ONCE]
            ]
            try:
                self._write_deals(armed)
            except (Retryable, Fatal) as error:
                self._carried.stopped = error
                return

    def _one(
        self,
        action: CreateCustomer
        | CreateArticle
        | UpdateCustomer
        | CreateDraft
        | UpdateDraft
        | DeleteDraft
        | Adopt,
    ) -> None:
        if self._carried.stopped is not None:
            self._untouched.add(action.deal_id)
            self._note(action, Outcome.SKIPPED)
            return
        try:
            match action:
                case CreateCustomer():
                    self._create_customer(action)
                case UpdateCustomer():
                    self._update_customer(action)
                case CreateArticle():
                    self._create_article(action)
                case CreateDraft():
                    self._create_draft(action)
                case UpdateDraft():
                    self._update_draft(action)
                case DeleteDraft():
                    self._delete_draft(action)
                case Adopt():
                    self._adopt(action)
        except (Retryable, Fatal) as error:
            self._carried.stopped = error
            self._untouched.add(action.deal_id)
            self._note(action, Outcome.UNKNOWN if self._sent == action.id else Outcome.SKIPPED)

    # --- customers -------------------------------------------------------------------------------------------------

    def _create_customer(self, action: CreateCustomer) -> None:
        ledger = self._world.ledgers[action.company]
        intent = self._record(
            NewIntent(
                kind=IntentKind.CREATE_CUSTOMER,
                company=action.company,
                subject=action.key,
                deal_id=action.deal_id,
                payload_hash=payload_hash([action.key, action.customer.name, action.customer.currency]),
                correlation_id=action.correlation_id,
                marker=action.customer.note,
                basis=action.basis,
            )
        )
        made = self._send(
            action, intent, lambda: ledger.create_customer(action.customer, terms_id=action.terms_id)
        )
        key = (action.company, action.key)
        if isinstance(made, Hold):
            self._customers[key] = made
            return
        intent, customer = made
        link = CustomerLink(
            action.company,
            action.buyer_id,
            customer.id,
            customer.number,
            "created",
            self._now(),
            action.customer.currency,
        )
        base = base_of(
            action.customer, company=action.company, customer_id=customer.id, buyer_id=action.buyer_id
        )
        self._world.state.confirm_customer(intent, link, at=self._now(), run_id=self._world.run_id, base=base)
        self._customers[key] = customer.id
        self._note(action, Outcome.DONE, customer.id)

    def _update_customer(self, action: UpdateCustomer) -> None:
        """Write the fields; a refusal is told and tried again in the next run, and the Deal's draft is made all the same."""
        world, ledger = self._world, self._world.ledgers[action.company]
        prints = {name: one.ours for name, one in action.base.fields.items()}
        intent = self._record(
            NewIntent(
                kind=IntentKind.UPDATE_CUSTOMER,
                company=action.company,
                subject=action.customer_id,
                deal_id=action.deal_id,
                payload_hash=payload_hash([action.customer_id, prints]),
                correlation_id=action.correlation_id,
                marker=customer_note(action.buyer_id, world.policy.org_tag),
                customer_id=action.customer_id,
            )
        )
        written = self._send(
            action, intent, lambda: ledger.update_customer(action.customer_id, action.wanted)
        )
        if isinstance(written, Hold):
            fields = frozenset(one.field for one in action.wanted)
            self._not_updated[action.company, action.customer_id] = _NotUpdated(written, fields)
            self._carried.warnings.append(
                Warn(
                    WarningCode.CUSTOMER_NOT_UPDATED,
                    say(
                        "Customer %(number)s %(name)s could not be updated: %(message)s %(fix)s "
                        "It is tried again in the next run.",
                        number=action.number,
                        name=action.name,
                        message=written.message,
                        fix=written.fix,
                    ),
                    action.deal_id,
                )
            )
            return
        world.state.confirm_update(written[0], action.base, at=self._now(), run_id=world.run_id)
        self._note(action, Outcome.DONE, action.customer_id)

    # --- articles --------------------------------------------------------------------------------------------------

    def _create_article(self, action: CreateArticle) -> None:
        ledger, article = self._world.ledgers[action.company], action.article
        intent = self._record(
            NewIntent(
                kind=IntentKind.CREATE_ARTICLE,
                company=action.company,
                subject=action.key,
                deal_id=action.deal_id,
                payload_hash=payload_hash([article.number, article.name, article.coding.id, article.unit.id]),
                correlation_id=action.correlation_id,
                marker=article.number,
            )
        )
        made = self._send(action, intent, lambda: ledger.create_article(article))
        key = (action.company, action.key)
        if isinstance(made, Hold):
            self._articles[key] = made
            return
        intent, created = made
        self._world.state.journal.move(
            intent, IntentEvent.CONFIRM, at=self._now(), run_id=self._world.run_id, remote_id=created.id
        )
        self._articles[key] = created.id
        self._note(action, Outcome.DONE, created.id)

    def _with_articles(self, action: CreateDraft | UpdateDraft) -> Draft | Hold:
        """The draft with the ids of articles that this run has made, or the hold of one that could not be made."""
        rows = []
        for row in action.draft.rows:
            if row.is_text or row.article_id is not None:
                rows.append(row)
                continue
            made = self._articles[action.company, (row.article_number or "").casefold()]
            if isinstance(made, Hold):
                return made
            rows.append(replace(row, article_id=made))
        return replace(action.draft, rows=tuple(rows))

    # --- drafts ----------------------------------------------------------------------------------------------------

    def _create_draft(self, action: CreateDraft) -> None:
        customer = self._customer_id(action)
        if isinstance(customer, Hold):
            self._hold_deal(action, replace(customer, deal_id=action.deal_id, deal_name=action.deal_name))
            self._note(action, Outcome.SKIPPED)
            return
        wanted = self._with_articles(action)
        if isinstance(wanted, Hold):
            self._hold_deal(action, replace(wanted, deal_id=action.deal_id, deal_name=action.deal_name))
            self._note(action, Outcome.SKIPPED)
            return
        world, ledger = self._world, self._world.ledgers[action.company]
        marker_field = world.policy.companies[action.company].marker_field
        wrote = _remembered(action, customer)
        intent = self._record_draft(action, customer, wrote)
        made = self._send(
            action,
            intent,
            lambda: ledger.create_draft(
                wanted, customer_id=customer, marker_field=marker_field, target=action.target
            ),
        )
        if isinstance(made, Hold):
            self._hold_deal(action, made)
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
        world.state.confirm_draft(intent, link, at=self._now(), run_id=world.run_id)
        if isinstance(action.customer, ExistingCustomer):
            self._remember(action, action.customer)
        self._after[action.deal_id] = link.told
        self._note(action, Outcome.DONE, draft.id)
        self._end_pilot(differs)

    # --- drafts that follow their Deal -----------------------------------------------------------------------------

    def _link_of(self, action: UpdateDraft | DeleteDraft) -> DealLink:
        (link,) = (
            one
            for one in self._world.state.links.of_deal(action.deal_id)
            if (one.company, one.revision) == (action.company, action.revision)
        )
        return link

    def _update_draft(self, action: UpdateDraft) -> None:
        world = self._world
        link = self._link_of(action)
        customer = self._customer_id(action)
        if isinstance(customer, Hold):
            held = replace(customer, deal_id=action.deal_id, deal_name=action.deal_name)
            self._hold_deal(action, held, keep=link.told)
            self._note(action, Outcome.SKIPPED)
            return
        wanted = self._with_articles(action)
        if isinstance(wanted, Hold):
            held = replace(wanted, deal_id=action.deal_id, deal_name=action.deal_name)
            self._hold_deal(action, held, keep=link.told)
            self._note(action, Outcome.SKIPPED)
            return
        wrote = _remembered(action, customer)
        intent = self._record_draft(action, customer, wrote)
        changed = replace(action, draft=wanted)
        made = self._send(action, intent, lambda: self._replace_draft(changed, customer, wrote))
        if isinstance(made, Hold):
            self._hold_deal(action, made, keep=link.told)
            return
        intent, draft = made
        if draft is None:
            intent = self._move(intent, IntentEvent.NOT_EXECUTED, "the draft is not any more as it was read")
            self._move(intent, IntentEvent.DROP, "planned anew from what stands then")
            self._hold_deal(action, self._moved(action), keep=link.told)
            self._note(action, Outcome.SKIPPED)
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
        world.state.confirm_draft(intent, link, at=self._now(), run_id=world.run_id)
        if isinstance(action.customer, ExistingCustomer):
            self._remember(action, action.customer)
        self._after[action.deal_id] = link.told
        self._note(action, Outcome.DONE, draft.id)
        self._end_pilot(differs)

    def _replace_draft(self, action: UpdateDraft, customer: str, wrote: str) -> LedgerDraft | None:
        """The draft as it stands after the update, or None when it was not any more as it was read.

        A lost reply is answered by the draft itself. It is never sent again: finance may have been at it since.
        """
        ledger = self._world.ledgers[action.company]
        marker_field = self._world.policy.companies[action.company].marker_field
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
        ledger = self._world.policy.companies[action.company].ledger
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

    def _delete_draft(self, action: DeleteDraft) -> None:
        """Delete the draft. One that was not deleted leaves the Deal and what the CRM says of it as they are."""
        world, ledger = self._world, self._world.ledgers[action.company]
        link = self._link_of(action)
        intent = self._record(
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
        sent = self._send(action, intent, lambda: remove(ledger, action))
        if isinstance(sent, Hold):
            self._carried.holds.append(sent)
            self._untouched.add(action.deal_id)
            return
        intent, is_gone = sent
        if not is_gone:
            intent = self._move(intent, IntentEvent.NOT_EXECUTED, "the draft is not any more as it was read")
            self._move(intent, IntentEvent.DROP, "a person has been at it")
            self._carried.holds.append(self._moved(action))
            self._untouched.add(action.deal_id)
            self._note(action, Outcome.SKIPPED)
            return
        after = taken_back(link)
        world.state.confirm_draft(intent, after, at=self._now(), run_id=world.run_id)
        self._after[action.deal_id] = after.told
        self._note(action, Outcome.DONE, action.draft_id)

    def _customer_id(self, action: CreateDraft | UpdateDraft) -> str | Hold:
        match action.customer:
            case ExistingCustomer(id=found):
                failed = self._not_updated.get((action.company, found))
                return failed.hold if failed is not None and failed.concerns(action.draft) else found
            case new:
                return self._customers[action.company, new.key]

    def _remember(self, action: CreateDraft | UpdateDraft, customer: ExistingCustomer) -> None:
        """Keep what buyer and customer are the same, so that a later rename or new number does not part them."""
        self._world.state.links.save_customers(
            [
                CustomerLink(
                    action.company,
                    action.buyer_id,
                    customer.id,
                    customer.number,
                    customer.evidence,
                    self._now(),
                    action.draft.currency,
                )
            ]
        )

    def _compare(self, action: CreateDraft | UpdateDraft, draft: LedgerDraft) -> str | None:
        """The sentence when the ledger arrived at another total than the Deal or than foretold; a person should look."""
        tolerance = self._world.policy.tolerance
        ledger = self._world.policy.companies[action.company].ledger
        net = Money(action.net, action.currency)
        look = (
            say("Look at the order before it is delivered or invoiced.")
            if action.target is Target.ORDER
            else say("Look at the draft before it is issued.")
        )
        if draft.totals.currency != action.currency:
            words = say(
                "The deal is in %(currency)s, but %(ledger)s made %(document)s in %(other)s.",
                currency=action.currency,
                ledger=ledger,
                document=action.target.the,
                other=draft.totals.currency,
            )
        elif vat.mismatch(action.net, draft.totals, tolerance=tolerance) is not None:
            made = Money(draft.totals.net, draft.totals.currency)
            words = say(
                "The deal comes to %(net)s net, but %(ledger)s arrived at %(made)s.",
                net=net,
                ledger=ledger,
                made=made,
            )
        elif abs(draft.totals.gross - action.vat.gross) > tolerance:
            made = Money(draft.totals.gross, draft.totals.currency)
            words = say(
                "%(ledger)s arrived at a total of %(made)s with VAT and rounding, but %(expected)s was expected.",
                ledger=ledger,
                made=made,
                expected=Money(action.vat.gross, action.currency),
            )
        else:
            return None
        self._carried.holds.append(
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
            self._carried.stopped = self._carried.stopped or SafetyStop(
                f"The run of a few deals stopped at the first one whose total is not as expected: {differs}",
                remedy="Find out why, then run again; what was made stays, and nothing is made twice.",
            )

    def _adopt(self, action: Adopt) -> None:
        """Remember what the ledger has; the journal says that nothing was sent by us."""
        world = self._world
        intent = self._record_draft(action, action.customer_id)
        intent = self._move(intent, IntentEvent.ARM, "adopted: nothing is sent")
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
            at=self._now(),
            run_id=world.run_id,
            event=IntentEvent.ADOPT,
            note="found by its marker",
        )
        self._note(action, Outcome.DONE, action.draft_id, adopted=True)

    def _record_draft(
        self, action: CreateDraft | UpdateDraft | Adopt, customer_id: str, wrote: str | None = None
    ) -> Intent:
        kinds = _UPDATES if isinstance(action, UpdateDraft) else _CREATIONS
        return self._record(
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
            created_at=self._now(),
            target=action.target,
            **more,
        )

    # --- one create ------------------------------------------------------------------------------------------------

    def _record(self, wanted: NewIntent) -> Intent:
        return self._world.state.journal.record_intent(wanted, at=self._now(), run_id=self._world.run_id)

    def _move(self, intent: Intent, event: IntentEvent, note: str | None = None) -> Intent:
        return self._world.state.journal.move(
            intent, event, at=self._now(), run_id=self._world.run_id, note=note
        )

    def _send(
        self,
        action: CreateCustomer | CreateArticle | UpdateCustomer | CreateDraft | UpdateDraft | DeleteDraft,
        intent: Intent,
        send: Callable[[], Made],
    ) -> tuple[Intent, Made] | Hold:
        """Send one write and give what came of it, or the hold that its Deal gets.

        Raises Retryable or Fatal when it was provably not carried out and no other would be either.
        """
        quota_waits = 0
        while True:
            intent = self._move(intent, IntentEvent.ARM)
            log.info(
                "%s for deal %s",
                kind(action),
                action.deal_id,
                extra={"correlation_id": action.correlation_id},
            )
            self._sent = action.id
            try:
                made = send()
            except OutOfQuota as error:
                self._sent = None
                intent = self._move(intent, IntentEvent.NOT_EXECUTED, error.code)
                quota_waits += 1
                if quota_waits > _QUOTA_WAITS or error.retry_after > _LONGEST_WAIT:
                    self._move(intent, IntentEvent.DROP, error.code)
                    raise
                self._world.pause(error.retry_after)
            except (Retryable, Fatal) as error:
                self._sent = None
                intent = self._move(intent, IntentEvent.NOT_EXECUTED, error.code)
                self._move(intent, IntentEvent.DROP, error.code)
                raise
            except Refused as error:
                self._unanswered[action.company] = 0
                code = HoldCode(error.code)
                told = error.vendor_code if code is HoldCode.LEDGER_REFUSED else error.code
                self._move(intent, IntentEvent.REFUSE, told or error.code)
                self._note(action, Outcome.FAILED)
                return self._hold(action, code, error)
            except OutcomeUnknown as error:
                self._move(intent, IntentEvent.LOSE, error.code)
                self._note(action, Outcome.UNKNOWN)
                self._stop_when_nobody_answers(action.company)
                return self._hold(action, HoldCode.OUTCOME_UNKNOWN, error)
            else:
                self._unanswered[action.company] = 0
                return intent, made

    def _stop_when_nobody_answers(self, company: str) -> None:
        self._unanswered[company] += 1
        if self._unanswered[company] >= UNANSWERED_IN_A_ROW:
            ledger = self._world.policy.companies[company].ledger
            self._carried.stopped = Unreachable(
                f"{ledger} gave no trustworthy answer to {UNANSWERED_IN_A_ROW} creates in a row for company {company}, "
                "so the run stopped; the rest was not tried.",
                remedy="Nothing is lost and nothing is sent twice. When the service works again, run the same command: "
                "it first looks for what may have been made.",
                code="NO_ANSWERS",
            )

    def _hold(
        self,
        action: CreateCustomer | CreateArticle | UpdateCustomer | CreateDraft | UpdateDraft | DeleteDraft,
        code: HoldCode,
        error: SfspirisError,
    ) -> Hold:
        return Hold(
            deal_id=action.deal_id,
            deal_name="" if isinstance(action, CreateCustomer | CreateArticle) else action.deal_name,
            company=action.company,
            code=code,
            message=as_told(error.message),
            fix=as_told(error.remedy),
            owner=None
            if isinstance(action, CreateCustomer | CreateArticle | UpdateCustomer)
            else action.owner,
        )

    def _hold_deal(
        self, action: CreateDraft | UpdateDraft, hold: Hold, *, keep: SyncState | None = None
    ) -> None:
        """Hold the Deal; `keep` is what the CRM goes on saying about a document that exists already."""
        self._carried.holds.append(hold)
        state = keep or SyncState(
            status=DealStatus.HELD, correlation_id=action.correlation_id, company=action.company
        )
        self._after[action.deal_id] = replace(state, code=hold.code, message=for_sales([hold]))

    def _note(
        self, action: Action, outcome: Outcome, target_id: str | None = None, *, adopted: bool = False
    ) -> None:
        self._carried.results.append(ActionResult(action, outcome, target_id, adopted))

    def _now(self) -> datetime:
        return self._world.clock.now()

    # --- the CRM ---------------------------------------------------------------------------------------------------

    def _tell(self, planned: list[WriteDeal]) -> None:
        """Tell the CRM what really became of the Deals, many in a call. One that cannot be saved does not stop the rest."""
        sync_fields = self._world.policy.sync_fields
        actual = [
            replace(one, after=self._after[one.deal_id].only(sync_fields))
            if one.deal_id in self._after
            else one
            for one in planned
            if one.deal_id not in self._untouched
        ]
        actual = [one for one in actual if one.before != one.after or one.answers_retry]
        for start in range(0, len(actual), _TOLD_AT_ONCE):
            try:
                self._tell_some(actual[start : start + _TOLD_AT_ONCE])
            except (Retryable, Fatal) as error:
                self._carried.stopped = self._carried.stopped or error
                for place, one in enumerate(actual[start:]):
                    self._note(one, Outcome.UNKNOWN if place < _TOLD_AT_ONCE else Outcome.SKIPPED)
                return

    def _write_deals(self, actions: list[WriteDeal]) -> dict[str, str | None]:
        """Write to the CRM, on the record before and after; by Deal None, or why it was not saved."""
        world, journal = self._world, self._world.state.journal
        intents = journal.record_intents(
            [
                NewIntent(
                    kind=IntentKind.WRITE_DEAL,
                    company=one.company,
                    subject=one.deal_id,
                    deal_id=one.deal_id,
                    payload_hash=payload_hash(asdict(one.after)),
                    correlation_id=one.correlation_id,
                )
                for one in actions
            ],
            at=self._now(),
            run_id=world.run_id,
        )
        armed = journal.move_all(intents, IntentEvent.ARM, at=self._now(), run_id=world.run_id)
        results = world.crm.write_deals(
            [DealUpdate(one.deal_id, one.after, self._now(), one.answers_retry) for one in actions]
        )
        errors = {one.deal_id: one.error for one in results}
        saved = [one for one in armed if errors.get(one.deal_id) is None]
        refused = [one for one in armed if errors.get(one.deal_id) is not None]
        journal.move_all(saved, IntentEvent.CONFIRM, at=self._now(), run_id=world.run_id)
        journal.move_all(refused, IntentEvent.REFUSE, at=self._now(), run_id=world.run_id)
        return errors

    def _tell_some(self, actions: list[WriteDeal]) -> None:
        errors = self._write_deals(actions)
        for one in actions:
            error = errors.get(one.deal_id)
            self._note(one, Outcome.DONE if error is None else Outcome.FAILED, one.deal_id)
            if error is not None:
                self._carried.warnings.append(
                    Warn(
                        WarningCode.WRITE_BACK_FAILED,
                        say(
                            "Salesforce did not save the status of the deal: %(error)s. It is tried again in the next run.",
                            error=error.rstrip("."),
                        ),
                        one.deal_id,
                    )
                )


def _remembered(action: CreateDraft | UpdateDraft, customer_id: str) -> str:
    return written.remembered(written.draft_fields(action.draft, customer=customer_id), action.deal_id)
