"""The time of day in Sweden, which is what people of finance and sales look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime

SWEDEN: Final = ZoneInfo("Europe/Stockholm")


def swedish_time(moment: datetime) -> str:
    """A time as a Swedish reader's clock showed it, with the zone's name: `2026-11-20 09:00 CET`."""
    return f"{moment.astimezone(SWEDEN):%Y-%m-%d %H:%M %Z}"
