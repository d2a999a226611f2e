"""What the decision about won Deals depends on, and whose ledgers must be read before it can be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfspiris.core.holds import HoldCode
from sfspiris.core.planning import changed
from sfspiris.core.planning.customercare import account_of
from sfspiris.core.planning.screening import screen
from sfspiris.core.planning.updates import has_news

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sfspiris.core.holds import Hold
    from sfspiris.core.model import CustomerBase, Deal, DealLink, LedgerView
    from sfspiris.core.planning.adoption import Gap
    from sfspiris.core.planning.changed import Standing
    from sfspiris.core.planning.copied import Copied
    from sfspiris.core.planning.departed import Departed
    from sfspiris.core.planning.documents import Documents
    from sfspiris.core.planning.refused import RefusedBefore
    from sfspiris.core.policy import Policy
    from sfspiris.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A write of an earlier run whose outcome nobody knows yet: what it concerns and the sentence to show.

    A customer is known by its key, and by the note that names its buyer, whose number may have been corrected since.
    Or, with another `code`, one that was found and that a person should look at.
    """

    company: str
    deal_id: str
    customer_key: str | None
    message: Sentence
    fix: Sentence
    article_key: str | None = None
    code: HoldCode = HoldCode.OUTCOME_UNKNOWN
    customer_note: str | None = None


@dataclass(frozen=True, slots=True)
class PushInputs:
    """Everything that the decision depends on.

    `links` by Deal id; `customer_links` by (company, buyer id) → the ledger's customer id, and `currency_links` by (company,
    buyer id, currency) for those that stand for Deals in one currency; `customer_bases` by (company,
    customer id) → what both sides last agreed on, and `made_customers` by (company,
    customer key) for those that we made ourselves; `awaited_customers` are (company, customer id) of those, and of whichever
    was linked so lately that a list may only lag behind. `ledgers` hold the companies that `companies_to_read` asked for,
    `documents` what was searched for documents that our memory does not know; `taken` are the draft ids, with their
    company, that stand for a Deal already; `parted` are (company, buyer id, customer id) that a person said are not the same. `standing` is what became of the drafts of Deals that have changed since, by
    Deal id; `departed` are Deals that are not won any more; `resolved` are, by Deal id, the prints of the reasons to wait that
    a person has settled; `copied` are, by Deal id, the Deals whose document the CRM names on them. `refused` are, by company
    and Deal id, the latest writes that the ledger refused; `overwritten` are, by Deal id, the parts of a SyncState that
    somebody else has changed on a linked Deal since it was told; `twins` are, by Deal id, the holds of those that were found to
    have two documents; `asked` says that a person wants them tried again. `today` is a Swedish day.
    """

    deals: Sequence[Deal]
    policy: Policy
    today: date
    links: Mapping[str, DealLink] = field(default_factory=dict)
    customer_links: Mapping[tuple[str, str], str] = field(default_factory=dict)
    currency_links: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    customer_bases: Mapping[tuple[str, str], CustomerBase] = field(default_factory=dict)
    made_customers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    awaited_customers: Collection[tuple[str, str]] = ()
    unresolved: Sequence[Unresolved] = ()
    ledgers: Mapping[str, LedgerView] = field(default_factory=dict)
    documents: Mapping[str, Documents] = field(default_factory=dict)
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    standing: Mapping[str, Standing] = field(default_factory=dict)
    departed: Sequence[Departed] = ()
    resolved: Mapping[str, str] = field(default_factory=dict)
    copied: Mapping[str, Copied] = field(default_factory=dict)
    refused: Mapping[tuple[str, str], RefusedBefore] = field(default_factory=dict)
    overwritten: Mapping[str, Sequence[str]] = field(default_factory=dict)
    twins: Mapping[str, Hold] = field(default_factory=dict)
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
            or changed.needs_invoice(deal, link)
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
