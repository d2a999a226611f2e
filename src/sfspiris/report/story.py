"""The words around the figures: what a report is called, its tiles, and what happens next. Shared by HTML and Markdown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sfspiris.core.drift import Symbol
from sfspiris.core.money import plain
from sfspiris.core.outcome import Outcome
from sfspiris.report.shapes import IN_CRM
from sfspiris.report.view import (
    FINDINGS,
    company_sums,
    grand_totals,
    how_many,
    mirrored,
    readiness_told,
    status_writes,
    tally,
    total_of,
)
from sfspiris.sentences import listed, say

if TYPE_CHECKING:
    from sfspiris.report.shapes import ReconcileDocument, RunDocument

_TITLES: Final = {
    "push-closed-won": (say("Invoice drafts to be created"), say("Invoice drafts created")),
    "apply": (say("Invoice drafts to be created"), say("Invoice drafts created")),
    "sync": (say("Invoice drafts and statuses to be written"), say("Invoice drafts and statuses written")),
    "preflight": (say("Deals checked before go-live"), say("Deals checked before go-live")),
    "pull-invoice-status": (say("Invoice status to be written"), say("Invoice status written")),
    "reconcile": (say("Salesforce and Spiris compared"), say("Salesforce and Spiris compared")),
    "rollback": (say("Drafts to be deleted"), say("Drafts deleted")),
}


_FINANCE: Final = (
    say(
        "Finance looks through the drafts in Spiris and issues them: only then do they have a number and enter the books."
    ),
    say("Invoice number, due date and payment come back to Salesforce with sfspiris pull-invoice-status."),
)
_FINANCE_ORDERS: Final = (
    say(
        "Finance invoices the orders in Spiris when it is time, one by one or several of a customer together."
    ),
    _FINANCE[1],
)
_A: Final = {"draft": say("a draft"), "order": say("an order")}


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at the top. `tone` is how it is coloured: nothing, `hold`, `bad`, or `money` for a wide one."""

    label: str
    figure: str
    unit: str = ""
    tone: str = ""


def title(document: RunDocument) -> str:
    """What the report is about, as a heading."""
    planned, done = _TITLES.get(document.command, (document.command, document.command))
    return planned if document.is_dry else done


def tiles(document: RunDocument) -> tuple[Tile, ...]:
    """The figures that somebody in a hurry wants: what is made, for how much, and what is left."""
    counts = tally(document)
    became = Outcome.PLANNED if document.is_dry else Outcome.DONE
    totals = grand_totals(company_sums(document))
    creations = (
        Tile(
            say("drafts to create") if document.is_dry else say("drafts created"),
            str(counts["create_draft", became]),
        ),
        *_unless_zero(
            say("orders to create") if document.is_dry else say("orders created"),
            counts["create_order", became],
        ),
        Tile(
            say("customers to create") if document.is_dry else say("customers created"),
            str(counts["create_customer", became]),
        ),
    )
    only_writes = document.command == "rollback" or (
        status_writes(document) and not any(one.intended not in IN_CRM for one in document.actions)
    )
    return (
        *(() if only_writes else creations),
        *(
            Tile(say("total incl. VAT"), plain(total), currency, "money")
            for currency, total in totals.items()
        ),
        *_unless_zero(
            say("drafts to update") if document.is_dry else say("drafts updated"),
            counts["update_draft", became],
        ),
        *_unless_zero(
            say("customers updated") if not document.is_dry else say("customers to update"),
            counts["update_customer", became],
        ),
        *_unless_zero(
            say("orders to update") if document.is_dry else say("orders updated"),
            counts["update_order", became],
        ),
        *_unless_zero(
            say("drafts to delete") if document.is_dry else say("drafts deleted"),
            counts["delete_draft", became],
        ),
        *_unless_zero(
            say("orders to delete") if document.is_dry else say("orders deleted"),
            counts["delete_order", became],
        ),
        *_unless_zero(say("found from an earlier run"), counts["adopt", became]),
        *_unless_zero(
            say("statuses in Salesforce"), sum(one.outcome is became for one in status_writes(document))
        ),
        *_unless_zero(say("invoices in Salesforce"), mirrored(document)[0]),
        *_unless_zero(say("accounts in Salesforce"), mirrored(document)[1]),
        *_unless_zero(say("open deals told"), readiness_told(document)),
        Tile(say("deals unchanged"), str(document.summary.unchanged)),
        Tile(say("deals held"), str(document.summary.held), tone="hold" if document.summary.held else ""),
        *_unless_zero(say("refused"), total_of(counts, Outcome.FAILED), tone="bad"),
        *_unless_zero(say("outcome unknown"), total_of(counts, Outcome.UNKNOWN), tone="bad"),
        *_unless_zero(say("not tried"), total_of(counts, Outcome.SKIPPED), tone="hold"),
    )


def reconcile_tiles(document: ReconcileDocument) -> tuple[Tile, ...]:
    """One figure per finding; what needs a person is coloured."""
    counts = Counter(one.symbol for one in document.lines)
    tones = {Symbol.UNREADABLE: "bad", Symbol.SAME: ""}
    return tuple(
        Tile(words, str(counts[symbol]), tone=tones.get(symbol, "hold") if counts[symbol] else "")
        for symbol, words in FINDINGS.items()
    )


def _unless_zero(label: str, count: int, tone: str = "") -> tuple[Tile, ...]:
    return (Tile(label, str(count), tone=tone),) if count else ()


def next_steps(document: RunDocument) -> tuple[str, ...]:
    """What happens next and who does it, in order."""
    steps = _after_a_plan(document) if document.is_dry else _after_a_run(document)
    if document.summary.held:
        steps.append(
            say(
                "%(counted)s held and left alone. Every run looks again, and takes along what has "
                "been mended at the source.",
                counted=how_many(document.summary.held, "deal"),
            )
        )
    return tuple(steps) or (say("Nothing: both sides agree."),)


def _after_a_plan(document: RunDocument) -> list[str]:
    counts = tally(document)
    drafts, customers = counts["create_draft", Outcome.PLANNED], counts["create_customer", Outcome.PLANNED]
    orders = counts["create_order", Outcome.PLANNED]
    if drafts or customers or orders:
        made = listed(
            how_many(count, noun)
            for count, noun in ((customers, "customer"), (drafts, "draft"), (orders, "order"))
            if count
        )
        return [
            say(
                "Somebody approves this plan. Until it is carried out, nothing changes in Spiris or in Salesforce."
            ),
            say("sfspiris makes %(made)s in Spiris. It never books or sends an invoice.", made=made),
            *(_FINANCE if drafts or not orders else _FINANCE_ORDERS),
        ]
    for noun, one in _A.items():
        if updates := counts[f"update_{noun}", Outcome.PLANNED]:
            return [
                say(
                    "Run without --dry-run, sfspiris brings %(counted)s in Spiris to what Salesforce says now.",
                    counted=how_many(updates, noun),
                ),
                say("%(One)s that somebody edits until then is left alone.", One=one),
            ]
    for noun, one in _A.items():
        if deletions := counts[f"delete_{noun}", Outcome.PLANNED]:
            return [
                say(
                    "Run without --dry-run, sfspiris deletes %(counted)s in Spiris, each read again just before.",
                    counted=how_many(deletions, noun),
                ),
                say(
                    "%(One)s that somebody edits or issues until then is left alone. Customers and articles stay.",
                    One=one,
                ),
            ]
    writes = len(status_writes(document))
    if writes:
        return [
            say(
                "Run without --dry-run, sfspiris writes the status of %(counted)s to Salesforce.",
                counted=how_many(writes, "deal"),
            )
        ]
    return []


def _after_a_run(document: RunDocument) -> list[str]:
    counts = tally(document)
    steps: list[str] = (
        [
            say(
                "The cause above is mended, and the same command is run again: it takes up where this run stopped."
            )
        ]
        if (document.stopped)
        else []
    )
    if counts["create_draft", Outcome.DONE] + counts["adopt", Outcome.DONE]:
        steps += _FINANCE
    elif counts["create_order", Outcome.DONE]:
        steps += _FINANCE_ORDERS
    if counts["delete_draft", Outcome.DONE] + counts["delete_order", Outcome.DONE]:
        steps.append(
            say(
                "A deal whose draft was taken back gets a new one only when somebody ticks Spiris_Retry__c on it in Salesforce."
            )
        )
    if total_of(counts, Outcome.UNKNOWN):
        steps.append(
            say(
                "%(counted)s without a trustworthy answer: the next run asks "
                "Spiris before anything is sent again. Nobody should create these by hand.",
                counted=how_many(total_of(counts, Outcome.UNKNOWN), "write"),
            )
        )
    if total_of(counts, Outcome.FAILED) + total_of(counts, Outcome.SKIPPED):
        steps.append(say("What was refused or not tried is planned again by the next run."))
    return steps
