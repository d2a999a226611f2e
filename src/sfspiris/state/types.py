"""Column types that give back exactly what was put in, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from enum import StrEnum


class UtcTime(sa.TypeDecorator[datetime]):
    """A moment, kept in UTC to the microsecond and read back aware of it.

    A time without a zone is refused with ValueError: it would be a guess which one was meant.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the same on every database
        """The moment in UTC; SQLite drops the zone that the other way puts back."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be remembered: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - the same on every database
        """The moment, aware of UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Amount(sa.TypeDecorator[Decimal]):
    """A finite decimal number, kept as plain text with all its digits, since SQLite's own numbers are floats.

    A number that is not finite is refused with ValueError.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - the same on every database
        """The digits, never with an exponent."""
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError(f"not a finite number: {value!r}")
        return format(value, "f")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:  # noqa: ARG002 - the same on every database
        """The number with the decimals it was given."""
        return None if value is None else Decimal(value)


def words(kind: type[StrEnum], *, name: str) -> sa.Enum:
    """A column type for the members of an enumeration, kept as their text; the named constraint allows no other."""
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
