"""Measuring how soon lists show what we made, from readings that runs make anyway; and a settle window that rests on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fakes import FakeLedger, Killed, Stage, lost
from search_lags import measured as seeded
from sfspiris.core.holds import HoldCode
from sfspiris.core.model import Target
from sfspiris.core.searchlag import Measurement, Observation
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, pull, push
from sfspiris.engine.sync import sync
from sfspiris.errors import ConfigError
from sfspiris.state.searchlag import KEPT_A_DAY
from shorthand import POLICY, SE, buyer, deal

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.core.outcome import RunResult

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
OTHER = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")
GUARD = Guard(max_changes=1000)
SIX = replace(POLICY, settle=10 * MINUTE, settle_documents=6 * MINUTE)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def pushed(stage: Stage, *names: str) -> RunResult:
    for name in names:
        stage.crm.add(deal(name, "2 x 500 KONS"))
    with stage.world() as world:
        return push(world, Scope(), GUARD)


def pulled(stage: Stage, *, dry: bool = False) -> RunResult:
    with stage.world(command="pull-invoice-status", dry=dry) as world:
        return pull(world, full=False)


def measured(stage: Stage, target: Target = Target.DRAFT) -> Measurement:
    with stage.state() as state:
        return state.search_lags.of("se", target)


def the_one(stage: Stage, target: Target = Target.DRAFT) -> Observation:
    (found,) = measured(stage, target).observations
    return found


def codes(result: RunResult) -> list[HoldCode]:
    return [one.hold.code for one in result.holds]


# --- what is measured --------------------------------------------------------------------------------------------------


def test_the_first_reading_after_a_create_tells_when_the_list_showed_it_at_the_latest(stage: Stage) -> None:
    made = stage.crm.time
    pushed(stage, "D1")
    stage.pass_time(3 * SECOND)
    before = stage.se.calls, stage.crm.calls
    pulled(stage)
    one = the_one(stage)
    assert (one.made_at, one.lag, one.proved_lag, one.delay) == (made, 3 * SECOND, None, timedelta(0))
    spent = (stage.se.calls - before[0], stage.crm.calls - before[1])
    pulled(stage)
    assert the_one(stage) == one, "what has been seen is not measured again"
    assert (stage.se.calls - before[0], stage.crm.calls - before[1]) == (2 * spent[0], 2 * spent[1])


def test_a_sync_looks_for_its_own_drafts_without_a_call_more(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    with stage.world(command="sync") as world:
        sync(world, Scope(), GUARD)
    assert the_one(stage).lag == timedelta(0)


def test_a_lagging_list_gives_its_lag_between_the_last_look_without_and_the_first_with_it(
    stage: Stage,
) -> None:
    stage.se.lag = 40 * SECOND
    pushed(stage, "D1")
    for _ in range(3):
        stage.pass_time(15 * SECOND)
        pulled(stage)
    one = the_one(stage)
    assert (one.proved_lag, one.lag) == (30 * SECOND, 45 * SECOND)
    assert measured(stage).longest_lag == 45 * SECOND


def test_while_a_document_is_missing_nothing_shorter_is_allowed_for_the_list(stage: Stage) -> None:
    stage.se.lag = DAY
    pushed(stage, "D1")
    pulled(stage)
    assert measured(stage).unlisted == 1


def test_what_is_first_looked_for_much_later_says_nothing(stage: Stage) -> None:
    pushed(stage, "D1")
    stage.pass_time(10 * MINUTE)
    pulled(stage)
    assert measured(stage).observations == ()


def test_a_draft_that_was_issued_or_deleted_before_the_first_look_is_not_called_slow(stage: Stage) -> None:
    pushed(stage, "D1", "D2")
    stage.se.issue("draft-1", "1042")
    stage.pass_time(DAY)
    stage.se.made.clear()
    pulled(stage)
    assert measured(stage).observations == ()


def test_a_draft_that_was_missing_and_is_known_as_deleted_a_day_later_is_gone_and_not_slow(
    stage: Stage,
) -> None:
    pushed(stage, "D1")
    stage.se.made.clear()
    stage.pass_time(MINUTE)
    pulled(stage)
    assert measured(stage).unlisted == 1
    for _ in range(2):
        stage.pass_time(DAY)
        with stage.world() as world:
            pull(world, full=True)
    assert (measured(stage).unlisted, the_one(stage).is_gone) == (0, True)


def test_a_marker_that_finance_removed_does_not_hide_a_draft_that_is_listed(stage: Stage) -> None:
    pushed(stage, "D1")
    stage.se.made[0] = replace(stage.se.made[0], texts=("Anna Ek",))
    pulled(stage)
    assert the_one(stage).lag == timedelta(0)


def test_a_request_that_was_carried_out_late_is_measured_when_it_is_found(stage: Stage) -> None:
    """Its answer was lost and the next run did not find it; the stamp on it tells when it was made."""
    stage.se.trouble.after[2] = lost
    pushed(stage, "D1")
    (draft,) = stage.se.made
    stage.se.made.clear()
    stage.pass_time(MINUTE)
    assert codes(pushed(stage)) == [HoldCode.OUTCOME_UNKNOWN]
    assert measured(stage).observations == (), "nothing is known to have been made"
    stage.se.made.append(replace(draft, created_at=stage.crm.time + 30 * SECOND))
    stage.pass_time(MINUTE)
    pushed(stage)
    one = the_one(stage)
    assert (one.delay, one.lag, one.proved_lag) == (90 * SECOND, 30 * SECOND, None)


def test_a_request_that_was_never_carried_out_is_no_lag(stage: Stage) -> None:
    stage.se.trouble.before[2] = lost
    pushed(stage, "D1")
    stage.pass_time(MINUTE)
    pushed(stage)
    stage.pass_time(15 * MINUTE)
    pushed(stage)
    assert len(stage.se.made) == 1
    pulled(stage)
    assert (the_one(stage).lag, measured(stage).unlisted) == (timedelta(0), 0)


def test_a_document_that_was_only_taken_over_is_not_measured(stage: Stage) -> None:
    pushed(stage, "D1")
    for left_over in stage.folder.glob("sfspiris.db*"):
        left_over.unlink()
    pushed(stage)
    pulled(stage)
    assert measured(stage).observations == ()


def test_orders_are_measured_apart_from_drafts(stage: Stage) -> None:
    stage.policy = replace(POLICY, companies={**POLICY.companies, "se": replace(SE, target=Target.ORDER)})
    pushed(stage, "D1")
    stage.pass_time(5 * SECOND)
    pulled(stage)
    assert the_one(stage, Target.ORDER).lag == 5 * SECOND
    assert measured(stage, Target.DRAFT).observations == ()


def test_a_dry_run_measures_nothing(stage: Stage) -> None:
    pushed(stage, "D1")
    pulled(stage, dry=True)
    assert measured(stage).observations == ()


def test_what_is_kept_is_bounded_and_what_was_missing_is_always_kept(stage: Stage) -> None:
    with stage.sitting():
        with stage.state() as state:
            seeded(state, "se", until=stage.crm.time, number=KEPT_A_DAY + 1, days=1)
        pushed(stage, "E1")
        stage.pass_time(SECOND)
        pulled(stage)
        assert len(measured(stage).observations) == KEPT_A_DAY
        stage.se.lag = MINUTE
        pushed(stage, "E2")
        pulled(stage)
        stage.pass_time(2 * MINUTE)
        pulled(stage)
        assert len(measured(stage).observations) == KEPT_A_DAY + 1
        assert measured(stage).longest_lag == 2 * MINUTE


def test_what_is_older_than_ninety_days_leaves_the_memory(stage: Stage) -> None:
    with stage.sitting():
        with stage.state() as state:
            seeded(state, "se", until=stage.crm.time - 91 * DAY, number=3)
        pushed(stage, "D1")
        pulled(stage)
        assert the_one(stage).made_at == stage.crm.time


# --- what rests on it --------------------------------------------------------------------------------------------------


def test_without_a_measurement_a_short_window_stops_the_run_before_anything_is_sent(stage: Stage) -> None:
    stage.policy = SIX
    with pytest.raises(ConfigError) as refused:
        pushed(stage, "D1")
    assert (refused.value.exit_code, refused.value.code) == (2, "SETTLE_TOO_SHORT")
    assert "settle_minutes = 6 in sfspiris.toml" in refused.value.message
    assert "0 of 200 drafts of company int" in refused.value.message
    assert (stage.se.attempts, stage.international.attempts, stage.se.made) == (0, 0, [])
    with stage.world(dry=True) as world, pytest.raises(ConfigError):
        push(world, Scope(), GUARD)
    pulled(stage)  # which sends nothing to a ledger, goes on


class OneCompany(Stage):
    @property
    def ledgers(self) -> dict[str, FakeLedger]:
        return {"se": self.se}


@pytest.fixture
def six(tmp_path: Path) -> Stage:
    """One company whose lists have been measured, under a settle window of six minutes."""
    stage = OneCompany(tmp_path, policy=replace(POLICY, companies={"se": SE}, routes=POLICY.routes[:1]))
    with stage.state() as state:
        seeded(state, "se", until=stage.crm.time)
    pushed(stage, "N0")
    stage.policy = replace(stage.policy, settle=SIX.settle, settle_documents=SIX.settle_documents)
    return stage


def test_enough_good_observations_allow_six_minutes_and_a_slow_one_ends_it(six: Stage) -> None:
    six.se.trouble.before[six.se.attempts + 1] = lost
    pushed(six, "N1")
    assert len(six.se.made) == 1
    six.pass_time(5 * MINUTE)
    assert codes(pushed(six)) == [HoldCode.OUTCOME_UNKNOWN]
    six.pass_time(2 * MINUTE)
    assert codes(pushed(six)) == []
    assert len(six.se.made) == 2, "sent again after six minutes"
    six.se.lag = 11 * SECOND
    pushed(six, "N2")
    pulled(six)
    six.pass_time(12 * SECOND)
    pulled(six)
    with pytest.raises(ConfigError, match="seen 12 seconds after it was made"):
        pushed(six, "N3")
    six.pass_time(91 * DAY)
    with pytest.raises(ConfigError, match="0 of 200"):
        pushed(six)


def test_a_customer_that_nobody_answered_for_is_waited_for_ten_minutes_all_the_same(six: Stage) -> None:
    """The measurement is about drafts."""
    six.crm.add(deal("N1", "2 x 500 KONS", buyer=OTHER))
    six.se.trouble.before[six.se.attempts + 1] = lost
    pushed(six)
    six.pass_time(7 * MINUTE)
    assert codes(pushed(six)) == [HoldCode.OUTCOME_UNKNOWN]


def test_a_short_window_begins_when_the_request_was_given_up(six: Stage) -> None:
    """It may have waited for its turn before it left."""

    def slowly() -> Exception:
        six.pass_time(2 * MINUTE)
        return lost()

    six.se.trouble.before[six.se.attempts + 1] = slowly
    pushed(six, "N1")
    for minutes, made in ((5, 1), (2, 2)):
        six.pass_time(minutes * MINUTE)
        pushed(six)
        assert len(six.se.made) == made


def test_what_a_run_sent_that_died_is_waited_for_as_without_a_measurement(six: Stage) -> None:
    """Nobody knows when its request left."""
    six.se.trouble.before[six.se.attempts + 1] = Killed
    with pytest.raises(Killed):
        pushed(six, "N1")
    for minutes, made in ((9, 1), (1, 2)):
        six.pass_time(minutes * MINUTE)
        pushed(six)
        assert len(six.se.made) == made


@pytest.mark.parametrize("how", ["lost", "older"])
def test_a_memory_that_died_has_no_measurement(six: Stage, how: str) -> None:
    if how == "lost":
        for left_over in six.folder.glob("sfspiris.db*"):
            left_over.unlink()
    else:
        with six.state() as state:
            state.note_loss(six.crm.time, at=six.crm.time)
    with pytest.raises(ConfigError, match="0 of 200"):
        pushed(six, "N1")


def test_a_company_whose_books_are_other_ones_begins_anew(stage: Stage) -> None:
    with stage.state() as state:
        for company in ("se", "int"):
            seeded(state, company, until=stage.crm.time, number=3)
        state.search_lags.forget("se")
        assert [one.company for one in state.search_lags.all()] == ["int"]
