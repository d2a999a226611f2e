"""A small Salesforce org for tests of its adapter: what it describes, what it sends, and stores that forget at the end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sfspiris.adapters import exactjson
from sfspiris.adapters.salesforce.catalog import Catalog, Field, fields_by_name
from sfspiris.adapters.transport import ABSENT, Effect, Pace, Reply, Transport
from sfspiris.ports.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HOST = "https://exempel.my.salesforce.com"
ORG = "00DJ6000000000bMAA"
ACCOUNT_ID = "001J6000000000cIAA"
DEAL_ID = "006J6000000000aIAA"
LINE_ID = "00kJ6000000000dIAA"
OWNER_ID = "005J6000000000eIAA"


def text(name: str, length: int = 255, *, updateable: bool = True) -> Field:
    return Field(name, "string", length=length, updateable=updateable)


def number(name: str, scale: int = 2) -> Field:
    return Field(name, "double", scale=scale)


def lookup(name: str, relationship: str, *objects: str) -> Field:
    return Field(name, "reference", length=18, relationship=relationship, refers_to=objects)


SYNC = (
    *(
        text(f"Spiris_{name}__c")
        for name in (
            "Sync_Status",
            "Sync_Code",
            "Sync_Message",
            "Correlation_Id",
            "Company",
            "Draft_Id",
            "Invoice_Number",
        )
    ),
    Field("Spiris_Sync_Time__c", "datetime", updateable=True),
)

ORG_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "Opportunity": (
        text("Id", 18),
        text("Name", 120),
        number("Amount"),
        Field("CloseDate", "date"),
        Field("SystemModstamp", "datetime"),
        text("StageName"),
        lookup("OwnerId", "Owner", "User"),
        lookup("AccountId", "Account", "Account"),
        lookup("Primary_Contact__c", "Primary_Contact__r", "Contact"),
        text("PO_Number__c", 80),
        Field("Payment_Terms__c", "double"),
        *SYNC,
    ),
    "OpportunityLineItem": (
        text("Id", 18),
        text("Name"),
        number("Quantity"),
        number("UnitPrice"),
        number("Discount"),
        number("TotalPrice"),
        text("Description"),
        Field("SortOrder", "int"),
        lookup("Product2Id", "Product2", "Product2"),
    ),
    "Account": (
        text("Id", 18),
        text("Name"),
        text("Organisation_Number__c"),
        text("VAT_Number__c"),
        text("Spiris_Customer_Number__c"),
        Field("Payment_Terms__c", "double"),
        text("BillingStreet"),
        text("BillingPostalCode"),
        text("BillingCity"),
        text("BillingCountry"),
        text("BillingCountryCode"),
        text("Phone"),
    ),
    "Product2": (text("Id", 18), text("Name"), text("ProductCode"), text("Family")),
    "Spiris_Invoice__c": (text("Id", 18), text("External_Id__c", 120), text("Status__c")),
    "User": (text("Id", 18), text("Name"), text("Email")),
    "Contact": (text("Id", 18), text("Name"), text("Email")),
}


def catalog(*, without: Iterable[str] = (), more: Mapping[str, Iterable[Field]] | None = None) -> Catalog:
    """The org's catalog without some fields (`Account.Phone`) or whole objects (`Contact`), and with others."""
    gone = set(without)
    return Catalog(
        {
            owner: fields_by_name(
                [one for one in fields if f"{owner}.{one.name}" not in gone]
                + list((more or {}).get(owner, ()))
            )
            for owner, fields in ORG_FIELDS.items()
            if owner not in gone
        }
    )


def row(**changes: Any) -> dict[str, Any]:
    """A won Opportunity as a query sends it, after its pages have been put together."""
    return {
        "attributes": {"type": "Opportunity", "url": f"/services/data/v66.0/sobjects/Opportunity/{DEAL_ID}"},
        "Id": DEAL_ID,
        "Name": "Hissar till Exempel",
        "Amount": Decimal("1900.0"),
        "CloseDate": "2026-11-18",
        "SystemModstamp": "2026-11-19T22:30:00.000+0000",
        "OwnerId": OWNER_ID,
        "Owner": {"attributes": {"type": "User"}, "Name": "Eva Säljare"},
        "AccountId": ACCOUNT_ID,
        "Account": {
            "attributes": {"type": "Account"},
            "Name": "Exempel AB",
            "Organisation_Number__c": "556012-5790",
            "VAT_Number__c": None,
            "Spiris_Customer_Number__c": None,
            "Payment_Terms__c": Decimal("30.0"),
            "BillingStreet": "Storgatan 1\r\nBox 7",
            "BillingPostalCode": "01234",
            "BillingCity": "Ekerö",
            "BillingCountry": "Sweden",
            "BillingCountryCode": "SE",
            "Phone": None,
        },
        "Primary_Contact__r": None,
        "PO_Number__c": "  ",
        "Payment_Terms__c": None,
        "OpportunityLineItems": [line_row()],
        **changes,
    }


def line_row(**changes: Any) -> dict[str, Any]:
    return {
        "attributes": {"type": "OpportunityLineItem"},
        "Id": LINE_ID,
        "Name": "Hissar till Exempel Konsulttimme",
        "Quantity": Decimal("2.0"),
        "UnitPrice": Decimal("1000.0"),
        "Discount": Decimal("5.0"),
        "TotalPrice": Decimal("1900.0"),
        "Description": None,
        "Product2": {"ProductCode": "KONS", "Name": "Konsulttimme", "Family": "Services"},
        **changes,
    }


def tokens(**changes: Any) -> Tokens:
    known = {
        "access_token": "session-1",
        "obtained_at": NOW,
        "identity": ORG,
        "host": HOST,
        "user": "i@example.com",
    }
    return Tokens(**{**known, **changes})


@dataclass(slots=True)
class MemoryTokens:
    """A token store in memory that tells when its lock is held."""

    kept: dict[str, Tokens] = field(default_factory=dict)
    locked: str | None = None
    saves: int = 0

    def load(self, key: str) -> Tokens | None:
        return self.kept.get(key)

    def save(self, key: str, tokens: Tokens) -> None:
        assert self.locked == key, "whoever replaces a sign-in holds the lock"
        self.saves += 1
        self.kept[key] = tokens

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        assert self.locked is None
        self.locked = key
        try:
            yield
        finally:
            self.locked = None


@dataclass(slots=True)
class MemoryCatalogs:
    """A catalog cache in memory that goes through JSON as a real one does."""

    at: datetime = NOW
    kept: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)

    def load(self, key: str) -> tuple[Mapping[str, Any], datetime] | None:
        found = self.kept.get(key)
        return None if found is None else (exactjson.loads(found[0]), found[1])

    def save(self, key: str, data: Mapping[str, Any]) -> None:
        self.kept[key] = (exactjson.dumps(data), self.at)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that a scripted transport was asked for."""

    method: str
    url: str
    effect: Effect
    headers: Mapping[str, str]
    params: Mapping[str, str]
    json: Any
    form: Mapping[str, str]


@dataclass(slots=True)
class Naps:
    """A clock that only moves while somebody sleeps."""

    slept: list[float] = field(default_factory=list)

    @property
    def pace(self) -> Pace:
        return Pace(sleep=self.slept.append, monotonic=lambda: sum(self.slept), jitter=lambda: 0.0)


class ScriptedTransport(Transport):
    """Answers from a list, in order, without a network, and remembers what it was asked."""

    def __init__(self, *replies: Reply | Exception) -> None:
        super().__init__(service="Salesforce", pace=Naps().pace)
        self.script = list(replies)
        self.sent: list[Sent] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        effect: Effect,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: object = ABSENT,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        last_look: Callable[[], object] | None = None,
    ) -> Reply:
        assert content is None
        assert last_look is None
        self.calls += 1
        body = None if json is ABSENT else json
        self.sent.append(Sent(method, url, effect, headers or {}, params or {}, body, form or {}))
        assert self.script, f"nothing is scripted for {method} {url}"
        reply = self.script.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def reply(document: object, status: int = 200, **headers: str) -> Reply:
    """An answer of Salesforce's with a JSON body; header names with underscores."""
    told = {
        "content-type": "application/json;charset=UTF-8",
        "date": "Fri, 20 Nov 2026 08:00:00 GMT",
        "sforce-limit-info": "api-usage=18/15000",
    }
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, told, exactjson.dumps(document), "Salesforce")


def page(body: str = "<html>Down for maintenance</html>", status: int = 200) -> Reply:
    """An answer of some machine in between."""
    return Reply(status, {"content-type": "text/html"}, body.encode(), "Salesforce")


def refusal(code: str, message: str = "", status: int = 400) -> Reply:
    return reply([{"errorCode": code, "message": message}], status)


def rows(*found: Mapping[str, Any], total: int | None = None, following: str | None = None) -> dict[str, Any]:
    """A page of a query's rows."""
    told: dict[str, Any] = {
        "totalSize": len(found) if total is None else total,
        "done": following is None,
        "records": [dict(one) for one in found],
    }
    return told if following is None else told | {"nextRecordsUrl": following}


def described(*owners: str, source: Mapping[str, Iterable[Field]] = ORG_FIELDS) -> Reply:
    """The answer to a batch of describes."""
    results = [
        {
            "statusCode": 200,
            "result": {
                "name": owner,
                "fields": [
                    {
                        "name": one.name,
                        "type": one.type,
                        "length": one.length,
                        "scale": one.scale,
                        "updateable": one.updateable,
                        "relationshipName": one.relationship,
                        "referenceTo": list(one.refers_to),
                    }
                    for one in source[owner]
                ],
            },
        }
        if owner in source
        else {
            "statusCode": 404,
            "result": [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
        }
        for owner in owners
    ]
    return reply({"hasErrors": False, "results": results})
