"""The help of `--report` names every form that the command writes, and none that it does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from sfspiris.cli.app import app, run
from sfspiris.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FORMS = (".html", ".md", ".csv", ".json", ".jsonl", ".txt", ".pdf", ".xlsx")


def _with_report(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each command that has the option, by the words that call it, with the option's help."""
    for name, one in getattr(command, "commands", {}).items():
        yield from _with_report(one, *path, name)
    for option in command.params:
        if "--report" in option.opts:
            needed = [one.name for one in command.params if one.required]
            yield (*path, *needed), option.help


REPORTING = list(_with_report(get_command(app)))


def test_most_commands_that_plan_or_compare_can_write_a_report() -> None:
    assert len(REPORTING) >= 8


@pytest.mark.parametrize(("words", "told"), REPORTING, ids=[" ".join(words) for words, _ in REPORTING])
def test_the_help_names_exactly_the_forms_that_are_written(
    words: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A form that is not written is refused by its name; of one that is, only the folder is missing."""
    written = set()
    for form in _FORMS:
        assert run([*words, "--report", str(tmp_path / "nowhere" / f"report{form}")]) == Exit.USAGE
        refusal = capsys.readouterr().err
        assert ("cannot be written as" in refusal) is not ("There is no folder" in refusal), refusal
        if "There is no folder" in refusal:
            written.add(form)
    assert set(re.findall(r"\.[a-z]+\b", told)) == written
