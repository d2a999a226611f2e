"""Many invoices at once: a bulk job saves them, and each is accounted for as if it had been saved in an ordinary call."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from salesforce_world import Org, running_org
from sfspiris.adapters.salesforce.bulk import csv_of, rows_of
from sfspiris.core.model import DealStatus
from sfspiris.core.receivables import InvoiceRecord, values
from sfspiris.errors import BrokenReply, OutOfQuota, Retryable, SafetyStop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.adapters.salesforce.crm import SalesforceCrm

MANY = 12
LIST = "composite/sobjects/Spiris_Invoice__c/External_Id__c"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Org]:
    with running_org() as org:
        yield org


@pytest.fixture
def org(sandbox: Org) -> Org:
    sandbox.reset()
    return sandbox


def invoice(number: int, **changes: Any) -> InvoiceRecord:
    known = InvoiceRecord(
        external_id=f"se:{number:05d}",
        company="se",
        account=None,
        opportunity=None,
        invoice_number=str(number),
        status=DealStatus.ISSUED,
        invoice_date=date(2026, 11, 1),
        due_date=date(2026, 12, 1),
        paid_date=None,
        last_payment_date=None,
        currency="SEK",
        amount_net=Decimal("1000.00"),
        amount_vat=Decimal("250.00"),
        amount_total=Decimal("1250.00"),
        amount_paid=Decimal("0.00"),
        amount_credited=Decimal("0.00"),
        balance=Decimal("1250.00"),
        amount_total_base=Decimal("1250.00"),
        exchange_rate=Decimal(1),
        ocr="4711",
        is_credit_note=False,
        credits_invoice=None,
        is_overdue=False,
    )
    return replace(known, **changes)


def invoices(count: int = MANY) -> list[InvoiceRecord]:
    return [invoice(number) for number in range(1, count + 1)]


def bulky(org: Org, **options: Any) -> SalesforceCrm:
    return org.crm(bulk_above=MANY - 1, **options)


def shown(org: Org) -> dict[str, dict[str, Any]]:
    return {one["External_Id__c"]: one for one in org.records("Spiris_Invoice__c")}


def jobs(org: Org) -> list[str]:
    """The calls about jobs, with the job's own name left out."""
    return [
        "/".join(part for part in one.split("/") if not part.startswith("750"))
        for one in org.paths
        if one.startswith("jobs/")
    ]


def check_all_saved(org: Org, records: list[InvoiceRecord], results: list[Any]) -> None:
    assert [one.deal_id for one in results] == [one.external_id for one in records], "in the order given"
    assert {one.error for one in results} == {None}
    found = org.crm().read_invoices()
    for one in records:
        assert found[one.external_id] == {
            name: value for name, value in values(one).items() if name in found[one.external_id]
        }
    assert len(org.records("Spiris_Invoice__c")) == len(records), "each once"


# --- the usual way -------------------------------------------------------------------------------------------------


def test_more_than_the_threshold_go_as_one_job_and_no_more_than_it_in_ordinary_calls(org: Org) -> None:
    crm = bulky(org)
    assert crm.invoices_at_once(MANY - 1) == 200
    assert crm.invoices_at_once(MANY) == 10_000
    crm.write_invoices(invoices(MANY - 1))
    assert (jobs(org), org.paths.count(LIST)) == ([], 1)
    org.forget_requests()
    check_all_saved(org, invoices(), bulky(org).write_invoices(invoices()))
    assert jobs(org) == [
        "jobs/ingest",
        "jobs/ingest/batches",
        "jobs/ingest",
        "jobs/ingest",
        "jobs/ingest/successfulResults",
        "jobs/ingest/failedResults",
        "jobs/ingest/unprocessedrecords",
    ]
    assert LIST not in org.paths


def test_a_job_that_takes_a_while_is_looked_at_with_growing_pauses(org: Org) -> None:
    org.control("PUT", "switches", {"polls_until_done": 6})
    check_all_saved(org, invoices(), bulky(org).write_invoices(invoices()))
    assert org.naps.slept == [1, 2, 4, 8, 10, 10]


def test_a_job_empties_fields_and_keeps_every_sign_in_its_cell(org: Org) -> None:
    bulky(org).write_invoices([invoice(1, ocr="1", paid_date=date(2026, 11, 19)), *invoices()[1:]])
    odd = [
        invoice(1, ocr=None, paid_date=None, last_payment_date=date(2026, 11, 2)),
        invoice(2, ocr='=HYPERLINK("http://x","y")'),
        invoice(3, ocr='a,"b"\nc;d'),
        invoice(4, ocr="+46 70", balance=Decimal("-1E+3")),
        invoice(5, ocr="åäö 🚚", is_overdue=True),
        invoice(6, ocr="#N/A"),
        *invoices()[6:],
    ]
    check_all_saved(org, odd, bulky(org).write_invoices(odd))
    assert shown(org)["se:00001"]["Paid_Date__c"] is None
    assert org.paths.count(LIST) == 1, "what a table cannot say goes in an ordinary call"


# --- what is refused -----------------------------------------------------------------------------------------------


def test_one_record_that_breaks_a_rule_is_told_as_in_an_ordinary_call_and_the_others_are_saved(
    org: Org,
) -> None:
    rule = {"name": "Rule", "formula": 'Invoice_Number__c = "3"', "message": "Not: this one, thanks."}
    org.schema("Spiris_Invoice__c", rules=[rule])
    by_job = bulky(org).write_invoices(invoices())
    one_by_one = org.crm().write_invoices(invoices())
    assert by_job == one_by_one
    assert [one.deal_id for one in by_job if one.error] == ["se:00003"]
    assert len(shown(org)) == MANY - 1


def test_what_somebody_else_was_saving_is_tried_again(org: Org) -> None:
    org.control("PUT", "switches", {"lock_every_nth": 5})
    check_all_saved(org, invoices(), bulky(org).write_invoices(invoices()))


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "FEATURENOTENABLED"), (403, "INSUFFICIENT_ACCESS"), (400, "EXCEEDED_QUOTA"), (404, "NOT_FOUND")],
)
def test_an_org_without_bulk_is_written_to_in_ordinary_calls_and_asked_once(
    org: Org, status: int, code: str
) -> None:
    refusal = [{"errorCode": code, "message": "Bulk is not for you"}]
    org.fault("status", "jobs/ingest$", method="POST", code=status, body=refusal, times=None)
    crm = bulky(org)
    check_all_saved(org, invoices(), crm.write_invoices(invoices()))
    crm.write_invoices(invoices())
    assert jobs(org) == ["jobs/ingest"]


def test_the_orgs_daily_calls_bind_jobs_too(org: Org) -> None:
    org.control("PUT", "switches", {"daily_limit": 10})
    with pytest.raises(OutOfQuota):
        bulky(org, daily_share=Decimal("0.5")).write_invoices(invoices())
    assert len(org.paths) <= 6


def test_a_run_that_only_reads_makes_no_job(org: Org) -> None:
    with pytest.raises(SafetyStop):
        bulky(org, read_only=True).write_invoices(invoices())
    assert jobs(org) == []


# --- what breaks ---------------------------------------------------------------------------------------------------

STEPS = {
    "create": ("POST", "jobs/ingest$"),
    "upload": ("PUT", "batches$"),
    "close": ("PATCH", "jobs/ingest/750"),
    "look": ("GET", "jobs/ingest/750[^/]*$"),
    "saved": ("GET", "successfulResults"),
    "failed": ("GET", "failedResults"),
    "unprocessed": ("GET", "unprocessedrecords"),
}


@pytest.mark.parametrize(
    "effect",
    [
        "drop_before",
        "drop_after",
        "html",
        *(pytest.param(one, marks=pytest.mark.release) for one in ("truncate", "empty", "status")),
    ],
)
@pytest.mark.parametrize("step", STEPS)
def test_a_lost_or_broken_answer_at_any_step_loses_and_doubles_nothing(
    org: Org, step: str, effect: str
) -> None:
    method, path = STEPS[step]
    org.fault(effect, path, method=method)
    records = invoices()
    check_all_saved(org, records, bulky(org).write_invoices(records))
    listed = {one["state"] for one in org_jobs(org)}
    assert listed <= {"JobComplete", "Aborted"}, "no job is left that could still write"


@pytest.mark.parametrize(
    "effect",
    ["drop_after", *(pytest.param(one, marks=pytest.mark.release) for one in ("html", "truncate"))],
)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_never_answers_is_made_good_by_the_next_run(org: Org, step: str, effect: str) -> None:
    method, path = STEPS[step]
    crm = bulky(org)
    crm.receivable_fields()
    org.fault(effect, path, method=method, times=None)
    records = invoices()
    try:
        crm.write_invoices(records)
    except Retryable:
        org.control("DELETE", "faults")
        newer = [replace(one, balance=Decimal("7.00")) for one in records]
        org.control("PUT", "switches", {"polls_until_done": 3})
        check_all_saved(org, newer, bulky(org).write_invoices(newer))
    else:
        org.control("DELETE", "faults")
        check_all_saved(org, records, crm.write_invoices(records))
    assert {one["state"] for one in org_jobs(org)} <= {"JobComplete", "Aborted"}


def org_jobs(org: Org) -> list[Any]:
    """What the org says about its jobs, asked as an administrator would."""
    token = org.stores.kept["salesforce"].access_token
    reply = org.http.get(
        f"{org.url}/services/data/v66.0/jobs/ingest", headers={"Authorization": f"Bearer {token}"}
    )
    assert reply.status_code == 200
    found: list[Any] = reply.json()["records"]
    return found


def test_a_job_that_an_earlier_run_left_behind_is_aborted_before_anything_newer_is_written(org: Org) -> None:
    """A queued job would put its older values over the newer ones of the next run."""
    org.control("PUT", "switches", {"polls_until_done": 10})
    first = bulky(org)
    first.receivable_fields()
    org.fault("drop_after", "jobs/ingest/750[^/]*$", method="GET", times=None)
    with pytest.raises(Retryable):
        first.write_invoices(invoices())
    org.control("DELETE", "faults")
    assert [one["state"] for one in org_jobs(org)] == ["InProgress"]
    one = [invoice(1, balance=Decimal("0.00"))]
    bulky(org).write_invoices(one)
    assert [one["state"] for one in org_jobs(org)] == ["Aborted"]
    org.forget_requests()
    bulky(org).write_invoices(one)
    assert jobs(org) == [], "once"


def test_a_job_that_nobody_gets_round_to_is_aborted_and_its_records_go_in_ordinary_calls(org: Org) -> None:
    org.control("PUT", "switches", {"polls_until_done": 1000})
    check_all_saved(org, invoices(), bulky(org).write_invoices(invoices()))
    assert [one["state"] for one in org_jobs(org)] == ["Aborted"]
    assert 600 <= sum(org.naps.slept) < 640
    assert org.paths.count(LIST) == 1


def test_a_job_whose_making_nobody_answered_is_found_and_aborted_and_nobody_elses_is(org: Org) -> None:
    crm = bulky(org)
    crm.receivable_fields()
    token = org.stores.kept["salesforce"].access_token
    wanted = {"object": "Account", "operation": "update", "contentType": "CSV"}
    org.http.post(
        f"{org.url}/services/data/v66.0/jobs/ingest",
        json=wanted,
        headers={"Authorization": f"Bearer {token}"},
    )
    org.fault("drop_after", "jobs/ingest$", method="POST")
    check_all_saved(org, invoices(), crm.write_invoices(invoices()))
    assert {one["object"]: one["state"] for one in org_jobs(org)} == {
        "Account": "Open",
        "Spiris_Invoice__c": "Aborted",
    }


def test_a_job_that_got_its_data_twice_and_cannot_be_closed_is_aborted(org: Org) -> None:
    """What Salesforce answers after an upload whose answer was lost and that was sent again."""
    body = [{"errorCode": "INVALIDJOB", "message": "Found multiple contents for job"}]
    org.fault("status", "jobs/ingest/750", method="PATCH", code=400, body=body)
    check_all_saved(org, invoices(), bulky(org).write_invoices(invoices()))
    assert [one["state"] for one in org_jobs(org)] == ["Aborted"]


def test_a_record_that_two_tables_tell_of_is_saved_again(org: Org) -> None:
    csv = {"Content-Type": "text/csv"}
    lines = '"External_Id__c"\n"se:00001"\n"se:00002"\n'
    org.fault("status_after", "unprocessedrecords", code=200, body=lines, headers=csv)
    check_all_saved(org, invoices(), bulky(org).write_invoices(invoices()))
    [again] = [one for one in org.requests() if one["path"].endswith(LIST)]
    assert len(again["body"]["records"]) == 2


@pytest.mark.parametrize("lines", ["", '"sf__Id","sf__Created","External_Id__c"\n', "Hello, world\n1,2\n"])
def test_what_no_table_tells_of_is_saved_in_ordinary_calls(org: Org, lines: str) -> None:
    """The job may have done it all the same, which does no harm."""
    org.fault(
        "status_after",
        "successfulResults",
        code=200,
        body=lines,
        headers={"Content-Type": "text/csv"},
        times=None,
    )
    check_all_saved(org, invoices(), bulky(org).write_invoices(invoices()))
    assert org.paths.count(LIST) == 1


# --- tables --------------------------------------------------------------------------------------------------------


def test_a_table_says_nothing_by_leaving_a_cell_empty() -> None:
    records: list[dict[str, Any]] = [{"attributes": {}, "K": "a", "T": None, "B": True, "N": Decimal("1E+2")}]
    assert csv_of(records, "K") == b'K,T,B,N\n"a",#N/A,true,100\n'
    assert csv_of([{"K": "a", "T": "#N/A"}], "K") is None


@pytest.mark.parametrize("table", [b'"K"\n"a","b"\n', b'"K","T"\n"a"\n', b'"K"\n"a', b"\xff", b"<html>"])
def test_a_table_that_is_cut_or_none_is_refused(table: bytes) -> None:
    with pytest.raises(BrokenReply):
        list(rows_of(table, "K"))
