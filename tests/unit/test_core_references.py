"""What else stands on a draft: cost centres, projects, the buyer's reference for its e-invoice, where it was delivered to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fakes import Stage
from sfspiris.core.actions import CreateDraft, UpdateDraft
from sfspiris.core.changes import changes
from sfspiris.core.holds import HoldCode
from sfspiris.core.model import DeliveryAddress
from sfspiris.core.planning.push import decide
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from shorthand import COST_CENTRES, PROJECTS, buyer, deal, deal_id, inputs, line, view

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.core.actions import Plan
    from sfspiris.core.model import Deal

PUBLIC = buyer("Malmö kommun", orgnr="212000-1124")


def planned(sold: Deal, **profile: Any) -> Plan:
    ledger = view()
    known = replace(ledger.profile, uses_cost_centres=True, uses_projects=True)
    ledger = replace(ledger, profile=replace(known, **profile), cost_centres=COST_CENTRES, projects=PROJECTS)
    return decide(inputs(sold, ledgers={"se": ledger, "int": ledger}))


def shown(plan: Plan) -> dict[str, str | None]:
    (draft,) = [one for one in plan.actions if isinstance(one, CreateDraft)]
    return {one.field: one.after for one in changes(draft)}


def codes(plan: Plan) -> list[str]:
    return [one.code for one in plan.holds]


# --- cost centres and projects -------------------------------------------------------------------------------------


def test_a_deals_cost_centre_and_project_stand_on_every_row_that_has_none_of_its_own() -> None:
    sold = deal(
        "D1",
        "1 x 100 KONS",
        line("1 x 50 KONS", cost_centre="Stockholm; bygg", project="Bron"),
        cost_centre="sthlm",
        project="100",
        comment="Tack!",
    )
    said = shown(planned(sold))
    assert {name: value for name, value in said.items() if name.endswith(("CostCentre", "Project"))} == {
        "Rows[1].CostCentre": "STHLM",
        "Rows[1].Project": "100",
        "Rows[2].CostCentre": "STHLM, BYGG",
        "Rows[2].Project": "100",
    }


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"cost_centre": "KIRUNA"}, "has no cost centre KIRUNA"),
        ({"cost_centre": "LUND"}, "has closed the cost centre LUND"),
        ({"project": "101"}, "has no project 101"),
        ({"project": "Vägen"}, "has finished the project Vägen"),
    ],
    ids=["cost centre", "closed cost centre", "project", "finished project"],
)
def test_a_name_that_the_ledger_does_not_have_is_held_once_however_many_lines_carry_it(
    named: dict[str, str], words: str
) -> None:
    plan = planned(deal("D1", "1 x 100 KONS", "2 x 100 KONS", **named))
    (hold,) = plan.holds
    assert hold.code in {HoldCode.COST_CENTRE_UNKNOWN, HoldCode.PROJECT_UNKNOWN}
    assert words in hold.message
    assert (hold.field, hold.value) == next(iter(named.items()))


def test_two_cost_centres_of_one_kind_are_held() -> None:
    second = replace(COST_CENTRES[0], id="cc-malmo", code="MALMO", name="Malmö")
    ledger = replace(
        view(), profile=replace(view().profile, uses_cost_centres=True), cost_centres=(*COST_CENTRES, second)
    )
    sold = deal("D1", "1 x 100 KONS", cost_centre="STHLM;MALMO")
    assert codes(decide(inputs(sold, ledgers={"se": ledger}))) == ["COST_CENTRE_UNKNOWN"]


@pytest.mark.parametrize("named", ["cost_centre", "project"])
def test_what_the_company_has_switched_off_is_held_and_never_left_out(named: str) -> None:
    sold = deal("D1", "1 x 100 KONS", **{named: "100"})
    assert codes(planned(sold, uses_cost_centres=False, uses_projects=False)) == ["DIMENSION_OFF"]


# --- the buyer's reference for its e-invoice -----------------------------------------------------------------------


def test_a_public_buyers_e_invoice_reference_is_enough_and_stands_on_the_draft() -> None:
    bare = deal("D1", "1 x 100 KONS", buyer=PUBLIC)
    assert codes(planned(bare)) == ["REFERENCE_MISSING"]
    told = replace(bare, electronic_reference=" ZZ 4711 ")
    assert shown(planned(told))["ElectronicReference"] == "ZZ 4711"
    long = replace(bare, electronic_reference="x" * 101)
    assert codes(planned(long)) == ["FIELD_TOO_LONG"]


# --- where it was delivered to -------------------------------------------------------------------------------------


def test_another_address_than_that_of_the_invoice_stands_on_the_draft_whole() -> None:
    sold = deal(
        "D1",
        "1 x 100 KONS",
        delivery_name="Volvo Torslanda",
        delivery_street="Port 4\nTorslandavägen 1\nVåning 2",
        delivery_postal_code="405 08",
        delivery_city="Göteborg",
    )
    (draft,) = [one for one in planned(sold).actions if isinstance(one, CreateDraft)]
    assert draft.draft.delivery == DeliveryAddress(
        "Volvo Torslanda", "Port 4", "Torslandavägen 1, Våning 2", "405 08", "Göteborg", "SE"
    )
    assert shown(planned(sold))["DeliveryPostalCode"] == "405 08"


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"delivery_country": "SE"},
        {"delivery_name": "AB Volvo"},
        {"delivery_street": "STORGATAN 1", "delivery_postal_code": "111 22", "delivery_city": "stockholm"},
    ],
    ids=["nothing", "only a country", "only a name", "the place of the invoice"],
)
def test_no_place_or_the_place_of_the_invoice_is_no_delivery_address(place: dict[str, str]) -> None:
    (draft,) = [
        one for one in planned(deal("D1", "1 x 1 KONS", **place)).actions if isinstance(one, CreateDraft)
    ]
    assert draft.draft.delivery is None


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"delivery_street": "x" * 51}, "FIELD_TOO_LONG"),
        ({"delivery_city": "x" * 51}, "FIELD_TOO_LONG"),
        ({"delivery_postal_code": "4050"}, "POSTAL_CODE_INVALID"),
        ({"delivery_city": "Lund", "delivery_country": "Narnia"}, "COUNTRY_UNKNOWN"),
    ],
    ids=["street", "city", "postal code", "country"],
)
def test_a_delivery_address_that_cannot_be_right_is_held(place: dict[str, str], code: str) -> None:
    assert codes(planned(deal("D1", "1 x 100 KONS", **place))) == [code]


# --- changed after the push ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ({"project": None}, {"project": "100"}, ("Rows[1].Project", None, "100")),
        ({"cost_centre": "STHLM"}, {"cost_centre": "BYGG"}, ("Rows[1].CostCentre", "STHLM", "BYGG")),
        ({"cost_centre": "STHLM"}, {"cost_centre": None}, ("Rows[1].CostCentre", "STHLM", None)),
        (
            {"electronic_reference": "A1"},
            {"electronic_reference": "A2"},
            ("ElectronicReference", "A1", "A2"),
        ),
        (
            {"delivery_city": "Lund", "delivery_street": "Kyrkogatan 1"},
            {"delivery_city": "Malmö", "delivery_street": "Kyrkogatan 1"},
            ("DeliveryCity", "Lund", "Malmö"),
        ),
    ],
    ids=["a project comes", "another cost centre", "no cost centre", "another reference", "another place"],
)
def test_a_draft_follows_its_deal_in_these_fields_too_and_then_rests(
    tmp_path: Path,
    first: dict[str, Any],
    then: dict[str, Any],
    expected: tuple[str, str | None, str | None],
) -> None:
    stage = Stage(tmp_path)

    def run() -> list[UpdateDraft]:
        with stage.world() as world:
            done = push(world, Scope(), Guard(max_changes=10))
        assert done.holds == ()
        return [one.action for one in done.results if isinstance(one.action, UpdateDraft)]

    stage.crm.add(deal("D1", "1 x 500 KONS", **first))
    assert run() == []
    sold = stage.crm.deals[deal_id("D1")]
    stage.crm.deals[sold.id] = replace(sold, **then, changed_at=stage.crm.time)
    (update,) = run()
    assert [(one.field, one.before, one.after) for one in update.changed if one.field == expected[0]] == [
        expected
    ]
    calls = stage.se.calls
    assert run() == []
    assert stage.se.calls == calls


def test_the_registers_are_read_only_for_deals_that_name_something(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "1 x 500 KONS"))
    with stage.world() as world:
        push(world, Scope(), Guard(max_changes=10))
    assert not stage.se.reads["cost centres"] + stage.se.reads["projects"]
    stage.crm.add(deal("D2", line("1 x 500 KONS", project="100")))
    with stage.world() as world:
        push(world, Scope(), Guard(max_changes=10))
    assert (stage.se.reads["cost centres"], stage.se.reads["projects"]) == (0, 1)
