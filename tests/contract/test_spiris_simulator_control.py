"""What people do in the product, the state, and how a world becomes a company."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.spiris.simulator import SpirisSimulator
from spiris_sandbox import NOW, NOWHERE, WORLD, Api, Sandbox, kr


def world(**changes: Any) -> dict[str, Any]:
    company = copy.deepcopy(WORLD["spiris"]["companies"][0])
    return {"now": NOW, "spiris": {"companies": [{**company, **changes}]}}


# In the product


def test_a_person_edits_a_draft_and_what_is_not_named_stays(office: Sandbox, api: Api) -> None:
    draft = api.draft(api.row(price=100), OurReference="SF 006A", YourReference="Anna")
    edited = office.does("POST", f"drafts/{draft['Id']}/edit", json={"OurReference": "egen text"})
    assert (edited["OurReference"], edited["YourReference"]) == ("egen text", "Anna")
    assert edited["TotalAmount"] == draft["TotalAmount"]
    assert edited["Rows"][0]["Id"] != draft["Rows"][0]["Id"]
    assert api.ok("GET", f"/customerinvoicedrafts/{draft['Id']}") == edited


def test_a_person_changes_rows_within_the_rules_of_the_product(office: Sandbox, api: Api) -> None:
    draft = api.draft(api.row(price=100))
    edited = office.does("POST", f"drafts/{draft['Id']}/edit", json={"Rows": [api.row("LUNCH", price=50)]})
    assert edited["TotalAmount"] == kr("56.00")
    assert "article row" in office.refuses("POST", f"drafts/{draft['Id']}/edit", json={"Rows": []})
    assert "Colour" in office.refuses("POST", f"drafts/{draft['Id']}/edit", json={"Colour": "red"})
    assert api.ok("GET", f"/customerinvoicedrafts/{draft['Id']}") == edited


def test_a_person_issues_a_draft_on_a_date(office: Sandbox, api: Api) -> None:
    draft = api.draft(api.row(price=100))
    invoice = office.does("POST", f"drafts/{draft['Id']}/issue", json={"date": "2026-11-18"})
    assert (invoice["InvoiceNumber"], invoice["InvoiceDate"], invoice["DueDate"]) == (
        1001,
        "2026-11-18",
        "2026-12-18",
    )
    assert api.ok("GET", f"/customerinvoices/{invoice['Id']}") == invoice
    assert "future" in office.refuses(
        "POST", f"drafts/{api.draft()['Id']}/issue", json={"date": "2026-12-01"}
    )
    assert "date" in office.refuses("POST", f"drafts/{api.draft()['Id']}/issue", json={"date": "i morgon"})
    assert "colour" in office.refuses("POST", f"drafts/{api.draft()['Id']}/issue", json={"colour": 1})


def test_a_person_issues_without_a_body(office: Sandbox, api: Api) -> None:
    assert office.does("POST", f"drafts/{api.draft()['Id']}/issue")["InvoiceDate"] == "2026-11-20"


def test_a_person_deletes_a_draft(office: Sandbox, api: Api) -> None:
    draft = api.draft()
    office.does("POST", f"drafts/{draft['Id']}/delete")
    assert api.get(f"/customerinvoicedrafts/{draft['Id']}").status_code == 404
    assert "no draft" in office.refuses("POST", f"drafts/{draft['Id']}/delete")


def test_a_payment_is_all_of_it_today_unless_said(office: Sandbox, api: Api) -> None:
    invoice = api.invoice(api.row(price=100))
    part = office.does(
        "POST", f"invoices/{invoice['Id']}/pay", json={"amount": "25.00", "date": "2026-11-19"}
    )
    assert (part["RemainingAmount"], part["PaymentDate"]) == (kr("100.00"), "2026-11-19T00:00:00Z")
    assert office.does("POST", f"invoices/{invoice['Id']}/pay")["PaymentStatus"] == 0
    for amount in ("much", 1.234, True):
        assert "amount" in office.refuses("POST", f"invoices/{invoice['Id']}/pay", json={"amount": amount})
    payments = office.company()["payments"]
    assert [payment["PaymentAmount"] for payment in payments] == [kr("25.00"), kr("100.00")]


def test_a_person_edits_a_customer(office: Sandbox, api: Api) -> None:
    customer = api.customer("1001")
    edited = office.does("POST", f"customers/{customer['Id']}/edit", json={"Name": "Acme Sverige AB"})
    assert (edited["Name"], edited["CustomerNumber"]) == ("Acme Sverige AB", "1001")
    assert "Name" in office.refuses("POST", f"customers/{customer['Id']}/edit", json={"Name": "x" * 51})


def test_an_action_finds_its_company_and_a_wrong_company_does_not_have_it(office: Sandbox) -> None:
    draft = office.sign_in().draft()
    assert office.refuses("POST", f"drafts/{draft['Id']}/issue?company=two")
    assert "three" in office.refuses("POST", f"drafts/{draft['Id']}/issue?company=three")
    office.does("POST", f"drafts/{draft['Id']}/issue?company=se")


@pytest.mark.parametrize("path", ["drafts/{}/issue", "invoices/{}/pay", "customers/{}/edit"])
def test_nothing_is_done_to_what_is_not_there(office: Sandbox, path: str) -> None:
    for own_id in (NOWHERE, "42"):
        assert office.refuses("POST", path.format(own_id))


def test_a_company_is_changed_where_the_api_only_reads(office: Sandbox, api: Api) -> None:
    changed = office.does(
        "PUT", "company?company=se", json={"ProductVariant": 5, "NextCustomerInvoiceNumber": 77}
    )
    assert (changed["ProductVariant"], changed["StartupGuideCompleted"]) == (5, True)
    assert api.ok("GET", "/companysettings")["NextCustomerInvoiceNumber"] == 77
    assert api.invoice()["InvoiceNumber"] == 77
    assert "Colour" in office.refuses("PUT", "company", json={"Colour": "red"})
    assert "ProductVariant" in office.refuses("PUT", "company", json={"ProductVariant": 9})
    assert "three" in office.refuses("PUT", "company?company=three", json={})


def test_every_switch_has_a_default_and_a_reason(office: Sandbox) -> None:
    switches = office.does("GET", "switches")
    wanted = {
        "missing_draft", "created_from_draft_id", "payment_moves_modified", "filterable_fields", "references_survive_issue",
        "retry_after_header", "vies", "keep_original_draft_date", "domestic_currency_rounding", "refresh_grace_seconds",
        "index_lag_seconds", "rate_limit_per_minute", "latency_ms",
    }  # fmt: skip
    assert wanted <= set(switches)
    assert all(
        len(switch["reason"]) > 20 and switch["value"] == switch["default"] for switch in switches.values()
    )


# State


def test_the_state_holds_every_record_in_wire_shape(office: Sandbox, api: Api) -> None:
    draft, invoice = api.draft(), api.invoice()
    office.does("POST", f"invoices/{invoice['Id']}/pay", json={"amount": 1})
    company = office.company()
    assert company["drafts"] == [draft]
    assert company["invoices"] == api.all("/customerinvoices")
    assert company["customers"] == api.all("/customers")
    assert company["articles"] == api.all("/articles")
    assert company["vouchers"] == api.all("/vouchers")
    assert company["ledgeritems"] == api.all("/customerledgeritems")
    assert company["settings"] == api.ok("GET", "/companysettings")
    assert [c["key"] for c in office.does("GET", "state")["companies"]] == ["se", "two"]


def test_no_secret_stands_in_the_state(office: Sandbox) -> None:
    tokens = office.tokens()
    text = office.control.get("/_sandbox/state").text
    assert tokens["access_token"] not in text
    assert "sandbox-secret" not in text


# Worlds


def test_a_world_can_be_written_in_short_forms(office: Sandbox) -> None:
    office.reset(
        world(
            articles=[{"Number": "BOK", "Name": "Bok", "coding": "goods-6", "unit": "fp", "NetPrice": 100}, {"Number": "T", "Name": "Tid"}],
            customers=[{"Name": "Kund AB", "terms": 10}],
            drafts=[{"customer": "Kund AB", "OurReference": "x", "rows": [{"article": "BOK", "Quantity": 2}, {"Text": "hej"}]}],
            invoices=[
                {"customer": "1001", "InvoiceNumber": 501, "InvoiceDate": "2026-10-01", "rows": [{"article": "BOK"}], "paid": True, "paid_date": "2026-10-10"},
                {"customer": "1001", "InvoiceDate": "2026-10-02", "rows": [{"article": "BOK"}], "paid": 6, "credited": 50},
            ],
            orders=[{"customer": "1001", "rows": [{"article": "T", "UnitPrice": 10}]}],
            vouchers=[{"VoucherDate": "2026-10-01", "VoucherText": "Start", "Rows": [{"AccountNumber": 1930, "DebitAmount": 1}, {"AccountNumber": 2081, "CreditAmount": 1}]}],
        )
    )  # fmt: skip
    company = office.company()
    assert (
        company["customers"][0]["CustomerNumber"],
        company["customers"][0]["TermsOfPayment"]["NumberOfDays"],
    ) == ("1001", 10)
    assert company["drafts"][0]["TotalAmount"] == kr("212.00")
    paid, part, note = company["invoices"]
    assert (paid["InvoiceNumber"], paid["InvoiceDate"], paid["PaymentStatus"]) == (501, "2026-10-01", 0)
    assert paid["PaymentDate"] == "2026-10-10T00:00:00Z"
    assert (part["InvoiceNumber"], part["RemainingAmount"], part["PaymentStatus"]) == (502, kr("50.00"), 2)
    assert note["ReferringInvoiceId"] == part["Id"]
    assert company["orders"][0]["Amount"] == kr("12.50")
    assert "A1" in [voucher["NumberAndNumberSeries"] for voucher in company["vouchers"]]


def test_a_world_can_choose_ids_and_registers(office: Sandbox) -> None:
    own = "11111111-1111-4111-8111-111111111111"
    coding = {
        "key": "resor",
        "Name": "Resor 6 %",
        "Type": "Service",
        "VatRatePercent": 0.06,
        "DomesticSalesSubjectToVatAccountNumber": 3003,
    }
    office.reset(
        world(
            customers=[{"Id": own, "Name": "Kund AB"}],
            codings=[coding],
            units=[{"Name": "Resa", "Abbreviation": "resa"}],
            termsofpayments=[{"Name": "30 dagar netto", "NumberOfDays": 30}],
            articles=[{"Number": "RESA", "Name": "Resa", "coding": "resor", "unit": "resa", "NetPrice": 100}],
            exchange_rates={"EUR": 10},
        )
    )  # fmt: skip
    api = office.sign_in()
    assert api.ok("GET", f"/customers/{own}")["Name"] == "Kund AB"
    assert [c["Name"] for c in api.all("/articleaccountcodings")] == ["Resor 6 %"]
    assert api.article("RESA")["GrossPrice"] == kr("106.00")
    rate = api.ok("GET", "/currencies/exchangerate", params={"sourceCurrencyCode": "EUR"})
    assert rate["Rate"] == 10


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"customers": [{"Name": "x" * 51}]}, "customers[0]"),
        ({"customers": [{"Name": "A", "terms": 45}]}, "45"),
        ({"customers": [{"Name": "A", "Colour": 1}]}, "Colour"),
        ({"articles": [{"Number": "A", "Name": "A", "coding": "goods-7"}]}, "goods-7"),
        ({"drafts": [{"customer": "nobody", "rows": []}]}, "nobody"),
        ({"settings": {"Colour": 1}}, "Colour"),
        ({"customers": [{"Id": "42", "Name": "A"}]}, "GUID"),
    ],
)
def test_a_world_that_the_product_would_refuse_says_where(
    office: Sandbox, changes: dict[str, Any], reason: str
) -> None:
    before = office.company()
    assert reason in office.refuses("POST", "reset", json={"world": world(**changes)})
    assert office.company() == before


@pytest.mark.parametrize("companies", [[{}], [{"key": "a/b"}], [{"key": "a"}, {"key": "a"}]])
def test_companies_need_keys_of_their_own(office: Sandbox, companies: list[Any]) -> None:
    assert office.refuses("POST", "reset", json={"world": {"spiris": {"companies": companies}}})


def test_the_same_calls_give_the_same_ids(office: Sandbox) -> None:
    first = office.company()
    office.reset(WORLD)
    assert [c["Id"] for c in office.company()["customers"]] == [c["Id"] for c in first["customers"]]


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    log = tmp_path / "spiris.log"
    first = SpirisSimulator(Clock(), Records(log))
    first.load(WORLD["spiris"])
    before = first.state()
    first.records.close()
    records = Records(log)
    again = SpirisSimulator(Clock(), records)
    after = again.state()
    records.close()
    assert after == before


# What makes no sense

ODD: list[Any] = [
    "1e400", 10**400, 1e300, -1, 0, "NaN", "Infinity", "", "x" * 10_000, "\ud800", True, [], [1], {}, {"a": 1}, "2026-02-30",
    "0001-01-01", "9999-12-31T23:59:59Z",
]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=[str(place) for place in range(len(ODD))])
def test_no_control_call_breaks_whatever_it_is_given(office: Sandbox, api: Api, value: Any) -> None:
    """Each is carried out or refused with a sentence of a length that one can read."""
    invoice, draft, buyer = api.invoice(), api.draft(), api.customer("1001")
    fault = {"effect": "status", "path": "/never-asked-for"}
    calls: list[tuple[str, str, Any]] = [
        *(("POST", f"invoices/{invoice['Id']}/{action}", {field: value}) for action in ("credit", "pay")
          for field in ("amount", "date")),
        ("POST", f"invoices/{invoice['Id']}/void", {"x": value}),
        *(("POST", f"drafts/{draft['Id']}/edit", {field: value}) for field in draft),
        *(("POST", f"drafts/{draft['Id']}/edit", {"Rows": [{**draft["Rows"][0], field: value}]}) for field in draft["Rows"][0]),
        ("POST", f"drafts/{draft['Id']}/issue", {"date": value}),
        *(("POST", f"customers/{buyer['Id']}/edit", {field: value}) for field in buyer),
        *(("PUT", "company?company=two", {field: value}) for field in office.does("GET", "company?company=two")),
        *(("PUT", "switches", {name: value}) for name in office.does("GET", "switches") if name != "latency_ms"),
        *(("POST", "faults", {**fault, field: value}) for field in ("method", "path", "nth", "times", "code", "body", "headers")),
        ("POST", "faults", {**fault, "headers": {"X": value}}),
        ("POST", "faults", {"effect": "delay", "path": "/never-asked-for", "seconds": value}),
        *((method, path, value) for method, path in (("PUT", "clock"), ("PUT", "switches"), ("POST", "faults"), ("PUT", "clients"))),
        ("PUT", "clock", {"now": value}),
    ]  # fmt: skip
    for method, path, document in calls:
        content = json.dumps(document, default=float).encode()
        answer = office.control.request(method, f"/_sandbox/{path}", content=content)
        assert answer.status_code in {200, 201, 400, 404}, f"{method} {path} {document!r}: {answer.text}"
        if answer.is_client_error:
            assert 0 < len(answer.json()["error"]) < 1000
    office.does("DELETE", "faults")
    office.does("GET", "state")
    assert api.get("/customerinvoices").status_code < 500


@pytest.mark.parametrize("amount", ["1e400", "1e27", 10**400, "0.001", "tusen", True])
def test_an_amount_that_no_book_could_hold_is_refused_by_name(
    office: Sandbox, api: Api, amount: object
) -> None:
    path = f"invoices/{api.invoice()['Id']}/pay"
    assert office.refuses("POST", path, json={"amount": amount}).startswith("amount must be a number")


def test_a_fault_answers_only_what_http_can_carry(office: Sandbox) -> None:
    for headers in ({"X-Name": "snö ☃"}, {"X Name": "1"}, {"X": "a\r\nInjected: 1"}, {"Å": "1"}):
        refused = office.refuses("POST", "faults", json={"effect": "status", "headers": headers})
        assert "cannot be sent" in refused
    assert "200 to 599" in office.refuses("POST", "faults", json={"effect": "status", "code": 600})
    office.does("POST", "faults", json={"effect": "status", "code": 418, "headers": {"X-Name": "snö"}})
    assert office.control.get("/v2/units").headers["X-Name"] == "snö"
