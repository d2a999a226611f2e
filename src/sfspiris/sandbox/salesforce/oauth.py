"""Signing in: token, authorize, revoke, userinfo and introspect.

Source: Salesforce Help, "OAuth Authorization Flows" and "OAuth 2.0 Errors" (read November 2026). Token answers carry no
`expires_in`: a session ends by policy, and a client learns of it from `INVALID_SESSION_ID`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from sfspiris.sandbox.kernel.jsonio import JsonResponse
from sfspiris.sandbox.kernel.oauth import Tokens, basic_credentials, parse_form, pkce_matches, same_secret
from sfspiris.sandbox.salesforce import tables
from sfspiris.sandbox.salesforce.assertions import Assertions
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.loginpage import login_page
from sfspiris.sandbox.salesforce.rest.call import Session
from sfspiris.sandbox.salesforce.values import stamp

if TYPE_CHECKING:
    from starlette.requests import Request

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Record, Records
    from sfspiris.sandbox.kernel.switches import Switches
    from sfspiris.sandbox.salesforce.org import Org

_CODE_SECONDS: Final = 15 * 60
MOST_GRANTS: Final = 5
"""Refresh tokens a user may hold per app; the oldest is silently revoked by a sixth."""

_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_TOKEN_PREFIX_LENGTH: Final = 15
_NO_CACHE: Final = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """A refusal of the token endpoint: `{"error", "error_description"}`, status 400 unless said."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> Response:
        """The refusal on the wire."""
        return JsonResponse(
            {"error": self.error, "error_description": self.description},
            status_code=self.status,
            headers=_NO_CACHE,
        )


@dataclass(frozen=True, slots=True)
class _Ask:
    """One form post: its fields, with the client's credentials from wherever they were put."""

    fields: dict[str, str]
    base: str

    def get(self, name: str) -> str:
        """A field, empty where it is missing."""
        return self.fields.get(name, "")

    def need(self, name: str) -> str:
        """A field that has to be there."""
        value = self.fields.get(name, "")
        if not value:
            raise OAuthError("invalid_request", f"missing required parameter: {name}")
        return value


class OAuth:
    """The sign-in endpoints of one org, and the sessions they open."""

    def __init__(self, records: Records, clock: Clock, switches: Switches, org: Org) -> None:
        self._records = records
        self._clock = clock
        self._switches = switches
        self._org = org
        self._codes = Tokens(records, clock, tables.CODES, prefix="aPrx")
        self._refresh = Tokens(records, clock, tables.REFRESH_TOKENS, prefix="5Aep")
        self._assertions = Assertions(records, clock)

    def clients(self) -> list[Record]:
        """The registered apps."""
        return self._records.all(tables.CLIENTS)

    # sessions

    def session(self, authorization: str | None) -> Session:
        """The session that an `Authorization` header opens. Raises `ApiError` (401)."""
        scheme, _, token = (authorization or "").strip().partition(" ")
        if not authorization:
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid")
        if scheme.lower() not in {"bearer", "oauth"} or not token.strip():
            raise ApiError("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        grant = self._live(token.strip())
        if grant is None:
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid")
        return Session(user_id=grant["user_id"], client_id=grant["client_id"], org_id=self._org.id)

    def _live(self, token: str) -> Record | None:
        """The grant of an access token that has neither ended nor been revoked, of a user who is still active."""
        grant = self._records.get(tables.ACCESS_TOKENS, _fingerprint(token))
        if grant is None or self._ends(grant) <= self._clock.now():
            return None
        user = self._records.get("User", grant["user_id"])
        return grant if user is not None and user["IsActive"] and not user["IsDeleted"] else None

    def _ends(self, grant: Record) -> Any:
        return grant["issued"] + timedelta(seconds=self._switches.number("session_seconds"))

    # the token endpoint

    async def token(self, request: Request) -> Response:
        """`POST /services/oauth2/token`."""
        try:
            ask = await self._ask(request)
            match ask.get("grant_type"):
                case "":
                    raise OAuthError("invalid_request", "missing required parameter: grant_type")
                case kind if kind == _JWT_BEARER:
                    answer = self._by_assertion(ask)
                case "client_credentials":
                    answer = self._by_credentials(ask)
                case "authorization_code":
                    answer = self._by_code(ask)
                case "refresh_token":
                    answer = self._by_refresh(ask)
                case _:
                    raise OAuthError("unsupported_grant_type", "grant type not supported")
        except OAuthError as error:
            return error.response()
        return JsonResponse(answer, headers=_NO_CACHE)

    async def _ask(self, request: Request) -> _Ask:
        if request.method != "POST":
            raise OAuthError("invalid_request", "must use HTTP POST", status=405)
        try:
            fields = parse_form(await request.body())
        except ValueError:
            raise OAuthError("invalid_request", "the form cannot be read") from None
        credentials = basic_credentials(request.headers.get("authorization"))
        if credentials is not None:
            fields["client_id"], fields["client_secret"] = credentials
        return _Ask(fields, f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}")

    def _by_assertion(self, ask: _Ask) -> dict[str, Any]:
        try:
            client, username = self._assertions.verified(ask.need("assertion"), ask.base)
        except ValueError as error:
            raise OAuthError("invalid_grant", str(error)) from None
        user = self._user(username)
        if user is None or (client.get("username") and client["username"].lower() != username.lower()):
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return self._granted(ask, client, user, "api")

    def _by_credentials(self, ask: _Ask) -> dict[str, Any]:
        if urlsplit(ask.base).hostname in _LOGIN_HOSTS:
            raise OAuthError("invalid_grant", "request not supported on this domain")
        client = self._client(ask, confidential=True)
        username = client.get("username")
        user = self._user(username) if username else None
        if user is None:
            raise OAuthError("invalid_grant", "no client credentials user enabled")
        return self._granted(ask, client, user, "api")

    def _by_code(self, ask: _Ask) -> dict[str, Any]:
        client = self._client(ask, confidential=False)
        code = ask.need("code")
        seen = self._codes.seen(code)
        if seen is not None and seen["_used"] is not None:
            # A code that comes back was read by someone else: what it gave is taken away again.
            self._revoke_family(seen["family"])
        grant = self._codes.redeem(code)
        if grant is None or grant["client_id"] != client["client_id"]:
            raise OAuthError("invalid_grant", "expired authorization code")
        if grant["redirect_uri"] != ask.need("redirect_uri"):
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if not pkce_matches(ask.get("code_verifier") or None, grant["code_challenge"]):
            raise OAuthError("invalid_grant", "invalid code verifier")
        user = self._records.get("User", grant["user_id"])
        if user is None:
            raise OAuthError("invalid_grant", "expired authorization code")
        return self._granted(ask, client, user, grant["scope"], family=grant["family"])

    def _by_refresh(self, ask: _Ask) -> dict[str, Any]:
        token = ask.need("refresh_token")
        client = self._client(ask, confidential=False)
        seen = self._refresh.seen(token)
        if seen is not None and seen["_used"] is not None:
            # A rotated token came back: the current one and every session of the login end. Source: H:005316711.
            self._revoke_family(seen["family"])
        grant = self._refresh.grant(token)
        if grant is None or grant["client_id"] != client["client_id"]:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        user = self._records.get("User", grant["user_id"])
        if user is None or not user["IsActive"]:
            raise OAuthError("inactive_user", "user is inactive")
        with self._records.transaction():
            rotates = self._switches.is_on("rotate_refresh_tokens")
            if rotates:
                self._refresh.redeem(token)
            return self._granted(
                ask, client, user, grant["scope"], family=grant["family"], with_refresh=rotates
            )

    def _granted(
        self,
        ask: _Ask,
        client: Record,
        user: Record,
        scope: str,
        *,
        family: str | None = None,
        with_refresh: bool = True,
    ) -> dict[str, Any]:
        """A new session as the token endpoint answers it; a refresh token only where a login family asks for one."""
        if not user["IsActive"]:
            raise OAuthError("inactive_user", "user is inactive")
        now = self._clock.now()
        identity = f"{ask.base}/id/{self._org.id}/{user['Id']}"
        issued_at = str(int(now.timestamp() * 1000))
        with self._records.transaction():
            answer: dict[str, Any] = {
                "access_token": self._opened(client, user, scope, family),
                "signature": _signature(client, identity + issued_at),
                "scope": scope,
                "instance_url": ask.base,
                "id": identity,
                "token_type": "Bearer",
                "issued_at": issued_at,
            }
            if family is not None and with_refresh and "refresh_token" in scope.split():
                grant = {
                    "client_id": client["client_id"],
                    "user_id": user["Id"],
                    "scope": scope,
                    "family": family,
                }
                answer["refresh_token"] = self._refresh.issue({**grant, "issued": now}, seconds=None)
                self._revoke_oldest(client["client_id"], user["Id"])
        return answer

    def _opened(self, client: Record, user: Record, scope: str, family: str | None) -> str:
        """A new access token: the org's id, an exclamation mark, then letters, digits, dots and underscores."""
        text = secrets.token_urlsafe(66).replace("-", ".")
        token = f"{self._org.id[:_TOKEN_PREFIX_LENGTH]}!AQ{text}"
        self._records.put(
            tables.ACCESS_TOKENS,
            _fingerprint(token),
            {
                "id": _fingerprint(token),
                "client_id": client["client_id"],
                "user_id": user["Id"],
                "scope": scope,
                "family": family,
                "issued": self._clock.now(),
            },
        )
        return token

    def _revoke_oldest(self, client_id: str, user_id: str) -> None:
        families: dict[str, Any] = {}
        for grant in self._records.find(tables.REFRESH_TOKENS, "client_id", client_id):
            if grant["user_id"] == user_id and grant["_used"] is None:
                families[grant["family"]] = grant["issued"]
        for family in sorted(families, key=families.__getitem__)[:-MOST_GRANTS]:
            self._revoke_family(family)

    def _revoke_family(self, family: str) -> None:
        """End a login: its refresh tokens and every session opened with them."""
        with self._records.transaction():
            self._refresh.revoke_where("family", family)
            for grant in self._records.find(tables.ACCESS_TOKENS, "family", family):
                self._records.delete(tables.ACCESS_TOKENS, grant["id"])

    def _client(self, ask: _Ask, *, confidential: bool) -> Record:
        """The app that asks, its secret checked. A public app has none and must not send one."""
        client = self._records.get(tables.CLIENTS, ask.need("client_id"))
        if client is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        secret, expected = ask.get("client_secret"), client.get("client_secret")
        wrong = secret and (not expected or not same_secret(secret, expected))
        if wrong or (confidential and not secret):
            raise OAuthError("invalid_client", "invalid client credentials")
        if expected and not secret and client.get("requires_secret"):
            raise OAuthError("invalid_client", "invalid client credentials")
        return client

    def _user(self, username: str) -> Record | None:
        found = self._records.find("User", "Username:key", username.casefold())
        return found[0] if found and not found[0]["IsDeleted"] else None

    # the login page

    async def authorize(self, request: Request) -> Response:
        """`GET` shows the login page; `POST` of its form ends at the app's redirect with a code."""
        said = dict(request.query_params)
        if request.method == "POST":
            said |= parse_form(await request.body())
        client = self._records.get(tables.CLIENTS, said.get("client_id", ""))
        if client is None:
            return OAuthError("invalid_client_id", "client identifier invalid").response()
        redirect = said.get("redirect_uri", "")
        if not _is_registered(redirect, client.get("redirect_uris", [])):
            return OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration").response()
        if said.get("response_type") != "code":
            return _redirected(redirect, error="unsupported_response_type", state=said.get("state"))
        method = said.get("code_challenge_method", "S256")
        if said.get("code_challenge") and method.upper() != "S256":
            return _redirected(redirect, error="invalid_request", state=said.get("state"))
        users = [user for user in self._records.all("User") if user["IsActive"] and not user["IsDeleted"]]
        if request.method != "POST":
            return HTMLResponse(login_page(self._org.settings["Name"], client["client_id"], users, said))
        if said.get("deny"):
            return _redirected(redirect, error="access_denied", state=said.get("state"))
        user = self._user(said.get("username", "")) if said.get("username") else users[0] if users else None
        if user is None or not user["IsActive"]:
            page = login_page(self._org.settings["Name"], client["client_id"], users, said, failed=True)
            return HTMLResponse(page)
        code = self._codes.issue(
            {
                "client_id": client["client_id"],
                "user_id": user["Id"],
                "redirect_uri": redirect,
                "code_challenge": said.get("code_challenge") or None,
                "scope": said.get("scope") or "refresh_token api",
                "family": secrets.token_hex(8),
            },
            seconds=_CODE_SECONDS,
        )
        return _redirected(redirect, code=code, state=said.get("state"))

    # the smaller endpoints

    async def revoke(self, request: Request) -> Response:
        """`/services/oauth2/revoke`: an access token ends alone, a refresh token with all its sessions."""
        fields = dict(request.query_params)
        if request.method == "POST":
            fields |= parse_form(await request.body())
        token = fields.get("token", "")
        access = self._records.get(tables.ACCESS_TOKENS, _fingerprint(token))
        refresh = self._refresh.seen(token)
        if access is not None:
            self._records.delete(tables.ACCESS_TOKENS, access["id"])
        elif refresh is not None:
            self._revoke_family(refresh["family"])
        else:
            return OAuthError("invalid_token", "invalid token").response()
        return Response(status_code=200)

    async def userinfo(self, request: Request) -> Response:
        """`/services/oauth2/userinfo`."""
        try:
            session = self.session(request.headers.get("authorization"))
        except ApiError:
            return Response("Bad_OAuth_Token", status_code=403, media_type="text/html;charset=UTF-8")
        user = self._records.get("User", session.user_id) or {}
        base = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
        return JsonResponse(
            {
                "sub": f"{base}/id/{session.org_id}/{session.user_id}",
                "user_id": session.user_id,
                "organization_id": session.org_id,
                "preferred_username": user.get("Username"),
                "nickname": user.get("Alias"),
                "name": user.get("Name"),
                "email": user.get("Email"),
                "email_verified": True,
                "given_name": user.get("FirstName"),
                "family_name": user.get("LastName"),
                "zoneinfo": user.get("TimeZoneSidKey"),
                "active": user.get("IsActive"),
                "user_type": "STANDARD",
                "language": user.get("LanguageLocaleKey"),
                "locale": user.get("LocaleSidKey"),
                "utcOffset": 0,
                "updated_at": stamp(self._clock.now()),
                "is_app_installed": True,
                "urls": {
                    "rest": f"{base}/services/data/v{{version}}/",
                    "sobjects": f"{base}/services/data/v{{version}}/sobjects/",
                    "query": f"{base}/services/data/v{{version}}/query/",
                },
            }
        )

    async def identity(self, request: Request) -> Response:
        """`/id/<org>/<user>`: the identity URL that token answers name."""
        try:
            session = self.session(request.headers.get("authorization"))
        except ApiError:
            return Response("Bad_OAuth_Token", status_code=403, media_type="text/html;charset=UTF-8")
        user = self._records.get("User", session.user_id) or {}
        base = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
        return JsonResponse(
            {
                "id": f"{base}/id/{session.org_id}/{session.user_id}",
                "asserted_user": True,
                "user_id": session.user_id,
                "organization_id": session.org_id,
                "username": user.get("Username"),
                "nick_name": user.get("Alias"),
                "display_name": user.get("Name"),
                "email": user.get("Email"),
                "timezone": user.get("TimeZoneSidKey"),
                "active": user.get("IsActive"),
                "user_type": "STANDARD",
                "language": user.get("LanguageLocaleKey"),
                "locale": user.get("LocaleSidKey"),
                "urls": {"rest": f"{base}/services/data/v{{version}}/"},
                "is_app_installed": True,
            }
        )

    async def introspect(self, request: Request) -> Response:
        """`/services/oauth2/introspect`: whether a token is good, for the app it was given to."""
        try:
            ask = await self._ask(request)
            client = self._client(ask, confidential=False)
            token = ask.need("token")
        except OAuthError as error:
            return error.response()
        access, refresh = self._live(token), self._refresh.grant(token)
        grant = access or refresh
        if grant is None or grant["client_id"] != client["client_id"]:
            return JsonResponse({"active": False})
        user = self._records.get("User", grant["user_id"]) or {}
        answer = {
            "active": True,
            "scope": grant["scope"],
            "client_id": grant["client_id"],
            "username": user.get("Username"),
            "sub": f"{ask.base}/id/{self._org.id}/{grant['user_id']}",
            "token_type": "access_token" if access else "refresh_token",
            "iat": int(grant["issued"].timestamp()),
            "nbf": int(grant["issued"].timestamp()),
        }
        if access is not None:
            answer["exp"] = int(self._ends(access).timestamp())
        return JsonResponse(answer)


def _is_registered(redirect: str, registered: list[str]) -> bool:
    """Whether a redirect is one of the app's, byte for byte.

    An app of the sandbox may register a bare loopback address to mean any port of it; the vendor has no such thing.
    """
    if redirect in registered:
        return True
    split = urlsplit(redirect)
    loopback = split.scheme == "http" and split.hostname in _LOOPBACK
    return loopback and any(
        urlsplit(one).hostname == split.hostname and one.endswith(":*") for one in registered
    )


def _redirected(redirect: str, **said: str | None) -> Response:
    query = urlencode({name: value for name, value in said.items() if value is not None})
    joint = "&" if urlsplit(redirect).query else "?"
    return RedirectResponse(f"{redirect}{joint}{query}", status_code=302)


def _signature(client: Record, text: str) -> str:
    key = str(client.get("client_secret") or client["client_id"]).encode()
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
