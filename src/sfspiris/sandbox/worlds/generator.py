"""Worlds of any size: won deals without defects, the same for the same seed."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.worlds import group, numbers
from sfspiris.sandbox.worlds.deals import Line, account, deal
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

Json = dict[str, Any]

DEALS, SEED = 1_000, 1
MOST_LINES = 200
NOW = "2026-11-20T08:00:00Z"

_FIRST_DAY, _DAYS = date(2026, 11, 2), 18
_DEALS_PER_ACCOUNT = 2
_SHARE_KNOWN = 0.3
"""Share of accounts whose customer exists in Spiris already."""
_SHARE_ABROAD = 0.12
_SHARE_CARE_OF, _SHARE_ORDERED, _SHARE_DISCOUNTED = 0.2, 0.5, 0.2
_LONG_DEAL_EVERY = 500

_FIRST_NAMES = (
    "Åsa",
    "Björn",
    "Cajsa",
    "Dag",
    "Elin",
    "Östen",
    "Märta",
    "Ingvar",
    "Sólveig",
    "Lars-Åke",
    "Zlatan",
    "Ylva",
)
_PLACES = (
    ("Luleå", "972 38"),
    ("Umeå", "903 27"),
    ("Östersund", "831 31"),
    ("Västerås", "722 11"),
    ("Örebro", "702 10"),
    ("Jönköping", "553 16"),
    ("Växjö", "352 30"),
    ("Malmö", "211 20"),
    ("Göteborg", "411 03"),
    ("Åre", "837 52"),
)
_TRADES = (
    "Bygg",
    "Åkeri",
    "Mekaniska",
    "Kök & Bad",
    "Data",
    "Såg",
    "Plåtslageri",
    "El & Ljus",
    "Mejeri",
    "Båtvarv",
    "Snickeri",
)
_ENDINGS = ("AB", "Handels AB", "Invest AB", "& Söner AB", "Sverige AB", "i Norden AB")
_DECORATIONS = (
    ' "Guldklimpen"',
    " 🚚",
    " (fd. O'Hara)",
    " – filial",
    "  dubbelt mellanslag",
    " 100 %",
    " <Nord>",
    "",
)
_STREETS = (
    "Storgatan",
    "Järnvägsgatan",
    "Ängsvägen",
    "Östra Långgatan",
    "Kyrkogatan",
    "Åvägen",
    "Industrigatan",
)
_SUBJECTS = (
    "införande",
    "licenser",
    "årsavtal",
    "sensorer",
    "utbildning",
    "konsultstöd",
    'projekt "Åska"',
    "höst 🍂",
    "etapp\u00a02",
)
_LINE_TEXTS = (
    None,
    None,
    None,
    "Enligt offert",
    'Paket "Bas"',
    "Rad ett\nrad två",
    "Leverans 🚚 vecka 47",
    "50 % av avtalet; resten i maj",
)
_SALES = (
    "KONSULT-TIM",
    "UTB-DAG",
    "LIC-STD",
    "SENSOR-3",
    "LUNCH-KONF",
    "HOTELL-NATT",
    "HANDBOK",
    "HALSOKOLL",
)
_QUANTITIES = ("1", "1", "2", "3", "5", "10", "12", "0.5", "2.25", "7.75", "40", "100")
_DISCOUNTS = ("5", "10", "12.5", "33.33")

_ABROAD: tuple[tuple[str, str, str, str, Callable[[str], str | None], int], ...] = (
    ("DE", "GmbH", "Hamburg", "20457", numbers.german_vat, 8),
    ("FI", "Oy", "Vaasa", "65100", numbers.finnish_vat, 7),
    ("NO", "AS", "Narvik", "8514", numbers.norwegian_vat, 8),
)


def parse_options(text: str) -> dict[str, int]:
    """The options of `generated:deals=10000,seed=1`; both may be left out. Raises `SandboxError`."""
    options = {"deals": DEALS, "seed": SEED}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name not in options:
            near = get_close_matches(name, options, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else " There are: deals, seed."
            raise SandboxError(f'A generated world has no option "{name}".{hint}')
        if not value.isdecimal():
            raise SandboxError(f'A generated world needs a whole number for "{name}", not "{value}".')
        options[name] = int(value)
    return options


def world(*, deals: int = DEALS, seed: int = SEED) -> Json:
    """A world with this many won deals, none with a defect: 1 to 200 lines each, half as many accounts, some of them known.

    The same numbers give the same world, byte for byte.
    """
    made = _Maker(seed)
    accounts = [made.account(number) for number in range((deals + 1) // _DEALS_PER_ACCOUNT)]
    sold = [made.deal(number, accounts) for number in range(deals)]
    return {
        "now": NOW,
        "salesforce": {
            "org": group.ORG,
            "schema": CUSTOM_SCHEMA,
            "clients": [group.SALESFORCE_CLIENT],
            "records": {
                "User": group.people(),
                "Account": accounts,
                **group.product_records(),
                "Opportunity": [record for record, _ in sold],
                "OpportunityLineItem": [row for _, lines in sold for row in lines],
            },
        },
        "spiris": {
            "companies": [
                company | {"articles": group.articles(), "customers": made.customers[company["key"]]}
                for company in (group.SWEDISH_COMPANY, group.INTERNATIONAL_COMPANY)
            ]
        },
    }


class _Maker:
    """Makes records one after the other from one source of chance."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  worlds must repeat, not surprise
        self.customers: dict[str, list[Json]] = {group.SWEDEN: [], group.INTERNATIONAL: []}

    def account(self, number: int) -> Json:
        chance = self._chance
        made = self._abroad(number) if chance.random() < _SHARE_ABROAD else self._swedish(number)
        made["OwnerId"] = f"@{chance.choice(group.OWNERS)}"
        if chance.random() < _SHARE_KNOWN:
            self._know(made)
        return made

    def _swedish(self, number: int) -> Json:
        chance = self._chance
        city, postal_code = chance.choice(_PLACES)
        name = f"{chance.choice(_TRADES)} {chance.choice(_ENDINGS)}{chance.choice(_DECORATIONS)} {number}"
        street = f"{chance.choice(_STREETS)} {chance.randint(1, 199)}"
        if chance.random() < _SHARE_CARE_OF:
            street = f"c/o {chance.choice(_FIRST_NAMES)}\n{street}"
        # 559700-0000 to 559979-9999: above the numbers given out so far, below our own, different for each account.
        own = numbers.orgnr(f"559{700_000 + number * 11 % 280_000}")
        return account(f"a{number}", name, (street, postal_code, city), Organisation_Number__c=own)

    def _abroad(self, number: int) -> Json:
        chance = self._chance
        country, form, city, postal_code, vat_number, digits = chance.choice(_ABROAD)
        vat = None
        while vat is None:
            vat = vat_number(f"{chance.randint(1, 9)}{chance.randrange(10 ** (digits - 1)):0{digits - 1}}")
        currency = "SEK" if country == "NO" else "EUR"
        name = f"{chance.choice(('Nord', 'Ost', 'West', 'Süd'))}werk {form} {number}"
        return account(
            f"a{number}",
            name,
            (f"Hafenstraße {chance.randint(1, 99)}", postal_code, city),
            country=country,
            VAT_Number__c=vat,
            CurrencyIsoCode=currency,
        )

    def _know(self, made: Json) -> None:
        """Make the account a customer in Spiris, found by its number in one of the ways people write it."""
        company = group.SWEDEN if made["BillingCountryCode"] == "SE" else group.INTERNATIONAL
        customers = self.customers[company]
        *upper, street = made["BillingStreet"].split("\n")
        orgnr = made.get("Organisation_Number__c")
        customer = {
            "CustomerNumber": str(1001 + len(customers)),
            "Name": made["Name"],
            "InvoiceAddress1": street,
            "InvoiceAddress2": upper[0] if upper else None,
            "InvoicePostalCode": made["BillingPostalCode"],
            "InvoiceCity": made["BillingCity"],
            "InvoiceCountryCode": made["BillingCountryCode"],
            "CurrencyCode": made["CurrencyIsoCode"],
            "IsActive": True,
            "IsPrivatePerson": False,
            "terms": 30,
        }
        if orgnr:
            customer["CorporateIdentityNumber"] = self._chance.choice((orgnr, orgnr.replace("-", "")))
        elif made["BillingCountryCode"] != "NO":
            customer["VatNumber"] = made["VAT_Number__c"]
        else:
            made["Spiris_Customer_Number__c"] = customer["CustomerNumber"]
        customers.append(customer)

    def deal(self, number: int, accounts: list[Json]) -> tuple[Json, list[Json]]:
        chance = self._chance
        buyer = chance.choice(accounts)
        currency = buyer["CurrencyIsoCode"]
        day = _FIRST_DAY + timedelta(days=chance.randrange(_DAYS))
        long = number % _LONG_DEAL_EVERY == _LONG_DEAL_EVERY - 1
        count = MOST_LINES if long else self._line_count()
        return deal(
            f"d{number}",
            f"{buyer['Name'][:60]} – {chance.choice(_SUBJECTS)}",
            buyer["_ref"],
            day.isoformat(),
            [self._line(currency) for _ in range(count)],
            currency=currency,
            owner=chance.choice(group.OWNERS),
            PO_Number__c=f"PO-{chance.randint(10_000, 99_999)}" if chance.random() < _SHARE_ORDERED else None,
        )

    def _line_count(self) -> int:
        (size,) = self._chance.choices(("few", "some", "many"), weights=(75, 23, 2))
        least, most = {"few": (1, 2), "some": (3, 6), "many": (7, 40)}[size]
        return self._chance.randint(least, most)

    def _line(self, currency: str) -> Line:
        chance = self._chance
        code = chance.choice(_SALES)
        discount = Decimal(chance.choice(_DISCOUNTS)) if chance.random() < _SHARE_DISCOUNTED else None
        return Line(
            code,
            Decimal(chance.choice(_QUANTITIES)),
            group.PRICES[code][currency],
            discount,
            chance.choice(_LINE_TEXTS),
        )
