"""A server on loopback that misbehaves on request: each request gets the next act of the script."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

Act = Callable[["Loopback", socket.socket], None]
"""What happens on a connection after a whole request was read; it may close the connection."""


def reply(
    body: bytes | str | list[Any] | dict[str, Any] = b"",
    *,
    status: int = 200,
    kind: str | None = None,
    headers: dict[str, str] | None = None,
) -> Act:
    """A whole answer, JSON when the body is plain data."""
    return lambda _server, connection: connection.sendall(_answer(body, status, kind, headers))


def cut(body: bytes | str | dict[str, Any], *, keep: int) -> Act:
    """An answer that promises its whole body, gives `keep` bytes of it and hangs up."""

    def act(_server: Loopback, connection: socket.socket) -> None:
        head, _, content = _answer(body, 200, None, None).partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n" + content[:keep])
        connection.close()

    return act


def drip(raw: bytes, *, pause: float) -> Act:
    """Raw bytes, one at a time."""

    def act(server: Loopback, connection: socket.socket) -> None:
        for one in raw:
            if server.is_over.is_set():
                return
            connection.sendall(bytes([one]))
            server.is_over.wait(pause)

    return act


def silence(server: Loopback, _connection: socket.socket) -> None:
    """The request is read, the connection stays open, and nothing ever comes back."""
    server.is_over.wait()


def hang_up(_server: Loopback, connection: socket.socket) -> None:
    """The connection is closed without a word."""
    connection.close()


def _answer(
    body: bytes | str | list[Any] | dict[str, Any],
    status: int,
    kind: str | None,
    headers: dict[str, str] | None,
) -> bytes:
    if isinstance(body, list | dict):
        kind, body = kind or "application/json; charset=utf-8", json.dumps(body)
    content = body.encode() if isinstance(body, str) else body
    lines = {
        "Content-Length": str(len(content)),
        **({"Content-Type": kind} if kind else {}),
        **(headers or {}),
    }
    head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return head.encode() + b"\r\n" + content


class Loopback:
    """Plays its acts, one per request in the order they arrive; a request beyond the last act is never answered.

    `requests` holds what was received, head and body together; `connections` counts who called.
    """

    def __init__(
        self, *acts: Act, tls: ssl.SSLContext | None = None, address: tuple[str, int] = ("127.0.0.1", 0)
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.is_over = threading.Event()
        self._acts = deque(acts)
        self._tls = tls
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(address)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._listening.getsockname()[0]}:{self.port}"

    def play(self, *acts: Act) -> None:
        """Add acts to the end of the script."""
        self._acts.extend(acts)

    def forget(self) -> None:
        """Drop what is left of the script, and what was received."""
        self._acts.clear()
        self.requests.clear()

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join()
        self._listening.close()
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        while not self.is_over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while (request := _whole_request(connection)) is not None:
                self.requests.append(request)
                (self._acts.popleft() if self._acts else silence)(self, connection)


def _whole_request(connection: socket.socket) -> bytes | None:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
