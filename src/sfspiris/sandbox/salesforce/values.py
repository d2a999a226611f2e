"""Values as records hold them and as the wire shows them: one form for both.

Numbers are `Decimal` (or `int`), days are `2026-11-20`, instants are `2026-11-20T10:11:12.000+0000` in UTC. ISO text of
fixed width sorts as time does, so comparing needs no parsing.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_OFFSET_WITHOUT_COLON: Final = re.compile(r"([+-]\d{2})(\d{2})$")
_LONG_FRACTION: Final = re.compile(r"\.(\d+)")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME: Final = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?Z?")


def to_wire(instant: datetime) -> str:
    """An aware instant in the API's form, milliseconds kept."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def stamp(instant: datetime) -> str:
    """An instant as audit fields carry it: whole seconds."""
    return to_wire(instant.replace(microsecond=0))


def wire_datetime(text: str) -> str | None:
    """The wire form of an ISO instant with `Z` or an offset, with or without fraction; None if it is none.

    A day without a time is midnight UTC where the API takes an instant.
    """
    instant = parse_datetime(text)
    return to_wire(instant) if instant is not None else None


def parse_datetime(text: str) -> datetime | None:
    """An ISO instant as clients send it: `Z`, `+01:00` or `+0100`, any number of fraction digits. None if unreadable."""
    text = text.strip()
    if _DATE.fullmatch(text):
        text += "T00:00:00Z"
    normal = _OFFSET_WITHOUT_COLON.sub(r"\1:\2", text.replace("z", "Z").replace("t", "T"))
    normal = _LONG_FRACTION.sub(lambda match: "." + match.group(1)[:6].ljust(6, "0"), normal)
    try:
        instant = datetime.fromisoformat(normal)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def wire_date(text: str) -> str | None:
    """The day of an ISO date, or of an ISO instant as some clients send for dates; None if it is none."""
    day = text.strip()[:10]
    if not _DATE.fullmatch(day):
        return None
    try:
        date.fromisoformat(day)
    except ValueError:
        return None
    if len(text.strip()) > len(day) and parse_datetime(text) is None:
        return None
    return day


def wire_time(text: str) -> str | None:
    """A time of day in the wire form `10:11:12.000Z`; None if it is none."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:  # noqa: PLR2004 - the clock's own numbers
        return None
    return f"{hours}:{minutes}:{seconds or '00'}.{(fraction or '').ljust(3, '0')}Z"


def rounded(number: Decimal, scale: int) -> Decimal:
    """A number as a field of this scale keeps it, half away from zero, and as the wire shows it: `12.5`, `500.0`.

    The platform's doubles show at least one decimal and no trailing zeros beyond it.
    """
    kept = number.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
    return shown(kept)


def shown(number: Decimal) -> Decimal:
    """The number with trailing zeros gone, but one decimal at least, never with an exponent."""
    plain = number.normalize()
    exponent = plain.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -1:
        plain = plain.quantize(Decimal("0.1"))
    return plain + 0  # no negative zero
