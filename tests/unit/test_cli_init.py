"""A first configuration is valid, commented, read-only, and never overwrites another."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from sfspiris import config
from sfspiris.cli.app import run
from sfspiris.config.starting import example_text, filled

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 20)


def test_without_questions_it_is_the_example_and_read_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "sfspiris.toml"
    assert run(["init", "--non-interactive", "--out", str(place), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["path"], document["mode"]) == (str(place), "read-only")
    assert place.read_text(encoding="utf-8") == example_text()
    assert config.load(place, today=TODAY).is_read_only


def test_a_file_that_is_there_is_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "sfspiris.toml"
    place.write_text("mine", encoding="utf-8")
    assert run(["init", "--non-interactive", "--out", str(place), "--json"]) == 2
    assert str(place) in json.loads(capsys.readouterr().out)["error"]["message"]
    assert place.read_text(encoding="utf-8") == "mine"


def test_answers_stand_in_the_file_beside_its_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = (
        "sandbox\n2026-12-01\n\nKEY-1\nsync@example.com\n556012-5791\n556036-0793\nSaab AB\nvisma-1\neur\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    place = tmp_path / "sfspiris.toml"
    assert run(["init", "--out", str(place)]) == 0
    settings = config.load(place, today=TODAY)
    company = settings.companies["se"]
    assert (settings.start_date, settings.salesforce.username) == (date(2026, 12, 1), "sync@example.com")
    assert (company.orgnr, company.name, company.currency) == ("5560360793", "Saab AB", "EUR")
    assert (settings.salesforce.login_url, company.environment) == ("https://test.salesforce.com", "sandbox")
    text = place.read_text(encoding="utf-8")
    assert text.count("#") == example_text().count("#")


def test_a_value_with_quotes_stays_one_value() -> None:
    text = filled('[a]\nname = "x"   # why\n', {("a", "name"): 'Åke "Ek" AB'})
    assert text == '[a]\nname = "Åke \\"Ek\\" AB"   # why\n'
    with pytest.raises(KeyError, match="other"):
        filled("[a]\n", {("a", "other"): "1"})
