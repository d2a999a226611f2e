"""What a company's ledger holds already, searched by marker and by print; what an earlier write left behind is judged here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from sfspiris.core.identity import markers_in
from sfspiris.core.model import Target
from sfspiris.core.money import Money

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sfspiris.core.identity import Marker
    from sfspiris.core.model import Invoice, LedgerCustomer, LedgerDraft, Totals

SETTLE: Final = timedelta(minutes=15)
"""How long after a lost reply a write may still appear, or a list not show it yet.

Longer than the longest known life of a call (10 minutes, published for Salesforce; Spiris publishes none). The only
safe direction is longer: every minute less is a chance of a second invoice.
"""
_CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Document:
    """A draft or an order, or the invoice that it became: one thing to us.

    `draft_id` is the id of what was made first; the invoice's own where no origin is told, or several are. `ids` are all by
    which it may be known. `draft` is the unbooked document: of an order, what finance made of it, else the order.
    """

    draft_id: str
    invoice: Invoice | None
    customer_id: str
    totals: Totals
    texts: tuple[str, ...]
    created_at: datetime | None
    draft: LedgerDraft | None = None
    target: Target = Target.DRAFT
    order_ids: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """What our memory may call it."""
        known = (self.draft_id, self.invoice and self.invoice.id, *self.order_ids)
        return tuple(dict.fromkeys(one for one in known if one))

    @property
    def has_moved_on(self) -> bool:
        """Whether finance has gone on with it: invoiced it, delivered the order, or made a draft of the order."""
        if self.invoice is not None or self.draft is None:
            return True
        return self.draft.has_moved_on or self.draft.target is not self.target


@dataclass(frozen=True, slots=True)
class Documents:
    """All drafts, orders and invoices of one company that were asked for, read in this run, complete."""

    all: tuple[Document, ...] = ()
    by_marker: Mapping[Marker, tuple[Document, ...]] = field(init=False, repr=False, compare=False)
    _markers: Mapping[tuple[str, str], tuple[Marker, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[Marker, list[Document]] = defaultdict(list)
        for one in self.all:
            for marker in dict.fromkeys(mark for words in one.texts for mark in markers_in(words)):
                found[marker].append(one)
        markers: dict[tuple[str, str], list[Marker]] = defaultdict(list)
        for marker in sorted(found, key=lambda one: one.revision):
            markers[marker.deal_id, marker.org_tag].append(marker)
        object.__setattr__(
            self, "by_marker", {marker: tuple(documents) for marker, documents in found.items()}
        )
        object.__setattr__(self, "_markers", {deal: tuple(known) for deal, known in markers.items()})

    @staticmethod
    def of(
        drafts: Iterable[LedgerDraft], invoices: Iterable[Invoice], orders: Iterable[LedgerDraft] = ()
    ) -> Documents:
        """The lists as one; credit notes are left out, since they undo a document and are none themselves.

        A draft that is on both lists was issued between the two readings and counts once, as the invoice. So does an order
        with the invoice that names it, or with the draft or invoice that was made after it and carries its marker.
        """
        behind = _Orders(orders)
        own = sorted((one for one in invoices if not one.is_credit_note), key=_by_age)
        issued = [behind.of_invoice(one) for one in own]
        gone = {one.draft_id for one in own}
        waiting = [behind.of_draft(draft) for draft in drafts if draft.id not in gone]
        return Documents((*behind.alone(), *waiting, *issued))

    def marked(self, marker: Marker) -> tuple[Document, ...]:
        """Those that carry exactly this marker."""
        return self.by_marker.get(marker, ())

    def markers_of(self, deal_id: str, org_tag: str) -> tuple[Marker, ...]:
        """The markers of a Deal that some document carries, by revision."""
        return self._markers.get((deal_id, org_tag), ())

    def of_deal(self, deal_id: str, org_tag: str) -> tuple[Document, ...]:
        """Those that carry a marker of the Deal, whatever its revision; by revision, each once."""
        marked = (one for marker in self.markers_of(deal_id, org_tag) for one in self.marked(marker))
        return tuple({one.draft_id: one for one in marked}.values())

    def alike(
        self, *, customer_id: str, net: Decimal, currency: str, since: datetime, known: Collection[str]
    ) -> tuple[Document, ...]:
        """Those that could be ours though no marker says so: same customer, net and currency, made since then.

        `known` are draft ids that belong to other Deals; a document that carries another Deal's marker is that one's.
        """
        return tuple(
            one
            for one in self.all
            if one.customer_id == customer_id
            and one.totals.net == net
            and one.totals.currency == currency
            and one.draft_id not in known
            and (one.created_at is None or one.created_at >= since)
            and not any(markers_in(words) for words in one.texts)
        )


def _by_age(one: Invoice) -> tuple[bool, str, str]:
    return one.created_at is None, str(one.created_at or ""), one.id


class _Orders:
    """The orders of a company, each taken by the first document that came of it."""

    def __init__(self, orders: Iterable[LedgerDraft]) -> None:
        self._left = {one.id: one for one in sorted(orders, key=lambda one: (str(one.created_at), one.id))}
        self._all = dict(self._left)
        self._given: set[str] = set()  # ids of orders by which a document is known already
        self._by_marker: dict[Marker, list[LedgerDraft]] = defaultdict(list)
        for one in self._left.values():
            for marker in _markers(one.texts):
                self._by_marker[marker].append(one)

    def of_invoice(self, invoice: Invoice) -> Document:
        named = [self._all[one] for one in invoice.order_ids if one in self._all]
        own = named or self._marked(invoice.texts, invoice.created_at)
        ids = invoice.order_ids or tuple(one.id for one in own)
        if ids:
            origin = ids[0] if len(ids) == 1 and ids[0] not in self._given else None
        else:
            origin = invoice.draft_id
        self._take(ids)
        return Document(
            origin or invoice.id,
            invoice,
            invoice.customer_id,
            invoice.totals,
            (*invoice.texts, *(words for one in own for words in one.texts)),
            invoice.created_at,
            target=Target.ORDER if ids else Target.DRAFT,
            order_ids=ids,
        )

    def of_draft(self, draft: LedgerDraft) -> Document:
        own = self._marked(draft.texts, draft.created_at)
        self._take(one.id for one in own)
        return Document(
            own[0].id if len(own) == 1 else draft.id,
            None,
            draft.customer_id,
            draft.totals,
            draft.texts,
            draft.created_at,
            draft,
            target=Target.ORDER if own else Target.DRAFT,
            order_ids=tuple(one.id for one in own),
        )

    def alone(self) -> list[Document]:
        """The orders that nothing was made of yet, as far as was read; in order."""
        return [
            Document(
                one.id,
                None,
                one.customer_id,
                one.totals,
                one.texts,
                one.created_at,
                one,
                target=Target.ORDER,
                order_ids=(one.id,),
            )
            for one in self._left.values()
        ]

    def _take(self, ids: Iterable[str]) -> None:
        for one in ids:
            self._given.add(one)
            self._left.pop(one, None)

    def _marked(self, texts: Iterable[str], made_at: datetime | None) -> list[LedgerDraft]:
        """The orders that a document with these texts was made of: for each marker the first that is older and left."""
        found: dict[str, LedgerDraft] = {}
        for marker in _markers(texts):
            for one in self._by_marker.get(marker, ()):
                is_older = made_at is None or one.created_at is None or one.created_at <= made_at
                if one.id in self._left and is_older:
                    found[one.id] = one
                    break
        return list(found.values())


def _markers(texts: Iterable[str]) -> tuple[Marker, ...]:
    return tuple(dict.fromkeys(mark for words in texts for mark in markers_in(words)))


no_documents: Final = Documents()


@dataclass(frozen=True, slots=True)
class Sent:
    """A draft that was sent and not confirmed: what we know of it. `sent_at` is UTC."""

    marker: Marker
    customer_id: str
    net: Decimal
    currency: str
    sent_at: datetime


class Verdict(Enum):
    """What to do about a write of unknown outcome."""

    ADOPT = "adopt"
    DOUBT = "doubt"
    WAIT = "wait"
    GIVE_BACK = "give back"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The verdict, the document when there is one, and the sentence for people."""

    verdict: Verdict
    reason: str
    document: Document | None = None


def resolve_customer(
    buyer_note: str,
    customers: Iterable[LedgerCustomer],
    *,
    sent_at: datetime,
    now: datetime,
    settle: timedelta = SETTLE,
) -> tuple[Verdict, LedgerCustomer | None]:
    """What became of a customer that was sent without an answer; its note carries the buyer's mark. Times are UTC."""
    noted = [one for one in customers if buyer_note in (one.note or "").split()]
    if len(noted) > 1:
        return Verdict.DOUBT, None
    if noted:
        return Verdict.ADOPT, noted[0]
    return (Verdict.WAIT if now - sent_at < settle else Verdict.GIVE_BACK), None


def resolve(
    sent: Sent, documents: Documents, *, now: datetime, known: Collection[str], settle: timedelta = SETTLE
) -> Resolution:
    """What became of a draft that was sent without an answer.

    Found once by its marker, for the same customer and equal to the öre: ours. Found twice, different, or standing for
    another Deal already: a person decides. Not found: wait until the settle window has passed, since a late request or a lagging list may still
    show it; then look for an unmarked twin, because a person may have removed the marker; only then may it be sent again.
    `now` is UTC; `known` are draft ids that belong to other Deals.
    """
    if marked := documents.marked(sent.marker):
        doubt = _doubt(sent, marked, known)
        return (
            Resolution(Verdict.DOUBT, doubt)
            if doubt
            else Resolution(Verdict.ADOPT, "found by its marker", marked[0])
        )
    if now - sent.sent_at < settle:
        return Resolution(Verdict.WAIT, "it may still appear")
    alike = documents.alike(
        customer_id=sent.customer_id,
        net=sent.net,
        currency=sent.currency,
        since=sent.sent_at - _CLOCKS_APART,
        known=known,
    )
    if alike:
        return Resolution(
            Verdict.DOUBT,
            f"a document for the same customer over the same amount ({Money(sent.net, sent.currency)} net) was made at "
            "that time, without the deal's marker.",
        )
    return Resolution(Verdict.GIVE_BACK, "it is not there")


def _doubt(sent: Sent, marked: Sequence[Document], known: Collection[str]) -> str | None:
    """Why what carries the marker is not simply the draft that was sent; None when it is."""
    document = marked[0]
    if len(marked) > 1:
        return f"{len(marked)} documents carry the marker {sent.marker}."
    if document.draft_id in known:
        return f"the document with the marker {sent.marker} stands for another deal already."
    if document.customer_id != sent.customer_id:
        return f"the document with the marker {sent.marker} is another customer's."
    if document.totals.net != sent.net or document.totals.currency != sent.currency:
        return (
            f"the document with the marker {sent.marker} comes to "
            f"{Money(document.totals.net, document.totals.currency)} net, but {Money(sent.net, sent.currency)} were sent."
        )
    return None
