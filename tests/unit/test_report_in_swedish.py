"""Whatever people read of a run, a comparison and the queue is said in Swedish, and shows the same facts as in English."""

from __future__ import annotations

import ast
import io
import re
from dataclasses import fields
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sfspiris
from report_samples import (
    COMPANIES,
    HOSTILE,
    START,
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
from sfspiris.core.outcome import Outcome, RunStatus
from sfspiris.core.pairing import Evidence, PairStatus
from sfspiris.core.review import Difference
from sfspiris.report.document import reconcile_document, run_document
from sfspiris.report.html import html_report
from sfspiris.report.json import to_json
from sfspiris.report.language import Words, spelled, words
from sfspiris.report.markdown import markdown_report
from sfspiris.report.page import terminal
from sfspiris.report.preflight import preflight_document, print_preflight
from sfspiris.report.review import DecisionFacts, print_review, review_document
from sfspiris.report.shapes import PreflightDocument, ReconcileDocument
from sfspiris.report.text import print_reconciliation, print_run
from sfspiris.report.values import ending_words, status_words, value_words
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sfspiris.core.outcome import RunResult
    from sfspiris.report.helping import Language
    from sfspiris.report.shapes import RunDocument

PLACE = re.compile(r"%\(\w+\)s")
ROOM = Path(sfspiris.__file__).parent / "report"
IN_TEMPLATES = re.compile(r"\b_\(\s*\"((?:[^\"\\]|\\.)*)\"")
COUNTED_IN_TEMPLATES = re.compile(r"counted\(\"([\w ]+)\"\)")
PRINTED = (
    "text",
    "preflight",
    "review",
    "doctor",
    "duplicates",
    "match",
    "revenue",
    "status",
    "gdpr",
    "view",
    "story",
    "accepting",
    "history",
    "writes",
)
"""The modules that say something of their own to people at a terminal or in a report."""
MADE_OF = {"joined", "Row", "Line"}
"""What puts words together that are printed."""
WORD = re.compile(r"[A-Za-z]{2,}")
NO_WORDS = {"%Y-%m-%dT%H:%M:%SZ", "Salesforce", "Spiris", "%(count)s ", "bold", "dim", "green", "red"}
"""Names, places and styles."""
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
    for file in (ROOM / "templates").glob("*.j2"):
        said |= _numbers_of(COUNTED_IN_TEMPLATES.findall(file.read_text("utf-8")))
    for name in PRINTED:
        for node in ast.walk(_tree(name)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "how_many":
                said |= _numbers_of(_written(node.args[1]))
    assert len(said) > 200
    assert sorted(one for one in said if one not in words("sv").translations) == []


def _numbers_of(nouns: Iterable[str]) -> set[str]:
    return {f"%(count)s {noun}{ending}" for noun in nouns for ending in ("", "s")}


def _tree(name: str) -> ast.Module:
    return ast.parse((ROOM / f"{name}.py").read_text(encoding="utf-8"))


def _printing(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but what is raised: an error that ends a command is told in English."""
    yield node
    for one in ast.iter_child_nodes(node):
        if not isinstance(one, ast.Raise):
            yield from _printing(one)


@pytest.mark.parametrize("name", PRINTED)
def test_no_word_reaches_a_terminal_that_could_not_be_said_in_swedish(name: str) -> None:
    """Words stand in `say`; an f-string only puts values and signs together, and what is printed is no bare literal."""
    bare: list[str] = []
    for node in _printing(_tree(name)):
        if isinstance(node, ast.JoinedStr):
            texts = [one.value for one in node.values if isinstance(one, ast.Constant)]
            bare += [str(one) for one in texts if WORD.search(str(one)) and "_" not in str(one)]
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"say", "title", "last", "entry", "join"}
        ) or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE_OF):
            parts = [
                part for one in node.args for part in (one.elts if isinstance(one, ast.Tuple) else [one])
            ]
            bare += [text for one in parts for text in _written(one) if WORD.search(text)]
        elif isinstance(node, ast.BoolOp | ast.IfExp):
            ends = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            bare += [text for one in ends for text in _written(one) if "(" in text]
    assert [one for one in bare if one not in NO_WORDS] == []


def test_no_word_of_a_markdown_template_stands_outside_what_is_translated() -> None:
    for file in (ROOM / "templates").glob("*.md.j2"):
        own = re.sub(r"\{[{%#].*?[}%#]\}|<[^>]*>", "", file.read_text("utf-8"), flags=re.DOTALL)
        assert set(WORD.findall(own)) <= {"Salesforce", "Spiris"}, file.name


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
        if self.language == "sv" and text not in known and WORD.search(PLACE.sub("", text)):
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


def printed(document: RunDocument, language: Language = "sv") -> str:
    sheet = io.StringIO()
    if isinstance(document, ReconcileDocument):
        print_reconciliation(terminal(sheet, width=120), document, show_same=True, language=language)
    elif isinstance(document, PreflightDocument):
        print_preflight(terminal(sheet, width=120), document, limit=None, language=language)
    else:
        print_run(terminal(sheet, width=120), document, language=language)
    return sheet.getvalue()


@pytest.mark.parametrize("result", RUNS)
def test_no_english_is_left_of_a_run_at_a_terminal_and_in_markdown(
    result: RunResult, left_in_english: set[str]
) -> None:
    for text in (printed(swedish(result)), markdown_report(swedish(result), "sv")):
        assert "2026-11-20 09:00 CET" in text
    assert left_in_english == set()


def test_no_english_is_left_of_a_comparison_at_a_terminal_and_in_markdown(left_in_english: set[str]) -> None:
    assert printed(compared()).rstrip().splitlines()[-1].startswith("Jämfört: 6 stämmer, ")
    assert "### Skiljer sig: 1" in markdown_report(compared(), "sv")
    assert left_in_english == set()


def held_up() -> RunResult:
    """A plan with one deal that waits, told in our own sentences."""
    return run(
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


def test_no_english_is_left_of_a_preflight(left_in_english: set[str]) -> None:
    document = preflight_document(
        held_up(),
        open_ids=(),
        checked=3,
        record_url=record_url,
        companies=COMPANIES,
        language="sv",
    )
    text = printed(document)
    assert "Affären har inga produkter, så det finns inget att fakturera." in text
    assert left_in_english == set()
    assert ENGLISH.findall(text) == []


def test_no_english_is_left_of_the_queue(left_in_english: set[str]) -> None:
    deal = "006Qy0000000001AAA"
    document = review_document(
        "review show",
        held_up(),
        [Difference(deal, "Hiss", (HoldCode.NO_ROUTE,), (HoldCode.NO_LINES,))],
        now=START,
        record_url=record_url,
        assignees={deal: "Karin"},
        decisions=(DecisionFacts(deal=deal, event="reopened", at=START, who="karin", words=None),),
        language="sv",
    )
    sheet = io.StringIO()
    print_review(terminal(sheet, width=120), document, "sv")
    assert "tilldelad  Karin" in sheet.getvalue()
    assert left_in_english == set()
    assert ENGLISH.findall(sheet.getvalue()) == []
    assert sheet.getvalue().rstrip().splitlines()[-1].startswith("1 affär väntar. ")


def test_the_frame_of_a_run_has_no_english_word_at_a_terminal_and_in_markdown() -> None:
    for text in (printed(swedish(held_up())), markdown_report(swedish(held_up()), "sv")):
        assert "Lägg till de sålda produkterna på affären i Salesforce." in text
        plain_text = text.replace("push-closed-won", "").replace("NO_LINES", "")
        assert ENGLISH.findall(plain_text) == []


def test_both_languages_print_the_same_amounts_in_the_same_order() -> None:
    english = run_document(realistic_dry_run(), record_url=record_url, companies=COMPANIES)
    for one, other in (
        (printed(english, "en"), printed(swedish(realistic_dry_run()))),
        (markdown_report(english), markdown_report(swedish(realistic_dry_run()), "sv")),
    ):
        amounts = [re.findall(r"\d[\d\u00a0]*,\d\d", text) for text in (one, other)]
        assert amounts[0]
        assert amounts[0] == amounts[1]


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
    text = visible(html_report(swedish(held_up()), "sv"))
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
    assert {one.value for one in (*Evidence, *PairStatus)} - known.keys() == set()


def test_statuses_are_words_for_people_in_every_form_and_stay_as_they_are_for_programs() -> None:
    document = swedish(realistic_pull())
    for text in (
        printed(document),
        markdown_report(document, "sv"),
        visible(re.sub("</?bdi>", "", html_report(document, "sv"))),
    ):
        assert "Status: Utkast → Utställd" in text
        assert "Status: Utställd → Betald" in text
        assert "Status: Utställd → Förfallen" in text
    assert '"after":"Paid"' in to_json(document).replace(": ", ":")
    for status in (*DealStatus, *RunStatus):
        told = words("sv").sentence(status_words(ending_words(status)))
        assert told not in {str(status), status_words(status)}
        assert words("en").sentence(status_words(ending_words(status))) == str(status)


def test_questions_are_answered_with_yes_or_no_and_fields_have_capitals() -> None:
    assert words("sv").sentence(value_words("SellsConstruction", "False")) == "Nej"
    assert words("sv").sentence(value_words("Retry", "true")) == "Ja"
    assert words("sv").sentence(value_words("Rows[1].ReverseCharge", "True")) == "Ja"
    assert value_words("OurReference", "True") == "True"
    for name in ("VatNumber", "Orgnr", "payment_terms_days", "SellsConstruction"):
        assert words("sv").sentence(spelled(name))[0].isupper()
    assert words("sv").sentence(spelled("VatNumber")) == "Momsregistreringsnummer"
    page = visible(re.sub("</?bdi>", "", html_report(swedish(realistic_dry_run()), "sv")))
    assert "Säljer byggtjänster – Nej" in page
    assert "False" not in page


def test_one_thing_has_one_swedish_word() -> None:
    """Drafts are ställda ut, and the address that an invoice goes to is the fakturaadress, as on the screens of Spiris."""
    texts = [*words("sv").translations.values(), (ROOM / "help/sv.toml").read_text("utf-8")]
    texts += [file.read_text("utf-8") for file in ROOM.glob("*.py")]
    for other in ("utfärda", "faktureringsadress"):
        assert [one for one in texts if other in one.lower()] == []


def test_a_pull_says_what_it_had_to_update_and_one_deal_is_told_in_the_singular() -> None:
    nothing = printed(swedish(run(command="pull-invoice-status", unchanged=1, dry=False)))
    assert nothing.rstrip().splitlines()[-1] == "Klart: inget att uppdatera, 1 oförändrad, 0 väntar."
    several = printed(swedish(run(command="push-closed-won", unchanged=2, dry=True)))
    assert several.rstrip().splitlines()[-1] == (
        "Plan: inget att skapa, 2 oförändrade, 0 väntar. Ingenting har skrivits."
    )


def test_a_reason_that_is_hours_old_waits_for_less_than_a_day() -> None:
    for age, said in (
        (timedelta(hours=5), "mindre än ett dygn"),
        (timedelta(days=1), "1 dag"),
        (timedelta(days=3), "3 dagar"),
    ):
        document = review_document(
            "review list", held_up(), [], now=START + age, record_url=record_url, assignees={}, language="sv"
        )
        sheet = io.StringIO()
        print_review(terminal(sheet, width=120), document, "sv")
        assert re.search(rf"sedan +2026-11-\d\d \d\d:\d\d CET, {said}\n", sheet.getvalue()), sheet.getvalue()
