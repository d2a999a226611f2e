"""The vendor's documents as far as we read them: unknown members are ignored, the ones we use must be right.

Rows of a query are plain mappings, for their members are chosen by each query; `mapping` reads them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from sfspiris.errors import BrokenReply

if TYPE_CHECKING:
    from sfspiris.adapters.transport import Reply

Row = dict[str, Any]
_T = TypeVar("_T")


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


def _as_list(value: object) -> object:
    return [] if value is None else value


class Page(_Document):
    """One page of a query's rows, or of the child rows inside one row. `total_size` counts all pages."""

    total_size: int = Field(alias="totalSize")
    done: bool
    records: list[Row]
    next_url: str | None = Field(default=None, alias="nextRecordsUrl")


class ErrorItem(_Document):
    """One error of a call (`errorCode`) or of one record in a collection (`statusCode`)."""

    message: str = ""
    error_code: str = Field(default="", alias="errorCode")
    status_code: str = Field(default="", alias="statusCode")
    fields: Annotated[list[str], BeforeValidator(_as_list)] = []

    @property
    def code(self) -> str:
        """The code, under whichever name it came."""
        return self.error_code or self.status_code


class SaveResult(_Document):
    """What became of one record of a collection."""

    id: str | None = None
    success: bool
    errors: Annotated[list[ErrorItem], BeforeValidator(_as_list)] = []


class BatchItem(_Document):
    """One subrequest's answer."""

    status_code: int = Field(alias="statusCode")
    result: Any = None


class BatchReply(_Document):
    """The answers to a batch, in the order of its subrequests."""

    results: list[BatchItem]


class DescribedField(_Document):
    """One field of a describe."""

    name: str
    type: str
    length: int = 0
    scale: int = 0
    updateable: bool = False
    relationship_name: str | None = Field(default=None, alias="relationshipName")
    reference_to: Annotated[list[str], BeforeValidator(_as_list)] = Field(default=[], alias="referenceTo")


class DescribedChild(_Document):
    """One list of child records of a describe. One without a relationship's name cannot be queried."""

    object: str = Field(alias="childSObject")
    relationship_name: str | None = Field(default=None, alias="relationshipName")


class Describe(_Document):
    """An object's description."""

    name: str
    fields: list[DescribedField]
    children: Annotated[list[DescribedChild], BeforeValidator(_as_list)] = Field(
        default=[], alias="childRelationships"
    )


class NamedObject(_Document):
    """One object of the list of all."""

    name: str


class Objects(_Document):
    """All objects that the user may see."""

    objects: list[NamedObject] = Field(alias="sobjects")


class DeployedComponent(_Document):
    """What became of one part of a package."""

    kind: str | None = Field(default=None, alias="componentType")
    full_name: str = Field(alias="fullName")
    created: bool = False
    changed: bool = False
    problem: str | None = None


class DeployDetails(_Document):
    """The parts of a package, told when the deployment is done."""

    failures: Annotated[list[DeployedComponent], BeforeValidator(_as_list)] = Field(
        default=[], alias="componentFailures"
    )
    successes: Annotated[list[DeployedComponent], BeforeValidator(_as_list)] = Field(
        default=[], alias="componentSuccesses"
    )


class DeployResult(_Document):
    """How far a deployment has come."""

    done: bool
    success: bool
    status: str
    error: str | None = Field(default=None, alias="errorMessage")
    details: DeployDetails | None = None


class DeployReply(_Document):
    """A deployment, by its id."""

    id: str
    result: DeployResult = Field(alias="deployResult")


class Created(_Document):
    """A record that was made."""

    id: str
    success: bool


def _as_moment(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


class Job(_Document):
    """A bulk job. `processed` counts the lines that were looked at, `failed` those of them that were not saved."""

    id: str
    state: str
    object: str
    operation: str
    key: str | None = Field(default=None, alias="externalIdFieldName")
    created_at: Annotated[datetime, BeforeValidator(_as_moment)] = Field(alias="createdDate")
    processed: int = Field(default=0, alias="numberRecordsProcessed")
    failed: int = Field(default=0, alias="numberRecordsFailed")


class Jobs(_Document):
    """One page of the list of bulk jobs."""

    records: list[Job]
    done: bool
    next_url: str | None = Field(default=None, alias="nextRecordsUrl")


class TokenReply(_Document):
    """A sign-in. There is no lifetime in it: the org's session policy decides."""

    access_token: str = Field(min_length=1, repr=False)
    instance_url: str
    id: str
    refresh_token: str | None = Field(default=None, repr=False)
    scope: str = ""


class OAuthError(_Document):
    """Why a sign-in was refused."""

    error: str
    error_description: str = ""


def told_time(reply: Reply) -> datetime | None:
    """Salesforce's own time, UTC, from the Date header (RFC 9110 section 6.6.1); None when it tells none."""
    try:
        return parsedate_to_datetime(reply.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


PAGE = TypeAdapter(Page)
ERRORS = TypeAdapter(list[ErrorItem])
SAVE_RESULTS = TypeAdapter(list[SaveResult])
BATCH = TypeAdapter(BatchReply)
DESCRIBE = TypeAdapter(Describe)
OBJECTS = TypeAdapter(Objects)
DEPLOY = TypeAdapter(DeployReply)
CREATED = TypeAdapter(Created)
ROWS = TypeAdapter(list[Row | None])
JOB = TypeAdapter(Job)
JOBS = TypeAdapter(Jobs)
TOKEN = TypeAdapter(TokenReply)
OAUTH_ERROR = TypeAdapter(OAuthError)


def parse(kind: TypeAdapter[_T], document: object, what: str) -> _T:
    """The document, checked.

    Raises BrokenReply naming `what` and the members that are wrong, never their values.
    """
    try:
        return kind.validate_python(document)
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in one["loc"]) or "the whole" for one in error.errors()})
        raise BrokenReply(
            f"Salesforce's answer to {what} has not the promised shape ({', '.join(places[:5])}).",
            remedy="Nothing is lost; run the same command again. If it stays so, something between us and Salesforce "
            "rewrites answers.",
        ) from None
