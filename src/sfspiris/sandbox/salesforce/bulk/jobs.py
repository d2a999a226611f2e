"""`/jobs`: Bulk API 2.0. Source: Bulk API 2.0 Developer Guide (read November 2026)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce import ids, tables
from sfspiris.sandbox.salesforce.bulk.csvform import CsvForm, record_of
from sfspiris.sandbox.salesforce.bulk.rows import Table, checked_plan, table
from sfspiris.sandbox.salesforce.bulk.writing import Work, work_of
from sfspiris.sandbox.salesforce.errors import ApiError, not_found
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.values import to_wire

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.rest.dispatch import Api

_JOB_PREFIX: Final = "750"
_CSV: Final = "text/csv"
_UNDER_WAY: Final = "InProgress"
_DONE: Final = "JobComplete"
_KEPT: Final = frozenset(
    {
        "operation", "query", "object", "contentType", "columnDelimiter", "lineEnding", "externalIdFieldName", "assignmentRuleId",
    }
)  # fmt: skip
_HIDDEN: Final = frozenset({"kind", "polls", "query"})


def resource(api: Api, call: Call) -> Answer:
    """Everything below `/jobs`."""
    match tuple(part.lower() for part in call.segments[1:2]), call.segments[2:]:
        case ("query",), ():
            return _created_query(api, call) if call.method == "POST" else _listed(api, call, "query")
        case ("ingest",), ():
            return _created_ingest(api, call) if call.method == "POST" else _listed(api, call, "ingest")
        case (kind,), (said,):
            return _one(api, call, _job(api, call, kind, said))
        case (kind,), (said, part):
            return _part(api, call, _job(api, call, kind, said), part.lower())
        case _:
            raise not_found()


# jobs of either kind


def _new(api: Api, call: Call, kind: str, said: dict[str, Any], state: str, **more: Any) -> Record:
    job_id = ids.mint(_JOB_PREFIX, api.records.next("bulk job"))
    now = to_wire(api.clock.now())
    job = {
        "id": job_id,
        "kind": kind,
        "polls": 0,
        **{name: value for name, value in said.items() if name in _KEPT and value is not None},
        **more,
        "createdById": call.session.user_id,
        "createdDate": now,
        "systemModstamp": now,
        "state": state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": call.number,
        "columnDelimiter": said.get("columnDelimiter", "COMMA"),
        "lineEnding": said.get("lineEnding", "LF"),
    }
    CsvForm.of(job)
    api.records.put(tables.JOBS, job_id, job)
    return job


def _job(api: Api, call: Call, kind: str, said: str) -> Record:
    job = api.records.get(tables.JOBS, ids.canonical(said) or "")
    if job is None or job["kind"] != kind:
        raise not_found()
    if kind == "query" and job["apiVersion"] != call.number:
        raise ApiError(
            "API_ERROR", f"The job was created with version {job['apiVersion']}.0; use that one", status=409
        )
    return job


def _shown(job: Record) -> dict[str, Any]:
    shown = {name: value for name, value in job.items() if name not in _HIDDEN}
    shown["apiVersion"] = Decimal(f"{job['apiVersion']}.0")
    shown["jobType"] = "V2Query" if job["kind"] == "query" else "V2Ingest"
    return shown


def _listed(api: Api, call: Call, kind: str) -> Answer:
    call.only("GET")
    jobs = [_shown(job) for job in api.records.all(tables.JOBS) if job["kind"] == kind]
    return Answer(content={"done": True, "nextRecordsUrl": None, "records": jobs})


def _changed(api: Api, job: Record, **changes: Any) -> Record:
    after = {**job, **changes, "systemModstamp": to_wire(api.clock.now())}
    api.records.put(tables.JOBS, job["id"], after)
    return after


def _one(api: Api, call: Call, job: Record) -> Answer:
    call.only("GET", "PATCH", "DELETE")
    if call.method == "DELETE":
        with api.records.transaction():
            api.records.delete(tables.JOBS, job["id"])
            if api.records.get(tables.JOB_DATA, job["id"]) is not None:
                api.records.delete(tables.JOB_DATA, job["id"])
        return Answer(204)
    if call.method == "PATCH":
        return Answer(content=_shown(_moved(api, call, job, call.object_body().get("state"))))
    job = _polled(api, job)
    if job["kind"] == "query" and job["state"] == _DONE:
        _rows(api, call, job)  # so that the job says how many there are
        job = _job(api, call, "query", job["id"])
    return Answer(content=_shown(job))


def _polled(api: Api, job: Record) -> Record:
    """The job as one more status call sees it: under way for a while, then done."""
    if job["state"] not in {"UploadComplete", _UNDER_WAY}:
        return job
    polls = job["polls"] + 1
    if polls <= api.switches.number("polls_until_done"):
        return _changed(api, job, polls=polls, state=_UNDER_WAY)
    return _changed(api, job, polls=polls, state=job.get("ends", _DONE))


def _moved(api: Api, call: Call, job: Record, state: Any) -> Record:
    if state == "Aborted" and job["state"] not in {_DONE, "Failed"}:
        return _changed(api, job, state="Aborted")
    if state == "UploadComplete" and job["kind"] == "ingest" and job["state"] == "Open":
        return _processed(api, call, job)
    raise ApiError("INVALIDJOBSTATE", f"InvalidJobState : the job cannot go from {job['state']} to {state}")


# query


def _created_query(api: Api, call: Call) -> Answer:
    said = call.object_body()
    if said.get("operation") not in {"query", "queryAll"} or not isinstance(said.get("query"), str):
        raise ApiError(
            "INVALIDJOB", "InvalidJob : a query job needs an operation (query or queryAll) and a query"
        )
    plan = checked_plan(api, call, said["query"])
    job = _new(api, call, "query", said, "UploadComplete", object=plan.object)
    return Answer(content=_shown(job))


def _part(api: Api, call: Call, job: Record, part: str) -> Answer:
    if job["kind"] == "query" and part == "results":
        return _results(api, call, job)
    if job["kind"] == "ingest" and part == "batches":
        return _uploaded(api, call, job)
    if job["kind"] == "ingest" and part in {"successfulresults", "failedresults", "unprocessedrecords"}:
        call.only("GET")
        data = api.records.get(tables.JOB_DATA, job["id"]) or {}
        if job["state"] in {"Open", "UploadComplete", _UNDER_WAY}:
            raise ApiError("INVALIDJOBSTATE", f"InvalidJobState : the job is {job['state']}", status=409)
        return _csv(data.get(part, ""))
    raise not_found()


def _results(api: Api, call: Call, job: Record) -> Answer:
    """One page of a query's rows. The header row comes with every page; after the last one the locator is the text `null`."""
    call.only("GET")
    if job["state"] != _DONE:
        raise ApiError("INVALIDJOBSTATE", f"InvalidJobState : the job is {job['state']}", status=409)
    found = _rows(api, call, job)
    locator, asked = call.query.get("locator", ""), call.query.get("maxRecords", "")
    start = _decoded(locator)
    if start is None or start > len(found.rows):
        raise ApiError("INVALID_QUERY_LOCATOR", f"invalid locator {locator}")
    end = min(len(found.rows), start + max(1, int(asked))) if asked.isdecimal() else len(found.rows)
    answer = _csv(CsvForm.of(job).written(found.columns, found.rows[start:end]))
    answer.headers["Sforce-NumberOfRecords"] = str(end - start)
    if end < len(found.rows):
        answer.headers["Sforce-Locator"] = f"M{end:x}"
    elif "last_locator_is_null_text" in api.org.traps:
        answer.headers["Sforce-Locator"] = "null"
    return answer


def _decoded(locator: str) -> int | None:
    if not locator:
        return 0
    try:
        return int(locator.removeprefix("M"), 16) if locator.startswith("M") else None
    except ValueError:
        return None


def _rows(api: Api, call: Call, job: Record) -> Table:
    """The job's rows, as they were when it was first asked for them; a restart of the sandbox reads them anew."""
    known = api.bulk_tables.get(job["id"])
    if known is None:
        plan = checked_plan(api, call, job["query"])
        known = table(api, call, plan, deleted=job["operation"] == "queryAll")
        api.bulk_tables[job["id"]] = known
        _changed(api, job, numberRecordsProcessed=len(known.rows))
    return known


# ingest


def _created_ingest(api: Api, call: Call) -> Answer:
    said = call.object_body()
    work = work_of(api, said)
    if said.get("contentType", "CSV") != "CSV":
        raise ApiError("INVALIDJOB", f"InvalidJob : contentType {said['contentType']} is not supported")
    job = _new(api, call, "ingest", {**said, "object": work.entity.name}, "Open")
    job = _changed(api, job, contentUrl=f"{call.root.removeprefix('/')}/jobs/ingest/{job['id']}/batches")
    return Answer(content=_shown(job))


def _uploaded(api: Api, call: Call, job: Record) -> Answer:
    call.only("PUT")
    if job["state"] != "Open" or api.records.get(tables.JOB_DATA, job["id"]) is not None:
        raise ApiError("INVALIDJOBSTATE", "InvalidJobState : the job takes its data once, while it is open")
    try:
        text = call.raw.decode()
    except UnicodeDecodeError:
        raise ApiError("InvalidBatch", "InvalidBatch : the data is not UTF-8") from None
    api.records.put(tables.JOB_DATA, job["id"], {"upload": text})
    return Answer(201)


def _processed(api: Api, call: Call, job: Record) -> Record:
    """Carry out an ingest job: every line by itself, whatever becomes of the others."""
    data = api.records.get(tables.JOB_DATA, job["id"])
    form, work = CsvForm.of(job), work_of(api, job)
    header, lines = form.read(data["upload"] if data is not None else "")
    problem = _header_problem(work, header)
    if problem is not None:
        api.records.put(tables.JOB_DATA, job["id"], {"unprocessedrecords": data["upload"] if data else ""})
        return _changed(api, job, state="UploadComplete", ends="Failed", errorMessage=problem)
    good: list[list[Any]] = []
    bad: list[list[Any]] = []
    with api.records.transaction():
        for line in lines:
            try:
                record_id, created = work.done(api, record_of(header, line), call.author)
                good.append([record_id, created, *line])
            except ApiError as error:
                fields = ", ".join(error.fields)
                bad.append(["", f"{error.code}:{error.message}:{fields} --", *line])
        api.records.put(
            tables.JOB_DATA,
            job["id"],
            {
                "successfulresults": form.written(["sf__Id", "sf__Created", *header], good),
                "failedresults": form.written(["sf__Id", "sf__Error", *header], bad),
                "unprocessedrecords": form.written(header, []),
            },
        )
        return _changed(
            api,
            job,
            state="UploadComplete",
            numberRecordsProcessed=len(lines),
            numberRecordsFailed=len(bad),
            apiActiveProcessingTime=0,
            apexProcessingTime=0,
            totalProcessingTime=0,
            retries=0,
        )


def _header_problem(work: Work, header: list[str]) -> str | None:
    """What makes the whole upload unusable, if anything does."""
    if not header:
        return "InvalidBatch : Records not found"
    for name in header:
        relationship = name.partition(".")[0].partition(":")[0].lower()
        known = relationship in work.entity.parents if "." in name else name.lower() in work.entity.visible
        if not known:
            return f"InvalidBatch : Field name not found : {name}"
    return None


def _csv(text: str) -> Answer:
    return Answer(text=text.encode(), media_type=_CSV)
