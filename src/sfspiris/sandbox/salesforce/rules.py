"""An admin's rules: flows, validation rules and duplicate rules, as a world declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfspiris.sandbox.salesforce.coerce import stored
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.formula import Moment, is_true
from sfspiris.sandbox.salesforce.soql.binder import condition_of
from sfspiris.sandbox.salesforce.soql.run import Run

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.behaviours.base import Save
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.schema.model import DuplicateRule, ValidationRule
    from sfspiris.sandbox.salesforce.store import Store

_VERSION = "68.0"


def run_flows(save: Save, store: Store, org: Org) -> None:
    """Let the object's flows change the record before it is checked and kept. They run on any save of the row."""
    for flow in save.entity.definition.flows:
        run = Run(reading=store, calendar=org.calendar(), version=_VERSION, envelope=lambda *_: None)
        if is_true(flow.formula, Moment(run, save.entity, save.row, save.old, save.is_insert)):
            for name, value in flow.values:
                field = save.entity.every.get(name.lower())
                if field is None:
                    raise ApiError(
                        "CANNOT_EXECUTE_FLOW_TRIGGER",
                        f"We can't save this record because the “{flow.name}” process failed. There is no field {name}.",
                    )
                save.row[field.name] = stored(field, value)


def check_validation(save: Save, store: Store, org: Org) -> None:
    """Refuse the save if a validation rule's condition is true of the record. They run on any save of the row."""
    for rule in save.entity.definition.rules:
        run = Run(reading=store, calendar=org.calendar(), version=_VERSION, envelope=lambda *_: None)
        if _is_broken(rule, save, run):
            raise ApiError(
                "FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, fields=(rule.field,) if rule.field else ()
            )


def _is_broken(rule: ValidationRule, save: Save, run: Run) -> bool:
    if rule.formula is not None:
        return is_true(rule.formula, Moment(run, save.entity, save.row, save.old, save.is_insert))
    schema = run.reading.schema
    bound = schema.plans.get(rule)
    if bound is None:
        bound = schema.plans[rule] = condition_of(rule.when or "", schema, save.entity)
    return bool(bound.test(run)(save.row))


def check_duplicates(save: Save, store: Store) -> None:
    """Refuse the save if a duplicate rule finds another record like it, unless the rule and the request let it pass."""
    for rule in save.entity.definition.duplicate_rules:
        if save.author.in_product or not save.changed(*rule.match):
            continue
        if rule.action == "alert" and save.author.allows_duplicates:
            continue
        twins = _twins(save, store, rule)
        if twins:
            raise ApiError(
                "DUPLICATES_DETECTED",
                "Use one of these records?",
                extra={"duplicateResult": _duplicate_result(save, rule, twins)},
            )


def _twins(save: Save, store: Store, rule: DuplicateRule) -> list[str]:
    wanted = [_comparable(save.row.get(name)) for name in rule.match]
    if any(value is None for value in wanted):
        return []
    return [
        row["Id"]
        for row in store.records.all(save.entity.name)
        if not row["IsDeleted"]
        and row["Id"] != save.row["Id"]
        and [_comparable(row.get(name)) for name in rule.match] == wanted
    ]


def _comparable(value: Any) -> Any:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def _duplicate_result(save: Save, rule: DuplicateRule, twins: list[str]) -> dict[str, Any]:
    name = save.entity.name
    url = f"/services/data/v{_VERSION}/sobjects/{name}/"
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {"attributes": {"type": name, "url": url + twin}, "Id": twin},
        }
        for twin in twins
    ]
    return {
        "allowSave": rule.action == "alert",
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": name,
        "errorMessage": "Use one of these records?",
        "matchResults": [
            {
                "entityType": name,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": records,
                "rule": rule.name,
                "size": len(records),
                "success": True,
            }
        ],
    }
