"""Hosts with several addresses, some of which lose what is sent to them, and names that nobody knows."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from loopback import Loopback, reply
from sfspiris.adapters.deadline import Deadline, TimedHTTPTransport
from sfspiris.adapters.reaching import by_turns
from sfspiris.adapters.transport import Effect, Limits, Pace, Transport
from sfspiris.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOST = "ledger.test"
CONNECT = 0.5  # seconds; half of it is lost at a silent address


@contextmanager
def black_hole(port: int) -> Iterator[str]:
    """An address of this machine at which connections to the port are neither taken nor refused."""
    address = "127.0.0.77"
    with socket.socket() as server, socket.socket() as in_the_queue:
        server.bind((address, port))
        server.listen(0)
        in_the_queue.connect((address, port))  # and now the queue is full
        yield address


class Names:
    """A name service that knows one host, and counts how often it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses: Sequence[str] = addresses
        self.asked: list[str] = []

    def look_up(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return list(self.addresses)


@contextmanager
def client(names: Names, *, whole: float = 30, idle: float = 0) -> Iterator[httpx.Client]:
    """With `idle` at nought every request has a connection of its own."""
    deadline = Deadline(time.monotonic)
    deadline.start(whole)
    line = TimedHTTPTransport(
        deadline,
        context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        proxy=None,
        idle=idle,
        look_up=names.look_up,
    )
    with httpx.Client(transport=line, timeout=httpx.Timeout(30, connect=CONNECT)) as found:
        yield found


def test_an_address_that_leads_nowhere_leaves_time_for_the_one_that_answers() -> None:
    with Loopback(reply({})) as server, black_hole(server.port) as nowhere:
        names = Names(nowhere, "127.0.0.1")
        with client(names) as http:
            assert http.get(f"http://{HOST}:{server.port}/").status_code == 200
        assert names.asked == [HOST]
        assert f"host: {HOST}:".encode() in server.requests[0].lower()


def test_a_create_is_not_sent_where_no_address_answers_and_that_is_known() -> None:
    with Loopback() as server, black_hole(server.port) as nowhere, client(Names(nowhere, nowhere)) as http:
        with pytest.raises(httpx.ConnectTimeout):
            http.post(f"http://{HOST}:{server.port}/")
        assert server.requests == []


def test_the_address_that_answered_is_tried_first_until_it_answers_no_more() -> None:
    first = Loopback(reply({}), reply({}))
    with (
        Loopback(reply({"is": "second"}), address=("127.0.0.2", first.port)) as second,
        client(names := Names("127.0.0.1")) as http,
    ):
        url = f"http://{HOST}:{first.port}/"
        with first:
            assert http.get(url).json() == {}
            names.addresses = ("127.0.0.2", "127.0.0.1")
            assert http.get(url).json() == {}
        assert http.get(url).json() == {"is": "second"}
        assert len(second.requests) == 1


def test_the_families_take_turns_so_that_one_that_leads_nowhere_does_not_use_up_the_time() -> None:
    names = Names("::1", "::1", "::1", "127.0.0.1", "127.0.0.2")
    with Loopback(reply({})) as server, client(names) as http:  # nobody listens at the first family
        assert http.get(f"http://{HOST}:{server.port}/").status_code == 200
        assert list(by_turns(list(names.addresses))) == ["::1", "127.0.0.1", "::1", "127.0.0.2", "::1"]
        assert list(by_turns(["127.0.0.1", "::1"])) == ["127.0.0.1", "::1"]
        assert list(by_turns([])) == []


def test_a_name_service_that_does_not_answer_does_not_hold_us() -> None:
    is_over = threading.Event()

    def say_nothing(_host: str, _port: int) -> list[str]:
        is_over.wait()
        return []

    names = Names()
    names.look_up = say_nothing  # type: ignore[method-assign,assignment]
    with client(names, whole=0.2) as http:
        with pytest.raises(httpx.ConnectTimeout):
            http.get(f"http://{HOST}/")
        is_over.set()


@pytest.mark.parametrize("effect", list(Effect))
def test_a_name_that_nobody_knows_is_told_with_where_to_look(
    monkeypatch: pytest.MonkeyPatch, effect: Effect
) -> None:
    def know_nothing(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", know_nothing)
    transport = Transport(
        service="Spiris", pace=Pace(lambda _: None, time.monotonic, lambda: 0.0), limits=Limits(attempts=2)
    )
    with pytest.raises(
        Unreachable, match=r"Spiris at ledger\.test is not known to .* name service"
    ) as failure:
        transport.request("POST", "https://ledger.test/v2/customers", effect=effect, json={})
    assert "sfspiris.toml" in failure.value.remedy
    assert transport.calls == (1 if effect in {Effect.CREATE, Effect.TOKEN} else 2)
