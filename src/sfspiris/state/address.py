"""Where the state lives: one SQLite file, named by a URL or a bare path."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sfspiris.errors import ConfigError

_SQLITE: Final = "sqlite:///"
_REMEDY: Final = (
    'Set [state] url (or --state, SFSPIRIS_STATE) to a file: url = "sqlite:///sfspiris.db" or a bare path.'
)


def state_file(address: str | Path, *, base: Path) -> Path:
    """The file that a `sqlite:///` URL or a bare path names; a relative one is taken from `base`.

    Raises ConfigError for any other database, and for a SQLite address that would remember nothing. The address itself
    is not repeated in the message, since another database's may carry a password.
    """
    text = str(address).strip()
    scheme, separator, _ = text.partition("://")
    if separator and not text.startswith(_SQLITE):
        raise ConfigError(
            f"The state cannot be kept in {scheme or 'this kind of database'}: this version supports SQLite only.",
            remedy=_REMEDY,
        )
    name = text.removeprefix(_SQLITE)
    if not name or name == ":memory:" or "?" in name:
        raise ConfigError("The state's address does not name a file that stays.", remedy=_REMEDY)
    return (base / Path(name).expanduser()).absolute()
