"""Where each of our fields comes from in the org: the defaults, what the operator configured, and what really exists.

A SELECT that names one field too many fails as a whole, so every path is looked up in the catalog before a query is built.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce.catalog import (
    ACCOUNT,
    LINE_ITEM,
    OPPORTUNITY,
    PRODUCT,
    USER,
    Catalog,
    Found,
    Missing,
    Undescribed,
)
from sfspiris.adapters.salesforce.package.fields import INVOICE
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DEFAULT_GATE: Final = "IsWon = true"
ALWAYS_DESCRIBED: Final = (OPPORTUNITY, LINE_ITEM, ACCOUNT, PRODUCT, USER, INVOICE)

_HIDDEN: Final = (
    "If it does exist, field-level security hides it: give the integration user's permission set read access."
)


class WhenMissing(StrEnum):
    """What it means when not one of a field's default paths exists in the org."""

    STOP = "stop"  # we could only guess; nothing is read
    EMPTY = "empty"  # the field is empty on every deal, and the operator is told once
    NORMAL = "normal"  # many orgs do without it; nobody is told


@dataclass(frozen=True, slots=True)
class SourceField:
    """One of our fields: its default paths, seen from `root`, of which the first that is not empty wins.

    `without` says what an empty value leads to.
    """

    name: str
    paths: tuple[str, ...]
    when_missing: WhenMissing
    without: str = ""
    root: str = OPPORTUNITY


def _line(name: str, paths: tuple[str, ...], when_missing: WhenMissing, without: str = "") -> SourceField:
    return SourceField(name, paths, when_missing, without, root=LINE_ITEM)


_STOP, _EMPTY, _NORMAL = WhenMissing.STOP, WhenMissing.EMPTY, WhenMissing.NORMAL

SOURCE_FIELDS: Final = {
    one.name: one
    for one in (
        SourceField("amount", ("Amount",), _STOP),
        SourceField("currency", ("CurrencyIsoCode",), _NORMAL),
        SourceField("delivery_date", ("CloseDate",), _STOP),
        SourceField("delivery_country", ("Account.ShippingCountryCode", "Account.ShippingCountry"), _NORMAL),
        SourceField("housework", ("Housework_Deduction__c",), _NORMAL),
        SourceField("owner_name", ("Owner.Name",), _EMPTY, "reports do not name a deal's owner"),
        SourceField("our_reference", ("Owner.Name",), _EMPTY, "drafts carry no reference of ours"),
        SourceField(
            "your_reference",
            ("Primary_Contact__r.Name", "Account.Name"),
            _EMPTY,
            "drafts carry no reference of the buyer's",
        ),
        SourceField("comment", (), _NORMAL),
        SourceField("purchase_order", ("PO_Number__c",), _EMPTY, "drafts carry no purchase order number"),
        SourceField(
            "payment_terms_days",
            ("Payment_Terms__c", "Account.Payment_Terms__c"),
            _EMPTY,
            "drafts get the payment terms that are the default in the ledger",
        ),
        SourceField("name", ("Account.Name",), _STOP),
        SourceField("orgnr", ("Account.Organisation_Number__c",), _STOP),
        SourceField(
            "vat_number",
            ("Account.VAT_Number__c",),
            _EMPTY,
            "buyers in other EU countries are held, for their VAT treatment cannot be decided",
        ),
        SourceField(
            "customer_number",
            ("Account.Spiris_Customer_Number__c",),
            _EMPTY,
            "customers are found by organisation number, VAT number and name only",
        ),
        SourceField("customer_key", (), _NORMAL),
        SourceField("street", ("Account.BillingStreet",), _STOP),
        SourceField("postal_code", ("Account.BillingPostalCode",), _STOP),
        SourceField("city", ("Account.BillingCity",), _STOP),
        SourceField("country", ("Account.BillingCountryCode", "Account.BillingCountry"), _STOP),
        SourceField("email", (), _NORMAL),
        SourceField("sells_construction", ("Account.Sells_Construction_Services__c",), _NORMAL),
        SourceField("phone", ("Account.Phone",), _EMPTY, "new customers get no telephone number"),
        _line("line_quantity", ("Quantity",), _STOP),
        _line("line_unit_price", ("UnitPrice",), _STOP),
        _line(
            "line_discount",
            ("Discount",),
            _EMPTY,
            "lines count as undiscounted, and a deal whose amount says otherwise is held",
        ),
        _line("line_total", ("TotalPrice",), _STOP),
        _line("line_article", ("Product2.ProductCode",), _STOP),
        _line("line_name", ("Product2.Name", "Name"), _STOP),
        _line("line_text", ("Description", "Product2.Name", "Name"), _STOP),
        _line("line_family", ("Product2.Family",), _EMPTY, "articles are never chosen by product family"),
        _line("line_unit", ("Product2.QuantityUnitOfMeasure",), _NORMAL),
        _line("line_service_from", ("ServiceDate",), _NORMAL),
        _line("line_service_until", ("Service_End_Date__c",), _NORMAL),
        _line("line_vat_category", ("Product2.VAT_Category__c",), _NORMAL),
        _line("line_vat_rate", ("Product2.VAT_Rate__c",), _NORMAL),
    )
}


@dataclass(frozen=True, slots=True)
class Source:
    """What the operator configured about where deals come from.

    `gate` is a SOQL condition; `record_types` are developer names, none meaning all; `fields` are the paths of
    `[source.fields]`, ours → Salesforce's; `route_paths` are what the routes ask about.
    """

    gate: str = DEFAULT_GATE
    record_types: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    route_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingSourceField:
    """One of our fields that no field of the org feeds: the paths that were tried, and what that leads to."""

    name: str
    paths: tuple[str, ...]
    without: str


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The paths that really exist, in the org's spelling.

    `fields` has every one of our fields, possibly with no path; `routes` maps a route's path as it was written to the org's
    spelling.
    """

    fields: Mapping[str, tuple[str, ...]]
    routes: Mapping[str, str]
    missing: tuple[MissingSourceField, ...] = ()

    def deal_paths(self) -> Iterator[str]:
        """Every path from Opportunity that our fields and the routes need."""
        yield from self._paths(OPPORTUNITY)
        yield from self.routes.values()

    def line_paths(self) -> Iterator[str]:
        """Every path from OpportunityLineItem."""
        return self._paths(LINE_ITEM)

    def _paths(self, root: str) -> Iterator[str]:
        for name, paths in self.fields.items():
            if SOURCE_FIELDS[name].root == root:
                yield from paths


def undescribed(source: Source, catalog: Catalog) -> set[str]:
    """The objects that must be described before `resolve` can judge every path; empty when it can."""
    needed = {name for name in ALWAYS_DESCRIBED if name not in catalog.objects}
    for root, path in _all_paths(source):
        match catalog.find(root, path):
            case Undescribed(name):
                needed.add(name)
            case _:
                pass
    return needed


def resolve(source: Source, catalog: Catalog) -> SourceMap:
    """Which paths exist.

    Raises ConfigError when a path that the operator wrote does not exist, or no default path of a field that we cannot do
    without. `undescribed` must have returned nothing for this catalog.
    """
    _check_names(source.fields)
    _check_objects(catalog)
    fields: dict[str, tuple[str, ...]] = {}
    missing: list[MissingSourceField] = []
    for one in SOURCE_FIELDS.values():
        written = source.fields.get(one.name)
        if written is not None:
            key = f"[source.fields] {one.name}"
            fields[one.name] = tuple(_must_exist(catalog, one.root, path, key) for path in written)
            continue
        found = [catalog.find(one.root, path) for path in one.paths]
        fields[one.name] = tuple(place.path for place in found if isinstance(place, Found))
        if fields[one.name] or one.when_missing is WhenMissing.NORMAL:
            continue
        if one.when_missing is WhenMissing.STOP:
            _must_exist(catalog, one.root, one.paths[0], f"[source.fields] {one.name}")
        missing.append(MissingSourceField(one.name, one.paths, one.without))
    routes = {
        path: _must_exist(catalog, OPPORTUNITY, path, f'[[routes]] when = {{ "{path}" = … }}')
        for path in source.route_paths
    }
    if source.record_types:
        _must_exist(catalog, OPPORTUNITY, "RecordTypeId", "[source] record_types")
    return SourceMap(fields, routes, tuple(missing))


def _all_paths(source: Source) -> Iterator[tuple[str, str]]:
    for one in SOURCE_FIELDS.values():
        for path in source.fields.get(one.name, one.paths):
            yield one.root, path
    for path in source.route_paths:
        yield OPPORTUNITY, path


def _check_names(written: Iterable[str]) -> None:
    for name in written:
        if name in SOURCE_FIELDS:
            continue
        close = difflib.get_close_matches(name, SOURCE_FIELDS, n=1)
        raise ConfigError(
            f"[source.fields] {name}: there is no such field of ours.",
            remedy=f"Did you mean {close[0]}?"
            if close
            else f"Use one of: {', '.join(sorted(SOURCE_FIELDS))}.",
        )


def _check_objects(catalog: Catalog) -> None:
    for name in (OPPORTUNITY, ACCOUNT, LINE_ITEM, PRODUCT):
        if not catalog.objects.get(name):
            raise ConfigError(
                f"The integration user cannot see the object {name} in Salesforce.",
                remedy=f"Give its permission set read access to {name}, then run the same command again.",
            )


def _must_exist(catalog: Catalog, root: str, path: str, key: str) -> str:
    match catalog.find(root, path):
        case Found(found):
            return found
        case Missing(owner, name, nearest):
            what = "relationship" if name != path.rsplit(".", 1)[-1] else "field"
            suggestion = f"Did you mean {nearest}? " if nearest else ""
            raise ConfigError(
                f'{key}: the Salesforce object {owner} has no {what} "{name}" (in the path {path}).',
                remedy=f"{suggestion}Correct the path in sfspiris.toml. {_HIDDEN}",
            )
        case Undescribed(owner):
            raise ValueError(f"{owner} has not been described")
