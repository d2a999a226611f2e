"""Who buys in the demo: accounts as they should be, accounts with a planted defect, and people to ask for."""

from decimal import Decimal
from typing import Any

from sfspiris.sandbox.worlds.deals import account

Json = dict[str, Any]

# From the tax agency's open test series, which nobody is given.
_TEST_PERSON = "199006022397"

ADDRESSES = {
    "hm": ("Mäster Samuelsgatan 46A", "106 38", "Stockholm"),
    "saab": ("Bröderna Ugglas gata", "582 54", "Linköping"),
    "ericsson": ("Torshamnsgatan 21", "164 83", "Stockholm"),
    "uppsala": ("Redovisningsenheten\nc/o Segerstedthuset\nDag Hammarskjölds väg 7", "752 37", "Uppsala"),
}
"""Addresses that Spiris has too."""


def accounts() -> list[Json]:
    """Accounts that can be invoiced, each in its own way."""
    return [
        account(
            "volvo",
            "AB Volvo",
            ("Amazonvägen 2", "405 08", "Göteborg"),
            Organisation_Number__c="556012-5790",
            VAT_Number__c="SE556012579001",
            Phone="+46 31 66 00 00",
        ),
        account(
            "ericsson",
            "Telefonaktiebolaget LM Ericsson",
            ADDRESSES["ericsson"],
            Organisation_Number__c="556016-0680",
        ),
        account(
            "saab",
            "Saab AB (publ)",
            ADDRESSES["saab"],
            Organisation_Number__c="556036-0793",
            Spiris_Customer_Number__c="1003",
            OwnerId="@erik",
        ),
        account(
            "hanse",
            "Hanse Werkzeug GmbH",
            ("Kaistraße 17", "20457", "Hamburg"),
            country="DE",
            VAT_Number__c="DE136695976",
            CurrencyIsoCode="EUR",
            OwnerId="@erik",
        ),
        account(
            "malmo",
            "Malmö stad",
            ("August Palms plats 1", "205 80", "Malmö"),
            Organisation_Number__c="212000-1124",
            Payment_Terms__c=Decimal(30),
        ),
        account(
            "equinor",
            "Equinor ASA",
            ("Forusbeen 50", "4035", "Stavanger"),
            country="NO",
            VAT_Number__c="NO923609016MVA",
        ),
        account(
            "keramik",
            "Keramikverkstan i Höganäs",
            ("Bruksgatan 36B", "263 39", "Höganäs"),
            Organisation_Number__c=_TEST_PERSON,
            OwnerId="@erik",
        ),
        account("hm", "H & M Hennes & Mauritz AB", ADDRESSES["hm"], Organisation_Number__c="556042-7220"),
        account(
            "uppsala",
            "Uppsala universitet",
            ADDRESSES["uppsala"],
            Organisation_Number__c="202100-2932",
        ),
        account(
            "rodakorset",
            "Svenska Röda Korset",
            ("Sjögatan 8 Ö", "891 60", "Örnsköldsvik"),
            Organisation_Number__c="802002-8711",
        ),
        account(
            "skanska",
            "Skanska AB",
            ("Warfvinges väg 25", "112 74", "Stockholm"),
            Organisation_Number__c="556000-4615",
        ),
        account(
            "maersk",
            "Mærsk Logistik A/S",
            ("Esplanaden 50", "1263", "København K"),
            country="DK",
            VAT_Number__c="DK22756214",
        ),
        account(
            "telia",
            "Telia Company AB",
            ("Stjärntorget 1", "169 94", "Solna"),
            Organisation_Number__c="556103-4249",
        ),
    ]


def accounts_with_defects() -> list[Json]:
    """Accounts that stop a deal, each for its own reason."""
    return [
        account(
            "skf",
            "AB SKF",
            ("Sven Wingquists gata 2", None, "Göteborg"),
            Organisation_Number__c="556007-3495",
        ),
        account(
            "bergslagen",
            "Bergslagens Verktyg AB",
            ("Hyttgatan 5", "781 70", "Borlänge"),
            Organisation_Number__c="556012-5791",
        ),
        account("batvarv", "Kustens Båtvarv AB", ("Varvsvägen 3", "456 32", "Kungshamn")),
        account(
            "kalmar",
            "Kalmar Provbolag AB",
            ("Larmgatan 22", "392 32", "Kalmar"),
            Organisation_Number__c="556677-8899",
        ),
        account(
            "rheinland",
            "Rheinland Maschinen GmbH",
            ("Rheinallee 88", "50668", "Köln"),
            country="DE",
            VAT_Number__c="DE136695978",
            CurrencyIsoCode="EUR",
        ),
        account(
            "atlas",
            "Atlas Copco AB",
            ("Sickla Industriväg 19", "1315", "Nacka"),
            Organisation_Number__c="556014-2720",
        ),
        account(
            "kf",
            "Kooperativa Förbundet, ekonomisk förening, affärsområde dagligvaror",
            ("Englundavägen 4", "171 41", "Solna"),
            Organisation_Number__c="702001-1693",
        ),
        account(
            "sandvik",
            "Sandvik AB",
            ("Storgatan 2", "811 81", "Sandviken"),
            Organisation_Number__c="556000-3468",
        ),
        account(
            "electrolux",
            "AB Electrolux",
            ("Sankt Göransgatan 143", "112 17", "Stockholm"),
            Organisation_Number__c="556009-4178",
        ),
        account("blabar", "Blåbär & Lingon", ("Skogsstigen 1", "933 91", "Arvidsjaur"), country=None),
        account(
            "nokia",
            "Nokia Oyj",
            ("Karakaari 7", "02610", "Espoo"),
            country="FI",
            VAT_Number__c="FI01120389",
            CurrencyIsoCode="EUR",
        ),
    ]


_CONTACTS = (
    ("anna", "volvo", "Anna", "Bergström", "Inköpschef"),
    ("johan", "ericsson", "Johan", "Öberg", "Licensansvarig"),
    ("greta", "hanse", "Greta", "Müller", "Einkauf"),
    ("fatima", "malmo", "Fatima", "Nilsson", "HR-strateg"),
    ("ola", "equinor", "Ola", "Nordahl", "Prosjektleder"),
    ("siri", "uppsala", "Siri", "d'Albertville-Ödquist", "Laboratorieföreståndare"),
)


def contacts() -> list[Json]:
    """People at the accounts, whom invoices name as reference."""
    return [
        {
            "_ref": ref,
            "AccountId": f"@{account_ref}",
            "FirstName": first_name,
            "LastName": last_name,
            "Title": title,
            "Email": f"{ref}@{account_ref}.example",
        }
        for ref, account_ref, first_name, last_name, title in _CONTACTS
    ]


def contact_roles() -> list[Json]:
    """Their parts in deals."""
    return [
        {"OpportunityId": "@d-volvo", "ContactId": "@anna", "Role": "Decision Maker", "IsPrimary": True},
        {"OpportunityId": "@d-malmo", "ContactId": "@fatima", "Role": "Business User", "IsPrimary": True},
    ]
