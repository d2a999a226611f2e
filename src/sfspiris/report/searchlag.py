"""How far the measurement of the ledgers' lists has come, as facts and in words."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Literal

from sfspiris.core import searchlag
from sfspiris.report.shapes import Facts, Moment
from sfspiris.report.view import how_many
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.core.searchlag import Measurement
    from sfspiris.sentences import Sentence


class SearchLagFacts(Facts):
    """What was measured of one list of one company, in the last 90 days.

    `observed` documents of at least `observed_needed` were looked for soon enough after they were made, on `days` of
    `days_needed` different days (UTC), since `since`. `longest_lag_seconds` is the longest that one which was missing once
    can have been missing, None when none was; `unlisted` counts those of which it is not known when they appeared.
    `longest_delay_seconds` is the longest after it was sent that one was made whose answer was lost. `settle_minutes` is the least that is
    allowed, and `missing` says why not less.
    """

    company: str
    target: Literal["draft", "order"]
    observed: int
    observed_needed: int
    days: int
    days_needed: int
    since: Moment | None
    longest_lag_seconds: int | None
    longest_delay_seconds: int
    unlisted: int
    settle_minutes: int
    missing: str


def lag_facts(measurement: Measurement, *, now: datetime) -> SearchLagFacts:
    """The measurement as it stands; `now` is UTC, and the ledger's own last word counts where that is later."""
    at = max(now, searchlag.latest([measurement]) or now)
    stands = searchlag.standing(measurement, at)
    lag = stands.longest_lag
    return SearchLagFacts(
        company=stands.company,
        target=stands.target.value,
        observed=stands.observed,
        observed_needed=searchlag.OBSERVED,
        days=stands.days,
        days_needed=searchlag.DAYS,
        since=stands.since,
        longest_lag_seconds=None if lag is None else ceil(lag.total_seconds()),
        longest_delay_seconds=ceil(stands.longest_delay.total_seconds()),
        unlisted=stands.unlisted,
        settle_minutes=stands.allows // timedelta(minutes=1),
        missing=stands.missing,
    )


def lag_words(one: SearchLagFacts) -> Sentence:
    """The same in a sentence or two."""
    allowed = say("settle_minutes may be %(minutes)s at least.", minutes=one.settle_minutes)
    if one.since is None and not one.unlisted and one.longest_lag_seconds is None:
        return joined((say("nothing has been measured of it yet;"), allowed))
    looked = (
        say(
            "%(count)s new ones looked for on %(days)s since %(day)s,",
            count=one.observed,
            days=how_many(one.days, "day"),
            day=f"{one.since:%Y-%m-%d}",
        )
        if one.since
        else say(
            "%(count)s new ones looked for on %(days)s,", count=one.observed, days=how_many(one.days, "day")
        )
    )
    slowest = (
        say("none was missing at the first look;")
        if one.longest_lag_seconds is None
        else say(
            "the slowest was seen %(time)s after it was made;",
            time=how_many(one.longest_lag_seconds, "second"),
        )
    )
    unlisted = (say("%(count)s not seen since;", count=one.unlisted),) if one.unlisted else ()
    return joined((looked, slowest, *unlisted, allowed))
