"""The runs themselves: which command, when, and how it ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from sfspiris.core.lifecycle import IntentState
from sfspiris.core.outcome import RunStatus
from sfspiris.state.schema import IntentKind, intents, runs, seen_deals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sfspiris.state.database import Database
    from sfspiris.state.schema import SeenAs


_JITTER: Final = timedelta(seconds=10)
"""Beyond it, a time that goes back is a clock that was set, and is believed."""


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How much of each a run did; the same numbers as in its report."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    held: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class SeenDeal:
    """A Deal that a run wrote nothing for, since it was held (for these codes) or was what it should be."""

    deal_id: str
    outcome: SeenAs
    company: str | None = None
    codes: tuple[str, ...] = ()
    correlation_id: str | None = None


PULL_HALF: Final = "-pull"
"""What the id of a `sync`'s second half ends in, which is a run of its own."""

SEEN_KEPT: Final = timedelta(days=90)
"""How long it is known what each run decided about Deals that it wrote nothing for; what was written is known for ever."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Times are UTC, by the CRM's clock as far as it was heard; without `finished_at` and `status` it is still at work, or was interrupted.

    `ended_by` is the code of the error that ended it before all was tried.
    """

    run_id: str
    command: str
    started_at: datetime
    finished_at: datetime | None = None
    status: RunStatus | None = None
    counts: RunCounts = field(default_factory=RunCounts)
    ended_by: str | None = None


class Runs:
    """Every run that may have changed something, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, run_id: str, command: str, *, at: datetime) -> Run:
        """Record that a run begins. Intents and holds can only be recorded for a run that is.

        It never begins before what was recorded last, where that is a matter of seconds only: an answer tells its time in
        whole seconds, and runs stand in the order in which they ran. `at` is moved to just after it then.
        """
        with self._database.writing() as connection:
            last = connection.execute(
                sa.select(sa.func.max(runs.c.started_at), sa.func.max(runs.c.finished_at))
            ).one()
            known = [one for one in last if one is not None]
            if known and timedelta(0) < max(known) - at < _JITTER:
                at = max(known) + timedelta(microseconds=1)
            connection.execute(
                runs.insert().values(run_id=run_id, command=command, started_at=at, **asdict(RunCounts()))
            )
        return Run(run_id, command, at)

    def correct_start(self, run_id: str, at: datetime) -> None:
        """Put right when a run that is at work began: by the CRM's clock, which was not known when it was recorded."""
        with self._database.writing() as connection:
            connection.execute(
                runs.update()
                .where(runs.c.run_id == run_id, runs.c.finished_at.is_(None))
                .values(started_at=at)
            )

    def finish(
        self,
        run_id: str,
        status: RunStatus,
        counts: RunCounts,
        *,
        at: datetime,
        seen: Iterable[SeenDeal] = (),
        ended_by: str | None = None,
    ) -> None:
        """Record how it ended, never before it began, and what it decided about Deals that it wrote nothing for.

        `ended_by` is the code of what ended it early.

        Raises KeyError when no run of this id was started.
        """
        with self._database.writing() as connection:
            began: datetime | None = connection.execute(
                sa.select(runs.c.started_at).where(runs.c.run_id == run_id)
            ).scalar()
            at = at if began is None else max(at, began)
            found = connection.execute(
                runs.update()
                .where(runs.c.run_id == run_id)
                .values(finished_at=at, status=status, ended_by=ended_by, **asdict(counts))
            )
            if not found.rowcount:
                raise KeyError(run_id)
            rows = [asdict(one) | {"run_id": run_id, "codes": " ".join(one.codes)} for one in seen]
            if rows:
                connection.execute(seen_deals.insert(), rows)
                old = sa.select(runs.c.run_id).where(runs.c.started_at < at - SEEN_KEPT)
                connection.execute(seen_deals.delete().where(seen_deals.c.run_id.in_(old)))

    def fail(self, run_id: str, code: str, *, at: datetime) -> None:
        """Record that an error ended the run, or the second half of a `sync`; what was written by then stands in the journal.

        A run that has not begun, or whose end is recorded, stays as it is.
        """
        is_open = runs.c.run_id.in_((run_id, f"{run_id}-pull")) & runs.c.finished_at.is_(None)
        with self._database.reading() as connection:
            began = connection.execute(sa.select(runs.c.run_id, runs.c.started_at).where(is_open)).all()
            counted = {one.run_id: _written(connection, one.run_id) for one in began}
        for one in began:
            self.finish(
                one.run_id,
                RunStatus.FAILED,
                counted[one.run_id],
                at=max(at, one.started_at),
                ended_by=code,
            )

    def seen(self, run_id: str) -> tuple[SeenDeal, ...]:
        """What the run decided about Deals that it wrote nothing for, held ones first, by id."""
        wanted = (
            sa.select(seen_deals)
            .where(seen_deals.c.run_id == run_id)
            .order_by(seen_deals.c.outcome, seen_deals.c.deal_id)
        )
        with self._database.reading() as connection:
            return tuple(
                SeenDeal(row.deal_id, row.outcome, row.company, tuple(row.codes.split()), row.correlation_id)
                for row in connection.execute(wanted)
            )

    def get(self, run_id: str) -> Run | None:
        """The run, or None when it is not known here."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(runs).where(runs.c.run_id == run_id)).first()
        return None if row is None else _run(row)

    def recent(self, limit: int = 50) -> tuple[Run, ...]:
        """The latest runs, newest first, at most `limit`."""
        newest = sa.select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(limit)
        with self._database.reading() as connection:
            return tuple(_run(row) for row in connection.execute(newest))

    def newest_of_each(self, *, ended: Iterable[RunStatus] = ()) -> tuple[Run, ...]:
        """The latest run of every command, the two halves of a `sync` apart, newest first; of those that `ended` so, when told."""
        place = sa.func.row_number().over(
            partition_by=(runs.c.command, runs.c.run_id.endswith(PULL_HALF)),
            order_by=(runs.c.started_at.desc(), runs.c.run_id.desc()),
        )
        wanted = sa.select(runs, place.label("place"))
        if statuses := tuple(ended):
            wanted = wanted.where(runs.c.status.in_(statuses))
        placed = wanted.subquery()
        columns = [placed.c[one.name] for one in runs.c]
        newest = sa.select(*columns).where(placed.c.place == 1)
        with self._database.reading() as connection:
            found = connection.execute(newest.order_by(placed.c.started_at.desc(), placed.c.run_id.desc()))
            return tuple(_run(row) for row in found)


def _written(connection: sa.Connection, run_id: str) -> RunCounts:
    """What a run has written, by what its journal says; its report was never made."""
    wanted = sa.select(intents.c.kind, intents.c.state).where(
        intents.c.run_id == run_id, intents.c.kind != IntentKind.WRITE_DEAL
    )
    written = connection.execute(wanted).all()
    done = [one.kind for one in written if one.state is IntentState.DONE]
    return RunCounts(
        created=sum(one.startswith("create_") for one in done),
        updated=sum(one.startswith("update_") for one in done),
        deleted=sum(one.startswith("delete_") for one in done),
        failed=sum(one.state in _UNDONE for one in written),
    )


_UNDONE: Final = (IntentState.REFUSED, IntentState.SENT, IntentState.REVIEW)


def _run(row: sa.Row[tuple[object, ...]]) -> Run:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    counts = RunCounts(**{name: values.pop(name) for name in RunCounts.__dataclass_fields__})
    return Run(**values, counts=counts)
