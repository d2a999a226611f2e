"""Reads the orders of a company, where there may be some of ours; a company that only gets drafts is not asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.model import Target
from sfspiris.errors import ConfigError
from sfspiris.state.journal import IntentKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfspiris.core.model import LedgerDraft
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger


def are_expected(world: World, company: str) -> bool:
    """Whether Deals of the company become orders, or some did: the configuration may have been changed since."""
    return (
        world.policy.makes_orders(company)
        or any(one.target is Target.ORDER for one in world.state.links.all(company))
        or any(one.kind is IntentKind.CREATE_ORDER for one in world.state.journal.open_intents(company))
    )


def of(world: World, ledger: Ledger, *, thorough: bool = False) -> Sequence[LedgerDraft]:
    """All orders of the company, where any of ours are expected.

    `thorough` asks in any case: the memory may be a new one, and orders were made under another configuration. A company
    that cannot have orders has none then.
    """
    if are_expected(world, ledger.company):
        return ledger.orders()
    if not thorough:
        return ()
    try:
        return ledger.orders()
    except ConfigError:  # no such module in this company's product
        return ()
