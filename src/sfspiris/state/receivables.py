"""What the ledgers said of their invoices, and what the CRM was told of them and of the accounts that owe them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from sfspiris.core.identity import print_of
from sfspiris.core.model import Invoice, Totals
from sfspiris.state.schema import mirrored, receivables, shown_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sfspiris.core.receivables import Value
    from sfspiris.state.database import Database

INVOICE, ACCOUNT = "invoice", "account"
ATTACHMENT, PARTNER_LINK = "attachment", "partner_link"
_TOTALS = ("net", "vat", "rounding", "gross", "currency")


class Receivables:
    """Every invoice of every company, without the words on it: names have no place in the state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, company: str) -> tuple[Invoice, ...]:
        """The company's invoices and credit notes, by id."""
        wanted = (
            sa.select(receivables).where(receivables.c.company == company).order_by(receivables.c.invoice_id)
        )
        with self._database.reading() as connection:
            return tuple(_invoice(dict(row._mapping)) for row in connection.execute(wanted))  # noqa: SLF001 - SQLAlchemy's public name

    def keep(self, company: str, invoices: Iterable[Invoice], *, complete: bool) -> None:
        """Keep what was read, in one transaction; `complete` forgets every other invoice of the company."""
        rows = [_row(company, one) for one in invoices]
        mine = receivables.c.company == company
        with self._database.writing() as connection:
            if complete:
                connection.execute(receivables.delete().where(mine))
            elif rows:
                one_of_mine = receivables.delete().where(
                    mine, receivables.c.invoice_id == sa.bindparam("old")
                )
                connection.execute(one_of_mine, [{"old": row["invoice_id"]} for row in rows])
            if rows:
                connection.execute(receivables.insert(), rows)

    def told(self, kind: str) -> dict[str, dict[str, Value]]:
        """What the CRM was told last, by the record's key."""
        wanted = sa.select(mirrored.c.key, mirrored.c.document).where(mirrored.c.kind == kind)
        with self._database.reading() as connection:
            return {row.key: json.loads(row.document) for row in connection.execute(wanted)}

    def note_told(
        self,
        kind: str,
        told: Mapping[str, Mapping[str, Value]],
        *,
        at: datetime,
        run_id: str | None = None,
    ) -> None:
        """Keep what the CRM has just been told, or has just said itself, in one transaction.

        `run_id` names the run that wrote it there, for the processing history; None when nothing was written.
        """
        if not told:
            return
        rows = [
            {"kind": kind, "key": key, "document": json.dumps(document, sort_keys=True), "at": at}
            for key, document in told.items()
        ]
        with self._database.writing() as connection:
            connection.execute(
                mirrored.delete().where(mirrored.c.kind == kind, mirrored.c.key == sa.bindparam("old")),
                [{"old": key} for key in told],
            )
            connection.execute(mirrored.insert(), rows)
            if run_id is not None:
                _note_shown(connection, kind, told, at, run_id)

    def note_shown(
        self, kind: str, shown: Mapping[str, Mapping[str, Value]], *, at: datetime, run_id: str
    ) -> None:
        """Keep for the processing history that the run wrote these values, by the record's key."""
        if shown:
            with self._database.writing() as connection:
                _note_shown(connection, kind, shown, at, run_id)

    def forget_told(self, kind: str, keys: Iterable[str]) -> None:
        """The CRM does not have these records, whatever it was told."""
        gone = [{"old": key} for key in keys]
        if gone:
            with self._database.writing() as connection:
                connection.execute(
                    mirrored.delete().where(mirrored.c.kind == kind, mirrored.c.key == sa.bindparam("old")),
                    gone,
                )


def _note_shown(
    connection: sa.Connection,
    kind: str,
    shown: Mapping[str, Mapping[str, Value]],
    at: datetime,
    run_id: str,
) -> None:
    connection.execute(
        shown_events.insert(),
        [
            {"at": at, "run_id": run_id, "kind": kind, "key": key, "payload_hash": print_of(document)}
            for key, document in shown.items()
        ],
    )


def _row(company: str, one: Invoice) -> dict[str, object]:
    return {
        "company": company,
        "invoice_id": one.id,
        "customer_id": one.customer_id,
        "number": one.number,
        "issued_on": one.issued_on,
        "due_on": one.due_on,
        "last_payment_on": one.last_payment_on,
        "remaining": one.remaining,
        "credited": one.credited,
        "gross_in_books": one.gross_in_books,
        "remaining_in_books": one.remaining_in_books,
        "rate": one.rate,
        "ocr": one.ocr,
        "is_overdue": one.is_overdue,
        "is_credit_note": one.is_credit_note,
        "credits_id": one.credits_id,
        **{name: getattr(one.totals, name) for name in _TOTALS},
    }


def _invoice(row: Mapping[str, object]) -> Invoice:
    values = {name: value for name, value in row.items() if name not in {"company", "invoice_id", *_TOTALS}}
    totals = Totals(**{name: row[name] for name in _TOTALS})  # type: ignore[arg-type]
    return Invoice(id=str(row["invoice_id"]), totals=totals, **values)  # type: ignore[arg-type]
