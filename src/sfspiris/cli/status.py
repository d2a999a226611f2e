"""`sfspiris status`: how things stand this morning, from the local memory alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import AllowHeld, Common, Lang, with_common

if TYPE_CHECKING:
    from collections.abc import Collection

    from sfspiris.core.standing import LastRun, Memory, Remembered
    from sfspiris.state.keeping import Look
    from sfspiris.state.runlock import LockOwner
    from sfspiris.state.runs import Run
    from sfspiris.state.store import State


@with_common
def status(common: Common, *, allow_held: AllowHeld = False, lang: Lang = "en") -> None:
    """How the last runs ended, what waits, how documents stand, and what needs a person. Asks neither system, changes nothing.

    Ends with 3 when something needs a person.
    """
    from sfspiris.cli import flows
    from sfspiris.cli.answers import answer
    from sfspiris.cli.desk import open_desk
    from sfspiris.cli.machine import utc_now
    from sfspiris.cli.memory import open_memory
    from sfspiris.cli.wiring import state_file
    from sfspiris.core.standing import Remembered, judge
    from sfspiris.report.status import print_status, status_document
    from sfspiris.state import runlock
    from sfspiris.state.keeping import look

    with open_desk(common, read_only=True) as desk:
        settings = desk.settings
        companies = frozenset(desk.chosen_companies()) if common.companies else None
    file, now = state_file(common), utc_now()
    busy = runlock.at_work(file)
    looked = look(file, now=now)
    memory = _memory(looked)
    known = Remembered(memory)
    if memory.trouble is None:
        with open_memory(common) as opened:
            now = opened.now
            known = _remembered(opened.state, memory, flows.off(settings), companies, busy)
    standing = judge(known)
    document = status_document(
        standing,
        memory,
        file=looked.file,
        unknown=known.unknown,
        cursors=looked.cursors,
        owner=settings.review.owner,
        now=now,
        language="en" if common.json else lang,
    )
    answer(common, document, lambda console: print_status(console, document, lang))
    raise typer.Exit(Exit.HELD if standing.needs_a_person(allow_held=allow_held) else Exit.DONE)


def _memory(looked: Look) -> Memory:
    """What the file is. That there is none, and that no run has left one, is no trouble: the first run makes it."""
    from sfspiris.core.standing import Memory
    from sfspiris.state.seal import Finding

    is_new = not looked.exists and looked.finding == Finding.UNSEALED.value
    return Memory(
        finding=looked.finding,
        trouble=None if is_new else looked.trouble,
        is_older=looked.finding == Finding.OLDER.value,
        is_place_refused=looked.is_place_refused,
    )


def _remembered(
    state: State,
    memory: Memory,
    switched_off: Collection[str],
    companies: Collection[str] | None,
    busy: LockOwner | None,
) -> Remembered:
    """What the state knows; of `companies` only, where these are not all. What the run at work has just sent is not unknown."""
    from sfspiris.core.lifecycle import IntentState
    from sfspiris.core.outcome import RunStatus
    from sfspiris.core.standing import HeldDeal, Remembered, UnknownWrite

    def is_meant(company: str | None) -> bool:
        return companies is None or company in companies

    def is_busy(run_id: str) -> bool:
        return busy is not None and run_id.startswith(busy.run_id)

    return Remembered(
        memory,
        runs=tuple(_last(one, is_at_work=is_busy(one.run_id)) for one in state.runs.newest_of_each()),
        well=tuple(_last(one) for one in state.runs.newest_of_each(ended=(RunStatus.OK, RunStatus.PARTIAL))),
        held=tuple(
            HeldDeal(one.deal_id, one.code.value, one.company, one.first_seen)
            for one in state.holds.all()
            if is_meant(one.company)
        ),
        unknown=tuple(
            UnknownWrite(one.deal_id, one.kind.value, one.company, one.sent_at)
            for one in state.journal.open_intents()
            if one.state is not IntentState.NEW
            and one.sent_at is not None
            and is_meant(one.company)
            and not is_busy(one.run_id)
        ),
        links=tuple(one for one in state.links.all() if is_meant(one.company)),
        switched_off=switched_off,
    )


def _last(run: Run, *, is_at_work: bool = False) -> LastRun:
    from sfspiris.core.standing import LastRun
    from sfspiris.state.runs import PULL_HALF

    return LastRun(
        run.run_id,
        run.command,
        run.started_at,
        run.finished_at,
        run.status,
        asdict(run.counts),
        is_pull_half=run.run_id.endswith(PULL_HALF),
        is_at_work=is_at_work and run.status is None,
    )
