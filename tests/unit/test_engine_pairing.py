"""Pairing against both sides in memory and a real state file: what an account is called by its deals, and what is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes import Stage
from sfspiris.core.model import LedgerCustomer
from sfspiris.core.pairing import Pair, PairStatus
from sfspiris.core.planning.linking import Linked, LinkRow, check_of
from sfspiris.engine.pairing import look, recover_links, say
from shorthand import buyer, customer, deal

if TYPE_CHECKING:
    from pathlib import Path

ALONE = buyer(orgnr=None)  # the organisation number stands on the deal, not on the account


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    made.crm.add(deal("D1", "1 x 500 KONS"))
    made.crm.buyers[ALONE.id] = ALONE
    made.se.known.append(customer("17"))
    return made


def listed(stage: Stage) -> list[Pair]:
    with stage.world(dry=True, command="match export") as world:
        return [one for one in look(world) if one.company == "se"]


def row(pair: Pair, action: str, to: LedgerCustomer | None = None) -> LinkRow:
    assert pair.account is not None
    meant = to or pair.customer
    return LinkRow(
        2,
        action,
        pair.company,
        pair.account.buyer.id,
        meant.number if meant else "",
        pair.customer.id if pair.customer else "",
        check_of(pair.account.buyer, pair.linked_id, pair.customer),
    )


def said(stage: Stage, *rows: LinkRow, tells: bool = True) -> Linked:
    with stage.world(command="match import") as world:
        return say(world, rows, who="anna", tells=tells)


def test_an_account_is_judged_by_what_its_deals_say_of_it_when_listed_and_when_imported(stage: Stage) -> None:
    (pair,) = listed(stage)
    assert pair.status is PairStatus.SUGGESTED
    assert "organisation number" in pair.likeness.evidence
    other = customer("18", orgnr="5560360793", name="Annan AB")
    stage.se.known.append(other)
    (refused,) = said(stage, row(pair, "link", other)).plan.refused
    assert "organisation numbers differ" in refused.message
    assert len(said(stage, row(pair, "link")).plan.changes) == 1, "nothing has changed since the list"


def test_a_link_of_an_account_that_cannot_be_read_any_more_is_told_and_can_be_taken_away(
    stage: Stage,
) -> None:
    (pair,) = listed(stage)
    said(stage, row(pair, "link"))
    stage.crm.deals.clear()
    stage.crm.buyers.clear()
    (pair,) = listed(stage)
    assert (pair.status, pair.customer, pair.linked_id) == (PairStatus.LINKED, customer("17"), "cust-17")
    assert pair.likeness.against == ("the account cannot be read in the CRM",)
    (refused,) = said(stage, row(pair, "link", replace(customer("19")))).plan.refused
    assert "knows no account" in refused.message
    assert len(said(stage, LinkRow(0, "unlink", "se", ALONE.id[:15], "")).plan.changes) == 1
    with stage.state() as state:
        assert state.links.customers("se") == {}


def test_the_crm_is_told_the_number_where_it_has_a_place_and_a_failure_costs_nothing(stage: Stage) -> None:
    stage.policy = replace(stage.policy, account_fields=frozenset({"spiris_customer_number"}))
    (pair,) = listed(stage)
    stage.crm.broken[ALONE.id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION: nej."
    done = said(stage, row(pair, "link"))
    assert (len(done.plan.changes), done.told) == (1, ())
    assert "The link itself is kept" in done.warnings[0].message
    stage.crm.broken.clear()
    said(stage, row(listed(stage)[0], "unlink"))
    writes = stage.crm.writes
    assert said(stage, row(listed(stage)[0], "link"), tells=False).told == ()
    assert stage.crm.writes == writes


def test_links_are_recovered_by_the_number_that_one_company_alone_has(stage: Stage) -> None:
    stage.crm.deals.clear()
    stage.crm.add(deal("D1", "1 x 500 KONS", buyer=buyer(customer_number="17")))

    def recovered() -> int:
        with stage.world(command="state rebuild") as world:
            return recover_links(world)

    stage.international.known.append(replace(customer("17"), id="int-17"))
    assert recovered() == 0, "the same number is somebody in both companies"
    stage.international.known.clear()
    assert recovered() == 1
    assert recovered() == 0
    with stage.state() as state:
        (link,) = state.links.customers("se").values()
        assert (link.customer_id, link.evidence) == ("cust-17", "customer number")
