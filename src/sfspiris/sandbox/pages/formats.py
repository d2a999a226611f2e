"""Values as a person reads them: amounts the Swedish way, times by the Swedish clock."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sfspiris.sandbox.kernel.jsonio import dumps

SWEDEN: Final = ZoneInfo("Europe/Stockholm")
LONGEST_TEXT: Final = 200_000
"""Characters of one body that a page shows; a browser should not choke on a bulk answer."""

_MINUS, _SPACE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"


def amount(value: Decimal | int | None) -> str:
    """An amount with at least two decimals, never fewer than it carries: `12 500,00`; nothing for None."""
    return "" if value is None else _plain(Decimal(value), least=2)


def money(value: Decimal | int, currency: str) -> str:
    """An amount and its currency: `12 500,00 SEK`."""
    return f"{amount(value)}{_SPACE}{currency}"


def number(value: Decimal | int | None) -> str:
    """A quantity with no more decimals than it needs; nothing for None."""
    return "" if value is None else _plain(Decimal(value), least=0)


def percent(fraction: Decimal | int | None) -> str:
    """A rate given as a fraction, as percent: `25 %`; nothing for None."""
    return "" if fraction is None else f"{number(Decimal(fraction) * 100)}{_SPACE}%"


def counted(count: int, noun: str) -> str:
    """`1 draft`, `2 drafts`, `no drafts`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def moment(value: datetime) -> str:
    """A moment by the Swedish clock, to the second."""
    return f"{value.astimezone(SWEDEN):%Y-%m-%d %H:%M:%S}"


def readable(value: Any) -> str:
    """A stored value as text: JSON indented, text as it is, nothing for nothing; cut when it is very long."""
    text = "" if value is None else value if isinstance(value, str) else dumps(value, indent=2)
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}\n… and {number(len(text) - LONGEST_TEXT)} more characters"


def address(path: str, **query: str | int | None) -> str:
    """A path with those of the parameters that have a value."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _plain(value: Decimal, *, least: int) -> str:
    exponent = value.normalize().as_tuple().exponent
    needed = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    text = f"{value:,.{max(least, needed)}f}"
    return text.replace(",", _SPACE).replace(".", ",").replace("-", _MINUS)
