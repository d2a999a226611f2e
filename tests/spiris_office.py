"""A company in the Spiris simulator, signed in to as a user would, and what its finance people do there."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import spiris_document
from kept import KeptInMemory
from plainhttp import BROWSER
from sfspiris.adapters import exactjson
from sfspiris.adapters.consent import Pledge, code_in
from sfspiris.adapters.quota import OwnBook, Quota, Turnstile
from sfspiris.adapters.spiris import oauth
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.adapters.spiris.ledger import SpirisLedger
from sfspiris.adapters.spiris.oauth import Addresses, Client, SpirisSignIn, TokenCalls
from sfspiris.adapters.transport import Limits, Pace, Transport
from sfspiris.sandbox.kernel.app import start_over
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.server import running
from sfspiris.sandbox.spiris.simulator import SpirisSimulator
from token_box import TokenBox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ORGNR = "559000-0013"
NOW = "2026-11-20T08:00:00Z"
CLIENT = Client("sfspiris-sandbox", "sandbox-secret")
REDIRECT = "http://127.0.0.1:8765/callback"
LIMITS = Limits()

ADDRESS = {"Address1": "Storgatan 1", "PostalCode": "111 22", "City": "Stockholm", "CountryCode": "SE"}
ARTICLES: list[dict[str, Any]] = [
    {"Number": number, "Name": name, "coding": coding, "unit": "st", "IsActive": active, "NetPrice": 100}
    for number, name, coding, active in (
        ("KONS", "Konsulttimme", "services-25", True),
        ("LUNCH", "Lunch", "services-12", True),
        ("BOK", "Handbok", "goods-6", True),
        ("KURS", "Utbildning", "services-0", True),
        ("GAMMAL", "Utgången", "goods-25", False),
    )
]


def company(key: str = "se", *, orgnr: str = ORGNR, **changes: Any) -> dict[str, Any]:
    """A Swedish company with articles at every rate and no customers."""
    base = {"key": key, "name": "Exempel AB", "orgnr": orgnr, "settings": dict(ADDRESS), "articles": ARTICLES}
    return base | changes


def customer(number: int, **changes: Any) -> dict[str, Any]:
    """A customer as the world's document tells it."""
    base = {
        "Name": f"Kund {number} AB",
        "InvoicePostalCode": "111 22",
        "InvoiceCity": "Stockholm",
        "InvoiceCountryCode": "SE",
        "IsActive": True,
        "IsPrivatePerson": False,
        "terms": 30,
    }
    return base | changes


@dataclass
class Office:
    """The simulator, and a ledger that is signed in to one of its companies."""

    url: str
    simulator: SpirisSimulator
    store: TokenBox
    pauses: list[float]
    is_faulted: bool = False
    meanwhile: Callable[[], object] | None = None
    """What somebody does while our next pause lasts; once."""

    def now(self) -> datetime:
        """The simulator's time; ours is the same."""
        return self.simulator.clock.now()

    def control(self, method: str, path: str, document: Any = None, **query: str) -> Any:
        """One call of the control API: what a person does in the product, faults, switches."""
        body = None if document is None else exactjson.dumps(document)
        answer = BROWSER.request(method, f"{self.url}/_sandbox/{path}", content=body, params=query)
        assert answer.is_success, answer.text
        return exactjson.loads(answer.content)

    def fault(self, effect: str, *, method: str = "POST", path: str = "/v2/", **arguments: Any) -> None:
        """The next matching vendor call meets this."""
        self.is_faulted = True
        self.control("POST", "faults", {"effect": effect, "method": method, "path": path, **arguments})

    def sent(self, method: str | None = None) -> list[str]:
        """Vendor calls of ours so far, oldest first, as `METHOD path`; the person's own in the browser left out."""
        ours = [one for one in self.control("GET", "requests") if one["path"] != "/connect/authorize"]
        return [f"{one['method']} {one['path']}" for one in ours if method in (None, one["method"])]

    def stored(self, what: str) -> list[dict[str, Any]]:
        """The first company's records of a kind, as the vendor would tell them."""
        return list(self.control("GET", "state")["companies"][0][what])

    def later(self, **lapse: float) -> None:
        """Let time pass, there and here."""
        self.simulator.clock.set(self.now() + timedelta(**lapse))

    @contextmanager
    def ledger(
        self,
        key: str = "se",
        *,
        orgnr: str = ORGNR,
        read_only: bool = False,
        choose: str | None = None,
        quota: int | None = None,
    ) -> Iterator[SpirisLedger]:
        """A ledger for the company, signed in first when it is not; `choose` is the company that the person picks.

        With a `quota` no more calls a minute go to one endpoint, by the simulator's clock.
        """
        pace = Pace(sleep=self._sleep, monotonic=lambda: self.now().timestamp(), jitter=lambda: 0.0)
        transport = Transport(
            service="Spiris",
            pace=Pace(sleep=self._sleep, monotonic=time.monotonic, jitter=lambda: 0.0),
            limits=LIMITS,
            read_only=read_only,
            turnstile=None if quota is None else Turnstile(Quota(quota), OwnBook(), pace),
        )
        addresses = Addresses.local(self.url)
        calls = TokenCalls(transport, addresses, CLIENT, company=key, now=self.now)
        if self.store.load(f"spiris:{key}") is None:
            self._sign_in(calls, key, choose or key)
        sign_in = SpirisSignIn(calls, self.store, key=f"spiris:{key}", company=key, now=self.now)
        try:
            yield SpirisLedger(
                SpirisClient(transport, addresses.api, sign_in, company=key),
                company=key,
                orgnr=orgnr,
                kept=KeptInMemory(),
                now=self.now,
            )
        finally:
            transport.close()

    def _sign_in(self, calls: TokenCalls, key: str, chosen: str) -> None:
        pledge = Pledge()
        url = oauth.authorize_url(Addresses.local(self.url), CLIENT, redirect_uri=REDIRECT, pledge=pledge)
        code = code_in(consent(url, chosen), redirect_uri=REDIRECT, pledge=pledge)
        tokens = calls.exchange_code(code, verifier=pledge.verifier, redirect_uri=REDIRECT, identity=key)
        self.store.save(f"spiris:{key}", tokens)

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        self.later(seconds=seconds)


def consent(url: str, company: str) -> str:
    """What a person does in the browser: choose the company. Gives the address they are sent back to."""
    form = dict(parse_qsl(urlsplit(url).query))
    answer = BROWSER.post(url.partition("?")[0], data=form | {"company": company})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


@contextmanager
def office(*companies: dict[str, Any]) -> Iterator[Office]:
    """The simulator with these companies, or with one plain company.

    Afterwards, what was said is held against the vendor's document, where that is present and no fault was asked for.
    """
    simulator = SpirisSimulator(Clock(), Records(None))
    simulator.clock.set(datetime(2026, 11, 20, 8, tzinfo=UTC))
    start_over(simulator, {"now": NOW, "spiris": {"companies": list(companies or [company()])}})
    with running(simulator) as (url,):
        one = Office(url, simulator, TokenBox(), [])
        yield one
        if spiris_document.is_present() and not one.is_faulted:
            assert spiris_document.check_log(one.control("GET", "requests")) == []
