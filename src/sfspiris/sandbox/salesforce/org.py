"""The org: its settings, the schema that follows from them, its currencies and its calendar."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.traps import Traps
from sfspiris.sandbox.salesforce import tables
from sfspiris.sandbox.salesforce.schema.assembly import Granted, build
from sfspiris.sandbox.salesforce.schema.geography import COUNTRIES, STATES
from sfspiris.sandbox.salesforce.schema.joining import joined
from sfspiris.sandbox.salesforce.schema.model import Feature, Pick
from sfspiris.sandbox.salesforce.soql.days import Calendar
from sfspiris.sandbox.salesforce.traps import TRAPS
from sfspiris.sandbox.salesforce.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Records
    from sfspiris.sandbox.salesforce.schema.registry import Schema

_ID: Final = "org"
_CHANGED: Final = "changed"
_BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
_SWEDISH_WEEK: Final = 0
_AMERICAN_WEEK: Final = 6

DEFAULTS: Final[dict[str, Any]] = {
    "Name": "Sandbox",
    "IsSandbox": True,
    "InstanceName": "SWE1S",
    "OrganizationType": "Developer Edition",
    "NamespacePrefix": None,
    "TrialExpirationDate": None,
    "FiscalYearStartMonth": 1,
    "currency": "SEK",
    "time_zone": "Europe/Stockholm",
    "locale": "sv_SE",
    "language": "en_US",
    "multi_currency": False,
    "advanced_currency": False,
    "state_country_picklists": True,
    "orders": True,
    "quotes": True,
    "person_accounts": False,
    "currencies": [],
    "price_decimals": 2,
    "quantity_decimals": 2,
    "countries": {},
    "states": {},
}
"""What an org is when a world does not say otherwise. Features are as in a new org of a Swedish company, one currency."""

_FEATURES: Final[tuple[Feature, ...]] = (
    "multi_currency",
    "advanced_currency",
    "state_country_picklists",
    "orders",
    "quotes",
    "person_accounts",
)
_SPELLINGS: Final = {
    "multiCurrency": "multi_currency",
    "advancedCurrency": "advanced_currency",
    "stateCountryPicklists": "state_country_picklists",
    "state_country": "state_country_picklists",
    "personAccounts": "person_accounts",
    "timeZone": "time_zone",
    "TimeZoneSidKey": "time_zone",
    "DefaultLocaleSidKey": "locale",
    "LanguageLocaleKey": "language",
    "fiscal_year_start_month": "FiscalYearStartMonth",
    "IsMultiCurrency": "multi_currency",
    "corporate_currency": "currency",
    "default_currency": "currency",
    "DefaultCurrencyIsoCode": "currency",
}
_OTHER_KEYS: Final = frozenset(
    {"Id", "Street", "City", "PostalCode", "Country", "State", "Phone", "PrimaryContact", "Division"}
)


class Org:
    """One org's settings and schema. Settings live in the records; the schema is built from them when first needed."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self.traps = Traps(TRAPS)
        self._schemas: dict[str | None, Schema] = {}
        """By user; None is everything there is."""
        self._viewer: str | None = None
        self._settings: dict[str, Any] | None = None

    @property
    def settings(self) -> Mapping[str, Any]:
        """Every setting, defaults included."""
        if self._settings is None:
            self._settings = {**DEFAULTS, **(self._records.get(tables.ORG, _ID) or {})}
        return self._settings

    def set(self, settings: Mapping[str, Any]) -> None:
        """Change settings. Raises `SandboxError` for one that does not exist or cannot have the value."""
        known = {_SPELLINGS.get(name, name): value for name, value in settings.items()}
        unknown = sorted(set(known) - set(DEFAULTS) - _OTHER_KEYS)
        if unknown:
            raise SandboxError(
                f"An org has no setting {unknown[0]!r}. It takes: {', '.join(sorted({*DEFAULTS, *_OTHER_KEYS}))}."
            )
        for name in _FEATURES:
            if not isinstance(known.get(name, False), bool):
                raise SandboxError(f"The org's {name} is true or false, not {known[name]!r}.")
        if "time_zone" in known:
            _zone(known["time_zone"])
        self._records.put(tables.ORG, _ID, {**(self._records.get(tables.ORG, _ID) or {}), **known})
        self._note_change()

    @property
    def changed_at(self) -> datetime:
        """When settings or declarations last changed, in whole seconds."""
        said: datetime | None = (self._records.get(tables.ORG, _CHANGED) or {}).get("at")
        return said or _BEGINNING

    def _note_change(self) -> None:
        self._records.put(tables.ORG, _CHANGED, {"at": self._clock.now().replace(microsecond=0)})
        self.refresh()

    def refresh(self) -> None:
        """Read settings and declarations anew: something about the schema changed, or was undone."""
        self._settings = None
        self._schemas.clear()

    @property
    def id(self) -> str:
        """The organisation's 18-character id."""
        rows = self._records.all("Organization")
        return str(rows[0]["Id"]) if rows else ""

    # schema

    @property
    def schema(self) -> Schema:
        """The schema as the user whose call is being answered sees it; outside of calls, all of it."""
        return self._schema_of(self._viewer)

    @property
    def all_schema(self) -> Schema:
        """The schema with everything that waits for a permission set, too: what the platform itself works with."""
        return self._schema_of(None)

    @contextmanager
    def seen_by(self, user_id: str) -> Iterator[None]:
        """Let `schema` be what the user's permission sets show, until the block ends. Do not await inside."""
        before, self._viewer = self._viewer, user_id
        try:
            yield
        finally:
            self._viewer = before

    def _schema_of(self, user_id: str | None) -> Schema:
        found = self._schemas.get(user_id)
        if found is None:
            sees_all = user_id is None or "deployed_fields_wait_for_grant" not in self.traps
            found = self._built(None if sees_all else self._granted_to(str(user_id)))
            self._schemas[user_id] = found
        return found

    def declare(self, object_name: str, declaration: dict[str, Any]) -> None:
        """Add to the schema what a world, a control call or a deployment declares of an object."""
        entity = self.all_schema.entity(object_name)
        name = entity.name if entity is not None else object_name
        if entity is None and not name.endswith("__c"):
            raise SandboxError(
                f"There is no standard object {object_name}; a custom object's name ends in __c, such as Spiris_Invoice__c."
            )
        before = self._records.get(tables.DECLARATIONS, name) or {"name": name}
        after = joined(before, declaration, name)
        if name.endswith("__c") and "prefix" not in after:
            after["prefix"] = self._free_prefix()
        self._records.put(tables.DECLARATIONS, name, after)
        self._note_change()

    def _free_prefix(self) -> str:
        number = self._records.next("custom object prefix", start=0)
        alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        first, second = divmod(number, len(alphabet))
        return f"a{alphabet[first]}{alphabet[second]}"

    def _built(self, granted: Granted | None) -> Schema:
        settings = self.settings
        declarations = {one["name"]: one for one in self._records.all(tables.DECLARATIONS)}
        typed = {row["SobjectType"]: True for row in self._records.all("RecordType") if row["IsActive"]}
        stages = sorted(self._records.all("OpportunityStage"), key=lambda row: row["SortOrder"] or 0)
        features = {name for name in _FEATURES if settings[name]}
        if "multi_currency" not in features:
            features.discard("advanced_currency")
        return build(
            features=frozenset(features),
            declarations=declarations,
            record_types=typed,
            currencies=[
                Pick(row["IsoCode"], row["IsoCode"], default=row["IsCorporate"])
                for row in self._records.all("CurrencyType")
                if row["IsActive"]
            ],
            stages=[
                Pick(row["ApiName"] or row["MasterLabel"], row["MasterLabel"])
                for row in stages
                if row["IsActive"]
            ],
            prefixes={name: one["prefix"] for name, one in declarations.items() if "prefix" in one},
            granted=granted,
            countries={**COUNTRIES, **settings["countries"]},
            states={**STATES, **settings["states"]},
            price_decimals=settings["price_decimals"],
            quantity_decimals=settings["quantity_decimals"],
        )

    def _granted_to(self, user_id: str) -> Granted:
        """What the user's permission sets make visible."""
        assigned = {
            row["PermissionSetId"]
            for row in self._records.find("PermissionSetAssignment", "AssigneeId", user_id)
            if not row["IsDeleted"]
        }
        names = {row["Name"] for row in self._records.all("PermissionSet") if row["Id"] in assigned}
        grants = [one for one in self._records.all(tables.GRANTS) if one["name"] in names]

        def together(kind: str) -> frozenset[str]:
            return frozenset(name for one in grants for name in one[kind])

        return Granted(**{one.name: together(one.name) for one in fields(Granted)})

    # places

    @property
    def countries(self) -> Mapping[str, str]:
        """Integration value by country code."""
        return {**COUNTRIES, **self.settings["countries"]}

    @property
    def states(self) -> Mapping[str, Mapping[str, str]]:
        """Integration value by state code, by country."""
        return {**STATES, **self.settings["states"]}

    # time

    def calendar(self, zone_name: str | None = None) -> Calendar:
        """Today for a user in this time zone (the org's when None), with the org's week and fiscal year."""
        zone = _zone(zone_name or self.settings["time_zone"])
        return Calendar(
            today=self._clock.today_in(zone),
            zone=zone,
            first_weekday=_AMERICAN_WEEK if self.settings["locale"] == "en_US" else _SWEDISH_WEEK,
            fiscal_start_month=self.settings["FiscalYearStartMonth"],
        )

    # money

    @property
    def corporate_currency(self) -> str:
        """The currency that all others are converted through; of an org with one currency, that one."""
        if self.settings["multi_currency"]:
            for row in self._records.all("CurrencyType"):
                if row["IsCorporate"]:
                    return str(row["IsoCode"])
        return str(self.settings["currency"])

    def converted(self, amount: Decimal, source: str | None, target: str | None) -> Decimal:
        """An amount in another currency, by the static rates, to the öre; unknown currencies count as corporate."""
        if source == target:
            return amount
        number = amount / self._rate(source) * self._rate(target)
        return shown(number.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))

    def _rate(self, currency: str | None) -> Decimal:
        """Units of the currency for one of the corporate currency."""
        rows = self._records.find("CurrencyType", "IsoCode", currency)
        return Decimal(rows[0]["ConversionRate"]) if rows else Decimal(1)


def is_setting(name: str) -> bool:
    """Whether an org has a setting of this name, in any of its spellings."""
    return name in DEFAULTS or name in _SPELLINGS or name in _OTHER_KEYS


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise SandboxError(f"There is no time zone {name!r}. Europe/Stockholm is one.") from error
