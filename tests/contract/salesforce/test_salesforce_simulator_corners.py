"""Corners of the Salesforce simulator that a client meets sooner or later."""

from __future__ import annotations

import zlib
from decimal import Decimal
from typing import Any

import pytest

from salesforce_box import DATA, Api, Box, id_of

# fields of the platform's own, changed by an admin


def test_an_admin_may_change_some_properties_of_a_standard_field(org: Box, api: Api) -> None:
    org.schema(
        Opportunity={
            "fields": [
                {"name": "nextstep", "label": "Nästa steg", "length": 5, "required": True},
                {
                    "name": "Type",
                    "values": ["Ny", {"value": "Old", "label": "Gammal", "active": False}],
                    "restricted": True,
                },
                {"name": "LeadSource", "read_only": True},
                {"name": "Probability", "default": 33},
            ]
        }
    )
    fields = {one["name"]: one for one in api.ok("GET", "/sobjects/Opportunity/describe")["fields"]}
    step = fields["NextStep"]
    assert (step["label"], step["length"], step["nillable"]) == ("Nästa steg", 5, False)
    assert [(pick["value"], pick["active"]) for pick in fields["Type"]["picklistValues"]] == [
        ("Ny", True),
        ("Old", False),
    ]
    assert fields["LeadSource"]["createable"] is False
    body = {"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-12-01"}
    assert api.refused("POST", "/sobjects/Opportunity", json=body) == (400, "REQUIRED_FIELD_MISSING")
    said = api.message("POST", "/sobjects/Opportunity", json={**body, "NextStep": "too long"})
    assert said == "Nästa steg: data value too large: too long (max length=5)"
    old = {**body, "NextStep": "x", "Type": "old"}
    assert (
        api.refused("POST", "/sobjects/Opportunity", json=old)[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    )


def test_an_unknown_stage_is_open_and_in_the_pipeline(api: Api) -> None:
    deal = api.create("Opportunity", Name="x", StageName="Something else", CloseDate="2026-12-01")
    record = api.ok("GET", f"/sobjects/Opportunity/{deal}")
    assert (record["StageName"], record["IsClosed"], record["ForecastCategory"]) == (
        "Something else",
        False,
        "Pipeline",
    )


def test_a_close_date_moved_to_a_later_month_is_a_push(api: Api) -> None:
    deal = id_of(api, "Open deal")
    for day, pushes in (("2027-01-05", 1), ("2027-01-20", 1), ("2026-12-01", 1), ("2027-02-01", 2)):
        api.ok("PATCH", f"/sobjects/Opportunity/{deal}", json={"CloseDate": day})
        assert api.field("Opportunity", deal, "PushCount") == pushes


def test_a_price_book_entry_may_follow_the_standard_price(api: Api) -> None:
    book = api.create("Pricebook2", Name="Partners", IsActive=True)
    product = id_of(api, "Consulting hour", "Product2")
    price = api.create(
        "PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=1, UseStandardPrice=True
    )
    assert api.field("PricebookEntry", price, "UnitPrice") == Decimal("1250.0")
    api.ok("PATCH", f"/sobjects/PricebookEntry/{price}", json={"UnitPrice": 5})
    assert api.field("PricebookEntry", price, "UnitPrice") == Decimal("1250.0")
    api.ok("PATCH", f"/sobjects/PricebookEntry/{price}", json={"UseStandardPrice": False, "UnitPrice": 5})
    assert api.field("PricebookEntry", price, "UnitPrice") == Decimal("5.0")
    inactive = api.create(
        "PricebookEntry", Pricebook2Id=api.create("Pricebook2", Name="x"), Product2Id=product, UnitPrice=1
    )
    deal = api.create("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-12-01")
    line = {"OpportunityId": deal, "PricebookEntryId": inactive, "Quantity": 1}
    assert "inactive" in api.message("POST", "/sobjects/OpportunityLineItem", json=line)


def test_a_line_that_misses_its_deal_order_or_quote_is_refused_for_that(api: Api) -> None:
    for name in ("OpportunityLineItem", "OrderItem", "QuoteLineItem"):
        assert api.refused("POST", f"/sobjects/{name}", json={"Quantity": 1}) == (
            400,
            "REQUIRED_FIELD_MISSING",
        )
    assert api.refused("POST", "/sobjects/PricebookEntry", json={"UnitPrice": 1}) == (
        400,
        "REQUIRED_FIELD_MISSING",
    )
    assert api.refused("POST", "/sobjects/Quote", json={"Name": "x"}) == (400, "REQUIRED_FIELD_MISSING")


def test_lines_of_orders_and_quotes_take_the_list_price_and_total_when_they_go(api: Api) -> None:
    deal = api.create("Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-12-01")
    entry = api.values("SELECT Id FROM PricebookEntry WHERE ProductCode = 'KONS'", "Id")[0]
    quote = api.create("Quote", Name="Offer", OpportunityId=deal, Tax=10, ShippingHandling=5)
    line = api.create("QuoteLineItem", QuoteId=quote, PricebookEntryId=entry, Quantity=2, UnitPrice=1250)
    assert api.field("Quote", quote, "GrandTotal") == Decimal("2515.0")
    api.ok("DELETE", f"/sobjects/QuoteLineItem/{line}")
    assert api.field("Quote", quote, "GrandTotal") == Decimal("15.0")
    api.ok("PATCH", f"/sobjects/Opportunity/{deal}", json={"AccountId": id_of(api, "Acme AB", "Account")})
    assert api.field("Quote", quote, "AccountId") == id_of(api, "Acme AB", "Account")
    order = api.create(
        "Order", AccountId=id_of(api, "Acme AB", "Account"), EffectiveDate="2026-11-20", Status="Draft"
    )
    item = api.create("OrderItem", OrderId=order, PricebookEntryId=entry, Quantity=1, UnitPrice=7)
    assert api.field("OrderItem", item, "ListPrice") == Decimal("1250.0")
    api.ok("PATCH", f"/sobjects/Order/{order}", json={"Status": "Activated"})
    another = {"OrderId": order, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1}
    assert api.refused("POST", "/sobjects/OrderItem", json=another) == (400, "FIELD_INTEGRITY_EXCEPTION")
    assert api.refused("DELETE", f"/sobjects/Order/{order}") == (400, "DELETE_FAILED")


# queries


def test_functions_work_in_groups_too(api: Api) -> None:
    rows = api.rows(
        "SELECT toLabel(StageName) stage, MIN(Name) first, MAX(Name) last, COUNT_DISTINCT(StageName) kinds, COUNT(AccountId) "
        "FROM Opportunity GROUP BY StageName ORDER BY MIN(Name)"
    )
    assert [(row["stage"], row["first"], row["last"], row["expr0"]) for row in rows] == [
        ("Closed Lost", "lost deal", "lost deal", 1),
        ("Prospecting", "No buyer", "Open deal", 1),
        ("Closed Won", "Won deal", "Won deal", 1),
    ]


def test_groups_may_be_named_by_an_alias_and_ordered_by_it(api: Api) -> None:
    rows = api.rows(
        "SELECT CALENDAR_MONTH(CloseDate) month, COUNT(Id) n FROM Opportunity GROUP BY CALENDAR_MONTH(CloseDate) "
        "HAVING COUNT(Id) > 0 AND CALENDAR_MONTH(CloseDate) > 10 ORDER BY month DESC"
    )
    assert [(row["month"], row["n"]) for row in rows] == [(12, 1), (11, 2)]


def test_columns_of_groups_are_described_too(api: Api) -> None:
    statement = "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName"
    answer = api.ok("GET", "/query", params={"q": statement, "columns": "true"})
    assert [(one["columnName"], one["aggregate"]) for one in answer["columnMetadata"]] == [
        ("StageName", False),
        ("n", True),
    ]
    assert answer["groupBy"] is True


def test_a_value_can_be_shown_as_text(api: Api) -> None:
    (row,) = api.rows(
        "SELECT FORMAT(Amount) shown, toLabel(Account.Type) FROM Opportunity WHERE IsWon = true"
    )
    assert row["shown"] == "13364.0"
    assert row["Account"]["Type"] is None


def test_semi_joins_look_through_parents(api: Api) -> None:
    statement = "SELECT Name FROM Account WHERE Id IN (SELECT Account.ParentId FROM Contact) OR Id IN ({})"
    inner = "SELECT Opportunity.AccountId FROM OpportunityLineItem WHERE Quantity > 5"
    assert api.values(statement.format(inner), "Name") == ["Acme AB"]


def test_only_ones_own_records_can_be_asked_for(api: Api) -> None:
    mine = api.create("Account", Name="Mine")
    assert api.values("SELECT Id FROM Account USING SCOPE mine", "Id") == [mine]
    assert len(api.values("SELECT Id FROM Account USING SCOPE everything", "Id")) == 4


def test_an_alias_or_the_objects_own_name_may_stand_before_a_field(api: Api) -> None:
    assert api.values("SELECT o.Name FROM Opportunity o WHERE o.Account.Name = 'Muster GmbH'", "Name") == [
        "lost deal"
    ]
    assert len(api.values("SELECT Opportunity.Name FROM Opportunity", "Name")) == 4


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT Name FROM Account FOR UPDATE", None),
        ("SELECT Name FROM Account ORDER BY Name FOR UPDATE", "MALFORMED_QUERY"),
        ("SELECT Id, (SELECT Id FROM Contacts OFFSET 1) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id, (SELECT Id FROM Contacts), (SELECT Id FROM Contacts) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name, (SELECT Id FROM Contacts) FROM Account GROUP BY Name", "MALFORMED_QUERY"),
        ("SELECT Name FROM Account HAVING Name = 'x'", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT CALENDAR_YEAR(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT CALENDAR_YEAR(CloseDate, CloseDate) FROM Opportunity", "MALFORMED_QUERY"),
        ("SELECT HOUR_IN_DAY(CloseDate) FROM Opportunity", "MALFORMED_QUERY"),
        ("SELECT convertCurrency(Amount) FROM Opportunity", "MALFORMED_QUERY"),
        ("SELECT toLabel(IsWon) FROM Opportunity", "MALFORMED_QUERY"),
        ("SELECT FIELDS(MINE) FROM Account LIMIT 1", "MALFORMED_QUERY"),
        ("SELECT Name, FIELDS(ALL) FROM Account LIMIT 1", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) n, COUNT(Name) n FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE Amount > EUR5", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE IsWon > true", "MALFORMED_QUERY"),
        ("SELECT TYPEOF Owner WHEN Nothing THEN Name END FROM Invoice__c", "MALFORMED_QUERY"),
        ("SELECT A.B.C.D.E.F.Name FROM Account", "MALFORMED_QUERY"),
    ],
)
def test_more_statements_that_mean_nothing(api: Api, statement: str, code: str | None) -> None:
    if code is None:
        assert api.query(statement)["totalSize"] == 3
    else:
        assert api.query_refusal(statement) == code


# people's calls


def test_people_see_one_record_whole_and_are_told_what_is_not_there(org: Box, api: Api) -> None:
    org.schema(Account={"hidden": ["Orgnr__c"]})
    account = id_of(api, "Acme AB", "Account")
    control = org.control
    assert control.get(f"/_sandbox/records/account/{account[:15]}").json()["Orgnr__c"] == "556012-5790"
    assert control.get("/_sandbox/records/Nothing/001000000000000AAA").status_code == 404
    assert control.get("/_sandbox/records/Account/nonsense").status_code == 404
    assert control.get("/_sandbox/records/Account/001000000000000AAA").status_code == 404
    assert control.patch(f"/_sandbox/records/Account/{account}", json=[]).status_code == 400
    assert (
        control.post(f"/_sandbox/records/Account/{account}/merge", json={"into": account}).status_code == 400
    )
    assert control.post(f"/_sandbox/records/Account/{account}/undelete").status_code == 404
    assert control.put("/_sandbox/schema", json=[]).status_code == 400
    assert control.put("/_sandbox/clients", json={"client_id": ""}).status_code == 400
    assert control.put("/_sandbox/clients", json={"client_id": "x", "colour": "red"}).status_code == 400
    assert "client_secret" not in control.get("/_sandbox/clients").text
    assert control.get("/_sandbox/schema").json()["objects"]["Account"]["hidden"] == ["Orgnr__c"]


def test_a_person_may_be_named_in_one_word_or_two(org: Box, api: Api) -> None:
    made = org.person_adds("Contact", Name="Eva Maria Ek")
    record = api.ok("GET", f"/sobjects/Contact/{made}")
    assert (record["FirstName"], record["LastName"], record["Name"]) == ("Eva Maria", "Ek", "Eva Maria Ek")
    assert (
        api.refused("POST", "/sobjects/Contact", json={"LastName": "x", "Name": "y"})[1]
        == "INVALID_FIELD_FOR_INSERT_UPDATE"
    )


def test_people_are_held_by_validation_rules_and_worlds_are_not(org: Box, api: Api) -> None:
    rule = {"name": "R", "when": "Site = null", "message": "A site is needed."}
    org.schema(Account={"rules": [rule]})
    response = org.control.post("/_sandbox/records", json={"Account": [{"Name": "x"}]})
    assert "A site is needed." in response.json()["error"]
    world: dict[str, Any] = {
        "salesforce": {"schema": {"Account": {"rules": [rule]}}, "records": {"Account": [{"Name": "x"}]}}
    }
    org.reset(world)
    assert org.api().query("SELECT COUNT() FROM Account")["totalSize"] == 1


# the wire


def test_heads_and_other_encodings(api: Api) -> None:
    response = api.head("/sobjects")
    assert (response.status_code, response.content) == (200, b"")
    deflated = zlib.compress(b'{"Name": "Deflated"}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "deflate"}
    assert api.post("/sobjects/Account", content=deflated, headers=headers).status_code == 201
    broken = api.post("/sobjects/Account", content=b"x", headers={**headers, "Content-Encoding": "gzip"})
    assert broken.status_code == 415
    assert api.post("/services/x", json={}).status_code == 404


def test_headers_that_are_too_long_are_431(api: Api) -> None:
    assert api.get("/limits", headers={"X-Long": "x" * 16_400}).status_code == 431


def test_the_composite_root_lists_its_parts(api: Api) -> None:
    assert api.ok("GET", "/composite")["tree"] == f"{DATA}/composite/tree"
    assert api.refused("GET", "/composite/nothing") == (404, "NOT_FOUND")
    assert api.refused("POST", "/composite/tree", json={}) == (404, "NOT_FOUND")
    assert api.refused("POST", "/composite/sobjects/a/b/c", json={}) == (404, "NOT_FOUND")


def test_reading_and_deleting_by_external_id(api: Api) -> None:
    path = "/sobjects/Invoice__c/External_Id__c"
    assert api.refused("GET", f"{path}/none") == (404, "NOT_FOUND")
    api.ok("DELETE", f"{path}/se:1", status=204)
    assert api.refused("GET", f"{path}/se:1") == (404, "NOT_FOUND")
    assert api.refused("GET", "/sobjects/Account/a/b/c") == (404, "NOT_FOUND")
    summary = api.ok("GET", "/sobjects/Invoice__c")
    assert summary["objectDescribe"]["name"] == "Invoice__c"
