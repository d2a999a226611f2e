"""What a company's ledger holds already, searched by marker and by print; what an earlier write left behind is judged here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from sfspiris.core.identity import markers_in
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
    """A draft, or the invoice that it became: one thing to us. `draft_id` is the invoice's own id where no origin is told."""

    draft_id: str
    invoice: Invoice | None
    customer_id: str
    totals: Totals
    texts: tuple[str, ...]
    created_at: datetime | None
    draft: LedgerDraft | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """All drafts and invoices of one company that were asked for, read in this run, complete."""

    all: tuple[Document, ...] = ()
    by_marker: Mapping[Marker, tuple[Document, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[Marker, list[Document]] = defaultdict(list)
        for one in self.all:
            for marker in dict.fromkeys(mark for words in one.texts for mark in markers_in(words)):
                found[marker].append(one)
        object.__setattr__(
            self, "by_marker", {marker: tuple(documents) for marker, documents in found.items()}
        )

    @staticmethod
    def of(drafts: Iterable[LedgerDraft], invoices: Iterable[Invoice]) -> Documents:
        """Both lists as one; credit notes are left out, since they undo a document and are none themselves.

        A draft that is on both lists was issued between the two readings and counts once, as the invoice.
        """
        issued = [
            Document(one.draft_id or one.id, one, one.customer_id, one.totals, one.texts, one.created_at)
            for one in invoices
            if not one.is_credit_note
        ]
        gone = {one.draft_id for one in issued}
        waiting = [
            Document(draft.id, None, draft.customer_id, draft.totals, draft.texts, draft.created_at, draft)
            for draft in drafts
            if draft.id not in gone
        ]
        return Documents((*waiting, *issued))

    def marked(self, marker: Marker) -> tuple[Document, ...]:
        """Those that carry exactly this marker."""
        return self.by_marker.get(marker, ())

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

    Found once by its marker and equal to the öre: ours. Found twice, different, or standing for another Deal already: a
    person decides. Not found: wait until the settle window has passed, since a late request or a lagging list may still
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
    if document.totals.net != sent.net or document.totals.currency != sent.currency:
        return (
            f"the document with the marker {sent.marker} comes to "
            f"{Money(document.totals.net, document.totals.currency)} net, but {Money(sent.net, sent.currency)} were sent."
        )
    return None
