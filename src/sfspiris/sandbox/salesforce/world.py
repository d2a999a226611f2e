"""Loading a world, and what people do in the product: records by their names, with `@ref` for each other's ids.

The "salesforce" part of a world:

    {"org": {"Name": …, "multi_currency": true, "currencies": [{"IsoCode": "SEK", "ConversionRate": 1, "IsCorporate": true}, …]},
     "schema": {"Opportunity": {…}, "Spiris_Invoice__c": {…}},       see `schema.declared`
     "clients": [{"client_id": …, "public_key": …}],                  see `clients`
     "records": {"Account": [{"_ref": "acme", "Name": "…"}],
                 "Opportunity": [{"AccountId": "@acme", …, "OpportunityLineItems": [{…}]}]}}

Stages, a standard price book, a profile, one user for integrations and the organisation itself come by themselves unless the
world brings its own. A deal line needs its product only: the price book entry it would be picked from is made if it is missing.
Read-only fields and stamps may be given; products and prices are active unless said otherwise. What SOQL calls the child
relationship may stand inside the parent with its children in it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.behaviours.lines import total_deal
from sfspiris.sandbox.salesforce.clients import DEFAULT_CLIENTS, DEFAULT_USERNAME, register
from sfspiris.sandbox.salesforce.dml import Author, Dml
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.schema.standard.crm import FORECAST_CATEGORIES, STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sfspiris.sandbox.kernel.records import Records
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.schema.registry import Entity

_ORDER: Final = (
    "Organization",
    "Profile",
    "User",
    "Group",
    "RecordType",
    "CurrencyType",
    "DatedConversionRate",
    "OpportunityStage",
    "PermissionSet",
    "PermissionSetAssignment",
    "Account",
    "Contact",
    "Campaign",
    "Product2",
    "Pricebook2",
    "PricebookEntry",
    "Contract",
    "Opportunity",
    "OpportunityContactRole",
    "OpportunityLineItem",
    "Quote",
    "QuoteLineItem",
    "Order",
    "OrderItem",
)
"""Parents before children. Custom objects follow in the order in which the world names them."""

_PARTS: Final = frozenset({"org", "schema", "clients", "records", "now"})
_DEFAULT_CURRENCIES: Final = (
    # Units for one krona, as an org of a Swedish company might have set them.
    ("SEK", "1"),
    ("EUR", "0.0885"),
    ("NOK", "1.0320"),
    ("DKK", "0.6610"),
    ("USD", "0.0950"),
)


class WorldLoader:
    """Fills an org, and adds to it what people enter later."""

    def __init__(self, records: Records, org: Org, dml: Dml) -> None:
        self._records = records
        self._org = org
        self._dml = dml

    def load(self, world: dict[str, Any]) -> None:
        """Replace everything by the world. Raises `SandboxError` naming the record that cannot be."""
        unknown = sorted(set(world) - _PARTS)
        if unknown:
            raise SandboxError(
                f"The salesforce part of a world has no {unknown[0]!r}. It takes: {', '.join(sorted(_PARTS))}."
            )
        self._records.clear(keep=tables.SIGN_IN)
        self._org.refresh()
        records = world.get("records") or {}
        self._set_up(world.get("org") or {}, records)
        self.declare(_with_prefixes(world.get("schema") or {}, records))
        for client in (*DEFAULT_CLIENTS, *(world.get("clients") or [])):
            registered = self._records.get(tables.CLIENTS, client["client_id"])
            register(self._records, {**client, **(registered or {})} if client in DEFAULT_CLIENTS else client)
        self._org.set(_decimals(records))
        self.add(records, Author(self.integration_user, loading=True))
        self.ensure_users()

    def declare(self, schema: dict[str, Any]) -> None:
        """Add to the schema; every object first, so that references among them find their targets."""
        for name, declaration in schema.items():
            if not isinstance(declaration, dict):
                raise SandboxError(f'The declaration of {name} is an object such as {{"fields": […]}}.')
            self._org.declare(name, {key: value for key, value in declaration.items() if key != "hidden"})
        for name, declaration in schema.items():
            if "hidden" in declaration:
                self._org.declare(name, {"hidden": declaration["hidden"]})
        try:
            _ = self._org.schema
        except SandboxError:
            self._org.refresh()
            raise

    def add(self, records: dict[str, Any], author: Author) -> dict[str, list[str]]:
        """Make records by object; their ids in the order given. Raises `SandboxError`."""
        return _Adding(self._org, self._dml, author).add(records)

    @property
    def person(self) -> str:
        """The id of the user that acts in the product: the first of the world's own, else the integrations' user."""
        users = [row for row in self._records.all("User") if row["IsActive"] and not row["IsDeleted"]]
        named = {(client.get("username") or "").casefold() for client in self._records.all(tables.CLIENTS)}
        return next(
            (str(row["Id"]) for row in users if row["Username"].casefold() not in named),
            self.integration_user,
        )

    @property
    def integration_user(self) -> str:
        """The id of the user that integrations act as."""
        return str(self._records.find("User", "Username:key", DEFAULT_USERNAME)[0]["Id"])

    def ensure_users(self) -> None:
        """Make the user of every registered app that has none yet."""
        for client in self._records.all(tables.CLIENTS):
            username = client.get("username")
            if username and not self._records.find("User", "Username:key", username.casefold()):
                self.add({"User": [_user(username, "App", "User")]}, Author(self.integration_user))

    def turn_on_currencies(self, said: Iterable[dict[str, Any]]) -> None:
        """Give the org its currencies and every record the corporate one, as the product does on the switch."""
        self._org.refresh()
        if self._org.settings["multi_currency"]:
            entity = self._org.schema["CurrencyType"]
            known = {row["IsoCode"] for row in self._records.all("CurrencyType")}
            for one in said:
                if one.get("IsoCode") not in known:
                    self.add({"CurrencyType": [{"DecimalPlaces": 2, **one}]}, Author(self.integration_user))
            if not self._records.all("CurrencyType"):
                corporate = self._org.settings["currency"]
                rate = {code: Decimal(text) for code, text in _DEFAULT_CURRENCIES}
                for code in {corporate: None, **dict.fromkeys(rate)}:
                    self._dml.create(
                        entity,
                        {
                            "IsoCode": code,
                            "ConversionRate": rate.get(code, Decimal(1)) / rate.get(corporate, Decimal(1)),
                            "DecimalPlaces": 2,
                            "IsCorporate": code == corporate,
                        },
                        Author(self.integration_user, in_product=True),
                    )
            self._org.refresh()
            self._spread(self._org.corporate_currency)

    def _spread(self, currency: str) -> None:
        for name, entity in self._org.schema.entities.items():
            if "CurrencyIsoCode" in entity.fields:
                for row in self._records.all(name):
                    if row.get("CurrencyIsoCode") is None:
                        self._records.put(name, row["Id"], {**row, "CurrencyIsoCode": currency})

    def _set_up(self, org: dict[str, Any], records: dict[str, Any]) -> None:
        """The organisation and what every org has from its first day."""
        currencies = org.get("currencies", [])
        self._org.set(org)
        settings = self._org.settings
        nobody = Author(
            ids.mint("005", 1), in_product=True, promised=frozenset({ids.mint("005", 1)}), loading=True
        )
        loader = _Adding(self._org, self._dml, nobody)
        loader.add(
            {
                "Organization": [
                    {
                        **({"Id": settings["Id"]} if settings.get("Id") else {}),
                        "Name": settings["Name"],
                        "IsSandbox": settings["IsSandbox"],
                        "InstanceName": settings["InstanceName"],
                        "OrganizationType": settings["OrganizationType"],
                        "NamespacePrefix": settings["NamespacePrefix"],
                        "TrialExpirationDate": settings["TrialExpirationDate"],
                        "FiscalYearStartMonth": settings["FiscalYearStartMonth"],
                        "TimeZoneSidKey": settings["time_zone"],
                        "DefaultLocaleSidKey": settings["locale"],
                        "LanguageLocaleKey": "en_US",
                        "Country": settings.get("Country", "Sweden"),
                        **{
                            name: settings[name]
                            for name in ("Street", "City", "PostalCode", "Phone")
                            if settings.get(name)
                        },
                    }
                ],
                "Profile": [{"Name": "Salesforce API Only System Integrations"}, {"Name": "Standard User"}],
            }
        )
        profile = self._records.all("Profile")[0]["Id"]
        loader.add({"User": [{**_user(DEFAULT_USERNAME, "Integration", "User"), "ProfileId": profile}]})
        self.turn_on_currencies(currencies)
        if not records.get("OpportunityStage"):
            loader.add(
                {"OpportunityStage": [_stage(place, *stage) for place, stage in enumerate(STAGES, start=1)]}
            )
        if not any(book.get("IsStandard") for book in records.get("Pricebook2") or []):
            loader.add(
                {"Pricebook2": [{"Name": "Standard Price Book", "IsActive": True, "IsStandard": True}]}
            )


def _user(username: str, first: str, last: str) -> dict[str, Any]:
    return {
        "Username": username,
        "FirstName": first,
        "LastName": last,
        "Email": username,
        "Alias": last[:8].lower(),
    }


def _stage(
    place: int, label: str, probability: int, category: str, closed: bool, won: bool
) -> dict[str, Any]:
    return {
        "MasterLabel": label,
        "ApiName": label,
        "SortOrder": place,
        "DefaultProbability": probability,
        "ForecastCategory": category,
        "ForecastCategoryName": FORECAST_CATEGORIES[category],
        "IsClosed": closed,
        "IsWon": won,
    }


def _with_prefixes(schema: dict[str, Any], records: dict[str, Any]) -> dict[str, Any]:
    """The schema with the key prefixes of custom objects whose records bring ids of their own."""
    result = dict(schema)
    for name, rows in records.items():
        first = next(
            (row["Id"] for row in rows or [] if isinstance(row, dict) and isinstance(row.get("Id"), str)),
            None,
        )
        if name.endswith("__c") and first is not None and isinstance(result.get(name), dict):
            result[name] = {"prefix": first[:3], **result[name]}
    return result


def _decimals(records: dict[str, Any]) -> dict[str, int]:
    """How many decimals the org's prices and quantities must have for the world's lines to be kept as they are."""
    found = {"price_decimals": 2, "quantity_decimals": 2}
    for name, setting in (("UnitPrice", "price_decimals"), ("Quantity", "quantity_decimals")):
        for row in [*(records.get("OpportunityLineItem") or []), *(records.get("PricebookEntry") or [])]:
            exponent = row[name].as_tuple().exponent if isinstance(row.get(name), Decimal) else 0
            found[setting] = max(found[setting], -exponent if isinstance(exponent, int) else 0)
    return found


class _Adding:
    """One batch of records whose references to each other are resolved before any is made."""

    def __init__(self, org: Org, dml: Dml, author: Author) -> None:
        self._org = org
        self._dml = dml
        self._author = author
        self._refs: dict[str, str] = {}
        self._deals: dict[str, set[str] | None] = {}

    def add(self, records: dict[str, Any]) -> dict[str, list[str]]:
        """Make them, parents first; the ids by object."""
        planned = self._planned(records)
        promised = frozenset(record_id for rows in planned.values() for record_id, _, _ in rows)
        author = Author(
            self._author.user_id,
            in_product=True,
            promised=promised | self._author.promised or frozenset({""}),
        )
        made: dict[str, list[str]] = {}
        order = [
            *(name for name in _ORDER if name in planned),
            *(name for name in planned if name not in _ORDER),
        ]
        for name in order:
            entity = self._org.schema[name]
            for record_id, body, place in planned[name]:
                self._make(entity, record_id, body, place, author)
                made.setdefault(name, []).append(record_id)
        for deal_id, given in self._deals.items():
            total_deal(self._dml, deal_id, author, keeping=given or frozenset(), now=True)
        return made

    def _planned(self, records: dict[str, Any]) -> dict[str, list[tuple[str, dict[str, Any], str]]]:
        """By object: the id each record will have, its body, and where it stands, for messages."""
        planned: dict[str, list[tuple[str, dict[str, Any], str]]] = {}
        if not isinstance(records, dict):
            raise SandboxError('Records are given by object, such as {"Account": [{"Name": "Exempel AB"}]}.')
        for name, rows in records.items():
            self._plan(name, rows, None, planned, name)
        return planned

    def _plan(
        self,
        name: str,
        rows: Any,
        parent: tuple[str, str] | None,
        planned: dict[str, list[tuple[str, dict[str, Any], str]]],
        where: str,
    ) -> None:
        entity = self._org.schema.entity(name)
        if entity is None:
            raise SandboxError(f"The org has no object {name}. Declare it under schema.")
        if not isinstance(rows, list):
            raise SandboxError(f"The records of {where} are a list.")
        for index, row in enumerate(rows):
            place = f"{where}[{index}]"
            if not isinstance(row, dict):
                raise SandboxError(f"{place} is not an object.")
            body = dict(row)
            record_id = self._id(entity, body.pop("Id", None), place)
            ref = body.pop("_ref", None)
            if ref is not None:
                self._refs[str(ref)] = record_id
            if parent is not None:
                body[parent[0]] = parent[1]
            for key in list(body):
                child = self._org.schema.child(entity.name, key)
                if child is not None and isinstance(body[key], list | dict):
                    inner = body.pop(key)
                    inner = inner.get("records", []) if isinstance(inner, dict) else inner
                    self._plan(child.object, inner, (child.field.name, record_id), planned, f"{place}.{key}")
            planned.setdefault(entity.name, []).append((record_id, body, place))

    def _id(self, entity: Entity, given: Any, place: str) -> str:
        if given is None:
            return self._dml.store.new_id(entity)
        record_id = ids.canonical(str(given))
        if record_id is None or ids.prefix_of(record_id) != entity.definition.prefix:
            raise SandboxError(
                f"{place} cannot have the id {given!r}: ids of {entity.name} have 15 or 18 characters and begin with "
                f"{entity.definition.prefix}."
            )
        return record_id

    def _make(self, entity: Entity, record_id: str, body: dict[str, Any], place: str, author: Author) -> None:
        try:
            self._dml.create(entity, self._resolved(entity, body, place), author, record_id=record_id)
        except ApiError as error:
            raise SandboxError(f"{place} cannot be saved: {error.message} ({error.code})") from error
        if entity.name == "OpportunityLineItem":
            row = self._dml.store.current(entity.name, record_id)
            if row is not None:
                self._deals.setdefault(row["OpportunityId"], None)
        elif entity.name == "Opportunity" and body.get("Amount") is not None:
            self._deals[record_id] = {"Amount"}

    def _resolved(self, entity: Entity, body: dict[str, Any], place: str) -> dict[str, Any]:
        """The body with each `@ref` replaced by the id it stands for."""
        result = {}
        for name, value in body.items():
            result[name] = value
            if isinstance(value, str) and value.startswith("@"):
                found = self._refs.get(value[1:])
                field = entity.every.get(name.lower())
                if found is not None:
                    result[name] = found
                elif field is not None and field.type == "reference":
                    raise SandboxError(f"{place}.{name} names {value}, but no record has that _ref.")
        return result
