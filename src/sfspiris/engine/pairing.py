"""The first-time pairing of accounts and existing customers: reads both sides for the list, and carries out what people say.

Nothing is written to the ledgers. Links go into the state, with who said so; the CRM is told the customer's number where it
has a place for it, and only after the state knows: what it does not save then, the next pull writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfspiris import sentences
from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.model import Buyer
from sfspiris.core.outcome import RunStatus
from sfspiris.core.pairing import Account, pairs, told_by_number
from sfspiris.core.planning.linking import Books, Linked, LinkWord, decide_links
from sfspiris.core.routing import route
from sfspiris.engine.beginning import begin
from sfspiris.ports.crm import Reach, Selection
from sfspiris.state.links import CustomerLink, LinkEvent
from sfspiris.state.receivables import ACCOUNT
from sfspiris.state.runs import RunCounts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sfspiris.core.model import LedgerCustomer
    from sfspiris.core.pairing import Pair
    from sfspiris.core.planning.linking import LinkChange, LinkRow
    from sfspiris.engine.world import World

_SHORT_ID = 15


@dataclass(slots=True)
class _Buyers:
    """The accounts of the CRM, with the companies that their Deals go to."""

    by_id: dict[str, Buyer] = field(default_factory=dict)
    companies: dict[str, set[str]] = field(default_factory=dict)


def look(world: World, companies: Collection[str] = (), *, idle: bool = False) -> tuple[Pair, ...]:
    """Every account that concerns these companies beside the customers that it may be, and every other customer.

    With `idle`, accounts that concern none of them are told too.
    """
    chosen = _chosen(world, companies)
    buyers = _buyers(world)
    found: list[Pair] = []
    for company in chosen:
        links = _links(world, company)
        accounts = [
            Account(buyer, has_deals=company in buyers.companies.get(buyer.id, ()))
            for buyer in (*buyers.by_id.values(), *_unread(links, buyers.by_id))
        ]
        customers = world.ledgers[company].customers()
        found += pairs(company, accounts, customers, links, org_tag=world.policy.org_tag, idle=idle)
    return tuple(found)


def _chosen(world: World, companies: Collection[str]) -> list[str]:
    return sorted(one for one in world.ledgers if not companies or one in companies)


def _buyers(world: World) -> _Buyers:
    """All accounts. What a won or open Deal says of its account goes before what the account says by itself."""
    known = _Buyers({one.id: one for one in world.crm.read_buyers()})
    won = world.crm.read_deals(Selection(closed_from=world.policy.start_date))
    world.clock.follow(won.read_at)
    opened = world.crm.read_deals(Selection(reach=Reach.OPEN))
    for deal in (*opened.deals, *won.deals):
        if deal.buyer is None:
            continue
        known.by_id[deal.buyer.id] = deal.buyer
        if (company := route(deal, world.policy)) is not None:
            known.companies.setdefault(deal.buyer.id, set()).add(company.key)
    return known


def _unread(links: Iterable[str], known: Mapping[str, Buyer]) -> list[Buyer]:
    """The accounts that are linked but not there any more, or hidden from us: by their ids alone."""
    return [Buyer(one, "") for one in sorted(set(links) - known.keys())]


def _links(world: World, company: str) -> dict[str, str]:
    return {one: link.customer_id for one, link in world.state.links.customers(company).items()}


# --- what people say -----------------------------------------------------------------------------------------------


def say(
    world: World, rows: Sequence[LinkRow], *, who: str, companies: Collection[str] = (), tells: bool = True
) -> Linked:
    """Carry out these rows, or as a dry run only judge them. Rows that ask for nothing cost nothing.

    The records are read as they are now. A list with a refused row changes nothing, unless that row may be left out.
    `who` is the operator's login name; `tells` says that the CRM may be written to.
    """
    begin(world)
    asking = [one for one in rows if one.action]
    books = {
        company: Books.of(
            world.ledgers[company].customers() if any(one.company == company for one in asking) else (),
            _links(world, company),
        )
        for company in _chosen(world, companies)
    }
    plan = decide_links(rows, _named(world, asking, books), books)
    warnings: tuple[Warn, ...] = ()
    told: tuple[str, ...] = ()
    if plan.changes and not world.dry:
        world.state.links.say_by_hand(_event(world, one, who) for one in plan.changes)
        if tells:
            told, warnings = _tell(world, plan.changes)
    status = RunStatus.FAILED if plan.is_stopped else RunStatus.PARTIAL if plan.refused else RunStatus.OK
    counts = RunCounts(updated=len(plan.changes), unchanged=plan.unchanged, failed=len(plan.refused))
    world.state.runs.finish(world.run_id, status, counts, at=world.clock.now())
    return Linked(plan, warnings, told)


def _named(world: World, rows: Sequence[LinkRow], books: Mapping[str, Books]) -> dict[str, Buyer]:
    """All accounts by their ids, and those that the rows name by the ids that stand there.

    They are told as for the list, so that what only a Deal says of its account counts here as well. Who cannot be read any more
    can still be parted.
    """
    if not rows:
        return {}
    known = _buyers(world).by_id
    linked = [one for own in books.values() for one in own.links]
    parted = {one.id: one for one in _unread(linked, known)}
    short = {one[:_SHORT_ID]: one for one in (*known, *parted)}
    named = dict(known)
    for row in rows:
        ident = short.get(row.account, row.account)
        if ident in known:
            named[row.account] = known[ident]
        elif ident in parted and row.action.casefold() == LinkWord.UNLINK:
            named[row.account] = parted[ident]
    return named


def _event(world: World, change: LinkChange, who: str) -> LinkEvent:
    return LinkEvent(
        company=change.company,
        buyer_id=change.buyer.id,
        before_id=change.before,
        after_id=change.after.id if change.after else None,
        at=world.clock.now(),
        who=who,
        run_id=world.run_id,
        number=change.after.number if change.after else "",
    )


def _tell(world: World, changes: Iterable[LinkChange]) -> tuple[tuple[str, ...], tuple[Warn, ...]]:
    """Write the numbers into the CRM, where an account is one customer and no other company's; as a pull would."""
    if "spiris_customer_number" not in world.policy.account_fields:
        return (), ()
    linked = {company: world.state.links.customers(company) for company in world.policy.companies}
    numbers: dict[str, str | None] = {}
    for change in changes:
        own = [links[change.buyer.id] for links in linked.values() if change.buyer.id in links]
        number = own[0].number if len(own) == 1 else None
        if change.buyer.customer_number != number and (number or change.buyer.customer_number):
            numbers[change.buyer.id] = number
    results = world.crm.write_customer_numbers(numbers) if numbers else []
    saved = tuple(one.deal_id for one in results if one.error is None)
    world.state.receivables.note_shown(
        ACCOUNT,
        {one: {"spiris_customer_number": numbers[one]} for one in saved},
        at=world.clock.now(),
        run_id=world.run_id,
    )
    told = world.state.receivables.told(ACCOUNT)
    world.state.receivables.note_told(
        ACCOUNT,
        {one: {**told[one], "spiris_customer_number": numbers[one]} for one in saved if one in told},
        at=world.clock.now(),
    )
    return saved, tuple(
        Warn(
            WarningCode.WRITE_BACK_FAILED,
            sentences.say(
                "Salesforce did not save the customer number of account %(account)s: %(error)s. The link itself is kept.",
                account=one.deal_id,
                error=(one.error or "").rstrip("."),
            ),
        )
        for one in results
        if one.error is not None
    )


# --- a memory made anew --------------------------------------------------------------------------------------------


def recover_links(world: World) -> int:
    """Link accounts to the customers whose numbers the CRM shows of them; how many. For a memory that was made anew.

    A number is taken when exactly one company has an active customer of it that nothing speaks against, and the account is not
    linked there already. Who linked them, and when, was lost with the old memory, and so was who was parted.
    """
    buyers = tuple(_buyers(world).by_id.values())
    found: dict[str, list[tuple[str, LedgerCustomer]]] = {}
    for company in _chosen(world, ()) if any(one.customer_number for one in buyers) else ():
        for buyer_id, customer in told_by_number(buyers, world.ledgers[company].customers()).items():
            found.setdefault(buyer_id, []).append((company, customer))
    clear = [(buyer_id, *places[0]) for buyer_id, places in sorted(found.items()) if len(places) == 1]
    missing = [
        CustomerLink(company, buyer_id, customer.id, customer.number, "customer number", world.clock.now())
        for buyer_id, company, customer in clear
        if world.state.links.customer(company, buyer_id) is None
    ]
    world.state.links.save_customers(missing)
    return len(missing)
