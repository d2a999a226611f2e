"""A save under way, and what an object may do in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfspiris.sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from sfspiris.sandbox.kernel.records import Record
    from sfspiris.sandbox.salesforce.dml import Author, Dml
    from sfspiris.sandbox.salesforce.schema.registry import Entity


@dataclass(slots=True)
class Save:
    """One record being saved. `row` is what will be kept and may be changed; `old` is what was kept, None for an insert."""

    dml: Dml
    entity: Entity
    author: Author
    old: Record | None
    row: Record
    given: frozenset[str]
    """The fields that the request names."""
    by_platform: bool = False
    """Whether the platform itself brings computed fields up to date, as totals after a line changed."""

    @property
    def is_insert(self) -> bool:
        """Whether the record is new."""
        return self.old is None

    def changed(self, *names: str) -> bool:
        """Whether any of the fields has another value than before; on an insert, whether any has one at all."""
        before = self.old or {}
        return any(self.row.get(name) != before.get(name) for name in names)

    def keep(self, *names: str) -> None:
        """Leave the fields as they were, whatever the request said."""
        for name in names:
            self.row[name] = None if self.old is None else self.old.get(name)

    def refuse_fields(self, *names: str) -> None:
        """Refuse an API write of fields that are read-only in the record's present state."""
        said = tuple(name for name in names if name in self.given)
        if said and not self.author.in_product:
            raise read_only(said)

    def parent(self, object_name: str, reference: str) -> Record | None:
        """The record that a reference of the saved one points to."""
        record_id = self.row.get(reference)
        return None if record_id is None else self.dml.store.current(object_name, record_id)


@dataclass(frozen=True, slots=True)
class Removal:
    """One record being deleted, or brought back."""

    dml: Dml
    row: Record
    author: Author


class Behaviour:
    """An object that does nothing by itself; the others override what they do."""

    def before(self, save: Save) -> None:
        """Fill in and check `save.row` before it is validated and kept. Raises `ApiError` to refuse."""

    def after(self, save: Save) -> None:
        """Carry the consequences of a kept record to others."""

    def deleting(self, removal: Removal) -> None:
        """Refuse a deletion with `ApiError`, before anything is changed."""

    def deleted(self, removal: Removal) -> None:
        """Carry the consequences of a deletion, or of its undoing, to others."""


def read_only(names: tuple[str, ...]) -> ApiError:
    """A write of fields that nobody, or not this user, may write."""
    return ApiError(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field and verify that "
        "it is read/write for your profile or permission set.",
        fields=names,
    )


def integrity(field: str, complaint: str) -> ApiError:
    """A value that does not fit the records around it."""
    return ApiError(
        "FIELD_INTEGRITY_EXCEPTION", f"field integrity exception: {field} ({complaint})", fields=(field,)
    )


def differs(row: dict[str, Any], **values: Any) -> bool:
    """Whether the row has other values than these."""
    return any(row.get(name) != value for name, value in values.items())
