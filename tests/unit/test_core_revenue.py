"""The sums of the revenue report and how long deals take, on values alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sfspiris.core.conversion import Conversion
from sfspiris.core.identity import FIRST_REVISION, Marker
from sfspiris.core.model import DealStatus, SyncState, Totals
from sfspiris.core.planning.documents import Documents
from sfspiris.core.receivables import Value, as_value
from sfspiris.core.revenue import (
    NO_CURRENCY,
    CrmRates,
    Dimension,
    Entry,
    Figure,
    Measure,
    Median,
    Passage,
    deal_amount,
    deal_entries,
    draft_entry,
    families,
    invoice_entries,
    lead_times,
    passage,
    tabulate,
    without_document,
)
from shorthand import POLICY, TODAY, buyer, deal, invoice, ledger_draft, line, link

if TYPE_CHECKING:
    from sfspiris.core.model import Deal, Invoice

ALL = tuple(Dimension)
BOOKS = {"se": "SEK", "int": "SEK"}
EUROS = Totals(Decimal(100), Decimal(25), Decimal(0), Decimal(125), "EUR")


def booked(*invoices: Invoice, company: str = "se", base_currency: str = "SEK") -> list[Entry]:
    return [
        part
        for one, family in families(invoices)
        for part in invoice_entries(one, family, company=company, base_currency=base_currency, today=TODAY)
    ]


def parts(*invoices: Invoice) -> dict[Measure, tuple[Value, Value]]:
    """Amount and amount in the books by measure."""
    found = booked(*invoices)
    assert len({one.measure for one in found}) == len(found)
    return {each.measure: (as_value(each.amount), as_value(each.base)) for each in found}


def euro_invoice(**changes: object) -> Invoice:
    made = invoice(
        "7",
        totals=EUROS,
        remaining=Decimal(125),
        net_in_books=Decimal("1123.45"),
        gross_in_books=Decimal("1404.31"),
        remaining_in_books=Decimal("1404.31"),
        rate=Decimal("11.2345"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def of_deals(*deals: Deal) -> list[Entry]:
    return list(deal_entries(deals, Measure.PIPELINE, policy=POLICY, base_currencies=BOOKS))


def test_an_unpaid_invoice_is_invoiced_and_remains() -> None:
    assert parts(invoice("1")) == {
        Measure.INVOICED: ("800", "800"),
        Measure.INVOICED_WITH_VAT: ("1000", "1000"),
        Measure.REMAINING: ("1000", "1000"),
    }


def test_a_part_payment_is_collected_and_the_rest_is_overdue_after_its_day() -> None:
    found = parts(invoice("1", remaining=Decimal(400), due_on=date(2026, 11, 19)))
    assert found[Measure.COLLECTED] == ("600", "600")
    assert found[Measure.REMAINING] == found[Measure.OVERDUE] == ("400", "400")


def test_nothing_is_overdue_on_its_last_day() -> None:
    assert Measure.OVERDUE not in parts(invoice("1", due_on=TODAY))


def note(gross: str = "-500", left: str = "0", **changes: object) -> Invoice:
    """A credit note on invoice 1."""
    made = invoice("9", gross, "0", is_credit_note=True, remaining=Decimal(left), credits_id="inv-1")
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_set_off_is_no_money() -> None:
    found = parts(invoice("1", remaining=Decimal(500), credited=Decimal(500)), note())
    assert Measure.COLLECTED not in found
    assert found[Measure.REMAINING] == ("500", "500")


def test_money_that_came_before_a_credit_stays_collected_until_it_is_paid_back() -> None:
    paid = invoice("1", remaining=Decimal(0), credited=Decimal(500))
    found = parts(paid, note(left="500"))
    assert found[Measure.COLLECTED] == ("1000", "1000")
    assert found[Measure.REMAINING] == ("-500", "-500")
    assert parts(paid, note())[Measure.COLLECTED] == ("500", "500")


def test_a_note_counts_in_its_own_month_and_the_money_in_its_invoices() -> None:
    later = note(issued_on=date(2026, 12, 1))
    found = booked(invoice("1", remaining=Decimal(0), credited=Decimal(500)), later)
    assert {(one.measure, one.month) for one in found} >= {
        (Measure.CREDITED, "2026-12"),
        (Measure.COLLECTED, "2026-11"),
    }
    assert sum(one.measure is Measure.COLLECTED for one in found) == 1


def test_a_credit_note_counts_negative_and_is_never_overdue() -> None:
    found = parts(
        invoice("9", "-800", "-200", is_credit_note=True, remaining=Decimal(300), due_on=date(2026, 1, 1))
    )
    assert found[Measure.CREDITED] == ("-800", "-800")
    assert found[Measure.CREDITED_WITH_VAT] == ("-1000", "-1000")
    assert found[Measure.REMAINING] == ("-300", "-300")
    assert found[Measure.COLLECTED] == ("-700", "-700"), "a note of no invoice that we know was paid out"
    assert Measure.OVERDUE not in found
    assert Measure.INVOICED not in found


def test_a_foreign_invoice_has_its_amount_and_beside_it_that_of_the_books() -> None:
    found = parts(euro_invoice(remaining=Decimal(25), remaining_in_books=Decimal("280.86")))
    assert found[Measure.INVOICED] == ("100", "1123.45")
    assert found[Measure.INVOICED_WITH_VAT] == ("125", "1404.31")
    assert found[Measure.COLLECTED] == ("100", "1123.45")
    assert found[Measure.REMAINING] == ("25", "280.86")


def test_a_foreign_credit_note_takes_its_set_off_from_both_currencies() -> None:
    owing = euro_invoice(
        id="inv-1",
        remaining=Decimal(0),
        remaining_in_books=Decimal(0),
        credited=Decimal(25),
        net_in_books=None,
    )
    credited = note("-25", totals=replace(EUROS, net=Decimal(-25), vat=Decimal(0), gross=Decimal(-25)))
    found = parts(owing, replace(credited, gross_in_books=Decimal("-280.86")))
    assert found[Measure.COLLECTED] == ("100", "1123.45")
    assert found[Measure.INVOICED] == ("100", None), "what the books do not tell is not converted"


def test_a_foreign_draft_has_no_amount_in_the_books_yet() -> None:
    draft = replace(ledger_draft("d", "100"), totals=EUROS)
    one = draft_entry(draft, date(2026, 11, 3), company="se", base_currency="SEK")
    assert (one.month, one.amount, one.base) == ("2026-11", Decimal(100), None)
    plain = draft_entry(ledger_draft("d", "100"), None, company="se", base_currency="SEK")
    assert (plain.month, plain.base) == (None, Decimal(100))


def test_a_deals_amount_is_the_crms_or_else_that_of_its_lines() -> None:
    assert deal_amount(deal("D1", "2 x 500 KONS", amount=Decimal(990))) == Decimal(990)
    told = line("2 x 500 KONS", total=Decimal(1000))
    assert deal_amount(deal("D1", told, told)) == Decimal(2000)
    assert deal_amount(deal("D1", told, "1 x 500 KONS")) is None
    assert deal_amount(deal("D1")) is None


def test_a_deal_without_a_currency_is_in_that_of_its_companys_books() -> None:
    abroad = deal("D2", amount=Decimal(10), currency="EUR", buyer=buyer(country="DE"))
    nowhere = deal("D3", amount=Decimal(5), buyer=buyer(country=None))
    found = of_deals(deal("D1", amount=Decimal(100)), abroad, nowhere)
    assert [(one.company, one.currency, one.base) for one in found] == [
        ("se", "SEK", Decimal(100)),
        ("int", "EUR", None),
        (None, "SEK", Decimal(5)),
    ]


def test_a_deal_of_no_company_has_no_currency_where_the_companies_keep_books_in_several() -> None:
    nowhere = deal("D3", amount=Decimal(5), buyer=buyer(country=None))
    (one,) = deal_entries([nowhere], Measure.WON, policy=POLICY, base_currencies={"se": "SEK", "int": "EUR"})
    assert one.currency == NO_CURRENCY


EURO = Conversion("EUR", "SEK", Decimal("0.0885"), date(2026, 11, 1))


def test_what_is_not_booked_is_told_at_the_crms_rate_beside_and_never_as_the_books() -> None:
    abroad = deal("D2", amount=Decimal(10), currency="EUR", buyer=buyer(country="DE"))
    rates = CrmRates({("EUR", abroad.closed_on): EURO})
    (sold,) = deal_entries([abroad], Measure.PIPELINE, policy=POLICY, base_currencies=BOOKS, rates=rates)
    assert (sold.amount, sold.base, sold.converted) == (Decimal(10), None, Decimal("112.99"))
    draft = replace(ledger_draft("d", "100"), totals=EUROS)
    drafted = draft_entry(draft, abroad.closed_on, company="int", base_currency="SEK", rates=rates)
    assert (drafted.base, drafted.converted) == (None, Decimal("1129.94"))
    other_day = draft_entry(draft, date(2026, 1, 1), company="int", base_currency="SEK", rates=rates)
    assert (other_day.base, other_day.converted) == (None, None)
    other_books = draft_entry(draft, abroad.closed_on, company="int", base_currency="NOK", rates=rates)
    assert other_books.converted is None


def test_a_sum_at_the_crms_rate_stands_in_only_for_one_that_the_books_do_not_tell() -> None:
    crowns = deal("D1", amount=Decimal(100), buyer=buyer(country="DE"))
    abroad = deal("D2", amount=Decimal(10), currency="EUR", buyer=buyer(country="DE"))
    unknown = replace(abroad, currency="USD")
    rates = CrmRates({("EUR", abroad.closed_on): EURO})

    def figure(*deals: Deal) -> Figure:
        found = deal_entries(deals, Measure.WON, policy=POLICY, base_currencies=BOOKS, rates=rates)
        (row,) = tabulate(found, (Dimension.COMPANY,))
        return row.figures[Measure.WON]

    assert figure(crowns) == Figure(1, Decimal(100), Decimal(100))
    assert figure(crowns, abroad) == Figure(2, None, None, Decimal("212.99"))
    assert figure(crowns, abroad, unknown) == Figure(3, None, None)


def test_only_rates_that_lead_to_the_books_currency_are_named_each_once() -> None:
    dollars = Conversion("USD", "NOK", Decimal("0.09"))
    known = {("EUR", TODAY): EURO, ("EUR", date(2026, 11, 3)): EURO, ("USD", TODAY): dollars}
    assert CrmRates(known).towards({"SEK"}) == (EURO,)


# --- sums ----------------------------------------------------------------------------------------------------------


def entries() -> list[Entry]:
    december = euro_invoice(issued_on=date(2026, 12, 1))
    return [
        *of_deals(deal("D1", amount=Decimal(100)), deal("D2", amount=Decimal(50), currency="EUR")),
        *booked(invoice("1"), december),
    ]


def test_rows_are_split_and_ordered_by_what_was_asked_for() -> None:
    found = tabulate(entries(), ALL)
    assert [(one.month, one.company, one.currency) for one in found] == [
        ("2026-11", "se", "EUR"),
        ("2026-11", "se", "SEK"),
        ("2026-12", "se", "EUR"),
    ]
    assert found[1].figures[Measure.INVOICED].amount == Decimal(800)
    assert found[2].figures[Measure.INVOICED].base == Decimal("1123.45")
    assert found[2].figures[Measure.PIPELINE].count == 0


def test_currencies_are_never_added_up_but_the_books_sum_is_told() -> None:
    (row,) = tabulate(entries(), (Dimension.COMPANY,))
    invoiced = row.figures[Measure.INVOICED_WITH_VAT]
    assert (row.month, row.currency) == (None, None)
    assert (invoiced.count, invoiced.amount, invoiced.base) == (2, None, Decimal("2404.31"))
    assert row.figures[Measure.PIPELINE].base is None, "the deal in euros has no rate yet"


def test_books_in_two_currencies_are_never_one_row() -> None:
    abroad = booked(invoice("3", totals=replace(EUROS, currency="NOK")), company="no", base_currency="NOK")
    found = tabulate([*entries(), *abroad], (Dimension.MONTH,))
    assert {one.base_currency for one in found if one.month == "2026-11"} == {"SEK", "NOK"}


def test_an_unknown_month_comes_last() -> None:
    undated = draft_entry(ledger_draft("d", "100"), None, company="se", base_currency="SEK")
    assert [one.month for one in tabulate([undated, *entries()], (Dimension.MONTH,))] == [
        "2026-11",
        "2026-12",
        None,
    ]


# --- lead times ----------------------------------------------------------------------------------------------------


def test_lead_times_are_medians_by_the_month_of_the_close() -> None:
    closed = date(2026, 11, 10)
    day = date(2026, 11, 12)
    passages = [
        Passage(closed, day, date(2026, 11, 15), None),
        Passage(closed, date(2026, 11, 13), None, None),
        Passage(closed, date(2026, 11, 30), date(2026, 12, 15), date(2026, 12, 20)),
        Passage(date(2026, 10, 1), day, None, None),
    ]
    october, november = lead_times(passages)
    assert (october.month, october.to_draft, october.to_issue) == (
        "2026-10",
        Median(1, Decimal(42)),
        Median(0, None),
    )
    assert november.to_draft == Median(3, Decimal(3))
    assert november.to_issue == Median(2, Decimal(20))
    assert november.to_payment == Median(1, Decimal(40))


def test_a_deal_is_paid_when_nothing_remains_and_money_came() -> None:
    day = date(2026, 11, 19)
    paid = invoice("1", remaining=Decimal(0), last_payment_on=day)
    assert passage(TODAY, None, paid, today=TODAY).paid == day
    assert passage(TODAY, None, replace(paid, remaining=Decimal(1)), today=TODAY).paid is None
    assert passage(TODAY, None, replace(paid, credited=Decimal(1000)), today=TODAY).paid is None
    assert passage(TODAY, day, None, today=TODAY) == Passage(TODAY, day, None, None)


def test_a_voided_invoice_is_invoiced_and_credited_and_brings_no_money() -> None:
    void = replace(
        invoice("1", remaining=Decimal(0)), net_in_books=Decimal(800), gross_in_books=Decimal(1000)
    )
    entries = list(invoice_entries(void, [void], company="se", base_currency="SEK", today=TODAY))
    assert {one.measure: one.amount for one in entries} == {
        Measure.INVOICED: 800,
        Measure.INVOICED_WITH_VAT: 1000,
        Measure.CREDITED: -800,
        Measure.CREDITED_WITH_VAT: -1000,
    }


def test_a_won_deal_whose_document_is_gone_has_none_whatever_our_memory_or_the_crm_still_names() -> None:
    gone, taken_back, told_only = deal("D1", "2 x 500"), deal("D2", "2 x 500"), deal("D3", "2 x 500")
    told_only = replace(told_only, sync=SyncState(DealStatus.DRAFT, draft_id="draft-gone"))
    links = {gone.id: link(gone), taken_back.id: link(taken_back, status=DealStatus.DELETED)}
    documents = {"se": Documents()}
    won = [gone, taken_back, told_only]
    assert without_document(won, documents, links, org_tag=POLICY.org_tag) == won


def test_a_won_deal_has_its_document_by_marker_memory_or_the_crms_word_and_by_memory_where_books_are_unread() -> (
    None
):
    marked, linked, invoiced, told, unread, unread_gone = (
        deal(f"D{number}", "2 x 500") for number in range(1, 7)
    )
    told = replace(told, sync=SyncState(DealStatus.DRAFT, draft_id="draft-told"))
    marker = Marker(marked.id, FIRST_REVISION, POLICY.org_tag)
    documents = {
        "se": Documents.of(
            [
                ledger_draft("draft-marked", "1000", str(marker)),
                ledger_draft(f"draft-{linked.id}", "1000"),
                ledger_draft("draft-told", "1000"),
            ],
            [invoice("7")],
        )
    }
    links = {
        linked.id: link(linked),
        invoiced.id: link(invoiced, invoice_id="inv-7", status=DealStatus.ISSUED),
        unread.id: link(unread, company="int"),
        unread_gone.id: link(unread_gone, company="int", status=DealStatus.DELETED),
    }
    won = [marked, linked, invoiced, told, unread, unread_gone]
    assert without_document(won, documents, links, org_tag=POLICY.org_tag) == [unread_gone]
