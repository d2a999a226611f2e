"""What a data subject may ask: what is remembered of an account, and that it be forgotten, without a second customer or invoice."""

from __future__ import annotations

import errno
import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from playground import finance
from sfspiris.sandbox.worlds.numbers import orgnr
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA
from sfspiris.state.subjects import Subjects

if TYPE_CHECKING:
    from playground import Json, Playground

ENGLISH = re.compile(r"\b(the|deals?|drafts|customers?|kept|would|and|with|is|of|from|what|rows?)\b")
FIRM, TAILOR = orgnr("559981001"), "811228-9874"
DEAL = {"StageName": "Closed Won", "CloseDate": "2026-11-10", "OwnerId": "@anna", "Pricebook2Id": "@std"}


def account(ref: str, name: str, number: str) -> Json:
    return {
        "_ref": ref,
        "Name": name,
        "BillingStreet": "Storgatan 1",
        "BillingPostalCode": "11122",
        "BillingCity": "Stockholm",
        "BillingCountryCode": "SE",
        "Organisation_Number__c": number,
        "OwnerId": "@anna",
    }


def world() -> Json:
    """A firm and a sole trader, whose organisation number is a person's; Spiris has both as customers already."""
    address = {"InvoicePostalCode": "111 22", "InvoiceCity": "Stockholm", "InvoiceCountryCode": "SE"}
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
                        "Email": "anna@liten.example",
                        "Alias": "anna",
                    }
                ],
                "Account": [
                    account("firm", "Firman AB", FIRM),
                    account("tailor", "Sys hos Kim", TAILOR),
                    account("branch", "Firmans filial", ""),
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
                    DEAL | {"_ref": "d1", "Name": "Kostym", "AccountId": "@tailor"},
                    DEAL | {"_ref": "d2", "Name": "Skylt", "AccountId": "@firm"},
                ],
                "OpportunityLineItem": [
                    {"OpportunityId": f"@{one}", "PricebookEntryId": "@e", "Quantity": 1, "UnitPrice": 100}
                    for one in ("d1", "d2")
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
                            "Number": "KONS",
                            "Name": "Konsulttimme",
                            "coding": "services-25",
                            "unit": "tim",
                            "NetPrice": 100,
                        }
                    ],
                    "customers": [
                        {"Name": "Kims Syateljé", "CorporateIdentityNumber": TAILOR} | address,
                        {"Name": "Firman AB", "CorporateIdentityNumber": FIRM} | address,
                    ],
                }
            ]
        },
    }


@pytest.fixture
def made(demo: Playground) -> Playground:
    """Both deals have their draft."""
    demo.reset(world())
    for left in (*demo.folder.glob("*.jsonl"), *demo.folder.glob("kim*.json")):
        left.unlink()
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 0, ended.out + ended.err
    assert len(demo.company()["drafts"]) == len(demo.company()["customers"]) == 2
    return demo


@pytest.fixture
def paid(made: Playground) -> Playground:
    """The tailor's invoice is paid, and the firm's is still a draft."""
    draft = made.deals()["Kostym"]["Spiris_Draft_Id__c"]
    invoice = finance(made, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    finance(made, f"invoices/{invoice['Id']}/pay", {"date": "2026-11-20"})
    assert made.sfspiris("pull-invoice-status").code == 0
    assert made.deals()["Kostym"]["Spiris_Sync_Status__c"] == "Paid"
    return made


def tailor(demo: Playground) -> str:
    found: str = demo.deals()["Kostym"]["AccountId"]
    return found


def stored(demo: Playground, table: str, where: str) -> int:
    with closing(sqlite3.connect(f"file:{demo.folder / 'sfspiris.db'}?mode=ro", uri=True)) as memory:
        return int(memory.execute(f"SELECT COUNT(*) FROM {table} WHERE {where}").fetchone()[0])


def sell_again(demo: Playground, account_id: str, *, quantity: int = 2) -> None:
    """The account buys something else; of nothing, the deal will wait."""
    records = demo.control("salesforce", "GET", "state")["records"]
    ids = {kind: records[kind][0]["Id"] for kind in ("User", "Pricebook2", "PricebookEntry")}
    deal = DEAL | {"_ref": "new", "Name": "Byxor", "AccountId": account_id}
    line = {
        "OpportunityId": "@new",
        "PricebookEntryId": ids["PricebookEntry"],
        "Quantity": quantity,
        "UnitPrice": 100,
    }
    added = {
        "Opportunity": [deal | {"OwnerId": ids["User"], "Pricebook2Id": ids["Pricebook2"]}],
        "OpportunityLineItem": [line],
    }
    demo.control("salesforce", "POST", "records", added)


def test_everything_about_an_account_is_given_out_and_nothing_about_another(paid: Playground) -> None:
    kim, deal = tailor(paid), paid.deals()["Kostym"]
    other = paid.deals()["Skylt"]
    paid.forget_calls()
    before = (paid.folder / "sfspiris.db").read_bytes()
    ended = paid.sfspiris("gdpr", "export", kim)
    assert ended.code == 0, ended.err
    document = ended.document
    assert paid.calls("salesforce") == paid.calls("spiris") == []
    assert (paid.folder / "sfspiris.db").read_bytes() == before
    assert [one["evidence"] for one in document["customer_links"]] == ["organisation number"]
    assert [(one["deal_id"], one["status"]) for one in document["documents"]] == [(deal["Id"], "Paid")]
    assert {one["kind"] for one in document["writes"]} >= {"create_draft", "write_deal"}
    draft = next(one for one in document["writes"] if one["kind"] == "create_draft")
    assert [one["event"] for one in draft["journal"]] == ["record", "arm", "confirm"]
    assert [one["number"] for one in document["invoices"]] == [str(deal["Spiris_Invoice_Number__c"])]
    assert {one["kind"] for one in document["shown"]} >= {"account", "invoice"}
    assert {one["key"] for one in document["shown_events"]} >= {kim}
    assert other["Id"] not in ended.out
    assert other["AccountId"] not in ended.out
    assert TAILOR not in ended.out.replace(" ", "")
    assert "Kim" not in ended.out

    for told in (
        kim[:15],
        f"https://liten.lightning.force.com/lightning/r/Account/{kim}/view",
        f"https://liten.my.salesforce.com/{kim[:15]}",
    ):
        again = paid.sfspiris("gdpr", "export", told, "--json").document
        assert again | {"at": ""} == document | {"at": ""}
    filed = paid.sfspiris("gdpr", "export", kim, "--out", "kim.json", "--lang", "sv")
    assert "Skriven till kim.json." in filed.out
    in_swedish = json.loads((paid.folder / "kim.json").read_text(encoding="utf-8"))
    assert in_swedish["elsewhere"].startswith("Detta är vad sfspiris tillståndsfil innehåller")
    assert in_swedish | {"at": "", "elsewhere": "", "language": ""} == document | {
        "at": "",
        "elsewhere": "",
        "language": "",
    }


def test_what_is_under_way_keeps_an_account_from_being_forgotten(made: Playground) -> None:
    kim, deal = tailor(made), made.deals()["Kostym"]["Id"]
    before = (made.folder / "sfspiris.db").read_bytes()
    for more in ([], ["--dry-run"]):
        ended = made.sfspiris("gdpr", "erase", kim, "--json", *more)
        assert ended.code == 7
        error = ended.document["error"]
        assert error["code"] == "ACCOUNT_UNDER_WAY"
        assert f"{deal} (draft)" in error["message"]
        assert "sfspiris sync" in error["remedy"]
    draft = made.deals()["Kostym"]["Spiris_Draft_Id__c"]
    finance(made, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    made.sfspiris("pull-invoice-status")
    assert f"{deal} (issued)" in made.sfspiris("gdpr", "erase", kim).err
    assert before != b""
    assert stored(made, "customer_links", f"buyer_id = '{kim}'") == 1
    assert stored(made, "runs", "command = 'gdpr erase'") == 0


def test_an_erased_account_is_forgotten_its_history_is_kept_and_nothing_is_made_twice(
    paid: Playground,
) -> None:
    kim, deal = tailor(paid), paid.deals()["Kostym"]["Id"]
    file = paid.folder / "sfspiris.db"
    untouched = file.read_bytes()
    rehearsed = paid.sfspiris("gdpr", "erase", kim, "--dry-run", "--json")
    assert rehearsed.code == 0, rehearsed.err
    assert file.read_bytes() == untouched

    paid.forget_calls()
    ended = paid.sfspiris("gdpr", "erase", kim, "--json")
    assert ended.code == 0, ended.err
    assert paid.calls("salesforce") == paid.calls("spiris") == []
    document = ended.document
    same = ("forgotten", "kept", "kept_until", "notes")
    assert {one: document[one] for one in same} == {one: rehearsed.document[one] for one in same}
    assert document["forgotten"].keys() >= {"customer_links", "shown"}
    assert document["kept"].keys() >= {"documents", "writes", "shown_events"}
    assert document["kept_until"] == "2033-12-31"
    assert "bokföringslagen 7 kap. 2 §" in document["kept_why"]
    for table in ("customer_links", "customer_bases"):
        assert stored(paid, table, f"buyer_id = '{kim}'") == 0
    assert stored(paid, "mirrored", f"key = '{kim}' OR document LIKE '%{kim}%'") == 0
    assert stored(paid, "seen_deals", f"deal_id = '{deal}'") == 0
    assert stored(paid, "links", f"deal_id = '{deal}'") == 1
    assert stored(paid, "link_events", "1 = 1") == 0, "nobody is parted"
    left = file.read_bytes().count(kim.encode())
    history = stored(paid, "shown_events", f"key = '{kim}'") + stored(
        paid, "intents", f"marker LIKE '%{kim}%'"
    )
    assert left == history < untouched.count(kim.encode()), "what is deleted is gone from the file"
    kept = paid.sfspiris("gdpr", "export", kim).document
    assert [one["deal_id"] for one in kept["documents"]] == [deal], "what is kept is still given out"

    for command in (("push-closed-won", "--full"), ("pull-invoice-status", "--full"), ("sync",)):
        run = paid.sfspiris(*command, "--json")
        assert run.code == 0, run.out + run.err
        assert run.document["actions"] == [], command
    sell_again(paid, kim)
    back = paid.sfspiris("push-closed-won", "--json")
    assert [one["kind"] for one in back.document["actions"] if one["kind"].startswith("create_")] == [
        "create_draft"
    ], back.out
    assert len(paid.company()["customers"]) == 2
    new = next(one for one in back.document["actions"] if one["kind"] == "create_draft")
    assert new["customer"]["evidence"] == "organisation number"
    again = paid.sfspiris("gdpr", "export", kim).document
    assert {one["deal_id"] for one in again["documents"]} == {deal, new["deal"]}


def test_the_processing_history_stays_whole_and_tells_of_the_erasure(paid: Playground) -> None:
    kim = tailor(paid)
    assert paid.sfspiris("audit", "export", "--out", "before.jsonl").code == 0
    history = (paid.folder / "before.jsonl").read_text(encoding="utf-8").splitlines()
    erased = paid.sfspiris("gdpr", "erase", kim, "--json").document
    assert paid.sfspiris("audit", "verify", "before.jsonl", "--memory").code == 0
    assert paid.sfspiris("audit", "export", "--out", "after.jsonl").code == 0
    assert paid.sfspiris("audit", "verify", "after.jsonl", "--memory").code == 0
    after = (paid.folder / "after.jsonl").read_text(encoding="utf-8").splitlines()
    assert after[: len(history) - 1] == history[:-1]
    told = [json.loads(one) for one in after[len(history) - 1 : -1]]
    assert [one["description"] for one in told] == [
        "Run of gdpr erase began",
        "Run of gdpr erase ended: ok",
    ]
    assert told[0]["who"]
    assert told[0]["run"] == erased["run_id"]
    assert told[0]["time_utc"].startswith("2026-11-20"), "by Salesforce's clock, as every run"
    assert paid.sfspiris("status", "--json").document["runs"][0]["command"] == "gdpr erase"


def test_an_erasure_that_breaks_forgets_nothing_and_is_recorded_as_failed(
    paid: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim = tailor(paid)

    def full(_subjects: Subjects, _buyer_id: str, _deals: object) -> dict[str, int]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Subjects, "forget", full)
    assert paid.sfspiris("gdpr", "erase", kim, "--json").code == 7
    assert stored(paid, "customer_links", f"buyer_id = '{kim}'") == 1
    morning = paid.sfspiris("status", "--json")
    assert (morning.code, morning.document["runs"][0]["ended"]) == (3, "failed")
    assert {one["need"] for one in morning.document["next"]} == {"run_failed"}


def test_who_is_not_known_has_nothing_to_export_or_erase_and_a_wrong_id_is_told(made: Playground) -> None:
    nobody = "001000000000A01"
    exported = made.sfspiris("gdpr", "export", nobody)
    assert exported.code == 0
    assert exported.document["is_known"] is False
    assert not any(exported.document[one] for one in ("customer_links", "documents", "writes", "shown"))
    contact = made.sfspiris("gdpr", "export", "003000000000A01")
    assert (contact.code, contact.document["account"][:15]) == (0, "003000000000A01")
    erased = made.sfspiris("gdpr", "erase", nobody, "--json")
    assert erased.code == 2
    assert "Nothing is remembered" in erased.document["error"]["message"]
    for wrong in (made.deals()["Kostym"]["Id"], "Kim", f"{tailor(made)[:17]}x", "https://liten.example/view"):
        for command in ("export", "erase"):
            ended = made.sfspiris("gdpr", command, wrong, "--json")
            assert (ended.code, "001 or 003" in ended.document["error"]["remedy"]) == (2, True), wrong
    assert made.sfspiris("gdpr", "export", nobody, "--company", "se").code == 2
    assert made.sfspiris("gdpr", "export", nobody, "--out", "kim.txt").code == 2
    assert stored(made, "runs", "command LIKE 'gdpr%'") == 0


def test_a_page_says_in_swedish_what_was_forgotten_and_until_when_the_rest_is_kept(paid: Playground) -> None:
    kim = tailor(paid)
    sell_again(paid, kim, quantity=0)
    assert paid.sfspiris("push-closed-won").code == 3
    told = paid.sfspiris("gdpr", "erase", kim, "--dry-run", "--lang", "sv", "--no-color")
    assert "1 affär utan dokument i kön" in told.out, "the memory cannot tell that it is this account's"
    assert "Skulle glömmas" in told.out
    assert "Bevaras till och med 2033-12-31" in told.out
    assert told.out.rstrip().endswith("Ingenting har ändrats.")
    assert ENGLISH.findall(re.sub(r"`[^`]*`", "", told.out)) == []
    done = paid.sfspiris("gdpr", "erase", kim, "--no-color")
    assert "forgotten in run" in done.out.rstrip().splitlines()[-1]
    runs = stored(paid, "runs", "1 = 1")
    again = paid.sfspiris("gdpr", "erase", kim, "--json")
    assert (again.code, again.document["forgotten"], again.document["run_id"]) == (0, {}, None)
    assert stored(paid, "runs", "1 = 1") == runs, "nothing was done, so nothing is recorded"


def test_an_account_that_shares_its_customer_by_a_persons_word_is_told_what_that_means(
    made: Playground,
) -> None:
    accounts = made.control("salesforce", "GET", "state")["records"]["Account"]
    branch = next(one["Id"] for one in accounts if one["Name"] == "Firmans filial")
    firm = made.deals()["Skylt"]
    number = next(one["CustomerNumber"] for one in made.company()["customers"] if "Firman" in one["Name"])
    linked = made.sfspiris("match", "link", branch, str(number), "--share", "--json")
    assert linked.code == 0, linked.out + linked.err
    refused = made.sfspiris("gdpr", "erase", branch, "--json")
    assert (refused.code, refused.document["error"]["code"]) == (7, "ACCOUNT_UNDER_WAY")
    assert f"also that of account {firm['AccountId']}" in refused.document["error"]["message"]

    finance(made, f"drafts/{firm['Spiris_Draft_Id__c']}/delete")
    for side in ("salesforce", "spiris"):
        made.control(side, "PUT", "clock", {"now": "2026-11-21T08:00:00Z"})
    made.sfspiris("pull-invoice-status", "--full")
    held = made.sfspiris("gdpr", "erase", branch, "--json")
    assert f"{firm['Id']} (held: DRAFT_DELETED)" in held.document["error"]["message"]
    assert made.sfspiris("review", "replay", firm["Id"]).code == 3
    assert made.sfspiris("review", "resolve", firm["Id"], "--note", "Ångrat köp").code == 0
    erased = made.sfspiris("gdpr", "erase", branch, "--json")
    assert erased.code == 0, erased.out + erased.err
    shared, by_hand, _ = erased.document["notes"]
    assert f"also that of account {firm['AccountId']}" in shared
    assert "sfspiris match link" in by_hand
    assert erased.document["forgotten"] == {"customer_links": 1, "shown": 1}
    assert stored(made, "review_reasons", f"deal_id = '{firm['Id']}'") == 1, "it may be the firm's"
    assert [
        one["words"] for one in made.sfspiris("gdpr", "export", firm["AccountId"]).document["decisions"]
    ] == ["Ångrat köp"]
    for side in ("salesforce", "spiris"):
        made.control(side, "PUT", "clock", {"now": None})
