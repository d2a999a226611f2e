"""What is declared on top of the platform's own objects: by a world, by `PUT /_sandbox/schema`, or by a deployment.

A declaration of one object is a plain document:

    {"label": "Spiris Invoice", "plural": "Spiris Invoices", "hidden": ["Fax"], "read_only": ["Site"], "required": ["Phone"],
     "fields": [{"name": "PO_Number__c", "type": "string", "length": 80, "required": true, "hidden": false, …}],
     "rules": [{"name": "…", "when": "StageName = 'Closed Won' AND PO_Number__c = null", "message": "…", "field": "…"}],
     "duplicate_rules": [{"name": "…", "match": ["Name"], "action": "block"}]}

Field types are describe's names (`string`, `currency`, `reference`, …) or the metadata's (`Text`, `Currency`, `Lookup`,
`Checkbox`, …). A field of the platform's own may be named to change a few of its properties, such as its scale. What is
declared later joins what was declared before; `"hidden": []` shows everything again, and `"hidden": true` in place of the
list takes the whole object away.
"""

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
_ALIASES: Final = {
    "externalId": "external_id",
    "caseSensitive": "case_sensitive",
    "referenceTo": "reference_to",
    "relationshipName": "relationship",
    "childRelationshipName": "children",
    "child_relationship": "children",
    "picklistValues": "values",
    "restrictedPicklist": "restricted",
    "defaultValue": "default",
    "readOnly": "read_only",
    "inlineHelpText": "help_text",
    "displayFormat": "display_format",
    "deleteConstraint": "delete_constraint",
    "calculatedFormula": "formula",
}
_FIELD_KEYS: Final = frozenset(
    {
        "name", "type", "label", "length", "precision", "scale", "required", "nillable", "external_id", "unique", "case_sensitive",
        "reference_to", "relationship", "children", "values", "restricted", "default", "read_only", "hidden", "createable",
        "updateable", "help_text", "display_format", "delete_constraint", "formula", "custom", "granted", "description",
    }
)  # fmt: skip
_OBJECT_KEYS: Final = frozenset(
    {
        "label", "plural", "labelPlural", "prefix", "keyPrefix", "fields", "hidden", "read_only", "required", "rules", "duplicate_rules",
        "name_field", "removed", "grants", "deletable", "createable", "updateable",
    }
)  # fmt: skip


def joined(before: dict[str, Any], declaration: dict[str, Any], object_name: str) -> dict[str, Any]:
    """The declaration of an object after one more joined it. Raises `SandboxError` for what cannot be meant."""
    unknown = sorted(set(declaration) - _OBJECT_KEYS)
    if unknown:
        raise SandboxError(
            f"The declaration of {object_name} has no {unknown[0]!r}. It takes: {', '.join(sorted(_OBJECT_KEYS))}."
        )
    result = dict(before)
    fields = dict(before.get("fields", {}))
    hidden = {name.lower(): name for name in before.get("hidden", [])}
    for one in _field_documents(declaration.get("fields", []), object_name):
        name = one["name"]
        if "hidden" in one:
            shown = not one.pop("hidden")
            hidden.pop(name.lower(), None)
            if not shown:
                hidden[name.lower()] = name
        if set(one) - {"name"}:
            fields[name] = {**fields.get(name, {}), **one}
    result["fields"] = fields
    for removed in declaration.get("removed", []):
        fields.pop(removed, None)
    result["hidden"] = list(hidden.values())
    if isinstance(declaration.get("hidden"), bool):
        result["hidden_object"] = declaration["hidden"]
        declaration = {key: value for key, value in declaration.items() if key != "hidden"}
    for key in ("hidden", "read_only", "required"):
        if key in declaration:
            names = declaration[key]
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise SandboxError(f"{key!r} of {object_name} is a list of field names.")
            kept = result.get(key, []) if names else []
            result[key] = list(dict.fromkeys([*kept, *names]))
    for key in ("rules", "duplicate_rules"):
        if key in declaration:
            named = {rule["name"]: rule for rule in result.get(key, [])}
            named.update({_rule_name(rule, object_name): rule for rule in declaration[key]})
            result[key] = list(named.values()) if declaration[key] else []
    for key in ("label", "plural", "prefix", "name_field", "grants", "deletable", "createable", "updateable"):
        if key in declaration:
            result[key] = declaration[key]
    if "labelPlural" in declaration:
        result["plural"] = declaration["labelPlural"]
    if "keyPrefix" in declaration:
        result["prefix"] = declaration["keyPrefix"]
    return result


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
        default=default if kind in {"boolean"} or isinstance(default, str | int | Decimal) else None,
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


def _field_documents(fields: Any, object_name: str) -> list[dict[str, Any]]:
    """The declared fields in one form: a list of documents, each with its name and our spelling of its keys."""
    if isinstance(fields, dict):
        fields = [
            {"name": name, **(content if isinstance(content, dict) else {"type": content})}
            for name, content in fields.items()
        ]
    if not isinstance(fields, list):
        raise SandboxError(f'The fields of {object_name} are a list such as [{{"name": "PO_Number__c"}}].')
    documents = []
    for one in fields:
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise SandboxError(f"A field of {object_name} is an object with a name, not {one!r}.")
        document: dict[str, Any] = {_ALIASES.get(str(key), str(key)): value for key, value in one.items()}
        unknown = sorted(set(document) - _FIELD_KEYS)
        if unknown:
            raise SandboxError(
                f"Field {object_name}.{one['name']} has no {unknown[0]!r}. It takes: {', '.join(sorted(_FIELD_KEYS))}."
            )
        documents.append(document)
    return documents


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


def _rule_name(rule: Any, object_name: str) -> str:
    if not isinstance(rule, dict) or not isinstance(rule.get("name"), str):
        raise SandboxError(f"A rule of {object_name} is an object with a name, not {rule!r}.")
    if not {"when", "formula", "match"} & set(rule):
        raise SandboxError(
            f"Rule {rule['name']} of {object_name} needs its condition (when or formula) or its fields (match)."
        )
    return str(rule["name"])
