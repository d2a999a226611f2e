"""Products and their prices."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Removal, Save, differs, integrity
from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.dml import Dml

_LINES = ("OpportunityLineItem", "OrderItem", "QuoteLineItem")


class Products(Behaviour):
    """A product's name and code are seen on its price book entries and deal lines, without these being saved."""

    def before(self, save: Save) -> None:
        """People's products are active unless they say otherwise."""
        if save.is_insert and save.author.in_product and "IsActive" not in save.given:
            save.row["IsActive"] = True

    def after(self, save: Save) -> None:
        """Show the new name and code wherever the product stands."""
        if save.is_insert or not save.changed("Name", "ProductCode"):
            return
        store, schema, row = save.dml.store, save.dml.org.schema, save.row
        for entry in store.now_referring("PricebookEntry", "Product2Id", row["Id"]):
            if differs(entry, Name=row["Name"], ProductCode=row["ProductCode"]):
                store.put(
                    schema["PricebookEntry"],
                    {**entry, "Name": row["Name"], "ProductCode": row["ProductCode"]},
                )
        for line in store.now_referring("OpportunityLineItem", "Product2Id", row["Id"]):
            store.put(schema["OpportunityLineItem"], {**line, "ProductCode": row["ProductCode"]})

    def deleting(self, removal: Removal) -> None:
        """Refuse while the product stands on lines."""
        _refuse_while_sold(removal, "Product2Id")


class PricebookEntries(Behaviour):
    """One price per product, book and currency; a custom book's price needs a standard one below it."""

    def before(self, save: Save) -> None:
        """Take name and code from the product, and refuse a second or a baseless price."""
        row, dml = save.row, save.dml
        if not save.is_insert:
            if row["UseStandardPrice"]:
                row["UnitPrice"] = _standard_price(dml, row) or row["UnitPrice"]
            return
        product = save.parent("Product2", "Product2Id")
        book = save.parent("Pricebook2", "Pricebook2Id")
        if product is None or book is None:
            return  # the missing reference is refused with the other required fields
        row["Name"], row["ProductCode"] = product["Name"], product["ProductCode"]
        if save.author.in_product and "IsActive" not in save.given:
            row["IsActive"] = True
        for entry in dml.store.now_referring("PricebookEntry", "Product2Id", product["Id"]):
            if not differs(entry, Pricebook2Id=book["Id"], CurrencyIsoCode=row.get("CurrencyIsoCode")):
                raise ApiError("DUPLICATE_VALUE", "This price definition already exists in this price book")
        if book["IsStandard"]:
            return
        standard = _standard_price(dml, row)
        if standard is None and not save.author.in_product:
            raise ApiError("STANDARD_PRICE_NOT_DEFINED", "No standard price defined for this product")
        if row["UseStandardPrice"]:
            row["UnitPrice"] = standard

    def deleting(self, removal: Removal) -> None:
        """Refuse while the price stands on lines."""
        _refuse_while_sold(removal, "PricebookEntryId")


def standard_book(dml: Dml) -> Record | None:
    """The org's standard price book."""
    return next((book for book in dml.store.records.all("Pricebook2") if book["IsStandard"]), None)


def _entry_for(save: Save, product: Record, book: Record, currency: str | None) -> Record | None:
    """The product's price in this book and currency, for a line being saved.

    People in the product always find one to pick, so for them a missing one is made, at the line's own price.
    """
    dml, price = save.dml, save.row.get("UnitPrice")
    for entry in dml.store.now_referring("PricebookEntry", "Product2Id", product["Id"]):
        if not differs(entry, Pricebook2Id=book["Id"], CurrencyIsoCode=currency):
            return entry
    if not save.author.in_product:
        return None
    made: dict[str, Any] = {
        "Pricebook2Id": book["Id"],
        "Product2Id": product["Id"],
        "UnitPrice": price if price is not None else Decimal(0),
    }
    if currency is not None:
        made["CurrencyIsoCode"] = currency
    record_id = dml.create(dml.org.schema["PricebookEntry"], made, save.author)
    return dml.store.current("PricebookEntry", record_id)


def _standard_price(dml: Dml, row: Record) -> Decimal | None:
    book = standard_book(dml)
    if book is None:
        return None
    for entry in dml.store.now_referring("PricebookEntry", "Product2Id", row["Product2Id"]):
        if not differs(entry, Pricebook2Id=book["Id"], CurrencyIsoCode=row.get("CurrencyIsoCode")):
            price: Decimal = entry["UnitPrice"]
            return price
    return None


def _refuse_while_sold(removal: Removal, reference: str) -> None:
    dml, row = removal.dml, removal.row
    for name in _LINES:
        if name in dml.org.schema.entities and dml.store.now_referring(name, reference, row["Id"]):
            raise ApiError(
                "DELETE_FAILED",
                f"Your attempt to delete {row['Name']} could not be completed because it is associated with records of {name}.",
            )


def line_entry(save: Save, book_id: str | None, currency: str | None) -> tuple[Record, Record]:
    """The price book entry that a new line names or means, and its book. Raises `ApiError` where there is none."""
    dml = save.dml
    entry = save.parent("PricebookEntry", "PricebookEntryId")
    book = dml.store.current("Pricebook2", book_id) if book_id else None
    if entry is None:
        product = save.parent("Product2", "Product2Id") or _product_meant(save)
        book = book or standard_book(dml)
        if product is None or book is None:
            raise integrity("unknown", "must specify a pricebook entry id")
        entry = _entry_for(save, product, book, currency)
        if entry is None:
            raise integrity("PricebookEntryId", "pricebook entry has not been specified")
    elif book is None:
        book = dml.store.current("Pricebook2", entry["Pricebook2Id"])
    if book is None or entry["Pricebook2Id"] != book["Id"]:
        raise integrity(
            "PricebookEntryId",
            "pricebook entry is in a different pricebook than the one assigned to the opportunity",
        )
    if entry.get("CurrencyIsoCode") != currency:
        raise integrity(
            "PricebookEntryId", "pricebook entry currency code does not match opportunity currency code"
        )
    if not entry["IsActive"] and not save.author.in_product:
        raise integrity("PricebookEntryId", "pricebook entry is inactive")
    return entry, book


def _product_meant(save: Save) -> Record | None:
    """The product that a person's line names by its code or, without one, by its name; made if there is none yet."""
    said: dict[str, Any] = {
        name: save.row.get(name) for name in ("ProductCode", "Name") if name in save.given
    }
    if not save.author.in_product or not any(said.values()):
        return None
    name, value = next((name, value) for name, value in said.items() if value)
    for product in save.dml.store.records.all("Product2"):
        if product[name] == value and not product["IsDeleted"]:
            return product
    made: dict[str, Any] = {**said, "Name": said.get("Name") or value}
    record_id = save.dml.create(save.dml.org.schema["Product2"], made, save.author)
    return save.dml.store.current("Product2", record_id)
