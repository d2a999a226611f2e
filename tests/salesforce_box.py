"""The Salesforce simulator over real HTTP, spoken to with a plain HTTP client: nothing of our own adapters in between."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from plainhttp import TRUST
from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
from sfspiris.sandbox.server import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = "2026-11-20T08:00:00Z"
VERSION = "v62.0"
DATA = f"/services/data/{VERSION}"
CLIENT = {"client_id": "sfspiris-sandbox", "client_secret": "sandbox-secret"}
REDIRECT = "http://127.0.0.1:8765/callback"
VERIFIER = "correct-horse-battery-staple-correct-horse-battery"

SCHEMA: dict[str, Any] = {
    "Account": {"fields": [{"name": "Orgnr__c", "type": "string", "length": 30}]},
    "Opportunity": {
        "fields": [
            {"name": "PO_Number__c", "type": "string", "length": 80},
            {"name": "Channels__c", "type": "multipicklist", "values": ["Web", "Phone", "Fair"]},
            {"name": "Handled_By__c", "type": "reference", "referenceTo": ["Contact"]},
        ]
    },
    "Invoice__c": {
        "label": "Invoice",
        "fields": [
            {"name": "External_Id__c", "type": "string", "length": 80, "externalId": True, "unique": True},
            {"name": "Batch__c", "type": "string", "length": 20, "externalId": True},
            {"name": "Account__c", "type": "reference", "referenceTo": ["Account"]},
            {"name": "Opportunity__c", "type": "reference", "referenceTo": "Opportunity"},
            {"name": "Total__c", "type": "currency"},
            {"name": "Due__c", "type": "date"},
            {"name": "Sent__c", "type": "datetime"},
            {
                "name": "Status__c",
                "type": "picklist",
                "values": ["Draft", "Issued", "Paid"],
                "restricted": True,
            },
        ],
    },
}

WORLD: dict[str, Any] = {
    "now": NOW,
    "salesforce": {
        "org": {"Name": "Exempelgruppen", "locale": "sv_SE", "time_zone": "Europe/Stockholm"},
        "schema": SCHEMA,
        "records": {
            "User": [
                {"_ref": "sara", "Username": "sara@exempel.example", "FirstName": "Sara", "LastName": "Sälj"}
            ],
            "Account": [
                {
                    "_ref": "acme",
                    "Name": "Acme AB",
                    "OwnerId": "@sara",
                    "BillingStreet": "Storgatan 1\nBox 7",
                    "BillingPostalCode": "011 22",
                    "BillingCity": "Umeå",
                    "BillingCountryCode": "SE",
                    "Orgnr__c": "556012-5790",
                },
                {"_ref": "muster", "Name": "Muster GmbH", "BillingCountryCode": "DE"},
                {"_ref": "daughter", "Name": "Acme Dotter AB", "ParentId": "@acme"},
            ],
            "Contact": [
                {"_ref": "karin", "FirstName": "Karin", "LastName": "Kund", "AccountId": "@acme"},
            ],
            "Product2": [
                {"_ref": "hour", "Name": "Consulting hour", "ProductCode": "KONS", "Family": "Services"},
                {"_ref": "book", "Name": "Handbook", "ProductCode": "BOK"},
            ],
            "Opportunity": [
                {
                    "_ref": "won",
                    "Name": "Won deal",
                    "AccountId": "@acme",
                    "StageName": "Closed Won",
                    "CloseDate": "2026-11-18",
                    "OwnerId": "@sara",
                    "Channels__c": "Phone;Web",
                    "OpportunityLineItems": [
                        {"Product2Id": "@hour", "Quantity": 10, "UnitPrice": 1250},
                        {"Product2Id": "@book", "Quantity": 3, "UnitPrice": 320, "Discount": 10},
                    ],
                },
                {
                    "_ref": "open",
                    "Name": "Open deal",
                    "AccountId": "@acme",
                    "StageName": "Prospecting",
                    "CloseDate": "2026-12-24",
                    "Amount": 5000,
                },
                {
                    "_ref": "lost",
                    "Name": "lost deal",
                    "AccountId": "@muster",
                    "StageName": "Closed Lost",
                    "CloseDate": "2026-10-01",
                    "Amount": 100.5,
                },
                {"_ref": "loose", "Name": "No buyer", "StageName": "Prospecting", "CloseDate": "2026-11-20"},
            ],
            "Invoice__c": [
                {
                    "External_Id__c": "se:1",
                    "Account__c": "@acme",
                    "Opportunity__c": "@won",
                    "Total__c": 15625,
                    "Status__c": "Issued",
                    "Due__c": "2026-12-20",
                    "Sent__c": "2026-11-19T22:30:00Z",
                }
            ],
        },
    },
}


class Api(httpx.Client):
    """A signed-in client; paths below the version's root. Numbers are read as decimals."""

    def ok(self, method: str, path: str, *, status: int | None = None, **options: Any) -> Any:
        """The body of an answer that must be a success; None when it has none."""
        response = self.request(method, path, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        assert status in {None, response.status_code}, f"{method} {path}: {response.status_code}"
        return jsonio.loads(response.content) if response.content else None

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Status and error code of a call that must be refused."""
        response = self.request(method, path, **options)
        assert response.is_error, f"{method} {path} was accepted: {response.text}"
        return response.status_code, response.json()[0]["errorCode"]

    def message(self, method: str, path: str, **options: Any) -> str:
        """What the vendor says about a call that must be refused."""
        response = self.request(method, path, **options)
        assert response.is_error, f"{method} {path} was accepted: {response.text}"
        said: str = response.json()[0]["message"]
        return said

    def query(self, statement: str, **options: Any) -> dict[str, Any]:
        """The envelope that answers a statement."""
        answer: dict[str, Any] = self.ok("GET", "/query", params={"q": statement}, **options)
        return answer

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """The records that answer a statement, all pages."""
        page = self.query(statement)
        records: list[dict[str, Any]] = page["records"]
        while not page["done"]:
            page = self.ok("GET", page["nextRecordsUrl"].removeprefix(DATA))
            records += page["records"]
        return records

    def values(self, statement: str, column: str) -> list[Any]:
        """One column of the records that answer a statement."""
        return [row[column] for row in self.rows(statement)]

    def query_refusal(self, statement: str) -> str:
        """The code by which a statement is refused."""
        return self.refused("GET", "/query", params={"q": statement})[1]

    def create(self, name: str, **fields: Any) -> str:
        """Make a record; its id."""
        record_id: str = self.ok("POST", f"/sobjects/{name}", status=201, json=fields)["id"]
        return record_id

    def get(self, url: Any, **options: Any) -> httpx.Response:
        """As httpx has it."""
        return super().get(url, **options)

    def field(self, name: str, record_id: str, field: str) -> Any:
        """One field of a record, as it is retrieved."""
        return self.ok("GET", f"/sobjects/{name}/{record_id}", params={"fields": field})[field]


@dataclass
class Box:
    """A running org: its address, its control calls, and clients signed in to it."""

    simulator: SalesforceSimulator
    url: str
    control: httpx.Client
    clients: list[httpx.Client] = field(default_factory=list)

    def reset(self, world: dict[str, Any]) -> None:
        """Start over with a world."""
        response = self.control.post("/_sandbox/reset", json={"world": world})
        assert response.is_success, response.text

    def token(self) -> str:
        """A fresh access token of the integration user."""
        response = self.control.post(
            "/services/oauth2/token", data={"grant_type": "client_credentials", **CLIENT}
        )
        assert response.is_success, response.text
        token: str = response.json()["access_token"]
        return token

    def api(self, version: str = VERSION) -> Api:
        """A client with a session of its own."""
        client = Api(
            base_url=f"{self.url}/services/data/{version}",
            headers={"Authorization": f"Bearer {self.token()}"},
            timeout=30,
            verify=TRUST,
        )
        self.clients.append(client)
        return client

    def clock(self, now: str) -> None:
        """Set the org's time."""
        assert self.control.put("/_sandbox/clock", json={"now": now}).is_success

    def switch(self, **values: Any) -> None:
        """Set switches."""
        response = self.control.put("/_sandbox/switches", json=values)
        assert response.is_success, response.text

    def person_adds(self, name: str, **fields: Any) -> str:
        """What a person saves in the product; the new record's id."""
        response = self.control.post("/_sandbox/records", json={name: [fields]})
        assert response.status_code == 201, response.text
        record_id: str = response.json()[name][0]["Id"]
        return record_id

    def person_edits(self, name: str, record_id: str, **fields: Any) -> dict[str, Any]:
        """What a person changes in the product; the record afterwards."""
        response = self.control.patch(f"/_sandbox/records/{name}/{record_id}", json=fields)
        assert response.is_success, response.text
        record: dict[str, Any] = jsonio.loads(response.content)
        return record

    def schema(self, **declared: Any) -> None:
        """What an admin changes in the set-up."""
        response = self.control.put("/_sandbox/schema", json=declared)
        assert response.is_success, response.text

    def state(self, name: str) -> list[dict[str, Any]]:
        """The records of an object, hidden fields too."""
        records: list[dict[str, Any]] = jsonio.loads(self.control.get("/_sandbox/state").content)["records"][
            name
        ]
        return records


@contextmanager
def box(data: Path | None = None) -> Iterator[Box]:
    """An org that serves until the block ends; empty unless `data` holds one."""
    records = Records(None if data is None else data / "salesforce.log")
    simulator = SalesforceSimulator(Clock(), records)
    with running(simulator) as (url,), httpx.Client(base_url=url, timeout=30, verify=TRUST) as control:
        served = Box(simulator, url, control)
        try:
            yield served
        finally:
            for client in served.clients:
                client.close()
            records.close()


def id_of(api: Api, name: str, source: str = "Opportunity") -> str:
    """The id of the one record with that name."""
    (found,) = api.values(f"SELECT Id FROM {source} WHERE Name = '{name}'", "Id")
    return str(found)
