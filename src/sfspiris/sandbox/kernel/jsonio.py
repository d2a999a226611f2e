"""JSON with exact numbers, in both directions."""

import json
import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from starlette.responses import Response

# Marks a number on its way through the standard library's encoder, which can write a decimal only as a float or a string.
# Random per process, so no text from outside can be mistaken for one.
_NUMBER = f"number-{secrets.token_hex(12)}:"


def loads(text: str | bytes) -> Any:
    """Parse JSON; a number with a point or exponent becomes a `Decimal`. Raises `ValueError` for anything but JSON."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("the document is nested too deeply") from None


def dumps(value: Any, *, indent: int | None = None) -> str:
    """`value` as JSON, compact unless indented. Decimals keep every digit they have; days are written YYYY-MM-DD.

    A moment is refused: each vendor writes moments its own way, and must have done so before.
    """
    found = False

    def encode(other: Any) -> str:
        nonlocal found
        if isinstance(other, Decimal):
            if not other.is_finite():
                raise ValueError(f"{other} is not a JSON number")
            found = True
            return f"{_NUMBER}{other:f}{_NUMBER}"
        if isinstance(other, date) and not isinstance(other, datetime):
            return other.isoformat()
        raise TypeError(f"{type(other).__name__} has no JSON form here: {other!r}")

    text = json.dumps(
        value,
        default=encode,
        ensure_ascii=False,
        separators=(",", ": " if indent else ":"),
        indent=indent,
        allow_nan=False,
    )
    return text.replace(f'"{_NUMBER}', "").replace(f'{_NUMBER}"', "") if found else text


def encode(value: Any) -> bytes:
    """`value` as JSON in UTF-8; text that has no UTF-8 form (half a surrogate pair) is written escaped."""
    text = dumps(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text).encode()


class JsonResponse(Response):
    """An answer whose body is `dumps` of the content; the vendor's own media type may be given."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body."""
        return encode(content)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
