"""The bulk APIs of the Salesforce simulator, 2.0 and the first one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from plainhttp import TRUST
from salesforce_box import Api, Box


def table(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


# 2.0, reading


def query_job(api: Api, statement: str, operation: str = "query", **more: Any) -> str:
    job = api.ok("POST", "/jobs/query", json={"operation": operation, "query": statement, **more})
    assert (job["state"], job["jobType"]) == ("UploadComplete", "V2Query")
    assert api.ok("GET", f"/jobs/query/{job['id']}")["state"] == "JobComplete"
    return str(job["id"])


def test_a_query_job_gives_a_table_with_every_cell_quoted(api: Api) -> None:
    job = query_job(
        api,
        "SELECT Name, Amount, IsWon, CloseDate, Account.Name, Description, CreatedDate FROM Opportunity ORDER BY Name DESC",
    )
    assert api.ok("GET", f"/jobs/query/{job}")["numberRecordsProcessed"] == 4
    response = api.get(f"/jobs/query/{job}/results")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.headers["sforce-numberofrecords"] == "4"
    assert response.headers["sforce-locator"] == "null"
    header, first, *_ = response.text.split("\n")
    assert header == '"Name","Amount","IsWon","CloseDate","Account.Name","Description","CreatedDate"'
    assert first.startswith('"Won deal","13364.0","true","2026-11-18","Acme AB","","2026-11-20T08:00:')
    assert first.endswith('.000Z"')


def test_a_big_result_comes_in_parts_each_with_the_header(api: Api) -> None:
    job = query_job(
        api, "SELECT Name FROM Opportunity ORDER BY Name", columnDelimiter="SEMICOLON", lineEnding="CRLF"
    )
    names, locator = [], ""
    while locator != "null":
        params = {"maxRecords": "3", **({"locator": locator} if locator else {})}
        response = api.get(f"/jobs/query/{job}/results", params=params)
        assert response.text.startswith('"Name"\r\n')
        names += [row["Name"] for row in table(response.text, ";")]
        locator = response.headers["sforce-locator"]
    assert names == ["lost deal", "No buyer", "Open deal", "Won deal"]
    assert api.refused("GET", f"/jobs/query/{job}/results?locator=zzz") == (400, "INVALID_QUERY_LOCATOR")


def test_query_all_reads_the_recycle_bin_too(api: Api) -> None:
    api.ok("DELETE", f"/sobjects/Campaign/{api.create('Campaign', Name='gone')}")
    statement = "SELECT Name FROM Campaign"
    for operation, count in (("query", 0), ("queryAll", 1)):
        response = api.get(f"/jobs/query/{query_job(api, statement, operation)}/results")
        assert len(table(response.text)) == count


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT COUNT() FROM Account",
        "SELECT Name, COUNT(Id) FROM Account GROUP BY Name",
        "SELECT Id FROM Account OFFSET 5",
        "SELECT BillingAddress FROM Account",
        "SELECT Account.BillingAddress FROM Opportunity",
        "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
        "SELECT TYPEOF Owner WHEN User THEN Name END FROM Invoice__c",
    ],
)
def test_what_a_table_cannot_hold_is_refused_when_the_job_is_made(api: Api, statement: str) -> None:
    assert api.refused("POST", "/jobs/query", json={"operation": "query", "query": statement}) == (
        400,
        "API_ERROR",
    )


def test_a_job_can_take_its_time_and_belongs_to_its_version(org: Box, api: Api) -> None:
    org.switch(polls_until_done=2)
    job = api.ok("POST", "/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Account"})["id"]
    path = f"/jobs/query/{job}"
    assert api.refused("GET", f"{path}/results") == (409, "INVALIDJOBSTATE")
    states = [api.ok("GET", path)["state"] for _ in range(3)]
    assert states == ["InProgress", "InProgress", "JobComplete"]
    assert org.api("v61.0").refused("GET", f"{path}/results") == (409, "API_ERROR")
    assert [one["id"] for one in api.ok("GET", "/jobs/query")["records"]] == [job]
    api.ok("DELETE", path, status=204)
    assert api.refused("GET", path) == (404, "NOT_FOUND")


def test_a_job_can_be_aborted_until_it_is_done(api: Api) -> None:
    job = api.ok("POST", "/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Account"})["id"]
    assert api.ok("PATCH", f"/jobs/query/{job}", json={"state": "Aborted"})["state"] == "Aborted"
    done = query_job(api, "SELECT Id FROM Account")
    assert api.refused("PATCH", f"/jobs/query/{done}", json={"state": "Aborted"}) == (400, "INVALIDJOBSTATE")


# 2.0, writing


def ingest(api: Api, text: str, **said: Any) -> dict[str, Any]:
    """A job carried out: its last state, and its three tables."""
    job = api.ok("POST", "/jobs/ingest", json={"contentType": "CSV", "lineEnding": "LF", **said})
    assert (job["state"], job["contentUrl"]) == (
        "Open",
        f"services/data/v62.0/jobs/ingest/{job['id']}/batches",
    )
    path = f"/jobs/ingest/{job['id']}"
    upload = api.put(f"{path}/batches/", content=text.encode(), headers={"Content-Type": "text/csv"})
    assert upload.status_code == 201
    api.ok("PATCH", path, json={"state": "UploadComplete"})
    answer: dict[str, Any] = api.ok("GET", path)
    for name in ("successfulResults", "failedResults", "unprocessedrecords"):
        answer[name] = table(api.get(f"{path}/{name}").text)
    return answer


def test_each_line_has_its_own_outcome(api: Api) -> None:
    text = "Name,Phone,NumberOfEmployees,IsDeleted\nEtt AB,1,5,\n,2,,\nTvå AB,,many,\n"
    answer = ingest(api, text, object="account", operation="insert")
    assert (answer["state"], answer["numberRecordsProcessed"], answer["numberRecordsFailed"]) == (
        "JobComplete",
        3,
        2,
    )
    (good,) = answer["successfulResults"]
    assert (good["sf__Created"], good["Name"]) == ("true", "Ett AB")
    assert api.field("Account", good["sf__Id"], "NumberOfEmployees") == 5
    missing, unreadable = answer["failedResults"]
    assert missing["sf__Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    assert unreadable["sf__Error"].startswith("JSON_PARSER_ERROR:")
    assert answer["unprocessedrecords"] == []


def test_an_empty_cell_leaves_a_field_alone_and_a_mark_clears_it(api: Api) -> None:
    record_id = api.create("Account", Name="x", Phone="1", Fax="2")
    ingest(api, f"Id,Phone,Fax\n{record_id},,#N/A\n", object="Account", operation="update")
    record = api.ok("GET", f"/sobjects/Account/{record_id}")
    assert (record["Phone"], record["Fax"]) == ("1", None)


def test_an_upsert_with_pipes_links_an_owner_by_user_name(api: Api) -> None:
    text = "External_Id__c|Owner:User.Username|Total__c\nSE:1|SARA@exempel.example|#N/A\nse:6||2\nse:7|nobody|1\n"
    key = {"externalIdFieldName": "external_id__c", "columnDelimiter": "PIPE"}
    answer = ingest(api, text, object="Invoice__c", operation="upsert", **key)
    assert (answer["numberRecordsProcessed"], answer["numberRecordsFailed"]) == (3, 1)
    rows = api.rows("SELECT Owner.Name, Total__c FROM Invoice__c ORDER BY External_Id__c")
    assert [(row["Owner"]["Name"], row["Total__c"]) for row in rows] == [
        ("Sara Sälj", None),
        ("Integration User", 2),
    ]


def test_a_custom_parent_is_linked_by_its_external_id(org: Box, api: Api) -> None:
    org.schema(
        Payment__c={"fields": [{"name": "Invoice__c", "type": "reference", "referenceTo": "Invoice__c"}]}
    )
    text = "Name,Invoice__r.External_Id__c\np1,SE:1\np2,se:99\n"
    answer = ingest(api, text, object="Payment__c", operation="insert")
    (good,), (bad,) = answer["successfulResults"], answer["failedResults"]
    statement = f"SELECT Invoice__r.External_Id__c FROM Payment__c WHERE Id = '{good['sf__Id']}'"
    assert api.rows(statement)[0]["Invoice__r"]["External_Id__c"] == "se:1"
    assert "Foreign key external ID: se:99 not found" in bad["sf__Error"]


def test_deleting_softly_and_hard(api: Api) -> None:
    soft, hard = (api.create("Campaign", Name=name) for name in ("soft", "hard"))
    ingest(api, f"Id\n{soft}\n", object="Campaign", operation="delete")
    ingest(api, f"Id\n{hard}\n", object="Campaign", operation="hardDelete")
    left = api.ok("GET", "/queryAll", params={"q": "SELECT Id FROM Campaign"})["records"]
    assert [row["Id"] for row in left] == [soft]


def test_an_unknown_column_fails_the_whole_job_and_processes_nothing(api: Api) -> None:
    answer = ingest(api, "Nmae\nx\n", object="Account", operation="insert")
    assert answer["state"] == "Failed"
    assert answer["errorMessage"] == "InvalidBatch : Field name not found : Nmae"
    assert answer["unprocessedrecords"] == [{"Nmae": "x"}]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"object": "Nothing__c", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Account", "operation": "replace"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "upsert", "externalIdFieldName": "Phone"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "insert", "contentType": "JSON"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "insert", "columnDelimiter": "SLASH"}, "INVALIDJOB"),
    ],
)
def test_an_ingest_job_that_cannot_be_is_refused(api: Api, said: dict[str, str], code: str) -> None:
    assert api.refused("POST", "/jobs/ingest", json=said) == (400, code)


def test_data_is_uploaded_once_while_the_job_is_open(api: Api) -> None:
    job = api.ok("POST", "/jobs/ingest", json={"object": "Account", "operation": "insert"})["id"]
    path = f"/jobs/ingest/{job}"
    assert api.put(f"{path}/batches", content=b"Name\nx\n").status_code == 201
    assert api.put(f"{path}/batches", content=b"Name\ny\n").status_code == 400
    assert api.refused("GET", f"{path}/successfulResults") == (409, "INVALIDJOBSTATE")
    api.ok("PATCH", path, json={"state": "Aborted"})
    assert api.refused("PATCH", path, json={"state": "UploadComplete"}) == (400, "INVALIDJOBSTATE")
    assert api.query("SELECT COUNT() FROM Account WHERE Name = 'x'")["totalSize"] == 0


# the first bulk API


class First:
    """A client of `/services/async`."""

    def __init__(self, org: Box) -> None:
        self.http = httpx.Client(
            base_url=f"{org.url}/services/async/62.0",
            headers={"X-SFDC-Session": org.token(), "Content-Type": "application/json; charset=UTF-8"},
            verify=TRUST,
        )

    def ok(self, method: str, path: str, **options: Any) -> Any:
        response = self.http.request(method, path, **options)
        assert response.is_success, response.text
        return response.json()

    def job(self, **said: Any) -> str:
        return str(self.ok("POST", "/job", json={"contentType": "JSON", **said})["id"])


@pytest.fixture
def first(org: Box) -> Iterator[First]:
    client = First(org)
    yield client
    client.http.close()


def test_a_query_of_the_first_api_shows_instants_in_milliseconds(org: Box, first: First) -> None:
    job = first.job(object="Invoice__c", operation="query")
    batch = first.ok(
        "POST", f"/job/{job}/batch", content="SELECT Sent__c, Due__c, Account__r.Name FROM Invoice__c"
    )["id"]
    first.ok("POST", f"/job/{job}", json={"state": "Closed"})
    assert first.ok("GET", f"/job/{job}/batch/{batch}")["state"] == "Completed"
    (result,) = first.ok("GET", f"/job/{job}/batch/{batch}/result")
    (row,) = first.ok("GET", f"/job/{job}/batch/{batch}/result/{result}")
    assert (row["Sent__c"], row["Due__c"], row["Account__r"]["Name"]) == (
        1795127400000,
        "2026-12-20",
        "Acme AB",
    )
    info = first.ok("GET", f"/job/{job}")
    assert (info["numberBatchesCompleted"], info["numberRecordsProcessed"], info["state"]) == (1, 1, "Closed")


def test_a_write_of_the_first_api_answers_for_each_record(org: Box, first: First) -> None:
    job = first.job(object="Invoice__c", operation="upsert", externalIdFieldName="External_Id__c")
    records = [{"External_Id__c": "SE:1", "Total__c": 1}, {"External_Id__c": "new"}, {"Status__c": "Lost"}]
    batch = first.ok("POST", f"/job/{job}/batch", json=records)["id"]
    assert first.ok("GET", f"/job/{job}/batch/{batch}")["state"] == "Completed"
    results = first.ok("GET", f"/job/{job}/batch/{batch}/result")
    assert [(one["success"], one["created"]) for one in results] == [
        (True, False),
        (True, True),
        (False, False),
    ]
    assert results[2]["errors"][0]["statusCode"] == "MISSING_ARGUMENT"
    assert first.ok("GET", f"/job/{job}/batch/{batch}/request")[1]["External_Id__c"] == "new"
    assert first.ok("GET", f"/job/{job}/batch")["batchInfo"][0]["numberRecordsFailed"] == 1


XML_JOB = """<?xml version="1.0"?><jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><operation>{}</operation>
<object>Account</object><contentType>CSV</contentType></jobInfo>"""


def told(response: httpx.Response) -> dict[str, str]:
    """What an answer in XML says, flat."""
    assert response.headers["content-type"].startswith("application/xml")
    return {one.tag.rpartition("}")[2]: one.text or "" for one in ET.fromstring(response.content).iter()}  # noqa: S314


def xml_job(first: First, operation: str) -> str:
    made = first.http.post(
        "/job", content=XML_JOB.format(operation), headers={"Content-Type": "application/xml"}
    )
    assert (made.status_code, told(made)["state"]) == (201, "Open")
    return told(made)["id"]


def test_a_query_in_csv_is_told_of_in_xml(first: First) -> None:
    job = xml_job(first, "query")
    csv_body = {"Content-Type": "text/csv"}
    statement = "SELECT Name, CreatedDate FROM Account WHERE Name = 'Acme AB'"
    batch = told(first.http.post(f"/job/{job}/batch", content=statement, headers=csv_body))["id"]
    assert told(first.http.get(f"/job/{job}/batch/{batch}"))["state"] == "Completed"
    assert told(first.http.get(f"/job/{job}/batch"))["id"] == batch
    result = told(first.http.get(f"/job/{job}/batch/{batch}/result"))["result"]
    rows = first.http.get(f"/job/{job}/batch/{batch}/result/{result}")
    assert rows.text == '"Name","CreatedDate"\n"Acme AB","2026-11-20T08:00:00.000Z"\n'


def test_a_write_in_csv_answers_for_each_line(first: First) -> None:
    job = xml_job(first, "insert")
    upload = "Name,Phone\nCsv AB,1\n,2\n"
    headers = {"Content-Type": "text/csv"}
    batch = told(first.http.post(f"/job/{job}/batch", content=upload, headers=headers))["id"]
    info = told(first.http.get(f"/job/{job}/batch/{batch}"))
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == ("2", "1")
    good, bad = list(csv.DictReader(io.StringIO(first.http.get(f"/job/{job}/batch/{batch}/result").text)))
    assert (good["Success"], good["Created"], good["Error"]) == ("true", "true", "")
    assert (bad["Id"], bad["Error"]) == (
        "",
        "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
    )
    assert first.http.get(f"/job/{job}/batch/{batch}/request").text == upload
    closed = first.http.post(
        f"/job/{job}",
        content='<jobInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload"><state>Closed</state></jobInfo>',
        headers={"Content-Type": "application/xml"},
    )
    assert told(closed)["state"] == "Closed"
    refused = first.http.post("/job", content="<jobInfo", headers={"Content-Type": "application/xml"})
    assert told(refused)["exceptionCode"] == "InvalidJob"


def test_a_statement_that_cannot_be_read_fails_its_batch(first: First) -> None:
    job = first.job(object="Account", operation="query")
    batch = first.ok("POST", f"/job/{job}/batch", content="SELECT Nmae FROM Account")["id"]
    info = first.ok("GET", f"/job/{job}/batch/{batch}")
    assert info["state"] == "Failed"
    assert "No such column 'Nmae'" in info["stateMessage"]


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/services/async/62.0/job/750000000000000AAA", {"X-SFDC-Session": "bad"}, "InvalidSessionId"),
        ("/services/async/20.0/job", {}, "InvalidVersion"),
    ],
)
def test_refusals_of_the_first_api_are_400_with_words_of_their_own(
    org: Box, path: str, headers: dict[str, str], code: str
) -> None:
    response = org.control.post(path, headers=headers, json={})
    assert (response.status_code, response.json()["exceptionCode"]) == (400, code)
