"""Projects and cost centers: `/projects`, `/costcenters`, `/costcenteritems`."""

from collections.abc import Mapping
from typing import Any

from sfspiris.sandbox.kernel.records import Record
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import COST_CENTER_ITEMS, COST_CENTERS, CUSTOMERS, PROJECTS, Books, public
from sfspiris.sandbox.spiris.lists import found_or_404, page
from sfspiris.sandbox.spiris.model.registers import COST_CENTER, COST_CENTER_ITEM, PROJECT
from sfspiris.sandbox.spiris.wire import Answer, Call, Operation, created


def save_project(books: Books, sent: Mapping[str, Any], before: Record | None = None) -> Record:
    """Create or replace a project. Its number is unique."""
    customer = books.needed(CUSTOMERS, "Customer", sent["CustomerId"]) if sent.get("CustomerId") else None
    number = sent["Number"].casefold()
    own_id = books.id_for(sent, before)
    if any(other["Id"] != own_id for other in books.find(PROJECTS, "_number", number)):
        raise errors.conflict(f"A project with number {sent['Number']} already exists.")
    start = sent.get("StartDate") or (before["StartDate"] if before else books.today)
    if sent.get("EndDate") and sent["EndDate"] < start:
        raise errors.invalid_field("EndDate", "The project cannot end before it starts.")
    project = {
        **PROJECT.blank(),
        **sent,
        "Id": own_id,
        "StartDate": start,
        "CustomerName": customer["Name"] if customer else None,
        "ModifiedUtc": books.now,
        "_number": number,
    }
    return books.put(PROJECTS, project)


def shown_cost_center(books: Books, record: Record) -> dict[str, Any]:
    """The cost center as it is answered, with its items."""
    items = books.find(COST_CENTER_ITEMS, "CostCenterId", record["Id"])
    return {**public(record), "Items": [public(item) for item in items]}


def save_item(books: Books, sent: Mapping[str, Any], before: Record | None = None) -> Record:
    """Create or replace an item of a cost center; its short name is unique there, its cost center is fixed."""
    center = books.needed(COST_CENTERS, "Cost center", sent["CostCenterId"])
    if before is not None and before["CostCenterId"] != center["Id"]:
        raise errors.cannot_change("An item cannot be moved to another cost center.")
    own_id = books.id_for(sent, before)
    for other in books.find(COST_CENTER_ITEMS, "CostCenterId", center["Id"]):
        if other["Id"] != own_id and other["ShortName"].casefold() == sent["ShortName"].casefold():
            raise errors.conflict(f"The cost center already has an item {sent['ShortName']}.")
    created_utc = books.now if before is None else before["CreatedUtc"]
    item = {**COST_CENTER_ITEM.blank(), **sent, "Id": own_id, "CreatedUtc": created_utc}
    return books.put(COST_CENTER_ITEMS, item)


# Operations


def _projects(call: Call) -> Answer:
    return page(call, PROJECTS, PROJECT)


def _project(call: Call) -> Answer:
    return Answer(public(found_or_404(call, PROJECTS, "Project")))


def _create_project(call: Call) -> Answer:
    return created(public(save_project(call.books, call.body(PROJECT))))


def _replace_project(call: Call) -> Answer:
    """Answers 201, as the manual declares for this PUT."""
    before = found_or_404(call, PROJECTS, "Project")
    return created(public(save_project(call.books, call.body(PROJECT), before)))


def _cost_centers(call: Call) -> Answer:
    return page(call, COST_CENTERS, COST_CENTER, lambda record: shown_cost_center(call.books, record))


def _replace_cost_center(call: Call) -> Answer:
    before = found_or_404(call, COST_CENTERS, "Cost center")
    sent = call.body(COST_CENTER)
    record = {**before, "Name": sent["Name"], "IsActive": sent.get("IsActive", before["IsActive"])}
    return Answer(shown_cost_center(call.books, call.books.put(COST_CENTERS, record)))


def _item(call: Call) -> Answer:
    return Answer(public(found_or_404(call, COST_CENTER_ITEMS, "Cost center item")))


def _create_item(call: Call) -> Answer:
    return created(public(save_item(call.books, call.body(COST_CENTER_ITEM))))


def _replace_item(call: Call) -> Answer:
    before = found_or_404(call, COST_CENTER_ITEMS, "Cost center item")
    return Answer(public(save_item(call.books, call.body(COST_CENTER_ITEM), before)))


OPERATIONS = (
    Operation("GET", "/projects", _projects),
    Operation("POST", "/projects", _create_project),
    Operation("GET", "/projects/{}", _project),
    Operation("PUT", "/projects/{}", _replace_project),
    Operation("GET", "/costcenters", _cost_centers),
    Operation("PUT", "/costcenters/{}", _replace_cost_center),
    Operation("POST", "/costcenteritems", _create_item),
    Operation("GET", "/costcenteritems/{}", _item),
    Operation("PUT", "/costcenteritems/{}", _replace_item),
)
