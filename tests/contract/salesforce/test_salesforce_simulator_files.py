"""Files in the Salesforce simulator: documents, versions and links, as the Object Reference tells of them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import httpx

from salesforce_box import DATA

if TYPE_CHECKING:
    from salesforce_box import Api, Box

PRINT = b"%PDF-1.4 one"


def saved(api: Api, content: bytes = PRINT, **more: object) -> str:
    """A version, made as a client makes it; its id."""
    body = {"VersionData": base64.b64encode(content).decode(), "PathOnClient": "print.pdf", **more}
    made: str = api.ok("POST", "/sobjects/ContentVersion", json=body)["id"]
    return made


def test_a_version_begins_a_document_that_is_shown_where_it_was_published(org: Box, api: Api) -> None:
    deal = api.rows("SELECT Id FROM Opportunity WHERE Name = 'Won deal'")[0]["Id"]
    version = saved(api, FirstPublishLocationId=deal)
    shown = api.ok("GET", f"/sobjects/ContentVersion/{version}")
    assert (shown["Title"], shown["FileExtension"], shown["VersionNumber"], shown["IsLatest"]) == (
        "print",
        "pdf",
        "1",
        True,
    )
    assert shown["Checksum"] == hashlib.md5(PRINT, usedforsecurity=False).hexdigest()
    assert shown["VersionData"] == f"{DATA}/sobjects/ContentVersion/{version}/VersionData"
    content = httpx.get(
        org.url + shown["VersionData"], headers={"Authorization": f"Bearer {org.token()}"}, trust_env=False
    )
    assert content.content == PRINT
    links = api.rows(
        f"SELECT LinkedEntityId, ShareType FROM ContentDocumentLink WHERE ContentDocumentId = '{shown['ContentDocumentId']}'"
    )
    assert (deal, "V") in {(one["LinkedEntityId"], one["ShareType"]) for one in links}


def test_a_version_of_a_document_takes_the_place_of_the_one_before(api: Api) -> None:
    first = saved(api)
    document = api.ok("GET", f"/sobjects/ContentVersion/{first}")["ContentDocumentId"]
    second = saved(api, b"%PDF-1.4 two", ContentDocumentId=document, PathOnClient="paid.pdf")
    versions = api.rows(
        f"SELECT Id, VersionNumber, IsLatest, PathOnClient FROM ContentVersion WHERE ContentDocumentId = '{document}' "
        "ORDER BY VersionNumber"
    )
    assert [(one["Id"], one["VersionNumber"], one["IsLatest"], one["PathOnClient"]) for one in versions] == [
        (first, "1", False, "print.pdf"),
        (second, "2", True, "paid.pdf"),
    ]
    latest = api.ok("GET", f"/sobjects/ContentDocument/{document}")["LatestPublishedVersionId"]
    assert latest == second


def test_the_same_content_twice_makes_two_documents(api: Api) -> None:
    saved(api)
    saved(api)
    assert len(api.rows("SELECT Id FROM ContentDocument")) == 2


def test_what_the_platform_refuses_of_files_is_refused(api: Api) -> None:
    deal = api.rows("SELECT Id FROM Opportunity LIMIT 1")[0]["Id"]
    data = base64.b64encode(PRINT).decode()
    document = api.ok("GET", f"/sobjects/ContentVersion/{saved(api)}")["ContentDocumentId"]
    for body, code in (
        ({"VersionData": data}, "REQUIRED_FIELD_MISSING"),
        ({"PathOnClient": "x.pdf"}, "REQUIRED_FIELD_MISSING"),
        ({"VersionData": "no base64!", "PathOnClient": "x.pdf"}, "JSON_PARSER_ERROR"),
        (
            {
                "VersionData": data,
                "PathOnClient": "x.pdf",
                "ContentDocumentId": document,
                "FirstPublishLocationId": deal,
            },
            "FIELD_INTEGRITY_EXCEPTION",
        ),
    ):
        assert api.refused("POST", "/sobjects/ContentVersion", json=body)[1] == code, body
    too_large = {"VersionData": "A" * 37_500_004, "PathOnClient": "x.pdf"}
    assert api.refused("POST", "/sobjects/ContentVersion", json=too_large)[1] == "FILE_SIZE_LIMIT_EXCEEDED"
    statement = {"q": "SELECT Id FROM ContentDocumentLink"}
    assert api.refused("GET", "/query", params=statement)[1] == "MALFORMED_QUERY"
    assert api.refused("POST", "/sobjects/ContentDocument", json={"Title": "x"})[1].startswith(
        "CANNOT_INSERT"
    )


def test_a_document_that_is_deleted_takes_its_versions_and_links_along(api: Api) -> None:
    version = saved(api)
    document = api.ok("GET", f"/sobjects/ContentVersion/{version}")["ContentDocumentId"]
    api.ok("DELETE", f"/sobjects/ContentDocument/{document}")
    assert api.rows("SELECT Id FROM ContentVersion") == []
