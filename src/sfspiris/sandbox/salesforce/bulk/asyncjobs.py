"""`/services/async`: the first Bulk API, as far as clients that speak JSON use it.

A session is given as `X-SFDC-Session`; a bad one is 400 `InvalidSessionId`, not 401. Instants in results are milliseconds since
1970. Source: Bulk API Developer Guide (read November 2026).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.bulk.rows import checked_plan
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
                content, status = self._answer(call)
        except AsyncError as error:
            content, status = {"exceptionCode": error.code, "exceptionMessage": error.message}, 400
            if error.code == "InvalidSessionId" and "bulk_v1_says_400_for_session" not in self._api.org.traps:
                status = 401
        except ApiError as error:
            content, status = {"exceptionCode": error.code, "exceptionMessage": error.message}, 400
        body = jsonio.encode(content)
        headers = {"Sforce-Limit-Info": self._api.usage.header()}
        return Response(body, status, headers, media_type="application/json;charset=UTF-8")

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

    def _answer(self, call: Call) -> tuple[Any, int]:
        match call.segments:
            case ("job",) if call.method == "POST":
                return self._created(call), 201
            case ("job", said):
                return self._job_call(call, self._job(said)), 200
            case ("job", said, "batch") if call.method == "POST":
                return self._batch_added(call, self._job(said)), 201
            case ("job", said, "batch"):
                return {"batchInfo": [_info(batch) for batch in self._batches(self._job(said))]}, 200
            case ("job", said, "batch", batch_id, *rest):
                return self._batch_call(self._batch(said, batch_id), tuple(rest)), 200
            case _:
                raise AsyncError("InvalidUrl", f"Destination URL not reset: {'/'.join(call.segments)}")

    def _batch_call(self, batch: Record, rest: tuple[str, ...]) -> Any:
        match rest:
            case ():
                return self._polled(batch)
            case ("request",):
                return self._data(batch, "upload")
            case ("result",):
                return self._data(batch, "result")
            case ("result", result_id):
                return self._rows(batch, result_id)
            case _:
                raise AsyncError("InvalidUrl", f"Destination URL not reset: {'/'.join(rest)}")

    # jobs

    def _created(self, call: Call) -> dict[str, Any]:
        said = _document(call)
        if str(said.get("contentType", "")).upper() != "JSON":
            raise AsyncError(
                "InvalidJob", f"contentType {said.get('contentType')} is not supported; use JSON"
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
        job = {
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
            "contentType": "JSON",
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

    def _batch(self, job_id: str, said: str) -> Record:
        job = self._job(job_id)
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
        run = self._api.querying.run(call, deleted=job["operation"] == "queryAll")
        show = plan.node.shower(run)
        rows = [_with_milliseconds(show(row)) for row in plan.rows(run)]
        batch["processed"] = len(rows)
        result_id = ids.mint(_RESULT_PREFIX, self._api.records.next("bulk result"))
        return {"upload": statement, "result": [result_id], "rows": rows}

    def _written(self, call: Call, job: Record, batch: dict[str, Any]) -> dict[str, Any]:
        records = _document(call, kind=list)
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
        return {"upload": records, "result": results}

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


def _document(call: Call, kind: type = dict) -> Any:
    try:
        document = jsonio.loads(call.raw)
    except ValueError as error:
        raise AsyncError("InvalidJob", f"Unable to parse the body: {error}") from error
    if not isinstance(document, kind):
        raise AsyncError("InvalidBatch", "the body has the wrong shape")
    return document


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
