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

if TYPE_CHECKING:
    from sfspiris.report.shapes import ReconcileDocument, RunDocument

_TITLES: Final = {
    "push-closed-won": ("Invoice drafts to be created", "Invoice drafts created"),
    "apply": ("Invoice drafts to be created", "Invoice drafts created"),
    "sync": ("Invoice drafts and statuses to be written", "Invoice drafts and statuses written"),
    "preflight": ("Deals checked before go-live", "Deals checked before go-live"),
    "pull-invoice-status": ("Invoice status to be written", "Invoice status written"),
    "reconcile": ("Salesforce and Spiris compared", "Salesforce and Spiris compared"),
    "rollback": ("Drafts to be deleted", "Drafts deleted"),
}


_FINANCE: Final = (
    "Finance looks through the drafts in Spiris and issues them: only then do they have a number and enter the books.",
    "Invoice number, due date and payment come back to Salesforce with sfspiris pull-invoice-status.",
)
_FINANCE_ORDERS: Final = (
    "Finance invoices the orders in Spiris when it is time, one by one or several of a customer together.",
    _FINANCE[1],
)
_A: Final = {"draft": "A draft", "order": "An order"}


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
    verb = "to create" if document.is_dry else "created"
    totals = grand_totals(company_sums(document))
    creations = (
        Tile(f"drafts {verb}", str(counts["create_draft", became])),
        *_unless_zero(f"orders {verb}", counts["create_order", became]),
        Tile(f"customers {verb}", str(counts["create_customer", became])),
    )
    only_writes = document.command == "rollback" or (
        status_writes(document) and not any(one.intended not in IN_CRM for one in document.actions)
    )
    return (
        *(() if only_writes else creations),
        *(Tile("total incl. VAT", plain(total), currency, "money") for currency, total in totals.items()),
        *_unless_zero(
            "drafts to update" if document.is_dry else "drafts updated", counts["update_draft", became]
        ),
        *_unless_zero(
            "customers updated" if not document.is_dry else "customers to update",
            counts["update_customer", became],
        ),
        *_unless_zero(
            "orders to update" if document.is_dry else "orders updated", counts["update_order", became]
        ),
        *(
            one
            for noun in ("draft", "order")
            for one in _unless_zero(
                f"{noun}s to delete" if document.is_dry else f"{noun}s deleted",
                counts[f"delete_{noun}", became],
            )
        ),
        *_unless_zero("found from an earlier run", counts["adopt", became]),
        *_unless_zero(
            "statuses in Salesforce", sum(one.outcome is became for one in status_writes(document))
        ),
        *_unless_zero("invoices in Salesforce", mirrored(document)[0]),
        *_unless_zero("accounts in Salesforce", mirrored(document)[1]),
        *_unless_zero("open deals told", readiness_told(document)),
        Tile("deals unchanged", str(document.summary.unchanged)),
        Tile("deals held", str(document.summary.held), tone="hold" if document.summary.held else ""),
        *_unless_zero("refused", total_of(counts, Outcome.FAILED), tone="bad"),
        *_unless_zero("outcome unknown", total_of(counts, Outcome.UNKNOWN), tone="bad"),
        *_unless_zero("not tried", total_of(counts, Outcome.SKIPPED), tone="hold"),
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
            f"{how_many(document.summary.held, 'deal')} held and left alone. Every run looks again, and takes along what has "
            "been mended at the source."
        )
    return tuple(steps) or ("Nothing: both sides agree.",)


def _after_a_plan(document: RunDocument) -> list[str]:
    counts = tally(document)
    drafts, customers = counts["create_draft", Outcome.PLANNED], counts["create_customer", Outcome.PLANNED]
    orders = counts["create_order", Outcome.PLANNED]
    if drafts or customers or orders:
        made = " and ".join(
            how_many(count, noun)
            for count, noun in ((customers, "customer"), (drafts, "draft"), (orders, "order"))
            if count
        )
        return [
            "Somebody approves this plan. Until it is carried out, nothing changes in Spiris or in Salesforce.",
            f"sfspiris makes {made} in Spiris. It never books or sends an invoice.",
            *(_FINANCE if drafts or not orders else _FINANCE_ORDERS),
        ]
    for noun in ("draft", "order"):
        if updates := counts[f"update_{noun}", Outcome.PLANNED]:
            return [
                f"Run without --dry-run, sfspiris brings {how_many(updates, noun)} in Spiris to what Salesforce says now.",
                f"{_A[noun]} that somebody edits until then is left alone.",
            ]
    for noun in ("draft", "order"):
        if deletions := counts[f"delete_{noun}", Outcome.PLANNED]:
            return [
                f"Run without --dry-run, sfspiris deletes {how_many(deletions, noun)} in Spiris, each read again just before.",
                f"{_A[noun]} that somebody edits or issues until then is left alone. Customers and articles stay.",
            ]
    writes = len(status_writes(document))
    if writes:
        return [
            f"Run without --dry-run, sfspiris writes the status of {how_many(writes, 'deal')} to Salesforce."
        ]
    return []


def _after_a_run(document: RunDocument) -> list[str]:
    counts = tally(document)
    steps = (
        ["The cause above is mended, and the same command is run again: it takes up where this run stopped."]
        if (document.stopped)
        else []
    )
    if counts["create_draft", Outcome.DONE] + counts["adopt", Outcome.DONE]:
        steps += _FINANCE
    elif counts["create_order", Outcome.DONE]:
        steps += _FINANCE_ORDERS
    if counts["delete_draft", Outcome.DONE] + counts["delete_order", Outcome.DONE]:
        steps.append(
            "A deal whose draft was taken back gets a new one only when somebody ticks Spiris_Retry__c on it in Salesforce."
        )
    if total_of(counts, Outcome.UNKNOWN):
        steps.append(
            f"{how_many(total_of(counts, Outcome.UNKNOWN), 'write')} without a trustworthy answer: the next run asks "
            "Spiris before anything is sent again. Nobody should create these by hand."
        )
    if total_of(counts, Outcome.FAILED) + total_of(counts, Outcome.SKIPPED):
        steps.append("What was refused or not tried is planned again by the next run.")
    return steps
