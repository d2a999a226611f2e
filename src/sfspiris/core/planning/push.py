"""Decides what won Deals become in the ledgers: which customers, invoice drafts or orders to make, and what waits for a person.

Top to bottom: a Deal that is in the ledger already is compared with what it said then. A new one is screened by its own
data, its customer is found (link, organisation number, VAT number, customer number) or planned, its draft is built with
the marker that carries the Deal's id, and its total is foretold; an order is the same draft under another name. Whatever is unclear becomes a hold, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core import vat, written
from sfspiris.core.actions import (
    Action,
    Adopt,
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    ExistingCustomer,
    NewCustomer,
    Plan,
    WriteDeal,
)
from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.identity import (
    Marker,
    content_hash,
    correlation_id,
    customer_key,
    customer_note,
    print_of,
    source_hash,
)
from sfspiris.core.lifecycle import deal_status
from sfspiris.core.model import DealStatus, DraftRow, SyncState
from sfspiris.core.planning import changed
from sfspiris.core.planning.adoption import (
    Searched,
    find_document,
    hold_when_unmarked_twin,
    waits_for_a_list,
)
from sfspiris.core.planning.changed import Wanted
from sfspiris.core.planning.customercare import CustomerCare, account_of
from sfspiris.core.planning.departed import departed
from sfspiris.core.planning.drafting import build_draft, draft_rows, known_terms, terms_id_for
from sfspiris.core.planning.findings import Findings, too_long
from sfspiris.core.planning.matching import Matched, match_customer
from sfspiris.core.planning.refused import hold_refused
from sfspiris.core.planning.rules import answer, check_books
from sfspiris.core.planning.screening import Screened, screen
from sfspiris.core.planning.updates import has_news
from sfspiris.core.routing import is_out_of_scope
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from sfspiris.core.model import (
        Customer,
        CustomerBase,
        Deal,
        DealLink,
        LedgerDraft,
        LedgerView,
        NewArticle,
    )
    from sfspiris.core.planning.adoption import Gap
    from sfspiris.core.planning.changed import Standing
    from sfspiris.core.planning.departed import Departed
    from sfspiris.core.planning.documents import Document, Documents
    from sfspiris.core.planning.refused import RefusedBefore
    from sfspiris.core.policy import CompanyPolicy, Policy
    from sfspiris.sentences import Sentence

FIRST_REVISION = 1
_MESSAGE_LENGTH = (
    255  # the length of Spiris_Sync_Message__c; the same words must compare equal in the next run
)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A write of an earlier run whose outcome nobody knows yet: what it concerns and the sentence to show."""

    company: str
    deal_id: str
    customer_key: str | None
    message: Sentence
    fix: Sentence
    article_key: str | None = None


@dataclass(frozen=True, slots=True)
class PushInputs:
    """Everything that the decision depends on.

    `links` by Deal id; `customer_links` by (company, buyer id) → the ledger's customer id, and `currency_links` by (company,
    buyer id, currency) for those that stand for Deals in one currency; `customer_bases` by (company,
    customer id) → what both sides last agreed on, and `made_customers` by (company,
    customer key) for those that we made ourselves. `ledgers` hold the companies that `companies_to_read` asked for,
    `documents` what was searched for documents that our memory does not know; `taken` are the draft ids, with their
    company, that stand for a Deal already; `parted` are (company, buyer id, customer id) that a person said are not the same. `standing` is what became of the drafts of Deals that have changed since, by
    Deal id; `departed` are linked Deals that are not won any more. `refused` are, by company and Deal id, the
    latest writes that the ledger refused; `asked` says that a person wants them tried again. `today` is a Swedish day.
    """

    deals: Sequence[Deal]
    policy: Policy
    today: date
    links: Mapping[str, DealLink] = field(default_factory=dict)
    customer_links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    currency_links: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    customer_bases: Mapping[tuple[str, str], CustomerBase] = field(default_factory=dict)
    made_customers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unresolved: Sequence[Unresolved] = ()
    ledgers: Mapping[str, LedgerView] = field(default_factory=dict)
    documents: Mapping[str, Documents] = field(default_factory=dict)
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    standing: Mapping[str, Standing] = field(default_factory=dict)
    departed: Sequence[Departed] = ()
    refused: Mapping[tuple[str, str], RefusedBefore] = field(default_factory=dict)
    asked: bool = False
    taken: Collection[tuple[str, str]] = ()
    parted: Collection[tuple[str, str, str]] = ()

    def speaks_for(self, deal: Deal, company: str, customer_id: str) -> bool:
        """Whether the Deal's account may still say what its document's customer is like: no person has parted them since."""
        buyer_id = deal.buyer.id if deal.buyer else ""
        now = self.customer_links.get((company, buyer_id), customer_id)
        return now == customer_id and (company, buyer_id, customer_id) not in self.parted


def companies_to_read(inputs: PushInputs) -> frozenset[str]:
    """The companies whose ledger the decision needs: those with a new or changed Deal that passes every rule on its own data."""
    new = frozenset(
        screened.company.key
        for deal in inputs.deals
        if (
            (link := inputs.links.get(deal.id)) is None
            or changed.needs_comparison(deal, link)
            or changed.is_made_again(deal, link)
        )
        and (screened := screen(deal, inputs.policy, today=inputs.today)[0])
    )
    return new | {company for deal in inputs.deals if (company := _company_with_news(deal, inputs))}


def _company_with_news(deal: Deal, inputs: PushInputs) -> str | None:
    """The company of a Deal that is in its ledger already, when the account says something new since."""
    link = inputs.links.get(deal.id)
    if link is None or (customer := account_of(deal, link, inputs.policy, today=inputs.today)) is None:
        return None
    if not inputs.speaks_for(deal, link.company, link.customer_id):
        return None
    known = inputs.customer_bases.get((link.company, link.customer_id))
    if known is not None and deal.buyer is not None and known.buyer_id != deal.buyer.id:
        return None
    is_news = has_news(customer, known, company=link.company, customer_id=link.customer_id)
    return link.company if is_news else None


def decide(inputs: PushInputs, *, limit: int | None = None) -> Plan:
    """The plan for these Deals: same inputs, same plan.

    Deals are taken in the order of their closing day and id. `limit` bounds how many Deals get a draft; those beyond it
    are left for a later run.
    """
    plan = _Draughtsman(inputs, limit)
    for deal in sorted(inputs.deals, key=lambda one: (one.closed_on, one.id)):
        plan.take(deal)
    for gone in sorted(inputs.departed, key=lambda one: one.deal_id):
        plan.take_leave(gone)
    return plan.finish()


@dataclass(slots=True)
class _Draughtsman:
    """Builds one plan, Deal by Deal; remembers the customers that earlier Deals of the same plan already make."""

    inputs: PushInputs
    limit: int | None
    actions: list[Action] = field(default_factory=list)
    write_backs: list[WriteDeal] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    warnings: list[Warn] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    out_of_scope: list[str] = field(default_factory=list)
    new_customers: dict[tuple[str, str], CreateCustomer] = field(default_factory=dict)
    buyers: dict[tuple[str, str], tuple[str, str | None]] = field(default_factory=dict)
    new_articles: set[tuple[str, str]] = field(default_factory=set)
    care: CustomerCare = field(init=False)
    taken: set[tuple[str, str]] = field(init=False)
    drafts: int = 0

    def __post_init__(self) -> None:
        self.taken = set(self.inputs.taken)
        self.care = CustomerCare(self.inputs.ledgers, self.inputs.customer_bases)

    def take(self, deal: Deal) -> None:
        """Decide about one Deal."""
        link = self.inputs.links.get(deal.id)
        unresolved = next(
            (one for one in self.inputs.unresolved if one.deal_id == deal.id and one.article_key is None),
            None,
        )
        if unresolved is not None and (link is None or unresolved.customer_key is None):
            self._wait(deal, unresolved, link)
        elif link is not None:
            self._compare(deal, link)
        elif is_out_of_scope(deal, self.inputs.policy):
            self._leave_out(deal)
        else:
            self._invoice(deal)

    def _leave_out(self, deal: Deal) -> None:
        """A route says that the Deal is none of ours; where it was told to wait before, that is taken back."""
        self.out_of_scope.append(deal.id)
        if deal.sync.status == DealStatus.HELD:
            self._tell(deal, SyncState(), None, None)

    def take_leave(self, gone: Departed) -> None:
        """Decide about a linked Deal that is not won any more."""
        link = self.inputs.links.get(gone.deal_id)
        if link is None or (hold := departed(gone, link, self.inputs.policy)) is None:
            return
        self.holds.append(hold)
        if not gone.is_deleted:
            told = replace(link.told, code=hold.code, message=for_sales([hold]))
            self._write_back(gone.deal_id, gone.sync, told, link.company, link.correlation_id)

    def finish(self) -> Plan:
        """The plan so far; what tells the CRM comes after what it tells about."""
        return Plan(
            (*self.actions, *self.write_backs),
            tuple(self.holds),
            tuple(self.warnings),
            tuple(self.unchanged),
            tuple(self.care.remembered),
            tuple(self.out_of_scope),
        )

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
            self.holds += found.holds
            self._tell(deal, link.told, link.company, link.correlation_id)
        elif link.code == HoldCode.INVOICE_UNCERTAIN:
            changed.hold_uncertain(link, found)
            self.holds += found.holds
            self._tell(deal, link.told, link.company, link.correlation_id)
        elif changed.is_settled(deal, link):
            self._leave(deal, link)
        elif link.invoice_id:
            changed.hold_invoiced(link, link.invoice_number, found)
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
            changed.hold_invoiced(link, standing.invoice.number, found)
        elif standing.has_moved_on:
            if content_hash(deal) == link.content:
                self._leave(deal, link)
                return
            changed.hold_moved_on(link, found)
        elif changed.is_young(link, standing.read_at, self.inputs.policy.settle):
            changed.hold_not_seen(link, found)
        else:
            changed.hold_deleted(link, found)
        self._hold_document(deal, link, found)

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
        wanted = self._wanted(screened, marker, link.correlation_id, found)
        if wanted is None:
            self._hold_document(deal, link, found)
            return
        ledger = self.inputs.ledgers[link.company]
        action = changed.update(link, standing, wanted, ledger, found)
        if found.holds:
            self._hold_document(deal, link, found)
        elif action is None:
            self._leave(deal, link)
        elif not self._was_refused(deal, link.company, wanted, found) and not self._is_over_limit():
            self.warnings += found.warnings
            self._add_customer(wanted.customer)
            self._add_articles(screened.company, wanted.articles, deal, link.correlation_id)
            self.actions.append(action)
            told = replace(link.told, code=None, message=None)
            self._tell(deal, told, link.company, link.correlation_id)

    def _leave(self, deal: Deal, link: DealLink) -> None:
        """The document is what it should be."""
        self.unchanged.append(deal.id)
        self._tell(deal, link.told, link.company, link.correlation_id)

    def _hold_document(self, deal: Deal, link: DealLink, found: Findings) -> None:
        self._hold(deal, found, keep=link.told, correlation=link.correlation_id)

    def _keep_in_step(
        self, deal: Deal, company: CompanyPolicy, customer: Customer, customer_id: str, correlation: str
    ) -> None:
        found = Findings(deal, self.inputs.policy, company)
        update = self.care.update(customer, customer_id, found, correlation)
        self.warnings += found.warnings
        if update is not None:
            self.actions.append(update)

    # --- a Deal whose earlier write has no known outcome -----------------------------------------------------------

    def _wait(self, deal: Deal, unresolved: Unresolved, link: DealLink | None) -> None:
        found = Findings(deal, self.inputs.policy, self.inputs.policy.companies.get(unresolved.company))
        found.hold(HoldCode.OUTCOME_UNKNOWN, unresolved.message, unresolved.fix)
        if link is None:
            self._hold(deal, found)
        else:
            self._hold_document(deal, link, found)

    # --- a new Deal ------------------------------------------------------------------------------------------------

    def _invoice(self, deal: Deal, revision: int = FIRST_REVISION) -> None:
        screened, found = screen(deal, self.inputs.policy, today=self.inputs.today)
        if screened is None:
            self._hold(deal, found)
            return
        company = screened.company
        marker = Marker(deal.id, revision, self.inputs.policy.org_tag)
        correlation = correlation_id(self.inputs.policy.org_tag, company.key, deal.id, revision)
        ledger = self.inputs.ledgers[company.key]
        searched = Searched(self.inputs.documents, self.inputs.gaps, self.taken)
        document = find_document(screened, marker, searched, ledger.customers, found)
        if found.holds:
            self._hold(deal, found, is_told=not waits_for_a_list(screened, marker, searched))
            return
        if document is not None:
            self._adopt(screened, found, document, marker, correlation)
            return
        wanted = self._wanted(screened, marker, correlation, found)
        if wanted is not None and isinstance(wanted.customer, ExistingCustomer):
            hold_when_unmarked_twin(screened, wanted.customer, marker, searched, found, net=wanted.net)
        if found.holds or wanted is None:
            self._hold(deal, found)
            return
        if self._was_refused(deal, company.key, wanted, found):
            return
        if self._is_over_limit():
            return
        self.warnings += found.warnings
        self._add_customer(wanted.customer)
        self._add_articles(company, wanted.articles, deal, correlation)
        customer = wanted.customer
        if isinstance(customer, ExistingCustomer):
            self._keep_in_step(deal, company, screened.customer, customer.id, correlation)
        self.actions.append(
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
        self._tell(deal, told, company.key, correlation)

    def _wanted(self, screened: Screened, marker: Marker, correlation: str, found: Findings) -> Wanted | None:
        """The draft as the Deal would have it; None with a hold."""
        ledger = self.inputs.ledgers[screened.company.key]
        check_books(screened, ledger, found, today=self.inputs.today)
        terms_id = terms_id_for(screened.payment_terms_days, screened, ledger, found)
        customer = self._customer(screened, ledger, found, correlation)
        known = (
            self.care.expected(screened.customer, customer.id, found)
            if isinstance(customer, ExistingCustomer)
            else None
        )
        drafted = draft_rows(screened, known, ledger, found, today=self.inputs.today)
        self._wait_for_articles(screened.company, drafted.articles, found)
        rows = drafted.rows
        if screened.comment:
            rows = (*rows, DraftRow(text=screened.comment))
        draft = build_draft(screened, rows, terms_id, marker, found, today=self.inputs.today)
        if found.holds or customer is None:
            return None
        articles = {row.article_id for row in drafted.rows}
        to_krona = ledger.profile.rounds_to_krona and screened.currency == "SEK"
        foretold = vat.foretell(drafted.rows, to_krona=to_krona)
        return Wanted(
            draft=draft,
            customer=customer,
            customer_name=customer.customer.name if isinstance(customer, CreateCustomer) else customer.name,
            net=foretold.net,
            vat=foretold,
            basis=print_of(
                written.draft_fields(draft),
                screened.customer
                if isinstance(customer, CreateCustomer)
                else [one for one in ledger.customers if one.id == customer.id],
                [one for one in ledger.articles if one.id in articles],
                drafted.articles,
                ledger.profile,
                [one for one in ledger.terms if one.id == terms_id],
                screened.company.target,
            ),
            articles=drafted.articles,
            vat_reasons=drafted.reasons,
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
                self.holds += found.holds
                self._tell(deal, deal.sync, company, deal.sync.correlation_id)
                return True
        return False

    def _is_over_limit(self) -> bool:
        """Whether this Deal is beyond the number that was asked for; else it counts."""
        if self.limit is not None and self.drafts >= self.limit:
            return True
        self.drafts += 1
        return False

    def _add_customer(self, customer: ExistingCustomer | CreateCustomer) -> None:
        """Make the customer before the first document that needs it, once."""
        if (
            isinstance(customer, CreateCustomer)
            and (customer.company, customer.key) not in self.new_customers
        ):
            self.new_customers[customer.company, customer.key] = customer
            self.actions.append(customer)

    def _wait_for_articles(
        self, company: CompanyPolicy, articles: Sequence[NewArticle], found: Findings
    ) -> None:
        """Hold a Deal that needs an article of which an earlier run does not know whether it was made."""
        for article in articles:
            if any(
                one.company == company.key and one.article_key == article.number.casefold()
                for one in self.inputs.unresolved
            ):
                found.hold(
                    HoldCode.OUTCOME_UNKNOWN,
                    say(
                        "Whether %(ledger)s created the article %(number)s is not known yet.",
                        ledger=company.ledger,
                        number=article.number,
                    ),
                    say("Run again later; the article is looked up first and never created twice."),
                )

    def _add_articles(
        self, company: CompanyPolicy, articles: Sequence[NewArticle], deal: Deal, correlation: str
    ) -> None:
        """Plan each article once, before the first draft that needs it."""
        for article in articles:
            action = CreateArticle(company.key, deal.id, correlation, article)
            if (company.key, action.key) not in self.new_articles:
                self.new_articles.add((company.key, action.key))
                self.actions.append(action)

    def _adopt(
        self, screened: Screened, found: Findings, document: Document, marker: Marker, correlation: str
    ) -> None:
        """Take over what the ledger has for this Deal already."""
        deal, company = screened.deal, screened.company
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
        self.actions.append(adopted)
        self.warnings += found.warnings
        told = SyncState(DealStatus.DRAFT, None, None, correlation, company.key, document.draft_id)
        if document.invoice:
            status = deal_status(document.invoice, today=self.inputs.today)
            told = replace(told, status=status, invoice_number=document.invoice.number)
        self._tell(deal, told, company.key, correlation)

    def _customer(
        self, screened: Screened, ledger: LedgerView, found: Findings, correlation: str
    ) -> ExistingCustomer | CreateCustomer | None:
        company, buyer = screened.company, screened.deal.buyer
        if buyer is None:  # screening has held such a Deal
            raise AssertionError(screened.deal.id)
        made = self._made(screened, ledger)
        linked = self.inputs.currency_links.get((company.key, buyer.id, screened.currency))
        matched = match_customer(
            screened,
            ledger.customers,
            found,
            linked=linked or self.inputs.customer_links.get((company.key, buyer.id)),
            made=made,
            parted={one for key, who, one in self.inputs.parted if (key, who) == (company.key, buyer.id)},
        )
        if matched is Matched.HELD:
            return None
        if isinstance(matched, ExistingCustomer):
            known = self.inputs.customer_bases.get((company.key, matched.id))
            if known is not None:
                self.buyers.setdefault((company.key, matched.id), (known.buyer_id, None))
            self._note_twin(company, matched.id, matched.name, screened, found)
            return matched
        if made is not None:
            found.hold(
                HoldCode.CUSTOMER_INACTIVE,
                say(
                    "An earlier run made the customer %(name)s, but %(ledger)s does not list it.",
                    name=screened.customer.name,
                    ledger=company.ledger,
                ),
                say(
                    "If it was just made, run again in a while. If it was deleted in %(ledger)s, make it there again, "
                    "with its organisation number or VAT number, or give the account its customer number.",
                    ledger=company.ledger,
                ),
                about="customer_number",
            )
            return None
        return self._new_customer(screened, buyer.id, ledger, found, correlation)

    def _key(self, screened: Screened, currency: str | None = None) -> str:
        tag, company = self.inputs.policy.org_tag, screened.company.key
        return customer_key(tag, company, _natural_key(screened), currency)

    def _keys(self, screened: Screened) -> tuple[str, ...]:
        """The key of the customer as it would be made now, and the one that it was made under before the rule was changed."""
        return tuple(dict.fromkeys((self._key(screened, _second_currency(screened)), self._key(screened))))

    def _made(self, screened: Screened, ledger: LedgerView) -> str | None:
        """The customer that an earlier run made; the buyer's other customer, in the currency of the books, is not it."""
        own, *before = self._keys(screened)
        company = screened.company.key
        if made := self.inputs.made_customers.get((company, own)):
            return made
        others = {one.id for one in ledger.customers if one.currency and one.currency != screened.currency}
        known = (self.inputs.made_customers.get((company, key)) for key in before)
        return next((one for one in known if one is not None and one not in others), None)

    def _new_customer(
        self, screened: Screened, buyer_id: str, ledger: LedgerView, found: Findings, correlation: str
    ) -> CreateCustomer | None:
        company, keys = screened.company, self._keys(screened)
        key = keys[0]
        if any(one.company == company.key and one.customer_key in keys for one in self.inputs.unresolved):
            found.hold(
                HoldCode.OUTCOME_UNKNOWN,
                say(
                    "Whether %(ledger)s created the customer %(name)s is not known yet.",
                    ledger=company.ledger,
                    name=screened.customer.name,
                ),
                say("Run again later; the customer is looked up first and never created twice."),
            )
            return None
        planned = self.new_customers.get((company.key, key))
        name = planned.customer.name if planned else screened.customer.name
        self._note_twin(company, key, name, screened, found)
        if planned:
            if planned.customer.currency != screened.currency:
                found.hold(
                    HoldCode.CURRENCY_MISMATCH,
                    say(
                        "The deal is in %(currency)s, but another deal makes the customer in "
                        "%(other)s; %(ledger)s keeps one currency per customer.",
                        currency=screened.currency,
                        other=planned.customer.currency,
                        ledger=company.ledger,
                    ),
                    say(
                        "Create the customer for %(currency)s in %(ledger)s and link it by its customer number, or let "
                        'it be made: [companies.%(company)s.customers] per_currency = "create".',
                        currency=screened.currency,
                        ledger=company.ledger,
                        company=company.key,
                    ),
                    about="currency",
                    value=screened.currency,
                )
                return None
            return planned
        number = _own_number(screened, ledger, found)
        days = screened.payment_terms_days
        if days is None:
            days = company.default_terms_days
            terms_id = terms_id_for(days, screened, ledger, found)
        else:  # a hold about it has been noted for the draft already
            terms_id = known_terms(days, ledger)
        if terms_id is None or found.holds:
            return None
        return CreateCustomer(
            company=company.key,
            key=key,
            buyer_id=buyer_id,
            deal_id=screened.deal.id,
            correlation_id=correlation,
            customer=replace(
                screened.customer,
                payment_terms_days=days,
                number=number,
                note=customer_note(buyer_id, self.inputs.policy.org_tag, _second_currency(screened)),
                sells_construction=_sells_construction(screened),
            ),
            terms_id=terms_id,
            basis=print_of(screened.customer, number, days, terms_id, ledger.profile),
        )

    def _note_twin(
        self, company: CompanyPolicy, who: str, name: str, screened: Screened, found: Findings
    ) -> None:
        """Warn when two accounts of the CRM turn out to be one customer; there is still only one in the ledger.

        The account that came first speaks for it: `name` is what the customer is called.
        """
        buyer_id = screened.deal.buyer.id if screened.deal.buyer else ""
        mine = (buyer_id, screened.customer.name)
        first, first_name = self.buyers.setdefault((company.key, who), mine)
        if first != buyer_id:
            other = f"{first_name} ({first})" if first_name else first
            found.warn(
                WarningCode.DUPLICATE_SOURCE,
                say(
                    "The accounts %(other)s and %(mine)s (%(id)s) in Salesforce are one customer in %(ledger)s, "
                    "called %(name)s; its name, address and other fields follow the account %(first)s. "
                    "Merge the accounts in Salesforce when it suits you.",
                    other=other,
                    mine=mine[1],
                    id=buyer_id,
                    ledger=company.ledger,
                    name=name,
                    first=first,
                ),
            )

    # --- what the CRM is told --------------------------------------------------------------------------------------

    def _hold(
        self,
        deal: Deal,
        found: Findings,
        *,
        keep: SyncState | None = None,
        correlation: str | None = None,
        is_told: bool = True,
    ) -> None:
        self.holds += found.holds
        self.warnings += found.warnings
        if not is_told:
            return
        first = found.holds[0]
        tag = self.inputs.policy.org_tag
        correlation = correlation or correlation_id(tag, first.company or "", deal.id, FIRST_REVISION)
        told = replace(
            keep
            or SyncState(
                status=DealStatus.HELD,
                company=first.company,
                correlation_id=correlation,
                draft_id=deal.sync.draft_id,
                invoice_number=deal.sync.invoice_number,
            ),
            code=first.code,
            message=for_sales(found.holds),
        )
        self._tell(deal, told, first.company, correlation)

    def _tell(self, deal: Deal, told: SyncState, company: str | None, correlation: str | None) -> None:
        self._write_back(deal.id, deal.sync, told, company, correlation, answers=deal.retry)

    def _write_back(
        self,
        deal_id: str,
        sync: SyncState,
        told: SyncState,
        company: str | None,
        correlation: str | None,
        *,
        answers: bool = False,
    ) -> None:
        known = self.inputs.policy.sync_fields
        before, after = sync.only(known), told.only(known)
        answers = answers and bool(known)
        if before != after or answers:
            self.write_backs.append(WriteDeal(deal_id, company, correlation, before, after, answers))


def for_sales(holds: Iterable[Hold]) -> str:
    """The reasons as they fit into the field on the Deal; the code and the run's report keep every word."""
    words = " ".join(f"{hold.message} {hold.fix}" for hold in holds)
    return words if len(words) <= _MESSAGE_LENGTH else words[: _MESSAGE_LENGTH - 1].rstrip() + "…"


def _sells_construction(screened: Screened) -> bool:
    """Whether the customer is to be marked for reverse charge on building services, which its VAT number must go with."""
    buyer, customer = screened.deal.buyer, screened.customer
    says = buyer is not None and answer(buyer.sells_construction) is True
    return says and customer.country == "SE" and customer.vat_number is not None


_NUMBER_LENGTH: Final = 16
"""Characters of a customer number. Source: Spiris' API document, Customer.CustomerNumber."""


def _own_number(screened: Screened, ledger: LedgerView, found: Findings) -> str | None:
    """The number that the CRM gives a new customer; None where the ledger numbers it, or with a hold.

    A buyer's second customer, for another currency, is numbered by the ledger: a number names one customer only.
    """
    company, number = screened.company, screened.customer_number
    if not company.numbers_from_crm or _second_currency(screened):
        return None
    name = screened.customer.name
    if number is None:
        found.hold(
            HoldCode.REFERENCE_MISSING,
            say(
                "%(name)s is new in %(ledger)s and has no customer number in Salesforce, which is where numbers come from.",
                name=name,
                ledger=company.ledger,
            ),
            say(
                "Fill in the customer number, or let %(ledger)s number customers: "
                '[companies.%(company)s.customers] numbers = "spiris".',
                ledger=company.ledger,
                company=company.key,
            ),
            about="customer_number",
        )
    elif text.length(number) > _NUMBER_LENGTH:
        too_long(found, "customer_number", number, _NUMBER_LENGTH)
    elif any(one.number.strip().casefold() == number.casefold() for one in ledger.customers):
        found.hold(
            HoldCode.CUSTOMER_AMBIGUOUS,
            say(
                "Customer number %(number)s of %(name)s is another customer's in %(ledger)s.",
                number=number,
                name=name,
                ledger=company.ledger,
            ),
            say(
                "Correct the number in Salesforce, or match customers by customer number if they are the same."
            ),
            about="customer_number",
            value=number,
        )
    return number


def _second_currency(screened: Screened) -> str | None:
    """The currency of a customer that is made beside the one in the currency of the books; None for that one."""
    company = screened.company
    is_second = company.customer_per_currency and screened.currency != company.currency
    return screened.currency if is_second else None


def _natural_key(screened: Screened) -> str:
    customer = screened.customer
    buyer_id = screened.deal.buyer.id if screened.deal.buyer else ""
    return customer.orgnr or customer.vat_number or buyer_id
