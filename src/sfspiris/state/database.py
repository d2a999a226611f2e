"""Transactions on the state; errors of the database come out in words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from sfspiris.errors import Locked
from sfspiris.state import runlock, seal, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

CHUNK = 500  # ids in one IN list; SQLite allows at least 999 variables


def _nothing() -> None:
    """Nobody watches."""


class Database:
    """One open database. A transaction commits when its block ends, and leaves no trace when the block raises.

    `is_copy` tells that it lies in memory, so that nothing that is written reaches the file.
    """

    def __init__(self, reading: sa.Engine, writing: sa.Engine, file: Path, *, is_copy: bool = False) -> None:
        self._reading = reading
        self._writing = writing
        self._file = file
        self._is_copy = is_copy
        self.has_written = False
        """Whether the file is not any more what it was when it was opened."""
        self.lost_until: datetime | None = None
        """Until when (UTC) runs were at work that the file knows nothing of, as long as that is not noted in it."""
        self.before_commit: Callable[[], None] = _nothing
        self.after_commit: Callable[[], None] = _nothing

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one moment's state."""
        with self._in_words(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that no other writer can be inside of; on the disk when the block has ended."""
        with self._in_words(), self._writing.begin() as connection:
            if not (self.has_written or self._is_copy):
                self._break_seal()
                sqlite.begin_generation(connection)
            yield connection
            self.before_commit()
        self.has_written = not self._is_copy
        self.after_commit()

    def believe(self) -> None:
        """The file's loss is noted in it, so that it can be believed again."""
        self.lost_until = None
        if not self._is_copy:
            seal.remove(self._file)

    def _break_seal(self) -> None:
        """The file is not any more what was sealed; one whose loss is not noted yet goes on being none that can be believed."""
        if self.lost_until is None:
            seal.remove(self._file)
            return
        try:
            seal.expect(self._file, at=self.lost_until)
        except OSError as error:
            raise sqlite.unusable(self._file, error, "its seal cannot be written") from error

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            told = sqlite.explain(error.orig, self._file)
            if told is None:
                raise
            if isinstance(told, Locked):
                told = runlock.naming(self._file, told)
            raise told from error
