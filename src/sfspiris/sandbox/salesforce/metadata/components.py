"""What the parts of a package declare, in the words of `schema.declared`. Refusals carry the vendor's complaint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEEDED: Final = {
    "Text": ("length",),
    "LongTextArea": ("length", "visibleLines"),
    "Html": ("length", "visibleLines"),
    "Number": ("precision", "scale"),
    "Currency": ("precision", "scale"),
    "Percent": ("precision", "scale"),
    "Lookup": ("referenceTo",),
    "MasterDetail": ("referenceTo", "relationshipName"),
    "Picklist": ("valueSet",),
    "MultiselectPicklist": ("valueSet", "visibleLines"),
}


class Problem(Exception):
    """Why one component cannot be deployed."""


_NUMBERS: Final = ("length", "precision", "scale")
_CLAIMS: Final = {
    "required": "required",
    "externalId": "external_id",
    "unique": "unique",
    "caseSensitive": "case_sensitive",
}
_TEXTS: Final = {"formula": "formula", "inlineHelpText": "help_text", "displayFormat": "display_format"}


def field_declaration(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of a custom field from its metadata. Raises `Problem`."""
    name, kind = str(meta.get("fullName", "")).rpartition(".")[2], str(meta.get("type", ""))
    _check(name, kind, meta)
    declaration: dict[str, Any] = {"name": name, "type": kind, "label": meta["label"]}
    declaration |= {said: int(meta[said]) for said in _NUMBERS if meta.get(said) not in (None, "")}
    declaration |= {ours: is_true(meta[said]) for said, ours in _CLAIMS.items() if said in meta}
    declaration |= {ours: meta[said] for said, ours in _TEXTS.items() if meta.get(said)}
    if kind == "Checkbox":
        declaration["default"] = is_true(meta.get("defaultValue", False))
    if meta.get("referenceTo"):
        declaration["reference_to"] = meta["referenceTo"]
        declaration["delete_constraint"] = meta.get("deleteConstraint", "SetNull")
        if meta.get("relationshipName"):
            declaration["children"] = meta["relationshipName"]
    if isinstance(meta.get("valueSet"), dict):
        declaration |= _values(meta["valueSet"])
    return declaration


def _check(name: str, kind: str, meta: Mapping[str, Any]) -> None:
    if not name.endswith("__c"):
        raise Problem(f"Invalid fullName: {name}. A custom field's name ends in __c")
    if not meta.get("label"):
        raise Problem("Must specify a non-empty label for the CustomField")
    for one in () if meta.get("formula") and kind == "Text" else _NEEDED.get(kind, ()):
        if meta.get(one) is None or meta[one] == "":
            raise Problem(f"Must specify '{one}' for a CustomField of type {kind}")


def _values(value_set: Mapping[str, Any]) -> dict[str, Any]:
    definition = value_set.get("valueSetDefinition") or {}
    values = [
        {
            "value": one["fullName"],
            "label": one.get("label") or one["fullName"],
            "default": is_true(one.get("default", False)),
        }
        for one in definition.get("value", [])
    ]
    return {"values": values, "restricted": is_true(value_set.get("restricted", False))}


def object_declaration(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of an object itself, without its fields."""
    declaration: dict[str, Any] = {}
    for said, ours in (("label", "label"), ("pluralLabel", "plural"), ("nameField", "name_field")):
        if meta.get(said):
            declaration[ours] = meta[said]
    return declaration


def rule_declaration(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration of a validation rule."""
    return {
        "name": meta["fullName"],
        "formula": meta.get("errorConditionFormula", "FALSE")
        if is_true(meta.get("active", True))
        else "FALSE",
        "message": meta.get("errorMessage", ""),
        "field": meta.get("errorDisplayField"),
    }


def is_true(said: Any) -> bool:
    """Whether XML text or JSON says true."""
    return said is True or str(said).lower() == "true"
