"""A place for descriptions that lasts as long as the test."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass
class KeptInMemory:
    """Keeps what would be kept: plain JSON, saved at `now`."""

    now: datetime = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    saved: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def load(self, key: str) -> tuple[Any, datetime] | None:
        found = self.saved.get(key)
        return None if found is None else (json.loads(found[0]), found[1])

    def save(self, key: str, data: Any) -> None:
        self.saved[key] = (json.dumps(data), self.now)
