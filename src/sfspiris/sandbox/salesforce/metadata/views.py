"""What people look at: list views, layouts, report types, reports and dashboards. They are checked and kept, not drawn.

Source: Metadata API Developer Guide, "ListView", "Layout", "ReportType", "Report" and "Dashboard" (read November 2026). Names of
standard columns (`NAME`, `OPPORTUNITY.STAGE_NAME`) are taken as they come, because no document lists them all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sfspiris.sandbox.salesforce.metadata.components import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sfspiris.sandbox.salesforce.schema.registry import Entity, Schema

    IsThere: TypeAlias = Callable[[str, str], bool]
    """Whether a component of this kind and full name is in the org."""

_STANDARD_COLUMN: Final = re.compile(r"[A-Z][A-Z0-9_]*(\.[A-Z0-9_]+)*")
_SCOPES: Final = frozenset({"Everything", "Mine", "MineAndMyGroups", "Queue", "Delegated", "Team"})


def check_list_view(schema: Schema, object_name: str, meta: Mapping[str, Any]) -> None:
    """Raises `Problem` when the object, a column or a filter is not there."""
    entity = _object(schema, object_name)
    for needed in ("label", "filterScope"):
        _need(meta, needed, "ListView")
    if meta["filterScope"] not in _SCOPES:
        raise Problem(f"'{meta['filterScope']}' is not a valid value for the enum 'FilterScope'")
    filtered = [str(one.get("field")) for one in _parts(meta, "filters")]
    for column in [*meta.get("columns", []), *filtered]:
        if column.lower() not in entity.every and _STANDARD_COLUMN.fullmatch(column) is None:
            raise Problem(f"Could not resolve list view column: {column}")


def _check_layout(schema: Schema, _is_there: IsThere, name: str, meta: Mapping[str, Any]) -> None:
    object_name, dash, label = name.partition("-")
    if not dash or not label:
        raise Problem(f"Invalid fullName: {name}. A layout is named Object-Layout")
    entity = _object(schema, object_name)
    for section in _parts(meta, "layoutSections"):
        for column in _parts(section, "layoutColumns"):
            for item in _parts(column, "layoutItems"):
                if item.get("field"):
                    _field(entity, str(item["field"]))


def _check_report_type(schema: Schema, _is_there: IsThere, _name: str, meta: Mapping[str, Any]) -> None:
    for needed in ("baseObject", "label", "category", "deployed"):
        _need(meta, needed, "ReportType")
    entity = _object(schema, str(meta["baseObject"]))
    for section in _parts(meta, "sections"):
        for column in _parts(section, "columns"):
            # Columns of joined objects name the path to them; those of the base object name it alone.
            if column.get("table") == entity.name and "." not in str(column.get("field")):
                _field(entity, str(column.get("field")))


def _check_folder(_schema: Schema, _is_there: IsThere, name: str, meta: Mapping[str, Any]) -> None:
    _need(meta, "name", f"folder {name}")


def _check_report(schema: Schema, is_there: IsThere, name: str, meta: Mapping[str, Any]) -> None:
    _in_folder(is_there, "Report", name)
    for needed in ("name", "reportType", "format"):
        _need(meta, needed, "Report")
    kind = str(meta["reportType"])
    if kind.endswith("__c") and not is_there("ReportType", kind.removesuffix("__c")):
        raise Problem(f"reportType: Invalid report type: {kind}")
    groupings = [*_parts(meta, "groupingsDown"), *_parts(meta, "groupingsAcross")]
    for column in [*_parts(meta, "columns"), *groupings]:
        owner, joint, field = str(column.get("field", "")).replace("$", ".").rpartition(".")
        entity = schema.entity(owner) if joint else None
        if entity is not None and field.lower() not in entity.every and field.endswith("__c"):
            raise Problem(f"field: Invalid field name: {column.get('field')}")


def _check_dashboard(_schema: Schema, is_there: IsThere, name: str, meta: Mapping[str, Any]) -> None:
    _in_folder(is_there, "Dashboard", name)
    _need(meta, "title", "Dashboard")
    for component in _components(meta):
        report = component.get("report")
        if report and not is_there("Report", str(report)):
            raise Problem(f"report: Cannot find a report with that name: {report}")


CHECKS: Final[Mapping[str, Callable[[Schema, IsThere, str, Mapping[str, Any]], None]]] = {
    "Layout": _check_layout,
    "ReportType": _check_report_type,
    "ReportFolder": _check_folder,
    "Report": _check_report,
    "DashboardFolder": _check_folder,
    "Dashboard": _check_dashboard,
}
"""The check of each kind, in the order in which they build on each other."""


def _components(meta: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A dashboard's components, in columns or on a grid."""
    for place in ("leftSection", "middleSection", "rightSection"):
        section = meta.get(place)
        if isinstance(section, dict):
            yield from _parts(section, "components")
    grid = meta.get("dashboardGridLayout")
    for one in _parts(grid, "dashboardGridComponents") if isinstance(grid, dict) else ():
        component = one.get("dashboardComponent")
        if isinstance(component, dict):
            yield component


def _in_folder(is_there: IsThere, kind: str, name: str) -> None:
    folder, slash, _ = name.partition("/")
    is_public = folder == "unfiled$public"
    if not slash or not (is_public or is_there(f"{kind}Folder", folder)):
        raise Problem(f"Cannot find folder:{folder}")


def _parts(meta: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in meta.get(name, []) if isinstance(one, dict)]


def _object(schema: Schema, name: str) -> Entity:
    entity = schema.entity(name)
    if entity is None:
        raise Problem(f"Entity of type 'CustomObject' named '{name}' cannot be found")
    return entity


def _field(entity: Entity, name: str) -> None:
    if name.lower() not in entity.every:
        raise Problem(f"In field: field - no CustomField named {entity.name}.{name} found")


def _need(meta: Mapping[str, Any], name: str, kind: str) -> None:
    if not meta.get(name):
        raise Problem(f"Required field is missing: {name} of {kind}")
