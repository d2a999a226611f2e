"""Descriptions that an adapter reads seldom, kept between runs by whoever calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Kept(Protocol):
    """Keeps plain JSON data under a key; numbers with decimals as text. Nothing personal belongs here."""

    def load(self, key: str) -> tuple[Any, datetime] | None:
        """The data and when (UTC) it was saved, or None."""

    def save(self, key: str, data: Any) -> None:
        """Keep the data in place of what was there."""
