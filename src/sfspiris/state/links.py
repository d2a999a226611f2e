"""Which ids on both sides are the same thing, Deal and document, buyer and customer; and what was agreed about a customer."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from sfspiris.core.model import CustomerBase, DealLink, FieldBase
from sfspiris.errors import SafetyStop
from sfspiris.state.schema import customer_bases, customer_links, link_events, links

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sfspiris.state.database import Database


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """A buyer in the CRM and the customer that stands for it in one company's ledger.

    `evidence` is a word that says by what they were found to be the same (`orgnr`, `created`), never the number itself.
    `at` is UTC. A ledger may keep one customer per currency: `currency` is that of the Deals which the customer stands for,
    empty where it stands for all that have none of their own.
    """

    company: str
    buyer_id: str
    customer_id: str
    number: str
    evidence: str
    at: datetime
    currency: str = ""


BY_HAND = "by hand"
"""The evidence of a link that a person made."""
_BY_LINK = "link"
"""The evidence of a customer that was found by the link itself, which says nothing of why they are the same."""


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """A person said which customer an account is from now on (`after_id`, with its `number`), or that it is none.

    `at` is UTC, `who` a login name. `number` is only needed to make the link, and is not kept with the event.
    """

    company: str
    buyer_id: str
    before_id: str | None
    after_id: str | None
    at: datetime
    who: str
    run_id: str
    number: str = ""


class Links:
    """What stands for what."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, company: str | None = None) -> tuple[DealLink, ...]:
        """The links of a company, or all, by company, Deal and revision."""
        wanted = sa.select(links).order_by(links.c.company, links.c.deal_id, links.c.revision)
        if company is not None:
            wanted = wanted.where(links.c.company == company)
        with self._database.reading() as connection:
            return tuple(_link(row) for row in connection.execute(wanted))

    def latest(self, company: str | None = None) -> dict[str, DealLink]:
        """The link of each Deal's latest document, in a company or in all, by Deal id."""
        found: dict[str, DealLink] = {}
        for link in sorted(self.all(company), key=lambda one: (one.revision, one.created_at)):
            found[link.deal_id] = link
        return found

    def of_deal(self, deal_id: str) -> tuple[DealLink, ...]:
        """The Deal's links in every company, by company and revision."""
        wanted = (
            sa.select(links).where(links.c.deal_id == deal_id).order_by(links.c.company, links.c.revision)
        )
        with self._database.reading() as connection:
            return tuple(_link(row) for row in connection.execute(wanted))

    def save(self, changed: Iterable[DealLink]) -> None:
        """Keep these links in one transaction, each in place of what was known of the same company, Deal and revision.

        Raises SafetyStop when a draft is linked to another Deal already; then nothing is kept.
        """
        with self._database.writing() as connection:
            for link in changed:
                put_link(connection, link)

    def customers(self, company: str) -> dict[str, CustomerLink]:
        """The company's customers by the buyer's id; of a buyer who has several, the one that was linked last."""
        return {link.buyer_id: link for link in self.all_customers(company)}

    def all_customers(self, company: str) -> tuple[CustomerLink, ...]:
        """Every link of the company's customers, in the order in which they were made."""
        order = (customer_links.c.at, customer_links.c.buyer_id, customer_links.c.currency)
        wanted = sa.select(customer_links).where(customer_links.c.company == company).order_by(*order)
        with self._database.reading() as connection:
            return tuple(_customer_link(row) for row in connection.execute(wanted))

    def customer(self, company: str, buyer_id: str) -> CustomerLink | None:
        """The customer that stands for the buyer, or None; of several, the one that was linked last."""
        return self.customers(company).get(buyer_id)

    def save_customers(self, changed: Iterable[CustomerLink]) -> None:
        """Keep these links in one transaction, each in place of what was known of the same company, buyer and currency."""
        with self._database.writing() as connection:
            for link in changed:
                put_customer_link(connection, link)

    def say_by_hand(self, said: Iterable[LinkEvent]) -> None:
        """Make, change or take away these links and keep who said so, all or nothing.

        What both sides agreed about a customer is forgotten where the account that spoke for it does so no more, so that
        whoever speaks next begins anew. Raises SafetyStop when a link is not any more as it was when this was decided.
        """
        with self._database.writing() as connection:
            for one in said:
                _say_by_hand(connection, one)

    def events(self) -> tuple[LinkEvent, ...]:
        """Everything that people said about links, oldest first."""
        with self._database.reading() as connection:
            return tuple(
                LinkEvent(row.company, row.buyer_id, row.before_id, row.after_id, row.at, row.who, row.run_id)
                for row in connection.execute(sa.select(link_events).order_by(link_events.c.id))
            )

    def parted(self) -> frozenset[tuple[str, str, str]]:
        """Who a person said is not who: (company, buyer, customer), until it is said otherwise."""
        apart: set[tuple[str, str, str]] = set()
        for one in self.events():
            if one.after_id is not None:
                apart.discard((one.company, one.buyer_id, one.after_id))
            elif one.before_id is not None:
                apart.add((one.company, one.buyer_id, one.before_id))
        return frozenset(apart)

    def bases(self, company: str) -> dict[str, CustomerBase]:
        """What both sides last agreed on about the company's customers, by the customer's id."""
        wanted = sa.select(customer_bases).where(customer_bases.c.company == company)
        with self._database.reading() as connection:
            return {row.customer_id: _base(row) for row in connection.execute(wanted)}

    def save_bases(self, changed: Iterable[CustomerBase], *, at: datetime) -> None:
        """Keep these in one transaction; fields that a base does not name stay as they were known. `at` is UTC."""
        with self._database.writing() as connection:
            for base in changed:
                put_base(connection, base, at)


def _say_by_hand(connection: sa.Connection, one: LinkEvent) -> None:
    mine = sa.and_(customer_links.c.company == one.company, customer_links.c.buyer_id == one.buyer_id)
    now = connection.execute(sa.select(customer_links.c.customer_id).where(mine)).scalar()
    if now != one.before_id:
        raise SafetyStop(
            f"The link of account {one.buyer_id} in company {one.company} was changed meanwhile. Nothing was changed here.",
            remedy="Run the same command again.",
            record=one.buyer_id,
            code="LINK_MOVED",
        )
    if one.after_id is None:
        connection.execute(customer_links.delete().where(mine))
    else:
        put_customer_link(
            connection,
            CustomerLink(one.company, one.buyer_id, one.after_id, one.number, BY_HAND, one.at),
        )
    if one.before_id is not None and one.before_id != one.after_id:
        connection.execute(
            customer_bases.delete().where(
                customer_bases.c.company == one.company,
                customer_bases.c.customer_id == one.before_id,
                customer_bases.c.buyer_id == one.buyer_id,
            )
        )
    values = {name: value for name, value in asdict(one).items() if name != "number"}
    connection.execute(link_events.insert().values(values))


def put_base(connection: sa.Connection, base: CustomerBase, at: datetime) -> None:
    """Keep what was agreed about one customer within the caller's transaction, as `Links.save_bases`."""
    key = sa.and_(customer_bases.c.company == base.company, customer_bases.c.customer_id == base.customer_id)
    known = connection.execute(sa.select(customer_bases.c.prints).where(key)).scalar()
    prints = json.loads(known) if known else {}
    prints |= {name: [one.ours, one.theirs] for name, one in base.fields.items()}
    connection.execute(customer_bases.delete().where(key))
    connection.execute(
        customer_bases.insert().values(
            company=base.company,
            customer_id=base.customer_id,
            buyer_id=base.buyer_id,
            prints=json.dumps(prints, sort_keys=True, separators=(",", ":")),
            at=at,
        )
    )


def put_link(connection: sa.Connection, link: DealLink) -> None:
    """Keep one link within the caller's transaction; errors as `Links.save`."""
    key = sa.and_(
        links.c.company == link.company,
        links.c.deal_id == link.deal_id,
        links.c.revision == link.revision,
    )
    other = connection.execute(
        sa.select(links.c.deal_id, links.c.revision).where(
            links.c.company == link.company, links.c.draft_id == link.draft_id, sa.not_(key)
        )
    ).first()
    if other is not None:
        raise SafetyStop(
            f"{link.target.capitalize()} {link.draft_id} in company {link.company} was to be linked to deal {link.deal_id} (revision "
            f"{link.revision}), but it stands for deal {other.deal_id} (revision {other.revision}) already.",
            remedy=f"Look at the {link.target}: one document cannot invoice two deals. Nothing was changed here.",
            record=link.deal_id,
            code="DRAFT_ALREADY_LINKED",
        )
    connection.execute(links.delete().where(key))
    connection.execute(links.insert().values(**asdict(link)))


def put_customer_link(connection: sa.Connection, link: CustomerLink) -> None:
    """Keep one link within the caller's transaction; by what a customer was found at first stays when the link finds it again."""
    if link.evidence == _BY_LINK:
        known = sa.select(customer_links.c.evidence).where(
            customer_links.c.company == link.company,
            customer_links.c.buyer_id == link.buyer_id,
            customer_links.c.customer_id == link.customer_id,
            customer_links.c.evidence != _BY_LINK,
        )
        link = replace(link, evidence=connection.execute(known).scalar() or link.evidence)
    connection.execute(
        customer_links.delete().where(
            customer_links.c.company == link.company,
            customer_links.c.buyer_id == link.buyer_id,
            customer_links.c.currency == link.currency,
        )
    )
    connection.execute(customer_links.insert().values(**asdict(link)))


def _link(row: sa.Row[tuple[object, ...]]) -> DealLink:
    return DealLink(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping


def _base(row: sa.Row[tuple[object, ...]]) -> CustomerBase:
    fields = {name: FieldBase(*prints) for name, prints in json.loads(row.prints).items()}
    return CustomerBase(row.company, row.customer_id, row.buyer_id, fields)


def _customer_link(row: sa.Row[tuple[object, ...]]) -> CustomerLink:
    return CustomerLink(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
