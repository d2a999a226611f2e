"""Signing in to Spiris: a person consents once per company; after that, refresh tokens that work once each.

Source: developer.vismaonline.com/docs/authentication and …/change-to-our-new-identity-server, read November 2026. The
server answers every refresh with a new refresh token and kills the old one, so a new one is kept durably before
anything is done with it. The user's default company opens silently unless the user is made to choose.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote_plus, urlencode

from sfspiris.adapters.transport import Effect
from sfspiris.errors import BrokenReply, ConfigError, OutOfQuota, SignInNeeded, Unreachable
from sfspiris.ports.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sfspiris.adapters.consent import Pledge
    from sfspiris.adapters.transport import Reply, Transport
    from sfspiris.ports.tokens import TokenStore

SCOPES: Final = ("ea:api", "offline_access", "ea:sales")
"""The least that our calls need; `ea:sales` opens company settings too."""

_ALMOST_EXPIRED = timedelta(seconds=60)
_SECRET_IS_WRONG = frozenset({"invalid_client", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Base URLs without a trailing slash: where people sign in, and where the API answers."""

    identity: str
    api: str

    @classmethod
    def local(cls, base: str) -> Addresses:
        """Both on one port, as the sandbox has them."""
        return cls(identity=base.rstrip("/"), api=f"{base.rstrip('/')}/v2")


VENDOR: Final = Addresses("https://identity.vismaonline.com", "https://eaccountingapi.vismaonline.com/v2")
"""Production and the vendor's sandbox companies alike: which companies open is decided by the client id."""


@dataclass(frozen=True, slots=True)
class Client:
    """The application as the vendor registered it."""

    client_id: str
    client_secret: str = field(repr=False)

    @property
    def authorization(self) -> str:
        """The HTTP Basic header, each part form-encoded first (RFC 6749 section 2.3.1)."""
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


def authorize_url(addresses: Addresses, client: Client, *, redirect_uri: str, pledge: Pledge) -> str:
    """Where a person consents. They are made to choose login and company, and asked for no more than we need."""
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": pledge.state,
        "prompt": "select_account",
        "code_challenge": pledge.challenge,
        "code_challenge_method": "S256",
    }
    return f"{addresses.identity}/connect/authorize?{urlencode(query)}"


class TokenCalls:
    """The three calls of the token server, each of them one request. `now` gives aware UTC."""

    def __init__(
        self,
        transport: Transport,
        addresses: Addresses,
        client: Client,
        *,
        company: str,
        now: Callable[[], datetime],
    ) -> None:
        self._transport = transport
        self._addresses = addresses
        self._client = client
        self._company = company
        self._now = now

    def exchange_code(self, code: str, *, verifier: str, redirect_uri: str, identity: str) -> Tokens:
        """The tokens for a code that a consent brought. `identity` is the organisation number they are kept under.

        Whoever keeps them must first look which company they really open.
        """
        return self._ask(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            },
            identity=identity,
        )

    def refresh(self, refresh_token: str, *, identity: str) -> Tokens:
        """New tokens for an old refresh token, which is dead from then on.

        Raises SignInNeeded when the server rejects it; Unreachable when no whole answer came, or none of the server's own:
        then nobody knows; BrokenReply when there was an answer without tokens.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._ask(form, identity=identity, previous=refresh_token)

    def revoke(self, tokens: Tokens) -> None:
        """Tell the server to forget the sign-in (RFC 7009). A token that it does not know is no error."""
        token, kind = tokens.refresh_token, "refresh_token"
        if token is None:
            token, kind = tokens.access_token, "access_token"
        reply = self._post("revocation", {"token": token, "token_type_hint": kind})
        if not reply.is_success:
            raise self._failure(reply)

    def _ask(self, form: Mapping[str, str], *, identity: str, previous: str | None = None) -> Tokens:
        asked_at = self._now()
        reply = self._post("token", form)
        if not reply.is_success:
            raise self._failure(reply)
        return self._tokens(reply, asked_at, identity, previous)

    def _post(self, call: str, form: Mapping[str, str]) -> Reply:
        return self._transport.request(
            "POST",
            f"{self._addresses.identity}/connect/{call}",
            effect=Effect.TOKEN,
            headers={"Authorization": self._client.authorization},
            form=form,
        )

    def _tokens(self, reply: Reply, asked_at: datetime, identity: str, previous: str | None) -> Tokens:
        granted = reply.json()
        match granted:
            case {"access_token": str(access), "expires_in": int(seconds)} if access:
                # A server may leave the old refresh token in force by not naming one (RFC 6749 section 6).
                refresh, scope = granted.get("refresh_token") or previous, granted.get("scope")
                if isinstance(refresh, str):
                    return Tokens(
                        access_token=access,
                        refresh_token=refresh,
                        obtained_at=asked_at,
                        expires_at=asked_at + timedelta(seconds=min(seconds, 86_400)),
                        identity=identity,
                        host=self._addresses.api,
                        scopes=tuple(scope.split()) if isinstance(scope, str) else SCOPES,
                    )
        raise BrokenReply(
            "Spiris' sign-in server answered, but not with tokens.",
            remedy="Run the same command again.",
        )

    def _failure(self, reply: Reply) -> Exception:
        if reply.status == 429:  # noqa: PLR2004 - RFC 6585
            return OutOfQuota(
                "Spiris' sign-in server takes no more requests at the moment.",
                remedy="Run the same command again in a minute.",
                retry_after=60,
            )
        if reply.status >= 500:  # noqa: PLR2004 - RFC 9110 section 15.6
            return Unreachable(
                f"Spiris' sign-in server cannot answer at the moment (status {reply.status}).",
                remedy="Nothing is lost; run the same command again.",
            )
        error = _oauth_error(reply)
        if error is None:
            return BrokenReply(
                f"Spiris' sign-in server answered with status {reply.status} and a page that is not its own.",
                remedy="Check that no proxy stands in the way, then run the same command again.",
            )
        if error in _SECRET_IS_WRONG:
            return ConfigError(
                f"Spiris does not accept the client id and secret of company {self._company}.",
                remedy=f"Correct client_id and client_secret under [companies.{self._company}] in sfspiris.toml.",
            )
        return sign_in_needed(self._company)


class Bearer(Protocol):
    """Gives access tokens for API calls."""

    def token(self) -> str:
        """An access token that should work now."""

    def renew(self, rejected: str) -> str:
        """Another one, after the API did not accept `rejected`.

        Raises SignInNeeded when there is none to be had.
        """


class FreshToken:
    """The token of a consent just given, to look which company it opens before anything is kept."""

    def __init__(self, tokens: Tokens, *, company: str) -> None:
        self._tokens = tokens
        self._company = company

    def token(self) -> str:
        """The token."""
        return self._tokens.access_token

    def renew(self, rejected: str) -> str:  # noqa: ARG002 - there is only this one
        """A token that is refused within seconds of its making will not get better."""
        raise sign_in_needed(self._company)


class SpirisSignIn:
    """A company's kept sign-in: always a valid access token, refreshed by one process at a time.

    `key` names the sign-in in the store (`spiris:se`).
    """

    def __init__(
        self, calls: TokenCalls, store: TokenStore, *, key: str, company: str, now: Callable[[], datetime]
    ) -> None:
        self._calls = calls
        self._store = store
        self._key = key
        self._company = company
        self._now = now
        self._rejected_grant: str | None = None

    def token(self) -> str:
        """An access token with at least a minute left."""
        tokens = self._load()
        return (tokens if self._is_good(tokens) else self._renewed(self._is_good)).access_token

    def renew(self, rejected: str) -> str:
        """Another access token than `rejected`, from the store when somebody else was faster."""
        return self.renewed(rejected).access_token

    def renewed(self, rejected: str) -> Tokens:
        """The whole sign-in in place of that of the access token `rejected`."""
        return self._renewed(lambda kept: kept.access_token != rejected and self._is_good(kept))

    def _renewed(self, is_usable: Callable[[Tokens], bool]) -> Tokens:
        with self._store.lock(self._key):
            # Whoever waited for the lock finds that the work is done.
            kept = self._load()
            return kept if is_usable(kept) else self._refreshed(kept)

    def _refreshed(self, kept: Tokens) -> Tokens:
        """The sign-in that follows on this one, kept.

        Its refresh token is shown once more only when no whole answer came to the first time, and the server may not have
        seen it; never after a rejection, nor after an answer without tokens, which has most likely used it up.
        """
        try:
            fresh = self._redeem(kept)
        except (SignInNeeded, Unreachable, BrokenReply) as error:
            # A program that does not know of the lock may have used it: the store knows whether there is a newer one.
            now_kept = self._load()
            if now_kept != kept and self._is_good(now_kept):
                return now_kept
            if now_kept.refresh_token == kept.refresh_token and not isinstance(error, Unreachable):
                raise
            fresh = self._redeem(now_kept)
        self._keep(fresh)
        return fresh

    def _redeem(self, kept: Tokens) -> Tokens:
        grant = kept.refresh_token
        if grant is None or grant == self._rejected_grant:
            raise sign_in_needed(self._company)
        try:
            fresh = self._calls.refresh(grant, identity=kept.identity)
        except SignInNeeded:
            self._rejected_grant = grant
            raise
        return replace(fresh, name=kept.name, environment=kept.environment)

    def _keep(self, fresh: Tokens) -> None:
        """Durable before anyone uses it: the earlier refresh token is dead by now, so one failure is tried again."""
        try:
            self._store.save(self._key, fresh)
        except ConfigError:
            try:
                self._store.save(self._key, fresh)
            except ConfigError as error:
                raise SignInNeeded(
                    f"The sign-in of company {self._company} was renewed, but the new one could not be kept, and the old "
                    f"one may be used once only. {error.message} What was done is recorded.",
                    remedy=f"{error.remedy} Then sign in again with `sfspiris auth spiris --company {self._company}`.",
                ) from error

    def _load(self) -> Tokens:
        tokens = self._store.load(self._key)
        if tokens is None:
            raise sign_in_needed(self._company)
        return tokens

    def _is_good(self, tokens: Tokens) -> bool:
        return tokens.expires_at is not None and tokens.expires_at - self._now() > _ALMOST_EXPIRED


def sign_in_needed(company: str) -> SignInNeeded:
    """What a person must do when nothing but their consent helps."""
    return SignInNeeded(
        f"Spiris does not accept the sign-in of company {company} any more, or there is none yet.",
        remedy=f"Sign in again with `sfspiris auth spiris --company {company}`.",
    )


def _oauth_error(reply: Reply) -> str | None:
    try:
        document: Any = reply.json()
    except BrokenReply:
        return None
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, str) else None
