"""One deal on one page: which route took it, what comes next, and no number of a person."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes import Stage
from sfspiris.core.explain import SourceSeen
from sfspiris.engine.explain import explain
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, push
from sfspiris.errors import UsageError
from sfspiris.report.explain import ExplainDocument, explain_document, print_explanation
from sfspiris.report.json import to_json
from sfspiris.report.page import terminal
from shorthand import buyer, deal, deal_id

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.core.explain import Explanation
    from sfspiris.report.helping import Language

D1 = deal_id("D1")


def laid_open(stage: Stage) -> Explanation:
    with stage.world(dry=True) as world:
        return explain(world, D1)


def page(found: Explanation, language: Language = "en") -> tuple[ExplainDocument, str]:
    document = explain_document(found, gate="IsWon = true", url="https://crm.example/1", language=language)
    sheet = io.StringIO()
    print_explanation(terminal(sheet, plain=True, width=100), document)
    return document, sheet.getvalue()


def test_the_first_route_that_matches_takes_the_deal_and_the_later_one_is_named(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    document, text = page(laid_open(stage))
    assert [(one.company, one.matches, one.taken) for one in document.routes] == [
        ("se", True, True),
        ("int", True, False),
    ]
    assert "2. int: matches too, but comes later" in text
    assert document.totals is not None
    assert document.totals.agrees
    assert text.rstrip().endswith("Next step: The next push makes the draft.")
    assert (stage.se.made, stage.crm.saved) == ([], [])


def test_the_next_step_follows_where_the_deal_stands(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS", buyer=buyer(orgnr=None)))
    assert "organisation number" in page(laid_open(stage))[1]
    assert page(laid_open(stage), "sv")[0].next_step == "Slå upp företaget, till exempel på bolagsverket.se."
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    with stage.world(dry=False) as world:
        push(world, Scope(), Guard(max_changes=9))
    document, _ = page(laid_open(stage))
    assert document.next_step == "Finance looks at the draft in Spiris and issues it."
    assert document.history


def test_an_open_deal_is_judged_as_if_won_and_waits_for_the_gate(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.open[D1] = deal("D1", "2 x 500 KONS")
    document, text = page(laid_open(stage))
    assert not document.passes_gate
    assert text.rstrip().endswith("Next step: Nothing happens until the deal passes the gate.")


def test_a_deal_that_nobody_knows_is_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=D1):
        laid_open(Stage(tmp_path))


@pytest.mark.parametrize("typed", ["811228-9874", "8112289874", "19811228 9874", "8 1 1 2 2 8 9 8 7 4"])
def test_a_persons_number_is_nowhere_on_the_page(tmp_path: Path, typed: str) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    number = SourceSeen(
        "orgnr", (("Account.Organisation_Number__c", typed),), "Account.Organisation_Number__c"
    )
    document, text = page(replace(laid_open(stage), sources=(number,)))
    for shown in (text, to_json(document)):
        assert typed not in shown
        assert "[personal-id]" in shown
