"""A Deal that has a document and is not won any more: reopened, lost or deleted. A person decides; nothing is deleted here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.model import DealStatus
from sfspiris.core.money import Money
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from sfspiris.core.model import DealLink, SyncState
    from sfspiris.core.policy import Policy

_NOTHING_STANDS = frozenset({DealStatus.DELETED, DealStatus.CREDITED})


@dataclass(frozen=True, slots=True)
class Departed:
    """A Deal that does not pass the gate any more, as the CRM itself tells it: never concluded from its mere absence."""

    deal_id: str
    name: str
    stage: str
    is_deleted: bool
    owner_name: str | None
    sync: SyncState


def departed(gone: Departed, link: DealLink, policy: Policy) -> Hold | None:
    """What to propose for the Deal's document; None when nothing of it stands."""
    if link.status in _NOTHING_STANDS:
        return None
    company = policy.companies.get(link.company)
    ledger = company.ledger if company else say("the ledger")
    over = Money(link.net, link.currency)
    what = (
        say("was deleted in Salesforce")
        if gone.is_deleted
        else say("does not pass the gate any more (stage %(stage)s)", stage=text.one_line(gone.stage))
    )
    back = say("restore the deal") if gone.is_deleted else say("win the deal again")
    if link.invoice_id:
        document = say("invoice %(number)s", number=link.invoice_number or link.invoice_id)
        fix = say(
            "If the sale is off, credit %(document)s in %(ledger)s. If it is not, %(back)s.",
            document=document,
            ledger=ledger,
            back=back,
        )
    else:
        document = say("its %(word)s", word=link.target.word)
        fix = say(
            "If the sale is off, delete %(document)s in %(ledger)s. If it is not, %(back)s.",
            document=link.target.the,
            ledger=ledger,
            back=back,
        )
    return Hold(
        deal_id=gone.deal_id,
        deal_name=text.one_line(gone.name),
        company=link.company,
        code=HoldCode.DEAL_REOPENED,
        message=say(
            "The deal %(what)s, but %(document)s over %(over)s net stands in %(ledger)s. Nothing was done about it.",
            what=what,
            document=document,
            over=over,
            ledger=ledger,
        ),
        fix=fix,
        value=None if gone.is_deleted else text.one_line(gone.stage) or None,
        owner=gone.owner_name,
    )
