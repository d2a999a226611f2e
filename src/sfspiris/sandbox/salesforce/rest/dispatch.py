"""Finds the resource that a request names, counts the request, and lets the resource answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.errors import ApiError, not_found
from sfspiris.sandbox.salesforce.rest import composite, searching, sobjects
from sfspiris.sandbox.salesforce.rest.call import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sfspiris.sandbox.kernel.clock import Clock
    from sfspiris.sandbox.kernel.records import Record, Records
    from sfspiris.sandbox.kernel.switches import Switches
    from sfspiris.sandbox.salesforce.bulk.rows import Table
    from sfspiris.sandbox.salesforce.dml import Dml
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.rest.querying import Querying
    from sfspiris.sandbox.salesforce.rest.usage import Usage
    from sfspiris.sandbox.salesforce.schema.registry import Entity
    from sfspiris.sandbox.salesforce.store import Store

_FIRST, _LAST = 50, 68
_RETIRED: Final = 30
_SEASONS: Final = ("Winter", "Spring", "Summer")
_WINTER_21: Final = 50
"""v50.0 is Winter '21; three versions a year follow."""


def label_of(number: int) -> str:
    """The release that brought an API version: 68 is Winter '27."""
    years, season = divmod(number - _WINTER_21, len(_SEASONS))
    return f"{_SEASONS[season]} '{21 + years}"


def versions() -> list[dict[str, str]]:
    """Every version that is served."""
    return [
        {"label": label_of(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(_FIRST, _LAST + 1)
    ]


def check_version(version: str) -> None:
    """Refuse a version that is retired (410) or not served (404)."""
    number, _, minor = version.partition(".")
    if not number.isdecimal() or minor != "0":
        raise not_found()
    if int(number) <= _RETIRED:
        raise ApiError("UNSUPPORTED_API_VERSION", f"The requested API version v{version} is retired")
    if not _FIRST <= int(number) <= _LAST:
        raise not_found()


@dataclass(frozen=True, slots=True)
class Api:
    """What resources work with."""

    records: Records
    clock: Clock
    switches: Switches
    org: Org
    store: Store
    dml: Dml
    querying: Querying
    usage: Usage
    more: dict[str, Callable[[Api, Call], Answer]]
    """Resources beyond the core, by the first part of their path in lower case."""

    bulk_tables: dict[str, Table] = field(default_factory=dict)
    """Rows of bulk queries by job, in memory."""

    @property
    def schema_changed(self) -> datetime:
        """When the schema last changed, in whole seconds."""
        return self.org.changed_at

    def record_types(self, entity: Entity) -> list[Record]:
        """The object's record types; the first is the default one."""
        return [
            row for row in self.records.find("RecordType", "SobjectType", entity.name) if not row["IsDeleted"]
        ]

    def answer(self, call: Call) -> Answer:
        """What a request or subrequest gets; refusals are answers too."""
        try:
            with self.org.seen_by(call.session.user_id):
                return self._resource(call)(self, call)
        except ApiError as error:
            return Answer.refusal(error)

    def _resource(self, call: Call) -> Callable[[Api, Call], Answer]:
        check_version(call.version)
        name = call.segments[0].lower() if call.segments else ""
        found = _RESOURCES.get(name) or self.more.get(name)
        if found is None:
            raise not_found()
        return found


def _root(_api: Api, call: Call) -> Answer:
    call.only("GET")
    names = (
        "analytics",
        "composite",
        "jobs",
        "limits",
        "metadata",
        "query",
        "queryAll",
        "search",
        "sobjects",
        "tooling",
    )
    content: dict[str, Any] = {name: f"{call.root}/{name}" for name in names}
    content["identity"] = f"{call.base}/id/{call.session.org_id}/{call.session.user_id}"
    return Answer(content=content)


def _query(api: Api, call: Call) -> Answer:
    return api.querying.query(call)


def _limits(api: Api, call: Call) -> Answer:
    call.only("GET")
    if call.segments[1:] and call.segments[1].lower() == "recordcount":
        return Answer(content=_record_counts(api, call))
    daily, used = api.usage.limit, api.usage.used

    def allowance(most: int, remaining: int | None = None) -> dict[str, int]:
        return {"Max": most, "Remaining": most if remaining is None else remaining}

    return Answer(
        content={
            "ConcurrentAsyncGetReportInstances": allowance(200),
            "DailyApiRequests": allowance(daily, max(0, daily - used)),
            "DailyAsyncApexExecutions": allowance(250_000),
            "DailyBulkApiBatches": allowance(15_000),
            "DailyBulkV2QueryFileStorageMB": allowance(976_562),
            "DailyBulkV2QueryJobs": allowance(10_000),
            "DailyGenericStreamingApiEvents": allowance(10_000),
            "DailyStreamingApiEvents": allowance(10_000),
            "DailyWorkflowEmails": allowance(75),
            "DataStorageMB": allowance(1024),
            "FileStorageMB": allowance(1024),
            "HourlyODataCallout": allowance(20_000),
            "HourlyTimeBasedWorkflow": allowance(50),
            "MassEmail": allowance(10),
            "SingleEmail": allowance(15),
        }
    )


def _record_counts(api: Api, call: Call) -> dict[str, Any]:
    asked = [name.strip() for name in call.query.get("sObjects", "").split(",") if name.strip()]
    names = [entity.name for name in asked if (entity := api.org.schema.entity(name)) is not None]
    return {
        "sObjects": [
            {"count": sum(1 for row in api.store.rows(name) if not row["IsDeleted"]), "name": name}
            for name in (names if asked else sorted(api.org.schema.entities))
        ]
    }


_RESOURCES: Final[dict[str, Callable[[Api, Call], Answer]]] = {
    "": _root,
    "composite": composite.resource,
    "limits": _limits,
    "query": _query,
    "queryall": _query,
    "search": searching.resource,
    "sobjects": sobjects.resource,
}
