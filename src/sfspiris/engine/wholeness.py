"""A list that lacks most of what we know to be there is not believed before the ledger has been asked one by one.

An empty list can be whole, well-formed and wrong: a sign-in that lost its rights for a night, a filter that a gateway added.
Whoever believed it would make every customer anew, and call every draft deleted. What is younger than the settle window is
not asked about: lists may lag behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.identity import Marker, markers_in
from sfspiris.core.model import DealStatus
from sfspiris.errors import BrokenReply

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from sfspiris.core.model import Invoice, LedgerCustomer, LedgerDraft
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger


def customers(world: World, ledger: Ledger) -> Sequence[LedgerCustomer]:
    """All customers of a company. Raises BrokenReply for a list that lacks most of those that we know."""
    found = ledger.customers()
    before = world.clock.now() - world.settle
    known = {
        link.customer_id for link in world.state.links.customers(ledger.company).values() if link.at <= before
    }
    if missing := _most_of(known, {one.id for one in found}, of=len(known)):
        _ask_for(world, ledger, "customers", missing, ledger.has_customer)
    return found


def check_documents(
    world: World, ledger: Ledger, listed: Iterable[LedgerDraft], invoices: Iterable[Invoice]
) -> None:
    """Raise BrokenReply when drafts and orders lack most of those that stood there when we last looked, and still stand.

    Those that became one of the invoices are where they should be.
    """
    before, tag = world.clock.now() - world.settle, world.policy.org_tag
    open_links = [
        link
        for link in world.state.links.latest().values()
        if link.company == ledger.company and link.status is DealStatus.DRAFT and link.created_at <= before
    ]
    if not open_links:
        return
    issued, marked = set[str | None](), set[Marker]()
    for one in invoices:
        issued |= {one.draft_id, *one.order_ids}
        marked |= {marker for words in one.texts for marker in markers_in(words)}
    targets = {
        link.draft_id: link.target
        for link in open_links
        if link.draft_id not in issued and Marker(link.deal_id, link.revision, tag) not in marked
    }
    if missing := _most_of(targets, {one.id for one in listed}, of=len(open_links)):
        _ask_for(
            world,
            ledger,
            "drafts",
            missing,
            lambda draft_id: ledger.draft(draft_id, target=targets[draft_id]) is not None,
        )


def _most_of(known: Collection[str], listed: Collection[str], *, of: int) -> list[str]:
    """What is missing, when that is more than half of so many; else nothing."""
    missing = sorted(set(known) - set(listed))
    return missing if len(missing) * 2 > of else []


def _ask_for(
    world: World, ledger: Ledger, what: str, missing: Sequence[str], is_there: Callable[[str], bool]
) -> None:
    """Ask for the first and the last of them alone; finance may well have issued or deleted all."""
    if any(is_there(one) for one in dict.fromkeys((missing[0], missing[-1]))):
        name = world.policy.companies[ledger.company].ledger
        raise BrokenReply(
            f"{name} left {len(missing)} {what} out of its list for company {ledger.company}, and has them all the same when "
            "asked for one. Nothing was concluded from that list.",
            remedy="Run the same command again. If it stays so, look whether the user who signed in may see everything in "
            f"company {ledger.company}.",
        )
