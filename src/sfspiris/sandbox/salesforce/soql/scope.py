"""Names to readers: what a path or a function means on an object, and the vendor's refusals where it means nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.schema.registry import NAME_OBJECT
from sfspiris.sandbox.salesforce.soql.days import DATE_FUNCTIONS, INSTANT_FUNCTIONS, day_and_hour
from sfspiris.sandbox.salesforce.soql.parser import located, malformed
from sfspiris.sandbox.salesforce.soql.syntax import Call, Path, Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.sandbox.salesforce.schema.model import Field, FieldType
    from sfspiris.sandbox.salesforce.schema.registry import Entity, Schema
    from sfspiris.sandbox.salesforce.soql.run import Reader, Row, Run

DEEPEST: Final = 5
"""Levels that a path may go up. Source: SOQL and SOSL Reference, "Relationship Query Limitations"."""

_HINT: Final = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(frozen=True, slots=True)
class Hop:
    """One step up: the reference to follow, and the object it leads to (None: whichever the id says)."""

    reference: str
    relationship: str
    object: str | None
    entity: Entity


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of a row or group: how to read it and what it compares with.

    `last` reads it from the record at the end of `hops`; `reader` takes the whole way.
    """

    type: FieldType
    name: str
    last: Callable[[Run], Reader]
    at: int
    hops: tuple[Hop, ...] = ()
    field: Field | None = None
    is_plain: bool = False
    """Whether this is a field as it stands, no function around it."""
    currency: Callable[[Run], Reader] | None = None
    """For money in orgs with several currencies: reads the currency, as `last` reads the amount."""
    points_to: tuple[str, ...] = ()
    """For ids and references: the objects whose ids it holds."""
    identity: tuple[str, ...] = ()
    """Equal for equal expressions, whatever their spelling: GROUP BY and SELECT are matched by it."""

    def reader(self, run: Run) -> Reader:
        """Reads the value from a row of the query's object."""
        return _through(self.hops, self.last, run)

    def currency_reader(self, run: Run) -> Reader | None:
        """Reads the currency of the value, from a row of the query's object."""
        return None if self.currency is None else _through(self.hops, self.currency, run)


def leaf(entity: Entity, field: Field) -> Callable[[Run], Reader]:
    """How a field is read from its own record."""
    name = field.name
    if entity.name == NAME_OBJECT and name == "Type":
        return lambda run: lambda row: run.reading.object_of(row["Id"])
    if field.type == "address":
        parts = tuple((_address_key(part, name), part) for part in entity.compounds[name])
        return lambda _run: lambda row: _address(row, parts)
    if field.formula is not None:
        from sfspiris.sandbox.salesforce.formula import field_reader

        return field_reader(field, entity)
    if field.type == "base64":  # the address where the content is
        return lambda run: (
            lambda row: f"/services/data/v{run.version}/sobjects/{entity.name}/{row['Id']}/{name}"
        )
    if field.type == "boolean":
        return lambda _run: lambda row: row.get(name, False)
    return lambda _run: lambda row: row.get(name)


def _address_key(part: str, compound: str) -> str:
    key = part.removeprefix(compound.removesuffix("Address"))
    return key[0].lower() + key[1:]


def _address(row: Row, parts: tuple[tuple[str, str], ...]) -> dict[str, Any] | None:
    values = {key: row.get(part) for key, part in parts}
    return values if any(value is not None for value in values.values()) else None


class Scope:
    """The object a query is about, under the names the statement may use for it."""

    def __init__(self, statement: str, schema: Schema, entity: Entity, alias: str | None) -> None:
        self.statement = statement
        self.schema = schema
        self.entity = entity
        self._own_names = {entity.name.lower()} | ({alias.lower()} if alias else set())

    def scalar(self, target: Target) -> Scalar:
        """What a path or a function of a path reads. Raises `ApiError` where it cannot be."""
        if isinstance(target, Path):
            return self.path(target)
        return self.function(target)

    def path(self, path: Path) -> Scalar:
        """A field of the object or of one of its parents."""
        parts = path.parts
        if (
            len(parts) > 1
            and parts[0].lower() in self._own_names
            and parts[0].lower() not in self.entity.parents
        ):
            parts = parts[1:]
        if len(parts) > DEEPEST + 1:
            raise malformed(self.statement, path.at, f"SOQL relationships can go up {DEEPEST} levels only")
        entity = self.entity
        hops = []
        for part in parts[:-1]:
            hop = self._hop(entity, part, path)
            hops.append(hop)
            entity = hop.entity
        field = entity.visible.get(parts[-1].lower())
        if field is None:
            raise self._invalid_field(
                path.at,
                f"No such column '{parts[-1]}' on entity '{entity.name}'. If you are attempting to use a custom field, "
                f"be sure to append the '__c' after the custom field name. {_HINT}",
            )
        names = (*(hop.relationship for hop in hops), field.name)
        in_currency = None
        if field.type == "currency" and "CurrencyIsoCode" in entity.fields:
            in_currency = _currency_code
        return Scalar(
            type=field.type,
            name=field.name,
            last=leaf(entity, field),
            at=path.at,
            hops=tuple(hops),
            field=field,
            is_plain=True,
            currency=in_currency,
            points_to=field.targets if field.type != "id" else (entity.name,),
            identity=tuple(name.lower() for name in names),
        )

    def relationship(self, path: Path) -> tuple[tuple[Hop, ...], Entity]:
        """The way along a path of relationships only, and the object at its end."""
        entity = self.entity
        hops = []
        for part in path.parts:
            hop = self._hop(entity, part, path)
            hops.append(hop)
            entity = hop.entity
        return tuple(hops), entity

    def function(self, call: Call) -> Scalar:
        """A function of one field that is no aggregate."""
        name = call.name.upper()
        if name in DATE_FUNCTIONS:
            return self._date_function(call, name)
        if name == "TOLABEL":
            return self._labelled(call)
        if name == "CONVERTCURRENCY":
            return self._converted(call)
        if name == "FORMAT":
            return self._formatted(call)
        raise malformed(self.statement, call.at, f"Invalid function: {call.name}")

    def argument(self, call: Call) -> Scalar:
        """The one argument of a function."""
        if len(call.arguments) != 1:
            raise malformed(self.statement, call.at, f"{call.name} takes one field")
        return self.scalar(call.arguments[0])

    def _hop(self, entity: Entity, relationship: str, path: Path) -> Hop:
        reference = entity.parents.get(relationship.lower())
        parent = self.schema.parent(reference) if reference is not None else None
        if reference is None or parent is None:
            raise self._invalid_field(
                path.at,
                f"Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom "
                f"relationship, be sure to append the '__r' after the custom relationship name. {_HINT}",
            )
        return Hop(
            reference=reference.name,
            relationship=reference.relationship or relationship,
            object=None if parent.name == NAME_OBJECT else parent.name,
            entity=parent,
        )

    def _date_function(self, call: Call, name: str) -> Scalar:
        argument = call.arguments[0] if len(call.arguments) == 1 else None
        local = isinstance(argument, Call) and argument.name.upper() == "CONVERTTIMEZONE"
        inner = self.argument(argument if isinstance(argument, Call) and local else call)
        wanted = {"datetime"} if name in INSTANT_FUNCTIONS or local else {"date", "datetime"}
        if inner.type not in wanted:
            raise malformed(self.statement, call.at, f"{call.name} does not take the field {inner.name}")
        part = DATE_FUNCTIONS[name]

        def last(run: Run) -> Reader:
            read = inner.last(run)
            calendar = run.calendar
            zone = calendar.zone if local else None

            def value(row: Any) -> int | str | None:
                text = read(row)
                return None if text is None else part(*day_and_hour(text, zone), calendar)

            return value

        kind: FieldType = "date" if name == "DAY_ONLY" else "int"
        identity = (name, "local" if local else "utc", *inner.identity)
        return Scalar(kind, inner.name, last, call.at, hops=inner.hops, identity=identity)

    def _labelled(self, call: Call) -> Scalar:
        inner = self.argument(call)
        if inner.field is None or inner.type not in {"picklist", "multipicklist"}:
            if inner.field is not None and inner.field.is_text:
                return inner
            raise malformed(self.statement, call.at, f"toLabel does not take the field {inner.name}")
        labels = {pick.value: pick.label for pick in inner.field.picks}

        def last(run: Run) -> Reader:
            read = inner.last(run)
            return lambda row: _labels(read(row), labels)

        return _around("TOLABEL", "string", inner, last, call.at)

    def _converted(self, call: Call) -> Scalar:
        inner = self.argument(call)
        if inner.type != "currency" or inner.currency is None:
            raise malformed(self.statement, call.at, f"convertCurrency does not take the field {inner.name}")
        currency = inner.currency

        def last(run: Run) -> Reader:
            amount, code = inner.last(run), currency(run)

            def value(row: Any) -> Any:
                found = amount(row)
                return None if found is None else run.reading.personal(found, code(row))

            return value

        return _around("CONVERTCURRENCY", "currency", inner, last, call.at)

    def _formatted(self, call: Call) -> Scalar:
        inner = self.argument(call)

        def last(run: Run) -> Reader:
            read = inner.last(run)
            return lambda row: None if (value := read(row)) is None else str(value)

        return _around("FORMAT", "string", inner, last, call.at)

    def _invalid_field(self, at: int, complaint: str) -> ApiError:
        return ApiError("INVALID_FIELD", located(self.statement, at, complaint))


def _labels(value: str | None, labels: dict[str, str]) -> str | None:
    if value is None:
        return None
    return ";".join(labels.get(one, one) for one in value.split(";"))


def climb(hops: tuple[Hop, ...], run: Run) -> Callable[[Row], Row | None]:
    """From a row to the parent at the end of the hops; None where the way ends early."""
    row_of, object_of = run.reading.row, run.reading.object_of
    steps = [(hop.reference, hop.object) for hop in hops]

    def parent(row: Row) -> Row | None:
        for reference, name in steps:
            record_id = row.get(reference)
            if record_id is None:
                return None
            found = row_of(name or object_of(record_id) or "", record_id)
            if found is None:
                return None
            row = found
        return row

    return parent


def _through(hops: tuple[Hop, ...], last: Callable[[Run], Reader], run: Run) -> Reader:
    """The reader of a parent's field, as one of the row itself."""
    read = last(run)
    if not hops:
        return read
    up = climb(hops, run)

    def value(row: Row) -> Any:
        parent = up(row)
        return None if parent is None else read(parent)

    return value


def _around(name: str, kind: FieldType, inner: Scalar, last: Callable[[Run], Reader], at: int) -> Scalar:
    """A function of a field, shown in the field's place."""
    return Scalar(kind, inner.name, last, at, inner.hops, inner.field, identity=(name, *inner.identity))


def _currency_code(_run: Run) -> Reader:
    return lambda row: row.get("CurrencyIsoCode")
