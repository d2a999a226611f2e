"""Fields and objects as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

FieldType: TypeAlias = Literal[
    "address",
    "base64",
    "boolean",
    "combobox",
    "currency",
    "date",
    "datetime",
    "double",
    "email",
    "encryptedstring",
    "id",
    "int",
    "multipicklist",
    "percent",
    "phone",
    "picklist",
    "reference",
    "string",
    "textarea",
    "time",
    "url",
]

TEXT_TYPES: Final[frozenset[str]] = frozenset(
    {"string", "textarea", "picklist", "combobox", "email", "phone", "url", "encryptedstring"}
)
NUMBER_TYPES: Final[frozenset[str]] = frozenset({"int", "double", "currency", "percent"})
ID_TYPES: Final[frozenset[str]] = frozenset({"id", "reference"})

Feature: TypeAlias = Literal[
    "multi_currency",
    "advanced_currency",
    "state_country_picklists",
    "record_types",
    "orders",
    "quotes",
    "person_accounts",
]
"""What an org can have switched on; fields and objects that need one are absent without it."""

FILTERABLE_TEXT: Final = 255
"""Text areas longer than this cannot stand in WHERE, ORDER BY or GROUP BY."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One value of a picklist."""

    value: str
    label: str
    active: bool = True
    default: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `length` is in characters; `precision` and `scale` in digits, as describe counts them."""

    name: str
    type: FieldType
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    custom: bool = False
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    name_field: bool = False
    auto_number: str | None = None
    """The display format of an automatic number, such as `INV-{0000}`."""
    targets: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    """The relationship's name seen from the parent, as child subqueries use it."""
    cascades: bool = False
    """Whether deleting the parent deletes this record: master-detail and its standard relatives."""
    picks: tuple[Pick, ...] = ()
    restricted: bool = False
    compound: str | None = None
    default: str | bool | int | Decimal | None = None
    formula: str | None = None
    needs: Feature | None = None
    help_text: str | None = None
    may_be_filtered: bool = True

    @property
    def is_text(self) -> bool:
        """Whether values are compared as text."""
        return self.type in TEXT_TYPES

    @property
    def is_number(self) -> bool:
        """Whether values are numbers."""
        return self.type in NUMBER_TYPES

    @property
    def is_id(self) -> bool:
        """Whether values are record ids."""
        return self.type in ID_TYPES

    @property
    def calculated(self) -> bool:
        """Whether the value is computed when it is read."""
        return self.formula is not None

    @property
    def filterable(self) -> bool:
        """Whether the field may stand in WHERE."""
        if not self.may_be_filtered or self.type in {"address", "base64", "encryptedstring"}:
            return False
        return self.type != "textarea" or self.length <= FILTERABLE_TEXT

    @property
    def sortable(self) -> bool:
        """Whether the field may stand in ORDER BY."""
        return self.filterable and self.type != "multipicklist"

    @property
    def groupable(self) -> bool:
        """Whether the field may stand in GROUP BY; numbers with decimals, instants and multi-picklists may not."""
        return self.sortable and not (
            self.type in {"double", "currency", "percent", "datetime", "time"} or self.calculated
        )

    @property
    def aggregatable(self) -> bool:
        """Whether MIN, MAX and COUNT_DISTINCT take the field."""
        return self.sortable and self.type != "boolean"

    @property
    def id_lookup(self) -> bool:
        """Whether an upsert, or a child, may name a record by this field."""
        return self.type == "id" or self.external_id or (self.unique and not self.custom)

    @property
    def has_default(self) -> bool:
        """Whether a record created without the field gets a value anyway."""
        return (
            self.default is not None
            or self.type == "boolean"
            or self.auto_number is not None
            or self.name in {"OwnerId", "CurrencyIsoCode", "RecordTypeId"}
            or any(pick.default for pick in self.picks)
        )

    @property
    def required(self) -> bool:
        """Whether a create without the field is refused."""
        return not self.nillable and self.createable and not self.has_default

    @property
    def lookup_key(self) -> str:
        """Where a record keeps the folded text that finds it by this field without regard to case."""
        return f"{self.name}:key"


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """A condition under which a save is refused with the admin's message: `when` in SOQL's words, or a `formula`."""

    name: str
    message: str
    when: str | None = None
    formula: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Records that agree on all these fields are duplicates: the rule blocks the save, or only alerts."""

    name: str
    match: tuple[str, ...]
    action: Literal["block", "alert"] = "alert"


@dataclass(frozen=True, slots=True)
class Flow:
    """An admin's automation: on a save of which the formula is true, the record is kept with these values set."""

    name: str
    formula: str
    values: tuple[tuple[str, Any], ...]
    """By field name; of the kinds that a record holds."""


@dataclass(frozen=True, slots=True)
class SObject:
    """One object: its own fields and rules, before an org's features and permissions decide what is seen of it."""

    name: str
    prefix: str
    label: str
    label_plural: str
    fields: Mapping[str, Field]
    custom: bool = False
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    queryable: bool = True
    searchable: bool = True
    undeletable: bool = True
    needs: Feature | None = None
    record_types: bool = False
    """Whether records of the object can have record types."""
    rules: tuple[ValidationRule, ...] = ()
    duplicate_rules: tuple[DuplicateRule, ...] = field(default=())
    flows: tuple[Flow, ...] = ()

    @property
    def name_field(self) -> Field | None:
        """The field that names a record for people."""
        return next((candidate for candidate in self.fields.values() if candidate.name_field), None)
