"""The print of a Deal's draft, as the ledger gives it, and on the Deal in the CRM when that is wanted.

A draft's file on the Deal is known by draft and content: the same print is put there once, however often it is asked for, and a draft that has
changed since gets another. What was sent without an answer is not sent again before somebody has looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.errors import BrokenReply, OutcomeUnknown, Refused, UsageError
from sfspiris.ports.crm import NewFile, Reach, Selection

if TYPE_CHECKING:
    from sfspiris.core.model import DealLink
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger

_PRINT_LENGTH = 12  # characters of a print's hash: plenty to tell the states of one draft apart


@dataclass(frozen=True, slots=True)
class Printed:
    """A draft's print. `content` is a PDF."""

    deal_id: str
    deal_name: str
    company: str
    draft_id: str
    content: bytes
    name: str


def print_draft(world: World, asked: str) -> Printed:
    """The print of the draft that stands for a Deal, by the Deal's id of 15 or 18 characters.

    Raises UsageError when the Deal has none any more, or never had; Refused when the ledger gives no print.
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
    draft = ledger.draft(link.draft_id)
    if draft is None:
        raise UsageError(
            f"The draft of {deal.name} ({deal.id}) is gone from company {link.company}: it was issued or deleted.",
            remedy="Run `sfspiris pull-invoice-status`, which finds out which; an invoice is printed in Spiris.",
            record=deal.id,
            code="NO_DRAFT",
        )
    mark = (draft.print or "")[:_PRINT_LENGTH]
    name = f"sfspiris-draft-{link.company}-{link.draft_id}-{mark}.pdf"
    return Printed(deal.id, deal.name, link.company, link.draft_id, _content(ledger, link), name)


def attach(world: World, printed: Printed) -> bool:
    """Put the print on the Deal; False when it is there already. Raises OutcomeUnknown when no answer came."""
    if printed.name in world.crm.file_names([printed.name]):
        return False
    file = NewFile(printed.name, f"Draft, {printed.deal_name}"[:255], printed.content, printed.deal_id)
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


def _content(ledger: Ledger, link: DealLink) -> bytes:
    found = ledger.draft_pdf(link.draft_id)
    if found is None:  # it was there a moment ago
        raise Refused(
            f"The ledger of company {link.company} gives no print of the draft {link.draft_id}.",
            remedy="Open the draft in Spiris and print it there.",
            record=link.deal_id,
        )
    return found


def _issued(name: str, link: DealLink) -> UsageError:
    return UsageError(
        f"The draft of {name} ({link.deal_id}) was issued as invoice {link.invoice_number}: there is no draft to print any more.",
        remedy='Print the invoice in Spiris; with attachments = "pdf" under [write_back] it is on its record in Salesforce.',
        record=link.deal_id,
        code="DRAFT_ISSUED",
    )
