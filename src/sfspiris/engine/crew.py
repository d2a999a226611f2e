"""Who waits for a ledger's answers: nobody but us, or several that wait at the same time.

What is decided, and what is written down, happens in one place and in one order, whoever waits. Only the call itself, from
the first byte to the answer, is given away.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of the call with that number: `made`, or the error that was raised."""

    number: int
    made: object = None
    error: BaseException | None = None


class Crew(Protocol):
    """Carries out calls, at most `size` of them at the same time."""

    @property
    def size(self) -> int:
        """How many calls may be under way."""

    def give(self, number: int, call: Callable[[], object]) -> None:
        """Begin the call; its answer comes with the number, also when it cannot begin or ends as no call should."""

    def answer(self) -> Answer:
        """The next answer, waiting for it; only when a call is under way."""


def answered(number: int, call: Callable[[], object]) -> Answer:
    """Carry out the call here and now."""
    try:
        return Answer(number, made=call())
    except Exception as error:  # noqa: BLE001 - whoever gave the call gets it, and raises it there
        return Answer(number, error=error)


class Alone:
    """Carries out each call as it is given."""

    size = 1

    def __init__(self) -> None:
        self._answers: deque[Answer] = deque()

    def give(self, number: int, call: Callable[[], object]) -> None:
        """As `Crew.give`."""
        self._answers.append(answered(number, call))

    def answer(self) -> Answer:
        """As `Crew.answer`."""
        return self._answers.popleft()
