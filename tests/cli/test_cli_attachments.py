"""Stories of invoices as PDF on their records in Salesforce: once for each status, whatever goes wrong on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from playground import Json, Playground, finance, pushed

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSIONS = "/sobjects/ContentVersion"
BEFORE_STATUS = len("sfspiris-se-00000000-0000-0000-0000-000000000000")

RULE = {"name": "Outside", "message": "No files from outside", "when": "Title != null"}


def records(demo: Playground, kind: str) -> list[Json]:
    found: list[Json] = demo.control("salesforce", "GET", "state")["records"].get(kind, [])
    return found


def versions(demo: Playground) -> list[tuple[str, str, str, bool]]:
    """Document, number, file name without the ids, and whether it is the latest, in the order of making."""
    return [
        (
            one["ContentDocumentId"],
            one["VersionNumber"],
            one["PathOnClient"][BEFORE_STATUS:],
            one["IsLatest"],
        )
        for one in records(demo, "ContentVersion")
    ]


def later(demo: Playground, now: str) -> None:
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": now})


def states(demo: Playground) -> Sequence[str]:
    return [name for _, _, name, _ in versions(demo)]


@pytest.fixture
def issued(demo: Playground) -> tuple[Playground, Json]:
    """One issued invoice, and attachments switched on."""
    demo.add_config('[write_back]\nattachments = "pdf"\n')
    draft = next(iter(pushed(demo).values()))
    return demo, finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})


def test_without_the_setting_no_file_is_made(demo: Playground) -> None:
    draft = next(iter(pushed(demo).values()))
    finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    assert demo.sfspiris("pull-invoice-status").code == 0
    assert records(demo, "ContentVersion") == []


def test_each_status_becomes_one_version_of_one_document_on_the_invoices_record(
    issued: tuple[Playground, Json],
) -> None:
    demo, invoice = issued
    planned = demo.sfspiris("pull-invoice-status", "--dry-run", "--json")
    assert planned.kinds().count("attach_pdf") == 1
    assert records(demo, "ContentVersion") == []

    first = demo.sfspiris("pull-invoice-status", "--json")
    assert first.code == 0, first.out + first.err
    assert first.kinds().count("attach_pdf") == 1
    (version,) = records(demo, "ContentVersion")
    assert version["Title"] == f"Invoice {invoice['InvoiceNumber']} (Issued)"
    assert version["PathOnClient"] == f"sfspiris-se-{invoice['Id']}-issued.pdf"
    assert version["ContentSize"] > 500
    record = next(one for one in records(demo, "Spiris_Invoice__c"))
    assert record["Id"] in {one["LinkedEntityId"] for one in records(demo, "ContentDocumentLink")}

    demo.forget_calls()
    assert demo.sfspiris("pull-invoice-status", "--json").document["actions"] == []
    assert demo.writes() == []

    finance(demo, f"invoices/{invoice['Id']}/pay", {"amount": 100, "date": "2026-11-20"})
    demo.sfspiris("pull-invoice-status")
    finance(demo, f"invoices/{invoice['Id']}/pay", {"date": "2026-11-20"})
    demo.sfspiris("pull-invoice-status")
    found = versions(demo)
    assert [(number, name, latest) for _, number, name, latest in found] == [
        ("1", "-issued.pdf", False),
        ("2", "-partly-paid.pdf", False),
        ("3", "-paid.pdf", True),
    ]
    assert len({document for document, *_ in found}) == 1


@pytest.mark.parametrize("effect", ["drop_after", "status_after", "html", "empty"])
def test_a_lost_answer_leads_to_no_second_file(issued: tuple[Playground, Json], effect: str) -> None:
    demo, _ = issued
    demo.control(
        "salesforce", "POST", "faults", {"method": "POST", "path": VERSIONS, "effect": effect, "times": 1}
    )
    ended = demo.sfspiris("pull-invoice-status", "--json")
    assert ended.code == 3, ended.out + ended.err
    assert [one["code"] for one in ended.document["warnings"]] == ["ATTACHMENT_FAILED"]
    made = len(states(demo))

    demo.forget_calls()
    at_once = demo.sfspiris("pull-invoice-status", "--json")
    assert at_once.document["actions"] == [], "what was sent and not answered may still arrive"
    assert len(states(demo)) == made
    later(demo, "2026-11-20T09:30:00Z")
    assert demo.sfspiris("pull-invoice-status").code == 0
    assert states(demo) == ["-issued.pdf"]


def test_a_lost_memory_makes_no_second_file(issued: tuple[Playground, Json]) -> None:
    demo, _ = issued
    demo.sfspiris("pull-invoice-status")
    assert states(demo) == ["-issued.pdf"]
    for left_over in demo.folder.glob("sfspiris.db*"):
        left_over.unlink()
    assert demo.sfspiris("state", "rebuild").code in {0, 3}
    demo.sfspiris("push-closed-won")
    demo.sfspiris("pull-invoice-status", "--full")
    assert states(demo) == ["-issued.pdf"]


def test_a_file_that_salesforce_refuses_is_named_and_the_pull_goes_on(
    issued: tuple[Playground, Json],
) -> None:
    demo, invoice = issued
    refusal = {"ContentVersion": {"rules": [RULE]}}
    demo.control("salesforce", "PUT", "schema", refusal)
    ended = demo.sfspiris("pull-invoice-status", "--json")
    assert ended.code == 3, ended.out + ended.err
    (warning,) = ended.document["warnings"]
    assert warning["code"] == "ATTACHMENT_FAILED"
    assert f"invoice {invoice['InvoiceNumber']}" in warning["message"]
    assert "No files from outside" in warning["message"]
    assert [one["Status__c"] for one in records(demo, "Spiris_Invoice__c")] == ["Issued"]


def test_what_is_hidden_of_files_is_named_by_the_pull_and_by_doctor(issued: tuple[Playground, Json]) -> None:
    demo, _ = issued
    demo.control("salesforce", "PUT", "schema", {"ContentVersion": {"hidden": ["PathOnClient"]}})
    ended = demo.sfspiris("pull-invoice-status", "--json")
    assert ended.code == 0, ended.out + ended.err
    assert [one["code"] for one in ended.document["warnings"]] == ["ATTACHMENT_FAILED"]
    assert [one["Status__c"] for one in records(demo, "Spiris_Invoice__c")] == ["Issued"]
    looked = demo.sfspiris("doctor", "--json")
    (finding,) = [one for one in looked.document["findings"] if one["check"] == "files"]
    assert finding["state"] == "warn"
    assert "ContentVersion" in finding["message"]


def test_a_print_that_spiris_cannot_give_is_named_and_tried_again(issued: tuple[Playground, Json]) -> None:
    demo, _ = issued
    demo.control(
        "spiris",
        "POST",
        "faults",
        {"method": "GET", "path": "/files/", "effect": "html", "code": 200, "times": 3},
    )
    ended = demo.sfspiris("pull-invoice-status", "--json")
    assert ended.code == 3, ended.out + ended.err
    assert states(demo) == []
    assert demo.sfspiris("pull-invoice-status").code == 0
    assert states(demo) == ["-issued.pdf"]


def test_an_address_at_another_host_is_not_asked_and_the_print_comes_from_the_api(
    issued: tuple[Playground, Json],
) -> None:
    demo, _ = issued
    elsewhere = {"Url": "https://files.example/invoice.pdf"}
    fault = {"method": "GET", "path": "/pdf$", "effect": "status", "code": 200, "body": elsewhere}
    demo.control("spiris", "POST", "faults", fault)
    assert demo.sfspiris("pull-invoice-status").code == 0
    assert states(demo) == ["-issued.pdf"]
    assert [one for one in demo.calls("spiris") if one["path"].endswith("/print")]


def test_the_temporary_address_is_asked_without_the_sign_in(issued: tuple[Playground, Json]) -> None:
    demo, _ = issued
    demo.forget_calls()
    demo.sfspiris("pull-invoice-status")
    (read,) = [one for one in demo.calls("spiris") if one["path"].startswith("/files/")]
    assert read["token"] is None
