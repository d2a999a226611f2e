"""What only a person can say about a document, taken down and told to the CRM."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfspiris.core.holds import HoldCode
from sfspiris.core.model import DealStatus
from sfspiris.engine.run import pull
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from sfspiris.core.model import DealLink, Invoice
    from sfspiris.core.outcome import RunResult
    from sfspiris.engine.world import World

_SHORT_ID = 15


def tell_what_became_of(world: World, deal_id: str, *, invoice_number: str | None) -> RunResult:
    """Link the Deal whose draft is gone to the invoice with this number, or, without one, note that it was deleted.

    The company is then pulled in full, which tells the CRM. Raises UsageError for a Deal of which nothing is in doubt, and for
    an invoice that is not there, is a credit note, or stands for another Deal.
    """
    link = _in_doubt(world, deal_id)
    if invoice_number is None:
        known = replace(link, status=DealStatus.DELETED, code=None, message=None)
    else:
        found = _invoice(world, link, invoice_number)
        known = replace(link, invoice_id=found.id, code=None, message=None)
    world.state.links.save([known])
    return pull(world, full=True, companies=(link.company,))


def _in_doubt(world: World, asked: str) -> DealLink:
    for link in world.state.links.latest().values():
        if asked in {link.deal_id, link.deal_id[:_SHORT_ID]}:
            if link.code == HoldCode.INVOICE_UNCERTAIN:
                return link
            raise _not_in_doubt(world, link)
    raise UsageError(
        f"No draft was ever made for deal {asked}.",
        remedy="Check the id; `sfspiris review list` shows those that wait.",
    )


def _not_in_doubt(world: World, link: DealLink) -> UsageError:
    """Why a person's word is not asked for: the search for what became of the draft is not over, or it is known."""
    deal = link.deal_id
    waits = {one.code for one in world.state.holds.all() if one.deal_id == deal}
    if HoldCode.OUTCOME_UNKNOWN in waits or link.code == HoldCode.OUTCOME_UNKNOWN:
        return UsageError(
            f"What became of the draft of deal {deal} is not known yet, and a person's word does not end the search: Spiris may still "
            "show an invoice that came of it.",
            remedy="Run `sfspiris sync` after the settle window, which finds out, or asks for your word then. "
            f"`sfspiris review show {deal}` says more.",
            record=deal,
        )
    if link.status is DealStatus.DELETED:
        what, next_step = "has been told as deleted already", "`sfspiris explain` says what can be done."
    elif link.invoice_id:
        what = f"became invoice {link.invoice_number or link.invoice_id}"
        next_step = "`sfspiris reconcile` compares the two."
    else:
        what = "stands in Spiris as far as any run has seen"
        next_step = (
            "If it is gone, run `sfspiris pull-invoice-status` first, which finds out what became of it."
        )
    return UsageError(f"The draft of deal {deal} {what}.", remedy=next_step, record=deal)


def _invoice(world: World, link: DealLink, number: str) -> Invoice:
    invoices, _ = world.ledgers[link.company].invoices()
    found = next((one for one in invoices if one.number == number and not one.is_credit_note), None)
    if found is None:
        raise UsageError(
            f"The books of {link.company} have no invoice {number}.",
            remedy="Give the number as it stands on the invoice; a credit note is none.",
            record=link.deal_id,
        )
    for other in world.state.links.all(link.company):
        if other.invoice_id == found.id:
            raise UsageError(
                f"Invoice {number} stands for deal {other.deal_id} already.",
                remedy="One invoice cannot stand for two deals; look at both.",
                record=link.deal_id,
            )
    return found
