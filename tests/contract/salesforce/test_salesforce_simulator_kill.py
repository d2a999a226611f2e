"""`sandbox up --data` killed while several clients write: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from salesforce_box import CLIENT, DATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLS = 3
WRITERS = 4
WRITES_BEFORE_THE_KILL = 40
FAMILY = 3
"""Accounts that one call makes, all or none."""


@dataclass
class Load:
    """Several clients that write until nobody answers any more, and what they were told."""

    url: str
    token: str
    run: int
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Id by name."""
    enough: threading.Event = field(default_factory=threading.Event)

    def write(self, writer: int) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=f"{self.url}{DATA}", headers=headers, timeout=20) as client:
            number = 0
            try:
                while True:
                    number += 1
                    self._family(client, f"{self.run}-{writer}-{number}")
            except httpx.HTTPError:
                self.enough.set()

    def _family(self, client: httpx.Client, name: str) -> None:
        records = [
            {"attributes": {"type": "Account"}, "Name": f"{name}-{one}", "Phone": name}
            for one in range(FAMILY)
        ]
        response = client.post("/composite/sobjects", json={"allOrNone": True, "records": records})
        assert response.status_code == 200, response.text
        for record, told in zip(records, response.json(), strict=True):
            assert told["success"], told
            self.acknowledged[str(record["Name"])] = told["id"]
        if len(self.acknowledged) >= WRITES_BEFORE_THE_KILL:
            self.enough.set()


@contextmanager
def sandbox(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "sfspiris", "sandbox", "up", "--json", "--world", "empty"]
    options = ["--data", str(data), "--salesforce-port", "0", "--spiris-port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["salesforce"]
        finally:
            process.kill()


def sign_in(url: str) -> str:
    form = {"grant_type": "client_credentials", **CLIENT}
    token: str = httpx.post(f"{url}/services/oauth2/token", data=form, timeout=20).json()["access_token"]
    return token


def killed_under_load(data: Path, run: int) -> Load:
    """What clients were told before the kill, which comes in the middle of their work."""
    with sandbox(data) as (process, url):
        load = Load(url, sign_in(url), run)
        writers = [threading.Thread(target=load.write, args=(number,)) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        load.enough.wait(timeout=60)
        process.kill()
        for writer in writers:
            writer.join()
    return load


def accounts(url: str, token: str) -> list[dict[str, Any]]:
    query = {"q": "SELECT Id, Name, Phone FROM Account"}
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{url}{DATA}/query", params=query, headers=headers, timeout=20)
    rows: list[dict[str, Any]] = answer.json()["records"]
    return rows


def test_what_was_acknowledged_survives_several_kills_and_nothing_is_there_by_half(tmp_path: Path) -> None:
    promised: dict[str, str] = {}
    token = ""
    for run in range(KILLS):
        load = killed_under_load(tmp_path, run)
        assert load.acknowledged, "the kill came before anything was written"
        promised |= load.acknowledged
        token = load.token
    with sandbox(tmp_path) as (_, url):
        found = accounts(url, token)  # who was signed in still is
        assert promised.items() <= {row["Name"]: row["Id"] for row in found}.items()
        for part in ("Id", "Name"):
            assert len({row[part] for row in found}) == len(found)
        assert set(Counter(row["Phone"] for row in found).values()) == {FAMILY}
