"""Documents that were made by hand in the ledger: which are not ours, and a person's word that one needs no Deal."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.identity import content_hash, markers_in
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.unclaimed import Accepted, ByHand, as_document, content_of
from sfspiris.core.review import reason_print
from sfspiris.engine import orders
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sfspiris.core.holds import Hold
    from sfspiris.core.model import Deal
    from sfspiris.core.planning.differences import Expected
    from sfspiris.core.planning.documents import Document
    from sfspiris.engine.world import World
    from sfspiris.state.reviews import Review


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said about a document: its key as it was given, and the decision as it is kept."""

    key: str
    review: Review


def known_by_hand(
    world: World,
    documents: Mapping[str, Documents],
    deals: Mapping[str, Deal],
    expected: Mapping[str, Expected],
    homes: Mapping[str, str],
) -> ByHand:
    """What tells documents made by hand from ours. `expected` is what Deals would become, `homes` the company of each.

    A customer is the CRM's when an account was linked to it, when a Deal was invoiced to it, or when one would be today.
    Without a start_date, the first day that counts is that of the first Deal.
    """
    links = world.state.links
    accounts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for company, own in documents.items():
        for customer in links.all_customers(company):
            accounts[company, customer.customer_id].append(customer.buyer_id)
        for document in own.all:
            if _is_ours(document, world.policy.org_tag):
                accounts[company, document.customer_id] += ()
    for deal_id, one in expected.items():
        buyer = deals[deal_id].buyer
        if one.customer_id is not None and buyer is not None:
            accounts[homes[deal_id], one.customer_id].append(buyer.id)
    every = links.all()
    for link in every:
        accounts[link.company, link.customer_id] += ()
    return ByHand(
        claimed=frozenset(
            (link.company, one) for link in every for one in (link.draft_id, link.invoice_id) if one
        ),
        accounts={key: tuple(dict.fromkeys(ids)) for key, ids in accounts.items()},
        accepted={
            key: Accepted(one.reason or "", one.who, one.words or "")
            for key, one in world.state.reviews.accepted().items()
        },
        first=world.policy.start_date or min((one.closed_on for one in deals.values()), default=None),
    )


def _is_ours(document: Document, org_tag: str) -> bool:
    return any(mark.org_tag == org_tag for words in document.texts for mark in markers_in(words))


def settled(
    world: World, deals: Mapping[str, Deal], holds: Iterable[Hold], ready: Collection[str]
) -> frozenset[str]:
    """The Deals that a person has settled without a document, and whose reason has not changed since.

    `holds` are those of today, `ready` the Deals that would be pushed: their reason is gone, unless the ledger's refusal was it.
    """
    today: dict[str, list[Hold]] = defaultdict(list)
    for one in holds:
        today[one.deal_id].append(one)
    refused = {subject for _, subject in world.state.journal.refused()}
    links = world.state.links.latest()

    def stands(deal: Deal, reason: str) -> bool:
        if deal.id in links or deal.id in refused or (deal.buyer is not None and deal.buyer.id in refused):
            return True
        return deal.id not in ready and reason_print(today[deal.id], content_hash(deal)) == reason

    return frozenset(
        deal_id
        for deal_id, reason in world.state.reviews.resolved().items()
        if deal_id in deals and stands(deals[deal_id], reason)
    )


def accept(world: World, asked: str, *, who: str, note: str, undo: bool = False) -> Word:
    """Keep a person's word that a document needs no Deal, or, to `undo`, that it needs one after all.

    `asked` is `company:number` of an invoice or credit note, or `company:id` of any document. Raises UsageError for one that is not
    there, or that stands for a Deal.
    """
    company, _, name = asked.strip().partition(":")
    if company not in world.ledgers or not name:
        raise UsageError(
            f"“{asked}” does not name a document.",
            remedy=f"Name the company and the invoice's number, such as {min(world.ledgers)}:1042, as `sfspiris reconcile` does.",
        )
    document = _document(world, company, name)
    reviews, now = world.state.reviews, world.clock.now()
    if undo:
        kept = [one for one in _keys(company, document) if one in reviews.accepted()]
        if not kept:
            raise UsageError(
                f"Document {asked} was not accepted.", remedy="Without --undo it is.", record=asked
            )
        said = [reviews.unaccept(one, at=now, who=who, note=note) for one in kept]
        return Word(asked, said[-1])
    if _is_ours(document, world.policy.org_tag) or any(
        link.draft_id in document.ids or link.invoice_id in document.ids
        for link in world.state.links.all(company)
    ):
        raise UsageError(
            f"Document {asked} stands for a deal.",
            remedy="`sfspiris reconcile` says what differs between the two; `sfspiris explain DEAL` shows the deal.",
            record=asked,
        )
    (key, *_) = _keys(company, document)
    return Word(asked, reviews.accept(key, content=content_of(document), at=now, who=who, note=note))


def _keys(company: str, document: Document) -> Sequence[str]:
    return [f"{company}:{one}" for one in document.ids]


def _document(world: World, company: str, name: str) -> Document:
    ledger = world.ledgers[company]
    drafts, ordered = ledger.drafts(), orders.of(world, ledger)
    invoices, read_at = ledger.invoices()
    world.clock.follow(read_at)
    found = [
        *Documents.of(drafts, invoices, ordered).all,
        *(as_document(one) for one in invoices if one.is_credit_note),
    ]
    for one in found:
        if name in one.ids or (one.invoice is not None and one.invoice.number == name):
            return one
    raise UsageError(
        f"The books of {company} have no document {name}.",
        remedy="Give an invoice's number as it stands on it, or a draft's id as `sfspiris reconcile` shows it.",
        record=name,
    )
