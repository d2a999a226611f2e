"""How things stand, for people and for programs: what `sfspiris status` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sfspiris.core.money import Money
from sfspiris.core.standing import Ended, Need
from sfspiris.report.history import RunCountFacts
from sfspiris.report.language import words
from sfspiris.report.page import Page, Row
from sfspiris.report.shapes import SCHEMA_VERSION, Amount, Facts, Id, Moment, Words
from sfspiris.report.view import how_many, swedish_time
from sfspiris.sentences import joined, say, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from rich.console import Console

    from sfspiris.core.standing import Flow, LastRun, Memory, Standing, UnknownWrite
    from sfspiris.report.helping import Language
    from sfspiris.sentences import Sentence

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400  # seconds

_ENDS: Final = {
    Ended.OK: say("to its end"),
    Ended.PARTIAL: say("to its end, with something left"),
    Ended.FAILED: say("stopped early"),
    Ended.AT_WORK: say("at work now"),
    Ended.INTERRUPTED: say("began and never ended"),
}
_STYLES: Final = {
    Ended.FAILED: "bold red",
    Ended.INTERRUPTED: "bold red",
    Ended.PARTIAL: "yellow",
    Ended.AT_WORK: "yellow",
}


class LastRunFacts(Facts):
    """The last run of a command; `half` is `pull` for the second half of a `sync`, which is a run of its own.

    `ended` is `at work` while it holds the lock, and `interrupted` when it began and never ended.
    """

    command: Id
    half: Literal["pull"] | None
    run_id: Id
    started_at: Moment
    finished_at: Moment | None
    ended: Ended
    counts: RunCountFacts


class FlowFacts(Facts):
    """One flow: its last run, and when a run of it last came to its end, with how many seconds ago that was."""

    flow: Literal["push", "pull"]
    is_off: bool
    last_run: Id | None
    ended_well_at: Moment | None
    ended_well_seconds: int | None


class ReasonFacts(Facts):
    """How many deals wait for one reason, and for which companies; null among these stands for deals without a route."""

    code: Id
    deals: int
    oldest: Moment
    oldest_days: int
    companies: tuple[Id | None, ...]


class HeldFacts(Facts):
    """The queue: each deal counted once in `deals`, under each of its reasons in `reasons`. `owner` stands under [review]."""

    deals: int
    owner: Words | None
    reasons: tuple[ReasonFacts, ...]


class UnknownFacts(Facts):
    """A write that was sent, with no known outcome."""

    deal: Id
    kind: Id
    company: Id | None
    sent_at: Moment


class DocumentSumFacts(Facts):
    """Documents of one company in one currency that stand alike, as the last pull saw them.

    `net` is their net sum, `remaining` what is left to pay of them with VAT: null where it is not known of all of them.
    """

    company: Id
    currency: Id
    status: Id
    documents: int
    net: Amount
    remaining: Amount | None


class CursorFacts(Facts):
    """How far one feed has been read, and how many seconds ago that is."""

    feed: Id
    read_to: Moment
    seconds: int


class MemoryFacts(Facts):
    """The file of the local memory: what its seal says, and why it cannot be used, if so."""

    file: str
    finding: Words
    trouble: Words | None


class NextStepFacts(Facts):
    """One thing that needs a person, and the command that begins to settle it."""

    need: Need
    what: Words
    command: Words


class StatusDocument(Facts):
    """What `sfspiris status --json` prints. `at` is Salesforce's time as far as it is known here, `next` is empty when nobody is needed."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["status"] = "status"
    at: Moment
    flows: tuple[FlowFacts, ...]
    runs: tuple[LastRunFacts, ...]
    held: HeldFacts
    unknown: tuple[UnknownFacts, ...]
    documents: tuple[DocumentSumFacts, ...]
    cursors: tuple[CursorFacts, ...]
    memory: MemoryFacts
    next: tuple[NextStepFacts, ...]


def status_document(
    standing: Standing,
    memory: Memory,
    *,
    file: str,
    unknown: Iterable[UnknownWrite],
    cursors: Mapping[str, datetime],
    owner: str | None,
    now: datetime,
    language: Language = "en",
) -> StatusDocument:
    """The judgement as a document with sentences in `language`; `now` is UTC, `owner` who looks at what waits."""
    told = words(language).sentence
    return StatusDocument(
        at=now,
        flows=tuple(_flow(one, now) for one in standing.flows),
        runs=tuple(_run(one) for one in standing.runs),
        held=HeldFacts(
            deals=standing.held_deals,
            owner=owner,
            reasons=tuple(
                ReasonFacts(
                    code=one.code,
                    deals=one.deals,
                    oldest=one.oldest,
                    oldest_days=_seconds(now - one.oldest) // _DAY,
                    companies=one.companies,
                )
                for one in standing.reasons
            ),
        ),
        unknown=tuple(
            UnknownFacts(deal=one.deal_id, kind=one.kind, company=one.company, sent_at=one.sent_at)
            for one in unknown
        ),
        documents=tuple(
            DocumentSumFacts.model_validate(one, from_attributes=True) for one in standing.documents
        ),
        cursors=tuple(
            CursorFacts(feed=feed, read_to=at, seconds=_seconds(now - at)) for feed, at in cursors.items()
        ),
        memory=MemoryFacts(file=file, finding=told(whole(memory.finding)), trouble=memory.trouble),
        next=tuple(
            NextStepFacts(need=one.need, what=told(one.what), command=one.command) for one in standing.next
        ),
    )


def _run(run: LastRun) -> LastRunFacts:
    return LastRunFacts(
        command=run.command,
        half="pull" if run.is_pull_half else None,
        run_id=run.run_id,
        started_at=run.started_at,
        finished_at=run.finished_at,
        ended=run.ended,
        counts=RunCountFacts.model_validate(dict(run.counts)),
    )


def _flow(flow: Flow, now: datetime) -> FlowFacts:
    return FlowFacts(
        flow="push" if flow.name == "push" else "pull",
        is_off=flow.is_off,
        last_run=flow.last.run_id if flow.last else None,
        ended_well_at=flow.ended_well_at,
        ended_well_seconds=_seconds(now - flow.ended_well_at) if flow.ended_well_at else None,
    )


def _seconds(passed: timedelta) -> int:
    """Never negative: what was recorded last may be a moment ahead of this machine's clock."""
    return max(int(passed.total_seconds()), 0)


# --- the page ------------------------------------------------------------------------------------------------------


def print_status(console: Console, document: StatusDocument, language: Language = "en") -> None:
    """Print how things stand, what needs a person last. The document is in `language` already."""
    page = Page(console, language)
    page.say(say("How things stand, %(when)s", when=swedish_time(document.at)), style="bold")
    for flow in document.flows:
        page.entry(say("push") if flow.flow == "push" else say("pull"), _flow_words(flow))
    memory = (document.memory.trouble or document.memory.finding).rstrip(".")
    page.entry(say("memory"), joined((joined((document.memory.file, memory), ": "), "."), ""))
    _print_runs(page, document)
    _print_waiting(page, document)
    _print_documents(page, document)
    if document.cursors:
        page.title(say("Read up to"))
        page.columns(
            [Row((one.feed, swedish_time(one.read_to), _ago(one.seconds))) for one in document.cursors]
        )
    if document.next:
        page.title(say("Next"))
        for step in document.next:
            page.say(step.what, sign="!", indent=2, sign_style="bold red")
            page.say(f"{page.arrow} `{step.command}`", indent=4)
    things = how_many(len(document.next), "thing")
    page.last(
        say("%(things)s for a person. Neither system was asked.", things=things)
        if document.next
        else say("Nothing needs a person. Neither system was asked.")
    )


def _flow_words(flow: FlowFacts) -> Sentence:
    if flow.ended_well_at is None or flow.ended_well_seconds is None:
        told = say("has not come to its end yet")
    else:
        told = say(
            "last to its end %(when)s, %(ago)s",
            when=swedish_time(flow.ended_well_at),
            ago=_ago(flow.ended_well_seconds),
        )
    return joined((told, say("switched off")), "; ") if flow.is_off else told


def _ago(seconds: int) -> Sentence:
    """How long ago, in one unit that says enough."""
    if seconds < _MINUTE:
        return say("just now")
    if seconds < 2 * _HOUR:
        passed = how_many(seconds // _MINUTE, "minute")
    elif seconds < 2 * _DAY:
        passed = how_many(seconds // _HOUR, "hour")
    else:
        passed = how_many(seconds // _DAY, "day")
    return say("%(passed)s ago", passed=passed)


def _print_runs(page: Page, document: StatusDocument) -> None:
    page.title(say("Last run of each command"))
    if not document.runs:
        page.say(say("No run is recorded yet."), indent=2)
        return
    head = (say("command"), say("began"), say("made"), say("updated"), say("held"), say("failed"), "")
    rows = [Row(head, style="dim")]
    for one in document.runs:
        counts = (one.counts.created, one.counts.updated, one.counts.held, one.counts.failed)
        name = f"{one.command} ({one.half})" if one.half else one.command
        cells = (name, swedish_time(one.started_at), *map(str, counts), _ENDS[one.ended])
        rows.append(Row(cells, style=_STYLES.get(one.ended, "default")))
    page.columns(rows)


def _print_waiting(page: Page, document: StatusDocument) -> None:
    held = document.held
    if held.reasons:
        page.title(say("Waits for a person"))
        rows = [Row((say("reason"), say("deals"), say("oldest, days"), say("companies")), style="dim")]
        for one in held.reasons:
            companies = joined((key or say("no company") for key in one.companies), ", ")
            rows.append(Row((one.code, str(one.deals), str(one.oldest_days), companies)))
        page.columns(rows)
        if held.owner:
            page.say(say("%(owner)s looks at them ([review] owner).", owner=held.owner), indent=2)
        else:
            page.say(say("Nobody is named to look at them: set owner under [review]."), indent=2)
    if document.unknown:
        page.title(say("Sent, with no known outcome"))
        for sent in document.unknown:
            page.say(
                say("deal %(deal)s, sent %(when)s", deal=sent.deal, when=swedish_time(sent.sent_at)), indent=2
            )


def _print_documents(page: Page, document: StatusDocument) -> None:
    if not document.documents:
        return
    page.title(say("Documents, as the last pull saw them"))
    head = (say("company"), say("status"), say("count"), say("net"), say("left to pay, with VAT"))
    rows = [Row(head, style="dim")]
    for one in document.documents:
        left = "" if one.remaining is None else str(Money(one.remaining, one.currency))
        net = str(Money(one.net, one.currency))
        rows.append(Row((one.company, whole(one.status), str(one.documents), net, left)))
    page.columns(rows)
