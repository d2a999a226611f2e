"""Describe in the vendor's wire shape. Source: REST API Developer Guide, "sObject Describe" (read November 2026)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.schema.registry import Child, Entity, Schema

MAX_BATCH_SIZE: Final = 200
_MASTER_TYPE_ID: Final = "012000000000000AAA"
_SOAP_TYPES: Final = {
    "address": "urn:address",
    "base64": "xsd:base64Binary",
    "boolean": "xsd:boolean",
    "currency": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "double": "xsd:double",
    "id": "tns:ID",
    "int": "xsd:int",
    "percent": "xsd:double",
    "reference": "tns:ID",
    "time": "xsd:time",
}
_BYTES_PER_CHARACTER: Final = 3


def describe_global(schema: Schema, root: str) -> dict[str, Any]:
    """Every object, in the order of their names."""
    names = sorted(schema.entities)
    return {
        "encoding": "UTF-8",
        "maxBatchSize": MAX_BATCH_SIZE,
        "sobjects": [summary(schema[name], root) for name in names],
    }


def summary(entity: Entity, root: str) -> dict[str, Any]:
    """An object as the global describe lists it."""
    one = entity.definition
    base = f"{root}/sobjects/{one.name}"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": one.createable,
        "custom": one.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": one.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": one.prefix,
        "label": one.label,
        "labelPlural": one.label_plural,
        "layoutable": one.searchable,
        "mergeable": one.name in {"Account", "Contact"},
        "mruEnabled": one.searchable,
        "name": one.name,
        "queryable": one.queryable,
        "replicateable": True,
        "retrieveable": True,
        "searchable": one.searchable,
        "triggerable": one.createable,
        "undeletable": one.undeletable and one.deletable,
        "updateable": one.updateable,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def describe(schema: Schema, entity: Entity, record_types: list[Record], root: str) -> dict[str, Any]:
    """An object with its fields, its children's relationships and its record types."""
    return {
        **summary(entity, root),
        "actionOverrides": [],
        "childRelationships": [_child(child) for child in schema.children(entity.name)],
        "compactLayoutable": entity.definition.searchable,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [_field(one, entity) for one in entity.visible.values()],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": _record_types(record_types, entity, root),
        "searchLayoutable": entity.definition.searchable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [
            {"label": "All records", "name": "everything"},
            {"label": "My records", "name": "mine"},
        ],
    }


def _child(child: Child) -> dict[str, Any]:
    return {
        "cascadeDelete": child.field.cascades,
        "childSObject": child.object,
        "deprecatedAndHidden": False,
        "field": child.field.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": child.relationship,
        "restrictedDelete": False,
    }


def _field(one: Field, entity: Entity) -> dict[str, Any]:
    is_text = one.is_text or one.type in {"multipicklist", "id", "reference"}
    return {
        "aggregatable": one.aggregatable,
        "aiPredictionField": False,
        "autoNumber": one.auto_number is not None,
        "byteLength": one.length * (_BYTES_PER_CHARACTER if not one.is_id else 1) if is_text else 0,
        "calculated": one.calculated,
        "calculatedFormula": one.formula,
        "cascadeDelete": one.cascades,
        "caseSensitive": one.case_sensitive,
        "compoundFieldName": one.compound if one.compound in entity.fields else None,
        "controllerName": _controller(one, entity),
        "createable": one.createable,
        "custom": one.custom,
        "defaultValue": one.default if one.type == "boolean" else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": one.has_default or not one.createable,
        "dependentPicklist": _controller(one, entity) is not None,
        "deprecatedAndHidden": False,
        "digits": (one.precision or 9) if one.type == "int" else 0,
        "displayLocationInDecimal": one.name.endswith(("Latitude", "Longitude")),
        "encrypted": one.type == "encryptedstring",
        "externalId": one.external_id,
        "extraTypeInfo": _extra_type(one),
        "filterable": one.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": one.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": one.id_lookup or one.name_field,
        "inlineHelpText": one.help_text,
        "label": one.label,
        "length": one.length if is_text else 0,
        "mask": None,
        "maskType": None,
        "name": one.name,
        "nameField": one.name_field,
        "namePointing": len(one.targets) > 1,
        "nillable": one.nillable,
        "permissionable": one.custom or one.nillable,
        "picklistValues": [
            {
                "active": pick.active,
                "defaultValue": pick.default,
                "label": pick.label,
                "validFor": None,
                "value": pick.value,
            }
            for pick in one.picks
        ],
        "polymorphicForeignKey": len(one.targets) > 1,
        "precision": one.precision if one.type in {"currency", "double", "percent"} else 0,
        "queryByDistance": False,
        "referenceTargetField": None,
        "referenceTo": list(one.targets),
        "relationshipName": one.relationship,
        "relationshipOrder": 0 if one.cascades and one.custom else None,
        "restrictedDelete": False,
        "restrictedPicklist": one.restricted,
        "scale": one.scale if one.type in {"currency", "double", "percent"} else 0,
        "searchPrefilterable": one.type == "reference",
        "soapType": _SOAP_TYPES.get(one.type, "xsd:string"),
        "sortable": one.sortable,
        "type": one.type,
        "unique": one.unique,
        "updateable": one.updateable,
        "writeRequiresMasterRead": False,
    }


def _controller(one: Field, entity: Entity) -> str | None:
    if one.needs == "state_country_picklists" and one.name.endswith("StateCode"):
        controller = one.name.removesuffix("StateCode") + "CountryCode"
        return controller if controller in entity.fields else None
    return None


def _extra_type(one: Field) -> str | None:
    if one.type == "textarea":
        return "plaintextarea"
    return "externallookup" if one.type == "reference" and not one.targets else None


def _record_types(record_types: list[Record], entity: Entity, root: str) -> list[dict[str, Any]]:
    """The object's record types and, last, the master one that everything has."""
    layout = f"{root}/sobjects/{entity.name}/describe/layouts/"
    infos = [
        {
            "active": row["IsActive"],
            "available": row["IsActive"],
            "defaultRecordTypeMapping": place == 0,
            "developerName": row["DeveloperName"],
            "master": False,
            "name": row["Name"],
            "recordTypeId": row["Id"],
            "urls": {"layout": layout + row["Id"]},
        }
        for place, row in enumerate(record_types)
    ]
    infos.append(
        {
            "active": True,
            "available": True,
            "defaultRecordTypeMapping": not infos,
            "developerName": "Master",
            "master": True,
            "name": "Master",
            "recordTypeId": _MASTER_TYPE_ID,
            "urls": {"layout": layout + _MASTER_TYPE_ID},
        }
    )
    return infos
