"""How the API writes days and moments.

Days are `2026-11-20`, moments `2026-11-20T08:00:00.000Z` in UTC with three decimals always, so that as texts they sort
as they happened.
"""

import re
from datetime import UTC, date, datetime, timedelta

# Fractions of any length; the zone may be missing, and then the moment is UTC.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)?")


def written(moment: datetime) -> str:
    """An aware moment as the API writes it."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def midnight(day: str) -> str:
    """A day where the API writes a moment, as it does for `PaymentDate`."""
    return f"{day}T00:00:00Z"


def parsed_day(text: str) -> str | None:
    """The day in `text`, which may be followed by a time; None when it is no date."""
    head, tail = text[:10], text[10:]
    if tail and not _MOMENT.fullmatch(text):
        return None
    try:
        return date.fromisoformat(head).isoformat() if len(head) == len("2026-11-20") else None
    except ValueError:
        return None


def parsed_moment(text: str) -> str | None:
    """The moment in `text` as the API writes it; a plain day is its first moment; None when it is neither."""
    plain = parsed_day(text)
    if plain is None:
        return None
    found = _MOMENT.fullmatch(text)
    if found is None:
        return f"{plain}T00:00:00.000Z"
    head, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{head}T{clock}").replace(tzinfo=UTC)
    except ValueError:
        return None
    moment += timedelta(microseconds=int(f"{fraction or '0':0<6}"[:6]))
    if zone and zone not in "Zz":
        sign = -1 if zone[0] == "-" else 1
        moment -= sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return written(moment)


def sortable(value: str) -> str:
    """A stored day or moment in the one form that compares with every other."""
    if len(value) == len("2026-11-20"):
        return f"{value}T00:00:00.000Z"
    return value if len(value) == len("2026-11-20T08:00:00.000Z") else f"{value[:19]}.000Z"


def days_after(day: str, days: int) -> str:
    """The day so many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def last_of_month(day: str) -> str:
    """The last day of the month that `day` is in."""
    first = date.fromisoformat(day).replace(day=1)
    return ((first + timedelta(days=31)).replace(day=1) - timedelta(days=1)).isoformat()
