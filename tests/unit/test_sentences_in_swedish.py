"""Every sentence that may stand on a hold, a warning or a finding of `doctor` can be said in Swedish."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sfspiris
from sfspiris.adapters.salesforce.source import SOURCE_FIELDS
from sfspiris.report.language import words
from sfspiris.sentences import as_told, joined, listed, say
from sfspiris.state.seal import Finding
from sfspiris.swedish.vat_table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(sfspiris.__file__).parent
SENTENCES = tomllib.loads((ROOT / "report/words/sv-sentences.toml").read_text(encoding="utf-8"))
BESIDES = (
    "cli/doctor.py",
    "cli/flows.py",
    "adapters/salesforce/crm.py",
    "state/place.py",
    "adapters/salesforce/package/compare.py",
)
"""Files of other rooms that make sentences."""
PLACE = re.compile(r"%\((\w+)\)s")


def _texts(node: ast.expr) -> Iterator[str]:
    """The templates that the first argument of `say` can be: a literal, or one literal or another."""
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        pytest.fail(f"the template of a sentence is not written out: {ast.unparse(node)}")


def _templates() -> set[str]:
    files = chain.from_iterable((ROOT / room).rglob("*.py") for room in ("core", "engine", "swedish"))
    files = chain(files, (ROOT / name for name in BESIDES))
    calls = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    said = {
        text
        for node in calls
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"
        for text in _texts(node.args[0])
    }
    told = {one.without for one in SOURCE_FIELDS.values() if one.without} | {one.value for one in Finding}
    told |= {one.ec_sales_list for one in table().treatments.values() if one.ec_sales_list}
    return said | told | {"%(most)s and %(last)s"} | {rule.why.replace("%", "%%") for rule in table().rules}


def test_each_sentence_has_a_translation_with_the_same_places_and_there_are_no_others() -> None:
    templates = _templates()
    assert len(templates) > 300
    assert sorted(templates - SENTENCES.keys()) == []
    assert sorted(SENTENCES.keys() - templates) == []
    apart = {one for one in templates if set(PLACE.findall(one)) != set(PLACE.findall(SENTENCES[one]))}
    assert apart == set()


def test_a_translation_differs_from_its_template_unless_it_is_only_signs_or_the_same_word() -> None:
    same = {one for one, said in SENTENCES.items() if one == said and PLACE.sub("", one).strip(" .:%;,()")}
    assert same == {"%(count)s decimal", "order"}


def test_every_template_and_translation_can_be_filled() -> None:
    for template, said in SENTENCES.items():
        args = dict.fromkeys(PLACE.findall(template), "x")
        assert "%(" not in template % args
        assert "%(" not in said % args


def test_sentences_within_a_sentence_are_said_in_swedish_too() -> None:
    swedish = words("sv")
    buyer = say("%(name)s (%(id)s)", name=say("the %(record)s", record=say("account")), id="001")
    assert swedish.sentence(say("%(buyer)s has no country.", buyer=buyer)) == "kontot (001) saknar land."
    rates = listed(say("%(rate)s %%", rate=one) for one in ("6", "12"))
    assert swedish.sentence(rates) == "6 % och 12 %"
    assert swedish.sentence(joined([say("in %(country)s", country="DE"), say("a private person")], ", ")) == (
        "i DE, en privatperson"
    )
    refused = say(
        "%(Ledger)s refused the %(what)s at %(at)s UTC%(code)s, and nothing that it rests on has changed since, so it is "
        "not sent again.",
        Ledger=say("the ledger"),
        what=say("draft"),
        at="2026-11-20 08:00",
        code="",
    )
    assert swedish.sentence(refused).startswith("Bokföringen avvisade utkast 2026-11-20 08:00 UTC, och")


def test_what_a_vendor_or_a_person_wrote_is_never_translated_or_read_as_a_template() -> None:
    swedish = words("sv")
    assert swedish.sentence(as_told("nothing")) == "nothing"
    assert (
        swedish.sentence(say("%(buyer)s has no country.", buyer="empty %(x)s")) == "empty %(x)s saknar land."
    )
    assert type(words("en").sentence(say("nothing"))) is str
