"""Decides which drafts of a run are taken back: those that it made, that are drafts still, and that nobody has touched.

What finance has edited or issued is theirs, and what is gone is gone: it is left, and named with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sfspiris.core.actions import DeleteDraft, Plan, WriteDeal
from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.identity import Marker
from sfspiris.core.model import DealStatus, Target
from sfspiris.core.money import Money
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sfspiris.core.model import DealLink, Invoice, LedgerDraft, SyncState
    from sfspiris.core.policy import Policy
    from sfspiris.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in the ledger now for a draft that was made: itself, the invoice that came of it, or neither.

    `has_moved_on` says of an order that it has been delivered, or that finance has made a draft of it.
    """

    draft: LedgerDraft | None = None
    invoice: Invoice | None = None
    has_moved_on: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A Deal as people call it, its owner, and what the CRM says about it now."""

    name: str
    owner: str | None
    sync: SyncState
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class RollbackInputs:
    """Everything that the decision depends on, by Deal id.

    `made` are the links of the drafts that the run made. `found` has an entry for each Deal whose company was read.
    `taken_back` are Deals whose draft a rollback has deleted already.
    """

    made: Sequence[DealLink]
    policy: Policy
    found: Mapping[str, Found] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    taken_back: frozenset[str] = frozenset()


def taken_back(link: DealLink, spoken: Callable[[str], str]) -> DealLink:
    """The link once its draft has been deleted: the Deal gets a new one only when a person asks for it.

    `spoken` says it in the CRM's language.
    """
    message = say(
        "%(Document)s was taken back by a rollback. It is not made again without a person's word: tick Spiris_Retry__c.",
        Document=link.target.the,
    )
    return replace(link, status=DealStatus.DELETED, code=HoldCode.DRAFT_DELETED, message=spoken(message))


def decide_rollback(inputs: RollbackInputs) -> Plan:
    """The drafts to delete and what to tell the CRM; what is left, with reasons. Same inputs, same plan."""
    deletions: list[DeleteDraft] = []
    writes: list[WriteDeal] = []
    holds: list[Hold] = []
    unchanged: list[str] = []
    for link in sorted(inputs.made, key=lambda one: (one.company, one.deal_id)):
        if link.deal_id in inputs.taken_back:
            unchanged.append(link.deal_id)
            continue
        if hold := _left(link, inputs):
            holds.append(hold)
            continue
        deletions.append(_deletion(link, inputs))
        if write := _write(link, inputs):
            writes.append(write)
    return Plan((*deletions, *writes), tuple(holds), (), tuple(unchanged))


def _deletion(link: DealLink, inputs: RollbackInputs) -> DeleteDraft:
    told = inputs.told.get(link.deal_id)
    return DeleteDraft(
        company=link.company,
        deal_id=link.deal_id,
        deal_name=text.one_line(told.name) if told else "",
        revision=link.revision,
        correlation_id=link.correlation_id,
        marker=str(Marker(link.deal_id, link.revision, inputs.policy.org_tag)),
        draft_id=link.draft_id,
        customer_id=link.customer_id,
        stood=link.stood or "",
        net=link.net,
        currency=link.currency,
        owner=told.owner if told else None,
        target=link.target,
    )


def _write(link: DealLink, inputs: RollbackInputs) -> WriteDeal | None:
    told, fields = inputs.told.get(link.deal_id), inputs.policy.sync_fields
    if told is None or told.is_deleted:
        return None
    before, after = told.sync.only(fields), taken_back(link, inputs.policy.spoken).told.only(fields)
    if before == after:
        return None
    return WriteDeal(link.deal_id, link.company, link.correlation_id, before, after)


def _left(link: DealLink, inputs: RollbackInputs) -> Hold | None:
    """Why the draft is not deleted; None when it may be."""
    company = inputs.policy.companies.get(link.company)
    ledger = company.ledger if company else say("the ledger")
    over = say("%(document)s over %(net)s net", document=link.target.the, net=Money(link.net, link.currency))
    found = inputs.found.get(link.deal_id)
    if found is None:
        return _hold(
            link,
            inputs,
            HoldCode.OUTCOME_UNKNOWN,
            say(
                "%(Over)s was not looked at: company %(company)s is not part of this run.",
                Over=over,
                company=link.company,
            ),
            say("Put the company back into the configuration, then run the rollback again."),
        )
    number = found.invoice.number if found.invoice else link.invoice_number
    if found.invoice is not None or link.invoice_id:
        return _hold(
            link,
            inputs,
            HoldCode.DRAFT_ISSUED,
            say(
                "%(Over)s has been issued as invoice %(number)s, which stands.",
                Over=over,
                number=number or link.invoice_id,
            ),
            say("If the invoice should not stand, credit it in %(ledger)s.", ledger=ledger),
        )
    if found.draft is not None and found.has_moved_on and link.target is Target.ORDER:
        return _hold(
            link,
            inputs,
            HoldCode.DRAFT_ISSUED,
            say("%(Over)s has been delivered, or finance has begun to invoice it; it stands.", Over=over),
            say("If the order should not stand, take it back in %(ledger)s by hand.", ledger=ledger),
        )
    if found.draft is None:
        return _hold(
            link,
            inputs,
            HoldCode.DRAFT_DELETED,
            say(
                "%(Over)s is gone from %(ledger)s already, and no invoice came from it: somebody else deleted it.",
                Over=over,
                ledger=ledger,
            ),
            say("Nothing is left to take back."),
        )
    if link.stood is None or found.draft.print != link.stood:
        why = (
            say("is not any more as it was written: somebody has edited it")
            if link.stood is not None
            else say("may have been edited: its creation was not answered, so how it stood then is not known")
        )
        return _hold(
            link,
            inputs,
            HoldCode.DRAFT_EDITED_BY_FINANCE,
            say("%(Over)s %(why)s. It was left as it is.", Over=over, why=why),
            say("If %(it)s should go, delete it in %(ledger)s by hand.", it=link.target.the, ledger=ledger),
        )
    return None


def _hold(link: DealLink, inputs: RollbackInputs, code: HoldCode, message: Sentence, fix: Sentence) -> Hold:
    told = inputs.told.get(link.deal_id)
    return Hold(
        deal_id=link.deal_id,
        deal_name=text.one_line(told.name) if told else "",
        company=link.company,
        code=code,
        message=message,
        fix=fix,
        field=inputs.policy.crm_field("draft_id"),
        value=link.draft_id,
        owner=told.owner if told else None,
    )
