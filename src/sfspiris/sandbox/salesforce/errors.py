"""What the API answers when it refuses: one exception, with the vendor's code, words, fields and HTTP status.

Codes and statuses: REST API Developer Guide, "Status Codes and Error Responses" (read November 2026). Where the guide names
no status for a code, 400 is what orgs send for anything wrong with the data.
"""

from __future__ import annotations

from typing import Any, Final

_STATUS: Final = {
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "INSUFFICIENT_ACCESS": 403,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "UNSUPPORTED_API_VERSION": 410,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "SERVER_UNAVAILABLE": 503,
}


class ApiError(Exception):
    """One refusal in the vendor's words. `fields` are API names; `extra` joins the error object on the wire."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        fields: tuple[str, ...] = (),
        status: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status if status is not None else _STATUS.get(code, 400)
        self.extra = extra or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def on_path(self) -> ApiError:
        """The same refusal when the id stood in the URL: a missing or deleted row is then 404.

        `INVALID_CROSS_REFERENCE_KEY` and `ENTITY_IS_DELETED` are 400 inside a body and 404 on a path.
        """
        if self.code in {"INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED"}:
            return ApiError(self.code, self.message, fields=self.fields, status=404, extra=self.extra)
        return self

    def body(self) -> list[dict[str, Any]]:
        """The error array of the REST resources."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        error.update(self.extra)
        return [error]

    def item(self) -> dict[str, Any]:
        """The error object inside a collections, tree or save result: `statusCode`, and `fields` always there."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields), **self.extra}


def not_found() -> ApiError:
    """A path that leads nowhere."""
    return ApiError("NOT_FOUND", "The requested resource does not exist")


def method_not_allowed(method: str, allowed: str) -> ApiError:
    """A verb that this resource does not know."""
    return ApiError("METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}")


def malformed_json(detail: str) -> ApiError:
    """A body that is not the JSON the resource wants."""
    return ApiError("JSON_PARSER_ERROR", detail)
