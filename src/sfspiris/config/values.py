"""Kinds of value that the configuration is made of, each with the words for what it is not."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
)

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Frame:
    """What a value may depend on besides itself: the file's folder, and the Swedish day."""

    folder: Path
    today: date


def frame(info: ValidationInfo) -> Frame:
    """The frame that the file is read in."""
    return cast("Frame", info.context)


def key(example: str, **more: Any) -> Any:
    """A key's field; `example` is a whole valid line for it, shown in refusals."""
    return Field(examples=[example], **more)


class Section(BaseModel):
    """A table of the configuration: no other keys, no values that have to be guessed, and never changed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_default=True, hide_input_in_errors=True
    )


def is_loopback(address: str) -> bool:
    """Whether a web address leads to this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _a_day(value: object) -> object:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("is not a day; write it without quotes and without a time")  # noqa: TRY004 - pydantic's protocol
    return value


def _a_number(value: object) -> Decimal:
    """Decimals may be written with or without quotes; tomllib is told to keep their digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("is not a number")  # noqa: TRY004 - pydantic's protocol
    try:
        number = Decimal(value)
    except ArithmeticError:
        raise ValueError("is not a number; write a decimal point, not a comma") from None
    if not number.is_finite():
        raise ValueError("is not a number")
    return number


def _an_address(value: str) -> str:
    """A web address without a slash at the end; only loopback may do without encryption."""
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("is not a web address")
    if value.startswith("http:") and not is_loopback(value):
        raise ValueError("is not encrypted; write https")
    return value.rstrip("/")


def _one_or_several(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _like(pattern: str, words: str) -> AfterValidator:
    """Refuses text that does not look like the pattern, in words."""
    shape = re.compile(pattern)

    def check(value: str) -> str:
        if not shape.fullmatch(value):
            raise ValueError(words)
        return value

    return AfterValidator(check)


Environment = Literal["production", "sandbox", "local"]
Owner = Literal["salesforce", "spiris", "first-write"]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Secret = Annotated[SecretStr, Field(min_length=1, strict=False)]
Address = Annotated[Text, AfterValidator(_an_address)]
Day = Annotated[date, BeforeValidator(_a_day)]
Number = Annotated[Decimal, BeforeValidator(_a_number)]
Currency = Annotated[str, _like(r"[A-Z]{3}", "is not a currency code of three capital letters")]
ApiVersion = Annotated[str, _like(r"[5-9][0-9]\.0", "is not a version of the API that is supported")]
CompanyKey = Annotated[
    str, _like(r"[a-z0-9-]+", "is not a valid name; use small letters a-z, digits and hyphens")
]
CrmPath = Annotated[
    str,
    _like(
        r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*", "is not a field of Salesforce, or a path to one"
    ),
]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_one_or_several)]
Steps = Annotated[
    tuple[Literal["link", "key", "orgnr", "vat_number", "customer_number", "email"], ...],
    BeforeValidator(_one_or_several),
]
Paths = Annotated[tuple[CrmPath, ...], BeforeValidator(_one_or_several)]
