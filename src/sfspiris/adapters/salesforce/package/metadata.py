"""Pure: our fields, the invoice object and the permissions in the words of Salesforce's Metadata API.

Source: Metadata API Developer Guide, "Metadata Types" (CustomObject, CustomField, ListView, PermissionSet; version 66.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never
from xml.etree import ElementTree as ET

from sfspiris.adapters.salesforce.package.fields import (
    ACCOUNT,
    FIELDS,
    INVOICE,
    OPPORTUNITY,
    STATUSES,
    Kind,
    PackageField,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACE: Final = "http://soap.sforce.com/2006/04/metadata"
SYNC_SET: Final = "Spiris_Sync"
READER_SET: Final = "Spiris_Reader"
_INVOICES: Final = "Spiris Invoices"
_CHILDREN: Final = "Spiris_Invoices"
_INVOICE_COLUMNS: Final = (
    "NAME",
    "Invoice_Number__c",
    "Account__c",
    "Opportunity__c",
    "Status__c",
    "Due_Date__c",
    "Balance__c",
)
_DEAL_COLUMNS: Final = (
    "OPPORTUNITY.NAME",
    "ACCOUNT.NAME",
    "Spiris_Sync_Code__c",
    "Spiris_Sync_Message__c",
    "OPPORTUNITY.CLOSE_DATE",
)


def node(tag: str, *content: str | ET.Element, **leaves: str | bool | int) -> ET.Element:
    """An element with text or elements in it; `leaves` become elements of their own, in the order given."""
    made = ET.Element(tag)
    for name, value in leaves.items():
        leaf = ET.SubElement(made, name)
        leaf.text = str(value).lower() if isinstance(value, bool) else str(value)
    for one in content:
        if isinstance(one, str):
            made.text = one
        else:
            made.append(one)
    return made


def to_xml(root: ET.Element) -> str:
    """A metadata file's text. The same element gives the same bytes, so that files can be compared."""
    root.set("xmlns", NAMESPACE)
    ET.indent(root, "    ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def field(one: PackageField, tag: str) -> ET.Element:
    """A field's declaration, under the tag that its place asks for (`fields` in an object, `CustomField` in a file)."""
    made = node(
        tag,
        fullName=one.name,
        description=one.help if one.by_people else f"Written by sfspiris. {one.help}",
        inlineHelpText=one.help,
        label=one.label,
        type=one.kind.value,
    )
    if one.is_external_id:
        made.extend(node(name, "true") for name in ("externalId", "unique", "caseSensitive"))
    made.extend(_particulars(one))
    return made


def _particulars(one: PackageField) -> list[ET.Element]:
    """What only fields of this kind are told."""
    match one.kind:
        case Kind.TEXT | Kind.LONG_TEXT:
            lines = [node("visibleLines", "3")] if one.kind is Kind.LONG_TEXT else []
            return [node("length", str(one.length)), *lines]
        case Kind.NUMBER:
            return [node("precision", str(one.length)), node("scale", str(one.scale))]
        case Kind.CHECKBOX:
            return [node("defaultValue", "false")]
        case Kind.PICKLIST:
            return [_statuses()]
        case Kind.LOOKUP:
            names = node(
                "x", referenceTo=one.target or "", relationshipLabel=_INVOICES, relationshipName=_CHILDREN
            )
            return [node("deleteConstraint", "SetNull"), *names]
        case Kind.DATE | Kind.DATETIME:
            return []
    assert_never(one.kind)


def _statuses() -> ET.Element:
    values = [node("value", fullName=status, default=False, label=status) for status in STATUSES]
    return node("valueSet", node("valueSetDefinition", *values, sorted=False), restricted=True)


def invoice_object() -> ET.Element:
    """The object for invoices, without its fields and views."""
    return node(
        "CustomObject",
        node("nameField", label="Invoice", displayFormat="SI-{000000}", type="AutoNumber"),
        deploymentStatus="Deployed",
        description="An invoice or credit note in Spiris, as it stands there. Written by sfspiris; changes are overwritten.",
        enableReports=True,
        enableSearch=True,
        label="Spiris Invoice",
        pluralLabel=_INVOICES,
        sharingModel="ReadWrite",
    )


def sync_permissions() -> ET.Element:
    """What the integration user needs for our fields and objects, and nothing else.

    Files have no permission of their own: who may edit a record may put one on it.
    """
    return _permission_set(
        "Spiris Sync",
        "For the user that sfspiris signs in as: reads deals and writes how their invoicing stands.",
        [_field_permission(one, editable=True) for one in FIELDS],
        [
            _object_permission(ACCOUNT, edit=True),
            _object_permission("Contact"),
            _object_permission("Opportunity", edit=True),
            _object_permission("Product2"),
            _object_permission(INVOICE, create=True, edit=True),
        ],
    )


def reader_permissions() -> ET.Element:
    """What sales needs to see it: everything is read only but for the checkbox that asks for another try."""
    return _permission_set(
        "Spiris Reader",
        "For people in sales and management: sees invoices and their status.",
        [_field_permission(one, editable=one.by_people) for one in FIELDS],
        [_object_permission(INVOICE)],
    )


def _permission_set(
    label: str, description: str, fields: Iterable[ET.Element], objects: Iterable[ET.Element]
) -> ET.Element:
    made = node("PermissionSet", description=description)
    made.extend(fields)
    made.append(node("hasActivationRequired", "false"))
    made.append(node("label", label))
    made.extend(objects)
    return made


def _field_permission(one: PackageField, *, editable: bool) -> ET.Element:
    return node("fieldPermissions", editable=editable, field=one.full_name, readable=True)


def _object_permission(name: str, *, create: bool = False, edit: bool = False) -> ET.Element:
    return node(
        "objectPermissions",
        allowCreate=create,
        allowDelete=False,
        allowEdit=edit,
        allowRead=True,
        modifyAllRecords=False,
        object=name,
        viewAllRecords=False,
    )


def list_views(object_: str) -> list[ET.Element]:
    """The list views that answer what sales and finance ask first."""
    if object_ == INVOICE:
        return [
            _list_view("Spiris_All", "All invoices", _INVOICE_COLUMNS),
            _list_view("Spiris_Open", "Open invoices", _INVOICE_COLUMNS, ("Balance__c", "greaterThan", "0")),
            _list_view(
                "Spiris_Overdue", "Overdue invoices", _INVOICE_COLUMNS, ("Is_Overdue__c", "equals", "1")
            ),
        ]
    if object_ == OPPORTUNITY:
        held = ("Spiris_Sync_Status__c", "equals", "Held")
        return [_list_view("Spiris_Held", "Held: invoicing waits", _DEAL_COLUMNS, held)]
    return []


def _list_view(
    name: str, label: str, columns: Iterable[str], only: tuple[str, str, str] | None = None
) -> ET.Element:
    made = node("listViews", fullName=name)
    made.extend(node("columns", one) for one in columns)
    made.append(node("filterScope", "Everything"))
    if only is not None:
        place, operation, value = only
        made.append(node("filters", field=place, operation=operation, value=value))
    made.append(node("label", label))
    return made
