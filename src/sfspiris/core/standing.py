"""How things stand, judged from what is remembered alone: how the last runs ended, what waits, and what needs a person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sfspiris.core.model import DealStatus, Target
from sfspiris.core.money import ZERO
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sfspiris.core.model import DealLink
    from sfspiris.core.outcome import RunStatus
    from sfspiris.sentences import Sentence

PUSHES: Final = frozenset({"push-closed-won", "apply", "sync"})
"""The commands that make drafts of all won deals, or of a plan for them; a replay looks at the queue alone."""
PULLS: Final = frozenset({"pull-invoice-status"})
_SYNC: Final = "sync"
_SWEDEN: Final = ZoneInfo("Europe/Stockholm")


class Ended(StrEnum):
    """How a run ended, or that it did not."""

    OK = "ok"
    PARTIAL = "partial"  # something was held or failed
    FAILED = "failed"  # it stopped before all was tried
    AT_WORK = "at work"  # it holds the lock now
    INTERRUPTED = "interrupted"  # it began and never ended


class Need(StrEnum):
    """What needs a person; stable words for programs."""

    STATE = "state"
    RUN_FAILED = "run_failed"
    RUN_INTERRUPTED = "run_interrupted"
    ITEMS_FAILED = "items_failed"
    UNKNOWN = "unknown"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of one command; times are UTC. `is_pull_half` tells the second half of a `sync`, which is a run of its own.

    `counts` are the numbers of its report, by name. `is_at_work` tells that it holds the lock now.
    """

    run_id: str
    command: str
    started_at: datetime
    finished_at: datetime | None
    status: RunStatus | None
    counts: Mapping[str, int]
    is_pull_half: bool = False
    is_at_work: bool = False

    @property
    def ended(self) -> Ended:
        """How it ended, or that it did not."""
        if self.status is not None:
            return Ended(self.status.value)
        return Ended.AT_WORK if self.is_at_work else Ended.INTERRUPTED


@dataclass(frozen=True, slots=True)
class HeldDeal:
    """One reason for which a Deal waits, since when (UTC); `company` is None without a route."""

    deal_id: str
    code: str
    company: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class UnknownWrite:
    """A write that was sent and of which nobody knows yet whether it was carried out; `sent_at` is UTC."""

    deal_id: str
    kind: str
    company: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Memory:
    """What the file of the memory is: `trouble` says why it cannot be used, `finding` what its seal says."""

    finding: str
    trouble: str | None = None
    is_older: bool = False
    is_place_refused: bool = False


@dataclass(frozen=True, slots=True)
class Remembered:
    """Everything that is judged. `runs` are the last of each command, `well` the last of each that came to its end.

    `links` are all documents that the memory has. `switched_off` are the flows (`push`, `pull`) that the configuration has off.
    """

    memory: Memory
    runs: Sequence[LastRun] = ()
    well: Sequence[LastRun] = ()
    held: Sequence[HeldDeal] = ()
    unknown: Sequence[UnknownWrite] = ()
    links: Sequence[DealLink] = ()
    switched_off: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """How one flow does: its last run, and when (UTC) one last came to its end; both None when there was none yet."""

    name: str
    last: LastRun | None
    ended_well_at: datetime | None
    is_off: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """How many Deals wait for one reason, the longest since `oldest` (UTC), for which companies; None is no route yet."""

    code: str
    deals: int
    oldest: datetime
    companies: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class DocumentSum:
    """Documents of one company in one currency that stand alike; `order` is a status too, of an order that is not invoiced yet.

    `net` is what we wrote, `remaining` what is left to pay: None where the memory does not know it of all of them.
    """

    company: str
    currency: str
    status: str
    documents: int
    net: Decimal
    remaining: Decimal | None


@dataclass(frozen=True, slots=True)
class NextStep:
    """One thing that needs a person: what it is, and the command that begins to settle it."""

    need: Need
    what: Sentence
    command: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The judgement. `flows` are push, then pull; `runs` newest first; `held_deals` counts each Deal once."""

    flows: tuple[Flow, ...]
    runs: tuple[LastRun, ...]
    held_deals: int
    reasons: tuple[Reason, ...]
    documents: tuple[DocumentSum, ...]
    next: tuple[NextStep, ...]

    def needs_a_person(self, *, allow_held: bool) -> bool:
        """Whether something is left for somebody; `allow_held` says that held Deals alone are not."""
        return any(one.need is not Need.HELD or not allow_held for one in self.next)


def judge(known: Remembered) -> Standing:
    """How things stand."""
    flows = (_push(known), _pull(known))
    runs = tuple(sorted(known.runs, key=lambda one: (one.started_at, one.run_id), reverse=True))
    held = {one.deal_id for one in known.held}
    steps = [
        *_of_memory(known.memory),
        *_of_runs(flows, runs),
        *_of_unknown(known.unknown),
        *_of_held(known.held, len(held)),
    ]
    return Standing(flows, runs, len(held), _reasons(known.held), _documents(known.links), tuple(steps))


# --- runs ----------------------------------------------------------------------------------------------------------


def _push(known: Remembered) -> Flow:
    is_off = "push" in known.switched_off

    def is_push(one: LastRun) -> bool:
        return one.command in PUSHES and not one.is_pull_half and not (is_off and one.command == _SYNC)

    return _flow("push", known, is_push, is_off=is_off)


def _pull(known: Remembered) -> Flow:
    """A `sync` without a push is a pull all by itself."""
    push_is_off = "push" in known.switched_off

    def is_pull(one: LastRun) -> bool:
        return one.command in PULLS or one.is_pull_half or (push_is_off and one.command == _SYNC)

    return _flow("pull", known, is_pull, is_off="pull" in known.switched_off)


def _flow(name: str, known: Remembered, belongs: Callable[[LastRun], bool], *, is_off: bool) -> Flow:
    last = max(filter(belongs, known.runs), key=lambda one: (one.started_at, one.run_id), default=None)
    ends = [one.finished_at for one in filter(belongs, known.well) if one.finished_at is not None]
    return Flow(name, last, max(ends, default=None), is_off)


def _of_runs(flows: Iterable[Flow], runs: Sequence[LastRun]) -> list[NextStep]:
    """What is to be done about the last run of each flow, and about the very last run, whatever it was."""
    looked = {one.last.run_id: one.last for one in flows if one.last is not None and not one.is_off}
    if runs:
        looked[runs[0].run_id] = runs[0]
    steps = [_of_run(one) for one in sorted(looked.values(), key=lambda one: one.started_at, reverse=True)]
    return [one for one in steps if one is not None]


def _of_run(run: LastRun) -> NextStep | None:
    failed = run.counts.get("failed", 0)
    match run.ended:
        case Ended.FAILED:
            stopped = say("The last %(command)s stopped before all was tried.", command=run.command)
            return NextStep(Need.RUN_FAILED, stopped, "sfspiris doctor")
        case Ended.INTERRUPTED:
            broken = say(
                "The last %(command)s began and never ended. Nothing is lost: the next one picks up.",
                command=run.command,
            )
            return NextStep(Need.RUN_INTERRUPTED, broken, f"sfspiris {run.command}")
        case Ended.PARTIAL if failed or not run.counts.get("held", 0):
            left = say(
                "The last %(command)s could not do everything: %(count)s refused or without an answer."
                if failed
                else "The last %(command)s found that its memory and the two systems do not count the same documents.",
                command=run.command,
                count=failed,
            )
            return NextStep(Need.ITEMS_FAILED, left, f"sfspiris runs show {run.run_id}")
        case _:
            return None


# --- what waits ----------------------------------------------------------------------------------------------------


def _of_memory(memory: Memory) -> list[NextStep]:
    if memory.trouble:
        lost = say("The local memory cannot be used: %(why)s", why=memory.trouble)
        return [NextStep(Need.STATE, lost, "sfspiris state restore FILE")]
    if memory.is_place_refused:
        where = say("The local memory lies where no run will use it.")
        return [NextStep(Need.STATE, where, "sfspiris doctor")]
    if memory.is_older:
        older = say(
            "The local memory is not the file that the last run left. The next run looks in both systems for what is missing."
        )
        return [NextStep(Need.STATE, older, "sfspiris state info")]
    return []


def _of_unknown(unknown: Sequence[UnknownWrite]) -> list[NextStep]:
    if not unknown:
        return []
    what = say(
        "1 write has no known outcome. The next run asks before anything is sent again."
        if len(unknown) == 1
        else "%(count)s writes have no known outcome. The next run asks before anything is sent again.",
        count=len(unknown),
    )
    return [NextStep(Need.UNKNOWN, what, "sfspiris sync")]


def _of_held(held: Sequence[HeldDeal], deals: int) -> list[NextStep]:
    if not held:
        return []
    first = min(one.since for one in held).astimezone(_SWEDEN).date()
    what = say(
        "1 deal waits, since %(day)s." if deals == 1 else "%(count)s deals wait, the first since %(day)s.",
        count=deals,
        day=first,
    )
    return [NextStep(Need.HELD, what, "sfspiris review list")]


def _reasons(held: Iterable[HeldDeal]) -> tuple[Reason, ...]:
    """By code, the one that has waited longest first."""
    groups: dict[str, list[HeldDeal]] = defaultdict(list)
    for one in held:
        groups[one.code].append(one)
    found = (
        Reason(
            code,
            len({one.deal_id for one in group}),
            min(one.since for one in group),
            tuple(sorted({one.company for one in group}, key=lambda key: (key is None, key or ""))),
        )
        for code, group in groups.items()
    )
    return tuple(sorted(found, key=lambda one: (one.oldest, one.code)))


# --- documents -----------------------------------------------------------------------------------------------------

ORDER: Final = "Order"
"""In place of a status: an order that nobody has invoiced yet."""
_STEPS: Final = (ORDER, *DealStatus)


def status_of(link: DealLink) -> str:
    """How a document stands, as sales sees it; an order is told apart from a draft until it is invoiced."""
    is_order = link.target is Target.ORDER and link.status is DealStatus.DRAFT
    return ORDER if is_order else link.status.value


def _documents(links: Iterable[DealLink]) -> tuple[DocumentSum, ...]:
    """Sums by company, currency and status; amounts of two currencies never meet."""
    groups: dict[tuple[str, str, str], list[DealLink]] = defaultdict(list)
    for one in links:
        groups[one.company, one.currency, status_of(one)].append(one)
    order = {str(name): place for place, name in enumerate(_STEPS)}
    found = []
    for (company, currency, status), group in groups.items():
        left = [one.remaining for one in group if one.remaining is not None]
        found.append(
            DocumentSum(
                company,
                currency,
                status,
                len(group),
                sum((one.net for one in group), ZERO),
                sum(left, ZERO) if len(left) == len(group) else None,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.company, one.currency, order[one.status])))
