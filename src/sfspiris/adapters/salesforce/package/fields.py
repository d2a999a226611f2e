"""The fields that we keep in an org, each with its type and what it tells: one table for all who write or check them.

Names are those of the command-line contract (section 7). Amounts are plain numbers beside a currency in a field of its own,
not Salesforce's currency type: that type would show them in the currency of the record, which is another one as soon as an
account buys in two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sfspiris.core.model import DealStatus

ACCOUNT: Final = "Account"
OPPORTUNITY: Final = "Opportunity"
INVOICE: Final = "Spiris_Invoice__c"


class Kind(StrEnum):
    """A field's type, as the Metadata API calls it."""

    TEXT = "Text"
    LONG_TEXT = "LongTextArea"
    NUMBER = "Number"
    DATE = "Date"
    DATETIME = "DateTime"
    CHECKBOX = "Checkbox"
    PICKLIST = "Picklist"
    LOOKUP = "Lookup"


@dataclass(frozen=True, slots=True)
class PackageField:
    """One field. `length` counts characters of a text, or digits of a number, `scale` of them decimals.

    `by_people` tells that people fill it in; all others are ours, and what people put there is restored.
    """

    object: str
    name: str
    label: str
    kind: Kind
    help: str
    length: int = 0
    scale: int = 0
    target: str | None = None
    is_external_id: bool = False
    by_people: bool = False

    @property
    def full_name(self) -> str:
        """Object and field, as permission sets name it."""
        return f"{self.object}.{self.name}"


STATUSES: Final = tuple(one.value for one in DealStatus)


def _text(object_: str, name: str, length: int, says: str, *, is_external_id: bool = False) -> PackageField:
    return PackageField(
        object_, f"{name}__c", _label(name), Kind.TEXT, says, length, is_external_id=is_external_id
    )


def _long(object_: str, name: str, says: str) -> PackageField:
    return PackageField(object_, f"{name}__c", _label(name), Kind.LONG_TEXT, says, 4000)


def _amount(object_: str, name: str, says: str) -> PackageField:
    return PackageField(object_, f"{name}__c", _label(name), Kind.NUMBER, says, 18, 2)


def _plain(object_: str, name: str, kind: Kind, says: str, *, by_people: bool = False) -> PackageField:
    return PackageField(object_, f"{name}__c", _label(name), kind, says, by_people=by_people)


def _status(object_: str, name: str, says: str) -> PackageField:
    return PackageField(object_, f"{name}__c", _label(name), Kind.PICKLIST, says)


def _lookup(object_: str, name: str, target: str, says: str) -> PackageField:
    return PackageField(object_, f"{name}__c", _label(name), Kind.LOOKUP, says, target=target)


def _label(name: str) -> str:
    return name.replace("_", " ")


_DEAL: Final = (
    _status(OPPORTUNITY, "Spiris_Sync_Status", "Where the deal stands on its way to a paid invoice."),
    _text(
        OPPORTUNITY,
        "Spiris_Sync_Code",
        80,
        "Why the deal is held, in a word; `sfspiris help CODE` tells more.",
    ),
    _long(OPPORTUNITY, "Spiris_Sync_Message", "Why the deal is held, in a sentence, and what to do."),
    _plain(OPPORTUNITY, "Spiris_Sync_Time", Kind.DATETIME, "When the status last changed."),
    _text(OPPORTUNITY, "Spiris_Correlation_Id", 80, "Names this deal's story in logs and reports."),
    _text(OPPORTUNITY, "Spiris_Company", 80, "The company whose books hold the draft or invoice."),
    _text(OPPORTUNITY, "Spiris_Draft_Id", 80, "The draft's id in Spiris."),
    _text(
        OPPORTUNITY,
        "Spiris_Invoice_Number",
        80,
        "The number that Spiris gave the invoice when finance issued it.",
    ),
    _plain(
        OPPORTUNITY,
        "Spiris_Retry",
        Kind.CHECKBOX,
        "Tick it to have a held deal tried again by the next run, which unticks it.",
        by_people=True,
    ),
    _plain(
        OPPORTUNITY, "Spiris_Invoice_Ready", Kind.CHECKBOX, "Whether the deal could be invoiced as it stands."
    ),
    _long(OPPORTUNITY, "Spiris_Invoice_Ready_Reasons", "What keeps the deal from being invoiced."),
)
_ACCOUNT: Final = (
    _text(ACCOUNT, "Spiris_Customer_Number", 16, "The customer's number in Spiris."),
    _status(ACCOUNT, "Spiris_Payment_Status", "The most pressing status among the account's open invoices."),
    _amount(ACCOUNT, "Spiris_Open_Balance", "What the account owes, in the books' currency."),
    _amount(ACCOUNT, "Spiris_Overdue_Balance", "What of it is overdue, in the books' currency."),
    _plain(ACCOUNT, "Spiris_Oldest_Due_Date", Kind.DATE, "When the oldest open invoice was or will be due."),
    _plain(ACCOUNT, "Spiris_Last_Paid_Date", Kind.DATE, "When the account last paid."),
    _amount(
        ACCOUNT,
        "Spiris_Invoiced_Total",
        "All invoices less credit notes, VAT included, in the books' currency.",
    ),
    _amount(ACCOUNT, "Spiris_Collected_Total", "What of it has been paid, in the books' currency."),
)
_INVOICE: Final = (
    _text(
        INVOICE,
        "External_Id",
        120,
        "Company and invoice id: what one invoice is known by.",
        is_external_id=True,
    ),
    _lookup(INVOICE, "Account", ACCOUNT, "The account that is invoiced."),
    _lookup(
        INVOICE,
        "Opportunity",
        OPPORTUNITY,
        "The deal that the invoice comes from; empty for one made by hand.",
    ),
    _text(INVOICE, "Company", 80, "The company whose books hold the invoice."),
    _text(INVOICE, "Invoice_Number", 80, "The invoice's number in Spiris."),
    _status(INVOICE, "Status", "Issued, paid, overdue, credited …"),
    _plain(INVOICE, "Invoice_Date", Kind.DATE, "When it was issued."),
    _plain(INVOICE, "Due_Date", Kind.DATE, "When it is to be paid."),
    _plain(INVOICE, "Paid_Date", Kind.DATE, "When it was paid in full."),
    _plain(INVOICE, "Last_Payment_Date", Kind.DATE, "When something was last paid."),
    _text(INVOICE, "Currency", 3, "The currency of the amounts on this record."),
    _amount(INVOICE, "Amount_Net", "Without VAT, in the invoice's currency."),
    _amount(INVOICE, "Amount_Vat", "VAT, in the invoice's currency."),
    _amount(INVOICE, "Amount_Total", "To pay, rounding included, in the invoice's currency."),
    _amount(INVOICE, "Amount_Paid", "Paid so far, in the invoice's currency."),
    _amount(INVOICE, "Amount_Credited", "Credited so far, in the invoice's currency."),
    _amount(INVOICE, "Balance", "Still to pay, in the invoice's currency."),
    _amount(INVOICE, "Amount_Total_Base", "To pay, in the books' currency."),
    PackageField(
        INVOICE,
        "Exchange_Rate__c",
        "Exchange Rate",
        Kind.NUMBER,
        "Books' currency per unit of the invoice's currency, as booked.",
        18,
        6,
    ),
    _text(INVOICE, "Ocr", 80, "The payment reference printed on the invoice."),
    _plain(
        INVOICE, "Is_Credit_Note", Kind.CHECKBOX, "Whether this is a credit note; its amounts are negative."
    ),
    _text(INVOICE, "Credits_Invoice", 80, "The number of the invoice that this credit note credits."),
    _plain(
        INVOICE, "Is_Overdue", Kind.CHECKBOX, "Whether something is still to pay and the due date has passed."
    ),
)

FIELDS: Final[tuple[PackageField, ...]] = (*_DEAL, *_ACCOUNT, *_INVOICE)
"""Every field, in the order in which people read them."""


def of_object(object_: str) -> tuple[PackageField, ...]:
    """The fields of one object."""
    return tuple(one for one in FIELDS if one.object == object_)
