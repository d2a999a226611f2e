"""`/metadata/deployRequest`: a zip deployed, all of it or, when anything is wrong and unless told otherwise, nothing.

Source: Metadata API Developer Guide, "Deploying and Retrieving Metadata with REST" (read November 2026).
"""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from sfspiris.sandbox.salesforce.metadata import package as packages
from sfspiris.sandbox.salesforce.metadata.deployment import Deployment
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.rest.rollback import undone_if
from sfspiris.sandbox.salesforce.values import to_wire

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.rest.dispatch import Api

_DEPLOY_PREFIX: Final = "0Af"


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
    deployment = Deployment(api, call, package)
    rolls_back = options.get("rollbackOnError") is not False
    with undone_if(
        api, lambda: (rolls_back and bool(deployment.failures)) or options.get("checkOnly") is True
    ):
        deployment.run()
    now = to_wire(api.clock.now())
    deploy_id = ids.mint(_DEPLOY_PREFIX, api.records.next("deployment"))
    user = api.store.current("User", call.session.user_id) or {}
    failed = bool(deployment.failures) and (rolls_back or not deployment.successes)
    status = "Failed" if failed else "SucceededPartial" if deployment.failures else "Succeeded"
    result = {
        "id": deploy_id,
        "checkOnly": options.get("checkOnly") is True,
        "ignoreWarnings": options.get("ignoreWarnings") is True,
        "rollbackOnError": rolls_back,
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
        "status": status,
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
