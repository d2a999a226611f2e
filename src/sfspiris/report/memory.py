"""What the local memory is, and what was done to its file, for `sfspiris state`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol

from sfspiris.report.page import Page
from sfspiris.report.searchlag import SearchLagFacts, lag_facts, lag_words
from sfspiris.report.shapes import SCHEMA_VERSION, Facts, Moment, RunDocument
from sfspiris.report.text import print_run
from sfspiris.report.view import how_many, swedish_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from rich.console import Console

    from sfspiris.core.searchlag import Measurement


class _Look(Protocol):
    """What was found of the file: the fields of the document, by the same names, and what was measured."""

    @property
    def measured(self) -> tuple[Measurement, ...]: ...


class StateDocument(Facts):
    """What `sfspiris state info --json` prints. `finding` is what the seal says, `trouble` why the file cannot be used.

    `place` is what to know about where it lies, None on a local disk. `search_lags` are what was measured of the ledgers' lists.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["state info"] = "state info"
    file: str
    exists: bool
    bytes: int
    state_id: str | None
    schema_known: str
    generation: int | None
    finding: str
    trouble: str | None
    counts: dict[str, int]
    open_writes: int
    cursors: dict[str, Moment]
    search_lags: tuple[SearchLagFacts, ...] = ()
    place: str | None = None
    place_remedy: str | None = None


def state_document(look: _Look, *, now: datetime) -> StateDocument:
    """What was found of a state file, as a document; `now` is UTC."""
    document = StateDocument.model_validate(look, from_attributes=True)
    return document.model_copy(
        update={"search_lags": tuple(lag_facts(one, now=now) for one in look.measured)}
    )


class KeptDocument(Facts):
    """What `state backup` and `state restore` print: the file that was made, and where what stood there before is now."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["state backup", "state restore"]
    file: str
    kept_aside: str | None


class RebuildDocument(RunDocument):
    """What `state rebuild` took over; `kept_aside` is the memory that stood there before, None when there was none."""

    kept_aside: str | None


_CURSORS: Final[Mapping[str, str]] = {
    "deals": "changes in Salesforce read up to {at}",
    "invoices": "changes in Spiris read up to {at}",
    "documents": "Spiris searched up to {at} for what this memory does not know",
    "receivables": "all invoices read {at}",
    "shown": "what Salesforce shows of invoices and accounts read up to {at}",
    "shown_all": "all that Salesforce shows of invoices and accounts read {at}",
    "counted": "drafts counted {at}, in case one was made twice",
    "gap": "a note: traces of runs that this memory does not know were noticed {at}",
    "lost": "a note: runs of which this memory knows nothing may have been at work until {at}",
}
"""What the place of each feed says, by what its name begins with. Two of them are no feeds: they note that a memory was missing."""


def _cursor_words(feed: str, at: datetime) -> str:
    return _CURSORS.get(feed.partition(":")[0], "{at}").format(at=swedish_time(at))


def print_state(console: Console, document: StateDocument) -> None:
    """Print what the state is, in two columns."""
    page = Page(console)
    page.say(document.file, style="bold")
    rows = [*_of_the_file(document), *(() if document.trouble else _remembered(document))]
    width = max(len(label) for label, _ in rows)
    for label, text in rows:
        page.say(text, sign=label.ljust(width), sign_style="dim")
    page.last(
        "`sfspiris state restore FILE` puts a backup in its place, `sfspiris state rebuild` makes it anew."
        if document.trouble
        else f"{how_many(document.open_writes, 'write')} of unknown outcome."
    )


def _of_the_file(document: StateDocument) -> Iterator[tuple[str, str]]:
    if document.exists:
        openings = how_many(document.generation or 0, "opening")
        yield "size", f"{document.bytes} bytes, written by {openings}"
    yield "seal", document.finding
    if document.place:
        yield "place", f"{document.place} {document.place_remedy}"
    if document.trouble:
        yield "trouble", document.trouble


def _remembered(document: StateDocument) -> Iterator[tuple[str, str]]:
    yield "id", f"{document.state_id}, schema {document.schema_known}"
    for name, count in document.counts.items():
        yield name.replace("_", " "), str(count)
    for feed, at in document.cursors.items():
        yield feed, _cursor_words(feed, at)
    for one in document.search_lags:
        yield f"new {one.target}s:{one.company}", lag_words(one)


def print_kept(console: Console, document: KeptDocument) -> None:
    """Print what was done."""
    page = Page(console)
    page.entry("file", document.file)
    if document.kept_aside:
        page.entry("old file", document.kept_aside)
    page.last(
        "The copy is whole. It holds no names, addresses or numbers of people."
        if document.command == "state backup"
        else "The next run looks in Salesforce and Spiris for what happened since, and makes nothing twice."
    )


def print_rebuild(console: Console, document: RebuildDocument, *, limit: int | None = None) -> None:
    """Print what was taken over, and what the old memory still has to be kept for."""
    print_run(console, document, limit=limit)
    page = Page(console)
    page.gap()
    if document.kept_aside is None:
        page.last("There was no earlier memory to keep: what runs and people did before stands nowhere here.")
        return
    page.entry("old memory", document.kept_aside)
    page.last(
        "Runs, decisions and the processing history until now stand in the old memory alone: keep it with the books. "
        "`sfspiris audit export --state FILE` and `sfspiris runs list --state FILE` tell them from it."
    )
