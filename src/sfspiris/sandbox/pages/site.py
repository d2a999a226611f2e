"""The frame of both sandboxes' pages: routes, headers, notices, and the pages about the sandbox itself."""

import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from sfspiris.sandbox.kernel.app import CONTROL, PAGES
from sfspiris.sandbox.kernel.clock import NO_OFFSET
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.requestlog import Call
from sfspiris.sandbox.kernel.simulator import Simulator
from sfspiris.sandbox.pages import formats
from sfspiris.sandbox.pages.controlling import control_call
from sfspiris.sandbox.pages.formats import address
from sfspiris.sandbox.pages.rendering import HEADERS, icon, style, style_version, templates
from sfspiris.sandbox.pages.shapes import Cell, Column, Tab, Table, Tone, View, paged

_KEPT_NOTICES: Final = 100
_REFUSED, _FAILED = 400, 500

Show = Callable[[Request], View]
Act = Callable[[Request, Mapping[str, str]], Awaitable[tuple[str, str]]]
"""What a form does: given its fields, it answers with the page to go to and what to say there."""


class Site:
    """The pages that every simulator has: the request log, and how the sandbox is set up to behave."""

    brand: ClassVar[str] = "Sandbox"

    def __init__(self, simulator: Simulator, control: ASGIApp) -> None:
        self._simulator = simulator
        self._control = control
        self._notices: deque[tuple[str, Tone, str]] = deque(maxlen=_KEPT_NOTICES)
        self._notice_numbers = count(1)

    # What a vendor's pages add

    def routes(self) -> list[BaseRoute]:
        """The vendor's own pages, the first of them at `/`."""
        return [Route("/", self.shown(self._requests))]

    def tabs(self, request: Request) -> list[Tab]:
        """The navigation between the vendor's own pages."""
        del request
        return []

    def choices(self, request: Request) -> list[Tab]:
        """The navigation between a vendor's companies, where it has any."""
        del request
        return []

    # The application

    def application(self) -> ASGIApp:
        """All of it."""
        application = Starlette(
            routes=[
                *self.routes(),
                Route(f"{PAGES}/requests", self.shown(self._requests)),
                Route(f"{PAGES}/requests/{{n:int}}", self.shown(self._request)),
                Route(f"{PAGES}/behaviour", self.shown(self._behaviour)),
                Route(f"{PAGES}/style.css", style),
                Route(f"{PAGES}/icon.svg", icon),
                Route("/favicon.ico", icon),
            ],
            exception_handlers={SandboxError: self._refused, HTTPException: self._no_such_page},
        )
        application.router.redirect_slashes = False
        return application

    def shown(self, show: Show) -> Callable[[Request], Awaitable[Response]]:
        """The handler that answers with a view."""

        async def handle(request: Request) -> Response:
            return self._rendered(request, show(request))

        return handle

    def acting(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        """The handler of a form. It always answers with a redirect, so that reloading a page repeats nothing.

        What is refused is said on the page that the form stood on.
        """

        async def handle(request: Request) -> Response:
            if not _is_ours(request):
                raise SandboxError("The form was not sent from a page of this sandbox.", status=403)
            fields = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
            try:
                page, said = await act(request, fields)
                tone: Tone = "good"
            except SandboxError as error:
                page, said, tone = _came_from(request), str(error), "bad"
            return RedirectResponse(self._with_notice(page, said, tone), status_code=303, headers=HEADERS)

        return handle

    async def control(self, method: str, path: str, document: Mapping[str, Any], **query: str | None) -> Any:
        """What the control call of this path answers. Raises `SandboxError` with its refusal."""
        given = urlencode({name: value for name, value in query.items() if value is not None})
        return await control_call(self._control, method, f"{CONTROL}{path}", document, query=given)

    # Pages about the sandbox

    def _requests(self, request: Request) -> View:
        log = self._simulator.log
        places, pager = paged(request, "page", range(len(log)))
        calls = log.latest(len(places), skip=places[0]) if places else []
        table = Table(
            "page",
            "Calls",
            (
                Column("No.", is_number=True),
                Column("Time", is_short=True),
                Column("Method"),
                Column("Path"),
                Column("Status"),
            ),
            tuple(_call_row(call, self._about_link(request, f"requests/{call.n}")) for call in calls),
            "No call has been received yet. Run sfspiris against this sandbox, and its calls appear here.",
            len(log),
            pager,
        )
        return View("requests.html.j2", "Request log", {"table": table})

    def _request(self, request: Request) -> View:
        n = request.path_params["n"]
        call = self._simulator.log.get(n)
        if call is None:
            raise SandboxError(
                f"Call {n} is not in the log. It may be older than what is kept, or the log was emptied.",
                status=404,
            )
        listed = call.listed()
        parts = [
            ("Query", listed["query"] or None),
            ("Body", listed["body"]),
            ("Response", listed["response"]),
        ]
        return View(
            "request.html.j2",
            f"Call {n}",
            {
                "call": call,
                "when": formats.moment(call.at),
                "status": _status(call),
                "parts_of_call": [(title, formats.readable(value)) for title, value in parts],
                "newer": self._log_link(request, n + 1),
                "older": self._log_link(request, n - 1),
            },
        )

    def _log_link(self, request: Request, n: int) -> str | None:
        return self._about_link(request, f"requests/{n}") if self._simulator.log.get(n) else None

    def _behaviour(self, _request: Request) -> View:
        switches = tuple(
            (
                Cell(name, under=told["reason"]),
                Cell(_switch_value(told["value"]), tone="hold" if told["value"] != told["default"] else None),
                Cell(_switch_value(told["default"])),
                Cell(_possible(told["values"])),
            )
            for name, told in self._simulator.switches.listed().items()
        )
        faults = tuple(
            (
                Cell(rule["effect"]),
                Cell(f"{rule['method'] or 'any method'} {rule['path'] or 'any path'}"),
                Cell(_which_matches(rule["nth"], rule["times"])),
                Cell(str(rule["matched"])),
            )
            for rule in self._simulator.faults.listed()
        )
        return View(
            "behaviour.html.j2",
            "Behaviour",
            {
                "faults": Table(
                    "faults",
                    "Faults",
                    (
                        Column("Effect"),
                        Column("Calls"),
                        Column("Acts on"),
                        Column("Matched so far", is_number=True),
                    ),
                    faults,
                    "No fault is set: every call is carried out and answered.",
                    len(faults),
                ),
                "switches": Table(
                    "switches",
                    "Switches",
                    (Column("Switch"), Column("Value"), Column("Default"), Column("Possible")),
                    switches,
                    "",
                    len(switches),
                ),
            },
        )

    # Rendering

    def _rendered(self, request: Request, view: View, status: int = 200) -> Response:
        clock = self._simulator.clock
        about = (("Request log", "requests"), ("Behaviour", "behaviour"))
        here = request.url.path
        text = (
            templates()
            .get_template(view.template)
            .render(
                view.data,
                title=view.title,
                brand=self.brand,
                choices=self.choices(request),
                tabs=[
                    *self.tabs(request),
                    *(
                        Tab(
                            label,
                            self._about_link(request, name),
                            is_here=here.startswith(f"{PAGES}/{name}"),
                        )
                        for label, name in about
                    ),
                ],
                now=clock.now(),
                is_set=clock.offset != NO_OFFSET,
                notice=self._notice(request.query_params.get("notice")),
                style_link=f"{PAGES}/style.css?v={style_version()}",
                icon_link=f"{PAGES}/icon.svg",
            )
        )
        return Response(
            text.encode(errors="replace"), status, headers=HEADERS, media_type="text/html; charset=utf-8"
        )

    def _about_link(self, request: Request, name: str) -> str:
        """A page about the sandbox, which still knows which company the person came from."""
        return address(f"{PAGES}/{name}", company=request.query_params.get("company"))

    def _with_notice(self, page: str, said: str, tone: Tone) -> str:
        key = str(next(self._notice_numbers))
        self._notices.append((key, tone, said))
        path, _, query = page.partition("?")
        kept = [(name, value) for name, value in parse_qsl(query) if name != "notice"]
        return f"{path}?{urlencode([*kept, ('notice', key)])}"

    def _notice(self, key: str | None) -> tuple[Tone, str] | None:
        return next(((tone, said) for known, tone, said in self._notices if known == key), None)

    async def _refused(self, request: Request, error: Exception) -> Response:
        status = error.status if isinstance(error, SandboxError) else _REFUSED
        return self._wrong(request, str(error), status)

    async def _no_such_page(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return self._wrong(request, f"There is no page {request.url.path} in this sandbox.", status)

    def _wrong(self, request: Request, message: str, status: int) -> Response:
        title = "Not found" if status == 404 else "Not possible"  # noqa: PLR2004  known to every reader of HTTP
        return self._rendered(request, View("wrong.html.j2", title, {"message": message}), status)


def _is_ours(request: Request) -> bool:
    """Whether a form was sent from one of these pages, as far as the browser says; other clients say nothing."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _came_from(request: Request) -> str:
    """The page that the form stood on; the first page when the client does not tell."""
    page = urlsplit(request.headers.get("referer", ""))
    if page.netloc != request.headers.get("host"):
        return address("/", company=request.query_params.get("company"))
    path = f"/{page.path.lstrip('/')}"  # two slashes would begin the name of another host
    return f"{path}?{page.query}" if page.query else path


def _call_row(call: Call, link: str) -> tuple[Cell, ...]:
    text, tone = _status(call)
    return (
        Cell(str(call.n)),
        Cell(formats.moment(call.at)),
        Cell(call.method),
        Cell(call.path, link=link, under=_query(call)),
        Cell(text, tone=tone),
    )


def _query(call: Call) -> str:
    if not call.is_sign_in:
        return unquote_plus(call.query)
    return "&".join(f"{name}={value}" for name, value in call.asked.items())


def _status(call: Call) -> tuple[str, Tone]:
    if call.status is None:
        return "no answer", "bad"
    return str(call.status), "good" if call.status < _REFUSED else "hold" if call.status < _FAILED else "bad"


def _switch_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _possible(values: str | list[str | None]) -> str:
    return values if isinstance(values, str) else ", ".join(_switch_value(value) for value in values)


def _which_matches(nth: int, times: int | None) -> str:
    first = "the next matching call" if nth == 1 else f"matching call {nth}"
    if times is None:
        return f"{first} and all after it"
    return first if times == 1 else f"{first} and {times - 1} after it"
