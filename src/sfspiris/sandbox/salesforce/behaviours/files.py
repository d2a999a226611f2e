"""Files: every save of a new version makes or renews a document, and shows it where it was published.

Source: Object Reference, ContentVersion, ContentDocument, ContentDocumentLink (read November 2026). Saving the same content
twice makes two versions, or two documents: nothing about a file is unique.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Final

from sfspiris.sandbox.salesforce import tables
from sfspiris.sandbox.salesforce.behaviours.base import Behaviour, Save, integrity
from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record

LARGEST: Final = 37_500_000
"""Characters of base64 that a record sent as JSON may carry. Source: REST API Developer Guide, "Insert or Update Blob Data"."""


class FileVersions(Behaviour):
    """A version belongs to the document that it names, or begins one."""

    def before(self, save: Save) -> None:
        """Take the content out of the record, number the version, and begin a document where none is named."""
        row = save.row
        if save.by_platform:
            return
        if not save.is_insert:
            if not row["IsLatest"]:
                raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "only the latest version can be changed")
            return
        missing = [name for name in ("VersionData", "PathOnClient") if not row.get(name)]
        if missing:
            raise ApiError(
                "REQUIRED_FIELD_MISSING",
                f"Required fields are missing: [{', '.join(missing)}]",
                fields=tuple(missing),
            )
        data: str = row["VersionData"]
        content = _content(data)
        name = row["PathOnClient"].replace("\\", "/").rpartition("/")[2]
        stem, _, extension = name.rpartition(".")
        row["Title"] = row["Title"] or stem or name
        row["FileExtension"] = extension.lower() if stem else None
        row["FileType"] = (row["FileExtension"] or "unknown").upper()
        row["ContentSize"] = len(content)
        row["Checksum"] = hashlib.md5(content, usedforsecurity=False).hexdigest()
        row["ContentModifiedDate"] = row["CreatedDate"]
        row["IsLatest"] = True
        row["VersionData"] = row["Id"]
        if row["ContentDocumentId"] is None:
            row["VersionNumber"] = "1"
            row["ContentDocumentId"] = save.dml.note(
                save.dml.org.all_schema["ContentDocument"],
                {
                    **{name: row[name] for name in ("Title", "Description", "OwnerId")},
                    "PublishStatus": "P",
                },
                save.author,
            )
        elif row["FirstPublishLocationId"] is not None:
            raise integrity("FirstPublishLocationId", "a new version stays where its document is")
        else:
            row["VersionNumber"] = str(1 + len(_versions(save)))
        save.dml.store.records.put(tables.FILES, row["Id"], {"base64": data})

    def after(self, save: Save) -> None:
        """Make the version the document's latest, and show a new document where it was published and to its owner."""
        row, dml = save.row, save.dml
        if save.by_platform:
            return
        if save.is_insert:
            for other in _versions(save):
                if other["Id"] != row["Id"] and other["IsLatest"]:
                    dml.adjust("ContentVersion", other["Id"], {"IsLatest": False}, save.author, stamps=False)
        told = {
            name: row[name]
            for name in (
                "Title",
                "Description",
                "FileType",
                "FileExtension",
                "ContentSize",
                "ContentModifiedDate",
            )
        }
        document = {**told, "LatestPublishedVersionId": row["Id"]}
        dml.adjust("ContentDocument", row["ContentDocumentId"], document, save.author)
        if save.is_insert and row["VersionNumber"] == "1":
            places = {row["OwnerId"]: "I"}
            if row["FirstPublishLocationId"] is not None:
                places[row["FirstPublishLocationId"]] = "V"
            for place, share in places.items():
                dml.note(
                    dml.org.all_schema["ContentDocumentLink"],
                    {
                        "LinkedEntityId": place,
                        "ContentDocumentId": row["ContentDocumentId"],
                        "ShareType": share,
                        "Visibility": "AllUsers",
                    },
                    save.author,
                )


class FileLinks(Behaviour):
    """A document is shown once at most on each record."""

    def before(self, save: Save) -> None:
        """Refuse a second link to the same record."""
        row = save.row
        links = save.dml.store.now_referring(
            "ContentDocumentLink", "ContentDocumentId", row["ContentDocumentId"]
        )
        if save.is_insert and any(one["LinkedEntityId"] == row["LinkedEntityId"] for one in links):
            raise ApiError(
                "DUPLICATE_VALUE",
                "duplicate value found: <unknown> duplicates value on record with id: <unknown>",
            )


def _versions(save: Save) -> list[Record]:
    return save.dml.store.now_referring("ContentVersion", "ContentDocumentId", save.row["ContentDocumentId"])


def _content(data: str) -> bytes:
    if len(data) > LARGEST:
        raise ApiError("FILE_SIZE_LIMIT_EXCEEDED", "File exceeds the maximum size", fields=("VersionData",))
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise ApiError(
            "JSON_PARSER_ERROR", "Cannot deserialize instance of base64Binary", fields=("VersionData",)
        ) from None
