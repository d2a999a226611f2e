"""Descriptions that need not be read in every run: which fields exist, which articles and terms a ledger has."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from sfspiris.state.schema import catalog

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.state.database import Database


class Catalog:
    """JSON documents by key. Registers of customers do not belong here: the state holds no personal data."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, key: str) -> tuple[Any, datetime] | None:
        """The document, with decimals as Decimal, and when it was saved (UTC); None when there is none."""
        wanted = sa.select(catalog.c.document, catalog.c.saved_at).where(catalog.c.key == key)
        with self._database.reading() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else (json.loads(row.document, parse_float=Decimal), row.saved_at)

    def save(self, key: str, data: object, *, at: datetime) -> None:
        """Keep a document in place of an earlier one. Numbers with decimals must come as text, as in the vendors' files."""
        document = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        with self._database.writing() as connection:
            connection.execute(catalog.delete().where(catalog.c.key == key))
            connection.execute(catalog.insert().values(key=key, document=document, saved_at=at))

    def forget(self, key: str) -> None:
        """Drop a document, so that it is read anew; nothing happens when there is none."""
        with self._database.writing() as connection:
            connection.execute(catalog.delete().where(catalog.c.key == key))
