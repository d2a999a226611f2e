"""What one company remembers, and the few things every resource asks of it: its settings, its day, its number series."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Record, Records
from sfspiris.sandbox.kernel.switches import Switches
from sfspiris.sandbox.kernel.traps import Traps
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.lag import Lag
from sfspiris.sandbox.spiris.moments import written

CUSTOMERS = "customers"
ARTICLES = "articles"
CODINGS = "articleaccountcodings"
UNITS = "units"
TERMS = "termsofpayments"
COUNTRIES = "countries"
CURRENCIES = "currencies"
VAT_CODES = "vatcodes"
FISCAL_YEARS = "fiscalyears"
ACCOUNTS = "accounts"
BANK_ACCOUNTS = "bankaccounts"
USERS = "users"
DRAFTS = "customerinvoicedrafts"
INVOICES = "customerinvoices"
LEDGER_ITEMS = "customerledgeritems"
ORDERS = "orders"
QUOTES = "quotes"
LINKS = "partnerresourcelinks"
NOTES = "notes"
ATTACHMENTS = "salesdocumentattachments"
PROJECTS = "projects"
COST_CENTERS = "costcenters"
COST_CENTER_ITEMS = "costcenteritems"
VOUCHERS = "vouchers"
VOUCHER_DRAFTS = "voucherdrafts"
PAYMENTS = "payments"
OUTBOX = "outbox"

COMPANIES = "_companies"
SETTINGS_ID = "settings"
_IDS = UUID("5f1c1d7e-0a8f-4f43-9d0a-6c1b0e5a2b11")
_ZONES = {"SE": "Europe/Stockholm", "NO": "Europe/Oslo", "FI": "Europe/Helsinki", "DK": "Europe/Copenhagen"}

# A record's own remarks, never answered: names that start so.
PRIVATE = "_"


def public(record: Record) -> dict[str, Any]:
    """The record as it is answered: a copy without the simulator's own remarks."""
    return {name: value for name, value in record.items() if name[0] != PRIVATE}


@dataclass(frozen=True, slots=True)
class Series:
    """A number series: the company setting that shows its next number."""

    setting: str


CUSTOMER_SERIES = Series("NextCustomerNumber")
INVOICE_SERIES = Series("NextCustomerInvoiceNumber")
ORDER_SERIES = Series("NextOrderNumber")
QUOTE_SERIES = Series("NextQuoteNumber")


class Books:
    """One company's records. Ids are GUIDs, the same in every run of the same calls."""

    def __init__(
        self, key: str, *, records: Records, clock: Clock, switches: Switches, lag: Lag, traps: Traps
    ) -> None:
        self.key = key
        self.traps = traps
        self.records = records
        self.clock = clock
        self.switches = switches
        self._lag = lag

    # Records

    def get(self, table: str, record_id: str) -> Record | None:
        """The record, or None. Not to be changed: put a changed copy."""
        return self.records.get(self._name(table), record_id)

    def all(self, table: str) -> list[Record]:
        """Every record, oldest first."""
        return self.records.all(self._name(table))

    def find(self, table: str, field: str, value: Any) -> list[Record]:
        """Records whose field has exactly this value, by index."""
        return self.records.find(self._name(table), field, value)

    def first(self, table: str, field: str, value: Any) -> Record | None:
        """The first record whose field has this value, or None."""
        found = self.find(table, field, value)
        return found[0] if found else None

    def count(self, table: str) -> int:
        """How many records there are."""
        return self.records.count(self._name(table))

    def put(self, table: str, record: Record) -> Record:
        """Store the record under its `Id`."""
        name, record_id = self._name(table), record["Id"]
        self._lag.wrote(name, record_id, self.records.get(name, record_id))
        self.records.put(name, record_id, record)
        return record

    def delete(self, table: str, record_id: str) -> None:
        """Remove the record, which exists."""
        name = self._name(table)
        self._lag.wrote(name, record_id, self.records.get(name, record_id))
        self.records.delete(name, record_id)

    def listed(self, table: str, *, field: str | None = None, value: Any = None) -> Iterator[Record]:
        """What a list call sees: every record (with that value in a field), as far as the index has caught up."""
        name = self._name(table)
        if self._lag.is_behind(name):
            yield from (
                r
                for r in self._lag.seen(name, self.records.all(name))
                if field is None or r.get(field) == value
            )
        elif field is None:
            yield from self.records.all(name)
        else:
            yield from self.records.find(name, field, value)

    def needed(self, table: str, kind: str, record_id: str | None) -> Record:
        """The record that a request refers to. Raises the refusal "not found" (3000)."""
        record = None if record_id is None else self.get(table, record_id)
        if record is None:
            raise errors.no_such(kind, str(record_id))
        return record

    def new_id(self) -> str:
        """A new GUID."""
        return str(uuid5(_IDS, f"{self.key}/{self.records.next(self._name('ids'))}"))

    def id_for(self, sent: Mapping[str, Any], before: Record | None) -> str:
        """The id of a record that is saved: it keeps the one it has; a world may have chosen one; else it is new."""
        own: str = before["Id"] if before is not None else sent.get("Id") or self.new_id()
        return own

    # Time

    @property
    def now(self) -> str:
        """The present moment as the API writes it."""
        return written(self.clock.now())

    @property
    def today(self) -> str:
        """The company's calendar day."""
        return self.clock.today_in(self.zone).isoformat()

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone, by its country."""
        return ZoneInfo(_ZONES.get(self.settings["CountryCode"], "Europe/Stockholm"))

    # Settings

    @property
    def settings(self) -> Record:
        """The stored company settings; number series are kept apart (`next_number`)."""
        settings = self.get("settings", SETTINGS_ID)
        if settings is None:
            raise LookupError(f"company {self.key} was never set up")
        return settings

    def put_settings(self, settings: Record) -> None:
        """Store the settings."""
        self.records.put(self._name("settings"), SETTINGS_ID, settings)

    @property
    def home(self) -> str:
        """The company's country."""
        country: str = self.settings["CountryCode"]
        return country

    @property
    def currency(self) -> str:
        """The currency the books are kept in."""
        currency: str = self.settings["CurrencyCode"]
        return currency

    @property
    def keeps_draft_dates(self) -> bool:
        """Whether a draft's date survives issuing: the switch, else the company's choice."""
        choice = self.switches.get("keep_original_draft_date")
        return bool(self.settings["KeepOriginalDraftDate"]) if choice == "company" else choice == "yes"

    @property
    def rounds_to_krona(self) -> bool:
        """Whether totals in domestic currency are rounded to whole kronor: the switch, else the company's choice."""
        choice = self.switches.get("domestic_currency_rounding")
        return self.settings["DomesticCurrencyRounding"] == 1 if choice == "company" else choice == "yes"

    def includes_vat(self, *, is_private: bool) -> bool:
        """Whether prices to such a customer include VAT.

        The manual ties it to the setting `ShowPricesExclVatPC`, whose name says the opposite; a switch decides.
        """
        setting = bool(self.settings["ShowPricesExclVatPC"])
        return is_private and setting == (self.switches.get("prices_excl_vat_private") == "as_documented")

    # Number series

    def next_number(self, series: Series) -> int:
        """The number that the series gives next; 0 means that it was never set up."""
        return self.records.peek(self._name(series.setting))

    def set_next_number(self, series: Series, number: int) -> None:
        """Make `number` the next."""
        self.records.set_sequence(self._name(series.setting), number - 1)

    def take_number(self, series: Series) -> int:
        """The next number, used from now on. Raises the refusal of a series that was never set up."""
        if self.next_number(series) < 1:
            raise errors.cannot_change(
                f"The number series {series.setting} has no next number. Set it in the product."
            )
        return self.records.next(self._name(series.setting))

    def next_in(self, name: str) -> int:
        """The next number of a series that no setting shows, such as one of vouchers."""
        return self.records.next(self._name(f"series/{name}"))

    # Companies

    @property
    def flags(self) -> Record:
        """What is true of the company beside its settings: start-up guide completed, user has access."""
        company = self.records.get(COMPANIES, self.key)
        if company is None:
            raise LookupError(f"company {self.key} was never set up")
        return company

    def company_keys(self) -> list[str]:
        """The keys of every company of the sandbox, oldest first."""
        return [company["key"] for company in self.records.all(COMPANIES)]

    def _name(self, table: str) -> str:
        return f"{self.key}/{table}"
