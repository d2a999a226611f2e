"""Quotes of the Spiris simulator: drafts of them, acceptance, and the order or invoice that comes of one."""

from typing import Any

import pytest

from spiris_sandbox import NOWHERE, Api, Sandbox, kr


def body(api: Api, **fields: Any) -> dict[str, Any]:
    row = {"ArticleId": api.article("KONS")["Id"], "Quantity": 2, "UnitPrice": 100}
    return {"CustomerId": api.customer("1001")["Id"], "Rows": [row, {"Text": "Tack!"}], **fields}


def quote(api: Api, **fields: Any) -> Any:
    return api.ok("POST", "/quotes", json=body(api, **fields))


def test_a_quote_has_a_number_a_status_and_totals(api: Api) -> None:
    made = quote(api, CompanyReference="SF 006A", CustomerReference="Bo")
    assert (made["Number"], made["Status"], made["CurrencyCode"]) == (1, 1, "SEK")
    assert (made["TotalAmount"], made["VatAmount"]) == (kr("250.00"), kr("50.00"))
    assert (made["QuoteDate"], made["DueDate"]) == ("2026-11-20", "2026-12-20")
    assert made["TermsOfPayment"]["NumberOfDays"] == 30
    assert [row["IsTextRow"] for row in made["Rows"]] == [False, True]
    assert api.where("/quotes", "CompanyReference eq 'SF 006A'") == [made]
    assert api.ok("GET", "/companysettings")["NextQuoteNumber"] == 2


def test_a_draft_of_a_quote_lives_at_its_own_address_until_it_is_converted(api: Api) -> None:
    draft = api.ok("POST", "/quotedrafts", json=body(api))
    assert (draft["Number"], draft["Status"]) == (None, 0)
    assert api.all("/quotes") == []
    assert api.get(f"/quotes/{draft['Id']}").status_code == 404
    made = api.ok("PUT", f"/quotedrafts/{draft['Id']}/convert")
    assert (made["Id"], made["Number"], made["Status"]) == (draft["Id"], 1, 1)
    assert api.all("/quotedrafts") == []
    assert api.get(f"/quotedrafts/{draft['Id']}").status_code == 404


def test_a_put_replaces_a_quote_and_keeps_its_number(api: Api) -> None:
    made = quote(api, CompanyReference="SF 006A")
    changed = api.ok("PUT", f"/quotes/{made['Id']}", json=body(api))
    assert (changed["Number"], changed["CompanyReference"]) == (made["Number"], None)


def test_an_accepted_quote_tells_when(api: Api) -> None:
    made = quote(api)
    api.ok("PUT", f"/quotes/{made['Id']}/accept")
    read = api.ok("GET", f"/quotes/{made['Id']}")
    assert (read["Status"], read["ApprovedDate"]) == (2, "2026-11-20")
    assert api.refused("PUT", f"/quotes/{made['Id']}/accept")[:2] == (400, 4002)


@pytest.mark.parametrize(("kind", "status", "number"), [(0, 1, None), (1, 2, 1)])
def test_a_quote_becomes_an_order_or_a_draft_of_one(
    api: Api, kind: int, status: int, number: int | None
) -> None:
    made = quote(api, CompanyReference="SF 006A", CustomerReference="Bo")
    order = api.ok("POST", f"/quotes/{made['Id']}/converttoorder", json={"Type": kind})
    assert (order["Status"], order["Number"], order["CreatedFromQuoteId"]) == (status, number, made["Id"])
    assert (order["OurReference"], order["YourReference"]) == ("SF 006A", "Bo")
    assert (order["Amount"], order["VatAmount"]) == (kr("250.00"), kr("50.00"))
    assert api.ok("GET", f"/orders/{order['Id']}") == order
    assert api.ok("GET", f"/quotes/{made['Id']}")["Status"] == 4
    assert api.refused("POST", f"/quotes/{made['Id']}/converttoorder", json={"Type": 0})[:2] == (400, 4002)
    assert api.refused("DELETE", f"/quotes/{made['Id']}")[:2] == (400, 4001)


def test_a_preview_of_the_order_leaves_nothing_behind(api: Api) -> None:
    made = quote(api)
    order = api.ok("POST", f"/quotes/{made['Id']}/previeworder", json={"Type": 1})
    assert order["Amount"] == kr("250.00")
    assert api.all("/orders") == []
    assert api.ok("GET", f"/quotes/{made['Id']}") == made


def test_a_quote_becomes_an_invoice_that_is_booked_at_once_and_names_it(api: Api) -> None:
    made = quote(api, CompanyReference="SF 006A", BuyersOrderReference="PO-1")
    invoice = api.ok("POST", f"/quotes/{made['Id']}/converttocustomerinvoice", json={})
    assert (invoice["InvoiceNumber"], invoice["CreatedFromQuoteId"]) == (1001, made["Id"])
    assert (invoice["OurReference"], invoice["BuyersOrderReference"]) == ("SF 006A", "PO-1")
    assert invoice["TotalAmount"] == kr("250.00")
    assert api.ok("GET", f"/quotes/{made['Id']}")["Status"] == 3


def test_a_quote_that_breaks_a_rule_is_refused(api: Api) -> None:
    assert api.refused("POST", "/quotes", json=body(api, Rows=[{"Text": "Tack!"}])) == (400, 2000, ["Rows"])
    inactive = api.customer("1002")["Id"]
    assert api.refused("POST", "/quotes", json=body(api, CustomerId=inactive))[:2] == (400, 4002)
    assert api.get("/offers").status_code == 404
    assert api.refused("GET", f"/quotes/{NOWHERE}")[:2] == (404, 3000)


def test_a_quote_prints_mails_and_takes_a_file(office: Sandbox, api: Api) -> None:
    made = quote(api)
    printed = api.get(f"/quotes/{made['Id']}/print")
    assert (printed.headers["Content-Type"], printed.content[:5]) == ("application/pdf", b"%PDF-")
    assert api.refused("POST", f"/quotes/{made['Id']}/email", json={}) == (400, 2000, ["Email"])
    api.ok("POST", f"/quotes/{made['Id']}/email", json={"Email": "inkop@example.com"})
    assert office.company()["outbox"][-1]["QuoteId"] == made["Id"]
    upload = {
        "ContentType": "application/pdf",
        "FileName": "a.pdf",
        "DockumentId": made["Id"],
        "Data": "JVBERg==",
    }
    attached = api.ok("POST", "/salesdocumentattachments/quote", json=upload)
    assert api.ok("GET", f"/quotes/{made['Id']}")["SalesDocumentAttachments"] == [attached["Id"]]


def test_quotes_need_their_module(office: Sandbox, api: Api) -> None:
    office.does("PUT", "company?company=se", json={"ActivatedModules": ["api_standard"]})
    assert api.refused("GET", "/quotes")[:2] == (403, 4002)
