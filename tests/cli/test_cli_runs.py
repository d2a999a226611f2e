"""Stories of `sync` and `runs`, told with the command line."""

from __future__ import annotations

import csv

from playground import Playground


def test_sync_is_one_document_and_its_runs_can_be_looked_up(demo: Playground) -> None:
    ended = demo.sfspiris("sync", "--json")
    assert ended.code == 3, ended.err
    document = ended.document
    assert document["command"] == "sync"
    made = next(one for one in document["actions"] if one["kind"] == "create_draft")

    listed = demo.sfspiris("runs", "list", "--json").document["runs"]
    assert {one["run_id"] for one in listed} == {document["run_id"], f"{document['run_id']}-pull"}
    demo.forget_calls()
    shown = demo.sfspiris(
        "runs", "show", document["run_id"], "--record", made["deal"][:15], "--export", "steps.csv", "--json"
    )
    records = shown.document["records"]
    assert {one["deal"] for one in records} == {made["deal"]}
    draft = next(one for one in records if one["kind"] == "create_draft")
    assert (draft["target_id"], draft["state"]) == (made["target_id"], "done")
    assert [one["event"] for one in draft["steps"]] == ["record", "arm", "confirm"]
    rows = list(csv.DictReader((demo.folder / "steps.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {one["deal"] for one in rows} == {made["deal"]}
    assert made["target_id"] in demo.sfspiris("runs", "show", document["run_id"]).out
    assert demo.calls("salesforce") == demo.calls("spiris") == []


def test_a_run_that_is_not_known_is_usage(demo: Playground) -> None:
    ended = demo.sfspiris("runs", "show", "R1", "--json")
    assert ended.code == 2
    assert "runs list" in ended.document["error"]["remedy"]
