"""The sandbox, used by clients that nobody here wrote, and what they can and cannot do with it.

simple-salesforce is used in `test_salesforce_simulator_clients` too, there through an adapter that sends its calls to
plain HTTP; here it speaks HTTPS to the sandbox's own certificate, nothing in between.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from simple_salesforce.api import Salesforce

from playground import command
from salesforce_box import CLIENT
from spiris_sandbox import CLIENT as SPIRIS_CLIENT
from spiris_sandbox import Sandbox, sandbox

# --- simple-salesforce over HTTPS ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, str]]:
    """`sandbox up --tls`, as a user starts it; gives what it prints when it is ready."""
    options = ["--salesforce-port", "0", "--spiris-port", "0", "--world", "demo"]
    with subprocess.Popen(
        [command(), "sandbox", "up", "--tls", "--json", *options], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@pytest.fixture
def client(served: dict[str, str]) -> Iterator[Any]:
    """A direct login with a session: the only one of that client's logins that takes a host of one's own."""
    form = {"grant_type": "client_credentials", **CLIENT}
    answer = httpx.post(f"{served['salesforce']}/services/oauth2/token", data=form).raise_for_status()
    with requests.Session() as session:
        session.verify = served["certificate"]
        session.trust_env = False  # or a bundle named in the environment is trusted instead
        yield Salesforce(
            session_id=answer.json()["access_token"], instance_url=served["salesforce_tls"], session=session
        )


def test_simple_salesforce_speaks_https_with_the_sandboxs_own_certificate(client: Any) -> None:
    assert client.base_url.startswith("https://127.0.0.1:")
    won = client.query_all("SELECT Id, Name, (SELECT Quantity FROM OpportunityLineItems) FROM Opportunity WHERE IsWon = true")  # fmt: skip
    assert won["totalSize"] == len(won["records"]) > 5
    assert "Amount" in {field["name"] for field in client.Opportunity.describe()["fields"]}


def test_simple_salesforce_refuses_the_certificate_unless_it_is_told_to_trust_it(
    served: dict[str, str],
) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        Salesforce(session_id="none", instance_url=served["salesforce_tls"]).limits()


def test_simple_salesforce_writes_over_https(client: Any) -> None:
    made = client.Account.create({"Name": "Tillfällig AB"})["id"]
    (changed,) = client.bulk2.Account.update(records=[{"Id": made, "Phone": "08-1"}], wait=0)
    assert (changed["numberRecordsProcessed"], changed["numberRecordsFailed"]) == (1, 0)
    assert client.Account.get(made)["Phone"] == "08-1"
    assert client.Account.delete(made) == 204


# --- visma, 2018 ---------------------------------------------------------------------------------------------------

UNCHANGED = {"TermsOfPayment", "FiscalYear", "ArticleAccountCoding", "CostCenter", "Currency"}
GROWN = {
    "Customer", "CustomerInvoiceDraft", "VatCode", "Account", "Article", "BankAccount", "CompanySettings", "Country", "Unit",
    "User",
}  # fmt: skip
"""Models of the package whose objects have got fields since."""


def visma(served: Sandbox, folder: Path, *arguments: str) -> dict[str, Any]:
    """What came of the package's calls, with tokens that ran out long ago."""
    tokens = served.tokens()
    known = {name: tokens[name] for name in ("access_token", "refresh_token")}
    kept = folder / "tokens.json"
    kept.write_text(json.dumps({**known, "expires": "2020-01-01T00:00:00+00:00"}))
    environ = {
        "SANDBOX": served.url,
        "VISMA_API_CLASS": "visma_at_work.AtTheSandbox",
        "VISMA_API_TOKEN_PATH": str(kept),
        "VISMA_API_CLIENT_ID": SPIRIS_CLIENT[0],
        "VISMA_API_CLIENT_SECRET": SPIRIS_CLIENT[1],
        "MODELS": " ".join(sorted(UNCHANGED | GROWN)),
    }
    program = Path(__file__).parents[1] / "visma_at_work.py"
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", str(program), *arguments],
        env=os.environ | environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert json.loads(kept.read_text())["refresh_token"] != tokens["refresh_token"]
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with sandbox() as one:
        api = one.sign_in()
        api.draft()
        one.switch(rate_limit_per_minute=60)
        yield one


@pytest.fixture(scope="module")
def told(running: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The package as it is."""
    return visma(running, tmp_path_factory.mktemp("as-it-is"))


def test_visma_is_pointed_at_the_sandbox_by_its_own_setting_and_renews_its_tokens(
    told: dict[str, Any],
) -> None:
    """The setting names the class that makes the calls; the refresh token that it spent is replaced in its file."""
    assert told["calls"] == "AtTheSandbox"
    assert told["page"] == 2


def test_visma_finds_every_field_that_it_knew_in_2018(told: dict[str, Any]) -> None:
    gone = {name: model["gone"] for name, model in told["models"].items() if model["gone"]}
    assert gone == {"CompanySettings": ["AccountingLockedTo", "CompanyText"]}, "left out while there are none"
    assert {name for name, model in told["models"].items() if model["new"]} == GROWN


def test_visma_cannot_read_what_it_is_answered(told: dict[str, Any]) -> None:
    """No fault of the sandbox: it was written for a beta of marshmallow 3, which called its hooks otherwise."""
    for name in (UNCHANGED | GROWN) - {"CompanySettings"}:  # which is no list, and refused before that
        assert "make_instance() got an unexpected keyword argument" in told["models"][name]["read"]


def test_visma_creates_a_customer_although_it_cannot_read_the_answer(told: dict[str, Any]) -> None:
    assert "make_instance() got an unexpected keyword argument" in told["create"]
    assert (told["put"], told["delete"]) == ("ändrad", 200)


def test_visma_is_told_what_it_asks_for_wrongly(told: dict[str, Any]) -> None:
    """It sorts with `$order_by`, which no OData server knows."""
    assert told["order"].startswith("VismaAPIException")
    assert "$order_by" in told["order"].partition("DeveloperErrorMessage")[2]
    assert "HTTP:404" in told["unknown"]
    assert '"ErrorCode":3000' in told["unknown"]


def test_visma_with_its_hook_mended_reads_what_has_not_changed_since_2018(
    running: Sandbox, tmp_path: Path
) -> None:
    """What has got fields since, it refuses: it is strict on reading, where answers grow."""
    mended = visma(running, tmp_path, "--mended")
    read = {name for name, model in mended["models"].items() if model["read"].isdecimal()}
    assert read == UNCHANGED
    for name in GROWN:
        assert mended["models"][name]["read"].startswith("ValidationError")
        assert "Unknown field" in mended["models"][name]["read"]
    assert mended["filter"].startswith("ValidationError")
    # It stops at the page whose number is the number of pages, and of nothing there are none: the quota stops it.
    assert "HTTP:429" in mended["nothing"]
    assert '"ErrorCode":4010' in mended["nothing"]
