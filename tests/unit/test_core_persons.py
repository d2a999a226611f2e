"""Private persons: who they are, how they are invoiced, and that their numbers are shown nowhere."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fakes import Stage
from sfspiris.adapters.spiris.writing import customer_body
from sfspiris.core.actions import CreateCustomer, CreateDraft
from sfspiris.core.changes import changes
from sfspiris.core.planning.push import decide
from sfspiris.core.policy import VatPolicy
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from shorthand import POLICY, SE, buyer, deal, inputs

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.core.actions import Plan
    from sfspiris.core.model import Buyer
    from sfspiris.core.policy import CompanyPolicy

NUMBER = "199006022397"  # of the tax agency's test persons
EVA = buyer("Eva Berg", orgnr=None, is_person=True, personal_number=NUMBER, email="eva@example.com")


NET = replace(SE, vat=VatPolicy(private_prices_are_net=True))


def planned(who: Buyer, company: CompanyPolicy = NET, **changes: Any) -> Plan:
    policy = replace(POLICY, companies={"se": company, "int": replace(company, key="int")})
    return decide(inputs(deal("D1", "2 x 100 KONS", buyer=who, **changes), policy=policy))


def codes(plan: Plan) -> list[str]:
    return [one.code for one in plan.holds]


def test_a_person_becomes_a_private_customer_with_swedish_vat() -> None:
    plan = planned(EVA)
    (made,) = [one for one in plan.actions if isinstance(one, CreateCustomer)]
    body = customer_body(made.customer, terms_id="t")
    assert body["IsPrivatePerson"] is True
    assert (
        body["CorporateIdentityNumber"].endswith("900602-2397") or body["CorporateIdentityNumber"] == NUMBER
    )
    assert "VatNumber" not in body
    (draft,) = [one for one in plan.actions if isinstance(one, CreateDraft)]
    assert (draft.vat.net, draft.vat.vat) == (Decimal(200), Decimal(50))


def test_a_business_is_no_private_customer() -> None:
    plan = planned(buyer())
    (made,) = [one for one in plan.actions if isinstance(one, CreateCustomer)]
    assert customer_body(made.customer, terms_id="t")["IsPrivatePerson"] is False


@pytest.mark.parametrize("number", [NUMBER, "900602-2397", "19900602-2398", "556012-5790"])
def test_a_persons_number_right_or_wrong_is_shown_nowhere(number: str) -> None:
    plan = planned(replace(EVA, personal_number=number))
    told = [str(change) for one in plan.actions for change in changes(one)]
    told += [f"{one.message} {one.value}" for one in plan.holds] + [one.message for one in plan.warnings]
    assert told
    assert number not in " ".join(told)
    assert "2397" not in " ".join(told)


def test_no_number_is_asked_of_a_person_unless_the_operator_wants_one() -> None:
    without = replace(EVA, personal_number=None)
    assert codes(planned(without)) == []
    assert codes(planned(without, replace(NET, needs_personal_numbers=True))) == ["ORGNR_MISSING"]


@pytest.mark.parametrize("number", ["556012-5790", "900602-2398", "12345"])
def test_what_is_no_personal_number_is_held(number: str) -> None:
    assert codes(planned(replace(EVA, personal_number=number))) == ["ORGNR_INVALID"]


def test_a_person_elsewhere_in_the_eu_needs_no_vat_number() -> None:
    abroad = replace(EVA, country="DE", postal_code="10115", city="Berlin", personal_number=None)
    plan = planned(abroad)
    assert codes(plan) == []
    (draft,) = [one for one in plan.actions if isinstance(one, CreateDraft)]
    assert draft.vat.vat == Decimal(50)


def test_until_it_is_known_how_the_ledger_reads_prices_to_persons_they_are_held() -> None:
    assert codes(planned(EVA, SE)) == ["VAT_TREATMENT_UNCLEAR"]


def test_the_memory_holds_no_number_of_a_person_and_the_ledger_does(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "1 x 100 KURS", buyer=EVA))
    with stage.world() as world:
        done = push(world, Scope(), Guard(max_changes=10))
    assert done.holds == ()
    (made,) = stage.se.known
    assert made.orgnr is not None
    digits = made.orgnr.replace("-", "")[-10:]
    assert digits == NUMBER[2:]
    kept = stage.file.read_bytes()
    for shape in (digits, NUMBER, f"{digits[:6]}-{digits[6:]}"):
        assert shape.encode() not in kept
        assert shape not in repr(done.warnings)


def test_an_e_invoice_reference_is_left_out_for_a_person_and_told() -> None:
    plan = planned(EVA, electronic_reference="ZZ1")
    (draft,) = [one for one in plan.actions if isinstance(one, CreateDraft)]
    assert draft.draft.electronic_reference is None
    assert [one.code for one in plan.warnings] == ["FIELD_NOT_WRITTEN"]
