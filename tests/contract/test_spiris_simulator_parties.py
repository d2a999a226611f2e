"""Customers and articles of the Spiris simulator."""

from typing import Any

import pytest

from spiris_sandbox import NOWHERE, Api, Sandbox, kr


def customer(api: Api, **changes: Any) -> dict[str, Any]:
    return {
        "Name": "Ny AB",
        "InvoiceCity": "Stockholm",
        "InvoicePostalCode": "111 22",
        "IsActive": True,
        "IsPrivatePerson": False,
        "TermsOfPaymentId": api.all("/termsofpayments")[-1]["Id"],
        **changes,
    }


def create(api: Api, **changes: Any) -> Any:
    return api.ok("POST", "/customers", json=customer(api, **changes))


def test_a_new_customer_has_what_was_sent_and_what_the_system_adds(api: Api) -> None:
    made = create(api, CorporateIdentityNumber="556016-0680", EmailAddress="faktura@ny.se")
    assert made["CurrencyCode"] == "SEK"
    assert made["TermsOfPayment"]["NumberOfDays"] == 30
    assert made["ChangedUtc"].startswith("2026-11-20T08:")
    assert made["UnpaidInvoicesAmount"] == 0
    assert made["Note"] is None
    assert "CreatedUtc" not in made
    assert api.ok("GET", f"/customers/{made['Id']}") == made


@pytest.mark.parametrize(
    "field", ["Name", "InvoiceCity", "InvoicePostalCode", "IsActive", "IsPrivatePerson", "TermsOfPaymentId"]
)
def test_what_is_required_is_required_at_home_and_abroad(api: Api, field: str) -> None:
    body = {name: value for name, value in customer(api, InvoiceCountryCode="NO").items() if name != field}
    assert api.refused("POST", "/customers", json=body) == (400, 2000, [field])


def test_numbers_come_from_the_series_and_pass_over_taken_ones(api: Api) -> None:
    """The world uses 1001 to 1005; the series begins at 1001."""
    assert create(api)["CustomerNumber"] == "1006"
    assert create(api, CustomerNumber="A-7")["CustomerNumber"] == "A-7"
    assert create(api)["CustomerNumber"] == "1007"
    assert api.ok("GET", "/companysettings")["NextCustomerNumber"] == 1008


def test_vat_on_exports_is_only_refused_where_a_country_of_the_eu_is_named(api: Api) -> None:
    """The manual speaks of `InvoiceCountryCode`; without one, clients have sent the flag for customers at home."""
    assert create(api, ForceBookkeepVat=True)["ForceBookkeepVat"] is True
    body = customer(api, ForceBookkeepVat=True, InvoiceCountryCode="SE")
    assert api.refused("POST", "/customers", json=body) == (400, 2000, ["ForceBookkeepVat"])


@pytest.mark.parametrize("twin", ["sf-001", "SF-001"])
def test_a_number_is_used_once_whatever_its_case(api: Api, twin: str) -> None:
    create(api, CustomerNumber="SF-001")
    assert api.refused("POST", "/customers", json=customer(api, CustomerNumber=twin))[:2] == (400, 4000)
    other = create(api)
    assert api.refused("PUT", f"/customers/{other['Id']}", json=customer(api, CustomerNumber=twin))[:2] == (
        400,
        4000,
    )


def test_a_series_that_was_never_set_up_gives_no_number(office: Sandbox, api: Api) -> None:
    office.does("PUT", "company", json={"NextCustomerNumber": 0})
    assert api.refused("POST", "/customers", json=customer(api))[:2] == (400, 4002)
    assert create(api, CustomerNumber="own")["CustomerNumber"] == "own"


@pytest.mark.parametrize(("value", "status"), [("no", 201), ("yes", 400)])
def test_organisation_numbers_may_be_unique(office: Sandbox, api: Api, value: str, status: int) -> None:
    office.switch(unique_orgnr=value)
    create(api, CorporateIdentityNumber="556016-0680")
    response = api.post("/customers", json=customer(api, CorporateIdentityNumber="556016-0680"))
    assert response.status_code == status


def test_a_put_replaces_everything(api: Api) -> None:
    made = create(
        api, EmailAddress="a@b.se", Telephone="08-1", Note="marker", DiscountPercentage=0.1, Iban="SE123"
    )
    changed = api.ok("PUT", f"/customers/{made['Id']}", json=customer(api, Name="Ny AB (publ)"))
    assert changed["Name"] == "Ny AB (publ)"
    assert changed["CustomerNumber"] == made["CustomerNumber"]
    assert [changed[name] for name in ("EmailAddress", "Telephone", "Note", "DiscountPercentage")] == [
        None,
        None,
        None,
        0,
    ]
    assert changed["Iban"] == "SE123", "kept when omitted, by the manual's own words"


def test_a_put_moves_the_time_of_change(office: Sandbox, api: Api) -> None:
    made = create(api)
    office.at("2026-11-20T08:10:00Z")
    changed = api.ok("PUT", f"/customers/{made['Id']}", json=customer(api))
    assert changed["ChangedUtc"] > made["ChangedUtc"]
    assert [c["Id"] for c in api.where("/customers", "ChangedUtc ge 2026-11-20T08:10:00Z")] == [made["Id"]]


def test_a_put_without_required_fields_is_refused(api: Api) -> None:
    made = create(api)
    assert api.refused("PUT", f"/customers/{made['Id']}", json={"Name": "Kort"})[:2] == (400, 2000)


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("DE129273398", "DE"),
        ("SE559000001301", "SE"),
        ("EL123456789", "GR"),
        ("XI123456789", "GB"),
        ("NO123456789MVA", "NO"),
    ],
)
def test_a_vat_number_that_looks_right_is_taken(api: Api, number: str, country: str) -> None:
    assert create(api, VatNumber=number, InvoiceCountryCode=country)["VatNumber"] == number


@pytest.mark.parametrize(
    ("number", "country", "field"),
    [
        ("129273398", "DE", "VatNumber"),
        ("DE 129 273 398", "DE", "VatNumber"),
        ("DE1234567", "DE", "VatNumber"),
        ("DE1234567890123", "DE", "VatNumber"),
        ("DE129273398", "FR", "VatNumber"),
        ("DE129273398", None, "InvoiceCountryCode"),
    ],
)
def test_a_vat_number_that_cannot_be_one_is_refused(
    api: Api, number: str, country: str | None, field: str
) -> None:
    body = customer(api, VatNumber=number, InvoiceCountryCode=country)
    assert api.refused("POST", "/customers", json=body) == (400, 2000, [field])


@pytest.mark.parametrize("state", ["down", "refuses"])
def test_vies_can_stop_a_new_customer_and_a_later_change(office: Sandbox, api: Api, state: str) -> None:
    german = customer(api, VatNumber="DE129273398", InvoiceCountryCode="DE")
    made = api.ok("POST", "/customers", json=german)
    office.switch(vies=state)
    assert api.refused("POST", "/customers", json=german) == (400, 2000, ["VatNumber"])
    changed = {**german, "InvoiceCity": "Berlin"}
    assert api.refused("PUT", f"/customers/{made['Id']}", json=changed) == (400, 2000, ["VatNumber"])
    api.ok("POST", "/customers", json=customer(api))
    office.switch(vies="up")
    api.ok("PUT", f"/customers/{made['Id']}", json=changed)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"InvoiceCountryCode": "ZZ"}, "InvoiceCountryCode"),
        ({"CurrencyCode": "XXX"}, "CurrencyCode"),
        ({"DeliveryBasedVat": True}, "DeliveryCity"),
        ({"ReverseChargeOnConstructionServices": True}, "VatNumber"),
        ({"ForceBookkeepVat": True, "InvoiceCountryCode": "DE"}, "ForceBookkeepVat"),
        ({"EmailAddresses": ["kopia@ny.se"]}, "EmailAddress"),
    ],
)
def test_fields_that_need_others_say_so(api: Api, changes: dict[str, Any], field: str) -> None:
    assert api.refused("POST", "/customers", json=customer(api, **changes)) == (400, 2000, [field])


def test_a_customer_without_documents_can_be_deleted_and_one_with_cannot(api: Api) -> None:
    free, busy = create(api), api.customer("1001")
    api.ok("DELETE", f"/customers/{free['Id']}")
    assert api.get(f"/customers/{free['Id']}").status_code == 404
    api.draft()
    assert api.refused("DELETE", f"/customers/{busy['Id']}")[:2] == (400, 4001)
    inactive = {**busy, "IsActive": False}
    api.ok("PUT", f"/customers/{busy['Id']}", json={k: v for k, v in inactive.items() if k in customer(api)})


def test_a_customer_knows_what_it_owes(api: Api) -> None:
    api.invoice(api.row(price=100))
    owing = api.customer("1001")
    assert owing["UnpaidInvoicesAmount"] == kr("125")
    assert owing["LastInvoiceDate"] == "2026-11-20T00:00:00Z"


def test_recipients_of_e_invoices_are_a_list(api: Api) -> None:
    assert api.all(f"/customers/{api.customer('1001')['Id']}/autoinvoicerecipients") == []


# Articles


def article(api: Api, **changes: Any) -> dict[str, Any]:
    known = api.article("KONS")
    return {
        "Number": "NY",
        "Name": "Ny artikel",
        "IsActive": True,
        "CodingId": known["CodingId"],
        "UnitId": known["UnitId"],
        **changes,
    }


def test_an_article_takes_names_from_its_coding_and_unit(api: Api) -> None:
    made = api.ok("POST", "/articles", json=article(api, NetPrice=100))
    assert (made["CodingName"], made["UnitName"], made["UnitAbbreviation"]) == (
        "Tjänster 25 % moms",
        "Timme",
        "tim",
    )
    assert made["IsServiceArticle"] is True
    assert made["GrossPrice"] == kr("125.00")


def test_net_and_gross_price_must_agree(api: Api) -> None:
    assert api.refused("POST", "/articles", json=article(api, NetPrice=100, GrossPrice=112))[2] == [
        "GrossPrice"
    ]
    assert api.ok("POST", "/articles", json=article(api, GrossPrice=125))["NetPrice"] == kr("100.00")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Number": "kons"}, (400, 4000)),
        ({"CodingId": NOWHERE}, (400, 3000)),
        ({"UnitId": NOWHERE}, (400, 3000)),
        ({"Name": "x" * 51}, (400, 2000)),
        ({"NetPrice": 1.234}, (400, 2000)),
        ({"NetPrice": -1}, (400, 2000)),
        ({"NetPrice": 99000000.01}, (400, 2000)),
    ],
)
def test_an_article_that_breaks_a_rule_is_refused(
    api: Api, changes: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert api.refused("POST", "/articles", json=article(api, **changes))[:2] == expected


def test_an_article_is_replaced_and_keeps_its_age(office: Sandbox, api: Api) -> None:
    made = api.ok("POST", "/articles", json=article(api))
    office.at("2026-11-20T09:30:00Z")
    api = office.sign_in()
    changed = api.ok("PUT", f"/articles/{made['Id']}", json=article(api, IsActive=False))
    assert changed["IsActive"] is False
    assert changed["CreatedUtc"] == made["CreatedUtc"]
    assert changed["ChangedUtc"] > made["ChangedUtc"]


def test_articles_can_be_asked_for_with_a_customers_prices(api: Api) -> None:
    known = api.customer("1001")["Id"]
    assert len(api.all("/articles", params={"customerId": known})) == 5
    assert api.refused("GET", "/articles", params={"customerId": NOWHERE})[:2] == (400, 3000)
