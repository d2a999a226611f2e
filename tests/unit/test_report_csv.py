"""The table for spreadsheets."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report_samples import (
    HOSTILE,
    create_customer,
    create_draft,
    deal_id,
    hold,
    hostile_reconciliation,
    hostile_run,
    planned,
    realistic_apply,
    realistic_reconciliation,
    record_url,
    row,
    run,
)
from sfspiris.report.csv import csv_report, safe_cell
from sfspiris.report.document import reconcile_document, run_document

if TYPE_CHECKING:
    from sfspiris.report.shapes import RunDocument


def table(document: RunDocument) -> list[dict[str, str]]:
    text = csv_report(document)
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_there_is_one_line_per_action_and_one_per_hold() -> None:
    document = run_document(realistic_apply(), record_url=record_url)
    lines = table(document)
    assert [one["line"] for one in lines] == ["action"] * len(document.actions) + ["hold"] * len(
        document.holds
    )


def test_a_drafts_line_has_its_sums_as_numbers_that_a_spreadsheet_adds_up() -> None:
    draft = create_draft(1, "Avtal", row("Tid", "10", "1250"), rounding="-0.41", customer="Kund AB")
    (line,) = table(run_document(run(*planned(draft)), record_url=record_url))
    assert line["net"] == "12500.00"
    assert line["vat"] == "3125.00"
    assert line["rounding"] == "-0.41"
    assert line["total"] == "15624.59"
    assert line["currency"] == "SEK"
    assert (line["customer"], line["customer_number"]) == ("Kund AB", "1001")
    assert (line["kind"], line["outcome"], line["deal"]) == ("create_draft", "planned", deal_id(1))


def test_a_held_deals_line_says_why_and_what_to_do() -> None:
    (line,) = table(run_document(run(holds=[hold(1, "Avtal", value="x")]), record_url=record_url))
    assert line["outcome"] == "held"
    assert line["code"] == "CUSTOMER_ADDRESS_INCOMPLETE"
    assert (line["field"], line["value"], line["owner"]) == ("Account.BillingPostalCode", "x", "Maja Lind")
    assert line["since"] == "2026-11-20T08:00:00Z"
    assert line["salesforce"] == record_url(deal_id(1))


def test_a_comparison_has_one_line_per_finding_in_words() -> None:
    document = reconcile_document(run(), realistic_reconciliation(), record_url=record_url)
    lines = table(document)
    assert [one["finding"] for one in lines[:4]] == [
        "differs",
        "only in Salesforce",
        "only in Spiris",
        "could not be read",
    ]
    assert (lines[0]["in_salesforce"], lines[0]["in_spiris"]) == ("13\u00a0700,00 SEK", "13\u00a0500,00 SEK")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_cell_begins_as_a_formula(hostile: str) -> None:
    documents = (
        run_document(hostile_run(hostile), record_url=record_url),
        reconcile_document(run(), hostile_reconciliation(hostile), record_url=record_url),
    )
    for document in documents:
        for line in table(document):
            for cell in line.values():
                assert not cell.lstrip().startswith(
                    ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
                )


@given(st.text())
def test_a_safe_cell_never_begins_as_a_formula_and_keeps_the_text(text: str) -> None:
    cell = safe_cell(text)
    assert cell in {text, f"'{text}"}
    assert not cell.strip()[:1] or cell.strip()[0] not in "=+-@\uff1d\uff0b\uff0d\uff20"
    assert cell[:1] not in {"\t", "\r", "\n", "\0"}


def test_a_negative_amount_stays_a_number() -> None:
    assert safe_cell(Decimal("-0.41")) == "-0.41"
    assert safe_cell("-0.41") == "'-0.41"
    assert safe_cell(None) == ""


def test_a_customer_without_sums_has_empty_cells() -> None:
    (line,) = table(run_document(run(*planned(create_customer(1, "Kund AB"))), record_url=record_url))
    assert (line["net"], line["total"], line["target_id"]) == ("", "", "")
