"""Doing what a control call does, from inside: the same route with the same body, and no socket in between."""

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.jsonio import encode, loads

_REFUSED = 400


async def control_call(
    control: ASGIApp, method: str, path: str, document: Mapping[str, Any], *, query: str = ""
) -> Any:
    """The answer to a control call, `path` as it stands from the root. Raises `SandboxError` with its refusal."""
    sent, status, answered = encode(document), 500, b""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
        "client": None,
        "server": None,
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, answered
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            answered += message.get("body", b"")

    await control(scope, receive, send)
    answer: Any = loads(answered) if answered else {}
    if status >= _REFUSED:
        raise SandboxError(str(answer.get("error", "The control call failed.")), status=status)
    return answer
