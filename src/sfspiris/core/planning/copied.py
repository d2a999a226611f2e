"""A Deal that was made by copying another in the CRM, whose fields about its document were copied along.

Salesforce's Clone copies every field that may be written, so the copy says that it has the other Deal's document. What a copy
sells is its own sale, and it gets a document of its own; but only where all of this proves that the document is the other's:
our memory knows it as the document of the other Deal; the copy carries the other Deal's correlation id, which no person
types; and the other Deal is still won, so that its document is not meant for this one instead. Short of that a person
decides, because a copy may as well have been made to take the place of a Deal that was lost or deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sfspiris.core.model import Deal, DealLink, SyncState
    from sfspiris.core.planning.findings import Findings


@dataclass(frozen=True, slots=True)
class Copied:
    """Which Deal's document the CRM names on a Deal, and what the Deal is called; `is_proven` as this module's head says."""

    deal_id: str
    name: str = ""
    is_proven: bool = False

    def __str__(self) -> str:
        """For a sentence about it: `Hissar (006…AAA)`."""
        return f"{self.name} ({self.deal_id})" if self.name else self.deal_id


def other_link(deal: Deal, links: Iterable[DealLink]) -> DealLink | None:
    """The link of another Deal whose document the CRM names on this one; None when it names none, or one nobody knows."""
    sync = deal.sync
    if sync.draft_id is None and sync.invoice_number is None:
        return None
    return next((one for one in links if one.deal_id != deal.id and _is_named(one, sync)), None)


def _is_named(link: DealLink, sync: SyncState) -> bool:
    if sync.draft_id is not None:
        return link.draft_id == sync.draft_id
    return link.company == sync.company and link.invoice_number == sync.invoice_number


def warn_copied(copied: Copied, found: Findings) -> None:
    """Tell that what the CRM says about the Deal's document was copied from another Deal, and is not believed."""
    found.warn(
        WarningCode.COPIED_FIELDS,
        say(
            "The deal was copied from deal %(other)s, and with it the fields that name that deal's document. It is treated as a "
            "sale of its own.",
            other=copied,
        ),
    )


def hold_copied(copied: Copied, found: Findings) -> None:
    """Hold a Deal that names the document of another one, where it is not proven that it is merely a copy."""
    ledger = found.company.ledger if found.company else say("the ledger")
    found.hold(
        HoldCode.OUTCOME_UNKNOWN,
        say(
            "Salesforce says that the deal has document %(document)s in %(ledger)s, but that is the document of deal "
            "%(other)s: it looks as if the deal had been copied from there.",
            document=found.deal.sync.draft_id or found.deal.sync.invoice_number or "",
            ledger=ledger,
            other=copied,
        ),
        say(
            "If this is a sale of its own, empty Spiris_Draft_Id__c and Spiris_Invoice_Number__c on the opportunity and run "
            "again. If it takes the other deal's place, delete or credit that deal's document in %(ledger)s first.",
            ledger=ledger,
        ),
    )
