"""A world of more than a thousand invoices, what finance does with each, and what Salesforce must then show.

The expectation is computed from what the ledger's control API says, by rules written down here a second time: nothing of
ours is imported. Each draft walks one of `PATHS`, in turn, so that every path is walked in both companies and currencies.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import httpx

from sfspiris.sandbox.worlds import group, numbers
from sfspiris.sandbox.worlds.deals import account, deal, line
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from playground import Playground

Json = dict[str, Any]
CENT: Final = Decimal("0.01")
TODAY, TOMORROW = "2026-11-20", "2026-11-22"
LONG_AGO: Final = "2026-08-03"  # with 30 days to pay, overdue for long

DEALS, BUYERS = 300, 60
BY_HAND = 14  # invoices of each buyer that nobody made from a deal
STRANGERS = 20  # invoices of customers that no account stands for

PATHS: Final = (
    "draft",
    "deleted",
    "issued",
    "late",
    "part",
    "part-late",
    "paid",
    "paid-in-two",
    "paid-late",
    "credited",
    "credited-late",
    "credit-part",
    "credit-part-late",
    "credit-twice",
    "credit-part-then-paid",
    "credit-part-then-part",
    "part-then-credited",
    "paid-then-credited",
    "paid-then-credit-part",
    "void",
    "changed",
    "other-customer",
)
LATE: Final = frozenset({"late", "part-late", "paid-late", "credited-late", "credit-part-late"})


USUAL: Final = {
    "created_from_draft_id": "filled",
    "references_survive_issue": "yes",
    "void_shows_as_credit": "yes",
    "payment_moves_modified": "yes",
    "keep_original_draft_date": "company",
}
SWITCHED: Final[Sequence[Json]] = (
    {},
    {"created_from_draft_id": "null"},
    {"references_survive_issue": "no"},
    {"void_shows_as_credit": "no"},
    {"payment_moves_modified": "no"},
    {"created_from_draft_id": "null", "void_shows_as_credit": "no", "payment_moves_modified": "no"},
)
"""Behaviours that are felt when finance acts; every path is walked under each, in one world."""
READING: Final[Mapping[str, Json]] = {
    "exclusive": {"modified_since": "exclusive", "filterable_fields": []},
    "lagging": {"index_lag_seconds": 30, "large_page": "refused"},
    "rounded": {"domestic_currency_rounding": "yes", "missing_draft": "400-3000"},
}
"""Behaviours that are felt in every call, each set for a whole story."""


# --- the world -----------------------------------------------------------------------------------------------------


def world(deals: int = DEALS) -> Json:
    """Won deals over a thousand kronor or a hundred euro, each of one line, of buyers that are customers already."""
    buyers = [_buyer(number) for number in range(BUYERS)]
    sold = [_deal(number, buyers[number % BUYERS]) for number in range(deals)]
    return {
        "now": f"{TODAY}T08:00:00Z",
        "salesforce": {
            "org": group.ORG,
            "schema": CUSTOM_SCHEMA,
            "clients": [group.SALESFORCE_CLIENT],
            "records": {
                "User": group.people(),
                "Account": buyers,
                **group.product_records(),
                "Opportunity": [record for record, _ in sold],
                "OpportunityLineItem": [row for _, rows in sold for row in rows],
            },
        },
        "spiris": {
            "companies": [
                _company(group.SWEDISH_COMPANY, [one for one in buyers if one["BillingCountryCode"] == "SE"]),
                _company(
                    group.INTERNATIONAL_COMPANY, [one for one in buyers if one["BillingCountryCode"] != "SE"]
                ),
            ]
        },
    }


def _buyer(number: int) -> Json:
    known = {"Spiris_Customer_Number__c": str(1001 + number)}
    if number % 2:
        own = numbers.orgnr(f"559{700_000 + number * 11}")
        return account(
            f"a{number}",
            f"Bolag {number} AB",
            ("Storgatan 1", "972 38", "Luleå"),
            Organisation_Number__c=own,
            **known,
        )
    vat = numbers.german_vat(str(13_669_597 + number))
    return account(
        f"a{number}",
        f"Werk {number} GmbH",
        ("Hafenstraße 1", "20457", "Hamburg"),
        country="DE",
        VAT_Number__c=vat,
        CurrencyIsoCode="EUR",
        **known,
    )


def _deal(number: int, buyer: Json) -> tuple[Json, list[Json]]:
    currency = buyer["CurrencyIsoCode"]
    code = ("KONSULT-TIM", "HANDBOK", "SENSOR-3")[number % 3] if currency == "SEK" else "KONSULT-TIM"
    sold = line(code, str(1 + number % 7), currency=currency)
    return deal(f"d{number}", f"Affär {number:04d}", buyer["_ref"], "2026-11-18", [sold], currency=currency)


def _company(base: Json, buyers: Sequence[Json]) -> Json:
    strangers = [_customer(str(9001 + number), f"Främling {number}", {}) for number in range(3)]
    customers = [
        _customer(
            one["Spiris_Customer_Number__c"],
            one["Name"],
            {
                "InvoiceCountryCode": one["BillingCountryCode"],
                "CurrencyCode": one["CurrencyIsoCode"],
                **({"VatNumber": one["VAT_Number__c"]} if "VAT_Number__c" in one else {}),
                **(
                    {"CorporateIdentityNumber": one["Organisation_Number__c"]}
                    if "Organisation_Number__c" in one
                    else {}
                ),
            },
        )
        for one in buyers
    ]
    numbered = [one["CustomerNumber"] for one in customers]
    invoices = [
        _by_hand(number, customer)
        for number, customer in enumerate(
            [
                *(one for one in numbered for _ in range(BY_HAND)),
                *(strangers[number % 3]["CustomerNumber"] for number in range(STRANGERS // 2)),
            ]
        )
    ]
    return base | {
        "articles": group.articles(),
        "customers": [*customers, *strangers],
        "invoices": invoices,
    }


def _customer(number: str, name: str, more: Json) -> Json:
    return {
        "CustomerNumber": number,
        "Name": name,
        "InvoiceAddress1": "Storgatan 1",
        "InvoicePostalCode": "972 38",
        "InvoiceCity": "Luleå",
        "InvoiceCountryCode": "SE",
        "CurrencyCode": "SEK",
        "terms": 30,
    } | more


def _by_hand(number: int, customer: str) -> Json:
    """An invoice that finance wrote; the world's own short forms say what became of it."""
    day = ("2026-10-05", "2026-11-10", "2026-09-14")[number % 3]
    fate: Json = ({}, {"paid": True, "paid_date": "2026-11-12"}, {"credited": True}, {"paid": Decimal(100)})[
        number % 4
    ]
    row = {"article": "UTB-DAG", "Quantity": Decimal(1 + number % 3)}
    return {"customer": customer, "InvoiceDate": day, "rows": [row], **fate}


# --- finance -------------------------------------------------------------------------------------------------------


class Finance:
    """People at work in Spiris, over one kept connection. `money` is what they saw come in, by invoice."""

    def __init__(self, demo: Playground, http: httpx.Client) -> None:
        self._demo = demo
        self._http = http
        self.money: defaultdict[str, Decimal] = defaultdict(Decimal)

    def switch(self, **switches: str) -> None:
        """How the vendor behaves from now on in what it leaves undocumented."""
        self._demo.control("spiris", "PUT", "switches", {**USUAL, **switches})

    def do(self, company: str, what: str, **asked: object) -> Json:
        """One act, such as `invoices/ID/pay`; the answer is the document as it is then."""
        reply = self._http.post(
            f"{self._demo.spiris}/_sandbox/{what}", params={"company": company}, json=asked
        )
        assert reply.is_success, reply.text
        answer: Json = reply.json()
        return answer

    def pay(self, company: str, invoice: str, day: str, amount: Decimal | None = None) -> None:
        """Register so much money, or all that is left."""
        left = self.do(
            company, f"invoices/{invoice}/pay", date=day, amount=None if amount is None else str(amount)
        )
        if amount is not None:
            self.money[invoice] += amount
        else:
            self.money[invoice] = _amount(left["TotalAmountInvoiceCurrency"]) - _amount(
                left["SetOffAmountInvoiceCurrency"]
            )

    def walk(self, company: str, draft: Json, path: str, *, other: str) -> str | None:
        """Take one draft along a path; the invoice that stands for its deal then. `other` is another customer."""
        place = f"drafts/{draft['Id']}"
        if path == "draft":
            return None
        if path == "deleted":
            self.do(company, f"{place}/delete")
            return None
        if path == "changed":
            rows = [one if one["IsTextRow"] else one | {"Quantity": 9} for one in draft["Rows"]]
            self.do(company, f"{place}/edit", Rows=rows)
        if path == "other-customer":
            self.do(company, f"{place}/edit", CustomerId=other)
        invoice = self.do(company, f"{place}/issue", date=LONG_AGO if path in LATE else TODAY)
        number, total = str(invoice["Id"]), _amount(invoice["TotalAmountInvoiceCurrency"])
        part = (total * Decimal("0.4")).quantize(CENT)
        for step in STEPS.get(path, ()):
            what, _, how_much = step.partition(" ")
            if what == "pay":
                self.pay(company, number, TODAY, part if how_much else None)
            else:
                asked = {"amount": str(part)} if how_much else {}
                self.do(company, f"invoices/{number}/{what}", **asked)
        return number


STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "part": ("pay part",),
    "part-late": ("pay part",),
    "paid": ("pay",),
    "paid-late": ("pay",),
    "paid-in-two": ("pay part", "pay"),
    "credited": ("credit",),
    "credited-late": ("credit",),
    "credit-part": ("credit part",),
    "credit-part-late": ("credit part",),
    "credit-twice": ("credit part", "credit part"),
    "credit-part-then-paid": ("credit part", "pay"),
    "credit-part-then-part": ("credit part", "pay part"),
    "part-then-credited": ("pay part", "credit"),
    "paid-then-credited": ("pay", "credit"),
    "paid-then-credit-part": ("pay", "credit part"),
    "void": ("void",),
}
"""What happens to the invoice after it was issued; `part` is two fifths of its total."""


@contextmanager
def finance_of(demo: Playground) -> Iterator[Finance]:
    with httpx.Client(trust_env=False, timeout=30) as http:
        yield Finance(demo, http)


# --- what Salesforce must show -------------------------------------------------------------------------------------

_MOST_PRESSING: Final = ("Overdue", "Partly Paid", "Partly Credited", "Issued", "Paid", "Credited")


class Books:
    """One company as the control API tells it, with the money that the test knows to have come in."""

    def __init__(self, company: Json, today: str) -> None:
        self.key = company["key"]
        self.invoices: dict[str, Json] = {one["Id"]: one for one in company["invoices"]}
        self.drafts: dict[str, Json] = {one["Id"]: one for one in company["drafts"]}
        self._today = today

    def is_void(self, one: Json) -> bool:
        """Nothing is left, no money came and no credit note says why."""
        settled = not one["IsCreditInvoice"] and not one["RemainingAmountInvoiceCurrency"]
        return settled and not one["SetOffAmountInvoiceCurrency"] and not one["PaymentDate"]

    def status(self, one: Json) -> str:
        """From the vendor's figures: what was credited, what is left, when it was due."""
        total, left, credited = (
            abs(_amount(one[name]))
            for name in (
                "TotalAmountInvoiceCurrency",
                "RemainingAmountInvoiceCurrency",
                "SetOffAmountInvoiceCurrency",
            )
        )
        if one["IsCreditInvoice"]:
            return "Issued" if left else "Credited"
        if credited >= total or self.is_void(one):
            return "Credited"
        if not left:
            return "Paid"
        if one["DueDate"][:10] < self._today:
            return "Overdue"
        if left < total - credited:
            return "Partly Paid"
        return "Partly Credited" if credited else "Issued"

    def record(self, one: Json, money: Decimal, *, account: str, deal: str | None) -> Json:
        """The record of an invoice for which so much money came in."""
        status, is_void = self.status(one), self.is_void(one)
        total, vat = _amount(one["TotalAmountInvoiceCurrency"]), _amount(one["TotalVatAmountInvoiceCurrency"])
        credited = total if is_void else _amount(one["SetOffAmountInvoiceCurrency"])
        paid_on = (one["PaymentDate"] or "")[:10] or None
        referring = self.invoices.get(one["ReferringInvoiceId"] or "")
        return {
            "Account__c": account,
            "Opportunity__c": deal,
            "Company__c": self.key,
            "Invoice_Number__c": str(one["InvoiceNumber"]),
            "Status__c": status,
            "Invoice_Date__c": one["InvoiceDate"][:10],
            "Due_Date__c": one["DueDate"][:10],
            "Paid_Date__c": paid_on if status == "Paid" else None,
            "Last_Payment_Date__c": paid_on if money else None,
            "Currency__c": one["CurrencyCode"],
            "Amount_Net__c": total - vat - _amount(one["TotalRoundings"]),
            "Amount_Vat__c": vat,
            "Amount_Total__c": total,
            "Amount_Paid__c": money,
            "Amount_Credited__c": -abs(credited) if one["IsCreditInvoice"] and credited else credited,
            "Balance__c": _amount(one["RemainingAmountInvoiceCurrency"]),
            "Amount_Total_Base__c": _amount(one["TotalAmount"]),
            "Ocr__c": one["PaymentReferenceNumber"] or None,
            "Is_Credit_Note__c": one["IsCreditInvoice"],
            "Credits_Invoice__c": str(referring["InvoiceNumber"]) if referring else None,
            "Is_Overdue__c": status == "Overdue",
        }

    def buys(self, customer: str) -> bool:
        """Whether the customer has any invoice."""
        return any(one["CustomerId"] == customer for one in self.invoices.values())

    def account(self, customer: str, number: str) -> Json:
        """The sums over a customer's invoices, in the currency of the books."""
        own = [one for one in self.invoices.values() if one["CustomerId"] == customer]
        open_ = [one for one in own if not one["IsCreditInvoice"] and one["RemainingAmountInvoiceCurrency"]]
        statuses = {self.status(one) for one in own if not one["IsCreditInvoice"]}
        billed = _sum(one["TotalAmount"] for one in own if not self.is_void(one))
        left = _sum(one["RemainingAmount"] for one in own)
        paid_on = [one["PaymentDate"][:10] for one in own if one["PaymentDate"]]
        return {
            "Spiris_Customer_Number__c": number,
            "Spiris_Payment_Status__c": next(one for one in _MOST_PRESSING if one in statuses),
            "Spiris_Open_Balance__c": left,
            "Spiris_Overdue_Balance__c": _sum(
                one["RemainingAmount"] for one in open_ if self.status(one) == "Overdue"
            ),
            "Spiris_Oldest_Due_Date__c": min((one["DueDate"][:10] for one in open_), default=None),
            "Spiris_Last_Paid_Date__c": max(paid_on, default=None),
            "Spiris_Invoiced_Total__c": billed,
            "Spiris_Collected_Total__c": billed - left,
        }


def read(record: Json, names: Iterable[str]) -> Json:
    """What Salesforce has in these fields, amounts as exact numbers to the öre."""
    found: Json = {}
    for name in names:
        value = record.get(name)
        is_amount = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        found[name] = _amount(value) if is_amount else value
    return found


def _sum(amounts: Iterable[object]) -> Decimal:
    return sum((_amount(one) for one in amounts), Decimal("0.00"))


def _amount(value: object) -> Decimal:
    return Decimal(str(value or 0)).quantize(CENT)
