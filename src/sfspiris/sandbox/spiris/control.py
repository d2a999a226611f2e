"""What people do in the product: edit, issue and delete drafts, deliver and invoice orders, register payments, credit, change customers and settings.

These are control calls below `/_sandbox`. They go through the same rules as the API, because the product does; a refusal
becomes a `SandboxError` with the same sentence.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sfspiris.sandbox.kernel.app import document_of
from sfspiris.sandbox.kernel.errors import SandboxError, shortened
from sfspiris.sandbox.kernel.jsonio import JsonResponse
from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import customers, drafts, invoices, issuing, orders, settings, settlement
from sfspiris.sandbox.spiris.books import COMPANIES, CUSTOMERS, DRAFTS, INVOICES, ORDERS, USERS, Books
from sfspiris.sandbox.spiris.errors import Refusal
from sfspiris.sandbox.spiris.model.company import SETTINGS
from sfspiris.sandbox.spiris.model.fields import Kind, Shape
from sfspiris.sandbox.spiris.model.parties import CUSTOMER
from sfspiris.sandbox.spiris.model.sales import DRAFT, ORDER
from sfspiris.sandbox.spiris.moments import parsed_day
from sfspiris.sandbox.spiris.oauth import Identity
from sfspiris.sandbox.spiris.validation import checked, normal_guid

FLAGS: Final[Mapping[str, str]] = {
    "StartupGuideCompleted": "guide_completed",
    "UserHasAccess": "user_has_access",
}
"""What can be said of a company beside its settings."""

_ORE: Final = Decimal("0.01")
_Action = Callable[[Books, Record, dict[str, Any]], Any]


class Control:
    """The control calls of the Spiris simulator."""

    def __init__(self, open_books: Callable[[str | None], Books], identity: Identity) -> None:
        self._open_books = open_books
        self._identity = identity

    def routes(self) -> list[BaseRoute]:
        """Paths as they stand below `/_sandbox`."""
        actions: dict[str, tuple[str, str, _Action]] = {
            "/drafts/{id}/edit": (DRAFTS, "draft", _edit_draft),
            "/drafts/{id}/issue": (DRAFTS, "draft", _issue),
            "/drafts/{id}/delete": (DRAFTS, "draft", _delete_draft),
            "/orders/{id}/edit": (ORDERS, "order", _edit_order),
            "/orders/{id}/deliver": (ORDERS, "order", _deliver),
            "/orders/{id}/draft": (ORDERS, "order", _draft_order),
            "/orders/{id}/invoice": (ORDERS, "order", _invoice_order),
            "/orders/{id}/delete": (ORDERS, "order", _delete_order),
            "/invoices/{id}/pay": (INVOICES, "invoice", _pay),
            "/invoices/{id}/credit": (INVOICES, "invoice", _credit),
            "/invoices/{id}/void": (INVOICES, "invoice", _void),
            "/customers/{id}/edit": (CUSTOMERS, "customer", _edit_customer),
        }
        return [
            *(Route(path, self._acting(*action), methods=["POST"]) for path, action in actions.items()),
            Route("/company", self._company, methods=["GET"]),
            Route("/company", self._change_company, methods=["PUT"]),
            Route("/clients", self._register, methods=["PUT"]),
        ]

    def _acting(self, table: str, kind: str, action: _Action) -> Callable[[Request], Any]:
        async def act(request: Request) -> Response:
            asked = await _object_of(request)
            record_id = normal_guid(request.path_params["id"])
            books, record = self._find(table, record_id, request.query_params.get("company"))
            if record is None:
                raise SandboxError(f"There is no {kind} {request.path_params['id']} here.", status=404)
            with _as_sandbox_errors(), books.records.transaction():
                answer = action(books, record, asked)
            return JsonResponse(answer)

        return act

    def _find(self, table: str, record_id: str | None, company: str | None) -> tuple[Books, Record | None]:
        """The record in the chosen company; without a choice, in whichever company has it."""
        keys = [company] if company else self._open_books(None).company_keys()
        books = self._open_books(keys[0])
        for key in keys:
            books = self._open_books(key)
            record = books.get(table, record_id) if record_id else None
            if record is not None:
                return books, record
        return books, None

    async def _company(self, request: Request) -> Response:
        books = self._open_books(request.query_params.get("company"))
        return JsonResponse(described(books))

    async def _change_company(self, request: Request) -> Response:
        asked = await _object_of(request)
        books = self._open_books(request.query_params.get("company"))
        with _as_sandbox_errors(), books.records.transaction():
            change_company(books, asked)
        return JsonResponse(described(books))

    async def _register(self, request: Request) -> Response:
        return JsonResponse(self._identity.register(await document_of(request)))


def described(books: Books) -> dict[str, Any]:
    """A company: its settings as the API answers them, and what is true of it beside them."""
    flags = books.flags
    return {**settings.shown(books), **{name: flags[stored] for name, stored in FLAGS.items()}}


def change_company(books: Books, asked: Mapping[str, Any]) -> None:
    """Change settings, those too that the API only reads. Raises a refusal for an unknown name or a wrong type."""
    wire = {name: value for name, value in asked.items() if name not in FLAGS}
    accepted = checked(wire, _WRITABLE_SETTINGS)
    stored = {**books.settings}
    for name, value in accepted.items():
        series = settings.SERIES.get(name)
        if series is not None:
            books.set_next_number(series, value or 0)
        else:
            stored[name] = value
    books.put_settings(stored)
    flags = {FLAGS[name]: bool(value) for name, value in asked.items() if name in FLAGS}
    if flags:
        books.records.put(COMPANIES, books.key, {**books.flags, **flags})


def _writable(shape: Shape) -> Shape:
    """The shape with nothing required and nothing read-only: what a person may change in part."""
    return Shape(
        shape.name,
        [
            replace(
                field, required=False, read_only=False, nullable=field.nullable or field.kind is not Kind.FLAG
            )
            for field in shape.fields.values()
        ],
    )


_WRITABLE_SETTINGS: Final = _writable(SETTINGS)


def _merged(record: Record, asked: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The record with the asked changes, as if it had been sent whole; checked."""
    unknown = sorted(set(asked) - set(shape.fields))
    if unknown:
        raise SandboxError(f"{shape.name} has no field {shortened(unknown[0])}.")
    current = {
        name: _without_read_only(record[name], field.shape) if field.kind is Kind.OBJECTS else record[name]
        for name, field in shape.fields.items()
        if name in record and not field.read_only
    }
    return checked({**current, **asked}, shape)


def _without_read_only(rows: Any, shape: Shape | None) -> Any:
    if shape is None or not isinstance(rows, list):
        return rows
    return [
        {name: row[name] for name, f in shape.fields.items() if name in row and not f.read_only}
        for row in rows
    ]


def _edit_draft(books: Books, draft: Record, asked: dict[str, Any]) -> Any:
    return drafts.shown(books, drafts.save(books, _merged(draft, asked, DRAFT), draft))


def _issue(books: Books, draft: Record, asked: dict[str, Any]) -> Any:
    day = _day(asked, "date")
    _refuse_others(asked, {"date"})
    invoice = issuing.issue(books, draft, user_id=_person(books), keep_date=books.keeps_draft_dates, day=day)
    return invoices.shown(books, invoice)


def _delete_draft(books: Books, draft: Record, asked: dict[str, Any]) -> Any:
    _refuse_others(asked, set())
    drafts.discard(books, draft)
    return {}


def _edit_order(books: Books, order: Record, asked: dict[str, Any]) -> Any:
    orders.demand_status(order, orders.PLANNED, orders.ONGOING)
    return orders.shown(books, orders.save(books, _merged(order, asked, ORDER), order))


def _deliver(books: Books, order: Record, asked: dict[str, Any]) -> Any:
    _refuse_others(asked, set())
    return orders.shown(books, orders.delivered(books, order))


def _draft_order(books: Books, order: Record, asked: dict[str, Any]) -> Any:
    _refuse_others(asked, set())
    return drafts.shown(books, orders.drafted(books, order))


def _invoice_order(books: Books, order: Record, asked: dict[str, Any]) -> Any:
    """`with` names other orders of the customer, for a collective invoice."""
    _refuse_others(asked, {"date", "with"})
    more = asked.get("with") or []
    if not isinstance(more, list) or not all(isinstance(one, str) for one in more):
        raise SandboxError("with must be a list of orders' ids.")
    others = [books.needed(ORDERS, "Order", normal_guid(one) or one) for one in more]
    day = _day(asked, "date")
    invoice = orders.invoiced(books, [order, *others], user_id=_person(books), day=day)
    return invoices.shown(books, invoice)


def _delete_order(books: Books, order: Record, asked: dict[str, Any]) -> Any:
    _refuse_others(asked, set())
    orders.discard(books, order)
    return {}


def _pay(books: Books, invoice: Record, asked: dict[str, Any]) -> Any:
    _refuse_others(asked, {"amount", "date"})
    amount = _amount(asked)
    if amount is None:
        amount = invoice["RemainingAmountInvoiceCurrency"]
    day = _day(asked, "date") or books.today
    paid = settlement.pay(books, invoice, amount, day, settlement.default_bank(books))
    return invoices.shown(books, paid)


def _credit(books: Books, invoice: Record, asked: dict[str, Any]) -> Any:
    _refuse_others(asked, {"amount", "date"})
    day = _day(asked, "date") or books.today
    note = settlement.credit(books, invoice, _amount(asked), day, user_id=_person(books))
    return invoices.shown(books, note)


def _void(books: Books, invoice: Record, asked: dict[str, Any]) -> Any:
    _refuse_others(asked, set())
    settlement.void(books, invoice, user_id=_person(books))
    return invoices.shown(books, books.needed(INVOICES, "Customer invoice", invoice["Id"]))


def _edit_customer(books: Books, customer: Record, asked: dict[str, Any]) -> Any:
    return customers.shown(books, customers.save(books, _merged(customer, asked, CUSTOMER), customer))


def _person(books: Books) -> str:
    """Who acts in the product: the company's first user."""
    user_id: str = books.all(USERS)[0]["Id"]
    return user_id


def _amount(asked: Mapping[str, Any]) -> Decimal | None:
    value = asked.get("amount")
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
        if not isinstance(value, bool) and amount == amount.quantize(_ORE):
            return amount
    except InvalidOperation:  # no number, or one that is far beyond any book
        pass
    raise SandboxError(f"amount must be a number with at most two decimals, not {shortened(value)}.")


def _day(asked: Mapping[str, Any], name: str) -> str | None:
    value = asked.get(name)
    if value is None:
        return None
    day = parsed_day(value) if isinstance(value, str) else None
    if day is None:
        raise SandboxError(f'{name} must be a date such as "2026-11-20", not {shortened(value)}.')
    return day


def _refuse_others(asked: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(asked) - known)
    if unknown:
        takes = f"It takes: {', '.join(sorted(known))}." if known else "It takes nothing."
        raise SandboxError(f"The call does not take {shortened(unknown[0])}. {takes}")


async def _object_of(request: Request) -> dict[str, Any]:
    document = await document_of(request)
    if document is not None and not isinstance(document, dict):
        raise SandboxError("The body must be an object.")
    return document or {}


@contextmanager
def _as_sandbox_errors() -> Iterator[None]:
    """Turns the vendor's refusal into one of the control calls."""
    try:
        yield
    except Refusal as refusal:
        raise SandboxError(
            f"Refused as the product would (ErrorCode {refusal.code}): {refusal.message}"
        ) from refusal
