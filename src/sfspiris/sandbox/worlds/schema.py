"""The fields that our worlds' orgs have beyond Salesforce's own: those that people fill in, and those that we write back.

In describe's words, as a world's "schema" takes them. The second group is what the shipped package deploys.
"""

from typing import Any

Field = dict[str, Any]

SYNC_STATUSES = (
    "Held",
    "Draft",
    "Issued",
    "Partly Paid",
    "Paid",
    "Overdue",
    "Partly Credited",
    "Credited",
    "Deleted",
    "Error",
)


def _text(name: str, length: int, **given: Any) -> Field:
    return {"name": name, "type": "string", "length": length, **given}


def _long_text(name: str, length: int) -> Field:
    return {"name": name, "type": "textarea", "length": length}


def _number(name: str, precision: int, scale: int) -> Field:
    return {"name": name, "type": "double", "precision": precision, "scale": scale}


def _plain(kind: str, *names: str) -> list[Field]:
    return [{"name": name, "type": kind} for name in names]


def _lookup(name: str, to: str, relationship: str, children: str) -> Field:
    return {
        "name": name,
        "type": "reference",
        "referenceTo": [to],
        "relationshipName": relationship,
        "childRelationshipName": children,
    }


def _status(name: str) -> Field:
    return {"name": name, "type": "picklist", "picklistValues": list(SYNC_STATUSES)}


# What people fill in.
_ACCOUNT: list[Field] = [
    _text("Organisation_Number__c", 30, label="Organisation Number"),
    _text("VAT_Number__c", 30, label="VAT Number"),
    _number("Payment_Terms__c", 3, 0),
]
_OPPORTUNITY: list[Field] = [
    _text("PO_Number__c", 80, label="PO Number"),
    _number("Payment_Terms__c", 3, 0),
    _lookup("Primary_Contact__c", "Contact", "Primary_Contact__r", "Opportunities_of_Contact__r"),
]

# What we write back.
_ACCOUNT_SUMMARY: list[Field] = [
    _text("Spiris_Customer_Number__c", 16),
    _status("Spiris_Payment_Status__c"),
    *(_number(f"Spiris_{name}__c", 18, 2) for name in ("Open_Balance", "Overdue_Balance")),
    *_plain("date", "Spiris_Oldest_Due_Date__c", "Spiris_Last_Paid_Date__c"),
    *(_number(f"Spiris_{name}__c", 18, 2) for name in ("Invoiced_Total", "Collected_Total")),
]
_DEAL_STATUS: list[Field] = [
    _status("Spiris_Sync_Status__c"),
    _text("Spiris_Sync_Code__c", 80),
    _long_text("Spiris_Sync_Message__c", 4000),
    *_plain("datetime", "Spiris_Sync_Time__c"),
    _text("Spiris_Correlation_Id__c", 80),
    _text("Spiris_Company__c", 80),
    _text("Spiris_Draft_Id__c", 80),
    _text("Spiris_Invoice_Number__c", 80),
    *_plain("boolean", "Spiris_Retry__c", "Spiris_Invoice_Ready__c"),
    _long_text("Spiris_Invoice_Ready_Reasons__c", 4000),
]
_INVOICE: list[Field] = [
    _text("External_Id__c", 120, externalId=True, unique=True),
    _lookup("Account__c", "Account", "Account__r", "Spiris_Invoices__r"),
    _lookup("Opportunity__c", "Opportunity", "Opportunity__r", "Spiris_Invoices__r"),
    _text("Company__c", 80),
    _text("Invoice_Number__c", 80),
    _status("Status__c"),
    *_plain("date", "Invoice_Date__c", "Due_Date__c", "Paid_Date__c", "Last_Payment_Date__c"),
    _text("Currency__c", 3),
    *(
        _number(f"{name}__c", 18, 2)
        for name in (
            "Amount_Net",
            "Amount_Vat",
            "Amount_Total",
            "Amount_Paid",
            "Amount_Credited",
            "Balance",
            "Amount_Total_Base",
        )
    ),
    _number("Exchange_Rate__c", 18, 6),
    _text("Ocr__c", 80),
    *_plain("boolean", "Is_Credit_Note__c"),
    _text("Credits_Invoice__c", 80),
    *_plain("boolean", "Is_Overdue__c"),
]

CUSTOM_SCHEMA: dict[str, Any] = {
    "Account": {"fields": [*_ACCOUNT, *_ACCOUNT_SUMMARY]},
    "Opportunity": {"fields": [*_OPPORTUNITY, *_DEAL_STATUS]},
    "Spiris_Invoice__c": {"label": "Spiris Invoice", "labelPlural": "Spiris Invoices", "fields": _INVOICE},
}
