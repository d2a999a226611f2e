"""The runs themselves: which command, when, and how it ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from sfspiris.state.schema import runs

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.core.outcome import RunStatus
    from sfspiris.state.database import Database


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
class Run:
    """One run. Times are UTC, by the CRM's clock as far as it was heard; without `finished_at` and `status` it is still at work, or was interrupted."""

    run_id: str
    command: str
    started_at: datetime
    finished_at: datetime | None = None
    status: RunStatus | None = None
    counts: RunCounts = field(default_factory=RunCounts)


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

    def finish(self, run_id: str, status: RunStatus, counts: RunCounts, *, at: datetime) -> None:
        """Record how it ended, never before it began. Raises KeyError when no run of this id was started."""
        with self._database.writing() as connection:
            began: datetime | None = connection.execute(
                sa.select(runs.c.started_at).where(runs.c.run_id == run_id)
            ).scalar()
            at = at if began is None else max(at, began)
            found = connection.execute(
                runs.update()
                .where(runs.c.run_id == run_id)
                .values(finished_at=at, status=status, **asdict(counts))
            )
            if not found.rowcount:
                raise KeyError(run_id)

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


def _run(row: sa.Row[tuple[object, ...]]) -> Run:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    counts = RunCounts(**{name: values.pop(name) for name in RunCounts.__dataclass_fields__})
    return Run(**values, counts=counts)
