"""One recorded conversation with Salesforce's API: today's adapter still says the same and understands the answers, and the
sandbox still answers as it did.

`SFSPIRIS_RECORD=1` records it anew, against the sandbox. Tokens, assertions, signatures, times and addresses are taken out.
"""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
import vcr

from salesforce_org import MemoryCatalogs, MemoryTokens, Naps
from salesforce_world import CLIENT, NOW, PRIVATE_KEY, USER, Org, running_org
from sfspiris.adapters.salesforce.app import App, JwtBearer, assertion
from sfspiris.core.model import SyncState
from sfspiris.ports.crm import DealBatch, DealUpdate, KnownDeal, Selection, WriteResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.adapters.salesforce.crm import SalesforceCrm

CASSETTES = Path(__file__).parent / "cassettes"
CASSETTE = CASSETTES / "salesforce.yaml"
RECORDING = os.environ.get("SFSPIRIS_RECORD") == "1"
HOST = "http://salesforce.test"
TOLD_AT = "Fri, 20 Nov 2026 08:00:00 GMT"

_SECRET_FORM_FIELDS = {"assertion", "client_secret", "refresh_token", "code", "code_verifier"}
_SECRET_MEMBERS = {
    "access_token": "session",
    "refresh_token": "refresh",
    "signature": "signature",
    "issued_at": "1795161600000",
}
_DESCRIBED = ("name", "type", "length", "scale", "updateable", "relationshipName", "referenceTo")
_KEPT_HEADERS = {"content-type", "sforce-limit-info"}
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_STATUS = SyncState("Held", "ORGNR_MISSING", "Organisationsnummer saknas.", "K7Q2MABCDEFG", "se")


# --- what is taken out ---------------------------------------------------------------------------------------------


def scrubbed_request(request: Any) -> Any:
    request.uri = _ADDRESS.sub(HOST, request.uri)
    request.headers = {
        name: value for name, value in request.headers.items() if name.lower() == "content-type"
    }
    if urlsplit(request.uri).path.startswith("/services/oauth2/") and request.body:
        fields = parse_qsl(request.body.decode() if isinstance(request.body, bytes) else request.body)
        request.body = urlencode(
            {name: "…" if name in _SECRET_FORM_FIELDS else value for name, value in fields}
        )
    return request


def scrubbed_response(response: dict[str, Any]) -> dict[str, Any]:
    headers = {name: value for name, value in response["headers"].items() if name.lower() in _KEPT_HEADERS}
    body = _ADDRESS.sub(HOST, response["body"]["string"].decode())
    document = json.loads(body) if body else None
    if isinstance(document, dict) and "access_token" in document:
        body = json.dumps(
            document | {name: text for name, text in _SECRET_MEMBERS.items() if name in document}
        )
    if isinstance(document, dict) and "hasErrors" in document:
        body = json.dumps(pruned(document), separators=(",", ":"))
    return {
        **response,
        "headers": {**headers, "date": [TOLD_AT]},
        "body": {"string": body.encode()},
    }


def pruned(batch: dict[str, Any]) -> dict[str, Any]:
    """A batch of describes with what the adapter reads of them; an org tells ten times as much."""
    return {
        **batch,
        "results": [
            {
                **one,
                "result": {
                    "name": one["result"]["name"],
                    "fields": [
                        {name: field[name] for name in _DESCRIBED} for field in one["result"]["fields"]
                    ],
                },
            }
            for one in batch["results"]
        ],
    }


tape = vcr.VCR(
    cassette_library_dir=str(CASSETTES),
    match_on=["method", "path", "query", "body"],
    before_record_request=scrubbed_request,
    before_record_response=scrubbed_response,
    decode_compressed_response=True,
)


# --- the conversation ------------------------------------------------------------------------------------------------


def converse(crm: SalesforceCrm) -> dict[str, Any]:
    """One of each call that the adapter makes, with what came of it."""
    everything = crm.read_deals(Selection())
    hiss, other = sorted(everything.deals, key=lambda deal: deal.name)
    updates = [DealUpdate(hiss.id, _STATUS, NOW), DealUpdate("006000000000000AAA", _STATUS, NOW)]
    return {
        "organization": crm.organization(),
        "everything": everything,
        "delta": crm.read_deals(
            Selection(changed_since=other.changed_at - timedelta(minutes=15), ids=(hiss.id,))
        ),
        "existing": crm.exist([hiss.id[:15], "006000000000000AAA"]),
        "written": crm.write_deals(updates),
        "read back": crm.read_deals(Selection(ids=(hiss.id,))),
    }


def replayed_crm() -> SalesforceCrm:
    org = Org(HOST, httpx.Client(trust_env=False), MemoryTokens(), MemoryCatalogs(at=NOW), NOW, Naps())
    return org.crm()


@pytest.fixture(scope="module", autouse=True)
def cassette() -> None:
    """Make the cassette when asked to; a missing one fails the tests that need it."""
    if not RECORDING:
        return
    CASSETTE.unlink(missing_ok=True)
    with running_org() as org:
        org.reset()
        with tape.use_cassette(CASSETTE.name, record_mode="all"):
            converse(org.crm())


def test_todays_adapter_says_what_was_recorded_and_understands_the_answers() -> None:
    with tape.use_cassette(CASSETTE.name, record_mode="none") as played:
        told = converse(replayed_crm())
        assert played.all_played
    assert (told["organization"].name, told["organization"].is_sandbox) == ("Norrsken", True)
    everything: DealBatch = told["everything"]
    hiss, licences = sorted(everything.deals, key=lambda deal: deal.name)
    assert everything.read_at == NOW
    assert (hiss.amount, hiss.currency, licences.amount, licences.currency) == (
        Decimal("37411.4"),
        "SEK",
        Decimal(1320),
        "EUR",
    )
    assert [line.article for line in hiss.lines] == ["UTB-DAG", "KONSULT-TIM"]
    assert hiss.buyer is not None
    assert (hiss.buyer.name, hiss.buyer.orgnr, hiss.buyer.country) == ("Exempel AB", "556012-5790", "SE")
    assert told["delta"].deals == (hiss,)
    assert told["existing"] == {hiss.id: KnownDeal("Hissar till Exempel", "Closed Won")}
    saved, refused = told["written"]
    assert saved == WriteResult(hiss.id)
    assert refused.error is not None
    assert told["read back"].deals[0].sync == _STATUS


def test_the_cassette_holds_no_secret_and_no_address_of_a_machine() -> None:
    text = CASSETTE.read_text(encoding="utf-8")
    for pattern in (
        r"127\.0\.0\.1",
        r"localhost",
        r"Bearer \w",
        r"00D\w{12,15}!",
        r"eyJ[\w-]{10}",
        r"PRIVATE KEY",
    ):
        assert not re.search(pattern, text), pattern


# --- the other way round ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Org]:
    with running_org() as org:
        org.reset()
        yield org


def test_the_sandbox_still_answers_as_recorded(sandbox: Org) -> None:
    session = sandbox.sign_in().current()
    with tape.use_cassette(CASSETTE.name, record_mode="none") as played:
        recorded = list(zip(played.requests, played.responses, strict=True))
    assert recorded
    for request, response in recorded:
        parts = urlsplit(request.uri)
        body = request.body
        if parts.path == "/services/oauth2/token":
            body = urlencode(
                dict(parse_qsl(body.decode())) | {"assertion": fresh_assertion(sandbox)}
            ).encode()
        answer = sandbox.http.request(
            request.method,
            f"{sandbox.url}{parts.path}{'?' + parts.query if parts.query else ''}",
            content=body,
            headers={**request.headers, "Authorization": f"Bearer {session.access_token}"},
        )
        assert answer.status_code == response["status"]["code"], request.uri
        expected, told = json.loads(response["body"]["string"]), answer.json()
        if isinstance(told, dict) and "hasErrors" in told:
            told = pruned(told)
        assert shape(told) == shape(expected), request.uri


def fresh_assertion(org: Org) -> str:
    grant = JwtBearer(USER, lambda: PRIVATE_KEY)
    return assertion(App("local", org.url, CLIENT, grant), grant, at=NOW)


def shape(document: Any) -> Any:
    """A document without its values: members and types; of a list, the different shapes in it, in their order."""
    match document:
        case dict():
            return {name: shape(value) for name, value in sorted(document.items())}
        case list():
            shapes = [shape(one) for one in document]
            return [one for place, one in enumerate(shapes) if one not in shapes[:place]]
        case bool() | None:
            return type(document).__name__
        case int() | float():
            return "number"
        case _:
            return "text"
