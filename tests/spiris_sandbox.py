"""The Spiris simulator over real HTTP, spoken to with a plain HTTP client: nothing of our own adapters in between."""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

import spiris_document
from plainhttp import TRUST
from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.server import running
from sfspiris.sandbox.spiris.simulator import SpirisSimulator

NOW = "2026-11-20T08:00:00Z"
CLIENT = ("sfspiris-sandbox", "sandbox-secret")
REDIRECT = "http://127.0.0.1:8765/callback"
ALL_SCOPES = "ea:api offline_access ea:sales ea:accounting ea:purchase"
VERIFIER = "correct-horse-battery-staple-correct-horse-battery"
NOWHERE = "99999999-9999-4999-8999-999999999999"

WORLD: dict[str, Any] = {
    "now": NOW,
    "spiris": {
        "companies": [
            {
                "key": "se",
                "name": "Exempel AB",
                "orgnr": "559000-0013",
                "customers": [
                    {"CustomerNumber": "1001", "Name": "Acme AB", "InvoiceCountryCode": "SE", "terms": 30},
                    {"CustomerNumber": "1002", "Name": "Gammal AB", "IsActive": False},
                    {
                        "CustomerNumber": "1003",
                        "Name": "Muster GmbH",
                        "InvoiceCountryCode": "DE",
                        "VatNumber": "DE129273398",
                        "CurrencyCode": "EUR",
                    },
                    {
                        "CustomerNumber": "1004",
                        "Name": "Nordmann AS",
                        "InvoiceCountryCode": "NO",
                        "CurrencyCode": "NOK",
                    },
                    {"CustomerNumber": "1005", "Name": "Eva Ek", "IsPrivatePerson": True},
                ],
                "articles": [
                    {"Number": "KONS", "Name": "Konsulttimme", "unit": "tim", "NetPrice": 1200},
                    {"Number": "LUNCH", "Name": "Lunch", "coding": "services-12", "NetPrice": 100},
                    {"Number": "BOK", "Name": "Handbok", "coding": "goods-6", "NetPrice": 100},
                    {"Number": "VARD", "Name": "Hälsokontroll", "coding": "services-0", "NetPrice": 100},
                    {"Number": "GAMMAL", "Name": "Utgången", "IsActive": False},
                ],
            },
            {"key": "two", "name": "Andra AB", "orgnr": "559000-0021"},
        ]
    },
}


class Api(httpx.Client):
    """A client signed in to one company; paths as the manual writes them. Numbers are read as decimals."""

    def ok(self, method: str, path: str, **options: Any) -> Any:
        """The answer to a call that must succeed; None when it has no body."""
        response = self.request(method, path, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return jsonio.loads(response.content) if response.content else None

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, int, list[str]]:
        """Status, `ErrorCode` and the fields named in `Errors` of a call that must be refused."""
        response = self.request(method, path, **options)
        assert response.is_error, f"{method} {path} was accepted: {response.text}"
        body = response.json()
        assert set(body) == {"ErrorCode", "DeveloperErrorMessage", "ErrorId", "Errors"}
        return response.status_code, body["ErrorCode"], [error["Field"] for error in body["Errors"]]

    def all(self, path: str, **options: Any) -> list[Any]:
        """The records of a list call, first page."""
        data: list[Any] = self.ok("GET", path, **options)["Data"]
        return data

    def where(self, path: str, text: str) -> list[Any]:
        """The records that a filter finds."""
        return self.all(path, params={"$filter": text})

    def customer(self, number: str) -> Any:
        """A customer by number."""
        return self.where("/customers", f"CustomerNumber eq '{number}'")[0]

    def article(self, number: str) -> Any:
        """An article by number."""
        return self.where("/articles", f"Number eq '{number}'")[0]

    def row(
        self, article: str = "KONS", *, quantity: Any = 1, price: Any = 100, **fields: Any
    ) -> dict[str, Any]:
        """A draft row as a client would send it."""
        return {
            "ArticleId": self.article(article)["Id"],
            "IsTextRow": False,
            "ReversedConstructionServicesVatFree": False,
            "Quantity": quantity,
            "UnitPrice": price,
            **fields,
        }

    def draft_body(self, *rows: dict[str, Any], customer: str = "1001", **fields: Any) -> dict[str, Any]:
        """A draft as a client would send it."""
        return {
            "CustomerId": self.customer(customer)["Id"],
            "EuThirdParty": False,
            "RotReducedInvoicingType": 0,
            "Rows": list(rows) or [self.row()],
            **fields,
        }

    def draft(self, *rows: dict[str, Any], customer: str = "1001", **fields: Any) -> Any:
        """A draft, created."""
        return self.ok(
            "POST", "/customerinvoicedrafts", json=self.draft_body(*rows, customer=customer, **fields)
        )

    def invoice(self, *rows: dict[str, Any], customer: str = "1001", **fields: Any) -> Any:
        """An invoice, made of a draft."""
        draft = self.draft(*rows, customer=customer, **fields)
        return self.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")


@dataclass
class Sandbox:
    """A running simulator, its control calls, and the clients that were signed in to it."""

    url: str
    control: httpx.Client
    simulator: SpirisSimulator
    clients: list[Api] = field(default_factory=list)
    is_faulted: bool = False

    def reset(self, world: dict[str, Any] | str = "empty") -> None:
        """Start over; what was said until now must have kept to the vendor's document."""
        self.check_log()
        self.does("POST", "reset", json={"world": world})

    def check_log(self) -> None:
        """Every answer, and every request that was accepted, keeps to the vendor's document, where that is present.

        A sandbox that was told to misbehave is not held to it.
        """
        if spiris_document.is_present() and not self.is_faulted:
            assert spiris_document.check_log(self.does("GET", "requests")) == []
        self.is_faulted = False

    def does(self, method: str, path: str, **options: Any) -> Any:
        """A control call that must succeed."""
        self.is_faulted = self.is_faulted or (method, path) == ("POST", "faults")
        response = self.control.request(method, f"/_sandbox/{path}", **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return jsonio.loads(response.content)

    def refuses(self, method: str, path: str, **options: Any) -> str:
        """The reason of a control call that must be refused."""
        response = self.control.request(method, f"/_sandbox/{path}", **options)
        assert response.is_client_error, response.text
        reason: str = response.json()["error"]
        return reason

    def switch(self, **values: Any) -> None:
        """Set switches."""
        self.does("PUT", "switches", json=values)

    def at(self, now: str) -> None:
        """Set the clock."""
        self.does("PUT", "clock", json={"now": now})

    def company(self, key: str = "se") -> Any:
        """A company's part of the state."""
        return next(company for company in self.does("GET", "state")["companies"] if company["key"] == key)

    def sign_in(self, *, company: str = "se", scopes: str = ALL_SCOPES) -> Api:
        """Sign in as a person with a browser would, and give the client that came of it."""
        return self.with_token(self.tokens(company=company, scopes=scopes)["access_token"])

    def with_token(self, token: str) -> Api:
        """A client that sends this token."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        api = Api(base_url=f"{self.url}/v2", headers=headers, timeout=10, verify=TRUST)
        self.clients.append(api)
        return api

    def asked(self, **changes: str) -> dict[str, str]:
        """The parameters of an authorize request."""
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        return {
            "response_type": "code",
            "client_id": CLIENT[0],
            "redirect_uri": REDIRECT,
            "scope": ALL_SCOPES,
            "state": "state-1",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "prompt": "select_account",
            **changes,
        }

    def code(self, *, company: str = "se", **changes: str) -> str:
        """The code that the browser brings back."""
        form = self.control.get("/connect/authorize", params=self.asked(**changes))
        assert form.status_code == 200, form.text
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form.text))
        answer = self.control.post("/connect/authorize", data={**fields, "company": company})
        assert answer.status_code == 302, answer.text
        returned = parse_qs(urlsplit(answer.headers["location"]).query)
        assert returned["state"] == ["state-1"]
        return returned["code"][0]

    def tokens(self, *, company: str = "se", scopes: str = ALL_SCOPES) -> dict[str, Any]:
        """The tokens of a fresh sign-in."""
        form = {
            "grant_type": "authorization_code",
            "code": self.code(company=company, scope=scopes),
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        answer = self.control.post("/connect/token", data=form, auth=CLIENT)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens


@contextmanager
def sandbox(world: dict[str, Any] | None = None) -> Iterator[Sandbox]:
    """A simulator on a free port, holding the world of these tests unless another is given."""
    simulator = SpirisSimulator(Clock(), Records())
    with running(simulator) as (url,), httpx.Client(base_url=url, timeout=10, verify=TRUST) as control:
        office = Sandbox(url, control, simulator)
        office.reset(WORLD if world is None else world)
        try:
            yield office
            office.check_log()
        finally:
            for client in office.clients:
                client.close()


def kr(text: str) -> Decimal:
    """An amount."""
    return Decimal(text)
