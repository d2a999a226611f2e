"""Records of the Salesforce simulator, one at a time: creating, changing, finding by external id, deleting, and the refusals."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from salesforce_box import DATA, Api, Box, id_of

# creating


def test_a_create_answers_201_with_id_and_place(api: Api) -> None:
    response = api.post("/sobjects/Account/", json={"Name": "Nytt AB", "Phone": "  070-1  "})
    assert response.status_code == 201
    body = response.json()
    assert body == {"id": body["id"], "success": True, "errors": []}
    assert response.headers["location"] == f"{DATA}/sobjects/Account/{body['id']}"
    assert response.headers["content-type"] == "application/json;charset=UTF-8"
    assert api.field("Account", body["id"], "Phone") == "070-1"


def test_names_of_objects_and_fields_are_read_in_any_case(api: Api) -> None:
    record_id = api.ok("POST", "/sobjects/aCCOUNT", json={"nAME": "Nytt AB"})["id"]
    assert api.ok("GET", f"/SObjects/account/{record_id[:15]}")["Name"] == "Nytt AB"


def test_a_new_record_is_stamped_in_whole_seconds_and_owned_by_its_maker(org: Box, api: Api) -> None:
    org.clock("2026-11-20T08:00:00.700Z")
    record = api.ok("GET", f"/sobjects/Account/{api.create('Account', Name='Nytt AB')}")
    user = api.values("SELECT Id FROM User WHERE Username = 'integration@example.com'", "Id")[0]
    assert record["CreatedDate"] == record["LastModifiedDate"] == record["SystemModstamp"]
    assert record["CreatedDate"].startswith("2026-11-20T08:00:0")
    assert record["CreatedDate"].endswith(".000+0000")
    assert record["OwnerId"] == record["CreatedById"] == user


@pytest.mark.parametrize(
    ("name", "body", "code", "words"),
    [
        ("Account", {}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]"),
        ("Opportunity", {"Name": "x"}, "REQUIRED_FIELD_MISSING", "[StageName, CloseDate]"),
        ("Account", {"Nmae": "x"}, "INVALID_FIELD", "No such column 'Nmae' on sobject of type Account"),
        ("Account", {"Name": "x" * 256}, "STRING_TOO_LONG", "Account Name: data value too large"),
        ("Account", {"Name": "x", "Id": "001"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id"),
        (
            "Account",
            {"Name": "x", "CreatedDate": "2026-01-01T00:00:00Z"},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "CreatedDate",
        ),
        ("Account", {"Name": "x", "BillingAddress": {}}, "INVALID_FIELD_FOR_INSERT_UPDATE", "BillingAddress"),
        ("Account", {"Name": "x", "ParentId": "zzz"}, "MALFORMED_ID", "id value of incorrect type: zzz"),
        ("Account", {"Name": "x", "ParentId": "003000000000000AAA"}, "MALFORMED_ID", "incorrect type"),
        (
            "Account",
            {"Name": "x", "ParentId": "001000000000000AAA"},
            "INVALID_CROSS_REFERENCE_KEY",
            "cross reference",
        ),
        ("Account", {"Name": "x", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR", "int from VALUE_STRING"),
        ("Account", {"Name": ["x"]}, "JSON_PARSER_ERROR", "START_ARRAY"),
        ("Contact", {"LastName": "x", "Email": "no"}, "INVALID_EMAIL_ADDRESS", "invalid email address: no"),
        (
            "Invoice__c",
            {"Status__c": "Lost"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "restricted picklist",
        ),
        ("Invoice__c", {"Total__c": 10**17}, "NUMBER_OUTSIDE_VALID_RANGE", "outside of valid range"),
        ("Invoice__c", {"Due__c": "20/11/2026"}, "JSON_PARSER_ERROR", "date from VALUE_STRING"),
        ("Invoice__c", {"Sent__c": "yesterday"}, "JSON_PARSER_ERROR", "datetime from VALUE_STRING"),
        ("Invoice__c", {"External_Id__c": "SE:1"}, "DUPLICATE_VALUE", "duplicates value on record with id"),
        (
            "Account",
            {"Name": "x", "BillingCountryCode": "XX"},
            "FIELD_INTEGRITY_EXCEPTION",
            "problem with this country",
        ),
        (
            "Account",
            {"Name": "x", "BillingCountry": "Sverige"},
            "FIELD_INTEGRITY_EXCEPTION",
            "problem with this country",
        ),
        (
            "Account",
            {"Name": "x", "BillingCountryCode": "SE", "BillingState": "Skåne"},
            "FIELD_INTEGRITY_EXCEPTION",
            "state",
        ),
        (
            "OpportunityHistory",
            {"Amount": 1},
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "does not support create",
        ),
    ],
)
def test_a_create_that_cannot_be_is_refused_with_code_words_and_400(
    api: Api, name: str, body: dict[str, Any], code: str, words: str
) -> None:
    before = api.query(f"SELECT COUNT() FROM {name}")["totalSize"]
    response = api.post(f"/sobjects/{name}", json=body)
    assert response.status_code == 400
    (error,) = response.json()
    assert error["errorCode"] == code
    assert words in error["message"]
    assert api.query(f"SELECT COUNT() FROM {name}")["totalSize"] == before


def test_a_refusal_names_the_fields(api: Api) -> None:
    (error,) = api.post("/sobjects/Opportunity", json={"Name": "x"}).json()
    assert error["fields"] == ["StageName", "CloseDate"]


def test_numbers_are_kept_to_the_fields_scale_and_shown_with_a_decimal(api: Api) -> None:
    record_id = api.create("Invoice__c", Total__c=12.345)
    assert api.field("Invoice__c", record_id, "Total__c") == Decimal("12.35")
    body = api.get(f"/sobjects/Invoice__c/{api.create('Invoice__c', Total__c=500)}").text
    assert '"Total__c":500.0' in body


def test_null_and_empty_text_clear_a_field_and_absence_keeps_it(api: Api) -> None:
    record_id = api.create("Account", Name="x", Phone="1", Fax="2", Site="3")
    api.ok("PATCH", f"/sobjects/Account/{record_id}", status=204, json={"Phone": None, "Fax": ""})
    record = api.ok("GET", f"/sobjects/Account/{record_id}")
    assert (record["Phone"], record["Fax"], record["Site"]) == (None, None, "3")


def test_picks_are_kept_in_the_lists_order_each_once(api: Api) -> None:
    record_id = id_of(api, "Open deal")
    api.ok("PATCH", f"/sobjects/Opportunity/{record_id}", json={"Channels__c": "Fair;web;Fair"})
    assert api.field("Opportunity", record_id, "Channels__c") == "Web;Fair"


def test_a_custom_record_without_a_name_is_named_by_its_id(api: Api) -> None:
    record_id = api.create("Invoice__c")
    assert api.field("Invoice__c", record_id, "Name") == record_id[:15]


def test_a_parent_can_be_named_by_its_external_id(api: Api) -> None:
    api.create("Invoice__c", External_Id__c="se:9")
    child = {
        "LastName": "x",
        "Account": {"attributes": {"type": "Account"}, "Id": id_of(api, "Acme AB", "Account")},
    }
    contact = api.ok("POST", "/sobjects/Contact", json=child)["id"]
    assert api.field("Contact", contact, "AccountId") == id_of(api, "Acme AB", "Account")
    assert "not an External ID" in api.message(
        "POST", "/sobjects/Contact", json={**child, "Account": {"Name": "x"}}
    )


# addresses


def test_country_code_and_country_name_follow_each_other(api: Api) -> None:
    record_id = api.create("Account", Name="x", BillingCountryCode="se")
    assert api.field("Account", record_id, "BillingCountry") == "Sweden"
    api.ok("PATCH", f"/sobjects/Account/{record_id}", json={"BillingCountry": "germany"})
    record = api.ok("GET", f"/sobjects/Account/{record_id}")
    assert (record["BillingCountryCode"], record["BillingCountry"]) == ("DE", "Germany")
    api.ok("PATCH", f"/sobjects/Account/{record_id}", json={"BillingCountryCode": None})
    assert api.field("Account", record_id, "BillingCountry") is None


def test_of_a_pair_that_disagrees_the_code_wins_on_create_and_an_update_is_refused(api: Api) -> None:
    pair = {"BillingCountryCode": "NO", "BillingCountry": "Sweden"}
    record_id = api.create("Account", Name="x", **pair)
    assert api.field("Account", record_id, "BillingCountry") == "Norway"
    assert api.refused("PATCH", f"/sobjects/Account/{record_id}", json=pair) == (
        400,
        "FIELD_INTEGRITY_EXCEPTION",
    )


def test_an_org_may_have_renamed_its_countries(org: Box, api: Api) -> None:
    org.schema(countries={"SE": "Sverige"})
    record_id = api.create("Account", Name="x", BillingCountryCode="SE")
    assert api.field("Account", record_id, "BillingCountry") == "Sverige"


def test_without_state_and_country_picklists_a_country_is_any_text_and_has_no_code(
    org: Box, api: Api
) -> None:
    org.schema(state_country_picklists=False)
    record_id = api.create("Account", Name="x", BillingCountry="Konungariket Sverige")
    assert api.field("Account", record_id, "BillingCountry") == "Konungariket Sverige"
    assert api.query_refusal("SELECT BillingCountryCode FROM Account") == "INVALID_FIELD"


# changing


def test_an_update_moves_the_stamps_even_when_nothing_differs(org: Box, api: Api) -> None:
    record_id = id_of(api, "Acme AB", "Account")
    org.clock("2026-11-20T09:00:00Z")
    api.ok("PATCH", f"/sobjects/Account/{record_id}", status=204, json={"Name": "Acme AB"})
    record = api.ok("GET", f"/sobjects/Account/{record_id}")
    assert record["SystemModstamp"].startswith("2026-11-20T09:00:0")
    assert record["CreatedDate"].startswith("2026-11-20T08:00:0")


def test_a_body_must_not_carry_the_id_of_its_path(api: Api) -> None:
    record_id = id_of(api, "Acme AB", "Account")
    assert api.refused("PATCH", f"/sobjects/Account/{record_id}", json={"Id": record_id}) == (
        400,
        "INVALID_FIELD",
    )


def test_records_that_are_not_there_are_404(org: Box, api: Api) -> None:
    gone = api.create("Account", Name="x")
    api.ok("DELETE", f"/sobjects/Account/{gone}", status=204)
    nobody = "001000000000001AAA"
    path = "/sobjects/Account"
    assert api.refused("GET", f"{path}/{nobody}") == (404, "NOT_FOUND")
    assert api.refused("GET", f"{path}/{gone}") == (404, "ENTITY_IS_DELETED")
    assert api.refused("PATCH", f"{path}/{nobody}", json={}) == (404, "INVALID_CROSS_REFERENCE_KEY")
    assert api.refused("PATCH", f"{path}/{gone}", json={"Name": "y"}) == (404, "ENTITY_IS_DELETED")
    assert api.refused("DELETE", f"{path}/{gone}") == (404, "ENTITY_IS_DELETED")
    assert api.refused("GET", f"{path}/not-an-id") == (404, "NOT_FOUND")
    assert api.refused("GET", "/sobjects/Nothing__c/describe") == (404, "NOT_FOUND")
    assert api.refused("POST", "/sobjects/Contact", json={"LastName": "x", "AccountId": gone}) == (
        400,
        "ENTITY_IS_DELETED",
    )


def test_fields_can_be_picked_and_an_unknown_one_is_refused(api: Api) -> None:
    path = f"/sobjects/Account/{id_of(api, 'Acme AB', 'Account')}"
    assert set(api.ok("GET", path, params={"fields": "name,Orgnr__c"})) == {
        "attributes",
        "Name",
        "Orgnr__c",
        "Id",
    }
    assert api.refused("GET", path, params={"fields": "Nmae"}) == (400, "INVALID_FIELD")


def test_an_account_leads_to_its_owner_and_its_children(api: Api) -> None:
    path = f"/sobjects/Account/{id_of(api, 'Acme AB', 'Account')}"
    assert api.ok("GET", f"{path}/Owner")["Username"] == "sara@exempel.example"
    children = api.ok("GET", f"{path}/Opportunities", params={"fields": "Name"})
    assert {row["Name"] for row in children["records"]} == {"Won deal", "Open deal"}
    assert api.refused("GET", f"{path}/Nothing") == (404, "NOT_FOUND")


def test_a_record_that_did_not_change_since_is_304_and_one_that_did_is_412(org: Box, api: Api) -> None:
    path = f"/sobjects/Account/{id_of(api, 'Acme AB', 'Account')}"
    later = {"If-Modified-Since": "Fri, 20 Nov 2026 09:00:00 GMT"}
    assert api.get(path, headers=later).status_code == 304
    earlier = {"If-Unmodified-Since": "Thu, 19 Nov 2026 09:00:00 GMT"}
    assert api.patch(path, json={"Phone": "1"}, headers=earlier).status_code == 412
    assert api.field("Account", path.rpartition("/")[2], "Phone") is None


# external ids


def test_an_upsert_creates_with_201_and_then_updates_with_200(api: Api) -> None:
    path = "/sobjects/Invoice__c/External_Id__c/se:77"
    created = api.ok("PATCH", path, status=201, json={"Total__c": 1})
    assert created["created"] is True
    updated = api.ok("PATCH", path.replace("se:77", "SE:77"), status=200, json={"Total__c": 2})
    assert updated == {"id": created["id"], "success": True, "errors": [], "created": False}
    record = api.ok("GET", path)
    assert (record["Id"], record["External_Id__c"], record["Total__c"]) == (created["id"], "se:77", 2)


def test_external_ids_may_hold_any_character_when_they_are_encoded(api: Api) -> None:
    created = api.ok("PATCH", "/sobjects/Invoice__c/External_Id__c/a%2Fb%3F%23%20%C3%A5", status=201, json={})
    assert api.field("Invoice__c", created["id"], "External_Id__c") == "a/b?# å"


def test_an_external_id_shared_by_two_records_is_300_with_both_addresses(api: Api) -> None:
    twins = {api.create("Invoice__c", Batch__c="b1") for _ in range(2)}
    response = api.patch("/sobjects/Invoice__c/Batch__c/B1", json={"Total__c": 1})
    assert response.status_code == 300
    assert {url.rpartition("/")[2] for url in response.json()} == twins


def test_an_upsert_refuses_the_external_id_in_its_body_and_fields_that_are_none(api: Api) -> None:
    path = "/sobjects/Invoice__c/External_Id__c/x"
    assert api.refused("PATCH", path, json={"External_Id__c": "x"}) == (400, "INVALID_FIELD")
    assert api.refused("PATCH", "/sobjects/Invoice__c/Company/x", json={})[0] == 404
    assert api.refused("PATCH", f"{path}?updateOnly=true", json={}) == (404, "NOT_FOUND")


def test_an_upsert_by_id_updates_and_a_post_to_it_creates(api: Api) -> None:
    created = api.ok("POST", "/sobjects/Account/Id", status=201, json={"Name": "x"})
    answer = api.ok("PATCH", f"/sobjects/Account/Id/{created['id']}", status=200, json={"Name": "y"})
    assert answer["created"] is False


# deleting


def test_a_deleted_record_is_seen_by_query_all_until_the_recycle_bin_lets_it_go(org: Box, api: Api) -> None:
    record_id = api.create("Campaign", Name="Gone")
    api.ok("DELETE", f"/sobjects/Campaign/{record_id}", status=204)
    statement = "SELECT IsDeleted FROM Campaign"
    assert api.query(statement)["totalSize"] == 0
    assert api.ok("GET", "/queryAll", params={"q": statement})["records"][0]["IsDeleted"] is True
    assert api.query(f"{statement} ALL ROWS")["totalSize"] == 1
    org.clock("2026-12-06T08:00:00Z")
    assert org.api().ok("GET", "/queryAll", params={"q": statement})["totalSize"] == 0


def test_deleting_an_account_takes_its_details_along_and_an_undelete_brings_them_back(
    org: Box, api: Api
) -> None:
    deal = id_of(api, "Open deal")
    product = api.values("SELECT Id FROM Product2 LIMIT 1", "Id")[0]
    line = org.person_adds(
        "OpportunityLineItem", OpportunityId=deal, Product2Id=product, Quantity=1, UnitPrice=1
    )
    api.ok("DELETE", f"/sobjects/Opportunity/{deal}")
    assert api.refused("GET", f"/sobjects/OpportunityLineItem/{line}") == (404, "ENTITY_IS_DELETED")
    assert org.control.post(f"/_sandbox/records/Opportunity/{deal}/undelete").is_success
    assert api.ok("GET", f"/sobjects/OpportunityLineItem/{line}")["OpportunityId"] == deal


def test_a_custom_lookup_to_a_deleted_record_is_cleared(api: Api) -> None:
    account = id_of(api, "Muster GmbH", "Account")
    invoice = api.create("Invoice__c", Account__c=account)
    api.ok("DELETE", f"/sobjects/Account/{account}")
    assert api.field("Invoice__c", invoice, "Account__c") is None


def test_an_account_with_won_deals_is_not_deleted(api: Api) -> None:
    assert api.refused("DELETE", f"/sobjects/Account/{id_of(api, 'Acme AB', 'Account')}") == (
        400,
        "DELETE_FAILED",
    )


# replication


def test_updated_and_deleted_list_ids_of_a_span_of_time(org: Box, api: Api) -> None:
    org.clock("2026-11-20T09:00:00Z")
    changed, gone = api.create("Campaign", Name="x"), api.create("Campaign", Name="y")
    api.ok("DELETE", f"/sobjects/Campaign/{gone}")
    org.clock("2026-11-20T09:05:00Z")
    span = {"start": "2026-11-20T08:59:00Z", "end": "2026-11-20T09:04:00+00:00"}
    updated = api.ok("GET", "/sobjects/Campaign/updated/", params=span)
    assert updated == {"ids": [changed], "latestDateCovered": "2026-11-20T09:04:00.000+0000"}
    deleted = api.ok("GET", "/sobjects/Campaign/deleted", params=span)
    assert [one["id"] for one in deleted["deletedRecords"]] == [gone]
    assert deleted["earliestDateAvailable"] < deleted["latestDateCovered"]


@pytest.mark.parametrize(
    "span",
    [
        {"start": "2026-11-20T07:00:00Z"},
        {"start": "2026-11-20T07:00:00Z", "end": "2026-11-20T07:00:59Z"},
        {"start": "2026-10-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"},
    ],
)
def test_a_span_that_is_missing_empty_or_too_old_is_refused(api: Api, span: dict[str, str]) -> None:
    assert api.refused("GET", "/sobjects/Account/updated", params=span) == (400, "INVALID_REPLICATION_DATE")


# bodies


def test_bodies_must_be_json_objects(api: Api) -> None:
    path = "/sobjects/Account"
    assert api.refused("POST", path, content=b"{", headers={"Content-Type": "application/json"}) == (
        400,
        "JSON_PARSER_ERROR",
    )
    assert api.refused("POST", path, content=b"") == (400, "JSON_PARSER_ERROR")
    assert api.refused("POST", path, json=["x"]) == (400, "JSON_PARSER_ERROR")
    assert api.refused("POST", path, content=b"<x/>", headers={"Content-Type": "application/xml"}) == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )


def test_bodies_may_come_in_chunks_and_compressed(api: Api) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"Name": '
        yield b'"In pieces"}'

    headers = {"Content-Type": "application/json"}
    assert api.post("/sobjects/Account", content=chunks(), headers=headers).status_code == 201
    packed = gzip.compress(b'{"Name": "Packed"}')
    response = api.post("/sobjects/Account", content=packed, headers={**headers, "Content-Encoding": "gzip"})
    assert response.status_code == 201


def test_an_unknown_verb_is_405_and_a_post_may_stand_for_a_patch(api: Api) -> None:
    record_id = api.create("Account", Name="x")
    assert api.refused("PUT", f"/sobjects/Account/{record_id}", json={}) == (405, "METHOD_NOT_ALLOWED")
    response = api.post(f"/sobjects/Account/{record_id}?_HttpMethod=PATCH", json={"Name": "y"})
    assert response.status_code == 204
    assert api.field("Account", record_id, "Name") == "y"


def test_text_survives_as_it_was_written(api: Api) -> None:
    street = "c/o Ångström\nLådan 7 🎄"
    record_id = api.create(
        "Account", Name='O\'Leary & "Söner" ', BillingStreet=street, BillingPostalCode="01234"
    )
    record = api.ok("GET", f"/sobjects/Account/{record_id}")
    assert (record["Name"], record["BillingStreet"], record["BillingPostalCode"]) == (
        'O\'Leary & "Söner"',
        street,
        "01234",
    )
