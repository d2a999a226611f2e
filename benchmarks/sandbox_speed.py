"""How fast both simulators are on this machine, over real HTTP, against the goals of the sandbox; see `README.md`.

Ends with 1 when a goal is missed. The clients are plain `http.client`, so that they cost as little as possible; they share
the machine's cores with the sandbox all the same.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

CLIENT: Final = {"client_id": "sfspiris-sandbox", "client_secret": "sandbox-secret"}
REDIRECT: Final = "http://127.0.0.1:8765/callback"
DEALS: Final = "/services/data/v62.0"
READY_SECONDS, LIST_MILLISECONDS, CREATES_PER_SECOND = 2.0, 150.0, 300.0
SLOWER_BY: Final = 1.5
"""A call after the long log may take this many times as long as one before, the fastest of each compared, because a busy machine only ever adds."""
CLIENTS: Final = 2
LISTED: Final = 1000
_OK = range(200, 300)


class Caller:
    """One connection that stays open, signed in or not."""

    def __init__(self, base: str, token: str = "") -> None:
        self._http = HTTPConnection(urlsplit(base).netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The document of an answer that must be a success."""
        content = None if body is None else json.dumps(body)
        status, text, _ = self.send(method, path, content, "application/json")
        if status not in _OK:
            raise SystemExit(f"{method} {path}: {status} {text[:300]!r}")
        return json.loads(text) if text else None

    def send(self, method: str, path: str, content: str | None, kind: str) -> tuple[int, bytes, str]:
        """Status, body and `Location` of an answer."""
        self._http.request(method, path, content, {**self._headers, "Content-Type": kind})
        answer = self._http.getresponse()
        return answer.status, answer.read(), answer.headers.get("Location", "")

    def form(self, path: str, **fields: str) -> tuple[int, bytes, str]:
        """What answers to a form."""
        return self.send("POST", path, urlencode(fields), "application/x-www-form-urlencoded")


@dataclass
class Table:
    """What was measured, and whether every goal was met."""

    missed: list[str] = field(default_factory=list)

    def row(self, what: str, measured: float, unit: str, goal: float, *, is_least: bool = False) -> None:
        """Print one line; the goal is what may not be exceeded, or with `is_least` what must be reached."""
        is_met = measured >= goal if is_least else measured <= goal
        word = "at least" if is_least else "at most"
        print(
            f"{what:<58} {measured:>9.2f} {unit:<9} {word} {goal:g}{'' if is_met else '   MISSED'}",
            flush=True,
        )
        if not is_met:
            self.missed.append(what)


@contextmanager
def sandbox() -> Iterator[tuple[dict[str, str], float]]:
    """`sandbox up` with the demo world, as a user starts it; its addresses, and the seconds until it said it was ready."""
    command = Path(sys.executable).with_name("sfspiris")
    ports = ["--salesforce-port", "0", "--spiris-port", "0"]
    began = time.perf_counter()
    with subprocess.Popen(
        [command, "sandbox", "up", "--json", *ports], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield json.loads(line), time.perf_counter() - began
        finally:
            process.terminate()


def signed_in_to_salesforce(base: str) -> str:
    """A session of the integration user."""
    _, text, _ = Caller(base).form("/services/oauth2/token", grant_type="client_credentials", **CLIENT)
    token: str = json.loads(text)["access_token"]
    return token


def signed_in_to_spiris(base: str) -> str:
    """A sign-in to the first company, as a person's browser does it."""
    caller = Caller(base)
    caller.call("PUT", "/_sandbox/switches", {"rate_limit_per_minute": None})
    company = caller.call("GET", "/_sandbox/state")["companies"][0]["key"]
    asked = {
        "response_type": "code", "client_id": CLIENT["client_id"], "redirect_uri": REDIRECT, "state": "x",
        "scope": "ea:api offline_access ea:sales ea:accounting ea:purchase",
    }  # fmt: skip
    _, page, _ = caller.send("GET", f"/connect/authorize?{urlencode(asked)}", None, "text/html")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.decode()))
    _, _, location = caller.form("/connect/authorize", **hidden, company=company)
    code = re.search(r"[?&]code=([^&]+)", location)
    assert code is not None, location
    form = {"grant_type": "authorization_code", "code": code[1], "redirect_uri": REDIRECT, **CLIENT}
    _, text, _ = caller.form("/connect/token", **form)
    token: str = json.loads(text)["access_token"]
    return token


def creates_per_second(callers: list[Caller], count: int, create: Callable[[Caller, int], object]) -> float:
    """How many records a second several clients make together."""
    share = count // len(callers)

    def work(caller: Caller) -> None:
        for place in range(share):
            create(caller, place)

    began = time.perf_counter()
    with ThreadPoolExecutor(len(callers)) as pool:
        list(pool.map(work, callers))
    return share * len(callers) / (time.perf_counter() - began)


def milliseconds(work: Callable[[], object], times: int) -> list[float]:
    """What each of so many runs took."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def measure_list(table: Table, what: str, one: Caller, path: str) -> None:
    """The first call, for which nothing is prepared, and the median of the next."""
    first, *others = milliseconds(lambda: one.call("GET", path), 10)
    table.row(f"{what}, first time", first, "ms", LIST_MILLISECONDS)
    table.row(f"{what}, after that", statistics.median(others), "ms", LIST_MILLISECONDS)


def measure_log(table: Table, name: str, callers: list[Caller], path: str, count: int) -> None:
    """Whether a call is as fast after `count` of them as at first. The log is empty before."""
    callers[0].call("DELETE", "/_sandbox/requests")
    before = min(milliseconds(lambda: callers[0].call("GET", path), 200))
    creates_per_second(callers, count, lambda caller, _: caller.call("GET", path))
    after = min(milliseconds(lambda: callers[0].call("GET", path), 200))
    what = f"{name}: a call after {count} in the log, by one before"
    table.row(what, after / before, "times", SLOWER_BY)


def measure_spiris(table: Table, base: str, scale: int) -> None:
    """Drafts created, invoices listed, the log."""
    token = signed_in_to_spiris(base)
    callers = [Caller(base, token) for _ in range(CLIENTS)]
    one = callers[0]
    customer = one.call("GET", "/v2/customers?$filter=IsActive%20eq%20true")["Data"][0]["Id"]
    article = one.call("GET", "/v2/articles?$filter=IsActive%20eq%20true")["Data"][0]["Id"]
    flags = {"IsTextRow": False, "ReversedConstructionServicesVatFree": False}
    draft = {
        "CustomerId": customer, "EuThirdParty": False, "RotReducedInvoicingType": 0,
        "Rows": [{**flags, "ArticleId": article, "Quantity": 1, "UnitPrice": 100}],
    }  # fmt: skip
    made: list[str] = []
    speed = creates_per_second(
        callers, LISTED, lambda caller, _: made.append(caller.call("POST", "/v2/customerinvoicedrafts", draft)["Id"])
    )  # fmt: skip
    table.row("Spiris: drafts created", speed, "a second", CREATES_PER_SECOND, is_least=True)
    for draft_id in made:
        one.call("POST", f"/v2/customerinvoicedrafts/{draft_id}/convert")
    path = f"/v2/customerinvoices?$pagesize={LISTED}"
    measure_list(table, f"Spiris: a list of {LISTED} invoices", one, path)
    assert len(one.call("GET", path)["Data"]) == LISTED
    measure_log(table, "Spiris", callers, "/v2/units?$pagesize=1", 100_000 // scale)


def measure_salesforce(table: Table, base: str, scale: int) -> None:
    """Accounts created, deals listed, the log."""
    control = Caller(base)
    control.call("PUT", "/_sandbox/switches", {"daily_limit": 10_000_000})
    token = signed_in_to_salesforce(base)
    callers = [Caller(base, token) for _ in range(CLIENTS)]
    one = callers[0]
    speed = creates_per_second(
        callers, LISTED, lambda caller, place: caller.call("POST", f"{DEALS}/sobjects/Account", {"Name": f"Ny {place} AB"})
    )  # fmt: skip
    table.row("Salesforce: accounts created", speed, "a second", CREATES_PER_SECOND, is_least=True)
    deal = {"attributes": {"type": "Opportunity"}, "StageName": "Prospecting", "CloseDate": "2026-11-20"}
    for start in range(0, LISTED, 200):
        records = [{**deal, "Name": f"Affär {start + place}"} for place in range(200)]
        one.call("POST", f"{DEALS}/composite/sobjects", {"records": records})
    fields = "Id, Name, StageName, Amount, CloseDate, SystemModstamp, Account.Name"
    statement = f"SELECT {fields} FROM Opportunity LIMIT {LISTED}"  # noqa: S608 - SOQL of our own words
    path = f"{DEALS}/query?{urlencode({'q': statement})}"
    measure_list(table, f"Salesforce: a query of {LISTED} deals", one, path)
    assert len(one.call("GET", path)["records"]) == LISTED
    measure_log(table, "Salesforce", callers, f"{DEALS}/sobjects/Account/describe", 100_000 // scale)


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a log of 10 000 calls instead of 100 000")
    scale = 10 if parser.parse_args().quick else 1
    table = Table()
    with sandbox() as (addresses, seconds):
        table.row("Both: sandbox up with the demo world", seconds, "s", READY_SECONDS)
        measure_spiris(table, addresses["spiris"], scale)
        measure_salesforce(table, addresses["salesforce"], scale)
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
