"""What `doctor` says of a company's books, and what its bundle shows of a configuration."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sfspiris.cli.doctor import redacted
from sfspiris.core.doctor import CompanyFacts, State, examine_company
from sfspiris.core.model import Article, FiscalYear, LedgerSetup, PaymentTerms
from sfspiris.core.policy import ArticlePolicy
from shorthand import SE, TODAY

SETUP = LedgerSetup("Exempel AB", 1, 1001, 5001, None, keeps_draft_date=False, currency="SEK")
FACTS = CompanyFacts(
    setup=SETUP,
    years=(FiscalYear(date(2026, 1, 1), date(2026, 12, 31), method=0),),
    terms=(PaymentTerms("t30", "30 dagar", 30),),
    articles=(Article("a1", "KONS", "Konsult", is_active=True, vat_rate=Decimal(25)),),
)
BOOKS = replace(SE, articles=ArticlePolicy(), default_terms_days=30)


def worst(facts: CompanyFacts, **own: Any) -> list[tuple[str, State]]:
    found = examine_company(replace(BOOKS, **own), facts, today=TODAY)
    return [(one.check, one.state) for one in found if one.state is not State.OK]


def test_books_in_order_have_nothing_to_mend() -> None:
    assert worst(FACTS) == []


@pytest.mark.parametrize(
    ("facts", "check", "state"),
    [
        (replace(FACTS, setup=replace(SETUP, status=0)), "company", State.BAD),
        (
            replace(FACTS, setup=replace(SETUP, next_invoice_number=0)),
            "number series for invoices",
            State.BAD,
        ),
        (
            replace(FACTS, setup=replace(SETUP, next_customer_number=None)),
            "number series for customers",
            State.UNKNOWN,
        ),
        (replace(FACTS, setup=replace(SETUP, locked_until=TODAY)), "locked period", State.BAD),
        (
            replace(
                FACTS, years=(FiscalYear(date(2026, 1, 1), date(2026, 12, 31), is_locked=True, method=0),)
            ),
            "financial year",
            State.BAD,
        ),
        (
            replace(FACTS, years=(FiscalYear(date(2026, 1, 1), date(2026, 12, 31), method=1),)),
            "bookkeeping method",
            State.WARN,
        ),
        (replace(FACTS, terms=()), "payment terms", State.BAD),
        (replace(FACTS, articles=()), "articles", State.BAD),
    ],
)
def test_each_thing_that_stops_a_run_is_named(facts: CompanyFacts, check: str, state: State) -> None:
    assert worst(facts) == [(check, state)]


def test_a_year_that_has_not_begun_in_the_books_is_named() -> None:
    last_year = replace(FACTS, years=(FiscalYear(date(2025, 1, 1), date(2025, 12, 31), method=0),))
    assert ("financial year", State.BAD) in worst(last_year)


def test_an_article_of_the_configuration_that_is_missing_or_inactive_is_named() -> None:
    policy = ArticlePolicy(by_family={"Services": "GONE", "Goods": "OLD"})
    old = replace(FACTS.articles[0], number="OLD", is_active=False)
    found = worst(replace(FACTS, articles=(*FACTS.articles, old)), articles=policy)
    assert found == [("article GONE", State.BAD), ("article OLD", State.BAD)]


def test_a_bundle_shows_no_secret_name_number_or_comment() -> None:
    shown = redacted(
        'version = 1  # Acme\n[review]\nowner = "Karin Berg"\n[salesforce]\nusername = "anna@example.com"\nclient_id = "abc"\n'
        '[companies.se]\norgnr = "556012-5790"\nname = "Exempel AB"\nclient_secret = "hush"\ncurrency = "SEK"\n'
    )
    assert 'currency = "SEK"' in shown
    for word in ("Karin", "anna", "abc", "556012", "Exempel", "hush", "Acme"):
        assert word not in shown
