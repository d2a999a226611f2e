"""Customer invoices: `/customerinvoices`. Booked and numbered; there is no PUT and no DELETE."""

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors, issuing, settlement
from sfspiris.sandbox.spiris.books import (
    ATTACHMENTS,
    BANK_ACCOUNTS,
    CUSTOMERS,
    DRAFTS,
    INVOICES,
    NOTES,
    OUTBOX,
    Books,
    public,
)
from sfspiris.sandbox.spiris.documents import Party, RowRules, attached, checked_tax_reduction, composed
from sfspiris.sandbox.spiris.lists import found, page
from sfspiris.sandbox.spiris.model.sales import E_INVOICE, EMAIL, INVOICE, INVOICE_ROW, PAYMENT, REMINDER
from sfspiris.sandbox.spiris.printout import invoice_pdf
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Operation, created

ROW_RULES: Final = RowRules(INVOICE_ROW, is_text=None, construction=None)
PAID, UNPAID, OVERDUE = 0, 1, 2
FILE_LIFE: Final = timedelta(hours=1)
"""How long an address of `/pdf` works; the manual says temporary, not how long."""
FILES: Final = "_files"
"""Which invoice each temporary address of `/pdf` shows."""


def payment_status(invoice: Record, today: str) -> int:
    """Paid when nothing remains; overdue from the day after the due date, without any write."""
    if not invoice["RemainingAmountInvoiceCurrency"]:
        return PAID
    return OVERDUE if invoice["DueDate"] < today else UNPAID


def presenter(books: Books) -> Callable[[Record], dict[str, Any]]:
    """How invoices are answered today; made once for a whole list."""
    today = books.today
    has_notes, has_files = bool(books.count(NOTES)), bool(books.count(ATTACHMENTS))

    def present(record: Record) -> dict[str, Any]:
        invoice = public(record)
        invoice["PaymentStatus"] = payment_status(record, today)
        if has_notes or has_files:
            invoice.update(attached(books, record["Id"]))
        return invoice

    return present


def shown(books: Books, record: Record) -> dict[str, Any]:
    """The invoice as it is answered."""
    return presenter(books)(record)


def _beside(_record: Record, answered: dict[str, Any]) -> tuple[Any, ...]:
    """What an answered invoice has that is not in its record: the calendar's word on it, and what hangs on it."""
    return (answered["PaymentStatus"], *answered["Notes"], *answered["SalesDocumentAttachments"])


# Operations


def _list(call: Call) -> Answer:
    since = call.moment_option("modifiedSinceUtc")
    inclusive = call.switches.get("modified_since") == "inclusive"

    def keep(record: Record) -> bool:
        modified: str = record["ModifiedUtc"]
        return since is None or modified > since or (inclusive and modified == since)

    return page(
        call, INVOICES, INVOICE, presenter(call.books), keep=None if since is None else keep, beside=_beside
    )


def _get(call: Call) -> Answer:
    return Answer(shown(call.books, found(call, INVOICES, "Customer invoice")))


def _create(call: Call) -> Answer:
    """Book at once: the draft that is named, or else what was sent."""
    call.option("rotReducedAutomaticDistribution")
    books, sent = call.books, call.body(INVOICE)
    user_id = call.session.user_id
    if sent.get("CreatedFromDraftId"):
        draft = books.needed(DRAFTS, "Customer invoice draft", sent["CreatedFromDraftId"])
        keep = books.keeps_draft_dates
        invoice = issuing.issue(books, draft, user_id=user_id, keep_date=keep, send_type=sent.get("SendType"))
    else:
        invoice = _booked_at_once(books, sent, user_id)
    if invoice["SendType"]:
        _send(books, "einvoice", invoice, {"SendType": invoice["SendType"]})
    return created(shown(books, invoice))


def _booked_at_once(books: Books, sent: Mapping[str, Any], user_id: str) -> Record:
    rate = sent.get("CurrencyRate")
    if rate is not None and rate <= 0:
        raise errors.invalid_field("CurrencyRate", "The rate must be positive.", "Range")
    checked_tax_reduction(sent)
    party = Party.of(books, books.needed(CUSTOMERS, "Customer", sent["CustomerId"]))
    document = composed(
        books,
        party,
        sent["Rows"],
        ROW_RULES,
        is_credit=bool(sent.get("IsCreditInvoice")),
        third_party=bool(sent["EuThirdParty"]),
        replace_zero_prices=bool(sent.get("ReplaceUnitPriceWhenZero")),
        rate=rate,
    )
    persons = [{**person, "Id": books.new_id()} for person in sent.get("Persons") or ()]
    return issuing.booked(
        books,
        party,
        document,
        {**sent, "Persons": persons},
        day=sent.get("InvoiceDate") or books.today,
        due=sent.get("DueDate"),
        user_id=user_id,
        origin={"SendType": sent.get("SendType")},
    )


def _pdf(call: Call) -> Answer:
    """The address where the invoice's PDF can be had for a while, by whoever has the address."""
    invoice = found(call, INVOICES, "Customer invoice")
    key = secrets.token_urlsafe(24)
    ends = call.books.clock.now() + FILE_LIFE
    call.books.records.put(FILES, key, {"company": call.books.key, "invoice": invoice["Id"], "ends": ends})
    return Answer({"Url": f"{call.base_url}/files/{key}.pdf"})


def _print(call: Call) -> Answer:
    invoice = found(call, INVOICES, "Customer invoice")
    return Answer(data=invoice_pdf(call.books, shown(call.books, invoice)), media_type="application/pdf")


def _pay(call: Call) -> Answer:
    invoice = found(call, INVOICES, "Customer invoice")
    sent = call.body(PAYMENT)
    bank = call.books.needed(BANK_ACCOUNTS, "Bank account", sent["CompanyBankAccountId"])
    if sent["PaymentCurrency"] != invoice["CurrencyCode"]:
        raise errors.invalid_field("PaymentCurrency", f"The invoice is in {invoice['CurrencyCode']}.")
    settlement.pay(
        call.books,
        invoice,
        sent["PaymentAmount"],
        sent["PaymentDate"],
        bank,
        kind=sent["PaymentType"],
        fee=sent.get("BankFeeAmount") or Decimal(0),
    )
    return created({**PAYMENT.blank(), **sent, "BankTransactionId": call.books.new_id()})


def _void(call: Call) -> Answer:
    call.option("updateStock")
    settlement.void(call.books, found(call, INVOICES, "Customer invoice"), user_id=call.session.user_id)
    return DONE


def _email(call: Call) -> Answer:
    invoice = found(call, INVOICES, "Customer invoice")
    _send(call.books, "email", invoice, _addressed(invoice, call.optional_body(EMAIL)))
    return DONE


def _e_invoice(call: Call) -> Answer:
    invoice = found(call, INVOICES, "Customer invoice")
    sent = call.body(E_INVOICE)
    call.books.put(INVOICES, {**invoice, "SendType": sent["SendType"], "ModifiedUtc": call.books.now})
    _send(call.books, "einvoice", invoice, sent)
    return DONE


def _remind(call: Call) -> Answer:
    invoice = found(call, INVOICES, "Customer invoice")
    if payment_status(invoice, call.books.today) != OVERDUE:
        raise errors.cannot_change(f"Invoice {invoice['InvoiceNumber']} is not overdue.")
    sent = call.optional_body(REMINDER)
    reminded = {
        **invoice,
        "PaymentReminderIssued": True,
        "PaymentRemindersCount": invoice["PaymentRemindersCount"] + 1,
        "LastPaymentReminderSentDate": call.books.now,
        "ModifiedUtc": call.books.now,
    }
    call.books.put(INVOICES, reminded)
    _send(call.books, "paymentreminder", invoice, _addressed(invoice, sent.get("EmailDetails") or {}))
    return DONE


def _addressed(invoice: Record, sent: dict[str, Any]) -> dict[str, Any]:
    """Where a mail goes: to the address given, else to the customer's own."""
    address = sent.get("Email") or invoice["CustomerEmail"]
    if not address:
        raise errors.invalid_field(
            "Email", "The customer has no e-mail address and none was given.", "Required"
        )
    subject = sent.get("Subject") or "Faktura ####"
    return {**sent, "Email": address, "Subject": subject.replace("####", str(invoice["InvoiceNumber"]))}


def _send(books: Books, kind: str, invoice: Record, details: dict[str, Any]) -> None:
    """Nothing leaves the sandbox; what would have been sent is kept to be looked at."""
    books.put(
        OUTBOX,
        {"Id": books.new_id(), "Kind": kind, "InvoiceId": invoice["Id"], "SentUtc": books.now, **details},
    )


OPERATIONS = (
    Operation("GET", "/customerinvoices", _list),
    Operation("POST", "/customerinvoices", _create),
    Operation("GET", "/customerinvoices/{}", _get),
    Operation("GET", "/customerinvoices/{}/pdf", _pdf),
    Operation("GET", "/customerinvoices/{}/print", _print),
    Operation("POST", "/customerinvoices/{}/payments", _pay),
    Operation("POST", "/customerinvoices/{}/void", _void),
    Operation("POST", "/customerinvoices/{}/email", _email),
    Operation("POST", "/customerinvoices/{}/einvoice", _e_invoice),
    Operation("POST", "/customerinvoices/{}/paymentreminders", _remind),
)
