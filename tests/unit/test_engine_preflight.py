"""Open and won deals judged as if they were pushed now."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from fakes import Stage
from sfspiris.core.readiness import as_if_won
from sfspiris.engine.preflight import Preflight, preflight
from sfspiris.report.csv import csv_report
from sfspiris.report.html import html_report
from sfspiris.report.markdown import markdown_report
from sfspiris.report.page import terminal
from sfspiris.report.preflight import preflight_document, print_preflight
from shorthand import TODAY, buyer, deal, deal_id

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.report.shapes import PreflightDocument

NEXT_YEAR = date(2027, 3, 1)


def judged(stage: Stage) -> Preflight:
    with stage.world(dry=True) as world:
        return preflight(world)


def document(found: Preflight) -> PreflightDocument:
    return preflight_document(
        found.result,
        open_ids=found.open_ids,
        checked=found.checked,
        record_url=lambda one: f"https://crm.example/{one}",
        companies={},
    )


def staged(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 500 KONS", buyer=buyer(orgnr=None)))
    later = deal("D3", "3 x 500 SAKNAS", closed_on=NEXT_YEAR, delivery_date=NEXT_YEAR, owner_name="Bo Ek")
    ready = deal("D4", "4 x 500 KONS", closed_on=NEXT_YEAR, delivery_date=NEXT_YEAR)
    stage.crm.open = {one.id: one for one in (later, ready)}
    return stage


def test_open_deals_are_judged_as_if_won_today_and_nothing_is_written(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    found = judged(stage)
    assert found.checked == 4
    assert found.open_ids == {deal_id("D3"), deal_id("D4")}
    assert {one.hold.deal_id: one.hold.code.value for one in found.result.holds} == {
        deal_id("D2"): "ORGNR_MISSING",
        deal_id("D3"): "ARTICLE_MISSING",
    }
    assert {one.action.deal_id for one in found.result.results} == {deal_id("D1"), deal_id("D4")}
    assert (stage.se.made, stage.crm.saved) == ([], [])
    assert not list(tmp_path.glob("*.db"))


def test_what_would_be_held_is_counted_by_rule_and_by_owner_in_every_report(tmp_path: Path) -> None:
    told = document(judged(staged(tmp_path)))
    assert [(one.code, one.deals) for one in told.by_rule] == [("ARTICLE_MISSING", 1), ("ORGNR_MISSING", 1)]
    assert [(one.owner, one.codes) for one in told.by_owner] == [
        ("Anna Ek", ("ORGNR_MISSING",)),
        ("Bo Ek", ("ARTICLE_MISSING",)),
    ]
    sheet = io.StringIO()
    print_preflight(terminal(sheet, plain=True, width=100), told, limit=None)
    for report in (sheet.getvalue(), html_report(told), markdown_report(told), csv_report(told)):
        assert "Bo Ek" in report
    assert (
        sheet.getvalue()
        .rstrip()
        .endswith(
            "2 would be held, 2 would become drafts, 0 have their document already. Nothing was written."
        )
    )


def test_a_delivery_day_of_its_own_does_not_move_with_the_closing_day() -> None:
    open_one = deal("D1", closed_on=NEXT_YEAR, delivery_date=NEXT_YEAR)
    assert as_if_won(open_one, TODAY).delivery_date == TODAY
    agreed = replace(open_one, delivery_date=date(2027, 4, 1))
    assert as_if_won(agreed, TODAY).delivery_date == date(2027, 4, 1)
    past = deal("D2", closed_on=date(2026, 11, 1))
    assert as_if_won(past, TODAY) == past
