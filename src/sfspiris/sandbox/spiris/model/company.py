"""Company settings, users and bank accounts."""

from sfspiris.sandbox.spiris.model.fields import (
    Shape,
    day,
    flag,
    guid,
    moment,
    nested,
    number,
    one_ro,
    ro,
    text,
    texts,
    whole,
)

COMPANY_TEXTS = Shape(
    "CompanyTextsApi",
    [
        *(
            text(f"{kind}{reach}", 400)
            for kind in ("CustomerInvoiceText", "OrderText", "OverDueText")
            for reach in ("Domestic", "Foreign")
        ),
        *(
            text(f"{kind}Email{reach}", 2048)
            for kind in ("Quote", "Invoice", "Order", "PurchaseOrder")
            for reach in ("Domestic", "Foreign")
        ),
    ],
)

ROT_RUT_SETTINGS = Shape(
    "CompanyRotRutSettingsApi",
    [
        number("RutMaxAmountForPersBelow65Year", 2, least="0", most="999999"),
        number("RutMaxAmountForPersOver65Year", 2, least="0", most="999999"),
        number("RutReducedInvoicingPercent", 2, least="0", most="1"),
        number("RotReducedInvoicingMaxAmount", 2, least="0", most="999999"),
        number("RotReducedInvoicingPercent", 2, least="0", most="1"),
    ],
)

AUTO_INVOICE = Shape(
    "AutoInvoiceApi",
    [
        whole(name)
        for name in ("AutoInvoiceActivationStatus", "AutoInvoiceB2CStatus", "AutoInvoiceInboundStatus")
    ],
)
APPROVAL = Shape("ApprovalSettingsApi", [flag("UsesSupplierInvoiceApproval"), flag("UsesVatReportApproval")])
SCANNING_ADDRESS = Shape(
    "CompanyScanningAddressApi",
    [text(name) for name in ("Name", "Address1", "Address2", "PostCode", "PostOffice", "Email")],
)
DECLARATION_DATE = Shape("TaxDeclarationDateApi", [whole("Month", 1, 31), whole("Day", 1, 12)])
GREEN_TECHNOLOGY = Shape(
    "CompanyGreenTechnologySettingsApi",
    [number("GreenTechnologyDeductionMaxAmount"), number("SollarCellDiscountPercentage")],
)

SETTINGS = Shape(
    "CompanySettingsApi",
    [
        one_ro(nested("CompanyScanningAddress", SCANNING_ADDRESS)),
        text("Name", 100, required=True),
        text("Email", 255),
        text("Phone", 20),
        text("MobilePhone", 20),
        text("Address1", 40, required=True),
        text("Address2", 40),
        text("CountryCode", 2, required=True),
        text("PostalCode", 10, required=True),
        text("City", 40, required=True),
        text("Website", 255),
        text("OurReference", 100),
        *ro(
            text("CurrencyCode"),
            guid("TermsOfPaymentId", nullable=False),
            text("CorporateIdentityNumber"),
            text("PeppolId"),
        ),
        one_ro(text("VatCode")),
        text("BankGiro"),
        text("PlusGiro"),
        *ro(text("BankAccount"), text("Iban"), whole("AccountNumberDigits", default=4)),
        *ro(day("AccountingLockedTo", nullable=False), whole("AccountingLockInterval", choices=range(5))),
        one_ro(nested("TaxDeclarationDate", DECLARATION_DATE)),
        *ro(
            text("Gln"),
            whole("ProductVariant", choices=range(1, 7), nullable=True),
            whole("TypeOfBusiness", choices=(1, 2, 3, 4, 5, 6, 7, 9), default=1),
            whole("VatPeriod", choices=range(1, 10), default=3),
            texts("ActivatedModules"),
        ),
        nested("CompanyText", COMPANY_TEXTS),
        *ro(
            whole("NextCustomerNumber"),
            whole("NextSupplierNumber"),
            whole("NextCustomerInvoiceNumber"),
            whole("NextQuoteNumber"),
            whole("NextOrderNumber"),
            whole("NextArticleNumber", nullable=True),
            flag("ShowPricesExclVatPC"),
            flag("ShowContributionMargin"),
            flag("HasProportionalVatEnabled"),
            whole("ProportionalVatValue", nullable=True),
            flag("IsPayslipActivated", nullable=True),
            flag("UsesCostCenter"),
            flag("UsesProject"),
        ),
        flag("UsesMoss"),
        flag("UsesPaymentReferenceNumber"),
        flag("UsesSupplierInvoiceEdit", nullable=True),
        flag("UseAdvancedMode", nullable=True),
        one_ro(whole("DomesticCurrencyRounding", choices=(0, 1))),
        *ro(nested("AutoInvoice", AUTO_INVOICE), nested("ApprovalSettings", APPROVAL)),
        flag("UsesReverseConstructionVat"),
        flag("UsesRotReducedInvoicing"),
        nested("CompanyRotRutSettings", ROT_RUT_SETTINGS),
        *ro(whole("CompanyStatus", choices=(0, 1, 2), default=1), text("CompanyIdentifier")),
        text("BankgiroNumberPrint"),
        flag("KeepOriginalDraftDate", nullable=True),
        flag("UsePaymentFilesForOutgoingPayments"),
        flag("UseAutomaticVatCalculation", nullable=True),
        *ro(flag("ShowCostCenterReminder"), flag("ShowProjectReminder"), flag("UsesGreenTechnology")),
        one_ro(nested("CompanyGreenTechnologySettings", GREEN_TECHNOLOGY)),
        flag("UsesVatTriangulationRules"),
        text("Swish", 20),
        *ro(text("CompanyEmailForUpload"), whole("VismaWebshopStatus"), flag("UsesTransactionText")),
        flag("FirstPaymentReminderWithoutFee", nullable=True),
        number("LatePaymentFee", least="0", most="99999", nullable=True),
        guid("DefaultBackgroundId"),
        one_ro(whole("InvoicePrintSettingsType")),
    ],
)
"""`AccountingLockedTo` is answered only when the bookkeeping is locked: the manual does not let it be null."""

USER = Shape(
    "UserApi",
    [
        guid("Id", nullable=False),
        text("Email"),
        text("FirstName"),
        text("LastName"),
        flag("IsActive", default=True),
        flag("IsCurrentUser"),
        flag("IsConsultant"),
        flag("HasPurchaseInvoicesApprovalPermission"),
        flag("HasVATReportsApprovalPermission"),
    ],
)

BALANCE = Shape("BalanceAndDateApi", [number("Balance"), day("Date", nullable=False)])

BANK_ACCOUNT = Shape(
    "BankAccountApi",
    [
        guid("Bank"),
        whole("BankAccountType", required=True, choices=range(1, 8)),
        one_ro(text("BankAccountTypeDescription")),
        text("Bban", 35),
        text("Iban", 35),
        text("Name", 200, required=True),
        text("NameEnglish", 200),
        one_ro(guid("Id", nullable=False)),
        flag("IsActive", default=True),
        whole("LedgerAccountNumber", required=True, bits=64),
        flag("HasActiveBankAgreement"),
        flag("IsDefaultChequeAccount"),
        *ro(text("CurrencyCode"), moment("ModifiedUtc", nullable=False)),
        one_ro(nested("Balance", BALANCE)),
        text("BankAccountHolderName"),
        *ro(
            flag("IsEnabledDirectDebit", nullable=True),
            text("DirectDebitCreditorId"),
            flag("DirectDebitBatchBooking", nullable=True),
            flag("DirectDebitSendDirectlyToBank", nullable=True),
        ),
    ],
)
