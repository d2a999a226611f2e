"""Drafts, invoices, orders and what hangs on them.

The three documents share most of their fields but not the limits: a reference has 35 characters here and 100 there, a
postal code 10 or 50. Each table says its own.
"""

from sfspiris.sandbox.spiris.model.fields import (
    Field,
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
    texts,
    whole,
)

NO_ID = "00000000-0000-0000-0000-000000000000"
"""How the API says "none" where an id may not be null."""

WORK_TYPES = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 14, 15, *range(18, 30))

PERSON = Shape(
    "SalesDocumentRotRutReductionPersonApi",
    [one_ro(guid("Id", nullable=False)), text("Ssn", 50), number("Amount")],
)
MARGIN = Shape(
    "ContributionMarginApi", [number("Amount", nullable=True), number("Percentage", nullable=True)]
)

_COST_CENTERS = tuple(guid(f"CostCenterItemId{place}") for place in (1, 2, 3))
_DISCOUNT = (
    *ro(flag("IsDiscountInFixedAmount"), number("DiscountFixedAmount", 2, nullable=True)),
    number("DiscountPercentage", 4, least="0", most="1"),
)
_WORK = (number("WorkHours", nullable=True), number("MaterialCosts", nullable=True))
_COSTS = (one_ro(nested("ContributionMargin", MARGIN)), *ro(number("PurchasePrice"), number("FreightCosts")))

DRAFT_ROW = Shape(
    "CustomerInvoiceDraftRowApi",
    [
        one_ro(guid("Id", nullable=False)),
        whole("LineNumber", 0, 1000, nullable=True),
        guid("ArticleId"),
        *ro(flag("IsServiceArticle"), guid("UnitId")),
        one_ro(text("ArticleNumber")),
        flag("IsTextRow", required=True),
        text("Text", 2000),
        number("UnitPrice", 4),
        *_DISCOUNT,
        number("Quantity", 2),
        whole("WorkCostType", choices=WORK_TYPES),
        flag("IsWorkCost"),
        *_WORK,
        flag("ReversedConstructionServicesVatFree", required=True),
        *_COST_CENTERS,
        *ro(text("UnitAbbreviation"), text("UnitAbbreviationEnglish"), text("VatRateId")),
        one_ro(number("VatRate", nullable=True)),
        one_ro(text("UnitName")),
        guid("ProjectId"),
        whole("GreenTechnologyType", choices=range(4)),
        *_COSTS,
        one_ro(number("Amount")),
    ],
)
"""`UnitPrice` takes 4 decimals here and 2 for a domestic customer in domestic currency, which is checked with the row."""

INVOICE_ROW = Shape(
    "CustomerInvoiceRowApi",
    [
        one_ro(guid("Id", nullable=False)),
        one_ro(text("ArticleNumber")),
        guid("ArticleId"),
        *ro(
            flag("IsServiceArticle"),
            number("AmountNoVat"),
            number("PercentVat"),
            number("VatRate", nullable=True),
        ),
        *ro(whole("LineNumber"), flag("IsTextRow")),
        text("Text", 2000),
        number("UnitPrice", 4),
        *ro(text("UnitAbbreviation"), text("UnitAbbreviationEnglish")),
        *_DISCOUNT,
        number("Quantity", 4),
        one_ro(flag("IsWorkCost")),
        flag("IsVatFree"),
        *_COST_CENTERS,
        one_ro(guid("UnitId")),
        guid("ProjectId"),
        whole("WorkCostType", choices=WORK_TYPES),
        *_WORK,
        whole("GreenTechnologyType", choices=range(4)),
        *_COSTS,
        one_ro(number("Amount")),
    ],
)

ORDER_ROW = Shape(
    "OrderRowApi",
    [
        one_ro(guid("Id", nullable=False)),
        whole("LineNumber", 0, 1000, required=True),
        number("DeliveredQuantity", 2),
        guid("ArticleId"),
        *ro(flag("IsServiceArticle"), guid("UnitId")),
        text("ArticleNumber", 40),
        flag("IsTextRow", required=True),
        text("Text", 2000),
        number("UnitPrice", 4),
        one_ro(number("Amount")),
        *_DISCOUNT,
        number("Quantity", 4),
        whole("WorkCostType", choices=WORK_TYPES),
        flag("IsWorkCost", required=True),
        *_WORK,
        flag("EligibleForReverseChargeOnVat", required=True),
        one_ro(number("VatRate", nullable=True)),
        *_COST_CENTERS,
        guid("ProjectId"),
        whole("GreenTechnologyType", choices=range(4)),
        *_COSTS,
    ],
)

_ATTACHED = ro(guids("SalesDocumentAttachments"), guids("MessageThreads"), guids("Notes"))


def _delivery(name_longest: int) -> tuple[Field, ...]:
    return (
        text("DeliveryCustomerName", name_longest),
        text("DeliveryAddress1", 50),
        text("DeliveryAddress2", 50),
        text("DeliveryPostalCode", 10),
        text("DeliveryCity", 50),
        text("DeliveryCountryCode", 2),
    )


def _delivery_terms() -> tuple[Field, ...]:
    return (
        text("DeliveryMethodName", 50),
        text("DeliveryTermName", 50),
        text("DeliveryMethodCode", 20),
        text("DeliveryTermCode", 20),
    )


REFERENCES = (
    "YourReference",
    "OurReference",
    "BuyersOrderReference",
    "ElectronicReference",
    "SubscriptionNumber",
    "ContractNumber",
)
"""The free texts of a draft that an invoice has room for."""

DRAFT = Shape(
    "CustomerInvoiceDraftApi",
    [
        one_ro(guid("Id", nullable=False)),
        guid("CustomerId", required=True),
        one_ro(moment("CreatedUtc")),
        flag("IsCreditInvoice"),
        whole("RotReducedInvoicingType", required=True, choices=(0, 1, 2)),
        text("RotReducedInvoicingPropertyName", 40),
        text("RotReducedInvoicingOrgNumber", 11),
        one_ro(number("MaxAllowedTaxReductionAmount")),
        number("RotReducedInvoicingAmount", 2),
        flag("RotReducedInvoicingAutomaticDistribution"),
        whole("RotPropertyType", choices=(1, 2), nullable=True),
        number("HouseWorkOtherCosts", nullable=True),
        rows("Rows", DRAFT_ROW),
        rows("Persons", PERSON),
        text("YourReference", 100),
        text("OurReference", 100),
        text("BuyersOrderReference", 35),
        text("ElectronicReference", 100),
        text("SubscriptionNumber", 100),
        text("ContractNumber", 100),
        one_ro(text("InvoiceCustomerName", 50)),
        text("InvoiceAddress1", 50),
        text("InvoiceAddress2", 50),
        *ro(text("InvoicePostalCode", 10), text("InvoiceCity", 50), text("InvoiceCountryCode", 2)),
        one_ro(text("InvoiceCurrencyCode")),
        *_delivery(50),
        *_delivery_terms(),
        guid("TermsOfPaymentId"),
        flag("EuThirdParty", required=True),
        *ro(flag("CustomerIsPrivatePerson"), flag("ReverseChargeOnConstructionServices")),
        *_ATTACHED,
        day("InvoiceDate"),
        day("DueDate"),
        day("DeliveryDate"),
        *ro(number("TotalAmount"), number("TotalVatAmount"), number("TotalRoundings")),
        *ro(number("TotalAmountBaseCurrency"), number("TotalVatAmountBaseCurrency")),
        *ro(text("CustomerNumber", 16), text("CustomerName"), flag("IncludesVat")),
        flag("ReplaceUnitPriceWhenZero"),
        flag("UsesGreenTechnology"),
        one_ro(nested("ContributionMargin", MARGIN)),
        flag("IsDirectDebit", nullable=True),
        guid("BackgroundId"),
    ],
)

VAT_SPECIFICATION = Shape(
    "CustomerInvoiceVatApi",
    ro(number("AmountInvoiceCurrency"), number("VatAmountInvoiceCurrency"), number("VatPercent")),
)
CREDITED_BY = Shape("CreditedByApi", [guid("CreditInvoiceId")])
COLLECTED_ORDER = Shape(
    "CollectiveCustomerInvoiceRelationToOrderApi",
    [guid("OrderId"), whole("OrderNumber", nullable=True), text("OrderReference"), day("DeliveryDate")],
)

INVOICE = Shape(
    "CustomerInvoiceApi",
    [
        one_ro(guid("Id", nullable=False)),
        flag("EuThirdParty", required=True),
        flag("IsCreditInvoice"),
        one_ro(text("CurrencyCode")),
        number("CurrencyRate", nullable=True),
        one_ro(guid("CreatedByUserId")),
        *ro(number("TotalAmount"), number("TotalVatAmount"), number("TotalRoundings")),
        *ro(number("TotalAmountInvoiceCurrency"), number("TotalVatAmountInvoiceCurrency")),
        one_ro(number("SetOffAmountInvoiceCurrency")),
        guid("CustomerId", required=True),
        rows("Rows", INVOICE_ROW, required=True),
        one_ro(rows("VatSpecification", VAT_SPECIFICATION)),
        day("InvoiceDate"),
        day("DueDate"),
        day("DeliveryDate"),
        whole("RotReducedInvoicingType", 0, 2, required=True),
        one_ro(number("MaxAllowedTaxReductionAmount")),
        number("RotReducedInvoicingAmount", 2, nullable=True),
        one_ro(number("RotReducedInvoicingPercent")),
        text("RotReducedInvoicingPropertyName"),
        text("RotReducedInvoicingOrgNumber", 11),
        rows("Persons", PERSON),
        one_ro(flag("RotReducedInvoicingAutomaticDistribution")),
        text("ElectronicReference"),
        text("SubscriptionNumber", 100),
        text("ContractNumber", 100),
        one_ro(text("ElectronicAddress")),
        text("EdiServiceDelivererId", 50),
        text("OurReference", 100),
        text("YourReference", 100),
        text("BuyersOrderReference", 35),
        one_ro(text("InvoiceCustomerName")),
        text("InvoiceAddress1", 50),
        text("InvoiceAddress2", 50),
        text("InvoicePostalCode", 50),
        text("InvoiceCity", 50),
        text("InvoiceCountryCode", 2),
        *_delivery(100),
        *ro(*_delivery_terms()),
        one_ro(flag("CustomerIsPrivatePerson")),
        guid("TermsOfPaymentId", nullable=False),
        *ro(text("CustomerEmail"), whole("InvoiceNumber"), text("CustomerNumber"), text("CustomerName")),
        one_ro(text("PaymentReferenceNumber")),
        whole("RotPropertyType", 1, 2, nullable=True),
        *_ATTACHED,
        *ro(flag("HasAutoInvoiceError"), flag("IsNotDelivered"), flag("ReverseChargeOnConstructionServices")),
        number("WorkHouseOtherCosts", nullable=True),
        *ro(number("RemainingAmount"), number("RemainingAmountInvoiceCurrency")),
        *ro(guid("ReferringInvoiceId"), guid("CreatedFromOrderId"), guid("CreatedFromQuoteId")),
        guid("CreatedFromDraftId"),
        one_ro(text("VoucherNumber")),
        one_ro(Field("VoucherId", guid("VoucherId").kind, default=NO_ID)),
        *ro(
            moment("CreatedUtc"),
            moment("ModifiedUtc"),
            flag("ReversedConstructionVatInvoicing"),
            flag("IncludesVat"),
        ),
        whole("SendType", choices=range(5), nullable=True),
        *ro(
            flag("PaymentReminderIssued"),
            whole("PaymentRemindersCount"),
            moment("LastPaymentReminderSentDate"),
        ),
        flag("UsesGreenTechnology"),
        *ro(flag("IsSold"), whole("FactoringInvoiceStatus")),
        *ro(moment("PaymentDate"), whole("PaymentStatus", choices=(0, 1, 2), default=1)),
        one_ro(rows("CreditedBy", CREDITED_BY)),
        one_ro(nested("ContributionMargin", MARGIN)),
        flag("IsDirectDebit", nullable=True),
        *ro(flag("IsQuickInvoice"), flag("IsCollectiveInvoice")),
        one_ro(rows("CollectiveCustomerInvoiceRowsRelationToOrders", COLLECTED_ORDER)),
        flag("ReplaceUnitPriceWhenZero"),
        one_ro(whole("TaxDeductionStatus", choices=range(4))),
        guid("BackgroundId"),
    ],
)

ORDER = Shape(
    "OrderApi",
    [
        *ro(guid("Id", nullable=False), number("Amount", 2)),
        guid("CustomerId", required=True),
        text("CurrencyCode", 3, required=True),
        *ro(moment("CreatedUtc", nullable=False), number("VatAmount", 2), number("RoundingsAmount", 2)),
        *ro(*(number(f"Delivered{name}", 2) for name in ("Amount", "VatAmount", "RoundingsAmount"))),
        *_delivery(100),
        text("YourReference", 100),
        text("OurReference", 100),
        text("BuyersOrderReference", 35),
        text("InvoiceAddress1", 50),
        text("InvoiceAddress2", 50),
        text("InvoiceCity"),
        text("InvoiceCountryCode", 2),
        text("InvoiceCustomerName", 50),
        *ro(text("CustomerNumber"), text("CustomerName")),
        text("InvoicePostalCode", 10),
        text("DeliveryMethodName", 50),
        text("DeliveryMethodCode", 20),
        text("DeliveryTermName", 50),
        *ro(guid("DeliveryTermId"), guid("DeliveryMethodId")),
        text("DeliveryTermCode", 20),
        guid("TermsOfPaymentId"),
        flag("EuThirdParty", required=True),
        *ro(flag("CustomerIsPrivatePerson"), flag("IncludesVat")),
        day("OrderDate", nullable=False),
        whole("Status", 1, 4, required=True),
        *ro(whole("Number", nullable=True), moment("ModifiedUtc")),
        day("DeliveryDate"),
        number("HouseWorkAmount"),
        flag("HouseWorkAutomaticDistribution"),
        text("HouseWorkCorporateIdentityNumber", 20),
        text("HouseWorkPropertyName", 100),
        *_ATTACHED,
        rows("Rows", ORDER_ROW),
        day("ShippedDateTime"),
        whole("RotReducedInvoicingType", required=True, choices=(0, 1, 2)),
        *ro(number("MaxAllowedTaxReductionAmount"), number("RotReducedInvoicingPercent")),
        whole("RotPropertyType", choices=(1, 2), nullable=True),
        rows("Persons", PERSON),
        flag("ReverseChargeOnConstructionServices", required=True),
        flag("UsesGreenTechnology"),
        one_ro(flag("IsNotDelivered")),
        one_ro(nested("ContributionMargin", MARGIN)),
        *ro(guid("CreatedFromQuoteId"), guid("BackgroundId")),
    ],
)
"""The manual marks `Amount`, `VatAmount` and the row's `Amount` writable; the product computes them, so they are passed
over when sent."""

CONVERSION_ROW = Shape(
    "CustomerInvoiceDraftValidationRowApi",
    [
        whole("LineNumber"),
        number("TotalAmountNoVatInvoiceCurrency", nullable=True),
        number("TotalAmountIncVatInvoiceCurrency", nullable=True),
    ],
)
CONVERSION = Shape(
    "CustomerInvoiceDraftValidationApi",
    [
        number("TotalAmountInvoiceCurrency", nullable=True),
        number("TotalVatAmountInvoiceCurrency", nullable=True),
        number("TotalRoundingsInvoiceCurrency", nullable=True),
        rows("Rows", CONVERSION_ROW),
    ],
)
ORDER_CONVERSION = Shape("OrderConversionApi", [number("WorkHouseOtherCosts", nullable=True)])

PAYMENT = Shape(
    "InvoicePaymentApi",
    [
        guid("CompanyBankAccountId", required=True),
        day("PaymentDate", required=True),
        text("Reference", 100),
        number("PaymentAmount", 2, required=True),
        text("PaymentCurrency", required=True),
        number("DomesticPaymentAmount", 2),
        number("BankFeeAmount", 2, least="0", most="1000000000"),
        whole("PaymentType", 1, 4, required=True),
        number("FactoringFeeAmount", 2),
        whole("FactoringFeeAccountNumber", bits=64),
        one_ro(guid("BankTransactionId", nullable=False)),
    ],
)
"""`PaymentDate` is required in the Swagger document of 2021 only; the product needs it, so it is required here."""

EMAIL = Shape("EmailApi", [text("Email", 255), texts("CcRecipients"), text("Subject"), text("Message")])
REMINDER = Shape(
    "PaymentReminderEmailApi",
    [number("LatePaymentFee", 2, least="0", most="10000000"), nested("EmailDetails", EMAIL)],
)
E_INVOICE = Shape("ElectronicInvoiceRequestApi", [whole("SendType", required=True, choices=(1, 2, 3, 4))])

LEDGER_ITEM = Shape(
    "CustomerLedgerItemApi",
    [
        text("CurrencyCode", 3, required=True),
        number("CurrencyRate"),
        whole("CurrencyRateUnit", default=1),
        guid("CustomerId", required=True),
        day("DueDate", nullable=False),
        one_ro(guid("Id", nullable=False)),
        day("InvoiceDate", nullable=False),
        whole("InvoiceNumber", required=True),
        flag("IsCreditInvoice", required=True),
        one_ro(moment("ModifiedUtc", nullable=False)),
        text("PaymentReferenceNumber", 50),
        number("RemainingAmountInvoiceCurrency", 2, least="-99999999.99", most="99999999.99", required=True),
        number("RoundingsAmountInvoiceCurrency", 2),
        number("TotalAmountInvoiceCurrency", 2, least="-99999999.99", most="99999999.99", required=True),
        number("VATAmountInvoiceCurrency", 2),
        guid("VoucherId", required=True),
    ],
)
