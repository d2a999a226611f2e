"""Making a table anew with its rows kept: how SQLite changes what a table's constraints say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable


def rebuild(tables: tuple[str, ...], make: Callable[[], None]) -> None:
    """Drop these tables, `make` them anew, and put their rows back; columns that they gained are empty.

    `tables` come parents first: those that refer to others are dropped before them and filled after them. Nothing
    outside `tables` may refer to them.
    """
    for name in reversed(tables):
        op.execute(sa.text(f"CREATE TABLE {name}_kept AS SELECT * FROM {name}"))  # noqa: S608 - names of our own tables
        op.drop_table(name)
    make()
    inspector = sa.inspect(op.get_bind())
    for name in tables:
        columns = ", ".join(one["name"] for one in inspector.get_columns(f"{name}_kept"))
        op.execute(sa.text(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {name}_kept"))  # noqa: S608 - as above
        op.drop_table(f"{name}_kept")
