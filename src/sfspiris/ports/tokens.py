"""Where sign-ins are kept between runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """One sign-in. Times are UTC; `expires_at` is None where the vendor does not tell.

    `host` is the address that the vendor told us to go on with. `identity` is whose records it opens: an org's id, or a
    company's organisation number; `name` is what its people call it, where that was looked up. `environment` is the
    configured one that the sign-in was made in, where the host does not tell. The tokens themselves never show in a repr, and so in no log or traceback.
    """

    access_token: str = field(repr=False)
    obtained_at: datetime
    identity: str
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    host: str | None = None
    user: str | None = None
    scopes: tuple[str, ...] = ()
    name: str | None = None
    environment: str | None = None


class TokenStore(Protocol):
    """Keeps sign-ins where only the operator's account can read them. Keys look like `salesforce` and `spiris:se`."""

    def load(self, key: str) -> Tokens | None:
        """The sign-in, or None when there is none."""

    def save(self, key: str, tokens: Tokens) -> None:
        """Keep it; durable when this returns, since the old refresh token may be dead already."""

    def delete(self, key: str) -> None:
        """Forget it; nothing happens when there is none."""

    def lock(self, key: str) -> AbstractContextManager[None]:
        """Held by one process at a time while it refreshes; whoever waited must load again inside."""
