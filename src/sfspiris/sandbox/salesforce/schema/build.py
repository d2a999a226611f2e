"""Short words for declaring the platform's own objects. Lengths and precisions are the vendor's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.schema.model import Field, FieldType, Pick, SObject

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONG_ID: Final = 18


def label_of(name: str) -> str:
    """A readable label for an API name: `AccountNumber` is Account Number, `PO_Number__c` is PO Number."""
    if name.endswith("__c"):
        return name[:-3].replace("_", " ")
    words = _WORD_START.sub(" ", name)
    return words[:-3] + " ID" if words.endswith(" Id") else words


def _field(name: str, kind: FieldType, given: dict[str, Any], **defaults: Any) -> Field:
    return Field(name=name, type=kind, **{"label": label_of(name), **defaults, **given})


def text(name: str, length: int = 255, **given: Any) -> Field:
    """A line of text."""
    return _field(name, "string", given, length=length)


def area(name: str, length: int, **given: Any) -> Field:
    """Text of several lines."""
    return _field(name, "textarea", given, length=length)


def mail(name: str, length: int = 80, **given: Any) -> Field:
    """An e-mail address."""
    return _field(name, "email", given, length=length)


def phone(name: str, length: int = 40, **given: Any) -> Field:
    """A telephone number, kept as it was written."""
    return _field(name, "phone", given, length=length)


def link(name: str, **given: Any) -> Field:
    """A web address."""
    return _field(name, "url", given, length=255)


def pick(name: str, *values: str, length: int = 255, default: str | None = None, **given: Any) -> Field:
    """A picklist; unrestricted unless said, as most standard ones are."""
    picks = tuple(Pick(value, value, default=value == default) for value in values)
    return _field(name, "picklist", given, length=length, picks=picks)


def check(name: str, *, default: bool = False, **given: Any) -> Field:
    """A checkbox: never empty."""
    return _field(name, "boolean", given, nillable=False, default=default)


def money(name: str, scale: int = 2, **given: Any) -> Field:
    """An amount; whose currency it is in, `CurrencyIsoCode` says where there are several."""
    return _field(name, "currency", given, precision=18, scale=scale)


def number(name: str, precision: int = 18, scale: int = 2, **given: Any) -> Field:
    """A number with decimals."""
    return _field(name, "double", given, precision=precision, scale=scale)


def percent(name: str, precision: int = 5, scale: int = 2, **given: Any) -> Field:
    """A percentage: 10 is ten per cent."""
    return _field(name, "percent", given, precision=precision, scale=scale)


def whole(name: str, digits: int = 9, **given: Any) -> Field:
    """A number without decimals."""
    return _field(name, "int", given, precision=digits)


def day(name: str, **given: Any) -> Field:
    """A calendar day without a time zone."""
    return _field(name, "date", given)


def moment(name: str, **given: Any) -> Field:
    """An instant."""
    return _field(name, "datetime", given)


def lookup(name: str, *targets: str, children: str | None = None, **given: Any) -> Field:
    """A reference; its relationship is the name without `Id`."""
    return _field(
        name,
        "reference",
        given,
        length=_LONG_ID,
        targets=targets,
        relationship=name.removesuffix("Id"),
        children=children,
    )


def computed(field: Field) -> Field:
    """The same field, written by the platform alone."""
    return replace(field, createable=False, updateable=False)


def create_only(field: Field) -> Field:
    """The same field, settable when the record is made and never again."""
    return replace(field, updateable=False)


def required(field: Field) -> Field:
    """The same field, never empty."""
    return replace(field, nillable=False)


def address(prefix: str, *, codes: bool = True) -> list[Field]:
    """An address: its parts and the compound field that shows them together (describe and SOQL only)."""
    whole_name = f"{prefix}Address"
    space = f"{prefix} " if prefix else ""

    def part(name: str, length: int, label: str, **given: Any) -> Field:
        return text(
            f"{prefix}{name}",
            length,
            label=f"{space}{label}",
            compound=whole_name,
            **given,
        )

    fields = [
        area(f"{prefix}Street", 255, label=f"{space}Street", compound=whole_name),
        part("City", 40, "City"),
        part("State", 80, "State/Province"),
        part("PostalCode", 20, "Zip/Postal Code"),
        part("Country", 80, "Country"),
    ]
    if codes:
        for name, label in (("StateCode", "State/Province Code"), ("CountryCode", "Country Code")):
            fields.append(
                pick(
                    f"{prefix}{name}",
                    length=10,
                    label=f"{space}{label}",
                    compound=whole_name,
                    needs="state_country_picklists",
                    restricted=True,
                )
            )
    fields += [
        number(f"{prefix}Latitude", 18, 15, compound=whole_name),
        number(f"{prefix}Longitude", 18, 15, compound=whole_name),
        pick(
            f"{prefix}GeocodeAccuracy",
            "Address",
            "NearAddress",
            "Block",
            "Street",
            "ExtendedZip",
            "Zip",
            "Neighborhood",
            "City",
            "County",
            "State",
            "Unknown",
            length=40,
            compound=whole_name,
            restricted=True,
        ),
        computed(_field(whole_name, "address", {})),
    ]
    return fields


def identity() -> list[Field]:
    """`Id` and `IsDeleted`, which come first on every object."""
    return [
        computed(_field("Id", "id", {}, length=_LONG_ID, nillable=False)),
        computed(check("IsDeleted", label="Deleted")),
    ]


def audit() -> list[Field]:
    """Who and when, which every object carries."""
    return [
        computed(required(moment("CreatedDate"))),
        computed(required(lookup("CreatedById", "User"))),
        computed(required(moment("LastModifiedDate"))),
        computed(required(lookup("LastModifiedById", "User"))),
        computed(required(moment("SystemModstamp", label="System Modstamp"))),
    ]


def owner(*targets: str) -> Field:
    """Who owns the record: a user, on custom objects also a queue."""
    return required(lookup("OwnerId", *(targets or ("User",))))


def currency() -> Field:
    """The record's currency, in orgs with several."""
    return pick(
        "CurrencyIsoCode", length=3, label="Currency ISO Code", restricted=True, needs="multi_currency"
    )


def record_type() -> Field:
    """The record's type, on objects that have any."""
    return lookup("RecordTypeId", "RecordType", needs="record_types")


def seen() -> list[Field]:
    """When the reader last looked at the record."""
    return [computed(moment("LastViewedDate")), computed(moment("LastReferencedDate"))]


def sobject(
    name: str,
    prefix: str,
    *parts: Field | Iterable[Field],
    label: str | None = None,
    plural: str | None = None,
    **given: Any,
) -> SObject:
    """An object with its identity and audit fields around the given ones."""
    own: list[Field] = []
    for part in parts:
        own.extend([part] if isinstance(part, Field) else part)
    fields = [*identity(), *own, *audit()]
    singular = label or label_of(name)
    return SObject(
        name=name,
        prefix=prefix,
        label=singular,
        label_plural=plural or singular + "s",
        fields={field.name: field for field in fields},
        record_types=any(field.name == "RecordTypeId" for field in fields),
        **given,
    )
