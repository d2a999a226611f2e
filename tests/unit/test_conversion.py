"""At which rate Salesforce counts a deal in a foreign currency, and that nothing is made up where it has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from fakes import Stage
from sfspiris.adapters.salesforce.rates import conversions
from sfspiris.core.conversion import Conversion
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from sfspiris.errors import Unreachable
from sfspiris.report.document import run_document
from shorthand import POLICY, deal

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.report.shapes import ActionFacts

DAY = date(2026, 11, 10)
SEK = {"IsoCode": "SEK", "ConversionRate": Decimal(1), "IsCorporate": True}
EUR = {"IsoCode": "EUR", "ConversionRate": Decimal("0.0885"), "IsCorporate": False}
RATE = Conversion("EUR", "SEK", Decimal("0.0885"))


def dated(rate: str, start: str, end: str | None) -> dict[str, object]:
    return {"IsoCode": "EUR", "ConversionRate": Decimal(rate), "StartDate": start, "NextStartDate": end}


def test_a_rate_without_a_day_says_that_it_has_none() -> None:
    assert conversions([("EUR", DAY)], [SEK, EUR], []) == {("EUR", DAY): RATE}


def test_a_dated_rate_that_covers_the_day_goes_first_and_its_end_is_exclusive() -> None:
    rows = [dated("0.09", "2026-10-01", "2026-11-10"), dated("0.08", "2026-11-10", None)]
    found = conversions([("EUR", DAY), ("EUR", date(2026, 11, 9))], [SEK, EUR], rows)
    assert found["EUR", DAY] == Conversion("EUR", "SEK", Decimal("0.08"), DAY)
    assert found["EUR", date(2026, 11, 9)].rate == Decimal("0.09")
    before_all = conversions([("EUR", date(2026, 9, 1))], [SEK, EUR], rows)
    assert before_all["EUR", date(2026, 9, 1)] == RATE


def test_no_rate_is_made_up() -> None:
    assert conversions([("NOK", DAY), ("SEK", DAY)], [SEK, EUR], []) == {}
    assert conversions([("EUR", DAY)], [], []) == {}
    assert conversions([("EUR", DAY)], [SEK, {**EUR, "ConversionRate": None}], []) == {}


def test_an_amount_is_divided_by_the_rate_and_rounded_half_away_from_zero() -> None:
    assert RATE.converted(Decimal(100)) == Decimal("1129.94")
    half = Conversion("EUR", "SEK", Decimal(8))
    assert half.converted(Decimal("0.04")) == Decimal("0.01")
    assert half.converted(Decimal("-0.04")) == Decimal("-0.01")


def drafts(tmp_path: Path, currency: str | None, *, is_silent: bool = False) -> list[ActionFacts]:
    stage = Stage(tmp_path, policy=replace(POLICY))
    stage.crm.rates = {"EUR": RATE}
    stage.crm.add(deal("D1", "1 x 100 KONS", currency=currency))
    if is_silent:
        stage.crm.trouble.before[3] = lambda: Unreachable("No answer.", remedy="Again.")
    with stage.world(dry=True) as world:
        result = push(world, Scope(), Guard(max_changes=200))
    document = run_document(result, record_url=lambda _: "https://crm.example/1")
    return [one for one in document.actions if one.kind == "create_draft"]


def test_a_foreign_deals_rate_and_its_date_stand_beside_the_draft(tmp_path: Path) -> None:
    [draft] = drafts(tmp_path, "EUR")
    told = draft.model_dump(mode="json")["conversion"]
    assert told == {"corporate": "SEK", "rate": "0.0885", "valid_from": None, "net": "1129.94"}


def test_a_deal_in_the_currency_of_the_books_has_none_and_nothing_is_asked(tmp_path: Path) -> None:
    [draft] = drafts(tmp_path, None)
    assert "conversion" not in draft.model_dump(mode="json")


def test_a_crm_that_does_not_tell_its_rates_stops_nothing(tmp_path: Path) -> None:
    [draft] = drafts(tmp_path, "EUR", is_silent=True)
    assert "conversion" not in draft.model_dump(mode="json")
