"""Stories of one customer over time: found, changed on one side or both, shared by two accounts, or not to be told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from playground import Json, Playground

VOLVO = "556012-5790"


def account(ref: str, name: str = "AB Volvo", **more: Any) -> Json:
    return {
        "_ref": ref,
        "Name": name,
        "BillingStreet": "Storgatan 1",
        "BillingPostalCode": "11122",
        "BillingCity": "Stockholm",
        "BillingCountryCode": "SE",
        "Organisation_Number__c": VOLVO,
        "Phone": "08-100",
        "OwnerId": "@anna",
    } | more


def world(accounts: list[Json], customers: tuple[Json, ...] = ()) -> Json:
    """A Swedish company with these customers, and one won deal for each of these accounts."""
    refs = [one["_ref"] for one in accounts]
    user = {"FirstName": "Anna", "LastName": "Ek", "Username": "anna@liten.example", "Alias": "anna"}
    return {
        "now": "2026-11-20T08:00:00Z",
        "salesforce": {
            "org": {"Name": "Liten", "IsSandbox": True, "state_country_picklists": True},
            "schema": dict(CUSTOM_SCHEMA),
            "records": {
                "User": [{"_ref": "anna", "Email": "anna@liten.example"} | user],
                "Account": accounts,
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
                        "_ref": f"deal-{ref}",
                        "Name": f"Affär {ref}",
                        "AccountId": f"@{ref}",
                        "StageName": "Closed Won",
                        "CloseDate": f"2026-11-{10 + position}",
                        "OwnerId": "@anna",
                        "Pricebook2Id": "@std",
                    }
                    for position, ref in enumerate(refs)
                ],
                "OpportunityLineItem": [
                    {
                        "OpportunityId": f"@deal-{ref}",
                        "PricebookEntryId": "@e",
                        "Quantity": 1,
                        "UnitPrice": 100,
                    }
                    for ref in refs
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
                    "articles": [
                        {
                            "Number": "KONS",
                            "Name": "Konsulttimme",
                            "coding": "services-25",
                            "unit": "tim",
                            "NetPrice": 100,
                        }
                    ],
                }
            ]
        },
    }


def push(demo: Playground, *options: str) -> Json:
    ended = demo.sfspiris("push-closed-won", "--json", *options)
    assert ended.code in {0, 3}, ended.out + ended.err
    return ended.document


def sales_changes(demo: Playground, **fields: Any) -> None:
    (one,) = demo.control("salesforce", "GET", "state")["records"]["Account"]
    demo.control("salesforce", "PATCH", f"records/Account/{one['Id']}", fields)


def finance_changes(demo: Playground, **fields: Any) -> None:
    (one,) = demo.company()["customers"]
    demo.control("spiris", "POST", f"customers/{one['Id']}/edit?company=se", fields)


def updates(document: Json) -> list[Json]:
    return [one for one in document["actions"] if one["kind"] == "update_customer"]


@pytest.fixture
def pushed(demo: Playground) -> Playground:
    demo.reset(world([account("a")]))
    document = push(demo)
    assert document["status"] == "ok", document["holds"]
    return demo


def test_a_changed_telephone_number_changes_that_field_alone_and_then_there_is_quiet(
    pushed: Playground,
) -> None:
    finance_changes(pushed, WwwAddress="https://volvo.example", Note="Ring Eva före faktura")
    before = pushed.company()["customers"][0]
    sales_changes(pushed, Phone="08-200")

    planned = push(pushed, "--dry-run")
    (update,) = updates(planned)
    assert update["changes"] == [{"field": "Phone", "before": "08-100", "after": "08-200"}]
    assert planned["summary"]["update"] == 1
    assert planned["summary"]["unchanged"] == 1
    told = pushed.sfspiris("push-closed-won", "--dry-run", "--report", "plan.csv").out
    assert "~ Phone: 08-100 → 08-200" in told
    assert "1 customer to update" in told
    assert ",08-100,08-200," in (pushed.folder / "plan.csv").read_text(encoding="utf-8-sig")
    assert pushed.company()["customers"] == [before], "a plan writes nothing"

    done = push(pushed)
    assert [one["outcome"] for one in updates(done)] == ["done"]
    after = pushed.company()["customers"][0]
    differs = {name for name in before if before[name] != after[name]}
    assert differs == {"Telephone", "ChangedUtc"}
    assert after["Telephone"] == "08-200"

    pushed.forget_calls()
    assert push(pushed)["actions"] == []
    assert pushed.writes() == []
    assert pushed.calls("spiris") == []


def test_an_update_whose_reply_was_lost_is_left_to_the_next_run_and_keeps_what_finance_wrote_since(
    pushed: Playground,
) -> None:
    sales_changes(pushed, Phone="08-200")
    lost = {"effect": "drop_before", "method": "PUT", "path": "/v2/customers/"}
    pushed.control("spiris", "POST", "faults", lost)
    pushed.forget_calls()
    done = push(pushed)
    assert [one["outcome"] for one in updates(done)] == ["unknown"]
    (told,) = [one for one in done["warnings"] if one["code"] == "CUSTOMER_NOT_UPDATED"]
    assert "It is tried again in the next run." in told["message"]
    assert [one["method"] for one in pushed.calls("spiris") if one["method"] != "GET"] == ["PUT"]

    finance_changes(pushed, Note="Ring Lena före faktura", WwwAddress="https://volvo.example")
    assert [one["outcome"] for one in updates(push(pushed))] == ["done"]
    (stored,) = pushed.company()["customers"]
    assert (stored["Telephone"], stored["Note"]) == ("08-200", "Ring Lena före faktura")
    assert push(pushed)["actions"] == []


def test_when_both_sides_changed_it_the_owner_is_right_and_the_other_value_is_told_once(
    pushed: Playground,
) -> None:
    with (pushed.folder / "sfspiris.toml").open("a", encoding="utf-8") as file:
        file.write('\n[companies.se.ownership]\nphone = "spiris"\n')
    finance_changes(pushed, Telephone="08-900")
    sales_changes(pushed, Phone="08-200")
    done = push(pushed)
    assert pushed.company()["customers"][0]["Telephone"] == "08-900"
    (told,) = [one for one in done["warnings"] if one["code"] == "CUSTOMER_CHANGED_TWICE"]
    assert "08-200" in told["message"]
    assert "08-900" in told["message"]
    again = push(pushed)
    assert again["actions"] == []
    assert again["warnings"] == []


def test_what_finance_wrote_on_a_customer_of_its_own_is_not_written_over(demo: Playground) -> None:
    customer = {
        "Name": "Volvo, Aktiebolaget",
        "CorporateIdentityNumber": VOLVO,
        "InvoiceAddress1": "Box 1",
        "InvoicePostalCode": "405 08",
        "InvoiceCity": "Göteborg",
        "InvoiceCountryCode": "SE",
        "EmailAddress": "faktura@volvo.example",
    }
    demo.reset(world([account("a")], (customer,)))
    done = push(demo)
    (update,) = updates(done)
    assert [one["field"] for one in update["changes"]] == ["Phone"], "only what was empty"
    assert {one["code"] for one in done["warnings"]} >= {"CUSTOMER_DIFFERS", "CUSTOMER_NAME_DIFFERS"}
    kept = demo.company()["customers"][0]
    assert (kept["Name"], kept["InvoiceAddress1"]) == ("Volvo, Aktiebolaget", "Box 1")
    assert kept["EmailAddress"] == "faktura@volvo.example"
    assert push(demo)["actions"] == []


def test_two_accounts_with_one_organisation_number_are_one_customer_under_the_first_name(
    demo: Playground,
) -> None:
    demo.reset(world([account("a", "Volvo Sverige"), account("b", "Volvo i Göteborg")]))
    done = push(demo)
    assert [one["Name"] for one in demo.company()["customers"]] == ["Volvo Sverige"]
    drafts = [one for one in done["actions"] if one["kind"] == "create_draft"]
    assert [one["customer"]["name"] for one in drafts] == ["Volvo Sverige"] * 2
    (told,) = [one for one in done["warnings"] if one["code"] == "DUPLICATE_SOURCE"]
    assert "Volvo Sverige" in told["message"]
    assert "Volvo i Göteborg" in told["message"]
    assert push(demo)["actions"] == []


def test_two_customers_with_one_organisation_number_hold_the_deal_and_are_both_shown(
    demo: Playground,
) -> None:
    twin = {
        "CorporateIdentityNumber": VOLVO,
        "InvoicePostalCode": "405 08",
        "InvoiceCity": "Göteborg",
        "InvoiceCountryCode": "SE",
    }
    customers = ({"Name": "AB Volvo"} | twin, {"Name": "Volvo Lastvagnar"} | twin)
    demo.reset(world([account("a")], customers))
    (hold,) = push(demo)["holds"]
    assert hold["code"] == "CUSTOMER_AMBIGUOUS"
    assert "AB Volvo" in hold["message"]
    assert f"Volvo Lastvagnar ({VOLVO})" in hold["message"]
    assert demo.company()["drafts"] == []
