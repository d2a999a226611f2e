"""Signing in: authorization code with PKCE and a company chooser, single-use refresh tokens, revocation.

The vendor's identity server is Duende IdentityServer, so errors have its form: 400 and `{"error": …}` for the client,
a redirect with `error` for the browser where the redirect address is known to be the client's.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, NoReturn
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sfspiris.sandbox.kernel import oauth
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.jsonio import JsonResponse
from sfspiris.sandbox.kernel.records import Record, Records
from sfspiris.sandbox.kernel.switches import Switches
from sfspiris.sandbox.spiris import pages
from sfspiris.sandbox.spiris.access import BASE_SCOPE, OFFLINE, SCOPES
from sfspiris.sandbox.spiris.books import COMPANIES, USERS
from sfspiris.sandbox.spiris.wire import Session

CLIENTS = "_clients"
CODES = "_codes"
ACCESS_TOKENS = "_access_tokens"
REFRESH_TOKENS = "_refresh_tokens"
KEPT = (CLIENTS, CODES, ACCESS_TOKENS, REFRESH_TOKENS)
"""What starting over keeps: registered clients stay registered and people signed in."""

CODE_SECONDS: Final = 300
ACCESS_SECONDS: Final = 3_600

DEFAULT_CLIENT = {
    "client_id": "sfspiris-sandbox",
    "client_secret": "sandbox-secret",
    "redirect_uris": ["http://127.0.0.1:8765/callback"],
    "any_loopback": True,
}
"""The client that every sandbox knows; it may come back to any loopback address."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CARRIED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "prompt", "acr_values", "code_challenge",
    "code_challenge_method", "response_mode", "ui_locales", "login_hint",
)  # fmt: skip


class _TokenError(Exception):
    """What the token endpoint answers when it refuses."""

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class Identity:
    """The identity server of the simulator."""

    def __init__(self, records: Records, clock: Clock, switches: Switches) -> None:
        self._records = records
        self._clock = clock
        self._switches = switches
        self._codes = oauth.Tokens(records, clock, CODES)
        self._access = oauth.Tokens(records, clock, ACCESS_TOKENS)
        self._refresh = oauth.Tokens(records, clock, REFRESH_TOKENS)
        if records.get(CLIENTS, DEFAULT_CLIENT["client_id"]) is None:  # type: ignore[arg-type]
            self.register(DEFAULT_CLIENT)

    def routes(self) -> list[BaseRoute]:
        """The vendor's own addresses."""
        return [
            Route("/connect/authorize", self._authorize, methods=["GET"]),
            Route("/connect/authorize", self._decided, methods=["POST"]),
            Route("/connect/token", self._token, methods=["POST"]),
            Route("/connect/revocation", self._revocation, methods=["POST"]),
        ]

    def session(self, authorization: str | None) -> Session | None:
        """Who calls, by the `Authorization` header; None when the token is missing, unknown or has expired."""
        token = oauth.bearer_token(authorization)
        grant = None if token is None else self._access.grant(token)
        if grant is None:
            return None
        return Session(grant["client_id"], grant["user_id"], grant["company"], frozenset(grant["scopes"]))

    def register(self, document: Any) -> dict[str, Any]:
        """Add or replace a client. Raises `SandboxError` when the document is not one."""
        if (
            not isinstance(document, dict)
            or not isinstance(document.get("client_id"), str)
            or not document["client_id"]
        ):
            raise SandboxError(
                'A client is an object such as {"client_id": "app", "client_secret": "…", "redirect_uris": […]}.'
            )
        unknown = sorted(
            set(document) - {"client_id", "client_secret", "redirect_uris", "any_loopback", "public_key"}
        )
        if unknown:
            raise SandboxError(
                f"A client has no {unknown[0]!r}; it has client_id, client_secret, redirect_uris, any_loopback."
            )
        uris = document.get("redirect_uris", [])
        if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
            raise SandboxError("A client's redirect_uris must be a list of addresses.")
        before = self._records.get(CLIENTS, document["client_id"]) or {}
        secret = document.get("client_secret", before.get("client_secret"))
        if not isinstance(secret, str) or not secret:
            raise SandboxError("A client of Spiris needs a client_secret.")
        client = {
            "client_id": document["client_id"],
            "client_secret": secret,
            "redirect_uris": uris or before.get("redirect_uris", []),
            "any_loopback": bool(document.get("any_loopback", before.get("any_loopback", False))),
        }
        self._records.put(CLIENTS, client["client_id"], client)
        return {name: value for name, value in client.items() if name != "client_secret"}

    def forget_strangers(self) -> None:
        """End every sign-in to a company or user that is no longer there."""
        for tokens in (self._codes, self._access, self._refresh):
            for grant in self._records.all(tokens.table):
                users = f"{grant['company']}/{USERS}"
                if self._records.get(users, grant["user_id"]) is None:
                    self._records.delete(tokens.table, grant["_id"])

    # The browser's part

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        problem = self._checked_authorize(asked)
        if problem is not None:
            return problem
        if self._switches.get("company_chooser") == "on_prompt" and not _asks_to_choose(asked):
            return self._redirected(asked, self._company_keys()[0])
        return self._form(asked)

    async def _decided(self, request: Request) -> Response:
        try:
            asked = oauth.parse_form(await request.body())
        except ValueError:
            return HTMLResponse(pages.refusal("The form could not be read."), 400)
        problem = self._checked_authorize(asked)
        if problem is not None:
            return problem
        if asked.get("consent") == "no":
            return _back(asked, {"error": "access_denied"})
        company = asked.get("company", "")
        if self._records.get(COMPANIES, company) is None:
            return self._form(asked, problem="Choose one of the companies.", status=400)
        return self._redirected(asked, company)

    def _checked_authorize(self, asked: Mapping[str, str]) -> Response | None:
        """The answer to a request that cannot go on, or None. Only a known address is ever redirected to."""
        client = self._records.get(CLIENTS, asked.get("client_id", ""))
        if client is None:
            return HTMLResponse(pages.refusal("The client is not known here (invalid_client)."), 400)
        if not _is_registered(client, asked.get("redirect_uri", "")):
            return HTMLResponse(pages.refusal("The redirect address is not registered for this client."), 400)
        if not self._company_keys():
            return HTMLResponse(pages.refusal("This sandbox has no company to sign in to."), 400)
        scopes = frozenset(asked.get("scope", "").split())
        checks: list[tuple[bool, str]] = [
            (asked.get("response_type") == "code", "unsupported_response_type"),
            (bool(scopes) and scopes <= SCOPES and {BASE_SCOPE, OFFLINE} <= scopes, "invalid_scope"),
            (
                not asked.get("code_challenge") or asked.get("code_challenge_method") == "S256",
                "invalid_request",
            ),
        ]
        for fine, error in checks:
            if not fine:
                return _back(asked, {"error": error})
        return None

    def _form(self, asked: Mapping[str, str], *, problem: str | None = None, status: int = 200) -> Response:
        keys = self._company_keys()
        hidden = {name: asked[name] for name in _CARRIED if name in asked}
        page = pages.chooser(
            hidden,
            [(key, self._company_name(key)) for key in keys],
            chosen=asked.get("company", keys[0]),
            client=asked["client_id"],
            problem=problem,
        )
        headers = {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(page, status, headers=headers)

    def _redirected(self, asked: Mapping[str, str], company: str) -> Response:
        allowed = (self._records.get(COMPANIES, company) or {}).get("scopes")
        scopes = asked["scope"].split()
        code = self._codes.issue(
            {
                "client_id": asked["client_id"],
                "redirect_uri": asked["redirect_uri"],
                "company": company,
                "user_id": self._records.all(f"{company}/{USERS}")[0]["Id"],
                "scopes": [
                    scope for scope in scopes if allowed is None or scope in {*allowed, BASE_SCOPE, OFFLINE}
                ],
                "challenge": asked.get("code_challenge"),
                "sign_in": secrets.token_hex(8),
            },
            seconds=CODE_SECONDS,
        )
        return _back(asked, {"code": code, "scope": asked["scope"]})

    def _company_keys(self) -> list[str]:
        return [company["key"] for company in self._records.all(COMPANIES)]

    def _company_name(self, key: str) -> str:
        settings = self._records.get(f"{key}/settings", "settings")
        return (
            key if settings is None else f"{settings['Name']} ({settings['CorporateIdentityNumber'] or key})"
        )

    # The client's part

    async def _token(self, request: Request) -> Response:
        kinds: dict[str, Callable[[Record, Mapping[str, str]], dict[str, Any]]] = {
            "authorization_code": self._from_code,
            "refresh_token": self._from_refresh_token,
        }
        try:
            client, form = await self._client_and_form(request)
            grant = kinds.get(form.get("grant_type", ""), _unsupported)
            answer = grant(client, form)
        except _TokenError as error:
            return _refused(error)
        return JsonResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    async def _revocation(self, request: Request) -> Response:
        try:
            client, form = await self._client_and_form(request)
        except _TokenError as error:
            return _refused(error)
        token = form.get("token")
        if not token:
            return _refused(_TokenError("invalid_request"))
        with self._records.transaction():
            for tokens in (self._refresh, self._access):
                grant = tokens.seen(token)
                if grant is not None and grant["client_id"] == client["client_id"]:
                    tokens.revoke(token)
                    if tokens is self._refresh:
                        self._end_sign_in(grant["sign_in"])
        return Response(status_code=200)

    async def _client_and_form(self, request: Request) -> tuple[Record, dict[str, str]]:
        try:
            form = oauth.parse_form(await request.body())
        except ValueError:
            raise _TokenError("invalid_request") from None
        given = oauth.basic_credentials(request.headers.get("authorization"))
        client_id, secret = given or (form.get("client_id", ""), form.get("client_secret", ""))
        client = self._records.get(CLIENTS, client_id)
        if client is None or not oauth.same_secret(secret, client["client_secret"]):
            raise _TokenError("invalid_client")
        return client, form

    def _from_code(self, client: Record, form: Mapping[str, str]) -> dict[str, Any]:
        code = form.get("code", "")
        grant = self._codes.grant(code)
        if grant is None:
            seen = self._codes.seen(code)
            if seen is not None and seen["_used"] is not None:
                # RFC 6749 section 4.1.2: a code used twice ends what its first use gave
                self._end_sign_in(seen["sign_in"])
            raise _TokenError("invalid_grant")
        if grant["client_id"] != client["client_id"] or grant["redirect_uri"] != form.get("redirect_uri"):
            raise _TokenError("invalid_grant")
        if not oauth.pkce_matches(form.get("code_verifier"), grant["challenge"]):
            raise _TokenError("invalid_grant")
        with self._records.transaction():
            self._codes.redeem(code)
            return self._issued(grant, grant["scopes"])

    def _from_refresh_token(self, client: Record, form: Mapping[str, str]) -> dict[str, Any]:
        token = form.get("refresh_token", "")
        seen = self._refresh.seen(token)
        if seen is None or seen["client_id"] != client["client_id"]:
            raise _TokenError("invalid_grant")
        scopes = form.get("scope", "").split() or seen["scopes"]
        if not set(scopes) <= set(seen["scopes"]):
            raise _TokenError("invalid_scope")
        if seen["_used"] is not None and not self._is_within_grace(seen):
            if self._switches.get("refresh_reuse") == "ends_sign_in":
                self._end_sign_in(seen["sign_in"])
            raise _TokenError("invalid_grant")
        with self._records.transaction():
            self._refresh.redeem(token)
            return self._issued(seen, scopes)

    def _is_within_grace(self, seen: Record) -> bool:
        grace = timedelta(seconds=self._switches.number("refresh_grace_seconds"))
        return bool(self._clock.now() < seen["_used"] + grace)

    def _issued(self, grant: Record, scopes: list[str]) -> dict[str, Any]:
        kept = {name: grant[name] for name in ("client_id", "user_id", "company", "sign_in")}
        return {
            "access_token": self._access.issue({**kept, "scopes": scopes}, seconds=ACCESS_SECONDS),
            "expires_in": ACCESS_SECONDS,
            "token_type": "Bearer",
            "refresh_token": self._refresh.issue({**kept, "scopes": grant["scopes"]}, seconds=None),
            "scope": " ".join(scopes),
        }

    def _end_sign_in(self, sign_in: str) -> None:
        self._refresh.revoke_where("sign_in", sign_in)
        self._access.revoke_where("sign_in", sign_in)


def _unsupported(client: Record, form: Mapping[str, str]) -> NoReturn:
    del client, form
    raise _TokenError("unsupported_grant_type")


def _asks_to_choose(asked: Mapping[str, str]) -> bool:
    prompts = set(asked.get("prompt", "").split())
    return "select_account" in prompts or "forceselectcompany:true" in asked.get("acr_values", "").lower()


def _is_registered(client: Record, uri: str) -> bool:
    if uri in client["redirect_uris"]:
        return True
    parts = urlsplit(uri)
    return bool(client["any_loopback"]) and parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK


def _back(asked: Mapping[str, str], values: dict[str, str]) -> Response:
    """The browser sent back to the client."""
    if "state" in asked:
        values = {**values, "state": asked["state"]}
    uri = asked["redirect_uri"]
    return RedirectResponse(f"{uri}{'&' if '?' in uri else '?'}{urlencode(values)}", 302)


def _refused(error: _TokenError) -> Response:
    content = {"error": error.error}
    if error.description:
        content["error_description"] = error.description
    return JsonResponse(content, 400, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})
