"""Push and pull as one run."""

from pathlib import Path

from fakes import Stage
from sfspiris.core.holds import HoldCode
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard
from sfspiris.engine.sync import sync
from shorthand import buyer, deal

ROOMY = Guard(max_changes=200)


def test_both_halves_are_told_in_one_result_and_recorded_as_two_runs(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 500 KONS", buyer=buyer(orgnr=None)))
    with stage.world(dry=False) as world:
        first = sync(world, Scope(), ROOMY)
        assert [one.run_id for one in world.state.runs.recent()] == [f"{world.run_id}-pull", world.run_id]
    assert [one.hold.code for one in first.holds] == [HoldCode.ORGNR_MISSING]
    assert first.unchanged == ()
    with stage.world(dry=False) as world:
        second = sync(world, Scope(), ROOMY)
    assert second.results == ()
    assert len(stage.se.made) == 1


def test_a_dry_run_of_both_writes_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    with stage.world(dry=True) as world:
        planned = sync(world, Scope(), ROOMY)
    assert planned.dry
    assert planned.results
    assert (stage.se.made, stage.crm.saved) == ([], [])
