"""How a command ends when a person, a pipe or a disk ends it, and what a collector of logs reads then."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faultproxy import held_back
from playground import command

if TYPE_CHECKING:
    from faultproxy import Between
    from playground import Ended, Playground

DRAFTS = "/v2/customerinvoicedrafts"


@pytest.mark.parametrize(
    ("sent", "code", "name"),
    [(signal.SIGINT, 130, "INTERRUPTED"), (signal.SIGTERM, 143, "TERMINATED")],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_an_interrupted_run_finishes_the_draft_under_way_and_says_so(
    wire: Between, sent: signal.Signals, code: int, name: str
) -> None:
    demo = wire.demo
    demo.add_config("[limits]\nconcurrent_creates = 1\n")
    with held_back(wire.spiris, "POST", DRAFTS, nth=2) as held:
        first = demo.start("push-closed-won", "--json")
        held.wait_for(first)
        first.send_signal(sent)
    out, err = first.communicate(timeout=60)
    assert first.returncode == code, err
    assert json.loads(out)["error"]["code"] == name
    assert "picks up" in err
    assert "Traceback" not in err
    made = len(demo.drafts())
    assert made == 2, "the one before, and the one under way"
    second = demo.sfspiris("push-closed-won", "--json")
    assert second.code == 3, second.err
    assert "adopt" not in second.kinds(), "the draft under way was noted as made"
    assert len(demo.drafts()) == made + second.kinds().count("create_draft")


def shell(demo: Playground, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", line.replace("sfspiris", command(), 1)],
        cwd=demo.folder,
        env=demo.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "line", ["sfspiris --help | head -1", "sfspiris push-closed-won --dry-run | head -1"]
)
def test_a_reader_that_has_seen_enough_is_no_error(demo: Playground, line: str) -> None:
    done = shell(demo, line)
    assert done.returncode in {0, 3}, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_output_that_finds_no_room_is_told_without_a_traceback(demo: Playground) -> None:
    done = shell(demo, "sfspiris reconcile --json > /dev/full")
    assert done.returncode not in {0, 1}, done.stderr
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def lines(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(one) for one in ended.err.splitlines()]


def test_failures_are_json_lines_with_a_run_id_where_the_log_is_json(demo: Playground) -> None:
    for arguments in (["--bogus"], ["--company", "no"], ["--report", "nowhere/x.md"]):
        found = lines(demo.sfspiris("push-closed-won", "--log-format", "json", *arguments))
        assert found[-1]["level"] == "error"
        assert found[-1]["run_id"]
        assert found[-1]["code"] == "USAGE"
        assert found[-1]["remedy"]
    found = lines(demo.sfspiris("push-closed-won", "--bogus", SFSPIRIS_LOG_FORMAT="json"))
    assert found[-1]["run_id"]


def test_a_quiet_run_that_stops_still_says_why(demo: Playground) -> None:
    demo.control(
        "spiris",
        "POST",
        "faults",
        {
            "method": "POST",
            "path": "/v2/customer.*",
            "nth": 1,
            "times": 9,
            "effect": "status",
            "code": 401,
            "body": {"ErrorCode": 4005, "DeveloperErrorMessage": "No", "ErrorId": "1", "Errors": []},
        },
    )
    ended = demo.sfspiris("push-closed-won", "-q")
    assert ended.code == 5, ended.out
    assert ended.out == ""
    assert "sfspiris auth spiris" in ended.err


def test_a_state_that_is_a_folder_is_told_with_a_file_to_name(demo: Playground) -> None:
    ended = demo.sfspiris("push-closed-won", "--dry-run", "--state", str(demo.folder))
    assert ended.code == 2
    assert str(demo.folder / "sfspiris.db") in ended.err
