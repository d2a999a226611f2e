"""What can be attached to other things: partner links, notes, files."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import (
    ARTICLES,
    ATTACHMENTS,
    CUSTOMERS,
    DRAFTS,
    INVOICES,
    LINKS,
    NOTES,
    ORDERS,
    QUOTES,
    USERS,
    VOUCHER_DRAFTS,
    VOUCHERS,
    Books,
    public,
)
from sfspiris.sandbox.spiris.lists import found, found_or_404, page
from sfspiris.sandbox.spiris.model.extras import ATTACHMENT, NOTE, PARTNER_LINK, UPLOAD
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Handler, Operation, created

# What a link or note can be about, by the vendor's numbers; what is not simulated has no table.
_LINKED: Final[Mapping[int, str]] = {0: ARTICLES, 1: CUSTOMERS, 3: INVOICES, 5: DRAFTS}
_NOTED: Final[Mapping[int, str]] = {
    1: INVOICES,
    2: DRAFTS,
    4: VOUCHERS,
    6: ORDERS,
    9: CUSTOMERS,
    11: ARTICLES,
    20: VOUCHER_DRAFTS,
    21: ORDERS,
}
_ATTACHED_TO: Final[Mapping[str, int]] = {INVOICES: 1, DRAFTS: 2, QUOTES: 3, ORDERS: 4}
"""Documents that take files, with the numbers of `DocumentType`; the manual lists 0-6 without names."""

_MEDIA_TYPES: Final = frozenset({"application/pdf", "image/jpeg", "image/tiff", "image/png"})


# Partner links


def save_link(books: Books, sent: Mapping[str, Any], before: Record | None = None) -> Record:
    """Create or replace a link. What it links to must exist at that moment; it stays when that goes."""
    table = _LINKED.get(sent["ResourceType"])
    if table is None:
        raise errors.no_such("Resource", sent["ResourceId"])
    books.needed(table, "Resource", sent["ResourceId"])
    own_id = books.id_for(sent, before)
    return books.put(LINKS, {**PARTNER_LINK.blank(), **sent, "Id": own_id})


def _links(call: Call) -> Answer:
    return page(call, LINKS, PARTNER_LINK)


def _link(call: Call) -> Answer:
    return Answer(public(found_or_404(call, LINKS, "Partner resource link")))


def _create_link(call: Call) -> Answer:
    return created(public(save_link(call.books, call.body(PARTNER_LINK))))


def _replace_link(call: Call) -> Answer:
    before = found(call, LINKS, "Partner resource link")
    return Answer(public(save_link(call.books, call.body(PARTNER_LINK), before)))


def _delete_link(call: Call) -> Answer:
    call.books.delete(LINKS, found(call, LINKS, "Partner resource link")["Id"])
    return DONE


# Notes


def save_note(books: Books, sent: Mapping[str, Any], user_id: str, before: Record | None = None) -> Record:
    """Create or replace a note; what it is attached to must exist."""
    table = _NOTED.get(sent.get("DocumentType") or 0)
    if sent.get("AttachedTo") and table is not None:
        books.needed(table, "Document", sent["AttachedTo"])
    elif sent.get("AttachedTo"):
        raise errors.invalid_field("DocumentType", "The field must say what AttachedTo is.", "Required")
    now = books.now
    note = {
        **NOTE.blank(),
        **sent,
        "Id": books.id_for(sent, before),
        "UserId": user_id if before is None else before["UserId"],
        "CreatedUtc": now if before is None else before["CreatedUtc"],
        "ModifiedUtc": now,
    }
    return books.put(NOTES, note)


def _notes(call: Call) -> Answer:
    return page(call, NOTES, NOTE)


def _note(call: Call) -> Answer:
    return Answer(public(found(call, NOTES, "Note")))


def _create_note(call: Call) -> Answer:
    """Answers 200, as the manual declares for this POST."""
    return Answer(public(save_note(call.books, call.body(NOTE), call.session.user_id)))


def _replace_note(call: Call) -> Answer:
    before = found(call, NOTES, "Note")
    return Answer(public(save_note(call.books, call.body(NOTE), call.session.user_id, before)))


# Files


def _attach(*tables: str) -> Handler:
    """An upload to a document of one of these kinds."""

    def attach(call: Call) -> Answer:
        books, sent = call.books, call.body(UPLOAD)
        if sent["ContentType"] not in _MEDIA_TYPES:
            raise errors.invalid_field(
                "ContentType", f"The value must be one of {', '.join(sorted(_MEDIA_TYPES))}."
            )
        if not sent.get("Data") and not sent.get("Url"):
            raise errors.invalid_field("Data", "Either Data or Url is required.", "Required")
        document_id = sent["DockumentId"]
        table = next((table for table in tables if books.get(table, document_id)), None)
        if table is None:
            raise errors.no_such("Document", document_id)
        user = books.needed(USERS, "User", call.session.user_id)
        record = {
            **ATTACHMENT.blank(),
            "Id": books.new_id(),
            "DocumentId": document_id,
            "DocumentType": _ATTACHED_TO[table],
            "OriginalFilename": sent["FileName"],
            "DocumentSize": _size(sent.get("Data")),
            "CreatedUtc": books.now,
            "CreatedBy": f"{user['FirstName']} {user['LastName']}",
            "_data": sent.get("Data"),
            "_url": sent.get("Url"),
            "_type": sent["ContentType"],
        }
        return created(public(books.put(ATTACHMENTS, record)))

    return attach


def _size(data: str | None) -> int:
    return len(_decoded(data)) if data else 0


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise errors.invalid_field("Data", "The value is not base64.", "Type") from error


def _attachments(call: Call) -> Answer:
    return page(call, ATTACHMENTS, ATTACHMENT)


def _attachment(call: Call) -> Answer:
    """Facts about a file, or with `.pdf` behind the id the file itself, in the format it was given in."""
    name = call.path[0]
    if not name.lower().endswith(".pdf"):
        return Answer(public(found(call, ATTACHMENTS, "Attachment")))
    call.path = (name[: -len(".pdf")],)
    record = found(call, ATTACHMENTS, "Attachment")
    if not record["_data"]:
        raise errors.cannot_change(
            "The file was given by address only; the sandbox fetches nothing from the network."
        )
    return Answer(data=_decoded(record["_data"]), media_type=record["_type"])


def _detach(table: str | None) -> Handler:
    """Remove a file from a document; the address without a kind means a draft, as it did first."""

    def detach(call: Call) -> Answer:
        document_id = call.guid(0, "a document")
        record = found(call, ATTACHMENTS, "Attachment", 1)
        if record["DocumentId"] != document_id or record["DocumentType"] != _ATTACHED_TO[table or DRAFTS]:
            raise errors.no_such("Attachment", record["Id"])
        call.books.delete(ATTACHMENTS, record["Id"])
        return DONE

    return detach


OPERATIONS = (
    Operation("GET", "/partnerresourcelinks", _links),
    Operation("POST", "/partnerresourcelinks", _create_link),
    Operation("GET", "/partnerresourcelinks/{}", _link),
    Operation("PUT", "/partnerresourcelinks/{}", _replace_link),
    Operation("DELETE", "/partnerresourcelinks/{}", _delete_link),
    Operation("GET", "/notes", _notes),
    Operation("POST", "/notes", _create_note),
    Operation("GET", "/notes/{}", _note),
    Operation("PUT", "/notes/{}", _replace_note),
    Operation("GET", "/salesdocumentattachments", _attachments),
    Operation("POST", "/salesdocumentattachments", _attach(DRAFTS, INVOICES, ORDERS, QUOTES)),
    Operation("GET", "/salesdocumentattachments/{}", _attachment),
    *(
        Operation("POST", f"/salesdocumentattachments/{kind}", _attach(table))
        for kind, table in (
            ("customerinvoicedraft", DRAFTS),
            ("customerinvoice", INVOICES),
            ("order", ORDERS),
            ("quote", QUOTES),
        )
    ),
    Operation("DELETE", "/salesdocumentattachments/{}/{}", _detach(None)),
    *(
        Operation("DELETE", f"/salesdocumentattachments/{kind}/{{}}/{{}}", _detach(table))
        for kind, table in (
            ("customerinvoicedraft", DRAFTS),
            ("customerinvoice", INVOICES),
            ("order", ORDERS),
            ("quote", QUOTES),
        )
    ),
)
