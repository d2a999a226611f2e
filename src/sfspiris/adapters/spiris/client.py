"""The calls to the Spiris API that we make, one function each, with their quirks; nothing else can be called.

A list is complete or an error. Pages are walked oldest change first, so that whatever is added or edited meanwhile
moves to the end, where it is seen; and the walk counts only when every page told the same total, when that many
different ids came, and when nothing in a list of several pages is younger than the walk itself. Otherwise the list is
read again, until a reading holds or finds just what the one before it found.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from sfspiris.adapters.reply import told_pause
from sfspiris.adapters.retrying import Then, after_spiris
from sfspiris.adapters.spiris import paper, refusals, wire
from sfspiris.adapters.spiris.oauth import sign_in_needed
from sfspiris.adapters.transport import ABSENT, Effect
from sfspiris.adapters.words import QUOTA_WINDOW
from sfspiris.errors import BrokenReply, OutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sfspiris.adapters.spiris.oauth import Bearer
    from sfspiris.adapters.transport import Reply, Transport
    from sfspiris.errors import SfspirisError

PAGE_SIZE: Final = 1000
"""The largest page that Spiris gives."""

_READINGS = 3
_UNAUTHORIZED = 401
_NOT_THERE = 404
_PDF = "application/pdf"
_PDF_BEGINS = b"%PDF-"
_PDF_ENDS = b"%%EOF"
_TRAILER = 1024  # bytes within which a PDF says that it ends; ISO 32000-1, 7.5.5 and Annex H
_RUN_AGAIN = "Nothing is lost; run the same command again."
_LOOK_FIRST = "Run `sfspiris push-closed-won` again: it looks in Spiris before it would send anything."


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_Item = TypeVar("_Item", bound=_HasId)
_Model = TypeVar("_Model", bound=BaseModel)


class SpirisClient:
    """One company's API, through one sign-in. `company` is its key in the configuration, for messages."""

    def __init__(self, transport: Transport, api: str, bearer: Bearer, *, company: str) -> None:
        self._transport = transport
        self._api = api
        self._bearer = bearer
        self._company = company

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self._transport.calls

    # --- reading ---------------------------------------------------------------------------------------------------

    def company_settings(self) -> wire.CompanySettings:
        """The company that the sign-in opens."""
        return self._read(wire.CompanySettings, "companysettings", {})

    def customers(self) -> list[wire.Customer]:
        """All customers, inactive ones too."""
        return self._list("customers", wire.Page[wire.Customer], order="ChangedUtc")[0]

    def has_customer(self, customer_id: str) -> bool:
        """Whether a customer of this id is there."""
        return self._one(f"customers/{customer_id}", wire.Customer) is not None

    def articles(self) -> list[wire.Article]:
        """All articles, inactive ones too."""
        return self._list("articles", wire.Page[wire.Article], order="ChangedUtc")[0]

    def codings(self) -> list[wire.Coding]:
        """The codings of articles, with today's VAT rates."""
        return self._list("articleaccountcodings", wire.Page[wire.Coding], order="ChangedUtc")[0]

    def units(self) -> list[wire.Unit]:
        """All units of quantity."""
        return self._list("units", wire.Page[wire.Unit], order="Name")[0]

    def cost_centers(self) -> list[wire.CostCenter]:
        """The groups of cost centres with their items."""
        return self._list("costcenters", wire.Page[wire.CostCenter], order="Number")[0]

    def projects(self) -> list[wire.Project]:
        """All projects, finished ones too."""
        return self._list("projects", wire.Page[wire.Project], order="Number")[0]

    def fiscal_years(self) -> list[wire.FiscalYear]:
        """All financial years."""
        return self._list("fiscalyears", wire.Page[wire.FiscalYear], order="StartDate")[0]

    def currencies(self) -> list[wire.Currency]:
        """All currencies that can be invoiced in."""
        return self._list("currencies", wire.Page[wire.Currency], order="Code", ties=None)[0]

    def terms_of_payments(self) -> list[wire.TermsOfPayment]:
        """All terms of payment, those for purchases too."""
        return self._list("termsofpayments", wire.Page[wire.TermsOfPayment], order="NumberOfDays")[0]

    def drafts(self) -> list[wire.Draft]:
        """All drafts of customer invoices. There is no way to ask for changed ones only."""
        return self._list("customerinvoicedrafts", wire.Page[wire.Draft], order="CreatedUtc")[0]

    def draft(self, draft_id: str) -> wire.Draft | None:
        """The draft, or None when there is none of this id: it was issued or deleted."""
        return self._one(f"customerinvoicedrafts/{draft_id}", wire.Draft)

    def orders(self) -> list[wire.Order]:
        """All orders, invoiced ones too: they stay. A company without the module is a ConfigError."""
        return self._list("orders", wire.Page[wire.Order], order="CreatedUtc")[0]

    def order(self, order_id: str) -> wire.Order | None:
        """The order, or None when there is none of this id: it was deleted."""
        return self._one(f"orders/{order_id}", wire.Order)

    def _one(self, path: str, model: type[_Model]) -> _Model | None:
        for _ in range(_READINGS - 1):
            try:
                return self._one_reading(path, model)
            except _NotTheDocumentError:
                continue
        return self._one_reading(path, model)

    def _one_reading(self, path: str, model: type[_Model]) -> _Model | None:
        reply = self._send("GET", path, Effect.READ)
        if reply.is_success:
            return self._parsed(model, reply)
        body = refusals.error_body(reply)
        if body is not None and (reply.status == _NOT_THERE or body.error_code == refusals.NOT_FOUND):
            return None
        raise self._unread(reply, path, body)

    def invoices(self, *, modified_since: datetime | None) -> tuple[list[wire.Invoice], datetime]:
        """All booked invoices and credit notes, or those modified at or after; with the server's time as reading began.

        Whether the vendor's own filter includes its bound is not documented: it is asked for from a second earlier.
        """
        params = {}
        if modified_since is not None:
            since = (modified_since.astimezone(UTC) - timedelta(seconds=1)).replace(microsecond=0)
            params["modifiedSinceUtc"] = since.isoformat().replace("+00:00", "Z")
        return self._list("customerinvoices", wire.Page[wire.Invoice], order="CreatedUtc", params=params)

    def invoice(self, invoice_id: str) -> wire.WholeInvoice | None:
        """The booked invoice with all that it says, or None when there is none of this id."""
        return self._one(f"customerinvoices/{invoice_id}", wire.WholeInvoice)

    def whole_invoices(self) -> list[wire.WholeInvoice]:
        """All booked invoices and credit notes with all that they say."""
        return self._list("customerinvoices", wire.Page[wire.WholeInvoice], order="CreatedUtc")[0]

    # --- prints ----------------------------------------------------------------------------------------------------

    def _invoice_pdf_address(self, invoice_id: str) -> str:
        """A temporary address of the invoice's print, which whoever has the address may read."""
        return self._read(wire.PrintAddress, f"customerinvoices/{invoice_id}/pdf", {}).url

    def invoice_pdf(self, invoice_id: str) -> bytes:
        """The print of a booked invoice.

        The address that Spiris gives is read without our token, and only when it lies where the API itself does: no other
        host is ever asked. One elsewhere is left alone, and the bytes are asked of the API (`invoice_print`).
        """
        address = self._invoice_pdf_address(invoice_id)
        if not _is_beside(self._api, address):
            return self.invoice_print(invoice_id)
        what = f"the print of invoice {invoice_id}"
        for _ in range(_READINGS - 1):
            try:
                return _pdf(self._download(address), what)
            except BrokenReply:
                continue
        return _pdf(self._download(address), what)

    def invoice_print(self, invoice_id: str) -> bytes:
        """The print of a booked invoice, as the API itself gives it."""
        path = f"customerinvoices/{invoice_id}/print"
        reply = self._send("GET", path, Effect.READ, accept=_PDF)
        if not reply.is_success:
            raise self._unread(reply, path, refusals.error_body(reply))
        return _pdf(reply, f"the print of invoice {invoice_id}")

    def draft_print(self, draft_id: str) -> bytes | None:
        """The print of a draft, without a number; None when there is none of this id: it was issued or deleted."""
        return self._print(f"customerinvoicedrafts/{draft_id}/print", "draft", draft_id)

    def order_print(self, order_id: str) -> bytes | None:
        """The print of an order; None when there is none of this id: it was deleted."""
        return self._print(f"orders/{order_id}/print", "order", order_id)

    def draft_paper(self, draft_id: str) -> paper.Draft | None:
        """The draft with what only a print needs of it; None as for `draft`."""
        return self._one(f"customerinvoicedrafts/{draft_id}", paper.Draft)

    def order_paper(self, order_id: str) -> paper.Order | None:
        """The order, likewise."""
        return self._one(f"orders/{order_id}", paper.Order)

    def _print(self, path: str, word: str, record: str) -> bytes | None:
        reply = self._send("GET", path, Effect.READ, accept=_PDF)
        if reply.is_success:
            return _pdf(reply, f"the print of {word} {record}")
        body = refusals.error_body(reply)
        if body is not None and (reply.status == _NOT_THERE or body.error_code == refusals.NOT_FOUND):
            return None
        if body is None:
            raise self._unread(reply, path, None)
        of_company = refusals.of_company(body, company=self._company, retry_after=_pause(reply))
        raise of_company or refusals.of_record(body, what=f"print of the {word}", sent={})

    def _download(self, address: str) -> Reply:
        return self._transport.request("GET", address, effect=Effect.READ, headers={"Accept": _PDF})

    # --- links of partners -----------------------------------------------------------------------------------------

    def partner_links(self) -> list[wire.PartnerLink]:
        """All links between Spiris' records and other systems' that this sign-in may see."""
        return self._list("partnerresourcelinks", wire.Page[wire.PartnerLink], order="Id", ties=None)[0]

    def create_partner_link(self, body: Mapping[str, Any]) -> wire.PartnerLink:
        """Link a record to an address elsewhere; sent at most once."""
        return self._create("partnerresourcelinks", body, wire.PartnerLink, what="link to the deal")

    # --- creating --------------------------------------------------------------------------------------------------

    def create_customer(self, body: Mapping[str, Any]) -> wire.Customer:
        """Make a customer; sent at most once."""
        return self._create("customers", body, wire.Customer, what="customer")

    def create_article(self, body: Mapping[str, Any]) -> wire.Article:
        """Make an article; sent at most once."""
        return self._create("articles", body, wire.Article, what="article")

    def create_draft(self, body: Mapping[str, Any]) -> wire.Draft:
        """Make a draft of a customer invoice; sent at most once. It is not booked: that is done by a person."""
        return self._create("customerinvoicedrafts", body, wire.Draft, what="draft")

    def replace_draft(self, draft_id: str, make: Callable[[], Mapping[str, Any]]) -> wire.Draft:
        """Replace a draft by what `make` gives, which reads it right before; what that raises keeps it from being sent.

        Sent at most once, since a repetition could undo what a person did between.
        """
        return self._replace(
            f"customerinvoicedrafts/{draft_id}", make, wire.Draft, what="change of the draft"
        )

    def create_order(self, body: Mapping[str, Any]) -> wire.Order:
        """Make an order; sent at most once. Nothing is booked by it: a person delivers and invoices it."""
        return self._create("orders", body, wire.Order, what="order")

    def replace_order(self, order_id: str, make: Callable[[], Mapping[str, Any]]) -> wire.Order:
        """Replace an order, as `replace_draft`."""
        return self._replace(f"orders/{order_id}", make, wire.Order, what="change of the order")

    def delete_draft(self, draft_id: str, check: Callable[[], object]) -> None:
        """Delete a draft, which has no number and is in no books; sent at most once.

        `check` reads it right before; what that raises keeps the deletion from being sent.
        """
        self._delete(f"customerinvoicedrafts/{draft_id}", check, what="deletion of the draft")

    def delete_order(self, order_id: str, check: Callable[[], object]) -> None:
        """Delete an order, which is in no books, as `delete_draft`. One that was delivered or invoiced is refused."""
        self._delete(f"orders/{order_id}", check, what="deletion of the order")

    def _delete(self, path: str, check: Callable[[], object], *, what: str) -> None:
        def look() -> object:
            check()
            return ABSENT

        reply = self._send("DELETE", path, Effect.CREATE, last_look=look)
        if reply.is_success and not reply.body.strip():
            return
        refused = refusals.error_body(reply)
        if reply.is_success or refused is None:
            raise OutcomeUnknown(
                f"The {what} was answered with status {reply.status} and a page that is not Spiris' own: whether it was "
                "deleted is not known.",
                remedy="Run the rollback again: it reads the document before it would send anything.",
            )
        of_company = refusals.of_company(refused, company=self._company, retry_after=_pause(reply))
        raise of_company or refusals.of_record(refused, what=what, sent={})

    # --- changing --------------------------------------------------------------------------------------------------

    def customer_record(self, customer_id: str) -> dict[str, Any]:
        """The whole customer as Spiris has it, fields unknown to us included."""
        for attempt in range(1, _READINGS + 1):
            reply = self._send("GET", f"customers/{customer_id}", Effect.READ)
            if (body := refusals.error_body(reply)) is not None and not reply.is_success:
                of_company = refusals.of_company(body, company=self._company, retry_after=_pause(reply))
                raise of_company or refusals.of_record(body, what="reading of the customer", sent={})
            try:
                self._parsed(wire.Customer, reply)
            except _NotTheDocumentError:
                if attempt == _READINGS:
                    raise
                continue
            record: dict[str, Any] = reply.json()
            return record
        raise AssertionError(customer_id)

    def replace_customer(
        self, customer_id: str, change: Callable[[dict[str, Any]], Mapping[str, Any]]
    ) -> None:
        """Put what `change` makes of the whole customer in its place; what that raises keeps it from being sent.

        The customer is read right before, and read anew before it would be sent again.
        """
        self._replace(
            f"customers/{customer_id}",
            lambda: change(self.customer_record(customer_id)),
            wire.Customer,
            what="change of the customer",
            effect=Effect.REPLACE,
        )

    # --- how lists are walked --------------------------------------------------------------------------------------

    def _list(
        self,
        path: str,
        page: type[wire.Page[_Item]],
        *,
        order: str,
        ties: str | None = "Id",
        params: Mapping[str, str] | None = None,
    ) -> tuple[list[_Item], datetime]:
        """`ties` orders what `order` leaves equal; None where it leaves nothing equal."""
        order = order if ties is None else f"{order},{ties}"
        query = {**(params or {}), "$pagesize": str(PAGE_SIZE), "$orderby": order}
        doubtful: frozenset[str] = frozenset()
        for _ in range(_READINGS):
            found, began, is_settled = self._walk(path, page, query)
            if is_settled or (found and found.keys() == doubtful):
                return list(found.values()), began
            doubtful = frozenset(found)
        raise BrokenReply(
            f"Spiris' list of {path} changed while it was read, {_READINGS} times in a row, or its count is wrong.",
            remedy=_RUN_AGAIN,
        )

    def _walk(
        self, path: str, page: type[wire.Page[_Item]], query: Mapping[str, str]
    ) -> tuple[dict[str, _Item], datetime, bool]:
        """What was found by id, the server's time before, and whether the books provably stood still meanwhile.

        Nothing is found when the counts disagree, or when a page brings nothing that was not there before: then the pages
        lead nowhere, and their number cannot be right.
        """
        first = latest = self._page(path, page, query, 1)
        began, total = first.meta.server_time_utc, first.meta.total_number_of_results
        found = {one.id: one for one in first.data}
        number, pages = 1, first.meta.total_number_of_pages
        while number < pages and latest.data:
            number += 1
            latest = self._page(path, page, query, number)
            more = {one.id: one for one in latest.data}
            is_going_on = not latest.data or bool(more.keys() - found.keys())
            if latest.meta.total_number_of_results != total or not is_going_on:
                return {}, began, False
            found |= more
        if len(found) != total:
            return {}, began, False
        return found, began, number == 1 or not any(_is_younger(one, began) for one in found.values())

    def _page(
        self, path: str, page: type[wire.Page[_Item]], query: Mapping[str, str], number: int
    ) -> wire.Page[_Item]:
        return self._read(page, path, {**query, "$page": str(number)})

    # --- single calls ----------------------------------------------------------------------------------------------

    def _read(self, model: type[_Model], path: str, params: Mapping[str, str]) -> _Model:
        """The document; asked for again when a success turns out to be some other page, or half of one."""
        for _ in range(_READINGS - 1):
            try:
                return self._parsed(model, self._get(path, params))
            except _NotTheDocumentError:
                continue
        return self._parsed(model, self._get(path, params))

    def _get(self, path: str, params: Mapping[str, str]) -> Reply:
        reply = self._send("GET", path, Effect.READ, params=params)
        if reply.is_success:
            return reply
        raise self._unread(reply, path, refusals.error_body(reply))

    def _unread(self, reply: Reply, path: str, body: wire.ErrorBody | None) -> SfspirisError:
        if body is not None:
            error = refusals.of_company(body, company=self._company, retry_after=_pause(reply))
            if error is not None:
                return error
        code = f", code {body.error_code}" if body is not None else ""
        return BrokenReply(
            f"Spiris did not give {path} of company {self._company} (status {reply.status}{code}).",
            remedy=_RUN_AGAIN,
        )

    def _create(self, path: str, body: Mapping[str, Any], model: type[_Model], *, what: str) -> _Model:
        return self._made(self._send("POST", path, Effect.CREATE, json=body), model, what=what, sent=body)

    def _replace(
        self,
        path: str,
        make: Callable[[], Mapping[str, Any]],
        model: type[_Model],
        *,
        what: str,
        effect: Effect = Effect.CREATE,
    ) -> _Model:
        sent: Mapping[str, Any] = {}

        def look() -> object:
            nonlocal sent
            sent = make()
            return sent

        reply = self._send("PUT", path, effect, last_look=look)
        return self._made(reply, model, what=what, sent=sent)

    def _made(self, reply: Reply, model: type[_Model], *, what: str, sent: Mapping[str, Any]) -> _Model:
        """The document that a write was answered with, or why there is none."""
        if reply.is_success:
            try:
                return self._parsed(model, reply)
            except BrokenReply as error:
                raise OutcomeUnknown(
                    f"Spiris seems to have made the {what}, but its answer is not the {what}.",
                    remedy=_LOOK_FIRST,
                ) from error
        refused = refusals.error_body(reply)
        if refused is None:
            # Some machine in between has answered, and what it passed on before that is not known.
            raise OutcomeUnknown(
                f"The {what} was answered with status {reply.status} and a page that is not Spiris' own: "
                "whether it was made is not known.",
                remedy=_LOOK_FIRST,
            )
        of_company = refusals.of_company(refused, company=self._company, retry_after=_pause(reply))
        raise of_company or refusals.of_record(refused, what=what, sent=sent)

    def _send(
        self,
        method: str,
        path: str,
        effect: Effect,
        *,
        params: Mapping[str, str] | None = None,
        json: object = ABSENT,
        accept: str | None = None,
        last_look: Callable[[], object] | None = None,
    ) -> Reply:
        """One call; a second one when the first was turned away at the door for its token, and so not carried out."""

        def send(token: str) -> Reply:
            return self._transport.request(
                method,
                f"{self._api}/{path}",
                effect=effect,
                headers={"Authorization": f"Bearer {token}"} | ({"Accept": accept} if accept else {}),
                params=params or None,
                json=json,
                last_look=last_look,
            )

        token = self._bearer.token()
        reply = send(token)
        if _is_turned_away(reply, effect):
            reply = send(self._bearer.renew(token))
            if _is_turned_away(reply, effect):
                raise sign_in_needed(self._company)
        return reply

    def _parsed(self, model: type[_Model], reply: Reply) -> _Model:
        try:
            return model.model_validate(reply.json())
        except ValidationError as error:
            # Names of fields only: the values are other people's books.
            names = {
                ".".join(str(step) for step in one["loc"] if not isinstance(step, int)) or "everything"
                for one in error.errors(include_input=False, include_context=False)
            }
            raise _NotTheDocumentError(
                f"An answer of Spiris for company {self._company} lacks or garbles {', '.join(sorted(names)[:5])}.",
                remedy=_RUN_AGAIN,
            ) from None
        except BrokenReply as error:
            raise _NotTheDocumentError(error.message, remedy=error.remedy) from error


class _NotTheDocumentError(BrokenReply):
    """A success whose body is not what was asked for."""


def _is_turned_away(reply: Reply, effect: Effect) -> bool:
    """Whether the API itself refused the token. A create needs that proven before it may be sent again."""
    if reply.status != _UNAUTHORIZED:
        return False
    if effect is Effect.READ:
        return True
    body = refusals.error_body(reply)
    return body is not None and after_spiris(body.error_code) is Then.REFRESH


def _pdf(reply: Reply, what: str) -> bytes:
    """The bytes, when they are a whole PDF: one that was cut off in between lacks its end."""
    whole = reply.body.startswith(_PDF_BEGINS) and _PDF_ENDS in reply.body[-_TRAILER:]
    if reply.is_success and whole:
        return reply.body
    raise BrokenReply(
        f"Spiris did not give {what} as a whole PDF (status {reply.status}).", remedy=_RUN_AGAIN
    )


def _is_beside(api: str, address: str) -> bool:
    """Whether an address lies at the API's own host, port and scheme."""
    ours, theirs = urlsplit(api), urlsplit(address)
    return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)


def _is_younger(one: object, began: datetime) -> bool:
    stamp: datetime | None = getattr(one, "changed_utc", None) or getattr(one, "created_utc", None)
    # Whole seconds: not every answer tells its time more finely. What is stamped with the very second may be younger.
    return stamp is not None and stamp.replace(microsecond=0) >= began.replace(microsecond=0)


def _pause(reply: Reply) -> float:
    told = told_pause(reply)
    return QUOTA_WINDOW if told is None else told
