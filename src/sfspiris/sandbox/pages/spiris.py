"""The pages of the Spiris sandbox: one company at a time, and the buttons of its finance people."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from sfspiris.sandbox.kernel.app import PAGES
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.pages import spirisviews as views
from sfspiris.sandbox.pages.formats import address, money
from sfspiris.sandbox.pages.shapes import Tab, View
from sfspiris.sandbox.pages.site import Act, Site
from sfspiris.sandbox.pages.spiristables import link_to
from sfspiris.sandbox.spiris import drafts, invoices
from sfspiris.sandbox.spiris.books import ARTICLES, COMPANIES, CUSTOMERS, DRAFTS, INVOICES, Books
from sfspiris.sandbox.spiris.printout import draft_pdf, invoice_pdf
from sfspiris.sandbox.spiris.simulator import SpirisSimulator

_KINDS = {"drafts": DRAFTS, "invoices": INVOICES, "customers": CUSTOMERS, "articles": ARTICLES}
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_SECTIONS = (
    ("Invoicing", "/"),
    ("Customers", "customers"),
    ("Articles", "articles"),
    ("Payments", "payments"),
)


class SpirisSite(Site):
    """One page per register and document; `?company=` chooses the company, the first when it is not said."""

    brand: ClassVar[str] = "Spiris sandbox"

    def __init__(self, simulator: SpirisSimulator, control: ASGIApp) -> None:
        super().__init__(simulator, control)
        self._spiris = simulator

    def routes(self) -> list[BaseRoute]:
        """The company, its registers and documents, and a form for each thing that can be done to one."""
        acts: dict[str, Act] = {
            "/drafts/{id}/issue": self._issue,
            "/drafts/{id}/edit": self._edit,
            "/drafts/{id}/delete": self._delete,
            "/invoices/{id}/pay": self._pay,
            "/invoices/{id}/credit": self._credit,
            "/invoices/{id}/void": self._void,
        }
        pages = {
            "/customers": self._listed(views.customer_list),
            "/customers/{id}": self._customer,
            "/articles": self._listed(views.article_list),
            "/articles/{id}": self._article,
            "/payments": self._listed(views.payment_list),
            "/drafts/{id}": self._draft,
            "/invoices/{id}": self._invoice,
        }
        return [
            Route("/", self.shown(self._home)),
            Route(f"{PAGES}/{{kind}}/{{id}}.pdf", self._pdf),
            *(Route(f"{PAGES}{path}", self.shown(show)) for path, show in pages.items()),
            *(Route(f"{PAGES}{path}", self.acting(act), methods=["POST"]) for path, act in acts.items()),
        ]

    # Navigation

    def tabs(self, request: Request) -> list[Tab]:
        """The registers of the chosen company."""
        here = request.url.path
        documents = (f"{PAGES}/drafts/", f"{PAGES}/invoices/")
        company = request.query_params.get("company")
        return [
            Tab(
                label,
                address(path if path == "/" else f"{PAGES}/{path}", company=company),
                is_here=here == "/" or here.startswith(documents)
                if path == "/"
                else here.startswith(f"{PAGES}/{path}"),
            )
            for label, path in _SECTIONS
        ]

    def choices(self, request: Request) -> list[Tab]:
        """Every company; the link leads to its first page."""
        companies = [self._spiris.books(one["key"]) for one in self._spiris.records.all(COMPANIES)]
        chosen = request.query_params.get("company") or (companies[0].key if companies else None)
        return [
            Tab(books.settings["Name"], address("/", company=books.key), is_here=books.key == chosen)
            for books in companies
        ]

    # Looking

    def _books(self, request: Request) -> Books:
        return self._spiris.books(request.query_params.get("company"))

    def _found(self, request: Request, kind: str) -> tuple[Books, Record]:
        books = self._books(request)
        record = books.get(_KINDS[kind], request.path_params["id"])
        if record is None:
            raise SandboxError(_missing(books, kind), status=404)
        return books, record

    def _listed(self, view: Callable[[Books, Request], View]) -> Callable[[Request], View]:
        return lambda request: view(self._books(request), request)

    def _home(self, request: Request) -> View:
        if not self._spiris.records.count(COMPANIES):
            message = "This sandbox has no company. Start it with a world that has one, such as demo."
            return View("wrong.html.j2", "Nothing here yet", {"message": message})
        return views.invoicing(self._books(request), request)

    def _draft(self, request: Request) -> View:
        return views.draft(*self._found(request, "drafts"))

    def _invoice(self, request: Request) -> View:
        books, record = self._found(request, "invoices")
        return views.invoice(books, request, record)

    def _customer(self, request: Request) -> View:
        books, record = self._found(request, "customers")
        return views.customer(books, request, record)

    def _article(self, request: Request) -> View:
        return views.article(*self._found(request, "articles"))

    async def _pdf(self, request: Request) -> Response:
        """The document as the product prints it."""
        kind = request.path_params["kind"]
        if kind not in ("drafts", "invoices"):
            raise SandboxError("Only drafts and invoices are printed.", status=404)
        books, record = self._found(request, kind)
        made = (
            draft_pdf(books, drafts.shown(books, record))
            if kind == "drafts"
            else invoice_pdf(books, invoices.shown(books, record))
        )
        return Response(made, media_type="application/pdf", headers={"Cache-Control": "no-store"})

    # Doing: each through the control call of the same name

    async def _does(self, request: Request, kind: str, what: str, document: Mapping[str, Any]) -> Any:
        path = f"/{kind}/{request.path_params['id']}/{what}"
        return await self.control("POST", path, document, company=request.query_params.get("company"))

    def _page_of(self, request: Request, kind: str, record_id: str) -> str:
        return link_to(self._books(request), kind, record_id)

    async def _issue(self, request: Request, fields: Mapping[str, str]) -> tuple[str, str]:
        made = await self._does(request, "drafts", "issue", _given(fields, "date"))
        said = f"Invoice {made['InvoiceNumber']} is issued: {_money(made, 'Total')}, due {made['DueDate']}."
        return self._page_of(request, "invoices", made["Id"]), said

    async def _edit(self, request: Request, fields: Mapping[str, str]) -> tuple[str, str]:
        document = {name: fields[name].strip() or None for name in views.EDITABLE if name in fields}
        await self._does(request, "drafts", "edit", document)
        return self._page_of(request, "drafts", request.path_params["id"]), "The references are saved."

    async def _delete(self, request: Request, _fields: Mapping[str, str]) -> tuple[str, str]:
        await self._does(request, "drafts", "delete", {})
        return address("/", company=self._books(request).key), "The draft is deleted."

    async def _pay(self, request: Request, fields: Mapping[str, str]) -> tuple[str, str]:
        paid = await self._does(request, "invoices", "pay", _given(fields, "amount", "date"))
        remaining = paid["RemainingAmountInvoiceCurrency"]
        said = f"{_money(paid, 'Remaining')} remain." if remaining else "Nothing remains."
        return self._page_of(request, "invoices", paid["Id"]), f"The payment is registered. {said}"

    async def _credit(self, request: Request, fields: Mapping[str, str]) -> tuple[str, str]:
        note = await self._does(request, "invoices", "credit", _given(fields, "amount", "date"))
        said = f"Credit invoice {note['InvoiceNumber']} is made: {_money(note, 'Total')}."
        return self._page_of(request, "invoices", note["Id"]), said

    async def _void(self, request: Request, _fields: Mapping[str, str]) -> tuple[str, str]:
        gone = await self._does(request, "invoices", "void", {})
        return self._page_of(request, "invoices", gone["Id"]), f"Invoice {gone['InvoiceNumber']} is void."


def _missing(books: Books, kind: str) -> str:
    name = books.settings["Name"]
    if kind == "drafts":
        return f"{name} has no such draft. It may have been issued or deleted; an issued one is among the invoices."
    return f"{name} has no such {kind[:-1]}."


def _given(fields: Mapping[str, str], *names: str) -> dict[str, Any]:
    """The fields that say something, for the control call to judge."""
    told = {name: fields[name].strip() for name in names if fields.get(name, "").strip()}
    return {name: _number(text) if name == "amount" else text for name, text in told.items()}


def _number(text: str) -> Decimal:
    """An amount as people write it: `1 234,50`, `1234.5`, `−12`. Raises `SandboxError` for anything else."""
    plain = "".join(text.split()).replace(",", ".").replace("\N{MINUS SIGN}", "-")
    if _AMOUNT.fullmatch(plain) is None:
        raise SandboxError(f"{text[:40]!r} is not an amount. Write it such as 1 234,50.")
    return Decimal(plain)


def _money(invoice: Mapping[str, Any], what: str) -> str:
    return money(invoice[f"{what}AmountInvoiceCurrency"], invoice["CurrencyCode"])
