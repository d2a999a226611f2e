"""Values from a request to values as records keep them, field by field, with the vendor's refusals."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.values import rounded, wire_date, wire_datetime, wire_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.sandbox.salesforce.schema.model import Field

_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}
_INT_DIGITS: Final = 9
_SHOWN_VALUE: Final = 80


def stored(field: Field, value: Any) -> Any:
    """The value as the record keeps it; None clears the field. Raises `ApiError`."""
    if field.type == "boolean":
        return _boolean(field, value)
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise _unreadable(field, value)
    if field.is_number:
        return _number(field, value)
    text = _text(value)
    return _FROM_TEXT.get(field.type, _sized)(field, text) if text else None


def _text(value: Any) -> str:
    """Text as the platform keeps it: no white space around it, no NUL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\x00", "").strip()


def _sized(field: Field, text: str) -> str:
    if field.length and len(text) > field.length:
        raise ApiError(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {text} (max length={field.length})",
            fields=(field.name,),
        )
    return text


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    raise _unreadable(field, value)


def _number(field: Field, value: Any) -> Decimal | int | None:
    if isinstance(value, str) and not value.strip():
        return None
    number = _decimal(field, value)
    whole_digits = (field.precision or _INT_DIGITS) - field.scale
    if abs(number) >= Decimal(10) ** whole_digits:
        raise ApiError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {number}",
            fields=(field.name,),
        )
    if field.type != "int":
        return rounded(number, field.scale)
    if number != number.to_integral_value():
        raise _unreadable(field, value)
    return int(number)


def _decimal(field: Field, value: Any) -> Decimal:
    """The number that a JSON number or a text says. Raises `ApiError`."""
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise _unreadable(field, value) from None
    if isinstance(value, bool) or not number.is_finite():
        raise _unreadable(field, value)
    return number


def _id(field: Field, text: str) -> str:
    found = ids.canonical(text)
    if found is None:
        raise ApiError(
            "MALFORMED_ID", f"{field.label}: id value of incorrect type: {text}", fields=(field.name,)
        )
    return found


def _pick(field: Field, text: str) -> str:
    """The value as the picklist spells it; unrestricted picklists keep what they do not know."""
    wanted = _sized(field, text).casefold()
    for pick in field.picks:
        if pick.value.casefold() == wanted and (pick.active or not field.restricted):
            return pick.value
    if field.restricted and field.needs != "state_country_picklists":
        raise ApiError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label}: bad value for restricted picklist field: {text}",
            fields=(field.name,),
        )
    return text


def _picks(field: Field, text: str) -> str | None:
    """The chosen values in the picklist's order, each once."""
    chosen = dict.fromkeys(_pick(field, one.strip()) for one in text.split(";") if one.strip())
    order = {pick.value: place for place, pick in enumerate(field.picks)}
    joined = ";".join(sorted(chosen, key=lambda value: order.get(value, len(order))))
    return _sized(field, joined) or None


def _mail(field: Field, text: str) -> str:
    if _MAIL.fullmatch(text) is None:
        raise ApiError(
            "INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", fields=(field.name,)
        )
    return _sized(field, text)


def _read(reading: Callable[[str], str | None]) -> Callable[[Field, str], str]:
    def read(field: Field, text: str) -> str:
        found = reading(text)
        if found is None:
            raise _unreadable(field, text)
        return found

    return read


_FROM_TEXT: Final[dict[str, Callable[[Field, str], Any]]] = {
    "date": _read(wire_date),
    "datetime": _read(wire_datetime),
    "email": _mail,
    "id": _id,
    "multipicklist": _picks,
    "picklist": _pick,
    "reference": _id,
    "time": _read(wire_time),
}
"""How a type is read from text; the others keep the text as it is."""


def _unreadable(field: Field, value: Any) -> ApiError:
    """What the API's parser says of a value that the field's type cannot be made of."""
    kind = {
        dict: "START_OBJECT",
        list: "START_ARRAY",
        str: "VALUE_STRING",
        bool: "VALUE_TRUE" if value else "VALUE_FALSE",
        int: "VALUE_NUMBER_INT",
        Decimal: "VALUE_NUMBER_FLOAT",
        type(None): "VALUE_NULL",
    }[type(value)]
    words = "" if isinstance(value, dict | list) else f" value {str(value)[:_SHOWN_VALUE]}"
    return ApiError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {field.type} from {kind}{words} or request may be missing a required field "
        f"at [line:1, column:1] ({field.name})",
    )
