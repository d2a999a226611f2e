"""The registers that a company has and the API mostly reads: terms, units, codings, VAT codes, countries, years."""

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
    rows,
    text,
    whole,
)

TERMS = Shape(
    "TermsOfPaymentApi",
    [
        one_ro(guid("Id", nullable=False)),
        text("Name"),
        text("NameEnglish"),
        whole("NumberOfDays"),
        whole("TermsOfPaymentTypeId", choices=range(6)),
        text("TermsOfPaymentTypeText"),
        flag("AvailableForSales", default=True),
        flag("AvailableForPurchase", default=True),
    ],
)

UNIT = Shape(
    "UnitApi",
    [
        one_ro(guid("Id", nullable=False)),
        *(text(name) for name in ("Name", "Code", "Abbreviation", "AbbreviationEnglish")),
    ],
)

COUNTRY = Shape("CountryApi", [text("Name"), text("NameEnglish"), text("Code"), flag("IsEuMember")])
CURRENCY = Shape("CurrencyApi", [text("Code")])
EXCHANGE_RATE = Shape(
    "ExchangeRateApi",
    ro(day("Date", nullable=False), text("SourceCurrency"), text("TargetCurrency"), number("Rate")),
)

SALES_ACCOUNTS = (
    "DomesticSalesSubjectToReversedConstructionVatAccountNumber",
    "DomesticSalesSubjectToVatAccountNumber",
    "DomesticSalesVatExemptAccountNumber",
    "ForeignSalesSubjectToMossAccountNumber",
    "ForeignSalesSubjectToThirdPartySalesAccountNumber",
    "ForeignSalesSubjectToVatWithinEuAccountNumber",
    "ForeignSalesVatExemptOutsideEuAccountNumber",
    "ForeignSalesVatExemptWithinEuAccountNumber",
    "DomesticSalesVatCodeExemptAccountNumber",
)

CODING = Shape(
    "ArticleAccountCodingApi",
    [
        one_ro(guid("Id", nullable=False)),
        text("Name"),
        text("NameEnglish"),
        text("Type"),
        text("VatRate"),
        flag("IsActive", default=True),
        number("VatRatePercent"),
        *(whole(name, nullable=True, bits=64) for name in SALES_ACCOUNTS),
        one_ro(moment("ChangedUtc", nullable=False)),
    ],
)

RELATED_ACCOUNTS = Shape(
    "RelatedAccounts", [whole(f"AccountNumber{place}", nullable=True, bits=64) for place in (1, 2, 3)]
)
VAT_RATE = Shape("VatRateApi", [day("VatRateDate"), number("VatRate")])
_VAT_CODE_START = (one_ro(guid("Id", nullable=False)), text("Code"), text("Description"))
_VAT_CODE_END = (whole("OssCodeType", choices=(0, 1, 2)), nested("RelatedAccounts", RELATED_ACCOUNTS))
VAT_CODE = Shape("VatCodeApi", [*_VAT_CODE_START, number("VatRate"), *_VAT_CODE_END])
VAT_CODE_RATES = Shape("VatCodeRateApi", [*_VAT_CODE_START, rows("VatRates", VAT_RATE), *_VAT_CODE_END])

FISCAL_YEAR = Shape(
    "FiscalYearApi",
    [
        one_ro(guid("Id", nullable=False)),
        day("StartDate", required=True),
        day("EndDate", required=True),
        one_ro(flag("IsLockedForAccounting")),
        one_ro(whole("BookkeepingMethod", choices=(0, 1, 2))),
    ],
)
FISCAL_YEAR_LOCK = Shape("FiscalYearUpdateApi", [flag("IsLockedForAccounting")])

ACCOUNT = Shape(
    "AccountApi",
    [
        text("Name", 100, required=True),
        text("Number", required=True),
        guid("VatCodeId"),
        one_ro(text("VatCodeDescription")),
        guid("FiscalYearId", required=True),
        *ro(
            text("ReferenceCode"),
            whole("Type"),
            text("TypeDescription"),
            moment("ModifiedUtc", nullable=False),
            moment("CreatedUtc", nullable=False),
        ),
        flag("IsActive", required=True),
        flag("AllowTransactionText"),
        flag("IsFirstCostCenterMandatory"),
        flag("IsProjectAllowed"),
        flag("IsCostCenterAllowed"),
        flag("IsBlockedForManualBooking"),
        one_ro(text("Description")),
    ],
)

PROJECT = Shape(
    "ProjectApi",
    [
        one_ro(guid("Id", nullable=False)),
        text("Number", 9, required=True),
        text("Name", 200, required=True),
        day("StartDate", nullable=False),
        day("EndDate"),
        guid("CustomerId"),
        one_ro(text("CustomerName")),
        text("Notes", 500),
        whole("Status", required=True, choices=(1, 2)),
        one_ro(moment("ModifiedUtc", nullable=False)),
    ],
)

COST_CENTER_ITEM = Shape(
    "CostCenterItemApi",
    [
        guid("CostCenterId", required=True),
        one_ro(guid("Id")),
        text("Name", 50, required=True),
        text("ShortName", 9, required=True),
        flag("IsActive", required=True),
        one_ro(moment("CreatedUtc", nullable=False)),
    ],
)
COST_CENTER = Shape(
    "CostCenterApi",
    [
        text("Name", 20, required=True),
        one_ro(whole("Number")),
        flag("IsActive", default=True),
        one_ro(rows("Items", COST_CENTER_ITEM)),
        one_ro(guid("Id", nullable=False)),
    ],
)
