"""The check of a whole run's calls: what it finds, what it passes over, and the file that it reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import spiris_document
from our_operations import OUR_AGENT, OUR_OPERATIONS
from playground import CALLS
from sfspiris.sandbox.kernel import callfile
from spiris_document import Exchange
from spiris_sandbox import CLIENT, NOWHERE, sandbox
from suite_calls import ALTERED, News, Verdict, judged

UNIT = {"Id": NOWHERE, "Name": "st", "Code": "EA", "Abbreviation": "st", "AbbreviationEnglish": "pcs"}
LINK = {
    "ResourceId": NOWHERE, "ResourceType": 1, "Href": "https://example.com", "PartnerCompanyName": "A",
    "PartnerSystemName": "B",
}  # fmt: skip


def line(
    path: str, *, method: str = "GET", status: int | None = 200, body: Any = None, answer: Any = None, agent: str = "curl",
    fault: str | None = None, simulator: str = "spiris",
) -> dict[str, Any]:  # fmt: skip
    """A call as a sandbox writes it down."""
    return {
        "simulator": simulator, "method": method, "path": path, "query": "", "status": status, "agent": agent, "fault": fault,
        "body": "" if body is None else json.dumps(body), "body_type": "application/json",
        "response": "" if answer is None else json.dumps(answer), "response_type": "application/json",
    }  # fmt: skip


def verdict_on(folder: Path, *lines: dict[str, Any]) -> Verdict:
    spiris_document.document()
    (folder / "spiris-1.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    return judged(folder)


def answer(*names: str) -> Exchange:
    """A list of units with such names."""
    records = [{**UNIT, "Name": name} for name in names]
    text = json.dumps({"Meta": {"CurrentPage": 1}, "Data": records})
    return Exchange("GET", "/v2/units", {}, 200, b"", text.encode())


def test_a_wrong_answer_anywhere_in_a_run_is_found(tmp_path: Path) -> None:
    verdict = verdict_on(tmp_path, line("/v2/units", answer={"Meta": {}, "Data": [{**UNIT, "Id": "7"}]}))
    assert any("'7' is not a 'uuid'" in violation for violation in verdict.violations)


def test_a_wrong_request_that_was_accepted_is_found_and_one_that_was_refused_is_not(tmp_path: Path) -> None:
    wrong = {**LINK, "Href": "x" * 257}
    refusal = {"ErrorCode": 2000, "DeveloperErrorMessage": "no", "ErrorId": NOWHERE, "Errors": []}
    sent: dict[str, Any] = {"path": "/v2/partnerresourcelinks", "method": "POST", "body": wrong}
    refused = verdict_on(tmp_path, line(**sent, status=400, answer=refusal))
    assert refused.violations == []
    accepted = verdict_on(tmp_path, line(**sent, status=201, answer={**LINK, "Id": NOWHERE}))
    assert ["is too long" in violation for violation in accepted.violations] == [True]


@pytest.mark.parametrize("fault", sorted(ALTERED))
def test_what_a_fault_said_is_nobodys_violation(tmp_path: Path, fault: str) -> None:
    verdict = verdict_on(tmp_path, line("/v2/units", status=503, answer="<html>", fault=fault))
    assert (verdict.violations, verdict.failures) == ([], [])


def test_what_our_client_sent_is_checked_although_a_fault_kept_the_answer_back(tmp_path: Path) -> None:
    wrong = line(
        "/v2/customers",
        method="POST",
        status=None,
        body={"Name": 7},
        agent=f"{OUR_AGENT}1",
        fault="drop_after",
    )
    assert any("Name: 7 is not of type" in violation for violation in verdict_on(tmp_path, wrong).violations)


def test_an_error_of_a_simulator_itself_is_found_on_both_sides(tmp_path: Path) -> None:
    verdict = verdict_on(
        tmp_path,
        line("/services/data/v65.0/limits", status=500, simulator="salesforce"),
        line("/v2/units", status=500),
        line("/toys", status=500),
    )
    assert verdict.failures == [
        "salesforce: GET /services/data/v65.0/limits 500",
        "spiris: GET /v2/units 500",
    ]


def test_a_call_of_our_client_that_the_table_does_not_name_is_found(tmp_path: Path) -> None:
    verdict = verdict_on(tmp_path, line("/v2/messagethreads", status=404, agent=f"{OUR_AGENT}1"))
    assert "does not name" in verdict.violations[0]


def test_only_our_own_client_exercises_our_operations(tmp_path: Path) -> None:
    others = verdict_on(tmp_path, line("/v2/customers", status=None))
    assert others.left_out == sorted(set(OUR_OPERATIONS.values()))
    ours = verdict_on(tmp_path, line("/v2/customers", status=None, agent=f"{OUR_AGENT}1"))
    assert "GET /customers" not in ours.left_out
    told = list(ours.told({}, is_whole=True))
    assert f"operations used by our flows {len(set(OUR_OPERATIONS.values()))}, exercised 1" in told[0]
    assert "  no test makes our client call POST /customerinvoicedrafts" in told


def test_a_record_that_says_nothing_new_is_passed_over() -> None:
    news = News()
    assert news.of(answer("st", "tim")) is not None
    assert news.of(answer("km", "dag")) is None
    cut = news.of(answer("st", "dagar"))
    assert cut is not None
    assert [one["Name"] for one in json.loads(cut.answer)["Data"]] == ["dagar"]


@pytest.mark.parametrize(
    "changes",
    [{"Name": None}, {"Name": 1}, {"Name": 1.5}, {"Name": True}, {"Name": ""}, {"Other": 1}, {"Name": [1]}, {"Id": "x" * 36}],
)  # fmt: skip
def test_any_other_kind_of_value_is_new(changes: dict[str, Any]) -> None:
    news = News()
    news.of(answer("st"))
    document = {"Meta": {"CurrentPage": 1}, "Data": [{**UNIT, **changes}]}
    other = Exchange("GET", "/v2/units", {}, 200, b"", json.dumps(document).encode())
    assert news.of(other) is not None


def test_a_sandbox_writes_down_every_call_but_sign_ins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(callfile.FOLDER, str(tmp_path))
    assert callfile.FOLDER == CALLS
    with sandbox() as office:
        api = office.sign_in()
        office.does("POST", "faults", json={"path": "/v2/units", "effect": "drop_after"})
        with pytest.raises(httpx.RemoteProtocolError):
            api.get("/units")
        api.ok("POST", "/notes", json={"Text": "Å"})
        office.reset()
    (written,) = tmp_path.glob("*.jsonl")
    lines = [json.loads(text) for text in written.read_text(encoding="utf-8").splitlines()]
    assert [(one["path"], one["status"], one["fault"]) for one in lines] == [
        ("/v2/units", None, "drop_after"),
        ("/v2/notes", 200, None),
    ]
    assert json.loads(lines[1]["body"].encode("latin-1")) == {"Text": "Å"}
    assert lines[1]["agent"].startswith("python-httpx/")
    assert CLIENT[1] not in written.read_text()
