"""The apps that may sign in: what an admin would set up as an External Client App."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.salesforce import tables
from sfspiris.sandbox.salesforce.pem import public_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sfspiris.sandbox.kernel.records import Record, Records

DEFAULT_USERNAME: Final = "integration@example.com"
"""The user that an app acts as when its registration names none."""

DEFAULT_CLIENTS: Final[tuple[dict[str, Any], ...]] = (
    {
        "client_id": "sfspiris-sandbox",
        "client_secret": "sandbox-secret",
        "username": DEFAULT_USERNAME,
        "redirect_uris": [
            "http://127.0.0.1:8765/callback",
            "http://localhost:8765/callback",
            "http://127.0.0.1:*",
            "http://localhost:*",
        ],
    },
    # The app that sf and jsforce come with: public, so it has no secret.
    {"client_id": "PlatformCLI", "redirect_uris": ["http://localhost:1717/OauthRedirect"]},
)
_KEYS: Final = frozenset(
    {
        "client_id",
        "public_key",
        "certificate",
        "client_secret",
        "username",
        "redirect_uris",
        "requires_secret",
        "flows",
    }
)


def register(records: Records, said: Any, *, now: datetime | None = None) -> Record:
    """Add an app or change one: what is not said stays as it was. Raises `SandboxError` for what cannot be meant.

    `now` is when an admin did it; without one the app has always been there.
    """
    if not isinstance(said, dict) or not isinstance(said.get("client_id"), str) or not said["client_id"]:
        raise SandboxError(
            'A client is an object such as {"client_id": "sfspiris-sandbox", "public_key": "-----BEGIN …"}.'
        )
    unknown = sorted(set(said) - _KEYS)
    if unknown:
        raise SandboxError(f"A client has no {unknown[0]!r}. It takes: {', '.join(sorted(_KEYS))}.")
    client = dict(said)
    pem = client.pop("certificate", None) or client.get("public_key")
    if pem is not None:
        try:
            public_key(pem)
        except (ValueError, AttributeError) as error:
            raise SandboxError(
                f"The public key of client {client['client_id']} cannot be used: {error}."
            ) from error
        client["public_key"] = pem
    uris = client.get("redirect_uris", [])
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise SandboxError(f"The redirect_uris of client {client['client_id']} are a list of addresses.")
    before = records.get(tables.CLIENTS, client["client_id"]) or {
        "username": DEFAULT_USERNAME,
        "redirect_uris": [],
    }
    after = {**before, **client, **({} if now is None else {"registered": now})}
    records.put(tables.CLIENTS, client["client_id"], after)
    return after


def registration(records: Records, client: Mapping[str, Any]) -> dict[str, Any]:
    """What has been said of the app so far, in the form in which it is said."""
    known = records.get(tables.CLIENTS, client["client_id"]) or {}
    return {name: value for name, value in known.items() if name in _KEYS}


def shown(client: Record) -> dict[str, Any]:
    """The app without its secret."""
    return {name: value for name, value in client.items() if name not in {"client_secret", "registered"}}
