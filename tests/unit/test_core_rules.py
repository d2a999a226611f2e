"""Days, references, currency, terms and tax reductions: which are held, which are warned about, which pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sfspiris.core.model import CompanyProfile, Deal, FiscalYear, LedgerView
from sfspiris.core.planning.push import decide
from sfspiris.core.yesno import answer
from shorthand import ARTICLES, TERMS, TODAY, YEARS, buyer, deal, inputs, line, view

TOMORROW = TODAY + timedelta(days=1)
PUBLIC = buyer("Malmö stad", orgnr="212000-1124")


def held(one: Deal, ledger: LedgerView | None = None) -> list[str]:
    wanted = inputs(one)
    if ledger is not None:
        wanted = replace(wanted, ledgers={"se": ledger, "int": ledger})
    return [hold.code for hold in decide(wanted).holds]


def warned(one: Deal) -> list[str]:
    plan = decide(inputs(one))
    assert not plan.holds
    return [warning.code for warning in plan.warnings]


def books(**changes: object) -> LedgerView:
    return replace(view(), **changes)  # type: ignore[arg-type]


def profile(**changes: object) -> LedgerView:
    return books(profile=replace(CompanyProfile("Norrsken", "5590000001", "SEK"), **changes))  # type: ignore[arg-type]


# --- days ----------------------------------------------------------------------------------------------------------


def test_a_deal_that_closes_tomorrow_is_held_and_never_gets_that_day_as_its_delivery() -> None:
    assert held(deal("D1", "1 x 100 KONS", closed_on=TOMORROW, delivery_date=TOMORROW)) == ["DATE_IN_FUTURE"]


def test_a_deal_that_closes_today_passes() -> None:
    assert held(deal("D1", "1 x 100 KONS", closed_on=TODAY, delivery_date=TODAY)) == []


def test_a_delivery_to_come_is_warned_about_as_an_advance() -> None:
    assert warned(deal("D1", "1 x 100 KONS", delivery_date=TOMORROW)) == ["DELIVERY_IN_FUTURE"]
    assert warned(deal("D1", "1 x 100 KONS", delivery_date=TODAY)) == []


def test_a_deal_that_says_another_amount_than_its_quote_is_warned_about() -> None:
    agreed, changed = Decimal(100), Decimal(120)
    assert warned(deal("D1", "1 x 100 KONS", amount=agreed, deal_amount=changed)) == ["QUOTE_MISMATCH"]
    assert warned(deal("D1", "1 x 100 KONS", amount=agreed, deal_amount=agreed)) == []


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [
        (profile(locked_until=TODAY), ["PERIOD_LOCKED"]),
        (profile(locked_until=TODAY - timedelta(days=1)), []),
        (books(fiscal_years=(FiscalYear(date(2025, 1, 1), date(2025, 12, 31)),)), ["PERIOD_LOCKED"]),
        (
            books(fiscal_years=(FiscalYear(date(2026, 1, 1), date(2026, 12, 31), is_locked=True),)),
            ["PERIOD_LOCKED"],
        ),
        (books(fiscal_years=YEARS), []),
        (books(fiscal_years=()), []),
    ],
    ids=[
        "locked up to today",
        "up to yesterday",
        "no such year",
        "year closed",
        "year open",
        "years not read",
    ],
)
def test_an_invoice_day_that_the_books_do_not_take_is_held(ledger: LedgerView, expected: list[str]) -> None:
    assert held(deal("D1", "1 x 100 KONS"), ledger) == expected


# --- tax reductions ------------------------------------------------------------------------------------------------


def asking(*, text: str | None = None, housework: str | None = None) -> Deal:
    return deal("D1", line("1 x 100 KONS", text=text), housework=housework)


@pytest.mark.parametrize(
    "changes",
    [
        {"housework": "ROT"},
        {"housework": "true"},
        {"text": "Badrum, ROT-avdrag 30 %"},
        {"text": "Städning med rutavdrag"},
        {"text": "Laddbox, grön teknik-avdrag"},
    ],
    ids=lambda changes: next(iter(changes.values())),
)
def test_a_deal_with_a_tax_reduction_is_held(changes: dict[str, str]) -> None:
    assert held(asking(**changes)) == ["HOUSEWORK_DEDUCTION"]


@pytest.mark.parametrize(
    "changes",
    [
        {"housework": "false"},
        {"housework": "Nej"},
        {"text": "Rotarydagen"},
        {"text": "Router och rutnät"},
        {"text": "Grön teknik 2027"},
    ],
    ids=lambda changes: next(iter(changes.values())),
)
def test_words_that_only_look_like_a_tax_reduction_pass(changes: dict[str, str]) -> None:
    assert held(asking(**changes)) == []


# --- terms and references ------------------------------------------------------------------------------------------


def test_terms_of_more_than_thirty_days_are_warned_about() -> None:
    sixty = books(terms=(*TERMS, replace(TERMS[0], id="terms-60", days=60)))
    plan = decide(replace(inputs(deal("D1", "1 x 100 KONS", payment_terms_days="60")), ledgers={"se": sixty}))
    assert [one.code for one in plan.warnings] == ["LONG_PAYMENT_TERMS"]
    assert warned(deal("D1", "1 x 100 KONS", payment_terms_days="30")) == []


def test_a_public_buyer_without_any_reference_is_held() -> None:
    assert held(deal("D1", "1 x 100 KONS", buyer=PUBLIC)) == ["REFERENCE_MISSING"]


def test_a_public_buyers_own_name_is_no_reference() -> None:
    assert held(deal("D1", "1 x 100 KONS", buyer=PUBLIC, your_reference="Malmö Stad")) == [
        "REFERENCE_MISSING"
    ]


@pytest.mark.parametrize("changes", [{"your_reference": "Fatima Ali"}, {"purchase_order": "PO-1"}])
def test_a_public_buyer_with_a_person_or_an_order_passes(changes: dict[str, str]) -> None:
    assert held(deal("D1", "1 x 100 KONS", buyer=PUBLIC, **changes)) == []


def test_a_company_needs_no_reference() -> None:
    assert held(deal("D1", "1 x 100 KONS")) == []


# --- currency ------------------------------------------------------------------------------------------------------


def test_a_currency_that_the_ledger_lacks_is_held() -> None:
    euro = deal("D1", "1 x 100 KONS", currency="EUR")
    assert held(euro, books(currencies=frozenset({"SEK", "NOK"}))) == ["CURRENCY_NOT_ENABLED"]
    assert held(euro, books(currencies=frozenset({"SEK", "EUR"}))) == []


def test_a_foreign_currency_without_an_iban_is_held() -> None:
    euro = deal("D1", "1 x 100 KONS", currency="EUR")
    assert held(euro, profile(has_iban=False)) == ["IBAN_MISSING"]
    assert held(euro, profile(has_iban=True)) == []
    assert held(deal("D1", "1 x 100 KONS"), profile(has_iban=False)) == []


def test_a_foreign_currency_is_warned_about_for_its_vat_in_kronor() -> None:
    assert warned(deal("D1", "1 x 100 KONS", currency="EUR")) == ["FOREIGN_CURRENCY"]
    assert warned(deal("D1", "1 x 100 KONS", currency="SEK")) == []


# --- yes and no ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("Ja", True), (" true ", True), ("NEJ", False), ("0", False), ("kanske", None), (None, None)],
)
def test_yes_and_no_are_read_in_both_languages(raw: str | None, expected: bool | None) -> None:
    assert answer(raw) is expected


def test_the_shorthand_ledger_has_everything_that_the_rules_ask_for() -> None:
    assert view().articles == ARTICLES
