"""Lines of deals, orders and quotes: prices in, totals out.

Source: Object Reference, OpportunityLineItem, OrderItem and QuoteLineItem (read November 2026).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Removal, Save, integrity
from sfspiris.sandbox.salesforce.behaviours.products import line_entry
from sfspiris.sandbox.salesforce.values import rounded

if TYPE_CHECKING:
    from collections.abc import Collection

    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.dml import Author, Dml

_HUNDRED: Final = Decimal(100)
_NONE: Final = Decimal(0)


def _kept_share(row: Record) -> Decimal:
    """What a discount leaves of a price: 0.9 of one with 10 per cent off."""
    return 1 - (row.get("Discount") or _NONE) / _HUNDRED


def _scale(save: Save, name: str) -> int:
    return save.entity.fields[name].scale


class DealLines(Behaviour):
    """Products on an opportunity. TotalPrice = Quantity × UnitPrice × (1 − Discount / 100)."""

    def before(self, save: Save) -> None:
        """Find the price, name the line and compute its totals."""
        row = save.row
        deal = save.parent("Opportunity", "OpportunityId")
        if deal is None:
            return  # refused with the other required fields
        if save.is_insert:
            entry, book = line_entry(save, deal["Pricebook2Id"], deal.get("CurrencyIsoCode"))
            row["PricebookEntryId"], row["Product2Id"] = entry["Id"], entry["Product2Id"]
            row["ProductCode"], row["ListPrice"] = entry["ProductCode"], entry["UnitPrice"]
            row["Name"] = f"{deal['Name']} {entry['Name']}"
            if "CurrencyIsoCode" in save.entity.fields:
                row["CurrencyIsoCode"] = deal["CurrencyIsoCode"]
            if deal["Pricebook2Id"] is None:
                save.dml.adjust("Opportunity", deal["Id"], {"Pricebook2Id": book["Id"]}, save.author)
        self._price(save)

    @staticmethod
    def _price(save: Save) -> None:
        row, given = save.row, save.given
        quantity = row["Quantity"]
        if quantity is None:
            return  # refused with the other required fields
        if {"UnitPrice", "TotalPrice"} <= given and not save.author.in_product:
            raise integrity("TotalPrice", "cannot specify both UnitPrice and TotalPrice")
        if row["UnitPrice"] is None and "TotalPrice" not in given:
            row["UnitPrice"] = row["ListPrice"]
        if {"UnitPrice", "TotalPrice"} <= given and row["TotalPrice"] is not None:
            pass  # a world says how the line stands, as revenue schedules may leave it
        elif "TotalPrice" in given and "UnitPrice" not in given and row["TotalPrice"] is not None:
            divisor = quantity * _kept_share(row)
            row["UnitPrice"] = (
                rounded(row["TotalPrice"] / divisor, _scale(save, "UnitPrice")) if divisor else _NONE
            )
        else:
            row["TotalPrice"] = rounded(
                quantity * row["UnitPrice"] * _kept_share(row), _scale(save, "TotalPrice")
            )
        row["Subtotal"] = rounded(quantity * row["UnitPrice"], _scale(save, "Subtotal"))

    def after(self, save: Save) -> None:
        """Total the deal."""
        total_deal(save.dml, save.row["OpportunityId"], save.author)

    def deleted(self, removal: Removal) -> None:
        """Total the deal."""
        total_deal(removal.dml, removal.row["OpportunityId"], removal.author)


def total_deal(
    dml: Dml, deal_id: str, author: Author, *, keeping: Collection[str] = (), now: bool = False
) -> None:
    """Bring an opportunity's amount and quantity in line with its lines; without any, the amount stays as it was.

    While a world is being loaded this waits until all its lines are there (`now`), and `keeping` names what the world itself
    says of the deal.
    """
    deal = dml.store.current("Opportunity", deal_id)
    if deal is None or deal["IsDeleted"] or (author.promised and not now):
        return
    lines = dml.store.now_referring("OpportunityLineItem", "OpportunityId", deal_id)
    values: dict[str, Any] = {"HasOpportunityLineItem": bool(lines)}
    if lines:
        values["Amount"] = rounded(sum((line["TotalPrice"] for line in lines), _NONE), 2)
        values["TotalOpportunityQuantity"] = rounded(sum((line["Quantity"] for line in lines), _NONE), 2)
    values = {name: value for name, value in values.items() if name not in keeping}
    moves = dml.switches.get("line_moves_deal")
    if moves == "always" or any(deal.get(name) != value for name, value in values.items()):
        dml.adjust("Opportunity", deal_id, values, author, stamps=moves != "never")


class OrderLines(Behaviour):
    """Products on an order. TotalPrice = Quantity × UnitPrice."""

    def before(self, save: Save) -> None:
        """Find the price and compute the total."""
        row = save.row
        order = save.parent("Order", "OrderId")
        if order is None:
            return  # refused with the other required fields
        if save.is_insert:
            if order["StatusCode"] == "Activated" and not save.author.in_product:
                raise integrity("OrderId", "an activated order takes no further products")
            entry, book = line_entry(save, order["Pricebook2Id"], order.get("CurrencyIsoCode"))
            row["PricebookEntryId"], row["Product2Id"] = entry["Id"], entry["Product2Id"]
            row["ListPrice"] = entry["UnitPrice"]
            if "CurrencyIsoCode" in save.entity.fields:
                row["CurrencyIsoCode"] = order["CurrencyIsoCode"]
            if row["UnitPrice"] is None:
                row["UnitPrice"] = entry["UnitPrice"]
            if order["Pricebook2Id"] is None:
                save.dml.adjust("Order", order["Id"], {"Pricebook2Id": book["Id"]}, save.author)
        if row["Quantity"] is not None:
            row["TotalPrice"] = rounded(row["Quantity"] * row["UnitPrice"], 2)
            row["AvailableQuantity"] = row["Quantity"]

    def after(self, save: Save) -> None:
        """Total the order."""
        self._total(save.dml, save.row["OrderId"], save.author)

    def deleted(self, removal: Removal) -> None:
        """Total the order."""
        self._total(removal.dml, removal.row["OrderId"], removal.author)

    @staticmethod
    def _total(dml: Dml, order_id: str, author: Author) -> None:
        order = dml.store.current("Order", order_id)
        if order is None or order["IsDeleted"]:
            return
        lines = dml.store.now_referring("OrderItem", "OrderId", order_id)
        total = rounded(sum((line["TotalPrice"] for line in lines), _NONE), 2)
        if order["TotalAmount"] != total:
            dml.adjust("Order", order_id, {"TotalAmount": total}, author)


class QuoteLines(Behaviour):
    """Products on a quote, priced as on a deal; the lines of a syncing quote become those of the deal."""

    def before(self, save: Save) -> None:
        """Find the price and compute the totals."""
        row = save.row
        quote = save.parent("Quote", "QuoteId")
        if quote is None:
            return  # refused with the other required fields
        if save.is_insert:
            entry, book = line_entry(save, quote["Pricebook2Id"], quote.get("CurrencyIsoCode"))
            row["PricebookEntryId"], row["Product2Id"] = entry["Id"], entry["Product2Id"]
            row["ListPrice"] = entry["UnitPrice"]
            if "CurrencyIsoCode" in save.entity.fields:
                row["CurrencyIsoCode"] = quote["CurrencyIsoCode"]
            if row["UnitPrice"] is None:
                row["UnitPrice"] = entry["UnitPrice"]
            if quote["Pricebook2Id"] is None:
                save.dml.adjust("Quote", quote["Id"], {"Pricebook2Id": book["Id"]}, save.author)
        if row["Quantity"] is not None:
            row["Subtotal"] = rounded(row["Quantity"] * row["UnitPrice"], 2)
            row["TotalPrice"] = rounded(row["Quantity"] * row["UnitPrice"] * _kept_share(row), 2)

    def after(self, save: Save) -> None:
        """Total the quote, and carry its lines to the deal it syncs with."""
        self._consequences(save.dml, save.row["QuoteId"], save.author)

    def deleted(self, removal: Removal) -> None:
        """Total the quote, and carry its lines to the deal it syncs with."""
        self._consequences(removal.dml, removal.row["QuoteId"], removal.author)

    @staticmethod
    def _consequences(dml: Dml, quote_id: str, author: Author) -> None:
        from sfspiris.sandbox.salesforce.behaviours.quotes import sync, total_quote

        quote = dml.store.current("Quote", quote_id)
        if quote is None or quote["IsDeleted"]:
            return
        total_quote(dml, quote, author)
        if quote["IsSyncing"]:
            sync(dml, quote_id, author)
