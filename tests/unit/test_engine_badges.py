"""Open deals that are told whether they could be invoiced: what is written, how often, and what happens when it cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fakes import Stage
from sfspiris.core.actions import WriteReadiness, kind
from sfspiris.core.changes import changes
from sfspiris.core.model import Deal, Readiness
from sfspiris.core.outcome import Outcome, RunResult
from sfspiris.core.policy import ReadinessPolicy, Route
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from sfspiris.errors import Unreachable
from shorthand import POLICY, TODAY, buyer, deal, deal_id

if TYPE_CHECKING:
    from pathlib import Path

SOON = TODAY + timedelta(days=20)
GUARD = Guard(max_changes=200)


def staged(tmp_path: Path, *open_deals: Deal, reasons_length: int = 4000) -> Stage:
    told = ReadinessPolicy(90, reasons_length)
    stage = Stage(tmp_path, policy=replace(POLICY, readiness=told))
    stage.crm.open = {one.id: replace(one, closed_on=SOON) for one in open_deals}
    return stage


def run(stage: Stage, scope: Scope | None = None, *, dry: bool = False) -> RunResult:
    with stage.world(dry=dry) as world:
        return push(world, scope or Scope(), GUARD)


def told(result: RunResult) -> dict[str, Readiness]:
    return {
        one.action.deal_id: one.action.after
        for one in result.results
        if isinstance(one.action, WriteReadiness)
    }


READY, LACKING = deal("R", "1 x 500 KONS"), deal("L", "1 x 500 KONS", buyer=buyer(orgnr=None))


def test_each_open_deal_is_told_once_and_again_when_its_answer_changes(tmp_path: Path) -> None:
    stage = staged(tmp_path, READY, LACKING)
    first = told(run(stage))
    assert first[READY.id] == Readiness(ready=True)
    assert first[LACKING.id].ready is False
    assert "no organisation number" in (first[LACKING.id].reasons or "")
    assert told(run(stage)) == {}
    stage.crm.open[LACKING.id] = replace(stage.crm.open[LACKING.id], buyer=buyer())
    again = run(stage)
    assert told(again) == {LACKING.id: Readiness(ready=True)}
    [one] = again.results
    assert kind(one.action) == "write_readiness"
    assert [(one.field, one.after) for one in changes(one.action)] == [
        ("InvoiceReady", "true"),
        ("InvoiceReadyReasons", None),
    ]
    assert again.deal_names[LACKING.id] == LACKING.name


def test_a_dry_run_shows_it_and_writes_nothing(tmp_path: Path) -> None:
    stage = staged(tmp_path, READY)
    shown = run(stage, dry=True)
    assert [one.outcome for one in shown.results] == [Outcome.PLANNED]
    assert stage.crm.writes == 0


def test_a_run_about_some_deals_only_looks_at_no_open_ones(tmp_path: Path) -> None:
    stage = staged(tmp_path, READY)
    stage.crm.add(deal("D1", "1 x 500 KONS"))
    assert told(run(stage, Scope(deal_ids=(deal_id("D1"),)))) == {}


def test_two_hundred_go_in_one_call_and_what_closes_later_is_left_alone(tmp_path: Path) -> None:
    many = [deal(f"N{number}", "1 x 500 KONS") for number in range(201)]
    stage = staged(tmp_path, *many)
    far = deal("FAR", "1 x 500 KONS")
    stage.crm.open[far.id] = replace(far, closed_on=TODAY + timedelta(days=91))
    assert len(told(run(stage))) == 201
    assert stage.crm.writes == 2


def test_a_record_that_cannot_be_saved_is_told_and_the_others_are_written(tmp_path: Path) -> None:
    stage = staged(tmp_path, READY, LACKING)
    stage.crm.broken[LACKING.id] = "INSUFFICIENT_ACCESS: read only"
    result = run(stage)
    outcomes = {one.action.deal_id: one.outcome for one in result.results}
    assert outcomes == {READY.id: Outcome.DONE, LACKING.id: Outcome.FAILED}
    [warned] = [one for one in result.warnings if one.code == "WRITE_BACK_FAILED"]
    assert "INSUFFICIENT_ACCESS" in warned.message


def test_without_the_words_field_only_the_mark_is_written_and_without_the_mark_nothing(
    tmp_path: Path,
) -> None:
    stage = staged(tmp_path, LACKING, READY, reasons_length=0)
    assert told(run(stage)) == {READY.id: Readiness(ready=True)}, "no mark is what the other says already"
    none = ReadinessPolicy(90, 0, missing=("Spiris_Invoice_Ready__c",), can_mark=False)
    stage.policy = replace(POLICY, readiness=none)
    stage.crm.open = {READY.id: READY}
    result = run(stage)
    assert result.results == ()
    [warned] = [one for one in result.warnings if one.code == "WRITE_BACK_UNAVAILABLE"]
    assert "Spiris_Invoice_Ready__c" in warned.message


def test_the_words_fit_their_field_and_a_deal_left_out_by_a_route_is_neither(tmp_path: Path) -> None:
    stage = staged(tmp_path, LACKING, reasons_length=60)
    [words] = [one.reasons for one in told(run(stage)).values()]
    assert words is not None
    assert len(words) <= 60
    assert words.endswith("…")
    skips = replace(POLICY, routes=(Route(None),), readiness=ReadinessPolicy(90, 4000))
    stage.policy = skips
    assert told(run(stage)) == {LACKING.id: Readiness(ready=False)}


def test_a_crm_that_falls_silent_over_it_keeps_what_was_pushed(tmp_path: Path) -> None:
    stage = staged(tmp_path, READY)
    stage.crm.add(deal("D1", "1 x 500 KONS", closed_on=date(2026, 11, 10)))
    stage.crm.write_trouble.before[3] = lambda: Unreachable(
        "No answer.", remedy="Again."
    )  # the deal took two
    result = run(stage)
    assert isinstance(result.stopped, Unreachable)
    assert [one.outcome for one in result.results if kind(one.action) == "create_draft"] == [Outcome.DONE]
    assert [one.outcome for one in result.results if isinstance(one.action, WriteReadiness)] == [
        Outcome.UNKNOWN
    ]
    assert told(run(stage)).keys() == {READY.id}
