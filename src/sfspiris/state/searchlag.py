"""How soon the ledgers' lists showed what we made: one row for each document, for as long as it says something."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from sfspiris.core.lifecycle import IntentState
from sfspiris.core.model import DealStatus, Target
from sfspiris.core.searchlag import VALID, Measurement, Observation
from sfspiris.state.schema import NEW_DOCUMENTS, IntentKind, intents, links, search_lags

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sfspiris.state.database import Database

KEPT_A_DAY: Final = 100
"""So many documents of one list and day (UTC) are kept of those that were there at once, the first ones; all others always."""

_TARGETS: Final = {IntentKind.CREATE_DRAFT: Target.DRAFT, IntentKind.CREATE_ORDER: Target.ORDER}
_MADE: Final = (IntentState.DONE, IntentState.ADOPTED)
_GONE_AFTER: Final = timedelta(days=1)
_IS_ITS_CREATE: Final = search_lags.c.intent_id == intents.c.id
_IS_ITS_LINK: Final = (
    (links.c.company == intents.c.company)
    & (links.c.deal_id == intents.c.subject)
    & (links.c.revision == intents.c.revision)
)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A create of ours whose document no reading of its list has shown yet.

    `marker` finds it, and `remote_id` once it is known; `is_answered` tells whether its answer came. `sent_at` is by the CRM's clock, UTC. `is_known`: an earlier
    reading did not show it either.
    """

    intent_id: int
    company: str
    target: Target
    marker: str
    remote_id: str | None
    sent_at: datetime
    is_answered: bool
    is_known: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """What one reading told of an awaited document; times are the ledger's, UTC. Without `made_at` it was not there."""

    of: Awaited
    at: datetime
    made_at: datetime | None = None

    @property
    def is_prompt(self) -> bool:
        """Whether it was there when it was first looked for."""
        return self.made_at is not None and not self.of.is_known


class SearchLags:
    """What was measured of the ledgers' lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def awaited(self, company: str, *, sent_since: datetime) -> tuple[Awaited, ...]:
        """The documents to look for in a reading: those sent since then (UTC), and those that were missing before."""
        is_new = (
            search_lags.c.intent_id.is_(None)
            & (intents.c.sent_at >= sent_since)
            & sa.func.coalesce(links.c.status != DealStatus.DELETED, sa.true())
        )
        is_missing = search_lags.c.intent_id.is_not(None) & search_lags.c.seen_at.is_(None)
        wanted = (
            sa.select(intents, search_lags.c.intent_id.label("known"))
            .select_from(intents.outerjoin(search_lags, _IS_ITS_CREATE).outerjoin(links, _IS_ITS_LINK))
            .where(
                intents.c.company == company,
                intents.c.kind.in_(NEW_DOCUMENTS),
                intents.c.state.in_((IntentState.SENT, *_MADE)),
                intents.c.wrote.is_not(None),  # what was only taken over was not sent by us
                is_new | is_missing,
            )
            .order_by(intents.c.id)
        )
        with self._database.reading() as connection:
            return tuple(
                Awaited(
                    row.id,
                    row.company,
                    _TARGETS[row.kind],
                    row.marker,
                    row.remote_id,
                    row.sent_at,
                    row.state is IntentState.DONE,
                    row.known is not None,
                )
                for row in connection.execute(wanted)
            )

    def note(self, looked: Iterable[Looked], *, now: datetime) -> None:
        """Keep what a reading told, in one transaction; what is too old to say anything goes. `now` is the ledger's, UTC."""
        looked = tuple(looked)
        with self._database.writing() as connection:
            last = sa.func.coalesce(search_lags.c.seen_at, search_lags.c.absent_at)
            connection.execute(search_lags.delete().where(last < now - VALID))
            room = _Room(connection, [one for one in looked if one.is_prompt])
            for one in looked:
                if one.is_prompt and not room.take(one):
                    continue
                values = {"absent_at": one.at}
                if one.made_at is not None:
                    values = {"made_at": one.made_at, "seen_at": one.at}
                if one.of.is_known:
                    connection.execute(
                        search_lags.update()
                        .where(search_lags.c.intent_id == one.of.intent_id)
                        .values(**values)
                    )
                else:
                    connection.execute(search_lags.insert().values(intent_id=one.of.intent_id, **values))

    def forget(self, company: str) -> None:
        """Begin anew for the company: its books are other ones."""
        own = sa.select(intents.c.id).where(intents.c.company == company)
        with self._database.writing() as connection:
            connection.execute(search_lags.delete().where(search_lags.c.intent_id.in_(own)))

    def all(self) -> tuple[Measurement, ...]:
        """What was measured of each company's lists, by company and list. Of a request that was never carried out nothing is."""
        wanted = (
            sa.select(
                intents.c.company,
                intents.c.kind,
                intents.c.sent_at,
                intents.c.state,
                search_lags.c.made_at,
                search_lags.c.seen_at,
                search_lags.c.absent_at,
                links.c.status,
            )
            .select_from(search_lags.join(intents, _IS_ITS_CREATE).outerjoin(links, _IS_ITS_LINK))
            .where(search_lags.c.seen_at.is_not(None) | intents.c.state.in_(_MADE))
            .order_by(search_lags.c.intent_id)
        )
        found: dict[tuple[str, Target], list[Observation]] = defaultdict(list)
        with self._database.reading() as connection:
            for row in connection.execute(wanted):
                is_gone = (
                    row.seen_at is None
                    and row.status is DealStatus.DELETED
                    and row.absent_at - row.sent_at >= _GONE_AFTER
                )
                found[row.company, _TARGETS[row.kind]].append(
                    Observation(
                        row.sent_at,
                        row.made_at,
                        row.seen_at,
                        row.absent_at,
                        is_gone=is_gone,
                        is_answered=row.state is IntentState.DONE,
                    )
                )
        return tuple(
            Measurement(company, target, tuple(observations))
            for (company, target), observations in sorted(found.items())
        )

    def of(self, company: str, target: Target) -> Measurement:
        """What was measured of this list."""
        known = [one for one in self.all() if (one.company, one.target) == (company, target)]
        return known[0] if known else Measurement(company, target)


class _Room:
    """How many more documents of each list and day may be kept of those that were there at once."""

    def __init__(self, connection: sa.Connection, prompt: list[Looked]) -> None:
        made = [one.made_at for one in prompt if one.made_at is not None]
        self._taken: Counter[tuple[str, Target, date]] = Counter()
        if not made:
            return
        first = min(made).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        kept = (
            sa.select(intents.c.company, intents.c.kind, search_lags.c.made_at)
            .join(intents, _IS_ITS_CREATE)
            .where(search_lags.c.absent_at.is_(None), search_lags.c.made_at >= first)
        )
        for row in connection.execute(kept):
            self._taken[row.company, _TARGETS[row.kind], row.made_at.date()] += 1

    def take(self, one: Looked) -> bool:
        if one.made_at is None:
            return True
        place = (one.of.company, one.of.target, one.made_at.astimezone(UTC).date())
        self._taken[place] += 1
        return self._taken[place] <= KEPT_A_DAY
