"""A run that dies, or whose disk fails, at any step whatever: after reruns the world equals an undisturbed run's."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from fakes import Killed, Stage, Trouble
from sfspiris.core.holds import HoldCode
from sfspiris.core.identity import markers_in
from sfspiris.core.lifecycle import IntentState
from sfspiris.core.model import DealStatus
from sfspiris.core.outcome import Outcome, RunResult, RunStatus
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, pull, push
from sfspiris.errors import SafetyStop
from sfspiris.state.journal import IntentKind
from shorthand import buyer, customer, deal, deal_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sfspiris.engine.world import World
    from sfspiris.errors import SfspirisError

ERICSSON = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")
ANNA = buyer("Anna Ek", id="001000000000A04AAA", orgnr="19811228-9874")
CLEAN = [deal_id(name) for name in ("D1", "D2", "D3")]
HELD = deal_id("D4")


def stage_in(folder: Path) -> Stage:
    """Two customers to make, one that exists, three drafts, and a deal that must wait."""
    folder.mkdir()
    stage = Stage(folder)
    stage.file.write_bytes(_fresh())
    stage.se.known.append(customer("1001"))
    stage.crm.add(
        deal("D1", "2 x 500 KONS"),
        deal("D2", "1 x 70 MAT", buyer=ERICSSON),
        deal("D3", "3 x 33.33 KONS -10%", buyer=ANNA),
        deal("D4"),
    )
    return stage


def run(stage: Stage, disturb: Callable[[World], None] = lambda _: None) -> RunResult:
    with stage.world() as world:
        disturb(world)
        return push(world, Scope(), Guard(max_changes=200))


def follow(stage: Stage, disturb: Callable[[World], None] = lambda _: None) -> RunResult:
    with stage.world(command="pull-invoice-status") as world:
        disturb(world)
        return pull(world, full=False)


@cache
def _fresh() -> bytes:
    """A state file that nothing has happened to: making one takes longer than all that is tested here."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        with stage.state():
            return stage.file.read_bytes()


@dataclass
class Commits:
    """Counts the durable commits of one run, and does something just after, or instead of, the nth."""

    after: dict[int, Callable[[], BaseException]] = field(default_factory=dict)
    instead: Callable[[int], BaseException | None] = lambda _: None
    count: int = 0

    def __call__(self, world: World) -> None:
        database = world.state._database
        writing = database.writing

        @contextmanager
        def counted() -> Iterator[sa.Connection]:
            with writing() as connection:
                yield connection
                self.count += 1
                if error := self.instead(self.count):
                    raise error
            if blow := self.after.get(self.count):
                raise blow()

        database.writing = counted  # type: ignore[method-assign]  # the disk beneath is what fails, not our code


@dataclass
class Statements:
    """Counts the statements that change the state file, and fails the nth, or that one and all that follow."""

    nth: int = 0
    for_good: bool = False
    code: int = sqlite3.SQLITE_FULL
    count: int = 0

    def __call__(self, world: World) -> None:
        engine = world.state._database._writing

        @sa.event.listens_for(engine, "do_execute")
        @sa.event.listens_for(engine, "do_executemany")
        def execute(_cursor: object, statement: str, *_: object) -> None:
            self._write(statement)

        @sa.event.listens_for(engine, "do_execute_no_params")
        def begin(_cursor: object, statement: str, *_: object) -> None:
            self._write(statement)

    def _write(self, statement: str) -> None:
        if not statement.startswith(("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE")):
            return
        self.count += 1
        if self.nth and (self.count == self.nth or (self.for_good and self.count > self.nth)):
            raise broken_disk(self.code)


def broken_disk(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(
        "disk I/O error" if code == sqlite3.SQLITE_IOERR else "database or disk is full"
    )
    error.sqlite_errorcode = code
    return error


def facts(stage: Stage) -> dict[str, Any]:
    """The world as finance and sales see it, without what may differ from one undisturbed run to another."""
    drafts = {one.id: markers_in(one.texts[0])[0].deal_id for one in stage.se.made}
    return {
        "customers": sorted((one.name, one.orgnr) for one in stage.se.known),
        "drafts": sorted(
            (drafts[one.id], one.totals.net, one.customer_id == "cust-1001") for one in stage.se.made
        ),
        "deals": {
            one.id: (one.sync.status, one.sync.code, one.sync.company, drafts.get(one.sync.draft_id or ""))
            for one in stage.crm.deals.values()
        },
    }


def undisturbed(folder: Path) -> dict[str, Any]:
    stage = stage_in(folder)
    result = run(stage)
    assert (result.status, result.held, result.failed) == (RunStatus.PARTIAL, 1, 0)
    assert run(stage).results == ()
    found = facts(stage)
    assert [deal for deal, *_ in found["drafts"]] == CLEAN
    assert len(found["customers"]) == 3
    return found


def must_tell_the_truth(stage: Stage, result: RunResult) -> None:
    """What a run calls done is there; what it leaves undone it says, and its status word fits."""
    standing = Counter(markers_in(one.texts[0])[0].deal_id for one in stage.se.made)
    held = {one.hold.deal_id for one in result.holds}
    there = {one.id for one in stage.se.made} | {one.id for one in stage.se.known}
    for one in result.results:
        if one.outcome is Outcome.DONE and one.target_id and not one.target_id.startswith("006"):
            assert one.target_id in there
        if one.outcome is Outcome.SKIPPED:
            assert result.stopped is not None or one.action.deal_id in held
    for name in CLEAN:
        assert standing[name] <= 1
        if not standing[name] and result.stopped is None:
            assert name in held, "a deal without a document that nobody speaks of"
    for name in held & set(CLEAN):
        assert {one.hold.code for one in result.holds if one.hold.deal_id == name} == {
            HoldCode.OUTCOME_UNKNOWN
        }
    assert HELD in held or result.stopped is not None
    assert result.status is (RunStatus.FAILED if result.stopped else RunStatus.PARTIAL)


def must_come_to_rest(stage: Stage, wanted: dict[str, Any]) -> None:
    """Rerun at once, then after the settle window: the same world, and nothing left to do."""
    stage.se.trouble = Trouble()
    stage.crm.write_trouble = Trouble()
    with stage.sitting(), stage.state() as state:
        must_tell_the_truth(stage, run(stage))
        stage.pass_time(SETTLE)
        must_tell_the_truth(stage, run(stage))
        last = run(stage)
        assert last.results == (), "a run after a settled run plans nothing"
        assert facts(stage) == wanted
        assert state.journal.open_intents() == ()


def killed() -> BaseException:
    return Killed()


# --- killed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5])
def test_a_kill_around_any_create_leaves_no_trace_after_reruns(tmp_path: Path, nth: int, moment: str) -> None:
    stage = stage_in(tmp_path / "killed")
    getattr(stage.se.trouble, moment)[nth] = killed
    with pytest.raises(Killed):
        run(stage)
    must_come_to_rest(stage, undisturbed(tmp_path / "quiet"))


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2], ids=["the-witness", "the-outcome"])
def test_a_kill_around_telling_the_crm_leaves_no_trace_after_reruns(
    tmp_path: Path, nth: int, moment: str
) -> None:
    stage = stage_in(tmp_path / "killed")
    getattr(stage.crm.write_trouble, moment)[nth] = killed
    with pytest.raises(Killed):
        run(stage)
    must_come_to_rest(stage, undisturbed(tmp_path / "quiet"))
    assert stage.se.creates == 5, "nothing was sent again"


@pytest.mark.parametrize(
    ("times", "every"),
    [
        pytest.param(1, 3, id="once"),
        pytest.param(1, 1, id="once-everywhere", marks=pytest.mark.release),
        pytest.param(3, 1, id="three-times", marks=pytest.mark.release),
    ],
)
def test_a_kill_after_any_commit_leaves_no_trace_after_reruns(tmp_path: Path, times: int, every: int) -> None:
    """Also where the rerun is killed at the same place, and the one after it."""
    wanted = undisturbed(tmp_path / "quiet")
    counted = Commits()
    run(stage_in(tmp_path / "counted"), counted)
    assert counted.count > 5 * 3, "each create is recorded, armed and confirmed"
    for nth in range(1, counted.count + 1, every):
        stage = stage_in(tmp_path / f"killed-{nth}")
        for _ in range(times):
            with suppress(Killed):
                run(stage, Commits(after={nth: killed}))
        must_come_to_rest(stage, wanted)


EVERY_CREATE = [(nth, moment) for nth in range(1, 6) for moment in ("before", "after")]


@pytest.mark.parametrize(
    ("died", "moment", "every"),
    [(3, "after", 3), *(pytest.param(*one, 1, marks=pytest.mark.release) for one in EVERY_CREATE)],
)
def test_a_kill_after_any_commit_of_the_run_that_resolves_a_kill(
    tmp_path: Path, died: int, moment: str, every: int
) -> None:
    """Recovery dies as safely as what it recovers from."""
    wanted = undisturbed(tmp_path / "quiet")
    nth, is_reached = 1 - every, True
    while is_reached:
        nth += every
        stage = stage_in(tmp_path / f"killed-{nth}")
        getattr(stage.se.trouble, moment)[died] = killed
        with pytest.raises(Killed):
            run(stage)
        stage.pass_time(SETTLE)
        recovering = Commits(after={nth: killed})
        with suppress(Killed):
            run(stage, recovering)
        is_reached = recovering.count == nth
        must_come_to_rest(stage, wanted)
    assert nth > 2 * 3, "each create is recorded, armed and confirmed"


def test_a_kill_after_any_commit_of_a_pull_is_made_good_by_the_next(tmp_path: Path) -> None:
    def issued(folder: str) -> Stage:
        stage = stage_in(tmp_path / folder)
        run(stage)
        stage.se.issue(stage.se.made[0].id, "1042")
        return stage

    quiet, counted = issued("quiet"), Commits()
    follow(quiet, counted)
    assert quiet.crm.deals[CLEAN[0]].sync.status == DealStatus.ISSUED
    for nth in range(1, counted.count + 1):
        stage = issued(f"killed-{nth}")
        with pytest.raises(Killed):
            follow(stage, Commits(after={nth: killed}))
        follow(stage)
        assert follow(stage).results == ()
        assert {one.id: one.sync for one in stage.crm.deals.values()} == {
            one.id: one.sync for one in quiet.crm.deals.values()
        }


# --- a disk that fails -------------------------------------------------------------------------------------------------


def must_have_armed_all_that_was_sent(stage: Stage) -> None:
    """No byte left us that the state file does not tell of."""
    with stage.state() as state:
        intents = [one for name in CLEAN for one in state.journal.of_deal(name)]
    told = {IntentState.SENT, IntentState.DONE}
    drafts = Counter(
        one.deal_id for one in intents if one.kind is IntentKind.CREATE_DRAFT and one.state in told
    )
    customers = Counter(
        one.marker for one in intents if one.kind is IntentKind.CREATE_CUSTOMER and one.state in told
    )
    assert Counter(markers_in(one.marker)[0].deal_id for one in stage.se.sent.values()) <= drafts
    assert Counter(one.note for one in stage.se.known if one.note) <= customers


def must_stop_for_the_disk(stage: Stage, disturb: Callable[[World], None]) -> None:
    result: RunResult | None = None
    stopped: SfspirisError | None = None
    try:
        result = run(stage, disturb)
    except SafetyStop as stop:
        stopped = stop
    if result is not None:
        stopped = result.stopped
        assert result.status is RunStatus.FAILED
        standing = {one.id for one in stage.se.made} | {one.id for one in stage.se.known}
        unsure = sum(one.outcome is Outcome.UNKNOWN for one in result.results)
        done = {one.target_id for one in result.results if one.outcome is Outcome.DONE}
        assert len(standing - done - {"cust-1001"}) <= unsure, "what may have been made is not called untried"
    assert isinstance(stopped, SafetyStop)
    assert stopped.code == "STATE_UNWRITABLE"


@pytest.mark.parametrize(
    ("code", "for_good", "every"),
    [
        pytest.param(sqlite3.SQLITE_FULL, True, 5, id="full"),
        pytest.param(sqlite3.SQLITE_FULL, True, 1, id="full-everywhere", marks=pytest.mark.release),
        pytest.param(sqlite3.SQLITE_FULL, False, 1, id="full-once", marks=pytest.mark.release),
        pytest.param(sqlite3.SQLITE_IOERR, True, 1, id="io-error", marks=pytest.mark.release),
        pytest.param(sqlite3.SQLITE_IOERR, False, 1, id="io-error-once", marks=pytest.mark.release),
        pytest.param(sqlite3.SQLITE_READONLY, True, 1, id="read-only", marks=pytest.mark.release),
    ],
)
def test_no_create_is_sent_that_could_not_be_written_down_first(
    tmp_path: Path, *, code: int, for_good: bool, every: int
) -> None:
    wanted = undisturbed(tmp_path / "quiet")
    counted = Statements()
    run(stage_in(tmp_path / "counted"), counted)
    assert counted.count > 5 * 3
    for nth in range(1, counted.count + 1, every):
        stage = stage_in(tmp_path / f"broken-{nth}")
        must_stop_for_the_disk(stage, Statements(nth=nth, for_good=for_good, code=code))
        must_have_armed_all_that_was_sent(stage)
        must_come_to_rest(stage, wanted)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.release)])
def test_no_create_is_sent_whose_commit_failed(tmp_path: Path, every: int) -> None:
    """The statements of a transaction went well, and then the disk refused to keep them."""
    wanted = undisturbed(tmp_path / "quiet")
    counted = Commits()
    run(stage_in(tmp_path / "counted"), counted)
    for nth in range(1, counted.count + 1, every):
        failure = sa.exc.OperationalError("COMMIT", None, broken_disk(sqlite3.SQLITE_FULL))
        stage = stage_in(tmp_path / f"broken-{nth}")

        def instead(count: int, nth: int = nth, failure: BaseException = failure) -> BaseException | None:
            return failure if count == nth else None

        must_stop_for_the_disk(stage, Commits(instead=instead))
        must_have_armed_all_that_was_sent(stage)
        must_come_to_rest(stage, wanted)
