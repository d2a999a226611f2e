"""The proof as a user starts it, and that it can fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import schedules
from fakes import FakeCrm
from property.test_property_chaos import DisorderlyCrm
from sfspiris.cli import selftest
from sfspiris.cli.selftest import EFFECTS, run_trials
from sfspiris.core.holds import WarningCode
from sfspiris.ports.crm import DealBatch

if TYPE_CHECKING:
    from playground import Playground
    from sfspiris.ports.crm import Selection


def test_a_sample_of_all_trials_doubles_and_loses_nothing() -> None:
    found = run_trials(every=61)
    assert sum(one.tried for one in found) >= 4
    assert [one for one in found if one.duplicates or one.lost or one.differing] == []


@pytest.mark.release
@pytest.mark.timeout(7200)
def test_no_trial_at_all_doubles_or_loses_anything() -> None:
    found = run_trials()
    assert {one.name for one in found} >= set(EFFECTS)
    assert [one for one in found if one.duplicates or one.lost or one.differing] == []


@pytest.mark.release
@pytest.mark.timeout(600)
def test_the_proof_fails_where_the_settle_window_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world that is looked at too early still has deals that wait, so it is not an undisturbed run's."""
    monkeypatch.setattr(selftest, "EFFECTS", {"closed before the work": {"effect": "drop_before"}})
    monkeypatch.setattr(selftest._Range, "_pass_time", lambda _: None)
    found = run_trials(every=7)
    assert sum(one.held + one.differing for one in found) > 0


def test_a_schedule_replays_exactly() -> None:
    assert schedules.play(3, steps=12) == schedules.play(3, steps=12)
    assert schedules.play(3, steps=8, chaos=True) == schedules.play(3, steps=8, chaos=True)


def test_a_deal_overlooked_at_the_edge_of_a_reading_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What says that nothing was lost in Salesforce's disorder can say that something was."""

    def overlook(crm: FakeCrm, selection: Selection) -> DealBatch:
        batch = FakeCrm.read_deals(crm, selection)
        kept = tuple(one for one in batch.deals if one.changed_at != selection.changed_since)
        return DealBatch(kept, batch.read_at)

    monkeypatch.setattr(DisorderlyCrm, "read_deals", overlook)
    assert schedules.play_many(range(4, 6), steps=12, chaos=True).broken == (4, 5)


@pytest.mark.release
@pytest.mark.timeout(14_400)
def test_no_random_schedule_doubles_or_loses_anything() -> None:
    assert schedules.play_many(range(2000)).broken == ()


def test_a_draft_that_a_proxy_made_twice_is_told(demo: Playground) -> None:
    demo.control(
        "spiris",
        "POST",
        "faults",
        {"method": "POST", "path": "/v2/customerinvoicedrafts$", "nth": 1, "times": 1, "effect": "repeat"},
    )
    demo.sfspiris("push-closed-won", "--limit", "2")
    assert len(demo.drafts()) == 3
    pulled = demo.sfspiris("pull-invoice-status", "--json")
    assert pulled.code == 3
    assert pulled.document["status"] == "partial"
    told = [one for one in pulled.document["warnings"] if one["code"] == WarningCode.COUNT_MISMATCH]
    assert len(told) == 1
    assert "2 documents" in told[0]["message"]
    assert len(demo.drafts()) == 3, "nothing is deleted without a person"
