"""Spiris traffic as our flows cause it, against the vendor's OpenAPI document: no violation, and no operation left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

import spiris_document
from our_operations import OUR_ANNOUNCED, OUR_OPERATIONS
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.core.capabilities import MARKERS_ON_ORDERS, MarkerField
from sfspiris.core.identity import Marker, customer_note
from sfspiris.core.model import Customer, Draft, DraftRow, NewArticle, Target
from sfspiris.sandbox.kernel import jsonio
from spiris_document import Exchange, operation_of
from spiris_office import Office, office
from spiris_sandbox import NOWHERE, WORLD, Api, Sandbox, sandbox

ORDER = {
    "CurrencyCode": "SEK",
    "EuThirdParty": False,
    "ReverseChargeOnConstructionServices": False,
    "RotReducedInvoicingType": 0,
    "Status": 1,
}
MARKER = Marker("006000000000001AAA", 1, "K7Q2M")


@pytest.fixture
def spiris() -> Iterator[Office]:
    spiris_document.document()
    with office() as one:
        yield one


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    spiris_document.document()
    with sandbox() as one:
        yield one


@pytest.fixture
def api(served: Sandbox) -> Api:
    """A plain HTTP client, signed in, with a draft and an invoice there to be read."""
    served.reset(WORLD)
    client = served.sign_in()
    client.invoice()
    client.draft()
    return client


def operations(entries: list[dict[str, Any]]) -> set[str | None]:
    return {operation_of(one["method"], one["path"]) for one in entries}


def test_our_flows_keep_to_the_vendors_document(
    spiris: Office, record_property: Callable[[str, object], None]
) -> None:
    """Reads, creates, what finance then does with a draft, and all the reads again.

    That every operation of ours is exercised somewhere is checked at the end of a whole run; see `suite_calls`.
    """
    with spiris.ledger() as ledger:
        ledger.profile()
        ledger.fiscal_years()
        ledger.currencies()
        coding = next(one for one in ledger.codings() if one.vat_rate == 25 and one.is_service)
        ledger.create_article(NewArticle("NY", "Ny tjänst", coding, ledger.units()[0]))
        thirty = next(one.id for one in ledger.payment_terms() if one.days == 30)
        articles = {one.number: one for one in ledger.articles(fresh=True)}
        rows = tuple(
            DraftRow(articles[number].name, articles[number].id, number, Decimal(quantity), Decimal(price))
            for number, quantity, price in (("KONS", "2.5", "1234.50"), ("BOK", "-1", "10.00"))
        )
        for place, marker_field in enumerate(MarkerField):
            buyer = ledger.create_customer(
                Customer(
                    name=f"Åkes Rör & Värme {place} AB",
                    postal_code="582 22",
                    city="Linköping",
                    country="SE",
                    currency="SEK",
                    orgnr="556012-5790",
                    address1="Storgatan 1",
                    email="faktura@example.com",
                    phone="013-12 34 56",
                    note=customer_note("001000000000001AAA", "K7Q2M"),
                ),
                terms_id=thirty,
            )
            draft = Draft(
                currency="SEK",
                rows=rows,
                invoice_date=date(2026, 11, 20),
                marker=str(MARKER),
                our_reference="Anna Ek",
                your_reference="Bo Al",
            )
            ledger.create_draft(draft, customer_id=buyer.id, marker_field=marker_field)
            if marker_field in MARKERS_ON_ORDERS:
                made = ledger.create_draft(
                    draft, customer_id=buyer.id, marker_field=marker_field, target=Target.ORDER
                )
                kept = replace(draft, your_reference="Cai Dahl")
                after = ledger.update_draft(
                    made.id,
                    kept,
                    customer_id=buyer.id,
                    marker_field=marker_field,
                    stood=made.print or "",
                    target=Target.ORDER,
                )
                assert after is not None
                assert ledger.draft(made.id, target=Target.ORDER) == after
        doomed, *_ = ledger.orders()
        assert ledger.delete_draft(doomed.id, stood=doomed.print or "", target=Target.ORDER)
        first, second, third, *_ = ledger.drafts()
        spiris.control("POST", f"drafts/{first.id}/edit", {"YourReference": "Eva Ek"})
        invoice = spiris.control("POST", f"drafts/{first.id}/issue", {})
        spiris.control("POST", f"invoices/{invoice['Id']}/pay", {"amount": Decimal(100)})
        credited = spiris.control("POST", f"drafts/{second.id}/issue", {})
        spiris.control("POST", f"invoices/{credited['Id']}/credit", {})
        spiris.control("POST", f"drafts/{third.id}/delete", {})
        for since in (None, spiris.now() - timedelta(days=1), spiris.now() + timedelta(days=1)):
            ledger.invoices(modified_since=since)
        ledger.drafts()
        ledger.customers()

    entries = [one for one in spiris.control("GET", "requests") if one["path"].startswith("/v2/")]
    exercised = operations(entries)
    found = spiris_document.check_log(entries, requests_too=True)
    record_property("Spiris: operations that our flows use", len(OUR_OPERATIONS))
    record_property("Spiris: operations exercised by our flows", len(exercised))
    record_property("Spiris: violations in our flows", len(found))
    assert found == []
    assert {"POST /customers", "POST /customerinvoicedrafts"} < exercised <= set(OUR_OPERATIONS.values())
    assert {one["status"] for one in entries} == {200, 201}


def test_the_table_of_our_operations_names_every_call_that_our_client_can_make() -> None:
    calls = {name for name, member in vars(SpirisClient).items() if callable(member) and name[0] != "_"}
    assert calls == set(OUR_OPERATIONS) | set(OUR_ANNOUNCED)


@pytest.mark.parametrize(
    "operation", [one for one in OUR_OPERATIONS.values() if one.startswith("GET") and "{" not in one]
)
def test_a_list_that_we_read_keeps_to_the_document_with_every_query_option(
    served: Sandbox, api: Api, operation: str, record_property: Callable[[str, object], None]
) -> None:
    path = operation.removeprefix("GET ")
    choices: list[dict[str, str]] = [{}]
    if path not in {"/companysettings", "/currencies"}:  # the one is no list, the other's records have no id
        if path == "/projects":
            api.ok(
                "POST", path, json={"Number": "P1", "Name": "Projekt", "Status": 1, "StartDate": "2026-01-01"}
            )
        if path == "/orders":
            row = {
                "LineNumber": 1,
                "IsTextRow": False,
                "IsWorkCost": False,
                "EligibleForReverseChargeOnVat": False,
                "ArticleId": api.article("KONS")["Id"],
                "Quantity": 1,
                "UnitPrice": 100,
            }
            api.ok("POST", path, json=ORDER | {"CustomerId": api.customer("1001")["Id"], "Rows": [row]})
        if path == "/partnerresourcelinks":
            link = {
                "ResourceId": api.all("/customers")[0]["Id"],
                "ResourceType": 1,
                "Href": "https://example.com",
            }
            api.ok("POST", path, json={**link, "PartnerCompanyName": "A", "PartnerSystemName": "B"})
        record = api.all(path)[0]["Id"]
        choices += [
            {"$page": "2", "$pagesize": "2"},
            {"$page": "99", "$pagesize": "1000"},
            {"$orderby": "Id desc"},
            {"$filter": f"Id eq {record}"},
            {"$filter": f"Id eq {NOWHERE}", "$select": "Id"},
            {"$select": "Id"},
        ]
        if path != "/costcenters":  # a list only: its items are what can be asked for one by one
            api.ok("GET", f"{path}/{record}")
            assert api.refused("GET", f"{path}/{NOWHERE}")[0] == 404
        assert api.refused("GET", path, params={"$filter": "Nonsense eq"})[0] == 400
    for choice in choices:
        api.ok("GET", path, params=choice)
    found = spiris_document.check_log(served.does("GET", "requests"), requests_too=True)
    record_property("Spiris: violations in plain calls", len(found))
    assert found == []


def test_a_whole_life_of_documents_keeps_to_the_document(
    served: Sandbox, api: Api, record_property: Callable[[str, object], None]
) -> None:
    """Calls on customers, drafts, invoices and payments that a client around ours would make."""
    bank = api.all("/bankaccounts")[0]["Id"]
    for number in ("1001", "1003", "1004", "1005"):
        buyer = api.customer(number)
        draft = api.draft(api.row(quantity=1.25, price=99.95), customer=number, InvoiceDate="2026-11-20")
        assert (
            api.ok("PUT", f"/customerinvoicedrafts/{draft['Id']}", content=jsonio.encode(draft))["Id"]
            == draft["Id"]
        )
        invoice = api.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")
        api.ok("GET", f"/customerinvoices/{invoice['Id']}/pdf")
        payment = {
            "CompanyBankAccountId": bank,
            "PaymentAmount": 10,
            "PaymentType": 1,
            "PaymentCurrency": invoice["CurrencyCode"],
            "PaymentDate": "2026-11-20",
        }
        api.ok("POST", f"/customerinvoices/{invoice['Id']}/payments", json=payment)
        voided = api.invoice(customer=number)
        api.ok("POST", f"/customerinvoices/{voided['Id']}/void")
        api.ok("PUT", f"/customers/{buyer['Id']}", content=jsonio.encode({**buyer, "Note": "återkommer"}))
        doomed = api.draft(customer=number)
        api.ok("DELETE", f"/customerinvoicedrafts/{doomed['Id']}")
        link = {
            "ResourceId": invoice["Id"],
            "ResourceType": 3,
            "Href": "https://example.com/006",
            "PartnerCompanyName": "Exempel",
            "PartnerSystemName": "Salesforce",
        }
        made = api.ok("POST", "/partnerresourcelinks", json=link)
        api.ok("DELETE", f"/partnerresourcelinks/{made['Id']}")
    for path in (
        "customerinvoices", "customerledgeritems", "vouchers", "units", "vatcodes", "fiscalyears", "users", "countries",
        "currencies", "accounts", "bankaccounts", "projects", "costcenters", "orders", "notes", "vatcodesrates",
    ):  # fmt: skip
        api.ok("GET", f"/{path}")
    found = spiris_document.check_log(served.does("GET", "requests"), requests_too=True)
    record_property("Spiris: violations in plain calls", len(found))
    assert found == []


# --- the check itself can fail -------------------------------------------------------------------------------------


def exchange(method: str, path: str, status: int, *, body: Any = None, answer: Any = None) -> Exchange:
    return Exchange(
        method, f"/v2{path}", {}, status,
        b"" if body is None else jsonio.encode(body), b"" if answer is None else jsonio.encode(answer),
    )  # fmt: skip


REFUSAL = {"ErrorCode": 2000, "DeveloperErrorMessage": "no", "ErrorId": NOWHERE, "Errors": []}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (exchange("GET", "/offers", 200), "the document has no such operation"),
        (exchange("GET", "/customers", 200, answer={"Meta": {}}), "Data: 'Data' is a required property"),
        (exchange("GET", "/customers", 200), "Missing response data"),
        (exchange("GET", "/customers", 500, answer=REFUSAL), "Unknown response http status: 500"),
        (exchange("GET", "/customers", 400, answer={**REFUSAL, "ErrorCode": "2000"}), "ErrorCode: '2000' is not of type"),
        (exchange("GET", "/customers", 404, answer={**REFUSAL, "Why": 1}), "Why: Additional properties are not allowed"),
        (exchange("DELETE", "/customers/7", 200), "'7' is not a 'uuid'"),
        (exchange("POST", f"/customerinvoices/{NOWHERE}/email", 200, body={"Subject": 1}), "Subject: 1 is not of type"),
        (exchange("POST", "/notes", 200, body={"Text": "x" * 257}), "is too long"),
        (exchange("POST", "/notes", 200, body={"Subject": "x"}), "Text: 'Text' is a required property"),
    ],
)  # fmt: skip
def test_the_check_finds_what_breaks_the_document(call: Exchange, expected: str) -> None:
    spiris_document.document()
    assert any(expected in violation for violation in spiris_document.violations(call))


def test_the_check_passes_over_what_differs_on_purpose() -> None:
    spiris_document.document()
    on_purpose = [
        exchange("GET", f"/customerinvoicedrafts/{NOWHERE}/print", 200, answer="%PDF-1.7"),
        exchange("GET", "/offers", 404),
        exchange("GET", "/customers", 429, answer=REFUSAL),
        exchange("POST", "/customers", 400, body={"Nonsense": 1}, answer=REFUSAL),
    ]
    assert [found for call in on_purpose for found in spiris_document.violations(call)] == []
