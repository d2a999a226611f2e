"""Stories of invoices and balances in Salesforce: what account managers see is what the ledger says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from playground import Json, Playground, finance, pushed

CENT = Decimal("0.01")


def records(demo: Playground, kind: str) -> list[Json]:
    found: list[Json] = demo.control("salesforce", "GET", "state")["records"].get(kind, [])
    return found


def amount(value: object) -> Decimal:
    return Decimal(str(value)).quantize(CENT)


def accounts_by_customer(demo: Playground) -> dict[str, Json]:
    """Accounts by the customer of their deals' drafts."""
    drafts = {one["Id"]: one["CustomerId"] for one in demo.drafts()}
    by_id = {one["Id"]: one for one in records(demo, "Account")}
    return {
        drafts[deal["Spiris_Draft_Id__c"]]: by_id[deal["AccountId"]]
        for deal in demo.deals().values()
        if deal.get("Spiris_Draft_Id__c") in drafts
    }


@pytest.fixture
def issued(demo: Playground) -> tuple[Playground, list[Json], dict[str, str]]:
    """Three issued invoices: one partly paid, one credited by 40 %, one open; and the accounts of their customers."""
    drafts = list(pushed(demo).values())[:3]
    owners = {customer: one["Id"] for customer, one in accounts_by_customer(demo).items()}
    made = [finance(demo, f"drafts/{one}/issue", {"date": "2026-11-20"}) for one in drafts]
    finance(demo, f"invoices/{made[0]['Id']}/pay", {"amount": 100, "date": "2026-11-20"})
    part = amount(made[1]["TotalAmount"]) * Decimal("0.4")
    finance(demo, f"invoices/{made[1]['Id']}/credit", {"amount": str(part.quantize(CENT))})
    return demo, made, owners


def check_against_the_ledger(demo: Playground, owners: dict[str, str]) -> None:
    """Each record and each balance, computed from what the ledger holds and nothing of ours."""
    ledger = {f"se:{one['Id']}": one for one in demo.company()["invoices"]}
    shown = {one["External_Id__c"]: one for one in records(demo, "Spiris_Invoice__c")}
    wanted = {key: one for key, one in ledger.items() if one["CustomerId"] in owners}
    assert shown.keys() == wanted.keys()
    for key, one in wanted.items():
        record = shown[key]
        total, left = amount(one["TotalAmountInvoiceCurrency"]), amount(one["RemainingAmountInvoiceCurrency"])
        assert amount(record["Amount_Total__c"]) == total
        assert amount(record["Balance__c"]) == left
        assert record["Invoice_Number__c"] == str(one["InvoiceNumber"])
        assert record["Is_Credit_Note__c"] is one["IsCreditInvoice"]
        assert record["Account__c"] == owners[one["CustomerId"]]
    by_id = {one["Id"]: one for one in records(demo, "Account")}
    for customer, account in owners.items():
        own = [one for one in ledger.values() if one["CustomerId"] == customer]
        total = sum((amount(one["TotalAmount"]) for one in own), Decimal(0))
        left = sum((amount(one["RemainingAmount"]) for one in own), Decimal(0))
        record = by_id[account]
        assert amount(record["Spiris_Invoiced_Total__c"]) == total
        assert amount(record["Spiris_Open_Balance__c"]) == left
        assert amount(record["Spiris_Collected_Total__c"]) == total - left


def test_records_and_balances_equal_the_ledger_and_a_second_pull_writes_nothing(
    issued: tuple[Playground, list[Json], dict[str, str]],
) -> None:
    demo, made, owners = issued
    first = demo.sfspiris("pull-invoice-status", "--json")
    assert first.code == 0, first.out + first.err
    check_against_the_ledger(demo, owners)
    shown = {one["External_Id__c"]: one for one in records(demo, "Spiris_Invoice__c")}
    assert [shown[f"se:{one['Id']}"]["Status__c"] for one in made] == [
        "Partly Paid",
        "Partly Credited",
        "Issued",
    ]
    assert amount(shown[f"se:{made[0]['Id']}"]["Amount_Paid__c"]) == 100
    assert shown[f"se:{made[0]['Id']}"]["Opportunity__c"]

    demo.forget_calls()
    again = demo.sfspiris("pull-invoice-status", "--json")
    assert again.document["actions"] == []
    assert demo.writes() == []


@pytest.mark.parametrize("command", [("pull-invoice-status",), ("sync",), ("pull-invoice-status", "--full")])
def test_what_somebody_changed_in_salesforce_is_restored_and_told(
    issued: tuple[Playground, list[Json], dict[str, str]], command: tuple[str, ...]
) -> None:
    """By the next run, whatever it is: an invoice, one that was deleted, and what an account owes."""
    demo, made, owners = issued
    demo.sfspiris("sync")
    shown = {one["External_Id__c"]: one["Id"] for one in records(demo, "Spiris_Invoice__c")}
    changed, deleted = f"se:{made[2]['Id']}", f"se:{made[1]['Id']}"
    account = owners[made[0]["CustomerId"]]
    for place, values in (
        (f"Spiris_Invoice__c/{shown[changed]}", {"Balance__c": 0, "Status__c": "Paid"}),
        (f"Account/{account}", {"Spiris_Open_Balance__c": 5}),
    ):
        demo.control("salesforce", "PATCH", f"records/{place}", values)
    demo.control("salesforce", "DELETE", f"records/Spiris_Invoice__c/{shown[deleted]}")

    rehearsed = demo.sfspiris(*command, "--dry-run", "--json").document
    ended = demo.sfspiris(*command, "--json").document
    for document in (rehearsed, ended):
        [told] = [one["message"] for one in document["warnings"] if one["code"] == "MIRROR_RESTORED"]
        number, total = made[2]["InvoiceNumber"], str(amount(made[2]["TotalAmount"])).rstrip("0").rstrip(".")
        assert f"invoice {number} ({changed}), balance said {total} and says 0" in told
        assert "status said Issued and says Paid" in told
        assert f"invoice {made[1]['InvoiceNumber']} ({deleted}) is gone" in told
        assert f"account {account}, spiris_open_balance said" in told
        written = [one["kind"] for one in document["actions"] if one["kind"].startswith("write_")]
        assert sorted(written) == ["write_account", "write_invoice", "write_invoice"]
    check_against_the_ledger(demo, owners)
    demo.forget_calls()
    again = demo.sfspiris(*command, "--json").document
    assert [one for one in again["warnings"] if one["code"] == "MIRROR_RESTORED"] == []
    assert demo.writes() == []


def test_what_a_look_at_recent_changes_misses_is_found_by_the_next_days_pull(
    issued: tuple[Playground, list[Json], dict[str, str]],
) -> None:
    """A record that was deleted for good leaves no trace to look for."""
    demo, made, owners = issued
    demo.sfspiris("pull-invoice-status")
    lost = next(
        one for one in records(demo, "Spiris_Invoice__c") if one["External_Id__c"].endswith(made[2]["Id"])
    )
    demo.control("salesforce", "DELETE", f"records/Spiris_Invoice__c/{lost['Id']}?hard=true")
    assert demo.sfspiris("pull-invoice-status", "--json").document["actions"] == []
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2026-11-21T09:00:00Z"})
    next_day = demo.sfspiris("pull-invoice-status", "--json").document
    assert [one["code"] for one in next_day["warnings"]] == ["MIRROR_RESTORED"]
    assert [one["kind"] for one in next_day["actions"]] == ["write_invoice"]
    assert next_day["summary"]["update"] == 1
    tampered = records(demo, "Spiris_Invoice__c")[0]["Id"]
    demo.control("salesforce", "PATCH", f"records/Spiris_Invoice__c/{tampered}", {"Balance__c": 0})
    planned = demo.sfspiris("pull-invoice-status", "--full", "--dry-run")
    assert "Plan: 1 invoice to update in Salesforce" in planned.out
    told = demo.sfspiris("pull-invoice-status", "--full")
    assert "Done: 1 invoice updated in Salesforce" in told.out
    check_against_the_ledger(demo, owners)


def test_a_day_later_overdue_shows_without_a_call_for_each_invoice(
    issued: tuple[Playground, list[Json], dict[str, str]],
) -> None:
    demo, _, owners = issued
    demo.sfspiris("pull-invoice-status")
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2027-02-01T08:00:00Z"})
    demo.forget_calls()
    demo.sfspiris("pull-invoice-status")
    shown = records(demo, "Spiris_Invoice__c")
    assert {one["Status__c"] for one in shown if not one["Is_Credit_Note__c"]} == {"Overdue"}
    assert len(demo.calls("spiris")) <= 8, "two companies: who they are, drafts and invoices"
    answered = [one for one in demo.calls("salesforce") if one["status"] != 401]  # a token has died meanwhile
    assert len(answered) <= 6, "what is shown, and three kinds of writes"
    check_against_the_ledger(demo, owners)


def test_one_record_that_salesforce_refuses_does_not_stop_the_rest(
    issued: tuple[Playground, list[Json], dict[str, str]],
) -> None:
    demo, made, _ = issued
    number = str(made[2]["InvoiceNumber"])
    rule = {
        "name": "No_such_number",
        "formula": f'Invoice_Number__c = "{number}"',
        "message": "Not this one.",
    }
    demo.control("salesforce", "PUT", "schema", {"Spiris_Invoice__c": {"rules": [rule]}})
    ended = demo.sfspiris("pull-invoice-status", "--json")
    assert ended.code == 3
    failed = [one for one in ended.document["actions"] if one["outcome"] == "failed"]
    assert [one["target_id"] for one in failed] == [f"se:{made[2]['Id']}"]
    assert len(records(demo, "Spiris_Invoice__c")) == 3
    assert "Not this one. They" in str(ended.document["warnings"])


def test_a_pulls_reports_show_what_was_paid_what_is_open_and_when_it_is_due(
    issued: tuple[Playground, list[Json], dict[str, str]],
) -> None:
    demo, made, _owners = issued
    ended = demo.sfspiris("pull-invoice-status", "--report", "pull.md")
    assert ended.code == 0, ended.err
    number, due = str(made[0]["InvoiceNumber"]), made[0]["DueDate"][:10]
    (line,) = [one for one in ended.out.splitlines() if one.strip().startswith(f"invoice {number}")]
    assert "paid 100,00" in line
    assert "open" in line
    report = (demo.folder / "pull.md").read_text(encoding="utf-8")
    (row,) = [one for one in report.splitlines() if one.startswith(f"| {number} | Partly Paid |")]
    assert due in row


def test_a_credit_note_is_called_one_and_names_what_it_credits(
    issued: tuple[Playground, list[Json], dict[str, str]],
) -> None:
    demo, made, _ = issued
    ended = demo.sfspiris("pull-invoice-status", "--json", "--report", "told.md")
    told = [one["invoice"] for one in ended.document["actions"] if one["kind"] == "write_invoice"]
    (note,) = (one for one in told if one["is_credit_note"])
    assert note["credits_invoice"] == str(made[1]["InvoiceNumber"])
    page = " ".join(ended.err.split())
    assert f"credit note {note['number']} credits invoice {note['credits_invoice']}, -" in page
    assert f"invoice {note['number']} " not in page
    listed = (demo.folder / "told.md").read_text(encoding="utf-8")
    assert f"| {note['number']}, credits {note['credits_invoice']} |" in listed


def test_what_we_write_ourselves_comes_back_as_no_change(
    issued: tuple[Playground, list[Json], dict[str, str]],
) -> None:
    """A pull moves the deals' and the accounts' stamps; the push that reads them again has nothing to do."""
    demo, _, _ = issued
    demo.sfspiris("pull-invoice-status")
    demo.forget_calls()
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.document["actions"] == []
    assert demo.writes() == []


def test_a_full_sync_heals_what_no_window_shows(
    issued: tuple[Playground, list[Json], dict[str, str]],
) -> None:
    demo, made, owners = issued
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2026-11-20T10:00:00Z"})
    demo.sfspiris("pull-invoice-status")
    demo.control("spiris", "PUT", "switches", {"payment_moves_modified": "no"})
    finance(demo, f"invoices/{made[2]['Id']}/pay", {"date": "2026-11-20"})
    seen = demo.sfspiris("sync", "--json").document
    assert [one for one in seen["actions"] if one["kind"].startswith("write_")] == [], (
        "hidden from the window"
    )
    healed = demo.sfspiris("sync", "--full", "--json").document
    assert sorted(one["kind"] for one in healed["actions"]) == [
        "write_account",
        "write_deal",
        "write_invoice",
    ]
    assert healed["summary"]["update"] == 3
    assert (healed["summary"]["create"], healed["summary"]["delete"]) == (0, 0)
    check_against_the_ledger(demo, owners)
    assert demo.sfspiris("sync", "--full", "--json").document["actions"] == []
