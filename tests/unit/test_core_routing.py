"""Which company takes a deal, by which articles, and which deals are none of ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfspiris.core.actions import CreateDraft
from sfspiris.core.explain import routes_seen
from sfspiris.core.model import DealStatus, SyncState
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import PushInputs
from sfspiris.core.policy import ArticlePolicy, MissingArticle, Policy, Route
from sfspiris.core.routing import is_out_of_scope, route
from shorthand import COUNTRY, POLICY, deal, inputs

KIND = "RecordType.DeveloperName"
FALLBACK = ArticlePolicy(missing=MissingArticle.FALLBACK, fallback={"25": "KONS"})
BY_RECORD_TYPE = replace(
    POLICY,
    routes=(
        Route(None, {KIND: ("Internal",)}),
        Route("se", {KIND: ("Project",)}, FALLBACK),
        Route("int", {KIND: ("Export",)}),
        *POLICY.routes,
    ),
)


def of_type(
    kind: str, *, code: str = "D1", what: str = "1 x 100 KONS", status: DealStatus | None = None
) -> PushInputs:
    values = {KIND: kind, COUNTRY: "SE"}
    return replace(
        inputs(deal(code, what, values=values, sync=SyncState(status=status))), policy=BY_RECORD_TYPE
    )


@pytest.mark.parametrize(
    ("kind", "company"), [("Project", "se"), ("Export", "int"), ("Other", "se"), ("Internal", None)]
)
def test_the_first_route_that_matches_decides(kind: str, company: str | None) -> None:
    taken = route(of_type(kind).deals[0], BY_RECORD_TYPE)
    assert (taken.key if taken else None) == company


def test_two_record_types_with_different_articles_give_two_plans_in_one_run() -> None:
    project, other = of_type("Project", what="1 x 100 NYTT"), of_type("Other", code="D2", what="1 x 100 NYTT")
    plan = decide(replace(project, deals=(*project.deals, *other.deals)))
    [draft] = [one for one in plan.actions if isinstance(one, CreateDraft)]
    assert (draft.deal_id, draft.draft.rows[0].article_number) == (project.deals[0].id, "KONS")
    assert [(one.deal_id, one.code) for one in plan.holds] == [(other.deals[0].id, "ARTICLE_MISSING")]


def test_a_skipped_deal_is_counted_and_neither_held_nor_written() -> None:
    asked = of_type("Internal")
    plan = decide(asked)
    assert (plan.actions, plan.holds, plan.out_of_scope) == ((), (), (asked.deals[0].id,))
    assert is_out_of_scope(asked.deals[0], BY_RECORD_TYPE)


def test_a_deal_that_was_held_before_it_was_skipped_is_no_longer_shown_as_held() -> None:
    [told] = decide(of_type("Internal", status=DealStatus.HELD)).actions
    assert told.after == SyncState()  # type: ignore[union-attr]


def test_a_deal_that_no_route_takes_is_held_and_not_skipped() -> None:
    nobody: Policy = replace(BY_RECORD_TYPE, routes=BY_RECORD_TYPE.routes[:3])
    plan = decide(replace(of_type("Other"), policy=nobody))
    assert [one.code for one in plan.holds] == ["NO_ROUTE"]
    assert plan.out_of_scope == ()


def test_the_explanation_names_the_rule_that_skips() -> None:
    seen = routes_seen(of_type("Internal").deals[0], BY_RECORD_TYPE)
    assert [(one.company, one.is_match) for one in seen] == [
        (None, True),
        ("se", False),
        ("int", False),
        ("se", True),
        ("int", True),
    ]
