"""Stories of open deals that sales is told about: whether they could be invoiced as they stand, and if not, why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playground import Json, Playground

READY, REASONS = "Spiris_Invoice_Ready__c", "Spiris_Invoice_Ready_Reasons__c"
ON = "[write_back]\ninvoice_ready = true"


def add_config(demo: Playground, text: str) -> None:
    with (demo.folder / "sfspiris.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


def open_deals(demo: Playground) -> dict[str, Json]:
    return {name: one for name, one in demo.deals().items() if not one["IsClosed"]}


def told(document: Json) -> dict[str, Json]:
    """What is told anew, by deal id."""
    return {one["deal"]: one for one in document["actions"] if one["kind"] == "write_readiness"}


def push(demo: Playground, *options: str) -> Json:
    ended = demo.sfspiris("push-closed-won", "--json", "--allow-held", *options)
    assert ended.code == 0, ended.out + ended.err
    return ended.document


@pytest.fixture
def lively(demo: Playground) -> Playground:
    """The demo with open deals told, and everything else done already."""
    push(demo)
    add_config(demo, ON)
    return demo


def test_open_deals_are_judged_as_preflight_judges_them_and_told_once(lively: Playground) -> None:
    before = open_deals(lively)
    assert before
    assert not any(one[READY] or one[REASONS] for one in before.values()), "nothing is told unless asked for"
    planned = told(push(lively, "--dry-run"))
    assert planned
    assert open_deals(lively) == before, "a dry run writes nothing"

    done = told(push(lively))
    assert {one["outcome"] for one in done.values()} == {"done"}
    assert done.keys() == planned.keys()
    looked = lively.sfspiris("preflight", "--json").document
    held = {one["deal"] for one in looked["holds"]}
    after = open_deals(lively)
    assert {one["Id"] for one in after.values() if not one[READY]} == held & {
        one["Id"] for one in after.values()
    }
    for one in after.values():
        assert bool(one[REASONS]) != one[READY], one["Name"]

    lively.forget_calls()
    assert push(lively)["actions"] == []
    assert lively.writes() == []


def test_mending_the_account_flips_the_mark_within_one_run(
    lively: Playground,
) -> None:
    push(lively)
    accounts = {one["Id"]: one for one in lively.control("salesforce", "GET", "state")["records"]["Account"]}
    deal = next(
        one
        for one in open_deals(lively).values()
        if one[READY] and accounts[one["AccountId"]]["BillingCountryCode"] == "SE"
    )
    account = deal["AccountId"]
    before = accounts[account]
    shared = {one["Id"] for one in open_deals(lively).values() if one["AccountId"] == account}
    lively.control("salesforce", "PATCH", f"records/Account/{account}", {"Organisation_Number__c": "123"})
    spoiled = told(push(lively))
    assert spoiled.keys() == shared
    now = next(one for one in open_deals(lively).values() if one["Id"] == deal["Id"])
    assert now[READY] is False
    assert "organisation number" in now[REASONS]
    mended = {"Organisation_Number__c": before["Organisation_Number__c"]}
    lively.control("salesforce", "PATCH", f"records/Account/{account}", mended)
    done = push(lively)
    assert told(done).keys() == shared
    assert {one["kind"] for one in done["actions"]} <= {"write_readiness", "write_deal"}
    now = next(one for one in open_deals(lively).values() if one["Id"] == deal["Id"])
    assert (now[READY], now[REASONS]) == (True, None)


def test_deals_that_close_later_than_the_configured_days_are_left_alone(lively: Playground) -> None:
    lively.edit_config(ON, f"{ON}\ninvoice_ready_days = 0")
    later = {one["Id"] for one in open_deals(lively).values() if one["CloseDate"] > "2026-11-20"}
    assert later
    assert not later & told(push(lively)).keys()
    assert not any(one[READY] or one[REASONS] for one in open_deals(lively).values() if one["Id"] in later)


@pytest.mark.parametrize("hidden", [READY, REASONS])
def test_a_field_that_may_not_be_written_is_named_and_the_run_goes_on(demo: Playground, hidden: str) -> None:
    demo.control("salesforce", "PUT", "schema", {"hide": [f"Opportunity.{hidden}"]})
    add_config(demo, ON)
    done = push(demo)
    assert any(one["kind"] == "create_draft" for one in done["actions"])
    (warned,) = [
        one
        for one in done["warnings"]
        if one["code"] == "WRITE_BACK_UNAVAILABLE" and "open deals" in one["message"]
    ]
    assert hidden in warned["message"]
    marked = any(one[READY] for one in open_deals(demo).values())
    assert marked == (hidden == REASONS)
