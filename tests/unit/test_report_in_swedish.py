"""The pages of a run and of a comparison say everything in Swedish, and show the same facts as the English ones."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sfspiris
from report_samples import (
    COMPANIES,
    HOSTILE,
    hold,
    hostile_reconciliation,
    hostile_run,
    realistic_apply,
    realistic_dry_run,
    realistic_pull,
    realistic_reconciliation,
    record_url,
    run,
)
from sfspiris.core.holds import HoldCode
from sfspiris.core.model import Customer, DealStatus, DeliveryAddress, Draft, SyncState
from sfspiris.core.outcome import Outcome
from sfspiris.report.document import reconcile_document, run_document
from sfspiris.report.html import html_report, spelled
from sfspiris.report.language import Words, words
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.core.outcome import RunResult
    from sfspiris.report.shapes import RunDocument

PLACE = re.compile(r"%\(\w+\)s")
ROOM = Path(sfspiris.__file__).parent / "report"
IN_TEMPLATES = re.compile(r"\b_\(\s*\"((?:[^\"\\]|\\.)*)\"")
RUNS = [
    pytest.param(realistic_dry_run(), id="dry run"),
    pytest.param(realistic_apply(), id="apply"),
    pytest.param(realistic_pull(dry=True), id="pull"),
    pytest.param(realistic_pull(), id="pulled"),
    pytest.param(run(command="rollback", dry=True), id="nothing to do"),
]


def _written(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _written(node.body)
        yield from _written(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def test_whatever_the_reports_say_of_their_own_has_its_swedish() -> None:
    """Also what no sample of these tests brings up."""
    said = {
        one
        for file in (ROOM / "templates").glob("*.j2")
        for one in IN_TEMPLATES.findall(file.read_text("utf-8"))
    }
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                said.update(_written(node.args[0]))
    assert len(said) > 100
    assert sorted(one for one in said if one not in words("sv").translations) == []


def swedish(result: RunResult) -> RunDocument:
    return run_document(result, record_url=record_url, companies=COMPANIES, language="sv")


def compared() -> RunDocument:
    return reconcile_document(
        realistic_dry_run(),
        realistic_reconciliation(),
        record_url=record_url,
        companies=COMPANIES,
        language="sv",
    )


@pytest.fixture
def left_in_english(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Collects every text that is asked for in Swedish and has none."""
    missing: set[str] = set()
    known = words("sv").translations

    def say_or_note(self: Words, text: str) -> str:
        if self.language == "sv" and text not in known and PLACE.sub("", text).strip(" ,;.()"):
            missing.add(text)
        return self.translations.get(text, text)

    monkeypatch.setattr(Words, "say", say_or_note)
    return missing


def visible(page: str) -> str:
    """What a reader sees of the page, with records' names, codes and the style sheet taken out."""
    body = page[page.index("<body>") :]
    plain = re.sub(r"<(bdi|code|time)[^>]*>.*?</\1>", " ", body, flags=re.DOTALL)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", plain)))


ENGLISH = re.compile(
    r"\b(the|deals?|drafts?|held|owner|company|invoices?|customers?|nothing|written|before|after|rows?|"
    r"amount|total incl|field|since|next|made|found by|and|with|without|is|of|from)\b",
    re.IGNORECASE,
)
"""Words that Swedish does not have."""


@pytest.mark.parametrize("result", RUNS)
def test_no_english_is_left_on_the_page_of_a_run(result: RunResult, left_in_english: set[str]) -> None:
    page = html_report(swedish(result), "sv")
    assert '<html lang="sv">' in page
    assert left_in_english == set()


def test_no_english_is_left_on_the_page_of_a_comparison(left_in_english: set[str]) -> None:
    page = html_report(compared(), "sv")
    assert '<html lang="sv">' in page
    assert left_in_english == set()


def test_the_frame_of_a_plan_has_no_english_word() -> None:
    result = run(
        holds=[
            hold(
                1,
                "Hiss",
                HoldCode.NO_LINES,
                message=say("The deal has no products, so there is nothing to put on an invoice."),
                fix=say("Add the sold products to the opportunity in Salesforce."),
            )
        ],
        dry=True,
    )
    text = visible(html_report(swedish(result), "sv"))
    assert "Affären har inga produkter, så det finns inget att fakturera." in text
    assert "Lägg till de sålda produkterna på affären i Salesforce." in text
    assert ENGLISH.findall(text) == []


def test_both_languages_show_the_same_plan_hash_and_amounts() -> None:
    english = run_document(realistic_dry_run(), record_url=record_url, companies=COMPANIES)
    page, other = html_report(english), html_report(swedish(realistic_dry_run()), "sv")
    amounts = [re.findall(r"\d[\d\u00a0]*,\d\d", one) for one in (page, other)]
    assert amounts[0]
    assert amounts[0] == amounts[1]
    assert english.plan_hash in other


@pytest.mark.parametrize("text", HOSTILE)
def test_what_somebody_typed_is_text_in_swedish_too(text: str) -> None:
    for document in (
        swedish(hostile_run(text, dry=True)),
        reconcile_document(
            hostile_run(text), hostile_reconciliation(text), record_url=record_url, language="sv"
        ),
    ):
        page, same = html_report(document, "sv"), html_report(document)
        tags = [re.findall(r"<[a-z]\w*", one) for one in (page, same)]
        assert tags[0] == tags[1], "a value became markup in one of the languages"


def test_a_persons_number_stays_masked_within_a_swedish_sentence() -> None:
    told = say("“%(raw)s” on %(buyer)s is no country that we know.", raw="671016-0013", buyer="Lisa")
    page = html_report(swedish(run(holds=[hold(1, message=told)], dry=True)), "sv")
    assert "är inget land som vi känner till" in page
    assert "671016" not in page


def test_every_field_outcome_and_status_has_a_swedish_name() -> None:
    known = words("sv").translations
    names = {one.name for one in fields(Customer) if one.metadata.get("shown", True)}
    names |= {one.name for one in fields(SyncState)} | {
        f"delivery_{one.name}" for one in fields(DeliveryAddress)
    }
    names |= {one.name for one in fields(Draft)} - {"rows", "terms_id", "delivery"}
    assert {name for name in names if spelled(name) not in known} == set()
    assert {one.value for one in Outcome} - known.keys() == set()
    assert {one.value for one in DealStatus} - known.keys() == set()
