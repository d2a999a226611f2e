"""A sentence reads as its English text everywhere, and keeps what another language needs."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from sfspiris.sentences import Sentence, as_told, joined, listed, say, whole


def test_a_sentence_is_its_english_text_and_keeps_template_and_values() -> None:
    sentence = say("%(line)s: %(count)s of 100 %% in %(ledger)s.", line="Line 1", count=3, ledger="Spiris")
    assert sentence == "Line 1: 3 of 100 % in Spiris."
    assert json.dumps(sentence) == '"Line 1: 3 of 100 % in Spiris."'
    assert sentence.template == "%(line)s: %(count)s of 100 %% in %(ledger)s."
    assert sentence.args == {"line": "Line 1", "count": "3", "ledger": "Spiris"}


def test_values_are_never_read_as_templates() -> None:
    told = as_told("100 % of %(name)s")
    assert told == "100 % of %(name)s"
    assert say("Spiris said: %(what)s", what=told) == "Spiris said: 100 % of %(name)s"
    assert joined(["50 %", "%s"], " % ") == "50 % % %s"
    assert whole("25 % applies") == "25 % applies"


def test_a_place_with_a_capital_begins_a_sentence() -> None:
    assert (
        say("%(Who)s refused %(who)s.", Who="the ledger", who="the draft") == "The ledger refused the draft."
    )


@pytest.mark.parametrize(
    ("parts", "said"), [(["one"], "one"), (["one", "two"], "one and two"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_ends_in_and(parts: list[str], said: str) -> None:
    assert listed(parts) == said


def test_a_sentence_within_a_sentence_keeps_its_own_template() -> None:
    inner = say("the account")
    assert say("%(who)s has no name.", who=inner).args["who"] is inner


def test_a_sentence_can_be_copied_and_sent_but_not_changed() -> None:
    sentence = say("%(who)s has no name.", who=say("the account"))
    for same in (copy.deepcopy(sentence), copy.copy(sentence), pickle.loads(pickle.dumps(sentence))):  # noqa: S301
        assert (same, same.template, dict(same.args)) == (sentence, sentence.template, dict(sentence.args))
        assert isinstance(same.args["who"], Sentence)
    with pytest.raises(AttributeError, match="does not change"):
        sentence.template = "other"
    assert hash(sentence) == hash(say("the account has no name."))


def test_a_place_without_a_value_is_a_mistake_at_once() -> None:
    with pytest.raises(KeyError):
        say("%(who)s has no name.")
