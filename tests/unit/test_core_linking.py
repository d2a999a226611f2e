"""What the rows of an edited list come to, and why a row is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sfspiris.core.model import Buyer, LedgerCustomer
from sfspiris.core.planning.linking import Books, LinkPlan, LinkRow, check_of, decide_links
from shorthand import buyer, customer

ALFA = buyer("Alfa AB", id="001000000000A01AAA", orgnr=None)
BETA = buyer("Beta AB", id="001000000000A02AAA", orgnr=None)
ONE = customer("0017", name="Alfa AB", orgnr=None)
TWO = customer("18", name="Beta AB", orgnr=None)


def row(
    number: int, action: str, who: Buyer = ALFA, to: LedgerCustomer | None = ONE, **changes: Any
) -> LinkRow:
    made = LinkRow(
        row=number,
        action=action,
        company="se",
        account=who.id,
        customer_number=to.number if to else "",
        customer_id=to.id if to else "",
        check=check_of(who, None, to),
    )
    return replace(made, **changes)


def decide(
    *rows: LinkRow,
    buyers: tuple[Buyer, ...] = (ALFA, BETA),
    customers: tuple[LedgerCustomer, ...] = (ONE, TWO),
    links: Mapping[str, str] | None = None,
) -> LinkPlan:
    named = {one.id: one for one in buyers} | {one.id[:15]: one for one in buyers}
    return decide_links(rows, named, {"se": Books.of(customers, links or {}), "int": Books.of((), {})})


def changes(plan: LinkPlan) -> list[tuple[str, str | None, str | None]]:
    return [(one.buyer.name, one.before, one.after.number if one.after else None) for one in plan.changes]


@pytest.mark.parametrize("word", ["", "skip", "SKIP"])
def test_a_row_without_an_action_changes_nothing_whatever_else_stands_in_it(word: str) -> None:
    plan = decide(row(2, word), row(3, word, account="", company="?", customer_number="?"))
    assert plan == LinkPlan((), (), unchanged=0, untouched=2)


def test_link_share_and_unlink_do_what_they_say() -> None:
    plan = decide(row(2, "Link"), row(3, "share", BETA, to=ONE))
    assert changes(plan) == [("Alfa AB", None, "0017"), ("Beta AB", None, "0017")]
    linked = {ALFA.id: ONE.id}
    plan = decide(row(2, "unlink", check=check_of(ALFA, ONE.id, ONE)), links=linked)
    assert changes(plan) == [("Alfa AB", ONE.id, None)]
    plan = decide(row(2, "link", to=TWO, check=check_of(ALFA, ONE.id, TWO)), links=linked)
    assert changes(plan) == [("Alfa AB", ONE.id, "18")]


def test_what_is_so_already_is_no_change_however_old_the_list_is() -> None:
    assert decide(row(2, "link", check="kold-old"), links={ALFA.id: ONE.id}).unchanged == 1
    assert decide(row(2, "unlink", check="kold-old")).unchanged == 1


def test_another_number_in_the_row_is_meant_and_a_lost_zero_is_not() -> None:
    assert changes(decide(row(2, "link", customer_number="18"))) == [("Alfa AB", None, "18")]
    assert changes(decide(row(2, "link", customer_number="17"))) == [("Alfa AB", None, "0017")]
    assert changes(decide(row(2, "link", customer_number="18", customer_id="", check=""))) == [
        ("Alfa AB", None, "18")
    ]


def test_an_id_may_have_fifteen_characters() -> None:
    assert changes(decide(row(2, "link", account=ALFA.id[:15]))) == [("Alfa AB", None, "0017")]


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"action": "länka"}, "action", "is no action"),
        ({"if_refused": "kanske"}, "if_refused", "not known"),
        ({"company": "no"}, "company", "no company of this run"),
        ({"company": ""}, "company", "No company"),
        ({"account": ""}, "account", "No account"),
        ({"account": "001000000000A99AAA"}, "account", "knows no account"),
        ({"customer_number": ""}, "customer_number", "No customer"),
        ({"customer_number": "1,8E+01"}, "customer_number", "has no customer 1,8E+01"),
        ({"check": "kffffffffff-"}, "account", "has been changed since"),
        ({"check": f"{check_of(ALFA, None, None)}ffffffffff"}, "customer_number", "changed in Spiris since"),
        ({"customer_id": "gone"}, "customer_number", "changed or deleted"),
    ],
)
def test_a_row_that_is_wrong_or_out_of_date_is_refused_with_its_number_cell_and_remedy(
    wrong: dict[str, str], field: str, words: str
) -> None:
    asked: dict[str, Any] = {"action": "link"} | wrong
    plan = decide(row(7, **asked), row(8, "link", BETA, TWO))
    (refused,) = plan.refused
    assert (refused.row, refused.field) == (7, field)
    assert words in refused.message
    assert refused.fix
    assert plan.is_stopped
    assert plan.changes == (), "one refused row stops all"


def test_a_row_may_say_that_it_can_be_left_out() -> None:
    plan = decide(row(7, "link", account="", if_refused="Skip"), row(8, "link", BETA, TWO))
    assert changes(plan) == [("Beta AB", None, "18")]
    assert plan.refused[0].is_left_out
    assert not plan.is_stopped


def test_an_inactive_customer_and_a_contradicting_number_are_refused() -> None:
    closed = replace(ONE, is_active=False)
    (refused,) = decide(row(2, "link", to=closed), customers=(closed,)).refused
    assert "inactive" in refused.message
    mine, theirs = replace(ALFA, orgnr="556012-5790"), replace(ONE, orgnr="5560360793")
    plan = decide(row(2, "share", mine, theirs), buyers=(mine,), customers=(theirs,))
    assert "organisation numbers differ" in plan.refused[0].message


def test_an_account_is_told_one_thing_only() -> None:
    plan = decide(row(2, "link"), row(3, "link", to=TWO), row(4, "link", BETA, TWO))
    assert [one.row for one in plan.refused] == [2, 3]
    assert "Rows 2, 3" in plan.refused[0].message


def rivals(action: str, **told: Any) -> LinkPlan:
    mine, theirs = replace(ALFA, **told.pop("mine", {})), replace(BETA, **told.pop("theirs", {}))
    return decide(row(2, action, mine), row(3, action, theirs, ONE), buyers=(mine, theirs), **told)


def test_two_accounts_claim_one_customer_only_when_they_are_one_buyer_or_a_person_says_that_they_share_it() -> (
    None
):
    assert [one.row for one in rivals("link").refused] == [2, 3]
    assert len(rivals("share").changes) == 2
    same: dict[str, Any] = {"orgnr": "556012-5790"}
    assert len(rivals("link", mine=same, theirs=same).changes) == 2
    assert len(rivals("link", mine={"customer_key": "K"}, theirs={"customer_key": "K"}).changes) == 2
    apart = rivals("share", mine=same, theirs={"orgnr": "556036-0793"})
    assert [one.row for one in apart.refused] == [2, 3], "with different numbers they never are"


def test_a_customer_that_another_account_has_is_not_taken_over_unless_that_one_leaves() -> None:
    linked = {BETA.id: ONE.id}
    (refused,) = decide(row(2, "link"), links=linked).refused
    assert BETA.id in refused.message
    leaving = row(3, "unlink", BETA, ONE, check=check_of(BETA, ONE.id, ONE))
    assert len(decide(row(2, "link"), leaving, links=linked).changes) == 2
    assert len(decide(row(2, "share"), links=linked).changes) == 1
    (refused,) = decide(row(2, "link"), buyers=(ALFA,), links=linked).refused
    assert refused.field == "customer_number"


@pytest.mark.parametrize(("number", "way"), [(2, "write share in place of link"), (0, "add --share")])
def test_a_customer_that_another_account_has_is_refused_with_the_way_to_share_it(
    number: int, way: str
) -> None:
    plan = decide(row(number, "link", BETA, to=ONE), links={ALFA.id: ONE.id})
    (refused,) = plan.refused
    assert way in refused.fix
