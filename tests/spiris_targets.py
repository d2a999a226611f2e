"""For each call that writes: something in a company to call it on, and a body that is accepted.

What schemathesis makes of such a body by breaking one thing is then refused for that one thing and for no other reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from spiris_sandbox import Api

_NUMBERS = count(1)
"""Numbers that must be unique never come twice."""


@dataclass(frozen=True, slots=True)
class Target:
    """The variable parts of the address by the document's names, and a body that is accepted; None for a call without one."""

    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


# --- bodies --------------------------------------------------------------------------------------------------------


def _customer(api: Api) -> dict[str, Any]:
    terms = api.where("/termsofpayments", "NumberOfDays eq 30")[0]["Id"]
    return {
        "Name": "Exempelkund AB",
        "InvoiceCity": "Stockholm",
        "InvoicePostalCode": "111 22",
        "IsActive": True,
        "IsPrivatePerson": False,
        "TermsOfPaymentId": terms,
    }


def _article(api: Api) -> dict[str, Any]:
    known = api.article("KONS")
    return {
        "Number": f"ART-{next(_NUMBERS)}",
        "Name": "Exempelvara",
        "CodingId": known["CodingId"],
        "UnitId": known["UnitId"],
        "IsActive": True,
    }


def _invoice(api: Api) -> dict[str, Any]:
    body = api.draft_body()
    for row in body["Rows"]:
        del row["IsTextRow"], row["ReversedConstructionServicesVatFree"]
    return body


def _order(api: Api) -> dict[str, Any]:
    return {
        "CustomerId": api.customer("1001")["Id"],
        "CurrencyCode": "SEK",
        "EuThirdParty": False,
        "ReverseChargeOnConstructionServices": False,
        "RotReducedInvoicingType": 0,
        "Status": 2,
        "Rows": [
            {
                "LineNumber": 1,
                "IsTextRow": False,
                "IsWorkCost": False,
                "EligibleForReverseChargeOnVat": False,
                "ArticleId": api.article("KONS")["Id"],
                "Quantity": 1,
                "UnitPrice": 100,
            }
        ],
    }


def _quote(api: Api) -> dict[str, Any]:
    body = _invoice(api)
    return {"CustomerId": body["CustomerId"], "Rows": body["Rows"]}


def _voucher(_api: Api) -> dict[str, Any]:
    return {
        "VoucherDate": "2026-11-20T00:00:00Z",
        "VoucherText": "Exempel",
        "Rows": [
            {"AccountNumber": 1930, "DebitAmount": 100, "CreditAmount": 0},
            {"AccountNumber": 3001, "DebitAmount": 0, "CreditAmount": 100},
        ],
    }


def _project(_api: Api) -> dict[str, Any]:
    return {"Number": f"P{next(_NUMBERS)}", "Name": "Exempelprojekt", "Status": 1}


def _cost_center(api: Api) -> str:
    known: str = api.all("/costcenters")[0]["Id"]
    return known


def _cost_center_item(api: Api) -> dict[str, Any]:
    return {
        "CostCenterId": _cost_center(api),
        "Name": "Exempelställe",
        "ShortName": f"K{next(_NUMBERS)}",
        "IsActive": True,
    }


def _year(api: Api) -> str:
    known: str = api.where("/fiscalyears", "StartDate eq 2026-01-01")[0]["Id"]
    return known


def _new_year(api: Api) -> dict[str, Any]:
    after = max(str(one["EndDate"])[:4] for one in api.all("/fiscalyears"))
    return {
        "StartDate": f"{int(after) + 1}-01-01T00:00:00Z",
        "EndDate": f"{int(after) + 1}-12-31T00:00:00Z",
    }


def _account(api: Api) -> dict[str, Any]:
    return {
        "Name": "Exempelkonto",
        "Number": str(7000 + next(_NUMBERS) % 900),
        "FiscalYearId": _year(api),
        "IsActive": True,
    }


def _bank_account(api: Api) -> dict[str, Any]:
    known = api.all("/bankaccounts")[0]
    return {
        "Name": f"Exempelbank {next(_NUMBERS)}",
        "BankAccountType": known["BankAccountType"],
        "LedgerAccountNumber": known["LedgerAccountNumber"],
        "Bban": "991-2346",
        "IsActive": True,
    }


def _settings(_api: Api) -> dict[str, Any]:
    return {
        "Name": "Exempel AB",
        "Address1": "Storgatan 1",
        "City": "Stockholm",
        "PostalCode": "111 22",
        "CountryCode": "SE",
    }


def _link(api: Api) -> dict[str, Any]:
    return {
        "ResourceId": api.customer("1001")["Id"],
        "ResourceType": 1,
        "Href": f"https://example.com/{next(_NUMBERS)}",
        "PartnerCompanyName": "Exempel",
        "PartnerSystemName": "Salesforce",
    }


def _note(api: Api) -> dict[str, Any]:
    return {"Text": "Ring kunden", "AttachedTo": api.customer("1001")["Id"], "DocumentType": 9}


def _upload(document: str) -> dict[str, Any]:
    return {
        "ContentType": "application/pdf",
        "FileName": "bilaga.pdf",
        "DockumentId": document,
        "Data": "JVBERi0xLjcK",
    }


def _payment(api: Api) -> dict[str, Any]:
    return {
        "CompanyBankAccountId": api.all("/bankaccounts")[0]["Id"],
        "PaymentAmount": 1,
        "PaymentCurrency": "SEK",
        "PaymentType": 1,
        "PaymentDate": "2026-11-20T00:00:00Z",
    }


def _ledger_item(api: Api) -> dict[str, Any]:
    return {
        "CustomerId": api.customer("1001")["Id"],
        "InvoiceNumber": 90_000 + next(_NUMBERS),
        "CurrencyCode": "SEK",
        "VoucherId": _made(api, "/vouchers", _voucher(api)),
        "IsCreditInvoice": False,
        "TotalAmountInvoiceCurrency": 125,
        "RemainingAmountInvoiceCurrency": 125,
        "InvoiceDate": "2026-11-20T00:00:00Z",
        "DueDate": "2026-12-20T00:00:00Z",
    }


def _ledger_item_with_voucher(api: Api) -> dict[str, Any]:
    item = _ledger_item(api)
    del item["VoucherId"]
    return {**item, "Voucher": _voucher(api)}


# --- targets -------------------------------------------------------------------------------------------------------


def _made(api: Api, path: str, body: Any) -> str:
    known: str = api.ok("POST", path, json=body)["Id"]
    return known


def _new(body: Callable[[Api], Any]) -> Callable[[Api], Target]:
    """A call that makes something."""
    return lambda api: Target({}, body(api))


def _again(name: str, path: str, body: Callable[[Api], Any]) -> Callable[[Api], Target]:
    """A call on something that was just made, with the body it was made of."""

    def target(api: Api) -> Target:
        sent = body(api)
        return Target({name: _made(api, path, sent)}, sent)

    return target


def _doomed(name: str, path: str, body: Callable[[Api], Any]) -> Callable[[Api], Target]:
    """A call without a body on something that was just made."""
    return lambda api: Target({name: _made(api, path, body(api))})


def _invoiced(body: Any = None) -> Callable[[Api], Target]:
    return lambda api: Target({"invoiceId": api.invoice()["Id"]}, body)


def _overdue(api: Api) -> Target:
    body = {**_invoice(api), "InvoiceDate": "2026-03-01T00:00:00Z"}
    return Target({"invoiceId": _made(api, "/customerinvoices", body)}, {"EmailDetails": _EMAIL})


def _draft_order(api: Api) -> dict[str, Any]:
    return {**_order(api), "Status": 1}


def _shipped(api: Api) -> Target:
    order = _made(api, "/orders", _order(api))
    api.ok("POST", f"/orders/{order}/completed")
    return Target({"id": order})


def _partly_delivered(api: Api) -> Target:
    body = _order(api)
    body["Rows"][0] |= {"Quantity": 2, "DeliveredQuantity": 1}
    return Target({"id": _made(api, "/orders", body)})


def _sent_order(body: Any) -> Callable[[Api], Target]:
    return lambda api: Target({"id": _made(api, "/orders", _order(api))}, body)


def _known_account(api: Api) -> Target:
    body = {**_account(api), "Number": "3001", "Name": "Försäljning 25 %"}
    return Target({"fiscalyearId": body["FiscalYearId"], "accountNumber": "3001"}, body)


def _converted(api: Api) -> Target:
    draft = api.draft()["Id"]
    return Target({"customerInvoiceDraftId": draft}, {"TotalAmountInvoiceCurrency": 125})


def _attached(kind: str | None, name: str, document: Callable[[Api], str]) -> Callable[[Api], Target]:
    """An attachment to be removed from its document."""
    path = "/salesdocumentattachments" + (f"/{kind}" if kind else "")

    def target(api: Api) -> Target:
        owner = document(api)
        return Target({name: owner, "attachmentId": _made(api, path, _upload(owner))})

    return target


def _draft_id(api: Api) -> str:
    known: str = api.draft()["Id"]
    return known


def _invoice_id(api: Api) -> str:
    known: str = api.invoice()["Id"]
    return known


def _quote_id(api: Api) -> str:
    return _made(api, "/quotes", _quote(api))


def _order_id(api: Api) -> str:
    return _made(api, "/orders", _order(api))


_EMAIL: Final = {"Email": "kund@example.com", "Subject": "Faktura ####", "Message": "Hej"}
_ATTACHMENTS: Final = "/salesdocumentattachments"

TARGETS: Final[Mapping[str, Callable[[Api], Target]]] = {
    "POST /customers": _new(_customer),
    "PUT /customers/{customerId}": _again("customerId", "/customers", _customer),
    "DELETE /customers/{customerId}": _doomed("customerId", "/customers", _customer),
    "POST /articles": _new(_article),
    "PUT /articles/{articleId}": _again("articleId", "/articles", _article),
    "POST /customerinvoicedrafts": _new(Api.draft_body),
    "PUT /customerinvoicedrafts/{customerInvoiceDraftId}": _again(
        "customerInvoiceDraftId", "/customerinvoicedrafts", Api.draft_body
    ),
    "DELETE /customerinvoicedrafts/{customerInvoiceDraftId}": _doomed(
        "customerInvoiceDraftId", "/customerinvoicedrafts", Api.draft_body
    ),
    "POST /customerinvoicedrafts/{customerInvoiceDraftId}/convert": _converted,
    "POST /customerinvoices": _new(_invoice),
    "POST /customerinvoices/{invoiceId}/payments": lambda api: Target(
        {"invoiceId": _invoice_id(api)}, _payment(api)
    ),
    "POST /customerinvoices/{invoiceId}/void": _invoiced(),
    "POST /customerinvoices/{invoiceId}/email": _invoiced(_EMAIL),
    "POST /customerinvoices/{invoiceId}/einvoice": _invoiced({"SendType": 1}),
    "POST /customerinvoices/{invoiceId}/paymentreminders": _overdue,
    "POST /customerledgeritems": _new(_ledger_item),
    "POST /customerledgeritems/customerledgeritemswithvoucher": _new(_ledger_item_with_voucher),
    "POST /orders": _new(_order),
    "PUT /orders/{id}": _again("id", "/orders", _order),
    "DELETE /orders/{id}": _doomed("id", "/orders", _order),
    "POST /orders/{id}/convert": _sent_order({"WorkHouseOtherCosts": None}),
    "POST /orders/{id}/converteddrafttoorder": _doomed("id", "/orders", _draft_order),
    "POST /orders/{id}/completed": _doomed("id", "/orders", _order),
    "POST /orders/{id}/voided": _shipped,
    "POST /orders/{id}/backorder": _partly_delivered,
    "POST /orders/{id}/email": _sent_order(_EMAIL),
    "POST /vouchers": _new(_voucher),
    "POST /voucherdrafts": _new(_voucher),
    "PUT /voucherdrafts/{voucherDraftId}": _again("voucherDraftId", "/voucherdrafts", _voucher),
    "DELETE /voucherdrafts/{voucherDraftId}": _doomed("voucherDraftId", "/voucherdrafts", _voucher),
    "POST /voucherdrafts/{voucherDraftId}/convert": _doomed("voucherDraftId", "/voucherdrafts", _voucher),
    "PUT /quotes/{id}": _again("id", "/quotes", _quote),
    "PUT /quotedrafts/{id}": _again("id", "/quotedrafts", _quote),
    "POST /quotes": _new(_quote),
    "POST /quotedrafts": _new(_quote),
    "DELETE /quotes/{id}": _doomed("id", "/quotes", _quote),
    "DELETE /quotedrafts/{id}": _doomed("id", "/quotedrafts", _quote),
    "PUT /quotedrafts/{id}/convert": _doomed("id", "/quotedrafts", _quote),
    "PUT /quotes/{id}/accept": _doomed("id", "/quotes", _quote),
    **{
        f"POST /quotes/{{id}}/{what}": lambda api: Target(
            {"id": _made(api, "/quotes", _quote(api))}, {"Type": 1}
        )
        for what in ("converttoorder", "previeworder", "converttocustomerinvoice")
    },
    "POST /quotes/{id}/email": lambda api: Target({"id": _made(api, "/quotes", _quote(api))}, _EMAIL),
    f"POST {_ATTACHMENTS}/quote": _new(lambda api: _upload(_quote_id(api))),
    f"DELETE {_ATTACHMENTS}/quote/{{quoteId}}/{{attachmentId}}": _attached("quote", "quoteId", _quote_id),
    "POST /projects": _new(_project),
    "PUT /projects/{id}": _again("id", "/projects", _project),
    "PUT /costcenters/{id}": lambda api: Target({"id": _cost_center(api)}, {"Name": "Avdelning"}),
    "POST /costcenteritems": _new(_cost_center_item),
    "PUT /costcenteritems/{costCenterItemId}": _again(
        "costCenterItemId", "/costcenteritems", _cost_center_item
    ),
    "POST /fiscalyears": _new(_new_year),
    "PUT /fiscalyears/{id}": lambda api: Target({"id": _year(api)}, {"IsLockedForAccounting": False}),
    "POST /accounts": _new(_account),
    "PUT /accounts/{fiscalyearId}/{accountNumber}": _known_account,
    "POST /bankaccounts": _new(_bank_account),
    "PUT /bankaccounts/{bankAccountId}": _again("bankAccountId", "/bankaccounts", _bank_account),
    "DELETE /bankaccounts/{bankAccountId}": _doomed("bankAccountId", "/bankaccounts", _bank_account),
    "PUT /companysettings": _new(_settings),
    "POST /partnerresourcelinks": _new(_link),
    "PUT /partnerresourcelinks/{partnerResourceLinkId}": _again(
        "partnerResourceLinkId", "/partnerresourcelinks", _link
    ),
    "DELETE /partnerresourcelinks/{partnerResourceLinkId}": _doomed(
        "partnerResourceLinkId", "/partnerresourcelinks", _link
    ),
    "POST /notes": _new(_note),
    "PUT /notes/{noteId}": _again("noteId", "/notes", _note),
    f"POST {_ATTACHMENTS}": _new(lambda api: _upload(_draft_id(api))),
    f"POST {_ATTACHMENTS}/customerinvoicedraft": _new(lambda api: _upload(_draft_id(api))),
    f"POST {_ATTACHMENTS}/customerinvoice": _new(lambda api: _upload(_invoice_id(api))),
    f"POST {_ATTACHMENTS}/order": _new(lambda api: _upload(_order_id(api))),
    f"DELETE {_ATTACHMENTS}/{{customerInvoiceDraftId}}/{{attachmentId}}": _attached(
        None, "customerInvoiceDraftId", _draft_id
    ),
    f"DELETE {_ATTACHMENTS}/customerinvoicedraft/{{customerInvoiceDraftId}}/{{attachmentId}}": _attached(
        "customerinvoicedraft", "customerInvoiceDraftId", _draft_id
    ),
    f"DELETE {_ATTACHMENTS}/customerinvoice/{{customerInvoiceId}}/{{attachmentId}}": _attached(
        "customerinvoice", "customerInvoiceId", _invoice_id
    ),
    f"DELETE {_ATTACHMENTS}/order/{{orderId}}/{{attachmentId}}": _attached("order", "orderId", _order_id),
}
"""Every call of the document that writes and that the simulator serves."""
