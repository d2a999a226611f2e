"""Stories of VAT numbers that VIES does not confirm, from Salesforce to the ledger and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from playground import Json, Playground

NUMBER = "DE136695976"
SAID = {
    "refuses": ("VIES_REFUSED", "The number is not valid according to VIES."),
    "down": ("VIES_UNAVAILABLE", "the VIES service does not answer."),
}


def world(*customers: Json, number: str | None = NUMBER) -> Json:
    """A Swedish company that has sold an hour to a German one."""
    return {
        "now": "2026-11-20T08:00:00Z",
        "salesforce": {
            "org": {"Name": "Liten", "IsSandbox": True, "state_country_picklists": True},
            "schema": dict(CUSTOM_SCHEMA),
            "records": {
                "Account": [
                    {
                        "_ref": "buyer",
                        "Name": "Hanse Werkzeug GmbH",
                        "BillingStreet": "Hafenstraße 1",
                        "BillingPostalCode": "20457",
                        "BillingCity": "Hamburg",
                        "BillingCountryCode": "DE",
                        "VAT_Number__c": number,
                    }
                ],
                "Pricebook2": [{"_ref": "std", "Name": "Standard", "IsStandard": True, "IsActive": True}],
                "Product2": [{"_ref": "p", "Name": "Konsulttimme", "ProductCode": "KONS", "IsActive": True}],
                "PricebookEntry": [
                    {
                        "_ref": "e",
                        "Pricebook2Id": "@std",
                        "Product2Id": "@p",
                        "UnitPrice": 100,
                        "IsActive": True,
                    }
                ],
                "Opportunity": [
                    {
                        "_ref": "deal",
                        "Name": "Rådgivning",
                        "AccountId": "@buyer",
                        "StageName": "Closed Won",
                        "CloseDate": "2026-11-10",
                        "Pricebook2Id": "@std",
                    }
                ],
                "OpportunityLineItem": [
                    {"OpportunityId": "@deal", "PricebookEntryId": "@e", "Quantity": 1, "UnitPrice": 100}
                ],
            },
        },
        "spiris": {
            "companies": [
                {
                    "key": "se",
                    "name": "Liten AB",
                    "orgnr": "559987-1430",
                    "customers": list(customers),
                    "articles": [{"Number": "KONS", "Name": "Konsulttimme", "coding": "services-25"}],
                }
            ]
        },
    }


def push(demo: Playground, *options: str) -> Json:
    ended = demo.sfspiris("push-closed-won", "--json", *options)
    assert ended.code in {0, 3}, ended.out + ended.err
    return ended.document


def vies(demo: Playground, state: str) -> None:
    demo.control("spiris", "PUT", "switches", {"vies": state})


def in_hamburg(**more: Any) -> Json:
    return {
        "Name": "Hanse Werkzeug GmbH",
        "InvoiceAddress1": "Hafenstraße 1",
        "InvoicePostalCode": "20457",
        "InvoiceCity": "Hamburg",
        "InvoiceCountryCode": "DE",
    } | more


@pytest.fixture
def ready(demo: Playground) -> Playground:
    demo.reset(world())
    return demo


@pytest.mark.parametrize("state", ["refuses", "down"])
def test_a_new_customer_that_vies_does_not_confirm_is_held_in_the_ledgers_own_words(
    ready: Playground, state: str
) -> None:
    code, words = SAID[state]
    vies(ready, state)
    first = push(ready)
    (hold,) = first["holds"]
    assert hold["code"] == code
    assert words in hold["message"]
    assert ready.company()["customers"] == ready.company()["drafts"] == []
    assert ready.deals()["Rådgivning"]["Spiris_Sync_Code__c"] == code

    ready.forget_calls()
    (hold,) = push(ready)["holds"]
    assert hold["code"] == code
    asked = [one for one in ready.calls("spiris") if one["method"] == "POST"]
    assert len(asked) == (0 if state == "refuses" else 1), (
        "only what could not be asked is asked again by itself"
    )

    vies(ready, "up")
    healed = push(ready, "--full")
    assert healed["holds"] == []
    (draft,) = ready.company()["drafts"]
    assert draft["TotalVatAmount"] == 0


@pytest.mark.parametrize("state", ["refuses", "down"])
def test_a_number_that_cannot_be_added_to_its_customer_holds_the_draft_that_rests_on_it(
    demo: Playground, state: str
) -> None:
    code, words = SAID[state]
    demo.reset(world(in_hamburg(CustomerNumber="1001")))
    (account,) = demo.control("salesforce", "GET", "state")["records"]["Account"]
    demo.control(
        "salesforce", "PATCH", f"records/Account/{account['Id']}", {"Spiris_Customer_Number__c": "1001"}
    )
    vies(demo, state)
    done = push(demo)
    assert [(one["kind"], one["outcome"]) for one in done["actions"] if one["kind"] != "write_deal"] == [
        ("update_customer", "failed"),
        ("create_draft", "skipped"),
    ]
    (hold,) = done["holds"]
    assert hold["code"] == code
    assert words in hold["message"]
    assert demo.company()["drafts"] == []

    vies(demo, "up")
    assert push(demo)["holds"] == []
    (customer,), (draft,) = demo.company()["customers"], demo.company()["drafts"]
    assert customer["VatNumber"] == NUMBER
    assert draft["TotalVatAmount"] == 0


def test_another_change_that_vies_stops_holds_a_sale_without_vat(demo: Playground) -> None:
    """Spiris asks VIES about the number at every save, whatever is changed."""
    demo.reset(world(in_hamburg(VatNumber=NUMBER)))
    (account,) = demo.control("salesforce", "GET", "state")["records"]["Account"]
    demo.control("salesforce", "PATCH", f"records/Account/{account['Id']}", {"Phone": "+49 40 1"})
    vies(demo, "down")
    (hold,) = push(demo)["holds"]
    assert hold["code"] == "VIES_UNAVAILABLE"
