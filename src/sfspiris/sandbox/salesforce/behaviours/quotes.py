"""Quotes, their totals, and syncing one with its deal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Save
from sfspiris.sandbox.salesforce.values import rounded

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.dml import Author, Dml

_NONE: Final = Decimal(0)
_SYNCED: Final = ("Quantity", "UnitPrice", "Discount", "Description", "ServiceDate", "SortOrder")


class Quotes(Behaviour):
    """A quote belongs to its deal's account and has the deal's currency and price book."""

    def before(self, save: Save) -> None:
        """Take over what the deal decides, and add up the grand total."""
        row = save.row
        deal = save.parent("Opportunity", "OpportunityId")
        if deal is None:
            return  # refused with the other required fields
        row["AccountId"] = deal["AccountId"]
        if save.is_insert:
            row["Pricebook2Id"] = row["Pricebook2Id"] or deal["Pricebook2Id"]
            if "CurrencyIsoCode" in save.entity.fields:
                row["CurrencyIsoCode"] = deal["CurrencyIsoCode"]
            row["LineItemCount"] = 0
            row["Subtotal"] = row["TotalPrice"] = Decimal("0.0")
        row["GrandTotal"] = rounded(
            row["TotalPrice"] + (row["Tax"] or _NONE) + (row["ShippingHandling"] or _NONE), 2
        )


def total_quote(dml: Dml, quote: Record, author: Author) -> None:
    """Bring a quote's totals in line with its lines."""
    lines = dml.store.now_referring("QuoteLineItem", "QuoteId", quote["Id"])
    subtotal = rounded(sum((line["Subtotal"] for line in lines), _NONE), 2)
    total = rounded(sum((line["TotalPrice"] for line in lines), _NONE), 2)
    values: dict[str, Any] = {
        "LineItemCount": len(lines),
        "Subtotal": subtotal,
        "TotalPrice": total,
        "Discount": rounded((subtotal - total) / subtotal * 100, 2) if subtotal else None,
        "GrandTotal": rounded(total + (quote["Tax"] or _NONE) + (quote["ShippingHandling"] or _NONE), 2),
    }
    dml.adjust("Quote", quote["Id"], values, author)


def start_syncing(dml: Dml, deal: Record, author: Author) -> None:
    """Make the deal's synced quote the one that decides its lines."""
    for quote in dml.store.now_referring("Quote", "OpportunityId", deal["Id"]):
        is_synced = quote["Id"] == deal["SyncedQuoteId"]
        if quote["IsSyncing"] != is_synced:
            dml.adjust("Quote", quote["Id"], {"IsSyncing": is_synced}, author)
    if deal["SyncedQuoteId"] is not None:
        sync(dml, deal["SyncedQuoteId"], author)


def sync(dml: Dml, quote_id: str, author: Author) -> None:
    """Replace the deal's lines by those of the quote: new records with new ids, the old ones gone for good."""
    quote = dml.store.current("Quote", quote_id)
    if quote is None:
        return
    deal_id = quote["OpportunityId"]
    if "quote_sync_renews_lines" not in dml.org.traps:
        return
    for line in dml.store.now_referring("OpportunityLineItem", "OpportunityId", deal_id):
        dml.store.erase("OpportunityLineItem", line["Id"])
    entity = dml.org.schema["OpportunityLineItem"]
    by_product = author.as_product()
    for line in dml.store.now_referring("QuoteLineItem", "QuoteId", quote_id):
        made = {name: line[name] for name in _SYNCED if line.get(name) is not None}
        made |= {"OpportunityId": deal_id, "PricebookEntryId": line["PricebookEntryId"]}
        record_id = dml.create(entity, made, by_product)
        dml.store.put(dml.org.schema["QuoteLineItem"], {**line, "OpportunityLineItemId": record_id})
    from sfspiris.sandbox.salesforce.behaviours.lines import total_deal

    total_deal(dml, deal_id, author)
