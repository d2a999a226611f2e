"""Answers that are whole, well-formed and empty, as when a user loses the right to see: nothing follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground import Json, Playground

NOTHING_IN_SALESFORCE: Json = {"totalSize": 0, "done": True, "records": []}
NEXT_DAY = "2026-11-21T08:00:00Z"


def empty_in_spiris(path: str) -> Json:
    body = {
        "Meta": {
            "CurrentPage": 1,
            "PageSize": 1000,
            "TotalNumberOfPages": 0,
            "TotalNumberOfResults": 0,
            "ServerTimeUtc": NEXT_DAY,
        },
        "Data": [],
    }
    return {"method": "GET", "path": path, "effect": "status", "code": 200, "body": body, "times": None}


def next_day(demo: Playground) -> None:
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": NEXT_DAY})


def queue(demo: Playground) -> set[str]:
    return {one["deal"] for one in demo.sfspiris("review", "list", "--json").document["holds"]}


def mismatches(document: Json) -> list[str]:
    return [one["message"] for one in document["warnings"] if one["code"] == "COUNT_MISMATCH"]


def test_a_salesforce_that_shows_nothing_empties_no_queue_and_moves_no_cursor(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    waiting = queue(demo)
    assert waiting
    next_day(demo)
    fault = {
        "method": "GET",
        "path": "/query.*FROM[+ ]Opportunity|/queryAll",
        "effect": "status",
        "code": 200,
        "body": NOTHING_IN_SALESFORCE,
    }
    for arguments in (("push-closed-won",), ("push-closed-won", "--full"), ("sync", "--full")):
        demo.control("salesforce", "POST", "faults", {**fault, "times": None})
        ended = demo.sfspiris(*arguments, "--json")
        assert ended.code == 3, ended.out
        assert ended.document["status"] == "partial"
        assert any("does not show" in one for one in mismatches(ended.document))
        demo.control("salesforce", "DELETE", "faults")
        assert queue(demo) == waiting
    drafts = len(demo.drafts())
    again = demo.sfspiris("push-closed-won", "--json").document
    assert {one["deal"] for one in again["holds"]} == waiting
    assert mismatches(again) == []
    assert len(demo.drafts()) == drafts


def test_a_spiris_that_shows_no_customers_gets_no_second_ones(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    before = demo.company()["customers"]
    next_day(demo)
    demo.control("spiris", "POST", "faults", empty_in_spiris("/v2/customers$"))
    ended = demo.sfspiris("push-closed-won", "--full", "--json")
    assert ended.code == 8, ended.out
    assert "asked for one" in ended.document["error"]["message"]
    demo.control("spiris", "DELETE", "faults")
    assert demo.company()["customers"] == before
    assert demo.sfspiris("push-closed-won", "--full", "--json").kinds() == []


def test_a_spiris_that_shows_no_drafts_has_none_of_them_called_deleted(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    next_day(demo)
    demo.control("spiris", "POST", "faults", empty_in_spiris("/v2/customerinvoicedrafts$"))
    ended = demo.sfspiris("pull-invoice-status", "--full", "--json")
    assert ended.code == 8, ended.out
    told = {one["Spiris_Sync_Status__c"] for one in demo.deals().values()}
    assert "Deleted" not in told
    demo.control("spiris", "DELETE", "faults")
    assert demo.sfspiris("pull-invoice-status", "--full", "--json").code == 0


def test_drafts_that_finance_has_all_deleted_are_gone(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    next_day(demo)
    for company in ("se", "int"):
        for draft in demo.company(company)["drafts"]:
            demo.control("spiris", "POST", f"drafts/{draft['Id']}/delete?company={company}", {})
    ended = demo.sfspiris("pull-invoice-status", "--json")
    assert ended.code == 3, ended.out
    assert {one["code"] for one in ended.document["holds"]} == {"DRAFT_DELETED"}
