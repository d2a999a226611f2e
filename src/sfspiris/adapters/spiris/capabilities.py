"""What fits into Spiris' fields, as planning must know it before anything is sent."""

from __future__ import annotations

from typing import Final

from sfspiris.core.capabilities import Capabilities

CAPABILITIES: Final = Capabilities(
    name_length=50,
    address_length=50,
    city_length=50,
    postal_code_length=10,
    email_length=255,
    phone_length=50,
    reference_length=100,
    purchase_order_length=35,
    row_text_length=2000,
    article_number_length=40,
    article_name_length=50,
    quantity_decimals=2,
    price_decimals_domestic=2,
    price_decimals_foreign=4,
    discount_decimals=4,
)
"""What Spiris' fields hold: CustomerApi, CustomerInvoiceDraftApi and its rows, OpenAPI document of February 2026."""
