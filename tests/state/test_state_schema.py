"""The tables: what every migration together gives, and what cannot be stored in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import PGDialect

from sfspiris.core.lifecycle import LIVE_STATES, IntentEvent, IntentState
from sfspiris.state import migrations, schema
from sfspiris.state.store import open_state
from sfspiris.state.types import Amount, UtcTime
from statekit import NOW, deal_link, hold, new_draft

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    with open_state(tmp_path / "state.db", dry=False, now=NOW):
        pass
    return tmp_path / "state.db"


@pytest.fixture
def raw(migrated: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(migrated)) as connection:
        connection.execute(
            "INSERT INTO runs VALUES ('r1', 'push', '2026-11-20', NULL, NULL, NULL, 0, 0, 0, 0, 0, 0)"
        )
        yield connection


def statements(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'")
    return sorted((name, sql or "") for name, sql in found)


def test_all_migrations_together_are_todays_schema(migrated: Path, tmp_path: Path) -> None:
    """Tables, columns, constraints and indexes are word for word the same, the partial index too."""
    fresh = tmp_path / "fresh.db"
    schema.metadata.create_all(sa.create_engine(f"sqlite:///{fresh}", poolclass=sa.NullPool))
    with closing(sqlite3.connect(migrated)) as one, closing(sqlite3.connect(fresh)) as other:
        assert statements(one) == statements(other)
    with sa.create_engine(f"sqlite:///{migrated}", poolclass=sa.NullPool).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_the_newest_migration_is_the_one_that_an_opened_file_is_held_against() -> None:
    assert migrations.revisions()[0] == schema.HEAD


def test_every_table_and_column_says_what_it_means() -> None:
    silent = [table.name for table in schema.metadata.tables.values() if not table.comment]
    silent += [
        str(column)
        for table in schema.metadata.tables.values()
        for column in table.columns
        if not column.comment
    ]
    assert silent == []


def test_every_migration_can_be_undone_only_by_a_backup() -> None:
    """There is no way down: a step back would have to forget what was sent."""
    assert all(int(revision) > 0 for revision in migrations.revisions())


INTENT = {
    "kind": "create_draft",
    "company": "se",
    "subject": "D1",
    "deal_id": "D1",
    "revision": 1,
    "state": "new",
    "payload_hash": "a" * 64,
    "marker": "SF:D1",
    "customer_id": "K1",
    "net": "1.00",
    "currency": "SEK",
    "attempt": 0,
    "sent_at": None,
    "remote_id": None,
    "correlation_id": "C1",
    "run_id": "r1",
    "created_at": "2026-11-20",
    "updated_at": "2026-11-20",
}
SENT = {"state": "sent", "attempt": 1, "sent_at": "2026-11-20"}


def insert(connection: sqlite3.Connection, **changed: Any) -> None:
    row = INTENT | changed
    names, places = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO intents ({names}) VALUES ({places})", [*row.values()])


@pytest.mark.parametrize("state", LIVE_STATES)
def test_a_second_live_intent_for_the_same_draft_cannot_be_stored(
    raw: sqlite3.Connection, state: IntentState
) -> None:
    """Whatever the code above it does: what was, is being or may have been made keeps the place."""
    insert(raw, **SENT | {"state": str(state), "remote_id": "U1"})
    with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE.*intents\.company"):
        insert(raw)


@pytest.mark.parametrize("state", sorted(set(IntentState) - set(LIVE_STATES)))
def test_a_refused_or_dropped_intent_leaves_room_for_another(
    raw: sqlite3.Connection, state: IntentState
) -> None:
    insert(raw, **SENT | {"state": str(state)})
    insert(raw)
    assert raw.execute("SELECT count(*) FROM intents").fetchone() == (2,)


def test_write_backs_of_one_deal_may_be_live_side_by_side(raw: sqlite3.Connection) -> None:
    insert(raw, kind="write_deal")
    insert(raw, kind="write_deal")
    assert raw.execute("SELECT count(*) FROM intents").fetchone() == (2,)


@pytest.mark.parametrize(
    ("constraint", "changed"),
    [
        ("intents_kind", {"kind": "book_invoice"}),
        ("intents_state", SENT | {"state": "lost"}),
        ("intents_revision", {"revision": 0}),
        ("intents_payload_hash", {"payload_hash": "short"}),
        ("intents_create_has_company", {"company": None}),
        ("intents_create_has_marker", {"marker": None}),
        ("intents_subject_is_deal", {"subject": "D2"}),
        ("intents_draft_has_net", {"net": None}),
        ("intents_draft_has_net", {"currency": None}),
        ("intents_sent_draft_has_customer", SENT | {"customer_id": None}),
        ("intents_attempt_has_time", {"attempt": 1}),
        ("intents_attempt_has_time", {"sent_at": "2026-11-20"}),
        ("intents_state_has_attempt", {"state": "sent"}),
        ("intents_made_has_id", SENT | {"state": "done"}),
        ("intents_made_has_id", SENT | {"state": "adopted"}),
    ],
)
def test_an_intent_that_contradicts_itself_cannot_be_stored(
    raw: sqlite3.Connection, constraint: str, changed: dict[str, Any]
) -> None:
    insert(raw, subject="D9", deal_id="D9")  # the row as such can be stored
    with pytest.raises(sqlite3.IntegrityError, match=f"CHECK constraint failed: {constraint}$"):
        insert(raw, **changed)


@pytest.mark.parametrize(
    ("constraint", "statement"),
    [
        ("meta_one_row", "INSERT INTO meta VALUES (2, 'other', '2026-11-20', 'other')"),
        ("runs_end_has_status", "UPDATE runs SET finished_at = '2026-11-20'"),
        ("runs_status", "UPDATE runs SET status = 'running', finished_at = '2026-11-20'"),
        (
            "journal_begins_with_record",
            "INSERT INTO journal VALUES (1, 1, '2026', 'arm', NULL, 'new', 'r1', NULL)",
        ),
        ("journal_to_state", "INSERT INTO journal VALUES (1, 1, '2026', 'record', NULL, 'lost', 'r1', NULL)"),
        (
            "links_number_has_invoice",
            "INSERT INTO links VALUES ('se','D1',1,'U1','K1','d','c','1','SEK','2026',NULL,'17','Draft',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'draft')",
        ),
        (
            "links_status",
            "INSERT INTO links VALUES ('se','D1',1,'U1','K1','d','c','1','SEK','2026',NULL,NULL,'Lost',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'draft')",
        ),
        (
            "links_target",
            "INSERT INTO links VALUES ('se','D1',1,'U1','K1','d','c','1','SEK','2026',NULL,NULL,'Draft',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'quote')",
        ),
        ("search_lags_seen_is_made", "INSERT INTO search_lags VALUES (1, '2026', NULL, '2026')"),
        ("search_lags_was_looked_for", "INSERT INTO search_lags VALUES (1, NULL, NULL, NULL)"),
        (
            "links_revision",
            "INSERT INTO links VALUES ('se','D1',0,'U1','K1','d','c','1','SEK','2026',NULL,NULL,'Draft',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'draft')",
        ),
    ],
)
def test_a_row_that_contradicts_itself_cannot_be_stored(
    raw: sqlite3.Connection, constraint: str, statement: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=f"CHECK constraint failed: {constraint}$"):
        raw.execute(statement)


POSTGRESQL: sa.Dialect = PGDialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
STOCKHOLM_SUMMER = timezone(timedelta(hours=2))


def test_a_moment_comes_back_in_utc_whatever_zone_it_was_given_in() -> None:
    given = datetime(2026, 7, 1, 1, 30, 0, 123456, tzinfo=STOCKHOLM_SUMMER)
    kept = UtcTime().process_bind_param(given, POSTGRESQL)
    assert kept == given
    for read in (given, kept, datetime(2026, 6, 30, 23, 30, 0, 123456)):  # noqa: DTZ001 - as SQLite gives it back
        found = UtcTime().process_result_value(read, POSTGRESQL)
        assert found is not None
        assert (found, found.tzinfo) == (given, UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        UtcTime().process_bind_param(datetime(2026, 7, 1), POSTGRESQL)  # noqa: DTZ001 - the point


@pytest.mark.parametrize("number", ["0.1", "1000.50", "0.00", "-3", "12345678901234567890.123456789", "1E+3"])
def test_a_decimal_comes_back_with_every_digit(number: str) -> None:
    kept = Amount().process_bind_param(Decimal(number), POSTGRESQL)
    found = Amount().process_result_value(kept, POSTGRESQL)
    assert found == Decimal(number)
    assert kept == format(found, "f")


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        Amount().process_bind_param(Decimal(number), POSTGRESQL)


def test_nothing_stays_nothing() -> None:
    for kind in (UtcTime(), Amount()):
        assert kind.process_bind_param(None, POSTGRESQL) is None
        assert kind.process_result_value(None, POSTGRESQL) is None


def test_people_can_ask_for_runs_deals_and_errors_in_sql_of_their_own(
    migrated: Path,
) -> None:
    with open_state(migrated, dry=False, now=NOW) as state:
        state.runs.start("run-1", "push-closed-won", at=NOW)
        state.holds.replace({"D9": [hold("D9")]}, at=NOW, run_id="run-1")
        first, second = (replace(deal_link("D1"), revision=one, draft_id=f"U{one}") for one in (1, 2))
        state.links.save([first, second])
        sent = state.journal.record_intent(new_draft("D2"), at=NOW, run_id="run-1")
        sent = state.journal.move(sent, IntentEvent.ARM, at=NOW, run_id="run-1")
        state.journal.move(sent, IntentEvent.REFUSE, at=NOW, run_id="run-1", note="2000")
        done = state.journal.record_intent(new_draft("D3"), at=NOW, run_id="run-1")
        state.journal.move(done, IntentEvent.ARM, at=NOW, run_id="run-1")
    with closing(sqlite3.connect(f"file:{migrated}?mode=ro", uri=True)) as connection:
        ask = connection.execute
        assert ask("SELECT run_id, command, status FROM v_runs").fetchall() == [
            ("run-1", "push-closed-won", "unfinished")
        ]
        assert ask("SELECT deal_id, status, draft_id FROM v_deals ORDER BY deal_id").fetchall() == [
            ("D1", "Draft", "U2"),
            ("D9", "Held", None),
        ]
        assert ask("SELECT what, deal_id, code FROM v_errors ORDER BY deal_id").fetchall() == [
            ("refused", "D2", "2000"),
            ("sent", "D3", None),
            ("held", "D9", hold("D9").code),
        ]
        with pytest.raises(sqlite3.OperationalError):
            ask("DELETE FROM v_deals")
    with open_state(migrated, dry=False, now=NOW) as state:
        later_one = state.journal.record_intent(new_draft("D2"), at=NOW, run_id="run-1")
        later_one = state.journal.move(later_one, IntentEvent.ARM, at=NOW, run_id="run-1")
        state.journal.move(later_one, IntentEvent.CONFIRM, at=NOW, run_id="run-1", remote_id="U3")
    with closing(sqlite3.connect(migrated)) as connection:
        found = connection.execute("SELECT deal_id FROM v_errors ORDER BY deal_id").fetchall()
        assert found == [("D3",), ("D9",)]
