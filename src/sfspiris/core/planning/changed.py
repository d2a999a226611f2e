"""What a Deal that is in the ledger already means for its document, now that the Deal or the document may have changed.

A draft that nobody touched follows its Deal. One that finance has edited is theirs: the three versions are shown and a
person decides. One that was deleted, and whatever was issued, is never changed or made again from here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sfspiris.core import written
from sfspiris.core.actions import Change, CreateCustomer, NewCustomer, UpdateDraft
from sfspiris.core.holds import HoldCode
from sfspiris.core.identity import content_hash, source_hash
from sfspiris.core.model import DealStatus
from sfspiris.core.money import Money
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta
    from decimal import Decimal

    from sfspiris.core.actions import ExistingCustomer
    from sfspiris.core.model import (
        Article,
        Deal,
        DealLink,
        Draft,
        Invoice,
        LedgerDraft,
        LedgerView,
        NewArticle,
        PaymentTerms,
    )
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.policy import CompanyPolicy
    from sfspiris.core.vat import VatSummary


@dataclass(frozen=True, slots=True)
class Standing:
    """What has become of a Deal's draft, read in this run at `read_at` (UTC): it stands, was issued, or is gone."""

    draft: LedgerDraft | None
    invoice: Invoice | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """The draft as the Deal would have it today. `basis` is the print of all that it rests on, on both sides."""

    draft: Draft
    customer: ExistingCustomer | CreateCustomer
    customer_name: str
    net: Decimal
    vat: VatSummary
    basis: str
    articles: tuple[NewArticle, ...] = ()
    vat_reasons: tuple[str, ...] = ()


def is_settled(deal: Deal, link: DealLink) -> bool:
    """Whether the Deal says what it said when its document was written, as far as the document depends on it.

    Once it is an invoice only what is sold counts: nobody credits an invoice because the deal got another owner.
    """
    if link.source is not None and link.source == source_hash(deal):
        return True
    return content_hash(deal) == link.content if link.invoice_id or link.wrote is None else False


def needs_comparison(deal: Deal, link: DealLink) -> bool:
    """Whether the draft must be read to decide: the Deal has changed, and the draft may still stand."""
    return not (link.invoice_id or link.status is DealStatus.DELETED or is_settled(deal, link))


def is_made_again(deal: Deal, link: DealLink) -> bool:
    """Whether a person asks for a new draft in place of one that finance has deleted."""
    return link.status is DealStatus.DELETED and deal.retry


def hold_invoiced(link: DealLink, number: str | None, found: Findings) -> None:
    """The Deal changed and its document is an invoice, which stands as it is."""
    document = f"invoice {number}" if number else "the invoice"
    ledger = _ledger(found)
    found.hold(
        HoldCode.DEAL_CHANGED_AFTER_INVOICE,
        f"The deal was changed after {document} over {Money(link.net, link.currency)} net had been made from it; "
        f"{document} still stands as it was.",
        f"Credit the invoice and invoice anew in {ledger}, or change the deal back.",
    )


def hold_elsewhere(link: DealLink, found: Findings) -> None:
    """The Deal goes to another company now, and its draft stands in the first one."""
    company = found.company.key if found.company else "no company"
    found.hold(
        HoldCode.DEAL_CHANGED_AFTER_INVOICE,
        f"The deal now goes to {company}, but its draft over {Money(link.net, link.currency)} net stands in {link.company}.",
        f"Delete the draft in {link.company}, or change the deal back so that it goes there again.",
    )


def hold_deleted(link: DealLink, found: Findings) -> None:
    """Somebody deleted the draft; that was a decision, and it is not undone without another one."""
    found.hold(
        HoldCode.DRAFT_DELETED,
        f"The draft of the deal over {Money(link.net, link.currency)} net is gone from {_ledger(found)} and no invoice came "
        "from it: somebody deleted it, there or by a rollback. It is not made again without a person's word.",
        "If the deal is not to be invoiced, take it back in Salesforce. If it is, tick Spiris_Retry__c on the opportunity: "
        "then a new draft is made.",
        about="draft_id",
        value=link.draft_id,
    )


def hold_uncertain(link: DealLink, found: Findings) -> None:
    """The draft is gone, and only a person can say whether an invoice came from it."""
    found.hold(
        HoldCode.INVOICE_UNCERTAIN,
        f"The draft of the deal over {Money(link.net, link.currency)} net is gone from {_ledger(found)}, and nothing proves "
        "whether an invoice came from it. `sfspiris pull-invoice-status` names those that may have.",
        f"If one did, run `sfspiris review link {link.deal_id} --invoice NUMBER`. If the draft was deleted, run "
        f"`sfspiris review link {link.deal_id} --deleted`.",
        about="draft_id",
        value=link.draft_id,
    )


def hold_not_seen(link: DealLink, found: Findings) -> None:
    """The draft is too young to be called deleted."""
    found.hold(
        HoldCode.OUTCOME_UNKNOWN,
        f"The deal was changed, and {_ledger(found)} does not show its draft, which was made or moved just now.",
        f"Run again after {link.created_at + found.policy.settle:%Y-%m-%d %H:%M} UTC.",
    )


def is_young(link: DealLink, read_at: datetime, settle: timedelta) -> bool:
    """Whether the draft was made so lately that the ledger may not show it yet."""
    return read_at - link.created_at < settle


def update(
    link: DealLink, standing: LedgerDraft, wanted: Wanted, ledger: LedgerView, found: Findings
) -> UpdateDraft | None:
    """The update that brings the draft to what the Deal says; None when there is nothing to change, or with a hold."""
    deal = found.deal
    customer = wanted.customer
    customer_id = f"new:{customer.key}" if isinstance(customer, CreateCustomer) else customer.id
    ours = written.draft_fields(wanted.draft, customer=customer_id)
    theirs = as_it_stands(standing, terms=ledger.terms, articles=ledger.articles)
    changed = written.changed_fields(link.wrote, ours, deal.id) if link.wrote is not None else tuple(ours)
    changed = tuple(name for name in changed if theirs.get(name) != ours.get(name))
    if not changed:
        return None
    names = _names(ledger) | {customer_id: wanted.customer_name}
    if standing.draft is None or standing.print is None or standing.print != link.stood:
        versions = written.versions(link.wrote, ours, theirs, deal.id)
        _hold_edited(link, tuple(_named(one, names) for one in versions), found)
        return None
    before, after = (_named_side(side, names) for side in (theirs, ours))
    return UpdateDraft(
        company=link.company,
        deal_id=deal.id,
        deal_name=text.one_line(deal.name),
        revision=link.revision,
        correlation_id=link.correlation_id,
        buyer_id=deal.buyer.id if deal.buyer else "",
        customer=NewCustomer(customer.key) if isinstance(customer, CreateCustomer) else customer,
        customer_name=wanted.customer_name,
        draft_id=link.draft_id,
        draft=wanted.draft,
        net=wanted.net,
        content=content_hash(deal),
        vat=wanted.vat,
        vat_reasons=wanted.vat_reasons,
        stood=link.stood,
        changed=tuple(Change(name, before.get(name), after.get(name)) for name in changed),
        owner=deal.owner_name,
        source=source_hash(deal),
        basis=wanted.basis,
    )


def _hold_edited(link: DealLink, versions: tuple[written.Versions, ...], found: Findings) -> None:
    ledger = _ledger(found)
    what = (
        f"The deal was changed, but its draft in {ledger} is not any more as it was written: somebody has edited it there."
        if link.stood is not None
        else f"The deal was changed, and whether its draft in {ledger} is as it was written is not known to this state file."
    )
    told = "; ".join(
        f"{one.field}: written {one.wrote or 'nothing'}, Salesforce {one.crm or 'nothing'}, {ledger} {one.ledger or 'nothing'}"
        for one in versions[:_TOLD]
    )
    more = f"; and {len(versions) - _TOLD} more fields" if len(versions) > _TOLD else ""
    found.hold(
        HoldCode.DRAFT_EDITED_BY_FINANCE,
        f"{what} It was left as it is." + (f" {told}{more}." if told else ""),
        f"Bring the draft in {ledger} to what is right by hand, or change the deal back.",
        versions=versions,
    )


_TOLD = 3  # fields that the sentence names; the report shows all of them


def as_it_stands(
    standing: LedgerDraft, *, terms: Iterable[PaymentTerms], articles: Iterable[Article] = ()
) -> dict[str, str]:
    """The draft's fields, with the days of payment and the article numbers that its ids stand for."""
    if standing.draft is None:
        return {}
    draft = standing.draft
    numbers = {one.id: one.number for one in articles}
    rows = tuple(
        replace(row, article_number=numbers.get(row.article_id or "", row.article_number))
        for row in draft.rows
    )
    days = next((one.days for one in terms if one.id == draft.terms_id), None)
    return written.draft_fields(
        replace(draft, rows=rows, payment_terms_days=days), customer=standing.customer_id
    )


_BY_ID = frozenset({"Customer", "CostCentre", "Project"})
"""The fields that name a record by its id."""


def _names(ledger: LedgerView) -> dict[str, str]:
    """What people call the records that a draft names by id."""
    return (
        {one.id: one.name for one in ledger.customers}
        | {one.id: one.code for one in ledger.cost_centres}
        | {one.id: one.number for one in ledger.projects}
    )


def _named_side(side: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {name: _name(name, value, names) for name, value in side.items()}


def _named(one: written.Versions, names: Mapping[str, str]) -> written.Versions:
    said = (value and _name(one.field, value, names) for value in (one.wrote, one.crm, one.ledger))
    return written.Versions(one.field, *said)


def _name(field: str, value: str, names: Mapping[str, str]) -> str:
    if field.rpartition(".")[2] not in _BY_ID:
        return value
    return names.get(value) or ", ".join(names.get(one, one) for one in value.split(", "))


def _ledger(found: Findings) -> str:
    company: CompanyPolicy | None = found.company
    return company.ledger if company else "the ledger"
