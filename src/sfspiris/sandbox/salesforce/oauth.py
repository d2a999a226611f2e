"""Signing in: the token endpoint, the login page behind `authorize`, and revoking.

Source: Salesforce Help, "OAuth Authorization Flows" and "OAuth 2.0 Errors" (read November 2026). Token answers carry no
`expires_in`: a session ends by policy, and a client learns of it from `INVALID_SESSION_ID`.
"""

from __future__ import annotations

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
from sfspiris.sandbox.salesforce.loginpage import login_page

if TYPE_CHECKING:
    from starlette.requests import Request

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Record, Records
    from sfspiris.sandbox.kernel.switches import Switches
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.sessions import Sessions

CODE_SECONDS: Final = 15 * 60
PASSWORD: Final = "sandbox-password"  # noqa: S105 - every user of every sandbox has it
SECURITY_TOKEN: Final = "sandbox-token"  # noqa: S105 - likewise
_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LOGIN_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NO_CACHE: Final = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """A refusal of these endpoints: `{"error", "error_description"}`, status 400 unless said."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> Response:
        """The refusal on the wire."""
        content = {"error": self.error, "error_description": self.description}
        return JsonResponse(content, status_code=self.status, headers=_NO_CACHE)


@dataclass(frozen=True, slots=True)
class Ask:
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


async def ask_of(request: Request) -> Ask:
    """The form that a request carries. Raises `OAuthError`."""
    if request.method != "POST":
        raise OAuthError("invalid_request", "must use HTTP POST", status=405)
    try:
        fields = parse_form(await request.body())
    except ValueError:
        raise OAuthError("invalid_request", "the form cannot be read") from None
    credentials = basic_credentials(request.headers.get("authorization"))
    if credentials is not None:
        fields["client_id"], fields["client_secret"] = credentials
    return Ask(fields, base_of(request))


def base_of(request: Request) -> str:
    """Scheme and host that the client used."""
    return f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"


class OAuth:
    """The sign-in endpoints of one org."""

    def __init__(
        self, records: Records, clock: Clock, switches: Switches, org: Org, sessions: Sessions
    ) -> None:
        self._records = records
        self._switches = switches
        self._org = org
        self._sessions = sessions
        self._codes = Tokens(records, clock, tables.CODES, prefix="aPrx")
        self._clock = clock
        self._assertions = Assertions(records, clock, self._app)

    # the token endpoint

    async def token(self, request: Request) -> Response:
        """`POST /services/oauth2/token`."""
        flows = {
            _JWT_BEARER: self._by_assertion,
            "client_credentials": self._by_credentials,
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
            "password": self._by_password,
        }
        try:
            ask = await ask_of(request)
            flow = flows.get(ask.need("grant_type"), _unsupported)
            answer = flow(ask)
        except OAuthError as error:
            return error.response()
        return JsonResponse(answer, headers=_NO_CACHE)

    def _by_assertion(self, ask: Ask) -> dict[str, Any]:
        try:
            client, username = self._assertions.verified(ask.need("assertion"), ask.base)
        except ValueError as error:
            raise OAuthError("invalid_grant", str(error)) from None
        approved = client.get("username")
        user = self._user(username)
        if user is None or (approved and approved.casefold() != username.casefold()):
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return self._sessions.opened(client, _active(user), "api", ask.base)

    def _by_credentials(self, ask: Ask) -> dict[str, Any]:
        refused = "login_hosts_refuse_client_credentials" in self._org.traps
        if refused and urlsplit(ask.base).hostname in _LOGIN_HOSTS:
            raise OAuthError("invalid_grant", "request not supported on this domain")
        client = self.client(ask, confidential=True)
        username = client.get("username")
        user = self._user(username) if username else None
        if user is None:
            raise OAuthError("invalid_grant", "no client credentials user enabled")
        return self._sessions.opened(client, _active(user), "api", ask.base)

    def _by_code(self, ask: Ask) -> dict[str, Any]:
        client = self.client(ask, confidential=False)
        code = ask.need("code")
        seen = self._codes.seen(code)
        if seen is not None and seen["_used"] is not None:
            # A code that comes back was read by someone else: what it gave is taken away again.
            self._sessions.end_family(seen["family"])
        grant = self._codes.redeem(code)
        user = None if grant is None else self._sessions.user_of(grant)
        if grant is None or user is None or grant["client_id"] != client["client_id"]:
            raise OAuthError("invalid_grant", "expired authorization code")
        if grant["redirect_uri"] != ask.need("redirect_uri"):
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if not pkce_matches(ask.get("code_verifier") or None, grant["code_challenge"]):
            raise OAuthError("invalid_grant", "invalid code verifier")
        return self._sessions.opened(client, _active(user), grant["scope"], ask.base, family=grant["family"])

    def _by_refresh(self, ask: Ask) -> dict[str, Any]:
        token = ask.need("refresh_token")
        client = self.client(ask, confidential=False)
        tokens = self._sessions.refresh_tokens
        seen = tokens.seen(token)
        if seen is not None and seen["_used"] is not None:
            # A rotated token came back: the current one and every session of the login end. Source: Help article 005316711.
            self._sessions.end_family(seen["family"])
        grant = tokens.grant(token)
        user = None if grant is None else self._sessions.user_of(grant)
        if grant is None or user is None or grant["client_id"] != client["client_id"]:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        rotates = self._switches.is_on("rotate_refresh_tokens")
        with self._records.transaction():
            if rotates:
                tokens.redeem(token)
            return self._sessions.opened(
                client, _active(user), grant["scope"], ask.base, family=grant["family"], refresh=rotates
            )

    def _by_password(self, ask: Ask) -> dict[str, Any]:
        client = self.client(ask, confidential=False)
        if not self._switches.is_on("legacy_logins"):
            raise OAuthError("invalid_grant", "authentication failure")
        user = self.by_password(ask.need("username"), ask.need("password"))
        return self._sessions.opened(client, user, "api", ask.base)

    def by_password(self, username: str, password: str) -> Record:
        """The active user whose password this is, with the security token behind it or without. Raises `OAuthError`."""
        user = self._user(username)
        right = any(same_secret(password, one) for one in (PASSWORD, PASSWORD + SECURITY_TOKEN))
        if user is None or not user["IsActive"] or not right:
            raise OAuthError("invalid_grant", "authentication failure")
        return user

    def _app(self, client_id: str) -> Record | None:
        """A registered app that has reached every server: a new one takes a while."""
        client = self._records.get(tables.CLIENTS, client_id)
        takes = timedelta(seconds=self._switches.number("app_propagation_seconds"))
        if client is None or not takes or "registered" not in client:
            return client
        return client if client["registered"] + takes <= self._clock.now() else None

    def client(self, ask: Ask, *, confidential: bool) -> Record:
        """The app that asks, its secret checked. A public app has none and must not send one. Raises `OAuthError`."""
        client = self._app(ask.need("client_id"))
        if client is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        secret, expected = ask.get("client_secret"), client.get("client_secret")
        wrong = secret and (not expected or not same_secret(secret, expected))
        missing = not secret and (confidential or (expected and client.get("requires_secret")))
        if wrong or missing:
            raise OAuthError("invalid_client", "invalid client credentials")
        return client

    def clients(self) -> list[Record]:
        """The registered apps."""
        return self._records.all(tables.CLIENTS)

    def _user(self, username: str) -> Record | None:
        found = self._records.find("User", "Username:key", username.casefold())
        return found[0] if found and not found[0]["IsDeleted"] else None

    # the login page

    async def authorize(self, request: Request) -> Response:
        """`GET` shows the login page; `POST` of its form ends at the app's redirect with a code."""
        said = dict(request.query_params)
        if request.method == "POST":
            said |= parse_form(await request.body())
        try:
            client, redirect = self._asking_app(said)
        except OAuthError as error:
            return error.response()
        problem = _problem(said)
        if problem is not None:
            return _redirected(redirect, error=problem, state=said.get("state"))
        users = [user for user in self._records.all("User") if user["IsActive"] and not user["IsDeleted"]]
        user = self._chosen(users, said) if request.method == "POST" else None
        if user is None:
            failed = request.method == "POST"
            return HTMLResponse(
                login_page(self._org.settings["Name"], client["client_id"], users, said, failed=failed)
            )
        code = self._codes.issue(
            {
                "client_id": client["client_id"],
                "username": user["Username"].casefold(),
                "redirect_uri": redirect,
                "code_challenge": said.get("code_challenge") or None,
                "scope": said.get("scope") or "refresh_token api",
                "family": secrets.token_hex(8),
            },
            seconds=CODE_SECONDS,
        )
        return _redirected(redirect, code=code, state=said.get("state"))

    def _asking_app(self, said: dict[str, str]) -> tuple[Record, str]:
        """The app and its redirect; refused here and not at the redirect, which may be anyone's. Raises `OAuthError`."""
        client = self._app(said.get("client_id", ""))
        if client is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        redirect = said.get("redirect_uri", "")
        if not _is_registered(redirect, client.get("redirect_uris", [])):
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        return client, redirect

    @staticmethod
    def _chosen(users: list[Record], said: dict[str, str]) -> Record | None:
        """The user that the form names, or the first one where it names none."""
        wanted = said.get("username", "").casefold()
        return next((user for user in users if not wanted or user["Username"].casefold() == wanted), None)

    async def revoke(self, request: Request) -> Response:
        """`/services/oauth2/revoke`: an access token ends alone, a refresh token with all its sessions."""
        fields = dict(request.query_params)
        if request.method == "POST":
            fields |= parse_form(await request.body())
        if not self._sessions.end(fields.get("token", "")):
            return OAuthError("invalid_token", "invalid token").response()
        return Response(status_code=200)


def _unsupported(_ask: Ask) -> dict[str, Any]:
    raise OAuthError("unsupported_grant_type", "grant type not supported")


def _active(user: Record) -> Record:
    if not user["IsActive"]:
        raise OAuthError("inactive_user", "user is inactive")
    return user


def _problem(said: dict[str, str]) -> str | None:
    """What keeps a request for a code from being one, as the redirect says it."""
    if said.get("response_type") != "code":
        return "unsupported_response_type"
    if said.get("code_challenge") and said.get("code_challenge_method", "S256").upper() != "S256":
        return "invalid_request"
    return "access_denied" if said.get("deny") else None


def _is_registered(redirect: str, registered: list[str]) -> bool:
    """Whether a redirect is one of the app's, byte for byte.

    An app of the sandbox may register a loopback host with port `*` to mean any port of it; the vendor has no such thing.
    """
    if redirect in registered:
        return True
    split = urlsplit(redirect)
    loopback = split.scheme == "http" and split.hostname in _LOOPBACK
    return loopback and f"http://{split.hostname}:*" in registered


def _redirected(redirect: str, **said: str | None) -> Response:
    query = urlencode({name: value for name, value in said.items() if value is not None})
    joint = "&" if urlsplit(redirect).query else "?"
    return RedirectResponse(f"{redirect}{joint}{query}", status_code=302)
