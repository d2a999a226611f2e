"""Several calls to a ledger at the same time, each waited for by a thread of its own."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

from sfspiris.engine.crew import Answer, answered
from sfspiris.errors import Unreachable

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
        """As `Crew.give`. Where no thread can be started, that is the answer: nothing was sent."""
        thread = threading.Thread(target=self._wait, args=(number, call), name=f"call-{number}", daemon=True)
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:
            self._answers.put(Answer(number, error=_no_thread(error)))
        else:
            self._waiting[number] = thread

    def answer(self) -> Answer:
        """As `Crew.answer`."""
        answer = self._answers.get()
        if thread := self._waiting.pop(answer.number, None):
            thread.join()
        return answer

    def let_go(self) -> None:
        """Wait for the calls of a run that was given up in a process which lives on; nobody takes their answers."""
        for one in self._waiting.values():
            one.join()
        self._waiting.clear()

    def _wait(self, number: int, call: Callable[[], object]) -> None:
        """Carry out the call; whatever ends it is answered, since a thread that died in silence would be waited for."""
        try:
            answer = answered(number, call)
        except BaseException as error:  # noqa: BLE001 - raised where the answer is taken
            answer = Answer(number, error=error)
        self._answers.put(answer)


def _no_thread(error: Exception) -> Unreachable:
    told = f" ({error})" if str(error) else ""
    return Unreachable(
        f"This machine starts no more threads{told}, so a call could not begin: nothing of it was sent.",
        remedy="Nothing is lost. End other programs or raise the limit of processes (`ulimit -u`), or set "
        "concurrent_creates = 1 under [limits] in sfspiris.toml, then run the same command again.",
    )
