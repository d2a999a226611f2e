"""Customers: `/customers`.

A PUT replaces everything: what is not sent becomes null. VAT numbers are checked with VIES on every save, so a number
that was fine yesterday can stop a change of address today.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import (
    CUSTOMER_SERIES,
    CUSTOMERS,
    DRAFTS,
    INVOICES,
    LEDGER_ITEMS,
    NOTES,
    ORDERS,
    PROJECTS,
    TERMS,
    Books,
    public,
)
from sfspiris.sandbox.spiris.lists import found, missing, page
from sfspiris.sandbox.spiris.model.parties import AUTO_INVOICE_RECIPIENT, CUSTOMER
from sfspiris.sandbox.spiris.moments import midnight
from sfspiris.sandbox.spiris.standard.countries import CODES, EU
from sfspiris.sandbox.spiris.standard.registers import EXCHANGE_RATES
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Operation, created

_VAT_NUMBER: Final = re.compile(r"([A-Z]{2})([0-9A-Z]{8,12})")
_NORTHERN_IRELAND: Final = "XI"
_DEPENDENTS: Final = (DRAFTS, INVOICES, ORDERS, LEDGER_ITEMS, PROJECTS)

# Greek VAT numbers begin with EL.
_COUNTRY_OF_PREFIX: Final = {"EL": "GR"}

# Fields that a PUT without them leaves as they were, by the manual's own words.
_KEPT_WHEN_OMITTED: Final = ("Iban", "IsDirectDebitEnabled")


def shown(books: Books, record: Record) -> dict[str, Any]:
    """The customer as it is answered, with what its invoices and notes add."""
    customer = public(record)
    invoices = books.find(INVOICES, "CustomerId", record["Id"])
    terms = books.get(TERMS, record["TermsOfPaymentId"] or "")
    if terms is not None:
        customer["TermsOfPayment"] = public(terms)
    if invoices:
        customer["UnpaidInvoicesAmount"] = sum(invoice["RemainingAmount"] for invoice in invoices)
        customer["LastInvoiceDate"] = midnight(max(invoice["InvoiceDate"] for invoice in invoices))
    customer["Notes"] = [note["Id"] for note in books.find(NOTES, "AttachedTo", record["Id"])]
    return customer


def save(books: Books, sent: Mapping[str, Any], before: Record | None = None) -> Record:
    """Create the customer, or replace `before` by what was sent. Raises the refusal of the first broken rule."""
    if before is not None and "put_wipes_what_is_omitted" not in books.traps:
        sent = {**{name: before[name] for name in CUSTOMER.fields if name in before}, **sent}
    customer = CUSTOMER.filled(sent)
    customer["Id"] = books.id_for(sent, before)
    customer["ChangedUtc"] = books.now
    customer["CurrencyCode"] = customer["CurrencyCode"] or books.currency
    if before is not None:
        for name in _KEPT_WHEN_OMITTED:
            if name not in sent:
                customer[name] = before[name]
    _check_terms(books, customer)
    _check_codes(customer)
    _check_vat_number(books, customer)
    _check_combinations(customer)
    _check_unique(books, customer)
    if not customer["CustomerNumber"]:
        customer["CustomerNumber"] = before["CustomerNumber"] if before else _next_number(books)
    customer["_number"] = _without_case(books, customer["CustomerNumber"])
    return books.put(CUSTOMERS, customer)


def _without_case(books: Books, number: str) -> str:
    """A customer number as it must be unique."""
    return number.casefold() if "numbers_are_unique_whatever_their_case" in books.traps else number


def _check_terms(books: Books, customer: Record) -> None:
    terms = books.needed(TERMS, "Terms of payment", customer["TermsOfPaymentId"])
    if not terms["AvailableForSales"]:
        raise errors.invalid_field("TermsOfPaymentId", "The terms of payment are not available for sales.")


def _check_codes(customer: Record) -> None:
    for name in ("InvoiceCountryCode", "DeliveryCountryCode"):
        if customer[name] and customer[name] not in CODES:
            raise errors.invalid_field(name, f"'{customer[name]}' is not a country code.")
    if customer["CurrencyCode"] not in EXCHANGE_RATES:
        raise errors.invalid_field(
            "CurrencyCode", f"'{customer['CurrencyCode']}' is not a currency of the company."
        )


def _check_vat_number(books: Books, customer: Record) -> None:
    """Form, country, and what VIES says; numbers from outside the EU are not in VIES."""
    number = customer["VatNumber"]
    if not number:
        return
    form = _VAT_NUMBER.fullmatch(number)
    if form is None:
        raise errors.invalid_field(
            "VatNumber", "The number must be a country code followed by 8-12 digits and letters."
        )
    if not customer["InvoiceCountryCode"]:
        raise errors.invalid_field(
            "InvoiceCountryCode", "The field is required with a VAT number.", "Required"
        )
    country = _COUNTRY_OF_PREFIX.get(form[1], form[1])
    if country != customer["InvoiceCountryCode"] and country != _NORTHERN_IRELAND:
        raise errors.invalid_field(
            "VatNumber", f"The number is not one of country {customer['InvoiceCountryCode']}."
        )
    if country not in EU and country != _NORTHERN_IRELAND:
        return
    answer = books.switches.get("vies")
    if answer == "down":
        raise errors.invalid_field(
            "VatNumber", "The number could not be checked; the VIES service does not answer.", "Vies"
        )
    if answer == "refuses":
        raise errors.invalid_field("VatNumber", "The number is not valid according to VIES.", "Vies")


def _check_combinations(customer: Record) -> None:
    """Fields that need others, from the descriptions in the manual."""
    if customer["DeliveryBasedVat"]:
        for name in ("DeliveryCity", "DeliveryCountryCode", "DeliveryPostalCode"):
            if not customer[name]:
                raise errors.invalid_field(name, "The field is required with DeliveryBasedVat.", "Required")
    if customer["ReverseChargeOnConstructionServices"] and not customer["VatNumber"]:
        raise errors.invalid_field(
            "VatNumber", "The field is required with ReverseChargeOnConstructionServices.", "Required"
        )
    if customer["ForceBookkeepVat"] and customer["InvoiceCountryCode"] in EU:
        raise errors.invalid_field("ForceBookkeepVat", "It cannot be set for a country inside the EU.")
    if customer["EmailAddresses"] and not customer["EmailAddress"]:
        raise errors.invalid_field("EmailAddress", "The field is required with EmailAddresses.", "Required")


def _check_unique(books: Books, customer: Record) -> None:
    number = customer["CustomerNumber"]
    if number and any(
        other["Id"] != customer["Id"]
        for other in books.find(CUSTOMERS, "_number", _without_case(books, number))
    ):
        raise errors.conflict(f"A customer with number {number} already exists.")
    orgnr = customer["CorporateIdentityNumber"]
    if orgnr and books.switches.is_on("unique_orgnr"):
        twins = books.find(CUSTOMERS, "CorporateIdentityNumber", orgnr)
        if any(other["Id"] != customer["Id"] for other in twins):
            raise errors.conflict("A customer with this corporate identity number already exists.")


def _next_number(books: Books) -> str:
    """The next free number of the automatic series; numbers that someone chose are passed over."""
    while True:
        number = str(books.take_number(CUSTOMER_SERIES))
        if not books.find(CUSTOMERS, "_number", number):
            return number


# Operations


def _list(call: Call) -> Answer:
    return page(call, CUSTOMERS, CUSTOMER, lambda record: shown(call.books, record))


def _get(call: Call) -> Answer:
    return Answer(shown(call.books, found(call, CUSTOMERS, "Customer")))


def _create(call: Call) -> Answer:
    return created(shown(call.books, save(call.books, call.body(CUSTOMER))))


def _replace(call: Call) -> Answer:
    before = found(call, CUSTOMERS, "Customer")
    return Answer(shown(call.books, save(call.books, call.body(CUSTOMER), before)))


def _delete(call: Call) -> Answer:
    customer = found(call, CUSTOMERS, "Customer")
    if any(call.books.find(table, "CustomerId", customer["Id"]) for table in _DEPENDENTS):
        raise errors.cannot_delete("The customer has documents. Set IsActive to false instead.")
    call.books.delete(CUSTOMERS, customer["Id"])
    return DONE


def _recipients(call: Call) -> Answer:
    """Who could receive e-invoices for the customer: nobody, as long as the network of recipients is not simulated."""
    customer = call.books.get(CUSTOMERS, call.guid(0, "a customer"))
    if customer is None:
        raise missing(call, "Customer", call.path[0])
    return call.page(AUTO_INVOICE_RECIPIENT, "autoinvoicerecipients", ())


OPERATIONS = (
    Operation("GET", "/customers", _list),
    Operation("POST", "/customers", _create),
    Operation("GET", "/customers/{}", _get),
    Operation("PUT", "/customers/{}", _replace),
    Operation("DELETE", "/customers/{}", _delete),
    Operation("GET", "/customers/{}/autoinvoicerecipients", _recipients),
)
