"""How the API writes days and moments.

Days are `2026-11-20`, moments `2026-11-20T08:00:00.000Z` in UTC with three decimals always, so that as texts they sort
as they happened.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

# Fractions of any length; the zone may be missing, and then the moment is UTC.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)?")


def written(moment: datetime) -> str:
    """An aware moment as the API writes it."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def midnight(day: str) -> str:
    """A day where the API writes a moment, as it does for `PaymentDate`."""
    return f"{day}T00:00:00Z"


def parsed_day(text: str) -> str | None:
    """The day in `text`, which may be followed by a time; None when it is no date."""
    head = text[: len("2026-11-20")]
    if text != head:
        return None if parsed_moment(text) is None else head
    try:
        return date.fromisoformat(head).isoformat() if len(head) == len("2026-11-20") else None
    except ValueError:
        return None


def parsed_moment(text: str) -> str | None:
    """The moment in `text` as the API writes it; a plain day is its first moment; None when it is neither."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        plain = parsed_day(text) if len(text) == len("2026-11-20") else None
        return None if plain is None else f"{plain}T00:00:00.000Z"
    head, clock, fraction, zone = found.groups()
    micros = f"{fraction or '0':0<6}"[:6]
    zone = "+00:00" if zone is None or zone in "Zz" else zone
    seconds = "" if clock.count(":") == 2 else ":00"  # noqa: PLR2004 - hours, minutes, seconds
    try:
        return written(datetime.fromisoformat(f"{head}T{clock}{seconds}.{micros}{zone}"))
    except (ValueError, OverflowError):
        return None


def sortable(value: str) -> str:
    """A stored day or moment in the one form that compares with every other."""
    if len(value) == len("2026-11-20"):
        return f"{value}T00:00:00.000Z"
    return value if len(value) == len("2026-11-20T08:00:00.000Z") else f"{value[:19]}.000Z"


def days_after(day: str, days: int) -> str:
    """The day so many days later; the last day of all where the calendar ends before."""
    first = date.fromisoformat(day)
    return (first + min(timedelta(days=days), date.max - first)).isoformat()


def last_of_month(day: str) -> str:
    """The last day of the month that `day` is in."""
    year, month, _ = (int(part) for part in day.split("-"))
    return date(year, month, monthrange(year, month)[1]).isoformat()
