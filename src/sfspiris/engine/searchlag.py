"""Measures how soon the ledgers' lists show what we made, and asks for that measurement where a short settle window rests on it.

Only readings that a run makes anyway are used: not one call more, and nothing is ever made to be looked for.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.identity import markers_in
from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.model import Target
from sfspiris.core.searchlag import PROMPT, REQUEST, Measurement, latest, settle_allowed
from sfspiris.errors import ConfigError
from sfspiris.state.schema import NEW_DOCUMENTS
from sfspiris.state.searchlag import Looked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sfspiris.core.planning.documents import Document, Documents
    from sfspiris.engine.world import World
    from sfspiris.state.journal import Intent
    from sfspiris.state.searchlag import Awaited

log = logging.getLogger(__name__)

_LOOKED_FOR: Final = timedelta(minutes=15)
"""A document that was first looked for later than this after it was sent, and is not there, may have been deleted."""


def observe(world: World, company: str, read: Callable[[], Documents], read_at: datetime) -> None:
    """Note which of our documents this reading shows for the first time, and which it does not show.

    `read` gives the company's drafts, and its orders, in whole, with its invoices; `read_at` is the ledger's own time (UTC)
    when the lists had been read. A dry run notes nothing.
    """
    if world.dry:
        return
    awaited = world.state.search_lags.awaited(company, sent_since=world.clock.now() - _LOOKED_FOR)
    if not awaited:
        return
    found = read()
    by_id = {known: one for one in found.all for known in one.ids}
    looked = [noted for one in awaited if (noted := _looked(one, found, by_id, read_at)) is not None]
    if looked:
        world.state.search_lags.note(looked, now=read_at)
        missing = sum(one.made_at is None for one in looked)
        log.info(
            "looked for new documents of %s: %d seen, %d missing", company, len(looked) - missing, missing
        )


def _looked(one: Awaited, found: Documents, by_id: dict[str, Document], read_at: datetime) -> Looked | None:
    """What the reading told of the document; None when nothing follows from it."""
    marked = [document for marker in markers_in(one.marker) for document in found.marked(marker)]
    own = by_id.get(one.remote_id or "") or (marked[0] if len(marked) == 1 else None)
    if own is None:
        return None if marked else Looked(one, read_at)
    made_at = own.draft.created_at if own.draft is not None and own.draft.target is one.target else None
    if own.invoice is not None or made_at is None:
        return None  # finance has gone on with it: when it was made, and first listed, is not told any more
    is_late = not one.is_answered and made_at - one.sent_at > REQUEST
    says_something = is_late or read_at - made_at <= PROMPT
    return Looked(one, read_at, made_at) if one.is_known or says_something else None


def window(world: World, intent: Intent) -> timedelta:
    """How long after it was written down a write that nobody answered for is waited for.

    The window begins when we gave up the request, which may have waited for its turn before it left. Of a run that died in
    the middle nobody knows when that was: what it sent is waited for as without a measurement. A measurement of the list of
    documents says nothing about other lists.
    """
    settle = world.settle_documents if intent.kind in NEW_DOCUMENTS else world.settle
    last = world.state.journal.history(intent.id)[-1]
    if last.event != IntentEvent.LOSE:
        return max(settle, world.settle)
    return settle + max(last.at - (intent.sent_at or intent.created_at), timedelta(0))


def check(world: World) -> None:
    """Raise ConfigError when what is known of some company's lists does not allow the configured settle window."""
    settle, known = world.settle_documents, world.state.search_lags.all()
    measured = {(one.company, one.target): one for one in known}
    now = max(world.clock.now(), latest(known) or world.clock.now())
    for company in sorted(world.ledgers):
        for target in Target:
            if not world.policy.makes(company, target):
                continue
            refusal = settle_allowed(
                settle, measured.get((company, target)) or Measurement(company, target), now
            )
            if refusal is not None:
                raise too_short(settle, refusal)


def too_short(settle: timedelta, refusal: str) -> ConfigError:
    """The refusal of a settle window, with what to do."""
    minutes = settle // timedelta(minutes=1)
    return ConfigError(
        f"[limits] settle_minutes = {minutes} in sfspiris.toml is too short: {refusal}. A draft whose answer was lost would be "
        "sent again while it may still appear, and that is a second invoice.",
        remedy="Set settle_minutes to 15, or more where a list was seen to be slower, and run `sfspiris sync`, which looks for "
        "its drafts right after it has made them. `sfspiris doctor` shows what has been measured and how short it may be.",
        code="SETTLE_TOO_SHORT",
    )
