"""Finding the configuration file and reading it, with every mistake told at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs
from pydantic import ValidationError

from sfspiris.config import apart, layers, mistakes
from sfspiris.config.layers import EXAMPLE, Place
from sfspiris.config.mistakes import Mistake
from sfspiris.config.settings import SOURCE_FIELDS, Settings
from sfspiris.config.values import Frame
from sfspiris.core.capabilities import MARKERS_ON_ORDERS, MarkerField
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from sfspiris.config.layers import Layer
    from sfspiris.config.positions import Key
    from sfspiris.config.settings import CompanySettings

DEFAULT_NAME: Final = "sfspiris.toml"
VARIABLE: Final = "SFSPIRIS_CONFIG"


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
        remedy=f"`sfspiris init` writes one ({EXAMPLE}). Or name the file with --config or {VARIABLE}.",
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration in force: its settings, and the files, the lowest first, that say them.

    `places` has the place of every key that stands in a file; of the others the default is in force. `document` is what the files
    say, as they say it.
    """

    settings: Settings
    files: tuple[Layer, ...]
    document: Mapping[str, Any]
    places: Mapping[Key, Place]

    @property
    def checksum(self) -> str:
        """By what the processing history names it; see `layers.checksum`."""
        return layers.checksum(self.files)


def load(path: Path, *, today: date) -> Settings:
    """The settings that a file gives, as `read` reads them."""
    return read(path, today=today).settings


def read(path: Path, *, today: date) -> Loaded:
    """The configuration in a file and in all that it extends. `today` is the Swedish day, by which organisation numbers are judged.

    Raises ConfigError with one line for every mistake: its file and line, the key, what is wrong with it, and a valid value; and
    when two environments would share their memory or their sign-ins.
    """
    files = layers.read(path.absolute())
    document, places = layers.merged(files)
    found: list[Mistake] = []
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(document, context=Frame(path.absolute().parent, today))
    except ValidationError as error:
        found += mistakes.from_pydantic(error)
    found += _beyond_single_keys(document, settings)
    if settings is None or found:
        raise _refusal(files, found, places)
    apart.check(files, settings, places)
    return Loaded(settings, files, document, places)


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
                beside=("salesforce", "environment"),
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


def _refusal(files: tuple[Layer, ...], found: list[Mistake], places: Mapping[Key, Place]) -> ConfigError:
    top = files[-1].file
    order = [one.file for one in files]
    placed = sorted(
        ((layers.place_of(one.key, places, top), one) for one in found),
        key=lambda pair: (order.index(pair[0].file), pair[0].line),
    )
    told = [f"{place}: {one}{_elsewhere(one.beside, place, places)}" for place, one in placed]
    intro = "" if len(told) == 1 else f"{top.name} has {len(told)} mistakes:\n"
    is_below = any(place.file != top for place, _ in placed)
    anew = f" What {top.name} says goes over the files that it extends." if is_below else ""
    return ConfigError(intro + "\n".join(told), remedy=f"Correct them and run again; {EXAMPLE}.{anew}")


def _elsewhere(beside: Key | None, place: Place, places: Mapping[Key, Place]) -> str:
    """Where the other of two settings that do not go together stands, when that is another file."""
    other = places.get(beside or ())
    if beside is None or other is None or other.file == place.file:
        return ""
    return f" {mistakes.dotted(beside)} stands in {other}."
