"""Articles that a run makes: before the draft that needs them, once, whatever becomes of the reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fakes import Killed, Stage, Trouble, lost, refused
from sfspiris.core.actions import kind
from sfspiris.core.outcome import Outcome, RunResult
from sfspiris.core.planning.documents import SETTLE
from sfspiris.core.policy import ArticlePolicy, MissingArticle
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from shorthand import POLICY, SE, buyer, deal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OTHER = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")
ARTICLE = 2  # the customer is the first create, the article the second, the draft the third


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path)
    creating = replace(SE, articles=ArticlePolicy(missing=MissingArticle.CREATE))
    made.policy = replace(POLICY, companies=POLICY.companies | {"se": creating})  # type: ignore[operator]
    made.crm.add(deal("D1", "2 x 500 NY"))
    return made


def run(stage: Stage) -> RunResult:
    with stage.world() as world:
        return push(world, Scope(), Guard(max_changes=200))


def made(stage: Stage) -> tuple[int, int]:
    return len(stage.se.new_articles), len(stage.se.made)


def test_two_deals_with_a_new_product_get_one_article_and_two_drafts(stage: Stage) -> None:
    stage.crm.add(deal("D2", "1 x 70 ny", buyer=OTHER))
    result = run(stage)
    assert [kind(one.action) for one in result.results if one.outcome is Outcome.DONE].count(
        "create_article"
    ) == 1
    assert made(stage) == (1, 2)
    assert {row.article_id for draft in stage.se.sent.values() for row in draft.rows} == {"art-NY"}


@pytest.mark.parametrize("blow", [lost, Killed])
def test_a_lost_reply_is_followed_by_a_look_and_never_by_a_second_article(
    stage: Stage, blow: Callable[[], BaseException]
) -> None:
    stage.se.trouble = Trouble(after={ARTICLE: blow})
    if blow is Killed:
        with pytest.raises(Killed):
            run(stage)
    else:
        assert [one.hold.code for one in run(stage).holds] == ["OUTCOME_UNKNOWN"]
    assert made(stage) == (1, 0)
    stage.pass_time(timedelta(minutes=1))
    run(stage)
    assert made(stage) == (1, 1)


def test_an_article_that_never_arrived_is_sent_again_only_after_the_settle_window(stage: Stage) -> None:
    stage.se.trouble = Trouble(before={ARTICLE: lost})
    run(stage)
    stage.pass_time(timedelta(minutes=1))
    assert [one.hold.code for one in run(stage).holds] == ["OUTCOME_UNKNOWN"]
    assert made(stage) == (0, 0)
    stage.pass_time(SETTLE)
    run(stage)
    assert made(stage) == (1, 1)


def test_a_refused_article_holds_every_deal_that_needs_it_and_no_other(stage: Stage) -> None:
    stage.crm.add(deal("D2", "1 x 70 NY", buyer=OTHER), deal("D3", "1 x 70 KONS"))
    stage.se.trouble = Trouble(before={ARTICLE: refused})
    result = run(stage)
    assert [one.hold.code for one in result.holds] == ["LEDGER_REFUSED", "LEDGER_REFUSED"]
    assert made(stage) == (0, 1)
