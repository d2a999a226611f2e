"""How short the settle window may be: what was measured of the lists in which a lost document is looked for.

A document that nobody answered for may be sent again once it must have shown up if it had been made. That takes two times,
one after the other: how late the ledger may still carry out a request that we have given up on, and how long after that its
list may not show the document yet. Ten minutes and more need no proof: ten is the longest published life of a call
(Salesforce; Spiris publishes none). Less is allowed only by what was seen, company by company and list by list.

What is measured, in ordinary runs and without a call more: of each document that we made, whether the first reading of its
list after that showed it, and if not, which reading did. The lag is counted by the ledger's own clock, from the stamp on the
document to the end of the reading that showed it; the truth is no longer, and often shorter. A document that was there when it
was first looked for, but only after a while, says nothing about shorter times and is left out. That is no choice by outcome,
since when the list is read does not depend on the lag. One that was missing once always counts.

What it can justify: that the list is not slower than it was. It says nothing of a list that will be slower than ever before,
so what was seen is taken three times, from at least 200 documents on at least 7 different days, none older than 90 days.
With 200 and none slower, less than 1.5 % of documents are slower (rule of three, 95 %), and only those matter whose answer was
lost too. What no reading of lists can bound is the first time, the late request. Five minutes are assumed for it from when we
gave it up, and three times the longest that was ever seen here where that is more: an assumption, and the reason why no
measurement justifies less than six minutes. A run that died knows no such moment; what it sent is waited for ten minutes. Nor is the way from a draft to its invoice measured: a document that a person issues
within the window may be on neither list for a moment.

Customers, articles, changes and deletions are waited for as long as without a measurement: it is not about them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sfspiris.core.model import Target

UNMEASURED: Final = timedelta(minutes=10)
"""The shortest window that needs no measurement."""
SHORTEST: Final = timedelta(minutes=6)
"""The shortest window that any measurement can justify, in whole minutes."""
LATE: Final = timedelta(minutes=5)
"""How long after we gave up a request may still be carried out; assumed, for no vendor publishes it."""
REQUEST: Final = timedelta(seconds=30)
"""How long one request of ours may take before we give it up: `adapters.limits.Limits.total`."""
MARGIN: Final = 3
OBSERVED: Final = 200
DAYS: Final = 7
VALID: Final = timedelta(days=90)
_MINUTE: Final = timedelta(minutes=1)
PROMPT: Final = (UNMEASURED - _MINUTE - LATE - REQUEST) / MARGIN
"""A first look later than this after the document was made supports no window that needs support."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One document that we made, and the readings of its list since.

    `sent_at` is by the CRM's clock, just before the first byte. The rest is by the ledger's: `made_at` as stamped on the
    document, `seen_at` at the end of the first reading that showed it, both None until then; `absent_at` at the end of the
    latest that did not. `is_gone`: it has not been on any list for a day and is known as deleted. `is_answered`: the answer to
    its create came, so that it was made before we gave up.
    """

    sent_at: datetime
    made_at: datetime | None = None
    seen_at: datetime | None = None
    absent_at: datetime | None = None
    is_gone: bool = False
    is_answered: bool = True

    @property
    def at(self) -> datetime:
        """When it was last looked for."""
        return self.seen_at or self.absent_at or self.sent_at

    @property
    def is_unlisted(self) -> bool:
        """Whether it was looked for in vain, and when it appeared is not known."""
        return self.seen_at is None and not self.is_gone

    @property
    def lag(self) -> timedelta:
        """The longest that the list can have needed to show it; nothing while it is not seen."""
        if self.made_at is None or self.seen_at is None:
            return timedelta(0)
        return max(self.seen_at - self.made_at, timedelta(0))

    @property
    def proved_lag(self) -> timedelta | None:
        """How long the list certainly did not show it; None when it was there at the first look."""
        if self.made_at is None or self.absent_at is None or self.absent_at < self.made_at:
            return None
        return self.absent_at - self.made_at

    @property
    def delay(self) -> timedelta | None:
        """How long after it was sent it was made, by two clocks that may disagree."""
        return None if self.made_at is None else self.made_at - self.sent_at


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was seen of one list of one company: its drafts, or its orders."""

    company: str
    target: Target
    observations: Sequence[Observation] = ()

    def valid(self, now: datetime) -> Measurement:
        """Without what is too old to say anything about today; `now` is a server's time, UTC."""
        fresh = tuple(one for one in self.observations if now - one.at <= VALID)
        return Measurement(self.company, self.target, fresh)

    @property
    def documents(self) -> str:
        """What messages call them."""
        return f"{self.target}s of company {self.company}"

    @property
    def unlisted(self) -> int:
        """How many documents were missing and are not known to have appeared."""
        return sum(one.is_unlisted for one in self.observations)

    @property
    def longest_lag(self) -> timedelta | None:
        """The longest that a document that was missing once can have been missing; None when none was."""
        return max((one.lag for one in self.observations if one.proved_lag is not None), default=None)

    @property
    def proved_lag(self) -> timedelta:
        """The longest that a document certainly was missing."""
        return max((one.proved_lag or timedelta(0) for one in self.observations), default=timedelta(0))

    @property
    def longest_delay(self) -> timedelta:
        """The longest after it was sent that a document was made whose answer was lost.

        Where the ledger's clock is behind the CRM's it comes out longer by that, and by no document ever shorter.
        """
        delays = [one.delay for one in self.observations if one.delay is not None]
        late = [one.delay or timedelta(0) for one in self.observations if not one.is_answered]
        behind = -min(delays, default=timedelta(0))
        return max(late, default=timedelta(0)) + max(behind, timedelta(0))

    def prompt(self, within: timedelta = PROMPT) -> tuple[Observation, ...]:
        """The documents that were seen within that time of being made: those that support a window."""
        return tuple(one for one in self.observations if one.seen_at is not None and one.lag <= within)

    def room(self, settle: timedelta) -> timedelta:
        """How long the list may need, at most, for this window to be safe; negative when no list is fast enough."""
        return (settle - REQUEST - max(LATE, MARGIN * self.longest_delay)) / MARGIN


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a measurement has come: `observed` documents looked for soon enough, on so many different `days` (UTC).

    `longest_lag` is that of documents that were missing once, `longest_delay` that of those whose answer was lost. `allows` is the shortest window that may be used, in whole
    minutes; `missing` says why not a shorter one.
    """

    company: str
    target: Target
    observed: int
    days: int
    since: datetime | None
    longest_lag: timedelta | None
    longest_delay: timedelta
    unlisted: int
    allows: timedelta
    missing: str


def settle_allowed(settle: timedelta, measurement: Measurement, now: datetime) -> str | None:
    """Why the window is too short by what is known, in a sentence; None when it may be used. `now` is a server's time, UTC."""
    if settle < SHORTEST:
        return f"no measurement justifies less than {_span(SHORTEST)}"
    known = measurement.valid(now)
    if known.proved_lag + REQUEST > settle:
        return (
            f"the list of {known.documents} did not show a new one {_span(known.proved_lag)} after it was made, so "
            f"{_span(settle)} are not enough"
        )
    if settle >= UNMEASURED:
        return None
    return _speaks_against(settle, known) or _is_too_little(settle, known)


def _speaks_against(settle: timedelta, known: Measurement) -> str | None:
    """What was seen that does not fit the window; None when nothing."""
    if known.unlisted:
        return (
            f"{known.unlisted} of the {known.documents} were missing from the list after they had been made, and when they "
            "appeared is not known"
        )
    room = known.room(settle)
    if room <= timedelta(0):
        return (
            f"one of the {known.documents} was made up to {_span(known.longest_delay)} after it had been sent; a request may "
            f"be carried out so late that {_span(settle)} are not enough"
        )
    if known.longest_lag is not None and known.longest_lag > room:
        return (
            f"one of the {known.documents} was missing from the list and seen {_span(known.longest_lag)} after it was made; "
            f"{_span(settle)} need every one to be seen within {_span(room)}"
        )
    return None


def _is_too_little(settle: timedelta, known: Measurement) -> str | None:
    """What is missing for the window; None when enough was seen."""
    room = known.room(settle)
    near = known.prompt(room)
    days = _days(near)
    if len(near) >= OBSERVED and days >= DAYS:
        return None
    return (
        f"{len(near)} of {OBSERVED} {known.documents} were seen in the list within {_span(room)} of being made, on {days} of "
        f"{DAYS} different days, in the last {VALID.days} days"
    )


def standing(measurement: Measurement, now: datetime) -> Standing:
    """How far the measurement has come, and what it justifies; `now` is a server's time, UTC."""
    known = measurement.valid(now)
    near = known.prompt()
    made = [one.made_at for one in near if one.made_at is not None]
    allows = UNMEASURED
    while settle_allowed(allows, measurement, now) is not None:
        allows += _MINUTE
    while (missing := settle_allowed(allows - _MINUTE, measurement, now)) is None:
        allows -= _MINUTE
    return Standing(
        measurement.company,
        measurement.target,
        observed=len(near),
        days=_days(near),
        since=min(made, default=None),
        longest_lag=known.longest_lag,
        longest_delay=known.longest_delay,
        unlisted=known.unlisted,
        allows=allows,
        missing=missing,
    )


def latest(measurements: Sequence[Measurement]) -> datetime | None:
    """The newest time that a ledger has told in them."""
    return max((one.at for known in measurements for one in known.observations), default=None)


def _days(observations: Sequence[Observation]) -> int:
    return len({one.made_at.astimezone(UTC).date() for one in observations if one.made_at is not None})


def _span(length: timedelta) -> str:
    minutes, seconds = divmod(ceil(length.total_seconds()), 60)
    parts = [(minutes, "minute"), (seconds, "second")]
    words = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in parts if count]
    return " ".join(words) or "0 seconds"
