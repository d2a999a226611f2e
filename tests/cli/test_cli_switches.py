"""Stories of what a deal's own fields decide: who owns an address, whether a business unit invoices, and every type of field."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from playground import finance

if TYPE_CHECKING:
    from playground import Json, Playground

SCHEMA = {
    "Opportunity": {
        "fields": [
            {"name": "Unit__c", "type": "Picklist", "picklistValues": ["Konsult", "Utbildning"]},
            {"name": "Kinds__c", "type": "MultiselectPicklist", "picklistValues": ["A", "B", "C"]},
            {"name": "Delivered__c", "type": "Date"},
            {"name": "Fee__c", "type": "Currency"},
            {"name": "Label__c", "type": "Text", "length": 120, "formula": "Name"},
        ]
    }
}


def add_config(demo: Playground, text: str) -> None:
    with (demo.folder / "sfspiris.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


def sold(demo: Playground) -> Json:
    """A won deal that becomes a draft of the Swedish company as it stands, for a customer that is new."""
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    new = {one["deal"] for one in planned["actions"] if one["kind"] == "create_customer"}
    ids = [
        one["deal"]
        for one in planned["actions"]
        if one["kind"] == "create_draft" and one["company"] == "se" and one["deal"] in new
    ]
    return next(one for one in demo.deals().values() if one["Id"] == min(ids))


def change(demo: Playground, kind: str, record: str, **fields: object) -> None:
    demo.control("salesforce", "PATCH", f"records/{kind}/{record}", fields)


def test_a_name_that_spiris_owns_is_told_and_an_address_that_salesforce_owns_is_written(
    demo: Playground,
) -> None:
    deal = sold(demo)
    add_config(demo, '[companies.se.ownership]\ndefault = "spiris"\nstreet = "salesforce"')
    only = ("push-closed-won", "--json", "--deal", deal["Id"])
    assert demo.sfspiris(*only).code == 0
    [customer] = [one for one in demo.company()["customers"] if deal["AccountId"] in (one["Note"] or "")]
    edited = {"Name": "Finansens namn AB", "InvoiceAddress1": "Finansgatan 1"}
    finance(demo, f"customers/{customer['Id']}/edit", edited)
    change(demo, "Account", deal["AccountId"], Name="Säljets namn AB", BillingStreet="Säljgatan 2")
    done = demo.sfspiris(*only).document
    [update] = [one for one in done["actions"] if one["kind"] == "update_customer"]
    assert [one["field"] for one in update["changes"]] == ["Street"]
    said = " ".join(one["message"] for one in done["warnings"])
    assert "Säljets namn AB" in said
    assert "Finansens namn AB" in said
    [kept] = [one for one in demo.company()["customers"] if one["Id"] == customer["Id"]]
    assert (kept["Name"], kept["InvoiceAddress1"]) == ("Finansens namn AB", "Säljgatan 2")


def test_the_gate_switches_invoicing_on_for_one_business_unit_and_off_for_another(demo: Playground) -> None:
    demo.control("salesforce", "PUT", "schema", SCHEMA)
    deal = sold(demo)
    add_config(demo, "[source]\ngate = \"IsWon = true AND Unit__c = 'Konsult'\"")
    change(demo, "Opportunity", deal["Id"], Unit__c="Utbildning")
    assert demo.sfspiris("push-closed-won", "--json").kinds() == []
    change(demo, "Opportunity", deal["Id"], Unit__c="Konsult")
    done = demo.sfspiris("push-closed-won", "--json").document
    assert {one["deal"] for one in done["actions"]} == {deal["Id"]}
    assert len(demo.drafts()) == 1


def test_every_type_of_field_can_be_a_source_and_an_empty_one_passes_on_to_the_next(demo: Playground) -> None:
    demo.control("salesforce", "PUT", "schema", SCHEMA)
    deal = sold(demo)
    demo.control("salesforce", "POST", "records", {"Account": [{"Name": "Modern AB"}]})
    accounts = demo.control("salesforce", "GET", "state")["records"]["Account"]
    parent = next(one for one in accounts if one["Name"] == "Modern AB")
    change(demo, "Account", deal["AccountId"], ParentId=parent["Id"])
    change(
        demo,
        "Opportunity",
        deal["Id"],
        Unit__c="Konsult",
        Kinds__c="A;C",
        Delivered__c="2026-11-05",
        Fee__c=12.5,
        PO_Number__c=None,
    )
    add_config(
        demo,
        '[source.fields]\nyour_reference = "Account.Parent.Name"\npurchase_order = ["PO_Number__c", "Kinds__c"]\n'
        'our_reference = "Unit__c"\ncomment = ["PO_Number__c", "Label__c"]\ndelivery_date = "Delivered__c"\n'
        'electronic_reference = "Fee__c"',
    )
    ended = demo.sfspiris("push-closed-won", "--json", "--deal", deal["Id"])
    assert ended.code == 0, ended.out
    [draft] = demo.drafts()
    assert draft["YourReference"] == "Modern AB"
    assert draft["OurReference"].startswith("Konsult")
    assert draft["BuyersOrderReference"] == "A;C"
    assert str(draft["DeliveryDate"]).startswith("2026-11-05")
    assert draft["Rows"][-1]["Text"] == deal["Name"], "a formula"
    assert draft["ElectronicReference"] == "12.5"


VAT_SCHEMA = {
    "Opportunity": {
        "fields": [
            {"name": "Incl_VAT__c", "type": "Checkbox"},
            {"name": "Incl_VAT_Note__c", "type": "Text", "length": 20},
        ]
    }
}


def test_prices_that_include_vat_become_the_draft_of_the_same_sale_without(demo: Playground) -> None:
    demo.control("salesforce", "PUT", "schema", VAT_SCHEMA)
    deal = sold(demo)
    only = ("--json", "--deal", deal["Id"])
    without = demo.sfspiris("push-closed-won", "--dry-run", *only).document
    [net] = [one["draft"] for one in without["actions"] if one["kind"] == "create_draft"]
    assert Decimal(net["totals"]["vat"]) > 0, "a sale with VAT"

    rates = {row["article"]: Decimal(row["vat_rate"]) for row in net["rows"] if "article" in row}
    state = demo.control("salesforce", "GET", "state")["records"]
    codes = {one["Id"]: one["ProductCode"] for one in state["Product2"]}
    for line in state["OpportunityLineItem"]:
        if line["OpportunityId"] == deal["Id"]:
            price = Decimal(str(line["UnitPrice"])) * (1 + rates[codes[line["Product2Id"]]] / 100)
            change(demo, "OpportunityLineItem", line["Id"], UnitPrice=float(price))
    change(demo, "Opportunity", deal["Id"], Incl_VAT__c=True)
    unmapped = demo.sfspiris("push-closed-won", "--dry-run", *only).document
    assert [one["draft"]["totals"] for one in unmapped["actions"] if one["kind"] == "create_draft"] != [
        net["totals"]
    ]

    add_config(demo, '[source.fields]\nprices_include_vat = ["Incl_VAT_Note__c", "Incl_VAT__c"]')
    change(demo, "Opportunity", deal["Id"], Incl_VAT_Note__c="vet ej")
    held = demo.sfspiris("push-closed-won", *only)
    assert held.code == 3
    assert [(one["code"], one["value"]) for one in held.document["holds"]] == [
        ("VAT_TREATMENT_UNCLEAR", "vet ej")
    ]
    assert demo.drafts() == []

    change(demo, "Opportunity", deal["Id"], Incl_VAT_Note__c=None)
    done = demo.sfspiris("push-closed-won", *only)
    assert done.code == 0, done.out
    [gross] = [one["draft"] for one in done.document["actions"] if one["kind"] == "create_draft"]
    assert (gross["rows"], gross["totals"]) == (net["rows"], net["totals"])
    [draft] = demo.drafts()
    assert Decimal(str(draft["TotalAmount"])) == Decimal(net["totals"]["total"])
    compared = demo.sfspiris("reconcile", "--json")
    assert deal["Id"] not in {one["deal"] for one in compared.document["lines"] if one["code"]}


def test_a_flow_that_is_switched_off_plans_nothing_asks_nobody_and_says_so(demo: Playground) -> None:
    path = demo.folder / "sfspiris.toml"
    on = path.read_text(encoding="utf-8")
    path.write_text(f"{on}\n[push]\nenabled = false\n", encoding="utf-8")
    demo.forget_calls()
    for arguments in (("push-closed-won", "--dry-run"), ("push-closed-won",)):
        ended = demo.sfspiris(*arguments, "--json")
        assert (ended.code, ended.document["actions"], ended.document["holds"]) == (0, [], [])
        assert [one["code"] for one in ended.document["warnings"]] == ["FLOW_DISABLED"]
        assert ended.document["api_calls"] == {"salesforce": 0, "spiris": 0}
        assert "[push] enabled = false" in demo.sfspiris(*arguments).out
    replay = demo.sfspiris("review", "replay", "--json")
    assert (replay.code, replay.document["error"]["code"]) == (2, "FLOW_DISABLED")
    assert demo.calls("salesforce") == demo.calls("spiris") == []
    assert "avstängt" in demo.sfspiris("push-closed-won", "--lang", "sv").out
    doctor = demo.sfspiris("doctor", "--json")
    assert doctor.code == 0
    assert [(one["area"], one["state"]) for one in doctor.document["findings"] if one["check"] == "flow"] == [
        ("push", "warn")
    ]

    half = demo.sfspiris("sync", "--json").document
    assert half["actions"] == []
    assert "FLOW_DISABLED" in [one["code"] for one in half["warnings"]]
    path.write_text(f"{on}\n[pull]\nenabled = false\n", encoding="utf-8")
    other = demo.sfspiris("sync", "--json").document
    assert "create_draft" in [one["kind"] for one in other["actions"]]
    path.write_text(f"{on}\n[pull]\nenabled = false\n[push]\nenabled = false\n", encoding="utf-8")
    demo.forget_calls()
    for command in ("sync", "pull-invoice-status"):
        assert demo.sfspiris(command, "--json").document["actions"] == []
    assert demo.calls("salesforce") == demo.calls("spiris") == []
