"""A Salesforce sandbox for tests of its adapter: a small world, its control calls, and CRMs signed in to it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from plainhttp import TRUST
from salesforce_org import MemoryCatalogs, MemoryTokens, Naps
from sfspiris.adapters import exactjson
from sfspiris.adapters.salesforce.app import App, ClientCredentials, JwtBearer, WebFlow
from sfspiris.adapters.salesforce.bulk import Bulk
from sfspiris.adapters.salesforce.client import SalesforceClient
from sfspiris.adapters.salesforce.crm import SalesforceCrm
from sfspiris.adapters.salesforce.oauth import SalesforceSignIn
from sfspiris.adapters.salesforce.source import Source
from sfspiris.adapters.transport import Limits, Transport
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
from sfspiris.sandbox.server import running
from sfspiris.sandbox.worlds import group
from sfspiris.sandbox.worlds.deals import LOST, OPEN, account, deal, line
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
USER = group.SALESFORCE_USERNAME
CLIENT = "sfspiris-sandbox"
SECRET = "a-client-secret"
BACK = "http://127.0.0.1:8765/callback"

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_KEY = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC_KEY = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

EKERO = ("Storgatan 1\nBox 7", "01234", "Ekerö")


def world(*, multi_currency: bool = True, more_deals: int = 0) -> dict[str, Any]:
    """Four deals of one Swedish buyer and one German: two won, one lost, one open; with `more_deals`, more won ones."""
    deals = [
        deal(
            "hiss",
            "Hissar till Exempel",
            "exempel",
            "2026-11-18",
            [line("UTB-DAG", "2.5", text="På plats"), line("KONSULT-TIM", "12", "1195.50", discount="10")],
            Primary_Contact__c="@karin-kund",
            PO_Number__c="4711",
        ),
        deal(
            "lizenz",
            "Lizenzen",
            "beispiel",
            "2026-10-31",
            [line("LIC-STD", "3", currency="EUR" if multi_currency else "SEK")],
            currency="EUR" if multi_currency else "SEK",
        ),
        deal("lost", "Förlorad", "exempel", "2026-11-10", [line("HANDBOK", "1")], stage=LOST),
        deal("open", "Öppen", "exempel", "2026-12-24", [line("HANDBOK", "1")], stage=OPEN),
        *(
            deal(f"more-{number}", f"Affär {number:04d}", "exempel", "2026-11-19", [line("HANDBOK", "1")] * 2)
            for number in range(more_deals)
        ),
    ]
    records: dict[str, list[dict[str, Any]]] = {
        "User": group.people(),
        **group.product_records(),
        "Account": [
            account(
                "exempel", "Exempel AB", EKERO, Organisation_Number__c="556012-5790", Payment_Terms__c=30
            ),
            account(
                "beispiel",
                "Beispiel GmbH",
                ("Hauptstraße 5", "10115", "Berlin"),
                country="DE",
                VAT_Number__c="DE136695976",
            ),
        ],
        "Contact": [
            {"_ref": "karin-kund", "AccountId": "@exempel", "FirstName": "Karin", "LastName": "Köpare"}
        ],
        "Opportunity": [one for one, _ in deals],
        "OpportunityLineItem": [one for _, lines in deals for one in lines],
    }
    org = {**group.ORG, "multi_currency": multi_currency}
    if not multi_currency:
        del org["currencies"]
        records["PricebookEntry"] = [
            one for one in records["PricebookEntry"] if one["CurrencyIsoCode"] == "SEK"
        ]
        for one in (one for rows in records.values() for one in rows):
            one.pop("CurrencyIsoCode", None)
    return {
        "now": NOW.isoformat(),
        "salesforce": {
            "org": org,
            "schema": CUSTOM_SCHEMA,
            "clients": [group.SALESFORCE_CLIENT],
            "records": records,
        },
    }


@dataclass(slots=True)
class Org:
    """A running sandbox of Salesforce, and what an administrator does to it."""

    url: str
    http: httpx.Client
    stores: MemoryTokens = field(default_factory=MemoryTokens)
    catalogs: MemoryCatalogs = field(default_factory=lambda: MemoryCatalogs(at=NOW))
    now: datetime = NOW
    naps: Naps = field(default_factory=Naps)
    patience: float = 30.0  # seconds that a run waits for an answer
    lines: ExitStack = field(default_factory=ExitStack)

    def control(self, method: str, call: str, document: object = None) -> Any:
        """A control call; whatever it refuses fails the test."""
        content = None if document is None else exactjson.dumps(document)
        reply = self.http.request(method, f"{self.url}/_sandbox/{call}", content=content)
        assert reply.is_success, reply.text
        return exactjson.loads(reply.content) if reply.content else None

    def reset(self, **options: Any) -> None:
        self.control("POST", "reset", {"world": world(**options)})
        self.control("PUT", "clients", {"client_id": CLIENT, "public_key": PUBLIC_KEY, "username": USER})
        self.forget_requests()
        self.hang_up()
        self.patience = 30.0
        self.stores, self.catalogs, self.now, self.naps = MemoryTokens(), MemoryCatalogs(at=NOW), NOW, Naps()

    def hang_up(self) -> None:
        """Close the connections of every run so far."""
        self.lines.close()

    def records(self, kind: str) -> list[dict[str, Any]]:
        return list(self.control("GET", "state")["records"].get(kind, []))

    def find(self, kind: str, name: str) -> dict[str, Any]:
        [found] = [one for one in self.records(kind) if one["Name"] == name]
        return found

    def change(self, kind: str, record: str, **fields: Any) -> None:
        self.control("PATCH", f"records/{kind}/{record}", fields)

    def schema(self, kind: str, **declared: Any) -> None:
        self.control("PUT", "schema", {kind: declared})

    def fault(self, effect: str, path: str, **more: Any) -> None:
        self.control("POST", "faults", {"effect": effect, "path": path, **more})

    def tick(self, moment: datetime) -> None:
        self.control("PUT", "clock", {"now": moment.isoformat()})
        self.now = moment

    def requests(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "requests"))

    def forget_requests(self) -> None:
        self.control("DELETE", "requests")

    @property
    def paths(self) -> list[str]:
        """What was asked of the vendor, by the last words of the path."""
        return [one["path"].removeprefix("/services/").removeprefix("data/v66.0/") for one in self.requests()]

    # --- signed in -------------------------------------------------------------------------------------------------

    def app(self, grant: JwtBearer | ClientCredentials | WebFlow | None = None) -> App:
        return App("local", self.url, CLIENT, grant or JwtBearer(USER, lambda: PRIVATE_KEY))

    def sign_in(
        self, grant: JwtBearer | ClientCredentials | WebFlow | None = None, **limits: Any
    ) -> SalesforceSignIn:
        return SalesforceSignIn(
            self.app(grant), store=self.stores, transport=self.transport(**limits), now=lambda: self.now
        )

    def transport(self, *, read_only: bool = False) -> Transport:
        limits = Limits(read=self.patience)
        transport = Transport(service="Salesforce", pace=self.naps.pace, limits=limits, read_only=read_only)
        self.lines.callback(transport.close)
        return transport

    def crm(
        self,
        source: Source | None = None,
        *,
        grant: JwtBearer | ClientCredentials | WebFlow | None = None,
        read_only: bool = False,
        bulk_above: int | None = None,
        **options: Any,
    ) -> SalesforceCrm:
        """A CRM of another run: what is kept between runs is kept in this org."""
        transport = self.transport(read_only=read_only)
        sign_in = SalesforceSignIn(
            self.app(grant), store=self.stores, transport=transport, now=lambda: self.now
        )
        client = SalesforceClient(sign_in=sign_in, transport=transport, pace=self.naps.pace, **options)
        bulk = Bulk(client=client, kept=self.catalogs, pace=self.naps.pace)
        return SalesforceCrm(
            client=client,
            cache=self.catalogs,
            source=source or Source(),
            now=lambda: self.now,
            bulk=None if bulk_above is None else bulk,
            bulk_above=bulk_above or 0,
        )


@contextmanager
def running_org() -> Iterator[Org]:
    """A sandbox of Salesforce alone, without a world yet."""
    with (
        running(SalesforceSimulator(Clock(), Records())) as (url,),
        httpx.Client(trust_env=False, timeout=60, verify=TRUST) as http,
    ):
        org = Org(url, http)
        yield org
        org.hang_up()
