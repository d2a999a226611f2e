"""Puts a link to its Deal beside each draft in the ledger, so that finance can go from the draft to what was sold.

It comes after the create has been answered and recorded, and proves nothing about it: it is a second call, and a draft without
a link is as good as any other. So it never changes what became of a draft, and nothing is concluded from a link or its absence.
A link itself is made once: remembered durably before it is sent; one that was not answered, or that this memory does not know
of, is looked for among all links before it is made, and not before the settle window has passed.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import CreateDraft
from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.model import DealStatus, Target
from sfspiris.core.outcome import Outcome
from sfspiris.errors import OutcomeUnknown, SfspirisError, SignInNeeded
from sfspiris.sentences import say
from sfspiris.state.receivables import PARTNER_LINK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfspiris.core.model import DealLink
    from sfspiris.core.receivables import Value
    from sfspiris.engine.execute import Carried
    from sfspiris.engine.world import World

LATE_AT_ONCE: Final = 50
"""Links of earlier runs that one run makes up for; the rest follow in the next ones."""

_STATE: Final = "state"
_DONE: Final = "there"
_SYSTEM: Final = "sfspiris"


def link(world: World, carried: Carried) -> None:
    """Make the links of this run's drafts, and those that earlier runs could not make. A failure is a warning, no more."""
    if not world.policy.links_drafts or carried.stopped is not None:
        return
    made = {
        one.target_id
        for one in carried.results
        if isinstance(one.action, CreateDraft) and one.outcome is Outcome.DONE and not one.adopted
    }
    told = world.state.receivables.told(PARTNER_LINK)
    links = sorted(world.state.links.latest().values(), key=lambda one: (one.created_at, one.deal_id))
    for company in sorted(world.ledgers):
        lacking = [
            one
            for one in links
            if one.company == company
            and one.status is DealStatus.DRAFT
            and one.target is Target.DRAFT  # the ledger has links of drafts and invoices, none of orders
            and told.get(_key(one), {}).get(_STATE) != _DONE
        ]
        now = [one for one in lacking if one.draft_id in made]
        late = [one for one in lacking if one.draft_id not in made and _may_be_tried(world, told, one)]
        try:
            _make(world, company, now, late[:LATE_AT_ONCE])
        except SignInNeeded as error:  # true of the whole company: the next run would find out, and so late
            carried.stopped = error
            return
        except SfspirisError as error:
            carried.warnings.append(
                Warn(
                    WarningCode.LEDGER_LINK_FAILED,
                    say(
                        "The drafts of company %(company)s are in order, but not every one got its link to the deal: %(error)s "
                        "The next run tries again.",
                        company=company,
                        error=error.message,
                    ),
                )
            )


def _make(world: World, company: str, now: Sequence[DealLink], late: Sequence[DealLink]) -> None:
    ledger = world.ledgers[company]
    there = ledger.linked_drafts() if late else {}
    for one in (*now, *late):
        if any(one.deal_id in address for address in there.get(one.draft_id, ())):
            _remember(world, one, _DONE)
            continue
        with world.unit():
            _remember(world, one, world.clock.now().isoformat())
            try:
                ledger.link_draft(one.draft_id, world.crm.record_url(one.deal_id), _SYSTEM)
            except OutcomeUnknown:
                raise
            except SfspirisError:  # provably not made
                _remember(world, one, None)
                raise
            _remember(world, one, _DONE)


def _may_be_tried(world: World, told: Mapping[str, Mapping[str, Value]], one: DealLink) -> bool:
    """Whether a list shows by now what was sent without an answer."""
    tried = told.get(_key(one), {}).get(_STATE)
    return not tried or world.clock.now() >= datetime.fromisoformat(str(tried)) + world.settle


def _remember(world: World, one: DealLink, state: str | None) -> None:
    world.state.receivables.note_told(PARTNER_LINK, {_key(one): {_STATE: state}}, at=world.clock.now())


def _key(one: DealLink) -> str:
    return f"{one.company}:{one.draft_id}"
