"""A person's consent in the browser, for any vendor: RFC 8252 with PKCE (RFC 7636).

What must not happen: that somebody else's code is taken for ours, or that ours reaches somebody else. So every consent
has its own random state and verifier; the listener hears only this machine, takes one answer with the right state,
and shows a page without any part of what it was told. A wrong answer is turned away and the right one still awaited.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import queue
import secrets
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from sfspiris.errors import ConfigError, SignInNeeded, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

LOOPBACK: Final = "127.0.0.1"
"""The literal address: the name localhost may be made to mean another machine (RFC 8252 section 8.3)."""

_SECONDS_PER_VISITOR = 5
_LONGEST_CODE = 4096
_MOST_FIELDS = 20
_DONE = b"<!doctype html><meta charset=utf-8><title>sfspiris</title><p>You are signed in. Close this window and go back to the terminal."
_NOT_DONE = b"<!doctype html><meta charset=utf-8><title>sfspiris</title><p>This did not sign you in. Go back to the terminal."


@dataclass(frozen=True, slots=True)
class Pledge:
    """The secrets of one consent, 256 bits each: `state` goes out and must come back, `verifier` stays here."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def challenge(self) -> str:
        """What the vendor gets to see of the verifier: its S256 hash (RFC 7636 section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def code_in(address: str, *, redirect_uri: str, pledge: Pledge) -> str:
    """The code in the address that the vendor redirected the browser to, also when a person pasted it.

    Raises UsageError when it is not such an address, and SignInNeeded when it answers another consent, or when
    the vendor says in it that consent was not given.
    """
    try:
        found, expected = urlsplit(address.strip()), urlsplit(redirect_uri)
        answer = parse_qs(found.query, strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise _not_the_address(redirect_uri) from None
    if not answer or (found.scheme, found.netloc, found.path) != (
        expected.scheme,
        expected.netloc,
        expected.path,
    ):
        raise _not_the_address(redirect_uri)
    code, error = answer.get("code", []), answer.get("error", [])
    if not _is_ours(answer, pledge):
        raise SignInNeeded(
            "The answer belongs to another sign-in than the one that was started here.",
            remedy="Start again, and use the link that is shown then.",
        )
    if error:
        raise SignInNeeded(
            "The vendor did not give access: consent was refused, or the application may not ask for it.",
            remedy="Start again and allow the access, or ask an administrator of the company to.",
        )
    if len(code) != 1 or not code[0] or len(code[0]) > _LONGEST_CODE:
        raise _not_the_address(redirect_uri)
    return code[0]


class Listener:
    """Waits on this machine for the browser to come back. Bound when made; use it as a context manager.

    `port` is the registered one; when it is taken there is no second choice, because the vendor redirects to no other.
    Port 0 takes any free one, for vendors that let loopback ports vary.
    """

    def __init__(self, pledge: Pledge, *, port: int, path: str = "/callback") -> None:
        self._pledge = pledge
        self._answers: queue.Queue[str | SignInNeeded] = queue.Queue(maxsize=1)
        try:
            self._server = _Server((LOOPBACK, port), self)
        except OSError as error:
            raise ConfigError(
                f"Port {port} on this machine is taken by another program, so the browser could not come back here.",
                remedy="End that program, or sign in with the address pasted by hand.",
            ) from error
        self.redirect_uri = f"http://{LOOPBACK}:{self._server.server_port}{path}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, timeout: float) -> str:
        """The code, within so many seconds; SignInNeeded when none came or the vendor says no."""
        try:
            answer = self._answers.get(timeout=timeout)
        except queue.Empty:
            raise SignInNeeded(
                f"Nobody came back from the browser within {timeout:g} seconds.",
                remedy="Run the command again and finish signing in sooner.",
            ) from None
        if isinstance(answer, SignInNeeded):
            raise answer
        return answer

    def take(self, host: str, target: str) -> bool:
        """Judge one visit; whether it brought the one code that is awaited."""
        expected = urlsplit(self.redirect_uri)
        if host != expected.netloc or not target.startswith("/"):
            return False  # a page elsewhere has made its name point here, or a proxy is asked for
        answer: str | SignInNeeded
        try:
            answer = code_in(
                f"{expected.scheme}://{host}{target}", redirect_uri=self.redirect_uri, pledge=self._pledge
            )
        except UsageError:
            return False
        except SignInNeeded as error:
            if not _is_ours(parse_qs(urlsplit(target).query, max_num_fields=_MOST_FIELDS), self._pledge):
                return False
            answer = error
        try:
            self._answers.put_nowait(answer)
        except queue.Full:
            return False
        return isinstance(answer, str)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Elsewhere than on POSIX this would let another program listen on the same port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, address: tuple[str, int], listener: Listener) -> None:
        self.listener = listener
        super().__init__(address, _Visit)

    def server_bind(self) -> None:
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        if exclusive is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        super().server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is nobody's business; the base class would print a traceback."""


class _Visit(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SECONDS_PER_VISITOR
    server_version = "sfspiris"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with one of two fixed pages."""
        is_done = self.server.listener.take(self.headers.get("Host", ""), self.path)
        page = _DONE if is_done else _NOT_DONE
        self.send_response(200 if is_done else 400)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """The line would hold the code."""


def _is_ours(answer: Mapping[str, list[str]], pledge: Pledge) -> bool:
    state = answer.get("state", [])
    return len(state) == 1 and hmac.compare_digest(state[0].encode(errors="replace"), pledge.state.encode())


def _not_the_address(redirect_uri: str) -> UsageError:
    return UsageError(
        "That is not the address that the browser was sent back to.",
        remedy=f"Copy the whole address from the browser's address bar; it begins with {redirect_uri}?",
    )
