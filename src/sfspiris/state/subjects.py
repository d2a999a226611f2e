"""Everything that the memory holds about one buyer, who may be a person; and forgetting what is no processing history.

A Deal is joined to a buyer by its customer alone: through the link that stands for the buyer, or through the customer that
was made or updated for it, which the journal knows by its marker. A Deal that has neither customer nor document yet is known here by
its own id, and nobody can tell whose it is without asking the CRM.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from sfspiris.state.database import CHUNK
from sfspiris.state.receivables import ACCOUNT, INVOICE
from sfspiris.state.schema import (
    IntentKind,
    customer_bases,
    customer_links,
    holds,
    intents,
    journal,
    link_events,
    links,
    mirrored,
    receivables,
    review_reasons,
    reviews,
    search_lags,
    seen_deals,
    shown_events,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sfspiris.state.database import Database

Row = dict[str, Any]
"""A row of a table: its columns by name."""


@dataclass(frozen=True, slots=True)
class About:
    """Every row about one buyer, by table and in the order in which it was written.

    `customers` are (company, the ledger's id) of the customers that stand for the buyer, or were made or updated for it. `others` are
    the links of other buyers to the same customers: whose a Deal of such a customer is, the memory cannot tell.
    """

    buyer_id: str
    rows: Mapping[str, tuple[Row, ...]]
    customers: frozenset[tuple[str, str]]
    others: tuple[Row, ...]

    @property
    def is_known(self) -> bool:
        """Whether there is anything at all."""
        return any(self.rows.values())


class Subjects:
    """What the memory holds about buyers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def about(self, buyer_id: str) -> About:
        """Everything about a buyer, an account or a contact by its id of 18 characters, as one moment saw it."""
        with self._database.reading() as connection:
            return _about(connection, buyer_id)

    def forget(self, buyer_id: str, deals: Collection[str]) -> dict[str, int]:
        """Forget in one transaction what is no processing history, and tell how many rows of each table that were.

        That is the buyer's links and what was agreed about its customers, what the CRM was told of it, and of these `deals`
        the holds, the prints of their reasons and what runs decided about them. Nobody is parted from a customer by it. What is
        deleted is overwritten in the file.
        """
        gone: dict[str, int] = {}
        with self._database.writing() as connection:
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            for table, condition in (
                (customer_links, customer_links.c.buyer_id == buyer_id),
                (customer_bases, customer_bases.c.buyer_id == buyer_id),
                (mirrored, (mirrored.c.kind == ACCOUNT) & (mirrored.c.key == buyer_id)),
                (mirrored, (mirrored.c.kind == INVOICE) & mirrored.c.key.in_(_shown(connection, buyer_id))),
            ):
                deleted = connection.execute(table.delete().where(condition)).rowcount
                gone[table.name] = gone.get(table.name, 0) + deleted
            for table in (holds, review_reasons, seen_deals):
                gone[table.name] = sum(
                    connection.execute(table.delete().where(table.c.deal_id.in_(some))).rowcount
                    for some in _chunks(deals)
                )
        return gone


def _about(connection: sa.Connection, buyer_id: str) -> About:
    own = _rows(connection, customer_links, customer_links.c.buyer_id == buyer_id)
    said = _rows(connection, link_events, link_events.c.buyer_id == buyer_id)
    made = _written_for(connection, buyer_id)
    apart = {(one["company"], one["before_id"]) for one in said}
    customers = frozenset(
        {(one["company"], one["customer_id"]) for one in own}
        | ({customer for one in made if (customer := customer_of(one)) is not None} - apart)
    )
    documents = _of_customers(connection, links, customers)
    written = {one["id"]: one for one in (*made, *_writes_for(connection, customers))}
    deals = {one["deal_id"] for one in (*documents, *written.values())}
    written |= {one["id"]: one for one in _in(connection, intents, "deal_id", deals)}
    invoices = _of_customers(connection, receivables, customers)
    shown = {f"{one['company']}:{one['invoice_id']}" for one in (*invoices, *documents) if one["invoice_id"]}
    drafts = {f"{one['company']}:{one['draft_id']}" for one in documents}
    of_events = (
        *_rows(connection, shown_events, (shown_events.c.kind == ACCOUNT) & (shown_events.c.key == buyer_id)),
        *(one for one in _in(connection, shown_events, "key", shown) if one["kind"] == INVOICE),
    )
    keys = {buyer_id, *shown, *drafts, *_shown(connection, buyer_id)}
    rows = {
        customer_links.name: own,
        customer_bases.name: tuple(
            one | {"prints": json.loads(one["prints"])}
            for one in _rows(connection, customer_bases, customer_bases.c.buyer_id == buyer_id)
        ),
        link_events.name: said,
        links.name: documents,
        receivables.name: invoices,
        intents.name: tuple(written[one] for one in sorted(written)),
        journal.name: _in(connection, journal, "intent_id", written),
        search_lags.name: _in(connection, search_lags, "intent_id", written),
        holds.name: _in(connection, holds, "deal_id", deals),
        review_reasons.name: _in(connection, review_reasons, "deal_id", deals),
        reviews.name: _in(connection, reviews, "deal_id", deals | shown | drafts),
        seen_deals.name: _in(connection, seen_deals, "deal_id", deals),
        mirrored.name: tuple(
            one | {"document": json.loads(one["document"])} for one in _in(connection, mirrored, "key", keys)
        ),
        shown_events.name: tuple(sorted(of_events, key=lambda one: int(one["id"]))),
    }
    others = [
        one for one in _of_customers(connection, customer_links, customers) if one["buyer_id"] != buyer_id
    ]
    return About(buyer_id, rows, customers, tuple(others))


_MARK: Final = "SF:{buyer_id}:"
"""How the marker of a write to a buyer's customer begins (`core.identity.customer_note`)."""
_TO_CUSTOMERS: Final = (IntentKind.CREATE_CUSTOMER, IntentKind.UPDATE_CUSTOMER)


def _written_for(connection: sa.Connection, buyer_id: str) -> tuple[Row, ...]:
    """The writes by which customers were made or updated for the buyer; in a marker the case of an id counts."""
    begins = _MARK.format(buyer_id=buyer_id)
    is_one = intents.c.kind.in_(_TO_CUSTOMERS) & intents.c.marker.startswith(begins, autoescape=True)
    return tuple(one for one in _rows(connection, intents, is_one) if one["marker"].startswith(begins))


def customer_of(write: Row) -> tuple[str, str] | None:
    """The customer that a write is about, as (company, the ledger's id); None where it is about none, or not known yet."""
    match write["kind"]:
        case IntentKind.CREATE_CUSTOMER:
            customer_id = write["remote_id"]
        case IntentKind.UPDATE_CUSTOMER:
            customer_id = write["subject"]
        case _:
            customer_id = write["customer_id"]
    return (write["company"], customer_id) if write["company"] and customer_id else None


def _writes_for(connection: sa.Connection, customers: Iterable[tuple[str, str]]) -> tuple[Row, ...]:
    """The writes of documents for these customers, and of the customers themselves."""
    return tuple(
        chain.from_iterable(
            _rows(
                connection,
                intents,
                (intents.c.company == company)
                & (
                    (intents.c.customer_id == customer_id)
                    | ((intents.c.kind == IntentKind.UPDATE_CUSTOMER) & (intents.c.subject == customer_id))
                    | ((intents.c.kind == IntentKind.CREATE_CUSTOMER) & (intents.c.remote_id == customer_id))
                ),
            )
            for company, customer_id in sorted(customers)
        )
    )


def _shown(connection: sa.Connection, buyer_id: str) -> list[str]:
    """The invoices of which the CRM was told that they are this buyer's."""
    wanted = sa.select(mirrored.c.key, mirrored.c.document).where(
        mirrored.c.kind == INVOICE, mirrored.c.document.contains(buyer_id, autoescape=True)
    )
    return [
        row.key for row in connection.execute(wanted) if json.loads(row.document).get("account") == buyer_id
    ]


def _of_customers(
    connection: sa.Connection, table: sa.Table, customers: Iterable[tuple[str, str]]
) -> tuple[Row, ...]:
    return tuple(
        chain.from_iterable(
            _rows(connection, table, (table.c.company == company) & (table.c.customer_id == customer_id))
            for company, customer_id in sorted(customers)
        )
    )


def _in(connection: sa.Connection, table: sa.Table, column: str, wanted: Iterable[Any]) -> tuple[Row, ...]:
    return tuple(
        chain.from_iterable(_rows(connection, table, table.c[column].in_(some)) for some in _chunks(wanted))
    )


def _rows(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> tuple[Row, ...]:
    wanted = sa.select(table).where(condition).order_by(*table.primary_key)
    return tuple(dict(row._mapping) for row in connection.execute(wanted))  # noqa: SLF001 - SQLAlchemy's public name


def _chunks(wanted: Iterable[Any]) -> list[list[Any]]:
    ordered = sorted(wanted)
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]
