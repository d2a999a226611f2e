"""`sfspiris rollback`, told with the installed command over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground import Json, Playground, finance

if TYPE_CHECKING:
    from pathlib import Path


def drafts(demo: Playground) -> set[str]:
    return {one["Id"] for company in ("se", "int") for one in demo.company(company)["drafts"]}


def test_a_run_is_taken_back_but_for_what_finance_has_touched(demo: Playground, tmp_path: Path) -> None:
    before = drafts(demo)
    pushed = demo.sfspiris("push-closed-won", "--json").document
    made = {one["target_id"]: one["deal"] for one in pushed["actions"] if one["kind"] == "create_draft"}
    assert drafts(demo) - before == made.keys()
    in_se = [one["Id"] for one in demo.company("se")["drafts"] if one["Id"] in made]
    edited, issued = in_se[:2]
    demo.control("spiris", "POST", f"drafts/{edited}/edit?company=se", {"YourReference": "Kajsa Ek"})
    demo.control("spiris", "POST", f"drafts/{issued}/issue?company=se", {})
    demo.forget_calls()

    shown = demo.sfspiris("rollback", pushed["run_id"], "--dry-run")
    assert shown.code == 3
    assert f"Plan: {len(made) - 2} drafts to delete" in shown.out
    assert demo.writes() == []

    page = tmp_path / "rollback.html"
    ended = demo.sfspiris("rollback", pushed["run_id"], "--json", "--report", str(page))
    assert ended.code == 3
    document: Json = ended.document
    assert document["summary"]["delete"] == len(made) - 2
    deleted = {one["target_id"] for one in document["actions"] if one["kind"] == "delete_draft"}
    assert deleted == made.keys() - {edited, issued}
    assert {one["deal"]: one["code"] for one in document["holds"]} == {
        made[edited]: "DRAFT_EDITED_BY_FINANCE",
        made[issued]: "DRAFT_ISSUED",
    }
    assert {one["code"] for one in document["warnings"]} == {"LEFT_IN_LEDGER"}
    assert "Draft taken back" in page.read_text("utf-8")

    assert drafts(demo) - before == {edited}
    sales = {one["Id"]: one for one in demo.deals().values()}
    assert {sales[made[one]]["Spiris_Sync_Status__c"] for one in deleted} == {"Deleted"}
    assert sales[made[edited]]["Spiris_Sync_Status__c"] == "Draft"

    demo.forget_calls()
    again = demo.sfspiris("push-closed-won", "--json")
    assert [one for one in again.document["actions"] if one["kind"].startswith("create_")] == []
    assert drafts(demo) - before == {edited}


def test_an_unknown_run_is_refused_before_anything_is_asked_of_a_ledger(demo: Playground) -> None:
    ended = demo.sfspiris("rollback", "20990101T000000Z-nosuch", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (2, "USAGE")
    assert "runs list" in ended.document["error"]["remedy"]


def test_a_run_that_made_no_drafts_is_told_as_such_in_words_and_with_its_code(demo: Playground) -> None:
    pulled = demo.sfspiris("pull-invoice-status", "--json").document
    ended = demo.sfspiris("rollback", pulled["run_id"])
    assert ended.code == 0, ended.err
    assert "made no drafts or orders" in " ".join(ended.out.split())
    told = demo.sfspiris("rollback", pulled["run_id"], "--json").document
    assert [one["code"] for one in told["warnings"]] == ["NOTHING_TO_TAKE_BACK"]


def test_what_was_taken_back_or_deleted_is_won_without_a_document_and_asks_for_one_thing(
    demo: Playground,
) -> None:
    """`report revenue`, `reconcile` and `explain` say the same of a deal whose draft is gone."""
    made = {one["deal"]: one["target_id"] for one in _made(demo)}
    waiting = _won(demo)
    gone, *others = made
    finance(demo, f"drafts/{made[gone]}/delete")
    assert _won(demo) == waiting + 1
    told = _line(demo, gone)
    assert "sfspiris pull-invoice-status" in told["fix"]

    run = demo.sfspiris("runs", "list", "--json").document["runs"][0]["run_id"]
    assert demo.sfspiris("rollback", run).code == 3
    assert _won(demo) == waiting + len(made) == len(_missing(demo))
    told = _line(demo, others[0])
    assert told["reasons"] == ["DRAFT_DELETED"]
    explained = demo.sfspiris("explain", others[0], "--json").document
    assert told["fix"] == explained["next_step"]
    assert "Spiris_Retry__c" in told["fix"]


def test_a_rollback_names_the_customer_that_the_run_changed(demo: Playground) -> None:
    """Only what sales has changed since is written; the rollback leaves it, and says which field of whom."""
    one = _made(demo)[0]
    accounts = {sale["Id"]: sale["AccountId"] for sale in demo.deals().values()}
    path = f"records/Account/{accounts[one['deal']]}"
    demo.control("salesforce", "PATCH", path, {"BillingCity": "Ystad"})
    second = demo.sfspiris("push-closed-won", "--company", "se", "--json").document
    assert [one["kind"] for one in second["actions"]].count("update_customer") == 1
    ended = demo.sfspiris("rollback", second["run_id"], "--lang", "sv")
    assert "Körningen ändrade också kund" in " ".join(ended.out.split())
    assert "(ort) i företaget se" in " ".join(ended.out.split())


def _made(demo: Playground) -> list[Json]:
    document = demo.sfspiris("push-closed-won", "--company", "se", "--json").document
    return [one for one in document["actions"] if one["kind"] == "create_draft"]


def _won(demo: Playground) -> int:
    rows = demo.sfspiris("report", "revenue", "--company", "se", "--json").document["rows"]
    return sum(one["figures"]["won"]["count"] for one in rows)


def _missing(demo: Playground) -> list[Json]:
    lines = demo.sfspiris("reconcile", "--company", "se", "--json").document["lines"]
    return [one for one in lines if one["code"] == "MISSING_IN_SPIRIS"]


def _line(demo: Playground, deal: str) -> Json:
    (found,) = (one for one in _missing(demo) if one["deal"] == deal)
    return found
