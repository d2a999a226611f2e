"""The time for one whole request, while other threads have requests of their own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpcore
import pytest

from sfspiris.adapters.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def in_a_thread(act: Callable[[], None]) -> None:
    one = threading.Thread(target=act)
    one.start()
    one.join()


def test_what_is_left_bounds_every_step_and_then_nothing_is() -> None:
    clock = Clock()
    deadline = Deadline(clock)
    deadline.start(10)
    clock.now = 8
    assert deadline.bound(30, httpcore.ReadTimeout) == 2
    assert deadline.bound(1, httpcore.ReadTimeout) == 1
    assert deadline.bound(None, httpcore.ReadTimeout) == 2
    clock.now = 10
    assert deadline.has_passed
    with pytest.raises(httpcore.ReadTimeout):
        deadline.bound(30, httpcore.ReadTimeout)


def test_a_request_of_another_thread_neither_lengthens_nor_shortens_it() -> None:
    clock = Clock()
    deadline = Deadline(clock)
    deadline.start(10)
    in_a_thread(lambda: deadline.start(1000))
    clock.now = 9
    assert deadline.bound(30, httpcore.ReadTimeout) == 1
    seen: list[float] = []
    in_a_thread(lambda: seen.append(deadline.bound(30, httpcore.ReadTimeout)))
    assert seen == [30]
