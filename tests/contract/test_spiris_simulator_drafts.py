"""Drafts of the Spiris simulator: rows, VAT, roundings, full replacement, dates."""

from typing import Any

import pytest

from spiris_sandbox import NOWHERE, Api, Sandbox, kr

TEXT_ROW = {"IsTextRow": True, "ReversedConstructionServicesVatFree": False, "Text": "SF:006A"}


def test_a_draft_takes_the_customers_part_from_the_customer(api: Api) -> None:
    draft = api.draft(OurReference="SF 006A", BuyersOrderReference="PO-1")
    customer = api.customer("1001")
    assert draft["InvoiceCustomerName"] == draft["CustomerName"] == "Acme AB"
    assert draft["CustomerNumber"] == "1001"
    assert (draft["InvoicePostalCode"], draft["InvoiceCity"]) == ("111 20", "Stockholm")
    assert draft["InvoiceCurrencyCode"] == "SEK"
    assert draft["TermsOfPaymentId"] == customer["TermsOfPaymentId"]
    assert draft["OurReference"] == "SF 006A"
    assert "ModifiedUtc" not in draft
    assert api.ok("GET", f"/customerinvoicedrafts/{draft['Id']}") == draft


def test_a_row_takes_its_texts_from_the_article(api: Api) -> None:
    (row,) = api.draft(api.row("LUNCH", quantity=2, price=100))["Rows"]
    assert (row["Text"], row["ArticleNumber"], row["UnitAbbreviation"]) == ("Lunch", "LUNCH", "st")
    assert (row["VatRate"], row["Amount"], row["IsServiceArticle"]) == (kr("0.12"), kr("200.00"), True)
    assert row["LineNumber"] == 1


def test_vat_follows_the_article_and_is_computed_per_rate(api: Api) -> None:
    draft = api.draft(
        api.row("KONS", price=1000),
        api.row("LUNCH", price=500),
        api.row("BOK", price=200),
        api.row("VARD", price=50),
    )
    assert draft["TotalVatAmount"] == kr("322.00")  # 250 + 60 + 12 + 0
    assert draft["TotalAmount"] == kr("2072.00")
    assert (draft["TotalAmountBaseCurrency"], draft["TotalVatAmountBaseCurrency"]) == (
        kr("2072.00"),
        kr("322.00"),
    )


@pytest.mark.parametrize(
    ("number", "total", "vat"),
    [("1001", "125.00", "25.00"), ("1003", "100.00", "0.00"), ("1004", "100.00", "0.00")],
)
def test_vat_follows_the_customer(api: Api, number: str, total: str, vat: str) -> None:
    """At home 25 %; a German business with a VAT number and anyone in Norway none."""
    draft = api.draft(api.row(price=100), customer=number)
    assert (draft["TotalAmount"], draft["TotalVatAmount"]) == (kr(total), kr(vat))


def test_a_business_in_the_eu_without_a_number_pays_swedish_vat(api: Api) -> None:
    known = api.customer("1003")
    body = {
        "Name": "Ohne GmbH",
        "InvoiceCity": "Berlin",
        "InvoicePostalCode": "10115",
        "InvoiceCountryCode": "DE",
        "IsActive": True,
        "IsPrivatePerson": False,
        "TermsOfPaymentId": known["TermsOfPaymentId"],
    }
    made = api.ok("POST", "/customers", json=body)
    assert api.draft(api.row(price=100), customer=made["CustomerNumber"])["TotalVatAmount"] == kr("25.00")


def test_a_foreign_draft_is_in_the_customers_currency_and_tells_both(api: Api) -> None:
    draft = api.draft(api.row(price=100.1234, quantity=10), customer="1003")
    assert draft["InvoiceCurrencyCode"] == "EUR"
    assert draft["TotalAmount"] == kr("1001.23")
    assert draft["TotalAmountBaseCurrency"] == kr("11063.59")  # at 11.05


def test_discounts_are_fractions(api: Api) -> None:
    (row,) = api.draft(api.row(price=100, quantity=3, DiscountPercentage=0.125))["Rows"]
    assert row["Amount"] == kr("262.50")


@pytest.mark.parametrize(
    ("value", "total", "rounding"),
    [("no", "125.50", "0.00"), ("yes", "126.00", "0.50"), ("company", "125.50", "0.00")],
)
def test_totals_are_rounded_to_kronor_where_the_company_does(
    office: Sandbox, api: Api, value: str, total: str, rounding: str
) -> None:
    office.switch(domestic_currency_rounding=value)
    draft = api.draft(api.row(price=100.40))
    assert (draft["TotalAmount"], draft["TotalRoundings"]) == (kr(total), kr(rounding))


def test_the_company_chooses_rounding_and_foreign_currency_is_left_alone(office: Sandbox, api: Api) -> None:
    office.does("PUT", "company", json={"DomesticCurrencyRounding": 1})
    assert api.draft(api.row(price=100.40))["TotalAmount"] == kr("126.00")
    assert api.draft(api.row(price=100.40), customer="1003")["TotalAmount"] == kr("100.40")


@pytest.mark.parametrize(
    ("setting", "reading", "includes"),
    [
        (True, "as_documented", True),
        (False, "as_documented", False),
        (True, "as_named", False),
        (False, "as_named", True),
    ],
)
def test_prices_to_private_persons_may_include_vat(
    office: Sandbox, api: Api, setting: bool, reading: str, includes: bool
) -> None:
    office.does("PUT", "company", json={"ShowPricesExclVatPC": setting})
    office.switch(prices_excl_vat_private=reading)
    draft = api.draft(api.row(price=100), customer="1005")
    assert draft["CustomerIsPrivatePerson"] is True
    assert draft["IncludesVat"] is includes
    assert draft["TotalAmount"] == (kr("100.00") if includes else kr("125.00"))
    assert draft["TotalVatAmount"] == (kr("20.00") if includes else kr("25.00"))
    assert api.draft(api.row(price=100))["IncludesVat"] is False


def test_a_business_can_be_treated_as_a_private_person(office: Sandbox, api: Api) -> None:
    office.does("PUT", "company", json={"ShowPricesExclVatPC": True})
    body = api.draft_body(api.row(price=100))
    draft = api.ok(
        "POST", "/customerinvoicedrafts", params={"overrideCustomerIsPrivatePerson": "true"}, json=body
    )
    assert (draft["CustomerIsPrivatePerson"], draft["TotalAmount"]) == (True, kr("100.00"))


def test_construction_reverse_charge_needs_customer_and_row_flag(api: Api) -> None:
    builder = {
        "Name": "Bygg AB",
        "InvoiceCity": "Umeå",
        "InvoicePostalCode": "903 20",
        "InvoiceCountryCode": "SE",
        "VatNumber": "SE559000001301",
        "IsActive": True,
        "IsPrivatePerson": False,
        "ReverseChargeOnConstructionServices": True,
        "TermsOfPaymentId": api.customer("1001")["TermsOfPaymentId"],
    }
    number = api.ok("POST", "/customers", json=builder)["CustomerNumber"]
    flagged = api.row(price=100, ReversedConstructionServicesVatFree=True)
    draft = api.draft(flagged, api.row(price=100), customer=number)
    assert draft["ReverseChargeOnConstructionServices"] is True
    assert draft["TotalVatAmount"] == kr("25.00")
    body = api.draft_body(flagged)
    refused = api.refused("POST", "/customerinvoicedrafts", json=body)
    assert refused == (400, 2000, ["Rows[0].ReversedConstructionServicesVatFree"])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"UnitPrice": 1.234}, "Rows[0].UnitPrice"),
        ({"Quantity": 1.234}, "Rows[0].Quantity"),
        ({"DiscountPercentage": 1.01}, "Rows[0].DiscountPercentage"),
        ({"DiscountPercentage": 0.00001}, "Rows[0].DiscountPercentage"),
        ({"LineNumber": 1001}, "Rows[0].LineNumber"),
        ({"Text": "x" * 2001}, "Rows[0].Text"),
        ({"ArticleId": None}, "Rows[0].ArticleId"),
        ({"Quantity": 10**9, "UnitPrice": 10**9}, "Rows[0].UnitPrice"),
        ({"VatPercent": 25}, "Rows[0].VatPercent"),
        ({"IsTextRow": None}, "Rows[0].IsTextRow"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(api: Api, row: dict[str, Any], field: str) -> None:
    body = api.draft_body({**api.row(), **row})
    assert api.refused("POST", "/customerinvoicedrafts", json=body) == (400, 2000, [field])


def test_trailing_zeros_are_no_decimals(api: Api) -> None:
    content = api.build_request("POST", "/", json=api.draft_body(api.row(quantity=7))).content
    body = content.replace(b'"UnitPrice":100', b'"UnitPrice":1.2300').replace(
        b'"Quantity":7', b'"Quantity":7.0000'
    )
    draft = api.ok("POST", "/customerinvoicedrafts", content=body)
    assert draft["Rows"][0]["Amount"] == kr("8.61")


def test_a_foreign_customer_may_have_four_decimals_and_not_five(api: Api) -> None:
    assert api.draft(api.row(price=1.2345), customer="1004")
    body = api.draft_body(api.row(price=1.23456), customer="1004")
    assert api.refused("POST", "/customerinvoicedrafts", json=body)[2] == ["Rows[0].UnitPrice"]


@pytest.mark.parametrize("rows", [[], [TEXT_ROW], None])
def test_there_must_be_an_article_row(api: Api, rows: list[Any] | None) -> None:
    body = {**api.draft_body(), "Rows": rows}
    assert api.refused("POST", "/customerinvoicedrafts", json=body) == (400, 2000, ["Rows"])


def test_text_rows_stand_beside_article_rows_and_cost_nothing(api: Api) -> None:
    draft = api.draft(TEXT_ROW, api.row(price=100))
    text, article = draft["Rows"]
    assert (text["IsTextRow"], text["Text"], text["VatRate"], text["ArticleId"]) == (
        True,
        "SF:006A",
        None,
        None,
    )
    assert article["LineNumber"] == 2
    assert draft["TotalAmount"] == kr("125.00")
    assert api.where("/customerinvoicedrafts", "Rows/any(r: contains(r/Text,'SF:006A'))") == [draft]
    empty = api.draft_body({**TEXT_ROW, "Text": ""}, api.row())
    assert api.refused("POST", "/customerinvoicedrafts", json=empty)[2] == ["Rows[0].Text"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"CustomerId": NOWHERE}, (400, 3000, [])),
        ({"TermsOfPaymentId": NOWHERE}, (400, 3000, [])),
        ({"EuThirdParty": None}, (400, 2000, ["EuThirdParty"])),
        ({"RotReducedInvoicingType": None}, (400, 2000, ["RotReducedInvoicingType"])),
        ({"RotReducedInvoicingType": 3}, (400, 2000, ["RotReducedInvoicingType"])),
        ({"RotReducedInvoicingType": 2}, (400, 2000, ["Persons"])),
        ({"RotReducedInvoicingType": 2, "Persons": [{"Ssn": "811228-9875"}]}, (400, 4029, [])),
        (
            {"RotReducedInvoicingType": 1, "Persons": [{"Ssn": "811228-9874"}]},
            (400, 2000, ["RotReducedInvoicingPropertyName"]),
        ),
        ({"BuyersOrderReference": "x" * 36}, (400, 2000, ["BuyersOrderReference"])),
        ({"OurReference": "x" * 101}, (400, 2000, ["OurReference"])),
        ({"InvoiceDate": "20/11/2026"}, (400, 2000, ["InvoiceDate"])),
        ({"InvoiceDate": "2026-02-30"}, (400, 2000, ["InvoiceDate"])),
        ({"ExternalId": "006A"}, (400, 2000, ["ExternalId"])),
        ({"InvoiceText": "Hej"}, (400, 2000, ["InvoiceText"])),
    ],
)
def test_a_header_that_breaks_a_rule_is_refused(
    api: Api, changes: dict[str, Any], expected: tuple[int, int, list[str]]
) -> None:
    body = {**api.draft_body(), **changes}
    assert api.refused("POST", "/customerinvoicedrafts", json=body) == expected


def test_rut_with_a_real_personal_number_is_taken(api: Api) -> None:
    draft = api.draft(RotReducedInvoicingType=2, Persons=[{"Ssn": "811228-9874", "Amount": 50}])
    assert draft["Persons"][0]["Amount"] == 50


def test_an_inactive_customer_gets_no_draft(api: Api) -> None:
    body = api.draft_body(customer="1002")
    assert api.refused("POST", "/customerinvoicedrafts", json=body)[:2] == (400, 4002)


def test_an_inactive_article_cannot_be_sold(api: Api) -> None:
    body = api.draft_body(api.row("GAMMAL"))
    assert api.refused("POST", "/customerinvoicedrafts", json=body) == (400, 2000, ["Rows[0].ArticleId"])


def test_an_unknown_article_is_not_found(api: Api) -> None:
    body = api.draft_body({**api.row(), "ArticleId": NOWHERE})
    assert api.refused("POST", "/customerinvoicedrafts", json=body)[:2] == (400, 3000)


def test_an_electronic_reference_is_not_for_private_persons(api: Api) -> None:
    body = api.draft_body(customer="1005", ElectronicReference="7365565956")
    assert api.refused("POST", "/customerinvoicedrafts", json=body)[2] == ["ElectronicReference"]


@pytest.mark.parametrize(("replace", "total"), [(False, "0.00"), (True, "1500.00")])
def test_a_zero_price_may_be_replaced_by_the_articles(api: Api, replace: bool, total: str) -> None:
    assert api.draft(api.row(price=0), ReplaceUnitPriceWhenZero=replace)["TotalAmount"] == kr(total)


def test_a_credit_draft_is_negative(api: Api) -> None:
    draft = api.draft(api.row(price=100), IsCreditInvoice=True)
    assert (draft["TotalAmount"], draft["TotalVatAmount"]) == (kr("-125.00"), kr("-25.00"))


def test_a_put_replaces_everything_and_gives_new_row_ids(api: Api) -> None:
    draft = api.draft(api.row(price=100), OurReference="marker", YourReference="Anna")
    body = api.draft_body(api.row(price=200), YourReference="Bo")
    changed = api.ok("PUT", f"/customerinvoicedrafts/{draft['Id']}", json=body)
    assert (changed["OurReference"], changed["YourReference"]) == (None, "Bo")
    assert changed["TotalAmount"] == kr("250.00")
    assert changed["Id"] == draft["Id"]
    assert changed["CreatedUtc"] == draft["CreatedUtc"]
    assert changed["Rows"][0]["Id"] != draft["Rows"][0]["Id"]


def test_what_was_read_can_be_sent_back(api: Api) -> None:
    draft = api.draft(TEXT_ROW, api.row(price=100), OurReference="marker")
    content = api.get(f"/customerinvoicedrafts/{draft['Id']}").content
    again = api.ok("PUT", f"/customerinvoicedrafts/{draft['Id']}", content=content)

    def without_ids(record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "Rows": [{**row, "Id": None} for row in record["Rows"]]}

    assert without_ids(again) == without_ids(draft)


def test_a_deleted_draft_is_gone_for_every_call(api: Api) -> None:
    draft = api.draft()
    path = f"/customerinvoicedrafts/{draft['Id']}"
    api.ok("DELETE", path)
    for method, address in (
        ("GET", path),
        ("DELETE", path),
        ("POST", f"{path}/convert"),
        ("GET", f"{path}/print"),
    ):
        assert api.refused(method, address)[:2] == (404, 3000)
    assert api.refused("PUT", path, json=api.draft_body())[:2] == (404, 3000)
    assert api.all("/customerinvoicedrafts") == []


@pytest.mark.parametrize(
    ("keep", "day", "due"), [("no", "2026-11-20", "2026-12-20"), ("yes", "2026-11-01", "2026-12-01")]
)
def test_a_draft_shows_todays_date_unless_dates_are_kept(
    office: Sandbox, api: Api, keep: str, day: str, due: str
) -> None:
    draft = api.draft(InvoiceDate="2026-11-01T00:00:00")
    office.switch(keep_original_draft_date=keep)
    read = api.ok("GET", f"/customerinvoicedrafts/{draft['Id']}")
    assert (read["InvoiceDate"], read["DueDate"]) == (day, due)
    assert api.ok("GET", "/companysettings")["KeepOriginalDraftDate"] is (keep == "yes")


def test_the_company_chooses_to_keep_dates(office: Sandbox, api: Api) -> None:
    office.does("PUT", "company", json={"KeepOriginalDraftDate": True})
    assert api.draft(InvoiceDate="2026-11-01")["InvoiceDate"] == "2026-11-01"


def test_a_due_date_can_be_set(api: Api) -> None:
    assert api.draft(DueDate="2027-01-15")["DueDate"] == "2027-01-15"


def test_a_draft_prints_as_a_pdf_without_a_number(api: Api) -> None:
    draft = api.draft(api.row(price=100, Text="Räksmörgås på Åland"))
    response = api.get(f"/customerinvoicedrafts/{draft['Id']}/print")
    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-1.4")
    assert "Räksmörgås på Åland".encode("cp1252") in response.content
    assert b"Fakturautkast" in response.content


def test_drafts_are_found_by_customer_and_marker(api: Api) -> None:
    wanted = api.draft(OurReference="SF 006A")
    api.draft(OurReference="SF 006B")
    api.draft(customer="1003", OurReference="SF 006A")
    text = f"CustomerId eq {wanted['CustomerId']} and contains(OurReference,'006A')"
    assert [d["Id"] for d in api.where("/customerinvoicedrafts", text)] == [wanted["Id"]]
    assert (
        len(api.where("/customerinvoicedrafts", "CreatedUtc ge 2026-11-20T07:59:00Z and TotalAmount gt 124"))
        == 2
    )


def test_a_draft_that_the_ledger_has_no_room_for_is_refused(api: Api) -> None:
    body = api.draft_body(api.row(price=80_000_000))
    assert api.refused("POST", "/customerinvoicedrafts", json=body) == (400, 2000, ["Rows"])
