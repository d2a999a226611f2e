"""Spiris as a ledger: ports.ledger.Ledger for one company."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.adapters.spiris import mapping, paper, replacing, writing
from sfspiris.adapters.spiris.capabilities import CAPABILITIES
from sfspiris.core.model import Target
from sfspiris.errors import OutcomeUnknown, Refused, SafetyStop, SfspirisError
from sfspiris.swedish import personal_shape, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sfspiris.adapters.spiris import wire
    from sfspiris.adapters.spiris.client import SpirisClient
    from sfspiris.core.actions import Change
    from sfspiris.core.capabilities import Capabilities, MarkerField
    from sfspiris.core.model import (
        Article,
        Coding,
        CompanyProfile,
        CostCentre,
        Customer,
        Draft,
        FiscalYear,
        Invoice,
        LedgerCustomer,
        LedgerDraft,
        LedgerSetup,
        NewArticle,
        PaymentTerms,
        Project,
        Unit,
    )
    from sfspiris.core.paper import Paper
    from sfspiris.ports.kept import Kept

_READ_ONE_BY_ONE: Final = 20  # invoices; a page of the list has at most a thousand
_FRESH: Final = timedelta(minutes=5)
"""How long VAT rates are remembered: codings can only be changed by hand, in the web interface, and seldom are."""


class _MovedError(Exception):
    """What was about to be replaced or deleted does not stand any more as the plan has it; nothing was sent."""


class SpirisLedger:
    """One company's books in Spiris. `orgnr` is the configured one, with or without hyphen; `now` is UTC."""

    def __init__(
        self, client: SpirisClient, *, company: str, orgnr: str, kept: Kept, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._company = company
        self._orgnr = mapping.ten_digits(orgnr)
        self._kept = kept
        self._now = now

    @property
    def company(self) -> str:
        """The company's key in the configuration."""
        return self._company

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self._client.calls

    @property
    def capabilities(self) -> Capabilities:
        """What Spiris' fields hold."""
        return CAPABILITIES

    def profile(self) -> CompanyProfile:
        """The company that the sign-in really opened; SafetyStop when it is another one than configured."""
        found = mapping.profile(self._client.company_settings())
        if found.orgnr != self._orgnr or not found.orgnr:
            raise SafetyStop(
                f"The sign-in of company {self._company} opens another company in Spiris: "
                f"{text.one_line(found.name)} ({_shown(found.orgnr)}), not {_shown(self._orgnr)}.",
                remedy=f"Sign in again with `sfspiris auth spiris --company {self._company}` and choose the right company, "
                f"or correct orgnr under [companies.{self._company}] in sfspiris.toml.",
                code="WRONG_COMPANY",
            )
        return found

    def setup(self) -> LedgerSetup:
        """How the company is set up."""
        return mapping.setup(self._client.company_settings())

    def customers(self) -> Sequence[LedgerCustomer]:
        """All customers, inactive ones too."""
        return [mapping.customer(one) for one in self._client.customers()]

    def has_customer(self, customer_id: str) -> bool:
        """Whether there is a customer of this id, asked for alone."""
        return self._client.has_customer(customer_id)

    def articles(self, *, fresh: bool = False) -> Sequence[Article]:
        """All articles, inactive ones too, each with the VAT rate of its coding."""
        rates = self._rates(fresh=fresh)
        return [mapping.article(one, rates) for one in self._client.articles()]

    def payment_terms(self) -> Sequence[PaymentTerms]:
        """The terms for sales that count days from the invoice date."""
        terms = (mapping.payment_terms(one) for one in self._client.terms_of_payments())
        return [one for one in terms if one is not None]

    def codings(self) -> Sequence[Coding]:
        """The codings that articles can have."""
        return [mapping.coding(one) for one in self._client.codings()]

    def units(self) -> Sequence[Unit]:
        """The units of quantity."""
        return [mapping.unit(one) for one in self._client.units()]

    def cost_centres(self) -> Sequence[CostCentre]:
        """The cost centres of all groups."""
        return [item for one in self._client.cost_centers() for item in mapping.cost_centres(one)]

    def projects(self) -> Sequence[Project]:
        """The projects."""
        return [mapping.project(one) for one in self._client.projects()]

    def fiscal_years(self) -> Sequence[FiscalYear]:
        """The financial years that the books have."""
        return [mapping.fiscal_year(one) for one in self._client.fiscal_years()]

    def currencies(self) -> frozenset[str]:
        """The currencies that can be invoiced in."""
        return frozenset(one.code for one in self._client.currencies())

    def drafts(self) -> Sequence[LedgerDraft]:
        """All invoice drafts."""
        return [mapping.draft(one) for one in self._client.drafts()]

    def orders(self) -> Sequence[LedgerDraft]:
        """All orders, those too that have been invoiced."""
        return [mapping.order(one) for one in self._client.orders()]

    def draft(self, draft_id: str, *, target: Target = Target.DRAFT) -> LedgerDraft | None:
        """The draft or order as it is now; None when it was issued or deleted."""
        if target is Target.ORDER:
            order = self._client.order(draft_id)
            return None if order is None else mapping.order(order)
        found = self._client.draft(draft_id)
        return None if found is None else mapping.draft(found)

    def invoices(self, *, modified_since: datetime | None = None) -> tuple[Sequence[Invoice], datetime]:
        """All booked invoices and credit notes, or those modified at or after; with Spiris' time as reading began."""
        found, read_at = self._client.invoices(modified_since=modified_since)
        invoices = (mapping.invoice(one) for one in found)
        return [one for one in invoices if _is_since(one, modified_since)], read_at

    def invoice_contents(self, invoice_ids: Collection[str]) -> Mapping[str, LedgerDraft]:
        """What these invoices say, by id: a few are read one by one, many cost less as the whole list."""
        if len(invoice_ids) > _READ_ONE_BY_ONE:
            every = self._client.whole_invoices()
            return {one.id: mapping.invoice_content(one) for one in every if one.id in invoice_ids}
        found = (self._client.invoice(one) for one in sorted(invoice_ids))
        return {one.id: mapping.invoice_content(one) for one in found if one is not None}

    def create_customer(self, customer: Customer, *, terms_id: str) -> LedgerCustomer:
        """Make a customer."""
        return mapping.customer(
            self._client.create_customer(writing.customer_body(customer, terms_id=terms_id))
        )

    def create_article(self, article: NewArticle) -> Article:
        """Make an article."""
        made = self._client.create_article(writing.article_body(article))
        return mapping.article(made, {article.coding.id: article.coding.vat_rate})

    def update_customer(self, customer_id: str, wanted: Sequence[Change]) -> None:
        """Set these fields of a customer; everything else goes back as Spiris gave it a moment before.

        A lost reply is answered by the customer itself; what it does not say then is not sent again from here.
        """

        def changed(record: dict[str, Any]) -> dict[str, Any]:
            if moved := replacing.moved_fields(record, wanted):
                raise Refused(
                    f"Somebody changed {', '.join(moved)} of it in Spiris after the plan was made.",
                    remedy="Run the command again: it compares both sides anew.",
                    vendor_code="MOVED",
                    details="",
                )
            return replacing.updated_customer(record, wanted)

        try:
            self._client.replace_customer(customer_id, changed)
        except OutcomeUnknown as unknown:
            try:
                record = self._client.customer_record(customer_id)
            except SfspirisError:
                raise unknown from None
            if not replacing.says(record, wanted):
                raise

    def create_draft(
        self, draft: Draft, *, customer_id: str, marker_field: MarkerField, target: Target = Target.DRAFT
    ) -> LedgerDraft:
        """Make an invoice draft, or an order; finance books it in Spiris."""
        if target is Target.ORDER:
            order = writing.order_body(draft, customer_id=customer_id, marker_field=marker_field)
            return mapping.order(self._client.create_order(order))
        body = writing.draft_body(draft, customer_id=customer_id, marker_field=marker_field)
        return mapping.draft(self._client.create_draft(body))

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
        """Replace what the draft or order says, unless it is not any more the one whose print is `stood`: then None."""
        try:
            if target is Target.ORDER:
                ours = writing.whole_order_body(draft, customer_id=customer_id, marker_field=marker_field)
                order = self._client.replace_order(
                    draft_id, lambda: replacing.order_replacement(self._unmoved_order(draft_id, stood), ours)
                )
                return mapping.order(order)
            ours = writing.whole_draft_body(draft, customer_id=customer_id, marker_field=marker_field)
            replaced = self._client.replace_draft(
                draft_id, lambda: replacing.replacement(self._unmoved_draft(draft_id, stood), ours)
            )
            return mapping.draft(replaced)
        except _MovedError:
            return None

    def _unmoved_draft(self, draft_id: str, stood: str) -> wire.Draft:
        """The draft, read now, when it is still the one whose print is `stood`; else raises _MovedError."""
        found = self._client.draft(draft_id)
        if found is None or replacing.draft_print(found) != stood:
            raise _MovedError
        return found

    def _unmoved_order(self, order_id: str, stood: str) -> wire.Order:
        found = self._client.order(order_id)
        if found is None or replacing.order_print(found) != stood:
            raise _MovedError
        return found

    def invoice_pdf(self, invoice_id: str) -> bytes:
        """The print of a booked invoice."""
        return self._client.invoice_pdf(invoice_id)

    def draft_pdf(self, draft_id: str, *, target: Target = Target.DRAFT) -> bytes | None:
        """The print of a draft or order; None when Spiris has none."""
        if target is Target.ORDER:
            return self._client.order_print(draft_id)
        return self._client.draft_print(draft_id)

    def draft_paper(self, draft_id: str, *, target: Target = Target.DRAFT) -> Paper | None:
        """What stands on the draft or order; None when it was issued or deleted."""
        if target is Target.ORDER:
            order = self._client.order_paper(draft_id)
            return None if order is None else paper.of_order(order)
        draft = self._client.draft_paper(draft_id)
        return None if draft is None else paper.of_draft(draft)

    def linked_drafts(self) -> Mapping[str, frozenset[str]]:
        """The addresses that each record is linked to, by its id."""
        found: dict[str, frozenset[str]] = {}
        for one in self._client.partner_links():
            found[one.resource_id] = found.get(one.resource_id, frozenset()) | {one.href}
        return found

    def link_draft(self, draft_id: str, address: str, name: str) -> None:
        """Put a link to a deal beside a draft."""
        self._client.create_partner_link(writing.partner_link_body(draft_id, address, name))

    def delete_draft(self, draft_id: str, *, stood: str, target: Target = Target.DRAFT) -> bool:
        """Delete the draft or order, unless it is not any more the one whose print is `stood`: then False."""
        try:
            if target is Target.ORDER:
                self._client.delete_order(draft_id, lambda: self._unmoved_order(draft_id, stood))
            else:
                self._client.delete_draft(draft_id, lambda: self._unmoved_draft(draft_id, stood))
        except _MovedError:
            return False
        return True

    def _rates(self, *, fresh: bool) -> dict[str, Decimal]:
        """The VAT rate of each coding, in percent."""
        key = f"{self._company}:rates"
        if not fresh and (known := self._kept.load(key)):
            data, saved_at = known
            if timedelta(0) <= self._now() - saved_at < _FRESH:
                return {coding: Decimal(rate) for coding, rate in data.items()}
        rates = {one.id: mapping.vat_rate(one) for one in self._client.codings()}
        self._kept.save(key, {coding: str(rate) for coding, rate in rates.items()})
        return rates


def _is_since(invoice: Invoice, since: datetime | None) -> bool:
    # A server that passes over the filter sends everything; an invoice without a stamp is never left out.
    return since is None or invoice.modified_at is None or invoice.modified_at >= since


def _shown(orgnr: str) -> str:
    if not orgnr:
        return "no organisation number"
    return "a personal number" if personal_shape.is_dated(orgnr) else f"{orgnr[:6]}-{orgnr[6:]}"
