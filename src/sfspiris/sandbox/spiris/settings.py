"""The company itself: `/companysettings` and `/users`."""

from collections.abc import Mapping
from typing import Any, Final

from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import (
    BANK_ACCOUNTS,
    CUSTOMER_SERIES,
    INVOICE_SERIES,
    ORDER_SERIES,
    QUOTE_SERIES,
    USERS,
    Books,
    Series,
    public,
)
from sfspiris.sandbox.spiris.lists import page
from sfspiris.sandbox.spiris.model.company import SETTINGS, USER
from sfspiris.sandbox.spiris.standard.countries import CODES
from sfspiris.sandbox.spiris.wire import Answer, Call, Operation

SERIES: Final[Mapping[str, Series]] = {
    series.setting: series
    for series in (
        CUSTOMER_SERIES,
        INVOICE_SERIES,
        ORDER_SERIES,
        Series("NextSupplierNumber"),
        QUOTE_SERIES,
        Series("NextArticleNumber"),
    )
}
"""Settings that show the next number of a series, which is kept apart from the settings."""

# By the manual's own words, null leaves these two as they were.
_KEPT_WHEN_NULL: Final = ("FirstPaymentReminderWithoutFee", "LatePaymentFee")


def shown(books: Books) -> dict[str, Any]:
    """The settings as they are answered: the next numbers added, and what the switches have overridden."""
    settings = public(books.settings)
    for name, series in SERIES.items():
        settings[name] = books.next_number(series)
    if books.switches.get("keep_original_draft_date") != "company":
        settings["KeepOriginalDraftDate"] = books.keeps_draft_dates
    if books.switches.get("domestic_currency_rounding") != "company":
        settings["DomesticCurrencyRounding"] = int(books.rounds_to_krona)
    settings["Iban"] = settings.get("Iban") or next(
        (account["Iban"] for account in books.all(BANK_ACCOUNTS) if account["Iban"] and account["IsActive"]),
        None,
    )
    if not settings.get("AccountingLockedTo"):
        settings.pop("AccountingLockedTo", None)
    return settings


def replace(books: Books, sent: Mapping[str, Any]) -> None:
    """Replace everything that the API lets one replace."""
    if sent["CountryCode"] not in CODES:
        raise errors.invalid_field("CountryCode", f"'{sent['CountryCode']}' is not a country code.")
    settings = {**books.settings}
    whole = SETTINGS.filled(sent)
    for name, field in SETTINGS.fields.items():
        if field.read_only or (sent.get(name) is None and name in _KEPT_WHEN_NULL):
            continue
        settings.pop(name, None)
        if name in whole:
            settings[name] = whole[name]
    books.put_settings(settings)


def _get(call: Call) -> Answer:
    return Answer(shown(call.books))


def _replace(call: Call) -> Answer:
    replace(call.books, call.body(SETTINGS))
    return Answer(shown(call.books))


def _users(call: Call) -> Answer:
    user_id = call.session.user_id
    return page(
        call, USERS, USER, lambda record: {**public(record), "IsCurrentUser": record["Id"] == user_id}
    )


OPERATIONS = (
    Operation("GET", "/companysettings", _get),
    Operation("PUT", "/companysettings", _replace),
    Operation("GET", "/users", _users),
)
