"""How far each feed has been read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from sfspiris.state.schema import cursors

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.state.database import Database


class Cursors:
    """One place per feed, by the remote system's own clock, in UTC. Inclusive: re-reading the last record is normal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, feed: str) -> datetime | None:
        """Up to where the feed has been read; None when never."""
        with self._database.reading() as connection:
            return connection.execute(sa.select(cursors.c.at).where(cursors.c.feed == feed)).scalar()

    def move(self, feed: str, to: datetime, *, at: datetime) -> None:
        """Remember a new place, also an earlier one: a remote clock that was wrong must not stick."""
        with self._database.writing() as connection:
            connection.execute(cursors.delete().where(cursors.c.feed == feed))
            connection.execute(cursors.insert().values(feed=feed, at=to, updated_at=at))

    def all(self) -> dict[str, datetime]:
        """Every feed and its place."""
        places = sa.select(cursors.c.feed, cursors.c.at).order_by(cursors.c.feed)
        with self._database.reading() as connection:
            return {row.feed: row.at for row in connection.execute(places)}
