"""Stories of `push-closed-won`, told with the installed command over real HTTP."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from playground import DEMO_HELD, Json, Playground
from sfspiris.sandbox.worlds.demo import PLANTED
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from pathlib import Path


def prints(folder: Path) -> dict[str, str]:
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in folder.glob("sfspiris.db*")}


def test_a_dry_run_sends_no_write_and_makes_no_state(demo: Playground) -> None:
    ended = demo.sfspiris("push-closed-won", "--dry-run", "--json")
    assert ended.code == 3, ended.err
    assert ended.document["mode"] == "dry-run"
    assert demo.writes() == []
    assert prints(demo.folder) == {}


def test_a_dry_run_between_two_runs_changes_no_byte_of_the_state(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    before = prints(demo.folder)
    assert before
    demo.control("salesforce", "POST", "records", {"Opportunity": [another_deal(demo)]})
    demo.forget_calls()
    assert demo.sfspiris("push-closed-won", "--dry-run", "--json").code == 3
    assert (prints(demo.folder), demo.writes()) == (before, [])


def test_push_makes_exactly_what_the_plan_said_and_a_second_push_nothing(demo: Playground) -> None:
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    done = demo.sfspiris("push-closed-won", "--json").document
    assert intended(done) == intended(planned)
    assert {one["outcome"] for one in done["actions"]} == {"done"}
    creates = [one for one in done["actions"] if one["kind"] == "create_draft"]
    assert sorted(one["target_id"] for one in creates) == sorted(one["Id"] for one in demo.drafts())

    demo.forget_calls()
    again = demo.sfspiris("push-closed-won", "--json").document
    assert demo.writes() == []
    assert again["summary"]["create"] == 0
    assert again["actions"] == []
    assert len(demo.calls("salesforce")) <= 3
    by_company = len(demo.calls("spiris")) / 2
    assert by_company <= 2


def test_every_draft_stands_in_spiris_as_the_deal_stands_in_salesforce(demo: Playground) -> None:
    document = demo.sfspiris("push-closed-won", "--json").document
    deals = {one["Id"]: one for one in demo.deals().values()}
    drafts = {one["Id"]: one for one in demo.drafts()}
    for action in document["actions"]:
        if action["kind"] != "create_draft":
            continue
        draft, deal = drafts[action["target_id"]], deals[action["deal"]]
        assert action["deal"] in draft["OurReference"]
        net = float(draft["TotalAmount"]) - float(draft["TotalVatAmount"]) - float(draft["TotalRoundings"])
        assert net == pytest.approx(float(deal["Amount"]), abs=0.001)
        assert deal["Spiris_Sync_Status__c"] == "Draft"
        assert deal["Spiris_Draft_Id__c"] == draft["Id"]
        assert deal["Spiris_Correlation_Id__c"] == action["correlation_id"]


def test_each_planted_defect_is_held_by_its_own_code_with_a_fix_and_no_stack_trace(demo: Playground) -> None:
    ended = demo.sfspiris("push-closed-won", "--json")
    held = {one["deal_name"]: one for one in ended.document["holds"]}
    assert {name: one["code"] for name, one in held.items()} == dict(PLANTED)
    assert len(held) == DEMO_HELD
    for one in held.values():
        assert one["message"].strip()
        assert one["fix"].strip()
        assert one["owner"]
        assert one["links"]["salesforce"].endswith(f"{one['deal']}/view")
    assert "Traceback" not in ended.err + ended.out
    deals = demo.deals()
    for name, code in PLANTED.items():
        assert deals[name]["Spiris_Sync_Status__c"] == "Held"
        assert deals[name]["Spiris_Sync_Code__c"] == code


def test_nothing_that_books_or_mails_is_ever_called(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    demo.sfspiris("pull-invoice-status")
    demo.sfspiris("reconcile")
    forbidden = ("/convert", "/email", "/einvoice", "/payments", "/void", "/print")
    assert not [one for one in demo.calls("spiris") if one["path"].rstrip("/").endswith(forbidden)]
    assert not [
        one
        for one in demo.calls("spiris")
        if one["method"] == "POST" and one["path"].endswith("/customerinvoices")
    ]


def test_one_deal_by_its_15_character_id(demo: Playground) -> None:
    deal = next(
        one
        for one in demo.deals().values()
        if one["IsWon"] and one["Name"] not in PLANTED and one["CloseDate"] > "2026-11"
    )
    ended = demo.sfspiris("push-closed-won", "--json", "--deal", deal["Id"][:15])
    assert ended.code == 0, ended.out
    assert {one["deal"] for one in ended.document["actions"]} == {deal["Id"]}
    assert len(demo.drafts()) == 1


def test_a_deal_that_is_not_won_or_not_there_is_named(demo: Playground) -> None:
    open_deal = next(one for one in demo.deals().values() if not one["IsWon"])
    ended = demo.sfspiris("push-closed-won", "--json", "--deal", open_deal["Id"], "--deal", "006000000000ZZZ")
    assert ended.code == 2
    assert open_deal["Name"] in ended.document["error"]["message"]
    assert "006000000000ZZZ" in ended.document["error"]["message"]


def test_a_pilot_of_one_then_the_rest(demo: Playground) -> None:
    ready = len(demo.sfspiris("push-closed-won", "--dry-run", "--json").kinds())
    for language, words in (
        ("en", "more deals are ready; run again with"),
        ("sv", "affärer till är klara; kör igen"),
    ):
        page = demo.sfspiris("push-closed-won", "--dry-run", "--limit", "1", "--lang", language).out
        assert words in " ".join(page.split())
    first = demo.sfspiris("push-closed-won", "--limit", "1", "--json").document["summary"]
    assert first["create"] in {1, 2}
    assert len(demo.drafts()) == 1
    rest = demo.sfspiris("push-closed-won", "--json")
    assert first["beyond_limit"] == rest.kinds().count("create_draft") < ready
    assert rest.document["summary"]["beyond_limit"] == 0
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    assert planned["summary"]["create"] == 0
    assert len(demo.drafts()) > 1


def test_reports_are_written_beside_the_plan_and_open_without_network_or_script(demo: Playground) -> None:
    for name in ("plan.html", "plan.md", "plan.csv"):
        assert demo.sfspiris("push-closed-won", "--dry-run", "--report", name).code == 3
        assert (demo.folder / name).stat().st_size > 1000
    page = (demo.folder / "plan.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http://" not in page.replace(demo.salesforce, "")
    assert "2397" not in page, "a sole trader's number is masked"
    for name in PLANTED:
        assert name.replace("&", "&amp;") in page


def test_people_read_a_plan_with_totals_and_reasons(demo: Playground) -> None:
    ended = demo.sfspiris("push-closed-won", "--dry-run")
    assert "Nothing was written" in ended.out
    assert "ORGNR_INVALID" in ended.out
    assert "\x1b[" not in ended.out


def test_logs_are_json_lines_with_the_runs_id_and_no_secret(demo: Playground) -> None:
    ended = demo.sfspiris("push-closed-won", "--json", "--log-format", "json", "-vv")
    lines = [json.loads(line) for line in ended.err.splitlines() if line.startswith("{")]
    assert lines
    assert {line["run_id"] for line in lines} == {ended.document["run_id"]}
    everything = (
        ended.out
        + ended.err
        + "".join(one.read_bytes().decode("latin-1") for one in demo.folder.glob("sfspiris.db"))
    )
    for secret in ("sandbox-secret", "BEGIN PRIVATE", "Bearer ", *tokens(demo.folder)):
        assert secret not in everything
    assert "9006022397" not in everything
    assert "900602-2397" not in everything


def test_a_world_without_deals_is_a_quiet_success(demo: Playground) -> None:
    demo.reset("empty")
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 0
    assert ended.document["summary"] == {
        "create": 0,
        "update": 0,
        "delete": 0,
        "unchanged": 0,
        "held": 0,
        "failed": 0,
        "out_of_scope": 0,
        "beyond_limit": 0,
    }


def test_names_in_swedish_emoji_quotes_and_line_breaks_and_200_lines_pass(demo: Playground) -> None:
    demo.reset("empty")
    name = "Åkes \"Öl\" & 'Ångström' 🍺\nHandels <b>AB</b>"
    company = demo.company()
    article = company["articles"][0]["Number"] if company["articles"] else None
    world = small_world(name, lines=200, article=article or "KONS")
    demo.reset(world)
    ended = demo.sfspiris("push-closed-won", "--json", "--report", "plan.html")
    assert ended.code == 0, ended.out + ended.err
    (draft,) = demo.company()["drafts"]
    assert len(draft["Rows"]) == 200
    assert draft["InvoiceCustomerName"] == "Åkes \"Öl\" & 'Ångström' 🍺 Handels <b>AB</b>"
    assert "<b>AB</b>" not in (demo.folder / "plan.html").read_text(encoding="utf-8")


def test_without_our_fields_in_salesforce_the_run_says_so_once_and_works(demo: Playground) -> None:
    fields = [one for one in next(iter(demo.deals().values())) if one.startswith("Spiris_")]
    demo.control("salesforce", "PUT", "schema", {"Opportunity": {"hidden": fields}})
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 3, ended.out
    told = [one for one in ended.document["warnings"] if one["code"] == "WRITE_BACK_UNAVAILABLE"]
    assert len(told) == 1
    assert demo.drafts()


def test_a_configured_field_that_salesforce_hides_is_a_clear_error(demo: Playground) -> None:
    demo.control("salesforce", "PUT", "schema", {"Account": {"hidden": ["Organisation_Number__c"]}})
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 2
    error = ended.document["error"]
    assert "Organisation_Number__c" in error["message"] + error["remedy"]


@pytest.mark.parametrize("effect", ["status_after", "drop_after", "truncate", "garbage", "html", "empty"])
def test_a_broken_answer_to_a_create_makes_nothing_twice(demo: Playground, effect: str) -> None:
    demo.reset(small_world("Volvo", lines=1, article="KONS"))
    fault: Json = {
        "method": "POST",
        "path": "/v2/customerinvoicedrafts",
        "nth": 1,
        "times": 1,
        "effect": effect,
    }
    if effect == "status_after":
        fault |= {"code": 500, "body": "oops"}
    demo.control("spiris", "POST", "faults", fault)
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 3
    assert [one["code"] for one in ended.document["holds"]] == ["OUTCOME_UNKNOWN"]
    again = demo.sfspiris("push-closed-won", "--json")
    assert again.code == 0, again.out
    assert len(demo.company()["drafts"]) == 1
    assert next(iter(demo.deals().values()))["Spiris_Sync_Status__c"] == "Draft"


@pytest.mark.parametrize("effect", ["garbage", "html", "empty", "truncate"])
def test_a_broken_answer_to_a_read_moves_no_cursor_and_loses_no_deal(demo: Playground, effect: str) -> None:
    demo.reset(small_world("Volvo", lines=1, article="KONS"))
    demo.control(
        "salesforce",
        "POST",
        "faults",
        {"method": "GET", "path": "/query", "nth": 1, "times": 50, "effect": effect},
    )
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 8, ended.out
    demo.control("salesforce", "DELETE", "faults")
    assert demo.sfspiris("push-closed-won", "--json").code == 0
    assert len(demo.company()["drafts"]) == 1


def test_a_state_file_that_was_lost_makes_nothing_twice(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    before = sorted(one["Id"] for one in demo.drafts())
    (demo.folder / "sfspiris.db").unlink()
    demo.sfspiris("push-closed-won")
    assert sorted(one["Id"] for one in demo.drafts()) == before
    assert demo.sfspiris("push-closed-won", "--dry-run", "--json").document["summary"]["create"] == 0


def intended(document: Json) -> list[tuple[Any, ...]]:
    return [
        (one["id"], one["kind"], one["deal"], one["company"], json.dumps(one["changes"]))
        for one in document["actions"]
        if one["kind"] != "write_deal"
    ]


def tokens(folder: Path) -> list[str]:
    found = []
    for one in (folder / "tokens").glob("*"):
        if one.is_file() and one.suffix == ".json":
            found += [
                value
                for key, value in json.loads(one.read_text()).items()
                if "token" in key and isinstance(value, str)
            ]
    assert found
    return found


def another_deal(demo: Playground) -> Json:
    model = next(one for one in demo.deals().values() if one["IsWon"])
    return {
        "Name": "En till",
        "AccountId": model["AccountId"],
        "StageName": model["StageName"],
        "CloseDate": "2026-11-18",
        "OwnerId": model["OwnerId"],
    }


def small_world(customer: str, *, lines: int, article: str) -> Json:
    """One Swedish company, one account, one won deal of so many lines."""
    return {
        "now": "2026-11-20T08:00:00Z",
        "salesforce": {
            "org": {"Name": "Liten", "IsSandbox": True, "state_country_picklists": True},
            "schema": dict(CUSTOM_SCHEMA),
            "records": {
                "User": [
                    {
                        "_ref": "anna",
                        "FirstName": "Anna",
                        "LastName": "Ek",
                        "Username": "anna@liten.example",
                        "Alias": "anna",
                        "Email": "anna@liten.example",
                    }
                ],
                "Account": [
                    {
                        "_ref": "a",
                        "Name": customer,
                        "BillingStreet": "Storgatan 1",
                        "BillingPostalCode": "11122",
                        "BillingCity": "Stockholm",
                        "BillingCountryCode": "SE",
                        "Organisation_Number__c": "556012-5790",
                        "OwnerId": "@anna",
                    }
                ],
                "Pricebook2": [{"_ref": "std", "Name": "Standard", "IsStandard": True, "IsActive": True}],
                "Product2": [{"_ref": "p", "Name": "Konsulttimme", "ProductCode": article, "IsActive": True}],
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
                        "_ref": "o",
                        "Name": "En affär",
                        "AccountId": "@a",
                        "StageName": "Closed Won",
                        "CloseDate": "2026-11-10",
                        "OwnerId": "@anna",
                        "Pricebook2Id": "@std",
                    }
                ],
                "OpportunityLineItem": [
                    {
                        "OpportunityId": "@o",
                        "PricebookEntryId": "@e",
                        "Quantity": n,
                        "UnitPrice": 100,
                        "SortOrder": n,
                        "Description": f'Rad {n} – Ärende "{n}"\nandra raden 🍺',
                    }
                    for n in range(1, lines + 1)
                ],
            },
        },
        "spiris": {
            "companies": [
                {
                    "key": "se",
                    "name": "Liten AB",
                    "orgnr": "559987-1430",
                    "articles": [
                        {
                            "Number": article,
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
