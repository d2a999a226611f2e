"""The comparison as a document, whatever form it takes."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from report_samples import (
    COMPANIES,
    HOSTILE,
    deal_id,
    hostile_reconciliation,
    realistic_reconciliation,
    record_url,
    run,
    write_deal,
)
from sfspiris.core.drift import BooksLock, ComparedSum, Drift, Reconciliation, Symbol
from sfspiris.core.model import SyncState
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.report.document import reconcile_document
from sfspiris.report.html import html_report
from sfspiris.report.json import to_json
from sfspiris.report.markdown import markdown_report
from sfspiris.report.page import terminal
from sfspiris.report.shapes import ReconcileDocument, RunDocument
from sfspiris.report.text import print_reconciliation
from sfspiris.report.view import nothing_compared, verdict


def as_json(reconciliation: Reconciliation) -> dict[str, Any]:
    document = reconcile_document(run(command="reconcile"), reconciliation, record_url=record_url)
    found: dict[str, Any] = json.loads(to_json(document))
    return found


def test_every_line_carries_its_symbol_and_both_values() -> None:
    document = as_json(realistic_reconciliation())
    assert [one["symbol"] for one in document["lines"]] == ["*", "+", "-", "!", *["="] * 6]
    assert document["lines"][0] == {
        "symbol": "*",
        "deal": deal_id(22),
        "deal_name": "Licenser årsvis",
        "company": "se",
        "document_id": "i-10398",
        "document_number": "10398",
        "field": "Net",
        "salesforce": "13\u00a0700,00 SEK",
        "spiris": "13\u00a0500,00 SEK",
        "message": "Invoice 10398 was changed after it was drafted.",
        "code": "AMOUNT",
        "also": ["STATUS"],
        "reasons": [],
        "fix": "Credit it in Spiris and invoice anew.",
        "figures": [
            {
                "currency": "SEK",
                "sold": "13700.00",
                "drafted": "0.00",
                "invoiced": "13500.00",
                "credited": "0.00",
                "billed": "16875.00",
                "credited_gross": "0.00",
                "paid": "16000.00",
                "remaining": "875.00",
            }
        ],
        "settled": False,
        "links": {"salesforce": record_url(deal_id(22)), "spiris": None},
    }
    assert document["lines"][2]["links"]["salesforce"] is None


def test_counts_sums_and_period_stand_beside_the_lines() -> None:
    document = as_json(realistic_reconciliation())
    assert document["counts"] == {
        "same": 6,
        "only_in_salesforce": 1,
        "only_in_spiris": 1,
        "differs": 1,
        "unreadable": 1,
        "settled": 0,
    }
    assert document["sums"][1] == {
        "company": "se",
        "currency": "SEK",
        "salesforce": "1284300.00",
        "spiris": "1284100.00",
        "difference": "-200.00",
        "figures": None,
    }
    assert document["classes"] == {"AMOUNT": 1, "MISSING_IN_SPIRIS": 1}
    assert document["reread"] == 3
    assert document["period"] == {"start": "2026-10-01", "end": "2026-10-31"}


@pytest.mark.parametrize(
    ("locked", "state"), [("2026-11-05", "locked"), ("2026-10-15", "partly"), ("2026-09-30", "open")]
)
def test_a_period_whose_books_are_locked_is_told(locked: str, state: str) -> None:
    lock = BooksLock("se", date.fromisoformat(locked))
    document = as_json(replace(realistic_reconciliation(), locks=(lock,)))
    assert document["locks"] == [{"company": "se", "locked_until": locked, "period": state}]


def test_a_comparison_is_a_run_document_too() -> None:
    document = as_json(realistic_reconciliation())
    assert RunDocument.model_validate(document).summary.create == 0
    assert set(RunDocument.model_fields) <= set(document)


def test_what_could_not_be_read_makes_the_run_partial_and_drift_alone_does_not() -> None:
    differs = Drift(symbol=Symbol.DIFFERS, message="differs")
    unread = Drift(symbol=Symbol.UNREADABLE, message="could not be read")
    assert as_json(Reconciliation((differs,)))["status"] == "ok"
    assert as_json(Reconciliation((differs, unread)))["status"] == "partial"


def test_companies_of_lines_are_named() -> None:
    document = reconcile_document(
        run(), realistic_reconciliation(), record_url=record_url, companies={"se": COMPANIES["se"]}
    )
    assert document.companies == {"eu": "eu", "se": "Exempel Sverige AB"}


def test_repairs_are_actions_like_any_others() -> None:
    repair = write_deal(1, SyncState(status="Draft"), SyncState(status="Paid"))
    result = run(ActionResult(repair, Outcome.DONE), dry=False, command="reconcile")
    document = reconcile_document(result, realistic_reconciliation(), record_url=record_url)
    assert [one.kind for one in document.actions] == ["write_deal"]
    assert document.mode == "apply"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_comparison_read_back_from_its_json_is_the_same(hostile: str) -> None:
    document = reconcile_document(run(), hostile_reconciliation(hostile), record_url=record_url)
    assert ReconcileDocument.model_validate_json(to_json(document)) == document


def test_a_reconciliation_knows_whether_it_is_complete_and_whether_anything_drifted() -> None:
    same = Drift(symbol=Symbol.SAME, message="same")
    unread = Drift(symbol=Symbol.UNREADABLE, message="could not be read")
    agreed = Reconciliation((same,), start=date(2026, 10, 1))
    assert agreed.is_complete
    assert all(one.is_settled_by(()) for one in agreed.lines)
    assert agreed.count(Symbol.SAME) == 1
    broken = Reconciliation((same, unread))
    assert not broken.is_complete
    assert not all(one.is_settled_by(()) for one in broken.lines)


def test_a_difference_is_what_the_ledger_has_more() -> None:
    assert ComparedSum("se", "SEK", Decimal(100), Decimal("90.50")).difference == Decimal("-9.50")


def test_what_a_person_has_settled_is_said_of_the_differences_and_not_of_what_could_not_be_read() -> None:
    settled = Drift(symbol=Symbol.ONLY_IN_CRM, message="No document.", is_settled=True)
    for count, words in (
        (1, "1 of the differences is settled by a person."),
        (2, "2 of the differences are settled by a person."),
    ):
        document = reconcile_document(
            run(command="reconcile"), Reconciliation((settled,) * count), record_url=record_url
        )
        assert verdict(document).endswith(f"0 could not be read. {words}")


def test_an_empty_comparison_says_so_and_shows_no_table_without_rows() -> None:
    empty = Reconciliation((), (), date(2026, 1, 1), date(2026, 1, 31))
    document = reconcile_document(run(command="reconcile"), empty, record_url=record_url)
    page = io.StringIO()
    print_reconciliation(terminal(page, plain=True, width=200), document)
    for told in (page.getvalue(), html_report(document), markdown_report(document)):
        assert "Nothing to compare: the period has no won deal" in told
    assert "difference" not in page.getvalue()
    assert nothing_compared(
        reconcile_document(run(command="reconcile"), Reconciliation(()), record_url=record_url)
    )
    some = reconcile_document(run(command="reconcile"), realistic_reconciliation(), record_url=record_url)
    assert nothing_compared(some) is None
