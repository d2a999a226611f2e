"""`/updated` and `/deleted`: which records changed or went within a span of time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.rest.call import Answer, Call
from sfspiris.sandbox.salesforce.values import parse_datetime, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.sandbox.salesforce.rest.dispatch import Api
    from sfspiris.sandbox.salesforce.schema.registry import Entity

UPDATED_DAYS: Final = 30
DELETED_DAYS: Final = 15
"""How far back each looks. Sources differ for `deleted`; 15 is the shorter."""

MOST_IDS: Final = 600_000


def updated(api: Api, call: Call, entity: Entity) -> Answer:
    """Ids of records made or changed between `start` and `end`, whole minutes, by SystemModstamp."""
    start, end = _span(api, call, UPDATED_DAYS)
    low, high = stamp(start), stamp(end)
    found = [
        row["Id"]
        for row in api.store.rows(entity.name)
        if low <= row["SystemModstamp"] < high and not row["IsDeleted"]
    ]
    if len(found) > MOST_IDS:
        raise ApiError("EXCEEDED_ID_LIMIT", f"more than {MOST_IDS} ids in the given span")
    return Answer(content={"ids": found, "latestDateCovered": _covered(api, end)})


def deleted(api: Api, call: Call, entity: Entity) -> Answer:
    """Ids and times of records deleted between `start` and `end` that are still in the recycle bin."""
    start, end = _span(api, call, DELETED_DAYS)
    api.store.empty_bin(entity.name)
    low, high = stamp(start), stamp(end)
    found = [
        {"id": row["Id"], "deletedDate": row["SystemModstamp"]}
        for row in api.store.rows(entity.name)
        if row["IsDeleted"] and low <= row["SystemModstamp"] < high
    ]
    earliest = api.clock.now() - timedelta(days=DELETED_DAYS)
    return Answer(
        content={
            "deletedRecords": found,
            "earliestDateAvailable": stamp(earliest),
            "latestDateCovered": _covered(api, end),
        }
    )


def _covered(api: Api, end: datetime) -> str:
    """Until when the answer is complete: transactions that began before it have all been committed."""
    lag = timedelta(seconds=api.switches.number("commit_lag_seconds"))
    return stamp(min(end, api.clock.now() - lag))


def _span(api: Api, call: Call, days: int) -> tuple[datetime, datetime]:
    call.only("GET")
    moments = []
    for name in ("start", "end"):
        # A plus sign that the client did not encode arrives as a space.
        text = call.query.get(name, "").replace(" ", "+")
        moment = parse_datetime(text)
        if moment is None:
            raise ApiError("INVALID_REPLICATION_DATE", f"{name} is not a date and time: {text}")
        moments.append(moment.replace(second=0, microsecond=0))
    start, end = moments
    if start >= end:
        raise ApiError("INVALID_REPLICATION_DATE", "startDate must be at least one minute before endDate")
    if start < api.clock.now() - timedelta(days=days):
        raise ApiError("INVALID_REPLICATION_DATE", "startDate is before the earliest date available")
    return start, end
