"""The functions that formulas may call."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sfspiris.sandbox.salesforce.values import rounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.sandbox.salesforce.formula import Expression, Moment

Function: TypeAlias = "Callable[[Moment, tuple[Expression, ...]], Any]"

_PAIR: Final = 2


def is_blank(value: Any) -> bool:
    """Whether a value counts as empty."""
    return value is None or value == ""


def number(value: Any) -> Decimal:
    """A value as a number; blank is nought."""
    if is_blank(value):
        return Decimal(0)
    try:
        return Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return Decimal(0)


def text(value: Any) -> str:
    """A value as text; blank is the empty one."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _all(moment: Moment, arguments: tuple[Expression, ...]) -> bool:
    return all(one(moment) is True for one in arguments)


def _any(moment: Moment, arguments: tuple[Expression, ...]) -> bool:
    return any(one(moment) is True for one in arguments)


def _if(moment: Moment, arguments: tuple[Expression, ...]) -> Any:
    condition, then, otherwise = arguments
    return then(moment) if condition(moment) is True else otherwise(moment)


def _case(moment: Moment, arguments: tuple[Expression, ...]) -> Any:
    """CASE(what, value, result, value, result, …, otherwise)."""
    what, *pairs = arguments
    found = what(moment)
    for place in range(0, len(pairs) - 1, _PAIR):
        if pairs[place](moment) == found:
            return pairs[place + 1](moment)
    return pairs[-1](moment)


def _or_blank(moment: Moment, arguments: tuple[Expression, ...]) -> Any:
    value = arguments[0](moment)
    return arguments[1](moment) if is_blank(value) else value


def _changed(moment: Moment, arguments: tuple[Expression, ...]) -> bool:
    if moment.is_new or moment.old is None:
        return False
    return bool(arguments[0](moment) != arguments[0](_before(moment)))


def _prior(moment: Moment, arguments: tuple[Expression, ...]) -> Any:
    return arguments[0](moment if moment.old is None else _before(moment))


def _before(moment: Moment) -> Moment:
    from dataclasses import replace

    return moment if moment.old is None else replace(moment, row=moment.old)


def _of_values(work: Callable[..., Any]) -> Function:
    """A function of its arguments' values alone."""
    return lambda moment, arguments: work(*(one(moment) for one in arguments))


def _to_integral(value: Any, rounding: str) -> Decimal:
    return number(value).to_integral_value(rounding=rounding)


FUNCTIONS: Final[dict[str, Function]] = {
    "ABS": _of_values(lambda value: abs(number(value))),
    "AND": _all,
    "BEGINS": _of_values(lambda whole, part: text(whole).startswith(text(part))),
    "BLANKVALUE": _or_blank,
    "CASE": _case,
    "CEILING": _of_values(lambda value: _to_integral(value, ROUND_CEILING)),
    "CONTAINS": _of_values(lambda whole, part: text(part) in text(whole)),
    "DATE": _of_values(lambda year, month, day: date(int(year), int(month), int(day))),
    "DAY": _of_values(lambda value: Decimal(value.day) if value else None),
    "FLOOR": _of_values(lambda value: _to_integral(value, ROUND_FLOOR)),
    "IF": _if,
    "ISBLANK": _of_values(is_blank),
    "ISCHANGED": _changed,
    "ISNEW": lambda moment, _arguments: moment.is_new,
    "ISNULL": _of_values(is_blank),
    "ISPICKVAL": _of_values(lambda picked, value: text(picked) == text(value)),
    "LEFT": _of_values(lambda value, count: text(value)[: int(count)]),
    "LEN": _of_values(lambda value: Decimal(len(text(value)))),
    "LOWER": _of_values(lambda value: text(value).lower()),
    "MAX": _of_values(lambda *values: max(number(value) for value in values)),
    "MIN": _of_values(lambda *values: min(number(value) for value in values)),
    "MONTH": _of_values(lambda value: Decimal(value.month) if value else None),
    "NOT": _of_values(lambda value: value is not True),
    "NULLVALUE": _or_blank,
    "OR": _any,
    "PRIORVALUE": _prior,
    "RIGHT": _of_values(lambda value, count: text(value)[-int(count) :] if int(count) else ""),
    "ROUND": _of_values(lambda value, places: rounded(number(value), int(places))),
    "SUBSTITUTE": _of_values(lambda value, old, new: text(value).replace(text(old), text(new))),
    "TEXT": _of_values(text),
    "TODAY": lambda moment, _arguments: moment.run.calendar.today,
    "TRIM": _of_values(lambda value: text(value).strip()),
    "UPPER": _of_values(lambda value: text(value).upper()),
    "VALUE": _of_values(number),
    "YEAR": _of_values(lambda value: Decimal(value.year) if value else None),
}
