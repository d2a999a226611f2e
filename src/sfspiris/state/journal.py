"""The write-ahead record: what we meant to write, and what became of it.

An intent is committed before its first byte leaves and moved when the answer is there. What was armed and not answered
stays SENT, whatever happens to us, until the ledger itself has been asked.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa

from sfspiris.core.lifecycle import LIVE_STATES, OPEN_STATES, IntentEvent, IntentState, next_state
from sfspiris.core.planning.refused import RefusedBefore
from sfspiris.errors import SafetyStop
from sfspiris.state.database import CHUNK
from sfspiris.state.schema import CREATES, NEW_DOCUMENTS, IntentKind, intents, journal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal

    from sfspiris.state.database import Database

__all__ = ["RECORD", "Entry", "Intent", "IntentKind", "Journal", "NewIntent"]

RECORD: Final = "record"  # the first event of every intent


@dataclass(frozen=True, slots=True)
class NewIntent:
    """A write that is about to be recorded.

    `subject` is the Deal's id, the key of a customer to make within its company, which must not be a person's number, or
    the ledger's id of a customer to update. A
    create needs `company` and `marker`; a draft needs `net` (in major units of `currency`), and its `customer_id` at
    the latest when it is armed. `payload_hash` is SHA-256 in hexadecimal. `source`, `wrote` and `basis` are prints: of what
    the Deal said, of what is sent (see core.written), and of everything that the write rests on. `gross` is what a draft was
    foretold to come to with VAT and rounding, in major units of `currency`.
    """

    kind: IntentKind
    company: str | None
    subject: str
    deal_id: str
    payload_hash: str
    revision: int = 1
    correlation_id: str | None = None
    marker: str | None = None
    customer_id: str | None = None
    net: Decimal | None = None
    currency: str | None = None
    source: str | None = None
    wrote: str | None = None
    basis: str | None = None
    gross: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A recorded write and where it stands; the first fields as in NewIntent.

    Times are UTC. `sent_at` is when the latest of its `attempt`s was armed. `remote_id` is the record on the other
    side: ours when DONE or ADOPTED, a candidate that a person must judge when REVIEW. `run_id` recorded it.
    """

    id: int
    kind: IntentKind
    company: str | None
    subject: str
    deal_id: str
    revision: int
    state: IntentState
    payload_hash: str
    marker: str | None
    customer_id: str | None
    net: Decimal | None
    currency: str | None
    attempt: int
    sent_at: datetime | None
    remote_id: str | None
    correlation_id: str | None
    run_id: str
    created_at: datetime
    updated_at: datetime
    source: str | None = None
    wrote: str | None = None
    basis: str | None = None
    gross: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to an intent, in UTC. `event` is `record` or an IntentEvent; `note` explains it."""

    intent_id: int
    at: datetime
    event: str
    from_state: IntentState | None
    to_state: IntentState
    run_id: str
    note: str | None


class Journal:
    """All intents. Every method that writes is one transaction and durable when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record_intent(self, wanted: NewIntent, *, at: datetime, run_id: str) -> Intent:
        """Record one write as NEW.

        Raises SafetyStop (INTENT_EXISTS) when the same create is live already: it was, or may have been, carried out.
        """
        return self.record_intents([wanted], at=at, run_id=run_id)[0]

    def record_intents(self, wanted: Iterable[NewIntent], *, at: datetime, run_id: str) -> tuple[Intent, ...]:
        """Record several, all or none; otherwise as `record_intent`."""
        with self._database.writing() as connection:
            made = tuple(_record(connection, one, at, run_id) for one in wanted)
            _write_entries(
                connection, [Entry(one.id, at, RECORD, None, one.state, run_id, None) for one in made]
            )
        return made

    def move(
        self,
        intent: Intent,
        event: IntentEvent,
        *,
        at: datetime,
        run_id: str,
        remote_id: str | None = None,
        customer_id: str | None = None,
        note: str | None = None,
    ) -> Intent:
        """Record what happened to an intent, and give it as it stands now.

        `customer_id` fills in the customer of a draft that was recorded before its customer existed. Raises
        IllegalTransitionError for an event that cannot happen in its state, and SafetyStop (INTENT_MOVED) when another
        run has moved it meanwhile; then nothing was changed.
        """
        with self._database.writing() as connection:
            return apply_event(
                connection,
                intent,
                event,
                at=at,
                run_id=run_id,
                remote_id=remote_id,
                customer_id=customer_id,
                note=note,
            )

    def move_all(
        self,
        moved: Iterable[Intent],
        event: IntentEvent,
        *,
        at: datetime,
        run_id: str,
        note: str | None = None,
    ) -> tuple[Intent, ...]:
        """The same event for several intents, all or none; otherwise as `move`."""
        with self._database.writing() as connection:
            return _apply(connection, tuple(moved), event, {}, _Stamp(at, run_id, note))

    def open_intents(self, company: str | None = None) -> tuple[Intent, ...]:
        """Intents of a company, or of all, that are NEW, SENT or REVIEW; oldest first."""
        is_open = intents.c.state.in_(OPEN_STATES)
        return self._read(is_open if company is None else is_open & (intents.c.company == company))

    def of_run(self, run_id: str) -> tuple[Intent, ...]:
        """Intents that the run recorded; oldest first."""
        return self._read(intents.c.run_id == run_id)

    def of_deal(self, deal_id: str) -> tuple[Intent, ...]:
        """Intents for the Deal; oldest first."""
        return self._read(intents.c.deal_id == deal_id)

    def correlations(self) -> dict[str, str]:
        """The Deal behind each correlation id that was ever written down."""
        wanted = (
            sa.select(intents.c.correlation_id, intents.c.deal_id)
            .where(intents.c.correlation_id.is_not(None), intents.c.deal_id != "")
            .distinct()
        )
        with self._database.reading() as connection:
            return {row.correlation_id: row.deal_id for row in connection.execute(wanted)}

    def made_customers(self) -> dict[tuple[str, str], str]:
        """The ledger's ids of the customers that were made, by company and key."""
        made = self._read(
            (intents.c.kind == IntentKind.CREATE_CUSTOMER)
            & intents.c.state.in_((IntentState.DONE, IntentState.ADOPTED))
        )
        return {
            (one.company, one.subject): one.remote_id
            for one in made
            if one.company is not None and one.remote_id is not None
        }

    def unfinished_deals(self) -> frozenset[str]:
        """The Deals whose latest write to the CRM, or to their customer, was not saved there."""
        latest = (
            sa.select(sa.func.max(intents.c.id))
            .where(intents.c.kind.in_((IntentKind.WRITE_DEAL, IntentKind.UPDATE_CUSTOMER)))
            .group_by(intents.c.kind, intents.c.company, intents.c.subject)
        )
        wanted = sa.select(intents.c.deal_id).where(
            intents.c.id.in_(latest), intents.c.state != IntentState.DONE
        )
        with self._database.reading() as connection:
            return frozenset(connection.execute(wanted).scalars())

    def refused(self) -> dict[tuple[str, str], RefusedBefore]:
        """What the ledgers refused, by company and subject, where that was the latest word on a customer or document."""
        latest = (
            sa.select(sa.func.max(intents.c.id))
            .where(intents.c.kind != IntentKind.WRITE_DEAL)
            .group_by(intents.c.company, intents.c.subject)
        )
        codes = (
            sa.select(journal.c.intent_id, journal.c.note)
            .where(journal.c.event == IntentEvent.REFUSE)
            .subquery()
        )
        wanted = (
            sa.select(intents, codes.c.note)
            .join(codes, codes.c.intent_id == intents.c.id)
            .where(intents.c.id.in_(latest), intents.c.state == IntentState.REFUSED)
        )
        with self._database.reading() as connection:
            return {
                (row.company, row.subject): RefusedBefore(row.basis, row.updated_at, row.note)
                for row in connection.execute(wanted)
            }

    def history(self, intent_id: int) -> tuple[Entry, ...]:
        """What happened to an intent, in order; empty when there is none of this id."""
        wanted = (
            sa.select(
                journal.c.intent_id,
                journal.c.at,
                journal.c.event,
                journal.c.from_state,
                journal.c.to_state,
                journal.c.run_id,
                journal.c.note,
            )
            .where(journal.c.intent_id == intent_id)
            .order_by(journal.c.id)
        )
        with self._database.reading() as connection:
            return tuple(Entry(**row._mapping) for row in connection.execute(wanted))  # noqa: SLF001 - public

    def _read(self, condition: sa.ColumnElement[bool]) -> tuple[Intent, ...]:
        wanted = sa.select(intents).where(condition).order_by(intents.c.id)
        with self._database.reading() as connection:
            return tuple(_intent(row) for row in connection.execute(wanted))


def apply_event(
    connection: sa.Connection,
    intent: Intent,
    event: IntentEvent,
    *,
    at: datetime,
    run_id: str,
    remote_id: str | None = None,
    customer_id: str | None = None,
    note: str | None = None,
) -> Intent:
    """`Journal.move` within the caller's transaction."""
    known = {"remote_id": remote_id, "customer_id": customer_id}
    learnt = {name: value for name, value in known.items() if value is not None}
    return _apply(connection, (intent,), event, learnt, _Stamp(at, run_id, note))[0]


@dataclass(frozen=True, slots=True)
class _Stamp:
    """When, in which run and with which words something happened."""

    at: datetime
    run_id: str
    note: str | None


def _apply(
    connection: sa.Connection,
    moved: tuple[Intent, ...],
    event: IntentEvent,
    learnt: dict[str, str],
    stamp: _Stamp,
) -> tuple[Intent, ...]:
    """Move all or none; `learnt` are columns that the event tells."""
    after = tuple(_after(one, event, learnt, stamp.at) for one in moved)
    _refuse_stale(connection, moved)
    if after:
        changing = ("state", "attempt", "sent_at", "remote_id", "customer_id", "updated_at")
        connection.execute(
            intents.update().where(intents.c.id == sa.bindparam("moved_id")),
            [{"moved_id": one.id, **{name: getattr(one, name) for name in changing}} for one in after],
        )
    _write_entries(
        connection,
        [
            Entry(old.id, stamp.at, str(event), old.state, new.state, stamp.run_id, stamp.note)
            for old, new in zip(moved, after, strict=True)
        ],
    )
    return after


def _after(intent: Intent, event: IntentEvent, learnt: dict[str, str], at: datetime) -> Intent:
    state = next_state(intent.state, event)
    values: dict[str, Any] = {"state": state, "updated_at": at, **learnt}
    if event is IntentEvent.ARM:
        values |= {"sent_at": at, "attempt": intent.attempt + 1}
    if state is IntentState.NEW:
        values["remote_id"] = None  # a candidate that was judged not to be ours
    return replace(intent, **values)


def _refuse_stale(connection: sa.Connection, moved: tuple[Intent, ...]) -> None:
    """Raise SafetyStop when an intent is not any more as the caller knows it: acting on that could send it twice."""
    current: dict[int, tuple[IntentState, int]] = {}
    for start in range(0, len(moved), CHUNK):
        ids = [one.id for one in moved[start : start + CHUNK]]
        found = sa.select(intents.c.id, intents.c.state, intents.c.attempt).where(intents.c.id.in_(ids))
        current |= {row.id: (row.state, row.attempt) for row in connection.execute(found)}
    for one in moved:
        if current.get(one.id) != (one.state, one.attempt):
            raise SafetyStop(
                f"The {one.kind} of deal {one.deal_id} was changed by another run meanwhile. Nothing was changed here.",
                remedy="Run again: the next run begins with what the other one left.",
                record=one.deal_id,
                code="INTENT_MOVED",
            )


def _record(connection: sa.Connection, wanted: NewIntent, at: datetime, run_id: str) -> Intent:
    if wanted.kind in CREATES and wanted.company is not None:
        live = _live(wanted.company, wanted.kind, wanted.subject, wanted.revision)
        known = connection.execute(sa.select(intents).where(live)).first()
        if known is not None:
            raise SafetyStop(
                f"The {wanted.kind} of deal {wanted.deal_id} in company {wanted.company} was to be recorded, but an "
                f"earlier one is {known.state}. It is never made twice.",
                remedy="Run again: a run begins by finding out what became of the earlier one.",
                record=wanted.deal_id,
                code="INTENT_EXISTS",
            )
    values = asdict(wanted) | {
        "state": IntentState.NEW,
        "attempt": 0,
        "run_id": run_id,
        "created_at": at,
        "updated_at": at,
    }
    made = connection.execute(intents.insert().values(**values))
    (intent_id,) = cast("tuple[int]", made.inserted_primary_key)
    return Intent(id=intent_id, sent_at=None, remote_id=None, **values)


def _write_entries(connection: sa.Connection, entries: list[Entry]) -> None:
    if entries:
        connection.execute(journal.insert(), [asdict(one) for one in entries])


def _live(company: str, kind: IntentKind, subject: str, revision: int) -> sa.ColumnElement[bool]:
    """The same create, or for a Deal's draft its order and the other way round: there is only one of the two."""
    return sa.and_(
        intents.c.company == company,
        intents.c.kind.in_(NEW_DOCUMENTS if kind in NEW_DOCUMENTS else (kind,)),
        intents.c.subject == subject,
        intents.c.revision == revision,
        intents.c.state.in_(LIVE_STATES),
    )


def _intent(row: sa.Row[tuple[object, ...]]) -> Intent:
    return Intent(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
