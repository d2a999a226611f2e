"""What the sign-in flows of both vendors share: one-time codes, PKCE, tokens, and reading the forms they are asked with."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Record, Records


def parse_form(body: bytes) -> dict[str, str]:
    """The fields of a URL-encoded form; of a field given twice, the last. Raises `ValueError` when it is not text."""
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def basic_credentials(header: str | None) -> tuple[str, str] | None:
    """Client id and secret from an `Authorization: Basic` header (RFC 6749 section 2.3.1), or None when it has none."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, separator, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(client_id), unquote_plus(secret)) if separator else None


def bearer_token(header: str | None) -> str | None:
    """The token of an `Authorization: Bearer` header (RFC 6750 section 2.1), or None."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def same_secret(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in time that does not tell where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def pkce_challenge(verifier: str) -> str:
    """The S256 challenge of a code verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def pkce_matches(verifier: str | None, challenge: str | None) -> bool:
    """Whether the verifier answers the S256 challenge; a verifier without a challenge, or the reverse, does not."""
    if not challenge and not verifier:
        return True
    if not challenge or not verifier:
        return False
    return same_secret(pkce_challenge(verifier), challenge.rstrip("="))


class Tokens:
    """Codes and tokens of one kind, each with what was granted with it.

    Only a fingerprint of each token is stored, so that neither the data folder nor the state holds one that works.
    """

    def __init__(self, records: Records, clock: Clock, table: str, *, prefix: str = "") -> None:
        self._records = records
        self._clock = clock
        self.table = table
        self._prefix = prefix

    def issue(self, grant: Record, *, seconds: int | None) -> str:
        """A new token for `grant`, good for `seconds` of the simulator's time (None: until revoked)."""
        token = self._prefix + secrets.token_urlsafe(32)
        ends = None if seconds is None else self._clock.now() + timedelta(seconds=seconds)
        fingerprint = _fingerprint(token)
        self._records.put(
            self.table, fingerprint, {**grant, "_id": fingerprint, "_ends": ends, "_used": None}
        )
        return token

    def grant(self, token: str) -> Record | None:
        """What the token grants, or None when it is unknown, revoked, used up or past its time."""
        record = self.seen(token)
        if record is None or record["_used"] is not None:
            return None
        ends: datetime | None = record["_ends"]
        return record if ends is None or self._clock.now() < ends else None

    def seen(self, token: str) -> Record | None:
        """The record of the token even when it is used up or past its time; None when unknown or revoked."""
        return self._records.get(self.table, _fingerprint(token))

    def redeem(self, token: str) -> Record | None:
        """As `grant`, and the token is used up from now on: codes and rotating refresh tokens work once."""
        record = self.grant(token)
        if record is not None:
            self._records.put(self.table, record["_id"], {**record, "_used": self._clock.now()})
        return record

    def revoke(self, token: str) -> bool:
        """Forget the token; whether there was one."""
        record = self.seen(token)
        if record is not None:
            self._records.delete(self.table, record["_id"])
        return record is not None

    def revoke_where(self, field: str, value: Any) -> int:
        """Forget every token whose grant has this value in a field; how many there were."""
        found = self._records.find(self.table, field, value)
        for record in found:
            self._records.delete(self.table, record["_id"])
        return len(found)


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
