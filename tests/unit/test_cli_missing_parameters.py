"""Whoever leaves out what a command needs is told what, by every command there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from sfspiris.cli.app import app, run
from sfspiris.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

_ANYTHING = "1"  # stands for whatever else the command needs; that it means nothing is found only afterwards


def _commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command that does something, by the words that call it."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, one in command.commands.items():
        yield from _commands(one, *path, name)


def _said(parameter: Any) -> list[str]:
    """The parameter as it is typed, with anything as its value."""
    return [_ANYTHING] if parameter.param_type_name == "argument" else [parameter.opts[0], _ANYTHING]


def _without_one() -> Iterator[tuple[list[str], str, bool]]:
    """Each command line that lacks one thing: its words, what it lacks, and whether the command has --json."""
    for path, command in _commands(get_command(app)):
        needed = [one for one in command.params if one.required]
        has_json = any("--json" in one.opts for one in command.params)
        for number, lacking in enumerate(needed):
            if lacking.param_type_name == "argument":  # what comes after it would be taken for it
                given = [one for one in needed[:number] if one.param_type_name == "argument"]
            else:
                given = [one for one in needed if one is not lacking]
            words = [*path, *(word for one in given for word in _said(one))]
            yield (
                words,
                (lacking.metavar or lacking.name)
                if lacking.param_type_name == "argument"
                else lacking.opts[0],
                has_json,
            )


LACKING = list(_without_one())


def test_there_are_commands_that_need_something() -> None:
    assert {("explain",), ("review", "resolve"), ("match", "link")} <= {
        tuple(word for word in words if word != _ANYTHING and not word.startswith("-"))
        for words, *_ in LACKING
    }


@pytest.mark.parametrize(
    ("words", "lacks", "has_json"),
    LACKING,
    ids=[f"{' '.join(words)} without {lacks}" for words, lacks, _ in LACKING],
)
def test_a_command_that_lacks_something_says_what(
    words: list[str], lacks: str, has_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == Exit.USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert lacks.casefold() in told.err.casefold()
    assert "--help" in told.err, "what to do next"
    if has_json:
        assert run([*words, "--json"]) == Exit.USAGE
        told = capsys.readouterr()
        error = json.loads(told.out)["error"]
        assert error["code"] == "USAGE"
        assert lacks.casefold() in error["message"].casefold()
        assert "\n" not in error["message"], "one sentence, whatever the library lists"


@pytest.mark.parametrize("words", [[], ["runs"], ["review"]], ids=["sfspiris", "runs", "review"])
def test_a_command_that_is_not_named_gets_the_help_and_no_error(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == Exit.USAGE
    told = capsys.readouterr()
    assert "Usage" in told.out + told.err
    assert "Missing" not in told.out + told.err
