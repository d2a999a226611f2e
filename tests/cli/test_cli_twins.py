"""Stories of a proxy that carries a create out twice: both documents are shown, and a person decides which one stays."""

from __future__ import annotations

import pytest

from playground import Json, Playground, finance

REPEAT = {"method": "POST", "path": "/v2/customerinvoicedrafts$", "nth": 1, "times": 1, "effect": "repeat"}
CLOCKS = ("salesforce", "spiris")


def at(demo: Playground, time: str) -> None:
    for side in CLOCKS:
        demo.control(side, "PUT", "clock", {"now": f"2026-11-20T{time}:00Z"})


def doubled(demo: Playground) -> tuple[Json, list[Json]]:
    """The deal that has two drafts, and these drafts, its own first."""
    marks: dict[str, list[Json]] = {}
    for one in demo.drafts():
        marks.setdefault(one["OurReference"] or one["ContractNumber"], []).append(one)
    ((mark, two),) = ((mark, drafts) for mark, drafts in marks.items() if mark and len(drafts) > 1)
    deal = next(one for one in demo.deals().values() if one["Id"] in mark)
    return deal, sorted(two, key=lambda one: one["Id"] != deal["Spiris_Draft_Id__c"])


def held(demo: Playground, deal: Json, *command: str) -> Json | None:
    ended = demo.sfspiris(*command, "--json")
    found = [
        one
        for one in ended.document["holds"]
        if (one["deal"], one["code"]) == (deal["Id"], "OUTCOME_UNKNOWN")
    ]
    assert len(found) <= 1
    assert not found or ended.code == 3
    return found[0] if found else None


def company_of(demo: Playground, draft: Json) -> str:
    return next(
        key for key in ("se", "int") if draft["Id"] in {one["Id"] for one in demo.company(key)["drafts"]}
    )


@pytest.fixture
def twice(demo: Playground) -> Playground:
    """A world in which the first create was carried out twice; the run that sent it is over."""
    demo.control("spiris", "POST", "faults", REPEAT)
    first = demo.sfspiris("push-closed-won", "--json")
    deal, two = doubled(demo)
    (hold,) = [one for one in first.document["holds"] if one["code"] == "OUTCOME_UNKNOWN"]
    assert hold["deal"] == deal["Id"], "the run that made them says so itself"
    assert all(one["Id"] in hold["message"] for one in two)
    return demo


def test_each_run_holds_the_deal_and_shows_both_until_one_is_gone(twice: Playground) -> None:
    deal, (own, other) = doubled(twice)
    now = twice.deals()[deal["Name"]]
    assert (now["Spiris_Sync_Status__c"], now["Spiris_Sync_Code__c"]) == ("Draft", "OUTCOME_UNKNOWN")
    queue = twice.sfspiris("review", "list", "--json").document
    assert deal["Id"] in str(queue)
    for command in (
        ["push-closed-won"],
        ["push-closed-won", "--full"],
        ["sync"],
        ["push-closed-won", "--dry-run"],
    ):
        hold = held(twice, deal, *command)
        assert hold is not None, command
        assert own["Id"] in hold["message"]
        assert other["Id"] in hold["message"]
    twice.forget_calls()
    assert held(twice, deal, "sync") is not None
    assert [one for one in twice.writes() if one["path"].endswith("/composite/sobjects")] == []
    assert len(twice.drafts()) == len({one["Id"] for one in twice.drafts()}), "and none is ever deleted"

    finance(twice, f"drafts/{other['Id']}/delete", company=company_of(twice, other))
    at(twice, "09:00")
    assert held(twice, deal, "push-closed-won") is None
    assert twice.deals()[deal["Name"]]["Spiris_Sync_Code__c"] is None
    assert deal["Id"] not in str(twice.sfspiris("review", "list", "--json").document)


def test_when_the_deals_own_draft_is_deleted_the_other_one_stands_for_it(twice: Playground) -> None:
    deal, (own, other) = doubled(twice)
    company = company_of(twice, own)
    finance(twice, f"drafts/{own['Id']}/delete", company=company)
    at(twice, "09:00")
    assert held(twice, deal, "push-closed-won") is not None, "what is left is found by the pull"
    ended = twice.sfspiris("sync", "--json").document
    assert "DRAFT_DELETED" not in {one["code"] for one in ended["holds"] if one["deal"] == deal["Id"]}
    now = twice.deals()[deal["Name"]]
    assert (now["Spiris_Draft_Id__c"], now["Spiris_Sync_Status__c"], now["Spiris_Sync_Code__c"]) == (
        other["Id"],
        "Draft",
        None,
    )
    invoice = finance(twice, f"drafts/{other['Id']}/issue", {"date": "2026-11-20"}, company)
    twice.sfspiris("sync")
    assert twice.deals()[deal["Name"]]["Spiris_Invoice_Number__c"] == str(invoice["InvoiceNumber"])


def test_two_of_which_one_was_issued_are_still_two(twice: Playground) -> None:
    deal, (own, other) = doubled(twice)
    company = company_of(twice, own)
    number = finance(twice, f"drafts/{own['Id']}/issue", {"date": "2026-11-20"}, company)["InvoiceNumber"]
    for command in ("pull-invoice-status", "pull-invoice-status", "push-closed-won"):
        hold = held(twice, deal, command)
        assert hold is not None, command
        assert f"invoice {number}" in hold["message"]
        assert other["Id"] in hold["message"]
    now = twice.deals()[deal["Name"]]
    assert (now["Spiris_Sync_Status__c"], now["Spiris_Sync_Code__c"]) == ("Issued", "OUTCOME_UNKNOWN")
    finance(twice, f"drafts/{other['Id']}/delete", company=company)
    assert held(twice, deal, "pull-invoice-status") is None
    assert twice.deals()[deal["Name"]]["Spiris_Sync_Code__c"] is None


def test_a_second_document_that_lists_show_late_is_found_once_it_must_be_there(demo: Playground) -> None:
    demo.control("spiris", "PUT", "switches", {"index_lag_seconds": 300})
    demo.control("spiris", "POST", "faults", REPEAT)
    first = demo.sfspiris("push-closed-won", "--json")
    assert "OUTCOME_UNKNOWN" not in {one["code"] for one in first.document["holds"]}
    deal, _ = doubled(demo)
    at(demo, "08:20")
    assert held(demo, deal, "push-closed-won") is not None
    assert demo.deals()[deal["Name"]]["Spiris_Sync_Code__c"] == "OUTCOME_UNKNOWN"


def test_counting_again_costs_one_list_a_company_and_then_nothing(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    lists = []
    for time in ("08:01", "08:20", "08:40"):
        at(demo, time)
        demo.forget_calls()
        demo.sfspiris("push-closed-won")
        lists.append(sum(one["path"].endswith("/customerinvoicedrafts") for one in demo.calls("spiris")))
    assert lists == [0, 2, 0]
