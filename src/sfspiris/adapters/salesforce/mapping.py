"""Pure: rows as Salesforce sends them ↔ our Deals and their status.

Text is taken as it stands but for being empty: checking and repairing it is planning's business.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sfspiris.adapters.salesforce.catalog import OPPORTUNITY
from sfspiris.adapters.salesforce.ids import long_id
from sfspiris.adapters.salesforce.origin import OPPORTUNITIES
from sfspiris.adapters.salesforce.source import SOURCE_FIELDS
from sfspiris.core.explain import SourceSeen
from sfspiris.core.model import Buyer, Deal, DealLine, Readiness, SyncState
from sfspiris.errors import BrokenReply
from sfspiris.ports.crm import Fate, Witness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfspiris.adapters.salesforce.catalog import Catalog, Field
    from sfspiris.adapters.salesforce.origin import Origin
    from sfspiris.adapters.salesforce.source import SourceMap
    from sfspiris.adapters.salesforce.wire import Row
    from sfspiris.ports.crm import DealUpdate

SYNC_FIELDS: Final = {
    "status": "Spiris_Sync_Status__c",
    "code": "Spiris_Sync_Code__c",
    "message": "Spiris_Sync_Message__c",
    "correlation_id": "Spiris_Correlation_Id__c",
    "company": "Spiris_Company__c",
    "draft_id": "Spiris_Draft_Id__c",
    "invoice_number": "Spiris_Invoice_Number__c",
}
"""The parts of a SyncState → their fields on what deals are read from, as the command-line contract names them (section 7)."""

SYNC_TIME: Final = "Spiris_Sync_Time__c"
RETRY: Final = "Spiris_Retry__c"
"""The checkbox by which sales asks for another try; an org may do without it."""
READY: Final = "Spiris_Invoice_Ready__c"
READY_REASONS: Final = "Spiris_Invoice_Ready_Reasons__c"
"""What open deals are told: whether they could be invoiced as they stand, and what keeps them from it."""
_ELLIPSIS: Final = "…"
_SWEDEN: Final = ZoneInfo("Europe/Stockholm")


def to_deal(row: Row, source: SourceMap) -> Deal:
    """One deal with its lines, all of which must be in the row, wherever deals come from.

    Raises BrokenReply naming the record and the field when a value is not what its field's type promises.
    """
    cells = _Cells(row, source)
    origin = source.origin
    return Deal(
        id=cells.id("Id"),
        name=cells.plain(origin.name) or "",
        buyer=_to_buyer(cells),
        lines=tuple(
            _to_line(_Cells(line, source, within=cells.record)) for line in row.get(origin.lines) or ()
        ),
        closed_on=cells.day(origin.closed_on),
        changed_at=cells.moment("SystemModstamp"),
        amount=cells.number("amount"),
        deal_amount=cells.number("deal_amount"),
        currency=cells.text("currency"),
        owner_id=cells.optional_id("OwnerId"),
        owner_name=cells.text("owner_name"),
        your_reference=cells.text("your_reference"),
        our_reference=cells.text("our_reference"),
        purchase_order=cells.text("purchase_order"),
        electronic_reference=cells.text("electronic_reference"),
        comment=cells.text("comment"),
        cost_centre=cells.text("cost_centre"),
        project=cells.text("project"),
        payment_terms_days=cells.text("payment_terms_days"),
        delivery_date=cells.optional_day("delivery_date"),
        delivery_name=cells.text("delivery_name"),
        delivery_street=cells.text("delivery_street"),
        delivery_postal_code=cells.text("delivery_postal_code"),
        delivery_city=cells.text("delivery_city"),
        delivery_country=cells.text("delivery_country"),
        prices_include_vat=cells.text("prices_include_vat"),
        housework=cells.text("housework"),
        sync=SyncState(**{ours: cells.plain(theirs) for ours, theirs in SYNC_FIELDS.items()}),
        readiness=Readiness(row.get(READY), _as_text(row.get(READY_REASONS))),
        retry=row.get(RETRY) is True,
        values={written: _as_text(value_at(row, path)) for written, path in source.routes.items()},
    )


def to_fate(row: Row, origin: Origin = OPPORTUNITIES) -> Fate:
    """How a deal stands, whatever its stage."""
    owner = row.get("Owner")
    return Fate(
        deal_id=long_id(row["Id"]),
        name=_as_text(row.get(origin.name)) or "",
        stage=_as_text(row.get(origin.stage or "")) or "",
        is_deleted=row.get("IsDeleted") is True,
        owner_name=_as_text(owner.get("Name")) if isinstance(owner, dict) else None,
        sync=SyncState(**{ours: _as_text(row.get(theirs)) for ours, theirs in SYNC_FIELDS.items()}),
    )


def to_witness(row: Row) -> Witness:
    """On which deal a run has borne witness, and when the deal was last changed."""
    return Witness(
        long_id(row["Id"]),
        _as_text(row.get(SYNC_FIELDS["correlation_id"])) or "",
        _as_text(row.get(SYNC_FIELDS["company"])),
        _instant(row["SystemModstamp"]),
    )


_ADDRESS: Final = ("street", "postal_code", "city")
BUYER_FIELDS: Final = frozenset(
    {
        "name",
        "orgnr",
        "vat_number",
        "customer_number",
        "customer_key",
        *_ADDRESS,
        "country",
        "email",
        "phone",
        "is_person",
        "personal_number",
        "person_email",
        "sells_construction",
        *(f"person_{name}" for name in (*_ADDRESS, "country")),
    }
)
"""Our fields that describe a buyer."""


def _to_buyer(cells: _Cells) -> Buyer | None:
    account = cells.optional_id(cells.origin.account_id)
    if account is None:
        return _to_private_buyer(cells)
    is_person = cells.text("is_person") == "true"
    has_billing = any(cells.text(name) for name in _ADDRESS)
    # A person's address may stand under the name that Salesforce gives a contact's; it is taken whole or not at all.
    address = {
        name: cells.text(name if has_billing or not is_person else f"person_{name}")
        for name in (*_ADDRESS, "country")
    }
    return Buyer(
        id=account,
        name=cells.text("name") or "",
        orgnr=cells.text("orgnr"),
        vat_number=cells.text("vat_number"),
        customer_number=cells.text("customer_number"),
        customer_key=cells.text("customer_key"),
        **address,
        email=cells.text("email") or (cells.text("person_email") if is_person else None),
        is_person=is_person,
        is_contact=False,
        personal_number=cells.text("personal_number") if is_person else None,
        phone=cells.text("phone"),
        sells_construction=cells.text("sells_construction"),
    )


def to_buyer(row: Row, source: SourceMap) -> Buyer:
    """An account that was read by itself, as a deal of it would tell it; what only a deal says is empty."""
    origin = source.origin
    seen_from_deal: dict[str, Any] = {"Id": row.get("Id")}
    _put(seen_from_deal, origin.account_id, row.get("Id"))
    _put(seen_from_deal, origin.account, row)
    buyer = _to_buyer(_Cells(seen_from_deal, source))
    if buyer is None:
        raise BrokenReply("Salesforce sent an account without its id.", remedy="Run the same command again.")
    return buyer


def account_paths(source: SourceMap) -> tuple[str, ...]:
    """The paths of our fields that lead through the buyer's account, as seen from the account."""
    start = f"{source.origin.account}."
    return tuple(
        dict.fromkeys(
            path.removeprefix(start)
            for name, paths in source.fields.items()
            if name in BUYER_FIELDS
            for path in paths
            if path.startswith(start)
        )
    )


def _put(row: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for step in parents:
        row = row.setdefault(step, {})
    row[last] = value


def _to_private_buyer(cells: _Cells) -> Buyer | None:
    """The contact who buys where there is no account, if such deals are read at all."""
    contact = cells.optional_id(cells.origin.contact_id) if cells.origin.contact_id else None
    if contact is None:
        return None
    return Buyer(
        id=contact,
        name=cells.text("contact_name") or "",
        customer_number=cells.text("contact_customer_number"),
        customer_key=cells.text("contact_customer_key"),
        **{name: cells.text(f"contact_{name}") for name in (*_ADDRESS, "country")},
        email=cells.text("contact_email"),
        is_person=True,
        is_contact=True,
        personal_number=cells.text("contact_personal_number"),
        phone=cells.text("contact_phone"),
    )


def _to_line(cells: _Cells) -> DealLine:
    return DealLine(
        id=cells.id("Id"),
        name=cells.text("line_name") or "",
        quantity=cells.required_number("line_quantity"),
        unit_price=cells.required_number("line_unit_price"),
        article=cells.text("line_article"),
        family=cells.text("line_family"),
        text=cells.text("line_text"),
        discount_percent=cells.number("line_discount") or Decimal(0),
        total=cells.number("line_total"),
        service_from=cells.optional_day("line_service_from"),
        service_until=cells.optional_day("line_service_until"),
        unit=cells.text("line_unit"),
        vat_category=cells.text("line_vat_category"),
        vat_rate=cells.text("line_vat_rate"),
        cost_centre=cells.text("line_cost_centre"),
        project=cells.text("line_project"),
    )


def trace(row: Row, source: SourceMap) -> tuple[SourceSeen, ...]:
    """Where each of our fields looks in one deal and its lines, in the order of the fields, line by line."""
    of_lines = {name for name in source.fields if SOURCE_FIELDS[name].is_of_line}
    seen = [_seen(row, name, paths) for name, paths in source.fields.items() if name not in of_lines]
    seen += [
        _seen(line, name, paths, position)
        for position, line in enumerate(row.get(source.origin.lines) or (), start=1)
        for name, paths in source.fields.items()
        if name in of_lines
    ]
    return tuple(seen)


def _seen(row: Row, name: str, paths: tuple[str, ...], line: int | None = None) -> SourceSeen:
    tried = tuple((path, _as_text(value_at(row, path))) for path in paths)
    return SourceSeen(name, tried, next((path for path, value in tried if value is not None), None), line)


def to_record(
    update: DealUpdate, writable: Mapping[str, Field], object_: str = OPPORTUNITY
) -> dict[str, Any]:
    """The update as one record of a collection, with the fields that exist and may be written (`writable`, by name).

    A message that is longer than its field is shortened and says so by an ellipsis; everything else is written whole.
    """
    values: dict[str, str | None] = {
        theirs: getattr(update.sync, ours) for ours, theirs in SYNC_FIELDS.items()
    }
    message = SYNC_FIELDS["message"]
    if values[message] is not None and message in writable:
        values[message] = shortened(str(values[message]), writable[message].length)
    values[SYNC_TIME] = f"{update.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
    return {
        "attributes": {"type": object_},
        "Id": long_id(update.deal_id),
        **{name: _or_null(value) for name, value in values.items() if name in writable},
        **({RETRY: False} if update.clear_retry else {}),
    }


def to_readiness_record(
    deal_id: str, told: Readiness, writable: Mapping[str, Field], object_: str = OPPORTUNITY
) -> dict[str, Any]:
    """What an open deal is told, as one record of a collection, with the fields that may be written (`writable`, by name)."""
    values = {READY: told.ready, READY_REASONS: told.reasons}
    return {
        "attributes": {"type": object_},
        "Id": long_id(deal_id),
        **{name: value for name, value in values.items() if name in writable},
    }


def writable_readiness_fields(catalog: Catalog, object_: str = OPPORTUNITY) -> dict[str, Field]:
    """Those of the two fields for open deals that exist and may be written, by name."""
    found = {name: catalog.field(object_, name) for name in (READY, READY_REASONS)}
    return {name: field for name, field in found.items() if field is not None and field.updateable}


def writable_sync_fields(catalog: Catalog, object_: str = OPPORTUNITY) -> dict[str, Field]:
    """The status fields that exist on what deals are read from and that the signed-in user may write, by the name we know."""
    found = {name: catalog.field(object_, name) for name in (*SYNC_FIELDS.values(), SYNC_TIME)}
    return {name: field for name, field in found.items() if field is not None and field.updateable}


def can_answer_retry(catalog: Catalog, object_: str = OPPORTUNITY) -> bool:
    """Whether what deals are read from has the checkbox for another try, and the signed-in user may take the mark away."""
    field = catalog.field(object_, RETRY)
    return field is not None and field.updateable


def missing_sync_fields(catalog: Catalog, object_: str = OPPORTUNITY) -> tuple[str, ...]:
    """The status fields that do not exist on what deals are read from, or that the signed-in user may not write."""
    writable = writable_sync_fields(catalog, object_)
    return tuple(name for name in (*SYNC_FIELDS.values(), SYNC_TIME) if name not in writable)


def readable_sync_fields(catalog: Catalog, object_: str = OPPORTUNITY) -> tuple[str, ...]:
    """The status fields that exist on what deals are read from, whether or not they may be written."""
    return tuple(name for name in SYNC_FIELDS.values() if catalog.field(object_, name) is not None)


def shortened(words: str, length: int) -> str:
    """The words, or as many of them as fit before an ellipsis; `length` 0 means that the field tells no length.

    Counted in UTF-16 units, which is never less than what the field counts; no character is cut in half.
    """
    if not length or _units(words) <= length:
        return words
    kept = words[: length - 1]
    while _units(kept) > length - 1:
        kept = kept[:-1]
    return kept.rstrip() + _ELLIPSIS


def _units(words: str) -> int:
    return len(words) + sum(letter > "\uffff" for letter in words)


def _or_null(value: str | None) -> str | None:
    """An empty text would be kept as null anyway; null says so."""
    return None if value is None or not value.strip() else value


class _Cells:
    """The values of one row. `text`, `number` and `optional_day` take our field names, the others Salesforce's."""

    def __init__(self, row: object, source: SourceMap, *, within: str = "") -> None:
        if not isinstance(row, dict):
            raise BrokenReply(
                f"Salesforce's answer gives no usable lines of {within}.",
                remedy="Nothing is lost; run the same command again.",
                record=within,
            )
        self._row = row
        self._source = source
        self.origin = source.origin
        self.record = str(row.get("Id") or within or "a deal without id")

    def id(self, path: str) -> str:
        found = self.optional_id(path)
        if found is None:
            raise self._broken(path)
        return found

    def optional_id(self, path: str) -> str | None:
        value = value_at(self._row, path)
        try:
            return None if value is None else long_id(value)
        except (TypeError, ValueError):
            raise self._broken(path) from None

    def day(self, path: str) -> date:
        found = self._day(path)
        if found is None:
            raise self._broken(path)
        return found

    def moment(self, path: str) -> datetime:
        try:
            return _instant(value_at(self._row, path)).astimezone(UTC)
        except (TypeError, ValueError):
            raise self._broken(path) from None

    def plain(self, path: str) -> str | None:
        return _as_text(value_at(self._row, path))

    def text(self, ours: str) -> str | None:
        for path in self._source.fields[ours]:
            text = _as_text(value_at(self._row, path))
            if text is not None:
                return text
        return None

    def number(self, ours: str) -> Decimal | None:
        for path in self._source.fields[ours]:
            value = value_at(self._row, path)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | Decimal):
                raise self._broken(path)
            return Decimal(value)
        return None

    def required_number(self, ours: str) -> Decimal:
        found = self.number(ours)
        if found is None:
            raise self._broken(", ".join(self._source.fields[ours]))
        return found

    def optional_day(self, ours: str) -> date | None:
        days = (self._day(path) for path in self._source.fields[ours])
        return next((day for day in days if day is not None), None)

    def _day(self, path: str) -> date | None:
        value = value_at(self._row, path)
        if value is None:
            return None
        try:
            if len(value) > len(
                "2026-11-20"
            ):  # a field of type datetime: in Sweden it may be the next day already
                return _instant(value).astimezone(_SWEDEN).date()
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise self._broken(path) from None

    def _broken(self, path: str) -> BrokenReply:
        return BrokenReply(
            f"Salesforce's answer gives no usable value of {path} for {self.record}.",
            remedy="Nothing is lost; run the same command again. If it stays so, check the type of that field.",
            record=self.record,
        )


def value_at(row: Row, path: str) -> Any:
    """The value at the end of a dotted path; None where a parent is missing."""
    here: Any = row
    for step in path.split("."):
        if not isinstance(here, dict):
            return None
        here = here.get(step)
    return here


def _instant(text: str) -> datetime:
    """A moment as the vendor writes it, `2026-11-20T10:11:12.000+0000`; ValueError without a zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a moment without a zone")
    return found


def _as_text(value: object) -> str | None:
    """A value as text, None when empty: 30.0 is `30`, true is `true`."""
    match value:
        case None:
            return None
        case str():
            return value if value.strip() else None
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value.normalize(), "f")
        case dict() | list():
            raise BrokenReply(
                "Salesforce's answer has a whole record or list where one value belongs.",
                remedy="Nothing is lost; run the same command again. If it stays so, check the paths in [source.fields].",
            )
        case _:
            return str(value)
