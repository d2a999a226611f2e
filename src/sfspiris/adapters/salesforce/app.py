"""The external client app in Salesforce: where it signs in, how, and the assertion that it signs.

Source: Salesforce Help, "OAuth 2.0 JWT bearer flow for external client apps" (read November 2026): RS256 only, keys of 2048
bits and more, an `exp` at most three minutes ahead, and an `aud` that stays the login host even at the org's My Domain.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_AUDIENCES: Final = {
    "production": "https://login.salesforce.com",
    "sandbox": "https://test.salesforce.com",
}
"""Environment → whom a JWT is addressed to. It stays so when the sign-in goes to the org's My Domain."""

_LOGIN_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
_ASSERTION_LIFE: Final = timedelta(minutes=2)  # not the three that are allowed: clocks differ a little
_SMALLEST_KEY: Final = 2048  # bits


@dataclass(frozen=True, slots=True)
class JwtBearer:
    """Signs in as a user whom an administrator has approved. The key is read only when a sign-in needs it."""

    username: str
    private_key: Callable[[], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Signs in as the user that the app's policy names."""

    client_secret: Callable[[], str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WebFlow:
    """A person signs in once in a browser; after that the refresh token does. Public apps have no secret."""

    client_secret: Callable[[], str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class App:
    """The external client app and the org to sign in to. `environment` is production, sandbox or local."""

    environment: str
    login_url: str
    client_id: str
    grant: JwtBearer | ClientCredentials | WebFlow

    def __post_init__(self) -> None:
        parts = urlsplit(self.login_url)
        allowed = {"https", "http"} if self.environment == "local" else {"https"}
        if parts.scheme not in allowed or not parts.hostname:
            raise ConfigError(
                f'[salesforce] login_url = "{self.login_url}" is not an https address.',
                remedy="Write https://login.salesforce.com, https://test.salesforce.com or the org's My Domain.",
            )
        if isinstance(self.grant, ClientCredentials) and parts.hostname in _LOGIN_HOSTS:
            raise ConfigError(
                f"Client credentials work on the org's own address only, not on {parts.hostname}.",
                remedy="Set [salesforce] login_url to the org's My Domain, such as https://example.my.salesforce.com.",
            )

    @property
    def base_url(self) -> str:
        """The login host without a slash at the end."""
        return self.login_url.rstrip("/")

    @property
    def audience(self) -> str:
        """Whom an assertion is addressed to."""
        return _AUDIENCES.get(self.environment, self.base_url)


def assertion(app: App, grant: JwtBearer, *, at: datetime) -> str:
    """What the app shows to sign in as its user: signed, and good for two minutes from `at` (UTC).

    Raises ConfigError when the key is none that Salesforce takes.
    """
    import jwt  # noqa: PLC0415 - brings a cryptography library that most runs do not need

    claims = {
        "iss": app.client_id,
        "sub": grant.username,
        "aud": app.audience,
        "exp": int((at + _ASSERTION_LIFE).timestamp()),
        "jti": secrets.token_urlsafe(
            16
        ),  # two runs in the same second are two sign-ins, not a replay (RFC 7523)
    }
    return jwt.encode(claims, _rsa_key(grant.private_key()), algorithm="RS256")


def _rsa_key(pem: str) -> RSAPrivateKey:
    """The key, once it is known to be one that Salesforce takes."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - see assertion
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            "[salesforce] private_key is not a private key in PEM form, or it has a password.",
            remedy="Name the file that begins with -----BEGIN PRIVATE KEY-----.",
        ) from error
    if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY:
        raise ConfigError(
            "[salesforce] private_key is not one that Salesforce accepts.",
            remedy=f"Make an RSA key of {_SMALLEST_KEY} bits or more, and upload its certificate to the app.",
        )
    return key
