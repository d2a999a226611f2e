"""Stories of the settle window: how soon new drafts are listed is measured as runs go, and only that shortens it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from search_lags import measured
from sfspiris.core.searchlag import OBSERVED
from sfspiris.state.store import open_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground import Json, Playground

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SIX = "[limits]\nsettle_minutes = 6\n"
ONE = ("--limit", "1", "--company", "se", "--allow-held")


@pytest.fixture
def morning(demo: Playground) -> Iterator[Playground]:
    """The demo world at nine; its clocks run on from there."""
    at(demo, MORNING)
    yield demo
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": None})


def at(demo: Playground, now: datetime) -> None:
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": now.isoformat()})


def lag_of(demo: Playground, company: str = "se") -> Json:
    found = demo.sfspiris("state", "info", "--json").document["search_lags"]
    known: dict[str, Json] = {one["company"]: one for one in found}
    return known.get(company, {})


def finding(demo: Playground, company: str = "se") -> Json:
    document = demo.sfspiris("doctor", "--json", "--company", company).document
    (found,) = [one for one in document["findings"] if one["check"] == "list of new drafts"]
    (facts,) = [one for one in document["search_lags"] if one["company"] == company]
    return {**found, "facts": facts}


def seed(demo: Playground, *companies: str, number: int = OBSERVED) -> None:
    """As if the weeks before had been measured."""
    with open_state(demo.folder / "sfspiris.db", dry=False, now=MORNING) as state:
        for company in companies:
            measured(state, company, until=MORNING - timedelta(hours=1), number=number)


def test_a_lagging_list_is_measured_by_the_ledgers_clock_and_told_by_doctor_and_state_info(
    morning: Playground,
) -> None:
    assert "nothing has been measured" in finding(morning)["message"]
    morning.control("spiris", "PUT", "switches", {"index_lag_seconds": 300})
    morning.forget_calls()
    assert morning.sfspiris("push-closed-won", *ONE).code == 0
    morning.sfspiris("pull-invoice-status")
    missing = lag_of(morning)
    assert (missing["unlisted"], missing["longest_lag_seconds"]) == (1, None)
    at(morning, MORNING + timedelta(seconds=400))
    morning.sfspiris("pull-invoice-status")
    slow = lag_of(morning)
    assert (slow["unlisted"], slow["observed"]) == (0, 0)
    assert slow["longest_lag_seconds"] >= 390, (
        "missing once, so it counts although it was looked for minutes later"
    )
    assert finding(morning)["facts"] == slow
    assert slow["settle_minutes"] == 10
    told = finding(morning)
    assert told["state"] == "ok", "fifteen minutes outlast it"
    assert "the slowest was seen" in told["message"]
    assert "new drafts:se" in morning.sfspiris("state", "info").out


def test_a_sync_measures_what_it_has_made(morning: Playground) -> None:
    """One reading of the list, right after the creates, that it makes anyway."""
    assert morning.sfspiris("sync", "--json", "--allow-held").code == 0
    found = lag_of(morning)
    made = len(morning.company("se")["drafts"])
    assert found["unlisted"] == 0
    assert found["longest_lag_seconds"] is None
    assert 0 <= found["observed"] <= made
    assert found["observed_needed"] == OBSERVED


def test_six_minutes_are_refused_before_anything_is_sent_until_they_have_been_measured(
    morning: Playground,
) -> None:
    morning.add_config(SIX)
    seed(morning, "int")
    seed(morning, "se", number=OBSERVED - 1)
    morning.forget_calls()
    for arguments in (["push-closed-won"], ["push-closed-won", "--dry-run"], ["sync"]):
        ended = morning.sfspiris(*arguments, "--json")
        error = ended.document["error"]
        assert (ended.code, error["code"]) == (2, "SETTLE_TOO_SHORT"), ended.out
        assert "settle_minutes = 6 in sfspiris.toml" in error["message"]
        assert "199 of 200 drafts of company se were seen in the list within 10 seconds" in error["message"]
        assert "sfspiris doctor" in error["remedy"]
    assert morning.writes() == []
    told = finding(morning)
    assert (told["state"], told["facts"]["settle_minutes"]) == ("bad", 10)
    assert "199 of 200" in told["message"]
    assert finding(morning, "int")["state"] == "ok"
    assert morning.sfspiris("help", "SETTLE_TOO_SHORT").code == 0


def test_six_minutes_that_have_been_measured_hold_for_a_draft_whose_answer_was_lost(
    morning: Playground,
) -> None:
    """Looked for during six minutes and not sent; then sent, once."""
    morning.add_config(SIX)
    seed(morning, "se", "int")
    fault = {"effect": "drop_before", "path": "/customerinvoicedrafts", "method": "POST", "times": 1}
    morning.control("spiris", "POST", "faults", fault)
    before = len(morning.drafts())
    first = morning.sfspiris("push-closed-won", "--json", *ONE)
    assert "OUTCOME_UNKNOWN" in {one["code"] for one in first.document["holds"]}, first.out
    lost = next(one["deal"] for one in first.document["holds"] if one["code"] == "OUTCOME_UNKNOWN")
    for minutes, made in ((5, 0), (9, 1), (10, 0)):
        at(morning, MORNING + timedelta(minutes=minutes))
        ended = morning.sfspiris("push-closed-won", "--json", "--deal", lost, "--allow-held")
        assert ended.kinds().count("create_draft") == made, ended.out
    assert len(morning.drafts()) == before + 1
    assert finding(morning)["facts"]["settle_minutes"] == 6


@pytest.mark.parametrize(
    "how",
    [
        "restored",
        pytest.param("lost", marks=pytest.mark.release),
        pytest.param("rebuilt", marks=pytest.mark.release),
    ],
)
def test_a_memory_that_died_refuses_six_minutes_again(morning: Playground, how: str) -> None:
    morning.add_config(SIX)
    seed(morning, "se", "int")
    backup = morning.folder / "measured.backup"
    backup.unlink(missing_ok=True)
    assert morning.sfspiris("state", "backup", "--out", str(backup)).code == 0
    assert morning.sfspiris("push-closed-won", "--dry-run", "--allow-held").code == 0
    match how:
        case "lost":
            (morning.folder / "sfspiris.db").unlink()
        case "restored":
            assert morning.sfspiris("state", "restore", str(backup)).code == 0
        case _:
            assert morning.sfspiris("state", "rebuild", "--allow-held").code == 0, "it makes nothing"
    ended = morning.sfspiris("push-closed-won", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (2, "SETTLE_TOO_SHORT")
    assert "0 of 200" in ended.document["error"]["message"]
    assert morning.writes() == []
    for left_over in (backup, *morning.folder.glob("*aside*")):
        left_over.unlink()


def test_what_was_measured_elsewhere_says_nothing_of_these_books(morning: Playground) -> None:
    seed(morning, "se", "int")
    with open_state(morning.folder / "sfspiris.db", dry=False, now=MORNING) as state:
        state.catalog.save("se:environment", "production", at=MORNING)
    assert morning.sfspiris("pull-invoice-status").code == 0
    assert lag_of(morning) == {}
    assert lag_of(morning, "int")["observed"] == OBSERVED
