"""The processing history as a file for an auditor: one line for each thing that happened, chained, in English or Swedish.

The same lines as a table (CSV) and as JSON Lines. The first line says which memory, year and companies the file is about,
the last how many lines there are; both are in the chain. A line's print is over its cells as they stand, so a file can be
checked with nothing but itself. A spreadsheet that saves the table anew changes cells, and the check says so.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

from sfspiris.core.audit import Earlier, Happened, Replaced, link, start_of_chain
from sfspiris.errors import SafetyStop, UsageError
from sfspiris.report.clean import private, visible
from sfspiris.report.csv import safe_cell, table
from sfspiris.report.language import words
from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Facts, Id, Moment, money_text
from sfspiris.report.values import ending_words
from sfspiris.report.view import how_many
from sfspiris.report.writes import kind_words, note_words, step_words
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from sfspiris.core.audit import Happening
    from sfspiris.report.helping import Language

_SWEDEN: Final = ZoneInfo("Europe/Stockholm")

_HEADINGS: Final[Mapping[str, str]] = {
    "number": "Nr",
    "time_utc": "Tid (UTC)",
    "time_sweden": "Tid (Sverige)",
    "description": "Beskrivning",
    "what": "Händelse",
    "kind": "Slag",
    "event": "Steg",
    "company": "Företag",
    "deal": "Affär",
    "account": "Konto i Salesforce",
    "revision": "Revision",
    "from": "Från",
    "to": "Till",
    "target_id": "Post i målsystemet",
    "customer_id": "Kund i Spiris",
    "before_id": "Kund dessförinnan",
    "marker": "Märkning",
    "net": "Netto",
    "currency": "Valuta",
    "payload_hash": "Innehållets SHA-256",
    "correlation_id": "Sammanhang",
    "run": "Körning",
    "who": "Vem",
    "note": "Anmärkning",
    "program": "Program",
    "configuration": "Konfigurationens SHA-256",
    "previous": "Föregående rads kontrollsumma",
    "hash": "Radens kontrollsumma",
}
"""The columns by their names for programs, with their Swedish headings."""

_COLUMNS: Final = tuple(_HEADINGS)
_CELLS: Final = _COLUMNS[:-2]  # what a line's print is over, after the print of the line before
_BEGIN, _END = "begin", "end"

_DESCRIBED: Final[Mapping[Happened, tuple[str, str]]] = {
    Happened.CONFIGURATION: (
        "Configuration and program in force from here on",
        "Konfiguration och program som gäller härifrån",
    ),
    Happened.RUN_BEGAN: ("Run of {command} began", "Körning av {command} började"),
    Happened.RUN_ENDED: ("Run of {command} ended: {to}", "Körning av {command} slutade: {to}"),
    Happened.WRITE: ("{kind}: {event}", "{kind}: {event}"),
    Happened.LINKED: (
        "A person linked the account with the customer",
        "En människa kopplade kontot till kunden",
    ),
    Happened.PARTED: (
        "A person took the account's link with its customer away",
        "En människa tog bort kontots koppling till kunden",
    ),
    Happened.DECIDED: ("{event}", "{event}"),
}
_FRAME: Final[Mapping[str, tuple[str, str]]] = {
    _BEGIN: ("Processing history begins", "Behandlingshistorik börjar"),
    _END: ("Processing history ends", "Behandlingshistorik slutar"),
}


_REPLACED: Final[Mapping[Replaced, tuple[str, str]]] = {
    Replaced.MADE_ANEW: (
        "This memory was made anew on {day}: what was done before stands in an earlier one.",
        "Minnet gjordes om {day}: det som gjordes dessförinnan står i ett tidigare.",
    ),
    Replaced.PUT_BACK: (
        "This memory was put back from a backup on {day}: what was done since the backup stands in another one.",
        "Minnet lades tillbaka från en säkerhetskopia {day}: det som gjordes efter kopian står i ett annat.",
    ),
}
_KEPT: Final = ("It was kept as {file}.", "Det sparades som {file}.")
_NOT_KEPT: Final = ("It was gone, and none was kept.", "Det var borta, och inget sparades.")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a file is about: the memory, a Swedish calendar year or all of them, companies or all of them, and the language.

    `earlier` are the memories whose place it took, which hold what it does not.
    """

    state_id: str
    year: int | None
    companies: tuple[str, ...]
    lang: Language
    earlier: tuple[Earlier, ...] = ()


class EarlierFacts(Facts):
    """Another memory that holds a part of the history: replaced `at`, and `kept_aside` under this name, null when there was none."""

    how: Literal["made_anew", "put_back"]
    at: Moment
    kept_aside: str | None


class AuditDocument(Facts):
    """What `audit export` wrote or `audit verify` checked. `head` is the print of the last line: note it down elsewhere."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["audit export", "audit verify"]
    file: str
    lines: int
    year: int | None
    companies: tuple[Id, ...]
    configurations: int
    head: Id
    is_same_as_memory: bool | None = None
    earlier: tuple[EarlierFacts, ...] = ()


# --- lines ---------------------------------------------------------------------------------------------------------


def audit_lines(history: Sequence[Happening], choice: Choice) -> list[dict[str, str]]:
    """The lines of a file, the first and the last one included. A run belongs to the year in which it began, in Sweden."""
    previous = start_of_chain(choice.state_id, choice.companies)
    chosen = [
        one
        for one in history
        if not choice.companies or one.company is None or one.company in choice.companies
    ]
    years = [one.anchor.astimezone(_SWEDEN).year for one in chosen]
    first = next(
        (number for number, year in enumerate(years) if choice.year is None or year >= choice.year),
        len(chosen),
    )
    for number, one in enumerate(chosen[:first], start=1):
        previous = link(previous, _cells(_line(number, one, choice.lang)))
    wanted = [
        one
        for one, year in zip(chosen[first:], years[first:], strict=True)
        if choice.year is None or year == choice.year
    ]
    about = f"state={choice.state_id} year={choice.year or 'all'} companies={','.join(choice.companies) or 'all'} lang={choice.lang}"
    replaced = " ".join(_replaced(one, _place(choice.lang)) for one in choice.earlier)
    lines = [_closed(_frame(_BEGIN, about, choice.lang, replaced), previous)]
    for number, one in enumerate(wanted, start=first + 1):
        line = _closed(_line(number, one, choice.lang), previous)
        previous = line["hash"]
        lines.append(line)
    lines.append(_closed(_frame(_END, f"lines={len(wanted)}", choice.lang), previous))
    return lines


def _frame(what: str, note: str, lang: Language, more: str = "") -> dict[str, str]:
    words = _FRAME[what][_place(lang)]
    return _safe({"what": what, "description": f"{words}. {more}" if more else words, "note": note})


def _place(lang: Language) -> int:
    return 1 if lang == "sv" else 0


def _replaced(one: Earlier, place: int) -> str:
    """That a part of the history is elsewhere, in English or Swedish; the day is Sweden's."""
    kept = _KEPT[place].format(file=one.kept_aside) if one.kept_aside else _NOT_KEPT[place]
    return f"{_REPLACED[one.how][place].format(day=f'{one.at.astimezone(_SWEDEN):%Y-%m-%d %H:%M}')} {kept}"


def _closed(line: dict[str, str], previous: str) -> dict[str, str]:
    return line | {"previous": previous, "hash": link(previous, _cells(line))}


def _cells(line: Mapping[str, str]) -> list[str]:
    return [line[name] for name in _CELLS]


def _line(number: int, one: Happening, lang: Language) -> dict[str, str]:
    spoken = words(lang)
    described = _DESCRIBED[one.what][_place(lang)].format(
        command=one.command,
        to=spoken.sentence(ending_words(one.to_state or "")),
        kind=spoken.sentence(kind_words(one.kind or "")),
        event=spoken.sentence(step_words(one.event or "", one.note)),
    )
    return _safe(
        {
            "number": str(number),
            "time_utc": f"{one.at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "time_sweden": f"{one.at.astimezone(_SWEDEN):%Y-%m-%d %H:%M:%S}",
            "description": described,
            "what": one.what,
            "kind": one.kind,
            "event": one.event,
            "company": one.company,
            "deal": one.deal_id,
            "account": one.buyer_id,
            "revision": None if one.revision is None else str(one.revision),
            "from": one.from_state,
            "to": one.to_state,
            "target_id": one.target_id,
            "customer_id": one.customer_id,
            "before_id": one.before_id,
            "marker": one.marker,
            "net": None if one.net is None else money_text(one.net),
            "currency": one.currency,
            "payload_hash": one.payload_hash,
            "correlation_id": one.correlation_id,
            "run": one.run_id,
            "who": one.who,
            "note": None if one.note is None else spoken.sentence(note_words(private(one.note))),
            "program": one.app,
            "configuration": one.config,
        }
    )


def _safe(values: Mapping[str, str | None]) -> dict[str, str]:
    """The cells as they stand in every form of the file; a number keeps its sign, no text becomes a formula."""
    return {
        name: value
        if (value := visible(str(values.get(name) or ""))) and _NUMBER.fullmatch(value)
        else safe_cell(value)
        for name in _CELLS
    }


_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")


# --- forms ---------------------------------------------------------------------------------------------------------


def audit_csv(lines: Iterable[Mapping[str, str]], lang: Language) -> str:
    """The lines as a table, ready to be written as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([line[name] for name in _COLUMNS] for line in lines)
    headings = tuple(_HEADINGS.values()) if lang == "sv" else _COLUMNS
    return table(headings, ()) + text.getvalue()


def audit_jsonl(lines: Iterable[Mapping[str, str]]) -> str:
    """The lines as JSON Lines: one object a line, empty cells left out."""
    return "".join(
        json.dumps({name: line[name] for name in _COLUMNS if line[name]}, ensure_ascii=False) + "\n"
        for line in lines
    )


SUFFIXES: Final = (".csv", ".jsonl")


def audit_document(
    command: Literal["audit export", "audit verify"],
    file: Path,
    lines: Sequence[Mapping[str, str]],
    choice: Choice,
    *,
    is_same: bool | None = None,
) -> AuditDocument:
    """The facts about a file."""
    return AuditDocument(
        command=command,
        file=str(file),
        lines=len(lines) - 2,
        year=choice.year,
        companies=choice.companies,
        configurations=sum(one["what"] == Happened.CONFIGURATION for one in lines),
        head=lines[-1]["hash"],
        is_same_as_memory=is_same,
        earlier=tuple(
            EarlierFacts(how=one.how.value, at=one.at, kept_aside=one.kept_aside) for one in choice.earlier
        ),
    )


# --- checking ------------------------------------------------------------------------------------------------------


def read_audit(path: Path) -> tuple[list[dict[str, str]], Choice]:
    """The lines of a file, with what it is about, once every one of them has been found to be as it was written.

    Raises UsageError when the file cannot be read or is none of ours, and SafetyStop, naming the line as an editor counts it,
    for the first line that was changed, inserted or removed.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            f"The history {path} cannot be read: {why}.",
            remedy="Name a file that `sfspiris audit export` wrote.",
        ) from error
    is_table = not content.lstrip().startswith("{")
    found = _hanging_together(_from_table(content, path) if is_table else _from_json(content, path), path)
    choice = _choice(found[0], path)
    begins_at = start_of_chain(choice.state_id, choice.companies)
    is_from_the_start = found[1]["number"] == "1" or choice.year is None
    if is_from_the_start and found[0]["previous"] != begins_at:
        raise _broken(path, 2 if is_table else 1, "it does not begin where its memory began")
    written = audit_csv(found, choice.lang).removeprefix("\ufeff") if is_table else audit_jsonl(found)
    # The same cells in another spelling are the same facts; but then somebody has been at the file.
    for at, (stands, should) in enumerate(
        zip_longest(content.splitlines(), written.splitlines(), fillvalue=""), start=1
    ):
        if stands != should:
            raise _broken(path, at, "it is spelled in another way")
    return found, choice


def _hanging_together(lines: Iterable[tuple[int, dict[str, str]]], path: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    at = 1
    for at, line in lines:
        if why := _flaw(line, found[-1] if found else None):
            raise _broken(path, at, why)
        found.append(line)
    if not found or found[-1]["what"] != _END:
        raise _broken(path, at, "the history ends here without its last line: something was cut off")
    if found[-1]["note"] != f"lines={len(found) - 2}":
        raise _broken(path, at, "it counts other lines than there are")
    return found


def _flaw(line: Mapping[str, str], before: Mapping[str, str] | None) -> str | None:
    """What is wrong with a line that comes after another one, or first of all."""
    if (before is None) is not (line["what"] == _BEGIN):
        return "only the first line begins a history, and every history begins with one"
    if line["hash"] != link(line["previous"], _cells(line)):
        return "it was changed"
    return None if before is None else _flaw_in_order(line, before)


def _flaw_in_order(line: Mapping[str, str], before: Mapping[str, str]) -> str | None:
    if before["what"] == _END:
        return "it stands after the end"
    is_first = before["what"] == _BEGIN
    if line["previous"] != before["previous" if is_first else "hash"]:
        return "it does not follow the line before it: one was changed, inserted or removed"
    if line["what"] != _END and not is_first and line["number"] != _following(before["number"]):
        return "its number does not follow"
    return None


def _following(number: str) -> str:
    return str(int(number) + 1) if number.isdecimal() else "1"


def _choice(begin: Mapping[str, str], path: Path) -> Choice:
    said = dict(part.partition("=")[::2] for part in begin["note"].split(" "))
    if said.keys() != {"state", "year", "companies", "lang"}:
        raise UsageError(
            f"{path} is no history of this version.", remedy="Check it with the version that wrote it."
        )
    return Choice(
        state_id=said["state"],
        year=None if said["year"] == "all" else int(said["year"]),
        companies=() if said["companies"] == "all" else tuple(said["companies"].split(",")),
        lang="sv" if said["lang"] == "sv" else "en",
    )


def _from_json(content: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    for at, text in enumerate(content.splitlines(), start=1):
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        if not isinstance(said, dict) or not said.keys() <= set(_COLUMNS):
            raise _broken(path, at, "it is no line of a history")
        yield at, {name: str(said.get(name, "")) for name in _COLUMNS}


def _from_table(content: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(content, newline=""))
    try:
        headings = tuple(next(reader, ()))
        if headings not in {_COLUMNS, tuple(_HEADINGS.values())}:
            raise UsageError(
                f"{path} is no processing history: its first row has other headings.",
                remedy="Name a file as `sfspiris audit export` wrote it; a spreadsheet may have saved it in another form.",
            )
        for cells in reader:
            if len(cells) != len(_COLUMNS):
                raise _broken(path, reader.line_num, "it has other cells")
            yield reader.line_num, dict(zip(_COLUMNS, cells, strict=True))
    except csv.Error:
        raise _broken(path, reader.line_num, "it is no line of a table") from None


def compare_with_memory(
    path: Path, lines: Sequence[Mapping[str, str]], remembered: Sequence[Mapping[str, str]]
) -> None:
    """Raise SafetyStop for the first line that the memory does not have like that.

    What happened after the file was written follows behind its lines, and is no difference.
    """
    known = {one["number"]: one for one in remembered}
    for place, line in enumerate(lines[1:-1], start=2):
        if known.get(line["number"]) != line:
            raise SafetyStop(
                f"Number {line['number']} in {path} (line {place} of the history) is not what the memory on this machine has.",
                remedy="One of the two was changed, or the memory was restored or made anew since. Compare with an older export.",
                record=f"number {line['number']}",
                code="AUDIT_BROKEN",
            )


def _broken(path: Path, line: int, why: str) -> SafetyStop:
    return SafetyStop(
        f"Line {line} of {path} is not as it was written: {why}.",
        remedy="Take the file from where it was first put away, or export it again and compare.",
        record=f"line {line}",
        code="AUDIT_BROKEN",
    )


def print_audit(console: Console, document: AuditDocument, language: Language = "en") -> None:
    """Print what the file holds and its last print."""
    page = Page(console, language)
    period = say("of %(year)s", year=document.year) if document.year else say("of all years")
    companies = f", {', '.join(document.companies)}" if document.companies else ""
    page.say(
        say(
            "%(lines)s %(period)s%(companies)s, with %(configurations)s.",
            lines=how_many(document.lines, "line"),
            period=period,
            companies=companies,
            configurations=how_many(document.configurations, "configuration"),
        ),
        style="bold",
    )
    page.entry(say("checksum"), document.head)
    for one in document.earlier:
        earlier = Earlier(Replaced(one.how), one.at, one.kept_aside)
        page.say(_replaced(earlier, _place(language)), sign="!", style="yellow")
        if one.kept_aside:
            page.say(say("Export that one too: `sfspiris audit export --state FILE`."))
    if document.command == "audit export":
        page.say(say("Note the checksum of the last line where nobody can change it together with the file."))
        page.last(say("Written to %(file)s. `sfspiris audit verify %(file)s` checks it.", file=document.file))
        return
    told = say("%(file)s is as it was written.", file=document.file)
    same = say("It is what the memory on this machine has.")
    page.last(joined((told, same)) if document.is_same_as_memory else told)
