"""A CRM and a ledger in memory that keep their ports' promises, and break down when told to.

They are the other side's truth in tests of the engine: what stands in `FakeLedger.made` is what finance would see.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sfspiris.core import vat
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.explain import SourceSeen
from sfspiris.core.identity import print_of
from sfspiris.core.model import (
    SYNC_FIELDS,
    Article,
    Buyer,
    Coding,
    CompanyProfile,
    CostCentre,
    Customer,
    Deal,
    Draft,
    FiscalYear,
    Invoice,
    LedgerCustomer,
    LedgerDraft,
    NewArticle,
    PaymentTerms,
    Project,
    Readiness,
    Target,
    Totals,
    Unit,
)
from sfspiris.core.paper import Paper
from sfspiris.core.receivables import values
from sfspiris.engine.crew import Alone, answered
from sfspiris.engine.world import ServerClock, World
from sfspiris.errors import BrokenReply, OutcomeUnknown, OutOfQuota, Refused, Unreachable, VatNumberUnchecked
from sfspiris.ports.crm import (
    DealBatch,
    DealUpdate,
    Fate,
    InvoiceFiles,
    KnownDeal,
    NewFile,
    Reach,
    Selection,
    Showing,
    Witness,
    WriteResult,
)
from sfspiris.state.store import State, open_state
from shorthand import (
    ARTICLES,
    CAPABILITIES,
    CODINGS,
    COST_CENTRES,
    NOW,
    POLICY,
    PROJECTS,
    TERMS,
    UNITS,
    YEARS,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from sfspiris.core.actions import Change
    from sfspiris.core.capabilities import Capabilities
    from sfspiris.core.conversion import Conversion
    from sfspiris.core.policy import Policy
    from sfspiris.core.receivables import AccountSummary, InvoiceRecord, Shown, Value
    from sfspiris.engine.crew import Answer, Crew


class Killed(BaseException):
    """The process died here; nothing that handles errors may run."""


class Shuffled:
    """A crew whose calls reach the other side in an order that chance decides, which a seed repeats.

    When the process dies in one of them, the others under way have reached the other side or have not, as it happens.
    """

    def __init__(self, chance: random.Random, *, size: int) -> None:
        self.size = size
        self.most = 0  # under way at the same time, so far
        self._chance = chance
        self._under_way: dict[int, Callable[[], object]] = {}

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    def give(self, number: int, call: Callable[[], object]) -> None:
        self._under_way[number] = call
        self.most = max(self.most, len(self._under_way))

    def answer(self) -> Answer:
        number = self._chance.choice(sorted(self._under_way))
        try:
            return answered(number, self._under_way.pop(number))
        except Killed:
            left, self._under_way = self._under_way, {}
            for call in left.values():
                if self._chance.random() < 0.5:
                    with suppress(Exception, Killed):
                        call()
            raise


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("The reply was lost.", remedy="Run again.")


def refused() -> Refused:
    return Refused("Spiris refused it.", remedy="Mend it.", vendor_code="2000", details="Name")


def vies_down() -> VatNumberUnchecked:
    return VatNumberUnchecked(
        "VIES does not answer.", remedy="Wait.", vendor_code="2000", details="VatNumber"
    )


def unreachable() -> Unreachable:
    return Unreachable("No connection.", remedy="Run again.")


def over_quota(seconds: float = 2) -> OutOfQuota:
    return OutOfQuota("Too many calls.", remedy="Wait.", retry_after=seconds)


@dataclass
class Trouble:
    """What goes wrong at the nth call of one kind: before the work is done, or after."""

    before: dict[int, Callable[[], BaseException]] = field(default_factory=dict)
    after: dict[int, Callable[[], BaseException]] = field(default_factory=dict)


@dataclass
class FakeCrm:
    """Won deals by id, those that are won no more, and those that are open. `time` is its clock; every write moves a deal's stamp, as in Salesforce."""

    deals: dict[str, Deal] = field(default_factory=dict)
    reopened: dict[str, Deal] = field(default_factory=dict)
    open: dict[str, Deal] = field(default_factory=dict)
    binned: dict[str, Deal] = field(default_factory=dict)
    buyers: dict[str, Buyer] = field(default_factory=dict)  # accounts beyond those of the deals
    time: datetime = NOW
    trouble: Trouble = field(default_factory=Trouble)  # counted in calls
    write_trouble: Trouble = field(default_factory=Trouble)  # counted in calls that write
    broken: dict[str, str] = field(default_factory=dict)  # deal id → error of every save
    writable: frozenset[str] = SYNC_FIELDS
    lacks: tuple[str, ...] = ()
    shown_fields: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    rates: dict[str, Conversion] = field(default_factory=dict)
    invoices: dict[str, dict[str, Value]] = field(default_factory=dict)
    accounts: dict[str, dict[str, Value]] = field(default_factory=dict)
    shown_at: dict[str, datetime] = field(default_factory=dict)
    files: list[NewFile] = field(default_factory=list)
    file_trouble: Trouble = field(default_factory=Trouble)  # counted in calls of attach
    attempts: int = 0
    calls: int = 0
    writes: int = 0
    saved: list[DealUpdate] = field(default_factory=list)
    org_id: str = "00D000000000001AAA"

    def add(self, *deals: Deal) -> None:
        for one in deals:
            self.deals[one.id] = replace(one, changed_at=self.time)

    def field_names(self) -> Mapping[str, str]:
        return {}

    def record_url(self, record_id: str) -> str:
        return f"https://crm.example/{record_id}"

    def read_deals(self, selection: Selection) -> DealBatch:
        self.calls += 1
        reached = {
            Reach.WON: self.deals,
            Reach.OPEN: self.open,
            Reach.ANY: self.deals | self.open | self.reopened,
        }
        found = [
            one
            for one in reached[selection.reach].values()
            if (selection.changed_since is None or one.changed_at >= selection.changed_since)
            and (selection.closed_from is None or one.closed_on >= selection.closed_from)
            and (selection.closed_to is None or one.closed_on <= selection.closed_to)
            and (selection.ids is None or one.id in selection.ids)
        ]
        return DealBatch(tuple(sorted(found, key=lambda one: (one.changed_at, one.id))), self.time)

    def trace(self, deal_id: str) -> tuple[SourceSeen, ...]:
        self.calls += 1
        found = (self.deals | self.open | self.reopened)[deal_id]
        return (SourceSeen("our_reference", (("Owner.Name", found.our_reference),), "Owner.Name"),)

    def exist(self, ids: Iterable[str]) -> Mapping[str, KnownDeal]:
        return {one: KnownDeal("Affär", "Prospecting") for one in ids if one.startswith("006")}

    def fates(
        self, *, changed_since: datetime | None = None, ids: Iterable[str] | None = None
    ) -> tuple[Fate, ...]:
        self.calls += 1
        wanted = None if ids is None else set(ids)
        stages = {"Closed Won": self.deals, "Prospecting": self.reopened, "": self.binned}
        return tuple(
            Fate(one.id, one.name, stage, stage == "", one.owner_name, one.sync)
            for stage, kept in stages.items()
            for one in kept.values()
            if (wanted is None or one.id in wanted)
            and (changed_since is None or one.changed_at >= changed_since)
        )

    def witnesses(self, *, changed_since: datetime | None) -> tuple[Witness, ...]:
        if "correlation_id" not in self.writable:
            return ()
        self.calls += 1
        told = [
            Witness(one.id, one.sync.correlation_id, one.sync.company, one.changed_at)
            for kept in (self.deals, self.reopened, self.binned)
            for one in kept.values()
            if one.sync.correlation_id and (changed_since is None or one.changed_at >= changed_since)
        ]
        latest = sorted(told, key=lambda one: one.at, reverse=True)
        return tuple(latest if changed_since else latest[:200])

    def leave(self, deal_id: str, *, deleted: bool = False) -> None:
        """The deal is reopened or lost, or deleted."""
        gone = replace(self.deals.pop(deal_id), changed_at=self.time)
        (self.binned if deleted else self.reopened)[deal_id] = gone

    def shortcomings(self) -> tuple[str, ...]:
        return self.lacks

    def sync_fields(self) -> frozenset[str]:
        return self.writable

    def missing_sync_fields(self) -> tuple[str, ...]:
        return tuple(sorted(SYNC_FIELDS - self.writable))

    def receivable_fields(self) -> tuple[frozenset[str], frozenset[str]]:
        return self.shown_fields

    def missing_receivable_fields(self, *, invoices: bool, accounts: bool) -> tuple[str, ...]:
        return ("Spiris_Invoice__c",) * invoices + ("Account.Spiris_Open_Balance__c",) * accounts

    def files_unavailable(self) -> str | None:
        return None

    def invoice_files(self, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, InvoiceFiles]:
        self.calls += 1
        found = {}
        for key, names in wanted.items():
            own = [one for one in self.files if one.name in names]
            document = f"069-{own[0].record_id}" if own else None
            record = f"record of {key}" if key in self.invoices else None
            found[key] = InvoiceFiles(record, document, frozenset(one.name for one in own))
        return found

    def file_names(self, names: Sequence[str]) -> Mapping[str, str]:
        self.calls += 1
        return {one.name: f"069-{one.record_id}" for one in self.files if one.name in names}

    def attach(self, file: NewFile) -> str:
        self.calls += 1
        self.attempts += 1
        _strike(self.file_trouble.before, self.attempts)
        self.files.append(file)
        _strike(self.file_trouble.after, self.attempts)
        return f"068-{len(self.files)}"

    def read_invoices(self) -> Mapping[str, Mapping[str, Value]]:
        self.calls += 1
        return dict(self.invoices)

    def read_accounts(self, accounts: Iterable[str]) -> Mapping[str, Mapping[str, Value]]:
        self.calls += 1
        return {one: self.accounts[one] for one in accounts if one in self.accounts}

    def read_shown(self, *, changed_since: datetime | None, accounts: Iterable[str] = ()) -> Showing:
        self.calls += 1
        own = set(accounts)

        def is_wanted(key: str) -> bool:
            return changed_since is None or self.shown_at.get(key, self.time) >= changed_since

        return Showing(
            {key: one for key, one in self.invoices.items() if is_wanted(key)},
            {
                key: one
                for key, one in self.accounts.items()
                if is_wanted(key) and (key in own or changed_since)
            },
            frozenset(),
            self.time,
        )

    def invoices_at_once(self, count: int) -> int:
        return min(count, 200) or 1

    def conversions(self, wanted: Iterable[tuple[str, date]]) -> Mapping[tuple[str, date], Conversion]:
        self.calls += 1
        _strike(self.trouble.before, self.calls)
        return {key: self.rates[key[0]] for key in wanted if key[0] in self.rates}

    def write_readiness(self, told: Sequence[tuple[str, Readiness]]) -> list[WriteResult]:
        self.writes += 1
        _strike(self.write_trouble.before, self.writes)
        for deal_id, readiness in told:
            self.open[deal_id] = replace(self.open[deal_id], readiness=readiness)
        return [WriteResult(deal_id, self.broken.get(deal_id)) for deal_id, _ in told]

    def is_account(self, buyer_id: str) -> bool:
        return not buyer_id.startswith("003")

    def write_invoices(self, records: Sequence[InvoiceRecord]) -> list[WriteResult]:
        return [self._show(self.invoices, one.external_id, one) for one in records]

    def write_accounts(self, summaries: Sequence[AccountSummary]) -> list[WriteResult]:
        return [self._show(self.accounts, one.account, one) for one in summaries]

    def read_buyers(self, ids: Iterable[str] | None = None) -> tuple[Buyer, ...]:
        self.calls += 1
        deals = (self.deals | self.open | self.reopened).values()
        known = {one.buyer.id: one.buyer for one in deals if one.buyer is not None} | self.buyers
        wanted = None if ids is None else set(ids)
        return tuple(known[one] for one in sorted(known) if wanted is None or one in wanted)

    def write_customer_numbers(self, numbers: Mapping[str, str | None]) -> list[WriteResult]:
        self.calls += 1
        self.writes += 1
        return [WriteResult(one, self.broken.get(one)) for one in numbers]

    def _show(self, kept: dict[str, dict[str, Value]], key: str, shown: Shown) -> WriteResult:
        self.writes += 1
        if error := self.broken.get(key):
            return WriteResult(key, error)
        kept[key] = values(shown)
        self.shown_at[key] = self.time
        return WriteResult(key)

    def write_deals(self, updates: Sequence[DealUpdate]) -> list[WriteResult]:
        self.calls += 1
        self.writes += 1
        nth, nth_write = self.calls, self.writes
        _strike(self.trouble.before, nth)
        _strike(self.write_trouble.before, nth_write)
        results = []
        for one in updates:
            kept = self.deals if one.deal_id in self.deals else self.reopened
            error = self.broken.get(one.deal_id) or (
                None if one.deal_id in kept else "ENTITY_IS_DELETED: borttagen"
            )
            if error is None:
                self.saved.append(one)
                before = kept[one.deal_id]
                retry = before.retry and not one.clear_retry
                kept[one.deal_id] = replace(before, sync=one.sync, retry=retry, changed_at=self.time)
            results.append(WriteResult(one.deal_id, error))
        _strike(self.trouble.after, nth)
        _strike(self.write_trouble.after, nth_write)
        return results


@dataclass
class FakeLedger:
    """One company's books. `creates` counts every create that reached it, also those whose reply was lost.

    `sent` keeps what each draft was made from, whatever finance does to it later. Lists show a new record only once
    `lag` has passed.
    """

    company: str = "se"
    time: Callable[[], datetime] = lambda: NOW
    known: list[LedgerCustomer] = field(default_factory=list)
    made: list[LedgerDraft] = field(default_factory=list)
    new_articles: list[Article] = field(default_factory=list)
    booked: list[Invoice] = field(default_factory=list)
    said: dict[str, LedgerDraft] = field(
        default_factory=dict
    )  # what each invoice says, as the draft that it was
    sent: dict[str, Draft] = field(default_factory=dict)
    customer_updates: list[tuple[str, tuple[Change, ...]]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)  # ids that lists do not show yet
    lag: timedelta = timedelta(0)
    listed_from: dict[str, datetime] = field(default_factory=dict)
    trouble: Trouble = field(default_factory=Trouble)
    update_trouble: Trouble = field(default_factory=Trouble)
    link_trouble: Trouble = field(default_factory=Trouble)
    partner_links: list[tuple[str, str]] = field(default_factory=list)
    link_attempts: int = 0
    unprintable: set[str] = field(default_factory=set)
    delete_trouble: Trouble = field(default_factory=Trouble)
    deleted: list[str] = field(default_factory=list)
    off_by: Decimal = Decimal(0)
    vat_off_by: Decimal = Decimal(0)
    calls: int = 0
    creates: int = 0
    updates: int = 0
    attempts: int = 0  # to create or update, also those that were refused
    reads: Counter[str] = field(default_factory=Counter)
    capabilities: Capabilities = CAPABILITIES

    def profile(self) -> CompanyProfile:
        self._read("profile")
        return CompanyProfile("Norrsken", "5590000001", "SEK", uses_cost_centres=True, uses_projects=True)

    def customers(self) -> Sequence[LedgerCustomer]:
        self._read("customers")
        return [one for one in self.known if self.is_listed(one.id)]

    def has_customer(self, customer_id: str) -> bool:
        self._read("customer")
        return any(one.id == customer_id for one in self.known)

    def articles(self, *, fresh: bool = False) -> Sequence[Article]:
        self._read("articles, fresh" if fresh else "articles")
        return [*ARTICLES, *self.new_articles]

    def payment_terms(self) -> Sequence[PaymentTerms]:
        self._read("terms")
        return TERMS

    def codings(self) -> Sequence[Coding]:
        self._read("codings")
        return CODINGS

    def units(self) -> Sequence[Unit]:
        self._read("units")
        return UNITS

    def cost_centres(self) -> Sequence[CostCentre]:
        self._read("cost centres")
        return COST_CENTRES

    def projects(self) -> Sequence[Project]:
        self._read("projects")
        return PROJECTS

    def fiscal_years(self) -> Sequence[FiscalYear]:
        self._read("years")
        return YEARS

    def currencies(self) -> frozenset[str]:
        self._read("currencies")
        return frozenset({"SEK", "EUR"})

    def drafts(self) -> Sequence[LedgerDraft]:
        self._read("drafts")
        return [one for one in self.made if one.target is Target.DRAFT and self.is_listed(one.id)]

    def orders(self) -> Sequence[LedgerDraft]:
        self._read("orders")
        return [one for one in self.made if one.target is Target.ORDER and self.is_listed(one.id)]

    def invoices(self, *, modified_since: datetime | None = None) -> tuple[Sequence[Invoice], datetime]:
        self._read("invoices")
        return [
            one
            for one in self.booked
            if self.is_listed(one.id)
            and (modified_since is None or one.modified_at is None or one.modified_at >= modified_since)
        ], self.time()

    def invoice_contents(self, invoice_ids: Collection[str]) -> Mapping[str, LedgerDraft]:
        self._read("invoice contents")
        return {one: self.said[one] for one in invoice_ids if one in self.said}

    def invoice_pdf(self, invoice_id: str) -> bytes:
        self._read("prints")
        if invoice_id in self.unprintable:
            raise BrokenReply("No print.", remedy="Run again.")
        return b"%PDF-1.4 " + invoice_id.encode() + b" %%EOF"

    def draft_paper(self, draft_id: str, *, target: Target = Target.DRAFT) -> Paper | None:
        self._read("drafts")
        standing = self.draft(draft_id, target=target)
        return None if standing is None else Paper(target, "Exempel AB", standing.totals, ())

    def draft_pdf(self, draft_id: str, *, target: Target = Target.DRAFT) -> bytes | None:
        self._read("prints")
        standing = self.draft(draft_id, target=target)
        return None if standing is None or draft_id in self.unprintable else b"%PDF-1.4 %%EOF"

    def linked_drafts(self) -> Mapping[str, frozenset[str]]:
        self._read("partner links")
        return {
            draft: frozenset(address for other, address in self.partner_links if other == draft)
            for draft, _ in self.partner_links
        }

    def link_draft(self, draft_id: str, address: str, name: str) -> None:
        assert name
        self.link_attempts += 1
        _strike(self.link_trouble.before, self.link_attempts)
        self.partner_links.append((draft_id, address))
        _strike(self.link_trouble.after, self.link_attempts)

    def create_customer(self, customer: Customer, *, terms_id: str) -> LedgerCustomer:
        assert terms_id
        with self._create():
            number = str(max([1000, *(int(one.number) for one in self.known)]) + 1)
            created = LedgerCustomer(
                id=f"cust-{number}",
                number=number,
                name=customer.name,
                orgnr=customer.orgnr,
                vat_number=customer.vat_number,
                currency=customer.currency,
                country=customer.country,
                note=customer.note,
                address1=customer.address1,
                address2=customer.address2,
                postal_code=customer.postal_code,
                city=customer.city,
                email=customer.email,
                phone=customer.phone,
            )
            self.known.append(created)
            self.listed_from[created.id] = self.time() + self.lag
        return created

    def create_article(self, article: NewArticle) -> Article:
        with self._create():
            made = Article(
                id=f"art-{article.number}",
                number=article.number,
                name=article.name,
                is_active=True,
                vat_rate=article.coding.vat_rate,
                is_service=article.coding.is_service,
            )
            self.new_articles.append(made)
        return made

    def update_customer(self, customer_id: str, wanted: Sequence[Change]) -> None:
        (before,) = [one for one in self.known if one.id == customer_id]
        self.calls += 1
        nth = len(self.customer_updates) + 1
        _strike(self.update_trouble.before, nth)
        values = {one.field: one.after for one in wanted}
        if "street" in values:
            lines = [*(values.pop("street") or "").split("\n"), ""]
            values |= {"address1": lines[0] or None, "address2": lines[1] or None}
        self.known[self.known.index(before)] = replace(before, **values)  # type: ignore[arg-type]
        self.customer_updates.append((customer_id, tuple(wanted)))
        _strike(self.update_trouble.after, nth)

    def create_draft(
        self, draft: Draft, *, customer_id: str, marker_field: MarkerField, target: Target = Target.DRAFT
    ) -> LedgerDraft:
        assert any(one.id == customer_id for one in self.known), "the customer must exist"
        assert marker_field is not MarkerField.TEXT_ROW, "this ledger has no text rows"
        with self._create():
            sums = vat.foretell(draft.rows, to_krona=False)
            net = sums.net + self.off_by
            created = LedgerDraft(
                id=f"{target}-{len(self.sent) + 1}",
                customer_id=customer_id,
                totals=self._totals(net, sums.vat, draft.currency),
                texts=tuple(
                    words
                    for words in (draft.our_reference, draft.your_reference, draft.contract_number)
                    if words
                ),
                created_at=self.time(),
                draft=draft,
                print=print_of(draft, customer_id),
                target=target,
            )
            self.made.append(created)
            self.sent[created.id] = draft
            self.listed_from[created.id] = self.time() + self.lag
        return created

    def draft(self, draft_id: str, *, target: Target = Target.DRAFT) -> LedgerDraft | None:
        self._read(target)
        return next((one for one in self.made if (one.id, one.target) == (draft_id, target)), None)

    def update_draft(
        self,
        draft_id: str,
        draft: Draft,
        *,
        customer_id: str,
        marker_field: MarkerField,
        stood: str,
        target: Target = Target.DRAFT,
    ) -> LedgerDraft | None:
        assert marker_field is not MarkerField.TEXT_ROW, "this ledger has no text rows"
        before = self.draft(draft_id, target=target)
        if before is None or before.print != stood:
            return None
        with self._create():
            self.updates += 1
            return self._replace(before, draft, customer_id)

    def delete_draft(self, draft_id: str, *, stood: str, target: Target = Target.DRAFT) -> bool:
        before = self.draft(draft_id, target=target)
        if before is None or before.print != stood:
            return False
        self.calls += 1
        nth = len(self.deleted) + 1
        _strike(self.delete_trouble.before, nth)
        self.deleted.append(draft_id)
        self.made.remove(before)
        _strike(self.delete_trouble.after, nth)
        return True

    def edit(self, draft_id: str, **changes: object) -> LedgerDraft:
        """What finance does to a draft by hand."""
        (before,) = [one for one in self.made if one.id == draft_id]
        assert before.draft is not None
        return self._replace(before, replace(before.draft, **changes), before.customer_id)  # type: ignore[arg-type]

    def _replace(self, before: LedgerDraft, draft: Draft, customer_id: str) -> LedgerDraft:
        sums = vat.foretell(draft.rows, to_krona=False)
        after = replace(
            before,
            customer_id=customer_id,
            totals=self._totals(sums.net, sums.vat, draft.currency),
            draft=draft,
            print=print_of(draft, customer_id),
        )
        self.made[self.made.index(before)] = after
        return after

    def _totals(self, net: Decimal, vat: Decimal, currency: str) -> Totals:
        made = vat + self.vat_off_by
        return Totals(net, made, Decimal(0), net + made, currency)

    def issue(self, draft_id: str, number: str, **changes: object) -> Invoice:
        """What finance does: the draft goes, an invoice with a number comes; an order stays, as invoiced."""
        (draft,) = [one for one in self.made if one.id == draft_id]
        is_order = draft.target is Target.ORDER
        if is_order:
            self.made[self.made.index(draft)] = replace(
                draft, is_invoiced=True, print=f"{draft.print}, invoiced"
            )
        else:
            self.made.remove(draft)
            self.said[f"inv-{number}"] = replace(draft, id=f"inv-{number}", print=None)
        issued = Invoice(
            id=f"inv-{number}",
            number=number,
            customer_id=draft.customer_id,
            totals=draft.totals,
            issued_on=self.time().date(),
            due_on=self.time().date() + timedelta(days=30),
            remaining=draft.totals.gross,
            draft_id=None if is_order else draft.id,
            order_ids=(draft.id,) if is_order else (),
            texts=draft.texts,
            created_at=self.time(),
            modified_at=self.time(),
        )
        self.booked.append(replace(issued, **changes))  # type: ignore[arg-type]
        return self.booked[-1]

    def is_listed(self, record_id: str) -> bool:
        """Whether lists show a customer or draft by now."""
        return record_id not in self.hidden and self.listed_from.get(record_id, self.time()) <= self.time()

    def _read(self, what: str) -> None:
        self.calls += 1
        self.reads[what] += 1

    @contextmanager
    def _create(self) -> Iterator[None]:
        self.calls += 1
        nth = self.creates + 1
        self.attempts += 1
        _strike(self.trouble.before, nth)
        self.creates = nth
        yield
        _strike(self.trouble.after, nth)


def _strike(when: dict[int, Callable[[], BaseException]], nth: int) -> None:
    if blow := when.pop(nth, None):
        raise blow()


@dataclass
class Stage:
    """Both sides, a state file, and a clock that tests move; each run opens the state anew, as the command does."""

    folder: Path
    crm: FakeCrm = field(default_factory=FakeCrm)
    policy: Policy = POLICY
    paused: list[float] = field(default_factory=list)
    crew: Crew = field(default_factory=Alone)
    runs: int = 0
    opened: State | None = None
    se: FakeLedger = field(default_factory=FakeLedger)
    international: FakeLedger = field(default_factory=lambda: FakeLedger("int"))

    def __post_init__(self) -> None:
        for one in self.ledgers.values():
            one.time = lambda: self.crm.time

    @property
    def ledgers(self) -> dict[str, FakeLedger]:
        return {"se": self.se, "int": self.international}

    @property
    def file(self) -> Path:
        return self.folder / "sfspiris.db"

    def pass_time(self, by: timedelta) -> None:
        self.crm.time += by

    @contextmanager
    def world(self, *, dry: bool = False, command: str = "push-closed-won") -> Iterator[World]:
        self.runs += 1
        with self.state(dry=dry) as state:
            yield World(
                crm=self.crm,
                ledgers=self.ledgers,
                state=state,
                policy=replace(self.policy, sync_fields=self.crm.sync_fields()),
                clock=ServerClock(lambda: self.crm.time),
                run_id=f"run-{self.runs}",
                command=command,
                dry=dry,
                pause=self.paused.append,
                ticks=lambda: self.crm.time.timestamp(),  # noqa: PLW0108 - the time moves
                crew=self.crew,
            )

    @contextmanager
    def state(self, *, dry: bool = False) -> Iterator[State]:
        if self.opened is not None and not dry:
            yield self.opened
            return
        with open_state(self.file, dry=dry, now=NOW) as state:
            yield state

    @contextmanager
    def sitting(self) -> Iterator[None]:
        """Let the runs inside share one opening of the state: the same, and much faster."""
        with open_state(self.file, dry=False, now=NOW) as state:
            self.opened = state
            try:
                yield
            finally:
                self.opened = None
