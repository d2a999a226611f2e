"""How far the CRM's clock was ahead of this machine's when it was last heard.

What is recorded before the CRM answers, or without asking it, is told by its clock all the same: a run's start, a decision.
Nothing is kept while the clocks agree.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.state.catalog import Catalog

AGREE: Final = timedelta(seconds=2)
"""Clocks that differ by no more agree: an answer tells its time in whole seconds, and has been on its way for a moment."""

_KEY: Final = "server clock"


def kept_ahead(catalog: Catalog) -> timedelta:
    """What to add to this machine's time; negative when its clock is fast."""
    known = catalog.load(_KEY)
    return timedelta(0) if known is None else timedelta(seconds=float(known[0]["ahead_seconds"]))


def keep_ahead(catalog: Catalog, ahead: timedelta, *, at: datetime) -> None:
    """Remember it, unless it is what is remembered already, as far as can be told."""
    if abs(ahead - kept_ahead(catalog)) > AGREE:
        catalog.save(_KEY, {"ahead_seconds": str(ahead.total_seconds())}, at=at)
