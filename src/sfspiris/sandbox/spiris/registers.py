"""The registers: codings, units, payment terms, countries, currencies, VAT codes, years, accounts, bank accounts."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.bookkeeping import account
from sfspiris.sandbox.spiris.books import (
    ACCOUNTS,
    BANK_ACCOUNTS,
    CODINGS,
    COUNTRIES,
    CURRENCIES,
    FISCAL_YEARS,
    PAYMENTS,
    TERMS,
    UNITS,
    VAT_CODES,
    Books,
    public,
)
from sfspiris.sandbox.spiris.lists import found, found_or_404, page
from sfspiris.sandbox.spiris.model.company import BANK_ACCOUNT
from sfspiris.sandbox.spiris.model.fields import Shape
from sfspiris.sandbox.spiris.model.registers import (
    ACCOUNT,
    CODING,
    COUNTRY,
    CURRENCY,
    FISCAL_YEAR,
    FISCAL_YEAR_LOCK,
    UNIT,
    VAT_CODE,
    VAT_CODE_RATES,
)
from sfspiris.sandbox.spiris.model.registers import (
    TERMS as TERMS_SHAPE,
)
from sfspiris.sandbox.spiris.moments import days_after, parsed_day
from sfspiris.sandbox.spiris.standard.countries import COUNTRIES as ALL_COUNTRIES
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Handler, Operation, created

_BANK_TYPES: Final = {
    1: "Företagskonto",
    2: "Kassakonto",
    3: "Sparkonto",
    4: "Valutakonto",
    5: "Digital plånbok",
    6: "Checkkredit",
    7: "Skattekonto",
}
_CHEQUE_ACCOUNT, _CASH_ACCOUNT, _TAX_ACCOUNT = 1, 2, 7
_LONGEST_YEAR_MONTHS: Final = 18
_RATES_SINCE: Final = "1990-07-01"


def _listed(table: str, shape: Shape) -> Handler:
    return lambda call: page(call, table, shape)


def _one(table: str, kind: str, *, declared: bool = False) -> Handler:
    find: Callable[[Call, str, str], Record] = found_or_404 if declared else found
    return lambda call: Answer(public(find(call, table, kind)))


def _dated(handler: Handler) -> Handler:
    """A call with `vatRateDate`; the rates of the codings have been the same all along, so the date only has to be one."""

    def dated(call: Call) -> Answer:
        call.moment_option("vatRateDate")
        return handler(call)

    return dated


# Countries and currencies


def _countries(call: Call) -> Answer:
    return call.page(COUNTRY, COUNTRIES, (dict(country) for country in ALL_COUNTRIES))


def _country(call: Call) -> Answer:
    code = call.path[0].upper()
    country = next((country for country in ALL_COUNTRIES if country["Code"] == code), None)
    if country is None:
        raise errors.no_such("Country", call.path[0])
    return Answer(dict(country))


def _currencies(call: Call) -> Answer:
    return page(call, CURRENCIES, CURRENCY, lambda record: {"Code": record["Code"]})


def _exchange_rate(call: Call) -> Answer:
    rates = {record["Code"]: record["_rate"] for record in call.books.all(CURRENCIES)}
    codes = []
    for name, default in (("sourceCurrencyCode", None), ("targetCurrencyCode", call.books.currency)):
        code = (call.options.get(name) or default or "").upper()
        if code not in rates:
            raise errors.invalid_field(name, f"'{code}' is not a currency of the company.")
        codes.append(code)
    day = call.options.get("date")
    parsed = parsed_day(day) if day else call.books.today
    if parsed is None:
        raise errors.invalid_field("date", f"'{day}' is not a date.", "Type")
    source, target = codes
    rate = Decimal(rates[source] / rates[target]).quantize(Decimal("0.000001"))
    return Answer({"Date": parsed, "SourceCurrency": source, "TargetCurrency": target, "Rate": rate})


# VAT codes


def _with_rates(record: Record) -> dict[str, Any]:
    code = public(record)
    rate = code.pop("VatRate")
    return {**code, "VatRates": [{"VatRateDate": _RATES_SINCE, "VatRate": rate}]}


def _vat_rates(call: Call) -> Answer:
    return page(call, VAT_CODES, VAT_CODE_RATES, _with_rates)


# Fiscal years


def _create_year(call: Call) -> Answer:
    sent = call.body(FISCAL_YEAR)
    return created(public(add_year(call.books, sent["StartDate"], sent["EndDate"])))


def add_year(books: Books, start: str, end: str) -> Record:
    """Add a fiscal year next to those there are. Raises the refusal of one that overlaps, or leaves a gap."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if first.day != 1 or days_after(end, 1)[-2:] != "01" or not 1 <= months <= _LONGEST_YEAR_MONTHS:
        raise errors.invalid_field(
            "EndDate", f"A fiscal year is whole months, at most {_LONGEST_YEAR_MONTHS}."
        )
    years = books.all(FISCAL_YEARS)
    if any(year["StartDate"] <= end and start <= year["EndDate"] for year in years):
        raise errors.conflict(f"A fiscal year already includes days between {start} and {end}.")
    edges = {days_after(year["EndDate"], 1) for year in years} | {year["StartDate"] for year in years}
    if years and start not in edges and days_after(end, 1) not in edges:
        raise errors.invalid_field("StartDate", "A fiscal year must follow or precede another without a gap.")
    method = years[-1]["BookkeepingMethod"] if years else 0
    year = books.put(
        FISCAL_YEARS,
        {
            **FISCAL_YEAR.blank(),
            "Id": books.new_id(),
            "StartDate": start,
            "EndDate": end,
            "BookkeepingMethod": method,
        },
    )
    if years:
        for known in books.find(ACCOUNTS, "FiscalYearId", years[-1]["Id"]):
            add_account(books, {**known, "FiscalYearId": year["Id"]})
    return year


def add_account(books: Books, fields: Mapping[str, Any]) -> Record:
    """Add an account to the chart of its fiscal year."""
    now = books.now
    key = f"{fields['FiscalYearId']}/{fields['Number']}"
    record = {
        **ACCOUNT.blank(),
        **fields,
        "CreatedUtc": now,
        "ModifiedUtc": now,
        "Id": books.new_id(),
        "_key": key,
    }
    return books.put(ACCOUNTS, record)


def _lock_year(call: Call) -> Answer:
    year = found_or_404(call, FISCAL_YEARS, "Fiscal year")
    sent = call.body(FISCAL_YEAR_LOCK)
    locked = sent.get("IsLockedForAccounting", year["IsLockedForAccounting"])
    return Answer(public(call.books.put(FISCAL_YEARS, {**year, "IsLockedForAccounting": locked})))


# Accounts


def _shown_account(record: Record) -> dict[str, Any]:
    shown = public(record)
    del shown["Id"]  # the API knows accounts by year and number
    return shown


def _accounts(call: Call) -> Answer:
    return page(call, ACCOUNTS, ACCOUNT, _shown_account)


def _accounts_of_year(call: Call) -> Answer:
    year = _year_of_path(call)
    return page(
        call, ACCOUNTS, ACCOUNT, _shown_account, keep=lambda record: record["FiscalYearId"] == year["Id"]
    )


def _year_of_path(call: Call) -> Record:
    year_id = call.guid(0, "fiscal year")
    year = call.books.get(FISCAL_YEARS, year_id)
    if year is None:
        raise errors.Refusal(
            404, errors.NO_FISCAL_YEAR, "FiscalYearDoesNotExistException", f"No fiscal year {year_id}."
        )
    return year


def _account_of_path(call: Call) -> Record:
    year, number = _year_of_path(call), call.path[1]
    known = account(call.books, year, int(number)) if number.isdecimal() else None
    if known is None:
        raise errors.Refusal(
            404, errors.NO_ACCOUNT, "AccountNotFoundException", f"Account {number} was not found."
        )
    return known


def _account(call: Call) -> Answer:
    return Answer(_shown_account(_account_of_path(call)))


def _create_account(call: Call) -> Answer:
    call.option("useDefaultAccountType", default=True)
    books, sent = call.books, call.body(ACCOUNT)
    year = books.get(FISCAL_YEARS, sent["FiscalYearId"])
    if year is None:
        raise errors.Refusal(
            400, errors.NO_FISCAL_YEAR, "FiscalYearDoesNotExistException", "No such fiscal year."
        )
    number = sent["Number"]
    if not number.isdecimal() or len(number) != books.settings["AccountNumberDigits"]:
        raise errors.invalid_field(
            "Number", f"An account number has {books.settings['AccountNumberDigits']} digits."
        )
    if account(books, year, int(number)) is not None:
        raise errors.conflict(f"Account {number} already exists in the fiscal year.")
    if sent.get("VatCodeId"):
        books.needed(VAT_CODES, "VAT code", sent["VatCodeId"])
    return created(_shown_account(add_account(books, sent)))


def _replace_account(call: Call) -> Answer:
    before, sent = _account_of_path(call), call.body(ACCOUNT)
    if (sent["Number"], sent["FiscalYearId"]) != (before["Number"], before["FiscalYearId"]):
        raise errors.cannot_change("The number and the fiscal year of an account cannot be changed.")
    kept = {name: before[name] for name in ("Id", "_key", "CreatedUtc")}
    record = {**ACCOUNT.blank(), **sent, **kept, "ModifiedUtc": call.books.now}
    return Answer(_shown_account(call.books.put(ACCOUNTS, record)))


# Bank accounts


def save_bank_account(books: Books, sent: Mapping[str, Any], before: Record | None = None) -> Record:
    """Create or replace a bank account. Raises the refusal of the first broken rule."""
    kind = sent["BankAccountType"]
    if kind not in {_CASH_ACCOUNT, _TAX_ACCOUNT} and not (sent.get("Bban") or sent.get("Iban")):
        raise errors.invalid_field("Bban", "The field is required for this type of account.", "Required")
    year = books.all(FISCAL_YEARS)[-1]
    if account(books, year, sent["LedgerAccountNumber"]) is None:
        raise errors.no_account(sent["LedgerAccountNumber"])
    record = {
        **BANK_ACCOUNT.blank(),
        **{name: value for name, value in sent.items() if value is not None},
        "Id": books.id_for(sent, before),
        "BankAccountTypeDescription": _BANK_TYPES[kind],
        "CurrencyCode": before["CurrencyCode"] if before else books.currency,
        "ModifiedUtc": books.now,
    }
    return books.put(BANK_ACCOUNTS, record)


def _create_bank_account(call: Call) -> Answer:
    return created(public(save_bank_account(call.books, call.body(BANK_ACCOUNT))))


def _replace_bank_account(call: Call) -> Answer:
    before = found_or_404(call, BANK_ACCOUNTS, "Bank account")
    return Answer(public(save_bank_account(call.books, call.body(BANK_ACCOUNT), before)))


def _delete_bank_account(call: Call) -> Answer:
    record = found_or_404(call, BANK_ACCOUNTS, "Bank account")
    if call.books.find(PAYMENTS, "CompanyBankAccountId", record["Id"]):
        raise errors.cannot_delete("The bank account has transactions. Set IsActive to false instead.")
    call.books.delete(BANK_ACCOUNTS, record["Id"])
    return DONE


OPERATIONS = (
    Operation("GET", "/articleaccountcodings", _dated(_listed(CODINGS, CODING))),
    Operation("GET", "/articleaccountcodings/{}", _dated(_one(CODINGS, "Article account coding"))),
    Operation("GET", "/units", _listed(UNITS, UNIT)),
    Operation("GET", "/units/{}", _one(UNITS, "Unit", declared=True)),
    Operation("GET", "/termsofpayments", _listed(TERMS, TERMS_SHAPE)),
    Operation("GET", "/termsofpayments/{}", _one(TERMS, "Terms of payment")),
    Operation("GET", "/countries", _countries),
    Operation("GET", "/countries/{}", _country),
    Operation("GET", "/currencies", _currencies),
    Operation("GET", "/currencies/exchangerate", _exchange_rate),
    Operation("GET", "/vatcodes", _dated(_listed(VAT_CODES, VAT_CODE))),
    Operation("GET", "/vatcodes/{}", _dated(_one(VAT_CODES, "VAT code", declared=True))),
    Operation("GET", "/vatcodesrates", _vat_rates),
    Operation("GET", "/fiscalyears", _listed(FISCAL_YEARS, FISCAL_YEAR)),
    Operation("POST", "/fiscalyears", _create_year),
    Operation("GET", "/fiscalyears/{}", _one(FISCAL_YEARS, "Fiscal year", declared=True)),
    Operation("PUT", "/fiscalyears/{}", _lock_year),
    Operation("GET", "/accounts", _accounts),
    Operation("POST", "/accounts", _create_account),
    Operation("GET", "/accounts/{}", _accounts_of_year),
    Operation("GET", "/accounts/{}/{}", _account),
    Operation("PUT", "/accounts/{}/{}", _replace_account),
    Operation("GET", "/bankaccounts", _listed(BANK_ACCOUNTS, BANK_ACCOUNT)),
    Operation("POST", "/bankaccounts", _create_bank_account),
    Operation("GET", "/bankaccounts/{}", _one(BANK_ACCOUNTS, "Bank account", declared=True)),
    Operation("PUT", "/bankaccounts/{}", _replace_bank_account),
    Operation("DELETE", "/bankaccounts/{}", _delete_bank_account),
)
