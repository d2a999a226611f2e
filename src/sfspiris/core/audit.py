"""The processing history as values: what happened, in which order, and the chain that makes a change in it visible.

BFL (1999:1078) 5 kap. 11 § and BFNAR 2013:2 chapter 9 ask that one can see afterwards when and how each entry was processed:
here, every write that was meant, sent, answered or taken over, the runs, the configuration in force, and what people decided.

Each line carries the print of all lines before it. Whoever changes, removes or inserts a line must therefore change every
line after it as well, and the last print, which somebody else has noted down, tells. It does not prove who made the file.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal


class Happened(StrEnum):
    """What a line of the history tells."""

    CONFIGURATION = "configuration"  # this configuration and program are in force from here on
    RUN_BEGAN = "run_began"
    WRITE = "write"  # something happened to a write that we meant to do
    LINKED = "linked"  # a person said which customer an account is
    PARTED = "parted"  # a person said that an account is not that customer
    DECIDED = "decided"  # a person decided about a held deal, or a run found that it is not so any more
    RUN_ENDED = "run_ended"


class Replaced(StrEnum):
    """How a memory took another one's place."""

    MADE_ANEW = "made_anew"  # from both systems: it holds nothing of what was done before
    PUT_BACK = "put_back"  # from a backup: it holds nothing of what was done since


@dataclass(frozen=True, slots=True)
class Earlier:
    """A memory that stood where this one stands: replaced `at` (UTC), and kept under another name, or None when there was none to keep."""

    how: Replaced
    at: datetime
    kept_aside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened. Times are UTC; `anchor` is when the run that it belongs to began, or `at` outside of runs.

    The order is by anchor, then by run, then as things happened in it: the clock of a run may be corrected on the way, the
    order may not. Ids, codes, hashes and amounts only; `note` and `who` are what operators wrote and are called.
    """

    anchor: datetime
    at: datetime
    what: Happened
    run_id: str | None = None
    command: str | None = None
    event: str | None = None  # of a write or a decision
    kind: str | None = None  # of a write
    company: str | None = None
    deal_id: str | None = None
    buyer_id: str | None = None
    revision: int | None = None
    from_state: str | None = None
    to_state: str | None = None
    target_id: str | None = None
    customer_id: str | None = None
    before_id: str | None = None
    marker: str | None = None
    net: Decimal | None = None
    currency: str | None = None
    payload_hash: str | None = None
    correlation_id: str | None = None
    who: str | None = None
    note: str | None = None
    app: str | None = None
    config: str | None = None


_PLACES: Final = tuple(Happened)


def in_order(found: Iterable[Happening]) -> tuple[Happening, ...]:
    """The history in its one order; what came in the order in which it happened stays so within a run.

    A configuration stands before the first run under it, the end of a run after all that it did.
    """
    inside = {Happened.WRITE, Happened.LINKED, Happened.PARTED}

    def place(one: Happening) -> tuple[datetime, str, int]:
        step = Happened.WRITE if one.what in inside else one.what
        return one.anchor, one.run_id or "", _PLACES.index(step)

    return tuple(sorted(found, key=place))


def start_of_chain(state_id: str, companies: Sequence[str]) -> str:
    """The print that the first line of all follows: one chain for each memory and choice of companies."""
    return _digest(["sfspiris processing history 1", state_id, *sorted(companies)])


def link(previous: str, cells: Sequence[str]) -> str:
    """The print of a line: of its cells, as they stand there, and of all lines before it."""
    return _digest([previous, *cells])


def _digest(parts: Sequence[str]) -> str:
    plain = json.dumps(list(parts), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
