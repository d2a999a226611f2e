"""What happens around every vendor call: latency, the fault that is due, the route, the request log, the answer."""

import asyncio
import gzip
import hashlib
import logging
from dataclasses import dataclass
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sfspiris.sandbox.kernel.callfile import CallFile
from sfspiris.sandbox.kernel.faults import GARBAGE, GATEWAY_PAGE, Fault
from sfspiris.sandbox.kernel.simulator import Simulator

TRANSPORT = "sfspiris.sandbox.transport"
"""Where the server puts the connection's `asyncio.Transport` into the ASGI scope, so that a fault can close it."""

_COMPRESSED_FROM = 1_000
"""Bytes below which an answer is sent as it is: packing it would cost more than sending it."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Answer:
    """A whole answer, held back so that a fault can change it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def media_type(self) -> str:
        return _header(self.headers, b"content-type")

    async def send(self, send: Send, *, body: bytes | None = None) -> None:
        """Send it, or only `body` of it below the headers of the whole."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if body is None:
            await send({"type": "http.response.body", "body": self.body})
        else:
            await send({"type": "http.response.body", "body": body, "more_body": True})


class VendorCalls:
    """The vendor's application with all of that around it, itself an ASGI application."""

    def __init__(self, simulator: Simulator, vendor: ASGIApp) -> None:
        self._simulator = simulator
        self._vendor = vendor
        self._file = CallFile.asked_for(simulator.name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one vendor call."""
        body = await _body_of(receive)
        query = scope["query_string"].decode("latin-1")
        fault = self._simulator.faults.due(scope["method"], scope["path"], query)
        latency = self._simulator.switches.number("latency_ms")
        if latency:
            await asyncio.sleep(latency / 1000)

        if fault is not None and fault.effect in ("status", "drop_before"):
            answer = None if fault.effect == "drop_before" else _instead(fault)
        else:
            answer = await self._carried_out(scope, body)
            if fault is not None and fault.effect == "repeat":
                self._record(scope, body, answer, fault)
                answer = await self._carried_out(scope, body)
            elif fault is not None:
                answer = _changed(fault, answer)
        self._record(scope, body, answer, fault)
        if answer is not None:
            answer.headers.append(
                (b"date", format_datetime(self._simulator.clock.now(), usegmt=True).encode())
            )

        if fault is not None and fault.effect == "delay":
            await asyncio.sleep(fault.seconds)
        if answer is None:
            await _close(scope, receive, abruptly=True)
        elif fault is not None and fault.effect == "truncate":
            await answer.send(send, body=answer.body[: len(answer.body) // 2])
            await _close(scope, receive, abruptly=False)
        else:
            await _for_the_wire(scope, answer).send(send)

    async def _carried_out(self, scope: Scope, body: bytes) -> _Answer:
        """What the vendor's routes answer to the request."""
        answer = _Answer(500, [], b"")

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = list(message.get("headers", []))
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        # A copy, because routing writes into the scope and a repeated request must start clean.
        try:
            await self._vendor(dict(scope), receive, send)
        except Exception:  # the simulator's own failure is an answer too; the client must not hang on it
            _logger.exception("%s %s failed inside the sandbox", scope["method"], scope["path"])
        return answer

    def _record(self, scope: Scope, body: bytes, answer: _Answer | None, fault: Fault | None) -> None:
        call = self._simulator.log.record(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            status=None if answer is None else answer.status,
            at=self._simulator.clock.now(),
            body=body,
            body_type=_header(scope["headers"], b"content-type"),
            response=b"" if answer is None else answer.body,
            response_type="" if answer is None else answer.media_type,
            token=_print_of(_header(scope["headers"], b"authorization")),
        )
        if self._file is not None:
            agent = _header(scope["headers"], b"user-agent")
            self._file.write(call, agent=agent, fault=None if fault is None else fault.effect)


def _print_of(authorization: str) -> str:
    """A print of a bearer token; nothing for other credentials, or none."""
    kind, _, token = authorization.partition(" ")
    return hashlib.sha256(token.encode()).hexdigest()[:8] if kind.lower() == "bearer" else ""


def _for_the_wire(scope: Scope, answer: _Answer) -> _Answer:
    """The answer, compressed where the client takes that and it pays."""
    if len(answer.body) < _COMPRESSED_FROM or "gzip" not in _header(scope["headers"], b"accept-encoding"):
        return answer
    body = gzip.compress(answer.body, compresslevel=1, mtime=0)
    headers = [
        *_without_length(answer.headers),
        (b"content-encoding", b"gzip"),
        (b"vary", b"Accept-Encoding"),
    ]
    return _Answer(answer.status, [*headers, (b"content-length", str(len(body)).encode())], body)


def _changed(fault: Fault, answer: _Answer) -> _Answer | None:
    """What the client gets of an answer to work that was done; None for no answer at all."""
    match fault.effect:
        case "drop_after":
            return None
        case "status_after":
            return _instead(fault)
        case "garbage":
            return _Answer(200, _typed("application/json", GARBAGE), GARBAGE)
        case "html":
            return _Answer(fault.code, _typed("text/html", GATEWAY_PAGE), GATEWAY_PAGE)
        case "empty":
            return _Answer(answer.status, [*_without_length(answer.headers), (b"content-length", b"0")], b"")
        case _:
            return answer


def _instead(fault: Fault) -> _Answer:
    headers = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in fault.headers]
    return _Answer(
        fault.code,
        [*_without_length(headers), (b"content-length", str(len(fault.body)).encode())],
        fault.body,
    )


def _typed(media_type: str, body: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]


def _without_length(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name != b"content-length"]


def _header(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name.lower() == wanted), "")


async def _body_of(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _close(scope: Scope, receive: Receive, *, abruptly: bool) -> None:
    """Close the connection; abruptly drops what is still waiting to be sent. Returns when it is gone.

    Waiting matters: a server that finds the application finished without an answer would send one of its own.
    """
    transport: asyncio.Transport = scope[TRANSPORT]
    (transport.abort if abruptly else transport.close)()
    while (await receive())["type"] != "http.disconnect":
        pass
