"""Deals, lines, products, orders and quotes of the Salesforce simulator: what the platform does by itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from salesforce_box import WORLD, Api, Box, id_of


def deal(api: Api, **fields: Any) -> str:
    return api.create(
        "Opportunity", **{"Name": "New deal", "StageName": "Prospecting", "CloseDate": "2026-12-01", **fields}
    )


def entry(api: Api, code: str = "KONS") -> str:
    (found,) = api.values(f"SELECT Id FROM PricebookEntry WHERE ProductCode = '{code}'", "Id")
    return str(found)


def line(api: Api, opportunity: str, **fields: Any) -> str:
    return api.create(
        "OpportunityLineItem",
        **{
            "OpportunityId": opportunity,
            "PricebookEntryId": entry(api),
            "Quantity": 2,
            "UnitPrice": 100,
            **fields,
        },
    )


# stages


def test_the_stage_decides_closed_won_probability_and_forecast(api: Api) -> None:
    opportunity = deal(api, Amount=1000)
    record = api.ok("GET", f"/sobjects/Opportunity/{opportunity}")
    assert (record["IsClosed"], record["IsWon"], record["Probability"]) == (False, False, Decimal("10.0"))
    assert record["ExpectedRevenue"] == Decimal("100.0")
    assert (record["FiscalYear"], record["FiscalQuarter"], record["Fiscal"]) == (2026, 4, "2026 4")
    assert record["LastStageChangeDate"] is None
    api.ok("PATCH", f"/sobjects/Opportunity/{opportunity}", json={"StageName": "closed won"})
    record = api.ok("GET", f"/sobjects/Opportunity/{opportunity}")
    assert (record["StageName"], record["IsClosed"], record["IsWon"]) == ("Closed Won", True, True)
    assert (record["Probability"], record["ForecastCategory"]) == (Decimal("100.0"), "Closed")
    assert record["LastStageChangeDate"] == record["SystemModstamp"]


def test_won_is_read_only(api: Api) -> None:
    response = api.post("/sobjects/Opportunity", json={"Name": "x", "IsWon": True, "IsClosed": True})
    (error,) = response.json()
    assert error["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert error["fields"] == ["IsWon", "IsClosed"]


def test_an_org_has_its_own_stages(org: Box) -> None:
    stages = [
        {
            "MasterLabel": "Öppen",
            "ApiName": "Open",
            "SortOrder": 1,
            "DefaultProbability": 50,
            "ForecastCategory": "Pipeline",
        },
        {
            "MasterLabel": "Vunnen affär",
            "ApiName": "Vunnen",
            "SortOrder": 2,
            "IsClosed": True,
            "IsWon": True,
            "DefaultProbability": 100,
            "ForecastCategory": "Closed",
        },
    ]
    org.reset({"now": WORLD["now"], "salesforce": {"records": {"OpportunityStage": stages}}})
    api = org.api()
    opportunity = deal(api, StageName="Vunnen affär")
    assert api.field("Opportunity", opportunity, "StageName") == "Vunnen"
    assert api.values("SELECT toLabel(StageName) FROM Opportunity WHERE IsWon = true", "StageName") == [
        "Vunnen affär"
    ]


def test_changes_of_stage_amount_and_date_leave_a_history(org: Box, api: Api) -> None:
    opportunity = deal(api, Amount=1000)
    api.ok("PATCH", f"/sobjects/Opportunity/{opportunity}", json={"StageName": "Closed Won", "Amount": 900})
    tracked = api.rows(
        f"SELECT Field, OldValue, NewValue FROM OpportunityFieldHistory WHERE OpportunityId = '{opportunity}' ORDER BY Field"
    )
    assert [(row["Field"], row["OldValue"], row["NewValue"]) for row in tracked] == [
        ("StageName", "Prospecting", "Closed Won"),
        ("Amount", "1000.0", "900.0"),
    ]
    snapshots = api.rows(
        f"SELECT StageName, Amount FROM OpportunityHistory WHERE OpportunityId = '{opportunity}'"
    )
    assert [row["StageName"] for row in snapshots] == ["Prospecting", "Closed Won"]
    last = api.field("Opportunity", opportunity, "LastAmountChangedHistoryId")
    assert last == api.values(f"SELECT Id FROM OpportunityHistory WHERE Id = '{last}'", "Id")[0]


# lines


def test_a_line_is_priced_named_and_added_up(api: Api) -> None:
    opportunity = deal(api, Amount=5)
    line_id = line(api, opportunity, Quantity=3, UnitPrice=19.99, Discount=12.5)
    record = api.ok("GET", f"/sobjects/OpportunityLineItem/{line_id}")
    assert (record["Subtotal"], record["TotalPrice"]) == (Decimal("59.97"), Decimal("52.47"))
    assert (record["Name"], record["ProductCode"]) == ("New deal Consulting hour", "KONS")
    assert record["ListPrice"] == Decimal("1250.0")
    parent = api.ok("GET", f"/sobjects/Opportunity/{opportunity}")
    assert (parent["Amount"], parent["HasOpportunityLineItem"]) == (Decimal("52.47"), True)
    assert parent["TotalOpportunityQuantity"] == Decimal("3.0")
    assert parent["Pricebook2Id"] == id_of(api, "Standard Price Book", "Pricebook2")


def test_an_update_of_the_amount_of_a_deal_with_lines_succeeds_and_changes_nothing(api: Api) -> None:
    opportunity = id_of(api, "Won deal")
    api.ok("PATCH", f"/sobjects/Opportunity/{opportunity}", status=204, json={"Amount": 1, "NextStep": "x"})
    record = api.ok("GET", f"/sobjects/Opportunity/{opportunity}")
    assert (record["Amount"], record["NextStep"]) == (Decimal("13364.0"), "x")


def test_the_last_line_gone_leaves_the_amount_and_lets_it_be_written_again(api: Api) -> None:
    opportunity = deal(api)
    line_id = line(api, opportunity)
    api.ok("DELETE", f"/sobjects/OpportunityLineItem/{line_id}")
    record = api.ok("GET", f"/sobjects/Opportunity/{opportunity}")
    assert (record["Amount"], record["HasOpportunityLineItem"]) == (Decimal("200.0"), False)
    api.ok("PATCH", f"/sobjects/Opportunity/{opportunity}", json={"Amount": 7})
    assert api.field("Opportunity", opportunity, "Amount") == Decimal("7.0")


def test_prices_follow_from_whatever_was_given(api: Api) -> None:
    opportunity = deal(api)
    by_list = line(api, opportunity, UnitPrice=None)
    assert api.field("OpportunityLineItem", by_list, "UnitPrice") == Decimal("1250.0")
    by_total = api.create(
        "OpportunityLineItem",
        OpportunityId=opportunity,
        PricebookEntryId=entry(api),
        Quantity=4,
        TotalPrice=90,
        Discount=10,
    )
    assert api.field("OpportunityLineItem", by_total, "UnitPrice") == Decimal("25.0")
    api.ok("PATCH", f"/sobjects/OpportunityLineItem/{by_total}", json={"Discount": 50})
    assert api.field("OpportunityLineItem", by_total, "TotalPrice") == Decimal("50.0")
    both = {"UnitPrice": 1, "TotalPrice": 4}
    path = f"/sobjects/OpportunityLineItem/{by_total}"
    assert api.refused("PATCH", path, json=both) == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_a_line_may_name_the_product_instead_of_its_price(api: Api) -> None:
    opportunity = deal(api)
    product = id_of(api, "Handbook", "Product2")
    line_id = api.create(
        "OpportunityLineItem", OpportunityId=opportunity, Product2Id=product, Quantity=1, UnitPrice=5
    )
    assert api.field("OpportunityLineItem", line_id, "PricebookEntryId") == entry(api, "BOK")
    nothing = {"OpportunityId": opportunity, "Quantity": 1, "UnitPrice": 5}
    assert "must specify a pricebook entry" in api.message(
        "POST", "/sobjects/OpportunityLineItem", json=nothing
    )


def test_a_line_of_another_price_book_is_refused(org: Box, api: Api) -> None:
    opportunity = deal(api)
    line(api, opportunity)
    book = org.person_adds("Pricebook2", Name="Partners")
    product = id_of(api, "Handbook", "Product2")
    other = org.person_adds("PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=1)
    said = api.message(
        "POST",
        "/sobjects/OpportunityLineItem",
        json={"OpportunityId": opportunity, "PricebookEntryId": other, "Quantity": 1, "UnitPrice": 1},
    )
    assert "different pricebook" in said


def test_a_price_in_a_custom_book_needs_a_standard_one_and_is_unique(api: Api) -> None:
    product = api.create("Product2", Name="New", IsActive=True)
    book = api.create("Pricebook2", Name="Partners", IsActive=True)
    price = {"Pricebook2Id": book, "Product2Id": product, "UnitPrice": 1}
    assert api.refused("POST", "/sobjects/PricebookEntry", json=price) == (400, "STANDARD_PRICE_NOT_DEFINED")
    api.create("PricebookEntry", **{**price, "Pricebook2Id": id_of(api, "Standard Price Book", "Pricebook2")})
    api.create("PricebookEntry", **price)
    assert api.refused("POST", "/sobjects/PricebookEntry", json=price) == (400, "DUPLICATE_VALUE")


def test_a_renamed_product_shows_on_its_lines_without_moving_their_stamps(org: Box, api: Api) -> None:
    line_id = line(api, deal(api))
    before = api.ok("GET", f"/sobjects/OpportunityLineItem/{line_id}")
    org.clock("2026-11-20T09:00:00Z")
    org.person_edits("Product2", id_of(api, "Consulting hour", "Product2"), ProductCode="KONS-2")
    after = api.ok("GET", f"/sobjects/OpportunityLineItem/{line_id}")
    assert (after["ProductCode"], after["SystemModstamp"]) == ("KONS-2", before["SystemModstamp"])


def test_a_product_in_use_is_not_deleted(api: Api) -> None:
    path = f"/sobjects/Product2/{id_of(api, 'Handbook', 'Product2')}"
    assert api.refused("DELETE", path) == (400, "DELETE_FAILED")


@pytest.mark.parametrize(
    ("switch", "by_text", "by_price"),
    [("amount", False, True), ("always", True, True), ("never", False, False)],
)
def test_whether_a_changed_line_moves_its_deals_stamp_can_be_chosen(
    org: Box, api: Api, switch: str, by_text: bool, by_price: bool
) -> None:
    opportunity = deal(api)
    line_id = line(api, opportunity)
    org.switch(line_moves_deal=switch)

    def moved(**change: Any) -> bool:
        before = api.field("Opportunity", opportunity, "SystemModstamp")
        api.ok("PATCH", f"/sobjects/OpportunityLineItem/{line_id}", json=change)
        return bool(api.field("Opportunity", opportunity, "SystemModstamp") != before)

    org.clock("2026-11-20T09:00:00Z")
    assert moved(Description="text only") is by_text
    org.clock("2026-11-20T09:10:00Z")
    assert moved(UnitPrice=101) is by_price
    assert api.field("Opportunity", opportunity, "Amount") == Decimal("202.0")


def test_a_contact_given_with_a_new_deal_becomes_its_primary_one(org: Box, api: Api) -> None:
    karin = id_of(api, "Karin Kund", "Contact")
    opportunity = deal(api, ContactId=karin)
    roles = f"SELECT ContactId, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = '{opportunity}'"
    (role,) = api.rows(roles)
    assert (role["ContactId"], role["IsPrimary"]) == (karin, True)
    other = api.create("Contact", LastName="Annan")
    api.create("OpportunityContactRole", OpportunityId=opportunity, ContactId=other, IsPrimary=True)
    assert [row["ContactId"] for row in api.rows(roles) if row["IsPrimary"]] == [other]
    assert api.field("Opportunity", opportunity, "ContactId") == other


# several currencies


@pytest.fixture
def currencies(org: Box) -> Box:
    org.schema(
        multi_currency=True,
        currencies=[
            {"IsoCode": "SEK", "ConversionRate": 1, "IsCorporate": True},
            {"IsoCode": "EUR", "ConversionRate": 0.1},
        ],
    )
    return org


def test_a_record_gets_a_currency_when_the_org_has_several(currencies: Box, api: Api) -> None:
    assert set(api.values("SELECT CurrencyIsoCode FROM Opportunity", "CurrencyIsoCode")) == {"SEK"}
    assert api.values("SELECT IsoCode FROM CurrencyType WHERE IsCorporate = true", "IsoCode") == ["SEK"]
    assert api.field("Account", api.create("Account", Name="x"), "CurrencyIsoCode") == "SEK"
    unknown = {"Name": "x", "CurrencyIsoCode": "XXX"}
    assert api.refused("POST", "/sobjects/Account", json=unknown) == (
        400,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    )


def test_a_lines_currency_must_be_the_deals_and_then_stays(currencies: Box, api: Api) -> None:
    opportunity = deal(api, CurrencyIsoCode="EUR")
    body = {"OpportunityId": opportunity, "PricebookEntryId": entry(api), "Quantity": 1, "UnitPrice": 10}
    assert "currency code does not match" in api.message("POST", "/sobjects/OpportunityLineItem", json=body)
    product = id_of(api, "Consulting hour", "Product2")
    currencies.person_adds(
        "OpportunityLineItem", OpportunityId=opportunity, Product2Id=product, Quantity=1, UnitPrice=10
    )
    path = f"/sobjects/Opportunity/{opportunity}"
    assert api.refused("PATCH", path, json={"CurrencyIsoCode": "SEK"}) == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_amounts_are_read_in_their_own_currency_and_compared_in_the_corporate_one(
    currencies: Box, api: Api
) -> None:
    deal(api, Name="Euro", CurrencyIsoCode="EUR", Amount=700)
    statement = "SELECT Name, Amount, convertCurrency(Amount) here FROM Opportunity WHERE Amount > SEK6000 ORDER BY Amount"
    found = [(row["Name"], row["Amount"], row["here"]) for row in api.rows(statement)]
    assert found == [
        ("Euro", Decimal("700.0"), Decimal("7000.0")),
        ("Won deal", Decimal("13364.0"), Decimal("13364.0")),
    ]
    (total,) = api.rows("SELECT SUM(Amount) FROM Opportunity WHERE Name = 'Euro'")
    assert total["expr0"] == Decimal("7000.0")


def test_a_dated_rate_holds_until_the_next_one_of_its_currency(currencies: Box, api: Api) -> None:
    assert api.query_refusal("SELECT Id FROM DatedConversionRate") == "INVALID_TYPE"
    currencies.schema(advanced_currency=True)
    for start, rate in (("2026-11-01", 0.11), ("2026-10-01", 0.09)):
        api.create("DatedConversionRate", IsoCode="EUR", StartDate=start, ConversionRate=rate)
    rows = api.rows("SELECT StartDate, NextStartDate FROM DatedConversionRate ORDER BY StartDate")
    assert [(row["StartDate"], row["NextStartDate"]) for row in rows] == [
        ("2026-10-01", "2026-11-01"),
        ("2026-11-01", "9999-12-31"),
    ]


# orders and quotes


def test_an_order_is_a_draft_until_it_has_products_and_is_activated(api: Api) -> None:
    order = api.create(
        "Order", AccountId=id_of(api, "Acme AB", "Account"), EffectiveDate="2026-11-20", Status="Draft"
    )
    record = api.ok("GET", f"/sobjects/Order/{order}")
    assert (record["StatusCode"], record["TotalAmount"], record["OrderNumber"]) == (
        "Draft",
        Decimal("0.0"),
        "00000001",
    )
    path = f"/sobjects/Order/{order}"
    assert api.refused("PATCH", path, json={"Status": "Activated"}) == (400, "FAILED_ACTIVATION")
    api.create("OrderItem", OrderId=order, PricebookEntryId=entry(api), Quantity=2, UnitPrice=1250)
    api.ok("PATCH", path, json={"Status": "Activated"})
    record = api.ok("GET", path)
    assert (record["StatusCode"], record["TotalAmount"]) == ("Activated", Decimal("2500.0"))


def test_orders_and_quotes_exist_only_where_they_are_switched_on(org: Box, api: Api) -> None:
    org.schema(orders=False, quotes=False)
    assert api.query_refusal("SELECT Id FROM Order") == "INVALID_TYPE"
    assert api.refused("GET", "/sobjects/Quote/describe") == (404, "NOT_FOUND")
    assert api.query_refusal("SELECT SyncedQuoteId FROM Opportunity") == "INVALID_FIELD"


def test_a_syncing_quote_makes_the_deals_lines_anew_with_other_ids(api: Api) -> None:
    opportunity = deal(api)
    old = line(api, opportunity)
    quote = api.create("Quote", Name="Offer", OpportunityId=opportunity)
    api.create(
        "QuoteLineItem", QuoteId=quote, PricebookEntryId=entry(api), Quantity=5, UnitPrice=100, Discount=10
    )
    record = api.ok("GET", f"/sobjects/Quote/{quote}")
    assert (record["Subtotal"], record["TotalPrice"], record["LineItemCount"]) == (
        Decimal("500.0"),
        Decimal("450.0"),
        1,
    )
    api.ok("PATCH", f"/sobjects/Opportunity/{opportunity}", json={"SyncedQuoteId": quote})
    (fresh,) = api.rows(f"SELECT Id, Quantity FROM OpportunityLineItem WHERE OpportunityId = '{opportunity}'")
    assert fresh["Id"] != old
    assert fresh["Quantity"] == Decimal("5.0")
    assert api.field("Opportunity", opportunity, "Amount") == Decimal("450.0")
    # The old line is gone for good: even queryAll does not show it.
    assert api.refused("GET", f"/sobjects/OpportunityLineItem/{old}") == (404, "NOT_FOUND")
    assert (
        api.ok("GET", "/queryAll", params={"q": f"SELECT Id FROM OpportunityLineItem WHERE Id = '{old}'"})[
            "totalSize"
        ]
        == 0
    )


# people, record types, merges


def test_a_person_account_is_named_by_its_parts(org: Box, api: Api) -> None:
    org.schema(person_accounts=True)
    account = api.create("Account", FirstName="Eva", LastName="Ek", PersonEmail="eva@exempel.example")
    record = api.ok("GET", f"/sobjects/Account/{account}")
    assert (record["Name"], record["IsPersonAccount"]) == ("Eva Ek", True)


def test_record_types_appear_with_the_first_one_and_default_to_it(org: Box, api: Api) -> None:
    new = org.person_adds(
        "RecordType", Name="New business", DeveloperName="New_Business", SobjectType="Opportunity"
    )
    opportunity = deal(api)
    (row,) = api.rows(f"SELECT RecordType.DeveloperName FROM Opportunity WHERE RecordTypeId = '{new}'")
    assert row["RecordType"]["DeveloperName"] == "New_Business"
    infos = api.ok("GET", "/sobjects/Opportunity/describe")["recordTypeInfos"]
    assert [(info["developerName"], info["master"]) for info in infos] == [
        ("New_Business", False),
        ("Master", True),
    ]
    assert api.field("Opportunity", opportunity, "RecordTypeId") == new
    assert api.query_refusal("SELECT RecordTypeId FROM Account") == "INVALID_FIELD"


def test_a_merged_account_points_to_the_one_that_is_left(org: Box, api: Api) -> None:
    loser, winner = id_of(api, "Muster GmbH", "Account"), id_of(api, "Acme AB", "Account")
    assert org.control.post(f"/_sandbox/records/Account/{loser}/merge", json={"into": winner}).is_success
    statement = f"SELECT MasterRecordId, IsDeleted FROM Account WHERE Id = '{loser}'"
    (row,) = api.ok("GET", "/queryAll", params={"q": statement})["records"]
    assert (row["MasterRecordId"], row["IsDeleted"]) == (winner, True)
    assert api.values("SELECT AccountId FROM Opportunity WHERE Name = 'lost deal'", "AccountId") == [winner]
