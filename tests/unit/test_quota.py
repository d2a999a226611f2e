"""Requests are paced so that a service never has to refuse one of ours, and hardly any of its quota is left unused."""

from __future__ import annotations

import heapq
import json
import random
from collections import deque
from typing import TYPE_CHECKING

import pytest

from sfspiris.adapters.quota import OwnBook, Quota, SharedBook, Turnstile, endpoint_of, reserve, settle
from sfspiris.adapters.transport import Pace

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = 60.0


class Service:
    """Counts arrivals as strictly as anybody could: in every fixed minute, and in every sliding one."""

    def __init__(self, calls: int, *, phase: float) -> None:
        self.calls = calls
        self.phase = phase
        self.sliding: deque[float] = deque()
        self.minute = 0
        self.in_minute = 0
        self.refused = 0
        self.taken = 0

    def arrive(self, at: float) -> None:
        minute = int((at + self.phase) // WINDOW)
        if minute != self.minute:
            self.minute, self.in_minute = minute, 0
        while self.sliding and self.sliding[0] <= at - WINDOW:
            self.sliding.popleft()
        if len(self.sliding) >= self.calls or self.in_minute >= self.calls:
            self.refused += 1
            return
        self.taken += 1
        self.in_minute += 1
        self.sliding.append(at)


def rush(seed: int, *, processes: int, requests: int, slowest: float) -> tuple[int, float]:
    """Processes that send as fast as they may, in virtual time: how many were refused, and the share of the quota used."""
    chance = random.Random(seed)  # noqa: S311 - replays
    quota = Quota(600)
    service = Service(600, phase=chance.uniform(0, WINDOW))
    taken: list[float] = []
    events: list[tuple[float, int, str, int, float]] = [
        (chance.random(), one, "ready", one, 0.0) for one in range(processes)
    ]
    heapq.heapify(events)
    left, count, now = requests, processes, 0.0

    def later(at: float, what: str, who: int, reserved: float) -> None:
        nonlocal count
        count += 1
        heapq.heappush(events, (at, count, what, who, reserved))

    while events:
        now, _, what, who, reserved = heapq.heappop(events)
        if what == "ready" and left:
            wait = reserve(taken, quota, now=now)
            if wait is not None:
                later(now + wait + 0.001, "ready", who, 0.0)
                continue
            left -= 1
            underway, back = chance.uniform(0.001, slowest / 2), chance.uniform(0.001, slowest / 2)
            later(now + underway, "arrive", who, now)
            later(now + underway + back, "answered", who, now)
        elif what == "arrive":
            service.arrive(now)
        elif what == "answered":
            settle(taken, quota, reserved=reserved, now=now)
            later(now, "ready", who, 0.0)
    # The first window's worth needs no window; what comes after it is held to the quota's pace.
    return service.refused, (requests - 600) / (now / WINDOW * 600)


@pytest.mark.parametrize(("processes", "slowest"), [(2, 0.05), (8, 0.2), (32, 1.0)])
def test_nothing_is_refused_at_97_percent_of_the_quota_however_many_processes_share_it(
    processes: int, slowest: float
) -> None:
    refused, share = rush(1, processes=processes, requests=6000, slowest=slowest)
    assert refused == 0
    assert share >= 0.97


@pytest.mark.release
@pytest.mark.timeout(3600)
def test_nothing_is_refused_in_a_million_requests() -> None:
    for seed in range(100):
        refused, share = rush(seed, processes=32, requests=10_000, slowest=1.0)
        assert refused == 0
        assert share >= 0.97


def test_a_pace_without_a_guard_on_arrival_is_refused() -> None:
    """The measure can fail: giving a place back a window after it was sent, not after it was answered, is too early."""
    chance = random.Random(7)  # noqa: S311 - replays
    service, sent = Service(600, phase=0.0), deque[float]()
    arrivals = []
    now = 0.0
    for _ in range(3000):
        while sent and sent[0] <= now - WINDOW:
            sent.popleft()
        if len(sent) >= 600:
            now = sent[0] + WINDOW
            sent.popleft()
        sent.append(now)
        arrivals.append(now + chance.uniform(0.001, 1.0))
        now += 0.01
    for at in sorted(arrivals):
        service.arrive(at)
    assert service.refused > 0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self) -> Pace:
        return Pace(sleep=self.sleep, monotonic=lambda: self.now, jitter=lambda: 0.0)


def test_two_processes_share_one_file(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "quota" / "one.json"
    first, second = (Turnstile(Quota(3), SharedBook(file), clock.pace()) for _ in range(2))
    with first.turn("customers"):
        clock.now += 1
    with second.turn("customers"):
        clock.now += 1
    with first.turn("customers"):
        pass
    assert clock.slept == []
    with second.turn("articles"):
        pass
    assert clock.slept == [], "every endpoint has a quota of its own"
    with second.turn("customers"):
        pass
    assert clock.slept == pytest.approx([59.001]), "a window after the first answer"


def test_a_place_whose_process_died_is_free_when_its_request_must_be_over(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "one.json"
    book = SharedBook(file)
    book.change("customers", lambda taken: reserve(taken, Quota(1), now=clock.now))
    with Turnstile(Quota(1), book, clock.pace()).turn("customers"):
        pass
    assert clock.slept == pytest.approx([90.001])


def test_what_was_written_before_a_restart_of_the_machine_keeps_nobody_waiting(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "one.json"
    file.write_text(json.dumps({"customers": [999_999.0] * 600}))
    with Turnstile(Quota(600), SharedBook(file), clock.pace()).turn("customers"):
        pass
    assert clock.slept == []


@pytest.mark.parametrize("content", ["", "[]", '{"customers": 7}', '{"customers": ["x"]}', "\x00" * 40])
def test_a_broken_file_is_begun_anew(tmp_path: Path, content: str) -> None:
    clock, file = Clock(), tmp_path / "one.json"
    file.write_text(content)
    with Turnstile(Quota(1), SharedBook(file), clock.pace()).turn("customers"):
        pass
    assert list(json.loads(file.read_text())) == ["customers"]


def test_a_folder_that_cannot_be_made_leaves_each_process_to_itself(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    clock = Clock()
    turnstile = Turnstile(Quota(1), SharedBook(tmp_path / "taken" / "one.json"), clock.pace())
    for _ in range(2):
        with turnstile.turn("customers"):
            pass
    assert clock.slept == pytest.approx([60.001])


def test_a_failed_request_counts_too() -> None:
    clock = Clock()
    turnstile = Turnstile(Quota(1), OwnBook(), clock.pace())
    with pytest.raises(ConnectionError), turnstile.turn("customers"):
        raise ConnectionError
    with turnstile.turn("customers"):
        pass
    assert clock.slept == pytest.approx([60.001])


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/v2/customers", "customers"),
        ("/v2/customerinvoicedrafts/1b2c", "customerinvoicedrafts"),
        ("/v2/", "v2"),
        ("/", ""),
    ],
)
def test_what_lies_below_one_resource_counts_together(path: str, endpoint: str) -> None:
    assert endpoint_of(path) == endpoint
