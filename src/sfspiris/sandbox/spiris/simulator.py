"""The Spiris simulator: one port with the identity server below `/connect` and the API below `/v2`."""

import logging
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.jsonio import JsonResponse
from sfspiris.sandbox.kernel.records import Record, Records
from sfspiris.sandbox.kernel.simulator import Simulator
from sfspiris.sandbox.kernel.switches import Switch
from sfspiris.sandbox.kernel.traps import Traps
from sfspiris.sandbox.spiris import (
    articles,
    customers,
    dimensions,
    drafts,
    errors,
    extras,
    invoices,
    ledger,
    orders,
    quotes,
    registers,
    settings,
    vouchers,
)
from sfspiris.sandbox.spiris.access import API_MODULE, AREAS, BASE_SCOPE, Area
from sfspiris.sandbox.spiris.books import (
    ARTICLES,
    ATTACHMENTS,
    BANK_ACCOUNTS,
    CODINGS,
    COMPANIES,
    COST_CENTERS,
    CUSTOMERS,
    DRAFTS,
    FISCAL_YEARS,
    INVOICES,
    LEDGER_ITEMS,
    LINKS,
    NOTES,
    ORDERS,
    OUTBOX,
    PAYMENTS,
    PROJECTS,
    QUOTES,
    TERMS,
    UNITS,
    USERS,
    VOUCHER_DRAFTS,
    VOUCHERS,
    Books,
    public,
)
from sfspiris.sandbox.spiris.control import Control, described
from sfspiris.sandbox.spiris.errors import Refusal
from sfspiris.sandbox.spiris.fragments import Fragments
from sfspiris.sandbox.spiris.lag import Lag
from sfspiris.sandbox.spiris.oauth import KEPT, Identity
from sfspiris.sandbox.spiris.printout import invoice_pdf
from sfspiris.sandbox.spiris.ratelimit import RateLimit
from sfspiris.sandbox.spiris.switches import SWITCHES
from sfspiris.sandbox.spiris.traps import TRAPS
from sfspiris.sandbox.spiris.wire import Call, Router, Session
from sfspiris.sandbox.spiris.world import populate

_logger = logging.getLogger(__name__)

_OPERATIONS: Final = (
    *settings.OPERATIONS,
    *customers.OPERATIONS,
    *articles.OPERATIONS,
    *registers.OPERATIONS,
    *drafts.OPERATIONS,
    *invoices.OPERATIONS,
    *ledger.OPERATIONS,
    *orders.OPERATIONS,
    *quotes.OPERATIONS,
    *vouchers.OPERATIONS,
    *dimensions.OPERATIONS,
    *extras.OPERATIONS,
)
_READING: Final = frozenset({"GET", "HEAD"})
_INACTIVE, _READ_ONLY = 0, 2


class SpirisSimulator(Simulator):
    """Every company of one sandbox, its API and the people working in its product."""

    name: ClassVar[str] = "spiris"
    declared_switches: ClassVar[tuple[Switch, ...]] = SWITCHES

    def __init__(self, clock: Clock, records: Records) -> None:
        super().__init__(clock, records)
        self._identity = Identity(records, clock, self.switches)
        self._router = Router.of(_OPERATIONS)
        self._limit = RateLimit()
        self._fragments = Fragments()
        self._lag = Lag(clock, self.switches)
        self.traps = Traps(TRAPS)
        self._control = Control(self.books, self._identity)

    # What the kernel asks for

    def routes(self) -> list[BaseRoute]:
        """The identity server, the API, and the temporary addresses of printed invoices."""
        return [
            *self._identity.routes(),
            Route("/v2/{path:path}", self._api, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
            Route("/files/{key}.pdf", self._file, methods=["GET"]),
        ]

    def control_routes(self) -> list[BaseRoute]:
        """What people do in the product."""
        return self._control.routes()

    def state(self) -> dict[str, Any]:
        """Every company with everything it has, in the wire shape of the API."""
        return {"companies": [self._company_state(self.books(key)) for key in self._keys()]}

    def load(self, world: Mapping[str, Any]) -> None:
        """Start over with the companies of a world; clients stay registered, sign-ins stay where they still fit."""
        companies = world.get("companies") or []
        if not isinstance(companies, list) or not all(isinstance(company, dict) for company in companies):
            raise SandboxError("The companies of a world must be a list of objects.")
        with self.records.transaction():
            self.records.clear(keep=KEPT)
            for company in companies:
                key = company.get("key")
                if not isinstance(key, str) or not key or "/" in key or self.records.get(COMPANIES, key):
                    raise SandboxError(
                        f"A company needs a key of its own, without slashes; {key!r} is not one."
                    )
                populate(self._open(key), company)
            self._identity.forget_strangers()
        self._limit.forget()
        self._lag.forget()

    # Companies

    def books(self, key: str | None) -> Books:
        """The books of a company; without a key, of the first. Raises `SandboxError` when there is none."""
        keys = self._keys()
        if not keys:
            raise SandboxError("This sandbox has no company. Start it with a world that has one.", status=404)
        chosen = keys[0] if key is None else key
        if chosen not in keys:
            raise SandboxError(f"There is no company {chosen!r}. There are: {', '.join(keys)}.", status=404)
        return self._open(chosen)

    def _open(self, key: str) -> Books:
        return Books(
            key,
            records=self.records,
            clock=self.clock,
            switches=self.switches,
            lag=self._lag,
            traps=self.traps,
        )

    def _keys(self) -> list[str]:
        return [company["key"] for company in self.records.all(COMPANIES)]

    # The API

    async def _api(self, request: Request) -> Response:
        raw = await request.body()
        try:
            return self._answered(request, raw)
        except Refusal as refusal:
            return JsonResponse(refusal.wire(), refusal.status, headers=refusal.headers)

    def _answered(self, request: Request, raw: bytes) -> Response:
        """The answer to one call. Raises the refusal of a call that is not let in or not carried out."""
        session = self._identity.session(request.headers.get("authorization"))
        if session is None:
            raise errors.not_authorized()
        found = self._router.find(request.path_params["path"])
        if found is None:
            return Response(status_code=404)
        pattern, variable, handlers = found
        handler = handlers.get(request.method)
        if handler is None:
            return Response(status_code=405, headers={"Allow": ", ".join(sorted(handlers))})
        self._check_quota(session, pattern)
        books = self._open(session.company)
        self._check_access(
            session, books, AREAS[pattern.partition("/")[0]], reading=request.method in _READING
        )
        call = Call(
            books=books,
            session=session,
            path=variable,
            options=dict(request.query_params),
            raw=raw,
            media_type=request.headers.get("content-type", ""),
            fragments=self._fragments,
            base_url=f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}",
        )
        if request.method in _READING:
            return handler(call).response()
        with self.records.transaction():
            return handler(call).response()

    def _check_quota(self, session: Session, endpoint: str) -> None:
        limit = self.switches.get("rate_limit_per_minute")
        if not isinstance(limit, int):
            return
        seconds = self._limit.wait(session.client_id, endpoint, limit)
        if seconds:
            raise errors.quota(limit, seconds, with_header=self.switches.is_on("retry_after_header"))

    def _check_access(self, session: Session, books: Books, area: Area, *, reading: bool) -> None:
        """Whether token, company, product variant and modules allow the call."""
        needed = area.read if reading else area.write
        if BASE_SCOPE not in session.scopes or session.scopes.isdisjoint(needed):
            raise errors.no_scope(needed)
        flags, company = books.flags, books.settings
        if not flags["user_has_access"]:
            raise errors.no_company_access()
        if company["CompanyStatus"] == _INACTIVE:
            raise errors.company_not_active("The company is not active.")
        if company["CompanyStatus"] == _READ_ONLY and not reading:
            raise errors.company_not_active("The company can only be read.")
        if not flags["guide_completed"]:
            raise errors.guide_not_completed()
        modules = company["ActivatedModules"]
        if API_MODULE not in modules:
            raise errors.no_module(API_MODULE)
        if area.variants and company["ProductVariant"] not in area.variants:
            raise errors.no_module(area.module or "the product variant does not include this part")
        if area.module is not None and area.module not in modules:
            raise errors.no_module(area.module)

    async def _file(self, request: Request) -> Response:
        """The printed invoice behind an address of `/pdf`. The address is the permission, as with any signed link."""
        known = self.records.get(invoices.FILES, request.path_params["key"])
        if known is None or self.clock.now() >= known["ends"] or known["company"] not in self._keys():
            return Response(status_code=404)
        books = self._open(known["company"])
        invoice = books.get(INVOICES, known["invoice"])
        if invoice is None:
            return Response(status_code=404)
        return Response(invoice_pdf(books, invoices.shown(books, invoice)), media_type="application/pdf")

    # The state

    def _company_state(self, books: Books) -> dict[str, Any]:
        def plain(table: str) -> list[Record]:
            return [public(record) for record in books.all(table)]

        present = invoices.presenter(books)
        return {
            "key": books.key,
            "settings": settings.shown(books),
            "flags": {
                name: value
                for name, value in described(books).items()
                if name in ("StartupGuideCompleted", "UserHasAccess")
            },
            "customers": [customers.shown(books, record) for record in books.all(CUSTOMERS)],
            "articles": [articles.shown(books, record) for record in books.all(ARTICLES)],
            "drafts": [drafts.shown(books, record) for record in books.all(DRAFTS)],
            "invoices": [present(record) for record in books.all(INVOICES)],
            "orders": [orders.shown(books, record) for record in books.all(ORDERS)],
            "quotes": [quotes.shown(books, record) for record in books.all(QUOTES)],
            "ledgeritems": [ledger.shown(books, record) for record in books.all(LEDGER_ITEMS)],
            "vouchers": plain(VOUCHERS),
            "voucherdrafts": plain(VOUCHER_DRAFTS),
            "payments": plain(PAYMENTS),
            "links": plain(LINKS),
            "notes": plain(NOTES),
            "attachments": plain(ATTACHMENTS),
            "projects": plain(PROJECTS),
            "costcenters": [
                dimensions.shown_cost_center(books, record) for record in books.all(COST_CENTERS)
            ],
            "termsofpayments": plain(TERMS),
            "units": plain(UNITS),
            "codings": plain(CODINGS),
            "fiscalyears": plain(FISCAL_YEARS),
            "bankaccounts": plain(BANK_ACCOUNTS),
            "users": plain(USERS),
            "outbox": plain(OUTBOX),
        }
