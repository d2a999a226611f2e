"""Quotes. They name references and totals otherwise than drafts and orders do."""

from sfspiris.sandbox.spiris.model.fields import (
    Shape,
    day,
    flag,
    guid,
    guids,
    moment,
    nested,
    number,
    one_ro,
    ro,
    rows,
    text,
    whole,
)
from sfspiris.sandbox.spiris.model.registers import TERMS
from sfspiris.sandbox.spiris.model.sales import MARGIN, PERSON, WORK_TYPES

QUOTE_ROW = Shape(
    "QuoteRowApi",
    [
        one_ro(guid("Id", nullable=False)),
        guid("ArticleId"),
        *ro(flag("IsServiceArticle"), guid("UnitId")),
        text("Text", 2000),
        number("UnitPrice", 4),
        *ro(number("Amount"), flag("IsDiscountInFixedAmount"), number("DiscountFixedAmount", 2, nullable=True)),
        number("DiscountPercentage", 4, least="0", most="1"),
        number("Quantity", 4),
        whole("WorkCostType", choices=WORK_TYPES),
        one_ro(flag("IsWorkCost")),
        number("WorkHours", nullable=True),
        number("MaterialCosts", nullable=True),
        flag("IsVatFree"),
        *ro(number("VatRate", nullable=True), whole("LineNumber")),
        *(guid(f"CostCenterItemId{place}") for place in (1, 2, 3)),
        guid("ProjectId"),
        *ro(flag("IsTextRow"), text("ArticleNumber")),
        whole("GreenTechnologyType", choices=range(4)),
        one_ro(nested("ContributionMargin", MARGIN)),
        *ro(number("PurchasePrice"), number("FreightCosts")),
    ],
)  # fmt: skip

_FROM_CUSTOMER = tuple(
    text(f"{kind}{part}")
    for kind in ("Invoice", "Delivery")
    for part in ("Address1", "Address2", "PostalCode", "City", "CountryCode", "CustomerName")
)
QUOTE = Shape(
    "QuoteApi",
    [
        *ro(guid("Id", nullable=False), day("ApprovedDate"), guid("BackgroundId")),
        text("BuyersOrderReference", 35),
        text("CompanyReference", 100),
        text("CustomerReference", 100),
        one_ro(nested("ContributionMargin", MARGIN)),
        *ro(moment("CreatedUtc", nullable=False), moment("ModifiedUtc")),
        *ro(text("CurrencyCode"), number("CurrencyRate")),
        guid("CustomerId", required=True),
        *ro(flag("CustomerIsPrivatePerson"), text("CustomerName"), text("CustomerNumber"), *_FROM_CUSTOMER),
        day("DeliveryDate"),
        *ro(*(text(f"Delivery{part}") for part in ("MethodCode", "MethodName", "TermCode", "TermName"))),
        day("DueDate", nullable=False),
        flag("EuThirdParty"),
        *ro(flag("IncludesVat"), flag("IsDomestic"), flag("IsNotDelivered")),
        *ro(guids("SalesDocumentAttachments"), guids("MessageThreads"), guids("Notes")),
        one_ro(whole("Number", nullable=True)),
        rows("Persons", PERSON),
        day("QuoteDate", nullable=False),
        whole("RotPropertyType", choices=(1, 2), nullable=True),
        number("RotReducedInvoicingAmount", 2),
        *ro(number("MaxAllowedTaxReductionAmount"), flag("RotReducedInvoicingAutomaticDistribution")),
        text("RotReducedInvoicingOrgNumber"),
        one_ro(number("RotReducedInvoicingPercent")),
        text("RotReducedInvoicingPropertyName"),
        whole("RotReducedInvoicingType", choices=(0, 1, 2)),
        rows("Rows", QUOTE_ROW),
        one_ro(whole("Status")),
        one_ro(nested("TermsOfPayment", TERMS)),
        *ro(number("TotalAmount"), number("VatAmount"), number("RoundingsAmount")),
        flag("UsesGreenTechnology"),
    ],
)
"""The manual marks the row's `Amount` writable; the product computes it, so it is passed over when sent."""

QUOTE_CONVERSION = Shape(
    "QuoteConversionApi",
    [
        whole("Type", choices=(0, 1)),
        number("WorkHouseOtherCosts", nullable=True),
        rows("Rows", Shape("QuoteRowConversionApi", [guid("Id", nullable=False), number("WorkHours")])),
    ],
)
