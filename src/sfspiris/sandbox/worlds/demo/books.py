"""What the two companies have in Spiris before the demo begins: articles, customers to match, a few old invoices."""

from decimal import Decimal
from typing import Any

from sfspiris.sandbox.worlds import group
from sfspiris.sandbox.worlds.demo.buyers import ADDRESSES

Json = dict[str, Any]


def _customer(number: str, name: str, address: tuple[str, str, str], **more: Any) -> Json:
    street, postal_code, city = address
    return {
        "CustomerNumber": number,
        "Name": name,
        "InvoiceAddress1": street,
        "InvoicePostalCode": postal_code,
        "InvoiceCity": city,
        "InvoiceCountryCode": "SE",
        "CurrencyCode": "SEK",
        "IsActive": True,
        "IsPrivatePerson": False,
        "terms": 30,
    } | more


def swedish_company() -> Json:
    """The company that invoices Sweden: most customers are new to it, five lie in wait to be matched or refused."""
    return group.SWEDISH_COMPANY | {
        "settings": group.SWEDISH_COMPANY["settings"] | {"NextCustomerNumber": 1007},
        "articles": group.articles(),
        "customers": [
            # Written without a hyphen, as people do.
            _customer(
                "1001",
                "Telefonaktiebolaget LM Ericsson",
                ADDRESSES["ericsson"],
                CorporateIdentityNumber="5560160680",
            ),
            _customer(
                "1002",
                "Sandvik AB",
                ("Storgatan 2", "811 81", "Sandviken"),
                CorporateIdentityNumber="556000-3468",
            ),
            # Found by its number alone: nobody has entered who it is.
            _customer("1003", "Saab AB (publ)", ADDRESSES["saab"]),
            _customer(
                "1004",
                "AB Electrolux",
                ("Sankt Göransgatan 143", "112 17", "Stockholm"),
                CorporateIdentityNumber="556009-4178",
                IsActive=False,
            ),
            # The same company a second time, entered by somebody who did not search.
            _customer(
                "1005",
                "Sandvik, inköp Gimo",
                ("Box 1", "747 81", "Gimo"),
                CorporateIdentityNumber="556000-3468",
            ),
            _customer("1006", "Luleå Golfklubb", ("Golfvägen 40", "975 94", "Luleå")),
        ],
        # Written by hand in October: not everything in the books comes from Salesforce.
        "invoices": [
            {
                "customer": "1006",
                "InvoiceDate": "2026-10-05",
                "rows": [{"article": "UTB-DAG", "Quantity": Decimal(1)}],
                "paid": True,
                "paid_date": "2026-10-30",
            },
            {
                "customer": "1006",
                "InvoiceDate": "2026-10-12",
                "rows": [{"article": "SENSOR-3", "Quantity": Decimal(3)}],
            },
        ],
    }


def international_company() -> Json:
    """The company that invoices everybody else: a customer in euro, and one that should be and is not."""
    return group.INTERNATIONAL_COMPANY | {
        "settings": group.INTERNATIONAL_COMPANY["settings"] | {"NextCustomerNumber": 2003},
        "articles": group.articles(),
        "customers": [
            _customer(
                "2001",
                "Hanse Werkzeug GmbH",
                ("Kaistraße 17", "20457", "Hamburg"),
                InvoiceCountryCode="DE",
                VatNumber="DE136695976",
                CurrencyCode="EUR",
            ),
            _customer(
                "2002",
                "Nokia Oyj",
                ("Karakaari 7", "02610", "Espoo"),
                InvoiceCountryCode="FI",
                VatNumber="FI01120389",
            ),
        ],
    }
