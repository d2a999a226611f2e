"""The first-time pairing, as finance does it: a list is exported, edited in a spreadsheet, imported, and used by the push."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from sfspiris.sandbox.worlds.numbers import orgnr
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playground import Json, Playground

COUNT = 25
BY_NAME, TWINS, NOBODY, IDLE = range(15, 20), range(20, 22), range(22, 24), 24
PERSON = "811228-9874"


def number(place: int) -> str:
    return orgnr(f"55998{place:04}")


def name(place: int) -> str:
    if place == IDLE:
        return "Zebrafotografen"
    words = (
        "Åkeri",
        "Bageri",
        "Cykel",
        "Data",
        "El",
        "Fönster",
        "Golv",
        "Hiss",
        "Is",
        "Jord",
        "Kaffe",
        "Ljus",
    )
    return f"{words[place % 12]}{words[(place * 5 + 3) % 12].lower()} i {words[place // 3]}by"


def account(place: int) -> Json:
    """0-14 have an organisation number; of the others only the name tells who they are."""
    return {
        "_ref": f"a{place}",
        "Name": f"{name(place)} AB",
        "BillingStreet": f"Storgatan {place}",
        "BillingPostalCode": "11122",
        "BillingCity": "Stockholm",
        "BillingCountryCode": "SE",
        "Organisation_Number__c": number(place),
        "OwnerId": "@anna",
    }


def customers() -> list[Json]:
    """Those that the books have already: under the number, under the name alone, and one twice."""
    address = {"InvoicePostalCode": "111 22", "InvoiceCity": "Stockholm", "InvoiceCountryCode": "SE"}
    found: list[Json] = [
        {"Name": f"{name(place)} Aktiebolag", "CorporateIdentityNumber": number(place)} | address
        for place in range(15)
    ]
    found += [{"Name": f"{name(place)} Aktiebolag"} | address for place in BY_NAME]
    found += [
        {"Name": f"{name(place)} Aktiebolag", "CorporateIdentityNumber": number(place)} | address
        for place in TWINS
        for _ in range(2)
    ]
    found.append({"Name": "Kalle Ek", "CorporateIdentityNumber": PERSON, "IsPrivatePerson": True} | address)
    return found


def world(companies: int = 1) -> Json:
    places = range(COUNT)
    sold = [place for place in places if place != IDLE]
    entry = {"Pricebook2Id": "@std", "Product2Id": "@p", "UnitPrice": 100, "IsActive": True}
    deal = {"StageName": "Closed Won", "CloseDate": "2026-11-10", "OwnerId": "@anna", "Pricebook2Id": "@std"}
    user = {"FirstName": "Anna", "LastName": "Ek", "Username": "anna@liten.example", "Alias": "anna"}
    article = {"Number": "KONS", "Name": "Konsulttimme", "coding": "services-25", "unit": "tim"}
    company = {"name": "Liten AB", "articles": [article | {"NetPrice": 100}]}
    return {
        "now": "2026-11-20T08:00:00Z",
        "salesforce": {
            "org": {"Name": "Liten", "IsSandbox": True, "state_country_picklists": True},
            "schema": dict(CUSTOM_SCHEMA),
            "records": {
                "User": [{"_ref": "anna", "Email": "anna@liten.example"} | user],
                "Account": [account(place) for place in places],
                "Pricebook2": [{"_ref": "std", "Name": "Standard", "IsStandard": True, "IsActive": True}],
                "Product2": [{"_ref": "p", "Name": "Konsulttimme", "ProductCode": "KONS", "IsActive": True}],
                "PricebookEntry": [{"_ref": "e"} | entry],
                "Opportunity": [
                    {"_ref": f"d{place}", "Name": f"Affär {place}", "AccountId": f"@a{place}"} | deal
                    for place in sold
                ],
                "OpportunityLineItem": [
                    {"OpportunityId": f"@d{place}", "PricebookEntryId": "@e", "Quantity": 1, "UnitPrice": 100}
                    for place in sold
                ],
            },
        },
        "spiris": {
            "companies": [
                company
                | {
                    "key": ("se", "int")[place],
                    "orgnr": ("559987-1430", "559987-2081")[place],
                    "customers": customers() if place == 0 else [],
                }
                for place in range(companies)
            ]
        },
    }


@pytest.fixture
def ready(demo: Playground) -> Playground:
    demo.reset(world())
    for left in demo.folder.glob("*.csv"):
        left.unlink()
    demo.forget_calls()
    return demo


def exported(demo: Playground, file: str = "list.csv") -> list[dict[str, str]]:
    ended = demo.sfspiris("match", "export", "--out", file)
    assert ended.code == 0, ended.err
    return read(demo.folder / file)


def read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))


def edit(file: Path, change: Callable[[dict[str, str]], None], *, encoding: str = "cp1252") -> None:
    """Save the list as a Swedish Excel does: semicolons, and the encoding of old."""
    rows = read(file)
    for one in rows:
        change(one)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(text.getvalue().encode(encoding))


def accept_suggestions(row: dict[str, str]) -> None:
    if row["status"] == "suggested":
        row["action"] = "link"


def ids(demo: Playground) -> dict[str, str]:
    """Account ids by the account's number in this world."""
    records = demo.control("salesforce", "GET", "state")["records"]["Account"]
    by_name = {one["Name"]: one["Id"] for one in records}
    return {str(place): by_name[f"{name(place)} AB"] for place in range(COUNT)}


def numbers(demo: Playground) -> dict[str, list[str]]:
    """Customer numbers by name, in the books."""
    found: dict[str, list[str]] = {}
    for one in demo.company()["customers"]:
        found.setdefault(one["Name"], []).append(one["CustomerNumber"])
    return found


def query(demo: Playground, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(demo.folder / "sfspiris.db")) as connection:
        return connection.execute(sql).fetchall()


def customer_of(document: Json, deal: str) -> str:
    (one,) = [x for x in document["actions"] if x["kind"] == "create_draft" and x["deal_name"] == deal]
    found: str = one["customer"]["number"]
    return found


def test_export_edit_import_and_then_the_push_uses_the_customers_and_makes_only_those_that_nobody_is(
    ready: Playground,
) -> None:
    rows = exported(ready)
    assert ready.writes() == [], "the list is read-only"
    assert not (ready.folder / "sfspiris.db").exists()
    assert PERSON.replace("-", "") not in (ready.folder / "list.csv").read_text(encoding="utf-8").replace(
        "-", ""
    )
    status = {one["account_name"]: one["status"] for one in rows if one["account"]}
    told = [status[f"{name(place)} AB"] for place in range(COUNT) if place != IDLE]
    assert told == ["suggested"] * 20 + ["ambiguous"] * 2 + ["unmatched"] * 2
    assert f"{name(IDLE)} AB" not in status, "no deals, and nobody that it could be"
    assert {one["customer_number"] for one in rows if one["customer_id"]} == {
        one["CustomerNumber"] for one in ready.company()["customers"]
    }
    assert [one["evidence"] for one in rows if one["account_name"] == f"{name(15)} AB"] == [
        "name; postal code"
    ]

    second = numbers(ready)[f"{name(20)} Aktiebolag"][1]

    def decide(row: dict[str, str]) -> None:
        accept_suggestions(row)
        if row["account_name"] == f"{name(20)} AB" and row["customer_number"] == second:
            row["action"] = "link"

    edit(ready.folder / "list.csv", decide)
    ready.forget_calls()
    dry = ready.sfspiris("match", "import", "list.csv", "--dry-run", "--json")
    assert dry.code == 0, dry.err
    assert len(dry.document["changes"]) == 21
    assert ready.writes() == []
    done = ready.sfspiris("match", "import", "list.csv", "--json").document
    assert (done["status"], len(done["changes"]), done["refused"]) == ("ok", 21, [])
    assert not [one for one in ready.writes() if one in ready.calls("spiris")]
    written = ready.control("salesforce", "GET", "state")["records"]["Account"]
    assert sorted(one["Spiris_Customer_Number__c"] or "" for one in written) == sorted(
        [one["customer_number"] for one in done["changes"]] + [""] * 4
    )

    before = len(ready.company()["customers"])
    pushed = ready.sfspiris("push-closed-won", "--json").document
    assert [one["kind"] for one in pushed["actions"]].count("create_customer") == 2, (
        "only those that nobody is"
    )
    assert len(ready.company()["customers"]) == before + 2
    assert customer_of(pushed, "Affär 20") == second
    for place in BY_NAME:
        assert customer_of(pushed, f"Affär {place}") == numbers(ready)[f"{name(place)} Aktiebolag"][0]
    assert [one["code"] for one in pushed["holds"]] == ["CUSTOMER_AMBIGUOUS"], (
        "nobody chose between those twins"
    )

    again = ready.sfspiris("match", "import", "list.csv", "--json").document
    assert (again["changes"], again["unchanged"], again["refused"]) == ([], 21, [])


def test_importing_an_untouched_list_changes_nothing_and_neither_does_importing_it_again(
    ready: Playground,
) -> None:
    exported(ready)
    for _ in range(2):
        done = ready.sfspiris("match", "import", "list.csv", "--json")
        assert done.code == 0
        assert (done.document["changes"], done.document["refused"]) == ([], [])
        assert ready.writes() == []
        assert query(ready, "SELECT * FROM customer_links") == []
        assert query(ready, "SELECT * FROM link_events") == []


def test_one_wrong_row_stops_the_whole_list_and_every_wrong_row_is_told(ready: Playground) -> None:
    exported(ready)
    places = iter(("link it", "link", "link", "link"))
    wrong: list[int] = []

    def spoil(row: dict[str, str]) -> None:
        accept_suggestions(row)
        if row["status"] == "unmatched" and row["account"] and len(wrong) < 2:
            row["action"] = next(places)
            row["customer_number"] = "99999"
            wrong.append(1)

    edit(ready.folder / "list.csv", spoil)
    ended = ready.sfspiris("match", "import", "list.csv", "--json")
    assert ended.code == 3
    document = ended.document
    assert (document["status"], document["changes"]) == ("refused", [])
    assert [one["field"] for one in document["refused"]] == ["action", "customer_number"]
    lines = read_semicolons(ready.folder / "list.csv")
    for one in document["refused"]:
        assert lines[one["row"] - 1][0] in {"link it", "link"}, (
            "rows are counted as the spreadsheet counts them"
        )
        assert one["fix"]
    assert query(ready, "SELECT * FROM customer_links") == []
    told = ready.sfspiris("match", "import", "list.csv").out
    assert f"Row {document['refused'][0]['row']}, action: “link it” is no action." in told
    assert "nothing was changed" in told

    edit_again(ready.folder / "list.csv", "link it", "skip")
    edit_again(ready.folder / "list.csv", ";99999;", ";;")
    assert ready.sfspiris("match", "import", "list.csv", "--json").document["status"] == "refused"
    rows = read_semicolons(ready.folder / "list.csv")
    with (ready.folder / "list.csv").open("w", encoding="utf-8", newline="") as file:
        may_go = (["link", "skip", *one[2:]] if one[0] == "link" and not one[13] else one for one in rows)
        csv.writer(file, delimiter=";").writerows(may_go)
    ended = ready.sfspiris("match", "import", "list.csv", "--json")
    assert (ended.code, ended.document["status"], len(ended.document["changes"])) == (3, "partial", 20)


def read_semicolons(file: Path) -> list[list[str]]:
    raw = file.read_bytes()
    text = raw.decode("cp1252") if b"\xc3" not in raw else raw.decode("utf-8")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def edit_again(file: Path, before: str, after: str) -> None:
    file.write_bytes(file.read_bytes().replace(before.encode(), after.encode()))


def test_what_changed_since_the_list_was_written_is_refused(ready: Playground) -> None:
    exported(ready)
    edit(ready.folder / "list.csv", accept_suggestions)
    known = ids(ready)
    ready.control("salesforce", "PATCH", f"records/Account/{known['3']}", {"Name": "Annat AB"})
    (moved,) = [one for one in ready.company()["customers"] if one["Name"] == f"{name(4)} Aktiebolag"]
    ready.control("spiris", "POST", f"customers/{moved['Id']}/edit?company=se", {"Name": "Omdöpt AB"})
    document = ready.sfspiris("match", "import", "list.csv", "--json").document
    assert sorted(one["field"] for one in document["refused"]) == ["account", "customer_number"]
    assert all("since the list was written" in one["message"] for one in document["refused"])


def test_linking_by_hand_is_kept_with_who_said_so_and_used_by_the_next_plan(ready: Playground) -> None:
    known = ids(ready)
    first, second = numbers(ready)[f"{name(20)} Aktiebolag"]
    made = ready.sfspiris("match", "link", known["20"][:15], second, "--json")
    assert made.code == 0, made.err
    assert [one["customer_number"] for one in made.document["changes"]] == [second]
    assert (
        customer_of(ready.sfspiris("push-closed-won", "--dry-run", "--json").document, "Affär 20") == second
    )

    assert ready.sfspiris("match", "link", known["20"], first).code == 0
    assert customer_of(ready.sfspiris("push-closed-won", "--dry-run", "--json").document, "Affär 20") == first

    parted = ready.sfspiris("match", "unlink", known["20"], "--json")
    assert parted.code == 0, parted.err
    (account,) = [
        one
        for one in ready.control("salesforce", "GET", "state")["records"]["Account"]
        if one["Id"] == known["20"]
    ]
    assert account["Spiris_Customer_Number__c"] is None
    again = ready.sfspiris("match", "unlink", known["20"], "--json").document
    assert (again["changes"], again["unchanged"]) == ([], 1)

    events = query(ready, "SELECT who, buyer_id, before_id, after_id FROM link_events ORDER BY id")
    assert [(one[1], one[2] is None, one[3] is None) for one in events] == [
        (known["20"], True, False),
        (known["20"], False, False),
        (known["20"], False, True),
    ]
    assert all(one[0] for one in events)
    latest = ready.sfspiris("runs", "list", "--json").document["runs"][0]
    assert (latest["command"], latest["status"]) == ("match unlink", "ok")


def test_who_was_parted_by_hand_is_not_paired_again_by_a_number(ready: Playground) -> None:
    known, (customer,) = ids(ready), numbers(ready)[f"{name(0)} Aktiebolag"]
    ready.sfspiris("match", "link", known["0"], customer)
    ready.sfspiris("match", "unlink", known["0"])
    document = ready.sfspiris("push-closed-won", "--dry-run", "--deal", deal_id(ready, 0), "--json").document
    (hold,) = document["holds"]
    assert hold["code"] == "CUSTOMER_AMBIGUOUS"
    assert "match link" in hold["fix"]
    ready.sfspiris("match", "link", known["0"], customer)
    document = ready.sfspiris("push-closed-won", "--dry-run", "--deal", deal_id(ready, 0), "--json").document
    assert customer_of(document, "Affär 0") == customer


def deal_id(demo: Playground, place: int) -> str:
    found: str = demo.deals()[f"Affär {place}"]["Id"]
    return found


def test_a_link_that_cannot_be_is_refused_in_words_and_changes_nothing(ready: Playground) -> None:
    known, (customer,) = ids(ready), numbers(ready)[f"{name(0)} Aktiebolag"]
    (one,) = [x for x in ready.company()["customers"] if x["CustomerNumber"] == customer]
    refusals = [
        ((known["0"], "99999"), "no customer 99999"),
        (("001000000000099", customer), "knows no account"),
        (("kalle", customer), "knows no account"),
        ((known["1"], customer), "organisation numbers differ"),
    ]
    for arguments, words in refusals:
        ended = ready.sfspiris("match", "link", *arguments, "--json")
        assert ended.code == 2
        assert words in ended.document["error"]["message"]
        assert ended.document["error"]["remedy"]
    ready.control("spiris", "POST", f"customers/{one['Id']}/edit?company=se", {"IsActive": False})
    assert "is inactive in Spiris" in ready.sfspiris("match", "link", known["0"], customer).err
    assert query(ready, "SELECT * FROM link_events") == []


def test_find_shows_a_record_with_its_link_and_what_it_may_be(ready: Playground) -> None:
    known, (customer,) = ids(ready), numbers(ready)[f"{name(0)} Aktiebolag"]
    (one,) = ready.sfspiris("match", "find", "--number", customer, "--json").document["pairs"]
    assert (one["status"], one["account"]["id"], one["linked_customer_id"]) == ("suggested", known["0"], None)
    ready.sfspiris("match", "link", known["0"], customer)
    ready.forget_calls()
    (one,) = ready.sfspiris("match", "find", "--orgnr", number(0), "--json").document["pairs"]
    assert (one["status"], one["linked_customer_id"]) == ("linked", one["customer"]["id"])
    assert ready.sfspiris("match", "find", name(0).upper(), "--json").document["pairs"] == [one]
    assert ready.writes() == []
    shown = ready.sfspiris("match", "find", "kalle", "--json").document["pairs"]
    assert [x["customer"]["orgnr"] for x in shown] == ["[personal-id]"]
    idle = ready.sfspiris("match", "find", name(IDLE), "--json").document["pairs"]
    assert [x["status"] for x in idle] == ["unmatched"]
    assert "Nothing was found" in ready.sfspiris("match", "find", "finns inte").out
    assert ready.sfspiris("match", "find").code == 2
    assert ready.sfspiris("match", "find", "x", "--number", "1").code == 2


def test_a_list_that_somebody_may_have_worked_in_is_not_written_over(ready: Playground) -> None:
    exported(ready, "list.csv")
    ended = ready.sfspiris("match", "export", "--out", "list.csv")
    assert ended.code == 2
    assert "exists already" in ended.err
    assert ready.sfspiris("match", "export", "--out", "list.xlsx").code == 2


def test_pairing_works_before_the_configuration_may_write_and_then_tells_salesforce_nothing(
    ready: Playground,
) -> None:
    ready.edit_config('mode = "active"', 'mode = "read-only"')
    exported(ready)
    edit(ready.folder / "list.csv", accept_suggestions)
    done = ready.sfspiris("match", "import", "list.csv", "--json")
    assert (done.code, len(done.document["changes"]), done.document["told_accounts"]) == (0, 20, [])
    assert ready.writes() == []


def test_a_link_survives_backup_and_restore_and_is_found_again_by_its_number_after_a_rebuild(
    ready: Playground,
) -> None:
    known = ids(ready)
    _, second = numbers(ready)[f"{name(20)} Aktiebolag"]
    ready.sfspiris("match", "link", known["20"], second)
    assert ready.sfspiris("state", "backup", "--out", "kept.db").code == 0
    ready.sfspiris("match", "unlink", known["20"])
    assert ready.sfspiris("state", "restore", "kept.db").code == 0
    assert len(query(ready, "SELECT * FROM customer_links")) == 1
    (ready.folder / "kept.db").unlink()

    assert ready.sfspiris("match", "unlink", known["20"]).code == 0
    assert ready.sfspiris("match", "link", known["20"], second).code == 0
    rebuilt = ready.sfspiris("state", "rebuild", "--json").document
    assert [one["deal"] for one in rebuilt["holds"]] == [deal_id(ready, 21)], (
        "of the twins, one was told apart"
    )
    assert query(ready, "SELECT buyer_id, number, evidence FROM customer_links") == [
        (known["20"], second, "customer number")
    ]
    assert query(ready, "SELECT * FROM link_events") == []
    for aside in ready.folder.glob("sfspiris.db.*"):
        aside.unlink()


def test_with_several_companies_a_number_means_nothing_until_one_is_named(demo: Playground) -> None:
    demo.reset("demo")
    (some,) = demo.company("se")["customers"][:1]
    account = next(one for one in demo.control("salesforce", "GET", "state")["records"]["Account"])
    ended = demo.sfspiris("match", "link", account["Id"], some["CustomerNumber"], "--json")
    assert ended.code == 2
    assert "--company" in ended.document["error"]["remedy"]
    listed = demo.sfspiris("match", "find", "--number", some["CustomerNumber"], "--company", "se", "--json")
    assert {one["company"] for one in listed.document["pairs"]} == {"se"}
