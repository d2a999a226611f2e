"""The other way round: documents of the ledger behind which no Deal stands, made there by hand.

One for a customer that the CRM knows is told, for a sale may have been invoiced past its Deal, or twice. The others are none of
the comparison's business and are only counted, so that the ledger's own sum of the period can be compared with ours. A person
may accept a document, with a reason; the word holds for as long as the document says the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.drift import Apart, ApartReason, Drift, DriftClass, Figures, Symbol
from sfspiris.core.identity import markers_in, print_of
from sfspiris.core.money import ZERO, Money
from sfspiris.core.planning.differences import day_of, document_figures, is_taken_back, named
from sfspiris.core.planning.documents import Document
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from sfspiris.core.model import Invoice
    from sfspiris.core.planning.documents import Documents
    from sfspiris.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Accepted:
    """A person's word that a document needs no Deal: the print of what it said then, who said so, and why."""

    content: str
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """What tells a document that was made by hand from ours.

    `claimed` are the ids of documents that some Deal's link names, with their company. `accounts` are the CRM's ids of those who
    are a customer, by company and customer id: empty where only Deals say so. `accepted` is by document key. `first` is the first
    day that counts (a Swedish day); None for all.
    """

    claimed: frozenset[tuple[str, str]] = frozenset()
    accounts: Mapping[tuple[str, str], Sequence[str]] | None = None
    accepted: Mapping[str, Accepted] | None = None
    first: date | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A Deal without a document, which may be the one behind a document made by hand: who bought, and what it comes to, net."""

    deal_name: str
    buyer_id: str
    net: Money


@dataclass(frozen=True, slots=True)
class _Unclaimed:
    company: str
    document: Document
    notes: tuple[Invoice, ...]
    day: date | None

    @property
    def figures(self) -> Figures:
        invoice = self.document.invoice
        if invoice is not None and invoice.is_credit_note:
            totals = self.document.totals
            return Figures(currency=totals.currency, credited=abs(totals.net))
        return document_figures(self.document, self.notes)


def document_key(company: str, document: Document) -> str:
    """What a person calls a document by: the company and the invoice's number, or the id of what has none."""
    return f"{company}:{document.invoice.number if document.invoice else document.draft_id}"


def content_of(document: Document) -> str:
    """A print of what a document is about: who pays, and how much. It stays when a draft is issued as it was."""
    totals = document.totals
    return print_of(document.customer_id, totals.net, totals.vat, totals.currency)


def by_hand(
    documents: Mapping[str, Documents],
    notes: Mapping[str, Sequence[Invoice]],
    known: ByHand,
    *,
    org_tag: str,
    start: date | None,
    end: date | None,
    customers: Mapping[tuple[str, str], str],
    waiting: Sequence[Waiting],
) -> tuple[list[Drift], tuple[Apart, ...]]:
    """The lines of documents of the period without a Deal, by company, day and id, and what else is there.

    `start` and `end` are Swedish days, both included. `customers` are names by company and id.
    """
    accounts = known.accounts or {}
    lines: list[Drift] = []
    apart: dict[tuple[str, ApartReason, str], list[Figures]] = defaultdict(list)
    for one in _unclaimed(documents, notes, known, org_tag):
        if not _is_within(one.day, start or known.first, end):
            continue
        reason = _apart(one, known)
        if reason is not None:
            apart[one.company, reason, one.document.totals.currency].append(one.figures)
            continue
        ids = accounts[one.company, one.document.customer_id]
        alike = [two.deal_name for two in waiting if two.buyer_id in ids and two.net == _net(one.document)]
        lines.append(_line(one, ids, alike, customers, known.accepted or {}))
    return lines, tuple(
        Apart(company, reason, currency, len(parts), sum((part.in_ledger for part in parts), ZERO))
        for (company, reason, currency), parts in sorted(apart.items())
    )


def _is_within(day: date | None, start: date | None, end: date | None) -> bool:
    """Whether a day belongs to the period; one that is not known does."""
    return day is None or ((start is None or day >= start) and (end is None or day <= end))


def _apart(one: _Unclaimed, known: ByHand) -> ApartReason | None:
    """Why the document is no part of the comparison; None when it is."""
    if any(True for words in one.document.texts for _ in markers_in(words)):
        return ApartReason.OTHER_ORG
    if (one.company, one.document.customer_id) not in (known.accounts or {}):
        return ApartReason.NO_ACCOUNT
    return None if _is_within(one.day, known.first, None) else ApartReason.BEFORE_START


def _unclaimed(
    documents: Mapping[str, Documents],
    notes: Mapping[str, Sequence[Invoice]],
    known: ByHand,
    org_tag: str,
) -> Iterator[_Unclaimed]:
    for company, own in sorted(documents.items()):
        of_invoice: dict[str, list[Invoice]] = defaultdict(list)
        issued = {one.invoice.id for one in own.all if one.invoice is not None}
        alone = []
        for note in notes.get(company, ()):
            if note.credits_id in issued:
                of_invoice[note.credits_id or ""].append(note)
            else:
                alone.append(as_document(note))
        found = [
            _Unclaimed(
                company,
                one,
                tuple(of_invoice.get(one.invoice.id, ())) if one.invoice is not None else (),
                day_of(one),
            )
            for one in (*own.all, *alone)
            if not any((company, place) in known.claimed for place in one.ids)
            and not any(mark.org_tag == org_tag for words in one.texts for mark in markers_in(words))
        ]
        yield from sorted(found, key=lambda one: (one.day is None, str(one.day), one.document.draft_id))


def as_document(note: Invoice) -> Document:
    """A credit note that stands alone: its invoice is not in the books, or it names none."""
    return Document(note.id, note, note.customer_id, note.totals, note.texts, note.created_at)


def _line(
    one: _Unclaimed,
    ids: Sequence[str],
    alike: Sequence[str],
    customers: Mapping[tuple[str, str], str],
    accepted: Mapping[str, Accepted],
) -> Drift:
    document = one.document
    key = document_key(one.company, document)
    is_note = document.invoice is not None and document.invoice.is_credit_note
    is_gone = is_taken_back(document) and not is_note
    words = [
        say(
            "%(Document)s of %(day)s is made out to customer %(customer)s, %(known)s, and no deal stands behind it: it carries "
            "no deal's marker, and the state file links it to none.",
            Document=_named(document),
            day=one.day or say("an unknown day"),
            customer=customers.get((one.company, document.customer_id), document.customer_id),
            known=_known(ids),
        )
    ]
    fix = say(
        "If it belongs to a deal, or was sold without one on purpose, record why: `sfspiris review accept %(key)s --note WHY`. "
        "If not, delete the draft, or credit the invoice, in Spiris.",
        key=key,
    )
    if alike:
        words.append(
            say(
                "It may be the invoice of deal %(deals)s, of the same customer over the same amount and without a document.",
                deals=", ".join(alike),
            )
        )
    word = next((accepted[one_key] for one_key in _keys(one) if one_key in accepted), None)
    is_accepted = word is not None and word.content == content_of(document)
    if word is not None and is_accepted:
        words.append(say("%(who)s accepted it: %(note)s", who=word.who, note=word.note))
        fix = say("Nothing, unless what it says has changed.")
    elif is_gone:
        words.append(say("It has been credited in full, so nothing is left of it."))
        fix = say("Nothing.")
    return Drift(
        symbol=Symbol.ONLY_IN_LEDGER,
        code=DriftClass.WITHOUT_DEAL,
        company=one.company,
        document_id=document.draft_id,
        document_number=document.invoice.number if document.invoice else None,
        ledger_value=str(_net(document)),
        message=joined(words),
        fix=fix,
        figures=(one.figures,),
        is_settled=is_accepted or is_gone,
    )


def _keys(one: _Unclaimed) -> Iterator[str]:
    """Every key by which the document may have been accepted, also while it was a draft."""
    yield from (f"{one.company}:{place}" for place in one.document.ids)


def _net(document: Document) -> Money:
    return Money(document.totals.net, document.totals.currency)


def _named(document: Document) -> Sentence:
    if document.invoice is not None and document.invoice.is_credit_note:
        return say(
            "credit note %(number)s over %(net)s net", number=document.invoice.number, net=_net(document)
        )
    return named(document)


def _known(ids: Sequence[str]) -> Sentence:
    if not ids:
        return say("to whom deals in Salesforce are invoiced")
    return say("for whom %(ids)s stands in Salesforce", ids=", ".join(ids))
