"""A Deal with two documents: one was to be made, and a proxy that resends, or a person who copies, has made another.

Both are shown and a person decides which one stays; neither is ever deleted or changed from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.model import DealStatus
from sfspiris.core.money import Money
from sfspiris.core.planning.differences import is_taken_back, named
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.core.model import DealLink
    from sfspiris.core.planning.documents import Document, Documents
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.policy import Policy
    from sfspiris.sentences import Sentence

TWINS: Final = HoldCode.OUTCOME_UNKNOWN
"""The code that a link carries for as long as its Deal has two documents, or a young one that is gone, nobody knows yet where."""


def beside(link: DealLink, documents: Documents, org_tag: str) -> tuple[Document, ...]:
    """The documents with the Deal's marker besides the one that stands for it, of those that were read.

    None when that one does not stand any more, as far as is known, and none that has been credited in full or voided.
    """
    marked = marked_for(link, documents, org_tag)
    own = [one for one in marked if is_own(link, one)]
    stands = own or (link.invoice_id is not None and link.status is not DealStatus.CREDITED)
    return tuple(one for one in marked if not is_own(link, one)) if stands else ()


def marked_for(link: DealLink, documents: Documents, org_tag: str) -> tuple[Document, ...]:
    """The documents that carry a marker of the Deal, of any revision, but for those that have been taken back."""
    return tuple(one for one in documents.of_deal(link.deal_id, org_tag) if not is_taken_back(one))


def is_own(link: DealLink, document: Document) -> bool:
    """Whether the document is the one that the link remembers."""
    return bool({link.draft_id, link.invoice_id} & set(document.ids))


def hold_of(link: DealLink, others: tuple[Document, ...], policy: Policy, *, name: str = "") -> Hold:
    """The hold of a Deal that has these documents besides its own."""
    company = policy.companies.get(link.company)
    own = (
        say("invoice %(number)s", number=link.invoice_number)
        if link.invoice_number
        else say(
            "%(word)s %(id)s over %(net)s net",
            word=link.target.word,
            id=link.draft_id,
            net=Money(link.net, link.currency),
        )
    )
    return Hold(
        deal_id=link.deal_id,
        deal_name=name,
        company=link.company,
        code=TWINS,
        message=say(
            "%(count)s documents in %(ledger)s carry the deal's marker, and one was to be made: %(documents)s.",
            count=len(others) + 1,
            ledger=company.ledger if company else say("the ledger"),
            documents=joined((own, *(named(one) for one in others)), ", "),
        ),
        fix=_fix(),
        field=policy.crm_field("draft_id"),
        value=link.draft_id,
    )


def hold_twins(link: DealLink, known: Mapping[str, Hold], found: Findings) -> None:
    """Hold a Deal that has not one document, in the words of this run's reading; without two of them its own is missing."""
    hold = known.get(link.deal_id)
    if hold is not None:
        message, fix = hold.message, hold.fix
    else:
        message = say(
            "%(Document)s of the deal, over %(net)s net, is not in %(ledger)s with the deal's marker: somebody has deleted it, "
            "issued it so lately that no list shows the invoice yet, or taken the marker away.",
            Document=link.target.the,
            net=Money(link.net, link.currency),
            ledger=found.company.ledger if found.company else say("the ledger"),
        )
        fix = say("Run `sfspiris sync`, which looks at it again.")
    found.hold(TWINS, message, fix, about="draft_id", value=link.draft_id)


def _fix() -> Sentence:
    return say(
        "Look at them before one is issued, and delete in the ledger what should not be there; nothing is deleted from here. "
        "Then run `sfspiris sync`, which goes on with the one that is left."
    )
