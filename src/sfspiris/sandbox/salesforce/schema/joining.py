"""What is declared on top of the platform's own objects: by a world, by `PUT /_sandbox/schema`, or by a deployment.

A declaration of one object is a plain document:

    {"label": "Spiris Invoice", "plural": "Spiris Invoices", "hidden": ["Fax"], "read_only": ["Site"], "required": ["Phone"],
     "fields": [{"name": "PO_Number__c", "type": "string", "length": 80, "required": true, "hidden": false, …}],
     "rules": [{"name": "…", "when": "StageName = 'Closed Won' AND PO_Number__c = null", "message": "…", "field": "…"}],
     "duplicate_rules": [{"name": "…", "match": ["Name"], "action": "block"}],
     "flows": [{"name": "…", "formula": "ISCHANGED(StageName)", "set": {"NextStep": "Call"}}]}

Field types are describe's names (`string`, `currency`, `reference`, …) or the metadata's (`Text`, `Currency`, `Lookup`,
`Checkbox`, …). A field of the platform's own may be named to change a few of its properties, such as its scale. What is
declared later joins what was declared before; `"hidden": []` shows everything again, and `"hidden": true` in place of the
list takes the whole object away.
"""

from __future__ import annotations

from typing import Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError

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
        "label", "plural", "prefix", "fields", "hidden", "read_only", "required", "rules", "duplicate_rules", "flows", "name_field",
        "removed",
        "granted", "deletable", "createable", "updateable",
    }
)  # fmt: skip


_OBJECT_ALIASES: Final[dict[str, str]] = {
    "hide": "hidden",
    "readOnly": "read_only",
    "labelPlural": "plural",
    "keyPrefix": "prefix",
}
_REPLACED: Final = (
    "label",
    "plural",
    "prefix",
    "name_field",
    "granted",
    "deletable",
    "createable",
    "updateable",
)
"""Properties of the object itself: the newest declaration counts."""


def joined(before: dict[str, Any], declaration: dict[str, Any], object_name: str) -> dict[str, Any]:
    """The declaration of an object after one more joined it. Raises `SandboxError` for what cannot be meant."""
    declaration = dict(declaration)
    for spelling, name in _OBJECT_ALIASES.items():
        if spelling in declaration:
            declaration[name] = declaration.pop(spelling)
    unknown = sorted(set(declaration) - _OBJECT_KEYS)
    if unknown:
        raise SandboxError(
            f"The declaration of {object_name} has no {unknown[0]!r}. It takes: {', '.join(sorted(_OBJECT_KEYS))}."
        )
    result: dict[str, Any] = {**before, **{key: declaration[key] for key in _REPLACED if key in declaration}}
    if isinstance(declaration.get("hidden"), bool):
        result["hidden_object"] = declaration.pop("hidden")
    _join_fields(result, declaration, object_name)
    for key in ("hidden", "read_only", "required"):
        if key in declaration:
            result[key] = _joined_names(result.get(key, []), declaration[key], f"{key!r} of {object_name}")
    for key in ("rules", "duplicate_rules", "flows"):
        if key in declaration:
            result[key] = _joined_rules(result.get(key, []), declaration[key], object_name)
    return result


def _join_fields(result: dict[str, Any], declaration: dict[str, Any], object_name: str) -> None:
    """Add and change fields. A field's own `hidden` and `read_only` count like their places in the object's lists."""
    fields = dict(result.get("fields", {}))
    hidden = {name.lower(): name for name in result.get("hidden", [])}
    for one in _field_documents(declaration.get("fields", []), object_name):
        name = one["name"]
        is_hidden = one.pop("hidden", None)
        if is_hidden is not None:
            hidden.pop(name.lower(), None)
            if is_hidden:
                hidden[name.lower()] = name
        if set(one) - {"name"}:
            fields[name] = {**fields.get(name, {}), **one}
    for removed in declaration.get("removed", []):
        fields.pop(removed, None)
    result["fields"], result["hidden"] = fields, list(hidden.values())


def _joined_names(before: list[str], said: Any, place: str) -> list[str]:
    """The names so far and the new ones; an empty list takes all of them back."""
    if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
        raise SandboxError(f"{place} is a list of field names.")
    return list(dict.fromkeys([*before, *said])) if said else []


def _joined_rules(before: list[dict[str, Any]], said: Any, object_name: str) -> list[dict[str, Any]]:
    """The rules so far and the new ones, of one name the newer; an empty list takes all of them back."""
    if not isinstance(said, list):
        raise SandboxError(f"The rules of {object_name} are a list.")
    named = {rule["name"]: rule for rule in before}
    named.update({_rule_name(rule, object_name): rule for rule in said})
    return list(named.values()) if said else []


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


def _rule_name(rule: Any, object_name: str) -> str:
    if not isinstance(rule, dict) or not isinstance(rule.get("name"), str):
        raise SandboxError(f"A rule of {object_name} is an object with a name, not {rule!r}.")
    if not {"when", "formula", "match"} & set(rule):
        raise SandboxError(
            f"Rule {rule['name']} of {object_name} needs its condition (when or formula) or its fields (match)."
        )
    return str(rule["name"])
