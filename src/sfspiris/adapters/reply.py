"""An answer as it came, and what can be read from it whoever sent it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from sfspiris.adapters import exactjson
from sfspiris.adapters.words import RUN_AGAIN
from sfspiris.errors import BrokenReply

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRY_AGAIN_IN = re.compile(rb"try again in (\d{1,9}) second", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer. Header names are lower case; `body` is decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    service: str = "The remote system"

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx. That alone proves little: the body may still be a proxy's own page."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110 section 15.3

    def json(self) -> Any:
        """The document, fractions as Decimal; BrokenReply unless it is declared as JSON, whole, and unambiguous."""
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise self._broken(f"is not JSON (content type {media_type or 'missing'})")
        if not self.body.strip():
            raise self._broken("is empty")
        try:
            return exactjson.loads(self.body)
        except ValueError as error:
            raise self._broken("is cut short or not valid JSON") from error

    def _broken(self, what: str) -> BrokenReply:
        return BrokenReply(
            f"{self.service} answered with status {self.status}, but the answer {what}.", remedy=RUN_AGAIN
        )


def told_pause(reply: Reply) -> float | None:
    """Seconds that the answer asks us to wait: Retry-After (RFC 9110 section 10.2.3), else its words; None if silent."""
    told = reply.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(told):
        return float(told)
    if told and "date" in reply.headers:
        # Both by the server's clock: ours may be wrong.
        try:
            until, now = parsedate_to_datetime(told), parsedate_to_datetime(reply.headers["date"])
            return max(0.0, (until - now).total_seconds())
        except (TypeError, ValueError):
            pass
    said = _TRY_AGAIN_IN.search(reply.body)
    return float(said[1]) if said else None


def names_an_error(reply: Reply) -> bool:
    """Whether the body is a vendor's own refusal, and not a page of some machine in between."""
    try:
        document = reply.json()
    except BrokenReply:
        return False
    first = document[0] if isinstance(document, list) and document else document
    return isinstance(first, dict) and any(str(name).lower() == "errorcode" for name in first)
