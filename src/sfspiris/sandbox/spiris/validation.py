"""Whether what was sent fits the table of its object: unknown names, required fields, types, lengths, bounds, decimals.

Every fault is reported, not the first alone, each with the path of its field, as the product does in `Errors`.
"""

import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from sfspiris.sandbox.spiris.errors import Violation, invalid
from sfspiris.sandbox.spiris.model.fields import Field, Kind, Shape
from sfspiris.sandbox.spiris.moments import parsed_day, parsed_moment

_Check = Callable[[Field, Any, str, list[Violation]], Any]

_LISTS: Final = frozenset({Kind.TEXTS, Kind.GUIDS, Kind.OBJECTS})

LONGEST_NUMBER: Final = 28
"""Digits a number may have; more than .NET's decimal holds is refused rather than rounded."""


_TOO_LONG = "MaxLength"


def checked(body: Any, shape: Shape, *, has_limits: bool = True) -> dict[str, Any]:
    """The writable fields that were sent, in normal form: GUIDs in lower case, days as YYYY-MM-DD, numbers as `Decimal`.

    Fields that were not sent are absent, and so is an object sent as null; a list sent as null is empty. Raises the
    refusal that names every fault. Without `has_limits`, texts may have any length.
    """
    faults: list[Violation] = []
    accepted = _object(body, shape, "", faults)
    told = faults if has_limits else [fault for fault in faults if fault.code != _TOO_LONG]
    if told:
        raise invalid(*told)
    return accepted


def _object(body: Any, shape: Shape, where: str, faults: list[Violation]) -> dict[str, Any]:
    if not isinstance(body, dict):
        faults.append(Violation(where.rstrip("."), "Type", f"The value must be {Kind.OBJECT}."))
        return {}
    accepted: dict[str, Any] = {}
    for name, value in body.items():
        field = shape.fields.get(name)
        if field is None:
            faults.append(
                Violation(f"{where}{name}", "UnknownField", f"{shape.name} has no field of this name.")
            )
        elif value is None and field.kind is Kind.OBJECT:
            continue
        elif field.read_only:
            faults.extend(_unreadable(field, value, f"{where}{name}"))
        else:
            accepted[name] = _value(field, value, f"{where}{name}", faults)
    for field in shape.required:
        sent = body.get(field.name)
        if sent is None or (field.kind is Kind.TEXT and isinstance(sent, str) and not sent.strip()):
            faults.append(Violation(f"{where}{field.name}", "Required", "The field is required."))
    return accepted


def _unreadable(field: Field, value: Any, where: str) -> Iterator[Violation]:
    """What keeps a read-only field from being read at all: its value is passed over, its type is not."""
    found: list[Violation] = []
    _value(field, value, where, found)
    return (fault for fault in found if fault.code in {"Type", "UnknownField"})


def _value(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    if value is None:
        if not field.nullable and not field.required:
            faults.append(Violation(where, "Type", f"The value must be {field.kind}, not null."))
        return [] if field.kind in _LISTS else None
    return _CHECKS[field.kind](field, value, where, faults)


def _wrong_type(field: Field, where: str, faults: list[Violation]) -> None:
    faults.append(Violation(where, "Type", f"The value must be {field.kind}."))


def _text(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    if not isinstance(value, str):
        _wrong_type(field, where, faults)
    elif field.longest is not None and _utf16_length(value) > field.longest:
        faults.append(Violation(where, _TOO_LONG, f"The maximum length is {field.longest} characters."))
    return value


def _guid(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    normal = normal_guid(value)
    if normal is None:
        _wrong_type(field, where, faults)
    return normal


def _flag(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    if not isinstance(value, bool):
        _wrong_type(field, where, faults)
    return value


def _whole(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    # An exponent can make a short text into a number too long to be written out.
    if (
        isinstance(value, Decimal)
        and value.adjusted() < LONGEST_NUMBER
        and value == value.to_integral_value()
    ):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not _fits(value, field.bits):
        _wrong_type(field, where, faults)
    elif field.choices is not None and value not in field.choices:
        allowed = ", ".join(map(str, sorted(field.choices)))
        faults.append(Violation(where, "Range", f"The value must be one of {allowed}."))
    else:
        _bounds(field, Decimal(value), where, faults)
    return value


def _fits(value: int, bits: int) -> bool:
    """Whether a whole number has room in so many bits, one of them for the sign."""
    return -(1 << (bits - 1)) <= value < 1 << (bits - 1)


def _number(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        _wrong_type(field, where, faults)
        return value
    exact = Decimal(value)
    if len(exact.as_tuple().digits) > LONGEST_NUMBER or abs(exact.adjusted()) > LONGEST_NUMBER:
        faults.append(Violation(where, "Range", "The number has too many digits."))
        return exact
    if field.decimals is not None and decimals_of(exact) > field.decimals:
        faults.append(Violation(where, "Decimals", f"The maximum number of decimals is {field.decimals}."))
    _bounds(field, exact, where, faults)
    return exact


def _bounds(field: Field, value: Decimal, where: str, faults: list[Violation]) -> None:
    if field.least is not None and value < field.least:
        faults.append(Violation(where, "Range", f"The minimum value is {field.least}."))
    if field.most is not None and value > field.most:
        faults.append(Violation(where, "Range", f"The maximum value is {field.most}."))


def _day(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    return _time(field, parsed_day(value) if isinstance(value, str) else None, where, faults)


def _moment(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    return _time(field, parsed_moment(value) if isinstance(value, str) else None, where, faults)


def _time(field: Field, parsed: str | None, where: str, faults: list[Violation]) -> str | None:
    if parsed is None:
        _wrong_type(field, where, faults)
    return parsed


def _texts(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    if not isinstance(value, list):
        _wrong_type(field, where, faults)
        return value
    for place, item in enumerate(value):
        if not isinstance(item, str):
            faults.append(Violation(f"{where}[{place}]", "Type", f"The value must be {Kind.TEXT}."))
    if field.most_items is not None and len(value) > field.most_items:
        faults.append(Violation(where, "MaxItems", f"The maximum number of items is {field.most_items}."))
    return value


def _guids(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    if not isinstance(value, list):
        _wrong_type(field, where, faults)
        return value
    normal = [normal_guid(item) for item in value]
    for place, item in enumerate(normal):
        if item is None:
            faults.append(Violation(f"{where}[{place}]", "Type", f"The value must be {Kind.GUID}."))
    return normal


def _nested(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    return _object(value, field.inner, f"{where}.", faults)


def _nested_list(field: Field, value: Any, where: str, faults: list[Violation]) -> Any:
    if not isinstance(value, list):
        _wrong_type(field, where, faults)
        return []
    return [_object(item, field.inner, f"{where}[{place}].", faults) for place, item in enumerate(value)]


_CHECKS: dict[Kind, _Check] = {
    Kind.TEXT: _text,
    Kind.GUID: _guid,
    Kind.FLAG: _flag,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.DAY: _day,
    Kind.MOMENT: _moment,
    Kind.TEXTS: _texts,
    Kind.GUIDS: _guids,
    Kind.OBJECT: _nested,
    Kind.OBJECTS: _nested_list,
}


def normal_guid(value: Any) -> str | None:
    """`value` as a GUID in lower case with hyphens; None when it is not one."""
    if not isinstance(value, str) or len(value) != len("00000000-0000-0000-0000-000000000000"):
        return None
    try:
        normal = str(uuid.UUID(value))
    except ValueError:
        return None
    return normal if normal == value.lower() else None


def decimals_of(value: Decimal) -> int:
    """How many decimals the value needs; trailing zeros do not count."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _utf16_length(value: str) -> int:
    """Characters as .NET counts them: those outside the basic plane, such as most emoji, are two."""
    return len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2
