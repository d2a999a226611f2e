"""What earlier runs did, from the local memory: the list of runs, and one run record by record."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, Literal

from sfspiris.report.csv import table
from sfspiris.report.page import Page, Row
from sfspiris.report.shapes import SCHEMA_VERSION, Amount, Facts, Id, Moment, Words
from sfspiris.report.values import ending_words
from sfspiris.report.view import how_many, sentence_case, swedish_clock, swedish_day, swedish_time
from sfspiris.report.writes import ending_of_write, note_words, step_words
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from rich.console import Console

    from sfspiris.report.helping import Language


class RunCountFacts(Facts):
    """How much a run did; the same numbers as in its report."""

    created: int
    updated: int
    deleted: int
    unchanged: int
    held: int
    failed: int


class RunFacts(Facts):
    """One run. Without `finished_at` and `status` it is at work, or was interrupted.

    `ended_by` is the code of the error that ended it before all was tried.
    """

    run_id: Id
    command: str
    started_at: Moment
    finished_at: Moment | None
    status: Literal["ok", "partial", "failed"] | None
    counts: RunCountFacts
    ended_by: str | None = None


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


def print_runs(console: Console, document: RunsDocument, language: Language = "en") -> None:
    """Print the runs, newest first."""
    page = Page(console, language)
    if document.runs:
        head = (
            say("run"),
            "",
            say("when"),
            say("made"),
            say("updated"),
            say("removed"),
            say("held"),
            say("failed"),
        )
        page.columns(
            [Row(head, style="dim")]
            + [
                Row(
                    (
                        one.run_id,
                        joined((one.command, " (", _ended(one), ")"), ""),
                        swedish_time(one.started_at),
                        str(one.counts.created),
                        str(one.counts.updated),
                        str(one.counts.deleted),
                        str(one.counts.held),
                        str(one.counts.failed),
                    )
                )
                for one in document.runs
            ],
            indent=0,
        )
    page.last(say("%(runs)s recorded.", runs=sentence_case(how_many(len(document.runs), "run"))))


def print_history(
    console: Console, document: RunHistoryDocument, language: Language = "en", *, steps: bool = False
) -> None:
    """Print one run, deal by deal: how each write ended, with its `steps` and marks where they are asked for. Times are Sweden's."""
    page, run = Page(console, language), document.run
    page.say(joined((run.command, swedish_time(run.started_at)), ", "), style="bold")
    page.entry(say("run"), run.run_id)
    ended = (swedish_time(run.finished_at),) if run.finished_at else ()
    page.entry(say("ended"), joined((_ended(run), *ended), ", "))
    counts = run.counts
    page.entry(
        say("counts"),
        say(
            "%(created)s made, %(updated)s changed, %(deleted)s deleted, %(unchanged)s unchanged, %(held)s held, %(failed)s failed",
            **counts.model_dump(),
        ),
    )
    for deal, records in _by_deal(document).items():
        page.gap()
        companies = dict.fromkeys(one.company for one in records if one.company)
        threads = dict.fromkeys(one.correlation_id for one in records if one.correlation_id)
        named = tuple(joined((say("corr. id"), one)) for one in threads)
        page.say(joined((deal, *companies, *named), ", "), style="bold")
        for record in records:
            _written(page, run, record)
            if steps:
                _steps(page, record)
    _decided(page, document)
    written = say("%(writes)s recorded.", writes=sentence_case(how_many(len(document.records), "write")))
    page.last(written if steps else joined((written, say("-v shows every step of them."))))


def _by_deal(document: RunHistoryDocument) -> dict[str, list[RecordFacts]]:
    """The writes of each deal, in the order in which the run came to the deals."""
    found: dict[str, list[RecordFacts]] = defaultdict(list)
    for record in document.records:
        found[record.deal].append(record)
    return found


def _written(page: Page, run: RunFacts, record: RecordFacts) -> None:
    last = record.steps[-1]
    told = ending_of_write(record.kind, last.event, note=last.note, net=record.net, currency=record.currency)
    named = (say("id %(id)s", id=record.target_id),) if record.target_id not in {None, record.deal} else ()
    is_later = swedish_day(last.at) != swedish_day(run.started_at)  # found out by a run of another day
    at = swedish_time(last.at) if is_later else swedish_clock(last.at)
    page.say(joined((at, joined((told, *named), ", ")), "  "), indent=2)


def _steps(page: Page, record: RecordFacts) -> None:
    if record.marker:
        page.entry(say("marker"), record.marker, indent=4)
    for step in record.steps:
        told = step_words(step.event, step.note)
        note = (joined(("(", note_words(step.note), ")"), ""),) if step.note else ()
        elsewhere = (say("by %(who)s", who=step.run_id),) if step.run_id != record.steps[0].run_id else ()
        page.entry(swedish_clock(step.at, seconds=True), joined((told, *note, *elsewhere)), indent=4)


def _decided(page: Page, document: RunHistoryDocument) -> None:
    held = [one for one in document.deals if one.outcome == "held"]
    if held:
        page.title(say("Held"))
        page.columns([Row((one.deal, one.company or "", " ".join(one.codes))) for one in held])
    left = [one.deal for one in document.deals if one.outcome == "unchanged"]
    if left:
        page.title(say("Unchanged"))
        for deal in left[:_UNCHANGED_SHOWN]:
            page.say(deal, indent=2)
        if len(left) > _UNCHANGED_SHOWN:
            more = say(
                "and %(count)s more; --json and --export name them all", count=len(left) - _UNCHANGED_SHOWN
            )
            page.say(more, indent=2)


def _ended(run: RunFacts) -> str:
    if run.status is None:
        return say("at work or interrupted")
    ending = ending_words(run.status)
    return ending if run.ended_by is None else joined((ending, " (", run.ended_by, ")"), "")
