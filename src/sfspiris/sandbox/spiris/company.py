"""Setting a company up: settings, registers, years, chart of accounts, users. What a world leaves out is Swedish standard."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.spiris import dimensions, registers
from sfspiris.sandbox.spiris.books import (
    ACCOUNTS,
    CODINGS,
    COMPANIES,
    COST_CENTERS,
    CURRENCIES,
    FISCAL_YEARS,
    TERMS,
    UNITS,
    USERS,
    VAT_CODES,
    Books,
)
from sfspiris.sandbox.spiris.model.company import BANK_ACCOUNT, SETTINGS, USER
from sfspiris.sandbox.spiris.model.fields import Field, Shape, text
from sfspiris.sandbox.spiris.model.registers import (
    ACCOUNT,
    CODING,
    COST_CENTER,
    COST_CENTER_ITEM,
    FISCAL_YEAR,
    UNIT,
    VAT_CODE,
)
from sfspiris.sandbox.spiris.model.registers import (
    TERMS as TERMS_SHAPE,
)
from sfspiris.sandbox.spiris.settings import SERIES
from sfspiris.sandbox.spiris.standard.accounts import ACCOUNTS as CHART
from sfspiris.sandbox.spiris.standard.accounts import BANK, BLOCKED_FOR_MANUAL_BOOKING
from sfspiris.sandbox.spiris.standard.registers import (
    CODINGS as STANDARD_CODINGS,
)
from sfspiris.sandbox.spiris.standard.registers import (
    EXCHANGE_RATES,
    TERMS_DAYS,
)
from sfspiris.sandbox.spiris.standard.registers import (
    UNITS as STANDARD_UNITS,
)
from sfspiris.sandbox.spiris.standard.registers import (
    VAT_CODES as STANDARD_VAT_CODES,
)
from sfspiris.sandbox.spiris.validation import checked, normal_guid

PARTS: Final = frozenset(
    {
        "name", "orgnr", "settings", "scopes", "StartupGuideCompleted", "UserHasAccess", "termsofpayments", "units",
        "codings", "fiscalyears", "bankaccounts", "users", "costcenters", "exchange_rates",
    }
)  # fmt: skip
"""The parts of a company that are set up here."""

_STANDARD_SETTINGS: Final[Mapping[str, Any]] = {
    "Address1": "Storgatan 1",
    "PostalCode": "111 20",
    "City": "Stockholm",
    "CountryCode": "SE",
    "CurrencyCode": "SEK",
    "ProductVariant": 1,
    "CompanyStatus": 1,
    "TypeOfBusiness": 1,
    "KeepOriginalDraftDate": False,
    "ActivatedModules": ["api_standard", "accounting_standard", "invoicing_standard", "sales_standard"],
}
_FIRST_NUMBERS: Final[Mapping[str, int]] = {
    "NextCustomerNumber": 1001,
    "NextCustomerInvoiceNumber": 1001,
    "NextOrderNumber": 1,
    "NextSupplierNumber": 1,
    "NextQuoteNumber": 1,
    "NextArticleNumber": 1,
}


def everything(shape: Shape) -> Shape:
    """The shape with nothing required and nothing read-only: what whoever sets a company up may say."""
    return Shape(shape.name, [_open(field) for field in shape.fields.values()])


def _open(field: Field) -> Field:
    inner = everything(field.shape) if field.shape is not None else None
    return replace(field, required=False, read_only=False, shape=inner)


def establish(books: Books, given: Mapping[str, Any]) -> None:
    """Set the company up. Raises a refusal or `SandboxError` for what makes no sense."""
    books.records.put(
        COMPANIES,
        books.key,
        {
            "key": books.key,
            "scopes": given.get("scopes"),
            "guide_completed": bool(given.get("StartupGuideCompleted", True)),
            "user_has_access": bool(given.get("UserHasAccess", True)),
        },
    )
    _settings(books, given)
    _currencies(books, given.get("exchange_rates") or {})
    _terms(books, given.get("termsofpayments"))
    _units(books, given.get("units"))
    _codings(books, given.get("codings"))
    vat_code_ids = _vat_codes(books)
    _years(books, given.get("fiscalyears"), vat_code_ids)
    _users(books, given.get("users"))
    _bank_accounts(books, given.get("bankaccounts"))
    _cost_centers(books, given.get("costcenters"))
    default_terms = next(
        (terms for terms in books.all(TERMS) if terms["NumberOfDays"] == TERMS_DAYS[-1]), None
    )
    if books.settings["TermsOfPaymentId"] is None:
        chosen = default_terms or books.all(TERMS)[0]
        books.put_settings({**books.settings, "TermsOfPaymentId": chosen["Id"]})


def _settings(books: Books, given: Mapping[str, Any]) -> None:
    wished = given.get("settings") or {}
    orgnr = given.get("orgnr") or wished.get("CorporateIdentityNumber")
    digits = "".join(char for char in orgnr or "" if char.isdigit())
    known: dict[str, Any] = {
        **_STANDARD_SETTINGS,
        "Name": given.get("name") or books.key,
        "CorporateIdentityNumber": orgnr,
        "VatCode": f"SE{digits}01" if len(digits) == 10 else None,  # noqa: PLR2004 - digits of an organisation number
        "CompanyIdentifier": books.new_id(),
        **wished,
    }
    accepted = {
        name: value for name, value in checked(known, everything(SETTINGS)).items() if name not in SERIES
    }
    for name, series in SERIES.items():
        books.set_next_number(series, known.get(name, _FIRST_NUMBERS[name]) or 0)
    books.put_settings({**{k: v for k, v in SETTINGS.blank().items() if k not in SERIES}, **accepted})


def _records(shape: Shape, given: Any, what: str) -> list[dict[str, Any]]:
    """Records of a world for a register, checked; `key` is the world's own name for one."""
    if not isinstance(given, list) or not all(isinstance(record, dict) for record in given):
        raise SandboxError(f"{what} must be a list of objects.")
    opened = everything(shape).with_fields(shape.name, text("key"))
    return [checked(record, opened) for record in given]


def _put(books: Books, table: str, shape: Shape, record: Mapping[str, Any]) -> None:
    fields = {name: value for name, value in record.items() if name != "key"}
    own_id = normal_guid(record.get("Id")) or books.new_id()
    books.put(table, {**shape.blank(), **fields, "Id": own_id, "_world_key": record.get("key")})


def _terms(books: Books, given: Any) -> None:
    standard = [
        {
            "Name": f"{days} dagar" if days else "Kontant",
            "NameEnglish": f"{days} days" if days else "Cash",
            "NumberOfDays": days,
            "TermsOfPaymentTypeId": 0 if days else 2,
            "TermsOfPaymentTypeText": "Normal" if days else "Kontant",
        }
        for days in TERMS_DAYS
    ]
    for record in standard if given is None else _records(TERMS_SHAPE, given, "termsofpayments"):
        _put(books, TERMS, TERMS_SHAPE, record)


def _units(books: Books, given: Any) -> None:
    standard = [
        {"Name": u.name, "Code": u.code, "Abbreviation": u.abbreviation, "AbbreviationEnglish": u.english}
        for u in STANDARD_UNITS
    ]
    for record in standard if given is None else _records(UNIT, given, "units"):
        _put(books, UNITS, UNIT, record)


def _codings(books: Books, given: Any) -> None:
    now = books.now
    standard = [
        {
            "key": coding.key,
            "Name": coding.name,
            "NameEnglish": coding.english,
            "Type": coding.kind,
            "VatRate": f"{coding.percent} %",
            "VatRatePercent": coding.rate,
            **coding.accounts,
        }
        for coding in STANDARD_CODINGS
    ]
    for record in standard if given is None else _records(CODING, given, "codings"):
        rate = Decimal(str(record.get("VatRatePercent") or 0))
        _put(books, CODINGS, CODING, {**record, "VatRatePercent": rate, "ChangedUtc": now})


def _currencies(books: Books, given: Mapping[str, Any]) -> None:
    rates = {**EXCHANGE_RATES, **{code: Decimal(str(rate)) for code, rate in given.items()}}
    for code, rate in rates.items():
        books.put(CURRENCIES, {"Id": code, "Code": code, "_rate": rate})


def _vat_codes(books: Books) -> dict[str, str]:
    ids: dict[str, str] = {}
    for code in STANDARD_VAT_CODES:
        ids[code.code] = books.new_id()
        places = [*code.accounts, None, None, None][:3]
        record = {
            "Id": ids[code.code],
            "Code": code.code,
            "Description": code.description,
            "VatRate": Decimal(code.percent) / 100,
            "OssCodeType": 0,
            "RelatedAccounts": {
                f"AccountNumber{place}": number for place, number in enumerate(places, start=1)
            },
        }
        books.put(VAT_CODES, {**VAT_CODE.blank(), **record})
    return ids


def _years(books: Books, given: Any, vat_code_ids: Mapping[str, str]) -> None:
    """Calendar years around the present one, unless the world says otherwise, each with the whole chart of accounts."""
    this_year = int(books.today[:4])
    standard = [
        {"StartDate": f"{year}-01-01", "EndDate": f"{year}-12-31"}
        for year in range(this_year - 1, this_year + 2)
    ]
    for record in standard if given is None else _records(FISCAL_YEAR, given, "fiscalyears"):
        year = registers.add_year(books, record["StartDate"], record["EndDate"])
        kept = {
            name: record[name] for name in ("IsLockedForAccounting", "BookkeepingMethod") if name in record
        }
        books.put(FISCAL_YEARS, {**year, **kept})
        if not books.find(ACCOUNTS, "FiscalYearId", year["Id"]):
            _chart(books, year["Id"], vat_code_ids)


def _chart(books: Books, year_id: str, vat_code_ids: Mapping[str, str]) -> None:
    descriptions = {code.code: code.description for code in STANDARD_VAT_CODES}
    for number, code, name in CHART:
        registers.add_account(
            books,
            {
                **ACCOUNT.blank(),
                "Name": name,
                "Number": number,
                "FiscalYearId": year_id,
                "VatCodeId": vat_code_ids[code] if code else None,
                "VatCodeDescription": descriptions[code] if code else None,
                "IsActive": True,
                "AllowTransactionText": True,
                "IsProjectAllowed": number >= "3",
                "IsCostCenterAllowed": number >= "3",
                "IsBlockedForManualBooking": number in BLOCKED_FOR_MANUAL_BOOKING,
            },
        )


def _users(books: Books, given: Any) -> None:
    standard = [{"Email": "ekonomi@example.se", "FirstName": "Karin", "LastName": "Ekberg"}]
    for record in standard if given is None else _records(USER, given, "users"):
        _put(books, USERS, USER, record)
    if not books.count(USERS):
        raise SandboxError(f"Company {books.key} needs at least one user.")


def _bank_accounts(books: Books, given: Any) -> None:
    standard = [
        {
            "BankAccountType": 1,
            "Name": "Företagskonto",
            "Bban": "50011234567",
            "Iban": "SE4550000000058398257466",
            "LedgerAccountNumber": BANK,
            "IsActive": True,
            "IsDefaultChequeAccount": True,
        }
    ]
    for record in standard if given is None else _records(BANK_ACCOUNT, given, "bankaccounts"):
        registers.save_bank_account(books, record)


def _cost_centers(books: Books, given: Any) -> None:
    standard = [{"Name": "Resultatenhet", "IsActive": True}, {"Name": "Grupp 2"}, {"Name": "Grupp 3"}]
    for number, record in enumerate(standard if given is None else given, start=1):
        items = record.get("Items") or ()
        (fields,) = _records(COST_CENTER, [{k: v for k, v in record.items() if k != "Items"}], "costcenters")
        _put(books, COST_CENTERS, COST_CENTER, {"IsActive": False, **fields, "Number": number})
        center_id = books.all(COST_CENTERS)[-1]["Id"]
        for item in items:
            sent = checked({"IsActive": True, **item, "CostCenterId": center_id}, COST_CENTER_ITEM)
            dimensions.save_item(books, {**sent, "Id": normal_guid(item.get("Id"))})
