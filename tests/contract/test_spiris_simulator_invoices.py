"""Invoices of the Spiris simulator: issuing, numbers, vouchers, payments, credits, voiding, printing, sending."""

from decimal import Decimal
from typing import Any

import pytest

from spiris_sandbox import NOWHERE, WORLD, Api, Sandbox, kr

REFERENCES = ("YourReference", "OurReference", "BuyersOrderReference", "SubscriptionNumber", "ContractNumber")


def read(api: Api, invoice: dict[str, Any]) -> Any:
    return api.ok("GET", f"/customerinvoices/{invoice['Id']}")


def pay(api: Api, invoice: dict[str, Any], amount: Any, **changes: Any) -> dict[str, Any]:
    return {
        "CompanyBankAccountId": api.all("/bankaccounts")[0]["Id"],
        "PaymentAmount": amount,
        "PaymentCurrency": invoice["CurrencyCode"],
        "PaymentType": 1,
        "PaymentDate": "2026-11-20",
        **changes,
    }


def voucher_of(api: Api, invoice: dict[str, Any]) -> dict[int, Decimal]:
    (voucher,) = [
        v for v in api.where("/vouchers", f"SourceId eq {invoice['Id']}") if v["Id"] == invoice["VoucherId"]
    ]
    return {row["AccountNumber"]: row["DebitAmount"] - row["CreditAmount"] for row in voucher["Rows"]}


# Issuing


def test_issuing_makes_an_invoice_and_the_draft_is_gone(api: Api) -> None:
    draft = api.draft(api.row(price=100, quantity=2), OurReference="SF 006A")
    invoice = api.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")
    assert invoice["InvoiceNumber"] == 1001
    assert invoice["Id"] != draft["Id"]
    assert (invoice["TotalAmount"], invoice["TotalVatAmount"]) == (kr("250.00"), kr("50.00"))
    assert (invoice["RemainingAmount"], invoice["PaymentStatus"], invoice["PaymentDate"]) == (
        kr("250.00"),
        1,
        None,
    )
    assert invoice["VatSpecification"] == [
        {
            "AmountInvoiceCurrency": kr("200.00"),
            "VatAmountInvoiceCurrency": kr("50.00"),
            "VatPercent": kr("0.25"),
        }
    ]
    row = invoice["Rows"][0]
    assert (row["AmountNoVat"], row["VatRate"], row["Amount"]) == (kr("200.00"), kr("0.25"), kr("200.00"))
    assert "ReversedConstructionServicesVatFree" not in row
    assert api.get(f"/customerinvoicedrafts/{draft['Id']}").status_code == 404
    assert read(api, invoice) == invoice
    assert api.ok("GET", "/companysettings")["NextCustomerInvoiceNumber"] == 1002


def test_a_deleted_draft_leaves_no_gap_in_the_numbers(api: Api) -> None:
    first = api.invoice()
    api.ok("DELETE", f"/customerinvoicedrafts/{api.draft()['Id']}")
    assert api.invoice()["InvoiceNumber"] == first["InvoiceNumber"] + 1


@pytest.mark.parametrize("value", ["filled", None, "null"])
def test_an_invoice_names_its_draft_or_not(office: Sandbox, api: Api, value: str | None) -> None:
    office.switch(created_from_draft_id=value)
    draft = api.draft()
    invoice = api.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")
    assert invoice["CreatedFromDraftId"] == (draft["Id"] if value == "filled" else None)
    found = api.where("/customerinvoices", f"CreatedFromDraftId eq {draft['Id']}")
    assert len(found) == (1 if value == "filled" else 0)


@pytest.mark.parametrize("value", ["yes", "no"])
def test_references_notes_and_files_survive_or_not(office: Sandbox, api: Api, value: str) -> None:
    office.switch(references_survive_issue=value)
    draft = api.draft(**dict.fromkeys(REFERENCES, "marker"))
    note = api.ok("POST", "/notes", json={"Text": "SF 006A", "AttachedTo": draft["Id"], "DocumentType": 2})
    upload = {
        "ContentType": "application/pdf",
        "FileName": "avtal.pdf",
        "DockumentId": draft["Id"],
        "Data": "JVBERg==",
    }
    file = api.ok("POST", "/salesdocumentattachments/customerinvoicedraft", json=upload)
    read_draft = api.ok("GET", f"/customerinvoicedrafts/{draft['Id']}")
    assert (read_draft["Notes"], read_draft["SalesDocumentAttachments"]) == ([note["Id"]], [file["Id"]])
    invoice = api.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")
    survives = value == "yes"
    assert [invoice[name] for name in REFERENCES] == ["marker" if survives else None] * len(REFERENCES)
    assert invoice["Notes"] == ([note["Id"]] if survives else [])
    assert invoice["SalesDocumentAttachments"] == ([file["Id"]] if survives else [])


@pytest.mark.parametrize(
    ("switch", "query", "day"),
    [
        ("no", {}, "2026-11-20"),
        ("yes", {}, "2026-11-02"),
        ("no", {"keepOriginalDraftDate": "true"}, "2026-11-20"),
        (
            "no",
            {"keepOriginalDraftDate": "true", "overrideCompanyKeepOriginalDraftDate": "true"},
            "2026-11-02",
        ),
        (
            "yes",
            {"keepOriginalDraftDate": "false", "overrideCompanyKeepOriginalDraftDate": "true"},
            "2026-11-20",
        ),
    ],
)
def test_the_date_of_a_draft_is_kept_or_todays(
    office: Sandbox, api: Api, switch: str, query: dict[str, str], day: str
) -> None:
    office.switch(keep_original_draft_date=switch)
    draft = api.draft(InvoiceDate="2026-11-02")
    invoice = api.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert", params=query)
    assert invoice["InvoiceDate"] == day
    assert invoice["DueDate"] == ("2026-12-20" if day == "2026-11-20" else "2026-12-02")


def test_a_future_date_cannot_be_issued_and_the_draft_stays(office: Sandbox, api: Api) -> None:
    office.switch(keep_original_draft_date="yes")
    draft = api.draft(InvoiceDate="2026-11-21")
    path = f"/customerinvoicedrafts/{draft['Id']}"
    assert api.refused("POST", f"{path}/convert")[:2] == (400, 4002)
    api.ok("GET", path)
    assert api.ok("GET", "/companysettings")["NextCustomerInvoiceNumber"] == 1001


def test_what_became_inactive_cannot_be_issued(office: Sandbox, api: Api) -> None:
    draft = api.draft()
    office.does("POST", f"customers/{draft['CustomerId']}/edit", json={"IsActive": False})
    assert api.refused("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")[:2] == (400, 4002)


def test_a_series_without_a_next_number_stops_issuing(office: Sandbox, api: Api) -> None:
    office.does("PUT", "company", json={"NextCustomerInvoiceNumber": 0})
    draft = api.draft()
    assert api.refused("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")[:2] == (400, 4002)


def test_a_locked_period_stops_issuing(office: Sandbox, api: Api) -> None:
    office.switch(keep_original_draft_date="yes")
    draft = api.draft(InvoiceDate="2026-10-31")
    office.does("PUT", "company", json={"AccountingLockedTo": "2026-10-31"})
    path = f"/customerinvoicedrafts/{draft['Id']}/convert"
    assert api.refused("POST", path)[:2] == (400, 4026)
    assert api.ok("GET", "/companysettings")["AccountingLockedTo"] == "2026-10-31"
    office.does("PUT", "company", json={"AccountingLockedTo": "2026-09-30"})
    api.ok("POST", path)


def test_a_year_without_books_stops_issuing(office: Sandbox, api: Api) -> None:
    office.switch(keep_original_draft_date="yes")
    draft = api.draft(InvoiceDate="2019-01-01")
    assert api.refused("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")[:2] == (400, 3001)


@pytest.mark.parametrize(
    ("expected", "fields"),
    [
        ({"TotalAmountInvoiceCurrency": 125, "TotalVatAmountInvoiceCurrency": 25.00}, None),
        (
            {
                "Rows": [
                    {
                        "LineNumber": 1,
                        "TotalAmountNoVatInvoiceCurrency": 100,
                        "TotalAmountIncVatInvoiceCurrency": 125,
                    }
                ]
            },
            None,
        ),
        ({"TotalAmountInvoiceCurrency": 124.99}, ["TotalAmountInvoiceCurrency"]),
        ({"TotalRoundingsInvoiceCurrency": 0.5}, ["TotalRoundingsInvoiceCurrency"]),
        ({"Rows": [{"LineNumber": 2}]}, ["Rows[0].LineNumber"]),
        (
            {"Rows": [{"LineNumber": 1, "TotalAmountNoVatInvoiceCurrency": 99}]},
            ["Rows[0].TotalAmountNoVatInvoiceCurrency"],
        ),
    ],
)
def test_a_conversion_can_state_what_it_expects(
    api: Api, expected: dict[str, Any], fields: list[str] | None
) -> None:
    draft = api.draft(api.row(price=100))
    path = f"/customerinvoicedrafts/{draft['Id']}/convert"
    if fields is None:
        api.ok("POST", path, json=expected)
    else:
        assert api.refused("POST", path, json=expected) == (400, 2000, fields)
        api.ok("GET", f"/customerinvoicedrafts/{draft['Id']}")


def test_an_ocr_ends_in_a_check_digit_where_the_company_uses_one(office: Sandbox, api: Api) -> None:
    """Customer 1001, invoice 1001: 2·1+0+2·0+1+2·1+0+2·0+1 from the right weighs to 6, so the digit is 4."""
    assert api.invoice()["PaymentReferenceNumber"] is None
    office.does(
        "PUT", "company", json={"UsesPaymentReferenceNumber": True, "NextCustomerInvoiceNumber": 1001}
    )
    assert api.invoice()["PaymentReferenceNumber"] == "100110014"


def test_an_invoice_can_be_posted_at_once(api: Api) -> None:
    row = {"ArticleId": api.article("KONS")["Id"], "Quantity": 1.2345, "UnitPrice": 100}
    body = {
        "CustomerId": api.customer("1001")["Id"],
        "EuThirdParty": False,
        "RotReducedInvoicingType": 0,
        "Rows": [row, {"Text": "en textrad"}],
        "InvoiceDate": "2026-11-19",
    }
    invoice = api.ok("POST", "/customerinvoices", json=body)
    assert (invoice["InvoiceNumber"], invoice["InvoiceDate"]) == (1001, "2026-11-19")
    assert [r["IsTextRow"] for r in invoice["Rows"]] == [False, True]
    assert invoice["TotalAmount"] == kr("154.31")  # 123.45 + 30.86
    without_rows = {name: value for name, value in body.items() if name != "Rows"}
    assert api.refused("POST", "/customerinvoices", json=without_rows) == (400, 2000, ["Rows"])


def test_a_draft_can_be_booked_through_a_posted_invoice(office: Sandbox, api: Api) -> None:
    draft = api.draft(api.row(price=100))
    body = {
        "CustomerId": draft["CustomerId"],
        "EuThirdParty": False,
        "RotReducedInvoicingType": 0,
        "Rows": [],
        "CreatedFromDraftId": draft["Id"],
        "SendType": 1,
    }
    invoice = api.ok("POST", "/customerinvoices", json=body)
    assert (invoice["TotalAmount"], invoice["SendType"]) == (kr("125.00"), 1)
    assert api.get(f"/customerinvoicedrafts/{draft['Id']}").status_code == 404
    assert [sent["Kind"] for sent in office.company()["outbox"]] == ["einvoice"]
    assert api.refused("POST", "/customerinvoices", json=body)[:2] == (400, 3000)


# Bookkeeping


def test_an_invoice_leaves_a_balanced_voucher(api: Api) -> None:
    invoice = api.invoice(api.row("KONS", price=1000), api.row("BOK", price=200))
    assert voucher_of(api, invoice) == {
        1510: kr("1462.00"),
        3041: kr("-1000.00"),
        3003: kr("-200.00"),
        2611: kr("-250.00"),
        2631: kr("-12.00"),
    }
    voucher = api.where("/vouchers", f"SourceId eq {invoice['Id']}")[0]
    assert (voucher["VoucherType"], voucher["NumberAndNumberSeries"]) == (14, invoice["VoucherNumber"])


@pytest.mark.parametrize(("customer", "account"), [("1003", 3308), ("1004", 3305)])
def test_sales_abroad_go_to_their_own_accounts(api: Api, customer: str, account: int) -> None:
    entries = voucher_of(api, api.invoice(api.row(price=100), customer=customer))
    assert set(entries) == {1510, account}
    assert sum(entries.values()) == 0


def test_rounding_goes_to_its_account(office: Sandbox, api: Api) -> None:
    office.switch(domestic_currency_rounding="yes")
    invoice = api.invoice(api.row(price=100.40))
    assert (invoice["TotalAmount"], invoice["TotalRoundings"]) == (kr("126.00"), kr("0.50"))
    assert voucher_of(api, invoice)[3740] == kr("-0.50")


def test_a_foreign_invoice_tells_both_currencies(api: Api) -> None:
    invoice = api.invoice(api.row(price=100), customer="1003")
    assert (invoice["CurrencyCode"], invoice["CurrencyRate"]) == ("EUR", kr("11.05"))
    assert (invoice["TotalAmountInvoiceCurrency"], invoice["TotalAmount"]) == (kr("100.00"), kr("1105.00"))
    assert (invoice["RemainingAmountInvoiceCurrency"], invoice["RemainingAmount"]) == (
        kr("100.00"),
        kr("1105.00"),
    )


def test_the_customer_ledger_follows_the_invoice(office: Sandbox, api: Api) -> None:
    invoice = api.invoice(api.row(price=100))
    office.does("POST", f"invoices/{invoice['Id']}/pay", json={"amount": 25})
    (item,) = api.all("/customerledgeritems")
    assert (item["InvoiceNumber"], item["VoucherId"]) == (1001, invoice["VoucherId"])
    assert (item["TotalAmountInvoiceCurrency"], item["RemainingAmountInvoiceCurrency"]) == (
        kr("125.00"),
        kr("100.00"),
    )
    assert api.ok("GET", f"/customerledgeritems/{item['Id']}") == item


# Payments


def test_a_part_payment_leaves_the_rest_and_sets_the_date(api: Api) -> None:
    invoice = api.invoice(api.row(price=100))
    paid = api.ok(
        "POST", f"/customerinvoices/{invoice['Id']}/payments", json=pay(api, invoice, 25.50, Reference="Bg 1")
    )
    assert (paid["PaymentAmount"], paid["Reference"]) == (kr("25.50"), "Bg 1")
    after = read(api, invoice)
    assert (after["RemainingAmount"], after["RemainingAmountInvoiceCurrency"]) == (kr("99.50"), kr("99.50"))
    assert (after["PaymentStatus"], after["PaymentDate"]) == (1, "2026-11-20T00:00:00Z")


def test_a_full_payment_is_paid(api: Api) -> None:
    invoice = api.invoice(api.row(price=100))
    api.ok("POST", f"/customerinvoices/{invoice['Id']}/payments", json=pay(api, invoice, 125, PaymentType=2))
    after = read(api, invoice)
    assert (after["RemainingAmount"], after["PaymentStatus"]) == (0, 0)


def test_an_invoice_becomes_overdue_by_the_calendar_alone(office: Sandbox, api: Api) -> None:
    invoice = api.invoice(api.row(price=100))
    assert invoice["DueDate"] == "2026-12-20"
    office.at("2026-12-20T22:30:00Z")
    api = office.sign_in()
    assert read(api, invoice)["PaymentStatus"] == 1, "still the 20th in Stockholm at 23.30"
    office.at("2026-12-20T23:30:00Z")
    api = office.sign_in()
    after = read(api, invoice)
    assert after["PaymentStatus"] == 2
    assert after["ModifiedUtc"] == invoice["ModifiedUtc"]
    assert api.where("/customerinvoices", "PaymentStatus eq 2") == [after]
    office.does("POST", f"invoices/{invoice['Id']}/pay", json={"amount": 1})
    assert read(api, invoice)["PaymentStatus"] == 2
    office.does("POST", f"invoices/{invoice['Id']}/pay", json={})
    assert read(api, invoice)["PaymentStatus"] == 0


@pytest.mark.parametrize(
    ("amount", "changes", "expected"),
    [
        (125.01, {}, (400, 4002)),
        (0, {}, (400, 4002)),
        (-10, {}, (400, 4002)),
        (10.005, {}, (400, 2000)),
        (100, {"PaymentType": 2}, (400, 4002)),
        (10, {"PaymentType": 5}, (400, 2000)),
        (10, {"PaymentDate": "2026-11-21"}, (400, 2000)),
        (10, {"PaymentDate": None}, (400, 2000)),
        (10, {"PaymentCurrency": "EUR"}, (400, 2000)),
        (10, {"CompanyBankAccountId": NOWHERE}, (400, 3000)),
    ],
)
def test_a_payment_that_cannot_be_is_refused(
    api: Api, amount: float, changes: dict[str, Any], expected: tuple[int, int]
) -> None:
    invoice = api.invoice(api.row(price=100))
    body = pay(api, invoice, amount, **changes)
    assert api.refused("POST", f"/customerinvoices/{invoice['Id']}/payments", json=body)[:2] == expected
    assert read(api, invoice) == invoice


def test_payments_need_the_invoicing_method(office: Sandbox) -> None:
    company = {**WORLD["spiris"]["companies"][0]}
    year = {"StartDate": "2026-01-01", "EndDate": "2026-12-31", "BookkeepingMethod": 1}
    office.reset({"now": WORLD["now"], "spiris": {"companies": [{**company, "fiscalyears": [year]}]}})
    api = office.sign_in()
    invoice = api.invoice()
    assert invoice["VoucherNumber"] is None
    body = pay(api, invoice, 10)
    assert api.refused("POST", f"/customerinvoices/{invoice['Id']}/payments", json=body)[:2] == (400, 4002)


@pytest.mark.parametrize(("value", "moves"), [("yes", True), ("no", False)])
def test_a_payment_moves_the_time_of_change_or_not(
    office: Sandbox, api: Api, value: str, moves: bool
) -> None:
    invoice = api.invoice()
    office.switch(payment_moves_modified=value)
    office.at("2026-11-20T08:30:00Z")
    office.does("POST", f"invoices/{invoice['Id']}/pay", json={})
    assert (read(api, invoice)["ModifiedUtc"] > invoice["ModifiedUtc"]) is moves
    changed = api.all("/customerinvoices", params={"modifiedSinceUtc": "2026-11-20T08:30:00Z"})
    assert [i["Id"] for i in changed] == ([invoice["Id"]] if moves else [])


@pytest.mark.parametrize(("value", "count"), [("inclusive", 1), ("exclusive", 0)])
def test_changed_since_includes_the_moment_or_not(office: Sandbox, api: Api, value: str, count: int) -> None:
    invoice = api.invoice()
    office.switch(modified_since=value)
    assert len(api.all("/customerinvoices", params={"modifiedSinceUtc": invoice["ModifiedUtc"]})) == count


def test_changed_since_must_be_a_moment(api: Api) -> None:
    assert api.refused("GET", "/customerinvoices", params={"modifiedSinceUtc": "yesterday"})[:2] == (
        400,
        2000,
    )


# Credits and voids


def test_a_full_credit_closes_both_invoices_and_links_them(office: Sandbox, api: Api) -> None:
    invoice = api.invoice(api.row("KONS", price=100), api.row("BOK", price=100))
    note = office.does("POST", f"invoices/{invoice['Id']}/credit", json={})
    assert (note["IsCreditInvoice"], note["ReferringInvoiceId"], note["InvoiceNumber"]) == (
        True,
        invoice["Id"],
        1002,
    )
    assert (note["TotalAmount"], note["TotalVatAmount"]) == (kr("-231.00"), kr("-31.00"))
    assert (note["RemainingAmount"], note["PaymentStatus"], note["CreatedFromDraftId"]) == (0, 0, None)
    after = read(api, invoice)
    assert after["CreditedBy"] == [{"CreditInvoiceId": note["Id"]}]
    assert (after["SetOffAmountInvoiceCurrency"], after["RemainingAmount"], after["PaymentStatus"]) == (
        kr("231.00"),
        0,
        0,
    )
    assert after["PaymentDate"] is None
    original, turned = voucher_of(api, invoice), voucher_of(api, read(api, note))
    assert turned == {account: -amount for account, amount in original.items()}


def test_a_part_credit_leaves_the_rest_and_can_be_followed_by_another(office: Sandbox, api: Api) -> None:
    invoice = api.invoice(api.row(price=100))
    note = office.does("POST", f"invoices/{invoice['Id']}/credit", json={"amount": 50})
    assert (note["TotalAmount"], note["TotalVatAmount"]) == (kr("-50"), kr("-10.00"))
    after = read(api, invoice)
    assert (after["SetOffAmountInvoiceCurrency"], after["RemainingAmount"]) == (kr("50"), kr("75.00"))
    assert "at most 75" in office.refuses("POST", f"invoices/{invoice['Id']}/credit", json={"amount": 75.01})
    office.does("POST", f"invoices/{invoice['Id']}/credit", json={})
    assert read(api, invoice)["RemainingAmount"] == 0
    assert len(read(api, invoice)["CreditedBy"]) == 2


def test_a_credit_of_a_paid_invoice_is_left_to_be_paid_out(office: Sandbox, api: Api) -> None:
    invoice = api.invoice(api.row(price=100))
    office.does("POST", f"invoices/{invoice['Id']}/pay", json={})
    note = office.does("POST", f"invoices/{invoice['Id']}/credit", json={})
    assert (note["RemainingAmount"], note["PaymentStatus"]) == (kr("-125.00"), 1)
    assert read(api, invoice)["RemainingAmount"] == 0
    office.does("POST", f"invoices/{note['Id']}/pay", json={})
    assert read(api, note)["RemainingAmount"] == 0


def test_a_credit_moves_the_time_of_change(office: Sandbox, api: Api) -> None:
    invoice = api.invoice()
    office.at("2026-11-20T08:30:00Z")
    office.does("POST", f"invoices/{invoice['Id']}/credit", json={"amount": 1})
    assert read(api, invoice)["ModifiedUtc"] > invoice["ModifiedUtc"]


def test_a_credit_draft_becomes_a_credit_invoice_on_its_own(api: Api) -> None:
    invoice = api.invoice(api.row(price=100), IsCreditInvoice=True)
    assert (invoice["IsCreditInvoice"], invoice["TotalAmount"]) == (True, kr("-125.00"))
    assert invoice["ReferringInvoiceId"] is None


@pytest.mark.parametrize(("value", "credited"), [("yes", 1), ("no", 0)])
def test_a_void_shows_as_a_credit_or_as_nothing_remaining(
    office: Sandbox, api: Api, value: str, credited: int
) -> None:
    office.switch(void_shows_as_credit=value)
    invoice = api.invoice(api.row(price=100))
    assert api.post(f"/customerinvoices/{invoice['Id']}/void").status_code == 200
    after = read(api, invoice)
    assert (after["RemainingAmount"], after["PaymentStatus"], len(after["CreditedBy"])) == (0, 0, credited)
    assert api.refused("POST", f"/customerinvoices/{invoice['Id']}/void")[:2] == (400, 4002)


@pytest.mark.parametrize("action", ["pay", "credit"])
def test_what_was_paid_or_credited_cannot_be_voided(office: Sandbox, api: Api, action: str) -> None:
    invoice = api.invoice(api.row(price=100))
    office.does("POST", f"invoices/{invoice['Id']}/{action}", json={"amount": 1})
    assert api.refused("POST", f"/customerinvoices/{invoice['Id']}/void")[:2] == (400, 4002)
    assert "cannot be voided" in office.refuses("POST", f"invoices/{invoice['Id']}/void")


# Paper and mail


def test_the_printed_invoice_and_its_temporary_address_are_the_same_pdf(office: Sandbox, api: Api) -> None:
    invoice = api.invoice(*(api.row(price=100, Text=f"Rad {n}") for n in range(60)))
    printed = api.get(f"/customerinvoices/{invoice['Id']}/print")
    assert printed.headers["content-type"] == "application/pdf"
    assert b"Faktura 1001" in printed.content
    assert b"/Count 2" in printed.content
    url = api.ok("GET", f"/customerinvoices/{invoice['Id']}/pdf")["Url"]
    assert url.startswith(office.url)
    assert office.control.get(url).content == printed.content
    assert office.control.get(f"{office.url}/files/unknown.pdf").status_code == 404


def test_nothing_leaves_the_sandbox_and_what_would_have_is_kept(office: Sandbox, api: Api) -> None:
    invoice = api.invoice()
    path = f"/customerinvoices/{invoice['Id']}"
    assert api.refused("POST", f"{path}/email") == (400, 2000, ["Email"])
    api.ok("POST", f"{path}/email", json={"Email": "a@b.se", "Subject": "Nr ####"})
    api.ok("POST", f"{path}/einvoice", json={"SendType": 1})
    assert api.refused("POST", f"{path}/einvoice", json={})[:2] == (400, 2000)
    assert api.refused("POST", f"{path}/paymentreminders")[:2] == (400, 4002)
    mail, electronic = office.company()["outbox"]
    assert (mail["Kind"], mail["Email"], mail["Subject"]) == ("email", "a@b.se", "Nr 1001")
    assert (electronic["Kind"], electronic["SendType"]) == ("einvoice", 1)


def test_an_overdue_invoice_can_be_reminded_of(office: Sandbox, api: Api) -> None:
    invoice = api.invoice()
    office.at("2027-01-02T08:00:00Z")
    api = office.sign_in()
    api.ok(
        "POST",
        f"/customerinvoices/{invoice['Id']}/paymentreminders",
        json={"EmailDetails": {"Email": "a@b.se"}},
    )
    after = read(api, invoice)
    assert (after["PaymentReminderIssued"], after["PaymentRemindersCount"]) == (True, 1)
