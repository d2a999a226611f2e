"""The processing history of a real story: every write, every decision and every configuration, and a file that shows changes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import TYPE_CHECKING

import pytest

from playground import finance, pushed

if TYPE_CHECKING:
    from playground import Json, Playground


@pytest.fixture
def worked(demo: Playground) -> Playground:
    """A push, a changed configuration, a pull, a link by hand and a decision."""
    for left in demo.folder.glob("*.csv"):
        left.unlink()
    draft = next(iter(pushed(demo).values()))
    finance(demo, f"drafts/{draft}/issue")
    with (demo.folder / "sfspiris.toml").open("a", encoding="utf-8") as file:
        file.write("\n# a word for whoever reads this\n")
    demo.sfspiris("pull-invoice-status")
    held = demo.sfspiris("review", "list", "--json").document["holds"][0]["deal"]
    assert demo.sfspiris("review", "assign", held, "--to", "Bo").code == 0
    demo.forget_calls()
    return demo


def rows(demo: Playground, file: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((demo.folder / file).read_text(encoding="utf-8-sig"))))


def test_every_write_and_configuration_of_the_year_is_told_and_the_file_checks(worked: Playground) -> None:
    ended = worked.sfspiris("audit", "export", "--year", "2026", "--out", "h.csv", "--json")
    assert ended.code == 0, ended.err
    told = rows(worked, "h.csv")
    assert worked.calls("salesforce") == worked.calls("spiris") == [], "no system is asked"

    config = hashlib.sha256((worked.folder / "sfspiris.toml").read_bytes()).hexdigest()
    configurations = [one for one in told if one["what"] == "configuration"]
    assert len(configurations) == ended.document["configurations"] == 2
    assert configurations[1]["configuration"] == config
    began = {one["description"]: one for one in told if one["what"] == "run_began"}
    assert (
        began["Run of push-closed-won began"]["configuration"] == configurations[0]["configuration"] != config
    )
    assert began["Run of pull-invoice-status began"]["configuration"] == config
    assert configurations[1]["run"] == began["Run of pull-invoice-status began"]["run"]

    made = [one["target_id"] for one in told if (one["kind"], one["event"]) == ("create_draft", "confirm")]
    assert {one["Id"] for one in worked.drafts()} < set(made)
    assert len(made) == len(set(made)) == len(worked.drafts()) + 1, "one of them has been issued since"
    for one in (one for one in told if one["event"] == "confirm" and one["kind"] == "create_draft"):
        steps = [
            other["event"]
            for other in told
            if (other["kind"], other["deal"]) == ("create_draft", one["deal"])
        ]
        assert steps == ["record", "arm", "confirm"]
    assert [one["note"] for one in told if one["event"] == "assigned"] == ["Bo"]
    shown = worked.control("salesforce", "GET", "state")["records"].get("Spiris_Invoice__c", [])
    assert {one["External_Id__c"] for one in shown} == {
        one["target_id"] for one in told if one["kind"] == "write_invoice"
    }
    assert shown
    assert {one["account"] for one in told if one["kind"] == "write_account"}

    checked = worked.sfspiris(
        "audit", "verify", "h.csv", "--memory", "--expect", ended.document["head"], "--json"
    )
    assert checked.code == 0, checked.err
    assert checked.document["head"] == ended.document["head"]
    assert checked.document["is_same_as_memory"] is True
    again = worked.sfspiris("audit", "export", "--year", "2026", "--out", "h.csv", "--json").document
    assert again == ended.document, "the same history gives the same file"


def test_one_altered_line_is_named_and_the_command_fails(worked: Playground) -> None:
    worked.sfspiris("audit", "export", "--out", "h.jsonl", "--lang", "sv")
    file = worked.folder / "h.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(number for number, one in enumerate(lines) if json.loads(one).get("net"))
    altered: Json = json.loads(lines[place])
    altered["net"] = "1.00"
    lines[place] = json.dumps(altered, ensure_ascii=False) + "\n"
    file.write_text("".join(lines), encoding="utf-8")
    ended = worked.sfspiris("audit", "verify", "h.jsonl", "--json")
    assert ended.code == 7
    assert ended.document["error"]["code"] == "AUDIT_BROKEN"
    assert f"Line {place + 1} of" in ended.document["error"]["message"]
    assert ended.document["error"]["remedy"]


def test_a_history_speaks_swedish_and_has_a_name_of_its_own(worked: Playground) -> None:
    ended = worked.sfspiris("audit", "export", "--year", "2026", "--lang", "sv")
    assert ended.code == 0, ended.err
    told = rows(worked, "behandlingshistorik-2026.csv")
    assert "Nytt fakturautkast: bekräftat av svaret" in {one["Beskrivning"] for one in told}
    assert re.match(r"\d+ rader från 2026, med \d konfigurationer\.\nkontr\.summa +[0-9a-f]+\n", ended.out)
    assert ended.out.rstrip().endswith(
        "Skriven till behandlingshistorik-2026.csv. `sfspiris audit verify behandlingshistorik-2026.csv` kontrollerar den."
    )
    verify = ("audit", "verify", "behandlingshistorik-2026.csv")
    assert "is as it was written" in worked.sfspiris(*verify).out
    assert (
        worked.sfspiris(*verify, "--memory", "--lang", "sv")
        .out.rstrip()
        .endswith(
            "behandlingshistorik-2026.csv är så som den skrevs. Det är vad minnet på den här datorn har."
        )
    )


def test_a_history_of_something_else_is_not_taken_for_the_right_one(worked: Playground) -> None:
    worked.sfspiris("audit", "export", "--out", "h.csv")
    other = worked.sfspiris("audit", "verify", "h.csv", "--expect", "0" * 64)
    assert (other.code, "not the one that was expected" in other.err) == (7, True)
    assert worked.sfspiris("audit", "verify", "h.csv", "--memory", "--state", "other.db").code == 2
    assert worked.sfspiris("audit", "verify", "none.csv").code == 2
    assert worked.sfspiris("audit", "export", "--out", "h.pdf").code == 2
    assert worked.sfspiris("audit", "export", "--company", "nobody").code == 2
