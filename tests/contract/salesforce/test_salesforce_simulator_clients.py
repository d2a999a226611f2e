"""The Salesforce simulator, used by a client that knows nothing of it: simple-salesforce, unmodified.

That client speaks HTTPS to hosts of its own choosing, so a transport adapter sends what it says to loopback instead.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from salesforce_box import CLIENT, WORLD, Box, box

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class ToLoopback(HTTPAdapter):
    """Sends whatever was meant for `https://…` to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        asked = urlsplit(request.url or "")
        request.url = self._url + asked.path + (f"?{asked.query}" if asked.query else "")
        return super().send(request, *args, **{**options, "timeout": 10, "proxies": {}})


@pytest.fixture(scope="module")
def served() -> Iterator[Box]:
    with box() as running:
        running.reset(WORLD)
        running.control.put("/_sandbox/clients", json={**CLIENT, "public_key": PUBLIC_PEM})
        yield running


@pytest.fixture
def session(served: Box) -> Iterator[requests.Session]:
    served.reset(WORLD)
    with requests.Session() as made:
        made.mount("https://", ToLoopback(served.url))
        yield made


@pytest.fixture
def client(session: requests.Session) -> Any:
    """Its attributes are made up as they are asked for, which no type checker follows."""
    return Salesforce(
        username="integration@example.com",
        consumer_key=CLIENT["client_id"],
        privatekey=PRIVATE_PEM,
        session=session,
        parse_float=Decimal,
        version="59.0",
    )


def test_it_signs_in_with_client_credentials(session: requests.Session) -> None:
    client = Salesforce(
        consumer_key=CLIENT["client_id"],
        consumer_secret=CLIENT["client_secret"],
        domain="exempel.my",
        session=session,
    )
    assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 3


def test_it_signs_in_with_a_password_where_the_org_still_takes_one(
    served: Box, session: requests.Session
) -> None:
    """By SOAP, which is what it does with a password."""
    told: dict[str, Any] = {
        "username": "integration@example.com",
        "password": "sandbox-password",
        "security_token": "sandbox-token",
        "session": session,
        "version": "59.0",
    }
    with pytest.raises(SalesforceAuthenticationFailed, match="disabled in this org"):
        Salesforce(**told)
    served.switch(legacy_logins="yes")
    with pytest.raises(SalesforceAuthenticationFailed, match="Invalid username, password"):
        Salesforce(**{**told, "password": "guessed"})
    assert Salesforce(**told).query("SELECT COUNT() FROM Account")["totalSize"] == 3


def test_it_speaks_real_tls_to_a_sandbox_whose_certificate_it_trusts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sfspiris", "sandbox", "up", "--json", "--tls", "--world", "empty"]
    options = ["--data", str(tmp_path), "--salesforce-port", "0", "--spiris-port", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            where = json.loads(process.stdout.readline())
            form = {"grant_type": "client_credentials", **CLIENT}
            with requests.Session() as plain:
                plain.trust_env = False  # a bundle named there would count for more than the next line
                plain.verify = where["certificate"]
                signed_in = plain.post(
                    f"{where['salesforce_tls']}/services/oauth2/token", data=form, timeout=20
                )
                told = signed_in.json()
                assert told["instance_url"] == where["salesforce_tls"]
                client = Salesforce(
                    session_id=told["access_token"], instance_url=told["instance_url"], session=plain
                )
                assert client.query("SELECT Name FROM Organization")["totalSize"] == 1
        finally:
            process.kill()


def test_it_reads_every_page_and_exact_numbers(served: Box, client: Any) -> None:
    served.switch(page_size=1)
    rows = list(client.query_all_iter("SELECT Name, Amount FROM Opportunity ORDER BY Name"))
    assert [row["Name"] for row in rows] == ["lost deal", "No buyer", "Open deal", "Won deal"]
    assert rows[0]["Amount"] == Decimal("100.5")
    served.switch(page_size=None)
    assert client.api_usage["api-usage"].total == 100_000


def test_it_creates_changes_upserts_and_deletes(client: Any) -> None:
    accounts = client.Account
    made = accounts.create({"Name": "Simpel AB"})["id"]
    assert accounts.update(made, {"Phone": "1"}) == 204
    assert accounts.get(made)["Phone"] == "1"
    invoices = client.Invoice__c
    assert invoices.upsert("External_Id__c/x1", {"Total__c": 1}) == 201
    assert invoices.upsert("External_Id__c/x1", {"Total__c": 2}) == 200
    assert accounts.delete(made) == 204
    with pytest.raises(SalesforceResourceNotFound):
        accounts.get(made)
    with pytest.raises(SalesforceMalformedRequest):
        accounts.create({"Nmae": "x"})


def test_it_describes_and_asks_for_limits(client: Any) -> None:
    described = client.describe()
    assert described is not None
    assert "Opportunity" in {one["name"] for one in described["sobjects"]}
    assert client.Opportunity.describe()["name"] == "Opportunity"
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000


def test_it_uses_the_first_bulk_api(client: Any) -> None:
    rows = client.bulk.Opportunity.query("SELECT Name, CreatedDate FROM Opportunity WHERE IsWon = true")
    assert [row["Name"] for row in rows] == ["Won deal"]
    assert isinstance(rows[0]["CreatedDate"], int)
    results = client.bulk.Account.insert([{"Name": "Bulk AB"}, {"Phone": "1"}])
    assert [one["success"] for one in results] == [True, False]


def test_it_uses_the_second_bulk_api(client: Any) -> None:
    pages = list(
        client.bulk2.Opportunity.query("SELECT Name FROM Opportunity ORDER BY Name", max_records=3, wait=0)
    )
    assert len(pages) == 2
    (answer,) = client.bulk2.Account.insert(records=[{"Name": "Bulk2 AB"}, {"Name": ""}], wait=0)
    assert (answer["numberRecordsTotal"], answer["numberRecordsFailed"]) == (2, 1)
    assert "REQUIRED_FIELD_MISSING" in client.bulk2.Account.get_failed_records(answer["job_id"])
