"""`sandbox up --data` killed while clients write to Spiris: what was acknowledged is there, whole and once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.spiris.simulator import SpirisSimulator
from spiris_sandbox import WORLD, Api, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLS = 2
WRITERS = 3
WRITES_BEFORE_THE_KILL = 30


@contextmanager
def up(data: Path) -> Iterator[tuple[subprocess.Popen[str], Sandbox]]:
    """The command as a process that can be killed, and the people and clients of its Spiris side."""
    command = [sys.executable, "-m", "sfspiris", "sandbox", "up", "--json", "--world", "empty"]
    options = ["--data", str(data), "--salesforce-port", "0", "--spiris-port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["spiris"]
            with httpx.Client(base_url=url, timeout=20) as control:
                office = Sandbox(url, control, SpirisSimulator(Clock(), Records()))
                yield process, office
                for client in office.clients:
                    client.close()
        finally:
            process.kill()


def write(api: Api, name: str, told: dict[str, str], enough: threading.Event) -> None:
    """Make drafts until nobody answers any more, noting each that was acknowledged by its reference."""
    number = 0
    try:
        while True:
            number += 1
            reference = f"{name}-{number}"
            told[reference] = api.draft(OurReference=reference)["Id"]
            if len(told) >= WRITES_BEFORE_THE_KILL:
                enough.set()
    except httpx.HTTPError:
        enough.set()


def test_drafts_that_were_acknowledged_survive_several_kills(tmp_path: Path) -> None:
    promised: dict[str, str] = {}
    for run in range(KILLS):
        with up(tmp_path) as (process, office):
            if run == 0:
                office.does("POST", "reset", json={"world": WORLD})
            told: dict[str, str] = {}
            enough = threading.Event()
            writers = [
                threading.Thread(target=write, args=(office.sign_in(), f"{run}-{number}", told, enough))
                for number in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            enough.wait(timeout=60)
            process.kill()
            for writer in writers:
                writer.join()
            assert told, "the kill came before anything was written"
            promised |= told
    with up(tmp_path) as (_, office):
        stored: list[dict[str, Any]] = office.company()["drafts"]
        assert promised.items() <= {one["OurReference"]: one["Id"] for one in stored}.items()
        assert set(Counter(one["OurReference"] for one in stored).values()) == {1}
        assert all(one["Rows"] for one in stored)
