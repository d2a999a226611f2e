"""`/services/async`: the first Bulk API, with records in JSON or CSV.

A session is given as `X-SFDC-Session`; a bad one is 400 `InvalidSessionId`, not 401. Instants in results are milliseconds since
1970. Source: Bulk API Developer Guide (read November 2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.bulk import asyncforms
from sfspiris.sandbox.salesforce.bulk.csvform import cell
from sfspiris.sandbox.salesforce.bulk.rows import checked_plan, table
from sfspiris.sandbox.salesforce.bulk.writing import work_of
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.rest.call import Call
from sfspiris.sandbox.salesforce.rest.dispatch import Api, check_version
from sfspiris.sandbox.salesforce.values import parse_datetime, to_wire

if TYPE_CHECKING:
    from starlette.requests import Request

    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.sessions import Sessions

_JOB_PREFIX, _BATCH_PREFIX, _RESULT_PREFIX = "750", "751", "752"
_PREFIX: Final = "/services/async/"
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


class AsyncError(Exception):
    """A refusal of this API: `{exceptionCode, exceptionMessage}`, always 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class AsyncJobs:
    """Jobs and batches of one org."""

    def __init__(self, api: Api, sessions: Sessions) -> None:
        self._api = api
        self._sessions = sessions

    async def serve(self, request: Request) -> Response:
        """Everything below `/services/async`."""
        try:
            call = self._call(request, await request.body())
            self._api.usage.count()
            with self._api.org.seen_by(call.session.user_id):
                answer = self._answer(call)
        except AsyncError as error:
            answer = _refusal(request, error.code, error.message)
            if error.code == "InvalidSessionId" and "bulk_v1_says_400_for_session" not in self._api.org.traps:
                answer.status = 401
        except ApiError as error:
            answer = _refusal(request, error.code, error.message)
        headers = {"Sforce-Limit-Info": self._api.usage.header()}
        return Response(answer.body, answer.status, headers, media_type=answer.media_type)

    def _call(self, request: Request, body: bytes) -> Call:
        version, *segments = [part for part in request.url.path[len(_PREFIX) :].split("/") if part] or [""]
        try:
            check_version(version)
        except ApiError:
            raise AsyncError("InvalidVersion", f"API version {version} is not served") from None
        token = request.headers.get("x-sfdc-session")
        try:
            session = self._sessions.session(
                f"Bearer {token}" if token else request.headers.get("authorization")
            )
        except ApiError:
            raise AsyncError("InvalidSessionId", "Invalid session id") from None
        return Call(
            method=request.method,
            version=version,
            segments=tuple(segments),
            query=dict(request.query_params),
            headers={name.lower(): value for name, value in request.headers.items()},
            session=session,
            base="",
            raw=body,
        )

    def _answer(self, call: Call) -> _Answer:
        said_in_xml = "xml" in call.headers.get("content-type", "")
        match call.segments:
            case ("job",) if call.method == "POST":
                return _answered("jobInfo", self._created(call), xml=said_in_xml, status=201)
            case ("job", said):
                return _answered("jobInfo", self._job_call(call, self._job(said)), xml=said_in_xml)
            case ("job", said, "batch"):
                return self._batches_call(call, self._job(said))
            case ("job", said, "batch", batch_id, *rest):
                job = self._job(said)
                return self._batch_call(job, self._batch(job, batch_id), tuple(rest))
            case _:
                raise AsyncError("InvalidUrl", f"Destination URL not reset: {'/'.join(call.segments)}")

    def _batches_call(self, call: Call, job: Record) -> _Answer:
        in_csv = job["contentType"] == "CSV"
        if call.method == "POST":
            return _answered("batchInfo", self._batch_added(call, job), xml=in_csv, status=201)
        batches = {"batchInfo": [_info(batch) for batch in self._batches(job)]}
        return _answered("batchInfoList", batches, xml=in_csv)

    def _batch_call(self, job: Record, batch: Record, rest: tuple[str, ...]) -> _Answer:
        in_csv = job["contentType"] == "CSV"
        match rest:
            case ():
                return _answered("batchInfo", self._polled(batch), xml=in_csv)
            case ("request",):
                return _uploaded(self._data(batch, "upload"))
            case ("result",):
                return _results(job, self._data(batch, "result"))
            case ("result", result_id):
                rows = self._rows(batch, result_id)
                if in_csv:
                    return _Answer(asyncforms.table_of(rows["columns"], rows["rows"]), asyncforms.CSV)
                return _answered("records", rows, xml=False)
            case _:
                raise AsyncError("InvalidUrl", f"Destination URL not reset: {'/'.join(rest)}")

    # jobs

    def _created(self, call: Call) -> dict[str, Any]:
        said = _document(call)
        content_type = str(said.get("contentType", "")).upper()
        if content_type not in asyncforms.CONTENT_TYPES:
            raise AsyncError(
                "InvalidJob", f"contentType {said.get('contentType')} is not supported; use JSON or CSV"
            )
        name = str(said.get("object"))
        entity = self._api.org.schema.entity(name)
        if entity is None:
            raise AsyncError(
                "InvalidJob", f"InvalidEntity : Entity '{name}' is not supported by the Bulk API."
            )
        operation = str(said.get("operation"))
        if operation not in {"query", "queryAll"}:
            work_of(self._api, said)
        now = to_wire(self._api.clock.now())
        job: dict[str, Any] = {
            "id": ids.mint(_JOB_PREFIX, self._api.records.next("bulk job")),
            "kind": "async",
            "operation": operation,
            "object": entity.name,
            "externalIdFieldName": said.get("externalIdFieldName"),
            "createdById": call.session.user_id,
            "createdDate": now,
            "systemModstamp": now,
            "state": "Open",
            "concurrencyMode": "Parallel",
            "contentType": content_type,
            "apiVersion": call.number,
        }
        self._api.records.put(tables.JOBS, job["id"], job)
        return self._shown(job)

    def _job_call(self, call: Call, job: Record) -> dict[str, Any]:
        if call.method == "POST":
            state = _document(call).get("state")
            if state not in {"Closed", "Aborted"}:
                raise AsyncError("InvalidJobState", f"a job can be Closed or Aborted, not {state}")
            job = {**job, "state": state}
            self._api.records.put(tables.JOBS, job["id"], job)
        return self._shown(job)

    def _job(self, said: str) -> Record:
        job = self._api.records.get(tables.JOBS, ids.canonical(said) or "")
        if job is None or job["kind"] != "async":
            raise AsyncError("InvalidJob", f"Unable to find job for id: {said}")
        return job

    def _shown(self, job: Record) -> dict[str, Any]:
        batches = self._batches(job)
        done = [batch for batch in batches if batch["state"] in {"Completed", "Failed"}]
        return {
            **{name: value for name, value in job.items() if name != "kind"},
            "numberBatchesQueued": len(batches) - len(done),
            "numberBatchesInProgress": 0,
            "numberBatchesCompleted": sum(batch["state"] == "Completed" for batch in done),
            "numberBatchesFailed": sum(batch["state"] == "Failed" for batch in done),
            "numberBatchesTotal": len(batches),
            "numberRecordsProcessed": sum(batch["processed"] for batch in batches),
            "numberRecordsFailed": sum(batch["failed"] for batch in batches),
            "numberRetries": 0,
            "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "apexProcessingTime": 0,
        }

    # batches

    def _batches(self, job: Record) -> list[Record]:
        return self._api.records.find(tables.JOBS, "jobId", job["id"])

    def _batch(self, job: Record, said: str) -> Record:
        batch = self._api.records.get(tables.JOBS, ids.canonical(said) or "")
        if batch is None or batch.get("jobId") != job["id"]:
            raise AsyncError("InvalidBatch", f"Unable to find batch for id: {said}")
        return batch

    def _batch_added(self, call: Call, job: Record) -> dict[str, Any]:
        if job["state"] != "Open":
            raise AsyncError("InvalidJobState", f"the job is {job['state']}")
        now = to_wire(self._api.clock.now())
        batch = {
            "id": ids.mint(_BATCH_PREFIX, self._api.records.next("bulk batch")),
            "kind": "batch",
            "jobId": job["id"],
            "state": "Queued",
            "stateMessage": None,
            "createdDate": now,
            "systemModstamp": now,
            "polls": 0,
            "processed": 0,
            "failed": 0,
        }
        with self._api.records.transaction():
            if job["operation"] in {"query", "queryAll"}:
                data = self._queried(call, job, batch)
            else:
                data = self._written(call, job, batch)
            self._api.records.put(tables.JOBS, batch["id"], batch)
            self._api.records.put(tables.JOB_DATA, batch["id"], data)
        return _info(batch)

    def _queried(self, call: Call, job: Record, batch: dict[str, Any]) -> dict[str, Any]:
        statement = call.raw.decode()
        try:
            plan = checked_plan(self._api, call, statement)
        except ApiError as error:
            batch |= {"ends": "Failed", "stateMessage": f"InvalidBatch : Failed to process query: {error}"}
            return {"upload": statement, "result": []}
        deleted = job["operation"] == "queryAll"
        if job["contentType"] == "CSV":
            found = table(self._api, call, plan, deleted=deleted)
            rows: Any = {
                "columns": list(found.columns),
                "rows": [[cell(value) for value in row] for row in found.rows],
            }
            batch["processed"] = len(found.rows)
        else:
            run = self._api.querying.run(call, deleted=deleted)
            show = plan.node.shower(run)
            rows = [_with_milliseconds(show(row)) for row in plan.rows(run)]
            batch["processed"] = len(rows)
        result_id = ids.mint(_RESULT_PREFIX, self._api.records.next("bulk result"))
        return {"upload": statement, "result": [result_id], "rows": rows}

    def _written(self, call: Call, job: Record, batch: dict[str, Any]) -> dict[str, Any]:
        upload: Any = call.raw.decode() if job["contentType"] == "CSV" else _records(call)
        records = asyncforms.records_of(upload) if isinstance(upload, str) else upload
        work = work_of(self._api, job)
        results = []
        for record in records:
            try:
                record_id, created = work.done(self._api, record, call.author)
                results.append({"success": True, "created": created, "id": record_id, "errors": []})
            except ApiError as error:
                batch["failed"] += 1
                item = {**error.item(), "extendedErrorDetails": None}
                results.append({"success": False, "created": False, "id": None, "errors": [item]})
        batch["processed"] = len(records)
        return {"upload": upload, "result": results}

    def _polled(self, batch: Record) -> dict[str, Any]:
        if batch["state"] in {"Queued", "InProgress"}:
            polls = batch["polls"] + 1
            under_way = polls <= self._api.switches.number("polls_until_done")
            state = "InProgress" if under_way else batch.get("ends", "Completed")
            batch = {**batch, "polls": polls, "state": state}
            self._api.records.put(tables.JOBS, batch["id"], batch)
        return _info(batch)

    def _data(self, batch: Record, part: str) -> Any:
        if part == "result" and batch["state"] not in {"Completed", "Failed"}:
            raise AsyncError("InvalidBatch", f"Batch not completed: {batch['state']}")
        data = self._api.records.get(tables.JOB_DATA, batch["id"]) or {}
        return data.get(part)

    def _rows(self, batch: Record, result_id: str) -> Any:
        if result_id not in (self._data(batch, "result") or []):
            raise AsyncError("InvalidBatch", f"Unable to find result for id: {result_id}")
        return self._data(batch, "rows")


@dataclass(slots=True)
class _Answer:
    """A body and its form."""

    body: bytes
    media_type: str
    status: int = 200


def _answered(root: str, content: Any, *, xml: bool, status: int = 200) -> _Answer:
    if xml:
        return _Answer(asyncforms.as_xml(root, content), asyncforms.XML, status)
    return _Answer(jsonio.encode(content), asyncforms.JSON, status)


def _uploaded(upload: Any) -> _Answer:
    """What a batch was given: text, or JSON records."""
    if isinstance(upload, str):
        return _Answer(upload.encode(), asyncforms.CSV)
    return _answered("records", upload, xml=False)


def _results(job: Record, result: Any) -> _Answer:
    """What came of a batch: of a query, where its rows are; of a write, each record's outcome."""
    if job["contentType"] == "JSON":
        return _answered("results", result, xml=False)
    if job["operation"] in {"query", "queryAll"}:
        return _answered("result-list", {"result": result}, xml=True)
    return _Answer(asyncforms.results_of(result), asyncforms.CSV)


def _refusal(request: Request, code: str, message: str) -> _Answer:
    media_type = request.headers.get("content-type", "")
    content = {"exceptionCode": code, "exceptionMessage": message}
    return _answered("error", content, xml="xml" in media_type or "csv" in media_type, status=400)


def _document(call: Call) -> dict[str, Any]:
    try:
        return asyncforms.document_of(call.raw, call.headers.get("content-type", ""))
    except ValueError as error:
        raise AsyncError("InvalidJob", f"Unable to parse the body: {error}") from error


def _records(call: Call) -> list[dict[str, Any]]:
    try:
        records = jsonio.loads(call.raw)
    except ValueError as error:
        raise AsyncError("InvalidBatch", f"Unable to parse the body: {error}") from error
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise AsyncError("InvalidBatch", "the body is not a list of records")
    return records


def _info(batch: Record) -> dict[str, Any]:
    return {
        "id": batch["id"],
        "jobId": batch["jobId"],
        "state": batch["state"],
        "stateMessage": batch["stateMessage"],
        "createdDate": batch["createdDate"],
        "systemModstamp": batch["systemModstamp"],
        "numberRecordsProcessed": batch["processed"],
        "numberRecordsFailed": batch["failed"],
        "totalProcessingTime": 0,
        "apiActiveProcessingTime": 0,
        "apexProcessingTime": 0,
    }


def _with_milliseconds(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its instants as this API's JSON shows them."""
    shown: dict[str, Any] = {}
    for name, value in record.items():
        shown[name] = value
        if isinstance(value, dict) and name != "attributes":
            shown[name] = _with_milliseconds(value)
        elif isinstance(value, str) and _INSTANT.fullmatch(value):
            instant = parse_datetime(value)
            shown[name] = int(instant.timestamp() * 1000) if instant is not None else value
    return shown
