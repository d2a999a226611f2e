"""The rest of a Spiris company: settings, registers, vouchers, orders, projects, cost centers, links, notes, files."""

from typing import Any

import pytest

from spiris_sandbox import NOWHERE, Api, Sandbox, kr

# Settings and registers


def test_settings_tell_who_the_company_is(api: Api) -> None:
    settings = api.ok("GET", "/companysettings")
    assert (settings["Name"], settings["CorporateIdentityNumber"]) == ("Exempel AB", "559000-0013")
    assert (settings["VatCode"], settings["CurrencyCode"], settings["CompanyStatus"]) == (
        "SE559000001301",
        "SEK",
        1,
    )
    assert "sales_standard" in settings["ActivatedModules"]
    assert "AccountingLockedTo" not in settings
    terms = api.ok("GET", f"/termsofpayments/{settings['TermsOfPaymentId']}")
    assert terms["NumberOfDays"] == 30


def test_putting_settings_replaces_them_and_leaves_what_is_only_read(api: Api) -> None:
    before = api.ok("GET", "/companysettings")
    address = {
        "Name": "Nytt AB",
        "Address1": "Gatan 1",
        "City": "Umeå",
        "PostalCode": "903 20",
        "CountryCode": "SE",
    }
    body = {
        **address,
        "NextCustomerInvoiceNumber": 1,
        "CorporateIdentityNumber": "x",
        "KeepOriginalDraftDate": True,
    }
    after = api.ok("PUT", "/companysettings", json=body)
    assert (after["Name"], after["KeepOriginalDraftDate"], after["Email"]) == ("Nytt AB", True, None)
    for name in (
        "NextCustomerInvoiceNumber",
        "CorporateIdentityNumber",
        "ProductVariant",
        "ActivatedModules",
    ):
        assert after[name] == before[name]
    assert api.refused("PUT", "/companysettings", json={"Name": "x"})[1:] == (
        2000,
        ["Address1", "CountryCode", "PostalCode", "City"],
    )


def test_the_standard_registers_are_swedish(api: Api) -> None:
    assert [t["NumberOfDays"] for t in api.all("/termsofpayments")] == [0, 10, 15, 20, 30]
    assert {c["VatRatePercent"] for c in api.all("/articleaccountcodings")} == {
        kr("0.25"),
        kr("0.12"),
        kr("0.06"),
        0,
    }
    assert {u["Abbreviation"] for u in api.all("/units")} >= {"st", "tim"}
    norway = api.ok("GET", "/countries/NO")
    assert (norway["Name"], norway["NameEnglish"], norway["IsEuMember"]) == ("Norge", "Norway", False)
    members = api.where("/countries", "IsEuMember eq true")
    assert len(members) == 27
    assert {"Code": "SEK"} in api.all("/currencies")
    assert [y["StartDate"] for y in api.all("/fiscalyears")] == ["2025-01-01", "2026-01-01", "2027-01-01"]


def test_an_exchange_rate_goes_both_ways(api: Api) -> None:
    there = api.ok(
        "GET", "/currencies/exchangerate", params={"sourceCurrencyCode": "EUR", "targetCurrencyCode": "SEK"}
    )
    assert (there["Rate"], there["Date"]) == (kr("11.05"), "2026-11-20")
    options = {"sourceCurrencyCode": "EUR", "targetCurrencyCode": "XXX"}
    assert api.refused("GET", "/currencies/exchangerate", params=options)[:2] == (400, 2000)


def test_a_vat_code_names_its_accounts_and_its_rates(api: Api) -> None:
    (code,) = api.where("/vatcodes", "Code eq 'MP1'")
    assert (code["VatRate"], code["RelatedAccounts"]["AccountNumber1"]) == (kr("0.25"), 2611)
    (rates,) = api.where("/vatcodesrates", "Code eq 'MP1'")
    assert rates["VatRates"] == [{"VatRateDate": "1990-07-01", "VatRate": kr("0.25")}]


def test_the_chart_of_accounts_is_asked_for_by_year_and_number(api: Api) -> None:
    year = api.all("/fiscalyears")[1]["Id"]
    account = api.ok("GET", f"/accounts/{year}/3001")
    assert (account["Name"], account["Number"]) == ("Försäljning inom Sverige, 25 % moms", "3001")
    assert account["IsBlockedForManualBooking"] is False
    assert api.refused("GET", f"/accounts/{year}/9999")[:2] == (404, 3002)
    assert api.refused("GET", f"/accounts/{NOWHERE}/3001")[:2] == (404, 3001)
    assert (
        api.ok("GET", f"/accounts/{year}", params={"$pagesize": 1000})["Meta"]["TotalNumberOfResults"] > 100
    )


def test_an_account_can_be_added_and_closed(api: Api) -> None:
    year = api.all("/fiscalyears")[1]["Id"]
    body = {"Name": "Försäljning, egen", "Number": "3099", "FiscalYearId": year, "IsActive": True}
    api.ok("POST", "/accounts", json=body)
    assert api.refused("POST", "/accounts", json=body)[:2] == (400, 4000)
    closed = api.ok("PUT", f"/accounts/{year}/3099", json={**body, "IsActive": False})
    assert closed["IsActive"] is False
    assert api.refused("POST", "/accounts", json={**body, "Number": "30990"})[2] == ["Number"]


def test_fiscal_years_follow_each_other_and_can_be_locked(api: Api) -> None:
    year = api.ok("POST", "/fiscalyears", json={"StartDate": "2028-01-01", "EndDate": "2028-12-31"})
    assert api.ok("GET", f"/accounts/{year['Id']}/1930")["Name"] == "Företagskonto"
    for start, end in (
        ("2030-01-01", "2030-12-31"),
        ("2028-06-01", "2029-05-31"),
        ("2029-01-01", "2029-12-30"),
    ):
        assert api.refused("POST", "/fiscalyears", json={"StartDate": start, "EndDate": end})[0] == 400
    locked = api.ok("PUT", f"/fiscalyears/{year['Id']}", json={"IsLockedForAccounting": True})
    assert locked["IsLockedForAccounting"] is True


def test_bank_accounts_are_kept_and_one_with_payments_stays(office: Sandbox, api: Api) -> None:
    body = {
        "BankAccountType": 1,
        "Name": "Sparkonto",
        "Bban": "123",
        "LedgerAccountNumber": 1940,
        "IsActive": True,
    }
    made = api.ok("POST", "/bankaccounts", json=body)
    assert (made["CurrencyCode"], made["BankAccountTypeDescription"]) == ("SEK", "Företagskonto")
    assert api.refused("POST", "/bankaccounts", json={**body, "LedgerAccountNumber": 9999})[:2] == (400, 3002)
    assert api.refused("POST", "/bankaccounts", json={**body, "Bban": None})[2] == ["Bban"]
    api.ok("PUT", f"/bankaccounts/{made['Id']}", json={**body, "Name": "Buffert"})
    api.ok("DELETE", f"/bankaccounts/{made['Id']}")
    office.does("POST", f"invoices/{api.invoice()['Id']}/pay", json={})
    assert api.refused("DELETE", f"/bankaccounts/{api.all('/bankaccounts')[0]['Id']}")[:2] == (400, 4001)


def test_a_user_knows_itself(api: Api) -> None:
    assert [user["IsCurrentUser"] for user in api.all("/users")] == [True]


# Vouchers


def entries(*amounts: tuple[int, Any, Any], **fields: Any) -> list[dict[str, Any]]:
    return [{"AccountNumber": n, "DebitAmount": d, "CreditAmount": c, **fields} for n, d, c in amounts]


SALE = entries((1930, 1250, 0), (3001, 0, 1000), (2611, 0, 250))


def voucher(**changes: Any) -> dict[str, Any]:
    return {"VoucherDate": "2026-11-19", "VoucherText": "Dagskassa", "Rows": SALE, **changes}


def test_a_voucher_gets_the_next_number_of_its_series(api: Api) -> None:
    first = api.ok("POST", "/vouchers", json=voucher())
    assert (first["NumberAndNumberSeries"], first["VoucherType"], first["VoucherDate"]) == (
        "A1",
        2,
        "2026-11-19",
    )
    assert api.ok("POST", "/vouchers", json=voucher(NumberSeries="D"))["NumberAndNumberSeries"] == "A2"
    own = api.ok(
        "POST", "/vouchers", params={"useDefaultVoucherSeries": "false"}, json=voucher(NumberSeries="D")
    )
    assert own["NumberAndNumberSeries"] == "D1"
    year = api.all("/fiscalyears")[1]["Id"]
    assert len(api.all(f"/vouchers/{year}")) == 3
    assert api.ok("GET", f"/vouchers/{year}/{first['Id']}") == first
    assert api.refused("GET", f"/vouchers/{api.all('/fiscalyears')[0]['Id']}/{first['Id']}")[:2] == (
        404,
        3000,
    )
    assert api.put(f"/vouchers/{year}/{first['Id']}", json={}).status_code == 405


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Rows": entries((1930, 100, 0), (3001, 0, 99.99))}, (400, 2000, ["Rows"])),
        ({"Rows": entries((1930, 100, 100))}, (400, 2000, ["Rows[0]"])),
        ({"Rows": []}, (400, 2000, ["Rows"])),
        ({"Rows": entries((1930, -1, 0), (3001, 0, 1))}, (400, 2000, ["Rows[0].DebitAmount"])),
        ({"Rows": entries((1930, 1.001, 0), (3001, 0, 1.001))}, (400, 2000, ["Rows[0].DebitAmount", "Rows[1].CreditAmount"])),
        ({"Rows": entries((1234, 1, 0), (3001, 0, 1))}, (400, 3002, [])),
        ({"Rows": entries((1510, 1, 0), (3001, 0, 1))}, (400, 4002, [])),
        ({"VoucherDate": "2019-01-01"}, (400, 3001, [])),
        ({"VoucherDate": None}, (400, 2000, ["VoucherDate"])),
        ({"VoucherText": "x" * 1001}, (400, 2000, ["VoucherText"])),
        ({"Rows": entries((1930, 1, 0), (3001, 0, 1), TransactionText="x" * 61)}, (400, 2000, ["Rows[0].TransactionText", "Rows[1].TransactionText"])),
        ({"Rows": entries((1930, 1, 0), (3001, 0, 1), CostCenterItemId1=NOWHERE)}, (400, 2000, ["Rows[0].CostCenterItemId1"])),
    ],
)  # fmt: skip
def test_a_voucher_that_breaks_a_rule_is_refused(
    api: Api, changes: dict[str, Any], expected: tuple[int, int, list[str]]
) -> None:
    assert api.refused("POST", "/vouchers", json=voucher(**changes)) == expected


def test_a_locked_period_takes_no_voucher(office: Sandbox, api: Api) -> None:
    office.does("PUT", "company", json={"AccountingLockedTo": "2026-11-19"})
    assert api.refused("POST", "/vouchers", json=voucher())[:2] == (400, 4026)
    api.ok("POST", "/vouchers", json=voucher(VoucherDate="2026-11-20"))


def test_vat_can_be_split_off_a_gross_sale(api: Api) -> None:
    gross = voucher(Rows=entries((1930, 1250, 0), (3001, 0, 1250)))
    made = api.ok("POST", "/vouchers", params={"useAutomaticVatCalculation": "true"}, json=gross)
    amounts = {row["AccountNumber"]: row["DebitAmount"] - row["CreditAmount"] for row in made["Rows"]}
    assert amounts == {1930: 1250, 3001: kr("-1000.00"), 2611: kr("-250.00")}


def test_a_voucher_draft_may_be_unbalanced_until_it_is_converted(api: Api) -> None:
    draft = api.ok("POST", "/voucherdrafts", json=voucher(Rows=entries((1930, 100, 0))))
    path = f"/voucherdrafts/{draft['Id']}"
    assert api.refused("POST", f"{path}/convert") == (400, 2000, ["Rows"])
    api.ok("PUT", path, json=voucher())
    made = api.ok("POST", f"{path}/convert")
    assert (made["NumberAndNumberSeries"], made["VoucherText"]) == ("A1", "Dagskassa")
    assert api.refused("GET", path)[:2] == (404, 3000)
    long = voucher(Rows=entries((1930, 1, 0), TransactionText="x" * 51))
    assert api.refused("POST", "/voucherdrafts", json=long)[2] == ["Rows[0].TransactionText"]


def test_a_manual_claim_needs_a_manual_voucher(api: Api) -> None:
    made = api.ok("POST", "/vouchers", json=voucher())
    claim = {
        "CustomerId": api.customer("1001")["Id"],
        "InvoiceNumber": 7,
        "CurrencyCode": "SEK",
        "VoucherId": made["Id"],
        "IsCreditInvoice": False,
        "TotalAmountInvoiceCurrency": 1250,
        "RemainingAmountInvoiceCurrency": 1250,
    }
    assert api.ok("POST", "/customerledgeritems", json=claim)["InvoiceNumber"] == 7
    booked = api.invoice()["VoucherId"]
    assert api.refused("POST", "/customerledgeritems", json={**claim, "VoucherId": booked})[:2] == (400, 4002)


def test_a_claim_and_its_voucher_are_made_together_or_not_at_all(api: Api) -> None:
    claim = {
        "CustomerId": api.customer("1001")["Id"],
        "InvoiceNumber": 7,
        "CurrencyCode": "SEK",
        "IsCreditInvoice": False,
        "TotalAmountInvoiceCurrency": 1250,
        "RemainingAmountInvoiceCurrency": 1250,
        "Voucher": voucher(),
    }
    path = "/customerledgeritems/customerledgeritemswithvoucher"
    made = api.ok("POST", path, json=claim)
    (booked,) = api.all("/vouchers")
    assert made["VoucherId"] == booked["Id"]
    assert api.refused("POST", path, json={**claim, "CurrencyCode": "XXX"}) == (400, 2000, ["CurrencyCode"])
    assert api.refused("POST", path, json={**claim, "Voucher": None}) == (400, 2000, ["Voucher"])
    assert len(api.all("/vouchers")) == len(api.all("/customerledgeritems")) == 1


# Orders


def order(api: Api, **changes: Any) -> dict[str, Any]:
    row = {
        "LineNumber": 1,
        "IsTextRow": False,
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": False,
        "ArticleId": api.article("KONS")["Id"],
        "Quantity": 1.2345,
        "UnitPrice": 100,
    }
    return {
        "CustomerId": api.customer("1001")["Id"],
        "CurrencyCode": "SEK",
        "EuThirdParty": False,
        "ReverseChargeOnConstructionServices": False,
        "RotReducedInvoicingType": 0,
        "Status": 2,
        "Rows": [row],
        **changes,
    }


def test_an_order_gets_a_number_when_it_is_more_than_a_draft(api: Api) -> None:
    draft = api.ok("POST", "/orders", json=order(api, Status=1))
    assert draft["Number"] is None
    assert (draft["Amount"], draft["VatAmount"]) == (kr("154.31"), kr("30.86"))
    numbered = api.ok("POST", f"/orders/{draft['Id']}/converteddrafttoorder")
    assert (numbered["Number"], numbered["Status"]) == (1, 2)
    assert api.ok("POST", "/orders", json=order(api))["Number"] == 2


def test_converting_an_order_books_an_invoice_that_names_it(api: Api) -> None:
    made = api.ok("POST", "/orders", json=order(api, OurReference="SF 006A", BuyersOrderReference="PO-1"))
    invoice = api.ok("POST", f"/orders/{made['Id']}/convert")
    assert (invoice["CreatedFromOrderId"], invoice["InvoiceNumber"]) == (made["Id"], 1001)
    assert (invoice["OurReference"], invoice["BuyersOrderReference"]) == ("SF 006A", "PO-1")
    assert invoice["TotalAmount"] == made["Amount"]
    assert api.ok("GET", f"/orders/{made['Id']}")["Status"] == 4
    assert api.refused("POST", f"/orders/{made['Id']}/convert")[:2] == (400, 4002)
    assert api.refused("DELETE", f"/orders/{made['Id']}")[:2] == (400, 4001)
    assert api.refused("PUT", f"/orders/{made['Id']}", json=order(api))[:2] == (400, 4002)


def test_an_order_is_shipped_and_taken_back(api: Api) -> None:
    made = api.ok("POST", "/orders", json=order(api))
    path = f"/orders/{made['Id']}"
    shipped = api.ok("POST", f"{path}/completed")
    assert (shipped["Status"], shipped["DeliveredAmount"]) == (3, made["Amount"])
    assert api.refused("DELETE", path)[:2] == (400, 4001)
    assert api.ok("POST", f"{path}/voided")["Status"] == 2
    api.ok("DELETE", path)
    assert api.refused("GET", path)[:2] == (404, 3000)


def test_what_was_not_delivered_becomes_a_back_order(api: Api) -> None:
    row = {**order(api)["Rows"][0], "Quantity": 5, "DeliveredQuantity": 2}
    made = api.ok("POST", "/orders", json=order(api, Rows=[row]))
    back = api.ok("POST", f"/orders/{made['Id']}/backorder")
    assert (back["Rows"][0]["Quantity"], back["Number"]) == (3, 2)
    assert api.ok("GET", f"/orders/{made['Id']}")["Rows"][0]["Quantity"] == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Status": 4}, (400, 4002)),
        ({"Status": 5}, (400, 2000)),
        ({"CurrencyCode": "EUR"}, (400, 2000)),
        ({"CustomerId": NOWHERE}, (400, 3000)),
        ({"Rows": []}, (400, 2000)),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused(
    api: Api, changes: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert api.refused("POST", "/orders", json=order(api, **changes))[:2] == expected


def test_an_order_prints_and_mails(office: Sandbox, api: Api) -> None:
    made = api.ok("POST", "/orders", json=order(api))
    assert b"Order 1" in api.get(f"/orders/{made['Id']}/print").content
    api.ok("POST", f"/orders/{made['Id']}/email", json={"Email": "a@b.se"})
    assert office.company()["outbox"][0]["OrderId"] == made["Id"]


def test_people_deliver_draft_and_invoice_orders(office: Sandbox, api: Api) -> None:
    def act(made: dict[str, Any], what: str, **asked: Any) -> dict[str, Any]:
        answer: dict[str, Any] = office.does("POST", f"orders/{made['Id']}/{what}", json=asked)
        return answer

    rows = [{**order(api)["Rows"][0], "Quantity": 1}]
    first, second, third = (
        api.ok("POST", "/orders", json=order(api, OurReference=one, Rows=rows)) for one in "abc"
    )
    assert act(first, "edit", YourReference="Kajsa")["YourReference"] == "Kajsa"
    assert act(first, "deliver")["Status"] == 3
    together = act(first, "invoice", **{"with": [second["Id"]]})
    assert together["IsCollectiveInvoice"]
    named = together["CollectiveCustomerInvoiceRowsRelationToOrders"]
    assert [one["OrderId"] for one in named] == [first["Id"], second["Id"]]
    assert together["TotalAmount"] == first["Amount"] + second["Amount"]
    assert api.ok("GET", f"/orders/{second['Id']}")["Status"] == 4
    draft = act(third, "draft")
    assert (draft["OurReference"], draft["TotalAmount"]) == ("c", third["Amount"])
    assert api.ok("GET", f"/orders/{third['Id']}")["Status"] == 4
    api.ok("DELETE", f"/customerinvoicedrafts/{draft['Id']}")
    assert api.ok("GET", f"/orders/{third['Id']}")["Status"] == 2
    again = act(third, "draft")
    invoice = api.ok("POST", f"/customerinvoicedrafts/{again['Id']}/convert")
    assert invoice["CreatedFromOrderId"] == third["Id"]


# Dimensions


def test_projects_have_numbers_of_their_own(api: Api) -> None:
    customer = api.customer("1001")
    body = {"Number": "P1", "Name": "Införande", "Status": 1, "CustomerId": customer["Id"]}
    made = api.ok("POST", "/projects", json=body)
    assert (made["CustomerName"], made["StartDate"]) == ("Acme AB", "2026-11-20")
    assert api.refused("POST", "/projects", json={**body, "Number": "p1"})[:2] == (400, 4000)
    assert api.refused("POST", "/projects", json={**body, "Number": "0123456789"})[2] == ["Number"]
    response = api.put(f"/projects/{made['Id']}", json={**body, "Status": 2})
    assert (response.status_code, response.json()["Status"]) == (201, 2)
    draft = api.draft(api.row(ProjectId=made["Id"]))
    assert draft["Rows"][0]["ProjectId"] == made["Id"]
    assert api.refused("POST", "/customerinvoicedrafts", json=api.draft_body(api.row(ProjectId=NOWHERE)))[
        :2
    ] == (400, 3000)


def test_cost_centers_hold_items_that_rows_can_name(api: Api) -> None:
    center = api.all("/costcenters")[0]
    item = {"CostCenterId": center["Id"], "Name": "Norr", "ShortName": "N", "IsActive": True}
    made = api.ok("POST", "/costcenteritems", json=item)
    assert api.all("/costcenters")[0]["Items"] == [made]
    assert api.refused("POST", "/costcenteritems", json={**item, "Name": "Nord"})[:2] == (400, 4000)
    renamed = api.ok("PUT", f"/costcenters/{center['Id']}", json={"Name": "Region"})
    assert (renamed["Name"], renamed["Items"]) == ("Region", [made])
    assert api.draft(api.row(CostCenterItemId1=made["Id"]))["Rows"][0]["CostCenterItemId1"] == made["Id"]
    sale = entries((1930, 1, 0)) + entries((3001, 0, 1), CostCenterItemId1=made["Id"])
    assert api.ok("POST", "/vouchers", json=voucher(Rows=sale))["Rows"][1]["CostCenterItemId1"] == made["Id"]
    assert api.refused("GET", f"/costcenteritems/{NOWHERE}")[:2] == (404, 3000)


# Links, notes, files


def test_a_partner_link_names_a_draft_and_is_found_by_address(api: Api) -> None:
    draft = api.draft()
    link = {
        "ResourceId": draft["Id"],
        "ResourceType": 5,
        "Href": "https://example.my.salesforce.com/006A",
        "PartnerCompanyName": "Exempel AB",
        "PartnerSystemName": "Salesforce",
    }
    made = api.ok("POST", "/partnerresourcelinks", json=link)
    assert api.where("/partnerresourcelinks", f"Href eq '{link['Href']}'") == [made]
    assert api.where("/partnerresourcelinks", f"ResourceId eq {draft['Id']}") == [made]
    assert api.refused("POST", "/partnerresourcelinks", json={**link, "ResourceId": NOWHERE})[:2] == (
        400,
        3000,
    )
    assert api.refused("POST", "/partnerresourcelinks", json={**link, "Href": "x" * 257})[2] == ["Href"]
    assert api.refused("POST", "/partnerresourcelinks", json={**link, "ResourceType": 7})[2] == [
        "ResourceType"
    ]
    api.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")
    assert api.ok("GET", f"/partnerresourcelinks/{made['Id']}") == made, (
        "the link stays at the draft that is gone"
    )
    invoice = api.all("/customerinvoices")[0]["Id"]
    moved = api.ok(
        "PUT", f"/partnerresourcelinks/{made['Id']}", json={**link, "ResourceId": invoice, "ResourceType": 3}
    )
    assert moved["ResourceId"] == invoice
    api.ok("DELETE", f"/partnerresourcelinks/{made['Id']}")
    assert api.refused("GET", f"/partnerresourcelinks/{made['Id']}")[:2] == (404, 3000)


def test_a_note_is_attached_and_changed(api: Api) -> None:
    customer = api.customer("1001")["Id"]
    response = api.post("/notes", json={"Text": "SF 001A", "AttachedTo": customer, "DocumentType": 9})
    assert response.status_code == 200
    made = response.json()
    assert api.ok("GET", f"/customers/{customer}")["Notes"] == [made["Id"]]
    changed = api.ok("PUT", f"/notes/{made['Id']}", json={"Text": "klar", "IsDone": True})
    assert (changed["IsDone"], changed["UserId"]) == (True, made["UserId"])
    assert api.refused("POST", "/notes", json={"Text": "x" * 257})[2] == ["Text"]
    lost = {"Text": "x", "AttachedTo": NOWHERE, "DocumentType": 2}
    assert api.refused("POST", "/notes", json=lost)[:2] == (400, 3000)
    assert api.delete(f"/notes/{made['Id']}").status_code == 405


def test_a_file_hangs_on_a_document_and_comes_back_as_it_was(api: Api) -> None:
    draft = api.draft()
    upload = {
        "ContentType": "application/pdf",
        "FileName": "avtal.pdf",
        "DockumentId": draft["Id"],
        "Data": "JVBERi0xLjQ=",
    }
    made = api.ok("POST", "/salesdocumentattachments", json=upload)
    assert (made["OriginalFilename"], made["DocumentSize"], made["CreatedBy"]) == (
        "avtal.pdf",
        8,
        "Karin Ekberg",
    )
    file = api.get(f"/salesdocumentattachments/{made['Id']}.pdf")
    assert (file.content, file.headers["content-type"]) == (b"%PDF-1.4", "application/pdf")
    assert api.ok("GET", f"/salesdocumentattachments/{made['Id']}") == made
    api.ok("DELETE", f"/salesdocumentattachments/{draft['Id']}/{made['Id']}")
    assert api.all("/salesdocumentattachments") == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ContentType": "text/plain"}, "ContentType"),
        ({"Data": None}, "Data"),
        ({"Data": "not base64!"}, "Data"),
        ({"FileName": "x" * 129}, "FileName"),
        ({"DocumentId": NOWHERE}, "DocumentId"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(api: Api, changes: dict[str, Any], field: str) -> None:
    upload = {
        "ContentType": "image/png",
        "FileName": "x.png",
        "DockumentId": api.draft()["Id"],
        "Data": "eA==",
        **changes,
    }
    assert api.refused("POST", "/salesdocumentattachments/customerinvoicedraft", json=upload) == (
        400,
        2000,
        [field],
    )


def test_a_file_does_not_hang_on_the_wrong_kind_of_document(api: Api) -> None:
    upload = {
        "ContentType": "image/png",
        "FileName": "x.png",
        "DockumentId": api.draft()["Id"],
        "Data": "eA==",
    }
    assert api.refused("POST", "/salesdocumentattachments/order", json=upload)[:2] == (400, 3000)
