"""Signing in to Salesforce: JWT bearer or client credentials without a person, the web flow with one.

The access token is kept between runs and used until Salesforce refuses it: there is no lifetime in a sign-in, and an org lets
one user sign in 3 600 times an hour only. Everything goes on at the `instance_url` that a sign-in tells.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import urlencode, urlsplit

from sfspiris.adapters.salesforce import wire
from sfspiris.adapters.salesforce.app import App, ClientCredentials, JwtBearer, WebFlow, assertion
from sfspiris.adapters.salesforce.ids import is_id, long_id
from sfspiris.adapters.salesforce.refusals import RUN_AGAIN, SIGN_IN, SignInFacts, sign_in_refused
from sfspiris.adapters.transport import Effect
from sfspiris.errors import BrokenReply, ConfigError, OutOfQuota, SafetyStop, SignInNeeded, Unreachable
from sfspiris.ports.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sfspiris.adapters.consent import Pledge
    from sfspiris.adapters.transport import Reply, Transport
    from sfspiris.errors import SfspirisError
    from sfspiris.ports.tokens import TokenStore

__all__ = ["TOKEN_KEY", "App", "ClientCredentials", "JwtBearer", "SalesforceSignIn", "WebFlow"]

TOKEN_KEY: Final = "salesforce"  # noqa: S105 - the name of a place, not a secret
SCOPES: Final = ("api", "refresh_token")

_JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CLOCKS_DIFFER: Final = timedelta(minutes=1)
_IDENTITY: Final = re.compile(r"/id/(?P<org>[0-9A-Za-z]{15,18})/(?P<user>[0-9A-Za-z]{15,18})$")
_SERVER_ERROR: Final = 500  # RFC 9110 section 15.6


class SalesforceSignIn:
    """Gives a sign-in that works, from the store or anew. `now` is UTC."""

    def __init__(
        self,
        app: App,
        *,
        store: TokenStore,
        transport: Transport,
        now: Callable[[], datetime],
        key: str = TOKEN_KEY,
    ) -> None:
        self._app = app
        self._store = store
        self._transport = transport
        self._now = now
        self._key = key
        self._tokens: Tokens | None = None
        self._refusals: dict[str, SfspirisError] = {}  # by the session that was to be replaced

    def current(self) -> Tokens:
        """The kept sign-in; the first time, one is made where that needs no person.

        Raises SignInNeeded when it does need one.
        """
        if self._tokens is None:
            self._tokens = self._kept()
        if self._tokens is None:
            with self._store.lock(self._key):
                self._tokens = self._kept() or self._keep(self._unattended())
        return self._tokens

    def renew(self, dead: Tokens) -> Tokens:
        """A sign-in in place of one that Salesforce no longer accepts; another process may have made it already.

        Raises SignInNeeded when only a person can, and SafetyStop when it opens another org. What was refused once is not
        asked for again.
        """
        with self._store.lock(self._key):
            kept = self._store.load(self._key)
            made_elsewhere = kept is not None and kept.access_token != dead.access_token
            fresh = kept if kept is not None and made_elsewhere else self._replacing(kept or dead)
            if fresh.identity != dead.identity:
                raise SafetyStop(
                    f"The sign-in opens the Salesforce org {fresh.identity}, but until now it was {dead.identity}.",
                    remedy="Check [salesforce] login_url and username. If the org was meant to change, run "
                    f"`sfspiris auth logout`, then `{SIGN_IN}`.",
                )
            if made_elsewhere:
                self._tokens = fresh
                return fresh
            return self._keep(replace(fresh, name=fresh.name or dead.name))

    def sign_in(self) -> Tokens:
        """Sign in without a person, whatever is kept, and keep it in its place."""
        with self._store.lock(self._key):
            return self._keep(self._unattended())

    def authorization_url(self, pledge: Pledge, *, redirect_uri: str) -> str:
        """Where a person signs in. The app must know `redirect_uri` to the letter, port and path included."""
        asked = {
            "response_type": "code",
            "client_id": self._app.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(SCOPES),
            "state": pledge.state,
            "code_challenge": pledge.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._app.base_url}/services/oauth2/authorize?{urlencode(asked)}"

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> Tokens:
        """The sign-in that a person's code stands for, kept."""
        grant = self._app.grant
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        secret = grant.client_secret if isinstance(grant, WebFlow) else None
        with self._store.lock(self._key):
            return self._keep(self._ask(asked | self._client(secret), user=None))

    def sign_out(self) -> None:
        """Tell Salesforce that the sign-in has ended, and forget it.

        It is forgotten even where Salesforce cannot be reached; then Unreachable is raised afterwards.
        """
        with self._store.lock(self._key):
            kept = self._store.load(self._key)
            self._tokens = None
            if kept is None:
                return
            self._store.delete(self._key)
            reply = self._post("revoke", {"token": kept.refresh_token or kept.access_token}, host=kept.host)
            if reply.status >= _SERVER_ERROR:
                raise Unreachable(
                    f"The sign-in is forgotten here, but Salesforce could not revoke it (status {reply.status}).",
                    remedy="Revoke it in Setup, OAuth Usage, if this machine may have been read by others.",
                )

    # --- the flows -------------------------------------------------------------------------------------------------

    def _unattended(self) -> Tokens:
        match self._app.grant:
            case JwtBearer() as grant:
                return self._with_assertion(grant)
            case ClientCredentials() as grant:
                asked = {"grant_type": "client_credentials"}
                return self._ask(asked | self._client(grant.client_secret), user=None)
            case WebFlow():
                raise SignInNeeded("Nobody has signed in to Salesforce yet.", remedy=f"Run `{SIGN_IN}`.")
            case other:
                assert_never(other)

    def _replacing(self, dead: Tokens) -> Tokens:
        if refusal := self._refusals.get(dead.access_token):
            raise refusal
        try:
            return self._refreshed(dead)
        except (SignInNeeded, ConfigError) as refusal:
            self._refusals[dead.access_token] = refusal
            raise

    def _refreshed(self, dead: Tokens) -> Tokens:
        grant = self._app.grant
        if not isinstance(grant, WebFlow):
            return self._unattended()
        if dead.refresh_token is None:
            raise SignInNeeded(
                "The Salesforce sign-in has ended, and it came without a refresh token.",
                remedy="Give the external client app the scope “Perform requests at any time (refresh_token)”, then run "
                f"`{SIGN_IN}`.",
            )
        asked = {"grant_type": "refresh_token", "refresh_token": dead.refresh_token}
        fresh = self._ask(asked | self._client(grant.client_secret), user=dead.user)
        # With rotation on, the answer brings a new refresh token and the old one is dead; without, it stays.
        return replace(fresh, refresh_token=fresh.refresh_token or dead.refresh_token)

    def _client(self, secret: Callable[[], str] | None) -> dict[str, str]:
        known = {"client_id": self._app.client_id}
        return known if secret is None else known | {"client_secret": secret()}

    def _with_assertion(self, grant: JwtBearer) -> Tokens:
        """Sign in with an assertion, and once more by Salesforce's clock when ours is too wrong for the first one."""
        asked = self._assertion(grant, self._now())
        reply = self._post("token", asked)
        theirs = wire.told_time(reply)
        if not reply.is_success and theirs is not None and abs(theirs - self._now()) > _CLOCKS_DIFFER:
            asked = self._assertion(grant, theirs)
            reply = self._post("token", asked)
        return self._granted(reply, asked, user=grant.username)

    def _assertion(self, grant: JwtBearer, at: datetime) -> dict[str, str]:
        return {"grant_type": _JWT_BEARER, "assertion": assertion(self._app, grant, at=at)}

    # --- the token call --------------------------------------------------------------------------------------------

    def _ask(self, form: Mapping[str, str], *, user: str | None) -> Tokens:
        return self._granted(self._post("token", form), form, user=user)

    def _post(self, call: str, form: Mapping[str, str], *, host: str | None = None) -> Reply:
        return self._transport.request(
            "POST", f"{host or self._app.base_url}/services/oauth2/{call}", effect=Effect.TOKEN, form=form
        )

    def _granted(self, reply: Reply, asked: Mapping[str, str], *, user: str | None) -> Tokens:
        """The sign-in that was granted, or why it was not. Without a known `user`, the user's id stands for the name."""
        if not reply.is_success:
            raise self._refused(reply, asked)
        document = wire.parse(wire.TOKEN, reply.json(), "the sign-in")
        identity = _IDENTITY.search(urlsplit(document.id).path)
        if identity is None or not (is_id(identity["org"]) and is_id(identity["user"])):
            raise BrokenReply(
                "Salesforce's answer to the sign-in does not tell which org it opens.", remedy=RUN_AGAIN
            )
        return Tokens(
            access_token=document.access_token,
            obtained_at=self._now(),
            identity=long_id(identity["org"]),
            refresh_token=document.refresh_token,
            host=self._host(document.instance_url),
            user=user or long_id(identity["user"]),
            scopes=tuple(document.scope.split()),
        )

    def _host(self, instance_url: str) -> str:
        parts = urlsplit(instance_url)
        if not parts.hostname or parts.scheme not in {"https", urlsplit(self._app.base_url).scheme}:
            raise BrokenReply(
                "Salesforce's answer to the sign-in names no https address to go on at.", remedy=RUN_AGAIN
            )
        return f"{parts.scheme}://{parts.netloc}"

    def _refused(self, reply: Reply, asked: Mapping[str, str]) -> Exception:
        host = urlsplit(self._app.base_url).hostname or ""
        try:
            refusal = wire.parse(wire.OAUTH_ERROR, reply.json(), "the sign-in")
        except BrokenReply:
            return _not_theirs(reply.status, host)
        grant = self._app.grant
        return sign_in_refused(
            refusal,
            SignInFacts(
                who=grant.username if isinstance(grant, JwtBearer) else "the integration user",
                host=host,
                audience=self._app.audience,
                redirect=asked.get("redirect_uri", ""),
            ),
        )

    def _kept(self) -> Tokens | None:
        """The kept sign-in, if it was made with what is configured today: for this user, and this kind of org."""
        kept = self._store.load(self._key)
        if kept is None or kept.host is None:
            return None
        grant = self._app.grant
        if isinstance(grant, JwtBearer) and kept.user != grant.username:
            return None
        if self._app.environment == "local":
            return kept if kept.host == self._app.base_url else None
        return kept if kept.host.startswith("https://") else None

    def _keep(self, tokens: Tokens) -> Tokens:
        """Durable before anyone uses it: with rotation the earlier refresh token is dead by now."""
        self._store.save(self._key, tokens)
        self._tokens = tokens
        return tokens


def _not_theirs(status: int, host: str) -> Exception:
    if status == 429:  # noqa: PLR2004 - too many requests
        return OutOfQuota(
            "Salesforce takes no more sign-ins for now.",
            remedy="Run the same command again later.",
            retry_after=60.0,
        )
    if status >= _SERVER_ERROR:
        return Unreachable(
            f"Salesforce cannot sign anyone in at the moment (status {status}).", remedy=RUN_AGAIN
        )
    return ConfigError(
        f"{host} does not answer as Salesforce's sign-in does (status {status}).",
        remedy="Check [salesforce] login_url; it is an address without a path.",
    )
