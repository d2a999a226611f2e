"""What every resource does alike: a page of its records, and the record that an address names."""

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sfspiris.sandbox.kernel.jsonio import encode
from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import (
    ARTICLES,
    CUSTOMERS,
    DRAFTS,
    INVOICES,
    LINKS,
    NOTES,
    ORDERS,
    VOUCHERS,
    Books,
    public,
)
from sfspiris.sandbox.spiris.model.fields import Shape
from sfspiris.sandbox.spiris.odata.evaluate import equalities
from sfspiris.sandbox.spiris.wire import Answer, Call

# Fields by which a list can start from an index when the filter asks for one value of them.
_INDEXED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        CUSTOMERS: ("CustomerNumber", "CorporateIdentityNumber", "VatNumber"),
        ARTICLES: ("Number",),
        DRAFTS: ("Id", "CustomerId"),
        INVOICES: ("Id", "CustomerId", "CreatedFromDraftId", "ReferringInvoiceId"),
        ORDERS: ("CustomerId",),
        LINKS: ("ResourceId", "Href"),
        NOTES: ("AttachedTo",),
        VOUCHERS: ("SourceId",),
    }
)


def page(
    call: Call,
    table: str,
    shape: Shape,
    shown: Callable[[Record], dict[str, Any]] = public,
    *,
    keep: Callable[[Record], bool] | None = None,
    beside: Callable[[Record, dict[str, Any]], Hashable] | None = None,
) -> Answer:
    """The page of a table that the call asks for; `keep` leaves out records before anything else.

    `beside` tells what else than the stored record shows in its answer, so that the rest need not be written anew.
    """
    query = call.query(shape, table)
    field, value = None, None
    if query.filter is not None and call.switches.get("filter_case") == "sensitive":
        equal = equalities(query.filter)
        field = next((name for name in _INDEXED.get(table, ()) if name in equal), None)
        value = None if field is None else equal[field]
    records = call.books.listed(table, field=field, value=value)
    chosen, total = query.chosen((r, shown(r)) for r in records if keep is None or keep(r))
    meta = query.meta(total, call.books.now)
    if beside is None or query.select is not None:
        return Answer({"Meta": meta, "Data": [query.selected(answered) for _, answered in chosen]})
    texts = (call.fragments.of(record, answered, beside(record, answered)) for record, answered in chosen)
    return Answer(data=b'{"Meta":%s,"Data":[%s]}' % (encode(meta), b",".join(texts)))


def found(call: Call, table: str, kind: str, place: int = 0) -> Record:
    """The record that the address names."""
    record_id = call.guid(place, kind.lower())
    record = call.books.get(table, record_id)
    if record is None:
        raise missing(call, kind, record_id)
    return record


def missing(call: Call, kind: str, record_id: str) -> errors.Refusal:
    """What the address of something that is not there answers, where the manual does not say."""
    return absent(call.books, kind, record_id)


def absent(books: Books, kind: str, record_id: str) -> errors.Refusal:
    """404, or 400 with ErrorCode 3000, as the switch says."""
    refusal = errors.not_here if books.switches.get("missing_draft") == "404" else errors.no_such
    return refusal(kind, record_id)


def found_or_404(call: Call, table: str, kind: str, place: int = 0) -> Record:
    """The record that the address names, where the manual declares 404 for one that is not there."""
    record_id = call.guid(place, kind.lower())
    record = call.books.get(table, record_id)
    if record is None:
        raise errors.not_here(kind, record_id)
    return record
