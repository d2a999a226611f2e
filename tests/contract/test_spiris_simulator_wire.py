"""What holds for every call of the Spiris simulator: bodies, errors, lists, limits, gates."""

from typing import Any

import pytest

from spiris_sandbox import NOWHERE, Api, Sandbox


def customer(api: Api, **changes: Any) -> dict[str, Any]:
    terms = api.all("/termsofpayments")[-1]["Id"]
    return {
        "Name": "Ny AB",
        "InvoiceCity": "Stockholm",
        "InvoicePostalCode": "111 22",
        "IsActive": True,
        "IsPrivatePerson": False,
        "TermsOfPaymentId": terms,
        **changes,
    }


# Bodies


def test_every_fault_of_a_body_is_named_at_once(api: Api) -> None:
    body = customer(
        api, Name="x" * 51, name="camel", IsActive="yes", DiscountPercentage=1.5, InvoiceCity=None
    )
    status, code, fields = api.refused("POST", "/customers", json=body)
    assert (status, code) == (400, 2000)
    assert sorted(fields) == ["DiscountPercentage", "InvoiceCity", "IsActive", "Name", "name"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"Nonsense": 1}, "Nonsense"),
        ({"name": "camelCase"}, "name"),
        ({"Name": "x" * 51}, "Name"),
        ({"Name": "   "}, "Name"),
        ({"Name": 42}, "Name"),
        ({"InvoicePostalCode": "12345678901"}, "InvoicePostalCode"),
        ({"TermsOfPaymentId": "30 dagar"}, "TermsOfPaymentId"),
        ({"IsPrivatePerson": 0}, "IsPrivatePerson"),
        ({"IsPrivatePerson": None}, "IsPrivatePerson"),
        ({"DiscountPercentage": "0.1"}, "DiscountPercentage"),
        ({"DiscountPercentage": 0.12345}, "DiscountPercentage"),
        ({"DiscountPercentage": None}, "DiscountPercentage"),
        ({"WebshopCustomerNumber": 1.5}, "WebshopCustomerNumber"),
        ({"EmailAddress": "a@b.se", "EmailAddresses": ["x@y.se"] * 6}, "EmailAddresses"),
        ({"PropertyType": 3}, "PropertyType"),
        ({"CustomerLabels": [{"Name": "x" * 51}]}, "CustomerLabels[0].Name"),
        ({"CustomerLabels": {}}, "CustomerLabels"),
    ],
)
def test_a_field_that_does_not_fit_is_refused(api: Api, changes: dict[str, Any], field: str) -> None:
    assert api.refused("POST", "/customers", json=customer(api, **changes)) == (400, 2000, [field])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"Name": NaN}'])
def test_a_body_that_is_no_json_object_is_refused(api: Api, content: bytes) -> None:
    assert api.refused("POST", "/customers", content=content)[:2] == (400, 2000)


def test_fields_that_are_only_read_may_be_sent_back(api: Api) -> None:
    made = api.ok("POST", "/customers", json=customer(api))
    again = api.ok("PUT", f"/customers/{made['Id']}", content=api.get(f"/customers/{made['Id']}").content)
    assert {**again, "ChangedUtc": None} == {**made, "ChangedUtc": None}


def test_a_limit_is_counted_in_characters_and_its_edge_is_inside(api: Api) -> None:
    assert api.ok("POST", "/customers", json=customer(api, Name="å" * 50))["Name"] == "å" * 50


def test_ids_are_guids_in_lower_case_and_upper_case_finds_them(api: Api) -> None:
    made = api.ok("POST", "/customers", json=customer(api))
    assert made["Id"] == made["Id"].lower()
    assert api.ok("GET", f"/customers/{made['Id'].upper()}")["Id"] == made["Id"]


def test_an_id_that_is_no_guid_is_refused(api: Api) -> None:
    assert api.refused("GET", "/customers/42")[:2] == (400, 2000)


def test_an_address_that_does_not_exist_is_not_found_and_a_wrong_method_not_allowed(api: Api) -> None:
    assert api.get("/offers").status_code == 404
    assert api.delete(f"/articles/{NOWHERE}").status_code == 405
    assert api.patch(f"/customers/{NOWHERE}", json={}).status_code == 405
    assert api.put(f"/customerinvoices/{NOWHERE}", json={}).status_code == 405


def test_numbers_are_exact(api: Api) -> None:
    draft = api.draft(api.row(quantity=0.1, price=0.7), api.row(quantity=3, price=1.15))
    text = api.get(f"/customerinvoicedrafts/{draft['Id']}").text
    assert '"Amount":0.07' in text
    assert '"Amount":3.45' in text


# What is not there


@pytest.mark.parametrize(("value", "expected"), [("404", (404, 3000)), ("400-3000", (400, 3000))])
@pytest.mark.parametrize(
    "path", ["customerinvoicedrafts", "customerinvoices", "customers", "articles", "orders"]
)
def test_what_is_gone_answers_as_the_switch_says(
    office: Sandbox, api: Api, path: str, value: str, expected: tuple[int, int]
) -> None:
    office.switch(missing_draft=value)
    assert api.refused("GET", f"/{path}/{NOWHERE}")[:2] == expected


@pytest.mark.parametrize(
    "path", ["projects", "units", "bankaccounts", "voucherdrafts", "vatcodes", "fiscalyears"]
)
def test_where_the_manual_declares_404_it_is_404(office: Sandbox, api: Api, path: str) -> None:
    office.switch(missing_draft="400-3000")
    assert api.refused("GET", f"/{path}/{NOWHERE}")[:2] == (404, 3000)


def test_a_reference_to_nothing_is_a_bad_request(api: Api) -> None:
    assert api.refused("POST", "/customers", json=customer(api, TermsOfPaymentId=NOWHERE))[:2] == (400, 3000)


# Lists


def test_a_list_tells_where_it_stands_and_what_time_it_is(office: Sandbox, api: Api) -> None:
    for number in range(60):
        api.ok("POST", "/customers", json=customer(api, Name=f"Kund {number}"))
    first = api.ok("GET", "/customers")
    assert (first["Meta"]["CurrentPage"], first["Meta"]["PageSize"]) == (1, 50)
    assert (first["Meta"]["TotalNumberOfPages"], first["Meta"]["TotalNumberOfResults"]) == (2, 65)
    assert first["Meta"]["ServerTimeUtc"].startswith("2026-11-20T08:")
    second = api.ok("GET", "/customers", params={"$page": 2})
    assert len(second["Data"]) == 15
    assert not {c["Id"] for c in first["Data"]} & {c["Id"] for c in second["Data"]}
    assert api.ok("GET", "/customers", params={"$page": 3})["Data"] == []


@pytest.mark.parametrize(("value", "status"), [("capped", 200), ("refused", 400)])
def test_a_page_above_a_thousand_is_capped_or_refused(
    office: Sandbox, api: Api, value: str, status: int
) -> None:
    office.switch(large_page=value)
    response = api.get("/customers", params={"$pagesize": 1001})
    assert response.status_code == status
    if status == 200:
        assert response.json()["Meta"]["PageSize"] == 1000


def test_options_without_a_dollar_page_nothing(api: Api) -> None:
    assert api.ok("GET", "/articles", params={"page": 2, "pagesize": 1})["Meta"]["CurrentPage"] == 1


def test_a_filter_an_order_and_a_selection_go_together(api: Api) -> None:
    options = {
        "$filter": "IsActive eq true and not (InvoiceCountryCode eq 'DE')",
        "$orderby": "Name desc",
        "$select": "Name,CustomerNumber",
    }
    assert api.all("/customers", params=options) == [
        {"Name": "Nordmann AS", "CustomerNumber": "1004"},
        {"Name": "Eva Ek", "CustomerNumber": "1005"},
        {"Name": "Acme AB", "CustomerNumber": "1001"},
    ]


@pytest.mark.parametrize(
    "text", ["Nonsense eq 1", "Name eq", "Name eq 'x", "CustomerNumber eq 1001", "tolower(Name) eq 'x'"]
)
def test_a_filter_that_is_not_understood_is_refused(api: Api, text: str) -> None:
    assert api.refused("GET", "/customers", params={"$filter": text})[:2] == (400, 2000)


def test_only_filterable_fields_can_be_filtered_on(office: Sandbox, api: Api) -> None:
    office.switch(filterable_fields=["CustomerNumber", "customerinvoicedrafts.OurReference"])
    assert api.where("/customers", "CustomerNumber eq '1001'")
    assert api.refused("GET", "/customers", params={"$filter": "Name eq 'Acme AB'"})[0] == 400
    assert api.refused("GET", "/customers", params={"$filter": "OurReference eq 'x'"})[0] == 400
    assert api.where("/customerinvoicedrafts", "OurReference eq 'x'") == []
    office.switch(filterable_fields="all")
    assert api.where("/customers", "Name eq 'Acme AB'")


@pytest.mark.parametrize(("value", "found"), [("sensitive", 0), ("blind", 1)])
def test_texts_compare_with_or_without_case(office: Sandbox, api: Api, value: str, found: int) -> None:
    office.switch(filter_case=value)
    assert len(api.where("/customers", "Name eq 'ACME ab'")) == found


def test_a_list_may_lag_behind_a_fresh_write_and_an_address_does_not(office: Sandbox, api: Api) -> None:
    draft = api.draft(OurReference="before")
    office.switch(index_lag_seconds=30)
    changed = {**api.draft_body(), "OurReference": "after"}
    api.ok("PUT", f"/customerinvoicedrafts/{draft['Id']}", json=changed)
    fresh = api.draft(OurReference="fresh")
    assert [d["OurReference"] for d in api.all("/customerinvoicedrafts")] == ["before"]
    assert (
        api.where(
            "/customerinvoicedrafts", f"CustomerId eq {fresh['CustomerId']} and OurReference eq 'fresh'"
        )
        == []
    )
    assert api.ok("GET", f"/customerinvoicedrafts/{fresh['Id']}")["OurReference"] == "fresh"
    api.ok("DELETE", f"/customerinvoicedrafts/{draft['Id']}")
    assert len(api.all("/customerinvoicedrafts")) == 1
    office.at("2026-11-20T08:00:45Z")
    assert [d["OurReference"] for d in api.all("/customerinvoicedrafts")] == ["fresh"]


# Limits and gates


@pytest.mark.parametrize("header", ["yes", "no"])
def test_too_many_calls_are_told_when_to_come_back(office: Sandbox, header: str) -> None:
    office.switch(rate_limit_per_minute=5, retry_after_header=header)
    api = office.sign_in()
    for _ in range(5):
        assert api.get("/units").status_code == 200
    response = api.get("/units")
    body = response.json()
    assert (response.status_code, body["ErrorCode"]) == (429, 4010)
    assert "Try again in 60 seconds" in body["DeveloperErrorMessage"]
    assert response.headers.get("retry-after") == ("60" if header == "yes" else None)
    assert api.get("/countries").status_code == 200, "another endpoint has a limit of its own"
    office.switch(rate_limit_per_minute=None)
    assert api.get("/units").status_code == 200


@pytest.mark.parametrize(
    ("change", "call", "expected"),
    [
        ({"CompanyStatus": 0}, ("GET", "/customers"), (403, 4004)),
        ({"CompanyStatus": 2}, ("POST", "/customers"), (403, 4004)),
        ({"StartupGuideCompleted": False}, ("GET", "/customers"), (403, 4003)),
        ({"UserHasAccess": False}, ("GET", "/customers"), (403, 4011)),
        ({"ActivatedModules": ["sales_standard"]}, ("GET", "/customers"), (403, 4002)),
        ({"ActivatedModules": ["api_standard"]}, ("GET", "/orders"), (403, 4002)),
        ({"ProductVariant": 4}, ("GET", "/orders"), (403, 4002)),
        ({"ProductVariant": 4}, ("GET", "/projects"), (403, 4002)),
        ({"ProductVariant": 3}, ("GET", "/customers"), (403, 4002)),
        ({"ProductVariant": 2}, ("GET", "/voucherdrafts"), (403, 4002)),
    ],
)
def test_a_company_that_may_not_is_told_why(
    office: Sandbox, api: Api, change: dict[str, Any], call: tuple[str, str], expected: tuple[int, int]
) -> None:
    api.ok("GET", "/customers")
    office.does("PUT", "company?company=se", json=change)
    assert api.refused(*call)[:2] == expected


def test_a_company_that_can_only_be_read_can_be_read(office: Sandbox, api: Api) -> None:
    office.does("PUT", "company", json={"CompanyStatus": 2})
    api.ok("GET", "/customers")
