"""What the journal says of a write, as people say it: what was meant, each step, and in one line how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.core.lifecycle import NOTHING_IS_SENT, IntentEvent
from sfspiris.core.money import Money
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sfspiris.sentences import Sentence

_KINDS: Final[Mapping[str, Sentence]] = {
    "create_article": say("New article"),
    "create_customer": say("New customer"),
    "update_customer": say("Change of customer"),
    "create_draft": say("New invoice draft"),
    "update_draft": say("Change of invoice draft"),
    "delete_draft": say("Deletion of invoice draft"),
    "create_order": say("New order"),
    "update_order": say("Change of order"),
    "delete_order": say("Deletion of order"),
    "write_invoice": say("Invoice as Salesforce shows it"),
    "write_account": say("Account's sums as Salesforce shows them"),
    "write_deal": say("Status on the deal in Salesforce"),
}
_DONE: Final[Mapping[str, Sentence]] = {
    "create_article": say("article made"),
    "create_customer": say("customer made"),
    "update_customer": say("customer changed"),
    "create_draft": say("draft made"),
    "update_draft": say("draft changed"),
    "delete_draft": say("draft deleted"),
    "create_order": say("order made"),
    "update_order": say("order changed"),
    "delete_order": say("order deleted"),
    "write_deal": say("written to Salesforce"),
}
_STEPS: Final[Mapping[str, Sentence]] = {
    "record": say("recorded before anything was sent"),
    "saved": say("saved there"),
    IntentEvent.ARM: say("about to be sent"),
    IntentEvent.CONFIRM: say("confirmed by the answer"),
    IntentEvent.REFUSE: say("refused, nothing was written"),
    IntentEvent.NOT_EXECUTED: say("not carried out"),
    IntentEvent.LOSE: say("no trustworthy answer"),
    IntentEvent.ADOPT: say("found in Spiris and taken over"),
    IntentEvent.DOUBT: say("found, but a person must judge"),
    IntentEvent.GIVE_BACK: say("looked for and not there, may be sent again"),
    IntentEvent.DROP: say("given up before it was sent"),
    "assigned": say("Held deal handed over"),
    "resolved": say("Held deal settled without an invoice"),
    "reopened": say("Held deal open again"),
    "accepted": say("Document in Spiris accepted without a deal"),
    "unaccepted": say("Document in Spiris needs a deal after all"),
}
_LEFT_AT: Final[Mapping[str, Sentence]] = {
    "record": say("recorded, not sent"),
    IntentEvent.ARM: say("sent, and no answer was recorded"),
}
"""How a write ended whose run ended before it did."""

_NOTES: Final[Mapping[str, Sentence]] = {
    str(one): one
    for one in (
        say("found by its marker"),
        say("found by its number"),
        say("the draft says what was sent"),
        say("the draft is gone"),
        say("it was issued instead"),
        say("two customers carry the mark"),
        say("the same words may be written again"),
        say("planned anew from today's data"),
        say("planned anew from what stands then"),
        say("looked for after the settle window and not there"),
        say("the draft is not any more as it was read"),
        say("a person has been at it"),
    )
} | {NOTHING_IS_SENT: say("adopted: nothing is sent")}
"""The notes that we write ourselves; every other one is a code, an id, or what a person wrote."""


def kind_words(kind: str) -> str:
    """What a write was to do, as a heading."""
    return _KINDS.get(kind, kind)


def step_words(event: str, note: str | None = None) -> str:
    """One step of a write, or what a person decided. What is only taken over is never about to be sent."""
    if event == IntentEvent.ARM and note == NOTHING_IS_SENT:
        return say("to be taken over, nothing is sent")
    return _STEPS.get(event, event)


def note_words(note: str) -> str:
    """What explains a step; whatever is not ours as it is."""
    return _NOTES.get(note, note)


def ending_of_write(
    kind: str, event: str, *, note: str | None, net: Decimal | None, currency: str | None
) -> str:
    """A write in one line by the last thing that happened to it, with the amount of a document (net, in major units)."""
    if event == IntentEvent.CONFIRM:
        told = _DONE.get(kind, kind)
    else:
        how = step_words(event, note) if note == NOTHING_IS_SENT else _LEFT_AT.get(event)
        told = joined((kind_words(kind), how or step_words(event)), ": ")
    amount = say("%(net)s net", net=Money(net, currency)) if net is not None and currency else None
    told = joined((told, amount), ", ") if amount else told
    is_explained = note and event != IntentEvent.CONFIRM
    return joined((told, joined(("(", note_words(note), ")"), ""))) if is_explained and note else told
