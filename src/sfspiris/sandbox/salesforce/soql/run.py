"""One execution of a query: what it reads from, when, for whom and in which API version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from sfspiris.sandbox.salesforce.schema.registry import Schema
    from sfspiris.sandbox.salesforce.soql.days import Calendar
    from sfspiris.sandbox.salesforce.soql.plan import Plan

Row: TypeAlias = "Mapping[str, Any]"
Reader: TypeAlias = "Callable[[Any], Any]"
"""From a row (or, in a grouped query, a group) to a value in wire form."""

Test: TypeAlias = "Callable[[Any], bool]"


class Reading(Protocol):
    """The records a query sees."""

    @property
    def schema(self) -> Schema:
        """What the objects and fields are."""

    def row(self, object_name: str, record_id: str) -> Row | None:
        """The record, deleted or not; None where there is none to see."""

    def rows(self, object_name: str) -> list[Row]:
        """Every record of the object, deleted ones too, in the order of their making."""

    def referring(self, object_name: str, field: str, record_id: str) -> list[Row]:
        """The records of the object whose reference `field` holds the id."""

    def keyed(self, object_name: str, key: str, value: str) -> list[Row]:
        """The records that keep `value` under a lookup key."""

    def object_of(self, record_id: str) -> str | None:
        """The object that an id belongs to."""

    def corporate(self, amount: Decimal, currency: str) -> Decimal:
        """An amount in the org's corporate currency."""

    def personal(self, amount: Decimal, currency: str) -> Decimal:
        """An amount in the running user's currency."""


Envelope: TypeAlias = "Callable[[Run, Plan, list[Row]], dict[str, Any] | None]"
"""How the records of a child subquery are shown: `{totalSize, done, records}`, None when there are none."""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything an execution needs besides the plan."""

    reading: Reading
    calendar: Calendar
    version: str
    envelope: Envelope
    deleted: bool = False
    """Whether deleted records are seen too: `queryAll`, or ALL ROWS."""
    user_id: str | None = None
