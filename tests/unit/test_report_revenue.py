"""The revenue report's page, terminal and charts: safe, complete, and in the reader's language."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from revenue_samples import realistic_revenue
from sfspiris.core.outcome import RunResult
from sfspiris.core.revenue import (
    Dimension,
    LeadTime,
    Measure,
    Median,
    Revenue,
    deal_entries,
    families,
    invoice_entries,
    tabulate,
)
from sfspiris.report.charts import Series, bar_chart
from sfspiris.report.language import words
from sfspiris.report.page import terminal
from sfspiris.report.revenue import (
    PAYMENTS,
    TITLES,
    RateFacts,
    RevenueDocument,
    print_revenue,
    revenue_csv,
    revenue_document,
)
from sfspiris.report.revenue_page import revenue_page
from shorthand import NOW, POLICY, TODAY, buyer, deal, invoice

if TYPE_CHECKING:
    from sfspiris.core.revenue import Entry

ALL = tuple(Dimension)
_SAID = re.compile(r"""(?:\b_|ngettext)\(\s*(["'])(.*?)\1(?:\s*,\s*(["'])(.*?)\3)?""")


def entries() -> list[Entry]:
    deals = [
        deal("D1", amount=Decimal(12000), closed_on=date(2027, 1, 15)),
        deal("D2", amount=Decimal(900), currency="EUR"),
        deal("D3", amount=Decimal(70), buyer=buyer(country=None)),
    ]
    invoices = [
        invoice("1", gross_in_books=Decimal(1000), remaining_in_books=Decimal(1000), due_on=TODAY),
        invoice("2", "-80", "-20", is_credit_note=True, remaining=Decimal(0)),
        invoice("3", issued_on=date(2026, 10, 2), due_on=date(2026, 10, 20), remaining=Decimal(250)),
    ]
    return [
        *deal_entries(deals, Measure.PIPELINE, policy=POLICY, base_currencies={"se": "SEK", "int": "SEK"}),
        *(
            part
            for one, family in families(invoices)
            for part in invoice_entries(one, family, company="se", base_currency="SEK", today=TODAY)
        ),
    ]


def document(*by: Dimension, name: str = "Norrsken <Sverige>") -> RevenueDocument:
    found = entries()
    result = RunResult("report revenue", "run-1", True, NOW, NOW, (), (), (), (), {"spiris": 3})
    split = by or ALL
    report = Revenue(
        rows=tabulate(found, split),
        totals=tabulate(found, (Dimension.COMPANY, Dimension.CURRENCY)),
        base_totals=tabulate(found, (Dimension.COMPANY,)),
        lead_times=(LeadTime("2026-11", Median(4, Decimal("2.5")), Median(1, Decimal(9)), Median(0, None)),),
        by=split,
        start=date(2026, 10, 1),
        without_amount=("Affär 19121212-1212",),
    )
    return revenue_document(result, report, companies={"se": name, "int": "Norrsken International"})


def printed(shown: RevenueDocument) -> str:
    out = io.StringIO()
    print_revenue(terminal(out, plain=True, width=100), shown)
    return out.getvalue()


def test_the_terminal_shows_both_tables_per_company_and_masks_what_is_personal() -> None:
    told = printed(document())
    assert "Norrsken <Sverige> (se)\n" in told
    assert re.search(r"2026-11 SEK +– +– +– +800,00 +-80,00", told)
    assert re.search(r"2026-10 SEK +1\s000,00 +– +750,00 +250,00 +250,00", told)
    assert "2,5 (4)" in told
    assert "19121212-1212" not in told
    assert "[personal-id]" in told


def test_a_split_without_currencies_shows_the_books_sums_and_what_is_not_known() -> None:
    told = printed(document(Dimension.MONTH))
    assert re.search(r"2026-11 SEK +\? ", told), "a deal in euros has no rate yet"
    assert "? not known in the currency of the books" in told
    assert "? not known" not in printed(document())
    assert "All companies" in told


def test_an_empty_report_says_so() -> None:
    empty = document().model_copy(update={"rows": (), "base_totals": (), "lead_times": ()})
    assert "No deal, draft or invoice in this period." in printed(empty)
    assert "No deal, draft or invoice in this period." in revenue_page(empty, "en")


def test_the_page_escapes_every_value_and_carries_no_script() -> None:
    page = revenue_page(document(name='<img src=x onerror="alert(1)">'), "en")
    assert "<img" not in page
    assert "<script" not in page
    assert " style=" not in page
    assert page.count("<style>") == 1
    assert "19121212-1212" not in page


def test_the_page_draws_a_chart_per_currency_beside_its_table() -> None:
    page = revenue_page(document(), "en")
    assert 'aria-label="Payments, with VAT, SEK"' in page
    assert page.count("<svg") == 2, "payments and sales in kronor; a single month in euros is not drawn"
    assert "−80,00" in page
    assert "<svg" not in revenue_page(document(Dimension.COMPANY), "en")


def test_a_foreign_amount_has_that_of_the_books_below_it() -> None:
    shown = document()
    foreign = shown.rows[0].model_copy(
        update={
            "currency": "EUR",
            "figures": shown.rows[0].figures
            | {
                Measure.INVOICED: shown.rows[0]
                .figures[Measure.INVOICED]
                .model_copy(update={"count": 1, "amount": Decimal(100), "base": Decimal("1123.45")})
            },
        }
    )
    page = revenue_page(shown.model_copy(update={"rows": (foreign,)}), "sv")
    assert re.search(r'100,00<br><span class="soft">1\s123,45 SEK', page)


def test_a_sum_at_salesforces_rate_carries_a_sign_and_the_rate_is_named() -> None:
    shown = document(Dimension.MONTH)
    rate = RateFacts(currency="EUR", corporate="SEK", rate=Decimal("0.0885"), valid_from=date(2026, 11, 1))
    rows = [
        row.model_copy(
            update={
                "figures": {
                    measure: figure.model_copy(update={"base_at_salesforce_rate": Decimal("10169.49")})
                    if figure.count and figure.base is None
                    else figure
                    for measure, figure in row.figures.items()
                }
            }
        )
        for row in shown.rows
    ]
    shown = shown.model_copy(update={"rows": tuple(rows), "rates": (rate,)})
    told = printed(shown)
    assert re.search(r"2026-11 SEK +≈ 10\s169,49", told)
    assert "1 SEK = 0,0885 EUR from 2026-11-01" in " ".join(told.split())
    page = revenue_page(shown, "sv")
    assert re.search(r"≈ 10\s169,49", page)
    assert "1 SEK = 0,0885 EUR från 2026-11-01" in page
    assert ",10169.49" in revenue_csv(shown)


def test_the_table_for_spreadsheets_leaves_empty_what_is_not_known() -> None:
    lines = revenue_csv(document(Dimension.MONTH)).lstrip("\ufeff").splitlines()
    columns = lines[0].split(",")
    november = next(one.split(",") for one in lines[1:] if one.startswith("2026-11,,,SEK"))
    row = dict(zip(columns, november, strict=True))
    assert (row["pipeline_count"], row["pipeline_base"], row["credited"]) == ("2", "", "-80.00")


def test_a_chart_keeps_nothing_of_scripts_styles_or_names() -> None:
    drawn = bar_chart(
        'Sales "<&>"',
        ["2026-10", "2026-11"],
        [
            Series("<b>", "won", (Decimal(1500), Decimal(-20))),
            Series("B", "drafted", (Decimal(0), Decimal(2_000_000))),
        ],
        stacked=True,
    )
    assert 'role="img"' in drawn
    assert "Sales &quot;&lt;&amp;&gt;&quot;" in drawn
    for unwanted in ("<script", "<style", "style=", " id=", "<b>", "javascript"):
        assert unwanted not in drawn
    assert drawn.count('class="rect') == 4
    assert ">2\N{NO-BREAK SPACE}M<" in drawn or ">1,5\N{NO-BREAK SPACE}M<" in drawn


def test_the_axis_has_every_month_and_names_each_year_once() -> None:
    page = revenue_page(realistic_revenue(), "en")
    axes = re.findall(r'<g class="axis x">(.*?)</g></g>', page)
    labels = [re.findall(r">([^<>]+)</text>", one) for one in axes]
    assert labels[0] == ["2026-04", "05", "06", "07", "08", "09", "10", "11"]
    assert ["2026-05", "06", "07", "08", "09", "10", "11", "12"] in labels, (
        "nothing was sold in euros in June"
    )
    assert labels[1][-1] == "2027-01"


# --- languages -----------------------------------------------------------------------------------------------------


def said_in_templates() -> set[str]:
    folder = files("sfspiris.report").joinpath("templates")
    found: set[str] = set()
    for one in folder.iterdir():
        if one.name.endswith(".html.j2"):
            for match in _SAID.finditer(one.read_text(encoding="utf-8")):
                found |= {text for text in (match[2], match[4]) if text}
    return found


def test_every_text_of_the_pages_has_its_swedish() -> None:
    tiles = {f"{TITLES[measure]} incl. VAT" for measure in PAYMENTS}
    said = said_in_templates() | set(TITLES.values()) | tiles
    assert len(said) > 30
    missing = sorted(text for text in said if text not in words("sv").translations)
    assert missing == []


@pytest.mark.parametrize("by", [ALL, (Dimension.COMPANY,), (Dimension.MONTH,)])
def test_a_swedish_page_has_no_english_heading_left(by: tuple[Dimension, ...]) -> None:
    page = revenue_page(document(*by), "sv")
    headings = {
        said for _, said in re.findall(r"<(h[123]|th|dt|figcaption)[^>]*>(.*?)</\1>", page, re.DOTALL)
    }
    english = set(TITLES.values()) | {"Month", "Sum", "Sales, without VAT", "Currency"}
    assert headings & english == set()
    assert headings >= {"Summa", "Valuta"}


def test_places_in_a_translation_are_those_of_the_english_text() -> None:
    place = re.compile(r"%\(\w+\)s")
    for english, swedish in words("sv").translations.items():
        assert set(place.findall(english)) == set(place.findall(swedish)), english
