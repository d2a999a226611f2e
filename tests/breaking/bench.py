"""A sandbox whose world can be put back in a millisecond, runs of the command in processes of their own, and the judge.

The world is small and has everything: what finance has touched already (an issued invoice, an edited draft), what is to
be made (customers and drafts, one for a sole trader with a personal number), and a deal that must be held.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breaking.line import Verdict
from playground import Ended, Json, Playground, clean_environ
from sfspiris.core.identity import markers_in
from sfspiris.core.planning.documents import SETTLE
from sfspiris.sandbox.kernel.app import set_clock, start_over
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.faults import Fault, Faults
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
from sfspiris.sandbox.server import running
from sfspiris.sandbox.spiris.simulator import SpirisSimulator
from sfspiris.sandbox.worlds import group
from sfspiris.sandbox.worlds.deals import account, deal, line
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sfspiris.sandbox.kernel.requestlog import Call
    from sfspiris.sandbox.kernel.simulator import Simulator
    from sfspiris.sandbox.worlds.deals import Line as DealLine

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of folders, each with a random name
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PUSH = ("push-closed-won", "--json")
TRADER = "900602-2397"
SECRET = "sandbox-secret"
EVENTS = ("Spiris_Sync_Status__c", "Spiris_Sync_Code__c", "Spiris_Company__c")

ISSUED, EDITED = "Issued already", "Edited already"
TO_MAKE = ("New customer", "Sole trader", "Known customer")
TO_HOLD = "Nothing sold"


def small_world() -> Json:
    """Six deals: two that are pushed before the trials begin, three to be made, one to be held."""
    known = account(
        "known", "Åkeri AB", ("Storgatan 1", "972 38", "Luleå"), Organisation_Number__c="559700-0008"
    )
    new = account("new", "Såg & Son AB", ("Ån 2", "903 27", "Umeå"), Organisation_Number__c="559700-0016")
    trader = account(
        "trader", "Eva Testsson", ("Byn 3", "831 31", "Östersund"), Organisation_Number__c=TRADER
    )
    customer = {
        "CustomerNumber": "1001",
        "Name": "Åkeri AB",
        "InvoiceAddress1": "Storgatan 1",
        "InvoicePostalCode": "972 38",
        "InvoiceCity": "Luleå",
        "InvoiceCountryCode": "SE",
        "CorporateIdentityNumber": "559700-0008",
        "CurrencyCode": "SEK",
        "IsActive": True,
        "IsPrivatePerson": False,
        "terms": 30,
    }
    wanted: list[tuple[str, str, list[DealLine]]] = [
        (ISSUED, "known", [line("KONSULT-TIM", "2")]),
        (EDITED, "known", [line("UTB-DAG", "1")]),
        (TO_MAKE[0], "new", [line("KONSULT-TIM", "7.75", discount="33.33"), line("HANDBOK", "3")]),
        (TO_MAKE[1], "trader", [line("LUNCH-KONF", "3")]),
        (TO_MAKE[2], "known", [line("LIC-STD", "1", text='Paket "Bas" 🚚')]),
        (TO_HOLD, "known", []),
    ]
    sold = [
        deal(f"d{number}", name, buyer, f"2026-11-{10 + number}", lines)
        for number, (name, buyer, lines) in enumerate(wanted)
    ]
    return {
        "now": NOW.isoformat(),
        "salesforce": {
            "org": group.ORG,
            "schema": CUSTOM_SCHEMA,
            "clients": [group.SALESFORCE_CLIENT],
            "records": {
                "User": group.people(),
                "Account": [known, new, trader],
                **group.product_records(),
                "Opportunity": [one for one, _ in sold],
                "OpportunityLineItem": [row for _, lines in sold for row in lines],
            },
        },
        "spiris": {
            "companies": [
                company
                | {"articles": group.articles(), "customers": [customer] if company["key"] == "se" else []}
                for company in (group.SWEDISH_COMPANY, group.INTERNATIONAL_COMPANY)
            ]
        },
    }


@dataclass(frozen=True)
class Ran:
    """How a run in a process of its own ended: below nought by a signal."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Json:
        found: Json = json.loads(self.out)
        return found


class _Tripwire(Faults):
    """Lets something happen when a vendor receives its nth calls, as if by chance at that moment."""

    def __init__(self, moments: tuple[int, ...], act: Callable[[], object]) -> None:
        super().__init__()
        self._moments, self._act, self._count = moments, act, 0

    def due(self, method: str, path: str, query: str) -> Fault | None:
        if "/connect/" not in path and "/oauth2/" not in path:
            self._count += 1
            if self._count in self._moments:
                self._act()
        return super().due(method, path, query)


@dataclass
class _Kept:
    """A whole world as it was: both simulators' records and clocks, and every file of ours."""

    tables: list[dict[str, dict[str, Any]]]
    sequences: list[dict[str, int]]
    files: dict[Path, bytes]
    now: datetime


@dataclass
class Bench:
    """One sandbox and one folder; `wanted` is what a run that nothing disturbs makes of the world."""

    folder: Path
    simulators: tuple[Simulator, Simulator]
    playground: Playground
    runner: subprocess.Popen[str] | None = None
    pid: int = 0  # of the latest command
    kept: _Kept | None = None
    now: datetime = NOW
    wanted: dict[str, Any] = field(default_factory=dict)
    canaries: set[bytes] = field(default_factory=set)

    # --- the world -------------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Remember everything as it is now, for `put_back`."""
        self._quiesce()
        records = [one.records for one in self.simulators]
        self.kept = _Kept(
            [{name: dict(rows) for name, rows in one._tables.items()} for one in records],
            [dict(one._sequences) for one in records],
            {path: path.read_bytes() for path in self._our_files()},
            self.now,
        )

    def put_back(self) -> None:
        """Everything as it was when it was kept, faults and logs of calls forgotten."""
        assert self.kept is not None
        self._quiesce()
        for simulator, tables, sequences in zip(
            self.simulators, self.kept.tables, self.kept.sequences, strict=True
        ):
            records = simulator.records
            records._tables = {name: dict(rows) for name, rows in tables.items()}
            records._sequences = dict(sequences)
            records._indexes.clear()
            simulator.switches.reload()
            simulator.faults = Faults()
            simulator.log.clear()
        self.set_clock(self.kept.now)
        for path in self._our_files():
            if path not in self.kept.files:
                path.unlink()
        for path, content in self.kept.files.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)

    def set_clock(self, now: datetime) -> None:
        """Both vendors' time."""
        self.now = now
        for simulator in self.simulators:
            set_clock(simulator, now.isoformat())

    @property
    def kept_at(self) -> datetime:
        """The vendors' time when the world was kept: cursors may stand there, whatever the clock says now."""
        assert self.kept is not None
        return self.kept.now + timedelta(minutes=2)

    def pass_time(self, by: timedelta = SETTLE + timedelta(minutes=1)) -> None:
        self.set_clock(self.now + by)

    def calm(self) -> None:
        """No fault is due any more."""
        for simulator in self.simulators:
            simulator.faults = Faults()

    def renew_sign_ins(self) -> None:
        """The kept sign-ins outlast however many trials, by our clock, which goes on while the vendors' is put back."""
        for path in (self.folder / "tokens").glob("spiris-*.json"):
            tokens = json.loads(path.read_text(encoding="utf-8"))
            tokens["expires_at"] = (
                datetime.fromisoformat(tokens["expires_at"]) + timedelta(days=7)
            ).isoformat()
            path.write_text(json.dumps(tokens), encoding="utf-8")

    def age_sign_ins(self) -> None:
        """The kept sign-ins to Spiris have run out, by our clock."""
        for path in (self.folder / "tokens").glob("spiris-*.json"):
            tokens = json.loads(path.read_text(encoding="utf-8"))
            tokens["expires_at"] = tokens["obtained_at"]
            path.write_text(json.dumps(tokens), encoding="utf-8")

    def put_clients_back(self) -> None:
        """Salesforce knows our application again."""
        assert self.kept is not None
        for name, client in self.kept.tables[0]["_clients"].items():
            self.simulators[0].records.put("_clients", name, client)

    def sign_in_again(self) -> None:
        """What a person does when a message says so."""
        ended = self.run("sandbox", "login")
        assert ended.code == 0, ended.err

    def calls(self, side: int, path: str = "", method: str = "") -> list[Call]:
        """The calls that a vendor answered since the world was put back, in their order."""
        log = self.simulators[side].log
        found = reversed(log.latest(len(log)))
        return [one for one in found if path in one.path and method in one.method]

    def at_call(self, side: int, *moments: int, act: Callable[[], object]) -> None:
        """Let something happen at the vendor just before it answers its nth calls, sign-ins left out."""
        self.simulators[side].faults = _Tripwire(moments, act)

    def _our_files(self) -> list[Path]:
        """What commands write: the state, the sign-ins, the book of the quota; not what strace or we ourselves wrote."""
        return [
            one
            for one in sorted(self.folder.rglob("*"))
            if one.is_file()
            and one.name not in {"sfspiris.toml", "out", "err", "calls"}
            and "sandbox" not in one.parts
        ]

    def _quiesce(self) -> None:
        """Wait until what a killed client had sent is worked through: one loop serves calls in the order of their arrival."""
        for side in ("salesforce", "spiris"):
            self.playground.control(side, "GET", "clock")

    # --- runs ------------------------------------------------------------------------------------------------------

    def order(self, *arguments: str, waits: bool = False) -> dict[str, Any]:
        return {
            "arguments": [*arguments],
            "folder": str(self.folder),
            "environ": self.playground.environ,
            "out": str(self.folder / "out"),
            "err": str(self.folder / "err"),
            "waits": waits,
        }

    def run(self, *arguments: str) -> Ran:
        """One command in a process of its own."""
        self._send(self.order(*arguments))
        self.pid = self._told()["pid"]
        return self._ended()

    def fetch_tokens(self, company: str, processes: int) -> list[int]:
        """How so many processes ended that all need the company's sign-in at the same moment."""
        self._send(self.order() | {"at_once": processes, "token_of": company})
        codes: list[int] = self._told()["codes"]
        return codes

    def run_traced(self, *options: str, arguments: Sequence[str] = PUSH) -> Ran:
        """One command whose system calls strace watches or tampers with, as its options say; those seen are in `calls`."""
        self._send(self.order(*arguments, waits=True))
        pid = self._told()["pid"]
        tracer = subprocess.Popen(
            ["strace", "-f", "-p", str(pid), "-o", str(self.folder / "calls"), *options],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert tracer.stderr is not None
        attached = tracer.stderr.readline()
        os.kill(pid, signal.SIGUSR1)
        ended = self._ended()
        told = tracer.communicate(timeout=60)[1]
        assert "attached" in attached, attached + told
        return ended

    def _send(self, order: dict[str, Any]) -> None:
        runner = self._runner()
        assert runner.stdin is not None
        runner.stdin.write(json.dumps(order) + "\n")
        runner.stdin.flush()

    def _told(self) -> Json:
        assert self.runner is not None
        assert self.runner.stdout is not None
        told: Json = json.loads(self.runner.stdout.readline())
        return told

    def _ended(self) -> Ran:
        code = self._told()["code"]
        self._quiesce()
        out, err = (
            (self.folder / name).read_bytes().decode(errors="backslashreplace") for name in ("out", "err")
        )
        return Ran(code, out, err)

    def _runner(self) -> subprocess.Popen[str]:
        if self.runner is None:
            program = Path(__file__).with_name("forkserver.py")
            self.runner = subprocess.Popen(
                [sys.executable, str(program)],
                env=self.playground.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self.runner.stdin is not None
            assert self.runner.stdout is not None
            self.runner.stdin.write(json.dumps(self.order("push-closed-won", "--dry-run", "--quiet")) + "\n")
            self.runner.stdin.flush()
            assert self.runner.stdout.readline() == "ready\n"
        return self.runner

    # --- the history checker ---------------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """What finance and sales see, without ids and times, which differ from run to run.

        `documents` by deal: each with its company, kind, customer, net, VAT, total and currency.
        """
        salesforce, spiris = (one.state() for one in self.simulators)
        documents: dict[str, list[tuple[object, ...]]] = {}
        customers: list[str] = []
        names = {one["Id"]: one["Name"] for one in salesforce["records"]["Opportunity"]}
        for company in spiris["companies"]:
            customers += [
                f"{company['key']} {one['Name']} {one['CorporateIdentityNumber']}"
                for one in company["customers"]
            ]
            for kind in ("drafts", "invoices", "orders"):
                for one in company[kind]:
                    for mark in markers_in(one.get("OurReference")):
                        documents.setdefault(names.get(mark.deal_id, mark.deal_id), []).append(
                            (
                                company["key"],
                                kind,
                                one.get("InvoiceCustomerName"),
                                *(Decimal(one[name]) for name in ("TotalVatAmount", "TotalAmount")),
                                one.get("InvoiceCurrencyCode") or one.get("CurrencyCode"),
                            )
                        )
        deals = {
            one["Name"]: tuple(one.get(name) for name in EVENTS)
            for one in salesforce["records"]["Opportunity"]
        }
        return {"documents": documents, "customers": sorted(customers), "deals": deals}

    def touched(self) -> dict[str, Json]:
        """What finance has touched, whole; as seen at one and the same time, for a draft's date moves with the day."""
        now = self.now
        self.set_clock(NOW)
        (company,) = [one for one in self.simulators[1].state()["companies"] if one["key"] == group.SWEDEN]
        self.set_clock(now)
        found = {one["Id"]: one for one in company["invoices"]}
        return found | {
            one["Id"]: one for one in company["drafts"] if "Ring innan" in json.dumps(one, default=str)
        }

    def judge_during(self, *, ran: Ran, before: dict[str, Json]) -> Verdict:
        """Right after a disturbed run: nothing stands twice, and its end, its words and what it wrote are as they must be."""
        facts, wrong = self.facts(), []
        if ran.code not in {0, 2, 3, 5, 6, 7, 8, 130, 143, -9}:
            wrong.append(f"the exit code is {ran.code}: {ran.err[-300:]}")
        if "Traceback" in ran.out + ran.err:
            wrong.append(f"a traceback: {ran.err[-500:]}")
        if ran.code in {0, 3}:
            missing = [name for name in TO_MAKE if name not in facts["documents"]]
            held = {one["deal_name"] for one in self._document(ran).get("holds", [])}
            if unspoken := set(missing) - held:
                wrong.append(f"the run ended with {ran.code}, and nothing was said of {sorted(unspoken)}")
        if self.touched() != before:
            wrong.append("something that finance touched was written over")
        wrong += self.leaks()
        return Verdict(self._doubled(facts), wrong=tuple(wrong))

    def judge_after(self, *, ran: Ran, before: dict[str, Json]) -> Verdict:
        """After the runs that nothing disturbs: the world is the one that a single such run makes."""
        facts, wrong = self.facts(), []
        told = {name for name, (_, code, _) in facts["deals"].items() if code}
        lost = [
            name for name in (*TO_MAKE, ISSUED, EDITED) if name not in facts["documents"] and name not in told
        ]
        held = told - {TO_HOLD}
        if not held and facts != self.wanted:
            differing = [name for name in facts if facts[name] != self.wanted[name]]
            wrong.append(f"the world differs in {differing}: {[facts[name] for name in differing]}")
        if ran.code != 3:
            wrong.append(f"the last run ended with {ran.code}: {ran.err[-300:]}")
        if self.touched() != before:
            wrong.append("something that finance touched was written over")
        wrong += self.leaks()
        return Verdict(self._doubled(facts), len(lost), len(held), tuple(wrong))

    def rest_and_judge(self, *, ran: Ran, before: dict[str, Json]) -> Verdict:
        """What a disturbed run left, and what one run makes of it when the settle window has passed."""
        found = self.judge_during(ran=ran, before=before)
        self.calm()
        self.pass_time()
        return found + self.judge_after(ran=self.run(*PUSH), before=before)

    @staticmethod
    def _doubled(facts: dict[str, Any]) -> int:
        return sum(len(many) - 1 for many in facts["documents"].values())

    @staticmethod
    def _document(ran: Ran) -> Json:
        try:
            return ran.document
        except ValueError:
            return {}

    def leaks(self) -> list[str]:
        """Secrets and personal numbers in any byte that was written, but for the store of sign-ins."""
        canaries = self.canaries | _tokens(self.folder)
        number = re.compile(rb"(?:[^0-9A-Za-z]|%2[0-9Bb]){0,2}".join(bytes([one]) for one in b"9006022397"))
        found = []
        for path in (*self._our_files(), self.folder / "out", self.folder / "err"):
            if "tokens" in path.parts or not path.exists():
                continue
            content = path.read_bytes()
            if any(one in content for one in canaries) or number.search(content):
                found.append(f"a secret or personal number stands in {path.name}")
        return found


def _tokens(folder: Path) -> set[bytes]:
    found: set[bytes] = set()
    for path in (folder / "tokens").glob("*.json"):
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        found |= {kept[name].encode() for name in ("access_token", "refresh_token") if kept.get(name)}
    return found


@contextmanager
def open_bench(world: Json | None = None, *, half_done: bool = True, hands: int = 1) -> Iterator[Bench]:
    """A bench with the small world, half of its work done, or with another world that nothing has happened to.

    `hands` creates are under way together. strace counts the calls of each thread by itself: one alone makes the nth call
    the same in every run.
    """
    simulators = (
        SalesforceSimulator(Clock(), Records()),
        SpirisSimulator(Clock(), Records()),
    )
    world = small_world() if world is None else world
    for one in simulators:
        start_over(one, world)
    with ExitStack() as stack:
        place = MEMORY if MEMORY.is_dir() else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sfspiris-proof-", dir=place)))
        salesforce, spiris = stack.enter_context(running(*simulators))
        home = folder / "home"
        home.mkdir()
        playground = Playground(folder, salesforce, spiris, clean_environ(home))
        playground.configure()
        playground.add_config(f"[limits]\nconcurrent_creates = {hands}\n")
        bench = Bench(folder, simulators, playground, canaries={SECRET.encode()})
        try:
            bench.set_clock(NOW)
            if half_done:
                _do_half(bench)
            bench.renew_sign_ins()
            bench.keep()
            if half_done:
                bench.run(*PUSH)
                bench.pass_time()
                assert bench.run(*PUSH).code == 3
                bench.wanted = bench.facts()
                assert Counter(len(many) for many in bench.wanted["documents"].values()) == {1: 5}
                bench.put_back()
            yield bench
        finally:
            if bench.runner is not None:
                bench.runner.communicate()


def _do_half(bench: Bench) -> None:
    """Two deals are pushed; finance issues one of the drafts and edits the other."""
    ids = {name: one["Id"] for name, one in bench.playground.deals().items()}
    done: Ended = bench.playground.sfspiris(*PUSH, "--deal", ids[ISSUED], "--deal", ids[EDITED])
    assert done.code == 0, done.err
    drafts = {
        one["deal"]: one["target_id"] for one in done.document["actions"] if one["kind"] == "create_draft"
    }
    finance = bench.playground.control
    finance("spiris", "POST", f"drafts/{drafts[ids[ISSUED]]}/issue?company=se", {})
    finance(
        "spiris", "POST", f"drafts/{drafts[ids[EDITED]]}/edit?company=se", {"YourReference": "Ring innan"}
    )
    shutil.rmtree(bench.folder / "home" / ".local" / "state", ignore_errors=True)
