"""Two tables: what may become of an intent, and what an invoice's figures mean for its Deal.

The intent's table is the protocol that keeps us from ever making a second document against an API without an
idempotency key: what was sent and not answered stays SENT until the ledger itself has been asked.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.core.model import DealStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sfspiris.core.model import Invoice


class IntentState(StrEnum):
    """Where one intended write stands. NEW, SENT and REVIEW are open; the others are final."""

    NEW = "new"  # recorded, not one byte sent
    SENT = "sent"  # armed: it may have left us, so it may have been carried out
    DONE = "done"  # confirmed by the ledger's answer
    ADOPTED = "adopted"  # the ledger has it and it is what we wanted, though no answer of ours says so: lost, or never ours
    REFUSED = "refused"  # the ledger said no; a later run may plan anew
    REVIEW = "review"  # the ledger has something that we may not decide about alone
    DROPPED = "dropped"  # never sent; a later run plans from that day's data


class IntentEvent(StrEnum):
    """What can happen to an intent."""

    ARM = "arm"  # about to send; committed before the first byte leaves
    CONFIRM = "confirm"  # the promised document came back
    REFUSE = "refuse"  # the ledger's own words say that it was not done
    NOT_EXECUTED = "not_executed"  # provably not done: no connection, or over quota
    LOSE = "lose"  # no trustworthy answer
    ADOPT = "adopt"  # found by its marker, equal to the öre
    DOUBT = "doubt"  # found, but twice, or different, or only by its print
    GIVE_BACK = "give_back"  # looked for after the settle window and not there: may be sent again
    DROP = "drop"  # the run ended before it was sent


NOTHING_IS_SENT: Final = "adopted: nothing is sent"
"""The note on ARM where a document is taken over that this memory never sent: the journal goes the way of a create, and says so."""

OPEN_STATES: Final = (IntentState.NEW, IntentState.SENT, IntentState.REVIEW)
LIVE_STATES: Final = (*OPEN_STATES, IntentState.DONE, IntentState.ADOPTED)

TRANSITIONS: Final[dict[tuple[IntentState, IntentEvent], IntentState]] = {
    (IntentState.NEW, IntentEvent.ARM): IntentState.SENT,
    (IntentState.NEW, IntentEvent.DROP): IntentState.DROPPED,
    (IntentState.SENT, IntentEvent.CONFIRM): IntentState.DONE,
    (IntentState.SENT, IntentEvent.REFUSE): IntentState.REFUSED,
    (IntentState.SENT, IntentEvent.NOT_EXECUTED): IntentState.NEW,
    (IntentState.SENT, IntentEvent.LOSE): IntentState.SENT,
    (IntentState.SENT, IntentEvent.ADOPT): IntentState.ADOPTED,
    (IntentState.SENT, IntentEvent.DOUBT): IntentState.REVIEW,
    (IntentState.SENT, IntentEvent.GIVE_BACK): IntentState.NEW,
    (IntentState.REVIEW, IntentEvent.ADOPT): IntentState.ADOPTED,
    (IntentState.REVIEW, IntentEvent.DOUBT): IntentState.REVIEW,
    (IntentState.REVIEW, IntentEvent.GIVE_BACK): IntentState.NEW,
}


class IllegalTransitionError(Exception):
    """An event met an intent in a state where it cannot happen; nothing was changed."""


def next_state(state: IntentState, event: IntentEvent) -> IntentState:
    """The state after the event.

    Raises IllegalTransitionError where the table has no row.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransitionError(f"an intent that is {state} cannot {event}") from None


class Share(Enum):
    """How much of a sum: nothing, some of it, or all."""

    NONE = 0
    PART = 1
    ALL = 2


INVOICE_STATUS: Final[Mapping[tuple[Share, Share, bool], DealStatus]] = {
    # credited, paid of the rest, past its due date
    (Share.NONE, Share.NONE, False): DealStatus.ISSUED,
    (Share.NONE, Share.NONE, True): DealStatus.OVERDUE,
    (Share.NONE, Share.PART, False): DealStatus.PARTLY_PAID,
    (Share.NONE, Share.PART, True): DealStatus.OVERDUE,
    (Share.NONE, Share.ALL, False): DealStatus.PAID,
    (Share.NONE, Share.ALL, True): DealStatus.PAID,
    (Share.PART, Share.NONE, False): DealStatus.PARTLY_CREDITED,
    (Share.PART, Share.NONE, True): DealStatus.OVERDUE,
    (Share.PART, Share.PART, False): DealStatus.PARTLY_PAID,
    (Share.PART, Share.PART, True): DealStatus.OVERDUE,
    (Share.PART, Share.ALL, False): DealStatus.PAID,
    (Share.PART, Share.ALL, True): DealStatus.PAID,
    (Share.ALL, Share.NONE, False): DealStatus.CREDITED,
    (Share.ALL, Share.NONE, True): DealStatus.CREDITED,
    (Share.ALL, Share.PART, False): DealStatus.CREDITED,
    (Share.ALL, Share.PART, True): DealStatus.CREDITED,
    (Share.ALL, Share.ALL, False): DealStatus.CREDITED,
    (Share.ALL, Share.ALL, True): DealStatus.CREDITED,
}


def deal_status(invoice: Invoice, *, today: date) -> DealStatus:
    """What sales should see for an invoice on a Swedish day.

    The figures decide, not the flags: a payment date appears after a part payment too, and a remaining amount of zero
    can come from a credit note without any money. An invoice that was voided is credited in full, as far as sales is
    concerned. Source: the ledger manual's traps on reading invoices.
    """
    total = abs(invoice.totals.gross)
    credited = abs(invoice.taken_back)
    remaining = abs(invoice.remaining)
    rest = total - credited
    is_late = invoice.is_overdue or (invoice.due_on is not None and invoice.due_on < today)
    return INVOICE_STATUS[
        Share.NONE if not credited else Share.ALL if rest <= 0 else Share.PART,
        Share.ALL if remaining == 0 else Share.PART if remaining < rest else Share.NONE,
        is_late,
    ]
