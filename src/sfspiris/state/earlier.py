"""Which memory stood here before this one: made anew, or put back from a backup, it does not hold what was done in that one.

Bookkeeping rules ask for the whole history, so that whoever exports it must be told that there is more of it elsewhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sfspiris.core.audit import Earlier, Replaced

if TYPE_CHECKING:
    from sfspiris.state.catalog import Catalog

_KEY: Final = "earlier memories"


def keep_earlier(catalog: Catalog, found: Earlier) -> None:
    """Remember that this memory took another one's place, beside what it knows of earlier ones."""
    known = [
        {"how": one.how.value, "at": one.at.isoformat(), "kept_aside": one.kept_aside}
        for one in (*earlier_memories(catalog), found)
    ]
    catalog.save(_KEY, known, at=found.at)


def earlier_memories(catalog: Catalog) -> tuple[Earlier, ...]:
    """The memories whose place this one took, oldest first."""
    known = catalog.load(_KEY)
    return tuple(
        Earlier(Replaced(one["how"]), datetime.fromisoformat(one["at"]), one["kept_aside"])
        for one in (known[0] if known else ())
    )
