"""One request to a REST resource, and its answer, free of HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.salesforce.dml import Author
from sfspiris.sandbox.salesforce.errors import ApiError, malformed_json, method_not_allowed

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNREAD: Final = object()
_DUPLICATES_SINCE: Final = 52


@dataclass(frozen=True, slots=True)
class Session:
    """Who is calling: the user an access token stands for, and the app it was given to."""

    user_id: str
    client_id: str
    org_id: str


@dataclass
class Call:
    """A request. `segments` is the path below `/services/data/vNN.0`, decoded; header names are lower case."""

    method: str
    version: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    session: Session
    base: str
    """Scheme and host that the client used, such as `http://127.0.0.1:8701`."""
    raw: bytes = b""
    document: Any = field(default=_UNREAD)
    """The body of a subrequest, which was parsed with its parent."""

    @property
    def number(self) -> int:
        """The API version's number: 60 for v60.0."""
        return int(self.version.partition(".")[0])

    @property
    def root(self) -> str:
        """The path of the version's resources: `/services/data/v60.0`."""
        return f"/services/data/v{self.version}"

    @cached_property
    def body(self) -> Any:
        """The JSON body. Raises `ApiError` when there is none or it cannot be read."""
        if self.document is not _UNREAD:
            return self.document
        media_type = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise ApiError(
                "UNSUPPORTED_MEDIA_TYPE", f"Content-Type: {media_type} is not supported. Use application/json"
            )
        if not self.raw.strip():
            raise malformed_json("No content to map to Object due to end of input")
        try:
            return jsonio.loads(self.raw)
        except ValueError as error:
            raise malformed_json(f"Unexpected character in the request body: {error}") from error

    def object_body(self) -> dict[str, Any]:
        """The JSON body, which has to be an object."""
        body = self.body
        if not isinstance(body, dict):
            raise malformed_json(
                "Cannot deserialize instance of object: the request body is not a JSON object"
            )
        return body

    def header_options(self, name: str) -> dict[str, str]:
        """The `key=value` pairs of a header such as `Sforce-Query-Options: batchSize=200`, keys in lower case."""
        pairs = (part.partition("=") for part in self.headers.get(name, "").split(","))
        return {key.strip().lower(): value.strip() for key, _, value in pairs if key.strip()}

    def flag(self, name: str) -> bool:
        """Whether a query parameter says true."""
        return self.query.get(name, "").lower() == "true"

    @property
    def author(self) -> Author:
        """The caller as a writer of records."""
        allows = (
            self.number >= _DUPLICATES_SINCE
            and self.header_options("sforce-duplicate-rule-header").get("allowsave", "").lower() == "true"
        )
        return Author(self.session.user_id, allows_duplicates=allows)

    def only(self, *methods: str) -> None:
        """Refuse other methods than these."""
        if self.method not in methods:
            raise method_not_allowed(self.method, ",".join(methods))


@dataclass(slots=True)
class Answer:
    """What a resource answers. `content` None is an empty body; `text` is a body that is no JSON."""

    status: int = 200
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: bytes | None = None
    media_type: str = "application/json;charset=UTF-8"

    @classmethod
    def refusal(cls, error: ApiError) -> Answer:
        """An error as the REST resources word it."""
        return cls(error.status, error.body())
