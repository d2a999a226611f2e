"""Every path of the status table, under each behaviour that the vendor leaves open: Salesforce says what the ledger holds."""

from __future__ import annotations

from decimal import Decimal
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from playground import Json, Playground, finance, sandbox_up

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = (
    "draft",
    "issued",
    "part",
    "paid",
    "late",
    "credited",
    "credit-part",
    "credit-paid",
    "deleted",
    "void",
)
SWITCHES: tuple[dict[str, str], ...] = (
    {},
    {"created_from_draft_id": "null"},
    {"references_survive_issue": "no"},
    {"payment_moves_modified": "no"},
)
TODAY, TOMORROW = "2026-11-20", "2026-11-22T08:00:00Z"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with sandbox_up(tmp_path_factory.mktemp("paths"), world="generated:deals=40,seed=7") as playground:
        yield playground


def amount(value: object) -> Decimal:
    return Decimal(str(value)).quantize(CENT)


def walk(demo: Playground, company: str, draft: str, path: str) -> None:
    """What finance does with one draft."""
    if path == "draft":
        return
    if path == "deleted":
        finance(demo, f"drafts/{draft}/delete", company=company)
        return
    date = "2026-01-15" if path == "late" else TODAY
    invoice = finance(demo, f"drafts/{draft}/issue", {"date": date}, company=company)
    total = amount(invoice["TotalAmountInvoiceCurrency"])
    place = f"invoices/{invoice['Id']}"
    part = str((total * Decimal("0.4")).quantize(CENT))
    if path == "part":
        finance(demo, f"{place}/pay", {"amount": part, "date": TODAY}, company=company)
    if path in {"credit-part", "credit-paid"}:
        finance(demo, f"{place}/credit", {"amount": part}, company=company)
    if path == "credited":
        finance(demo, f"{place}/credit", company=company)
    if path in {"paid", "credit-paid"}:
        finance(demo, f"{place}/pay", {"date": TODAY}, company=company)
    if path == "void":
        finance(demo, f"{place}/void", company=company)


def expected(one: Json, today: str) -> str:
    """The status of an invoice, from the vendor's own figures and nothing of ours."""
    total, left, credited = (
        abs(amount(one[name]))
        for name in (
            "TotalAmountInvoiceCurrency",
            "RemainingAmountInvoiceCurrency",
            "SetOffAmountInvoiceCurrency",
        )
    )
    if one["IsCreditInvoice"]:
        return "Issued" if left else "Credited"
    if credited and credited >= total:
        return "Credited"
    if left == 0:
        return "Paid"
    if one["DueDate"][:10] < today:
        return "Overdue"
    if left < total - credited:
        return "Partly Paid"
    return "Partly Credited" if credited else "Issued"


def records(demo: Playground) -> dict[str, Json]:
    found = demo.control("salesforce", "GET", "state")["records"].get("Spiris_Invoice__c", [])
    return {one["External_Id__c"]: one for one in found}


@pytest.mark.parametrize("switches", SWITCHES, ids=lambda one: "-".join(one) or "defaults")
def test_every_invoice_in_salesforce_says_what_the_ledger_holds(
    running: Playground, switches: dict[str, str]
) -> None:
    demo = running
    demo.reset("generated:deals=40,seed=7")
    demo.control("spiris", "PUT", "switches", switches)
    pushed = demo.sfspiris("push-closed-won", "--json", "--allow-large")
    made = [one for one in pushed.document["actions"] if one["kind"] == "create_draft"]
    assert len(made) >= len(PATHS)
    demo.sfspiris("pull-invoice-status")  # so that what follows is told by what has moved since
    paths = dict(zip((one["deal"] for one in made), cycle(PATHS), strict=False))
    for one in made:
        walk(demo, one["company"], one["target_id"], paths[one["deal"]])
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": TOMORROW})
    demo.forget_calls()
    ended = demo.sfspiris("pull-invoice-status", "--json")
    assert ended.code == 3, "drafts were deleted"

    shown = records(demo)
    ledger = {
        f"{company['key']}:{one['Id']}": one
        for company in demo.control("spiris", "GET", "state")["companies"]
        for one in company["invoices"]
    }
    ours = {key: one for key, one in ledger.items() if key in shown}
    assert len(ours) >= sum(path not in {"draft", "deleted"} for path in paths.values())
    for key, one in ours.items():
        assert shown[key]["Status__c"] == expected(one, TOMORROW[:10]), (key, one["InvoiceNumber"])
        assert amount(shown[key]["Balance__c"]) == amount(one["RemainingAmountInvoiceCurrency"])
        assert amount(shown[key]["Amount_Total__c"]) == amount(one["TotalAmountInvoiceCurrency"])
    held = {(one["code"], paths.get(one["deal"])) for one in ended.document["holds"]}
    assert held == {("DRAFT_DELETED", "deleted")}, "origin or reference: each alone leads to the invoice"
    for deal in demo.deals().values():
        path = paths.get(deal["Id"])
        if path == "draft":
            assert deal["Spiris_Sync_Status__c"] == "Draft"
        elif path == "deleted":
            assert deal["Spiris_Sync_Status__c"] == "Deleted"
        elif path is not None:
            number = deal["Spiris_Invoice_Number__c"]
            invoice = next(one for one in ledger.values() if str(one["InvoiceNumber"]) == number)
            assert deal["Spiris_Sync_Status__c"] == expected(invoice, TOMORROW[:10])
    companies = len(demo.control("spiris", "GET", "state")["companies"])
    writes = sum(one["kind"].startswith("write_") for one in ended.document["actions"])
    assert len(demo.calls("spiris")) <= companies * 5
    assert len(demo.calls("salesforce")) <= writes / 200 + 8

    demo.forget_calls()
    again = demo.sfspiris("pull-invoice-status", "--json")
    assert again.document["actions"] == []
    assert demo.writes() == []
