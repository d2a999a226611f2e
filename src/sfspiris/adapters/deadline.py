"""Connections that obey one deadline for the whole request.

httpx bounds each single read. A server that sends one byte now and then would hold us for ever, be it in the body or
in the headers; so every socket operation here gets no more time than what is left of the whole.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from sfspiris.adapters.reaching import ReachingBackend, ask_the_system

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    from httpcore import SOCKET_OPTION

    from sfspiris.adapters.reaching import LookUp


class Deadline:
    """When the request under way must be over, on the clock given. One request at a time in each thread."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._of_thread = threading.local()

    def start(self, seconds: float) -> None:
        """A new request begins in this thread and may last this long."""
        self._of_thread.ends = self._monotonic() + seconds

    @property
    def _ends(self) -> float:
        ends: float = getattr(self._of_thread, "ends", float("inf"))
        return ends

    @property
    def has_passed(self) -> bool:
        """Whether nothing is left."""
        return self._monotonic() >= self._ends

    def bound(self, timeout: float | None, expired: type[Exception]) -> float:
        """The timeout, or what is left when that is less; raises `expired` when nothing is."""
        left = self._ends - self._monotonic()
        if left <= 0:
            raise expired("the time for the whole request is up")
        return left if timeout is None else min(timeout, left)

    def within(self, timeout: float | None, expired: type[Exception]) -> Callable[[], float]:
        """A limit for several steps together: what is left of the timeout, or of the whole; raises `expired` when nothing is."""
        ends = self._monotonic() + self.bound(timeout, expired)

        def left() -> float:
            seconds = ends - self._monotonic()
            if seconds <= 0:
                raise expired("the time for this step is up")
            return self.bound(seconds, expired)

        return left


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.bound(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.bound(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        bound = self._deadline.bound(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, bound), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _TimedBackend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline, look_up: LookUp) -> None:
        self._inner = ReachingBackend(look_up)
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        limit = self._deadline.within(timeout, httpcore.ConnectTimeout)
        stream = self._inner.reach(host, port, limit, local_address, socket_options)
        return _TimedStream(stream, self._deadline)


class TimedHTTPTransport(httpx.HTTPTransport):
    """httpx' own transport, never retrying, its sockets under a deadline, its idle connections dropped after `idle` s."""

    def __init__(
        self,
        deadline: Deadline,
        *,
        context: ssl.SSLContext,
        proxy: str | None,
        idle: float,
        look_up: LookUp = ask_the_system,
    ) -> None:
        super().__init__(
            verify=context,
            proxy=proxy,
            retries=0,
            limits=httpx.Limits(keepalive_expiry=idle),
        )
        # httpx has no public way to choose the sockets. Should this name ever change, the tests with slow headers fail.
        self._pool._network_backend = _TimedBackend(deadline, look_up)  # noqa: SLF001
