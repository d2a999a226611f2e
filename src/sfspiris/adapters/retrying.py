"""What happens next when something goes wrong on the way: the one table that every request follows.

Rows are read from the failure to the consequence: a status by what the request does at the other end, a vendor's code, a
sign-in server's error, a failure of the line. How long a repetition waits is told by the answer (`Retry-After`, else its
words), or grows with chance from half a second to eight; `limits.Limits` bounds both. A create is never repeated here.

Sources: RFC 9110 section 15 (statuses), RFC 6749 section 5.2 (sign-in errors), Salesforce's REST guide "status codes and
error responses", developer.vismaonline.com/docs/error-codes and …/rate-limits; read November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping


class Effect(StrEnum):
    """What a request does at the other end, which decides whether it may be repeated."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"  # sets the same values again however often it is sent
    REPLACE = "replace"  # puts a whole record in place of the one just read, so it is read again before it is sent again
    TOKEN = "token"  # noqa: S105 - the kind of call, not a secret


class Then(Enum):
    """The consequence of one answer, or of its absence."""

    JUDGE = (
        "judge"  # an answer: whoever asked looks whether it is the promised document, or whose refusal it is
    )
    RETRY = "retry"  # passes by itself: the same again after a pause; a create only where it was provably not done
    REFRESH = "refresh"  # the session is over: a new one once, then the same again once
    HOLD = "hold"  # one record waits for a person, the others go on
    UNKNOWN = "unknown"  # neither done nor failed: the ledger is asked before anything is sent again
    STOP = "stop"  # every further request would meet the same: the run ends here


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Statuses from `first` to `last`, and what follows for what may be repeated, and for a create.

    A create's refusal counts only in the vendor's own words (`refused`); from any other machine's page (`page`) nobody can
    tell what it passed on before.
    """

    first: int
    last: int
    repeatable: Then
    refused: Then
    page: Then


STATUSES: Final = (
    StatusRow(100, 199, Then.JUDGE, Then.UNKNOWN, Then.UNKNOWN),
    StatusRow(200, 299, Then.JUDGE, Then.JUDGE, Then.JUDGE),
    StatusRow(300, 399, Then.JUDGE, Then.UNKNOWN, Then.UNKNOWN),  # never followed
    StatusRow(401, 401, Then.REFRESH, Then.REFRESH, Then.UNKNOWN),
    StatusRow(408, 408, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
    StatusRow(420, 420, Then.RETRY, Then.RETRY, Then.UNKNOWN),
    StatusRow(425, 425, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
    StatusRow(429, 429, Then.RETRY, Then.RETRY, Then.UNKNOWN),
    StatusRow(400, 499, Then.JUDGE, Then.HOLD, Then.UNKNOWN),  # those not named above
    StatusRow(500, 500, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
    StatusRow(502, 504, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
    StatusRow(500, 599, Then.JUDGE, Then.UNKNOWN, Then.UNKNOWN),  # those not named above
)
"""The first row that a status falls into counts."""


def after_status(status: int, effect: Effect, *, is_vendors: bool) -> Then:
    """What follows from an answer's status; `is_vendors` tells whether its body is the vendor's own refusal."""
    row = next((one for one in STATUSES if one.first <= status <= one.last), None)
    if effect is Effect.CREATE:
        if row is None:
            return Then.UNKNOWN
        return row.refused if is_vendors else row.page
    if effect is Effect.TOKEN or row is None:
        return Then.JUDGE
    return row.repeatable


@dataclass(frozen=True, slots=True)
class LineRow:
    """A failure of the line, and what follows for what may be repeated, and for a create."""

    kind: type[httpx.RequestError]
    repeatable: Then
    create: Then


LINE: Final = (
    LineRow(httpx.UnsupportedProtocol, Then.STOP, Then.STOP),  # no web address: nothing was sent
    LineRow(httpx.ConnectTimeout, Then.RETRY, Then.STOP),  # no connection: not one byte was sent
    LineRow(httpx.ConnectError, Then.RETRY, Then.STOP),
    LineRow(httpx.PoolTimeout, Then.RETRY, Then.STOP),
    LineRow(httpx.ProxyError, Then.RETRY, Then.STOP),  # refused the tunnel, so it passed nothing on
    LineRow(httpx.ReadTimeout, Then.RETRY, Then.UNKNOWN),
    LineRow(httpx.WriteTimeout, Then.RETRY, Then.UNKNOWN),
    LineRow(httpx.NetworkError, Then.RETRY, Then.UNKNOWN),  # reset or closed in the middle
    LineRow(httpx.RemoteProtocolError, Then.RETRY, Then.UNKNOWN),  # cut short, or no HTTP
    LineRow(httpx.DecodingError, Then.RETRY, Then.UNKNOWN),  # cannot be unpacked
    LineRow(httpx.RequestError, Then.RETRY, Then.UNKNOWN),  # anything else
)
"""The first row that a failure is a kind of counts."""


def after_line(error: httpx.RequestError, effect: Effect) -> Then:
    """What follows when no whole answer came. A token call is not repeated here: its refresh token may be used up.

    Whoever keeps the sign-in may show it once more, since the server may not have seen it (`spiris.oauth.SpirisSignIn`).
    """
    row = next(one for one in LINE if isinstance(error, one.kind))
    if effect is Effect.CREATE or (effect is Effect.REPLACE and row.create is Then.UNKNOWN):
        return row.create
    return Then.STOP if effect is Effect.TOKEN else row.repeatable


SPIRIS: Final[Mapping[int, Then]] = {
    2000: Then.HOLD,  # the record breaks a rule of the data model
    3000: Then.HOLD,  # something it names is not there
    3001: Then.HOLD,  # no fiscal year for its date
    3002: Then.HOLD,  # no such account
    4000: Then.HOLD,  # a twin is there
    4001: Then.HOLD,  # cannot be deleted
    4002: Then.HOLD,  # cannot be made or changed; STOP when it names a module that the company lacks
    4003: Then.STOP,  # the start-up guide is not completed
    4004: Then.STOP,  # the company is not active
    4005: Then.REFRESH,  # the token is not accepted
    4006: Then.STOP,  # a scope is missing
    4010: Then.RETRY,  # over quota: refused before it was looked at
    4011: Then.STOP,  # the user may not enter the company
    4026: Then.HOLD,  # the period is locked
    4028: Then.HOLD,  # back orders
    4029: Then.HOLD,  # a personal number for house work
    4034: Then.STOP,  # a sandbox client before a real company
}
"""Spiris' error codes; one that is not here holds its record, in Spiris' own words."""


def after_spiris(code: int) -> Then:
    """What follows from a refusal in Spiris' own words."""
    return SPIRIS.get(code, Then.HOLD)


SALESFORCE: Final[Mapping[str, Then]] = {
    "INVALID_SESSION_ID": Then.REFRESH,
    "INVALID_AUTH_HEADER": Then.STOP,
    "REQUEST_LIMIT_EXCEEDED": Then.STOP,  # the org's day is used up; a minute would not help
    "API_DISABLED_FOR_ORG": Then.STOP,
    "API_CURRENTLY_DISABLED": Then.STOP,
    "INSUFFICIENT_ACCESS": Then.STOP,
    "INSUFFICIENT_ACCESS_OR_READONLY": Then.STOP,
    "INVALID_TYPE": Then.STOP,
    "INVALID_FIELD": Then.STOP,  # after the description of objects has been read anew
    "MALFORMED_QUERY": Then.STOP,
    "MALFORMED_ID": Then.STOP,
    "QUERY_TOO_COMPLICATED": Then.STOP,
    "NOT_FOUND": Then.STOP,
    "UNSUPPORTED_API_VERSION": Then.STOP,
    "QUERY_TIMEOUT": Then.STOP,
    "INVALID_QUERY_LOCATOR": Then.RETRY,
    "UNABLE_TO_LOCK_ROW": Then.RETRY,
    "SERVER_UNAVAILABLE": Then.RETRY,
    "UNKNOWN_EXCEPTION": Then.RETRY,
}
"""Salesforce's error codes of whole calls; those of single records hold nothing up: they are told again in the next run."""


def after_salesforce(code: str) -> Then:
    """What follows from a call that Salesforce refused in its own words."""
    return SALESFORCE.get(code, Then.STOP)


OAUTH: Final[Mapping[str, Then]] = {
    "invalid_grant": Then.STOP,  # a person must sign in again; a grant that was rejected is not shown again
    "invalid_client": Then.STOP,
    "unauthorized_client": Then.STOP,
    "invalid_scope": Then.STOP,
    "unsupported_grant_type": Then.STOP,
    "rate_limit_exceeded": Then.STOP,  # an hour's wait, so the run ends and may be run again
}
"""Refusals of both sign-in servers. What was refused is not asked again within a run: each attempt may cost the sign-in itself.

The one exception is an assertion that Salesforce turned away for our clock: it is made anew by Salesforce's.
"""
