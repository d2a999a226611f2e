"""Which vendor calls a simulator received, with what, and how it answered."""

import re
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from sfspiris.sandbox.kernel import jsonio

KEPT_BYTES = 512 * 1024 * 1024
"""How much of calls and answers is kept; the oldest calls go first."""

# Names whose values never appear in the log, wherever they stand in a sign-in call.
_SECRETS = frozenset(
    {
        "access_token", "assertion", "client_assertion", "client_secret", "code", "code_verifier", "id_token", "password",
        "refresh_token", "signature", "token",
    }
)  # fmt: skip
_HIDDEN = "…"
_SIGN_IN = re.compile(r"/(connect|oauth2)/")


@dataclass(frozen=True, slots=True)
class Call:
    """One vendor call, bodies as they went over the wire; `status` is None when no answer was sent.

    `token` is a print of the sign-in that it carried: the same for the same token, and nothing can be done with it.
    """

    n: int
    method: str
    path: str
    query: str
    status: int | None
    at: datetime
    body: bytes
    body_type: str
    response: bytes
    response_type: str
    token: str = ""

    @property
    def is_sign_in(self) -> bool:
        """Whether the call carries secrets, which are hidden wherever it is shown."""
        return _SIGN_IN.search(self.path) is not None

    @property
    def asked(self) -> dict[str, Any]:
        """The query by name; a name that comes more than once has a list."""
        query: dict[str, Any] = _form(self.query)
        return _without_secrets(query) if self.is_sign_in else query

    def listed(self) -> dict[str, Any]:
        """The call for people and tests: JSON and forms parsed, secrets of sign-in calls hidden."""
        body, response = _readable(self.body, self.body_type), _readable(self.response, self.response_type)
        if self.is_sign_in:
            body, response = _without_secrets(body), _without_secrets(response)
        return {
            "n": self.n,
            "method": self.method,
            "path": self.path,
            "query": self.asked,
            "status": self.status,
            "token": self.token or None,
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "body": body,
            "response": response,
        }


class RequestLog:
    """The calls in order of their answers. Recording one costs no parsing; that is left to whoever lists them."""

    def __init__(self, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._calls: deque[Call] = deque()
        self._count = 0
        self._bytes = 0

    def record(
        self,
        *,
        method: str,
        path: str,
        query: str,
        status: int | None,
        at: datetime,
        body: bytes,
        body_type: str,
        response: bytes,
        response_type: str,
        token: str = "",
    ) -> Call:
        """Add one call; it gets the next number, from 1."""
        self._count += 1
        call = Call(
            self._count, method, path, query, status, at, body, body_type, response, response_type, token
        )
        self._calls.append(call)
        self._bytes += len(body) + len(response)
        while self._bytes > self._kept_bytes:
            oldest = self._calls.popleft()
            self._bytes -= len(oldest.body) + len(oldest.response)
        return call

    def listed(self, *, after: int = 0) -> list[dict[str, Any]]:
        """The calls numbered above `after`."""
        return [call.listed() for call in self._calls if call.n > after]

    def __len__(self) -> int:
        """How many calls are kept."""
        return len(self._calls)

    def latest(self, count: int, *, skip: int = 0) -> list[Call]:
        """So many calls, newest first, after the newest `skip`."""
        return list(islice(reversed(self._calls), skip, skip + count))

    def get(self, n: int) -> Call | None:
        """The call of this number, if it is still kept."""
        place = n - self._calls[0].n if self._calls else -1
        return self._calls[place] if 0 <= place < len(self._calls) else None

    def clear(self) -> None:
        """Forget the calls and number from 1 again."""
        self._calls.clear()
        self._count = self._bytes = 0


def _readable(data: bytes, media_type: str) -> Any:
    if not data:
        return None
    kind = media_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return _form(data.decode())
        if kind.endswith(("/json", "+json")):
            return jsonio.loads(data)
        return data.decode()
    except ValueError:
        # Sent as one thing and being another is worth seeing; bytes that are no text at all are only counted.
        text = data.decode(errors="replace")
        return text if text.count("�") < len(text) / 10 else f"<{len(data)} bytes>"


def _form(text: str) -> dict[str, str | list[str]]:
    fields = parse_qs(text, keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _HIDDEN if name in _SECRETS and item else _without_secrets(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value
