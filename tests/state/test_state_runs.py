"""The last run of each command, however many there were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.outcome import RunStatus
from sfspiris.state import runlock
from sfspiris.state.runs import RunCounts
from sfspiris.state.store import open_state
from statekit import NOW, later

if TYPE_CHECKING:
    from pathlib import Path


def test_the_newest_of_each_command_is_found_and_the_halves_of_a_sync_are_two(tmp_path: Path) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        assert state.runs.newest_of_each() == ()
        for place, (run_id, command, status) in enumerate(
            [
                ("a", "sync", RunStatus.OK),
                ("a-pull", "sync", RunStatus.OK),
                ("b", "sync", RunStatus.PARTIAL),
                ("b-pull", "sync", RunStatus.FAILED),
                ("c", "rollback", RunStatus.OK),
                ("d", "sync", None),
            ]
        ):
            state.runs.start(run_id, command, at=later(place))
            if status is not None:
                state.runs.finish(run_id, status, RunCounts(held=place), at=later(place))
        assert [one.run_id for one in state.runs.newest_of_each()] == ["d", "c", "b-pull"]
        well = state.runs.newest_of_each(ended=(RunStatus.OK, RunStatus.PARTIAL))
        assert [(one.run_id, one.counts.held) for one in well] == [("c", 4), ("b", 2), ("a-pull", 1)]


def test_who_is_at_work_is_known_without_the_lock(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    owner = runlock.LockOwner("sync", "r1", 1, "elsewhere", NOW)
    assert runlock.at_work(file) is None
    with runlock.hold(file, owner):
        assert runlock.at_work(file) == owner
    assert runlock.at_work(file) is None
