"""Which existing customer an account may be: what they share, what it weighs, and when nobody is preferred."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.core.model import Buyer, LedgerCustomer
from sfspiris.core.pairing import (
    WEIGHTS,
    Account,
    Evidence,
    Pair,
    PairStatus,
    Wanted,
    compare,
    is_wanted,
    name_key,
    pairs,
    shown_number,
    told_by_number,
)
from shorthand import TAG, buyer, customer

OTHER = "5560360793"


def account(name: str = "Exempel AB", ident: str = "001000000000A01AAA", **changes: Any) -> Account:
    bare: dict[str, Any] = {"orgnr": None, "street": None, "postal_code": None, "city": None}
    return Account(buyer(name, id=ident, **(bare | changes)), has_deals=True)


def known(number: str, name: str = "Exempel Aktiebolag", **changes: Any) -> LedgerCustomer:
    bare: dict[str, Any] = {"orgnr": None, "address1": None, "postal_code": None, "city": None}
    return customer(number, name=name, **(bare | changes))


def look(*accounts: Account, customers: tuple[LedgerCustomer, ...], **links: str) -> tuple[Pair, ...]:
    return pairs("se", accounts, customers, links, org_tag=TAG)


@pytest.mark.parametrize(
    ("mine", "theirs", "evidence"),
    [
        ({"orgnr": "556012-5790"}, {"orgnr": "16 5560125790"}, Evidence.ORGNR),
        ({"vat_number": "SE556012579001"}, {"orgnr": "5560125790"}, Evidence.ORGNR),
        ({"vat_number": "DE 136695976"}, {"vat_number": "DE136695976"}, Evidence.VAT_NUMBER),
        ({"customer_number": "17"}, {"number": "17"}, Evidence.CUSTOMER_NUMBER),
        ({"customer_key": "K-7"}, {"note": "Ring först. K-7"}, Evidence.KEY),
        ({}, {"note": f"SF:001000000000A01AAA:{TAG}"}, Evidence.NOTE),
        ({"email": "Faktura@X.example"}, {"email": "faktura@x.example"}, Evidence.EMAIL),
        ({"phone": "+46 (0)8-123 456 78"}, {"phone": "08-12 34 56 78"}, Evidence.PHONE),
        ({"phone": "0046812345678"}, {"phone": "08-12345678"}, Evidence.PHONE),
        (
            {"street": "Storgatan 1", "postal_code": "111 22"},
            {"address2": "STORGATAN 1", "postal_code": "11122"},
            Evidence.ADDRESS,
        ),
        ({"postal_code": "111 22"}, {"postal_code": "11122"}, Evidence.POSTAL_CODE),
    ],
)
def test_what_both_sides_share_is_found_however_it_is_written_and_weighs_as_the_table_says(
    mine: dict[str, Any], theirs: dict[str, Any], evidence: Evidence
) -> None:
    likeness = compare(account("Alfa", **mine).buyer, replace(known("9", "Omega"), **theirs), TAG)
    assert likeness.evidence == (evidence,)
    assert likeness.score == WEIGHTS[evidence]
    assert likeness.against == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AB Volvo", "Volvo Aktiebolag (publ)"),
        ("Göteborgs Bageri HB", "GOTEBORGS BAGERI handelsbolag"),
        ("Nordic Tools Ltd", "Nordic-Tools Limited"),
        ("Bröderna Ek KB", "Bröderna Ek, Kommanditbolag"),
    ],
)
def test_a_name_is_the_same_without_its_legal_form_marks_and_accents(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_a_misspelt_name_is_similar_and_the_order_of_the_two_does_not_matter() -> None:
    for mine, theirs in (("Svensson Plåt AB", "Swensson Plåt AB"), ("Swensson Plåt AB", "Svensson Plåt AB")):
        (pair,) = look(account(mine), customers=(known("1", theirs),))
        assert pair.likeness.evidence == (Evidence.NAME_ALIKE,)
        assert pair.status is PairStatus.AMBIGUOUS, "a similar name alone is no suggestion"


def test_a_number_of_the_authorities_suggests_and_another_one_forbids() -> None:
    (pair,) = look(account("Alfa", orgnr="556012-5790"), customers=(known("1", orgnr="5560125790"),))
    assert pair.status is PairStatus.SUGGESTED
    (pair,) = look(account(orgnr="556012-5790"), customers=(known("1", orgnr=OTHER),))
    assert pair.status is PairStatus.AMBIGUOUS
    assert pair.likeness.against == ("organisation numbers differ",)


@pytest.mark.parametrize(
    ("changes", "against"),
    [({"is_active": False}, "inactive in the books"), ({"name": "Exempel HB"}, "another legal form")],
)
def test_who_is_inactive_or_has_another_legal_form_is_shown_and_not_suggested(
    changes: dict[str, Any], against: str
) -> None:
    (pair,) = look(account(), customers=(replace(known("1"), **changes),))
    assert (pair.status, pair.likeness.against) == (PairStatus.AMBIGUOUS, (against,))


def test_two_that_fit_equally_are_both_shown_and_neither_is_chosen() -> None:
    found = look(account(), customers=(known("2"), known("1")))
    assert [one.status for one in found] == [PairStatus.AMBIGUOUS] * 2
    assert [one.customer.number for one in found if one.customer] == ["1", "2"]


def test_a_customer_that_leads_clearly_is_suggested_alone_and_the_other_stands_by_itself() -> None:
    found = look(
        account(orgnr="556012-5790"), customers=(known("1", orgnr="5560125790"), known("2", "Exempl AB"))
    )
    assert [(one.status, one.customer.number if one.customer else None) for one in found] == [
        (PairStatus.SUGGESTED, "1"),
        (PairStatus.UNMATCHED, "2"),
    ]


def test_two_under_one_organisation_number_are_both_shown_though_one_has_more_in_common() -> None:
    twins = (known("1", "Exempel, inköp Gimo", orgnr="5560125790"), known("2", orgnr="5560125790"))
    found = look(account(orgnr="556012-5790"), customers=twins)
    assert [(one.status, one.customer.number if one.customer else None) for one in found] == [
        (PairStatus.AMBIGUOUS, "2"),
        (PairStatus.AMBIGUOUS, "1"),
    ]


def test_one_customer_is_not_suggested_to_two_accounts_by_name_but_is_by_number() -> None:
    two = (account(), account(ident="001000000000A02AAA"))
    found = look(*two, customers=(known("1"),))
    assert {one.status for one in found} == {PairStatus.AMBIGUOUS}
    assert found[0].likeness.against == ("fits 2 accounts",)
    numbered = [replace(one, buyer=replace(one.buyer, orgnr="556012-5790")) for one in two]
    found = look(*numbered, customers=(known("1", orgnr="5560125790"),))
    assert {one.status for one in found} == {PairStatus.SUGGESTED}


def test_a_customer_that_another_account_has_is_not_suggested_by_name() -> None:
    first, second = account(), account(ident="001000000000A02AAA")
    found = look(first, second, customers=(known("1"),), **{first.buyer.id: "cust-1"})
    assert [(one.status, one.account) for one in found] == [
        (PairStatus.AMBIGUOUS, second),
        (PairStatus.LINKED, first),
    ]


@pytest.mark.parametrize(
    "shared", [{"customer_number": "1"}, {"email": "e@x.example", "phone": "08-1234567"}]
)
def test_a_mailbox_or_a_customer_number_alone_makes_no_suggestion(shared: dict[str, Any]) -> None:
    mine = {name: value for name, value in shared.items() if name != "customer_number"}
    (pair,) = look(account("Alfa", **shared), customers=(known("1", "Omega", **mine),))
    assert pair.status is PairStatus.AMBIGUOUS


def test_a_link_is_told_with_what_it_rests_on_also_when_its_customer_is_gone() -> None:
    one = account()
    (pair,) = look(one, customers=(known("1"),), **{one.buyer.id: "cust-1"})
    assert (pair.status, pair.likeness.evidence, pair.linked_id) == (
        PairStatus.LINKED,
        (Evidence.NAME,),
        "cust-1",
    )
    (pair, _) = look(one, customers=(known("1"),), **{one.buyer.id: "cust-0"})
    assert (pair.status, pair.customer) == (PairStatus.LINKED, None)
    assert pair.likeness.against


def test_every_customer_stands_in_the_list_and_accounts_without_deals_only_when_they_fit() -> None:
    idle = replace(account("Helt Annan AB", "001000000000A09AAA"), has_deals=False)
    found = look(account("Ny Kund AB"), idle, customers=(known("1"), known("2", is_active=False)))
    assert [(one.status, one.account is None) for one in found] == [
        (PairStatus.UNMATCHED, False),
        (PairStatus.UNMATCHED, True),
        (PairStatus.UNMATCHED, True),
    ]
    assert idle not in [one.account for one in found]
    every = pairs("se", [idle], (known("1"),), {}, org_tag=TAG, idle=True)
    assert idle in [one.account for one in every]


def test_what_people_type_to_get_past_a_field_is_no_number() -> None:
    (pair, _) = look(
        account("Alfa", orgnr="0000000000"), customers=(known("1", "Omega", orgnr="0000000000"),)
    )
    assert pair.customer is None


def test_a_number_of_a_person_is_masked_and_a_companys_is_not() -> None:
    assert shown_number("811228-9874") == "[personal-id]"
    assert shown_number("SE811228987401") == "[personal-id]"
    assert shown_number("556012-5790") == "556012-5790"
    assert shown_number(None) is None


def test_a_vat_number_of_another_country_is_shown_although_its_digits_read_as_a_date() -> None:
    assert shown_number("FI01120389") == "FI01120389"
    assert shown_number("fi 0112038-9") == "fi 0112038-9"


def test_the_crms_customer_number_recovers_a_link_only_where_nothing_else_says_otherwise() -> None:
    def told(mine: Buyer, *customers: LedgerCustomer) -> list[str]:
        return [one.number for one in told_by_number([mine], customers).values()]

    numbered = account("Alfa", customer_number=" 2 ").buyer
    assert told(numbered, known("1"), known("2")) == ["2"]
    assert told(numbered, known("2", is_active=False)) == []
    assert told(replace(numbered, customer_number=None), known("2")) == []
    twins = (known("1", orgnr="5560125790"), known("2", orgnr="5560125790"))
    by_orgnr = replace(numbered, orgnr="556012-5790")
    assert told(by_orgnr, *twins) == ["2"]
    assert told(by_orgnr, twins[0], known("2")) == [], "its organisation number leads to another customer"
    assert told(by_orgnr, known("2", orgnr=OTHER)) == []


def test_a_record_is_found_by_name_organisation_number_and_customer_number_on_either_side() -> None:
    (pair,) = look(
        account("Göteborgs Bageri AB", orgnr="556012-5790"), customers=(known("17", orgnr="5560125790"),)
    )
    assert is_wanted(pair, Wanted(text="goteborgs"))
    assert is_wanted(pair, Wanted(text="EXEMPEL"))
    assert is_wanted(pair, Wanted(orgnr="165560125790"))
    assert is_wanted(pair, Wanted(number="17"))
    assert not is_wanted(pair, Wanted(number="1"))
    assert not is_wanted(pair, Wanted(orgnr="17"))
    assert not is_wanted(pair, Wanted(text=" "))


_word = st.sampled_from(["Alfa", "Beta", "Gamma", "AB", "HB", "Bageri", "Åkeri", ""])
_name = st.lists(_word, min_size=1, max_size=3).map(" ".join)
_number = st.sampled_from([None, "556012-5790", OTHER, "811228-9874"])
_accounts = st.lists(st.tuples(_name, _number), max_size=5).map(
    lambda told: [
        account(name, f"001000000000A{place:02}AAA", orgnr=number)
        for place, (name, number) in enumerate(told)
    ]
)
_customers = st.lists(st.tuples(_name, _number, st.booleans()), max_size=5).map(
    lambda told: tuple(
        known(str(place), name, orgnr=number, is_active=active)
        for place, (name, number, active) in enumerate(told)
    )
)


@given(accounts=_accounts, customers=_customers, seed=st.randoms(use_true_random=False))
def test_the_list_names_every_customer_and_every_account_with_deals_whatever_order_they_came_in(
    accounts: list[Account], customers: tuple[LedgerCustomer, ...], seed: Any
) -> None:
    found = look(*accounts, customers=customers)
    assert {one.customer.id for one in found if one.customer} == {one.id for one in customers}
    assert {one.account.buyer.id for one in found if one.account} == {one.buyer.id for one in accounts}
    suggested = [one for one in found if one.status is PairStatus.SUGGESTED]
    assert len({one.account.buyer.id for one in suggested if one.account}) == len(suggested)
    assert not [one for one in suggested if one.likeness.against]
    mixed, others = list(accounts), list(customers)
    seed.shuffle(mixed)
    seed.shuffle(others)
    assert look(*mixed, customers=tuple(others)) == found
