"""`/metadata/deployRequest`: a zip deployed, all of it or, when anything is wrong, nothing.

Source: Metadata API Developer Guide, "Deploying and Retrieving Metadata with REST" (read November 2026).
"""

from __future__ import annotations

from email import message_from_bytes, policy
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from sfspiris.sandbox.salesforce.metadata import package as packages
from sfspiris.sandbox.salesforce.metadata.components import (
    Problem,
    field_declaration,
    is_true,
    object_declaration,
    rule_declaration,
)
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.rest.rollback import undone_if
from sfspiris.sandbox.salesforce.values import to_wire

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.metadata.package import Package
    from sfspiris.sandbox.salesforce.rest.dispatch import Api

_DEPLOY_PREFIX: Final = "0Af"
_OBJECT_PERMISSIONS: Final = {
    "objects": "allowRead",
    "createable": "allowCreate",
    "updateable": "allowEdit",
    "deletable": "allowDelete",
}
"""What `schema.assembly.Granted` calls each, and the element of a permission set that grants it."""


def resource(api: Api, call: Call) -> Answer:
    """Everything below `/metadata`."""
    match call.segments[1:]:
        case (word,) if word.lower() == "deployrequest":
            call.only("POST")
            return _deployed(api, call)
        case (word, said) if word.lower() == "deployrequest":
            call.only("GET")
            return _status(api, call, said)
        case _:
            raise not_found()


def _deployed(api: Api, call: Call) -> Answer:
    options, data = _parts(call)
    package = packages.read(data)
    deployment = _Deployment(api, call, package)
    with undone_if(api, lambda: bool(deployment.failures) or options.get("checkOnly") is True):
        deployment.run()
    now = to_wire(api.clock.now())
    deploy_id = ids.mint(_DEPLOY_PREFIX, api.records.next("deployment"))
    user = api.store.current("User", call.session.user_id) or {}
    failed = bool(deployment.failures)
    result = {
        "id": deploy_id,
        "checkOnly": options.get("checkOnly") is True,
        "ignoreWarnings": options.get("ignoreWarnings") is True,
        "rollbackOnError": True,
        "runTestsEnabled": False,
        "createdBy": call.session.user_id,
        "createdByName": user.get("Name"),
        "createdDate": now,
        "startDate": now,
        "lastModifiedDate": now,
        "completedDate": now,
        "numberComponentsTotal": len(deployment.successes) + len(deployment.failures),
        "numberComponentsDeployed": 0 if failed else len(deployment.successes),
        "numberComponentErrors": len(deployment.failures),
        "numberTestsTotal": 0,
        "numberTestsCompleted": 0,
        "numberTestErrors": 0,
        "status": "Failed" if failed else "Succeeded",
        "success": not failed,
        "done": True,
        "details": {
            "componentFailures": deployment.failures,
            "componentSuccesses": deployment.successes,
            "retrieveResult": None,
            "runTestResult": {
                "numFailures": 0,
                "numTestsRun": 0,
                "failures": [],
                "successes": [],
                "totalTime": 0,
            },
        },
    }
    stored = {"id": deploy_id, "polls": 0, "options": options, "result": result}
    api.records.put(tables.DEPLOYMENTS, deploy_id, stored)
    answer = {
        "id": deploy_id,
        "url": f"{call.base}{call.root}/metadata/deployRequest/{deploy_id}",
        "validatedDeployRequestId": None,
        "deployOptions": options,
        "deployResult": _without_outcome(result, "Pending"),
    }
    return Answer(201, answer)


def _parts(call: Call) -> tuple[dict[str, Any], bytes]:
    """The options and the zip of a multipart body. Raises `ApiError`."""
    media_type = call.headers.get("content-type", "")
    if not media_type.lower().startswith("multipart/form-data"):
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", "A deployment is sent as multipart/form-data")
    header = f"Content-Type: {media_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = message_from_bytes(header + call.raw, policy=policy.HTTP)
    found: dict[str, bytes] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found[name] = payload
    if "file" not in found:
        raise ApiError("INVALID_INPUT", "The body has no part named file")
    try:
        said = jsonio.loads(found.get("json") or found.get("entity_content") or b"{}")
    except ValueError as error:
        raise malformed_json(f"The part json cannot be read: {error}") from error
    options = said.get("deployOptions", {}) if isinstance(said, dict) else {}
    return dict(options), found["file"]


def _status(api: Api, call: Call, said: str) -> Answer:
    stored = api.records.get(tables.DEPLOYMENTS, ids.canonical(said) or "")
    if stored is None:
        raise not_found()
    polls = stored["polls"] + 1
    api.records.put(tables.DEPLOYMENTS, stored["id"], {**stored, "polls": polls})
    result: dict[str, Any] = stored["result"]
    if polls <= api.switches.number("polls_until_done"):
        result = _without_outcome(result, "InProgress")
    elif not call.flag("includeDetails"):
        result = {name: value for name, value in result.items() if name != "details"}
    answer = {
        "id": stored["id"],
        "url": f"{call.base}{call.root}/metadata/deployRequest/{stored['id']}",
        "deployOptions": stored["options"],
        "deployResult": result,
    }
    return Answer(content=answer)


def _without_outcome(result: dict[str, Any], status: str) -> dict[str, Any]:
    """The result as it looks while the deployment is under way."""
    hidden = {"details", "completedDate", "numberComponentsDeployed", "numberComponentErrors"}
    shown = {name: value for name, value in result.items() if name not in hidden}
    return {
        **shown,
        "status": status,
        "success": False,
        "done": False,
        "numberComponentsDeployed": 0,
        "numberComponentErrors": 0,
    }


class _Deployment:
    """One package on its way into the org: objects, then fields and rules, then permission sets."""

    def __init__(self, api: Api, call: Call, package: Package) -> None:
        self._api = api
        self._call = call
        self._package = package
        self.successes: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []

    def run(self) -> None:
        """Deploy every component; what goes wrong is collected, not raised."""
        self._check_manifest()
        objects = {
            name: meta for (kind, name), meta in self._package.documents.items() if kind == "CustomObject"
        }
        for name, meta in objects.items():
            if name.endswith("__c") and meta.get("label"):
                self._component("CustomObject", name, partial(self._object, name, meta))
        for name, meta in objects.items():
            for one in meta.get("fields", []):
                full_name = f"{name}.{one.get('fullName', '')}"
                self._component("CustomField", full_name, partial(self._field, name, one))
            for one in meta.get("validationRules", []):
                full_name = f"{name}.{one.get('fullName', '')}"
                self._component("ValidationRule", full_name, partial(self._rule, name, one))
        for (kind, name), meta in self._package.documents.items():
            if kind == "PermissionSet":
                self._component(kind, name, partial(self._permission_set, name, meta))

    def _component(self, kind: str, full_name: str, work: Any) -> None:
        owner = full_name.partition(".")[0]
        file_name = self._package.files.get(
            ("PermissionSet" if kind == "PermissionSet" else "CustomObject", owner), "package.xml"
        )
        outcome = {
            "componentType": kind,
            "fullName": full_name,
            "fileName": file_name,
            "created": False,
            "changed": True,
            "deleted": False,
        }
        try:
            with self._api.records.transaction():
                outcome["created"] = work()
        except (Problem, SandboxError, ApiError) as error:
            self._api.org.refresh()
            problem = {"problem": str(error), "problemType": "Error", "success": False, "changed": False}
            self.failures.append({**outcome, **problem})
        else:
            self.successes.append({**outcome, "problem": None, "success": True})

    def _check_manifest(self) -> None:
        kinds = ("CustomObject", "CustomField", "ValidationRule", "PermissionSet")
        there: dict[str, set[str]] = {kind: set() for kind in kinds}
        for (kind, name), meta in self._package.documents.items():
            there[kind].add(name)
            if kind == "CustomObject":
                there["CustomField"] |= {f"{name}.{one.get('fullName')}" for one in meta.get("fields", [])}
                there["ValidationRule"] |= {
                    f"{name}.{one.get('fullName')}" for one in meta.get("validationRules", [])
                }
        for kind, members in self._package.manifest.items():
            for member in members:
                if member != "*" and member not in there.get(kind, set()):
                    self._component(kind, member, partial(_missing, kind, member))

    def _object(self, name: str, meta: dict[str, Any]) -> bool:
        is_new = self._api.org.schema.entity(name) is None and not self._is_declared(name)
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
        _ = self._api.org.schema
        return rule["name"] not in {one["name"] for one in before}

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
        entity = self._api.org.schema["PermissionSet"]
        known = [row for row in self._api.records.find("PermissionSet", "Name", name) if not row["IsDeleted"]]
        if known:
            self._api.dml.update(entity, known[0]["Id"], {"Label": label}, author)
        else:
            self._api.dml.create(entity, {"Name": name, "Label": label}, author)
        return not known

    def _declaration_of(self, object_name: str) -> Record:
        return self._api.records.get(tables.DECLARATIONS, object_name) or {}

    def _is_declared(self, object_name: str) -> bool:
        return self._api.records.get(tables.DECLARATIONS, object_name) is not None


def declare_field(api: Api, object_name: str, declared: Record, declaration: dict[str, Any]) -> bool:
    """Add or change a field; whether it is new. A new one is invisible until granted, unless it must be filled in."""
    is_new = declaration["name"] not in declared.get("fields", {})
    seen_by_all = declaration.get("required") or str(declaration["type"]) == "MasterDetail"
    if is_new and not seen_by_all:
        declaration = {**declaration, "granted": False}
    api.org.declare(object_name, {"fields": [declaration]})
    try:
        _ = api.org.schema
    except SandboxError:
        api.org.refresh()
        raise
    return is_new


def _missing(kind: str, member: str) -> bool:
    raise Problem(
        f"An object '{member}' of type {kind} was named in package.xml, but was not found in zipped directory"
    )
