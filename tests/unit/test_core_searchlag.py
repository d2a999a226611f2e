"""What a measurement of the lists allows as settle window: the rule, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sfspiris.adapters.limits import DEFAULT_LIMITS
from sfspiris.core.model import Target
from sfspiris.core.planning.documents import SETTLE
from sfspiris.core.searchlag import (
    DAYS,
    OBSERVED,
    PROMPT,
    REQUEST,
    SHORTEST,
    UNMEASURED,
    VALID,
    Measurement,
    Observation,
    settle_allowed,
    standing,
)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def seen(
    after: float = 2,
    *,
    days_ago: float = 1,
    missing: float | None = None,
    late: float = 1,
    is_answered: bool = True,
) -> Observation:
    """A document that was seen so many seconds after it was made, and not yet `missing` seconds after."""
    made = NOW - days_ago * DAY
    return Observation(
        made - late * SECOND,
        made,
        made + after * SECOND,
        None if missing is None else made + missing * SECOND,
        is_answered=is_answered,
    )


def unlisted(*, days_ago: float = 1, is_gone: bool = False) -> Observation:
    sent = NOW - days_ago * DAY
    return Observation(sent, absent_at=sent + 2 * SECOND, is_gone=is_gone)


def enough(
    after: float = 2, *, number: int = OBSERVED, days: int = DAYS, late: float = 1
) -> list[Observation]:
    return [seen(after, days_ago=1 + number % days, late=late) for number in range(number)]


def allowed(minutes: float, *observations: Observation) -> str | None:
    return settle_allowed(minutes * MINUTE, Measurement("se", Target.DRAFT, observations), NOW)


def test_our_own_limit_of_a_request_is_the_one_that_requests_are_made_under() -> None:
    assert timedelta(seconds=DEFAULT_LIMITS.total) == REQUEST


def test_the_default_and_ten_minutes_need_no_measurement() -> None:
    assert SETTLE >= UNMEASURED
    assert [allowed(minutes) for minutes in (10, 15, 60)] == [None, None, None]


@pytest.mark.parametrize(
    ("minutes", "observations", "words"),
    [
        (9, [], "0 of 200 drafts of company se were seen"),
        (6, enough(number=OBSERVED - 1), "199 of 200 drafts"),
        (6, enough(days=DAYS - 1), "on 6 of 7 different days"),
        (6, enough(11), "0 of 200 drafts of company se were seen in the list within 10 seconds"),
        (7, enough(31), "within 30 seconds"),
        (9, enough(71), "within 1 minute 10 seconds"),
        (6, [*enough(), seen(11, missing=1)], "seen 11 seconds after it was made"),
        (6, [*enough(), seen(4 * 3600, missing=1)], "seen 240 minutes after it was made"),
        (9, [*enough(), seen(90, missing=5)], "seen 1 minute 30 seconds after it was made"),
        (6, [*enough(), unlisted()], "1 of the drafts of company se were missing"),
        (6, [*enough(), seen(late=111, is_answered=False)], "up to 1 minute 51 seconds after it had been sent"),
        (9, [*enough(), seen(late=171, is_answered=False)], "up to 2 minutes 51 seconds after it had been sent"),
        (6, enough(late=-120), "up to 2 minutes after it had been sent"),
        (5, enough(), "no measurement justifies less than 6 minutes"),
        (0, enough(), "no measurement justifies less"),
    ],
)  # fmt: skip
def test_a_window_is_refused_with_what_is_measured_and_what_is_missing(
    minutes: float, observations: list[Observation], words: str
) -> None:
    refusal = allowed(minutes, *observations)
    assert refusal is not None
    assert words in refusal


@pytest.mark.parametrize(
    ("minutes", "observations"),
    [
        (6, enough()),
        (6, enough(10)),
        (7, enough(30)),
        (9, enough(70)),
        (6, [*enough(), seen(10, missing=1)]),
        (9, [*enough(), seen(70, missing=60)]),
        (6, [*enough(), seen(4 * 3600)]),
        (6, [*enough(), unlisted(is_gone=True)]),
        (6, [*enough(), unlisted(days_ago=91)]),
        (6, [*enough(), seen(600, missing=300, days_ago=91)]),
        (6, [*enough(), seen(late=100, is_answered=False)]),
        (6, [*enough(), seen(late=600)]),
    ],
    ids=["good", "as slow as six", "as slow as seven", "as slow as nine", "missing for a moment", "missing longer",
         "first looked for hours later", "deleted by a person", "missing long ago", "slow long ago", "made late",
         "answered, after waiting for its turn"],
)  # fmt: skip
def test_a_window_is_allowed_by_enough_that_was_seen_soon_enough(
    minutes: float, observations: list[Observation]
) -> None:
    assert allowed(minutes, *observations) is None


@pytest.mark.parametrize("minutes", [10, 15, 20])
def test_no_window_is_allowed_that_a_list_was_seen_to_outlast(minutes: int) -> None:
    """Ten minutes need no measurement, but one that contradicts them counts."""
    outlasted = seen(after=86_400, missing=60 * minutes - 29)
    refusal = allowed(minutes, outlasted)
    assert refusal is not None
    assert "did not show a new one" in refusal
    assert allowed(minutes, seen(after=86_400, missing=60 * minutes - 30)) is None
    assert allowed(minutes, unlisted()) is None, "it may have been deleted"


def test_what_is_older_than_ninety_days_says_nothing() -> None:
    old = [seen(days_ago=91 + number % DAYS) for number in range(OBSERVED)]
    assert "0 of 200" in (allowed(6, *old) or "")
    assert allowed(6, *[seen(days_ago=VALID.days - 1 - number % DAYS) for number in range(OBSERVED)]) is None


def test_days_are_counted_and_not_how_far_apart_they_lie() -> None:
    bursts = [seen(days_ago=days) for days in (1, 30) for _ in range(OBSERVED)]
    assert "on 2 of 7" in (allowed(6, *bursts) or "")


def test_a_slower_list_asks_for_a_longer_window_and_no_measurement_for_less_than_six_minutes() -> None:
    """Every whole minute from the lag: three times it, our own limit, and five minutes for a late request."""
    for lag in range(71):
        lagging = Measurement("se", Target.DRAFT, [*enough(lag), seen(lag, missing=0)])
        least = standing(lagging, NOW).allows
        assert least == max(SHORTEST, timedelta(minutes=-(-(330 + 3 * lag) // 60)))
    assert timedelta(seconds=70) == PROMPT


def test_how_far_a_measurement_has_come_is_told_with_what_it_lacks() -> None:
    found = standing(Measurement("se", Target.ORDER, [seen(3), seen(300, missing=200), seen(400)]), NOW)
    assert (found.observed, found.days, found.since) == (1, 1, NOW - DAY)
    assert (found.longest_lag, found.longest_delay) == (300 * SECOND, timedelta(0))
    assert found.allows == UNMEASURED
    assert "orders of company se" in found.missing
    outlasted = standing(Measurement("se", Target.DRAFT, [seen(86_400, missing=1000)]), NOW)
    assert outlasted.allows == 18 * MINUTE
