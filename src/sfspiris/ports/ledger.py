"""What we ask of a company's bookkeeping. No call books or sends anything, and only untouched drafts and orders can be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sfspiris.core.model import Target

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

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
        NewArticle,
        PaymentTerms,
        Project,
        Unit,
    )
    from sfspiris.core.paper import Paper


class Ledger(Protocol):
    """One company's bookkeeping system.

    Reads return everything, complete, or raise Unreachable, OutOfQuota, BrokenReply or SignInNeeded; they are retried
    inside. A create is sent at most once per call and raises
    - Refused: the ledger's own words say that it was not done;
    - Unreachable, OutOfQuota, SignInNeeded: provably not done, not one byte was carried out;
    - OutcomeUnknown: everything else.
    """

    @property
    def company(self) -> str:
        """The company's key in the configuration."""

    @property
    def calls(self) -> int:
        """Requests sent so far."""

    @property
    def capabilities(self) -> Capabilities:
        """The vendor's limits."""

    def profile(self) -> CompanyProfile:
        """The company that the sign-in really opened.

        Raises SafetyStop when it is another one than configured.
        """

    def customers(self) -> Sequence[LedgerCustomer]:
        """All customers, inactive ones too."""

    def has_customer(self, customer_id: str) -> bool:
        """Whether the ledger has a customer of this id, asked for alone."""

    def articles(self, *, fresh: bool = False) -> Sequence[Article]:
        """All articles, inactive ones too; their VAT rates may be remembered for minutes unless `fresh`."""

    def payment_terms(self) -> Sequence[PaymentTerms]:
        """The terms that can be used for sales."""

    def codings(self) -> Sequence[Coding]:
        """The codings that articles can have, inactive ones too."""

    def units(self) -> Sequence[Unit]:
        """The units of quantity."""

    def cost_centres(self) -> Sequence[CostCentre]:
        """The cost centres that rows can carry, closed ones too."""

    def projects(self) -> Sequence[Project]:
        """The projects that rows can carry, finished ones too."""

    def fiscal_years(self) -> Sequence[FiscalYear]:
        """The financial years that the books have."""

    def currencies(self) -> frozenset[str]:
        """The ISO 4217 codes that can be invoiced in."""

    def drafts(self) -> Sequence[LedgerDraft]:
        """All invoice drafts."""

    def orders(self) -> Sequence[LedgerDraft]:
        """All orders, those too that have been invoiced; ConfigError where the company has no orders at all."""

    def draft(self, draft_id: str, *, target: Target = Target.DRAFT) -> LedgerDraft | None:
        """The draft or order as it is now, not as a list may still show it; None when there is none of this id any more."""

    def invoices(self, *, modified_since: datetime | None = None) -> tuple[Sequence[Invoice], datetime]:
        """All booked invoices and credit notes, or those modified at or after `modified_since`; with the ledger's time (UTC)."""

    def create_customer(self, customer: Customer, *, terms_id: str) -> LedgerCustomer:
        """Make a customer."""

    def create_article(self, article: NewArticle) -> Article:
        """Make an article."""

    def update_customer(self, customer_id: str, wanted: Sequence[Change]) -> None:
        """Set these fields (by our names) of a customer and leave every other as it is.

        The street may have two lines. Raises Refused, without writing, when a field stands neither as `wanted` has it before
        nor after; OutcomeUnknown when it may have been carried out and the customer does not say so.
        """

    def create_draft(
        self, draft: Draft, *, customer_id: str, marker_field: MarkerField, target: Target = Target.DRAFT
    ) -> LedgerDraft:
        """Make an invoice draft, or the order that says the same."""

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
        """Replace what a draft or order says, keeping everything in it that a Deal says nothing about.

        The draft is read just before: None, and nothing is written, unless its print is still `stood`. Sent at most once
        per call and raises as a create does; what became of it is seen by reading the draft again.
        """

    def invoice_contents(self, invoice_ids: Collection[str]) -> Mapping[str, LedgerDraft]:
        """What these booked invoices say, by id, each told as the draft that it was; those that are not there are left out."""

    def invoice_pdf(self, invoice_id: str) -> bytes:
        """The print of a booked invoice, as PDF."""

    def draft_pdf(self, draft_id: str, *, target: Target = Target.DRAFT) -> bytes | None:
        """The print of a draft or order as it is now, as PDF; None when the ledger has none of this id."""

    def draft_paper(self, draft_id: str, *, target: Target = Target.DRAFT) -> Paper | None:
        """What stands on a draft or order as it is now; None when there is none of this id any more."""

    def linked_drafts(self) -> Mapping[str, frozenset[str]]:
        """The addresses that drafts and invoices are linked to, by the id of the document; everybody's links."""

    def link_draft(self, draft_id: str, address: str, name: str) -> None:
        """Put a link to a Deal beside a draft. It may be sent once per call, and raises as a create does."""

    def delete_draft(self, draft_id: str, *, stood: str, target: Target = Target.DRAFT) -> bool:
        """Delete a draft or order that is still as it was written; nothing else can be deleted.

        The draft is read just before: False, and nothing is sent, unless its print is still `stood`. Sent at most once per
        call and raises as a create does; what became of it is seen by reading the draft again.
        """
