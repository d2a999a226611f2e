"""Carries out a plan: one action, one call, written down before the first byte leaves and after the answer is there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, assert_never

from sfspiris.core.actions import (
    Adopt,
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    DeleteDraft,
    Plan,
    UpdateCustomer,
    UpdateDraft,
    WriteDeal,
)
from sfspiris.core.lanes import Lanes, LedgerAction
from sfspiris.engine.drafting import Drafting
from sfspiris.engine.entering import Entering
from sfspiris.engine.telling import Telling
from sfspiris.engine.twins import count_created
from sfspiris.engine.work import Call, Carried, Pause, Steps, Work
from sfspiris.errors import Fatal, Retryable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sfspiris.engine.world import World

__all__ = ["Carried", "execute"]


def execute(world: World, plan: Plan, *, is_pilot: bool = False, fail_fast: bool = False) -> Carried:
    """Carry out the plan. A Deal that cannot be written becomes a hold and the others go on.

    As many calls are under way at the same time as the world's crew has hands; one customer's follow the order of the plan,
    and what is told does so altogether. A pilot is a few Deals that somebody looks at before the rest follows: it goes one by
    one and ends at the first document that the ledger makes another total of than the Deal has.

    Only trouble that would meet every further write stops the run: no connection, no quota, no sign-in; with `fail_fast`, the
    first write that fails does. What was done until then is told to the CRM all the same, and `stopped` says why the rest was
    not tried.
    """
    return _Execution(world, is_pilot=is_pilot, fail_fast=fail_fast).carry_out(plan)


class _Execution:
    def __init__(self, world: World, *, is_pilot: bool, fail_fast: bool) -> None:
        self._world = world
        self._crew = world.crew
        self._hands = 1 if is_pilot else world.crew.size
        self._work = Work(world, fail_fast=fail_fast)
        self._entering = Entering(self._work)
        self._drafting = Drafting(self._work, self._entering, is_pilot=is_pilot)
        self._telling = Telling(self._work)
        self._under_way: dict[int, Steps[None]] = {}  # by number, those that wait for an answer
        self._resting: dict[int, tuple[Steps[None], float]] = {}  # by number, those that asked for a pause

    def carry_out(self, plan: Plan) -> Carried:
        actions = [one for one in plan.actions if isinstance(one, LedgerAction)]
        told = [one for one in plan.actions if isinstance(one, WriteDeal)]
        self._telling.bear_witness([one for one in actions if isinstance(one, CreateDraft)])
        with self._world.unit() as is_ending:
            self._carry_out(actions, is_ending, total=len(plan.actions))
        self._work.number = len(actions)
        if self._work.stopped is None:
            count_created(self._work, self._drafting.made)
        self._telling.tell(told)
        return self._work.carried

    def _carry_out(
        self, actions: Sequence[LedgerAction], is_ending: Callable[[], bool], *, total: int
    ) -> None:
        """Everything in its lane; when an end is asked for, what is under way is finished and nothing more begins."""
        lanes = Lanes(actions)
        try:
            while True:
                while self._may_begin(is_ending) and (number := lanes.next()) is not None:
                    self._world.progress(number, total)
                    self._step(number, self._steps(actions[number]), lanes)
                if self._under_way:
                    answer = self._crew.answer()
                    steps = self._under_way.pop(answer.number)
                    self._step(answer.number, steps, lanes, answer.made, answer.error)
                elif self._resting:
                    self._rest(lanes)
                else:
                    return
        except Exception:
            self._finish(lanes)
            raise

    def _may_begin(self, is_ending: Callable[[], bool]) -> bool:
        return len(self._under_way) < self._hands and not self._resting and not is_ending()

    def _step(
        self,
        number: int,
        steps: Steps[None],
        lanes: Lanes,
        made: object = None,
        error: BaseException | None = None,
    ) -> None:
        """Let one action go on until it waits again or is over."""
        self._work.number = number
        try:
            wanted = steps.send(made) if error is None else steps.throw(error)
        except StopIteration:
            lanes.done(number)
            return
        match wanted:
            case Call(send):
                self._crew.give(number, send)
                self._under_way[number] = steps
            case Pause(seconds):
                self._resting[number] = (steps, seconds)
            case _:
                assert_never(wanted)

    def _rest(self, lanes: Lanes) -> None:
        """Wait once for all that asked for it, now that nothing is under way, and let them go on."""
        resting, self._resting = self._resting, {}
        if self._work.stopped is None:
            self._world.pause(max(seconds for _, seconds in resting.values()))
        for number, (steps, _) in resting.items():
            self._step(number, steps, lanes)

    def _finish(self, lanes: Lanes) -> None:
        """Write down the answers of what is under way, as far as it goes, after an error of our own."""
        while self._under_way:
            answer = self._crew.answer()
            steps = self._under_way.pop(answer.number)
            with suppress(Exception):
                self._step(answer.number, steps, lanes, answer.made, answer.error)

    def _steps(self, action: LedgerAction) -> Steps[None]:
        if self._work.stopped is not None:
            self._work.skip(action)
            return
        try:
            match action:
                case CreateCustomer():
                    yield from self._entering.create_customer(action)
                case UpdateCustomer():
                    yield from self._entering.update_customer(action)
                case CreateArticle():
                    yield from self._entering.create_article(action)
                case CreateDraft():
                    yield from self._drafting.create(action)
                case UpdateDraft():
                    yield from self._drafting.update(action)
                case DeleteDraft():
                    yield from self._drafting.delete(action)
                case Adopt():
                    self._drafting.adopt(action)
                case _:
                    assert_never(action)
        except (Retryable, Fatal) as error:
            self._work.give_up(action, error)
