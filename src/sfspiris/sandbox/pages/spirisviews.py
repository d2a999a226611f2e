"""What there is to see of one company in the Spiris sandbox, as plain data."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from starlette.requests import Request

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.pages.formats import amount, counted, money, percent, readable
from sfspiris.sandbox.pages.papers import draft_paper, invoice_paper
from sfspiris.sandbox.pages.shapes import (
    Cell,
    Column,
    Fact,
    Facts,
    Form,
    Input,
    Table,
    Tile,
    View,
    paged,
)
from sfspiris.sandbox.pages.spiristables import draft_table, invoice_table, link_to, payment_table, status_of
from sfspiris.sandbox.spiris import articles, customers, drafts, invoices
from sfspiris.sandbox.spiris.books import (
    ARTICLES,
    CODINGS,
    CUSTOMERS,
    DRAFTS,
    INVOICES,
    PAYMENTS,
    TERMS,
    Books,
)
from sfspiris.sandbox.spiris.model.sales import DRAFT
from sfspiris.sandbox.spiris.settlement import default_bank

EDITABLE: Final = {
    "YourReference": "Your reference (Er referens)",
    "OurReference": "Our reference (Vår referens)",
    "BuyersOrderReference": "Buyer's order number (Ert ordernummer)",
}
"""The references that a person changes on a draft, and what they are called."""

_ZERO: Final = Decimal(0)


# Lists


def invoicing(books: Books, request: Request) -> View:
    """The company at a glance: what waits to be issued, what waits to be paid."""
    waiting, booked = books.all(DRAFTS)[::-1], books.all(INVOICES)[::-1]
    today = books.today
    is_open = [one for one in booked if one["RemainingAmountInvoiceCurrency"]]
    overdue = [one for one in is_open if invoices.payment_status(one, today) == invoices.OVERDUE]
    paid = sum(not one["RemainingAmountInvoiceCurrency"] for one in booked)

    def total(records: list[Record], field: str) -> str:
        return money(sum((record[field] for record in records), _ZERO), books.currency)

    tiles = (
        Tile("Drafts to issue", str(len(waiting)), under=total(waiting, "TotalAmountBaseCurrency")),
        Tile("Open invoices", str(len(is_open)), under=total(is_open, "RemainingAmount")),
        Tile("Overdue", str(len(overdue)), under=total(overdue, "RemainingAmount"), tone="bad" if overdue else ""),
        Tile("Settled invoices", str(paid)),
    )  # fmt: skip
    return View(
        "spiris/invoicing.html.j2",
        books.settings["Name"],
        {
            "lead": _lead(len(waiting), len(is_open), len(overdue)),
            "tiles": tiles,
            "orgnr": books.settings["CorporateIdentityNumber"],
            "drafts": draft_table(books, request, waiting),
            "invoices": invoice_table(
                books, request, booked, name="invoices", title="Invoices", empty="No invoice is booked."
            ),
        },
    )


def _lead(waiting: int, is_open: int, overdue: int) -> str:
    drafts_told = (
        f"{counted(waiting, 'draft').capitalize()} {'waits' if waiting == 1 else 'wait'} to be issued"
    )
    if not is_open:
        return f"{drafts_told}. Nothing waits to be paid."
    late = f", {overdue} of them overdue" if overdue else ""
    return f"{drafts_told}. {counted(is_open, 'invoice').capitalize()} {'waits' if is_open == 1 else 'wait'} to be paid{late}."


def customer_list(books: Books, request: Request) -> View:
    """The customer register."""
    records = books.all(CUSTOMERS)
    part, pager = paged(request, "customers", records)
    rows = []
    for record in part:
        customer = customers.shown(books, record)
        terms = customer.get("TermsOfPayment")
        rows.append(
            (
                Cell(customer["CustomerNumber"] or ""),
                Cell(customer["Name"], link=link_to(books, "customers", customer["Id"])),
                Cell(customer["CorporateIdentityNumber"] or ""),
                Cell(customer["VatNumber"] or ""),
                Cell(customer["InvoiceCity"] or ""),
                Cell(customer["InvoiceCountryCode"] or ""),
                Cell(terms["Name"] if terms else ""),
                Cell(amount(customer["UnpaidInvoicesAmount"])),
                Cell(*(("Active", None, "good") if customer["IsActive"] else ("Inactive", None, "quiet"))),
            )
        )
    table = Table(
        "customers",
        "Customers",
        (
            Column("Number"),
            Column("Name"),
            Column("Organisation number", is_short=True),
            Column("VAT number"),
            Column("City"),
            Column("Country"),
            Column("Terms"),
            Column("Unpaid", is_number=True),
            Column("Status"),
        ),
        tuple(rows),
        "The company has no customers yet.",
        len(records),
        pager,
    )
    return View(
        "list.html.j2", "Customers", {"table": table, "lead": f"Whom {books.settings['Name']} invoices."}
    )


def article_list(books: Books, request: Request) -> View:
    """The article register."""
    records = books.all(ARTICLES)
    part, pager = paged(request, "articles", records)
    rows = []
    for record in part:
        coding = books.get(CODINGS, record["CodingId"] or "")
        rows.append(
            (
                Cell(record["Number"], link=link_to(books, "articles", record["Id"])),
                Cell(record["Name"]),
                Cell(record["UnitName"] or ""),
                Cell(record["CodingName"] or ""),
                Cell(percent(coding["VatRatePercent"]) if coding else ""),
                Cell(amount(record["NetPrice"])),
                Cell(*(("Active", None, "good") if record["IsActive"] else ("Inactive", None, "quiet"))),
            )
        )
    table = Table(
        "articles",
        "Articles",
        (
            Column("Number"),
            Column("Name"),
            Column("Unit"),
            Column("Coding"),
            Column("VAT", is_number=True),
            Column("Net price", is_number=True),
            Column("Status"),
        ),
        tuple(rows),
        "The company has no articles yet.",
        len(records),
        pager,
    )
    lead = "What can stand on an invoice. VAT follows from the article's coding and the customer's country."
    return View("list.html.j2", "Articles", {"table": table, "lead": lead})


def payment_list(books: Books, request: Request) -> View:
    """Payments that arrived, and invoices that take others back."""
    payments = books.all(PAYMENTS)[::-1]
    credits_given = [one for one in books.all(INVOICES)[::-1] if one["IsCreditInvoice"]]
    return View(
        "spiris/payments.html.j2",
        "Payments and credits",
        {
            "payments": payment_table(books, request, payments, empty="No payment has been registered."),
            "credits": invoice_table(
                books,
                request,
                credits_given,
                name="credits",
                title="Credit invoices",
                empty="No invoice has been credited.",
            ),
        },
    )


# Documents


def draft(books: Books, record: Record) -> View:
    """A draft as it would look, and what a person can do with it."""
    answered = drafts.shown(books, record)
    references = tuple(
        Input(name, label, answered[name] or "", longest=DRAFT.fields[name].longest)
        for name, label in EDITABLE.items()
    )
    forms = (
        Form(
            "Issue",
            link_to(books, "drafts", record["Id"], "issue"),
            "Issue invoice",
            (Input("date", "Invoice date", answered["InvoiceDate"], "date"),),
            "Books the draft as an invoice with the next number. The draft is gone then.",
            is_main=True,
        ),
        Form("References", link_to(books, "drafts", record["Id"], "edit"), "Save references", references),
        Form(
            "Delete draft",
            link_to(books, "drafts", record["Id"], "delete"),
            "Delete this draft",
            intro="The draft is removed. No invoice number is used, so no gap arises.",
            is_dangerous=True,
        ),
    )
    return View(
        "spiris/document.html.j2",
        f"Draft for {answered['CustomerName']}",
        {
            "status": ("Draft", ""),
            "paper": draft_paper(books, answered),
            "pdf": link_to(books, "drafts", f"{record['Id']}.pdf"),
            "forms": forms,
            "tables": (),
            "remaining": None,
            "answered": readable(answered),
            "record_id": record["Id"],
        },
    )


def invoice(books: Books, request: Request, record: Record) -> View:
    """A booked invoice, what happened to it, and what a person can do with it."""
    answered = invoices.shown(books, record)
    payments = books.find(PAYMENTS, "CustomerInvoiceId", record["Id"])
    related_ids = [*(one["CreditInvoiceId"] for one in record["CreditedBy"]), record["ReferringInvoiceId"]]
    related = [found for one in related_ids if one and (found := books.get(INVOICES, one))]
    tables = []
    if payments:
        tables.append(payment_table(books, request, payments))
    if related:
        title = "Credits" if record["IsCreditInvoice"] else "Credited by"
        tables.append(invoice_table(books, request, related, name="related", title=title))
    word = "Credit invoice" if record["IsCreditInvoice"] else "Invoice"
    return View(
        "spiris/document.html.j2",
        f"{word} {record['InvoiceNumber']}",
        {
            "status": status_of(record, books.today),
            "paper": invoice_paper(books, answered),
            "pdf": link_to(books, "invoices", f"{record['Id']}.pdf"),
            "forms": tuple(_invoice_forms(books, record)),
            "tables": tables,
            "remaining": amount(record["RemainingAmountInvoiceCurrency"]),
            "answered": readable(answered),
            "record_id": record["Id"],
        },
    )


def _invoice_forms(books: Books, record: Record) -> list[Form]:
    """What can be done with an invoice in its present state; the product has the last word."""
    if record.get("_is_void"):
        return []
    remaining, currency = record["RemainingAmountInvoiceCurrency"], record["CurrencyCode"]
    left = record["TotalAmountInvoiceCurrency"] - record["SetOffAmountInvoiceCurrency"]
    day = Input("date", "Date", books.today, "date")

    def form(what: str, title: str, button: str, intro: str, worth: Decimal | None, **kind: bool) -> Form:
        inputs = (
            () if worth is None else (Input("amount", f"Amount, {currency}", amount(worth), "amount"), day)
        )
        return Form(title, link_to(books, "invoices", record["Id"], what), button, inputs, intro, **kind)

    forms = []
    if remaining:
        title, button = ("Pay out", "Register payout") if remaining < 0 else ("Payment", "Register payment")
        account = f"Arrives on {default_bank(books)['Name']}."
        forms.append(form("pay", title, button, account if remaining > 0 else "", remaining, is_main=True))
    if not record["IsCreditInvoice"] and left > 0:
        intro = (
            "Makes a credit invoice, wholly or for a part (with VAT), and sets it off against what remains."
        )
        forms.append(form("credit", "Credit", "Make credit invoice", intro, left, is_dangerous=True))
    if not record["IsCreditInvoice"]:
        intro = "Takes the booking back. The product refuses it once there are payments or credits."
        forms.append(form("void", "Void", "Void this invoice", intro, None, is_dangerous=True))
    return forms


# Records of the registers


def customer(books: Books, request: Request, record: Record) -> View:
    """A customer: every field, and its documents."""
    answered = customers.shown(books, record)
    own = books.find(DRAFTS, "CustomerId", record["Id"])[::-1]
    booked = books.find(INVOICES, "CustomerId", record["Id"])[::-1]
    tables = [
        draft_table(books, request, own) if own else None,
        invoice_table(books, request, booked, name="invoices", title="Invoices") if booked else None,
    ]
    terms = books.get(TERMS, record["TermsOfPaymentId"] or "")
    shown = {**answered, "TermsOfPayment": terms["Name"] if terms else None}
    return _record(
        record["Name"], "Customer", record["CustomerNumber"], shown, [one for one in tables if one]
    )


def article(books: Books, record: Record) -> View:
    """An article: every field."""
    return _record(record["Name"], "Article", record["Number"], articles.shown(books, record), [])


def _record(
    name: str, kind: str, number_of: str | None, answered: Mapping[str, Any], tables: list[Table]
) -> View:
    filled = {field: value for field, value in answered.items() if value not in (None, [], "")}
    empty = [field for field in answered if field not in filled]
    facts = [
        Facts("Fields", tuple(Fact(field, Cell(readable_value(value))) for field, value in filled.items()))
    ]
    if empty:
        facts.append(
            Facts(
                f"{len(empty)} empty fields", tuple(Fact(field, Cell("")) for field in empty), is_folded=True
            )
        )
    return View(
        "record.html.j2",
        name,
        {"kind": kind, "subtitle": number_of or "", "facts": facts, "tables": tables, "forms": ()},
    )


def readable_value(value: Any) -> str:
    """A field's value in one cell, exactly as it is stored."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return readable(value)
