"""Refusals and gateway errors without end, in virtual time: waits are bounded, creates leave once, and nothing is called done."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from loopback import Act, Loopback, reply
from sfspiris.adapters.transport import Effect, Limits, Pace, Transport
from sfspiris.errors import OutcomeUnknown, OutOfQuota, Retryable, SfspirisError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits()
OVER_QUOTA = {"ErrorCode": 4010, "DeveloperErrorMessage": "quota exceeded! Try again in 55 seconds."}
PAGE = "<html>Bad gateway</html>"
NOW = "Fri, 20 Nov 2026 08:00:00 GMT"
AFTER = (
    None,
    "0",
    "-5",
    "1",
    "0.5",
    "59",
    "31536000",
    "soon",
    "999999999999",
    NOW,
    "Fri, 20 Nov 2026 08:00:30 GMT",
    "Thu, 19 Nov 2026 08:00:00 GMT",
    "Sat, 20 Nov 2027 08:00:00 GMT",
)
PASSING = (408, 425, 429, 429, 429, 500, 502, 503, 504)
FOR_GOOD = (200, 201, 301, 302, 307, 400, 401, 403, 404, 409, 410, 422, 501, 505)
ONCE = (Effect.CREATE, Effect.TOKEN)


@dataclass
class Storm:
    """A service in trouble, a transport to it, and time that passes only when it is waited."""

    server: Loopback
    transport: Transport = field(init=False)
    waited: list[float] = field(default_factory=list)
    ends: float = float("inf")

    def __post_init__(self) -> None:
        pace = Pace(sleep=self.waited.append, monotonic=self.now, jitter=lambda: 0.5)
        self.transport = Transport(service="Spiris", pace=pace, limits=LIMITS, ends=self.ends)

    def now(self) -> float:
        return time.monotonic() + sum(self.waited)


@pytest.fixture
def storm() -> Iterator[Storm]:
    with Loopback() as server:
        found = Storm(server)
        yield found
        found.transport.close()


def answers(chance: random.Random) -> Iterator[tuple[int, bool, Act]]:
    """Status, whether the vendor itself says so, and the answer; without end."""
    while True:
        status = chance.choice(PASSING if chance.random() < 0.7 else FOR_GOOD)
        is_vendors = chance.random() < 0.5
        after = chance.choice(AFTER)
        headers = {"Date": NOW} if chance.random() < 0.5 else {}
        if after is not None and status in {429, 503}:
            headers["Retry-After"] = after
        yield status, is_vendors, reply(OVER_QUOTA if is_vendors else PAGE, status=status, headers=headers)


def one(storm: Storm, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - replays
    effect = chance.choice(list(Effect))
    told = answers(chance)
    script = [next(told) for _ in range(LIMITS.attempts)]
    storm.server.forget()
    storm.server.play(*(act for _, _, act in script))
    storm.waited.clear()
    began = storm.now()
    outcome: int | SfspirisError
    try:
        outcome = storm.transport.request(
            "GET" if effect is Effect.READ else "POST", storm.server.url + "/v2/customers", effect=effect
        ).status
    except SfspirisError as error:
        outcome = error
    sent = len(storm.server.requests)
    status, is_vendors, _ = script[sent - 1]
    assert 1 <= sent <= (1 if effect in ONCE else LIMITS.attempts)
    assert len(storm.waited) == sent - 1, "one more call for each refusal that is waited out, and no other"
    assert all(0 <= wait <= LIMITS.longest_wait + 1 for wait in storm.waited)
    assert storm.now() - began <= LIMITS.attempts * (LIMITS.total + LIMITS.longest_wait + 1)
    if isinstance(outcome, int):
        assert outcome == status
        assert status not in PASSING or effect is Effect.TOKEN
    elif effect is Effect.CREATE:
        assert isinstance(outcome, OutcomeUnknown | OutOfQuota)
        assert isinstance(outcome, OutOfQuota) <= (status == 429 and is_vendors), (
            "only what is provably not done"
        )
    elif effect is Effect.REPLACE and not all(one == 429 and theirs for one, theirs, _ in script[:sent]):
        assert isinstance(outcome, OutcomeUnknown), "one of them may have been carried out"
    else:
        assert isinstance(outcome, Retryable)
        assert status in PASSING
        assert outcome.message
        assert outcome.remedy


def test_whatever_a_tired_service_answers_is_waited_out_within_bounds_or_told(storm: Storm) -> None:
    for seed in range(3000):
        one(storm, seed)


@pytest.mark.release
@pytest.mark.timeout(3600)
def test_thirty_thousand_answers_of_a_tired_service(storm: Storm) -> None:
    for seed in range(30_000):
        one(storm, seed)


def test_refusals_without_end_end_the_run_when_its_time_is_up() -> None:
    """Nothing more is asked then, and the words say that the same command goes on from there."""
    with Loopback() as server:
        storm = Storm(server, ends=time.monotonic() + 300)
        server.play(*[reply(OVER_QUOTA, status=429)] * 50)
        stopped: list[SfspirisError] = []
        while not stopped or stopped[-1].code != "RUN_TIME_UP":
            with pytest.raises((OutOfQuota, Unreachable)) as refused:
                storm.transport.request("GET", server.url, effect=Effect.READ)
            stopped.append(refused.value)
        storm.transport.close()
        assert sum(storm.waited) < 300 + LIMITS.longest_wait + 1
        assert len(server.requests) == len(storm.waited) + len(stopped) - 1
        assert "goes on from there" in stopped[-1].remedy
