"""Where each of our fields comes from in the org: the defaults, what the operator configured, and what really exists.

A SELECT that names one field too many fails as a whole, so every path is looked up in the catalog before a query is built.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce.catalog import (
    ACCOUNT,
    CONTACT,
    CONTACT_ROLE,
    OPPORTUNITY,
    PRODUCT,
    USER,
    Catalog,
    Found,
    Missing,
    Undescribed,
)
from sfspiris.adapters.salesforce.origin import (
    OPPORTUNITIES,
    ORDER,
    ORIGIN_FIELDS,
    Origin,
    find_origin,
    is_of_role,
    needed_for_contact,
    needed_for_origin,
    no_such_path,
    standard_origin,
    with_contact,
)
from sfspiris.adapters.salesforce.package.fields import INVOICE
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DEFAULT_GATE: Final = "IsWon = true"
ALWAYS_DESCRIBED: Final = (ACCOUNT, PRODUCT, USER, INVOICE)


class WhenMissing(StrEnum):
    """What it means when not one of a field's default paths exists in the org."""

    STOP = "stop"  # we could only guess; nothing is read
    EMPTY = "empty"  # the field is empty on every deal, and the operator is told once
    NORMAL = "normal"  # many orgs do without it; nobody is told


@dataclass(frozen=True, slots=True)
class SourceField:
    """One of our fields: its default paths, seen from a deal or a line, of which the first that is not empty wins.

    `without` says what an empty value leads to.
    """

    name: str
    paths: tuple[str, ...]
    when_missing: WhenMissing
    without: str = ""
    is_of_line: bool = False


def _line(name: str, paths: tuple[str, ...], when_missing: WhenMissing, without: str = "") -> SourceField:
    return SourceField(name, paths, when_missing, without, is_of_line=True)


_STOP, _EMPTY, _NORMAL = WhenMissing.STOP, WhenMissing.EMPTY, WhenMissing.NORMAL

SOURCE_FIELDS: Final = {
    one.name: one
    for one in (
        SourceField("amount", ("Amount",), _STOP),
        SourceField("deal_amount", (), _NORMAL),
        SourceField("currency", ("CurrencyIsoCode",), _NORMAL),
        SourceField("delivery_date", ("CloseDate",), _STOP),
        SourceField("delivery_name", (), _NORMAL),
        SourceField("delivery_street", (), _NORMAL),
        SourceField("delivery_postal_code", (), _NORMAL),
        SourceField("delivery_city", (), _NORMAL),
        SourceField("delivery_country", ("Account.ShippingCountryCode", "Account.ShippingCountry"), _NORMAL),
        SourceField("prices_include_vat", (), _NORMAL),
        SourceField("housework", ("Housework_Deduction__c",), _NORMAL),
        SourceField("owner_name", ("Owner.Name",), _EMPTY, "reports do not name a deal's owner"),
        SourceField("our_reference", ("Owner.Name",), _EMPTY, "drafts carry no reference of ours"),
        SourceField(
            "your_reference",
            ("Primary_Contact__r.Name", "Account.Name"),
            _EMPTY,
            "drafts carry no reference of the buyer's",
        ),
        SourceField("electronic_reference", (), _NORMAL),
        SourceField("comment", (), _NORMAL),
        SourceField("cost_centre", (), _NORMAL),
        SourceField("project", (), _NORMAL),
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
        SourceField("is_person", ("Account.IsPersonAccount",), _NORMAL),
        SourceField("personal_number", (), _NORMAL),
        SourceField("person_email", ("Account.PersonEmail",), _NORMAL),
        SourceField("person_street", ("Account.PersonMailingStreet",), _NORMAL),
        SourceField("person_postal_code", ("Account.PersonMailingPostalCode",), _NORMAL),
        SourceField("person_city", ("Account.PersonMailingCity",), _NORMAL),
        SourceField(
            "person_country", ("Account.PersonMailingCountryCode", "Account.PersonMailingCountry"), _NORMAL
        ),
        SourceField("sells_construction", ("Account.Sells_Construction_Services__c",), _NORMAL),
        SourceField("phone", ("Account.Phone",), _EMPTY, "new customers get no telephone number"),
        SourceField("contact_name", ("Contact.Name",), _NORMAL),
        SourceField("contact_email", ("Contact.Email",), _NORMAL),
        SourceField("contact_phone", ("Contact.Phone", "Contact.MobilePhone"), _NORMAL),
        SourceField("contact_street", ("Contact.MailingStreet",), _NORMAL),
        SourceField("contact_postal_code", ("Contact.MailingPostalCode",), _NORMAL),
        SourceField("contact_city", ("Contact.MailingCity",), _NORMAL),
        SourceField("contact_country", ("Contact.MailingCountryCode", "Contact.MailingCountry"), _NORMAL),
        SourceField("contact_personal_number", (), _NORMAL),
        SourceField("contact_customer_number", (), _NORMAL),
        SourceField("contact_customer_key", (), _NORMAL),
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
        _line("line_cost_centre", (), _NORMAL),
        _line("line_project", (), _NORMAL),
    )
}

_OF_ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "amount": ("TotalAmount",),
    "delivery_date": ("EffectiveDate",),
    "your_reference": ("BillToContact.Name", "Account.Name"),
    "purchase_order": ("PoNumber",),
    "line_name": ("Product2.Name",),
    "line_text": ("Description", "Product2.Name"),
    "line_service_until": ("EndDate", "Service_End_Date__c"),
}
"""Where an Order and its lines keep what an Opportunity keeps elsewhere. An order's line has no discount: its price is after it."""

_OF_QUOTES: Final[Mapping[str, tuple[str, ...]]] = {
    "amount": ("SyncedQuote.TotalPrice",),
    "deal_amount": ("Amount",),
    "line_name": ("Product2.Name",),
    "line_text": ("Description", "Product2.Name"),
}

_OF_OWN_OBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "amount": (),
    "delivery_date": (),
    "line_quantity": (),
    "line_unit_price": (),
    "line_discount": (),
    "line_total": (),
    "line_text": ("Description__c", "Product2.Name", "Name"),
    "line_service_from": (),
}


def fields_of(origin: Origin) -> Mapping[str, SourceField]:
    """Our fields with the default paths that they have when deals come from there."""
    changed: Mapping[str, tuple[str, ...]] = {}
    softer: frozenset[str] = frozenset()
    if origin.is_own:
        changed = _OF_OWN_OBJECTS
        softer = frozenset({"amount", "delivery_date", "line_discount", "line_total", "line_article"})
    elif origin.object == ORDER:
        changed, softer = _OF_ORDERS, frozenset({"line_discount"})
    elif origin.quote_id:
        changed = _OF_QUOTES
    return {
        one.name: replace(
            one,
            paths=tuple(
                _seen_from(origin, path) for path in changed.get(one.name, one.paths) if _leads(origin, path)
            ),
            when_missing=WhenMissing.NORMAL if one.name in softer else one.when_missing,
        )
        for one in SOURCE_FIELDS.values()
    }


def _seen_from(origin: Origin, path: str) -> str:
    """A path with the relationships to the buyer and to the product as this origin calls them.

    Paths that the operator wrote may say Account and Product2 too: no lookup of an own object can be called that.
    """
    first, dot, rest = path.partition(".")
    if first == ACCOUNT and dot:
        return f"{origin.account}.{rest}"
    if first == PRODUCT and dot and origin.product:
        return f"{origin.product}.{rest}"
    if first == CONTACT and dot and origin.contact:
        return f"{origin.contact}.{rest}"
    return path


def _leads(origin: Origin, path: str) -> bool:
    """Whether there is such a relationship at all: lines of an own object may know no product, and it may have no owner."""
    first = path.partition(".")[0]
    return not (
        (first == PRODUCT and origin.product is None)
        or (first == "Owner" and not origin.has_owner)
        or (first == CONTACT and origin.contact is None)
    )


@dataclass(frozen=True, slots=True)
class Source:
    """What the operator configured about where deals come from.

    `gate` is a SOQL condition; `record_types` are developer names, none meaning all; `fields` are the paths of
    `[source.fields]`, ours → Salesforce's; `route_paths` are what the routes ask about. `object` is what deals are
    records of, and `lines` names the list of its lines where there is a choice. With `contacts`, the contact of a deal
    without an account is read too; with `readiness`, what open deals were told about being invoiced.
    """

    gate: str = DEFAULT_GATE
    record_types: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    route_paths: tuple[str, ...] = ()
    object: str = OPPORTUNITY
    lines: str | None = None
    contacts: bool = False
    readiness: bool = False

    @property
    def is_standard(self) -> bool:
        """Whether deals are read from an object of Salesforce's own."""
        return standard_origin(self.object, self.lines) is not None


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
    origin: Origin = OPPORTUNITIES

    def deal_paths(self) -> Iterator[str]:
        """Every path from a deal that our fields and the routes need."""
        yield from (path for path in self._paths(of_line=False) if not is_of_role(path))
        yield from self.routes.values()

    def role_paths(self) -> Iterator[str]:
        """Every path from the record of an Opportunity's primary contact."""
        of_role = (path for path in self._paths(of_line=False) if is_of_role(path))
        yield from (path.partition(".")[2] for path in of_role)

    def line_paths(self) -> Iterator[str]:
        """Every path from a line."""
        return self._paths(of_line=True)

    def _paths(self, *, of_line: bool) -> Iterator[str]:
        for name, paths in self.fields.items():
            if SOURCE_FIELDS[name].is_of_line is of_line:
                yield from paths


def undescribed(source: Source, catalog: Catalog) -> set[str]:
    """The objects that must be described before `resolve` can judge every path; empty when it can.

    Of an own object, what its paths lead to is only known when it has been described itself: then ask again.
    """
    _check_names(source.fields)
    needed = {name for name in ALWAYS_DESCRIBED if name not in catalog.objects}
    needed |= needed_for_origin(source.object, source.lines, source.fields, catalog)
    if needed:
        return needed
    origin = find_origin(source.object, source.lines, source.fields, catalog)
    if source.contacts:
        if needed := needed_for_contact(origin, catalog):
            return needed
        origin = with_contact(origin, source.fields, catalog)
    for root, path in _all_paths(source, origin):
        match _find(catalog, root, path):
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
    origin = find_origin(source.object, source.lines, source.fields, catalog)
    if source.contacts:
        origin = with_contact(origin, source.fields, catalog)
    fields: dict[str, tuple[str, ...]] = {}
    missing: list[MissingSourceField] = []
    for one in fields_of(origin).values():
        root = origin.line_object if one.is_of_line else origin.object
        written = source.fields.get(one.name)
        if written is not None:
            key = f"[source.fields] {one.name}"
            fields[one.name] = tuple(
                _must_exist(catalog, root, _seen_from(origin, path), key) for path in written
            )
            continue
        found = [_find(catalog, root, path) for path in one.paths]
        fields[one.name] = tuple(place.path for place in found if isinstance(place, Found))
        if fields[one.name] or one.when_missing is WhenMissing.NORMAL:
            continue
        if one.when_missing is WhenMissing.STOP:
            if not one.paths:
                raise _unnamed(one.name, root, catalog)
            _must_exist(catalog, root, one.paths[0], f"[source.fields] {one.name}")
        missing.append(MissingSourceField(one.name, one.paths, one.without))
    routes = {
        path: _must_exist(
            catalog, origin.object, _seen_from(origin, path), f'[[routes]] when = {{ "{path}" = … }}'
        )
        for path in source.route_paths
    }
    if source.record_types:
        _must_exist(catalog, origin.object, "RecordTypeId", "[source] record_types")
    return SourceMap(fields, routes, tuple(missing), origin)


def _all_paths(source: Source, origin: Origin) -> Iterator[tuple[str, str]]:
    for one in fields_of(origin).values():
        for path in source.fields.get(one.name, one.paths):
            yield origin.line_object if one.is_of_line else origin.object, _seen_from(origin, path)
    for path in source.route_paths:
        yield origin.object, _seen_from(origin, path)


def _find(catalog: Catalog, root: str, path: str) -> Found | Missing | Undescribed:
    """Where a path leads; one that begins at an Opportunity's primary contact is looked up from that record."""
    if not is_of_role(path):
        return catalog.find(root, path)
    place = catalog.find(CONTACT_ROLE, path.partition(".")[2])
    return replace(place, path=f"{CONTACT_ROLE}.{place.path}") if isinstance(place, Found) else place


def _check_names(written: Iterable[str]) -> None:
    for name in written:
        if name in SOURCE_FIELDS or name in ORIGIN_FIELDS:
            continue
        close = difflib.get_close_matches(name, SOURCE_FIELDS, n=1)
        raise ConfigError(
            f"[source.fields] {name}: there is no such field of ours.",
            remedy=f"Did you mean {close[0]}?"
            if close
            else f"Use one of: {', '.join(sorted(SOURCE_FIELDS))}.",
        )


def _unnamed(name: str, owner: str, catalog: Catalog) -> ConfigError:
    """The refusal of an own object about which nothing says where it keeps what we cannot do without."""
    near = catalog.nearest(owner, name.removeprefix("line_") + "__c")
    return ConfigError(
        f"[source.fields] {name}: nothing says which field of the Salesforce object {owner} it is.",
        remedy=(f"Did you mean {near}? " if near else "")
        + f'Add a line to sfspiris.toml, such as {name} = "{near or "Field__c"}".',
    )


def _must_exist(catalog: Catalog, root: str, path: str, key: str) -> str:
    match _find(catalog, root, path):
        case Found(found):
            return found
        case Missing() as missing:
            raise no_such_path(missing, path, key)
        case Undescribed(owner):
            raise ValueError(f"{owner} has not been described")
