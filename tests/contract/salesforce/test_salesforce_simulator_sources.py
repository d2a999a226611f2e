"""Orders, quotes and an org's own objects, each with its lines: read as a client reads deals that live elsewhere."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from salesforce_box import WORLD, Api, Box, box

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA: dict[str, Any] = {
    "Billing__c": {
        "label": "Billing",
        "name_field": {"type": "AutoNumber", "displayFormat": "B-{0000}"},
        "fields": [
            {"name": "Deal__c", "type": "Lookup", "referenceTo": "Opportunity", "children": "Billings"},
            {"name": "Account__c", "type": "Lookup", "referenceTo": "Account"},
            {"name": "State__c", "type": "Picklist", "values": ["Open", "Ready"]},
        ],
    },
    "Billing_Line__c": {
        "fields": [
            {"name": "Billing__c", "type": "MasterDetail", "referenceTo": "Billing__c", "children": "Lines"},
            {"name": "Product__c", "type": "Lookup", "referenceTo": "Product2"},
            {"name": "Quantity__c", "type": "Number", "precision": 10, "scale": 2},
            {"name": "Price__c", "type": "Currency"},
            {"name": "Total__c", "type": "Currency", "formula": "Quantity__c * Price__c"},
        ]
    },
}


def world() -> dict[str, Any]:
    made = deepcopy(WORLD)
    salesforce = made["salesforce"]
    salesforce["schema"] |= SCHEMA
    salesforce["records"] |= {
        "Order": [
            {
                "_ref": "order",
                "AccountId": "@acme",
                "OpportunityId": "@won",
                "EffectiveDate": "2026-11-19",
                "Status": "Activated",
                "PoNumber": "PO-7",
                "BillToContactId": "@karin",
                "OrderItems": [
                    {"Product2Id": "@hour", "Quantity": 4, "UnitPrice": 1250},
                    {"Product2Id": "@book", "Quantity": 2, "UnitPrice": 320.5},
                ],
            }
        ],
        "Quote": [
            {
                "Name": "Offer",
                "OpportunityId": "@open",
                "Status": "Accepted",
                "Tax": 100,
                "QuoteLineItems": [
                    {"Product2Id": "@hour", "Quantity": 1, "UnitPrice": 1000, "Discount": 10},
                    {"Product2Id": "@book", "Quantity": 1, "UnitPrice": 320},
                ],
            }
        ],
        "Billing__c": [
            {
                "Deal__c": "@won",
                "Account__c": "@acme",
                "State__c": "Ready",
                "Lines__r": [
                    {"Product__c": "@hour", "Quantity__c": 2.5, "Price__c": 1000},
                    {"Product__c": "@book", "Quantity__c": 1, "Price__c": 99.9},
                ],
            }
        ],
    }
    return made


@pytest.fixture(scope="module")
def served() -> Iterator[Box]:
    with box() as running:
        yield running


@pytest.fixture
def org(served: Box) -> Box:
    served.reset(world())
    return served


@pytest.fixture
def api(org: Box) -> Api:
    return org.api()


def children(row: dict[str, Any], name: str, field: str) -> list[Any]:
    return [one[field] for one in row[name]["records"]]


def test_an_activated_order_is_read_with_its_lines_its_buyer_and_its_deal(api: Api) -> None:
    (order,) = api.rows(
        "SELECT OrderNumber, TotalAmount, PoNumber, StatusCode, Account.Name, Opportunity.Name, BillToContact.Name, "
        "(SELECT Product2.ProductCode, Quantity, UnitPrice, TotalPrice FROM OrderItems ORDER BY Quantity DESC) "
        "FROM Order WHERE StatusCode = 'Activated' AND EffectiveDate >= 2026-11-01"
    )
    assert (order["TotalAmount"], order["PoNumber"]) == (Decimal("5641.0"), "PO-7")
    assert [order[one]["Name"] for one in ("Account", "Opportunity", "BillToContact")] == [
        "Acme AB",
        "Won deal",
        "Karin Kund",
    ]
    assert children(order, "OrderItems", "TotalPrice") == [Decimal("5000.0"), Decimal("641.0")]


def test_a_changed_order_line_moves_its_orders_stamp(org: Box, api: Api) -> None:
    org.clock("2026-11-20T09:00:00Z")
    line = api.values("SELECT Id FROM OrderItem LIMIT 1", "Id")[0]
    org.person_edits("OrderItem", line, Quantity=5)
    changed = "SELECT TotalAmount FROM Order WHERE SystemModstamp >= 2026-11-20T09:00:00Z"
    assert api.values(changed, "TotalAmount") == [Decimal("6891.0")]


def test_a_quote_is_read_with_its_lines_and_totals(api: Api) -> None:
    (quote,) = api.rows(
        "SELECT Subtotal, TotalPrice, Tax, GrandTotal, Opportunity.Account.Name, "
        "(SELECT TotalPrice, Discount FROM QuoteLineItems ORDER BY LineNumber) FROM Quote WHERE Status = 'Accepted'"
    )
    assert (quote["Subtotal"], quote["TotalPrice"], quote["GrandTotal"]) == (
        Decimal("1320.0"),
        Decimal("1220.0"),
        Decimal("1320.0"),
    )
    assert quote["Opportunity"]["Account"]["Name"] == "Acme AB"
    assert children(quote, "QuoteLineItems", "TotalPrice") == [Decimal("900.0"), Decimal("320.0")]


def test_a_synced_quote_keeps_deciding_the_deals_lines_until_it_is_let_go(org: Box, api: Api) -> None:
    (quote,) = api.rows("SELECT Id, OpportunityId, (SELECT Id FROM QuoteLineItems) FROM Quote")
    deal, lines = quote["OpportunityId"], children(quote, "QuoteLineItems", "Id")
    api.ok("PATCH", f"/sobjects/Opportunity/{deal}", json={"SyncedQuoteId": quote["Id"]})
    assert api.field("Opportunity", deal, "Amount") == Decimal("1220.0")
    of_deal = f"SELECT Id FROM OpportunityLineItem WHERE OpportunityId = '{deal}'"
    before = api.values(of_deal, "Id")
    api.ok("PATCH", f"/sobjects/QuoteLineItem/{lines[1]}", json={"Quantity": 3})
    after = api.values(of_deal, "Id")
    assert (len(after), set(before) & set(after)) == (2, set())
    assert api.field("Opportunity", deal, "Amount") == Decimal("1860.0")
    api.ok("PATCH", f"/sobjects/Opportunity/{deal}", json={"SyncedQuoteId": None})
    assert api.field("Quote", quote["Id"], "IsSyncing") is False
    api.ok("DELETE", f"/sobjects/QuoteLineItem/{lines[1]}")
    assert api.values(of_deal, "Id") == after


def test_an_object_of_the_orgs_own_is_read_with_its_master_detail_lines(api: Api) -> None:
    (billing,) = api.rows(
        "SELECT Name, Deal__r.Name, Account__r.Name, (SELECT Product__r.ProductCode, Total__c FROM Lines__r "
        "ORDER BY Price__c DESC) FROM Billing__c WHERE State__c = 'Ready'"
    )
    assert (billing["Name"], billing["Deal__r"]["Name"], billing["Account__r"]["Name"]) == (
        "B-0001",
        "Won deal",
        "Acme AB",
    )
    assert children(billing, "Lines__r", "Total__c") == [Decimal("2500.0"), Decimal("99.9")]


def test_details_go_and_come_back_with_their_master_and_have_no_owner_of_their_own(
    org: Box, api: Api
) -> None:
    master = api.values("SELECT Id FROM Billing__c", "Id")[0]
    assert api.query_refusal("SELECT OwnerId FROM Billing_Line__c") == "INVALID_FIELD"
    lines = api.values("SELECT Id FROM Billing_Line__c", "Id")
    moved = api.patch(f"/sobjects/Billing_Line__c/{lines[0]}", json={"Billing__c": master})
    assert moved.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert api.refused("POST", "/sobjects/Billing_Line__c", json={"Price__c": 1}) == (
        400,
        "REQUIRED_FIELD_MISSING",
    )
    api.ok("DELETE", f"/sobjects/Billing__c/{master}")
    assert api.query("SELECT COUNT() FROM Billing_Line__c")["totalSize"] == 0
    assert org.control.post(f"/_sandbox/records/Billing__c/{master}/undelete").is_success
    assert api.values("SELECT Id FROM Billing_Line__c", "Id") == lines
