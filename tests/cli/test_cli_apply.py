"""Stories of a plan that is saved, looked at, and carried out: `push-closed-won --dry-run --out` and `apply`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playground import Json, Playground

if TYPE_CHECKING:
    from pathlib import Path


def planned(demo: Playground, *arguments: str) -> Json:
    """A saved plan, and what its dry run printed."""
    ended = demo.sfspiris("push-closed-won", "--dry-run", "--json", "--out", "plan.json", *arguments)
    assert ended.code == 3, ended.err
    return ended.document


def drafts_of(document: Json) -> list[Json]:
    return [one for one in document["actions"] if one["kind"] == "create_draft"]


def change_words(demo: Playground, deal: str) -> None:
    """Sales gives the deal's first line another description, which stands on the invoice."""
    records = demo.control("salesforce", "GET", "state")["records"]
    line = next(one for one in records["OpportunityLineItem"] if one["OpportunityId"] == deal)
    address = f"records/OpportunityLineItem/{line['Id']}"
    demo.control("salesforce", "PATCH", address, {"Description": "Something else was sold"})


def saved(folder: Path) -> Json:
    found: Json = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return found


def test_a_saved_plan_is_carried_out_as_it_was_and_a_second_time_makes_nothing(demo: Playground) -> None:
    plan = planned(demo)
    assert demo.writes() == []
    assert saved(demo.folder)["plan_hash"] == plan["plan_hash"]
    done = demo.sfspiris("apply", "plan.json", "--json", "--report", "done.html")
    assert done.code == 3, done.err
    assert done.document["plan_hash"] == plan["plan_hash"]
    assert {one["outcome"] for one in done.document["actions"]} == {"done"}
    assert len(demo.drafts()) == len(drafts_of(plan))
    assert done.document["summary"]["failed"] == 0
    assert (demo.folder / "done.html").exists()

    demo.forget_calls()
    again = demo.sfspiris("apply", "plan.json", "--strict", "--json", "--allow-held")
    assert again.code == 0, again.err
    assert demo.writes() == []
    assert again.document["actions"] == []
    assert again.document["summary"]["unchanged"] == len(drafts_of(plan))

    after = demo.sfspiris("push-closed-won", "--json").document
    assert after["summary"]["create"] == 0


def test_what_moved_is_refused_by_name_while_the_rest_goes_and_a_push_takes_it_up(demo: Playground) -> None:
    plan = planned(demo)
    moved = drafts_of(plan)[0]
    change_words(demo, moved["deal"])
    done = demo.sfspiris("apply", "plan.json", "--json")
    assert done.code == 3
    made = {one["deal"] for one in drafts_of(done.document)}
    assert made == {one["deal"] for one in drafts_of(plan)} - {moved["deal"]}
    (told,) = [one for one in done.document["warnings"] if one["code"] == "PLAN_STALE"]
    assert told["deal"] == moved["deal"]
    assert "Rows[1].Text" in told["message"]
    assert done.document["summary"]["failed"] == 1
    assert [one["deal"] for one in drafts_of(demo.sfspiris("push-closed-won", "--json").document)] == [
        moved["deal"]
    ]


def test_a_strict_plan_with_one_moved_item_writes_nothing(demo: Playground) -> None:
    moved = drafts_of(planned(demo))[0]
    change_words(demo, moved["deal"])
    demo.forget_calls()
    stopped = demo.sfspiris("apply", "plan.json", "--strict", "--json")
    assert stopped.code == 7
    assert stopped.document["error"]["code"] == "PLAN_STALE"
    assert moved["deal"] in stopped.document["error"]["message"]
    assert demo.writes() == []


def test_a_plan_of_other_rules_or_with_an_edited_line_is_refused_whole(demo: Playground) -> None:
    planned(demo)
    config = (demo.folder / "sfspiris.toml").read_text(encoding="utf-8")
    (demo.folder / "sfspiris.toml").write_text(
        config.replace("[limits]", '[limits]\ntolerance = "1.00"', 1)
        if "[limits]" in config
        else f'{config}\n[limits]\ntolerance = "1.00"\n',
        encoding="utf-8",
    )
    demo.forget_calls()
    foreign = demo.sfspiris("apply", "plan.json", "--json")
    assert (foreign.code, foreign.document["error"]["code"]) == (7, "PLAN_FOREIGN")
    (demo.folder / "sfspiris.toml").write_text(config, encoding="utf-8")

    text = (demo.folder / "plan.json").read_text(encoding="utf-8")
    (demo.folder / "plan.json").write_text(text.replace("SEK", "EUR", 1), encoding="utf-8")
    edited = demo.sfspiris("apply", "plan.json", "--json")
    assert (edited.code, edited.document["error"]["code"]) == (7, "PLAN_CHANGED")
    assert demo.writes() == []


def test_a_plan_obeys_the_limit_on_changes_and_needs_a_dry_run_to_be_saved(demo: Playground) -> None:
    undry = demo.sfspiris("push-closed-won", "--out", "plan.json", "--json")
    assert (undry.code, undry.document["error"]["code"]) == (2, "USAGE")
    nothing = demo.sfspiris("apply", "nowhere.json", "--json")
    assert (nothing.code, nothing.document["error"]["code"]) == (2, "USAGE")
    planned(demo)
    shown = demo.sfspiris("apply", "plan.json", "--dry-run", "--json")
    assert shown.document["mode"] == "dry-run"
    assert demo.writes() == []
