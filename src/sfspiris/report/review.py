"""The queue of held Deals for people and programs: what waits, what to do, and who takes care of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sfspiris.report.document import run_document
from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Facts, HoldFacts, Id, Moment, RunDocument, Words
from sfspiris.report.text import print_versions
from sfspiris.report.view import how_many, sentence_case, swedish_time
from sfspiris.sentences import joined, say, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from rich.console import Console

    from sfspiris.core.outcome import RunResult
    from sfspiris.core.review import Difference
    from sfspiris.report.helping import Language


class WaitingFacts(HoldFacts):
    """One reason why one Deal waits. `age_days` are whole days since then; `assignee` takes care of it."""

    age_days: int
    assignee: Words | None


class DifferenceFacts(Facts):
    """One Deal's codes in the last run and today. `becomes` is what would be made of it; `gone` is no longer won."""

    deal: Id
    deal_name: Words
    before: tuple[Id, ...]
    today: tuple[Id, ...]
    becomes: Literal["create_draft", "create_order", "adopt"] | None
    gone: bool


class DecisionFacts(Facts):
    """What somebody decided about a Deal; `words` are the note, or to whom it was assigned."""

    deal: Id
    event: Literal["assigned", "resolved", "reopened"]
    at: Moment
    who: Words
    words: Words | None


class ReviewDocument(Facts):
    """What `review list` and `review show` print: one entry per reason, and what has changed since the last run.

    `decisions` are those about the Deal of `review show`, and `settled` the one by which it waits for nobody.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["review list", "review show"]
    holds: tuple[WaitingFacts, ...]
    differences: tuple[DifferenceFacts, ...]
    decisions: tuple[DecisionFacts, ...] = ()
    settled: DecisionFacts | None = None


class DecisionDocument(Facts):
    """What `review resolve` and `review assign` print."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["review resolve", "review assign"]
    decision: DecisionFacts


class ReplayDocument(RunDocument):
    """A push of held Deals, with what had changed for each of them."""

    differences: tuple[DifferenceFacts, ...]


def review_document(
    command: Literal["review list", "review show"],
    plan: RunResult,
    differences: Iterable[Difference],
    *,
    now: datetime,
    record_url: Callable[[str], str],
    assignees: Mapping[str, str],
    decisions: tuple[DecisionFacts, ...] = (),
    is_settled: bool = False,
    owner: str | None = None,
    language: Language = "en",
) -> ReviewDocument:
    """The queue as `plan`, a dry push of its Deals, found it; `now` (UTC) tells how old each reason is.

    `owner` takes care of Deals that nobody was assigned. `is_settled` says that the last person's word about the Deal still
    stands. Sentences are told in `language`.
    """
    planned = run_document(plan, record_url=record_url, language=language)
    return ReviewDocument(
        command=command,
        holds=tuple(
            WaitingFacts.model_validate(
                one.model_dump()
                | {"age_days": max((now - one.since).days, 0), "assignee": assignees.get(one.deal, owner)}
            )
            for one in planned.holds
        ),
        differences=tuple(_difference(one) for one in differences),
        decisions=decisions,
        settled=next((one for one in reversed(decisions) if is_settled and one.event == "resolved"), None),
    )


def replay_document(document: RunDocument, differences: Iterable[Difference]) -> ReplayDocument:
    """A push of held Deals with what had changed for them."""
    return ReplayDocument.model_validate(
        document.model_dump() | {"differences": [_difference(one).model_dump() for one in differences]}
    )


def print_review(console: Console, document: ReviewDocument, language: Language = "en") -> None:
    """Print what waits, Deal by Deal, and what to do about it."""
    page = Page(console, language)
    shown: str | None = None
    for one in document.holds:
        if one.deal != shown:
            page.gap()
            page.say(f"{one.deal_name or one.deal} ({one.deal})", style="bold")
            page.entry(say("owner"), one.owner or say("nobody"), indent=2)
            if one.assignee:
                page.entry(say("assigned"), one.assignee, indent=2)
            if one.correlation_id:
                page.entry(say("corr. id"), one.correlation_id, indent=2)
            for system, url in (("Salesforce", one.links.salesforce), ("Spiris", one.links.spiris)):
                if url:
                    page.entry(system, url, indent=2)
            shown = one.deal
        page.say(one.code, sign="!", indent=2, style="yellow")
        days = how_many(one.age_days, "day") if one.age_days else say("less than a day")
        age = joined((swedish_time(one.since), days), ", ")
        page.entry(say("since"), age, indent=4)
        if one.field:
            page.entry(say("field"), joined((one.field, one.shown or say("(empty)")), ": "), indent=4)
        page.entry(say("what"), one.message, indent=4)
        print_versions(page, one.versions, indent=4)
        page.entry(say("do"), one.fix, indent=4)
    _print_changed(page, document.differences)
    for decision in document.decisions:
        made = say("%(event)s by %(who)s", event=whole(decision.event), who=decision.who)
        words = joined((made, decision.words), ": ") if decision.words else made
        page.say(joined((swedish_time(decision.at), words)), style="dim")
    if (settled := document.settled) is not None:
        page.say(
            say(
                "Settled without an invoice by %(who)s, %(day)s: %(note)s",
                who=settled.who,
                day=swedish_time(settled.at)[: len("2026-11-20")],
                note=settled.words or "",
            ),
            style="bold green",
        )
        page.last(say("It comes back when its reason changes, or with sfspiris review replay."))
        return
    deals = len({one.deal for one in document.holds})
    counted = sentence_case(how_many(deals, "deal"))
    page.last(
        joined(
            (
                say("%(deals)s waits.", deals=counted)
                if deals == 1
                else say("%(deals)s wait.", deals=counted),
                say("sfspiris help CODE explains; sfspiris review replay tries again."),
            )
        )
    )


def print_differences(console: Console, document: ReplayDocument, language: Language = "en") -> None:
    """Print what has changed since the last run for the Deals that are tried again; of the others there is nothing to say."""
    page = Page(console, language)
    if any(one.before != one.today for one in document.differences):
        page.say(say("What has changed since the last run"), style="bold")
        _print_changed(page, document.differences)
    else:
        page.say(say("Nothing has changed since the last run."), style="bold")
    page.gap()


def print_decision(console: Console, document: DecisionDocument, language: Language = "en") -> None:
    """Print what was recorded."""
    page, one = Page(console, language), document.decision
    match one.event:
        case "assigned":
            page.say(say("Deal %(deal)s is assigned to %(who)s.", deal=one.deal, who=one.words))
        case _:
            page.say(say("Deal %(deal)s is resolved: %(note)s", deal=one.deal, note=one.words))
            page.say(
                say("It comes back when its reason changes, or with sfspiris review replay."), style="dim"
            )


def _print_changed(page: Page, differences: Iterable[DifferenceFacts]) -> None:
    for one in differences:
        if one.before == one.today:
            continue
        before = ", ".join(one.before) or say("nothing")
        sides = joined((before, page.arrow, _today(one)))
        page.say(joined((one.deal_name or one.deal, sides), ": "), sign="*", style="green")


def _today(one: DifferenceFacts) -> str:
    if one.gone:
        return say("no longer won")
    if one.today:
        return ", ".join(one.today)
    made = {
        "create_draft": say("a draft"),
        "create_order": say("an order"),
        "adopt": say("the document found in Spiris"),
    }
    free = say("nothing in its way")
    return joined((free, made[one.becomes]), ": ") if one.becomes else free


def _difference(one: Difference) -> DifferenceFacts:
    return DifferenceFacts(
        deal=one.deal_id,
        deal_name=one.deal_name,
        before=one.before,
        today=one.today,
        becomes=one.becomes,
        gone=one.is_gone,
    )
