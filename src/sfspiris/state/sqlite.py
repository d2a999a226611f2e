"""Everything that holds for SQLite alone: how a file is opened, checked, copied, and what its errors mean.

A lost intent is a duplicate invoice, so a commit must outlive a power cut: rollback journal, and `synchronous = EXTRA`,
which unlike `FULL` also syncs the folder when the journal is removed. A commit then costs a few milliseconds, which is
little beside a request to a ledger. Source: https://www.sqlite.org/pragma.html#pragma_synchronous.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from sfspiris.errors import ConfigError, Locked, SafetyStop, StateDamaged

if TYPE_CHECKING:
    from sfspiris.errors import SfspirisError

APPLICATION_ID: Final = 0x53465350  # "SFSP"; tells our files from any other program's
PATIENCE: Final = (
    5.0  # seconds; another program's short read is waited out, a longer one is told to the operator
)

WAYS_OUT: Final = (
    "Put the latest backup in its place with `sfspiris state restore FILE`, or make the memory anew from Salesforce and "
    "Spiris with `sfspiris state rebuild`; both keep the damaged file aside, and neither leads to a second invoice."
)

_WRITES: Final = "sfspiris_writes"
_LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
_UNWRITABLE: Final = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
)
_PRIMARY: Final = 0xFF  # the low byte of an extended result code


def connect(file: Path, *, patience: float) -> sqlite3.Connection:
    """An open connection to an existing file, set to lose nothing that was committed.

    `patience` is how many seconds another program's transaction is waited for.
    """
    connection = _open(file, "rw", patience)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def copy_into_memory(file: Path, *, patience: float) -> sqlite3.Connection:
    """A connection to a copy in memory of what was last committed; not one byte of the file or its folder changes.

    A missing file gives an empty copy. Raises Locked when a run is just writing.
    """
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    memory.execute("PRAGMA foreign_keys = ON")
    try:
        if file.exists():
            try:
                _copy(file, memory, "ro", patience)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                    raise
                _copy_interrupted(file, memory, patience)
    except BaseException:
        memory.close()
        raise
    return memory


def is_open(connection: sqlite3.Connection) -> bool:
    """Whether it can still be used: SQLAlchemy closes one inside of whose calls a signal ended the run."""
    try:
        return connection.total_changes >= 0
    except sqlite3.ProgrammingError:
        return False


def check(connection: sqlite3.Connection, file: Path) -> None:
    """Raise StateDamaged when the database is another program's, or broken inside. An empty one may become ours."""
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    if found != APPLICATION_ID and not (is_empty and found == 0):
        raise StateDamaged(
            f"{file} is a database of another program, not the state of sfspiris. It was left as it is.",
            remedy="Name another file in [state] url, or with --state.",
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise damaged(file)


def sign(connection: sa.Connection) -> None:
    """Mark the database as ours, within the caller's transaction."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")


def generation(connection: sa.Connection) -> int:
    """How many openings have written to the database; in its header, so that it is known of every schema."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def begin_generation(connection: sa.Connection) -> None:
    """Count one opening more that writes, within the caller's transaction."""
    following = (generation(connection) + 1) % 2**31
    connection.exec_driver_sql(f"PRAGMA user_version = {following}")


def engine(connection: sqlite3.Connection) -> tuple[sa.Engine, sa.Engine]:
    """Two views of one connection, which has one user at a time: for reading, and for transactions that write.

    A writing transaction takes the write lock when it begins, so that what it reads is still true when it commits.
    """
    reading = sa.create_engine(
        "sqlite://",
        creator=lambda: connection,
        poolclass=sa.QueuePool,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
    )

    @sa.event.listens_for(reading, "begin")
    def begin(started: sa.Connection) -> None:
        is_writing = started.get_execution_options().get(_WRITES, False)
        started.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return reading, reading.execution_options(**{_WRITES: True})


def explain(error: BaseException | None, file: Path) -> SfspirisError | None:
    """What an error of the database means for the operator; None when it means a bug."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & _PRIMARY
    if code in _LOCKED:
        return Locked(
            f"Another program keeps the state file {file} locked.",
            remedy="Close what has it open (a database browser, a backup, another run), then run again.",
        )
    if code in _DAMAGED:
        return damaged(file)
    if code in _UNWRITABLE:
        return _unwritable(file, str(error))
    return None


def unusable(file: Path, error: OSError, what: str) -> SfspirisError:
    """What an error of the file system beside the state file means: a disk that is full or broken, or a wrong place."""
    if error.errno in _NO_ROOM:
        return _unwritable(file, f"{what} ({error.strerror})")
    return unopenable(file, f"{what} ({error.strerror})")


def _unwritable(file: Path, why: str) -> SafetyStop:
    return SafetyStop(
        f"The state file {file} could not be written or read: {why}. Nothing is sent that cannot be recorded "
        "first, so the run stops here; what was recorded before is safe.",
        remedy="Make room on the disk, or give the account that runs this the right to write there; then run again.",
        code="STATE_UNWRITABLE",
    )


def unopenable(file: Path, why: str) -> ConfigError:
    """The error for a file that cannot be made or opened where the configuration says."""
    if file.is_dir():
        return ConfigError(
            f"The state file cannot be {file}: it is a folder.",
            remedy=f"Name a file in it with --state or [state] url, such as {file / 'sfspiris.db'}.",
        )
    return ConfigError(
        f"The state file {file} cannot be used: {why}.",
        remedy=f"Make the folder {file.parent} writable for the account that runs this, or name another file in "
        "[state] url (or --state).",
    )


def damaged(file: Path) -> StateDamaged:
    """The error for a file that is no database any more, or broken inside."""
    return StateDamaged(
        f"The state file {file} is damaged: it cannot be read as a database any more. It was left as it is.",
        remedy=WAYS_OUT,
    )


def changed(file: Path) -> StateDamaged:
    """The error for a file that is readable, but not what the last run left."""
    return StateDamaged(
        f"The state file {file} was changed by something else than sfspiris since its last run, so what it says "
        "cannot be relied on. It was left as it is.",
        remedy=WAYS_OUT,
    )


def _open(file: Path, mode: str, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.as_uri()}?mode={mode}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
    )


def _copy(file: Path, target: sqlite3.Connection, mode: str, patience: float) -> None:
    """Copy under a read transaction: a backup alone would wait for a writer without end."""
    with closing(_open(file, mode, patience)) as source:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(target)


def _copy_interrupted(file: Path, target: sqlite3.Connection, patience: float) -> None:
    """Copy a file whose last writer died in the middle of a commit, rolled back as SQLite itself would.

    Rolling back writes, so it happens on a private copy of the file and its journal. Should a run begin to repair the
    original meanwhile, the copy may be half of each: then we say that the file is in use.
    """
    parts = [file.with_name(f"{file.name}-journal"), file]
    with tempfile.TemporaryDirectory(prefix="sfspiris-") as folder:
        try:
            before = [_print(part) for part in parts]
            for part in parts:
                shutil.copyfile(part, Path(folder) / part.name)
            has_changed = [_print(part) for part in parts] != before
        except FileNotFoundError:
            has_changed = True
        if has_changed:
            raise Locked(
                f"Another run is just writing to the state file {file}.", remedy="Run again in a moment."
            )
        _copy(Path(folder) / file.name, target, "rw", patience)


def _print(file: Path) -> tuple[int, int, int]:
    facts = file.stat()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
