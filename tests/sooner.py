"""What a process of its own does once, and what the hundreds of commands in a process of tests can therefore share.

Nothing here changes what a command does: each answer is the one that was found the first time. Commands in processes of
their own, and the tests of the state, do without; see `state/conftest.py`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import typer.main

from sfspiris.adapters.salesforce import catalog
from sfspiris.state import migrations, sqlite
from sfspiris.state.schema import meta

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    import pytest

usual_upgrade = migrations.upgrade
_made: list[str] = []
_usual_engine = sqlite.engine
_usual_closest = catalog._closest
_usual_command = typer.main.get_command


def share() -> None:
    """Share from now on."""
    typer.main.get_command = cache(_usual_command)
    catalog._closest = _closest
    sqlite.engine = _engine
    migrations.upgrade = _upgrade


def share_no_migrations(patch: pytest.MonkeyPatch) -> None:
    """Take every step of every state again."""
    patch.setattr(migrations, "upgrade", usual_upgrade)


def _closest(name: str, names: Iterable[str]) -> str | None:
    return _closest_of(name, tuple(names))


@cache
def _closest_of(name: str, names: tuple[str, ...]) -> str | None:
    return _usual_closest(name, names)


class _Statements(dict[Any, Any]):
    """SQL by statement, for all databases: every one of them is of the same kind."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_STATEMENTS = _Statements()


def _engine(connection: sqlite3.Connection) -> tuple[sa.Engine, sa.Engine]:
    found = _usual_engine(connection)
    for one in found:
        one._compiled_cache = _STATEMENTS
    return found


def _upgrade(connection: sa.Connection, *, state_id: str, created_at: datetime, app: str) -> None:
    """Make an empty state what all steps made the first one."""
    if sa.inspect(connection).get_table_names():
        usual_upgrade(connection, state_id=state_id, created_at=created_at, app=app)
        return
    if not _made:
        usual_upgrade(connection, state_id=state_id, created_at=created_at, app=app)
        kept = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
        _made.extend(connection.exec_driver_sql(kept).scalars())
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        _made.append(f"INSERT INTO alembic_version (version_num) VALUES ('{revision}')")
        return
    for one in _made:
        connection.exec_driver_sql(one)
    connection.execute(meta.insert().values(id=1, state_id=state_id, created_at=created_at, app=app))
