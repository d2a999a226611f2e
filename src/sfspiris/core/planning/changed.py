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
from sfspiris.core.model import DealStatus, Target
from sfspiris.core.money import Money
from sfspiris.sentences import joined, say
from sfspiris.swedish import text
from sfspiris.swedish.clock import swedish_time

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
    from sfspiris.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Standing:
    """What has become of a Deal's draft, read in this run at `read_at` (UTC): it stands, was issued, or is gone.

    An order stands even when it was invoiced. `has_moved_on`: it was delivered, or finance has made something of it.
    `invoiced` is what the invoice says, told as a draft; None where that was not read.
    """

    draft: LedgerDraft | None
    invoice: Invoice | None
    read_at: datetime
    has_moved_on: bool = False
    invoiced: LedgerDraft | None = None


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


def needs_invoice(deal: Deal, link: DealLink) -> bool:
    """Whether the invoice must be read to tell in what the Deal says something else by now."""
    return bool(link.invoice_id) and link.status is not DealStatus.DELETED and not is_settled(deal, link)


def is_made_again(deal: Deal, link: DealLink) -> bool:
    """Whether a person asks for a new draft in place of one that finance has deleted."""
    return link.status is DealStatus.DELETED and deal.retry


def hold_invoiced(
    link: DealLink, number: str | None, found: Findings, versions: tuple[written.Versions, ...] = ()
) -> None:
    """The Deal changed and its document is an invoice, which stands as it is. `versions` are the fields that differ."""
    document = say("invoice %(number)s", number=number) if number else say("the invoice")
    ledger = _ledger(found)
    found.hold(
        HoldCode.DEAL_CHANGED_AFTER_INVOICE,
        with_fields(
            say(
                "The deal was changed after %(document)s over %(net)s net had been made from it; "
                "%(document)s still stands as it was.",
                document=document,
                net=Money(link.net, link.currency),
            ),
            versions,
            say("invoiced"),
        ),
        say("Credit the invoice and invoice anew in %(ledger)s, or change the deal back.", ledger=ledger),
        versions=versions,
    )


def hold_moved_on(link: DealLink, found: Findings, versions: tuple[written.Versions, ...] = ()) -> None:
    """The Deal changed after its order was delivered, or after finance began to invoice it; it stands as it is."""
    ledger = _ledger(found)
    found.hold(
        HoldCode.DEAL_CHANGED_AFTER_INVOICE,
        with_fields(
            say(
                "The deal was changed after its order over %(net)s net had been delivered or passed on to be invoiced; it still "
                "stands as it was.",
                net=Money(link.net, link.currency),
            ),
            versions,
            say("ordered"),
        ),
        say(
            "Bring the order, or what was made of it, to what is right in %(ledger)s by hand, or change the deal back.",
            ledger=ledger,
        ),
        about="draft_id",
        value=link.draft_id,
        versions=versions,
    )


def hold_elsewhere(link: DealLink, found: Findings) -> None:
    """The Deal goes to another company now, and its draft stands in the first one."""
    company = found.company.key if found.company else say("no company")
    found.hold(
        HoldCode.DEAL_CHANGED_AFTER_INVOICE,
        say(
            "The deal now goes to %(company)s, but its %(word)s over %(net)s net stands in %(before)s.",
            company=company,
            word=link.target.word,
            net=Money(link.net, link.currency),
            before=link.company,
        ),
        say(
            "Delete %(document)s in %(company)s, or change the deal back so that it goes there again.",
            document=link.target.the,
            company=link.company,
        ),
    )


def hold_deleted(link: DealLink, found: Findings) -> None:
    """Somebody deleted the draft; that was a decision, and it is not undone without another one."""
    message, fix = told_deleted(link, _ledger(found))
    found.hold(HoldCode.DRAFT_DELETED, message, fix, about="draft_id", value=link.draft_id)


def told_deleted(link: DealLink, ledger: Sentence | str) -> tuple[Sentence, Sentence]:
    """What happened to a draft that was deleted, and the next step: the same words wherever it is told."""
    return (
        say(
            "%(Document)s of the deal over %(net)s net is gone from %(ledger)s and no invoice came "
            "from it: somebody deleted it, there or by a rollback. It is not made again without a person's word.",
            Document=link.target.the,
            net=Money(link.net, link.currency),
            ledger=ledger,
        ),
        say(
            "If the deal is not to be invoiced, take it back in Salesforce. If it is, tick Spiris_Retry__c on the opportunity: "
            "then a new one is made."
        ),
    )


def hold_uncertain(link: DealLink, found: Findings) -> None:
    """The draft is gone, and only a person can say whether an invoice came from it."""
    found.hold(
        HoldCode.INVOICE_UNCERTAIN,
        say(
            "%(Document)s of the deal over %(net)s net %(went)s %(ledger)s, and nothing proves "
            "whether an invoice came from it. `sfspiris pull-invoice-status` names those that may have.",
            Document=link.target.the,
            net=Money(link.net, link.currency),
            went=_went(link),
            ledger=_ledger(found),
        ),
        say(
            "If one did, run `sfspiris review link %(deal_id)s --invoice NUMBER`. If %(document)s was deleted, run "
            "`sfspiris review link %(deal_id)s --deleted`.",
            document=link.target.the,
            deal_id=link.deal_id,
        ),
        about="draft_id",
        value=link.draft_id,
    )


def hold_not_seen(link: DealLink, found: Findings) -> None:
    """The draft is too young to be called deleted."""
    found.hold(
        HoldCode.OUTCOME_UNKNOWN,
        say(
            "The deal was changed, and %(ledger)s does not show its %(word)s, which was made just now: either not yet, or somebody "
            "has deleted or issued it.",
            ledger=_ledger(found),
            word=link.target.word,
        ),
        say("Run again after %(until)s.", until=swedish_time(link.created_at + found.policy.settle)),
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
        target=link.target,
    )


def _hold_edited(link: DealLink, versions: tuple[written.Versions, ...], found: Findings) -> None:
    ledger = _ledger(found)
    what = (
        say(
            "The deal was changed, but its %(word)s in %(ledger)s is not any more as it was written: somebody has edited it "
            "there. It was left as it is.",
            word=link.target.word,
            ledger=ledger,
        )
        if link.stood is not None
        else say(
            "The deal was changed, and whether its %(word)s in %(ledger)s is as it was written is not known to this state "
            "file. It was left as it is.",
            word=link.target.word,
            ledger=ledger,
        )
    )
    told = [
        say(
            "%(field)s: written %(wrote)s, Salesforce %(crm)s, %(ledger)s %(there)s",
            field=one.field,
            wrote=one.wrote or say("nothing"),
            crm=one.crm or say("nothing"),
            ledger=ledger,
            there=one.ledger or say("nothing"),
        )
        for one in versions[:_TOLD]
    ]
    if len(versions) > _TOLD:
        told.append(say("and %(count)s more fields", count=len(versions) - _TOLD))
    found.hold(
        HoldCode.DRAFT_EDITED_BY_FINANCE,
        say("%(what)s %(told)s.", what=what, told=joined(told, "; ")) if told else what,
        say(
            "Bring %(document)s in %(ledger)s to what is right by hand, or change the deal back.",
            document=link.target.the,
            ledger=ledger,
        ),
        versions=versions,
    )


_TOLD = 3  # fields that the sentence names; the report shows all of them


def with_fields(what: Sentence, versions: tuple[written.Versions, ...], stood: Sentence) -> Sentence:
    """The sentence, and the first fields of which the document that stands says something else than the Deal."""
    if not versions:
        return what
    told = [
        say(
            "%(field)s: %(stood)s %(there)s, Salesforce now %(crm)s",
            field=one.field,
            stood=stood,
            there=one.ledger or say("nothing"),
            crm=one.crm or say("nothing"),
        )
        for one in versions[:_TOLD]
    ]
    if len(versions) > _TOLD:
        told.append(say("and %(count)s more fields", count=len(versions) - _TOLD))
    return say("%(what)s %(told)s.", what=what, told=joined(told, "; "))


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


def named_versions(
    found: Iterable[written.Versions], ledger: LedgerView, customer_id: str, customer_name: str
) -> tuple[written.Versions, ...]:
    """The versions with the names that people give to what a draft names by id."""
    names = _names(ledger) | {customer_id: customer_name}
    return tuple(_named(one, names) for one in found)


def _named(one: written.Versions, names: Mapping[str, str]) -> written.Versions:
    said = (value and _name(one.field, value, names) for value in (one.wrote, one.crm, one.ledger))
    return written.Versions(one.field, *said)


def _name(field: str, value: str, names: Mapping[str, str]) -> str:
    if field.rpartition(".")[2] not in _BY_ID:
        return value
    return names.get(value) or ", ".join(names.get(one, one) for one in value.split(", "))


def _went(link: DealLink) -> Sentence:
    """An order stays in the ledger when it is invoiced."""
    return say("was invoiced in, or is gone from,") if link.target is Target.ORDER else say("is gone from")


def _ledger(found: Findings) -> str:
    company: CompanyPolicy | None = found.company
    return company.ledger if company else say("the ledger")
