"""How an invoice and a draft look on paper: in Swedish, as the product prints them for Swedish customers."""

from collections.abc import Iterator
from decimal import Decimal
from textwrap import wrap
from typing import Any, Final

from sfspiris.sandbox.spiris.books import TERMS, Books
from sfspiris.sandbox.spiris.pdf import HEIGHT, Page, document

_LEFT, _RIGHT = 50, 545
_TOP, _BOTTOM = HEIGHT - 60, 70
_LINE: Final = 14
_COLUMNS: Final = (("Antal", 330), ("Enhet", 365), ("À-pris", 435), ("Moms", 475), ("Summa", _RIGHT))
_TEXT_CHARACTERS: Final = 44


def invoice_pdf(books: Books, invoice: dict[str, Any]) -> bytes:
    """A booked invoice as PDF."""
    word = "Kreditfaktura" if invoice["IsCreditInvoice"] else "Faktura"
    facts = [
        ("Fakturanummer", str(invoice["InvoiceNumber"])),
        ("Fakturadatum", invoice["InvoiceDate"]),
        ("Förfallodatum", invoice["DueDate"]),
        ("OCR", invoice["PaymentReferenceNumber"]),
    ]
    money = {
        "currency": invoice["CurrencyCode"],
        "total": invoice["TotalAmountInvoiceCurrency"],
        "vat": invoice["TotalVatAmountInvoiceCurrency"],
        "rounding": invoice["TotalRoundings"],
    }
    return _printed(books, invoice, f"{word} {invoice['InvoiceNumber']}", facts, money)


def draft_pdf(books: Books, draft: dict[str, Any]) -> bytes:
    """A preview of a draft as PDF: without a number, because it has none."""
    facts = [("Fakturadatum", draft["InvoiceDate"]), ("Förfallodatum", draft["DueDate"])]
    money = {
        "currency": draft["InvoiceCurrencyCode"],
        "total": draft["TotalAmount"],
        "vat": draft["TotalVatAmount"],
        "rounding": draft["TotalRoundings"],
    }
    return _printed(books, draft, "Fakturautkast", facts, money)


def order_pdf(books: Books, order: dict[str, Any]) -> bytes:
    """An order confirmation as PDF."""
    title = "Order" if order["Number"] is None else f"Order {order['Number']}"
    facts = [("Orderdatum", order["OrderDate"]), ("Leveransdatum", order["DeliveryDate"])]
    money = {
        "currency": order["CurrencyCode"],
        "total": order["Amount"],
        "vat": order["VatAmount"],
        "rounding": order["RoundingsAmount"],
    }
    return _printed(books, order, title, facts, money)


def quote_pdf(books: Books, quote: dict[str, Any]) -> bytes:
    """A quote as PDF."""
    facts = [("Offertdatum", quote["QuoteDate"]), ("Giltig till", quote["DueDate"])]
    money = {
        "currency": quote["CurrencyCode"],
        "total": quote["TotalAmount"],
        "vat": quote["VatAmount"],
        "rounding": quote["RoundingsAmount"],
    }
    references = {"YourReference": quote["CustomerReference"], "OurReference": quote["CompanyReference"]}
    paper = {**quote, **references, "TermsOfPaymentId": quote.get("TermsOfPayment", {}).get("Id")}
    return _printed(books, paper, f"Offert {quote['Number']}", facts, money)


def _printed(
    books: Books, paper: dict[str, Any], title: str, facts: list[tuple[str, Any]], money: dict[str, Any]
) -> bytes:
    settings = books.settings
    pages = [Page()]
    page = pages[0]
    page.text(_LEFT, _TOP, settings["Name"], size=14, bold=True)
    page.text_right(_RIGHT, _TOP, title, size=14, bold=True)
    y: float = _TOP - 30
    terms = books.get(TERMS, paper["TermsOfPaymentId"] or "")
    facts += [
        ("Kundnummer", paper["CustomerNumber"]),
        ("Betalningsvillkor", terms["Name"] if terms else None),
        ("Er referens", paper["YourReference"]),
        ("Vår referens", paper["OurReference"]),
        ("Ert ordernummer", paper["BuyersOrderReference"]),
    ]
    address_y = y
    for line in _address(paper):
        page.text(320, address_y, line)
        address_y -= _LINE
    for label, value in facts:
        if value:
            page.text(_LEFT, y, label)
            page.text(_LEFT + 110, y, str(value))
            y -= _LINE
    y = _heading(page, min(y, address_y) - 20)
    for row in paper["Rows"]:
        for place, text in enumerate(wrap(row["Text"] or "", _TEXT_CHARACTERS) or [""]):
            if y < _BOTTOM:
                pages.append(Page())
                page = pages[-1]
                y = _heading(page, _TOP)
            page.text(_LEFT, y, text)
            if not place and row["ArticleId"]:
                _amounts(page, y, row)
            y -= _LINE
    if y < _BOTTOM + 6 * _LINE:
        pages.append(Page())
        page, y = pages[-1], _TOP
    _totals(page, y, money)
    _footer(page, settings)
    return document(pages, title=f"{title}, {settings['Name']}")


def _heading(page: Page, y: float) -> float:
    page.text(_LEFT, y, "Benämning", bold=True)
    for name, x in _COLUMNS:
        page.text_right(x, y, name, bold=True)
    page.line(_LEFT, y - 4, _RIGHT)
    return y - 18


def _amounts(page: Page, y: float, row: dict[str, Any]) -> None:
    rate = row["VatRate"]
    cells = (
        _number(row["Quantity"]),
        row.get("UnitAbbreviation") or "",
        _money(row["UnitPrice"]),
        "" if rate is None else f"{rate * 100:.0f} %",
        _money(row["Amount"]),
    )
    for (_, x), text in zip(_COLUMNS, cells, strict=True):
        page.text_right(x, y, text)


def _totals(page: Page, y: float, money: dict[str, Any]) -> None:
    page.line(320, y + 8, _RIGHT)
    net = money["total"] - money["vat"] - money["rounding"]
    for label, amount, bold in (
        ("Netto", net, False),
        ("Moms", money["vat"], False),
        ("Öresutjämning", money["rounding"], False),
        (f"Att betala {money['currency']}", money["total"], True),
    ):
        if amount or bold or label == "Netto":
            y -= _LINE
            page.text(330, y, label, bold=bold)
            page.text_right(_RIGHT, y, _money(amount), bold=bold)


def _footer(page: Page, settings: dict[str, Any]) -> None:
    page.line(_LEFT, 52, _RIGHT)
    parts = [
        settings["Address1"],
        f"{settings['PostalCode']} {settings['City']}",
        f"Org.nr {settings['CorporateIdentityNumber']}" if settings["CorporateIdentityNumber"] else "",
        f"Momsreg.nr {settings['VatCode']}" if settings["VatCode"] else "",
        f"Bankgiro {settings['BankGiro']}" if settings["BankGiro"] else "",
        "Godkänd för F-skatt",
    ]
    page.text(_LEFT, 38, " · ".join(part for part in parts if part), size=7)


def _address(paper: dict[str, Any]) -> Iterator[str]:
    place = f"{paper['InvoicePostalCode'] or ''} {paper['InvoiceCity'] or ''}".strip()
    for line in (
        paper["InvoiceCustomerName"],
        paper["InvoiceAddress1"],
        paper["InvoiceAddress2"],
        place,
        paper["InvoiceCountryCode"],
    ):
        if line:
            yield line


def _money(amount: Decimal | int) -> str:
    return f"{Decimal(amount):,.2f}".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")


def _number(quantity: Decimal | int) -> str:
    return f"{Decimal(quantity).normalize():f}".replace(".", ",")
