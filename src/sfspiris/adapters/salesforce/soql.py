"""The queries. Field names come out of the catalog, values are quoted by simple-salesforce, and nothing else gets in.

The gate is the operator's own SOQL and stands in parentheses as it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never
from zoneinfo import ZoneInfo

from sfspiris.adapters.salesforce.catalog import CONTACT_ROLE
from sfspiris.adapters.salesforce.ids import is_id
from sfspiris.adapters.salesforce.origin import OPPORTUNITIES
from sfspiris.ports.crm import Reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sfspiris.adapters.salesforce.origin import Origin
    from sfspiris.ports.crm import Selection

IDS_PER_QUERY: Final = 200
"""An id takes up to 27 bytes of the address, which with its headers may have 16 384. Source: salesforce-app-limits."""

ORGANIZATION_QUERY: Final = "SELECT Id, Name, IsSandbox FROM Organization"

_SWEDEN: Final = ZoneInfo("Europe/Stockholm")


@dataclass(frozen=True, slots=True)
class DealQuery:
    """What every reading of deals asks for: paths that exist, seen from a deal and from its lines."""

    deal_paths: tuple[str, ...]
    line_paths: tuple[str, ...]
    line_order: tuple[str, ...]
    gate: str
    record_types: tuple[str, ...] = ()
    origin: Origin = OPPORTUNITIES

    def select(self) -> str:
        """Everything before WHERE."""
        paths = ", ".join(_unique((*self.origin.always(), *self.deal_paths)))
        lines = "" if self.origin.quote_id else f", ({self._select_lines(self.origin.lines)})"
        return f"SELECT {paths}{lines} FROM {self.origin.object}"  # noqa: S608 - names from the catalog

    def quote_queries(self, quote_ids: Sequence[str]) -> Iterator[str]:
        """The lines of the quotes with these ids; one query per 200."""
        lines = self._select_lines(self.origin.lines)
        return by_ids(f"SELECT Id, ({lines}) FROM Quote", quote_ids)  # noqa: S608 - names from the catalog

    def role_queries(self, deal_ids: Sequence[str], paths: Sequence[str]) -> Iterator[str]:
        """The primary contacts of these deals; one query per 200."""
        named = ", ".join(_unique(("OpportunityId", "ContactId", *paths)))
        for chunk in _chunks(deal_ids):
            among = quoted("OpportunityId IN {}", list(chunk))
            yield (
                f"SELECT {named} FROM {CONTACT_ROLE} WHERE IsPrimary = true AND {among} ORDER BY OpportunityId, Id"  # noqa: S608 - names from the catalog
            )

    def _select_lines(self, relationship: str) -> str:
        paths = ", ".join(_unique(("Id", *self.line_paths)))
        return f"SELECT {paths} FROM {relationship} ORDER BY {', '.join(self.line_order)}"  # noqa: S608 - names from the catalog


def deal_queries(query: DealQuery, selection: Selection, ids: Sequence[str] | None) -> Iterator[str]:
    """One query, or one per 200 of the ids; within each, rows come in the order (SystemModstamp, Id).

    `ids` are the selection's, in their long form.
    """
    conditions = [_reached(query, selection.reach)]
    if query.record_types and selection.reach is not Reach.ANY:
        conditions.append(quoted("RecordType.DeveloperName IN {}", list(query.record_types)))
    if selection.changed_since is not None:
        # A changed account concerns its deals' customers. That rides along here: it costs no call of its own.
        since = instant(selection.changed_since)
        buyers = [query.origin.account]
        if query.origin.contact and not query.origin.has_contact_roles:
            buyers.append(query.origin.contact)
        moved = ("SystemModstamp", *(f"{one}.SystemModstamp" for one in buyers))
        conditions.append(f"({' OR '.join(f'{one} >= {since}' for one in moved)})")
    day = query.origin.closed_on
    if selection.closed_from is not None:
        conditions.append(f"{day} >= {_day(selection.closed_from, query.origin)}")
    if selection.closed_to is not None and query.origin.closed_at:
        conditions.append(f"{day} < {_day(selection.closed_to + timedelta(days=1), query.origin)}")
    elif selection.closed_to is not None:
        conditions.append(f"{day} <= {_day(selection.closed_to, query.origin)}")
    for more in [[]] if ids is None else [[_among(chunk)] for chunk in _chunks(ids)]:
        where = " AND ".join((*conditions, *more))
        yield f"{query.select()} WHERE {where} ORDER BY SystemModstamp, Id"


def _reached(query: DealQuery, reach: Reach) -> str:
    match reach:
        case Reach.WON:
            return f"({query.gate})"
        case Reach.OPEN:
            return query.origin.open_when or f"(NOT ({query.gate}))"
        case Reach.ANY:
            return "Id != null"
    assert_never(reach)


def _day(day: date, origin: Origin) -> str:
    """The beginning of a Swedish day as it compares with the field that says when a deal was won."""
    return (
        instant(datetime(day.year, day.month, day.day, tzinfo=_SWEDEN))
        if origin.closed_at
        else day.isoformat()
    )


def fate_queries(
    sync_fields: Sequence[str],
    changed_since: datetime | None,
    ids: Sequence[str] | None,
    origin: Origin = OPPORTUNITIES,
) -> Iterator[str]:
    """How deals stand, whether or not they pass the gate: those changed since, or those with these ids."""
    stage = (origin.stage,) if origin.stage else ()
    owner = ("OwnerId", "Owner.Name") if origin.has_owner else ()
    paths = _unique(("Id", origin.name, *stage, "IsDeleted", *owner, *sync_fields))
    select = f"SELECT {', '.join(paths)} FROM {origin.object}"  # noqa: S608 - names from the catalog
    if ids is not None:
        for chunk in _chunks(ids):
            yield f"{select} WHERE {_among(chunk)} ORDER BY Id"
    elif changed_since is not None:
        yield f"{select} WHERE SystemModstamp >= {instant(changed_since)} ORDER BY Id"


def witness_query(
    witness: str, company: str | None, changed_since: datetime | None, origin: Origin = OPPORTUNITIES
) -> str:
    """Deals whose field `witness` says something: those changed since, or the 200 that were changed last."""
    paths = ("Id", "SystemModstamp", witness, *((company,) if company else ()))
    since = f" AND SystemModstamp >= {instant(changed_since)}" if changed_since else ""
    most = "" if changed_since else f" LIMIT {IDS_PER_QUERY}"
    return (
        f"SELECT {', '.join(paths)} FROM {origin.object} WHERE {witness} != null{since} "  # noqa: S608 - names from the catalog
        f"ORDER BY SystemModstamp DESC, Id{most}"
    )


def existence_queries(ids: Sequence[str], origin: Origin = OPPORTUNITIES) -> Iterator[str]:
    """Name and stage of the deals with these ids, won or not; one query per 200."""
    paths = ("Id", origin.name, *((origin.stage,) if origin.stage else ()))
    return by_ids(f"SELECT {', '.join(paths)} FROM {origin.object}", ids)  # noqa: S608 - names from the catalog


def account_queries(paths: Sequence[str], ids: Sequence[str] | None) -> Iterator[str]:
    """Every account, or those with these ids; one query per 200 of them."""
    select = f"SELECT {', '.join(_unique(('Id', *paths)))} FROM Account"  # noqa: S608 - names from the catalog
    if ids is None:
        yield f"{select} ORDER BY Id"
    else:
        yield from by_ids(select, ids)


def permission_set_query(name: str) -> str:
    """The permission set of that name."""
    return quoted("SELECT Id FROM PermissionSet WHERE Name = {}", name)


def user_query(user: str) -> str:
    """The user by name, or by id where a sign-in told no name."""
    by_id, by_name = "SELECT Id FROM User WHERE Id = {}", "SELECT Id FROM User WHERE Username = {}"
    return quoted(by_id if is_id(user) else by_name, user)


def assignment_query(user_id: str, permission_set_id: str) -> str:
    """Whether the user has the permission set."""
    return quoted(
        "SELECT Id FROM PermissionSetAssignment WHERE AssigneeId = {} AND PermissionSetId = {}",
        user_id,
        permission_set_id,
    )


def by_ids(select: str, ids: Sequence[str]) -> Iterator[str]:
    """The same selection of the records with these ids; one query per 200."""
    for chunk in _chunks(ids):
        yield f"{select} WHERE {_among(chunk)} ORDER BY Id"


def instant(moment: datetime) -> str:
    """A datetime literal in UTC with whole seconds, rounded down: SystemModstamp has no fractions.

    It ends in Z, for the plus sign of an offset is a space in an address.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone cannot be compared with SystemModstamp")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _among(ids: Sequence[str]) -> str:
    return quoted("Id IN {}", list(ids))


def quoted(condition: str, *values: str | list[str]) -> str:
    """The condition with its `{}` filled in by values, quoted."""
    from simple_salesforce.format import format_soql  # noqa: PLC0415 - takes 0.2 s to import, and most runs need no quoting

    return str(format_soql(condition, *values))


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), IDS_PER_QUERY):
        yield ids[start : start + IDS_PER_QUERY]


def _unique(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
