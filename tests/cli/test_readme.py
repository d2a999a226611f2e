"""The README stays true: its commands run, its tables are the program's own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from playground import Playground
from sfspiris.cli.app import app
from sfspiris.cli.exits import MEANINGS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[str]:
    """The command lines of the console block under a heading, without the prompt and comments."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = re.findall(r"^\$ (.*?)(?:\s+#.*)?$", section, flags=re.MULTILINE)
    assert lines
    return lines


def test_the_rehearsal_runs_as_it_is_written(demo: Playground) -> None:
    for line in commands("Rehearse by hand"):
        words = shlex.split(line)
        if words[0] == "source" or words[1:3] == ["sandbox", "config"]:
            continue  # the playground has an environment, and a configuration for its own ports
        assert words[0] == "sfspiris"
        ended = demo.sfspiris(*words[1:])
        assert ended.code in {0, 3}, line + ended.err
    assert (demo.folder / "plan.html").exists()


def test_the_two_commands_exist_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in commands("Two commands"):
        target = shlex.split(line)[1]
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def test_the_exit_codes_are_the_programs_own() -> None:
    table = dict(re.findall(r"^\| ([\d, ]+) \| (.+?) \|$", README, flags=re.MULTILINE))
    told = {int(code): meaning for codes, meaning in table.items() for code in codes.split(",")}
    assert set(told) == {int(code) for code in MEANINGS}
    for code, meaning in MEANINGS.items():
        assert told[int(code)] == meaning or int(code) in {130, 143}


def names() -> list[str]:
    """Every command, as it is typed."""
    found = [one.name for one in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance is not None
        found += [f"{group.name} {one.name}" for one in group.typer_instance.registered_commands]
    return [one for one in found if one]


@pytest.mark.parametrize("name", names())
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"`{name}`" in README or f"`{name} " in README


def test_every_named_option_exists(demo: Playground) -> None:
    row = re.compile(r"^\| `(push-closed-won|pull-invoice-status|reconcile)` \| (.+) \|$", flags=re.MULTILINE)
    rows = row.findall(README)
    assert len(rows) == 3
    for command, told in rows:
        known = demo.sfspiris(command, "--help", COLUMNS="200").out
        for option in re.findall(r"--[a-z-]+", told):
            assert option in known, (command, option)


def test_the_table_of_roles_names_commands_and_settings_that_exist() -> None:
    section = README.split("## Who does what\n", 1)[1].split("\n## ", 1)[0]
    known = {one.name for one in app.registered_commands} | {one.name for one in app.registered_groups}
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")][1:]
    assert {cells[1].split(":")[0].split(" (")[0].strip() for cells in rows} == {
        "sales",
        "finance",
        "the administrator",
    }
    for cells in rows:
        for command in re.findall(r"`([a-z-]+)[^`]*`", cells[4]):
            assert command in known, command
    assert "[review] owner" in section
