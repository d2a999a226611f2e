"""What earlier runs did, from the local memory: the list of runs, and one run record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sfspiris.report.csv import table
from sfspiris.report.page import Page, Row
from sfspiris.report.shapes import SCHEMA_VERSION, Amount, Facts, Id, Moment, Words
from sfspiris.report.view import how_many, swedish_time

if TYPE_CHECKING:
    from rich.console import Console


class RunCountFacts(Facts):
    """How much a run did; the same numbers as in its report."""

    created: int
    updated: int
    deleted: int
    unchanged: int
    held: int
    failed: int


class RunFacts(Facts):
    """One run. Without `finished_at` and `status` it is at work, or was interrupted."""

    run_id: Id
    command: str
    started_at: Moment
    finished_at: Moment | None
    status: Literal["ok", "partial", "failed"] | None
    counts: RunCountFacts


class StepFacts(Facts):
    """One thing that happened to a record: `note` is a code or id that explains it."""

    at: Moment
    event: str
    to_state: str
    run_id: Id
    note: Words | None


class RecordFacts(Facts):
    """One write that the run recorded, and where it stands today. `net` is in major units of `currency`."""

    kind: str
    company: Id | None
    deal: Id
    revision: int
    state: str
    target_id: Id | None
    correlation_id: Id | None
    marker: Words | None
    net: Amount | None
    currency: Id | None
    steps: tuple[StepFacts, ...]


class SeenDealFacts(Facts):
    """A deal that the run held, with every code, or found to be what it should be."""

    deal: Id
    outcome: Literal["held", "unchanged"]
    company: Id | None
    codes: tuple[str, ...]
    correlation_id: Id | None


class RunsDocument(Facts):
    """What `sfspiris runs list --json` prints: newest first."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["runs list"] = "runs list"
    runs: tuple[RunFacts, ...]


class RunHistoryDocument(Facts):
    """What `sfspiris runs show --json` prints: one run, the records that it wrote, and the deals that it held or left.

    For `deals` no more is known of a run 90 days later.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["runs show"] = "runs show"
    run: RunFacts
    records: tuple[RecordFacts, ...]
    deals: tuple[SeenDealFacts, ...]


_UNCHANGED_SHOWN: Final = 50  # on the terminal

_COLUMNS: Final = (
    "run_id",
    "at",
    "kind",
    "company",
    "deal",
    "event",
    "to_state",
    "note",
    "target_id",
    "net",
    "currency",
    "correlation_id",
    "marker",
)


def history_csv(document: RunHistoryDocument) -> str:
    """One line per step of each record, and one per deal that was held or left; for a spreadsheet, to be written as UTF-8."""
    ended = document.run.finished_at or document.run.started_at
    decided = (
        {
            "run_id": document.run.run_id,
            "at": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
            "kind": one.outcome,
            "company": one.company,
            "deal": one.deal,
            "event": one.outcome,
            "note": " ".join(one.codes),
            "correlation_id": one.correlation_id,
        }
        for one in document.deals
    )
    written = (
        {
            "run_id": step.run_id,
            "at": f"{step.at:%Y-%m-%dT%H:%M:%SZ}",
            "kind": record.kind,
            "company": record.company,
            "deal": record.deal,
            "event": step.event,
            "to_state": step.to_state,
            "note": step.note,
            "target_id": record.target_id,
            "net": record.net,
            "currency": record.currency,
            "correlation_id": record.correlation_id,
            "marker": record.marker,
        }
        for record in document.records
        for step in record.steps
    )
    return table(_COLUMNS, (*written, *decided))


def print_runs(console: Console, document: RunsDocument) -> None:
    """Print the runs, newest first."""
    page = Page(console)
    if document.runs:
        page.columns(
            [Row(("run", "", "when", "made", "held", "failed"), style="dim")]
            + [
                Row(
                    (
                        one.run_id,
                        f"{one.command} ({_ended(one)})",
                        swedish_time(one.started_at),
                        str(one.counts.created),
                        str(one.counts.held),
                        str(one.counts.failed),
                    )
                )
                for one in document.runs
            ],
            indent=0,
        )
    page.last(f"{how_many(len(document.runs), 'run').capitalize()} recorded.")


def print_history(console: Console, document: RunHistoryDocument) -> None:
    """Print one run, record by record."""
    page, run = Page(console), document.run
    page.say(f"{run.command}, {swedish_time(run.started_at)}", style="bold")
    page.entry("run", run.run_id)
    page.entry("ended", f"{_ended(run)}{', ' + swedish_time(run.finished_at) if run.finished_at else ''}")
    page.entry("counts", ", ".join(f"{count} {name}" for name, count in run.counts.model_dump().items()))
    for record in document.records:
        page.gap()
        page.say(f"{record.kind} for deal {record.deal}: {record.state}", style="bold")
        if record.net is not None:
            page.entry("net", f"{record.net} {record.currency}", indent=2)
        for label, text in (
            ("record", record.target_id),
            ("corr. id", record.correlation_id),
            ("marker", record.marker),
        ):
            if text:
                page.entry(label, text, indent=2)
        for step in record.steps:
            note = f" ({step.note})" if step.note else ""
            page.entry(f"{step.at:%H:%M:%S}", f"{step.event} {page.arrow} {step.to_state}{note}", indent=2)
    _decided(page, document)
    page.last(f"{how_many(len(document.records), 'record').capitalize()} written. Times of steps are UTC.")


def _decided(page: Page, document: RunHistoryDocument) -> None:
    held = [one for one in document.deals if one.outcome == "held"]
    if held:
        page.title("Held")
        page.columns([Row((one.deal, one.company or "", " ".join(one.codes))) for one in held])
    left = [one.deal for one in document.deals if one.outcome == "unchanged"]
    if left:
        page.title("Unchanged")
        for deal in left[:_UNCHANGED_SHOWN]:
            page.say(deal, indent=2)
        if len(left) > _UNCHANGED_SHOWN:
            page.say(f"and {len(left) - _UNCHANGED_SHOWN} more; --json and --export name them all", indent=2)


def _ended(run: RunFacts) -> str:
    return run.status or "at work or interrupted"
