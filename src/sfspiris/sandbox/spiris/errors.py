"""What the Spiris API answers when it refuses: one exception, the published codes, the published body.

Codes and names: developer.vismaonline.com/docs/error-codes, read 2026-11. The body is `CommonExtendedBadRequest` of the
vendor's OpenAPI document. Which HTTP status goes with which code is published for 401 only; 403 and 404 follow the name.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

INVALID = 2000
NOT_FOUND = 3000
NO_FISCAL_YEAR = 3001
NO_ACCOUNT = 3002
CONFLICT = 4000
CANNOT_DELETE = 4001
CANNOT_CHANGE = 4002
GUIDE_NOT_COMPLETED = 4003
COMPANY_NOT_ACTIVE = 4004
NOT_AUTHORIZED = 4005
NO_SCOPE = 4006
QUOTA = 4010
NO_COMPANY_ACCESS = 4011
PERIOD_LOCKED = 4026
BAD_PERSONAL_NUMBER = 4029


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks a rule: where ("Rows[0].ArticleId"), a short code, and a sentence."""

    field: str
    code: str
    message: str

    def wire(self) -> dict[str, Any]:
        """The violation as an item of `Errors`."""
        return {"Field": self.field, "ErrorCode": self.code, "Message": self.message, "Key": None}


@dataclass(slots=True)
class Refusal(Exception):
    """The vendor says no. Raised anywhere below a call; the transaction around it is undone."""

    status: int
    code: int
    name: str
    message: str
    violations: tuple[Violation, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def wire(self) -> dict[str, Any]:
        """The error body. `ErrorId` is new each time, as support would want it."""
        return {
            "ErrorCode": self.code,
            "DeveloperErrorMessage": f"{self.name} - {self.message}",
            "ErrorId": str(uuid.uuid4()),
            "Errors": [violation.wire() for violation in self.violations],
        }


def invalid(*violations: Violation) -> Refusal:
    """The request breaks the data model; names every field at fault."""
    return Refusal(
        400,
        INVALID,
        "DataModelValidationException",
        "The request is not valid. " + " ".join(f"{v.field}: {v.message}" for v in violations),
        violations,
    )


def invalid_field(where: str, message: str, code: str = "Invalid") -> Refusal:
    """One field at fault."""
    return invalid(Violation(where, code, message))


def not_json(media_type: str) -> Refusal:
    """A body of another kind than JSON: the only one in the manual, and what .NET servers refuse with 415."""
    said = media_type or "none at all"
    return Refusal(
        415, INVALID, "UnsupportedMediaType", f"The content type must be application/json, not {said}."
    )


def bad_query(message: str) -> Refusal:
    """A query option that cannot be understood or is not supported."""
    return Refusal(400, INVALID, "ODataException", message)


def no_such(kind: str, record_id: str) -> Refusal:
    """The request refers to something that does not exist."""
    return Refusal(400, NOT_FOUND, "ResourceNotFoundException", f"{kind} with id {record_id} was not found.")


def not_here(kind: str, record_id: str) -> Refusal:
    """The address names something that does not exist."""
    return Refusal(404, NOT_FOUND, "ResourceNotFoundException", f"{kind} with id {record_id} was not found.")


def no_fiscal_year(day: str) -> Refusal:
    """No fiscal year of the company covers the day."""
    return Refusal(400, NO_FISCAL_YEAR, "FiscalYearDoesNotExistException", f"No fiscal year includes {day}.")


def no_account(number: Any) -> Refusal:
    """The chart of accounts of that year lacks the account."""
    return Refusal(400, NO_ACCOUNT, "AccountNotFoundException", f"Account {number} was not found.")


def conflict(message: str) -> Refusal:
    """A duplicate of something that must be unique."""
    return Refusal(400, CONFLICT, "ConflictException", message)


def cannot_delete(message: str) -> Refusal:
    """Other things depend on it."""
    return Refusal(400, CANNOT_DELETE, "CanNotBeDeletedException", message)


def cannot_change(message: str) -> Refusal:
    """Well-formed, yet not something that can be created or changed."""
    return Refusal(400, CANNOT_CHANGE, "CanNotBeCreatedOrUpdatedException", message)


def no_module(module: str) -> Refusal:
    """The company lacks a module or has another product variant."""
    return Refusal(403, CANNOT_CHANGE, "ForbiddenRequestException", f"No access to module: {module}")


def guide_not_completed() -> Refusal:
    """The company never finished the start-up guide."""
    return Refusal(
        403, GUIDE_NOT_COMPLETED, "StartupGuideNotCompletedException", "The start-up guide is not completed."
    )


def company_not_active(message: str) -> Refusal:
    """The company is closed, or open for reading only."""
    return Refusal(403, COMPANY_NOT_ACTIVE, "CompanyNotActiveException", message)


def no_company_access() -> Refusal:
    """The user behind the token lost access to the company."""
    return Refusal(
        403, NO_COMPANY_ACCESS, "NoAccessToCompanyException", "The user has no access to this company."
    )


def not_authorized() -> Refusal:
    """No token, or one that is unknown or has expired."""
    return Refusal(
        401,
        NOT_AUTHORIZED,
        "AuthorizationException",
        "Authorization has been denied for this request.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def no_scope(needed: tuple[str, ...]) -> Refusal:
    """The token lacks every scope that would allow the call."""
    return Refusal(
        403,
        NO_SCOPE,
        "NoAccessToScopesException",
        f"The token has none of the required scopes: {', '.join(needed)}.",
    )


def quota(limit: int, seconds: int, *, with_header: bool) -> Refusal:
    """Too many calls to this endpoint by this client within a minute."""
    return Refusal(
        429,
        QUOTA,
        "QuotaExceededException",
        f"API calls quota exceeded! Maximum admitted {limit} per minute. Try again in {seconds} seconds.",
        headers={"Retry-After": str(seconds)} if with_header else {},
    )


def period_locked(day: str, locked_to: str) -> Refusal:
    """The bookkeeping is closed for that day."""
    return Refusal(
        400,
        PERIOD_LOCKED,
        "PeriodLockedException",
        f"{day} is in a locked period; bookkeeping is locked to {locked_to}.",
    )


def bad_personal_number() -> Refusal:
    """A personal number for a tax reduction has a wrong form or check digit. It is not repeated in the message."""
    return Refusal(
        400,
        BAD_PERSONAL_NUMBER,
        "InvalidPersonalNumberException",
        "A personal number in Persons is not valid.",
    )
