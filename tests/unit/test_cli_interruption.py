"""Signals in the middle of a unit, and the line that tells how far a run is."""

from __future__ import annotations

import io
import signal
from typing import TYPE_CHECKING

import pytest

from sfspiris.cli.interruption import Interruption
from sfspiris.cli.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def usual_handlers() -> Iterator[None]:
    kept = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for one, handler in kept.items():
        signal.signal(one, handler)


def test_a_signal_in_a_unit_waits_for_its_end_and_is_told() -> None:
    said: list[str] = []
    done: list[str] = []
    interruption = Interruption(sleep=lambda _: None, tell=said.append)

    def run() -> None:
        with interruption.unit():
            signal.raise_signal(signal.SIGINT)
            done.append("the unit")
        done.append("the next one")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert done == ["the unit"]
    assert len(said) == 1


def test_a_second_signal_does_not_wait() -> None:
    interruption = Interruption(sleep=lambda _: None, tell=lambda _: None)
    done: list[str] = []

    def run() -> None:
        with interruption.unit():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append("the unit")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert done == []


def test_a_pause_is_cut_short_since_nothing_is_under_way() -> None:
    def sleep(_: float) -> None:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("it slept on")

    interruption = Interruption(sleep=sleep, tell=lambda _: None)
    with pytest.raises(KeyboardInterrupt), interruption.unit():
        interruption.pause(60)


def test_a_signal_that_was_noted_before_a_pause_ends_it() -> None:
    slept: list[float] = []
    interruption = Interruption(sleep=slept.append, tell=lambda _: None)

    def run() -> None:
        with interruption.unit():
            signal.raise_signal(signal.SIGINT)
            interruption.pause(60)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert slept == []


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interruption(sleep=lambda _: None, tell=lambda _: None).unit():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


# --- how far a run is ----------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_far_a_run_is_and_nothing_stays() -> None:
    screen = Terminal()
    with Progress(screen, environ={"TERM": "xterm"}, is_wanted=True) as progress:
        progress.told(0, 1)
        progress.told(3, 12)
    shown = screen.getvalue()
    assert "3 of 12" in shown
    assert "0 of 1" not in shown
    assert shown.endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("stream", "term", "is_wanted"),
    [(io.StringIO(), "xterm", True), (Terminal(), "dumb", True), (Terminal(), "xterm", False)],
    ids=["no terminal", "a terminal that cannot erase", "not wanted"],
)
def test_nobody_else_sees_it(stream: io.StringIO, term: str, is_wanted: bool) -> None:
    with Progress(stream, environ={"TERM": term}, is_wanted=is_wanted) as progress:
        progress.told(3, 12)
    assert stream.getvalue() == ""
