"""Deals that wait for a person, and since when; ids and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from sfspiris.core.holds import HoldCode
from sfspiris.core.outcome import HeldSince
from sfspiris.state.database import CHUNK
from sfspiris.state.schema import holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sfspiris.core.holds import Hold
    from sfspiris.state.database import Database


@dataclass(frozen=True, slots=True)
class KnownHold:
    """What is remembered of a hold. Times are UTC; names, values and sentences are found anew in each run."""

    deal_id: str
    code: HoldCode
    field: str | None
    company: str | None
    first_seen: datetime
    last_seen: datetime
    run_id: str
    correlation_id: str | None = None


class Holds:
    """The queue of held Deals. A Deal is held for the same reason as before when code and field are the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(
        self,
        found: Mapping[str, Iterable[Hold]],
        *,
        at: datetime,
        run_id: str,
        correlations: Mapping[str, str] | None = None,
    ) -> tuple[HeldSince, ...]:
        """Set the holds of each Deal in `found` to exactly those given, none for an empty list, in one transaction.

        Gives every hold, in the order given, with when its reason was first seen. Deals that are not in `found` stay
        as they are. `correlations` are the Deals' ids in logs, reports and the CRM, by Deal id.
        """
        named = correlations or {}
        given = {deal_id: tuple(reasons) for deal_id, reasons in found.items()}
        told: list[HeldSince] = []
        rows: dict[tuple[str, str, str], dict[str, object]] = {}
        with self._database.writing() as connection:
            since = _first_seen(connection, given)
            for deal_id, reasons in given.items():
                for hold in reasons:
                    key = (deal_id, str(hold.code), hold.field or "")
                    first_seen = since.get(key, at)
                    told.append(HeldSince(hold, first_seen, named.get(deal_id)))
                    rows[key] = {
                        "deal_id": deal_id,
                        "code": str(hold.code),
                        "field": hold.field or "",
                        "company": hold.company,
                        "first_seen": first_seen,
                        "last_seen": at,
                        "run_id": run_id,
                        "correlation_id": named.get(deal_id),
                    }
            for some in _chunks(given):
                connection.execute(holds.delete().where(holds.c.deal_id.in_(some)))
            if rows:
                connection.execute(holds.insert(), list(rows.values()))
        return tuple(told)

    def clear(self, deal_ids: Iterable[str]) -> None:
        """These Deals wait for nobody any more."""
        with self._database.writing() as connection:
            for some in _chunks(deal_ids):
                connection.execute(holds.delete().where(holds.c.deal_id.in_(some)))

    def deal_ids(self) -> frozenset[str]:
        """The Deals that wait."""
        with self._database.reading() as connection:
            return frozenset(connection.execute(sa.select(holds.c.deal_id)).scalars())

    def all(self) -> tuple[KnownHold, ...]:
        """Every hold, the longest waiting first."""
        oldest = sa.select(holds).order_by(holds.c.first_seen, holds.c.deal_id, holds.c.code, holds.c.field)
        with self._database.reading() as connection:
            return tuple(
                KnownHold(
                    deal_id=row.deal_id,
                    code=HoldCode(row.code),
                    field=row.field or None,
                    company=row.company,
                    first_seen=row.first_seen,
                    last_seen=row.last_seen,
                    run_id=row.run_id,
                    correlation_id=row.correlation_id,
                )
                for row in connection.execute(oldest)
            )


def _first_seen(connection: sa.Connection, deal_ids: Iterable[str]) -> dict[tuple[str, str, str], datetime]:
    known: dict[tuple[str, str, str], datetime] = {}
    for some in _chunks(deal_ids):
        for row in connection.execute(sa.select(holds).where(holds.c.deal_id.in_(some))):
            known[row.deal_id, row.code, row.field] = row.first_seen
    return known


def _chunks(ids: Iterable[str]) -> list[list[str]]:
    wanted = list(ids)
    return [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]
