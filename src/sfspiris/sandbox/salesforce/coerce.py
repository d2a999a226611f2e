"""Values from a request to values as records keep them, field by field, with the vendor's refusals."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.values import rounded, wire_date, wire_datetime, wire_time

if TYPE_CHECKING:
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
    if not text:
        return None
    match field.type:
        case "date":
            return _or_refused(field, value, wire_date(text))
        case "datetime":
            return _or_refused(field, value, wire_datetime(text))
        case "time":
            return _or_refused(field, value, wire_time(text))
        case "reference" | "id":
            return _id(field, text)
        case "picklist":
            return _pick(field, _sized(field, text))
        case "multipicklist":
            return _picks(field, _sized(field, text))
        case "email":
            if _MAIL.fullmatch(text) is None:
                raise ApiError(
                    "INVALID_EMAIL_ADDRESS",
                    f"{field.label}: invalid email address: {text}",
                    fields=(field.name,),
                )
            return _sized(field, text)
        case _:
            return _sized(field, text)


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
    if isinstance(value, bool):
        raise _unreadable(field, value)
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            raise _unreadable(field, value) from None
    else:
        number = Decimal(value)
    if not number.is_finite():
        raise _unreadable(field, value)
    whole_digits = (field.precision or _INT_DIGITS) - field.scale
    if abs(number) >= Decimal(10) ** whole_digits:
        raise ApiError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {number}",
            fields=(field.name,),
        )
    if field.type == "int":
        if number != number.to_integral_value():
            raise _unreadable(field, value)
        return int(number)
    return rounded(number, field.scale)


def _id(field: Field, text: str) -> str:
    found = ids.canonical(text)
    if found is None:
        raise ApiError(
            "MALFORMED_ID", f"{field.label}: id value of incorrect type: {text}", fields=(field.name,)
        )
    return found


def _pick(field: Field, text: str) -> str:
    """The value as the picklist spells it; unrestricted picklists keep what they do not know."""
    wanted = text.casefold()
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
    return ";".join(sorted(chosen, key=lambda value: order.get(value, len(order)))) or None


def _or_refused(field: Field, value: Any, found: str | None) -> str:
    if found is None:
        raise _unreadable(field, value)
    return found


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
