"""How long, how often and how much: the limits of every request to a vendor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a request may take: seconds, but for `body_bytes` (decoded) and `attempts`.

    `total` bounds one attempt from its first to its last byte, and `patience` how long failing attempts may last together
    before no other begins. `longest_wait` is the longest pause that a vendor may
    ask for within a run. `idle` is how long a kept connection is trusted for another request, and `stale` how long a create may
    wait for its turn before it is not sent any more.
    """

    connect: float = 5.0
    read: float = 30.0
    total: float = 30.0
    patience: float = 60.0
    body_bytes: int = 64 * 2**20
    attempts: int = 4
    longest_wait: float = 65.0
    idle: float = 5.0
    stale: float = 120.0


DEFAULT_LIMITS: Final = Limits()
