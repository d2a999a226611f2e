"""The operator's own tests: a deal as Salesforce tells it, and what it must become."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from sfspiris.cli.app import run
from sfspiris.cli.cases import Mismatch, mismatches
from sfspiris.config.starting import example_text

Json = dict[str, object]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example configuration and the example tests, both as they ship."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sfspiris.toml").write_text(example_text(), encoding="utf-8")
    assert run(["test", "--example"]) == 0
    return tmp_path / "deal-tests"


def told(capsys: pytest.CaptureFixture[str]) -> Json:
    found: Json = json.loads(capsys.readouterr().out)
    return found


def test_the_examples_pass_with_the_example_configuration(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(list(folder.iterdir())) == 2
    capsys.readouterr()
    assert run(["test", "--json"]) == 0
    assert told(capsys)["passed"] == 2


def test_a_failed_test_shows_what_was_expected_and_what_came_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = folder / "consulting.toml"
    text = case.read_text(encoding="utf-8").replace('YourReference = "Eva Berg"', 'YourReference = "Bo Ek"')
    case.write_text(text.replace("vat = 5000", "vat = 4999.5"), encoding="utf-8")
    capsys.readouterr()
    assert run(["test"]) == 3
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    at = lines.index("draft.YourReference")
    assert lines[at : at + 3] == ["draft.YourReference", "- Bo Ek", "+ Eva Berg"]
    assert lines[lines.index("totals.vat") + 1 :][:2] == ["- 4999.5", "+ 5000"]
    assert lines[-1] == "1 test passed, 1 failed."


def test_a_test_may_be_json_and_name_a_customer_that_is_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = folder.parent / "own"
    own.mkdir()
    given = {
        "Account.Name": "Saab AB",
        "Account.Organisation_Number__c": "556036-0793",
        "Account.BillingPostalCode": "58254",
        "Account.BillingCity": "Linköping",
        "Account.BillingCountryCode": "SE",
        "lines": [
            {"Product2.ProductCode": "KONSULT", "Product2.Name": "Timme", "Quantity": 1, "UnitPrice": 5.5}
        ],
    }
    case = {
        "name": "Known",
        "today": "2026-11-20",
        "given": given,
        "spiris": {"customers": [{"number": "1001", "name": "Saab AB", "orgnr": "5560360793"}]},
        "expect": {"draft": {"CustomerId": "1001"}, "totals": {"net": "5.50"}},
    }
    (own / "known.json").write_text(json.dumps(case), encoding="utf-8")
    capsys.readouterr()
    code = run(["test", str(own), "--json"])
    assert (code, told(capsys)["failed"]) == (0, 0)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('"Account.Name"', '"Account.Nmae"', "Account.Name"),
        ("[expect]", "[expects]", "expect"),
        ("today = 2026", "today = = 2026", "cannot be read"),
    ],
    ids=["a path that nothing reads", "a section that is none", "no TOML"],
)
def test_a_test_that_is_written_wrong_is_usage_and_says_where(
    folder: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, words: str
) -> None:
    case = folder / "without-number.toml"
    case.write_text(case.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    capsys.readouterr()
    assert run(["test", "--json"]) == 2
    error = told(capsys)["error"]
    assert "without-number.toml" in str(error)
    assert words in str(error)


def test_an_empty_folder_is_usage_and_an_example_overwrites_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["test", str(folder / "none"), "--json"]) == 2
    assert "--example" in str(told(capsys)["error"])
    assert run(["test", "--example", "--json"]) == 2


def test_only_what_is_named_is_compared_and_numbers_by_their_worth() -> None:
    actual = {"a": Decimal("1000.00"), "b": "x", "rows": [{"n": 1, "m": 2}], "yes": True}
    assert mismatches({"a": "1000", "rows": [{"n": Decimal("1.0")}], "yes": True}, actual) == []
    assert mismatches({"rows": []}, actual) == [Mismatch("rows", "none", '{"m": 2, "n": 1}')]
    assert mismatches({"b": "y", "c": 1}, actual) == [Mismatch("b", "y", "x"), Mismatch("c", "1", None)]
