"""What may be under way at the same time, and what waits for what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sfspiris.core.actions import kind
from sfspiris.core.lanes import Lanes, LedgerAction
from sfspiris.core.planning.push import decide
from sfspiris.core.policy import ArticlePolicy, MissingArticle
from shorthand import POLICY, SE, buyer, customer, deal, inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfspiris.core.model import Deal

ERICSSON = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")
SANDVIK = buyer("Sandvik", id="001000000000A03AAA", orgnr="556000-3468")
CREATING = replace(
    POLICY,
    companies={
        **POLICY.companies,
        "se": replace(SE, articles=ArticlePolicy(missing=MissingArticle.CREATE)),
    },
)


def planned(*deals: Deal, **more: Any) -> list[LedgerAction]:
    plan = decide(inputs(*deals, **more))
    assert not plan.holds
    return [one for one in plan.actions if isinstance(one, LedgerAction)]


def waves(actions: Sequence[LedgerAction]) -> list[list[int]]:
    """What goes at once when everything that may begin does, again and again."""
    lanes = Lanes(actions)
    found: list[list[int]] = []
    while wave := _all_free(lanes):
        found.append(wave)
        for number in wave:
            lanes.done(number)
    return found


def _all_free(lanes: Lanes) -> list[int]:
    found = []
    while (number := lanes.next()) is not None:
        found.append(number)
    return found


def test_one_at_a_time_is_the_order_of_the_plan() -> None:
    actions = planned(
        deal("D1", "1 x 10 NY"),
        deal("D2", "1 x 10 KONS", buyer=ERICSSON),
        deal("D3", "1 x 10 NY"),
        policy=CREATING,
    )
    lanes, found = Lanes(actions), []
    while (number := lanes.next()) is not None:
        found.append(number)
        lanes.done(number)
    assert found == list(range(len(actions)))
    assert len(found) == 6  # two customers, an article, three drafts


def test_documents_of_one_customer_follow_one_another_and_of_several_do_not() -> None:
    actions = planned(
        deal("D1", "1 x 10 KONS"),
        deal("D2", "1 x 10 KONS"),
        deal("D3", "1 x 10 KONS", buyer=ERICSSON),
        deal("D4", "1 x 10 KONS", buyer=SANDVIK),
    )
    kinds = [[kind(actions[one]) for one in wave] for wave in waves(actions)]
    assert kinds == [["create_customer"] * 3, ["create_draft"] * 3, ["create_draft"]]
    of_one = [one for one, action in enumerate(actions) if action.deal_id in {deal("D1").id, deal("D2").id}]
    order = [one for wave in waves(actions) for one in wave if one in of_one]
    assert order == of_one


def test_a_document_waits_for_the_article_that_its_rows_need() -> None:
    actions = planned(
        deal("D1", "1 x 10 NY"), deal("D2", "1 x 10 ny", buyer=ERICSSON), deal("D3", "1 x 10 KONS", buyer=SANDVIK),
        policy=CREATING,
        customers=(customer("1001"), customer("1002", orgnr="556016-0680"), customer("1003", orgnr="556000-3468")),
    )  # fmt: skip
    first, second = waves(actions)
    assert sorted(kind(actions[one]) for one in first) == ["create_article", "create_draft"]
    assert [kind(actions[one]) for one in second] == ["create_draft", "create_draft"]
    (free,) = (one for one in first if kind(actions[one]) == "create_draft")
    assert actions[free].deal_id == deal("D3").id


def test_what_did_not_end_keeps_what_follows_it_waiting() -> None:
    actions = planned(deal("D1", "1 x 10 KONS"), deal("D2", "1 x 10 KONS"))
    lanes = Lanes(actions)
    assert lanes.next() == 0
    assert lanes.next() is None
    lanes.done(0)
    assert lanes.next() == 1
    assert lanes.next() is None
