"""Two environments of one chain of files never share a memory or sign-ins by accident.

A memory is bound to one org and to the books of each company's key, and sign-ins are kept by `salesforce` and `spiris:KEY`, whichever
environment they are for. A run meets a foreign sign-in or org and stops; by then the file that goes over another one may have
replaced the sign-in that the other needs, or moved a cursor past deals that the other never saw. So it is refused when it is read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs

from sfspiris.config import layers
from sfspiris.config.mistakes import dotted
from sfspiris.config.settings import usual_login
from sfspiris.errors import ConfigError
from sfspiris.state.address import state_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sfspiris.config.layers import Layer, Place
    from sfspiris.config.positions import Key
    from sfspiris.config.settings import Settings

_USUAL: Final = "production"
_ORGNR_DIGITS: Final = 10  # without the century that may stand before them


def check(files: Sequence[Layer], settings: Settings, places: Mapping[Key, Place]) -> None:
    """Raise ConfigError when the configuration leads elsewhere than one that it extends, but remembers in the same place.

    `files` are those of the configuration, the lowest first.
    """
    top = files[-1].file
    for number in range(1, len(files)):
        below, _ = layers.merged(files[:number])
        moved = next(_moved(below, settings), None)
        shared = tuple(_shared(below, settings)) if moved else ()
        if moved is None or not shared:
            continue
        raise ConfigError(
            f"{layers.place_of(moved, places, top)}: {dotted(moved)} is another one than in {files[number - 1].file.name}, but "
            f"both keep {' and '.join(what for what, _ in shared)}. What one remembers would be taken for what the other did.",
            remedy=f"Write into {top.name}: {' and '.join(line.format(name=top.stem) for _, line in shared)}. Or say "
            f"{dotted(moved)} in {files[number - 1].file.name}, if it is the same for both.",
        )


def _moved(below: Mapping[str, Any], settings: Settings) -> Iterator[Key]:
    """The settings that lead to another org, or to other books, than the file below does."""
    known = _table(below, "salesforce")
    org, environment = settings.salesforce, known.get("environment", _USUAL)
    if org.environment != environment:
        yield ("salesforce", "environment")
    for name, now in (("login_url", org.login_url), ("base_url", org.base_url), ("username", org.username)):
        before = known.get(name)
        if isinstance(before, str) and before.strip().rstrip("/") != now:
            yield ("salesforce", name)
    if "login_url" not in known and org.login_url != usual_login(environment, org.base_url):
        yield ("salesforce", "login_url")
    for name, company in settings.companies.items():
        books = _table(_table(below, "companies"), name)
        if company.environment != (books.get("environment", _USUAL) if books else environment):
            yield ("companies", name, "environment")
        base_url, orgnr = books.get("base_url"), books.get("orgnr")
        if isinstance(base_url, str) and base_url.strip().rstrip("/") != company.base_url:
            yield ("companies", name, "base_url")
        if isinstance(orgnr, str) and re.sub(r"\D", "", orgnr)[-_ORGNR_DIGITS:] != company.orgnr:
            yield ("companies", name, "orgnr")


def _shared(below: Mapping[str, Any], settings: Settings) -> Iterator[tuple[str, str]]:
    """What both would keep in one place, and the line that gives this configuration one of its own."""
    if _memory(below, settings.folder) == settings.state_file.resolve():
        yield f"their memory in {settings.state_file}", '[state] url = "sqlite:///{name}.db"'
    kept = settings.secrets
    own: object = {"file": kept.file.resolve(), "command": kept.command}.get(kept.store)
    if kept.store != "env" and _sign_ins(below, settings.folder) == (kept.store, own):
        where = {"file": str(kept.file), "command": "the same helper"}.get(kept.store, "the key store")
        yield f"their sign-ins in {where}", '[secrets] store = "file" with file = "{name}-tokens"'


def _memory(below: Mapping[str, Any], folder: Path) -> Path | None:
    url = _table(below, "state").get("url", "sqlite:///sfspiris.db")
    try:
        return state_file(str(url), base=folder).resolve()
    except ConfigError:  # no configuration could use it
        return None


def _sign_ins(below: Mapping[str, Any], folder: Path) -> tuple[object, object]:
    known = _table(below, "secrets")
    store = known.get("store", "keyring")
    if store == "file":
        named = known.get("file")
        usual = platformdirs.user_config_path("sfspiris") / "tokens"
        return store, (usual if named is None else folder / Path(str(named)).expanduser()).resolve()
    return store, known.get("command") if store == "command" else None


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}
