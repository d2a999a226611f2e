"""Our own page in place of a print: what it computes, what it masks, and what it says of itself."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.core.model import Target, Totals
from sfspiris.core.paper import Paper, PaperRow, RateSum, vat_table
from sfspiris.report.proforma import HEADING, HEADING_ENGLISH, Seller, proforma
from sfspiris.swedish.rounding import vat_on_sum

DAY = date(2026, 11, 20)
NOTHING = Decimal(0)
SELLER = Seller("Säljaren AB", "556012-5790")


def row(amount: str | None, rate: str | None, text: str = "Konsulttid") -> PaperRow:
    return PaperRow(
        text,
        "KONS",
        Decimal(1),
        "tim",
        Decimal(amount or "0"),
        vat_rate=None if rate is None else Decimal(rate),
        amount=None if amount is None else Decimal(amount),
    )


def paper(*rows: PaperRow, net: str, vat: str, rounding: str = "0", includes_vat: bool = False) -> Paper:
    total = Decimal(net) + Decimal(vat) + Decimal(rounding)
    totals = Totals(Decimal(net), Decimal(vat), Decimal(rounding), total, "SEK")
    return Paper(Target.DRAFT, "Exempel AB", totals, rows, includes_vat=includes_vat)


def page(one: Paper, *, seller: Seller = SELLER, why: str = "No print.") -> str:
    return proforma(one, seller, why=why, made_on=DAY)


def text_of(shown: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "|", shown)).replace("\N{NO-BREAK SPACE}", " ")


def test_vat_is_computed_for_each_rate_on_the_sum_of_its_rows() -> None:
    found = vat_table(
        paper(row("100.10", "25"), row("0.02", "25"), row("50", "6"), net="150.12", vat="28.03")
    )
    assert found.rates == (
        RateSum(Decimal(25), Decimal("100.12"), Decimal("25.03")),
        RateSum(Decimal(6), Decimal(50), Decimal("3.00")),
    )
    assert found.other_net == found.other_vat == NOTHING


def test_the_vat_of_a_single_rate_is_the_ledger_s_own_sum() -> None:
    found = vat_table(paper(row("100.10", "25"), row("0.02", "25"), net="150.12", vat="25.02"))
    assert found.rates[0].vat == Decimal("25.03")
    same = vat_table(paper(row("100.10", "25"), row("0.02", "25"), net="100.12", vat="25.02"))
    assert same.rates == (RateSum(Decimal(25), Decimal("100.12"), Decimal("25.02")),)


def test_an_ore_that_no_rate_explains_is_told_as_such() -> None:
    found = vat_table(paper(row("100.10", "25"), row("50", "6"), net="150.10", vat="28.04"))
    assert found.other_vat == Decimal("0.01")
    assert "Övrigt enligt Spiris / Other, as Spiris has it|" in text_of(
        page(paper(row("100.10", "25"), row("50", "6"), net="150.10", vat="28.04"))
    )


def test_prices_with_vat_are_taken_apart_by_rate() -> None:
    found = vat_table(paper(row("125", "25"), row("106", "6"), net="200", vat="31", includes_vat=True))
    assert [(f"{one.net}", f"{one.vat}") for one in found.rates] == [("100.00", "25.00"), ("100.00", "6.00")]
    assert found.other_net == found.other_vat == NOTHING


@pytest.mark.parametrize("untold", [row(None, "25"), row("10", None)], ids=["amount", "rate"])
def test_a_row_that_the_ledger_does_not_add_up_leaves_all_to_the_ledger_s_sums(untold: PaperRow) -> None:
    one = paper(untold, row("5", "6"), net="15", vat="2.80")
    assert vat_table(one).rates == ()
    assert (vat_table(one).other_net, vat_table(one).other_vat) == (Decimal(15), Decimal("2.80"))
    assert "|?|" in text_of(page(one))


@given(
    st.lists(
        st.tuples(st.decimals(-10000, 10000, places=2), st.sampled_from(["0", "6", "12", "25"])), max_size=6
    ),
    st.decimals(-1, 1, places=2),
)
def test_the_table_always_comes_to_the_ledger_s_sums(lines: list[tuple[Decimal, str]], off: Decimal) -> None:
    net = sum((amount for amount, _ in lines), Decimal(0))
    vat = sum((vat_on_sum(amount, Decimal(rate)) for amount, rate in lines), Decimal(0)) + off
    found = vat_table(paper(*(row(str(amount), rate) for amount, rate in lines), net=str(net), vat=str(vat)))
    assert sum((one.net for one in found.rates), found.other_net) == net
    assert sum((one.vat for one in found.rates), found.other_vat) == vat


def test_the_page_says_in_both_languages_what_it_is_not_before_all_else() -> None:
    shown = page(paper(row("100", "25"), net="100", vat="25"))
    heading = shown.index(f"<h1>{HEADING}</h1>")
    assert heading < shown.index("Exempel AB", shown.index("</title>"))
    assert HEADING_ENGLISH in shown
    assert shown.split("<thead>")[1].split("</thead>")[0].count(HEADING) == 1, "again on every sheet"
    text = text_of(shown)
    assert "inte Spiris utskrift" in text
    assert "ska inte betalas" in text
    assert "not Spiris' print" in text
    assert "No print." in text
    assert "|Totalt / Total|" in text
    assert "|125,00 SEK|" in text


def test_rounding_and_an_order_s_number_stand_where_there_are_any() -> None:
    one = paper(row("100.30", "25"), net="100.30", vat="25.08", rounding="-0.38")
    text = text_of(page(one))
    assert "Öresutjämning / Rounding" in text
    assert "|-0,38|" in text
    assert "Ordernummer" not in text
    order = text_of(page(replace(one, target=Target.ORDER, number="41")))
    assert "Ordernummer / Order number|" in order
    assert "|41|" in order
    assert "vad ordern i Spiris säger" in order


def test_numbers_of_persons_are_masked_wherever_they_stand() -> None:
    one = replace(
        paper(
            row("100", "25", "Arbete hos 811228-9874"),
            PaperRow("Kund: 19811228-9874\nTack!"),
            net="100",
            vat="25",
        ),
        customer_name="Anna Ek 811228-9874",
        address=("c/o 811228-9874",),
        your_reference="811228-9874",
    )
    shown = page(one, seller=Seller("Anna Ek", "811228-9874"), why="Refused for 811228-9874.")
    assert "9874" not in shown
    assert shown.count("[personal-id]") == 8, "the title too"


def test_what_others_wrote_is_text_and_no_markup() -> None:
    one = replace(
        paper(row("1", "25", "<b>fet</b>"), net="1", vat="0.25"), customer_name="<script>x</script>"
    )
    shown = page(one, why='"><img src=x>')
    assert "<script>" not in shown
    assert "<b>fet" not in shown
    assert "<img" not in shown
