"""Values out of a fixed set, such as a status, as people say them. Programs, and Salesforce, get them as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.core.model import DealStatus
from sfspiris.core.outcome import RunStatus
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.sentences import Sentence

_STATUSES: Final[Mapping[str, Sentence]] = {
    DealStatus.HELD: say("Held"),
    DealStatus.DRAFT: say("Draft"),
    DealStatus.ISSUED: say("Issued"),
    DealStatus.PARTLY_PAID: say("Partly Paid"),
    DealStatus.PAID: say("Paid%(in_full)s", in_full=""),
    DealStatus.OVERDUE: say("Overdue%(now)s", now=""),
    DealStatus.PARTLY_CREDITED: say("Partly Credited"),
    DealStatus.CREDITED: say("Credited%(in_full)s", in_full=""),
    DealStatus.DELETED: say("Deleted"),
    DealStatus.ERROR: say("Error"),
}
"""Sums are called Paid, Overdue and Credited too, which are other words in Swedish than for an invoice: hence the empty places."""

_ENDINGS: Final[Mapping[str, Sentence]] = {
    RunStatus.OK: say("ok"),
    RunStatus.PARTIAL: say("partial"),
    RunStatus.FAILED: say("failed%(run)s", run=""),
}
_YES_OR_NO: Final[Mapping[str, Sentence]] = {"true": say("Yes"), "false": say("No")}
_QUESTIONS: Final = frozenset(
    {"SellsConstruction", "IsPrivate", "IsPersonal", "InvoiceReady", "ReverseCharge", "Retry"}
)
"""The fields of a change that answer with yes or no."""


def status_words(status: str) -> str:
    """The status of a Deal or an invoice; any other text as it is."""
    return _STATUSES.get(status, status)


def ending_words(status: str) -> str:
    """How a run ended; any other text as it is."""
    return _ENDINGS.get(status, status)


def value_words(field: str, value: str) -> str:
    """What stands in a field of a change: a status, or yes or no, in words; anything else as it is."""
    if field == "Status":
        return status_words(value)
    is_question = field.rpartition(".")[2] in _QUESTIONS
    return _YES_OR_NO.get(value.lower(), value) if is_question else value
