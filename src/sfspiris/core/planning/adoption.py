"""What a ledger has already for a Deal that our memory does not know: it is taken over, or a person must look.

A memory may stand in for one that was lost, or be an older copy of itself. Then the ledger knows more than we do, and
what it says counts: a document with the Deal's marker is the Deal's, and where it may just not be listed yet we wait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import ExistingCustomer
from sfspiris.core.holds import HoldCode
from sfspiris.core.identity import FIRST_REVISION, markers_in
from sfspiris.core.money import Money
from sfspiris.core.planning.copied import Copied, hold_copied
from sfspiris.core.planning.differences import is_taken_back, named
from sfspiris.core.planning.documents import no_documents
from sfspiris.core.planning.findings import Findings
from sfspiris.core.planning.gross import is_other_sum
from sfspiris.core.planning.matching import match_customer, same_orgnr
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal

    from sfspiris.core.identity import Marker
    from sfspiris.core.model import Deal, LedgerCustomer
    from sfspiris.core.planning.documents import Document, Documents
    from sfspiris.core.planning.screening import Screened
    from sfspiris.core.policy import CompanyPolicy

_EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Gap:
    """Runs of which this memory knows nothing have been at work for a company, as was noticed at `since`.

    Until `until` what they sent may not be listed yet; `is_over` tells whether that has passed. Times are UTC.
    """

    since: datetime
    until: datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class Searched:
    """What was looked through for documents that our memory does not know, by company.

    `taken` are the draft ids, with their company, that stand for Deals that we know; `copied` are, by Deal id, the Deals whose
    document the CRM names on them.
    """

    documents: Mapping[str, Documents]
    gaps: Mapping[str, Gap]
    taken: Collection[tuple[str, str]]
    copied: Mapping[str, Copied] = field(default_factory=dict)


def claims_a_document(deal: Deal) -> bool:
    """Whether the CRM says that the Deal was written to a ledger, which our memory should know and may have lost."""
    return bool(deal.sync.draft_id or deal.sync.invoice_number)


def find_document(
    screened: Screened,
    marker: Marker,
    searched: Searched,
    customers: Sequence[LedgerCustomer],
    found: Findings,
) -> tuple[Document, Marker] | None:
    """The one document that stands for the Deal though our memory does not know it, and its marker; None when there is none.

    `marker` is what a new document would carry. Where our memory knows of none, that is the first revision's, and one of any
    revision is the Deal's; where it knows of earlier ones that were deleted, none of those may stand any more. A hold is
    noted when there may be one, when there are several, or when the one is not what the Deal says. `customers` are the ledger's.
    """
    company, policy = screened.company, found.policy
    for key, documents in sorted(searched.documents.items()):
        if key != company.key and (documents.marked(marker) or _standing(documents, marker)):
            found.hold(
                HoldCode.OUTCOME_UNKNOWN,
                say(
                    "Company %(other)s has a document with the deal's marker %(marker)s, but the deal now goes to %(company)s.",
                    other=key,
                    marker=marker,
                    company=company.key,
                ),
                say(
                    "Change the deal back so that it goes to %(company)s, or delete the document there; then run again.",
                    company=key,
                ),
            )
            return None
    own = searched.documents.get(company.key, no_documents)
    if marker.revision > FIRST_REVISION and (earlier := _standing(own, marker)):
        _hold_since_it_stands(earlier, company, found)
        return None
    carried = marker if marker.revision > FIRST_REVISION else _carried(own, marker)
    marked = own.marked(carried)
    if not marked:
        _hold_when_it_may_be_there(screened, searched, found)
        return None
    document = marked[0]
    standing = _standing(own, marker) if marker.revision == FIRST_REVISION else ()
    if len(marked) > 1 or len(standing) > 1:
        otherwise = say(
            "%(count)s documents in %(ledger)s carry the deal's marker %(marker)s.",
            count=max(len(marked), len(standing)),
            ledger=company.ledger,
            marker=joined((str(one) for one in own.markers_of(marker.deal_id, marker.org_tag)), ", "),
        )
    elif (company.key, document.draft_id) in searched.taken:
        otherwise = say(
            "The document in %(ledger)s with the deal's marker %(marker)s stands for another deal already.",
            ledger=company.ledger,
            marker=marker,
        )
    elif document.totals.currency != screened.currency or is_other_sum(
        screened, document.totals, tolerance=policy.tolerance
    ):
        otherwise = say(
            "%(ledger)s has a document with the deal's marker over %(there)s net, but the deal comes to %(net)s including VAT."
            if screened.is_gross
            else "%(ledger)s has a document with the deal's marker over %(there)s net, but the deal comes to %(net)s.",
            ledger=company.ledger,
            there=Money(document.totals.net, document.totals.currency),
            net=Money(screened.net, screened.currency),
        )
    elif _is_for_somebody_else(document, screened, customers, found):
        otherwise = say(
            "%(ledger)s has a document with the deal's marker, but for another customer than the deal's.",
            ledger=company.ledger,
        )
    else:
        return document, carried
    found.hold(
        HoldCode.OUTCOME_UNKNOWN,
        otherwise,
        say(
            "Delete the document that should not be there, or bring deal and document into agreement; then run again."
        ),
    )
    return None


def _standing(documents: Documents, marker: Marker) -> tuple[Document, ...]:
    """The documents with a marker of the Deal that have not been taken back; of a later revision than the first, the earlier ones."""
    known = documents.of_deal(marker.deal_id, marker.org_tag)
    own = documents.marked(marker) if marker.revision > FIRST_REVISION else ()
    return tuple(one for one in known if one not in own and not is_taken_back(one))


def _carried(documents: Documents, marker: Marker) -> Marker:
    """The marker by which a Deal that our memory does not know stands there: of a document that stands, else the latest."""
    known = documents.markers_of(marker.deal_id, marker.org_tag)
    standing = [
        one for one in known if not all(is_taken_back(document) for document in documents.marked(one))
    ]
    return (standing or known or (marker,))[-1]


def _hold_since_it_stands(standing: Sequence[Document], company: CompanyPolicy, found: Findings) -> None:
    """A new document was asked for in place of one that was taken for deleted, and is there after all."""
    found.hold(
        HoldCode.OUTCOME_UNKNOWN,
        say(
            "A new document was asked for in place of a deleted one, but %(documents)s with the deal's marker stands in "
            "%(ledger)s.",
            documents=joined((named(one) for one in standing), ", "),
            ledger=company.ledger,
        ),
        say(
            "If it is to stay, run `sfspiris pull-invoice-status`, which finds it again. If not, delete it in %(ledger)s; "
            "then run again.",
            ledger=company.ledger,
        ),
    )


def waits_for_a_list(screened: Screened, marker: Marker, searched: Searched) -> bool:
    """Whether all that stops the Deal is that a list may not show yet what an unknown run has made.

    That passes within minutes and is nobody's to mend, so sales is not told of it.
    """
    gap = searched.gaps.get(screened.company.key)
    is_marked = any(one.of_deal(marker.deal_id, marker.org_tag) for one in searched.documents.values())
    return gap is not None and not gap.is_over and not is_marked and not claims_a_document(screened.deal)


def _hold_when_it_may_be_there(screened: Screened, searched: Searched, found: Findings) -> None:
    deal, ledger = screened.deal, screened.company.ledger
    gap = searched.gaps.get(screened.company.key)
    if claims_a_document(deal) and (copied := _copied_from(screened, searched, found.policy.org_tag)):
        hold_copied(copied, found)
    elif claims_a_document(deal):
        found.hold(
            HoldCode.OUTCOME_UNKNOWN,
            say(
                "Salesforce says that the deal has document %(document)s in %(ledger)s, "
                "but nothing there carries its marker.",
                document=deal.sync.draft_id or "",
                ledger=ledger,
            ),
            say(
                "Look for it in %(ledger)s. If it was deleted on purpose, empty Spiris_Draft_Id__c and "
                "Spiris_Invoice_Number__c on the opportunity and run again.",
                ledger=ledger,
            ),
        )
    elif gap is not None and not gap.is_over:
        found.hold(
            HoldCode.OUTCOME_UNKNOWN,
            say(
                "Salesforce or %(ledger)s tells of earlier runs that this state file knows nothing of. One of them may just "
                "have made a document for this deal that %(ledger)s does not list yet.",
                ledger=ledger,
            ),
            say(
                "Run again after %(until)s UTC: %(ledger)s is searched first, and nothing is made twice. "
                "If the right state file is still somewhere, put it back instead.",
                until=f"{gap.until:%Y-%m-%d %H:%M}",
                ledger=ledger,
            ),
        )


def _copied_from(screened: Screened, searched: Searched, org_tag: str) -> Copied | None:
    """Whose document the CRM names on the Deal, by our memory or by the marker that the document carries."""
    deal = screened.deal
    if known := searched.copied.get(deal.id):
        return known
    for document in searched.documents.get(screened.company.key, no_documents).all:
        number = document.invoice.number if document.invoice else None
        if deal.sync.draft_id in document.ids or (number and number == deal.sync.invoice_number):
            for marker in (mark for words in document.texts for mark in markers_in(words)):
                if marker.org_tag == org_tag and marker.deal_id != deal.id:
                    return Copied(marker.deal_id)
    return None


def hold_when_unmarked_twin(
    screened: Screened,
    customer: ExistingCustomer,
    marker: Marker,
    searched: Searched,
    found: Findings,
    *,
    net: Decimal,
) -> None:
    """Hold a Deal that an unknown run may have invoiced by a document whose marker somebody has removed since.

    `net` is what its draft would come to.
    """
    company = screened.company
    gap = searched.gaps.get(company.key)
    if gap is None:
        return
    alike = searched.documents.get(company.key, no_documents).alike(
        customer_id=customer.id,
        net=net,
        currency=screened.currency,
        since=_EVER,
        known=[draft_id for key, draft_id in searched.taken if key == company.key],
    )
    if not any(_is_between(screened.deal, one.created_at, gap) for one in alike):
        return
    found.hold(
        HoldCode.OUTCOME_UNKNOWN,
        say(
            "Earlier runs, of which this state file knows nothing, have worked for the company, and %(ledger)s has a "
            "document without any marker for %(number)s %(name)s over the deal's "
            "%(net)s net.",
            ledger=company.ledger,
            number=customer.number,
            name=customer.name,
            net=Money(net, screened.currency),
        ),
        say(
            "If it is this deal's, put %(marker)s into its reference. If not, make the deal's draft by hand with "
            "%(marker)s in its reference. Then run again.",
            marker=marker,
        ),
    )


def _is_between(deal: Deal, made_at: datetime | None, gap: Gap) -> bool:
    """Whether a document was made after the Deal was won, give or take a day, and before the gap was noticed."""
    return made_at is None or ((made_at.date() - deal.closed_on).days >= -1 and made_at <= gap.since)


def _is_for_somebody_else(
    document: Document, screened: Screened, customers: Sequence[LedgerCustomer], found: Findings
) -> bool:
    """Whether the document's customer is certainly not the Deal's buyer, who may have been changed since."""
    invoiced = next((one for one in customers if one.id == document.customer_id), None)
    if invoiced is None:
        return False
    if invoiced.orgnr and screened.customer.orgnr:
        return not same_orgnr(invoiced.orgnr, screened.customer.orgnr)
    match = match_customer(screened, customers, Findings(screened.deal, found.policy, screened.company))
    return isinstance(match, ExistingCustomer) and match.id != invoiced.id
