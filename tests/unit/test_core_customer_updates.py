"""What becomes of a customer that was changed on one side, on both, or never agreed on: field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sfspiris.core.actions import Change, Plan, UpdateCustomer
from sfspiris.core.changes import changes
from sfspiris.core.holds import WarningCode
from sfspiris.core.identity import field_print
from sfspiris.core.model import Customer, CustomerBase, FieldBase, LedgerCustomer
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import PushInputs, companies_to_read
from sfspiris.core.planning.updates import Meeting, base_of, has_news, meet
from sfspiris.core.policy import CompanyPolicy, Owner
from shorthand import POLICY, SE, buyer, customer, deal, inputs, link

WHO = buyer().id


def ours(**changed: Any) -> Customer:
    made = Customer(
        name="AB Volvo",
        orgnr="556012-5790",
        address1="Storgatan 1",
        postal_code="111 22",
        city="Stockholm",
        country="SE",
        currency="SEK",
        phone="08-1",
    )
    return replace(made, **changed)


def theirs(**changed: Any) -> LedgerCustomer:
    return (
        customer("1001", phone="08-1", **changed) if "phone" not in changed else customer("1001", **changed)
    )


def owned_by(owner: Owner, **fields: Owner) -> CompanyPolicy:
    return replace(SE, default_owner=owner, owners=fields)


AGREED = base_of(ours(), company="se", customer_id="cust-1001", buyer_id=WHO)


def met(
    sales: Customer,
    finance: LedgerCustomer,
    base: CustomerBase | None = AGREED,
    owner: Owner = Owner.SALESFORCE,
) -> Meeting:
    return meet(sales, finance, base, owned_by(owner), WHO)


def after(base: CustomerBase | None, meeting: Meeting) -> CustomerBase:
    """The memory once the meeting's writes are done."""
    return replace(meeting.base, fields={**(base.fields if base else {}), **meeting.base.fields})


@pytest.mark.parametrize("owner", Owner)
def test_nothing_is_written_or_remembered_when_both_sides_say_what_they_said(owner: Owner) -> None:
    assert met(ours(), theirs(), owner=owner) == Meeting((), CustomerBase("se", "cust-1001", WHO))
    assert not has_news(ours(), AGREED, company="se", customer_id="cust-1001")


@pytest.mark.parametrize("owner", [Owner.SALESFORCE, Owner.SPIRIS])
def test_a_change_in_salesforce_alone_is_written_and_only_it(owner: Owner) -> None:
    sales = ours(phone="08-2")
    assert has_news(sales, AGREED, company="se", customer_id="cust-1001")
    meeting = met(sales, theirs(), owner=owner)
    assert meeting.wanted == (Change("phone", "08-1", "08-2"),)
    assert meeting.losses == ()
    again = met(sales, theirs(phone="08-2"), after(AGREED, meeting), owner)
    assert again == Meeting((), CustomerBase("se", "cust-1001", WHO))


@pytest.mark.parametrize("owner", Owner)
def test_a_change_by_finance_alone_stays(owner: Owner) -> None:
    assert met(ours(), theirs(phone="08-9"), owner=owner).wanted == ()


@pytest.mark.parametrize(
    ("owner", "written", "kept", "lost"),
    [
        (Owner.SALESFORCE, [Change("phone", "08-9", "08-2")], "08-2", "08-9"),
        (Owner.SPIRIS, [], "08-9", "08-2"),
        (Owner.FIRST_WRITE, [], "08-9", "08-2"),
    ],
)
def test_when_both_changed_the_owner_is_right_and_the_next_run_is_quiet(
    owner: Owner, written: list[Change], kept: str, lost: str
) -> None:
    sales, finance = ours(phone="08-2"), theirs(phone="08-9")
    meeting = met(sales, finance, owner=owner)
    assert list(meeting.wanted) == written
    assert [(one.kept, one.lost) for one in meeting.losses] == [(kept, lost)]
    base = after(AGREED, meeting)
    assert not has_news(sales, base, company="se", customer_id="cust-1001")
    again = met(sales, theirs(phone=kept), base, owner)
    assert (again.wanted, again.losses) == ((), ())


def test_a_later_change_in_salesforce_still_does_not_beat_what_finance_owns() -> None:
    first = met(ours(phone="08-2"), theirs(phone="08-9"), owner=Owner.SPIRIS)
    second = met(ours(phone="08-3"), theirs(phone="08-9"), after(AGREED, first), Owner.SPIRIS)
    assert second.wanted == ()
    assert [one.lost for one in second.losses] == ["08-3"]


def test_first_write_fills_what_is_empty_and_never_replaces() -> None:
    assert met(ours(phone="08-2"), theirs(), owner=Owner.FIRST_WRITE).wanted == ()
    assert met(ours(email="a@b.se"), theirs(), owner=Owner.FIRST_WRITE).wanted == (
        Change("email", None, "a@b.se"),
    )


def test_each_field_has_its_own_owner() -> None:
    company = owned_by(Owner.SALESFORCE, phone=Owner.SPIRIS)
    meeting = meet(ours(phone="08-2", city="Solna"), theirs(phone="08-9", city="Kista"), AGREED, company, WHO)
    assert [one.field for one in meeting.wanted] == ["city"]


# --- a customer that we did not make -----------------------------------------------------------------------------------


@pytest.mark.parametrize("owner", Owner)
def test_nothing_of_finances_is_written_over_when_a_customer_is_first_met(owner: Owner) -> None:
    finance = theirs(phone="08-9", city="Göteborg", name="Volvo AB", orgnr=None)
    meeting = met(ours(), finance, None, owner)
    assert {one.field for one in meeting.wanted} == (set() if owner is Owner.SPIRIS else {"orgnr"})
    assert [one.field for one in meeting.differs] == ["name", "city", "phone"]
    base = after(None, meeting)
    assert not has_news(ours(), base, company="se", customer_id="cust-1001"), "told once"


@pytest.mark.parametrize(
    ("owner", "written"), [(Owner.SALESFORCE, True), (Owner.SPIRIS, False), (Owner.FIRST_WRITE, False)]
)
def test_what_changes_in_salesforce_after_the_first_meeting_is_carried_over_where_it_owns(
    owner: Owner, written: bool
) -> None:
    finance = theirs(phone="08-9")
    base = after(None, met(ours(), finance, None, owner))
    assert bool(met(ours(phone="08-2"), finance, base, owner).wanted) is written


def test_a_difference_of_spelling_is_no_difference() -> None:
    finance = theirs(postal_code="11122", orgnr="165560125790", city="  Stockholm ")
    assert met(ours(), finance, None).wanted == ()
    assert met(ours(), finance, None).differs == ()


# --- cautions ----------------------------------------------------------------------------------------------------------


def test_a_field_that_became_empty_in_salesforce_empties_nothing() -> None:
    assert met(ours(phone=None, address1=None), theirs()).wanted == ()


def test_an_organisation_number_is_filled_in_but_never_replaced() -> None:
    other = ours(orgnr="556016-0680")
    assert met(other, theirs()).wanted == ()
    assert met(ours(), theirs(orgnr=None), None).wanted == (Change("orgnr", None, "556012-5790"),)


def test_a_persons_number_is_neither_written_nor_remembered() -> None:
    person = ours(orgnr="811228-9874", vat_number="SE811228987401", is_personal=True)
    meeting = met(person, theirs(orgnr=None), None)
    assert meeting.wanted == ()
    assert not {"orgnr", "vat_number"} & set(meeting.base.fields)


def test_two_different_values_of_one_print_are_told_apart_where_both_are_seen() -> None:
    numbers: dict[str, list[str]] = {}
    for number in range(5000):
        value = f"08-{number}"
        numbers.setdefault(field_print("se", "cust-1001", "phone", value), []).append(value)
    one, other = next(alike[:2] for alike in numbers.values() if len(alike) > 1)
    agreed = base_of(ours(phone=one), company="se", customer_id="cust-1001", buyer_id=WHO)
    assert met(ours(phone=other), theirs(phone=one), agreed).wanted == (Change("phone", one, other),)


def test_a_print_is_too_short_to_tell_what_it_was_made_from() -> None:
    assert len(field_print("se", "c", "phone", "0701-234567")) == 3
    assert field_print("se", "c", "phone", "") == ""


# --- in a plan ---------------------------------------------------------------------------------------------------------


def pushed(**account: Any) -> PushInputs:
    """The deal has been pushed and the customer agreed on; then the account changed."""
    sold = deal("D1", "1 x 500 KONS", buyer=buyer(**{"phone": "08-1"} | account))
    return inputs(
        sold,
        customers=(theirs(),),
        links={sold.id: link(sold)},
        customer_bases={("se", "cust-1001"): AGREED},
    )


def updates(plan: Plan) -> list[UpdateCustomer]:
    return [one for one in plan.actions if isinstance(one, UpdateCustomer)]


def test_a_changed_account_of_a_deal_that_has_its_draft_updates_the_customer_and_nothing_else() -> None:
    given = pushed(phone="08-2", street="Box 7\nPlan 2")
    assert companies_to_read(given) == {"se"}
    plan = decide(given)
    (update,) = plan.actions[:1]
    assert changes(update) == (
        Change("Street", "Storgatan 1", "Box 7, Plan 2"),
        Change("Phone", "08-1", "08-2"),
    )
    assert plan.unchanged == (given.deals[0].id,)


def test_an_unchanged_account_asks_no_ledger_and_plans_nothing() -> None:
    given = replace(pushed(), ledgers={})
    assert companies_to_read(given) == frozenset()
    assert updates(decide(given)) == []


def test_one_customer_is_updated_once_in_a_plan_however_many_deals_it_has() -> None:
    one = buyer(phone="08-2")
    both = (deal("D1", "1 x 500 KONS", buyer=one), deal("D2", "1 x 600 KONS", buyer=one))
    plan = decide(inputs(*both, customers=(theirs(),), customer_bases={("se", "cust-1001"): AGREED}))
    assert len(updates(plan)) == 1


def test_the_account_that_was_first_speaks_for_the_customer() -> None:
    twin = buyer(id="001000000000A09AAA", phone="08-2")
    sold = deal("D1", "1 x 500 KONS", buyer=twin)
    plan = decide(inputs(sold, customers=(theirs(),), customer_bases={("se", "cust-1001"): AGREED}))
    assert updates(plan) == []


def test_a_held_deal_updates_no_customer() -> None:
    sold = deal("D1", "1 x 500 SAKNAS", buyer=buyer(phone="08-2"))
    plan = decide(inputs(sold, customers=(theirs(),), customer_bases={("se", "cust-1001"): AGREED}))
    assert plan.holds
    assert updates(plan) == []


def test_a_person_is_told_what_was_given_up_and_by_which_rule() -> None:
    given = replace(pushed(phone="08-2"), policy=replace(POLICY, companies={"se": owned_by(Owner.SPIRIS)}))
    view = given.ledgers["se"]
    given = replace(given, ledgers={"se": replace(view, customers=(theirs(phone="08-9"),))})
    plan = decide(given)
    (told,) = [one for one in plan.warnings if one.code is WarningCode.CUSTOMER_CHANGED_TWICE]
    assert "Spiris says “08-9”" in told.message
    assert "Salesforce said “08-2”" in told.message
    assert "[companies.se.ownership]" in told.message
    phone = plan.remembered[0].fields["phone"]
    assert phone == FieldBase(field_print("se", "cust-1001", "phone", "08-2"), AGREED.fields["phone"].theirs)
