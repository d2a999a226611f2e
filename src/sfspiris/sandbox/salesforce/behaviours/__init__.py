"""What the platform does by itself when records of its own objects are saved or deleted.

Each object's ways are one class in a module named after the business they belong to; `BEHAVIOURS` says which object has
which. Custom objects, and standard ones that do nothing by themselves, have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Removal, Save
from sfspiris.sandbox.salesforce.behaviours.deals import ContactRoles, Deals
from sfspiris.sandbox.salesforce.behaviours.files import FileLinks, FileVersions
from sfspiris.sandbox.salesforce.behaviours.lines import DealLines, OrderLines, QuoteLines
from sfspiris.sandbox.salesforce.behaviours.orders import Orders
from sfspiris.sandbox.salesforce.behaviours.people import Accounts, People
from sfspiris.sandbox.salesforce.behaviours.products import PricebookEntries, Products
from sfspiris.sandbox.salesforce.behaviours.quotes import Quotes
from sfspiris.sandbox.salesforce.behaviours.setup import Currencies, Permissions

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BEHAVIOURS", "NO_BEHAVIOUR", "Behaviour", "Removal", "Save"]

NO_BEHAVIOUR: Final = Behaviour()

BEHAVIOURS: Final[Mapping[str, Behaviour]] = {
    "Account": Accounts(),
    "Contact": People(),
    "ContentDocumentLink": FileLinks(),
    "ContentVersion": FileVersions(),
    "CurrencyType": Currencies(),
    "DatedConversionRate": Currencies(),
    "Opportunity": Deals(),
    "OpportunityContactRole": ContactRoles(),
    "OpportunityLineItem": DealLines(),
    "Order": Orders(),
    "OrderItem": OrderLines(),
    "PermissionSet": Permissions(),
    "PermissionSetAssignment": Permissions(),
    "PricebookEntry": PricebookEntries(),
    "Product2": Products(),
    "Quote": Quotes(),
    "QuoteLineItem": QuoteLines(),
    "RecordType": Permissions(),
    "OpportunityStage": Permissions(),
    "User": People(),
}
