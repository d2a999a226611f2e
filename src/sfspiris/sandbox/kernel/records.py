"""Everything a simulator remembers: tables of records in insertion order, in memory and, when asked, in a log file.

The log is the durable form: one line per committed transaction, on disk before the commit returns. So whatever a client
was told had happened is still there after a kill, and what it was not told is there entirely or not at all.
"""

import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from io import RawIOBase
from pathlib import Path
from typing import Any

from sfspiris.sandbox.kernel.errors import SandboxError

Record = dict[str, Any]
_Row = dict[str, Record]

# How a value that JSON lacks is written in the log: an object with exactly one of these names.
_DECIMAL, _MOMENT, _DAY = "$decimal", "$moment", "$day"
_TAGS = frozenset({_DECIMAL, _MOMENT, _DAY})

_SCALARS = frozenset({str, int, bool, type(None), Decimal, date, datetime})

# Operations in a log line. A table or sequence name and its arguments follow.
_PUT, _DELETE, _SEQUENCE, _CLEAR = "put", "delete", "sequence", "clear"

# A log this much longer than what it describes is rewritten at start.
_COMPACT_ABOVE_LINES = 1_000


class Records:
    """Tables of records, each record under its id.

    A record handed out is the stored one: do not change it, `put` a changed copy instead. `put` stores a copy of what it
    is given. Values are what JSON has plus `Decimal`, `date` and `datetime`; a binary float is refused, because money
    would lose its öre in one. Not for use by several threads.
    """

    def __init__(self, log: Path | None = None) -> None:
        """Opens and replays `log`, creating it when missing; None keeps everything in memory only.

        A last line that a kill tore off is dropped: its transaction was never acknowledged. Raises `SandboxError` when
        any other line cannot be read.
        """
        self._tables: dict[str, _Row] = {}
        self._sequences: dict[str, int] = {}
        self._indexes: dict[tuple[str, str], dict[Any, dict[str, None]]] = {}
        self._undo: list[Callable[[], None]] = []
        self._done: list[list[Any]] = []
        self._depth = 0
        self._file: RawIOBase | None = None
        if log is not None:
            self._open(log)

    # Reading

    @property
    def is_empty(self) -> bool:
        """Whether nothing has ever been stored, or everything was cleared."""
        return not any(self._tables.values()) and not self._sequences

    def get(self, table: str, record_id: str) -> Record | None:
        """The record with this id, or None."""
        rows = self._tables.get(table)
        return None if rows is None else rows.get(record_id)

    def all(self, table: str) -> list[Record]:
        """Every record of the table in the order in which their ids first arrived."""
        return list(self._tables.get(table, {}).values())

    def count(self, table: str) -> int:
        """How many records the table has."""
        return len(self._tables.get(table, {}))

    def find(self, table: str, field: str, value: Any) -> list[Record]:
        """Records whose top-level `field` equals `value` exactly (a missing field counts as None).

        The first search of a field builds an index that later writes keep up, so a search costs what it finds. Records
        come in the order in which they got the value.
        """
        rows = self._tables.get(table)
        if rows is None:
            return []
        index = self._indexes.get((table, field))
        if index is None:
            index = self._indexes[table, field] = {}
            for record_id, record in rows.items():
                key = record.get(field)
                if _is_key(key):
                    index.setdefault(key, {})[record_id] = None
        return [rows[record_id] for record_id in index.get(value, ())] if _is_key(value) else []

    # Writing

    def put(self, table: str, record_id: str, record: Record) -> None:
        """Store a copy of `record` under the id, in place of what was there; an existing record keeps its position."""
        copy = _copied(record)
        with self.transaction():
            self._put(table, record_id, copy)
            self._done.append([_PUT, table, record_id, copy])

    def delete(self, table: str, record_id: str) -> None:
        """Remove the record; raises `KeyError` when there is none."""
        with self.transaction():
            self._delete(table, record_id)
            self._done.append([_DELETE, table, record_id])

    def next(self, sequence: str, start: int = 1) -> int:
        """The next number of a named series, `start` the first time; a number is not used twice unless undone."""
        number = self._sequences.get(sequence, start - 1) + 1
        self.set_sequence(sequence, number)
        return number

    def peek(self, sequence: str, start: int = 1) -> int:
        """The number that `next` would give, without taking it."""
        return self._sequences.get(sequence, start - 1) + 1

    def set_sequence(self, sequence: str, last: int) -> None:
        """Make `last` the number taken most recently from the series."""
        with self.transaction():
            before = self._sequences.get(sequence)
            self._undo.append(lambda: self._restore_sequence(sequence, before))
            self._sequences[sequence] = last
            self._done.append([_SEQUENCE, sequence, last])

    def clear(self, *, keep: tuple[str, ...] = ()) -> None:
        """Forget everything, sequences too, except the tables named in `keep`."""
        with self.transaction():
            self._clear(keep)
            self._done.append([_CLEAR, list(keep)])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside take effect together, or none when an exception leaves the block.

        A transaction inside another joins it: its writes are undone alone when an exception leaves it, but become
        durable only with the outermost. Do not await inside.
        """
        undo_mark, done_mark = len(self._undo), len(self._done)
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self._commit()
        except BaseException:
            while len(self._undo) > undo_mark:
                self._undo.pop()()
            del self._done[done_mark:]
            raise
        finally:
            self._depth -= 1

    def close(self) -> None:
        """Close the log file. Nothing is pending: every commit was written when it happened."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # In memory

    def _put(self, table: str, record_id: str, record: Record) -> None:
        rows = self._tables.setdefault(table, {})
        before = rows.get(record_id)
        rows[record_id] = record
        self._reindex(table, record_id, before, record)
        self._undo.append(lambda: self._unput(table, record_id, before))

    def _unput(self, table: str, record_id: str, before: Record | None) -> None:
        rows = self._tables[table]
        self._reindex(table, record_id, rows[record_id], before)
        if before is None:
            del rows[record_id]
        else:
            rows[record_id] = before

    def _delete(self, table: str, record_id: str) -> None:
        rows = self._tables.get(table, {})
        if record_id not in rows:
            raise KeyError(f"{table} has no record {record_id}")
        # Deletes are rare and a record brought back must stand where it stood, so the whole order is kept aside.
        self._undo.append(lambda order=dict(rows): self._restore_table(table, order))  # type: ignore[misc]
        self._reindex(table, record_id, rows.pop(record_id), None)

    def _clear(self, keep: Collection[str]) -> None:
        tables, sequences = self._tables, self._sequences
        self._undo.append(lambda: self._restore_all(tables, sequences))
        self._tables = {name: dict(rows) for name, rows in tables.items() if name in keep}
        self._sequences = {}
        self._indexes.clear()

    def _restore_table(self, table: str, rows: _Row) -> None:
        self._tables[table] = rows
        self._forget_indexes(table)

    def _restore_all(self, tables: dict[str, _Row], sequences: dict[str, int]) -> None:
        self._tables, self._sequences = tables, sequences
        self._indexes.clear()

    def _restore_sequence(self, sequence: str, before: int | None) -> None:
        if before is None:
            del self._sequences[sequence]
        else:
            self._sequences[sequence] = before

    def _forget_indexes(self, table: str) -> None:
        for key in [key for key in self._indexes if key[0] == table]:
            del self._indexes[key]

    def _reindex(self, table: str, record_id: str, before: Record | None, after: Record | None) -> None:
        for (indexed, field), index in self._indexes.items():
            if indexed != table:
                continue
            old = None if before is None else before.get(field)
            new = None if after is None else after.get(field)
            if before is not None and after is not None and old == new:
                continue
            if before is not None and _is_key(old):
                index[old].pop(record_id, None)
            if after is not None and _is_key(new):
                index.setdefault(new, {})[record_id] = None

    # On disk

    def _commit(self) -> None:
        if self._file is not None and self._done:
            self._append(self._file, self._done)
        self._undo.clear()
        self._done.clear()

    @staticmethod
    def _append(file: RawIOBase, operations: list[list[Any]]) -> None:
        position = file.tell()
        line = json.dumps(operations, default=_tagged, separators=(",", ":")).encode() + b"\n"
        try:
            while line:
                line = line[file.write(line) or 0 :]
            os.fsync(file.fileno())
        except OSError as error:
            file.truncate(position)
            file.seek(position)
            raise SandboxError(
                f"The sandbox could not write its data: {error}. Free some space.", status=500
            ) from error

    def _open(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        lines, kept_bytes = 0, 0
        if log.exists():
            with log.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    if not line.endswith(b"\n"):
                        break
                    self._replay(log, number, line)
                    lines, kept_bytes = number, kept_bytes + len(line)
        self._undo.clear()
        if lines > _COMPACT_ABOVE_LINES and lines > sum(map(len, self._tables.values())):
            self._compact(log)
            kept_bytes = log.stat().st_size
        # Without a buffer of our own: what was refused by the disk must not be tried again behind our back.
        self._file = log.open("r+b" if log.exists() else "w+b", buffering=0)
        self._file.truncate(kept_bytes)
        self._file.seek(kept_bytes)

    def _replay(self, log: Path, number: int, line: bytes) -> None:
        carry_out: dict[str, Callable[..., None]] = {
            _PUT: self._put,
            _DELETE: self._delete,
            _SEQUENCE: self._replay_sequence,
            _CLEAR: self._clear,
        }
        try:
            for kind, *arguments in json.loads(line, object_hook=_untagged):
                carry_out[kind](*arguments)
        except (ValueError, KeyError, TypeError) as error:
            raise SandboxError(
                f"Line {number} of {log} cannot be read ({error}). Move the file away to start with a fresh sandbox."
            ) from error
        self._undo.clear()

    def _replay_sequence(self, name: str, last: int) -> None:
        self._sequences[name] = last

    def _compact(self, log: Path) -> None:
        """Rewrite the log as one line that says what is stored now; the old file stays until the new one is on disk."""
        operations: list[list[Any]] = [
            [_PUT, table, record_id, record]
            for table, rows in self._tables.items()
            for record_id, record in rows.items()
        ]
        operations += [[_SEQUENCE, name, last] for name, last in self._sequences.items()]
        fresh = log.with_suffix(".new")
        with fresh.open("wb", buffering=0) as file:
            self._append(file, operations)
        fresh.replace(log)


def _is_key(value: Any) -> bool:
    """Whether a field with this value can be searched for; lists and objects cannot."""
    return value is None or isinstance(value, str | int | Decimal | date)


def _copied(value: Any) -> Any:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, dict):
        if len(value) == 1 and not _TAGS.isdisjoint(value):
            raise TypeError(f"a record cannot hold an object named {next(iter(value))!r}")
        return {key: item if type(item) in _SCALARS else _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    # Subclasses of the plain kinds, such as the members of a StrEnum, come back from the log as the plain kind.
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    raise TypeError(
        f"a record cannot hold {value!r}: {type(value).__name__} is not one of its kinds of value"
    )


def _tagged(value: Any) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    raise TypeError(f"{type(value).__name__} has no place in the log")


def _untagged(value: Record) -> Any:
    if len(value) != 1:
        return value
    ((tag, text),) = value.items()
    match tag:
        case "$decimal":
            return Decimal(text)
        case "$moment":
            return datetime.fromisoformat(text)
        case "$day":
            return date.fromisoformat(text)
        case _:
            return value
