"""The tables of documents in the Spiris sandbox, each wherever such documents are listed."""

from starlette.requests import Request

from sfspiris.sandbox.kernel.app import PAGES
from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.pages.formats import address, amount, money
from sfspiris.sandbox.pages.shapes import Button, Cell, Column, Table, Tone, paged
from sfspiris.sandbox.spiris import drafts, invoices
from sfspiris.sandbox.spiris.books import INVOICES, Books


def link_to(books: Books, kind: str, record_id: str, what: str = "") -> str:
    """The page of a record, or of what is done to it."""
    return address(f"{PAGES}/{kind}/{record_id}{what and f'/{what}'}", company=books.key)


def draft_table(books: Books, request: Request, records: list[Record]) -> Table:
    """Drafts in the order given, each with the button that issues it."""
    part, pager = paged(request, "drafts", records)
    rows = []
    for record in part:
        draft = drafts.shown(books, record)
        rows.append(
            (
                Cell(draft["CustomerName"], link=link_to(books, "drafts", draft["Id"])),
                Cell(draft["InvoiceDate"]),
                Cell(draft["YourReference"] or ""),
                Cell(draft["BuyersOrderReference"] or ""),
                Cell(amount(draft["TotalAmount"] - draft["TotalVatAmount"] - draft["TotalRoundings"])),
                Cell(money(draft["TotalAmount"], draft["InvoiceCurrencyCode"])),
                Cell("", button=Button("Issue", link_to(books, "drafts", draft["Id"], "issue"), f"the draft for {draft['CustomerName']}")),
            )
        )  # fmt: skip
    return Table(
        "drafts",
        "Drafts",
        (
            Column("Customer"),
            Column("Date", is_short=True),
            Column("Your reference"),
            Column("Order number"),
            Column("Net", is_number=True),
            Column("To pay", is_number=True),
            Column(""),
        ),
        tuple(rows),
        "No draft is waiting. `sfspiris push-closed-won` makes one of every won deal.",
        len(records),
        pager,
    )


def invoice_table(
    books: Books, request: Request, records: list[Record], *, name: str, title: str, empty: str = ""
) -> Table:
    """Booked invoices in the order given; `name` is the table's own in the page's address."""
    part, pager = paged(request, name, records)
    rows = []
    for record in part:
        text, tone = status_of(record, books.today)
        rows.append(
            (
                Cell(str(record["InvoiceNumber"]), link=link_to(books, "invoices", record["Id"])),
                Cell(record["CustomerName"]),
                Cell(record["InvoiceDate"]),
                Cell(record["DueDate"]),
                Cell(money(record["TotalAmountInvoiceCurrency"], record["CurrencyCode"])),
                Cell(amount(record["RemainingAmountInvoiceCurrency"])),
                Cell(text, tone=tone),
            )
        )
    columns = (
        Column("Number"),
        Column("Customer"),
        Column("Date", is_short=True),
        Column("Due", is_short=True),
        Column("Total", is_number=True),
        Column("Remaining", is_number=True),
        Column("Status"),
    )
    return Table(name, title, columns, tuple(rows), empty, len(records), pager)


def status_of(invoice: Record, today: str) -> tuple[str, Tone]:
    """An invoice's state in a word or two."""
    total, remaining = invoice["TotalAmountInvoiceCurrency"], invoice["RemainingAmountInvoiceCurrency"]
    credited = invoice["SetOffAmountInvoiceCurrency"]
    if invoice.get("_is_void"):
        return "Void", "quiet"
    if invoice["IsCreditInvoice"]:
        return ("Credit, to pay out", "hold") if remaining else ("Credit, settled", "quiet")
    if not remaining:
        return ("Credited", "quiet") if credited and credited == total else ("Paid", "good")
    if invoices.payment_status(invoice, today) == invoices.OVERDUE:
        return "Overdue", "bad"
    if remaining == total:
        return "Unpaid", "hold"
    return ("Partly credited" if remaining == total - credited else "Partly paid"), "hold"


def payment_table(books: Books, request: Request, payments: list[Record], *, empty: str = "") -> Table:
    """Payments in the order given."""
    part, pager = paged(request, "payments", payments)
    rows = []
    for payment in part:
        invoice = books.get(INVOICES, payment["CustomerInvoiceId"])
        rows.append(
            (
                Cell(payment["PaymentDate"]),
                Cell(str(invoice["InvoiceNumber"]), link=link_to(books, "invoices", invoice["Id"]))
                if invoice
                else Cell(""),
                Cell(invoice["CustomerName"] if invoice else ""),
                Cell(money(payment["PaymentAmount"], payment["PaymentCurrency"])),
            )
        )
    columns = (
        Column("Date", is_short=True),
        Column("Invoice"),
        Column("Customer"),
        Column("Amount", is_number=True),
    )
    return Table("payments", "Payments", columns, tuple(rows), empty, len(payments), pager)
