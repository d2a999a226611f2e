"""Opening the state: the file, its checks, its migrations, and the few writes that span several tables."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from sfspiris import __version__
from sfspiris.core.lifecycle import IntentEvent
from sfspiris.errors import Locked, StateDamaged
from sfspiris.state import place, runlock, seal, sqlite
from sfspiris.state.address import state_file
from sfspiris.state.catalog import Catalog
from sfspiris.state.cursors import Cursors
from sfspiris.state.database import Database
from sfspiris.state.history import History
from sfspiris.state.holds import Holds
from sfspiris.state.journal import Intent, Journal, apply_event
from sfspiris.state.links import CustomerLink, Links, put_base, put_customer_link, put_link
from sfspiris.state.receivables import Receivables
from sfspiris.state.reviews import Reviews
from sfspiris.state.runs import Runs
from sfspiris.state.schema import HEAD, cursors, journal, meta, metadata, runs, search_lags
from sfspiris.state.searchlag import SearchLags
from sfspiris.state.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sfspiris.core.model import CustomerBase, DealLink


@dataclass(frozen=True, slots=True)
class Facts:
    """How many openings have written to a state, and how many rows each of its tables has."""

    generation: int
    counts: dict[str, int]


class State:
    """The memory between runs.

    `id` names it for ever. `is_new` tells that this opening made it: then what earlier runs may have sent is unknown
    here, and must be looked for in the ledger. `is_dry` tells that it is a copy that goes away.
    """

    def __init__(self, database: Database, file: Path, *, state_id: str, is_new: bool, is_dry: bool) -> None:
        self._database = database
        self.file = file
        self.id = state_id
        self.is_new = is_new
        self.is_dry = is_dry
        self.runs = Runs(database)
        self.journal = Journal(database)
        self.links = Links(database)
        self.cursors = Cursors(database)
        self.holds = Holds(database)
        self.reviews = Reviews(database)
        self.catalog = Catalog(database)
        self.receivables = Receivables(database)
        self.history = History(database)
        self.search_lags = SearchLags(database)
        self.subjects = Subjects(database)

    @contextmanager
    def run_lock(
        self, command: str, run_id: str, *, pid: int, host: str, started_at: datetime
    ) -> Iterator[None]:
        """Keep other runs away while the block lasts; a dry run keeps nobody away and waits for nobody.

        Raises Locked, naming the run at work, when there is one.
        """
        if self.is_dry:
            yield
            return
        with runlock.hold(self.file, runlock.LockOwner(command, run_id, pid, host, started_at)):
            yield

    def confirm_draft(
        self,
        intent: Intent,
        link: DealLink,
        *,
        at: datetime,
        run_id: str,
        event: IntentEvent = IntentEvent.CONFIRM,
        note: str | None = None,
    ) -> Intent:
        """The draft exists: close the intent by CONFIRM or ADOPT and keep the link, both or neither.

        Errors as `Journal.move` and `Links.save`; ValueError when the link is not the intent's.
        """
        if (intent.company, intent.deal_id, intent.revision) != (link.company, link.deal_id, link.revision):
            raise ValueError(f"the link of deal {link.deal_id} is not that of intent {intent.id}")
        with self._database.writing() as connection:
            put_link(connection, link)
            return apply_event(
                connection, intent, event, at=at, run_id=run_id, remote_id=link.draft_id, note=note
            )

    def confirm_customer(
        self,
        intent: Intent,
        link: CustomerLink,
        *,
        at: datetime,
        run_id: str,
        event: IntentEvent = IntentEvent.CONFIRM,
        note: str | None = None,
        base: CustomerBase | None = None,
    ) -> Intent:
        """The customer exists: close the intent by CONFIRM or ADOPT and keep the link and what was agreed, all or nothing.

        Errors as `Journal.move`; ValueError when the link is another company's.
        """
        if intent.company != link.company:
            raise ValueError(f"a link in company {link.company} is not that of intent {intent.id}")
        with self._database.writing() as connection:
            put_customer_link(connection, link)
            if base is not None:
                put_base(connection, base, at)
            return apply_event(
                connection, intent, event, at=at, run_id=run_id, remote_id=link.customer_id, note=note
            )

    def confirm_update(self, intent: Intent, base: CustomerBase, *, at: datetime, run_id: str) -> Intent:
        """The customer was updated: close the intent and keep what both sides agree on now, both or neither.

        Errors as `Journal.move`; ValueError when the customer is another one.
        """
        if (intent.company, intent.subject) != (base.company, base.customer_id):
            raise ValueError(f"customer {base.customer_id} is not that of intent {intent.id}")
        with self._database.writing() as connection:
            put_base(connection, base, at)
            return apply_event(
                connection, intent, IntentEvent.CONFIRM, at=at, run_id=run_id, remote_id=base.customer_id
            )

    def deal_behind(self, correlation_id: str) -> str | None:
        """The Deal that goes by this id in logs, reports and the CRM; None when no run has spoken of it."""
        waiting = (one.deal_id for one in self.holds.all() if one.correlation_id == correlation_id)
        linked = (one.deal_id for one in self.links.all() if one.correlation_id == correlation_id)
        return next(chain(waiting, linked), None) or self.journal.correlations().get(correlation_id)

    def watch(self, *, before_commit: Callable[[], None], after_commit: Callable[[], None]) -> None:
        """Be told of every durable step, just before and just after; what either raises ends the step there."""
        self._database.before_commit = before_commit
        self._database.after_commit = after_commit

    def facts(self) -> Facts:
        """How often it was written to, and how much it remembers."""
        with self._database.reading() as connection:
            counts = {
                name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
                for name, table in metadata.tables.items()
            }
            return Facts(sqlite.generation(connection), counts)

    def note_loss(self, until: datetime, *, at: datetime) -> None:
        """Note that runs were at work until then (UTC) of which this memory knows nothing."""
        note_loss(self._database, until, now=at)


@contextmanager
def open_state(
    address: str | Path,
    *,
    dry: bool,
    now: datetime,
    base: Path | None = None,
    patience: float = sqlite.PATIENCE,
) -> Iterator[State]:
    """Open the state for the time of a block, making or migrating it first where needed.

    `address` is a `sqlite:///` URL or a path; a relative one is taken from `base`, or from the working folder. With `dry`
    everything happens on a copy in memory: neither the file nor its folder changes, and a missing file is an empty
    state. `now` is UTC and stamps a state that is made. Another program's transaction is waited for `patience` seconds.

    Raises ConfigError (another database, no such folder, no right to write, a share without locks), Locked (another program is inside),
    StateDamaged (broken, not a database, another program's, or from a newer version) and SafetyStop (cannot be written).
    """
    file = state_file(address, base=base or Path.cwd())
    _check_place(file, dry=dry)
    was_writing = file.with_name(f"{file.name}-journal").exists()  # looking into the file already repairs it
    with closing(_connect(file, dry=dry, patience=patience)) as connection:
        database = Database(*sqlite.engine(connection), file, is_copy=dry)
        lost = None if was_writing and _state_id(database) is not None else _judge(database, file)
        database.lost_until = lost
        is_new = _bring_up_to_date(database, file, now)
        state_id = _state_id(database)
        if state_id is None:
            raise sqlite.damaged(file)
        if lost is not None:
            note_loss(database, lost, now=now)
            database.believe()
        try:
            yield State(database, file, state_id=state_id, is_new=is_new, is_dry=dry)
        finally:
            if database.has_written and sqlite.is_open(connection):
                _seal(database, file, now)


LOST: Final = "lost"
"""The cursor that tells up to when (UTC) runs may have been at work of which this memory knows nothing."""


def note_loss(database: Database, until: datetime, *, now: datetime) -> None:
    """Note that the memory is not that of the last run, which was at work until then (UTC): what it knows is not all.

    The ledgers will be searched in whole again, and what was measured of their lists is forgotten: the slowest may be missing.
    """
    with database.writing() as connection:
        connection.execute(search_lags.delete())
        connection.execute(
            cursors.delete().where(cursors.c.feed.like("documents:%") | (cursors.c.feed == LOST))
        )
        connection.execute(cursors.insert().values(feed=LOST, at=until, updated_at=now))


def _judge(database: Database, file: Path) -> datetime | None:
    """When the last run was at work, if this is not the memory that it left; StateDamaged when the file was changed.

    Not for a file whose last program died within a commit: it had begun to write, and what is rolled back need not be byte
    for byte what was sealed, since SQLite keeps no copy of pages that were free. Where nothing is left, there was no such file.
    """
    known = seal.read(file)
    if known is None:
        return None
    with database.reading() as connection:
        generation = sqlite.generation(connection)
        if _revision(connection) not in {None, HEAD}:
            return None  # another version wrote it: it is brought up to date, or refused for that
    try:
        finding = seal.judge(file, state_id=_state_id(database), generation=generation)
    except OSError as error:
        raise sqlite.unusable(file, error, "it cannot be read") from error
    if seal.read(file) != known:
        return None  # another run began, or ended, while we looked: what was compared belongs to two moments
    match finding:
        case seal.Finding.CHANGED:
            raise sqlite.changed(file)
        case seal.Finding.OLDER:
            return known.at
        case _:
            return None


def _state_id(database: Database) -> str | None:
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(meta.name):
            return None
        found: str | None = connection.execute(sa.select(meta.c.state_id)).scalar()
    return found


def _seal(database: Database, file: Path, now: datetime) -> None:
    """Seal the file, unless another run has begun since: it will when it ends."""
    with runlock.alone(file) as is_alone:
        if not is_alone:
            return
        latest = sa.union_all(
            sa.select(sa.func.max(journal.c.at).label("at")),
            sa.select(sa.func.max(runs.c.started_at).label("at")),
            sa.select(sa.func.max(cursors.c.at).label("at")).where(cursors.c.feed == LOST),
        ).subquery()
        with database.reading() as connection:
            generation = sqlite.generation(connection)
            at = connection.execute(sa.select(sa.func.max(latest.c.at))).scalar()
        seal.write(file, state_id=_state_id(database) or "", generation=generation, at=at or now)


def _connect(file: Path, *, dry: bool, patience: float) -> sqlite3.Connection:
    """A connection to a database that is ours and whole, or empty."""
    try:
        opened = sqlite.copy_into_memory if dry else sqlite.connect
        connection = opened(file, patience=patience)
        try:
            sqlite.check(connection, file)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        told = sqlite.explain(error, file) or sqlite.damaged(file)
        raise (runlock.naming(file, told) if isinstance(told, Locked) else told) from error
    except UnicodeError as error:  # the driver's, of the name of a table in SQLite's own complaint
        raise sqlite.damaged(file) from error
    return connection


def _check_place(file: Path, *, dry: bool) -> None:
    """Raise ConfigError unless the file can be used; make it, readable by its owner alone, unless `dry`."""
    try:
        if not file.parent.is_dir():
            raise sqlite.unopenable(file, f"there is no folder {file.parent}")
        if dry:
            if file.exists():
                file.open("rb").close()
            return
        place.check(file)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        tempfile.TemporaryFile(dir=file.parent).close()  # SQLite's journal will stand there
    except OSError as error:
        raise sqlite.unusable(file, error, "it cannot be opened or made") from error


def _bring_up_to_date(database: Database, file: Path, now: datetime) -> bool:
    """Migrate to today's schema in one transaction where needed; whether that made the state."""
    with database.reading() as connection:
        if _is_of_today(connection, file):
            return False
    with database.writing() as connection:
        if _is_of_today(connection, file):  # another process has migrated while we waited
            return False
        from sfspiris.state import migrations  # noqa: PLC0415 - Alembic is slow to import and rarely needed

        is_new = _revision(connection) is None
        migrations.upgrade(
            connection, state_id=uuid.uuid4().hex, created_at=now, app=f"sfspiris {__version__}"
        )
        sqlite.sign(connection)
        return is_new


def _is_of_today(connection: sa.Connection, file: Path) -> bool:
    """Whether nothing is to be migrated; raises StateDamaged for what cannot be."""
    revision = _revision(connection)
    if revision == HEAD:
        return True
    if revision is None and sa.inspect(connection).get_table_names():
        raise sqlite.damaged(file)
    if revision is not None:
        from sfspiris.state import migrations  # noqa: PLC0415 - as above

        if revision not in migrations.revisions():
            raise StateDamaged(
                f"The state file {file} was last used by a newer version of sfspiris (schema {revision}; this version, "
                f"{__version__}, knows schema {HEAD}). It was left as it is.",
                remedy="Install the newer version again.",
            )
    return False


def _revision(connection: sa.Connection) -> str | None:
    """The number of the last migration that the database has seen; None when it has seen none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
