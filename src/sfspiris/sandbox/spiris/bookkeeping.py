"""The general ledger: fiscal years, locked periods, and the vouchers that invoices and payments leave behind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import ACCOUNTS, FISCAL_YEARS, VOUCHERS, Books
from sfspiris.sandbox.spiris.documents import Document
from sfspiris.sandbox.spiris.model.accounting import VOUCHER, VOUCHER_ROW
from sfspiris.sandbox.spiris.pricing import Group, Treatment, rounded
from sfspiris.sandbox.spiris.standard.accounts import OUTPUT_VAT, RECEIVABLES, ROUNDING

INVOICING_METHOD, CASH_METHOD, NO_BOOKKEEPING = 0, 1, 2

MANUAL, INVOICE_DEBIT, INVOICE_CREDIT, BANK_DEPOSIT = 2, 14, 15, 10

DEFAULT_SERIES: Final = "A"
SERIES_OF_TYPE: Final[Mapping[int, str]] = {INVOICE_DEBIT: "B", INVOICE_CREDIT: "B", BANK_DEPOSIT: "C"}
"""The series of automatic vouchers; the manual does not say which, so these are the product's first three letters."""

SALES_ACCOUNT: Final[Mapping[Treatment, str]] = {
    Treatment.DOMESTIC: "DomesticSalesSubjectToVatAccountNumber",
    Treatment.DOMESTIC_EXEMPT: "DomesticSalesVatExemptAccountNumber",
    Treatment.CONSTRUCTION: "DomesticSalesSubjectToReversedConstructionVatAccountNumber",
    Treatment.EU_BUSINESS: "ForeignSalesVatExemptWithinEuAccountNumber",
    Treatment.EU_THIRD_PARTY: "ForeignSalesSubjectToThirdPartySalesAccountNumber",
    Treatment.EU_TAXED: "ForeignSalesSubjectToVatWithinEuAccountNumber",
    Treatment.EXPORT: "ForeignSalesVatExemptOutsideEuAccountNumber",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An amount on an account, in the currency of the books; positive is debit."""

    account: int
    amount: Decimal


def fiscal_year(books: Books, day: str) -> Record:
    """The fiscal year that includes the day. Raises the refusal 3001 when there is none."""
    for year in books.all(FISCAL_YEARS):
        if year["StartDate"] <= day <= year["EndDate"]:
            return year
    raise errors.no_fiscal_year(day)


def open_year(books: Books, day: str) -> Record:
    """The fiscal year of a day on which may be booked. Raises the refusal 4026 when it is closed."""
    year = fiscal_year(books, day)
    locked_to = books.settings.get("AccountingLockedTo")
    if year["IsLockedForAccounting"]:
        raise errors.period_locked(day, year["EndDate"])
    if locked_to and day <= locked_to:
        raise errors.period_locked(day, locked_to)
    return year


def account(books: Books, year: Record, number: int) -> Record | None:
    """The account of the year's chart."""
    return books.first(ACCOUNTS, "_key", f"{year['Id']}/{number}")


def book(
    books: Books, day: str, text: str, entries: Iterable[Entry], *, kind: int, source_id: str
) -> Record | None:
    """Leave the automatic voucher of a document; None in a company that books by the cash method, or not at all.

    What exchange rates leave over goes to the rounding account, so that every voucher balances.
    """
    year = open_year(books, day)
    if year["BookkeepingMethod"] != INVOICING_METHOD:
        return None
    sums: dict[int, Decimal] = {}
    for entry in entries:
        sums[entry.account] = sums.get(entry.account, Decimal(0)) + entry.amount
    left = sum(sums.values(), Decimal(0))
    if left:
        sums[ROUNDING] = sums.get(ROUNDING, Decimal(0)) - left
    rows = [row(books, year, number, amount) for number, amount in sums.items() if amount]
    return put_voucher(
        books, year, day, text, rows, kind=kind, series=SERIES_OF_TYPE[kind], source_id=source_id
    )


def row(books: Books, year: Record, number: int, amount: Decimal) -> Record:
    """A voucher row with the amount on the side where it belongs."""
    known = account(books, year, number)
    return {
        **VOUCHER_ROW.blank(),
        "AccountNumber": number,
        "AccountDescription": known["Name"] if known else None,
        "DebitAmount": rounded(max(amount, Decimal(0))),
        "CreditAmount": rounded(max(-amount, Decimal(0))),
    }


def put_voucher(
    books: Books,
    year: Record,
    day: str,
    text: str,
    rows: list[Record],
    *,
    kind: int = MANUAL,
    series: str = DEFAULT_SERIES,
    source_id: str | None = None,
) -> Record:
    """Store a voucher under the next number of its series and year."""
    number = books.next_in(f"voucher/{year['Id']}/{series}")
    now = books.now
    return books.put(
        VOUCHERS,
        {
            **VOUCHER.blank(),
            "Id": books.new_id(),
            "VoucherDate": day,
            "VoucherText": text,
            "Rows": rows,
            "NumberAndNumberSeries": f"{series}{number}",
            "NumberSeries": series,
            "VoucherType": kind,
            "SourceId": source_id,
            "CreatedUtc": now,
            "ModifiedUtc": now,
            "_year": year["Id"],
        },
    )


def entries_of_document(document: Document) -> list[Entry]:
    """What an invoice books: receivable, sales per row, VAT per rate, rounding. A credit invoice's signs are turned already."""
    entries = [Entry(RECEIVABLES, document.in_base(document.totals.total))]
    for line in document.lines:
        if line.priced and line.coding and line.treatment:
            number = line.coding[SALES_ACCOUNT[line.treatment]]
            entries.append(Entry(number, -document.in_base(line.priced.net)))
    entries += [_vat(group, document.in_base(group.vat)) for group in document.totals.groups if group.vat]
    entries.append(Entry(ROUNDING, -document.in_base(document.totals.rounding)))
    return entries


def _vat(group: Group, amount: Decimal) -> Entry:
    percent = int(group.rate * 100)
    return Entry(OUTPUT_VAT.get(percent, OUTPUT_VAT[25]), -amount)


def turned(rows: Iterable[Mapping[str, Any]], share: Decimal) -> list[Entry]:
    """The entries of a voucher the other way round, scaled; what a credit takes back of an invoice's voucher."""
    return [
        Entry(entry["AccountNumber"], rounded((entry["CreditAmount"] - entry["DebitAmount"]) * share))
        for entry in rows
    ]
