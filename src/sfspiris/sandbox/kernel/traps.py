"""A vendor's ways that clients trip on, by name. All of them hold, always, in every sandbox that people start.

A test of one is worth something only if it would notice the vendor without it, so each can be suspended from inside the
process: there is no call for it. Traps that a company may choose, or that a vendor leaves open, are switches or settings.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager


class Traps:
    """Which of the named traps hold: `"amount_follows_lines" in traps`."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._suspended: set[str] = set()

    def __contains__(self, name: object) -> bool:
        return name not in self._suspended

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """The vendor as it would be without one of them, until the block ends. Raises `KeyError` for an unknown name."""
        if name not in self._names:
            raise KeyError(name)
        self._suspended.add(name)
        try:
            yield
        finally:
            self._suspended.discard(name)
