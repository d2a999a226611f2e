"""Customers over several runs, against both sides in memory and a real state file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fakes import Killed, Stage, lost, refused, unreachable, vies_down
from sfspiris.core.actions import Change, UpdateCustomer
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.outcome import Outcome, RunResult, RunStatus
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from shorthand import POLICY, SE, buyer, customer, deal, deal_id

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


# --- an account whose number is corrected before its customer is listed ------------------------------------------------

CORRECTED = buyer(orgnr="556016-0680")
MINUTE = timedelta(minutes=1)


def codes(result: RunResult) -> list[HoldCode]:
    return [one.hold.code for one in result.holds]


@pytest.fixture
def lagging(tmp_path: Path) -> Stage:
    """A customer is to be made, and no list will show it for ten minutes."""
    stage = Stage(tmp_path)
    stage.se.lag = 10 * MINUTE
    stage.crm.add(deal("D1", "1 x 500 KONS"))
    return stage


def test_a_customer_without_an_answer_is_waited_for_though_its_number_was_corrected(lagging: Stage) -> None:
    """Its buyer is named by the note that it was sent with, whatever number it has by now."""
    lagging.se.trouble.after[1] = lost
    run(lagging)
    lagging.pass_time(MINUTE)
    account_changes(lagging, orgnr=CORRECTED.orgnr)
    lagging.crm.add(deal("D2", "1 x 70 MAT", buyer=CORRECTED))
    assert codes(run(lagging)) == [HoldCode.OUTCOME_UNKNOWN] * 2
    lagging.pass_time(SETTLE)
    assert codes(run(lagging)) == [HoldCode.CUSTOMER_AMBIGUOUS] * 2
    assert [one.orgnr for one in lagging.se.known] == ["556012-5790"]


def test_a_customer_that_no_list_shows_yet_is_not_made_again_though_its_number_was_corrected(
    lagging: Stage,
) -> None:
    run(lagging)
    lagging.pass_time(MINUTE)
    lagging.crm.add(deal("D2", "1 x 70 MAT", buyer=CORRECTED))
    assert codes(run(lagging)) == [HoldCode.CUSTOMER_INACTIVE]
    lagging.pass_time(SETTLE)
    assert codes(run(lagging)) == [HoldCode.CUSTOMER_AMBIGUOUS]
    assert len(lagging.se.known) == 1


def test_a_customer_that_was_found_just_now_and_is_not_listed_any_more_is_not_made_again(
    tmp_path: Path,
) -> None:
    """One list may be behind another. After the settle window it is gone."""
    stage = Stage(tmp_path)
    stage.se.known.append(customer("1001"))
    stage.crm.add(deal("D1", "1 x 500 KONS"))
    run(stage)
    stage.se.hidden.add("cust-1001")
    stage.se.known.append(customer("1000", name="Annan AB", orgnr="5560360793"))
    stage.pass_time(MINUTE)
    stage.crm.add(deal("D2", "1 x 70 MAT", buyer=CORRECTED))
    assert codes(run(stage)) == [HoldCode.CUSTOMER_INACTIVE]
    stage.se.known = [one for one in stage.se.known if one.id != "cust-1001"]
    stage.pass_time(SETTLE)
    assert run(stage).holds == ()
    assert len(stage.se.made) == 2


@pytest.mark.parametrize("has_its_own", [True, False])
def test_only_where_each_currency_has_its_own_customer_another_is_made_beside_one_that_is_not_listed(
    lagging: Stage, has_its_own: bool
) -> None:
    se = replace(SE, customer_per_currency=has_its_own)
    lagging.policy = replace(POLICY, companies={**POLICY.companies, "se": se})
    run(lagging)
    lagging.pass_time(MINUTE)
    lagging.crm.add(deal("D2", "1 x 70 MAT", buyer=CORRECTED, currency="EUR"))
    assert codes(run(lagging)) == ([] if has_its_own else [HoldCode.CUSTOMER_INACTIVE])
    assert [one.currency for one in lagging.se.known] == ["SEK"] + ["EUR"] * has_its_own
