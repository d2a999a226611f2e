"""Everything that happened, out of the tables to which rows are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from sfspiris.core.audit import Happened, Happening, in_order
from sfspiris.core.lifecycle import IntentState
from sfspiris.state.schema import configurations, intents, journal, link_events, reviews, runs, shown_events

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.state.database import Database

_KNOWN_THEN: Final = (IntentState.DONE, IntentState.ADOPTED)
"""In these states an intent's ids are final. In the others they may still be learnt, and a history must not change."""

SAVED: Final = "saved"
"""The event of a write that needs no journal: repeating it does no harm, so that only its success is kept."""

_COUNTS: Final = ("created", "updated", "deleted", "unchanged", "held", "failed")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Which configuration (its checksum, SHA-256) and program was used from when (UTC), first by which run and login name."""

    first_used: datetime
    run_id: str
    config: str
    app: str
    who: str


class History:
    """The processing history."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_configuration(self, used: Configuration) -> None:
        """Keep that a run goes by this configuration, unless the run before it did, under the same program and name."""
        newest = sa.select(configurations).order_by(configurations.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            last = connection.execute(newest).first()
        if last is not None and (last.config, last.app, last.who) == (used.config, used.app, used.who):
            return
        with self._database.writing() as connection:
            connection.execute(
                configurations.insert().values(
                    first_used=used.first_used,
                    run_id=used.run_id,
                    config=used.config,
                    app=used.app,
                    who=used.who,
                )
            )

    def all(self) -> tuple[Happening, ...]:
        """Everything, in its one order, as one moment saw it."""
        with self._database.reading() as connection:
            began: dict[str, datetime] = {
                row.run_id: row.started_at for row in connection.execute(sa.select(runs))
            }
            return in_order(
                (
                    *_configurations(connection, began),
                    *_runs(connection, began),
                    *_writes(connection, began),
                    *_links(connection, began),
                    *_shown(connection, began),
                    *_decisions(connection),
                )
            )


def _configurations(connection: sa.Connection, began: dict[str, datetime]) -> list[Happening]:
    """A configuration is in force from the beginning of the first run under it, by the clock that the run goes by."""
    return [
        Happening(
            anchor=began.get(row.run_id, row.first_used),
            at=began.get(row.run_id, row.first_used),
            what=Happened.CONFIGURATION,
            run_id=row.run_id,
            who=row.who,
            app=row.app,
            config=row.config,
        )
        for row in connection.execute(sa.select(configurations).order_by(configurations.c.id))
    ]


def _runs(connection: sa.Connection, began: dict[str, datetime]) -> list[Happening]:
    used = [
        (began.get(row.run_id, row.first_used), row.config, row.app, row.who)
        for row in connection.execute(sa.select(configurations).order_by(configurations.c.id))
    ]
    found = []
    for row in connection.execute(sa.select(runs).order_by(runs.c.started_at, runs.c.run_id)):
        known = [one for one in used if one[0] <= row.started_at]
        _, config, app, who = known[-1] if known else (None, None, None, None)
        found.append(
            Happening(
                anchor=row.started_at,
                at=row.started_at,
                what=Happened.RUN_BEGAN,
                run_id=row.run_id,
                command=row.command,
                who=who,
                app=app,
                config=config,
            )
        )
        if row.finished_at is not None:
            counts = " ".join(f"{name}={getattr(row, name)}" for name in _COUNTS)
            if row.ended_by is not None:
                counts = f"{counts} ended_by={row.ended_by}"
            found.append(
                Happening(
                    anchor=row.started_at,
                    at=row.finished_at,
                    what=Happened.RUN_ENDED,
                    run_id=row.run_id,
                    command=row.command,
                    to_state=row.status,
                    note=counts,
                )
            )
    return found


def _writes(connection: sa.Connection, began: dict[str, datetime]) -> list[Happening]:
    names = (
        "kind",
        "company",
        "deal_id",
        "revision",
        "marker",
        "net",
        "currency",
        "payload_hash",
        "correlation_id",
    )
    wanted = (
        sa.select(
            journal,
            *(intents.c[name] for name in names),
            intents.c.remote_id,
            intents.c.customer_id,
        )
        .join(intents, intents.c.id == journal.c.intent_id)
        .order_by(journal.c.id)
    )
    return [
        Happening(
            anchor=began.get(row.run_id, row.at),
            at=row.at,
            what=Happened.WRITE,
            run_id=row.run_id,
            event=row.event,
            from_state=row.from_state,
            to_state=row.to_state,
            target_id=row.remote_id if row.to_state in _KNOWN_THEN else None,
            customer_id=row.customer_id if row.to_state in _KNOWN_THEN else None,
            note=row.note,
            **{name: getattr(row, name) for name in names},
        )
        for row in connection.execute(wanted)
    ]


def _links(connection: sa.Connection, began: dict[str, datetime]) -> list[Happening]:
    return [
        Happening(
            anchor=began.get(row.run_id, row.at),
            at=row.at,
            what=Happened.PARTED if row.after_id is None else Happened.LINKED,
            run_id=row.run_id,
            company=row.company,
            buyer_id=row.buyer_id,
            before_id=row.before_id,
            customer_id=row.after_id,
            who=row.who,
        )
        for row in connection.execute(sa.select(link_events).order_by(link_events.c.id))
    ]


def _shown(connection: sa.Connection, began: dict[str, datetime]) -> list[Happening]:
    """What the CRM was made to show; an invoice's key begins with its company."""
    return [
        Happening(
            anchor=began.get(row.run_id, row.at),
            at=row.at,
            what=Happened.WRITE,
            run_id=row.run_id,
            event=SAVED,
            kind=f"write_{row.kind}",
            company=row.key.partition(":")[0] if ":" in row.key else None,
            target_id=row.key if ":" in row.key else None,
            buyer_id=None if ":" in row.key else row.key,
            payload_hash=row.payload_hash,
        )
        for row in connection.execute(sa.select(shown_events).order_by(shown_events.c.id))
    ]


def _decisions(connection: sa.Connection) -> list[Happening]:
    return [
        Happening(
            anchor=row.at,
            at=row.at,
            what=Happened.DECIDED,
            event=row.event,
            company=row.deal_id.partition(":")[0] if ":" in row.deal_id else None,
            deal_id=None if ":" in row.deal_id else row.deal_id,
            target_id=row.deal_id if ":" in row.deal_id else None,
            who=row.who,
            note=row.words,
        )
        for row in connection.execute(sa.select(reviews).order_by(reviews.c.id))
    ]
