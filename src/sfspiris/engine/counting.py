"""Counts both sides against the memory after a run, so that nothing is lost or doubled in silence.

Only what the run has read anyway is counted: a quiet run costs no call more. `--full` reads every won Deal and so counts
all of them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.planning.differences import is_taken_back
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Collection

    from sfspiris.core.planning.documents import Documents
    from sfspiris.engine.world import World
    from sfspiris.sentences import Sentence

_NAMED = 5  # of what is missing, so that the sentence stays one


def deals(world: World, read: Collection[str], decided: Collection[str]) -> tuple[Warn, ...]:
    """Won Deals that were read, and of which nothing is known now: no document, no hold, no decision.

    `decided` are those that the run acted on, tried to, or found as they should be.
    """
    known = (
        set(world.state.links.latest())
        | world.state.holds.deal_ids()
        | world.state.reviews.resolved().keys()
        | {one.deal_id for one in world.state.journal.open_intents()}
    )
    lost = sorted(set(read) - known - set(decided))
    if not lost:
        return ()
    return (
        Warn(
            WarningCode.COUNT_MISMATCH,
            say(
                "%(count)s won deals were read, and %(lost)s of them have neither a document nor a reason why not: "
                "%(some)s. Nothing was made for them. This is a bug; please report it with the run's id.",
                count=len(read),
                lost=len(lost),
                some=_some(lost),
            ),
        ),
    )


def held(held: Collection[str], decided: Collection[str], *, most: Decimal) -> tuple[Warn, ...]:
    """That a greater part of the deals than `most` (0 to 1) waits for a person, out of all that were decided about."""
    of = len({*held, *decided})
    if not of or Decimal(len(held)) / of <= most:
        return ()
    return (
        Warn(
            WarningCode.HELD_SHARE,
            say(
                "%(held)s of %(of)s deals wait for a person, which is more than [limits] max_held_share = %(most)s allows. So many at "
                "once often have one cause; the reasons by code show it.",
                held=len(held),
                of=of,
                most=most,
            ),
        ),
    )


def unseen(deal_ids: Collection[str]) -> tuple[Warn, ...]:
    """Deals that wait, or have a document, and that the CRM does not show at all."""
    if not deal_ids:
        return ()
    return (
        Warn(
            WarningCode.COUNT_MISMATCH,
            say(
                "Salesforce does not show %(count)s deals that it showed before, neither as won nor as deleted: %(some)s. They "
                "stay as they are, and what is new is looked for again from the same moment. Look whether the integration "
                "user may still see them; a deal that was deleted for good is settled with `sfspiris review resolve`.",
                count=len(deal_ids),
                some=_some(sorted(deal_ids)),
            ),
        ),
    )


def documents(world: World, company: str, found: Documents, decided: Collection[str] = ()) -> list[Warn]:
    """Documents of a company with our marker that are more than one for a Deal, or that this memory knows nothing of.

    What is being waited for, or held, has been told already; `decided` are Deals that the run is taking care of.
    """
    ledger = world.policy.companies[company].ledger
    known = {(one.deal_id, one.revision) for one in world.state.links.all()}
    told = (
        set(decided)
        | world.state.holds.deal_ids()
        | {one.deal_id for one in world.state.journal.open_intents()}
    )
    tag = world.policy.org_tag
    ours = {mark for mark in found.by_marker if mark.org_tag == tag}
    standing = {  # an invoice that was credited may have a successor
        deal_id: [one for one in found.of_deal(deal_id, tag) if not is_taken_back(one)]
        for deal_id in sorted({mark.deal_id for mark in ours})
    }
    warned = [
        Warn(
            WarningCode.COUNT_MISMATCH,
            say(
                "%(count)s documents in %(ledger)s carry the deal's marker %(marker)s; one was to be made. Look at "
                "them before one is issued, and delete what should not be there.",
                count=len(stands),
                ledger=ledger,
                marker=joined((str(one) for one in found.markers_of(deal_id, tag)), ", "),
            ),
            deal_id,
        )
        for deal_id, stands in standing.items()
        if len(stands) > 1
    ]
    strangers = sorted(
        str(one) for one in ours if (one.deal_id, one.revision) not in known and one.deal_id not in told
    )
    if strangers:
        warned.append(
            Warn(
                WarningCode.COUNT_MISMATCH,
                say(
                    "%(count)s documents in %(ledger)s (company %(company)s) carry markers of deals that this state file knows "
                    "nothing of: %(some)s. If the right state file is still somewhere, put it back; if not, run "
                    "`sfspiris state rebuild`. A deal that is not won any more is for finance to look at.",
                    count=len(strangers),
                    ledger=ledger,
                    company=company,
                    some=_some(strangers),
                ),
            )
        )
    return warned


def _some(named: list[str]) -> Sentence:
    some = joined(named[:_NAMED], ", ")
    return (
        say("%(some)s and %(count)s more", some=some, count=len(named) - _NAMED) if named[_NAMED:] else some
    )
