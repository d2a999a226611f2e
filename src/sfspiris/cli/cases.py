"""User tests as they are written: one deal, what the books hold, and what it must become. TOML or JSON, one per file."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUFFIXES: Final = frozenset({".toml", ".json"})


class _Section(BaseModel):
    """Frozen, and a misspelt key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class KnownCustomer(_Section):
    """A customer that the books have already."""

    number: str
    name: str
    orgnr: str | None = None


class Books(_Section):
    """What the company's books hold. `articles` gives percent of VAT by number; left out, each line's article is there at 25 %.

    `terms` are days.
    """

    articles: dict[str, Decimal] | None = None
    customers: tuple[KnownCustomer, ...] = ()
    terms: tuple[int, ...] = ()
    rounds_to_krona: bool = False


class Expectation(_Section):
    """What the deal must become. Only what is named is compared; payloads are what Spiris would be sent."""

    company: str | None = None
    hold: str | None = None
    holds: tuple[str, ...] | None = None
    warnings: tuple[str, ...] | None = None
    customer: dict[str, Any] | None = None
    draft: dict[str, Any] | None = None
    totals: dict[str, Any] | None = None

    def facts(self) -> dict[str, Any]:
        """What is compared: a deal of which no hold is expected must have none."""
        named = self.model_dump(exclude_none=True, exclude={"hold", "holds"})
        held = self.holds if self.holds is not None else (self.hold,) if self.hold else ()
        return {"holds": sorted(held), **named}


class _Written(_Section):
    name: str
    today: date
    given: dict[str, Any]
    spiris: Books = Books()
    expect: Expectation = Field()


@dataclass(frozen=True, slots=True)
class Case:
    """One test. `given` and `lines` are Salesforce paths with their values; `today` is the Swedish day of the push."""

    file: Path
    name: str
    today: date
    given: Mapping[str, Any]
    lines: tuple[Mapping[str, Any], ...]
    books: Books
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One place where what came out is not what was expected; None is nothing there."""

    field: str
    expected: str | None
    actual: str | None


def read_cases(folder: Path) -> tuple[Case, ...]:
    """Every test of a folder, by file name.

    Raises UsageError when there is no such folder or no test in it, and for a file that is not as a test must be.
    """
    files = sorted(one for one in folder.glob("*") if one.suffix in _SUFFIXES) if folder.is_dir() else []
    if not files:
        raise UsageError(
            f"There is no test in {folder}.",
            remedy="`sfspiris test --example` writes two to begin with; or name another folder.",
        )
    return tuple(_case(file) for file in files)


def mismatches(expected: Any, actual: Any, field: str = "") -> list[Mismatch]:
    """Where `actual` is not what `expected` names; keys that are not named are not compared, lists are compared whole."""
    match expected, actual:
        case dict(), dict():
            return [
                found
                for key, value in expected.items()
                for found in mismatches(value, actual.get(key), f"{field}.{key}" if field else key)
            ]
        case ((list() | tuple()), (list() | tuple())) if len(expected) == len(actual):
            return [
                found
                for position, (one, other) in enumerate(zip(expected, actual, strict=True), start=1)
                for found in mismatches(one, other, f"{field}[{position}]")
            ]
        case _:
            told, came = _text(expected, actual), _text(actual, expected)
            return [] if told == came else [Mismatch(field, told, came)]


def _text(value: Any, beside: Any) -> str | None:
    """A value as both sides write it: 1000, 1000.00 and "1000.00" beside a number are the same."""
    if _is_number(value) or (isinstance(value, str) and _is_number(beside)):
        try:
            return f"{Decimal(value).normalize() + 0:f}"
        except ArithmeticError:
            return str(value)
    match value:
        case None:
            return None
        case list() | tuple():
            return ", ".join(_text(one, None) or "" for one in value) or "none"
        case dict() | bool():
            return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
        case _:
            return str(value)  # a day is written as 2026-11-20


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _case(file: Path) -> Case:
    try:
        text = file.read_text(encoding="utf-8-sig")
        raw = (
            tomllib.loads(text, parse_float=Decimal)
            if file.suffix == ".toml"
            else json.loads(text, parse_float=Decimal)
        )
        written = _Written.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(one) for one in first["loc"])
        raise UsageError(f"{file}: {place}: {first['msg']}.", remedy=_SHAPE) from None
    except (ValueError, OSError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", remedy=_SHAPE) from error
    given = dict(written.given)
    lines = given.pop("lines", [])
    if not isinstance(lines, list) or not all(isinstance(one, dict) for one in lines):
        raise UsageError(f"{file}: given.lines is no list of lines.", remedy=_SHAPE)
    return Case(file, written.name, written.today, given, tuple(lines), written.spiris, written.expect)


_SHAPE: Final = (
    "A test has name, today, [given], [[given.lines]] and [expect]; `sfspiris test --example` shows one."
)
