"""Files: a document, its versions, and where it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.schema.build import (
    area,
    check,
    computed,
    create_only,
    lookup,
    moment,
    owner,
    pick,
    required,
    sobject,
    text,
    whole,
)
from sfspiris.sandbox.salesforce.schema.model import Field

if TYPE_CHECKING:
    from sfspiris.sandbox.salesforce.schema.model import SObject


def _anything(name: str, label: str, **given: Any) -> Field:
    """A reference to a record of any object that takes files."""
    return Field(name=name, type="reference", label=label, length=18, updateable=False, **given)


CONTENT_DOCUMENT: Final[SObject] = sobject(
    "ContentDocument",
    "069",
    required(text("Title", 255, name_field=True)),
    area("Description", 1000),
    computed(lookup("LatestPublishedVersionId", "ContentVersion", label="Latest Published Version ID")),
    computed(pick("PublishStatus", "R", "P", "U", length=40, default="P")),
    computed(text("FileType", 20)),
    computed(text("FileExtension", 40)),
    computed(whole("ContentSize")),
    computed(moment("ContentModifiedDate")),
    owner(),
    createable=False,
)

CONTENT_VERSION: Final[SObject] = sobject(
    "ContentVersion",
    "068",
    create_only(lookup("ContentDocumentId", "ContentDocument", children="ContentVersions", cascades=True)),
    computed(check("IsLatest", label="Is Latest")),
    computed(text("VersionNumber", 20)),
    required(text("Title", 255, name_field=True, default="")),
    area("Description", 1000),
    area("ReasonForChange", 1000),
    create_only(text("PathOnClient", 500)),
    _anything("FirstPublishLocationId", "First Publish Location ID"),
    create_only(Field(name="VersionData", type="base64", label="Version Data")),
    computed(text("FileType", 20)),
    computed(text("FileExtension", 40)),
    computed(whole("ContentSize")),
    computed(text("Checksum", 50)),
    computed(pick("PublishStatus", "R", "P", "U", length=40, default="P")),
    create_only(pick("Origin", "C", "H", length=40, default="C", label="Content Origin")),
    create_only(pick("ContentLocation", "S", "E", "L", length=40, default="S")),
    computed(moment("ContentModifiedDate")),
    owner(),
    deletable=False,
    undeletable=False,
)

CONTENT_DOCUMENT_LINK: Final[SObject] = sobject(
    "ContentDocumentLink",
    "06A",
    _anything("LinkedEntityId", "Linked Entity ID", nillable=False),
    create_only(
        required(
            lookup("ContentDocumentId", "ContentDocument", children="ContentDocumentLinks", cascades=True)
        )
    ),
    pick("ShareType", "V", "C", "I", length=40, default="V"),
    pick("Visibility", "AllUsers", "InternalUsers", "SharedUsers", length=40, default="AllUsers"),
    undeletable=False,
)

FILES: Final = (CONTENT_DOCUMENT, CONTENT_VERSION, CONTENT_DOCUMENT_LINK)
