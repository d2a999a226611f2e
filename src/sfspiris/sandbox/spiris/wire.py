"""Calls and answers: what an operation is given, what it gives back, and how an address finds its operation."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from sfspiris.sandbox.kernel.jsonio import JsonResponse, loads
from sfspiris.sandbox.kernel.switches import Switches
from sfspiris.sandbox.spiris import errors
from sfspiris.sandbox.spiris.books import Books
from sfspiris.sandbox.spiris.fragments import Fragments
from sfspiris.sandbox.spiris.model.fields import Shape
from sfspiris.sandbox.spiris.moments import parsed_moment
from sfspiris.sandbox.spiris.odata.listing import Query
from sfspiris.sandbox.spiris.validation import checked, normal_guid

_JSON = re.compile(r"(application|text)/(json|[^/]+\+json)")


@dataclass(frozen=True, slots=True)
class Session:
    """On whose behalf a call is made: one client, one user, one company."""

    client_id: str
    user_id: str
    company: str
    scopes: frozenset[str]


@dataclass(slots=True)
class Call:
    """One request to an operation, let in and with its company's books open."""

    books: Books
    session: Session
    path: tuple[str, ...]
    """The variable parts of the address, in order."""
    options: Mapping[str, str]
    """The query options; of one given twice, the last."""
    raw: bytes
    media_type: str
    """The `Content-Type` of the body, as sent; empty without one."""
    base_url: str
    fragments: Fragments

    @property
    def switches(self) -> Switches:
        """The switches in force."""
        return self.books.switches

    def body(self, shape: Shape) -> dict[str, Any]:
        """The body, checked. Raises the refusal that names every fault."""
        if self.raw and not _JSON.fullmatch(self.media_type.partition(";")[0].strip().lower()):
            raise errors.not_json(self.media_type)
        try:
            document = loads(self.raw)
        except ValueError as error:
            raise errors.invalid_field("", f"The body is not JSON: {error}.", "Json") from error
        return checked(document, shape, has_limits="lengths_are_limits" in self.books.traps)

    def optional_body(self, shape: Shape) -> dict[str, Any]:
        """The body, checked; nothing sent counts as nothing asked."""
        return self.body(shape) if self.raw.strip() else {}

    def guid(self, place: int, kind: str) -> str:
        """The id in the address. One that is no GUID names nothing."""
        text = self.path[place]
        normal = normal_guid(text)
        if normal is None:
            raise errors.invalid_field(
                "id", f"'{text}' is not a GUID; it cannot be the id of {kind}.", "Type"
            )
        return normal

    def option(self, name: str, *, default: bool = False) -> bool:
        """A query option that is true or false."""
        text = self.options.get(name)
        if text is None or not text:
            return default
        if text.lower() not in {"true", "false"}:
            raise errors.invalid_field(name, "The value must be true or false.", "Type")
        return text.lower() == "true"

    def moment_option(self, name: str) -> str | None:
        """A query option that is a moment, as the API writes it."""
        text = self.options.get(name)
        if not text:
            return None
        moment = parsed_moment(text.strip().replace(" ", "+"))
        if moment is None:
            raise errors.invalid_field(name, f"'{text}' is not a timestamp.", "Type")
        return moment

    def query(self, shape: Shape, resource: str) -> Query:
        """The list options, checked against the shape of the listed records."""
        allowed = self.switches.get("filterable_fields")
        return Query.read(
            self.options,
            shape,
            filterable=_filterable(allowed, resource) if isinstance(allowed, list) else None,
            blind=self.switches.get("filter_case") == "blind",
            refuse_large_pages=self.switches.get("large_page") == "refused",
        )

    def page(self, shape: Shape, resource: str, records: Iterable[dict[str, Any]]) -> "Answer":
        """A page of `records`, already in the form in which they are answered."""
        query = self.query(shape, resource)
        chosen, total = query.chosen((record, record) for record in records)
        data = [query.selected(record) for record, _ in chosen]
        return Answer({"Meta": query.meta(total, self.books.now), "Data": data})


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: JSON content, or bytes with their type, or nothing."""

    content: Any = None
    status: int = 200
    data: bytes | None = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """The answer as the server sends it."""
        if self.data is not None:
            return Response(self.data, self.status, media_type=self.media_type, headers=self.headers)
        if self.content is None:
            return Response(status_code=self.status)
        return JsonResponse(self.content, self.status)


def created(record: dict[str, Any]) -> Answer:
    """201 with the record."""
    return Answer(record, 201)


DONE = Answer()
"""200 without a body."""

Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the manual. `path` has `{}` for each variable part: "/customers/{}"."""

    method: str
    path: str
    handler: Handler


@dataclass(slots=True)
class Router:
    """Finds the operation for an address: by number of parts, then literal parts before variable ones."""

    _patterns: dict[int, list[tuple[tuple[str, ...], dict[str, Handler]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, operations: Iterable[Operation]) -> "Router":
        """A router for all of them."""
        router = cls()
        for operation in operations:
            router._add(operation)
        for patterns in router._patterns.values():
            patterns.sort(key=lambda pattern: [part == "{}" for part in pattern[0]])
        return router

    def _add(self, operation: Operation) -> None:
        parts = tuple(operation.path.strip("/").split("/"))
        patterns = self._patterns.setdefault(len(parts), [])
        for known, handlers in patterns:
            if known == parts:
                handlers[operation.method] = operation.handler
                return
        patterns.append((parts, {operation.method: operation.handler}))

    def find(self, path: str) -> tuple[str, tuple[str, ...], Mapping[str, Handler]] | None:
        """The pattern that the address fits, its variable parts, and its operations by method; None when unknown.

        Addresses are matched without regard to case, as the vendor's server does.
        """
        given = path.strip("/").split("/")
        lowered = [part.lower() for part in given]
        for parts, handlers in self._patterns.get(len(given), ()):
            if all(part in {"{}", lower} for part, lower in zip(parts, lowered, strict=True)):
                variable = tuple(text for part, text in zip(parts, given, strict=True) if part == "{}")
                return "/".join(parts), variable, handlers
        return None


def _filterable(names: list[str], resource: str) -> frozenset[str]:
    """The fields that may be filtered on in this list: named for every list, or for this one."""
    here = (name.partition(".") for name in names)
    return frozenset(rest or head for head, _, rest in here if not rest or head == resource)
