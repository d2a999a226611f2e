"""What the adapter of Spiris cannot do, however it is asked: issue, book, deliver, send, or delete anything but a draft or an order."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from our_operations import OUR_OPERATIONS
from sfspiris.adapters.spiris.client import SpirisClient

FORBIDDEN = (
    "convert",
    "converteddrafttoorder",
    "completed",
    "voided",
    "backorder",
    "deliverynote",
    "email",
    "payments",
    "void",
    "credit",
    "autoinvoice",
    "vouchers",
)


def source() -> str:
    folder = files("sfspiris.adapters.spiris")
    return "\n".join(one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".py"))


@pytest.mark.parametrize("call", FORBIDDEN)
def test_no_path_of_the_client_leads_to_a_call_that_books_or_sends(call: str) -> None:
    paths = re.findall(
        r'"(?:GET|POST|PUT|DELETE)", f?"([^"]+)"|_(?:create|read|list|delete|one)\(\s*f?"([^"]+)"', source()
    )
    assert [path for found in paths for path in found if call in path.lower().split("/")] == []
    assert [operation for operation in OUR_OPERATIONS.values() if call in operation.lower().split("/")] == []


def test_invoices_are_only_ever_read_and_nothing_but_a_draft_or_an_order_can_be_deleted() -> None:
    methods = {operation for operation in OUR_OPERATIONS.values() if "customerinvoices" in operation}
    assert methods == {
        "GET /customerinvoices",
        "GET /customerinvoices/{invoiceId}",
        "GET /customerinvoices/{invoiceId}/pdf",
        "GET /customerinvoices/{invoiceId}/print",
    }
    deletions = {name: one for name, one in OUR_OPERATIONS.items() if one.startswith("DELETE")}
    assert deletions == {
        "delete_draft": "DELETE /customerinvoicedrafts/{customerInvoiceDraftId}",
        "delete_order": "DELETE /orders/{id}",
    }
    deleted = re.findall(r'_delete\(f"([^"]+)"', source())
    assert deleted == ["customerinvoicedrafts/{draft_id}", "orders/{order_id}"]
    assert source().count("self._delete(") == len(deleted)
    assert source().count('"DELETE"') == 1


def test_every_public_call_of_the_client_is_a_reading_or_makes_or_changes_what_is_not_booked() -> None:
    calls = {name for name in vars(SpirisClient) if not name.startswith("_")}
    deletions = {"delete_draft", "delete_order"}
    assert {name for name in calls if name.startswith("delete")} == deletions
    verbs = {name.split("_")[0] for name in calls - deletions}
    assert verbs.isdisjoint(
        {"deliver", "complete", "issue", "book", "send", "mail", "delete", "convert", "void", "pay", "credit"}
    )
