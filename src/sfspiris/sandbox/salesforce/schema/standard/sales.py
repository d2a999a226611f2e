"""Products, price books, and the lines of deals, orders and quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.sandbox.salesforce.schema.build import (
    address,
    area,
    check,
    computed,
    create_only,
    currency,
    day,
    link,
    lookup,
    mail,
    moment,
    money,
    number,
    owner,
    percent,
    phone,
    pick,
    record_type,
    required,
    seen,
    sobject,
    text,
    whole,
)

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.schema.model import SObject

PRODUCT: Final[SObject] = sobject(
    "Product2",
    "01t",
    required(text("Name", 255, label="Product Name", name_field=True)),
    text("ProductCode", 255),
    area("Description", 4000, label="Product Description"),
    check("IsActive", label="Active"),
    record_type(),
    pick("Family", "None", label="Product Family"),
    pick("QuantityUnitOfMeasure", "Each", label="Quantity Unit Of Measure"),
    link("DisplayUrl", label="Display URL"),
    text("ExternalId", 255, label="External ID"),
    text("StockKeepingUnit", 180, label="Product SKU"),
    computed(check("IsArchived", label="Archived")),
    currency(),
    seen(),
    label="Product",
)

PRICEBOOK: Final[SObject] = sobject(
    "Pricebook2",
    "01s",
    required(text("Name", 255, label="Price Book Name", name_field=True)),
    check("IsActive", label="Active"),
    computed(check("IsArchived", label="Archived")),
    area("Description", 255),
    computed(check("IsStandard", label="Is Standard Price Book")),
    seen(),
    label="Price Book",
)

PRICEBOOK_ENTRY: Final[SObject] = sobject(
    "PricebookEntry",
    "01u",
    computed(text("Name", 255, label="Product Name", name_field=True)),
    create_only(
        required(lookup("Pricebook2Id", "Pricebook2", label="Price Book ID", children="PricebookEntries"))
    ),
    create_only(
        required(
            lookup("Product2Id", "Product2", label="Product ID", children="PricebookEntries", cascades=True)
        )
    ),
    create_only(currency()),
    required(money("UnitPrice", label="List Price")),
    check("IsActive", label="Active"),
    check("UseStandardPrice"),
    computed(text("ProductCode", 255)),
    computed(check("IsArchived", label="Archived")),
    label="Price Book Entry",
    plural="Price Book Entries",
)

OPPORTUNITY_LINE_ITEM: Final[SObject] = sobject(
    "OpportunityLineItem",
    "00k",
    create_only(
        required(lookup("OpportunityId", "Opportunity", children="OpportunityLineItems", cascades=True))
    ),
    whole("SortOrder", 9),
    create_only(
        lookup(
            "PricebookEntryId", "PricebookEntry", label="Price Book Entry ID", children="OpportunityLineItems"
        )
    ),
    create_only(lookup("Product2Id", "Product2", label="Product ID", children="OpportunityLineItems")),
    computed(text("ProductCode", 255)),
    computed(text("Name", 376, label="Opportunity Product Name", name_field=True)),
    computed(currency()),
    required(number("Quantity", 10, 2)),
    percent("Discount"),
    computed(money("Subtotal")),
    money("TotalPrice"),
    money("UnitPrice", label="Sales Price"),
    computed(money("ListPrice")),
    day("ServiceDate", label="Date"),
    computed(check("HasRevenueSchedule")),
    computed(check("HasQuantitySchedule")),
    computed(check("HasSchedule")),
    area("Description", 255, label="Line Description"),
    label="Opportunity Product",
    undeletable=False,
)

ORDER: Final[SObject] = sobject(
    "Order",
    "801",
    owner("Group", "User"),
    create_only(lookup("ContractId", "Contract", children="Orders")),
    required(lookup("AccountId", "Account", children="Orders")),
    lookup("Pricebook2Id", "Pricebook2", label="Price Book ID", children="Orders"),
    lookup("OriginalOrderId", "Order", children="ReductionOrders"),
    lookup("OpportunityId", "Opportunity", children="Orders"),
    lookup("QuoteId", "Quote", children="Orders", needs="quotes"),
    record_type(),
    required(day("EffectiveDate", label="Order Start Date")),
    day("EndDate", label="Order End Date"),
    create_only(check("IsReductionOrder", label="Reduction Order")),
    required(pick("Status", "Draft", "Activated", length=40)),
    area("Description", 32000),
    lookup("CustomerAuthorizedById", "Contact"),
    day("CustomerAuthorizedDate"),
    lookup("CompanyAuthorizedById", "User"),
    day("CompanyAuthorizedDate"),
    pick("Type", length=40, label="Order Type"),
    address("Billing"),
    address("Shipping"),
    text("Name", 80, label="Order Name"),
    day("PoDate", label="PO Date"),
    text("PoNumber", 80, label="PO Number"),
    text("OrderReferenceNumber", 80),
    lookup("BillToContactId", "Contact"),
    lookup("ShipToContactId", "Contact"),
    computed(moment("ActivatedDate")),
    computed(lookup("ActivatedById", "User")),
    computed(
        required(
            pick(
                "StatusCode",
                "Draft",
                "Activated",
                "Canceled",
                "Expired",
                length=40,
                label="Status Category",
                restricted=True,
            )
        )
    ),
    computed(required(text("OrderNumber", 30, name_field=True, auto_number="{00000000}"))),
    computed(money("TotalAmount", label="Order Amount", nillable=False)),
    currency(),
    seen(),
    needs="orders",
)

ORDER_ITEM: Final[SObject] = sobject(
    "OrderItem",
    "802",
    create_only(lookup("Product2Id", "Product2", label="Product ID", children="OrderItems")),
    create_only(required(lookup("OrderId", "Order", children="OrderItems", cascades=True))),
    create_only(
        required(
            lookup("PricebookEntryId", "PricebookEntry", label="Price Book Entry ID", children="OrderItems")
        )
    ),
    create_only(
        lookup(
            "OriginalOrderItemId",
            "OrderItem",
            label="Original Order Product ID",
            children="ReductionOrderItems",
        )
    ),
    create_only(lookup("QuoteLineItemId", "QuoteLineItem", children="OrderItems", needs="quotes")),
    computed(number("AvailableQuantity")),
    required(number("Quantity")),
    required(money("UnitPrice")),
    computed(money("ListPrice")),
    computed(money("TotalPrice")),
    day("ServiceDate", label="Start Date"),
    day("EndDate"),
    area("Description", 255, label="Line Description"),
    computed(
        required(
            text(
                "OrderItemNumber",
                30,
                name_field=True,
                auto_number="{0000000000}",
                label="Order Product Number",
            )
        )
    ),
    computed(currency()),
    label="Order Product",
    needs="orders",
    undeletable=False,
)

QUOTE: Final[SObject] = sobject(
    "Quote",
    "0Q0",
    owner(),
    required(text("Name", 255, label="Quote Name", name_field=True)),
    record_type(),
    create_only(required(lookup("OpportunityId", "Opportunity", children="Quotes", cascades=True))),
    lookup("Pricebook2Id", "Pricebook2", label="Price Book ID", children="Quotes"),
    lookup("ContactId", "Contact", children="Quotes"),
    lookup("ContractId", "Contract", children="Quotes"),
    computed(required(text("QuoteNumber", 30, auto_number="{00000000}"))),
    computed(check("IsSyncing", label="Syncing")),
    money("ShippingHandling", label="Shipping and Handling"),
    money("Tax"),
    pick(
        "Status",
        "Draft",
        "Needs Review",
        "In Review",
        "Approved",
        "Rejected",
        "Presented",
        "Accepted",
        "Denied",
        length=40,
    ),
    day("ExpirationDate"),
    area("Description", 32000),
    computed(money("Subtotal")),
    computed(money("TotalPrice")),
    computed(whole("LineItemCount")),
    text("BillingName", 255, label="Bill To Name"),
    address("Billing"),
    text("ShippingName", 255, label="Ship To Name"),
    address("Shipping"),
    text("QuoteToName", 255),
    mail("Email"),
    phone("Phone"),
    phone("Fax"),
    computed(percent("Discount", 18)),
    computed(money("GrandTotal")),
    computed(lookup("AccountId", "Account", children="Quotes")),
    currency(),
    seen(),
    needs="quotes",
)

QUOTE_LINE_ITEM: Final[SObject] = sobject(
    "QuoteLineItem",
    "0QL",
    computed(
        required(text("LineNumber", 30, name_field=True, auto_number="{00000000}", label="Line Item Number"))
    ),
    create_only(required(lookup("QuoteId", "Quote", children="QuoteLineItems", cascades=True))),
    create_only(
        required(
            lookup(
                "PricebookEntryId", "PricebookEntry", label="Price Book Entry ID", children="QuoteLineItems"
            )
        )
    ),
    computed(lookup("OpportunityLineItemId", "OpportunityLineItem", label="Opportunity Product ID")),
    required(number("Quantity")),
    required(money("UnitPrice", label="Sales Price")),
    percent("Discount"),
    area("Description", 255, label="Line Item Description"),
    day("ServiceDate", label="Date"),
    create_only(lookup("Product2Id", "Product2", label="Product ID", children="QuoteLineItems")),
    whole("SortOrder"),
    computed(money("ListPrice")),
    computed(money("Subtotal")),
    computed(money("TotalPrice")),
    computed(currency()),
    needs="quotes",
    undeletable=False,
)

SALES: Final = (
    PRODUCT,
    PRICEBOOK,
    PRICEBOOK_ENTRY,
    OPPORTUNITY_LINE_ITEM,
    ORDER,
    ORDER_ITEM,
    QUOTE,
    QUOTE_LINE_ITEM,
)
