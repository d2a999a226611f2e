"""Decides what won Deals become in the ledgers: which customers, invoice drafts or orders to make, and what waits for a person.

Top to bottom: a Deal that is in the ledger already is compared with what it said then (`changed`). A new one is screened by
its own data (`screening`), its customer is found (link, organisation number, VAT number, customer number) or planned
(`customers`), its draft is built with the marker that carries the Deal's id, and its total is foretold (`wanted`); an order
is the same draft under another name. Whatever is unclear becomes a hold, never a guess. `pushinputs` says what all this
depends on, `unfinished` gathers what was decided.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sfspiris.core.actions import Adopt, CreateCustomer, CreateDraft, ExistingCustomer, NewCustomer
from sfspiris.core.holds import HoldCode, for_sales
from sfspiris.core.identity import FIRST_REVISION, Marker, content_hash, correlation_id, source_hash
from sfspiris.core.lifecycle import deal_status
from sfspiris.core.model import DealStatus, SyncState
from sfspiris.core.planning import changed
from sfspiris.core.planning.adoption import (
    Searched,
    find_document,
    hold_when_unmarked_twin,
    waits_for_a_list,
)
from sfspiris.core.planning.copied import warn_copied
from sfspiris.core.planning.customercare import CustomerCare, account_of
from sfspiris.core.planning.customers import Customers
from sfspiris.core.planning.departed import departed
from sfspiris.core.planning.findings import Findings
from sfspiris.core.planning.mirroring import restored_on
from sfspiris.core.planning.otherwise import otherwise
from sfspiris.core.planning.refused import hold_refused
from sfspiris.core.planning.screening import screen
from sfspiris.core.planning.twins import TWINS, hold_twins
from sfspiris.core.planning.unfinished import UnfinishedPlan
from sfspiris.core.planning.wanted import want
from sfspiris.core.routing import is_out_of_scope
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from sfspiris.core.actions import Plan
    from sfspiris.core.model import Customer, Deal, DealLink, LedgerDraft
    from sfspiris.core.planning.changed import Standing, Wanted
    from sfspiris.core.planning.departed import Departed
    from sfspiris.core.planning.documents import Document
    from sfspiris.core.planning.pushinputs import PushInputs, Unresolved
    from sfspiris.core.planning.screening import Screened
    from sfspiris.core.policy import CompanyPolicy
    from sfspiris.core.written import Versions
    from sfspiris.sentences import Sentence


def decide(inputs: PushInputs, *, limit: int | None = None) -> Plan:
    """The plan for these Deals: same inputs, same plan.

    Deals are taken in the order of their closing day and id. `limit` bounds how many Deals get a draft; those beyond it
    are left for a later run.
    """
    plan = UnfinishedPlan(inputs.policy, limit, inputs.resolved)
    draughtsman = _Draughtsman(inputs, plan)
    for deal in sorted(inputs.deals, key=lambda one: (one.closed_on, one.id)):
        draughtsman.take(deal)
    for gone in sorted(inputs.departed, key=lambda one: one.deal_id):
        draughtsman.take_leave(gone)
    return plan.finished(remembered=draughtsman.care.remembered)


@dataclass(slots=True)
class _Draughtsman:
    """Builds one plan, Deal by Deal; remembers the customers and documents that earlier Deals of it have asked for or taken."""

    inputs: PushInputs
    plan: UnfinishedPlan
    customers: Customers = field(init=False)
    care: CustomerCare = field(init=False)
    taken: set[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.taken = set(self.inputs.taken)
        self.customers = Customers(self.inputs)
        self.care = CustomerCare(self.inputs.ledgers, self.inputs.customer_bases)

    def take(self, deal: Deal) -> None:
        """Decide about one Deal."""
        link = self.inputs.links.get(deal.id)
        waiting = [
            one for one in self.inputs.unresolved if one.deal_id == deal.id and one.article_key is None
        ]
        # A document's write comes before its customer's: until it is known, nothing else is written over it.
        unresolved = min(waiting, key=lambda one: one.customer_key is not None, default=None)
        if unresolved is not None and (link is None or unresolved.customer_key is None):
            self._wait(deal, unresolved, link)
        elif link is not None:
            if names := self.inputs.overwritten.get(deal.id):
                self.plan.warnings.append(restored_on(deal, link, names, self.inputs.policy))
            self._compare(deal, link)
        elif is_out_of_scope(deal, self.inputs.policy):
            self._leave_out(deal)
        else:
            self._invoice(deal)

    def _leave_out(self, deal: Deal) -> None:
        """A route says that the Deal is none of ours; where it was told to wait before, that is taken back."""
        self.plan.out_of_scope.append(deal.id)
        if deal.sync.status == DealStatus.HELD:
            self.plan.tell(deal, SyncState(), None, None)

    def take_leave(self, gone: Departed) -> None:
        """Decide about a Deal that is not won any more."""
        link = self.inputs.links.get(gone.deal_id)
        if link is None:
            if not any(one.deal_id == gone.deal_id for one in self.inputs.unresolved):
                self.plan.forget(gone)
            return
        if (hold := departed(gone, link, self.inputs.policy)) is None:
            return
        self.plan.holds.append(hold)
        if not gone.is_deleted:
            told = replace(link.told, code=hold.code, message=for_sales([hold], self.inputs.policy.spoken))
            self.plan.write_back(gone.deal_id, gone.sync, told, link.company, link.correlation_id)

    # --- a Deal that is in the ledger already ----------------------------------------------------------------------

    def _compare(self, deal: Deal, link: DealLink) -> None:
        if customer := account_of(deal, link, self.inputs.policy, today=self.inputs.today):
            own = self.inputs.policy.companies[link.company]
            if self.inputs.speaks_for(deal, link.company, link.customer_id):
                self._keep_in_step(deal, own, customer, link.customer_id, link.correlation_id)
        found = Findings(deal, self.inputs.policy, self.inputs.policy.companies.get(link.company))
        if changed.is_made_again(deal, link):
            known = replace(deal.sync, draft_id=None, invoice_number=None)
            self._invoice(replace(deal, sync=known), link.revision + 1)
        elif link.status is DealStatus.DELETED:
            changed.hold_deleted(link, found)
            self.plan.holds += found.holds
            self.plan.tell(deal, link.told, link.company, link.correlation_id)
        elif link.code in {HoldCode.INVOICE_UNCERTAIN, TWINS}:
            if link.code == TWINS:
                hold_twins(link, self.inputs.twins, found)
            else:
                changed.hold_uncertain(link, found)
            self.plan.holds += found.holds
            self.plan.tell(deal, link.told, link.company, link.correlation_id)
        elif changed.is_settled(deal, link):
            self._leave(deal, link)
        elif link.invoice_id:
            seen = self.inputs.standing.get(deal.id)
            differing = self._otherwise(deal, link, seen.invoiced if seen else None)
            changed.hold_invoiced(link, link.invoice_number, found, differing)
            self._hold_document(deal, link, found)
        elif standing := self.inputs.standing.get(deal.id):
            self._follow(deal, link, standing, found)

    def _follow(self, deal: Deal, link: DealLink, standing: Standing, found: Findings) -> None:
        """The Deal has changed, and its document was a draft when we last saw it."""
        if standing.draft is not None and standing.invoice is None and not standing.has_moved_on:
            self._update(deal, link, standing.draft, found)
            return
        if standing.invoice is not None:
            if content_hash(deal) == link.content:
                self._leave(deal, link)
                return
            differing = self._otherwise(deal, link, standing.invoiced)
            changed.hold_invoiced(link, standing.invoice.number, found, differing)
        elif standing.has_moved_on:
            if content_hash(deal) == link.content:
                self._leave(deal, link)
                return
            changed.hold_moved_on(link, found, self._otherwise(deal, link, standing.draft))
        elif changed.is_young(link, standing.read_at, self.inputs.policy.settle):
            changed.hold_not_seen(link, found)
        else:
            changed.hold_deleted(link, found)
        self._hold_document(deal, link, found)

    def _otherwise(self, deal: Deal, link: DealLink, stands: LedgerDraft | None) -> tuple[Versions, ...]:
        """In which fields the Deal says something else than what stands; none where it could not be invoiced as it is now."""
        ledger = self.inputs.ledgers.get(link.company)
        screened, found = screen(deal, self.inputs.policy, today=self.inputs.today, target=link.target)
        if stands is None or ledger is None or screened is None or screened.company.key != link.company:
            return ()
        wanted = want(
            screened,
            Marker(deal.id, link.revision, self.inputs.policy.org_tag),
            link.correlation_id,
            found,
            inputs=self.inputs,
            customers=Customers(self.inputs),  # what is only compared leaves no trace in the plan
            care=CustomerCare(self.inputs.ledgers, self.inputs.customer_bases),
        )
        return () if wanted is None else otherwise(link, stands, wanted, ledger)

    def _update(self, deal: Deal, link: DealLink, standing: LedgerDraft, found: Findings) -> None:
        screened, screening = screen(deal, self.inputs.policy, today=self.inputs.today, target=link.target)
        if screened is None:
            self._hold_document(deal, link, screening)
            return
        if screened.company.key != link.company:
            changed.hold_elsewhere(link, screening)
            self._hold_document(deal, link, screening)
            return
        found = screening
        marker = Marker(deal.id, link.revision, self.inputs.policy.org_tag)
        wanted = self._want(screened, marker, link.correlation_id, found)
        if wanted is None:
            self._hold_document(deal, link, found)
            return
        ledger = self.inputs.ledgers[link.company]
        action = changed.update(link, standing, wanted, ledger, found)
        if found.holds:
            self._hold_document(deal, link, found)
        elif action is None:
            self._leave(deal, link)
        elif not self._was_refused(deal, link.company, wanted, found) and not self.plan.is_over_limit():
            self.plan.warnings += found.warnings
            self._add_customer(wanted.customer)
            self.plan.add_articles(link.company, wanted.articles, deal, link.correlation_id)
            self.plan.actions.append(action)
            told = replace(link.told, code=None, message=None)
            self.plan.tell(deal, told, link.company, link.correlation_id)

    def _leave(self, deal: Deal, link: DealLink) -> None:
        """The document is what it should be."""
        self.plan.unchanged.append(deal.id)
        self.plan.tell(deal, link.told, link.company, link.correlation_id)

    def _hold_document(self, deal: Deal, link: DealLink, found: Findings) -> None:
        self.plan.hold(deal, found, keep=link.told, correlation=link.correlation_id)

    def _keep_in_step(
        self, deal: Deal, company: CompanyPolicy, customer: Customer, customer_id: str, correlation: str
    ) -> None:
        found = Findings(deal, self.inputs.policy, company)
        update = self.care.update(customer, customer_id, found, correlation)
        self.plan.warnings += found.warnings
        if update is not None:
            self.plan.actions.append(update)

    # --- a Deal whose earlier write has no known outcome -----------------------------------------------------------

    def _wait(self, deal: Deal, unresolved: Unresolved, link: DealLink | None) -> None:
        found = Findings(deal, self.inputs.policy, self.inputs.policy.companies.get(unresolved.company))
        found.hold(unresolved.code, unresolved.message, unresolved.fix)
        if link is None:
            self.plan.hold(deal, found)
        else:
            self._hold_document(deal, link, found)

    # --- a new Deal ------------------------------------------------------------------------------------------------

    def _invoice(self, deal: Deal, revision: int = FIRST_REVISION) -> None:
        screened, found = screen(deal, self.inputs.policy, today=self.inputs.today)
        if screened is None:
            self.plan.hold(deal, found)
            return
        company = screened.company
        if (copied := self.inputs.copied.get(deal.id)) is not None and copied.is_proven:
            warn_copied(copied, found)
        marker = Marker(deal.id, revision, self.inputs.policy.org_tag)
        correlation = correlation_id(self.inputs.policy.org_tag, company.key, deal.id, revision)
        ledger = self.inputs.ledgers[company.key]
        searched = Searched(self.inputs.documents, self.inputs.gaps, self.taken, self.inputs.copied)
        stands = find_document(screened, marker, searched, ledger.customers, found)
        if found.holds:
            self.plan.hold(deal, found, is_told=not waits_for_a_list(screened, marker, searched))
            return
        if stands is not None:
            self._adopt(screened, found, *stands)
            return
        wanted = self._want(screened, marker, correlation, found)
        if wanted is not None and isinstance(wanted.customer, ExistingCustomer):
            hold_when_unmarked_twin(screened, wanted.customer, marker, searched, found, net=wanted.net)
        if found.holds or wanted is None:
            self.plan.hold(deal, found)
            return
        if self._was_refused(deal, company.key, wanted, found):
            return
        if self.plan.is_over_limit():
            return
        self.plan.warnings += found.warnings
        self._add_customer(wanted.customer)
        self.plan.add_articles(company.key, wanted.articles, deal, correlation)
        customer = wanted.customer
        if isinstance(customer, ExistingCustomer):
            self._keep_in_step(deal, company, screened.customer, customer.id, correlation)
        self.plan.actions.append(
            CreateDraft(
                company=company.key,
                deal_id=deal.id,
                deal_name=text.one_line(deal.name),
                revision=revision,
                correlation_id=correlation,
                buyer_id=deal.buyer.id if deal.buyer else "",
                customer=NewCustomer(customer.key) if isinstance(customer, CreateCustomer) else customer,
                customer_name=wanted.customer_name,
                draft=wanted.draft,
                net=wanted.net,
                content=content_hash(deal),
                vat=wanted.vat,
                vat_reasons=wanted.vat_reasons,
                source=source_hash(deal),
                basis=wanted.basis,
                target=company.target,
            )
        )
        told = SyncState(status=DealStatus.DRAFT, correlation_id=correlation, company=company.key)
        self.plan.tell(deal, told, company.key, correlation)

    def _want(self, screened: Screened, marker: Marker, correlation: str, found: Findings) -> Wanted | None:
        return want(
            screened,
            marker,
            correlation,
            found,
            inputs=self.inputs,
            customers=self.customers,
            care=self.care,
        )

    def _was_refused(self, deal: Deal, company: str, wanted: Wanted, found: Findings) -> bool:
        """Whether the same was refused before and nobody asks for another try; then the Deal is held as it was."""
        if self.inputs.asked or deal.retry:
            return False
        tried: list[tuple[str, str | None, Sentence]] = [(deal.id, wanted.basis, say("document"))]
        if isinstance(wanted.customer, CreateCustomer):
            tried.append((wanted.customer.key, wanted.customer.basis, say("customer")))
        for subject, basis, what in tried:
            before = self.inputs.refused.get((company, subject))
            if before is not None and before.rests and before.basis is not None and before.basis == basis:
                hold_refused(before, what, found)
                self.plan.holds += found.holds
                self.plan.tell(deal, deal.sync, company, deal.sync.correlation_id)
                return True
        return False

    def _add_customer(self, customer: ExistingCustomer | CreateCustomer) -> None:
        """Make the customer before the first document that needs it, once."""
        if (
            isinstance(customer, CreateCustomer)
            and (customer.company, customer.key) not in self.customers.planned
        ):
            self.customers.planned[customer.company, customer.key] = customer
            self.plan.actions.append(customer)

    def _adopt(self, screened: Screened, found: Findings, document: Document, marker: Marker) -> None:
        """Take over what the ledger has for this Deal already."""
        deal, company = screened.deal, screened.company
        correlation = correlation_id(marker.org_tag, company.key, deal.id, marker.revision)
        self.taken.add((company.key, document.draft_id))
        adopted = Adopt(
            company=company.key,
            deal_id=deal.id,
            deal_name=text.one_line(deal.name),
            revision=marker.revision,
            correlation_id=correlation,
            marker=str(marker),
            draft_id=document.draft_id,
            invoice=document.invoice,
            customer_id=document.customer_id,
            net=document.totals.net if screened.is_gross else screened.net,
            currency=screened.currency,
            content=content_hash(deal),
            target=document.target,
        )
        self.plan.actions.append(adopted)
        self.plan.warnings += found.warnings
        told = SyncState(DealStatus.DRAFT, None, None, correlation, company.key, document.draft_id)
        if document.invoice:
            status = deal_status(document.invoice, today=self.inputs.today)
            told = replace(told, status=status, invoice_number=document.invoice.number)
        self.plan.tell(deal, told, company.key, correlation)
