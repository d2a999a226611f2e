"""The org around the records: versions, describe, permissions, limits, switches, and what people do in the product."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from salesforce_box import DATA, NOW, WORLD, Api, Box, box, id_of


def described(api: Api, name: str) -> dict[str, dict[str, Any]]:
    """The fields of an object's describe, by name."""
    return {one["name"]: one for one in api.ok("GET", f"/sobjects/{name}/describe")["fields"]}


# versions


def test_every_version_from_50_to_68_is_served_with_its_release(org: Box) -> None:
    listed = org.control.get("/services/data/").json()
    assert [one["version"] for one in listed] == [f"{number}.0" for number in range(50, 69)]
    assert listed[0] == {"label": "Winter '21", "url": "/services/data/v50.0", "version": "50.0"}
    assert listed[-1]["label"] == "Winter '27"
    for version in ("v50.0", "v68.0"):
        assert org.api(version).ok("GET", "")["sobjects"] == f"/services/data/{version}/sobjects"


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        ("v30.0", 410, "UNSUPPORTED_API_VERSION"),
        ("v49.0", 404, "NOT_FOUND"),
        ("v69.0", 404, "NOT_FOUND"),
        ("v62", 404, "NOT_FOUND"),
        ("latest", 404, "NOT_FOUND"),
    ],
)
def test_other_versions_are_gone_or_not_there(org: Box, version: str, status: int, code: str) -> None:
    response = org.control.get(f"/services/data/{version}/sobjects")
    assert (response.status_code, response.json()[0]["errorCode"]) == (status, code)


def test_paths_that_lead_nowhere_are_404_in_the_vendors_words(org: Box, api: Api) -> None:
    assert api.refused("GET", "/nothing") == (404, "NOT_FOUND")
    assert org.control.get("/services/nothing").json()[0]["errorCode"] == "NOT_FOUND"


def test_a_second_slash_before_the_path_does_not_matter(org: Box, api: Api) -> None:
    response = httpx.get(f"{org.url}/{DATA}/limits", headers={"Authorization": api.headers["Authorization"]})
    assert response.url.path.startswith("//")
    assert response.status_code == 200


def test_answers_carry_the_orgs_own_time_and_may_be_compressed(org: Box, api: Api) -> None:
    response = api.get("/sobjects/Account/describe", headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers.get_list("date")[0].startswith("Fri, 20 Nov 2026 08:00:")
    plain = api.get("/sobjects/Account/describe", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == response.json()


def test_an_address_that_is_too_long_is_414(api: Api) -> None:
    response = api.get("/query", params={"q": f"SELECT Id FROM Account WHERE Name = '{'x' * 17000}'"})
    assert response.status_code == 414


# describe


def test_the_global_describe_lists_every_object(api: Api) -> None:
    answer = api.ok("GET", "/sobjects/")
    assert (answer["encoding"], answer["maxBatchSize"]) == ("UTF-8", 200)
    objects = {one["name"]: one for one in answer["sobjects"]}
    assert {"Account", "Opportunity", "OpportunityLineItem", "Product2", "User", "Invoice__c"} <= set(objects)
    assert objects["Invoice__c"]["custom"] is True
    assert objects["Invoice__c"]["keyPrefix"].startswith("a")
    assert objects["Opportunity"]["urls"]["describe"] == f"{DATA}/sobjects/Opportunity/describe"
    assert "CurrencyType" not in objects


def test_describe_tells_types_lengths_and_what_may_be_done(api: Api) -> None:
    fields = described(api, "Opportunity")
    name, amount, won = fields["Name"], fields["Amount"], fields["IsWon"]
    assert (name["type"], name["length"], name["nillable"], name["nameField"]) == ("string", 120, False, True)
    assert (amount["type"], amount["precision"], amount["scale"], amount["updateable"]) == (
        "currency",
        18,
        2,
        True,
    )
    assert (won["type"], won["createable"], won["updateable"]) == ("boolean", False, False)
    account = fields["AccountId"]
    assert (account["type"], account["referenceTo"], account["relationshipName"]) == (
        "reference",
        ["Account"],
        "Account",
    )
    assert "Closed Won" in {pick["value"] for pick in fields["StageName"]["picklistValues"]}
    assert (fields["Description"]["filterable"], fields["Description"]["sortable"]) == (False, False)
    custom = fields["Handled_By__c"]
    assert (custom["custom"], custom["relationshipName"]) == (True, "Handled_By__r")
    external = described(api, "Invoice__c")["External_Id__c"]
    assert (external["externalId"], external["unique"], external["idLookup"]) == (True, True, True)
    assert described(api, "Account")["BillingCity"]["compoundFieldName"] == "BillingAddress"


def test_every_object_can_be_described_selected_whole_and_counted(api: Api) -> None:
    for one in api.ok("GET", "/sobjects")["sobjects"]:
        name = one["name"]
        fields = {field["name"] for field in api.ok("GET", f"/sobjects/{name}/describe")["fields"]}
        assert {"Id", "SystemModstamp"} <= fields
        if name == "ContentDocumentLink":  # can only be asked for by what it joins
            continue
        page = api.query(f"SELECT FIELDS(ALL) FROM {name} LIMIT 200")
        assert all(set(row) - {"attributes"} == fields for row in page["records"])


def test_describe_names_the_relationships_of_children(api: Api) -> None:
    children = api.ok("GET", "/sobjects/Opportunity/describe")["childRelationships"]
    named = {(one["childSObject"], one["field"]): one["relationshipName"] for one in children}
    assert named["OpportunityLineItem", "OpportunityId"] == "OpportunityLineItems"
    assert named["Invoice__c", "Opportunity__c"] == "Invoices__r"
    assert api.rows("SELECT Id, (SELECT Name FROM Invoices__r) FROM Opportunity WHERE IsWon = true")[0][
        "Invoices__r"
    ]


def test_an_unchanged_describe_is_304_until_the_schema_changes(org: Box, api: Api) -> None:
    path = "/sobjects/Account/describe"
    since = api.get(path).headers["last-modified"]
    assert api.get(path, headers={"If-Modified-Since": since}).status_code == 304
    org.clock("2026-11-20T08:10:00Z")
    org.schema(Account={"hidden": ["Fax"]})
    assert api.get(path, headers={"If-Modified-Since": since}).status_code == 200


# permissions and features


def test_a_hidden_field_is_gone_from_describe_queries_and_writes_but_not_from_the_record(
    org: Box, api: Api
) -> None:
    account = id_of(api, "Acme AB", "Account")
    org.schema(Account={"hidden": ["orgnr__c"]})
    assert "Orgnr__c" not in described(api, "Account")
    assert "Orgnr__c" not in api.ok("GET", f"/sobjects/Account/{account}")
    assert api.query_refusal("SELECT Orgnr__c FROM Account") == "INVALID_FIELD"
    assert api.query_refusal("SELECT Account.Orgnr__c FROM Opportunity") == "INVALID_FIELD"
    assert api.refused("PATCH", f"/sobjects/Account/{account}", json={"Orgnr__c": "x"}) == (
        400,
        "INVALID_FIELD",
    )
    assert next(row["Orgnr__c"] for row in org.state("Account") if row["Id"] == account) == "556012-5790"
    org.schema(Account={"hidden": []})
    assert api.field("Account", account, "Orgnr__c") == "556012-5790"


def test_a_read_only_field_is_seen_and_not_written(org: Box, api: Api) -> None:
    org.schema(Account={"read_only": ["Phone"]})
    assert described(api, "Account")["Phone"]["updateable"] is False
    path = f"/sobjects/Account/{id_of(api, 'Acme AB', 'Account')}"
    assert api.refused("PATCH", path, json={"Phone": "1"}) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_objects_and_fields_can_be_added_to_a_running_org(org: Box, api: Api) -> None:
    org.schema(
        Visit__c={
            "fields": {
                "Account__c": {"type": "Lookup", "referenceTo": "Account", "relationshipName": "Account__r"},
                "Score__c": {"type": "Number", "precision": 5, "scale": 1, "required": True},
            }
        }
    )
    account = id_of(api, "Acme AB", "Account")
    assert api.refused("POST", "/sobjects/Visit__c", json={}) == (400, "REQUIRED_FIELD_MISSING")
    api.create("Visit__c", Account__c=account, Score__c=4.25)
    (row,) = api.rows("SELECT Score__c, Account__r.Name FROM Visit__c")
    assert (row["Score__c"], row["Account__r"]["Name"]) == (Decimal("4.3"), "Acme AB")


def test_a_whole_object_can_be_taken_away(org: Box, api: Api) -> None:
    org.schema(Invoice__c={"hidden": True})
    assert api.query_refusal("SELECT Id FROM Invoice__c") == "INVALID_TYPE"
    assert api.refused("POST", "/sobjects/Invoice__c", json={}) == (404, "NOT_FOUND")
    org.schema(Invoice__c={"hidden": False})
    assert api.query("SELECT COUNT() FROM Invoice__c")["totalSize"] == 1


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"Nothing": {"fields": []}}, "a custom object's name ends in __c"),
        ({"Account": {"fields": [{"name": "Foo", "type": "string"}]}}, "ends in __c"),
        ({"Account": {"fields": [{"name": "Foo__c", "type": "colour"}]}}, "cannot have the type 'colour'"),
        ({"Account": {"fields": [{"name": "Foo__c", "type": "reference"}]}}, "needs the object it points to"),
        ({"Account": {"feilds": []}}, "has no 'feilds'"),
        ({"Account": {"fields": [{"name": "Foo__c", "lenght": 3}]}}, "has no 'lenght'"),
        ({"Account": {"required": ["Nope"]}}, "Account has no field Nope"),
        ({"org": {"colour": "red"}}, "An org has no setting 'colour'"),
        ({"multi_currency": "maybe"}, "true or false"),
        ({"time_zone": "Europe/Atlantis"}, "There is no time zone"),
    ],
)
def test_a_schema_that_cannot_be_meant_is_refused_and_changes_nothing(
    org: Box, api: Api, declared: dict[str, Any], words: str
) -> None:
    response = org.control.put("/_sandbox/schema", json=declared)
    assert response.status_code == 400
    assert words in response.json()["error"]
    assert api.query("SELECT COUNT() FROM Account")["totalSize"] == 3


def test_fields_can_be_hidden_by_their_full_names_and_objects_declared_under_a_heading(
    org: Box, api: Api
) -> None:
    org.schema(hide=["Account.Fax", "Account.Site"], objects={"Opportunity": {"hide": ["NextStep"]}})
    assert {"Fax", "Site"}.isdisjoint(described(api, "Account"))
    assert "NextStep" not in described(api, "Opportunity")


def test_currencies_may_be_given_by_their_codes(org: Box, api: Api) -> None:
    org.schema(multiCurrency=True, currencies=["EUR", "SEK"])
    rows = api.rows("SELECT IsoCode, IsCorporate, ConversionRate FROM CurrencyType ORDER BY IsoCode")
    assert [(row["IsoCode"], row["IsCorporate"]) for row in rows] == [("EUR", False), ("SEK", True)]
    assert rows[0]["ConversionRate"] == Decimal("0.0885")


# rules


def test_a_validation_rule_speaks_on_any_save_of_the_row(org: Box, api: Api) -> None:
    rule = {
        "name": "PO_for_won",
        "when": "StageName = 'Closed Won' AND PO_Number__c = null",
        "message": "En vunnen affär behöver ett inköpsordernummer.",
        "field": "PO_Number__c",
    }
    org.schema(Opportunity={"rules": [rule]})
    path = f"/sobjects/Opportunity/{id_of(api, 'Won deal')}"
    response = api.patch(path, json={"NextStep": "x"})
    assert response.json() == [
        {
            "message": "En vunnen affär behöver ett inköpsordernummer.",
            "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "fields": ["PO_Number__c"],
        }
    ]
    api.ok("PATCH", path, json={"NextStep": "x", "PO_Number__c": "4711"})
    org.schema(Opportunity={"rules": []})


def test_a_validation_rule_may_be_a_formula(org: Box, api: Api) -> None:
    formula = "AND(ISCHANGED(Amount), NOT(ISBLANK(Account.Name)), Amount > 2 * PRIORVALUE(Amount), TODAY() < CloseDate)"
    rule = {"name": "Jump", "formula": formula, "message": "Too much at once."}
    org.schema(Opportunity={"rules": [rule]})
    path = f"/sobjects/Opportunity/{id_of(api, 'Open deal')}"
    assert api.message("PATCH", path, json={"Amount": 10001}) == "Too much at once."
    api.ok("PATCH", path, json={"Amount": 10000})
    org.schema(Opportunity={"rules": []})


def test_a_formula_field_changes_without_a_stamp(org: Box, api: Api) -> None:
    org.schema(
        Invoice__c={
            "fields": [
                {
                    "name": "Overdue__c",
                    "type": "boolean",
                    "formula": "Due__c < TODAY() && NOT(ISPICKVAL(Status__c, 'Paid'))",
                },
                {
                    "name": "Buyer__c",
                    "type": "string",
                    "formula": "Account__r.Name & ' (' & TEXT(Total__c) & ')'",
                },
            ]
        }
    )
    statement = "SELECT Overdue__c, Buyer__c, SystemModstamp FROM Invoice__c WHERE Overdue__c = {}"
    (before,) = api.rows(statement.format("false"))
    assert before["Buyer__c"] == "Acme AB (15625)"
    org.switch(session_seconds=10_000_000)
    org.clock("2026-12-21T08:00:00Z")
    (after,) = api.rows(statement.format("true"))
    assert after["SystemModstamp"] == before["SystemModstamp"]
    field = described(api, "Invoice__c")["Overdue__c"]
    assert (field["calculated"], field["updateable"]) == (True, False)
    assert (
        api.refused("POST", "/sobjects/Invoice__c", json={"Overdue__c": True})[1]
        == "INVALID_FIELD_FOR_INSERT_UPDATE"
    )


@pytest.mark.parametrize(("action", "header_helps"), [("alert", True), ("block", False)])
def test_a_duplicate_rule_stops_api_writes_and_the_header_helps_only_if_it_alerts(
    org: Box, api: Api, action: str, header_helps: bool
) -> None:
    org.schema(Account={"duplicate_rules": [{"name": "Same_Name", "match": ["Name"], "action": action}]})
    response = api.post("/sobjects/Account", json={"Name": "ACME  ab"})
    (error,) = response.json()
    assert (response.status_code, error["errorCode"]) == (400, "DUPLICATES_DETECTED")
    records = error["duplicateResult"]["matchResults"][0]["matchRecords"]
    assert [one["record"]["Id"] for one in records] == [id_of(api, "Acme AB", "Account")]
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert api.post("/sobjects/Account", json={"Name": "Acme AB"}, headers=allowed).is_success is header_helps
    org.schema(Account={"duplicate_rules": []})


# limits and switches


def test_usage_is_told_on_every_data_call_and_the_limit_ends_the_day(org: Box, api: Api) -> None:
    first = api.get("/sobjects").headers["sforce-limit-info"]
    assert first.startswith("api-usage=")
    assert first.endswith("/100000")
    used = int(first.removeprefix("api-usage=").partition("/")[0])
    org.switch(daily_limit=used + 1)
    limits = api.ok("GET", "/limits")["DailyApiRequests"]
    assert limits == {"Max": used + 1, "Remaining": 0}
    response = api.get("/limits")
    assert response.status_code == 403
    assert response.json() == [
        {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
    ]
    assert response.headers["sforce-limit-info"] == f"api-usage={used + 1}/{used + 1}"
    org.switch(session_seconds=1_000_000)
    org.clock("2026-11-21T08:10:00Z")
    assert api.get("/limits").status_code == 200


def test_records_are_counted_roughly(api: Api) -> None:
    answer = api.ok("GET", "/limits/recordCount", params={"sObjects": "account,Nothing"})
    assert answer == {"sObjects": [{"count": 3, "name": "Account"}]}


def test_every_nth_write_may_find_its_row_locked(org: Box, api: Api) -> None:
    org.switch(lock_every_nth=3)
    records = [{"attributes": {"type": "Campaign"}, "Name": str(number)} for number in range(6)]
    answer = api.ok("POST", "/composite/sobjects", json={"records": records})
    failed = [one["errors"][0]["statusCode"] for one in answer if not one["success"]]
    assert failed == ["UNABLE_TO_LOCK_ROW", "UNABLE_TO_LOCK_ROW"]
    assert api.query("SELECT COUNT() FROM Campaign")["totalSize"] == 4


def test_a_record_in_an_approval_is_locked_for_the_api_and_not_for_its_approver(org: Box, api: Api) -> None:
    deal = id_of(api, "Open deal")
    org.person_edits("Opportunity", deal, _locked=True)
    path = f"/sobjects/Opportunity/{deal}"
    assert api.refused("PATCH", path, json={"NextStep": "x"}) == (400, "ENTITY_IS_LOCKED")
    assert api.refused("DELETE", path) == (400, "ENTITY_IS_LOCKED")
    org.person_edits("Opportunity", deal, _locked=False)
    api.ok("PATCH", path, json={"NextStep": "x"})


def test_what_a_person_saves_is_seen_when_it_commits_and_carries_an_older_stamp(org: Box, api: Api) -> None:
    deal = id_of(api, "Open deal")
    org.switch(commit_lag_seconds=30)
    org.clock("2026-11-20T08:10:00Z")
    org.person_edits("Opportunity", deal, NextStep="late")
    new = org.person_adds("Campaign", Name="late")
    assert api.field("Opportunity", deal, "NextStep") is None
    assert api.query("SELECT COUNT() FROM Campaign")["totalSize"] == 0
    org.clock("2026-11-20T08:10:31Z")
    assert api.field("Opportunity", deal, "NextStep") == "late"
    (row,) = api.rows(f"SELECT Id, SystemModstamp FROM Campaign WHERE Id = '{new}'")
    assert row["SystemModstamp"].startswith("2026-11-20T08:10:0")


def test_what_an_api_call_saves_is_committed_when_it_answers_and_was_begun_earlier(
    org: Box, api: Api
) -> None:
    org.switch(commit_lag_seconds=30)
    org.clock("2026-11-20T08:10:00Z")
    made = api.create("Campaign", Name="x")
    assert api.field("Campaign", made, "SystemModstamp").startswith("2026-11-20T08:09:3")
    covered = api.ok(
        "GET",
        "/sobjects/Campaign/updated",
        params={"start": "2026-11-20T08:00:00Z", "end": "2026-11-20T08:11:00Z"},
    )
    assert covered["latestDateCovered"].startswith("2026-11-20T08:09:3")


# people, worlds and the data folder


def test_people_may_set_what_the_api_may_not(org: Box, api: Api) -> None:
    made = org.person_adds(
        "Opportunity",
        Name="Old",
        StageName="Closed Won",
        CloseDate="2025-01-01",
        CreatedDate="2025-01-01T10:00:00Z",
        LastModifiedDate="2025-01-02T10:00:00Z",
    )
    record = api.ok("GET", f"/sobjects/Opportunity/{made}")
    assert record["CreatedDate"] == "2025-01-01T10:00:00.000+0000"
    assert record["LastModifiedDate"] < record["SystemModstamp"]
    assert (
        api.values(f"SELECT CreatedBy.Name FROM Opportunity WHERE Id = '{made}'", "CreatedBy")[0]["Name"]
        == "Sara Sälj"
    )


def test_a_batch_of_records_may_refer_to_each_other_and_hold_their_children(org: Box, api: Api) -> None:
    response = org.control.post(
        "/_sandbox/records",
        json={
            "Opportunity": [
                {
                    "_ref": "deal",
                    "AccountId": "@new",
                    "Name": "With lines",
                    "StageName": "Closed Won",
                    "CloseDate": "2026-11-20",
                    "OpportunityLineItems": {
                        "records": [{"Product2Id": "@p", "Quantity": 1, "UnitPrice": 99.5}]
                    },
                }
            ],
            "Account": [{"_ref": "new", "Name": "Ny AB"}],
            "Product2": [{"_ref": "p", "Name": "Ny", "ProductCode": "NY"}],
        },
    )
    assert response.status_code == 201
    made = response.json()["Opportunity"][0]
    assert (made["Amount"], made["HasOpportunityLineItem"]) == (99.5, True)
    assert (
        api.values(f"SELECT Account.Name FROM Opportunity WHERE Id = '{made['Id']}'", "Account")[0]["Name"]
        == "Ny AB"
    )


def test_a_persons_line_may_name_its_product_by_code(org: Box, api: Api) -> None:
    deal = id_of(api, "Open deal")
    for code in ("KONS", "NEW"):
        org.person_adds("OpportunityLineItem", OpportunityId=deal, ProductCode=code, Quantity=1, UnitPrice=2)
    rows = api.rows(
        f"SELECT Product2.Name FROM OpportunityLineItem WHERE OpportunityId = '{deal}' ORDER BY ProductCode"
    )
    assert [row["Product2"]["Name"] for row in rows] == ["Consulting hour", "NEW"]


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ({"Acount": []}, "The org has no object Acount"),
        ({"Account": [{"Nmae": "x"}]}, "Account[0] cannot be saved: No such column 'Nmae'"),
        ({"Account": [{"Name": "x", "ParentId": "@nobody"}]}, "names @nobody, but no record has that _ref"),
        ({"Account": [{"Name": "x", "Id": "003000000000000AAA"}]}, "begin with 001"),
        ({"Account": {"Name": "x"}}, "The records of Account are a list"),
    ],
)
def test_records_that_cannot_be_are_refused_by_place_and_none_is_made(
    org: Box, api: Api, records: dict[str, Any], words: str
) -> None:
    response = org.control.post("/_sandbox/records", json={"Campaign": [{"Name": "first"}], **records})
    assert response.status_code == 400
    assert words in response.json()["error"]
    assert api.query("SELECT COUNT() FROM Campaign")["totalSize"] == 0


def test_people_delete_softly_or_for_good(org: Box, api: Api) -> None:
    soft, hard = (org.person_adds("Campaign", Name=name) for name in ("soft", "hard"))
    assert org.control.delete(f"/_sandbox/records/Campaign/{soft}").status_code == 204
    assert org.control.delete(f"/_sandbox/records/Campaign/{hard}?hard=true").status_code == 204
    assert org.control.delete(f"/_sandbox/records/Campaign/{hard}").status_code == 404
    found = api.ok("GET", "/queryAll", params={"q": "SELECT Id FROM Campaign"})["records"]
    assert [row["Id"] for row in found] == [soft]
    state = org.control.get("/_sandbox/state").json()
    assert state["records"]["Campaign"] == []
    assert [row["Id"] for row in state["deleted"]["Campaign"]] == [soft]


def test_a_world_may_give_ids_of_its_own(org: Box) -> None:
    world = {
        "now": NOW,
        "salesforce": {
            "org": {"Id": "00D000000000123"},
            "schema": {"Thing__c": {}},
            "records": {
                "Thing__c": [{"Id": "a9X000000000001", "Name": "x"}],
                "Account": [{"Id": "001000000000001", "Name": "A"}],
            },
        },
    }
    org.reset(world)
    api = org.api()
    assert api.values("SELECT Id FROM Account", "Id") == ["001000000000001AAA"]
    assert api.ok("GET", "/sobjects/Thing__c/a9X000000000001")["Name"] == "x"
    assert api.values("SELECT Id FROM Organization", "Id") == ["00D000000000123EAA"]
    assert api.create("Thing__c").startswith("a9X")


def test_the_same_world_is_the_same_org_again(org: Box) -> None:
    first = org.state("Opportunity")
    org.reset(WORLD)
    assert [row["Id"] for row in org.state("Opportunity")] == [row["Id"] for row in first]


def test_an_amount_that_a_world_gives_may_differ_from_its_lines(org: Box) -> None:
    deal = {
        "Name": "Odd",
        "StageName": "Closed Won",
        "CloseDate": "2026-11-01",
        "Amount": 100,
        "OpportunityLineItems": [{"Product2Id": "@p", "Quantity": "1.125", "UnitPrice": 99.9995}],
    }
    records = {"Product2": [{"_ref": "p", "Name": "x"}], "Opportunity": [deal]}
    org.reset({"now": NOW, "salesforce": {"records": records}})
    (line,) = org.state("OpportunityLineItem")
    assert line["UnitPrice"] == Decimal("99.9995")
    assert [row["Amount"] for row in org.state("Opportunity")] == [Decimal("100.0")]


def test_an_empty_world_is_an_org_with_its_set_up_and_nothing_else(org: Box) -> None:
    org.reset({})
    api = org.api()
    assert api.query("SELECT COUNT() FROM Account")["totalSize"] == 0
    (row,) = api.rows(
        "SELECT Name, IsSandbox, OrganizationType, TrialExpirationDate, NamespacePrefix FROM Organization"
    )
    assert (row["Name"], row["IsSandbox"]) == ("Sandbox", True)
    assert api.query("SELECT COUNT() FROM OpportunityStage WHERE IsWon = true")["totalSize"] == 1


def test_everything_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    with box(tmp_path) as first:
        first.reset(WORLD)
        api = first.api()
        made = api.create("Account", Name="Kept AB")
        first.schema(Account={"hidden": ["Fax"]})
        first.switch(page_size=1)
        authorization = api.headers["authorization"]
        state = first.control.get("/_sandbox/state").json()
    with box(tmp_path) as second:
        assert second.control.get("/_sandbox/state").json() == state
        response = second.control.get(
            f"{DATA}/sobjects/Account/{made}", headers={"Authorization": authorization}
        )
        assert response.json()["Name"] == "Kept AB"
        assert "Fax" not in response.json()
        assert len(second.api().query("SELECT Id FROM Account")["records"]) == 1
