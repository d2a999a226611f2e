"""The application around one simulator: the vendor's calls, the control calls below `/_sandbox`, and pages for people.

A control call or a page is never logged, delayed or faulted; what happens around a vendor call is in `vendorcalls`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sfspiris.sandbox.kernel.errors import SandboxError, shortened
from sfspiris.sandbox.kernel.jsonio import JsonResponse, loads
from sfspiris.sandbox.kernel.simulator import Simulator
from sfspiris.sandbox.kernel.vendorcalls import VendorCalls

CONTROL = "/_sandbox"
PAGES = "/_pages"
"""Where the pages are, but for the first, which is at `/`. No vendor has anything at either place."""

FIRST_YEAR, LAST_YEAR = 1990, 2200
"""Where the clock can be: wide enough for any story, and every moment around it is one that computers have."""

_CLOCK_TABLE, _CLOCK_ID = "_clock", "clock"


def build(simulator: Simulator) -> ASGIApp:
    """The ASGI application that serves `simulator`."""
    restore_clock(simulator)
    vendor = Starlette(
        routes=simulator.routes(),
        exception_handlers=dict(simulator.exception_handlers()),
    )
    vendor.router.redirect_slashes = False
    control = Starlette(
        routes=[Mount(CONTROL, routes=[*_Control(simulator).routes(), *simulator.control_routes()])],
        exception_handlers={SandboxError: _refused, HTTPException: _no_such_call},
    )
    control.router.redirect_slashes = False
    around = VendorCalls(simulator, vendor)
    pages = _made_when_first_asked_for(simulator, control)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path == CONTROL or path.startswith(f"{CONTROL}/"):
            await control(scope, receive, send)
        elif _is_page(scope["method"], path):
            await pages()(scope, receive, send)
        else:
            await around(scope, receive, send)

    return application


def _is_page(method: str, path: str) -> bool:
    """Whether a person's browser asks for a page. Browsers ask for a `/favicon.ico` beside a vendor's login form too."""
    return path.startswith(f"{PAGES}/") or (method in ("GET", "HEAD") and path in ("/", "/favicon.ico"))


def _made_when_first_asked_for(simulator: Simulator, control: ASGIApp) -> Callable[[], ASGIApp]:
    """The pages, whose templates would otherwise keep every sandbox from being ready a little longer."""

    @cache
    def pages() -> ASGIApp:
        from sfspiris.sandbox.pages import pages_of

        return pages_of(simulator, control)

    return pages


def start_over(simulator: Simulator, world: dict[str, Any]) -> None:
    """Give `simulator` its part of a whole `world` and the world's time; log, faults and switches start anew."""
    offset_before = simulator.clock.offset
    try:
        with simulator.records.transaction():
            simulator.switches.reset()
            simulator.clock.set(_moment(world.get("now")))
            simulator.load(world.get(simulator.name) or {})
            _store_clock(simulator)  # last, because loading replaces everything in the records
    except BaseException:
        simulator.clock.offset = offset_before
        raise
    finally:
        simulator.switches.reload()
    simulator.faults.clear()
    simulator.log.clear()


def set_clock(simulator: Simulator, now: Any) -> None:
    """Set the simulator's time from ISO 8601 text, or back to real time with None. Raises `SandboxError`."""
    simulator.clock.set(_moment(now))
    _store_clock(simulator)


def _moment(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SandboxError(
            f'The clock needs a moment such as "2026-11-20T08:00:00Z" or null, not {shortened(text)}.'
        )
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise SandboxError(f"The clock can be set to the years {FIRST_YEAR} to {LAST_YEAR}, not {text}.")
    return moment


def restore_clock(simulator: Simulator) -> None:
    """Let the simulator's clock go on from the time that its records keep, if they keep one."""
    stored = simulator.records.get(_CLOCK_TABLE, _CLOCK_ID)
    if stored is not None:
        simulator.clock.offset = timedelta(microseconds=stored["ahead_microseconds"])


def _store_clock(simulator: Simulator) -> None:
    ahead = simulator.clock.offset // timedelta(microseconds=1)
    simulator.records.put(_CLOCK_TABLE, _CLOCK_ID, {"ahead_microseconds": ahead})


async def _refused(_request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, SandboxError) else 400
    return JsonResponse({"error": str(error)}, status_code=status)


async def _no_such_call(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return JsonResponse(
        {"error": f"There is no control call {request.method} {request.url.path}."}, status_code=status
    )


async def document_of(request: Request) -> Any:
    """The JSON body of a control call; None when there is none. Raises `SandboxError` when it is not JSON."""
    body = await request.body()
    if not body.strip():
        return None
    try:
        return loads(body)
    except ValueError as error:
        raise SandboxError(f"The body is not JSON: {error}.") from error


class _Control:
    """The control calls that both simulators have."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        return [
            Route("/state", self._state, methods=["GET"]),
            Route("/reset", self._reset, methods=["POST"]),
            Route("/requests", self._requests, methods=["GET"]),
            Route("/requests", self._forget_requests, methods=["DELETE"]),
            Route("/clock", self._clock, methods=["GET"]),
            Route("/clock", self._set_clock, methods=["PUT"]),
            Route("/switches", self._switches, methods=["GET"]),
            Route("/switches", self._set_switches, methods=["PUT"]),
            Route("/faults", self._faults, methods=["GET"]),
            Route("/faults", self._add_fault, methods=["POST"]),
            Route("/faults", self._clear_faults, methods=["DELETE"]),
        ]

    async def _state(self, _request: Request) -> Response:
        return JsonResponse(self._simulator.state())

    async def _reset(self, request: Request) -> Response:
        from sfspiris.sandbox import worlds

        document = await document_of(request) or {}
        if not isinstance(document, dict) or set(document) - {"world"}:
            raise SandboxError('To start over, send {"world": "demo"}, {"world": "empty"} or {"world": {…}}.')
        start_over(self._simulator, worlds.load(document.get("world", "demo")))
        return self._now()

    async def _requests(self, request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            raise SandboxError(
                f"The log is listed after a call's number, such as ?after=12, not {shortened(after)}."
            )
        return JsonResponse(self._simulator.log.listed(after=int(after)))

    async def _forget_requests(self, _request: Request) -> Response:
        self._simulator.log.clear()
        return JsonResponse([])

    async def _clock(self, _request: Request) -> Response:
        return self._now()

    async def _set_clock(self, request: Request) -> Response:
        document = await document_of(request)
        if not isinstance(document, dict) or set(document) != {"now"}:
            raise SandboxError('To set the clock, send {"now": "2026-11-20T08:00:00Z"} or {"now": null}.')
        set_clock(self._simulator, document["now"])
        return self._now()

    async def _switches(self, _request: Request) -> Response:
        return JsonResponse(self._simulator.switches.listed())

    async def _set_switches(self, request: Request) -> Response:
        document = await document_of(request)
        if not isinstance(document, dict):
            raise SandboxError("To set switches, send an object of names and values.")
        self._simulator.switches.set(document)
        return await self._switches(request)

    async def _faults(self, _request: Request) -> Response:
        return JsonResponse(self._simulator.faults.listed())

    async def _add_fault(self, request: Request) -> Response:
        fault = self._simulator.faults.add(await document_of(request))
        return JsonResponse(fault.described(), status_code=201)

    async def _clear_faults(self, _request: Request) -> Response:
        self._simulator.faults.clear()
        return JsonResponse([])

    def _now(self) -> Response:
        return JsonResponse({"now": self._simulator.clock.now().isoformat().replace("+00:00", "Z")})
