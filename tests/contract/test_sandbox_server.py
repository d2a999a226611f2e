"""Both simulators in one process: ready quickly, ended cleanly, and nothing acknowledged is ever lost."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.server import running_world, serve

PROGRAM = """
import dataclasses, json, sys, time
from pathlib import Path
import httpx
from sfspiris.sandbox.server import serve

def ready(where):
    httpx.get(where.spiris + "/_sandbox/clock", timeout=5).raise_for_status()
    told = {"addresses": dataclasses.asdict(where), "seconds": time.process_time()}
    print(json.dumps(told, default=str), flush=True)

options = json.loads(sys.argv[1])
if "data" in options:
    options["data"] = Path(options["data"])
serve(**options, salesforce_port=0, spiris_port=0, on_ready=ready)
"""


@dataclass(frozen=True, slots=True)
class Process:
    """A sandbox in a process of its own."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]
    seconds_to_ready: float
    """Of the processor: what else the machine does is not counted."""

    def end(self, number: signal.Signals) -> int:
        """Send the signal and give the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@contextmanager
def sandbox(**options: Any) -> Iterator[Process]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(options)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    ) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Process(process, told["addresses"], told["seconds"])
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_even_while_an_answer_is_due(number: signal.Signals) -> None:
    with sandbox(world="empty") as running, httpx.Client(base_url=running.addresses["spiris"]) as spiris:
        spiris.post("/_sandbox/faults", json={"effect": "delay", "seconds": 60}).raise_for_status()
        with pytest.raises(httpx.ReadTimeout):
            spiris.get("/v2/customers", timeout=0.1)
        assert running.end(number) == 0


def test_the_demo_is_ready_in_under_two_seconds() -> None:
    with sandbox(world="demo") as running:
        assert running.seconds_to_ready < 2


def opportunities(running: Process) -> list[dict[str, Any]]:
    state = httpx.get(f"{running.addresses['salesforce']}/_sandbox/state", timeout=30).json()
    rows: list[dict[str, Any]] = state["records"].get("Opportunity", [])
    return rows


def test_what_was_acknowledged_survives_a_kill_and_the_world_is_not_loaded_again(tmp_path: Path) -> None:
    with sandbox(world="empty", data=str(tmp_path)) as running:
        deal = {"Name": "Last words", "StageName": "Closed Won", "CloseDate": "2026-11-19"}
        added = httpx.post(
            f"{running.addresses['salesforce']}/_sandbox/records", json={"Opportunity": [deal]}, timeout=30
        )
        added.raise_for_status()
        running.end(signal.SIGKILL)
    with sandbox(world="demo", data=str(tmp_path)) as running:
        assert [row["Name"] for row in opportunities(running)] == ["Last words"]


def test_a_folder_that_another_sandbox_uses_is_refused(tmp_path: Path) -> None:
    with sandbox(world="empty", data=str(tmp_path)), pytest.raises(SandboxError, match="Another sandbox"):
        serve("empty", salesforce_port=0, spiris_port=0, data=tmp_path)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            serve("empty", salesforce_port=0, spiris_port=port)


def test_https_is_served_beside_http_with_a_certificate_that_can_be_trusted() -> None:
    with sandbox(world="empty", tls=True) as running:
        trust = ssl.create_default_context(cafile=running.addresses["certificate"])
        for vendor in ("salesforce", "spiris"):
            plain = httpx.get(f"{running.addresses[vendor]}/_sandbox/clock")
            secure = httpx.get(f"{running.addresses[f'{vendor}_tls']}/_sandbox/clock", verify=trust)
            assert (plain.status_code, secure.status_code) == (200, 200)
        assert running.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("world", ["demo", "empty", "generated:deals=50,seed=2"])
def test_both_simulators_load_the_named_worlds(world: str) -> None:
    with running_world(world) as addresses:
        for base in (addresses.salesforce, addresses.spiris):
            httpx.post(f"{base}/_sandbox/reset", json={"world": world}, timeout=30).raise_for_status()
            httpx.get(f"{base}/_sandbox/state", timeout=30).raise_for_status()
