"""Customers over several runs, against both sides in memory and a real state file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fakes import Killed, Stage, refused, unreachable, vies_down
from sfspiris.core.actions import Change, UpdateCustomer
from sfspiris.core.holds import WarningCode
from sfspiris.core.outcome import Outcome, RunResult, RunStatus
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from shorthand import buyer, deal, deal_id

if TYPE_CHECKING:
    from pathlib import Path


def run(stage: Stage) -> RunResult:
    with stage.world() as world:
        return push(world, Scope(), Guard(max_changes=200))


def account_changes(stage: Stage, **fields: Any) -> None:
    """The account changes; what the CRM gives of its deals changes with it."""
    sold = stage.crm.deals[deal_id("D1")]
    assert sold.buyer is not None
    stage.crm.deals[sold.id] = replace(sold, buyer=replace(sold.buyer, **fields), changed_at=stage.crm.time)


def updates(result: RunResult) -> list[Outcome]:
    return [one.outcome for one in result.results if isinstance(one.action, UpdateCustomer)]


@pytest.fixture
def pushed(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "1 x 500 KONS", buyer=buyer(phone="08-1")))
    assert run(stage).status is RunStatus.OK
    return stage


def test_a_customer_that_we_made_is_known_from_the_start(pushed: Stage) -> None:
    account_changes(pushed, phone="08-2")
    assert updates(run(pushed)) == [Outcome.DONE]
    assert [one for _, one in pushed.se.customer_updates] == [(Change("phone", "08-1", "08-2"),)]
    calls = pushed.se.calls
    assert updates(run(pushed)) == []
    assert pushed.se.calls == calls


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_dies_in_an_update_is_healed_by_the_next_run(pushed: Stage, when: str) -> None:
    account_changes(pushed, phone="08-2")
    getattr(pushed.se.update_trouble, when)[1] = Killed
    with pytest.raises(Killed):
        run(pushed)
    run(pushed)
    assert pushed.se.known[0].phone == "08-2"
    calls, sent = pushed.se.calls, len(pushed.se.customer_updates)
    assert run(pushed).results == ()
    assert (pushed.se.calls, len(pushed.se.customer_updates)) == (calls, sent)
    assert sent == 1


def test_a_refused_update_is_told_makes_its_draft_all_the_same_and_is_tried_again(pushed: Stage) -> None:
    account_changes(pushed, phone="08-2")
    pushed.crm.add(deal("D2", "1 x 600 KONS", buyer=buyer(phone="08-2")))
    pushed.se.update_trouble.before[1] = refused
    first = run(pushed)
    assert updates(first) == [Outcome.FAILED]
    assert [one.code for one in first.warnings] == [WarningCode.CUSTOMER_NOT_UPDATED]
    assert len(pushed.se.made) == 2
    assert updates(run(pushed)) == [Outcome.DONE]


def test_vies_that_stops_a_change_holds_no_draft_with_swedish_vat(pushed: Stage) -> None:
    account_changes(pushed, phone="08-2")
    pushed.crm.add(deal("D2", "1 x 600 KONS", buyer=buyer(phone="08-2")))
    pushed.se.update_trouble.before[1] = vies_down
    first = run(pushed)
    assert [one.code for one in first.warnings] == [WarningCode.CUSTOMER_NOT_UPDATED]
    assert first.holds == ()
    assert len(pushed.se.made) == 2


def test_without_a_connection_nothing_is_remembered_and_the_update_is_tried_again(pushed: Stage) -> None:
    account_changes(pushed, phone="08-2")
    pushed.se.update_trouble.before[1] = unreachable
    assert run(pushed).status is RunStatus.FAILED
    assert updates(run(pushed)) == [Outcome.DONE]


def test_the_memory_holds_no_value_of_any_field(pushed: Stage) -> None:
    account_changes(pushed, phone="08-765 43 21", email="eva.berg@volvo.example")
    run(pushed)
    kept = pushed.file.read_bytes()
    for value in (b"765 43 21", b"eva.berg", b"Storgatan", b"Volvo", b"556012"):
        assert value not in kept
