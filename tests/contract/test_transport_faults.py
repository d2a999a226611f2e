"""What becomes of a request when the other end, or something on the way there, misbehaves."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
import socket
import ssl
import threading
import time
import tracemalloc
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from loopback import Act, Loopback, cut, drip, hang_up, reply, silence
from sfspiris.adapters.quota import OwnBook, Quota, Turnstile
from sfspiris.adapters.transport import Effect, Limits, Pace, Reply, Transport
from sfspiris.errors import BrokenReply, ConfigError, OutcomeUnknown, OutOfQuota, Unreachable
from sfspiris.sandbox.kernel.keys import make_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = Limits(connect=0.3, read=0.1, total=0.3, attempts=3, longest_wait=65)
PATIENT = replace(QUICK, connect=5, read=30, total=30)
"""Where every request is answered, so that no time is lost, and a busy machine is no fault of its own."""
OVER_QUOTA = {"ErrorCode": 4010, "DeveloperErrorMessage": "quota exceeded! Try again in 55 seconds."}
HTML = "<html>Bad gateway</html>"
REPEATED = (Effect.READ, Effect.UPDATE)
SENT_ONCE = (Effect.CREATE, Effect.TOKEN)


@dataclass
class Line:
    """A transport to a misbehaving server, and the pauses that it took."""

    server: Loopback
    transport: Transport
    pauses: list[float] = field(default_factory=list)

    def send(self, effect: Effect = Effect.READ, *, path: str = "/v2/customers") -> Reply:
        if effect is Effect.READ:
            return self.transport.request("GET", self.server.url + path, effect=effect)
        return self.transport.request(
            "POST", self.server.url + path, effect=effect, json={"Name": "Exempel AB"}
        )


@contextmanager
def line(
    *acts: Act, limits: Limits | None = None, tls: ssl.SSLContext | None = None, verify: str | bool = True
) -> Iterator[Line]:
    pauses: list[float] = []
    transport = Transport(
        service="Spiris",
        pace=Pace(sleep=pauses.append, monotonic=time.monotonic, jitter=lambda: 0.0),
        limits=limits or (QUICK if silence in acts else PATIENT),
        verify=verify,
    )
    with Loopback(*acts, tls=tls) as server:
        try:
            yield Line(server, transport, pauses)
        finally:
            transport.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Nobody listens there, and nobody else can come to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


# --- reads and idempotent writes are repeated ----------------------------------------------------------------------


@pytest.mark.parametrize("effect", REPEATED)
@pytest.mark.parametrize(
    "fault", [hang_up, silence, cut({"Data": [1, 2, 3]}, keep=9), reply(HTML, status=503)]
)
def test_what_can_do_no_harm_twice_is_repeated_until_it_succeeds(effect: Effect, fault: Act) -> None:
    with line(fault, fault, reply({"Data": []})) as spiris:
        assert spiris.send(effect).json() == {"Data": []}
        assert spiris.transport.calls == 3
        assert len(spiris.server.requests) == 3


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
def test_a_passing_failure_that_stays_is_unreachable_after_the_last_attempt(status: int) -> None:
    with line(*[reply(HTML, status=status)] * 3) as spiris:
        with pytest.raises(Unreachable, match=str(status)) as failure:
            spiris.send()
        assert "run the same command again" in failure.value.remedy
        assert spiris.transport.calls == 3


def test_pauses_between_attempts_grow_and_differ_between_clients() -> None:
    pauses: list[float] = []
    chance = itertools.cycle([0.0, 0.999])
    pace = Pace(sleep=pauses.append, monotonic=time.monotonic, jitter=lambda: next(chance))
    with Loopback(*[reply(HTML, status=503)] * 5) as server:
        transport = Transport(service="Spiris", pace=pace, limits=Limits(attempts=5))
        with pytest.raises(Unreachable):
            transport.request("GET", server.url, effect=Effect.READ)
        transport.close()
    assert pauses == pytest.approx([0.25, 0.99975, 1.0, 3.999], abs=0.01)


@pytest.mark.parametrize("status", [200, 304, 400, 401, 403, 404, 409])
def test_every_other_status_is_for_the_caller_to_judge(status: int) -> None:
    with line(reply(b"" if status == 304 else {"ErrorCode": 2000}, status=status)) as spiris:
        assert spiris.send().status == status
        assert spiris.transport.calls == 1


# --- quotas --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("over", "pause"),
    [
        (reply(OVER_QUOTA, status=429), 55),
        (reply(OVER_QUOTA, status=429, headers={"Retry-After": "3"}), 3),
        (reply("", status=429), 60),
        (reply("", status=503, headers={"Retry-After": "4"}), 4),
        (
            reply(
                "",
                status=429,
                headers={
                    "Date": "Fri, 20 Nov 2026 08:00:00 GMT",
                    "Retry-After": "Fri, 20 Nov 2026 08:00:09 GMT",
                },
            ),
            9,
        ),
    ],
)
def test_a_read_waits_as_long_as_it_is_asked_to(over: Act, pause: float) -> None:
    with line(over, reply({"Data": []})) as spiris:
        assert spiris.send().status == 200
        assert spiris.pauses == [pause]


def test_a_longer_wait_than_a_run_may_take_ends_the_run_at_once() -> None:
    with line(reply(OVER_QUOTA, status=429, headers={"Retry-After": "3600"})) as spiris:
        with pytest.raises(OutOfQuota, match="3600 seconds") as failure:
            spiris.send()
        assert failure.value.retry_after == 3600
        assert spiris.pauses == []


def test_a_quota_that_never_opens_is_out_of_quota_after_the_last_attempt() -> None:
    with line(*[reply(OVER_QUOTA, status=429)] * 3) as spiris:
        with pytest.raises(OutOfQuota) as failure:
            spiris.send()
        assert failure.value.retry_after == 55
        assert spiris.pauses == [55, 55]


# --- creates are sent at most once ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        hang_up,
        silence,
        cut({"Id": "d3adbeef"}, keep=4),
        drip(b"HTTP/1.1 201 Created\r\n\r\n", pause=0.05),
        reply(b"not gzip", headers={"Content-Encoding": "gzip"}),
        *(reply(HTML, status=status) for status in (301, 302, 307, 408, 500, 502, 503, 504)),
        reply({"ErrorCode": 1, "DeveloperErrorMessage": "failed"}, status=500),
        reply(HTML, status=429),
        reply("", status=429, headers={"Retry-After": "1"}),
    ],
)
def test_a_create_without_a_trustworthy_answer_is_unknown_and_not_repeated(fault: Act) -> None:
    with line(fault, limits=QUICK) as spiris:
        with pytest.raises(OutcomeUnknown, match="not known") as failure:
            spiris.send(Effect.CREATE)
        assert "looks for the record" in failure.value.remedy
        assert len(spiris.server.requests) == 1
        assert spiris.pauses == []


def test_a_create_that_never_left_is_known_not_to_be_done(closed_port: int) -> None:
    transport = Transport(
        service="Spiris", pace=Pace(lambda _: None, time.monotonic, lambda: 0.0), limits=QUICK
    )
    with pytest.raises(Unreachable, match="could not be reached"):
        transport.request(
            "POST", f"http://127.0.0.1:{closed_port}/v2/customers", effect=Effect.CREATE, json={}
        )


def test_a_create_over_quota_in_the_vendors_own_words_is_known_not_to_be_done() -> None:
    with line(reply(OVER_QUOTA, status=429)) as spiris:
        with pytest.raises(OutOfQuota) as failure:
            spiris.send(Effect.CREATE)
        assert failure.value.retry_after == 55
        assert len(spiris.server.requests) == 1


@pytest.mark.parametrize("status", [201, 400, 401, 403, 404, 409, 422])
def test_a_create_that_was_answered_is_for_the_caller_to_judge(status: int) -> None:
    with line(reply({"ErrorCode": 2000}, status=status)) as spiris:
        assert spiris.send(Effect.CREATE).status == status


def test_a_create_does_not_trust_a_connection_that_the_server_has_closed_meanwhile() -> None:
    """The classic lost POST: written into a kept connection that the other end was just closing."""
    is_closed = threading.Event()

    def answer_and_hang_up(server: Loopback, connection: socket.socket) -> None:
        reply({"Data": []})(server, connection)
        connection.close()
        is_closed.set()

    with line(answer_and_hang_up, reply({"Id": "1"}, status=201)) as spiris:
        spiris.send()
        assert is_closed.wait(60)
        assert spiris.send(Effect.CREATE).status == 201
        assert spiris.server.connections == 2


def test_a_connection_is_kept_for_a_while_and_then_not_trusted_any_more() -> None:
    for idle, connections in ((60, 1), (0.01, 2)):
        with line(*[reply({"Data": []})] * 2, limits=Limits(idle=idle)) as spiris:
            spiris.send()
            time.sleep(0.02)
            spiris.send()
            assert spiris.server.connections == connections


def test_a_create_that_waited_too_long_for_its_turn_is_not_sent() -> None:
    """It was written down minutes ago, and by the time it would be carried out somebody may have looked for it in vain."""
    now = [0.0]
    with Loopback(*[reply({"Data": []})] * 2) as server:
        pace = Pace(
            sleep=lambda seconds: now.__setitem__(0, now[0] + seconds),
            monotonic=lambda: now[0],
            jitter=lambda: 0,
        )
        turnstile = Turnstile(Quota(1, 300.0), OwnBook(), pace)
        transport = Transport(service="Spiris", pace=pace, turnstile=turnstile)
        transport.request("GET", f"{server.url}/v2/customers", effect=Effect.READ)
        with pytest.raises(OutOfQuota, match="stood still"):
            transport.request("POST", f"{server.url}/v2/customers", effect=Effect.CREATE, json={})
        assert len(server.requests) == 1
        transport.close()


# --- replacements are made anew before they are sent again ------------------------------------------------------------


@dataclass
class Look:
    """What a replacement rests on: a number that is another at every look."""

    line: Line
    seen: int = 0

    def __call__(self) -> object:
        self.seen += 1
        return {"Look": self.seen}

    def send(self, effect: Effect = Effect.REPLACE) -> Reply:
        return self.line.transport.request(
            "PUT", f"{self.line.server.url}/v2/customers/1", effect=effect, last_look=self
        )

    @property
    def sent(self) -> list[object]:
        return [json.loads(one.partition(b"\r\n\r\n")[2]) for one in self.line.server.requests]


def test_a_replacement_that_was_turned_away_is_made_anew_from_what_stands_then() -> None:
    with line(
        reply(OVER_QUOTA, status=429),
        reply(HTML, status=502),
        reply(HTML, status=429),
        reply({"Id": "1"}),
        limits=replace(PATIENT, attempts=4),
    ) as spiris:
        look = Look(spiris)
        assert look.send().status == 200
        assert look.sent == [{"Look": 1}, {"Look": 2}, {"Look": 3}, {"Look": 4}]
        assert spiris.pauses == [55, 0.5, 60]


@pytest.mark.parametrize(
    "lost",
    [
        hang_up,
        silence,
        cut({"Id": "d3adbeef"}, keep=4),
        reply(b"not gzip", headers={"Content-Encoding": "gzip"}),
        reply(b"[" + b" " * 2000, kind="application/json"),
    ],
)
def test_a_replacement_whose_answer_was_lost_is_not_sent_again(lost: Act) -> None:
    with line(lost, reply({"Id": "1"}), limits=replace(QUICK, body_bytes=1000)) as spiris:
        look = Look(spiris)
        with pytest.raises(OutcomeUnknown):
            look.send()
        assert look.sent == [{"Look": 1}]


@pytest.mark.parametrize(
    ("acts", "kind"),
    [
        ([reply(OVER_QUOTA, status=429)] * 3, OutOfQuota),
        ([reply(HTML, status=429)] * 3, OutcomeUnknown),
        ([reply(HTML, status=502)] * 3, OutcomeUnknown),
        ([reply(HTML, status=502), *[reply(OVER_QUOTA, status=429)] * 2], OutcomeUnknown),
        ([reply(OVER_QUOTA, status=429, headers={"Retry-After": "3600"})], OutOfQuota),
        (
            [reply(HTML, status=503), reply(OVER_QUOTA, status=429, headers={"Retry-After": "3600"})],
            OutcomeUnknown,
        ),
    ],
)
def test_a_replacement_that_is_given_up_counts_as_not_done_only_where_that_is_proven(
    acts: list[Act], kind: type[Exception]
) -> None:
    with line(*acts) as spiris:
        look = Look(spiris)
        with pytest.raises(kind):
            look.send()
        assert len(look.sent) == len(acts)


@pytest.mark.parametrize("effect", [Effect.REPLACE, Effect.CREATE])
def test_what_the_last_look_meets_keeps_a_write_from_being_sent(effect: Effect) -> None:
    def meet(error: Exception) -> object:
        raise error

    with line(reply(HTML, status=503), reply({"Id": "1"})) as spiris:
        where = f"{spiris.server.url}/v2/customers/1"
        for error in (Unreachable("No line.", remedy="Again."), LookupError("moved")):
            with pytest.raises(type(error)):
                spiris.transport.request("PUT", where, effect=effect, last_look=partial(meet, error))
        assert spiris.server.requests == []


def test_a_last_look_that_fails_does_not_make_an_attempt_undone_that_may_be_done() -> None:
    with line(reply(HTML, status=502), reply({"Id": "1"})) as spiris:

        def look() -> object:
            if spiris.server.requests:
                raise Unreachable("No line.", remedy="Again.")
            return {}

        with pytest.raises(OutcomeUnknown, match="502"):
            spiris.transport.request("PUT", spiris.server.url, effect=Effect.REPLACE, last_look=look)
        assert len(spiris.server.requests) == 1


def test_a_replacement_that_never_left_is_tried_again_and_known_not_to_be_done(closed_port: int) -> None:
    transport = Transport(
        service="Spiris", pace=Pace(lambda _: None, time.monotonic, lambda: 0.0), limits=QUICK
    )
    looks: list[int] = []
    with pytest.raises(Unreachable, match="could not be reached"):
        transport.request(
            "PUT",
            f"http://127.0.0.1:{closed_port}/v2/customers/1",
            effect=Effect.REPLACE,
            last_look=lambda: looks.append(1),
        )
    assert len(looks) == 3


# --- sign-in calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [hang_up, silence])
def test_a_sign_in_call_is_never_repeated_since_its_token_may_be_spent(fault: Act) -> None:
    with line(fault) as spiris:
        with pytest.raises(Unreachable):
            spiris.send(Effect.TOKEN)
        assert len(spiris.server.requests) == 1


@pytest.mark.parametrize("status", [400, 429, 503])
def test_a_sign_in_call_that_was_answered_is_for_the_caller_to_judge(status: int) -> None:
    with line(reply({"error": "invalid_grant"}, status=status)) as spiris:
        assert spiris.send(Effect.TOKEN).status == status


# --- time and size -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [Effect.READ, Effect.TOKEN])
def test_a_server_that_never_answers_does_not_hold_us(effect: Effect) -> None:
    with line(silence, limits=Limits(connect=5, read=0.1, total=30, attempts=1)) as spiris:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"did not answer within 0\.1 seconds"):
            spiris.send(effect)
        assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "slowly",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Long: " + b"x" * 500,
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b" " * 500,
    ],
    ids=["headers", "body"],
)
def test_an_answer_that_drips_is_given_up_when_the_time_for_the_whole_request_is_up(slowly: bytes) -> None:
    """Each byte arrives well within the limit for one read; only the whole is too slow."""
    limits = Limits(connect=5, read=30, total=0.2, attempts=1)
    with line(_fast_then_drip(slowly), limits=limits) as spiris:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"completely within 0\.2 seconds"):
            spiris.send()
        assert time.monotonic() - began < 30, "all of it takes a minute and more"


def _fast_then_drip(raw: bytes) -> Act:
    def act(server: Loopback, connection: socket.socket) -> None:
        connection.sendall(raw[:64])
        drip(raw[64:], pause=0.15)(server, connection)

    return act


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_larger_than_we_take_is_not_read_to_its_end(packed: bool) -> None:
    big = b"[" + b" " * 5_000_000 + b"]"
    headers = {"Content-Encoding": "gzip"} if packed else {}
    act = reply(gzip.compress(big) if packed else big, kind="application/json", headers=headers)
    with line(act, act, limits=Limits(read=1, total=2, body_bytes=2**20)) as spiris:
        with pytest.raises(BrokenReply, match="more than 1 MiB"):
            spiris.send()
        with pytest.raises(OutcomeUnknown, match="too large"):
            spiris.send(Effect.CREATE)


def _a_hundred_megabytes(head: str, piece: bytes) -> Act:
    """So much that whoever takes it all is noticed; the server itself holds one piece of it."""
    length = 100_000_000 // len(piece) * len(piece)

    def act(_server: Loopback, connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\n{head}Content-Length: {length}\r\n\r\n".encode())
        for _ in range(length // len(piece)):
            connection.sendall(piece)

    return act


@pytest.mark.parametrize(
    "answer",
    [
        _a_hundred_megabytes("", b" " * 2**20),
        reply(gzip.compress(b" " * 100_000_000, 6), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["plain", "packed a thousandfold"],
)
def test_no_more_of_an_answer_is_ever_held_than_we_take(answer: Act) -> None:
    with line(answer, limits=Limits(read=5, total=30, body_bytes=2**20)) as spiris:
        tracemalloc.start()
        try:
            with pytest.raises(BrokenReply, match="more than 1 MiB"):
                spiris.send()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8 * 2**20


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b'{"Data": []}')[:-9], gzip.compress(b'{"Data": []}') + b"{}"],
    ids=["cut", "more"],
)
def test_a_packed_answer_without_its_end_or_with_more_behind_it_is_no_answer(packed: bytes) -> None:
    act = reply(packed, kind="application/json", headers={"Content-Encoding": "gzip"})
    with line(act, act, act, act) as spiris:
        with pytest.raises(Unreachable, match="cannot be unpacked"):
            spiris.send()
        assert spiris.transport.calls == 3
        with pytest.raises(OutcomeUnknown, match="cannot be unpacked"):
            spiris.send(Effect.CREATE)


def test_an_answer_packed_in_a_way_that_was_not_offered_is_no_answer() -> None:
    act = reply(b"[]", kind="application/json", headers={"Content-Encoding": "br"})
    with line(act) as spiris, pytest.raises(OutcomeUnknown, match="cannot be unpacked"):
        spiris.send(Effect.CREATE)


def test_a_packed_answer_is_unpacked() -> None:
    packed = gzip.compress(b'{"Data": [1.10]}')
    with line(reply(packed, kind="application/json", headers={"Content-Encoding": "gzip"})) as spiris:
        assert str(spiris.send().json()["Data"][0]) == "1.10"


# --- where requests go ---------------------------------------------------------------------------------------------


def test_a_redirect_is_never_followed() -> None:
    with (
        Loopback(reply({"Data": []})) as elsewhere,
        line(reply("", status=302, headers={"Location": elsewhere.url})) as spiris,
    ):
        assert spiris.send().status == 302
        assert elsewhere.requests == []


def test_a_certificate_that_nobody_vouches_for_is_refused_unless_it_is_the_one_named(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with line(reply({"Data": []}), tls=tls) as spiris:
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            spiris.send()
        assert spiris.server.requests == []
    with line(reply({"Data": []}), tls=tls, verify=str(certificate)) as spiris:
        assert spiris.send().status == 200


def test_a_missing_file_of_certificates_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    transport = Transport(
        service="Spiris", pace=Pace(lambda _: None, time.monotonic, lambda: 0.0), verify=missing
    )
    with pytest.raises(ConfigError, match=r"missing\.pem"):
        transport.request("GET", "https://127.0.0.1:9/", effect=Effect.READ)


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_proxy_of_the_environment_is_used_but_for_hosts_that_it_excepts(
    monkeypatch: pytest.MonkeyPatch, closed_port: int, scheme: str
) -> None:
    with line(reply({"Data": []})) as proxy, line(reply({"Data": []})) as spiris:
        monkeypatch.setenv("http_proxy", proxy.server.url.replace("http://", scheme))
        monkeypatch.setenv("no_proxy", "127.0.0.2")
        proxy.transport.request("GET", "http://spiris.test/v2/customers", effect=Effect.READ)
        assert proxy.server.requests[0].startswith(b"GET http://spiris.test/v2/customers ")
        assert spiris.send().status == 200
        assert len(spiris.server.requests) == 1
        with pytest.raises(Unreachable):
            proxy.transport.request("GET", f"http://127.0.0.2:{closed_port}/", effect=Effect.READ)


def test_a_proxy_of_an_unknown_kind_is_a_fault_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "gopher://127.0.0.1:70")
    monkeypatch.delenv("no_proxy", raising=False)
    with line() as spiris, pytest.raises(ConfigError, match="proxy"):
        spiris.transport.request("GET", "http://spiris.test/", effect=Effect.READ)


# --- what is sent and what is told ---------------------------------------------------------------------------------


def test_a_request_says_who_sends_it_and_carries_nothing_of_an_earlier_answer() -> None:
    with line(reply({"Data": []}, headers={"Set-Cookie": "session=1"}), reply({"Data": []})) as spiris:
        spiris.send()
        spiris.send()
        second = spiris.server.requests[1].lower()
        assert b"user-agent: sfspiris/" in second
        assert b"cookie" not in second


def test_the_log_has_a_line_per_attempt_and_neither_values_nor_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with line(reply(HTML, status=503), reply({"Name": "in-the-answer"})) as spiris:
        spiris.transport.request(
            "POST",
            f"{spiris.server.url}/v2/customers",
            effect=Effect.UPDATE,
            headers={"Authorization": "Bearer in-the-header"},
            params={"$filter": "in-the-query"},
            json={"Name": "in-the-body"},
        )
    ours = [record.getMessage() for record in caplog.records if record.name == "sfspiris.http"]
    assert len(ours) == 2
    assert ours[0].startswith("POST 127.0.0.1/v2/customers 503 ")
    assert ours[1].endswith("attempt 2")
    assert "in-the-" not in caplog.text
