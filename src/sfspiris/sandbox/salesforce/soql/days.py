"""Days as SOQL names them: relative literals, and functions that take parts of a date.

Source: SOQL and SOSL Reference, "Date Formats and Date Literals" and "Date Functions" (read November 2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.sandbox.salesforce.values import parse_datetime, to_wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

_MONTHS_A_YEAR: Final = 12
_MONTHS_A_QUARTER: Final = 3
_DAYS_A_WEEK: Final = 7
_SUNDAY: Final = 6

_ONE: Final = re.compile(r"(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)")
_MANY: Final = re.compile(r"(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S")
_AGO: Final = re.compile(r"N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S_AGO")
_SHIFTS: Final = {"LAST": -1, "THIS": 0, "NEXT": 1}
_SINGLE_DAYS: Final = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_NINETY: Final = 90


@dataclass(frozen=True, slots=True)
class Calendar:
    """Today and the conventions of the running user and the org. `first_weekday` is 0 for Monday, 6 for Sunday."""

    today: date
    zone: ZoneInfo
    first_weekday: int = 0
    fiscal_start_month: int = 1

    def start(self, unit: str, day: date) -> date:
        """The first day of the unit that `day` lies in."""
        if unit == "DAY":
            return day
        if unit == "WEEK":
            return day - timedelta(days=(day.weekday() - self.first_weekday) % _DAYS_A_WEEK)
        if unit == "MONTH":
            return day.replace(day=1)
        months = _MONTHS_A_QUARTER if unit.endswith("QUARTER") else _MONTHS_A_YEAR
        offset = self.fiscal_start_month - 1 if unit.startswith("FISCAL") else 0
        index = day.year * _MONTHS_A_YEAR + day.month - 1 - offset
        return _month(index - index % months + offset)

    def shifted(self, unit: str, start: date, count: int) -> date:
        """The first day of the unit `count` units after the one that begins on `start`."""
        if unit == "DAY":
            return start + timedelta(days=count)
        if unit == "WEEK":
            return start + timedelta(days=count * _DAYS_A_WEEK)
        months = {"MONTH": 1, "QUARTER": _MONTHS_A_QUARTER, "YEAR": _MONTHS_A_YEAR}[
            unit.removeprefix("FISCAL_")
        ]
        return _month(start.year * _MONTHS_A_YEAR + start.month - 1 + count * months)

    def midnight(self, day: date) -> str:
        """The instant at which a day begins for the running user, in wire form."""
        return to_wire(datetime.combine(day, time(), tzinfo=self.zone))


def _month(index: int) -> date:
    return date(index // _MONTHS_A_YEAR, index % _MONTHS_A_YEAR + 1, 1)


def is_relative(name: str, count: int | None) -> bool:
    """Whether there is a relative literal of this (upper-case) name, with or without a count."""
    if count is None:
        return (
            name in _SINGLE_DAYS
            or name in {"LAST_90_DAYS", "NEXT_90_DAYS"}
            or _ONE.fullmatch(name) is not None
        )
    return _MANY.fullmatch(name) is not None or _AGO.fullmatch(name) is not None


def span(name: str, count: int | None, calendar: Calendar) -> tuple[date, date]:
    """First day and the day after the last of a relative literal that `is_relative` knows."""
    if name in _SINGLE_DAYS:
        day = calendar.today + timedelta(days=_SINGLE_DAYS[name])
        return day, day + timedelta(days=1)
    if name in {"LAST_90_DAYS", "NEXT_90_DAYS"}:
        return _days(name.partition("_")[0], _NINETY, calendar)
    if match := _ONE.fullmatch(name):
        unit = match.group(2)
        first = calendar.shifted(unit, calendar.start(unit, calendar.today), _SHIFTS[match.group(1)])
        return first, calendar.shifted(unit, first, 1)
    if match := _MANY.fullmatch(name):
        return _many(match.group(1), match.group(2), count or 0, calendar)
    match = _AGO.fullmatch(name)
    if match is None:
        raise ValueError(f"{name} is no relative date")
    unit = match.group(1)
    first = calendar.shifted(unit, calendar.start(unit, calendar.today), -(count or 0))
    return first, calendar.shifted(unit, first, 1)


def _many(direction: str, unit: str, count: int, calendar: Calendar) -> tuple[date, date]:
    """So many whole units before or after the present one; days count otherwise, see `_days`."""
    if unit == "DAY":
        return _days(direction, count, calendar)
    this = calendar.start(unit, calendar.today)
    if direction == "LAST":
        return calendar.shifted(unit, this, -count), this
    return calendar.shifted(unit, this, 1), calendar.shifted(unit, this, count + 1)


def _days(direction: str, count: int, calendar: Calendar) -> tuple[date, date]:
    """The last days include today; the next ones begin tomorrow."""
    tomorrow = calendar.today + timedelta(days=1)
    if direction == "LAST":
        return calendar.today - timedelta(days=count), tomorrow
    return tomorrow, tomorrow + timedelta(days=count)


DATE_FUNCTIONS: Final[dict[str, Callable[[date, int, Calendar], int | str]]] = {
    # From the day, the hour and the calendar to the part.
    "CALENDAR_MONTH": lambda day, _hour, _calendar: day.month,
    "CALENDAR_QUARTER": lambda day, _hour, _calendar: (day.month - 1) // _MONTHS_A_QUARTER + 1,
    "CALENDAR_YEAR": lambda day, _hour, _calendar: day.year,
    "DAY_IN_MONTH": lambda day, _hour, _calendar: day.day,
    "DAY_IN_WEEK": lambda day, _hour, _calendar: (day.weekday() + 1) % _DAYS_A_WEEK + 1,
    "DAY_IN_YEAR": lambda day, _hour, _calendar: day.timetuple().tm_yday,
    "DAY_ONLY": lambda day, _hour, _calendar: day.isoformat(),
    "FISCAL_MONTH": lambda day, _hour, calendar: (
        (day.month - calendar.fiscal_start_month) % _MONTHS_A_YEAR + 1
    ),
    "FISCAL_QUARTER": lambda day, _hour, calendar: (
        (day.month - calendar.fiscal_start_month) % _MONTHS_A_YEAR // _MONTHS_A_QUARTER + 1
    ),
    "FISCAL_YEAR": lambda day, _hour, calendar: fiscal_year(day, calendar.fiscal_start_month),
    "HOUR_IN_DAY": lambda _day, hour, _calendar: hour,
    "WEEK_IN_MONTH": lambda day, _hour, _calendar: (day.day - 1) // _DAYS_A_WEEK + 1,
    "WEEK_IN_YEAR": lambda day, _hour, _calendar: (day.timetuple().tm_yday - 1) // _DAYS_A_WEEK + 1,
}
INSTANT_FUNCTIONS: Final = frozenset({"DAY_ONLY", "HOUR_IN_DAY"})
"""Date functions that take an instant only."""


def fiscal_year(day: date, start_month: int) -> int:
    """The fiscal year of a day, named after the calendar year in which it ends."""
    return day.year + 1 if start_month > 1 and day.month >= start_month else day.year


def fiscal_quarter(day: date, start_month: int) -> int:
    """The quarter of the fiscal year, 1 to 4."""
    return (day.month - start_month) % _MONTHS_A_YEAR // _MONTHS_A_QUARTER + 1


def day_and_hour(value: str, zone: ZoneInfo | None) -> tuple[date, int]:
    """The day and hour of a wire date or instant; of an instant in `zone`, UTC when None."""
    if "T" not in value:
        return date.fromisoformat(value), 0
    instant = parse_datetime(value)
    if instant is None:
        raise ValueError(f"{value} is no instant")
    local = instant.astimezone(zone or UTC)
    return local.date(), local.hour
