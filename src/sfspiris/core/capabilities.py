"""What a ledger can hold, as data: `core` never asks which vendor it faces."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MarkerField(StrEnum):
    """Where on a draft the deal's marker lives, so that a lost reply can be found again."""

    OUR_REFERENCE = "OurReference"
    YOUR_REFERENCE = "YourReference"
    CONTRACT_NUMBER = "ContractNumber"
    SUBSCRIPTION_NUMBER = "SubscriptionNumber"
    BUYERS_ORDER_REFERENCE = "BuyersOrderReference"
    TEXT_ROW = "TextRow"


MARKERS_ON_ORDERS = frozenset(MarkerField) - {MarkerField.CONTRACT_NUMBER, MarkerField.SUBSCRIPTION_NUMBER}
"""The fields that an order has too, so that the marker can stand there."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A ledger's limits: lengths in Unicode code points after NFC, decimals as digits after the decimal point.

    `orders_have_electronic_reference`: an order has a place for what the buyer's e-invoice must carry.
    """

    name_length: int
    address_length: int
    city_length: int
    postal_code_length: int
    email_length: int
    phone_length: int
    reference_length: int
    purchase_order_length: int
    row_text_length: int
    article_number_length: int
    article_name_length: int
    quantity_decimals: int
    price_decimals_domestic: int
    price_decimals_foreign: int
    discount_decimals: int  # of the discount as a fraction: 0.125 needs 3
    orders_have_electronic_reference: bool = False
