"""Looks for second documents of one Deal, which a proxy that resends may have made of a single create.

A list of a company's drafts is read after creates, and once more when the settle window has passed since, for a list may lag
behind; again for as long as two documents are known to stand; and by `--full`. A run with nothing of that reads nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sfspiris.core.holds import for_sales
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.twins import TWINS, beside, hold_of, is_own, marked_for
from sfspiris.engine import gather, orders, search
from sfspiris.errors import Fatal, Retryable, SignInNeeded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sfspiris.core.actions import CreateDraft
    from sfspiris.core.holds import Hold
    from sfspiris.core.model import DealLink
    from sfspiris.engine.gather import Gathered
    from sfspiris.engine.work import Work
    from sfspiris.engine.world import World
    from sfspiris.ports.ledger import Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found before anything is decided: the holds by Deal id, and the Deals, with those that are held for it."""

    gathered: Gathered
    holds: Mapping[str, Hold] = field(default_factory=dict)


def look(world: World, gathered: Gathered, *, full: bool) -> Looked:
    """Deals that have two documents, where that may have come about since they were last counted, or is to be counted anew."""
    links = world.state.links.latest()
    holds: dict[str, Hold] = {}
    for company, ledger in sorted(world.ledgers.items()):
        own = [one for one in links.values() if one.company == company]
        known = any(one.code == TWINS for one in own)
        if not (known or (own and full) or _is_due(world, company, own)):
            continue
        read_at = world.clock.now()
        everything = known or full
        found = search.documents(world, ledger) if everything else _unbooked(world, ledger)
        holds |= _judge(world, own, found, is_complete=everything)
        _counted(world, company, read_at)
    missing = sorted(holds.keys() - {one.id for one in gathered.deals})
    if not missing:
        return Looked(gathered, holds)
    others = gather.named(world, missing)
    read = replace(
        gathered,
        deals=(*gathered.deals, *others.deals),
        departed=(
            *gathered.departed,
            *(
                one
                for one in others.departed
                if one.deal_id not in {two.deal_id for two in gathered.departed}
            ),
        ),
    )
    return Looked(read, holds)


def look_again(world: World, gathered: Gathered) -> Looked:
    """Those of some Deals of which an earlier run found two documents, or none, as the books say it now."""
    links = world.state.links.latest()
    doubted = [
        one
        for deal in gathered.deals
        if (one := links.get(deal.id)) is not None and one.code == TWINS and one.company in world.ledgers
    ]
    holds: dict[str, Hold] = {}
    for company in sorted({one.company for one in doubted}):
        own = [one for one in doubted if one.company == company]
        found = search.documents(world, world.ledgers[company])
        holds |= _judge(world, own, found, is_complete=True)
    return Looked(gathered, holds)


def count_created(work: Work, created: Collection[CreateDraft]) -> None:
    """Look for second documents of what this run has made, while it can still be told on their Deals.

    A company that does not answer is looked at by the next run.
    """
    world = work.world
    for company in sorted({one.company for one in created}):
        read_at = world.clock.now()
        try:
            found = _unbooked(world, world.ledgers[company])
        except SignInNeeded as error:  # true of whatever else would be asked of the company
            work.stop(error)
            return
        except (Retryable, Fatal) as error:
            log.info("drafts of %s were not counted after the creates: %s", company, error.code)
            continue
        made = {one.deal_id: one for one in created if one.company == company}
        links = world.state.links.latest(company)
        holds = _judge(world, [links[one] for one in made if one in links], found, is_complete=False)
        for deal_id, hold in holds.items():
            link = world.state.links.latest(company)[deal_id]
            work.hold(replace(hold, deal_name=made[deal_id].deal_name, owner=made[deal_id].owner))
            work.after[deal_id] = link.told
        _counted(world, company, read_at)


def _judge(world: World, links: list[DealLink], found: Documents, *, is_complete: bool) -> dict[str, Hold]:
    """The holds by Deal id; links remember what was found, and forget it when only the Deal's own document is left."""
    holds: dict[str, Hold] = {}
    changed: list[DealLink] = []
    for link in links:
        if others := beside(link, found, world.policy.org_tag):
            hold = hold_of(link, others, world.policy)
            holds[link.deal_id] = hold
            changed.append(replace(link, code=TWINS, message=for_sales([hold], world.policy.spoken)))
        elif link.code == TWINS and is_complete and _stands_alone(world, link, found):
            changed.append(replace(link, code=None, message=None))
    world.state.links.save(changed)
    return holds


def _stands_alone(world: World, link: DealLink, found: Documents) -> bool:
    """Whether the Deal's own document is there and no other; when it is gone, a pull finds out what is left."""
    marked = marked_for(link, found, world.policy.org_tag)
    return len(marked) == 1 and is_own(link, marked[0])


def _unbooked(world: World, ledger: Ledger) -> Documents:
    ordered = orders.of(world, ledger)
    return Documents.of(ledger.drafts(), (), ordered)


def _is_due(world: World, company: str, links: list[DealLink]) -> bool:
    """Whether something was made of which no list has been read yet that must show it, and all that came with it."""
    counted, now = world.state.cursors.get(_feed(company)), world.clock.now()
    if counted is None:
        return bool(links)
    return any(
        one.created_at > counted
        or (one.created_at + world.settle > counted and now >= one.created_at + world.settle)
        for one in links
    )


def _counted(world: World, company: str, read_at: datetime) -> None:
    world.state.cursors.move(_feed(company), read_at, at=world.clock.now())


def _feed(company: str) -> str:
    """The cursor that tells when a company's drafts were last counted."""
    return f"counted:{company}"
