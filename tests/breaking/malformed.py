"""Successes that are not what was asked for: real answers of both simulators, spoilt by rule, read by the real adapters.

A spoilt answer must make the reading fail in our own words, or change nothing: where the spoilt place is not used, or
where asking again brought the true answer.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from breaking.bench import PUSH
from breaking.line import Verdict, line_of, spread
from sfspiris.adapters.reply import Reply
from sfspiris.adapters.salesforce.client import SalesforceClient
from sfspiris.adapters.salesforce.crm import SalesforceCrm
from sfspiris.adapters.salesforce.source import Source
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.adapters.spiris.ledger import SpirisLedger
from sfspiris.adapters.transport import Pace, Transport
from sfspiris.credentials import FileStore
from sfspiris.errors import SfspirisError
from sfspiris.ports.crm import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from breaking.bench import Bench
    from breaking.line import Line
    from sfspiris.ports.tokens import Tokens

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
_COUNTS = ("TotalNumberOfResults", "TotalNumberOfPages", "totalSize")


def read_in_process(bench: Bench, count: int) -> Line:
    """So many spoilt answers, each read through the adapter that reads it in a run."""
    return line_of("malformed success, read by the adapters", _readings(bench, count))


def met_by_a_run(bench: Bench, some: int) -> Line:
    """Some spoilt answers in a whole run: it must stop in its own words, and no cursor may move."""
    return line_of("malformed success, met by a run", _runs(bench, some))


# --- a vendor that answers from memory, once wrongly -------------------------------------------------------------------


class _Line(Transport):
    """Requests that are remembered with their answers; then answered from memory, a chosen one spoilt."""

    def __init__(self, service: str) -> None:
        pace = Pace(sleep=lambda _: None, monotonic=lambda: 0.0, jitter=lambda: 0.0)
        super().__init__(service=service, pace=pace)
        self.known: dict[str, Reply] = {}
        self.is_open = True
        self.asked: list[str] = []
        self.spoilt: dict[str, Reply] = {}
        self.times = 0

    def request(self, method: str, url: str, **options: Any) -> Reply:
        params: Mapping[str, str] = options.get("params") or {}
        key = f"{method} {urlsplit(url).path} {sorted(params.items())} {options.get('json')!r}"
        self.asked.append(key)
        if self.is_open:
            self.known[key] = super().request(method, url, **options)
        if key in self.spoilt and self.times > 0:
            self.times -= 1
            return self.spoilt[key]
        return self.known.get(key) or Reply(
            200, {"content-type": "application/json"}, b'{"Data": []}', "Spiris"
        )


@dataclass(frozen=True)
class _SignIn:
    tokens: Tokens

    @property
    def session(self) -> Tokens:
        return self.tokens

    def current(self) -> Tokens:
        return self.tokens

    def token(self) -> str:
        return self.tokens.access_token

    def renew(self, _rejected: object) -> Any:
        raise AssertionError("nothing here refuses a token")


class _Forgetful:
    def load(self, key: str) -> None:
        """Nothing is known."""

    def save(self, key: str, data: Any) -> None:
        """Nothing is kept."""


@dataclass
class _Reading:
    """One thing that a run reads: what it finds when nothing is wrong, and which answers that took."""

    name: str
    line: _Line
    read: Callable[[], object]
    found: object = None
    keys: list[str] = field(default_factory=list)

    def learn(self) -> None:
        self.line.asked.clear()
        self.found = self.read()
        self.keys = list(dict.fromkeys(self.line.asked))


def _all_readings(bench: Bench) -> list[_Reading]:
    store = FileStore(bench.folder / "tokens")
    org, books = store.load("salesforce"), store.load("spiris:se")
    assert org is not None
    assert books is not None
    org_sign_in, books_sign_in = _SignIn(org), _SignIn(books)
    spiris, salesforce = _Line("Spiris"), _Line("Salesforce")

    def ledger() -> SpirisLedger:
        client = SpirisClient(spiris, f"{bench.playground.spiris}/v2", books_sign_in, company="se")
        return SpirisLedger(client, company="se", orgnr="559987-1430", kept=_Forgetful(), now=lambda: NOW)

    def crm() -> SalesforceCrm:
        pace = Pace(sleep=lambda _: None, monotonic=lambda: 0.0, jitter=lambda: 0.0)
        client = SalesforceClient(sign_in=org_sign_in, transport=salesforce, pace=pace)  # type: ignore[arg-type]
        return SalesforceCrm(client=client, cache=_Forgetful(), source=Source(), now=lambda: NOW)

    readings = [
        _Reading("profile", spiris, lambda: ledger().profile()),
        _Reading("customers", spiris, lambda: ledger().customers()),
        _Reading("articles", spiris, lambda: ledger().articles(fresh=True)),
        _Reading("terms", spiris, lambda: ledger().payment_terms()),
        _Reading("codings", spiris, lambda: ledger().codings()),
        _Reading("units", spiris, lambda: ledger().units()),
        _Reading("years", spiris, lambda: ledger().fiscal_years()),
        _Reading("currencies", spiris, lambda: ledger().currencies()),
        # What else a draft holds is carried along as it came; that it changed looks like finance's doing.
        _Reading("drafts", spiris, lambda: [(one.id, one.totals, one.texts) for one in ledger().drafts()]),
        _Reading("invoices", spiris, lambda: ledger().invoices()[0]),
        _Reading("deals", salesforce, lambda: crm().read_deals(Selection()).deals),
        _Reading("fates", salesforce, lambda: [(one.deal_id, one.name, one.sync) for one in crm().fates()]),
        _Reading("org", salesforce, lambda: crm().organization()),
    ]
    for one in readings:
        one.learn()
    for line in (spiris, salesforce):
        line.is_open = False
        line.close()
    return readings


def _readings(bench: Bench, count: int) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    readings = _all_readings(bench)
    for seed in range(count):
        chance = random.Random(seed)  # noqa: S311 - replays
        reading = chance.choice(readings)
        key = chance.choice(reading.keys)
        how, spoilt = spoil(reading.line.known[key], chance)
        reading.line.spoilt = {key: spoilt}
        reading.line.times = chance.choice([1, 99])
        yield f"seed {seed}: {reading.name}, {how}", _read(reading)


def _read(reading: _Reading) -> Verdict:
    try:
        found = reading.read()
    except SfspirisError as error:
        return Verdict() if error.message and error.remedy else Verdict(wrong=("it failed without words",))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no error of ours
        return Verdict(wrong=(f"a bare {type(error).__name__}: {error}",))
    finally:
        reading.line.spoilt = {}
    return Verdict() if found == reading.found else Verdict(lost=1)


# --- how an answer is spoilt -------------------------------------------------------------------------------------------


def spoil(reply: Reply, chance: random.Random) -> tuple[str, Reply]:
    """Spoil an answer in one of the ways in which gateways, proxies and tired servers do."""
    how = chance.choice(list(_WAYS))
    body, media_type = _WAYS[how](reply.body, chance)
    headers = {**reply.headers, "content-type": media_type or reply.headers["content-type"]}
    return how, Reply(200, headers, body, "The vendor")


def _page(_: bytes, __: random.Random) -> tuple[bytes, str]:
    return b"<!DOCTYPE html><html><body>502</body></html>", "text/html; charset=utf-8"


def _page_as_json(_: bytes, __: random.Random) -> tuple[bytes, str]:
    return b"<html><body>Service Unavailable</body></html>", ""


def _empty(_: bytes, chance: random.Random) -> tuple[bytes, str]:
    return chance.choice([b"", b" ", b"null", b"[]", b"{}", b'""', b"0"]), ""


def _cut(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    return body[: chance.randrange(len(body))], ""


def _doubled(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    return body + chance.choice([body, b"}", b"\x00", b"<!-- -->"]), ""


def _not_text(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    place = chance.randrange(len(body))
    return body[:place] + b"\xff\xfe" + body[place:], ""


def _no_number(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    numbers = [*re.finditer(rb"(?<=[:,\[])\s*-?\d+(\.\d+)?(?=\s*[,}\]])", body)]
    if not numbers:
        return b"NaN", ""
    one = chance.choice(numbers)
    return body[: one.start()] + chance.choice([b"NaN", b"Infinity", b"-Infinity", b"1e"]) + body[
        one.end() :
    ], ""


def _name_twice(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    names = [*re.finditer(rb'(?<=[{,])\s*("[A-Za-z_]+"):', body)]
    one = chance.choice(names)
    return body[: one.start()] + one[1] + b":null," + body[one.start() :], ""


def _other_kind(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    """One value is of a kind that no field of that name ever has."""
    document = json.loads(body)
    *_, (holder, name) = [chance.choice(_places(document))]
    holder[name] = {"unexpected": [True]} if not isinstance(holder[name], dict) else "unexpected"
    return json.dumps(document).encode(), ""


def _no_data(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    document = json.loads(body)
    lists = [
        (holder, name) for holder, name in _places(document) if name in {"Data", "records", "results", "Meta"}
    ]
    if not lists:
        return b'{"Data": null}', ""
    holder, name = lists[0]
    holder[name] = chance.choice([None, "", 0, "[]"])
    return json.dumps(document).encode(), ""


def _wrong_count(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    document = json.loads(body)
    counts = [(holder, name) for holder, name in _places(document) if name in _COUNTS]
    if not counts:
        return b"{}", ""
    holder, name = chance.choice(counts)
    holder[name] = chance.choice([holder[name] + 1, -1, 10**9, str(holder[name]) + "x"])
    return json.dumps(document).encode(), ""


def _fewer_rows(body: bytes, chance: random.Random) -> tuple[bytes, str]:
    document = json.loads(body)
    lists = [
        holder[name]
        for holder, name in _places(document)
        if name in {"Data", "records", "results"} and isinstance(holder[name], list) and holder[name]
    ]
    if not lists:
        return b"[]", ""
    rows = chance.choice(lists)
    del rows[chance.randrange(len(rows))]
    return json.dumps(document).encode(), ""


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        for name, one in value.items():
            found += [(value, name), *_places(one)]
    elif isinstance(value, list):
        for place, one in enumerate(value[:20]):
            found += [(value, place), *_places(one)]
    return found


_WAYS: dict[str, Callable[[bytes, random.Random], tuple[bytes, str]]] = {
    "a gateway's page": _page,
    "a page called JSON": _page_as_json,
    "empty": _empty,
    "cut": _cut,
    "followed by more": _doubled,
    "not text": _not_text,
    "no number": _no_number,
    "a name twice": _name_twice,
    "a value of another kind": _other_kind,
    "no data": _no_data,
    "a wrong count": _wrong_count,
    "fewer rows than promised": _fewer_rows,
}


# --- in a whole run ----------------------------------------------------------------------------------------------------


def _runs(bench: Bench, some: int) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    before = bench.touched()
    bench.run(*PUSH)
    answers = []
    for side in (0, 1):
        earlier: Counter[str] = Counter()
        for one in bench.calls(side):
            if one.method == "GET" and not one.is_sign_in:
                earlier[one.path] += 1
                answers.append((side, earlier[one.path], one))
    for place in spread(len(answers) * len(_WAYS), some):
        side, nth, call = answers[place % len(answers)]
        how = list(_WAYS)[place // len(answers)]
        body, media_type = _WAYS[how](call.response, random.Random(place))  # noqa: S311 - replays
        if not all(byte < 128 for byte in body):
            continue  # the control call takes text
        bench.put_back()
        cursors = _cursors(bench)
        fault = {
            "path": re.escape(call.path),
            "method": "GET",
            "nth": nth,  # from there on: an answer must not tell of what has not happened yet
            "times": None,
            "effect": "status",
            "code": 200,
            "body": body.decode(),
            "headers": {"Content-Type": media_type or "application/json"},
        }
        bench.simulators[side].faults.add(fault)
        ran = bench.run(*PUSH)
        verdict = bench.judge_during(ran=ran, before=before)
        if ran.code in {0, 3} and bench.facts() != bench.wanted:
            verdict += Verdict(wrong=(f"it ended with {ran.code} on an answer that cannot be read",))
        if ran.code not in {0, 3} and _cursors(bench) != cursors:
            verdict += Verdict(wrong=("a cursor moved",))
        bench.calm()
        bench.pass_time()
        yield f"{how}, {call.path} {nth}", verdict + bench.judge_after(ran=bench.run(*PUSH), before=before)


def _cursors(bench: Bench) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(bench.folder / "sfspiris.db")) as connection:
        return sorted(connection.execute("SELECT feed, at FROM cursors"))
