"""The group that our worlds are about: Norrsken's Salesforce org, and its two companies with their books in Spiris.

Norrsken does not exist. Its organisation numbers have right check digits and lie above those given out so far.
"""

from decimal import Decimal
from typing import Any

from sfspiris.sandbox.worlds.numbers import orgnr

Json = dict[str, Any]

SALESFORCE_USERNAME = "integration@norrsken.example"
"""The user that the sandbox's own client signs in as."""

SALESFORCE_CLIENT: Json = {"client_id": "sfspiris-sandbox", "username": SALESFORCE_USERNAME}

ORG: Json = {
    "Name": "Norrsken",
    "IsSandbox": True,
    "multi_currency": True,
    "state_country_picklists": True,
    "currencies": [
        {
            "IsoCode": "SEK",
            "ConversionRate": Decimal(1),
            "DecimalPlaces": 2,
            "IsActive": True,
            "IsCorporate": True,
        },
        {
            "IsoCode": "EUR",
            "ConversionRate": Decimal("0.0885"),
            "DecimalPlaces": 2,
            "IsActive": True,
            "IsCorporate": False,
        },
    ],
    "time_zone": "Europe/Stockholm",
}

SWEDEN, INTERNATIONAL = "se", "int"

SWEDISH_COMPANY: Json = {
    "key": SWEDEN,
    "name": "Norrsken Sverige AB",
    "orgnr": orgnr("559987143"),
    "settings": {
        "Address1": "Storgatan 12",
        "PostalCode": "972 38",
        "City": "Luleå",
        "CountryCode": "SE",
        "CurrencyCode": "SEK",
        "Email": "ekonomi@norrsken.example",
        "KeepOriginalDraftDate": True,
        "UsesPaymentReferenceNumber": True,
    },
}
INTERNATIONAL_COMPANY: Json = {
    "key": INTERNATIONAL,
    "name": "Norrsken International AB",
    "orgnr": orgnr("559987208"),
    "settings": {
        "Address1": "Skeppsbron 4",
        "PostalCode": "211 20",
        "City": "Malmö",
        "CountryCode": "SE",
        "CurrencyCode": "SEK",
        "Email": "finance@norrsken.example",
        "KeepOriginalDraftDate": True,
        "UsesPaymentReferenceNumber": True,
    },  # Invoices in a foreign currency need an account that can be paid into from abroad.
    "bankaccounts": [
        {
            "Name": "Företagskonto",
            "BankAccountType": 1,
            "Bban": "50001234567",
            "LedgerAccountNumber": 1930,
            "IsActive": True,
            "IsDefaultChequeAccount": True,
        },
        {
            "Name": "Valutakonto EUR",
            "BankAccountType": 4,
            "Iban": "SE4550000000058398257466",
            "CurrencyCode": "EUR",
            "LedgerAccountNumber": 1940,
            "IsActive": True,
        },
    ],
}

# Product code, which is the article number; name; family; unit; coding; price in SEK; price in EUR.
_CATALOGUE = (
    ("KONSULT-TIM", "Konsulttimme", "Services", "tim", "services-25", "1250.00", "115.00"),
    ("UTB-DAG", "Utbildningsdag", "Services", "dag", "services-25", "9800.00", "890.00"),
    ("LIC-STD", "Licens Standard, ett år", "Licenses", "st", "services-25", "4800.00", "440.00"),
    ("SUPPORT-BAS", "Support Bas, ingår", "Licenses", "st", "services-25", "0.00", "0.00"),
    ("SENSOR-3", "Sensor modell 3", "Goods", "st", "goods-25", "695.00", "63.50"),
    ("LUNCH-KONF", "Konferenslunch", "Conference", "st", "services-12", "145.00", "13.30"),
    ("HOTELL-NATT", "Hotellnatt, enkelrum", "Conference", "st", "services-12", "1190.00", "109.00"),
    ("HANDBOK", "Handbok, tryckt", "Books", "st", "goods-6", "320.00", "29.50"),
    ("HALSOKOLL", "Hälsokontroll", "Health", "st", "services-0", "950.00", "87.00"),
)
LICENCE_2019 = ("LIC-2019", "Licens 2019 (utgången)", "Licenses", "st", "services-25", "3900.00", "360.00")
"""Sold once; its article is inactive."""
SURVEY = ("MATNING-PRO", "Mätning Pro", "Services", "st", "services-25", "2400.00", "220.00")
"""Sold by one team; nobody has made an article of it."""

PRICES: dict[str, dict[str, Decimal]] = {
    code: {"SEK": Decimal(sek), "EUR": Decimal(eur)}
    for code, *_, sek, eur in (*_CATALOGUE, LICENCE_2019, SURVEY)
}
"""List prices without VAT by product code and currency."""

PRICE_BOOK = "price-book"

_USER_LOCALE: Json = {
    "TimeZoneSidKey": "Europe/Stockholm",
    "LocaleSidKey": "sv_SE",
    "LanguageLocaleKey": "sv",
    "EmailEncodingKey": "UTF-8",
}
OWNERS = ("karin", "erik")


def articles() -> list[Json]:
    """The articles of either company: one for each product that can be invoiced, and one that no longer can."""
    return [_article(*row, active=True) for row in _CATALOGUE] + [_article(*LICENCE_2019, active=False)]


def people() -> list[Json]:
    """The org's users: two who sell, and the one that integrations sign in as."""
    return [
        _user("karin", "Karin", "Åkesson"),
        _user("erik", "Erik", "Löfgren"),
        {
            "_ref": "integration",
            "Username": SALESFORCE_USERNAME,
            "FirstName": "Spiris",
            "LastName": "Integration",
            "Email": SALESFORCE_USERNAME,
            "Alias": "spirint",
            "IsActive": True,
            **_USER_LOCALE,
        },
    ]


def product_records() -> dict[str, list[Json]]:
    """Products, the standard price book and an entry in it for each product and currency."""
    rows = (*_CATALOGUE, LICENCE_2019, SURVEY)
    return {
        "Product2": [
            {
                "_ref": product_ref(code),
                "Name": name,
                "ProductCode": code,
                "Family": family,
                "QuantityUnitOfMeasure": unit,
                "IsActive": True,
            }
            for code, name, family, unit, *_ in rows
        ],
        "Pricebook2": [
            {"_ref": PRICE_BOOK, "Name": "Standard Price Book", "IsStandard": True, "IsActive": True}
        ],
        "PricebookEntry": [
            {
                "_ref": entry_ref(code, currency),
                "Pricebook2Id": f"@{PRICE_BOOK}",
                "Product2Id": f"@{product_ref(code)}",
                "UnitPrice": PRICES[code][currency],
                "CurrencyIsoCode": currency,
                "IsActive": True,
                "UseStandardPrice": False,
            }
            for code, *_ in rows
            for currency in ("SEK", "EUR")
        ],
    }


def product_ref(code: str) -> str:
    """How other records name the product."""
    return f"product-{code}"


def entry_ref(code: str, currency: str) -> str:
    """How lines name the product's price in a currency."""
    return f"entry-{code}-{currency}"


def _article(
    number: str, name: str, _family: str, unit: str, coding: str, sek: str, _eur: str, *, active: bool
) -> Json:
    return {
        "Number": number,
        "Name": name,
        "unit": unit,
        "coding": coding,
        "NetPrice": Decimal(sek),
        "IsActive": active,
    }


def _user(ref: str, first_name: str, last_name: str) -> Json:
    address = f"{ref}@norrsken.example"
    return {
        "_ref": ref,
        "Username": address,
        "FirstName": first_name,
        "LastName": last_name,
        "Email": address,
        "Alias": ref,
        "IsActive": True,
        **_USER_LOCALE,
    }
