"""Which lists the Salesforce sandbox shows, and what of each object stands in them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of an object's records: the fields it shows, those that the org has, and the lists of its children."""

    title: str
    fields: tuple[tuple[str, str], ...]
    children: tuple[tuple[str, str], ...] = ()
    """Objects and the references of theirs that lead back here."""
    under: tuple[tuple[str, str], ...] = ()
    """Fields that have a code small below their value, and the fields that hold it."""


LISTINGS: Final[dict[str, Listing]] = {
    "Opportunity": Listing(
        "Deals",
        (
            ("Name", "Deal"),
            ("AccountId", "Account"),
            ("StageName", "Stage"),
            ("CloseDate", "Close date"),
            ("Amount", "Amount"),
            ("Spiris_Sync_Status__c", "Spiris status"),
            ("Spiris_Company__c", "Company"),
            ("Spiris_Invoice_Number__c", "Invoice"),
        ),
        (("OpportunityLineItem", "OpportunityId"), ("Spiris_Invoice__c", "Opportunity__c")),
        (("Spiris_Sync_Status__c", "Spiris_Sync_Code__c"),),
    ),
    "OpportunityLineItem": Listing(
        "Products of the deal",
        (
            ("Product2Id", "Product"),
            ("Description", "Description"),
            ("Quantity", "Quantity"),
            ("UnitPrice", "Unit price"),
            ("Discount", "Discount, %"),
            ("TotalPrice", "Total"),
        ),
    ),
    "Account": Listing(
        "Accounts",
        (
            ("Name", "Account"),
            ("Organisation_Number__c", "Organisation number"),
            ("VAT_Number__c", "VAT number"),
            ("BillingCity", "City"),
            ("BillingCountry", "Country"),
            ("Spiris_Customer_Number__c", "Customer in Spiris"),
            ("Spiris_Payment_Status__c", "Payment status"),
            ("Spiris_Open_Balance__c", "Open balance"),
        ),
        (("Opportunity", "AccountId"), ("Contact", "AccountId"), ("Spiris_Invoice__c", "Account__c")),
    ),
    "Contact": Listing("Contacts", (("Name", "Contact"), ("Title", "Title"), ("Email", "E-mail"), ("Phone", "Phone"))),
    "Product2": Listing(
        "Products",
        (
            ("Name", "Product"),
            ("ProductCode", "Code"),
            ("Family", "Family"),
            ("QuantityUnitOfMeasure", "Unit"),
            ("IsActive", "Active"),
        ),
        (("PricebookEntry", "Product2Id"),),
    ),
    "PricebookEntry": Listing("Prices", (("Name", "Entry"), ("UnitPrice", "Price"))),
    "Spiris_Invoice__c": Listing(
        "Spiris invoices",
        (
            ("Invoice_Number__c", "Number"),
            ("Account__c", "Account"),
            ("Company__c", "Company"),
            ("Invoice_Date__c", "Date"),
            ("Due_Date__c", "Due"),
            ("Amount_Total__c", "Total"),
            ("Balance__c", "Balance"),
            ("Status__c", "Status"),
        ),
    ),
}  # fmt: skip
SECTIONS: Final = ("Opportunity", "Account", "Product2", "Spiris_Invoice__c")
"""The objects with a list of their own, the deals at `/`."""
