"""Which prints the CRM lacks: one for each invoice and status, and none that may be on its way."""

from __future__ import annotations

from datetime import timedelta

from sfspiris.core.attachments import DONE, file_name, missing_prints
from shorthand import NOW

SETTLE = timedelta(minutes=15)
PAID = {"status": "Paid", "invoice_number": "1001", "invoice_date": "2026-11-20", "opportunity": "006A"}


def lacking(remembered: dict[str, dict[str, str | bool | None]], **more: str) -> list[tuple[str, str]]:
    shown = {"se:a": {**PAID, **more}, "se:b": {**PAID, "invoice_date": "2026-11-21"}, "no:c": PAID}
    found = missing_prints(shown, remembered, {"se"}, now=NOW, settle=SETTLE)
    return [(one.external_id, one.status) for one in found]


def test_the_newest_invoice_comes_first_and_other_companies_are_left_out() -> None:
    assert lacking({}) == [("se:b", "Paid"), ("se:a", "Paid")]


def test_a_status_that_was_printed_is_not_printed_again_and_another_is() -> None:
    assert lacking({"se:b": {"Paid": DONE}, "se:a": {"Issued": DONE}}) == [("se:a", "Paid")]


def test_what_was_sent_without_an_answer_is_left_alone_until_it_has_settled() -> None:
    young, old = NOW - SETTLE + timedelta(seconds=1), NOW - SETTLE
    sent: dict[str, dict[str, str | bool | None]] = {
        "se:a": {"Paid": young.isoformat()},
        "se:b": {"Paid": old.isoformat()},
    }
    assert lacking(sent) == [("se:b", "Paid")]


def test_what_no_invoice_can_be_is_not_printed() -> None:
    assert lacking({"se:b": {"Paid": DONE}}, status="Deleted") == []


def test_the_file_name_tells_company_invoice_and_status() -> None:
    assert file_name("se:0b1c", "Partly Paid") == "sfspiris-se-0b1c-partly-paid.pdf"
