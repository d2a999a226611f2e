"""What the ledger refused is not sent again until something that it rests on has changed, or a person asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfspiris.core.holds import HoldCode
from sfspiris.sentences import say

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.core.planning.findings import Findings
    from sfspiris.sentences import Sentence


@dataclass(frozen=True, slots=True)
class RefusedBefore:
    """The latest write of one record, which the ledger refused at `at` (UTC) with `code`.

    `basis` is the print of all that the write rested on, on both sides. `code` is the ledger's own, or ours for a VAT
    number that VIES did not confirm.
    """

    basis: str | None
    at: datetime
    code: str | None

    @property
    def rests(self) -> bool:
        """Whether the same would be refused again. VIES, when it could not be asked, may well answer the next time."""
        return self.code != HoldCode.VIES_UNAVAILABLE


def hold_refused(before: RefusedBefore, what: Sentence, found: Findings) -> None:
    """Hold a Deal whose write would be refused again for the same reason."""
    ledger = found.company.ledger if found.company else say("the ledger")
    code = f" ({before.code})" if before.code else ""
    told = found.deal.sync
    message = say(
        "%(Ledger)s refused the %(what)s at %(at)s UTC%(code)s, and nothing that it rests on has changed since, so it is "
        "not sent again.",
        Ledger=ledger,
        what=what,
        at=f"{before.at:%Y-%m-%d %H:%M}",
        code=code,
    )
    if told.code == _code(before) and told.message:
        message = say(
            "%(message)s On the deal in Salesforce stands: “%(told)s”", message=message, told=told.message
        )
    found.hold(
        _code(before),
        message,
        say(
            "Mend what was named. It is tried again as soon as the deal, the customer or the articles change; tick "
            "Spiris_Retry__c on the opportunity, or run with --deal, when something else was mended."
        ),
    )


def _code(before: RefusedBefore) -> HoldCode:
    return HoldCode.VIES_REFUSED if before.code == HoldCode.VIES_REFUSED else HoldCode.LEDGER_REFUSED
