"""The object that deals are read from: Opportunity, Order or one of the org's own, and where its buyer and its lines are.

Everything that differs between them stands here; the queries and the mapping only follow what an Origin says.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sfspiris.adapters.salesforce.catalog import (
    ACCOUNT,
    CONTACT,
    CONTACT_ROLE,
    LINE_ITEM,
    OPPORTUNITY,
    PRODUCT,
    Catalog,
    Found,
    Missing,
    Undescribed,
)
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sfspiris.adapters.salesforce.catalog import Child, Field

ORDER: Final = "Order"
QUOTE_LINES: Final = "quote"
"""What `[source] lines` says when an Opportunity's lines are those of the quote that is synced with it."""

BUYER: Final = "buyer"
CLOSED_ON: Final = "closed_on"
BUYING_CONTACT: Final = "contact"
ORIGIN_FIELDS: Final = frozenset({BUYER, CLOSED_ON, BUYING_CONTACT})
"""Fields of `[source.fields]` that have exactly one path, for queries are built on them."""

_QUOTE: Final = "Quote"
_QUOTE_LINE: Final = "QuoteLineItem"


@dataclass(frozen=True, slots=True)
class Origin:
    """An object that deals are read from, all paths as seen from it.

    `account_id` is the lookup to the buyer's Account and `account` the relationship by which a path walks on from it;
    `lines` is the relationship to the lines, records of `line_object`, of which `product` leads to their Product2.
    `closed_on` is the day on which the deal was won, in a field of type datetime when `closed_at` says so. With
    `quote_id`, the lines hang on the quote that this lookup names. An own object may have no owner and no stage.
    `contact_id` and `contact` likewise lead to the Contact who buys where there is no Account, and are None where such deals
    are not read; on an Opportunity they begin with OpportunityContactRole, the record of its primary contact.
    """

    object: str
    line_object: str
    lines: str
    account_id: str = "AccountId"
    account: str = "Account"
    product: str | None = "Product2"
    name: str = "Name"
    closed_on: str = "CloseDate"
    closed_at: bool = False
    has_owner: bool = True
    stage: str | None = "StageName"
    open_when: str | None = None
    quote_id: str | None = None
    contact_id: str | None = None
    contact: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is one of the org's own objects, about which nothing is known before it has been described."""
        return self.object.lower().endswith("__c")

    def always(self) -> tuple[str, ...]:
        """The paths that every reading of deals needs."""
        paths = ("Id", self.name, self.closed_on, "SystemModstamp")
        owner = ("OwnerId",) if self.has_owner else ()
        quote = (self.quote_id,) if self.quote_id else ()
        contact = (self.contact_id,) if self.contact_id and not self.has_contact_roles else ()
        return (*paths, *owner, self.account_id, *quote, *contact)

    @property
    def has_contact_roles(self) -> bool:
        """Whether the contact who buys is found by its role, in a query of its own."""
        return is_of_role(self.contact_id or "")


def is_of_role(path: str) -> bool:
    """Whether a path begins at the record that makes somebody the primary contact of an Opportunity."""
    return path.startswith(f"{CONTACT_ROLE}.")


OPPORTUNITIES: Final = Origin(OPPORTUNITY, LINE_ITEM, "OpportunityLineItems", open_when="IsClosed = false")
_ORDERS: Final = Origin(
    ORDER, "OrderItem", "OrderItems", name="OrderNumber", closed_on="EffectiveDate", stage="Status"
)
_QUOTED: Final = replace(
    OPPORTUNITIES, line_object=_QUOTE_LINE, lines="QuoteLineItems", quote_id="SyncedQuoteId"
)


def standard_origin(object_: str, lines: str | None) -> Origin | None:
    """The origin of a standard object; None for one of the org's own."""
    if object_ == ORDER:
        return _ORDERS
    if object_ == OPPORTUNITY:
        return _QUOTED if lines == QUOTE_LINES else OPPORTUNITIES
    return None


def supposed_origin(object_: str, lines: str | None, fields: Mapping[str, tuple[str, ...]]) -> Origin:
    """The origin as far as the configuration alone tells, for a look at it without an org.

    Of an own object, the lookups that nothing names are supposed to be called after what they lead to.
    """
    standard = standard_origin(object_, lines)
    buyer, day = fields.get(BUYER), fields.get(CLOSED_ON) or fields.get("delivery_date")
    if standard is not None:
        return replace(standard, closed_on=fields[CLOSED_ON][0]) if CLOSED_ON in fields else standard
    account_id = buyer[0] if buyer else "Account__c"
    return Origin(
        object_,
        line_object=lines or "",
        lines=lines or "",
        account_id=account_id,
        account=_relationship_of(account_id),
        product="Product__r",
        closed_on=day[0] if day else "CreatedDate",
        stage=None,
    )


def supposed_contact(origin: Origin, fields: Mapping[str, tuple[str, ...]]) -> Origin:
    """The origin with the way to the contact who buys without an account, as far as the configuration alone tells."""
    if BUYING_CONTACT in fields:
        path = fields[BUYING_CONTACT][0]
        return replace(origin, contact_id=path, contact=_relationship_of(path))
    if origin.object == OPPORTUNITY:
        return replace(origin, contact_id=f"{CONTACT_ROLE}.ContactId", contact=f"{CONTACT_ROLE}.{CONTACT}")
    if origin.object == ORDER:
        return replace(origin, contact_id="BillToContactId", contact="BillToContact")
    return replace(origin, contact_id="Contact__c", contact="Contact__r")


def needed_for_origin(
    object_: str, lines: str | None, fields: Mapping[str, tuple[str, ...]], catalog: Catalog
) -> set[str]:
    """The objects that must be described before `find_origin` can answer; empty when it can."""
    needed = {one for one in (object_, ACCOUNT, PRODUCT) if one not in catalog.objects}
    standard = standard_origin(object_, lines)
    if standard is not None:
        objects = (standard.line_object, *((_QUOTE,) if standard.quote_id else ()))
    elif object_ in catalog.objects:
        child = _child(catalog, object_, lines or "")
        objects = (child.object,) if child else ()
    else:
        objects = ()
    needed |= {one for one in objects if one not in catalog.objects}
    for name in ORIGIN_FIELDS & fields.keys():
        for path in fields[name]:
            place = catalog.find(object_, path)
            if isinstance(place, Undescribed):
                needed.add(place.object)
    return needed


def find_origin(
    object_: str, lines: str | None, fields: Mapping[str, tuple[str, ...]], catalog: Catalog
) -> Origin:
    """The origin in this org. Everything that `needed_for_origin` names must have been described.

    Raises ConfigError, naming the key and the nearest name, for an object, a relationship or a lookup that is not there, and
    where several could be meant.
    """
    standard = standard_origin(object_, lines)
    found = standard if standard is not None else _own(object_, lines, fields, catalog)
    for name in (found.line_object, ACCOUNT, PRODUCT, *((_QUOTE,) if found.quote_id else ()), object_):
        if not catalog.objects.get(name):
            raise ConfigError(
                f"The integration user cannot see the object {name} in Salesforce.",
                remedy=f"Give its permission set read access to {name}, then run the same command again.",
            )
    if BUYER in fields:
        place = _single(object_, BUYER, fields[BUYER], catalog)
        if ACCOUNT not in place.field.refers_to or place.field.relationship is None:
            raise ConfigError(
                f"[source.fields] {BUYER}: {place.path} of the Salesforce object {object_} leads to no Account.",
                remedy="Name the lookup to the account that is to be invoiced, such as Account__c.",
            )
        walked = place.path.rpartition(".")[0]
        account = ".".join(part for part in (walked, place.field.relationship) if part)
        found = replace(found, account_id=place.path, account=account)
    return _with_day(found, fields, catalog)


def needed_for_contact(origin: Origin, catalog: Catalog) -> set[str]:
    """The objects that must be described before `with_contact` can answer; empty when it can."""
    roles = (CONTACT_ROLE,) if origin.object == OPPORTUNITY else ()
    return {one for one in (CONTACT, *roles) if one not in catalog.objects}


def with_contact(origin: Origin, fields: Mapping[str, tuple[str, ...]], catalog: Catalog) -> Origin:
    """The origin with the way to the contact who buys where a deal has no account.

    Raises ConfigError where nothing leads to a contact, or several lookups do, or the user may not see contacts.
    """
    roles = (CONTACT_ROLE,) if origin.object == OPPORTUNITY and BUYING_CONTACT not in fields else ()
    for name in (CONTACT, *roles):
        if not catalog.objects.get(name):
            raise ConfigError(
                f"The integration user cannot see the object {name} in Salesforce.",
                remedy=f'Give its permission set read access to {name}, or set contact_only = "hold".',
            )
    if BUYING_CONTACT in fields:
        place = _single(origin.object, BUYING_CONTACT, fields[BUYING_CONTACT], catalog)
        if CONTACT not in place.field.refers_to or place.field.relationship is None:
            raise ConfigError(
                f"[source.fields] {BUYING_CONTACT}: {place.path} of the Salesforce object {origin.object} leads to no Contact.",
                remedy="Name the lookup to the contact who buys, such as Contact__c.",
            )
        walked = place.path.rpartition(".")[0]
        contact = ".".join(part for part in (walked, place.field.relationship) if part)
        return replace(origin, contact_id=place.path, contact=contact)
    if not origin.is_own:
        return supposed_contact(origin, fields)
    lookup = _only_lookup(catalog, origin.object, CONTACT, BUYING_CONTACT)
    return replace(origin, contact_id=lookup.name, contact=lookup.relationship)


def _own(object_: str, lines: str | None, fields: Mapping[str, tuple[str, ...]], catalog: Catalog) -> Origin:
    child = _child(catalog, object_, lines or "")
    if child is None:
        near = catalog.nearest_child(object_, lines or "")
        raise ConfigError(
            f'[source] lines: the Salesforce object {object_} has no list of lines called "{lines}".',
            remedy=(f"Did you mean {near}? " if near else "")
            + "Write the child relationship's name in sfspiris.toml, as queries use it: it ends in __r.",
        )
    account_id, account = "", ""
    if BUYER not in fields:
        lookup = _only_lookup(catalog, object_, ACCOUNT, BUYER)
        account_id, account = lookup.name, lookup.relationship or ""
    product = [one for one in _lookups(catalog, child.object, PRODUCT) if one.relationship]
    return Origin(
        object_,
        line_object=child.object,
        lines=child.relationship,
        account_id=account_id,
        account=account,
        product=product[0].relationship if len(product) == 1 else None,
        closed_on="CreatedDate",
        closed_at=True,
        has_owner=catalog.field(object_, "OwnerId") is not None,
        stage=None,
    )


def _with_day(origin: Origin, fields: Mapping[str, tuple[str, ...]], catalog: Catalog) -> Origin:
    """The day on which a deal was won: as configured, or else the day of delivery that an own object is configured with."""
    key = CLOSED_ON if CLOSED_ON in fields or not origin.is_own else "delivery_date"
    if key not in fields or not fields[key]:
        return origin
    place = _single(origin.object, key, fields[key][:1] if key != CLOSED_ON else fields[key], catalog)
    if place.field.type not in {"date", "datetime"}:
        raise ConfigError(
            f"[source.fields] {key}: {place.path} of the Salesforce object {origin.object} is no date.",
            remedy="Name a field of type date or date/time in sfspiris.toml.",
        )
    return replace(origin, closed_on=place.path, closed_at=place.field.type == "datetime")


def _single(object_: str, name: str, paths: tuple[str, ...], catalog: Catalog) -> Found:
    key = f"[source.fields] {name}"
    if len(paths) != 1:
        raise ConfigError(f"{key}: needs exactly one path.", remedy="Keep one of them in sfspiris.toml.")
    match catalog.find(object_, paths[0]):
        case Found() as found:
            return found
        case Missing() as missing:
            raise no_such_path(missing, paths[0], key)
        case Undescribed(owner):
            raise ValueError(f"{owner} has not been described")


def no_such_path(missing: Missing, path: str, key: str) -> ConfigError:
    """The refusal of a path that breaks off, with the nearest name that exists."""
    what = "relationship" if missing.name != path.rsplit(".", 1)[-1] else "field"
    suggestion = f"Did you mean {missing.nearest}? " if missing.nearest else ""
    return ConfigError(
        f'{key}: the Salesforce object {missing.object} has no {what} "{missing.name}" (in the path {path}).',
        remedy=f"{suggestion}Correct the path in sfspiris.toml. If it does exist, field-level security hides it: "
        "give the integration user's permission set read access.",
    )


def unknown_object(name: str, known: Iterable[str]) -> ConfigError:
    """The refusal of an own object that the user cannot see, with the nearest that it can."""
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return ConfigError(
        f"[source] object: the integration user cannot see the object {name} in Salesforce.",
        remedy=(f"Did you mean {by_lower[close[0]]}? " if close else "")
        + "Correct its API name in sfspiris.toml. If it does exist, give the user's permission set read access to it.",
    )


def _child(catalog: Catalog, object_: str, lines: str) -> Child | None:
    """The list of lines by its relationship, or by the object of the lines where only one list has such records."""
    children = catalog.children(object_)
    wanted = lines.lower()
    named = [one for one in children if one.relationship.lower() == wanted]
    named = named or [one for one in children if one.object.lower() == wanted]
    return named[0] if len(named) == 1 else None


def _lookups(catalog: Catalog, object_: str, target: str) -> list[Field]:
    return [one for one in catalog.objects[object_].values() if target in one.refers_to]


def _only_lookup(catalog: Catalog, object_: str, target: str, name: str) -> Field:
    found = [one for one in _lookups(catalog, object_, target) if one.relationship]
    if len(found) == 1:
        return found[0]
    what = (
        f"several lookups to {target}: {', '.join(sorted(one.name for one in found))}"
        if found
        else f"no lookup to {target}"
    )
    raise ConfigError(
        f"[source.fields] {name}: the Salesforce object {object_} has {what}.",
        remedy=f"Say in sfspiris.toml which {target.lower()} is invoiced, for instance "
        f'{name} = "{min(one.name for one in found) if found else f"Opportunity__r.{target}Id"}".',
    )


def _relationship_of(lookup: str) -> str:
    return lookup.removesuffix("Id") if not lookup.endswith("__c") else f"{lookup[:-1]}r"
