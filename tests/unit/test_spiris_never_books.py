"""What the adapter of Spiris cannot do, however it is asked: issue, book, send or delete."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from our_operations import OUR_OPERATIONS
from sfspiris.adapters.spiris.client import SpirisClient

FORBIDDEN = ("convert", "email", "print", "pdf", "payments", "void", "credit", "autoinvoice", "vouchers")


def source() -> str:
    folder = files("sfspiris.adapters.spiris")
    return "\n".join(one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".py"))


@pytest.mark.parametrize("call", FORBIDDEN)
def test_no_path_of_the_client_leads_to_a_call_that_books_or_sends(call: str) -> None:
    paths = re.findall(
        r'"(?:GET|POST|PUT|DELETE)", f?"([^"]+)"|_(?:create|read|list)\(\s*f?"([^"]+)"', source()
    )
    assert [path for found in paths for path in found if call in path.lower().split("/")] == []
    assert [operation for operation in OUR_OPERATIONS.values() if call in operation.lower().split("/")] == []


def test_invoices_are_only_ever_read_and_nothing_is_ever_deleted() -> None:
    methods = {operation for operation in OUR_OPERATIONS.values() if "customerinvoices" in operation}
    assert methods == {"GET /customerinvoices"}
    assert [operation for operation in OUR_OPERATIONS.values() if operation.startswith("DELETE")] == []
    assert '"DELETE"' not in source()


def test_every_public_call_of_the_client_is_a_reading_or_makes_or_changes_what_is_not_booked() -> None:
    verbs = {name.split("_")[0] for name in vars(SpirisClient) if not name.startswith("_")}
    assert verbs.isdisjoint({"issue", "book", "send", "mail", "delete", "convert", "void", "pay", "credit"})
