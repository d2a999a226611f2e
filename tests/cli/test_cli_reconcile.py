"""Stories of `reconcile`: what was planted is what is told, a clean world is clean, and --fix touches no document."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from playground import Json, Playground, finance, pushed

DAY = {"date": "2026-11-20"}
TEN = {
    "AMOUNT",
    "CREDITED",
    "CUSTOMER",
    "LINK",
    "MISSING_IN_SALESFORCE",
    "MISSING_IN_SPIRIS",
    "PAYMENT",
    "STATUS",
    "TWIN_DOCUMENT",
    "VAT",
}


@pytest.fixture
def clean(demo: Playground) -> Playground:
    """A world in which no deal waits for anybody: those that would be held are lost."""
    held = demo.sfspiris("push-closed-won", "--dry-run", "--json").document["holds"]
    for deal in {one["deal"] for one in held}:
        edit(demo, "Opportunity", deal, StageName="Closed Lost")
    return demo


def edit(demo: Playground, kind: str, record: str, **values: object) -> None:
    demo.control("salesforce", "PATCH", f"records/{kind}/{record}", values)


def lines(demo: Playground, *arguments: str) -> list[Json]:
    found: list[Json] = demo.sfspiris("reconcile", "--json", *arguments).document["lines"]
    return found


def rows(draft: Json, position: int, **values: object) -> Json:
    return {"Rows": [one | values if place == position else one for place, one in enumerate(draft["Rows"])]}


def plant(demo: Playground) -> dict[str, str]:
    """Ten differences, each on a deal of its own: deal id → class."""
    demo.control(
        "spiris",
        "POST",
        "faults",
        {"method": "POST", "path": "/v2/customerinvoicedrafts$", "nth": 1, "times": 1, "effect": "repeat"},
    )
    pushed(demo)
    where = {one["Id"]: key for key in ("se", "int") for one in demo.company(key)["drafts"]}
    drafts = {one["Id"]: one for one in demo.drafts()}
    told = {one["Id"]: one.get("Spiris_Draft_Id__c") for one in demo.deals().values()}
    standing = {deal: draft for deal, draft in told.items() if draft}
    twin_ids = drafts.keys() - set(standing.values())
    (twin,) = [drafts[one]["OurReference"] or drafts[one]["ContractNumber"] for one in twin_ids]
    planted = {deal: "TWIN_DOCUMENT" for deal in standing if deal in twin}
    left = {deal: draft for deal, draft in standing.items() if deal not in planted}

    articles = {one["Number"]: one["Id"] for one in demo.company()["articles"]}
    meals, draft, row = next(
        (deal, drafts[one], place)
        for deal, one in left.items()
        for place, row in enumerate(drafts[one]["Rows"])
        if row["ArticleNumber"] == "LUNCH-KONF"
    )
    finance(demo, f"drafts/{draft['Id']}/edit", rows(draft, row, ArticleId=articles["HANDBOK"]))
    planted[meals] = "VAT"
    del left[meals]

    credited, paid, amount, deleted, customer, lost, status, link = left.items()
    invoices = {}
    for deal, draft_id in (credited, paid):
        invoices[deal] = finance(demo, f"drafts/{draft_id}/issue", DAY, where[draft_id])
    total = Decimal(str(invoices[credited[0]]["TotalAmountInvoiceCurrency"]))
    part = str((total * Decimal("0.4")).quantize(Decimal("0.01")))
    finance(demo, f"invoices/{invoices[credited[0]]['Id']}/credit", {"amount": part}, where[credited[1]])
    finance(demo, f"invoices/{invoices[paid[0]]['Id']}/pay", {"amount": 100, **DAY}, where[paid[1]])
    demo.sfspiris("pull-invoice-status")

    shown = demo.control("salesforce", "GET", "state")["records"]["Spiris_Invoice__c"]
    record = next(one for one in shown if one["External_Id__c"].endswith(invoices[paid[0]]["Id"]))
    edit(demo, "Spiris_Invoice__c", record["Id"], Amount_Paid__c=0)
    draft = drafts[amount[1]]
    place = next(place for place, one in enumerate(draft["Rows"]) if not one["IsTextRow"])
    dearer = rows(draft, place, UnitPrice=draft["Rows"][place]["UnitPrice"] + 1)
    finance(demo, f"drafts/{amount[1]}/edit", dearer, where[amount[1]])
    finance(demo, f"drafts/{deleted[1]}/delete", company=where[deleted[1]])
    somebody = next(
        one["Id"]
        for one in demo.company(where[customer[1]])["customers"]
        if one["Id"] != drafts[customer[1]]["CustomerId"] and one["IsActive"]
    )
    finance(demo, f"drafts/{customer[1]}/edit", {"CustomerId": somebody}, where[customer[1]])
    edit(demo, "Opportunity", lost[0], StageName="Closed Lost")
    edit(demo, "Opportunity", status[0], Spiris_Sync_Status__c="Paid")
    edit(demo, "Opportunity", link[0], Spiris_Draft_Id__c="another")
    return planted | {
        credited[0]: "CREDITED",
        paid[0]: "PAYMENT",
        amount[0]: "AMOUNT",
        deleted[0]: "MISSING_IN_SPIRIS",
        customer[0]: "CUSTOMER",
        lost[0]: "MISSING_IN_SALESFORCE",
        status[0]: "STATUS",
        link[0]: "LINK",
    }


def test_a_clean_world_agrees_to_the_ore_through_invoice_credit_and_payment(clean: Playground) -> None:
    drafts = list(pushed(clean).values())[:2]
    made = [finance(clean, f"drafts/{one}/issue", DAY) for one in drafts]
    finance(clean, f"invoices/{made[0]['Id']}/pay", {"amount": 100, **DAY})
    clean.sfspiris("pull-invoice-status")
    ended = clean.sfspiris("reconcile", "--json", "--detailed-exitcode")
    assert ended.code == 0, ended.out
    assert {one["symbol"] for one in ended.document["lines"]} == {"="}
    assert all(Decimal(one["difference"]) == 0 for one in ended.document["sums"])

    total = Decimal(str(made[1]["TotalAmountInvoiceCurrency"]))
    part = (total * Decimal("0.4")).quantize(Decimal("0.01"))
    finance(clean, f"invoices/{made[1]['Id']}/credit", {"amount": str(part)})
    clean.sfspiris("pull-invoice-status")
    figures = next(
        one["figures"]
        for one in clean.sfspiris("reconcile", "--json").document["sums"]
        if (one["company"], one["currency"]) == ("se", "SEK")
    )
    invoices = clean.company()["invoices"]
    ours = [one for one in invoices if one["Id"] in {one["Id"] for one in made}]
    assert Decimal(figures["billed"]) == sum(Decimal(str(one["TotalAmountInvoiceCurrency"])) for one in ours)
    assert Decimal(figures["remaining"]) == sum(
        Decimal(str(one["RemainingAmountInvoiceCurrency"])) for one in ours
    )
    assert (Decimal(figures["credited_gross"]), Decimal(figures["paid"])) == (part, Decimal(100))
    notes = [one for one in invoices if one["IsCreditInvoice"]]
    assert Decimal(figures["credited"]) == sum(
        Decimal(str(one["TotalVatAmountInvoiceCurrency"])) - Decimal(str(one["TotalAmountInvoiceCurrency"]))
        for one in notes
    )


def test_ten_planted_differences_are_ten_lines_and_fix_puts_right_three(clean: Playground) -> None:
    planted = plant(clean)
    assert set(planted.values()) == TEN
    assert len(planted) == 10
    clean.forget_calls()
    ended = clean.sfspiris("reconcile", "--json", "--detailed-exitcode", "--report", "found.csv")
    assert ended.code == 4
    assert clean.writes() == []
    told = {one["deal"]: one["code"] for one in ended.document["lines"] if one["symbol"] != "="}
    assert told == planted
    assert ended.document["classes"] == dict.fromkeys(TEN, 1)
    assert ended.document["reread"] == 10
    assert all(one["fix"] for one in ended.document["lines"] if one["symbol"] != "=")
    for code in TEN:
        assert f",{code}," in (clean.folder / "found.csv").read_text(encoding="utf-8")

    rehearsed = clean.sfspiris("reconcile", "--fix", "--dry-run")
    assert rehearsed.out.startswith("Dry run of reconcile")
    assert clean.writes() == []
    fixed = clean.sfspiris("reconcile", "--fix", "--json", "--report", "fixed.json")
    assert fixed.code == 0, fixed.out + fixed.err
    assert {one["deal"] for one in fixed.document["actions"]} == {
        deal for deal, code in planted.items() if code in {"LINK", "PAYMENT", "STATUS"}
    }
    assert json.loads((clean.folder / "fixed.json").read_text(encoding="utf-8")) == fixed.document
    assert [one for one in clean.calls("spiris") if one["method"] != "GET"] == []
    left = {one["code"] for one in lines(clean) if one["symbol"] != "="}
    assert left == TEN - {"LINK", "PAYMENT", "STATUS"}


def test_records_that_somebody_changed_in_salesforce_are_told_and_written_again_by_fix(
    clean: Playground,
) -> None:
    """The invoice of a deal, one that was deleted, and what an account owes."""
    drafts = list(pushed(clean).items())[:2]
    made = {deal: finance(clean, f"drafts/{one}/issue", DAY) for deal, one in drafts}
    clean.sfspiris("pull-invoice-status")
    records = clean.control("salesforce", "GET", "state")["records"]
    shown = {one["Opportunity__c"]: one for one in records["Spiris_Invoice__c"]}
    (first, gone) = made
    account = shown[first]["Account__c"]
    edit(clean, "Spiris_Invoice__c", shown[first]["Id"], Status__c="Paid", Amount_Total__c=1, Balance__c=0)
    edit(clean, "Account", account, Spiris_Open_Balance__c=5, Spiris_Payment_Status__c="Paid")
    clean.control("salesforce", "DELETE", f"records/Spiris_Invoice__c/{shown[gone]['Id']}")

    ended = clean.sfspiris("reconcile", "--json", "--detailed-exitcode", "--report", "found.html")
    assert ended.code == 4
    told = {one["deal"]: one for one in ended.document["lines"] if one["symbol"] != "="}
    assert {deal: (one["symbol"], one["code"], one["also"]) for deal, one in told.items()} == {
        first: ("*", "PAYMENT", ["STATUS"]),
        gone: ("*", "STATUS", []),
        None: ("*", "PAYMENT", ["STATUS"]),
    }
    total = str(Decimal(str(made[first]["TotalAmountInvoiceCurrency"])).normalize())
    assert f"amount_total says 1 and should say {total}" in told[first]["message"]
    assert "status says Paid and should say Issued" in told[first]["message"]
    assert "has deleted" in told[gone]["message"]
    assert account in told[None]["message"]
    assert (told[None]["field"], told[None]["salesforce"]) == ("spiris_open_balance", "5")
    assert account in (clean.folder / "found.html").read_text(encoding="utf-8")
    assert account in clean.sfspiris("reconcile").out

    clean.forget_calls()
    fixed = clean.sfspiris("reconcile", "--fix", "--json", "--detailed-exitcode")
    assert fixed.code == 0, fixed.out
    assert sorted(one["kind"] for one in fixed.document["actions"]) == [
        "write_account",
        "write_invoice",
        "write_invoice",
    ]
    assert [one for one in clean.calls("spiris") if one["method"] != "GET"] == []
    assert {one["symbol"] for one in lines(clean)} == {"="}
    assert clean.sfspiris("pull-invoice-status", "--full", "--json").document["actions"] == []


def test_a_lost_memory_is_made_again_by_fix(clean: Playground) -> None:
    pushed(clean)
    for left_over in clean.folder.glob("sfspiris.db*"):
        left_over.unlink()
    assert {one["code"] for one in lines(clean)} == {"LINK"}
    fixed = clean.sfspiris("reconcile", "--fix", "--json", "--detailed-exitcode")
    assert fixed.code == 0, fixed.out
    assert {one["kind"] for one in fixed.document["actions"]} == {"adopt"}
    assert {one["symbol"] for one in lines(clean)} == {"="}
    assert clean.sfspiris("push-closed-won", "--json").document["actions"] == []


def test_a_period_whose_books_are_locked_is_told(clean: Playground) -> None:
    pushed(clean)
    clean.control("spiris", "PUT", "company?company=se", {"AccountingLockedTo": "2026-10-31"})
    assert clean.sfspiris("reconcile", "--json", "--period", "2026-10").document["locks"] == [
        {"company": "int", "locked_until": None, "period": "open"},
        {"company": "se", "locked_until": "2026-10-31", "period": "locked"},
    ]


def sie_file(demo: Playground, *left_out: str) -> str:
    """The Swedish company's vouchers as a SIE file in code page 437, but for some series-and-numbers."""
    company = demo.company()
    lines = [
        "#FLAGGA 0",
        "#FORMAT PC8",
        "#GEN 20261120",
        "#SIETYP 4",
        f"#ORGNR {company['settings']['CorporateIdentityNumber']}",
        '#FNAMN "Räksmörgås"',
        "#RAR 0 20260101 20261231",
    ]
    for one in company["vouchers"]:
        name = one["NumberAndNumberSeries"]
        if name in left_out:
            continue
        text = one["VoucherText"].replace('"', '\\"')
        lines += [f'#VER {name[0]} {name[1:]} {one["VoucherDate"].replace("-", "")} "{text}"', "{"]
        lines += [
            f"#TRANS {row['AccountNumber']} {{}} {Decimal(str(row['DebitAmount'])) - Decimal(str(row['CreditAmount']))}"
            for row in one["Rows"]
        ]
        lines.append("}")
    path = demo.folder / "books.se"
    path.write_bytes("\r\n".join(lines).encode("cp437"))
    return path.name


def test_invoices_are_held_against_a_sie_file(clean: Playground) -> None:
    drafts = list(pushed(clean).values())[:2]
    made = [finance(clean, f"drafts/{one}/issue", DAY) for one in drafts]
    finance(clean, f"invoices/{made[0]['Id']}/pay", {"amount": 100, **DAY})
    finance(clean, f"invoices/{made[1]['Id']}/credit", {"amount": "10.00"})
    clean.sfspiris("pull-invoice-status")
    agreed = clean.sfspiris("reconcile", "--json", "--sie", sie_file(clean)).document["sie"]
    assert (agreed["lines"], agreed["matched"]) == ([], len(clean.company()["invoices"]))
    assert agreed["invoiced_in_file"] == agreed["invoiced_in_ledger"]
    assert agreed["receivables_in_file"] == agreed["receivables_in_ledger"]

    first = next(one for one in clean.company()["vouchers"] if one["SourceId"] == made[0]["Id"])
    short = sie_file(clean, first["NumberAndNumberSeries"])
    ended = clean.sfspiris(
        "reconcile", "--sie", short, "--json", "--report", "sie.html", "--detailed-exitcode"
    )
    assert ended.code == 4
    assert [one["code"] for one in ended.document["sie"]["lines"]] == ["SIE_MISSING", "SIE_BALANCE"]
    assert f"invoice {made[0]['InvoiceNumber']} of" in (clean.folder / "sie.html").read_text(encoding="utf-8")


def test_a_sie_file_of_another_company_or_of_another_kind_is_refused(clean: Playground) -> None:
    path = clean.folder / sie_file(clean)
    path.write_bytes(path.read_bytes().replace(b"#ORGNR ", b"#ORGNR 9"))
    assert clean.sfspiris("reconcile", "--sie", path.name).code == 2
    path.write_text("no SIE", encoding="utf-8")
    ended = clean.sfspiris("reconcile", "--sie", path.name)
    assert ended.code == 2
    assert "line 1" in ended.err
    assert clean.sfspiris("reconcile", "--sie", "nowhere.se").code == 2


def test_a_scan_finds_twins_and_changes_nothing(demo: Playground) -> None:
    demo.control(
        "spiris",
        "POST",
        "faults",
        {"method": "POST", "path": "/v2/customerinvoicedrafts$", "nth": 1, "times": 1, "effect": "repeat"},
    )
    pushed(demo)
    demo.forget_calls()
    ended = demo.sfspiris("duplicates", "scan", "--json", "--detailed-exitcode")
    assert ended.code == 4
    assert demo.writes() == []
    counts = ended.document["counts"]
    assert counts["DOCUMENT_MARKER"] == 1
    assert counts["CUSTOMER_ORGNR"] >= 1
    told = demo.sfspiris("duplicates", "scan")
    assert told.code == 0
    assert "(DOCUMENT_MARKER)" in told.out
    assert "Nothing was changed." in told.out


def test_an_empty_month_says_that_there_is_nothing_and_the_books_lock_has_its_label(demo: Playground) -> None:
    ended = demo.sfspiris("reconcile", "--period", "2025-01", "--report", "januari.md", "--lang", "sv")
    assert ended.code == 0, ended.err
    report = (demo.folder / "januari.md").read_text(encoding="utf-8")
    for told in (ended.out, report):
        assert "Inget att jämföra: perioden har ingen vunnen affär" in " ".join(told.split())
    assert "- Bokföring: Norrsken Sverige AB (se): " in report
    assert "\n- Norrsken" not in report
