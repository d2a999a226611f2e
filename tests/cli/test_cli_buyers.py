"""Stories of who becomes a customer: a contact without an account, one buyer in two currencies, one customer per department."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sfspiris.sandbox.worlds.group import ORG
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from playground import Json, Playground

ORGNR = "556012-5790"
EVA = {
    "_ref": "eva",
    "FirstName": "Eva",
    "LastName": "Berg",
    "Email": "eva.berg@hem.example",
    "MailingStreet": "Björkvägen 3",
    "MailingPostalCode": "11122",
    "MailingCity": "Stockholm",
    "MailingCountryCode": "SE",
    "OwnerId": "@anna",
}
VOLVO = {
    "_ref": "volvo",
    "Name": "AB Volvo",
    "BillingStreet": "Storgatan 1",
    "BillingPostalCode": "40508",
    "BillingCity": "Göteborg",
    "BillingCountryCode": "SE",
    "Organisation_Number__c": ORGNR,
    "OwnerId": "@anna",
}


def won(ref: str, currency: str = "SEK", **more: Any) -> Json:
    return {
        "_ref": ref,
        "Name": ref,
        "StageName": "Closed Won",
        "CloseDate": "2026-11-10",
        "CurrencyIsoCode": currency,
        "OwnerId": "@anna",
        "Pricebook2Id": "@std",
    } | more


def world(
    *deals: Json,
    accounts: tuple[Json, ...] = (),
    contacts: tuple[Json, ...] = (),
    roles: tuple[Json, ...] = (),
    customers: tuple[Json, ...] = (),
) -> Json:
    """A Swedish company, paid in SEK and EUR, and these won deals, each with one line of 100."""
    return {
        "now": "2026-11-20T08:00:00Z",
        "salesforce": {
            "org": json.loads(json.dumps(ORG, default=float)),
            "schema": dict(CUSTOM_SCHEMA),
            "records": {
                "User": [
                    {
                        "_ref": "anna",
                        "FirstName": "Anna",
                        "LastName": "Ek",
                        "Username": "anna@liten.example",
                        "Email": "anna@liten.example",
                        "Alias": "anna",
                    }
                ],
                "Account": list(accounts),
                "Contact": list(contacts),
                "Pricebook2": [{"_ref": "std", "Name": "Standard", "IsStandard": True, "IsActive": True}],
                "Product2": [{"_ref": "p", "Name": "Konsulttimme", "ProductCode": "KONS", "IsActive": True}],
                "PricebookEntry": [
                    {
                        "_ref": f"e-{code}",
                        "Pricebook2Id": "@std",
                        "Product2Id": "@p",
                        "UnitPrice": 100,
                        "CurrencyIsoCode": code,
                        "IsActive": True,
                    }
                    for code in ("SEK", "EUR")
                ],
                "Opportunity": list(deals),
                "OpportunityContactRole": list(roles),
                "OpportunityLineItem": [
                    {
                        "OpportunityId": f"@{one['_ref']}",
                        "PricebookEntryId": f"@e-{one['CurrencyIsoCode']}",
                        "Quantity": 1,
                        "UnitPrice": 100,
                    }
                    for one in deals
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
                    "bankaccounts": [
                        {
                            "Name": "Valutakonto EUR",
                            "BankAccountType": 4,
                            "Iban": "SE4550000000058398257466",
                            "CurrencyCode": "EUR",
                            "LedgerAccountNumber": 1940,
                            "IsActive": True,
                        }
                    ],
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


def add_config(demo: Playground, text: str) -> None:
    with (demo.folder / "sfspiris.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


def holds(document: Json) -> list[str]:
    return [one["code"] for one in document["holds"]]


def settle(demo: Playground) -> None:
    """A later run of the same data finds nothing to do."""
    demo.forget_calls()
    assert push(demo, "--full")["actions"] == []
    assert demo.writes() == []


# --- a deal with a contact and no account --------------------------------------------------------------------------

PRIVATE = (
    '[companies.se.customers]\ncontact_only = "private"\n[companies.se.vat]\nprivate_prices_are_net = true'
)
TO_EVA = {"OpportunityId": "@eva-deal", "ContactId": "@eva", "IsPrimary": True}


def private_world(**changes: Any) -> Json:
    return world(won("eva-deal"), contacts=(EVA | changes,), roles=(TO_EVA,))


def test_a_deal_with_only_a_contact_waits_and_names_the_setting_that_would_take_it(demo: Playground) -> None:
    demo.reset(private_world())
    done = push(demo)
    (hold,) = done["holds"]
    assert hold["code"] == "CUSTOMER_MISSING"
    assert '[companies.se.customers] contact_only = "private"' in hold["fix"]
    assert demo.company()["customers"] == []
    assert not any("OpportunityContactRole" in one["path"] for one in demo.calls("salesforce"))


def test_the_primary_contact_becomes_one_private_customer_and_leaves_nothing_personal_behind(
    demo: Playground,
) -> None:
    demo.reset(private_world())
    add_config(demo, PRIVATE)
    done = push(demo)
    assert done["status"] == "ok", done["holds"]
    (customer,) = demo.company()["customers"]
    assert customer["IsPrivatePerson"] is True
    assert (customer["Name"], customer["EmailAddress"]) == ("Eva Berg", "eva.berg@hem.example")
    assert (customer["InvoiceAddress1"], customer["InvoicePostalCode"]) == ("Björkvägen 3", "111 22")
    assert len(demo.company()["drafts"]) == 1
    settle(demo)

    finance_id = demo.company()["drafts"][0]["Id"]
    demo.control("spiris", "POST", f"drafts/{finance_id}/issue?company=se", {})
    pulled = demo.sfspiris("pull-invoice-status", "--json")
    assert pulled.code == 0, pulled.out
    (shown,) = demo.control("salesforce", "GET", "state")["records"]["Spiris_Invoice__c"]
    assert shown["Account__c"] is None
    assert shown["Opportunity__c"] == demo.deals()["eva-deal"]["Id"]
    assert "write_account" not in pulled.kinds()
    kept = b"".join(one.read_bytes() for one in demo.folder.glob("sfspiris.db*"))
    for word in ("Berg", "eva.berg", "Björkvägen"):
        assert word.encode() not in kept
        assert word not in pulled.err


def test_two_deals_of_one_contact_are_one_customer_and_a_lost_reply_makes_no_second(demo: Playground) -> None:
    other = TO_EVA | {"OpportunityId": "@second"}
    demo.reset(world(won("eva-deal"), won("second"), contacts=(EVA,), roles=(TO_EVA, other)))
    add_config(demo, PRIVATE)
    demo.control("spiris", "POST", "faults", {"effect": "drop_after", "path": "/customers", "method": "POST"})
    assert demo.sfspiris("push-closed-won", "--json").code in {3, 8}
    done = push(demo)
    assert holds(done) == []
    assert [one["Name"] for one in demo.company()["customers"]] == ["Eva Berg"]
    assert len(demo.company()["drafts"]) == 2
    settle(demo)


def test_what_the_contact_lacks_is_held_with_the_contacts_own_field(demo: Playground) -> None:
    demo.reset(private_world(MailingPostalCode=None))
    add_config(demo, PRIVATE)
    (hold,) = push(demo)["holds"]
    assert (hold["code"], hold["field"]) == ("CUSTOMER_ADDRESS_INCOMPLETE", "MailingPostalCode")
    assert "mailing address on the contact" in hold["fix"]
    contact = demo.control("salesforce", "GET", "state")["records"]["Contact"][0]
    demo.control("salesforce", "PATCH", f"records/Contact/{contact['Id']}", {"MailingPostalCode": "11122"})
    assert push(demo)["status"] == "ok"


def test_a_contact_whose_e_mail_a_customer_has_is_that_customer_where_e_mail_is_a_step(
    demo: Playground,
) -> None:
    known = {
        "Name": "Berg, Eva",
        "IsPrivatePerson": True,
        "EmailAddress": "Eva.Berg@hem.example",
        "InvoicePostalCode": "111 22",
        "InvoiceCity": "Stockholm",
        "InvoiceCountryCode": "SE",
    }
    demo.reset(world(won("eva-deal"), contacts=(EVA,), roles=(TO_EVA,), customers=(known,)))
    add_config(demo, f'{PRIVATE}\n[companies.se.match]\nsteps = ["link", "email"]')
    done = push(demo)
    assert done["status"] == "ok", done["holds"]
    assert [one["Name"] for one in demo.company()["customers"]] == ["Berg, Eva"]


def test_a_configured_lookup_names_the_contact_in_place_of_the_role(demo: Playground) -> None:
    demo.reset(world(won("eva-deal", Primary_Contact__c="@eva"), contacts=(EVA,)))
    add_config(demo, PRIVATE)
    assert holds(push(demo)) == ["CUSTOMER_MISSING"], "no primary contact role"
    add_config(demo, '[source.fields]\ncontact = "Primary_Contact__c"')
    done = push(demo)
    assert done["status"] == "ok", done["holds"]
    assert [one["Name"] for one in demo.company()["customers"]] == ["Eva Berg"]
    told = demo.sfspiris("explain", demo.deals()["eva-deal"]["Id"])
    assert told.code == 0, told.err
    assert "Primary_Contact__r.MailingStreet" in told.out


# --- one buyer in two currencies ----------------------------------------------------------------------------------

TWO = '[companies.se.customers]\nper_currency = "create"'


def two_currencies(*customers: Json) -> Json:
    deals = (won("i-kronor", AccountId="@volvo"), won("i-euro", "EUR", AccountId="@volvo"))
    return world(*deals, accounts=(VOLVO,), customers=customers)


def by_currency(demo: Playground) -> dict[str, Json]:
    """The customers by currency, of which there is one each."""
    customers = demo.company()["customers"]
    found = {one["CurrencyCode"]: one for one in customers}
    assert len(found) == len(customers), customers
    return found


def billed(demo: Playground) -> list[str]:
    """The currency of each draft's customer."""
    currency = {one["Id"]: one["CurrencyCode"] for one in demo.company()["customers"]}
    return sorted(currency[one["CustomerId"]] for one in demo.company()["drafts"])


def test_a_second_currency_waits_unless_a_second_customer_may_be_made(demo: Playground) -> None:
    demo.reset(two_currencies())
    (hold,) = push(demo)["holds"]
    assert hold["code"] == "CURRENCY_MISMATCH"
    assert 'per_currency = "create"' in hold["fix"]
    assert len(by_currency(demo)) == 1
    (again,) = push(demo)["holds"]
    assert 'per_currency = "create"' in again["fix"]
    add_config(demo, TWO)
    assert push(demo)["status"] == "ok"
    assert by_currency(demo).keys() == {"SEK", "EUR"}
    settle(demo)


def test_two_deals_in_two_currencies_of_a_new_account_make_two_customers_each_once(demo: Playground) -> None:
    demo.reset(two_currencies())
    add_config(demo, TWO)
    done = push(demo)
    assert done["status"] == "ok", done["holds"]
    assert by_currency(demo).keys() == {"SEK", "EUR"}
    assert {one["CorporateIdentityNumber"] for one in demo.company()["customers"]} == {ORGNR}
    assert billed(demo) == ["EUR", "SEK"]
    settle(demo)
    (demo.folder / "sfspiris.db").unlink()
    rebuilt = demo.sfspiris("state", "rebuild")
    assert rebuilt.code == 0, rebuilt.err
    assert len(demo.company()["customers"]) == 2
    settle(demo)


@pytest.mark.parametrize("lost", [1, 2])
def test_when_the_reply_to_either_customer_is_lost_there_are_still_two(demo: Playground, lost: int) -> None:
    demo.reset(two_currencies())
    add_config(demo, TWO)
    fault = {"effect": "drop_after", "path": "/customers", "method": "POST", "nth": lost}
    demo.control("spiris", "POST", "faults", fault)
    assert demo.sfspiris("push-closed-won", "--json").code in {3, 8}
    done = push(demo)
    assert holds(done) == []
    assert by_currency(demo).keys() == {"SEK", "EUR"}
    assert billed(demo) == ["EUR", "SEK"]
    settle(demo)


def test_a_customer_that_finance_closed_in_the_deals_currency_is_not_made_again(demo: Playground) -> None:
    shared = {"CorporateIdentityNumber": ORGNR, "InvoicePostalCode": "405 08", "InvoiceCity": "Göteborg"}
    known = {"Name": "AB Volvo", "InvoiceCountryCode": "SE"} | shared
    closed = known | {"CurrencyCode": "EUR", "IsActive": False}
    demo.reset(two_currencies(known, closed))
    add_config(demo, TWO)
    assert holds(push(demo)) == ["CUSTOMER_INACTIVE"]
    assert len(demo.company()["customers"]) == 2


# --- one customer per department ----------------------------------------------------------------------------------


def test_a_field_on_the_deal_picks_the_customer_of_a_department(demo: Playground) -> None:
    shared = {
        "CorporateIdentityNumber": ORGNR,
        "InvoicePostalCode": "405 08",
        "InvoiceCity": "Göteborg",
        "InvoiceCountryCode": "SE",
    }
    customers = [
        {"CustomerNumber": number, "Name": f"AB Volvo {name}"} | shared
        for number, name in (("7001", "Lastvagnar"), ("7002", "Bussar"))
    ]
    deals = [won(number, AccountId="@volvo", PO_Number__c=number) for number in ("7001", "7002")]
    unnamed = won("vilken", AccountId="@volvo")
    demo.reset(world(*deals, unnamed, accounts=(VOLVO,), customers=tuple(customers)))
    add_config(
        demo,
        '[source.fields]\ncustomer_number = ["PO_Number__c", "Account.Spiris_Customer_Number__c"]\n'
        '[companies.se.match]\nsteps = ["customer_number", "link", "orgnr"]',
    )
    done = push(demo)
    made = {
        one["deal"]: one["customer"]["number"] for one in done["actions"] if one["kind"] == "create_draft"
    }
    ids = {name: one["Id"] for name, one in demo.deals().items()}
    assert made == {ids["7001"]: "7001", ids["7002"]: "7002"}
    assert [(one["code"], one["deal"]) for one in done["holds"]] == [("CUSTOMER_AMBIGUOUS", ids["vilken"])]
    assert len(demo.company()["customers"]) == 2


# --- at which rate ------------------------------------------------------------------------------------------------


def test_a_foreign_deal_carries_salesforces_rate_and_the_booked_invoice_the_books_own(
    demo: Playground,
) -> None:
    demo.reset(world(won("i-euro", "EUR", AccountId="@volvo"), accounts=(VOLVO,)))
    planned = push(demo, "--dry-run")
    [draft] = [one for one in planned["actions"] if one["kind"] == "create_draft"]
    assert draft["conversion"] == {
        "corporate": "SEK",
        "rate": "0.0885",
        "valid_from": None,
        "net": "1129.94",
    }
    deal = demo.deals()["i-euro"]["Id"]
    told = demo.sfspiris("explain", deal)
    assert "Salesforce's rate: 1 SEK = 0,0885 EUR (which Salesforce gives no date)" in " ".join(
        told.out.split()
    )
    push(demo)
    demo.control("spiris", "POST", f"drafts/{demo.company()['drafts'][0]['Id']}/issue?company=se", {})
    pulled = demo.sfspiris("pull-invoice-status", "--json").document
    [invoice] = [one["invoice"] for one in pulled["actions"] if one["kind"] == "write_invoice"]
    [shown] = demo.control("salesforce", "GET", "state")["records"]["Spiris_Invoice__c"]
    assert invoice["currency"] == "EUR"
    assert float(invoice["exchange_rate"]) == shown["Exchange_Rate__c"] > 1
    assert float(invoice["total_in_books"]) == shown["Amount_Total_Base__c"] > float(invoice["total"])


# --- who numbers customers ----------------------------------------------------------------------------------------


def account_number(demo: Playground) -> str | None:
    [account] = demo.control("salesforce", "GET", "state")["records"]["Account"]
    found: str | None = account["Spiris_Customer_Number__c"]
    return found


def test_spiris_numbers_customers_and_its_number_is_written_back(demo: Playground) -> None:
    demo.reset(world(won("deal", AccountId="@volvo"), accounts=(VOLVO,)))
    assert push(demo)["status"] == "ok"
    [customer] = demo.company()["customers"]
    assert account_number(demo) is None
    assert demo.sfspiris("pull-invoice-status", "--json").code == 0
    assert account_number(demo) == customer["CustomerNumber"]
    settle(demo)


def test_a_field_in_salesforce_numbers_new_customers_where_that_is_wanted(demo: Playground) -> None:
    deals = (won("deal", AccountId="@volvo", PO_Number__c="K-4711"), won("tom", AccountId="@other"))
    other = VOLVO | {"_ref": "other", "Name": "Volvo Bussar AB", "Organisation_Number__c": "556036-0793"}
    demo.reset(world(*deals, accounts=(VOLVO, other)))
    add_config(
        demo,
        '[source.fields]\ncustomer_number = "PO_Number__c"\n[companies.se.customers]\nnumbers = "salesforce"',
    )
    done = push(demo)
    assert [one["CustomerNumber"] for one in demo.company()["customers"]] == ["K-4711"]
    (hold,) = done["holds"]
    assert (hold["code"], hold["field"]) == ("REFERENCE_MISSING", "PO_Number__c")
    deal = demo.deals()["tom"]["Id"]
    demo.control("salesforce", "PATCH", f"records/Opportunity/{deal}", {"PO_Number__c": "K-4711"})
    assert holds(push(demo)) == ["CUSTOMER_AMBIGUOUS"], "the number is the other customer's"
    demo.control("salesforce", "PATCH", f"records/Opportunity/{deal}", {"PO_Number__c": "K-4712"})
    assert push(demo)["status"] == "ok"
    assert sorted(one["CustomerNumber"] for one in demo.company()["customers"]) == ["K-4711", "K-4712"]
