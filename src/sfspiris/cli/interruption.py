"""Ctrl-C and SIGTERM while something is under way that must be written down before the run may end.

Creates and the notes of what became of them are a unit. A signal that arrives inside one waits for its end, and whoever
works in it can ask whether one is waiting, so as to begin nothing more; a second one does not wait, and neither does one that arrives while nothing but time passes. What a unit that was cut off had sent is
looked for by the next run.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Keeps signals waiting while a unit is being finished. `sleep` waits so many seconds; `tell` gets a sentence."""

    def __init__(self, *, sleep: Callable[[float], None], tell: Callable[[str], None]) -> None:
        self._sleep = sleep
        self._tell = tell
        self._arrived: int | None = None
        self._is_pausing = False

    @contextmanager
    def unit(self) -> Iterator[Callable[[], bool]]:
        """What happens in this block is finished before a signal ends the process; what it gets tells whether one waits."""
        if threading.current_thread() is not threading.main_thread():
            yield lambda: False  # signals never arrive here
            return
        usual = {one: signal.getsignal(one) for one in _SIGNALS}
        waiting = [
            one for one, handler in usual.items() if callable(handler)
        ]  # an ignored signal stays ignored

        def note(number: int, frame: FrameType | None) -> None:
            if self._arrived is None and not self._is_pausing:
                self._arrived = number
                self._tell("Finishing what is under way; once more ends at once.")
                return
            handler = usual[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        for one in waiting:
            signal.signal(one, note)
        try:
            yield lambda: self._arrived is not None
        finally:
            for one in waiting:
                signal.signal(one, usual[one])
        if self._arrived is not None:
            number, self._arrived = self._arrived, None
            signal.raise_signal(number)

    def pause(self, seconds: float) -> None:
        """Wait; here nothing is under way, and a signal ends the process at once, also one that has waited."""
        if self._arrived is not None:
            number, self._arrived = self._arrived, None
            self._is_pausing = True
            signal.raise_signal(number)
        self._is_pausing = True
        try:
            self._sleep(seconds)
        finally:
            self._is_pausing = False
