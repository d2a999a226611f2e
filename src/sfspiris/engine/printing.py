"""The print of a Deal's draft or order, as the ledger gives it, and on the Deal in the CRM when that is wanted.

Where the ledger gives none although the document stands, what stands on it is read instead, to be laid out by us and headed
as what it is. A draft's file on the Deal is known by draft and content: the same print is put there once, however often it is asked for, and a draft that has
changed since gets another. What was sent without an answer is not sent again before somebody has looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.model import Target
from sfspiris.errors import BrokenReply, ConfigError, OutcomeUnknown, Refused, Unreachable, UsageError
from sfspiris.ports.crm import NewFile, Reach, Selection

if TYPE_CHECKING:
    from sfspiris.core.model import CompanyProfile, DealLink
    from sfspiris.core.paper import Paper
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger

_NO_PRINT = (Refused, Unreachable, BrokenReply, ConfigError)
"""What stands for "there is no print": refused, not there, a server's error, no whole PDF, or prints that the sign-in may not have."""
_PRINT_LENGTH = 12  # characters of a print's hash: plenty to tell the states of one draft apart


@dataclass(frozen=True, slots=True)
class OnPaper:
    """What a print of ours is laid out from: the document, whose it is, and in words why the ledger gave no print."""

    paper: Paper
    seller: CompanyProfile
    why: str


@dataclass(frozen=True, slots=True)
class Printed:
    """The print of a draft or order: the ledger's own as a PDF, or what to lay out in its place.

    `mark` changes when the document does.
    """

    deal_id: str
    deal_name: str
    company: str
    draft_id: str
    target: Target
    mark: str
    found: bytes | OnPaper

    @property
    def name(self) -> str:
        """What the file is called in the CRM, where it is looked for by this name."""
        known = f"{self.company}-{self.draft_id}-{self.mark}"
        if isinstance(self.found, OnPaper):
            return f"sfspiris-proforma-{known}.html"
        return f"sfspiris-{self.target}-{known}.pdf"

    @property
    def title(self) -> str:
        """What people read in the CRM."""
        what = "Pro forma, not an invoice" if isinstance(self.found, OnPaper) else self.target.capitalize()
        return f"{what}, {self.deal_name}"[:255]


def print_draft(world: World, asked: str) -> Printed:
    """The print of the draft or order that stands for a Deal, by the Deal's id of 15 or 18 characters.

    Raises UsageError when the Deal has none any more, or never had.
    """
    batch = world.crm.read_deals(Selection(ids=(asked,), reach=Reach.ANY))
    if not batch.deals:
        raise UsageError(
            f"Salesforce knows no deal {asked}, or the integration user may not see it.",
            remedy="Copy the id from the deal's address in the browser.",
            record=asked,
        )
    world.clock.follow(batch.read_at)
    deal = batch.deals[0]
    links = world.state.links.of_deal(deal.id)
    if not links:
        raise UsageError(
            f"The deal {deal.name} ({deal.id}) has no draft.",
            remedy=f"`sfspiris explain {deal.id}` tells why; `sfspiris push-closed-won --deal {deal.id}` makes it when nothing is in the way.",
            record=deal.id,
            code="NO_DRAFT",
        )
    link = links[-1]
    if link.invoice_id:
        raise _issued(deal.name, link)
    ledger = world.ledgers.get(link.company)
    if ledger is None:
        raise UsageError(
            f"The draft of {deal.name} ({deal.id}) is in company {link.company}, which this run leaves out.",
            remedy=f"Run it with --company {link.company}, or without --company.",
            record=deal.id,
        )
    draft = ledger.draft(link.draft_id, target=link.target)
    if draft is None:
        raise _gone(deal.name, link)
    mark = (draft.print or "")[:_PRINT_LENGTH]
    found = _found(ledger, deal.name, link)
    return Printed(deal.id, deal.name, link.company, link.draft_id, link.target, mark, found)


def attach(world: World, printed: Printed, content: bytes) -> bool:
    """Put the print on the Deal; False when it is there already. Raises OutcomeUnknown when no answer came."""
    if printed.name in world.crm.file_names([printed.name]):
        return False
    file = NewFile(printed.name, printed.title, content, printed.deal_id)
    try:
        with world.unit():
            world.crm.attach(file)
    except (OutcomeUnknown, BrokenReply) as error:
        raise OutcomeUnknown(
            f"Salesforce did not answer: whether the print is on the deal {printed.deal_name} ({printed.deal_id}) is not known.",
            remedy="Look at the deal's files in a quarter of an hour; if it is not there, run the same command again, which looks too.",
            record=printed.deal_id,
        ) from error
    return True


def _found(ledger: Ledger, name: str, link: DealLink) -> bytes | OnPaper:
    """The ledger's print, or what stands on the document when it gives none."""
    try:
        content = ledger.draft_pdf(link.draft_id, target=link.target)
    except _NO_PRINT as error:
        why = error.message
    else:
        if content is not None:
            return content
        why = f"Spiris has the {link.target} and no print of it."
    paper = ledger.draft_paper(link.draft_id, target=link.target)
    if paper is None:  # it was there a moment ago
        raise _gone(name, link)
    return OnPaper(paper, ledger.profile(), why)


def _gone(name: str, link: DealLink) -> UsageError:
    what = "it was deleted" if link.target is Target.ORDER else "it was issued or deleted"
    return UsageError(
        f"The {link.target} of {name} ({link.deal_id}) is gone from company {link.company}: {what}.",
        remedy="Run `sfspiris pull-invoice-status`, which finds out what became of it; an invoice is printed in Spiris.",
        record=link.deal_id,
        code="NO_DRAFT",
    )


def _issued(name: str, link: DealLink) -> UsageError:
    return UsageError(
        f"The {link.target} of {name} ({link.deal_id}) was issued as invoice {link.invoice_number}: there is no "
        f"{link.target} to print any more.",
        remedy='Print the invoice in Spiris; with attachments = "pdf" under [write_back] it is on its record in Salesforce.',
        record=link.deal_id,
        code="DRAFT_ISSUED",
    )
