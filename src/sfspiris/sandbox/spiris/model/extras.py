"""Partner links, notes and attachments."""

from sfspiris.sandbox.spiris.model.fields import Shape, flag, guid, guids, moment, one_ro, text, whole

PARTNER_LINK = Shape(
    "PartnerResourceLinkApi",
    [
        one_ro(guid("Id", nullable=False)),
        guid("ResourceId", required=True),
        whole("ResourceType", required=True, choices=range(7)),
        text("Href", 256, required=True),
        text("PartnerCompanyName", 100, required=True),
        text("PartnerSystemName", 100, required=True),
    ],
)

NOTE = Shape(
    "NoteApi",
    [
        one_ro(guid("Id", nullable=False)),
        one_ro(guid("UserId", nullable=False)),
        guid("AttachedTo"),
        text("Text", 256, required=True),
        text("Subject", 40),
        whole("DocumentType", 0, 21),
        one_ro(moment("CreatedUtc", nullable=False)),
        one_ro(moment("ModifiedUtc", nullable=False)),
        flag("IsDone"),
    ],
)

UPLOAD = Shape(
    "SalesDocumentAttachmentUploadApi",
    [
        text("ContentType", 15, required=True),
        text("FileName", 128, required=True),
        guid("DockumentId", required=True),
        text("Data"),
        text("Url"),
    ],
)
"""`DockumentId` is spelt as the vendor spells it."""

ATTACHMENT = Shape(
    "SalesDocumentAttachmentApi",
    [
        guid("Id", nullable=False),
        guid("DocumentId"),
        whole("DocumentType", choices=range(7)),
        text("OriginalFilename"),
        whole("DocumentSize"),
        moment("CreatedUtc"),
        text("CreatedBy"),
        text("Thumbnail"),
    ],
)

ATTACHMENT_LINK = Shape(
    "AttachmentLinkApi",
    [
        guid("DocumentId", nullable=False),
        whole("DocumentType", required=True, choices=(0, 1, 2, 3, 4, 5, 6, 8)),
        guids("AttachmentIds", required=True),
    ],
)
