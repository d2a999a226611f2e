"""How a company comes to be: the Spiris part of a world document.

{"companies": [company, …]}, each an object of

- `key` (required), `name`, `orgnr`, `settings` (fields of CompanySettings, those that the API only reads too),
  `scopes` (the most that anyone is granted here), `StartupGuideCompleted`, `UserHasAccess`;
- registers in the vendor's wire shape, each replacing the Swedish standard wholly when given: `termsofpayments`,
  `units`, `codings`, `fiscalyears`, `bankaccounts`, `users`, `costcenters` (with `Items`), `projects`, and
  `exchange_rates` {"EUR": 11.05} which adds to the standard;
- `customers`, `articles`, `drafts`, `invoices`, `orders`, `vouchers`, `links`, `notes` in the wire shape.

Short forms, so that a world can be written by hand:

- an article names `"coding": "goods-25"` (goods or services; 25, 12, 6 or 0) and `"unit": "tim"` (an abbreviation);
  either may be left out: services at 25 %, pieces. A coding or unit of the world's own goes by its `key` or name.
- a customer names `"terms": 30` (days; 30 when left out); without town and postal code it is put in Stockholm.
- a draft, invoice or order names `"customer": "1001"` (its number or name); a row names `"article": "KONS-1"` and takes
  quantity 1 and the article's price when it does not say; `{"Text": …}` alone is a text row.
- an invoice takes `"paid": true` or an amount, `"paid_date"`, `"credited": true` or an amount; `InvoiceNumber` moves the
  number series there first.

Everything goes through the rules of the API, so a world holds nothing the product would have refused.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import (
    articles,
    bookkeeping,
    company,
    customers,
    dimensions,
    drafts,
    extras,
    issuing,
    orders,
    settlement,
    vouchers,
)
from sfspiris.sandbox.spiris.books import (
    ARTICLES,
    CODINGS,
    CUSTOMERS,
    INVOICE_SERIES,
    INVOICES,
    TERMS,
    UNITS,
    USERS,
    Books,
)
from sfspiris.sandbox.spiris.errors import Refusal
from sfspiris.sandbox.spiris.model.accounting import VOUCHER
from sfspiris.sandbox.spiris.model.extras import NOTE, PARTNER_LINK
from sfspiris.sandbox.spiris.model.fields import Shape
from sfspiris.sandbox.spiris.model.parties import ARTICLE, CUSTOMER
from sfspiris.sandbox.spiris.model.registers import PROJECT
from sfspiris.sandbox.spiris.model.sales import DRAFT, ORDER
from sfspiris.sandbox.spiris.validation import checked, normal_guid

_Maker = Callable[[Books, dict[str, Any]], Any]

_DEFAULT_TERMS: Final = 30
_DEFAULT_CODING: Final = "services-25"
_DEFAULT_UNIT: Final = "st"


def populate(books: Books, document: Mapping[str, Any]) -> None:
    """Fill a company that has nothing yet. Raises `SandboxError` naming the record that cannot be."""
    given = exact(document)
    unknown = sorted(set(given) - {"key", *company.PARTS, *_MAKERS})
    if unknown:
        raise SandboxError(f"Company {books.key} has an unknown part {unknown[0]!r}.")
    _guarded(books, "settings and registers", lambda: company.establish(books, given))
    for part, maker in _MAKERS.items():
        for place, record in enumerate(given.get(part) or ()):
            if not isinstance(record, dict):
                raise SandboxError(f"Company {books.key}: {part}[{place}] must be an object.")
            _guarded(books, f"{part}[{place}]", lambda make=maker, record=record: make(books, dict(record)))  # type: ignore[misc]


def _guarded(books: Books, where: str, make: Callable[[], Any]) -> None:
    try:
        make()
    except Refusal as refusal:
        raise SandboxError(f"Company {books.key}, {where}: {refusal.message}") from refusal


def exact(value: Any) -> Any:
    """The document with binary floats, which a world written in Python may have, as the decimals they show."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: exact(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    return value


def _fields(record: dict[str, Any], shape: Shape, **defaults: Any) -> dict[str, Any]:
    """The wire fields of a record, checked, over the defaults; an `Id` the world chose is kept."""
    accepted = checked({**defaults, **record}, shape)
    if "Id" in record:
        own_id = normal_guid(record["Id"])
        if own_id is None:
            raise SandboxError(f"Id {record['Id']!r} is not a GUID.")
        accepted["Id"] = own_id
    return accepted


def _customer(books: Books, record: dict[str, Any]) -> Record:
    terms = record.pop("terms", _DEFAULT_TERMS)
    if "TermsOfPaymentId" not in record:
        record["TermsOfPaymentId"] = _by_terms(books, terms)["Id"]
    sent = _fields(
        record,
        CUSTOMER,
        IsActive=True,
        IsPrivatePerson=False,
        InvoiceCity="Stockholm",
        InvoicePostalCode="111 20",
    )
    return customers.save(books, sent)


def _by_terms(books: Books, terms: Any) -> Record:
    for record in books.all(TERMS):
        if terms in (record["NumberOfDays"], record["Name"]):
            return record
    raise SandboxError(f"Company {books.key} has no payment terms {terms!r}.")


def _article(books: Books, record: dict[str, Any]) -> Record:
    coding, unit = record.pop("coding", None), record.pop("unit", None)
    if "CodingId" not in record:
        record["CodingId"] = _named(books, CODINGS, coding or _DEFAULT_CODING, ("_world_key", "Name"))["Id"]
    if "UnitId" not in record:
        record["UnitId"] = _named(books, UNITS, unit or _DEFAULT_UNIT, ("Abbreviation", "Name", "Code"))["Id"]
    return articles.save(books, _fields(record, ARTICLE, IsActive=True))


def _named(books: Books, table: str, name: str, fields: Iterable[str]) -> Record:
    for field in fields:
        record = books.first(table, field, name)
        if record is not None:
            return record
    known = ", ".join(
        str(record.get("_world_key") or record.get("Abbreviation") or "") for record in books.all(table)
    )
    raise SandboxError(f"Company {books.key} has no {table} {name!r}. There are: {known}.")


def _document(books: Books, record: dict[str, Any], row_defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A document's short forms resolved."""
    if "customer" in record:
        record["CustomerId"] = _named(
            books, CUSTOMERS, str(record.pop("customer")), ("CustomerNumber", "Name", "Id")
        )["Id"]
    rows = record.pop("rows", None) or record.get("Rows") or []
    record["Rows"] = [_row(books, dict(row), place, row_defaults) for place, row in enumerate(rows)]
    record.setdefault("EuThirdParty", False)
    record.setdefault("RotReducedInvoicingType", 0)
    return record


def _row(books: Books, row: dict[str, Any], place: int, defaults: Mapping[str, Any]) -> dict[str, Any]:
    number = row.pop("article", None)
    if number is not None:
        article = _named(books, ARTICLES, str(number), ("Number", "Name"))
        row["ArticleId"] = article["Id"]
        row.setdefault("UnitPrice", article["NetPrice"])
        row.setdefault("Quantity", 1)
    row.setdefault("IsTextRow", "ArticleId" not in row)
    return {"LineNumber": place + 1, **defaults, **row}


def _draft(books: Books, record: dict[str, Any]) -> Record:
    document = _document(books, record, {"ReversedConstructionServicesVatFree": False})
    return drafts.save(books, _fields(document, DRAFT))


def _invoice(books: Books, record: dict[str, Any]) -> None:
    paid, credited = record.pop("paid", None), record.pop("credited", None)
    paid_date = record.pop("paid_date", None)
    number = record.pop("InvoiceNumber", None)
    own_id = record.pop("Id", None)
    if number is not None:
        books.set_next_number(INVOICE_SERIES, number)
    user_id = books.all(USERS)[0]["Id"]
    draft = _draft(books, record)
    day = draft["InvoiceDate"]
    issued = issuing.issue(books, draft, user_id=user_id, keep_date=True, day=day, invoice_id=own_id)
    invoice = books.put(INVOICES, {**issued, "CreatedFromDraftId": None})
    if paid:
        amount = invoice["RemainingAmountInvoiceCurrency"] if paid is True else Decimal(paid)
        invoice = settlement.pay(books, invoice, amount, paid_date or day, settlement.default_bank(books))
    if credited:
        settlement.credit(
            books, invoice, None if credited is True else Decimal(credited), day, user_id=user_id
        )


def _order(books: Books, record: dict[str, Any]) -> Record:
    document = _document(books, record, {"IsWorkCost": False, "EligibleForReverseChargeOnVat": False})
    customer = books.needed(CUSTOMERS, "Customer", document.get("CustomerId"))
    defaults = {"Status": orders.ONGOING, "ReverseChargeOnConstructionServices": False}
    return orders.save(books, _fields(document, ORDER, CurrencyCode=customer["CurrencyCode"], **defaults))


def _voucher(books: Books, record: dict[str, Any]) -> Record:
    sent = _fields(record, VOUCHER)
    series = sent.get("NumberSeries") or bookkeeping.DEFAULT_SERIES
    return vouchers.create(books, sent, series=series, default_vat_codes=True, automatic_vat=False)


def _link(books: Books, record: dict[str, Any]) -> Record:
    return extras.save_link(books, _fields(record, PARTNER_LINK))


def _note(books: Books, record: dict[str, Any]) -> Record:
    return extras.save_note(books, _fields(record, NOTE), books.all(USERS)[0]["Id"])


_MAKERS: Final[Mapping[str, _Maker]] = {
    "customers": _customer,
    "articles": _article,
    "projects": lambda books, record: dimensions.save_project(books, _fields(record, PROJECT)),
    "drafts": _draft,
    "invoices": _invoice,
    "orders": _order,
    "vouchers": _voucher,
    "links": _link,
    "notes": _note,
}
