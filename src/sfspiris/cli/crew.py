"""Several calls to a ledger at the same time, each waited for by a thread of its own."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from sfspiris.engine.crew import Answer, answered

if TYPE_CHECKING:
    from collections.abc import Callable


class Threads:
    """At most `size` calls at the same time. A thread only waits: it decides nothing and touches no memory of ours.

    The threads are daemons, so that a second Ctrl-C ends the process at once: what they had sent is on record as sent, and
    the next run looks for it.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._waiting: dict[int, threading.Thread] = {}

    @property
    def size(self) -> int:
        """How many calls may be under way."""
        return self._size

    def give(self, number: int, call: Callable[[], object]) -> None:
        """As `Crew.give`."""
        self._waiting[number] = threading.Thread(
            target=lambda: self._answers.put(answered(number, call)), name=f"call-{number}", daemon=True
        )
        self._waiting[number].start()

    def answer(self) -> Answer:
        """As `Crew.answer`."""
        answer = self._answers.get()
        self._waiting.pop(answer.number).join()
        return answer

    def let_go(self) -> None:
        """Wait for the calls of a run that was given up in a process which lives on; nobody takes their answers."""
        for one in self._waiting.values():
            one.join()
        self._waiting.clear()
