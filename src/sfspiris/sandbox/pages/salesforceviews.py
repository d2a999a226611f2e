"""What there is to see of the Salesforce sandbox, as plain data: lists of the objects that matter here, and any record."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.kernel.app import PAGES
from sfspiris.sandbox.pages.formats import address, amount, counted, moment, money, number, readable
from sfspiris.sandbox.pages.salesforcelists import LISTINGS, SECTIONS
from sfspiris.sandbox.pages.shapes import (
    Cell,
    Column,
    Fact,
    Facts,
    Form,
    Input,
    Tab,
    Table,
    Tile,
    Tone,
    View,
    paged,
)
from sfspiris.sandbox.salesforce.shown import shower
from sfspiris.sandbox.salesforce.values import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.schema.model import Field
    from sfspiris.sandbox.salesforce.schema.registry import Entity
    from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator

_OURS: Final = "Spiris_"
_AUDIT: Final = frozenset(
    {"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "IsDeleted"}
)
_STATUSES: Final[dict[str, Tone]] = {
    "Held": "hold",
    "Draft": "",
    "Issued": "",
    "Partly Paid": "hold",
    "Paid": "good",
    "Overdue": "bad",
    "Partly Credited": "quiet",
    "Credited": "quiet",
    "Deleted": "bad",
    "Error": "bad",
}
_TONES: Final[dict[str, dict[str, Tone]]] = {
    "StageName": {"Closed Won": "good", "Closed Lost": "quiet"},
    "Spiris_Sync_Status__c": _STATUSES,
    "Spiris_Payment_Status__c": _STATUSES,
    "Status__c": _STATUSES,
}
"""The fields whose values are shown as tags, and how these look."""


def link_to(object_name: str, record_id: str) -> str:
    """The page of a record."""
    return f"{PAGES}/records/{object_name}/{record_id}"


def list_link(object_name: str) -> str:
    """The page with an object's list."""
    return "/" if object_name == SECTIONS[0] else f"{PAGES}/objects/{object_name}"


class Views:
    """The views of one org."""

    def __init__(self, simulator: SalesforceSimulator) -> None:
        self._sim = simulator

    def deals(self, request: Request) -> View:
        """The deals, newest first, all of them or those of one stage, and how far they have come."""
        every = self._living("Opportunity")[::-1]
        stages = Counter(one["StageName"] for one in every)
        chosen = request.query_params.get("stage")
        records = [one for one in every if chosen is None or one["StageName"] == chosen]
        filters = [
            Tab("All", "/", is_here=chosen is None, count=len(every)),
            *(
                Tab(stage, address("/", stage=stage), is_here=stage == chosen, count=stages[stage])
                for stage in sorted(stages, key=lambda name: (-stages[name], name))
            ),
        ]
        return View(
            "salesforce/deals.html.j2",
            self._sim.org.settings["Name"],
            {
                "lead": f"{counted(len(every), 'deal').capitalize()}, {stages['Closed Won']} of them won.",
                "tiles": _tiles(every, stages["Closed Won"]),
                "filters": filters,
                "table": self._table(request, "Opportunity", records, "There is no deal."),
            },
        )

    def objects(self, request: Request, object_name: str) -> View:
        """The list of one object."""
        listing = LISTINGS[object_name]
        records = self._living(object_name)
        table = self._table(request, object_name, records, "There is no such record yet.")
        lead = {
            "Spiris_Invoice__c": "What the pull has told Salesforce about invoices in Spiris.",
            "Account": "Whom the deals are with. An account becomes a customer in Spiris when its first deal is pushed.",
            "Product2": "What the deals sell. A product's code names the article in Spiris.",
        }.get(object_name, "")
        return View("list.html.j2", listing.title, {"table": table, "lead": lead})

    def record(self, request: Request, entity: Entity, row: Record) -> View:
        """A record with every field, the lists of its children, and a form to change it."""
        shown = shower(self._sim.store, self._sim.org, entity)(row)
        shown.pop("attributes")
        compound = {field for field, value in shown.items() if isinstance(value, dict)}
        filled = [
            field
            for field, value in shown.items()
            if value is not None and value != "" and field not in compound
        ]
        ours = [field for field in shown if field.startswith(_OURS)]
        audit = [field for field in filled if field in _AUDIT]
        plain = [field for field in filled if field not in {*ours, *audit}]
        empty = [field for field in shown if field not in {*filled, *ours, *compound}]

        def facts(title: str, fields: Sequence[str], *, folded: bool = False) -> Facts:
            known = [entity.fields[name] for name in fields]
            rows = (Fact(one.label, self._cell(one, shown[one.name]), one.name) for one in known)
            return Facts(title, tuple(rows), is_folded=folded)

        parts = [
            facts("Written by sfspiris", ours),
            facts("Fields", plain),
            facts("Who and when", audit, folded=True),
            facts(f"{len(empty)} empty fields", empty, folded=True),
        ]
        children = LISTINGS[entity.name].children if entity.name in LISTINGS else ()
        tables = [
            self._table(request, child, related, "")
            for child, reference in children
            if self._has(child, reference) and (related := self._children(child, reference, row["Id"]))
        ]
        return View(
            "record.html.j2",
            self._name_of(entity, row),
            {
                "kind": entity.definition.label,
                "subtitle": row["Id"],
                "facts": [one for one in parts if one.rows],
                "tables": tables,
                "forms": (_change_form(entity, row["Id"]),),
            },
        )

    # Records

    def _living(self, object_name: str) -> list[Record]:
        return [row for row in self._sim.records.all(object_name) if not row["IsDeleted"]]

    def _children(self, object_name: str, reference: str, parent_id: str) -> list[Record]:
        return self._sim.store.now_referring(object_name, reference, parent_id)

    def _has(self, object_name: str, field: str) -> bool:
        entity = self._sim.org.schema.entity(object_name)
        return entity is not None and field in entity.fields

    def _name_of(self, entity: Entity, row: Record) -> str:
        named = entity.definition.name_field
        return str((row.get(named.name) if named else None) or row.get("Name") or row["Id"])

    # Tables

    def _table(
        self,
        request: Request,
        object_name: str,
        records: Sequence[Record],
        empty: str,
    ) -> Table:
        entity, listing = self._sim.org.schema[object_name], LISTINGS[object_name]
        fields = [(entity.fields[name], label) for name, label in listing.fields if name in entity.fields]
        part, pager = paged(request, object_name, records)
        show = shower(self._sim.store, self._sim.org, entity)
        under = dict(listing.under)
        rows = []
        for row in part:
            shown = show(row)
            currency = shown.get("CurrencyIsoCode") or shown.get("Currency__c") or ""
            first, *others = (
                replace(
                    self._cell(field, shown[field.name], currency),
                    under=_in_words(shown.get(under.get(field.name, ""))),
                )
                for field, _ in fields
            )
            text = first.text or self._name_of(entity, row)
            rows.append((Cell(text, link=link_to(object_name, row["Id"])), *others))
        columns = tuple(
            Column(label, is_number=field.is_number, is_short=field.type == "date") for field, label in fields
        )
        return Table(object_name, listing.title, columns, tuple(rows), empty, len(records), pager)

    def _cell(self, field: Field, value: Any, currency: str = "") -> Cell:
        """A field's value as a person reads it; a reference leads to the record it names, an amount tells its currency."""
        if value is None or value == "":
            return Cell("")
        if field.type == "reference":
            return self._reference(str(value))
        return Cell(_told(field, value, currency), tone=_TONES.get(field.name, {}).get(str(value)))

    def _reference(self, record_id: str) -> Cell:
        entity = self._sim.org.schema.of_id(record_id)
        row = self._sim.records.get(entity.name, record_id) if entity is not None else None
        if entity is None or row is None:
            return Cell(record_id)
        return Cell(self._name_of(entity, row), link=link_to(entity.name, record_id))


def _in_words(code: str | None) -> str:
    """A code as words, which a narrow column can break: `VAT_NUMBER_INVALID` is `VAT number invalid`."""
    words = (code or "").replace("_", " ").capitalize()
    return words.replace("Vat ", "VAT ")


def _told(field: Field, value: Any, currency: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | int):
        if not _is_money(field):
            return str(value) if field.type == "int" else number(value)
        return money(value, currency) if currency else amount(value)
    at = parse_datetime(value) if field.type == "datetime" else None
    return readable(value) if at is None else moment(at)


def _is_money(field: Field) -> bool:
    """Whether a number is an amount; those that follow the invoice's currency have two decimals and no currency type."""
    return field.type == "currency" or (field.custom and field.scale == 2 and field.precision == 18)  # noqa: PLR2004


def _tiles(deals: Sequence[Record], won: int) -> tuple[Tile, ...]:
    """How far the deals have come; in an org without our fields, only how many there are."""
    statuses = Counter(one.get("Spiris_Sync_Status__c") for one in deals)
    found = [Tile("Won deals", str(won))]
    if any("Spiris_Sync_Status__c" in one for one in deals):
        untouched = sum(
            one["StageName"] == "Closed Won" and not one.get("Spiris_Sync_Status__c") for one in deals
        )
        held = statuses["Held"] + statuses["Error"]
        found += [
            Tile("Won, not pushed yet", str(untouched)),
            Tile("Held", str(held), tone="hold" if held else ""),
            Tile("Draft in Spiris", str(statuses["Draft"])),
            Tile("Issued", str(sum(statuses[one] for one in ("Issued", "Partly Paid", "Overdue")))),
            Tile("Paid", str(statuses["Paid"])),
        ]
    return tuple(found)


def _change_form(entity: Entity, record_id: str) -> Form:
    fields = sorted(
        (field for field in entity.fields.values() if field.updateable and not field.calculated),
        key=lambda field: (field.name.startswith(_OURS), not field.custom, field.label),
    )
    return Form(
        "Change a field",
        f"{link_to(entity.name, record_id)}/edit",
        "Save",
        (
            Input(
                "field", "Field", kind="choice", choices=tuple((field.name, field.label) for field in fields)
            ),
            Input(
                "value",
                "New value",
                hint="Leave it empty to clear the field. Write yes or no for a checkbox.",
            ),
        ),
        "As a person in Salesforce would. Validation rules apply.",
    )
