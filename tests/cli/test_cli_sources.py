"""Stories of deals that live in other objects than Opportunity, told with the installed command over real HTTP."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

import pytest

from playground import finance

if TYPE_CHECKING:
    from playground import Json, Playground

REQUEST = "Invoice_Request__c"
SCHEMA: dict[str, Any] = {
    "Order": {"fields": [{"name": "Payment_Terms__c", "type": "Number", "precision": 3, "scale": 0}]},
    REQUEST: {
        "label": "Invoice Request",
        "name_field": {"type": "AutoNumber", "displayFormat": "R-{0000}"},
        "fields": [
            {"name": "Buyer__c", "type": "Lookup", "referenceTo": "Account"},
            {"name": "Delivered__c", "type": "Date"},
            {"name": "Ready__c", "type": "Checkbox"},
            {"name": "Purchase_Order__c", "type": "Text", "length": 80},
            {"name": "Terms__c", "type": "Number", "precision": 3, "scale": 0},
            {"name": "Ordered_By__c", "type": "Lookup", "referenceTo": "Contact"},
            {"name": "Spiris_Sync_Status__c", "type": "Text", "length": 80},
            {"name": "Spiris_Draft_Id__c", "type": "Text", "length": 80},
        ],
    },
    "Invoice_Request_Line__c": {
        "fields": [
            {
                "name": "Request__c",
                "type": "MasterDetail",
                "referenceTo": REQUEST,
                "children": "Request_Lines",
            },
            {"name": "Product__c", "type": "Lookup", "referenceTo": "Product2"},
            {"name": "Number__c", "type": "Number", "precision": 10, "scale": 2},
            {"name": "Price__c", "type": "Currency"},
            {"name": "Text__c", "type": "Text", "length": 255},
        ]
    },
}
OWN = f"""object = "{REQUEST}"
lines = "Request_Lines__r"
gate = "Ready__c = true"
"""
OWN_FIELDS = """delivery_date = "Delivered__c"
purchase_order = "Purchase_Order__c"
payment_terms_days = ["Terms__c", "Buyer__r.Payment_Terms__c"]
your_reference = ["Ordered_By__r.Name", "Buyer__r.Name"]
line_quantity = "Number__c"
line_unit_price = "Price__c"
line_text = ["Text__c", "Product__r.Name"]
"""


def use_source(demo: Playground, source: str, fields: str = "") -> None:
    path = demo.folder / "sfspiris.toml"
    text = path.read_text(encoding="utf-8")
    before, _, after = text.partition("[source]\n")
    rest = after.partition("\n[")[2]
    while rest.startswith("source.fields]"):
        rest = rest.partition("\n[")[2]
    kept = f"[{rest}" if rest else ""
    path.write_text(f"{before}[source]\n{source}\n[source.fields]\n{fields}\n{kept}", encoding="utf-8")


def records(demo: Playground, kind: str) -> list[Json]:
    found: list[Json] = demo.control("salesforce", "GET", "state")["records"].get(kind, [])
    return found


def sample(demo: Playground) -> tuple[Json, list[Json]]:
    """A won deal of the Swedish company without discounts, and its lines in their order."""
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    lines = records(demo, "OpportunityLineItem")
    for action in planned["actions"]:
        if action["kind"] != "create_draft" or action["company"] != "se":
            continue
        own = [one for one in lines if one["OpportunityId"] == action["deal"]]
        if len(own) > 1 and not any(one.get("Discount") for one in own):
            deal = next(one for one in demo.deals().values() if one["Id"] == action["deal"])
            return deal, sorted(own, key=lambda one: (one.get("SortOrder") or 0, one["Id"]))
    raise AssertionError("the demo has such a deal")


def made_by(demo: Playground, deal: str) -> str:
    """The draft that a push of this one record makes, byte by byte, but for its own ids and the record's."""
    before = {one["Id"] for one in demo.drafts()}
    ended = demo.sfspiris("push-closed-won", "--json", "--deal", deal)
    assert ended.code == 0, ended.out
    [draft] = [one for one in demo.drafts() if one["Id"] not in before]
    assert f"SF:{deal}:1:" in draft["OurReference"]
    draft["Rows"] = [{name: value for name, value in row.items() if name != "Id"} for row in draft["Rows"]]
    kept = {name: value for name, value in draft.items() if name not in {"Id", "CreatedUtc", "ModifiedUtc"}}
    return json.dumps(kept, sort_keys=True, indent=1).replace(deal, "DEAL")


def unlike(one: str, other: str) -> list[str]:
    """The lines in which two drafts differ."""
    return [line for line in difflib.ndiff(other.splitlines(), one.splitlines()) if line[0] in "-+"]


def as_order(demo: Playground, deal: Json, lines: list[Json]) -> str:
    """The same sale as an activated order."""
    items = [
        {"Product2Id": one["Product2Id"], "PricebookEntryId": one["PricebookEntryId"]}
        | {name: one[name] for name in ("Quantity", "UnitPrice", "Description") if one.get(name) is not None}
        for one in lines
    ]
    order = {
        "AccountId": deal["AccountId"],
        "Pricebook2Id": deal["Pricebook2Id"],
        "CurrencyIsoCode": deal["CurrencyIsoCode"],
        "OwnerId": deal["OwnerId"],
        "EffectiveDate": deal["CloseDate"],
        "Status": "Activated",
        "Payment_Terms__c": deal["Payment_Terms__c"],
        "PoNumber": deal["PO_Number__c"],
        "BillToContactId": deal["Primary_Contact__c"],
        "OrderItems": items,
    }
    demo.control("salesforce", "POST", "records", {"Order": [order]})
    return str(records(demo, "Order")[-1]["Id"])


def as_request(demo: Playground, deal: Json, lines: list[Json], **changes: Any) -> str:
    """The same sale as a record of the org's own."""
    request = {
        "Buyer__c": deal["AccountId"],
        "OwnerId": deal["OwnerId"],
        "CurrencyIsoCode": deal["CurrencyIsoCode"],
        "Delivered__c": deal["CloseDate"],
        "Ready__c": True,
        "Purchase_Order__c": deal["PO_Number__c"],
        "Terms__c": deal["Payment_Terms__c"],
        "Ordered_By__c": deal["Primary_Contact__c"],
        "Request_Lines__r": [
            {
                "Product__c": one["Product2Id"],
                "Number__c": one["Quantity"],
                "Price__c": one["UnitPrice"],
                "Text__c": one.get("Description"),
            }
            for one in lines
        ],
        **changes,
    }
    demo.control("salesforce", "POST", "records", {REQUEST: [request]})
    return str(records(demo, REQUEST)[-1]["Id"])


def test_the_same_sale_gives_the_same_draft_from_an_opportunity_an_order_and_an_own_object(
    demo: Playground,
) -> None:
    demo.control("salesforce", "PUT", "schema", SCHEMA)
    deal, lines = sample(demo)
    order, request = as_order(demo, deal, lines), as_request(demo, deal, lines)
    of_deal = made_by(demo, deal["Id"])
    use_source(demo, 'object = "Order"')
    of_order = made_by(demo, order)
    use_source(demo, OWN, OWN_FIELDS)
    of_request = made_by(demo, request)
    assert unlike(of_order, of_deal) == []
    assert unlike(of_request, of_deal) == []
    [written] = records(demo, REQUEST)
    assert written["Spiris_Sync_Status__c"] == "Draft"
    assert written["Spiris_Draft_Id__c"] in {one["Id"] for one in demo.drafts()}


def test_a_record_that_stops_passing_the_gate_between_two_runs_is_not_invoiced(demo: Playground) -> None:
    demo.control("salesforce", "PUT", "schema", SCHEMA)
    deal, lines = sample(demo)
    request = as_request(demo, deal, lines)
    use_source(demo, OWN, OWN_FIELDS)
    assert "create_draft" in demo.sfspiris("push-closed-won", "--dry-run", "--json").kinds()
    demo.control("salesforce", "PATCH", f"records/{REQUEST}/{request}", {"Ready__c": False})
    assert demo.sfspiris("push-closed-won", "--json").kinds() == []
    named = demo.sfspiris("push-closed-won", "--json", "--deal", request)
    assert named.code == 2
    assert request in named.document["error"]["message"]
    assert demo.drafts() == []


@pytest.mark.parametrize(
    ("source", "fields", "key", "nearest"),
    [
        (
            OWN.replace("Request_Lines__r", "Request_Line__r"),
            OWN_FIELDS,
            "[source] lines",
            "Request_Lines__r",
        ),
        (
            OWN,
            OWN_FIELDS.replace("Number__c", "Numbr__c"),
            "[source.fields] line_quantity",
            "Did you mean Number__c?",
        ),
        (
            OWN,
            OWN_FIELDS.replace('line_unit_price = "Price__c"\n', ""),
            "[source.fields] line_unit_price",
            "Price__c",
        ),
        (OWN.replace(REQUEST, "Invoice_Requests__c"), OWN_FIELDS, "[source] object", REQUEST),
    ],
)
def test_what_an_own_object_does_not_have_is_told_with_its_key_and_the_nearest_name(
    demo: Playground, source: str, fields: str, key: str, nearest: str
) -> None:
    demo.control("salesforce", "PUT", "schema", SCHEMA)
    use_source(demo, source, fields)
    ended = demo.sfspiris("push-closed-won", "--dry-run", "--json")
    assert ended.code == 2
    error = ended.document["error"]
    assert key in error["message"]
    assert nearest in error["remedy"]
    assert "sfspiris.toml" in error["remedy"]


def quoted(demo: Playground, deal: Json, lines: list[Json]) -> str:
    """A quote over the deal's first line only, synced with it."""
    item = {name: lines[0][name] for name in ("Product2Id", "PricebookEntryId", "Quantity", "UnitPrice")}
    quote = {
        "Name": "Offert",
        "OpportunityId": deal["Id"],
        "Pricebook2Id": deal["Pricebook2Id"],
        "Status": "Accepted",
        "QuoteLineItems": [item],
    }
    demo.control("salesforce", "POST", "records", {"Quote": [quote]})
    return str(records(demo, "Quote")[-1]["Id"])


def test_lines_come_from_the_synced_quote_and_a_deal_that_says_otherwise_is_told(demo: Playground) -> None:
    deal, lines = sample(demo)
    quote = quoted(demo, deal, lines)
    demo.control("salesforce", "PATCH", f"records/Opportunity/{deal['Id']}", {"SyncedQuoteId": quote})
    use_source(demo, 'object = "Opportunity"\nlines = "quote"')
    ended = demo.sfspiris("push-closed-won", "--json", "--deal", deal["Id"])
    assert ended.code == 0, ended.out
    [draft] = demo.drafts()
    assert [row["ArticleNumber"] for row in draft["Rows"] if not row["IsTextRow"]] == [
        lines[0]["ProductCode"]
    ]


def test_a_deal_without_a_synced_quote_has_no_lines_to_invoice(demo: Playground) -> None:
    deal, _ = sample(demo)
    use_source(demo, 'object = "Opportunity"\nlines = "quote"')
    ended = demo.sfspiris("push-closed-won", "--json", "--deal", deal["Id"])
    assert [one["code"] for one in ended.document["holds"]] == ["NO_LINES"]
    assert demo.drafts() == []


def test_an_order_is_followed_to_its_paid_invoice_though_salesforce_has_no_fields_for_it(
    demo: Playground,
) -> None:
    demo.control("salesforce", "PUT", "schema", SCHEMA)
    deal, lines = sample(demo)
    order = as_order(demo, deal, lines)
    use_source(demo, 'object = "Order"')
    pushed = demo.sfspiris("push-closed-won", "--json", "--deal", order)
    assert pushed.code == 0, pushed.out
    assert "SOURCE_FIELD_MISSING" not in {one["code"] for one in pushed.document["warnings"]}
    [draft] = demo.drafts()
    finance(demo, f"drafts/{draft['Id']}/issue")
    pulled = demo.sfspiris("pull-invoice-status", "--json")
    assert pulled.code == 0, pulled.out
    [shown] = records(demo, "Spiris_Invoice__c")
    assert (shown["Opportunity__c"], shown["Account__c"]) == (None, deal["AccountId"])
    again = demo.sfspiris("pull-invoice-status", "--json").document
    assert again["actions"] == []
    told = demo.sfspiris("explain", order, "--json")
    assert told.code == 0, told.out
    assert told.document["url"].endswith(f"/lightning/r/Order/{order}/view")
    assert told.document["stage"]
    assert demo.sfspiris("reconcile", "--json").code == 0
