"""A proxy on loopback between the command and a sandbox that spoils chosen answers, as networks and gateways do.

It passes every request on and holds the whole answer before the first byte of it leaves, so that an answer can be cut, reset
or withheld at any place. What it cannot do with an answer, such as carrying out a request twice, the sandbox's own faults do.
"""

from __future__ import annotations

import gzip
import http.client
import io
import json
import random
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from playground import Playground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

NOT_KEPT = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Request:
    """One request as it came through; `number` counts the data reads of this proxy from 1, nought for all else."""

    side: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    number: int = 0

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def is_data_read(self) -> bool:
        """Whether it reads records: not a sign-in, not a control call. A batch of reads is a POST by the vendor's design."""
        if self.method == "GET":
            return self.path.startswith(("/v2/", "/services/data/"))
        return self.path.endswith("/composite/batch")


@dataclass(frozen=True)
class Answer:
    """One whole answer of the sandbox."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def head(self, *, length: int | None) -> bytes:
        """The head, promising this many bytes, or as many as come until the connection closes."""
        lines = [f"HTTP/1.1 {self.status} Said"]
        lines += [f"{name}: {value}" for name, value in self.headers if name.lower() not in NOT_KEPT]
        lines.append("Connection: close" if length is None else f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class _HungUp(Exception):
    """The connection is over after this fault."""


Fault = Callable[["FaultProxy", Request, Answer, socket.socket], None]
"""What happens in place of the answer; raises `_HungUp` when the connection is over by it."""


def _place(proxy: FaultProxy, length: int) -> int:
    """Somewhere strictly within so many bytes, by the proxy's chance."""
    return proxy.chance.randrange(length) if length else 0


def _say(answer: Answer, connection: socket.socket) -> None:
    connection.sendall(answer.head(length=len(answer.body)) + answer.body)


def _said(status: int, body: str, kind: str, **headers: str) -> Fault:
    names = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    answer = Answer(status, (("Content-Type", kind), *names), body.encode())
    return lambda _proxy, _request, _answer, connection: _say(answer, connection)


GATEWAY = "<html><body><h1>Service unavailable</h1></body></html>"

unavailable = _said(503, GATEWAY, "text/html")
html = _said(200, GATEWAY, "text/html; charset=utf-8")
empty = _said(200, "", "application/json; charset=utf-8")


def over_quota(seconds: str = "1") -> Fault:
    return _said(429, "", "text/plain", Retry_After=seconds)


def session_over(_proxy: FaultProxy, request: Request, _answer: Answer, connection: socket.socket) -> None:
    """A 401 in the vendor's own words, in the middle of reading."""
    theirs = (
        [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
        if request.side == "salesforce"
        else {"ErrorCode": 4005, "DeveloperErrorMessage": "Unauthorized", "ErrorId": "1", "Errors": []}
    )
    _say(
        Answer(401, (("Content-Type", "application/json"),), json.dumps(theirs).encode()),
        connection,
    )


def reset(proxy: FaultProxy, _request: Request, answer: Answer, connection: socket.socket) -> None:
    """The connection is reset, not closed, somewhere in the answer."""
    whole = answer.head(length=len(answer.body)) + answer.body
    connection.sendall(whole[: _place(proxy, len(whole))])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise _HungUp


def cut_promised(proxy: FaultProxy, _request: Request, answer: Answer, connection: socket.socket) -> None:
    """The head promises all bytes of the body, and fewer come."""
    connection.sendall(answer.head(length=len(answer.body)) + answer.body[: _place(proxy, len(answer.body))])
    raise _HungUp


def cut_open(proxy: FaultProxy, _request: Request, answer: Answer, connection: socket.socket) -> None:
    """The body ends where the connection is closed, so that half of it looks like the whole to whoever only reads."""
    connection.sendall(answer.head(length=None) + answer.body[: _place(proxy, len(answer.body))])
    raise _HungUp


def cut_chunked(proxy: FaultProxy, _request: Request, answer: Answer, connection: socket.socket) -> None:
    """A chunk, and never the last one."""
    head = answer.head(length=0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    kept = answer.body[: _place(proxy, len(answer.body))]
    connection.sendall(head + (f"{len(kept):x}\r\n".encode() + kept + b"\r\n" if kept else b""))
    raise _HungUp


def silence(proxy: FaultProxy, request: Request, _answer: Answer, connection: socket.socket) -> None:
    """Half open: the request was taken, the connection stands, and nothing ever comes. Notes how long we were waited for."""
    began = time.monotonic()
    connection.settimeout(60)
    with suppress(OSError):
        connection.recv(1)
    proxy.waited.append((request, time.monotonic() - began))
    raise _HungUp


def repeated_bytes(_proxy: FaultProxy, _request: Request, answer: Answer, connection: socket.socket) -> None:
    """The whole body twice, where one was due."""
    connection.sendall(answer.head(length=2 * len(answer.body)) + answer.body * 2)


def swapped_bytes(proxy: FaultProxy, _request: Request, answer: Answer, connection: socket.socket) -> None:
    """Two parts of the body in the wrong order. (It begins with a letter of neither, so it cannot be JSON.)"""
    at = 1 + _place(proxy, len(answer.body) - 1)
    connection.sendall(answer.head(length=len(answer.body)) + answer.body[at:] + answer.body[:at])


def redirect(to: str) -> Fault:
    """Sends us elsewhere, which must never get to see a token."""
    return _said(302, "", "text/plain", Location=to)


def lead_to(host: str) -> Fault:
    """Leads from one page of rows to the next at another host."""

    def fault(_proxy: FaultProxy, _request: Request, answer: Answer, connection: socket.socket) -> None:
        packed = ("content-encoding", "gzip") in [(name.lower(), value) for name, value in answer.headers]
        document = json.loads(gzip.decompress(answer.body) if packed else answer.body)
        if "nextRecordsUrl" in document:
            document["nextRecordsUrl"] = host + document["nextRecordsUrl"]
        _say(Answer(200, (("Content-Type", "application/json"),), json.dumps(document).encode()), connection)

    return fault


NINE: dict[str, Fault] = {
    "503": unavailable,
    "429 with Retry-After": over_quota(),
    "401 between pages": session_over,
    "reset": reset,
    "cut below Content-Length": cut_promised,
    "cut where the connection closes": cut_open,
    "a page as 200": html,
    "empty 200": empty,
    "half open": silence,
}
"""The nine faults that other tools were measured under."""

MORE: dict[str, Fault] = {
    "chunks without an end": cut_chunked,
    "the body twice": repeated_bytes,
    "the body out of order": swapped_bytes,
}


class FaultProxy:
    """Passes requests on to one side of the sandbox; `disturb` says which answers are spoiled, and how.

    `seen` holds every request in order, `waited` how many seconds each silence was waited for.
    """

    def __init__(self, side: str, upstream: str) -> None:
        self.side = side
        self.seen: list[Request] = []
        self.waited: list[tuple[Request, float]] = []
        self.spoiled: list[Request] = []
        self.disturb: Callable[[Request], Fault | None] = lambda _: None
        self.chance = random.Random(1)  # noqa: S311 - replays
        self._upstream = urlsplit(upstream).netloc
        self._reads = 0
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._is_over = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def start_over(self, seed: int = 1) -> None:
        """Pass everything on, count anew, and take chances from this seed."""
        self.disturb = lambda _: None
        self.chance = random.Random(seed)  # noqa: S311 - replays
        self._reads = 0
        for told in (self.seen, self.waited, self.spoiled):
            told.clear()

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()
        for one in (self._listening, *self._open):
            one.close()

    def _accept(self) -> None:
        while not self._is_over:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, _HungUp), connection, connection.makefile("rb") as arriving:
            while (request := self._read(arriving)) is not None:
                with self._lock:
                    if request.is_data_read:
                        self._reads += 1
                        request = replace(request, number=self._reads)
                    self.seen.append(request)
                    fault = self.disturb(request)
                    if fault is not None:
                        self.spoiled.append(request)
                answer = self._pass_on(request)
                if fault is None:
                    _say(answer, connection)
                else:
                    fault(self, request, answer, connection)

    def _read(self, arriving: io.BufferedReader) -> Request | None:
        first = arriving.readline().decode("latin-1").split()
        if not first:
            return None
        headers: dict[str, str] = {}
        while line := arriving.readline().strip().decode("latin-1"):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = arriving.read(int(headers.get("content-length", 0)))
        return Request(self.side, first[0], first[1], headers, body)

    def _pass_on(self, request: Request) -> Answer:
        line = http.client.HTTPConnection(self._upstream, timeout=60)
        try:
            line.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name != "connection":
                    line.putheader(name, value)
            line.endheaders(request.body or None)
            found = line.getresponse()
            return Answer(found.status, tuple(found.getheaders()), found.read())
        finally:
            line.close()


class HeldBack:
    """Keeps the answer to the nth request of a kind back, its work being done, until it is let go."""

    def __init__(self, method: str, path: str, nth: int) -> None:
        self._wanted = (method, path)
        self._left = nth
        self._reached, self._let_go = threading.Event(), threading.Event()

    def __call__(self, request: Request) -> Fault | None:
        """As a proxy's `disturb`."""
        if (request.method, request.path) != self._wanted:
            return None
        self._left -= 1
        return None if self._left else self._keep

    def _keep(self, _proxy: FaultProxy, _request: Request, answer: Answer, connection: socket.socket) -> None:
        self._reached.set()
        self._let_go.wait()
        _say(answer, connection)

    def wait_for(self, process: subprocess.Popen[str]) -> None:
        """Until the process waits for the answer. Fails when it ends before."""
        while not self._reached.wait(0.05):
            assert process.poll() is None, f"it ended before: {process.communicate()}"

    def let_go(self) -> None:
        """The answer goes out."""
        self._let_go.set()


@contextmanager
def held_back(proxy: FaultProxy, method: str, path: str, *, nth: int = 1) -> Iterator[HeldBack]:
    """An answer that is late by as much as the block needs, whatever the machine's speed."""
    held = HeldBack(method, path, nth)
    proxy.disturb = held
    try:
        yield held
    finally:
        held.let_go()


@dataclass
class Between:
    """A playground whose every call goes through one proxy per side."""

    demo: Playground
    salesforce: FaultProxy
    spiris: FaultProxy
    both: tuple[FaultProxy, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.both = (self.salesforce, self.spiris)

    def side(self, name: str) -> FaultProxy:
        return self.salesforce if name == "salesforce" else self.spiris

    def start_over(self, seed: int = 1) -> None:
        """The demo world, no memory, and no faults."""
        for one in self.both:
            one.start_over(seed)
        self.demo.reset("demo")
        for one in self.both:
            one.start_over(seed)

    def disturb(self, choose: Callable[[Request], Fault | None]) -> None:
        for one in self.both:
            one.disturb = choose

    def pass_all_on(self) -> None:
        self.disturb(lambda _: None)


@contextmanager
def between(demo: Playground) -> Iterator[Between]:
    """Proxies in front of a running playground, and a folder of their own with a signed-in configuration."""
    folder = demo.folder / "through-proxies"
    folder.mkdir()
    with ExitStack() as stack:
        salesforce = stack.enter_context(FaultProxy("salesforce", demo.salesforce))
        spiris = stack.enter_context(FaultProxy("spiris", demo.spiris))
        through = Playground(folder, salesforce.url, spiris.url, demo.environ)
        through.configure()
        yield Between(through, salesforce, spiris)


def once_each(fault: Fault, *, most: int = 1000) -> Callable[[Request], Fault | None]:
    """Spoils the first answer to every different data read, up to so many, so that whatever asks again is answered."""
    met: dict[tuple[str, str, bytes], None] = {}

    def choose(request: Request) -> Fault | None:
        key = (request.side, request.target, request.body)
        if not request.is_data_read or key in met:
            return None
        met[key] = None
        return fault if len(met) <= most else None

    return choose
