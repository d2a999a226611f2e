"""The calls, one per function, and what each of them may do to us.

Every call goes to the instance that the sign-in told, with the sign-in renewed once when the session has died. A query is
complete or an error: pages are followed, children's pages too, and the rows are counted against what was promised.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from sfspiris.adapters import exactjson
from sfspiris.adapters.retrying import Then, after_salesforce
from sfspiris.adapters.salesforce import wire
from sfspiris.adapters.salesforce.catalog import Field, child_list, fields_by_name
from sfspiris.adapters.salesforce.refusals import (
    QUOTA_PAUSE,
    RUN_AGAIN,
    SIGN_IN,
    call_refused,
    record_refused,
)
from sfspiris.adapters.transport import ABSENT, Effect
from sfspiris.errors import BrokenReply, OutOfQuota, SignInNeeded, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from pydantic import TypeAdapter

    from sfspiris.adapters.salesforce.oauth import SalesforceSignIn
    from sfspiris.adapters.salesforce.wire import ErrorItem, Row
    from sfspiris.adapters.transport import Pace, Reply, Transport
    from sfspiris.ports.tokens import Tokens

_T = TypeVar("_T")

API_VERSION: Final = "66.0"
"""Spring '26: every production org has had it since February 2026, and a version lives three years at least."""

RECORDS_PER_UPDATE: Final = 200
_RECORDS_PER_RETRIEVAL: Final = 2_000
_DESCRIBES_PER_BATCH: Final = 25
_CLIENT_NAME: Final = "client=sfspiris"
_USAGE: Final = re.compile(r"(?<![-\w])api-usage=(\d+)/(\d+)")
_NOT_FOR_US: Final = frozenset({"NOT_FOUND", "INVALID_TYPE", "INSUFFICIENT_ACCESS"})
LOCKED: Final = "UNABLE_TO_LOCK_ROW"
_LOCK_PAUSES: Final = (1.0, 3.0)
"""Seconds, and up to as much again, before a locked record is tried again; Salesforce itself has waited ten by then."""

_DEPLOY_SECONDS: Final = 600.0
_DEPLOY_PAUSE: Final = 2.0

_CSV: Final = "text/csv"

_UNAUTHORIZED: Final = 401
_PERMANENT: Final = "not valid for use with"
"""In the text of a 401: the user may not use the API at all, and a new session would not help."""

QUERIES_PER_CALL: Final = 25
"""The most requests that a composite batch takes. Source: REST API guide, \"Batch\" (read November 2026)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How many API calls the whole org has made in the last 24 hours, and how many it may."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class QueryResult:
    """All rows of a query with all their child rows, and Salesforce's own time (UTC) at its first answer."""

    rows: tuple[Row, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class _Body:
    """A body that is no JSON, and what it is."""

    content: bytes
    media_type: str


class FieldUnknownError(Exception):
    """The query named a field that does not exist (any longer) for this user; `refusal` is the error to show."""

    def __init__(self, refusal: Exception) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class SalesforceClient:
    """One org's REST API, for one thread at a time.

    `daily_share` is the part of the org's daily calls, 0-1, beyond which nothing more is asked; None means all of them.
    """

    def __init__(
        self,
        *,
        sign_in: SalesforceSignIn,
        transport: Transport,
        pace: Pace,
        api_version: str = API_VERSION,
        daily_share: Decimal | None = None,
    ) -> None:
        self._sign_in = sign_in
        self._transport = transport
        self._pace = pace
        self._version = api_version
        self._daily_share = daily_share
        self.usage: Usage | None = None
        """As the last answer told it; None before the first."""
        self.heard_at: datetime | None = None
        """Salesforce's own time (UTC) in the last answer that told it."""

    @property
    def calls(self) -> int:
        """Requests sent so far, repetitions and sign-ins included."""
        return self._transport.calls

    @property
    def api_version(self) -> str:
        """The version of the API that is spoken."""
        return self._version

    @property
    def session(self) -> Tokens:
        """The sign-in in use; makes one where that needs no person."""
        return self._sign_in.current()

    def query(self, soql: str, *, deleted: bool = False) -> QueryResult:
        """Every row, complete; with `deleted` also those that lie in the recycle bin.

        Raises FieldUnknownError when a field is not known, BrokenReply when rows are missing.
        """
        page, reply = self._ask(
            wire.PAGE,
            "GET",
            self._path("queryAll" if deleted else "query"),
            what="a query",
            params={"q": soql},
        )
        rows = self._all_rows(page)
        for row in rows:
            self._complete_children(row)
        return QueryResult(tuple(rows), _server_time(reply))

    def queries(self, wanted: Mapping[str, bool]) -> list[QueryResult]:
        """What `query` gives for each query, in one call; the value tells whether rows in the recycle bin are wanted too.

        At most 25. Raises what `query` does.
        """
        requests = [
            {
                "method": "GET",
                "url": f"v{self._version}/{'queryAll' if deleted else 'query'}?{urlencode({'q': one})}",
            }
            for one, deleted in wanted.items()
        ]
        reply, answer = self._ask(
            wire.BATCH,
            "POST",
            self._path("composite/batch"),
            what="queries",
            json={"batchRequests": requests},
        )
        if len(reply.results) != len(wanted):
            raise _broken(f"Salesforce answered {len(reply.results)} queries instead of {len(wanted)}.")
        found = []
        for one in reply.results:
            if one.status_code != 200:  # noqa: PLR2004 - RFC 9110 section 15.3.1
                errors = wire.parse(wire.ERRORS, one.result, "a query")
                raise _refusal(one.status_code, errors, "a query")
            rows = self._all_rows(wire.parse(wire.PAGE, one.result, "a query"))
            found.append(QueryResult(tuple(rows), _server_time(answer)))
        return found

    def retrieve(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> list[Row]:
        """These fields of the records with these ids, without those that are not there; one call per 2 000.

        Raises what `query` does. Source: REST API guide, "Get Records Using sObject Collections" (read November 2026).
        """
        found: list[Row] = []
        for start in range(0, len(ids), _RECORDS_PER_RETRIEVAL):
            chunk = ids[start : start + _RECORDS_PER_RETRIEVAL]
            rows, _ = self._ask(
                wire.ROWS,
                "POST",
                self._path(f"composite/sobjects/{kind}"),
                what="records by their ids",
                json={"ids": list(chunk), "fields": list(fields)},
            )
            if len(rows) != len(chunk):
                raise _broken(f"Salesforce sent {len(rows)} records instead of {len(chunk)}.")
            found += [row for row in rows if row is not None]
        return found

    def describe(self, names: Sequence[str]) -> dict[str, dict[str, Field]]:
        """The fields of each object, by lower-case name; an object that the user may not see has none."""
        described: dict[str, dict[str, Field]] = {}
        for start in range(0, len(names), _DESCRIBES_PER_BATCH):
            chunk = names[start : start + _DESCRIBES_PER_BATCH]
            described |= zip(chunk, self._describe(chunk), strict=True)
        return described

    def object_names(self) -> tuple[str, ...]:
        """The API names of all objects that the user may see."""
        reply, _ = self._ask(wire.OBJECTS, "GET", self._path("sobjects"), what="the list of objects")
        return tuple(one.name for one in reply.objects)

    def update(self, records: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """Save records, each on its own; for each, in order, None or why it was not saved.

        What had been saved when an error is raised stays saved; saving it again does no harm. A record that somebody else
        is saving at the same moment is tried again.
        """
        return self._save_all("composite/sobjects", records)

    def upsert(self, kind: str, key: str, records: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """Make or save records known by the external id field `key`, as `update` does: the key makes repeating harmless."""
        return self._save_all(f"composite/sobjects/{kind}/{key}", records)

    def _save_all(self, resource: str, records: Sequence[Mapping[str, Any]]) -> list[str | None]:
        outcome: list[str | None] = []
        for start in range(0, len(records), RECORDS_PER_UPDATE):
            outcome += self._save(resource, records[start : start + RECORDS_PER_UPDATE])
        for pause in _LOCK_PAUSES:
            locked = [place for place, error in enumerate(outcome) if error and error.startswith(LOCKED)]
            if not locked:
                break
            self._pace.sleep(pause * (1 + self._pace.jitter()))
            again = self._save(resource, [records[place] for place in locked])
            for place, error in zip(locked, again, strict=True):
                outcome[place] = error
        return outcome

    def create(self, kind: str, record: Mapping[str, Any]) -> str:
        """Make one record and give its id. Never repeated: raises OutcomeUnknown when no answer came."""
        what = f"the creation of a {kind}"
        reply = self._call(
            "POST", self._path(f"sobjects/{kind}"), what=what, effect=Effect.CREATE, json=record
        )
        return wire.parse(wire.CREATED, reply.json(), what).id

    def deploy(self, package: bytes) -> wire.DeployResult:
        """Deploy a package, all of it or nothing, and wait until Salesforce has come to an end with it.

        Deploying the same package again changes nothing, so a lost answer is asked for again. Raises Unreachable when it
        takes longer than ten minutes.
        """
        what = "a deployment"
        made, _ = self._ask(
            wire.DEPLOY,
            "POST",
            self._path("metadata/deployRequest"),
            what=what,
            effect=Effect.UPDATE,
            body=_deployment(package),
        )
        place = self._path(f"metadata/deployRequest/{made.id}")
        ends = self._pace.monotonic() + _DEPLOY_SECONDS
        while True:
            now, _ = self._ask(wire.DEPLOY, "GET", place, what=what, params={"includeDetails": "true"})
            if now.result.done:
                return now.result
            if self._pace.monotonic() > ends:
                raise Unreachable(
                    f"Salesforce has worked on the deployment {made.id} for more than ten minutes.",
                    remedy="See how it ends in Setup, under Deployment Status; deploying again does no harm.",
                )
            self._pace.sleep(_DEPLOY_PAUSE)

    # --- bulk jobs -------------------------------------------------------------------------------------------------

    def create_job(self, kind: str, key: str) -> wire.Job:
        """A new job that makes or saves records known by the external id field `key`.

        Never repeated: raises OutcomeUnknown when no answer came, ConfigError when the org does not have or allow it.
        """
        what = "a bulk job"
        wanted = {
            "object": kind,
            "operation": "upsert",
            "externalIdFieldName": key,
            "contentType": "CSV",
            "lineEnding": "LF",
        }
        reply = self._call("POST", self._path("jobs/ingest"), what=what, effect=Effect.CREATE, json=wanted)
        return wire.parse(wire.JOB, reply.json(), what)

    def upload(self, job_id: str, table: bytes) -> None:
        """Give a job its data. Salesforce takes it once; whoever is refused looks at the job's results."""
        self._call(
            "PUT",
            self._path(f"jobs/ingest/{job_id}/batches"),
            what="a bulk job's data",
            effect=Effect.UPDATE,
            body=_Body(table, "text/csv"),
        )

    def close_job(self, job_id: str) -> None:
        """Let Salesforce begin with the job's data."""
        self._move_job(job_id, "UploadComplete")

    def abort_job(self, job_id: str) -> None:
        """Let Salesforce stop the job. Raises ConfigError when it is over already."""
        self._move_job(job_id, "Aborted")

    def job(self, job_id: str) -> wire.Job:
        """How far the job has come."""
        found, _ = self._ask(wire.JOB, "GET", self._path(f"jobs/ingest/{job_id}"), what="a bulk job")
        return found

    def jobs(self) -> list[wire.Job]:
        """All jobs of the org that save records and are still known."""
        what = "the list of bulk jobs"
        page, _ = self._ask(
            wire.JOBS, "GET", self._path("jobs/ingest"), what=what, params={"jobType": "V2Ingest"}
        )
        found, seen = list(page.records), set[str]()
        while not page.done and page.next_url and page.next_url not in seen:
            seen.add(page.next_url)
            page, _ = self._ask(wire.JOBS, "GET", self._continued(page.next_url), what=what)
            found += page.records
        return found

    def job_table(self, job_id: str, name: str) -> bytes:
        """One of a job's tables of results. Raises BrokenReply when what comes is no table."""
        what = "a bulk job's results"
        for is_last in (False, True):
            reply = self._call(
                "GET", self._path(f"jobs/ingest/{job_id}/{name}"), what=what, effect=Effect.READ, accept=_CSV
            )
            if reply.headers.get("content-type", "").startswith(_CSV):
                return reply.body
            if is_last:
                break
        raise _broken("Salesforce's answer to a bulk job's results is not a table.")

    def _move_job(self, job_id: str, state: str) -> None:
        self._call(
            "PATCH",
            self._path(f"jobs/ingest/{job_id}"),
            what="a bulk job",
            effect=Effect.UPDATE,
            json={"state": state},
        )

    # --- calls -----------------------------------------------------------------------------------------------------

    def _describe(self, names: Sequence[str]) -> list[dict[str, Field]]:
        what = "the description of objects"
        wanted = [{"method": "GET", "url": f"v{self._version}/sobjects/{name}/describe"} for name in names]
        reply, _ = self._ask(
            wire.BATCH, "POST", self._path("composite/batch"), what=what, json={"batchRequests": wanted}
        )
        if len(reply.results) != len(names):
            raise _broken(f"Salesforce described {len(reply.results)} objects instead of {len(names)}.")
        return [_described(name, result) for name, result in zip(names, reply.results, strict=True)]

    def _save(self, resource: str, records: Sequence[Mapping[str, Any]]) -> list[str | None]:
        results, _ = self._ask(
            wire.SAVE_RESULTS,
            "PATCH",
            self._path(resource),
            what="an update",
            effect=Effect.UPDATE,
            json={"allOrNone": False, "records": list(records)},
        )
        if len(results) != len(records):
            raise _broken(f"Salesforce told of {len(results)} saved records instead of {len(records)}.")
        return [None if one.success else record_refused(one.errors) for one in results]

    def _ask(
        self,
        kind: TypeAdapter[_T],
        method: str,
        path: str,
        *,
        what: str,
        effect: Effect = Effect.READ,
        params: Mapping[str, str] | None = None,
        json: object = ABSENT,
        body: _Body | None = None,
    ) -> tuple[_T, Reply]:
        """The promised document, and the answer it came in.

        An answer that is broken is asked for once more, which the two effects that pass here allow.
        """

        def ask() -> tuple[_T, Reply]:
            reply = self._call(method, path, what=what, effect=effect, params=params, json=json, body=body)
            return wire.parse(kind, reply.json(), what), reply

        try:
            return ask()
        except BrokenReply:
            return ask()

    def _call(
        self,
        method: str,
        path: str,
        *,
        what: str,
        effect: Effect,
        params: Mapping[str, str] | None = None,
        json: object = ABSENT,
        body: _Body | None = None,
        accept: str | None = None,
    ) -> Reply:
        """One call, renewing the sign-in at most once; whatever is not a success is raised."""
        self._mind_the_quota()
        tokens = self._sign_in.current()
        for is_second in (False, True):
            reply = self._transport.request(
                method,
                _host(tokens) + path,
                effect=effect,
                headers={
                    "Authorization": f"Bearer {tokens.access_token}",
                    "Sforce-Call-Options": _CLIENT_NAME,
                    **({"Content-Type": body.media_type} if body else {}),
                    **({"Accept": accept} if accept else {}),
                },
                params=params,
                json=json,
                content=body.content if body else None,
            )
            self._note_usage(reply)
            if reply.is_success:
                return reply
            errors = _errors_in(reply)
            if is_second or not _session_is_dead(reply, errors):
                raise _refusal(reply.status, errors, what)
            tokens = self._sign_in.renew(tokens)
        raise AssertionError("the second attempt returns or raises")

    def _mind_the_quota(self) -> None:
        if self._daily_share is None or self.usage is None:
            return
        if self.usage.used >= self.usage.limit * self._daily_share:
            raise OutOfQuota(
                f"The Salesforce org has made {self.usage.used} of the {self.usage.limit} API calls it may make in 24 "
                "hours, and sfspiris leaves the rest to others.",
                remedy="Run the same command again later, or raise [limits] salesforce_daily_share.",
                retry_after=QUOTA_PAUSE,
            )

    def _note_usage(self, reply: Reply) -> None:
        self.heard_at = wire.told_time(reply) or self.heard_at
        told = _USAGE.search(reply.headers.get("sforce-limit-info", ""))
        if told is not None:
            self.usage = Usage(int(told[1]), int(told[2]))

    def _path(self, resource: str) -> str:
        return f"/services/data/v{self._version}/{resource}"

    # --- pages -----------------------------------------------------------------------------------------------------

    def _all_rows(self, page: wire.Page) -> list[Row]:
        rows = list(page.records)
        total = page.total_size
        seen: set[str] = set()
        while not page.done:
            if page.next_url is None or page.next_url in seen or len(rows) > total:
                raise _broken("Salesforce's answer to a query does not end, or does not tell how it goes on.")
            seen.add(page.next_url)
            page, _ = self._ask(
                wire.PAGE, "GET", self._continued(page.next_url), what="the next page of a query"
            )
            rows += page.records
        if len(rows) != total:
            raise _broken(f"Salesforce promised {total} rows and sent {len(rows)}.")
        return rows

    def _complete_children(self, row: Row) -> None:
        """Put plain lists of rows where the row has pages of child rows."""
        for name, value in row.items():
            if isinstance(value, dict) and "records" in value:
                row[name] = self._all_rows(wire.parse(wire.PAGE, value, f"a query ({name})"))

    def _continued(self, next_url: str) -> str:
        """The path of a next page; it must lie on the instance that we are signed in to, where the token may go."""
        host = _host(self._sign_in.current())
        full = urlsplit(urljoin(f"{host}/", next_url))
        if f"{full.scheme}://{full.netloc}" != host or not full.path.startswith("/services/data/"):
            raise _broken("Salesforce's answer to a query goes on at another address than it began.")
        return full.path + (f"?{full.query}" if full.query else "")


def _deployment(package: bytes) -> _Body:
    """The two parts that a deployment is sent as: its options, and the zip."""
    options = {
        "deployOptions": {
            "singlePackage": True,
            "rollbackOnError": True,
            "checkOnly": False,
            "testLevel": "NoTestRun",
        }
    }
    mark = hashlib.sha256(package).hexdigest()[:32]  # stands nowhere in what it parts
    parts = (
        ('name="json"', "application/json", exactjson.dumps(options)),
        ('name="file"; filename="package.zip"', "application/zip", package),
    )
    lines = [
        f"--{mark}\r\nContent-Disposition: form-data; {naming}\r\nContent-Type: {kind}\r\n\r\n".encode()
        + content
        for naming, kind, content in parts
    ]
    return _Body(b"\r\n".join((*lines, f"--{mark}--\r\n".encode())), f"multipart/form-data; boundary={mark}")


def _described(name: str, result: wire.BatchItem) -> dict[str, Field]:
    if result.status_code != 200:  # noqa: PLR2004 - RFC 9110 section 15.3.1
        errors = wire.parse(wire.ERRORS, result.result, f"the description of {name}")
        if errors and errors[0].code in _NOT_FOR_US:
            return {}
        raise call_refused(result.status_code, errors, f"the description of {name}")
    document = wire.parse(wire.DESCRIBE, result.result, f"the description of {name}")
    fields = (
        Field(
            name=one.name,
            type=one.type,
            length=one.length,
            scale=one.scale,
            updateable=one.updateable,
            relationship=one.relationship_name,
            refers_to=tuple(one.reference_to),
        )
        for one in document.fields
    )
    lists = (
        child_list(one.relationship_name, one.object) for one in document.children if one.relationship_name
    )
    return fields_by_name((*lists, *fields))


def _refusal(status: int, errors: Sequence[wire.ErrorItem], what: str) -> Exception:
    """Why a call was refused; apart from all else, that a field is not known, for then the schema may have changed."""
    refusal = call_refused(status, errors, what)
    is_unknown = bool(errors) and errors[0].code == "INVALID_FIELD"
    return FieldUnknownError(refusal) if is_unknown else refusal


def _errors_in(reply: Reply) -> Sequence[ErrorItem]:
    """The errors of a refusal; none when the body is not Salesforce's own."""
    try:
        return wire.parse(wire.ERRORS, reply.json(), "a call")
    except BrokenReply:
        return ()


def _session_is_dead(reply: Reply, errors: Iterable[ErrorItem]) -> bool:
    return reply.status == _UNAUTHORIZED and any(
        after_salesforce(one.code) is Then.REFRESH and _PERMANENT not in one.message for one in errors
    )


def _host(tokens: Tokens) -> str:
    if tokens.host is None:
        raise SignInNeeded(
            "The kept Salesforce sign-in does not tell its instance.", remedy=f"Run `{SIGN_IN}`."
        )
    return tokens.host


def _server_time(reply: Reply) -> datetime:
    """Cursors follow Salesforce's clock, never ours."""
    told = wire.told_time(reply)
    if told is None:
        raise _broken("Salesforce's answer does not tell its time (Date header).")
    return told


def _broken(message: str) -> BrokenReply:
    return BrokenReply(message, remedy=RUN_AGAIN)
