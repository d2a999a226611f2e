"""Pure: files on Salesforce's records.

A file is a ContentDocument with one ContentVersion for each content that it has had. Inserting a version without naming a
document makes a new document, shown on the record of `FirstPublishLocationId`; both are one call, so there is never a file that hangs
nowhere. Nothing about a version is unique, and an insert that is repeated makes another one: `PathOnClient`, which can be
searched and never be changed, carries our key. Source: Object Reference, ContentVersion (read November 2026).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from sfspiris.adapters.salesforce import soql
from sfspiris.adapters.salesforce.package.fields import INVOICE
from sfspiris.adapters.salesforce.receivables import EXTERNAL_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sfspiris.ports.crm import NewFile

VERSION: Final = "ContentVersion"
NEEDED: Final = ("PathOnClient", "VersionData", "ContentDocumentId", "FirstPublishLocationId", "Title")
_NAMES_PER_QUERY: Final = 120
"""A name of ours takes up to 90 bytes of the address, which with its headers may have 16 384. Source: salesforce-app-limits."""


def record_query(external_ids: Sequence[str]) -> str:
    """The records of these invoices."""
    among = soql.quoted(f"{EXTERNAL_ID} IN {{}}", list(external_ids))
    return f"SELECT Id, {EXTERNAL_ID} FROM {INVOICE} WHERE {among}"  # noqa: S608 - values are quoted


def version_queries(names: Sequence[str]) -> Iterator[str]:
    """Every version that has one of these file names."""
    for start in range(0, len(names), _NAMES_PER_QUERY):
        among = soql.quoted("PathOnClient IN {}", list(names[start : start + _NAMES_PER_QUERY]))
        yield f"SELECT Id, ContentDocumentId, PathOnClient FROM {VERSION} WHERE {among} ORDER BY Id"  # noqa: S608 - values are quoted


def body(file: NewFile) -> dict[str, Any]:
    """The version as it is inserted."""
    place = (
        {"ContentDocumentId": file.document_id}
        if file.document_id
        else {"FirstPublishLocationId": file.record_id}
    )
    return {
        "Title": file.title,
        "PathOnClient": file.name,
        "VersionData": base64.b64encode(file.content).decode("ascii"),
        **place,
    }
