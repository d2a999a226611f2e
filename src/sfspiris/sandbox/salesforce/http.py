"""HTTP around the REST resources: path, query and headers in; status, headers and JSON out."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote

from starlette.responses import Response
from starlette.routing import Router

from sfspiris.sandbox.kernel.jsonio import encode
from sfspiris.sandbox.salesforce.errors import ApiError, not_found
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.rest.dispatch import Api, check_version, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from sfspiris.sandbox.salesforce.sessions import Sessions

_PREFIX: Final = "/services/data"
LONGEST_URI: Final = 16_384
"""Bytes of path and query, and of these with the headers. Source: Salesforce Developer Limits (read November 2026)."""


class OneSlash:
    """The routes behind any number of slashes: clients that end the instance's address in one send two."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._router = Router(routes, redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["path"].startswith("//"):
            raw: bytes = scope.get("raw_path") or scope["path"].encode()
            scope = {**scope, "path": "/" + scope["path"].lstrip("/"), "raw_path": b"/" + raw.lstrip(b"/")}
        await self._router(scope, receive, send)


class Http:
    """Serves the REST resources of one org."""

    def __init__(self, api: Api, sessions: Sessions) -> None:
        self._api = api
        self._sessions = sessions

    async def data(self, request: Request) -> Response:
        """Everything below `/services/data`."""
        answer = await self._answer(request)
        body = (
            answer.text
            if answer.text is not None
            else b""
            if answer.content is None
            else encode(answer.content)
        )
        headers = dict(answer.headers)
        if "offset_has_no_colon" not in self._api.org.traps:
            body = body.replace(b'+0000"', b'+00:00"')
        if body:
            headers["Content-Type"] = answer.media_type
        if request.method == "HEAD":
            body = b""
        return Response(body, status_code=answer.status, headers=headers)

    async def nowhere(self, request: Request) -> Response:
        """A path that the org does not serve."""
        del request
        error = not_found()
        return Response(
            encode(error.body()), status_code=error.status, media_type="application/json;charset=UTF-8"
        )

    async def _answer(self, request: Request) -> Answer:
        raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        path = raw_path.decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        too_long = _too_long(request, path, query)
        if too_long is not None:
            return too_long
        parts = tuple(unquote(part) for part in path[len(_PREFIX) :].split("/") if part)
        if not parts:
            return (
                Answer(content=versions())
                if request.method in {"GET", "HEAD"}
                else Answer.refusal(not_found())
            )
        try:
            version = parts[0].removeprefix("v") if parts[0].startswith("v") else ""
            check_version(version)
            session = self._sessions.session(request.headers.get("authorization"))
        except ApiError as error:
            return Answer.refusal(error)
        if "plus_is_a_space" not in self._api.org.traps:
            query = query.replace("+", "%2B")
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        call = Call(
            method=_method(request, parameters),
            version=version,
            segments=parts[1:],
            query=parameters,
            headers={name.lower(): value for name, value in request.headers.items()},
            session=session,
            base=f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}",
        )
        return self._counted(call, await request.body())

    def _counted(self, call: Call, body: bytes) -> Answer:
        """The call's answer, counted against the day's requests."""
        try:
            call.raw = _unpacked(body, call.headers.get("content-encoding", ""))
            self._api.usage.count()
            answer = self._api.answer(call)
        except ApiError as error:
            answer = Answer.refusal(error)
        answer.headers["Sforce-Limit-Info"] = self._api.usage.header()
        return answer


def _method(request: Request, parameters: dict[str, str]) -> str:
    """The method that is meant: a POST may say another, for clients that cannot send PATCH."""
    if request.method == "HEAD":
        return "GET"
    if request.method == "POST":
        return parameters.get("_HttpMethod", "POST").upper()
    return request.method


def _unpacked(body: bytes, encoding: str) -> bytes:
    try:
        match encoding.strip().lower():
            case "gzip":
                return gzip.decompress(body)
            case "deflate":
                return zlib.decompress(body)
            case _:
                return body
    except (OSError, EOFError, zlib.error) as error:
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", f"The body is not {encoding}: {error}") from error


def _too_long(request: Request, path: str, query: str) -> Answer | None:
    uri = len(path) + len(query) + 1
    if uri > LONGEST_URI:
        error = ApiError("URI_TOO_LONG", f"The URI is longer than {LONGEST_URI} bytes", status=414)
        return Answer.refusal(error)
    headers = sum(len(name) + len(value) for name, value in request.scope["headers"])
    if uri + headers > LONGEST_URI:
        message = f"URI and headers together are longer than {LONGEST_URI} bytes"
        return Answer.refusal(ApiError("REQUEST_HEADER_FIELDS_TOO_LARGE", message, status=431))
    return None
