"""Decides what `reconcile --fix` puts right: links that our memory lost, and what the CRM tells about documents.

The ledger is right and nothing in it is touched. A Deal whose document differs in anything that stands on it keeps that
difference: a person decides about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.actions import Adopt, Plan, WriteDeal
from sfspiris.core.drift import REPAIRABLE, DriftClass
from sfspiris.core.identity import Marker, content_hash, correlation_id, markers_in
from sfspiris.core.lifecycle import deal_status
from sfspiris.core.model import DealStatus, SyncState
from sfspiris.core.planning.differences import is_linked, link_as_it_is
from sfspiris.core.planning.mirroring import STATUS_PARTS, key_of
from sfspiris.core.planning.reconcile import net_of
from sfspiris.core.yesno import prices_include_vat
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sfspiris.core.actions import Action, WriteAccount, WriteInvoice
    from sfspiris.core.drift import Drift, Reconciliation
    from sfspiris.core.model import Deal, DealLink
    from sfspiris.core.planning.documents import Document
    from sfspiris.core.planning.reconcile import ReconcileInputs
    from sfspiris.core.policy import Policy


@dataclass(frozen=True, slots=True)
class Repairs:
    """What to write and to remember, and the links as they are once the CRM has been told; by Deal id."""

    plan: Plan
    links: Mapping[str, DealLink]


def repairs(found: Reconciliation, inputs: ReconcileInputs) -> Repairs:
    """Everything in the comparison that can be put right without a person."""
    deals = {one.id: one for one in inputs.deals}
    actions: list[Action] = []
    links: dict[str, DealLink] = {}
    for line in found.lines:
        if line.deal_id not in deals or line.company is None or not REPAIRABLE & set(line.codes):
            continue
        deal = deals[line.deal_id]
        document = next(one for one in inputs.documents[line.company].all if one.draft_id == line.document_id)
        link = inputs.links.get(deal.id)
        if link is None:
            actions += _adoption(deal, line, document, inputs.policy, inputs.today)
        elif is_linked(document, link):
            after = link_as_it_is(link, document, inputs.today)
            known = [name for name in STATUS_PARTS if name in inputs.policy.sync_fields]
            if any(getattr(deal.sync, name) != getattr(after.told, name) for name in known):
                links[deal.id] = after
                actions.append(_told(deal, link.company, link.correlation_id, after.told, inputs.policy))
    return Repairs(Plan(tuple(actions), (), (), ()), links)


def mirror_repairs(
    found: Reconciliation, inputs: ReconcileInputs, written: Iterable[WriteInvoice | WriteAccount]
) -> tuple[WriteInvoice | WriteAccount, ...]:
    """Of what would make the CRM show the books, that which the comparison tells of: payments, and what others have changed."""
    deals = {one.deal_id for one in found.lines if one.deal_id}
    paid = {one.deal_id for one in found.lines if one.deal_id and DriftClass.PAYMENT in one.codes}
    told = {one.record for one in found.lines if one.record}
    told |= {one.key for one in inputs.overwritten if one.deal_id in deals}
    return tuple(
        one for one in written if key_of(one) in told or (one.deal_id in paid and one.before is not None)
    )


def _adoption(deal: Deal, line: Drift, document: Document, policy: Policy, today: date) -> tuple[Action, ...]:
    """The document remembered as the Deal's, and told on it; nothing when it is not clearly the Deal's."""
    marker = _marker(deal, document, policy.org_tag)
    if marker is None or line.company is None or not set(line.codes) <= REPAIRABLE | {DriftClass.CREDITED}:
        return ()
    invoice = document.invoice
    word = correlation_id(policy.org_tag, line.company, deal.id, marker.revision)
    return (
        Adopt(
            company=line.company,
            deal_id=deal.id,
            deal_name=text.one_line(deal.name),
            revision=marker.revision,
            correlation_id=word,
            marker=str(marker),
            draft_id=document.draft_id,
            invoice=invoice,
            customer_id=document.customer_id,
            net=document.totals.net if prices_include_vat(deal) else net_of(deal),
            currency=document.totals.currency,
            content=content_hash(deal),
            target=document.target,
        ),
        _told(
            deal,
            line.company,
            word,
            SyncState(
                status=deal_status(invoice, today=today) if invoice else DealStatus.DRAFT,
                correlation_id=word,
                company=line.company,
                draft_id=document.draft_id,
                invoice_number=invoice.number if invoice else None,
            ),
            policy,
        ),
    )


def _told(deal: Deal, company: str, word: str, after: SyncState, policy: Policy) -> WriteDeal:
    return WriteDeal(
        deal.id, company, word, deal.sync.only(policy.sync_fields), after.only(policy.sync_fields)
    )


def _marker(deal: Deal, document: Document, org_tag: str) -> Marker | None:
    marks = (mark for words in document.texts for mark in markers_in(words))
    return next((mark for mark in marks if mark.deal_id == deal.id and mark.org_tag == org_tag), None)
