"""Fields, objects and rules made of declarations; how a declaration is written, `joining` says."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce.formula import checked
from sfspiris.sandbox.salesforce.schema.build import (
    audit,
    currency,
    identity,
    label_of,
    owner,
    record_type,
    seen,
    text,
)
from sfspiris.sandbox.salesforce.schema.model import (
    DuplicateRule,
    Field,
    FieldType,
    Flow,
    Pick,
    SObject,
    ValidationRule,
)

_TYPES: Final[dict[str, FieldType]] = {
    "autonumber": "string",
    "boolean": "boolean",
    "checkbox": "boolean",
    "combobox": "combobox",
    "currency": "currency",
    "date": "date",
    "datetime": "datetime",
    "double": "double",
    "email": "email",
    "encryptedstring": "encryptedstring",
    "encryptedtext": "encryptedstring",
    "html": "textarea",
    "int": "int",
    "integer": "int",
    "longtextarea": "textarea",
    "lookup": "reference",
    "masterdetail": "reference",
    "multipicklist": "multipicklist",
    "multiselectpicklist": "multipicklist",
    "number": "double",
    "percent": "percent",
    "phone": "phone",
    "picklist": "picklist",
    "reference": "reference",
    "string": "string",
    "text": "string",
    "textarea": "textarea",
    "time": "time",
    "url": "url",
}
_LENGTHS: Final[dict[str, int]] = {
    "string": 255,
    "textarea": 255,
    "longtextarea": 32768,
    "html": 32768,
    "picklist": 255,
    "multipicklist": 4099,
    "email": 80,
    "phone": 40,
    "url": 255,
    "reference": 18,
    "combobox": 255,
    "encryptedstring": 175,
}
_PRECISIONS: Final[dict[str, tuple[int, int]]] = {
    "currency": (18, 2),
    "double": (18, 0),
    "percent": (18, 2),
    "int": (9, 0),
}
_CUSTOM_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*__c")


def field_from(document: dict[str, Any], object_name: str, base: Field | None) -> Field:
    """The field that a document declares: new, or `base` with what the document changes."""
    from dataclasses import replace

    name = document["name"]
    if base is not None:
        changes: dict[str, Any] = {
            key: document[key]
            for key in (
                "label",
                "length",
                "precision",
                "scale",
                "external_id",
                "unique",
                "case_sensitive",
                "restricted",
                "help_text",
            )
            if key in document
        }
        if "values" in document:
            changes["picks"] = _picks(document["values"], document.get("default"))
        if document.get("required") is not None:
            changes["nillable"] = not document["required"]
        for key in ("createable", "updateable"):
            if key in document:
                changes[key] = bool(document[key])
        if document.get("read_only"):
            changes |= {"createable": False, "updateable": False}
        if "default" in document and base.type != "picklist":
            changes["default"] = document["default"]
        return replace(base, **changes)
    return _new_field(document, name, object_name)


def _new_field(document: dict[str, Any], name: str, object_name: str) -> Field:
    said = str(document.get("type", "string")).lower().replace("_", "")
    kind = _TYPES.get(said)
    if kind is None:
        raise SandboxError(
            f"Field {object_name}.{name} cannot have the type {document.get('type')!r}. There are: {', '.join(sorted(_TYPES))}."
        )
    if _CUSTOM_NAME.fullmatch(name) is None:
        raise SandboxError(
            f"{object_name} has no standard field {name}; a custom field's name ends in __c, such as PO_Number__c."
        )
    precision, scale = _PRECISIONS.get(kind, (0, 0))
    formula = document.get("formula")
    writable = formula is None and said != "autonumber" and not document.get("read_only")
    targets = document.get("reference_to") or ()
    if kind == "reference" and not targets:
        raise SandboxError(
            f"Reference {object_name}.{name} needs the object it points to, such as referenceTo: Account."
        )
    master = said == "masterdetail"
    default = document.get("default")
    if kind == "boolean":
        default = default is True or str(default).lower() == "true"
    return Field(
        name=name,
        type=kind,
        label=document.get("label") or label_of(name),
        length=int(document.get("length") or _LENGTHS.get(said) or _LENGTHS.get(kind, 0)),
        precision=int(document.get("precision") or precision),
        scale=int(document["scale"] if document.get("scale") is not None else scale),
        nillable=kind != "boolean"
        and not master
        and not document.get("required", not document.get("nillable", True)),
        createable=writable and bool(document.get("createable", True)),
        updateable=writable and not master and bool(document.get("updateable", True)),
        custom=True,
        external_id=bool(document.get("external_id", False)),
        unique=bool(document.get("unique", False)),
        case_sensitive=bool(document.get("case_sensitive", False)),
        auto_number=(document.get("display_format") or "{0}") if said == "autonumber" else None,
        targets=(targets,) if isinstance(targets, str) else tuple(targets),
        relationship=(document.get("relationship") or name[:-1] + "r") if kind == "reference" else None,
        children=document.get("children"),
        cascades=master or str(document.get("delete_constraint", "")).lower() == "cascade",
        picks=_picks(document.get("values", []), default),
        restricted=bool(document.get("restricted", False)),
        default=default if isinstance(default, bool | str | int | Decimal) else None,
        formula=checked(formula, f"{object_name}.{name}") if formula is not None else None,
        help_text=document.get("help_text"),
    )


def custom_object(name: str, prefix: str, declaration: dict[str, Any]) -> SObject:
    """An object that the declaration makes, with the fields every custom object has."""
    label = declaration.get("label") or label_of(name)
    named = declaration.get("name_field") or {}
    automatic = str(named.get("type", "Text")).lower() == "autonumber"
    name_field = text(
        "Name",
        80,
        label=named.get("label") or f"{label} Name",
        name_field=True,
        auto_number=(named.get("displayFormat") or named.get("display_format") or "{0000}")
        if automatic
        else None,
        createable=not automatic,
        updateable=not automatic,
    )
    own = [field_from(document, name, None) for document in declaration.get("fields", {}).values()]
    # The detail of a master belongs to whoever owns the master.
    ownership = (
        [] if any(field.cascades and not field.nillable for field in own) else [owner("Group", "User")]
    )
    before = [*identity(), *ownership, name_field, record_type(), currency()]
    return SObject(
        name=name,
        prefix=prefix,
        label=label,
        label_plural=declaration.get("plural") or label + "s",
        fields={field.name: field for field in [*before, *audit(), *seen(), *own]},
        custom=True,
        record_types=True,
    )


def rules_of(declaration: dict[str, Any]) -> tuple[ValidationRule, ...]:
    """The validation rules of a declaration."""
    return tuple(
        ValidationRule(
            name=rule["name"],
            when=rule.get("when"),
            formula=checked(rule["formula"], rule["name"]) if rule.get("formula") else None,
            message=rule.get("message", f"{rule['name']} was not met."),
            field=rule.get("field"),
        )
        for rule in declaration.get("rules", [])
    )


def flows_of(declaration: dict[str, Any]) -> tuple[Flow, ...]:
    """The flows of a declaration."""
    return tuple(
        Flow(flow["name"], checked(flow["formula"], flow["name"]), tuple(flow.get("set", {}).items()))
        for flow in declaration.get("flows", [])
    )


def duplicate_rules_of(declaration: dict[str, Any]) -> tuple[DuplicateRule, ...]:
    """The duplicate rules of a declaration."""
    return tuple(
        DuplicateRule(
            name=rule["name"],
            match=tuple(rule["match"]),
            action="block" if rule.get("action") == "block" else "alert",
        )
        for rule in declaration.get("duplicate_rules", [])
    )


def _picks(values: Any, default: Any) -> tuple[Pick, ...]:
    picks = []
    for value in values:
        if isinstance(value, dict):
            said = str(value.get("value", value.get("fullName")))
            chosen = value.get("default", value.get("defaultValue", False)) is True or said == default
            picks.append(Pick(said, str(value.get("label") or said), value.get("active", True), chosen))
        else:
            picks.append(Pick(str(value), str(value), default=value == default))
    return tuple(picks)
