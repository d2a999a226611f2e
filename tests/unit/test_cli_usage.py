"""Whoever types a wrong value is told in plain words, what is allowed, and what to do next."""

from __future__ import annotations

import pytest

from sfspiris.cli.app import run
from sfspiris.cli.exits import Exit

LIBRARY = ("Value error", "Input should", "Invalid value", "%Y", "formats", "is not one of")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["push-closed-won", "--since", "2026-13-01"],
            "--since: “2026-13-01” is no day. Write one as 2026-11-20.",
        ),
        (["push-closed-won", "--limit", "0"], "--limit: the least is 1."),
        (["push-closed-won", "--limit", "many"], "--limit: it is no whole number."),
        (["audit", "export", "--year", "3000"], "--year: the most is 2999."),
        (["push-closed-won", "--lang", "fi"], "--lang (or SFSPIRIS_LANG): “fi” is none of en, sv."),
        (["review", "replay", "--code", "NOSUCH"], "There is no hold code NOSUCH."),
        (
            ["review", "list", "--code", "orgnr_mising"],
            "There is no hold code orgnr_mising. Did you mean ORGNR_MISSING?",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_value_is_told_in_plain_words(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == Exit.USAGE
    said = capsys.readouterr().err
    assert said.startswith(told)
    assert [one for one in LIBRARY if one in said] == []
    assert len(said) < 300, "a list of all codes helps nobody"
    hint = "`sfspiris help` lists them." if "--code" in words else " --help` lists what there is."
    assert hint in said


def test_what_the_library_says_otherwise_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["push-closed-won", "--bogus"]) == Exit.USAGE
    assert "No such option: --bogus" in capsys.readouterr().err


def test_whoever_has_no_configuration_is_told_which_command_writes_one(
    tmp_path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["runs", "list", "--config", f"{tmp_path}/none.toml"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "There is no configuration file" in said
    assert "`sfspiris init` writes one" in said
