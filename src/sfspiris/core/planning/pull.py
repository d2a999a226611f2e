"""Decides what sales should see of each invoiced Deal: draft, issued, overdue, paid, credited, or deleted by a person.

A draft disappears when it is issued and nothing on it points forward, so its invoice is looked for by its origin, then
by the Deal's marker. "Deleted" is only concluded when every invoice was read, and never of a draft so young that a list
may not show it yet; and nothing is ever made again here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sfspiris.core.actions import Plan, WriteDeal
from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.identity import Marker
from sfspiris.core.lifecycle import deal_status
from sfspiris.core.model import DealStatus
from sfspiris.core.planning.documents import SETTLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sfspiris.core.model import DealLink, Invoice, LedgerDraft
    from sfspiris.core.policy import Policy

_AWAITING_MONEY = frozenset({DealStatus.ISSUED, DealStatus.PARTLY_PAID, DealStatus.PARTLY_CREDITED})


@dataclass(frozen=True, slots=True)
class LedgerNews:
    """What was read of one company: all its drafts, and its invoices, all of them when `complete`.

    `read_at` is when, in UTC.
    """

    drafts: Sequence[LedgerDraft]
    invoices: Sequence[Invoice]
    complete: bool
    read_at: datetime


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What to tell the CRM, and the links as they will be once it has been told; by Deal id."""

    plan: Plan
    links: Mapping[str, DealLink]


def vanished(links: Iterable[DealLink], news: LedgerNews, org_tag: str) -> bool:
    """Whether some Deal's draft is gone and its invoice is not among those read, so that all must be read.

    A draft that was found deleted by a full reading before does not ask for another one.
    """
    seen = _Seen(news, org_tag)
    return any(
        link.invoice_id is None
        and link.status is not DealStatus.DELETED
        and not seen.draft(link)
        and seen.invoice(link) is None
        for link in links
    )


def decide_pull(
    links: Iterable[DealLink], news: Mapping[str, LedgerNews], policy: Policy, *, today: date
) -> PullPlan:
    """What changed for these Deals. `today` is a Swedish day; links of companies that were not read stay as they are."""
    actions: list[WriteDeal] = []
    holds: list[Hold] = []
    unchanged: list[str] = []
    changed: dict[str, DealLink] = {}
    seen = {company: _Seen(one, policy.org_tag) for company, one in news.items()}
    for link in sorted(links, key=lambda one: one.deal_id):
        if link.company not in seen:
            continue
        after = _judge(link, seen[link.company], today=today)
        if after.status is DealStatus.DELETED:
            holds.append(_deleted(link, policy))
        if after == link:
            if after.status is not DealStatus.DELETED:
                unchanged.append(link.deal_id)
            continue
        changed[link.deal_id] = after
        told_before, told_after = (one.told.only(policy.sync_fields) for one in (link, after))
        if told_before != told_after:
            actions.append(
                WriteDeal(link.deal_id, link.company, link.correlation_id, told_before, told_after)
            )
    return PullPlan(Plan(tuple(actions), tuple(holds), (), tuple(unchanged)), changed)


class _Seen:
    """One company's documents by the ways in which a link may find its own."""

    def __init__(self, news: LedgerNews, org_tag: str) -> None:
        self.complete = news.complete
        self.read_at = news.read_at
        self._org_tag = org_tag
        self._drafts = {draft.id for draft in news.drafts}
        own = [one for one in news.invoices if not one.is_credit_note]
        self._invoices = own
        self._by_id = {one.id: one for one in own}
        self._by_origin = {one.draft_id: one for one in own if one.draft_id}

    def draft(self, link: DealLink) -> bool:
        return link.draft_id in self._drafts

    def invoice(self, link: DealLink) -> Invoice | None:
        if link.invoice_id:
            return self._by_id.get(link.invoice_id)
        if origin := self._by_origin.get(link.draft_id):
            return origin
        marker = Marker(link.deal_id, link.revision, self._org_tag)
        marked = [one for one in self._invoices if marker.stands_in(one.texts)]
        return marked[0] if len(marked) == 1 else None


def _judge(link: DealLink, seen: _Seen, *, today: date) -> DealLink:
    invoice = seen.invoice(link)
    if invoice is not None:
        return replace(
            link,
            invoice_id=invoice.id,
            invoice_number=invoice.number,
            status=deal_status(invoice, today=today),
            due_on=invoice.due_on,
            remaining=abs(invoice.remaining),
            code=None,
            message=None,
        )
    if link.invoice_id:
        # Not among the invoices read, so nothing moved in the ledger; but the calendar moves without a time stamp.
        due = (
            link.status in _AWAITING_MONEY
            and link.due_on is not None
            and link.due_on < today
            and link.remaining
        )
        return replace(link, status=DealStatus.OVERDUE) if due else link
    if seen.draft(link):
        if link.status is not DealStatus.DELETED:
            return replace(link, status=DealStatus.DRAFT)
        return replace(link, status=DealStatus.DRAFT, code=None, message=None)
    if not seen.complete or seen.read_at - link.created_at < SETTLE:  # a list may not show it yet
        return link
    return replace(
        link,
        status=DealStatus.DELETED,
        code=HoldCode.DRAFT_DELETED,
        message="The draft was deleted in the ledger and is not made again without a person's word.",
    )


def _deleted(link: DealLink, policy: Policy) -> Hold:
    company = policy.companies.get(link.company)
    ledger = company.ledger if company else "the ledger"
    return Hold(
        deal_id=link.deal_id,
        deal_name="",
        company=link.company,
        code=HoldCode.DRAFT_DELETED,
        message=f"The draft of the deal is gone from {ledger} and no invoice came from it: somebody deleted it.",
        fix="If the deal is not to be invoiced, take it back in Salesforce. If it is, tick Spiris_Retry__c on the opportunity: "
        "then a new draft is made.",
        field=policy.crm_field("draft_id"),
        value=link.draft_id,
    )
