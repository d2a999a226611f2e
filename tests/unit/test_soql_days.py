"""Relative dates of SOQL: which days each literal means, for whom the week begins on Monday or Sunday."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from sfspiris.sandbox.salesforce.soql.days import (
    DATE_FUNCTIONS,
    Calendar,
    fiscal_quarter,
    fiscal_year,
    is_relative,
    span,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
FRIDAY = Calendar(today=date(2026, 11, 20), zone=STOCKHOLM)

# Literal, count, first day, last day: on Friday 20 November 2026.
SPANS = [
    ("YESTERDAY", None, "2026-11-19", "2026-11-19"),
    ("TODAY", None, "2026-11-20", "2026-11-20"),
    ("TOMORROW", None, "2026-11-21", "2026-11-21"),
    ("LAST_WEEK", None, "2026-11-09", "2026-11-15"),
    ("THIS_WEEK", None, "2026-11-16", "2026-11-22"),
    ("NEXT_WEEK", None, "2026-11-23", "2026-11-29"),
    ("LAST_MONTH", None, "2026-10-01", "2026-10-31"),
    ("THIS_MONTH", None, "2026-11-01", "2026-11-30"),
    ("NEXT_MONTH", None, "2026-12-01", "2026-12-31"),
    ("LAST_90_DAYS", None, "2026-08-22", "2026-11-20"),
    ("NEXT_90_DAYS", None, "2026-11-21", "2027-02-18"),
    ("LAST_QUARTER", None, "2026-07-01", "2026-09-30"),
    ("THIS_QUARTER", None, "2026-10-01", "2026-12-31"),
    ("NEXT_QUARTER", None, "2027-01-01", "2027-03-31"),
    ("LAST_YEAR", None, "2025-01-01", "2025-12-31"),
    ("THIS_YEAR", None, "2026-01-01", "2026-12-31"),
    ("NEXT_YEAR", None, "2027-01-01", "2027-12-31"),
    ("LAST_N_DAYS", 0, "2026-11-20", "2026-11-20"),
    ("LAST_N_DAYS", 30, "2026-10-21", "2026-11-20"),
    ("NEXT_N_DAYS", 1, "2026-11-21", "2026-11-21"),
    ("N_DAYS_AGO", 7, "2026-11-13", "2026-11-13"),
    ("LAST_N_WEEKS", 2, "2026-11-02", "2026-11-15"),
    ("NEXT_N_WEEKS", 1, "2026-11-23", "2026-11-29"),
    ("N_WEEKS_AGO", 3, "2026-10-26", "2026-11-01"),
    ("LAST_N_MONTHS", 12, "2025-11-01", "2026-10-31"),
    ("NEXT_N_MONTHS", 2, "2026-12-01", "2027-01-31"),
    ("N_MONTHS_AGO", 11, "2025-12-01", "2025-12-31"),
    ("LAST_N_QUARTERS", 2, "2026-04-01", "2026-09-30"),
    ("N_QUARTERS_AGO", 4, "2025-10-01", "2025-12-31"),
    ("LAST_N_YEARS", 3, "2023-01-01", "2025-12-31"),
    ("NEXT_N_YEARS", 1, "2027-01-01", "2027-12-31"),
    ("N_YEARS_AGO", 1, "2025-01-01", "2025-12-31"),
]


@pytest.mark.parametrize(("name", "count", "first", "last"), SPANS)
def test_a_relative_date_means_these_days(name: str, count: int | None, first: str, last: str) -> None:
    begins, beyond = span(name, count, FRIDAY)
    assert is_relative(name, count)
    assert (begins.isoformat(), date.fromordinal(beyond.toordinal() - 1).isoformat()) == (first, last)


def test_an_american_week_begins_on_sunday() -> None:
    calendar = Calendar(today=date(2026, 11, 22), zone=STOCKHOLM, first_weekday=6)
    assert span("THIS_WEEK", None, calendar) == (date(2026, 11, 22), date(2026, 11, 29))


@pytest.mark.parametrize(
    ("name", "first", "beyond"),
    [
        ("THIS_FISCAL_YEAR", date(2026, 5, 1), date(2027, 5, 1)),
        ("LAST_FISCAL_YEAR", date(2025, 5, 1), date(2026, 5, 1)),
        ("THIS_FISCAL_QUARTER", date(2026, 11, 1), date(2027, 2, 1)),
        ("NEXT_FISCAL_QUARTER", date(2027, 2, 1), date(2027, 5, 1)),
    ],
)
def test_a_broken_fiscal_year_has_quarters_of_its_own(name: str, first: date, beyond: date) -> None:
    calendar = Calendar(today=date(2026, 11, 20), zone=STOCKHOLM, fiscal_start_month=5)
    assert span(name, None, calendar) == (first, beyond)


@pytest.mark.parametrize(
    ("name", "count"),
    [("SOMEDAY", None), ("LAST_N_DAYS", None), ("TODAY", 3), ("LAST_DAY", None), ("N_DAYS", 2)],
)
def test_other_words_are_no_dates(name: str, count: int | None) -> None:
    assert not is_relative(name, count)


def test_a_day_begins_at_its_own_midnight_summer_and_winter() -> None:
    assert FRIDAY.midnight(date(2026, 11, 20)) == "2026-11-19T23:00:00.000+0000"
    assert FRIDAY.midnight(date(2026, 7, 1)) == "2026-06-30T22:00:00.000+0000"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("CALENDAR_YEAR", 2026),
        ("CALENDAR_QUARTER", 4),
        ("CALENDAR_MONTH", 11),
        ("WEEK_IN_YEAR", 47),
        ("WEEK_IN_MONTH", 3),
        ("DAY_IN_YEAR", 324),
        ("DAY_IN_MONTH", 20),
        ("DAY_IN_WEEK", 6),
        ("DAY_ONLY", "2026-11-20"),
        ("HOUR_IN_DAY", 13),
        ("FISCAL_YEAR", 2026),
        ("FISCAL_QUARTER", 4),
        ("FISCAL_MONTH", 11),
    ],
)
def test_a_date_function_takes_its_part(function: str, expected: int | str) -> None:
    assert DATE_FUNCTIONS[function](FRIDAY.today, 13, FRIDAY) == expected


def test_a_fiscal_year_is_named_after_the_year_it_ends_in() -> None:
    assert [fiscal_year(day, 5) for day in (date(2026, 4, 30), date(2026, 5, 1))] == [2026, 2027]
    assert [fiscal_quarter(day, 5) for day in (date(2026, 4, 30), date(2026, 5, 1))] == [4, 1]
