"""The files that `sfspiris scaffold` writes can be read by what they are for, and call commands that exist."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from sfspiris.cli.app import app, run
from sfspiris.cli.scaffold import FILES, Kind

if TYPE_CHECKING:
    from pathlib import Path

yaml: Any = pytest.importorskip("yaml")


def written(kind: Kind, folder: Path) -> dict[str, str]:
    assert run(["scaffold", kind, "--out", str(folder), "--quiet"]) == 0
    return {name: (folder / name).read_text(encoding="utf-8") for name in FILES[kind]}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_written_whole_and_names_what_it_wrote(
    kind: Kind, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["scaffold", kind, "--out", str(tmp_path / "new"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["files"] == list(FILES[kind])
    for name in document["files"]:
        assert f"sfspiris scaffold {kind}" in (tmp_path / "new" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", Kind)
def test_nothing_is_overwritten(kind: Kind, tmp_path: Path) -> None:
    name = list(FILES[kind])[-1]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine", encoding="utf-8")
    assert run(["scaffold", kind, "--out", str(tmp_path), "--quiet"]) == 2
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [tmp_path / name]


@pytest.mark.parametrize("kind", Kind)
def test_no_secret_stands_in_a_file_and_every_command_exists(kind: Kind, tmp_path: Path) -> None:
    known = {one.name for one in app.registered_commands} | {one.name for one in app.registered_groups}
    for text in written(kind, tmp_path).values():
        assert not re.search(r"(?i)(password|secret)\s*[:=]\s*['\"]?[a-z0-9]{8,}", text)
        called = re.findall(r"(?:bin/sfspiris|run --rm sfspiris|sfspiris-run\.sh) ([a-z][a-z-]+)", text)
        assert set(called) <= known, called


def test_the_workflow_is_yaml_that_runs_one_at_a_time_and_stops_on_what_needs_a_person(
    tmp_path: Path,
) -> None:
    (text,) = written(Kind.GITHUB_ACTIONS, tmp_path).values()
    workflow: dict[Any, Any] = yaml.safe_load(text)
    assert workflow["concurrency"] == {"group": "sfspiris", "cancel-in-progress": False}
    assert workflow["permissions"] == {}
    (step,) = workflow["jobs"]["sync"]["steps"]
    for code, ends in ((0, 0), (3, 0), (5, 5), (6, 0), (7, 7), (8, 0)):
        assert ended(step["run"], code, tmp_path) == ends


def ended(script: str, code: int, folder: Path) -> int:
    """How the step ends when sfspiris ends with this code."""
    fake = folder / "sfspiris"
    fake.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
    fake.chmod(0o755)
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script.replace("/opt/sfspiris/bin/sfspiris", str(fake))],
        env={"RUNNER_TEMP": str(folder), "GITHUB_STEP_SUMMARY": str(folder / "summary"), "DRY_RUN": ""},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode


def test_the_pipeline_is_yaml_that_lets_held_deals_pass_as_a_warning(tmp_path: Path) -> None:
    (text,) = written(Kind.GITLAB_CI, tmp_path).values()
    job = yaml.safe_load(text)["sync"]
    assert job["allow_failure"]["exit_codes"] == [3, 6, 8]
    assert job["resource_group"]


def test_the_units_can_be_read_and_take_held_deals_for_a_success(tmp_path: Path) -> None:
    units = written(Kind.SYSTEMD, tmp_path)
    for name, text in units.items():
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of units keep their capitals
        parser.read_string(text)
        if name.endswith(".service"):
            assert parser["Service"]["SuccessExitStatus"] == "3 6 8"
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "calendar", "Mon..Fri 02:15 Europe/Stockholm"],
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_the_script_for_cron_is_silent_unless_a_person_is_needed(tmp_path: Path) -> None:
    text = written(Kind.CRON, tmp_path)["sfspiris-run.sh"]
    assert (tmp_path / "sfspiris-run.sh").stat().st_mode & 0o111
    fake = tmp_path / "sfspiris"
    script = tmp_path / "here.sh"
    script.write_text(
        text.replace("/opt/sfspiris/bin/sfspiris", str(fake)).replace("/var/lib/sfspiris", str(tmp_path)),
        encoding="utf-8",
    )
    for code, ends, speaks in ((0, 0, False), (6, 0, False), (3, 3, True), (5, 5, True), (1, 1, True)):
        fake.write_text(f"#!/bin/sh\necho what happened\nexit {code}\n", encoding="utf-8")
        fake.chmod(0o755)
        done = subprocess.run(
            ["sh", str(script), "sync"], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, "what happened" in done.stdout) == (ends, speaks)


def test_the_container_is_not_root_and_its_service_is_yaml(tmp_path: Path) -> None:
    files = written(Kind.DOCKER, tmp_path)
    assert re.search(r"^USER sfspiris$", files["Dockerfile"], flags=re.MULTILINE)
    service = yaml.safe_load(files["compose.yaml"])["services"]["sfspiris"]
    assert service["restart"] == "no"
    assert service["environment"]["SPIRIS_CLIENT_SECRET"].startswith("${SPIRIS_CLIENT_SECRET")
