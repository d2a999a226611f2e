"""Stories of `sync` and `runs`, told with the command line."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal

from playground import Playground
from sfspiris.core.money import Money


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


def test_a_run_is_told_deal_by_deal_in_one_line_for_each_write_and_in_the_readers_language(
    demo: Playground,
) -> None:
    document = demo.sfspiris("push-closed-won", "--json").document
    draft = next(one for one in document["actions"] if one["kind"] == "create_draft")
    show = ("runs", "show", document["run_id"], "--record", draft["deal"], "--no-color")
    net = str(Money(Decimal(draft["draft"]["totals"]["net"]), draft["draft"]["totals"]["currency"]))
    page = demo.sfspiris(*show, "--lang", "sv").out.splitlines()
    assert re.fullmatch(r"push-closed-won, 2026-11-20 \d\d:\d\d CET", page[0])
    assert re.fullmatch(r"slutade +delvis, 2026-11-20 \d\d:\d\d CET", page[2])
    told = [line.strip() for line in page if re.match(r" +\d\d:\d\d  ", line)]
    assert [re.sub(r"^\d\d:\d\d  ", "", line) for line in told][-2:] == [
        f"utkast skapat, {net} exkl. moms, id {draft['target_id']}",
        "skrivet i Salesforce",
    ]
    assert f"{draft['deal']}, {draft['company']}, korr.-id {draft['correlation_id']}" in page
    assert page[-1].endswith(" skrivningar antecknade. -v visar varje steg.")
    assert f"draft made, {net} net, id {draft['target_id']}" in demo.sfspiris(*show).out

    steps = demo.sfspiris(*show, "--lang", "sv", "-v").out
    assert re.search(r" \d\d:\d\d:\d\d +antecknat innan något skickades\n", steps)
    assert re.search(r" \d\d:\d\d:\d\d +bekräftat av svaret\n", steps)
    listed = demo.sfspiris("runs", "list", "--lang", "sv").out.splitlines()
    columns = ["körning", "när", "skapade", "uppdaterade", "raderade", "väntar", "misslyckades"]
    assert listed[0].split() == columns
    assert "push-closed-won (delvis)" in listed[1]
    assert listed[-1] == "1 körning antecknade."
    for words in ("arm", "confirm", "new", "done", "recorded"):
        assert not re.search(rf"\b{words}\b", "\n".join((*page, *listed)))


def test_the_history_of_a_deal_tells_how_each_write_ended_and_its_steps_only_when_asked(
    demo: Playground,
) -> None:
    document = demo.sfspiris("push-closed-won", "--json").document
    draft = next(one for one in document["actions"] if one["kind"] == "create_draft")
    explained = demo.sfspiris("explain", draft["deal"], "--lang", "sv").out
    history = explained.partition("Historik\n")[2].partition("\n\n")[0].splitlines()
    net = str(Money(Decimal(draft["draft"]["totals"]["net"]), draft["draft"]["totals"]["currency"]))
    assert [line.partition(" CET  ")[2] for line in history][-2:] == [
        f"utkast skapat, {net} exkl. moms",
        "skrivet i Salesforce",
    ]
    steps = demo.sfspiris("explain", draft["deal"], "--lang", "sv", "-v").out
    assert "Nytt fakturautkast: antecknat innan något skickades" in " ".join(steps.split())
    writes = demo.sfspiris("explain", draft["deal"], "--json").document["writes"]
    assert [(one["kind"], one["event"], one["target_id"]) for one in writes][-2:] == [
        ("create_draft", "confirm", draft["target_id"]),
        ("write_deal", "confirm", None),
    ]


def test_a_run_that_is_not_known_is_usage(demo: Playground) -> None:
    ended = demo.sfspiris("runs", "show", "R1", "--json")
    assert ended.code == 2
    assert "runs list" in ended.document["error"]["remedy"]


def test_runs_are_told_by_one_clock_and_in_their_order_on_a_machine_whose_clock_is_wrong(
    demo: Playground,
) -> None:
    """The sandbox lives in another week than this machine does."""
    first = demo.sfspiris("sync", "--json").document
    held = demo.sfspiris("review", "list", "--json").document["holds"][0]["deal"]
    assert demo.sfspiris("review", "assign", held, "--to", "Bo").code == 0
    assert demo.sfspiris("audit", "export", "--out", "one.jsonl").code == 0
    second = demo.sfspiris("sync", "--json").document
    listed = demo.sfspiris("runs", "list", "--json").document["runs"]
    assert [one["run_id"] for one in listed] == [
        f"{second['run_id']}-pull",
        second["run_id"],
        f"{first['run_id']}-pull",
        first["run_id"],
    ]
    assert {one["started_at"][:10] for one in listed} == {"2026-11-20"}
    assert all(one["started_at"] <= one["finished_at"] for one in listed)
    assert demo.sfspiris("audit", "export", "--out", "two.jsonl").code == 0
    one, two = (
        [json.loads(line) for line in (demo.folder / name).read_text(encoding="utf-8").splitlines()]
        for name in ("one.jsonl", "two.jsonl")
    )
    assert two[: len(one) - 1] == one[:-1], "yesterday's file is the beginning of today's"
    assert {line["time_utc"][:10] for line in two if line.get("time_utc")} == {"2026-11-20"}
    times = [line["time_utc"] for line in two if line["what"] in {"run_began", "decided"}]
    assert times == sorted(times)
    assert demo.sfspiris("audit", "verify", "two.jsonl", "--memory").code == 0


def test_a_run_names_every_deal_that_it_held_or_left_though_later_runs_decide_otherwise(
    demo: Playground,
) -> None:
    first = demo.sfspiris("push-closed-won", "--json").document
    reasons: dict[str, list[str]] = {}
    for one in first["holds"]:
        codes = reasons.setdefault(one["deal"], [])
        codes += [one["code"]] if one["code"] not in codes else []
    deal = next(one for one, codes in reasons.items() if codes == ["ORGNR_INVALID"])
    account = next(one["AccountId"] for one in demo.deals().values() if one["Id"] == deal)
    number = {"Organisation_Number__c": "556036-0793"}
    demo.control("salesforce", "PATCH", f"records/Account/{account}", number)
    second = demo.sfspiris("push-closed-won", "--full", "--json").document

    shown = demo.sfspiris("runs", "show", first["run_id"], "--json").document
    assert {one["deal"]: one["codes"] for one in shown["deals"]} == reasons
    later = demo.sfspiris("runs", "show", second["run_id"], "--json").document
    told = {one["deal"]: (one["outcome"], one["codes"]) for one in later["deals"]}
    assert deal not in told
    assert len(told) == second["summary"]["held"] + second["summary"]["unchanged"]
    made = next(one["deal"] for one in first["actions"] if one["kind"] == "create_draft")
    assert told[made] == ("unchanged", [])

    page = demo.sfspiris("runs", "show", first["run_id"], "--record", deal[:15], "--export", "one.csv").out
    assert f"{deal}" in page
    assert "ORGNR_INVALID" in page
    rows = list(csv.DictReader((demo.folder / "one.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert ("held", "ORGNR_INVALID") in [(one["kind"], one["note"]) for one in rows]


def test_a_run_that_an_error_ended_is_told_as_failed_with_its_code(demo: Playground) -> None:
    """Not as one that may be at work: neither what could not be reached nor a wrong id leaves such a run behind."""
    gone = {"method": "GET", "path": "/v2/", "nth": 1, "times": 99, "effect": "status", "code": 503}
    demo.control("spiris", "POST", "faults", gone)
    assert demo.sfspiris("push-closed-won").code == 8
    demo.control("spiris", "DELETE", "faults")
    assert demo.sfspiris("push-closed-won", "--deal", "006000000000ZZZAAA").code == 2
    listed = demo.sfspiris("runs", "list", "--json").document["runs"]
    assert [(one["status"], one["ended_by"]) for one in listed[:2]] == [
        ("failed", "USAGE"),
        ("failed", "UNREACHABLE"),
    ]
    page = demo.sfspiris("runs", "list").out
    assert "push-closed-won (failed (UNREACHABLE))" in page
    assert "interrupted" not in page
    shown = demo.sfspiris("runs", "show", listed[1]["run_id"]).out
    assert "failed (UNREACHABLE)" in shown
    assert demo.sfspiris("audit", "export", "--out", "all.jsonl").code == 0
    assert "ended_by=UNREACHABLE" in (demo.folder / "all.jsonl").read_text(encoding="utf-8")


def test_what_a_run_updated_and_deleted_stands_in_the_list_too(demo: Playground) -> None:
    run = demo.sfspiris("push-closed-won", "--company", "se", "--json").document["run_id"]
    back = demo.sfspiris("rollback", run, "--json").document["summary"]
    assert back["delete"]
    page = demo.sfspiris("runs", "list").out.splitlines()
    headings = page[0].split()
    (line,) = (one for one in page if "rollback" in one)
    told = dict(zip(reversed(headings), reversed(line.split()), strict=False))
    assert told["removed"] == str(back["delete"])
    assert told["made"] == "0"
    assert told["updated"] == str(back["update"])


def test_a_record_of_which_a_run_says_nothing_is_told_as_such(demo: Playground) -> None:
    run = demo.sfspiris("push-closed-won", "--json").document["run_id"]
    ended = demo.sfspiris("runs", "show", run, "--record", "006000000000ZZZAAA", "--json")
    assert ended.code == 2
    assert "says nothing of a record 006000000000ZZZAAA" in ended.document["error"]["message"]
