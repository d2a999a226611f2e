"""Who a buyer already is in the ledger: the chain of steps, its order, and when nobody may choose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sfspiris.core.actions import CreateCustomer, CreateDraft, ExistingCustomer, Plan, UpdateCustomer
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.identity import customer_key
from sfspiris.core.model import LedgerCustomer
from sfspiris.core.planning.push import decide
from sfspiris.core.policy import MATCH_STEPS, MatchStep
from shorthand import POLICY, SE, TAG, buyer, customer, deal, inputs, link

BY_KEY = customer("2001", orgnr=None, note="Ring Eva K-77")
BY_ORGNR = customer("2002")
BY_VAT = customer("2003", orgnr=None, vat_number="SE556012579001")
BY_NUMBER = customer("2004", orgnr=None)
BY_EMAIL = customer("2005", orgnr=None, email="Faktura@Volvo.example")
WHO: dict[str, Any] = {
    "customer_key": "K-77",
    "vat_number": "SE556012579001",
    "customer_number": "2004",
    "email": "faktura@volvo.example",
}


def plan(*known: LedgerCustomer, steps: tuple[MatchStep, ...] = MATCH_STEPS, **more: Any) -> Plan:
    policy = replace(POLICY, companies={"se": replace(SE, match_steps=steps)})
    sold = deal("D1", "1 x 500 KONS", buyer=buyer(**WHO))
    return decide(inputs(sold, customers=known, policy=policy, **more))


def number(of: Plan) -> str | None:
    """The customer that the draft is for; None when it is a new one."""
    (draft,) = [one for one in of.actions if isinstance(one, CreateDraft)]
    return draft.customer.number if isinstance(draft.customer, ExistingCustomer) else None


@pytest.mark.parametrize(
    "known",
    [
        (BY_KEY, BY_ORGNR, BY_VAT, BY_NUMBER, BY_EMAIL),
        (BY_ORGNR, BY_VAT, BY_NUMBER, BY_EMAIL),
        (BY_VAT, BY_NUMBER, BY_EMAIL),
        (BY_NUMBER, BY_EMAIL),
    ],
)
def test_each_step_decides_when_those_before_it_find_nobody(known: tuple[LedgerCustomer, ...]) -> None:
    assert number(plan(*reversed(known))) == known[0].number


def test_the_link_comes_first() -> None:
    linked = {("se", buyer().id): BY_VAT.id}
    assert number(plan(BY_ORGNR, BY_VAT, customer_links=linked)) == "2003"


def test_an_e_mail_address_finds_nobody_unless_it_is_asked_for() -> None:
    assert number(plan(BY_EMAIL)) is None
    assert number(plan(BY_EMAIL, steps=(*MATCH_STEPS, MatchStep.EMAIL))) == "2005"


def test_the_order_is_the_companys_own() -> None:
    steps = (MatchStep.CUSTOMER_NUMBER, MatchStep.ORGNR)
    assert number(plan(BY_ORGNR, BY_NUMBER, steps=steps)) == "2004"
    assert number(plan(BY_VAT, steps=steps)) is None


def test_a_department_gets_its_own_customer_though_the_account_is_linked_to_another() -> None:
    main = customer("2001", note="K-12")
    linked = {("se", buyer().id): main.id}
    assert number(plan(main, customer("2002", note="K-77"), customer_links=linked)) == "2002"
    assert number(plan(main, customer_links=linked)) == "2001"


def test_two_candidates_of_one_step_are_both_shown_and_never_chosen_from() -> None:
    (hold,) = plan(BY_ORGNR, customer("2009", name="Volvo Lastvagnar")).holds
    assert hold.code is HoldCode.CUSTOMER_AMBIGUOUS
    assert "2002 AB Volvo (5560125790); 2009 Volvo Lastvagnar (5560125790)" in hold.message


def test_two_candidates_by_e_mail_show_no_persons_number() -> None:
    people = [
        customer(one, orgnr="811228-9874", email="faktura@volvo.example", name="Anna Ek")
        for one in ("2001", "2002")
    ]
    (hold,) = plan(*people, steps=(MatchStep.EMAIL,)).holds
    assert "[personal-id]" in hold.message
    assert "811228" not in hold.message + str(hold.value)


def test_two_accounts_with_one_organisation_number_share_the_first_ones_customer() -> None:
    first = deal("D1", "1 x 500 KONS", buyer=buyer("Volvo Sverige"))
    second = deal("D2", "1 x 600 KONS", buyer=buyer("Volvo i Göteborg", id="001000000000A09AAA"))
    found = decide(inputs(first, second))
    (made,) = [one for one in found.actions if isinstance(one, CreateCustomer)]
    assert made.customer.name == "Volvo Sverige"
    drafts = [one for one in found.actions if isinstance(one, CreateDraft)]
    assert [one.customer_name for one in drafts] == ["Volvo Sverige"] * 2
    (told,) = [one for one in found.warnings if one.code is WarningCode.DUPLICATE_SOURCE]
    assert "Volvo Sverige (001000000000A01AAA) and Volvo i Göteborg (001000000000A09AAA)" in told.message
    assert "called Volvo Sverige" in told.message


def test_who_was_parted_by_hand_is_held_when_a_number_leads_there_again_and_not_when_it_is_linked() -> None:
    parted = {("se", buyer().id, BY_ORGNR.id)}
    (hold,) = plan(BY_ORGNR, parted=parted).holds
    assert hold.code is HoldCode.CUSTOMER_AMBIGUOUS
    assert "match unlink" in hold.message
    assert f"match link {buyer().id}" in hold.fix
    linked = {("se", buyer().id): BY_VAT.id}
    assert number(plan(BY_ORGNR, BY_VAT, parted=parted, customer_links=linked)) == "2003"
    others = {("se", "001000000000A09AAA", BY_ORGNR.id), ("int", buyer().id, BY_ORGNR.id)}
    assert number(plan(BY_ORGNR, parted=others)) == "2002"


@pytest.mark.parametrize("where", ["elsewhere", "nowhere"])
def test_an_account_that_was_parted_from_a_customer_writes_to_it_no_more(where: str) -> None:
    """A deal that is invoiced to that customer still names it; what the account says now is not the customer's."""
    sold = deal("D1", "1 x 500 KONS", buyer=buyer(phone="08-200"))
    standing = customer("1001", phone=None)
    known: dict[str, Any] = {"links": {sold.id: link(sold)}, "customers": (standing, BY_VAT)}

    def updates(plan: Plan) -> list[UpdateCustomer]:
        return [one for one in plan.actions if isinstance(one, UpdateCustomer)]

    assert len(updates(decide(inputs(sold, **known)))) == 1
    apart: dict[str, Any] = (
        {"customer_links": {("se", buyer().id): BY_VAT.id}}
        if where == "elsewhere"
        else {"parted": {("se", buyer().id, standing.id)}}
    )
    assert updates(decide(inputs(sold, **known, **apart))) == []


def in_euro(*known: LedgerCustomer, **more: Any) -> Plan:
    policy = replace(POLICY, companies={"se": replace(SE, customer_per_currency=True)})
    return decide(inputs(deal("D1", "1 x 500 KONS", currency="EUR"), customers=known, policy=policy, **more))


def test_a_customer_in_another_currency_calls_for_a_second_one_where_that_is_allowed() -> None:
    linked = {("se", buyer().id): "cust-1001"}
    of_plan = in_euro(customer("1001"), customer_links=linked)
    (made,) = [one for one in of_plan.actions if isinstance(one, CreateCustomer)]
    assert made.customer.currency == "EUR"
    assert made.customer.note.endswith(":EUR")
    euro = customer("1002", currency="EUR")
    assert number(in_euro(customer("1001"), euro, customer_links=linked)) == "1002"
    by_currency = {("se", buyer().id, "EUR"): euro.id}
    assert number(in_euro(customer("1001"), euro, currency_links=by_currency)) == "1002"


def test_an_earlier_customer_in_the_books_currency_is_not_taken_for_a_lost_second_one() -> None:
    first = customer_key(TAG, "se", "556012-5790")
    made = {("se", first): "cust-1001"}
    assert number(in_euro(customer("1001"), made_customers=made)) is None
    lost = in_euro(made_customers=made)
    assert [one.code for one in lost.holds] == [HoldCode.CUSTOMER_INACTIVE], (
        "not listed: which it is, is unknown"
    )
    second = {("se", customer_key(TAG, "se", "556012-5790", "EUR")): "cust-1002"}
    lost = in_euro(customer("1001"), made_customers=made | second)
    assert [one.code for one in lost.holds] == [HoldCode.CUSTOMER_INACTIVE]


def test_a_customer_with_another_organisation_number_is_no_reason_to_make_a_second_one() -> None:
    linked = {("se", buyer().id): "cust-1001"}
    other = customer("1001", orgnr="5560360793")
    held = in_euro(other, customer_links=linked)
    assert [one.code for one in held.holds] == [HoldCode.CUSTOMER_AMBIGUOUS]
