"""Stories of `report revenue`: every figure beside an independent sum over what the two systems hold."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from playground import Json, Playground, finance, pushed

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = "2026-11-20"
Sums = dict[tuple[str | None, str | None, str, str], list[Decimal]]


@pytest.fixture(scope="module")
def lived_in(running: Playground) -> Playground:
    """Drafts are made; some are issued, paid in part or whole, and credited, also one in euros. Every story only reads."""
    demo = running
    demo.reset("demo")
    drafts = list(pushed(demo).values())
    issued = [finance(demo, f"drafts/{one}/issue", {"date": TODAY})["Id"] for one in drafts[:4]]
    finance(demo, f"invoices/{issued[0]}/pay", {"date": TODAY})
    finance(demo, f"invoices/{issued[1]}/pay", {"date": TODAY, "amount": 1000})
    finance(demo, f"invoices/{issued[2]}/credit", {"amount": 500})
    foreign = next(one for one in demo.company("int")["drafts"] if one["InvoiceCurrencyCode"] == "EUR")
    euros = finance(demo, f"drafts/{foreign['Id']}/issue", {"date": TODAY}, "int")
    finance(demo, f"invoices/{euros['Id']}/pay", {"date": TODAY, "amount": 100}, "int")
    assert demo.sfspiris("pull-invoice-status").code == 0
    demo.forget_calls()
    return demo


def number(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def of_the_books(demo: Playground) -> Iterator[tuple[str | None, str | None, str, str, Decimal, Decimal]]:
    """Month, company, currency, measure, amount and amount in the books, straight from the simulator's records."""
    for key in ("se", "int"):
        company = demo.company(key)
        for one in company["drafts"]:
            vat, rounding = number(one["TotalVatAmount"]), number(one["TotalRoundings"])
            net = number(one["TotalAmount"]) - vat - rounding
            yield one["InvoiceDate"][:7], key, one["InvoiceCurrencyCode"], "drafted", net, net
        for one in company["invoices"]:
            yield from of_an_invoice(key, one)


def of_an_invoice(key: str, one: Json) -> Iterator[tuple[str | None, str | None, str, str, Decimal, Decimal]]:
    month, currency = one["InvoiceDate"][:7], one["CurrencyCode"]
    gross, base = number(one["TotalAmountInvoiceCurrency"]), number(one["TotalAmount"])
    left, base_left = number(one["RemainingAmountInvoiceCurrency"]), number(one["RemainingAmount"])
    net_base = base - number(one["TotalVatAmount"]) - number(one["TotalRoundings"])
    net = gross - number(one["TotalVatAmountInvoiceCurrency"])
    if currency == "SEK":
        net = net_base
    kind = "credited" if one["IsCreditInvoice"] else "invoiced"
    yield month, key, currency, kind, net, net_base
    yield month, key, currency, f"{kind}_with_vat", gross, base
    yield month, key, currency, "remaining", left, base_left
    if not one["IsCreditInvoice"]:
        came = gross - left - number(one["SetOffAmountInvoiceCurrency"])
        yield month, key, currency, "collected", came, base - base_left if currency != "SEK" else came
        if left and one["DueDate"][:10] < TODAY:
            yield month, key, currency, "overdue", left, base_left


def told(document: Json, part: str) -> dict[tuple[str | None, str | None, str, str], Decimal]:
    return {
        (row["month"], row["company"], row["currency"], measure): Decimal(figure[part])
        for row in document["rows"]
        for measure, figure in row["figures"].items()
        if figure[part] is not None and Decimal(figure[part])
    }


def test_every_sum_of_documents_equals_the_ledgers_to_the_ore(lived_in: Playground) -> None:
    demo = lived_in
    ended = demo.sfspiris("report", "revenue", "--json", "--report", "revenue.csv")
    assert ended.code == 0, ended.err
    assert demo.writes() == []
    amounts: dict[tuple[str | None, str | None, str, str], Decimal] = defaultdict(Decimal)
    bases: dict[tuple[str | None, str | None, str, str], Decimal] = defaultdict(Decimal)
    for month, company, currency, measure, amount, base in of_the_books(demo):
        amounts[month, company, currency, measure] += amount
        if measure != "drafted" or currency == "SEK":
            bases[month, company, currency, measure] += base
    books = {measure for *_, measure in amounts}
    assert books >= {"drafted", "invoiced", "credited_with_vat", "collected", "overdue"}
    seen = {key: value for key, value in told(ended.document, "amount").items() if key[3] in books}
    assert seen == {key: value for key, value in amounts.items() if value}
    seen = {key: value for key, value in told(ended.document, "base").items() if key[3] in books}
    assert seen == {key: value for key, value in bases.items() if value}
    assert any(key[2] == "EUR" and key[3] == "collected" for key in seen)

    lines = list(csv.DictReader(io.StringIO((demo.folder / "revenue.csv").read_text("utf-8-sig"))))
    assert {
        (one["month"] or None, one["company"] or None, one["currency"], "collected"): Decimal(
            one["collected"]
        )
        for one in lines
        if Decimal(one["collected"])
    } == {key: value for key, value in amounts.items() if key[3] == "collected" and value}


def test_the_pipeline_is_every_open_deal_and_won_deals_without_a_document_stand_apart(
    lived_in: Playground,
) -> None:
    demo = lived_in
    document = demo.sfspiris("report", "revenue", "--json").document
    deals = demo.deals().values()
    open_ones = [one for one in deals if not one["IsClosed"]]
    waiting = [
        one
        for one in deals
        if one["IsWon"] and not one["Spiris_Draft_Id__c"] and one["CloseDate"] >= "2026-11-01"
    ]
    for measure, expected in (("pipeline", open_ones), ("won", waiting)):
        figures = [row["figures"][measure] for row in document["rows"]]
        assert sum(one["count"] for one in figures) == len(expected)
        assert sum(Decimal(one["amount"]) for one in figures) == sum(
            number(one["Amount"] or 0) for one in expected
        )
    (november,) = document["lead_times"]
    assert november["to_issue"]["deals"] == 5
    assert november["to_payment"]["deals"] == 1


def test_what_is_not_booked_stands_beside_at_salesforces_own_rate_named_with_its_day(
    lived_in: Playground,
) -> None:
    demo = lived_in
    document = demo.sfspiris("report", "revenue", "--json").document
    (rate,) = document["rates"]
    assert (rate["currency"], rate["corporate"]) == ("EUR", "SEK")
    told = [
        (figure["amount"], figure["base"], figure["base_at_salesforce_rate"])
        for row in document["rows"]
        if row["company"] == "int" and row["currency"] == "EUR"
        for measure, figure in row["figures"].items()
        if measure in {"pipeline", "won", "drafted"} and figure["count"]
    ]
    assert told
    for amount, base, converted in told:
        assert base is None
        assert abs(Decimal(converted) - Decimal(amount) / Decimal(rate["rate"])) < 1
    shown = demo.sfspiris("report", "revenue", "--by", "company").out
    assert "≈" in shown
    assert f"1 SEK = {rate['rate'].replace('.', ',')} EUR" in " ".join(shown.split())


def test_a_split_without_currencies_tells_the_books_sum_and_a_period_limits_both_sides(
    lived_in: Playground,
) -> None:
    demo = lived_in
    (row,) = [
        one
        for one in demo.sfspiris("report", "revenue", "--by", "company", "--json").document["rows"]
        if one["company"] == "int"
    ]
    assert row["figures"]["drafted"]["count"]
    assert row["figures"]["pipeline"]["amount"] is None, "euros and kronor do not add up"
    october = demo.sfspiris("report", "revenue", "--until", "2026-10-31", "--json").document
    assert {one["month"] for one in october["rows"]} == {"2026-10"}
    assert demo.sfspiris("report", "revenue", "--since", "2026-12-01").code == 0


def test_the_page_speaks_the_readers_language(lived_in: Playground) -> None:
    demo = lived_in
    assert demo.sfspiris("report", "revenue", "--report", "revenue.html").code == 0
    assert "Won, no draft" in (demo.folder / "revenue.html").read_text(encoding="utf-8")
    told_in_swedish = demo.sfspiris("report", "revenue", "--report", "revenue.html", SFSPIRIS_LANG="sv")
    assert told_in_swedish.code == 0, told_in_swedish.err
    page = (demo.folder / "revenue.html").read_text(encoding="utf-8")
    assert '<html lang="sv">' in page
    assert "Vunnet, inget utkast" in page
    assert "Won, no draft" not in page


def test_a_wrong_split_or_form_is_refused_before_anything_is_read(lived_in: Playground) -> None:
    demo = lived_in
    demo.forget_calls()
    for wrong in (("--by", "week"), ("--by", "month,month"), ("--report", "revenue.md")):
        ended = demo.sfspiris("report", "revenue", *wrong)
        assert ended.code == 2, wrong
    assert demo.calls("spiris") == []
