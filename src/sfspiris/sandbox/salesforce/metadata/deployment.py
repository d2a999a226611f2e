"""One package on its way into the org, component by component: what went in, and what is wrong with the rest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce import tables
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.metadata.components import (
    Problem,
    field_declaration,
    is_true,
    object_declaration,
    rule_declaration,
)
from sfspiris.sandbox.salesforce.metadata.views import CHECKS, check_list_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.metadata.package import Package
    from sfspiris.sandbox.salesforce.rest.call import Call
    from sfspiris.sandbox.salesforce.rest.dispatch import Api

    _Component: TypeAlias = tuple[str, str, Any, Callable[[], bool]]
    """Kind, full name, document, and the work that deploys it and says whether it is new."""

_OBJECT_PERMISSIONS: Final = {
    "objects": "allowRead",
    "createable": "allowCreate",
    "updateable": "allowEdit",
    "deletable": "allowDelete",
}
"""What `schema.assembly.Granted` calls each, and the element of a permission set that grants it."""

_FOLDER: Final = "Folder"
_PARTS: Final = {"fields": "CustomField", "validationRules": "ValidationRule", "listViews": "ListView"}
"""The components that stand inside an object's file, and under what."""


class Deployment:
    """Objects first, then their fields, rules and list views, then what shows them, then permission sets."""

    def __init__(self, api: Api, call: Call, package: Package) -> None:
        self._api = api
        self._call = call
        self._package = package
        self.successes: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []

    def run(self) -> None:
        """Deploy every component; what goes wrong is collected, not raised."""
        self._check_manifest()
        for kind, name, document, work in self._components():
            self._component(kind, name, document, work)

    def _components(self) -> Iterator[_Component]:
        objects = dict(self._package.of("CustomObject"))
        for name, meta in objects.items():
            if name.endswith("__c") and meta.get("label"):
                own = {key: value for key, value in meta.items() if key not in _PARTS}
                yield "CustomObject", name, own, partial(self._object, name, meta)
        yield from self._parts_of(objects)
        for wanted in CHECKS:
            for name, meta in self._package.of(wanted):
                yield wanted, name, meta, partial(self._shown, wanted, name, meta)
        for name, meta in self._package.of("PermissionSet"):
            yield "PermissionSet", name, meta, partial(self._permission_set, name, meta)
        for folder, name in self._package.unknown:
            yield folder, name, None, partial(_unknown, folder)

    def _parts_of(self, objects: dict[str, dict[str, Any]]) -> Iterator[_Component]:
        """Fields of every object before the rules and views of any."""
        works = {"fields": self._field, "validationRules": self._rule, "listViews": self._view}
        for part, work in works.items():
            for name, meta in objects.items():
                for one in meta.get(part, []):
                    full_name = f"{name}.{one.get('fullName', '')}"
                    yield _PARTS[part], full_name, one, partial(work, name, one)

    def _component(self, kind: str, full_name: str, document: Any, work: Callable[[], bool]) -> None:
        outcome = {
            "componentType": kind.removesuffix(_FOLDER),
            "fullName": full_name,
            "fileName": self._file_of(kind, full_name),
            "created": False,
            "changed": True,
            "deleted": False,
        }
        key = f"{kind}:{full_name}"
        before = self._api.records.get(tables.COMPONENTS, key)
        try:
            with self._api.records.transaction():
                outcome["created"] = work()
                self._api.records.put(tables.COMPONENTS, key, {"document": document})
        except (Problem, SandboxError, ApiError) as error:
            self._api.org.refresh()
            problem = {"problem": str(error), "problemType": "Error", "success": False, "changed": False}
            self.failures.append({**outcome, **problem})
        else:
            outcome["changed"] = before is None or before["document"] != document
            self.successes.append({**outcome, "problem": None, "success": True})

    def _file_of(self, kind: str, full_name: str) -> str:
        files = self._package.files
        in_object = ("CustomObject", full_name.partition(".")[0])
        return files.get((kind, full_name)) or files.get(in_object, "package.xml")

    def _check_manifest(self) -> None:
        """Refuse what the manifest names and the zip does not hold."""
        there = set(self._package.documents)
        for (kind, name), meta in self._package.documents.items():
            if kind == "CustomObject":
                there |= {
                    (part_kind, f"{name}.{one.get('fullName')}")
                    for part, part_kind in _PARTS.items()
                    for one in meta.get(part, [])
                }
        for kind, members in self._package.manifest.items():
            for member in members:
                # A folder is named among what lies in it; some clients put a slash behind it.
                names = {(kind, member), (f"{kind}{_FOLDER}", member.removesuffix("/"))}
                if member != "*" and not names & there:
                    self._component(kind, member, None, partial(_missing, kind, member))

    def _object(self, name: str, meta: dict[str, Any]) -> bool:
        is_new = self._api.org.all_schema.entity(name) is None
        declaration = object_declaration(meta)
        self._api.org.declare(name, {**declaration, "granted": False} if is_new else declaration)
        return is_new

    def _field(self, object_name: str, meta: dict[str, Any]) -> bool:
        declared = self._declaration_of(object_name)
        return declare_field(self._api, object_name, declared, field_declaration(meta))

    def _rule(self, object_name: str, meta: dict[str, Any]) -> bool:
        before = self._declaration_of(object_name).get("rules", [])
        rule = rule_declaration(meta)
        self._api.org.declare(object_name, {"rules": [rule]})
        _ = self._api.org.all_schema
        return rule["name"] not in {one["name"] for one in before}

    def _view(self, object_name: str, meta: dict[str, Any]) -> bool:
        check_list_view(self._api.org.all_schema, object_name, meta)
        return self._is_new("ListView", f"{object_name}.{meta['fullName']}")

    def _shown(self, kind: str, name: str, meta: dict[str, Any]) -> bool:
        CHECKS[kind](self._api.org.all_schema, self._is_there, name, meta)
        return self._is_new(kind, name)

    def _is_there(self, kind: str, name: str) -> bool:
        """Whether a component has been deployed, by this package or before."""
        return not self._is_new(kind, name)

    def _is_new(self, kind: str, name: str) -> bool:
        return self._api.records.get(tables.COMPONENTS, f"{kind}:{name}") is None

    def _permission_set(self, name: str, meta: dict[str, Any]) -> bool:
        schema = self._api.org.all_schema
        readable, editable = [], []
        for one in meta.get("fieldPermissions", []):
            full_name = str(one.get("field"))
            object_name, _, field_name = full_name.partition(".")
            entity = schema.entity(object_name)
            known = entity.every.get(field_name.lower()) if entity is not None else None
            if known is None:
                raise Problem(f"In field: field - no CustomField named {full_name} found")
            required = known.custom and not known.nillable and known.type != "boolean"
            if required and "required_fields_take_no_grant" in self._api.org.traps:
                raise Problem(f"You cannot deploy to a required field: {full_name}")
            if is_true(one.get("readable")) or is_true(one.get("editable")):
                readable.append(full_name)
            if is_true(one.get("editable")):
                editable.append(full_name)
        objects: dict[str, list[str]] = {kind: [] for kind in _OBJECT_PERMISSIONS}
        for one in meta.get("objectPermissions", []):
            object_name = str(one.get("object"))
            if schema.entity(object_name) is None:
                raise Problem(f"In field: object - no CustomObject named {object_name} found")
            for kind, said in _OBJECT_PERMISSIONS.items():
                if is_true(one.get(said)):
                    objects[kind].append(object_name)
        self._api.records.put(
            tables.GRANTS, name, {"name": name, "readable": readable, "editable": editable, **objects}
        )
        return self._permission_set_record(name, str(meta.get("label") or name))

    def _permission_set_record(self, name: str, label: str) -> bool:
        author = self._call.author.as_product()
        entity = self._api.org.all_schema["PermissionSet"]
        known = [row for row in self._api.records.find("PermissionSet", "Name", name) if not row["IsDeleted"]]
        if known:
            self._api.dml.update(entity, known[0]["Id"], {"Label": label}, author)
        else:
            self._api.dml.create(entity, {"Name": name, "Label": label}, author)
        return not known

    def _declaration_of(self, object_name: str) -> Record:
        return self._api.records.get(tables.DECLARATIONS, object_name) or {}


def declare_field(api: Api, object_name: str, declared: Record, declaration: dict[str, Any]) -> bool:
    """Add or change a field; whether it is new. A new one is invisible until granted, unless it must be filled in."""
    is_new = declaration["name"] not in declared.get("fields", {})
    seen_by_all = declaration.get("required") or str(declaration["type"]) == "MasterDetail"
    if is_new and not seen_by_all:
        declaration = {**declaration, "granted": False}
    api.org.declare(object_name, {"fields": [declaration]})
    try:
        _ = api.org.all_schema
    except SandboxError:
        api.org.refresh()
        raise
    return is_new


def _missing(kind: str, member: str) -> bool:
    raise Problem(
        f"An object '{member}' of type {kind} was named in package.xml, but was not found in zipped directory"
    )


def _unknown(kind: str) -> bool:
    raise Problem(f"The folder {kind} holds nothing that can be deployed to this org")
