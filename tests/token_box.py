"""A token store in memory that remembers what was asked of it, in order."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.ports.tokens import Tokens


class TokenBox:
    """Keeps what the tests put in; `events` lists saves and locks as they happen."""

    def __init__(self, **kept: Tokens) -> None:
        self._kept = {key.replace("__", ":"): tokens for key, tokens in kept.items()}
        self._guard = threading.Lock()
        self.events: list[str] = []

    def load(self, key: str) -> Tokens | None:
        return self._kept.get(key)

    def save(self, key: str, tokens: Tokens) -> None:
        self.events.append(f"save {key}")
        self._kept[key] = tokens

    def delete(self, key: str) -> None:
        self._kept.pop(key, None)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        with self._guard:
            self.events.append(f"lock {key}")
            yield
            self.events.append(f"unlock {key}")
