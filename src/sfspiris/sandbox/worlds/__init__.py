"""Worlds: what an org and its companies contain when a sandbox starts.

A world is one JSON document: `{"now": …, "salesforce": {…}, "spiris": {…}}`. `document` checks its shape and its
references; what stands in a record is the simulators' business. Worlds can be named (`demo`, `empty`), generated
(`generated:deals=10000,seed=1`), read from a file, or handed over as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfspiris.sandbox.kernel.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

GENERATED = "generated"


def load(source: str | dict[str, Any]) -> dict[str, Any]:
    """The world for a name, a file or a document, checked. Raises `SandboxError` saying what is wrong and where."""
    from sfspiris.sandbox.worlds.document import checked

    if isinstance(source, str):
        source = _named(source)
    return checked(source)


def _named(name: str) -> Any:
    named: dict[str, Callable[[], dict[str, Any]]] = {"demo": _demo, "empty": _empty}
    if name in named:
        return named[name]()
    if name.partition(":")[0] == GENERATED:
        from sfspiris.sandbox.worlds.generator import parse_options, world

        return world(**parse_options(name.partition(":")[2]))
    path = Path(name)
    if not path.is_file():
        raise SandboxError(
            f'There is no world "{name}". There are: demo, empty, generated:deals=1000,seed=1, or the path of a JSON file.'
        )
    return _read(path)


def _read(path: Path) -> Any:
    from sfspiris.sandbox.kernel.jsonio import loads

    try:
        return loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SandboxError(f"The world {path} cannot be read: {error}.") from error


def _demo() -> dict[str, Any]:
    from sfspiris.sandbox.worlds import demo

    return demo.world()


def _empty() -> dict[str, Any]:
    """An org and one company with the standard registers, ready for use, and no records."""
    from sfspiris.sandbox.worlds.group import ORG, SALESFORCE_CLIENT, SWEDISH_COMPANY
    from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

    return {
        "salesforce": {"org": ORG, "schema": CUSTOM_SCHEMA, "clients": [SALESFORCE_CLIENT], "records": {}},
        "spiris": {"companies": [SWEDISH_COMPANY]},
    }
