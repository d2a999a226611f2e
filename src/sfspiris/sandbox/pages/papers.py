"""Drafts and invoices as the customer sees them, ready to be laid out: in Swedish, as the product prints them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sfspiris.sandbox.pages.formats import amount, number, percent
from sfspiris.sandbox.spiris.books import TERMS, Books
from sfspiris.sandbox.spiris.pricing import ZERO, Priced, totals


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One row; a row of text alone has nothing but that."""

    text: str
    is_text: bool = False
    article: str = ""
    quantity: str = ""
    price: str = ""
    discount: str = ""
    vat: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document. Amounts are in its currency; `includes_vat` tells of unit prices and row amounts."""

    kind: str
    number: str
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    rows: tuple[PaperRow, ...]
    includes_vat: bool
    net: str
    rates: tuple[tuple[str, str, str], ...]
    """Rate, net and VAT of each rate, highest rate first."""
    vat: str
    rounding: str
    total: str
    currency: str
    footer: tuple[str, ...]


def draft_paper(books: Books, draft: Mapping[str, Any]) -> Paper:
    """A draft as it would look if it were issued as it stands; `draft` as the API answers it."""
    worth = [
        Priced(Decimal(row["Amount"]), ZERO, Decimal(row["VatRate"] or 0))
        for row in draft["Rows"]
        if not row["IsTextRow"]
    ]
    groups = totals(worth, includes_vat=draft["IncludesVat"], whole_krona=False).groups
    return _paper(
        books,
        draft,
        kind="Kreditfakturautkast" if draft["IsCreditInvoice"] else "Fakturautkast",
        number="",
        first=(("Fakturadatum", draft["InvoiceDate"]), ("Förfallodatum", draft["DueDate"])),
        rates=[(group.rate, group.net, group.vat) for group in groups],
        sums=(draft["TotalAmount"], draft["TotalVatAmount"], draft["TotalRoundings"]),
        currency=draft["InvoiceCurrencyCode"],
    )


def invoice_paper(books: Books, invoice: Mapping[str, Any]) -> Paper:
    """A booked invoice; `invoice` as the API answers it."""
    total, vat = invoice["TotalAmountInvoiceCurrency"], invoice["TotalVatAmountInvoiceCurrency"]
    rates = [
        (one["VatPercent"], one["AmountInvoiceCurrency"], one["VatAmountInvoiceCurrency"])
        for one in invoice["VatSpecification"]
    ]
    return _paper(
        books,
        invoice,
        kind="Kreditfaktura" if invoice["IsCreditInvoice"] else "Faktura",
        number=str(invoice["InvoiceNumber"]),
        first=(
            ("Fakturadatum", invoice["InvoiceDate"]),
            ("Förfallodatum", invoice["DueDate"]),
            ("OCR", invoice["PaymentReferenceNumber"]),
        ),
        rates=rates,
        sums=(total, vat, total - vat - sum((net for _, net, _ in rates), ZERO)),
        currency=invoice["CurrencyCode"],
    )


def _paper(
    books: Books,
    said: Mapping[str, Any],
    *,
    kind: str,
    number: str,
    first: Iterable[tuple[str, str | None]],
    rates: Iterable[tuple[Decimal, Decimal, Decimal]],
    sums: tuple[Decimal, Decimal, Decimal],
    currency: str,
) -> Paper:
    company = books.settings
    terms = books.get(TERMS, said["TermsOfPaymentId"] or "")
    total, vat, rounding = sums
    facts = (
        *first,
        ("Betalningsvillkor", terms["Name"] if terms else None),
        ("Kundnummer", said["CustomerNumber"]),
        ("Er referens", said["YourReference"]),
        ("Vår referens", said["OurReference"]),
        ("Ert ordernummer", said["BuyersOrderReference"]),
        ("Elektronisk referens", said["ElectronicReference"]),
        ("Avtalsnummer", said["ContractNumber"]),
    )
    return Paper(
        kind=kind,
        number=number,
        seller=_filled(company["Name"], company["Address1"], _place(company["PostalCode"], company["City"])),
        buyer=_filled(
            said["InvoiceCustomerName"],
            said["InvoiceAddress1"],
            said["InvoiceAddress2"],
            _place(said["InvoicePostalCode"], said["InvoiceCity"]),
            said["InvoiceCountryCode"],
        ),
        facts=tuple((label, value) for label, value in facts if value),
        rows=tuple(_row(row) for row in said["Rows"]),
        includes_vat=said["IncludesVat"],
        net=amount(total - vat - rounding),
        rates=tuple((percent(rate), amount(net), amount(tax)) for rate, net, tax in rates),
        vat=amount(vat),
        rounding=amount(rounding) if rounding else "",
        total=amount(total),
        currency=currency,
        footer=_filled(
            company["CorporateIdentityNumber"] and f"Org.nr {company['CorporateIdentityNumber']}",
            company["VatCode"] and f"Momsreg.nr {company['VatCode']}",
            company["BankGiro"] and f"Bankgiro {company['BankGiro']}",
            "Godkänd för F-skatt",
        ),
    )


def _row(row: Mapping[str, Any]) -> PaperRow:
    text = row["Text"] or ""
    if row["IsTextRow"]:
        return PaperRow(text, is_text=True)
    unit = row["UnitAbbreviation"] or ""
    return PaperRow(
        text,
        article=row["ArticleNumber"] or "",
        quantity=f"{number(row['Quantity'])} {unit}".strip(),
        price=amount(row["UnitPrice"]),
        discount=percent(row["DiscountPercentage"]) if row["DiscountPercentage"] else "",
        vat=percent(row["VatRate"]),
        amount=amount(row["Amount"]),
    )


def _place(postal_code: str | None, city: str | None) -> str:
    return " ".join(_filled(postal_code, city))


def _filled(*texts: str | None) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
