"""Stories of deals that change after their drafts were made, told with the installed command over real HTTP."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from playground import Json, Playground, finance
from playground import pushed as pushed_drafts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pushed(demo: Playground) -> Playground:
    """Every deal of the demo that can be is a draft, and nobody has called since."""
    assert demo.sfspiris("push-closed-won", "--json").code == 3
    demo.forget_calls()
    return demo


def with_draft(pushed: Playground) -> tuple[Json, Json]:
    """A deal of company `se` whose draft has a priced row, and that draft."""
    drafts = {one["Id"]: one for one in pushed.company("se")["drafts"]}
    deal = next(one for one in pushed.deals().values() if one.get("Spiris_Draft_Id__c") in drafts)
    return deal, drafts[deal["Spiris_Draft_Id__c"]]


def draft(pushed: Playground, draft_id: str) -> Json:
    found: Json = next(one for one in pushed.company("se")["drafts"] if one["Id"] == draft_id)
    return found


def sell_one_more(pushed: Playground, deal: Json) -> tuple[float, float]:
    """Sales raises the quantity of the deal's first line by one; before and after."""
    lines = pushed.control("salesforce", "GET", "state")["records"]["OpportunityLineItem"]
    line = min(
        (one for one in lines if one["OpportunityId"] == deal["Id"]), key=lambda one: one["SortOrder"] or 0
    )
    before = float(line["Quantity"])
    pushed.control(
        "salesforce", "PATCH", f"records/OpportunityLineItem/{line['Id']}", {"Quantity": before + 1}
    )
    return before, before + 1


def of_deal(document: Json, key: str, deal: Json) -> list[Json]:
    return [one for one in document[key] if one["deal"] == deal["Id"]]


def test_an_untouched_draft_follows_its_deal_and_every_report_shows_before_and_after(
    pushed: Playground, tmp_path: Path
) -> None:
    deal, before = with_draft(pushed)
    old, new = sell_one_more(pushed, deal)
    table, page = tmp_path / "plan.csv", tmp_path / "plan.html"
    shown = pushed.sfspiris("push-closed-won", "--dry-run", "--report", str(table))
    assert pushed.writes() == []
    assert f"~ Rows[1].Quantity: {old:g} → {new:g}" in shown.out
    changes = [
        one for one in csv.DictReader(table.read_text("utf-8-sig").splitlines()) if one["line"] == "change"
    ]
    assert [(one["field"], one["before"], one["after"]) for one in changes] == [
        ("Rows[1].Quantity", f"{old:g}", f"{new:g}")
    ]

    ended = pushed.sfspiris("push-closed-won", "--json", "--report", str(page))
    (update,) = of_deal(ended.document, "actions", deal)
    assert (update["kind"], update["outcome"], update["target_id"]) == ("update_draft", "done", before["Id"])
    assert update["changes"] == [{"field": "Rows[1].Quantity", "before": f"{old:g}", "after": f"{new:g}"}]
    assert ended.document["summary"]["update"] == 1
    assert "Changes to the draft" in page.read_text("utf-8")

    after = draft(pushed, before["Id"])
    assert float(after["Rows"][0]["Quantity"]) == new
    same = (
        "OurReference",
        "YourReference",
        "CustomerId",
        "TermsOfPaymentId",
        "InvoiceAddress1",
        "CreatedUtc",
    )
    assert {name: after[name] for name in same} == {name: before[name] for name in same}

    pushed.forget_calls()
    assert pushed.sfspiris("push-closed-won", "--json").document["actions"] == []
    assert pushed.writes() == []


def test_a_field_that_nothing_is_mapped_from_plans_nothing(pushed: Playground) -> None:
    deal, _ = with_draft(pushed)
    pushed.control(
        "salesforce",
        "PATCH",
        f"records/Opportunity/{deal['Id']}",
        {"Description": "Ring Kalle", "NextStep": "-"},
    )
    assert pushed.sfspiris("push-closed-won", "--json").document["actions"] == []
    asked = [
        one["path"] for one in pushed.calls("spiris")
    ]  # what is held is looked at again, and nothing else
    assert [path for path in asked if "draft" in path] == []


def test_an_edited_draft_is_left_byte_for_byte_and_three_versions_are_shown(pushed: Playground) -> None:
    deal, before = with_draft(pushed)
    pushed.control("spiris", "POST", f"drafts/{before['Id']}/edit?company=se", {"YourReference": "Kajsa Ek"})
    theirs = draft(pushed, before["Id"])
    old, new = sell_one_more(pushed, deal)
    ended = pushed.sfspiris("push-closed-won", "--json")
    assert ended.code == 3
    (hold,) = of_deal(ended.document, "holds", deal)
    assert hold["code"] == "DRAFT_EDITED_BY_FINANCE"
    versions: dict[str, Any] = {one.pop("field"): one for one in hold["versions"]}
    assert versions["Rows[1].Quantity"] == {
        "written": f"{old:g}",
        "salesforce": f"{new:g}",
        "spiris": f"{old:g}",
    }
    assert versions["YourReference"]["spiris"] == "Kajsa Ek"
    assert versions["YourReference"]["written"] == versions["YourReference"]["salesforce"]
    assert draft(pushed, before["Id"]) == theirs
    assert [one for one in pushed.writes() if one["path"].startswith("/v2")] == []


def test_a_change_whose_reply_is_lost_is_seen_in_the_draft_and_not_sent_again(pushed: Playground) -> None:
    deal, before = with_draft(pushed)
    _, new = sell_one_more(pushed, deal)
    pushed.control(
        "spiris",
        "POST",
        "faults",
        {"method": "PUT", "path": "/customerinvoicedrafts/", "nth": 1, "times": 1, "effect": "drop_after"},
    )
    ended = pushed.sfspiris("push-closed-won", "--json")
    (update,) = of_deal(ended.document, "actions", deal)
    assert update["outcome"] == "done"
    assert float(draft(pushed, before["Id"])["Rows"][0]["Quantity"]) == new
    assert sum(one["method"] == "PUT" for one in pushed.calls("spiris")) == 1


def test_a_deleted_draft_is_held_with_its_owner_since_the_first_time_and_never_made_again(
    pushed: Playground,
) -> None:
    deal, before = with_draft(pushed)
    pushed.control("spiris", "POST", f"drafts/{before['Id']}/delete?company=se", {})
    pushed.control("salesforce", "PUT", "clock", {"now": "2026-11-21T08:00:00Z"})
    pushed.control("spiris", "PUT", "clock", {"now": "2026-11-21T08:00:00Z"})
    try:
        first, again = (pushed.sfspiris("pull-invoice-status", "--json").document for _ in range(2))
        pushes = pushed.sfspiris("push-closed-won", "--json", "--full").document
    finally:
        for side in ("salesforce", "spiris"):
            pushed.control(side, "PUT", "clock", {"now": None})
    told = [of_deal(one, "holds", deal) for one in (first, again, pushes)]
    assert [[one["code"] for one in holds] for holds in told] == [["DRAFT_DELETED"]] * 3
    assert len({holds[0]["since"] for holds in told}) == 1
    assert all(holds[0]["owner"] for holds in told)
    assert before["Id"] not in {one["Id"] for one in pushed.drafts()}
    assert again["summary"]["unchanged"] + again["summary"]["held"] == len(pushed.drafts()) + 1


@pytest.mark.parametrize("how", ["lost", "deleted"])
def test_a_deal_that_is_taken_back_is_held_with_a_proposal_and_its_draft_stands(
    pushed: Playground, how: str
) -> None:
    deal, before = with_draft(pushed)
    address = f"records/Opportunity/{deal['Id']}"
    if how == "lost":
        pushed.control("salesforce", "PATCH", address, {"StageName": "Closed Lost"})
    else:
        pushed.control("salesforce", "DELETE", address)
    ended = pushed.sfspiris("push-closed-won", "--json")
    assert ended.code == 3, ended.err
    first, again = ended.document, pushed.sfspiris("push-closed-won", "--json").document
    (hold,), (still,) = (of_deal(one, "holds", deal) for one in (first, again))
    assert (hold["code"], still["since"]) == ("DEAL_REOPENED", hold["since"])
    assert "delete the draft" in hold["fix"]
    assert hold["owner"]
    assert draft(pushed, before["Id"]) == before
    assert of_deal(again, "actions", deal) == []
    if how == "lost":
        told = next(one for one in pushed.deals().values() if one["Id"] == deal["Id"])
        assert told["Spiris_Sync_Code__c"] == "DEAL_REOPENED"


def test_a_plan_for_finance_is_in_swedish_while_programs_read_english(demo: Playground) -> None:
    page = demo.folder / "plan.html"
    ended = demo.sfspiris("push-closed-won", "--dry-run", "--json", "--report", str(page), "--lang", "sv")
    told = page.read_text("utf-8")
    assert '<html lang="sv">' in told
    assert ended.document["plan_hash"] in told
    holds = ended.document["holds"]
    assert any(one["message"].endswith("has no organisation number.") for one in holds)
    assert "saknar organisationsnummer." in told
    for one in holds:
        assert one["fix"] not in told, "a next step was left in English"


def test_why_a_deal_waits_stays_on_it_while_a_pull_tells_what_its_invoice_is_like(
    pushed: Playground,
) -> None:
    """Issued, paid and overdue are told; the reason is taken away by the push that finds it gone, and by nobody else."""

    def told() -> tuple[object, object, object]:
        now = pushed.deals()[deal["Name"]]
        return now["Spiris_Sync_Status__c"], now["Spiris_Sync_Code__c"], now["Spiris_Sync_Message__c"]

    deal, draft_made = with_draft(pushed)
    invoice = finance(pushed, f"drafts/{draft_made['Id']}/issue", {"date": "2026-11-20"})
    before, _ = sell_one_more(pushed, deal)
    assert of_deal(pushed.sfspiris("push-closed-won", "--json").document, "holds", deal)
    waits = told()
    assert waits[1] == "DEAL_CHANGED_AFTER_INVOICE"
    pushed.sfspiris("pull-invoice-status")
    assert told() == ("Issued", *waits[1:])
    finance(pushed, f"invoices/{invoice['Id']}/pay", {"date": "2026-11-20"})
    pulled = pushed.sfspiris("pull-invoice-status", "--json").document
    (action,) = [one for one in of_deal(pulled, "actions", deal) if one["kind"] == "write_deal"]
    assert [one["field"] for one in action["changes"]] == ["Status"]
    assert told() == ("Paid", *waits[1:])
    for _ in range(2):
        assert of_deal(pushed.sfspiris("sync", "--json").document, "actions", deal) == []

    lines = pushed.control("salesforce", "GET", "state")["records"]["OpportunityLineItem"]
    line = min(
        (one for one in lines if one["OpportunityId"] == deal["Id"]), key=lambda one: one["SortOrder"] or 0
    )
    pushed.control("salesforce", "PATCH", f"records/OpportunityLineItem/{line['Id']}", {"Quantity": before})
    pushed.sfspiris("sync")
    assert told() == ("Paid", None, None)


def test_a_status_that_somebody_changed_on_the_deal_is_restored_and_told(pushed: Playground) -> None:
    deal, draft_made = with_draft(pushed)
    pushed.sfspiris("sync")
    pushed.control(
        "salesforce",
        "PATCH",
        f"records/Opportunity/{deal['Id']}",
        {"Spiris_Sync_Status__c": "Paid", "Spiris_Draft_Id__c": None},
    )
    ended = pushed.sfspiris("push-closed-won", "--json").document
    (told,) = [one for one in ended["warnings"] if one["code"] == "MIRROR_RESTORED"]
    assert told["deal"] == deal["Id"]
    assert "Spiris_Sync_Status__c said Draft and says Paid" in told["message"]
    assert f"Spiris_Draft_Id__c said {draft_made['Id']} and says nothing" in told["message"]
    now = pushed.deals()[deal["Name"]]
    assert (now["Spiris_Sync_Status__c"], now["Spiris_Draft_Id__c"]) == ("Draft", draft_made["Id"])
    again = pushed.sfspiris("push-closed-won", "--json").document
    assert [one for one in again["warnings"] if one["code"] == "MIRROR_RESTORED"] == []


def test_a_cloned_deal_is_a_sale_of_its_own_and_its_draft_is_made_once(demo: Playground) -> None:
    original, draft = next(iter(pushed_drafts(demo).items()))
    records = demo.control("salesforce", "GET", "state")["records"]
    own = next(one for one in records["Opportunity"] if one["Id"] == original)
    kept = ("AccountId", "StageName", "CloseDate", "OwnerId", "Pricebook2Id", "CurrencyIsoCode")
    clone = {name: own[name] for name in own if name in kept or name.startswith("Spiris_")}
    lines = [
        {name: one[name] for name in ("PricebookEntryId", "Quantity", "UnitPrice")}
        | {"OpportunityId": "@clone"}
        for one in records["OpportunityLineItem"]
        if one["OpportunityId"] == original
    ]
    added = {"Opportunity": [clone | {"Name": "Klon", "_ref": "clone"}], "OpportunityLineItem": lines}
    demo.control("salesforce", "POST", "records", added)

    first = demo.sfspiris("push-closed-won", "--json").document
    cloned = demo.deals()["Klon"]
    (told,) = [one for one in first["warnings"] if one["code"] == "COPIED_FIELDS"]
    assert told["deal"] == cloned["Id"]
    assert f"copied from deal {own['Name']} ({original})" in told["message"]
    made = [one for one in first["actions"] if one["kind"] == "create_draft"]
    assert [(one["deal"], one["outcome"]) for one in made] == [(cloned["Id"], "done")]
    assert cloned["Spiris_Draft_Id__c"] == made[0]["target_id"] != draft
    assert cloned["Spiris_Correlation_Id__c"] == made[0]["correlation_id"]
    again = demo.sfspiris("push-closed-won", "--full", "--json").document
    assert "create_draft" not in [one["kind"] for one in again["actions"]]
    assert [one["code"] for one in again["warnings"]].count("COPIED_FIELDS") == 0
