"""The `$filter` of the Spiris simulator, clause by clause."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from sfspiris.sandbox.spiris.errors import Refusal
from sfspiris.sandbox.spiris.model.sales import DRAFT, INVOICE
from sfspiris.sandbox.spiris.odata.evaluate import Compiler, equalities
from sfspiris.sandbox.spiris.odata.listing import Query
from sfspiris.sandbox.spiris.odata.parser import parsed

CUSTOMER_ID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
RECORD = {
    "Id": "11111111-1111-4111-8111-111111111111",
    "CustomerId": CUSTOMER_ID,
    "InvoiceNumber": 1001,
    "OurReference": "SF 006A O'Hara",
    "YourReference": None,
    "TotalAmount": Decimal("1250.00"),
    "RemainingAmountInvoiceCurrency": Decimal("-1250.00"),
    "TotalAmountInvoiceCurrency": Decimal("1250.00"),
    "HasAutoInvoiceError": False,
    "InvoiceDate": "2026-11-20",
    "ModifiedUtc": "2026-11-20T08:30:00.000Z",
    "PaymentDate": "2026-11-25T00:00:00Z",
    "Rows": [{"Text": "Konsulttimme", "Quantity": Decimal(2)}, {"Text": "SF:006A", "Quantity": Decimal(0)}],
    "Notes": [CUSTOMER_ID],
}


def matches(text: str, record: Mapping[str, Any] = RECORD, **options: Any) -> bool:
    return Compiler(INVOICE, **options).predicate(parsed(text))(record)


@pytest.mark.parametrize(
    "text",
    [
        "InvoiceNumber eq 1001",
        "InvoiceNumber ne 1002",
        "TotalAmount gt 1249.99 and TotalAmount ge 1250 and TotalAmount lt 1250.01 and TotalAmount le 1250",
        f"CustomerId eq {CUSTOMER_ID}",
        f"CustomerId eq {CUSTOMER_ID.upper()}",
        f"{CUSTOMER_ID} eq CustomerId",
        "OurReference eq 'SF 006A O''Hara'",
        "contains(OurReference,'006A')",
        "contains(OurReference, 'O''Hara') eq true",
        "startswith(OurReference,'SF') and endswith(OurReference,'Hara')",
        "YourReference eq null",
        "null ne OurReference",
        "YourReference ne 'Anna'",
        "not contains(OurReference,'007')",
        "not (InvoiceNumber eq 1 or InvoiceNumber eq 2)",
        "InvoiceNumber eq 1 or InvoiceNumber eq 2 or InvoiceNumber eq 1001",
        "InvoiceNumber eq 1001 or InvoiceNumber eq 2 and InvoiceNumber eq 3",
        "(InvoiceNumber eq 1001 or InvoiceNumber eq 2) and HasAutoInvoiceError eq false",
        "HasAutoInvoiceError eq false",
        "not HasAutoInvoiceError",
        "RemainingAmountInvoiceCurrency eq -TotalAmountInvoiceCurrency",
        "RemainingAmountInvoiceCurrency eq -1250.00",
        "RemainingAmountInvoiceCurrency lt 0",
        "InvoiceDate ge 2026-11-20 and InvoiceDate lt 2026-11-21",
        "InvoiceDate eq 2026-11-20T00:00:00Z",
        "ModifiedUtc gt 2026-11-20T08:29:59Z",
        "ModifiedUtc ge 2026-11-20T09:30:00+01:00",
        "ModifiedUtc lt 2026-11-21",
        "PaymentDate eq 2026-11-25",
        "year(InvoiceDate) eq 2026 and month(InvoiceDate) eq 11 and day(ModifiedUtc) eq 20",
        "Rows/any(r: contains(r/Text,'SF:006A'))",
        "Rows/any(r: r/Quantity gt 1 and r/Text eq 'Konsulttimme')",
        "Rows/any()",
        f"Notes/any(n: n eq {CUSTOMER_ID})",
    ],
)
def test_a_filter_matches_what_it_describes(text: str) -> None:
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "InvoiceNumber eq 1",
        "YourReference gt 'A'",
        "contains(YourReference,'A')",
        "contains(OurReference,'sf')",
        "not (InvoiceNumber eq 1001)",
        "(InvoiceNumber eq 1001 or InvoiceNumber eq 2) and HasAutoInvoiceError eq true",
        "ModifiedUtc gt 2026-11-20T08:30:00Z",
        "Rows/any(r: r/Quantity gt 1 and r/Text eq 'SF:006A')",
        "Persons/any()",
    ],
)
def test_a_filter_leaves_out_the_rest(text: str) -> None:
    assert not matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "InvoiceNumber",
        "InvoiceNumber eq",
        "InvoiceNumber = 1001",
        "InvoiceNumber eq 1001 and",
        "InvoiceNumber EQ 1001",
        "(InvoiceNumber eq 1001",
        'OurReference eq "SF"',
        "OurReference eq 'SF",
        "OurReference eq SF",
        "Nonsense eq 1",
        "invoicenumber eq 1001",
        "InvoiceNumber eq '1001'",
        f"CustomerId eq '{CUSTOMER_ID}'",
        "CustomerId eq 42",
        "InvoiceDate eq '2026-11-20'",
        "InvoiceDate eq 2026-13-45",
        "tolower(OurReference) eq 'sf'",
        "contains(OurReference)",
        "contains(InvoiceNumber,'1')",
        "year(OurReference) eq 2026",
        "-OurReference eq 'SF'",
        "InvoiceNumber add 1 eq 1002",
        "Rows/any(r: r/Nonsense eq 1)",
        "Rows/any(r: r eq 1)",
        "Rows eq null",
        "Rows/Text eq 'x'",
        "OurReference/any(r: r eq 'x')",
        "InvoiceNumber and HasAutoInvoiceError",
        "not InvoiceNumber",
        "(" * 5000,
        "InvoiceNumber eq 1 or " * 2000 + "InvoiceNumber eq 1",
    ],
)
def test_what_cannot_be_read_is_refused_and_not_passed_over(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        matches(text)
    assert (refused.value.status, refused.value.code) == (400, 2000)


def test_a_field_that_may_not_be_filtered_on_is_refused() -> None:
    allowed = frozenset({"InvoiceNumber"})
    assert matches("InvoiceNumber eq 1001", allowed=allowed)
    for text in ("OurReference eq 'x'", "Rows/any()"):
        with pytest.raises(Refusal, match="cannot be used"):
            matches(text, allowed=allowed)


def test_case_counts_unless_the_company_database_is_blind_to_it() -> None:
    assert not matches("OurReference eq 'sf 006a o''hara'")
    assert matches("OurReference eq 'sf 006a o''hara'", blind=True)
    assert matches("contains(OurReference,'SF 006a')", blind=True)


def test_equalities_of_a_conjunction_can_start_from_an_index() -> None:
    node = parsed(f"CustomerId eq {CUSTOMER_ID} and contains(OurReference,'x') and 'A' eq YourReference")
    assert equalities(node) == {"CustomerId": CUSTOMER_ID, "YourReference": "A"}


@pytest.mark.parametrize(
    "text", ["CustomerId ne 'x'", "not (OurReference eq 'x')", "OurReference eq 'x' or OurReference eq 'y'"]
)
def test_no_index_is_used_where_other_records_match_too(text: str) -> None:
    assert equalities(parsed(text)) == {}


# The envelope

DRAFTS = [{"Id": str(n), "OurReference": f"ref {n % 3}", "TotalAmount": Decimal(n)} for n in range(1, 121)]


def page(**options: str) -> dict[str, Any]:
    query = Query.read({f"${name}": value for name, value in options.items()}, DRAFT)
    chosen, total = query.chosen((draft, draft) for draft in DRAFTS)
    data = [query.selected(draft) for draft, _ in chosen]
    return {"Meta": query.meta(total, "2026-11-20T08:00:00.000Z"), "Data": data}


def test_a_page_holds_fifty_records_and_says_where_it_stands() -> None:
    answer = page()
    assert answer["Meta"] == {
        "CurrentPage": 1,
        "PageSize": 50,
        "TotalNumberOfPages": 3,
        "TotalNumberOfResults": 120,
        "ServerTimeUtc": "2026-11-20T08:00:00.000Z",
    }
    assert [record["Id"] for record in answer["Data"]] == [str(n) for n in range(1, 51)]


def test_a_page_beyond_the_end_is_empty() -> None:
    answer = page(page="4")
    assert answer["Data"] == []
    assert answer["Meta"]["TotalNumberOfPages"] == 3


def test_a_page_has_at_most_a_thousand_records() -> None:
    assert page(pagesize="1001")["Meta"]["PageSize"] == 1000


def test_records_are_sorted_by_several_fields_and_stay_stable() -> None:
    answer = page(orderby="OurReference desc, TotalAmount asc", pagesize="3")
    assert [(r["OurReference"], r["TotalAmount"]) for r in answer["Data"]] == [
        ("ref 2", Decimal(2)),
        ("ref 2", Decimal(5)),
        ("ref 2", Decimal(8)),
    ]


def test_only_the_selected_fields_are_answered() -> None:
    assert page(select="Id,TotalAmount", pagesize="1")["Data"] == [{"Id": "1", "TotalAmount": Decimal(1)}]


@pytest.mark.parametrize(
    "options",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"pagesize": "0"},
        {"pagesize": "1.5"},
        {"top": "10"},
        {"skip": "10"},
        {"orderby": "Nonsense"},
        {"orderby": "Id up"},
        {"orderby": "Rows"},
        {"select": "Nonsense"},
    ],
)
def test_a_query_option_that_makes_no_sense_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(Refusal):
        page(**options)
