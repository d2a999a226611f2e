"""The morning look: how things stand, from the memory alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from playground import DEMO_HELD, finance, pushed

if TYPE_CHECKING:
    from playground import Json, Playground


def needs(document: Json) -> set[str]:
    return {one["need"] for one in document["next"]}


def test_the_morning_look_tells_runs_queue_documents_and_next_steps_without_a_call(demo: Playground) -> None:
    first = demo.sfspiris("status", "--json")
    assert first.code == 0, first.err
    assert (first.document["runs"], first.document["next"]) == ([], [])
    assert not (demo.folder / "sfspiris.db").exists(), "a look makes no file"

    drafts = list(pushed(demo).values())
    invoice = finance(demo, f"drafts/{drafts[0]}/issue", {"date": "2026-11-20"})
    demo.sfspiris("pull-invoice-status")
    before = (demo.folder / "sfspiris.db").read_bytes()
    demo.forget_calls()
    ended = demo.sfspiris("status", "--json")
    assert ended.code == 3, ended.err
    document = ended.document
    assert demo.calls("salesforce") == demo.calls("spiris") == []
    assert (demo.folder / "sfspiris.db").read_bytes() == before
    assert [(one["command"], one["ended"]) for one in document["runs"]] == [
        ("pull-invoice-status", "ok"),
        ("push-closed-won", "partial"),
    ]
    assert all(one["ended_well_seconds"] < 600 for one in document["flows"])
    assert document["held"]["deals"] == DEMO_HELD
    assert needs(document) == {"held"}
    issued = [one for one in document["documents"] if one["status"] == "Issued"]
    assert [(one["company"], one["documents"]) for one in issued] == [("se", 1)]
    assert float(issued[0]["remaining"]) == float(invoice["TotalAmount"])
    counted = sum(one["documents"] for one in document["documents"])
    assert counted == len(demo.drafts()) + 1
    assert {one["currency"] for one in document["documents"]} == {"SEK", "EUR"}
    assert {one["feed"] for one in document["cursors"]} >= {"deals"}
    assert document["memory"]["finding"] == "as the last run left it"

    allowed = demo.sfspiris("status", "--allow-held", "--lang", "sv", "--no-color")
    assert allowed.code == 0
    assert "Väntar på en människa" in allowed.out
    assert "`sfspiris review list`" in allowed.out
    one = demo.sfspiris("status", "--company", "int", "--json").document
    assert {each["company"] for each in one["documents"]} == {"int"}
    assert 0 < one["held"]["deals"] < DEMO_HELD
    assert demo.sfspiris("status", "--company", "nobody").code == 2


def test_a_run_that_never_ended_an_unknown_write_and_a_damaged_file_are_told(demo: Playground) -> None:
    demo.sfspiris("push-closed-won", "--limit", "1")
    file = demo.folder / "sfspiris.db"
    with closing(sqlite3.connect(file)) as memory, memory:
        memory.execute("UPDATE runs SET finished_at = NULL, status = NULL")
        memory.execute(
            "UPDATE intents SET state = 'sent' WHERE id = (SELECT MAX(id) FROM intents WHERE kind = 'create_draft')"
        )
    (demo.folder / "sfspiris.db.seal").unlink()
    ended = demo.sfspiris("status", "--allow-held", "--json")
    assert ended.code == 3, ended.err
    assert needs(ended.document) == {"run_interrupted", "unknown", "held"}
    assert [one["ended"] for one in ended.document["runs"]] == ["interrupted"]
    assert [one["kind"] for one in ended.document["unknown"]] == ["create_draft"]

    file.write_bytes(b"no database" * 1000)
    broken = demo.sfspiris("status", "--json")
    assert broken.code == 3
    assert needs(broken.document) == {"state"}
    assert "damaged" in broken.document["memory"]["trouble"]
    assert "state restore" in demo.sfspiris("status").out
