"""Lists of both vendors that somebody changes between two of their pages, read over HTTP by the adapters that read them in a run.

Rows come, go, are stamped anew and change places. Whatever stood there before the reading and after it must be found,
and found once; or the reading must say that the list would not hold still.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import UUID

from breaking.line import Verdict, line_of
from sfspiris.adapters.salesforce.client import SalesforceClient
from sfspiris.adapters.salesforce.crm import SalesforceCrm
from sfspiris.adapters.salesforce.source import Source
from sfspiris.adapters.spiris import client as spiris_client
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.adapters.spiris.ledger import SpirisLedger
from sfspiris.adapters.transport import Pace, Transport
from sfspiris.credentials import FileStore
from sfspiris.errors import BrokenReply
from sfspiris.ports.crm import Selection
from sfspiris.sandbox.salesforce import ids
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
from sfspiris.sandbox.spiris.simulator import SpirisSimulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from breaking.bench import Bench
    from breaking.line import Line
    from sfspiris.adapters.reply import Reply
    from sfspiris.ports.tokens import Tokens

_PAGE = 3  # rows
_LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)


def while_they_are_read(bench: Bench, count: int) -> Line:
    """So many readings, each with its own list, places between pages and changes; `held` are those told as never still."""
    return line_of("lists that change while they are read", _readings(bench, count))


class _Line(Transport):
    """Lets something happen just before a further page of a list is asked for."""

    def __init__(self, service: str) -> None:
        pace = Pace(sleep=lambda _: None, monotonic=lambda: 0.0, jitter=lambda: 0.0)
        super().__init__(service=service, pace=pace)
        self.moments: dict[int, Callable[[], None]] = {}
        self.turned = 0

    def request(self, method: str, url: str, **options: Any) -> Reply:
        if "/query/01g" in url or (options.get("params") or {}).get("$page", "1") != "1":
            self.turned += 1
            if act := self.moments.pop(self.turned, None):
                act()
        return super().request(method, url, **options)


@dataclass(frozen=True)
class _SignIn:
    session: Tokens

    def current(self) -> Tokens:
        return self.session

    def token(self) -> str:
        return self.session.access_token

    def renew(self, _rejected: object) -> Any:
        raise AssertionError("nothing here refuses a token")


class _Forgetful:
    def load(self, key: str) -> None:
        """Nothing is known."""

    def save(self, key: str, data: Any) -> None:
        """Nothing is kept."""


@dataclass
class _List:
    """One list of one vendor: how it is read, and how its rows are kept there."""

    name: str
    line: _Line
    read: Callable[[], list[str]]
    rows: Callable[[], dict[str, dict[str, Any]]]
    put: Callable[[dict[str, Any]], object]
    remove: Callable[[str], object]
    new_id: Callable[[random.Random], str]
    now: Callable[[], str]
    stamps: tuple[str, ...]
    always: set[str] = field(default_factory=set)

    def fill(self, count: int, chance: random.Random) -> None:
        """So many rows, last changed long ago; some of them in the same second."""
        model = next(iter(self.rows().values()))
        for record_id in self.rows():
            self.remove(record_id)
        for _ in range(count):
            at = _LONG_AGO + timedelta(seconds=chance.randrange(count))
            self._add(model, f"{at:%Y-%m-%dT%H:%M:%S}.000{self.now()[23:]}", chance)
        self.always = set(self.rows())

    def change(self, chance: random.Random) -> None:
        """Something that people and other programs do: the place of every other row may move by it."""
        rows = self.rows()
        for how in chance.choice(_CHANGES):
            one = chance.choice([*rows.values()])
            match how:
                case "insert":
                    self._add(one, self.now(), chance)
                case "delete":
                    if one["Id"] in self.rows() and len(self.rows()) > 1:
                        self.remove(one["Id"])
                        self.always.discard(one["Id"])
                case "stamp":
                    self._restamp(one, {name: self.now() for name in self.stamps})
                case "exchange":
                    other = chance.choice([*rows.values()])
                    self._restamp(one, {name: other[name] for name in self.stamps})
                    self._restamp(other, {name: one[name] for name in self.stamps})
                case _:
                    raise AssertionError(how)

    def _add(self, model: dict[str, Any], at: str, chance: random.Random) -> None:
        self.put({**model, "Id": self.new_id(chance), **dict.fromkeys(self.stamps, at)})

    def _restamp(self, one: dict[str, Any], stamps: dict[str, str]) -> None:
        if one["Id"] in self.rows():
            self.put({**self.rows()[one["Id"]], **stamps})


_CHANGES = (
    ("insert",),
    ("delete",),
    ("stamp",),
    ("exchange",),
    ("delete", "insert"),
    ("delete", "insert"),
    ("stamp", "stamp", "exchange"),
    ("delete", "stamp", "insert"),
    ("insert", "insert", "delete", "delete"),
)


def _spiris_lists(bench: Bench) -> Iterator[_List]:
    simulator = bench.simulators[1]
    assert isinstance(simulator, SpirisSimulator)
    books, tokens = simulator.books("se"), FileStore(bench.folder / "tokens").load("spiris:se")
    assert tokens is not None
    line = _Line("Spiris")
    client = SpirisClient(line, f"{bench.playground.spiris}/v2", _SignIn(tokens), company="se")

    def ledger() -> SpirisLedger:
        return SpirisLedger(
            client, company="se", orgnr="559987-1430", kept=_Forgetful(), now=lambda: bench.now
        )

    readings: dict[str, Callable[[], list[str]]] = {
        "customers": lambda: [one.id for one in ledger().customers()],
        "customerinvoicedrafts": lambda: [one.id for one in ledger().drafts()],
        "customerinvoices": lambda: [one.id for one in ledger().invoices()[0]],
        "articles": lambda: [one.id for one in ledger().articles(fresh=True)],
    }
    for table, read in readings.items():
        yield _List(
            table,
            line,
            read,
            rows=lambda table=table: {one["Id"]: one for one in books.all(table)},  # type: ignore[misc]
            put=lambda row, table=table: books.put(table, row),  # type: ignore[misc]
            remove=lambda record_id, table=table: books.delete(table, record_id),  # type: ignore[misc]
            new_id=lambda chance: str(UUID(int=chance.getrandbits(128), version=4)),
            now=lambda: books.now,
            # Orders of drafts and invoices stand by when they were made, which nobody changes but the vendor.
            stamps=("CreatedUtc",) if table.startswith("customerinvoice") else ("ChangedUtc",),
        )


def _salesforce_lists(bench: Bench) -> Iterator[_List]:
    simulator = bench.simulators[0]
    assert isinstance(simulator, SalesforceSimulator)
    tokens = FileStore(bench.folder / "tokens").load("salesforce")
    assert tokens is not None
    line, store = _Line("Salesforce"), simulator.store
    client = SalesforceClient(sign_in=_SignIn(tokens), transport=line, pace=line._pace)  # type: ignore[arg-type]
    crm = SalesforceCrm(client=client, cache=_Forgetful(), source=Source(), now=lambda: bench.now)

    def remove(record_id: str) -> None:
        row = store.records.get("Opportunity", record_id)
        assert row is not None
        store.records.put("Opportunity", record_id, {**row, "IsDeleted": True})

    readings: dict[str, Callable[[], list[str]]] = {
        "deals": lambda: [one.id for one in crm.read_deals(Selection()).deals],
        "fates": lambda: [one.deal_id for one in crm.fates(changed_since=_LONG_AGO) if not one.is_deleted],
    }
    for name, read in readings.items():
        yield _List(
            name,
            line,
            read,
            rows=lambda: {one["Id"]: one for one in store.records.all("Opportunity") if not one["IsDeleted"]},
            put=lambda row: store.records.put("Opportunity", row["Id"], row),
            remove=remove,
            new_id=lambda chance: ids.mint("006", 10_000 + chance.randrange(10**8)),
            now=lambda: f"{simulator.clock.now():%Y-%m-%dT%H:%M:%S}.000{_zone(store.records)}",
            stamps=("SystemModstamp", "LastModifiedDate"),
        )


def _zone(records: Any) -> str:
    """How the simulator ends a moment."""
    return str(records.all("Opportunity")[0]["SystemModstamp"][23:])


def _readings(bench: Bench, count: int) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    lists = [*_spiris_lists(bench), *_salesforce_lists(bench)]
    try:
        with mock.patch.object(spiris_client, "PAGE_SIZE", _PAGE):
            for seed in range(count):
                chance = random.Random(seed)  # noqa: S311 - replays
                bench.put_back()
                bench.simulators[0].switches.set({"page_size": _PAGE})
                one = lists[seed % len(lists)]
                yield f"seed {seed}: {one.name}", _read(one, chance)
    finally:
        for one in lists:
            one.line.close()
        bench.put_back()


def _read(one: _List, chance: random.Random) -> Verdict:
    rows = chance.randint(2 * _PAGE, 4 * _PAGE)
    one.fill(rows, chance)
    one.line.turned = 0
    places = chance.sample(range(1, rows // _PAGE + 1), chance.choice([1, 1, 1, 2]))
    one.line.moments = {place: lambda: one.change(chance) for place in places}
    try:
        found = one.read()
    except BrokenReply as told:
        return Verdict(held=1) if told.remedy else Verdict(wrong=("it failed without words",))
    wrong = () if one.line.turned else ("there was only one page",)
    return Verdict(len(found) - len(set(found)), len(one.always - set(found)), wrong=wrong)
