"""Compares what the CRM calls won with what the ledgers hold, both ways: same, missing, or different.

One line per fact. A Deal without a document says why when a reason is known; a document that carries our marker without
a Deal behind it is just as much a finding.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfspiris.core.drift import ComparedSum, Drift, Reconciliation, Symbol
from sfspiris.core.identity import Marker, markers_in
from sfspiris.core.money import ZERO, Money
from sfspiris.core.routing import route
from sfspiris.core.vat import mismatch
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.model import Deal, DealLink, Invoice
    from sfspiris.core.planning.documents import Document, Documents
    from sfspiris.core.policy import Policy


@dataclass(frozen=True, slots=True)
class ReconcileInputs:
    """Both sides and our memory. `deals` are all won Deals of the period; `documents` and `unreadable` by company.

    `reasons` are the hold codes by Deal. `start` and `end` are days, both included; None leaves the period open.
    """

    deals: Sequence[Deal]
    documents: Mapping[str, Documents]
    links: Mapping[str, DealLink]
    policy: Policy
    reasons: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    start: date | None = None
    end: date | None = None


def reconcile(inputs: ReconcileInputs) -> Reconciliation:
    """Every Deal of the period and every document with our marker, compared; Deals first, by closing day and id."""
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    lines = [
        Drift(symbol=Symbol.UNREADABLE, company=company, message=why)
        for company, why in sorted(inputs.unreadable.items())
    ]
    for deal in sorted(inputs.deals, key=lambda one: (one.closed_on, one.id)):
        company = route(deal, inputs.policy)
        if company is not None and company.key in inputs.unreadable:
            continue
        lines.append(_compare(deal, company.key if company else None, inputs, sums))
    lines += _without_deal(inputs)
    compared = tuple(ComparedSum(*key, crm=crm, ledger=ledger) for key, (crm, ledger) in sorted(sums.items()))
    return Reconciliation(tuple(lines), compared, inputs.start, inputs.end)


def _compare(
    deal: Deal, company: str | None, inputs: ReconcileInputs, sums: dict[tuple[str, str], list[Decimal]]
) -> Drift:
    name = text.one_line(deal.name)
    link = inputs.links.get(deal.id)
    if link is not None:
        company = link.company
    net = deal.amount if deal.amount is not None else sum((line.total or ZERO for line in deal.lines), ZERO)
    found = _documents(deal, company, link, inputs)
    currency = deal.currency or _books(company, inputs.policy)
    ours = Money(net, currency)
    sums[company or "", currency][0] += net
    if not found:
        reasons = ", ".join(inputs.reasons.get(deal.id, ())) or (
            "its document is gone" if link else "not pushed yet"
        )
        return Drift(
            symbol=Symbol.ONLY_IN_CRM,
            deal_id=deal.id,
            deal_name=name,
            company=company,
            crm_value=str(ours),
            message=f"{ours} net in Salesforce and no document: {reasons}.",
        )
    document = found[0]
    theirs = Money(document.totals.net, document.totals.currency)
    for one in found:
        sums[company or "", one.totals.currency][1] += one.totals.net
    number = document.invoice.number if document.invoice else None
    what = f"invoice {number}" if number else "draft"
    if len(found) > 1:
        problem, shown = "document", f"{len(found)} documents"
        named = ", ".join(_named(one) for one in found)
        message = f"{len(found)} documents carry the deal's marker, and there must be one: {named}."
    elif document.invoice is not None and _is_credited(document.invoice):
        problem, shown = "credited", str(Money(document.invoice.credited, theirs.currency))
        message = f"the {what} over {theirs} net has been credited in full, so nothing is left of it."
    elif theirs.currency != ours.currency:
        problem, shown = "currency", theirs.currency
        message = f"the deal is in {ours.currency}, the {what} in {theirs.currency}."
    elif mismatch(net, document.totals, tolerance=inputs.policy.tolerance) is not None:
        problem, shown = "net", str(theirs)
        message = f"the deal comes to {ours}, the {what} to {theirs} net."
    else:
        return Drift(
            symbol=Symbol.SAME,
            deal_id=deal.id,
            deal_name=name,
            company=company,
            document_id=document.draft_id,
            document_number=number,
            message=f"{what} over {theirs} net.",
        )
    return Drift(
        symbol=Symbol.DIFFERS,
        deal_id=deal.id,
        deal_name=name,
        company=company,
        document_id=document.draft_id,
        document_number=number,
        field=problem,
        crm_value=ours.currency if problem == "currency" else str(ours),
        ledger_value=shown,
        message=message,
    )


def _documents(
    deal: Deal, company: str | None, link: DealLink | None, inputs: ReconcileInputs
) -> tuple[Document, ...]:
    if company is None or company not in inputs.documents:
        return ()
    documents = inputs.documents[company]
    marked = documents.marked(Marker(deal.id, link.revision if link else 1, inputs.policy.org_tag))
    if link is None or any(one.draft_id == link.draft_id or _is(one, link) for one in marked):
        return marked
    return (*(one for one in documents.all if one.draft_id == link.draft_id or _is(one, link)), *marked)


def _named(document: Document) -> str:
    """A document as a person finds it in the ledger."""
    amount = Money(document.totals.net, document.totals.currency)
    if document.invoice is not None:
        return f"invoice {document.invoice.number} over {amount} net"
    return f"draft {document.draft_id} over {amount} net"


def _is_credited(invoice: Invoice) -> bool:
    """Whether credit notes have taken back the whole invoice."""
    return invoice.credited > 0 and invoice.credited >= abs(invoice.totals.gross)


def _is(document: Document, link: DealLink) -> bool:
    return document.invoice is not None and document.invoice.id == link.invoice_id


def _books(company: str | None, policy: Policy) -> str:
    books = policy.companies.get(company or "")
    return books.currency if books else "SEK"


def _without_deal(inputs: ReconcileInputs) -> list[Drift]:
    """Documents with a marker of our org whose Deal is not among those read: only told when the whole org was read."""
    if inputs.start is not None or inputs.end is not None:
        return []
    known = {deal.id for deal in inputs.deals}
    lines: list[Drift] = []
    for company, documents in sorted(inputs.documents.items()):
        for document in sorted(documents.all, key=lambda one: one.draft_id):
            marks = {mark for words in document.texts for mark in markers_in(words)}
            lost = sorted(
                mark.deal_id
                for mark in marks
                if mark.org_tag == inputs.policy.org_tag and mark.deal_id not in known
            )
            if not lost:
                continue
            number = document.invoice.number if document.invoice else None
            theirs = Money(document.totals.net, document.totals.currency)
            lines.append(
                Drift(
                    symbol=Symbol.ONLY_IN_LEDGER,
                    deal_id=lost[0],
                    company=company,
                    document_id=document.draft_id,
                    document_number=number,
                    ledger_value=str(theirs),
                    message=f"{'invoice ' + number if number else 'draft'} over {theirs} net carries the marker of deal "
                    f"{lost[0]}, which is not a won deal in Salesforce.",
                )
            )
    return lines
