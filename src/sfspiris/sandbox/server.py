"""Both simulators on loopback, in one process and one event loop.

`serve` is `sandbox up`. `running` is for tests: the same servers in a thread of their own.
"""

import asyncio
import signal
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sfspiris.sandbox.kernel.app import build, start_over
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.kernel.simulator import Simulator
from sfspiris.sandbox.kernel.vendorcalls import TRANSPORT

HOST = "127.0.0.1"
TLS_PORT_OFFSET = 10
"""HTTPS listens this far above the HTTP port, unless that is "any free port"."""

# A client that hangs on a delayed answer must not keep the sandbox from ending.
_SECONDS_TO_FINISH = 1


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a sandbox answers: base URLs without a trailing slash."""

    salesforce: str
    spiris: str
    salesforce_tls: str | None = None
    spiris_tls: str | None = None
    certificate: Path | None = None
    """The self-signed certificate that a client of the HTTPS addresses must trust."""


def serve(
    world: str | dict[str, Any] = "demo",
    *,
    salesforce_port: int = 8701,
    spiris_port: int = 8702,
    data: Path | None = None,
    tls: bool = False,
    on_ready: Callable[[Addresses], None] | None = None,
) -> None:
    """Run both simulators until SIGINT or SIGTERM, then return.

    `world` is a name, a file or a document, as `worlds.load` takes it; port 0 means any free one. With `data`, every
    acknowledged write is kept there, and a folder that already holds data is continued instead of loading the world.
    `on_ready` is called once, from another thread, when both answer; it may call them. Raises `SandboxError` when a port is taken, the world does
    not load or the data is in use or unreadable.
    """
    with ExitStack() as stack:
        simulators = stack.enter_context(_simulators(world, data))
        ports = (salesforce_port, spiris_port)
        sockets = [stack.enter_context(_listening(port)) for port in ports]
        listeners = [
            _Listener(build(simulator), sock) for simulator, sock in zip(simulators, sockets, strict=True)
        ]
        certificate = None
        if tls:
            certificate, context = _tls(stack, data)
            for listener, port in zip(tuple(listeners), ports, strict=True):
                sock = stack.enter_context(_listening(port and port + TLS_PORT_OFFSET))
                listeners.append(_Listener(listener.app, sock, context))
        addresses = Addresses(listeners[0].url, listeners[1].url)
        if tls:
            addresses = replace(
                addresses,
                salesforce_tls=listeners[2].url,
                spiris_tls=listeners[3].url,
                certificate=certificate,
            )
        asyncio.run(_serve(listeners, lambda: on_ready(addresses) if on_ready else None))


@contextmanager
def running(*simulators: Simulator) -> Iterator[tuple[str, ...]]:
    """Serve simulators from a thread, each on a free port, and give their base URLs in the same order.

    They accept connections when the block begins and are gone when it ends. The simulators may be looked at from
    outside only while no request is under way.
    """
    with ExitStack() as stack:
        listeners = [
            _Listener(build(simulator), stack.enter_context(_listening(0))) for simulator in simulators
        ]
        ready = threading.Event()
        stop: list[Callable[[], object]] = []
        failures: list[BaseException] = []

        def run() -> None:
            try:
                asyncio.run(_serve(listeners, ready.set, stop=stop))
            except BaseException as error:  # noqa: BLE001  whatever it is, the waiting test must hear of it
                failures.append(error)
            finally:
                ready.set()

        thread = threading.Thread(target=run, name="sandbox", daemon=True)
        thread.start()
        ready.wait()
        try:
            if not failures:
                yield tuple(listener.url for listener in listeners)
        finally:
            for end in stop:
                end()
            thread.join()
        if failures:
            raise failures[0]


@contextmanager
def running_world(world: str | dict[str, Any] = "demo", *, data: Path | None = None) -> Iterator[Addresses]:
    """Serve both simulators with a world from a thread, on free ports; the rest as `serve` and `running`."""
    with _simulators(world, data) as simulators, running(*simulators) as (salesforce, spiris):
        yield Addresses(salesforce, spiris)


@contextmanager
def _simulators(world: str | dict[str, Any], data: Path | None) -> Iterator[list[Simulator]]:
    """Both simulators, Salesforce first, holding the world or what `data` already has."""
    from sfspiris.sandbox import worlds
    from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
    from sfspiris.sandbox.spiris.simulator import SpirisSimulator

    with ExitStack() as stack:
        if data is not None:
            stack.enter_context(_alone_in(data))
        simulators: list[Simulator] = []
        loaded: dict[str, Any] | None = None
        for kind in (SalesforceSimulator, SpirisSimulator):
            records = Records(None if data is None else data / f"{kind.name}.log")
            stack.callback(records.close)
            fresh = records.is_empty
            simulator = kind(Clock(), records)
            if fresh:
                loaded = worlds.load(world) if loaded is None else loaded
                start_over(simulator, loaded)
            simulators.append(simulator)
        yield simulators


@contextmanager
def _alone_in(data: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data / "sandbox.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise SandboxError(
            f"Another sandbox is using {data}. End it first, or choose another folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _listening(port: int) -> socket.socket:
    # The protocol is named because asyncio turns off Nagle's delay (40 ms an answer) only where it is.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
    except (OSError, OverflowError) as error:
        sock.close()
        raise SandboxError(
            f"Port {port} on {HOST} cannot be used ({error}). Choose another one; 0 takes any that is free."
        ) from error
    return sock


def _tls(stack: ExitStack, data: Path | None) -> tuple[Path, ssl.SSLContext]:
    from sfspiris.sandbox.kernel.keys import make_certificate

    folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sfspiris-sandbox-")))
    certificate, key = make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


class _Protocol(H11Protocol):
    """HTTP/1.1 that lets the application close the connection it is asked on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        inner = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = self.transport
            await inner(scope, receive, send)

        self.app = with_transport


class _Server(uvicorn.Server):
    """One listener among several in a loop: signals are the loop's business, and it says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self.ending = asyncio.Event()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await self._serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        """Keep the Date header right until told to end. Waits for that instead of looking ten times a second."""
        while not self.ending.is_set():
            await self.on_tick(0)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), timeout=1)


@dataclass(frozen=True, slots=True)
class _Listener:
    """An application, the bound socket it answers on, and TLS when it speaks that."""

    app: ASGIApp
    sock: socket.socket
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.sock.getsockname()[1]}"

    def server(self) -> _Server:
        config = uvicorn.Config(
            self.app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # the application sends the simulator's own time
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        )
        config.load()
        config.ssl = self.tls
        return _Server(config)


async def _serve(
    listeners: list[_Listener],
    on_ready: Callable[[], object],
    *,
    stop: list[Callable[[], object]] | None = None,
) -> None:
    """Serve until told to end: by a signal, or from another thread by what is put into `stop`."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    if stop is None:
        _end_on_signals(loop, ended)
    else:
        stop.append(lambda: loop.call_soon_threadsafe(ended.set))
    servers = [listener.server() for listener in listeners]
    tasks = [
        asyncio.create_task(server.serve([listener.sock]))
        for server, listener in zip(servers, listeners, strict=True)
    ]
    try:
        await asyncio.gather(*(server.listening.wait() for server in servers))
        await asyncio.to_thread(on_ready)
        await ended.wait()
    finally:
        for server in servers:
            server.ending.set()
        await asyncio.gather(*tasks)


def _end_on_signals(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, ended.set)
        except NotImplementedError:  # Windows has no signal handlers in its event loop
            with suppress(ValueError):
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(ended.set))
