"""The traffic with Spiris, written down: a change of what we send, or of what the sandbox answers, shows here.

The cassette is recorded from the sandbox with SFSPIRIS_RECORD=1. The first test lets the adapter speak to the cassette: whatever
it sends must be in there, word for word. The second sends what is in there to a live sandbox: the answers must have
the same statuses and the same shapes.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
import vcr
from vcr.request import Request

from kept import KeptInMemory
from sfspiris.adapters import exactjson
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.adapters.spiris.ledger import SpirisLedger
from sfspiris.adapters.spiris.oauth import Addresses, SpirisSignIn, TokenCalls
from sfspiris.adapters.transport import Pace, Transport
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.identity import Marker, customer_note
from sfspiris.core.model import Customer, Draft, DraftRow
from sfspiris.errors import Refused
from sfspiris.ports.tokens import Tokens
from spiris_office import CLIENT, ORGNR, Office, company, customer, office
from token_box import TokenBox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CASSETTE = Path(__file__).parent / "cassettes" / "spiris.yaml"
HOST = "http://spiris.test"
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
REFRESH = b"refresh-token"
MARKER = Marker("006000000000001AAA", 1, "K7Q2M")

_MOMENT = re.compile(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_SECRET = re.compile(rb'"(access_token|refresh_token)":\s*"[^"]+"')
_ERROR_ID = re.compile(rb'"ErrorId":\s*"[^"]+"')
_REFRESH_TOKEN = re.compile(rb"(?<=&)refresh_token=[^&]+")


def story(ledger: SpirisLedger, *, finance_issues: Callable[[str], None]) -> None:
    """Every call that the adapter makes, once: what a run reads, what it creates, and a refusal."""
    ledger.profile()
    ledger.customers()
    articles = {one.number: one for one in ledger.articles()}
    terms = next(one for one in ledger.payment_terms() if one.days == 30)
    buyer = Customer(
        name="Åkes Rör & Värme AB",
        postal_code="582 22",
        city="Linköping",
        country="SE",
        currency="SEK",
        orgnr="556012-5790",
        vat_number="SE556012579001",
        address1="Storgatan 1",
        address2="c/o Ek",
        email="faktura@example.com",
        phone="013-12 34 56",
        note=customer_note("001000000000001AAA", "K7Q2M"),
    )
    made = ledger.create_customer(buyer, terms_id=terms.id)
    with pytest.raises(Refused):
        ledger.create_customer(
            Customer("x" * 51, postal_code="582 22", city="Linköping", country="SE", currency="SEK"),
            terms_id=terms.id,
        )
    kons, bok = articles["KONS"], articles["BOK"]
    draft = Draft(
        currency="SEK",
        rows=(
            DraftRow("Konsulttimme", kons.id, "KONS", Decimal("2.5"), Decimal("900.10"), Decimal("0.125")),
            DraftRow("Handbok", bok.id, "BOK", Decimal(1), Decimal("320.00")),
            DraftRow("Enligt överenskommelse"),
        ),
        invoice_date=date(2026, 11, 20),
        marker=str(MARKER),
        delivery_date=date(2026, 11, 30),
        terms_id=terms.id,
        our_reference=str(MARKER),
        your_reference="Anna Ek",
        purchase_order="PO-7",
    )
    first = ledger.create_draft(draft, customer_id=made.id, marker_field=MarkerField.OUR_REFERENCE)
    ledger.create_draft(draft, customer_id=made.id, marker_field=MarkerField.TEXT_ROW)
    finance_issues(first.id)
    ledger.drafts()
    ledger.invoices()
    ledger.invoices(modified_since=NOW)


def world() -> dict[str, Any]:
    """The company that the cassette is about."""
    return company(customers=[customer(1)])


# --- the cassette --------------------------------------------------------------------------------------------------


def tape(*, is_recording: bool = False) -> Any:
    """The cassette: replayed as it is, or written anew."""
    return vcr.use_cassette(
        str(CASSETTE),
        record_mode="all" if is_recording else "none",
        match_on=["method", "path", "query", "body"],
        decode_compressed_response=True,
        before_record_request=scrubbed_request,
        before_record_response=scrubbed_response,
    )


def scrubbed_request(request: Request) -> Request | None:
    """The request without port, credentials and passing headers; None for what a person does in the sandbox."""
    parts = urlsplit(request.uri)
    if parts.path.startswith("/_sandbox"):
        return None
    body = None if request.body is None else _REFRESH_TOKEN.sub(b"refresh_token=" + REFRESH, request.body)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return Request(request.method, HOST + target, body, kept(request.headers))


def scrubbed_response(response: dict[str, Any]) -> dict[str, Any]:
    """The response without secrets, moments and passing headers."""
    body = _SECRET.sub(rb'"\1": "\1"', response["body"]["string"])
    body = _ERROR_ID.sub(b'"ErrorId": "00000000-0000-4000-8000-000000000000"', body)
    body = _MOMENT.sub(b"2026-11-20T08:00:00Z", body)
    return {**response, "headers": kept(response["headers"]), "body": {"string": body}}


def kept(headers: Mapping[str, Any]) -> dict[str, Any]:
    """Of all headers, the one that says what the body is."""
    return {name: value for name, value in headers.items() if name.lower() == "content-type"}


def record() -> None:
    """Let the story happen in the sandbox and write it down."""
    CASSETTE.unlink(missing_ok=True)
    with office(world()) as spiris, spiris.ledger() as ledger:
        spiris.later(hours=2)  # so that the token is refreshed first
        with tape(is_recording=True):
            story(
                ledger,
                finance_issues=lambda draft: spiris.control(
                    "POST", f"drafts/{draft}/issue", {"date": "2026-11-20"}
                ),
            )


@pytest.fixture(scope="module", autouse=True)
def _recorded_when_asked_to() -> None:
    if os.environ.get("SFSPIRIS_RECORD") == "1":
        record()


# --- the adapter against the cassette ------------------------------------------------------------------------------


def test_the_adapter_sends_what_is_written_down_and_nothing_else() -> None:
    expired = Tokens("access", NOW, ORGNR, refresh_token="old", expires_at=NOW)
    pace = Pace(sleep=lambda _: None, monotonic=time.monotonic, jitter=lambda: 0.0)
    transport, addresses = Transport(service="Spiris", pace=pace), Addresses.local(HOST)
    calls = TokenCalls(transport, addresses, CLIENT, company="se", now=lambda: NOW)
    sign_in = SpirisSignIn(
        calls, TokenBox(spiris__se=expired), key="spiris:se", company="se", now=lambda: NOW
    )
    client = SpirisClient(transport, addresses.api, sign_in, company="se")
    with tape() as cassette:
        story(
            SpirisLedger(client, company="se", orgnr=ORGNR, kept=KeptInMemory(), now=lambda: NOW),
            finance_issues=lambda _: None,
        )
        assert cassette.all_played
        assert cassette.play_count == transport.calls == len(cassette)


def test_the_cassette_keeps_no_secret_and_no_address_of_the_machine_that_recorded_it() -> None:
    text = CASSETTE.read_text()
    for telling in (
        "Bearer ",
        "Basic ",
        "Authorization",
        CLIENT.client_secret,
        "127.0.0.1",
        "localhost",
        "sfspiris/",
    ):
        assert telling.lower() not in text.lower()


# --- the sandbox against the cassette ------------------------------------------------------------------------------


def test_the_sandbox_answers_what_is_written_down_with_the_same_statuses_and_shapes() -> None:
    with tape() as cassette:
        written = list(zip(cassette.requests, cassette.responses, strict=True))
    with office(world()) as spiris, spiris.ledger(), httpx.Client() as browser:
        issued = False
        for request, response in written:
            path = urlsplit(request.uri).path
            if (request.method, path) == ("GET", "/v2/customerinvoicedrafts") and not issued:
                spiris.control(
                    "POST", f"drafts/{spiris.stored('drafts')[0]['Id']}/issue", {"date": "2026-11-20"}
                )
                issued = True
            answer = browser.send(live(request, spiris))
            assert answer.status_code == response["status"]["code"], path
            assert shape(exactjson.loads(answer.content)) == shape(
                exactjson.loads(response["body"]["string"])
            ), path
    assert issued


def live(request: Request, spiris: Office) -> httpx.Request:
    """A written request as the sandbox can take it: its own address, and credentials that it gave."""
    tokens = spiris.store.load("spiris:se")
    assert tokens is not None
    assert tokens.refresh_token is not None
    is_token_call = "/connect/" in request.uri
    return httpx.Request(
        request.method,
        request.uri.replace(HOST, spiris.url),
        content=(request.body or b"").replace(REFRESH, tokens.refresh_token.encode()),
        headers={
            **request.headers,
            "Authorization": CLIENT.authorization if is_token_call else f"Bearer {tokens.access_token}",
        },
    )


def shape(value: Any) -> Any:
    """The names and kinds of a document, without its values; a list is the kinds that occur in it."""
    match value:
        case dict():
            return {name: shape(inner) for name, inner in value.items()}
        case list():
            return sorted({repr(shape(inner)) for inner in value})
        case bool() | None | str():
            return type(value).__name__
        case _:
            return "number"
