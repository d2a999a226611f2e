"""Decides what sales should see of each invoiced Deal: draft, issued, overdue, paid, credited, or deleted by a person.

A draft disappears when it is issued and nothing on it points forward, so its invoice is looked for by its origin, then
by the Deal's marker. An order stays, and its invoice names it; a draft that finance makes of it carries its marker. Where neither says anything, an invoice of the same customer or over the same amount that no Deal
claims may be it: that is for a person to say. "Deleted" is only concluded when there is none of those either, every invoice
was read, and the draft is not so young that a list may not show it yet; and nothing is ever made again here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from sfspiris.core.actions import Plan, WriteDeal
from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode, for_sales
from sfspiris.core.identity import Marker, markers_in
from sfspiris.core.lifecycle import deal_status
from sfspiris.core.model import DealStatus
from sfspiris.core.money import Money
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.twins import TWINS, beside, hold_of, marked_for
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sfspiris.core.model import DealLink, Invoice, LedgerDraft
    from sfspiris.core.planning.documents import Document
    from sfspiris.core.policy import Policy

_CLOCKS_APART = timedelta(minutes=5)
_HELD_BY_A_PULL = frozenset({HoldCode.INVOICE_UNCERTAIN, TWINS})
_AWAITING_MONEY = frozenset({DealStatus.ISSUED, DealStatus.PARTLY_PAID, DealStatus.PARTLY_CREDITED})


@dataclass(frozen=True, slots=True)
class LedgerNews:
    """What was read of one company: all its drafts, and its invoices, all of them when `complete`.

    `read_at` is when, in UTC. `orders` are all its orders, where some may be ours. `absent` are ids of drafts that were asked for
    and are certainly not there any more; invoices were read after that.
    """

    drafts: Sequence[LedgerDraft]
    invoices: Sequence[Invoice]
    complete: bool
    read_at: datetime
    orders: Sequence[LedgerDraft] = ()
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What to tell the CRM, and the links as they will be once it has been told; by Deal id."""

    plan: Plan
    links: Mapping[str, DealLink]


def vanished(links: Iterable[DealLink], news: LedgerNews, org_tag: str) -> bool:
    """Whether some Deal's draft is gone and its invoice is not among those read, so that all must be read.

    A draft that was found deleted by a full reading before does not ask for another one.
    """
    known = list(links)
    seen = _Seen(news, org_tag, known)
    return any(
        link.invoice_id is None
        and link.status is not DealStatus.DELETED
        and not seen.draft(link)
        and seen.invoice(link) is None
        for link in known
    )


def unseen(links: Iterable[DealLink], news: LedgerNews, org_tag: str, *, settle: timedelta) -> list[DealLink]:
    """Deals whose document is on no list, so that it must be asked for by itself; the youngest first.

    A list alone never tells that a document is gone: it may lag behind one that was made just now, and lack any other. Those
    of which it has been told already that they were deleted, or of which a person must say what became, are not asked for.
    """
    known = sorted(links, key=lambda one: one.deal_id)
    seen = _Seen(news, org_tag, known)
    missing = [
        link
        for link in known
        if link.invoice_id is None
        and link.status is not DealStatus.DELETED
        and not seen.draft(link)
        and seen.invoice(link) is None
        and (is_young(link, news, settle) or (news.complete and not seen.may_be_invoiced(link)))
    ]
    return sorted(missing, key=lambda one: one.created_at, reverse=True)


def is_young(link: DealLink, news: LedgerNews, settle: timedelta) -> bool:
    """Whether a list may not show yet what became of the Deal's document, or that is being waited for."""
    return link.code == TWINS or news.read_at - link.created_at < settle


def decide_pull(
    links: Iterable[DealLink],
    news: Mapping[str, LedgerNews],
    policy: Policy,
    *,
    today: date,
    doubted: Mapping[str, datetime] = MappingProxyType({}),
) -> PullPlan:
    """What changed for these Deals. `today` is a Swedish day; links of companies that were not read stay as they are.

    `doubted` tells, by Deal id, since when (UTC) it has been waited for what became of a draft that is gone.
    """
    actions: list[WriteDeal] = []
    holds: list[Hold] = []
    unchanged: list[str] = []
    changed: dict[str, DealLink] = {}
    warnings: list[Warn] = []
    known = sorted(links, key=lambda one: one.deal_id)
    seen = {company: _Seen(one, policy.org_tag, known) for company, one in news.items()}
    for link in known:
        if link.company not in seen:
            continue
        own = seen[link.company]
        since = doubted.get(link.deal_id)
        judged = _judge(link, own, today=today, settle=policy.settle, since=since)
        after = replace(judged, message=judged.message and policy.spoken(judged.message))
        if hold := _hold(link, after, own, policy):
            holds.append(hold)
            if hold.code == TWINS:
                after = replace(after, code=TWINS, message=for_sales([hold], policy.spoken))
        if after.invoice_id != link.invoice_id and (invoice := own.invoice(link)):
            warnings += _differences(link, invoice)
        if after == link:
            if after.status is not DealStatus.DELETED and after.code not in _HELD_BY_A_PULL:
                unchanged.append(link.deal_id)
            continue
        changed[link.deal_id] = after
        told_before, told_after = (one.told.only(policy.sync_fields) for one in (link, after))
        if told_before != told_after:
            actions.append(
                WriteDeal(link.deal_id, link.company, link.correlation_id, told_before, told_after)
            )
    return PullPlan(Plan(tuple(actions), tuple(holds), tuple(warnings), tuple(unchanged)), changed)


def _hold(link: DealLink, after: DealLink, seen: _Seen, policy: Policy) -> Hold | None:
    """Why a person must look at what became of the Deal's document, if anything."""
    if others := seen.beside(after):
        return hold_of(after, others, policy)
    if after.code == TWINS:
        return _gone(link, policy)
    if after.status is DealStatus.DELETED:
        return _deleted(link, policy)
    if after.code == HoldCode.INVOICE_UNCERTAIN:
        return _uncertain(link, seen.candidates(link), policy, is_there=seen.order(link))
    return None


def as_invoiced(link: DealLink, invoice: Invoice, *, today: date) -> DealLink:
    """The link as it is when this invoice stands for its Deal; `today` is a Swedish day."""
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


class _Seen:
    """One company's documents by the ways in which a link may find its own."""

    def __init__(self, news: LedgerNews, org_tag: str, links: Iterable[DealLink]) -> None:
        self.complete = news.complete
        self.read_at = news.read_at
        self._absent = news.absent
        self._org_tag = org_tag
        self._drafts = {draft.id for draft in news.drafts}
        documents = self._documents = Documents.of(news.drafts, news.invoices, news.orders)
        for (
            one
        ) in documents.all:  # an order, and a draft that was made of one, both stand for the order's Deal
            if one.invoice is None and one.draft is not None and not one.draft.is_invoiced:
                self._drafts |= {one.draft_id, *one.order_ids}
        self._orders = {one.id for one in news.orders}
        own = [one for one in news.invoices if not one.is_credit_note]
        self._invoices = own
        self._by_id = {one.id: one for one in own}
        self._by_marker: dict[Marker, list[Invoice]] = {}
        for invoice in own:
            for marker in {found for words in invoice.texts for found in markers_in(words)}:
                self._by_marker.setdefault(marker, []).append(invoice)
        self._by_origin = {one.draft_id: one for one in own if one.draft_id}
        self._by_origin |= {order: one for one in reversed(own) for order in one.order_ids}
        self._linked = {one.invoice_id for one in links if one.invoice_id}

    def draft(self, link: DealLink) -> bool:
        return link.draft_id in self._drafts

    def is_certainly_gone(self, link: DealLink) -> bool:
        """Whether the Deal's draft was asked for itself, and is not there."""
        return link.draft_id in self._absent

    def order(self, link: DealLink) -> bool:
        """Whether the Deal's order is there; when it is no draft any more, finance has invoiced it."""
        return link.draft_id in self._orders

    def invoice(self, link: DealLink) -> Invoice | None:
        if link.invoice_id:
            known = self._by_id.get(link.invoice_id)
            was_credited = link.status is DealStatus.CREDITED
        else:
            known = self._by_origin.get(link.draft_id)
            was_credited = False
        if known is not None or link.invoice_id:
            is_taken_back = was_credited if known is None else _is_taken_back(known)
            return (self._in_place_of(link, known) if is_taken_back else None) or known
        marked = self._marked(link)
        live = [one for one in marked if not _is_taken_back(one)]
        return next((one[0] for one in (marked, live) if len(one) == 1), None)

    def beside(self, link: DealLink) -> tuple[Document, ...]:
        """The documents that stand for the Deal besides its own."""
        return beside(link, self._documents, self._org_tag)

    def left_of_two(self, link: DealLink) -> Document | None:
        """The one document that finance has left of a Deal that had two, when it is the other one."""
        marked = marked_for(link, self._documents, self._org_tag) if link.code == TWINS else ()
        return marked[0] if len(marked) == 1 else None

    def candidates(self, link: DealLink) -> list[Invoice]:
        """Invoices that may have come from the Deal's draft although nothing proves it, by number.

        Those that carry its marker, when there are several; else those booked since the draft was made, for the same
        customer or over the same net amount, that nothing ties to another Deal or draft.
        """
        if marked := self._marked(link):
            return sorted(marked, key=lambda one: one.number)
        return sorted(
            (
                one
                for one in self._invoices
                if (one.customer_id == link.customer_id or one.totals.net == link.net)
                and (one.created_at is None or one.created_at >= link.created_at - _CLOCKS_APART)
                and one.id not in self._linked
                and one.draft_id is None
                and not one.order_ids
                and not any(markers_in(words) for words in one.texts)
            ),
            key=lambda one: one.number,
        )

    def may_be_invoiced(self, link: DealLink) -> bool:
        """Whether some invoice may have come from the Deal's document, so that a person must say which, or none."""
        return self.order(link) or bool(self.candidates(link))

    def _marked(self, link: DealLink) -> list[Invoice]:
        return self._by_marker.get(Marker(link.deal_id, link.revision, self._org_tag), [])

    def _in_place_of(self, link: DealLink, credited: Invoice | None) -> Invoice | None:
        """The one invoice that finance made in place of the Deal's credited one, with its reference copied."""
        known = {link.invoice_id, credited.id if credited else None}
        later = [
            one
            for one in self._marked(link)
            if one.id not in known and one.id not in self._linked and not _is_taken_back(one)
        ]
        return later[0] if len(later) == 1 else None


def _is_taken_back(invoice: Invoice) -> bool:
    """Whether nothing of the invoice stands any more: credited in full, or voided."""
    return 0 < abs(invoice.totals.gross) <= invoice.taken_back


def _judge(
    link: DealLink, seen: _Seen, *, today: date, settle: timedelta, since: datetime | None
) -> DealLink:
    invoice = seen.invoice(link)
    if invoice is not None:
        return as_invoiced(link, invoice, today=today)
    if link.invoice_id:
        # Not among the invoices read, so nothing moved in the ledger; but the calendar moves without a time stamp.
        is_late = link.due_on is not None and link.due_on < today
        due = link.status in _AWAITING_MONEY and is_late and link.remaining
        return replace(link, status=DealStatus.OVERDUE) if due else link
    if seen.draft(link):
        is_back = link.status is DealStatus.DELETED or link.code in _HELD_BY_A_PULL
        stands = replace(link, status=DealStatus.DRAFT)
        return replace(stands, code=None, message=None) if is_back else stands
    return _judge_gone(link, seen, settle, since)


def _judge_gone(link: DealLink, seen: _Seen, settle: timedelta, since: datetime | None) -> DealLink:
    """What to say of a Deal whose draft is not there and whose invoice is not known.

    One that was made just now may have been issued just now, and then no list need show its invoice yet: that is waited for,
    since it was first seen to be gone.
    """
    is_told = link.status is DealStatus.DELETED  # in the words of whoever noticed it, or took it back
    is_young = seen.read_at - link.created_at < settle
    is_gone = seen.is_certainly_gone(link)
    if (left := seen.left_of_two(link)) is not None:  # of which nobody has said what we wrote on it
        return replace(
            link, draft_id=left.draft_id, code=None, message=None, source=None, wrote=None, stood=None
        )
    is_awaited = is_young or link.code == TWINS
    if not is_told and is_gone and is_awaited and seen.read_at - (since or seen.read_at) < settle:
        return replace(link, code=TWINS)
    if is_told or not seen.complete or is_young:  # a list may not show it yet
        return link
    if seen.may_be_invoiced(link):
        is_there = seen.order(link)
        went = say(
            "the order has been invoiced" if is_there else "%(document)s is gone", document=link.target.the
        )
        which = say("which invoice it is" if is_there else "whether an invoice came from it")
        return replace(
            link,
            code=HoldCode.INVOICE_UNCERTAIN,
            message=say("%(Went)s, and %(which)s is for a person in finance to say.", Went=went, which=which),
        )
    if not is_gone:  # a list may lack it, and it has not been asked for by itself
        return link
    return replace(
        link,
        status=DealStatus.DELETED,
        code=HoldCode.DRAFT_DELETED,
        message=say(
            "%(Document)s was deleted in the ledger and is not made again without a person's word.",
            Document=link.target.the,
        ),
    )


def _uncertain(link: DealLink, candidates: Sequence[Invoice], policy: Policy, *, is_there: bool) -> Hold:
    """`is_there` says of an order that the ledger still has it, as invoiced."""
    company = policy.companies.get(link.company)
    ledger = company.ledger if company else say("the ledger")
    named = joined(
        (
            say(
                "%(number)s over %(net)s net of %(day)s",
                number=one.number,
                net=Money(one.totals.net, one.totals.currency),
                day=one.issued_on,
            )
            for one in candidates
        ),
        ", ",
    )
    return Hold(
        deal_id=link.deal_id,
        deal_name="",
        company=link.company,
        code=HoldCode.INVOICE_UNCERTAIN,
        message=say(
            "%(Document)s of the deal, over %(net)s net, %(went)s %(ledger)s, and nothing proves what became of it.%(maybe)s",
            Document=link.target.the,
            net=Money(link.net, link.currency),
            went=say("has been invoiced in") if is_there else say("is gone from"),
            ledger=ledger,
            maybe=say(" It may have become invoice %(named)s.", named=named) if named else "",
        ),
        fix=say(
            "If it did, run `sfspiris review link %(deal_id)s --invoice NUMBER`. If %(document)s was deleted, run "
            "`sfspiris review link %(deal_id)s --deleted`.",
            document=link.target.the,
            deal_id=link.deal_id,
        ),
        field=policy.crm_field("draft_id"),
        value=link.draft_id,
    )


def _differences(link: DealLink, invoice: Invoice) -> Iterable[Warn]:
    """What finance changed between the draft and its invoice, told once: when the invoice is first seen."""
    if link.invoice_id is not None:
        yield Warn(
            WarningCode.INVOICE_DIFFERS,
            say(
                "Invoice %(number)s of the deal was credited, and invoice %(later)s stands in its place.",
                number=link.invoice_number,
                later=invoice.number,
            ),
            link.deal_id,
        )
        return
    if invoice.customer_id != link.customer_id:
        yield Warn(
            WarningCode.INVOICE_DIFFERS,
            say(
                "Invoice %(number)s was issued to another customer than %(document)s that it came from.",
                number=invoice.number,
                document=link.target.the,
            ),
            link.deal_id,
        )
    if len(invoice.order_ids) > 1:  # it comes to what all its orders do, which reconciling adds up
        return
    if (invoice.totals.net, invoice.totals.currency) != (link.net, link.currency):
        yield Warn(
            WarningCode.INVOICE_DIFFERS,
            say(
                "Invoice %(number)s is over %(net)s net; %(document)s that it came from was over %(before)s.",
                number=invoice.number,
                net=Money(invoice.totals.net, invoice.totals.currency),
                document=link.target.the,
                before=Money(link.net, link.currency),
            ),
            link.deal_id,
        )


def _gone(link: DealLink, policy: Policy) -> Hold:
    company = policy.companies.get(link.company)
    return Hold(
        deal_id=link.deal_id,
        deal_name="",
        company=link.company,
        code=TWINS,
        message=say(
            "%(Document)s of the deal, over %(net)s net, is gone from %(ledger)s: somebody has deleted it, or issued it so "
            "lately that no list shows the invoice yet.",
            Document=link.target.the,
            net=Money(link.net, link.currency),
            ledger=company.ledger if company else say("the ledger"),
        ),
        fix=say(
            "Run `sfspiris sync` again in %(minutes)s minutes, which tells what became of it; until then nothing is made.",
            minutes=round(policy.settle.total_seconds() / 60),
        ),
        field=policy.crm_field("draft_id"),
        value=link.draft_id,
    )


def _deleted(link: DealLink, policy: Policy) -> Hold:
    company = policy.companies.get(link.company)
    ledger = company.ledger if company else say("the ledger")
    return Hold(
        deal_id=link.deal_id,
        deal_name="",
        company=link.company,
        code=HoldCode.DRAFT_DELETED,
        message=say(
            "%(Document)s of the deal is gone from %(ledger)s and no invoice came from it: somebody deleted it, there or by a "
            "rollback.",
            Document=link.target.the,
            ledger=ledger,
        ),
        fix=say(
            "If the deal is not to be invoiced, take it back in Salesforce. If it is, tick Spiris_Retry__c on the opportunity: "
            "then a new one is made."
        ),
        field=policy.crm_field("draft_id"),
        value=link.draft_id,
    )
