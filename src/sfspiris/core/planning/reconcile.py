"""Compares what the CRM calls won with what the ledgers hold, both ways, to the öre: same, missing, or different and how.

One line per Deal, and one per document of ours without a Deal. A Deal without a document says why; a Deal with several
differences is one line that leads with the gravest. The figures of every line add up to the sums: what was sold, drafted,
invoiced, credited, paid and is open, each currency by itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import WriteInvoice
from sfspiris.core.drift import (
    SYMBOLS,
    ComparedSum,
    Drift,
    DriftClass,
    Figures,
    Reconciliation,
    Symbol,
    by_currency,
)
from sfspiris.core.holds import HoldCode
from sfspiris.core.identity import Marker, markers_in
from sfspiris.core.model import DealStatus
from sfspiris.core.money import ZERO, Money
from sfspiris.core.planning import differences
from sfspiris.core.planning.changed import told_deleted
from sfspiris.core.planning.differences import Pair, capitalized, day_of, document_figures, named
from sfspiris.core.planning.unclaimed import ByHand, Waiting, by_hand
from sfspiris.core.routing import route
from sfspiris.core.yesno import prices_include_vat
from sfspiris.sentences import joined, say
from sfspiris.swedish import rounding, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.drift import Apart, BooksLock
    from sfspiris.core.model import Deal, DealLink, Invoice
    from sfspiris.core.planning.differences import Expected, Finding
    from sfspiris.core.planning.documents import Document, Documents
    from sfspiris.core.planning.mirroring import Overwritten
    from sfspiris.core.policy import Policy
    from sfspiris.core.receivables import Value

_NO_COMPANY: Final = ""
WHAT_BECAME_OF_IT: Final = say(
    "Run `sfspiris pull-invoice-status`, which finds out whether it was deleted or invoiced."
)
"""The next step for a document that is gone, and of which no run has found out yet what became of it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a Deal has no document: a hold's code, its sentence and the next step."""

    code: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class ReconcileInputs:
    """Both sides and our memory. `deals` are all won Deals of the period; the rest by company or by Deal id.

    `links` are the latest ones. `notes` are the credit notes. `reasons` say why a Deal waits, `waiting` are the Deals whose
    status in the CRM is that of a hold. `expected` is what a Deal would become today, where that is certain. `shown` are
    the invoices as the CRM has them, by external id; None where it has no place for them. `elsewhere` are Deals that are
    won outside the period, `departed` the names and stages of those that are not won (any more). `customers` names the
    ledger's customers by company and id. `overwritten` are what somebody else has changed of invoices and sums in the CRM.
    `start`, `end` and `today` are Swedish days; None leaves the period open. `settled` are Deals for which a person gave the
    reason why they have no document; `by_hand` says which documents are not ours.
    """

    deals: Sequence[Deal]
    documents: Mapping[str, Documents]
    links: Mapping[str, DealLink]
    policy: Policy
    today: date
    notes: Mapping[str, Sequence[Invoice]] = field(default_factory=dict)
    reasons: Mapping[str, Sequence[Reason]] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    expected: Mapping[str, Expected] = field(default_factory=dict)
    shown: Mapping[str, Mapping[str, Value]] | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()
    departed: Mapping[str, str] = field(default_factory=dict)
    customers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    overwritten: Sequence[Overwritten] = ()
    locks: Mapping[str, BooksLock] = field(default_factory=dict)
    start: date | None = None
    end: date | None = None
    settled: frozenset[str] = frozenset()
    by_hand: ByHand = field(default_factory=ByHand)


def reconcile(inputs: ReconcileInputs) -> Reconciliation:
    """Every Deal of the period and every document of ours, compared; Deals first, by closing day and id."""
    comparison = _Comparison(inputs)
    lines = [
        Drift(
            symbol=Symbol.UNREADABLE,
            code=DriftClass.UNREADABLE,
            company=company,
            message=why,
            fix=say("Run the same command again; nothing of this company was compared."),
        )
        for company, why in sorted(inputs.unreadable.items())
    ]
    in_order = sorted(inputs.deals, key=lambda one: (one.closed_on, one.id))
    lines += [comparison.deal(deal) for deal in in_order if not comparison.is_unreadable(deal)]
    lines += comparison.strangers()
    made_by_hand, apart = comparison.made_by_hand()
    lines += made_by_hand
    lines += comparison.overwritten()
    return Reconciliation(
        tuple(lines),
        comparison.sums(),
        inputs.start,
        inputs.end,
        tuple(lock for _, lock in sorted(inputs.locks.items())),
        apart=apart,
    )


def strangers(
    documents: Mapping[str, Documents],
    links: Mapping[str, DealLink],
    known: frozenset[str],
    *,
    org_tag: str,
    start: date | None,
    end: date | None,
) -> dict[str, list[tuple[str, Document]]]:
    """Documents of the period that stand for Deals outside `known`, with their company, by Deal id.

    A document stands for a Deal by its marker, or because our memory says so. Its day is that on the document.
    """
    linked = {(link.company, link.draft_id): link.deal_id for link in links.values()}
    linked |= {(link.company, link.invoice_id): link.deal_id for link in links.values() if link.invoice_id}
    found: dict[str, list[tuple[str, Document]]] = defaultdict(list)
    for company, own in sorted(documents.items()):
        for document in sorted(own.all, key=lambda one: one.draft_id):
            day = day_of(document)
            if not is_within(day, start, end):
                continue
            ids = {mark.deal_id for mark in _marks(document) if mark.org_tag == org_tag}
            ids |= {linked[company, place] for place in document.ids if (company, place) in linked}
            for lost in sorted(ids - known)[:1]:
                found[lost].append((company, document))
    return found


class _Comparison:
    """One comparison at work: who stands for whom, and what has been counted."""

    def __init__(self, inputs: ReconcileInputs) -> None:
        self._inputs = inputs
        self._deals = {deal.id: deal for deal in inputs.deals}
        self._marked: dict[str, list[tuple[str, Document]]] = defaultdict(list)
        self._sharing: dict[tuple[str, str], tuple[str, ...]] = {}
        self._by_id: dict[tuple[str, str], Document] = {}
        self._notes_by_credited: dict[tuple[str, str | None], list[Invoice]] = defaultdict(list)
        for company, notes in inputs.notes.items():
            for note in notes:
                self._notes_by_credited[company, note.credits_id].append(note)
        for company, documents in sorted(inputs.documents.items()):
            for document in documents.all:
                ids = _deals_of(document, inputs.policy.org_tag)
                self._sharing[company, document.draft_id] = ids
                for known in document.ids:
                    self._by_id.setdefault((company, known), document)
                for deal_id in ids:
                    self._marked[deal_id].append((company, document))
        self._counted: set[tuple[str, str]] = set()
        self._figures: dict[str, list[Figures]] = defaultdict(list)

    def is_unreadable(self, deal: Deal) -> bool:
        """Whether the books that the Deal belongs to could not be read, so that nothing can be said of it."""
        return self._home(deal) in self._inputs.unreadable

    def deal(self, deal: Deal) -> Drift:
        """The Deal's line."""
        found = self._documents(deal)
        company = found[0][0] if found else self._home(deal)
        ours = Money(self._net(deal, found), deal.currency or self._books(company))
        figures = [Figures(currency=ours.currency, sold=ours.amount)]
        for key, document in found:
            if (key, document.draft_id) not in self._counted:
                self._counted.add((key, document.draft_id))
                figures.append(document_figures(document, self._notes(key, document)))
        summed = by_currency(figures)
        self._figures[company or _NO_COMPANY] += summed
        if not found:
            return self._missing(deal, company, ours, summed)
        findings = self._findings(deal, found, ours)
        document = self._main(found)
        same = Drift(
            symbol=Symbol.SAME,
            deal_id=deal.id,
            deal_name=text.one_line(deal.name),
            company=company,
            document_id=document.draft_id,
            document_number=document.invoice.number if document.invoice else None,
            message=differences.agreement(document, self._notes(company or "", document)),
            figures=summed,
        )
        if not findings:
            return same
        first = findings[0]
        return replace(
            same,
            symbol=Symbol.DIFFERS,
            code=first.code,
            also=tuple(dict.fromkeys(one.code for one in findings[1:] if one.code is not first.code)),
            field=first.field,
            crm_value=first.crm_value,
            ledger_value=first.ledger_value,
            message=joined(capitalized(one.message) for one in findings),
            fix=self._fix(first, company, document),
        )

    def strangers(self) -> list[Drift]:
        """The lines of documents that stand for Deals that are not won."""
        inputs = self._inputs
        known = frozenset(self._deals) | inputs.elsewhere
        found = strangers(
            inputs.documents,
            inputs.links,
            known,
            org_tag=inputs.policy.org_tag,
            start=inputs.start,
            end=inputs.end,
        )
        return [
            self._stranger(deal_id, company, document)
            for deal_id, documents in sorted(found.items(), key=lambda one: (one[1][0][0], one[0]))
            for company, document in documents
        ]

    def overwritten(self) -> list[Drift]:
        """The lines of records in the CRM that no Deal of the comparison has, and that somebody else has changed there."""
        inputs = self._inputs
        lines = []
        for one in inputs.overwritten:
            day = one.action.record.invoice_date if isinstance(one.action, WriteInvoice) else None
            is_told = one.deal_id in self._deals or one.deal_id in inputs.elsewhere
            if is_told or not is_within(day, inputs.start, inputs.end):
                continue
            first, *others = differences.overwritten(one)
            lines.append(
                Drift(
                    symbol=SYMBOLS.get(first.code, Symbol.DIFFERS),
                    code=first.code,
                    also=tuple(other.code for other in others),
                    company=one.action.company,
                    document_number=(
                        one.action.record.invoice_number if isinstance(one.action, WriteInvoice) else None
                    ),
                    field=first.field,
                    crm_value=first.crm_value,
                    ledger_value=first.ledger_value,
                    message=joined(capitalized(each.message) for each in (first, *others)),
                    fix=first.fix,
                    record=one.key,
                )
            )
        return lines

    def made_by_hand(self) -> tuple[list[Drift], tuple[Apart, ...]]:
        """The lines of documents behind which no Deal stands, and what is in the books besides."""
        inputs = self._inputs
        lines, apart = by_hand(
            inputs.documents,
            inputs.notes,
            inputs.by_hand,
            org_tag=inputs.policy.org_tag,
            start=inputs.start,
            end=inputs.end,
            customers=inputs.customers,
            waiting=[
                Waiting(
                    text.one_line(deal.name),
                    deal.buyer.id,
                    Money(self._net(deal, ()), deal.currency or self._books(self._home(deal))),
                )
                for deal in inputs.deals
                if deal.buyer is not None and not self._documents(deal)
            ],
        )
        for line in lines:
            self._figures[line.company or _NO_COMPANY] += line.figures
        return lines, apart

    def sums(self) -> tuple[ComparedSum, ...]:
        """Everything that was compared, by company and currency."""
        return tuple(
            ComparedSum(company, one.currency, one.sold, one.in_ledger, one)
            for company, figures in sorted(self._figures.items())
            for one in by_currency(figures)
        )

    # --- the parts -------------------------------------------------------------------------------------------------

    def _home(self, deal: Deal) -> str | None:
        link = self._inputs.links.get(deal.id)
        if link is not None:
            return link.company
        company = route(deal, self._inputs.policy)
        return company.key if company else None

    def _books(self, company: str | None) -> str:
        books = self._inputs.policy.companies.get(company or "")
        return books.currency if books else "SEK"

    def _notes(self, company: str, document: Document) -> tuple[Invoice, ...]:
        if document.invoice is None:
            return ()
        return tuple(self._notes_by_credited.get((company, document.invoice.id), ()))

    def _documents(self, deal: Deal) -> list[tuple[str, Document]]:
        """The Deal's documents with their company: those with its marker, in whichever books, and the linked one."""
        found = list(self._marked.get(deal.id, ()))
        link = self._inputs.links.get(deal.id)
        if link is not None:
            linked = (self._by_id.get((link.company, one)) for one in (link.draft_id, link.invoice_id) if one)
            found += [(link.company, one) for one in linked if one is not None]
        unique = {(company, one.draft_id): (company, one) for company, one in found}
        return [unique[key] for key in sorted(unique, key=lambda key: (key[0] != self._home(deal), key))]

    def _main(self, found: Sequence[tuple[str, Document]]) -> Document:
        """The document that stands for the Deal: the first that has not been taken back."""
        live = [one for _, one in found if not differences.is_taken_back(one)]
        return (live or [one for _, one in found])[0]

    def _findings(
        self, deal: Deal, found: Sequence[tuple[str, Document]], ours: Money
    ) -> tuple[Finding, ...]:
        inputs = self._inputs
        live = [(company, one) for company, one in found if not differences.is_taken_back(one)]
        if len(live) > 1:
            return (differences.twins(live),)
        company, document = (live or found)[0]
        link = inputs.links.get(deal.id)
        goes_to = route(deal, inputs.policy)
        pair = Pair(
            deal=deal,
            ours=self._sold_on(document, company, ours),
            company=company,
            goes_to=goes_to.key if goes_to else None,
            document=document,
            notes=self._notes(company, document),
            link=link,
            expected=inputs.expected.get(deal.id),
            shown=inputs.shown,
            is_waiting=deal.id in inputs.waiting,
            overwritten=tuple(one for one in inputs.overwritten if one.deal_id == deal.id),
        )
        return differences.judge(pair, inputs.policy, inputs.customers, today=inputs.today)

    def _sold_on(self, document: Document, company: str, ours: Money) -> Money | None:
        """What all Deals on one document come to together; None when not all of them belong to the period."""
        sharing = self._sharing[company, document.draft_id]
        if len(sharing) < 2:  # noqa: PLR2004 - one Deal, or none by its marker
            return ours
        deals = [self._deals.get(one) for one in sharing]
        nets = [self._net(one, [(company, document)]) for one in deals if one is not None]
        return Money(sum(nets, ZERO), ours.currency) if len(nets) == len(deals) else None

    def _net(self, deal: Deal, found: Sequence[tuple[str, Document]]) -> Decimal:
        """What the Deal comes to, net. Prices that include VAT come to what they would be invoiced as today.

        A Deal that would be held comes to its part without VAT at the rates of its document; without one it stays as it is.
        """
        amount = net_of(deal)
        if not prices_include_vat(deal):
            return amount
        expected = self._inputs.expected.get(deal.id)
        if expected is not None and expected.net is not None:
            return expected.net
        for _, document in found:
            if paid := document.totals.net + document.totals.vat:
                return rounding.to_ore(amount * document.totals.net / paid)
        return amount

    def _missing(self, deal: Deal, company: str | None, ours: Money, figures: tuple[Figures, ...]) -> Drift:
        reasons = self._why_missing(deal)
        why = joined(dict.fromkeys(one.message for one in reasons))
        return Drift(
            symbol=SYMBOLS[DriftClass.MISSING_IN_SPIRIS],
            code=DriftClass.MISSING_IN_SPIRIS,
            deal_id=deal.id,
            deal_name=text.one_line(deal.name),
            company=company,
            crm_value=str(ours),
            reasons=tuple(dict.fromkeys(one.code for one in reasons if one.code)),
            message=say("%(ours)s net in Salesforce and no document: %(why)s", ours=ours, why=why),
            fix=joined(dict.fromkeys(one.fix for one in reasons)),
            figures=figures,
            is_settled=deal.id in self._inputs.settled,
        )

    def _why_missing(self, deal: Deal) -> list[Reason]:
        """Why the Deal has no document; of a draft that was deleted, what a push says of it too."""
        link = self._inputs.links.get(deal.id)
        reasons = list(self._inputs.reasons.get(deal.id, ()))
        is_deleted = link is not None and link.status is DealStatus.DELETED
        others = [one for one in reasons if not is_deleted or one.code != HoldCode.DRAFT_DELETED]
        if reasons and len(others) == len(reasons):
            return reasons
        if link is None:
            return [
                Reason("", say("it has not been pushed yet."), say("Run `sfspiris push-closed-won`.")),
            ]
        if is_deleted:
            books = self._inputs.policy.companies.get(link.company)
            message, fix = told_deleted(link, books.ledger if books else say("the ledger"))
            return [Reason(str(HoldCode.DRAFT_DELETED), message, fix), *others]
        return [
            Reason(
                "",
                say("its document is gone from Spiris, and what became of it is not recorded yet."),
                WHAT_BECAME_OF_IT,
            )
        ]

    def _stranger(self, deal_id: str, company: str, document: Document) -> Drift:
        self._counted.add((company, document.draft_id))
        figures = (document_figures(document, self._notes(company, document)),)
        self._figures[company] += figures
        known = self._inputs.departed.get(deal_id)
        why = (
            say("which is not won: %(stage)s", stage=known)
            if known
            else say("which Salesforce does not know")
        )
        return Drift(
            symbol=SYMBOLS[DriftClass.MISSING_IN_SALESFORCE],
            code=DriftClass.MISSING_IN_SALESFORCE,
            deal_id=deal_id,
            company=company,
            document_id=document.draft_id,
            document_number=document.invoice.number if document.invoice else None,
            ledger_value=str(Money(document.totals.net, document.totals.currency)),
            message=say(
                "%(Document)s stands for deal %(deal_id)s, %(why)s.",
                Document=named(document),
                deal_id=deal_id,
                why=why,
            ),
            fix=say(
                "If the sale is off, delete the draft, or credit the invoice, in Spiris. If it stands, win the deal again "
                "in Salesforce."
            ),
            figures=figures,
        )

    def _fix(self, finding: Finding, company: str | None, document: Document) -> str:
        lock, day = self._inputs.locks.get(company or ""), day_of(document)
        if (
            finding.changes_document
            and document.invoice is not None
            and lock is not None
            and day is not None
            and lock.covers(day)
        ):
            return say(
                "%(fix)s The books are locked on %(day)s: a correction belongs on a day after %(last)s.",
                fix=finding.fix,
                day=day,
                last=lock.last,
            )
        return finding.fix


def is_within(day: date | None, start: date | None, end: date | None) -> bool:
    """Whether a day belongs to the period, both ends included; what has no day belongs to every one."""
    return day is None or not ((start and day < start) or (end and day > end))


def net_of(deal: Deal) -> Decimal:
    """What the Deal says that it comes to, net unless its prices include VAT: its amount, else the sum of its lines' totals, in the Deal's currency."""
    if deal.amount is not None:
        return deal.amount
    return sum((line.total or ZERO for line in deal.lines), ZERO)


def _marks(document: Document) -> Iterable[Marker]:
    return (mark for words in document.texts for mark in markers_in(words))


def _deals_of(document: Document, org_tag: str) -> tuple[str, ...]:
    """The Deals of our org whose marker the document carries, in order."""
    return tuple(sorted({mark.deal_id for mark in _marks(document) if mark.org_tag == org_tag}))
