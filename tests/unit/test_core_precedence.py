"""Which place decides a value where the CRM says nothing, and what decided the VAT of each line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sfspiris.core.actions import CreateDraft
from sfspiris.core.explain import SourceSeen
from sfspiris.core.model import LedgerCustomer
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import PushInputs
from sfspiris.core.policy import VatPolicy
from sfspiris.core.precedence import Standards, chained, customer_of, vat_seen
from shorthand import POLICY, SE, TERMS, TODAY, deal, line, view

if TYPE_CHECKING:
    from sfspiris.core.model import Deal, LedgerView
    from sfspiris.core.policy import CompanyPolicy

VOLVO = LedgerCustomer("K1", "17", "AB Volvo", orgnr="556012-5790", country="SE", terms_id=TERMS[0].id)
BY_DEAL = "Payment_Terms__c"


def standards(sold: Deal, books: LedgerView, company: CompanyPolicy = SE, *, known: bool = True) -> Standards:
    policy = replace(POLICY, companies={**POLICY.companies, "se": company})
    plan = decide(PushInputs([sold], policy, TODAY, ledgers={"se": books}))
    made = [one for one in plan.actions if isinstance(one, CreateDraft)]
    expected = made[0] if made and known else None
    return Standards(company, customer_of(expected, None, books), books, expected)


def terms(raw: str | None = None) -> SourceSeen:
    return SourceSeen("payment_terms_days", ((BY_DEAL, raw),), BY_DEAL if raw else None)


def winner(one: SourceSeen) -> tuple[str | None, str | None]:
    return one.won, dict(one.tried).get(one.won) if one.won else None


def test_the_deal_comes_before_the_customers_card_and_the_card_before_the_companys_default() -> None:
    sold = deal("D1", "2 x 500 KONS")
    existing = standards(sold, view(VOLVO))
    assert winner(*chained([terms("20")], existing)) == (BY_DEAL, "20")
    (silent,) = chained([terms()], existing)
    assert winner(silent) == ("customer 17 in Spiris", "10")
    assert [path for path, _ in silent.tried] == [
        BY_DEAL,
        "customer 17 in Spiris",
        "[companies.se] default_terms_days",
    ]
    fresh = standards(sold, view())
    assert winner(*chained([terms()], fresh)) == ("[companies.se] default_terms_days", "30")


def test_a_customer_with_terms_that_are_no_days_wins_all_the_same() -> None:
    books = view(replace(VOLVO, terms_id="cash"))
    found = winner(*chained([terms()], standards(deal("D1", "2 x 500 KONS"), books)))
    assert found == ("customer 17 in Spiris", "terms that are not counted in days")


def test_nobody_is_said_to_win_while_the_customer_is_not_known() -> None:
    unknown = standards(deal("D1", "2 x 500 KONS"), view(), known=False)
    (silent,) = chained([terms()], unknown)
    assert (silent.won, silent.tried[-1]) == (None, ("[companies.se] default_terms_days", "30"))


def test_a_line_comes_before_its_deal_and_the_companys_currency_last() -> None:
    own = standards(deal("D1", "2 x 500 KONS"), view())
    of_deal = SourceSeen("cost_centre", (("Centre__c", "STHLM"),), "Centre__c")
    first = SourceSeen("line_cost_centre", (("Line_Centre__c", "BYGG"),), "Line_Centre__c", 1)
    second = SourceSeen("line_cost_centre", (("Line_Centre__c", None),), None, 2)
    currency = SourceSeen("currency", (("CurrencyIsoCode", None),), None)
    found = chained([of_deal, first, second, currency], own)
    assert [winner(one) for one in found] == [
        ("Centre__c", "STHLM"),
        ("Line_Centre__c", "BYGG"),
        ("Centre__c", "STHLM"),
        ("[companies.se] currency", "SEK"),
    ]


def test_the_article_that_a_line_falls_back_on_is_told_beside_its_product() -> None:
    by_family = replace(SE, articles=replace(SE.articles, by_family={"Böcker": "BOK"}))
    sold = deal("D1", lines=(line("2 x 500 NY", family="Böcker"),))
    seen = SourceSeen("line_article", (("Product2.ProductCode", "NY"),), "Product2.ProductCode", 1)
    (found,) = chained([seen], standards(sold, view(), by_family))
    assert winner(found) == ("[companies.se.articles]", "BOK")


@pytest.mark.parametrize(
    ("changes", "vat", "won"),
    [
        ({}, VatPolicy(), "article BOK in Spiris"),
        ({"vat_rate": "6"}, VatPolicy(), "Product2.VAT_Rate__c"),
        (
            {},
            VatPolicy(category_by_article={"BOK": "book"}),
            "[companies.se.vat] category_by_article",
        ),
        (
            {"family": "Böcker"},
            VatPolicy(category_by_family={"Böcker": "book"}),
            "[companies.se.vat] category_by_family",
        ),
        (
            {"vat_category": "book"},
            VatPolicy(category_by_article={"BOK": "book"}),
            "Product2.VAT_Category__c",
        ),
    ],
)
def test_a_lines_vat_names_what_decided_it(changes: dict[str, str], vat: VatPolicy, won: str) -> None:
    sold = deal("D1", lines=(line("2 x 100 BOK", **changes),))
    own = standards(sold, view(), replace(SE, vat=vat))
    sources = [
        SourceSeen(name, ((path, value),), path if value else None, 1)
        for name, path, value in (
            ("line_vat_category", "Product2.VAT_Category__c", changes.get("vat_category")),
            ("line_vat_rate", "Product2.VAT_Rate__c", changes.get("vat_rate")),
        )
    ]
    (seen,) = vat_seen(sold, sources, own, ())
    assert (seen.line, seen.rate, seen.treatment, seen.won) == (1, Decimal(6), "SE_6", won)
    assert seen.tried[-1] == ("article BOK in Spiris", "6 %")


def test_a_deal_that_would_become_nothing_has_no_vat_to_tell() -> None:
    sold = deal("D1", "2 x 500 KONS")
    assert vat_seen(sold, (), standards(sold, view(), known=False), ()) == ()
