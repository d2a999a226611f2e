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

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.adding import Adding
from sfspiris.sandbox.salesforce.clients import DEFAULT_CLIENTS, DEFAULT_USERNAME, register, registration
from sfspiris.sandbox.salesforce.dml import Author, Dml
from sfspiris.sandbox.salesforce.schema.standard.crm import FORECAST_CATEGORIES, STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sfspiris.sandbox.kernel.records import Records
    from sfspiris.sandbox.salesforce.org import Org

_PARTS: Final = frozenset({"org", "schema", "clients", "records", "now"})
_HIDING: Final = frozenset({"hidden", "hide"})
_RATES: Final = {
    code: Decimal(rate)
    for code, rate in (
        ("SEK", "1"),
        ("EUR", "0.0885"),
        ("NOK", "1.0320"),
        ("DKK", "0.6610"),
        ("USD", "0.0950"),
    )
}
"""Units for one krona, as an org of a Swedish company might have set them."""


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
            register(
                self._records,
                {**client, **registration(self._records, client)} if client in DEFAULT_CLIENTS else client,
            )
        self._org.set(_decimals(records))
        self.add(records, Author(self.integration_user, loading=True))
        self.ensure_users()

    def declare(self, schema: dict[str, Any]) -> None:
        """Add to the schema; every object first, so that references among them find their targets."""
        for name, declaration in schema.items():
            if not isinstance(declaration, dict):
                raise SandboxError(f'The declaration of {name} is an object such as {{"fields": […]}}.')
            self._org.declare(name, {key: value for key, value in declaration.items() if key not in _HIDING})
        for name, declaration in schema.items():
            hiding = {key: value for key, value in declaration.items() if key in _HIDING}
            if hiding:
                self._org.declare(name, hiding)
        try:
            _ = self._org.schema
        except SandboxError:
            self._org.refresh()
            raise

    def add(self, records: dict[str, Any], author: Author) -> dict[str, list[str]]:
        """Make records by object; their ids in the order given. Raises `SandboxError`."""
        return Adding(self._org, self._dml, author).add(records)

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

    def turn_on_currencies(self, said: Iterable[dict[str, Any] | str]) -> None:
        """Give the org its currencies and every record the corporate one, as the product does on the switch.

        A currency may be given by its code alone; where none is the corporate one, the org's own is.
        """
        self._org.refresh()
        if not self._org.settings["multi_currency"]:
            return
        corporate = self._org.settings["currency"]
        asked = [one if isinstance(one, dict) else {"IsoCode": one} for one in said]
        if not asked and not self._records.all("CurrencyType"):
            asked = [{"IsoCode": code} for code in {corporate: None, **_RATES}]
        if not any(one.get("IsCorporate") for one in [*asked, *self._records.all("CurrencyType")]):
            asked = [{**one, "IsCorporate": one["IsoCode"] == corporate} for one in asked]
        known = {row["IsoCode"] for row in self._records.all("CurrencyType")}
        for one in asked:
            if one["IsoCode"] not in known:
                rate = _RATES.get(one["IsoCode"], Decimal(1)) / _RATES.get(corporate, Decimal(1))
                currency = {"ConversionRate": rate, "DecimalPlaces": 2, **one}
                self.add({"CurrencyType": [currency]}, Author(self.integration_user, loading=True))
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
        loader = Adding(self._org, self._dml, nobody)
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
                        "LanguageLocaleKey": settings["language"],
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
                {"OpportunityStage": [_stage(place, stage) for place, stage in enumerate(STAGES, start=1)]}
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


def _stage(place: int, stage: tuple[str, int, str, bool, bool]) -> dict[str, Any]:
    label, probability, category, closed, won = stage
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
    found = {"UnitPrice": 2, "Quantity": 2}
    waiting: list[Any] = list(records.values())
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(value for value in one.values() if isinstance(value, list | dict))
            for name in found.keys() & one.keys():
                found[name] = max(found[name], _decimal_places(one[name]))
    return {"price_decimals": found["UnitPrice"], "quantity_decimals": found["Quantity"]}


def _decimal_places(value: Any) -> int:
    try:
        exponent = Decimal(str(value)).normalize().as_tuple().exponent
    except InvalidOperation:
        return 0
    return -exponent if isinstance(exponent, int) else 0
