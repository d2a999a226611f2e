"""The processing history as a file: chained, in two forms and languages, and no line of it can be touched unseen."""

from __future__ import annotations

import ast
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sfspiris
from sfspiris.core.audit import Happened, Happening, in_order
from sfspiris.core.lifecycle import NOTHING_IS_SENT
from sfspiris.errors import SafetyStop, UsageError
from sfspiris.report.audit import (
    Choice,
    audit_csv,
    audit_jsonl,
    audit_lines,
    compare_with_memory,
    read_audit,
)
from sfspiris.report.language import words
from sfspiris.report.writes import note_words

if TYPE_CHECKING:
    from sfspiris.report.helping import Language

LANGUAGES: tuple[Language, ...] = ("en", "sv")

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ALL = Choice("state-1", None, (), "en")


def run(number: int, began: datetime, company: str = "se") -> list[Happening]:
    ident = f"run-{number}"
    about: dict[str, Any] = {"anchor": began, "run_id": ident}
    return [
        Happening(
            at=began,
            what=Happened.RUN_BEGAN,
            command="push-closed-won",
            config="a" * 64,
            app="sfspiris 1",
            **about,
        ),
        *(
            Happening(
                at=began + timedelta(seconds=place),
                what=Happened.WRITE,
                kind="create_draft",
                event=event,
                company=company,
                deal_id=f"006{number}",
                revision=1,
                to_state=state,
                net=Decimal("-800.00"),
                currency="SEK",
                **about,
            )
            for place, (event, state) in enumerate((("record", "new"), ("arm", "sent"), ("confirm", "done")))
        ),
        Happening(
            at=began + timedelta(minutes=1),
            what=Happened.RUN_ENDED,
            command="push-closed-won",
            to_state="ok",
            note="created=1",
            **about,
        ),
    ]


HISTORY = in_order(
    [
        *run(2, NOW),
        *run(1, datetime(2025, 12, 31, 22, 0, tzinfo=UTC), "int"),  # 23.00 in Sweden
        *run(3, datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),  # 2027 in Sweden
        Happening(
            anchor=NOW - timedelta(seconds=1),
            at=NOW - timedelta(seconds=1),
            what=Happened.CONFIGURATION,
            run_id="run-2",
            config="a" * 64,
            app="sfspiris 1",
            who="anna",
        ),
        Happening(
            anchor=NOW + timedelta(hours=1),
            at=NOW + timedelta(hours=1),
            what=Happened.DECIDED,
            event="resolved",
            deal_id="006X",
            who="bo",
            note="=Fakturerad\nför hand åt 811228-9874",
        ),
    ]
)


def written(folder: Path, choice: Choice = ALL, *, form: str = "csv", history: Any = HISTORY) -> Path:
    lines = audit_lines(history, choice)
    file = folder / f"history.{form}"
    text = audit_csv(lines, choice.lang) if form == "csv" else audit_jsonl(lines)
    file.write_bytes(text.encode())
    return file


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("lang", ["en", "sv"])
@pytest.mark.parametrize("year", [None, 2025, 2026, 2027, 2024, 2028])
def test_a_file_that_nobody_touched_is_found_to_be_so(
    tmp_path: Path, form: str, lang: Any, year: int | None
) -> None:
    choice = Choice("state-1", year, (), lang)
    lines, about = read_audit(written(tmp_path, choice, form=form))
    assert about == choice
    assert lines == audit_lines(HISTORY, choice)
    assert len(lines) - 2 == {None: 17, 2025: 5, 2026: 7, 2027: 5, 2024: 0, 2028: 0}[year]


def test_the_years_hang_together_and_a_later_export_continues_an_earlier_one() -> None:
    first, second = (audit_lines(HISTORY, Choice("state-1", year, (), "sv")) for year in (2025, 2026))
    assert second[0]["previous"] == first[-2]["hash"]
    early = audit_lines(HISTORY[:9], ALL)
    assert audit_lines(HISTORY, ALL)[1:10] == early[1:-1]


def test_an_auditor_reads_it_in_swedish_with_both_times_amounts_and_no_persons_number(tmp_path: Path) -> None:
    text = written(tmp_path, Choice("state-1", 2026, (), "sv")).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["Beskrivning"] == "Behandlingshistorik börjar"
    write = next(one for one in rows if one["Steg"] == "arm")
    assert write["Beskrivning"] == "Nytt fakturautkast: på väg att skickas"
    assert (write["Tid (UTC)"], write["Tid (Sverige)"]) == (
        "2026-11-20T08:00:01.000000Z",
        "2026-11-20 09:00:01",
    )
    assert (write["Netto"], write["Valuta"]) == ("-800.00", "SEK")
    decided = next(one for one in rows if one["Steg"] == "resolved")
    assert decided["Anmärkning"] == "'=Fakturerad för hand åt [personal-id]"
    assert (
        next(one for one in rows if one["Händelse"] == "configuration")["Konfigurationens SHA-256"]
        == "a" * 64
    )
    assert next(one for one in rows if one["Händelse"] == "run_began")["Program"] == "sfspiris 1"


def test_a_company_gets_its_own_history_and_all_that_concerns_no_company() -> None:
    lines = audit_lines(HISTORY, Choice("state-1", None, ("int",), "en"))
    assert {one["company"] for one in lines} == {"int", ""}
    assert lines[0]["previous"] != audit_lines(HISTORY, ALL)[0]["previous"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_line_that_is_changed_removed_inserted_or_moved_is_named(tmp_path: Path, form: str) -> None:
    file = written(tmp_path, form=form)
    whole = file.read_text(encoding="utf-8").splitlines(keepends=True)
    head = 1 if form == "csv" else 0
    for place in range(head, len(whole)):
        changed = [*whole]
        changed[place] = changed[place].replace("6", "7", 1).replace("e", "f", 1)
        removed = [*whole[:place], *whole[place + 1 :]]
        doubled = [*whole[: place + 1], *whole[place:]]
        for lines in (changed, removed, doubled):
            file.write_bytes("".join(lines).encode())
            with pytest.raises(SafetyStop) as told:
                read_audit(file)
            assert told.value.code == "AUDIT_BROKEN"
            named = int((told.value.record or "").removeprefix("line "))
            last = len(whole) - 1 if lines is removed else len(whole)
            assert min(place + 1, last) <= named <= place + 2, told.value.message
        file.write_bytes("".join(changed).encode())
        with pytest.raises(SafetyStop, match=f"Line {place + 1} of"):
            read_audit(file)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), form=st.sampled_from(["csv", "jsonl"]))
def test_no_single_character_can_be_changed_unseen(tmp_path: Path, data: st.DataObject, form: str) -> None:
    file = written(tmp_path, form=form)
    text = file.read_text(encoding="utf-8-sig")
    place = data.draw(st.integers(0, len(text) - 1).filter(lambda one: text[one] not in "\r\n"))
    other = data.draw(st.characters(codec="utf-8").filter(lambda one: one != text[place]))
    file.write_text(text[:place] + other + text[place + 1 :], encoding="utf-8", newline="")
    with pytest.raises((SafetyStop, UsageError)):
        read_audit(file)


def test_a_chain_that_was_made_anew_shows_by_its_last_print_or_beside_the_memory(tmp_path: Path) -> None:
    forged = [one for one in HISTORY if one.deal_id != "0062"]
    file = written(tmp_path, history=forged)
    lines, choice = read_audit(file)
    remembered = audit_lines(HISTORY, choice)
    assert lines[-1]["hash"] != remembered[-1]["hash"]
    with pytest.raises(SafetyStop, match="not what the memory on this machine has"):
        compare_with_memory(file, lines, remembered)
    older = audit_lines(HISTORY[:9], choice)
    compare_with_memory(file, older, remembered)


@pytest.mark.parametrize("content", [b"", b"action,company\n", b"\xff\xfe\x00", b"{}\n", b"[]"])
def test_what_is_no_history_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "history.csv"
    file.write_bytes(content)
    with pytest.raises((UsageError, SafetyStop)) as told:
        read_audit(file)
    assert told.value.remedy
    with pytest.raises(UsageError, match="cannot be read"):
        read_audit(tmp_path / "none.csv")


def test_the_json_lines_are_one_object_each_without_empty_cells() -> None:
    found = [json.loads(one) for one in audit_jsonl(audit_lines(HISTORY, ALL)).splitlines()]
    assert found[0]["what"] == "begin"
    assert found[-1]["note"] == "lines=17"
    assert all("" not in one.values() for one in found)


def test_a_document_that_is_taken_over_is_never_said_to_be_on_its_way() -> None:
    """After a rebuild nothing was sent by this memory, and the journal's way through ARM must not say so."""
    taken = [
        Happening(
            at=NOW,
            anchor=NOW,
            run_id="run-9",
            what=Happened.WRITE,
            kind="create_draft",
            event=event,
            note=note,
        )
        for event, note in (("arm", NOTHING_IS_SENT), ("adopt", "found by its marker"))
    ]
    told = {
        lang: [
            (one["description"], one["note"]) for one in audit_lines(taken, Choice("s", None, (), lang))[1:-1]
        ]
        for lang in LANGUAGES
    }
    assert told["sv"] == [
        ("Nytt fakturautkast: ska tas över, ingenting skickas", "övertaget: ingenting skickas"),
        ("Nytt fakturautkast: funnet i Spiris och övertaget", "hittat på sitt märke"),
    ]
    assert told["en"][0] == (
        "New invoice draft: to be taken over, nothing is sent",
        "adopted: nothing is sent",
    )


def test_every_note_that_a_run_writes_into_the_journal_has_its_swedish() -> None:
    """A note stands beside an event in the calls that move a write on; codes and ids are nobody's to translate."""
    notes: set[str] = set()
    for file in (Path(sfspiris.__file__).parent / "engine").glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            parts = [*call.args, *(one.value for one in call.keywords)]
            if any(ast.unparse(one).startswith("IntentEvent.") for one in parts):
                notes |= {
                    one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
    assert len(notes) > 10
    assert sorted(one for one in notes if words("sv").sentence(note_words(one)) == one) == []


@pytest.mark.parametrize(
    ("lang", "said"),
    [("sv", "Körning av push-closed-won slutade: klar"), ("en", "Run of push-closed-won ended: ok")],
)
def test_how_a_run_ended_is_said_in_the_languages_words(lang: Language, said: str) -> None:
    lines = audit_lines(HISTORY, Choice("state-1", None, (), lang))
    assert {one["description"] for one in lines if one["what"] == Happened.RUN_ENDED} == {said}
    assert {one["to"] for one in lines if one["what"] == Happened.RUN_ENDED} == {"ok"}
