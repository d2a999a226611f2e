"""JWT bearer assertions: RS256 verified against the app's key, and each numbered one taken once.

Source: Salesforce Help, "OAuth 2.0 JWT Bearer Flow" (read November 2026). `exp` is accepted as a number, as text and in
milliseconds, because clients in wide use send all three.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Record, Records

AUDIENCES: Final = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})
LONGEST_LIFE: Final = timedelta(minutes=5)
"""How far ahead `exp` may lie. The manual says three minutes; clients that say five are let in."""

_MILLISECONDS_FROM: Final = 100_000_000_000
"""Seconds since 1970 reach this number in the year 5138, so a larger one is in milliseconds."""


class Assertions:
    """Verifies assertions and remembers the numbers of those it took until they have ended, so that none is taken twice."""

    def __init__(self, records: Records, clock: Clock, app: Callable[[str], Record | None]) -> None:
        self._records = records
        self._clock = clock
        self._app = app

    def verified(self, assertion: str, base: str) -> tuple[Record, str]:
        """The app that signed the assertion, and the user it is for. Raises `ValueError` with the vendor's description."""
        import jwt

        try:
            header = jwt.get_unverified_header(assertion)
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise ValueError("invalid assertion") from None
        client = self._app(str(claims.get("iss", "")))
        if client is None:
            raise ValueError("client identifier invalid")
        if header.get("alg") != "RS256" or not client.get("public_key"):
            raise ValueError("invalid assertion")
        self._check_signature(assertion, client["public_key"])
        self._check_audience(claims.get("aud"), base)
        self._check_end(claims.get("exp"))
        self._take(client, claims.get("jti"))
        subject = claims.get("sub") or claims.get("prn")
        if not isinstance(subject, str) or not subject:
            raise ValueError("user hasn't approved this consumer")
        return client, subject

    @staticmethod
    def _check_signature(assertion: str, pem: str) -> None:
        import jwt

        from sfspiris.sandbox.salesforce.pem import public_key

        try:
            jwt.decode(
                assertion,
                public_key(pem),
                algorithms=["RS256"],
                options={
                    "verify_exp": False,
                    "verify_aud": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_sub": False,
                    "verify_jti": False,
                },
            )
        except jwt.PyJWTError:
            raise ValueError("invalid assertion") from None

    @staticmethod
    def _check_audience(audience: Any, base: str) -> None:
        """The login hosts are the audience; a sandbox on loopback also goes by its own address."""
        said = audience if isinstance(audience, list) else [audience]
        if not any(str(one).rstrip("/") in {*AUDIENCES, base} for one in said):
            raise ValueError("audience is invalid")

    def _check_end(self, said: Any) -> None:
        try:
            seconds = Decimal(str(said))
            if seconds >= _MILLISECONDS_FROM:
                seconds /= 1000
            ends = datetime.fromtimestamp(float(seconds), UTC)
        except (InvalidOperation, ValueError, OverflowError, OSError):
            raise ValueError("expired authorization code") from None
        # A client signs by its machine's clock and cannot know that the sandbox's was set; either will do.
        here, now = self._clock.now(), self._clock.now() - self._clock.offset
        if not any(moment < ends <= moment + LONGEST_LIFE for moment in (here, now)):
            raise ValueError("expired authorization code")

    def _take(self, client: Record, number: Any) -> None:
        """Remember the assertion's own number (`jti`); one that comes back is refused. Without one it may be sent again."""
        if number is None:
            return
        key = f"{client['client_id']} {number}"
        if self._records.get(tables.ASSERTIONS, key) is not None:
            raise ValueError("expired authorization code")
        now = self._clock.now()
        with self._records.transaction():
            for taken in self._records.all(tables.ASSERTIONS):
                if taken["ends"] <= now:
                    self._records.delete(tables.ASSERTIONS, taken["id"])
            self._records.put(tables.ASSERTIONS, key, {"id": key, "ends": now + 2 * LONGEST_LIFE})
