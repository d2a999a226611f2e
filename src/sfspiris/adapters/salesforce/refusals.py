"""What Salesforce's refusals mean and what to do about them, as two tables: of sign-ins, and of calls.

Sources: Salesforce Help, "OAuth authorization flow errors"; REST API guide, "status codes and error responses" (November
2026). Descriptions are worded differently from release to release, so rows match on a fragment; a refusal that no row knows
is told in the vendor's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sfspiris.errors import BrokenReply, ConfigError, OutOfQuota, SignInNeeded, Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfspiris.adapters.salesforce.wire import ErrorItem, OAuthError
    from sfspiris.errors import SfspirisError

SIGN_IN: Final = "sfspiris auth salesforce"
RUN_AGAIN: Final = "Nothing is lost; run the same command again."
QUOTA_PAUSE: Final = (
    3600.0  # seconds; the daily limit counts the last 24 hours, so some of it comes back every hour
)
_BUSY_PAUSE: Final = 60.0  # seconds; calls that run for 20 seconds and more hold a place until they end

# --- sign-ins ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _SignInRow:
    """An OAuth error, a fragment of its description (lower case, may be empty), and our words for it."""

    error: str
    fragment: str
    kind: type[ConfigError | SignInNeeded]
    message: str
    remedy: str


_SIGN_IN_ROWS: Final = (
    _SignInRow(
        "invalid_grant",
        "approved this consumer",
        SignInNeeded,
        "Salesforce does not let {who} use the app: nobody has approved it for this user.",
        "In Setup, open the external client app, set Permitted Users to “Admin approved users are pre-authorized” and "
        "give the user the app's permission set; if that is done, check that [salesforce] environment and login_url "
        f"are this org's. Then run `{SIGN_IN}`.",
    ),
    _SignInRow(
        "invalid_grant",
        "audience",
        ConfigError,
        "Salesforce refused the sign-in because it was addressed to {audience}.",
        '[salesforce] environment must be "production" for a production org and "sandbox" for a sandbox.',
    ),
    _SignInRow(
        "invalid_grant",
        "expired authorization code",
        SignInNeeded,
        "Salesforce says that the sign-in of {who} came too late, or was used before.",
        f"Check this machine's clock, which must be right to the minute, then run `{SIGN_IN}`.",
    ),
    _SignInRow(
        "invalid_grant",
        "expired access/refresh token",
        SignInNeeded,
        "The Salesforce sign-in of {who} has ended: it was replaced, revoked, or not used for too long.",
        f"Run `{SIGN_IN}`.",
    ),
    _SignInRow(
        "invalid_grant",
        "not supported on this domain",
        ConfigError,
        "Client credentials work on the org's own address only, not on {host}.",
        "Set [salesforce] login_url to the org's My Domain, such as https://example.my.salesforce.com.",
    ),
    _SignInRow(
        "invalid_grant",
        "no client credentials user",
        SignInNeeded,
        "The app in Salesforce has no user to run as.",
        "In Setup, open the external client app's policies, enable the client credentials flow and choose the "
        f"integration user in Run As. Then run `{SIGN_IN}`.",
    ),
    _SignInRow(
        "invalid_grant",
        "authentication failure",
        SignInNeeded,
        "Salesforce refused the sign-in of {who} and gives the reason only in its Login History.",
        f"Open Login History in Setup, clear the reason for this user, then run `{SIGN_IN}`.",
    ),
    _SignInRow(
        "invalid_client",
        "must be installed",
        SignInNeeded,
        "The app is not installed in this Salesforce org.",
        f"Let an administrator install the external client app in this org, then run `{SIGN_IN}`.",
    ),
    _SignInRow(
        "invalid_client",
        "",
        ConfigError,
        "Salesforce does not know this app, or its secret or certificate is not the configured one.",
        "Compare [salesforce] client_id and the app's secret or certificate with the app in Setup. A new or changed app "
        "takes up to ten minutes before it works.",
    ),
    _SignInRow(
        "invalid_client_id",
        "",
        ConfigError,
        "Salesforce does not know the app with the configured client_id.",
        "Copy the consumer key of the external client app into [salesforce] client_id. A new app takes up to ten minutes "
        "before it works.",
    ),
    _SignInRow(
        "redirect_uri_mismatch",
        "",
        ConfigError,
        "Salesforce does not know the address that the browser should come back to.",
        "Register exactly {redirect} as a callback URL of the external client app.",
    ),
    _SignInRow(
        "unsupported_grant_type",
        "",
        ConfigError,
        "Salesforce does not offer this kind of sign-in at {host}.",
        "Enable the flow of [salesforce] auth in the external client app, and check login_url.",
    ),
    _SignInRow(
        "inactive_user",
        "",
        SignInNeeded,
        "The Salesforce user {who} is not active.",
        f"Activate the user in Setup, then run `{SIGN_IN}`.",
    ),
    _SignInRow(
        "inactive_org",
        "",
        SignInNeeded,
        "The Salesforce org is not active.",
        f"Let Salesforce reactivate the org, then run `{SIGN_IN}`.",
    ),
)


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """What the words of a refused sign-in may name."""

    who: str
    host: str
    audience: str = ""
    redirect: str = ""


def sign_in_refused(refusal: OAuthError, facts: SignInFacts) -> SfspirisError:
    """The refusal in our words, with what to do next."""
    if refusal.error == "rate_limit_exceeded":
        return OutOfQuota(
            f"Salesforce takes no more sign-ins of {facts.who} for now.",
            remedy="Nothing is lost; run the same command again in an hour.",
            retry_after=QUOTA_PAUSE,
        )
    described = refusal.error_description.lower()
    names = {
        "who": facts.who,
        "host": facts.host,
        "audience": facts.audience or facts.host,
        "redirect": facts.redirect,
    }
    for row in _SIGN_IN_ROWS:
        if row.error == refusal.error and row.fragment in described:
            return row.kind(row.message.format(**names), remedy=row.remedy.format(**names))
    return SignInNeeded(
        f"Salesforce refused the sign-in of {facts.who}: {refusal.error_description or refusal.error}.",
        remedy=f"Look at the user's Login History in Salesforce Setup, then run `{SIGN_IN}`.",
    )


# --- calls ---------------------------------------------------------------------------------------------------------

_PERMISSIONS: Final = (
    "Give the integration user's permission set what is missing, then run the same command again."
)

_CALL_ROWS: Final[
    dict[str, tuple[type[ConfigError | BrokenReply | Unreachable | SignInNeeded], str, str]]
] = {
    "API_DISABLED_FOR_ORG": (
        ConfigError,
        "This Salesforce edition has no API.",
        "Ask Salesforce to enable the API for the org.",
    ),
    "API_CURRENTLY_DISABLED": (
        ConfigError,
        "The API is switched off for this org or user.",
        "Enable the API for the integration user, then run the same command again.",
    ),
    "INSUFFICIENT_ACCESS": (ConfigError, "The integration user may not do this.", _PERMISSIONS),
    "INSUFFICIENT_ACCESS_OR_READONLY": (ConfigError, "The integration user may not do this.", _PERMISSIONS),
    "INVALID_TYPE": (
        ConfigError,
        "An object is switched off or hidden from the integration user.",
        _PERMISSIONS,
    ),
    "INVALID_FIELD": (
        ConfigError,
        "A field does not exist or is hidden from the integration user.",
        "Check [source] gate and [source.fields]. If the field exists, give the integration user read access to it.",
    ),
    "MALFORMED_QUERY": (
        ConfigError,
        "The query cannot be read.",
        "Check [source] gate: it must be one SOQL condition, such as IsWon = true.",
    ),
    "MALFORMED_ID": (ConfigError, "The query has an id that is none.", "Check the ids in [source] gate."),
    "QUERY_TOO_COMPLICATED": (
        ConfigError,
        "The query is too complicated.",
        "Ask for fewer formula fields in [source.fields] and [[routes]], or simplify [source] gate.",
    ),
    "NOT_FOUND": (
        ConfigError,
        "The address is not known there.",
        "Check that the org is active and offers this version of the API.",
    ),
    "UNSUPPORTED_API_VERSION": (
        ConfigError,
        "This version of the API has been retired.",
        "Install a newer sfspiris.",
    ),
    "QUERY_TIMEOUT": (
        Unreachable,
        "The query took too long.",
        "Nothing is lost; run the same command again, or for a shorter time with --since and --until.",
    ),
    "INVALID_QUERY_LOCATOR": (BrokenReply, "The rest of the result is no longer kept.", RUN_AGAIN),
    "UNABLE_TO_LOCK_ROW": (Unreachable, "Somebody else is saving the same records.", RUN_AGAIN),
    "SERVER_UNAVAILABLE": (Unreachable, "It is busy.", RUN_AGAIN),
    "UNKNOWN_EXCEPTION": (Unreachable, "It failed.", RUN_AGAIN),
    "INVALID_AUTH_HEADER": (SignInNeeded, "The sign-in is not readable.", f"Run `{SIGN_IN}`."),
    "INVALID_SESSION_ID": (SignInNeeded, "The sign-in is not accepted.", f"Run `{SIGN_IN}`."),
}
"""Error code → kind of error, what it means, what to do."""


def call_refused(status: int, errors: Sequence[ErrorItem], what: str) -> SfspirisError:
    """Why `what` was refused, from the first of the errors; none means that the body was not Salesforce's own."""
    if not errors:
        return _not_theirs(status, what)
    first = errors[0]
    words = first_sentence(first.message)
    if first.code == "REQUEST_LIMIT_EXCEEDED":
        return _over_the_limit(first.message)
    row = _CALL_ROWS.get(first.code)
    if row is None:
        return ConfigError(
            f"Salesforce refused {what}: {words} ({first.code}).",
            remedy="Change what it names, then run the same command again.",
        )
    kind, meaning, remedy = row
    return kind(f"Salesforce refused {what}. {meaning} It says: {words} ({first.code}).", remedy=remedy)


def record_refused(errors: Sequence[ErrorItem]) -> str:
    """Why one record was not saved: the code and the sentence of its first error, with the fields it names."""
    if not errors:
        return "UNKNOWN: Salesforce did not save the record and gave no reason"
    first = errors[0]
    fields = f" [{', '.join(first.fields)}]" if first.fields else ""
    return f"{first.code}: {first_sentence(first.message)}{fields}"


def first_sentence(message: str) -> str:
    """The vendor's words on one line, without the excerpt of the query that some begin with."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    pointed = next((number for number, line in enumerate(lines) if line.startswith("^")), None)
    kept = lines[pointed + 1 :] if pointed is not None else lines
    return " ".join(kept or lines).rstrip(".")


def _over_the_limit(message: str) -> OutOfQuota:
    if "concurrent" in message.lower():
        return OutOfQuota(
            "Too many long calls to this Salesforce org run at once.",
            remedy="Nothing is lost; run the same command again in a minute.",
            retry_after=_BUSY_PAUSE,
        )
    return OutOfQuota(
        "This Salesforce org has used up its API calls of the last 24 hours.",
        remedy="Nothing is lost; run the same command again later. Setup, System Overview shows what uses them.",
        retry_after=QUOTA_PAUSE,
    )


def _not_theirs(status: int, what: str) -> SfspirisError:
    if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110 section 15.4
        return SignInNeeded(
            f"Salesforce has moved the org to another address (status {status} for {what}).",
            remedy=f"Run `{SIGN_IN}`.",
        )
    return BrokenReply(
        f"Something between us and Salesforce answered {what} with status {status} and no document of Salesforce's.",
        remedy=RUN_AGAIN,
    )
