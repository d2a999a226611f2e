"""The kernel around a toy vendor, over real HTTP: what every simulator gets from it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from plainhttp import TRUST
from sfspiris.sandbox.kernel.app import document_of
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.jsonio import JsonResponse
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.kernel.simulator import Simulator
from sfspiris.sandbox.kernel.switches import Switch
from sfspiris.sandbox.server import running


class Toyshop(Simulator):
    """A vendor with one register, toys, each with a name and a price."""

    name = "spiris"
    declared_switches = (Switch("wrapping", "paper", "the vendor does not say", values=("paper", "none")),)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/toys", self._list, methods=["GET"]),
            Route("/toys", self._create, methods=["POST"]),
            Route("/connect/token", self._token, methods=["POST"]),
            Route("/broken", self._broken, methods=["GET"]),
        ]

    def control_routes(self) -> list[BaseRoute]:
        return [Route("/toys/{id}/break", self._break, methods=["POST"])]

    def state(self) -> dict[str, Any]:
        return {"toys": self.records.all("toys")}

    def load(self, world: dict[str, Any]) -> None:
        self.records.clear()
        for company in world.get("companies", []):
            if "name" not in company:
                raise SandboxError("A company of the toyshop needs a name.")
            self._add({"name": company["name"], "price": Decimal("1.50")})

    def _add(self, toy: dict[str, Any]) -> dict[str, Any]:
        with self.records.transaction():
            record = {"id": str(self.records.next("toy")), **toy}
            self.records.put("toys", record["id"], record)
        return record

    async def _list(self, _request: Request) -> Response:
        return JsonResponse(self.records.all("toys"))

    async def _create(self, request: Request) -> Response:
        return JsonResponse(self._add(await document_of(request)), status_code=201)

    async def _token(self, _request: Request) -> Response:
        return JsonResponse({"access_token": "at-secret", "token_type": "Bearer"})

    async def _broken(self, _request: Request) -> Response:
        raise RuntimeError("a bug of the toyshop")

    async def _break(self, request: Request) -> Response:
        toy = self.records.get("toys", request.path_params["id"])
        if toy is None:
            raise SandboxError("There is no such toy.", status=404)
        self.records.put("toys", toy["id"], {**toy, "broken": True})
        return JsonResponse(self.records.get("toys", toy["id"]))


@pytest.fixture
def shop() -> Toyshop:
    return Toyshop(Clock(), Records())


@pytest.fixture
def client(shop: Toyshop) -> Iterator[httpx.Client]:
    with running(shop) as (url,), httpx.Client(base_url=url, timeout=10, verify=TRUST) as http:
        yield http


def toy_count(client: httpx.Client) -> int:
    return len(client.get("/_sandbox/state").json()["toys"])


def fault(client: httpx.Client, **rule: object) -> None:
    client.post("/_sandbox/faults", json={"method": "POST", "path": "/toys", **rule}).raise_for_status()


def test_prices_come_back_with_the_digits_they_were_sent_with(client: httpx.Client) -> None:
    created = client.post("/toys", content=b'{"name": "kite", "price": 0.10, "weight": 1e2}')
    assert created.status_code == 201
    assert created.text == '{"id":"1","name":"kite","price":0.10,"weight":100}'


def test_answers_are_sent_at_once(client: httpx.Client) -> None:
    """Where small packets wait for each other's receipt, every answer takes 40 ms; a busy machine delays some of them only."""
    assert any(client.post("/toys", json={}).elapsed.total_seconds() < 0.03 for _ in range(100))


def test_an_answer_is_packed_only_for_a_client_that_takes_it_so(client: httpx.Client) -> None:
    client.post("/toys", json={"name": "kite" * 1_000})
    packed = client.get("/toys", headers={"Accept-Encoding": "gzip, deflate"})
    plain = client.get("/toys", headers={"Accept-Encoding": "identity"})
    assert (packed.headers.get("Content-Encoding"), plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 10
    assert packed.content == plain.content


def test_answers_tell_the_simulators_own_time(client: httpx.Client) -> None:
    client.put("/_sandbox/clock", json={"now": "2031-01-01T08:00:00Z"})
    assert client.get("/toys").headers.get_list("Date") == ["Wed, 01 Jan 2031 08:00:00 GMT"]


def test_two_requests_on_one_connection_are_both_answered(client: httpx.Client) -> None:
    assert [client.get("/toys").status_code for _ in range(2)] == [200, 200]


def test_a_control_call_of_the_vendor_is_mounted_beside_the_common_ones(client: httpx.Client) -> None:
    client.post("/toys", json={"name": "kite"})
    assert client.post("/_sandbox/toys/1/break").json()["broken"] is True
    missing = client.post("/_sandbox/toys/2/break")
    assert (missing.status_code, missing.json()) == (404, {"error": "There is no such toy."})


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("PATCH", "/state", 405)])
def test_an_unknown_control_call_is_named(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, f"/_sandbox{path}")
    assert (answer.status_code, answer.json()) == (
        status,
        {"error": f"There is no control call {method} /_sandbox{path}."},
    )


def test_the_log_holds_vendor_calls_in_order_and_no_control_calls(client: httpx.Client) -> None:
    client.put("/_sandbox/clock", json={"now": "2026-11-20T08:00:00Z"})
    client.post("/toys", json={"name": "kite"})
    client.get("/toys?colour=r%C3%B6d")
    client.get("/nowhere")
    calls = client.get("/_sandbox/requests").json()
    assert [(call["n"], call["method"], call["path"], call["status"]) for call in calls] == [
        (1, "POST", "/toys", 201),
        (2, "GET", "/toys", 200),
        (3, "GET", "/nowhere", 404),
    ]
    assert calls[0]["body"] == {"name": "kite"}
    assert calls[0]["response"] == {"id": "1", "name": "kite"}
    assert calls[0]["at"].startswith("2026-11-20T08:00:")
    assert calls[1]["query"] == {"colour": "röd"}
    assert [call["n"] for call in client.get("/_sandbox/requests?after=2").json()] == [3]
    client.delete("/_sandbox/requests")
    assert client.get("/_sandbox/requests").json() == []


def test_secrets_of_a_sign_in_are_not_in_the_log(client: httpx.Client) -> None:
    client.post("/connect/token", data={"grant_type": "refresh_token", "refresh_token": "rt-secret"})
    text = client.get("/_sandbox/requests").text
    assert "secret" not in text
    assert '"grant_type":"refresh_token"' in text


def test_resetting_starts_over_with_the_vendors_part_of_the_world(client: httpx.Client) -> None:
    client.post("/toys", json={"name": "kite"})
    client.put("/_sandbox/switches", json={"wrapping": "none"})
    fault(client, effect="drop_before")
    world = {"now": "2026-11-20T08:00:00Z", "spiris": {"companies": [{"key": "se", "name": "Doll"}]}}
    client.post("/_sandbox/reset", json={"world": world}).raise_for_status()
    assert [toy["name"] for toy in client.get("/_sandbox/state").json()["toys"]] == ["Doll"]
    assert client.get("/_sandbox/switches").json()["wrapping"]["value"] == "paper"
    assert client.get("/_sandbox/faults").json() == []
    assert client.get("/_sandbox/requests").json() == []
    assert client.get("/_sandbox/clock").json()["now"].startswith("2026-11-20T08:00:")


def test_a_world_that_does_not_load_leaves_everything_as_it_was(client: httpx.Client) -> None:
    client.post("/toys", json={"name": "kite"})
    refused = client.post("/_sandbox/reset", json={"world": "dem"})
    assert refused.status_code == 400
    assert "demo" in refused.json()["error"]
    assert toy_count(client) == 1


def test_the_clock_can_be_set_and_runs_on_and_returns_to_real_time(
    shop: Toyshop, client: httpx.Client
) -> None:
    client.put("/_sandbox/clock", json={"now": "2031-01-01T00:00:00+01:00"})
    assert (
        datetime(2030, 12, 31, 23, tzinfo=UTC) < shop.clock.now() < datetime(2030, 12, 31, 23, 1, tzinfo=UTC)
    )
    client.put("/_sandbox/clock", json={"now": None})
    assert shop.clock.offset.total_seconds() == 0


def test_a_world_that_the_vendor_refuses_leaves_data_clock_and_switches_as_they_were(
    shop: Toyshop, client: httpx.Client
) -> None:
    client.put("/_sandbox/clock", json={"now": "2026-11-20T08:00:00Z"})
    client.put("/_sandbox/switches", json={"wrapping": "none"})
    client.post("/toys", json={"name": "kite"})
    world = {"now": "2031-01-01T00:00:00Z", "spiris": {"companies": [{"key": "se"}]}}
    refused = client.post("/_sandbox/reset", json={"world": world})
    assert (refused.status_code, refused.json()["error"]) == (400, "A company of the toyshop needs a name.")
    assert toy_count(client) == 1
    assert shop.clock.now().year == 2026
    assert client.get("/_sandbox/switches").json()["wrapping"]["value"] == "none"


@pytest.mark.parametrize(
    ("method", "path", "document"),
    [
        ("POST", "/reset", ["demo"]),
        ("POST", "/reset", {"word": "demo"}),
        ("PUT", "/switches", ["wrapping"]),
        ("GET", "/requests?after=last", None),
    ],
)
def test_a_control_call_of_the_wrong_shape_is_told_the_right_one(
    client: httpx.Client, method: str, path: str, document: object
) -> None:
    refused = client.request(method, f"/_sandbox{path}", json=document)
    assert refused.status_code == 400
    assert refused.json()["error"]


@pytest.mark.parametrize(
    "document", ['{"now": "yesterday"}', '{"now": "2026-11-20T08:00:00"}', "{}", "[]", "{"]
)
def test_a_clock_setting_that_is_no_moment_is_refused(client: httpx.Client, document: str) -> None:
    refused = client.put("/_sandbox/clock", content=document)
    assert refused.status_code == 400
    assert refused.json()["error"]


def test_switches_are_listed_with_their_reasons_and_refuse_what_they_cannot_be(client: httpx.Client) -> None:
    listed = client.get("/_sandbox/switches").json()
    assert listed["wrapping"] == {
        "value": "paper",
        "default": "paper",
        "values": ["paper", "none"],
        "reason": "the vendor does not say",
    }
    assert listed["latency_ms"]["default"] == 0
    for document, named in [({"wraping": "none"}, "wrapping"), ({"wrapping": "foil"}, "paper, none")]:
        refused = client.put("/_sandbox/switches", json=document)
        assert refused.status_code == 400
        assert named in refused.json()["error"]


def test_latency_delays_vendor_calls_and_no_control_calls(client: httpx.Client) -> None:
    client.put("/_sandbox/switches", json={"latency_ms": 60})
    assert client.get("/toys").elapsed.total_seconds() >= 0.06
    client.put("/_sandbox/switches", json={"latency_ms": 60_000})
    client.get("/_sandbox/clock")  # within the client's own limit, which is shorter


def test_a_status_fault_answers_in_place_of_the_vendor(client: httpx.Client) -> None:
    fault(client, effect="status", code=429, body={"ErrorCode": 4010}, headers={"Retry-After": "7"})
    answer = client.post("/toys", json={"name": "kite"})
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (
        429,
        "7",
        {"ErrorCode": 4010},
    )
    assert answer.headers["Content-Type"] == "application/json"
    assert toy_count(client) == 0
    assert client.post("/toys", json={"name": "kite"}).status_code == 201


def test_a_status_after_fault_hides_that_the_work_was_done(client: httpx.Client) -> None:
    fault(client, effect="status_after", code=500, body="oops")
    answer = client.post("/toys", json={"name": "kite"})
    assert (answer.status_code, answer.text) == (500, "oops")
    assert toy_count(client) == 1


@pytest.mark.parametrize(("effect", "done"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_ends_without_an_answer(client: httpx.Client, effect: str, done: int) -> None:
    fault(client, effect=effect)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.post("/toys", json={"name": "kite"})
    assert toy_count(client) == done
    assert client.get("/_sandbox/requests").json()[0]["status"] is None
    assert client.post("/toys", json={"name": "kite"}).status_code == 201


def test_a_delayed_answer_comes_after_the_work(client: httpx.Client) -> None:
    fault(client, effect="delay", seconds=60)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/toys", json={"name": "kite"}, timeout=httpx.Timeout(10, read=0.05))
    assert toy_count(client) == 1


def test_a_truncated_answer_promises_more_than_it_sends(client: httpx.Client) -> None:
    fault(client, effect="truncate")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        client.post("/toys", json={"name": "kite"})
    assert toy_count(client) == 1


@pytest.mark.parametrize(
    ("effect", "status", "media_type"),
    [("garbage", 200, "application/json"), ("html", 502, "text/html"), ("empty", 201, "application/json")],
)
def test_an_answer_can_lose_its_meaning_after_the_work(
    client: httpx.Client, effect: str, status: int, media_type: str
) -> None:
    fault(client, effect=effect)
    answer = client.post("/toys", json={"name": "kite"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, media_type)
    assert (answer.content == b"") == (effect == "empty")
    with pytest.raises(ValueError, match=r"Expecting value|decode"):
        answer.json()
    assert toy_count(client) == 1


def test_a_repeated_request_is_carried_out_twice_and_answered_once(client: httpx.Client) -> None:
    fault(client, effect="repeat")
    assert client.post("/toys", json={"name": "kite"}).json()["id"] == "2"
    assert toy_count(client) == 2
    assert len(client.get("/_sandbox/requests").json()) == 2


def test_a_fault_waits_for_its_turn_and_ends_after_its_times(client: httpx.Client) -> None:
    fault(client, effect="status", code=503, nth=2, times=2)
    codes = [client.post("/toys", json={}).status_code for _ in range(5)]
    assert codes == [201, 503, 503, 201, 201]


def test_a_fault_without_end_lasts_until_it_is_deleted(client: httpx.Client) -> None:
    fault(client, effect="status", times=None)
    assert {client.post("/toys", json={}).status_code for _ in range(3)} == {503}
    assert client.get("/toys").status_code == 200
    client.delete("/_sandbox/faults")
    assert client.post("/toys", json={}).status_code == 201


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"effect": "explode"}, "drop_after"),
        ({"effect": "delay", "code": 500}, "code"),
        ({"effect": "status", "path": "("}, "regular expression"),
        ({"effect": "status", "nth": 0}, "nth"),
        ({"effect": "delay", "seconds": -1}, "seconds"),
        ({"effect": "delay", "seconds": "soon"}, "seconds"),
        ({"effect": "status", "headers": ["Retry-After"]}, "headers"),
        ({"effect": ["status"]}, "drop_after"),
        ("drop_after", "is an object"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_what_would(
    client: httpx.Client, rule: object, named: str
) -> None:
    refused = client.post("/_sandbox/faults", json=rule)
    assert refused.status_code == 400
    assert named in refused.json()["error"]


def test_a_bug_in_a_simulator_is_a_500_and_not_a_hanging_client(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/broken").status_code == 500
    assert "a bug of the toyshop" in caplog.text


@contextmanager
def shop_with_data(log: Path) -> Iterator[httpx.Client]:
    with (
        closing(Records(log)) as records,
        running(Toyshop(Clock(), records)) as (url,),
        httpx.Client(base_url=url) as http,
    ):
        yield http


def test_data_and_time_outlive_the_process(tmp_path: Path) -> None:
    with shop_with_data(tmp_path / "toys.log") as http:
        http.put("/_sandbox/clock", json={"now": "2026-11-20T08:00:00Z"})
        http.put("/_sandbox/switches", json={"wrapping": "none"})
        http.post("/toys", content=b'{"price": 0.10}')
    with shop_with_data(tmp_path / "toys.log") as http:
        assert http.get("/toys").text == '[{"id":"1","price":0.10}]'
        assert http.get("/_sandbox/clock").json()["now"].startswith("2026-11-20T08:0")
        assert http.get("/_sandbox/switches").json()["wrapping"]["value"] == "none"
        assert http.post("/toys", json={}).json()["id"] == "2"
