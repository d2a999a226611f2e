"""Reads the books of all companies to find what is there twice; writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.planning.duplicates import Scan, twin_customers, twin_documents
from sfspiris.engine.search import documents
from sfspiris.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Collection

    from sfspiris.core.planning.duplicates import TwinGroup
    from sfspiris.engine.world import World


def scan(world: World, companies: Collection[str] = ()) -> Scan:
    """All twins in the books of these companies; of all when none is named."""
    groups: list[TwinGroup] = []
    unreadable: dict[str, str] = {}
    counted = [0, 0]
    for company, ledger in sorted(world.ledgers.items()):
        if companies and company not in companies:
            continue
        try:
            customers = ledger.customers()
            found = documents(world, ledger)
        except Retryable as error:
            unreadable[company] = error.message
            continue
        groups += twin_customers(company, customers)
        groups += twin_documents(company, found, customers)
        counted = [counted[0] + len(customers), counted[1] + len(found.all)]
    return Scan(tuple(groups), unreadable, *counted)
