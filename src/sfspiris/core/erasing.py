"""Whether what is remembered of a buyer may be forgotten, what of it must be kept, and until when.

The processing history (behandlingshistorik) is accounting information: it is kept until the end of the seventh year after the
calendar year in which the financial year ended. Source: bokföringslagen (1999:1078) 5 kap. 11 § and 7 kap. 2 §. What the law
has us keep is not to be erased on request. Source: Regulation (EU) 2016/679, article 17.3 b.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sfspiris.core.lifecycle import OPEN_STATES
from sfspiris.core.model import DealStatus, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sfspiris.core.lifecycle import IntentState

YEARS_KEPT: Final = 7
"""After the year; bokföringslagen 7 kap. 2 §."""
SETTLED: Final = frozenset({DealStatus.PAID, DealStatus.CREDITED, DealStatus.DELETED})
"""Nothing more becomes of a document that stands like this by itself."""
_SWEDEN: Final = ZoneInfo("Europe/Stockholm")

Customer = tuple[str, str]
"""A company's key, and the ledger's id of a customer there."""


@dataclass(frozen=True, slots=True)
class Document:
    """A Deal's draft, order or invoice, and who is invoiced."""

    deal_id: str
    customer: Customer
    status: DealStatus
    target: Target = Target.DRAFT


@dataclass(frozen=True, slots=True)
class Write:
    """A write that was recorded for a Deal; `customer` is None where it is not about one."""

    deal_id: str
    kind: str
    state: IntentState
    customer: Customer | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A Deal that waits, with the code of why."""

    deal_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Judged:
    """`under_way` has the Deals that keep the buyer from being forgotten, each with why, in English.

    `deals` are those of which what is no history may be forgotten: of a customer that other buyers are too, nobody can tell
    whose its Deals are. `kept_until` is the last day on which the history must be there; None when there is none.
    """

    under_way: tuple[tuple[str, str], ...]
    deals: frozenset[str]
    kept_until: date | None


def judge(
    documents: Sequence[Document],
    writes: Sequence[Write],
    held: Iterable[Held],
    *,
    shared: Collection[Customer],
    entries: Iterable[datetime],
) -> Judged:
    """What may be forgotten of the buyer that all of these are about.

    `shared` are its customers that other buyers are too, `entries` the times (UTC) of all that is kept.
    """
    reasons: dict[str, str] = {}
    for write in writes:
        if write.state in OPEN_STATES:
            reasons.setdefault(write.deal_id, f"{write.kind} is {write.state}")
    for one in held:
        reasons.setdefault(one.deal_id, f"held: {one.code}")
    for document in documents:
        if document.status not in SETTLED:
            reasons.setdefault(document.deal_id, _stands(document))
    of_others = {one.deal_id for one in documents if one.customer in shared}
    of_others |= {one.deal_id for one in writes if one.customer in shared}
    every = {one.deal_id for one in documents} | {one.deal_id for one in writes}
    latest = max(entries, default=None)
    return Judged(
        under_way=tuple(sorted(reasons.items())),
        deals=frozenset(every - of_others),
        kept_until=None if latest is None else kept_until(latest),
    )


def kept_until(latest: datetime) -> date:
    """The last day on which accounting information of that moment (UTC) must be there, with a financial year that is the calendar's."""
    return date(latest.astimezone(_SWEDEN).year + YEARS_KEPT, 12, 31)


def _stands(document: Document) -> str:
    if document.status is DealStatus.DRAFT:
        return str(document.target)
    return document.status.value.lower()
