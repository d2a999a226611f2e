"""Every call that our client of Spiris can make, by the function that makes it, in the words of the vendor's document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OUR_OPERATIONS: Final[Mapping[str, str]] = {
    "company_settings": "GET /companysettings",
    "customers": "GET /customers",
    "has_customer": "GET /customers/{customerId}",
    "articles": "GET /articles",
    "codings": "GET /articleaccountcodings",
    "units": "GET /units",
    "cost_centers": "GET /costcenters",
    "projects": "GET /projects",
    "fiscal_years": "GET /fiscalyears",
    "currencies": "GET /currencies",
    "terms_of_payments": "GET /termsofpayments",
    "drafts": "GET /customerinvoicedrafts",
    "draft": "GET /customerinvoicedrafts/{invoiceDraftId}",
    "draft_paper": "GET /customerinvoicedrafts/{invoiceDraftId}",
    "invoices": "GET /customerinvoices",
    "whole_invoices": "GET /customerinvoices",
    "invoice": "GET /customerinvoices/{invoiceId}",
    "invoice_pdf": "GET /customerinvoices/{invoiceId}/pdf",
    "invoice_print": "GET /customerinvoices/{invoiceId}/print",
    "partner_links": "GET /partnerresourcelinks",
    "create_partner_link": "POST /partnerresourcelinks",
    "orders": "GET /orders",
    "order": "GET /orders/{id}",
    "order_print": "GET /orders/{id}/print",
    "order_paper": "GET /orders/{id}",
    "create_customer": "POST /customers",
    "create_article": "POST /articles",
    "create_draft": "POST /customerinvoicedrafts",
    "replace_draft": "PUT /customerinvoicedrafts/{customerInvoiceDraftId}",
    "delete_draft": "DELETE /customerinvoicedrafts/{customerInvoiceDraftId}",
    "create_order": "POST /orders",
    "replace_order": "PUT /orders/{id}",
    "delete_order": "DELETE /orders/{id}",
    "customer_record": "GET /customers/{customerId}",
    "replace_customer": "PUT /customers/{customerId}",
}

OUR_ANNOUNCED: Final[Mapping[str, str]] = {"draft_print": "/customerinvoicedrafts/{id}/print"}
"""What our client asks for beyond the document: announced by the vendor for autumn 2026."""

OUR_AGENT: Final = "sfspiris/"
"""How the `User-Agent` of our own client begins."""
