"""Pure: invoices and accounts' sums ↔ Salesforce's records of them. Field names follow from ours: `amount_net` is `Amount_Net__c`."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.adapters.salesforce.ids import long_id
from sfspiris.adapters.salesforce.package.fields import ACCOUNT, INVOICE
from sfspiris.adapters.salesforce.soql import instant
from sfspiris.core.receivables import AccountSummary, InvoiceRecord, as_value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sfspiris.adapters.salesforce.catalog import Catalog
    from sfspiris.adapters.salesforce.wire import Row
    from sfspiris.core.receivables import Shown, Value

EXTERNAL_ID: Final = "External_Id__c"


def _theirs(ours: str) -> str:
    return f"{'_'.join(part.capitalize() for part in ours.split('_'))}__c"


INVOICE_FIELDS: Final = {one.name: _theirs(one.name) for one in fields(InvoiceRecord)}
ACCOUNT_FIELDS: Final = {
    one.name: _theirs(one.name) for one in fields(AccountSummary) if one.name != "account"
}


def writable(catalog: Catalog) -> tuple[frozenset[str], frozenset[str]]:
    """Our names of the fields that exist and may be written; no invoice field at all without the external id."""
    invoice = _writable(catalog, INVOICE, INVOICE_FIELDS)
    return (
        invoice - {"external_id"} if "external_id" in invoice else frozenset(),
        _writable(catalog, ACCOUNT, ACCOUNT_FIELDS),
    )


def missing(catalog: Catalog, *, invoices: bool, accounts: bool) -> tuple[str, ...]:
    """Salesforce's names of the wanted fields that do not exist or may not be written; the whole object where none may."""
    wanted = ((invoices, INVOICE, INVOICE_FIELDS), (accounts, ACCOUNT, ACCOUNT_FIELDS))
    found: list[str] = []
    for is_wanted, object_, names in wanted:
        lacking = [theirs for ours, theirs in names.items() if ours not in _writable(catalog, object_, names)]
        if is_wanted and object_ == INVOICE and len(lacking) == len(names):
            found.append(object_)
        elif is_wanted:
            found += [f"{object_}.{theirs}" for theirs in lacking]
    return tuple(found)


def _writable(catalog: Catalog, object_: str, names: Mapping[str, str]) -> frozenset[str]:
    found = {ours: catalog.field(object_, theirs) for ours, theirs in names.items()}
    return frozenset(ours for ours, field in found.items() if field is not None and field.updateable)


def invoice_query(known: Collection[str]) -> str:
    """Every invoice of ours with the fields that exist."""
    named = ", ".join([EXTERNAL_ID, *(INVOICE_FIELDS[name] for name in sorted(known))])
    return f"SELECT {named} FROM {INVOICE} WHERE {EXTERNAL_ID} != null ORDER BY {EXTERNAL_ID}"  # noqa: S608 - our own names


def changed_invoices_query(known: Collection[str], since: datetime) -> str:
    """Invoices of ours that were changed since, those in the recycle bin too, with the fields that exist."""
    named = ", ".join([EXTERNAL_ID, "IsDeleted", *(INVOICE_FIELDS[name] for name in sorted(known))])
    return (
        f"SELECT {named} FROM {INVOICE} WHERE {EXTERNAL_ID} != null AND SystemModstamp >= {instant(since)} "  # noqa: S608 - our own names
        f"ORDER BY {EXTERNAL_ID}"
    )


def shown_accounts_query(known: Collection[str], since: datetime | None) -> str:
    """Accounts that show any of our sums, or those of them that were changed since; the others of a large org are none of ours."""
    any_shown = " OR ".join(f"{ACCOUNT_FIELDS[name]} != null" for name in sorted(known))
    lately = f"SystemModstamp >= {instant(since)} AND " if since is not None else ""
    return f"{account_select(known)} WHERE {lately}({any_shown}) ORDER BY Id"


def account_select(known: Collection[str]) -> str:
    """The beginning of a query for what accounts owe, with the fields that exist."""
    return f"SELECT {', '.join(['Id', *(ACCOUNT_FIELDS[name] for name in sorted(known))])} FROM {ACCOUNT}"  # noqa: S608 - our own names


def invoice_body(record: InvoiceRecord, known: Collection[str]) -> dict[str, Any]:
    """The record for an upsert by external id."""
    return {
        "attributes": {"type": INVOICE},
        EXTERNAL_ID: record.external_id,
        **_body(record, {name: theirs for name, theirs in INVOICE_FIELDS.items() if name in known}),
    }


def account_body(summary: AccountSummary, known: Collection[str]) -> dict[str, Any]:
    """The record for an update. A customer number that we do not have is left as it is."""
    names = {
        name: theirs
        for name, theirs in ACCOUNT_FIELDS.items()
        if name in known and not (name == "spiris_customer_number" and summary.spiris_customer_number is None)
    }
    return {"attributes": {"type": ACCOUNT}, "Id": long_id(summary.account), **_body(summary, names)}


def number_body(account: str, number: str | None) -> dict[str, Any]:
    """The record for an update of the customer's number alone."""
    theirs = ACCOUNT_FIELDS["spiris_customer_number"]
    return {"attributes": {"type": ACCOUNT}, "Id": long_id(account), theirs: number}


def _body(shown: Shown, names: Mapping[str, str]) -> dict[str, Any]:
    return {theirs: _plain(getattr(shown, ours)) for ours, theirs in names.items()}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | Decimal) else str(value)


def invoice_values(row: Row, known: Collection[str]) -> tuple[str, dict[str, Value]]:
    """The external id and what Salesforce shows, by our names, as it compares with what should be shown."""
    return str(row[EXTERNAL_ID]), {name: _read(row.get(INVOICE_FIELDS[name])) for name in known}


def account_values(row: Row, known: Collection[str]) -> tuple[str, dict[str, Value]]:
    """The account's id and what Salesforce shows of it, likewise."""
    return long_id(row["Id"]), {name: _read(row.get(ACCOUNT_FIELDS[name])) for name in known}


def _read(value: object) -> Value:
    return as_value(Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value)
