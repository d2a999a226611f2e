"""`/composite`, `/composite/batch` and `/composite/graph`: several requests in one."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from sfspiris.sandbox.salesforce.errors import ApiError, malformed_json, not_found
from sfspiris.sandbox.salesforce.rest import collections, trees
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.rest.rollback import undone_if

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.rest.dispatch import Api

MOST_SUBREQUESTS: Final = 25
MOST_QUERIES: Final = 5
"""Of the subrequests of a composite, so many may be queries or collections."""

MOST_GRAPHS: Final = 75
MOST_NODES: Final = 500
FAILED_GRAPHS: Final = 14
"""After so many failed graphs the rest are not tried. Source: REST API Developer Guide, "Composite Graph Limits"."""

_REFERENCE: Final = re.compile(r"@\{([^}]+)\}")
_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_PATH: Final = re.compile(r"/?(?:services/data/)?v(\d+\.\d)/(.*)")
_ALLOWED: Final = frozenset({"sobjects", "query", "queryAll", "composite", "limits", "tooling"})
"""What a composite may hold; of `/composite` itself collections only."""

_GOOD: Final = 300
_HALTED: Final = 412


def resource(api: Api, call: Call) -> Answer:
    """Everything below `/composite`."""
    match tuple(segment.lower() for segment in call.segments[1:2]):
        case ():
            call.only("POST", "GET")
            return _composite(api, call) if call.method == "POST" else Answer(content=_listed(call))
        case ("sobjects",):
            return collections.resource(api, call)
        case ("tree",):
            return trees.resource(api, call)
        case ("batch",):
            return _batch(api, call)
        case ("graph",):
            return _graphs(api, call)
        case _:
            raise not_found()


def _listed(call: Call) -> dict[str, str]:
    names = ("tree", "batch", "sobjects", "graph")
    return {name: f"{call.root}/composite/{name}" for name in names}


# composite


def _composite(api: Api, call: Call) -> Answer:
    body = call.object_body()
    requests = _requests(body.get("compositeRequest"), "compositeRequest")
    queries = sum(
        1 for one in requests if re.search(r"/(query|queryAll|composite/sobjects)\b", str(one.get("url")))
    )
    if len(requests) > MOST_SUBREQUESTS:
        raise ApiError(
            "LIMIT_EXCEEDED", f"The composite request has more than {MOST_SUBREQUESTS} subrequests"
        )
    if queries > MOST_QUERIES:
        raise ApiError(
            "LIMIT_EXCEEDED",
            f"The composite request has more than {MOST_QUERIES} query or collections subrequests",
        )
    names = [one.get("referenceId") for one in requests]
    if len(set(names)) != len(names) or not all(isinstance(name, str) and name for name in names):
        raise ApiError("INVALID_INPUT", "Every subrequest needs a referenceId of its own")
    return Answer(
        content={"compositeResponse": _run(api, call, requests, all_or_none=body.get("allOrNone") is True)[0]}
    )


def _run(
    api: Api, call: Call, requests: list[dict[str, Any]], *, all_or_none: bool
) -> tuple[list[dict[str, Any]], bool]:
    """The subresponses, in order, and whether all went well; with `all_or_none` a failure undoes and halts the rest."""
    responses: list[dict[str, Any]] = []
    results: dict[str, Any] = {}

    def has_failed() -> bool:
        return any(response["httpStatusCode"] >= _GOOD for response in responses)

    with undone_if(api, has_failed) if all_or_none else nullcontext():
        for one in requests:
            answer = _one(api, call, one, results)
            responses.append(_response(answer, one["referenceId"]))
            if answer.status < _GOOD:
                results[one["referenceId"]] = answer.content
            elif all_or_none:
                break
    if all_or_none and has_failed():
        culprit = responses[-1]
        halted = [_halted(one) for one in requests]
        halted[len(responses) - 1] = culprit
        return halted, False
    return responses, not has_failed()


def _one(api: Api, call: Call, request: dict[str, Any], results: dict[str, Any]) -> Answer:
    try:
        url = _resolved(str(request.get("url", "")), results)
        document = _resolved(request.get("body"), results)
        headers = {
            str(name).lower(): str(value) for name, value in (request.get("httpHeaders") or {}).items()
        }
        inner = _inner(call, str(request.get("method", "GET")), url, document, headers)
        _check_allowed(inner, url)
    except ApiError as error:
        return Answer.refusal(error)
    return api.answer(inner)


def _check_allowed(inner: Call, url: str) -> None:
    first, second = (*inner.segments, "", "")[:2]
    if first not in _ALLOWED or (first == "composite" and second != "sobjects"):
        raise ApiError("INVALID_INPUT", f"This resource cannot be used within a composite request: {url}")


def _inner(call: Call, method: str, url: str, document: Any, headers: dict[str, str]) -> Call:
    """A subrequest as a call of its own: same session, its own path, body and headers."""
    split = urlsplit(url)
    match = _PATH.fullmatch(split.path)
    if match is None:
        raise not_found()
    version, path = match.groups()
    return replace(
        call,
        method=method.upper(),
        version=version,
        segments=tuple(unquote(part) for part in path.split("/") if part),
        query=dict(parse_qsl(split.query, keep_blank_values=True)),
        headers={
            **{name: value for name, value in call.headers.items() if name.startswith("sforce-")},
            **headers,
        },
        raw=b"",
        document=document,
    )


def _response(answer: Answer, reference_id: str) -> dict[str, Any]:
    return {
        "body": answer.content,
        "httpHeaders": answer.headers,
        "httpStatusCode": answer.status,
        "referenceId": reference_id,
    }


def _halted(request: dict[str, Any]) -> dict[str, Any]:
    error = ApiError(
        "PROCESSING_HALTED",
        "The transaction was rolled back since another operation in the same transaction failed.",
    )
    return _response(Answer.refusal(error), request["referenceId"])


def _resolved(value: Any, results: dict[str, Any]) -> Any:
    """The value with every `@{reference.path}` in it replaced by what that subrequest answered."""
    if isinstance(value, str):
        whole = _REFERENCE.fullmatch(value)
        if whole is not None:
            return _looked_up(whole.group(1), results)
        return _REFERENCE.sub(lambda match: str(_looked_up(match.group(1), results)), value)
    if isinstance(value, dict):
        return {name: _resolved(content, results) for name, content in value.items()}
    if isinstance(value, list):
        return [_resolved(content, results) for content in value]
    return value


def _looked_up(path: str, results: dict[str, Any]) -> Any:
    name, *steps = [field or int(index) for field, index in _STEP.findall(path)]
    found = results.get(str(name))
    for step in steps:
        if isinstance(found, dict) and isinstance(step, str):
            lowered = {key.lower(): content for key, content in found.items()}
            found = found.get(step, lowered.get(step.lower()))
        elif isinstance(found, list) and isinstance(step, int) and step < len(found):
            found = found[step]
        else:
            found = None
    if found is None or isinstance(found, dict | list):
        raise ApiError(
            "PROCESSING_HALTED", f"Invalid reference specified. No value for {path} found in {name}."
        )
    return found


# batch


def _batch(api: Api, call: Call) -> Answer:
    call.only("POST")
    body = call.object_body()
    requests = _requests(body.get("batchRequests"), "batchRequests")
    if len(requests) > MOST_SUBREQUESTS:
        raise ApiError("LIMIT_EXCEEDED", f"The batch has more than {MOST_SUBREQUESTS} subrequests")
    api.usage.count(len(requests) - 1)  # each counts, and the batch itself has been counted already
    results: list[dict[str, Any]] = []
    halted = False
    for one in requests:
        if halted:
            refusal = [
                {"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}
            ]
            results.append({"statusCode": _HALTED, "result": refusal})
            continue
        try:
            answer = api.answer(
                _inner(call, str(one.get("method", "GET")), str(one.get("url", "")), one.get("richInput"), {})
            )
        except ApiError as error:
            answer = Answer.refusal(error)
        results.append({"statusCode": answer.status, "result": answer.content})
        halted = body.get("haltOnError") is True and answer.status >= _GOOD
    has_errors = any(result["statusCode"] >= _GOOD for result in results)
    return Answer(content={"hasErrors": has_errors, "results": results})


# graphs


def _graphs(api: Api, call: Call) -> Answer:
    call.only("POST")
    graphs = _requests(call.object_body().get("graphs"), "graphs")
    if len(graphs) > MOST_GRAPHS:
        raise ApiError("LIMIT_EXCEEDED", f"The request has more than {MOST_GRAPHS} graphs")
    nodes = sum(len(graph.get("compositeRequest") or []) for graph in graphs)
    if nodes > MOST_NODES:
        raise ApiError("LIMIT_EXCEEDED", f"The graphs have more than {MOST_NODES} nodes")
    answers = []
    failed = 0
    for graph in graphs:
        requests = _requests(graph.get("compositeRequest"), "compositeRequest")
        if failed >= FAILED_GRAPHS:
            responses, good = [_halted(one) for one in requests], False
        elif any(not re.search(r"/v\d+\.\d/sobjects/", str(one.get("url"))) for one in requests):
            raise ApiError("INVALID_INPUT", "A graph can hold requests to /sobjects resources only")
        else:
            responses, good = _run(api, call, requests, all_or_none=True)
        failed += not good
        answers.append(
            {
                "graphId": graph.get("graphId"),
                "graphResponse": {"compositeResponse": responses},
                "isSuccessful": good,
            }
        )
    return Answer(content={"graphs": answers})


def _requests(said: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(said, list) or not said or not all(isinstance(one, dict) for one in said):
        raise malformed_json(f"Cannot deserialize request body: {name} is an array of requests")
    return said
