"""Finding the configuration file and reading it, with every mistake told at once."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs
from pydantic import ValidationError

from sfspiris.config import mistakes
from sfspiris.config.mistakes import Mistake
from sfspiris.config.positions import positions
from sfspiris.config.settings import SOURCE_FIELDS, Settings
from sfspiris.config.values import Frame
from sfspiris.core.capabilities import MARKERS_ON_ORDERS, MarkerField
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from sfspiris.config.positions import Key
    from sfspiris.config.settings import CompanySettings

DEFAULT_NAME: Final = "sfspiris.toml"
VARIABLE: Final = "SFSPIRIS_CONFIG"

_EXAMPLE: Final = "`config.example.toml`, which comes with sfspiris, shows every key and what it means"
_PLACE: Final = re.compile(r" \(at line (?P<line>\d+), column \d+\)$|\s*\(at end of document\)$")


def find(explicit: str | None, environ: Mapping[str, str]) -> Path:
    """The configuration file: the one named by the option or by SFSPIRIS_CONFIG, else `sfspiris.toml` in the working folder,
    else the one in the user's config folder.

    Raises ConfigError naming the places where there is none.
    """
    named = explicit or environ.get(VARIABLE)
    places = (
        [Path(named).expanduser()]
        if named
        else [Path(DEFAULT_NAME), platformdirs.user_config_path("sfspiris") / DEFAULT_NAME]
    )
    for place in places:
        if place.is_file():
            return place.absolute()
    raise ConfigError(
        f"There is no configuration file: looked for {' and '.join(str(place.absolute()) for place in places)}.",
        remedy=f"Copy and fill in an example ({_EXAMPLE}), or name the file with --config or {VARIABLE}.",
    )


def load(path: Path, *, today: date) -> Settings:
    """The settings in a file. `today` is the Swedish day, by which organisation numbers are judged.

    Raises ConfigError with one line for every mistake in the file: its line, the key, what is wrong with it, and a valid
    value.
    """
    path = path.absolute()
    text = _read(path)
    document = _parse(text, path)
    found: list[Mistake] = []
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(document, context=Frame(path.parent, today))
    except ValidationError as error:
        found += mistakes.from_pydantic(error)
    found += _beyond_single_keys(document, settings)
    if settings is None or found:
        raise _refusal(path, found, positions(text))
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors put a mark in front
    except OSError as error:
        raise ConfigError(
            f"The configuration file {path} cannot be read: {error.strerror}.",
            remedy="Correct the path, or the rights on the file.",
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}:{line}: the file is not saved as UTF-8.",
            remedy="Save it again in your editor with the encoding UTF-8.",
        ) from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = (place and place["line"]) or text.count("\n") + 1
        raise ConfigError(
            f"{path}:{line}: this is not TOML: {_PLACE.sub('', str(error))}.",
            remedy=f'A line looks like this: mode = "active". {_EXAMPLE.capitalize()}.',
        ) from None


def _beyond_single_keys(document: Mapping[str, Any], settings: Settings | None) -> Iterator[Mistake]:
    """Names that refer to nothing; and, once every key is right, what contradicts each other."""
    companies = _table(document, "companies")
    for number, route in enumerate(_list(document, "routes")):
        to = route.get("company") if isinstance(route, dict) else None
        if isinstance(to, str) and to.strip() not in companies:
            yield Mistake(
                ("routes", number, "company"),
                f'leads to "{to}", which is no company of this file',
                nearest=mistakes.nearest(to, companies),
            )
    for name in _table(_table(document, "source"), "fields"):
        if name not in SOURCE_FIELDS:
            yield mistakes.unknown(("source", "fields", name), SOURCE_FIELDS)
    if settings is not None:
        yield from _contradictions(settings)


def _contradictions(settings: Settings) -> Iterator[Mistake]:
    """One set of books twice, and real systems beside rehearsals."""
    first_by_orgnr: dict[str, str] = {}
    for name, company in settings.companies.items():
        first = first_by_orgnr.setdefault(company.orgnr, name)
        if first != name:
            yield Mistake(
                ("companies", name, "orgnr"),
                f"is that of companies.{first} too; each company has its own books",
            )
        if (company.environment == "production") != (settings.salesforce.environment == "production"):
            yield Mistake(
                ("companies", name, "environment"),
                f'is "{company.environment}" while that of salesforce is "{settings.salesforce.environment}"; a '
                "rehearsal must never reach real books or real deals",
            )
        if company.target == "order" and company.marker.field not in MARKERS_ON_ORDERS:
            yield Mistake(("companies", name, "target"), _no_marker_on_orders(name, company))
    for number, route in enumerate(settings.routes):
        taker = settings.companies.get(route.company or "")
        if taker is None or route.target != "order" or taker.marker.field in MARKERS_ON_ORDERS:
            continue
        yield Mistake(("routes", number, "target"), _no_marker_on_orders(route.company or "", taker))


def _no_marker_on_orders(name: str, company: CompanySettings) -> str:
    known = ", ".join(one.value for one in MarkerField if one in MARKERS_ON_ORDERS)
    return (
        f'is "order", but an order has no {company.marker.field.value}, where companies.{name}.marker puts the deal\'s mark; '
        f"use one of {known}"
    )


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    return found if isinstance(found, list) else []


def _refusal(path: Path, found: list[Mistake], lines: Mapping[Key, int]) -> ConfigError:
    placed = sorted(((mistakes.line_of(one.key, lines), one) for one in found), key=lambda pair: pair[0])
    told = [f"{path}:{line}: {one}" for line, one in placed]
    intro = "" if len(told) == 1 else f"{path.name} has {len(told)} mistakes:\n"
    return ConfigError(intro + "\n".join(told), remedy=f"Correct them and run again; {_EXAMPLE}.")
