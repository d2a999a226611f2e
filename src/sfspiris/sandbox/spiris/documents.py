"""What drafts, invoices and orders share: the customer's part in them, their rows, and what they add up to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import (
    ARTICLES,
    ATTACHMENTS,
    CODINGS,
    COST_CENTER_ITEMS,
    CURRENCIES,
    NOTES,
    PROJECTS,
    TERMS,
    UNITS,
    Books,
)
from sfspiris.sandbox.spiris.model.fields import Shape
from sfspiris.sandbox.spiris.moments import days_after, last_of_month
from sfspiris.sandbox.spiris.numbers import is_personal_number
from sfspiris.sandbox.spiris.pricing import Buyer, Priced, Totals, Treatment, priced, rounded, totals
from sfspiris.sandbox.spiris.standard.countries import EU
from sfspiris.sandbox.spiris.validation import decimals_of

DOMESTIC_DECIMALS: Final = 2
LARGEST_TOTAL: Final = Decimal("99999999.99")
"""What a document can come to: the customer ledger has no room for more (manual, `CustomerLedgerItemApi`)."""
LARGEST_ROW: Final = Decimal(10) ** 12


NORMAL, ROT, RUT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Party:
    """The customer's part in a document."""

    customer: Record
    buyer: Buyer
    currency: str
    is_private: bool
    includes_vat: bool
    is_foreign: bool
    """Whether the customer or the currency is foreign; unit prices then take four decimals instead of two."""

    @classmethod
    def of(cls, books: Books, customer: Record, *, is_private: bool | None = None) -> "Party":
        """The customer as it is now; `is_private` overrides what the customer says."""
        private = bool(customer["IsPrivatePerson"]) if is_private is None else is_private
        buyer = Buyer.of(customer, home=books.home, eu=EU, is_private=private)
        currency = customer["CurrencyCode"] or books.currency
        return cls(
            customer=customer,
            buyer=buyer,
            currency=currency,
            is_private=private,
            includes_vat=books.includes_vat(is_private=private),
            is_foreign=(customer["InvoiceCountryCode"] or books.home) != books.home
            or currency != books.currency,
        )


@dataclass(frozen=True, slots=True)
class RowRules:
    """How one kind of document words its rows. `is_text` and `construction` name row fields, where it has them."""

    shape: Shape
    is_text: str | None
    construction: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A finished row: the record as it is answered and, for an article row, what it is worth and why."""

    record: Record
    priced: Priced | None = None
    treatment: Treatment | None = None
    coding: Record | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Finished rows and their sum."""

    lines: tuple[Line, ...]
    totals: Totals
    currency: str
    rate: Decimal
    """What one unit of the document's currency is in the currency of the books."""

    @property
    def rows(self) -> list[Record]:
        """The rows as they are answered."""
        return [line.record for line in self.lines]

    @property
    def has_reverse_charge(self) -> bool:
        """Whether some row bears the buyer's VAT as a construction service."""
        return any(line.treatment is Treatment.CONSTRUCTION for line in self.lines)

    def in_base(self, amount: Decimal) -> Decimal:
        """An amount of the document in the currency of the books."""
        return rounded(amount * self.rate)


def composed(
    books: Books,
    party: Party,
    sent: Sequence[Mapping[str, Any]],
    rules: RowRules,
    *,
    is_credit: bool = False,
    third_party: bool = False,
    replace_zero_prices: bool = False,
    rate: Decimal | None = None,
) -> Document:
    """Finish the rows that were sent and add them up. Raises the refusal of the first row that cannot stand.

    `rate` is an exchange rate to use instead of the register's.
    """
    context = _Rows(books, party, rules, -1 if is_credit else 1, third_party, replace_zero_prices)
    lines = [context.finished(row, place) for place, row in enumerate(sent)]
    if "an_article_row_is_needed" in books.traps and not any(line.priced for line in lines):
        raise errors.invalid_field("Rows", "There must be at least one article row.", "Required")
    lines.sort(key=lambda line: line.record["LineNumber"])
    is_domestic = party.currency == books.currency
    sums = totals(
        (line.priced for line in lines if line.priced),
        includes_vat=party.includes_vat,
        whole_krona=is_domestic and books.rounds_to_krona,
    )
    document = Document(
        lines=tuple(lines),
        totals=sums,
        currency=party.currency,
        rate=exchange_rate(books, party.currency) if rate is None else rate,
    )
    if max(abs(sums.total), abs(document.in_base(sums.total))) > LARGEST_TOTAL:
        raise errors.invalid_field("Rows", f"The document comes to more than {LARGEST_TOTAL}.", "Range")
    return document


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one document on their way to being finished."""

    books: Books
    party: Party
    rules: RowRules
    sign: int
    third_party: bool
    replace_zero_prices: bool

    def finished(self, sent: Mapping[str, Any], place: int) -> Line:
        where = f"Rows[{place}]"
        row = {
            **self.rules.shape.blank(),
            **{name: value for name, value in sent.items() if value is not None},
        }
        row["Id"] = self.books.new_id()
        row["LineNumber"] = place + 1 if sent.get("LineNumber") is None else sent["LineNumber"]
        is_text = bool(row[self.rules.is_text]) if self.rules.is_text else not row["ArticleId"]
        row["IsTextRow"] = is_text
        for field in ("CostCenterItemId1", "CostCenterItemId2", "CostCenterItemId3"):
            if row[field]:
                self.books.needed(COST_CENTER_ITEMS, "Cost center item", row[field])
        if row["ProjectId"]:
            self.books.needed(PROJECTS, "Project", row["ProjectId"])
        return self._text(row, where) if is_text else self._article(row, where)

    def _text(self, row: Record, where: str) -> Line:
        if not row["Text"]:
            raise errors.invalid_field(
                f"{where}.Text", "A text row needs at least one character.", "Required"
            )
        row.update(ArticleId=None, UnitPrice=0, Quantity=0, DiscountPercentage=0)
        return Line(row)

    def _article(self, row: Record, where: str) -> Line:
        if not row["ArticleId"]:
            raise errors.invalid_field(
                f"{where}.ArticleId", "The field is required on an article row.", "Required"
            )
        article = self.books.needed(ARTICLES, "Article", row["ArticleId"])
        if not article["IsActive"]:
            raise errors.invalid_field(f"{where}.ArticleId", f"Article {article['Number']} is not active.")
        coding = self.books.get(CODINGS, article["CodingId"] or "")
        unit = self.books.get(UNITS, article["UnitId"] or "")
        if coding is None or unit is None:
            lacks = "an account coding" if coding is None else "a unit"
            raise errors.invalid_field(f"{where}.ArticleId", f"Article {article['Number']} lacks {lacks}.")
        price = self._price(row, article, where)
        construction = bool(self.rules.construction and row[self.rules.construction])
        if construction and not self.party.buyer.reverse_charge:
            raise errors.invalid_field(
                f"{where}.{self.rules.construction}",
                "The customer does not use reverse charge on construction services.",
            )
        treatment = self.party.buyer.treatment(
            rate=coding["VatRatePercent"], construction=construction, third_party=self.third_party
        )
        rate = coding["VatRatePercent"] if treatment.is_taxed and not row.get("IsVatFree") else Decimal(0)
        if abs(row["Quantity"] * price) >= LARGEST_ROW:
            raise errors.invalid_field(f"{where}.UnitPrice", "The amount of the row is too large.", "Range")
        worth = priced(
            Decimal(row["Quantity"]),
            Decimal(price),
            Decimal(row["DiscountPercentage"]),
            rate,
            includes_vat=self.party.includes_vat,
            sign=self.sign,
        )
        known = {
            "UnitPrice": price,
            "ArticleNumber": article["Number"],
            "Text": row["Text"] or article["Name"],
            "IsServiceArticle": article["IsServiceArticle"],
            "UnitId": unit["Id"],
            "UnitName": unit["Name"],
            "UnitAbbreviation": unit["Abbreviation"],
            "UnitAbbreviationEnglish": unit["AbbreviationEnglish"],
            "VatRateId": coding["Id"],
            "VatRate": rate,
            "PercentVat": rate,
            "Amount": worth.amount,
            "AmountNoVat": worth.net,
            "PurchasePrice": article["PurchasePrice"],
            "FreightCosts": article["FreightCosts"],
        }
        row.update({name: value for name, value in known.items() if name in row})
        return Line(row, worth, treatment, coding)

    def _price(self, row: Record, article: Record, where: str) -> Any:
        price = row["UnitPrice"]
        if not price and self.replace_zero_prices:
            return article["GrossPrice" if self.party.includes_vat else "NetPrice"]
        if not self.party.is_foreign and decimals_of(Decimal(price)) > DOMESTIC_DECIMALS:
            raise errors.invalid_field(
                f"{where}.UnitPrice",
                f"The maximum number of decimals is {DOMESTIC_DECIMALS} for a domestic customer in domestic currency.",
                "Decimals",
            )
        return price


def exchange_rate(books: Books, currency: str) -> Decimal:
    """What one unit of `currency` is in the currency of the books."""
    if currency == books.currency:
        return Decimal(1)
    units = {record["Code"]: record["_rate"] for record in books.all(CURRENCIES)}
    return Decimal(units[currency] / units[books.currency]).quantize(Decimal("0.000001"))


def chosen_terms(books: Books, sent_id: str | None, customer: Record) -> Record:
    """The payment terms of a document: those it names, else the customer's. Raises the refusal of unknown ones."""
    terms = books.needed(TERMS, "Terms of payment", sent_id or customer["TermsOfPaymentId"])
    if not terms["AvailableForSales"]:
        raise errors.invalid_field("TermsOfPaymentId", "The terms of payment are not available for sales.")
    return terms


def due_date(day: str, terms: Record) -> str:
    """When a document of that day falls due."""
    match terms["TermsOfPaymentTypeId"]:
        case 1:  # current month: the days count from its end
            return days_after(last_of_month(day), terms["NumberOfDays"])
        case 2:  # cash
            return day
        case _:
            return days_after(day, terms["NumberOfDays"])


def checked_tax_reduction(document: Mapping[str, Any]) -> None:
    """Whether a ROT or RUT document names persons and property. Raises the refusal of one that does not.

    The vendor's changelog asks for a property name; a personal number that cannot be one is refused with 4029.
    """
    if document.get("RotReducedInvoicingType", NORMAL) == NORMAL:
        return
    persons: Iterable[Mapping[str, Any]] = document.get("Persons") or ()
    if not any(person.get("Ssn") for person in persons):
        raise errors.invalid_field("Persons", "At least one person is required for ROT and RUT.", "Required")
    if not all(is_personal_number(person.get("Ssn") or "") for person in persons):
        raise errors.bad_personal_number()
    if document["RotReducedInvoicingType"] == ROT and not document.get("RotReducedInvoicingPropertyName"):
        raise errors.invalid_field(
            "RotReducedInvoicingPropertyName", "The field is required for ROT.", "Required"
        )


def attached(books: Books, document_id: str) -> dict[str, list[str]]:
    """What hangs on a document, as its own fields tell it."""
    return {
        "SalesDocumentAttachments": [
            record["Id"] for record in books.find(ATTACHMENTS, "DocumentId", document_id)
        ],
        "Notes": [record["Id"] for record in books.find(NOTES, "AttachedTo", document_id)],
    }


def addressed(party: Party, sent: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """Names and addresses of a document: what was sent, else the customer's, cut to what the document has room for."""
    customer = party.customer
    wanted: dict[str, Any] = {
        "InvoiceCustomerName": customer["Name"],
        **{name: customer[name] for name in _ADDRESS if name in customer},
        "DeliveryCustomerName": customer["DeliveryCustomerName"],
    }
    address: dict[str, Any] = {}
    for name, own in wanted.items():
        field = shape.fields.get(name)
        if field is None:
            continue
        value = sent.get(name) if sent.get(name) and not field.read_only else own
        address[name] = value[: field.longest] if value and field.longest else value
    return {
        **address,
        "CustomerNumber": customer["CustomerNumber"],
        "CustomerName": customer["Name"],
        "CustomerIsPrivatePerson": party.is_private,
        "IncludesVat": party.includes_vat,
    }


_ADDRESS = tuple(
    f"{kind}{part}"
    for kind in ("Invoice", "Delivery")
    for part in ("Address1", "Address2", "PostalCode", "City", "CountryCode")
)
