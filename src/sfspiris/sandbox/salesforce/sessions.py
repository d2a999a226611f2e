"""Sessions: the access and refresh tokens of one org, how they are given, how they end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel.oauth import Tokens
from sfspiris.sandbox.salesforce import tables
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.rest.call import Session

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Record, Records
    from sfspiris.sandbox.kernel.switches import Switches
    from sfspiris.sandbox.salesforce.org import Org

MOST_GRANTS: Final = 5
"""Logins with a refresh token that a user may have per app; a sixth silently ends the oldest."""

_ORG_ID_LENGTH: Final = 15


class Sessions:
    """Opens, checks and ends sessions. A login's tokens form a family, which ends as one."""

    def __init__(self, records: Records, clock: Clock, switches: Switches, org: Org) -> None:
        self._records = records
        self._clock = clock
        self._switches = switches
        self._org = org
        self.refresh_tokens = Tokens(records, clock, tables.REFRESH_TOKENS, prefix="5Aep")

    # checking

    def session(self, authorization: str | None) -> Session:
        """The session that an `Authorization` header opens. Raises `ApiError` (401)."""
        if not authorization:
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid")
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() not in {"bearer", "oauth"} or not token.strip():
            raise ApiError("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        grant = self.live(token.strip())
        if grant is None:
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid")
        return Session(user_id=grant["user_id"], client_id=grant["client_id"], org_id=self._org.id)

    def live(self, token: str) -> Record | None:
        """The grant of an access token that has neither ended nor been revoked, of a user who is still active."""
        grant = self._records.get(tables.ACCESS_TOKENS, _fingerprint(token))
        if grant is None or self.ends(grant) <= self._clock.now():
            return None
        user = self.user_of(grant)
        return {**grant, "user_id": user["Id"]} if user is not None and user["IsActive"] else None

    def user_of(self, grant: Record) -> Record | None:
        """The user a grant was given to, found by name: in another world the same user may have another id."""
        found = self._records.find("User", "Username:key", grant["username"])
        return found[0] if found and not found[0]["IsDeleted"] else None

    def ends(self, grant: Record) -> datetime:
        """When a session ends: the policy of now, applied to when it was opened."""
        issued: datetime = grant["issued"]
        return issued + timedelta(seconds=self._switches.number("session_seconds"))

    # opening

    def opened(
        self,
        client: Record,
        user: Record,
        scope: str,
        base: str,
        *,
        family: str | None = None,
        refresh: bool = True,
    ) -> dict[str, Any]:
        """A new session as the token endpoint answers it; with a refresh token where the login and its scope have one."""
        now = self._clock.now()
        identity = f"{base}/id/{self._org.id}/{user['Id']}"
        issued_at = str(int(now.timestamp() * 1000))
        grant = {
            "client_id": client["client_id"],
            "user_id": user["Id"],
            "username": user["Username"].casefold(),
            "scope": scope,
            "family": family,
            "issued": now,
        }
        with self._records.transaction():
            answer: dict[str, Any] = {
                "access_token": self._access_token(grant),
                "signature": _signature(client, identity + issued_at),
                "scope": scope,
                "instance_url": base,
                "id": identity,
                "token_type": "Bearer",
                "issued_at": issued_at,
            }
            if family is not None and refresh and "refresh_token" in scope.split():
                answer["refresh_token"] = self.refresh_tokens.issue(grant, seconds=None)
                self._end_oldest(client["client_id"], grant["username"])
        return answer

    def _access_token(self, grant: Record) -> str:
        """A new access token: the org's id, an exclamation mark, then letters, digits, dots and underscores."""
        token = f"{self._org.id[:_ORG_ID_LENGTH]}!AQ{secrets.token_urlsafe(66).replace('-', '.')}"
        fingerprint = _fingerprint(token)
        self._records.put(tables.ACCESS_TOKENS, fingerprint, {"id": fingerprint, **grant})
        return token

    # ending

    def _end_oldest(self, client_id: str, username: str) -> None:
        families: dict[str, datetime] = {}
        for grant in self._records.find(tables.REFRESH_TOKENS, "client_id", client_id):
            if grant["username"] == username and grant["_used"] is None:
                families[grant["family"]] = grant["issued"]
        if "sixth_login_ends_first" in self._org.traps:
            for family in sorted(families, key=families.__getitem__)[:-MOST_GRANTS]:
                self.end_family(family)

    def end_family(self, family: str) -> None:
        """End a login: its refresh tokens and every session opened with them."""
        with self._records.transaction():
            self.refresh_tokens.revoke_where("family", family)
            for grant in self._records.find(tables.ACCESS_TOKENS, "family", family):
                self._records.delete(tables.ACCESS_TOKENS, grant["id"])

    def end(self, token: str) -> bool:
        """Revoke a token: an access token ends alone, a refresh token with all its sessions. Whether there was one."""
        access = self._records.get(tables.ACCESS_TOKENS, _fingerprint(token))
        refresh = self.refresh_tokens.seen(token)
        if access is not None:
            self._records.delete(tables.ACCESS_TOKENS, access["id"])
        elif refresh is not None:
            self.end_family(refresh["family"])
        return access is not None or refresh is not None


def _signature(client: Record, text: str) -> str:
    key = str(client.get("client_secret") or client["client_id"]).encode()
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
